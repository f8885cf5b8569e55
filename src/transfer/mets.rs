//! `mets.xml`: METS 1.12.1, the map of the bag. Every file links to its PREMIS object.
//!
//! Addresses are relative to the file itself, so they hold wherever the bag is put.

use super::{
    input::BagInput,
    layout::{Digests, LaidFile, Layout},
    xml::{Xml, uri},
};

/// The file.
pub(super) fn file(input: &BagInput, layout: &Layout<'_>, digests: &Digests) -> Vec<u8> {
    let mut xml = Xml::new();
    let root = [
        ("xmlns", "http://www.loc.gov/METS/"),
        ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        (
            "xsi:schemaLocation",
            "http://www.loc.gov/METS/ http://www.loc.gov/standards/mets/mets.xsd",
        ),
        ("OBJID", &format!("urn:uuid:{}", input.bag_id)),
        ("LABEL", &input.title.to_string()),
        ("TYPE", "transfer"),
    ];
    xml.within("mets", &root, |xml| {
        header(xml, input);
        xml.within("dmdSec", &[("ID", "dmd-dc")], |xml| {
            reference(xml, "DC", "text/xml", "dc.xml", None);
        });
        xml.within("dmdSec", &[("ID", "dmd-record")], |xml| {
            reference(xml, "OTHER", "application/json", "record.json", None);
        });
        xml.within("amdSec", &[("ID", "amd")], |xml| {
            for file in layout.files() {
                let id = technical(file);
                xml.within("techMD", &[("ID", &id)], |xml| {
                    reference(
                        xml,
                        "PREMIS:OBJECT",
                        "text/xml",
                        "premis.xml",
                        Some(&file.xml_id),
                    );
                });
            }
            xml.within("rightsMD", &[("ID", "rights")], |xml| {
                reference(xml, "PREMIS:RIGHTS", "text/xml", "premis.xml", None);
            });
            xml.within("digiprovMD", &[("ID", "digiprov")], |xml| {
                reference(xml, "PREMIS", "text/xml", "premis.xml", None);
            });
        });
        files(xml, layout, digests);
        structure(xml, input, layout);
    });
    xml.finish()
}

fn technical(file: &LaidFile<'_>) -> String {
    format!("tech-{}", file.xml_id)
}

fn header(xml: &mut Xml, input: &BagInput) {
    let day = format!("{}T00:00:00Z", input.created_for);
    xml.within("metsHdr", &[("CREATEDATE", &day)], |xml| {
        xml.within(
            "agent",
            &[("ROLE", "CREATOR"), ("TYPE", "ORGANIZATION")],
            |xml| {
                xml.leaf("name", &input.organization.to_string());
            },
        );
        let program = [
            ("ROLE", "CREATOR"),
            ("TYPE", "OTHER"),
            ("OTHERTYPE", "SOFTWARE"),
        ];
        xml.within("agent", &program, |xml| {
            xml.leaf("name", "rideau");
            xml.leaf("note", &input.software_version);
        });
    });
}

fn reference(xml: &mut Xml, kind: &str, media_type: &str, href: &str, xml_id: Option<&str>) {
    let pointer = xml_id.map(|id| format!("xpointer(id('{id}'))"));
    let mut attributes = vec![
        ("LOCTYPE", "URL"),
        ("xlink:type", "simple"),
        ("xlink:href", href),
        ("MDTYPE", kind),
        ("MIMETYPE", media_type),
    ];
    if kind == "OTHER" {
        attributes.push(("OTHERMDTYPE", "CKAN"));
    } else if kind != "DC" {
        attributes.push(("MDTYPEVERSION", "3.0"));
    }
    if let Some(pointer) = &pointer {
        attributes.push(("XPTR", pointer));
    }
    xml.empty("mdRef", &attributes);
}

fn files(xml: &mut Xml, layout: &Layout<'_>, digests: &Digests) {
    xml.within("fileSec", &[], |xml| {
        xml.within(
            "fileGrp",
            &[("ID", "originals"), ("USE", "original")],
            |xml| {
                for laid in &layout.items {
                    one_file(xml, &laid.original, &laid.item.format.media_type, digests);
                }
            },
        );
        if layout.items.iter().all(|laid| laid.renditions.is_empty()) {
            return;
        }
        xml.within(
            "fileGrp",
            &[("ID", "renditions"), ("USE", "rendition")],
            |xml| {
                for (file, rendition) in layout.items.iter().flat_map(|laid| &laid.renditions) {
                    one_file(xml, file, &rendition.media_type, digests);
                }
            },
        );
    });
}

fn one_file(xml: &mut Xml, file: &LaidFile<'_>, media_type: &str, digests: &Digests) {
    let (technical, size) = (technical(file), file.size_bytes.to_string());
    let attributes = [
        ("ID", file.xml_id.as_str()),
        ("ADMID", &technical),
        ("MIMETYPE", media_type),
        ("SIZE", &size),
        (
            "CHECKSUM",
            digests.get(&file.path).map_or("", String::as_str),
        ),
        ("CHECKSUMTYPE", "SHA-512"),
    ];
    xml.within("file", &attributes, |xml| {
        let href = format!("../{}", uri(&file.path));
        xml.empty(
            "FLocat",
            &[
                ("LOCTYPE", "URL"),
                ("xlink:type", "simple"),
                ("xlink:href", &href),
            ],
        );
    });
}

fn structure(xml: &mut Xml, input: &BagInput, layout: &Layout<'_>) {
    let release = [
        ("TYPE", "release"),
        ("LABEL", &input.title.to_string()),
        ("DMDID", "dmd-dc dmd-record"),
        ("ADMID", "rights digiprov"),
    ];
    xml.within("structMap", &[("TYPE", "logical")], |xml| {
        xml.within("div", &release, |xml| {
            for (laid, order) in layout.items.iter().zip(1_usize..) {
                let order = order.to_string();
                let item = [
                    ("TYPE", "item"),
                    ("ORDER", order.as_str()),
                    ("LABEL", &laid.item.path),
                ];
                xml.within("div", &item, |xml| {
                    xml.within("div", &[("TYPE", "original")], |xml| {
                        xml.empty("fptr", &[("FILEID", &laid.original.xml_id)]);
                    });
                    if laid.renditions.is_empty() {
                        return;
                    }
                    xml.within("div", &[("TYPE", "renditions")], |xml| {
                        for (file, _) in &laid.renditions {
                            xml.empty("fptr", &[("FILEID", &file.xml_id)]);
                        }
                    });
                });
            }
        });
    });
}
