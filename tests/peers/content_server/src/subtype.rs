//! The kinds of nodes that Content Server knows, as far as this simulator does.
//!
//! Rule that must hold: a kind that is not in the table is no container and holds no content.

use crate::config::Language;

/// One kind of node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subtype {
    pub(crate) number: i64,
    pub(crate) container: bool,
    /// Whether it has versions with bytes.
    pub(crate) versionable: bool,
    pub(crate) english: &'static str,
    pub(crate) french: &'static str,
}

const fn container(number: i64, english: &'static str, french: &'static str) -> Subtype {
    Subtype {
        number,
        container: true,
        versionable: false,
        english,
        french,
    }
}

const fn leaf(number: i64, english: &'static str, french: &'static str) -> Subtype {
    Subtype {
        number,
        container: false,
        versionable: false,
        english,
        french,
    }
}

const fn document(number: i64, english: &'static str, french: &'static str) -> Subtype {
    Subtype {
        number,
        container: false,
        versionable: true,
        english,
        french,
    }
}

pub(crate) const FOLDER: i64 = 0;
pub(crate) const SHORTCUT: i64 = 1;
pub(crate) const COMPOUND: i64 = 136;
pub(crate) const URL: i64 = 140;
pub(crate) const ENTERPRISE: i64 = 141;
pub(crate) const DOCUMENT: i64 = 144;
pub(crate) const PROJECT: i64 = 202;
pub(crate) const WORKSPACE: i64 = 848;

const TABLE: &[Subtype] = &[
    container(FOLDER, "Folder", "Dossier"),
    leaf(SHORTCUT, "Shortcut", "Raccourci"),
    leaf(2, "Generation", "Génération"),
    leaf(130, "Topic", "Sujet"),
    leaf(131, "Category", "Catégorie"),
    container(132, "Category Folder", "Dossier de catégories"),
    container(133, "Categories Volume", "Volume de catégories"),
    leaf(134, "Reply", "Réponse"),
    container(COMPOUND, "Compound Document", "Document composé"),
    leaf(138, "Release", "Publication"),
    leaf(139, "Revision", "Révision"),
    leaf(URL, "URL", "URL"),
    container(ENTERPRISE, "Enterprise Workspace", "Espace de l'entreprise"),
    container(142, "Personal Workspace", "Espace personnel"),
    document(DOCUMENT, "Document", "Document"),
    document(145, "Text Document", "Document texte"),
    container(198, "Classification Volume", "Volume de classifications"),
    container(199, "Classification", "Classification"),
    container(PROJECT, "Project", "Projet"),
    container(204, "Task List", "Liste de tâches"),
    leaf(206, "Task", "Tâche"),
    container(207, "Channel", "Canal"),
    leaf(208, "News", "Nouvelle"),
    container(215, "Discussion", "Discussion"),
    leaf(223, "Form", "Formulaire"),
    leaf(258, "Search Query", "Requête de recherche"),
    container(298, "Collection", "Collection"),
    leaf(299, "LiveReport", "LiveReport"),
    container(405, "Recycle Bin", "Corbeille"),
    leaf(411, "Physical Item", "Article physique"),
    container(557, "Compound Email", "Courriel composé"),
    document(749, "Email", "Courriel"),
    container(751, "Email Folder", "Dossier de courriels"),
    container(WORKSPACE, "Business Workspace", "Espace de travail"),
    container(854, "Related Workspace", "Espace de travail apparenté"),
    container(899, "Virtual Folder", "Dossier virtuel"),
    container(5573, "Wiki", "Wiki"),
    document(5574, "Wiki Page", "Page wiki"),
    leaf(30_303, "WebReport", "WebReport"),
];

/// The kind with that number.
pub(crate) fn of(number: i64) -> Subtype {
    TABLE
        .iter()
        .find(|subtype| subtype.number == number)
        .copied()
        .unwrap_or(leaf(number, "Custom Item", "Élément particulier"))
}

impl Subtype {
    pub(crate) fn name(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.english,
            Language::Fr => self.french,
        }
    }

    /// Whether children name it with a negative id.
    pub(crate) fn is_volume_like(&self) -> bool {
        self.number == WORKSPACE || self.number == PROJECT
    }
}
