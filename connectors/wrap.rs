//! Powers that every source can have: wrappers that are sources themselves.
//!
//! [`Limited`] keeps a source from being asked too much at once; [`Faulty`] makes one fail as networks and servers do,
//! for tests. Rule that must hold: a wrapper adds its power and changes nothing else, so it passes the contract of what
//! it wraps.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use rideau_domain::{Bilingual, bilingual};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    CheckLine, Content, Description, Observed, PortError, Presence, ScanEnd, ScanSink, Source,
};

/// A source that is read by a limited number at once: so many contents, and beside them one scan.
pub struct Limited {
    inner: Arc<dyn Source>,
    reads: Arc<Semaphore>,
    scans: Semaphore,
}

impl Limited {
    /// At most `reads` contents at once; 0 counts as 1.
    pub fn new(inner: Arc<dyn Source>, reads: usize) -> Self {
        Self {
            inner,
            reads: Arc::new(Semaphore::new(reads.clamp(1, Semaphore::MAX_PERMITS))),
            scans: Semaphore::new(1),
        }
    }

    async fn read(&self) -> Result<OwnedSemaphorePermit, PortError> {
        let permit = Arc::clone(&self.reads).acquire_owned().await;
        permit.map_err(|error| closed().because(error))
    }
}

fn closed() -> PortError {
    PortError::temporary(
        "stopped",
        Bilingual::new(
            "The source is being closed. It is tried again.",
            "La source est en cours de fermeture. Un nouvel essai aura lieu.",
        ),
    )
}

#[async_trait]
impl Source for Limited {
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    async fn check(&self) -> Vec<CheckLine> {
        self.inner.check().await
    }

    async fn scan(
        &self,
        state: &serde_json::Value,
        sink: &mut dyn ScanSink,
    ) -> Result<ScanEnd, PortError> {
        let _one = self
            .scans
            .acquire()
            .await
            .map_err(|error| closed().because(error))?;
        self.inner.scan(state, sink).await
    }

    async fn open(&self, native_id: &str, fingerprint: &str) -> Result<Content, PortError> {
        let permit = self.read().await?;
        let content = self.inner.open(native_id, fingerprint).await?;
        // The permit lives as long as there is something to read, and not until the reader forgets the stream.
        let stream = stream::unfold(Some((content.stream, permit)), |state| async move {
            let (mut stream, permit) = state?;
            match stream.next().await {
                Some(Ok(chunk)) => Some((Ok(chunk), Some((stream, permit)))),
                Some(Err(error)) => Some((Err(error), None)),
                None => None,
            }
        });
        Ok(Content {
            size_bytes: content.size_bytes,
            stream: stream.boxed(),
        })
    }

    async fn unchanged(&self, native_id: &str, fingerprint: &str) -> Result<bool, PortError> {
        let _permit = self.read().await?;
        self.inner.unchanged(native_id, fingerprint).await
    }

    fn resumable(&self) -> bool {
        self.inner.resumable()
    }

    async fn observe(&self, known: &Observed) -> Result<Option<Observed>, PortError> {
        let _permit = self.read().await?;
        self.inner.observe(known).await
    }

    async fn probe(&self, native_ids: &[String]) -> Result<Vec<Presence>, PortError> {
        let _permit = self.read().await?;
        self.inner.probe(native_ids).await
    }

    async fn describe(&self) -> Result<Description, PortError> {
        let _permit = self.read().await?;
        self.inner.describe().await
    }
}

/// Something that goes wrong once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next scan finds nothing there at all.
    ScanFails,
    /// The next scan fails after so many folders were told.
    ScanBreaks {
        /// Folders told before.
        after_folders: usize,
    },
    /// In the next scan this folder and all below it cannot be listed.
    FolderUnknown {
        /// The folder, as the source names it; empty for the top.
        folder: String,
    },
    /// The next content cannot be opened.
    OpenFails,
    /// The next content breaks off with an error.
    StreamCut {
        /// Bytes given before.
        after_bytes: usize,
    },
    /// The next question whether something is unchanged gets no answer.
    UnchangedFails,
    /// The next question whether something is unchanged is answered with no.
    Changed,
}

/// A source that fails where it is told to.
pub struct Faulty {
    inner: Arc<dyn Source>,
    faults: Mutex<VecDeque<Fault>>,
}

impl Faulty {
    /// Without faults, for now.
    pub fn new(inner: Arc<dyn Source>) -> Self {
        Self {
            inner,
            faults: Mutex::default(),
        }
    }

    /// Adds a fault. Each strikes once, at the next call that it concerns, in the order added.
    pub fn inject(&self, fault: Fault) {
        self.lock().push_back(fault);
    }

    /// Faults that have not struck yet.
    pub fn pending(&self) -> usize {
        self.lock().len()
    }

    fn take(&self, concerns: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut faults = self.lock();
        let at = faults.iter().position(concerns)?;
        faults.remove(at)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Fault>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn injected(what: &str) -> PortError {
    PortError::temporary(
        "unreachable",
        bilingual!(
            "Injected fault: {what}. This happens in tests only.",
            "Panne simulée : {what}. Cela n’arrive que dans les essais."
        ),
    )
}

#[async_trait]
impl Source for Faulty {
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    async fn check(&self) -> Vec<CheckLine> {
        self.inner.check().await
    }

    async fn scan(
        &self,
        state: &serde_json::Value,
        sink: &mut dyn ScanSink,
    ) -> Result<ScanEnd, PortError> {
        let fault = self.take(|fault| {
            matches!(
                fault,
                Fault::ScanFails | Fault::ScanBreaks { .. } | Fault::FolderUnknown { .. }
            )
        });
        let mut sink = FaultySink {
            inner: sink,
            left: None,
            hidden: None,
            hidden_records: 0,
            told: false,
        };
        match fault {
            Some(Fault::ScanFails) => return Err(injected("scan")),
            Some(Fault::ScanBreaks { after_folders }) => sink.left = Some(after_folders),
            Some(Fault::FolderUnknown { folder }) => sink.hidden = Some(folder),
            _ => {}
        }
        let mut end = self.inner.scan(state, &mut sink).await?;
        if sink.told {
            end.complete = false;
            end.records = end.records.saturating_sub(sink.hidden_records);
        }
        Ok(end)
    }

    async fn open(&self, native_id: &str, fingerprint: &str) -> Result<Content, PortError> {
        let fault = self.take(|fault| matches!(fault, Fault::OpenFails | Fault::StreamCut { .. }));
        if fault == Some(Fault::OpenFails) {
            return Err(injected("open"));
        }
        let mut content = self.inner.open(native_id, fingerprint).await?;
        if let Some(Fault::StreamCut { after_bytes }) = fault {
            content.stream = cut(content.stream, after_bytes);
        }
        Ok(content)
    }

    async fn unchanged(&self, native_id: &str, fingerprint: &str) -> Result<bool, PortError> {
        match self.take(|fault| matches!(fault, Fault::UnchangedFails | Fault::Changed)) {
            Some(Fault::UnchangedFails) => Err(injected("unchanged")),
            Some(_) => Ok(false),
            None => self.inner.unchanged(native_id, fingerprint).await,
        }
    }

    fn resumable(&self) -> bool {
        self.inner.resumable()
    }

    async fn observe(&self, known: &Observed) -> Result<Option<Observed>, PortError> {
        self.inner.observe(known).await
    }

    async fn probe(&self, native_ids: &[String]) -> Result<Vec<Presence>, PortError> {
        self.inner.probe(native_ids).await
    }

    async fn describe(&self) -> Result<Description, PortError> {
        self.inner.describe().await
    }
}

fn cut(
    stream: BoxStream<'static, Result<Bytes, PortError>>,
    after_bytes: usize,
) -> BoxStream<'static, Result<Bytes, PortError>> {
    stream::unfold(Some((stream, after_bytes)), |state| async move {
        let (mut stream, left) = state?;
        if left == 0 {
            return Some((Err(injected("stream")), None));
        }
        match stream.next().await {
            Some(Ok(mut chunk)) => {
                chunk.truncate(left);
                let left = left.saturating_sub(chunk.len());
                Some((Ok(chunk), Some((stream, left))))
            }
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((Err(injected("stream")), None)),
        }
    })
    .boxed()
}

struct FaultySink<'a> {
    inner: &'a mut dyn ScanSink,
    /// Folders until the scan breaks.
    left: Option<usize>,
    hidden: Option<String>,
    hidden_records: u64,
    /// Whether the hidden folder was told as unknown.
    told: bool,
}

#[async_trait]
impl ScanSink for FaultySink<'_> {
    async fn folder(&mut self, folder: &str, records: Vec<Observed>) -> Result<(), PortError> {
        if let Some(left) = &mut self.left {
            if *left == 0 {
                return Err(injected("scan"));
            }
            *left -= 1;
        }
        let hidden = self.hidden.clone().filter(|hidden| {
            hidden.is_empty()
                || folder
                    .strip_prefix(hidden.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let Some(hidden) = hidden else {
            return self.inner.folder(folder, records).await;
        };
        self.hidden_records = self
            .hidden_records
            .saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
        if !std::mem::replace(&mut self.told, true) {
            self.inner.unknown(&hidden, injected("folder")).await?;
        }
        Ok(())
    }

    fn same(&mut self, folder: &str, digest: [u8; 16]) -> bool {
        // A fault must be able to strike at every folder.
        self.left.is_none() && self.hidden.is_none() && self.inner.same(folder, digest)
    }

    async fn unknown(&mut self, folder: &str, why: PortError) -> Result<(), PortError> {
        self.inner.unknown(folder, why).await
    }

    async fn known(&mut self, native_ids: &[String]) -> Result<Vec<Observed>, PortError> {
        self.inner.known(native_ids).await
    }

    fn cursor(&self) -> Option<serde_json::Value> {
        self.inner.cursor()
    }

    async fn checkpoint(&mut self, cursor: serde_json::Value) -> Result<(), PortError> {
        self.inner.checkpoint(cursor).await
    }
}
