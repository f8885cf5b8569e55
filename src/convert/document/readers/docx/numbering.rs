//! Automatic numbers (ISO/IEC 29500-1, 17.9): which mark a paragraph carries, and its value.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::styles::Styles;
use crate::convert::{document::Marker, xml::Element};

const LEVELS: usize = 9;

/// The mark of one paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// What binds items into one list.
    pub(super) list: String,
    pub(super) level: u8,
    pub(super) marker: Marker,
    pub(super) value: u32,
    /// The mark as shown, for numbers.
    pub(super) label: Option<String>,
}

#[derive(Clone, Debug)]
struct Level {
    format: String,
    text: String,
    start: u32,
    legal: bool,
    style: Option<String>,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            format: "decimal".into(),
            text: String::new(),
            start: 1,
            legal: false,
            style: None,
        }
    }
}

#[derive(Debug, Default)]
struct Num {
    scheme: String,
    starts: BTreeMap<usize, u32>,
    levels: BTreeMap<usize, Level>,
}

/// The numbering schemes of a document, and how far each has counted.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    schemes: HashMap<String, Vec<Level>>,
    nums: HashMap<String, Num>,
    counters: HashMap<String, [Option<u32>; LEVELS]>,
    restarted: HashSet<(String, usize)>,
}

impl Numbering {
    pub(super) fn read(root: &Element, styles: &Styles) -> Self {
        let mut numbering = Self::default();
        let mut links = Vec::new();
        for element in root.elements() {
            match element.name() {
                "w:abstractNum" => {
                    let id = element.attr("w:abstractNumId").unwrap_or("").to_owned();
                    let mut levels = vec![Level::default(); LEVELS];
                    for lvl in element.elements().filter(|e| e.name() == "w:lvl") {
                        if let Some(slot) = level_index(lvl).and_then(|i| levels.get_mut(i)) {
                            *slot = read_level(lvl);
                        }
                    }
                    if let Some(style) = element.val("w:numStyleLink") {
                        links.push((id.clone(), style.to_owned()));
                    }
                    numbering.schemes.insert(id, levels);
                }
                "w:num" => {
                    let id = element.attr("w:numId").unwrap_or("").to_owned();
                    numbering.nums.insert(id, read_num(element));
                }
                _ => {}
            }
        }
        for (scheme, style) in links {
            let num = styles.along(Some(&style), |s| s.numbering.clone()?.0);
            let target = num.and_then(|num| numbering.nums.get(&num));
            let levels = target.and_then(|num| numbering.schemes.get(&num.scheme));
            if let Some(levels) = levels.cloned() {
                numbering.schemes.insert(scheme, levels);
            }
        }
        numbering
    }

    /// The level that a scheme ties to a paragraph style.
    pub(super) fn level_of_style(&self, num: &str, style: &str) -> Option<u8> {
        let levels = self.schemes.get(&self.nums.get(num)?.scheme)?;
        let index = levels
            .iter()
            .position(|l| l.style.as_deref() == Some(style))?;
        u8::try_from(index).ok()
    }

    /// Counts one paragraph and gives its mark; none for numbers that do not exist or show nothing.
    pub(super) fn next(&mut self, id: &str, level: u8) -> Option<Mark> {
        let num = self.nums.get(id)?;
        let scheme = self.schemes.get(&num.scheme)?;
        let index = usize::from(level).min(LEVELS - 1);
        let levels: Vec<&Level> = (0..LEVELS)
            .map(|i| num.levels.get(&i).unwrap_or(&scheme[i]))
            .collect();
        let start = |i: usize| num.starts.get(&i).copied().unwrap_or(levels[i].start);
        let counters = self.counters.entry(num.scheme.clone()).or_default();
        if num.starts.contains_key(&index) && self.restarted.insert((id.to_owned(), index)) {
            counters[index] = None;
        }
        for (i, counter) in counters.iter_mut().enumerate().take(index) {
            counter.get_or_insert_with(|| start(i));
        }
        let value = counters[index].map_or_else(|| start(index), |n| n.saturating_add(1));
        counters[index] = Some(value);
        counters[index + 1..].fill(None);
        let own = levels[index];
        let values: Vec<u32> = counters.iter().map(|c| c.unwrap_or(1)).collect();
        let (marker, label) = match own.format.as_str() {
            "none" if own.text.replace('%', "").trim().is_empty() => return None,
            "bullet" => (Marker::Bullet, None),
            _ => {
                let label = show(&own.text, &levels, &values, own.legal);
                if label.trim().is_empty() {
                    return None;
                }
                let own_number = format!("%{}", index + 1);
                let rest = own.text.replacen(&own_number, "", 1);
                let simple = own.text.contains(&own_number)
                    && !rest.chars().any(|c| c.is_alphanumeric() || c == '%');
                (
                    if simple {
                        simple_marker(&own.format)
                    } else {
                        Marker::Labelled
                    },
                    Some(label),
                )
            }
        };
        Some(Mark {
            list: id.to_owned(),
            level: u8::try_from(index).unwrap_or(0),
            marker,
            value,
            label,
        })
    }
}

fn simple_marker(format: &str) -> Marker {
    match format {
        "decimal" => Marker::Decimal,
        "lowerLetter" => Marker::LowerAlpha,
        "upperLetter" => Marker::UpperAlpha,
        "lowerRoman" => Marker::LowerRoman,
        "upperRoman" => Marker::UpperRoman,
        _ => Marker::Labelled,
    }
}

fn level_index(element: &Element) -> Option<usize> {
    element.number("w:ilvl")
}

fn read_level(lvl: &Element) -> Level {
    Level {
        format: lvl.val("w:numFmt").unwrap_or("decimal").to_owned(),
        // Every paragraph repeats this text: no more of it than a line holds.
        text: lvl
            .val("w:lvlText")
            .unwrap_or("")
            .chars()
            .take(200)
            .collect(),
        start: lvl
            .child("w:start")
            .and_then(|s| s.number("w:val"))
            .unwrap_or(1),
        legal: lvl.switch("w:isLgl").unwrap_or(false),
        style: lvl.val("w:pStyle").map(str::to_owned),
    }
}

fn read_num(element: &Element) -> Num {
    let mut num = Num {
        scheme: element.val("w:abstractNumId").unwrap_or("").to_owned(),
        ..Num::default()
    };
    for change in element.elements().filter(|e| e.name() == "w:lvlOverride") {
        let Some(index) = level_index(change).filter(|i| *i < LEVELS) else {
            continue;
        };
        if let Some(start) = change
            .child("w:startOverride")
            .and_then(|s| s.number("w:val"))
        {
            num.starts.insert(index, start);
        }
        if let Some(lvl) = change.child("w:lvl") {
            num.levels.insert(index, read_level(lvl));
        }
    }
    num
}

/// The text of a level with its placeholders filled in.
fn show(text: &str, levels: &[&Level], values: &[u32], legal: bool) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let digit = chars
            .peek()
            .and_then(|d| d.to_digit(10))
            .filter(|_| c == '%');
        match digit {
            Some(digit @ 1..=9) => {
                chars.next();
                let index = digit as usize - 1;
                let format = if legal {
                    "decimal"
                } else {
                    &levels[index].format
                };
                out.push_str(&number(values[index], format));
            }
            _ => out.push(c),
        }
    }
    out.chars()
        .filter(|c| !('\u{E000}'..='\u{F8FF}').contains(c))
        .collect()
}

/// A number in one of Word's formats; formats without a rule here are shown as decimals.
pub(in super::super) fn number(value: u32, format: &str) -> String {
    match format {
        "lowerLetter" => letters(value).to_lowercase(),
        "upperLetter" => letters(value),
        "lowerRoman" => roman(value).to_lowercase(),
        "upperRoman" => roman(value),
        "decimalZero" => format!("{value:02}"),
        "none" => String::new(),
        _ => value.to_string(),
    }
}

/// A … Z, AA, BB … as Word counts.
fn letters(value: u32) -> String {
    let Some(from_zero) = value.checked_sub(1).filter(|v| *v < 26 * 30) else {
        return value.to_string();
    };
    let letter = char::from(b'A' + u8::try_from(from_zero % 26).unwrap_or(0));
    std::iter::repeat_n(letter, (from_zero / 26 + 1) as usize).collect()
}

fn roman(value: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if value == 0 || value > 3999 {
        return value.to_string();
    }
    let mut left = value;
    let mut out = String::new();
    for (worth, sign) in SIGNS {
        while left >= worth {
            out.push_str(sign);
            left -= worth;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_word_shows_them() {
        let check = |value, format, expect: &str| assert_eq!(number(value, format), expect);
        check(28, "lowerLetter", "bb");
        check(1994, "upperRoman", "MCMXCIV");
        check(0, "lowerRoman", "0");
        check(u32::MAX, "upperLetter", "4294967295");
        check(7, "decimalZero", "07");
        check(7, "chicago", "7");
    }
}
