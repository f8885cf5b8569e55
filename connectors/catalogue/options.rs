//! The options of the kind `catalogue`.

use std::path::PathBuf;

use rideau_domain::{Bilingual, bilingual};

use super::{CatalogueSettings, Location};
use crate::options::{Problems, Section, StoreUrl, WebUrl};

crate::options! {
    /// A static portal in a folder or a store: DCAT, Data Packages and pages in both languages.
    #[fr = "Un portail statique dans un dossier ou un dépôt : DCAT, Data Packages et pages dans les deux langues."]
    #[check = one_place]
    pub struct CatalogueOptions {
        /// The folder to publish to. Either this or `url`.
        #[fr = "Le dossier de publication. Ceci ou `url`."]
        #[example = "\"public\""]
        path: Option<PathBuf>,
        /// The store to publish to. Either this or `path`.
        #[fr = "Le dépôt de publication. Ceci ou `path`."]
        #[example = "\"s3://open-data/catalogue\""]
        url: Option<StoreUrl>,
        /// The address under which the public sees it. Identifiers of datasets begin with it, so it should never change. Without
        /// it there is neither a sitemap nor a feed.
        #[fr = "L’adresse sous laquelle le public le voit. Les identifiants des jeux de données commencent par elle : elle ne devrait jamais changer. Sans elle, ni plan du site ni fil de nouvelles."]
        #[example = "\"https://open.example.gc.ca/\""]
        base_url: Option<WebUrl>,
        /// The catalogue's title, in both languages. Without it, the department's name.
        #[fr = "Le titre du catalogue, dans les deux langues. Sans lui, le nom du ministère."]
        #[example = "{ en = \"Open data\", fr = \"Données ouvertes\" }"]
        title: Option<Bilingual>,
    }
}

fn one_place(options: &CatalogueOptions, section: &Section<'_>, problems: &mut Problems) -> bool {
    match (&options.path, &options.url) {
        (Some(_), None) | (None, Some(_)) => true,
        (None, None) => {
            section.missing("path", "\"public\"", problems);
            false
        }
        (Some(_), Some(_)) => {
            let span = section.key_span("url").unwrap_or_else(|| section.span());
            problems.add(
                section.document(),
                span,
                section.path_of("url"),
                bilingual!(
                    "Only one of `path` and `url` may be given.",
                    "Un seul de « path » et « url » peut être donné."
                ),
            );
            false
        }
    }
}

impl CatalogueOptions {
    /// What the catalogue is told, for a department of this name. `None` when neither a folder nor a store is given, which
    /// decoding refuses.
    pub fn settings(&self, department: &Bilingual) -> Option<CatalogueSettings> {
        let location = match (&self.path, &self.url) {
            (Some(path), _) => Location::Folder(path.clone()),
            (None, Some(url)) => Location::Store(url.url().clone()),
            (None, None) => return None,
        };
        Some(CatalogueSettings {
            location,
            base_url: self.base_url.as_ref().map(|url| url.url().clone()),
            title: self.title.clone().unwrap_or_else(|| department.clone()),
            organization: department.clone(),
        })
    }
}
