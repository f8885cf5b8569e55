//! Whether a target is the place that it was: a folder that is not mounted looks like an empty one.
//!
//! Rule that must hold: where something of ours is public, nothing is written to a place that does not know us.

use rideau_connectors::PortError;

use super::StepError;
use crate::{
    app::{App, TargetSetup},
    domain::PublicationState,
};

/// Refuses a target that bears no mark although something was published there.
pub(super) async fn still_there(app: &App, target: &TargetSetup) -> Result<(), StepError> {
    if target.connector.is_marked().await? != Some(false) {
        return Ok(());
    }
    let published = app.catalog.read().await?.all_published().await?;
    let public = published
        .iter()
        .filter(|one| one.target == target.name && one.state != PublicationState::Withdrawn)
        .count();
    // Another step may have written there for the first time since it was looked at.
    if public == 0 || target.connector.is_marked().await? != Some(false) {
        return Ok(());
    }
    Err(StepError::Port(PortError::temporary(
        "not_mounted",
        crate::bilingual!(
            "{} shows no catalogue, though {public} releases were published there: is it mounted? Nothing was written. If it is meant to begin anew there, make an empty file `.rideau-target` in it.",
            "{} ne montre aucun catalogue, bien que {public} publications y aient été faites : est-elle montée? Rien n’a été écrit. Si elle doit y recommencer, créez-y un fichier vide `.rideau-target`.",
            target.name
        ),
    )))
}
