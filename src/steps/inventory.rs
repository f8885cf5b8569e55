//! releases → inventory rows, from what the catalog knows.

use serde_json::Value;

use super::StepError;
use crate::{
    app::App,
    catalog::ReleaseFilter,
    domain::{Bilingual, FactDetail, PublicationState, ReleaseState, SecurityLevel},
    report::{InventoryRow, language_code},
};

/// One row for each release that has something in it.
///
/// # Errors
/// When the catalog refuses.
pub async fn inventory(app: &App) -> Result<Vec<InventoryRow>, StepError> {
    let mut tx = app.catalog.read().await?;
    let mut rows = Vec::new();
    for release in tx.releases(&ReleaseFilter::default()).await? {
        if release.state == ReleaseState::Empty {
            continue;
        }
        let record = tx.record(release.id).await?.fields;
        let published = tx.published(release.id).await?;
        let public = published
            .iter()
            .find(|p| p.state == PublicationState::Published);
        let resources = release.bundle["dataset"]["resources"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let languages: Vec<&str> = resources
            .iter()
            .filter_map(|resource| resource["fields"]["language"].as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut marked = false;
        for item in tx
            .group_members(release.source_id, &release.group_key)
            .await?
        {
            let Some(version) = item.current_version else {
                continue;
            };
            let facts = tx
                .facts(version, crate::catalog::FactSubject::Original)
                .await?
                .unwrap_or_default();
            marked |= facts.iter().any(|fact| {
                matches!(&fact.detail, FactDetail::Marking { level, state, .. }
                    if *level > SecurityLevel::Unclassified && *state == crate::domain::MarkingState::Standing)
            });
        }
        // A folder on a disk is no address for the public.
        let address = public
            .and_then(|p| p.address.clone())
            .filter(|address| address.starts_with("http"))
            .unwrap_or_default();
        rows.push(InventoryRow {
            ref_number: release.id.to_string(),
            title: both(&record, "title_translated").unwrap_or_else(|| release.title.clone()),
            description: both(&record, "notes_translated").unwrap_or_default(),
            publisher: Bilingual::default(),
            date_published: record["date_published"]
                .as_str()
                .and_then(|day| day.get(..10))
                .and_then(|day| day.parse().ok()),
            language: language_code(languages).to_owned(),
            size_bytes: resources
                .iter()
                .map(|resource| resource["size_bytes"].as_u64())
                .sum(),
            state: release.state,
            marked,
            program_alignment: both(&record, "program_alignment_architecture").unwrap_or_default(),
            date_released: public.map(|p| p.at.with_timezone(&app.zone).date_naive()),
            portal_url: Bilingual::same(address),
            user_votes: None,
        });
    }
    Ok(rows)
}

fn both(record: &Value, field: &str) -> Option<Bilingual> {
    let value = record.get(field)?;
    Some(Bilingual::new(
        value["en"].as_str().unwrap_or_default(),
        value["fr"].as_str().unwrap_or_default(),
    ))
}
