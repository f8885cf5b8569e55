//! Names for what a finding rests on, so that findings can be compared between versions and spoken about.
//!
//! A name is made of the rule, of what was found in its masked form, and of the place without its numbers: it stays the
//! same when lines move. Rule that must hold: nothing that is not masked goes into a name.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Fact, FactDetail, Sha256, canonical_json};

/// How many characters of the digest a name shows.
const LENGTH: usize = 16;

impl Fact {
    /// What was established, as one word: `identifier:sin`, `marking:secret`, `tag:advice`.
    pub fn what(&self) -> String {
        match &self.detail {
            FactDetail::Marking { level, .. } => format!("marking:{}", level.as_str()),
            FactDetail::Identifier { identifier, .. } => format!("identifier:{identifier}"),
            FactDetail::Tag { tag, .. } => format!("tag:{tag}"),
            FactDetail::Hidden { channel, .. } => format!("hidden:{}", channel.as_str()),
            FactDetail::Unreadable(unreadable) => format!("unreadable:{}", unreadable.code),
            FactDetail::SmallCells { .. } => "small_cells".to_owned(),
            FactDetail::Disclosure(disclosure) => {
                format!("disclosure:{}", disclosure.tabulated.as_str())
            }
            FactDetail::Conversion { code, .. } => format!("conversion:{code}"),
        }
    }
}

/// An address with every number replaced: `Sheet#!B#`, `paragraph #`.
pub fn without_numbers(at: &str) -> String {
    let mut out = String::with_capacity(at.len());
    for c in at.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

/// An address with its last number replaced: all rows of a column, all paragraphs of a text.
pub fn without_last_number(at: &str) -> String {
    let Some(end) = at.rfind(|c: char| c.is_ascii_digit()) else {
        return at.to_owned();
    };
    let start = at
        .get(..=end)
        .unwrap_or_default()
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .len();
    format!(
        "{}#{}",
        at.get(..start).unwrap_or_default(),
        at.get(end + 1..).unwrap_or_default()
    )
}

/// The names of the facts a finding of a rule rests on, in their order; one name where it rests on none. Facts that read
/// the same are numbered from the second on.
pub fn fingerprints<'f>(rule: &str, evidence: impl IntoIterator<Item = &'f Fact>) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut names: Vec<String> = evidence
        .into_iter()
        .map(|fact| {
            let name = digest(&json!([
                rule,
                fact.what(),
                fact.masked,
                fact.place.part.as_str(),
                without_numbers(&fact.place.at)
            ]));
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            if *count == 1 {
                name
            } else {
                format!("{name}-{count}")
            }
        })
        .collect();
    if names.is_empty() {
        names.push(digest(&json!([rule])));
    }
    names
}

fn digest(value: &serde_json::Value) -> String {
    let mut text = Sha256::of(canonical_json(value).as_bytes()).to_string();
    text.truncate(LENGTH);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdentifierClass, Part, Place};

    fn fact(at: &str, masked: &str) -> Fact {
        Fact {
            detail: FactDetail::Identifier {
                identifier: "sin".to_owned(),
                class: IdentifierClass::Personal,
            },
            place: Place::new(Part::Cell, at),
            confidence: 95,
            masked: masked.to_owned(),
            detector: "sin/1".to_owned(),
            reasons: Vec::new(),
        }
    }

    #[test]
    fn names_follow_the_finding_and_not_the_row() {
        let name =
            |rule: &str, at: &str, masked: &str| fingerprints(rule, [&fact(at, masked)]).remove(0);
        let base = name("r", "Sheet1!B7", "SIN •••286");
        assert_eq!(base.len(), LENGTH);
        assert_eq!(base, name("r", "Sheet1!B901", "SIN •••286"));
        assert_ne!(base, name("r", "Sheet1!C7", "SIN •••286"));
        assert_ne!(base, name("r", "Sheet1!B7", "SIN •••287"));
        assert_ne!(base, name("s", "Sheet1!B7", "SIN •••286"));
    }

    #[test]
    fn what_reads_the_same_is_numbered() {
        let names = fingerprints("r", [&fact("A1", "x"), &fact("A2", "x"), &fact("B1", "x")]);
        assert_eq!(names[1], format!("{}-2", names[0]));
        assert_ne!(names[2], names[0]);
        assert_eq!(fingerprints("r", []).len(), 1);
    }

    #[test]
    fn numbers_of_addresses() {
        for (at, all, last) in [
            ("Sheet1!B7", "Sheet#!B#", "Sheet1!B#"),
            ("paragraph 12", "paragraph #", "paragraph #"),
            ("property Author", "property Author", "property Author"),
            ("2024: page 3 of é", "#: page # of é", "2024: page # of é"),
            ("", "", ""),
        ] {
            assert_eq!(without_numbers(at), all);
            assert_eq!(without_last_number(at), last);
        }
    }
}
