//! Reading TOML tables field by field, with every problem noted where it stands.
//!
//! Rule that must hold: a key that nobody asked for is a problem, so that a misspelt key is never ignored.

use std::{cell::RefCell, collections::BTreeSet, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::problem::Problems;
use crate::{bilingual, domain::Bilingual};

/// A table being read.
pub(super) struct Reader<'t, 'i> {
    table: &'t DeTable<'i>,
    /// Where the table begins in the file.
    pub(super) start: usize,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'t, 'i> Reader<'t, 'i> {
    pub(super) fn new(table: &'t DeTable<'i>, start: usize) -> Self {
        Self {
            table,
            start,
            asked: RefCell::default(),
        }
    }

    pub(super) fn get(&self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    fn required(
        &self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<&'t Spanned<DeValue<'i>>> {
        let value = self.get(key);
        if value.is_none() {
            problems.at(
                self.start,
                bilingual!("`{key}` is missing here.", "Il manque « {key} » ici."),
            );
        }
        value
    }

    /// Text that is not empty.
    pub(super) fn text(
        &self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<(String, Range<usize>)> {
        let value = self.required(key, problems)?;
        text(value, problems)
    }

    /// Text that need not be there.
    pub(super) fn optional_text(
        &self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<(String, Range<usize>)> {
        text(self.get(key)?, problems)
    }

    /// A number from 1 to `max`.
    pub(super) fn number(
        &self,
        key: &'static str,
        max: u32,
        problems: &mut Problems<'_>,
    ) -> Option<u32> {
        let value = self.required(key, problems)?;
        let number = match value.get_ref() {
            DeValue::Integer(n) => u32::from_str_radix(n.as_str(), n.radix())
                .ok()
                .filter(|n| (1..=max).contains(n)),
            _ => None,
        };
        if number.is_none() {
            problems.at(
                value.span().start,
                bilingual!(
                    "`{key}` must be a whole number from 1 to {max}.",
                    "« {key} » doit être un nombre entier de 1 à {max}."
                ),
            );
        }
        number
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &self,
        key: &'static str,
        all: &[T],
        name: fn(T) -> &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<T> {
        word(self.required(key, problems)?, all, name, problems)
    }

    /// A list of words without repetition, in the order of `all`; empty when the key is absent.
    pub(super) fn words<T: Copy + Ord>(
        &self,
        key: &'static str,
        all: &[T],
        name: fn(T) -> &'static str,
        problems: &mut Problems<'_>,
    ) -> Vec<T> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            problems.at(
                value.span().start,
                bilingual!("`{key}` must be a list.", "« {key} » doit être une liste."),
            );
            return Vec::new();
        };
        let mut found: BTreeSet<T> = BTreeSet::new();
        for item in list {
            if let Some(one) = word(item, all, name, problems) {
                found.insert(one);
            }
        }
        found.into_iter().collect()
    }

    /// A list of texts with their places; empty when the key is absent.
    pub(super) fn texts(
        &self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Vec<(String, usize)> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            problems.at(
                value.span().start,
                bilingual!("`{key}` must be a list.", "« {key} » doit être une liste."),
            );
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in list {
            if let Some((one, span)) = text(item, problems) {
                found.push((one, span.start));
            }
        }
        found
    }

    /// A table that must be there.
    pub(super) fn table(
        &self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<Reader<'t, 'i>> {
        reader(self.required(key, problems)?, problems)
    }

    /// A list of tables; empty when the key is absent.
    pub(super) fn tables(
        &self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Vec<Reader<'t, 'i>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            problems.at(
                value.span().start,
                bilingual!(
                    "`{key}` must be a list of tables ([[…{key}]]).",
                    "« {key} » doit être une liste de tables ([[…{key}]])."
                ),
            );
            return Vec::new();
        };
        list.iter()
            .filter_map(|item| reader(item, problems))
            .collect()
    }

    /// Both languages.
    pub(super) fn bilingual(
        &self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<Bilingual> {
        let both = self.table(key, problems)?;
        let en = both.text("en", problems);
        let fr = both.text("fr", problems);
        both.finish(problems);
        Some(Bilingual::new(en?.0, fr?.0))
    }

    /// The entries, for tables whose keys are data.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (&'t str, usize, &'t Spanned<DeValue<'i>>)> {
        self.table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value))
    }

    /// Notes every key that was not asked for.
    pub(super) fn finish(&self, problems: &mut Problems<'_>) {
        let asked = self.asked.borrow();
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if !asked.contains(name) {
                problems.wrong(
                    key.span().start,
                    name,
                    asked.iter().copied(),
                    &bilingual!(
                        "`{name}` is not a known key here.",
                        "« {name} » n’est pas une clé connue ici."
                    ),
                );
            }
        }
    }
}

pub(super) fn reader<'t, 'i>(
    value: &'t Spanned<DeValue<'i>>,
    problems: &mut Problems<'_>,
) -> Option<Reader<'t, 'i>> {
    let table = value.get_ref().as_table();
    if table.is_none() {
        problems.at(
            value.span().start,
            bilingual!("A table is expected here.", "Une table est attendue ici."),
        );
    }
    table.map(|table| Reader::new(table, value.span().start))
}

pub(super) fn text(
    value: &Spanned<DeValue<'_>>,
    problems: &mut Problems<'_>,
) -> Option<(String, Range<usize>)> {
    match value.get_ref() {
        DeValue::String(text) if !text.trim().is_empty() => {
            Some((text.clone().into_owned(), value.span()))
        }
        _ => {
            problems.at(
                value.span().start,
                bilingual!(
                    "Text that is not empty is expected here.",
                    "Un texte non vide est attendu ici."
                ),
            );
            None
        }
    }
}

fn word<T: Copy>(
    value: &Spanned<DeValue<'_>>,
    all: &[T],
    name: fn(T) -> &'static str,
    problems: &mut Problems<'_>,
) -> Option<T> {
    let (text, span) = text(value, problems)?;
    let found = all.iter().copied().find(|one| name(*one) == text);
    if found.is_none() {
        problems.wrong(
            span.start,
            &text,
            all.iter().map(|one| name(*one)),
            &bilingual!(
                "`{text}` is not allowed here.",
                "« {text} » n’est pas permis ici."
            ),
        );
    }
    found
}
