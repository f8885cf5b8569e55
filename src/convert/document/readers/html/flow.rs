//! From tokens to blocks: the stack of open elements, lines, what is hidden.

use std::collections::{BTreeMap, HashMap};

use super::{
    super::{
        super::{Block, BlockKind, DocumentError, Image, Inline, Marker, TextStyle, is_visible},
        draft::{Beside, Draft, push_text, squeeze, trim_line},
        markdown::data_uri,
        tree::{Shape, Tree},
    },
    Page,
    css::{self, Hiding},
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

    fn is_hidden(&self, name: &str, attributes: &Attributes) -> bool {
        let get = |name: &str| attributes.get(name).map(String::as_str);
        get("hidden").is_some()
            || get("aria-hidden").is_some_and(|value| value.eq_ignore_ascii_case("true"))
            || (name == "dialog" && get("open").is_none())
            || get("style").is_some_and(css::hides)
            || self.hiding.takes(name, get("class"), get("id"))
            || self.is_white(attributes)
    }

    /// White text where nothing says that the background is another colour.
    fn is_white(&self, attributes: &Attributes) -> bool {
        let get = |name: &str| attributes.get(name).map(String::as_str);
        let white = |value: &str| {
            matches!(
                value.trim().to_ascii_lowercase().as_str(),
                "white" | "#fff" | "#ffffff" | "rgb(255,255,255)"
            )
        };
        let style = get("style").unwrap_or("");
        let coloured = style.split(';').any(|declaration| {
            declaration
                .split_once(':')
                .is_some_and(|(n, v)| n.trim().eq_ignore_ascii_case("color") && white(v))
        });
        (coloured || get("color").is_some_and(white))
            && !style.contains("background")
            && get("class").is_none()
            && !self.coloured_around()
    }

    /// True when an element around may have a background of its own.
    fn coloured_around(&self) -> bool {
        self.is_open("table")
            || self.open.iter().any(|e| e.name.starts_with("v:"))
            || self.page.coloured
    }

    /// Attributes that carry words or addresses, of elements shown or not.
    fn side_matters(&mut self, name: &str, attributes: &Attributes) {
        for (key, value) in attributes {
            if value.trim().is_empty() {
                continue;
            }
            let place = self.draft.here(Part::HiddenText);
            match key.as_str() {
                "title" | "aria-label" | "aria-description" => self.draft.hide(value, place),
                "bgcolor" => self.page.coloured = true,
                "style" => self.page.coloured |= value.contains("background"),
                "background" | "poster" | "action" | "formaction" | "manifest" | "longdesc"
                | "cite" => {
                    self.draft.external(value, place, key);
                }
                "srcset" => self.draft.external(value, place, name),
                "src" | "data" | "code" if !matches!(name, "img" | "input") => {
                    self.draft.external(value, place, name);
                }
                "href" if name != "a" => self.draft.external(value, place, name),
                _ if key.starts_with("on") => {
                    self.draft.document.hidden.macros += 1;
                    self.draft.instruction(value, place, "script");
                }
                _ if key.starts_with("data-") || key == "srcdoc" => {
                    self.draft.instruction(value, place, key);
                }
                _ => {}
            }
        }
        if name == "meta"
            && let (Some(key), Some(value)) = (
                attributes
                    .get("name")
                    .or_else(|| attributes.get("property"))
                    .or_else(|| attributes.get("http-equiv")),
                attributes.get("content"),
            )
        {
            let harmless = matches!(
                key.to_ascii_lowercase().as_str(),
                "viewport"
                    | "content-type"
                    | "generator"
                    | "x-ua-compatible"
                    | "progid"
                    | "originator"
            );
            if !harmless {
                self.draft.property(key, value, true);
            }
        }
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

    fn image(&mut self, attributes: &Attributes, unseen: bool) {
        let get = |name: &str| attributes.get(name).map(String::as_str);
        let source = get("src").unwrap_or("").trim();
        let alt = get("alt").map(squeeze).filter(|alt| !alt.is_empty());
        let tiny = |key: &str| matches!(get(key).map(str::trim), Some("0" | "1" | "0px" | "1px"));
        if unseen || (tiny("width") && tiny("height")) {
            let place = self.draft.here(Part::HiddenText);
            if !source.starts_with("data:") {
                self.draft.external(source, place.clone(), "picture");
            }
            self.draft.hide(&alt.unwrap_or_default(), place);
            return;
        }
        let beside = source
            .get(..4)
            .filter(|scheme| scheme.eq_ignore_ascii_case("cid:"))
            .map(|_| source[4..].trim_matches(['<', '>']).to_owned());
        let bytes = match &beside {
            Some(id) => self.beside.get(id).cloned(),
            None => data_uri(source),
        };
        let inline = match bytes {
            Some(bytes) => {
                let at = self.draft.next_picture();
                let asset = self.draft.keep_image(&bytes, &at);
                if asset.is_some() {
                    self.page.shown.extend(beside);
                }
                Inline::Image(Image {
                    asset,
                    decorative: alt.is_none()
                        && (get("alt").is_some() || get("role") == Some("presentation")),
                    alt,
                    at,
                })
            }
            None => self.draft.linked_image(source, alt),
        };
        self.line.push(inline);
        self.blank = false;
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.hidden() {
            if self.unseen.len() + text.len() > KEPT_BYTES && !self.unseen.is_empty() {
                // A long text is kept in pieces.
                let name = self.open.last().map_or(String::new(), |e| e.name.clone());
                if name != "style" && name != "script" {
                    let piece = std::mem::take(&mut self.unseen);
                    let place = self.draft.here(Part::HiddenText);
                    self.draft.hide(&piece, place);
                }
            }
            self.unseen.push_str(text);
            return;
        }
        let (style, language, line) = match self.open.last() {
            Some(element) => (element.style, element.language.clone(), element.line),
            None => (TextStyle::default(), None, Line::Text),
        };
        if let Some(language) = &language {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            *self.languages.entry(language.clone()).or_insert(0) += letters;
        }
        if line == Line::Code {
            push_text(
                &mut self.line,
                text,
                TextStyle::default(),
                language.as_deref(),
            );
            return;
        }
        let mut out = String::with_capacity(text.len());
        let mut blank = self.blank;
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0C') {
                if !blank {
                    out.push(' ');
                }
                blank = true;
            } else if c != '\u{FEFF}' && c != '\0' {
                out.push(c);
                blank = false;
            }
        }
        self.blank = blank;
        push_text(&mut self.line, &out, style, language.as_deref());
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

    /// Ends the link at hand, whose content becomes part of the line; gives its target and whether anything was seen.
    fn end_link(&mut self) -> Option<(String, bool)> {
        let OpenLink {
            target,
            outer,
            seen,
        } = self.link.take()?;
        let content = std::mem::replace(&mut self.line, outer);
        if !is_visible(&content) {
            self.line.extend(content);
            return Some((target, seen));
        }
        let link = Inline::Link {
            target: target.clone(),
            content,
        };
        self.line.push(link);
        Some((target, true))
    }

    /// Ends the line at hand as the elements around say.
    fn flush(&mut self) -> Result<(), DocumentError> {
        self.flush_as(self.current_line(), false)
    }

    fn flush_as(&mut self, kind: Line, of_table: bool) -> Result<(), DocumentError> {
        // A link over several blocks is a link in each of them.
        let link = self.end_link();
        let mut line = std::mem::take(&mut self.line);
        self.blank = true;
        self.link = link.map(|(target, seen)| OpenLink {
            target,
            outer: Vec::new(),
            seen,
        });
        if kind == Line::Code {
            return self.code(line);
        }
        trim_line(&mut line);
        if !is_visible(&line) {
            // Places that links lead to wait for the next line.
            line.retain(|inline| matches!(inline, Inline::Anchor(_)));
            match &mut self.link {
                Some(link) => link.outer = line,
                None => self.line = line,
            }
            return Ok(());
        }
        if of_table {
            match self.tree.caption(line) {
                Ok(()) => return Ok(()),
                Err(back) => line = back,
            }
        }
        self.draft.count_block()?;
        let block = match kind {
            Line::Heading(level) => Block {
                at: self.draft.next_heading(),
                kind: BlockKind::Heading {
                    level,
                    label: None,
                    content: line,
                },
            },
            Line::Caption => Block {
                at: self.draft.next_paragraph(),
                kind: BlockKind::Caption(line),
            },
            _ => Block {
                at: self.draft.next_paragraph(),
                kind: paragraph(line),
            },
        };
        self.tree.add(block);
        Ok(())
    }

    fn code(&mut self, line: Vec<Inline>) -> Result<(), DocumentError> {
        let only_text = line
            .iter()
            .all(|inline| matches!(inline, Inline::Text { .. } | Inline::Anchor(_)));
        let kind = if only_text {
            let mut code = String::new();
            for inline in &line {
                if let Inline::Text { text, .. } = inline {
                    code.push_str(text);
                }
            }
            let code = code.trim_matches(['\n', '\r']).to_owned();
            if code.trim().is_empty() {
                return Ok(());
            }
            BlockKind::Code(code)
        } else {
            BlockKind::Paragraph(line)
        };
        self.draft.count_block()?;
        let at = self.draft.next_paragraph();
        self.tree.add(Block { kind, at });
        Ok(())
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

/// Images that stand alone are figures.
fn paragraph(line: Vec<Inline>) -> BlockKind {
    let alone = line.iter().all(|inline| match inline {
        Inline::Image(_) | Inline::Break | Inline::Anchor(_) => true,
        Inline::Text { text, .. } => text.trim().is_empty(),
        _ => false,
    });
    if !alone {
        return BlockKind::Paragraph(line);
    }
    let images = line.into_iter().filter_map(|inline| match inline {
        Inline::Image(image) => Some(image),
        _ => None,
    });
    BlockKind::Figure {
        images: images.collect(),
        caption: None,
    }
}
