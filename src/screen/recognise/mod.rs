//! Facts: what detectors establish about the text of an item.
//!
//! Each detector reads text units (a cell, a paragraph, a header, a property) and says what it found, where, how
//! sure it is and why. All of them run in time linear in the text. Rule that must hold: a fact never holds the
//! value it found, only a masked form; and a detector judges nothing, that is for rules.

mod addresses;
mod birth;
mod context;
mod email;
mod field;
mod health;
mod homonyms;
mod immigration;
mod labels;
mod layout;
mod licence;
mod marking_context;
mod marking_words;
mod markings;
mod money;
mod mrz;
mod name_context;
mod names;
mod national;
mod network;
mod numbers;
mod phone;
mod plain;
mod postal;
mod proposal;
mod reading;
mod scanned;
mod scene;
mod spelled;
mod topics;

#[cfg(test)]
mod contact_tests;
#[cfg(test)]
mod evidence_tests;
#[cfg(test)]
mod identifier_tests;
#[cfg(test)]
mod labelled_tests;
#[cfg(test)]
mod marking_tests;
#[cfg(test)]
mod tests;

pub use context::{DetectContext, DetectSettings};
pub use plain::plain_text_units;

use std::collections::BTreeMap;

use domain::{Fact, FactDetail, IdentifierClass, MarkingState, Part, TextUnit};
use rideau_domain::{self as domain, bilingual};

use layout::{Carry, Layout};
use numbers::Numbers;
use proposal::{Proposal, arbitrate};
use reading::Reading;
use scene::{Outer, Scene};
use topics::{Topic, topics_of};

/// Identifiers that the detectors report, as rules name them.
pub const IDENTIFIERS: &[&str] = &[
    "sin",
    "business_number",
    "uci",
    "application_number",
    "passport",
    "pr_card",
    "citizenship_certificate",
    "health_number",
    "driver_licence",
    "pri",
    "bank_account",
    "iban",
    "credit_card",
    "postal_code",
    "birth_date",
    "ip_address",
    "email",
    "phone",
    "person_name",
    "civic_address",
];

/// A unit longer than this is no label for the next one.
const LABEL_BYTES: usize = 80;

/// Everything the detectors find in some text units: labels, then markings, then identifiers, each in order of unit
/// and place in the text.
///
/// The file name and native metadata of the context are read like units of their own.
pub fn detect(units: &[TextUnit], context: &DetectContext<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let extra = context.units(units);
    facts.extend(labels::detect(units, context));
    facts.extend(markings::detect(units.iter().chain(&extra)));
    let mut memory = Memory::default();
    let before = facts.len();
    for unit in units.iter().chain(&extra) {
        // Native metadata stays inside; only what it says about clearance matters. Labels have their own reader.
        if unit.place.part == Part::Native || labels::is_property(unit) {
            memory.previous.clear();
        } else {
            facts.extend(identifiers(unit, context.settings, &mut memory));
        }
    }
    if facts.iter().skip(before).any(fills_a_form) {
        facts.iter_mut().take(before).for_each(complete);
    }
    facts
}

/// True for information about a person that nobody prints on a blank form.
fn fills_a_form(fact: &Fact) -> bool {
    matches!(&fact.detail, FactDetail::Identifier { identifier, class: IdentifierClass::Personal }
        if fact.confidence >= 75 && !matches!(identifier.as_str(), "phone" | "email" | "civic_address" | "postal_code"))
}

/// A marking "when completed" stands on a form that is filled in.
fn complete(fact: &mut Fact) {
    if let FactDetail::Marking { state, .. } = &mut fact.detail
        && *state == MarkingState::WhenCompleted
    {
        *state = MarkingState::Standing;
        fact.reasons.push("form_filled".to_owned());
    }
}

/// What earlier units say about later ones.
#[derive(Default)]
struct Memory {
    /// Topics of the unit before, when it was a label.
    previous: Vec<Topic>,
    /// Topics of the cells above, by sheet and column: for cells whose reader found no header.
    columns: BTreeMap<(String, String), Vec<Topic>>,
    /// Topics of the name of the sheet named last.
    sheet: Vec<Topic>,
    /// The last table's header.
    carry: Option<Carry>,
}

impl Memory {
    fn outer(&self, unit: &TextUnit) -> Outer {
        let is_cell = is_cell(unit);
        let mut labels: Vec<Topic> = unit
            .labels
            .iter()
            .flat_map(|label| topics_of(label))
            .collect();
        if unit.labels.is_empty()
            && let Some(topics) = column_of(unit).and_then(|key| self.columns.get(&key))
        {
            labels.extend(topics);
        }
        Outer {
            labels,
            labelled: !unit.labels.is_empty(),
            previous: self.previous.clone(),
            sheet: if is_cell {
                self.sheet.clone()
            } else {
                Vec::new()
            },
            is_cell,
        }
    }

    /// Takes note of a unit for those after it.
    fn note(&mut self, unit: &TextUnit, digits: usize) {
        let last = unit.text.trim_end().rsplit('\n').next().unwrap_or_default();
        self.previous.clear();
        if digits >= 5 || last.len() > LABEL_BYTES {
            return;
        }
        self.previous = topics_of(last);
        if unit.place.part == Part::SheetName {
            self.sheet.clone_from(&self.previous);
        }
        if unit.labels.is_empty()
            && unit.text.len() <= LABEL_BYTES
            && self.previous.iter().any(|topic| topic.claims())
            && let Some(key) = column_of(unit)
        {
            self.columns.insert(key, self.previous.clone());
        }
    }
}

fn is_cell(unit: &TextUnit) -> bool {
    matches!(
        unit.place.part,
        Part::Cell
            | Part::TableCell
            | Part::HiddenSheet
            | Part::HiddenRow
            | Part::HiddenColumn
            | Part::Property
    )
}

/// Words of properties that name who made a file: they are hidden content of their own, told by the readers.
const AUTHORSHIP: &[&str] = &[
    "creator",
    "author",
    "auteur",
    "modifiedby",
    "manager",
    "company",
];

fn is_authorship(unit: &TextUnit) -> bool {
    unit.place.part == Part::Property
        && unit.labels.iter().chain([&unit.place.at]).any(|label| {
            let plain: String = label
                .chars()
                .filter(char::is_ascii_alphabetic)
                .map(|c| c.to_ascii_lowercase())
                .collect();
            AUTHORSHIP.iter().any(|word| plain.contains(word))
        })
}

/// Sheet and column letters of a cell's address.
fn column_of(unit: &TextUnit) -> Option<(String, String)> {
    let (sheet, cell) = unit.place.at.rsplit_once('!')?;
    let letters = cell.trim_start_matches('$');
    let end = letters
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(letters.len());
    Some((sheet.to_owned(), letters.get(..end)?.to_owned()))
}

fn identifiers(unit: &TextUnit, settings: &DetectSettings, memory: &mut Memory) -> Vec<Fact> {
    let outer = memory.outer(unit);
    let reading = Reading::new(&unit.text);
    let hits = topics::hits(&reading);
    let layout = Layout::new(&reading, &hits, &mut memory.carry);
    // A paragraph between ends the reach of a header.
    if layout.is_empty() && reading.len() > LABEL_BYTES {
        memory.carry = None;
    }
    let numbers = Numbers::new(&reading);
    let public = email::public_places(&reading, settings);
    let scene = Scene {
        reading: &reading,
        hits: &hits,
        layout: &layout,
        outer: &outer,
        public: &public,
    };
    let mut found: Vec<Proposal> = Vec::new();
    mrz::find(&reading, &mut found);
    national::find(&scene, &numbers, &mut found);
    immigration::find(&scene, &numbers, &mut found);
    health::find(&scene, &numbers, &mut found);
    licence::find(&scene, &numbers, &mut found);
    scanned::find(&scene, &mut found);
    money::find(&scene, &numbers, &mut found);
    network::find(&scene, &numbers, &mut found);
    postal::find(&scene, &mut found);
    birth::find(&scene, &numbers, &mut found);
    email::find(&reading, settings, &mut found);
    phone::find(&scene, &numbers, settings, &mut found);
    // A name or an address is not looked for in formulas, links and names of files: they are full of capitals.
    let prose = !matches!(
        unit.place.part,
        Part::Formula | Part::Link | Part::FileName | Part::SheetName | Part::Label | Part::Package
    );
    if prose && !is_authorship(unit) {
        names::find(&scene, &mut found);
        addresses::find(&scene, &numbers, &mut found);
    }
    let digits: usize = numbers.runs.iter().map(|run| run.end - run.start).sum();
    memory.note(unit, digits);
    arbitrate(found, unit, &reading)
}
