//! Cuts a sheet into strips: tables side by side come apart, tables one over the other stay together for now.
//!
//! A strip is a range of columns with some rows. Bands of rows without a gap are looked at first; where an empty column
//! parts a band into two that stand on their own, the band is cut there. Rule that must hold: in doubt there is no cut.

use std::collections::{BTreeMap, BTreeSet};

use crate::grid::CellKind;
use crate::lines::{Sort, Spot, Word, runs, sort_of};

/// With more empty columns than this a band is a drawing, and is not cut.
const GAPS_MAX: usize = 100;

/// Rows and columns that are read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Strip {
    pub(crate) rows: Vec<u32>,
    pub(crate) first_col: u32,
    pub(crate) last_col: u32,
}

/// The rows of a band, by row.
struct Rows<'a> {
    words: &'a [Word],
    by: BTreeMap<u32, Vec<Spot>>,
}

impl Rows<'_> {
    fn spots(&self, row: u32) -> &[Spot] {
        self.by.get(&row).map_or(&[], Vec::as_slice)
    }

    fn at(&self, row: u32, col: u32) -> Option<&Spot> {
        let spots = self.spots(row);
        spots
            .binary_search_by_key(&col, |spot| spot.col)
            .ok()
            .map(|index| &spots[index])
    }

    fn text(&self, row: u32, col: u32) -> Option<&str> {
        self.at(row, col)
            .map(|spot| self.words[spot.word].text.as_str())
    }

    fn run_count(&self, row: u32) -> usize {
        runs(self.spots(row), self.words).len()
    }

    fn within(&self, row: u32, first: u32, last: u32) -> usize {
        self.spots(row)
            .iter()
            .filter(|spot| (first..=last).contains(&spot.col))
            .count()
    }
}

/// A group of bands with the same cuts; none while only titles were seen.
struct Group {
    rows: Vec<u32>,
    cuts: Option<Vec<u32>>,
}

/// The strips of a sheet, from top to bottom, then from left to right.
pub(crate) fn strips(placed: &BTreeMap<(u32, u32), usize>, words: &[Word]) -> Vec<Strip> {
    let mut by: BTreeMap<u32, Vec<Spot>> = BTreeMap::new();
    for (&(row, col), &word) in placed {
        by.entry(row).or_default().push(Spot {
            col,
            word,
            kind: words[word].kind,
        });
    }
    let rows = Rows { words, by };
    let bands = bands(&rows);
    let mut groups: Vec<Group> = Vec::new();
    let mut waiting: Vec<u32> = Vec::new();
    let count = bands.len();
    for (index, band) in bands.into_iter().enumerate() {
        let last = index + 1 == count;
        let neutral = band.iter().all(|&row| rows.run_count(row) <= 1);
        if neutral && !waiting.is_empty() && !last {
            waiting.extend(band);
            continue;
        }
        if neutral {
            waiting.extend(band);
            let band = std::mem::take(&mut waiting);
            match groups.last_mut() {
                Some(group) => group.rows.extend(band),
                None => groups.push(Group {
                    rows: band,
                    cuts: None,
                }),
            }
            continue;
        }
        let mut found = cuts(&rows, &band);
        if found.is_empty() && band.len() <= 6 && !last {
            waiting.extend(band);
            continue;
        }
        waiting.extend(band);
        let band = std::mem::take(&mut waiting);
        if found.iter().any(|&cut| {
            band.iter()
                .any(|&row| crosses(&rows, row, cut) && rows.run_count(row) > 1)
        }) {
            found.clear();
        }
        match groups.last_mut() {
            Some(group) if group.cuts.as_ref().is_none_or(|cuts| *cuts == found) => {
                group.rows.extend(band);
                group.cuts = Some(found);
            }
            _ => groups.push(Group {
                rows: band,
                cuts: Some(found),
            }),
        }
    }
    if !waiting.is_empty() {
        match groups.last_mut() {
            Some(group) => group.rows.extend(waiting),
            None => groups.push(Group {
                rows: waiting,
                cuts: None,
            }),
        }
    }
    groups
        .iter()
        .flat_map(|group| parts(&rows, group))
        .collect()
}

/// A cell right before a cut that does not belong to a label spread over it.
fn crosses(rows: &Rows<'_>, row: u32, cut: u32) -> bool {
    let Some(before) = cut.checked_sub(1).and_then(|col| rows.text(row, col)) else {
        return false;
    };
    rows.text(row, cut) != Some(before)
}

fn parts(rows: &Rows<'_>, group: &Group) -> Vec<Strip> {
    let mut strips = Vec::new();
    let mut from = 0;
    let ends = group.cuts.iter().flatten().copied().map(Some);
    for end in ends.chain([None]) {
        let inside = |col: u32| col >= from && end.is_none_or(|end| col < end);
        let cols: BTreeSet<u32> = group
            .rows
            .iter()
            .flat_map(|&row| rows.spots(row))
            .map(|spot| spot.col)
            .filter(|&col| inside(col))
            .collect();
        if let (Some(&first_col), Some(&last_col)) = (cols.first(), cols.last()) {
            strips.push(Strip {
                rows: group.rows.clone(),
                first_col,
                last_col,
            });
        }
        from = end.unwrap_or(from);
    }
    strips
}

/// Rows that follow one another without a gap.
fn bands(rows: &Rows<'_>) -> Vec<Vec<u32>> {
    let mut bands: Vec<Vec<u32>> = Vec::new();
    for &row in rows.by.keys() {
        match bands.last_mut() {
            Some(band) if band.last().is_some_and(|&last| last + 1 == row) => band.push(row),
            _ => bands.push(vec![row]),
        }
    }
    bands
}

/// The first columns of the parts of a band, the first part aside.
fn cuts(rows: &Rows<'_>, band: &[u32]) -> Vec<u32> {
    let mut used: BTreeSet<u32> = BTreeSet::new();
    for &row in band {
        if rows.run_count(row) <= 1 {
            continue;
        }
        for spot in rows.spots(row) {
            let text = rows.text(row, spot.col);
            let spread = spot.kind == CellKind::Text
                && spot.col.checked_sub(1).and_then(|col| rows.text(row, col)) == text
                && spot.col.checked_add(1).and_then(|col| rows.text(row, col)) == text;
            if !spread {
                used.insert(spot.col);
            }
        }
    }
    let used: Vec<u32> = used.into_iter().collect();
    let (Some(&first), Some(&last)) = (used.first(), used.last()) else {
        return Vec::new();
    };
    let mut found: Vec<u32> = Vec::new();
    let mut start = first;
    let gaps = used.windows(2).filter(|pair| pair[1] - pair[0] > 1);
    if gaps.clone().count() > GAPS_MAX {
        return found;
    }
    for pair in gaps {
        if stands_alone(rows, band, (start, pair[0]), (pair[1], last)) {
            found.push(pair[1]);
            start = pair[1];
        }
    }
    found
}

/// True when what stands right of a gap is a table of its own.
fn stands_alone(rows: &Rows<'_>, band: &[u32], left: (u32, u32), right: (u32, u32)) -> bool {
    let gap = right.0 - left.1 - 1;
    let mut end = right.0;
    while end < right.1 && band.iter().any(|&row| rows.at(row, end + 1).is_some()) {
        end += 1;
    }
    let wide = |first: u32, last: u32, least: usize| -> Vec<u32> {
        band.iter()
            .copied()
            .filter(|&row| rows.within(row, first, last) >= least)
            .collect()
    };
    let (lefts, rights) = (wide(left.0, left.1, 2), wide(right.0, end, 2));
    if lefts.len() < 3 || rights.len() < 3 {
        return false;
    }
    let any = wide(left.0, left.1, 1);
    let (Some(&left_end), Some(&any_end), Some(&right_end)) =
        (lefts.last(), any.last(), rights.last())
    else {
        return false;
    };
    let apart = lefts[0].abs_diff(rights[0]);
    if lefts.len().min(rights.len()) >= 4
        && any_end.abs_diff(right_end) >= 5
        && apart <= 1
        && left_end.abs_diff(right_end) >= 5
    {
        return true;
    }
    if gap >= 2 && (apart > 1 || left_end.abs_diff(right_end) > 1) {
        return true;
    }
    let stub: Vec<(u32, &Spot)> = rights
        .iter()
        .filter_map(|&row| rows.at(row, right.0).map(|spot| (row, spot)))
        .collect();
    let Some(body) = stub.get(1..).filter(|body| body.len() >= 2) else {
        return false;
    };
    let same = rights
        .iter()
        .filter(|&&row| {
            rows.text(row, right.0).is_some() && rows.text(row, right.0) == rows.text(row, left.0)
        })
        .count();
    if same * 10 >= rights.len() * 8 {
        return true;
    }
    let labels = body
        .iter()
        .filter(|(_, spot)| matches!(sort_of(spot, rows.words), Sort::Text | Sort::Day))
        .count();
    let different: BTreeSet<&str> = body
        .iter()
        .map(|(_, spot)| rows.words[spot.word].text.as_str())
        .collect();
    gap >= 2 && labels * 10 >= body.len() * 7 && different.len() * 10 >= body.len() * 6
}
