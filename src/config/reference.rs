//! The reference page, in English and in French, from the same declarations as everything else.
//!
//! Leans on [`parts`](super::schema::parts). Rule that must hold: every declared field is on both pages.

use std::fmt::Write as _;

use rideau_connectors::options::{FieldDoc, KindDoc, Options, Shape, toml_text};
use rideau_domain::Lang;

use super::{
    SourceCommon, TargetCommon,
    schema::{Part, parts, text},
    settings::Kinds,
};

/// The page as Markdown.
pub fn reference(kinds: &Kinds<'_>, lang: Lang) -> String {
    let mut page = String::new();
    let say = |en: &str, fr: &str| match lang {
        Lang::En => en.to_owned(),
        Lang::Fr => fr.to_owned(),
    };
    page.push_str(&say(
        "# Configuration\n\nThis page is generated from the program; do not edit it. `rideau check` validates a file, \
         `config/rideau.toml` is a complete example, and `config/rideau.schema.json` helps editors.\n",
        "# Configuration\n\nCette page est produite à partir du programme ; ne la modifiez pas. `rideau check` valide un \
         fichier, `config/rideau.toml` est un exemple complet et `config/rideau.schema.json` aide les éditeurs.\n",
    ));
    for part in parts() {
        section(&mut page, 2, &format!("`[{}]`", part.name), &part, lang);
        if part.name == "web" {
            group::<SourceCommon>(&mut page, "sources", kinds.sources, lang);
            group::<TargetCommon>(&mut page, "targets", kinds.targets, lang);
        }
    }
    page
}

fn group<C: Options>(page: &mut String, name: &'static str, kinds: &[KindDoc], lang: Lang) {
    let (en, fr) = C::about();
    let part = Part {
        name,
        en,
        fr,
        fields: C::describe(),
    };
    section(page, 2, &format!("`[[{name}]]`"), &part, lang);
    for kind in kinds {
        let part = Part {
            name,
            en: (kind.en)(),
            fr: (kind.fr)(),
            fields: (kind.describe)(),
        };
        section(
            page,
            3,
            &format!("`[[{name}]]`, `kind = \"{}\"`", kind.kind),
            &part,
            lang,
        );
    }
}

fn section(page: &mut String, depth: usize, title: &str, part: &Part, lang: Lang) {
    let about = match lang {
        Lang::En => text(part.en),
        Lang::Fr => part.fr.to_owned(),
    };
    line(page, &format!("\n{} {title}\n\n{about}", "#".repeat(depth)));
    fields(page, depth + 1, "", part.fields, lang);
}

fn fields(page: &mut String, depth: usize, before: &str, list: &[FieldDoc], lang: Lang) {
    for field in list {
        let name = format!("{before}{}", field.name);
        one(page, depth, &name, field, lang);
        if let Shape::Table(inner) = (field.shape)() {
            fields(page, depth, &format!("{name}."), inner, lang);
        }
    }
}

fn one(page: &mut String, depth: usize, name: &str, field: &FieldDoc, lang: Lang) {
    let french = lang == Lang::Fr;
    let shape = (field.shape)();
    let about = if french {
        field.fr.to_owned()
    } else {
        field.english()
    };
    line(
        page,
        &format!("\n{} `{name}`\n\n{about}\n", "#".repeat(depth)),
    );
    let (kind, unit, range, default, required, optional, example) = if french {
        (
            "Type",
            "Unité",
            "Limites",
            "Par défaut",
            "Obligatoire",
            "Facultatif",
            "Exemple",
        )
    } else {
        (
            "Type", "Unit", "Range", "Default", "Required", "Optional", "Example",
        )
    };
    let colon = if french { " :" } else { ":" };
    line(page, &format!("- {kind}{colon} {}", words(&shape, french)));
    if let Some(one) = field.unit {
        let one = if french { unit_fr(one) } else { one };
        line(page, &format!("- {unit}{colon} {one}"));
    }
    if let Some(bounds) = field.bounds {
        let to = if french { "à" } else { "to" };
        line(
            page,
            &format!("- {range}{colon} {} {to} {}", bounds.least, bounds.most),
        );
    }
    match (field.default)() {
        Some(value) => line(page, &format!("- {default}{colon} `{}`", toml_text(&value))),
        None if (field.required)() => line(page, &format!("- {required}")),
        None => line(page, &format!("- {optional}")),
    }
    line(
        page,
        &format!("- {example}{colon} `{} = {}`", field.name, field.example),
    );
    choices(page, &shape, french);
}

fn choices(page: &mut String, shape: &Shape, french: bool) {
    match shape {
        Shape::Choice(list) => {
            for choice in *list {
                let (about, colon) = if french {
                    (choice.fr.to_owned(), " :")
                } else {
                    (choice.english(), ":")
                };
                line(page, &format!("  - `{}`{colon} {about}", choice.word));
            }
        }
        Shape::List(inner) => choices(page, inner, french),
        Shape::Map { values, .. } => choices(page, values, french),
        _ => {}
    }
}

fn words(shape: &Shape, french: bool) -> String {
    let say = |en: &str, fr: &str| if french { fr.to_owned() } else { en.to_owned() };
    match shape {
        Shape::Text { what, what_fr, .. } => say(what, what_fr),
        Shape::Path => say("path", "chemin"),
        Shape::Boolean => say("`true` or `false`", "`true` ou `false`"),
        Shape::Integer => say("whole number", "nombre entier"),
        Shape::Number => say("number", "nombre"),
        Shape::Choice(_) => say("one of the words below", "un des mots ci-dessous"),
        Shape::List(inner) => {
            let inner = words(inner, french);
            if french {
                format!("liste, chaque élément : {inner}")
            } else {
                format!("list, each element: {inner}")
            }
        }
        Shape::Map {
            keys,
            keys_fr,
            values,
        } => {
            let values = words(values, french);
            if french {
                format!("table ; clé : {keys_fr} ; valeur : {values}")
            } else {
                format!("table; key: {keys}; value: {values}")
            }
        }
        Shape::Table(_) => say("table", "table"),
        Shape::Secret => say(
            "reference to a secret: `{ env = \"NAME\" }` or `{ file = \"path\" }`, never the secret itself",
            "référence à un secret : `{ env = \"NOM\" }` ou `{ file = \"chemin\" }`, jamais le secret lui-même",
        ),
        Shape::Free => say("table of any fields", "table de champs quelconques"),
        Shape::Any(shapes) => {
            let each: Vec<String> = shapes.iter().map(|one| words(one, french)).collect();
            each.join(if french { " ; ou " } else { "; or " })
        }
    }
}

fn unit_fr(unit: &'static str) -> &'static str {
    match unit {
        "seconds" => "secondes",
        "days" => "jours",
        "MB" => "Mo",
        other => other,
    }
}

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("a String takes everything");
}
