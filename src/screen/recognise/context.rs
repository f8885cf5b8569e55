//! What detectors may know beside the text: the file name, native metadata, and settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Part, SecurityLevel, TextUnit};

/// What surrounds the text units of one item.
#[derive(Clone, Copy, Debug)]
pub struct DetectContext<'a> {
    /// The item's file name; empty when it has none.
    pub file_name: &'a str,
    /// Native metadata of the source, as name and value.
    pub native: &'a [(String, String)],
    /// Settings of the department.
    pub settings: &'a DetectSettings,
}

impl<'a> DetectContext<'a> {
    /// Surroundings of an item without native metadata.
    pub fn new(file_name: &'a str, settings: &'a DetectSettings) -> Self {
        Self {
            file_name,
            native: &[],
            settings,
        }
    }

    /// Units for the file name and native metadata, unless the caller gave such units itself.
    pub(super) fn units(&self, given: &[TextUnit]) -> Vec<TextUnit> {
        let has = |part| given.iter().any(|unit| unit.place.part == part);
        let mut units = Vec::new();
        if !self.file_name.is_empty() && !has(Part::FileName) {
            units.push(TextUnit::new(Part::FileName, "file name", self.file_name));
        }
        if !has(Part::Native) {
            for (name, value) in self.native {
                let mut unit = TextUnit::new(Part::Native, name.as_str(), value.as_str());
                unit.labels.push(name.clone());
                units.push(unit);
            }
        }
        units
    }
}

/// Settings of the department that detectors need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectSettings {
    /// Sensitivity labels: GUID (any case, with or without braces) to level.
    pub labels: BTreeMap<String, SecurityLevel>,
    /// E-mail domains whose addresses are those of public servants; subdomains are included.
    pub public_domains: Vec<String>,
    /// Names before the @ that stand for an office, not a person.
    pub public_mailboxes: Vec<String>,
    /// Telephone numbers of public directories, in any notation.
    pub public_numbers: Vec<String>,
}

impl Default for DetectSettings {
    /// No label is mapped; federal domains and usual office mailboxes are public.
    fn default() -> Self {
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Self {
            labels: BTreeMap::new(),
            public_domains: owned(&["gc.ca", "canada.ca", "parl.ca"]),
            public_mailboxes: owned(&[
                "info",
                "information",
                "contact",
                "contactus",
                "contactez-nous",
                "media",
                "medias",
                "webmaster",
                "web",
                "support",
                "soutien",
                "help",
                "aide",
                "noreply",
                "no-reply",
                "nepasrepondre",
                "admin",
                "privacy",
                "atip",
                "aiprp",
                "open-ouvert",
                "ouvert",
                "service",
                "services",
                "clientservice",
                "questions",
                "enquiries",
                "inquiries",
                "communications",
                "office",
                "reception",
                "postmaster",
            ]),
            public_numbers: Vec::new(),
        }
    }
}

impl DetectSettings {
    /// True for a domain that is public, or lies under one.
    pub(super) fn is_public_domain(&self, domain: &str) -> bool {
        let domain = domain.to_ascii_lowercase();
        self.public_domains.iter().any(|public| {
            let public = public.trim_start_matches('.').to_ascii_lowercase();
            domain == public
                || domain
                    .strip_suffix(&public)
                    .is_some_and(|rest| rest.ends_with('.'))
        })
    }

    /// True for a mailbox that stands for an office.
    pub(super) fn is_public_mailbox(&self, local: &str) -> bool {
        self.public_mailboxes
            .iter()
            .any(|public| public.eq_ignore_ascii_case(local))
    }

    /// The level of a label, by GUID without braces in any case.
    pub(super) fn label_level(&self, guid: &str) -> Option<SecurityLevel> {
        self.labels
            .iter()
            .find(|(key, _)| key.trim_matches(['{', '}']).eq_ignore_ascii_case(guid))
            .map(|(_, level)| *level)
    }
}
