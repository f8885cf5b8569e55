//! Internet messages (RFC 5322) and their parts (RFC 2045, 2046).
//!
//! An own parser, because everything counts: text before and after the parts, alternatives that no program shows, fields
//! of every part. Rule that must hold: every byte of a message is in a field, a body, an attachment or hidden text.

use super::{
    super::{
        super::DocumentError,
        draft::{Draft, base64},
        text::{decode, undecodable},
    },
    message::{Attachment, Body, Held, Message},
    words::{Field, encoding_of, plain, quoted_printable, readable},
};
use crate::{bilingual, domain::Part};

/// Header fields of one part.
const MOST_FIELDS: usize = 5_000;
/// Parts of one message.
const MOST_PARTS: usize = 10_000;
/// Parts within parts.
const MOST_LEVELS: usize = 30;

/// Header fields in order: name as written, value with folds taken out.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, Vec<u8>)>);

impl Fields {
    fn get(&self, name: &str) -> Option<&[u8]> {
        let mut all = self.0.iter();
        let found = all.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_slice())
    }

    /// All fields in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    fn field(&self, name: &str) -> Field {
        self.get(name).map(Field::parse).unwrap_or_default()
    }
}

/// Splits header fields from what follows them.
pub(super) fn split(bytes: &[u8]) -> Result<(Fields, &[u8]), DocumentError> {
    let mut fields = Fields::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (line, after) = line_of(rest);
        if line.is_empty() {
            return Ok((fields, after));
        }
        if matches!(line[0], b' ' | b'\t') {
            let Some((_, value)) = fields.0.last_mut() else {
                // Nothing to go on with: the message has no fields.
                return Ok((fields, rest));
            };
            value.push(b' ');
            value.extend_from_slice(line.trim_ascii());
            rest = after;
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let name = colon.and_then(|colon| {
            let name = line[..colon].trim_ascii_end();
            let sound = !name.is_empty() && name.iter().all(|byte| (33..127).contains(byte));
            sound.then(|| String::from_utf8_lossy(name).into_owned())
        });
        let (Some(name), Some(colon)) = (name, colon) else {
            // The line that a mailbox puts before each message.
            if fields.0.is_empty() && line.starts_with(b"From ") {
                rest = after;
                continue;
            }
            // Somebody forgot the empty line.
            return Ok((fields, rest));
        };
        if fields.0.len() >= MOST_FIELDS {
            return Err(DocumentError::limit("header fields", MOST_FIELDS as u64));
        }
        fields
            .0
            .push((name, line[colon + 1..].trim_ascii().to_vec()));
        rest = after;
    }
    Ok((fields, rest))
}

/// The first line without its end, and what follows it.
pub(super) fn line_of(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => {
            let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
            (line, &bytes[end + 1..])
        }
        None => (bytes, &[]),
    }
}

/// Reads a message.
pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Result<Message, DocumentError> {
    let (fields, body) = split(bytes)?;
    let mut message = Message::default();
    for (name, value) in &fields.0 {
        let text = readable(value);
        let slot = match name.to_ascii_lowercase().as_str() {
            "from" => Some(&mut message.from),
            "to" => Some(&mut message.to),
            "cc" => Some(&mut message.cc),
            "date" => Some(&mut message.date),
            "subject" => Some(&mut message.subject),
            "mime-version" | "content-transfer-encoding" => continue,
            _ => None,
        };
        match slot {
            Some(slot) if slot.is_empty() => *slot = text,
            _ => message.hidden.push((name.clone(), text)),
        }
    }
    let mut walker = Walker {
        draft,
        message,
        parts: 0,
    };
    let pieces = walker.part(&fields, body, "", 0)?;
    let mut message = walker.message;
    for piece in pieces {
        match piece {
            Piece::Body(body) => message.bodies.push(body),
            Piece::Attachment(attachment) => message.attachments.push(attachment),
        }
    }
    Ok(message)
}

enum Piece {
    Body(Body),
    Attachment(Attachment),
}

struct Walker<'a> {
    draft: &'a mut Draft,
    message: Message,
    parts: usize,
}

impl Walker<'_> {
    /// The pieces of a part. Depth is bounded by [`MOST_LEVELS`].
    fn part(
        &mut self,
        fields: &Fields,
        body: &[u8],
        address: &str,
        depth: usize,
    ) -> Result<Vec<Piece>, DocumentError> {
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(DocumentError::limit("message parts", MOST_PARTS as u64));
        }
        if depth > MOST_LEVELS {
            return Err(DocumentError::limit("levels", MOST_LEVELS as u64));
        }
        if depth > 0 {
            self.fields_of_part(fields, address);
        }
        let kind = fields.field("content-type");
        if let Some(subtype) = kind.value.strip_prefix("multipart/")
            && let Some(boundary) = kind.get("boundary").filter(|b| !b.trim().is_empty())
        {
            return self.multipart(subtype, boundary, body, address, depth);
        }
        let address = if address.is_empty() { "1" } else { address };
        Ok(self.leaf(&kind, fields, body, address))
    }

    fn multipart(
        &mut self,
        subtype: &str,
        boundary: &str,
        body: &[u8],
        address: &str,
        depth: usize,
    ) -> Result<Vec<Piece>, DocumentError> {
        let pieces = sections(body, boundary.trim_end());
        self.outside(pieces.before, address, "before the parts");
        self.outside(pieces.after, address, "after the parts");
        if pieces.parts.is_empty() {
            let place = self
                .draft
                .place(Part::Package, format_args!("part {address}"));
            self.draft.unreadable(
                "corrupt",
                bilingual!(
                    "The parts of a message could not be told apart. Have a person look at it.",
                    "Les parties d’un message n’ont pas pu être séparées. Faites-le examiner."
                ),
                place,
            );
        } else if !pieces.closed {
            let place = self
                .draft
                .place(Part::Package, format_args!("part {address}"));
            self.draft.warn(
                "cut_message",
                bilingual!(
                    "The message seems to be cut off: its last part has no end.",
                    "Le message semble tronqué : sa dernière partie n’a pas de fin."
                ),
                place,
            );
        }
        let mut children = Vec::new();
        for (index, part) in pieces.parts.iter().enumerate() {
            let address = if address.is_empty() {
                format!("{}", index + 1)
            } else {
                format!("{address}.{}", index + 1)
            };
            let (fields, body) = split(part)?;
            children.push((
                address.clone(),
                self.part(&fields, body, &address, depth + 1)?,
            ));
        }
        if subtype == "encrypted" {
            self.encrypted(address);
        }
        if subtype != "alternative" {
            return Ok(children
                .into_iter()
                .flat_map(|(_, pieces)| pieces)
                .collect());
        }
        Ok(self.best(children))
    }

    /// Of alternatives the last in HTML is shown, else the last in plain text; the others are kept for comparison.
    fn best(&mut self, children: Vec<(String, Vec<Piece>)>) -> Vec<Piece> {
        let has = |pieces: &[Piece], html: bool| {
            pieces.iter().any(|piece| match piece {
                Piece::Body(Body::Html(_)) => html,
                Piece::Body(Body::Plain(_)) => !html,
                _ => false,
            })
        };
        let chosen = children
            .iter()
            .rposition(|(_, pieces)| has(pieces, true))
            .or_else(|| children.iter().rposition(|(_, pieces)| has(pieces, false)));
        let mut out = Vec::new();
        for (index, (address, pieces)) in children.into_iter().enumerate() {
            for piece in pieces {
                match piece {
                    Piece::Body(Body::Html(text) | Body::Plain(text)) if Some(index) != chosen => {
                        self.message.alternatives.push((address.clone(), text));
                    }
                    piece => out.push(piece),
                }
            }
        }
        out
    }

    fn leaf(&mut self, kind: &Field, fields: &Fields, body: &[u8], address: &str) -> Vec<Piece> {
        let disposition = fields.field("content-disposition");
        let name = disposition
            .get("filename")
            .or_else(|| kind.get("name"))
            .unwrap_or("")
            .to_owned();
        let bytes = self.transfer(fields, body, address);
        let media = if kind.value.is_empty() {
            "text/plain"
        } else {
            kind.value.as_str()
        };
        let attached = disposition.value == "attachment" || !name.is_empty();
        match media {
            "text/plain" | "text/html" | "text" if !attached => {
                let text = self.text(&bytes, kind.get("charset"));
                let html = media == "text/html";
                return vec![Piece::Body(if html {
                    Body::Html(text)
                } else {
                    Body::Plain(text)
                })];
            }
            "application/pgp-signature"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature" => {
                let text = format!("{media}, {} bytes", bytes.len());
                self.message.hidden.push(("Signature".to_owned(), text));
                return Vec::new();
            }
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => self.encrypted(address),
            _ => {}
        }
        let id = fields.get("content-id").map(plain);
        let id = id.map(|id| id.trim().trim_matches(['<', '>']).to_owned());
        let held = if media == "message/rfc822" || media == "message/global" {
            Held::Message(bytes)
        } else {
            Held::File(bytes)
        };
        vec![Piece::Attachment(Attachment {
            address: address.to_owned(),
            name,
            media_type: media.to_owned(),
            content_id: id.filter(|id| !id.is_empty()),
            held,
        })]
    }

    /// The content of a part without its transfer encoding.
    fn transfer(&mut self, fields: &Fields, body: &[u8], address: &str) -> Vec<u8> {
        let encoding = fields.get("content-transfer-encoding").map(plain);
        let encoding = encoding.unwrap_or_default().trim().to_ascii_lowercase();
        match encoding.as_str() {
            "base64" => base64(body).unwrap_or_else(|| {
                let place = self.draft.place(Part::Package, format_args!("part {address}"));
                self.draft.warn(
                    "damaged_part",
                    bilingual!(
                        "A part of the message is damaged: it holds characters that do not belong there.",
                        "Une partie du message est endommagée : elle contient des caractères étrangers."
                    ),
                    place,
                );
                let kept: Vec<u8> = body
                    .iter()
                    .copied()
                    .filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
                    .collect();
                base64(&kept).unwrap_or_default()
            }),
            "quoted-printable" => quoted_printable(body),
            _ => body.to_vec(),
        }
    }

    fn text(&mut self, bytes: &[u8], charset: Option<&str>) -> String {
        let Some(encoding) = charset.and_then(encoding_of) else {
            return decode(bytes, self.draft);
        };
        let (text, _, bad) = encoding.decode(bytes);
        if bad {
            // Some programs name a charset that the text is not in.
            if std::str::from_utf8(bytes).is_ok() || encoding == encoding_rs::UTF_8 {
                return decode(bytes, self.draft);
            }
            undecodable(self.draft, encoding.name());
        }
        text.into_owned()
    }

    fn fields_of_part(&mut self, fields: &Fields, address: &str) {
        for (name, value) in &fields.0 {
            let usual = matches!(
                name.to_ascii_lowercase().as_str(),
                "content-type"
                    | "content-transfer-encoding"
                    | "content-disposition"
                    | "content-id"
                    | "mime-version"
                    | "x-attachment-id"
            );
            if !usual {
                let name = format!("part {address}: {name}");
                self.message.hidden.push((name, readable(value)));
            }
        }
    }

    /// Text around the parts, which no program shows.
    fn outside(&mut self, text: &[u8], address: &str, side: &str) {
        let text = plain(text);
        let usual = text.trim().to_ascii_lowercase();
        if usual.is_empty() || usual == "this is a multi-part message in mime format." {
            return;
        }
        let address = if address.is_empty() {
            "message"
        } else {
            address
        };
        let place = self
            .draft
            .place(Part::HiddenText, format_args!("{address}, {side}"));
        self.draft.hide(&text, place);
    }

    fn encrypted(&mut self, address: &str) {
        let place = self
            .draft
            .place(Part::Package, format_args!("part {address}"));
        self.draft.unreadable(
            "encrypted",
            bilingual!(
                "A part of the message is encrypted or sealed and cannot be read. Save a copy without encryption.",
                "Une partie du message est chiffrée ou scellée et ne peut pas être lue. Enregistrez-en une copie non chiffrée."
            ),
            place,
        );
    }
}

struct Sections<'a> {
    before: &'a [u8],
    parts: Vec<&'a [u8]>,
    after: &'a [u8],
    closed: bool,
}

/// Splits a body at its boundary lines (RFC 2046, 5.1.1).
fn sections<'a>(body: &'a [u8], boundary: &str) -> Sections<'a> {
    let mut found = Sections {
        before: body,
        parts: Vec::new(),
        after: &[],
        closed: false,
    };
    let (mut at, mut start) = (0, None);
    while at < body.len() {
        let (line, _) = line_of(&body[at..]);
        let next = match body[at..].iter().position(|byte| *byte == b'\n') {
            Some(end) => at + end + 1,
            None => body.len(),
        };
        let tail = line
            .strip_prefix(b"--")
            .and_then(|rest| rest.strip_prefix(boundary.as_bytes()))
            .map(<[u8]>::trim_ascii_end);
        if let Some(tail) = tail
            && (tail.is_empty() || tail == b"--")
        {
            let content = &body[start.unwrap_or(0)..at];
            // The line break before a boundary belongs to the boundary.
            let content = content.strip_suffix(b"\n").unwrap_or(content);
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            match start {
                Some(_) => found.parts.push(content),
                None => found.before = content,
            }
            start = Some(next);
            if tail == b"--" {
                found.closed = true;
                found.after = &body[next..];
                return found;
            }
        }
        at = next;
    }
    if let Some(start) = start {
        found.parts.push(&body[start..]);
    }
    found
}
