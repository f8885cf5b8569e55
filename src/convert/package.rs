//! Office packages (ISO/IEC 29500-2): parts of a zip file and how they relate, with bounds.
//!
//! Leans on `zip`. Rule that must hold: nothing is inflated beyond the limits, whatever the headers claim,
//! and nothing outside the package is ever opened.

use std::{
    collections::BTreeMap,
    io::{Read, Seek},
};

use zip::{ZipArchive, result::ZipError};

use super::{
    document::{DocumentError, Limits},
    xml::{self, Element, XmlError},
};

/// An opened package.
pub(crate) struct Package<R> {
    archive: ZipArchive<R>,
    /// Lower-case part name → (name as written, index): part names compare without case.
    parts: BTreeMap<String, (String, usize)>,
    left: u64,
    limits: Limits,
}

/// Where a relationship leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relationship {
    /// Last segment of the type URI: `image`, `hyperlink`, `footnotes`.
    pub(crate) kind: String,
    /// A part name, or the address as written when external.
    pub(crate) target: String,
    /// True when it leads out of the package.
    pub(crate) external: bool,
}

/// Relationships of one part, by id.
pub(crate) type Relationships = BTreeMap<String, Relationship>;

impl<R: Read + Seek> Package<R> {
    /// Opens a package; encrypted containers and foreign files are told apart.
    pub(crate) fn open(mut input: R, limits: Limits) -> Result<Self, DocumentError> {
        let mut head = [0; 8];
        let read = read_head(&mut input, &mut head).map_err(|e| corrupt("package", &e))?;
        if head[..read] == [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] {
            return Err(compound_file(input));
        }
        if !head[..read].starts_with(b"PK") {
            return Err(DocumentError::Unsupported {
                what: "a file that is no office package".into(),
            });
        }
        input.rewind().map_err(|e| corrupt("package", &e))?;
        let archive = ZipArchive::new(input).map_err(|e| corrupt("package", &e))?;
        if archive.len() as u64 > limits.parts {
            return Err(DocumentError::limit("parts in the package", limits.parts));
        }
        let mut parts = BTreeMap::new();
        for index in 0..archive.len() {
            if let Some(Ok(name)) = archive.name_for_index(index) {
                let name = name.replace('\\', "/");
                let name = name.trim_start_matches('/').to_owned();
                parts.insert(name.to_lowercase(), (name, index));
            }
        }
        Ok(Self {
            archive,
            parts,
            left: limits.total_bytes,
            limits,
        })
    }

    /// Part names as written, in order of their lower-case form.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.values().map(|(name, _)| name.as_str())
    }

    /// The bytes of a part, or nothing when it is not there.
    pub(crate) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, DocumentError> {
        let Some((_, index)) = self.parts.get(&name.to_lowercase()) else {
            return Ok(None);
        };
        let file = self.archive.by_index(*index).map_err(|e| match e {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)
            | ZipError::InvalidPassword => DocumentError::NeedsPassword,
            e => corrupt(name, &e),
        })?;
        let cap = self.limits.part_bytes.min(self.left);
        let mut bytes = Vec::new();
        file.take(cap.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|e| corrupt(name, &e))?;
        if bytes.len() as u64 > cap {
            let limit = if cap < self.limits.part_bytes {
                self.limits.total_bytes
            } else {
                self.limits.part_bytes
            };
            return Err(DocumentError::limit("inflated bytes", limit));
        }
        self.left -= bytes.len() as u64;
        Ok(Some(bytes))
    }

    /// A part as a tree, or nothing when it is not there.
    pub(crate) fn xml(&mut self, name: &str) -> Result<Option<Element>, DocumentError> {
        let Some(bytes) = self.part(name)? else {
            return Ok(None);
        };
        parse_part(&bytes, name, &self.limits).map(Some)
    }

    /// The relationships of a part (`""` for the package itself).
    pub(crate) fn relationships(&mut self, part: &str) -> Result<Relationships, DocumentError> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let slash = if folder.is_empty() { "" } else { "/" };
        let Some(root) = self.xml(&format!("{folder}{slash}_rels/{file}.rels"))? else {
            return Ok(Relationships::new());
        };
        let relationship = |e: &Element| {
            let external = e.attr("TargetMode") == Some("External");
            let target = e.attr("Target").unwrap_or("");
            let kind = e.attr("Type").unwrap_or("");
            let kind = kind.rsplit('/').next().unwrap_or("").to_owned();
            Some((
                e.attr("Id")?.to_owned(),
                Relationship {
                    kind,
                    target: if external {
                        target.to_owned()
                    } else {
                        resolve(folder, target)
                    },
                    external,
                },
            ))
        };
        Ok(root.elements().filter_map(relationship).collect())
    }
}

/// Parses the bytes of a part, with the part's name in the error.
pub(crate) fn parse_part(
    bytes: &[u8],
    name: &str,
    limits: &Limits,
) -> Result<Element, DocumentError> {
    xml::parse(bytes, limits.elements, limits.levels).map_err(|e| match e {
        XmlError::Malformed(why) => DocumentError::Corrupt {
            part: name.to_owned(),
            why,
        },
        XmlError::Limit { what, limit } => DocumentError::limit(what, limit),
    })
}

/// A part name from a folder and a relative or absolute reference, never above the root.
fn resolve(folder: &str, target: &str) -> String {
    let mut segments: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|s| !s.is_empty()).collect(),
    };
    for segment in target.split(['/', '\\']) {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    segments.join("/")
}

fn corrupt(part: &str, why: &dyn std::fmt::Display) -> DocumentError {
    DocumentError::Corrupt {
        part: part.to_owned(),
        why: why.to_string(),
    }
}

fn read_head(input: &mut (impl Read + Seek), head: &mut [u8]) -> std::io::Result<usize> {
    input.rewind()?;
    let mut read = 0;
    while read < head.len() {
        match input.read(&mut head[read..])? {
            0 => break,
            n => read += n,
        }
    }
    Ok(read)
}

/// A compound file is an encrypted package when it holds a stream of that name ([MS-OFFCRYPTO] 2.3.4.4),
/// otherwise a format of before 2007.
fn compound_file(mut input: impl Read + Seek) -> DocumentError {
    const LOOK_BYTES: u64 = 64 << 20;
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut bytes = Vec::new();
    let read = input.by_ref().take(LOOK_BYTES).read_to_end(&mut bytes);
    if read.is_ok() && bytes.windows(name.len()).any(|window| window == name) {
        DocumentError::NeedsPassword
    } else {
        DocumentError::Unsupported {
            what: "a compound file (Word 97 to 2003)".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stay_inside() {
        let check =
            |folder, target, expect: &str| assert_eq!(resolve(folder, target), expect, "{target}");
        check("word", "styles.xml", "word/styles.xml");
        check("word", "/word/styles.xml", "word/styles.xml");
        check("word", "../customXml/item1.xml", "customXml/item1.xml");
        check("word", "../../../../etc/passwd", "etc/passwd");
        check("", "word/./document.xml", "word/document.xml");
    }
}
