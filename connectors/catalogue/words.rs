//! The catalogue's own words, and labels of the portal's choice lists.
//!
//! Rule that must hold: a value that is in no list is shown as it is, never dropped.

use rideau_domain::{Bilingual, Lang};

/// The fixed words of the pages in one language.
pub(super) struct Words {
    pub(super) skip: &'static str,
    pub(super) other_language: &'static str,
    pub(super) datasets: &'static str,
    pub(super) about: &'static str,
    pub(super) files: &'static str,
    pub(super) files_caption: &'static str,
    pub(super) name: &'static str,
    pub(super) format: &'static str,
    pub(super) size: &'static str,
    pub(super) language: &'static str,
    pub(super) download: &'static str,
    pub(super) preview: &'static str,
    pub(super) preview_of: &'static str,
    pub(super) preview_more: &'static str,
    pub(super) publisher: &'static str,
    pub(super) licence: &'static str,
    pub(super) contact: &'static str,
    pub(super) contact_form: &'static str,
    pub(super) published: &'static str,
    pub(super) modified: &'static str,
    pub(super) correction: &'static str,
    pub(super) supersedes: &'static str,
    pub(super) superseded_by: &'static str,
    pub(super) period: &'static str,
    pub(super) period_to: &'static str,
    pub(super) frequency: &'static str,
    pub(super) subject: &'static str,
    pub(super) keywords: &'static str,
    pub(super) identifier: &'static str,
    pub(super) metadata: &'static str,
    pub(super) machine: &'static str,
    pub(super) withdrawn: &'static str,
    pub(super) withdrawn_text: &'static str,
    pub(super) reason: &'static str,
    pub(super) pages: &'static str,
    pub(super) page: &'static str,
    pub(super) checksum: &'static str,
    pub(super) feed: &'static str,
    pub(super) none: &'static str,
}

pub(super) fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

static EN: Words = Words {
    skip: "Skip to main content",
    other_language: "Français",
    datasets: "Datasets",
    about: "About this dataset",
    files: "Files",
    files_caption: "Files of this dataset",
    name: "Name",
    format: "Format",
    size: "Size",
    language: "Language",
    download: "Download",
    preview: "Preview",
    preview_of: "First rows of",
    preview_more: "Only the beginning is shown. Download the file to see all of it.",
    publisher: "Publisher",
    licence: "Licence",
    contact: "Contact",
    contact_form: "Contact form",
    published: "Published",
    modified: "Modified",
    correction: "Correction",
    supersedes: "Supersedes",
    superseded_by: "Superseded by",
    period: "Period covered",
    period_to: "to",
    frequency: "Updated",
    subject: "Subject",
    keywords: "Keywords",
    identifier: "Identifier",
    metadata: "Metadata",
    machine: "Parts of this text were translated by a machine.",
    withdrawn: "Dataset withdrawn",
    withdrawn_text: "This dataset was published here and has been withdrawn.",
    reason: "Reason",
    pages: "Pages of the list",
    page: "Page",
    checksum: "Checksum (SHA-256)",
    feed: "Feed of changes",
    none: "There are no datasets yet.",
};

static FR: Words = Words {
    skip: "Passer au contenu principal",
    other_language: "English",
    datasets: "Jeux de données",
    about: "À propos de ce jeu de données",
    files: "Fichiers",
    files_caption: "Fichiers de ce jeu de données",
    name: "Nom",
    format: "Format",
    size: "Taille",
    language: "Langue",
    download: "Télécharger",
    preview: "Aperçu",
    preview_of: "Premières lignes de",
    preview_more: "Seul le début est montré. Téléchargez le fichier pour le voir en entier.",
    publisher: "Éditeur",
    licence: "Licence",
    contact: "Contact",
    contact_form: "Formulaire de contact",
    published: "Publication",
    modified: "Modification",
    correction: "Correction",
    supersedes: "Remplace",
    superseded_by: "Remplacé par",
    period: "Période couverte",
    period_to: "à",
    frequency: "Mise à jour",
    subject: "Sujet",
    keywords: "Mots-clés",
    identifier: "Identifiant",
    metadata: "Métadonnées",
    machine: "Une partie de ce texte a été traduite par une machine.",
    withdrawn: "Jeu de données retiré",
    withdrawn_text: "Ce jeu de données a été publié ici, puis retiré.",
    reason: "Raison",
    pages: "Pages de la liste",
    page: "Page",
    checksum: "Somme de contrôle (SHA-256)",
    feed: "Fil des changements",
    none: "Il n’y a pas encore de jeux de données.",
};

/// A licence by the portal's id: its name and its address per language, where known.
pub(super) fn licence(id: &str) -> (Bilingual, Option<Bilingual>) {
    let known = match id {
        "ca-ogl-lgo" => Some((
            Bilingual::new(
                "Open Government Licence – Canada",
                "Licence du gouvernement ouvert – Canada",
            ),
            Bilingual::new(
                "https://open.canada.ca/en/open-government-licence-canada",
                "https://ouvert.canada.ca/fr/licence-du-gouvernement-ouvert-canada",
            ),
        )),
        "cc-by" => Some((
            Bilingual::new(
                "Creative Commons Attribution 4.0",
                "Creative Commons Attribution 4.0",
            ),
            Bilingual::new(
                "https://creativecommons.org/licenses/by/4.0/",
                "https://creativecommons.org/licenses/by/4.0/deed.fr",
            ),
        )),
        "cc-zero" => Some((
            Bilingual::same("CC0 1.0"),
            Bilingual::new(
                "https://creativecommons.org/publicdomain/zero/1.0/",
                "https://creativecommons.org/publicdomain/zero/1.0/deed.fr",
            ),
        )),
        _ => None,
    };
    match known {
        Some((name, address)) => (name, Some(address)),
        None => (Bilingual::same(id), None),
    }
}

/// The label of a subject.
pub(super) fn subject(value: &str) -> Bilingual {
    let (en, fr) = match value {
        "arts_music_literature" => ("Arts, music and literature", "Arts, musique et littérature"),
        "agriculture" => ("Agriculture", "Agriculture"),
        "economics_and_industry" => ("Economics and industry", "Économie et industrie"),
        "education_and_training" => ("Education and training", "Éducation et formation"),
        "form_descriptors" => ("Form descriptors", "Descripteurs de forme"),
        "government_and_politics" => ("Government and politics", "Gouvernement et vie politique"),
        "health_and_safety" => ("Health and safety", "Santé et sécurité"),
        "history_and_archaeology" => ("History and archaeology", "Histoire et archéologie"),
        "information_and_communications" => (
            "Information and communications",
            "Information et communications",
        ),
        "labour" => ("Labour", "Travail et emploi"),
        "language_and_linguistics" => ("Language and linguistics", "Langue et linguistique"),
        "law" => ("Law", "Droit"),
        "military" => ("Military", "Affaires militaires"),
        "nature_and_environment" => ("Nature and environment", "Nature et environnement"),
        "persons" => ("Persons", "Personnes"),
        "processes" => ("Processes", "Processus"),
        "society_and_culture" => ("Society and culture", "Société et culture"),
        "science_and_technology" => ("Science and technology", "Science et technologie"),
        "transport" => ("Transport", "Transports"),
        other => (other, other),
    };
    Bilingual::new(en, fr)
}

/// The label of a frequency (ISO 8601 durations and the portal's own words).
pub(super) fn frequency(value: &str) -> Bilingual {
    let (en, fr) = match value {
        "as_needed" => ("As needed", "Au besoin"),
        "continual" => ("Continually", "En continu"),
        "P1D" => ("Daily", "Chaque jour"),
        "P0.33W" => ("Three times a week", "Trois fois par semaine"),
        "P0.5W" => ("Twice a week", "Deux fois par semaine"),
        "P1W" => ("Weekly", "Chaque semaine"),
        "P2W" => ("Every two weeks", "Toutes les deux semaines"),
        "P0.5M" => ("Twice a month", "Deux fois par mois"),
        "P1M" => ("Monthly", "Chaque mois"),
        "P2M" => ("Every two months", "Tous les deux mois"),
        "P3M" => ("Quarterly", "Chaque trimestre"),
        "P4M" => ("Three times a year", "Trois fois par an"),
        "P6M" => ("Twice a year", "Deux fois par an"),
        "P1Y" => ("Annually", "Chaque année"),
        "P2Y" => ("Every two years", "Tous les deux ans"),
        "P3Y" => ("Every three years", "Tous les trois ans"),
        "P4Y" => ("Every four years", "Tous les quatre ans"),
        "P5Y" => ("Every five years", "Tous les cinq ans"),
        "irregular" => ("Irregularly", "Irrégulièrement"),
        "not_planned" => ("Not planned", "Non prévue"),
        "unknown" => ("Unknown", "Inconnue"),
        other => (other, other),
    };
    Bilingual::new(en, fr)
}

/// The frequency as the EU vocabulary names it, which DCAT profiles use.
pub(super) fn frequency_uri(value: &str) -> Option<String> {
    let name = match value {
        "as_needed" => "AS_NEEDED",
        "continual" => "CONT",
        "P1D" => "DAILY",
        "P0.33W" => "WEEKLY_3",
        "P0.5W" => "WEEKLY_2",
        "P1W" => "WEEKLY",
        "P2W" => "BIWEEKLY",
        "P0.5M" => "MONTHLY_2",
        "P1M" => "MONTHLY",
        "P2M" => "BIMONTHLY",
        "P3M" => "QUARTERLY",
        "P4M" => "ANNUAL_3",
        "P6M" => "ANNUAL_2",
        "P1Y" => "ANNUAL",
        "P2Y" => "BIENNIAL",
        "P3Y" => "TRIENNIAL",
        "P4Y" => "QUADRENNIAL",
        "P5Y" => "QUINQUENNIAL",
        "irregular" => "IRREG",
        "not_planned" => "NOT_PLANNED",
        "unknown" => "UNKNOWN",
        _ => return None,
    };
    Some(format!(
        "http://publications.europa.eu/resource/authority/frequency/{name}"
    ))
}

/// The name of a language.
pub(super) fn language(value: &str) -> Bilingual {
    let (en, fr) = match value {
        "en" => ("English", "anglais"),
        "fr" => ("French", "français"),
        "iu" => ("Inuktitut", "inuktitut"),
        "cr" => ("Cree", "cri"),
        "es" => ("Spanish", "espagnol"),
        "zxx" => ("No linguistic content", "aucun contenu linguistique"),
        "mul" => ("Several languages", "plusieurs langues"),
        other => (other, other),
    };
    Bilingual::new(en, fr)
}

/// A size for people, in decimal units.
pub(super) fn size(bytes: u64, lang: Lang) -> String {
    let units = match lang {
        Lang::En => ["bytes", "kB", "MB", "GB", "TB"],
        Lang::Fr => ["octets", "ko", "Mo", "Go", "To"],
    };
    if bytes < 1000 {
        return format!("{bytes}\u{a0}{}", units[0]);
    }
    let mut unit = 0;
    let mut thousandths = u128::from(bytes) * 1000;
    // Up to here one decimal would still round to a thousand of the unit.
    while thousandths >= 999_950 && unit + 1 < units.len() {
        thousandths /= 1000;
        unit += 1;
    }
    let tenths = (thousandths + 50) / 100;
    let (whole, part) = (tenths / 10, tenths % 10);
    let mark = match lang {
        Lang::En => '.',
        Lang::Fr => ',',
    };
    if part == 0 {
        format!("{whole}\u{a0}{}", units[unit])
    } else {
        format!("{whole}{mark}{part}\u{a0}{}", units[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let check = |bytes, en: &str, fr: &str| {
            assert_eq!(size(bytes, Lang::En).replace('\u{a0}', " "), en);
            assert_eq!(size(bytes, Lang::Fr).replace('\u{a0}', " "), fr);
        };
        check(0, "0 bytes", "0 octets");
        check(999, "999 bytes", "999 octets");
        check(1000, "1 kB", "1 ko");
        check(1234, "1.2 kB", "1,2 ko");
        check(999_960, "1 MB", "1 Mo");
        check(5_000_000_000, "5 GB", "5 Go");
        check(u64::MAX, "18446744.1 TB", "18446744,1 To");
    }
}
