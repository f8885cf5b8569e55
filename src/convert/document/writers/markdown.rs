//! GitHub Flavored Markdown (GFM 0.29).
//!
//! Rule that must hold: text never turns into markup; what Markdown cannot say is written as HTML with a warning.

use std::collections::BTreeSet;

use super::{
    Written,
    html::{heading_words, is_forbidden, link_words, missing_alt_words, table_fragment},
    links::external,
    outline::Outline,
};
use crate::{
    bilingual,
    convert::document::{
        Block, BlockKind, Cell, Content, Image, Inline, List, Marker, Table, TextStyle, TitleBlock,
        append, is_visible, plain_text,
    },
    domain::{Bilingual, Part, Place, Warning},
};

/// Writes a document as Markdown.
pub(super) fn write(content: &Content) -> Written {
    let mut markdown = Markdown {
        content,
        outline: Outline::default(),
        here: Place::new(Part::Body, "start"),
        warnings: Vec::new(),
        assets: BTreeSet::new(),
    };
    let mut out = String::new();
    if content.title_block == TitleBlock::Absent {
        append(
            &mut out,
            format_args!("# {}\n\n", inline_text(&content.title)),
        );
    }
    for (index, block) in content.blocks.iter().enumerate() {
        match &block.kind {
            BlockKind::Heading {
                label,
                content: text,
                ..
            } if content.title_block == TitleBlock::At(index) => {
                out.push_str(&markdown.heading(1, label.as_deref(), text));
            }
            _ => out.push_str(&markdown.block(block)),
        }
    }
    for (index, note) in content.notes.iter().enumerate() {
        let text = markdown.blocks(&note.blocks);
        append(
            &mut out,
            format_args!("[^{}]: {}\n\n", index + 1, indent(text.trim_end(), 4)),
        );
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    Written {
        text: out,
        warnings: markdown.warnings,
        assets: markdown.assets,
    }
}

struct Markdown<'a> {
    content: &'a Content,
    outline: Outline,
    /// The block at hand.
    here: Place,
    warnings: Vec<Warning>,
    assets: BTreeSet<usize>,
}

/// How line breaks are written: between lines, within a heading, within a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Hard,
    Space,
    Cell,
}

impl Markdown<'_> {
    fn blocks(&mut self, blocks: &[Block]) -> String {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block(&mut self, block: &Block) -> String {
        self.here.clone_from(&block.at);
        match &block.kind {
            BlockKind::Heading {
                level,
                label,
                content,
            } => {
                if plain_text(content).trim().is_empty() {
                    return self.paragraph(content);
                }
                let (level, skips) = self.outline.next(*level);
                if skips {
                    self.warn("heading_order", heading_words(), &block.at);
                }
                self.heading(level, label.as_deref(), content)
            }
            BlockKind::Paragraph(content) | BlockKind::Caption(content) => self.paragraph(content),
            BlockKind::List(list) => self.list(list),
            BlockKind::Table(table) => self.table(table, &block.at),
            BlockKind::Figure { images, caption } => {
                let mut out = String::new();
                for image in images {
                    let image = self.image(image);
                    if !image.is_empty() {
                        append(&mut out, format_args!("{image}\n\n"));
                    }
                }
                if let Some(caption) = caption {
                    out.push_str(&self.paragraph(caption));
                }
                out
            }
            BlockKind::Code(text) => {
                let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
                let fence = "`".repeat(longest.max(2) + 1);
                let text: String = text
                    .chars()
                    .filter(|c| *c == '\n' || *c == '\t' || !is_forbidden(*c))
                    .collect();
                format!("{fence}\n{text}\n{fence}\n\n")
            }
            BlockKind::Quote(blocks) | BlockKind::Note(blocks) => {
                let inner = self.blocks(blocks);
                let lines = inner.trim_end().lines();
                let quoted: Vec<String> = lines
                    .map(|line| {
                        if line.is_empty() {
                            ">".into()
                        } else {
                            format!("> {line}")
                        }
                    })
                    .collect();
                format!("{}\n\n", quoted.join("\n"))
            }
        }
    }

    fn heading(&mut self, level: u8, label: Option<&str>, content: &[Inline]) -> String {
        let label = label
            .map(|l| format!("{} ", inline_text(l)))
            .unwrap_or_default();
        let text = self.inlines(content, Breaks::Space);
        let text = text.trim();
        // A closing run of # would be taken as markup; it is escaped by `inline_text`.
        format!("{} {label}{text}\n\n", "#".repeat(usize::from(level)))
    }

    fn paragraph(&mut self, content: &[Inline]) -> String {
        let text = self.inlines(content, Breaks::Hard);
        let lines: Vec<String> = text.trim().lines().map(safe_start).collect();
        let text = lines.join("\n");
        if text.is_empty() {
            text
        } else {
            format!("{text}\n\n")
        }
    }

    fn list(&mut self, list: &List) -> String {
        let tight = is_tight(list);
        let mut out = String::new();
        for item in &list.items {
            let (mark, label) = match list.marker {
                Marker::Decimal => (format!("{}. ", item.value.min(999_999_999)), None),
                Marker::Bullet | Marker::Plain => ("- ".to_owned(), None),
                _ => ("- ".to_owned(), item.label.as_deref()),
            };
            let mut text = self.blocks(&item.blocks);
            if tight {
                // The paragraph and the lists below it follow without blank lines.
                text = text.replace("\n\n", "\n");
            }
            if let Some(label) = label {
                text = format!("{} {text}", safe_start(&inline_text(label)));
            }
            out.push_str(&mark);
            out.push_str(&indent(text.trim_end(), mark.len()));
            out.push_str(if tight { "\n" } else { "\n\n" });
        }
        if tight {
            out.push('\n');
        }
        out
    }

    fn table(&mut self, table: &Table, at: &Place) -> String {
        let simple = |cell: &Cell| {
            let text =
                |b: &Block| matches!(b.kind, BlockKind::Paragraph(_) | BlockKind::Heading { .. });
            cell.column_span == 1 && cell.row_span == 1 && cell.blocks.iter().all(text)
        };
        if table.header_rows > 1 || !table.rows.iter().flatten().all(simple) {
            self.warn("table_as_html", table_words(), at);
            let (html, mut warnings, assets) = table_fragment(self.content, table);
            self.warnings.append(&mut warnings);
            self.assets.extend(assets);
            let lines: Vec<&str> = html
                .lines()
                .filter(|line| !line.trim().is_empty())
                .collect();
            return format!("{}\n\n", lines.join("\n"));
        }
        let mut out = String::new();
        let caption = table.caption.as_deref().filter(|c| is_visible(c));
        if let Some(caption) = caption {
            out.push_str(&self.paragraph(caption));
        } else if let Some(text) = &table.description {
            append(
                &mut out,
                format_args!("{}\n\n", safe_start(&inline_text(text))),
            );
        }
        let rule = format!("|{}\n", " --- |".repeat(table.columns));
        if table.header_rows == 0 {
            append(
                &mut out,
                format_args!("|{}\n{rule}", "  |".repeat(table.columns)),
            );
        }
        for (r, row) in table.rows.iter().enumerate() {
            out.push('|');
            for cell in row {
                let texts = cell
                    .blocks
                    .iter()
                    .map(|b| self.inlines(b.inlines(), Breaks::Cell));
                let texts: Vec<String> = texts.map(|t| t.trim().to_owned()).collect();
                append(&mut out, format_args!(" {} |", texts.join("<br>")));
            }
            out.push('\n');
            if r == 0 && table.header_rows == 1 {
                out.push_str(&rule);
            }
        }
        out.push('\n');
        out
    }

    fn image(&mut self, image: &Image) -> String {
        let alt = image
            .alt
            .as_deref()
            .filter(|_| !image.decorative)
            .unwrap_or("");
        let asset = image
            .asset
            .and_then(|index| Some((index, self.content.assets.get(index)?)));
        match asset {
            Some((index, file)) => {
                self.assets.insert(index);
                if alt.is_empty() && !image.decorative {
                    self.warn("missing_alt_text", missing_alt_words(), &image.at);
                }
                format!("![{}]({})", inline_text(alt), file.name)
            }
            None if image.decorative => String::new(),
            None => {
                let french = self.content.language.starts_with("fr");
                let words = if french {
                    "Image non reprise"
                } else {
                    "Image not carried over"
                };
                let alt = if alt.is_empty() {
                    String::new()
                } else {
                    format!(": {}", inline_text(alt))
                };
                format!("*\\[{words}{alt}\\]*")
            }
        }
    }

    fn inlines(&mut self, inlines: &[Inline], breaks: Breaks) -> String {
        let mut out = String::new();
        let mut rest = inlines;
        while let [inline, after @ ..] = rest {
            rest = after;
            match inline {
                Inline::Text { text, style, .. } => {
                    let mut text = text.clone();
                    // Runs that differ in language only are one in Markdown.
                    while let [
                        Inline::Text {
                            text: more,
                            style: same,
                            ..
                        },
                        after @ ..,
                    ] = rest
                    {
                        if same != style {
                            break;
                        }
                        text.push_str(more);
                        rest = after;
                    }
                    let next = rest.first().and_then(first_char);
                    styled(&text, *style, next, &mut out);
                }
                Inline::Link { target, content } => {
                    let text = self.inlines(content, breaks);
                    let address = if target.starts_with('#') {
                        None
                    } else {
                        external(target)
                    };
                    match address {
                        Some(address) if !text.trim().is_empty() => {
                            let address = address.replace('(', "%28").replace(')', "%29");
                            append(&mut out, format_args!("[{}]({address})", text.trim()));
                        }
                        _ => {
                            if !target.starts_with('#') {
                                let here = Place::new(Part::Link, self.here.at.clone());
                                self.warn("dropped_link", link_words(), &here);
                            }
                            out.push_str(&text);
                        }
                    }
                }
                Inline::Image(image) => out.push_str(&self.image(image)),
                Inline::Note(index) => append(&mut out, format_args!("[^{}]", index + 1)),
                Inline::Break => out.push_str(match breaks {
                    Breaks::Hard => "\\\n",
                    Breaks::Space => " ",
                    Breaks::Cell => "<br>",
                }),
                Inline::Anchor(_) => {}
            }
        }
        out
    }

    fn warn(&mut self, code: &str, message: Bilingual, place: &Place) {
        self.warnings.push(Warning {
            code: code.to_owned(),
            message,
            place: place.clone(),
        });
    }
}

fn table_words() -> Bilingual {
    bilingual!(
        "A table with merged or rich cells is written as HTML within the Markdown file.",
        "Un tableau aux cellules fusionnées ou riches est écrit en HTML dans le fichier Markdown."
    )
}

fn first_char(inline: &Inline) -> Option<char> {
    match inline {
        Inline::Text { text, .. } => text.chars().next(),
        Inline::Link { .. } | Inline::Note(_) => Some('['),
        Inline::Image(_) => Some('!'),
        Inline::Break | Inline::Anchor(_) => None,
    }
}

/// Text in a style. Where the neighbours would keep stars from being read as emphasis, HTML tags say it.
fn styled(text: &str, style: TextStyle, next: Option<char>, out: &mut String) {
    let inner = text.trim();
    let escaped = inline_text(inner);
    if inner.is_empty() || style == TextStyle::default() {
        out.push_str(&inline_text(text));
        return;
    }
    let lead = &text[..text.len() - text.trim_start().len()];
    let trail = &text[text.trim_end().len()..];
    let mut escaped = escaped;
    for (on, tag) in [(style.sub, "sub"), (style.sup, "sup"), (style.struck, "s")] {
        if on {
            escaped = format!("<{tag}>{escaped}</{tag}>");
        }
    }
    if style.strong || style.emphasis {
        let before = if lead.is_empty() {
            out.chars().next_back()
        } else {
            None
        };
        let after = if trail.is_empty() { next } else { None };
        let plain = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let solid = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let opens = plain(before) || (solid(escaped.chars().next()) && before != Some('*'));
        let closes = plain(after) || (solid(escaped.chars().next_back()) && after != Some('*'));
        let (stars, tags) = match (style.strong, style.emphasis) {
            (true, true) => ("***", ["<strong><em>", "</em></strong>"]),
            (true, false) => ("**", ["<strong>", "</strong>"]),
            _ => ("*", ["<em>", "</em>"]),
        };
        escaped = if opens && closes {
            format!("{stars}{escaped}{stars}")
        } else {
            format!("{}{escaped}{}", tags[0], tags[1])
        };
    }
    let space = |text: &str| if text.is_empty() { "" } else { " " };
    out.push_str(space(lead));
    out.push_str(&escaped);
    out.push_str(space(trail));
}

/// Text with every sign that could be markup escaped; white space as single spaces.
fn inline_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '&' if chars
                .peek()
                .is_some_and(|n| *n == '#' || n.is_ascii_alphanumeric()) =>
            {
                out.push_str("&amp;");
            }
            c if c.is_whitespace() && c != '\u{A0}' && c != '\u{202F}' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if is_forbidden(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Escapes what would start a block at the start of a line.
fn safe_start(line: &str) -> String {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if line.starts_with(['-', '+', '=', ':']) {
        return format!("\\{line}");
    }
    if digits > 0 && digits < 10 && is_list_mark(&line[digits..]) {
        return format!("{}\\{}", &line[..digits], &line[digits..]);
    }
    line.to_owned()
}

/// True when every item is one paragraph, or one with such lists below it.
fn is_tight(list: &List) -> bool {
    list.items.iter().all(|item| match item.blocks.as_slice() {
        [first, rest @ ..] => {
            matches!(first.kind, BlockKind::Paragraph(_))
                && rest.iter().all(|block| match &block.kind {
                    BlockKind::List(below) => is_tight(below),
                    _ => false,
                })
        }
        [] => true,
    })
}

/// True when digits before this would make a list item: a dot or parenthesis, then nothing or space.
fn is_list_mark(rest: &str) -> bool {
    let after = rest.strip_prefix(['.', ')']);
    after.is_some_and(|after| after.is_empty() || after.starts_with(' '))
}

fn indent(text: &str, width: usize) -> String {
    let pad = " ".repeat(width);
    let mut out = String::new();
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            out.push('\n');
            if !line.is_empty() {
                out.push_str(&pad);
            }
        }
        out.push_str(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{super::html::escape, *};

    #[test]
    fn text_is_never_markup() {
        let check = |text: &str, expect: &str| assert_eq!(safe_start(&inline_text(text)), expect);
        check("# no *heading*", r"\# no \*heading\*");
        check("- no list", r"\- no list");
        check("12. no list", r"12\. no list");
        check("a | b", r"a \| b");
        check("<script>", r"\<script\>");
        check("&amp; & co", "&amp;amp; & co");
        check("[^1]: no note", r"\[^1\]: no note");
        check("---", r"\---");
        check("two\n\nlines", "two lines");
        assert_eq!(escape("\"<&>\u{1}\u{FFFE}"), "&quot;&lt;&amp;&gt;");
    }

    #[test]
    fn emphasis_that_stars_cannot_say_is_html() {
        let strong = TextStyle {
            strong: true,
            ..TextStyle::default()
        };
        let check = |before: &str, text: &str, next: Option<char>, expect: &str| {
            let mut out = before.to_owned();
            styled(text, strong, next, &mut out);
            assert_eq!(out, expect);
        };
        check("a ", "b ", Some('c'), "a **b** ");
        check("", "Note:", Some('x'), "<strong>Note:</strong>");
        check("", "Note:", Some(' '), "**Note:**");
        check("x", "(a)", None, "x<strong>(a)</strong>");
        check("x", " ", None, "x ");
    }
}
