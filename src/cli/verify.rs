//! `rideau release verify`: whether the targets show what was sent to them.

use std::process::ExitCode;

use super::{Out, release::describe, review::find_one, targets::chosen};
use crate::{
    app::App,
    bilingual,
    domain::Bilingual,
    steps::{self, Agreement, Verified},
};

/// Compares, shows what differs, and ends with 1 when a person should look.
pub(super) async fn run(
    app: &App,
    out: &Out,
    target: Option<&str>,
    content: bool,
    typed: &[String],
) -> anyhow::Result<ExitCode> {
    let mut wanted = Vec::new();
    for one in typed {
        wanted.push(find_one(app, one).await?.id);
    }
    let targets = chosen(app, target)?;
    let all = app.catalog.read().await?.all_published().await?;
    let mut found: Vec<Verified> = Vec::new();
    for published in all {
        let Some(setup) = targets.iter().find(|setup| setup.name == published.target) else {
            continue;
        };
        if wanted.is_empty() || wanted.contains(&published.release) {
            found.push(steps::verify(app, setup, &published, content).await?);
        }
    }
    out.value(&found)?;
    show(out, &found);
    Ok(if found.iter().any(|one| one.agreement.is_drift()) {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

fn show(out: &Out, found: &[Verified]) {
    for one in found.iter().filter(|one| one.agreement != Agreement::Same) {
        out.text(&format!(
            "{} @ {}: {}  {}",
            one.title.get(out.lang),
            one.target,
            out.get(&one.agreement.words()),
            one.release
        ));
        if let Some(address) = &one.address {
            out.text(&format!("    {address}"));
        }
        if let Some(trouble) = &one.trouble {
            out.text(&format!("    {}", out.get(trouble)));
        }
        for line in one.edits.iter().flat_map(|edit| describe(edit, out.lang)) {
            out.text(&format!("    {line}"));
        }
        if matches!(one.agreement, Agreement::Differs | Agreement::Missing) {
            out.say(&bilingual!(
                "    `rideau release plan --target {} {}` shows what would bring it back as approved.",
                "    `rideau release plan --target {} {}` montre ce qui le rétablirait tel qu’approuvé.",
                one.target,
                one.release
            ));
        }
        if one.agreement == Agreement::StillPublic {
            out.say(&Bilingual::new(
                "    It was withdrawn here, then made public by hand: take it back on the target, or approve it here.",
                "    Il a été retiré ici, puis rendu public à la main : retirez-le sur la cible, ou approuvez-le ici.",
            ));
        }
    }
    let same = found
        .iter()
        .filter(|one| one.agreement == Agreement::Same)
        .count();
    out.say(&bilingual!(
        "{same} of {} are as they were sent.",
        "{same} sur {} sont tels qu’envoyés.",
        found.len()
    ));
}
