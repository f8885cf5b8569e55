//! When: a cron expression with seconds.
//!
//! Leans on crate `cron`. Rule that must hold: an expression that is accepted here is evaluated by the same crate.

use std::str::FromStr;

use chrono::{DateTime, TimeZone};
use rideau_connectors::options::{Entry, Field, Problems, Shape};
use rideau_domain::bilingual;
use serde_json::Value;

/// A cron expression: second, minute, hour, day of month, month, day of week, and a year if wanted.
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    schedule: cron::Schedule,
}

impl Cron {
    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The times, for the part that places them in a time zone.
    pub fn schedule(&self) -> &cron::Schedule {
        &self.schedule
    }

    /// True when this instant is one of the times: for windows.
    pub fn includes<Z: TimeZone>(&self, instant: DateTime<Z>) -> bool {
        self.schedule.includes(instant)
    }

    /// An expression that is known to be right.
    pub(super) fn fixed(text: &'static str) -> Self {
        text.parse().expect("a built-in expression is valid")
    }
}

impl FromStr for Cron {
    type Err = cron::error::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self {
            schedule: cron::Schedule::from_str(text)?,
            text: text.to_owned(),
        })
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Cron {}

impl Field for Cron {
    fn shape() -> Shape {
        Shape::Text {
            what: "cron expression with seconds: second, minute, hour, day of month, month, day of week (1 or SUN is Sunday)",
            what_fr: "expression cron avec secondes : seconde, minute, heure, jour du mois, mois, jour de la semaine (1 ou SUN est dimanche)",
            format: None,
            pattern: None,
        }
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let text = entry.words(problems)?;
        let parts = text.split_whitespace().count();
        let Ok(found) = text.parse::<Self>() else {
            let meant = (parts == 5)
                .then(|| format!("0 {text}"))
                .filter(|meant| meant.parse::<Self>().is_ok());
            let message = match parts {
                5 => bilingual!(
                    "A schedule begins with the second: six parts, found five.",
                    "Un horaire commence par la seconde : six parties, cinq trouvées."
                ),
                6 | 7 => bilingual!(
                    "This is not a schedule: second (0 to 59), minute (0 to 59), hour (0 to 23), day of month (1 to 31), month (1 to 12), day of week (1 to 7 or SUN to SAT).",
                    "Ce n’est pas un horaire : seconde (0 à 59), minute (0 à 59), heure (0 à 23), jour du mois (1 à 31), mois (1 à 12), jour de la semaine (1 à 7 ou SUN à SAT)."
                ),
                _ => bilingual!(
                    "A schedule has six parts (second, minute, hour, day of month, month, day of week), found {parts}.",
                    "Un horaire a six parties (seconde, minute, heure, jour du mois, mois, jour de la semaine) ; trouvé : {parts}."
                ),
            };
            entry.wrong(problems, message).suggest(meant);
            return None;
        };
        Some(found)
    }

    fn to_json(&self) -> Value {
        self.text.as_str().into()
    }
}
