//! Where the clock is read.
//!
//! Leans on crate `chrono-tz` (the IANA database). Rule that must hold: a zone is named, never an offset: offsets change.

use chrono_tz::Tz;
use rideau_connectors::options::{Entry, Field, Problems, Shape, nearest};
use rideau_domain::bilingual;
use serde_json::Value;

/// A named time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(pub Tz);

impl Field for Zone {
    fn shape() -> Shape {
        Shape::Text {
            what: "name of a time zone (IANA)",
            what_fr: "nom d’un fuseau horaire (IANA)",
            format: None,
            pattern: None,
        }
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let text = entry.words(problems)?;
        let found = text.parse::<Tz>().ok().map(Self);
        if found.is_none() {
            let meant = named_after_city(text)
                .or_else(|| nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())));
            entry
                .wrong(
                    problems,
                    bilingual!(
                        "Expected the name of a time zone, such as `America/Toronto`.",
                        "Attendu : le nom d’un fuseau horaire, par exemple « America/Toronto »."
                    ),
                )
                .suggest(meant);
        }
        found
    }

    fn to_json(&self) -> Value {
        self.0.name().into()
    }
}

/// `Toronto` or `Canada/Toronto` for `America/Toronto`.
fn named_after_city(text: &str) -> Option<&'static str> {
    let city = text.rsplit('/').next()?.trim().replace(' ', "_");
    chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .find(|name| {
            name.rsplit('/')
                .next()
                .is_some_and(|last| last.eq_ignore_ascii_case(&city))
        })
}
