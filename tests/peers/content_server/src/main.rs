//! A simulated Content Server that runs until it is ended: prints its address and waits.
//!
//! Rule that must hold: the first line on standard output is the address, for a script to read.

use std::{io::Write, path::PathBuf};

use chrono::Utc;
use clap::Parser;
use rideau_content_server_sim::{Config, Fixture, Simulator};

/// Answers like the REST API of an OpenText Content Server.
#[derive(Parser)]
#[command(name = "rideau-content-server-sim")]
struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The path before `/api`.
    #[arg(long, default_value = "/cs/cs")]
    base: String,
    /// Shows the files of this folder instead of the invented department.
    #[arg(long)]
    files: Option<PathBuf>,
}

#[tokio::main]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the simulator is told the time"
)]
async fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let config = Config {
        base: options.base,
        port: options.port,
        start: Utc::now(),
        clock_runs: true,
        fixture: options.files.map_or(Fixture::Department, Fixture::Files),
        ..Config::default()
    };
    let simulator = Simulator::start(config).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", simulator.url())?;
    out.flush()?;
    simulator.ended().await
}
