//! What every target promises, as a suite over the trait.
//!
//! A target's tests give it the target and a [`TargetFixture`] that sees what the public sees. Rule that must hold: what the
//! publishing step relies on is written here, and nothing of one system's own; a new target that passes can be used.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::NaiveDate;
use futures::{StreamExt, stream::BoxStream};
use rideau_domain::Bilingual;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    Applied, Change, ContentStore, DatasetDesired, DatasetPlan, Fields, Journal, PortError,
    PublicState, ResourceDesired, Retry, Target, difference,
};

/// How often a plan is tried again while that can help.
const MOST_ATTEMPTS: u32 = 8;

/// Looks at a target from outside.
#[async_trait]
pub trait TargetFixture: Send + Sync {
    /// The id of the suite's datasets, by number: new ones for each run.
    fn id(&self, number: u8) -> Uuid;

    /// The bytes that the public gets for a resource; `None` when it gets none.
    async fn public_content(&self, dataset: Uuid, resource: &ResourceDesired) -> Option<Vec<u8>>;

    /// Has the target do the next write whose answer is then lost. False where answers cannot be lost.
    async fn lose_an_answer(&self) -> bool {
        false
    }
}

/// Contents, a journal, and our own checksums, in memory.
#[derive(Debug, Default)]
struct Kept {
    contents: Mutex<BTreeMap<String, Bytes>>,
    steps: Mutex<BTreeSet<String>>,
    sums: Mutex<BTreeMap<Uuid, String>>,
}

impl Kept {
    fn add(&self, content: &'static [u8]) -> String {
        let sum = hex::encode(Sha256::digest(content));
        locked(&self.contents).insert(sum.clone(), Bytes::from_static(content));
        sum
    }

    /// Each plan has a journal of its own.
    fn next_plan(&self) {
        locked(&self.steps).clear();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl ContentStore for Kept {
    async fn open(
        &self,
        sha256: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, PortError>>, PortError> {
        let content = locked(&self.contents).get(sha256).cloned();
        let content = content.ok_or_else(|| {
            PortError::permanent(
                "content",
                Bilingual::same("a plan asks for what is not there"),
            )
        })?;
        let pieces: Vec<_> = content
            .chunks(7)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        Ok(futures::stream::iter(pieces).boxed())
    }
}

#[async_trait]
impl Journal for Kept {
    async fn is_done(&self, step: &str) -> Result<bool, PortError> {
        Ok(locked(&self.steps).contains(step))
    }

    async fn done(&self, step: &str, _detail: &Value) -> Result<(), PortError> {
        locked(&self.steps).insert(step.to_owned());
        Ok(())
    }

    async fn known_sha256(&self, resource: Uuid) -> Result<Option<String>, PortError> {
        Ok(locked(&self.sums).get(&resource).cloned())
    }

    async fn remember_sha256(&self, resource: Uuid, sha256: &str) -> Result<(), PortError> {
        locked(&self.sums).insert(resource, sha256.to_owned());
        Ok(())
    }
}

/// Tries every promise of [`Target`] on a target that has none of the fixture's datasets.
///
/// # Panics
/// When a promise is broken, with the promise in words.
pub async fn target_contract(target: &dyn Target, fixture: &dyn TargetFixture) {
    assert!(!target.kind().is_empty(), "a target names its kind");
    for line in target.check().await {
        assert!(line.ok, "the self-test is content: {line:?}");
        let Bilingual { en, fr } = &line.detail;
        assert!(
            !en.is_empty() && !fr.is_empty(),
            "the self-test speaks both languages: {line:?}"
        );
    }
    let kept = Kept::default();
    let mut wanted = dataset(fixture.id(1), &kept);
    says_what_is_wrong(target, &wanted);
    creates(target, fixture, &wanted, &kept).await;
    changes(target, fixture, &mut wanted, &kept).await;
    refuses_what_has_moved_on(target, &mut wanted, &kept).await;
    takes_back_and_returns(target, fixture, &wanted, &kept).await;
    survives_a_lost_answer(target, fixture, &kept).await;
}

fn dataset(id: Uuid, kept: &Kept) -> DatasetDesired {
    DatasetDesired {
        id,
        fields: fields(&json!({
            "type": "dataset", "collection": "primary",
            "title_translated": {"en": "Arrivals", "fr": "Arrivées"},
            "notes_translated": {"en": "Monthly arrivals", "fr": "Arrivées mensuelles"},
            "keywords": {"en": ["immigration"], "fr": ["immigration"]},
            "subject": ["persons", "law"], "frequency": "P1M", "date_published": "2026-01-02",
            "jurisdiction": "federal", "license_id": "ca-ogl-lgo", "restrictions": "unrestricted",
            "imso_approval": "true", "maintainer_email": "open-ouvert@example.org",
        })),
        resources: vec![
            resource(id, "arrivals-en.csv", b"year,n\n2026,1\n", kept),
            resource(id, "arrivals-fr.csv", "année,n\n2026,1\n".as_bytes(), kept),
        ],
    }
}

fn fields(value: &Value) -> Fields {
    value
        .as_object()
        .map(|map| {
            map.iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        })
        .unwrap_or_default()
}

fn resource(dataset: Uuid, name: &str, content: &'static [u8], kept: &Kept) -> ResourceDesired {
    ResourceDesired {
        id: Uuid::new_v5(&dataset, name.as_bytes()),
        fields: fields(&json!({
            "name_translated": {"en": name, "fr": format!("{name} (fr)")},
            "resource_type": "dataset", "language": ["en", "fr"], "format": "CSV",
        })),
        file_name: name.to_owned(),
        media_type: "text/csv".to_owned(),
        size_bytes: content.len() as u64,
        sha256: kept.add(content),
    }
}

async fn plan(target: &dyn Target, wanted: &DatasetDesired, kept: &Kept) -> DatasetPlan {
    let after = target.canonical(wanted.clone());
    let before = target
        .observe(wanted.id, kept)
        .await
        .unwrap_or_else(|error| panic!("a target can be read: {error}"));
    DatasetPlan {
        dataset: wanted.id,
        changes: difference(&after, before.as_ref()),
        before,
        after: Some(after),
    }
}

async fn carry_out(
    target: &dyn Target,
    plan: &DatasetPlan,
    kept: &Kept,
) -> Result<Applied, PortError> {
    let mut applied = target.apply(plan, kept, kept).await?;
    if target.publishes_on_finish() {
        applied.writes += target.finish().await?.writes;
    }
    Ok(applied)
}

/// As the queue does: planned and tried again while that can help.
async fn push(target: &dyn Target, wanted: &DatasetDesired, kept: &Kept) {
    for _ in 0..MOST_ATTEMPTS {
        let plan = plan(target, wanted, kept).await;
        if plan.changes.is_empty() {
            return;
        }
        kept.next_plan();
        match carry_out(target, &plan, kept).await {
            Ok(_) => return,
            Err(error) => assert!(
                matches!(error.retry, Retry::Temporary { .. }),
                "what may be tried again ends well: {} {error}",
                error.code
            ),
        }
    }
    panic!("a plan that is tried again converges");
}

async fn state(target: &dyn Target, id: Uuid, kept: &Kept) -> Option<PublicState> {
    let seen = target.observe(id, kept).await;
    seen.unwrap_or_else(|error| panic!("a target can be read: {error}"))
        .map(|seen| seen.state)
}

/// It is public, exactly as wanted, and nothing is left to do.
async fn is_public(
    target: &dyn Target,
    fixture: &dyn TargetFixture,
    wanted: &DatasetDesired,
    kept: &Kept,
) {
    assert_eq!(
        state(target, wanted.id, kept).await,
        Some(PublicState::Published),
        "what was published is told as published"
    );
    let left = plan(target, wanted, kept).await.changes;
    assert!(left.is_empty(), "what was done is told as done: {left:?}");
    for resource in &wanted.resources {
        let content = fixture.public_content(wanted.id, resource).await;
        let sum = content.map(|content| hex::encode(Sha256::digest(&content)));
        assert_eq!(
            sum.as_ref(),
            Some(&resource.sha256),
            "the public gets the approved bytes of {}",
            resource.file_name
        );
        let same = target.same_content(wanted.id, resource, kept).await;
        assert_ne!(
            same.ok().flatten(),
            Some(false),
            "a file that is right is told as right"
        );
    }
}

fn says_what_is_wrong(target: &dyn Target, wanted: &DatasetDesired) {
    let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap_or_default();
    assert_eq!(
        target.validate(wanted, today),
        [],
        "a complete record is taken"
    );
    let mut bad = wanted.clone();
    bad.fields.remove("title_translated");
    bad.fields.remove("license_id");
    let problems = target.validate(&bad, today);
    assert!(problems.len() >= 2, "all problems are told: {problems:?}");
    for problem in &problems {
        assert!(
            !problem.message.en.is_empty() && !problem.message.fr.is_empty(),
            "problems are told in both languages: {problem:?}"
        );
    }
    let once = target.canonical(wanted.clone());
    assert_eq!(
        target.canonical(once.clone()),
        once,
        "the canonical form of the canonical form is itself"
    );
}

async fn creates(
    target: &dyn Target,
    fixture: &dyn TargetFixture,
    wanted: &DatasetDesired,
    kept: &Kept,
) {
    assert_eq!(
        state(target, wanted.id, kept).await,
        None,
        "what is not there is told as not there"
    );
    let first = plan(target, wanted, kept).await;
    assert!(
        matches!(
            (first.changes.first(), first.changes.last()),
            (Some(Change::CreateDataset), Some(Change::Publish))
        ),
        "{:?}",
        first.changes
    );
    let applied = carry_out(target, &first, kept).await;
    let applied = applied.unwrap_or_else(|error| panic!("a dataset is created: {error}"));
    assert!(applied.writes > 0, "what was written is counted");
    is_public(target, fixture, wanted, kept).await;
    let again = carry_out(target, &first, kept).await;
    assert_eq!(
        again.map(|applied| applied.writes).ok(),
        Some(0),
        "a plan carried out twice is carried out once"
    );
    kept.next_plan();
    let again = carry_out(target, &first, kept).await;
    assert_eq!(
        again.map(|applied| applied.writes).ok(),
        Some(0),
        "also when the journal is lost"
    );
    is_public(target, fixture, wanted, kept).await;
}

async fn changes(
    target: &dyn Target,
    fixture: &dyn TargetFixture,
    wanted: &mut DatasetDesired,
    kept: &Kept,
) {
    wanted.fields.insert("frequency".to_owned(), json!("P1Y"));
    wanted.fields.remove("maintainer_email");
    push(target, wanted, kept).await;
    is_public(target, fixture, wanted, kept).await;
    // Another content of the same size, one resource less, one more.
    let id = wanted.id;
    let gone = wanted.resources.remove(1);
    wanted.resources[0] = resource(id, "arrivals-en.csv", b"year,n\n2026,7\n", kept);
    wanted
        .resources
        .push(resource(id, "more.csv", b"a,b\n1,2\n3,4\n", kept));
    push(target, wanted, kept).await;
    is_public(target, fixture, wanted, kept).await;
    assert_eq!(
        fixture.public_content(id, &gone).await,
        None,
        "what was taken out is gone"
    );
}

async fn refuses_what_has_moved_on(target: &dyn Target, wanted: &mut DatasetDesired, kept: &Kept) {
    let mut late = wanted.clone();
    late.fields.insert("frequency".to_owned(), json!("P3M"));
    let late = plan(target, &late, kept).await;
    wanted.fields.insert("frequency".to_owned(), json!("P1W"));
    push(target, wanted, kept).await;
    kept.next_plan();
    let refused = carry_out(target, &late, kept).await;
    let refused = refused.expect_err("a plan from before another change is refused");
    assert_eq!(
        (refused.code, refused.retry),
        ("drifted", Retry::NeedsPerson),
        "{refused}"
    );
    let left = plan(target, wanted, kept).await.changes;
    assert!(left.is_empty(), "what was refused left no trace: {left:?}");
}

async fn takes_back_and_returns(
    target: &dyn Target,
    fixture: &dyn TargetFixture,
    wanted: &DatasetDesired,
    kept: &Kept,
) {
    let back = DatasetPlan {
        dataset: wanted.id,
        before: plan(target, wanted, kept).await.before,
        after: None,
        changes: vec![Change::Withdraw {
            reason: Bilingual::new("Published in error", "Publié par erreur"),
        }],
    };
    for writes_again in [true, false] {
        kept.next_plan();
        let applied = carry_out(target, &back, kept).await;
        let applied =
            applied.unwrap_or_else(|error| panic!("what is public is taken back: {error}"));
        assert_eq!(
            applied.writes > 0,
            writes_again,
            "taken back once, and no more than that"
        );
        assert_eq!(
            state(target, wanted.id, kept).await,
            Some(PublicState::Withdrawn),
            "what was taken back is told as taken back"
        );
        for resource in &wanted.resources {
            assert_eq!(
                fixture.public_content(wanted.id, resource).await,
                None,
                "the public gets nothing of what was taken back"
            );
        }
    }
    push(target, wanted, kept).await;
    is_public(target, fixture, wanted, kept).await;
}

async fn survives_a_lost_answer(target: &dyn Target, fixture: &dyn TargetFixture, kept: &Kept) {
    let mut wanted = dataset(fixture.id(2), kept);
    if !fixture.lose_an_answer().await {
        return;
    }
    push(target, &wanted, kept).await;
    is_public(target, fixture, &wanted, kept).await;
    wanted.fields.insert("frequency".to_owned(), json!("P1Y"));
    wanted.resources[0] = resource(wanted.id, "arrivals-en.csv", b"year,n\n2026,9\n", kept);
    assert!(fixture.lose_an_answer().await, "answers can be lost again");
    push(target, &wanted, kept).await;
    is_public(target, fixture, &wanted, kept).await;
}
