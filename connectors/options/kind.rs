//! `kind = "…"` decides which options a table has.
//!
//! Leans on [`Options`]. Rule that must hold: a table of an unknown kind is not half understood: nothing in it is shown.

use std::{any::Any, fmt, sync::Arc};

use super::{
    document::Section,
    field::{FieldDoc, Options},
    problem::Problems,
};

/// Decoded options of some kind.
pub trait AnyOptions: Any + fmt::Debug + Send + Sync {
    /// For a downcast to the kind's own struct.
    fn as_any(&self) -> &dyn Any;

    /// The values as they would be written, as JSON; secrets as their mask.
    fn json(&self) -> serde_json::Value;
}

impl<T: Options + Any + fmt::Debug + Send + Sync> AnyOptions for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn json(&self) -> serde_json::Value {
        Options::to_json(self)
    }
}

impl dyn AnyOptions {
    /// The kind's own struct.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.as_any().downcast_ref()
    }
}

/// One kind of source or target: its name, its docs, and how its options decode.
#[derive(Clone, Copy, Debug)]
pub struct KindDoc {
    /// The word behind `kind =`.
    pub kind: &'static str,
    /// What it is for, in English; one string for each line.
    pub en: fn() -> &'static [&'static str],
    /// What it is for, in French.
    pub fr: fn() -> &'static str,
    /// Its fields, in order.
    pub describe: fn() -> &'static [FieldDoc],
    /// Decodes its options from the table that also holds what all kinds share.
    pub decode: fn(&Section<'_>, &mut Problems) -> Option<Arc<dyn AnyOptions>>,
}

impl KindDoc {
    /// The kind whose options are `T`.
    pub const fn of<T: Options + fmt::Debug + Send + Sync + 'static>(kind: &'static str) -> Self {
        Self {
            kind,
            en: || T::about().0,
            fr: || T::about().1,
            describe: T::describe,
            decode: |section, problems| {
                T::decode(section, problems).map(|options| Arc::new(options) as Arc<dyn AnyOptions>)
            },
        }
    }
}

/// Reads `kind` and decodes the options of that kind. The first value is the kind, when it is one; the second its options,
/// when they are right. For an unknown kind the table's other values are hidden in snippets.
pub fn decode_kind(
    section: &Section<'_>,
    kinds: &[KindDoc],
    problems: &mut Problems,
) -> Option<(KindDoc, Option<Arc<dyn AnyOptions>>)> {
    let words: Vec<&'static str> = kinds.iter().map(|one| one.kind).collect();
    let found = match section.take("kind") {
        None => {
            let example = words
                .first()
                .map_or_else(String::new, |word| format!("\"{word}\""));
            section.missing("kind", &example, problems);
            None
        }
        Some(entry) => entry.choice(&words, problems),
    };
    let kind = found.and_then(|word| kinds.iter().find(|one| one.kind == word));
    let Some(kind) = kind else {
        section.hide_but("kind", problems);
        return None;
    };
    Some((*kind, (kind.decode)(section, problems)))
}
