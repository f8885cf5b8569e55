//! Old Excel workbooks (`.xls`): cells by calamine, what it does not tell by our own scan of the records.
//!
//! Guards against what is known to go wrong: chains of the compound file are checked first (a cyclic one costs memory
//! without end), the used area is checked before calamine allocates it, number formats are read by us (calamine takes
//! redefined formats for dates), the code page of BIFF8 is fixed to Unicode (calamine doubles characters otherwise).
//! Rule that must hold: nothing is handed to calamine that was not bounded before.

use std::io::{Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{CellErrorType, Data, Reader, SheetType, SheetVisible, Xls, XlsOptions};

use super::{ReadSeek, biff, whole};
use crate::convert::table::error::{Budget, Limit, TableError, check};
use crate::convert::table::model::{
    Area, Cell, CellErrorKind, CellValue, DefinedName, Property, Sheet, SheetKind, Visibility,
    Workbook, place_of,
};
use crate::convert::table::number_format::{FormatClass, typed};
use crate::convert::table::readers::xlsx::{iso_value, warn_odd_date};
use crate::domain::{HiddenChannel, Part, Place};
use crate::formats::ole::{Ole, OleError};

/// Area that a sparse sheet may take before its cells must fill at least a hundredth of it.
const SPARSE_AREA: u64 = 4_000_000;

/// Reads an `.xls` of BIFF5 to BIFF8.
pub(crate) fn read_xls(
    input: &mut dyn ReadSeek,
    budget: &mut Budget,
) -> Result<Workbook, TableError> {
    let bytes = whole(input, budget)?;
    let (stream, mut workbook) = inspect(&bytes, budget)?;
    let globals = biff::globals(&stream);
    if globals.version < 0x0500 {
        return Err(TableError::Unsupported {
            what: "xls before Excel 5".to_owned(),
        });
    }
    budget.sheets(globals.sheets.len())?;
    let mut scans = Vec::new();
    for &at in &globals.sheets {
        let scan = biff::sheet(&stream, at, globals.version);
        if scan.absurd {
            return Err(TableError::corrupt(
                "Workbook",
                "a sheet claims more rows or columns than the format has",
            ));
        }
        if let Some(used) = scan.used {
            let area = area_of(used);
            let filled = scan.formats.len() as u64;
            if area > SPARSE_AREA && area / 100 > filled {
                return Err(TableError::Limit {
                    what: Limit::GridArea,
                    limit: SPARSE_AREA,
                });
            }
            check(area, budget.limits.grid_area, Limit::GridArea)?;
        }
        scans.push(scan);
    }
    workbook.hidden_parts.external_links = globals.external_links;
    workbook.styles = globals.styles;

    let mut options = XlsOptions::default();
    if globals.version >= 0x0600 {
        options.force_codepage = Some(1200);
    }
    let mut source = guarded(|| {
        Xls::new_with_options(Cursor::new(bytes.as_slice()), options)
            .map_err(|error| xls_error(&error))
    })?;
    workbook.date_system_1904 = source.has_1904_epoch();
    let listed = source.sheets_metadata().to_vec();
    for (index, (entry, scan)) in listed.iter().zip(scans).enumerate() {
        let mut sheet = Sheet {
            name: entry.name.clone(),
            visibility: visibility(entry.visible),
            kind: kind(entry.typ),
            hidden_rows: scan.hidden_rows,
            hidden_cols: scan.hidden_cols,
            comments: scan.comments,
            texts: scan.texts,
            headers_footers: scan.headers_footers,
            ..Sheet::default()
        };
        if entry.typ == SheetType::Vba {
            continue;
        }
        let merges = source.merge_cells_by_sheet_id(index).unwrap_or_default();
        sheet.merges = merges
            .iter()
            .map(|area| Area {
                first_row: area.start.0,
                first_col: area.start.1,
                last_row: area.end.0,
                last_col: area.end.1,
            })
            .collect();
        let range = guarded(|| {
            source
                .worksheet_range(&entry.name)
                .map_err(|error| xls_error(&error))
        })?;
        let first = range.start().unwrap_or((0, 0));
        for (row, col, data) in range.used_cells() {
            let row = first
                .0
                .saturating_add(u32::try_from(row).unwrap_or(u32::MAX));
            let col = first
                .1
                .saturating_add(u32::try_from(col).unwrap_or(u32::MAX));
            let style = scan
                .formats
                .get(&(row, col))
                .copied()
                .map_or(u32::MAX, u32::from);
            let class = usize::try_from(style)
                .ok()
                .and_then(|style| workbook.styles.get(style))
                .map(|style| style.class);
            let (value, odd) = value_of(data, class, workbook.date_system_1904);
            push(
                &mut workbook,
                &mut sheet,
                (row, col, style),
                value,
                odd,
                budget,
            )?;
        }
        workbook.sheets.push(sheet);
    }
    workbook.defined_names = source
        .defined_names()
        .iter()
        .map(|(name, formula)| DefinedName {
            name: name.clone(),
            formula: formula.clone(),
            hidden: false,
        })
        .collect();
    if let Ok(properties) = guarded(|| source.workbook_properties().map_err(|e| xls_error(&e))) {
        workbook.properties = list_properties(&properties);
    } else {
        workbook.unseen.push(HiddenChannel::Properties);
    }
    Ok(workbook)
}

/// Opens the compound file, bounds it, and counts what hides beside the workbook stream.
fn inspect(bytes: &[u8], budget: &Budget) -> Result<(Vec<u8>, Workbook), TableError> {
    let mut workbook = Workbook::default();
    let mut cursor = Cursor::new(bytes);
    let mut ole = Ole::open(&mut cursor).map_err(ole_error)?;
    ole.check_chains().map_err(ole_error)?;
    count_storages(&ole, &mut workbook);
    let most = budget.limits.file_bytes;
    let mut stream = ole.stream("Workbook", most).map_err(ole_error)?;
    if stream.is_none() {
        stream = ole.stream("Book", most).map_err(ole_error)?;
    }
    let stream = stream.ok_or_else(|| TableError::corrupt("Workbook", "the stream is missing"))?;
    if biff::is_encrypted(&stream) {
        return Err(TableError::NeedsPassword);
    }
    Ok((stream, workbook))
}

fn count_storages<R: Read + Seek>(ole: &Ole<'_, R>, workbook: &mut Workbook) {
    let counts = &mut workbook.hidden_parts;
    for entry in ole.entries() {
        let name = entry.name.to_ascii_lowercase();
        if name.starts_with("mbd") && !entry.stream {
            counts.embedded += 1;
        } else if name == "_vba_project_cur" {
            counts.macros += 1;
        } else if name == "_sx_db_cur" {
            counts.data_caches += 1;
        } else if name == "revision log" {
            counts.tracked_changes += 1;
        } else if name == "msodatastore" {
            counts.custom_xml += 1;
        }
    }
}

/// Runs a foreign reader; a panic in it is a damaged file.
pub(crate) fn guarded<T>(body: impl FnOnce() -> Result<T, TableError>) -> Result<T, TableError> {
    catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|_| Err(TableError::corrupt("workbook", "the reader gave up")))
}

/// Adds a cell, counting its cost and warning about odd dates.
pub(crate) fn push(
    workbook: &mut Workbook,
    sheet: &mut Sheet,
    (row, col, style): (u32, u32, u32),
    value: Option<CellValue>,
    odd: bool,
    budget: &mut Budget,
) -> Result<(), TableError> {
    let Some(value) = value else {
        return Ok(());
    };
    budget.cells(1)?;
    if let CellValue::Text(text) = &value {
        budget.text(text.len())?;
        if text.is_empty() {
            return Ok(());
        }
    }
    if odd {
        let place = Place::new(Part::Cell, place_of(&sheet.name, row, col));
        warn_odd_date(workbook, place);
    }
    sheet.cells.push(Cell {
        row,
        col,
        value,
        style,
        formula: false,
    });
    Ok(())
}

/// Calamine's value as ours; the flag is true for a date that does not exist.
pub(crate) fn value_of(
    data: &Data,
    class: Option<FormatClass>,
    date_1904: bool,
) -> (Option<CellValue>, bool) {
    let number = |number: f64, guess: FormatClass| {
        let (value, odd) = typed(number, class.unwrap_or(guess), date_1904);
        (Some(value), odd)
    };
    match data {
        Data::Empty => (None, false),
        #[expect(
            clippy::cast_precision_loss,
            reason = "these are 30-bit integers of the RK form"
        )]
        Data::Int(value) => number(*value as f64, FormatClass::General),
        Data::Float(value) => number(*value, FormatClass::General),
        Data::DateTime(at) => {
            let serial = at.as_f64();
            let guess = if at.is_duration() {
                FormatClass::Duration
            } else if (0.0..1.0).contains(&serial) {
                FormatClass::Time
            } else {
                FormatClass::Date
            };
            number(serial, guess)
        }
        Data::String(text) => (Some(CellValue::text(text.as_str())), false),
        Data::Bool(value) => (Some(CellValue::Bool(*value)), false),
        Data::DateTimeIso(text) | Data::DurationIso(text) => (
            Some(iso_value(text).unwrap_or_else(|| CellValue::text(text.as_str()))),
            false,
        ),
        Data::Error(error) => (Some(CellValue::Error(error_of(error))), false),
    }
}

pub(crate) fn error_of(error: &CellErrorType) -> CellErrorKind {
    match error {
        CellErrorType::Div0 => CellErrorKind::Div0,
        CellErrorType::NA => CellErrorKind::Na,
        CellErrorType::Name => CellErrorKind::Name,
        CellErrorType::Null => CellErrorKind::Null,
        CellErrorType::Num => CellErrorKind::Num,
        CellErrorType::Ref => CellErrorKind::Ref,
        CellErrorType::Value => CellErrorKind::Value,
        CellErrorType::GettingData => CellErrorKind::GettingData,
    }
}

pub(crate) fn visibility(visible: SheetVisible) -> Visibility {
    match visible {
        SheetVisible::Visible => Visibility::Visible,
        SheetVisible::Hidden => Visibility::Hidden,
        SheetVisible::VeryHidden => Visibility::VeryHidden,
    }
}

fn kind(kind: SheetType) -> SheetKind {
    match kind {
        SheetType::WorkSheet => SheetKind::Worksheet,
        SheetType::DialogSheet => SheetKind::Dialog,
        SheetType::MacroSheet | SheetType::Vba => SheetKind::Macro,
        SheetType::ChartSheet => SheetKind::Chart,
    }
}

fn list_properties(found: &calamine::WorkbookProperties) -> Vec<Property> {
    let known = [
        ("creator", &found.creator),
        ("lastModifiedBy", &found.last_modified_by),
        ("title", &found.title),
        ("subject", &found.subject),
        ("description", &found.description),
        ("keywords", &found.keywords),
        ("category", &found.category),
        ("Company", &found.company),
        ("Manager", &found.manager),
        ("Template", &found.template),
    ];
    let mut list: Vec<Property> = known
        .into_iter()
        .filter_map(|(name, value)| {
            let value = value.as_deref()?.trim();
            (!value.is_empty()).then(|| Property {
                name: name.to_owned(),
                value: value.to_owned(),
                custom: false,
            })
        })
        .collect();
    let mut custom: Vec<Property> = found
        .custom_properties
        .iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| Property {
            name: name.clone(),
            value: value.clone(),
            custom: true,
        })
        .collect();
    custom.sort_by(|a, b| a.name.cmp(&b.name));
    list.append(&mut custom);
    list
}

fn area_of(area: Area) -> u64 {
    let rows = u64::from(area.last_row - area.first_row) + 1;
    let cols = u64::from(area.last_col - area.first_col) + 1;
    rows.saturating_mul(cols)
}

fn ole_error(error: OleError) -> TableError {
    match error {
        OleError::Input(error) => TableError::Input(error),
        OleError::Damaged(why) => TableError::corrupt("compound file", why),
    }
}

fn xls_error(error: &calamine::XlsError) -> TableError {
    match error {
        calamine::XlsError::Password => TableError::NeedsPassword,
        other => TableError::corrupt("Workbook", other),
    }
}
