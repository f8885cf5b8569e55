//! A portal without a server: a folder or an object store that holds a complete static catalogue.
//!
//! Leans on the port types, and on `place` for the folder and the store. DCAT 3, schema.org, Data Packages and pages in
//! both languages come out. Rule that must hold: readers see the catalogue of one `finish` or of the next, and nothing
//! that is not in a plan.

mod bucket;
mod folder;
mod jsonld;
mod names;
mod options;
mod pages;
mod place;
mod preview;
mod record;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod validate;
mod words;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use rideau_domain::{Bilingual, bilingual};
use serde_json::json;
use uuid::Uuid;

use self::{
    place::{Held, Place, Steps, Written},
    record::Record,
    settings::Site,
    state::Holding,
};
use crate::{
    Applied, Change, CheckLine, ContentStore, DatasetDesired, DatasetPlan, DatasetSeen,
    FieldProblem, Journal, PortError, PublicState, ResourceDesired, Target,
};

pub use options::CatalogueOptions;
pub use settings::{CatalogueSettings, Location};

/// A static catalogue.
pub struct CatalogueTarget {
    place: Box<dyn Place>,
    site: Site,
}

impl CatalogueTarget {
    /// Opens a catalogue; touches nothing yet. Credentials of a store come from the environment, in the words
    /// that its own tools use (`AWS_ACCESS_KEY_ID` …).
    pub fn new(settings: &CatalogueSettings) -> Result<Self, PortError> {
        let site = Site::new(settings);
        let steps = Steps::unlimited();
        let place: Box<dyn Place> = match &settings.location {
            Location::Folder(path) => {
                Box::new(folder::Folder::new(path.clone(), site.clone(), steps))
            }
            Location::Store(url) if url.scheme() == "file" => {
                let path: PathBuf = url.to_file_path().map_err(|()| bad_address(url))?;
                Box::new(folder::Folder::new(path, site.clone(), steps))
            }
            Location::Store(url) => {
                let environment =
                    std::env::vars().map(|(name, value)| (name.to_ascii_lowercase(), value));
                let (store, prefix) = object_store::parse_url_opts(url, environment)
                    .map_err(|error| bad_address(url).because(error))?;
                Box::new(bucket::Bucket::new(
                    Arc::from(store),
                    prefix,
                    url.as_str().trim_end_matches('/').to_owned(),
                    site.clone(),
                    steps,
                ))
            }
        };
        Ok(Self { place, site })
    }

    fn address(&self, dataset: Uuid) -> String {
        let path = format!("datasets/{dataset}/en.html");
        self.site
            .address(&path)
            .unwrap_or_else(|| self.place.local_address(&path))
    }

    /// Contents, then the staged state.
    async fn publish(
        &self,
        desired: &DatasetDesired,
        content: &dyn ContentStore,
        journal: &dyn Journal,
    ) -> Result<Written, PortError> {
        let mut written = Written::default();
        let mut previews = BTreeMap::new();
        for resource in &desired.resources {
            let (one, start) = self
                .place
                .put_content(desired.id, resource, content)
                .await?;
            if one.writes > 0 {
                let step = format!("content:{}:{}", resource.id, resource.sha256);
                journal
                    .done(&step, &json!({"size_bytes": resource.size_bytes}))
                    .await?;
                journal
                    .remember_sha256(resource.id, &resource.sha256)
                    .await?;
            }
            written.writes += one.writes;
            written.bytes += one.bytes;
            if jsonld::is_csv(resource) {
                let complete = start.len() as u64 == resource.size_bytes;
                if let Some(preview) = preview::preview(&start, complete) {
                    previews.insert(resource.id, preview);
                }
            }
        }
        let holding = Holding::Published {
            dataset: desired.clone(),
            previews,
        };
        let staged = self.stage(&holding, journal).await?;
        written.writes += staged.writes;
        written.bytes += staged.bytes;
        Ok(written)
    }

    async fn withdraw(
        &self,
        dataset: Uuid,
        reason: Bilingual,
        current: Option<Held>,
        journal: &dyn Journal,
    ) -> Result<Written, PortError> {
        let last_day = match current.map(|held| held.holding) {
            None => return Ok(Written::default()),
            Some(Holding::Withdrawn { last_day, .. }) => last_day,
            Some(Holding::Published { dataset, .. }) => Record(&dataset.fields)
                .last_day()
                .map(|day| day.to_string()),
        };
        let holding = Holding::Withdrawn {
            id: dataset,
            reason,
            last_day,
        };
        self.stage(&holding, journal).await
    }

    async fn stage(&self, holding: &Holding, journal: &dyn Journal) -> Result<Written, PortError> {
        let written = self.place.stage(holding).await?;
        if written.writes > 0 {
            let version = holding.version(&self.site.fingerprint());
            journal.done("staged", &json!({"version": version})).await?;
        }
        Ok(written)
    }
}

#[async_trait]
impl Target for CatalogueTarget {
    fn kind(&self) -> &'static str {
        "catalogue"
    }

    async fn check(&self) -> Vec<CheckLine> {
        self.place.check().await
    }

    fn validate(&self, dataset: &DatasetDesired, today: chrono::NaiveDate) -> Vec<FieldProblem> {
        validate::validate(&self.site, dataset, today)
    }

    fn canonical(&self, dataset: DatasetDesired) -> DatasetDesired {
        dataset
    }

    async fn observe(
        &self,
        dataset: Uuid,
        _journal: &dyn Journal,
    ) -> Result<Option<DatasetSeen>, PortError> {
        Ok(self.place.held(dataset).await?.map(|held| held.seen()))
    }

    async fn same_content(
        &self,
        dataset: Uuid,
        resource: &ResourceDesired,
        _journal: &dyn Journal,
    ) -> Result<Option<bool>, PortError> {
        let held = self.place.held(dataset).await?;
        let Some(Holding::Published { dataset: there, .. }) =
            held.as_ref().map(|held| &held.holding)
        else {
            return Ok(Some(false));
        };
        let name = state::file_names(there)
            .into_iter()
            .zip(&there.resources)
            .find(|(_, one)| one.id == resource.id)
            .map(|(name, _)| name);
        let Some(name) = name else {
            return Ok(Some(false));
        };
        let found = self.place.public_digest(dataset, &name).await?;
        Ok(Some(found.is_some_and(|(sum, size)| {
            sum == resource.sha256 && size == resource.size_bytes
        })))
    }

    /// What is there decides which steps are left, not the journal: contents go by their checksum and
    /// the staged state by its bytes. The journal only gets what was done.
    async fn apply(
        &self,
        plan: &DatasetPlan,
        content: &dyn ContentStore,
        journal: &dyn Journal,
    ) -> Result<Applied, PortError> {
        check_plan(plan)?;
        let guard = self.place.begin().await?;
        let current = self.place.held(plan.dataset).await?;
        refuse_drift(plan, current.as_ref().map(Held::seen).as_ref())?;
        let written = if let Some(desired) = &plan.after {
            self.publish(desired, content, journal).await?
        } else {
            let reason = plan.changes.iter().find_map(|change| match change {
                Change::Withdraw { reason } => Some(reason.clone()),
                _ => None,
            });
            self.withdraw(plan.dataset, reason.unwrap_or_default(), current, journal)
                .await?
        };
        drop(guard);
        Ok(Applied {
            address: Some(self.address(plan.dataset)),
            ..written.into()
        })
    }

    fn publishes_on_finish(&self) -> bool {
        true
    }

    async fn is_marked(&self) -> Result<Option<bool>, PortError> {
        self.place.is_marked().await
    }

    async fn finish(&self) -> Result<Applied, PortError> {
        self.place.finish().await.map(Applied::from)
    }
}

/// A plan that contradicts itself, or whose checksums are none, never reaches the disk.
fn check_plan(plan: &DatasetPlan) -> Result<(), PortError> {
    let id = plan.dataset;
    let fits = plan.after.as_ref().is_none_or(|after| {
        after.id == id
            && after.resources.iter().all(|resource| {
                resource.sha256.len() == 64
                    && resource
                        .sha256
                        .bytes()
                        .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            })
    });
    if fits {
        Ok(())
    } else {
        Err(PortError::permanent(
            "invalid",
            bilingual!(
                "The plan for dataset {id} contradicts itself. Plan again.",
                "Le plan du jeu de données {id} se contredit. Refaites le plan."
            ),
        ))
    }
}

/// The catalogue must be as it was when the plan was made, or already as the plan wants it.
fn refuse_drift(plan: &DatasetPlan, current: Option<&DatasetSeen>) -> Result<(), PortError> {
    let as_before = match (&plan.before, current) {
        (None, None) => true,
        (Some(before), Some(current)) => {
            before.state == current.state
                && before.fields == current.fields
                && before.resources == current.resources
        }
        _ => false,
    };
    let as_after = match (&plan.after, current) {
        (Some(after), Some(current)) => {
            after.fields == current.fields
                && after.resources.len() == current.resources.len()
                && after
                    .resources
                    .iter()
                    .zip(&current.resources)
                    .all(|(wanted, there)| {
                        wanted.id == there.id
                            && wanted.fields == there.fields
                            && there
                                .sha256
                                .as_ref()
                                .is_none_or(|sum| *sum == wanted.sha256)
                    })
        }
        (None, Some(current)) => {
            current.state == PublicState::Withdrawn
                || (current.state == PublicState::Draft && current.fields.is_empty())
        }
        (None, None) => true,
        (Some(_), None) => false,
    };
    if as_before || as_after {
        return Ok(());
    }
    let id = plan.dataset;
    Err(PortError::needs_person(
        "drifted",
        bilingual!(
            "Dataset {id} has changed in the catalogue since the plan was made. Plan again and look at the difference.",
            "Le jeu de données {id} a changé dans le catalogue depuis le plan. Refaites le plan et examinez la différence."
        ),
    ))
}

fn bad_address(url: &url::Url) -> PortError {
    let scheme = url.scheme();
    PortError::needs_person(
        "invalid",
        bilingual!(
            "A catalogue cannot be opened at this `{scheme}` address. Check the address, and that this build has the store's support.",
            "Un catalogue ne peut pas être ouvert à cette adresse « {scheme} ». Vérifiez l’adresse et que cette version prend en charge ce dépôt."
        ),
    )
}
