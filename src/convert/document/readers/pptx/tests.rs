//! What the reader of presentations promises, on small packages made here and on files made with other programs.

use std::{fs, io::Cursor, path::Path};

use super::super::super::{
    BlockKind, Document, DocumentError, Limits, Marker, ReadOptions, WriteOptions, facts,
    plain_text, samples::zip_of, units, write,
};
use super::read_pptx;
use crate::domain::{FactDetail, HiddenChannel, Part};

const NAMES: &str = r#"xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:p188="http://schemas.microsoft.com/office/powerpoint/2018/8/main""#;

/// A presentation under construction.
#[derive(Default)]
struct Deck {
    slides: Vec<(String, String)>,
    relations: String,
    parts: Vec<(String, Vec<u8>)>,
}

impl Deck {
    /// A slide of these shapes, with these relationships.
    fn slide(self, shapes: &str, relations: &str) -> Self {
        self.slide_as("", shapes, relations)
    }

    fn slide_as(mut self, attributes: &str, shapes: &str, relations: &str) -> Self {
        let xml = format!(
            "<p:sld {NAMES} {attributes}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"
        );
        self.slides.push((xml, relations.to_owned()));
        self
    }

    fn part(mut self, name: &str, xml: &str) -> Self {
        self.parts.push((name.to_owned(), xml.as_bytes().to_vec()));
        self
    }

    fn related(mut self, kind: &str, target: &str) -> Self {
        self.relations += &relation(target, kind, target);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let list = |inner: &str| {
            let uri = "http://schemas.openxmlformats.org/package/2006/relationships";
            format!(r#"<Relationships xmlns="{uri}">{inner}</Relationships>"#).into_bytes()
        };
        let mut parts = vec![(
            "_rels/.rels".to_owned(),
            list(&relation("d", "officeDocument", "ppt/presentation.xml")),
        )];
        let (mut ids, mut relations) = (String::new(), self.relations.clone());
        for (index, (xml, own)) in self.slides.iter().enumerate() {
            let name = format!("slide{}.xml", index + 1);
            let id = format!(r#"<p:sldId id="{}" r:id="s{index}"/>"#, 256 + index);
            ids.push_str(&id);
            relations += &relation(&format!("s{index}"), "slide", &format!("slides/{name}"));
            parts.push((format!("ppt/slides/{name}"), xml.clone().into_bytes()));
            parts.push((format!("ppt/slides/_rels/{name}.rels"), list(own)));
        }
        let main = format!(
            r#"<p:presentation {NAMES}><p:sldIdLst>{ids}</p:sldIdLst><p:sldSz cx="9000" cy="7000"/></p:presentation>"#
        );
        parts.push(("ppt/presentation.xml".to_owned(), main.into_bytes()));
        parts.push((
            "ppt/_rels/presentation.xml.rels".to_owned(),
            list(&relations),
        ));
        parts.extend(self.parts.iter().cloned());
        zip_of(&parts)
    }

    fn read(&self) -> Document {
        read(&self.bytes()).unwrap()
    }
}

fn read(bytes: &[u8]) -> Result<Document, DocumentError> {
    read_pptx(&mut Cursor::new(bytes), &ReadOptions::default())
}

fn relation(id: &str, kind: &str, target: &str) -> String {
    format!(r#"<Relationship Id="{id}" Type="http://x/{kind}" Target="{target}"/>"#)
}

fn outside(id: &str, kind: &str, target: &str) -> String {
    format!(
        r#"<Relationship Id="{id}" Type="http://x/{kind}" Target="{target}" TargetMode="External"/>"#
    )
}

/// A shape with one paragraph per text, as this placeholder, at this place.
fn shape(holder: &str, at: Option<(i32, i32)>, texts: &[&str]) -> String {
    let place = at.map_or_else(String::new, |(x, y)| {
        format!(r#"<a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="1000" cy="1000"/></a:xfrm>"#)
    });
    let holder = if holder.is_empty() {
        String::new()
    } else {
        format!(r#"<p:ph type="{holder}"/>"#)
    };
    let paragraphs: String = texts.iter().map(|text| paragraph("", text)).collect();
    format!(
        r#"<p:sp><p:nvSpPr><p:cNvPr id="1" name="n"/><p:nvPr>{holder}</p:nvPr></p:nvSpPr><p:spPr>{place}</p:spPr><p:txBody>{paragraphs}</p:txBody></p:sp>"#
    )
}

fn paragraph(properties: &str, text: &str) -> String {
    format!(r#"<a:p>{properties}<a:r><a:rPr lang="en-CA"/><a:t>{text}</a:t></a:r></a:p>"#)
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

fn check(deck: &Deck, parts: &[&str]) {
    let shown = output(&deck.read());
    let mut from = 0;
    for part in parts {
        let at = shown[from..].find(part);
        assert!(at.is_some(), "{shown}\nlacks {part}, in this order");
        from += at.unwrap();
    }
}

#[test]
fn slides_have_headings_and_an_order() {
    let deck = Deck::default()
        .slide(&shape("title", None, &["First slide"]), "")
        .slide(
            &[
                shape("", Some((5000, 2000)), &["Right"]),
                shape("", Some((100, 2100)), &["Left"]),
                shape("", Some((100, 100)), &["Top"]),
            ]
            .concat(),
            "",
        );
    check(
        &deck,
        &["First slide</h", "Slide 2</h", "Top", "Left", "Right"],
    );
    let document = deck.read();
    assert_eq!(document.content.language, "en-CA");
    let french = Deck::default().slide(
        &shape("", None, &["Bonjour tout le monde"]).replace("en-CA", "fr-CA"),
        "",
    );
    check(&french, &["Diapositive 1</h"]);
}

#[test]
fn a_title_slide_gives_the_title() {
    let layout = format!(
        r#"<p:sldLayout {NAMES} type="title"><p:cSld><p:spTree>{}{}</p:spTree></p:cSld></p:sldLayout>"#,
        shape("ctrTitle", Some((1, 1)), &["Click to edit"]),
        shape("", None, &["LAYOUT-WORD"]),
    );
    let deck = Deck::default()
        .part("ppt/slideLayouts/slideLayout1.xml", &layout)
        .slide(
            &shape("ctrTitle", None, &["The programme"]),
            &relation("l", "slideLayout", "../slideLayouts/slideLayout1.xml"),
        )
        .slide(&shape("title", None, &["Next"]), "")
        .slide(&shape("title", None, &["Last"]), "");
    let document = deck.read();
    assert_eq!(document.content.title, "The programme");
    let shown = output(&document);
    let seen = |word: &str| units(&document).iter().any(|unit| unit.text.contains(word));
    assert!(!shown.contains("Click to edit") && !seen("Click to edit"));
    assert!(!shown.contains("LAYOUT-WORD") && seen("LAYOUT-WORD"));
}

#[test]
fn bullets_and_numbers_become_lists() {
    let texts = [
        paragraph(r#"<a:pPr><a:buChar char="•"/></a:pPr>"#, "One"),
        paragraph(r#"<a:pPr lvl="1"><a:buChar char="–"/></a:pPr>"#, "Inner"),
        paragraph(
            r#"<a:pPr><a:buAutoNum type="arabicParenR" startAt="3"/></a:pPr>"#,
            "Three",
        ),
        paragraph(
            r#"<a:pPr><a:buAutoNum type="arabicParenR" startAt="3"/></a:pPr>"#,
            "Four",
        ),
        paragraph(r"<a:pPr><a:buNone/></a:pPr>", "Plain"),
        paragraph(r#"<a:pPr lvl="4000000000"/>"#, "Far"),
    ];
    let body = shape("", None, &[]).replace("<p:txBody>", &format!("<p:txBody>{}", texts.concat()));
    let document = Deck::default().slide(&body, "").read();
    let lists: Vec<_> = document
        .content
        .blocks
        .iter()
        .filter_map(|block| match &block.kind {
            BlockKind::List(list) => Some(list),
            _ => None,
        })
        .collect();
    assert_eq!(lists.len(), 2);
    assert_eq!(lists[0].marker, Marker::Bullet);
    assert!(matches!(
        lists[0].items[0].blocks[1].kind,
        BlockKind::List(_)
    ));
    let labels: Vec<_> = lists[1]
        .items
        .iter()
        .map(|item| (item.value, item.label.as_deref()))
        .collect();
    assert_eq!(labels, [(3, Some("3)")), (4, Some("4)"))]);
}

#[test]
fn hidden_channels_stay_hidden() {
    let notes = format!(
        "<p:notes {NAMES}><p:cSld><p:spTree>{}</p:spTree></p:cSld></p:notes>",
        shape("body", None, &["NOTES-WORD"])
    );
    let old = format!(
        r#"<p:cmLst {NAMES}><p:cm authorId="0"><p:text>OLD-COMMENT-WORD</p:text></p:cm></p:cmLst>"#
    );
    let modern = format!(
        r#"<p188:cmLst {NAMES}><p188:cm authorId="x"><p188:replyLst><p188:reply authorId="x"><p188:txBody><a:p><a:r><a:t>REPLY-WORD</a:t></a:r></a:p></p188:txBody></p188:reply></p188:replyLst><p188:txBody><a:p><a:r><a:t>MODERN-COMMENT-WORD</a:t></a:r></a:p></p188:txBody></p188:cm></p188:cmLst>"#
    );
    let authors = format!(
        r#"<p:cmAuthorLst {NAMES}><p:cmAuthor id="0" name="Reviewer Sample"/></p:cmAuthorLst>"#
    );
    let merged = format!(
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"1\" name=\"t\"/><p:nvPr/></p:nvGraphicFramePr><a:graphic><a:graphicData><a:tbl><a:tblPr firstRow=\"1\"/>\
         <a:tr><a:tc gridSpan=\"2\"><a:txBody>{0}</a:txBody></a:tc><a:tc hMerge=\"1\"><a:txBody>{1}</a:txBody></a:tc></a:tr>\
         <a:tr><a:tc><a:txBody>{0}</a:txBody></a:tc><a:tc><a:txBody>{0}</a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>",
        paragraph("", "cell"),
        paragraph("", "MERGED-WORD"),
    );
    let named =
        shape("", None, &["INVISIBLE-WORD"]).replace("name=\"n\"", "name=\"n\" hidden=\"1\"");
    let shapes = [
        shape("title", None, &["Seen"]),
        shape("", Some((9500, 10)), &["BESIDE-WORD"]),
        shape("", Some((-2000, 10)), &["LEFT-OF-IT-WORD"]),
        shape("ftr", None, &["FOOTER-WORD"]),
        named,
        merged,
    ];
    let relations = [
        relation("n", "notesSlide", "../notesSlides/notesSlide1.xml"),
        relation("c", "comments", "../comments/comment1.xml"),
        relation("m", "comments", "../comments/modern1.xml"),
        outside("x", "image", "file:///srv/LINKED-WORD.png"),
    ];
    let document = Deck::default()
        .related("commentAuthors", "commentAuthors.xml")
        .part("ppt/commentAuthors.xml", &authors)
        .part("ppt/notesSlides/notesSlide1.xml", &notes)
        .part("ppt/comments/comment1.xml", &old)
        .part("ppt/comments/modern1.xml", &modern)
        .part("ppt/vbaProject.bin", "x")
        .part("ppt/embeddings/budget.xlsx", "x")
        .part("ppt/tags/tag1.xml", &format!(r#"<p:tagLst {NAMES}><p:tag name="T" val="TAG-WORD"/></p:tagLst>"#))
        .part("customXml/item1.xml", "<x>CUSTOM-WORD</x>")
        .part(
            "docProps/core.xml",
            r#"<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Author Sample</dc:creator></cp:coreProperties>"#,
        )
        .part(
            "ppt/slides/slide99.xml",
            &format!("<p:sld {NAMES}><p:cSld><p:spTree>{}</p:spTree></p:cSld></p:sld>", shape("", None, &["ORPHAN-WORD"])),
        )
        .slide(&shapes.concat(), &relations.concat())
        .slide_as("show=\"0\"", &shape("title", None, &["HIDDEN-SLIDE-WORD"]), "")
        .read();
    for (word, part, channel) in [
        ("NOTES-WORD", Part::SpeakerNotes, HiddenChannel::Notes),
        ("HIDDEN-SLIDE-WORD", Part::HiddenText, HiddenChannel::Notes),
        ("ORPHAN-WORD", Part::HiddenText, HiddenChannel::Notes),
        ("OLD-COMMENT-WORD", Part::Comment, HiddenChannel::Comments),
        (
            "MODERN-COMMENT-WORD",
            Part::Comment,
            HiddenChannel::Comments,
        ),
        ("REPLY-WORD", Part::Comment, HiddenChannel::Comments),
        ("BESIDE-WORD", Part::HiddenText, HiddenChannel::HiddenText),
        (
            "LEFT-OF-IT-WORD",
            Part::HiddenText,
            HiddenChannel::HiddenText,
        ),
        (
            "INVISIBLE-WORD",
            Part::HiddenText,
            HiddenChannel::HiddenText,
        ),
        ("MERGED-WORD", Part::HiddenText, HiddenChannel::HiddenText),
        ("LINKED-WORD", Part::Property, HiddenChannel::ExternalLinks),
        ("TAG-WORD", Part::Property, HiddenChannel::Properties),
        ("Author Sample", Part::Property, HiddenChannel::Properties),
        ("CUSTOM-WORD", Part::Embedded, HiddenChannel::CustomXml),
    ] {
        check_hidden(&document, word, part, channel);
    }
    let shown = output(&document);
    for word in ["FOOTER-WORD", "Reviewer Sample"] {
        assert!(!shown.contains(word), "{word}");
    }
    assert!(
        document
            .footers
            .iter()
            .any(|unit| unit.text == "FOOTER-WORD")
    );
    assert_eq!(document.hidden.macros, 1);
    assert_eq!(document.hidden.embedded.len(), 1);
    assert!(
        document
            .hidden
            .comments
            .iter()
            .any(|c| c.author == "Reviewer Sample")
    );
    let tables = document.content.blocks.iter();
    assert!(
        tables.clone().any(
            |b| matches!(&b.kind, BlockKind::Table(t) if t.columns == 2 && t.header_rows == 1)
        )
    );
}

fn frame(inner: &str) -> String {
    format!(
        r#"<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="1" name="c" descr="What it shows"/><p:nvPr/></p:nvGraphicFramePr><a:graphic><a:graphicData>{inner}</a:graphicData></a:graphic></p:graphicFrame>"#
    )
}

#[test]
fn charts_and_diagrams_come_as_data() {
    let points = |values: &[&str]| -> String {
        let points = values.iter().enumerate();
        points
            .map(|(index, value)| format!(r#"<c:pt idx="{index}"><c:v>{value}</c:v></c:pt>"#))
            .collect::<Vec<_>>()
            .concat()
    };
    let chart = format!(
        "<c:chartSpace {NAMES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Permits by year</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea><c:barChart><c:ser>\
         <c:tx><c:strRef><c:strCache>{}</c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache>{}</c:strCache></c:strRef></c:cat>\
         <c:val><c:numRef><c:numCache>{}</c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>",
        points(&["Issued"]),
        points(&["2024", "2025"]),
        points(&["105", "120"]),
    );
    let diagram = format!(
        "<dgm:dataModel {NAMES}><dgm:ptLst><dgm:pt modelId=\"0\" type=\"doc\"/>\
         <dgm:pt modelId=\"2\"><dgm:t>{}</dgm:t></dgm:pt><dgm:pt modelId=\"1\"><dgm:t>{}</dgm:t></dgm:pt></dgm:ptLst>\
         <dgm:cxnLst><dgm:cxn srcId=\"0\" destId=\"1\" srcOrd=\"0\"/><dgm:cxn srcId=\"1\" destId=\"2\" srcOrd=\"0\"/>\
         <dgm:cxn srcId=\"2\" destId=\"1\" srcOrd=\"0\"/></dgm:cxnLst></dgm:dataModel>",
        paragraph("", "Second step"),
        paragraph("", "First step"),
    );
    let deck = Deck::default()
        .part("ppt/charts/chart1.xml", &chart)
        .part("ppt/diagrams/data1.xml", &diagram)
        .slide(
            &[
                frame(r#"<c:chart r:id="c"/>"#),
                frame(r#"<dgm:relIds r:dm="d"/>"#),
            ]
            .concat(),
            &[
                relation("c", "chart", "../charts/chart1.xml"),
                relation("d", "diagramData", "../diagrams/data1.xml"),
            ]
            .concat(),
        );
    check(
        &deck,
        &[
            "Permits by year",
            "Issued",
            "2024",
            "105",
            "2025",
            "120",
            "First step",
            "Second step",
        ],
    );
}

#[test]
fn links_lead_to_addresses_and_slides() {
    let linked = shape("", None, &["there"]).replace(
        r#"<a:rPr lang="en-CA"/>"#,
        r#"<a:rPr lang="en-CA"><a:hlinkClick r:id="h"/></a:rPr>"#,
    );
    let deck = Deck::default()
        .slide(&linked, &outside("h", "hyperlink", "https://example.org/a"))
        .slide(&linked, &relation("h", "slide", "slide1.xml"));
    check(&deck, &["href=\"https://example.org/a\"", "href=\"#"]);
}

#[test]
fn pictures_are_not_loaded_from_elsewhere_and_not_cropped() {
    let picture = |blip: &str, crop: &str| {
        format!(
            r#"<p:pic><p:nvPicPr><p:cNvPr id="1" name="p" descr="A view"/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip {blip}/>{crop}</p:blipFill><p:spPr/></p:pic>"#
        )
    };
    for (shape, code) in [
        (picture(r#"r:link="x""#, ""), "linked_image"),
        (picture(r#"r:embed="gone""#, ""), "linked_image"),
        (picture(r#"r:embed="up""#, ""), "missing_image"),
        (
            picture(r#"r:embed="i""#, r#"<a:srcRect l="10000"/>"#),
            "cropped_image",
        ),
        (
            picture(r#"r:embed="i""#, r#"<a:srcRect l="-10000"/>"#),
            "dropped_image",
        ),
    ] {
        let relations = [
            outside("x", "image", "http://example.org/a.png"),
            relation("up", "image", "../../../../etc/passwd"),
            relation("i", "image", "../media/image1.png"),
        ];
        let document = Deck::default()
            .part("ppt/media/image1.png", "no picture")
            .slide(&shape, &relations.concat())
            .read();
        assert!(document.content.assets.is_empty());
        let found = document.warnings.iter().any(|warning| warning.code == code);
        assert!(found, "{code}: {:?}", document.warnings);
        assert!(output(&document).contains("A view"));
    }
}

#[test]
fn claims_are_bounded() {
    let deep = |times: usize| {
        let groups = format!(
            "{}{}{}",
            "<p:grpSp>".repeat(times),
            shape("", None, &["x"]),
            "</p:grpSp>".repeat(times)
        );
        read(&Deck::default().slide(&groups, "").bytes())
    };
    assert!(deep(5).is_ok());
    for times in [50, 5000] {
        assert!(
            matches!(deep(times), Err(DocumentError::Limit { .. })),
            "{times}"
        );
    }
    let cell = |attributes: &str, text: &str| {
        format!(
            "<a:tc {attributes}><a:txBody>{}</a:txBody></a:tc>",
            paragraph("", text)
        )
    };
    let huge = r#"gridSpan="1000000000" rowSpan="1000000000""#;
    let table = frame(&format!(
        "<a:tbl><a:tr>{}{}</a:tr><a:tr>{}</a:tr></a:tbl>",
        cell(huge, "aa"),
        cell("", "bb"),
        cell("", "cc")
    ));
    let shown = output(&Deck::default().slide(&table, "").read());
    for word in ["aa", "bb", "cc"] {
        assert!(shown.contains(word), "{shown}\nlacks {word}");
    }
    let point = r#"<c:pt idx="4294967295"><c:v>7</c:v></c:pt>"#;
    let chart = format!(
        "<c:chartSpace {NAMES}><c:chart><c:plotArea><c:ser><c:val>{point}</c:val></c:ser></c:plotArea></c:chart></c:chartSpace>"
    );
    let deck = Deck::default().part("ppt/charts/chart1.xml", &chart).slide(
        &frame(r#"<c:chart r:id="c"/>"#),
        &relation("c", "chart", "../charts/chart1.xml"),
    );
    assert!(read(&deck.bytes()).is_ok());
}

#[test]
fn what_is_no_presentation_is_refused() {
    let entity = Deck::default().part(
        "docProps/core.xml",
        "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>",
    );
    assert!(matches!(
        read(&entity.bytes()),
        Err(DocumentError::Corrupt { .. })
    ));
    let other = zip_of(&[("a.txt".to_owned(), b"x".to_vec())]);
    assert!(matches!(read(&other), Err(DocumentError::Corrupt { .. })));
    let small = ReadOptions {
        limits: Limits {
            part_bytes: 2000,
            ..Limits::default()
        },
    };
    let bomb = Deck::default().slide(&shape("", None, &[&"a".repeat(100_000)]), "");
    let result = read_pptx(&mut Cursor::new(bomb.bytes()), &small);
    assert!(matches!(result, Err(DocumentError::Limit { .. })));
}

/// Files made with other programs, against what was written down about each by hand.
#[test]
fn fixtures_hold_what_is_expected_of_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/document");
    let expect = fs::read(folder.join("EXPECT-slides.json")).unwrap();
    let expect: serde_json::Value = serde_json::from_slice(&expect).unwrap();
    for (name, expect) in expect.as_object().unwrap() {
        let bytes = fs::read(folder.join(name)).unwrap();
        let mut input = Cursor::new(bytes);
        let format = crate::formats::identify(&mut input, "without-extension").unwrap();
        let options = ReadOptions::default();
        let document = super::super::read(&format, &mut input, &options).unwrap();
        let shown = output(&document);
        let units = units(&document);
        let words = |key: &str| -> Vec<String> {
            let list = expect[key].as_array().cloned().unwrap_or_default();
            list.iter()
                .filter_map(|word| word.as_str().map(str::to_owned))
                .collect()
        };
        for word in words("hidden") {
            assert!(!shown.contains(&word), "{name}: {word} is in an output");
            let seen = units.iter().any(|unit| {
                unit.text.contains(&word) || unit.labels.iter().any(|label| label.contains(&word))
            });
            assert!(seen, "{name}: {word} is not screened");
        }
        for word in words("visible") {
            assert!(shown.contains(&word), "{name}: {word} is not shown");
        }
        let headings: Vec<String> = document
            .content
            .blocks
            .iter()
            .filter(|block| matches!(block.kind, BlockKind::Heading { .. }))
            .map(|block| plain_text(block.inlines()))
            .collect();
        assert_eq!(headings, words("headings"), "{name}");
        if let Some(images) = expect["images"].as_u64() {
            assert_eq!(document.content.assets.len() as u64, images, "{name}");
        }
        if let Some(tables) = expect["tables"].as_u64() {
            let blocks = document.content.blocks.iter();
            let found = blocks.filter(|block| matches!(block.kind, BlockKind::Table(_)));
            assert_eq!(found.count() as u64, tables, "{name}");
        }
    }
}
