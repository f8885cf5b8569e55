//! From source to PDF.

use std::collections::BTreeMap;

use typst::{
    Feature, Features, Library, LibraryExt, World, comemo,
    diag::{FileError, FileResult},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use super::{Fonts, PdfError};

/// Stack of the one thread that works; content nests, and layout follows it.
const STACK_BYTES: usize = 32 << 20;

/// What becomes a PDF.
#[derive(Debug)]
pub struct Input<'a> {
    /// Typst markup that sets title and language. It can read the assets below and nothing else.
    pub source: String,
    /// Images by name.
    pub assets: Vec<Asset<'a>>,
    /// The date of the document. PDF/A wants one; there is no clock here.
    pub date: Date,
    /// The program that made it.
    pub creator: &'a str,
}

/// An image by name.
#[derive(Clone, Copy, Debug)]
pub struct Asset<'a> {
    /// A plain file name.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A day in the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// The year, 1 to 9999.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day, 1 to 31.
    pub day: u8,
}

/// Makes a PDF that claims and keeps PDF/UA-1 and PDF/A-2a.
///
/// Works in one thread of its own: no more than its stack is reserved, and no order of threads can show.
///
/// # Errors
/// [`PdfError`]; with [`PdfError::MissingGlyph`] and [`PdfError::Nesting`] another source may do.
pub fn render(input: Input<'_>, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .stack_size(STACK_BYTES)
        .build()
        .map_err(|_| PdfError::Failed)?;
    let work = || pool.install(|| export(input, fonts));
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    // What was remembered is of no use to the next document.
    comemo::evict(0);
    made.unwrap_or(Err(PdfError::Failed))
}

fn export(input: Input<'_>, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let main = id("main.typ")?;
    let mut files = BTreeMap::new();
    for asset in &input.assets {
        files.insert(
            asset.name,
            (id(asset.name)?, Bytes::new(asset.bytes.to_vec())),
        );
    }
    let features: Features = [Feature::A11yExtras].into_iter().collect();
    let world = Desk {
        library: LazyHash::new(Library::builder().with_features(features).build()),
        fonts,
        main,
        source: Source::new(main, input.source),
        files: files.into_values().collect(),
    };
    let document = typst::compile::<PagedDocument>(&world)
        .output
        .map_err(|errors| PdfError::of(&errors))?;
    let Date { year, month, day } = input.date;
    let refused = |why: &str| PdfError::Refused {
        why: why.to_owned(),
    };
    let date =
        Datetime::from_ymd_hms(year, month, day, 0, 0, 0).ok_or_else(|| refused("not a date"))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|_| refused("the standards exclude each other"))?;
    let options = PdfOptions {
        ident: Smart::Auto,
        creator: Smart::Custom(Some(input.creator.to_owned())),
        timestamp: Some(Timestamp::new_utc(date)),
        page_ranges: None,
        standards,
        tagged: true,
        pretty: false,
    };
    typst_pdf::pdf(&document, &options).map_err(|errors| PdfError::of(&errors))
}

fn id(name: &str) -> Result<FileId, PdfError> {
    let path = VirtualPath::new(name).map_err(|_| PdfError::Refused {
        why: "a file name is not plain".to_owned(),
    })?;
    Ok(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
}

/// All that the engine can see.
struct Desk<'a> {
    library: LazyHash<Library>,
    fonts: &'a Fonts,
    main: FileId,
    source: Source,
    files: Vec<(FileId, Bytes)>,
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main {
            Ok(self.source.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = self.files.iter().find(|(known, _)| *known == id);
        found
            .map(|(_, bytes)| bytes.clone())
            .ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.all.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PdfTextKind as Kind;

    const HEAD: &str =
        "#set document(title: \"Sample\")\n#set text(lang: \"en\", font: \"DejaVu Sans\")\n";
    const DAY: Date = Date {
        year: 2000,
        month: 1,
        day: 1,
    };

    fn make(body: &str) -> Result<Vec<u8>, PdfError> {
        let input = Input {
            source: format!("{HEAD}{body}"),
            assets: Vec::new(),
            date: DAY,
            creator: "test",
        };
        render(input, &Fonts::text())
    }

    #[test]
    fn both_standards_are_claimed_and_bytes_are_the_same() {
        let first = make("#heading(level: 1)[#\"Sample\"]").unwrap();
        let again = make("#heading(level: 1)[#\"Sample\"]").unwrap();
        assert!(first.starts_with(b"%PDF-1.7"));
        assert_eq!(first, again);
        let metadata = String::from_utf8_lossy(&first).into_owned();
        for claim in ["pdfuaid:part", "pdfaid:part", "pdfaid:conformance"] {
            assert!(metadata.contains(claim), "{claim}");
        }
    }

    #[test]
    fn texts_are_read_back() {
        let body = "#heading(level: 1)[#\"Été ᐃᓄᒃ\"]\n#par[#\"one \";#strong[#\"two\";];#\" three fi ffi\";#footnote[#\"below\";]]\n\
                    #table(columns: 2, table.header([#\"head\";],[#\"b\";]), \"cell\", [#link(\"https://example.org/\")[#\"link\";];])\n\
                    #par[#text(lang: \"ar\")[#\"مرحبا\";]]\n";
        let texts = crate::texts(&make(body).unwrap()).unwrap();
        let has = |kind, text: &str| {
            texts
                .iter()
                .any(|t| t.kind == kind && t.text.contains(text))
        };
        assert!(has(Kind::Heading, "Été ᐃᓄᒃ"), "{texts:?}");
        assert!(has(Kind::Text, "one two three fi ffi"), "{texts:?}");
        assert!(has(Kind::Text, "below"), "{texts:?}");
        assert!(has(Kind::Cell, "cell"), "{texts:?}");
        assert!(has(Kind::Link, "https://example.org/"), "{texts:?}");
        assert!(has(Kind::Property, "Sample"), "{texts:?}");
        let whole = |text: &str| "مرحبا".chars().all(|c| text.contains(c));
        assert!(texts.iter().any(|t| whole(&t.text)), "{texts:?}");
        assert!(crate::texts(b"%PDF-1.7").is_err());
        assert!(crate::texts(b"").is_err());
    }

    #[test]
    fn nothing_outside_can_be_reached() {
        for source in [
            "#read(\"/etc/passwd\")",
            "#include \"other.typ\"",
            "#import \"@preview/cetz:0.3.0\"",
            "#image(\"/etc/passwd\", alt: \"x\")",
            "#datetime.today()",
        ] {
            assert!(make(source).is_err(), "{source}");
        }
    }

    #[test]
    fn what_can_be_mended_has_its_own_error() {
        assert!(matches!(make("#\"日\""), Err(PdfError::MissingGlyph)));
        let deep = format!("{}x{}", "#list([".repeat(80), "])".repeat(80));
        assert!(matches!(make(&deep), Err(PdfError::Nesting)));
        let error = make("#unknown(\"secret\")").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
