//! Writers: from the visible content to open formats.
//!
//! Rule that must hold: writers take [`Content`] and nothing else of a document.

mod base64;
mod html;
mod links;
mod markdown;
mod outline;

use std::{collections::BTreeSet, fs, path::Path};

use super::{Content, Document, DocumentError};
use crate::domain::{Place, RenditionFile, RenditionKind, Warning};

pub(super) use html::STYLE;

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOptions {
    /// Name of the files without extension, lower case ASCII.
    pub stem: String,
    /// Write HTML.
    pub html: bool,
    /// Write Markdown.
    pub markdown: bool,
    /// Images of up to this many bytes are put into the HTML file; larger ones become files beside it.
    pub embed_bytes: u64,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            stem: "document".into(),
            html: true,
            markdown: true,
            embed_bytes: 4 << 20,
        }
    }
}

/// Writes the renditions of a document into a folder that exists.
///
/// Gives the files and what their reader should know; what was noticed while reading stands in
/// [`Document::warnings`].
pub fn write(
    document: &Document,
    out: &Path,
    options: &WriteOptions,
) -> Result<(Vec<RenditionFile>, Vec<Warning>), DocumentError> {
    let content = &document.content;
    let mut files = Vec::new();
    let mut warnings = Vec::new();
    let mut assets = BTreeSet::new();
    if options.html {
        let html = html::write(content, options.embed_bytes);
        let name = format!("{}.html", options.stem);
        save(out, &name, html.text.as_bytes())?;
        files.push(file(
            RenditionKind::Html,
            name,
            "text/html; charset=utf-8",
            content,
        ));
        merge(&mut warnings, html.warnings);
        assets.extend(html.assets);
    }
    if options.markdown {
        let markdown = markdown::write(content);
        let name = format!("{}.md", options.stem);
        save(out, &name, markdown.text.as_bytes())?;
        let media_type = "text/markdown; charset=utf-8; variant=GFM";
        files.push(file(RenditionKind::Markdown, name, media_type, content));
        merge(&mut warnings, markdown.warnings);
        assets.extend(markdown.assets);
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
