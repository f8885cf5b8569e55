//! What runs at once in a scan: listing a container, reading some records in full.
//!
//! Jobs know nothing of the catalog. Rule that must hold: a job always comes to an answer; its errors are part of it.

use std::sync::{Arc, atomic::Ordering};

use super::{client::Failure, deep, list, native, node::Node, site::Site, state::Folder};
use crate::{Observed, PortError};

/// Something to do beside the scan.
pub(super) enum Job {
    /// List a container.
    List(Folder),
    /// Read records of this container, which has this path.
    Read(u64, String, Vec<Node>),
}

/// What came of it.
pub(super) enum Done {
    Listed(Folder, Result<Vec<Node>, Failure>),
    /// The watched folder is empty; whether it is shown at all.
    Emptied(Folder, Result<bool, PortError>),
    Read(u64, Vec<Told>),
}

/// What is told of one record.
pub(super) enum Told {
    Record(Box<Observed>),
    Unknown(u64, PortError),
}

/// Does one job.
pub(super) async fn work(site: Arc<Site>, job: Job) -> Done {
    match job {
        Job::List(folder) => {
            let listed = list::list(&site, folder.id, folder.ordered).await;
            if folder.depth == 0 && matches!(&listed, Ok(nodes) if nodes.is_empty()) {
                let shown = deep::name_of(&site, folder.id).await;
                return Done::Emptied(folder, shown.map(|node| node.is_some()));
            }
            Done::Listed(folder, listed)
        }
        Job::Read(folder, path, nodes) => {
            let mut told = Vec::with_capacity(nodes.len());
            for node in nodes {
                told.push(read(&site, &node, &path).await);
            }
            Done::Read(folder, told)
        }
    }
}

async fn read(site: &Site, node: &Node, folder: &str) -> Told {
    match deep::read(site, node.id).await {
        Ok(Some(record)) if record.node.role().item => {
            if site.rights_listed.load(Ordering::Relaxed)
                && node.rights.is_some()
                && node.rights != record.node.rights
                && node.shallow() == record.node.shallow()
            {
                // Listings tell rights in part only: comparing them would have everything read at every scan.
                tracing::info!(
                    "this Content Server lists access rights differently than it shows them; they are not compared at every scan"
                );
                site.rights_listed.store(false, Ordering::Relaxed);
            }
            Told::Record(Box::new(record.observed(folder, node.order)))
        }
        Ok(_) => Told::Record(Box::new(native::withheld(node, folder))),
        Err(error) => Told::Unknown(node.id, error),
    }
}
