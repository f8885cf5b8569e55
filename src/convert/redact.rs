//! Places that are taken out of a copy, and the mark that stands there instead.
//!
//! Rules judge facts after the conversion, so the places come back to it as a list. Each model carries it out in its own way
//! (`table::redact`, `document::redact`); what both share is here. Rule that must hold: all of it is carried out or none; a
//! copy in which one place was missed is not taken for a redacted one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{Bilingual, Part, Removal, Span, TextUnit, Warning};

/// The shortest value, in characters, that is looked for in the rest of the copy as well: shorter ones mean something else there.
const SWEPT_CHARS: usize = 6;
/// How many further places of removed values are taken out at most; past it the copy is left to a person.
const SWEPT_PLACES: usize = 100_000;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redacted {
    /// What is gone from the copy, in the order in which it was asked for; then where the same values stood elsewhere.
    pub removed: Vec<Removal>,
    /// What could not be taken out. When there is any, nothing was taken out.
    pub refused: Vec<Removal>,
    /// True when the title that the content gives itself held such a place: a person writes another one.
    pub title: bool,
}

impl Redacted {
    /// True when the copy is a redacted one.
    pub fn is_done(&self) -> bool {
        self.refused.is_empty() && !self.removed.is_empty()
    }

    /// What a person must know about the places that were refused.
    pub fn warnings(&self) -> Vec<Warning> {
        const NAMED: usize = 20;
        self.refused
            .iter()
            .take(NAMED)
            .map(|removal| Warning {
                code: "redaction_refused".to_owned(),
                message: refusal(removal.place.part),
                place: removal.place.clone(),
            })
            .collect()
    }
}

fn refusal(part: Part) -> Bilingual {
    match part {
        Part::FileName => Bilingual::new(
            "The file's name holds what must not go. Rename the file in its source; a name is never guessed.",
            "Le nom du fichier contient ce qui ne doit pas sortir. Renommez le fichier dans sa source; un nom n’est jamais deviné.",
        ),
        Part::SheetName => Bilingual::new(
            "The sheet's name holds what must not go. Rename the sheet in the source; a name is never guessed.",
            "Le nom de la feuille contient ce qui ne doit pas sortir. Renommez la feuille dans la source; un nom n’est jamais deviné.",
        ),
        _ => Bilingual::new(
            "This place could not be taken out of the copy, so nothing was. Have it removed at the source.",
            "Cet endroit n’a pas pu être retiré de la copie; rien ne l’a donc été. Faites-le retirer à la source.",
        ),
    }
}

/// The removals of one copy, by place, and which of them were carried out.
pub(super) struct Removals<'a> {
    all: &'a [Removal],
    by_place: BTreeMap<(Part, &'a str), Vec<usize>>,
    done: Vec<bool>,
    french: bool,
    /// The values that were taken out, with the removal that did.
    values: BTreeMap<String, usize>,
}

/// A piece of a text that goes, and what stands there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// The mark; empty once it stands.
    pub(super) mark: String,
}

impl<'a> Removals<'a> {
    /// What is to be carried out in a copy of one language.
    pub(super) fn new(all: &'a [Removal], french: bool) -> Self {
        let mut by_place: BTreeMap<(Part, &str), Vec<usize>> = BTreeMap::new();
        for (index, removal) in all.iter().enumerate() {
            by_place
                .entry((removal.place.part, removal.place.at.as_str()))
                .or_default()
                .push(index);
        }
        Self {
            all,
            by_place,
            done: vec![false; all.len()],
            french,
            values: BTreeMap::new(),
        }
    }

    /// The places that lie in this part: their addresses.
    pub(super) fn places_in(&self, part: Part) -> Vec<&'a str> {
        self.by_place
            .range((part, "")..)
            .take_while(|((of, _), _)| *of == part)
            .map(|((_, at), _)| *at)
            .collect()
    }

    /// What goes from a text, in order and apart; notes that it was carried out. Where several texts have one address, a span goes
    /// from each in which it fits.
    pub(super) fn cuts(&mut self, part: Part, at: &str, text: &str) -> Vec<Cut> {
        let Some(here) = self.by_place.get(&(part, at)) else {
            return Vec::new();
        };
        let mut spans: Vec<(usize, usize, usize)> = Vec::new();
        for &index in here {
            if let Some((start, end)) = fits(self.all[index].place.span, text) {
                self.done[index] = true;
                if let Some(value) = text.get(start..end).map(str::trim)
                    && value.chars().count() >= SWEPT_CHARS
                {
                    self.values.entry(value.to_owned()).or_insert(index);
                }
                spans.push((start, end, index));
            }
        }
        spans.sort_unstable();
        let mut groups: Vec<(usize, usize, Vec<&str>)> = Vec::new();
        for (start, end, index) in spans {
            let section = self.all[index].section.as_str();
            match groups.last_mut() {
                Some(last) if start < last.1 => {
                    last.1 = last.1.max(end);
                    if !last.2.contains(&section) {
                        last.2.push(section);
                    }
                }
                _ => groups.push((start, end, vec![section])),
            }
        }
        groups
            .into_iter()
            .map(|(start, end, sections)| Cut {
                start,
                end,
                mark: mark(&sections, self.french),
            })
            .collect()
    }

    /// Ends the work: `carried` says of a part whether anything of it can reach the copy at all.
    pub(super) fn finish(self, carried: &dyn Fn(Part) -> bool) -> (Redacted, Values) {
        let mut redacted = Redacted::default();
        for (removal, done) in self.all.iter().zip(&self.done) {
            if *done || !carried(removal.place.part) {
                redacted.removed.push(removal.clone());
            } else {
                redacted.refused.push(removal.clone());
            }
        }
        let values = self
            .values
            .into_iter()
            .map(|(value, index)| (value, self.all[index].clone()))
            .collect();
        (redacted, Values(values))
    }
}

/// The span of a removal in a text, when it lies in it.
fn fits(span: Option<Span>, text: &str) -> Option<(usize, usize)> {
    let (start, end) = match span {
        None => (0, text.len()),
        Some(span) => (
            usize::try_from(span.start).ok()?,
            usize::try_from(span.end).ok()?,
        ),
    };
    (start < end && text.get(start..end).is_some()).then_some((start, end))
}

/// `[s.19(1)]`, `[par. 19(1)]`, `[art. 24]`: what stands in the place of what was taken out.
fn mark(sections: &[&str], french: bool) -> String {
    let named: Vec<String> = sections
        .iter()
        .map(|section| match (french, section.contains('(')) {
            (false, _) => format!("s.{section}"),
            (true, true) => format!("par. {section}"),
            (true, false) => format!("art. {section}"),
        })
        .collect();
    format!("[{}]", named.join(", "))
}

/// A text without what goes from it.
pub(super) fn cut_text(text: &str, cuts: &mut [Cut]) -> String {
    cut_piece(text, 0, cuts)
}

/// A piece of a longer text, which begins at `base` there, without what goes from it. The mark stands in the first piece that loses
/// something to a cut.
pub(super) fn cut_piece(piece: &str, base: usize, cuts: &mut [Cut]) -> String {
    let end = base.saturating_add(piece.len());
    let mut out = String::with_capacity(piece.len());
    let mut at = base;
    for cut in cuts {
        if cut.end <= base || cut.start >= end {
            continue;
        }
        let from = cut.start.max(at);
        out.push_str(piece.get(at - base..from - base).unwrap_or_default());
        out.push_str(&std::mem::take(&mut cut.mark));
        at = cut.end.min(end).max(from);
    }
    out.push_str(piece.get(at - base..).unwrap_or_default());
    out
}

/// Values that were taken out. They stay in the worker.
pub(super) struct Values(BTreeMap<String, Removal>);

impl Values {
    /// Where else in the copy they stand. `None` when there are more places than can be handled.
    pub(super) fn elsewhere(
        &self,
        units: impl Iterator<Item = TextUnit>,
        carried: &dyn Fn(Part) -> bool,
    ) -> Option<Vec<Removal>> {
        let mut found = BTreeSet::new();
        if self.0.is_empty() {
            return Some(Vec::new());
        }
        // By first characters, so that a text is looked through once and not once for each value.
        let mut by_head: BTreeMap<&str, Vec<(&str, &Removal)>> = BTreeMap::new();
        for (value, removal) in &self.0 {
            by_head
                .entry(head(value)?)
                .or_default()
                .push((value.as_str(), removal));
        }
        for unit in units.filter(|unit| carried(unit.place.part)) {
            for (start, _) in unit.text.char_indices() {
                let rest = &unit.text[start..];
                let Some(values) = head(rest).and_then(|head| by_head.get(head)) else {
                    continue;
                };
                let before = unit.text[..start].chars().next_back();
                if before.is_some_and(char::is_alphanumeric) {
                    continue;
                }
                for (value, removal) in values {
                    let ends = rest
                        .strip_prefix(value)
                        .is_some_and(|after| !after.starts_with(char::is_alphanumeric));
                    if !ends {
                        continue;
                    }
                    found.insert(Removal {
                        place: unit.place.clone().with_span(start, start + value.len()),
                        ..(*removal).clone()
                    });
                    if found.len() > SWEPT_PLACES {
                        return None;
                    }
                }
            }
        }
        Some(found.into_iter().collect())
    }
}

/// The first characters of a value or of what may be one; none when there are fewer.
fn head(text: &str) -> Option<&str> {
    text.char_indices()
        .nth(SWEPT_CHARS)
        .map(|(end, _)| &text[..end])
        .or_else(|| (text.chars().count() == SWEPT_CHARS).then_some(text))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::Place;

    /// A removal as a test needs it.
    pub(crate) fn removal(part: Part, at: &str, span: Option<(usize, usize)>) -> Removal {
        let place = Place::new(part, at);
        Removal {
            place: match span {
                Some((start, end)) => place.with_span(start, end),
                None => place,
            },
            section: "19(1)".to_owned(),
            rule: "personal".to_owned(),
            masked: "•••".to_owned(),
        }
    }

    fn check(text: &str, spans: &[(usize, usize)], expect: &str, refused: usize) {
        let all: Vec<Removal> = spans
            .iter()
            .map(|&span| removal(Part::Body, "paragraph 1", Some(span)))
            .collect();
        let mut removals = Removals::new(&all, false);
        let mut cuts = removals.cuts(Part::Body, "paragraph 1", text);
        assert_eq!(cut_text(text, &mut cuts), expect);
        assert_eq!(
            removals.finish(&|_| true).0.refused.len(),
            refused,
            "{text}"
        );
    }

    #[test]
    fn spans_go_from_a_text() {
        check("born 1961-02-03 here", &[(5, 15)], "born [s.19(1)] here", 0);
        check("1961-02-03 here", &[(0, 10)], "[s.19(1)] here", 0);
        check("born 1961-02-03", &[(5, 15)], "born [s.19(1)]", 0);
        check("1961", &[(0, 4)], "[s.19(1)]", 0);
        // Overlapping ones are one, touching ones are two.
        check("abcdefgh", &[(1, 4), (2, 6)], "a[s.19(1)]gh", 0);
        check("abcdefgh", &[(2, 6), (1, 8), (1, 3)], "a[s.19(1)]", 0);
        check("abcd", &[(0, 2), (2, 4)], "[s.19(1)][s.19(1)]", 0);
    }

    #[test]
    fn spans_that_do_not_fit_are_refused() {
        check("abc", &[(2, 9)], "abc", 1);
        check("abc", &[(2, 2)], "abc", 1);
        check("abc", &[(3, 1)], "abc", 1);
        // The middle of a character.
        check("né", &[(0, 2)], "né", 1);
        check("né le", &[(1, 3)], "n[s.19(1)] le", 0);
        check("abc", &[(0, 1), (0, 7)], "[s.19(1)]bc", 1);
        check("abc", &[(usize::MAX - 1, usize::MAX)], "abc", 1);
    }

    #[test]
    fn marks_name_the_sections() {
        assert_eq!(mark(&["19(1)", "24"], false), "[s.19(1), s.24]");
        assert_eq!(mark(&["19(1)", "24"], true), "[par. 19(1), art. 24]");
    }

    #[test]
    fn a_cut_over_pieces_is_marked_once() {
        let mut cuts = vec![Cut {
            start: 2,
            end: 9,
            mark: "[x]".to_owned(),
        }];
        let pieces = [("abcd", 0), ("efgh", 4), ("ijkl", 8)]
            .map(|(piece, base)| cut_piece(piece, base, &mut cuts));
        assert_eq!(pieces, ["ab[x]", "", "jkl"]);
    }

    #[test]
    fn the_same_value_is_found_elsewhere_and_no_other() {
        let all = [removal(Part::Body, "paragraph 1", Some((0, 11)))];
        let mut removals = Removals::new(&all, false);
        removals.cuts(Part::Body, "paragraph 1", "046 454 286 is");
        let (_, values) = removals.finish(&|_| true);
        let units = [
            TextUnit::new(Part::Title, "title", "On 046 454 286"),
            TextUnit::new(Part::Body, "paragraph 2", "046 454 2867, 1046 454 286"),
            TextUnit::new(Part::Header, "header 1", "046 454 286"),
        ];
        let found = values
            .elsewhere(units.into_iter(), &|part| part != Part::Header)
            .unwrap();
        let places: Vec<Place> = found.into_iter().map(|removal| removal.place).collect();
        assert_eq!(places, [Place::new(Part::Title, "title").with_span(3, 14)]);
    }
}
