//! From a grid to its layout: strips, lines, tables, labels, sums, and how sure all of it is.
//!
//! Rule that must hold: each filled cell that a person sees is in a table, in its remarks, or in [`Layout::loose`].

use std::collections::{BTreeMap, BTreeSet};

use rideau_domain::Bilingual;

use crate::arithmetic::{Amounts, derived_cols, derived_rows};
use crate::grid::{Area, CellKind, Declared, Grid, placed};
use crate::lines::{Line, Word, lines, share, words};
use crate::region::{Layout, Reason, Region, Remark};
use crate::rows::{Stub, paths};
use crate::segment::{Found, LineClass, segment};
use crate::strips::{Strip, strips};
use crate::{header, wording};

/// How many tables of a sheet are read; what follows stays loose text.
const REGIONS_MAX: usize = 500;

type Placed = BTreeMap<(u32, u32), usize>;

/// Finds the tables of a sheet.
pub fn recognise(grid: &Grid) -> Layout {
    let words = words(grid);
    let all = placed(grid);
    let mut rest = all.clone();
    let mut layout = Layout::default();
    for declared in &grid.declared {
        if let Some(region) = declared_region(grid, &all, &words, declared) {
            rest.retain(|&(row, col), _| !declared.area.contains(row, col));
            layout.regions.push(region);
        }
    }
    let mut remarks: Vec<(LineClass, Remark)> = Vec::new();
    for strip in strips(&rest, &words) {
        read_strip(grid, &rest, &words, &strip, &mut layout, &mut remarks);
    }
    layout
        .regions
        .sort_by_key(|region| (region.area.first_row, region.area.first_col));
    for (class, remark) in remarks {
        place_remark(&mut layout, class, remark);
    }
    layout
}

/// Reads one strip: its tables go to the layout, its other lines to the remarks.
fn read_strip(
    grid: &Grid,
    placed: &Placed,
    words: &[Word],
    strip: &Strip,
    layout: &mut Layout,
    remarks: &mut Vec<(LineClass, Remark)>,
) {
    let (lines, width) = lines(placed, words, &strip.rows, strip.first_col, strip.last_col);
    let (classes, tables) = segment(&lines, words, width);
    let mut inside = vec![false; lines.len()];
    for found in &tables {
        if layout.regions.len() >= REGIONS_MAX {
            break;
        }
        let first = found.header.first().copied().unwrap_or(found.first);
        inside[first..=found.last].fill(true);
        let region = region_of(grid, placed, words, &lines, &classes, found);
        layout.regions.push(region);
    }
    for ((line, &class), inside) in lines.iter().zip(&classes).zip(inside) {
        let told = matches!(class, LineClass::Title | LineClass::Unit | LineClass::Note);
        if told || !inside {
            remarks.extend(line.runs.iter().map(|spot| {
                let remark = Remark {
                    row: line.row,
                    col: spot.col,
                    text: words[spot.word].text.clone(),
                };
                (class, remark)
            }));
        }
    }
}

/// A title goes to the next table below, a note to the last one above; what has no table stays loose.
fn place_remark(layout: &mut Layout, class: LineClass, remark: Remark) {
    let regions = &mut layout.regions;
    let next = regions.partition_point(|region| region.area.first_row <= remark.row);
    let below = (next < regions.len()).then_some(next);
    let above = next.checked_sub(1);
    let is_unit = class == LineClass::Unit;
    let index = match class {
        LineClass::Title | LineClass::Group => below.or(above),
        LineClass::Unit | LineClass::Note | LineClass::Header | LineClass::Data => above.or(below),
    };
    let Some(region) = index.and_then(|index| regions.get_mut(index)) else {
        layout.loose.push(remark);
        return;
    };
    let titled = remark.row < region.area.first_row;
    let list = if wording::is_source(&remark.text) {
        &mut region.sources
    } else if is_unit || (titled && wording::is_unit(&remark.text)) {
        &mut region.units
    } else if titled && class != LineClass::Note {
        &mut region.titles
    } else {
        &mut region.notes
    };
    list.push(remark);
}

/// The region of a table that was found by its lines.
fn region_of(
    grid: &Grid,
    placed: &Placed,
    words: &[Word],
    lines: &[Line],
    classes: &[LineClass],
    found: &Found,
) -> Region {
    let body = found.first..=found.last;
    let of = |class: LineClass| {
        body.clone()
            .filter(move |&at| classes[at] == class)
            .map(|at| lines[at].row)
            .collect::<Vec<u32>>()
    };
    let (data_rows, group_rows) = (of(LineClass::Data), of(LineClass::Group));
    let before = found.header.last().map_or(found.first, |&at| at + 1)..found.first;
    let before = before.filter(|&at| classes[at] == LineClass::Group);
    let group_rows: Vec<u32> = before.map(|at| lines[at].row).chain(group_rows).collect();
    let header_rows: Vec<u32> = found.header.iter().map(|&at| lines[at].row).collect();
    let used = body
        .clone()
        .filter(|&at| classes[at] == LineClass::Data)
        .chain(found.header.iter().copied());
    let (mut first_col, mut last_col) = (u32::MAX, 0);
    for at in used {
        first_col = first_col.min(lines[at].first_col());
        last_col = last_col.max(lines[at].last_col());
    }
    let area = Area {
        first_row: header_rows
            .first()
            .copied()
            .unwrap_or(lines[found.first].row),
        first_col: first_col.min(last_col),
        last_row: lines[found.last].row,
        last_col,
    };
    let mut reasons = Vec::new();
    if header_rows.is_empty() {
        reasons.push(reason(
            "no-header",
            -60,
            "no row of column labels was found",
            "aucune ligne d'intitulés de colonnes n'a été trouvée",
        ));
    }
    if found.by_words {
        reasons.push(reason(
            "words-only",
            -15,
            "the column labels were told by their place, since the table holds mostly words",
            "les intitulés de colonnes ont été reconnus à leur place, le tableau contenant surtout des mots",
        ));
    }
    finish(
        grid,
        placed,
        words,
        Region {
            area,
            header_rows,
            data_rows,
            group_rows,
            reasons,
            ..Region::default()
        },
    )
}

/// The region of a table that its author declared.
fn declared_region(
    grid: &Grid,
    placed: &Placed,
    words: &[Word],
    declared: &Declared,
) -> Option<Region> {
    let area = declared.area;
    let rows: BTreeSet<u32> = placed
        .range((area.first_row, 0)..=(area.last_row, u32::MAX))
        .map(|(&(row, col), _)| (row, col))
        .filter(|&(row, col)| area.contains(row, col))
        .map(|(row, _)| row)
        .collect();
    let body = area.first_row.saturating_add(declared.header_rows);
    let header_rows: Vec<u32> = rows.range(..body).copied().collect();
    let data_rows: Vec<u32> = rows.range(body..).copied().collect();
    if data_rows.is_empty() {
        return None;
    }
    let reasons = vec![reason(
        "declared",
        0,
        "the author declared this table",
        "l'auteur a déclaré ce tableau",
    )];
    let region = Region {
        area,
        header_rows,
        data_rows,
        reasons,
        ..Region::default()
    };
    Some(finish(grid, placed, words, region))
}

/// Reads columns, rows and sums of a region whose rows are known.
fn finish(grid: &Grid, placed: &Placed, words: &[Word], mut region: Region) -> Region {
    region.data_first = region.data_rows.first().copied().unwrap_or(0);
    region.data_last = region.data_rows.last().copied().unwrap_or(0);
    let columns = columns_of(placed, words, &region);
    let labels = columns
        .iter()
        .take_while(|(_, column)| column.is_label())
        .count();
    // A table of words has one column of row labels; the others are what it says about them.
    let labels = if labels == columns.len() {
        labels.min(1)
    } else {
        labels
    };
    let (stub, values) = columns.split_at(labels);
    region.stub_cols = stub.iter().map(|&(col, _)| col).collect();
    region.value_cols = values.iter().map(|&(col, _)| col).collect();
    region.columns = header::columns(
        placed,
        words,
        &grid.merges,
        &region.header_rows,
        &region.stub_cols,
        &region.value_cols,
    );
    let amounts = Amounts::new(placed, words, &region.data_rows, &region.value_cols);
    let stub = Stub {
        placed,
        words,
        grid,
        cols: &region.stub_cols,
    };
    let ladder = stub.ladder(&region.data_rows);
    let (order, derived) = derived_rows(&amounts, &ladder, &region.value_cols);
    region.row_order = order;
    region.derived_rows = derived;
    let value_labels = region.columns.get(labels..).unwrap_or_default();
    let leaves: Vec<u32> = leaf_rows(&region);
    region.derived_cols = derived_cols(&amounts, value_labels, &leaves);
    region.rows = if ladder.flat {
        stub.flat_paths(&region.data_rows)
    } else {
        let groups: Vec<(u32, String)> = region
            .group_rows
            .iter()
            .map(|&row| (row, group_label(placed, words, row, region.area)))
            .collect();
        paths(&ladder, order, &groups)
    };
    weigh(grid, &mut region, values);
    region
}

/// The text of a row that only names what follows.
fn group_label(placed: &Placed, words: &[Word], row: u32, area: Area) -> String {
    placed
        .range((row, area.first_col)..=(row, area.last_col))
        .next()
        .map(|(_, &word)| words[word].text.clone())
        .unwrap_or_default()
}

/// Data rows that are no proved sums.
fn leaf_rows(region: &Region) -> Vec<u32> {
    let sums: BTreeSet<u32> = region
        .derived_rows
        .iter()
        .filter(|one| one.proved)
        .map(|one| one.at)
        .collect();
    region
        .data_rows
        .iter()
        .copied()
        .filter(|row| !sums.contains(row))
        .collect()
}

/// What the data cells of a column are.
#[derive(Clone, Copy, Debug, Default)]
struct Column {
    cells: usize,
    values: usize,
    periods: usize,
}

impl Column {
    /// True when the column names rows rather than measures them.
    fn is_label(self) -> bool {
        self.cells > 0 && (self.values * 2 < self.cells || self.periods * 10 >= self.cells * 8)
    }
}

fn columns_of(placed: &Placed, words: &[Word], region: &Region) -> Vec<(u32, Column)> {
    let mut columns: BTreeMap<u32, Column> = BTreeMap::new();
    let across =
        |row: u32| placed.range((row, region.area.first_col)..=(row, region.area.last_col));
    for (&(_, col), &word) in region.data_rows.iter().flat_map(|&row| across(row)) {
        let word = &words[word];
        let column = columns.entry(col).or_default();
        column.cells += 1;
        column.values += usize::from(!matches!(word.kind, CellKind::Text));
        column.periods += usize::from(word.period);
    }
    for (&(_, col), _) in region.header_rows.iter().flat_map(|&row| across(row)) {
        columns.entry(col).or_default();
    }
    columns.into_iter().collect()
}

fn reason(code: &'static str, points: i16, en: &str, fr: &str) -> Reason {
    Reason {
        code,
        points,
        text: Bilingual::new(en, fr),
    }
}

/// Adds what speaks for and against a layout and sums it up.
fn weigh(grid: &Grid, region: &mut Region, values: &[(u32, Column)]) {
    let mut add = |code, points, en: &str, fr: &str| {
        region.reasons.push(reason(code, points, en, fr));
    };
    if region.data_rows.len() < 2 {
        add(
            "one-row",
            -15,
            "the table has a single row of values",
            "le tableau n'a qu'une ligne de valeurs",
        );
    }
    let filled: Vec<u32> = values
        .iter()
        .filter(|(_, column)| column.cells > 0)
        .map(|&(col, _)| col)
        .collect();
    let named = |col: &&u32| {
        region
            .columns
            .binary_search_by_key(*col, |column| column.col)
            .is_ok_and(|index| !region.columns[index].path.is_empty())
    };
    let unnamed = filled.len() - filled.iter().filter(named).count();
    if unnamed > 0 && !region.header_rows.is_empty() {
        add(
            "unnamed-columns",
            -20,
            "some columns with values have no label",
            "certaines colonnes de valeurs n'ont pas d'intitulé",
        );
    }
    let mixed = values
        .iter()
        .filter(|(_, column)| column.values * 10 > column.cells * 2)
        .filter(|(_, column)| column.values * 10 < column.cells * 9)
        .count();
    if share(mixed, values.len()) > 0.2 {
        add(
            "mixed-columns",
            -20,
            "words and numbers are mixed in many columns",
            "mots et nombres se mêlent dans bien des colonnes",
        );
    }
    let different: BTreeSet<&[String]> = region
        .columns
        .iter()
        .filter(|column| !column.path.is_empty())
        .map(|column| column.path.as_slice())
        .collect();
    let labelled = region.columns.iter().filter(|c| !c.path.is_empty()).count();
    if different.len() < labelled {
        add(
            "same-labels",
            -10,
            "two columns have the same labels",
            "deux colonnes ont les mêmes intitulés",
        );
    }
    let derived = region.derived_rows.iter().chain(&region.derived_cols);
    let proved = derived.clone().filter(|one| one.proved).count();
    let failed = derived
        .filter(|one| !one.proved && one.checked >= 5 && one.held * 2 < one.checked)
        .count();
    if proved > 0 {
        add(
            "sums-hold",
            10,
            "totals agree with the numbers they sum up",
            "les totaux concordent avec les nombres qu'ils additionnent",
        );
    }
    if failed > proved {
        add(
            "sums-fail",
            -20,
            "totals do not agree with the numbers they seem to sum up",
            "des totaux ne concordent pas avec les nombres qu'ils semblent additionner",
        );
    }
    let area = region.area;
    let printed = |print: &Area| {
        print.first_row <= area.last_row
            && area.first_row <= print.last_row
            && print.first_col <= area.last_col
            && area.first_col <= print.last_col
    };
    if !grid.print_areas.is_empty() && !grid.print_areas.iter().any(printed) {
        add(
            "not-printed",
            -10,
            "the table lies outside of the print area",
            "le tableau se trouve hors de la zone d'impression",
        );
    }
    let points: i16 = region.reasons.iter().map(|reason| reason.points).sum();
    region.confidence = u8::try_from((100 + points).clamp(0, 100)).unwrap_or(0);
}
