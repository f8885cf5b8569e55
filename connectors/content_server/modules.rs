//! Which of the server's optional modules are there.
//!
//! A missing module answers as a missing node does, by a text in the server's language; so it counts as missing only after several
//! records that are certainly there were refused, and none was ever answered. Rule that must hold: what a missing module could
//! have said is unknown, never "none".

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU8, Ordering},
};

/// Refusals, with no answer ever, after which a module counts as missing.
const REFUSALS: u8 = 3;
/// It has answered.
const THERE: u8 = u8::MAX;

/// A module, by what it tells of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Module {
    /// Records details: classification, file number, status, record date.
    Records,
    /// Holds.
    Holds,
    /// Classifications.
    Classifications,
    /// Security clearance and supplemental markings.
    Clearance,
}

impl Module {
    pub(super) const ALL: [Self; 4] = [
        Self::Records,
        Self::Holds,
        Self::Classifications,
        Self::Clearance,
    ];

    /// What is unknown without it, by the keys of native metadata.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Records => "rm",
            Self::Holds => "holds",
            Self::Classifications => "classifications",
            Self::Clearance => "clearance",
        }
    }

    /// Where a node's part of it is read, below `v1/nodes/{id}/`.
    pub(super) fn route(self) -> &'static str {
        match self {
            Self::Records => "rmclassifications",
            Self::Holds => "holds",
            Self::Classifications => "classifications",
            Self::Clearance => "securityclearances",
        }
    }
}

/// What is known of the modules, for as long as the process runs.
#[derive(Debug, Default)]
pub(super) struct Modules {
    seen: [AtomicU8; 4],
}

impl Modules {
    fn of(&self, module: Module) -> &AtomicU8 {
        let [records, holds, classifications, clearance] = &self.seen;
        match module {
            Module::Records => records,
            Module::Holds => holds,
            Module::Classifications => classifications,
            Module::Clearance => clearance,
        }
    }

    /// Whether it is there, once that is known.
    pub(super) fn present(&self, module: Module) -> Option<bool> {
        match self.of(module).load(Ordering::Relaxed) {
            THERE => Some(true),
            refusals if refusals >= REFUSALS => Some(false),
            _ => None,
        }
    }

    /// It answered.
    pub(super) fn answered(&self, module: Module) {
        self.of(module).store(THERE, Ordering::Relaxed);
    }

    /// It was not found, for a node that is there.
    pub(super) fn refused(&self, module: Module) {
        let counted = self
            .of(module)
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count < REFUSALS).then(|| count.saturating_add(1))
            });
        if counted == Ok(REFUSALS - 1) {
            tracing::warn!(
                module = module.key(),
                "this Content Server does not have the module: what it would tell is unknown"
            );
        }
    }

    /// Forgets what is missing: it may have been installed.
    pub(super) fn look_again(&self) {
        for module in Module::ALL {
            if self.present(module) == Some(false) {
                self.of(module).store(0, Ordering::Relaxed);
            }
        }
    }

    /// What is known, for the state of a scan.
    pub(super) fn told(&self) -> BTreeMap<String, bool> {
        Module::ALL
            .into_iter()
            .filter_map(|module| Some((module.key().to_owned(), self.present(module)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_only_after_several_refusals_and_no_answer() {
        let modules = Modules::default();
        for _ in 0..2 {
            modules.refused(Module::Holds);
            assert_eq!(modules.present(Module::Holds), None);
        }
        modules.refused(Module::Holds);
        modules.refused(Module::Holds);
        assert_eq!(modules.present(Module::Holds), Some(false));
        modules.look_again();
        assert_eq!(modules.present(Module::Holds), None);

        modules.answered(Module::Clearance);
        for _ in 0..9 {
            modules.refused(Module::Clearance);
        }
        assert_eq!(modules.present(Module::Clearance), Some(true));
        assert_eq!(modules.told().len(), 1);
    }
}
