//! A message, whatever file it came in, and how it is shown: header table, body, list of attachments.
//!
//! Rule that must hold: only sender, recipients, date, subject, body and the names of attachments are content; all other
//! fields are hidden, and the text of attachments as well.

use std::collections::BTreeSet;

use super::{
    super::{
        super::{
            Block, BlockKind, Cell, DocumentError, HeaderSource, List, ListItem, Marker, Table,
            plain_text,
        },
        draft::{Beside, Draft, language_of, squeeze, text, units_of},
        html::read_page,
        rtf,
        text::blocks_of,
    },
    attachments,
};
use crate::domain::{Part, Place};

/// A body.
pub(super) enum Body {
    Html(String),
    Plain(String),
    /// Rich text.
    Rich(Vec<u8>),
}

/// What an attachment holds.
pub(super) enum Held {
    /// A file.
    File(Vec<u8>),
    /// A message in the form of RFC 5322.
    Message(Vec<u8>),
    /// A message that is read already.
    Read(Box<Message>),
    /// Nothing: it stands elsewhere, or is an object of another program.
    Elsewhere(String),
}

/// A file that came with the message.
pub(super) struct Attachment {
    /// Which part of the message: `2.1`.
    pub(super) address: String,
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) content_id: Option<String>,
    pub(super) held: Held,
}

/// A message.
#[derive(Default)]
pub(super) struct Message {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) cc: String,
    pub(super) date: String,
    pub(super) subject: String,
    /// All other fields.
    pub(super) hidden: Vec<(String, String)>,
    pub(super) bodies: Vec<Body>,
    /// Bodies that stand for the same and are not shown: part and text.
    pub(super) alternatives: Vec<(String, String)>,
    pub(super) attachments: Vec<Attachment>,
}

/// The blocks of a message; its subject is a heading of this level.
pub(super) fn show(
    mut message: Message,
    level: u8,
    draft: &mut Draft,
) -> Result<Vec<Block>, DocumentError> {
    for (name, value) in std::mem::take(&mut message.hidden) {
        draft.property(&name, &value, false);
    }
    let top = draft.next_heading();
    let mut beside = Beside::new();
    for attachment in &mut message.attachments {
        if let (Some(id), Held::File(bytes)) = (&attachment.content_id, &mut attachment.held)
            && attachment.media_type.starts_with("image/")
            && !beside.contains_key(id)
        {
            beside.insert(id.clone(), std::mem::take(bytes));
        }
    }
    let mut body = Vec::new();
    let mut shown = BTreeSet::new();
    for part in std::mem::take(&mut message.bodies) {
        match part {
            Body::Html(html) => {
                let page = read_page(&html, draft, &beside)?;
                shown.extend(page.shown);
                body.extend(page.blocks);
            }
            Body::Plain(plain) => body.extend(blocks_of(&plain, draft)?),
            Body::Rich(bytes) => body.extend(rtf::read_body(&bytes, draft)?),
        }
    }
    // Images that the body shows are part of it; the others are files like any other.
    message.attachments.retain_mut(|attachment| {
        let Some(id) = &attachment.content_id else {
            return true;
        };
        if shown.contains(id) {
            return false;
        }
        if let (Some(bytes), Held::File(held)) = (beside.remove(id), &mut attachment.held) {
            *held = bytes;
        }
        true
    });
    quote_replies(&mut body);
    deepen(&mut body, level);
    compare(&message.alternatives, &mut body, draft);
    let french = language_of(&mut body) == Some("fr-CA");
    let say = |en: &'static str, fr: &'static str| if french { fr } else { en };

    let subject = squeeze(&message.subject);
    let heading = if subject.is_empty() {
        say("(no subject)", "(sans objet)").to_owned()
    } else {
        subject.clone()
    };
    let date = readable_date(&message.date);
    draft.property("created", &date, false);
    let rows = [
        (say("From", "De"), message.from.as_str()),
        (say("To", "À"), message.to.as_str()),
        (say("Cc", "Cc"), message.cc.as_str()),
        (say("Date", "Date"), date.as_str()),
        (say("Subject", "Objet"), subject.as_str()),
    ];
    let rows: Vec<(&str, &str)> = rows
        .into_iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .collect();
    let mut blocks = vec![Block {
        kind: BlockKind::Heading {
            level,
            label: None,
            content: vec![text(heading)],
        },
        at: top,
    }];
    if !rows.is_empty() {
        let head = (say("Field", "Champ"), say("Value", "Valeur"));
        blocks.push(fields_table(head, &rows, draft)?);
    }
    blocks.append(&mut body);
    if !message.attachments.is_empty() {
        draft.count_block()?;
        let at = draft.next_heading();
        blocks.push(Block {
            kind: BlockKind::Heading {
                level: level.saturating_add(1),
                label: None,
                content: vec![text(say("Attachments", "Pièces jointes"))],
            },
            at: at.clone(),
        });
        let mut items = Vec::new();
        for (value, attachment) in (1_u32..).zip(message.attachments) {
            draft.count_block()?;
            let place = draft.next_paragraph();
            let name = attachments::read(attachment, french, draft);
            items.push(ListItem {
                value,
                label: None,
                blocks: vec![paragraph(name, place)],
            });
        }
        let marker = Marker::Bullet;
        blocks.push(Block {
            kind: BlockKind::List(List { marker, items }),
            at,
        });
    }
    Ok(blocks)
}

fn paragraph(words: impl Into<String>, at: Place) -> Block {
    Block {
        kind: BlockKind::Paragraph(vec![text(words)]),
        at,
    }
}

/// Sender, recipients, date and subject.
fn fields_table(
    head: (&str, &str),
    rows: &[(&str, &str)],
    draft: &mut Draft,
) -> Result<Block, DocumentError> {
    draft.count_block()?;
    draft.tables = draft.tables.saturating_add(1);
    draft.count_cells(rows.len() * 2 + 2);
    let number = draft.tables;
    let row = |index: usize, pair: (&str, &str)| -> Vec<Cell> {
        let cell = |column: usize, words: &str| {
            let at = draft.place(
                Part::TableCell,
                format_args!("table {number}, row {}, column {}", index + 1, column + 1),
            );
            Cell {
                column,
                column_span: 1,
                row_span: 1,
                blocks: vec![paragraph(words, at.clone())],
                at,
            }
        };
        vec![cell(0, pair.0), cell(1, pair.1)]
    };
    let all = std::iter::once(head).chain(rows.iter().copied());
    let rows = all.enumerate().map(|(index, pair)| row(index, pair));
    let table = Table {
        columns: 2,
        header_rows: 1,
        header_source: HeaderSource::Flagged,
        header_column: true,
        rows: rows.collect(),
        caption: None,
        description: None,
    };
    let at = draft.place(Part::TableCell, format_args!("table {number}"));
    Ok(Block {
        kind: BlockKind::Table(table),
        at,
    })
}

/// `2024-05-03 14:05 -04:00`; as written when it is no date.
fn readable_date(date: &str) -> String {
    match chrono::DateTime::parse_from_rfc2822(date.trim()) {
        Ok(date) => date.format("%Y-%m-%d %H:%M %:z").to_string(),
        Err(_) => date.trim().to_owned(),
    }
}

/// What follows the line by which programs introduce the message replied to is a quotation.
fn quote_replies(blocks: &mut Vec<Block>) {
    let start = blocks.iter().position(|block| {
        let content = plain_text(block.inlines());
        let lower = content.trim().to_lowercase();
        let ruled = lower.starts_with("-----")
            && ["original", "origine", "forwarded", "transféré"]
                .iter()
                .any(|word| lower.contains(word));
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let fields = (lower.starts_with("from:")
            || lower.starts_with("de :")
            || lower.starts_with("de\u{a0}:"))
            && has(&["sent:", "date:", "envoyé", "date :"])
            && has(&["subject:", "objet"]);
        ruled || fields
    });
    // A message that is all quotation is left as it is.
    if let Some(start) = start.filter(|start| *start > 0) {
        let quoted = blocks.split_off(start);
        let at = quoted[0].at.clone();
        blocks.push(Block {
            kind: BlockKind::Quote(quoted),
            at,
        });
    }
}

/// Headings of a body stand below the subject.
fn deepen(blocks: &mut [Block], by: u8) {
    for block in blocks {
        if let BlockKind::Heading { level, .. } = &mut block.kind {
            *level = level.saturating_add(by).clamp(1, 9);
        }
    }
}

/// An alternative that says something else than what is shown is hidden text.
fn compare(alternatives: &[(String, String)], body: &mut Vec<Block>, draft: &mut Draft) {
    if alternatives.is_empty() {
        return;
    }
    let known: BTreeSet<String> = units_of(body)
        .iter()
        .flat_map(|unit| words(&unit.text))
        .collect();
    for (address, alternative) in alternatives {
        if words(alternative).any(|word| !known.contains(&word)) {
            let place = draft.place(
                Part::HiddenText,
                format_args!("part {address}, another version of the text"),
            );
            draft.hide(alternative, place);
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}
