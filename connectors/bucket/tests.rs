//! The bucket on stores in this process and, where `tests/run` has started them, on real servers.

use std::sync::Arc;

use object_store::{ObjectStore, PutPayload, local::LocalFileSystem, memory::InMemory, path::Path};
use url::Url;

use super::{content::fingerprint, *};
use crate::{
    contract::{Listing, SourceFixture, source_contract},
    options::BucketUrl,
};

fn options(url: &str) -> BucketOptions {
    BucketOptions {
        url: BucketUrl::new(Url::parse(url).unwrap()).unwrap(),
        endpoint: None,
        region: None,
        account: None,
        key: None,
        ignore: vec!["*.bak".into()],
        marker: true,
        listing: BucketListing::ByFolder,
        requests_at_once: 4,
    }
}

/// Puts and takes objects below a prefix.
struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl Objects {
    fn memory() -> Self {
        Self {
            store: Arc::new(InMemory::new()),
            prefix: Path::from("some/prefix"),
        }
    }

    fn bucket(&self) -> Bucket {
        Bucket::new(
            Arc::clone(&self.store),
            self.prefix.clone(),
            "memory".into(),
        )
    }

    fn source(&self, change: impl FnOnce(&mut BucketOptions)) -> BucketSource {
        let mut options = options("s3://records");
        change(&mut options);
        BucketSource::over(self.bucket(), options)
    }

    fn key(&self, path: &str) -> Path {
        self.bucket().key(path).unwrap()
    }

    async fn write(&self, path: &str, content: &[u8]) {
        let payload = PutPayload::from(content.to_vec());
        self.store.put(&self.key(path), payload).await.unwrap();
    }
}

#[async_trait]
impl SourceFixture for Objects {
    async fn put(&mut self, path: &str, content: &[u8]) {
        let key = self.key(path);
        let before = self.store.head(&key).await.ok();
        loop {
            self.write(path, content).await;
            let now = self.store.head(&key).await.unwrap();
            if before.as_ref().map(fingerprint) != Some(fingerprint(&now)) {
                return;
            }
            // The server's clock is what the change is told by, and it is coarse.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    async fn replace(&mut self, path: &str, content: &[u8]) {
        self.put(path, content).await;
    }

    async fn delete(&mut self, path: &str) {
        self.store.delete(&self.key(path)).await.unwrap();
    }

    // Not by the store's own copy: WebDAV's fails where a folder must be made for it.
    async fn rename(&mut self, from: &str, to: &str) {
        let found = self.store.get(&self.key(from)).await.unwrap();
        let bytes = found.bytes().await.unwrap();
        self.put(to, &bytes).await;
        self.delete(from).await;
    }

    fn tells_moves(&self) -> bool {
        false
    }
}

async fn scan(source: &BucketSource) -> (ScanEnd, Listing) {
    let mut listing = Listing::default();
    let end = source.scan(&Value::Null, &mut listing).await;
    (end.unwrap(), listing)
}

/// Both ways of listing, each on objects of its own.
async fn keeps(mut objects: Objects) {
    objects.write(MARKER, b"marker").await;
    let source = objects.source(|_| {});
    source_contract(&source, &mut objects).await;
}

#[tokio::test]
async fn keeps_the_contract_in_memory() {
    keeps(Objects::memory()).await;
}

#[tokio::test]
async fn keeps_the_contract_in_one_pass() {
    let mut objects = Objects::memory();
    objects.write(MARKER, b"").await;
    let source = objects.source(|options| options.listing = BucketListing::Sorted);
    source_contract(&source, &mut objects).await;
}

#[tokio::test]
async fn keeps_the_contract_at_the_top_of_a_store() {
    let mut objects = Objects::memory();
    objects.prefix = Path::ROOT;
    keeps(objects).await;
}

#[tokio::test]
async fn keeps_the_contract_on_files() {
    let folder = tempfile::tempdir().unwrap();
    keeps(Objects {
        store: Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap()),
        prefix: Path::from("watched"),
    })
    .await;
}

#[tokio::test]
async fn both_ways_see_the_same() {
    let objects = Objects::memory();
    objects.write(MARKER, b"1").await;
    for path in [
        "a",
        "a-b/x.txt",
        "a/b/c/d.txt",
        "a/b.txt",
        "a/z.txt",
        "ab/e.txt",
        "b/Thumbs.db",
        "b/~$f.docx",
        "b/f.docx",
        "c/.snapshot/old/a.txt",
        "c/.snapshot/a.txt",
        "c/x.bak",
        "é/n.txt",
        "e\u{301}/n.txt",
        "Été/e\u{301}.txt",
        "Été/é.txt",
    ] {
        objects.write(path, path.as_bytes()).await;
    }
    let (by_folder, first) = scan(&objects.source(|_| {})).await;
    let sorted = objects.source(|options| options.listing = BucketListing::Sorted);
    let (in_one_pass, second) = scan(&sorted).await;
    let without_empty = |listing: Listing| {
        let mut folders = listing.folders;
        folders.retain(|_, records| !records.is_empty());
        folders
    };
    // Marker, Thumbs.db, the lock file, the snapshots and the backup.
    assert_eq!((by_folder.records, by_folder.ignored), (11, 5));
    assert_eq!((in_one_pass.records, in_one_pass.ignored), (11, 5));
    assert!(by_folder.complete && in_one_pass.complete);
    assert!(first.repeated.is_empty() && second.repeated.is_empty());
    assert!(first.get("b/f.docx").unwrap().deferred.is_some());
    assert_eq!(without_empty(first), without_empty(second));
}

#[tokio::test]
async fn ids_are_exact_and_names_are_for_people() {
    let objects = Objects::memory();
    objects.write(MARKER, b"").await;
    let decomposed = "Re\u{301}gion/e\u{301}.csv";
    objects.write(decomposed, b"1").await;
    objects.write("Re\u{301}gion/é.csv", b"22").await;
    let source = objects.source(|_| {});
    let (_, listing) = scan(&source).await;
    assert_eq!(listing.paths(), ["Région/é.csv", "Région/é.csv"]);
    let found: Vec<_> = listing.records().collect();
    assert!(found.iter().any(|record| record.native_id == decomposed));
    for record in found {
        assert_eq!(record.native["name_twin"], true);
        let content = source
            .open(&record.native_id, &record.fingerprint)
            .await
            .unwrap();
        assert_eq!(content.size_bytes, record.size_bytes);
    }
}

#[tokio::test]
async fn without_its_marker_it_is_not_there() {
    let objects = Objects::memory();
    objects.write("a.txt", b"a").await;
    let source = objects.source(|_| {});
    let mut listing = Listing::default();
    let error = source.scan(&Value::Null, &mut listing).await.unwrap_err();
    assert_eq!(error.code, "marker_missing");
    assert!(error.is_temporary() && listing.folders.is_empty());
    assert!(source.probe(&["a.txt".to_owned()]).await.is_err());
    assert!(source.check().await.iter().any(|line| !line.ok));

    objects.write(MARKER, b"one").await;
    let (end, _) = scan(&source).await;
    let probed = source
        .probe(&["a.txt".to_owned(), "b.txt".to_owned(), "/".to_owned()])
        .await
        .unwrap();
    assert_eq!(
        probed,
        [Presence::Here, Presence::NotShown, Presence::Unknown]
    );
    objects.write(MARKER, b"another").await;
    let error = source
        .scan(&end.state, &mut Listing::default())
        .await
        .unwrap_err();
    assert_eq!(error.code, "marker_changed");
    assert!(!error.is_temporary());
}

#[cfg(feature = "cloud")]
mod servers {
    use std::process::Command;

    use tempfile::TempDir;

    use super::*;
    use crate::{
        Retry,
        options::{Secret, WebUrl},
    };

    /// The value of a variable that `tests/run` sets; without it the test is passed over, unless everything must be tried.
    fn setting(name: &str) -> Option<String> {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty());
        let required = ["CI", "RIDEAU_TEST_REQUIRE_ALL"]
            .iter()
            .any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "0"));
        assert!(
            value.is_some() || !required,
            "{name} is not set: run tests/run"
        );
        value
    }

    /// A folder of its own on a server, as options name it.
    struct Server {
        options: BucketOptions,
        /// Secrets lie in files here.
        _secrets: TempDir,
    }

    impl Server {
        fn new(url: &str, endpoint: Option<&str>, account: &str, key: &str, test: &str) -> Self {
            // As the program does at its start; a second call finds it done.
            drop(rustls::crypto::ring::default_provider().install_default());
            let secrets = tempfile::tempdir().unwrap();
            let file = |name: &str, value: &str| {
                let path = secrets.path().join(name);
                std::fs::write(&path, value).unwrap();
                Secret::file(path)
            };
            let folder = format!("{test}-{}", std::process::id());
            let mut options = options(&format!("{url}/{folder}"));
            options.endpoint =
                endpoint.map(|endpoint| WebUrl::new(Url::parse(endpoint).unwrap()).unwrap());
            options.region = Some("us-east-1".into());
            if !key.is_empty() {
                options.account = Some(file("account", account));
                options.key = Some(file("key", key));
            }
            Self {
                options,
                _secrets: secrets,
            }
        }

        fn s3(test: &str) -> Option<Self> {
            let url = setting("RIDEAU_TEST_S3_URL")?;
            let endpoint = setting("RIDEAU_TEST_S3_ENDPOINT")?;
            Some(Self::new(&url, Some(&endpoint), "test", "test", test))
        }

        fn azure(test: &str) -> Option<Self> {
            let url = setting("RIDEAU_TEST_AZURE_URL")?;
            let endpoint = setting("RIDEAU_TEST_AZURE_ENDPOINT")?;
            // Published by the emulator's makers; the same everywhere, and no secret.
            let key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
            Some(Self::new(
                &url,
                Some(&endpoint),
                "devstoreaccount1",
                key,
                test,
            ))
        }

        fn webdav(test: &str) -> Option<Self> {
            let url = setting("RIDEAU_TEST_WEBDAV_LOCKED_URL")?;
            Some(Self::new(&url, None, "watcher", "watcher", test))
        }

        fn objects(&self) -> Objects {
            let Bucket { store, prefix, .. } = store::open(&self.options).unwrap();
            Objects { store, prefix }
        }

        fn source(&self) -> BucketSource {
            BucketSource::new(self.options.clone())
        }

        async fn keeps_the_contract(&self) {
            let mut objects = self.objects();
            objects.write(MARKER, b"marker").await;
            source_contract(&self.source(), &mut objects).await;
        }
    }

    #[tokio::test]
    async fn s3_keeps_the_contract() {
        if let Some(server) = Server::s3("contract") {
            server.keeps_the_contract().await;
        }
    }

    #[tokio::test]
    async fn s3_keeps_the_contract_in_one_pass() {
        if let Some(mut server) = Server::s3("sorted") {
            server.options.listing = BucketListing::Sorted;
            server.keeps_the_contract().await;
        }
    }

    #[tokio::test]
    async fn azure_keeps_the_contract() {
        if let Some(server) = Server::azure("contract") {
            server.keeps_the_contract().await;
        }
    }

    #[tokio::test]
    async fn webdav_keeps_the_contract() {
        if let Some(server) = Server::webdav("contract") {
            server.keeps_the_contract().await;
        }
    }

    #[tokio::test]
    async fn a_wrong_password_needs_a_person() {
        let Some(mut server) = Server::webdav("password") else {
            return;
        };
        server.objects().write(MARKER, b"").await;
        server.options.account = None;
        server.options.key = None;
        server.options.marker = false;
        let error = server
            .source()
            .scan(&Value::Null, &mut Listing::default())
            .await
            .unwrap_err();
        assert_eq!((error.code, error.retry), ("forbidden", Retry::NeedsPerson));
    }

    #[tokio::test]
    async fn a_bucket_that_is_not_there_is_an_outage() {
        let Some(mut server) = Server::s3("missing") else {
            return;
        };
        server.options.url = BucketUrl::new(Url::parse("s3://no-such-bucket").unwrap()).unwrap();
        for (marker, listing, code) in [
            (true, BucketListing::ByFolder, "marker_missing"),
            (false, BucketListing::ByFolder, "unreachable"),
            (false, BucketListing::Sorted, "unreachable"),
        ] {
            server.options.marker = marker;
            server.options.listing = listing;
            let mut listing = Listing::default();
            let error = server
                .source()
                .scan(&Value::Null, &mut listing)
                .await
                .unwrap_err();
            assert_eq!(error.code, code);
            assert!(error.is_temporary() && listing.folders.is_empty());
        }
    }

    /// Keys that the client cannot name are put by another one.
    #[tokio::test]
    async fn strange_keys_are_told_and_harm_one_folder() {
        const PUT: &str = "
import sys, boto3
endpoint, bucket, prefix = sys.argv[1:]
s3 = boto3.client('s3', endpoint_url=endpoint, region_name='us-east-1',
                  aws_access_key_id='test', aws_secret_access_key='test')
for key, body in [
    ('empty//name.txt', b'x'), ('empty/ok.txt', b'x'),
    ('dots/../name.txt', b'x'), ('dots/ok.txt', b'x'),
    ('placeholder/', b''), ('placeholder/ok.txt', b'x'),
    ('content/', b'not nothing'), ('content/ok.txt', b'x'),
    ('fine/ok.txt', b'x'), ('zz/ok.txt', b'x'), ('.rideau-source', b''),
]:
    s3.put_object(Bucket=bucket, Key=prefix + '/' + key, Body=body)
";
        let Some(mut server) = Server::s3("strange") else {
            return;
        };
        let (Some(python), Some(endpoint)) = (
            setting("RIDEAU_TEST_S3_PYTHON"),
            setting("RIDEAU_TEST_S3_ENDPOINT"),
        ) else {
            return;
        };
        let prefix = server.objects().prefix;
        let put = Command::new(python)
            .args(["-c", PUT, &endpoint, "records", prefix.as_ref()])
            .status()
            .unwrap();
        assert!(put.success());
        for listing in [BucketListing::ByFolder, BucketListing::Sorted] {
            server.options.listing = listing;
            let (end, listing) = scan(&server.source()).await;
            assert!(!end.complete);
            assert_eq!(
                listing.paths(),
                [
                    "content/ok.txt",
                    "fine/ok.txt",
                    "placeholder/ok.txt",
                    "zz/ok.txt"
                ]
            );
            let unknown: Vec<&str> = listing.unknown.keys().map(String::as_str).collect();
            assert!(
                ["dots", "empty"].iter().all(|name| unknown.contains(name)),
                "{unknown:?}"
            );
            for why in listing.unknown.values() {
                assert_eq!(why.retry, Retry::NeedsPerson, "{why}");
            }
        }
    }
}
