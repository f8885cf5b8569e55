//! The search index, trouble on order, the controls over HTTP, and other fixtures.

use std::path::PathBuf;

use super::{client::Client, ids_of};
use crate::{Change, Config, FailKind, Failure, Fixture, Simulator, ids};

#[tokio::test]
async fn the_index_lags() {
    let client = Client::start().await;
    let search = "/cs/cs/api/v2/search";
    let form = "where=OTSubType%3A144+and+OTLocation%3A40100&limit=100&lookfor=complexQuery";
    let found = client.form("POST", search, form).await;
    assert_eq!(ids_of(&found.json()).len(), 40);
    client
        .simulator
        .switch(|switches| switches.index_lag_seconds = 3600);
    let name = "Renamed.csv".to_owned();
    let id = ids::FIRST_MONTH;
    client
        .simulator
        .change(Change::Rename { id, name })
        .unwrap();
    let form = "body=%7B%22where%22%3A%22OTName%3A+%5C%22Renamed%5C%22%22%7D";
    let early = client.form("POST", search, form).await;
    assert!(ids_of(&early.json()).is_empty());
    client.simulator.advance(1700);
    client.simulator.advance(1900);
    let mut client = client;
    client.login("rideau").await;
    let late = client.form("POST", search, form).await;
    assert_eq!(ids_of(&late.json()), [id]);
    let form = "where=%5Bqlregion+%22OTModifyDate%22%5D+%3E%3D+%2220260302%22";
    let recent = client.form("POST", search, form).await;
    assert!(ids_of(&recent.json()).contains(&id));
    let form = "where=OTModifyDate%3A+qlrange+%2220260210~20260210%22";
    let day = client.form("POST", search, form).await;
    assert_eq!(ids_of(&day.json()), [ids::STATISTICS]);
}

#[tokio::test]
async fn failures_come_as_ordered() {
    let client = Client::start().await;
    let path = "/cs/cs/api/v2/nodes/40000";
    let headers = [("OTCSTicket", client.ticket.as_str())];
    for (kind, status) in [
        (FailKind::Unavailable, Some(503)),
        (FailKind::TooMany, Some(429)),
        (FailKind::HtmlError, Some(500)),
        (FailKind::BadGateway, Some(502)),
        (FailKind::Garbled, Some(200)),
        (FailKind::LoginPage, Some(200)),
        (FailKind::Unauthorized, Some(401)),
        (FailKind::Drop, None),
        (FailKind::Truncate, None),
    ] {
        client
            .simulator
            .fail_next(Failure::new(kind, 1).on("/nodes/40000"));
        assert_eq!(client.get("/v2/nodes/2000").await.status, 200);
        let answer = client.send("GET", path, &headers, b"").await;
        assert_eq!(
            answer.as_ref().ok().map(|one| one.status),
            status,
            "{kind:?}"
        );
        if status == Some(200) {
            assert!(answer.unwrap().json().is_null());
        }
        let answer = client.send("GET", path, &headers, b"").await;
        assert_eq!(answer.unwrap().status, 200, "{kind:?}");
    }
    assert_eq!(client.simulator.count("GET /cs/cs/api/v2/nodes/40000"), 18);
    client.simulator.reset_requests();
    assert!(client.simulator.requests().is_empty());
}

#[tokio::test]
async fn controls_work_over_http() {
    let client = Client::start().await;
    let body = br#"{"do":"rename","id":41002,"name":"Numbers.csv"}"#;
    let answer = client.send("POST", "/control/change", &[], body).await;
    assert_eq!(answer.unwrap().json()["id"], 41_002);
    let body = br#"{"records_management":false}"#;
    let answer = client.send("POST", "/control/switches", &[], body).await;
    assert_eq!(answer.unwrap().json()["records_management"], false);
    let body = br#"{"advance_seconds":60}"#;
    let answer = client.send("POST", "/control/clock", &[], body).await;
    assert_eq!(answer.unwrap().status, 200);
    let body = br#"{"kind":"too_many","requests":1,"retry_after_seconds":7}"#;
    let answer = client.send("POST", "/control/fail", &[], body).await;
    assert_eq!(answer.unwrap().status, 200);
    let failed = client.get("/v2/nodes/41002").await;
    assert_eq!(failed.header("retry-after").as_deref(), Some("7"));
    let tree = client.send("GET", "/control/tree", &[], b"").await.unwrap();
    assert_eq!(tree.json().as_array().unwrap().len(), 86);
    let body = br#"{"do":"rename","id":1,"name":"x"}"#;
    let answer = client.send("POST", "/control/change", &[], body).await;
    assert_eq!(answer.unwrap().status, 422);
}

#[tokio::test]
async fn a_folder_of_files_can_be_shown_below_another_path() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let config = Config {
        base: "/OTCS/cs.exe".to_owned(),
        fixture: Fixture::Files(folder),
        ..Config::default()
    };
    let simulator = Simulator::start(config).await.unwrap();
    assert!(simulator.url().ends_with("/OTCS/cs.exe"));
    let id = simulator.id_at("src/api/nodes.rs").unwrap();
    let bytes = simulator.content(id, None).unwrap();
    assert_eq!(&bytes[..], include_bytes!("../api/nodes.rs"));
}
