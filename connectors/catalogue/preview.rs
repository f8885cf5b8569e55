//! The first rows of a table, for its page.
//!
//! Leans on the `csv` crate. Rule that must hold: the work and the result are bounded, whatever the content is.

use serde::{Deserialize, Serialize};

/// Bytes of a content that are looked at.
pub(super) const LOOK_BYTES: usize = 64 * 1024;
const MOST_ROWS: usize = 10;
const MOST_COLUMNS: usize = 20;
const MOST_CHARS: usize = 120;

/// The first rows of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Preview {
    /// Column names.
    pub(super) header: Vec<String>,
    /// Rows, each as long as the header.
    pub(super) rows: Vec<Vec<String>>,
    /// True when columns were left out.
    pub(super) narrowed: bool,
    /// True when rows were left out.
    pub(super) shortened: bool,
}

/// Reads the beginning of a CSV file (RFC 4180, UTF-8). `None` when it is not one, or has no rows.
pub(super) fn preview(start: &[u8], complete: bool) -> Option<Preview> {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // The cut may lie within a character, not more.
        Err(error) if !complete && error.valid_up_to() + 4 > start.len() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records: Vec<csv::StringRecord> = Vec::new();
    for record in reader.records() {
        records.push(record.ok()?);
        if records.len() > MOST_ROWS + 2 {
            break;
        }
    }
    if !complete && records.len() <= MOST_ROWS + 2 {
        // The last record may be cut.
        records.pop();
    }
    let mut records = records.into_iter();
    let first = records.next()?;
    let columns = first.len();
    let rows: Vec<Vec<String>> = records
        .map(|record| {
            let mut row = cells(&record);
            row.resize(columns.min(MOST_COLUMNS), String::new());
            row
        })
        .collect();
    if rows.is_empty() || columns == 0 {
        return None;
    }
    Some(Preview {
        header: cells(&first),
        narrowed: columns > MOST_COLUMNS,
        shortened: rows.len() > MOST_ROWS || !complete,
        rows: rows.into_iter().take(MOST_ROWS).collect(),
    })
}

fn cells(record: &csv::StringRecord) -> Vec<String> {
    record.iter().take(MOST_COLUMNS).map(cell).collect()
}

fn cell(text: &str) -> String {
    let text = super::record::clean(text);
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_rows() {
        let got = preview(b"\xef\xbb\xbfa,b\n1,\"x, y\"\n2\n", true).unwrap();
        assert_eq!(got.header, ["a", "b"]);
        assert_eq!(got.rows, [["1", "x, y"], ["2", ""]]);
        assert!(!got.shortened && !got.narrowed);
    }

    #[test]
    fn bounded() {
        let wide = vec!["h"; 500].join(",");
        let long = format!("{wide}\n{}\n", vec!["é".repeat(900); 500].join(","));
        let got = preview(long.as_bytes(), true).unwrap();
        assert_eq!(got.header.len(), MOST_COLUMNS);
        assert_eq!(got.rows[0][0].chars().count(), MOST_CHARS + 1);
        assert!(got.narrowed);
        let tall = "a\n".repeat(10_000);
        let got = preview(&tall.as_bytes()[..1000], false).unwrap();
        assert_eq!(got.rows.len(), MOST_ROWS);
        assert!(got.shortened);
    }

    #[test]
    fn what_is_no_table() {
        assert_eq!(preview(b"", true), None);
        assert_eq!(preview(b"only a header\n", true), None);
        assert_eq!(preview(&[0xff, 0xfe, 0, 1], true), None);
        // A cut within a character is no reason to give up.
        let text = "a,b\n1,2\n3,é".as_bytes();
        assert!(preview(&text[..text.len() - 1], false).is_some());
        // One endless cell.
        let cell = format!("a\n\"{}", "x".repeat(LOOK_BYTES));
        assert_eq!(preview(cell.as_bytes(), false), None);
    }
}
