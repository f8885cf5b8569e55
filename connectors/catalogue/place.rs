//! The port between the target and where its files lie: a folder or an object store.
//!
//! Leans on the holdings of `state`. Rule that must hold: nothing that [`Place::stage`] or [`Place::put_content`] writes is
//! public before [`Place::finish`].

use async_trait::async_trait;
use rideau_domain::{Bilingual, bilingual};
use uuid::Uuid;

use super::state::Holding;
use crate::{Applied, CheckLine, ContentStore, DatasetSeen, PortError, ResourceDesired};

/// A holding and how it stands.
pub(super) struct Held {
    pub(super) holding: Holding,
    /// True when the public sees exactly this.
    pub(super) switched: bool,
    /// For each resource: is its content there, with the right size.
    pub(super) sound: Vec<bool>,
    pub(super) revision: String,
}

impl Held {
    pub(super) fn seen(&self) -> DatasetSeen {
        self.holding
            .seen(self.switched, &self.sound, self.revision.clone())
    }
}

/// Keeps a `finish` of another process away while it lives.
pub(super) struct Guard {
    _lock: Option<std::fs::File>,
}

impl Guard {
    pub(super) fn of(lock: std::fs::File) -> Self {
        Self { _lock: Some(lock) }
    }

    pub(super) fn none() -> Self {
        Self { _lock: None }
    }
}

/// Writes and bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    pub(super) writes: u64,
    pub(super) bytes: u64,
}

impl Written {
    pub(super) fn add(&mut self, bytes: usize) {
        self.writes += 1;
        self.bytes += bytes as u64;
    }
}

impl From<Written> for Applied {
    fn from(written: Written) -> Self {
        Self {
            writes: written.writes,
            bytes_sent: written.bytes,
            address: None,
        }
    }
}

/// Where files lie.
#[async_trait]
pub(super) trait Place: Send + Sync {
    /// What is staged for a dataset, else what is public.
    async fn held(&self, id: Uuid) -> Result<Option<Held>, PortError>;

    /// Whether the mark is there that the first writing leaves. `None` where a place cannot be taken for another.
    async fn is_marked(&self) -> Result<Option<bool>, PortError> {
        Ok(None)
    }

    /// Announces writing.
    async fn begin(&self) -> Result<Guard, PortError>;

    /// Sees to it that a content is there, bit by bit as its SHA-256 says; returns its first bytes as well.
    async fn put_content(
        &self,
        dataset: Uuid,
        resource: &ResourceDesired,
        content: &dyn ContentStore,
    ) -> Result<(Written, Vec<u8>), PortError>;

    /// SHA-256 and size of a file as the public gets it; `None` when it gets none.
    async fn public_digest(&self, id: Uuid, name: &str)
    -> Result<Option<(String, u64)>, PortError>;

    /// Stores a holding for the next `finish`; forgets what was staged when the public already sees this.
    async fn stage(&self, holding: &Holding) -> Result<Written, PortError>;

    /// Makes everything staged public.
    async fn finish(&self) -> Result<Written, PortError>;

    /// Tries writing, reading and deleting.
    async fn check(&self) -> Vec<CheckLine>;

    /// Where a person opens a public path when there is no base address.
    fn local_address(&self, path: &str) -> String;
}

/// Counts the points at which a kill would show, so that tests can stop at each of them.
#[derive(Clone, Default)]
pub(super) struct Steps {
    #[cfg(test)]
    pub(super) left: std::sync::Arc<std::sync::atomic::AtomicI64>,
}

impl Steps {
    pub(super) fn unlimited() -> Self {
        let steps = Self::default();
        #[cfg(test)]
        steps
            .left
            .store(i64::MAX, std::sync::atomic::Ordering::SeqCst);
        steps
    }

    #[cfg_attr(
        not(test),
        expect(
            clippy::unnecessary_wraps,
            clippy::unused_self,
            reason = "fails in tests only"
        )
    )]
    pub(super) fn tick(&self) -> Result<(), PortError> {
        #[cfg(test)]
        if self.left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) <= 0 {
            return Err(PortError::temporary("killed", Bilingual::same("killed")));
        }
        Ok(())
    }
}

/// What came in is not what was announced.
pub(super) fn wrong_content(resource: &ResourceDesired) -> PortError {
    let name = super::record::clean_line(&resource.file_name);
    PortError::permanent(
        "content_mismatch",
        bilingual!(
            "The content of `{name}` does not have the size and checksum that were approved. Nothing was published; check the blob store.",
            "Le contenu de « {name} » n’a pas la taille et la somme de contrôle approuvées. Rien n’a été publié; vérifiez le dépôt de contenus."
        ),
    )
}

/// A content that was there when it was staged is gone.
pub(super) fn content_gone(id: Uuid) -> PortError {
    PortError::temporary(
        "gone",
        bilingual!(
            "A staged file of dataset {id} is gone. The dataset is staged anew by the next plan.",
            "Un fichier préparé du jeu de données {id} a disparu. Le prochain plan le préparera de nouveau."
        ),
    )
}

/// A stored state that cannot be read.
pub(super) fn unreadable(what: &str, cause: serde_json::Error) -> PortError {
    PortError::needs_person(
        "invalid",
        bilingual!(
            "The catalogue's own record `{what}` cannot be read. Restore it, or remove it so that the dataset is published anew.",
            "La fiche interne « {what} » du catalogue est illisible. Restaurez-la, ou supprimez-la pour que le jeu de données soit publié de nouveau."
        ),
    )
    .because(cause)
}

pub(super) fn good(what: &'static str, detail: Bilingual) -> CheckLine {
    CheckLine {
        what,
        ok: true,
        detail,
    }
}

pub(super) fn bad(what: &'static str, error: &PortError) -> CheckLine {
    CheckLine {
        what,
        ok: false,
        detail: error.message.clone(),
    }
}
