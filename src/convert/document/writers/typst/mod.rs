//! Typst markup: what the PDF is made of.
//!
//! Leans on `outline` and `links` as the HTML writer does. Rules that must hold: text stands in string literals
//! only (see `literal`), the markup compiles whatever the document holds, and what a PDF cannot carry is told.

mod inlines;
mod literal;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    html::{heading_words, is_forbidden, missing_alt_words},
    links::linked_anchors,
    outline::Outline,
};
use crate::{
    bilingual,
    convert::document::{
        Block, BlockKind, Content, Image, Inline, List, ListItem, Marker, TitleBlock, append,
        is_visible, plain_text,
    },
    domain::{Bilingual, Part, Place, Warning},
};
use literal::{Literals, Shows, is_ignorable, language_arguments};

/// Markup and what is known about it.
pub(super) struct Markup {
    /// The source.
    pub(super) source: String,
    /// What its reader should know.
    pub(super) warnings: Vec<Warning>,
    /// Assets it refers to, by index.
    pub(super) assets: BTreeSet<usize>,
    /// Estimate of the memory that layout and export take, in bytes.
    pub(super) cost_bytes: u64,
}

/// What the writer must know of the engine.
pub(super) struct Engine<'a> {
    /// Whether a character has a glyph.
    pub(super) shows: &'a Shows<'a>,
    /// Assets that the engine can show, by index.
    pub(super) images: &'a BTreeSet<usize>,
    /// Family of running text.
    pub(super) family: &'a str,
    /// No links, and notes at the end: for a document whose combination of both the engine refuses.
    pub(super) plain: bool,
}

/// Width of the text on a letter page, and on one turned on its side, in points.
const WIDTH: f64 = 487.0;
const WIDTH_FLIPPED: f64 = 667.0;
/// The largest height of an image, in points.
const IMAGE_HEIGHT: f64 = 560.0;
/// The title as a PDF string; longer ones are cut, the heading is not.
const TITLE_CHARS: usize = 1000;

/// How deep the engine lets content nest, and what each kind of block takes of it (measured with typst 0.15).
const DEPTH: u32 = 46;
const DEPTH_LIST: u32 = 2;
const DEPTH_QUOTE: u32 = 4;
const DEPTH_TABLE: u32 = 5;
const DEPTH_FOOTNOTE: u32 = 6;

/// Memory by block, by character and by table cell (measured with typst 0.15; see `docs`).
const COST_BLOCK: u64 = 8_000;
const COST_CHAR: u64 = 350;
const COST_CELL: u64 = 10_000;

/// Writes a document as markup.
pub(super) fn write(content: &Content, engine: &Engine<'_>) -> Markup {
    let linked = linked_anchors(content);
    let first = Typst::new(content, engine, linked.clone()).document();
    let missing: Vec<String> = first
        .followed
        .difference(&first.anchored)
        .cloned()
        .collect();
    let written = if missing.is_empty() {
        first
    } else {
        // A link to a place that is not written would not compile.
        let mut linked = linked;
        linked.retain(|name, _| !missing.contains(name));
        Typst::new(content, engine, linked).document()
    };
    Markup {
        cost_bytes: written.cost
            + COST_CHAR * written.literals.written
            + u64::try_from(written.out.len()).unwrap_or(u64::MAX) * 20,
        source: written.out,
        warnings: written.warnings,
        assets: written.assets,
    }
}

struct Typst<'a> {
    content: &'a Content,
    engine: &'a Engine<'a>,
    literals: Literals<'a>,
    out: String,
    outline: Outline,
    /// Level of the heading before; a first heading must be of level 1.
    level: u8,
    /// Bookmarks that links lead to, with their ids.
    linked: BTreeMap<String, String>,
    /// Bookmarks that links were written to, and bookmarks written.
    followed: BTreeSet<String>,
    anchored: BTreeSet<String>,
    /// Notes written so far.
    noted: BTreeSet<usize>,
    /// How deep the current block stands.
    depth: u32,
    /// Within a note, a link, a table cell.
    in_note: bool,
    in_link: bool,
    in_cell: bool,
    /// Width that images have, in points.
    width: f64,
    /// Language of the text around.
    language: String,
    /// The block at hand.
    here: Place,
    cost: u64,
    warnings: Vec<Warning>,
    assets: BTreeSet<usize>,
}

impl<'a> Typst<'a> {
    fn new(content: &'a Content, engine: &'a Engine<'a>, linked: BTreeMap<String, String>) -> Self {
        Self {
            content,
            engine,
            literals: Literals::new(engine.shows),
            out: String::new(),
            outline: Outline::default(),
            level: 0,
            linked,
            followed: BTreeSet::new(),
            anchored: BTreeSet::new(),
            noted: BTreeSet::new(),
            depth: 0,
            in_note: false,
            in_link: false,
            in_cell: false,
            width: WIDTH,
            language: content.language.clone(),
            here: Place::new(Part::Body, "start"),
            cost: 0,
            warnings: Vec::new(),
            assets: BTreeSet::new(),
        }
    }

    fn document(mut self) -> Self {
        let title: String = self.content.title.chars().take(TITLE_CHARS).collect();
        let title = self.literals.text(&title);
        // PDF/UA wants a language; English is the less wrong guess for a tag that is none.
        let language = language_arguments(&self.content.language)
            .unwrap_or_else(|| "lang: \"en\", region: \"CA\"".to_owned());
        let family = self.literals.text(self.engine.family);
        append(
            &mut self.out,
            format_args!(
                "#set document(title: {title}, author: ())\n\
                 #set text({language}, font: {family}, fallback: true, size: 10pt, hyphenate: false)\n\
                 #set page(paper: \"us-letter\", margin: 2.2cm, numbering: \"1\")\n\
                 #set par(justify: false, leading: 0.7em, spacing: 1em)\n\
                 #set table(stroke: 0.5pt + luma(110), inset: 4pt)\n\
                 #set table.cell(breakable: true)\n\
                 #set smartquote(enabled: false)\n\
                 #show figure: set block(breakable: true)\n\
                 #show figure: set align(start)\n\
                 #show figure.caption: set align(start)\n\
                 #show figure.caption: set text(weight: \"bold\")\n\
                 #show link: it => underline(it)\n\
                 #show heading: set block(above: 1.4em, below: 0.8em)\n\
                 #let rowhead(it) = pdf.header-cell(scope: \"row\", it)\n\
                 #let aside(it) = block(width: 100%, stroke: (left: 1.5pt + luma(110)), inset: (left: 8pt, y: 3pt), it)\n"
            ),
        );
        if self.content.title_block == TitleBlock::Absent {
            let title = self.literals.text(&self.content.title);
            append(&mut self.out, format_args!("#heading(level: 1, {title})\n"));
            self.level = 1;
        }
        for (index, block) in self.content.blocks.iter().enumerate() {
            match &block.kind {
                BlockKind::Heading { label, content, .. }
                    if self.content.title_block == TitleBlock::At(index)
                        && is_visible_text(content) =>
                {
                    self.here.clone_from(&block.at);
                    self.heading(1, label.as_deref(), content);
                }
                _ => self.block(block),
            }
        }
        self.left_over_notes();
        self.tell_missing();
        self
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

    fn put(&mut self, arguments: std::fmt::Arguments<'_>) {
        append(&mut self.out, arguments);
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        self.here.clone_from(&block.at);
        self.cost += COST_BLOCK;
        match &block.kind {
            BlockKind::Heading {
                level,
                label,
                content,
            } => {
                // Headings in cells and notes would break the outline.
                if !is_visible_text(content) || self.in_cell || self.in_note {
                    self.paragraph(content);
                    return;
                }
                let (level, skips) = self.outline.next(*level);
                if skips {
                    self.warn("heading_order", heading_words(), &block.at);
                }
                self.heading(level, label.as_deref(), content);
            }
            BlockKind::Paragraph(content) | BlockKind::Caption(content) => self.paragraph(content),
            BlockKind::List(list) => self.list(list),
            BlockKind::Table(table) => self.table(table, &block.at),
            BlockKind::Figure { images, caption } => self.figure(images, caption.as_deref()),
            BlockKind::Code(text) => {
                let text = self.literals.code(text);
                self.put(format_args!("#raw(block: true, {text})\n"));
            }
            BlockKind::Quote(blocks) => {
                self.nested("#quote(block: true)[\n", blocks, "]\n", DEPTH_QUOTE);
            }
            BlockKind::Note(blocks) => self.nested("#aside[\n", blocks, "]\n", DEPTH_QUOTE),
        }
    }

    /// Blocks within another, as long as the engine goes as deep; else they follow each other.
    fn nested(&mut self, open: &str, blocks: &[Block], close: &str, depth: u32) {
        if self.depth + depth > DEPTH {
            self.flattened();
            self.blocks(blocks);
            return;
        }
        self.out.push_str(open);
        self.depth += depth;
        self.blocks(blocks);
        self.depth -= depth;
        self.out.push_str(close);
    }

    fn flattened(&mut self) {
        let here = self.here.clone();
        self.warn("flattened_in_pdf", flattened_words(), &here);
    }

    fn heading(&mut self, level: u8, label: Option<&str>, content: &[Inline]) {
        let level = level.min(self.level + 1).max(1);
        self.level = level;
        self.put(format_args!("#heading(level: {level})["));
        self.label(label);
        self.inlines(content);
        self.out.push_str("]\n");
    }

    fn label(&mut self, label: Option<&str>) {
        if let Some(label) = label.filter(|label| !label.trim().is_empty()) {
            let label = self.literals.text(&format!("{} ", label.trim()));
            self.put(format_args!("#{label};"));
        }
    }

    fn paragraph(&mut self, content: &[Inline]) {
        if !is_visible(content) {
            // Only places that links lead to may be in it.
            self.inlines(content);
            self.out.push('\n');
            return;
        }
        self.in_language(content, |typst| {
            typst.out.push_str("#par[");
            typst.inlines(content);
            typst.out.push(']');
        });
        self.out.push('\n');
    }

    fn list(&mut self, list: &List) {
        if self.depth + DEPTH_LIST > DEPTH {
            self.flattened();
            for item in &list.items {
                let mark = item.label.clone().unwrap_or_else(|| match list.marker {
                    Marker::Bullet | Marker::Plain | Marker::Labelled => "•".to_owned(),
                    _ => format!("{}.", item.value),
                });
                self.out.push_str("#par[");
                self.label(Some(&mark));
                self.out.push_str("]\n");
                self.blocks(&item.blocks);
            }
            return;
        }
        // Letters and Roman numerals beyond these bounds are too long or do not exist.
        let within = |most: u32| list.items.iter().all(|i| (1..=most).contains(&i.value));
        let numbering = match list.marker {
            Marker::Bullet => None,
            Marker::Labelled | Marker::Plain => Some(None),
            Marker::LowerAlpha if within(700) => Some(Some("a)")),
            Marker::UpperAlpha if within(700) => Some(Some("A)")),
            Marker::LowerRoman if within(3999) => Some(Some("i)")),
            Marker::UpperRoman if within(3999) => Some(Some("I)")),
            _ => Some(Some("1.")),
        };
        match numbering {
            None => self.out.push_str("#list(tight: true,\n"),
            Some(None) => self.out.push_str("#list(tight: true, marker: [],\n"),
            Some(Some(pattern)) => self.put(format_args!(
                "#enum(tight: true, numbering: \"{pattern}\",\n"
            )),
        }
        self.depth += DEPTH_LIST;
        for item in &list.items {
            match numbering {
                Some(Some(_)) => self.put(format_args!("enum.item({})[", item.value)),
                _ => self.out.push('['),
            }
            if list.marker == Marker::Labelled {
                self.label(item.label.as_deref());
            }
            self.item(item);
            self.out.push_str("],\n");
        }
        self.depth -= DEPTH_LIST;
        self.out.push_str(")\n");
    }

    fn item(&mut self, item: &ListItem) {
        self.flow(&item.blocks);
    }

    /// Content of an item, a cell or a note: a first paragraph needs no element of its own.
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
                self.cost += COST_BLOCK;
                self.in_language(content, |typst| typst.inlines(content));
                if !rest.is_empty() {
                    self.out.push('\n');
                    self.blocks(rest);
                }
            }
            _ => self.blocks(blocks),
        }
    }

    fn figure(&mut self, images: &[Image], caption: Option<&[Inline]>) {
        let caption = caption.filter(|caption| is_visible(caption));
        match caption {
            Some(caption) if !self.in_cell && !self.in_note => {
                self.out
                    .push_str("#figure(kind: image, numbering: none, supplement: none, caption: [");
                self.inlines(caption);
                self.out.push_str("])[");
                self.images(images);
                self.out.push_str("]\n");
            }
            _ => {
                self.out.push_str("#par[");
                self.images(images);
                self.out.push_str("]\n");
                if let Some(caption) = caption {
                    self.paragraph(caption);
                }
            }
        }
    }

    fn images(&mut self, images: &[Image]) {
        for (index, image) in images.iter().enumerate() {
            if index > 0 {
                self.out.push_str("#linebreak();");
            }
            self.image(image);
        }
    }

    fn image(&mut self, image: &Image) {
        let content = self.content;
        let alt = image.alt.as_deref().map_or("", str::trim);
        let file = image
            .asset
            .and_then(|index| Some((index, content.assets.get(index)?)));
        let Some((index, file)) = file.filter(|(index, _)| self.engine.images.contains(index))
        else {
            if !image.decorative {
                let words = self.say("Image not carried over", "Image non reprise");
                let colon = if alt.is_empty() { "" } else { ": " };
                let words = self.literals.text(&format!("[{words}{colon}{alt}]"));
                self.put(format_args!("#emph[#{words};];"));
            }
            return;
        };
        self.assets.insert(index);
        let (width, height) = (f64::from(file.width), f64::from(file.height));
        // 96 pixels an inch, as browsers count; smaller where the page ends.
        let scale = (self.width / width).min(IMAGE_HEIGHT / height).min(0.75);
        let width = (width * scale).max(1.0);
        let name = self.literals.text(&file.name);
        if image.decorative {
            // A link may not stand around an artifact.
            if self.in_link {
                return;
            }
            self.put(format_args!(
                "#pdf.artifact(box(image({name}, width: {width:.1}pt)));"
            ));
            return;
        }
        let missing = alt.is_empty();
        let words = if missing {
            self.say(
                "Image without a description in the source document",
                "Image sans description dans le document source",
            )
            .to_owned()
        } else {
            alt.to_owned()
        };
        let literal = self.literals.text(&words);
        self.put(format_args!(
            "#box(image({name}, alt: {literal}, width: {width:.1}pt));"
        ));
        if missing {
            self.warn("missing_alt_text", missing_alt_words(), &image.at);
            let words = self.literals.text(&format!(" [{words}]"));
            self.put(format_args!("#emph[#{words};];"));
        }
    }

    fn tell_missing(&mut self) {
        let count = std::mem::take(&mut self.literals.missing);
        if count > 0 {
            let place = Place::new(Part::Body, "document");
            self.warn("missing_glyphs", missing_words(count), &place);
        }
    }
}

/// Whether there are words: the engine refuses a heading without.
fn is_visible_text(content: &[Inline]) -> bool {
    plain_text(content)
        .chars()
        .any(|c| !c.is_whitespace() && !is_ignorable(c) && !is_forbidden(c))
}

fn flattened_words() -> Bilingual {
    bilingual!(
        "Content that stands deeper than a PDF can hold follows its surroundings there instead.",
        "Le contenu imbriqué plus profondément que ne le permet un PDF y suit ce qui l’entoure."
    )
}

fn missing_words(count: usize) -> Bilingual {
    bilingual!(
        "{count} characters have no glyph in the fonts for PDF; their Unicode numbers stand in their place. Use the HTML, or give the program a font that has them.",
        "{count} caractères n’ont pas de glyphe dans les polices pour le PDF; leurs numéros Unicode les remplacent. Utilisez le HTML ou donnez au programme une police qui les contient."
    )
}
