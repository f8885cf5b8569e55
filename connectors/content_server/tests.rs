//! The source against a server that answers like Content Server, with everything that such a server does to a watcher.

mod server;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use rideau_content_server_sim::{Change, FailKind, Fixture, OutOfRange, ids};
use serde_json::{Value, json};

use super::*;
use crate::{
    Access,
    contract::{Listing, source_contract},
};
use server::{Memory, Server, source};

/// One scan from nothing.
async fn scanned(source: &ContentServerSource) -> (ScanEnd, Memory) {
    let mut memory = Memory::default();
    let end = memory.scan(source, &Value::Null).await;
    (end, memory)
}

#[tokio::test]
async fn keeps_the_contract() {
    let mut server = Server::start(Fixture::Empty).await;
    let source = source(server.options(ids::ENTERPRISE));
    source_contract(&source, &mut server).await;
}

#[tokio::test]
async fn tells_what_the_account_sees() {
    let server = Server::start(Fixture::Department).await;
    let (_, memory) = scanned(&server.source()).await;
    let expected: BTreeMap<String, String> = server
        .sim
        .tree()
        .into_iter()
        .filter(|node| {
            matches!(node.kind, 144 | 145 | 749)
                && !node.deleted
                && node.seen_by.iter().any(|name| name == "rideau")
        })
        .filter_map(|node| {
            let path = node.path.split_once('/')?.1.to_owned();
            Some((node.id.to_string(), path))
        })
        .collect();
    let told: BTreeMap<String, String> = memory
        .known
        .values()
        .map(|record| (record.native_id.clone(), record.path.clone()))
        .collect();
    assert_eq!(told, expected);
    for id in [ids::SECRET, ids::MARKED, ids::FORBIDDEN] {
        assert!(!told.contains_key(&id.to_string()), "{id} is not shown");
    }
    assert!(told.contains_key(&ids::HIDDEN.to_string()));
    let parts: Vec<_> = [41_013, 41_012]
        .iter()
        .map(|id| memory.get(*id).native["order"].clone())
        .collect();
    assert_eq!(parts, [json!(1), json!(2)]);
}

#[tokio::test]
async fn tells_everything_of_a_record() {
    let server = Server::start(Fixture::Department).await;
    let (_, memory) = scanned(&server.source()).await;
    let record = memory.get(ids::SUMMARY);
    let at = |pointer: &str| {
        let native = Value::Object(record.native.clone());
        native.pointer(pointer).cloned().unwrap_or(Value::Null)
    };
    assert_eq!(record.access, Access::Known);
    assert_eq!(at("/clearance"), json!("unclassified"));
    assert_eq!(
        at("/clearance_native"),
        json!({"level": 10, "name": "UNCLASSIFIED"})
    );
    assert_eq!(at("/categories/16878_2"), json!("IRCC-2025-001"));
    assert_eq!(at("/categories/16878_7_2_8"), json!("Client B"));
    assert_eq!(at("/category_names/16878"), json!("Open Data Release"));
    assert_eq!(at("/version_number"), json!(3));
    assert_eq!(at("/rm/file_number"), json!("1000-2-1"));
    assert_eq!(at("/rm/status"), json!("ACTIVE"));
    assert_eq!(at("/classifications/0/name"), json!("Open data"));
    assert_eq!(at("/holds"), json!([]));
    assert_eq!(at("/unknown"), Value::Null);
    assert_eq!(at("/record_date").as_str().map(str::len), Some(10));
    // In a workspace dates come without a zone, and ids of parents negative.
    let plan = memory.get(ids::WORKSPACE_DOCUMENT);
    assert_eq!(plan.native["workspace_id"], json!(ids::WORKSPACE));
    assert_eq!(plan.native["parent_id"], json!(ids::WORKSPACE));
    let tree = server.sim.tree();
    let real = tree
        .iter()
        .find(|node| node.id == ids::WORKSPACE_DOCUMENT)
        .unwrap();
    let modified: DateTime<Utc> = real.modified.parse().unwrap();
    assert_eq!(plan.modified, Some(modified));
    // No number of this clearance in the configuration, or none given: unknown.
    assert_eq!(
        memory.get(ids::STATISTICS).native["clearance"],
        json!("unknown")
    );
    let held = memory.get(ids::HELD_INSIDE);
    assert_eq!(held.native["holds"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        memory.get(ids::RESERVED).native["reserved_by_someone"],
        json!(true)
    );
}

#[tokio::test]
async fn a_quiet_scan_costs_one_request_for_each_container() {
    let server = Server::start(Fixture::Department).await;
    let source = server.source();
    let (end, mut memory) = scanned(&source).await;
    let before = memory.known.clone();
    server.sim.reset_requests();
    let again = memory.scan(&source, &end.state).await;
    assert_eq!(memory.known, before);
    assert_eq!(again.records, end.records);
    assert_eq!(
        server.sim.requests().len(),
        usize::try_from(again.folders).unwrap()
    );
}

#[tokio::test]
async fn changes_without_a_new_date() {
    let server = Server::start(Fixture::Department).await;
    let options = server.options(ids::TOP);
    let quick = source(options.clone());
    let (end, mut memory) = scanned(&quick).await;
    let old = memory.known.clone();
    // Rights come with the listing.
    let id = ids::STATISTICS;
    server.change(Change::SetRight {
        id,
        right_id: 1200,
        permissions: vec!["see".to_owned()],
    });
    server.change(Change::Hold {
        id: ids::SUMMARY,
        name: "New".to_owned(),
    });
    let end = memory.scan(&quick, &end.state).await;
    assert_ne!(memory.get(id).fingerprint, old[&id.to_string()].fingerprint);
    assert_eq!(
        memory.get(ids::SUMMARY).fingerprint,
        old[&ids::SUMMARY.to_string()].fingerprint
    );
    // Asked for in full, the hold shows; and at the latest in the rolling full reading.
    let known = memory.get(ids::SUMMARY).clone();
    let seen = quick.observe(&known).await.unwrap().unwrap();
    assert_eq!(seen.native["holds"][0]["name"], json!("New"));
    assert_ne!(seen.fingerprint, known.fingerprint);
    assert_eq!(
        quick
            .unchanged(&known.native_id, &known.fingerprint)
            .await
            .ok(),
        Some(false)
    );
    let thorough = source(ContentServerOptions {
        full_read_every: 1,
        ..options
    });
    memory.scan(&thorough, &end.state).await;
    assert_eq!(memory.get(ids::SUMMARY).fingerprint, seen.fingerprint);
}

#[tokio::test]
async fn other_settings_read_everything_anew() {
    let server = Server::start(Fixture::Department).await;
    let options = server.options(ids::TOP);
    let (end, mut memory) = scanned(&source(options.clone())).await;
    let old = memory.get(ids::STATISTICS).clone();
    let other = source(ContentServerOptions {
        unclassified_when_absent: true,
        ..options
    });
    memory.scan(&other, &end.state).await;
    let new = memory.get(ids::STATISTICS);
    assert_eq!(new.native["clearance"], json!("unclassified"));
    assert_ne!(new.fingerprint, old.fingerprint);
}

#[tokio::test]
async fn missing_modules_leave_facts_unknown() {
    let server = Server::start(Fixture::Department).await;
    server.sim.switch(|switches| {
        switches.records_management = false;
        switches.security_clearance = false;
        switches.classifications = false;
    });
    let options = ContentServerOptions {
        unclassified_when_absent: true,
        ..server.options(ids::TOP)
    };
    let source = source(options);
    let (_, memory) = scanned(&source).await;
    for record in memory.known.values() {
        assert_eq!(
            record.native["clearance"],
            json!("unknown"),
            "never assumed"
        );
        assert_eq!(
            record.native["unknown"],
            json!(["rm", "holds", "classifications", "clearance"])
        );
        assert!(!record.native.contains_key("holds"));
    }
    assert!(
        server.sim.count("/holds") < 20,
        "a missing module is not asked for ever"
    );
}

#[tokio::test]
async fn three_ways_in() {
    let server = Server::start(Fixture::Department).await;
    for login in Login::ALL {
        let source = source(ContentServerOptions {
            login: *login,
            ..server.options(ids::WORKSPACE)
        });
        let (end, _) = scanned(&source).await;
        assert_eq!(end.records, 2, "{login}");
        let lines = source.check().await;
        assert!(lines.iter().all(|line| line.ok), "{lines:?}");
    }
}

#[tokio::test]
async fn one_login_for_all_that_wait() {
    let server = Server::start(Fixture::Department).await;
    let source = server.source();
    let (end, mut memory) = scanned(&source).await;
    server.sim.expire_tickets(true);
    server.sim.reset_requests();
    memory.scan(&source, &end.state).await;
    assert_eq!(server.sim.count("POST /cs/cs/api/v1/auth"), 1);
}

#[tokio::test]
async fn a_refused_account_is_not_locked() {
    let server = Server::start(Fixture::Department).await;
    let source = source(ContentServerOptions {
        password: Some(server.secret("wrong")),
        ..server.options(ids::TOP)
    });
    for _ in 0..3 {
        let error = source
            .scan(&Value::Null, &mut Memory::default())
            .await
            .unwrap_err();
        assert_eq!((error.code, error.is_temporary()), ("log_in", false));
        assert!(!format!("{error:?}").contains("wrong"));
    }
    assert_eq!(server.sim.requests().len(), 1);
}

#[tokio::test]
async fn troubles_that_pass() {
    let server = Server::start(Fixture::Department).await;
    let (_, calm) = scanned(&server.source()).await;
    for kind in [
        FailKind::Unavailable,
        FailKind::TooMany,
        FailKind::HtmlError,
        FailKind::BadGateway,
        FailKind::Garbled,
        FailKind::Drop,
        FailKind::Truncate,
        FailKind::LoginPage,
        FailKind::Unauthorized,
    ] {
        let source = server.source();
        // Not the login itself.
        source.probe(&["1".to_owned()]).await.unwrap();
        server.fails(kind, 1, "/nodes");
        let (_, memory) = scanned(&source).await;
        assert_eq!(memory.known, calm.known, "{kind:?}");
    }
}

#[tokio::test]
async fn an_outage_is_no_empty_source() {
    let server = Server::start(Fixture::Department).await;
    let source = server.source();
    let (end, mut memory) = scanned(&source).await;
    for kind in [
        FailKind::HtmlError,
        FailKind::JsonError,
        FailKind::LoginPage,
    ] {
        server.fails(kind, 1000, "/nodes/");
        memory.listing = Listing::default();
        let error = source.scan(&end.state, &mut memory).await.unwrap_err();
        assert!(error.is_temporary(), "{kind:?}: {error}");
        assert!(memory.listing.folders.is_empty());
        server.sim.clear_failures();
    }
    server.change(Change::Deny {
        id: ids::TOP,
        deep: false,
    });
    let error = source.scan(&end.state, &mut memory).await.unwrap_err();
    assert_eq!(error.code, "unreachable");
}

#[tokio::test]
async fn a_folder_that_cannot_be_listed_is_unknown() {
    let server = Server::start(Fixture::Department).await;
    server.change(Change::SetPublic {
        id: ids::POLICIES,
        permissions: vec!["see".to_owned()],
    });
    let mut memory = Memory::default();
    let end = server
        .source()
        .scan(&Value::Null, &mut memory)
        .await
        .unwrap();
    assert!(!end.complete);
    let unknown: Vec<_> = memory
        .listing
        .unknown
        .iter()
        .map(|(f, e)| (f.as_str(), e.code))
        .collect();
    assert_eq!(unknown, [("Policies", "forbidden")]);
    // Named in the configuration, it is passed over.
    let source = source(ContentServerOptions {
        ignore: vec![ids::POLICIES.unsigned_abs()],
        ..server.options(ids::TOP)
    });
    scanned(&source).await;
}

#[tokio::test]
async fn pages_of_any_size() {
    let server = Server::start(Fixture::Department).await;
    let (_, all) = scanned(&server.source()).await;
    for (page_size, most, repeat, unseen) in [
        (1, 0, OutOfRange::RepeatLast, false),
        (7, 0, OutOfRange::Empty, false),
        (100, 10, OutOfRange::RepeatLast, false),
        (8, 0, OutOfRange::RepeatLast, true),
        (100, 0, OutOfRange::Empty, true),
    ] {
        server.sim.switch(|switches| {
            switches.page_items_max = most;
            switches.out_of_range = repeat;
            switches.total_counts_unseen = unseen;
        });
        let source = source(ContentServerOptions {
            page_size,
            ..server.options(ids::TOP)
        });
        let (_, memory) = scanned(&source).await;
        assert_eq!(memory.known, all.known, "{page_size} {most} {unseen}");
    }
}

#[tokio::test]
async fn a_scan_that_is_cut_off_goes_on() {
    let server = Server::start(Fixture::Department).await;
    let source = server.source();
    let (whole, calm) = scanned(&source).await;
    let mut memory = Memory {
        breaks_after: Some(5),
        ..Memory::default()
    };
    let error = source.scan(&Value::Null, &mut memory).await.unwrap_err();
    assert_eq!(error.code, "stopped");
    assert!(memory.cursor.is_some());
    memory.breaks_after = None;
    let end = source.scan(&Value::Null, &mut memory).await.unwrap();
    assert_eq!(memory.known, calm.known);
    assert_eq!((end.folders, end.records), (whole.folders, whole.records));
    assert!(
        memory.listing.repeated.is_empty(),
        "each folder is told once"
    );
}

#[tokio::test]
async fn a_move_and_a_rename_keep_the_record() {
    let server = Server::start(Fixture::Department).await;
    let source = server.source();
    let (end, mut memory) = scanned(&source).await;
    let below = memory.get(50_001).clone();
    server.change(Change::Rename {
        id: ids::MONTHS,
        name: "A/B".to_owned(),
    });
    server.change(Change::Move {
        id: ids::STATISTICS,
        parent: ids::EMPTY_FOLDER,
    });
    memory.scan(&source, &end.state).await;
    let now = memory.get(50_001);
    assert_eq!(now.path, format!("A\u{2215}B/{}", below.name));
    assert_eq!(
        now.fingerprint, below.fingerprint,
        "the record itself is the same"
    );
    assert!(
        memory
            .get(ids::STATISTICS)
            .path
            .ends_with("/Statistics.csv")
    );
}

#[tokio::test]
async fn missing_records_are_asked_for() {
    let server = Server::start(Fixture::Department).await;
    let source = server.source();
    server.change(Change::Delete {
        id: ids::STATISTICS,
    });
    server.change(Change::Purge { id: ids::LARGE });
    let asked = [ids::SUMMARY, ids::STATISTICS, ids::LARGE, ids::SECRET].map(|id| id.to_string());
    let told = source.probe(&asked).await.unwrap();
    assert_eq!(
        told,
        [
            Presence::Here,
            Presence::Deleted,
            Presence::NotShown,
            Presence::NotShown
        ]
    );
    server.fails(FailKind::HtmlError, 10, "/nodes/list");
    assert!(source.probe(&asked).await.is_err(), "nothing is concluded");
}

#[tokio::test]
async fn half_a_content_is_an_error() {
    let server = Server::start(Fixture::Department).await;
    let source = server.source();
    let (_, memory) = scanned(&source).await;
    let record = memory.get(ids::LARGE);
    for kind in [FailKind::Truncate, FailKind::LoginPage] {
        server.fails(kind, 1, "/content");
        let content = source
            .open(&record.native_id, &record.fingerprint)
            .await
            .unwrap();
        let read: Result<Vec<_>, _> = content.stream.try_collect().await;
        let error = read.unwrap_err();
        assert!(error.is_temporary(), "{kind:?}: {error}");
    }
    let content = source
        .open(&record.native_id, &record.fingerprint)
        .await
        .unwrap();
    let read: Vec<_> = content.stream.try_collect().await.unwrap();
    assert_eq!(
        Some(read.concat()),
        server.sim.content(ids::LARGE, None).map(|b| b.to_vec())
    );
}

#[tokio::test]
async fn describes_the_site() {
    let server = Server::start(Fixture::Department).await;
    let told = server.source().describe().await.unwrap();
    let release = told
        .categories
        .iter()
        .find(|one| one.id == "16878")
        .unwrap();
    assert_eq!(release.name, "Open Data Release");
    assert!(release.records >= 1);
    let proposals: Vec<_> = release
        .attributes
        .iter()
        .filter_map(|one| Some((one.key.as_str(), one.proposal.as_deref()?)))
        .collect();
    assert_eq!(
        proposals,
        [("16878_3", "date_published"), ("16878_4", "keywords")]
    );
    assert_eq!(
        told.clearances.last(),
        Some(&(
            "30".to_owned(),
            "PROTECTED B".to_owned(),
            Some("protected_b".to_owned())
        ))
    );
}
