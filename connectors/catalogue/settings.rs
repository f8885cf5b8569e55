//! What the catalogue is called and where it stands.
//!
//! Leans on nothing. Rule that must hold: everything that shapes a page and is not in a record is here, so that
//! [`Settings::fingerprint`] changes whenever pages must be written anew.

use std::path::PathBuf;

use rideau_domain::Bilingual;
use sha2::{Digest, Sha256};
use url::Url;

/// Grows by one whenever a template, a stylesheet or a document's shape changes, so that the next `finish` writes
/// every page anew.
const PAGES_VERSION: u32 = 1;

/// Where a catalogue stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A folder; the public part is its `public/`.
    Folder(PathBuf),
    /// An object store's address: `s3://bucket/prefix`; the public part is `prefix/public/`.
    /// A `file://` address is treated as a folder.
    Store(Url),
}

/// What a catalogue is told about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueSettings {
    /// Where it stands.
    pub location: Location,
    /// The address under which the public sees it. Without it there is neither sitemap nor feed, and
    /// identifiers are `urn:uuid:`.
    pub base_url: Option<Url>,
    /// The catalogue's title.
    pub title: Bilingual,
    /// Who publishes.
    pub organization: Bilingual,
}

/// What the renderers know of the catalogue.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Ends with a slash.
    pub(super) base_url: Option<String>,
    pub(super) title: Bilingual,
    pub(super) organization: Bilingual,
}

impl Site {
    pub(super) fn new(settings: &CatalogueSettings) -> Self {
        let base_url = settings.base_url.as_ref().map(|url| {
            let mut url = url.clone();
            url.set_query(None);
            url.set_fragment(None);
            let mut text = url.to_string();
            if !text.ends_with('/') {
                text.push('/');
            }
            text
        });
        Self {
            base_url,
            title: settings.title.clone(),
            organization: settings.organization.clone(),
        }
    }

    /// Eight hex digits that change when pages of unchanged records would change.
    pub(super) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for part in [
            PAGES_VERSION.to_string().as_str(),
            self.base_url.as_deref().unwrap_or_default(),
            &self.title.en,
            &self.title.fr,
            &self.organization.en,
            &self.organization.fr,
        ] {
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
        hex::encode(&hash.finalize()[..4])
    }

    /// The full address of a path in the catalogue, when it is known.
    pub(super) fn address(&self, path: &str) -> Option<String> {
        self.base_url.as_ref().map(|base| format!("{base}{path}"))
    }
}
