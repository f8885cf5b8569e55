//! `rideau rules simulate`: what other rules would change, before they are put in force.

use std::path::{Path, PathBuf};

use super::{Out, output::Said};
use crate::{
    app::App,
    bilingual,
    domain::Bilingual,
    setup,
    steps::{self, Simulation},
};

/// So many items are listed on the terminal.
const SHOWN: usize = 50;

pub(super) async fn run(app: &App, out: &Out, folder: &Path) -> anyhow::Result<()> {
    let files = rule_files(folder)?;
    let book = setup::rules_or_words(&files, out)?;
    let wrong: Vec<_> = book
        .run_examples()
        .into_iter()
        .filter(|outcome| !outcome.passed)
        .collect();
    for outcome in &wrong {
        out.say(&bilingual!(
            "{}:{}: rule {}, example “{}”: expected {}, got {}.",
            "{}:{} : règle {}, exemple « {} » : attendu {}, obtenu {}.",
            outcome.file.display(),
            outcome.line,
            outcome.rule,
            outcome.example,
            outcome.expected,
            outcome.actual
        ));
    }
    let simulation = steps::simulate(app, &book).await?;
    out.value(&simulation)?;
    words(out, &simulation);
    Ok(())
}

/// The rule files of a folder. In front stands the folder, where a configuration file stands before its rules.
fn rule_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        Said(bilingual!(
            "The folder {} cannot be read: {error}. Give a folder with rule files (*.toml).",
            "Le dossier {} ne peut être lu : {error}. Donnez un dossier de fichiers de règles (*.toml).",
            folder.display()
        ))
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() && path.extension().is_some_and(|end| end == "toml") {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Said(bilingual!(
            "There are no rule files (*.toml) in {}.",
            "Il n’y a pas de fichiers de règles (*.toml) dans {}.",
            folder.display()
        ))
        .into());
    }
    files.sort();
    files.insert(0, folder.to_path_buf());
    Ok(files)
}

fn words(out: &Out, simulation: &Simulation) {
    out.say(&bilingual!(
        "{} items were judged from recorded facts. Nothing was written.",
        "{} éléments ont été évalués à partir des faits consignés. Rien n’a été écrit.",
        simulation.items
    ));
    if !simulation.not_judged.is_empty() {
        out.say(&bilingual!(
            "{} items have no recorded facts yet and are not among them.",
            "{} éléments n’ont pas encore de faits consignés et n’en font pas partie.",
            simulation.not_judged.len()
        ));
    }
    if !simulation.to_be_read_again.is_empty() {
        out.say(&bilingual!(
            "In {} items other phrases must be looked for: they will be read again, and what is said here of phrases is provisional.",
            "Dans {} éléments, d’autres expressions sont à chercher : ils seront relus, et ce qui est dit ici des expressions est provisoire.",
            simulation.to_be_read_again.len()
        ));
    }
    out.table(
        &[
            Bilingual::new("question", "question"),
            Bilingual::new("now", "maintenant"),
            Bilingual::new("by the other rules", "selon les autres règles"),
            Bilingual::new("items", "éléments"),
        ],
        simulation
            .outcomes
            .iter()
            .map(|count| {
                vec![
                    count.set.as_str().to_owned(),
                    count.from.as_str().to_owned(),
                    count.to.as_str().to_owned(),
                    count.items.to_string(),
                ]
            })
            .collect(),
    );
    out.table(
        &[
            Bilingual::new("rule", "règle"),
            Bilingual::new("question", "question"),
            Bilingual::new("now", "maintenant"),
            Bilingual::new("then", "alors"),
            Bilingual::new("new", "en plus"),
            Bilingual::new("gone", "en moins"),
            Bilingual::new("other effect", "autre effet"),
        ],
        simulation
            .rules
            .iter()
            .map(|count| {
                vec![
                    count.rule.clone(),
                    count.set.as_str().to_owned(),
                    count.before.to_string(),
                    count.after.to_string(),
                    count.added.to_string(),
                    count.removed.to_string(),
                    count.changed.to_string(),
                ]
            })
            .collect(),
    );
    for change in simulation.changes.iter().take(SHOWN) {
        out.text(&format!(
            "{} [{}] {} → {} ({}){}{}",
            change.path,
            change.set.as_str(),
            change.from.as_str(),
            change.to.as_str(),
            out.get(&change.state.words()),
            listed(" +", &change.added),
            listed(" −", &change.removed)
        ));
    }
    if simulation.changes.len() > SHOWN {
        out.say(&bilingual!(
            "… {} more (--json lists all)",
            "… {} autres (--json les donne tous)",
            simulation.changes.len() - SHOWN
        ));
    }
}

fn listed(sign: &str, rules: &[String]) -> String {
    let all: Vec<String> = rules.iter().map(|rule| format!("{sign}{rule}")).collect();
    all.concat()
}
