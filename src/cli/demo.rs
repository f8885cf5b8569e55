//! stub
use super::Out;
use clap::Args;
use std::process::ExitCode;
/// stub
#[derive(Debug, Args)]
pub(super) struct Demo {}
impl Demo {
    pub(super) async fn run(self, _out: &Out) -> anyhow::Result<ExitCode> {
        Ok(ExitCode::SUCCESS)
    }
}
