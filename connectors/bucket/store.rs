//! Opens the store that the options name.
//!
//! Leans on `object_store` for the four kinds of stores. Rule that must hold: a secret goes from where it is kept into the
//! store's client, and nowhere else.

use std::sync::Arc;

use object_store::{ObjectStore, ObjectStoreScheme, path::Path};
use rideau_domain::bilingual;
use url::Url;

use super::{BucketOptions, problem::bad_key};
use crate::PortError;

/// A store, opened, and the folder in it that is watched.
pub(super) struct Bucket {
    pub(super) store: Arc<dyn ObjectStore>,
    /// What `url` names inside the store.
    pub(super) prefix: Path,
    /// What people read.
    pub(super) shown: String,
}

impl Bucket {
    pub(super) fn new(store: Arc<dyn ObjectStore>, prefix: Path, shown: String) -> Self {
        Self {
            store,
            prefix,
            shown,
        }
    }

    /// The key of what lies at `id` below the prefix; `id` may be empty.
    pub(super) fn key(&self, id: &str) -> Result<Path, PortError> {
        let prefix: &str = self.prefix.as_ref();
        let whole = match (prefix.is_empty(), id.is_empty()) {
            (_, true) => return Ok(self.prefix.clone()),
            (true, false) => id.to_owned(),
            (false, false) => format!("{prefix}/{id}"),
        };
        match Path::parse(&whole) {
            // A slash at either end would be dropped silently, and lead to another object.
            Ok(path) if path.as_ref() == whole => Ok(path),
            Ok(_) => Err(bad_key(id)),
            Err(error) => Err(bad_key(id).because(error)),
        }
    }

    /// What the key is below the prefix; `None` when it does not lie there.
    pub(super) fn below<'a>(&self, key: &'a Path) -> Option<&'a str> {
        let key: &str = key.as_ref();
        let prefix: &str = self.prefix.as_ref();
        if prefix.is_empty() {
            return Some(key);
        }
        key.strip_prefix(prefix)?.strip_prefix('/')
    }
}

/// Opens the store; asks it nothing yet.
pub(super) fn open(options: &BucketOptions) -> Result<Bucket, PortError> {
    let url = options.url.url();
    let (scheme, prefix) =
        ObjectStoreScheme::parse(url).map_err(|error| bad_address(url).because(error))?;
    let shown = url.as_str().trim_end_matches('/').to_owned();
    if matches!(scheme, ObjectStoreScheme::Http) {
        let store = web(options)?;
        return Ok(Bucket::new(store, prefix, shown));
    }
    let settings = settings(options, &scheme)?;
    let (store, prefix) = object_store::parse_url_opts(url, settings)
        .map_err(|error| bad_address(url).because(error))?;
    Ok(Bucket::new(Arc::from(store), prefix, shown))
}

/// Names and values as the store's own tools call them.
fn settings(
    options: &BucketOptions,
    scheme: &ObjectStoreScheme,
) -> Result<Vec<(String, String)>, PortError> {
    let mut settings = Vec::new();
    if options.account.is_none() && options.key.is_none() {
        for (name, value) in std::env::vars_os() {
            // What is not text is no setting of these.
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                settings.push((name.to_ascii_lowercase(), value));
            }
        }
    }
    let (account, key, endpoint) = match scheme {
        ObjectStoreScheme::AmazonS3 => {
            ("aws_access_key_id", "aws_secret_access_key", "aws_endpoint")
        }
        ObjectStoreScheme::MicrosoftAzure => (
            "azure_storage_account_name",
            "azure_storage_account_key",
            "azure_storage_endpoint",
        ),
        // Google's key names its account itself.
        _ => ("", "google_service_account_key", "google_base_url"),
    };
    if let Some(secret) = options.account.as_ref().filter(|_| !account.is_empty()) {
        settings.push((account.to_owned(), secret.reveal()?.expose().to_owned()));
    }
    if let Some(secret) = &options.key {
        settings.push((key.to_owned(), secret.reveal()?.expose().to_owned()));
    }
    if let Some(region) = &options.region {
        settings.push(("aws_region".to_owned(), region.clone()));
    }
    if let Some(server) = &options.endpoint {
        let server = server.url();
        settings.push((
            endpoint.to_owned(),
            server.as_str().trim_end_matches('/').to_owned(),
        ));
        if server.scheme() == "http" {
            settings.push(("allow_http".to_owned(), "true".to_owned()));
        }
    }
    Ok(settings)
}

/// A WebDAV server, addressed from its top: the folder watched is the prefix.
#[cfg(feature = "cloud")]
fn web(options: &BucketOptions) -> Result<Arc<dyn ObjectStore>, PortError> {
    use object_store::{ClientOptions, http::HttpBuilder};
    use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

    let url = options.url.url();
    let mut client = ClientOptions::new().with_allow_http(url.scheme() == "http");
    if let Some(key) = &options.key {
        let user = match &options.account {
            Some(account) => account.reveal()?.expose().to_owned(),
            None => String::new(),
        };
        let pair = format!("{user}:{}", key.reveal()?.expose());
        let mut value = HeaderValue::from_str(&format!("Basic {}", base64(pair.as_bytes())))
            .map_err(|error| bad_address(url).because(error))?;
        value.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value);
        client = client.with_default_headers(headers);
    }
    let store = HttpBuilder::new()
        .with_url(&url[..url::Position::BeforePath])
        .with_client_options(client)
        .build()
        .map_err(|error| bad_address(url).because(error))?;
    Ok(Arc::new(store))
}

#[cfg(not(feature = "cloud"))]
fn web(options: &BucketOptions) -> Result<Arc<dyn ObjectStore>, PortError> {
    Err(bad_address(options.url.url()))
}

#[cfg(feature = "cloud")]
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three
            .iter()
            .zip([16, 8, 0])
            .fold(0_u32, |bits, (byte, shift)| {
                bits | u32::from(*byte) << shift
            });
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = usize::try_from(bits >> shift & 0x3F).unwrap_or(0);
            text.push(if at <= three.len() {
                char::from(LETTERS[letter])
            } else {
                '='
            });
        }
    }
    text
}

fn bad_address(url: &Url) -> PortError {
    let scheme = url.scheme();
    PortError::needs_person(
        "invalid",
        bilingual!(
            "No bucket can be opened at this `{scheme}` address. Check `url`, `endpoint` and the credentials, and that this build has the store's support.",
            "Aucun compartiment ne peut être ouvert à cette adresse « {scheme} ». Vérifiez `url`, `endpoint` et les identifiants, et que cette version prend en charge ce dépôt."
        ),
    )
}

#[cfg(all(test, feature = "cloud"))]
mod tests {
    use super::base64;

    #[test]
    fn base64_of_every_length() {
        for (plain, expected) in [
            ("", ""),
            ("a", "YQ=="),
            ("ab", "YWI="),
            ("abc", "YWJj"),
            ("watcher:watcher", "d2F0Y2hlcjp3YXRjaGVy"),
            ("é:ÿ", "w6k6w78="),
        ] {
            assert_eq!(base64(plain.as_bytes()), expected, "{plain}");
        }
    }
}
