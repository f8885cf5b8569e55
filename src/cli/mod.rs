//! What is typed: every role of the program is a subcommand.
//!
//! Output is for people, in English or French, or JSON with `--json`. Rule that must hold: exit codes mean something:
//! 0 done and nothing to say, 1 something was found or refused, 2 it could not be done.

mod audit;
mod check;
mod demo;
mod dismissals;
mod doctor;
mod inventory;

mod items;
mod oneoff;
mod output;
mod plan_page;
mod protect;
mod redact;
mod release;
mod release_show;
mod report;
mod review;
mod rules;
mod run;
mod screen;
mod simulation;
mod sources;
mod status;
mod targets;
mod transfer;
mod verify;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::domain::Lang;

pub use output::{Out, Said};

/// Opens a department's records: watches, converts, screens, publishes, hands over.
///
/// Ouvre les documents d’un ministère : surveille, convertit, vérifie, publie, transfère.
#[derive(Debug, Parser)]
#[command(
    name = "rideau",
    version,
    max_term_width = 100,
    propagate_version = true
)]
struct Arguments {
    /// Configuration file.
    #[arg(
        long,
        short,
        global = true,
        env = "RIDEAU_CONFIG",
        default_value = "config/rideau.toml"
    )]
    config: PathBuf,
    /// Language of the output: en or fr. Without it, the locale's.
    #[arg(long, global = true, value_parser = parse_lang)]
    lang: Option<Lang>,
    /// JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Work: watch the sources and do what is due.
    Run(run::Run),
    /// Validate the configuration and the rules, without running anything.
    Check(check::Check),
    /// Try the real things: sources, targets, database, blob store, sandbox, space, clock.
    Doctor,
    /// How things stand.
    Status,
    /// Show the whole way on the sample drive, in a folder of its own.
    Demo(demo::Demo),
    /// Convert files, here and now.
    Convert(oneoff::Convert),
    /// Screen files, here and now. Exit code: 0 clean, 1 found something, 2 failed.
    Screen(screen::Screen),
    /// Take out of copies what rules ask for, here and now. Exit code: 0 all written, 1 a person must look, 2 failed.
    Redact(redact::Redact),
    /// Protect tables against disclosure. Exit code: 0 safe, 1 a person must look, 2 failed.
    Protect(protect::Protect),
    /// Attack published tables, all together. Exit code: 0 safe, 1 found something, 2 failed.
    AuditTable(protect::AuditTable),
    /// Sources: list, scan, confirm a mass deletion.
    #[command(subcommand)]
    Sources(sources::Sources),
    /// Targets: list, test.
    #[command(subcommand)]
    Targets(targets::Targets),
    /// Items: list, show, retry.
    #[command(subcommand)]
    Items(items::Items),
    /// The review queue: list, show, decide, complete the record.
    #[command(subcommand)]
    Review(review::Review),
    /// The rules at work: what lapses when, why an item is judged as it is, what other rules would change.
    #[command(subcommand)]
    Rules(rules::Rules),
    /// Releases: list, show, plan, apply, verify, withdraw.
    #[command(subcommand)]
    Release(release::Releases),
    /// Transfers to the archives: list, plan, build.
    #[command(subcommand)]
    Transfer(transfer::Transfers),

    /// The data inventory.
    #[command(subcommand)]
    Inventory(inventory::Inventory),
    /// Reports: the release plan, and how far the work has come.
    #[command(subcommand)]
    Report(report::Reports),
    /// The audit log: verify, show.
    #[command(subcommand)]
    Audit(audit::Audit),
}

fn parse_lang(text: &str) -> Result<Lang, String> {
    match text {
        "en" => Ok(Lang::En),
        "fr" => Ok(Lang::Fr),
        other => Err(format!("{other}: en | fr")),
    }
}

/// The language of the machine's locale, as message catalogues choose it.
fn locale_lang() -> Lang {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .map_or(Lang::En, |value| Lang::from_locale(&value))
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The one TLS provider; a second call would only mean that it is there already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let out = Out::new(arguments.lang.unwrap_or_else(locale_lang), arguments.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("rideau: {error}");
            return ExitCode::from(2);
        }
    };
    let code = match runtime.block_on(dispatch(arguments, &out)) {
        Ok(code) => code,
        Err(error) => {
            out.failed(&error);
            ExitCode::from(2)
        }
    };
    crate::telemetry::flush();
    code
}

async fn dispatch(arguments: Arguments, out: &Out) -> anyhow::Result<ExitCode> {
    let config = arguments.config;
    match arguments.command {
        Command::Run(command) => command.run(&config, out).await,
        Command::Check(command) => command.run(&config, out),
        Command::Doctor => doctor::run(&config, out).await,
        Command::Status => status::run(&config, out).await,
        Command::Demo(command) => command.run(out).await,
        Command::Convert(command) => command.run(out).await,
        Command::Redact(command) => command.run(&config, out).await,
        Command::Protect(command) => command.run(out).await,
        Command::AuditTable(command) => command.run(out).await,
        Command::Screen(command) => command.run(&config, out).await,
        Command::Sources(command) => command.run(&config, out).await,
        Command::Targets(command) => command.run(&config, out).await,
        Command::Items(command) => command.run(&config, out).await,
        Command::Review(command) => command.run(&config, out).await,
        Command::Rules(command) => command.run(&config, out).await,
        Command::Release(command) => command.run(&config, out).await,
        Command::Transfer(command) => command.run(&config, out).await,
        Command::Inventory(command) => command.run(&config, out).await,
        Command::Report(command) => command.run(&config, out).await,
        Command::Audit(command) => command.run(&config, out).await,
    }
}
