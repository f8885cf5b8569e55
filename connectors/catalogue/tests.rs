//! Tests through the port, on a folder and on an in-memory store.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::Ordering},
};

use bytes::Bytes;
use chrono::NaiveDate;
use futures::{StreamExt as _, stream::BoxStream};
use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{bucket::Bucket, folder::Folder, *};
use crate::{
    difference,
    target_contract::{TargetFixture, target_contract},
};

#[derive(Default)]
struct Contents(Mutex<BTreeMap<String, Vec<u8>>>);

impl Contents {
    fn add(&self, bytes: &[u8]) -> String {
        let sum = hex::encode(Sha256::digest(bytes));
        self.0.lock().unwrap().insert(sum.clone(), bytes.to_vec());
        sum
    }
}

#[async_trait]
impl ContentStore for Contents {
    async fn open(
        &self,
        sha256: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, PortError>>, PortError> {
        let bytes = self.0.lock().unwrap().get(sha256).cloned();
        let bytes =
            bytes.ok_or_else(|| PortError::temporary("gone", Bilingual::same("no such blob")))?;
        let chunks: Vec<_> = bytes
            .chunks(64)
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        Ok(futures::stream::iter(chunks).boxed())
    }
}

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

#[async_trait]
impl Journal for Notes {
    async fn is_done(&self, step: &str) -> Result<bool, PortError> {
        Ok(self.0.lock().unwrap().iter().any(|done| done == step))
    }

    async fn done(&self, step: &str, _detail: &Value) -> Result<(), PortError> {
        self.0.lock().unwrap().push(step.to_owned());
        Ok(())
    }

    async fn known_sha256(&self, _resource: Uuid) -> Result<Option<String>, PortError> {
        Ok(None)
    }

    async fn remember_sha256(&self, _resource: Uuid, _sha256: &str) -> Result<(), PortError> {
        Ok(())
    }
}

/// Where a test's catalogue lies; opening it again is what a restart does.
enum Ground {
    Folder(tempfile::TempDir),
    Store(Arc<InMemory>),
}

impl Ground {
    fn both() -> [Self; 2] {
        [Self::folder(), Self::Store(Arc::new(InMemory::new()))]
    }

    fn folder() -> Self {
        Self::Folder(tempfile::tempdir().unwrap())
    }

    fn root(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder.path(),
            Self::Store(_) => panic!("no folder"),
        }
    }

    fn open(&self) -> CatalogueTarget {
        self.open_for(i64::MAX, "Open data")
    }

    /// A catalogue that is killed after so many steps.
    fn open_for(&self, steps: i64, title: &str) -> CatalogueTarget {
        let site = Site::new(&CatalogueSettings {
            location: Location::Folder(PathBuf::new()),
            base_url: Some("https://open.example.gc.ca/portal".parse().unwrap()),
            title: Bilingual::new(title, "Données ouvertes"),
            organization: Bilingual::new("Department of Examples", "Ministère des Exemples"),
        });
        let left = Steps::unlimited();
        left.left.store(steps, Ordering::SeqCst);
        let place: Box<dyn Place> = match self {
            Self::Folder(folder) => {
                Box::new(Folder::new(folder.path().to_owned(), site.clone(), left))
            }
            Self::Store(store) => Box::new(Bucket::new(
                Arc::clone(store) as Arc<dyn ObjectStore>,
                object_store::path::Path::from("some/prefix"),
                "memory:/some/prefix".to_owned(),
                site.clone(),
                left,
            )),
        };
        CatalogueTarget { place, site }
    }

    /// The public files.
    async fn public(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        match self {
            Self::Folder(folder) => {
                collect(&folder.path().join("public"), "", &mut files);
            }
            Self::Store(store) => {
                let prefix = object_store::path::Path::from("some/prefix/public");
                let found: Vec<_> = store.list(Some(&prefix)).collect().await;
                for meta in found {
                    let location = meta.unwrap().location;
                    let bytes = store.get(&location).await.unwrap().bytes().await.unwrap();
                    let name = location
                        .as_ref()
                        .strip_prefix("some/prefix/public/")
                        .unwrap();
                    let name = percent_decoded(name);
                    files.insert(name, bytes.to_vec());
                }
            }
        }
        files
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

fn resource(number: u128, file_name: &str, bytes: &[u8], contents: &Contents) -> ResourceDesired {
    ResourceDesired {
        id: Uuid::from_u128(number),
        fields: serde_json::from_value(json!({
            "name_translated": {"en": format!("File {file_name}"), "fr": format!("Fichier {file_name}")},
            "resource_type": "dataset", "language": ["en"], "format": "CSV",
        }))
        .unwrap(),
        file_name: file_name.to_owned(),
        media_type: "text/csv".to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: contents.add(bytes),
    }
}

fn dataset(number: u128, contents: &Contents) -> DatasetDesired {
    let table = format!("country,visas\nExampleland,{number}\nSampleland,12\n");
    DatasetDesired {
        id: Uuid::from_u128(number << 64),
        fields: serde_json::from_value(json!({
            "type": "dataset", "collection": "primary",
            "title_translated": {"en": format!("Visas {number}"), "fr": format!("Les visas délivrés, numéro {number}")},
            "notes_translated": {"en": "Visas issued by month.\n\nSecond paragraph.", "fr": "Visas délivrés par mois."},
            "keywords": {"en": ["immigration", "visas"], "fr": ["immigration", "visas"]},
            "subject": ["persons", "law"], "frequency": "P1M", "date_published": "2026-01-02",
            "time_period_coverage_start": "2025-01-01", "time_period_coverage_end": "2025-12-31",
            "jurisdiction": "federal", "license_id": "ca-ogl-lgo", "restrictions": "unrestricted",
            "maintainer_email": "open-ouvert@example.gc.ca", "imso_approval": "true",
        }))
        .unwrap(),
        resources: vec![
            resource((number << 64) + 1, "visas.csv", table.as_bytes(), contents),
            resource((number << 64) + 2, "notes é.csv", b"a,b\n1,2\n", contents),
        ],
    }
}

async fn plan(target: &CatalogueTarget, desired: &DatasetDesired) -> DatasetPlan {
    let before = target.observe(desired.id, &Notes::default()).await.unwrap();
    let desired = target.canonical(desired.clone());
    DatasetPlan {
        dataset: desired.id,
        changes: difference(&desired, before.as_ref()),
        before,
        after: Some(desired),
    }
}

async fn withdrawal(target: &CatalogueTarget, id: Uuid) -> DatasetPlan {
    DatasetPlan {
        dataset: id,
        before: target.observe(id, &Notes::default()).await.unwrap(),
        after: None,
        changes: vec![Change::Withdraw {
            reason: Bilingual::new("Published in error <b>", "Publié par erreur"),
        }],
    }
}

/// Plans, applies (when there is anything to do) and finishes; returns what was written.
async fn put(
    target: &CatalogueTarget,
    desired: &DatasetDesired,
    contents: &Contents,
) -> Result<(Vec<Change>, u64), PortError> {
    let plan = plan(target, desired).await;
    let mut writes = 0;
    if !plan.changes.is_empty() {
        writes += target
            .apply(&plan, contents, &Notes::default())
            .await?
            .writes;
    }
    writes += target.finish().await?.writes;
    Ok((plan.changes, writes))
}

async fn state(target: &CatalogueTarget, id: Uuid) -> Option<PublicState> {
    let seen = target.observe(id, &Notes::default()).await.unwrap();
    seen.map(|seen| seen.state)
}

#[tokio::test]
async fn story_of_a_dataset() {
    for ground in Ground::both() {
        let (contents, target) = (Contents::default(), ground.open());
        let mut desired = dataset(1, &contents);
        assert_eq!(state(&target, desired.id).await, None);

        // Created, but public only after `finish`.
        let first = plan(&target, &desired).await;
        let applied = target
            .apply(&first, &contents, &Notes::default())
            .await
            .unwrap();
        assert!(applied.writes > 0);
        assert_eq!(
            applied.address.unwrap(),
            format!(
                "https://open.example.gc.ca/portal/datasets/{}/en.html",
                desired.id
            )
        );
        assert_eq!(state(&target, desired.id).await, Some(PublicState::Draft));
        assert!(ground.public().await.is_empty());
        // Twice equals once.
        let again = target
            .apply(&first, &contents, &Notes::default())
            .await
            .unwrap();
        assert_eq!(again.writes, 0);
        target.finish().await.unwrap();
        assert_eq!(
            state(&target, desired.id).await,
            Some(PublicState::Published)
        );
        assert!(plan(&target, &desired).await.changes.is_empty());
        check_tree(&ground.public().await);

        // Nothing to do, nothing written.
        let (changes, writes) = put(&ground.open(), &desired, &contents).await.unwrap();
        assert_eq!((changes.len(), writes), (0, 0));

        // One field.
        desired.fields.insert("frequency".to_owned(), json!("P1Y"));
        let (changes, _) = put(&target, &desired, &contents).await.unwrap();
        assert!(matches!(changes.as_slice(), [Change::SetFields { fields }] if fields.len() == 1));

        // One content, one resource less, one more.
        desired.resources[0].sha256 = contents.add(b"country,visas\nNew,1\n");
        desired.resources[0].size_bytes = 20;
        desired.resources[1] = resource(77, "more.csv", b"x\n1\n", &contents);
        let (changes, _) = put(&target, &desired, &contents).await.unwrap();
        assert!(
            matches!(
                changes.as_slice(),
                [
                    Change::ReplaceContent { .. },
                    Change::AddResource { .. },
                    Change::RemoveResource { .. }
                ]
            ),
            "{changes:?}"
        );
        let public = ground.public().await;
        let folder = format!("datasets/{}/", desired.id);
        assert_eq!(
            public[&format!("{folder}visas.csv")],
            b"country,visas\nNew,1\n"
        );
        assert!(public.contains_key(&format!("{folder}more.csv")));
        assert!(!public.contains_key(&format!("{folder}notes-é.csv")));
        check_tree(&public);

        // Taken back: a page says so, the contents are gone, no index names it.
        let plan = withdrawal(&target, desired.id).await;
        target
            .apply(&plan, &contents, &Notes::default())
            .await
            .unwrap();
        assert_eq!(state(&target, desired.id).await, Some(PublicState::Draft));
        target.finish().await.unwrap();
        assert_eq!(
            state(&target, desired.id).await,
            Some(PublicState::Withdrawn)
        );
        let public = ground.public().await;
        check_tree(&public);
        let page = String::from_utf8(public[&format!("{folder}en.html")].clone()).unwrap();
        assert!(page.contains("Published in error &#60;b&#62;"), "{page}");
        assert!(!page.contains("Visas 1"));
        for name in ["en.html", "catalog.jsonld", "sitemap.xml"] {
            let text = String::from_utf8_lossy(&public[name]).into_owned();
            assert!(!text.contains(&desired.id.to_string()), "{name}");
        }
        assert!(!public.contains_key(&format!("{folder}visas.csv")));
        if let Ground::Folder(root) = &ground {
            let mut all = BTreeMap::new();
            collect(&root.path().join("content"), "", &mut all);
            collect(&root.path().join("versions"), "", &mut all);
            assert!(all.values().all(|bytes| bytes != b"country,visas\nNew,1\n"));
        }
        let again = target
            .apply(&plan, &contents, &Notes::default())
            .await
            .unwrap();
        assert_eq!(again.writes + target.finish().await.unwrap().writes, 0);

        // And published again.
        put(&target, &desired, &contents).await.unwrap();
        assert_eq!(
            state(&target, desired.id).await,
            Some(PublicState::Published)
        );
        check_tree(&ground.public().await);
    }
}

#[tokio::test]
async fn a_staged_withdrawal_can_be_called_off() {
    for ground in Ground::both() {
        let (contents, target) = (Contents::default(), ground.open());
        let desired = dataset(1, &contents);
        put(&target, &desired, &contents).await.unwrap();
        let before = ground.public().await;
        let plan = withdrawal(&target, desired.id).await;
        target
            .apply(&plan, &contents, &Notes::default())
            .await
            .unwrap();
        put(&target, &desired, &contents).await.unwrap();
        assert_eq!(
            state(&target, desired.id).await,
            Some(PublicState::Published)
        );
        assert!(ground.public().await == before);
    }
}

#[tokio::test]
async fn same_releases_same_bytes() {
    let contents = Contents::default();
    let mut trees = Vec::new();
    let orders: [&[u128]; 2] = [&[1, 2, 3], &[3, 1, 9, 2]];
    for order in orders {
        for ground in Ground::both() {
            let target = ground.open();
            for &number in order {
                let mut desired = dataset(number, &contents);
                if number == 9 {
                    // A detour that leaves no trace.
                    desired = dataset(2, &contents);
                    desired.fields.insert("frequency".to_owned(), json!("P1D"));
                }
                put(&target, &desired, &contents).await.unwrap();
            }
            trees.push(ground.public().await);
        }
    }
    for tree in &trees[1..] {
        assert!(*tree == trees[0]);
    }
}

#[tokio::test]
async fn a_second_run_touches_nothing() {
    use std::os::unix::fs::MetadataExt as _;
    fn marks(folder: &Path, all: &mut BTreeMap<PathBuf, (u64, i64, i64)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = std::fs::symlink_metadata(&path).unwrap();
            all.insert(path.clone(), (meta.ino(), meta.mtime(), meta.mtime_nsec()));
            if meta.is_dir() {
                marks(&path, all);
            }
        }
    }
    let (ground, contents) = (Ground::folder(), Contents::default());
    for number in 1..4 {
        put(&ground.open(), &dataset(number, &contents), &contents)
            .await
            .unwrap();
    }
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    marks(ground.root(), &mut before);
    let target = ground.open();
    for number in 1..4 {
        put(&target, &dataset(number, &contents), &contents)
            .await
            .unwrap();
        // Even a plan that is forced through again writes nothing.
        let mut plan = plan(&target, &dataset(number, &contents)).await;
        plan.changes = vec![Change::Publish];
        let applied = target
            .apply(&plan, &contents, &Notes::default())
            .await
            .unwrap();
        assert_eq!(applied.writes, 0);
    }
    assert_eq!(target.finish().await.unwrap().writes, 0);
    marks(ground.root(), &mut after);
    assert!(before == after);
}

/// Runs a batch that updates, withdraws and creates, and stops where the catalogue is killed.
async fn batch(target: &CatalogueTarget, contents: &Contents) -> Result<(), PortError> {
    let mut updated = dataset(1, contents);
    updated.fields.insert("frequency".to_owned(), json!("P1D"));
    updated.resources[0].sha256 = contents.add(b"country,visas\nNew,1\n");
    updated.resources[0].size_bytes = 20;
    updated.resources.remove(1);
    for desired in [updated, dataset(4, contents)] {
        let plan = plan(target, &desired).await;
        if !plan.changes.is_empty() {
            target.apply(&plan, contents, &Notes::default()).await?;
        }
    }
    let id = dataset(2, contents).id;
    if state(target, id).await != Some(PublicState::Withdrawn) {
        let plan = withdrawal(target, id).await;
        target.apply(&plan, contents, &Notes::default()).await?;
    }
    target.finish().await?;
    Ok(())
}

#[tokio::test]
async fn killed_at_every_step_it_goes_on() {
    for kind in 0..2 {
        let contents = Contents::default();
        let fresh = || Ground::both().into_iter().nth(kind).unwrap();
        let prepare = async |ground: &Ground| {
            let target = ground.open();
            for number in 1..4 {
                put(&target, &dataset(number, &contents), &contents)
                    .await
                    .unwrap();
            }
        };
        let ground = fresh();
        prepare(&ground).await;
        let old = ground.public().await;
        batch(&ground.open(), &contents).await.unwrap();
        let new = ground.public().await;
        assert!(old != new);
        let mut kills = 0;
        for steps in 0.. {
            let ground = fresh();
            prepare(&ground).await;
            let done = batch(&ground.open_for(steps, "Open data"), &contents).await;
            if let Err(error) = &done {
                assert_eq!(error.code, "killed");
                kills += 1;
            }
            if matches!(ground, Ground::Folder(_)) {
                let now = ground.public().await;
                assert!(now == old || now == new, "half a state after {steps} steps");
                if done.is_err() && now == old {
                    let id = dataset(4, &contents).id;
                    assert_ne!(
                        state(&ground.open(), id).await,
                        Some(PublicState::Published)
                    );
                }
            }
            let target = ground.open();
            batch(&target, &contents).await.unwrap();
            assert!(
                ground.public().await == new,
                "not the same end after {steps} steps"
            );
            if let Ground::Folder(root) = &ground {
                let left = std::fs::read_dir(root.path().join("staged"))
                    .unwrap()
                    .count();
                assert!(left <= 1, "leftovers after {steps} steps");
            }
            if done.is_ok() {
                break;
            }
        }
        assert!(kills > 20, "{kills}");
    }
}

#[tokio::test]
async fn a_new_title_rewrites_every_page() {
    for ground in Ground::both() {
        let contents = Contents::default();
        for number in 1..4 {
            put(&ground.open(), &dataset(number, &contents), &contents)
                .await
                .unwrap();
        }
        let target = ground.open_for(i64::MAX, "Another title");
        let desired = dataset(1, &contents);
        assert!(plan(&target, &desired).await.changes.is_empty());
        target.finish().await.unwrap();
        let public = ground.public().await;
        check_tree(&public);
        for (name, bytes) in &public {
            if name.ends_with("en.html") {
                assert!(
                    String::from_utf8_lossy(bytes).contains("Another title"),
                    "{name}"
                );
            }
        }
        assert_eq!(target.finish().await.unwrap().writes, 0);
    }
}

#[tokio::test]
async fn damage_is_seen_and_mended() {
    let (ground, contents) = (Ground::folder(), Contents::default());
    let target = ground.open();
    let desired = dataset(1, &contents);
    put(&target, &desired, &contents).await.unwrap();
    let good = ground.public().await;
    let www = ground
        .root()
        .join("public/datasets")
        .join(desired.id.to_string());
    let damages: [&dyn Fn(); 3] = [
        &|| std::fs::remove_file(www.join("visas.csv")).unwrap(),
        &|| std::fs::write(www.join("fr.html"), "changed").unwrap(),
        &|| std::fs::remove_file(www.join("datapackage.json")).unwrap(),
    ];
    for damage in damages {
        damage();
        let (changes, _) = put(&target, &desired, &contents).await.unwrap();
        assert!(!changes.is_empty());
        assert!(ground.public().await == good);
    }
}

#[tokio::test]
async fn wrong_bytes_and_drift_are_refused() {
    for ground in Ground::both() {
        let (contents, target) = (Contents::default(), ground.open());
        let desired = dataset(1, &contents);
        let first = plan(&target, &desired).await;
        let sum = desired.resources[0].sha256.clone();
        let right = contents.0.lock().unwrap()[&sum].clone();
        for wrong in [
            &right[1..],
            &[&right[..], b"x"].concat(),
            &[b"X", &right[1..]].concat(),
        ] {
            contents
                .0
                .lock()
                .unwrap()
                .insert(sum.clone(), wrong.to_vec());
            let error = target
                .apply(&first, &contents, &Notes::default())
                .await
                .unwrap_err();
            assert_eq!(error.code, "content_mismatch");
            assert_eq!(state(&target, desired.id).await, None);
        }
        contents.0.lock().unwrap().insert(sum, right);
        put(&target, &desired, &contents).await.unwrap();
        let mut other = desired.clone();
        other.fields.insert("frequency".to_owned(), json!("P1D"));
        let late = plan(&target, &other).await;
        let mut moved = desired.clone();
        moved.fields.insert("frequency".to_owned(), json!("P2Y"));
        put(&target, &moved, &contents).await.unwrap();
        let error = target
            .apply(&late, &contents, &Notes::default())
            .await
            .unwrap_err();
        assert_eq!(error.code, "drifted");
        let mut evil = plan(&target, &desired).await;
        evil.after.as_mut().unwrap().resources[0].sha256 = "../../../etc/passwd".to_owned();
        let error = target
            .apply(&evil, &contents, &Notes::default())
            .await
            .unwrap_err();
        assert_eq!(error.code, "invalid");
    }
}

fn hostile(contents: &Contents) -> DatasetDesired {
    let mut desired = dataset(8, contents);
    let nasty = "</script><script>alert(1)</script>\" onload='x' &amp; <!-- ]]> \u{202e}txt\u{0}\u{b}\u{fffe}";
    for field in ["title_translated", "notes_translated"] {
        desired
            .fields
            .insert(field.to_owned(), json!({"en": nasty, "fr-t-en": nasty}));
    }
    desired
        .fields
        .insert("keywords".to_owned(), json!({"en": [nasty], "fr": [nasty]}));
    for field in ["subject", "frequency", "license_id", "maintainer_email"] {
        desired.fields.insert(field.to_owned(), json!(nasty));
    }
    desired.fields.insert(
        "maintainer_contact_form".to_owned(),
        json!({"en": "javascript:alert(1)", "fr": "https://x.example/?a=1&b=\"<"}),
    );
    let table = format!(
        "{},b\n\"=1+1 <b>\",\"<script>alert(2)</script>\"\n",
        "h".repeat(500)
    );
    let names = [
        "../../../evil.csv",
        "CON",
        "EN.html",
        "a\"b<c>.csv",
        "A\"B<C>.CSV",
        "x%2f..%2fy é.csv",
        "",
    ];
    desired.resources = names
        .iter()
        .zip(900..)
        .map(|(name, number)| {
            let mut one = resource(number, name, table.as_bytes(), contents);
            one.fields.insert(
                "name_translated".to_owned(),
                json!({"en": nasty, "fr": nasty}),
            );
            one.fields.insert("format".to_owned(), json!(nasty));
            one.fields.insert("language".to_owned(), json!([nasty]));
            one
        })
        .collect();
    desired
}

#[tokio::test]
async fn hostile_names_and_texts() {
    for ground in Ground::both() {
        let (contents, target) = (Contents::default(), ground.open());
        put(&target, &hostile(&contents), &contents).await.unwrap();
        let public = ground.public().await;
        check_tree(&public);
        let folder = format!("datasets/{}/", hostile(&contents).id);
        assert_eq!(
            public
                .keys()
                .filter(|name| name.starts_with(&folder))
                .count(),
            5 + 7
        );
        for (name, bytes) in &public {
            let text = String::from_utf8_lossy(bytes);
            if bytes.starts_with(b"hhh") {
                continue;
            }
            // In JSON and CSV it is data.
            assert!(
                name.contains(".json") || !text.contains("<script>"),
                "{name}"
            );
            assert!(!text.contains("javascript:"), "{name}");
            assert!(
                !text.contains(['\u{202e}', '\u{0}', '\u{b}', '\u{fffe}']),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn check_tells_the_truth() {
    for ground in Ground::both() {
        let lines = ground.open().check().await;
        assert!(
            !lines.is_empty() && lines.iter().all(|line| line.ok),
            "{lines:?}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let settings = CatalogueSettings {
        location: Location::Folder(folder.path().join("file")),
        base_url: None,
        title: Bilingual::same("T"),
        organization: Bilingual::same("O"),
    };
    let target = CatalogueTarget::new(&settings).unwrap();
    assert!(target.check().await.iter().any(|line| !line.ok));
    // A folder where the link must be is not overwritten.
    let root = folder.path().join("root");
    std::fs::create_dir_all(root.join("public")).unwrap();
    let target = CatalogueTarget::new(&CatalogueSettings {
        location: Location::Folder(root),
        ..settings
    })
    .unwrap();
    assert!(
        target
            .check()
            .await
            .iter()
            .any(|line| !line.ok && line.what == "public")
    );
    let contents = Contents::default();
    let error = put(&target, &dataset(1, &contents), &contents)
        .await
        .unwrap_err();
    assert_eq!(error.code, "invalid");
}

#[test]
fn validation_tells_all_at_once() {
    let (ground, contents) = (Ground::folder(), Contents::default());
    let target = ground.open();
    let today = NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
    let check = |change: &dyn Fn(&mut DatasetDesired), expect: &[(&str, &str)]| {
        let mut desired = dataset(1, &contents);
        change(&mut desired);
        let problems = target.validate(&desired, today);
        let found: Vec<(&str, &str)> = problems
            .iter()
            .map(|problem| (problem.field.as_str(), problem.code.as_str()))
            .collect();
        assert_eq!(found, expect);
        assert!(
            problems
                .iter()
                .all(|p| !p.message.en.is_empty() && p.message.en != p.message.fr)
        );
    };
    check(&|_| {}, &[]);
    check(
        &|d| {
            d.fields
                .insert("title_translated".to_owned(), json!({"en": "T"}));
            d.fields.insert(
                "notes_translated".to_owned(),
                json!({"en": "N", "fr-t-en": "M"}),
            );
            d.fields
                .insert("date_published".to_owned(), json!("2026-06-02"));
            d.fields.remove("license_id");
        },
        &[
            ("title_translated-fr", "missing"),
            ("license_id", "missing"),
            ("date_published", "in_future"),
        ],
    );
    check(
        &|d| {
            d.fields.insert("date_modified".to_owned(), json!("soon"));
            d.fields
                .insert("time_period_coverage_end".to_owned(), json!("2024-01-01"));
            d.fields
                .insert("maintainer_email".to_owned(), json!("nobody"));
        },
        &[
            ("date_modified", "wrong_type"),
            ("time_period_coverage_end", "not_allowed"),
            ("maintainer_email", "not_allowed"),
        ],
    );
    check(
        &|d| {
            d.resources[0].fields.clear();
            d.resources[1].file_name = "VISAS.csv".to_owned();
        },
        &[
            ("resources.0.name_translated-en", "missing"),
            ("resources.0.name_translated-fr", "missing"),
            ("resources.0.format", "missing"),
            ("resources.0.language", "missing"),
            ("resources.1.file_name", "not_allowed"),
        ],
    );
    check(&|d| d.resources.clear(), &[("resources", "missing")]);
}

/// Every link leads somewhere, every JSON document parses, every page has its language.
fn check_tree(files: &BTreeMap<String, Vec<u8>>) {
    let base = "https://open.example.gc.ca/portal/";
    for (name, bytes) in files {
        let extension = name.rsplit('.').next().unwrap();
        if matches!(extension, "json" | "jsonld") {
            let value: Value =
                serde_json::from_slice(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
            check_addresses(&value, base, files);
        }
        let own_page = extension == "html" && !name.contains("-EN.html");
        if !own_page && extension != "xml" {
            continue;
        }
        let text = std::str::from_utf8(bytes).unwrap();
        if own_page {
            assert!(text.starts_with("<!DOCTYPE html>\n<html lang=\""), "{name}");
        }
        for (_, json) in blocks(text, "<script type=\"application/ld+json\">", "</script>") {
            let value: Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{name}: {e}"));
            check_addresses(&value, base, files);
        }
        let links = blocks(text, " href=\"", "\"").chain(blocks(text, "<loc>", "</loc>"));
        for (_, link) in links {
            let link = link.replace("&#38;", "&").replace("&amp;", "&");
            let (link, anchor) = link.split_once('#').unwrap_or((&link, ""));
            assert!(
                anchor.is_empty() || text.contains(&format!("id=\"{anchor}\"")),
                "{name} #{anchor}"
            );
            if link.is_empty() {
                continue;
            }
            if let Some(path) = link.strip_prefix(base) {
                assert_there(path, files, name);
            } else if !link.contains(':') {
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                let mut path: Vec<&str> =
                    folder.split('/').filter(|part| !part.is_empty()).collect();
                for part in link.split('/') {
                    if part == ".." {
                        path.pop().expect("stays within the catalogue");
                    } else {
                        path.push(part);
                    }
                }
                assert_there(&path.join("/"), files, name);
            } else {
                let scheme = link.split(':').next().unwrap();
                assert!(matches!(scheme, "https" | "mailto"), "{name}: {link}");
            }
        }
    }
    assert!(files.contains_key("feed-fr.xml") && files.contains_key("sitemap.xml"));
}

fn assert_there(path: &str, files: &BTreeMap<String, Vec<u8>>, from: &str) {
    let mut path = percent_decoded(path);
    if path.is_empty() || path.ends_with('/') {
        path.push_str("index.html");
    }
    assert!(
        files.contains_key(&path),
        "{from} links to {path}, which is not there"
    );
}

fn check_addresses(value: &Value, base: &str, files: &BTreeMap<String, Vec<u8>>) {
    match value {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix(base) {
                assert_there(path.split('#').next().unwrap(), files, "JSON");
            }
        }
        Value::Array(values) => values
            .iter()
            .for_each(|one| check_addresses(one, base, files)),
        Value::Object(map) => map
            .values()
            .for_each(|one| check_addresses(one, base, files)),
        _ => {}
    }
}

fn blocks<'a>(
    text: &'a str,
    start: &'a str,
    end: &'a str,
) -> impl Iterator<Item = (usize, &'a str)> {
    text.match_indices(start).map(move |(at, _)| {
        let rest = &text[at + start.len()..];
        (at, &rest[..rest.find(end).unwrap()])
    })
}

/// Writes a catalogue for the page checkers: `CATALOGUE_SAMPLE=folder cargo test … -- --ignored sample`.
#[tokio::test]
#[ignore = "writes where CATALOGUE_SAMPLE says, for tests/peers/accessibility"]
async fn sample() {
    let Some(path) = std::env::var_os("CATALOGUE_SAMPLE") else {
        return;
    };
    for (name, base_url) in [
        ("based", Some("https://open.example.gc.ca/")),
        ("unbased", None),
    ] {
        let target = CatalogueTarget::new(&CatalogueSettings {
            location: Location::Folder(Path::new(&path).join(name)),
            base_url: base_url.map(|url| url.parse().unwrap()),
            title: Bilingual::new("Open data", "Données ouvertes"),
            organization: Bilingual::new("Department of Examples", "Ministère des Exemples"),
        })
        .unwrap();
        let contents = Contents::default();
        let many = (1..130).map(|number| dataset(number, &contents));
        for desired in many.chain([hostile(&contents)]) {
            let plan = plan(&target, &desired).await;
            target
                .apply(&plan, &contents, &Notes::default())
                .await
                .unwrap();
        }
        target.finish().await.unwrap();
        let plan = withdrawal(&target, dataset(2, &contents).id).await;
        target
            .apply(&plan, &contents, &Notes::default())
            .await
            .unwrap();
        target.finish().await.unwrap();
    }
}

/// `CATALOGUE_SIZE=1000 cargo test … -- --ignored --nocapture how_long`.
#[tokio::test]
#[ignore = "a measurement"]
async fn how_long_a_finish_takes() {
    let size: u128 = std::env::var("CATALOGUE_SIZE").map_or(1000, |size| size.parse().unwrap());
    let (ground, contents) = (Ground::folder(), Contents::default());
    let target = ground.open();
    let clock = std::time::Instant::now;
    let start = clock();
    for number in 1..=size {
        let plan = plan(&target, &dataset(number, &contents)).await;
        target
            .apply(&plan, &contents, &Notes::default())
            .await
            .unwrap();
    }
    println!("{size} applied in {:?}", start.elapsed());
    for what in ["first finish", "finish without change"] {
        let start = clock();
        let writes = target.finish().await.unwrap().writes;
        println!("{what}: {:?}, {writes} writes", start.elapsed());
    }
    let mut desired = dataset(1, &contents);
    desired.fields.insert("frequency".to_owned(), json!("P1D"));
    let plan = plan(&target, &desired).await;
    target
        .apply(&plan, &contents, &Notes::default())
        .await
        .unwrap();
    let start = clock();
    let writes = target.finish().await.unwrap().writes;
    println!(
        "finish after one change: {:?}, {writes} writes",
        start.elapsed()
    );
}

#[tokio::test]
async fn the_first_writing_leaves_a_mark() {
    for ground in Ground::both() {
        let target = ground.open();
        let Ground::Folder(folder) = &ground else {
            assert_eq!(target.is_marked().await.unwrap(), None);
            continue;
        };
        assert_eq!(target.is_marked().await.unwrap(), Some(false));
        drop(target.place.begin().await.unwrap());
        assert_eq!(target.is_marked().await.unwrap(), Some(true));
        let marker = folder.path().join(".rideau-target");
        std::fs::remove_file(&marker).unwrap();
        assert_eq!(target.is_marked().await.unwrap(), Some(false));
        // One from before there was a mark.
        std::os::unix::fs::symlink("generations/x", folder.path().join("public")).unwrap();
        assert_eq!(target.is_marked().await.unwrap(), Some(true));
    }
}

/// What the public gets from a test's catalogue.
struct Readers<'g>(&'g Ground);

#[async_trait]
impl TargetFixture for Readers<'_> {
    fn id(&self, number: u8) -> Uuid {
        Uuid::from_u128(u128::from(number) << 64)
    }

    async fn public_content(&self, dataset: Uuid, resource: &ResourceDesired) -> Option<Vec<u8>> {
        let path = format!("datasets/{dataset}/{}", resource.file_name);
        self.0.public().await.remove(&path)
    }
}

#[tokio::test]
async fn keeps_the_contract() {
    for ground in Ground::both() {
        target_contract(&ground.open(), &Readers(&ground)).await;
    }
}

#[tokio::test]
async fn a_file_that_was_changed_in_the_folder_is_told() {
    let (ground, contents) = (Ground::folder(), Contents::default());
    let (target, desired) = (ground.open(), dataset(1, &contents));
    put(&target, &desired, &contents).await.unwrap();
    let notes = Notes::default();
    let same = |number: usize| target.same_content(desired.id, &desired.resources[number], &notes);
    assert_eq!(same(0).await.unwrap(), Some(true));
    assert_eq!(same(1).await.unwrap(), Some(true));
    let file = ground
        .root()
        .join(format!("public/datasets/{}/visas.csv", desired.id));
    let size = std::fs::metadata(&file).unwrap().len();
    std::fs::write(&file, "x".repeat(usize::try_from(size).unwrap())).unwrap();
    assert_eq!(same(0).await.unwrap(), Some(false));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(same(0).await.unwrap(), Some(false));
    assert_eq!(same(1).await.unwrap(), Some(true));
}
