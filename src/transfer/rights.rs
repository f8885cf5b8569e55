//! Grounds of restriction and licences, as PREMIS rights statements.
//!
//! Rule that must hold: every ground keeps its own statement. Two grounds are never merged, even when they restrict
//! the same act on the same file; only the files of one and the same ground are listed together.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

use super::{
    input::{BagInput, FindingSubject},
    layout::{Layout, derived},
};
use crate::domain::{Basis, BasisKind, Bilingual, Effect, Finding, Parts, RuleSet, canonical_json};

/// One rights statement.
pub(super) struct Rights {
    /// Its id, derived from what it says.
    pub(super) id: Uuid,
    /// On what it rests.
    pub(super) ground: Ground,
    /// The files it is about.
    pub(super) files: BTreeSet<Uuid>,
}

/// What a rights statement rests on.
pub(super) enum Ground {
    /// A rule that applied.
    Finding(FindingGround),
    /// The licence of what was published.
    Licence {
        /// The licence's id on the portal.
        id: String,
    },
}

/// What makes findings of several items one ground.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FindingGround {
    pub(super) basis: Basis,
    pub(super) rule: String,
    pub(super) rule_version: u32,
    pub(super) effect: Effect,
    pub(super) parts: Parts,
    pub(super) opening_date: Option<NaiveDate>,
    pub(super) text: Bilingual,
    pub(super) error: Option<Bilingual>,
}

impl FindingGround {
    fn of(finding: &Finding) -> Self {
        Self {
            basis: finding.basis.clone(),
            rule: finding.rule.clone(),
            rule_version: finding.rule_version,
            effect: finding.effect,
            parts: finding.parts,
            opening_date: finding.opening_date,
            text: finding.text.clone(),
            error: finding.error.clone(),
        }
    }

    /// May the files be disseminated, in the words of the PREMIS community: `Allow`, `Disallow`, `Conditional`.
    ///
    /// The screening turns what has lapsed into `expire`. Nothing else is opened by a date here, and never a finding
    /// that carries an error.
    pub(super) fn restriction(&self, today: NaiveDate) -> &'static str {
        let opened = self.error.is_none() && self.opening_date.is_some_and(|day| day <= today);
        match self.effect {
            Effect::Allow => "Allow",
            Effect::Expire if opened => "Allow",
            Effect::Expire | Effect::Restrict | Effect::Block => "Disallow",
            Effect::Review | Effect::Redact => "Conditional",
        }
    }

    /// PREMIS basis: a statute, or something else that is then named.
    pub(super) fn is_statute(&self) -> bool {
        self.basis.kind != BasisKind::Policy
    }

    /// The provision as lawyers cite it, in both languages; as the rule names it where the act is not in our table.
    pub(super) fn citation(&self) -> Bilingual {
        let section = &self.basis.section;
        let Some((_, en, fr)) = ACTS.iter().find(|(short, _, _)| *short == self.basis.act) else {
            return Bilingual::same(format!("{} {section}", self.basis.act).trim());
        };
        if section.is_empty() {
            return Bilingual::new(*en, *fr);
        }
        Bilingual::new(
            format!("{en}, s. {section}"),
            format!("{fr}, art. {}", french(section)),
        )
    }
}

/// A provision as French statutes write it: `21(1)(b.1)` is `21(1)b.1)`.
fn french(section: &str) -> String {
    let mut out = String::with_capacity(section.len());
    let mut chars = section.chars().peekable();
    while let Some(c) = chars.next() {
        let letter = chars.peek().is_some_and(char::is_ascii_lowercase);
        if c != '(' || !letter {
            out.push(c);
        }
    }
    out
}

/// Short names that rules use, with the citation (Justice Laws).
const ACTS: [(&str, &str, &str); 6] = [
    (
        "ATIA",
        "Access to Information Act, R.S.C. 1985, c. A-1",
        "Loi sur l’accès à l’information, L.R.C. (1985), ch. A-1",
    ),
    (
        "Privacy Act",
        "Privacy Act, R.S.C. 1985, c. P-21",
        "Loi sur la protection des renseignements personnels, L.R.C. (1985), ch. P-21",
    ),
    (
        "LAC Act",
        "Library and Archives of Canada Act, S.C. 2004, c. 11",
        "Loi sur la Bibliothèque et les Archives du Canada, L.C. 2004, ch. 11",
    ),
    (
        "Statistics Act",
        "Statistics Act, R.S.C. 1985, c. S-19",
        "Loi sur la statistique, L.R.C. (1985), ch. S-19",
    ),
    (
        "Income Tax Act",
        "Income Tax Act, R.S.C. 1985, c. 1 (5th Supp.)",
        "Loi de l’impôt sur le revenu, L.R.C. (1985), ch. 1 (5e suppl.)",
    ),
    (
        "Official Languages Act",
        "Official Languages Act, R.S.C. 1985, c. 31 (4th Supp.)",
        "Loi sur les langues officielles, L.R.C. (1985), ch. 31 (4e suppl.)",
    ),
];

/// All statements: grounds of standing findings of the transfer rules, then the licence.
///
/// A finding whose effect is `allow` stands in nobody's way and gives no statement; it is in `findings.json`.
pub(super) fn statements(input: &BagInput, layout: &Layout<'_>) -> Vec<Rights> {
    let mut grounds: BTreeMap<FindingGround, BTreeSet<Uuid>> = BTreeMap::new();
    let mut licensed = BTreeSet::new();
    for laid in &layout.items {
        for found in &laid.item.findings {
            let finding = &found.finding;
            if !found.stands || finding.set != RuleSet::Transfer || finding.effect == Effect::Allow
            {
                continue;
            }
            let files = grounds.entry(FindingGround::of(finding)).or_default();
            match found.subject {
                FindingSubject::Original => {
                    files.insert(laid.original.id);
                }
                FindingSubject::Renditions => {
                    files.extend(laid.renditions.iter().map(|(file, _)| file.id));
                }
            }
        }
        let released = laid.renditions.iter().filter(|(_, of)| of.released);
        licensed.extend(released.map(|(file, _)| file.id));
    }
    let mut list = Vec::new();
    for (ground, files) in grounds {
        let name = serde_json::json!([
            ground.basis,
            ground.rule,
            ground.rule_version,
            ground.effect,
            ground.parts,
            ground.opening_date,
            ground.text,
            ground.error
        ]);
        list.push(Rights {
            id: derived(input, "rights", &canonical_json(&name)),
            ground: Ground::Finding(ground),
            files,
        });
    }
    let licence = input.record.get("license_id").and_then(Value::as_str);
    if let Some(id) = licence.filter(|id| !id.is_empty() && !licensed.is_empty()) {
        list.push(Rights {
            id: derived(input, "licence", id),
            ground: Ground::Licence { id: id.to_owned() },
            files: licensed,
        });
    }
    list
}

/// Name and address of a licence of the portal; nothing for one that we do not know.
pub(super) fn licence_words(id: &str) -> Option<(Bilingual, Bilingual)> {
    match id {
        "ca-ogl-lgo" => Some((
            Bilingual::new(
                "Open Government Licence – Canada",
                "Licence du gouvernement ouvert – Canada",
            ),
            Bilingual::new(
                "https://open.canada.ca/en/open-government-licence-canada",
                "https://ouvert.canada.ca/fr/licence-du-gouvernement-ouvert-canada",
            ),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground(effect: Effect, opens: Option<&str>, error: bool) -> FindingGround {
        FindingGround {
            basis: Basis {
                act: "ATIA".to_owned(),
                section: "20(1)(b.1)".to_owned(),
                kind: BasisKind::Mandatory,
                test: None,
            },
            rule: "r".to_owned(),
            rule_version: 1,
            effect,
            parts: Parts::Whole,
            opening_date: opens.map(|day| day.parse().unwrap()),
            text: Bilingual::default(),
            error: error.then(Bilingual::default),
        }
    }

    #[test]
    fn only_what_the_screening_let_lapse_is_open() {
        let check = |effect, opens, error, expect: &str| {
            let today = "2026-01-05".parse().unwrap();
            assert_eq!(
                ground(effect, opens, error).restriction(today),
                expect,
                "{effect:?} {opens:?} {error}"
            );
        };
        check(Effect::Expire, Some("2026-01-05"), false, "Allow");
        check(Effect::Expire, Some("2026-01-06"), false, "Disallow");
        check(Effect::Expire, Some("2020-01-01"), true, "Disallow");
        check(Effect::Expire, None, false, "Disallow");
        check(Effect::Restrict, Some("2020-01-01"), false, "Disallow");
        check(Effect::Block, Some("2020-01-01"), false, "Disallow");
        check(Effect::Review, Some("2020-01-01"), false, "Conditional");
        check(Effect::Redact, None, false, "Conditional");
    }

    #[test]
    fn provisions_are_cited_in_both_languages() {
        assert_eq!(
            ground(Effect::Restrict, None, false).citation(),
            Bilingual::new(
                "Access to Information Act, R.S.C. 1985, c. A-1, s. 20(1)(b.1)",
                "Loi sur l’accès à l’information, L.R.C. (1985), ch. A-1, art. 20(1)b.1)"
            )
        );
        for (section, expect) in [
            ("19(1)", "19(1)"),
            ("21(1)(a)", "21(1)a)"),
            ("(", "("),
            ("", ""),
            ("69", "69"),
        ] {
            assert_eq!(french(section), expect);
        }
    }
}
