//! OpenDocument text (ODF 1.3).
//!
//! Leans on `outline`, `links` and `grid` as the other writers do. Rules that must hold: every text is escaped, the
//! package is the same on every run, and no date and no author is in it.

mod parts;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    grid::place,
    html::{heading_words, missing_alt_words},
    links::linked_anchors,
    outline::Outline,
    zipped::Package,
};
use crate::{
    convert::document::{
        Block, BlockKind, Content, Image, Inline, List, Marker, Table, TextStyle, TitleBlock,
        append, is_visible, plain_text,
    },
    domain::{Bilingual, Part, Place, Warning},
};
use text::escape;

/// The media type of a text document.
pub(super) const MEDIA_TYPE: &str = "application/vnd.oasis.opendocument.text";

/// Lists nest no deeper in the format.
const LIST_LEVELS: usize = 10;

/// Writes a document as a package.
pub(super) fn write(content: &Content) -> zip::result::ZipResult<(Vec<u8>, Vec<Warning>)> {
    let mut odt = Odt {
        content,
        out: String::new(),
        outline: Outline::default(),
        linked: linked_anchors(content),
        anchored: BTreeSet::new(),
        noted: BTreeSet::new(),
        styles: BTreeMap::new(),
        paragraph: "Text_20_body",
        list_level: 0,
        tables: 0,
        in_note: false,
        here: Place::new(Part::Body, "start"),
        warnings: Vec::new(),
        assets: BTreeSet::new(),
    };
    odt.document();
    let mut package = Package::new(MEDIA_TYPE)?;
    package.text("content.xml", &parts::content(&odt.out, &odt.styles))?;
    package.text("styles.xml", &parts::styles(&content.language))?;
    package.text("meta.xml", &parts::meta(content))?;
    let assets: Vec<_> = odt
        .assets
        .iter()
        .filter_map(|index| content.assets.get(*index))
        .collect();
    for asset in &assets {
        package.image(&format!("Pictures/{}", asset.name), &asset.bytes)?;
    }
    package.text("META-INF/manifest.xml", &parts::manifest(&assets))?;
    Ok((package.finish()?, odt.warnings))
}

struct Odt<'a> {
    content: &'a Content,
    out: String,
    outline: Outline,
    /// Bookmarks that links lead to, with their ids, and those written.
    linked: BTreeMap<String, String>,
    anchored: BTreeSet<String>,
    /// Notes written so far.
    noted: BTreeSet<usize>,
    /// Styles of text in use, by what they say, with their names.
    styles: BTreeMap<(Marks, String), String>,
    /// Style of paragraphs here.
    paragraph: &'static str,
    list_level: usize,
    tables: usize,
    in_note: bool,
    /// The block at hand.
    here: Place,
    warnings: Vec<Warning>,
    assets: BTreeSet<usize>,
}

/// A text style as a key: strong, emphasis, sub, sup, struck.
type Marks = [bool; 5];

fn marks(style: TextStyle) -> Marks {
    [
        style.strong,
        style.emphasis,
        style.sub,
        style.sup,
        style.struck,
    ]
}

impl Odt<'_> {
    fn document(&mut self) {
        if self.content.title_block == TitleBlock::Absent {
            let title = escape(&self.content.title);
            self.put(format_args!(
                "<text:h text:style-name=\"Heading_20_1\" text:outline-level=\"1\">{title}</text:h>\n"
            ));
        }
        for (index, block) in self.content.blocks.iter().enumerate() {
            match &block.kind {
                BlockKind::Heading { label, content, .. }
                    if self.content.title_block == TitleBlock::At(index) =>
                {
                    self.heading(1, label.as_deref(), content);
                }
                _ => self.block(block),
            }
        }
        // Notes whose mark stood where none can stand.
        for (index, note) in self.content.notes.iter().enumerate() {
            if !self.noted.contains(&index) {
                self.in_note = true;
                self.put(format_args!(
                    "<text:p text:style-name=\"Footnote\">[{}]</text:p>\n",
                    index + 1
                ));
                self.blocks(&note.blocks);
                self.in_note = false;
            }
        }
    }

    fn put(&mut self, arguments: std::fmt::Arguments<'_>) {
        append(&mut self.out, arguments);
    }

    fn say(&self, en: &'static str, fr: &'static str) -> &'static str {
        if self.content.language.starts_with("fr") {
            fr
        } else {
            en
        }
    }

    fn warn(&mut self, code: &str, message: Bilingual, place: &Place) {
        self.warnings.push(Warning {
            code: code.to_owned(),
            message,
            place: place.clone(),
        });
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
                if plain_text(content).trim().is_empty() || self.in_note {
                    self.paragraph(content);
                    return;
                }
                let (level, skips) = self.outline.next(*level);
                if skips {
                    self.warn("heading_order", heading_words(), &block.at);
                }
                self.heading(level, label.as_deref(), content);
            }
            BlockKind::Paragraph(content) => self.paragraph(content),
            BlockKind::Caption(content) => {
                self.in_style("Caption", |odt| odt.paragraph(content));
            }
            BlockKind::List(list) => self.list(list),
            BlockKind::Table(table) => self.table(table),
            BlockKind::Figure { images, caption } => {
                self.out.push_str("<text:p text:style-name=\"Figure\">");
                for image in images {
                    self.image(image);
                }
                self.out.push_str("</text:p>\n");
                if let Some(caption) = caption.as_deref().filter(|c| is_visible(c)) {
                    self.in_style("Caption", |odt| odt.paragraph(caption));
                }
            }
            BlockKind::Code(text) => {
                self.out
                    .push_str("<text:p text:style-name=\"Preformatted_20_Text\">");
                for (index, line) in text.lines().enumerate() {
                    if index > 0 {
                        self.out.push_str("<text:line-break/>");
                    }
                    let line = escape(line);
                    self.out.push_str(&line);
                }
                self.out.push_str("</text:p>\n");
            }
            BlockKind::Quote(blocks) => self.in_style("Quotations", |odt| odt.blocks(blocks)),
            BlockKind::Note(blocks) => self.in_style("Aside", |odt| odt.blocks(blocks)),
        }
    }

    fn in_style(&mut self, style: &'static str, write: impl FnOnce(&mut Self)) {
        let around = std::mem::replace(&mut self.paragraph, style);
        write(self);
        self.paragraph = around;
    }

    fn heading(&mut self, level: u8, label: Option<&str>, content: &[Inline]) {
        self.put(format_args!(
            "<text:h text:style-name=\"Heading_20_{level}\" text:outline-level=\"{level}\">"
        ));
        self.label(label);
        self.inlines(content);
        self.out.push_str("</text:h>\n");
    }

    fn label(&mut self, label: Option<&str>) {
        if let Some(label) = label.map(str::trim).filter(|label| !label.is_empty()) {
            let label = escape(&format!("{label} "));
            self.out.push_str(&label);
        }
    }

    fn paragraph(&mut self, content: &[Inline]) {
        self.labelled_paragraph(None, content);
    }

    fn labelled_paragraph(&mut self, label: Option<&str>, content: &[Inline]) {
        let style = self.paragraph;
        self.put(format_args!("<text:p text:style-name=\"{style}\">"));
        self.label(label);
        self.inlines(content);
        self.out.push_str("</text:p>\n");
    }

    fn list(&mut self, list: &List) {
        let deep = self.list_level >= LIST_LEVELS;
        let numbered = !matches!(
            list.marker,
            Marker::Bullet | Marker::Labelled | Marker::Plain
        );
        if !deep {
            self.list_level += 1;
            let style = parts::list_style(list.marker);
            self.put(format_args!("<text:list text:style-name=\"{style}\">\n"));
        }
        let mut expected = None;
        for item in &list.items {
            if !deep {
                if numbered && expected != Some(item.value) {
                    self.put(format_args!(
                        "<text:list-item text:start-value=\"{}\">",
                        item.value
                    ));
                } else {
                    self.out.push_str("<text:list-item>");
                }
            }
            expected = item.value.checked_add(1);
            let own = (list.marker == Marker::Labelled || deep)
                .then_some(item.label.as_deref())
                .flatten();
            match item.blocks.as_slice() {
                [first, rest @ ..] => {
                    if let BlockKind::Paragraph(content) = &first.kind {
                        self.here.clone_from(&first.at);
                        self.labelled_paragraph(own, content);
                    } else {
                        if own.is_some() {
                            self.labelled_paragraph(own, &[]);
                        }
                        self.block(first);
                    }
                    self.blocks(rest);
                }
                [] => self.labelled_paragraph(own, &[]),
            }
            if !deep {
                self.out.push_str("</text:list-item>\n");
            }
        }
        if !deep {
            self.out.push_str("</text:list>\n");
            self.list_level -= 1;
        }
    }

    fn table(&mut self, table: &Table) {
        if let Some(caption) = table.caption.as_deref().filter(|c| is_visible(c)) {
            self.in_style("Caption", |odt| odt.paragraph(caption));
        }
        let columns = table.columns.max(1);
        if table.rows.is_empty() {
            return;
        }
        // A list takes paragraphs only, so a table in it stands in a frame.
        let level = std::mem::take(&mut self.list_level);
        if level > 0 {
            self.out.push_str(
                "<text:p text:style-name=\"Figure\"><draw:frame text:anchor-type=\"as-char\" svg:width=\"14cm\"><draw:text-box fo:min-height=\"1cm\">\n",
            );
        }
        self.tables += 1;
        let name = self.tables;
        self.put(format_args!(
            "<table:table table:name=\"Table{name}\" table:style-name=\"Grid\">\n"
        ));
        if let Some(text) = table
            .description
            .as_deref()
            .filter(|t| !t.trim().is_empty())
        {
            let text = characters(text);
            self.put(format_args!("<table:desc>{text}</table:desc>\n"));
        }
        if table.header_column {
            self.out.push_str(
                "<table:table-header-columns><table:table-column/></table:table-header-columns>\n",
            );
        }
        let others = columns - usize::from(table.header_column);
        if others > 0 {
            self.put(format_args!(
                "<table:table-column table:number-columns-repeated=\"{others}\"/>\n"
            ));
        }
        self.rows(table, columns);
        self.out.push_str("</table:table>\n");
        if level > 0 {
            self.out
                .push_str("</draw:text-box></draw:frame></text:p>\n");
        }
        self.list_level = level;
    }

    fn rows(&mut self, table: &Table, columns: usize) {
        let header_rows = table.header_rows.min(table.rows.len());
        let mut covered = vec![0_usize; columns];
        for (r, row) in table.rows.iter().enumerate() {
            let head = r < header_rows;
            if r == 0 && head {
                self.out.push_str("<table:table-header-rows>\n");
            }
            self.out.push_str("<table:table-row>");
            let last = if head { header_rows } else { table.rows.len() };
            let mut at = 0;
            for placed in place(row, &mut covered, last - r) {
                self.covered(placed.column - at);
                at = placed.column + placed.column_span;
                self.out.push_str(
                    "<table:table-cell table:style-name=\"Cell\" office:value-type=\"string\"",
                );
                if placed.column_span > 1 || placed.row_span > 1 {
                    self.put(format_args!(
                        " table:number-columns-spanned=\"{}\" table:number-rows-spanned=\"{}\"",
                        placed.column_span, placed.row_span
                    ));
                }
                self.out.push('>');
                let label = head || (table.header_column && placed.column == 0);
                let style = if label {
                    "Table_20_Heading"
                } else {
                    "Table_20_Contents"
                };
                let cells = placed.cell.into_iter().chain(placed.more);
                let blocks: Vec<&Block> = cells.flat_map(|cell| &cell.blocks).collect();
                self.in_style(style, |odt| {
                    for block in &blocks {
                        odt.block(block);
                    }
                });
                if blocks.is_empty() {
                    self.put(format_args!("<text:p text:style-name=\"{style}\"/>"));
                }
                self.out.push_str("</table:table-cell>");
                self.covered(placed.column_span - 1);
            }
            self.covered(columns - at);
            self.out.push_str("</table:table-row>\n");
            if head && r + 1 == header_rows {
                self.out.push_str("</table:table-header-rows>\n");
            }
        }
    }

    fn covered(&mut self, count: usize) {
        for _ in 0..count {
            self.out.push_str("<table:covered-table-cell/>");
        }
    }

    fn image(&mut self, image: &Image) {
        let content = self.content;
        let alt = image.alt.as_deref().map_or("", str::trim);
        let file = image
            .asset
            .and_then(|index| Some((index, content.assets.get(index)?)));
        let Some((index, file)) = file else {
            if !image.decorative {
                let words = self.say("Image not carried over", "Image non reprise");
                let colon = if alt.is_empty() { "" } else { ": " };
                let words = escape(&format!("[{words}{colon}{alt}]"));
                self.out.push_str(&words);
            }
            return;
        };
        let first = self.assets.insert(index);
        let (width, height) = (f64::from(file.width), f64::from(file.height));
        // 96 pixels an inch, as browsers count; 16 by 20 cm is what a page holds.
        let scale = (2.54_f64 / 96.0)
            .min(16.0 / width.max(1.0))
            .min(20.0 / height.max(1.0));
        let (width, height) = (width * scale, height * scale);
        let name = characters(&file.name);
        let number = if first { "" } else { "-again" };
        self.put(format_args!(
            "<draw:frame draw:style-name=\"Picture\" draw:name=\"{name}{number}\" text:anchor-type=\"as-char\" svg:width=\"{width:.2}cm\" svg:height=\"{height:.2}cm\">\
             <draw:image xlink:href=\"Pictures/{name}\" xlink:type=\"simple\" xlink:show=\"embed\" xlink:actuate=\"onLoad\" draw:mime-type=\"{}\"/>",
            file.media_type
        ));
        if !alt.is_empty() && !image.decorative {
            let alt = characters(alt);
            self.put(format_args!("<svg:desc>{alt}</svg:desc>"));
        }
        self.out.push_str("</draw:frame>");
        if alt.is_empty() && !image.decorative {
            self.warn("missing_alt_text", missing_alt_words(), &image.at);
            let words = self.say(
                " [Image without a description in the source document]",
                " [Image sans description dans le document source]",
            );
            self.out.push_str(words);
        }
    }
}

/// Text for attributes and for elements that hold characters only.
fn characters(text: &str) -> String {
    super::html::escape(text)
}
