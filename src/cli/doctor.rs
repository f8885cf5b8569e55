//! `rideau doctor`: tries the real things, and says what to do about what does not work.

use std::{path::Path, process::ExitCode, time::Duration};

use rideau_connectors::CheckLine;
use serde_json::json;

use super::{Out, output::size};
use crate::{
    app::{App, TargetSetup},
    bilingual,
    domain::Bilingual,
    sandbox, setup,
};

/// Longest time that one thing is tried.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) async fn run(config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
    let loaded = setup::load(config, out)?;
    let app = setup::build(&loaded.settings, &loaded.files).await?;
    let mut report: Vec<(String, Vec<CheckLine>)> = Vec::new();
    report.push(("database".to_owned(), database(&app).await));
    report.push(("blobs".to_owned(), blobs(&app).await));
    report.push(("space".to_owned(), space(&app)));
    report.push(("sandbox".to_owned(), sandbox_lines(&app).await));
    report.push(("clock".to_owned(), clock(&app)));
    report.push(("rules".to_owned(), rules(&app)));
    for source in app.sources.values() {
        let lines = tokio::time::timeout(PATIENCE, source.connector.check())
            .await
            .unwrap_or_else(|_| vec![hangs()]);
        report.push((format!("source {}", source.name), lines));
    }
    for target in app.targets.values() {
        report.push((format!("target {}", target.name), try_target(target).await));
    }
    tell(out, &report)
}

/// Tries one target, and waits for it only so long.
pub(super) async fn try_target(target: &TargetSetup) -> Vec<CheckLine> {
    tokio::time::timeout(PATIENCE, target.connector.check())
        .await
        .unwrap_or_else(|_| vec![hangs()])
}

/// Shows what was tried; the exit code says whether all of it worked.
pub(super) fn tell(out: &Out, report: &[(String, Vec<CheckLine>)]) -> anyhow::Result<ExitCode> {
    let ok = report
        .iter()
        .all(|(_, lines)| lines.iter().all(|line| line.ok));
    out.value(&json!({
        "ok": ok,
        "checks": report.iter().map(|(what, lines)| json!({"of": what, "lines": lines})).collect::<Vec<_>>(),
    }))?;
    for (what, lines) in report {
        out.text(what);
        for line in lines {
            out.text(&format!(
                "  {} {:<14} {}",
                if line.ok { "✓" } else { "✗" },
                line.what,
                out.get(&line.detail)
            ));
        }
    }
    Ok(if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn line(what: &'static str, ok: bool, detail: Bilingual) -> CheckLine {
    CheckLine { what, ok, detail }
}

fn hangs() -> CheckLine {
    line(
        "answer",
        false,
        bilingual!(
            "No answer within {} seconds. Is the network there?",
            "Aucune réponse en {} secondes. Le réseau est-il là?",
            PATIENCE.as_secs()
        ),
    )
}

async fn database(app: &App) -> Vec<CheckLine> {
    let tried = async {
        let mut tx = app.catalog.write().await?;
        let figures = tx.queue_figures(app.now()).await?;
        // Dropped, not committed: nothing stays of it.
        drop(tx);
        let chain = app.catalog.read().await?.verify_chain().await?;
        Ok::<_, crate::catalog::CatalogError>((figures, chain))
    };
    match tried.await {
        Ok((_, Ok(entries))) => vec![line(
            "write",
            true,
            bilingual!(
                "{:?}; the audit log is whole ({entries} entries)",
                "{:?}; le journal d’audit est intact ({entries} entrées)",
                app.catalog.dialect()
            ),
        )],
        Ok((_, Err(fault))) => vec![line(
            "audit",
            false,
            bilingual!(
                "The audit log is broken at entry {} ({}). `rideau audit verify` tells more.",
                "Le journal d’audit est rompu à l’entrée {} ({}). `rideau audit verify` en dit plus.",
                fault.seq,
                fault.what
            ),
        )],
        Err(error) => vec![line("write", false, error.explain())],
    }
}

async fn blobs(app: &App) -> Vec<CheckLine> {
    vec![match app.blobs.check().await {
        Ok(()) => line(
            "write_read",
            true,
            Bilingual::new("written, read and deleted", "écrit, lu et supprimé"),
        ),
        Err(error) => {
            let cause = std::error::Error::source(&error)
                .map(ToString::to_string)
                .unwrap_or_default();
            line(
                "write_read",
                false,
                bilingual!(
                    "{error}: {cause}. Check data.blobs and its rights.",
                    "{error} : {cause}. Vérifiez data.blobs et ses droits."
                ),
            )
        }
    }]
}

fn space(app: &App) -> Vec<CheckLine> {
    match rustix::fs::statvfs(&app.scratch) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let enough = free > 5_000_000_000;
            vec![line(
                "free",
                enough,
                bilingual!(
                    "{} free where rideau works{}",
                    "{} libres où rideau travaille{}",
                    size(free, crate::domain::Lang::En),
                    if enough { "" } else { " (< 5 GB / 5 Go)" }
                ),
            )]
        }
        Err(error) => vec![line(
            "free",
            false,
            bilingual!("cannot be told: {error}", "ne peut être établi : {error}"),
        )],
    }
}

async fn sandbox_lines(app: &App) -> Vec<CheckLine> {
    let report = sandbox::probe();
    let mut lines = vec![line(
        "kernel",
        report.warnings.is_empty(),
        if report.warnings.is_empty() {
            Bilingual::new(
                "Landlock, seccomp and limits are all there",
                "Landlock, seccomp et les limites sont tous là",
            )
        } else {
            Bilingual::new(
                report
                    .warnings
                    .iter()
                    .map(|w| w.en.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
                report
                    .warnings
                    .iter()
                    .map(|w| w.fr.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        },
    )];
    lines.push(match sandbox::self_check(&app.sandbox, &app.scratch).await {
        Ok(check) if check.holds() => line(
            "holds",
            true,
            Bilingual::new(
                "every attempt to break out was stopped",
                "chaque tentative d’évasion a été arrêtée",
            ),
        ),
        Ok(check) => line(
            "holds",
            false,
            bilingual!(
                "NOT every attempt to break out was stopped: {:?}. Use a kernel with Landlock, or set sandbox.require_landlock.",
                "les tentatives d’évasion n’ont PAS toutes été arrêtées : {:?}. Utilisez un noyau avec Landlock, ou activez sandbox.require_landlock.",
                check
            ),
        ),
        Err(error) => line("holds", false, error.explain()),
    });
    lines.push(line(
        "converters",
        true,
        bilingual!(
            "rideau-table and rideau-document {} are built in",
            "rideau-table et rideau-document {} sont intégrés",
            env!("CARGO_PKG_VERSION")
        ),
    ));
    lines
}

fn clock(app: &App) -> Vec<CheckLine> {
    let now = app.now();
    // A clock that was never set shows the epoch, or the time the program was built at the earliest.
    let sane = now.timestamp() > 1_760_000_000;
    vec![line(
        "time",
        sane,
        bilingual!(
            "{} in {}",
            "{} à {}",
            now.with_timezone(&app.zone).format("%Y-%m-%d %H:%M:%S %Z"),
            app.zone.name()
        ),
    )]
}

fn rules(app: &App) -> Vec<CheckLine> {
    let wrong: Vec<_> = app
        .rules
        .run_examples()
        .into_iter()
        .filter(|outcome| !outcome.passed)
        .collect();
    vec![line(
        "examples",
        wrong.is_empty(),
        bilingual!(
            "{} rules, {} examples come out wrong",
            "{} règles, {} exemples donnent un mauvais résultat",
            app.rules.rules().len(),
            wrong.len()
        ),
    )]
}
