//! Readers: one module per format, all filling the same model.

mod codepage;
mod deck;
mod docx;
mod draft;
mod html;
mod mail;
mod markdown;
mod opendocument;
mod pptx;
mod rtf;
mod text;
mod tree;

use std::io::{Read, Seek, SeekFrom};

pub use docx::read_docx;

use super::{Document, DocumentError, ReadOptions};
use crate::domain::Format;

/// True when a reader takes documents of this format.
pub fn reads(format: &Format) -> bool {
    matches!(
        format.name.as_str(),
        "docx"
            | "docm"
            | "dotx"
            | "dotm"
            | "eml"
            | "fodp"
            | "fodt"
            | "html"
            | "mbox"
            | "md"
            | "msg"
            | "odp"
            | "odt"
            | "pptx"
            | "rtf"
            | "txt"
    )
}

/// Reads a document of an identified format.
///
/// # Errors
/// [`DocumentError`] when the file is encrypted, damaged, beyond the limits, or of a format that no reader takes.
pub fn read(
    format: &Format,
    input: &mut (impl Read + Seek),
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    if format.encrypted {
        return Err(DocumentError::NeedsPassword);
    }
    input
        .seek(SeekFrom::Start(0))
        .map_err(|error| DocumentError::Corrupt {
            part: "file".to_owned(),
            why: error.to_string(),
        })?;
    match format.name.as_str() {
        "docx" | "docm" | "dotx" | "dotm" => read_docx(input, options),
        "eml" => mail::read_eml(input, options),
        "mbox" => mail::read_mbox(input, options),
        "msg" => mail::read_msg(input, options),
        "odt" | "odp" => opendocument::read_package(input, options),
        "fodt" | "fodp" => opendocument::read_flat(input, options),
        "pptx" => pptx::read_pptx(input, options),
        "rtf" => rtf::read_rtf(input, options),
        "html" => html::read_html(input, options),
        "md" => markdown::read_markdown(input, options),
        "txt" => text::read_text(input, options),
        other => Err(DocumentError::Unsupported {
            what: other.to_owned(),
        }),
    }
}
