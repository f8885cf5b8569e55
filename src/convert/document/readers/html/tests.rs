//! What the HTML reader promises, on small pages.

use super::*;
use crate::convert::document::{BlockKind, Inline, Limits, WriteOptions, plain_text, units, write};

fn read(html: &str) -> Document {
    read_html(&mut html.as_bytes(), &ReadOptions::default()).unwrap()
}

fn output(document: &Document) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = write(document, folder.path(), &WriteOptions::default()).unwrap();
    let all = files
        .iter()
        .map(|file| std::fs::read(folder.path().join(&file.name)).unwrap());
    String::from_utf8_lossy(&all.collect::<Vec<_>>().concat()).into_owned()
}

/// Blocks in short.
fn shape(blocks: &[Block]) -> String {
    let one = |block: &Block| match &block.kind {
        BlockKind::Heading { level, content, .. } => format!("h{level} {}", plain_text(content)),
        BlockKind::Paragraph(content) => format!("p {}", plain_text(content)),
        BlockKind::Caption(content) => format!("caption {}", plain_text(content)),
        BlockKind::Code(text) => format!("pre {text}"),
        BlockKind::Quote(inner) => format!("q({})", shape(inner)),
        BlockKind::Figure { images, .. } => format!("figure {}", images.len()),
        BlockKind::List(list) => {
            let items: Vec<String> = list.items.iter().map(|i| shape(&i.blocks)).collect();
            format!("{:?}({})", list.marker, items.join("; "))
        }
        BlockKind::Table(table) => {
            let row = |row: &Vec<crate::convert::document::Cell>| {
                let cells = row.iter().map(|cell| shape(&cell.blocks));
                cells.collect::<Vec<_>>().join(", ")
            };
            let rows: Vec<String> = table.rows.iter().map(row).collect();
            format!("table{}({})", table.header_rows, rows.join("; "))
        }
        other @ BlockKind::Note(_) => format!("{other:?}"),
    };
    blocks.iter().map(one).collect::<Vec<_>>().join(" | ")
}

fn check(html: &str, expect: &str) {
    assert_eq!(shape(&read(html).content.blocks), expect, "{html}");
}

#[test]
fn structure_is_kept() {
    check("<h1>A</h1><p>b <b>c</b>\n d<p>e", "h1 A | p b c d | p e");
    check(
        "<ul><li>a<ul><li>b</ul><li>c</ul>",
        "Bullet(p a | Bullet(p b); p c)",
    );
    check("<ol start=3><li>a</ol>", "Decimal(p a)");
    check(
        "<blockquote>a<blockquote>b</blockquote></blockquote>c",
        "q(p a | q(p b)) | p c",
    );
    check("<pre>a\n  b</pre>", "pre a\n  b");
    check(
        "<table><tr><th>A<th>B<tr><td>1<td>2</table>",
        "table1(p A, p B; p 1, p 2)",
    );
    check("a &amp; b &eacute;&#233;", "p a & b éé");
    check("text<br>more", "p text more");
    check("<svg><path/></svg>x", "p x");
}

#[test]
fn layout_tables_are_taken_apart() {
    check("<table><tr><td>a</td><td>b</td></tr></table>", "p a | p b");
    check(
        "<table><tr><td><table><tr><td>x</table><td>y<tr><td>z</table>",
        "p x | p y | p z",
    );
    check(
        "<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>",
        "p a | p b | p c | p d",
    );
}

#[test]
fn links_and_images() {
    let document = read("<a href='https://example.org/'><p>a</p><p>b</p></a><a href='#x'>c</a>");
    let links = document
        .content
        .blocks
        .iter()
        .flat_map(Block::inlines)
        .filter(|inline| matches!(inline, Inline::Link { .. }));
    assert_eq!(links.count(), 3);
    let document = read("<p>see <img src='https://example.org/a.png' alt='A map'></p>");
    assert!(output(&document).contains("A map"));
    assert!(!output(&document).contains("<img"));
    assert_eq!(document.hidden.external_links.len(), 1);
    let tracked = read("<p>x<img src='https://example.org/?id=PLANTED' width=1 height=1></p>");
    assert!(!output(&tracked).contains("PLANTED"));
    assert!(units(&tracked).iter().any(|u| u.text.contains("PLANTED")));
}

#[test]
fn what_a_browser_hides_is_hidden() {
    for html in [
        "<!-- PLANTED -->",
        "<script>PLANTED</script>",
        "<style>/* PLANTED */</style>",
        "<p hidden>PLANTED</p>",
        "<div style='display: none'><p>PLANTED</div>",
        "<div aria-hidden=true>PLANTED</div>",
        "<input type=hidden name=a value=PLANTED>",
        "<style>.x{display:none}</style><p class='x y'>PLANTED</p>",
        "<span style='font-size:0'>PLANTED</span>",
        "<span style='mso-hide:all'>a<b>PLANTED</b></span>",
        "<template>PLANTED</template>",
        "<noscript>PLANTED</noscript>",
        "<iframe>PLANTED</iframe>",
        "<p style='color:#FFFFFF'>PLANTED</p>",
        "<meta name=author content=PLANTED>",
        "<p title=PLANTED>a</p>",
        "<p data-note=PLANTED onclick='x()'>a</p>",
        "<span hidden><div>a</span>PLANTED</div>",
        "<p><b hidden>a<p>PLANTED",
        "<dialog>PLANTED</dialog>",
        "<!--[if mso]>PLANTED<![endif]-->",
    ] {
        let document = read(&format!("<p>shown</p>{html}"));
        let output = output(&document);
        assert!(output.contains("shown"), "{html}");
        assert!(!output.contains("PLANTED"), "{html}: {output}");
        let unit = units(&document)
            .into_iter()
            .find(|unit| unit.text.contains("PLANTED"));
        assert!(
            unit.is_some_and(|unit| unit.place.part.is_hidden()),
            "{html}"
        );
    }
}

#[test]
fn what_a_browser_shows_is_shown() {
    for html in [
        "<div style='display:none'>a</div>PLANTED",
        "<style>@media print{.x{display:none}}</style><p class=x>PLANTED</p>",
        "<table bgcolor=navy><tr><td style='color:white'>PLANTED</table>",
        "<p hidden>a<p>PLANTED",
        "<select><option>PLANTED</select>",
        "<textarea>PLANTED</textarea>",
        "<table>PLANTED<tr><td>a</table>",
        "<ul>PLANTED<li>a</ul>",
        "<table><caption>PLANTED</caption><tr><td>a<td>b<tr><td>c<td>d</table>",
    ] {
        let document = read(html);
        assert!(output(&document).contains("PLANTED"), "{html}");
    }
}

#[test]
fn hostile_pages_are_bounded() {
    for deep in [
        "<div>",
        "<b>",
        "<ul><li>",
        "<blockquote>",
        "<table><tr><td>",
        "<a href=x>",
        "<p><span>",
    ] {
        let html = deep.repeat(200_000);
        let result = read_html(&mut html.as_bytes(), &ReadOptions::default());
        assert!(
            matches!(result, Ok(_) | Err(DocumentError::Limit { .. })),
            "{deep}"
        );
    }
    let nested = format!("{}x", "<blockquote>".repeat(1000));
    assert!(output(&read(&nested)).contains('x'));
    let anchors = read(&"<a id=x> </a>".repeat(50_000));
    assert!(output(&anchors).contains("<h1>"));
    let wide = format!(
        "<table><tr>{}</table>",
        "<td colspan=1000000 rowspan=1000000>a".repeat(500)
    );
    let tight = ReadOptions {
        limits: Limits {
            table_cells: 100,
            ..Limits::default()
        },
    };
    let result = read_html(&mut wide.as_bytes(), &tight);
    assert!(matches!(result, Err(DocumentError::Limit { .. })));
}

#[test]
fn encodings_and_languages() {
    let bytes = b"<meta charset=windows-1252><html lang=fr><p>Qu\xE9bec";
    let document = read_html(&mut bytes.as_slice(), &ReadOptions::default()).unwrap();
    assert_eq!(shape(&document.content.blocks), "p Québec");
    assert_eq!(document.content.language, "fr");
}
