//! Identification: what a version is, by its bytes.
//!
//! Own signatures, then a look inside packages and compound files. Names follow PRONOM where a format has an entry that we
//! are sure of. Rule that must hold: a file's name never decides by itself; it breaks ties between kinds of plain text, and
//! names the kind of an encrypted package whose content cannot be seen.

pub mod ole;
mod package;
mod text;

use std::io::{Read, Seek, SeekFrom};

use crate::domain::{Format, FormatFamily};

/// Bytes from the start of a file that most signatures need.
const HEAD_BYTES: u64 = 64 << 10;

/// Why a file could not be identified.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The input failed.
    #[error("reading the file to identify it failed")]
    Input(#[from] std::io::Error),
}

/// What was found, before the name is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    name: &'static str,
    pronom: Option<&'static str>,
    encrypted: bool,
}

impl Found {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            pronom: None,
            encrypted: false,
        }
    }

    pub(crate) fn pronom(mut self, id: &'static str) -> Self {
        self.pronom = Some(id);
        self
    }

    pub(crate) fn encrypted(mut self, encrypted: bool) -> Self {
        self.encrypted = encrypted;
        self
    }
}

/// Identifies a file by its content.
///
/// # Errors
/// [`FormatError::Input`] when the input cannot be read. A damaged file is no error: it is named by what its start says.
pub fn identify(
    head_and_file: &mut (impl Read + Seek),
    file_name: &str,
) -> Result<Format, FormatError> {
    let input: &mut dyn ReadSeek = &mut *head_and_file;
    let length = input.seek(SeekFrom::End(0))?;
    input.rewind()?;
    let mut head = Vec::new();
    input.take(HEAD_BYTES).read_to_end(&mut head)?;
    let extension = extension(file_name);
    let found = if length == 0 {
        Found::new("empty")
    } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        package::look_inside(input, &head)
    } else if ole::is_ole(&head) {
        compound(input, &extension)?
    } else if let Some(found) = by_signature(&head) {
        found
    } else {
        text::identify(&head, length > head.len() as u64, &extension)
    };
    Ok(finish(&found, &extension))
}

/// An input that can be read and moved about in.
pub(crate) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

fn by_signature(head: &[u8]) -> Option<Found> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let found = if let Some(at) = find(&head[..head.len().min(1024)], b"%PDF-") {
        let version = head.get(at + 5..at + 8).unwrap_or_default();
        let found = Found::new("pdf");
        match version {
            b"1.0" => found.pronom("fmt/14"),
            b"1.1" => found.pronom("fmt/15"),
            b"1.2" => found.pronom("fmt/16"),
            b"1.3" => found.pronom("fmt/17"),
            b"1.4" => found.pronom("fmt/18"),
            b"1.5" => found.pronom("fmt/19"),
            b"1.6" => found.pronom("fmt/20"),
            b"1.7" => found.pronom("fmt/276"),
            _ => found,
        }
    } else if starts(b"{\\rtf") {
        Found::new("rtf").pronom("fmt/45")
    } else if starts(b"\x89PNG\r\n\x1A\n") {
        Found::new("png")
    } else if starts(b"\xFF\xD8\xFF") {
        Found::new("jpeg")
    } else if starts(b"GIF87a") {
        Found::new("gif").pronom("fmt/3")
    } else if starts(b"GIF89a") {
        Found::new("gif").pronom("fmt/4")
    } else if starts(b"II*\0") || starts(b"MM\0*") {
        Found::new("tiff").pronom("fmt/353")
    } else if starts(b"BM") && head.get(6..10) == Some(&[0; 4]) {
        Found::new("bmp")
    } else if starts(&[1, 0, 0, 0]) && head.get(40..44) == Some(b" EMF") {
        Found::new("emf")
    } else if starts(b"SQLite format 3\0") {
        Found::new("sqlite").pronom("fmt/729")
    } else if starts(b"\0\x01\0\0Standard Jet DB\0") {
        Found::new("mdb")
    } else if starts(b"\0\x01\0\0Standard ACE DB\0") {
        Found::new("accdb")
    } else if starts(b"PAR1") {
        Found::new("parquet")
    } else if starts(b"PARE") {
        Found::new("parquet").encrypted(true)
    } else if starts(b"\x1F\x8B\x08") {
        Found::new("gzip").pronom("x-fmt/266")
    } else if starts(b"7z\xBC\xAF\x27\x1C") {
        Found::new("7z").pronom("fmt/484")
    } else if is_biff(head) {
        Found::new("xls-old")
    } else if is_dbase(head) {
        Found::new("dbf")
    } else {
        return None;
    };
    Some(found)
}

/// A bare stream of BIFF2 to BIFF4, which has no compound file around it.
fn is_biff(head: &[u8]) -> bool {
    matches!(
        head.get(..4),
        Some([0x09, 0x00 | 0x02 | 0x04, 0x04 | 0x06, 0x00])
    ) && matches!(head.get(6..8), Some([0x10 | 0x20 | 0x40, 0x00]))
}

/// dBase: version, a plausible date, a header length that fits, its end mark.
fn is_dbase(head: &[u8]) -> bool {
    let [version, _, month, day, ..] = head else {
        return false;
    };
    if !matches!(
        version,
        0x02 | 0x03 | 0x04 | 0x05 | 0x30 | 0x31 | 0x43 | 0x83 | 0x8B | 0xF5
    ) || !(1..=12).contains(month)
        || !(1..=31).contains(day)
        || head.len() < 65
    {
        return false;
    }
    let header = usize::from(u16::from_le_bytes([head[8], head[9]]));
    let record = u16::from_le_bytes([head[10], head[11]]);
    header >= 65
        && record > 1
        && matches!(head.get(header - 1), Some(0x0D) | None)
        && head[32].is_ascii_graphic()
}

/// The start of a stream that tells whether a workbook or document asks for a password.
const STREAM_HEAD: u64 = 16 << 10;

fn compound(input: &mut dyn ReadSeek, extension: &str) -> Result<Found, FormatError> {
    let mut ole = match ole::Ole::open(input) {
        Ok(ole) => ole,
        Err(ole::OleError::Input(error)) => return Err(error.into()),
        Err(ole::OleError::Damaged(_)) => return Ok(Found::new("ole").pronom("fmt/111")),
    };
    let mut head_of = |name: &str| ole.stream(name, STREAM_HEAD).ok().flatten();
    if let Some(stream) = head_of("Workbook").or_else(|| head_of("Book")) {
        let version = u16::from_le_bytes([
            stream.get(4).copied().unwrap_or(0),
            stream.get(5).copied().unwrap_or(0),
        ]);
        let found = if version >= 0x0600 {
            Found::new("xls").pronom("fmt/61")
        } else {
            Found::new("xls5").pronom("fmt/59")
        };
        return Ok(found.encrypted(has_file_pass(&stream)));
    }
    if let Some(stream) = head_of("WordDocument") {
        // FibBase: bit 8 of the flags at offset 10 is fEncrypted ([MS-DOC] 2.5.2).
        let encrypted = stream.get(11).is_some_and(|flags| flags & 1 != 0);
        return Ok(Found::new("doc").pronom("fmt/40").encrypted(encrypted));
    }
    if ole.has("EncryptedPackage") {
        let name = match extension {
            "docx" | "docm" | "dotx" => "docx",
            "pptx" | "pptm" | "ppsx" | "ppsm" | "potx" | "potm" => "pptx",
            "xlsm" => "xlsm",
            "xlsb" => "xlsb",
            _ => "xlsx",
        };
        return Ok(Found::new(name).encrypted(true));
    }
    Ok(if ole.has("PowerPoint Document") {
        let encrypted = ole.has("EncryptedSummary");
        Found::new("ppt").pronom("fmt/126").encrypted(encrypted)
    } else if ole.has("__properties_version1.0") {
        Found::new("msg").pronom("x-fmt/430")
    } else if ole.has("VisioDocument") {
        Found::new("vsd")
    } else {
        Found::new("ole").pronom("fmt/111")
    })
}

/// Looks for a `FilePass` record in the globals.
fn has_file_pass(stream: &[u8]) -> bool {
    let mut at = 0;
    while let Some(&[k0, k1, l0, l1]) = stream.get(at..at + 4) {
        match u16::from_le_bytes([k0, k1]) {
            0x002F => return true,
            0x000A => return false,
            _ => at += 4 + usize::from(u16::from_le_bytes([l0, l1])),
        }
    }
    false
}

/// Where a pattern stands.
pub(crate) fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes
        .windows(pattern.len())
        .position(|window| window == pattern)
}

fn extension(file_name: &str) -> String {
    file_name
        .rsplit(['/', '\\'])
        .next()
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, extension)| extension.to_ascii_lowercase())
        .unwrap_or_default()
}

fn finish(found: &Found, extension: &str) -> Format {
    let row = KNOWN.iter().find(|row| row.0 == found.name);
    let (media_type, family, extensions) = row.map_or(
        (
            "application/octet-stream",
            FormatFamily::Unknown,
            [].as_slice(),
        ),
        |row| (row.1, row.2, row.3),
    );
    Format {
        name: found.name.to_owned(),
        pronom: found.pronom.map(str::to_owned),
        media_type: media_type.to_owned(),
        family,
        encrypted: found.encrypted,
        extension_mismatch: !extension.is_empty()
            && !extensions.is_empty()
            && !extensions.contains(&extension),
    }
}

type Known = (
    &'static str,
    &'static str,
    FormatFamily,
    &'static [&'static str],
);

use FormatFamily::{Document, Table, Unknown, Unsupported};

/// Name, media type, reader, extensions that agree. No extensions: any will do.
const KNOWN: &[Known] = &[
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Table,
        &["xlsx"],
    ),
    (
        "xlsm",
        "application/vnd.ms-excel.sheet.macroEnabled.12",
        Table,
        &["xlsm"],
    ),
    (
        "xltx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
        Table,
        &["xltx"],
    ),
    (
        "xltm",
        "application/vnd.ms-excel.template.macroEnabled.12",
        Table,
        &["xltm"],
    ),
    (
        "xlsb",
        "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
        Table,
        &["xlsb"],
    ),
    ("xls", "application/vnd.ms-excel", Table, &["xls", "xlt"]),
    ("xls5", "application/vnd.ms-excel", Table, &["xls", "xlt"]),
    (
        "xls-old",
        "application/vnd.ms-excel",
        Unsupported,
        &["xls", "xlt", "xlc", "xlw"],
    ),
    (
        "ods",
        "application/vnd.oasis.opendocument.spreadsheet",
        Table,
        &["ods"],
    ),
    (
        "ots",
        "application/vnd.oasis.opendocument.spreadsheet-template",
        Table,
        &["ots"],
    ),
    (
        "fods",
        "application/vnd.oasis.opendocument.spreadsheet-flat-xml",
        Table,
        &["fods", "xml"],
    ),
    ("csv", "text/csv", Table, &["csv", "txt"]),
    (
        "tsv",
        "text/tab-separated-values",
        Table,
        &["tsv", "tab", "txt", "csv"],
    ),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Document,
        &["docx"],
    ),
    (
        "docm",
        "application/vnd.ms-word.document.macroEnabled.12",
        Document,
        &["docm"],
    ),
    (
        "dotx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
        Document,
        &["dotx"],
    ),
    (
        "dotm",
        "application/vnd.ms-word.template.macroEnabled.12",
        Document,
        &["dotm"],
    ),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Document,
        &["pptx", "ppsx", "potx", "pptm", "ppsm", "potm"],
    ),
    (
        "odt",
        "application/vnd.oasis.opendocument.text",
        Document,
        &["odt", "ott"],
    ),
    (
        "fodt",
        "application/vnd.oasis.opendocument.text-flat-xml",
        Document,
        &["fodt", "xml"],
    ),
    (
        "odp",
        "application/vnd.oasis.opendocument.presentation",
        Document,
        &["odp", "otp"],
    ),
    (
        "fodp",
        "application/vnd.oasis.opendocument.presentation-flat-xml",
        Document,
        &["fodp", "xml"],
    ),
    (
        "odg",
        "application/vnd.oasis.opendocument.graphics",
        Unsupported,
        &["odg", "otg"],
    ),
    ("epub", "application/epub+zip", Unsupported, &["epub"]),
    ("zip", "application/zip", Unsupported, &["zip"]),
    ("doc", "application/msword", Unsupported, &["doc", "dot"]),
    (
        "ppt",
        "application/vnd.ms-powerpoint",
        Unsupported,
        &["ppt", "pps", "pot"],
    ),
    ("msg", "application/vnd.ms-outlook", Document, &["msg"]),
    ("vsd", "application/vnd.visio", Unsupported, &["vsd", "vst"]),
    ("ole", "application/x-ole-storage", Unsupported, &[]),
    ("pdf", "application/pdf", Unsupported, &["pdf", "ai"]),
    ("rtf", "application/rtf", Document, &["rtf", "doc"]),
    ("eml", "message/rfc822", Document, &["eml", "txt"]),
    ("mbox", "application/mbox", Document, &["mbox", "mbx"]),
    ("html", "text/html", Document, &["html", "htm", "xhtml"]),
    (
        "xml",
        "application/xml",
        Unsupported,
        &["xml", "xsd", "xsl", "rdf", "svg", "gml", "kml"],
    ),
    ("xml-spreadsheet", "application/xml", Unsupported, &["xml"]),
    ("xml-word", "application/xml", Unsupported, &["xml"]),
    (
        "json",
        "application/json",
        Unsupported,
        &["json", "geojson", "jsonld"],
    ),
    (
        "txt",
        "text/plain",
        Document,
        &["txt", "text", "log", "asc"],
    ),
    ("md", "text/markdown", Document, &["md", "markdown"]),
    ("png", "image/png", Unsupported, &["png"]),
    ("jpeg", "image/jpeg", Unsupported, &["jpg", "jpeg", "jpe"]),
    ("gif", "image/gif", Unsupported, &["gif"]),
    ("tiff", "image/tiff", Unsupported, &["tif", "tiff"]),
    ("bmp", "image/bmp", Unsupported, &["bmp", "dib"]),
    ("emf", "image/emf", Unsupported, &["emf"]),
    (
        "sqlite",
        "application/vnd.sqlite3",
        Unsupported,
        &["sqlite", "sqlite3", "db", "gpkg"],
    ),
    (
        "mdb",
        "application/vnd.ms-access",
        Unsupported,
        &["mdb", "mde"],
    ),
    (
        "accdb",
        "application/vnd.ms-access",
        Unsupported,
        &["accdb", "accde"],
    ),
    ("dbf", "application/vnd.dbf", Unsupported, &["dbf"]),
    (
        "parquet",
        "application/vnd.apache.parquet",
        Unsupported,
        &["parquet", "pq"],
    ),
    (
        "gzip",
        "application/gzip",
        Unsupported,
        &["gz", "gzip", "tgz"],
    ),
    ("7z", "application/x-7z-compressed", Unsupported, &["7z"]),
    ("empty", "application/x-empty", Unsupported, &[]),
    ("unknown", "application/octet-stream", Unknown, &[]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    fn check(bytes: &[u8], name: &str, expect: &str) {
        let format = identify(&mut Cursor::new(bytes), name).unwrap();
        let mut got = format.name.clone();
        if let Some(id) = &format.pronom {
            got = format!("{got} {id}");
        }
        if format.encrypted {
            got.push_str(" encrypted");
        }
        if format.extension_mismatch {
            got.push_str(" mismatch");
        }
        assert_eq!(got, expect, "{name}");
    }

    fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            writer
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn signatures_name_the_format() {
        check(b"", "a.xlsx", "empty");
        check(b"%PDF-1.7\n", "a.pdf", "pdf fmt/276");
        check(b"%PDF-1.4\n", "a.docx", "pdf fmt/18 mismatch");
        check(b"{\\rtf1\\ansi", "a.doc", "rtf fmt/45");
        check(b"\x89PNG\r\n\x1A\n....", "a.png", "png");
        check(b"GIF89a..", "a.gif", "gif fmt/4");
        check(b"SQLite format 3\0..", "a.db", "sqlite fmt/729");
        check(b"\0\x01\0\0Standard Jet DB\0", "a.mdb", "mdb");
        check(b"PAR1....PAR1", "a.parquet", "parquet");
        check(b"\x1F\x8B\x08\0", "a.gz", "gzip x-fmt/266");
        check(b"\x07\x01\x02\x03\x80\x90\xFF\xFE\0\0", "a.bin", "unknown");
    }

    #[test]
    fn packages_are_named_by_what_they_declare() {
        let types = |kind: &str| {
            zip(&[(
                "[Content_Types].xml",
                &format!(
                    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Override PartName=\"/x\" ContentType=\"{kind}\"/></Types>"
                ),
            )])
        };
        let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
        check(&types(sheet), "a.xlsx", "xlsx fmt/214");
        check(&types(sheet), "a.txt", "xlsx fmt/214 mismatch");
        check(
            &types("application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
            "a.xlsm",
            "xlsm fmt/445",
        );
        check(
            &types("application/vnd.ms-excel.sheet.binary.macroEnabled.main"),
            "a.xlsb",
            "xlsb fmt/595",
        );
        check(
            &types(
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            ),
            "a",
            "docx fmt/412",
        );
        check(
            &zip(&[("mimetype", "application/epub+zip")]),
            "a.epub",
            "epub",
        );
        check(&zip(&[("a.txt", "x")]), "a.zip", "zip x-fmt/263");
        check(&zip(&[("a.txt", "x")]), "a.xlsx", "zip x-fmt/263 mismatch");
        let ods = "application/vnd.oasis.opendocument.spreadsheet";
        check(
            &zip(&[
                ("mimetype", ods),
                (
                    "content.xml",
                    "<office:document-content office:version=\"1.2\"/>",
                ),
            ]),
            "a.ods",
            "ods fmt/295",
        );
        check(
            &zip(&[
                ("mimetype", ods),
                (
                    "META-INF/manifest.xml",
                    "<m><manifest:encryption-data/></m>",
                ),
            ]),
            "a.ods",
            "ods encrypted",
        );
        check(b"PK\x03\x04garbage", "a.xlsx", "zip x-fmt/263 mismatch");
        let show = "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml";
        check(&types(show), "a.ppsm", "pptx fmt/215");
        let deck =
            "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml";
        check(&types(deck), "a.docx", "pptx fmt/215 mismatch");
        for (kind, expect) in [
            ("text", "odt mismatch"),
            ("text-template", "odt mismatch"),
            ("presentation", "odp mismatch"),
            ("presentation-template", "odp mismatch"),
        ] {
            let media_type = format!("application/vnd.oasis.opendocument.{kind}");
            check(&zip(&[("mimetype", &media_type)]), "a.docx", expect);
        }
        let flat = |kind: &str| {
            format!(
                "<?xml version=\"1.0\"?>\n<office:document office:mimetype=\"application/vnd.oasis.opendocument.{kind}\"/>"
            )
        };
        check(flat("text").as_bytes(), "a.fodt", "fodt");
        check(flat("presentation").as_bytes(), "a.txt", "fodp mismatch");
    }

    #[test]
    fn text_is_told_apart() {
        check(b"Region,Year\nNorth,2024\n", "a.csv", "csv x-fmt/18");
        check(b"Region,Year\nNorth,2024\n", "a.txt", "csv x-fmt/18");
        check(
            b"Region;Year\nNorth;2024\n",
            "a.xlsx",
            "csv x-fmt/18 mismatch",
        );
        check(b"Region\tYear\nNorth\t2024\n", "a.tsv", "tsv x-fmt/13");
        check(
            b"Dear all,\nplease note, the office is closed.\n",
            "a.txt",
            "txt x-fmt/111",
        );
        check(b"Region\nNorth\n", "a.csv", "csv x-fmt/18");
        check(b"# Title\n\nSome words.\n", "a.md", "md fmt/1149");
        check(
            b"<!DOCTYPE html><html><body>x</body></html>",
            "a.xls",
            "html fmt/471 mismatch",
        );
        check(b"<html><table></table></html>", "a.html", "html fmt/96");
        check(b"<?xml version=\"1.0\"?><a/>", "a.xml", "xml fmt/101");
        check(b"{\"a\": [1, 2]}", "a.json", "json fmt/817");
        let message =
            b"Received: from a\r\n by b\r\nFrom: a@example.org\r\nSubject: x\r\n\r\nText\r\n";
        check(message, "a", "eml fmt/278");
        check(message, "a.docx", "eml fmt/278 mismatch");
        let note = b"From: Ann\nTo: Bea\nSubject: Lunch\n\nAt noon?\n";
        check(note, "a.eml", "eml fmt/278");
        check(note, "a.txt", "txt x-fmt/111");
        check(
            b"From a@example.org Fri May  3 14:05:00 2024\nFrom: a\nSubject: x\n\ny\n",
            "a",
            "mbox fmt/720",
        );
        check(b"From here on:\nnothing\n", "a.txt", "txt x-fmt/111");
        check(b"<p>one</p>\n<!-- two -->\n", "a.html", "html fmt/96");
        check(
            b"\xFF\xFER\0,\0Y\0\n\0a\0,\0b\0\n\0",
            "a.csv",
            "csv x-fmt/18",
        );
        check(
            b"R\xE9gion;Ann\xE9e\nQu\xE9bec;2024\n",
            "a.csv",
            "csv x-fmt/18",
        );
    }

    #[test]
    fn any_bytes_give_an_answer() {
        for seed in 0_u32..500 {
            let mut state = seed.wrapping_mul(2_654_435_761) | 1;
            let mut bytes: Vec<u8> = (0..700)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state.to_be_bytes()[0]
                })
                .collect();
            let magic: &[u8] = match seed % 5 {
                0 => b"PK\x03\x04",
                1 => &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
                2 => b"<",
                3 => b"\x03",
                _ => b"",
            };
            bytes[..magic.len()].copy_from_slice(magic);
            identify(&mut Cursor::new(bytes), "a.xlsx").unwrap();
        }
    }
}
