//! `premis.xml`: PREMIS 3.0 objects, events, agents and rights.
//!
//! One intellectual entity for the release, two representations per item (as it came, and in open formats), one file
//! object per file. Event and relationship words are those of the Library of Congress preservation vocabularies where
//! they have one. Rule that must hold: no date is invented; where the log has none, the date reads "on or before".

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use self::events::{Event, agents, both, entity_id, events, software};
use super::{
    droid,
    input::{BagInput, Identification},
    layout::{Digests, LaidFile, LaidItem, Layout, derived},
    rights::{Ground, Rights, licence_words, statements},
    xml::Xml,
};
use crate::domain::canonical_json;

/// Writes `<nameType>type</nameType><nameValue>value</nameValue>` within `name`.
macro_rules! identifier {
    ($xml:expr, $name:literal, $kind:expr, $value:expr $(, $more:expr)?) => {
        $xml.within($name, &[], |xml| {
            xml.leaf(concat!($name, "Type"), $kind);
            xml.leaf(concat!($name, "Value"), $value);
            $( ($more)(xml); )?
        })
    };
}

mod events;

/// The file.
pub(super) fn file(input: &BagInput, layout: &Layout<'_>, digests: &Digests) -> Vec<u8> {
    let events = events(input, layout);
    let rights = statements(input, layout);
    let book = Book::new(input, digests, &events, &rights);
    let mut xml = Xml::new();
    let root = [
        ("xmlns", "http://www.loc.gov/premis/v3"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        (
            "xsi:schemaLocation",
            "http://www.loc.gov/premis/v3 http://www.loc.gov/standards/premis/v3/premis.xsd",
        ),
        ("version", "3.0"),
    ];
    xml.within("premis", &root, |xml| {
        book.entity(xml, layout);
        for laid in &layout.items {
            book.representations(xml, laid);
            book.original(xml, laid);
            for at in 0..laid.renditions.len() {
                book.rendition(xml, laid, at);
            }
        }
        for event in &events {
            event.write(xml);
        }
        for agent in agents(input, &events) {
            agent.write(xml);
        }
        for statement in &rights {
            book.statement(xml, statement);
        }
    });
    xml.finish()
}

/// What every object needs to know about the others.
struct Book<'a> {
    input: &'a BagInput,
    digests: &'a Digests,
    events: BTreeMap<Uuid, Vec<Uuid>>,
    migrations: BTreeMap<Uuid, Vec<Uuid>>,
    rights: BTreeMap<Uuid, Vec<Uuid>>,
}

/// A representation's id: as it came, or in open formats.
fn representation_id(input: &BagInput, laid: &LaidItem<'_>, open: bool) -> Uuid {
    let what = if open {
        "representation open"
    } else {
        "representation original"
    };
    derived(
        input,
        what,
        &format!("{}\n{}", laid.item.native_id, laid.item.version),
    )
}

fn object(kind: &'static str, xml_id: &str, xml: &mut Xml, inside: impl FnOnce(&mut Xml)) {
    xml.within("object", &[("xsi:type", kind), ("xmlID", xml_id)], inside);
}

fn relation(xml: &mut Xml, kind: &str, sub: &str, objects: &[Uuid], events: &[Uuid]) {
    if objects.is_empty() {
        return;
    }
    xml.within("relationship", &[], |xml| {
        xml.leaf("relationshipType", kind);
        xml.leaf("relationshipSubType", sub);
        for id in objects {
            identifier!(xml, "relatedObjectIdentifier", "UUID", &id.to_string());
        }
        for id in events {
            identifier!(xml, "relatedEventIdentifier", "UUID", &id.to_string());
        }
    });
}

impl<'a> Book<'a> {
    fn new(input: &'a BagInput, digests: &'a Digests, events: &[Event], rights: &[Rights]) -> Self {
        let mut book = Self {
            input,
            digests,
            events: BTreeMap::new(),
            migrations: BTreeMap::new(),
            rights: BTreeMap::new(),
        };
        for event in events {
            for (object, _) in &event.objects {
                book.events.entry(*object).or_default().push(event.id);
                if event.kind == "migration" {
                    book.migrations.entry(*object).or_default().push(event.id);
                }
            }
        }
        for statement in rights {
            for file in &statement.files {
                book.rights.entry(*file).or_default().push(statement.id);
            }
        }
        book
    }

    fn entity(&self, xml: &mut Xml, layout: &Layout<'_>) {
        let input = self.input;
        object("intellectualEntity", "release", xml, |xml| {
            identifier!(
                xml,
                "objectIdentifier",
                "UUID",
                &entity_id(input).to_string()
            );
            identifier!(xml, "objectIdentifier", "source group", &input.group);
            for (language, title) in [("title en", &input.title.en), ("title fr", &input.title.fr)]
            {
                xml.within("significantProperties", &[], |xml| {
                    xml.leaf("significantPropertiesType", language);
                    xml.leaf("significantPropertiesValue", title);
                });
            }
            let mut parts = Vec::new();
            for laid in &layout.items {
                parts.push(representation_id(input, laid, false));
                if !laid.renditions.is_empty() {
                    parts.push(representation_id(input, laid, true));
                }
            }
            relation(xml, "structural", "is represented by", &parts, &[]);
            self.links(xml, entity_id(input));
        });
    }

    fn representations(&self, xml: &mut Xml, laid: &LaidItem<'_>) {
        let input = self.input;
        let original = representation_id(input, laid, false);
        let open = representation_id(input, laid, true);
        let item = laid.item;
        let identify = |xml: &mut Xml, id: Uuid| {
            identifier!(xml, "objectIdentifier", "UUID", &id.to_string());
            identifier!(xml, "objectIdentifier", "source item", &item.native_id);
            identifier!(
                xml,
                "objectIdentifier",
                "source version",
                &item.version.to_string()
            );
        };
        object(
            "representation",
            &format!("item-{}", laid.number),
            xml,
            |xml| {
                identify(xml, original);
                xml.leaf("originalName", &item.path);
                relation(xml, "structural", "represents", &[entity_id(input)], &[]);
                relation(xml, "structural", "has part", &[laid.original.id], &[]);
            },
        );
        if laid.renditions.is_empty() {
            return;
        }
        object(
            "representation",
            &format!("item-{}-open", laid.number),
            xml,
            |xml| {
                identify(xml, open);
                let files: Vec<_> = laid.renditions.iter().map(|(file, _)| file.id).collect();
                relation(xml, "structural", "represents", &[entity_id(input)], &[]);
                relation(xml, "structural", "has part", &files, &[]);
                relation(xml, "derivation", "has source", &[original], &[]);
            },
        );
    }

    fn original(&self, xml: &mut Xml, laid: &LaidItem<'_>) {
        let item = laid.item;
        object("file", &laid.original.xml_id, xml, |xml| {
            identity(xml, &laid.original);
            let format = &item.format;
            let note = match item.identified_by {
                Some(Identification::Extension) => Some("identified by the extension only"),
                _ if format.extension_mismatch => Some("the extension says otherwise"),
                _ => None,
            };
            self.characteristics(xml, &laid.original, |xml| {
                write_format(
                    xml,
                    &format.name,
                    format.pronom.as_deref(),
                    &format.media_type,
                    note,
                );
                if format.encrypted {
                    xml.within("inhibitors", &[], |xml| {
                        xml.leaf("inhibitorType", "Password protection");
                    });
                }
            });
            xml.leaf("originalName", &item.path);
            storage(xml, &laid.original);
            let part_of = [representation_id(self.input, laid, false)];
            relation(xml, "structural", "is part of", &part_of, &[]);
            let made: Vec<_> = laid.renditions.iter().map(|(file, _)| file.id).collect();
            relation(
                xml,
                "derivation",
                "is source of",
                &made,
                self.migrations(laid),
            );
            self.links(xml, laid.original.id);
        });
    }

    fn rendition(&self, xml: &mut Xml, laid: &LaidItem<'_>, at: usize) {
        let (file, rendition) = &laid.renditions[at];
        object("file", &file.xml_id, xml, |xml| {
            identity(xml, file);
            self.characteristics(xml, file, |xml| {
                let pronom = droid::pronom_of(rendition.kind);
                write_format(
                    xml,
                    rendition.kind.as_str(),
                    pronom,
                    &rendition.media_type,
                    None,
                );
                xml.within("creatingApplication", &[], |xml| {
                    match rendition.converter.rsplit_once('/') {
                        Some((name, version)) => {
                            xml.leaf("creatingApplicationName", name);
                            xml.leaf("creatingApplicationVersion", version);
                        }
                        None => xml.leaf("creatingApplicationName", &rendition.converter),
                    }
                });
            });
            xml.leaf("originalName", &rendition.name);
            storage(xml, file);
            let part_of = [representation_id(self.input, laid, true)];
            relation(xml, "structural", "is part of", &part_of, &[]);
            relation(
                xml,
                "derivation",
                "has source",
                &[laid.original.id],
                self.migrations(laid),
            );
            self.links(xml, file.id);
        });
    }

    fn migrations(&self, laid: &LaidItem<'_>) -> &[Uuid] {
        self.migrations
            .get(&laid.original.id)
            .map_or(&[], Vec::as_slice)
    }

    fn characteristics(&self, xml: &mut Xml, file: &LaidFile<'_>, format: impl FnOnce(&mut Xml)) {
        let sha512 = self.digests.get(&file.path).map_or("", String::as_str);
        let sha256 = file.sha256.to_string();
        xml.within("objectCharacteristics", &[], |xml| {
            xml.leaf("compositionLevel", "0");
            for (algorithm, value) in [("SHA-512", sha512), ("SHA-256", sha256.as_str())] {
                xml.within("fixity", &[], |xml| {
                    xml.leaf("messageDigestAlgorithm", algorithm);
                    xml.leaf("messageDigest", value);
                    xml.leaf("messageDigestOriginator", &software(self.input));
                });
            }
            xml.leaf("size", &file.size_bytes.to_string());
            format(xml);
        });
    }

    fn links(&self, xml: &mut Xml, id: Uuid) {
        for event in self.events.get(&id).into_iter().flatten() {
            identifier!(xml, "linkingEventIdentifier", "UUID", &event.to_string());
        }
        for statement in self.rights.get(&id).into_iter().flatten() {
            identifier!(
                xml,
                "linkingRightsStatementIdentifier",
                "UUID",
                &statement.to_string()
            );
        }
    }

    fn statement(&self, xml: &mut Xml, rights: &Rights) {
        let today = self.input.created_for;
        xml.within("rights", &[], |xml| {
            xml.within("rightsStatement", &[], |xml| {
                identifier!(xml, "rightsStatementIdentifier", "UUID", &rights.id.to_string());
                match &rights.ground {
                    Ground::Licence { id } => write_licence(xml, id),
                    Ground::Finding(ground) => {
                        let citation = ground.citation().to_string();
                        let kind = ground.basis.kind.as_str();
                        if ground.is_statute() {
                            xml.leaf("rightsBasis", "Statute");
                            xml.within("statuteInformation", &[], |xml| {
                                xml.leaf("statuteJurisdiction", "ca");
                                xml.leaf("statuteCitation", &citation);
                                xml.leaf("statuteInformationDeterminationDate", &today.to_string());
                                xml.leaf("statuteNote", &format!("{}: {kind}", ground.basis.act));
                            });
                        } else {
                            xml.leaf("rightsBasis", "Other");
                            xml.within("otherRightsInformation", &[], |xml| {
                                xml.leaf("otherRightsBasis", "Policy");
                                xml.leaf("otherRightsNote", &citation);
                            });
                        }
                        xml.within("rightsGranted", &[], |xml| {
                            xml.leaf("act", "disseminate");
                            let restriction = ground.restriction(today);
                            xml.leaf("restriction", restriction);
                            if restriction != "Allow" {
                                xml.within("termOfRestriction", &[], |xml| {
                                    let start = ground.opening_date.map_or(today, |day| day.min(today));
                                    xml.leaf("startDate", &start.to_string());
                                    if let Some(day) = ground.opening_date {
                                        xml.leaf("endDate", &day.to_string());
                                    }
                                });
                            }
                            for note in both(&ground.text) {
                                xml.leaf("rightsGrantedNote", &note);
                            }
                            for note in ground.error.iter().flat_map(both) {
                                xml.leaf("rightsGrantedNote", &note);
                            }
                            let rule = json!({
                                "rule": ground.rule, "rule_version": ground.rule_version, "effect": ground.effect,
                                "parts": ground.parts, "opening_date": ground.opening_date,
                            });
                            xml.leaf("rightsGrantedNote", &canonical_json(&rule));
                        });
                    }
                }
                for file in &rights.files {
                    identifier!(xml, "linkingObjectIdentifier", "UUID", &file.to_string());
                }
            });
        });
    }
}

fn write_licence(xml: &mut Xml, id: &str) {
    xml.leaf("rightsBasis", "License");
    xml.within("licenseInformation", &[], |xml| {
        let words = licence_words(id);
        for address in words.iter().flat_map(|(_, addresses)| both(addresses)) {
            identifier!(xml, "licenseDocumentationIdentifier", "URI", &address);
        }
        let terms = words.map_or_else(|| id.to_owned(), |(name, _)| name.to_string());
        xml.leaf("licenseTerms", &terms);
        xml.leaf("licenseNote", id);
    });
    xml.within("rightsGranted", &[], |xml| {
        xml.leaf("act", "disseminate");
        xml.leaf("restriction", "Allow");
    });
}

fn write_format(
    xml: &mut Xml,
    name: &str,
    pronom: Option<&str>,
    media_type: &str,
    note: Option<&str>,
) {
    xml.within("format", &[], |xml| {
        xml.within("formatDesignation", &[], |xml| xml.leaf("formatName", name));
        if let Some(key) = pronom {
            xml.within("formatRegistry", &[], |xml| {
                xml.leaf("formatRegistryName", "PRONOM");
                xml.leaf("formatRegistryKey", key);
                xml.leaf("formatRegistryRole", "specification");
            });
        }
        xml.leaf("formatNote", &format!("media type {media_type}"));
        if let Some(note) = note {
            xml.leaf("formatNote", note);
        }
    });
}

fn identity(xml: &mut Xml, file: &LaidFile<'_>) {
    identifier!(xml, "objectIdentifier", "UUID", &file.id.to_string());
    identifier!(xml, "objectIdentifier", "path in bag", &file.path);
}

fn storage(xml: &mut Xml, file: &LaidFile<'_>) {
    xml.within("storage", &[], |xml| {
        identifier!(xml, "contentLocation", "path in bag", &file.path);
    });
}
