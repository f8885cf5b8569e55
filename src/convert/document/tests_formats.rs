//! What the writers of PDF, EPUB, OpenDocument and plain text promise, on documents made by hand.

use std::{collections::BTreeMap, fs, io::Cursor};

use super::{
    Asset, Block, BlockKind, Cell, Content, Document, HeaderSource, Image, Inline, Limits, List,
    ListItem, Marker, Note, Table, TextStyle, TitleBlock, WriteOptions, units_of_epub,
    units_of_odt, units_of_pdf, units_of_text, write,
};
use crate::{
    convert::package::{Package, parse_part},
    domain::{Part, Place, RenditionKind, TextUnit, Warning},
};

const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

fn here() -> Place {
    Place::new(Part::Body, "here")
}

fn block(kind: BlockKind) -> Block {
    Block { kind, at: here() }
}

fn run(text: &str) -> Inline {
    Inline::Text {
        text: text.to_owned(),
        style: TextStyle::default(),
        language: None,
    }
}

fn spoken(text: &str, language: &str) -> Inline {
    Inline::Text {
        text: text.to_owned(),
        style: TextStyle {
            strong: true,
            ..TextStyle::default()
        },
        language: Some(language.to_owned()),
    }
}

fn link(target: &str, content: Vec<Inline>) -> Inline {
    Inline::Link {
        target: target.to_owned(),
        content,
    }
}

fn paragraph(content: Vec<Inline>) -> Block {
    block(BlockKind::Paragraph(content))
}

fn heading(level: u8, text: &str) -> Block {
    block(BlockKind::Heading {
        level,
        label: None,
        content: vec![run(text)],
    })
}

fn list(marker: Marker, items: Vec<Vec<Block>>) -> Block {
    let items = items.into_iter().zip(1..).map(|(blocks, value)| ListItem {
        value,
        label: Some(format!("{value}.")),
        blocks,
    });
    block(BlockKind::List(List {
        marker,
        items: items.collect(),
    }))
}

fn cell(column: usize, column_span: usize, row_span: usize, blocks: Vec<Block>) -> Cell {
    Cell {
        column,
        column_span,
        row_span,
        blocks,
        at: here(),
    }
}

fn table(columns: usize, header_rows: usize, rows: Vec<Vec<Cell>>) -> Block {
    block(BlockKind::Table(Table {
        columns,
        header_rows,
        header_source: HeaderSource::Flagged,
        header_column: true,
        rows,
        caption: Some(vec![run("Caption of it")]),
        description: Some("Described".into()),
    }))
}

fn picture(alt: Option<&str>) -> Image {
    Image {
        asset: Some(0),
        alt: alt.map(str::to_owned),
        decorative: false,
        at: here(),
    }
}

fn document(blocks: Vec<Block>) -> Document {
    Document {
        content: Content {
            title: "Sample report".into(),
            title_block: TitleBlock::Absent,
            language: "en-CA".into(),
            blocks,
            notes: Vec::new(),
            assets: vec![Asset {
                name: "image-1.gif".into(),
                media_type: "image/gif",
                bytes: GIF.to_vec(),
                width: 1,
                height: 1,
            }],
        },
        ..Document::default()
    }
}

/// All formats of this module, read back, with the warnings. PDF where the program can.
fn outputs(document: &Document) -> (BTreeMap<&'static str, Vec<TextUnit>>, Vec<Warning>) {
    let (files, warnings) = bytes_of(document);
    let mut units = BTreeMap::new();
    for (name, bytes) in files {
        let (kind, read) = match name.as_str() {
            "document.pdf" => ("pdf", units_of_pdf(&bytes)),
            "document.epub" => {
                well_formed_pages(&bytes);
                ("epub", units_of_epub(&bytes))
            }
            "document.odt" => ("odt", units_of_odt(&bytes)),
            "document.txt" => ("txt", units_of_text(&bytes)),
            _ => continue,
        };
        units.insert(kind, read.unwrap_or_else(|error| panic!("{name}: {error}")));
    }
    let expected = if cfg!(feature = "pdf") { 4 } else { 3 };
    assert_eq!(units.len(), expected, "{warnings:?}");
    (units, warnings)
}

fn bytes_of(document: &Document) -> (BTreeMap<String, Vec<u8>>, Vec<Warning>) {
    let folder = tempfile::tempdir().unwrap();
    let options = WriteOptions {
        kinds: [
            RenditionKind::Pdf,
            RenditionKind::Epub,
            RenditionKind::Odt,
            RenditionKind::Text,
        ]
        .into(),
        ..WriteOptions::default()
    };
    let (files, warnings) = write(document, folder.path(), &options).unwrap();
    let files = files.into_iter().map(|file| {
        let bytes = fs::read(folder.path().join(&file.name)).unwrap();
        (file.name, bytes)
    });
    (files.collect(), warnings)
}

fn well_formed_pages(bytes: &[u8]) {
    let mut package = Package::open(Cursor::new(bytes), Limits::default()).unwrap();
    for name in ["EPUB/document.xhtml", "EPUB/nav.xhtml"] {
        let page = package.part(name).unwrap().unwrap();
        let page = String::from_utf8(page).unwrap();
        let page = page.replacen("<!DOCTYPE html>\n", "", 1);
        parse_part(page.as_bytes(), name, &Limits::default())
            .unwrap_or_else(|error| panic!("{name}: {error}\n{page}"));
    }
}

/// Each text stands in each format.
fn all_show(document: &Document, texts: &[&str]) -> Vec<Warning> {
    let (outputs, warnings) = outputs(document);
    for (format, units) in &outputs {
        for text in texts {
            let shown = units.iter().any(|unit| unit.text.contains(text));
            assert!(shown, "{format} lacks {text:?}: {units:?}");
        }
    }
    warnings
}

fn has(warnings: &[Warning], code: &str) -> bool {
    warnings.iter().any(|warning| warning.code == code)
}

#[test]
fn text_never_becomes_markup() {
    let evil = "\"]; #read(\"/etc/passwd\") #panic() ${x}$ </text:p> <script> ]]> &amp; \\ `";
    let mut document = document(vec![
        heading(1, evil),
        paragraph(vec![
            run(evil),
            spoken(evil, "x\") #panic("),
            link(evil, vec![run(evil)]),
            link(
                "https://example.org/\"]#panic()",
                vec![run("a link that stays")],
            ),
            link("#\") #panic()", vec![run(evil)]),
            Inline::Anchor("\") #panic()".into()),
            Inline::Image(picture(Some(evil))),
        ]),
        list(Marker::Labelled, vec![vec![paragraph(vec![run(evil)])]]),
        table(
            1,
            1,
            vec![vec![cell(0, 1, 1, vec![paragraph(vec![run(evil)])])]],
        ),
        block(BlockKind::Code(format!("{evil}\n{evil}"))),
        block(BlockKind::Quote(vec![paragraph(vec![run(evil)])])),
    ]);
    document.content.title = evil.into();
    document.content.language = "en\") #panic(".into();
    let warnings = all_show(
        &document,
        &["#read(\"/etc/passwd\") #panic()", "a link that stays"],
    );
    assert!(!has(&warnings, "pdf_not_made"), "{warnings:?}");
}

#[test]
fn hidden_content_is_in_no_format() {
    let mut document = document(vec![paragraph(vec![run("shown")])]);
    let planted = || TextUnit::new(Part::HiddenText, "here", "planted");
    document.hidden.text.push(planted());
    document.headers.push(planted());
    document.footers.push(planted());
    document.watermarks.push(planted());
    document.hidden.properties.push(super::Property {
        name: "creator".into(),
        value: "planted".into(),
        custom: false,
    });
    all_show(&document, &["shown"]);
    let (outputs, _) = outputs(&document);
    for (format, units) in outputs {
        assert!(
            units.iter().all(|unit| !unit.text.contains("planted")),
            "{format}"
        );
        assert!(
            units.iter().all(|unit| unit.place.part != Part::HiddenText),
            "{format}: {units:?}"
        );
    }
}

#[test]
fn pictures_without_description_are_told() {
    let figure = block(BlockKind::Figure {
        images: vec![picture(None), picture(Some("Two boats"))],
        caption: Some(vec![run("On the canal")]),
    });
    let document = document(vec![figure, paragraph(vec![Inline::Image(picture(None))])]);
    let warnings = all_show(
        &document,
        &[
            "Image without a description in the source document",
            "Two boats",
            "On the canal",
        ],
    );
    assert!(has(&warnings, "missing_alt_text"));
}

#[test]
fn other_scripts_and_directions_are_shown() {
    let document = document(vec![
        paragraph(vec![spoken("ᐃᓄᒃᑎᑐᑦ ᓄᓇᕗᑦ", "iu-Cans")]),
        paragraph(vec![spoken("שלום", "he"), run(" and then")]),
        paragraph(vec![run("Œuvre — ½ ≥ ☑ Ωж")]),
    ]);
    let warnings = all_show(&document, &["ᐃᓄᒃᑎᑐᑦ ᓄᓇᕗᑦ", "Œuvre — ½ ≥ ☑ Ωж"]);
    assert!(!has(&warnings, "missing_glyphs"), "{warnings:?}");
}

#[test]
#[cfg(feature = "pdf")]
fn what_no_font_shows_is_told_by_its_number() {
    let document = document(vec![
        paragraph(vec![run("日本 and \u{E000}")]),
        paragraph(vec![run(
            "x\u{335}\u{483}\u{1DC4} \u{1F468}\u{200D}\u{1F469}",
        )]),
    ]);
    let (outputs, warnings) = outputs(&document);
    let pdf = &outputs["pdf"];
    let shown = pdf
        .iter()
        .any(|unit| unit.text.contains("[U+65E5 U+672C] and [U+E000]"));
    assert!(shown, "{pdf:?}");
    assert!(has(&warnings, "missing_glyphs"));
}

#[test]
fn depth_is_bounded_without_loss() {
    let mut inner = paragraph(vec![run("the innermost")]);
    for level in 0..40 {
        inner = match level % 4 {
            0 => list(Marker::Decimal, vec![vec![inner]]),
            1 => block(BlockKind::Quote(vec![inner])),
            2 => table(1, 0, vec![vec![cell(0, 1, 1, vec![inner])]]),
            _ => list(
                Marker::Bullet,
                vec![vec![paragraph(vec![run("item")]), inner]],
            ),
        };
    }
    let warnings = all_show(&document(vec![inner]), &["the innermost"]);
    assert!(!has(&warnings, "pdf_not_made"), "{warnings:?}");
}

#[test]
fn spans_beyond_the_table_are_cut() {
    let text = |text: &str| vec![paragraph(vec![run(text)])];
    let far = usize::MAX / 2;
    let document = document(vec![
        table(
            2,
            1,
            vec![
                vec![cell(0, far, far, text("head"))],
                vec![cell(0, 1, far, text("tall")), cell(1, far, 1, text("wide"))],
                vec![cell(1, 1, 1, text("last")), cell(5, 1, 1, text("lost"))],
            ],
        ),
        table(3, 5, vec![vec![cell(2, 1, 1, text("only heads"))]]),
        table(2, 0, vec![vec![], vec![]]),
        table(1, 0, Vec::new()),
    ]);
    let warnings = all_show(&document, &["head", "tall", "wide", "last", "only heads"]);
    assert!(!has(&warnings, "pdf_not_made"), "{warnings:?}");
}

#[test]
fn a_long_table_runs_over_pages() {
    let text = |text: String| vec![paragraph(vec![run(&text)])];
    let mut rows = vec![vec![
        cell(
            0,
            1,
            1,
            vec![paragraph(vec![link(
                "https://example.org/",
                vec![run("Region")],
            )])],
        ),
        cell(1, 1, 1, text("Count".into())),
    ]];
    for row in 0..400 {
        rows.push(vec![
            cell(0, 1, 1, text(format!("Region {row}"))),
            cell(1, 1, 1, text(format!("{}", row * 7))),
        ]);
    }
    let warnings = all_show(&document(vec![table(2, 1, rows)]), &["Region 399", "2793"]);
    assert!(!has(&warnings, "pdf_not_made"), "{warnings:?}");
}

#[test]
fn what_is_too_large_for_a_pdf_is_in_the_other_formats() {
    let rows = (0..10_000).map(|row: usize| {
        let cells = (0..8).map(|column| {
            cell(
                column,
                1,
                1,
                vec![paragraph(vec![run(&format!("value {row}-{column}"))])],
            )
        });
        cells.collect::<Vec<_>>()
    });
    let document = document(vec![table(8, 1, rows.collect())]);
    let (files, warnings) = bytes_of(&document);
    assert!(!files.contains_key("document.pdf"));
    assert!(has(&warnings, "pdf_too_large") || !cfg!(feature = "pdf"));
    let text = String::from_utf8(files["document.txt"].clone()).unwrap();
    assert!(text.contains("value 9999-0\tvalue 9999-1\t"));
    for (kind, units) in [
        ("odt", units_of_odt(&files["document.odt"]).unwrap()),
        ("epub", units_of_epub(&files["document.epub"]).unwrap()),
    ] {
        assert!(
            units.iter().any(|unit| unit.text == "value 9999-7"),
            "{kind}"
        );
    }
}

#[test]
fn notes_and_places_hold_whatever_refers_to_them() {
    let mut document = document(vec![
        paragraph(vec![
            run("one"),
            Inline::Note(0),
            run(" two"),
            Inline::Note(0),
            Inline::Note(7),
            link("#there", vec![run("go there")]),
            link("#nowhere", vec![run("go nowhere")]),
            link(
                "https://example.org/",
                vec![
                    run("pictured"),
                    Inline::Image(Image {
                        decorative: true,
                        ..picture(None)
                    }),
                ],
            ),
            link("https://example.org/", vec![run("marked"), Inline::Note(1)]),
        ]),
        paragraph(vec![Inline::Anchor("there".into())]),
        paragraph(vec![Inline::Anchor("there".into()), run("there")]),
        heading(4, "deep first"),
        heading(1, ""),
        heading(2, "then"),
        list(Marker::LowerRoman, vec![Vec::new()]),
        block(BlockKind::Note(vec![heading(2, "aside")])),
    ]);
    let note = |text: &str, more: Vec<Block>| {
        let mut blocks = vec![paragraph(vec![run(text), Inline::Note(0), Inline::Note(1)])];
        blocks.extend(more);
        Note { blocks, at: here() }
    };
    let inner = table(
        1,
        0,
        vec![vec![cell(0, 1, 1, vec![paragraph(vec![run("in a note")])])]],
    );
    document.content.notes = vec![
        note("first note", vec![heading(1, "in"), inner]),
        note("second note", Vec::new()),
        note("nobody refers to it", Vec::new()),
    ];
    let warnings = all_show(
        &document,
        &[
            "go there",
            "go nowhere",
            "marked",
            "first note",
            "second note",
            "in a note",
            "nobody refers to it",
            "deep first",
            "aside",
        ],
    );
    assert!(!has(&warnings, "pdf_not_made"), "{warnings:?}");
    assert!(!has(&warnings, "pdf_without_links"), "{warnings:?}");
}

#[test]
fn pictures_are_refused_before_they_are_decoded() {
    let mut huge = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    huge.extend(50_000_u32.to_be_bytes());
    huge.extend(50_000_u32.to_be_bytes());
    huge.extend(b"\x08\x06\0\0\0rubbish");
    let mut document = document(vec![
        paragraph(vec![Inline::Image(picture(Some("a huge picture")))]),
        paragraph(vec![run("after it")]),
    ]);
    for (bytes, side) in [(huge, 50_000), (b"\x89PNG\r\n\x1a\nrubbish".to_vec(), 10)] {
        document.content.assets = vec![Asset {
            name: "image-1.png".into(),
            media_type: "image/png",
            bytes,
            width: side,
            height: side,
        }];
        let warnings = all_show(&document, &["a huge picture", "after it"]);
        assert!(!has(&warnings, "pdf_not_made"), "{warnings:?}");
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let make = || {
        document(vec![
            heading(1, "Title"),
            paragraph(vec![
                spoken("mot", "fr"),
                Inline::Image(picture(Some("alt"))),
            ]),
            table(1, 0, vec![vec![cell(0, 1, 1, vec![heading(2, "x")])]]),
        ])
    };
    assert_eq!(bytes_of(&make()).0, bytes_of(&make()).0);
}

#[test]
fn plain_text_reads_well() {
    let mut document = document(vec![
        heading(1, "Part"),
        paragraph(vec![
            run("See "),
            link("https://example.org/a", vec![run("here")]),
            Inline::Note(0),
        ]),
        list(
            Marker::Bullet,
            vec![
                vec![
                    paragraph(vec![run("one")]),
                    list(Marker::Decimal, vec![vec![paragraph(vec![run("deep")])]]),
                ],
                vec![paragraph(vec![run("two")])],
            ],
        ),
        table(
            3,
            1,
            vec![vec![
                cell(0, 2, 1, vec![paragraph(vec![run("a")])]),
                cell(2, 1, 1, vec![paragraph(vec![run("b\tc")])]),
            ]],
        ),
    ]);
    document.content.notes = vec![Note {
        blocks: vec![paragraph(vec![run("Below")])],
        at: here(),
    }];
    let text = String::from_utf8(bytes_of(&document).0.remove("document.txt").unwrap()).unwrap();
    assert_eq!(
        text,
        "Sample report\n=============\n\nPart\n----\n\nSee here <https://example.org/a>[1]\n\n\
         - one\n  1. deep\n- two\n\nCaption of it\n\na\t\tb c\n\nNotes\n-----\n\n[1] Below\n"
    );
}
