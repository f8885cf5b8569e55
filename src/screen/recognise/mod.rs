//! Facts: what detectors establish about the text of an item.
//!
//! Each detector reads text units (a cell, a paragraph, a header, a property) and says what it found, where, how
//! sure it is and why. All of them run in time linear in the text. Rule that must hold: a fact never holds the
//! value it found, only a masked form; and a detector judges nothing, that is for rules.

mod cards;
mod context;
mod digits;
mod email;
mod labels;
mod marking_words;
mod markings;
mod phone;
mod plain;
mod sin;
mod window;

#[cfg(test)]
mod tests;

pub use context::{DetectContext, DetectSettings};
pub use plain::plain_text_units;

use domain::{Fact, FactDetail, IdentifierClass, Part, TextUnit};
use rideau_domain::{self as domain, bilingual};

/// Identifiers that the detectors report, as rules name them.
pub const IDENTIFIERS: &[&str] = &["sin", "business_number", "email", "phone", "credit_card"];

/// Everything the detectors find in some text units: labels, then markings, then identifiers, each in order of unit
/// and place in the text.
///
/// The file name and native metadata of the context are read like units of their own.
pub fn detect(units: &[TextUnit], context: &DetectContext<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let extra = context.units(units);
    facts.extend(labels::detect(units, context));
    facts.extend(markings::detect(units.iter().chain(&extra)));
    let mut columns = sin::Columns::default();
    let mut previous: Option<&TextUnit> = None;
    for unit in units.iter().chain(&extra) {
        // Native metadata stays inside; only what it says about clearance matters.
        if unit.place.part != Part::Native {
            let start = facts.len();
            sin::detect(unit, previous, &mut columns, &mut facts);
            email::detect(unit, context.settings, &mut facts);
            phone::detect(unit, context.settings, &mut facts);
            cards::detect(unit, &mut facts);
            facts[start..].sort_by_key(|fact| fact.place.span);
        }
        previous = Some(unit);
    }
    facts
}

/// What an identifier detector says.
struct Found<'a> {
    identifier: &'static str,
    class: IdentifierClass,
    start: usize,
    end: usize,
    confidence: u8,
    masked: String,
    detector: &'static str,
    reasons: &'a [&'static str],
}

impl Found<'_> {
    fn into_fact(self, unit: &TextUnit) -> Fact {
        Fact {
            detail: FactDetail::Identifier {
                identifier: self.identifier.to_owned(),
                class: self.class,
            },
            place: unit.place.clone().with_span(self.start, self.end),
            confidence: self.confidence,
            masked: self.masked,
            detector: self.detector.to_owned(),
            reasons: self
                .reasons
                .iter()
                .map(|&reason| reason.to_owned())
                .collect(),
        }
    }
}
