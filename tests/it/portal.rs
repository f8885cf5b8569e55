//! The target `ckan` against a real CKAN that answers as the registry does.
//!
//! Leans on `tests/peers/portal`: `eval "$(tests/peers/portal/ckan-up --quiet)"` sets the variables that are read here;
//! without them every test passes unseen, saying so. Rule that must hold: whatever the network and the portal do, a plan that
//! is tried again ends with one dataset, its resources once each, and the right bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::NaiveDate;
use futures::{StreamExt, stream::BoxStream};
use rideau_connectors::{
    Applied, Change, ContentStore, DatasetDesired, DatasetPlan, DatasetSeen, FieldProblem, Fields,
    Journal, PortError, PublicState, ResourceDesired, Retry, Target,
    ckan::{CkanOptions, CkanTarget, registry},
    difference,
    options::{Document, Options, Problems},
};
use rideau_domain::Bilingual;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

mod contract;
mod inventory;
mod tables;

/// The fault switch is one for all: one test at a time.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

struct Portal {
    url: String,
    organization: String,
    admin: String,
    editor: String,
    outsider: String,
    http: reqwest::Client,
    _one: tokio::sync::MutexGuard<'static, ()>,
}

impl Portal {
    /// `None`, said aloud, where no portal runs.
    async fn find() -> Option<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let Some(url) = variable("CKAN_URL") else {
            eprintln!("skipped: no portal; run: eval \"$(tests/peers/portal/ckan-up --quiet)\"");
            return None;
        };
        // As the program does at its start; a second call finds it done.
        drop(rustls::crypto::ring::default_provider().install_default());
        let portal = Self {
            url,
            organization: variable("CKAN_ORG")?,
            admin: variable("CKAN_API_TOKEN")?,
            editor: variable("CKAN_EDITOR_TOKEN")?,
            outsider: variable("CKAN_OUTSIDER_TOKEN")?,
            http: reqwest::Client::new(),
            _one: ONE.lock().await,
        };
        portal.no_faults().await;
        Some(portal)
    }

    fn target(&self) -> CkanTarget {
        self.target_with(&self.editor, "timeout_seconds = 60")
    }

    /// A target with this token and these options.
    fn target_with(&self, token: &str, more: &str) -> CkanTarget {
        let name = format!("rideau-portal-{}", unique().simple());
        let path: PathBuf = std::env::temp_dir().join(name);
        fs::write(&path, token).unwrap();
        let rate = if more.contains("requests_per_second") {
            ""
        } else {
            "requests_per_second = 1000\n"
        };
        let text = format!(
            "url = \"{}\"\ntoken = {{ file = \"{}\" }}\n{rate}{more}\n",
            self.url,
            path.display()
        );
        let mut problems = Problems::default();
        let document = Document::parse("test.toml", "/", text, &mut problems).unwrap();
        let section = document.root();
        let options = CkanOptions::decode(&section, &mut problems).unwrap();
        section.finish(&mut problems);
        assert!(problems.is_empty());
        CkanTarget::new(&options, &self.organization).unwrap()
    }

    async fn action(&self, action: &str, body: &Value, token: &str) -> (u16, Value) {
        let answer = self
            .http
            .post(format!("{}/api/3/action/{action}", self.url))
            .header("Authorization", token)
            .json(body)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn show(&self, dataset: Uuid) -> Value {
        let (status, body) = self
            .action("package_show", &json!({"id": dataset}), &self.editor)
            .await;
        assert_eq!(status, 200, "{body}");
        body["result"].clone()
    }

    async fn fault(&self, fault: &Value) {
        let url = format!("{}/_faults", self.url);
        self.http
            .post(url)
            .body(fault.to_string())
            .send()
            .await
            .unwrap();
    }

    async fn no_faults(&self) {
        let url = format!("{}/_faults", self.url);
        self.http.delete(url).send().await.unwrap();
    }

    /// Calls per action since the last `no_faults`.
    async fn calls(&self) -> BTreeMap<String, u64> {
        let url = format!("{}/_faults", self.url);
        let body: Value = self
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        serde_json::from_value(body["calls"].clone()).unwrap()
    }

    async fn download(&self, url: &str) -> Vec<u8> {
        let answer = self
            .http
            .get(url)
            .header("Authorization", &self.editor)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{url}");
        answer.bytes().await.unwrap().to_vec()
    }
}

fn unique() -> Uuid {
    use std::io::Read;
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")
        .unwrap()
        .read_exact(&mut bytes)
        .unwrap();
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[derive(Default)]
struct Memory {
    blobs: Mutex<BTreeMap<String, Bytes>>,
    done: Mutex<BTreeSet<String>>,
    known: Mutex<BTreeMap<Uuid, String>>,
    opened: AtomicU64,
}

impl Memory {
    fn keep(&self, content: &[u8]) -> (String, u64) {
        let sha256 = hex::encode(Sha256::digest(content));
        self.blobs
            .lock()
            .unwrap()
            .insert(sha256.clone(), Bytes::copy_from_slice(content));
        (sha256, content.len() as u64)
    }

    fn forget_steps(&self) {
        self.done.lock().unwrap().clear();
    }
}

#[async_trait]
impl ContentStore for Memory {
    async fn open(
        &self,
        sha256: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, PortError>>, PortError> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let blob = self.blobs.lock().unwrap().get(sha256).cloned().unwrap();
        let chunks: Vec<Result<Bytes, PortError>> = blob
            .chunks(65536)
            .map(|c| Ok(Bytes::copy_from_slice(c)))
            .collect();
        Ok(futures::stream::iter(chunks).boxed())
    }
}

#[async_trait]
impl Journal for Memory {
    async fn is_done(&self, step: &str) -> Result<bool, PortError> {
        Ok(self.done.lock().unwrap().contains(step))
    }

    async fn done(&self, step: &str, _: &Value) -> Result<(), PortError> {
        self.done.lock().unwrap().insert(step.to_owned());
        Ok(())
    }

    async fn known_sha256(&self, resource: Uuid) -> Result<Option<String>, PortError> {
        Ok(self.known.lock().unwrap().get(&resource).cloned())
    }

    async fn remember_sha256(&self, resource: Uuid, sha256: &str) -> Result<(), PortError> {
        self.known
            .lock()
            .unwrap()
            .insert(resource, sha256.to_owned());
        Ok(())
    }
}

fn record() -> Value {
    json!({
        "type": "dataset", "collection": "primary",
        "title_translated": {"en": "Arrivals", "fr": "Arrivées"},
        "notes_translated": {"en": "Monthly arrivals", "fr": "Arrivées mensuelles"},
        "keywords": {"en": ["immigration"], "fr": ["immigration"]},
        "subject": ["persons", "law"], "frequency": "P1M", "date_published": "2026-01-02",
        "jurisdiction": "federal", "license_id": "ca-ogl-lgo", "restrictions": "unrestricted",
        "imso_approval": "true", "ready_to_publish": "true",
        "maintainer_email": "open-ouvert@example.org", "source_id": "gcdocs:1",
        "time_period_coverage_start": "2025-01-01", "creator": "",
        "spatial": "{\"type\": \"Point\", \"coordinates\": [-75.7, 45.4]}",
    })
}

fn fields(value: &Value) -> Fields {
    value
        .as_object()
        .unwrap()
        .iter()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

fn resource(dataset: Uuid, name: &str, content: &[u8], memory: &Memory) -> ResourceDesired {
    let (sha256, size_bytes) = memory.keep(content);
    ResourceDesired {
        id: Uuid::new_v5(&dataset, name.as_bytes()),
        fields: fields(&json!({
            "name_translated": {"en": name, "fr": format!("{name} (fr)")},
            "resource_type": "dataset", "language": ["fr", "en"], "format": "CSV",
        })),
        file_name: name.to_owned(),
        media_type: "text/csv".to_owned(),
        size_bytes,
        sha256,
    }
}

fn dataset(id: Uuid, memory: &Memory) -> DatasetDesired {
    DatasetDesired {
        id,
        fields: fields(&record()),
        resources: vec![
            resource(id, "arrivals-en.csv", b"year,n\n2026,1\n", memory),
            resource(
                id,
                "Arrivées fr.csv",
                "année,n\n2026,1\n".as_bytes(),
                memory,
            ),
        ],
    }
}

async fn plan(
    target: &CkanTarget,
    wanted: &DatasetDesired,
    memory: &Memory,
) -> Result<DatasetPlan, PortError> {
    let after = target.canonical(wanted.clone());
    let before = target.observe(wanted.id, memory).await?;
    Ok(DatasetPlan {
        dataset: wanted.id,
        changes: difference(&after, before.as_ref()),
        before,
        after: Some(after),
    })
}

/// Plans and applies once.
async fn push(
    target: &CkanTarget,
    wanted: &DatasetDesired,
    memory: &Memory,
) -> Result<Applied, PortError> {
    let plan = plan(target, wanted, memory).await?;
    memory.forget_steps();
    target.apply(&plan, memory, memory).await
}

/// As the queue does: again while that can help. Gives the number of attempts.
async fn push_until_done(target: &CkanTarget, wanted: &DatasetDesired, memory: &Memory) -> u32 {
    for attempt in 1..=6 {
        match push(target, wanted, memory).await {
            Ok(_) => return attempt,
            Err(error) => assert!(error.is_temporary(), "{} {error}", error.code),
        }
    }
    panic!("did not converge");
}

/// One dataset, published, with exactly these resources and these bytes.
async fn assert_published(portal: &Portal, wanted: &DatasetDesired, memory: &Memory) {
    let shown = portal.show(wanted.id).await;
    assert_eq!(shown["ready_to_publish"], "true");
    assert_eq!(shown["state"], "active");
    let there: Vec<&str> = shown["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].as_str().unwrap())
        .collect();
    let ids: Vec<String> = wanted.resources.iter().map(|r| r.id.to_string()).collect();
    assert_eq!(there.len(), ids.len(), "{there:?}");
    for (resource, wanted) in wanted.resources.iter().map(|w| {
        let found = shown["resources"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["id"] == w.id.to_string());
        (found.unwrap(), w)
    }) {
        let content = portal.download(resource["url"].as_str().unwrap()).await;
        assert_eq!(hex::encode(Sha256::digest(&content)), wanted.sha256);
        assert_eq!(resource["size"], wanted.size_bytes);
    }
    let search = json!({"q": format!("extras_source_id:\"gcdocs:1\" AND id:{}", wanted.id), "include_private": true});
    let (_, found) = portal
        .action("package_search", &search, &portal.editor)
        .await;
    assert_eq!(found["result"]["count"], 1);
    assert!(
        plan(&portal.target(), wanted, memory)
            .await
            .unwrap()
            .changes
            .is_empty()
    );
}

#[tokio::test]
async fn twice_is_once() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (portal.target(), Memory::default());
    let wanted = dataset(unique(), &memory);
    assert_eq!(target.validate(&wanted, day(2026, 11, 24)), []);

    let first = push(&target, &wanted, &memory).await.unwrap();
    assert_eq!(
        first.writes, 3,
        "create, both files in one request, publish"
    );
    assert_eq!(
        first.bytes_sent,
        wanted.resources.iter().map(|r| r.size_bytes).sum::<u64>()
    );
    assert!(first.address.unwrap().ends_with(&wanted.id.to_string()));
    assert_published(&portal, &wanted, &memory).await;
    let shown = portal.show(wanted.id).await;

    portal.no_faults().await;
    let again = push(&target, &wanted, &memory).await.unwrap();
    assert_eq!((again.writes, again.bytes_sent), (0, 0));
    let calls = portal.calls().await;
    assert_eq!(calls.keys().collect::<Vec<_>>(), ["package_show"]);
    assert_eq!(portal.show(wanted.id).await, shown);

    // A lost journal costs downloads, not writes.
    let fresh = Memory::default();
    let same = dataset(wanted.id, &fresh);
    let plan = plan(&target, &same, &fresh).await.unwrap();
    assert_eq!(plan.changes.len(), 2);
    assert_eq!(target.apply(&plan, &fresh, &fresh).await.unwrap().writes, 0);
    assert_eq!(portal.show(wanted.id).await, shown);
}

#[tokio::test]
async fn a_stored_plan_applied_again_does_nothing() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (portal.target(), Memory::default());
    let wanted = dataset(unique(), &memory);
    let plan = plan(&target, &wanted, &memory).await.unwrap();
    target.apply(&plan, &memory, &memory).await.unwrap();
    assert_eq!(
        target.apply(&plan, &memory, &memory).await.unwrap().writes,
        0
    );
    memory.forget_steps();
    assert_eq!(
        target.apply(&plan, &memory, &memory).await.unwrap().writes,
        0
    );
    assert_published(&portal, &wanted, &memory).await;
}

#[tokio::test]
async fn changes_are_one_atomic_write() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (portal.target(), Memory::default());
    let mut wanted = dataset(unique(), &memory);
    push(&target, &wanted, &memory).await.unwrap();

    // Content of both languages; same size, so that only our own checksum can tell.
    let id = wanted.id;
    wanted.resources = vec![
        resource(id, "arrivals-en.csv", b"year,n\n2026,2\n", &memory),
        resource(
            id,
            "Arrivées fr.csv",
            "année,n\n2026,2\n".as_bytes(),
            &memory,
        ),
    ];
    let plan_now = plan(&target, &wanted, &memory).await.unwrap();
    assert!(matches!(
        plan_now.changes[..],
        [Change::ReplaceContent { .. }, Change::ReplaceContent { .. }]
    ));
    let applied = push(&target, &wanted, &memory).await.unwrap();
    assert_eq!(applied.writes, 1);
    assert_published(&portal, &wanted, &memory).await;

    // Metadata set, changed and taken away; a resource gone, one new, one renamed and longer.
    wanted.fields.insert("frequency".to_owned(), json!("P1Y"));
    wanted
        .fields
        .insert("audience".to_owned(), json!(["youth", "media"]));
    wanted
        .fields
        .insert("source_id".to_owned(), json!("gcdocs:1"));
    for gone in ["maintainer_email", "spatial", "time_period_coverage_start"] {
        wanted.fields.remove(gone);
    }
    wanted.resources = vec![
        resource(id, "arrivals-en.csv", b"year,n\n2026,2\n2027,3\n", &memory),
        resource(id, "new.csv", b"a,b\n", &memory),
    ];
    wanted.resources[0].fields.insert(
        "description_translated".to_owned(),
        json!({"en": "d", "fr": "d"}),
    );
    assert_eq!(push(&target, &wanted, &memory).await.unwrap().writes, 1);
    assert_published(&portal, &wanted, &memory).await;
    let shown = portal.show(id).await;
    assert_eq!(shown["frequency"], "P1Y");
    assert_eq!(shown["audience"], json!(["media", "youth"]));
    for gone in ["maintainer_email", "spatial"] {
        assert!(shown[gone].is_null() || shown[gone] == "", "{gone}");
    }

    // Lists and languages get shorter, too.
    wanted
        .fields
        .insert("subject".to_owned(), json!(["persons"]));
    wanted
        .fields
        .insert("audience".to_owned(), json!(["youth"]));
    wanted.fields.insert(
        "keywords".to_owned(),
        json!({"en": ["arrivals"], "fr-t-en": ["arrivées"]}),
    );
    wanted.fields.insert(
        "title_translated".to_owned(),
        json!({"en": "Arrivals", "fr-t-en": "Arrivées"}),
    );
    wanted.resources[0]
        .fields
        .insert("language".to_owned(), json!(["en"]));
    wanted.resources[0]
        .fields
        .insert("description_translated".to_owned(), json!({"en": "d"}));
    assert_eq!(push(&target, &wanted, &memory).await.unwrap().writes, 1);
    assert_published(&portal, &wanted, &memory).await;
    assert_eq!(
        portal.show(id).await["title_translated"],
        json!({"en": "Arrivals", "fr-t-en": "Arrivées"})
    );

    // Metadata of a resource alone: the download address stays.
    let url = shown["resources"][0]["url"].clone();
    wanted.resources[0]
        .fields
        .insert("character_set".to_owned(), json!("UTF-8"));
    assert_eq!(
        push(&target, &wanted, &memory).await.unwrap(),
        Applied {
            writes: 1,
            bytes_sent: 0,
            address: Some(format!("{}/dataset/{id}", portal.url)),
        }
    );
    assert_published(&portal, &wanted, &memory).await;
    assert_eq!(portal.show(id).await["resources"][0]["url"], url);
    wanted.resources[0].fields.remove("character_set");
    assert_eq!(push(&target, &wanted, &memory).await.unwrap().writes, 1);
    assert_published(&portal, &wanted, &memory).await;
}

#[tokio::test]
async fn every_fault_on_every_action_converges() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let faults = [
        json!({"mode": "status", "status": 429, "headers": {"Retry-After": "0"}}),
        json!({"mode": "status", "status": 503}),
        json!({"mode": "status", "status": 504}),
        json!({"mode": "html"}),
        json!({"mode": "lost"}),
        json!({"mode": "error_after"}),
        json!({"mode": "slow", "seconds": 2}),
    ];
    // Which call: creation; the files; publication; reading first and later.
    let places = [
        ("package_create", 0),
        ("package_revise", 0),
        ("package_revise", 1),
        ("package_show", 0),
        ("package_show", 3),
    ];
    for fault in &faults {
        for (action, skip) in places {
            let target = portal.target_with(&portal.editor, "timeout_seconds = 1");
            let memory = Memory::default();
            let wanted = dataset(unique(), &memory);
            portal.no_faults().await;
            let mut armed = fault.clone();
            armed["action"] = json!(action);
            armed["skip"] = json!(skip);
            armed["times"] = json!(if fault["mode"] == "slow" { 1 } else { 2 });
            portal.fault(&armed).await;
            let attempts = push_until_done(&target, &wanted, &memory).await;
            println!("{armed}: {attempts} attempts, {:?}", portal.calls().await);
            portal.no_faults().await;
            assert_published(&portal, &wanted, &memory).await;

            // The same faults on an update of what is public.
            let mut wanted = wanted;
            wanted.fields.insert("frequency".to_owned(), json!("P1D"));
            wanted.resources[0] =
                resource(wanted.id, "arrivals-en.csv", b"year,n\n2026,9\n", &memory);
            wanted.resources.truncate(1);
            wanted
                .resources
                .push(resource(wanted.id, "more.csv", b"x\n", &memory));
            if action != "package_create" {
                armed["skip"] = json!(if action == "package_revise" { 0 } else { skip });
                portal.fault(&armed).await;
            }
            push_until_done(&target, &wanted, &memory).await;
            portal.no_faults().await;
            assert_published(&portal, &wanted, &memory).await;
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_read_back_and_not_repeated() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    for mode in ["lost", "error_after"] {
        for (action, skip) in [
            ("package_create", 0),
            ("package_revise", 0),
            ("package_revise", 1),
        ] {
            let (target, memory) = (portal.target(), Memory::default());
            let wanted = dataset(unique(), &memory);
            portal.no_faults().await;
            portal
                .fault(&json!({"mode": mode, "action": action, "skip": skip}))
                .await;
            push(&target, &wanted, &memory).await.unwrap();
            let calls = portal.calls().await;
            assert_eq!(
                (calls["package_create"], calls["package_revise"]),
                (1, 2),
                "{mode} {action}"
            );
            assert_eq!(
                memory.opened.load(Ordering::SeqCst),
                2,
                "each file sent once"
            );
            assert_published(&portal, &wanted, &memory).await;
        }
    }
}

#[tokio::test]
async fn retry_after_is_told_to_the_queue() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (portal.target(), Memory::default());
    let wanted = dataset(unique(), &memory);
    for (fault, code, after) in [
        (
            json!({"mode": "status", "status": 429, "headers": {"Retry-After": "17"}}),
            "busy",
            Some(17),
        ),
        (
            json!({"mode": "status", "status": 503, "headers": {"Retry-After": "5"}}),
            "unavailable",
            Some(5),
        ),
        (json!({"mode": "html"}), "server_error", None),
        (
            json!({"mode": "status", "status": 504}),
            "server_error",
            None,
        ),
        (json!({"mode": "lost"}), "no_answer", None),
    ] {
        portal.no_faults().await;
        let mut fault = fault;
        fault["action"] = json!("package_show");
        portal.fault(&fault).await;
        let error = target.observe(wanted.id, &memory).await.unwrap_err();
        assert_eq!(error.code, code);
        assert_eq!(
            error.retry,
            Retry::Temporary {
                after: after.map(std::time::Duration::from_secs)
            }
        );
    }
    // A 404 page that is not CKAN's is no proof that there is no such dataset.
    portal.no_faults().await;
    portal
        .fault(&json!({"mode": "status", "status": 404, "action": "package_show"}))
        .await;
    assert_eq!(
        target.observe(wanted.id, &memory).await.unwrap_err().code,
        "not_ckan"
    );
    portal.no_faults().await;
    portal
        .fault(&json!({"mode": "status", "status": 413, "action": "package_create"}))
        .await;
    assert_eq!(
        push(&target, &wanted, &memory).await.unwrap_err().code,
        "too_large"
    );
    assert_eq!(target.observe(wanted.id, &memory).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_public_before_the_files_are_right() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (portal.target(), Memory::default());
    let wanted = dataset(unique(), &memory);
    portal
        .fault(&json!({"mode": "status", "status": 503, "action": "package_revise", "skip": 1}))
        .await;
    push(&target, &wanted, &memory).await.unwrap_err();
    let shown = portal.show(wanted.id).await;
    assert_eq!(shown["ready_to_publish"], "false");
    assert_eq!(shown["resources"].as_array().unwrap().len(), 2);
    let seen = target.observe(wanted.id, &memory).await.unwrap().unwrap();
    assert_eq!(seen.state, PublicState::Draft);
    // Going on: only the last step is left.
    assert_eq!(push(&target, &wanted, &memory).await.unwrap().writes, 1);
    assert_published(&portal, &wanted, &memory).await;
}

#[tokio::test]
async fn damaged_on_the_way_is_noticed_and_sent_again() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (portal.target(), Memory::default());
    let wanted = dataset(unique(), &memory);
    // The store gives other bytes of the same length than the plan names.
    let right = memory
        .blobs
        .lock()
        .unwrap()
        .insert(
            wanted.resources[0].sha256.clone(),
            Bytes::from_static(b"XXXX,X\n2026,1\n"),
        )
        .unwrap();
    let error = push(&target, &wanted, &memory).await.unwrap_err();
    assert_eq!(error.code, "content_differs");
    assert!(error.is_temporary());
    assert_eq!(portal.show(wanted.id).await["ready_to_publish"], "false");
    memory
        .blobs
        .lock()
        .unwrap()
        .insert(wanted.resources[0].sha256.clone(), right);
    push(&target, &wanted, &memory).await.unwrap();
    assert_published(&portal, &wanted, &memory).await;
    // A stream that is shorter than announced never becomes a file.
    let mut wanted = wanted;
    wanted.resources[0] = resource(wanted.id, "arrivals-en.csv", b"year,n\n2026,5\n", &memory);
    let full = memory
        .blobs
        .lock()
        .unwrap()
        .insert(
            wanted.resources[0].sha256.clone(),
            Bytes::from_static(b"year"),
        )
        .unwrap();
    assert!(
        push(&target, &wanted, &memory)
            .await
            .unwrap_err()
            .is_temporary()
    );
    memory
        .blobs
        .lock()
        .unwrap()
        .insert(wanted.resources[0].sha256.clone(), full);
    push(&target, &wanted, &memory).await.unwrap();
    assert_published(&portal, &wanted, &memory).await;
}

fn withdrawal(id: Uuid, before: Option<DatasetSeen>) -> DatasetPlan {
    DatasetPlan {
        dataset: id,
        before,
        after: None,
        changes: vec![Change::Withdraw {
            reason: Bilingual::new("Restricted", "Restreint"),
        }],
    }
}

#[tokio::test]
async fn withdrawal_and_return() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (portal.target(), Memory::default());
    let wanted = dataset(unique(), &memory);
    push(&target, &wanted, &memory).await.unwrap();
    // Extras of others stay.
    let extras =
        json!([{"key": "source_id", "value": "gcdocs:1"}, {"key": "theirs", "value": "x"}]);
    portal
        .action(
            "package_patch",
            &json!({"id": wanted.id, "extras": extras}),
            &portal.editor,
        )
        .await;
    let before = target.observe(wanted.id, &memory).await.unwrap();
    let plan = withdrawal(wanted.id, before);
    portal.no_faults().await;
    portal
        .fault(&json!({"mode": "lost", "action": "package_revise"}))
        .await;
    assert_eq!(
        target.apply(&plan, &memory, &memory).await.unwrap().writes,
        1
    );
    assert_eq!(
        target.apply(&plan, &memory, &memory).await.unwrap().writes,
        0
    );
    let shown = portal.show(wanted.id).await;
    assert_eq!(shown["ready_to_publish"], "false");
    assert_eq!(shown["state"], "active");
    assert_eq!(shown["resources"].as_array().unwrap().len(), 2);
    assert!(
        shown["extras"]
            .as_array()
            .unwrap()
            .contains(&json!({"key": "theirs", "value": "x"}))
    );
    let seen = target.observe(wanted.id, &memory).await.unwrap().unwrap();
    assert_eq!(seen.state, PublicState::Withdrawn);
    // Back again.
    assert_eq!(push(&target, &wanted, &memory).await.unwrap().writes, 1);
    assert_published(&portal, &wanted, &memory).await;
    let shown = portal.show(wanted.id).await;
    assert_eq!(shown["extras"], extras);
    // Withdrawing what is not there is done already.
    assert_eq!(
        target
            .apply(&withdrawal(unique(), None), &memory, &memory)
            .await
            .unwrap()
            .writes,
        0
    );
}

/// Tables are there by column, with types and all rows, and follow when the file changes.
#[tokio::test]
async fn tables_are_loaded_with_types() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (
        portal.target_with(&portal.editor, "datastore = true"),
        Memory::default(),
    );
    let id = unique();
    let rows = |n: u32| -> Vec<u8> {
        let lines: Vec<String> = (0..n)
            .map(|i| format!("{i},2026-01-{:02},\"é, {i}\"\r\n", i % 28 + 1))
            .collect();
        format!("n,day,note\r\n--,,x\r\n{}", lines.concat()).into_bytes()
    };
    let schema = json!({
        "fields": [{"name": "n", "type": "integer", "title": "Number"}, {"name": "day", "type": "date"}, {"name": "note", "type": "string"}],
        "missingValues": ["", "--"],
    });
    let mut wanted = dataset(id, &memory);
    let table = |n: u32| resource(id, "table.csv", &rows(n), &memory);
    let described = {
        let mut one = resource(
            id,
            "table.schema.json",
            schema.to_string().as_bytes(),
            &memory,
        );
        one.fields.insert("format".to_owned(), json!("JSON"));
        one.media_type = "application/json".to_owned();
        one
    };
    wanted.resources = vec![table(4500), described];
    let asked = &portal;
    let search = move |body: Value| async move {
        let (status, answer) = asked.action("datastore_search", &body, &asked.editor).await;
        assert_eq!(status, 200, "{answer}");
        answer["result"].clone()
    };
    push(&target, &wanted, &memory).await.unwrap();
    let resource = wanted.resources[0].id;
    let found = search(json!({"resource_id": resource, "filters": {"n": 7}})).await;
    assert_eq!(found["records"][0]["note"], "é, 7", "{found}");
    let kinds: Vec<(String, String)> = found["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            let text = |name: &str| field[name].as_str().unwrap().to_owned();
            (text("id"), text("type"))
        })
        .filter(|(id, _)| id != "_id")
        .collect();
    let kind = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
    assert_eq!(
        kinds,
        [
            kind("n", "numeric"),
            kind("day", "date"),
            kind("note", "text")
        ]
    );
    let all = search(json!({"resource_id": resource, "limit": 0})).await;
    assert_eq!(all["total"], 4501);
    assert_published(&portal, &wanted, &memory).await;
    assert_eq!(push(&target, &wanted, &memory).await.unwrap().writes, 0);

    // Another file: the old rows are gone.
    wanted.resources[0] = table(10);
    push(&target, &wanted, &memory).await.unwrap();
    let all = search(json!({"resource_id": resource, "limit": 0})).await;
    assert_eq!(all["total"], 11);

    // A lost answer in the middle neither doubles nor loses rows.
    portal
        .fault(&json!({"action": "datastore_upsert", "mode": "lost"}))
        .await;
    wanted.resources[0] = table(2500);
    push_until_done(&target, &wanted, &memory).await;
    portal.no_faults().await;
    let all = search(json!({"resource_id": resource, "limit": 0})).await;
    assert_eq!(all["total"], 2501);
}

#[tokio::test]
async fn a_deleted_record_is_revived() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (portal.target(), Memory::default());
    let wanted = dataset(unique(), &memory);
    push(&target, &wanted, &memory).await.unwrap();
    portal
        .action("package_delete", &json!({"id": wanted.id}), &portal.editor)
        .await;
    let seen = target.observe(wanted.id, &memory).await.unwrap().unwrap();
    assert_eq!(seen.state, PublicState::Withdrawn);
    push(&target, &wanted, &memory).await.unwrap();
    assert_published(&portal, &wanted, &memory).await;
}

#[tokio::test]
async fn drift_is_refused() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (portal.target(), Memory::default());
    let mut wanted = dataset(unique(), &memory);
    push(&target, &wanted, &memory).await.unwrap();
    wanted.fields.insert("frequency".to_owned(), json!("P1D"));
    let stale = plan(&target, &wanted, &memory).await.unwrap();
    let id = wanted.id;

    // What is not ours may move: the release date, other extras.
    portal
        .action(
            "package_patch",
            &json!({"id": id, "portal_release_date": "2026-01-03"}),
            &portal.admin,
        )
        .await;
    assert_eq!(
        target.apply(&stale, &memory, &memory).await.unwrap().writes,
        1
    );
    assert_eq!(portal.show(id).await["portal_release_date"], "2026-01-03");

    for by_hand in [
        json!({"title_translated": {"en": "By hand", "fr": "À la main"}}),
        json!({"frequency": "P2Y"}),
        json!({"ready_to_publish": "false"}),
        json!({"maintainer_email": ""}),
    ] {
        wanted
            .fields
            .insert("creator".to_owned(), json!(unique().to_string()));
        let stale = plan(&target, &wanted, &memory).await.unwrap();
        let mut patch = by_hand.clone();
        patch["id"] = json!(id);
        portal.action("package_patch", &patch, &portal.editor).await;
        let shown = portal.show(id).await;
        let error = target.apply(&stale, &memory, &memory).await.unwrap_err();
        assert_eq!(
            (error.code, error.retry),
            ("drifted", Retry::NeedsPerson),
            "{by_hand}"
        );
        assert_eq!(portal.show(id).await, shown, "nothing was written");
        // A new plan shows the edit, and goes.
        push(&target, &wanted, &memory).await.unwrap();
    }
    // A record made by somebody else under the same id.
    let (other, fresh) = (unique(), Memory::default());
    let wanted = dataset(other, &fresh);
    let stale = plan(&target, &wanted, &fresh).await.unwrap();
    let mut body = record();
    for (name, value) in [
        ("id", json!(other)),
        ("owner_org", json!(portal.organization)),
        ("creator", json!("x")),
    ] {
        body[name] = value;
    }
    body.as_object_mut().unwrap().remove("source_id");
    let (status, _) = portal.action("package_create", &body, &portal.editor).await;
    assert_eq!(status, 200);
    assert_eq!(
        target.apply(&stale, &fresh, &fresh).await.unwrap_err().code,
        "drifted"
    );
}

#[tokio::test]
async fn two_writers_one_dataset() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let memory = Memory::default();
    let wanted = dataset(unique(), &memory);
    // Two processes: neither sees the other's lock.
    let (one, two) = (portal.target(), portal.target());
    let again = |target| {
        let (wanted, memory) = (&wanted, &memory);
        async move { push_until_done(target, wanted, memory).await }
    };
    futures::future::join(again(&one), again(&two)).await;
    assert_published(&portal, &wanted, &memory).await;
    // One process: they wait for each other.
    portal.no_faults().await;
    let wanted = dataset(unique(), &memory);
    let plan = plan(&one, &wanted, &memory).await.unwrap();
    let (a, b) = futures::future::join(
        one.apply(&plan, &memory, &memory),
        one.apply(&plan, &memory, &memory),
    )
    .await;
    assert_eq!(a.unwrap().writes + b.unwrap().writes, 3);
    assert_published(&portal, &wanted, &memory).await;
}

#[tokio::test]
async fn held_until_a_person_on_the_portal_says_when() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (
        portal.target_with(&portal.editor, "ready_to_publish = false"),
        Memory::default(),
    );
    let wanted = dataset(unique(), &memory);
    push(&target, &wanted, &memory).await.unwrap();
    let shown = portal.show(wanted.id).await;
    assert_eq!(shown["ready_to_publish"], "false");
    assert_eq!(push(&target, &wanted, &memory).await.unwrap().writes, 0);
    // The officer does; we leave it so.
    portal
        .action(
            "package_patch",
            &json!({"id": wanted.id, "ready_to_publish": "true"}),
            &portal.editor,
        )
        .await;
    assert_eq!(push(&target, &wanted, &memory).await.unwrap().writes, 0);
    assert_eq!(portal.show(wanted.id).await["ready_to_publish"], "true");
    // The option is changed: our mark goes.
    assert_eq!(
        push(&portal.target(), &wanted, &memory)
            .await
            .unwrap()
            .writes,
        1
    );
    assert_published(&portal, &wanted, &memory).await;
}

#[tokio::test]
async fn a_bad_token_is_not_a_missing_role() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let memory = Memory::default();
    for (token, code, lines) in [
        (
            "nonsense",
            "bad_token",
            vec![("reach", true), ("log_in", false)],
        ),
        (
            portal.outsider.as_str(),
            "forbidden",
            vec![
                ("reach", true),
                ("log_in", true),
                ("create_right", false),
                ("upload_limit", true),
            ],
        ),
    ] {
        let target = portal.target_with(token, "");
        let wanted = dataset(unique(), &memory);
        let error = push(&target, &wanted, &memory).await.unwrap_err();
        assert_eq!((error.code, error.retry), (code, Retry::NeedsPerson));
        assert!(
            !format!("{error} {error:?}").contains(token),
            "the token is in the error"
        );
        let told: Vec<(&str, bool)> = target
            .check()
            .await
            .iter()
            .map(|line| (line.what, line.ok))
            .collect();
        assert_eq!(told, lines);
    }
    let good = portal.target().check().await;
    assert!(good.iter().all(|line| line.ok), "{good:?}");
    let elsewhere = portal.target_with(&portal.editor, "organization = \"other-org\"");
    assert!(
        elsewhere
            .check()
            .await
            .iter()
            .any(|line| line.what == "create_right" && !line.ok)
    );
    let wanted = dataset(unique(), &memory);
    assert_eq!(
        push(&elsewhere, &wanted, &memory).await.unwrap_err().code,
        "forbidden"
    );
}

#[tokio::test]
async fn too_large_is_refused_before_sending() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (
        portal.target_with(&portal.editor, "upload_limit_mb = 1"),
        Memory::default(),
    );
    let mut wanted = dataset(unique(), &memory);
    wanted.resources.push(resource(
        wanted.id,
        "large.csv",
        &vec![b'x'; 1024 * 1024 + 1],
        &memory,
    ));
    let problems = target.validate(&wanted, day(2026, 11, 24));
    assert_eq!(names(&problems), ["resources[2].upload"]);
    let plan = plan(&target, &wanted, &memory).await.unwrap();
    portal.no_faults().await;
    let error = target.apply(&plan, &memory, &memory).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("too_large", Retry::NeedsPerson));
    assert!(portal.calls().await.is_empty(), "nothing was sent");
    // Files that together exceed one request go in several, and are published after the last.
    wanted.resources.truncate(2);
    for name in ["a.csv", "b.csv", "c.csv"] {
        wanted.resources.push(resource(
            wanted.id,
            name,
            &vec![name.as_bytes()[0]; 700_000],
            &memory,
        ));
    }
    let applied = push(&target, &wanted, &memory).await.unwrap();
    assert_eq!(
        applied.writes, 5,
        "create, three requests with files, publish"
    );
    assert_published(&portal, &wanted, &memory).await;
}

#[tokio::test]
async fn too_many_files_are_refused_before_sending() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (
        portal.target_with(&portal.editor, "most_resources = 2"),
        Memory::default(),
    );
    let mut wanted = dataset(unique(), &memory);
    assert!(target.validate(&wanted, day(2026, 11, 24)).is_empty());
    wanted
        .resources
        .push(resource(wanted.id, "third.csv", b"a,b\n1,2\n", &memory));
    let problems = target.validate(&wanted, day(2026, 11, 24));
    assert_eq!(names(&problems), ["resources"]);
    assert_eq!(problems[0].code, "too_many");
}

#[tokio::test]
async fn all_field_errors_at_once() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (portal.target(), Memory::default());
    let mut wanted = dataset(unique(), &memory);
    for (name, value) in [
        ("frequency", json!("monthly")),
        ("subject", json!(["x"])),
        ("maintainer_email", json!("a b")),
    ] {
        wanted.fields.insert(name.to_owned(), value);
    }
    wanted.fields.remove("title_translated");
    // What we say before sending, and what the portal says when it is sent all the same.
    let ours: BTreeSet<String> = names(&target.validate(&wanted, day(2026, 11, 24)))
        .into_iter()
        .collect();
    let error = push(&target, &wanted, &memory).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("invalid", Retry::Permanent));
    for field in [
        "frequency",
        "subject",
        "maintainer_email",
        "title_translated-en",
        "title_translated-fr",
    ] {
        assert!(ours.contains(field), "{field}");
    }
    for label in [
        "How often it is updated",
        "Subject",
        "Contact e-mail",
        "Title (title_translated-fr)",
    ] {
        assert!(error.message.en.contains(label), "{error}");
    }
    assert!(error.message.fr.contains("Fréquence de mise à jour"));
    assert_eq!(target.observe(wanted.id, &memory).await.unwrap(), None);
}

#[tokio::test]
async fn requests_are_paced() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (target, memory) = (
        portal.target_with(&portal.editor, "requests_per_second = 20"),
        Memory::default(),
    );
    let begun = std::time::Instant::now();
    for _ in 0..11 {
        target.observe(unique(), &memory).await.unwrap();
    }
    assert!(begun.elapsed() >= std::time::Duration::from_millis(500));
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn names(problems: &[FieldProblem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| problem.field.clone())
        .collect()
}

/// The fields that the portal names, without their language; `None` when it accepts.
async fn portal_says(portal: &Portal, body: &Value) -> Option<BTreeSet<String>> {
    fn collect(prefix: &str, errors: &Value, found: &mut BTreeSet<String>) {
        for (name, value) in errors
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name != "__type")
        {
            for (index, entry) in value.as_array().into_iter().flatten().enumerate() {
                if entry.is_object() {
                    collect(&format!("{prefix}{name}[{index}]."), entry, found);
                } else {
                    found.insert(bare(&format!("{prefix}{name}")));
                }
            }
        }
    }
    let (status, answer) = portal.action("package_create", body, &portal.editor).await;
    match status {
        200 => {
            portal
                .action(
                    "package_delete",
                    &json!({"id": answer["result"]["id"]}),
                    &portal.editor,
                )
                .await;
            None
        }
        409 => {
            let mut found = BTreeSet::new();
            collect("", &answer["error"], &mut found);
            Some(found)
        }
        // Where its rules break down, it does not say on which field.
        _ => Some(BTreeSet::from(["(error)".to_owned()])),
    }
}

fn bare(field: &str) -> String {
    field
        .strip_suffix("-en")
        .or_else(|| field.strip_suffix("-fr"))
        .unwrap_or(field)
        .to_owned()
}

/// How we and the portal differ about a record; `None` when both say the same of the same fields.
async fn disagreement(portal: &Portal, body: &Value, today: NaiveDate) -> Option<String> {
    let mut ours = fields(body);
    let resources: Vec<ResourceDesired> = ours
        .remove("resources")
        .and_then(|list| list.as_array().cloned())
        .into_iter()
        .flatten()
        .map(|one| {
            let mut fields = fields(&one);
            fields.remove("url");
            ResourceDesired {
                id: Uuid::nil(),
                fields,
                file_name: "a.csv".to_owned(),
                media_type: "text/csv".to_owned(),
                size_bytes: 0,
                sha256: String::new(),
            }
        })
        .collect();
    let ours: BTreeSet<String> = registry::validate(&ours, &resources, today)
        .iter()
        .map(|p| bare(&p.field))
        .collect();
    let theirs = portal_says(portal, body).await;
    let same = match &theirs {
        None => ours.is_empty(),
        Some(fields) if fields.contains("(error)") => !ours.is_empty(),
        Some(fields) => *fields == ours,
    };
    (!same).then(|| format!("{body}\n  portal: {theirs:?}\n  ours:   {ours:?}"))
}

/// A record that is right, owned by the test's organization.
fn plain_record(portal: &Portal) -> Value {
    let mut body = record();
    body.as_object_mut().unwrap().retain(|name, _| {
        !matches!(
            name.as_str(),
            "source_id" | "spatial" | "maintainer_email" | "time_period_coverage_start" | "creator"
        )
    });
    body["owner_org"] = json!(portal.organization);
    body
}

#[tokio::test]
async fn the_registry_gives_the_same_verdict() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let mut cases: Vec<Value> = vec![
        json!({}),
        json!({"type": "info", "collection": "publication"}),
    ];
    for (field, values) in [
        (
            "title_translated",
            json!([null, {}, {"en": "a"}, {"fr": "a"}, {"en": "a", "fr": ""}, {"en": "a", "fr-t-en": "b"}, {"en-t-fr": "a", "fr": "b"},
            {"en": 1, "fr": "b"}, {"en": "a", "fr": "b", "EN": "c"}, {"en": "a", "fr": "b", "de": "c"}, "a", [], "{\"en\":\"a\",\"fr\":\"b\"}"]),
        ),
        ("notes_translated", json!([{"en": "a"}, "x"])),
        (
            "keywords",
            json!([{"en": ["ab"], "fr": ["ab"]}, {"en": ["a"], "fr": ["ab"]}, {"en": [], "fr": ["ab"]}, {"en": "ab", "fr": ["ab"]}, "ab",
            {"en": ["a  b"], "fr": ["ab"]}, {"en": ["a\u{a0}b"], "fr": ["ab"]}, {"en": ["a\u{200b}b"], "fr": ["ab"]}, {"en": ["a\u{ad}b"], "fr": ["ab"]},
            {"en": ["a\tb"], "fr": ["ab"]}, {"en": [" ab "], "fr": ["ab"]}, {"en": [""], "fr": ["ab"]}, {"en": ["a,b;c/d (e) 'f'"], "fr": ["é"]}, {"en": [1], "fr": ["ab"]}]),
        ),
        (
            "subject",
            json!([[], "law", ["law", "law"], ["nope"], ["law", "nope"], {"a": 1}, "nope", [1]]),
        ),
        ("audience", json!([[], ["youth"], ["nope"]])),
        ("geographic_region", json!([["10", "62"], ["24"], ["9999"]])),
        ("topic_category", json!([["farming"], ["nope"]])),
        ("frequency", json!(["P1Y", "", "P1y", "monthly", 1, " P1M"])),
        ("collection", json!(["primary", "nope", ""])),
        ("jurisdiction", json!(["federal", "Federal", ""])),
        ("license_id", json!(["ca-ogl-lgo", "cc-by", ""])),
        ("restrictions", json!(["unrestricted", "restricted"])),
        ("imso_approval", json!(["true", "false", true, "yes", ""])),
        ("ready_to_publish", json!(["false", "yes"])),
        (
            "date_published",
            json!([
                "2026-01-02",
                "2026/1/2",
                "2026-01-02 00:00:00",
                "2026-01-02T10:00:00",
                "",
                "2099-01-01",
                "2026-13-01",
                "x",
                "2026-01"
            ]),
        ),
        ("date_modified", json!(["", "2026-01-02", "2099-01-01"])),
        (
            "time_period_coverage_start",
            json!([
                "",
                "2026-01-02",
                "2099-01-01",
                "x",
                "2026-02-30",
                "2026-01",
                "1867-07-01"
            ]),
        ),
        (
            "maintainer_email",
            json!([
                "",
                "a@b",
                " a@b.ca ",
                "a b@c",
                "a@",
                "@b",
                "a@b..ca",
                "a@-b.ca",
                "o'brien+x@b.ca",
                5
            ]),
        ),
        ("owner_org", json!([""])),
        ("creator", json!(["", "x", 5])),
        ("org_section", json!([{"en": "x"}, {"en": 5}, {}])),
        (
            "spatial",
            json!([
                "",
                "{\"type\":\"Point\",\"coordinates\":[1,2]}",
                "{\"type\":\"Point\",\"coordinates\":[\"1\",2]}",
                "{\"type\":\"Nope\",\"coordinates\":[1]}",
                "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1],[0,0]]]}",
                "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1],[1,0],[0,0]]]}",
                "nonsense"
            ]),
        ),
        (
            "credit",
            json!([[], [{"credit_name": {"en": "x"}}], [{"credit_name": {"en": 5}}]]),
        ),
        (
            "relationship",
            json!([[{"related_relationship": "supersedes", "related_type": "dataset", "related_url": {"en": "https://a", "fr": "https://b"}}],
            [{"related_relationship": "supersedes"}], [{"related_relationship": "nope", "related_type": "nope", "related_url": {"en": "a"}}]]),
        ),
    ] {
        for value in values.as_array().unwrap() {
            cases.push(json!({field: value}));
        }
    }
    for (field, value) in [
        ("issuance", "x"),
        ("issuance", "serial"),
        ("issuance_frequency", "P1M"),
        ("issuance_frequency", "P5Y"),
        ("isbn", "1"),
        ("date_created", "x"),
    ] {
        cases.push(json!({"type": "info", field: value}));
    }
    cases.push(json!({"type": "info", "title_translated": {"en": "a", "fr-t-en": "b"}}));
    cases.push(json!({"date_published": "2099-01-01", "ready_to_publish": "false"}));
    cases.push(json!({"frequency": "x", "subject": [], "keywords": {"en": ["a"]}, "maintainer_email": "x"}));
    let good = json!({"name_translated": {"en": "D", "fr": "D"}, "resource_type": "dataset", "language": ["en"], "format": "CSV", "url": "https://example.org/a.csv"});
    for (field, value) in [
        ("format", json!("CSV")),
        ("format", json!("csv")),
        ("format", json!(" CSV")),
        ("format", json!("PDF/A-1")),
        ("format", json!(5)),
        ("language", json!([])),
        ("language", json!(["zxx"])),
        ("language", json!(["zxx", "en"])),
        ("language", json!("fr")),
        ("language", json!(["xx"])),
        ("resource_type", json!("")),
        ("resource_type", json!("nope")),
        ("name_translated", json!({"en": "a"})),
        ("name_translated", Value::Null),
        ("description_translated", json!({"en": "a"})),
        ("description_translated", json!({"en": 1})),
        ("character_set", json!("UTF-8")),
        ("character_set", json!("utf8")),
        ("data_quality", json!(["data_includes_uris"])),
        ("data_quality", json!(["x"])),
        ("date_published", json!("x")),
        ("unique_identifier", json!("x")),
    ] {
        let mut one = good.clone();
        one[field] = value;
        cases.push(json!({"resources": [good, one]}));
    }
    let today = day(2026, 11, 24);
    let mut wrong = Vec::new();
    for case in &cases {
        let mut body = plain_record(&portal);
        for (name, value) in case.as_object().unwrap() {
            body[name] = value.clone();
        }
        wrong.extend(disagreement(&portal, &body, today).await);
    }
    println!("{} records compared", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_registry_takes_every_value_of_our_lists() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let values = |kind: &str, field: &str| -> Vec<String> {
        let found: Vec<String> = registry::choices(kind, field)
            .into_iter()
            .map(|c| c.value)
            .collect();
        assert!(!found.is_empty(), "{field}");
        found
    };
    let mut body = record();
    body.as_object_mut().unwrap().remove("source_id");
    body["owner_org"] = json!(portal.organization);
    for field in [
        "subject",
        "audience",
        "topic_category",
        "geographic_region",
        "place_of_publication",
    ] {
        body[field] = json!(values("dataset", field));
    }
    let (formats, types, sets) = (
        values("dataset", "format"),
        values("dataset", "resource_type"),
        values("dataset", "character_set"),
    );
    let languages: Vec<String> = values("dataset", "language")
        .into_iter()
        .filter(|l| l != "zxx")
        .collect();
    let pick = |list: &[String], n: usize| list[n % list.len()].clone();
    body["resources"] = (0..formats.len().max(types.len()))
        .map(|n| json!({
            "name_translated": {"en": "D", "fr": "D"}, "url": "https://example.org/a", "language": languages,
            "format": pick(&formats, n), "resource_type": pick(&types, n), "character_set": pick(&sets, n),
        }))
        .collect();
    assert_eq!(portal_says(&portal, &body).await, None);
    body.as_object_mut().unwrap().remove("resources");
    for kind in ["dataset", "info"] {
        for field in [
            "collection",
            "frequency",
            "jurisdiction",
            "license_id",
            "restrictions",
            "imso_approval",
        ] {
            for value in values(kind, field) {
                let mut one = body.clone();
                if kind == "info" {
                    one.as_object_mut().unwrap().remove("topic_category");
                }
                one["type"] = json!(kind);
                one[field] = json!(value);
                assert_eq!(portal_says(&portal, &one).await, None, "{field} {value}");
            }
        }
    }
}

/// Records made at random, always the same ones: right, nearly right and wrong, several things at once.
mod generated {
    use proptest::{
        collection::vec,
        prelude::*,
        sample::{select, subsequence},
        strategy::ValueTree,
        test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
    };

    use super::*;

    /// What is changed about a right record: field and value.
    type Edit = (&'static str, Value);

    fn words() -> impl Strategy<Value = String> {
        "[a-zé][a-zé' ]{0,20}[a-zé]"
            .prop_map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn listed(field: &'static str) -> Vec<String> {
        registry::choices("dataset", field)
            .into_iter()
            .map(|choice| choice.value)
            .collect()
    }

    /// A value that the registry takes.
    fn right() -> BoxedStrategy<Edit> {
        let text = |field: &'static str| {
            (words(), words())
                .prop_map(move |(en, fr)| (field, json!({"en": en, "fr": fr})))
                .boxed()
        };
        let one_of = |field: &'static str| {
            select(listed(field))
                .prop_map(move |value| (field, json!(value)))
                .boxed()
        };
        let some_of = |field: &'static str| {
            let all = listed(field);
            let most = all.len().min(5);
            subsequence(all, 1..=most)
                .prop_map(move |values| (field, json!(values)))
                .boxed()
        };
        let day = |field: &'static str| {
            (1950..2025_i32, 1..=12_u32, 1..=28_u32)
                .prop_map(move |(year, month, day)| {
                    (field, json!(format!("{year}-{month:02}-{day:02}")))
                })
                .boxed()
        };
        let keywords = (vec(words(), 1..4), vec(words(), 1..4))
            .prop_map(|(en, fr)| ("keywords", json!({"en": en, "fr": fr})))
            .boxed();
        let email = ("[a-z]{1,8}", "[a-z]{1,8}")
            .prop_map(|(name, host)| ("maintainer_email", json!(format!("{name}@{host}.ca"))))
            .boxed();
        let creator = words().prop_map(|text| ("creator", json!(text))).boxed();
        proptest::strategy::Union::new([
            text("title_translated"),
            text("notes_translated"),
            one_of("frequency"),
            one_of("jurisdiction"),
            some_of("subject"),
            some_of("audience"),
            some_of("topic_category"),
            some_of("geographic_region"),
            day("date_published"),
            day("time_period_coverage_start"),
            day("time_period_coverage_end"),
            keywords,
            email,
            creator,
        ])
        .boxed()
    }

    /// A value that a sidecar or a mapping could give by mistake; some are taken all the same.
    fn odd() -> BoxedStrategy<Edit> {
        let nonsense = select(vec![
            json!(null),
            json!(""),
            json!("nope"),
            json!(5),
            json!([]),
            json!({}),
            json!(["nope"]),
            json!({"en": "only English"}),
            json!({"fr": "seulement en français"}),
            json!({"en": "a", "fr": ""}),
        ]);
        let fields = vec![
            "title_translated",
            "notes_translated",
            "subject",
            "frequency",
            "collection",
            "jurisdiction",
            "license_id",
            "restrictions",
            "imso_approval",
            "audience",
            "topic_category",
            "geographic_region",
        ];
        let anywhere = (select(fields), nonsense).boxed();
        let days = (
            select(vec![
                "date_published",
                "date_modified",
                "time_period_coverage_start",
                "time_period_coverage_end",
            ]),
            select(vec![
                json!("2026-13-01"),
                json!("2026-02-30"),
                json!("2026"),
                json!("01/02/2026"),
                json!("yesterday"),
                json!("2099-01-01"),
                json!("2026/1/2"),
                json!(""),
            ]),
        )
            .boxed();
        let keywords = vec("[a-zé ,;/'()-]{0,12}", 0..3)
            .prop_map(|list| ("keywords", json!({"en": list, "fr": ["mot"]})))
            .boxed();
        let mixed = (subsequence(listed("subject"), 1..=2), words())
            .prop_map(|(mut values, wrong)| {
                values.push(wrong);
                ("subject", json!(values))
            })
            .boxed();
        let emails = select(vec!["a b@c.ca", "@b.ca", "a@", "a.b@c", "x", "a@b@c.ca"])
            .prop_map(|text| ("maintainer_email", json!(text)))
            .boxed();
        proptest::strategy::Union::new([anywhere, days, keywords, mixed, emails]).boxed()
    }

    fn apply(body: &mut Value, edits: &[Edit]) {
        for (field, value) in edits {
            body[*field] = value.clone();
        }
    }

    fn number_of_records() -> usize {
        std::env::var("RIDEAU_TEST_RECORDS")
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(150)
    }

    #[tokio::test]
    async fn generated_records_get_the_same_verdict() {
        let Some(portal) = Portal::find().await else {
            return;
        };
        let mut runner = TestRunner::new_with_rng(
            Config::default(),
            TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        );
        let strategy = (vec(right(), 0..5), vec(odd(), 0..3));
        let today = day(2026, 11, 24);
        let (mut wrong, mut accepted, mut refused) = (Vec::new(), 0, 0);
        for _ in 0..number_of_records() {
            let (good, bad) = strategy.new_tree(&mut runner).unwrap().current();
            let mut body = plain_record(&portal);
            apply(&mut body, &good);
            // Right edits alone are right: else the portal and we could agree on nonsense.
            if bad.is_empty() {
                let problems = registry::validate(&fields(&body), &[], today);
                if !problems.is_empty() {
                    wrong.push(format!("{body}\n  refused though right: {problems:?}"));
                }
            }
            apply(&mut body, &bad);
            if registry::validate(&fields(&body), &[], today).is_empty() {
                accepted += 1;
            } else {
                refused += 1;
            }
            wrong.extend(disagreement(&portal, &body, today).await);
        }
        println!("{accepted} accepted, {refused} refused");
        assert!(accepted > 20 && refused > 20, "{accepted} {refused}");
        assert!(
            wrong.is_empty(),
            "{} differ:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}
