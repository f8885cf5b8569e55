//! Where the catalog is kept.
//!
//! Leans on crate `url`. Rule that must hold: a password for the database is named by a variable or a file, never written.

use rideau_connectors::options::{Entry, Field, Problems, Secret, Shape, nearest};
use rideau_domain::bilingual;
use serde_json::Value;
use url::Url;

/// Where the catalog is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// One SQLite file under the data folder.
    Sqlite,
    /// A PostgreSQL server that needs no password (peer authentication, a password file).
    Postgres(Url),
    /// The address, with its password, is in a variable or a file. It begins with `postgres://`.
    Reference(Secret),
}

impl Field for Database {
    fn shape() -> Shape {
        Shape::Any(vec![
            Shape::Text {
                what: "`sqlite`, or a `postgres://` address without password",
                what_fr: "`sqlite`, ou une adresse `postgres://` sans mot de passe",
                format: None,
                pattern: Some("^(sqlite|postgres(ql)?://.*)$"),
            },
            Shape::Secret,
        ])
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        if entry.section().is_some() {
            return Secret::decode(entry, problems).map(Self::Reference);
        }
        let text = entry.words(problems)?;
        if text == "sqlite" {
            return Some(Self::Sqlite);
        }
        let url = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "postgres" | "postgresql"));
        let Some(url) = url else {
            entry
                .wrong(
                    problems,
                    bilingual!(
                        "Expected `sqlite`, a `postgres://` address, or a reference such as {{ env = \"RIDEAU_DATABASE\" }}.",
                        "Attendu : « sqlite », une adresse « postgres:// » ou une référence telle que {{ env = \"RIDEAU_DATABASE\" }}."
                    ),
                )
                .suggest(nearest(text, ["sqlite"]));
            return None;
        };
        // PostgreSQL also takes the password from the query part.
        let queried = url
            .query_pairs()
            .any(|(key, _)| key.eq_ignore_ascii_case("password"));
        if url.password().is_some() || queried {
            problems.mask(entry.document(), entry.span());
            problems
                .add(
                    entry.document(),
                    entry.span(),
                    entry.path(),
                    bilingual!(
                        "A password is never written here. Put the whole address into an environment variable, {{ env = \"RIDEAU_DATABASE\" }}, or a file. If it was real, replace it.",
                        "Un mot de passe ne s’écrit jamais ici. Mettez toute l’adresse dans une variable d’environnement, {{ env = \"RIDEAU_DATABASE\" }}, ou un fichier. S’il était réel, remplacez-le."
                    ),
                )
                .suggest(Some("{ env = \"RIDEAU_DATABASE\" }"));
            return None;
        }
        Some(Self::Postgres(url))
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Sqlite => "sqlite".into(),
            Self::Postgres(url) => url.as_str().into(),
            Self::Reference(secret) => secret.to_json(),
        }
    }
}
