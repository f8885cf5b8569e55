//! Sensitivity labels (Microsoft Information Protection) in office packages, for documents and workbooks alike.
//!
//! A label stands in `docMetadata/LabelInfo.xml` ([MS-OFFCRYPTO] 2.6.4) or, in older files, in custom
//! properties named `MSIP_Label_<GUID>_<Attribute>`. Rule that must hold: every label found is handed on, also
//! one that is switched off or has no name; judging is for rules.

use std::{
    collections::BTreeMap,
    io::{Read, Seek},
};

use zip::ZipArchive;

use super::{
    document::{DocumentError, Limits},
    package::parse_part,
};
use crate::domain::{Part, TextUnit};

/// Where a label was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelSource {
    /// `docMetadata/LabelInfo.xml`.
    LabelInfo,
    /// Custom properties `MSIP_Label_…`.
    CustomProperty,
}

/// A sensitivity label as the file carries it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SensitivityLabel {
    /// The label's id, lower case, without braces.
    pub guid: String,
    /// Whether the label is on; absent means on.
    pub enabled: bool,
    /// The name, which only custom properties carry.
    pub name: Option<String>,
    /// Bits of content marking: 1 header, 2 footer, 4 watermark, 8 encryption.
    pub content_bits: Option<u32>,
    /// Where it was found.
    pub source: LabelSource,
}

impl SensitivityLabel {
    /// The label as a unit for the screening: its name, labelled with its id.
    pub fn unit(&self) -> TextUnit {
        let at = match self.source {
            LabelSource::LabelInfo => format!("label info {}", self.guid),
            LabelSource::CustomProperty => format!("custom property MSIP_Label_{}", self.guid),
        };
        let mut unit = TextUnit::new(Part::Label, at, self.name.clone().unwrap_or_default());
        unit.labels.push(self.guid.clone());
        if !self.enabled {
            unit.labels.push("disabled".into());
        }
        unit
    }
}

/// The labels of a package. A package without label parts has none; parts that cannot be read are errors.
pub fn from_package<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
) -> Result<Vec<SensitivityLabel>, DocumentError> {
    const PART_BYTES: u64 = 4 << 20;
    let mut found = [None, None];
    for (slot, wanted) in ["docprops/custom.xml", "docmetadata/labelinfo.xml"]
        .iter()
        .enumerate()
    {
        let index = (0..zip.len()).find(|i| {
            let name = zip.name_for_index(*i);
            matches!(name, Some(Ok(name)) if name.trim_start_matches('/').eq_ignore_ascii_case(wanted))
        });
        let Some(index) = index else { continue };
        let corrupt = |why: String| DocumentError::Corrupt {
            part: (*wanted).to_owned(),
            why,
        };
        let part = zip.by_index(index).map_err(|e| corrupt(e.to_string()))?;
        let mut bytes = Vec::new();
        part.take(PART_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| corrupt(e.to_string()))?;
        if bytes.len() as u64 > PART_BYTES {
            return Err(DocumentError::limit("inflated bytes", PART_BYTES));
        }
        found[slot] = Some(bytes);
    }
    let [custom, info] = &found;
    parse(custom.as_deref(), info.as_deref())
}

/// The labels in the bytes of `docProps/custom.xml` and `docMetadata/LabelInfo.xml`, ordered by id.
pub fn parse(
    custom: Option<&[u8]>,
    label_info: Option<&[u8]>,
) -> Result<Vec<SensitivityLabel>, DocumentError> {
    let mut labels = Vec::new();
    if let Some(bytes) = custom {
        let root = parse_part(bytes, "docProps/custom.xml", &Limits::default())?;
        let properties = root.elements().filter_map(|property| {
            let name = property.attr("name")?;
            Some((name.to_owned(), property.text()))
        });
        labels.extend(from_properties(properties));
    }
    if let Some(bytes) = label_info {
        let root = parse_part(bytes, "docMetadata/LabelInfo.xml", &Limits::default())?;
        let mut elements = Vec::new();
        root.find_all("clbl:label", &mut elements);
        for label in elements {
            labels.push(SensitivityLabel {
                guid: plain_guid(label.attr("id").unwrap_or("")),
                enabled: !matches!(label.attr("enabled"), Some("0" | "false"))
                    && !matches!(label.attr("removed"), Some("1" | "true")),
                name: None,
                content_bits: label.number("contentBits"),
                source: LabelSource::LabelInfo,
            });
        }
    }
    labels.sort();
    Ok(labels)
}

/// The labels among custom properties given as name and value.
pub fn from_properties(
    properties: impl IntoIterator<Item = (String, String)>,
) -> Vec<SensitivityLabel> {
    let mut by_guid: BTreeMap<String, SensitivityLabel> = BTreeMap::new();
    for (name, value) in properties {
        let Some(rest) = strip_prefix_ignore_case(&name, "MSIP_Label_") else {
            continue;
        };
        let (guid, attribute) = rest.split_once('_').unwrap_or((rest, ""));
        let guid = plain_guid(guid);
        let label = by_guid
            .entry(guid.clone())
            .or_insert_with(|| SensitivityLabel {
                guid,
                enabled: true,
                name: None,
                content_bits: None,
                source: LabelSource::CustomProperty,
            });
        let value = value.trim();
        match attribute.to_ascii_lowercase().as_str() {
            "enabled" => {
                label.enabled = !matches!(value.to_ascii_lowercase().as_str(), "false" | "0");
            }
            "name" => label.name = Some(value.to_owned()),
            "contentbits" => label.content_bits = value.parse().ok(),
            _ => {}
        }
    }
    by_guid.into_values().collect()
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

fn plain_guid(text: &str) -> String {
    let bare = text.trim().trim_start_matches('{').trim_end_matches('}');
    bare.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_properties_give_one_label_per_id() {
        let properties = [
            ("MSIP_Label_AB-1_Enabled", "true"),
            ("MSIP_Label_AB-1_Name", "PROTECTED B"),
            ("MSIP_Label_AB-1_ContentBits", "3"),
            ("MSIP_Label_cd-2_Enabled", "False"),
            ("Other", "x"),
            ("MSIP_é", "x"),
        ];
        let labels = from_properties(properties.map(|(n, v)| (n.into(), v.into())));
        assert_eq!(labels.len(), 2);
        assert_eq!(labels[0].guid, "ab-1");
        assert_eq!(labels[0].name.as_deref(), Some("PROTECTED B"));
        assert_eq!(labels[0].content_bits, Some(3));
        assert!(labels[0].enabled);
        assert!(!labels[1].enabled);
    }

    #[test]
    fn label_info_is_read() {
        let xml = br#"<clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"><clbl:label id="{AB-1}" enabled="1" method="Privileged" siteId="{0}" contentBits="8" removed="0"/></clbl:labelList>"#;
        let labels = parse(None, Some(xml)).unwrap();
        assert_eq!(labels.len(), 1);
        assert_eq!(
            (labels[0].guid.as_str(), labels[0].content_bits),
            ("ab-1", Some(8))
        );
        assert_eq!(labels[0].source, LabelSource::LabelInfo);
    }

    #[test]
    fn broken_label_parts_are_errors() {
        assert!(parse(Some(b"<a>"), None).is_err());
        assert!(parse(None, Some(b"not xml")).is_err());
        assert_eq!(parse(None, None).unwrap(), []);
    }
}
