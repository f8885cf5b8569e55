//! The data inventory in the registry's table, on a real CKAN.

use rideau_connectors::{Fields, Retry, Target};
use serde_json::{Value, json};

use super::{Portal, fields, unique};

/// The rows of this test; others may stand in the table.
fn rows(run: &str, count: usize, title: &str) -> Vec<Fields> {
    (0..count)
        .map(|n| {
            fields(&json!({
                "ref_number": format!("{run}-{n}"), "title_en": format!("{title} {n}"), "title_fr": format!("É « {n} »"),
                "description_en": "One\nline and another", "description_fr": "Une", "publisher_en": "", "publisher_fr": "",
                "date_published": "2026-01-02", "language": "en+fr", "size": 1200, "eligible_for_release": "Y",
                "program_alignment_architecture_en": "Program", "program_alignment_architecture_fr": "Programme",
                "date_released": null, "portal_url_en": "", "portal_url_fr": "",
            }))
        })
        .collect()
}

async fn shown(portal: &Portal, table: &str, number: &str) -> Value {
    let body = json!({"resource_id": table, "filters": {"ref_number": number}});
    let (status, answer) = portal
        .action("datastore_search", &body, &portal.editor)
        .await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["result"]["total"], 1, "{answer}");
    answer["result"]["records"][0].clone()
}

#[tokio::test]
async fn inventory_rows_that_differ_are_written_and_no_others() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let table = std::env::var("CKAN_INVENTORY")
        .ok()
        .filter(|id| !id.is_empty())
        .expect("a portal with an inventory: ckan-down, then ckan-up");
    let option = format!("inventory_resource = \"{table}\"");
    let target = portal.target_with(&portal.editor, &option);
    assert!(target.keeps_inventory());
    let run = unique().simple().to_string();
    let mut wanted = rows(&run, 1203, "Title");

    let plan = target.plan_inventory(&wanted).await.unwrap().unwrap();
    assert_eq!((plan.added.len(), plan.changed.len()), (1203, 0));
    // An answer that is lost is no row that is lost, and none that is there twice.
    portal
        .fault(&json!({"action": "datastore_upsert", "mode": "lost", "skip": 1}))
        .await;
    let failed = target.apply_inventory(&plan).await.unwrap_err();
    assert!(failed.is_temporary(), "{failed}");
    portal.no_faults().await;
    let rest = target.plan_inventory(&wanted).await.unwrap().unwrap();
    assert_eq!((rest.added.len(), rest.same), (203, 1000));
    assert_eq!(target.apply_inventory(&rest).await.unwrap().writes, 1);

    // Votes are the portal's; what somebody else wrote into the table stays.
    let other = json!({"resource_id": table, "method": "upsert", "records": [
        {"ref_number": format!("{run}-0"), "user_votes": 7}, {"ref_number": format!("{run}-x"), "title_en": "By hand"}]});
    let (status, answer) = portal
        .action("datastore_upsert", &other, &portal.editor)
        .await;
    assert_eq!(status, 200, "{answer}");
    portal.no_faults().await;
    let plan = target.plan_inventory(&wanted).await.unwrap().unwrap();
    assert!(plan.is_empty(), "{plan:?}");
    assert_eq!(plan.same, 1203);
    assert!(plan.others >= 1);
    assert_eq!(target.apply_inventory(&plan).await.unwrap().writes, 0);
    assert!(!portal.calls().await.contains_key("datastore_upsert"));

    wanted[0].insert("title_en".to_owned(), json!("Another"));
    let plan = target.plan_inventory(&wanted).await.unwrap().unwrap();
    assert_eq!((plan.changed.len(), plan.same), (1, 1202));
    assert_eq!(plan.changed[0].fields.len(), 1, "{:?}", plan.changed);
    assert_eq!(target.apply_inventory(&plan).await.unwrap().writes, 1);
    let row = shown(&portal, &table, &format!("{run}-0")).await;
    assert_eq!(
        (&row["title_en"], &row["user_votes"], &row["size"]),
        (&json!("Another"), &json!(7), &json!(1200))
    );
    let row = shown(&portal, &table, &format!("{run}-x")).await;
    assert_eq!(row["title_en"], "By hand");

    let mut keys: Vec<String> = (0..1203).map(|n| format!("{run}-{n}")).collect();
    keys.push(format!("{run}-x"));
    let gone = json!({"resource_id": table, "filters": {"ref_number": keys}});
    portal
        .action("datastore_delete", &gone, &portal.editor)
        .await;
}

#[tokio::test]
async fn a_table_that_is_no_inventory_is_not_written_to() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let option = format!("inventory_resource = \"{}\"", unique());
    let target = portal.target_with(&portal.editor, &option);
    let refused = target.plan_inventory(&rows("x", 1, "T")).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.retry),
        ("no_inventory", Retry::NeedsPerson)
    );
    assert!(!portal.target().keeps_inventory());
}
