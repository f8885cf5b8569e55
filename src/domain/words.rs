//! Text for people, always in both official languages.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Lang {
    /// The language a locale name such as `fr_CA.UTF-8` asks for; English when it names neither.
    pub fn from_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("fr") {
            Self::Fr
        } else {
            Self::En
        }
    }
}

/// The same text in English and French.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Bilingual {
    /// English text.
    pub en: String,
    /// French text.
    pub fr: String,
}

impl Bilingual {
    /// Both texts as given.
    pub fn new(en: impl Into<String>, fr: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            fr: fr.into(),
        }
    }

    /// A name or value that is the same in both languages.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            en: text.clone(),
            fr: text,
        }
    }

    /// The text in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Fr => &self.fr,
        }
    }
}

impl fmt::Display for Bilingual {
    /// English, then French: for logs and error chains, where the reader's language is unknown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.en == self.fr {
            f.write_str(&self.en)
        } else {
            write!(f, "{} / {}", self.en, self.fr)
        }
    }
}

/// Builds a [`Bilingual`] from two format strings that may capture the same variables.
///
/// `bilingual!("{n} files", "{n} fichiers")`
#[macro_export]
macro_rules! bilingual {
    ($en:literal, $fr:literal $(, $arg:expr)* $(,)?) => {
        $crate::domain::Bilingual { en: format!($en $(, $arg)*), fr: format!($fr $(, $arg)*) }
    };
}
