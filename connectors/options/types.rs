//! The types that fields have, besides nested options, choices and secrets.
//!
//! Leans on crates `url` and `serde_json`. Rule that must hold: no address with a password in it is accepted or repeated.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use rideau_domain::{Bilingual, bilingual};
use serde_json::{Map, Value};
use url::Url;

use super::{
    document::{Entry, Section},
    field::{Field, Shape},
    problem::{Problems, listed, nearest},
};

const TEXT: Shape = Shape::Text {
    what: "text",
    what_fr: "texte",
    format: None,
    pattern: None,
};

impl<'a> Entry<'a> {
    /// The value as a table, or a problem.
    pub fn table(&self, problems: &mut Problems) -> Option<Section<'a>> {
        let section = self.section();
        if section.is_none() {
            self.wrong_type(problems, &bilingual!("a table", "une table"));
        }
        section
    }

    /// The value as a text that is not blank, or a problem.
    pub fn words(&self, problems: &mut Problems) -> Option<&'a str> {
        let Some(text) = self.text() else {
            let suggestion = self
                .integer()
                .is_some()
                .then(|| self.printable().map(|number| format!("\"{number}\"")))
                .flatten();
            self.wrong_type(problems, &bilingual!("a text", "un texte"))
                .suggest(suggestion);
            return None;
        };
        if text.trim().is_empty() {
            self.wrong(
                problems,
                bilingual!("This may not be empty.", "Ceci ne peut pas être vide."),
            );
            return None;
        }
        Some(text)
    }

    /// The value as one of these words, or a problem with the nearest one.
    pub fn choice(&self, words: &[&'static str], problems: &mut Problems) -> Option<&'static str> {
        let Bilingual { en, fr } = listed(words);
        let Some(text) = self.text() else {
            self.wrong_type(
                problems,
                &bilingual!("one of {en}", "une valeur parmi {fr}"),
            );
            return None;
        };
        let found = words.iter().copied().find(|word| *word == text);
        if found.is_none() {
            self.wrong(
                problems,
                bilingual!("Allowed here: {en}.", "Permis ici : {fr}."),
            )
            .suggest(nearest(text, words.iter().copied()));
        }
        found
    }
}

impl Field for String {
    fn shape() -> Shape {
        TEXT
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        entry.words(problems).map(str::to_owned)
    }

    fn to_json(&self) -> Value {
        self.as_str().into()
    }
}

impl Field for PathBuf {
    fn shape() -> Shape {
        Shape::Path
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let text = entry.words(problems)?;
        if text.contains("://") {
            entry.wrong(
                problems,
                bilingual!(
                    "Expected a path, found an address.",
                    "Attendu : un chemin ; trouvé : une adresse."
                ),
            );
            return None;
        }
        Some(entry.document().base().join(text))
    }

    fn to_json(&self) -> Value {
        self.to_string_lossy().into()
    }

    fn rebase(&mut self, base: &Path) {
        *self = base.join(&self);
    }
}

impl Field for bool {
    fn shape() -> Shape {
        Shape::Boolean
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let value = entry.boolean();
        if value.is_none() {
            let meant = entry
                .text()
                .and_then(|text| match text.to_lowercase().as_str() {
                    "true" | "yes" | "on" | "1" | "oui" | "vrai" => Some("true"),
                    "false" | "no" | "off" | "0" | "non" | "faux" => Some("false"),
                    _ => None,
                });
            let meant = meant.or(match entry.integer() {
                Some(Some(1)) => Some("true"),
                Some(Some(0)) => Some("false"),
                _ => None,
            });
            entry
                .wrong_type(
                    problems,
                    &bilingual!("true or false", "vrai ou faux (true, false)"),
                )
                .suggest(meant);
        }
        value
    }

    fn to_json(&self) -> Value {
        (*self).into()
    }
}

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Field for $type {
            fn shape() -> Shape {
                Shape::Integer
            }

            fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
                let Some(written) = entry.integer() else {
                    let meant = entry
                        .text()
                        .and_then(|text| text.trim().parse::<$type>().ok())
                        .map(|number| number.to_string());
                    entry
                        .wrong_type(problems, &bilingual!("a whole number", "un nombre entier"))
                        .suggest(meant);
                    return None;
                };
                let value = written.and_then(|number| <$type>::try_from(number).ok());
                if value.is_none() {
                    let (least, most) = (<$type>::MIN, <$type>::MAX);
                    let negative = written.is_some_and(|number| number < 0);
                    entry
                        .wrong(
                            problems,
                            bilingual!(
                                "Out of range: allowed is {least} to {most}.",
                                "Hors limites : permis de {least} à {most}."
                            ),
                        )
                        .suggest(Some(if negative { least.to_string() } else { most.to_string() }));
                }
                value
            }

            fn to_json(&self) -> Value {
                (*self).into()
            }

            #[expect(clippy::allow_attributes, reason = "one macro for all widths")]
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, reason = "limits lie far below 2^53")]
            fn number(&self) -> Option<f64> {
                Some(*self as f64)
            }
        }
    )+};
}

integers!(u8, u16, u32, u64, i64, usize);

impl Field for f64 {
    fn shape() -> Shape {
        Shape::Number
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let value = entry.number().filter(|number| number.is_finite());
        if value.is_none() {
            let meant = entry
                .text()
                .and_then(|text| text.trim().replace(',', ".").parse::<f64>().ok())
                .filter(|number| number.is_finite())
                .map(|number| number.to_string());
            entry
                .wrong_type(problems, &bilingual!("a number", "un nombre"))
                .suggest(meant);
        }
        value
    }

    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn number(&self) -> Option<f64> {
        Some(*self)
    }
}

impl<T: Field> Field for Option<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        T::decode(entry, problems).map(Some)
    }

    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, Field::to_json)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn rebase(&mut self, base: &Path) {
        if let Some(value) = self {
            value.rebase(base);
        }
    }

    fn number(&self) -> Option<f64> {
        self.as_ref().and_then(Field::number)
    }
}

impl<T: Field> Field for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let Some(items) = entry.items() else {
            let meant = entry.printable().map(|one| format!("[{one}]"));
            entry
                .wrong_type(problems, &bilingual!("a list", "une liste"))
                .suggest(meant);
            return None;
        };
        let mut seen: Vec<Value> = Vec::new();
        let mut values = Vec::new();
        let mut whole = true;
        for item in &items {
            let Some(value) = T::decode(item, problems) else {
                whole = false;
                continue;
            };
            let written = value.to_json();
            if seen.contains(&written) {
                item.wrong(
                    problems,
                    bilingual!(
                        "This is in the list twice: take one out.",
                        "Ceci figure deux fois dans la liste : retirez-en un."
                    ),
                );
                whole = false;
            }
            seen.push(written);
            values.push(value);
        }
        whole.then_some(values)
    }

    fn to_json(&self) -> Value {
        self.iter().map(Field::to_json).collect()
    }

    fn rebase(&mut self, base: &Path) {
        for value in self {
            value.rebase(base);
        }
    }
}

impl Field for BTreeMap<String, String> {
    fn shape() -> Shape {
        Shape::Map {
            keys: "name",
            keys_fr: "nom",
            values: Box::new(TEXT),
        }
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let section = entry.table(problems)?;
        let mut map = BTreeMap::new();
        let mut whole = true;
        for (key, value) in section.entries() {
            match String::decode(&value, problems) {
                Some(text) => {
                    map.insert(key.to_owned(), text);
                }
                None => whole = false,
            }
        }
        whole.then_some(map)
    }

    fn to_json(&self) -> Value {
        let map: Map<String, Value> = self
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().into()))
            .collect();
        map.into()
    }
}

crate::options! {
    /// A text in both official languages.
    #[fr = "Un texte dans les deux langues officielles."]
    pub struct BothLanguages {
        /// The English text.
        #[fr = "Le texte anglais."]
        #[example = "\"Permanent residents\""]
        en: String,
        /// The French text.
        #[fr = "Le texte français."]
        #[example = "\"Résidents permanents\""]
        fr: String,
    }
}

impl Field for Bilingual {
    fn shape() -> Shape {
        BothLanguages::shape()
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        if entry.text().is_some() {
            entry.wrong_type(
                problems,
                &bilingual!(
                    "a table with `en` and `fr`",
                    "une table avec « en » et « fr »"
                ),
            );
            return None;
        }
        <BothLanguages as Field>::decode(entry, problems)
            .map(|text| Bilingual::new(text.en, text.fr))
    }

    fn to_json(&self) -> Value {
        serde_json::json!({ "en": self.en, "fr": self.fr })
    }
}

/// A short name for configuration, file names and metrics: `a` to `z`, digits and `-`, at most 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

impl Slug {
    /// The name; absent when it is not one.
    pub fn new(text: &str) -> Option<Self> {
        let valid = text.len() <= 64
            && text.starts_with(|one: char| one.is_ascii_lowercase() || one.is_ascii_digit())
            && !text.ends_with('-')
            && text
                .chars()
                .all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-');
        valid.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that a text would make; accents of French are dropped.
    fn made_of(text: &str) -> Option<Self> {
        let mut made = String::new();
        for one in text.chars().flat_map(char::to_lowercase) {
            match one {
                'a'..='z' | '0'..='9' => made.push(one),
                'à' | 'â' | 'ä' => made.push('a'),
                'ç' => made.push('c'),
                'é' | 'è' | 'ê' | 'ë' => made.push('e'),
                'î' | 'ï' => made.push('i'),
                'ô' | 'ö' => made.push('o'),
                'ù' | 'û' | 'ü' => made.push('u'),
                _ if made.is_empty() || made.ends_with('-') => {}
                _ => made.push('-'),
            }
        }
        let short: String = made.chars().take(64).collect();
        Self::new(short.trim_end_matches('-'))
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Field for Slug {
    fn shape() -> Shape {
        Shape::Text {
            what: "name of `a` to `z`, digits and `-`",
            what_fr: "nom formé de `a` à `z`, de chiffres et de `-`",
            format: None,
            pattern: Some("^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"),
        }
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let text = entry.words(problems)?;
        let slug = Self::new(text);
        if slug.is_none() {
            entry
                .wrong(
                    problems,
                    bilingual!(
                        "A name has only `a` to `z`, digits and `-`, begins with a letter or digit, does not end with `-`, and has at most 64 characters.",
                        "Un nom ne contient que « a » à « z », des chiffres et « - », commence par une lettre ou un chiffre, ne finit pas par « - » et compte au plus 64 caractères."
                    ),
                )
                .suggest(Self::made_of(text).map(|slug| slug.0));
        }
        slug
    }

    fn to_json(&self) -> Value {
        self.0.as_str().into()
    }
}

/// An `http` or `https` address without user name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUrl(Url);

impl WebUrl {
    /// The address; absent when it is not a web address.
    pub fn new(url: Url) -> Option<Self> {
        matches!(url.scheme(), "https" | "http").then_some(Self(url))
    }

    /// The address.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// True when what is sent there cannot be read on the way: `https`, or this machine itself.
    pub fn is_private(&self) -> bool {
        let loopback = match self.0.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        self.0.scheme() == "https" || loopback
    }
}

impl Field for WebUrl {
    fn shape() -> Shape {
        Shape::Text {
            what: "http or https address",
            what_fr: "adresse http ou https",
            format: Some("uri"),
            pattern: Some("^https?://"),
        }
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        address(entry, &["https", "http"], problems).map(Self)
    }

    fn to_json(&self) -> Value {
        self.0.as_str().into()
    }
}

/// A bucket, or a folder on a WebDAV server: `s3:`, `az:`, `gs:`, `https:` or `http:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketUrl(Url);

impl BucketUrl {
    const SCHEMES: &[&'static str] = &["s3", "az", "gs", "https", "http"];

    /// The address; absent when it is none of these.
    pub fn new(url: Url) -> Option<Self> {
        Self::SCHEMES.contains(&url.scheme()).then_some(Self(url))
    }

    /// The address.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// True when what is sent there cannot be read on the way. What is sent to a cloud store is signed, not shown.
    pub fn is_private(&self) -> bool {
        self.0.scheme() != "http" || WebUrl(self.0.clone()).is_private()
    }
}

impl Field for BucketUrl {
    fn shape() -> Shape {
        Shape::Text {
            what: "address of a bucket or a WebDAV folder: `s3:`, `az:`, `gs:`, `https:` or `http:`",
            what_fr: "adresse d’un compartiment ou d’un dossier WebDAV : `s3:`, `az:`, `gs:`, `https:` ou `http:`",
            format: Some("uri"),
            pattern: Some("^(s3|az|gs|https?)://"),
        }
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        address(entry, Self::SCHEMES, problems).map(Self)
    }

    fn to_json(&self) -> Value {
        self.0.as_str().into()
    }
}

/// A folder on this machine or in a store: `file:`, `s3:`, `az:` or `gs:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreUrl(Url);

impl StoreUrl {
    /// The address.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl Field for StoreUrl {
    fn shape() -> Shape {
        Shape::Text {
            what: "address of a store: `file:`, `s3:`, `az:` or `gs:`",
            what_fr: "adresse d’un dépôt : `file:`, `s3:`, `az:` ou `gs:`",
            format: Some("uri"),
            pattern: Some("^(file|s3|az|gs)://"),
        }
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        address(entry, &["file", "s3", "az", "gs"], problems).map(Self)
    }

    fn to_json(&self) -> Value {
        self.0.as_str().into()
    }
}

/// A folder, or the address of one in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this machine.
    Folder(PathBuf),
    /// In a store.
    Store(StoreUrl),
}

impl Field for Place {
    fn shape() -> Shape {
        Shape::Text {
            what: "folder, or address of a store: `file:`, `s3:`, `az:` or `gs:`",
            what_fr: "dossier, ou adresse d’un dépôt : `file:`, `s3:`, `az:` ou `gs:`",
            format: None,
            pattern: None,
        }
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let text = entry.words(problems)?;
        if text.contains("://") {
            StoreUrl::decode(entry, problems).map(Self::Store)
        } else {
            PathBuf::decode(entry, problems).map(Self::Folder)
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Folder(path) => path.to_json(),
            Self::Store(url) => url.to_json(),
        }
    }

    fn rebase(&mut self, base: &Path) {
        if let Self::Folder(path) = self {
            path.rebase(base);
        }
    }
}

fn address(entry: &Entry<'_>, schemes: &[&'static str], problems: &mut Problems) -> Option<Url> {
    let text = entry.words(problems)?;
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(reason) => {
            let first = schemes.first().copied().unwrap_or_default();
            let meant = (!text.contains("://") && text.contains('.') && !text.contains('@'))
                .then(|| format!("{first}://{text}"));
            entry
                .wrong(
                    problems,
                    bilingual!(
                        "This is not an address: {reason}.",
                        "Ce n’est pas une adresse ({reason})."
                    ),
                )
                .suggest(meant);
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        problems.mask(entry.document(), entry.span());
        problems.add(
            entry.document(),
            entry.span(),
            entry.path(),
            bilingual!(
                "No user name or password may stand in an address: files of settings are copied, shown and kept. If it was real, replace it.",
                "Une adresse ne peut contenir ni nom d’utilisateur ni mot de passe : les fichiers de paramètres sont copiés, montrés et gardés. S’il était réel, remplacez-le."
            ),
        );
        return None;
    }
    if !schemes.contains(&url.scheme()) {
        let Bilingual { en, fr } = listed(schemes);
        // What comes before an `@` may be a password.
        let near = nearest(url.scheme(), schemes.iter().copied())
            .filter(|_| !text.contains('@'))
            .and_then(|scheme| Some(format!("{scheme}:{}", text.split_once(':')?.1)));
        entry
            .wrong(
                problems,
                bilingual!(
                    "An address here begins with one of {en}.",
                    "Une adresse commence ici par un de {fr}."
                ),
            )
            .suggest(near);
        return None;
    }
    Some(url)
}

impl Field for SocketAddr {
    fn shape() -> Shape {
        Shape::Text {
            what: "address and port",
            what_fr: "adresse et port",
            format: None,
            pattern: None,
        }
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let text = entry.words(problems)?;
        let found = text.parse().ok();
        if found.is_none() {
            let meant = text
                .strip_prefix("localhost:")
                .map(|port| format!("127.0.0.1:{port}"))
                .or_else(|| text.strip_prefix(':').map(|port| format!("0.0.0.0:{port}")))
                .filter(|meant| meant.parse::<SocketAddr>().is_ok());
            entry
                .wrong(
                    problems,
                    bilingual!(
                        "Expected an address and a port, such as `127.0.0.1:8080`.",
                        "Attendu : une adresse et un port, par exemple « 127.0.0.1:8080 »."
                    ),
                )
                .suggest(meant);
        }
        found
    }

    fn to_json(&self) -> Value {
        self.to_string().into()
    }
}

/// A value, or the empty text for "off".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrOff<T>(pub Option<T>);

impl<T> OrOff<T> {
    /// The value, when it is not off.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T: Field> Field for OrOff<T> {
    fn shape() -> Shape {
        Shape::Any(vec![
            Shape::Text {
                what: "empty text for off",
                what_fr: "texte vide pour désactiver",
                format: None,
                pattern: Some("^$"),
            },
            T::shape(),
        ])
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        if entry.text().is_some_and(|text| text.trim().is_empty()) {
            return Some(Self(None));
        }
        T::decode(entry, problems).map(|value| Self(Some(value)))
    }

    fn to_json(&self) -> Value {
        self.0.as_ref().map_or_else(|| "".into(), Field::to_json)
    }

    fn rebase(&mut self, base: &Path) {
        if let Some(value) = &mut self.0 {
            value.rebase(base);
        }
    }
}

/// A table whose keys are not declared here. What knows them later reports problems at [`FreeTable::path_of`] with
/// [`Problems::add_at`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FreeTable {
    /// The values; dates are texts.
    pub values: Map<String, Value>,
    /// Which setting this is: `sources[0].defaults`; empty when it is not in the file.
    pub path: String,
}

impl FreeTable {
    /// The path of a value in it; `inner` is such as `subject[0]`.
    pub fn path_of(&self, inner: &str) -> String {
        format!("{}.{inner}", self.path)
    }
}

impl Field for FreeTable {
    fn shape() -> Shape {
        Shape::Free
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        entry.table(problems)?;
        if let Some(Value::Object(values)) = entry.json() {
            return Some(Self {
                values,
                path: entry.path().to_owned(),
            });
        }
        entry.wrong(
            problems,
            bilingual!(
                "A number in this table is too large, infinite or not a number.",
                "Un nombre de cette table est trop grand, infini ou n’en est pas un."
            ),
        );
        None
    }

    fn to_json(&self) -> Value {
        self.values.clone().into()
    }
}
