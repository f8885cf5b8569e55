//! Groups with a meaning of their own: where their text goes, and what happens when they end.

use super::{
    super::super::{
        Block, BlockKind, Change, ChangeKind, Comment, DocumentError, Image, Inline, Property,
        TextStyle,
    },
    Reader,
    names::hyperlink,
    story::{self, Kind, Story},
};
use crate::{
    bilingual,
    convert::labels,
    domain::{Part, TextUnit},
};

/// Bytes of text that one captured group keeps.
const KEPT_BYTES: usize = 64 << 20;

/// Where the text of a group goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Dest {
    /// Into the story at hand.
    #[default]
    Text,
    /// Into the innermost capture.
    Captured,
    /// Nowhere: it holds no words of anyone.
    Skip,
    /// The table of fonts.
    Fonts,
    /// The style sheet.
    Styles,
    /// The tables of lists.
    Lists,
    /// The list of reviewers.
    Revisers,
    /// The document information, whose fields are groups.
    Info,
    /// Properties of a shape, a picture or the user, which are groups.
    Shape,
}

/// What a captured text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Property(&'static str),
    CustomName,
    CustomValue,
    Template,
    Instruction,
    Picture,
    ObjectClass,
    ObjectData,
    Label,
    Bookmark,
    CommentAuthor,
    ShapeName,
    ShapeValue,
    /// A group that is not known, by its name.
    Unknown(String),
}

/// Text of a group that is read as a whole.
pub(super) struct Capture {
    pub(super) what: What,
    /// How many groups were open within it.
    pub(super) depth: usize,
    text: String,
    binary: Vec<u8>,
}

impl Capture {
    pub(super) fn text(&mut self, text: &str) {
        if self.text.len().saturating_add(text.len()) <= KEPT_BYTES {
            self.text.push_str(text);
        }
    }

    pub(super) fn binary(&mut self, bytes: &[u8]) {
        self.binary.extend_from_slice(bytes);
    }
}

/// A field being read.
pub(super) struct Field {
    pub(super) depth: usize,
    instruction: String,
    /// The depth of its result, when that is a link.
    linked: Option<usize>,
}

impl Field {
    pub(super) fn new(depth: usize) -> Self {
        Self {
            depth,
            instruction: String::new(),
            linked: None,
        }
    }
}

/// The picture being read.
#[derive(Default)]
pub(super) struct Picture {
    pub(super) cropped: bool,
    alt: Option<String>,
}

impl Reader<'_> {
    pub(super) fn capture(&mut self, what: What) {
        self.group_mut().dest = Dest::Captured;
        let depth = self.groups.len();
        self.captures.push(Capture {
            what,
            depth,
            text: String::new(),
            binary: Vec::new(),
        });
    }

    pub(super) fn open_story(&mut self, kind: Kind) {
        let depth = self.groups.len();
        self.stories.push(Story::new(kind, depth));
        let group = self.group_mut();
        group.dest = Dest::Text;
        group.style = TextStyle::default();
        group.paragraph = super::Paragraph::default();
    }

    /// The result of a field begins.
    pub(super) fn open_result(&mut self) {
        let depth = self.groups.len();
        let Some(field) = self.fields.last_mut() else {
            return;
        };
        if let Some(target) = hyperlink(&field.instruction) {
            field.linked = Some(depth);
            self.story().open_link(target);
        } else if !field.instruction.trim().is_empty() {
            let text = field.instruction.clone();
            let place = self.draft.here(Part::HiddenText);
            self.draft.instruction(&text, place, "field");
        }
    }

    /// Ends what ends with the group at hand, which is still on the stack.
    pub(super) fn close_group(&mut self) -> Result<(), DocumentError> {
        let depth = self.groups.len();
        let dest = self.group().dest;
        let around = depth
            .checked_sub(2)
            .and_then(|at| self.groups.get(at))
            .map(|group| group.dest);
        if matches!(dest, Dest::Styles | Dest::Revisers) && around == Some(dest) {
            self.end_definition(dest);
        }
        while self.captures.last().is_some_and(|c| c.depth >= depth) {
            if let Some(capture) = self.captures.pop() {
                self.captured(capture);
            }
        }
        if let Some(field) = self.fields.last_mut() {
            if field.linked == Some(depth) {
                field.linked = None;
                self.story().close_link();
            }
            if self.fields.last().is_some_and(|field| field.depth >= depth) {
                self.fields.pop();
            }
        }
        while self.stories.len() > 1 && self.stories.last().is_some_and(|s| s.depth >= depth) {
            self.close_story()?;
        }
        Ok(())
    }

    pub(super) fn close_story(&mut self) -> Result<(), DocumentError> {
        let Some(story) = self.stories.pop() else {
            return Ok(());
        };
        let kind = story.kind.clone();
        let place = story::place(&kind, self.draft);
        let blocks = story.finish(self.draft)?;
        match kind {
            Kind::Body => {}
            Kind::Header => {
                let units = story::texts(&blocks, &place);
                self.draft.document.headers.extend(units);
            }
            Kind::Footer => {
                let units = story::texts(&blocks, &place);
                self.draft.document.footers.extend(units);
            }
            Kind::Footnote(index) => {
                if let Some(note) = self.draft.document.content.notes.get_mut(index) {
                    note.blocks = blocks;
                }
            }
            Kind::Comment => {
                let units = story::texts(&blocks, &place);
                let texts: Vec<String> = units.into_iter().map(|unit| unit.text).collect();
                self.draft.document.hidden.comments.push(Comment {
                    author: std::mem::take(&mut self.comment_author),
                    text: texts.join("\n"),
                    at: place,
                });
            }
            Kind::TextBox => {
                if !blocks.is_empty() {
                    let kind = BlockKind::Note(blocks);
                    let block = Block { kind, at: place };
                    self.story().add(block);
                }
            }
        }
        Ok(())
    }

    /// A tracked change; text that follows in the same change joins it.
    pub(super) fn change(&mut self, deletion: bool, reviser: usize, text: &str) {
        let (kind, part) = if deletion {
            (ChangeKind::Deletion, Part::TrackedDeletion)
        } else {
            (ChangeKind::Insertion, Part::TrackedInsertion)
        };
        let at = self.draft.here(part);
        let author = self.revisers.get(reviser).cloned().unwrap_or_default();
        let changes = &mut self.draft.document.hidden.changes;
        if let Some(last) = changes.last_mut()
            && last.kind == kind
            && last.at == at
            && last.author == author
        {
            last.text.push_str(text);
            return;
        }
        changes.push(Change {
            kind,
            author,
            text: text.to_owned(),
            at,
        });
    }

    fn captured(&mut self, capture: Capture) {
        let Capture {
            what, text, binary, ..
        } = capture;
        let words = text.trim();
        match what {
            What::Property(name) => self.draft.property(name, words, false),
            What::Template => self.draft.property("Template", words, false),
            What::CustomName | What::ShapeName => words.clone_into(&mut self.shape_name),
            What::CustomValue => {
                let name = std::mem::take(&mut self.shape_name);
                self.custom_property(name, words);
            }
            What::Instruction => {
                if let Some(field) = self.fields.last_mut() {
                    field.instruction.push_str(&text);
                }
            }
            What::Picture => {
                let bytes = if binary.is_empty() {
                    hex(&text)
                } else {
                    binary
                };
                self.picture(&bytes);
            }
            What::ObjectClass => {
                let number = self.draft.document.hidden.embedded.len() + 1;
                let place = self
                    .draft
                    .place(Part::Embedded, format_args!("object {number}"));
                self.draft.document.hidden.embedded.push(TextUnit {
                    place,
                    text: String::new(),
                    labels: vec![words.to_owned()],
                });
            }
            What::ObjectData => self.object_text(&hex(&text)),
            What::Label => words.clone_into(&mut self.label),
            What::Bookmark => {
                if !words.is_empty() {
                    let anchor = Inline::Anchor(words.to_owned());
                    self.story().line.push(anchor);
                }
            }
            What::CommentAuthor => words.clone_into(&mut self.comment_author),
            What::ShapeValue => {
                let name = std::mem::take(&mut self.shape_name);
                if name == "wzDescription" && !words.is_empty() {
                    self.picture.alt = Some(words.to_owned());
                } else if words.chars().any(char::is_alphabetic) {
                    let place = self.draft.here(Part::HiddenText);
                    self.draft.instruction(words, place, &name);
                }
            }
            What::Unknown(name) => {
                let place = self.draft.here(Part::HiddenText);
                if is_data(words) {
                    let text = readable(&hex(words));
                    self.draft.instruction(&text, place, &name);
                } else {
                    self.draft.instruction(words, place, &name);
                }
            }
        }
    }

    fn custom_property(&mut self, name: String, value: &str) {
        if value.is_empty() {
            return;
        }
        self.draft.document.hidden.properties.push(Property {
            name,
            value: value.to_owned(),
            custom: true,
        });
        let properties = &self.draft.document.hidden.properties;
        let pairs = properties
            .iter()
            .filter(|property| property.custom)
            .map(|property| (property.name.clone(), property.value.clone()));
        self.draft.document.hidden.labels = labels::from_properties(pairs);
    }

    fn picture(&mut self, bytes: &[u8]) {
        let picture = std::mem::take(&mut self.picture);
        let group = self.group();
        let (hidden, deleted) = (group.hidden, group.deleted);
        let at = self.draft.next_picture();
        if hidden || deleted {
            let place = self.draft.here(Part::HiddenText);
            let alt = picture.alt.unwrap_or_else(|| "picture".to_owned());
            self.draft.hide(&alt, place);
            return;
        }
        let asset = if picture.cropped {
            self.draft.warn(
                "cropped_image",
                bilingual!(
                    "A cropped picture was left out: the file still holds what was cut away. Delete the cropped areas and save again.",
                    "Une image rognée a été omise : le fichier contient encore ce qui a été coupé. Supprimez les zones rognées et enregistrez de nouveau."
                ),
                at.clone(),
            );
            None
        } else {
            self.draft.keep_image(bytes, &at)
        };
        let image = Image {
            asset,
            alt: picture.alt,
            decorative: false,
            at,
        };
        self.story().line.push(Inline::Image(image));
    }

    /// What can be read in the data of an embedded object.
    fn object_text(&mut self, bytes: &[u8]) {
        let text = readable(bytes);
        if self.draft.document.hidden.embedded.is_empty() {
            let place = self.draft.place(Part::Embedded, format_args!("object 1"));
            self.draft.document.hidden.embedded.push(TextUnit {
                place,
                text: String::new(),
                labels: vec!["object".to_owned()],
            });
        }
        if let Some(last) = self.draft.document.hidden.embedded.last_mut() {
            last.text.push_str(&text);
        }
    }
}

/// Bytes written as hexadecimal digits.
fn hex(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for digit in text.chars().filter_map(|c| c.to_digit(16)) {
        let digit = u8::try_from(digit).unwrap_or(0);
        match high.take() {
            None => high = Some(digit),
            Some(first) => out.push(first << 4 | digit),
        }
    }
    out
}

/// True for text that is nothing but long hexadecimal data.
fn is_data(text: &str) -> bool {
    text.len() >= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || b.is_ascii_whitespace())
}

/// Runs of characters in binary data, in one byte or two.
fn readable(bytes: &[u8]) -> String {
    const SHORTEST: usize = 4;
    const MOST: usize = 1 << 20;
    let mut out = String::new();
    for step in [1, 2] {
        let mut run = String::new();
        for piece in bytes.chunks(step) {
            let plain = (0x20..0x7F).contains(&piece[0]) && piece.get(1).is_none_or(|b| *b == 0);
            if plain {
                run.push(char::from(piece[0]));
            } else {
                if run.len() >= SHORTEST && out.len() < MOST {
                    out.push_str(&run);
                    out.push('\n');
                }
                run.clear();
            }
        }
        if run.len() >= SHORTEST && out.len() < MOST {
            out.push_str(&run);
            out.push('\n');
        }
    }
    out
}
