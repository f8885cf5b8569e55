//! What is too small or too telling to show, as configuration.
//!
//! A profile is a table of the configuration file; every field has a default, unknown fields are refused. Two profiles
//! come with the program: `ircc` (dash and nearest 5) and `frequency` (dash and complementary suppression, nothing
//! rounded).

use serde::{Deserialize, Serialize};

use crate::DisclosureError;

/// The rules of one department or one publication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// Counts below this are hidden. 0 hides none.
    pub minimum_frequency: i64,
    /// Whether zeros tell something.
    pub zeros: Zeros,
    /// What becomes of the numbers that show.
    pub rounding: Rounding,
    /// A magnitude is hidden when its largest contributors give too much of it.
    pub dominance: Option<Dominance>,
    /// A magnitude is hidden when the second contributor can guess the first too well.
    pub p_percent: Option<PPercent>,
    /// How far apart the values must be that a reader can think possible for a hidden cell.
    pub width: i64,
    /// For hidden magnitudes: the same, in percent of the value; the larger one counts.
    pub width_percent: i64,
    /// Whether a sole contributor, who knows its own cell, is an attacker.
    pub singles: bool,
    /// Whether the attacker can tell cells hidden by a rule from cells hidden to protect them, and so knows between which
    /// bounds the small ones lie. One mark for both makes this hard; where the rule is well known, assume it.
    pub marks_differ: bool,
    /// Whether other cells may be hidden to protect the small ones. Without it a table that needs them goes to a person.
    pub complementary: bool,
    /// What a cell costs when it is hidden to protect another.
    pub cost: Cost,
    /// The mark for a hidden cell.
    pub mark: String,
    /// For tables of persons instead of counts.
    pub microdata: MicrodataRule,
    /// How much work is done before a person is asked.
    pub limits: Limits,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            name: "frequency".to_owned(),
            minimum_frequency: 6,
            zeros: Zeros::Shown,
            rounding: Rounding::None,
            dominance: None,
            p_percent: None,
            width: 1,
            width_percent: 0,
            singles: true,
            marks_differ: false,
            complementary: true,
            cost: Cost::Count,
            mark: "--".to_owned(),
            microdata: MicrodataRule::default(),
            limits: Limits::default(),
        }
    }
}

/// Whether zeros tell something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zeros {
    /// A zero shows: nobody is there to be known.
    #[default]
    Shown,
    /// A zero is hidden like a small count.
    Hidden,
}

/// What becomes of the numbers that show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "to")]
pub enum Rounding {
    /// They stay.
    #[default]
    None,
    /// Each to the nearest multiple, on its own: totals may not add.
    Nearest {
        /// The multiple.
        base: i64,
    },
    /// Each up or down at random so that nothing is biased; the same cell always the same way.
    Random {
        /// The multiple.
        base: i64,
    },
    /// Up or down so that all totals still add; where that is not possible, a person is asked.
    Controlled {
        /// The multiple.
        base: i64,
    },
}

impl Rounding {
    /// The multiple; 1 when nothing is rounded.
    pub fn base(self) -> i64 {
        match self {
            Self::None => 1,
            Self::Nearest { base } | Self::Random { base } | Self::Controlled { base } => base,
        }
    }
}

/// Too much in the hands of few.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dominance {
    /// How many of the largest contributors.
    pub contributors: usize,
    /// Percent of the total that they may have at most.
    pub percent: i64,
}

/// Too close a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PPercent {
    /// What the other contributors must have together, in percent of the largest contribution.
    pub percent: i64,
}

/// What a cell costs when it is hidden to protect another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// Every cell the same: as few as possible.
    #[default]
    Count,
    /// Its value: as little as possible of what is counted.
    Sum,
    /// One more for every doubling of its value: few cells, and not the large ones.
    Spread,
}

impl Cost {
    /// The cost of a value; at least 1.
    pub fn of(self, value: i64) -> i64 {
        match self {
            Self::Count => 1,
            Self::Sum => value.max(1),
            Self::Spread => 1 + i64::from(value.max(1).ilog2()),
        }
    }
}

/// The thresholds for tables with one row per person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MicrodataRule {
    /// At least so many rows must share every combination of identifying columns.
    pub k: usize,
    /// At least so many different values of each sensitive column in every combination.
    pub l: usize,
    /// How far the sensitive values of a combination may be from those of the whole file, from 0 to 1.
    pub t: f64,
}

impl Default for MicrodataRule {
    fn default() -> Self {
        Self { k: 6, l: 2, t: 0.5 }
    }
}

/// How much work is done before a person is asked. Counted in steps, not seconds, so that the same table always gets
/// the same result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Steps of the exact search.
    pub exact_steps: usize,
    /// Rounds of the exact search.
    pub exact_rounds: usize,
    /// Improvements tried when the exact search did not end; fewer for tables of more than 1 000 cells.
    pub improvements: usize,
    /// Unknown cells that one attack may take in.
    pub unknowns: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            exact_steps: 1_000_000,
            exact_rounds: 120,
            improvements: 200,
            unknowns: 1_000,
        }
    }
}

/// A profile that comes with the program.
pub fn profile(name: &str) -> Option<Profile> {
    match name {
        "frequency" => Some(Profile::default()),
        "ircc" => Some(Profile {
            name: "ircc".to_owned(),
            minimum_frequency: 6,
            zeros: Zeros::Hidden,
            rounding: Rounding::Nearest { base: 5 },
            // Everybody knows that a dash is 0 to 5, and most dashes are.
            marks_differ: true,
            ..Profile::default()
        }),
        _ => None,
    }
}

impl Profile {
    /// Refuses what cannot be meant.
    pub fn check(&self) -> Result<(), DisclosureError> {
        let wrong = if self.rounding.base() < 1 {
            Some("the rounding base must be at least 1")
        } else if self.minimum_frequency < 0 {
            Some("minimum_frequency must not be negative")
        } else if self.width < 1 || self.width_percent < 0 {
            Some("width must be at least 1 and width_percent not negative")
        } else if self
            .dominance
            .is_some_and(|rule| rule.contributors == 0 || !(1..=100).contains(&rule.percent))
        {
            Some("dominance needs at least one contributor and a percentage from 1 to 100")
        } else if self.mark.trim().is_empty() {
            Some("the mark for hidden cells must not be blank")
        } else if self.limits.unknowns < 10 {
            Some("limits.unknowns must be at least 10")
        } else {
            None
        };
        match wrong {
            None => Ok(()),
            Some(why) => Err(DisclosureError::Profile {
                name: self.name.clone(),
                why: why.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_decode_with_defaults_and_refuse_unknown_keys() {
        let read: Profile =
            toml::from_str("minimum_frequency = 20\nrounding = { to = \"nearest\", base = 10 }")
                .unwrap();
        assert_eq!(read.minimum_frequency, 20);
        assert_eq!(read.rounding, Rounding::Nearest { base: 10 });
        assert_eq!(read.mark, "--");
        assert!(toml::from_str::<Profile>("minimum = 3").is_err());
    }

    #[test]
    fn the_shipped_profiles_are_sound() {
        for name in ["ircc", "frequency"] {
            profile(name).unwrap().check().unwrap();
        }
        assert!(profile("nobody").is_none());
        let none = Profile {
            width: 0,
            ..Profile::default()
        };
        assert!(none.check().is_err());
    }

    #[test]
    fn costs_grow_as_they_say() {
        assert_eq!(
            [Cost::Count.of(40), Cost::Sum.of(40), Cost::Spread.of(40)],
            [1, 40, 6]
        );
        assert_eq!(Cost::Sum.of(0), 1);
    }
}
