//! The options of the kind `bucket`.

use rideau_domain::bilingual;

use crate::options::{BucketUrl, Problems, Secret, Section, WebUrl};

crate::choice! {
    /// How the objects of a store are listed.
    #[fr = "Comment les objets d’un dépôt sont listés."]
    pub enum BucketListing {
        /// Folder by folder: at least one request for each folder. What cannot be listed concerns one folder only.
        #[fr = "Dossier par dossier : au moins une requête par dossier. Ce qui ne peut être listé ne touche qu’un dossier."]
        ByFolder = "by_folder",
        /// In one pass: one request for each thousand objects. For stores that list keys in order, as S3 (general purpose
        /// buckets), Google Cloud Storage and Azure (without hierarchical namespace) do.
        #[fr = "En une passe : une requête par millier d’objets. Pour les dépôts qui listent les clés dans l’ordre : S3 (compartiments à usage général), Google Cloud Storage et Azure (sans espace de noms hiérarchique)."]
        Sorted = "sorted",
    }
}

crate::options! {
    /// A bucket of S3, Azure or Google Cloud, or a folder on a WebDAV server.
    #[fr = "Un compartiment S3, Azure ou Google Cloud, ou un dossier sur un serveur WebDAV."]
    #[check = key_is_kept_private]
    pub struct BucketOptions {
        /// The bucket and the folder in it to watch. Nothing is ever written there. `http:` and `https:` mean WebDAV.
        #[fr = "Le compartiment et, dans celui-ci, le dossier à surveiller. Rien n’y est jamais écrit. `http:` et `https:` désignent WebDAV."]
        #[example = "\"s3://records/open-data\""]
        url: BucketUrl,
        /// The server, for stores that are not at their makers' usual address.
        #[fr = "Le serveur, pour les dépôts qui ne sont pas à l’adresse habituelle de leur fournisseur."]
        #[example = "\"https://objects.example.gc.ca\""]
        endpoint: Option<WebUrl>,
        /// The region, for S3.
        #[fr = "La région, pour S3."]
        #[example = "\"ca-central-1\""]
        region: Option<String>,
        /// Who reads: the access key id (S3), the storage account (Azure) or the user name (WebDAV). Without `account` and `key`,
        /// credentials come from the environment in the words of the store's own tools (`AWS_ACCESS_KEY_ID` …).
        #[fr = "Qui lit : l’identifiant de clé d’accès (S3), le compte de stockage (Azure) ou le nom d’utilisateur (WebDAV). Sans `account` ni `key`, les identifiants viennent de l’environnement, sous les noms des outils du dépôt (`AWS_ACCESS_KEY_ID` …)."]
        #[example = "{ env = \"RECORDS_ACCOUNT\" }"]
        account: Option<Secret>,
        /// The secret that goes with it: the secret access key (S3), the account's key (Azure), the service account's JSON key
        /// (Google Cloud) or the password (WebDAV).
        #[fr = "Le secret correspondant : la clé d’accès secrète (S3), la clé du compte (Azure), la clé JSON du compte de service (Google Cloud) ou le mot de passe (WebDAV)."]
        #[example = "{ file = \"/run/secrets/records-key\" }"]
        key: Option<Secret>,
        /// Names to pass over, with `*` and `?`, in addition to the built-in list (lock files, system files, snapshots).
        #[fr = "Noms à ignorer, avec `*` et `?`, en plus de la liste intégrée (fichiers de verrouillage, fichiers système, instantanés)."]
        #[example = "[\"*.bak\", \"~archive\"]"]
        ignore: Vec<String> = Vec::new(),
        /// Whether an object named `.rideau-source` must be there. Without it the source counts as not there, so that a bucket
        /// that was emptied or mistaken is never taken for a deletion.
        #[fr = "Si un objet nommé `.rideau-source` doit être présent. Sans lui, la source est réputée absente, pour qu’un compartiment vidé ou confondu ne passe jamais pour une suppression."]
        #[example = "true"]
        marker: bool = true,
        /// How the store is listed.
        #[fr = "Comment le dépôt est listé."]
        #[example = "\"sorted\""]
        listing: BucketListing = BucketListing::ByFolder,
        /// Folders that are asked for at the same time.
        #[fr = "Dossiers demandés en même temps."]
        #[example = "8"]
        #[range(1, 64)]
        requests_at_once: u32 = 8,
    }
}

/// WebDAV sends the password itself; it must not be readable on the way.
fn key_is_kept_private(
    options: &BucketOptions,
    section: &Section<'_>,
    problems: &mut Problems,
) -> bool {
    if options.key.is_none() || options.url.is_private() {
        return true;
    }
    let span = section.key_span("url").unwrap_or_else(|| section.span());
    problems.add(
        section.document(),
        span,
        section.path_of("url"),
        bilingual!(
            "A password is not sent over `http:`, where it could be read on the way: use `https:`.",
            "Un mot de passe n’est pas envoyé par `http:`, où il pourrait être lu en chemin : utilisez `https:`."
        ),
    );
    false
}
