//! One self-contained, accessible HTML file.
//!
//! Leans on `outline` and `links`. Rule that must hold: no scripts, nothing loaded from elsewhere, every text
//! escaped, exactly one `h1`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    Written, base64,
    links::{external, linked_anchors},
    outline::Outline,
};
use crate::{
    bilingual,
    convert::document::{
        Block, BlockKind, Cell, Content, Image, Inline, List, Marker, Table, TextStyle, TitleBlock,
        is_visible, plain_text,
    },
    domain::{Bilingual, Part, Place, Warning},
};

/// The stylesheet: for screens light and dark, and for paper.
pub(in super::super) const STYLE: &str = "\
:root{color-scheme:light dark;--text:#1a1a1a;--back:#fff;--line:#595959;--soft:#f2f2f2;--link:#0b4a8f}\
@media(prefers-color-scheme:dark){:root{--text:#ececec;--back:#161616;--line:#a6a6a6;--soft:#262626;--link:#8ec1ff}}\
body{margin:0;background:var(--back);color:var(--text);font:1rem/1.6 system-ui,sans-serif}\
main{max-width:50rem;margin:0 auto;padding:1.5rem}\
a{color:var(--link)}img{max-width:100%;height:auto}figure{margin:1rem 0}\
table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:bold;padding:.25rem 0}\
th,td{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top}th{background:var(--soft)}\
pre{white-space:pre-wrap}blockquote,.note{margin:1rem 0;padding:.25rem 1rem;border-left:.25rem solid var(--line)}\
.labelled,.plain{list-style:none;padding-left:1.5rem}.missing{font-style:italic}\
@media print{:root{--text:#000;--back:#fff;--line:#000;--soft:#fff;--link:#000}main{max-width:none;padding:0}\
h1,h2,h3,h4,h5,h6{break-after:avoid}tr,img{break-inside:avoid}thead{display:table-header-group}}";

/// Bytes of images that one HTML file holds, repetitions counted; further ones are files beside it.
const EMBED_TOTAL: u64 = 64 << 20;

/// Writes a document as HTML.
pub(super) fn write(content: &Content, embed_bytes: u64) -> Written {
    let mut html = Html::new(content, embed_bytes);
    html.linked = linked_anchors(content);
    let language = escape(&content.language);
    let title = escape(&content.title);
    html.out = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    if content.title_block == TitleBlock::Absent {
        html.put(format_args!("<h1>{title}</h1>\n"));
    }
    html.top_blocks(&content.blocks);
    html.notes();
    html.out.push_str("</main>\n</body>\n</html>\n");
    Written {
        text: html.out,
        warnings: html.warnings,
        assets: html.assets,
    }
}

/// A document as XHTML for a book: images are files, headings have ids.
pub(super) struct Chapter {
    /// The file.
    pub(super) text: String,
    /// Level and text of each heading in order; the ids are `h-1`, `h-2`…
    pub(super) headings: Vec<(u8, String)>,
    /// What its reader should know.
    pub(super) warnings: Vec<Warning>,
    /// Images that must stand beside it, by index.
    pub(super) assets: BTreeSet<usize>,
}

/// Writes a document as well-formed XHTML that refers to a stylesheet.
pub(super) fn write_xhtml(content: &Content, style: &str) -> Chapter {
    let mut html = Html::new(content, 0);
    html.linked = linked_anchors(content);
    html.xml = true;
    let language = escape(&content.language);
    let title = escape(&content.title);
    html.out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html>\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"{language}\" xml:lang=\"{language}\">\n<head>\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" type=\"text/css\" href=\"{style}\"/>\n</head>\n<body>\n"
    );
    if content.title_block == TitleBlock::Absent {
        html.put(format_args!("<h1>{title}</h1>\n"));
    }
    html.top_blocks(&content.blocks);
    html.notes();
    html.out.push_str("</body>\n</html>\n");
    Chapter {
        text: html.out,
        headings: html.headings,
        warnings: html.warnings,
        assets: html.assets,
    }
}

/// A table as an HTML fragment without blank lines, for formats that allow HTML within. Images are files.
pub(super) fn table_fragment(
    content: &Content,
    table: &Table,
) -> (String, Vec<Warning>, BTreeSet<usize>) {
    let mut html = Html::new(content, 0);
    html.notes_as_text = true;
    html.table(table);
    (html.out, html.warnings, html.assets)
}

struct Html<'a> {
    content: &'a Content,
    embed_bytes: u64,
    out: String,
    outline: Outline,
    /// Bookmarks that links lead to, with their ids.
    linked: BTreeMap<String, String>,
    /// Bookmarks written so far: an id may stand once.
    anchored: BTreeSet<String>,
    /// Notes referred to so far.
    noted: BTreeSet<usize>,
    /// Note marks as `[^1]` instead of links.
    notes_as_text: bool,
    /// XHTML: every element is closed, headings have ids.
    xml: bool,
    /// Headings so far, for XHTML.
    headings: Vec<(u8, String)>,
    data_uris: BTreeMap<usize, String>,
    /// The block at hand.
    here: Place,
    /// Bytes of images put into the file so far.
    embedded: u64,
    warnings: Vec<Warning>,
    assets: BTreeSet<usize>,
}

impl<'a> Html<'a> {
    fn new(content: &'a Content, embed_bytes: u64) -> Self {
        Self {
            content,
            embed_bytes,
            out: String::new(),
            outline: Outline::default(),
            linked: BTreeMap::new(),
            anchored: BTreeSet::new(),
            noted: BTreeSet::new(),
            notes_as_text: false,
            xml: false,
            headings: Vec::new(),
            data_uris: BTreeMap::new(),
            here: Place::new(Part::Body, "start"),
            embedded: 0,
            warnings: Vec::new(),
            assets: BTreeSet::new(),
        }
    }

    fn put(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        self.out.write_fmt(arguments).unwrap_or_default();
    }

    fn say(&self, en: &'static str, fr: &'static str) -> &'static str {
        if self.content.language.starts_with("fr") {
            fr
        } else {
            en
        }
    }

    fn top_blocks(&mut self, blocks: &[Block]) {
        for (index, block) in blocks.iter().enumerate() {
            match &block.kind {
                BlockKind::Heading { label, content, .. }
                    if self.content.title_block == TitleBlock::At(index) =>
                {
                    self.heading(1, label.as_deref(), content);
                }
                _ => self.block(block),
            }
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        self.here.clone_from(&block.at);
        match &block.kind {
            BlockKind::Heading {
                level,
                label,
                content,
            } => {
                if plain_text(content).trim().is_empty() {
                    // A heading without words would be announced as nothing.
                    self.wrapped("p", content);
                    return;
                }
                let (level, skips) = self.outline.next(*level);
                if skips {
                    self.warn("heading_order", heading_words(), &block.at);
                }
                self.heading(level, label.as_deref(), content);
            }
            BlockKind::Paragraph(content) | BlockKind::Caption(content) => {
                self.wrapped("p", content);
            }
            BlockKind::List(list) => self.list(list),
            BlockKind::Table(table) => self.table(table),
            BlockKind::Figure { images, caption } => self.figure(images, caption.as_deref()),
            BlockKind::Code(text) => {
                let text = escape(text).replace("\n\n", "\n&#8203;\n");
                self.put(format_args!("<pre><code>{text}</code></pre>\n"));
            }
            BlockKind::Quote(blocks) => {
                self.out.push_str("<blockquote>\n");
                self.blocks(blocks);
                self.out.push_str("</blockquote>\n");
            }
            BlockKind::Note(blocks) => {
                self.out.push_str("<div class=\"note\">\n");
                self.blocks(blocks);
                self.out.push_str("</div>\n");
            }
        }
    }

    fn heading(&mut self, level: u8, label: Option<&str>, content: &[Inline]) {
        if self.xml {
            let text = plain_text(content);
            let label = label.map(|label| format!("{label} ")).unwrap_or_default();
            self.headings
                .push((level, format!("{label}{}", text.trim())));
            let number = self.headings.len();
            self.put(format_args!("<h{level} id=\"h-{number}\">"));
        } else {
            self.put(format_args!("<h{level}>"));
        }
        if let Some(label) = label {
            self.put(format_args!("{} ", escape(label)));
        }
        self.inlines(content);
        self.put(format_args!("</h{level}>\n"));
    }

    fn wrapped(&mut self, tag: &str, content: &[Inline]) {
        self.put(format_args!("<{tag}>"));
        self.inlines(content);
        self.put(format_args!("</{tag}>\n"));
    }

    fn list(&mut self, list: &List) {
        let (tag, attributes) = match list.marker {
            Marker::Bullet => ("ul", ""),
            Marker::Labelled => ("ul", " class=\"labelled\""),
            Marker::Plain => ("ul", " class=\"plain\""),
            Marker::Decimal => ("ol", ""),
            Marker::LowerAlpha => ("ol", " type=\"a\""),
            Marker::UpperAlpha => ("ol", " type=\"A\""),
            Marker::LowerRoman => ("ol", " type=\"i\""),
            Marker::UpperRoman => ("ol", " type=\"I\""),
        };
        self.put(format_args!("<{tag}{attributes}"));
        let mut expected = 1;
        if tag == "ol"
            && let Some(first) = list.items.first().map(|item| item.value)
            && first != 1
        {
            self.put(format_args!(" start=\"{first}\""));
            expected = first;
        }
        self.out.push_str(">\n");
        for item in &list.items {
            if tag == "ol" && item.value != expected {
                self.put(format_args!("<li value=\"{}\">", item.value));
            } else {
                self.out.push_str("<li>");
            }
            expected = item.value.saturating_add(1);
            if list.marker == Marker::Labelled
                && let Some(label) = &item.label
            {
                self.put(format_args!("{} ", escape(label)));
            }
            self.flow(&item.blocks);
            self.out.push_str("</li>\n");
        }
        self.put(format_args!("</{tag}>\n"));
    }

    /// Content of a list item or cell: a first paragraph stands without its tag.
    fn flow(&mut self, blocks: &[Block]) {
        let lists_only = |rest: &[Block]| rest.iter().all(|b| matches!(b.kind, BlockKind::List(_)));
        match blocks {
            [
                Block {
                    kind: BlockKind::Paragraph(content),
                    ..
                },
                rest @ ..,
            ] if lists_only(rest) => {
                self.inlines(content);
                if !rest.is_empty() {
                    self.out.push('\n');
                    self.blocks(rest);
                }
            }
            _ => self.blocks(blocks),
        }
    }

    fn table(&mut self, table: &Table) {
        self.out.push_str("<table>\n");
        match (&table.caption, &table.description) {
            (Some(caption), _) if is_visible(caption) => self.wrapped("caption", caption),
            (_, Some(text)) => self.put(format_args!("<caption>{}</caption>\n", escape(text))),
            _ => {}
        }
        for (r, row) in table.rows.iter().enumerate() {
            let head = r < table.header_rows;
            match r {
                0 if head => self.out.push_str("<thead>\n"),
                0 => self.out.push_str("<tbody>\n"),
                r if r == table.header_rows => self.out.push_str("</thead>\n<tbody>\n"),
                _ => {}
            }
            self.out.push_str("<tr>");
            for cell in row {
                self.cell(cell, table, head);
            }
            self.out.push_str("</tr>\n");
        }
        self.out.push_str(match table.rows.len() {
            0 => "</table>\n",
            rows if rows <= table.header_rows => "</thead>\n</table>\n",
            _ => "</tbody>\n</table>\n",
        });
    }

    fn cell(&mut self, cell: &Cell, table: &Table, head: bool) {
        let filled = cell.blocks.iter().any(|block| match &block.kind {
            BlockKind::Paragraph(content) => is_visible(content),
            _ => true,
        });
        let row_header = table.header_column && cell.column == 0;
        let tag = if filled && (head || row_header) {
            "th"
        } else {
            "td"
        };
        self.put(format_args!("<{tag}"));
        if tag == "th" {
            self.out.push_str(if head {
                " scope=\"col\""
            } else {
                " scope=\"row\""
            });
        }
        if cell.column_span > 1 {
            self.put(format_args!(" colspan=\"{}\"", cell.column_span));
        }
        if cell.row_span > 1 {
            self.put(format_args!(" rowspan=\"{}\"", cell.row_span));
        }
        self.out.push('>');
        self.flow(&cell.blocks);
        self.put(format_args!("</{tag}>"));
    }

    fn figure(&mut self, images: &[Image], caption: Option<&[Inline]>) {
        self.out.push_str("<figure>\n");
        let mut missing = false;
        for image in images {
            match image.asset {
                Some(asset) => missing |= self.picture(image, asset),
                None => self.placeholder(image),
            }
            self.out.push('\n');
        }
        if missing || caption.is_some() {
            self.out.push_str("<figcaption>");
            self.inlines(caption.unwrap_or(&[]));
            if missing {
                let words = self.missing_words();
                let space = if caption.is_some() { " " } else { "" };
                self.put(format_args!(
                    "{space}<span class=\"missing\">[{words}]</span>"
                ));
            }
            self.out.push_str("</figcaption>\n");
        }
        self.out.push_str("</figure>\n");
    }

    fn missing_words(&self) -> &'static str {
        self.say(
            "Image without a description in the source document",
            "Image sans description dans le document source",
        )
    }

    /// Writes an image; true when it lacks a description and is not decorative.
    fn picture(&mut self, image: &Image, asset: usize) -> bool {
        let Some(file) = self.content.assets.get(asset) else {
            return false;
        };
        let (width, height) = (file.width, file.height);
        let size = file.bytes.len() as u64;
        let source = if size <= self.embed_bytes && self.embedded + size <= EMBED_TOTAL {
            self.embedded += size;
            let uri = self.data_uris.entry(asset).or_insert_with(|| {
                let mut uri = format!("data:{};base64,", file.media_type);
                base64::push(&file.bytes, &mut uri);
                uri
            });
            uri.clone()
        } else {
            self.assets.insert(asset);
            file.name.clone()
        };
        let alt = image.alt.as_deref().filter(|_| !image.decorative);
        let alt = escape(alt.unwrap_or(""));
        self.put(format_args!(
            "<img src=\"{source}\" alt=\"{alt}\" width=\"{width}\" height=\"{height}\"{}>",
            if self.xml { "/" } else { "" }
        ));
        let missing = alt.is_empty() && !image.decorative;
        if missing {
            self.warn("missing_alt_text", missing_alt_words(), &image.at);
        }
        missing
    }

    fn placeholder(&mut self, image: &Image) {
        if image.decorative {
            return;
        }
        let words = self.say("Image not carried over", "Image non reprise");
        let alt = image.alt.as_deref().map(|alt| format!(": {}", escape(alt)));
        let alt = alt.unwrap_or_default();
        self.put(format_args!(
            "<span class=\"missing\">[{words}{alt}]</span>"
        ));
    }

    fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text {
                    text,
                    style,
                    language,
                } => {
                    self.text(text, *style, language.as_deref());
                }
                Inline::Link { target, content } => self.link(target, content),
                Inline::Image(image) => match image.asset {
                    Some(asset) => {
                        if self.picture(image, asset) {
                            let words = self.missing_words();
                            self.put(format_args!(" <span class=\"missing\">[{words}]</span>"));
                        }
                    }
                    None => self.placeholder(image),
                },
                Inline::Note(index) => self.note_mark(*index),
                Inline::Break => self
                    .out
                    .push_str(if self.xml { "<br/>\n" } else { "<br>\n" }),
                Inline::Anchor(name) => {
                    if let Some(id) = self.linked.get(name).cloned()
                        && self.anchored.insert(name.clone())
                    {
                        self.put(format_args!("<span id=\"{id}\"></span>"));
                    }
                }
            }
        }
    }

    fn text(&mut self, text: &str, style: TextStyle, language: Option<&str>) {
        let foreign = language.filter(|language| {
            primary(language) != primary(&self.content.language)
                && text.chars().any(char::is_alphabetic)
        });
        if let Some(language) = foreign {
            self.put(format_args!("<span lang=\"{}\">", escape(language)));
        }
        // Space alone in bold is still only space.
        let marks = [
            (style.strong, "strong"),
            (style.emphasis, "em"),
            (style.struck, "s"),
            (style.sup, "sup"),
            (style.sub, "sub"),
        ];
        let marks = marks
            .iter()
            .filter(|(on, _)| *on && !text.trim().is_empty());
        let marks: Vec<&str> = marks.map(|(_, tag)| *tag).collect();
        for tag in &marks {
            self.put(format_args!("<{tag}>"));
        }
        self.out.push_str(&escape(text));
        for tag in marks.iter().rev() {
            self.put(format_args!("</{tag}>"));
        }
        if foreign.is_some() {
            self.out.push_str("</span>");
        }
    }

    fn link(&mut self, target: &str, content: &[Inline]) {
        let named = !plain_text(content).trim().is_empty()
            || content.iter().any(|inline| {
                matches!(inline, Inline::Image(i) if i.alt.is_some() && i.asset.is_some() && !i.decorative)
            });
        let address = match target.strip_prefix('#') {
            Some(name) => self.linked.get(name).map(|id| format!("#{id}")),
            None => external(target),
        };
        let note = content
            .iter()
            .any(|inline| matches!(inline, Inline::Note(_)));
        match address {
            Some(address) if named && !note => {
                self.put(format_args!("<a href=\"{}\">", escape(&address)));
                self.inlines(content);
                self.out.push_str("</a>");
            }
            _ => {
                let here = Place::new(Part::Link, self.here.at.clone());
                self.warn("dropped_link", link_words(), &here);
                self.inlines(content);
            }
        }
    }

    fn note_mark(&mut self, index: usize) {
        let number = index + 1;
        if self.notes_as_text {
            self.put(format_args!("<sup>{number}</sup>"));
            return;
        }
        let id = if self.noted.insert(index) {
            format!(" id=\"fnref-{number}\"")
        } else {
            String::new()
        };
        self.put(format_args!(
            "<sup{id}><a href=\"#fn-{number}\">[{number}]</a></sup>"
        ));
    }

    fn notes(&mut self) {
        let notes = &self.content.notes;
        if notes.is_empty() {
            return;
        }
        let words = self.say("Notes", "Notes");
        self.put(format_args!("<section>\n<h2>{words}</h2>\n<ol>\n"));
        for (index, note) in notes.iter().enumerate() {
            let number = index + 1;
            self.put(format_args!("<li id=\"fn-{number}\">"));
            // Headings in notes would break the outline.
            for block in &note.blocks {
                match &block.kind {
                    BlockKind::Heading { content, .. } => self.wrapped("p", content),
                    _ => self.block(block),
                }
            }
            if self.noted.contains(&index) {
                let words = self.say("Back to reference", "Retour à la référence");
                self.put(format_args!(
                    "<p><a href=\"#fnref-{number}\">{words} {number}</a></p>"
                ));
            }
            self.out.push_str("</li>\n");
        }
        self.out.push_str("</ol>\n</section>\n");
    }

    fn warn(&mut self, code: &str, message: Bilingual, place: &Place) {
        self.warnings.push(Warning {
            code: code.to_owned(),
            message,
            place: place.clone(),
        });
    }
}

pub(super) fn heading_words() -> Bilingual {
    bilingual!(
        "A heading skips a level; the outline was repaired.",
        "Un titre saute un niveau; le plan a été corrigé."
    )
}

pub(super) fn missing_alt_words() -> Bilingual {
    bilingual!(
        "A picture has no description. Add alternative text in Word, or mark it as decorative.",
        "Une image n’a pas de description. Ajoutez un texte de remplacement dans Word ou indiquez qu’elle est décorative."
    )
}

pub(super) fn link_words() -> Bilingual {
    bilingual!(
        "A link was left as text: it leads nowhere that the public can reach.",
        "Un lien a été laissé en texte : il ne mène nulle part où le public puisse aller."
    )
}

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or("")
}

/// Text for HTML: markup escaped, characters that HTML forbids left out.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push(' '),
            '\n' => out.push('\n'),
            c if is_forbidden(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Control characters and noncharacters.
pub(super) fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{FDD0}'..='\u{FDEF}') || (u32::from(c) & 0xFFFE) == 0xFFFE
}
