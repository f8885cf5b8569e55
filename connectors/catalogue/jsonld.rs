//! Datasets as machines read them: DCAT 3, schema.org and Data Package.
//!
//! DCAT: <https://www.w3.org/TR/vocab-dcat-3/>; schema.org: <https://schema.org/Dataset>; Data Package:
//! <https://datapackage.org/standard/data-package/>. Rule that must hold: keys come out in one order, and text
//! for a page's script block cannot end that block.

use chrono::NaiveDate;
use rideau_domain::{Lang, canonical_json};
use serde_json::{Map, Value, json};

use super::{
    names::{segment, slug},
    record::{Record, code},
    settings::Site,
    state::file_names,
    words,
};
use crate::{DatasetDesired, ResourceDesired};

const LANGS: [Lang; 2] = [Lang::En, Lang::Fr];

/// Where the document that is being written stands: addresses without a base are relative to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seat {
    Root,
    Dataset,
}

/// The prefixes of the DCAT documents.
fn context() -> Value {
    json!({
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "spdx": "http://spdx.org/rdf/terms#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

/// `dataset.jsonld`.
pub(super) fn dataset_document(site: &Site, dataset: &DatasetDesired) -> Vec<u8> {
    let mut node = dataset_node(site, dataset, Seat::Dataset);
    node.insert("@context".to_owned(), context());
    lines(&Value::Object(node))
}

/// `catalog.jsonld`: one line for each dataset, so that differences between two of them are readable.
pub(super) fn catalog_document<'a>(
    site: &Site,
    datasets: impl Iterator<Item = &'a DatasetDesired>,
) -> Vec<u8> {
    let mut node = Map::new();
    node.insert("@context".to_owned(), context());
    node.insert("@type".to_owned(), json!("dcat:Catalog"));
    if let Some(base) = &site.base_url {
        node.insert(
            "@id".to_owned(),
            json!(format!("{base}catalog.jsonld#catalog")),
        );
        node.insert("foaf:homepage".to_owned(), json!({"@id": base}));
    }
    node.insert("dct:title".to_owned(), both(&site.title));
    node.insert(
        "dct:language".to_owned(),
        languages(&["en".to_owned(), "fr".to_owned()]),
    );
    node.insert("dct:publisher".to_owned(), publisher(site, None));
    let head = canonical_json(&Value::Object(node));
    let mut out = head.strip_suffix('}').unwrap_or(&head).as_bytes().to_vec();
    out.extend_from_slice(b",\"dcat:dataset\":[");
    for (index, dataset) in datasets.enumerate() {
        out.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        let node = dataset_node(site, dataset, Seat::Root);
        out.extend_from_slice(canonical_json(&Value::Object(node)).as_bytes());
    }
    out.extend_from_slice(b"\n]}\n");
    out
}

fn dataset_node(site: &Site, dataset: &DatasetDesired, seat: Seat) -> Map<String, Value> {
    let record = Record(&dataset.fields);
    let mut node = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            node.insert(name.to_owned(), value);
        }
    };
    let folder = format!("datasets/{}/", dataset.id);
    let place = |file: &str| match (&site.base_url, seat) {
        (Some(base), _) => format!("{base}{folder}{file}"),
        (None, Seat::Root) => format!("{folder}{file}"),
        (None, Seat::Dataset) => file.to_owned(),
    };
    put("@type", Some(json!("dcat:Dataset")));
    put("@id", Some(json!(identity(site, dataset))));
    put("dct:identifier", Some(json!(dataset.id.to_string())));
    put("dct:title", tagged(record, "title_translated"));
    put("dct:description", tagged(record, "notes_translated"));
    let keywords: Vec<Value> = LANGS
        .iter()
        .flat_map(|&lang| {
            record
                .words_in("keywords", lang)
                .into_iter()
                .map(move |word| json!({"@value": word, "@language": code(lang)}))
        })
        .collect();
    put(
        "dcat:keyword",
        (!keywords.is_empty()).then_some(Value::Array(keywords)),
    );
    let themes: Vec<Value> = record
        .words("subject")
        .iter()
        .map(|subject| {
            json!({
                "@type": "skos:Concept",
                "skos:notation": subject,
                "skos:prefLabel": both(&words::subject(subject)),
            })
        })
        .collect();
    put(
        "dcat:theme",
        (!themes.is_empty()).then_some(Value::Array(themes)),
    );
    put("dct:issued", record.day("date_published").map(day));
    put("dct:modified", record.day("date_modified").map(day));
    put("dct:publisher", Some(publisher(site, Some(record))));
    put("dcat:contactPoint", contact(site, record));
    put(
        "dct:accrualPeriodicity",
        record
            .word("frequency")
            .and_then(|value| words::frequency_uri(&value))
            .map(|uri| json!({"@id": uri})),
    );
    put("dct:temporal", period(record));
    put(
        "dct:accessRights",
        Some(
            json!({"@id": "http://publications.europa.eu/resource/authority/access-right/PUBLIC"}),
        ),
    );
    let licence = licence(record);
    put("dct:license", licence.clone());
    let pages = LANGS.map(|lang| json!({"@id": place(&format!("{}.html", code(lang)))}));
    put("dcat:landingPage", Some(Value::Array(pages.to_vec())));
    let mut spoken: Vec<String> = dataset
        .resources
        .iter()
        .flat_map(|resource| Record(&resource.fields).words("language"))
        .collect();
    spoken.sort();
    spoken.dedup();
    put(
        "dct:language",
        (!spoken.is_empty()).then(|| languages(&spoken)),
    );
    let distributions: Vec<Value> = dataset
        .resources
        .iter()
        .zip(file_names(dataset))
        .map(|(resource, name)| {
            let mut one = distribution(resource, &place(&segment(&name)));
            if let Some(licence) = &licence {
                one.insert("dct:license".to_owned(), licence.clone());
            }
            Value::Object(one)
        })
        .collect();
    put("dcat:distribution", Some(Value::Array(distributions)));
    node
}

fn distribution(resource: &ResourceDesired, address: &str) -> Map<String, Value> {
    let record = Record(&resource.fields);
    let mut node = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            node.insert(name.to_owned(), value);
        }
    };
    put("@type", Some(json!("dcat:Distribution")));
    put("dct:identifier", Some(json!(resource.id.to_string())));
    put("dct:title", tagged(record, "name_translated"));
    put("dct:description", tagged(record, "description_translated"));
    put("dct:format", record.word("format").map(Value::String));
    put(
        "dcat:mediaType",
        media_type(&resource.media_type).map(
            |name| json!({"@id": format!("https://www.iana.org/assignments/media-types/{name}")}),
        ),
    );
    put(
        "dcat:byteSize",
        Some(json!({"@value": resource.size_bytes.to_string(), "@type": "xsd:nonNegativeInteger"})),
    );
    put("dcat:accessURL", Some(json!({"@id": address})));
    put("dcat:downloadURL", Some(json!({"@id": address})));
    let spoken = record.words("language");
    put(
        "dct:language",
        (!spoken.is_empty()).then(|| languages(&spoken)),
    );
    put("dct:issued", record.day("date_published").map(day));
    put(
        "spdx:checksum",
        Some(json!({
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": resource.sha256, "@type": "xsd:hexBinary"},
        })),
    );
    node
}

/// The schema.org description that goes into a page, safe within `<script>`.
pub(super) fn schema_org(site: &Site, dataset: &DatasetDesired, lang: Lang) -> String {
    let record = Record(&dataset.fields);
    let mut node = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            node.insert(name.to_owned(), value);
        }
    };
    let text = |field: &str| {
        record
            .text(field, lang)
            .map(|text| Value::String(text.text))
    };
    put("@context", Some(json!("https://schema.org/")));
    put("@type", Some(json!("Dataset")));
    put("@id", Some(json!(identity(site, dataset))));
    put("identifier", Some(json!(dataset.id.to_string())));
    put("name", text("title_translated"));
    put("description", text("notes_translated"));
    put("inLanguage", Some(json!(code(lang))));
    put("isAccessibleForFree", Some(json!(true)));
    let folder = format!("datasets/{}/", dataset.id);
    put(
        "url",
        site.address(&format!("{folder}{}.html", code(lang)))
            .map(Value::String),
    );
    let keywords = record.words_in("keywords", lang);
    put("keywords", (!keywords.is_empty()).then(|| json!(keywords)));
    put(
        "datePublished",
        record
            .day("date_published")
            .map(|day| json!(day.to_string())),
    );
    put(
        "dateModified",
        record
            .day("date_modified")
            .map(|day| json!(day.to_string())),
    );
    put(
        "license",
        record
            .word("license_id")
            .map(|id| match words::licence(&id).1 {
                Some(address) => json!(address.get(lang)),
                None => json!(id),
            }),
    );
    let name = publisher_name(site, Some(record));
    put(
        "publisher",
        Some(json!({"@type": "Organization", "name": name.get(lang)})),
    );
    put("temporalCoverage", {
        let (start, end) = (
            record.day("time_period_coverage_start"),
            record.day("time_period_coverage_end"),
        );
        let open = |day: Option<NaiveDate>| day.map_or("..".to_owned(), |day| day.to_string());
        (start.is_some() || end.is_some()).then(|| json!(format!("{}/{}", open(start), open(end))))
    });
    let files: Vec<Value> = dataset
        .resources
        .iter()
        .zip(file_names(dataset))
        .map(|(resource, name)| {
            let address = site
                .address(&format!("{folder}{}", segment(&name)))
                .unwrap_or_else(|| segment(&name));
            let mut file = json!({
                "@type": "DataDownload",
                "contentUrl": address,
                "contentSize": format!("{} B", resource.size_bytes),
                "sha256": resource.sha256,
            });
            if let Some(media_type) = media_type(&resource.media_type) {
                file["encodingFormat"] = json!(media_type);
            }
            if let Some(text) = Record(&resource.fields).text("name_translated", lang) {
                file["name"] = json!(text.text);
            }
            file
        })
        .collect();
    put("distribution", Some(Value::Array(files)));
    for_script(&canonical_json(&Value::Object(node)))
}

/// JSON in which nothing can end a script block or start a comment in it.
fn for_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// `datapackage.json`.
pub(super) fn data_package(site: &Site, dataset: &DatasetDesired) -> Vec<u8> {
    let record = Record(&dataset.fields);
    let names = file_names(dataset);
    let mut taken = std::collections::BTreeSet::new();
    let resources: Vec<Value> = dataset
        .resources
        .iter()
        .zip(&names)
        .map(|(resource, name)| {
            let fields = Record(&resource.fields);
            let mut unique = slug(name);
            if taken.contains(&unique) {
                unique = format!("{unique}-{}", resource.id.simple());
            }
            taken.insert(unique.clone());
            let mut one = json!({
                "name": unique,
                "path": name,
                "bytes": resource.size_bytes,
                "hash": format!("sha256:{}", resource.sha256),
            });
            if let Some(text) = fields.text("name_translated", Lang::En) {
                one["title"] = json!(text.text);
            }
            if let Some(text) = fields.text("description_translated", Lang::En) {
                one["description"] = json!(text.text);
            }
            if let Some(format) = fields.word("format") {
                one["format"] = json!(format.to_lowercase());
            }
            if let Some(media_type) = media_type(&resource.media_type) {
                one["mediatype"] = json!(media_type);
            }
            if is_csv(resource) {
                one["type"] = json!("table");
                one["encoding"] = json!("utf-8");
                let schema = name
                    .strip_suffix(".csv")
                    .map(|stem| format!("{stem}.schema.json"));
                if let Some(schema) = schema.filter(|schema| names.contains(schema)) {
                    one["schema"] = json!(schema);
                }
            }
            one
        })
        .collect();
    let mut package = json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": dataset.id.to_string(),
        "id": dataset.id.to_string(),
        "resources": resources,
        "contributors": [{
            "title": publisher_name(site, Some(record)).get(Lang::En),
            "roles": ["publisher"],
        }],
    });
    if let Some(text) = record.text("title_translated", Lang::En) {
        package["title"] = json!(text.text);
    }
    if let Some(text) = record.text("notes_translated", Lang::En) {
        package["description"] = json!(text.text);
    }
    if let Some(address) = site.address(&format!("datasets/{}/en.html", dataset.id)) {
        package["homepage"] = json!(address);
    }
    let keywords: Vec<String> = LANGS
        .iter()
        .flat_map(|&lang| record.words_in("keywords", lang))
        .collect();
    if !keywords.is_empty() {
        package["keywords"] = json!(keywords);
    }
    if let Some(id) = record.word("license_id") {
        let (title, address) = words::licence(&id);
        let mut licence = json!({"name": id, "title": title.get(Lang::En)});
        if let Some(address) = address {
            licence["path"] = json!(address.get(Lang::En));
        }
        package["licenses"] = json!([licence]);
    }
    lines(&package)
}

/// True for tables that can be previewed.
pub(super) fn is_csv(resource: &ResourceDesired) -> bool {
    media_type(&resource.media_type).as_deref() == Some("text/csv")
}

/// A media type without parameters, when it has the shape of one (RFC 6838).
fn media_type(text: &str) -> Option<String> {
    let bare = text.split(';').next().unwrap_or_default().trim();
    let (kind, sub) = bare.split_once('/')?;
    let plain = |part: &str| {
        !part.is_empty()
            && part.len() <= 127
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_'))
    };
    (plain(kind) && plain(sub)).then(|| bare.to_ascii_lowercase())
}

fn identity(site: &Site, dataset: &DatasetDesired) -> String {
    site.address(&format!("datasets/{}/", dataset.id))
        .unwrap_or_else(|| format!("urn:uuid:{}", dataset.id))
}

/// Who publishes: the name at publication, else the catalogue's.
pub(super) fn publisher_name(site: &Site, record: Option<Record<'_>>) -> rideau_domain::Bilingual {
    let own = |lang| {
        record
            .and_then(|record| record.own_text("org_title_at_publication", lang))
            .map(|text| text.text)
    };
    match (own(Lang::En), own(Lang::Fr)) {
        (Some(en), Some(fr)) => rideau_domain::Bilingual { en, fr },
        _ => site.organization.clone(),
    }
}

fn publisher(site: &Site, record: Option<Record<'_>>) -> Value {
    json!({"@type": "foaf:Organization", "foaf:name": both(&publisher_name(site, record))})
}

fn contact(site: &Site, record: Record<'_>) -> Option<Value> {
    let email = record.email("maintainer_email")?;
    Some(json!({
        "@type": "vcard:Organization",
        "vcard:fn": both(&publisher_name(site, Some(record))),
        "vcard:hasEmail": {"@id": format!("mailto:{email}")},
    }))
}

fn period(record: Record<'_>) -> Option<Value> {
    let start = record.day("time_period_coverage_start");
    let end = record.day("time_period_coverage_end");
    if start.is_none() && end.is_none() {
        return None;
    }
    let mut node = json!({"@type": "dct:PeriodOfTime"});
    if let Some(start) = start {
        node["dcat:startDate"] = day(start);
    }
    if let Some(end) = end {
        node["dcat:endDate"] = day(end);
    }
    Some(node)
}

fn licence(record: Record<'_>) -> Option<Value> {
    let id = record.word("license_id")?;
    Some(match words::licence(&id) {
        (_, Some(address)) => json!({"@id": address.get(Lang::En)}),
        (name, None) => json!({"@type": "dct:LicenseDocument", "dct:title": name.get(Lang::En)}),
    })
}

fn languages(codes: &[String]) -> Value {
    let uri = |code: &String| match code.as_str() {
        two if two.len() == 2 && two.bytes().all(|b| b.is_ascii_lowercase()) => {
            json!({"@id": format!("http://id.loc.gov/vocabulary/iso639-1/{two}")})
        }
        other => json!(other),
    };
    Value::Array(codes.iter().map(uri).collect())
}

fn tagged(record: Record<'_>, field: &str) -> Option<Value> {
    let texts: Vec<Value> = LANGS
        .iter()
        .filter_map(|&lang| record.own_text(field, lang))
        .map(|text| json!({"@value": text.text, "@language": text.lang}))
        .collect();
    (!texts.is_empty()).then_some(Value::Array(texts))
}

fn both(text: &rideau_domain::Bilingual) -> Value {
    json!([{"@value": text.en, "@language": "en"}, {"@value": text.fr, "@language": "fr"}])
}

fn day(day: NaiveDate) -> Value {
    json!({"@value": day.to_string(), "@type": "xsd:date"})
}

/// JSON for people to read: two spaces, keys in order.
fn lines(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(&sorted(value)).expect("a value can be written");
    bytes.push(b'\n');
    bytes
}

/// `serde_json` keeps the order of insertion when a dependency switches that on; this undoes it.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            Value::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.clone(), sorted(value)))
                    .collect(),
            )
        }
        Value::Array(values) => Value::Array(values.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
