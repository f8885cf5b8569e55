//! Zip-based formats, told apart by what the package declares about itself.

use std::io::Read;

use zip::ZipArchive;

use super::{Found, ReadSeek, find};

/// The most that is read of a declaration.
const PART_BYTES: u64 = 4 << 20;

/// Names a package; a damaged one is named by what its first bytes still say, else plain zip.
pub(crate) fn look_inside(input: &mut dyn ReadSeek, head: &[u8]) -> Found {
    let Ok(mut archive) = ZipArchive::new(input) else {
        return damaged(head);
    };
    if let Some(types) = read(&mut archive, "[Content_Types].xml")
        && let Some(found) = by_content_types(&types)
    {
        return found;
    }
    if let Some(kind) = read(&mut archive, "mimetype")
        && let Some(found) = by_media_type(kind.trim(), &mut archive)
    {
        return found;
    }
    // Some writers leave the declaration out; the manifest says the same.
    if let Some(manifest) = read(&mut archive, "META-INF/manifest.xml")
        && let Some(kind) = manifest
            .split('"')
            .find(|text| text.starts_with("application/vnd.oasis.opendocument."))
        && let Some(found) = by_media_type(kind, &mut archive)
    {
        return found;
    }
    Found::new("zip").pronom("x-fmt/263")
}

fn by_content_types(types: &str) -> Option<Found> {
    let has =
        |kind: &str| types.contains(&format!("\"{kind}\"")) || types.contains(&format!("'{kind}'"));
    let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let slides = "application/vnd.openxmlformats-officedocument.presentationml";
    let found = if has(&format!("{sheet}.sheet.main+xml")) {
        Found::new("xlsx").pronom("fmt/214")
    } else if has(&format!("{sheet}.template.main+xml")) {
        Found::new("xltx")
    } else if has("application/vnd.ms-excel.sheet.macroEnabled.main+xml")
        || has("application/vnd.ms-excel.addin.macroEnabled.main+xml")
    {
        Found::new("xlsm").pronom("fmt/445")
    } else if has("application/vnd.ms-excel.template.macroEnabled.main+xml") {
        Found::new("xltm")
    } else if has("application/vnd.ms-excel.sheet.binary.macroEnabled.main") {
        Found::new("xlsb").pronom("fmt/595")
    } else if has(&format!("{word}.document.main+xml")) {
        Found::new("docx").pronom("fmt/412")
    } else if has(&format!("{word}.template.main+xml")) {
        Found::new("dotx")
    } else if has("application/vnd.ms-word.document.macroEnabled.main+xml") {
        Found::new("docm").pronom("fmt/523")
    } else if has("application/vnd.ms-word.template.macroEnabledTemplate.main+xml") {
        Found::new("dotm")
    } else if has(&format!("{slides}.presentation.main+xml"))
        || has(&format!("{slides}.slideshow.main+xml"))
        || has(&format!("{slides}.template.main+xml"))
        || has("application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml")
        || has("application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml")
        || has("application/vnd.ms-powerpoint.template.macroEnabled.main+xml")
    {
        Found::new("pptx").pronom("fmt/215")
    } else {
        return None;
    };
    Some(found)
}

fn by_media_type(kind: &str, archive: &mut ZipArchive<&mut dyn ReadSeek>) -> Option<Found> {
    if kind == "application/epub+zip" {
        return Some(Found::new("epub"));
    }
    let name = kind.strip_prefix("application/vnd.oasis.opendocument.")?;
    let encrypted = read(archive, "META-INF/manifest.xml")
        .is_some_and(|manifest| manifest.contains("encryption-data"));
    let version = if encrypted {
        None
    } else {
        read(archive, "content.xml").and_then(|content| version(&content))
    };
    let found = match name {
        "spreadsheet" => with_version(
            Found::new("ods"),
            version.as_deref(),
            ["fmt/294", "fmt/295", "fmt/137"],
        ),
        "spreadsheet-template" => Found::new("ots"),
        "text" | "text-template" => with_version(
            Found::new("odt"),
            version.as_deref(),
            ["fmt/290", "fmt/291", "fmt/136"],
        ),
        "presentation" | "presentation-template" => Found::new("odp"),
        "graphics" | "graphics-template" => Found::new("odg"),
        _ => return None,
    };
    Some(found.encrypted(encrypted))
}

/// PRONOM ids of versions 1.1, 1.2 and 1.0, in this order; later versions have none that we are sure of.
fn with_version(found: Found, version: Option<&str>, ids: [&'static str; 3]) -> Found {
    match version {
        Some("1.1") => found.pronom(ids[0]),
        Some("1.2") => found.pronom(ids[1]),
        Some("1.0") => found.pronom(ids[2]),
        _ => found,
    }
}

fn version(content: &str) -> Option<String> {
    let start = content.find("office:version=")? + "office:version=".len();
    let rest = content.get(start..)?;
    let quote = rest.chars().next()?;
    rest[quote.len_utf8()..]
        .split(quote)
        .next()
        .map(str::to_owned)
}

/// The start of a part as text.
fn read(archive: &mut ZipArchive<&mut dyn ReadSeek>, name: &str) -> Option<String> {
    let part = archive.by_name(name).ok()?;
    let mut bytes = Vec::new();
    part.take(PART_BYTES).read_to_end(&mut bytes).ok()?;
    Some(match bytes.as_slice() {
        [0xFF, 0xFE, ..] => encoding_rs::UTF_16LE.decode(&bytes).0.into_owned(),
        [0xFE, 0xFF, ..] => encoding_rs::UTF_16BE.decode(&bytes).0.into_owned(),
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// A zip without its directory: part names in the first bytes still tell.
fn damaged(head: &[u8]) -> Found {
    let has = |name: &str| find(head, name.as_bytes()).is_some();
    if has("xl/workbook.xml") || has("xl/worksheets/") {
        Found::new("xlsx").pronom("fmt/214")
    } else if has("word/document.xml") {
        Found::new("docx").pronom("fmt/412")
    } else if has("ppt/presentation.xml") || has("ppt/slides/") {
        Found::new("pptx").pronom("fmt/215")
    } else if has("application/vnd.oasis.opendocument.spreadsheet") {
        Found::new("ods")
    } else if has("application/vnd.oasis.opendocument.text") {
        Found::new("odt")
    } else if has("application/vnd.oasis.opendocument.presentation") {
        Found::new("odp")
    } else {
        Found::new("zip").pronom("x-fmt/263")
    }
}
