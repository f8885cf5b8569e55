//! What stands around a level and takes its force: empty boxes, quotations, lists and tables of levels, denials.
//!
//! Rule that must hold: only what is said of a level in so many words, or drawn as an empty box, takes it away.

use super::marking_words::{DENIED, ELSEWHERE, EXPLAINS};

/// Boxes of a form, empty and ticked.
const EMPTY: &[&str] = &["☐", "⬜", "[ ]", "[]", "[_]", "( )"];
const MAYBE_EMPTY: &[&str] = &["□", "◻", "❏", "❑", "▢"];
const TICKED: &[&str] = &[
    "☒", "☑", "✓", "✔", "⊠", "🗹", "[x]", "[X]", "(x)", "(X)", "[✓]", "[✔]",
];

/// What the box right before a level says: ticked, empty, or nothing when there is none.
///
/// A hollow square alone may be the mark of a list, so it counts only where the text has several boxes.
pub(super) fn box_before(ahead: &str, several: bool) -> Option<bool> {
    let ahead = ahead.trim_end_matches([' ', '\t', '\u{A0}', '\u{202F}']);
    let ends = |marks: &[&str]| marks.iter().any(|mark| ahead.ends_with(mark));
    if ends(TICKED) {
        Some(true)
    } else if ends(EMPTY) || (several && ends(MAYBE_EMPTY)) {
        Some(false)
    } else {
        None
    }
}

/// True when a text has two boxes or more.
pub(super) fn has_boxes(text: &str) -> bool {
    let boxes = |marks: &[&str]| -> usize {
        marks
            .iter()
            .map(|mark| text.matches(mark).take(2).count())
            .sum()
    };
    boxes(EMPTY) + boxes(MAYBE_EMPTY) + boxes(TICKED) >= 2
}

/// True for "is not", "never", "if it is" right before a level.
pub(super) fn is_denied(ahead: &str) -> bool {
    DENIED.is_match(tail(ahead))
}

/// The end of a stretch of text: what is looked at before a place, so that the time stays linear.
fn tail(text: &str) -> &str {
    let mut from = text.len().saturating_sub(120);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

/// True when a level stands in a quoted sentence, or the line speaks of another record.
pub(super) fn is_reported(line: &str, start: usize, end: usize) -> bool {
    ELSEWHERE.is_match(&line[..start])
        || quotation(line, start, end).is_some_and(|(before, after)| {
            before
                .split_whitespace()
                .chain(after.split_whitespace())
                .filter(|word| word.chars().next().is_some_and(char::is_lowercase))
                .count()
                >= 3
        })
}

/// What stands in the same quotation before and after a level.
fn quotation(line: &str, start: usize, end: usize) -> Option<(&str, &str)> {
    let (ahead, behind) = (&line[..start], &line[end..]);
    for (open, close) in [('“', '”'), ('«', '»')] {
        if let Some(from) = ahead.rfind(open)
            && !ahead[from..].contains(close)
            && let Some(to) = behind.find(close)
        {
            return Some((&ahead[from + open.len_utf8()..], &behind[..to]));
        }
    }
    let odd = ahead.matches('"').count() % 2 == 1;
    let from = ahead.rfind('"').filter(|_| odd)?;
    let to = behind.find('"')?;
    Some((&ahead[from + 1..], &behind[..to]))
}

/// True for a table whose header speaks of levels: `Level;Container` with a level at the start of each row.
pub(super) fn is_table_of_levels(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let Some(header) = lines.next() else {
        return false;
    };
    let Some(mark) = [';', '\t', '|', ',']
        .into_iter()
        .find(|mark| header.contains(*mark))
    else {
        return false;
    };
    let rows = lines.filter(|line| line.contains(mark)).take(2).count();
    rows == 2 && header.len() <= 120 && EXPLAINS.is_match(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes() {
        for (ahead, several, expected) in [
            ("☐ ", false, Some(false)),
            ("Level: [ ] A [x] ", false, Some(true)),
            ("□ ", false, None),
            ("□ ", true, Some(false)),
            ("Level: ", true, None),
            ("", true, None),
        ] {
            assert_eq!(box_before(ahead, several), expected, "{ahead}");
        }
    }

    #[test]
    fn quotations_and_other_records() {
        let check = |line: &str, level: &str| {
            let start = line.find(level).unwrap();
            is_reported(line, start, start + level.len())
        };
        assert!(check("She wrote: “we called it SECRET for fun”", "SECRET"));
        assert!(check("« on l’a coté SECRET pour rire avec eux »", "SECRET"));
        assert!(check("Another file is marked SECRET", "SECRET"));
        assert!(!check("PROTECTED “B”", "PROTECTED"));
        assert!(!check("The report “Trends” – SECRET", "SECRET"));
        assert!(!check("SECRET", "SECRET"));
    }

    #[test]
    fn tables_of_levels() {
        assert!(is_table_of_levels("Level;Lock\nSECRET;a\nPROTECTED B;b"));
        assert!(!is_table_of_levels("SECRET;a\nPROTECTED B;b\nx;y"));
        assert!(!is_table_of_levels(""));
    }
}
