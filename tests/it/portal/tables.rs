//! Tables in the DataStore of a real CKAN: kept in step row by row, and compared with their files.

use rideau_connectors::{DatasetDesired, ResourceDesired, Target};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Memory, Portal, dataset, plan, push, resource, unique};

fn one(id: Uuid, name: &str, language: &str, content: &[u8], memory: &Memory) -> ResourceDesired {
    let mut one = resource(id, name, content, memory);
    one.fields.insert("language".to_owned(), json!([language]));
    if name.strip_suffix(".json").is_some() {
        one.fields.insert("format".to_owned(), json!("JSON"));
        "application/json".clone_into(&mut one.media_type);
    }
    one
}

/// The same table in both languages, with schemas; `lines` are the data rows of the English one.
fn tables(id: Uuid, lines: &[String], memory: &Memory) -> DatasetDesired {
    let schema = |year: &str, region: &str| {
        json!({
            "fields": [
                {"name": year, "type": "integer", "title": year}, {"name": region, "type": "string", "title": region},
                {"name": "n", "type": "number"}, {"name": "at", "type": "datetime"}, {"name": "yes", "type": "boolean"}],
            "missingValues": ["", "--"], "primaryKey": [year, region],
        })
        .to_string()
    };
    let mut wanted = dataset(id, memory);
    let english = format!("Year,Region,n,at,yes\r\n{}", lines.concat());
    wanted.resources = vec![
        one(id, "t-en.csv", "en", english.as_bytes(), memory),
        one(
            id,
            "t-en.schema.json",
            "en",
            schema("Year", "Region").as_bytes(),
            memory,
        ),
        one(
            id,
            "t-fr.csv",
            "fr",
            "Année,Région,n,at,yes\r\n2026,QC,1,,\r\n".as_bytes(),
            memory,
        ),
        one(
            id,
            "t-fr.schema.json",
            "fr",
            schema("Année", "Région").as_bytes(),
            memory,
        ),
    ];
    wanted
}

fn line(n: usize, value: &str) -> String {
    format!(
        "{},\"é, {}\",{value},2026-01-02T10:00:00,TRUE\r\n",
        2000 + n / 100,
        n % 100
    )
}

async fn search(portal: &Portal, body: Value) -> Value {
    let (status, answer) = portal
        .action("datastore_search", &body, &portal.editor)
        .await;
    assert_eq!(status, 200, "{answer}");
    answer["result"].clone()
}

#[tokio::test]
async fn a_table_with_a_key_follows_row_by_row() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let target = portal.target_with(&portal.editor, "datastore = true");
    let (memory, id) = (Memory::default(), unique());
    let mut lines: Vec<String> = (0..4500).map(|n| line(n, "1.50")).collect();
    lines[7] = line(7, "--");
    lines[8] = line(8, "12345678901234567890.125");
    let wanted = tables(id, &lines, &memory);
    push(&target, &wanted, &memory).await.unwrap();
    let table = &wanted.resources[0];
    let told = search(&portal, json!({"resource_id": table.id, "limit": 0})).await;
    assert_eq!(told["total"], 4500);
    let region = &told["fields"][2];
    assert_eq!(
        (
            &region["id"],
            &region["info"]["label_en"],
            &region["info"]["label_fr"]
        ),
        (&json!("Region"), &json!("Region"), &json!("Région")),
        "{told}"
    );
    assert_eq!(
        target.same_content(id, table, &memory).await.unwrap(),
        Some(true)
    );
    assert_eq!(push(&target, &wanted, &memory).await.unwrap().writes, 0);

    // One row differs, one is gone, one is new: three requests, and the others keep their numbers.
    let before = search(
        &portal,
        json!({"resource_id": table.id, "filters": {"Region": "é, 9"}, "limit": 1}),
    )
    .await;
    lines[3] = line(3, "9");
    lines.remove(5);
    lines.push(line(4600, "1"));
    let wanted = tables(id, &lines, &memory);
    portal.no_faults().await;
    push(&target, &wanted, &memory).await.unwrap();
    let calls = portal.calls().await;
    assert_eq!(
        (calls.get("datastore_upsert"), calls.get("datastore_delete")),
        (Some(&1), Some(&1)),
        "{calls:?}"
    );
    let after = search(
        &portal,
        json!({"resource_id": table.id, "filters": {"Region": "é, 9"}, "limit": 1}),
    )
    .await;
    assert_eq!(before["records"], after["records"]);
    let table = &wanted.resources[0];
    assert_eq!(
        target.same_content(id, table, &memory).await.unwrap(),
        Some(true)
    );

    // What somebody changes there is told, and so is a row that was added.
    let edit = json!({"resource_id": table.id, "force": true, "method": "upsert",
        "records": [{"Year": 2000, "Region": "é, 9", "n": 2, "at": null, "yes": true}]});
    let (status, answer) = portal
        .action("datastore_upsert", &edit, &portal.editor)
        .await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        target.same_content(id, table, &memory).await.unwrap(),
        Some(false)
    );
}

#[tokio::test]
async fn tables_are_loaded_when_the_option_is_switched_on_later() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let (memory, id) = (Memory::default(), unique());
    let wanted = tables(id, &[line(1, "1"), line(2, "2")], &memory);
    push(&portal.target(), &wanted, &memory).await.unwrap();
    let target = portal.target_with(&portal.editor, "datastore = true");
    let table = &wanted.resources[0];
    assert_eq!(
        target.same_content(id, table, &memory).await.unwrap(),
        Some(false)
    );
    assert_eq!(
        plan(&target, &wanted, &memory).await.unwrap().changes.len(),
        2
    );
    portal.no_faults().await;
    push(&target, &wanted, &memory).await.unwrap();
    assert!(
        !portal.calls().await.contains_key("package_revise"),
        "no file is sent again"
    );
    assert_eq!(
        target.same_content(id, table, &memory).await.unwrap(),
        Some(true)
    );
    assert_eq!(push(&target, &wanted, &memory).await.unwrap().writes, 0);
}

/// A key that is none to the database: the rows are loaded without it, and none is lost.
#[tokio::test]
async fn rows_with_one_key_are_all_loaded() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let target = portal.target_with(&portal.editor, "datastore = true");
    let (memory, id) = (Memory::default(), unique());
    let doubled = ["2026,ON,1,,\r\n".to_owned(), "2026.0,ON,2,,\r\n".to_owned()];
    let wanted = tables(id, &doubled, &memory);
    push(&target, &wanted, &memory).await.unwrap();
    let table = &wanted.resources[0];
    let told = search(&portal, json!({"resource_id": table.id, "limit": 0})).await;
    assert_eq!(told["total"], 2);
    assert_eq!(
        target.same_content(id, table, &memory).await.unwrap(),
        Some(true)
    );
}
