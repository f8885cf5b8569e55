//! The suite that every target passes, on a real CKAN.

use async_trait::async_trait;
use rideau_connectors::{
    ResourceDesired,
    target_contract::{TargetFixture, target_contract},
};
use serde_json::json;
use uuid::Uuid;

use super::{Portal, unique};

/// What the public copy of a record would hold.
struct Public<'p> {
    portal: &'p Portal,
    run: Uuid,
}

#[async_trait]
impl TargetFixture for Public<'_> {
    fn id(&self, number: u8) -> Uuid {
        Uuid::new_v5(&self.run, &[number])
    }

    async fn public_content(&self, dataset: Uuid, resource: &ResourceDesired) -> Option<Vec<u8>> {
        let shown = self.portal.show(dataset).await;
        if shown["ready_to_publish"] != "true" || shown["state"] != "active" {
            return None;
        }
        let id = resource.id.to_string();
        let found = shown["resources"]
            .as_array()?
            .iter()
            .find(|one| one["id"] == id.as_str())?;
        Some(self.portal.download(found["url"].as_str()?).await)
    }

    async fn lose_an_answer(&self) -> bool {
        self.portal
            .fault(&json!({"action": "package_revise", "mode": "lost"}))
            .await;
        true
    }
}

#[tokio::test]
async fn keeps_the_contract() {
    let Some(portal) = Portal::find().await else {
        return;
    };
    let run = unique();
    let public = Public {
        portal: &portal,
        run,
    };
    target_contract(&portal.target(), &public).await;
    let tables = Public {
        portal: &portal,
        run: unique(),
    };
    let target = portal.target_with(&portal.editor, "datastore = true");
    target_contract(&target, &tables).await;
    portal.no_faults().await;
}
