//! What a field is: how it decodes, what its value looks like, and how it is described.
//!
//! Leans on [`Entry`] and [`Section`]. Rule that must hold: a default and a decoded value go through the same type, so
//! what the reference page says about a default is what the program does.

use std::{fmt::Write as _, path::Path};

use serde_json::Value;

use super::{
    document::{Entry, Section},
    problem::Problems,
};

/// A type that a field can have.
pub trait Field: Sized {
    /// What it looks like, for the schema and the reference page.
    fn shape() -> Shape;

    /// Decodes a value; reports what is wrong and then gives nothing.
    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self>;

    /// The value as it would be written, as JSON. A secret gives its mask.
    fn to_json(&self) -> Value;

    /// What an absent key means, where it means something without a default being declared.
    fn absent() -> Option<Self> {
        None
    }

    /// Makes relative paths of a default start from `base`. Decoding has done so already.
    fn rebase(&mut self, base: &Path) {
        let _: &Path = base;
    }

    /// The number to hold against the declared range.
    fn number(&self) -> Option<f64> {
        None
    }
}

/// A declared struct of options. Made by [`options!`](crate::options!).
pub trait Options: Sized {
    /// What the struct is for.
    fn about() -> (&'static [&'static str], &'static str);

    /// Its fields, in order.
    fn describe() -> &'static [FieldDoc];

    /// Decodes all fields, reporting every problem. Unknown keys are not looked at: call [`Section::finish`] when all
    /// structs that share the section are decoded.
    fn decode(section: &Section<'_>, problems: &mut Problems) -> Option<Self>;

    /// The values as they would be written, as JSON; secrets as their mask.
    fn to_json(&self) -> Value;
}

/// The description of one field.
#[derive(Clone, Copy, Debug)]
pub struct FieldDoc {
    /// The key.
    pub name: &'static str,
    /// What it is for, in English; one string for each line.
    pub en: &'static [&'static str],
    /// What it is for, in French.
    pub fr: &'static str,
    /// An example value, as TOML.
    pub example: &'static str,
    /// The unit, when the name does not say enough.
    pub unit: Option<&'static str>,
    /// Allowed numbers.
    pub bounds: Option<Bounds>,
    /// What it looks like.
    pub shape: fn() -> Shape,
    /// The declared default.
    pub default: fn() -> Option<Value>,
    /// True when the key must be there.
    pub required: fn() -> bool,
}

impl FieldDoc {
    /// The English text as one paragraph.
    pub fn english(&self) -> String {
        paragraph(self.en)
    }
}

/// Lines of a doc comment as one paragraph.
pub(crate) fn paragraph(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

/// Allowed numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Bounds {
    /// True when the number is allowed. Not-a-number never is.
    pub fn hold(&self, number: f64) -> bool {
        (self.least..=self.most).contains(&number)
    }

    /// The allowed number next to this one.
    pub fn nearest(&self, number: f64) -> f64 {
        if number > self.most {
            self.most
        } else {
            self.least
        }
    }
}

/// What a value looks like.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A text; `what` says which kind in English and French, `format` is the JSON schema's word for it, if any.
    Text {
        /// English.
        what: &'static str,
        /// French.
        what_fr: &'static str,
        /// `uri`, `uuid` …
        format: Option<&'static str>,
        /// A regular expression (ECMA 262) that editors check.
        pattern: Option<&'static str>,
    },
    /// A file or folder.
    Path,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// One of these words.
    Choice(&'static [ChoiceDoc]),
    /// A list.
    List(Box<Shape>),
    /// A table of free keys.
    Map {
        /// What the keys are, in English.
        keys: &'static str,
        /// What the keys are, in French.
        keys_fr: &'static str,
        /// What the values are.
        values: Box<Shape>,
    },
    /// A table with these fields.
    Table(&'static [FieldDoc]),
    /// `{ env = "…" }` or `{ file = "…" }`.
    Secret,
    /// A table of whatever.
    Free,
    /// One of several shapes.
    Any(Vec<Shape>),
}

/// The description of one allowed word.
#[derive(Clone, Copy, Debug)]
pub struct ChoiceDoc {
    /// The word.
    pub word: &'static str,
    /// What it means, in English; one string for each line.
    pub en: &'static [&'static str],
    /// What it means, in French.
    pub fr: &'static str,
}

impl ChoiceDoc {
    /// The English text as one paragraph.
    pub fn english(&self) -> String {
        paragraph(self.en)
    }
}

/// The declared default, else what an absent key means to the type. Used by [`options!`](crate::options!).
pub fn absent_or<T: Field>(default: Option<T>) -> Option<T> {
    default.or_else(T::absent)
}

/// A JSON value as TOML in one line. `null` gives an empty text.
pub fn toml_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(list) => {
            let items: Vec<String> = list.iter().map(toml_text).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let items: Vec<String> = map
                .iter()
                .filter(|(_, inner)| !inner.is_null())
                .map(|(key, inner)| format!("{} = {}", key_text(key), toml_text(inner)))
                .collect();
            format!("{{ {} }}", items.join(", "))
        }
    }
}

fn key_text(key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || one == '_' || one == '-');
    if bare { key.to_owned() } else { quoted(key) }
}

/// A text as a TOML basic string.
pub(crate) fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for one in text.chars() {
        match one {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            one if one.is_control() => {
                write!(written, "\\u{:04X}", u32::from(one)).expect("a String takes everything");
            }
            one => written.push(one),
        }
    }
    written.push('"');
    written
}
