//! A file of 5 GB goes to a portal and is read back without being held in memory.
//!
//! Takes minutes, so it runs only when asked for, and alone, because it looks at the memory of its own process:
//! `cargo test --release --test it large::five_gigabytes_are_not_held -- --ignored --exact --nocapture`.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::{Router, body::Body, extract::State, http::StatusCode, response::Response};
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use rideau_connectors::{
    ContentStore, DatasetDesired, DatasetPlan, Fields, Journal, PortError, ResourceDesired, Target,
    ckan::{CkanOptions, CkanTarget},
    difference,
    options::{Document, Options, Problems},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const SIZE: u64 = 5_000_000_000;
const MOST_MEMORY_KB: u64 = 150_000;
static ZEROS: [u8; 65_536] = [0; 65_536];

/// So many zeros, made as they are asked for.
fn zeros() -> impl futures::Stream<Item = Bytes> + Send + 'static {
    futures::stream::unfold(SIZE, |left| async move {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
        (count > 0).then(|| {
            let piece = Bytes::from_static(&ZEROS[..count]);
            (piece, left - count as u64)
        })
    })
}

struct Zeros;

#[async_trait]
impl ContentStore for Zeros {
    async fn open(
        &self,
        _: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, PortError>>, PortError> {
        Ok(zeros().map(Ok).boxed())
    }
}

#[derive(Default)]
struct Notes(Mutex<Option<String>>);

#[async_trait]
impl Journal for Notes {
    async fn is_done(&self, _: &str) -> Result<bool, PortError> {
        Ok(false)
    }

    async fn done(&self, _: &str, _: &Value) -> Result<(), PortError> {
        Ok(())
    }

    async fn known_sha256(&self, _: Uuid) -> Result<Option<String>, PortError> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn remember_sha256(&self, _: Uuid, sha256: &str) -> Result<(), PortError> {
        *self.0.lock().unwrap() = Some(sha256.to_owned());
        Ok(())
    }
}

/// A portal that keeps one record, and of its file only the size.
#[derive(Default)]
struct Sink {
    record: Mutex<Option<Value>>,
    /// What the record says of the file once it is there.
    file: Mutex<Value>,
    received: Mutex<u64>,
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
}

async fn serve(State(sink): State<Arc<Sink>>, request: axum::extract::Request) -> Response {
    let path = request.uri().path().to_owned();
    if path.contains("/download/") {
        let pieces = zeros().map(Ok::<_, std::convert::Infallible>);
        return Response::new(Body::from_stream(pieces));
    }
    let multipart = request.headers().get("content-type").is_some_and(|kind| {
        kind.to_str()
            .is_ok_and(|kind| kind.starts_with("multipart/"))
    });
    let mut body = Vec::new();
    let mut pieces = request.into_body().into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.unwrap();
        if multipart {
            *sink.received.lock().unwrap() += piece.len() as u64;
        } else {
            body.extend_from_slice(&piece);
        }
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut record = sink.record.lock().unwrap();
    match path.rsplit('/').next() {
        Some("package_create") => {
            let mut made = body;
            made["state"] = json!("active");
            made["metadata_modified"] = json!("2026-01-02T00:00:00");
            made["resources"] = json!([]);
            *record = Some(made);
        }
        Some("package_revise") => {
            let record = record.as_mut().unwrap();
            if multipart {
                record["resources"] = json!([*sink.file.lock().unwrap()]);
            } else if let Some(update) = body["update"].as_object() {
                for (name, value) in update {
                    record[name] = value.clone();
                }
            }
        }
        _ => {}
    }
    match &*record {
        Some(record) => answer(StatusCode::OK, &json!({"success": true, "result": record})),
        None => answer(
            StatusCode::NOT_FOUND,
            &json!({"success": false, "error": {"__type": "Not Found Error"}}),
        ),
    }
}

fn fields(value: &Value) -> Fields {
    value
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The most memory this process has had, in kB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1))
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes, and must run alone"]
async fn five_gigabytes_are_not_held() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let sink = Arc::new(Sink::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(serve).with_state(Arc::clone(&sink));
    tokio::spawn(async move { axum::serve(listener, router).await });

    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "sample").unwrap();
    let text = format!(
        "url = \"http://{address}/\"\ntoken = {{ file = \"{}\" }}\nupload_limit_mb = 6000\nrequests_per_second = 1000\n",
        token.display()
    );
    let mut problems = Problems::default();
    let document = Document::parse("test.toml", "/", text, &mut problems).unwrap();
    let options = CkanOptions::decode(&document.root(), &mut problems).unwrap();
    let target = CkanTarget::new(&options, "cic").unwrap();

    let mut hash = Sha256::new();
    let mut pieces = std::pin::pin!(zeros());
    while let Some(piece) = pieces.next().await {
        hash.update(&piece);
    }
    let (dataset, resource) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let about = json!({
        "name_translated": {"en": "Large", "fr": "Grand"}, "resource_type": "dataset", "language": ["en", "fr"], "format": "TXT",
    });
    let mut file = about.clone();
    file["id"] = json!(resource);
    file["size"] = json!(SIZE);
    file["url"] = json!(format!(
        "http://{address}/dataset/{dataset}/resource/{resource}/download/large.txt"
    ));
    *sink.file.lock().unwrap() = file;
    let desired = target.canonical(DatasetDesired {
        id: dataset,
        fields: fields(
            &json!({"type": "dataset", "title_translated": {"en": "Large", "fr": "Grand"}}),
        ),
        resources: vec![ResourceDesired {
            id: resource,
            fields: fields(&about),
            file_name: "large.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: SIZE,
            sha256: hex::encode(hash.finalize()),
        }],
    });
    let plan = DatasetPlan {
        dataset,
        before: None,
        changes: difference(&desired, None),
        after: Some(desired),
    };
    let begun = std::time::Instant::now();
    let applied = target
        .apply(&plan, &Zeros, &Notes::default())
        .await
        .unwrap();
    assert_eq!(applied.bytes_sent, SIZE);
    assert!(*sink.received.lock().unwrap() > SIZE);
    let peak = peak_kb();
    eprintln!(
        "{SIZE} bytes sent and read back in {:?}; peak memory {peak} kB",
        begun.elapsed()
    );
    assert!(peak < MOST_MEMORY_KB, "{peak} kB");
}
