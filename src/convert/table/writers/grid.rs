//! The grid of a sheet as it is written: visible rows and columns, names, types.

use std::collections::{BTreeMap, BTreeSet};

use sha2::Digest;

use crate::convert::table::error::{Limit, Limits, TableError, check};
use crate::convert::table::header::{self, Header, Kind, MISSING};
use crate::convert::table::model::{Area, Cell, CellValue, Sheet, Workbook};

/// The longest column name, in bytes (PostgreSQL's, and so the portal's data store's).
const NAME_BYTES: usize = 63;

/// A key is looked for among so many columns at the beginning.
const MOST_KEY_COLUMNS: usize = 6;
/// Longer values are no keys: databases do not index them.
const MOST_KEY_BYTES: usize = 500;

/// A sheet ready to be written.
pub(super) struct Grid<'w> {
    pub(super) workbook: &'w Workbook,
    pub(super) sheet: &'w Sheet,
    pub(super) header: Option<Header>,
    pub(super) columns: Vec<Column>,
    /// Data rows: for each the index range of its cells in the sheet.
    pub(super) rows: Vec<std::ops::Range<usize>>,
    /// The area of the sheet that was looked at.
    pub(super) area: Area,
    /// Codes for missing values in typed columns.
    pub(super) nulls: u64,
    /// Codes for missing values that no text column uses as a value.
    pub(super) missing: Vec<&'static str>,
}

/// A column of the grid.
pub(super) struct Column {
    /// Column of the sheet.
    pub(super) col: u32,
    /// Name, cleaned for portals.
    pub(super) name: String,
    /// The label as it stands in the sheet.
    pub(super) label: Option<String>,
    /// The one type of its values, or text.
    pub(super) kind: Kind,
}

impl<'w> Grid<'w> {
    /// The grid of a sheet; none when it shows nothing.
    pub(super) fn of(
        workbook: &'w Workbook,
        sheet: &'w Sheet,
        limits: &Limits,
    ) -> Result<Option<Self>, TableError> {
        let seen = |cell: &&Cell| is_shown(workbook, sheet, cell);
        let Some(first_row) = sheet.cells.iter().find(seen).map(|cell| cell.row) else {
            return Ok(None);
        };
        let mut last_row = first_row;
        let mut used: BTreeSet<u32> = BTreeSet::new();
        for cell in sheet.cells.iter().filter(seen) {
            last_row = last_row.max(cell.row);
            used.insert(cell.col);
        }
        let last_col = used.last().copied().unwrap_or(0);
        let header = header::detect(workbook, sheet);
        let cols: Vec<u32> = match &header {
            Some(_) => used.into_iter().collect(),
            None => (0..=last_col)
                .filter(|&col| !sheet.hidden_cols.contains(col))
                .collect(),
        };
        let start = header.as_ref().map_or(0, |header| header.row + 1);
        let height = (u64::from(last_row) + 1).saturating_sub(u64::from(start));
        check(
            height.saturating_mul(cols.len() as u64),
            limits.grid_area,
            Limit::GridArea,
        )?;
        let mut grid = Self {
            workbook,
            sheet,
            columns: name_columns(&cols, header.as_ref()),
            rows: ranges(sheet, start, last_row),
            area: Area {
                first_row: header.as_ref().map_or(0, |header| header.row),
                first_col: cols.first().copied().unwrap_or(0),
                last_row,
                last_col,
            },
            header,
            nulls: 0,
            missing: Vec::new(),
        };
        grid.type_columns();
        Ok(Some(grid))
    }

    /// Hands over the cells of a row that are shown, column by column, with none where a column shows nothing.
    pub(super) fn each(
        &self,
        range: &std::ops::Range<usize>,
        mut take: impl FnMut(Option<&'w Cell>),
    ) {
        let cells = &self.sheet.cells[range.clone()];
        let mut next = 0;
        for column in &self.columns {
            while cells.get(next).is_some_and(|cell| cell.col < column.col) {
                next += 1;
            }
            take(
                cells
                    .get(next)
                    .filter(|cell| cell.col == column.col)
                    .filter(|cell| is_shown(self.workbook, self.sheet, cell)),
            );
        }
    }

    /// How many columns, from the first on, tell the rows apart; `None` when none do, or all would be needed.
    ///
    /// A value must stand in each of them, and measures are no keys. Fewer than two rows tell nothing.
    pub(super) fn key(&self) -> Option<usize> {
        if self.header.is_none() || self.rows.len() < 2 {
            return None;
        }
        let most = self
            .columns
            .iter()
            .take_while(|column| column.kind != Kind::Number)
            .count()
            .min(self.columns.len().saturating_sub(1))
            .min(MOST_KEY_COLUMNS);
        for width in 1..=most {
            match self.tells_apart(width) {
                Some(true) => return Some(width),
                Some(false) => {}
                // A value is missing: wider keys lack it as well.
                None => return None,
            }
        }
        None
    }

    /// Whether the first columns tell the rows apart; `None` when one of their values cannot be part of a key.
    fn tells_apart(&self, width: usize) -> Option<bool> {
        let mut seen: BTreeSet<[u8; 32]> = BTreeSet::new();
        let mut value = String::new();
        for range in &self.rows {
            let mut hash = sha2::Sha256::new();
            let mut index = 0;
            let mut whole = true;
            self.each(range, |cell| {
                let column = self.columns.get(index).filter(|_| index < width);
                index += 1;
                let Some(column) = column else { return };
                value.clear();
                match cell.map(|cell| (cell, &cell.value)) {
                    None => {}
                    Some((_, CellValue::Text(text))) => value.push_str(text),
                    Some((cell, _)) => self.workbook.put_shown(cell, &mut value),
                }
                // In a column of texts a code may be a value.
                let code = column.kind != Kind::Text && MISSING.contains(&value.trim());
                whole &= !value.trim().is_empty() && !code && value.len() <= MOST_KEY_BYTES;
                hash.update((value.len() as u64).to_be_bytes());
                hash.update(value.as_bytes());
            });
            if !whole {
                return None;
            }
            if !seen.insert(hash.finalize().into()) {
                return Some(false);
            }
        }
        Some(true)
    }

    fn type_columns(&mut self) {
        self.missing = MISSING.to_vec();
        if self.header.is_none() {
            return;
        }
        let mut kinds: Vec<Option<Kind>> = vec![None; self.columns.len()];
        let mut codes: Vec<BTreeSet<&'static str>> = vec![BTreeSet::new(); self.columns.len()];
        let mut counts: Vec<u64> = vec![0; self.columns.len()];
        for range in &self.rows {
            let mut index = 0;
            self.each(range, |cell| {
                let at = index;
                index += 1;
                let Some(cell) = cell else { return };
                match header::kind_of(self.workbook, cell) {
                    Kind::Missing => {
                        counts[at] += 1;
                        if let CellValue::Text(text) = &cell.value {
                            codes[at].extend(MISSING.iter().find(|code| **code == text.trim()));
                        }
                    }
                    kind => kinds[at] = Some(join(kinds[at], kind)),
                }
            });
        }
        for (column, kind) in self.columns.iter_mut().zip(&kinds) {
            column.kind = kind.unwrap_or(Kind::Text);
        }
        // A code that a text column holds may be a value there (`F` for female): readers must not drop it.
        let taken: BTreeSet<&str> = self
            .columns
            .iter()
            .zip(&codes)
            .filter(|(column, _)| column.kind == Kind::Text)
            .flat_map(|(_, codes)| codes.iter().copied())
            .filter(|code| !code.is_empty())
            .collect();
        self.missing.retain(|code| !taken.contains(code));
        for ((column, codes), count) in self.columns.iter_mut().zip(&codes).zip(counts) {
            if column.kind != Kind::Text {
                if codes.iter().any(|code| taken.contains(code)) {
                    column.kind = Kind::Text;
                } else {
                    self.nulls += count;
                }
            }
        }
    }
}

/// Whether a person sees a value in a cell.
fn is_shown(workbook: &Workbook, sheet: &Sheet, cell: &Cell) -> bool {
    !sheet.hidden_rows.contains(cell.row)
        && !sheet.hidden_cols.contains(cell.col)
        && !workbook.is_invisible(cell)
        && !matches!(&cell.value, CellValue::Text(text) if text.is_empty())
}

/// One range of cells per visible row, empty rows in between included.
fn ranges(sheet: &Sheet, start: u32, last_row: u32) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = sheet.cells.partition_point(|cell| cell.row < start);
    for row in start..=last_row {
        let from = at;
        while sheet.cells.get(at).is_some_and(|cell| cell.row == row) {
            at += 1;
        }
        if !sheet.hidden_rows.contains(row) {
            ranges.push(from..at);
        }
    }
    ranges
}

fn join(have: Option<Kind>, kind: Kind) -> Kind {
    match (have, kind) {
        (None, kind) => kind,
        (Some(have), kind) if have == kind => kind,
        (Some(Kind::Integer), Kind::Number) | (Some(Kind::Number), Kind::Integer) => Kind::Number,
        _ => Kind::Text,
    }
}

fn name_columns(cols: &[u32], header: Option<&Header>) -> Vec<Column> {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    cols.iter()
        .zip(1_u32..)
        .map(|(&col, number)| {
            let label = header.and_then(|header| header.labels.get(&col).cloned());
            let clean = label
                .as_deref()
                .map(clean_name)
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| format!("column_{number}"));
            Column {
                col,
                name: unique(&clean, &mut taken),
                label,
                kind: Kind::Text,
            }
        })
        .collect()
}

/// A label as a name: one line, single spaces, no quotes, no leading underscore or formula sign, at most [`NAME_BYTES`].
pub(super) fn clean_name(label: &str) -> String {
    let words: Vec<String> = label
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| word.replace('"', ""))
        .collect();
    let name = words.join(" ");
    // Names start as portals allow, and never like a formula.
    let plain = name.trim_start_matches(['_', ' ', '=', '+', '-', '@']);
    cut(plain, NAME_BYTES).to_owned()
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end()
}

/// The name, or the name with the first free number; letter case does not tell names apart.
pub(super) fn unique(name: &str, taken: &mut BTreeMap<String, u32>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 1_u32;
    while taken.contains_key(&candidate.to_lowercase()) {
        let key = name.to_lowercase();
        number = taken.get(&key).copied().unwrap_or(number).max(number) + 1;
        taken.insert(key, number);
        let suffix = format!("_{number}");
        candidate = format!("{}{suffix}", cut(name, NAME_BYTES - suffix.len()));
    }
    taken.entry(candidate.to_lowercase()).or_insert(1);
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_clean_and_unique() {
        let mut taken = BTreeMap::new();
        let long = "é".repeat(60);
        let names: Vec<String> = [
            "_id",
            " Total\n count ",
            "id",
            "ID",
            "id_2",
            "\"a\"",
            long.as_str(),
            long.as_str(),
        ]
        .iter()
        .map(|label| unique(&clean_name(label), &mut taken))
        .collect();
        assert_eq!(
            names[..6],
            ["id", "Total count", "id_2", "ID_3", "id_2_2", "a"]
        );
        assert!(
            names
                .iter()
                .all(|name| name.len() <= NAME_BYTES && !name.starts_with('_'))
        );
        let mut all: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), names.len());
    }
}
