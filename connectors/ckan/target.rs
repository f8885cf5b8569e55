//! The target: reads, works out the next step, does it, reads again, until the portal shows what the plan wants.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::NaiveDate;
use reqwest::{
    Body,
    multipart::{Form, Part},
};
use rideau_domain::{Bilingual, bilingual};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    CkanOptions,
    client::{Client, Failure, invalid},
    flow::{Bandwidth, paced},
    inventory,
    registry::{self, canonical_fields, canonical_resource},
    steps::{Contents, Step, at_the_end, drift, next},
    tables::{Loader, agrees},
    there::There,
};
use crate::{
    Applied, Change, CheckLine, ContentStore, DatasetDesired, DatasetPlan, DatasetSeen,
    FieldProblem, Fields, InventoryPlan, Journal, PortError, ResourceDesired, Target,
};

/// How often in one run somebody else may change the record between our reading and our writing.
const MOST_COLLISIONS: u32 = 5;

/// Stands for the checksum of a file whose table is being loaded.
const UNKNOWN: &str = "?";

/// One CKAN portal.
pub struct CkanTarget {
    client: Client,
    bandwidth: Option<Arc<Bandwidth>>,
    organization: String,
    upload_limit_bytes: u64,
    most_resources: usize,
    mark_ready: bool,
    load_tables: bool,
    inventory: Option<Uuid>,
    writers: Mutex<HashMap<Uuid, Arc<tokio::sync::Mutex<()>>>>,
}

impl CkanTarget {
    /// A target for the portal that the options name. `organization` owns the datasets where the options name none.
    ///
    /// Nothing is sent, and the token is not read before the first request.
    ///
    /// # Errors
    /// When no HTTP client can be set up on this machine.
    pub fn new(options: &CkanOptions, organization: &str) -> Result<Self, PortError> {
        let mut client = Client::new(
            options.url.url(),
            options.token.clone(),
            Duration::from_secs(options.timeout_seconds),
            options.requests_per_second,
        )?;
        let bandwidth = options.upload_kb_per_second.map(Bandwidth::new);
        if let Some(bandwidth) = &bandwidth {
            client = client.patient(bandwidth.least_bytes_per_second());
        }
        Ok(Self {
            client,
            bandwidth: bandwidth.map(Arc::new),
            organization: options
                .organization
                .clone()
                .unwrap_or_else(|| organization.to_owned()),
            // CKAN counts in binary units.
            upload_limit_bytes: options.upload_limit_mb.saturating_mul(1024 * 1024),
            most_resources: usize::try_from(options.most_resources).unwrap_or(usize::MAX),
            mark_ready: options.ready_to_publish,
            load_tables: options.datastore,
            // Decoding refuses what is no id.
            inventory: options
                .inventory_resource
                .as_deref()
                .and_then(|text| Uuid::try_parse(text).ok()),
            writers: Mutex::new(HashMap::new()),
        })
    }

    async fn show(&self, dataset: Uuid, journal: &dyn Journal) -> Result<Option<There>, PortError> {
        match self
            .client
            .call("package_show", &json!({"id": dataset}))
            .await
        {
            Ok(shown) => {
                let mut there = There::read(dataset, &shown, journal).await?;
                if self.load_tables {
                    there.doubt_unloaded(&shown);
                }
                Ok(Some(there))
            }
            Err(Failure::Missing) => Ok(None),
            Err(failure) => Err(self.explain(failure).await),
        }
    }

    /// A failure as the queue understands it.
    async fn explain(&self, failure: Failure) -> PortError {
        match failure {
            Failure::NotDone(error) | Failure::Unknown(error) => error,
            Failure::Missing => missing(self.client.host()),
            Failure::Denied => self.denied().await,
            Failure::Invalid(fields) => invalid(self.client.host(), &fields),
        }
    }

    /// Tells a bad token from a missing role: CKAN answers both alike.
    async fn denied(&self) -> PortError {
        let (host, organization) = (self.client.host(), &self.organization);
        match self.who_am_i().await {
            Err(error) => error,
            Ok(None) => PortError::needs_person(
                "bad_token",
                bilingual!(
                    "{host} does not know the token: it is wrong, was revoked or has expired. Make a new one on the portal and set it.",
                    "{host} ne reconnaît pas le jeton : il est erroné, révoqué ou expiré. Créez-en un nouveau sur le portail et donnez-le."
                ),
            ),
            Ok(Some(user)) => PortError::needs_person(
                "forbidden",
                bilingual!(
                    "{host} knows the account {user}, but it may not do this in the organization {organization}. Ask the portal’s administrator for the role of editor there, and check the organization’s name.",
                    "{host} connaît le compte {user}, mais il ne peut pas faire cela dans l’organisation {organization}. Demandez à l’administrateur du portail le rôle de rédacteur, et vérifiez le nom de l’organisation."
                ),
            ),
        }
    }

    /// The account that the token belongs to; `None` when the portal does not know it.
    async fn who_am_i(&self) -> Result<Option<String>, PortError> {
        match self.client.call("user_show", &json!({})).await {
            Ok(user) => Ok(Some(
                user.get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            )),
            Err(Failure::Missing | Failure::Denied | Failure::Invalid(_)) => Ok(None),
            Err(Failure::NotDone(error) | Failure::Unknown(error)) => Err(error),
        }
    }

    /// One writer at a time for each dataset in this process; between processes the record's own lock decides.
    fn writer(&self, dataset: Uuid) -> Arc<tokio::sync::Mutex<()>> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        writers.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(writers.entry(dataset).or_default())
    }

    fn size_problem(&self, resource: &ResourceDesired) -> Option<Bilingual> {
        let limit = self.upload_limit_bytes;
        (resource.size_bytes > limit).then(|| {
            let (name, size) = (&resource.file_name, resource.size_bytes);
            bilingual!(
                "{name} has {size} bytes; the portal takes {limit}. Publish a smaller file, or have the limit raised and set `upload_limit_mb`.",
                "{name} compte {size} octets ; le portail en accepte {limit}. Publiez un fichier plus petit, ou faites relever la limite et réglez `upload_limit_mb`."
            )
        })
    }
}

fn missing(host: &str) -> PortError {
    PortError::needs_person(
        "gone",
        bilingual!(
            "{host} has no such record any more, or this account may not see it.",
            "{host} n’a plus cet enregistrement, ou ce compte ne peut pas le voir."
        ),
    )
}

#[async_trait]
impl Target for CkanTarget {
    fn kind(&self) -> &'static str {
        "ckan"
    }

    async fn check(&self) -> Vec<CheckLine> {
        let host = self.client.host();
        let mut lines = Vec::new();
        let version = match self.client.call("status_show", &json!({})).await {
            Ok(status) => status
                .get("ckan_version")
                .and_then(Value::as_str)
                .unwrap_or("?")
                .to_owned(),
            Err(failure) => {
                let detail = self.explain(failure).await.message;
                return vec![CheckLine {
                    what: "reach",
                    ok: false,
                    detail,
                }];
            }
        };
        lines.push(CheckLine {
            what: "reach",
            ok: true,
            detail: bilingual!(
                "{host} answers: CKAN {version}.",
                "{host} répond : CKAN {version}."
            ),
        });
        let user = match self.who_am_i().await {
            Ok(Some(user)) => user,
            Ok(None) => {
                let detail = self.denied().await.message;
                lines.push(CheckLine {
                    what: "log_in",
                    ok: false,
                    detail,
                });
                return lines;
            }
            Err(error) => {
                lines.push(CheckLine {
                    what: "log_in",
                    ok: false,
                    detail: error.message,
                });
                return lines;
            }
        };
        lines.push(CheckLine {
            what: "log_in",
            ok: true,
            detail: bilingual!(
                "The token belongs to the account {user}.",
                "Le jeton appartient au compte {user}."
            ),
        });
        lines.push(self.check_right(&user).await);
        let limit = self.upload_limit_bytes / (1024 * 1024);
        lines.push(CheckLine {
            what: "upload_limit",
            ok: true,
            detail: bilingual!(
                "Files up to {limit} MB are sent (`upload_limit_mb`); the portal does not tell its own limit.",
                "Les fichiers jusqu’à {limit} Mo sont envoyés (`upload_limit_mb`) ; le portail ne dit pas sa propre limite."
            ),
        });
        lines
    }

    fn validate(&self, dataset: &DatasetDesired, today: NaiveDate) -> Vec<FieldProblem> {
        let mut dataset = dataset.clone();
        dataset
            .fields
            .insert("owner_org".to_owned(), json!(self.organization));
        let mut problems = registry::validate_dataset(&dataset, today);
        let (count, most) = (dataset.resources.len(), self.most_resources);
        if count > most {
            problems.push(FieldProblem {
                field: "resources".to_owned(),
                code: "too_many".to_owned(),
                message: bilingual!(
                    "The dataset has {count} files; {most} are allowed (`most_resources`). Make several releases of it in release.toml, or publish fewer forms of each file.",
                    "Le jeu de données compte {count} fichiers ; {most} sont permis (`most_resources`). Faites-en plusieurs publications dans release.toml, ou publiez moins de formes de chaque fichier."
                ),
            });
        }
        for (index, resource) in dataset.resources.iter().enumerate() {
            if let Some(message) = self.size_problem(resource) {
                problems.push(FieldProblem {
                    field: format!("resources[{index}].upload"),
                    code: "too_large".to_owned(),
                    message,
                });
            }
        }
        problems
    }

    fn canonical(&self, mut dataset: DatasetDesired) -> DatasetDesired {
        dataset.fields = canonical_fields(&dataset.fields);
        dataset
            .fields
            .insert("owner_org".to_owned(), json!(self.organization));
        if !self.mark_ready {
            dataset
                .fields
                .insert("ready_to_publish".to_owned(), json!("false"));
        } else if dataset.fields.get("ready_to_publish") == Some(&json!("true")) {
            // Whether it is public is its state; `"false"` stays, and means that a person on the portal says when.
            dataset.fields.remove("ready_to_publish");
        }
        for resource in &mut dataset.resources {
            resource.fields = canonical_resource(&resource.fields);
        }
        dataset
    }

    async fn observe(
        &self,
        dataset: Uuid,
        journal: &dyn Journal,
    ) -> Result<Option<DatasetSeen>, PortError> {
        Ok(self.show(dataset, journal).await?.map(|there| there.seen))
    }

    async fn same_content(
        &self,
        dataset: Uuid,
        resource: &ResourceDesired,
        journal: &dyn Journal,
    ) -> Result<Option<bool>, PortError> {
        let there = self.show(dataset, journal).await?;
        let Some(file) = there
            .as_ref()
            .and_then(|there| there.files.get(&resource.id))
        else {
            return Ok(Some(false));
        };
        let downloaded = self
            .client
            .digest(dataset, resource.id, file, resource.size_bytes)
            .await;
        match downloaded {
            Ok((sha256, size)) if size == resource.size_bytes && sha256 == resource.sha256 => {}
            Ok(_) | Err(Failure::Missing) => return Ok(Some(false)),
            Err(failure) => return Err(self.explain(failure).await),
        }
        if !self.load_tables || !is_table(resource) {
            return Ok(Some(true));
        }
        let beside = file
            .strip_suffix(".csv")
            .map(|stem| format!("{stem}.schema.json"));
        let schema = there
            .iter()
            .flat_map(|there| &there.files)
            .find(|(_, name)| Some(*name) == beside.as_ref())
            .map(|(id, name)| (*id, name.as_str()));
        match agrees(&self.client, dataset, resource, file, schema).await {
            Ok(same) => Ok(Some(same)),
            Err(failure) => Err(self.explain(failure).await),
        }
    }

    async fn apply(
        &self,
        plan: &DatasetPlan,
        content: &dyn ContentStore,
        journal: &dyn Journal,
    ) -> Result<Applied, PortError> {
        if let Some(message) = plan
            .after
            .iter()
            .flat_map(|after| &after.resources)
            .filter(|resource| sent(plan, resource.id))
            .find_map(|resource| self.size_problem(resource))
        {
            return Err(PortError::needs_person("too_large", message));
        }
        let writer = self.writer(plan.dataset);
        let _one_at_a_time = writer.lock().await;
        Run {
            target: self,
            plan,
            content,
            journal,
            contents: Contents::new(),
            uploaded: BTreeSet::new(),
            applied: Applied {
                address: Some(self.client.page(plan.dataset)),
                ..Applied::default()
            },
        }
        .finish_plan()
        .await
    }

    fn keeps_inventory(&self) -> bool {
        self.inventory.is_some()
    }

    async fn plan_inventory(&self, rows: &[Fields]) -> Result<Option<InventoryPlan>, PortError> {
        let Some(table) = self.inventory else {
            return Ok(None);
        };
        match inventory::plan(&self.client, table, rows).await {
            Ok(plan) => Ok(Some(plan)),
            Err(failure) => Err(self.explain(failure).await),
        }
    }

    async fn apply_inventory(&self, plan: &InventoryPlan) -> Result<Applied, PortError> {
        let (Some(table), false) = (self.inventory, plan.is_empty()) else {
            return Ok(Applied::default());
        };
        let writer = self.writer(table);
        let _one_at_a_time = writer.lock().await;
        match inventory::write(&self.client, table, plan).await {
            Ok(writes) => Ok(Applied {
                writes,
                ..Applied::default()
            }),
            Err(failure) => Err(self.explain(failure).await),
        }
    }
}

/// Whether the plan sends this resource's content.
fn sent(plan: &DatasetPlan, id: Uuid) -> bool {
    plan.changes.iter().any(|change| {
        matches!(change, Change::AddResource { resource, .. } | Change::ReplaceContent { resource, .. } if *resource == id)
    })
}

impl CkanTarget {
    async fn check_right(&self, user: &str) -> CheckLine {
        let organization = &self.organization;
        let what = "create_right";
        let body = json!({"permission": "create_dataset"});
        let names: Vec<String> = match self.client.call("organization_list_for_user", &body).await {
            Ok(list) => list
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|one| one.get("name")?.as_str().map(str::to_owned))
                .collect(),
            Err(failure) => {
                let detail = self.explain(failure).await.message;
                return CheckLine {
                    what,
                    ok: false,
                    detail,
                };
            }
        };
        if names.contains(organization) {
            return CheckLine {
                what,
                ok: true,
                detail: bilingual!(
                    "{user} may create datasets in {organization}.",
                    "{user} peut créer des jeux de données dans {organization}."
                ),
            };
        }
        let list = names.join(", ");
        let detail = if names.is_empty() {
            bilingual!(
                "{user} may not create datasets in any organization: ask the portal’s administrator for the role of editor in {organization}.",
                "{user} ne peut créer de jeux de données dans aucune organisation : demandez à l’administrateur du portail le rôle de rédacteur dans {organization}."
            )
        } else {
            bilingual!(
                "{user} may not create datasets in {organization}, only in: {list}. Ask for the role of editor, or correct `organization`.",
                "{user} ne peut pas créer de jeux de données dans {organization}, seulement dans : {list}. Demandez le rôle de rédacteur, ou corrigez `organization`."
            )
        };
        CheckLine {
            what,
            ok: false,
            detail,
        }
    }
}

/// One call of `apply`.
struct Run<'a> {
    target: &'a CkanTarget,
    plan: &'a DatasetPlan,
    content: &'a dyn ContentStore,
    journal: &'a dyn Journal,
    contents: Contents,
    /// Sent in this run: what comes back must be the same.
    uploaded: BTreeSet<Uuid>,
    applied: Applied,
}

/// How a step went, when it did not fail.
enum Outcome {
    Done,
    /// Somebody changed the record since it was read; nothing was written.
    Collided,
    /// Not known: read back.
    Unknown(PortError),
}

impl Run<'_> {
    async fn finish_plan(mut self) -> Result<Applied, PortError> {
        let mut doubt: Option<(Step<'_>, PortError)> = None;
        let mut collisions = 0;
        let plan = self.plan;
        loop {
            let there = self.target.show(plan.dataset, self.journal).await?;
            drift(plan, there.as_ref())?;
            self.look_at_contents(there.as_ref()).await?;
            let batch = self.target.upload_limit_bytes;
            let Some(step) = next(plan, there.as_ref(), &self.contents, batch) else {
                at_the_end(plan, there.as_ref())?;
                return Ok(self.applied);
            };
            // Still to be done after reading back: it was not carried out. When to try again, the queue decides.
            if let Some((tried, error)) = doubt.take()
                && same_work(&tried, &step)
            {
                return Err(error);
            }
            match self.take(&step, there.as_ref()).await? {
                Outcome::Done => {}
                Outcome::Unknown(error) => doubt = Some((step, error)),
                Outcome::Collided => {
                    collisions += 1;
                    if collisions > MOST_COLLISIONS {
                        return Err(self.busy());
                    }
                }
            }
        }
    }

    /// Loads a table; gives its number of rows.
    async fn load(
        &mut self,
        resource: &ResourceDesired,
        all: &[ResourceDesired],
    ) -> Result<u64, PortError> {
        let mut loader = Loader {
            client: &self.target.client,
            content: self.content,
            resource,
            all,
            writes: 0,
        };
        let loaded = loader.load().await;
        self.applied.writes += loader.writes;
        match loaded {
            Ok(rows) => Ok(rows),
            Err(failure) => Err(self.target.explain(failure).await),
        }
    }

    fn busy(&self) -> PortError {
        let dataset = self.plan.dataset;
        PortError::temporary(
            "busy",
            bilingual!(
                "Somebody else keeps changing dataset {dataset} on the portal; another attempt follows.",
                "Quelqu’un d’autre modifie sans cesse le jeu de données {dataset} sur le portail ; une autre tentative suivra."
            ),
        )
    }

    /// Fills in what can be known about the files without downloading them.
    async fn look_at_contents(&mut self, there: Option<&There>) -> Result<(), PortError> {
        let (Some(there), Some(after)) = (there, &self.plan.after) else {
            return Ok(());
        };
        let before = self.plan.before.as_ref();
        let untouched =
            before.is_some_and(|b| b.revision.is_some() && b.revision == there.seen.revision);
        for change in &self.plan.changes {
            let (id, old) = match change {
                Change::AddResource { resource, .. } => (resource, None),
                Change::ReplaceContent { resource, old, .. } => (resource, old.as_ref()),
                _ => continue,
            };
            let (Some(wanted), Some(now)) = (
                after.resources.iter().find(|r| r.id == *id),
                there.resource(*id),
            ) else {
                continue;
            };
            if self.contents.contains_key(id) || self.uploaded.contains(id) {
                continue;
            }
            if self.journal.is_done(&content_step(wanted)).await? {
                self.contents.insert(*id, true);
            } else if (untouched && old.is_some())
                || now.size_bytes.is_some_and(|size| size != wanted.size_bytes)
            {
                self.contents.insert(*id, false);
            }
        }
        Ok(())
    }

    async fn take(&mut self, step: &Step<'_>, there: Option<&There>) -> Result<Outcome, PortError> {
        match step {
            Step::Create(body) => {
                let answer = self.target.client.call("package_create", body).await;
                self.written(answer, "create").await
            }
            Step::Flip(body) => {
                let answer = self
                    .target
                    .client
                    .call("package_revise", &Value::Object(body.clone()))
                    .await;
                self.written(answer, "publish").await
            }
            Step::Revise { body, uploads } if uploads.is_empty() => {
                let answer = self
                    .target
                    .client
                    .call("package_revise", &Value::Object(body.clone()))
                    .await;
                self.written(answer, "revise").await
            }
            Step::Revise { body, uploads } => self.send(body, uploads).await,
            Step::Verify(resource) => self.verify(resource, there).await,
        }
    }

    async fn send(
        &mut self,
        body: &Map<String, Value>,
        uploads: &[&ResourceDesired],
    ) -> Result<Outcome, PortError> {
        let mut form = Form::new();
        // As form fields, the values are JSON texts.
        for (name, value) in body {
            form = form.text(name.clone(), value.to_string());
        }
        let mut bytes: u64 = 0;
        for resource in uploads {
            let stream = paced(
                self.content.open(&resource.sha256).await?,
                self.target.bandwidth.clone(),
                resource.id,
                resource.size_bytes,
            );
            let part = Part::stream_with_length(Body::wrap_stream(stream), resource.size_bytes)
                .file_name(resource.file_name.clone())
                .mime_str(&resource.media_type)
                .map_err(|cause| {
                    let (name, media) = (&resource.file_name, &resource.media_type);
                    PortError::permanent(
                        "invalid",
                        bilingual!(
                            "{name}: “{media}” is no media type.",
                            "{name} : « {media} » n’est pas un type de média."
                        ),
                    )
                    .because(cause)
                })?;
            form = form.part(format!("update__resources__{}__upload", resource.id), part);
            bytes = bytes.saturating_add(resource.size_bytes);
        }
        let answer = self
            .target
            .client
            .upload("package_revise", form, bytes)
            .await;
        let outcome = self.written(answer, "revise").await?;
        if matches!(outcome, Outcome::Done) {
            self.applied.bytes_sent = self.applied.bytes_sent.saturating_add(bytes);
        }
        if !matches!(outcome, Outcome::Collided) {
            for resource in uploads {
                // What is there now is not known until it has been read.
                self.contents.remove(&resource.id);
                if matches!(outcome, Outcome::Done) {
                    self.uploaded.insert(resource.id);
                }
            }
        }
        Ok(outcome)
    }

    /// Judges the answer to a write.
    async fn written(
        &mut self,
        answer: Result<Value, Failure>,
        step: &str,
    ) -> Result<Outcome, PortError> {
        match answer {
            Ok(_) => {
                self.applied.writes += 1;
                let key = format!("{step} {}", self.applied.writes);
                self.journal
                    .done(&key, &json!({"dataset": self.plan.dataset}))
                    .await?;
                Ok(Outcome::Done)
            }
            Err(Failure::Unknown(error)) => {
                // It may have been carried out: then it counts.
                self.applied.writes += 1;
                Ok(Outcome::Unknown(error))
            }
            Err(Failure::Invalid(fields)) if fields.contains_key("match") => Ok(Outcome::Collided),
            Err(Failure::Invalid(fields)) if step == "create" && fields.contains_key("id") => {
                let (host, dataset) = (self.target.client.host(), self.plan.dataset);
                Ok(Outcome::Unknown(PortError::needs_person(
                    "taken",
                    bilingual!(
                        "{host} has a record with the id {dataset} already, which this account may not see. Ask the portal’s administrator.",
                        "{host} a déjà un enregistrement avec l’identifiant {dataset}, que ce compte ne peut pas voir. Demandez à l’administrateur du portail."
                    ),
                )))
            }
            Err(failure) => Err(self.target.explain(failure).await),
        }
    }

    async fn verify(
        &mut self,
        resource: &ResourceDesired,
        there: Option<&There>,
    ) -> Result<Outcome, PortError> {
        let file = there
            .and_then(|there| there.files.get(&resource.id))
            .map_or("", String::as_str);
        let limit = resource.size_bytes;
        let target = self.target;
        let client = &target.client;
        let same = match client
            .digest(self.plan.dataset, resource.id, file, limit)
            .await
        {
            Ok((sha256, size)) => size == resource.size_bytes && sha256 == resource.sha256,
            // The record is there and its file is not.
            Err(Failure::Missing) => false,
            Err(failure) => return Err(self.target.explain(failure).await),
        };
        if same {
            // The file counts as there once its table is: an attempt that breaks off between the two comes back here.
            let plan = self.plan;
            let loaded = there
                .and_then(|there| there.resource(resource.id))
                .is_some_and(|seen| seen.sha256.as_ref() == Some(&resource.sha256));
            if target.load_tables
                && is_table(resource)
                && !loaded
                && let Some(after) = &plan.after
            {
                // Until it is loaded whole, what the table holds is not known.
                self.journal.remember_sha256(resource.id, UNKNOWN).await?;
                let rows = self.load(resource, &after.resources).await?;
                let step = format!("table {} {}", resource.id, resource.sha256);
                self.journal.done(&step, &json!({"rows": rows})).await?;
            }
            self.journal
                .remember_sha256(resource.id, &resource.sha256)
                .await?;
            self.journal
                .done(
                    &content_step(resource),
                    &json!({"bytes": resource.size_bytes}),
                )
                .await?;
        } else if self.uploaded.contains(&resource.id) {
            let (host, name) = (client.host(), &resource.file_name);
            return Err(PortError::temporary(
                "content_differs",
                bilingual!(
                    "What {host} gives back for {name} is not what was sent; it will be sent again.",
                    "Ce que {host} rend pour {name} n’est pas ce qui a été envoyé ; il sera envoyé de nouveau."
                ),
            ));
        }
        self.contents.insert(resource.id, same);
        Ok(Outcome::Done)
    }
}

/// Whether a resource is loaded into the DataStore.
fn is_table(resource: &ResourceDesired) -> bool {
    resource.fields.get("format") == Some(&json!("CSV"))
}

fn content_step(resource: &ResourceDesired) -> String {
    format!("content {} {}", resource.id, resource.sha256)
}

/// Whether two steps do the same work; their locks differ.
fn same_work(one: &Step<'_>, other: &Step<'_>) -> bool {
    let bare = |body: &Map<String, Value>| {
        let mut body = body.clone();
        body.remove("match");
        body
    };
    match (one, other) {
        (
            Step::Revise {
                body: a,
                uploads: x,
            },
            Step::Revise {
                body: b,
                uploads: y,
            },
        ) => bare(a) == bare(b) && x == y,
        (Step::Flip(a), Step::Flip(b)) => bare(a) == bare(b),
        _ => one == other,
    }
}
