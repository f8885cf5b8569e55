//! What reader, writers and screening promise together, on small documents.

use std::{collections::BTreeMap, fs, io::Cursor};

use super::{
    Document, DocumentError, Limits, ReadOptions, WriteOptions, facts, read_docx,
    samples::{Sample, p, r, styled, zip_of},
    units, units_of_html, units_of_markdown, write,
};
use crate::domain::{FactDetail, HiddenChannel, Part};

const STYLES: &str = r#"
<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="en-CA"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="H3"><w:name w:val="heading 3"/></w:style>
<w:style w:type="paragraph" w:styleId="Cap"><w:name w:val="caption"/></w:style>
<w:style w:type="paragraph" w:styleId="Toc1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="character" w:styleId="Ghost"><w:name w:val="Ghost"/><w:rPr><w:vanish/></w:rPr></w:style>"#;

const NUMBERING: &str = r#"
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%2)"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%3"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="-"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>"#;

fn sample(body: &str) -> Sample {
    Sample::new(body)
        .wordml("styles", "styles", STYLES)
        .wordml("numbering", "numbering", NUMBERING)
}

fn read(sample: &Sample) -> Document {
    read_bytes(&sample.bytes()).unwrap()
}

fn read_bytes(bytes: &[u8]) -> Result<Document, DocumentError> {
    read_docx(&mut Cursor::new(bytes), &ReadOptions::default())
}

fn outputs(document: &Document) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = write(document, folder.path(), &WriteOptions::default()).unwrap();
    let bytes = |name: &String| fs::read(folder.path().join(name)).unwrap();
    files
        .into_iter()
        .map(|f| (f.name.clone(), bytes(&f.name)))
        .collect()
}

fn html(document: &Document) -> String {
    let text = outputs(document).remove("document.html").unwrap();
    let text = String::from_utf8(text).unwrap();
    let start = text.find("<main>").unwrap() + 7;
    text[start..text.find("</main>").unwrap()].to_owned()
}

fn markdown(document: &Document) -> String {
    String::from_utf8(outputs(document).remove("document.md").unwrap()).unwrap()
}

fn check(body: &str, html_part: &str, markdown_part: &str) {
    let document = read(&sample(body));
    let (html, markdown) = (html(&document), markdown(&document));
    assert!(html.contains(html_part), "{html}\nlacks {html_part}");
    assert!(
        markdown.contains(markdown_part),
        "{markdown}\nlacks {markdown_part}"
    );
}

fn item(num: &str, level: u8, text: &str) -> String {
    format!(
        r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr></w:pPr>{}</w:p>"#,
        r(text)
    )
}

fn tc(properties: &str, text: &str) -> String {
    format!("<w:tc><w:tcPr>{properties}</w:tcPr>{}</w:tc>", p(text))
}

#[test]
fn titles_and_headings() {
    let body = format!(
        "{}{}{}{}",
        styled("T", "Report"),
        styled("H1", "One"),
        styled("H3", "Deep"),
        p("text")
    );
    check(
        &body,
        "<h1>Report</h1>\n<h2>One</h2>\n<h3>Deep</h3>\n<p>text</p>",
        "# Report\n\n## One\n\n### Deep\n\ntext\n",
    );
    let document = read(&sample(&body));
    assert_eq!(document.content.title, "Report");
    let (_, warnings) = write(
        &document,
        tempfile::tempdir().unwrap().path(),
        &WriteOptions::default(),
    )
    .unwrap();
    let repaired = warnings
        .iter()
        .filter(|w| w.code == "heading_order")
        .count();
    assert_eq!(repaired, 1);
    // Without a title paragraph the first heading that stands alone is the title.
    check(
        &format!("{}{}", p("intro"), styled("H1", "Only")),
        "<p>intro</p>\n<h1>Only</h1>",
        "intro\n\n# Only",
    );
    let two = format!("{}{}", styled("H1", "One"), styled("H1", "Two"));
    assert_eq!(html(&read(&sample(&two))).matches("<h1>").count(), 1);
    assert!(html(&read(&sample(""))).starts_with("<h1>Untitled document</h1>"));
}

#[test]
fn lists_nest_and_restart() {
    let body = [
        item("1", 0, "a"),
        item("1", 1, "b"),
        item("1", 1, "c"),
        item("1", 0, "d"),
        p("between"),
        item("1", 0, "e"),
        p("again"),
        item("3", 0, "f"),
        item("2", 0, "g"),
    ]
    .concat();
    check(
        &body,
        "<ol>\n<li>a\n<ol type=\"a\">\n<li>b</li>\n<li>c</li>\n</ol>\n</li>\n<li>d</li>\n</ol>\n<p>between</p>\n<ol start=\"3\">\n<li>e</li>\n</ol>\n<p>again</p>\n<ol>\n<li>f</li>\n</ol>\n<ul>\n<li>g</li>\n</ul>",
        "1. a\n   - a) b\n   - b) c\n2. d\n\nbetween\n\n3. e\n\nagain\n\n1. f\n\n- g\n",
    );
    check(
        &item("1", 2, "x"),
        "<ul class=\"labelled\">\n<li>1.1 x</li>",
        "- 1.1 x",
    );
}

#[test]
fn tables_with_headers_and_spans() {
    let body = format!(
        "{}<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>{}{}</w:tr><w:tr>{}{}</w:tr><w:tr>{}{}{}</w:tr></w:tbl>",
        styled("Cap", "Table 1: Ages"),
        tc(r#"<w:gridSpan w:val="2"/>"#, "Name"),
        tc("", "Age"),
        tc(
            r#"<w:gridSpan w:val="2"/><w:vMerge w:val="restart"/>"#,
            "Ann"
        ),
        tc("", "5"),
        tc(r"", "x"),
        tc("", "y"),
        tc("", "6"),
    );
    check(
        &body,
        "<caption>Table 1: Ages</caption>\n<thead>\n<tr><th scope=\"col\" colspan=\"2\">Name</th><th scope=\"col\">Age</th></tr>\n</thead>\n<tbody>\n<tr><td colspan=\"2\">Ann</td><td>5</td></tr>",
        "<table>\n<caption>Table 1: Ages</caption>\n<thead>",
    );
    let cell = units(&read(&sample(&body)))
        .into_iter()
        .find(|u| u.text == "6")
        .unwrap();
    assert_eq!(cell.labels, ["Age", "x"]);
    assert_eq!(cell.place.at, "table 1, row 3, column 3");
}

#[test]
fn vertical_merges_hide_what_they_cover() {
    let row = |merge: &str, a: &str, b: &str| format!("<w:tr>{}{}</w:tr>", tc(merge, a), tc("", b));
    let body = format!(
        "<w:tbl>{}{}</w:tbl>",
        row(r#"<w:vMerge w:val="restart"/>"#, "A", "1"),
        row("<w:vMerge/>", "PLANTED", "2"),
    );
    check(
        &body,
        "<td rowspan=\"2\">A</td><td>1</td></tr>\n<tr><td>2</td></tr>",
        "rowspan",
    );
    never_out(&sample(&body), &["PLANTED"]);
}

#[test]
fn fields_links_and_notes() {
    let char = |kind: &str| format!(r#"<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>"#);
    let field = |instruction: &str, result: &str| {
        let instruction = format!("<w:r><w:instrText>{instruction}</w:instrText></w:r>");
        [
            char("begin"),
            instruction,
            char("separate"),
            r(result),
            char("end"),
        ]
        .concat()
    };
    let link = field("HYPERLINK &quot;https://example.org/&quot;", "there");
    check(
        &format!("<w:p>{link}</w:p>"),
        "<a href=\"https://example.org/\">there</a>",
        "[there](https://example.org/)",
    );
    check(
        &format!("<w:p>{}{}{}</w:p>", r("p. "), field("PAGE", "7"), r(" end")),
        "<p>p.  end</p>",
        "p. end",
    );
    let bad = field("HYPERLINK &quot;javascript:alert(1)&quot;", "click");
    check(&format!("<w:p>{bad}</w:p>"), "<p>click</p>", "click");
    let inside = r#"<w:p><w:bookmarkStart w:id="1" w:name="x y"/><w:r><w:t>here</w:t></w:r></w:p><w:p><w:hyperlink w:anchor="x y"><w:r><w:t>go</w:t></w:r></w:hyperlink></w:p>"#;
    check(
        inside,
        "<span id=\"b-1\"></span>here</p>\n<p><a href=\"#b-1\">go</a>",
        "go",
    );
    let noted = sample(r#"<w:p><w:r><w:t>a</w:t><w:footnoteReference w:id="2"/></w:r></w:p>"#).wordml(
        "footnotes",
        "footnotes",
        &format!(
            r#"<w:footnote w:id="0" w:type="separator">{}</w:footnote><w:footnote w:id="2">{}</w:footnote><w:footnote w:id="3">{}</w:footnote>"#,
            p("---"),
            p("the note"),
            p("PLANTED")
        ),
    );
    let text = html(&read(&noted));
    assert!(
        text.contains(r##"<sup id="fnref-1"><a href="#fn-1">[1]</a></sup>"##),
        "{text}"
    );
    assert!(text.contains(r#"<li id="fn-1"><p>the note</p>"#), "{text}");
    never_out(&noted, &["PLANTED"]);
    // A field that is never closed takes nothing after its paragraph with it.
    let open = format!(
        "<w:p>{}<w:r><w:instrText>XE</w:instrText></w:r></w:p>{}",
        char("begin"),
        p("kept")
    );
    check(&open, "<p>kept</p>", "kept");
}

#[test]
fn a_caption_stays_with_the_right_table() {
    let table = |a: &str| format!("<w:tbl><w:tr>{}{}</w:tr></w:tbl>", tc("", a), tc("", "x"));
    let body = format!(
        "{}{}{}",
        table("one"),
        styled("Cap", "Table 2"),
        table("two")
    );
    check(
        &body,
        "</table>\n<table>\n<caption>Table 2</caption>",
        "Table 2\n\n",
    );
    let body = format!("{}{}{}", table("one"), styled("Cap", "Table 1"), p("text"));
    check(&body, "<table>\n<caption>Table 1</caption>", "Table 1\n\n");
}

#[test]
fn languages() {
    let run = |tag: &str, text: &str| {
        format!(r#"<w:r><w:rPr><w:lang w:val="{tag}"/></w:rPr><w:t>{text}</w:t></w:r>"#)
    };
    let body = format!(
        "<w:p>{}{}</w:p>",
        run("fr-CA", "Bonjour tout le monde"),
        run("en-US", "hello")
    );
    let document = read(&sample(&body));
    assert_eq!(document.content.language, "fr-CA");
    assert!(html(&document).contains("<span lang=\"en-US\">hello</span>"));
    assert!(
        String::from_utf8_lossy(&outputs(&document)["document.html"])
            .contains("<html lang=\"fr-CA\">")
    );
}

/// Planted words reach no output, and each is in a unit for the screening.
fn never_out(sample: &Sample, words: &[&str]) {
    let document = read(sample);
    for (name, bytes) in outputs(&document) {
        let text = String::from_utf8_lossy(&bytes);
        for word in words {
            assert!(!text.contains(word), "{word} in {name}");
        }
    }
    let units = units(&document);
    for word in words {
        let seen = |text: &String| text.contains(word);
        assert!(
            units
                .iter()
                .any(|u| seen(&u.text) || u.labels.iter().any(seen)),
            "{word} not screened"
        );
    }
}

fn everything() -> Sample {
    let vanished = r#"<w:r><w:rPr><w:vanish/></w:rPr><w:t>HIDRUN</w:t></w:r><w:r><w:rPr><w:rStyle w:val="Ghost"/></w:rPr><w:t>HIDSTYLE</w:t></w:r>"#;
    let body = [
        p("Visible"),
        format!("<w:p>{vanished}</w:p>"),
        format!(r#"<w:p><w:ins w:author="INSAUTHOR">{}</w:ins><w:del w:author="DELAUTHOR"><w:r><w:delText>DELETED</w:delText></w:r></w:del></w:p>"#, r("inserted")),
        format!("<w:p><w:moveFrom>{}</w:moveFrom></w:p>", r("MOVEDAWAY")),
        r#"<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>XE "INDEXED"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>"#.into(),
        r#"<w:p><w:fldSimple w:instr="INCLUDETEXT &quot;INCLUDED&quot;"><w:r><w:t>shown</w:t></w:r></w:fldSimple></w:p>"#.into(),
        format!("<w:tbl><w:tr><w:trPr><w:del/></w:trPr>{}</w:tr><w:tr>{}{}</w:tr></w:tbl>", tc("", "DELROW"), tc("", "a"), tc("", "b")),
        r#"<w:p><w:r><w:drawing><wp:anchor><wp:docPr id="1" name="x" descr="HIDDRAWING" hidden="1"/></wp:anchor></w:drawing></w:r></w:p>"#.into(),
        r"<w:sectPr/>".into(),
    ]
    .concat();
    let mark = r#"<w:p><w:r><w:pict><v:shape><v:textpath string="WATERMARK"/></v:shape></w:pict></w:r></w:p>"#;
    sample(&body)
        .wordml("comments", "comments", &format!(r#"<w:comment w:author="COMMENTER">{}</w:comment>"#, p("COMMENTED")))
        .wordml("header", "hdr", &format!("{}{mark}", p("HEADERTEXT")))
        .wordml("footer", "ftr", &p("FOOTERTEXT"))
        .wordml("settings", "settings", r#"<w:docVars><w:docVar w:name="v" w:val="VARIABLE"/></w:docVars>"#)
        .part("docProps/core.xml", r#"<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>C:\DRIVE\x.docx</dc:title><dc:creator>CREATOR</dc:creator></cp:coreProperties>"#)
        .part("docProps/custom.xml", r#"<Properties><property name="MSIP_Label_ab_Name"><vt>PROTECTED B</vt></property><property name="Client"><vt>CLIENTNAME</vt></property></Properties>"#)
        .part("customXml/item1.xml", r#"<r a="CUSTOMATTR"><b>CUSTOMTEXT</b></r>"#)
        .part("word/embeddings/EMBEDDED.xlsx", "x")
        .part("word/vbaProject.bin", "x")
        .link("t", "https://example.org")
}

#[test]
fn nothing_hidden_reaches_an_output() {
    let sample = everything();
    never_out(
        &sample,
        &[
            "HIDRUN",
            "HIDSTYLE",
            "DELETED",
            "MOVEDAWAY",
            "INSAUTHOR",
            "DELAUTHOR",
            "INDEXED",
            "INCLUDED",
            "DELROW",
            "HIDDRAWING",
            "COMMENTER",
            "COMMENTED",
            "HEADERTEXT",
            "WATERMARK",
            "FOOTERTEXT",
            "VARIABLE",
            "DRIVE",
            "CREATOR",
            "CLIENTNAME",
            "CUSTOMATTR",
            "CUSTOMTEXT",
            "EMBEDDED",
            "PROTECTED B",
        ],
    );
    let document = read(&sample);
    let count = |wanted: HiddenChannel| {
        facts(&document)
            .into_iter()
            .find_map(|fact| match fact.detail {
                FactDetail::Hidden { channel, count } if channel == wanted => Some(count),
                _ => None,
            })
            .unwrap_or(0)
    };
    assert_eq!(count(HiddenChannel::TrackedChanges), 4);
    assert_eq!(count(HiddenChannel::Comments), 1);
    assert_eq!(count(HiddenChannel::Macros), 1);
    assert_eq!(count(HiddenChannel::Embedded), 1);
    assert_eq!(count(HiddenChannel::CustomXml), 1);
    assert!(count(HiddenChannel::HiddenText) >= 2);
    assert_eq!(
        document.hidden.labels[0].name.as_deref(),
        Some("PROTECTED B")
    );
    let part = |text: &str| {
        units(&document)
            .into_iter()
            .find(|u| u.text.contains(text))
            .unwrap()
            .place
            .part
    };
    assert_eq!(part("HEADERTEXT"), Part::Header);
    assert_eq!(part("WATERMARK"), Part::Watermark);
    assert_eq!(part("Visible"), Part::Title);
    assert_eq!(part("DELETED"), Part::TrackedDeletion);
    assert_eq!(part("inserted"), Part::FirstPage);
}

#[test]
fn outputs_read_back_as_the_same_words() {
    let document = read(
        &sample(&format!(
            "{}{}",
            p("one * two_three &lt;b&gt;"),
            item("1", 0, "it")
        ))
        .link("x", "y"),
    );
    let outputs = outputs(&document);
    let has =
        |units: &[crate::domain::TextUnit], text: &str| units.iter().any(|u| u.text.contains(text));
    assert!(!has(
        &units_of_html(&outputs["document.html"]).unwrap(),
        "{"
    ));
    assert!(has(
        &units_of_html(&outputs["document.html"]).unwrap(),
        "it"
    ));
    assert!(has(
        &units_of_markdown(&outputs["document.md"]).unwrap(),
        "one * two_three"
    ));
}

#[test]
fn text_boxes_and_alternates_are_read_once() {
    let content = format!("<w:txbxContent>{}</w:txbxContent>", p("boxed"));
    let body = format!(
        r#"<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>{content}</wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>{content}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"#
    );
    let document = read(&sample(&format!("{}{body}", p("Start"))));
    assert_eq!(html(&document).matches("boxed").count(), 1);
    let unit = units(&document)
        .into_iter()
        .find(|u| u.text == "boxed")
        .unwrap();
    assert_eq!(unit.place.part, Part::TextBox);
}

#[test]
fn a_deleted_paragraph_mark_joins_paragraphs() {
    let body = format!(
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{}</w:p>{}",
        r("one "),
        p("two")
    );
    check(&body, "<p>one two</p>", "one two");
}

#[test]
fn strict_documents_read_like_transitional_ones() {
    let bytes = sample(&styled("H1", "Same")).bytes();
    let loose = html(&read_bytes(&bytes).unwrap());
    let strict = {
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let mut parts = Vec::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).unwrap();
            let mut text = String::new();
            std::io::Read::read_to_string(&mut file, &mut text).unwrap();
            let text = text
                .replace(
                    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                    "http://purl.oclc.org/ooxml/wordprocessingml/main",
                )
                .replace("<w:", "<ns7:")
                .replace("</w:", "</ns7:")
                .replace(" w:", " ns7:")
                .replace("xmlns:w=", "xmlns:ns7=");
            parts.push((file.name().unwrap().to_string(), text.into_bytes()));
        }
        zip_of(&parts)
    };
    assert_eq!(html(&read_bytes(&strict).unwrap()), loose);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let bytes = everything().bytes();
    let once = outputs(&read_bytes(&bytes).unwrap());
    assert_eq!(once, outputs(&read_bytes(&bytes).unwrap()));
}

#[test]
fn hostile_files_are_bounded() {
    let limit = |bytes: &[u8]| {
        assert!(matches!(
            read_bytes(bytes),
            Err(DocumentError::Limit { .. })
        ));
    };
    let corrupt = |bytes: &[u8]| {
        assert!(matches!(
            read_bytes(bytes),
            Err(DocumentError::Corrupt { .. })
        ));
    };
    limit(&sample(&"<w:sdt><w:sdtContent>".repeat(100_000)).bytes());
    let nested = format!(
        "{}{}",
        "<w:tbl><w:tr><w:tc>".repeat(60),
        "</w:tc></w:tr></w:tbl>".repeat(60)
    );
    limit(&sample(&nested).bytes());
    let deep = format!(
        "{}{}{}",
        "<w:sdt><w:sdtContent>".repeat(120),
        p("in"),
        "</w:sdtContent></w:sdt>".repeat(120)
    );
    assert!(html(&read(&sample(&deep))).contains("in"));
    let two = |inner: &str| {
        format!(
            "<w:tbl><w:tr><w:tc>{inner}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>",
            p("x")
        )
    };
    let tables = (0..19).fold(p("in"), |inner, _| two(&inner));
    assert_eq!(html(&read(&sample(&tables))).matches("<table>").count(), 19);
    let wide = format!(
        "<w:tbl><w:tr>{}{}</w:tr><w:tr>{}{}</w:tr></w:tbl>",
        tc(r#"<w:gridSpan w:val="1000000000"/>"#, "a"),
        tc("", "b"),
        tc("", "c"),
        tc(r#"<w:gridSpan w:val="99999999999999999999"/>"#, "d"),
    );
    let wide = html(&read(&sample(&wide)));
    assert!(wide.len() < 1000, "{wide}");
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><w:styles>&b;</w:styles>"#;
    corrupt(
        &Sample::new(&p("x"))
            .related("styles", "styles.xml", bomb)
            .bytes(),
    );
    let outside = r#"<!DOCTYPE x SYSTEM "file:///etc/passwd"><w:styles/>"#;
    corrupt(
        &Sample::new(&p("x"))
            .related("styles", "styles.xml", outside)
            .bytes(),
    );
    let bytes = everything().bytes();
    for cut in [0, 1, 30, bytes.len() / 2, bytes.len() - 1] {
        assert!(read_bytes(&bytes[..cut]).is_err(), "{cut}");
    }
    let missing = |name: &str| zip_of(&[(name.to_owned(), b"<x/>".to_vec())]);
    corrupt(&missing("x"));
    corrupt(&missing("_rels/.rels"));
    corrupt(&Sample::new("<w:p>").bytes());
    let tight = ReadOptions {
        limits: Limits {
            part_bytes: 1000,
            ..Limits::default()
        },
    };
    let inflated = read_docx(
        &mut Cursor::new(sample(&p(&"x".repeat(10_000))).bytes()),
        &tight,
    );
    assert!(matches!(inflated, Err(DocumentError::Limit { .. })));
}

#[test]
fn encrypted_and_old_files_are_told_apart() {
    let mut bytes = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    assert!(matches!(
        read_bytes(&bytes),
        Err(DocumentError::Unsupported { .. })
    ));
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(matches!(
        read_bytes(&bytes),
        Err(DocumentError::NeedsPassword)
    ));
    assert!(matches!(
        read_bytes(b"plain"),
        Err(DocumentError::Unsupported { .. })
    ));
}

#[test]
fn pictures_are_stripped_or_left_out() {
    let png: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\0\0\0\0\0\0\0\x07tEXtPLANTED\0\0\0\0\0\0\0\0IEND\0\0\0\0";
    let picture = |name: &str, inner: &str| {
        format!(
            r#"<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="n" descr="A map"/><pic:pic><pic:blipFill><a:blip r:embed="{name}"/>{inner}</pic:blipFill></pic:pic></wp:inline></w:drawing></w:r></w:p>"#
        )
    };
    let with = |name: &str, inner: &str, bytes: &[u8]| {
        read(
            &sample(&format!("{}{}", p("Start"), picture(name, inner)))
                .related("image", name, bytes),
        )
    };
    let document = with("i.png", "", png);
    let text = html(&document);
    assert!(
        text.contains("alt=\"A map\" width=\"1\" height=\"1\""),
        "{text}"
    );
    assert!(
        text.contains("<figure>\n<img src=\"data:image/png;base64,"),
        "{text}"
    );
    assert_eq!(outputs(&document).len(), 3);
    assert!(
        !document.content.assets[0]
            .bytes
            .windows(7)
            .any(|w| w == b"PLANTED")
    );
    for (document, code) in [
        (
            with("i.png", r#"<a:srcRect l="25000"/>"#, png),
            "cropped_image",
        ),
        (with("i.emf", "", b"\x01\0\0\0"), "dropped_image"),
        (with("i.png", "", &png[..40]), "broken_image"),
    ] {
        assert_eq!(
            document.warnings.iter().filter(|w| w.code == code).count(),
            1,
            "{code}"
        );
        assert!(html(&document).contains("[Image not carried over: A map]"));
    }
    let mut huge = png.to_vec();
    huge[16] = 0x7F;
    huge[20] = 0x7F;
    assert!(
        with("i.png", "", &huge)
            .warnings
            .iter()
            .any(|w| w.code == "oversized_image")
    );
}

/// The fixtures made with office programs, against what was written down about each by hand.
#[test]
fn fixtures_hold_what_is_expected_of_them() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/document");
    let expect = fs::read(folder.join("EXPECT.json")).unwrap();
    let expect: serde_json::Value = serde_json::from_slice(&expect).unwrap();
    let words = |value: &serde_json::Value, key: &str| -> Vec<String> {
        let list = value[key].as_array().cloned().unwrap_or_default();
        list.iter()
            .filter_map(|w| w.as_str().map(str::to_owned))
            .collect()
    };
    let mut read_files = 0;
    for (name, expect) in expect.as_object().unwrap() {
        if name.rsplit('.').next() != Some("docx") {
            continue;
        }
        let result = read_bytes(&fs::read(folder.join(name)).unwrap());
        if expect.get("encrypted").is_some() {
            assert!(
                matches!(result, Err(DocumentError::NeedsPassword)),
                "{name}"
            );
            continue;
        }
        if expect.get("error").is_some() || expect.get("warning_or_error").is_some() {
            assert!(result.is_err(), "{name}");
            continue;
        }
        let document = result.unwrap();
        read_files += 1;
        let outputs = outputs(&document);
        let shown = [&outputs["document.html"], &outputs["document.md"]];
        let shown = shown.map(|bytes| String::from_utf8(bytes.clone()).unwrap());
        let units = units(&document);
        let screened = |word: &String| {
            units
                .iter()
                .any(|u| u.text.contains(word) || u.labels.iter().any(|l| l.contains(word)))
        };
        for word in words(expect, "must_not_appear_in_output") {
            assert!(
                shown.iter().all(|text| !text.contains(&word)),
                "{name}: {word} is in an output"
            );
        }
        for word in words(expect, "must_appear_once") {
            assert!(
                shown.iter().all(|text| text.matches(&word).count() == 1),
                "{name}: {word} once"
            );
        }
        for key in [
            "must_appear_in_output",
            "visible",
            "text_boxes",
            "footnotes",
            "endnotes",
        ] {
            for word in words(expect, key) {
                assert!(
                    shown.iter().all(|text| text.contains(&word)),
                    "{name}: {word} is not shown"
                );
            }
        }
        for key in [
            "headers",
            "footers",
            "hidden_text",
            "tracked_deletions",
            "comments",
            "embedded",
            "seen_by_screening",
        ] {
            for word in words(expect, key) {
                assert!(screened(&word), "{name}: {word} is not screened");
            }
        }
        // By letters, that fixture is in French: the larger part of the text decides, not the default.
        if let Some(language) = expect["language"]
            .as_str()
            .filter(|_| name != "languages.docx")
        {
            assert_eq!(document.content.language, language, "{name}");
        }
        for heading in expect["headings"].as_array().into_iter().flatten() {
            let text = heading[1].as_str().unwrap();
            assert!(
                shown[0].contains(&format!("{text}</h")),
                "{name}: {text} is no heading"
            );
        }
        for label in expect["labels"].as_array().into_iter().flatten() {
            let found = document
                .hidden
                .labels
                .iter()
                .find(|l| l.guid == label["guid"].as_str().unwrap());
            assert_eq!(
                found.unwrap().enabled,
                label["enabled"].as_bool().unwrap(),
                "{name}"
            );
        }
        if let Some(tables) = expect["tables"].as_array() {
            let top: Vec<_> = document
                .content
                .blocks
                .iter()
                .filter_map(|block| match &block.kind {
                    super::BlockKind::Table(table) => Some(table),
                    _ => None,
                })
                .collect();
            assert_eq!(top.len(), tables.len(), "{name}");
            for (table, expect) in top.iter().zip(tables) {
                let rows = expect["header_rows"].as_u64().unwrap();
                let sure = table.header_source != super::HeaderSource::Guessed;
                assert!(
                    !sure || table.header_rows as u64 == rows,
                    "{name}: {expect}"
                );
            }
        }
    }
    assert!(read_files > 10);
}

/// Elements of real files, lost, doubled or moved: whatever comes of it, it is no panic.
#[test]
fn damaged_structure_never_panics() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/document");
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below.max(1)
    };
    let mut still_read = 0;
    for name in [
        "wordisms.docx",
        "tables.docx",
        "fields.docx",
        "media.docx",
        "tracked.docx",
    ] {
        let bytes = fs::read(folder.join(name)).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let mut parts = Vec::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut content).unwrap();
            parts.push((file.name().unwrap().to_string(), content));
        }
        let body = parts
            .iter()
            .position(|(name, _)| name == "word/document.xml")
            .unwrap();
        let xml = String::from_utf8(parts[body].1.clone()).unwrap();
        // Empty elements can be taken out or doubled without breaking the XML.
        let ends: Vec<usize> = xml.match_indices("/>").map(|(at, _)| at + 2).collect();
        for _ in 0..60 {
            let mut text = xml.clone();
            let mut at = ends[next(ends.len())];
            for _ in 0..3 {
                let start = text[..at].rfind('<').unwrap();
                let element = text[start..at].to_owned();
                match next(3) {
                    0 => text.replace_range(start..at, ""),
                    1 => text.insert_str(start, &element),
                    _ => text.replace_range(start..at, &element.replace("=\"1", "=\"99999999999")),
                }
                let Some(found) = text[start..].find("/>") else {
                    break;
                };
                at = start + found + 2;
            }
            parts[body].1 = text.into_bytes();
            if let Ok(document) = read_bytes(&zip_of(&parts)) {
                outputs(&document);
                units(&document);
                facts(&document);
                still_read += 1;
            }
        }
    }
    assert!(still_read > 200, "{still_read}");
}
