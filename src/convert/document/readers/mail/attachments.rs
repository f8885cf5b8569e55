//! Attachments: what they are, and their text for the screening.
//!
//! Each is identified by its content and read by the reader of its format, documents, tables and messages alike. Rule that
//! must hold: of an attachment nothing but its name and size reaches an output; what cannot be read is said.

use std::io::Cursor;

use super::{
    super::{
        super::{Document, DocumentError, Limits, ReadOptions, units},
        draft::Draft,
        read as read_document,
    },
    message::{Attachment, Held, show},
};
use crate::{
    bilingual,
    convert::table,
    domain::{Bilingual, Format, FormatFamily, Part, TextUnit},
    formats,
};

/// Reads an attachment for the screening and gives the line that names it.
pub(super) fn read(attachment: Attachment, french: bool, draft: &mut Draft) -> String {
    let Attachment {
        address,
        name,
        media_type,
        held,
        ..
    } = attachment;
    let hidden = &mut draft.document.hidden;
    hidden.attached_files = hidden.attached_files.saturating_add(1);
    let shown = match (&held, name.trim()) {
        (Held::Message(_) | Held::Read(_), "") if french => "Message joint".to_owned(),
        (Held::Message(_) | Held::Read(_), "") => "Attached message".to_owned(),
        (_, "") if french => format!("Sans nom ({media_type})"),
        (_, "") => format!("Without a name ({media_type})"),
        (_, name) => name.to_owned(),
    };
    let mut unit = TextUnit {
        place: draft.place(Part::Embedded, format_args!("part {address}")),
        text: shown.clone(),
        labels: vec![media_type],
    };
    if let Held::Elsewhere(what) = &held {
        unit.labels.push(what.clone());
    }
    draft.document.hidden.attachments.push(unit);
    let size = match &held {
        Held::File(bytes) | Held::Message(bytes) => Some(bytes.len()),
        Held::Read(_) | Held::Elsewhere(_) => None,
    };
    look_inside(&address, &name, held, draft);
    match size {
        Some(size) => format!("{shown} ({})", readable_size(size, french)),
        None => shown,
    }
}

fn readable_size(bytes: usize, french: bool) -> String {
    let kilo = bytes.div_ceil(1024);
    match (kilo, french) {
        (0..1024, true) => format!("{kilo} Ko"),
        (0..1024, false) => format!("{kilo} KB"),
        (_, true) => format!("{} Mo", kilo.div_ceil(1024)),
        (_, false) => format!("{} MB", kilo.div_ceil(1024)),
    }
}

/// Everything in an attachment as units and facts of this document.
fn look_inside(address: &str, name: &str, held: Held, draft: &mut Draft) {
    let size = match &held {
        Held::File(bytes) | Held::Message(bytes) => bytes.len() as u64,
        Held::Read(_) => 0,
        Held::Elsewhere(what) => {
            let what = what.clone();
            say(
                "unsupported",
                bilingual!(
                    "An attachment is not in the file or not of a kind that can be read ({what}). Have a person look at it.",
                    "Une pièce jointe n’est pas dans le fichier ou n’est pas d’un type lisible ({what}). Faites-la examiner."
                ),
                address,
                draft,
            );
            return;
        }
    };
    if draft.limits.attachment_levels == 0 || size > draft.limits.attachment_bytes {
        say(
            "limit",
            bilingual!(
                "An attachment was not read: it is too large, or stands too deep within others. Have a person look at it.",
                "Une pièce jointe n’a pas été lue : elle est trop volumineuse ou trop imbriquée. Faites-la examiner."
            ),
            address,
            draft,
        );
        return;
    }
    draft.limits.attachment_bytes -= size;
    let limits = Limits {
        attachment_levels: draft.limits.attachment_levels - 1,
        total_bytes: draft.limits.total_bytes.min(draft.limits.attachment_bytes),
        ..draft.limits
    };
    let result = match held {
        Held::Read(message) => {
            let mut inner = Draft::new(limits);
            show(*message, 0, &mut inner)
                .map(|blocks| Inside::Document(Box::new(inner.finish(blocks, None, None))))
        }
        Held::Message(bytes) => {
            let mut inner = Draft::new(limits);
            super::mime::read(&bytes, &mut inner)
                .and_then(|message| show(message, 0, &mut inner))
                .map(|blocks| Inside::Document(Box::new(inner.finish(blocks, None, None))))
        }
        Held::File(bytes) => file(&bytes, name, limits),
        Held::Elsewhere(_) => return,
    };
    match result {
        Ok(Inside::Document(document)) => keep_document(*document, address, draft),
        Ok(Inside::Units(units)) => keep_units(units, address, draft),
        Err(error) => say(error.code(), error.explain(), address, draft),
    }
}

enum Inside {
    Document(Box<Document>),
    Units(Vec<TextUnit>),
}

fn file(bytes: &[u8], name: &str, limits: Limits) -> Result<Inside, DocumentError> {
    let mut input = Cursor::new(bytes);
    let format = formats::identify(&mut input, name).map_err(|error| DocumentError::Corrupt {
        part: "attachment".to_owned(),
        why: error.to_string(),
    })?;
    if format.encrypted {
        return Err(DocumentError::NeedsPassword);
    }
    match format.family {
        FormatFamily::Document => {
            let options = ReadOptions { limits };
            read_document(&format, &mut input, &options)
                .map(|document| Inside::Document(Box::new(document)))
        }
        FormatFamily::Table => cells(&format, &mut input, limits),
        _ if format.name == "empty" => Ok(Inside::Units(Vec::new())),
        _ => Err(DocumentError::Unsupported { what: format.name }),
    }
}

fn cells(
    format: &Format,
    input: &mut Cursor<&[u8]>,
    limits: Limits,
) -> Result<Inside, DocumentError> {
    let options = table::ReadOptions {
        limits: table::Limits {
            file_bytes: limits.part_bytes,
            inflated_bytes: limits.total_bytes,
            text_bytes: limits.total_bytes,
            cells: limits.table_cells,
            ..table::Limits::default()
        },
    };
    let workbook =
        table::read(format, input, &options).map_err(|error| DocumentError::Corrupt {
            part: "attachment".to_owned(),
            why: error.to_string(),
        })?;
    Ok(Inside::Units(table::units(&workbook)))
}

fn keep_document(document: Document, address: &str, draft: &mut Draft) {
    let found = units(&document);
    for (place, unreadable) in document.unreadable {
        let at = draft.place(Part::Embedded, format_args!("part {address}: {}", place.at));
        draft.document.unreadable.push((at, unreadable));
    }
    let hidden = &mut draft.document.hidden;
    let inner = document.hidden;
    hidden.attached_files = hidden.attached_files.saturating_add(inner.attached_files);
    hidden.macros = hidden.macros.saturating_add(inner.macros);
    keep_units(found, address, draft);
}

fn keep_units(units: Vec<TextUnit>, address: &str, draft: &mut Draft) {
    let mut read = 0_u64;
    for mut unit in units {
        read = read.saturating_add(unit.text.len() as u64);
        unit.place = draft.place(
            Part::Embedded,
            format_args!("part {address}: {}", unit.place.at),
        );
        draft.document.hidden.attachments.push(unit);
    }
    // Packages inflate: what came out of them counts as well.
    let left = &mut draft.limits.attachment_bytes;
    *left = left.saturating_sub(read);
}

fn say(code: &str, reason: Bilingual, address: &str, draft: &mut Draft) {
    let place = draft.place(Part::Embedded, format_args!("part {address}"));
    draft.unreadable(code, reason, place);
}
