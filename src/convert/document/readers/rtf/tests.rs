//! What the RTF reader promises, on small documents and on those of office programs.

use std::path::Path;

use super::*;
use crate::convert::document::{
    BlockKind, Cell, Inline, WriteOptions, facts, plain_text, units, write,
};
use crate::domain::{FactDetail, HiddenChannel};

fn try_read(bytes: &[u8]) -> Result<Document, DocumentError> {
    read_rtf(&mut &bytes[..], &ReadOptions::default())
}

fn read(body: &str) -> Document {
    try_read(format!("{{\\rtf1\\ansi\\ansicpg1252 {body}}}").as_bytes()).unwrap()
}

fn fixture(name: &str) -> Document {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/document");
    try_read(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

fn output(document: &Document) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = write(document, folder.path(), &WriteOptions::default()).unwrap();
    let all = files
        .iter()
        .map(|file| std::fs::read(folder.path().join(&file.name)).unwrap());
    String::from_utf8_lossy(&all.collect::<Vec<_>>().concat()).into_owned()
}

fn has(document: &Document, channel: HiddenChannel) -> bool {
    facts(document)
        .iter()
        .any(|fact| matches!(&fact.detail, FactDetail::Hidden { channel: c, .. } if *c == channel))
}

fn shape(blocks: &[Block]) -> String {
    let one = |block: &Block| match &block.kind {
        BlockKind::Heading { level, content, .. } => format!("h{level} {}", plain_text(content)),
        BlockKind::Paragraph(content) => format!("p {}", plain_text(content)),
        BlockKind::Code(text) => format!("pre {text}"),
        BlockKind::Quote(inner) => format!("q({})", shape(inner)),
        BlockKind::Note(inner) => format!("box({})", shape(inner)),
        BlockKind::Figure { images, .. } => format!("figure {}", images.len()),
        BlockKind::List(list) => {
            let items: Vec<String> = list.items.iter().map(|i| shape(&i.blocks)).collect();
            format!("{:?}({})", list.marker, items.join("; "))
        }
        BlockKind::Table(table) => {
            let cell = |cell: &Cell| {
                let spans = match (cell.column_span, cell.row_span) {
                    (1, 1) => String::new(),
                    (columns, rows) => format!("[{columns}x{rows}]"),
                };
                format!("{}{spans}", shape(&cell.blocks))
            };
            let row = |row: &Vec<Cell>| row.iter().map(cell).collect::<Vec<_>>().join(", ");
            let rows: Vec<String> = table.rows.iter().map(row).collect();
            format!("table{}({})", table.header_rows, rows.join("; "))
        }
        other @ BlockKind::Caption(_) => format!("{other:?}"),
    };
    blocks.iter().map(one).collect::<Vec<_>>().join(" | ")
}

fn check(body: &str, expect: &str) {
    assert_eq!(shape(&read(body).content.blocks), expect, "{body}");
}

#[test]
fn text_and_characters() {
    check("a\\par b {\\b c}", "p a | p b c");
    check("Qu\\'e9bec \\u8364?\\u-10179?\\u-8704? x", "p Québec €😀 x");
    check("\\uc2\\u8364 abc{\\uc0\\u233 d}", "p €céd");
    check("a\\~b\\_c\\emdash d\\{\\}", "p a\u{A0}b\u{2011}c—d{}");
    check(
        "{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset204 B;}}\\f1 \\'cf\\f0 \\'cf",
        "p ПÏ",
    );
    check("a\\line b", "p a b");
}

#[test]
fn headings_and_quotations_by_style() {
    check(
        "{\\stylesheet{\\s0 Normal;}{\\s1\\outlinelevel0 Own;}{\\s2 heading 2;}{\\s3\\sbasedon2 Mine;}{\\s4 Quote;}}\
         \\pard\\s1 A\\par\\pard\\s2 B\\par\\pard\\s3 C\\par\\pard\\s4 D\\par\\pard E\\par\\pard\\outlinelevel2 F\\par",
        "h1 A | h2 B | h2 C | q(p D) | p E | h3 F",
    );
}

#[test]
fn lists_follow_their_labels() {
    check(
        "{\\listtext 1.\\tab}\\ls1\\ilvl0 a\\par{\\listtext 2.\\tab}b\\par\\pard c\\par",
        "Decimal(p a; p b) | p c",
    );
    check(
        "{\\listtext\\'95\\tab}\\ls1\\ilvl0 a\\par{\\listtext -\\tab}\\ilvl1 b\\par{\\listtext\\'95\\tab}\\ilvl0 c\\par",
        "Bullet(p a | Bullet(p b); p c)",
    );
    // The same numbers again are another list.
    check(
        "{\\listtext 1.}\\ls1 a\\par{\\listtext 1.}\\ls1 b\\par",
        "Decimal(p a) | Decimal(p b)",
    );
}

#[test]
fn tables_with_merged_cells() {
    let row = |cells: &str, texts: &[&str]| {
        let texts: Vec<String> = texts
            .iter()
            .map(|t| format!("\\pard\\intbl {t}\\cell "))
            .collect();
        let texts = texts.concat();
        format!("\\trowd{cells}{texts}\\row ")
    };
    check(
        &format!(
            "{}{}\\pard after\\par",
            row("\\trhdr\\cellx100\\cellx200", &["A", "B"]),
            row("\\cellx100\\cellx200", &["1", "2"])
        ),
        "table1(p A, p B; p 1, p 2) | p after",
    );
    check(
        &format!(
            "{}{}{}",
            row(
                "\\clmgf\\cellx100\\clmrg\\cellx200\\cellx300",
                &["A", "", "B"]
            ),
            row("\\clvmgf\\cellx100\\cellx200\\cellx300", &["C", "D", "E"]),
            row("\\clvmrg\\cellx100\\cellx200\\cellx300", &["", "F", "G"])
        ),
        "table0(p A[2x1], p B; p C[1x2], p D, p E; p F, p G)",
    );
}

#[test]
fn notes_links_and_pictures() {
    let document = read(
        "a{\\footnote b}c {\\field{\\*\\fldinst HYPERLINK \"https://example.org/\"}{\\fldrslt d}}",
    );
    assert_eq!(document.content.notes.len(), 1);
    let inlines = document.content.blocks[0].inlines();
    assert!(
        inlines
            .iter()
            .any(|i| matches!(i, Inline::Link { target, .. } if target == "https://example.org/"))
    );
    let png = "89504e470d0a1a0a0000000d494844520000000700000009080200000000000000000000004944415400000000\
               0000000049454e4400000000";
    let document = read(&format!("{{\\pict\\pngblip {png}}}"));
    assert_eq!(document.content.assets.len(), 1);
    assert_eq!(shape(&document.content.blocks), "figure 1");
    let document = read("{\\pict\\wmetafile8 0102}");
    assert!(document.warnings.iter().any(|w| w.code == "dropped_image"));
}

#[test]
fn hidden_things_stay_hidden() {
    for body in [
        "{\\v PLANTED}",
        "{\\deleted PLANTED}",
        "{\\*\\atnauthor A}{\\*\\annotation \\pard\\plain PLANTED}",
        "{\\info{\\author PLANTED}}",
        "{\\*\\userprops{\\propname Note}\\proptype30{\\staticval PLANTED}}",
        "{\\*\\docvar {a}{PLANTED}}",
        "{\\*\\unknownthing PLANTED}",
        "{\\xe PLANTED}",
        "{\\header \\pard PLANTED\\par}",
        "{\\field{\\*\\fldinst INCLUDETEXT \"PLANTED\"}{\\fldrslt x}}",
        "{\\v\\pard{\\footnote\\pard\\plain PLANTED}}",
        "{\\object\\objemb{\\*\\objclass PLANTED}{\\*\\objdata 00}{\\result x}}",
        "{\\object\\objemb{\\*\\objdata 504c414e544544}{\\result x}}",
        "{\\*\\datastore 504c414e544544504c414e544544504c414e544544504c414e544544504c414e544544504c414e544544}",
        "{\\*\\template PLANTED}",
        "{\\*\\htmltag <!-- PLANTED -->}",
    ] {
        let document = read(&format!("shown {body} end"));
        let output = output(&document);
        assert!(output.contains("shown"), "{body}");
        assert!(!output.contains("PLANTED"), "{body}");
        let screened = units(&document)
            .iter()
            .any(|u| u.text.contains("PLANTED") || u.labels.iter().any(|l| l.contains("PLANTED")));
        assert!(screened, "{body}");
    }
    let document = try_read(b"{\\rtf1 a}PLANTED").unwrap();
    assert!(units(&document).iter().any(|u| u.text.contains("PLANTED")));
    let document = read(
        "{\\*\\revtbl{Unknown;}{Ann Sample;}}a{\\revised\\revauth1 b}{\\deleted\\revauthdel1 c}",
    );
    assert_eq!(shape(&document.content.blocks), "p ab");
    let changes = &document.hidden.changes;
    assert_eq!(changes.len(), 2);
    assert!(changes.iter().all(|change| change.author == "Ann Sample"));
    assert!(has(&document, HiddenChannel::TrackedChanges));
}

#[test]
fn hostile_files_are_bounded() {
    let deep = format!("{{\\rtf1 {}x", "{".repeat(100_000));
    assert!(matches!(
        try_read(deep.as_bytes()),
        Err(DocumentError::Limit { .. })
    ));
    for body in [
        "\\bin999999999 x",
        "}}}}}",
        "\\u99999999999?",
        "{\\field{\\fldrslt x}}",
        "\\cell\\row\\nestcell\\nestrow",
        "\\pard\\intbl\\itap2147483647 x\\nestcell",
        "{\\fldrslt x}\\par",
        "{\\*\\pn}{\\upr{a}{\\*\\ud{b}}}",
        "{\\stylesheet{\\s1\\sbasedon1 x;}}\\s1 a\\par",
    ] {
        try_read(format!("{{\\rtf1 {body}}}").as_bytes()).unwrap();
    }
    let sample = read("a").content.blocks;
    assert_eq!(sample.len(), 1);
    let bytes = b"{\\rtf1{\\fonttbl{\\f0 A;}}{\\info{\\title T}}\\trowd\\cellx9 {\\b a}\\cell\\row{\\footnote b}\\'e9}";
    for length in 0..bytes.len() {
        try_read(&bytes[..length]).unwrap();
    }
}

#[test]
fn office_files_keep_their_structure() {
    let document = fixture("structure.rtf");
    assert_eq!(document.content.title, "A short report");
    let text = shape(&document.content.blocks);
    for part in [
        "h1 Purpose",
        "h2 Scope",
        "h3 Details",
        "h1 End",
        "q(p Quoted words of someone else.)",
        "Bullet(p First; p Second | Bullet(",
    ] {
        assert!(text.contains(part), "{text}\nlacks {part}");
    }
    assert_eq!(document.content.language, "en-CA");
}

/// LibreOffice wrote these from the docx beside them; what is expected of those holds for these.
#[test]
fn office_files_keep_what_their_twins_keep() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/document");
    let expect = std::fs::read(folder.join("EXPECT.json")).unwrap();
    let expect: serde_json::Value = serde_json::from_slice(&expect).unwrap();
    for name in ["tables", "notes", "tracked", "hidden", "languages", "media"] {
        let document = fixture(&format!("{name}.rtf"));
        let expect = &expect[format!("{name}.docx")];
        let shown = output(&document);
        let units = units(&document);
        let words = |key: &str| -> Vec<String> {
            let list = expect[key].as_array().cloned().unwrap_or_default();
            list.iter()
                .filter_map(|w| w.as_str().map(str::to_owned))
                .collect()
        };
        for word in words("must_not_appear_in_output") {
            assert!(!shown.contains(&word), "{name}: {word}");
        }
        for key in [
            "must_appear_in_output",
            "visible",
            "text_boxes",
            "footnotes",
            "endnotes",
        ] {
            for word in words(key) {
                assert!(shown.contains(&word), "{name}: {word} is not shown");
            }
        }
        for key in [
            "headers",
            "footers",
            "hidden_text",
            "tracked_deletions",
            "comments",
        ] {
            for word in words(key) {
                let seen = units.iter().any(|unit| unit.text.contains(&word));
                assert!(seen, "{name}: {word} is not screened");
            }
        }
        if let Some(tables) = expect["tables"].as_array() {
            let found = document
                .content
                .blocks
                .iter()
                .filter(|block| matches!(block.kind, BlockKind::Table(_)));
            assert_eq!(found.count(), tables.len(), "{name}");
        }
    }
}
