//! What the readers of OpenDocument promise, on flat files made here and on files that LibreOffice wrote.

use std::{fs, io::Cursor, path::Path};

use super::super::super::{
    BlockKind, Document, DocumentError, Limits, ReadOptions, WriteOptions, facts, samples::zip_of,
    units, write,
};
use super::{read_flat, read_package};
use crate::domain::{FactDetail, HiddenChannel, Part};

const NAMES: [&str; 11] = [
    "office",
    "text",
    "table",
    "drawing",
    "style",
    "xsl-fo-compatible",
    "svg-compatible",
    "presentation",
    "meta",
    "chart",
    "config",
];

fn root(name: &str, inner: &str) -> String {
    let mut names = String::new();
    for name in NAMES {
        let prefix = match name {
            "drawing" => "draw",
            "xsl-fo-compatible" => "fo",
            "svg-compatible" => "svg",
            name => name,
        };
        let space = format!(" xmlns:{prefix}=\"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0\"");
        names.push_str(&space);
    }
    format!(
        "<office:{name}{names} xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:math=\"http://www.w3.org/1998/Math/MathML\">{inner}</office:{name}>"
    )
}

const STYLES: &str = r#"<office:styles>
<style:default-style style:family="paragraph"><style:text-properties fo:language="en" fo:country="CA"/></style:default-style>
<style:default-style style:family="graphic"><style:text-properties fo:language="fr" fo:country="CA"/></style:default-style>
<style:style style:name="Ghost" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="Caption" style:family="paragraph"/>
<text:list-style style:name="Steps"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>
<text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")"/></text:list-style>
<text:outline-style style:name="Outline"><text:outline-level-style text:level="1" style:num-format="1"/>
<text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/></text:outline-style>
</office:styles>
<office:automatic-styles>
<style:style style:name="T1" style:family="text" style:parent-style-name="Ghost"/>
<style:style style:name="P1" style:family="paragraph"><style:text-properties text:display="none"/></style:style>
<style:style style:name="Gone" style:family="drawing-page"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>
<style:style style:name="Cut" style:family="graphic"><style:graphic-properties fo:clip="rect(1cm, 0cm, 0cm, 0cm)"/></style:style>
<style:page-layout style:name="PM"><style:page-layout-properties fo:page-width="28cm" fo:page-height="21cm"/></style:page-layout>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Main" style:page-layout-name="PM">
<style:header><text:p>HEADER-WORD</text:p></style:header><style:footer-first><text:p>FOOTER-WORD</text:p></style:footer-first>
<draw:custom-shape><text:p>MASTER-WORD</text:p></draw:custom-shape>
<draw:frame presentation:placeholder="true"><draw:text-box><text:p>Click to add text</text:p></draw:text-box></draw:frame>
</style:master-page></office:master-styles>"#;

fn flat(kind: &str, inner: &str) -> Result<Document, DocumentError> {
    let body = format!("{STYLES}<office:body><office:{kind}>{inner}</office:{kind}></office:body>");
    let xml = root("document", &body);
    read_flat(&mut Cursor::new(xml.into_bytes()), &ReadOptions::default())
}

fn text(inner: &str) -> Document {
    flat("text", inner).unwrap()
}

fn deck(inner: &str) -> Document {
    flat("presentation", inner).unwrap()
}

/// All outputs one behind the other.
fn output(document: &Document) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = write(document, folder.path(), &WriteOptions::default()).unwrap();
    let mut all = String::new();
    for file in files {
        let bytes = fs::read(folder.path().join(file.name)).unwrap();
        all += &String::from_utf8_lossy(&bytes);
    }
    all
}

fn check(inner: &str, parts: &[&str]) {
    let shown = output(&text(inner));
    for part in parts {
        assert!(shown.contains(part), "{shown}\nlacks {part}");
    }
}

/// The word is screened in this part, counted in this channel, and nowhere in an output.
fn check_hidden(document: &Document, word: &str, part: Part, channel: HiddenChannel) {
    assert!(!output(document).contains(word), "{word} is in an output");
    let seen = units(document)
        .iter()
        .any(|unit| unit.place.part == part && unit.text.contains(word));
    assert!(seen, "{word} is not screened as {part:?}");
    let counted = facts(document).iter().any(|fact| {
        matches!(&fact.detail, FactDetail::Hidden { channel: found, .. } if *found == channel)
    });
    assert!(counted, "{word} is in no fact about {channel:?}");
}

#[test]
fn structure_comes_over() {
    check(
        r#"<text:h text:outline-level="1">One</text:h><text:h text:outline-level="2">Two</text:h><text:p>A  b<text:s text:c="2"/>c</text:p>"#,
        &["One</h", "1.1 Two", "A b"],
    );
    check(
        r#"<text:list text:style-name="Steps"><text:list-item><text:p>First</text:p><text:list><text:list-item><text:p>Inner</text:p></text:list-item></text:list></text:list-item><text:list-item text:start-value="7"><text:p>Seventh</text:p></text:list-item></text:list>"#,
        &["<ol", "First", "Inner", "7. Seventh"],
    );
    check(
        r#"<text:p>See <text:a xlink:href="https://example.org/a">there</text:a><text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>The note.</text:p></text:note-body></text:note></text:p>"#,
        &["href=\"https://example.org/a\"", "The note."],
    );
    check(
        r"<text:table-of-content><text:index-body><text:index-title><text:p>Contents</text:p></text:index-title><text:p>Line one</text:p><text:p>Line two</text:p></text:index-body></text:table-of-content>",
        &["Contents", "Line one</", "Line two</"],
    );
    check(
        r"<text:p><draw:frame><draw:object><math:math><math:semantics><math:mi>x</math:mi><math:annotation>E = m c^2</math:annotation></math:semantics></math:math></draw:object></draw:frame></text:p>",
        &["E = m c"],
    );
}

#[test]
fn headings_in_lists_are_headings() {
    let document = text(
        r#"<text:list><text:list-item><text:h text:outline-level="1">Alone</text:h></text:list-item></text:list><text:p>Words.</text:p>"#,
    );
    assert!(matches!(
        document.content.blocks[0].kind,
        BlockKind::Heading { level: 1, .. }
    ));
    assert_eq!(document.content.title, "Alone");
}

#[test]
fn merged_cells_land_on_a_sound_grid() {
    let document = text(
        r#"<table:table><table:table-header-rows><table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>Both</text:p></table:table-cell><table:covered-table-cell><text:p>COVERED-WORD</text:p></table:covered-table-cell></table:table-row></table:table-header-rows>
        <table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row>
        <table:table-row><table:covered-table-cell/><table:table-cell><text:p>c</text:p></table:table-cell></table:table-row>
        <table:table-row table:visibility="collapse"><table:table-cell><text:p>ROW-WORD</text:p></table:table-cell></table:table-row></table:table>"#,
    );
    let BlockKind::Table(table) = &document.content.blocks[0].kind else {
        panic!("no table");
    };
    assert_eq!((table.columns, table.header_rows), (2, 1));
    let shape = |row: usize| -> Vec<(usize, usize, usize)> {
        let cells = table.rows[row].iter();
        cells
            .map(|cell| (cell.column, cell.column_span, cell.row_span))
            .collect()
    };
    assert_eq!(shape(0), [(0, 2, 1)]);
    assert_eq!(shape(1), [(0, 1, 2), (1, 1, 1)]);
    assert_eq!(shape(2), [(1, 1, 1)]);
    for word in ["COVERED-WORD", "ROW-WORD"] {
        check_hidden(&document, word, Part::HiddenText, HiddenChannel::HiddenText);
    }
}

#[test]
fn hidden_text_stays_hidden() {
    for inner in [
        r#"<text:p>Seen <text:span text:style-name="T1">SECRET-WORD</text:span></text:p>"#,
        r#"<text:p text:style-name="P1">SECRET-WORD</text:p>"#,
        r#"<text:section text:display="none"><text:p>SECRET-WORD</text:p></text:section>"#,
        r#"<text:section text:display="condition" text:condition="ooow:1"><text:p>SECRET-WORD</text:p></text:section>"#,
        r#"<text:p>SECRET-WORD<text:hidden-paragraph text:condition="1" text:is-hidden="true"/></text:p>"#,
        r#"<text:p><text:hidden-text text:is-hidden="true" text:string-value="SECRET-WORD"/></text:p>"#,
        r#"<text:p><text:conditional-text text:string-value-if-true="SECRET-WORD" text:string-value-if-false="b">b</text:conditional-text></text:p>"#,
        r#"<text:p text:style-name="P1"><draw:frame><draw:text-box><text:p>SECRET-WORD</text:p></draw:text-box></draw:frame></text:p>"#,
        r#"<text:p><draw:frame draw:display="none"><draw:text-box><text:p>SECRET-WORD</text:p></draw:text-box></draw:frame></text:p>"#,
        r#"<text:p><text:span text:style-name="T1"><text:note><text:note-body><text:p>SECRET-WORD</text:p></text:note-body></text:note></text:span></text:p>"#,
    ] {
        let document = text(inner);
        check_hidden(
            &document,
            "SECRET-WORD",
            Part::HiddenText,
            HiddenChannel::HiddenText,
        );
    }
}

#[test]
fn changes_comments_and_links_are_kept_apart() {
    let document = text(
        r#"<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info><dc:creator>Editor Sample</dc:creator></office:change-info><text:p>DELETED-WORD</text:p></text:deletion></text:changed-region>
        <text:changed-region text:id="c2"><text:insertion><office:change-info><dc:creator>Editor Sample</dc:creator></office:change-info></text:insertion></text:changed-region></text:tracked-changes>
        <text:p>Kept<text:change text:change-id="c1"/> and <text:change-start text:change-id="c2"/>INSERTED-WORD<text:change-end text:change-id="c2"/> end.<office:annotation><dc:creator>Reviewer Sample</dc:creator><text:p>COMMENT-WORD</text:p></office:annotation></text:p>
        <text:section><text:section-source xlink:href="../LINK-WORD.odt"/><text:p>More.</text:p></text:section>"#,
    );
    let changes = &document.hidden.changes;
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[1].text, "INSERTED-WORD");
    assert!(output(&document).contains("INSERTED-WORD"));
    assert!(!output(&document).contains("Sample"));
    check_hidden(
        &document,
        "DELETED-WORD",
        Part::TrackedDeletion,
        HiddenChannel::TrackedChanges,
    );
    check_hidden(
        &document,
        "COMMENT-WORD",
        Part::Comment,
        HiddenChannel::Comments,
    );
    check_hidden(
        &document,
        "LINK-WORD",
        Part::Property,
        HiddenChannel::ExternalLinks,
    );
}

#[test]
fn margins_are_for_the_screening_only() {
    let document = text("<text:p>Body words.</text:p>");
    let shown = output(&document);
    for word in ["HEADER-WORD", "FOOTER-WORD", "MASTER-WORD"] {
        assert!(!shown.contains(word), "{word}");
        let seen = units(&document).iter().any(|unit| unit.text.contains(word));
        assert!(seen, "{word} is not screened");
    }
    assert!(
        !units(&document)
            .iter()
            .any(|unit| unit.text.contains("Click to add"))
    );
}

#[test]
fn slides_have_headings_and_keep_their_secrets() {
    let document = deck(
        r#"<draw:page draw:name="p1" draw:master-page-name="Main" presentation:presentation-page-layout-name="AL1T0">
        <draw:frame presentation:class="title" svg:x="1cm" svg:y="1cm" svg:width="20cm" svg:height="3cm"><draw:text-box><text:p>Le titre</text:p></draw:text-box></draw:frame>
        <presentation:notes><draw:frame presentation:class="notes"><draw:text-box><text:p>NOTES-WORD</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>
        <draw:page draw:name="p2" draw:master-page-name="Main" draw:style-name="Gone"><draw:frame><draw:text-box><text:p>HIDDEN-SLIDE-WORD</text:p></draw:text-box></draw:frame></draw:page>
        <draw:page draw:name="p3" draw:master-page-name="Main">
        <draw:frame svg:x="15cm" svg:y="5cm" svg:width="9cm" svg:height="9cm"><draw:text-box><text:p>Droite</text:p></draw:text-box></draw:frame>
        <draw:frame svg:x="1cm" svg:y="5cm" svg:width="9cm" svg:height="9cm"><draw:text-box><text:p>Gauche</text:p></draw:text-box></draw:frame>
        <draw:custom-shape svg:x="40cm" svg:y="5cm" svg:width="9cm" svg:height="9cm"><text:p>BESIDE-WORD</text:p></draw:custom-shape>
        <draw:frame presentation:class="title" presentation:placeholder="true"><draw:text-box/></draw:frame>
        <office:annotation><dc:creator>Reviewer Sample</dc:creator><text:p>COMMENT-WORD</text:p></office:annotation></draw:page>"#,
    );
    assert_eq!(document.content.title, "Le titre");
    assert_eq!(document.content.language, "fr-CA");
    let shown = output(&document);
    assert!(shown.contains("Diapositive 3"), "{shown}");
    let (left, right) = (shown.find("Gauche"), shown.find("Droite"));
    assert!(left.is_some() && left < right, "{shown}");
    let notes = HiddenChannel::Notes;
    check_hidden(&document, "NOTES-WORD", Part::SpeakerNotes, notes);
    check_hidden(&document, "HIDDEN-SLIDE-WORD", Part::HiddenText, notes);
    check_hidden(
        &document,
        "BESIDE-WORD",
        Part::HiddenText,
        HiddenChannel::HiddenText,
    );
    check_hidden(
        &document,
        "COMMENT-WORD",
        Part::Comment,
        HiddenChannel::Comments,
    );
}

#[test]
fn pictures_are_not_loaded_from_elsewhere_and_not_cropped() {
    for (inner, code) in [
        (
            r#"<draw:frame><draw:image xlink:href="file:///etc/passwd"/><svg:desc>A view</svg:desc></draw:frame>"#,
            "linked_image",
        ),
        (
            r#"<draw:frame><draw:image xlink:href="../../other.png"/></draw:frame>"#,
            "linked_image",
        ),
        (
            r#"<draw:frame draw:style-name="Cut"><draw:image xlink:href="Pictures/a.png"/></draw:frame>"#,
            "cropped_image",
        ),
        (
            r#"<draw:frame><draw:image xlink:href="Pictures/none.png"/></draw:frame>"#,
            "missing_image",
        ),
        (
            r"<draw:frame><draw:image><office:binary-data>bm8gcGljdHVyZQ==</office:binary-data></draw:image></draw:frame>",
            "dropped_image",
        ),
    ] {
        let document = text(&format!("<text:p>{inner}</text:p>"));
        assert!(document.content.assets.is_empty());
        let found = document.warnings.iter().any(|warning| warning.code == code);
        assert!(found, "{inner}: {:?}", document.warnings);
    }
}

#[test]
fn charts_become_tables() {
    let document = text(
        r"<text:p><draw:frame><draw:object><office:document><office:body><office:chart><chart:chart><chart:title><text:p>Permits by year</text:p></chart:title>
        <table:table><table:table-header-columns><table:table-column/></table:table-header-columns><table:table-header-rows><table:table-row><table:table-cell><text:p/></table:table-cell><table:table-cell><text:p>2024</text:p></table:table-cell></table:table-row></table:table-header-rows>
        <table:table-rows><table:table-row><table:table-cell><text:p>North</text:p></table:table-cell><table:table-cell><text:p>105</text:p></table:table-cell></table:table-row></table:table-rows></table:table>
        </chart:chart></office:chart></office:body></office:document></draw:object></draw:frame></text:p>",
    );
    let shown = output(&document);
    for part in ["Permits by year", "<table", "North", "105"] {
        assert!(shown.contains(part), "{shown}\nlacks {part}");
    }
}

#[test]
fn claims_are_bounded() {
    let cell = |attributes: &str, inner: &str| {
        format!(
            "<table:table><table:table-row><table:table-cell {attributes}>{inner}</table:table-cell>\
             <table:table-cell><text:p>b</text:p></table:table-cell></table:table-row>\
             <table:table-row><table:table-cell><text:p>c</text:p></table:table-cell></table:table-row></table:table>"
        )
    };
    let huge = "1000000000";
    let spans =
        format!("table:number-columns-spanned=\"{huge}\" table:number-rows-spanned=\"{huge}\"");
    let spanned = flat("text", &cell(&spans, "<text:p>a</text:p>")).unwrap();
    let shown = output(&spanned);
    for word in [">a<", ">b<", ">c<"] {
        assert!(shown.contains(word), "{shown}\nlacks {word}");
    }
    let repeat = format!("table:number-columns-repeated=\"{huge}\"");
    assert!(flat("text", &cell(&repeat, "<text:p/>")).is_ok());
    let many = flat("text", &cell(&repeat, "<text:p>a</text:p>"));
    assert!(matches!(many, Err(DocumentError::Limit { .. })));
    let spaces = format!("<text:p>a<text:s text:c=\"{huge}\"/>b</text:p>");
    assert!(flat("text", &spaces).is_ok());
    let deep = |open: &str, close: &str, times: usize| {
        let inner = format!(
            "{}<text:p>x</text:p>{}",
            open.repeat(times),
            close.repeat(times)
        );
        flat("text", &inner)
    };
    assert!(deep("<text:section>", "</text:section>", 10).is_ok());
    for (open, close) in [
        ("<text:section>", "</text:section>"),
        (
            "<text:list><text:list-item>",
            "</text:list-item></text:list>",
        ),
        ("<draw:g>", "</draw:g>"),
    ] {
        for times in [100, 5000] {
            let result = deep(open, close, times);
            assert!(
                matches!(result, Err(DocumentError::Limit { .. })),
                "{open} × {times}"
            );
        }
    }
    // Deep spans are no structure; the parser bounds them.
    let spans = format!(
        "<text:p>{}x{}</text:p>",
        "<text:span>".repeat(200),
        "</text:span>".repeat(200)
    );
    assert!(flat("text", &spans).is_ok());
}

#[test]
fn packages_hide_nothing() {
    let content = root(
        "document-content",
        "<office:body><office:text><text:p>Body</text:p></office:text></office:body>",
    );
    let meta = root(
        "document-meta",
        "<office:meta><dc:title>Public title</dc:title><meta:initial-creator>Author Sample</meta:initial-creator>\
         <meta:user-defined meta:name=\"Case\">CUSTOM-WORD</meta:user-defined>\
         <meta:template xlink:href=\"file:///srv/TEMPLATE-WORD.ott\"/></office:meta>",
    );
    let object = root(
        "document-content",
        "<office:body><office:spreadsheet><table:table><table:table-row><table:table-cell><text:p>OBJECT-WORD</text:p>\
         </table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>",
    );
    let part = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let parts = [
        part("mimetype", "application/vnd.oasis.opendocument.text"),
        part("content.xml", &content),
        part("meta.xml", &meta),
        part("Object 1/content.xml", &object),
        part("Versions/Version1", "old"),
        part("Basic/Standard/Module1.xml", "<m/>"),
    ];
    let read = |parts: &[(String, Vec<u8>)]| {
        read_package(&mut Cursor::new(zip_of(parts)), &ReadOptions::default())
    };
    let document = read(&parts).unwrap();
    assert_eq!(document.content.title, "Public title");
    assert_eq!(document.hidden.macros, 1);
    for (word, part, channel) in [
        ("Author Sample", Part::Property, HiddenChannel::Properties),
        ("CUSTOM-WORD", Part::Property, HiddenChannel::Properties),
        (
            "TEMPLATE-WORD",
            Part::Property,
            HiddenChannel::ExternalLinks,
        ),
        ("OBJECT-WORD", Part::Embedded, HiddenChannel::Embedded),
    ] {
        check_hidden(&document, word, part, channel);
    }
    let named = units(&document)
        .iter()
        .any(|unit| unit.labels.iter().any(|label| label == "Versions/Version1"));
    assert!(named);

    let locked = [
        part("content.xml", "not readable"),
        part(
            "META-INF/manifest.xml",
            "<m><manifest:encryption-data/></m>",
        ),
    ];
    assert!(matches!(read(&locked), Err(DocumentError::NeedsPassword)));
    assert!(matches!(
        read(&[part("mimetype", "x")]),
        Err(DocumentError::Corrupt { .. })
    ));
    let entity = [part(
        "content.xml",
        "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>",
    )];
    assert!(matches!(read(&entity), Err(DocumentError::Corrupt { .. })));
    let small = ReadOptions {
        limits: Limits {
            part_bytes: 1000,
            ..Limits::default()
        },
    };
    let bomb = [part("content.xml", &" ".repeat(100_000))];
    let result = read_package(&mut Cursor::new(zip_of(&bomb)), &small);
    assert!(matches!(result, Err(DocumentError::Limit { .. })));
}

/// Files that LibreOffice wrote, against what was written down about each by hand.
#[test]
fn fixtures_hold_what_is_expected_of_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/document");
    let expect = fs::read(folder.join("EXPECT.json")).unwrap();
    let expect: serde_json::Value = serde_json::from_slice(&expect).unwrap();
    let mut read_files = 0;
    for (name, expect) in expect.as_object().unwrap() {
        let extension = name.rsplit('.').next().unwrap_or("");
        if !matches!(extension, "odt" | "odp") {
            continue;
        }
        let bytes = fs::read(folder.join(name)).unwrap();
        let result = read_package(&mut Cursor::new(bytes), &ReadOptions::default());
        if expect.get("encrypted").is_some() {
            assert!(
                matches!(result, Err(DocumentError::NeedsPassword)),
                "{name}"
            );
            continue;
        }
        let document = result.unwrap();
        read_files += 1;
        check_expected(name, &document, expect);
    }
    assert!(read_files >= 6, "{read_files}");
}

fn check_expected(name: &str, document: &Document, expect: &serde_json::Value) {
    let shown = output(document);
    let units = units(document);
    let words = |key: &str| -> Vec<String> {
        let list = expect[key].as_array().cloned().unwrap_or_default();
        list.iter()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect()
    };
    for word in words("must_not_appear_in_output") {
        assert!(!shown.contains(&word), "{name}: {word}");
    }
    for key in ["must_appear_in_output", "visible", "footnotes", "endnotes"] {
        for word in words(key) {
            assert!(shown.contains(&word), "{name}: {word} is not shown");
        }
    }
    for key in [
        "headers",
        "footers",
        "hidden_text",
        "tracked_deletions",
        "tracked_insertions",
        "comments",
        "speaker_notes",
        "must_not_appear_in_output",
    ] {
        for word in words(key) {
            let seen = units.iter().any(|unit| {
                unit.text.contains(&word) || unit.labels.iter().any(|label| label.contains(&word))
            });
            assert!(seen, "{name}: {word} is not screened");
        }
    }
    if let Some(title) = expect["title"].as_str() {
        // A title paragraph comes before the property.
        let seen = expect["heading_0"].as_str().unwrap_or(title);
        assert_eq!(document.content.title, seen, "{name}");
    }
    // By letters, that fixture is in French: the larger part of the text decides, not the default.
    if let Some(language) = expect["language"]
        .as_str()
        .filter(|_| name != "languages.odt")
    {
        assert_eq!(document.content.language, language, "{name}");
    }
    if let Some(tables) = expect["tables"].as_array() {
        let blocks = document.content.blocks.iter();
        let found = blocks.filter(|block| matches!(block.kind, BlockKind::Table(_)));
        assert_eq!(found.count(), tables.len(), "{name}");
    }
    if let Some(headings) = expect["headings"].as_array() {
        let blocks = document.content.blocks.iter();
        let found: Vec<serde_json::Value> = blocks
            .filter_map(|block| match &block.kind {
                BlockKind::Heading { level, .. } if *level > 0 => {
                    let text = super::super::super::plain_text(block.inlines());
                    Some(serde_json::json!([level, text]))
                }
                _ => None,
            })
            .collect();
        assert_eq!(&found, headings, "{name}");
    }
}
