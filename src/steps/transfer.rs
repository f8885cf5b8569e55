//! stub
use super::StepError;
use crate::{
    app::App,
    catalog::{Claimed, Transfer},
    domain::{ReleaseId, Verdict},
};
pub(super) async fn run(_app: &App, _work: &Claimed) -> Result<(), StepError> {
    Ok(())
}
/// stub
pub async fn plan_transfer(_app: &App, _id: ReleaseId) -> Result<Option<Transfer>, StepError> {
    Ok(None)
}
/// stub
pub async fn build_transfer(_app: &App, _id: ReleaseId) -> Result<bool, StepError> {
    Ok(false)
}
/// stub
pub async fn decide_transfer(
    _app: &App,
    _id: ReleaseId,
    _v: Verdict,
    _p: &str,
    _r: &str,
) -> Result<Transfer, StepError> {
    todo!()
}
