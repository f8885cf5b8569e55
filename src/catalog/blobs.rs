//! Blobs by the SHA-256 of their content, in a folder or a bucket.
//!
//! A blob is written beside its place, hashed on the way, made durable and then moved into place in one step: it is
//! there whole, or not at all. What is there already is not written again. Rule that must hold: what is read under a
//! hash has that hash, or reading fails.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart, local::LocalFileSystem,
    path::Path as Key,
};
use sha2::Digest;
use thiserror::Error;
use tokio::io::AsyncWriteExt;

use crate::domain::Sha256;

/// A failure of the blob store.
#[derive(Debug, Error)]
pub enum BlobError {
    /// The address cannot be used.
    #[error("the blob store address {url} cannot be used: {why}")]
    Address {
        /// The address.
        url: String,
        /// Why.
        why: String,
    },
    /// The store refused or is away.
    #[error("the blob store failed on {what}")]
    Store {
        /// Which blob or what.
        what: String,
        /// Why.
        #[source]
        source: object_store::Error,
    },
    /// The file system refused.
    #[error("the blob store's file system failed on {}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The bytes are not those that were stored.
    #[error("blob {expected} is damaged: its content has hash {found}")]
    Damaged {
        /// The hash it is stored under.
        expected: Sha256,
        /// The hash it has.
        found: Sha256,
    },
    /// The stream that was to be stored broke off.
    #[error("the content broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The content is larger than allowed.
    #[error("the content is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
}

/// A store of blobs.
#[derive(Clone, Debug)]
pub struct BlobStore {
    store: Arc<dyn ObjectStore>,
    /// Prefix of all keys.
    prefix: Key,
    /// The folder, when it is one.
    folder: Option<PathBuf>,
    /// Where content is written while its hash is not known yet.
    spool: PathBuf,
}

/// Content written to the spool and hashed, not yet stored. Removes its file unless stored.
#[derive(Debug)]
pub struct Spooled {
    file: tempfile::TempPath,
    /// Its hash.
    pub sha256: Sha256,
    /// Its size.
    pub size_bytes: u64,
}

impl BlobStore {
    /// Opens a store in a folder (made if missing) or at a URL (`file://`, and with the feature `cloud` `s3://`,
    /// `az://`, `gs://`; credentials come from the environment as those services' own tools read them).
    ///
    /// # Errors
    /// When the address is not understood or the folder cannot be made.
    pub fn open(address: &str, base: &Path, spool: &Path) -> Result<Self, BlobError> {
        let unusable = |why: String| BlobError::Address {
            url: address.to_owned(),
            why,
        };
        let folder = if let Some(rest) = address.strip_prefix("file://") {
            Some(PathBuf::from(rest))
        } else if address.contains("://") {
            None
        } else {
            Some(base.join(address))
        };
        let (store, prefix, spool): (Arc<dyn ObjectStore>, Key, PathBuf) =
            if let Some(folder) = &folder {
                // The spool must be on the same file system as the blobs, so that moving is one step.
                let spool = folder.join("spool");
                make_folder(&spool)?;
                let store = LocalFileSystem::new_with_prefix(folder)
                    .map_err(|error| unusable(error.to_string()))?;
                (Arc::new(store), Key::default(), spool)
            } else {
                make_folder(spool)?;
                let url = url::Url::parse(address).map_err(|error| unusable(error.to_string()))?;
                // The names are those of the services' own tools, which write them in capitals.
                let environment =
                    std::env::vars().map(|(name, value)| (name.to_ascii_lowercase(), value));
                let (store, prefix) = object_store::parse_url_opts(&url, environment)
                    .map_err(|error| unusable(error.to_string()))?;
                (Arc::from(store), prefix, spool.to_path_buf())
            };
        Ok(Self {
            store,
            prefix,
            folder,
            spool,
        })
    }

    fn key(&self, sha256: Sha256) -> Key {
        let hex = sha256.to_string();
        self.prefix
            .parts()
            .chain(["sha256".into(), hex[..2].into(), hex.as_str().into()])
            .collect()
    }

    /// Where a blob lies on this machine's disk, when the store is a folder.
    pub fn local_path(&self, sha256: Sha256) -> Option<PathBuf> {
        let hex = sha256.to_string();
        self.folder
            .as_ref()
            .map(|folder| folder.join("sha256").join(&hex[..2]).join(hex))
    }

    /// Writes a stream to the spool, hashing it on the way.
    ///
    /// # Errors
    /// When the stream breaks off, grows beyond `limit` bytes, or the disk refuses.
    pub async fn spool<E>(
        &self,
        mut stream: BoxStream<'static, Result<Bytes, E>>,
        limit: u64,
    ) -> Result<Spooled, BlobError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let (mut file, path) = self.spool_file()?;
        let fail = |source| BlobError::Io {
            path: self.spool.clone(),
            source,
        };
        let mut hash = sha2::Sha256::new();
        let mut size_bytes = 0_u64;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| BlobError::Broken(Box::new(error)))?;
            size_bytes += chunk.len() as u64;
            if size_bytes > limit {
                return Err(BlobError::TooLarge { limit });
            }
            hash.update(&chunk);
            file.write_all(&chunk).await.map_err(fail)?;
        }
        file.flush().await.map_err(fail)?;
        file.sync_all().await.map_err(fail)?;
        Ok(Spooled {
            file: path,
            sha256: Sha256(hash.finalize().into()),
            size_bytes,
        })
    }

    fn spool_file(&self) -> Result<(tokio::fs::File, tempfile::TempPath), BlobError> {
        let (file, path) = tempfile::NamedTempFile::new_in(&self.spool)
            .map_err(|source| BlobError::Io {
                path: self.spool.clone(),
                source,
            })?
            .into_parts();
        Ok((tokio::fs::File::from_std(file), path))
    }

    /// Stores spooled content. What is there already is left as it is.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn store(&self, spooled: Spooled) -> Result<(Sha256, u64), BlobError> {
        let (sha256, size_bytes) = (spooled.sha256, spooled.size_bytes);
        if self.exists(sha256).await? {
            return Ok((sha256, size_bytes));
        }
        if let Some(place) = self.local_path(sha256) {
            let moved = tokio::task::spawn_blocking(move || {
                let folder = place.parent().unwrap_or(Path::new(".")).to_path_buf();
                std::fs::create_dir_all(&folder)?;
                spooled.file.persist(&place).map_err(|error| error.error)?;
                // A new name is durable once its folder is.
                std::fs::File::open(&folder)?.sync_all()
            })
            .await
            .map_err(std::io::Error::other)
            .flatten();
            moved.map_err(|source| BlobError::Io {
                path: self.spool.clone(),
                source,
            })?;
        } else {
            let key = self.key(sha256);
            let failed = |source| BlobError::Store {
                what: sha256.to_string(),
                source,
            };
            let upload = self.store.put_multipart(&key).await.map_err(failed)?;
            let mut writer = WriteMultipart::new(upload);
            let mut bytes = file_stream(spooled.file.to_path_buf());
            while let Some(chunk) = bytes.next().await {
                let chunk = chunk.map_err(|source| BlobError::Io {
                    path: self.spool.clone(),
                    source,
                })?;
                writer.wait_for_capacity(4).await.map_err(failed)?;
                writer.put(chunk);
            }
            writer.finish().await.map_err(failed)?;
        }
        Ok((sha256, size_bytes))
    }

    /// Stores a file of this machine.
    ///
    /// # Errors
    /// When the file cannot be read or the store refuses.
    pub async fn put_file(&self, path: &Path) -> Result<(Sha256, u64), BlobError> {
        let spooled = self
            .spool(file_stream(path.to_path_buf()), u64::MAX)
            .await?;
        self.store(spooled).await
    }

    /// Whether a blob is there.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn exists(&self, sha256: Sha256) -> Result<bool, BlobError> {
        if let Some(place) = self.local_path(sha256) {
            return tokio::fs::try_exists(&place)
                .await
                .map_err(|source| BlobError::Io {
                    path: place,
                    source,
                });
        }
        match self.store.head(&self.key(sha256)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(source) => Err(BlobError::Store {
                what: sha256.to_string(),
                source,
            }),
        }
    }

    /// Reads a blob whole. For small ones: metadata, reports.
    ///
    /// # Errors
    /// When it is not there or is damaged.
    pub async fn get(&self, sha256: Sha256) -> Result<Bytes, BlobError> {
        let failed = |source| BlobError::Store {
            what: sha256.to_string(),
            source,
        };
        let bytes = self
            .store
            .get(&self.key(sha256))
            .await
            .map_err(failed)?
            .bytes()
            .await
            .map_err(failed)?;
        let found = Sha256::of(&bytes);
        if found == sha256 {
            Ok(bytes)
        } else {
            Err(BlobError::Damaged {
                expected: sha256,
                found,
            })
        }
    }

    /// Reads a blob as a stream that fails at its end when the content is not what was stored.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn stream(
        &self,
        sha256: Sha256,
    ) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, BlobError> {
        let failed = move |source| BlobError::Store {
            what: sha256.to_string(),
            source,
        };
        let inner = self
            .store
            .get(&self.key(sha256))
            .await
            .map_err(failed)?
            .into_stream();
        let state = Some((inner, sha2::Sha256::new()));
        let checked = futures::stream::unfold(state, move |state| async move {
            let (mut inner, mut hash) = state?;
            match inner.next().await {
                Some(Ok(chunk)) => {
                    hash.update(&chunk);
                    Some((Ok(chunk), Some((inner, hash))))
                }
                Some(Err(source)) => Some((Err(failed(source)), None)),
                None => {
                    let found = Sha256(hash.finalize().into());
                    (found != sha256).then_some((
                        Err(BlobError::Damaged {
                            expected: sha256,
                            found,
                        }),
                        None,
                    ))
                }
            }
        });
        Ok(checked.boxed())
    }

    /// A blob as a file on this machine: its own place when the store is a folder, else a copy in `scratch`.
    ///
    /// # Errors
    /// When it is not there, is damaged, or the disk refuses.
    pub async fn as_file(&self, sha256: Sha256, scratch: &Path) -> Result<PathBuf, BlobError> {
        if let Some(place) = self.local_path(sha256) {
            return Ok(place);
        }
        let path = scratch.join(sha256.to_string());
        let fail = |source| BlobError::Io {
            path: path.clone(),
            source,
        };
        let mut file = tokio::fs::File::create(&path).await.map_err(fail)?;
        let mut stream = self.stream(sha256).await?;
        while let Some(chunk) = stream.next().await {
            file.write_all(&chunk?).await.map_err(fail)?;
        }
        file.flush().await.map_err(fail)?;
        Ok(path)
    }

    /// Writes, reads and deletes a small blob of its own: the self-test.
    ///
    /// # Errors
    /// What failed.
    pub async fn check(&self) -> Result<(), BlobError> {
        let content = b"rideau checks its blob store";
        let key: Key = self.prefix.parts().chain(["check".into()]).collect();
        let failed = |source| BlobError::Store {
            what: "check".to_owned(),
            source,
        };
        self.store
            .put(&key, PutPayload::from_static(content))
            .await
            .map_err(failed)?;
        let back = self
            .store
            .get(&key)
            .await
            .map_err(failed)?
            .bytes()
            .await
            .map_err(failed)?;
        if back.as_ref() != content {
            return Err(BlobError::Damaged {
                expected: Sha256::of(content),
                found: Sha256::of(&back),
            });
        }
        self.store.delete(&key).await.map_err(failed)
    }
}

fn make_folder(folder: &Path) -> Result<(), BlobError> {
    std::fs::create_dir_all(folder).map_err(|source| BlobError::Io {
        path: folder.to_path_buf(),
        source,
    })
}

fn file_stream(path: PathBuf) -> BoxStream<'static, Result<Bytes, std::io::Error>> {
    let opened = futures::stream::once(async move { tokio::fs::File::open(path).await });
    futures::StreamExt::flat_map(opened, |file| match file {
        Ok(file) => tokio_util::io::ReaderStream::with_capacity(file, 256 * 1024).boxed(),
        Err(error) => futures::stream::once(async move { Err(error) }).boxed(),
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_blob_is_whole_or_reading_fails() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobStore::open("blobs", folder.path(), &folder.path().join("spool")).unwrap();
        blobs.check().await.unwrap();
        let input = folder.path().join("input");
        std::fs::write(&input, b"content").unwrap();
        let (sha256, size) = blobs.put_file(&input).await.unwrap();
        assert_eq!((sha256, size), (Sha256::of(b"content"), 7));
        assert_eq!(blobs.put_file(&input).await.unwrap().0, sha256);
        assert_eq!(blobs.get(sha256).await.unwrap().as_ref(), b"content");
        assert_eq!(
            std::fs::read_dir(folder.path().join("blobs/spool"))
                .unwrap()
                .count(),
            0
        );

        std::fs::write(blobs.local_path(sha256).unwrap(), b"c0ntent").unwrap();
        assert!(matches!(
            blobs.get(sha256).await,
            Err(BlobError::Damaged { .. })
        ));
        let parts: Vec<_> = blobs.stream(sha256).await.unwrap().collect().await;
        assert!(matches!(parts.last(), Some(Err(BlobError::Damaged { .. }))));
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobStore::open("blobs", folder.path(), folder.path()).unwrap();
        let parts = vec![
            Ok(Bytes::from_static(b"a")),
            Err(std::io::Error::other("cut")),
        ];
        let broken = blobs.spool(futures::stream::iter(parts).boxed(), 10).await;
        assert!(matches!(broken, Err(BlobError::Broken(_))));
        let large = blobs
            .spool(
                futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"12345"))])
                    .boxed(),
                4,
            )
            .await;
        assert!(matches!(large, Err(BlobError::TooLarge { limit: 4 })));
        assert_eq!(
            std::fs::read_dir(folder.path().join("blobs/spool"))
                .unwrap()
                .count(),
            0
        );
    }
}
