//! Outputs read again for the screening: what is about to leave is what is checked.
//!
//! Tolerant of any HTML and Markdown. Rule that must hold: no text is passed over; what a browser would not show
//! (comments, scripts, hidden elements) comes as hidden text.

use super::{DocumentError, writers::STYLE};
use crate::domain::{Part, Place, TextUnit};

/// The texts of an HTML file: running text by block, cells with their headers, attributes that carry words.
///
/// # Errors
/// [`DocumentError::Corrupt`] when it is not UTF-8 or ends within a tag or comment.
pub fn units_of_html(bytes: &[u8]) -> Result<Vec<TextUnit>, DocumentError> {
    let text = utf8(bytes, "html")?;
    let mut html = Html::default();
    html.read(text)?;
    html.flush();
    Ok(html.units)
}

/// The texts of a Markdown file: one unit per paragraph or cell, with escapes taken away.
///
/// # Errors
/// [`DocumentError::Corrupt`] when it is not UTF-8.
pub fn units_of_markdown(bytes: &[u8]) -> Result<Vec<TextUnit>, DocumentError> {
    let text = utf8(bytes, "markdown")?;
    let mut units = Vec::new();
    let mut paragraph = String::new();
    let mut start = 1;
    let mut headers: Vec<String> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let bare = line.trim_start_matches([' ', '>', '\t']);
        if bare.is_empty() || bare.starts_with('|') {
            push_markdown(&mut paragraph, start, &mut units);
        }
        if bare.starts_with('|') {
            markdown_row(bare, index + 1, &mut headers, &mut units);
            continue;
        }
        headers.clear();
        if paragraph.is_empty() {
            start = index + 1;
        } else {
            paragraph.push('\n');
        }
        paragraph.push_str(bare);
    }
    push_markdown(&mut paragraph, start, &mut units);
    Ok(units)
}

/// The texts of a plain text file, one unit per paragraph.
///
/// # Errors
/// [`DocumentError::Corrupt`] when it is not UTF-8.
pub fn units_of_text(bytes: &[u8]) -> Result<Vec<TextUnit>, DocumentError> {
    let text = utf8(bytes, "text")?;
    let mut units: Vec<TextUnit> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            open = false;
        } else if let (true, Some(last)) = (open, units.last_mut()) {
            last.text.push('\n');
            last.text.push_str(line);
        } else {
            units.push(TextUnit::new(
                Part::Body,
                format!("line {}", index + 1),
                line,
            ));
            open = true;
        }
    }
    Ok(units)
}

fn utf8<'a>(bytes: &'a [u8], part: &str) -> Result<&'a str, DocumentError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| DocumentError::Corrupt {
        part: part.to_owned(),
        why: error.to_string(),
    })
}

fn markdown_row(line: &str, number: usize, headers: &mut Vec<String>, units: &mut Vec<TextUnit>) {
    let cells = split_cells(line);
    if cells
        .iter()
        .all(|c| !c.is_empty() && c.chars().all(|c| c == '-' || c == ':'))
    {
        return;
    }
    let first = headers.is_empty();
    let row_label = cells.first().map(|c| unescape(c)).unwrap_or_default();
    for (column, cell) in cells.iter().enumerate() {
        let text = unescape(cell);
        if first {
            headers.push(text.clone());
        }
        if text.is_empty() {
            continue;
        }
        let at = format!("line {number}, column {}", column + 1);
        let mut unit = TextUnit::new(Part::TableCell, at, text);
        if !first {
            unit.labels.extend(headers.get(column).cloned());
            if column > 0 {
                unit.labels.push(row_label.clone());
            }
            unit.labels.retain(|label| !label.is_empty());
        }
        push_targets(cell, &unit.place.at.clone(), units);
        units.push(unit);
    }
}

fn split_cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in line.chars() {
        if c == '|' && !escaped {
            cells.push(String::new());
            continue;
        }
        escaped = c == '\\' && !escaped;
        if let Some(cell) = cells.last_mut() {
            cell.push(c);
        }
    }
    if cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

fn push_markdown(paragraph: &mut String, start: usize, units: &mut Vec<TextUnit>) {
    let raw = std::mem::take(paragraph);
    let text = unescape(&raw);
    if text.trim().is_empty() {
        return;
    }
    let at = format!("line {start}");
    let part = if raw.starts_with('#') {
        Part::Title
    } else {
        Part::Body
    };
    push_targets(&raw, &at, units);
    units.push(TextUnit::new(part, at, text));
}

/// Targets of links and images, and texts of HTML comments within Markdown.
fn push_targets(raw: &str, at: &str, units: &mut Vec<TextUnit>) {
    for piece in raw.split("](").skip(1) {
        let target = piece.split(')').next().unwrap_or("");
        units.push(TextUnit::new(Part::Link, at, target));
    }
}

/// Markdown text as it reads: escapes, entities, emphasis marks and tags taken away.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.peek() {
                Some((_, next)) if next.is_ascii_punctuation() => {
                    out.push(*next);
                    chars.next();
                }
                Some((_, '\n')) => {}
                _ => out.push('\\'),
            },
            '*' | '`' => {}
            '<' => {
                let tag = text[at..].find('>').map(|end| &text[at..=at + end]);
                let known = [
                    "<sub>",
                    "</sub>",
                    "<sup>",
                    "</sup>",
                    "<s>",
                    "</s>",
                    "<strong>",
                    "</strong>",
                    "<em>",
                    "</em>",
                ];
                match tag {
                    Some(tag) if known.contains(&tag) => skip(&mut chars, at + tag.len()),
                    Some("<br>") => {
                        out.push('\n');
                        skip(&mut chars, at + 4);
                    }
                    _ => out.push('<'),
                }
            }
            c => out.push(c),
        }
    }
    let out = decode_entities(&out);
    out.trim_start_matches('#').trim().to_owned()
}

fn skip(chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>, to: usize) {
    while chars.next_if(|(at, _)| *at < to).is_some() {}
}

/// Character references in text. Names beyond the common ones stay as they are.
fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest
            .char_indices()
            .take(12)
            .find(|(_, c)| *c == ';')
            .map(|(end, _)| end);
        let decoded = end.and_then(|end| {
            let c = match &rest[1..end] {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                "nbsp" => Some('\u{A0}'),
                name => {
                    let digits = name.strip_prefix('#')?;
                    let code = match digits.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                        None => digits.parse().ok()?,
                    };
                    char::from_u32(code)
                }
            }?;
            Some((c, end))
        });
        if let Some((c, end)) = decoded {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

#[derive(Default)]
struct Html {
    units: Vec<TextUnit>,
    text: String,
    blocks: u32,
    /// Elements that are open and hidden, by name.
    hidden: Vec<String>,
    part: Option<Part>,
    tables: Vec<Grid>,
}

/// A table being read: which column comes next, under which header.
#[derive(Default)]
struct Grid {
    row: usize,
    column: usize,
    /// Rows that a cell above still covers, by column.
    covered: Vec<usize>,
    headers: Vec<String>,
    row_label: String,
    in_head: bool,
    cell: Option<(usize, usize, bool)>,
    /// Text of the cell so far, for headers.
    seen: String,
}

const BLOCKS: [&str; 34] = [
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "ul",
    "ol",
    "table",
    "caption",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "td",
    "th",
    "pre",
    "blockquote",
    "div",
    "section",
    "main",
    "figure",
    "figcaption",
    "title",
    "head",
    "body",
    "html",
    "dl",
    "dt",
    "dd",
    "article",
    "aside",
];

impl Html {
    fn read(&mut self, html: &str) -> Result<(), DocumentError> {
        let cut = |why: &str| DocumentError::Corrupt {
            part: "html".into(),
            why: why.to_owned(),
        };
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            self.text.push_str(&decode_entities(&rest[..at]));
            rest = &rest[at..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                let end = comment
                    .find("-->")
                    .ok_or_else(|| cut("a comment does not end"))?;
                self.push(Part::HiddenText, "comment", &comment[..end]);
                rest = &comment[end + 3..];
                continue;
            }
            let starts_tag = rest[1..]
                .starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!' || c == '?');
            if !starts_tag {
                self.text.push('<');
                rest = &rest[1..];
                continue;
            }
            let end = tag_end(rest).ok_or_else(|| cut("a tag does not end"))?;
            let tag = &rest[1..end];
            rest = &rest[end + 1..];
            let name = tag_name(tag);
            let opens = !tag.starts_with('/');
            if opens
                && matches!(
                    name.as_str(),
                    "script" | "style" | "template" | "noscript" | "textarea"
                )
            {
                let close = format!("</{name}");
                let end = rest.to_ascii_lowercase().find(&close).unwrap_or(rest.len());
                if rest[..end] != *STYLE {
                    self.push(Part::HiddenText, &name, &rest[..end]);
                }
                rest = &rest[end..];
                continue;
            }
            match tag.strip_prefix('/') {
                Some(_) => self.close(&name),
                None => self.open(&name, tag),
            }
        }
        self.text.push_str(&decode_entities(rest));
        Ok(())
    }

    fn open(&mut self, name: &str, tag: &str) {
        let attributes = attributes(tag);
        let value = |wanted: &str| {
            attributes
                .iter()
                .find(|(n, _)| n == wanted)
                .map(|(_, v)| v.as_str())
        };
        if BLOCKS.contains(&name) {
            self.flush();
            self.blocks += 1;
        } else if matches!(name, "br" | "hr") {
            self.text.push('\n');
        }
        for (attribute, value) in &attributes {
            match attribute.as_str() {
                "alt" | "title" | "aria-label" | "summary" => {
                    self.push(Part::AltText, attribute, value);
                }
                "href" if !value.starts_with('#') => self.push(Part::Link, attribute, value),
                "src" if !value.starts_with("data:image/") => {
                    self.push(Part::Link, attribute, value);
                }
                "content" => {
                    if !matches!(value.as_str(), "width=device-width, initial-scale=1") {
                        self.push(Part::Property, "meta", value);
                    }
                }
                "lang" | "charset" | "id" | "scope" | "class" | "width" | "height" | "colspan"
                | "rowspan" | "type" | "start" | "href" | "src" | "name" | "role" | "rel"
                | "hidden" | "xmlns" | "xmlns:epub" | "xml:lang" | "epub:type" => {}
                _ => self.push(Part::HiddenText, attribute, value),
            }
        }
        let style = value("style")
            .unwrap_or("")
            .replace(' ', "")
            .to_ascii_lowercase();
        let conceals = value("hidden").is_some()
            || style.contains("display:none")
            || style.contains("visibility:hidden");
        if conceals && !is_void(name) {
            self.flush();
            self.hidden.push(name.to_owned());
        }
        match name {
            "title" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.part = Some(Part::Title),
            "table" => self.tables.push(Grid::default()),
            "thead" | "tbody" => {
                if let Some(grid) = self.tables.last_mut() {
                    grid.in_head = name == "thead";
                }
            }
            "tr" => {
                if let Some(grid) = self.tables.last_mut() {
                    grid.next_row();
                }
            }
            "td" | "th" => {
                let number = |n: &str| {
                    value(n)
                        .and_then(|v| v.parse().ok())
                        .unwrap_or(1_usize)
                        .clamp(1, 1000)
                };
                let (columns, rows) = (number("colspan"), number("rowspan"));
                if let Some(grid) = self.tables.last_mut() {
                    grid.open_cell(columns, rows, name == "th");
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if BLOCKS.contains(&name) {
            self.flush();
        }
        if self.hidden.last().is_some_and(|open| open == name) {
            self.flush();
            self.hidden.pop();
        }
        match name {
            "title" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.part = None,
            "table" => {
                self.tables.pop();
            }
            "td" | "th" => {
                if let Some(grid) = self.tables.last_mut() {
                    grid.close_cell();
                }
            }
            _ => {}
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let place = format!("block {}", self.blocks);
        let mut unit = TextUnit::new(self.part.unwrap_or(Part::Body), place, text);
        if let Some(grid) = self.tables.last_mut()
            && let Some((column, _, header)) = grid.cell
        {
            if !grid.seen.is_empty() {
                grid.seen.push(' ');
            }
            grid.seen.push_str(text);
            let at = format!(
                "block {}, row {}, column {}",
                self.blocks,
                grid.row,
                column + 1
            );
            unit.place = Place::new(Part::TableCell, at);
            if !(grid.in_head || header && grid.row == 1) {
                unit.labels.extend(grid.headers.get(column).cloned());
                unit.labels.push(grid.row_label.clone());
                unit.labels.retain(|label| !label.is_empty());
            }
        }
        if !self.hidden.is_empty() {
            unit.place.part = Part::HiddenText;
        }
        self.units.push(unit);
    }

    fn push(&mut self, part: Part, what: &str, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            let at = format!("block {}, {what}", self.blocks);
            self.units.push(TextUnit::new(part, at, text));
        }
    }
}

impl Grid {
    fn next_row(&mut self) {
        self.close_cell();
        self.row += 1;
        self.column = 0;
        self.row_label.clear();
        self.covered
            .iter_mut()
            .for_each(|rows| *rows = rows.saturating_sub(1));
    }

    fn open_cell(&mut self, columns: usize, rows: usize, header: bool) {
        self.close_cell();
        while self.covered.get(self.column).is_some_and(|rows| *rows > 0) {
            self.column += 1;
        }
        let first = self.column;
        self.column += columns;
        if self.column > 100_000 {
            return;
        }
        if self.covered.len() < self.column {
            self.covered.resize(self.column, 0);
            self.headers.resize(self.column, String::new());
        }
        self.covered[first..self.column].fill(rows);
        self.cell = Some((first, columns, header));
        self.seen.clear();
    }

    fn close_cell(&mut self) {
        let Some((first, columns, _)) = self.cell.take() else {
            return;
        };
        let mut text = std::mem::take(&mut self.seen);
        text.truncate(text.floor_char_boundary(300));
        if self.in_head || self.row == 1 {
            for header in &mut self.headers[first..first + columns] {
                if header.len() > 300 {
                    continue;
                }
                if !header.is_empty() && !text.is_empty() {
                    header.push_str(" / ");
                }
                header.push_str(&text);
            }
        } else if first == 0 {
            self.row_label = text;
        }
    }
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "hr"
            | "img"
            | "input"
            | "meta"
            | "link"
            | "col"
            | "wbr"
            | "source"
            | "area"
            | "base"
            | "embed"
            | "track"
    )
}

/// The `>` that ends a tag; quotes hold it back.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '>') => return Some(at),
            _ => {}
        }
    }
    None
}

fn tag_name(tag: &str) -> String {
    let tag = tag.strip_prefix('/').unwrap_or(tag);
    let name = tag
        .split(|c: char| c.is_whitespace() || c == '/')
        .next()
        .unwrap_or("");
    name.to_ascii_lowercase()
}

fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut rest = tag.trim_start_matches(|c: char| !c.is_whitespace());
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return out;
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '=')
            .unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            if !name.is_empty() {
                out.push((name, String::new()));
            }
            continue;
        };
        let value = value.trim_start();
        let (value, after) = if let Some(quote @ ('"' | '\'')) = value.chars().next() {
            let value = &value[1..];
            let end = value.find(quote).unwrap_or(value.len());
            (&value[..end], value.get(end + 1..).unwrap_or(""))
        } else {
            let end = value.find(char::is_whitespace).unwrap_or(value.len());
            (&value[..end], &value[end..])
        };
        out.push((name, decode_entities(value)));
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> Vec<(Part, String, Vec<String>)> {
        let units = units_of_html(text.as_bytes()).unwrap();
        units
            .into_iter()
            .map(|u| (u.place.part, u.text, u.labels))
            .collect()
    }

    #[test]
    fn nothing_in_html_is_passed_over() {
        let units = html(
            "<title>T</title><p title='tip'>a<b>b</b> &amp; &#233;<!-- c --><img alt=\"x\" src=\"y.png\">\
             <a href=\"https://example.org\">go</a></p><script>s</script><p hidden>h</p><p style='display: none'>n</p>",
        );
        let find = |text: &str| units.iter().find(|u| u.1 == text).map(|u| u.0);
        assert_eq!(find("T"), Some(Part::Title));
        assert_eq!(find("tip"), Some(Part::AltText));
        assert_eq!(find("ab & égo"), Some(Part::Body));
        assert_eq!(find("c"), Some(Part::HiddenText));
        assert_eq!(find("x"), Some(Part::AltText));
        assert_eq!(find("y.png"), Some(Part::Link));
        assert_eq!(find("https://example.org"), Some(Part::Link));
        assert_eq!(find("s"), Some(Part::HiddenText));
        assert_eq!(find("h"), Some(Part::HiddenText));
        assert_eq!(find("n"), Some(Part::HiddenText));
    }

    #[test]
    fn cells_carry_their_headers() {
        let units = html(
            "<table><thead><tr><th rowspan=2>Name</th><th colspan=2>Ids</th></tr><tr><th>SIN</th><th>Phone</th></tr></thead>\
             <tbody><tr><th>Ann</th><td>1</td><td>2</td></tr></tbody></table>",
        );
        let labels = |text: &str| units.iter().find(|u| u.1 == text).unwrap().2.clone();
        assert_eq!(labels("1"), ["Ids / SIN", "Ann"]);
        assert_eq!(labels("2"), ["Ids / Phone", "Ann"]);
    }

    #[test]
    fn cut_html_is_an_error() {
        for bad in ["<p", "<!-- x", "<p title=\">"] {
            assert!(units_of_html(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(units_of_html(b"\xFF").is_err());
        assert_eq!(html("a < b"), [(Part::Body, "a < b".into(), vec![])]);
    }

    #[test]
    fn markdown_reads_as_text() {
        let units = units_of_markdown(
            b"# T\n\n046\\-454 **bold** [x](https://example.org)\n\n| SIN | B |\n| --- | --- |\n| 1\\|2 | 3 |\n",
        )
        .unwrap();
        let texts: Vec<&str> = units.iter().map(|u| u.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "T",
                "https://example.org",
                "046-454 bold [x](https://example.org)",
                "SIN",
                "B",
                "1|2",
                "3"
            ]
        );
        assert_eq!(units[5].labels, ["SIN"]);
        assert_eq!(units[6].labels, ["B", "1|2"]);
    }
}
