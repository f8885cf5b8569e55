//! A zip package with a cap on what inflating may cost.
//!
//! Rule that must hold: every byte that leaves a package is counted against [`Limits::inflated_bytes`], whatever the
//! directory claims about sizes.
//!
//! [`Limits::inflated_bytes`]: crate::convert::table::Limits::inflated_bytes

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::ReadSeek;
use crate::convert::table::error::{Limit, TableError};

/// An open package.
pub(crate) struct Package<'i> {
    archive: ZipArchive<&'i mut dyn ReadSeek>,
    /// Part names in lower case with a plain slash, to the index in the archive.
    names: BTreeMap<String, usize>,
    left: u64,
    limit: u64,
}

impl<'i> Package<'i> {
    /// Opens the directory of a package.
    pub(crate) fn open(
        input: &'i mut dyn ReadSeek,
        inflated_bytes: u64,
    ) -> Result<Self, TableError> {
        let archive = ZipArchive::new(input).map_err(|error| zip_error("zip directory", error))?;
        let mut names = BTreeMap::new();
        for index in 0..archive.len() {
            if let Some(Ok(name)) = archive.name_for_index(index) {
                names.entry(key(&name)).or_insert(index);
            }
        }
        Ok(Self {
            archive,
            names,
            left: inflated_bytes,
            limit: inflated_bytes,
        })
    }

    /// True when there is such a part.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains_key(&key(name))
    }

    /// Part names in lower case, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// The bytes of a part, or none when there is no such part.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, TableError> {
        self.with(name, |reader| {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map(|_| bytes)
        })
    }

    /// The text of an XML part, from UTF-8 or UTF-16.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, TableError> {
        self.bytes(name)?
            .map(|bytes| decode_xml(bytes).map_err(|why| TableError::corrupt(name, why)))
            .transpose()
    }

    /// Streams an XML part to a function, or gives none when there is no such part.
    pub(crate) fn stream<T>(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut dyn BufRead) -> Result<T, TableError>,
    ) -> Result<Option<T>, TableError> {
        let mut outcome = None;
        self.with(name, |reader| {
            let mut reader = BufReader::with_capacity(1 << 16, reader);
            if is_utf16(reader.fill_buf()?) {
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes)?;
                let text = decode_xml(bytes).map_err(std::io::Error::other)?;
                outcome = Some(body(&mut Cursor::new(text)));
            } else {
                outcome = Some(body(&mut reader));
            }
            Ok(())
        })?;
        outcome.transpose()
    }

    fn with<T>(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut Metered<'_>) -> std::io::Result<T>,
    ) -> Result<Option<T>, TableError> {
        let Some(&index) = self.names.get(&key(name)) else {
            return Ok(None);
        };
        let limit = self.limit;
        let mut entry = self
            .archive
            .by_index(index)
            .map_err(|error| zip_error(name, error))?;
        let mut metered = Metered {
            inner: &mut entry,
            left: self.left,
            over: false,
        };
        let result = body(&mut metered);
        let (left, over) = (metered.left, metered.over);
        self.left = left;
        if over {
            return Err(TableError::Limit {
                what: Limit::InflatedBytes,
                limit,
            });
        }
        result
            .map(Some)
            .map_err(|error| TableError::corrupt(name, error))
    }
}

/// Counts down and stops at nought.
struct Metered<'r> {
    inner: &'r mut dyn Read,
    left: u64,
    over: bool,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.read(buffer)?;
        if let Some(left) = self.left.checked_sub(got as u64) {
            self.left = left;
            Ok(got)
        } else {
            self.over = true;
            Err(std::io::Error::other("the part inflates to too much"))
        }
    }
}

/// Part names compare without case and with either slash (ECMA-376 part 2, 6.2.2.3; writers differ).
fn key(name: &str) -> String {
    name.trim_start_matches('/')
        .replace('\\', "/")
        .to_lowercase()
}

fn zip_error(part: &str, error: ZipError) -> TableError {
    match error {
        ZipError::Io(error) => TableError::corrupt(part, error),
        ZipError::InvalidPassword => TableError::NeedsPassword,
        ZipError::UnsupportedArchive(why) if why.contains("assword") => TableError::NeedsPassword,
        other => TableError::corrupt(part, other),
    }
}

fn is_utf16(head: &[u8]) -> bool {
    matches!(
        head,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [b'<', 0, ..] | [0, b'<', ..]
    )
}

/// XML bytes as text; only UTF-8 and UTF-16 occur in packages.
pub(crate) fn decode_xml(bytes: Vec<u8>) -> Result<String, String> {
    let encoding = match bytes.as_slice() {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => encoding_rs::UTF_16LE,
        [0xFE, 0xFF, ..] | [0, b'<', ..] => encoding_rs::UTF_16BE,
        _ => {
            return match String::from_utf8(bytes) {
                Ok(text) => Ok(text
                    .strip_prefix('\u{FEFF}')
                    .map(str::to_owned)
                    .unwrap_or(text)),
                Err(error) => declared(error.as_bytes())
                    .ok_or_else(|| "the text is not in the declared encoding".to_owned()),
            };
        }
    };
    let (text, _, bad) = encoding.decode(&bytes);
    if bad {
        Err("the text is not valid UTF-16".to_owned())
    } else {
        Ok(text.replacen("UTF-16", "UTF-8", 1))
    }
}

/// Text in a single-byte encoding that the XML declaration names.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(120))?).into_owned();
    let label = head.split_once("encoding=")?.1;
    let label = label
        .trim_start_matches(['"', '\''])
        .split(['"', '\''])
        .next()?;
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
    let (text, _, bad) = encoding.decode(bytes);
    (!bad && encoding != encoding_rs::UTF_8).then(|| text.into_owned())
}
