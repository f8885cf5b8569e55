//! Messages of Outlook ([MS-OXMSG]): properties in the streams of a compound file.
//!
//! Leans on `formats::ole`. Rule that must hold: every text property that is not shown is hidden content; named
//! properties count as well.

use std::{
    collections::BTreeMap,
    io::{Read, Seek},
};

use super::{
    super::{
        super::{DocumentError, ReadOptions},
        codepage,
        draft::{Draft, units_of},
        rtf,
    },
    compressed::decompress,
    message::{Attachment, Body, Held, Message},
    mime,
    words::readable,
};
use crate::{
    bilingual,
    domain::Part,
    formats::ole::{Entry, Ole, OleError},
};

/// Attachments and recipients of all messages in the file together.
const MOST_STORAGES: usize = 10_000;

/// Types of properties ([MS-OXCDATA] 2.11.1).
const STRING8: u16 = 0x001E;
const UNICODE: u16 = 0x001F;
const BINARY: u16 = 0x0102;
const OBJECT: u16 = 0x000D;
const MULTIPLE: u16 = 0x1000;

/// Numbers of properties ([MS-OXPROPS]).
const SUBJECT: u16 = 0x0037;
const SUBMITTED: u16 = 0x0039;
const SENT_NAME: u16 = 0x0042;
const SENT_ADDRESS: u16 = 0x0065;
const HEADERS: u16 = 0x007D;
const RECIPIENT_TYPE: u16 = 0x0C15;
const SENDER_NAME: u16 = 0x0C1A;
const SENDER_ADDRESS: u16 = 0x0C1F;
const DISPLAY_CC: u16 = 0x0E03;
const DISPLAY_TO: u16 = 0x0E04;
const DELIVERED: u16 = 0x0E06;
const BODY: u16 = 0x1000;
const RTF: u16 = 0x1009;
const HTML: u16 = 0x1013;
const NAME: u16 = 0x3001;
const ADDRESS: u16 = 0x3003;
const DATA: u16 = 0x3701;
const SHORT_FILE_NAME: u16 = 0x3704;
const METHOD: u16 = 0x3705;
const FILE_NAME: u16 = 0x3707;
const MEDIA_TYPE: u16 = 0x370E;
const CONTENT_ID: u16 = 0x3712;
const SMTP: u16 = 0x39FE;
const HTML_CODEPAGE: u16 = 0x3FDE;
const CODEPAGE: u16 = 0x3FFD;
const SENDER_SMTP: u16 = 0x5D01;
const SENT_SMTP: u16 = 0x5D02;

/// Reads the message in a compound file.
pub(super) fn read(
    input: &mut (impl Read + Seek),
    options: &ReadOptions,
    draft: &mut Draft,
) -> Result<Message, DocumentError> {
    let mut ole = Ole::open(input).map_err(|error| corrupt(&error))?;
    let root = ole.root().cloned();
    let root = root.ok_or_else(|| corrupt(&OleError::Damaged("no root entry")))?;
    let mut reader = Reader {
        ole: &mut ole,
        left: options.limits.total_bytes,
        limit: options.limits.total_bytes,
        storages: 0,
        draft,
    };
    reader.message(&root, 32, options.limits.attachment_levels)
}

fn corrupt(error: &OleError) -> DocumentError {
    DocumentError::Corrupt {
        part: "compound file".to_owned(),
        why: error.to_string(),
    }
}

struct Reader<'a, 'i, R: Read + Seek> {
    ole: &'a mut Ole<'i, R>,
    /// Bytes that may still be read.
    left: u64,
    limit: u64,
    storages: usize,
    draft: &'a mut Draft,
}

/// The properties of one storage.
struct Bag {
    numbers: BTreeMap<u16, u64>,
    streams: BTreeMap<(u16, u16), Entry>,
    children: Vec<Entry>,
    codepage: u32,
}

impl Bag {
    fn number(&self, id: u16) -> Option<u32> {
        let low = self.numbers.get(&id)? & u64::from(u32::MAX);
        u32::try_from(low).ok()
    }
}

impl<R: Read + Seek> Reader<'_, '_, R> {
    fn stream(&mut self, entry: &Entry) -> Result<Vec<u8>, DocumentError> {
        let bytes = self
            .ole
            .read(entry, self.left.saturating_add(1))
            .map_err(|error| corrupt(&error))?;
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| DocumentError::limit("bytes", self.limit))?;
        Ok(bytes)
    }

    /// The properties in a storage, whose property stream has a header of so many bytes ([MS-OXMSG] 2.4).
    fn bag(&mut self, storage: &Entry, header: usize) -> Result<Bag, DocumentError> {
        let mut bag = Bag {
            numbers: BTreeMap::new(),
            streams: BTreeMap::new(),
            children: self.ole.children(storage),
            codepage: 1252,
        };
        let fixed = bag
            .children
            .iter()
            .find(|entry| {
                entry.stream && entry.name.eq_ignore_ascii_case("__properties_version1.0")
            })
            .cloned();
        if let Some(entry) = fixed {
            let bytes = self.stream(&entry)?;
            for property in bytes.get(header..).unwrap_or_default().chunks_exact(16) {
                let id = u16::from_le_bytes([property[2], property[3]]);
                let mut value = [0; 8];
                value.copy_from_slice(&property[8..16]);
                bag.numbers.entry(id).or_insert(u64::from_le_bytes(value));
            }
        }
        for entry in &bag.children {
            if let Some(tag) = tag_of(&entry.name) {
                bag.streams.entry(tag).or_insert_with(|| entry.clone());
            }
        }
        bag.codepage = bag.number(CODEPAGE).unwrap_or(1252);
        Ok(bag)
    }

    fn string(&mut self, bag: &Bag, id: u16) -> Result<String, DocumentError> {
        for kind in [UNICODE, STRING8] {
            if let Some(entry) = bag.streams.get(&(id, kind)) {
                let bytes = self.stream(entry)?;
                return Ok(text_of(&bytes, kind, bag.codepage));
            }
        }
        Ok(String::new())
    }

    fn first_string(&mut self, bag: &Bag, ids: &[u16]) -> Result<String, DocumentError> {
        for id in ids {
            let text = self.string(bag, *id)?;
            if !text.trim().is_empty() {
                return Ok(text);
            }
        }
        Ok(String::new())
    }

    /// Depth is bounded by `levels`.
    fn message(
        &mut self,
        storage: &Entry,
        header: usize,
        levels: usize,
    ) -> Result<Message, DocumentError> {
        let bag = self.bag(storage, header)?;
        let mut message = Message {
            subject: self.string(&bag, SUBJECT)?,
            ..Message::default()
        };
        let sender = self.first_string(&bag, &[SENT_NAME, SENDER_NAME])?;
        let address = self.first_string(
            &bag,
            &[SENT_SMTP, SENDER_SMTP, SENT_ADDRESS, SENDER_ADDRESS],
        )?;
        message.from = person(&sender, &address);
        let time = [SUBMITTED, DELIVERED]
            .iter()
            .find_map(|id| bag.numbers.get(id));
        message.date = time.and_then(|time| date(*time)).unwrap_or_default();
        self.recipients(&bag, &mut message)?;
        self.bodies(&bag, &mut message)?;
        self.hidden(&bag, &mut message)?;
        let attachments: Vec<Entry> = bag
            .children
            .iter()
            .filter(|entry| starts(&entry.name, "__attach_version1.0"))
            .cloned()
            .collect();
        for (index, entry) in attachments.iter().enumerate() {
            self.count()?;
            let attachment = self.attachment(entry, &(index + 1).to_string(), levels)?;
            message.attachments.push(attachment);
        }
        Ok(message)
    }

    fn count(&mut self) -> Result<(), DocumentError> {
        self.storages += 1;
        if self.storages > MOST_STORAGES {
            return Err(DocumentError::limit("message parts", MOST_STORAGES as u64));
        }
        Ok(())
    }

    fn recipients(&mut self, bag: &Bag, message: &mut Message) -> Result<(), DocumentError> {
        let storages: Vec<Entry> = bag
            .children
            .iter()
            .filter(|entry| starts(&entry.name, "__recip_version1.0"))
            .cloned()
            .collect();
        for entry in &storages {
            self.count()?;
            let mut inner = self.bag(entry, 8)?;
            inner.codepage = bag.codepage;
            let name = self.string(&inner, NAME)?;
            let address = self.first_string(&inner, &[SMTP, ADDRESS])?;
            let person = person(&name, &address);
            match inner.number(RECIPIENT_TYPE) {
                Some(1) => join(&mut message.to, &person),
                Some(2) => join(&mut message.cc, &person),
                Some(3) => message.hidden.push(("Bcc".to_owned(), person)),
                _ => message.hidden.push(("Recipient".to_owned(), person)),
            }
        }
        if message.to.is_empty() {
            message.to = self.string(bag, DISPLAY_TO)?;
        }
        if message.cc.is_empty() {
            message.cc = self.string(bag, DISPLAY_CC)?;
        }
        Ok(())
    }

    /// HTML is preferred, then RTF, then plain text; what is not chosen is kept for comparison.
    fn bodies(&mut self, bag: &Bag, message: &mut Message) -> Result<(), DocumentError> {
        let html = match bag.streams.get(&(HTML, BINARY)) {
            Some(entry) => {
                let bytes = self.stream(entry)?;
                let page = bag.number(HTML_CODEPAGE).unwrap_or(bag.codepage);
                let encoding = codepage::encoding(page);
                encoding.decode(&bytes).0.into_owned()
            }
            None => self.string(bag, HTML)?,
        };
        let rich = match bag.streams.get(&(RTF, BINARY)) {
            Some(entry) => self.rich(entry)?,
            None => None,
        };
        let plain = self.string(bag, BODY)?;
        let mut found: Vec<(&str, Body)> = Vec::new();
        if !html.trim().is_empty() {
            found.push(("html", Body::Html(html)));
        }
        if let Some(rich) = rich {
            found.push(("rtf", Body::Rich(rich)));
        }
        if !plain.trim().is_empty() {
            found.push(("plain", Body::Plain(plain)));
        }
        let mut found = found.into_iter();
        message.bodies.extend(found.next().map(|(_, body)| body));
        for (name, body) in found {
            let text = match body {
                Body::Html(text) | Body::Plain(text) => text,
                Body::Rich(bytes) => {
                    // Read apart: what it holds is only compared.
                    let mut aside = Draft::new(self.draft.limits);
                    let mut blocks = rtf::read_body(&bytes, &mut aside)?;
                    let units = units_of(&mut blocks);
                    let texts: Vec<String> = units.into_iter().map(|unit| unit.text).collect();
                    texts.join("\n")
                }
            };
            message.alternatives.push((name.to_owned(), text));
        }
        Ok(())
    }

    fn rich(&mut self, entry: &Entry) -> Result<Option<Vec<u8>>, DocumentError> {
        let bytes = self.stream(entry)?;
        let unpacked = decompress(&bytes);
        if !matches!(unpacked, Some((_, true))) {
            let place = self.draft.place(Part::Package, format_args!("rtf body"));
            self.draft.unreadable(
                "corrupt",
                bilingual!(
                    "The formatted text of the message is damaged. Open the message in Outlook and save it again.",
                    "Le texte mis en forme du message est endommagé. Ouvrez le message dans Outlook et enregistrez-le de nouveau."
                ),
                place,
            );
        }
        Ok(unpacked.map(|(rtf, _)| rtf))
    }

    /// All other text properties.
    fn hidden(&mut self, bag: &Bag, message: &mut Message) -> Result<(), DocumentError> {
        const SHOWN: [u16; 4] = [SUBJECT, BODY, HTML, HEADERS];
        for (&(id, kind), entry) in &bag.streams {
            let text = matches!(kind & !MULTIPLE, UNICODE | STRING8);
            if text && !SHOWN.contains(&id) && entry.stream {
                let bytes = self.stream(entry)?;
                let text = text_of(&bytes, kind & !MULTIPLE, bag.codepage);
                message.hidden.push((property_name(id), text));
            }
        }
        let headers = self.string(bag, HEADERS)?;
        let (fields, rest) = mime::split(headers.as_bytes())?;
        for (name, value) in fields.all() {
            let shown = ["from", "to", "cc", "date", "subject", "mime-version"];
            if !shown.contains(&name.to_ascii_lowercase().as_str()) {
                message.hidden.push((name.to_owned(), readable(value)));
            }
        }
        if !rest.is_empty() {
            let rest = String::from_utf8_lossy(rest).into_owned();
            message.hidden.push(("headers".to_owned(), rest));
        }
        Ok(())
    }

    fn attachment(
        &mut self,
        storage: &Entry,
        address: &str,
        levels: usize,
    ) -> Result<Attachment, DocumentError> {
        let bag = self.bag(storage, 8)?;
        let name = self.first_string(&bag, &[FILE_NAME, SHORT_FILE_NAME, NAME])?;
        let media_type = self.string(&bag, MEDIA_TYPE)?.to_ascii_lowercase();
        let id = self.string(&bag, CONTENT_ID)?;
        let id = id.trim().trim_matches(['<', '>']).to_owned();
        let object = bag
            .streams
            .get(&(DATA, OBJECT))
            .filter(|entry| !entry.stream)
            .cloned();
        let data = bag.streams.get(&(DATA, BINARY)).cloned();
        let held = match (object, data, bag.number(METHOD)) {
            (Some(object), _, Some(5)) => match levels.checked_sub(1) {
                Some(levels) => Held::Read(Box::new(self.message(&object, 24, levels)?)),
                None => Held::Elsewhere("message too deep".to_owned()),
            },
            (Some(_), _, _) => Held::Elsewhere("OLE object".to_owned()),
            (None, Some(data), _) => Held::File(self.stream(&data)?),
            (None, None, _) => Held::Elsewhere("link".to_owned()),
        };
        let media_type = match (&held, media_type.as_str()) {
            (Held::Read(_), _) => "message/rfc822".to_owned(),
            (_, "") if is_image(&name) => "image/unknown".to_owned(),
            (_, "") => "application/octet-stream".to_owned(),
            _ => media_type,
        };
        Ok(Attachment {
            address: address.to_owned(),
            name,
            media_type,
            content_id: Some(id).filter(|id| !id.is_empty()),
            held,
        })
    }
}

fn starts(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

fn is_image(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".png", ".jpg", ".jpeg", ".gif"]
        .iter()
        .any(|extension| lower.ends_with(extension))
}

/// `__substg1.0_0037001F`: number and type of a property.
fn tag_of(name: &str) -> Option<(u16, u16)> {
    if !starts(name, "__substg1.0_") {
        return None;
    }
    let tag = name.get(12..20)?;
    let id = u16::from_str_radix(tag.get(..4)?, 16).ok()?;
    let kind = u16::from_str_radix(tag.get(4..)?, 16).ok()?;
    Some((id, kind))
}

fn text_of(bytes: &[u8], kind: u16, page: u32) -> String {
    let text = if kind == UNICODE {
        encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0
    } else {
        codepage::encoding(page)
            .decode_without_bom_handling(bytes)
            .0
    };
    text.trim_end_matches('\0').to_owned()
}

fn person(name: &str, address: &str) -> String {
    let (name, address) = (name.trim(), address.trim());
    // Addresses within an organization name a directory, which is no address outside it.
    match (name, address) {
        (name, "") => name.to_owned(),
        ("", address) => address.to_owned(),
        (name, address) if name == address || !address.contains('@') => name.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    }
}

fn join(list: &mut String, person: &str) {
    if !list.is_empty() {
        list.push_str(", ");
    }
    list.push_str(person);
}

/// A time in tenths of microseconds since 1601, as `2024-05-03 14:05 +00:00`.
fn date(time: u64) -> Option<String> {
    const TO_UNIX_SECONDS: i64 = 11_644_473_600;
    let seconds = i64::try_from(time / 10_000_000).ok()? - TO_UNIX_SECONDS;
    let date = chrono::DateTime::from_timestamp(seconds, 0)?;
    Some(date.format("%Y-%m-%d %H:%M %:z").to_string())
}

/// Names of the text properties that tell most; others by number.
fn property_name(id: u16) -> String {
    let name = match id {
        0x001A => "message class",
        SENT_NAME | SENDER_NAME => "sender name",
        SENT_ADDRESS | SENDER_ADDRESS | SENDER_SMTP | SENT_SMTP => "sender address",
        0x0070 => "conversation topic",
        0x0E02 => "Bcc",
        DISPLAY_CC => "Cc",
        DISPLAY_TO => "To",
        0x0E1D => "normalized subject",
        0x1035 => "Message-ID",
        0x1039 => "References",
        0x1042 => "In-Reply-To",
        0x3FF8 => "creator",
        0x3FFA => "last modified by",
        _ => return format!("property {id:04X}"),
    };
    name.to_owned()
}
