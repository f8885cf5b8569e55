//! `droid.csv`: the payload in the columns of a DROID 6 profile export.
//!
//! The archives check formats with DROID output. The identification is ours; METHOD stays empty where we do not
//! know it. Addresses are relative to the bag, times are UTC. Every value is quoted, as DROID does; a name that
//! begins with `=` stays as it is, so open the file as text in a spreadsheet.

use std::collections::BTreeMap;

use super::layout::{LaidFile, Layout};
use super::xml::uri;
use crate::domain::RenditionKind;

const COLUMNS: [&str; 18] = [
    "ID",
    "PARENT_ID",
    "URI",
    "FILE_PATH",
    "NAME",
    "METHOD",
    "STATUS",
    "SIZE",
    "TYPE",
    "EXT",
    "LAST_MODIFIED",
    "EXTENSION_MISMATCH",
    "SHA256_HASH",
    "FORMAT_COUNT",
    "PUID",
    "MIME_TYPE",
    "FORMAT_NAME",
    "FORMAT_VERSION",
];

/// PRONOM ids of what our own writers make; nothing where PRONOM has none or several.
pub(super) fn pronom_of(kind: RenditionKind) -> Option<&'static str> {
    match kind {
        RenditionKind::Csv => Some("x-fmt/18"),
        RenditionKind::TableSchema => Some("fmt/817"),
        RenditionKind::Html => Some("fmt/471"),
        RenditionKind::Markdown => Some("fmt/1149"),
        // PDF/A-2a; the tags of PDF/UA have no id of their own.
        RenditionKind::Pdf => Some("fmt/476"),
        RenditionKind::Epub => Some("fmt/483"),
        RenditionKind::Text => Some("x-fmt/111"),
        RenditionKind::Parquet | RenditionKind::Odt | RenditionKind::Asset => None,
    }
}

/// What is known of one file.
#[derive(Default)]
struct Entry {
    method: &'static str,
    size: String,
    modified: String,
    mismatch: bool,
    sha256: String,
    pronom: String,
    media_type: String,
    format: String,
}

/// The file.
pub(super) fn file(layout: &Layout<'_>) -> Vec<u8> {
    let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
    for laid in &layout.items {
        let item = laid.item;
        let entry = Entry {
            method: item.identified_by.map_or("", |method| method.as_str()),
            modified: item
                .modified
                .map(|at| at.format("%Y-%m-%dT%H:%M:%S").to_string())
                .unwrap_or_default(),
            mismatch: item.format.extension_mismatch,
            pronom: item.format.pronom.clone().unwrap_or_default(),
            media_type: item.format.media_type.clone(),
            format: item.format.name.clone(),
            ..common(&laid.original)
        };
        entries.insert(&laid.original.path, entry);
        for (file, rendition) in &laid.renditions {
            let entry = Entry {
                pronom: pronom_of(rendition.kind).unwrap_or_default().to_owned(),
                media_type: rendition.media_type.clone(),
                format: rendition.kind.as_str().to_owned(),
                ..common(file)
            };
            entries.insert(&file.path, entry);
        }
    }
    let mut csv = Csv::default();
    csv.row(&COLUMNS.map(str::to_owned));
    for (path, entry) in &entries {
        csv.file(path, entry);
    }
    csv.out.into_bytes()
}

fn common(file: &LaidFile<'_>) -> Entry {
    Entry {
        size: file.size_bytes.to_string(),
        sha256: file.sha256.to_string(),
        ..Entry::default()
    }
}

#[derive(Default)]
struct Csv {
    out: String,
    /// Rows handed out so far, without the header.
    rows: usize,
    /// Folder → its id, as far as written.
    ids: BTreeMap<String, String>,
}

impl Csv {
    fn file(&mut self, path: &str, entry: &Entry) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.folder(folder);
        let id = self.next();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let count = if entry.pronom.is_empty() { "0" } else { "1" };
        let mismatch = if entry.mismatch { "true" } else { "false" };
        self.row(
            &[
                &id,
                &parent,
                &uri(path),
                path,
                name,
                entry.method,
                "Done",
                &entry.size,
                "File",
                extension,
                &entry.modified,
                mismatch,
                &entry.sha256,
                count,
                &entry.pronom,
                &entry.media_type,
                &entry.format,
                "",
            ]
            .map(str::to_owned),
        );
    }

    /// The id of a folder; writes its row, and those above it, when it is new.
    fn folder(&mut self, path: &str) -> String {
        if path.is_empty() {
            return String::new();
        }
        if let Some(id) = self.ids.get(path) {
            return id.clone();
        }
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.folder(above);
        let id = self.next();
        self.ids.insert(path.to_owned(), id.clone());
        let address = format!("{}/", uri(path));
        self.row(
            &[
                &id, &parent, &address, path, name, "", "Done", "", "Folder", "", "", "false", "",
                "", "", "", "", "",
            ]
            .map(str::to_owned),
        );
        id
    }

    fn next(&mut self) -> String {
        self.rows += 1;
        self.rows.to_string()
    }

    fn row(&mut self, values: &[String; 18]) {
        let quoted: Vec<_> = values
            .iter()
            .map(|value| format!("\"{}\"", value.replace('"', "\"\"")))
            .collect();
        self.out.push_str(&quoted.join(","));
        self.out.push('\n');
    }
}
