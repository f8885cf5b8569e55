//! A secret is named, not written: by an environment variable or a file.
//!
//! Leans on the environment and the file system, only when the secret is needed. Rule that must hold: the value is
//! in no file of settings, no message, no `Debug` or serialized text.

use std::{
    env,
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
};

use rideau_domain::bilingual;
use serde_json::Value;

use super::{
    document::Entry,
    field::{Field, Shape},
    mask::MASK,
    problem::Problems,
};
use crate::PortError;

/// Larger files hold no token.
const MOST_BYTES: u64 = 64 * 1024;

/// Where a secret is to be found.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Reference);

#[derive(Clone, PartialEq, Eq)]
enum Reference {
    Env(String),
    File(PathBuf),
}

/// A secret's value.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed(String);

impl Revealed {
    /// The value itself. For the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Secret {
    /// In an environment variable.
    pub fn env(name: impl Into<String>) -> Self {
        Self(Reference::Env(name.into()))
    }

    /// In a file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Reference::File(path.into()))
    }

    /// Reads the value now. Line ends after it are cut off.
    ///
    /// # Errors
    /// `secret_missing` or `secret_unreadable`: a person has to set the variable or the file. The text names where it was
    /// looked for, never what was found.
    pub fn reveal(&self) -> Result<Revealed, PortError> {
        self.reveal_from(|name| env::var_os(name))
    }

    /// As [`Secret::reveal`], with the environment given.
    ///
    /// # Errors
    /// As [`Secret::reveal`].
    pub fn reveal_from(
        &self,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Revealed, PortError> {
        let text = match &self.0 {
            Reference::Env(name) => from_environment(name, environment(name))?,
            Reference::File(path) => from_file(path)?,
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() {
            let place = self.place();
            return Err(PortError::needs_person(
                "secret_missing",
                bilingual!(
                    "The secret in {} is empty: set it.",
                    "Le secret dans {} est vide : donnez-lui une valeur.",
                    place
                ),
            ));
        }
        Ok(Revealed(text.to_owned()))
    }

    /// Where it is looked for: `env RIDEAU_TOKEN` or `file /run/secrets/token`.
    pub fn place(&self) -> String {
        match &self.0 {
            Reference::Env(name) => format!("env {name}"),
            Reference::File(path) => format!("file {}", path.display()),
        }
    }
}

fn from_environment(name: &str, value: Option<OsString>) -> Result<String, PortError> {
    let Some(value) = value else {
        return Err(PortError::needs_person(
            "secret_missing",
            bilingual!(
                "The environment variable {name} is not set: set it for the service that runs rideau.",
                "La variable d’environnement {name} n’est pas définie : définissez-la pour le service qui exécute rideau."
            ),
        ));
    };
    value.into_string().map_err(|_| {
        PortError::needs_person(
            "secret_unreadable",
            bilingual!(
                "The environment variable {name} is not valid UTF-8: set it again.",
                "La variable d’environnement {name} n’est pas en UTF-8 valide : définissez-la de nouveau."
            ),
        )
    })
}

fn from_file(path: &Path) -> Result<String, PortError> {
    let shown = path.display();
    let unreadable = || {
        bilingual!(
            "The secret file {shown} cannot be read: check that it is there and that rideau may read it.",
            "Le fichier secret {shown} ne peut pas être lu : vérifiez qu’il existe et que rideau peut le lire."
        )
    };
    let size = fs::metadata(path)
        .map_err(|cause| PortError::needs_person("secret_unreadable", unreadable()).because(cause))?
        .len();
    if size > MOST_BYTES {
        return Err(PortError::needs_person(
            "secret_unreadable",
            bilingual!(
                "The secret file {shown} is larger than 64 KiB: this is not a token.",
                "Le fichier secret {shown} dépasse 64 Kio : ce n’est pas un jeton."
            ),
        ));
    }
    fs::read_to_string(path)
        .map_err(|cause| PortError::needs_person("secret_unreadable", unreadable()).because(cause))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

impl Field for Secret {
    fn shape() -> Shape {
        Shape::Secret
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let Some(section) = entry.section() else {
            problems.mask(entry.document(), entry.span());
            problems
                .add(
                    entry.document(),
                    entry.span(),
                    entry.path(),
                    bilingual!(
                        "A secret is never written here: files of settings are copied, shown and kept. Name an environment variable, {{ env = \"RIDEAU_TOKEN\" }}, or a file, {{ file = \"/run/secrets/token\" }}. If what stood here was real, replace it.",
                        "Un secret ne s’écrit jamais ici : les fichiers de paramètres sont copiés, montrés et gardés. Nommez une variable d’environnement, {{ env = \"RIDEAU_TOKEN\" }}, ou un fichier, {{ file = \"/run/secrets/token\" }}. Si ce qui était ici était réel, remplacez-le."
                    ),
                )
                .suggest(Some("{ env = \"RIDEAU_TOKEN\" }"));
            return None;
        };
        let variable = section.take("env");
        let file = section.take("file");
        section.finish(problems);
        let found = match (variable, file) {
            (Some(variable), None) => environment_name(&variable, problems).map(Secret::env),
            (None, Some(file)) => match file.text() {
                Some(text) if !text.trim().is_empty() => {
                    Some(Secret::file(entry.document().base().join(text)))
                }
                _ => {
                    hidden(
                        &file,
                        bilingual!(
                            "Expected the path of a file.",
                            "Attendu : le chemin d’un fichier."
                        ),
                        problems,
                    );
                    None
                }
            },
            _ => {
                hidden(
                    entry,
                    bilingual!(
                        "Expected exactly one of `env` and `file`.",
                        "Attendu : exactement un de « env » et « file »."
                    ),
                    problems,
                );
                None
            }
        };
        if found.is_none() {
            problems.mask(entry.document(), entry.span());
        }
        found
    }

    fn to_json(&self) -> Value {
        MASK.into()
    }
}

/// Names in capital letters only: a token put here by mistake is then refused, and not repeated.
fn environment_name(entry: &Entry<'_>, problems: &mut Problems) -> Option<String> {
    let valid = |name: &&str| {
        name.len() <= 64
            && name.starts_with(|one: char| one.is_ascii_uppercase() || one == '_')
            && name
                .chars()
                .all(|one| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_')
    };
    let name = entry.text().filter(valid);
    if name.is_none() {
        hidden(
            entry,
            bilingual!(
                "Expected the name of an environment variable: capital letters, digits and `_`, not its value.",
                "Attendu : le nom d’une variable d’environnement (majuscules, chiffres et « _ »), non sa valeur."
            ),
            problems,
        );
    }
    name.map(str::to_owned)
}

fn hidden(entry: &Entry<'_>, message: rideau_domain::Bilingual, problems: &mut Problems) {
    problems.mask(entry.document(), entry.span());
    problems.add(entry.document(), entry.span(), entry.path(), message);
}
