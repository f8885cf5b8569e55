//! Shared strings, and the escapes that text of a workbook may hold.
//!
//! Spaces are kept whether or not `xml:space` says so: statistical tables indent with them. Readings for pronunciation
//! are left out.

use std::sync::Arc;

use super::SharedStrings;
use crate::convert::table::error::{Budget, TableError};
use crate::convert::table::readers::package::Package;
use crate::convert::table::readers::xml::{Step, parse};

/// Reads the table of shared strings.
pub(crate) fn read(
    package: &mut Package<'_>,
    part: &str,
    budget: &mut Budget,
) -> Result<SharedStrings, TableError> {
    let mut strings: SharedStrings = Vec::new();
    let mut text = String::new();
    let mut in_text = false;
    let mut phonetic = false;
    let nesting = budget.limits.nesting;
    let most = budget.limits.cells;
    package.stream(part, |input| {
        parse(input, part, nesting, |step| {
            match step {
                Step::Start(tag) => match tag.name() {
                    "si" => text.clear(),
                    "rPh" => phonetic = true,
                    "t" => in_text = !phonetic,
                    _ => {}
                },
                Step::Text(more) if in_text => {
                    budget.text(more.len())?;
                    text.push_str(more);
                }
                Step::End("t") => in_text = false,
                Step::End("rPh") => phonetic = false,
                Step::End("si") => {
                    let count = strings.len() as u64;
                    crate::convert::table::error::check(
                        count,
                        most,
                        crate::convert::table::error::Limit::Cells,
                    )?;
                    strings.push(Arc::from(unescape(&text)));
                }
                Step::Text(_) | Step::End(_) => {}
            }
            Ok(())
        })
    })?;
    Ok(strings)
}

/// Resolves `_x000D_` and the like (ECMA-376 part 1, 22.9.2.19, `ST_Xstring`).
pub(crate) fn unescape(text: &str) -> String {
    if !text.contains("_x") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut high: Option<u16> = None;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        if !before.is_empty() {
            high = None;
        }
        out.push_str(before);
        let unit = from
            .get(2..6)
            .filter(|_| from.as_bytes().get(6) == Some(&b'_'))
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|hex| u16::from_str_radix(hex, 16).ok());
        if let Some(unit) = unit {
            let pair = high.take().map(|high| [high, unit]);
            let joined = pair.and_then(|pair| char::decode_utf16(pair).next().and_then(Result::ok));
            if let Some(c) = joined {
                out.push(c);
            } else if (0xD800..0xDC00).contains(&unit) {
                high = Some(unit);
            } else {
                out.push(char::from_u32(u32::from(unit)).unwrap_or('\u{FFFD}'));
            }
            rest = &from[7..];
        } else {
            high = None;
            out.push_str("_x");
            rest = &from[2..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escapes_resolve_once() {
        for (text, plain) in [
            ("plain", "plain"),
            ("_x0041_ escaped_x000A_line", "A escaped\nline"),
            ("_x005F_x0041_", "_x0041_"),
            ("_x41_ _xZZZZ_ _x", "_x41_ _xZZZZ_ _x"),
            ("_xD83D__xDE00_", "😀"),
            ("_x00é_", "_x00é_"),
            ("é_x0041_é", "éAé"),
        ] {
            assert_eq!(unescape(text), plain, "{text}");
        }
    }
}
