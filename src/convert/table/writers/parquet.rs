//! Parquet with one type per column, compressed with zstd, and where it came from in its metadata.
//!
//! Leans on `parquet` and `arrow`. Rule that must hold: no clock and no order of a hash map reaches the file.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder,
    Time32MillisecondBuilder, TimestampMillisecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::record_batch::RecordBatch;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::grid::Grid;
use super::{WriteOptions, file_name};
use crate::convert::table::error::TableError;
use crate::convert::table::header::Kind;
use crate::convert::table::model::{Cell, CellValue, Workbook};

/// Rows that are held in memory as columns.
const BATCH_ROWS: usize = 32_768;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Writes a grid.
pub(super) fn write(
    grid: &Grid<'_>,
    path: &Path,
    options: &WriteOptions,
) -> Result<(), TableError> {
    try_write(grid, path, options).map_err(|error| TableError::output(file_name(path), error))
}

fn try_write(grid: &Grid<'_>, path: &Path, options: &WriteOptions) -> Result<(), Failure> {
    let fields: Vec<Field> = grid
        .columns
        .iter()
        .map(|column| Field::new(&column.name, data_type(column.kind), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by("rideau".to_owned())
        .set_key_value_metadata(Some(provenance(grid, options)))
        .build();
    let file = std::fs::File::create(path)?;
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
    for rows in grid.rows.chunks(BATCH_ROWS) {
        let mut builders: Vec<Builder> = grid
            .columns
            .iter()
            .map(|column| Builder::new(column.kind))
            .collect();
        for range in rows {
            let mut each = builders.iter_mut();
            grid.each(range, |cell| {
                if let Some(builder) = each.next() {
                    builder.push(grid.workbook, cell);
                }
            });
        }
        let columns: Vec<ArrayRef> = builders.iter_mut().map(Builder::finish).collect();
        writer.write(&RecordBatch::try_new(schema.clone(), columns)?)?;
    }
    writer.close()?;
    Ok(())
}

fn provenance(grid: &Grid<'_>, options: &WriteOptions) -> Vec<KeyValue> {
    let mut pairs = Vec::new();
    let mut put = |key: &str, value: String| pairs.push(KeyValue::new(key.to_owned(), value));
    if let Some(digest) = options.source_sha256 {
        put("rideau.source_sha256", digest.to_string());
    }
    put("rideau.sheet", grid.sheet.name.clone());
    put("rideau.range", grid.area.name());
    put("rideau.version", options.tool_version.clone());
    pairs
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Integer => DataType::Int64,
        Kind::Number => DataType::Float64,
        Kind::Boolean => DataType::Boolean,
        Kind::Date => DataType::Date32,
        Kind::DateTime => DataType::Timestamp(TimeUnit::Millisecond, None),
        Kind::Time => DataType::Time32(TimeUnit::Millisecond),
        Kind::Text | Kind::Missing => DataType::Utf8,
    }
}

enum Builder {
    Integer(Int64Builder),
    Number(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    DateTime(TimestampMillisecondBuilder),
    Time(Time32MillisecondBuilder),
    Text(StringBuilder),
}

impl Builder {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::Number => Self::Number(Float64Builder::new()),
            Kind::Boolean => Self::Boolean(BooleanBuilder::new()),
            Kind::Date => Self::Date(Date32Builder::new()),
            Kind::DateTime => Self::DateTime(TimestampMillisecondBuilder::new()),
            Kind::Time => Self::Time(Time32MillisecondBuilder::new()),
            Kind::Text | Kind::Missing => Self::Text(StringBuilder::new()),
        }
    }

    /// Adds a value; what is no value of the column's type is a code for a missing one.
    fn push(&mut self, workbook: &Workbook, cell: Option<&Cell>) {
        let value = cell.map(|cell| &cell.value);
        match self {
            Self::Integer(builder) => builder.append_option(value.and_then(whole)),
            Self::Number(builder) => builder.append_option(value.and_then(number)),
            Self::Boolean(builder) => builder.append_option(match value {
                Some(CellValue::Bool(value)) => Some(*value),
                _ => None,
            }),
            Self::Date(builder) => builder.append_option(value.and_then(date)),
            Self::DateTime(builder) => builder.append_option(value.and_then(instant)),
            Self::Time(builder) => builder.append_option(match value {
                Some(CellValue::Time(time)) => time_ms(*time),
                _ => None,
            }),
            Self::Text(builder) => builder.append_option(cell.map(|cell| workbook.shown(cell))),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Number(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::DateTime(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
        }
    }
}

fn whole(value: &CellValue) -> Option<i64> {
    match value {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "integers of a column lie within 9e15"
        )]
        CellValue::Number(number) => Some(*number as i64),
        CellValue::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn number(value: &CellValue) -> Option<f64> {
    match value {
        CellValue::Number(number) => Some(*number),
        CellValue::Text(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

fn date(value: &CellValue) -> Option<i32> {
    let date = match value {
        CellValue::Date(date) => *date,
        CellValue::Text(text) => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?,
        _ => return None,
    };
    let days = date.signed_duration_since(NaiveDate::default()).num_days();
    i32::try_from(days).ok()
}

fn instant(value: &CellValue) -> Option<i64> {
    let at = match value {
        CellValue::DateTime(at) => *at,
        CellValue::Text(text) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok()?,
        _ => return None,
    };
    Some(at.and_utc().timestamp_millis())
}

fn time_ms(time: NaiveTime) -> Option<i32> {
    let ms = i64::from(time.num_seconds_from_midnight()) * 1000
        + i64::from(time.nanosecond() / 1_000_000);
    i32::try_from(ms).ok()
}
