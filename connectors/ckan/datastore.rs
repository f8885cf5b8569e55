//! Tables in the portal's DataStore: typed columns from the Table Schema beside the file, rows from the file itself.
//!
//! Leans on the CSV that we publish: UTF-8, one header row, quotes doubled. Pure: no request is made here. Rule
//! that must hold: no type is guessed; a column without a schema is text.

use bytes::Bytes;
use csv::StringRecord;
use rideau_domain::Lang;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::canonical::{Digest, digest};

use crate::ResourceDesired;

/// Rows that go in one request.
pub(super) const BATCH: usize = 2000;

/// The part of a Table Schema that says how to load a file.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Schema {
    fields: Vec<SchemaField>,
    #[serde(default, rename = "missingValues")]
    missing: Vec<String>,
    #[serde(default, rename = "primaryKey")]
    primary_key: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct SchemaField {
    name: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default, rename = "type")]
    kind: String,
}

/// A column as it is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    /// The dictionary: its labels.
    labels: Map<String, Value>,
    kind: &'static str,
}

/// How a file's columns are loaded.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    list: Vec<Column>,
    missing: Vec<String>,
    primary_key: Vec<String>,
}

impl Columns {
    /// The columns of a header, with the types that the schema tells. `language` is the file's; `twin` is the schema of the
    /// same table in the other one.
    pub(super) fn new(
        header: &StringRecord,
        schema: &Schema,
        language: Option<Lang>,
        twin: Option<&Schema>,
    ) -> Self {
        let twin = twin.filter(|twin| twin.fields.len() == schema.fields.len());
        let list: Vec<Column> = header
            .iter()
            .map(|name| {
                let place = schema.fields.iter().position(|field| field.name == name);
                let told = place.and_then(|place| schema.fields.get(place));
                let other = place.and_then(|place| twin?.fields.get(place));
                Column {
                    name: name.to_owned(),
                    labels: labels(
                        told.and_then(|field| field.title.as_deref()),
                        language,
                        other.and_then(|field| field.title.as_deref()),
                    ),
                    kind: told.map_or("text", |field| database_type(&field.kind)),
                }
            })
            .collect();
        let known = |name: &String| list.iter().any(|column| column.name == *name);
        let primary_key = if schema.primary_key.iter().all(known) {
            schema.primary_key.clone()
        } else {
            Vec::new()
        };
        Self {
            list,
            missing: schema.missing.clone(),
            primary_key,
        }
    }

    /// The same without a key: rows are told apart by nothing.
    pub(super) fn without_key(mut self) -> Self {
        self.primary_key.clear();
        self
    }

    /// Whether columns tell the rows apart.
    pub(super) fn has_key(&self) -> bool {
        !self.primary_key.is_empty()
    }

    /// Whether a table has these columns, in this order, of these types: `(name, type)` as the portal tells them.
    pub(super) fn are(&self, there: &[(String, String)]) -> bool {
        there.len() == self.list.len()
            && self.list.iter().zip(there).all(|(column, (name, kind))| {
                // The portal shortens this one name.
                let kind = if kind == "bool" {
                    "boolean"
                } else {
                    kind.as_str()
                };
                column.name == *name && column.kind == kind
            })
    }

    /// The digests of a row's key and of the whole row.
    pub(super) fn digests(&self, row: &StringRecord) -> (Digest, Digest) {
        let values = |keys_only: bool| {
            digest(
                self.list
                    .iter()
                    .zip(row)
                    .filter(|(column, _)| !keys_only || self.primary_key.contains(&column.name))
                    .map(|(column, value)| (column.kind, self.cell(column, value))),
            )
        };
        (values(true), values(false))
    }

    /// A value as the table holds it; nothing for a missing one.
    fn cell<'v>(&self, column: &Column, value: &'v str) -> &'v str {
        let missing = column.kind != "text" && self.missing.iter().any(|code| code == value);
        if missing { "" } else { value }
    }

    /// The same, all text: for values that the portal does not take as the schema has them.
    pub(super) fn into_text(mut self) -> Self {
        for column in &mut self.list {
            column.kind = "text";
        }
        self
    }

    /// The body of `datastore_create`: the table without rows.
    pub(super) fn create_body(&self, resource: &ResourceDesired) -> Value {
        let fields: Vec<Value> = self
            .list
            .iter()
            .map(|column| {
                let mut field = Map::new();
                field.insert("id".to_owned(), json!(column.name));
                field.insert("type".to_owned(), json!(column.kind));
                if !column.labels.is_empty() {
                    field.insert("info".to_owned(), json!(column.labels));
                }
                Value::Object(field)
            })
            .collect();
        let mut body = json!({"resource_id": resource.id, "force": true, "fields": fields});
        if !self.primary_key.is_empty() {
            body["primary_key"] = json!(self.primary_key);
            // The key's own index begins with its first column.
            let rest: Vec<&String> = self.primary_key.iter().skip(1).collect();
            body["indexes"] = json!(rest);
        }
        body
    }

    /// The body of one `datastore_upsert`.
    pub(super) fn rows_body(&self, resource: &ResourceDesired, rows: &[StringRecord]) -> Value {
        let method = if self.primary_key.is_empty() {
            "insert"
        } else {
            "upsert"
        };
        let records: Vec<Value> = rows.iter().map(|row| self.record(row)).collect();
        json!({"resource_id": resource.id, "force": true, "method": method, "records": records})
    }

    fn record(&self, row: &StringRecord) -> Value {
        let mut record = Map::new();
        for (column, value) in self.list.iter().zip(row) {
            let value = if column.kind != "text" && self.cell(column, value).is_empty() {
                Value::Null
            } else {
                json!(value)
            };
            record.insert(column.name.clone(), value);
        }
        Value::Object(record)
    }
}

/// The labels of a column in the dictionary.
fn labels(own: Option<&str>, language: Option<Lang>, other: Option<&str>) -> Map<String, Value> {
    let mut labels = Map::new();
    if let Some(own) = own {
        labels.insert("label".to_owned(), json!(own));
    }
    if let Some(language) = language {
        let (ours, theirs) = match language {
            Lang::En => ("label_en", "label_fr"),
            Lang::Fr => ("label_fr", "label_en"),
        };
        for (name, label) in [(ours, own), (theirs, other)] {
            if let Some(label) = label {
                labels.insert(name.to_owned(), json!(label));
            }
        }
    }
    labels
}

/// The database type of a Table Schema type. Numbers keep every digit.
fn database_type(kind: &str) -> &'static str {
    match kind {
        "integer" | "number" => "numeric",
        "boolean" => "boolean",
        "date" => "date",
        "datetime" => "timestamp",
        "time" => "time",
        _ => "text",
    }
}

/// The resource that describes the columns of this one: `x.csv` and `x.schema.json`.
pub(super) fn schema_of<'a>(
    resource: &ResourceDesired,
    all: &'a [ResourceDesired],
) -> Option<&'a ResourceDesired> {
    let name = format!("{}.schema.json", resource.file_name.strip_suffix(".csv")?);
    all.iter().find(|other| other.file_name == name)
}

/// The one language of a file.
pub(super) fn language_of(resource: &ResourceDesired) -> Option<Lang> {
    match resource.fields.get("language")?.as_array()?.as_slice() {
        [one] => match one.as_str()? {
            "en" => Some(Lang::En),
            "fr" => Some(Lang::Fr),
            _ => None,
        },
        _ => None,
    }
}

/// The resource that describes the same table in the other language: tables of both languages come in the same order.
pub(super) fn twin_schema_of<'a>(
    resource: &ResourceDesired,
    all: &'a [ResourceDesired],
) -> Option<&'a ResourceDesired> {
    let language = language_of(resource)?;
    let tables = |same: bool| -> Vec<&'a ResourceDesired> {
        all.iter()
            .filter(|one| one.file_name.strip_suffix(".csv").is_some())
            .filter(|one| language_of(one).is_some_and(|l| (l == language) == same))
            .collect()
    };
    let (ours, theirs) = (tables(true), tables(false));
    let place = ours.iter().position(|one| one.id == resource.id)?;
    let twin = theirs.get(place).filter(|_| ours.len() == theirs.len())?;
    schema_of(twin, all)
}

/// Splits a file that comes in pieces into records, without holding more than one piece and one record.
#[derive(Debug, Default)]
pub(super) struct Rows {
    buffer: Vec<u8>,
    /// How far the buffer was searched.
    searched: usize,
    /// Behind the last line end outside quotes.
    complete: usize,
    quoted: bool,
}

impl Rows {
    /// Takes a piece; gives the records that are complete.
    pub(super) fn push(&mut self, piece: &Bytes) -> Result<Vec<StringRecord>, csv::Error> {
        self.buffer.extend_from_slice(piece);
        for (place, byte) in self.buffer.iter().enumerate().skip(self.searched) {
            match byte {
                b'"' => self.quoted = !self.quoted,
                b'\n' if !self.quoted => self.complete = place + 1,
                _ => {}
            }
        }
        let rest = self.buffer.split_off(self.complete);
        let whole = std::mem::replace(&mut self.buffer, rest);
        self.searched = self.buffer.len();
        self.complete = 0;
        records(&whole)
    }

    /// The last record, where the file does not end with a line end.
    pub(super) fn finish(self) -> Result<Vec<StringRecord>, csv::Error> {
        records(&self.buffer)
    }
}

/// The records of a text without a header.
pub(super) fn records(bytes: &[u8]) -> Result<Vec<StringRecord>, csv::Error> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes)
        .records()
        .collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::Fields;

    fn resource(name: &str) -> ResourceDesired {
        ResourceDesired {
            id: Uuid::nil(),
            fields: Fields::new(),
            file_name: name.to_owned(),
            media_type: "text/csv".to_owned(),
            size_bytes: 0,
            sha256: String::new(),
        }
    }

    #[test]
    fn rows_do_not_depend_on_how_they_arrive() {
        let text = "a,b\r\n\"x\n\"\"y\"\"\",1\r\né,2";
        let mut whole = Rows::default();
        let mut expect = whole.push(&Bytes::from_static(text.as_bytes())).unwrap();
        expect.extend(whole.finish().unwrap());
        assert_eq!(expect.len(), 3);
        assert_eq!(&expect[1][0], "x\n\"y\"");
        assert_eq!(&expect[2][0], "é");
        for size in 1..text.len() {
            let mut rows = Rows::default();
            let mut found = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                found.extend(rows.push(&Bytes::copy_from_slice(piece)).unwrap());
            }
            found.extend(rows.finish().unwrap());
            assert_eq!(found, expect, "{size}");
        }
    }

    #[test]
    fn types_come_from_the_schema_and_codes_are_no_values() {
        let schema: Schema = serde_json::from_value(json!({
            "fields": [{"name": "year", "type": "integer", "title": "Year"}, {"name": "day", "type": "date"}, {"name": "note", "type": "string"}],
            "missingValues": ["", "--"],
        }))
        .unwrap();
        let header = StringRecord::from(vec!["year", "day", "note", "more"]);
        let columns = Columns::new(&header, &schema, None, None);
        let csv = resource("t.csv");
        let body = columns.create_body(&csv);
        assert_eq!(
            body["fields"],
            json!([
                {"id": "year", "type": "numeric", "info": {"label": "Year"}},
                {"id": "day", "type": "date"},
                {"id": "note", "type": "text"},
                {"id": "more", "type": "text"}
            ])
        );
        assert!(body.get("primary_key").is_none());
        let row = StringRecord::from(vec!["--", "", "--", "x"]);
        let rows = columns.rows_body(&csv, &[row]);
        assert_eq!(
            rows["records"][0],
            json!({"year": null, "day": null, "note": "--", "more": "x"})
        );
        assert_eq!(rows["method"], "insert");
        let text = columns.into_text().create_body(&csv);
        assert_eq!(text["fields"][0]["type"], "text");
    }

    fn table_schema(value: Value) -> Schema {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_key_and_labels_of_both_languages() {
        let schema = table_schema(json!({
            "fields": [{"name": "Year", "type": "integer", "title": "Year"}, {"name": "Region", "type": "string", "title": "Region"},
                {"name": "n", "type": "number"}],
            "missingValues": ["x"], "primaryKey": ["Year", "Region"],
        }));
        let twin = table_schema(
            json!({"fields": [{"name": "Année", "title": "Année"}, {"name": "Région", "title": "Région"}, {"name": "n"}]}),
        );
        let header = StringRecord::from(vec!["Year", "Region", "n"]);
        let columns = Columns::new(&header, &schema, Some(Lang::En), Some(&twin));
        let body = columns.create_body(&resource("t.csv"));
        assert_eq!(
            body["fields"][1]["info"],
            json!({"label": "Region", "label_en": "Region", "label_fr": "Région"})
        );
        assert!(body["fields"][2].get("info").is_none());
        assert_eq!(body["primary_key"], json!(["Year", "Region"]));
        assert_eq!(body["indexes"], json!(["Region"]));
        let rows = columns.rows_body(&resource("t.csv"), &[]);
        assert_eq!(rows["method"], "upsert");

        // The same key, however its number is written; another row.
        let row = |values: [&str; 3]| columns.digests(&StringRecord::from(values.to_vec()));
        let (one, two) = (row(["2026", "ON", "1"]), row(["2026.0", "ON", "2"]));
        assert_eq!(one.0, two.0);
        assert_ne!(one.1, two.1);
        assert_eq!(row(["1", "ON", "x"]).1, row(["1", "ON", ""]).1);
        assert_ne!(row(["1", "x", "1"]).0, row(["1", "", "1"]).0);

        let there = |kinds: [&str; 3]| -> Vec<(String, String)> {
            ["Year", "Region", "n"]
                .iter()
                .zip(kinds)
                .map(|(name, kind)| ((*name).to_owned(), kind.to_owned()))
                .collect()
        };
        assert!(columns.are(&there(["numeric", "text", "numeric"])));
        assert!(!columns.are(&there(["numeric", "text", "text"])));
        assert!(!columns.are(&there(["numeric", "text", "numeric"])[..2]));

        // A twin of another width says nothing; a key of unknown columns is none.
        let narrow = table_schema(json!({"fields": [{"name": "a", "title": "A"}]}));
        let alone = Columns::new(&header, &schema, Some(Lang::En), Some(&narrow));
        let body = alone.create_body(&resource("t.csv"));
        assert_eq!(
            body["fields"][0]["info"],
            json!({"label": "Year", "label_en": "Year"})
        );
        let header = StringRecord::from(vec!["Year", "n"]);
        assert!(!Columns::new(&header, &schema, None, None).has_key());
        assert!(columns.has_key() && !columns.without_key().has_key());
    }

    #[test]
    fn twins_stand_in_the_same_order() {
        let one = |name: &str, number: u128, languages: &[&str]| {
            let mut one = resource(name);
            one.id = Uuid::from_u128(number);
            one.fields.insert("language".to_owned(), json!(languages));
            one
        };
        let mut all = vec![
            one("a-en.csv", 1, &["en"]),
            one("b-en.csv", 2, &["en"]),
            one("x-fr.csv", 3, &["fr"]),
            one("y-fr.csv", 4, &["fr"]),
            one("y-fr.schema.json", 5, &["fr"]),
            one("both.csv", 6, &["en", "fr"]),
        ];
        let twin = |all: &[ResourceDesired], place: usize| {
            twin_schema_of(&all[place], all).map(|r| r.file_name.clone())
        };
        assert_eq!(twin(&all, 1).as_deref(), Some("y-fr.schema.json"));
        assert_eq!(twin(&all, 0), None);
        assert_eq!(twin(&all, 5), None);
        all.remove(0);
        assert_eq!(twin(&all, 0), None);
    }

    #[test]
    fn the_schema_stands_beside_the_file() {
        let all = [
            resource("a.csv"),
            resource("a.schema.json"),
            resource("b.csv"),
        ];
        assert_eq!(
            schema_of(&all[0], &all).map(|r| r.file_name.as_str()),
            Some("a.schema.json")
        );
        assert!(schema_of(&all[2], &all).is_none());
        assert!(schema_of(&all[1], &all).is_none());
    }
}
