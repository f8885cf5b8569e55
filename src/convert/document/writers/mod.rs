//! Writers: from the visible content to open formats.
//!
//! Rule that must hold: writers take [`Content`] and nothing else of a document.

mod base64;
mod epub;
mod grid;
mod html;
mod links;
mod markdown;
mod odt;
mod outline;
#[cfg(feature = "pdf")]
mod pdf;
mod text;
#[cfg(feature = "pdf")]
mod typst;
mod zipped;

use std::{collections::BTreeSet, fs, path::Path};

use super::{Content, Document, DocumentError};
use crate::domain::{Place, RenditionFile, RenditionKind, Warning};

pub(super) use html::STYLE;

/// Parts of packages that are the same in each.
pub(super) fn fixed_parts() -> [(&'static str, &'static [u8]); 4] {
    [
        ("mimetype", epub::MEDIA_TYPE.as_bytes()),
        ("mimetype", odt::MEDIA_TYPE.as_bytes()),
        ("META-INF/container.xml", epub::CONTAINER.as_bytes()),
        ("EPUB/style.css", epub::STYLE.as_bytes()),
    ]
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOptions {
    /// Name of the files without extension, lower case ASCII.
    pub stem: String,
    /// The formats; kinds that no document becomes are passed over.
    pub kinds: BTreeSet<RenditionKind>,
    /// Images of up to this many bytes are put into the HTML file; larger ones become files beside it.
    pub embed_bytes: u64,
    /// The day that formats carry which cannot be without one (PDF/A, EPUB): year, month, day. It is a fixed one unless
    /// the caller knows better, for there is no clock here and the same input gives the same bytes.
    pub date: (u16, u8, u8),
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            stem: "document".into(),
            kinds: BTreeSet::from([RenditionKind::Html, RenditionKind::Markdown]),
            embed_bytes: 4 << 20,
            date: (2000, 1, 1),
        }
    }
}

/// Writes the renditions of a document into a folder that exists.
///
/// Gives the files and what their reader should know; what was noticed while reading stands in
/// [`Document::warnings`]. A PDF that cannot be made is a warning: the other files are whole.
pub fn write(
    document: &Document,
    out: &Path,
    options: &WriteOptions,
) -> Result<(Vec<RenditionFile>, Vec<Warning>), DocumentError> {
    let content = &document.content;
    let mut files = Vec::new();
    let mut warnings = Vec::new();
    let mut assets = BTreeSet::new();
    for kind in &options.kinds {
        let Some((extension, media_type)) = kind_of_file(*kind) else {
            continue;
        };
        let name = format!("{}.{extension}", options.stem);
        let made = make(*kind, content, options, &name)?;
        merge(&mut warnings, made.warnings);
        assets.extend(made.assets);
        if let Some(bytes) = made.bytes {
            save(out, &name, &bytes)?;
            files.push(file(*kind, name, media_type, content));
        }
    }
    for asset in assets
        .into_iter()
        .filter_map(|index| content.assets.get(index))
    {
        save(out, &asset.name, &asset.bytes)?;
        files.push(RenditionFile {
            kind: RenditionKind::Asset,
            name: asset.name.clone(),
            media_type: asset.media_type.to_owned(),
            title: asset.name.clone(),
            language: None,
            rows: None,
        });
    }
    Ok((files, warnings))
}

/// File name extension and media type of what documents become.
fn kind_of_file(kind: RenditionKind) -> Option<(&'static str, &'static str)> {
    match kind {
        RenditionKind::Html => Some(("html", "text/html; charset=utf-8")),
        RenditionKind::Markdown => Some(("md", "text/markdown; charset=utf-8; variant=GFM")),
        RenditionKind::Pdf => Some(("pdf", "application/pdf")),
        RenditionKind::Epub => Some(("epub", epub::MEDIA_TYPE)),
        RenditionKind::Odt => Some(("odt", odt::MEDIA_TYPE)),
        RenditionKind::Text => Some(("txt", "text/plain; charset=utf-8")),
        RenditionKind::Csv
        | RenditionKind::Parquet
        | RenditionKind::TableSchema
        | RenditionKind::Asset => None,
    }
}

/// A rendition in memory.
#[derive(Default)]
struct Made {
    bytes: Option<Vec<u8>>,
    warnings: Vec<Warning>,
    assets: BTreeSet<usize>,
}

fn make(
    kind: RenditionKind,
    content: &Content,
    options: &WriteOptions,
    name: &str,
) -> Result<Made, DocumentError> {
    let zipped = |made: zip::result::ZipResult<(Vec<u8>, Vec<Warning>)>| match made {
        Ok((bytes, warnings)) => Ok(Made {
            bytes: Some(bytes),
            warnings,
            assets: BTreeSet::new(),
        }),
        Err(error) => Err(DocumentError::Write {
            name: name.to_owned(),
            source: error.into(),
        }),
    };
    match kind {
        RenditionKind::Html => Ok(html::write(content, options.embed_bytes).into()),
        RenditionKind::Markdown => Ok(markdown::write(content).into()),
        RenditionKind::Text => Ok(text::write(content).into()),
        RenditionKind::Epub => zipped(epub::write(content, options.date)),
        RenditionKind::Odt => zipped(odt::write(content)),
        RenditionKind::Pdf => Ok(make_pdf(content, options)),
        RenditionKind::Csv
        | RenditionKind::Parquet
        | RenditionKind::TableSchema
        | RenditionKind::Asset => Ok(Made::default()),
    }
}

#[cfg(feature = "pdf")]
fn make_pdf(content: &Content, options: &WriteOptions) -> Made {
    let made = pdf::write(content, options.date);
    Made {
        bytes: made.bytes,
        warnings: made.warnings,
        assets: BTreeSet::new(),
    }
}

#[cfg(not(feature = "pdf"))]
fn make_pdf(_content: &Content, _options: &WriteOptions) -> Made {
    let warning = Warning {
        code: "pdf_not_made".to_owned(),
        message: crate::bilingual!(
            "No PDF was made: this program was built without the feature pdf.",
            "Aucun PDF n’a été produit : ce programme a été construit sans la fonction pdf."
        ),
        place: Place::new(crate::domain::Part::Body, "document"),
    };
    Made {
        warnings: vec![warning],
        ..Made::default()
    }
}

impl From<Written> for Made {
    fn from(written: Written) -> Self {
        Self {
            bytes: Some(written.text.into_bytes()),
            warnings: written.warnings,
            assets: written.assets,
        }
    }
}

/// What a writer made.
struct Written {
    text: String,
    warnings: Vec<Warning>,
    /// Assets that must stand beside the file, by index.
    assets: BTreeSet<usize>,
}

/// Adds what was not said before; both writers notice much the same.
fn merge(warnings: &mut Vec<Warning>, more: Vec<Warning>) {
    const MOST: usize = 10_000;
    let said: BTreeSet<(String, Place)> = warnings
        .iter()
        .map(|warning| (warning.code.clone(), warning.place.clone()))
        .collect();
    for warning in more {
        let key = (warning.code.clone(), warning.place.clone());
        if warnings.len() < MOST && !said.contains(&key) {
            warnings.push(warning);
        }
    }
}

fn save(out: &Path, name: &str, bytes: &[u8]) -> Result<(), DocumentError> {
    fs::write(out.join(name), bytes).map_err(|source| DocumentError::Write {
        name: name.to_owned(),
        source,
    })
}

fn file(kind: RenditionKind, name: String, media_type: &str, content: &Content) -> RenditionFile {
    RenditionFile {
        kind,
        name,
        media_type: media_type.to_owned(),
        title: content.title.clone(),
        language: content.language.split('-').next().map(str::to_owned),
        rows: None,
    }
}
