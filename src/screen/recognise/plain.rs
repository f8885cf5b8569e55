//! Plain text as units: what a reader of text files hands over.
//!
//! Rule that must hold: the units are slices of the text in order, so that a place in a unit is a place in the text.

use crate::domain::{Part, TextUnit};

/// How many paragraphs count as the first page.
const FIRST_PAGE: usize = 2;

/// The paragraphs of a text (parted by blank lines), each with the byte at which it starts.
///
/// The first two paragraphs are the first page, and so is the last when it is one short line: a footer. A text of one
/// paragraph gives one unit, and an empty one none.
pub fn plain_text_units(text: &str) -> Vec<(usize, TextUnit)> {
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if line.trim().is_empty() {
            pieces.extend(open.take());
        } else {
            let start = open.map_or(at, |(start, _)| start);
            open = Some((start, end));
        }
        at = end;
    }
    pieces.extend(open);
    let count = pieces.len();
    pieces
        .into_iter()
        .enumerate()
        .filter_map(|(index, (start, end))| {
            let piece = text.get(start..end)?;
            let footer = index + 1 == count && piece.len() <= 80 && piece.lines().count() == 1;
            let part = if index < FIRST_PAGE || footer {
                Part::FirstPage
            } else {
                Part::Body
            };
            let place = format!("paragraph {}", index + 1);
            Some((start, TextUnit::new(part, place, piece)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_slices_of_the_text() {
        for (text, count) in [
            ("", 0),
            ("\n\n", 0),
            ("a", 1),
            ("a\nb\r\n\r\nc\n\n\nd", 3),
            (" \n é\n", 1),
        ] {
            let units = plain_text_units(text);
            assert_eq!(units.len(), count, "{text:?}");
            for (start, unit) in units {
                assert!(text[start..].starts_with(&unit.text), "{text:?}");
            }
        }
    }
}
