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
    pub(super) fn restriction(&self, today: NaiveDate) -> &'static str {
        if self.opening_date.is_some_and(|day| day <= today) {
            return "Allow";
        }
        match self.effect {
            Effect::Allow => "Allow",
            // Without a date nobody knows when it lapses.
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
            format!("{fr}, art. {section}"),
        )
    }
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
pub(super) fn statements(
    input: &BagInput,
    layout: &Layout<'_>,
) -> Result<Vec<Rights>, serde_json::Error> {
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
    Ok(list)
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
