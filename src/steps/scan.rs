//! stub
use super::StepError;
use crate::{app::App, catalog::Claimed};
pub(super) async fn run(_app: &App, _work: &Claimed) -> Result<(), StepError> {
    Ok(())
}
