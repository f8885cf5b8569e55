//! Tables in the portal's DataStore: typed columns from the Table Schema beside the file, rows from the file itself.
//!
//! Leans on the CSV that we publish: UTF-8, one header row, quotes doubled. Pure: no request is made here. Rule
//! that must hold: no type is guessed; a column without a schema is text.

use bytes::Bytes;
use csv::StringRecord;
use serde::Deserialize;
use serde_json::{Map, Value, json};

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
    label: Option<String>,
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
    /// The columns of a header, with the types that the schema tells.
    pub(super) fn new(header: &StringRecord, schema: &Schema) -> Self {
        let list: Vec<Column> = header
            .iter()
            .map(|name| {
                let told = schema.fields.iter().find(|field| field.name == name);
                Column {
                    name: name.to_owned(),
                    label: told.and_then(|field| field.title.clone()),
                    kind: told.map_or("text", |field| database_type(&field.kind)),
                }
            })
            .collect();
        Self {
            list,
            missing: schema.missing.clone(),
            primary_key: schema.primary_key.clone(),
        }
    }

    /// The same, all text: for values that the portal does not take as the schema has them.
    pub(super) fn into_text(mut self) -> Self {
        for column in &mut self.list {
            column.kind = "text";
        }
        self
    }

    /// Whether any column has a type.
    pub(super) fn is_typed(&self) -> bool {
        self.list.iter().any(|column| column.kind != "text")
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
                if let Some(label) = &column.label {
                    field.insert("info".to_owned(), json!({"label": label}));
                }
                Value::Object(field)
            })
            .collect();
        let mut body = json!({"resource_id": resource.id, "force": true, "fields": fields});
        if !self.primary_key.is_empty() {
            body["primary_key"] = json!(self.primary_key);
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
            let missing = value.is_empty() || self.missing.iter().any(|code| code == value);
            let value = if column.kind != "text" && missing {
                Value::Null
            } else {
                json!(value)
            };
            record.insert(column.name.clone(), value);
        }
        Value::Object(record)
    }
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

fn records(bytes: &[u8]) -> Result<Vec<StringRecord>, csv::Error> {
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
        let columns = Columns::new(&header, &schema);
        assert!(columns.is_typed());
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
        assert!(!columns.into_text().is_typed());
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
