//! Loads tables into the portal's DataStore, and reads them back.
//!
//! A table with a key that has the same columns as before is brought up to date row by row; every other is loaded anew. Rule that must
//! hold: afterwards the table has as many rows as the file, or it is said that it has not.

use std::collections::HashMap;

use csv::StringRecord;
use futures::StreamExt;
use rideau_domain::bilingual;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    canonical::{Digest, RowSum, digest},
    client::{Client, Failure, invalid},
    datastore::{BATCH, Columns, Rows, Schema, language_of, records, schema_of, twin_schema_of},
};
use crate::{ContentStore, PortError, ResourceDesired};

/// Rows read back in one request.
const PAGE: u64 = 10_000;
/// Larger tables are loaded anew, not compared row by row in memory.
const MOST_COMPARED: u64 = 500_000;
/// A schema is no larger.
const MOST_SCHEMA_BYTES: u64 = 16 * 1024 * 1024;

/// Loads one file.
pub(super) struct Loader<'a> {
    pub(super) client: &'a Client,
    pub(super) content: &'a dyn ContentStore,
    pub(super) resource: &'a ResourceDesired,
    /// All resources of its dataset: its schema and its twin are among them.
    pub(super) all: &'a [ResourceDesired],
    /// Requests that changed something.
    pub(super) writes: u64,
}

/// How a table is loaded, from the best to the plainest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// With types and a key.
    Keyed,
    /// With types.
    Typed,
    /// All text: where the portal refuses a value.
    Text,
}

/// What a table on the portal looks like.
struct About {
    columns: Vec<(String, String)>,
    rows: u64,
}

/// A row there: its number, and what it holds.
type Known = HashMap<Digest, (u64, Digest)>;

impl Loader<'_> {
    /// Loads the table. Gives its number of rows, as the portal counts them.
    pub(super) async fn load(&mut self) -> Result<u64, Failure> {
        let schema = self.schema(schema_of(self.resource, self.all)).await?;
        let twin = self.schema(twin_schema_of(self.resource, self.all)).await?;
        let mut counted = (0, 0);
        for form in [Form::Keyed, Form::Typed, Form::Text] {
            match self.attempt(&schema, &twin, form).await {
                Ok(Some(rows)) => {
                    let there = if rows == 0 { 0 } else { self.count().await? };
                    if there == rows {
                        return Ok(rows);
                    }
                    counted = (rows, there);
                    // What tells rows apart here does not there: without a key, none is taken for another.
                    if form != Form::Keyed {
                        break;
                    }
                }
                // Nothing left to give way on: then the portal's reason is told.
                Err(Failure::Invalid(fields)) if form == Form::Text => {
                    return Err(Failure::NotDone(invalid(self.client.host(), &fields)));
                }
                // Refused in this form: the plainer one is tried.
                Ok(None) | Err(Failure::Invalid(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        let name = &self.resource.file_name;
        let (rows, there) = counted;
        Err(Failure::NotDone(PortError::temporary(
            "table_differs",
            bilingual!(
                "The portal’s table of {name} has {there} rows, the file {rows}; it will be loaded again.",
                "Le tableau de {name} sur le portail compte {there} lignes, le fichier {rows} ; il sera chargé de nouveau."
            ),
        )))
    }

    /// `None` where the table has no such form.
    async fn attempt(
        &mut self,
        schema: &Schema,
        twin: &Schema,
        form: Form,
    ) -> Result<Option<u64>, Failure> {
        let mut file = File::open(self.content, self.resource).await?;
        let Some(header) = file.header().await? else {
            // Nothing in it: no table.
            self.drop_table().await?;
            return Ok(Some(0));
        };
        let language = language_of(self.resource);
        let columns = Columns::new(&header, schema, language, Some(twin));
        let columns = match form {
            Form::Keyed if columns.has_key() => columns,
            Form::Keyed => return Ok(None),
            Form::Typed => columns.without_key(),
            Form::Text => columns.without_key().into_text(),
        };
        if columns.has_key()
            && let Some(about) = about(self.client, self.resource.id).await?
            && about.rows <= MOST_COMPARED
            && columns.are(&about.columns)
        {
            return self.update(&columns, &about, file).await.map(Some);
        }
        self.fill(&columns, file).await.map(Some)
    }

    /// Loads anew.
    async fn fill(&mut self, columns: &Columns, mut file: File<'_>) -> Result<u64, Failure> {
        // What an earlier attempt, or an earlier file, left there.
        self.drop_table().await?;
        self.write("datastore_create", &columns.create_body(self.resource))
            .await?;
        let mut rows: u64 = 0;
        loop {
            let some = file.rows(BATCH).await?;
            if some.is_empty() {
                return Ok(rows);
            }
            rows = rows.saturating_add(some.len() as u64);
            self.write("datastore_upsert", &columns.rows_body(self.resource, &some))
                .await?;
        }
    }

    /// Writes rows that are new or differ, and takes away those that are gone.
    async fn update(
        &mut self,
        columns: &Columns,
        about: &About,
        mut file: File<'_>,
    ) -> Result<u64, Failure> {
        let mut known = Known::new();
        let mut pages = Pages::new(self.client, self.resource.id, about);
        while let Some(page) = pages.next().await? {
            for (number, row) in page {
                let (key, whole) = columns.digests(&row);
                known.insert(key, (number, whole));
            }
        }
        // Its key and its dictionary, as they are wanted now.
        self.write("datastore_create", &columns.create_body(self.resource))
            .await?;
        let mut rows: u64 = 0;
        let mut waiting: Vec<StringRecord> = Vec::new();
        loop {
            let some = file.rows(BATCH).await?;
            let last = some.is_empty();
            rows = rows.saturating_add(some.len() as u64);
            for row in some {
                let (key, whole) = columns.digests(&row);
                if known.remove(&key).is_none_or(|(_, there)| there != whole) {
                    waiting.push(row);
                }
            }
            if waiting.len() >= BATCH || (last && !waiting.is_empty()) {
                let body = columns.rows_body(self.resource, &waiting);
                self.write("datastore_upsert", &body).await?;
                waiting.clear();
            }
            if last {
                break;
            }
        }
        let mut gone: Vec<u64> = known.into_values().map(|(number, _)| number).collect();
        gone.sort_unstable();
        for some in gone.chunks(BATCH) {
            let body =
                json!({"resource_id": self.resource.id, "force": true, "filters": {"_id": some}});
            self.write("datastore_delete", &body).await?;
        }
        Ok(rows)
    }

    async fn drop_table(&mut self) -> Result<(), Failure> {
        let id = json!({"resource_id": self.resource.id, "force": true});
        match self.write("datastore_delete", &id).await {
            Ok(()) | Err(Failure::Missing) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    async fn write(&mut self, action: &str, body: &Value) -> Result<(), Failure> {
        self.client.call(action, body).await?;
        self.writes += 1;
        Ok(())
    }

    async fn count(&self) -> Result<u64, Failure> {
        let body = json!({"resource_id": self.resource.id, "limit": 0, "include_total": true});
        let answer = self.client.call("datastore_search", &body).await?;
        Ok(answer
            .get("total")
            .and_then(Value::as_u64)
            .unwrap_or_default())
    }

    /// A schema that says nothing leaves every column text.
    async fn schema(&self, resource: Option<&ResourceDesired>) -> Result<Schema, Failure> {
        let Some(resource) = resource.filter(|r| r.size_bytes <= MOST_SCHEMA_BYTES) else {
            return Ok(Schema::default());
        };
        let mut bytes = Vec::new();
        let mut stream = self
            .content
            .open(&resource.sha256)
            .await
            .map_err(Failure::NotDone)?;
        while let Some(piece) = stream.next().await {
            bytes.extend_from_slice(&piece.map_err(Failure::NotDone)?);
        }
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

/// A CSV file of ours, read row by row.
struct File<'a> {
    resource: &'a ResourceDesired,
    pieces: futures::stream::BoxStream<'static, Result<bytes::Bytes, PortError>>,
    reader: Rows,
    ready: std::collections::VecDeque<StringRecord>,
    ended: bool,
}

impl<'a> File<'a> {
    async fn open(
        content: &dyn ContentStore,
        resource: &'a ResourceDesired,
    ) -> Result<Self, Failure> {
        Ok(Self {
            resource,
            pieces: content
                .open(&resource.sha256)
                .await
                .map_err(Failure::NotDone)?,
            reader: Rows::default(),
            ready: std::collections::VecDeque::new(),
            ended: false,
        })
    }

    async fn header(&mut self) -> Result<Option<StringRecord>, Failure> {
        self.read_until(1).await?;
        Ok(self.ready.pop_front())
    }

    /// Up to so many rows; none at the end.
    async fn rows(&mut self, most: usize) -> Result<Vec<StringRecord>, Failure> {
        self.read_until(most).await?;
        let count = self.ready.len().min(most);
        Ok(self.ready.drain(..count).collect())
    }

    async fn read_until(&mut self, count: usize) -> Result<(), Failure> {
        while self.ready.len() < count && !self.ended {
            let piece = self.pieces.next().await.transpose();
            let found = if let Some(piece) = piece.map_err(Failure::NotDone)? {
                self.reader.push(&piece)
            } else {
                self.ended = true;
                std::mem::take(&mut self.reader).finish()
            };
            self.ready
                .extend(found.map_err(|cause| Failure::NotDone(no_table(self.resource, cause)))?);
        }
        Ok(())
    }
}

fn no_table(resource: &ResourceDesired, cause: csv::Error) -> PortError {
    let name = &resource.file_name;
    PortError::permanent(
        "no_table",
        bilingual!(
            "{name} cannot be read as a table. Set `datastore = false` for this target, or publish the file in another format.",
            "{name} est illisible comme tableau. Réglez `datastore = false` pour cette cible, ou publiez le fichier dans un autre format."
        ),
    )
    .because(cause)
}

/// What a table looks like; `None` when there is none.
async fn about(client: &Client, table: Uuid) -> Result<Option<About>, Failure> {
    let body = json!({"resource_id": table, "limit": 0, "include_total": true});
    let answer = match client.call("datastore_search", &body).await {
        Ok(answer) => answer,
        Err(Failure::Missing) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let text = |field: &Value, name: &str| -> Option<String> {
        field.get(name)?.as_str().map(str::to_owned)
    };
    let columns = answer
        .get("fields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|field| Some((text(field, "id")?, text(field, "type")?)))
        .filter(|(name, _)| name != "_id")
        .collect();
    Ok(Some(About {
        columns,
        rows: answer
            .get("total")
            .and_then(Value::as_u64)
            .unwrap_or_default(),
    }))
}

/// A table on the portal, page by page.
struct Pages<'a> {
    client: &'a Client,
    table: Uuid,
    rows: u64,
    offset: u64,
}

impl<'a> Pages<'a> {
    fn new(client: &'a Client, table: Uuid, about: &About) -> Self {
        Self {
            client,
            table,
            rows: about.rows,
            offset: 0,
        }
    }

    /// The next rows, each with its number; `None` at the end. A table that grows meanwhile ends where it ended.
    async fn next(&mut self) -> Result<Option<Vec<(u64, StringRecord)>>, Failure> {
        if self.offset >= self.rows {
            return Ok(None);
        }
        // As text: JSON numbers would lose digits.
        let body = json!({
            "resource_id": self.table, "limit": PAGE, "offset": self.offset, "sort": "_id",
            "records_format": "csv", "include_total": false,
        });
        let answer = self.client.call("datastore_search", &body).await?;
        self.offset = self.offset.saturating_add(PAGE);
        let text = answer
            .get("records")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let unreadable = || {
            let host = self.client.host();
            Failure::NotDone(PortError::temporary(
                "no_answer",
                bilingual!(
                    "{host} shows a table in a form that cannot be read.",
                    "{host} montre un tableau sous une forme illisible."
                ),
            ))
        };
        let mut page = Vec::new();
        for record in records(text.as_bytes()).map_err(|_| unreadable())? {
            let mut values = record.iter();
            let number = values.next().and_then(|number| number.parse().ok());
            page.push((number.ok_or_else(unreadable)?, values.collect()));
        }
        Ok(Some(page))
    }
}

/// Whether the portal's table holds the rows of the file that it gives for download, in any order.
pub(super) async fn agrees(
    client: &Client,
    dataset: Uuid,
    resource: &ResourceDesired,
    file_name: &str,
    schema: Option<(Uuid, &str)>,
) -> Result<bool, Failure> {
    let Some(about) = about(client, resource.id).await? else {
        // An empty file has no table.
        return Ok(resource.size_bytes == 0);
    };
    let schema = match schema {
        Some((id, name)) => downloaded_schema(client, dataset, id, name).await?,
        None => Schema::default(),
    };
    let mut pieces = client
        .download(dataset, resource.id, file_name, resource.size_bytes)
        .await?;
    let mut reader = Rows::default();
    let mut columns: Option<Columns> = None;
    let mut ours = RowSum::default();
    loop {
        let piece = pieces.next().await?;
        let last = piece.is_none();
        let found = match piece {
            Some(piece) => reader.push(&piece),
            None => std::mem::take(&mut reader).finish(),
        };
        for row in found.map_err(|cause| Failure::NotDone(no_table(resource, cause)))? {
            match &columns {
                None => {
                    let told = Columns::new(&row, &schema, None, None).without_key();
                    let text = told.clone().into_text();
                    // It may have been loaded as text.
                    columns = match (told.are(&about.columns), text.are(&about.columns)) {
                        (true, _) => Some(told),
                        (false, true) => Some(text),
                        (false, false) => return Ok(false),
                    };
                }
                Some(columns) => ours.add(columns.digests(&row).1),
            }
        }
        if last {
            break;
        }
    }
    let mut theirs = RowSum::default();
    let mut pages = Pages::new(client, resource.id, &about);
    while let Some(page) = pages.next().await? {
        for (_, row) in page {
            let values = about.columns.iter().zip(&row);
            theirs.add(digest(
                values.map(|((_, kind), value)| (kind.as_str(), value)),
            ));
        }
    }
    Ok(ours == theirs)
}

async fn downloaded_schema(
    client: &Client,
    dataset: Uuid,
    resource: Uuid,
    file_name: &str,
) -> Result<Schema, Failure> {
    let mut file = client
        .download(dataset, resource, file_name, MOST_SCHEMA_BYTES)
        .await?;
    let mut bytes = Vec::new();
    while let Some(piece) = file.next().await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > MOST_SCHEMA_BYTES {
            return Ok(Schema::default());
        }
    }
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}
