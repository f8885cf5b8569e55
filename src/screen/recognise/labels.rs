//! Sensitivity labels (Microsoft Information Protection).
//!
//! Readers hand each property over as a unit whose label is the property's name,
//! `MSIP_Label_<GUID>_<Attribute>`, and whose text is its value (form: [MS-OFFCRYPTO] 2.6.3 and the metadata page
//! of the MIP SDK). Configuration maps the GUID to a level; `Name` is not the display name and is not used. Rule
//! that must hold: an enabled label whose GUID is not mapped is a fact that could not be read, never nothing.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;

use super::DetectContext;
use crate::{
    bilingual,
    domain::{Fact, FactDetail, MarkingState, Part, TextUnit, Unreadable},
};

const DETECTOR: &str = "label/1";

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)MSIP_Label_\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?_([a-z]+)")
        .expect("the pattern is valid")
});

#[derive(Default)]
struct Label<'u> {
    first: Option<&'u TextUnit>,
    enabled: Option<bool>,
    removed: bool,
}

/// True for a property of a label: its values are names of labels, sites and actions, never of persons.
pub(super) fn is_property(unit: &TextUnit) -> bool {
    unit.labels
        .iter()
        .any(|label| label.starts_with("MSIP_Label_"))
}

/// Reports the labels among some units, in order of GUID.
pub(super) fn detect(units: &[TextUnit], context: &DetectContext<'_>) -> Vec<Fact> {
    let mut labels: BTreeMap<String, Label<'_>> = BTreeMap::new();
    for unit in units
        .iter()
        .filter(|unit| matches!(unit.place.part, Part::Property | Part::Label))
    {
        for name in unit.labels.iter().filter_map(|label| NAME.captures(label)) {
            let label = labels.entry(name[1].to_ascii_lowercase()).or_default();
            label.first.get_or_insert(unit);
            let value = unit.text.trim().to_ascii_lowercase();
            let yes = !matches!(value.as_str(), "false" | "0" | "no");
            match name[2].to_ascii_lowercase().as_str() {
                // Two stores may both speak of a label; one that says it is on counts.
                "enabled" => label.enabled = Some(label.enabled == Some(true) || yes),
                "removed" => label.removed = yes,
                _ => {}
            }
        }
    }
    labels
        .iter()
        .filter(|(_, label)| label.enabled != Some(false) && !label.removed)
        .filter_map(|(guid, label)| {
            label
                .first
                .map(|unit| fact(guid, unit, label.enabled.is_some(), context))
        })
        .collect()
}

fn fact(guid: &str, unit: &TextUnit, stated: bool, context: &DetectContext<'_>) -> Fact {
    let (detail, masked, reason) = match context.settings.label_level(guid) {
        Some(level) => (
            FactDetail::Marking {
                level,
                state: MarkingState::Standing,
                caveats: Vec::new(),
            },
            format!("label {guid}: {}", level.as_str()),
            "label_map",
        ),
        None => (
            FactDetail::Unreadable(Unreadable {
                code: "unknown_label".to_owned(),
                reason: bilingual!(
                    "The sensitivity label {guid} is not in the label map. Add it to the configuration with its level, or judge the item by hand.",
                    "L’étiquette de confidentialité {guid} n’est pas dans la table des étiquettes. Ajoutez-la à la configuration avec son niveau, ou évaluez l’élément vous-même."
                ),
            }),
            format!("label {guid}: not mapped"),
            "label_not_mapped",
        ),
    };
    let mut reasons = vec![reason.to_owned()];
    if !stated {
        reasons.push("enabled_not_stated".to_owned());
    }
    Fact {
        detail,
        place: unit.place.clone(),
        confidence: if stated { 99 } else { 60 },
        masked,
        detector: DETECTOR.to_owned(),
        reasons,
    }
}
