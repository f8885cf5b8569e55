//! Plain text: XML, HTML, JSON, delimited text, Markdown, prose.

use super::Found;

/// Rows that delimited text is judged by.
const ROWS: usize = 50;

/// Names text by its start; the extension only breaks ties between kinds of plain text.
pub(crate) fn identify(head: &[u8], cut_off: bool, extension: &str) -> Found {
    let Some(text) = decode(head, cut_off) else {
        return Found::new("unknown");
    };
    let start = text.trim_start();
    if start.starts_with('<')
        && let Some(found) = markup(start)
    {
        return found;
    }
    if let Some(found) = mail(&text, extension) {
        return found;
    }
    if start.starts_with(['{', '[']) && is_json(start, cut_off) {
        return Found::new("json").pronom("fmt/817");
    }
    if let Some(delimiter) = delimiter(&text, cut_off, extension) {
        return if delimiter == '\t' {
            Found::new("tsv").pronom("x-fmt/13")
        } else {
            Found::new("csv").pronom("x-fmt/18")
        };
    }
    match extension {
        "csv" => Found::new("csv").pronom("x-fmt/18"),
        "tsv" | "tab" => Found::new("tsv").pronom("x-fmt/13"),
        "html" | "htm" | "xhtml" if start.contains('<') => Found::new("html").pronom("fmt/96"),
        "md" | "markdown" => Found::new("md").pronom("fmt/1149"),
        _ => Found::new("txt").pronom("x-fmt/111"),
    }
}

/// The bytes as text, or none when they are no text in any encoding.
fn decode(head: &[u8], cut_off: bool) -> Option<String> {
    if let Some((encoding, length)) = encoding_rs::Encoding::for_bom(head) {
        let (text, _) = encoding.decode_without_bom_handling(&head[length..]);
        return Some(text.into_owned());
    }
    let noughts = head.split(|&byte| byte == 0).count() - 1;
    if noughts * 10 > head.len() * 3 {
        let even = head.iter().step_by(2).filter(|&&byte| byte == 0).count();
        let encoding = if even * 2 > noughts {
            encoding_rs::UTF_16BE
        } else {
            encoding_rs::UTF_16LE
        };
        let (text, bad) = encoding.decode_without_bom_handling(head);
        let printable = text
            .chars()
            .filter(|c| !c.is_control() || c.is_whitespace())
            .count();
        return (!bad && printable == text.chars().count()).then(|| text.into_owned());
    }
    let odd = head
        .iter()
        .filter(|&&byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1A | 0x1B))
        .count();
    // A stray control character does not make text something else.
    if odd > 1 && odd * 50 > head.len() {
        return None;
    }
    match std::str::from_utf8(head) {
        Ok(text) => Some(text.to_owned()),
        Err(error) if cut_off && error.valid_up_to() + 4 > head.len() => {
            Some(String::from_utf8_lossy(&head[..error.valid_up_to()]).into_owned())
        }
        // Single-byte encodings leave 0x80 to 0x9F mostly unused; binary data do not.
        Err(_) => {
            let high = head
                .iter()
                .filter(|&&byte| (0x80..0xA0).contains(&byte))
                .count();
            (high * 20 <= head.len() && odd == 0).then(|| {
                encoding_rs::WINDOWS_1252
                    .decode_without_bom_handling(head)
                    .0
                    .into_owned()
            })
        }
    }
}

/// A message or a mailbox: header fields from the first line on, with names that every message has.
fn mail(text: &str, extension: &str) -> Option<Found> {
    const FIELDS: [&str; 12] = [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "received",
        "return-path",
        "content-type",
        "delivered-to",
        "reply-to",
    ];
    /// Fields that programs write and people do not.
    const BY_PROGRAMS: [&str; 5] = [
        "message-id",
        "mime-version",
        "received",
        "return-path",
        "delivered-to",
    ];
    let mut lines = text.lines();
    let mut mailbox = false;
    if let Some(rest) = text.strip_prefix("From ") {
        // The line between the messages of a mailbox has a time of day.
        let first = rest.lines().next().unwrap_or("");
        mailbox = first
            .split_whitespace()
            .any(|word| word.len() >= 5 && word.as_bytes()[2] == b':');
        if !mailbox {
            return None;
        }
        lines.next();
    }
    let (mut known, mut by_programs) = (Vec::new(), false);
    for line in lines {
        if line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) && !known.is_empty() {
            continue;
        }
        let name = line
            .split_once(':')
            .map(|(name, _)| name.trim_end().to_ascii_lowercase());
        let name = name.filter(|name| !name.is_empty() && !name.contains(' '))?;
        by_programs |= BY_PROGRAMS.contains(&name.as_str());
        if FIELDS.contains(&name.as_str()) && !known.contains(&name) {
            known.push(name);
        } else if known.is_empty() && !name.starts_with("x-") && !name.contains('-') {
            return None;
        }
    }
    // A note that begins with “From:” and “To:” is no message unless a program or its name says so.
    if known.len() < 2 || !(by_programs || mailbox || extension == "eml") {
        return None;
    }
    Some(if mailbox {
        Found::new("mbox").pronom("fmt/720")
    } else {
        Found::new("eml").pronom("fmt/278")
    })
}

fn markup(start: &str) -> Option<Found> {
    let mut limit = start.len().min(4096);
    while !start.is_char_boundary(limit) {
        limit -= 1;
    }
    let lower = start[..limit].to_ascii_lowercase();
    if lower.starts_with("<!doctype html") {
        let old = lower.contains("-//w3c//dtd");
        return Some(if old {
            Found::new("html").pronom("fmt/96")
        } else {
            Found::new("html").pronom("fmt/471")
        });
    }
    if lower.starts_with("<html") || (!lower.starts_with("<?xml") && lower.contains("<html")) {
        return Some(Found::new("html").pronom("fmt/96"));
    }
    let declared = lower.starts_with("<?xml");
    if declared || lower.contains("xmlns") {
        if lower.contains("urn:schemas-microsoft-com:office:spreadsheet") {
            return Some(Found::new("xml-spreadsheet"));
        }
        if lower.contains("schemas.microsoft.com/office/word/2003/wordml") {
            return Some(Found::new("xml-word"));
        }
        if lower.contains("<office:document")
            && lower.contains("application/vnd.oasis.opendocument.spreadsheet")
        {
            return Some(Found::new("fods"));
        }
        if lower.contains("<office:document")
            && lower.contains("application/vnd.oasis.opendocument.text")
        {
            return Some(Found::new("fodt"));
        }
        if lower.contains("<office:document")
            && lower.contains("application/vnd.oasis.opendocument.presentation")
        {
            return Some(Found::new("fodp"));
        }
        if lower.contains("<html") {
            return Some(Found::new("html").pronom("fmt/102"));
        }
        return Some(Found::new("xml").pronom("fmt/101"));
    }
    if lower.contains("<table") {
        return Some(Found::new("html").pronom("fmt/96"));
    }
    None
}

fn is_json(start: &str, cut_off: bool) -> bool {
    match serde_json::from_str::<serde::de::IgnoredAny>(start.trim_end()) {
        Ok(_) => true,
        Err(error) => cut_off && error.is_eof(),
    }
}

/// The delimiter that splits every full row into the same number of fields, at least two.
fn delimiter(text: &str, cut_off: bool, extension: &str) -> Option<char> {
    let mut best: Option<(usize, char)> = None;
    for delimiter in ['\t', ',', ';', '|'] {
        let mut widths = widths(text, delimiter);
        if cut_off && widths.len() > 1 {
            widths.pop();
        }
        widths.truncate(ROWS);
        let full = widths.iter().filter(|&&width| width > 1).count();
        let Some(&common) = widths.iter().max_by_key(|&&width| {
            (
                widths.iter().filter(|&&other| other == width).count(),
                width,
            )
        }) else {
            continue;
        };
        let even = widths.iter().filter(|&&width| width == common).count();
        let total = widths.len();
        // With the extension's word, most rows will do; without it, all of at least two.
        let said = matches!(extension, "csv" | "tsv" | "tab");
        if !said && delimiter == ',' && is_prose(text) {
            continue;
        }
        let enough = if said {
            common > 1 && even * 2 >= full && full * 2 >= total
        } else {
            common > 1 && even == total && total >= 2
        };
        if enough && best.is_none_or(|(most, _)| common > most) {
            best = Some((common, delimiter));
        }
    }
    best.map(|(_, delimiter)| delimiter)
}

/// Sentences put a space after a comma; data seldom do.
fn is_prose(text: &str) -> bool {
    let commas = text.matches(',').count();
    commas > 0 && text.matches(", ").count() * 2 >= commas
}

/// Fields per row that is not empty, quotes respected.
fn widths(text: &str, delimiter: char) -> Vec<usize> {
    let mut widths = Vec::new();
    let (mut width, mut quoted, mut filled) = (1, false, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' if !quoted => {
                if filled {
                    widths.push(width);
                }
                (width, filled) = (1, false);
                if widths.len() > ROWS {
                    return widths;
                }
                continue;
            }
            c if c == delimiter && !quoted => width += 1,
            _ => {}
        }
        filled |= !c.is_whitespace();
    }
    if filled {
        widths.push(width);
    }
    widths
}
