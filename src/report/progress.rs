//! How far the work has come: for the department's yearly report and for the operator's morning.
//!
//! Rule that must hold: every item is counted once, and a state without items is shown as zero.

use std::{collections::BTreeMap, fmt::Write};

use chrono::{DateTime, Days, Months, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;

use super::html::Page;
use crate::{
    bilingual,
    domain::{Bilingual, ItemState, Lang, ReleaseState},
};

/// What the report is made from.
#[derive(Clone, Debug)]
pub struct ProgressInput {
    /// The instant the numbers are of.
    pub as_of: DateTime<Utc>,
    /// The sources.
    pub sources: Vec<SourceLine>,
    /// The releases.
    pub releases: Vec<ReleaseLine>,
    /// Why items wait, one entry per item and reason.
    pub waiting: Vec<Bilingual>,
}

/// One source.
#[derive(Clone, Debug)]
pub struct SourceLine {
    /// Its name.
    pub name: String,
    /// Items in each state.
    pub items: BTreeMap<ItemState, u64>,
    /// End of the last complete scan.
    pub scanned: Option<DateTime<Utc>>,
    /// By when the next complete scan should have ended.
    pub due: Option<DateTime<Utc>>,
}

/// One release.
#[derive(Clone, Debug)]
pub struct ReleaseLine {
    /// Its id or the department's number.
    pub reference: String,
    /// Its title.
    pub title: Bilingual,
    /// Where it stands.
    pub state: ReleaseState,
    /// How often it is brought up to date, in the portal's codes: `P1M`, `as_needed` …
    pub frequency: String,
    /// Day on which its content last changed on the portal.
    pub updated: Option<NaiveDate>,
}

/// A reason to wait, and how many items it holds back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingLine {
    /// The reason.
    pub reason: Bilingual,
    /// How many.
    pub items: u64,
}

/// Something that is overdue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Late {
    /// `source` or `release`.
    pub kind: &'static str,
    /// Its name or number.
    pub reference: String,
    /// What people call it.
    pub title: Bilingual,
    /// The day it was due.
    pub due: NaiveDate,
    /// Full days since then.
    pub days: i64,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The instant the numbers are of.
    pub as_of: DateTime<Utc>,
    /// Items of all sources.
    pub items: u64,
    /// Items in each state; every state is there.
    pub items_by_state: BTreeMap<ItemState, u64>,
    /// Releases in each state; every state is there.
    pub releases_by_state: BTreeMap<ReleaseState, u64>,
    /// Releases that are public.
    pub released: u64,
    /// What is overdue, longest first.
    pub late: Vec<Late>,
    /// Why items wait, most frequent first.
    pub waiting: Vec<WaitingLine>,
}

/// The day by which a release should be brought up to date again. Nothing for frequencies without a rhythm
/// (`as_needed`, `continual`, `irregular`, `not_planned`, `unknown`) and for codes that cannot be read.
///
/// The codes are ISO 8601 durations, with fractions for parts of a week or month (`P0.33W`, `P0.5M`), which are counted
/// in days and rounded up.
pub fn due_day(updated: NaiveDate, frequency: &str) -> Option<NaiveDate> {
    let text = frequency.strip_prefix('P')?;
    let unit = text.chars().last()?;
    let number = text.strip_suffix(unit)?;
    if number.is_empty()
        || !number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return None;
    }
    let days_in = match unit {
        'D' => Some(1),
        'W' => Some(7),
        'M' if number.contains('.') => Some(31),
        'M' | 'Y' => None,
        _ => return None,
    };
    if let Some(days_in) = days_in {
        return updated.checked_add_days(Days::new(whole_days(number, days_in)?));
    }
    let months = number
        .parse::<u32>()
        .ok()?
        .checked_mul(if unit == 'Y' { 12 } else { 1 })?;
    updated.checked_add_months(Months::new(months))
}

/// `number` (decimal) times `days`, rounded up.
fn whole_days(number: &str, days: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.len() > 6 || fraction.len() > 6 {
        return None;
    }
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let parts = whole
        .parse::<u64>()
        .ok()?
        .checked_mul(scale)?
        .checked_add(fraction.parse().ok()?)?;
    Some(parts.checked_mul(days)?.div_ceil(scale))
}

impl Progress {
    /// Counts.
    pub fn of(input: &ProgressInput) -> Self {
        let mut items_by_state: BTreeMap<ItemState, u64> =
            ItemState::ALL.iter().map(|state| (*state, 0)).collect();
        for (state, n) in input.sources.iter().flat_map(|source| &source.items) {
            let sum = items_by_state.entry(*state).or_default();
            *sum = sum.saturating_add(*n);
        }
        let mut releases_by_state: BTreeMap<ReleaseState, u64> =
            ReleaseState::ALL.iter().map(|state| (*state, 0)).collect();
        for release in &input.releases {
            *releases_by_state.entry(release.state).or_default() += 1;
        }
        Self {
            as_of: input.as_of,
            items: items_by_state
                .values()
                .fold(0, |sum, n| sum.saturating_add(*n)),
            released: releases_by_state
                .get(&ReleaseState::Published)
                .copied()
                .unwrap_or_default(),
            items_by_state,
            releases_by_state,
            late: late(input),
            waiting: waiting(&input.waiting),
        }
    }

    /// The report for a person.
    pub fn text(&self, lang: Lang) -> String {
        let mut out = Lines(String::new());
        let at = self.as_of.to_rfc3339_opts(SecondsFormat::Secs, true);
        let words = |en: &'static str, fr: &'static str| match lang {
            Lang::En => en,
            Lang::Fr => fr,
        };
        out.line(format_args!(
            "{} {at}",
            words("Progress as of", "Avancement en date du")
        ));
        out.line(format_args!(""));
        out.line(format_args!(
            "{} {}",
            words("Items:", "Éléments :"),
            self.items
        ));
        for (state, n) in self.items_by_state.iter().filter(|(_, n)| **n > 0) {
            out.line(format_args!("  {n:>7}  {}", state.words().get(lang)));
        }
        let releases: u64 = self.releases_by_state.values().sum();
        out.line(format_args!(
            "{} {releases}",
            words("Releases:", "Publications :")
        ));
        for (state, n) in self.releases_by_state.iter().filter(|(_, n)| **n > 0) {
            out.line(format_args!("  {n:>7}  {}", state.words().get(lang)));
        }
        out.line(format_args!(
            "{} {}",
            words("Late:", "En retard :"),
            self.late.len()
        ));
        for late in &self.late {
            let title = one_line(late.title.get(lang));
            let (due, days) = (late.due, late.days);
            out.line(format_args!(
                "  {}",
                bilingual!(
                    "{title}: due {due}, {days} d",
                    "{title} : attendu le {due}, {days} j"
                )
                .get(lang)
            ));
        }
        out.line(format_args!(
            "{} {}",
            words("Reasons to wait:", "Raisons d’attente :"),
            self.waiting.len()
        ));
        for waiting in &self.waiting {
            out.line(format_args!(
                "  {:>7}  {}",
                waiting.items,
                one_line(waiting.reason.get(lang))
            ));
        }
        out.0
    }

    /// The report as CSV: one line per number, with columns `section,key,label_en,label_fr,value`.
    ///
    /// # Errors
    /// When the writer fails, which memory does not.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        writer.write_record(["section", "key", "label_en", "label_fr", "value"])?;
        let mut put = |section: &str, key: &str, label: &Bilingual, value: &str| {
            writer.write_record([section, key, &label.en, &label.fr, value])
        };
        let as_of = Bilingual::new("as of", "en date du");
        put(
            "report",
            "as_of",
            &as_of,
            &self.as_of.to_rfc3339_opts(SecondsFormat::Secs, true),
        )?;
        put(
            "items",
            "all",
            &Bilingual::new("items", "éléments"),
            &self.items.to_string(),
        )?;
        for (state, n) in &self.items_by_state {
            put("items", state.as_str(), &state.words(), &n.to_string())?;
        }
        for (state, n) in &self.releases_by_state {
            put("releases", state.as_str(), &state.words(), &n.to_string())?;
        }
        for late in &self.late {
            put(
                &format!("late_{}", late.kind),
                &late.reference,
                &late.title,
                &late.days.to_string(),
            )?;
        }
        for waiting in &self.waiting {
            put("waiting", "", &waiting.reason, &waiting.items.to_string())?;
        }
        writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))
    }

    /// The report as a page in one language.
    pub fn html(&self, lang: Lang) -> Vec<u8> {
        let words = |en: &'static str, fr: &'static str| match lang {
            Lang::En => en,
            Lang::Fr => fr,
        };
        let mut page = Page::new(lang, words("Progress", "Avancement"));
        page.paragraph(&format!(
            "{} {}",
            words("As of", "En date du"),
            self.as_of.to_rfc3339_opts(SecondsFormat::Secs, true)
        ));
        let none = words("None.", "Aucun.");
        let number = words("Number", "Nombre");
        let state = words("State", "État");
        let items: Vec<Vec<String>> = self
            .items_by_state
            .iter()
            .map(|(state, n)| vec![state.words().get(lang).to_owned(), n.to_string()])
            .collect();
        page.table(words("Items", "Éléments"), &[state, number], &items, none);
        let releases: Vec<Vec<String>> = self
            .releases_by_state
            .iter()
            .map(|(state, n)| vec![state.words().get(lang).to_owned(), n.to_string()])
            .collect();
        page.table(
            words("Releases", "Publications"),
            &[state, number],
            &releases,
            none,
        );
        let late: Vec<Vec<String>> = self
            .late
            .iter()
            .map(|late| {
                vec![
                    late.title.get(lang).to_owned(),
                    late.due.to_string(),
                    late.days.to_string(),
                ]
            })
            .collect();
        page.table(
            words("Late", "En retard"),
            &[
                words("What", "Quoi"),
                words("Due", "Attendu le"),
                words("Days late", "Jours de retard"),
            ],
            &late,
            none,
        );
        let waiting: Vec<Vec<String>> = self
            .waiting
            .iter()
            .map(|line| vec![line.reason.get(lang).to_owned(), line.items.to_string()])
            .collect();
        page.table(
            words("Reasons to wait", "Raisons d’attente"),
            &[words("Reason", "Raison"), words("Items", "Éléments")],
            &waiting,
            none,
        );
        page.finish()
    }

    /// The report as JSON.
    ///
    /// # Errors
    /// When the writer fails, which memory does not.
    pub fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

struct Lines(String);

impl Lines {
    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{text}").expect("writing to a string cannot fail");
    }
}

fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Sources whose scan is overdue, and public releases that should have been brought up to date.
fn late(input: &ProgressInput) -> Vec<Late> {
    let today = input.as_of.date_naive();
    let entry = |kind, reference: &str, title: Bilingual, due: NaiveDate| Late {
        kind,
        reference: reference.to_owned(),
        title,
        due,
        days: today.signed_duration_since(due).num_days(),
    };
    let mut list = Vec::new();
    for source in &input.sources {
        let over = source
            .due
            .filter(|due| *due < input.as_of && source.scanned.is_none_or(|at| at < *due));
        if let Some(due) = over {
            list.push(entry(
                "source",
                &source.name,
                Bilingual::same(&source.name),
                due.date_naive(),
            ));
        }
    }
    for release in input
        .releases
        .iter()
        .filter(|release| release.state == ReleaseState::Published)
    {
        let due = release
            .updated
            .and_then(|day| due_day(day, &release.frequency));
        if let Some(due) = due.filter(|due| *due < today) {
            list.push(entry(
                "release",
                &release.reference,
                release.title.clone(),
                due,
            ));
        }
    }
    list.sort_by(|a, b| {
        (a.due, a.kind, &a.reference, &a.title).cmp(&(b.due, b.kind, &b.reference, &b.title))
    });
    list
}

fn waiting(reasons: &[Bilingual]) -> Vec<WaitingLine> {
    let mut counts: BTreeMap<&Bilingual, u64> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let mut list: Vec<_> = counts
        .into_iter()
        .map(|(reason, items)| WaitingLine {
            reason: reason.clone(),
            items,
        })
        .collect();
    // Stable: equal numbers stay in the order of their words.
    list.sort_by_key(|line| std::cmp::Reverse(line.items));
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn frequencies_give_the_next_day() {
        let check = |frequency: &str, expect: Option<&str>| {
            assert_eq!(
                due_day(day("2026-01-31"), frequency),
                expect.map(day),
                "{frequency}"
            );
        };
        check("P1D", Some("2026-02-01"));
        check("P0.33W", Some("2026-02-03"));
        check("P0.5W", Some("2026-02-04"));
        check("P2W", Some("2026-02-14"));
        check("P0.5M", Some("2026-02-16"));
        check("P1M", Some("2026-02-28"));
        check("P3M", Some("2026-04-30"));
        check("P1Y", Some("2027-01-31"));
        check("P5Y", Some("2031-01-31"));
        for nothing in [
            "as_needed",
            "continual",
            "irregular",
            "unknown",
            "",
            "P",
            "PY",
            "P1",
            "P-1D",
            "P1.5Y",
            "P1X",
            "P.W",
            "P1.2.3W",
            "P99999999999D",
            "P999999Y",
            "Pé",
        ] {
            check(nothing, None);
        }
    }

    fn input() -> ProgressInput {
        let release = |reference: &str, state, frequency: &str, updated| ReleaseLine {
            reference: reference.to_owned(),
            title: Bilingual::new(format!("Title {reference}"), format!("Titre {reference}")),
            state,
            frequency: frequency.to_owned(),
            updated: Some(day(updated)),
        };
        let reason = || Bilingual::new("No French title", "Titre français absent");
        ProgressInput {
            as_of: "2026-03-01T12:00:00Z".parse().unwrap(),
            sources: vec![
                SourceLine {
                    name: "drive".to_owned(),
                    items: BTreeMap::from([(ItemState::Published, 3), (ItemState::Review, 2)]),
                    scanned: Some("2026-02-27T00:00:00Z".parse().unwrap()),
                    due: Some("2026-02-28T00:00:00Z".parse().unwrap()),
                },
                SourceLine {
                    name: "server".to_owned(),
                    items: BTreeMap::from([(ItemState::Published, 1)]),
                    scanned: Some("2026-02-28T06:00:00Z".parse().unwrap()),
                    due: Some("2026-02-28T00:00:00Z".parse().unwrap()),
                },
            ],
            releases: vec![
                release("b", ReleaseState::Published, "P1M", "2026-01-15"),
                release("a", ReleaseState::Published, "P1Y", "2026-01-15"),
                release("c", ReleaseState::Review, "P1D", "2020-01-01"),
            ],
            waiting: vec![Bilingual::new("Marked", "Marqué"), reason(), reason()],
        }
    }

    #[test]
    fn everything_is_counted_once_in_both_languages() {
        let report = Progress::of(&input());
        assert_eq!((report.items, report.released), (6, 2));
        assert_eq!(report.items_by_state.len(), ItemState::ALL.len());
        let late: Vec<_> = report
            .late
            .iter()
            .map(|late| (late.kind, late.reference.as_str(), late.days))
            .collect();
        assert_eq!(late, [("release", "b", 14), ("source", "drive", 1)]);
        assert_eq!(
            report.text(Lang::Fr),
            "Avancement en date du 2026-03-01T12:00:00Z\n\nÉléments : 6\n        2  en attente d’examen\n        4  publié\n\
             Publications : 3\n        1  en attente d’examen\n        2  publié\nEn retard : 2\n  Titre b : attendu le 2026-02-15, 14 j\n  \
             drive : attendu le 2026-02-28, 1 j\nRaisons d’attente : 2\n        2  Titre français absent\n        1  Marqué\n"
        );
        assert!(
            report
                .text(Lang::En)
                .contains("\n  Title b: due 2026-02-15, 14 d\n")
        );
        let csv = String::from_utf8(report.csv().unwrap()).unwrap();
        assert!(csv.contains("\r\nitems,blocked,blocked,bloqué,0\r\n"));
        assert!(csv.contains("\r\nlate_release,b,Title b,Titre b,14\r\n"));
        let json: serde_json::Value = serde_json::from_slice(&report.json().unwrap()).unwrap();
        assert_eq!(json["items_by_state"]["review"], 2);
    }

    #[test]
    fn the_order_of_the_input_does_not_matter() {
        let mut other = input();
        other.sources.reverse();
        other.releases.reverse();
        other.waiting.reverse();
        assert_eq!(Progress::of(&other), Progress::of(&input()));
    }
}
