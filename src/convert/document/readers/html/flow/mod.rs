//! From tokens to blocks: the stack of open elements, lines, what is hidden.

mod lines;
mod sides;

use std::collections::{BTreeMap, HashMap};

use super::{
    super::{
        super::{DocumentError, Inline, Marker, TextStyle},
        draft::{Beside, Draft, squeeze},
        tree::{Shape, Tree},
    },
    Page,
    css::Hiding,
    elements::{
        heading, inline_style, is_barrier, is_block, is_formatting, is_unseen, is_void, joined,
        style_of,
    },
};
use crate::{bilingual, domain::Part};

/// Elements within each other; browsers stop at 512.
const MOST_OPEN: usize = 2048;
/// Bytes of an unseen element that are kept as one text.
const KEPT_BYTES: usize = 1 << 20;

pub(super) type Attributes = BTreeMap<String, String>;

/// What the lines within an element become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Text,
    Heading(u8),
    Caption,
    Code,
}

struct Element {
    name: String,
    own_style: TextStyle,
    own_line: Option<Line>,
    own_language: Option<String>,
    /// True when it hides what is in it.
    hides: bool,
    /// Frames of the tree that close with it.
    frames: usize,
    /// True for a link that closes with it.
    link: bool,
    style: TextStyle,
    line: Line,
    language: Option<String>,
    hidden: bool,
}

/// The link being read.
struct OpenLink {
    target: String,
    /// The line before it.
    outer: Vec<Inline>,
    /// True when something of it was seen in an earlier line.
    seen: bool,
}

pub(super) struct Flow<'a> {
    draft: &'a mut Draft,
    beside: &'a Beside,
    tree: Tree,
    open: Vec<Element>,
    /// How many elements of each name are open.
    names: HashMap<String, usize>,
    line: Vec<Inline>,
    link: Option<OpenLink>,
    /// True when a blank at this place would show nothing.
    blank: bool,
    /// Text of the hidden or unseen elements at hand.
    unseen: String,
    hiding: Hiding,
    /// Letters per language.
    languages: BTreeMap<String, usize>,
    page: Page,
    in_head_row: bool,
}

impl<'a> Flow<'a> {
    pub(super) fn new(draft: &'a mut Draft, beside: &'a Beside) -> Self {
        Self {
            tree: Tree::new(draft.limits.nesting),
            draft,
            beside,
            open: Vec::new(),
            names: HashMap::new(),
            line: Vec::new(),
            link: None,
            blank: true,
            unseen: String::new(),
            hiding: Hiding::default(),
            languages: BTreeMap::new(),
            page: Page::default(),
            in_head_row: false,
        }
    }

    pub(super) fn start(
        &mut self,
        name: &str,
        attributes: &Attributes,
        self_closing: bool,
    ) -> Result<(), DocumentError> {
        self.implied_ends(name)?;
        if is_block(name) {
            self.flush()?;
        }
        self.side_matters(name, attributes);
        if is_void(name) {
            return self.void(name, attributes);
        }
        if self.open.len() >= MOST_OPEN {
            return Err(DocumentError::limit("levels", MOST_OPEN as u64));
        }
        let hides = is_unseen(name) || self.is_hidden(name, attributes);
        let style = attributes.get("style").map(String::as_str);
        let mut element = Element {
            name: name.to_owned(),
            own_style: joined(style_of(name), style.map(inline_style).unwrap_or_default()),
            own_line: line_of(name),
            own_language: language(attributes),
            hides,
            frames: 0,
            link: false,
            style: TextStyle::default(),
            line: Line::Text,
            language: None,
            hidden: false,
        };
        if !hides && !self.hidden() {
            self.enter(&mut element, attributes);
        }
        self.push(element);
        // Foreign elements close themselves; in HTML the slash means nothing.
        if self_closing && (self.is_open("svg") || self.is_open("math") || name.contains(':')) {
            self.end(name)?;
        }
        Ok(())
    }

    /// Frames and links that come with an element.
    fn enter(&mut self, element: &mut Element, attributes: &Attributes) {
        let get = |name: &str| attributes.get(name).map(String::as_str);
        let frames = self.tree.open();
        match element.name.as_str() {
            "blockquote" => self.tree.open_quote(),
            "ul" | "menu" | "dir" => self.tree.open_list(Marker::Bullet, 1),
            "ol" => {
                let marker = match get("type") {
                    Some("a") => Marker::LowerAlpha,
                    Some("A") => Marker::UpperAlpha,
                    Some("i") => Marker::LowerRoman,
                    Some("I") => Marker::UpperRoman,
                    _ => Marker::Decimal,
                };
                self.tree
                    .open_list(marker, number(get("start")).unwrap_or(1));
            }
            "li" => self.tree.open_item(number(get("value")), None),
            "table" => {
                let layout = matches!(get("role"), Some("presentation" | "none"));
                let summary = get("summary").map(squeeze).filter(|text| !text.is_empty());
                self.tree.open_table(self.draft, layout, summary);
                self.in_head_row = false;
            }
            "thead" => self.in_head_row = true,
            "tbody" | "tfoot" => self.in_head_row = false,
            "tr" => self.tree.begin_row(self.in_head_row),
            "td" | "th" => self.tree.open_cell(Shape {
                columns: number(get("colspan")).map_or(1, u64::from),
                rows: number(get("rowspan"))
                    .and_then(|rows| usize::try_from(rows).ok())
                    // Nought means: to the end of the table.
                    .map_or(1, |rows| if rows == 0 { usize::MAX } else { rows }),
                header: element.name == "th",
                shaded: get("bgcolor").is_some(),
            }),
            "a" => {
                let target = get("href").map(str::trim).filter(|t| !t.is_empty());
                if let (Some(target), None) = (target, &self.link) {
                    let outer = std::mem::take(&mut self.line);
                    self.link = Some(OpenLink {
                        target: target.to_owned(),
                        outer,
                        seen: false,
                    });
                    element.link = true;
                }
            }
            _ => {}
        }
        for key in ["id", "name"] {
            if let Some(anchor) = get(key).filter(|_| key == "id" || element.name == "a")
                && !anchor.is_empty()
            {
                self.line.push(Inline::Anchor(anchor.to_owned()));
            }
        }
        element.frames = self.tree.open().saturating_sub(frames);
    }

    fn push(&mut self, mut element: Element) {
        let around = self.open.last();
        let plain = TextStyle::default();
        element.style = joined(around.map_or(plain, |e| e.style), element.own_style);
        element.line = element
            .own_line
            .unwrap_or_else(|| around.map_or(Line::Text, |e| e.line));
        element.language = element
            .own_language
            .clone()
            .or_else(|| around.and_then(|e| e.language.clone()));
        element.hidden = element.hides || around.is_some_and(|e| e.hidden);
        *self.names.entry(element.name.clone()).or_insert(0) += 1;
        self.open.push(element);
    }

    fn is_open(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(|count| *count > 0)
    }

    fn hidden(&self) -> bool {
        self.open.last().is_some_and(|element| element.hidden)
    }

    pub(super) fn end(&mut self, name: &str) -> Result<(), DocumentError> {
        if name == "br" {
            return self.void("br", &Attributes::new());
        }
        if !self.is_open(name) || is_void(name) {
            return Ok(());
        }
        let table_part = matches!(
            name,
            "table" | "td" | "th" | "tr" | "thead" | "tbody" | "tfoot" | "caption" | "template"
        );
        // An end tag of running text does not reach through a block, and nothing but its own parts ends a table.
        let through = is_block(name) || is_formatting(name);
        let found = self.open.iter().rposition(|element| {
            element.name == name
                || (!table_part && is_barrier(&element.name))
                || (name != "table" && table_part && element.name == "table")
                || (!through && is_block(&element.name))
        });
        match found {
            Some(index) if self.open[index].name == name => self.close(index),
            _ => Ok(()),
        }
    }

    /// Ends the element at this index, and what is open within it.
    fn close(&mut self, index: usize) -> Result<(), DocumentError> {
        let mut kept = Vec::new();
        let whole = self.open.get(index).is_some_and(|e| {
            is_barrier(&e.name) || matches!(e.name.as_str(), "tr" | "thead" | "tbody" | "tfoot")
        });
        while self.open.len() > index {
            let last = self.open.len() - 1;
            let Some(element) = self.open.pop() else {
                break;
            };
            if let Some(count) = self.names.get_mut(&element.name) {
                *count = count.saturating_sub(1);
            }
            // Formatting goes on behind the block it was opened in.
            if last > index && !whole && is_formatting(&element.name) && !element.link {
                kept.push(element);
                continue;
            }
            self.leave(&element)?;
        }
        while let Some(element) = kept.pop() {
            self.push(element);
        }
        Ok(())
    }

    fn leave(&mut self, element: &Element) -> Result<(), DocumentError> {
        if element.hidden {
            if !self.hidden() {
                self.keep_unseen(&element.name);
            }
            if !element.hides {
                // Nothing was opened for it.
                return Ok(());
            }
        }
        if element.link
            && let Some((target, false)) = self.end_link()
        {
            let place = self.draft.here(Part::HiddenText);
            self.draft.external(&target, place, "empty link");
        }
        if is_block(&element.name) {
            self.flush_as(element.line, element.name == "caption")?;
        }
        if matches!(element.name.as_str(), "thead" | "table") {
            self.in_head_row = false;
        }
        for _ in 0..element.frames {
            self.tree.close(self.draft)?;
        }
        Ok(())
    }

    /// Keeps what stood in an unseen element in its proper place.
    fn keep_unseen(&mut self, name: &str) {
        let text = std::mem::take(&mut self.unseen);
        let place = self.draft.here(Part::HiddenText);
        match name {
            "title" => {
                let title = squeeze(&text);
                if self.page.title.is_none() && !title.is_empty() && !self.is_open("svg") {
                    self.draft.property("title", &title, false);
                    self.page.title = Some(title);
                } else {
                    self.draft.hide(&title, place);
                }
            }
            "style" => {
                self.hiding.read(&text);
                self.draft.instruction(&text, place, "style sheet");
            }
            "script" => {
                if !text.trim().is_empty() {
                    self.draft.document.hidden.macros += 1;
                }
                self.draft.instruction(&text, place, "script");
            }
            _ => self.draft.hide(&text, place),
        }
    }

    /// Ends what a start tag ends (HTML, 13.1.2.4).
    fn implied_ends(&mut self, name: &str) -> Result<(), DocumentError> {
        let (ends, stops): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "menu", "dir", "table", "td", "th"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl", "table", "td", "th"]),
            "td" | "th" => (&["td", "th", "caption"], &["table"]),
            "tr" => (&["tr", "caption", "td", "th"], &["table"]),
            "thead" | "tbody" | "tfoot" => (
                &["thead", "tbody", "tfoot", "tr", "td", "th", "caption"],
                &["table"],
            ),
            "option" | "optgroup" => (&["option"], &["select", "datalist"]),
            "body" => (&["head"], &[]),
            "a" => (&["a"], &["table", "td", "th"]),
            _ if heading(name).is_some() => (
                &["h1", "h2", "h3", "h4", "h5", "h6"],
                &["table", "td", "th", "div", "section", "li"],
            ),
            _ => (&[], &[]),
        };
        // The outermost of them up to the barrier, so that a row takes its cell along.
        if ends.iter().any(|end| self.is_open(end)) {
            let mut found = None;
            for (index, element) in self.open.iter().enumerate().rev() {
                if ends.contains(&element.name.as_str()) {
                    found = Some(index);
                    if !matches!(name, "tr" | "thead" | "tbody" | "tfoot") {
                        break;
                    }
                } else if stops.contains(&element.name.as_str()) {
                    break;
                }
            }
            if let Some(index) = found {
                self.close(index)?;
            }
        }
        if is_block(name) && self.is_open("p") {
            let found = self
                .open
                .iter()
                .rposition(|e| e.name == "p" || is_barrier(&e.name) || e.name == "button");
            if let Some(index) = found
                && self.open[index].name == "p"
            {
                self.close(index)?;
            }
        }
        Ok(())
    }

    fn void(&mut self, name: &str, attributes: &Attributes) -> Result<(), DocumentError> {
        let get = |name: &str| attributes.get(name).map(String::as_str);
        let unseen = self.hidden() || self.is_hidden(name, attributes);
        match name {
            "br" if unseen => self.unseen.push('\n'),
            "br" if self.current_line() == Line::Code => self.text("\n"),
            "br" => {
                self.line.push(Inline::Break);
                self.blank = true;
            }
            "hr" => self.flush()?,
            "input" => {
                let kind = get("type").unwrap_or("text").to_ascii_lowercase();
                let value = get("value").unwrap_or("");
                if kind == "hidden" || kind == "password" || unseen {
                    let place = self.draft.here(Part::HiddenText);
                    let name = get("name").unwrap_or("");
                    self.draft.hide(&format!("{name} {value}"), place);
                } else if kind == "checkbox" || kind == "radio" {
                    let mark = if get("checked").is_some() {
                        "☑ "
                    } else {
                        "☐ "
                    };
                    self.text(mark);
                } else {
                    self.text(&format!(" {value} "));
                }
            }
            "img" => self.image(attributes, unseen),
            _ => {}
        }
        Ok(())
    }

    /// Comments are hidden content; markup for other programs within them is not read.
    pub(super) fn comment(&mut self, text: &str) {
        let place = self.draft.here(Part::HiddenText);
        let text = text.trim();
        // What Word and Outlook wrap around their own markup says nothing.
        if text.starts_with("[if ") && text.contains("<![endif]") {
            self.draft.instruction(text, place, "conditional comment");
        } else if !matches!(
            text,
            "[endif]" | "<![endif]" | "[if !mso]><!" | "<![endif]--"
        ) && !text.starts_with("[if !")
            && !text.starts_with("StartFragment")
            && !text.starts_with("EndFragment")
        {
            self.draft.hide(text, place);
        }
    }

    fn current_line(&self) -> Line {
        self.open.last().map_or(Line::Text, |element| element.line)
    }

    pub(super) fn finish(mut self) -> Result<Page, DocumentError> {
        if !self.open.is_empty() {
            self.close_all()?;
        }
        self.end_link();
        self.flush()?;
        if self.hiding.unsure {
            let place = self.draft.here(Part::Package);
            self.draft.warn(
                "style_may_hide",
                bilingual!(
                    "A style sheet hides parts of the page by rules that are not understood. Check that the output shows nothing that the page does not.",
                    "Une feuille de style masque des parties de la page par des règles qui ne sont pas comprises. Vérifiez que la sortie ne montre rien que la page ne montre pas."
                ),
                place,
            );
        }
        let mut blocks = self.tree.finish(self.draft)?;
        super::super::docx::tidy::merge_runs_of_blocks(&mut blocks);
        self.page.blocks = blocks;
        self.page.language = self
            .languages
            .into_iter()
            .max_by_key(|(_, letters)| *letters)
            .map(|(language, _)| language);
        Ok(self.page)
    }

    fn close_all(&mut self) -> Result<(), DocumentError> {
        while let Some(element) = self.open.pop() {
            self.leave(&element)?;
        }
        Ok(())
    }
}

fn line_of(name: &str) -> Option<Line> {
    match name {
        "pre" | "listing" | "xmp" | "plaintext" | "textarea" => Some(Line::Code),
        "caption" | "figcaption" => Some(Line::Caption),
        "td" | "th" | "li" | "blockquote" | "table" => Some(Line::Text),
        _ => heading(name).map(Line::Heading),
    }
}

fn language(attributes: &Attributes) -> Option<String> {
    let tag = attributes
        .get("lang")
        .or_else(|| attributes.get("xml:lang"))?;
    let tag = tag.trim();
    let sound = (2..=35).contains(&tag.len())
        && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && tag.starts_with(|c: char| c.is_ascii_alphabetic());
    sound.then(|| tag.to_owned())
}

fn number(text: Option<&str>) -> Option<u32> {
    text?.trim().parse().ok()
}
