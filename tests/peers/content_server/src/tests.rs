//! The contract: what clients of a real server rely on, through HTTP.

mod client;
mod machine;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::client::Client;
use crate::{Change, Config, OutOfRange, Payload, Simulator, Zone, ids};

fn ids_of(answer: &Value) -> Vec<i64> {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["data"]["properties"]["id"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn the_department_has_86_nodes() {
    let simulator = Simulator::start(Config::default()).await.unwrap();
    assert_eq!(simulator.tree().len(), 86);
    let path = "Données ouvertes – Open Data/Policies/Level 0";
    assert_eq!(simulator.id_at(path), Some(50_061));
}

#[tokio::test]
async fn tickets_rotate_and_old_ones_stay_good_until_they_expire() {
    let client = Client::start().await;
    let first = client.get("/v1/auth").await;
    assert_eq!(first.json()["data"]["name"], "rideau");
    let fresh = first.header("OTCSTicket").unwrap();
    assert_ne!(fresh, client.ticket);
    assert_eq!(client.get("/v2/nodes/2000").await.status, 200);
    client.simulator.advance(1000);
    let later = client.get("/v2/nodes/2000").await.header("otcsticket");
    client.simulator.advance(1000);
    let answer = client.get("/v2/nodes/2000").await;
    assert_eq!(answer.status, 401);
    assert!(answer.json()["error"].is_string());
    let cookie = format!("LLCookie={}", later.unwrap());
    let answer = client
        .send(
            "GET",
            "/cs/cs/api/v2/nodes/2000",
            &[("Cookie", cookie.as_str())],
            b"",
        )
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn single_sign_on_and_oauth_log_in_too() {
    let client = Client::start().await;
    let body = br#"{"user_name":"rideau","password":"rideau-secret"}"#;
    let path = "/otdsws/v1/authentication/credentials";
    let headers = [("Content-Type", "application/json")];
    let answer = client.send("POST", path, &headers, body).await.unwrap();
    let ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
    let answer = client
        .send(
            "GET",
            "/cs/cs/api/v1/auth",
            &[("OTDSTicket", ticket.as_str())],
            b"",
        )
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.header("OTCSTicket").is_some());

    // rideau-client:client-secret
    let headers = [
        (
            "Authorization",
            "Basic cmlkZWF1LWNsaWVudDpjbGllbnQtc2VjcmV0",
        ),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let answer = client
        .send(
            "POST",
            "/otdsws/oauth2/token",
            &headers,
            b"grant_type=client_credentials",
        )
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
    let answer = client
        .send(
            "GET",
            "/cs/cs/api/v2/nodes/2000",
            &[("Authorization", bearer.as_str())],
            b"",
        )
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn forms_are_understood_in_four_ways_and_json_is_not() {
    let client = Client::start().await;
    let path = "/cs/cs/api/v2/nodes/list";
    let multipart = "multipart/form-data; boundary=XX";
    let form = "application/x-www-form-urlencoded";
    let plain = "--XX\r\nContent-Disposition: form-data; name=\"ids\"\r\n\r\n[41001]\r\n--XX--\r\n";
    let inner = "--XX\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\n{\"ids\":[41001]}\r\n--XX--\r\n";
    for (kind, body, expected) in [
        (form, "ids=41001", 200),
        (form, "body=%7B%22ids%22%3A%5B41001%5D%7D", 200),
        (multipart, plain, 200),
        (multipart, inner, 200),
        ("application/json", "{\"ids\":[41001]}", 400),
    ] {
        let headers = [
            ("OTCSTicket", client.ticket.as_str()),
            ("Content-Type", kind),
        ];
        let answer = client.send("POST", path, &headers, body.as_bytes()).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, expected, "{kind} {body}");
        if expected == 200 {
            assert_eq!(ids_of(&answer.json()), [41_001]);
        }
    }
}

#[tokio::test]
async fn missing_and_forbidden_are_the_same() {
    let client = Client::start().await;
    for (path, status) in [
        ("", 400),
        ("/versions", 400),
        ("/audit", 400),
        ("/nodes", 500),
        ("/content", 500),
        ("/categories", 500),
        ("/permissions", 500),
    ] {
        let missing = client.get(&format!("/v2/nodes/999999{path}")).await;
        assert_eq!(missing.status, status, "{path}");
        for id in [ids::SECRET, ids::MARKED, ids::FORBIDDEN] {
            let other = client.get(&format!("/v2/nodes/{id}{path}")).await;
            assert_eq!(other.status, status, "{id}{path}");
            assert_eq!(other.body, missing.body);
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_give_the_same_set() {
    let client = Client::start().await;
    let whole = client.got("/v2/nodes/40100/nodes?limit=100").await;
    let expected: BTreeSet<i64> = ids_of(&whole).into_iter().collect();
    assert_eq!(expected.len(), 40);
    for limit in [1, 3, 7, 40, 41] {
        let mut found = Vec::new();
        let mut page = 1;
        loop {
            let path = format!("/v2/nodes/40100/nodes?limit={limit}&page={page}");
            let answer = client.got(&path).await;
            found.extend(ids_of(&answer));
            let paging = &answer["collection"]["paging"];
            assert_eq!(paging["total_count"], 40);
            if paging["page_total"].as_i64().unwrap() <= page {
                break;
            }
            page += 1;
        }
        assert_eq!(found.len(), 40);
        assert_eq!(found.into_iter().collect::<BTreeSet<i64>>(), expected);
    }
    let beyond = "/v2/nodes/40100/nodes?limit=30&page=9";
    assert!(ids_of(&client.got(beyond).await).is_empty());
    client
        .simulator
        .switch(|switches| switches.out_of_range = OutOfRange::RepeatLast);
    assert_eq!(ids_of(&client.got(beyond).await).len(), 10);
    client
        .simulator
        .switch(|switches| switches.page_items_max = 5);
    assert_eq!(
        ids_of(&client.got("/v2/nodes/40100/nodes?limit=30").await).len(),
        5
    );
}

#[tokio::test]
async fn listings_hide_and_filter() {
    let client = Client::start().await;
    let all = ids_of(&client.got("/v2/nodes/40000/nodes?limit=100").await);
    for id in [ids::SECRET, ids::MARKED, ids::FORBIDDEN, ids::HIDDEN] {
        assert!(!all.contains(&id), "{id}");
    }
    let shown = client
        .got("/v2/nodes/40000/nodes?limit=100&show_hidden=true")
        .await;
    assert!(ids_of(&shown).contains(&ids::HIDDEN));
    let folders = client
        .got("/v2/nodes/40000/nodes?limit=100&where_type=-1")
        .await;
    assert!(ids_of(&folders).contains(&ids::WORKSPACE));
    assert!(!ids_of(&folders).contains(&ids::SUMMARY));
    let named = client.got("/v2/nodes/40000/nodes?where_name=statist").await;
    assert_eq!(ids_of(&named), [ids::STATISTICS]);
    let size = client
        .got("/v2/nodes/40000?fields=properties%7Bsize%7D")
        .await;
    let size = size["results"]["data"]["properties"]["size"]
        .as_u64()
        .unwrap();
    assert!(size >= u64::try_from(all.len()).unwrap());
    let flat = client.got("/v1/nodes/40000/nodes?limit=100").await;
    assert_eq!(flat["data"].as_array().unwrap().len(), all.len());
    let parts = client.got("/v2/nodes/41010/nodes/all?sort=order").await;
    assert_eq!(ids_of(&parts), [41_013, 41_012]);
}

#[tokio::test]
async fn fields_choose_what_is_told() {
    let client = Client::start().await;
    let path = "/v2/nodes/41001?fields=properties%7Bid%2Cname%7D&fields=versions.element%280%29\
                &fields=permissions.limit%282%29";
    let data = client.got(path).await["results"]["data"].take();
    assert_eq!(data["properties"].as_object().unwrap().len(), 2);
    assert_eq!(data["versions"]["version_number"], 3);
    assert_eq!(data["permissions"].as_array().unwrap().len(), 2);
    assert!(data.get("categories").is_none());
}

#[tokio::test]
async fn workspaces_have_negative_parents_and_local_dates() {
    let client = Client::start().await;
    let path = "/v2/nodes/41008";
    let inside = client.got(path).await["results"]["data"]["properties"].take();
    assert_eq!(inside["parent_id"], -ids::WORKSPACE);
    assert_eq!(inside["volume_id"], ids::WORKSPACE);
    assert_eq!(inside["modify_date"], "2026-02-18T09:01:00");
    let outside = client.got("/v2/nodes/41002").await["results"]["data"]["properties"].take();
    assert_eq!(outside["parent_id"], ids::TOP);
    assert_eq!(outside["volume_id"], -2000);
    assert_eq!(outside["modify_date"], "2026-02-10T14:01:00Z");
    client
        .simulator
        .switch(|switches| switches.zone = Zone::Always);
    let inside = client.got(path).await["results"]["data"]["properties"].take();
    assert_eq!(inside["modify_date"], "2026-02-18T14:01:00Z");
}

#[tokio::test]
async fn categories_come_in_both_shapes() {
    let client = Client::start().await;
    let list = client.got("/v2/nodes/41001/categories?metadata").await["results"].take();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["data"]["categories"]["16878_2"], "IRCC-2025-001");
    let metadata = list[0]["metadata"]["categories"].as_object().unwrap();
    let keys: Vec<&String> = metadata.keys().collect();
    assert_eq!(keys[0], "16878");
    let set = keys.iter().position(|key| *key == "16878_7").unwrap();
    assert_eq!(keys[set + 1], "16878_7_x_8");
    assert_eq!(list[0]["metadata_order"]["categories"], json!(["16878"]));
    let one = client
        .got("/v2/nodes/41001/categories/16878/?metadata")
        .await;
    assert_eq!(
        one["results"]["data"]["categories"]["16878_7_2_8"],
        "Client B"
    );
    assert!(one["results"]["data"]["categories"]["16878_7_2_9"].is_null());
    let node = client
        .got("/v2/nodes/41001?fields=properties&fields=categories&metadata")
        .await;
    assert_eq!(node["results"]["data"]["categories"][1]["17001_2"], "Open");
    assert!(node["results"]["metadata"]["categories"][0]["16878"].is_object());
}

#[tokio::test]
async fn content_is_as_long_as_told() {
    let client = Client::start().await;
    for node in client.simulator.tree() {
        if !node.seen_by.contains(&"rideau".to_owned()) {
            continue;
        }
        for version in &node.versions {
            let path = format!("/v2/nodes/{}/versions/{}", node.id, version.number);
            let told = client.got(&path).await;
            let told = &told["results"]["data"]["versions"]["file_size"];
            assert_eq!(told.as_u64(), u64::try_from(version.size_bytes).ok());
            let answer = client.get(&format!("{path}/content")).await;
            assert_eq!(answer.body.len(), version.size_bytes, "{path}");
        }
    }
    let answer = client.get("/v1/nodes/41001/content").await;
    assert_eq!(answer.body, b"version trois");
    let latest = client.got("/v1/nodes/41001/versions/latest").await;
    assert_eq!(latest["data"]["version_number"], 3);
    let headers = [("OTCSTicket", client.ticket.as_str())];
    let path = "/cs/cs/api/v2/nodes/41001/content";
    let answer = client.send("HEAD", path, &headers, b"").await.unwrap();
    assert_eq!(answer.header("content-length").as_deref(), Some("13"));
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn records_and_clearances_are_told_if_installed() {
    let client = Client::start().await;
    let details = client.got("/v1/nodes/41001/rmclassifications").await;
    assert_eq!(details["data"][0]["rsi"], "RDA-98-001");
    assert!(details["rm_metadataToken"].is_string());
    let direct = client.got("/v1/nodes/41020/holds").await;
    assert_eq!(direct["data"][0]["hold_appliedmethod"], "Direct");
    let indirect = client.got("/v1/nodes/41031/holds").await;
    assert_eq!(indirect["data"][0]["hold_appliedmethod"], "Indirect");
    let clearance = client.got("/v1/nodes/41001/securityclearances").await;
    assert_eq!(clearance["data"]["clearance_level"], 10);
    let own = client.got("/v1/securityclearances").await;
    assert_eq!(
        own["data"]["clearance_levels"]["data"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    client.simulator.switch(|switches| {
        switches.records_management = false;
        switches.security_clearance = false;
    });
    for path in [
        "/v1/nodes/41001/rmclassifications",
        "/v1/nodes/41020/holds",
        "/v2/holds",
        "/v1/nodes/41001/securityclearances",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 400);
        let text = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(text.contains("mappings registry"));
    }
}

#[tokio::test]
async fn changes_show() {
    let client = Client::start().await;
    let simulator = &client.simulator;
    simulator.advance(60);
    let id = simulator
        .change(Change::Create {
            parent: ids::POLICIES,
            name: "New.txt".to_owned(),
            kind: None,
            content: Some(Payload::from("one")),
            mime_type: None,
            original: None,
            url: None,
        })
        .unwrap();
    let content = Payload::from("two!");
    assert_eq!(simulator.change(Change::AddVersion { id, content }), Ok(2));
    let parent = ids::MONTHS;
    simulator.change(Change::Move { id, parent }).unwrap();
    let name = "Newer.txt".to_owned();
    simulator.change(Change::Rename { id, name }).unwrap();
    let told = client.got(&format!("/v2/nodes/{id}")).await["results"]["data"]["properties"].take();
    assert_eq!(told["name"], "Newer.txt");
    assert_eq!(told["parent_id"], ids::MONTHS);
    assert_eq!(told["size"], 4);
    simulator.change(Change::Deny { id, deep: false }).unwrap();
    assert_eq!(client.get(&format!("/v2/nodes/{id}")).await.status, 400);
    simulator.change(Change::Allow { id, deep: false }).unwrap();
    simulator
        .change(Change::SetClearance { id, level: 40 })
        .unwrap();
    assert_eq!(client.get(&format!("/v2/nodes/{id}")).await.status, 400);
    assert!(simulator.change(Change::Delete { id: ids::HELD }).is_err());
}

#[tokio::test]
async fn the_recycle_bin_tells_what_was_deleted() {
    let mut client = Client::start().await;
    let id = ids::POLICIES;
    client.simulator.change(Change::Delete { id }).unwrap();
    assert_eq!(client.get("/v2/nodes/50070").await.status, 400);
    let bin = "/v2/volumes/recyclebin/nodes?mode=anyone_deleted&sort=deleted_date";
    assert_eq!(ids_of(&client.got(bin).await), [id]);
    client.simulator.change(Change::Restore { id }).unwrap();
    assert_eq!(client.get("/v2/nodes/50070").await.status, 200);
    assert!(ids_of(&client.got(bin).await).is_empty());
    client.simulator.change(Change::Purge { id }).unwrap();
    assert_eq!(client.get("/v2/nodes/50070").await.status, 400);
    client.login("visitor").await;
    assert_eq!(client.get(bin).await.status, 403);
}
