//! Messages: single ones (eml), mailboxes (mbox), and those of Outlook (msg).
//!
//! Leans on the readers of HTML and plain text for bodies, and on all readers for attachments. Rule that must hold: fields
//! that programs do not show, other versions of the text and everything in attachments are hidden content.

mod attachments;
mod compressed;
mod message;
mod mime;
mod msg;
mod words;

use std::io::{Read, Seek};

use super::{
    super::{Document, DocumentError, ReadOptions},
    draft::Draft,
    text::whole,
};
use message::show;

/// Messages in one mailbox.
const MOST_MESSAGES: usize = 50_000;

/// Reads a message in the form of RFC 5322.
///
/// # Errors
/// [`DocumentError`] when the file is damaged or beyond the limits.
pub(super) fn read_eml(
    input: &mut impl Read,
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let bytes = whole(input, options.limits.part_bytes)?;
    let mut draft = Draft::new(options.limits);
    let message = mime::read(&bytes, &mut draft)?;
    let blocks = show(message, 0, &mut draft)?;
    Ok(draft.finish(blocks, None, None))
}

/// Reads a message of Outlook.
///
/// # Errors
/// [`DocumentError`] when the file is damaged or beyond the limits.
pub(super) fn read_msg(
    input: &mut (impl Read + Seek),
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let mut draft = Draft::new(options.limits);
    let message = msg::read(input, options, &mut draft)?;
    let blocks = show(message, 0, &mut draft)?;
    Ok(draft.finish(blocks, None, None))
}

/// Reads a mailbox (RFC 4155), message by message.
///
/// # Errors
/// [`DocumentError`] when the file is damaged or beyond the limits.
pub(super) fn read_mbox(
    input: &mut impl Read,
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let bytes = whole(input, options.limits.part_bytes)?;
    let mut draft = Draft::new(options.limits);
    let messages = messages_of(&bytes);
    if messages.len() > MOST_MESSAGES {
        return Err(DocumentError::limit("messages", MOST_MESSAGES as u64));
    }
    let mut blocks = Vec::new();
    let mut first = String::new();
    for (index, raw) in messages.iter().enumerate() {
        draft.prefix = format!("message {}, ", index + 1);
        // Lines that look like the start of a message were given a mark.
        let bytes = unmarked(raw);
        let message = mime::read(&bytes, &mut draft)?;
        if first.is_empty() {
            first.clone_from(&message.subject);
        }
        blocks.extend(show(message, 1, &mut draft)?);
    }
    draft.prefix.clear();
    let title = match messages.len() {
        0 | 1 => first,
        count => format!("{first} (+ {})", count - 1),
    };
    Ok(draft.finish(blocks, None, Some(&title)))
}

/// The messages of a mailbox, without the lines between them.
fn messages_of(bytes: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let (mut at, mut blank) = (0, true);
    while at < bytes.len() {
        let (line, _) = mime::line_of(&bytes[at..]);
        if blank && is_separator(line) {
            starts.push(at);
        }
        blank = line.is_empty();
        at = match bytes[at..].iter().position(|byte| *byte == b'\n') {
            Some(end) => at + end + 1,
            None => bytes.len(),
        };
    }
    let ends = starts
        .iter()
        .skip(1)
        .copied()
        .chain(std::iter::once(bytes.len()));
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| mime::line_of(&bytes[*start..end]).1)
        .collect()
}

/// `From name@example.org Fri May  3 14:05:00 2024`.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let text = String::from_utf8_lossy(rest);
    let year = |word: &str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let time = |word: &str| {
        word.len() >= 5
            && word.as_bytes()[2] == b':'
            && word.as_bytes()[..2].iter().all(u8::is_ascii_digit)
    };
    text.split_whitespace().any(year) && text.split_whitespace().any(time)
}

/// `>From` at the start of a line is `From` (mboxrd).
fn unmarked(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let marks = line.iter().take_while(|byte| **byte == b'>').count();
        let marked = marks > 0 && line[marks..].starts_with(b"From ");
        out.extend_from_slice(&line[usize::from(marked)..]);
    }
    out
}

#[cfg(test)]
mod tests;
