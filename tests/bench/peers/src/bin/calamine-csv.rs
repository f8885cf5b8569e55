//! The smallest honest program over calamine that turns the first sheet of a workbook into CSV: cells are streamed where
//! calamine can (xlsx, xlsb) and taken as a range where it cannot (xls, ods). Nothing is detected, screened or typed.
//!
//! `calamine-csv WORKBOOK OUT.csv`, or `calamine-csv --each FOLDER OUT` for every workbook of a folder.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result, bail};
use calamine::{Data, DataRef, DataType, Reader, Xlsb, Xlsx, open_workbook, open_workbook_auto};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [flag, folder, out] if flag == "--each" => each(Path::new(folder), Path::new(out)),
        [workbook, out] => one(Path::new(workbook), Path::new(out)),
        _ => bail!("calamine-csv WORKBOOK OUT.csv | --each FOLDER OUT"),
    }
}

fn each(folder: &Path, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out)?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if let Err(error) = one(&path, &out.join(format!("{name}.csv"))) {
            eprintln!("{name}: {error:#}");
        }
    }
    Ok(())
}

fn one(workbook: &Path, out: &Path) -> Result<()> {
    let mut rows = Rows {
        out: BufWriter::with_capacity(1 << 16, File::create(out)?),
        row: None,
        col: 0,
    };
    match workbook.extension().and_then(|e| e.to_str()) {
        Some("xlsx" | "xlsm") => {
            let mut book: Xlsx<BufReader<File>> = open_workbook(workbook)?;
            let name = first(&book.sheet_names())?;
            let mut cells = book.worksheet_cells_reader(&name)?;
            while let Some(cell) = cells.next_cell()? {
                let (row, col) = cell.get_position();
                rows.put(row, col, cell.get_value())?;
            }
        }
        Some("xlsb") => {
            let mut book: Xlsb<BufReader<File>> = open_workbook(workbook)?;
            let name = first(&book.sheet_names())?;
            let mut cells = book.worksheet_cells_reader(&name)?;
            while let Some(cell) = cells.next_cell()? {
                let (row, col) = cell.get_position();
                rows.put(row, col, cell.get_value())?;
            }
        }
        _ => {
            let mut book = open_workbook_auto(workbook)?;
            let name = first(&book.sheet_names())?;
            let range = book.worksheet_range(&name)?;
            let (row, col) = range.start().unwrap_or_default();
            for (down, right, value) in range.used_cells() {
                let (down, right) = (u32::try_from(down)?, u32::try_from(right)?);
                rows.put(row + down, col + right, &shared(value))?;
            }
        }
    }
    rows.out.write_all(b"\n")?;
    Ok(rows.out.flush()?)
}

fn first(names: &[String]) -> Result<String> {
    names.first().cloned().context("no sheet")
}

fn shared(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(n) => DataRef::Int(*n),
        Data::Float(n) => DataRef::Float(*n),
        Data::Bool(b) => DataRef::Bool(*b),
        Data::DateTime(at) => DataRef::DateTime(*at),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            DataRef::SharedString(text)
        }
        Data::Empty => DataRef::Empty,
    }
}

/// Rows of a delimited text, filled cell by cell.
struct Rows {
    out: BufWriter<File>,
    row: Option<u32>,
    col: u32,
}

impl Rows {
    fn put(&mut self, row: u32, col: u32, value: &DataRef<'_>) -> Result<()> {
        while let Some(at) = self.row.filter(|at| *at < row) {
            self.out.write_all(b"\n")?;
            self.row = Some(at + 1);
            self.col = 0;
        }
        self.row.get_or_insert(row);
        while self.col < col {
            self.out.write_all(b",")?;
            self.col += 1;
        }
        match value {
            DataRef::Empty => {}
            DataRef::Int(n) => write!(self.out, "{n}")?,
            DataRef::Float(n) => write!(self.out, "{n}")?,
            DataRef::Bool(yes) => self.out.write_all(if *yes { b"TRUE" } else { b"FALSE" })?,
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                self.text(text)?;
            }
            DataRef::SharedString(text) => self.text(text)?,
            DataRef::DateTime(at) => match value.as_datetime() {
                Some(when) if at.is_datetime() => {
                    write!(self.out, "{}", when.format("%Y-%m-%dT%H:%M:%S"))?;
                }
                _ => write!(self.out, "{}", at.as_f64())?,
            },
            DataRef::Error(error) => write!(self.out, "{error}")?,
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        if text.contains([',', '"', '\n', '\r']) {
            write!(self.out, "\"{}\"", text.replace('"', "\"\""))?;
        } else {
            self.out.write_all(text.as_bytes())?;
        }
        Ok(())
    }
}
