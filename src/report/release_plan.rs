//! The release plan: what will be public when, what is, what is late, and why.
//!
//! Rule that must hold: every release stands in exactly one of the three parts, and the same rows in any order give the
//! same bytes.

use chrono::NaiveDate;
use serde::Serialize;

use super::{due_day, html::Page};
use crate::domain::{Bilingual, Lang, Proposal, ReleaseState};

/// When a release is expected to become public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "when", content = "day")]
pub enum Expected {
    /// On this day: it is approved, and an embargo ends or a window opens then.
    On(NaiveDate),
    /// When somebody has decided or completed what is missing.
    AfterDecision,
    /// When it has come through the steps.
    InProcess,
    /// It is public.
    Public,
    /// Not at all, as things stand.
    Never,
}

impl Expected {
    /// The words people read.
    pub fn words(self) -> Bilingual {
        match self {
            Self::On(day) => Bilingual::same(day.to_string()),
            Self::AfterDecision => Bilingual::new("after a decision", "après une décision"),
            Self::InProcess => Bilingual::new("in process", "en traitement"),
            Self::Public => Bilingual::new("public", "publique"),
            Self::Never => Bilingual::new("not planned", "non prévue"),
        }
    }
}

/// What is known about one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanInput {
    /// Its id or the department's number.
    pub reference: String,
    /// Its title.
    pub title: Bilingual,
    /// Where it stands.
    pub state: ReleaseState,
    /// What is proposed.
    pub proposal: Proposal,
    /// The day on which an approved change goes.
    pub goes: Option<NaiveDate>,
    /// Day on which it last changed on a target.
    pub released: Option<NaiveDate>,
    /// How often it is brought up to date, in the portal's codes.
    pub frequency: String,
    /// Where it goes.
    pub targets: Vec<String>,
    /// Its public address.
    pub address: String,
    /// Why it waits.
    pub reasons: Vec<Bilingual>,
}

/// One line of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanLine {
    /// Its id or the department's number.
    pub reference: String,
    /// Its title.
    pub title: Bilingual,
    /// Where it stands.
    pub state: ReleaseState,
    /// What is proposed.
    pub proposal: Proposal,
    /// When it becomes public, or changes.
    pub expected: Expected,
    /// Day on which it last changed on a target.
    pub released: Option<NaiveDate>,
    /// Day by which it should be brought up to date again.
    pub due: Option<NaiveDate>,
    /// Full days since then; nothing when it is not late.
    pub days_late: Option<i64>,
    /// Where it goes.
    pub targets: Vec<String>,
    /// Its public address.
    pub address: String,
    /// Why it waits.
    pub reasons: Vec<Bilingual>,
}

/// The plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleasePlan {
    /// The day that it is of.
    pub day: NaiveDate,
    /// Late first, then by the day expected, then by title.
    pub lines: Vec<PlanLine>,
}

/// The columns of the CSV file.
const COLUMNS: [&str; 17] = [
    "reference",
    "title_en",
    "title_fr",
    "state",
    "state_en",
    "state_fr",
    "proposed",
    "expected_en",
    "expected_fr",
    "expected_date",
    "released",
    "next_due",
    "days_late",
    "targets",
    "address",
    "reasons_en",
    "reasons_fr",
];

impl ReleasePlan {
    /// Puts the plan together.
    pub fn of(day: NaiveDate, input: Vec<PlanInput>) -> Self {
        let mut lines: Vec<PlanLine> = input.into_iter().map(|one| line(day, one)).collect();
        lines.sort_by(|a, b| {
            (
                std::cmp::Reverse(a.days_late),
                a.expected,
                &a.title,
                &a.reference,
            )
                .cmp(&(
                    std::cmp::Reverse(b.days_late),
                    b.expected,
                    &b.title,
                    &b.reference,
                ))
        });
        Self { day, lines }
    }

    /// The plan as CSV, both languages side by side.
    ///
    /// # Errors
    /// When the writer fails, which memory does not.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        writer.write_record(COLUMNS)?;
        for line in &self.lines {
            let expected = line.expected.words();
            let on = match line.expected {
                Expected::On(day) => day.to_string(),
                _ => String::new(),
            };
            let days = line.days_late.map(|n| n.to_string()).unwrap_or_default();
            writer.write_record([
                line.reference.as_str(),
                &line.title.en,
                &line.title.fr,
                line.state.as_str(),
                &line.state.words().en,
                &line.state.words().fr,
                line.proposal.as_str(),
                &expected.en,
                &expected.fr,
                &on,
                &shown(line.released),
                &shown(line.due),
                &days,
                &line.targets.join(" "),
                &line.address,
                &reasons(line, Lang::En),
                &reasons(line, Lang::Fr),
            ])?;
        }
        writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))
    }

    /// The plan as JSON.
    ///
    /// # Errors
    /// When the writer fails, which memory does not.
    pub fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The plan as a page in one language.
    pub fn html(&self, lang: Lang) -> Vec<u8> {
        let words = |en: &'static str, fr: &'static str| match lang {
            Lang::En => en,
            Lang::Fr => fr,
        };
        let mut page = Page::new(lang, words("Release plan", "Plan de publication"));
        let as_of = words("As of", "En date du");
        page.paragraph(&format!("{as_of} {}", self.day));
        let heads = [
            words("Title", "Titre"),
            words("State", "État"),
            words("Expected", "Prévu"),
            words("Public since", "Public depuis"),
            words("Next update due", "Prochaine mise à jour attendue"),
            words("Why", "Pourquoi"),
            words("Reference", "Référence"),
        ];
        let none = words("None.", "Aucune.");
        for (title, part) in [
            (words("Late", "En retard"), Part::Late),
            (words("To come", "À venir"), Part::ToCome),
            (words("Public", "Publiques"), Part::Public),
        ] {
            let rows: Vec<Vec<String>> = self
                .lines
                .iter()
                .filter(|line| Part::of(line) == part)
                .map(|line| {
                    let due = match line.days_late {
                        Some(days) => {
                            format!(
                                "{}\n{days} {}",
                                shown(line.due),
                                words("d late", "j de retard")
                            )
                        }
                        None => shown(line.due),
                    };
                    vec![
                        line.title.get(lang).to_owned(),
                        line.state.words().get(lang).to_owned(),
                        line.expected.words().get(lang).to_owned(),
                        shown(line.released),
                        due,
                        reasons(line, lang),
                        line.reference.clone(),
                    ]
                })
                .collect();
            page.table(title, &heads, &rows, none);
        }
        page.finish()
    }
}

/// Where a line stands on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Late,
    ToCome,
    Public,
}

impl Part {
    fn of(line: &PlanLine) -> Self {
        match line.expected {
            _ if line.days_late.is_some() => Self::Late,
            Expected::Public => Self::Public,
            _ => Self::ToCome,
        }
    }
}

fn line(today: NaiveDate, input: PlanInput) -> PlanLine {
    let expected = match input.state {
        ReleaseState::Published => Expected::Public,
        ReleaseState::Approved => Expected::On(input.goes.unwrap_or(today)),
        ReleaseState::Review => Expected::AfterDecision,
        ReleaseState::Incomplete => Expected::InProcess,
        ReleaseState::Refused
        | ReleaseState::Blocked
        | ReleaseState::Withdrawn
        | ReleaseState::Empty => Expected::Never,
    };
    let due = input
        .released
        .filter(|_| expected != Expected::Never)
        .and_then(|day| due_day(day, &input.frequency));
    PlanLine {
        days_late: due
            .filter(|due| *due < today)
            .map(|due| today.signed_duration_since(due).num_days()),
        reference: input.reference,
        title: input.title,
        state: input.state,
        proposal: input.proposal,
        expected,
        released: input.released,
        due,
        targets: input.targets,
        address: input.address,
        reasons: input.reasons,
    }
}

fn shown(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn reasons(line: &PlanLine, lang: Lang) -> String {
    line.reasons
        .iter()
        .map(|reason| reason.get(lang))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn input(reference: &str, state: ReleaseState) -> PlanInput {
        PlanInput {
            reference: reference.to_owned(),
            title: Bilingual::new(format!("Title {reference}"), format!("Titre {reference}")),
            state,
            proposal: Proposal::Nothing,
            goes: None,
            released: None,
            frequency: "P1M".to_owned(),
            targets: vec!["registry".to_owned()],
            address: String::new(),
            reasons: vec![Bilingual::new("no French <title>", "titre français absent")],
        }
    }

    fn plan() -> Vec<PlanInput> {
        vec![
            PlanInput {
                released: Some(day("2026-01-15")),
                ..input("late", ReleaseState::Published)
            },
            PlanInput {
                released: Some(day("2026-02-20")),
                ..input("fresh", ReleaseState::Published)
            },
            PlanInput {
                goes: Some(day("2026-04-01")),
                ..input("embargo", ReleaseState::Approved)
            },
            input("waits", ReleaseState::Review),
            PlanInput {
                released: Some(day("2020-01-01")),
                ..input("withdrawn", ReleaseState::Withdrawn)
            },
        ]
    }

    #[test]
    fn what_is_late_comes_first_then_what_comes_soonest() {
        let report = ReleasePlan::of(day("2026-03-01"), plan());
        let order: Vec<_> = report
            .lines
            .iter()
            .map(|line| (line.reference.as_str(), line.days_late))
            .collect();
        assert_eq!(
            order,
            [
                ("late", Some(14)),
                ("embargo", None),
                ("waits", None),
                ("fresh", None),
                ("withdrawn", None)
            ]
        );
        let mut other = plan();
        other.reverse();
        assert_eq!(ReleasePlan::of(day("2026-03-01"), other), report);
    }

    #[test]
    fn both_languages_in_every_form() {
        let report = ReleasePlan::of(day("2026-03-01"), plan());
        let csv = String::from_utf8(report.csv().unwrap()).unwrap();
        assert!(csv.starts_with("reference,title_en,title_fr,state,"));
        assert!(csv.contains("\r\nembargo,Title embargo,Titre embargo,approved,approved,approuvé,none,2026-04-01,2026-04-01,2026-04-01,,,,registry,,"));
        let french = String::from_utf8(report.html(Lang::Fr)).unwrap();
        assert!(french.contains("<h2>En retard</h2>"));
        assert!(french.contains("2026-02-15<br>14 j de retard"));
        let english = String::from_utf8(report.html(Lang::En)).unwrap();
        assert!(english.contains("no French &lt;title&gt;"));
        let json: serde_json::Value = serde_json::from_slice(&report.json().unwrap()).unwrap();
        assert_eq!(json["lines"][1]["expected"]["day"], "2026-04-01");
    }
}
