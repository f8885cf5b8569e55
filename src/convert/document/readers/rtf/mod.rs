//! Rich text (Rich Text Format Specification 1.9.1), as Word, LibreOffice and Outlook write it.
//!
//! Tokens change the state of the group at hand; groups are a stack of bounded depth, so nothing recurses. Rule that must
//! hold: hidden and deleted text, comments, unknown groups and what follows the end go to hidden content.

mod groups;
mod names;
mod story;
mod token;
mod words;

use std::{collections::BTreeMap, io::Read};

use encoding_rs::Encoding;

use super::{
    super::{Block, Document, DocumentError, ReadOptions, TextStyle},
    codepage,
    draft::Draft,
    text::whole,
};
use crate::domain::Part;
use groups::{Capture, Dest, Field};
use names::Role;
use story::{Kind, RowDef, Story};
use token::{Token, Tokens};

/// Groups within each other.
const MOST_GROUPS: usize = 2_000;
/// Fonts, styles and lists that a file may define, each.
const MOST_DEFINITIONS: usize = 20_000;

/// Reads an RTF file.
///
/// # Errors
/// [`DocumentError`] when the file is damaged or beyond the limits.
pub(super) fn read_rtf(
    input: &mut impl Read,
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let bytes = whole(input, options.limits.part_bytes)?;
    let mut draft = Draft::new(options.limits);
    let (blocks, language) = read_all(&bytes, &mut draft)?;
    let title = draft
        .document
        .hidden
        .properties
        .iter()
        .find(|property| property.name == "title")
        .map(|property| property.value.clone());
    Ok(draft.finish(blocks, language, title.as_deref()))
}

/// Reads an RTF body of a message.
///
/// # Errors
/// As [`read_rtf`].
pub(super) fn read_body(bytes: &[u8], draft: &mut Draft) -> Result<Vec<Block>, DocumentError> {
    read_all(bytes, draft).map(|(blocks, _)| blocks)
}

fn read_all(
    bytes: &[u8],
    draft: &mut Draft,
) -> Result<(Vec<Block>, Option<String>), DocumentError> {
    let mut reader = Reader {
        draft,
        groups: vec![Group::default()],
        stories: vec![Story::new(Kind::Body, 0)],
        captures: Vec::new(),
        fields: Vec::new(),
        bytes: Vec::new(),
        surrogate: None,
        skip: 0,
        starred: false,
        opened: false,
        default_page: 1252,
        default_font: 0,
        fonts: BTreeMap::new(),
        styles: BTreeMap::new(),
        lists: BTreeMap::new(),
        overrides: BTreeMap::new(),
        font_now: 0,
        style_now: Style::default(),
        style_number: Some(0),
        definition: String::new(),
        list_levels: Vec::new(),
        list_id: 0,
        revisers: Vec::new(),
        row: RowDef::default(),
        label: String::new(),
        comment_author: String::new(),
        shape_name: String::new(),
        picture: groups::Picture::default(),
        languages: BTreeMap::new(),
    };
    let mut tokens = Tokens::new(bytes);
    let mut closed = false;
    for token in tokens.by_ref() {
        reader.token(token)?;
        if reader.groups.len() == 1 && token == Token::Close {
            closed = true;
            break;
        }
    }
    reader.finish(closed, tokens.rest())
}

/// Looks and settings that a group inherits and takes back.
#[derive(Clone, Debug, Default)]
struct Group {
    dest: Dest,
    style: TextStyle,
    hidden: bool,
    deleted: bool,
    inserted: bool,
    /// Who deleted or inserted, by number.
    reviser: usize,
    font: Option<i32>,
    language: Option<&'static str>,
    /// How many characters stand for one `\u`.
    fallback: Option<usize>,
    paragraph: Paragraph,
}

#[derive(Clone, Debug, Default)]
struct Paragraph {
    style: i32,
    outline: Option<i32>,
    list: Option<i32>,
    level: u8,
    in_table: bool,
    depth: Option<usize>,
}

/// A style of the style sheet.
#[derive(Clone, Debug, Default)]
struct Style {
    name: String,
    outline: Option<i32>,
    based_on: Option<i32>,
}

struct Reader<'a> {
    draft: &'a mut Draft,
    groups: Vec<Group>,
    stories: Vec<Story>,
    captures: Vec<Capture>,
    fields: Vec<Field>,
    /// Bytes of text that are not decoded yet.
    bytes: Vec<u8>,
    surrogate: Option<u32>,
    /// Characters still to be passed over after `\u`.
    skip: usize,
    /// True after `\*`.
    starred: bool,
    /// True for the first word of a group.
    opened: bool,
    default_page: u32,
    default_font: i32,
    /// Code pages of fonts.
    fonts: BTreeMap<i32, u32>,
    styles: BTreeMap<i32, Style>,
    /// Number formats of list levels, by list.
    lists: BTreeMap<i32, Vec<i32>>,
    /// Lists by the number that paragraphs use.
    overrides: BTreeMap<i32, i32>,
    /// The font being defined.
    font_now: i32,
    /// The style being defined, its number unless it is one of characters, and its name or that of a reviewer.
    style_now: Style,
    style_number: Option<i32>,
    definition: String,
    /// The list being defined.
    list_levels: Vec<i32>,
    list_id: i32,
    revisers: Vec<String>,
    row: RowDef,
    /// The label of the list item at hand.
    label: String,
    comment_author: String,
    shape_name: String,
    picture: groups::Picture,
    /// Letters per language.
    languages: BTreeMap<&'static str, usize>,
}

impl Reader<'_> {
    fn token(&mut self, token: Token<'_>) -> Result<(), DocumentError> {
        match token {
            Token::Text(text) => {
                self.opened = false;
                let skipped = self.skip.min(text.len());
                self.skip -= skipped;
                self.raw(&text[skipped..]);
            }
            Token::Hex(byte) => {
                self.opened = false;
                if self.skip > 0 {
                    self.skip -= 1;
                } else {
                    self.raw(&[byte]);
                }
            }
            Token::Symbol(symbol) => {
                self.flush();
                self.symbol(symbol)?;
            }
            Token::Word("u", number) => {
                self.opened = false;
                self.unicode(number.unwrap_or(0));
            }
            Token::Word(word, number) => {
                self.flush();
                if self.skip > 0 {
                    self.skip -= 1;
                    return Ok(());
                }
                let first = std::mem::take(&mut self.opened);
                let starred = std::mem::take(&mut self.starred);
                self.word(word, number, first || starred, starred)?;
            }
            Token::Binary(bytes) => {
                self.flush();
                self.skip = self.skip.saturating_sub(1);
                if let Some(capture) = self.captures.last_mut() {
                    capture.binary(bytes);
                }
            }
            Token::Open => {
                self.flush();
                self.skip = 0;
                if self.groups.len() >= MOST_GROUPS {
                    return Err(DocumentError::limit("levels", MOST_GROUPS as u64));
                }
                let inherited = self.groups.last().cloned().unwrap_or_default();
                if inherited.dest == Dest::Styles {
                    self.begin_definition();
                }
                self.groups.push(inherited);
                self.opened = true;
                self.starred = false;
            }
            Token::Close => {
                self.flush();
                self.skip = 0;
                self.opened = false;
                self.starred = false;
                if self.groups.len() > 1 {
                    self.close_group()?;
                    self.groups.pop();
                }
            }
        }
        Ok(())
    }

    fn symbol(&mut self, symbol: u8) -> Result<(), DocumentError> {
        if symbol == b'*' {
            self.starred = true;
            return Ok(());
        }
        self.opened = false;
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        match symbol {
            b'~' => self.put("\u{A0}"),
            b'-' => self.put("\u{AD}"),
            b'_' => self.put("\u{2011}"),
            b'{' | b'}' | b'\\' => self.put(char::from(symbol).encode_utf8(&mut [0; 4])),
            b'\r' | b'\n' => self.end_paragraph()?,
            b'\t' => self.put("\t"),
            _ => {}
        }
        Ok(())
    }

    fn raw(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.surrogate = None;
        self.bytes.extend_from_slice(bytes);
    }

    /// Decodes what was collected, in the code page of the font at hand.
    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let text = self.encoding().decode_without_bom_handling(&bytes).0;
        self.put(&text);
    }

    fn encoding(&self) -> &'static Encoding {
        let font = self.group().font.unwrap_or(self.default_font);
        let page = self.fonts.get(&font).copied();
        codepage::encoding(page.unwrap_or(self.default_page))
    }

    fn unicode(&mut self, number: i32) {
        self.flush();
        self.skip = self.group().fallback.unwrap_or(1);
        // Numbers beyond 32767 are written as negative ones.
        let unit = number.rem_euclid(0x1_0000).unsigned_abs();
        match (self.surrogate.take(), unit) {
            (_, 0xD800..=0xDBFF) => self.surrogate = Some(unit),
            (Some(high), 0xDC00..=0xDFFF) => {
                let code = 0x1_0000 + ((high - 0xD800) << 10) + (unit - 0xDC00);
                self.put_char(char::from_u32(code));
            }
            _ => self.put_char(char::from_u32(unit)),
        }
    }

    fn put_char(&mut self, c: Option<char>) {
        let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
        if c != '\0' {
            self.put(c.encode_utf8(&mut [0; 4]));
        }
    }

    fn group(&self) -> &Group {
        // There is always the group around everything.
        self.groups
            .last()
            .expect("the outermost group never closes")
    }

    fn group_mut(&mut self) -> &mut Group {
        self.groups
            .last_mut()
            .expect("the outermost group never closes")
    }

    fn story(&mut self) -> &mut Story {
        self.stories.last_mut().expect("the body never closes")
    }

    /// Text goes where the group says.
    fn put(&mut self, text: &str) {
        let group = self.group();
        match group.dest {
            Dest::Skip | Dest::Fonts | Dest::Lists | Dest::Info | Dest::Shape => return,
            Dest::Styles | Dest::Revisers => {
                if self.definition.len() < 1000 {
                    self.definition.push_str(text);
                }
                return;
            }
            Dest::Text => {}
            Dest::Captured => {
                if let Some(capture) = self.captures.last_mut() {
                    capture.text(text);
                }
                return;
            }
        }
        let (style, language, reviser) = (group.style, group.language, group.reviser);
        let (hidden, deleted, inserted) = (group.hidden, group.deleted, group.inserted);
        if deleted {
            self.change(true, reviser, text);
            return;
        }
        if hidden {
            let place = self.draft.here(Part::HiddenText);
            self.draft.hide(text, place);
            return;
        }
        if inserted {
            self.change(false, reviser, text);
        }
        if let Some(language) = language {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            *self.languages.entry(language).or_insert(0) += letters;
        }
        story::put(self.story(), text, style, language);
    }

    /// The depth of tables that the paragraph at hand stands in.
    fn depth(&self) -> usize {
        let paragraph = &self.group().paragraph;
        match (paragraph.depth, paragraph.in_table) {
            (Some(depth), _) => depth,
            (None, true) => 1,
            (None, false) => 0,
        }
    }

    fn end_paragraph(&mut self) -> Result<(), DocumentError> {
        if self.group().dest != Dest::Text {
            return Ok(());
        }
        let depth = self.depth();
        self.end_paragraph_at(depth)
    }

    fn end_paragraph_at(&mut self, depth: usize) -> Result<(), DocumentError> {
        let paragraph = self.group().paragraph.clone();
        let role = self.role(&paragraph);
        let label = std::mem::take(&mut self.label);
        let mark = match (role, paragraph.list) {
            (Role::Heading(_), _) => None,
            (_, Some(list)) if list > 0 => {
                let format = self.format(list, paragraph.level);
                story::mark_of(&label, list, paragraph.level, format)
            }
            _ => story::mark_of(&label, -1, paragraph.level, None),
        };
        let story = self.stories.last_mut().expect("the body never closes");
        story.end_paragraph(role, mark, depth, self.draft)
    }

    fn format(&self, list: i32, level: u8) -> Option<i32> {
        let id = self.overrides.get(&list)?;
        self.lists.get(id)?.get(usize::from(level)).copied()
    }

    fn role(&self, paragraph: &Paragraph) -> Role {
        if let Some(level @ 0..=8) = paragraph.outline {
            return Role::Heading(u8::try_from(level + 1).unwrap_or(9));
        }
        let mut number = Some(paragraph.style);
        // Styles are based on each other; a ring of them ends here.
        for _ in 0..20 {
            let Some(style) = number.and_then(|number| self.styles.get(&number)) else {
                break;
            };
            let role = names::role(&style.name);
            if role != Role::Text {
                return role;
            }
            if let Some(level @ 0..=8) = style.outline {
                return Role::Heading(u8::try_from(level + 1).unwrap_or(9));
            }
            number = style.based_on;
        }
        Role::Text
    }

    fn finish(
        mut self,
        closed: bool,
        rest: &[u8],
    ) -> Result<(Vec<Block>, Option<String>), DocumentError> {
        self.flush();
        while self.groups.len() > 1 {
            self.close_group()?;
            self.groups.pop();
        }
        if !closed {
            let place = self.draft.place(Part::Package, format_args!("end"));
            self.draft.warn(
                "cut_document",
                crate::bilingual!(
                    "The document seems to be cut off. Open it in the program it was made with and save it again.",
                    "Le document semble tronqué. Ouvrez-le dans son programme d’origine et enregistrez-le de nouveau."
                ),
                place,
            );
        }
        let rest = String::from_utf8_lossy(rest);
        let rest = rest.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        let place = self
            .draft
            .place(Part::HiddenText, format_args!("after the end"));
        self.draft.hide(rest, place);
        while self.stories.len() > 1 {
            self.close_story()?;
        }
        let mut blocks = Vec::new();
        if let Some(body) = self.stories.pop() {
            blocks = body.finish(self.draft)?;
        }
        let language = self
            .languages
            .into_iter()
            .max_by_key(|(_, letters)| *letters)
            .map(|(language, _)| language.to_owned());
        Ok((blocks, language))
    }
}

#[cfg(test)]
mod tests;
