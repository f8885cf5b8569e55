//! Says of each line of a strip what it is, and where the tables are.
//!
//! From the first line of values it walks up for the header and down for the last row; what the strip holds after that is
//! searched again. The thresholds were set by hand on labelled official sheets and measured on sheets kept apart (see
//! `tests/peers/layout`). Rule that must hold: every line gets one class, and each step of the search moves on.

use std::collections::BTreeSet;

use crate::grid::CellKind;
use crate::lines::{Line, Sort, Word, share, usual};
use crate::wording;

/// So many empty rows part what is below from a table.
const GAP_ENDS_TABLE: u32 = 6;
/// So many empty rows part a line of words from a table above it.
const GAP_ENDS_WORDS: u32 = 4;
/// More lines of column labels than any table made for reading has.
const HEADER_MAX: usize = 30;
/// Stands for the gap above the first and below the last line.
const NO_NEIGHBOUR: u32 = 99;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineClass {
    /// A title, or other words above a table.
    Title,
    /// Column labels.
    Header,
    /// A label for the rows below it, without values.
    Group,
    /// Values, totals included.
    Data,
    /// A unit of the columns below it.
    Unit,
    /// A note, a source, anything after a table.
    Note,
}

/// A table by the indexes of its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) header: Vec<usize>,
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// True when the header was taken as the first wide line of a table of words.
    pub(crate) by_words: bool,
}

/// The lines of a strip with what the search needs.
struct Search<'a> {
    lines: &'a [Line],
    words: &'a [Word],
    width: usize,
    /// Empty rows above each line, and one more for the end.
    gaps: Vec<u32>,
    /// How much each line looks like column labels, 0 to 1.
    heads: Vec<f64>,
    values: Vec<bool>,
    classes: Vec<Option<LineClass>>,
}

/// The class of each line, and the tables from top to bottom.
pub(crate) fn segment(
    lines: &[Line],
    words: &[Word],
    width: usize,
) -> (Vec<LineClass>, Vec<Found>) {
    let mut search = Search::new(lines, words, width);
    let mut tables = Vec::new();
    let mut from = 0;
    let mut end: Option<usize> = None;
    while let Some(first) = (from..lines.len()).find(|&at| search.values[at]) {
        let found = search.table(from, first, end);
        from = found.last + 1;
        end = Some(found.last);
        tables.push(found);
    }
    if tables.is_empty() {
        return search.of_words();
    }
    let classes = search.classes.iter();
    (
        classes
            .map(|class| class.unwrap_or(LineClass::Note))
            .collect(),
        tables,
    )
}

impl<'a> Search<'a> {
    fn new(lines: &'a [Line], words: &'a [Word], width: usize) -> Self {
        let mut gaps = vec![NO_NEIGHBOUR];
        for pair in lines.windows(2) {
            gaps.push(pair[1].row - pair[0].row - 1);
        }
        gaps.push(NO_NEIGHBOUR);
        let mut search = Self {
            lines,
            words,
            width,
            gaps,
            heads: vec![0.0; lines.len() + 1],
            values: vec![false; lines.len()],
            classes: vec![None; lines.len()],
        };
        for at in (0..lines.len()).rev() {
            search.heads[at] = search.head(at);
        }
        for (at, line) in lines.iter().enumerate() {
            let beside = search.heads[at + 1] >= 0.5 || (at > 0 && search.heads[at - 1] >= 0.5);
            if line.counts_up && beside {
                search.heads[at] = 1.0;
            }
        }
        for (at, line) in lines.iter().enumerate() {
            search.values[at] = search.heads[at] < 0.5 && holds_values(line, words);
        }
        search
    }

    /// Cells that are filled, as a share of the strip's width.
    fn is_wide(&self, at: usize, least: f64) -> bool {
        share(self.lines[at].fill(), self.width) >= least
    }

    /// How much a line looks like column labels over what follows.
    fn head(&self, at: usize) -> f64 {
        let line = &self.lines[at];
        if line.run_count() < 2 {
            return 0.0;
        }
        if line.periods && (line.has_below || at + 1 < self.lines.len()) {
            return 1.0;
        }
        if line.numbers_over >= 0.7 && at <= 3 {
            return 1.0;
        }
        let before_head =
            self.heads[at + 1] >= 0.8 && self.gaps[at + 1] == 0 && line.words_over >= 0.25;
        let (most_plain, least_labels) = if before_head { (0.5, 0.5) } else { (0.25, 0.6) };
        if share(line.plain, line.fill()) > most_plain || line.labels < least_labels {
            return 0.0;
        }
        let mut score = 1.2 * line.words_over + 0.35 * line.length_differs;
        let numbers_below = line.below.iter().any(|&(_, sort)| sort == Sort::Number);
        if line.words_over <= 0.0
            && line.agrees_below.is_some_and(|share| share >= 0.99)
            && numbers_below
        {
            score -= 0.6;
        }
        if self.is_wide(at, 0.75) {
            score += 0.15;
        }
        score += if line.repeated > 0.0 {
            -0.6 * line.repeated
        } else {
            0.1
        };
        score += 0.4 * line.label_words;
        score += if line.figures > 0.0 {
            -0.3 * line.figures
        } else {
            0.1
        };
        let next = &self.lines[at + 1..self.lines.len().min(at + 3)];
        if line.bold >= 0.8 && next.iter().any(|line| line.bold < 0.5) {
            score += 0.4;
        }
        if line.longest > 80 {
            score -= 0.3;
        }
        score.clamp(0.0, 1.0)
    }

    /// The table whose first line of values is at `first`, searched from `from` on.
    fn table(&mut self, from: usize, first: usize, end: Option<usize>) -> Found {
        let (mut header, mut first) = self.walk_up(from, first);
        let by_words = self.trim_header(from, &mut first, &mut header);
        if header.is_empty() {
            for class in &mut self.classes[from..first] {
                if matches!(class, Some(LineClass::Group | LineClass::Unit)) {
                    *class = None;
                }
            }
        }
        for &at in &header {
            self.classes[at] = Some(LineClass::Header);
        }
        for at in from..first {
            if self.classes[at].is_none() {
                let after = end.is_some_and(|end| at - end <= 1 || self.lines[at].note);
                self.classes[at] = Some(if after {
                    LineClass::Note
                } else {
                    LineClass::Title
                });
            }
        }
        let last = self.walk_down(&header, first);
        Found {
            header,
            first,
            last,
            by_words,
        }
    }

    /// The header lines above a line of values; rows of codes between them move the first row up.
    fn walk_up(&mut self, from: usize, mut first: usize) -> (Vec<usize>, usize) {
        let mut header: Vec<usize> = Vec::new();
        let mut at = first;
        while at > from {
            at -= 1;
            let line = &self.lines[at];
            let gap = self.gaps[at + 1];
            let none = header.is_empty();
            if gap >= 3 || (gap >= 2 && !none) || header.len() >= HEADER_MAX {
                break;
            }
            let below_header =
                at > from && self.gaps[at] >= 1 && self.lines[at - 1].run_count() >= 2;
            let unit = none && line.unit && below_header;
            if line.run_count() >= 2 {
                let short = line.starts_first && line.run_count() <= 2;
                if !none
                    && ((short && (line.note || (gap >= 1 && !self.is_wide(at, 0.5))))
                        || (share(line.plain, line.fill()) > 0.5 && self.heads[at] < 0.5)
                        || self.names_a_value(line))
                {
                    break;
                }
                if none && self.is_row(at) {
                    self.classes[at] = Some(LineClass::Data);
                    first = at;
                } else if unit && !line.starts_first {
                    self.classes[at] = Some(LineClass::Unit);
                } else {
                    header.push(at);
                }
                continue;
            }
            let chars = line.lead(self.words).map_or(0, |word| word.chars);
            if line.fill() > 1 {
                if chars > 60 || (line.starts_first && (self.is_wide(at, 0.7) || !none)) {
                    break;
                }
                if line.starts_first {
                    self.classes[at] = Some(LineClass::Group);
                } else if unit {
                    self.classes[at] = Some(LineClass::Unit);
                } else {
                    header.push(at);
                }
                continue;
            }
            if line.starts_first {
                if !none || chars > 100 || line.note {
                    break;
                }
                self.classes[at] = Some(LineClass::Group);
            } else if none && gap <= 1 && chars <= 40 {
                let over_words = usual(&line.below, line.first_col()) == Some(Sort::Text);
                if over_words {
                    self.classes[at] = Some(LineClass::Group);
                } else if self.gaps[at] == 0 && at > from && self.heads[at - 1] >= 0.5 {
                    header.push(at);
                } else {
                    self.classes[at] = Some(LineClass::Unit);
                }
            } else if !none && gap == 0 && chars <= 60 && self.width >= 3 {
                header.push(at);
            } else {
                break;
            }
        }
        header.sort_unstable();
        (header, first)
    }

    /// A row of words and codes that agrees with the rows below it.
    fn is_row(&self, at: usize) -> bool {
        let line = &self.lines[at];
        self.heads[at] < 0.25
            && line.agrees_below.is_some_and(|share| share >= 0.8)
            && line.words_over <= 0.0
            && (line.starts_first || line.plain + line.codes > 0)
            && line.below.iter().any(|&(_, sort)| sort != Sort::Text)
    }

    /// `Source | Statistics` above a table: a name and its value, no header.
    fn names_a_value(&self, line: &Line) -> bool {
        line.starts_first
            && line.run_count() == 2
            && line.fill() == 2
            && self.width > 3
            && (line.note || line.lead(self.words).is_some_and(|w| w.text.ends_with(':')))
    }

    /// Gives back to the data what the walk up took for header; true when the table is one of words.
    fn trim_header(&mut self, from: usize, first: &mut usize, header: &mut Vec<usize>) -> bool {
        let multi: Vec<usize> = header
            .iter()
            .copied()
            .filter(|&at| self.lines[at].run_count() >= 2)
            .collect();
        let sure = multi.last().is_some_and(|&at| {
            self.lines[at].words_over >= 0.5 && self.heads[at] >= 0.8 && self.is_wide(at, 0.75)
        });
        let weak = multi.iter().all(|&at| self.heads[at] < 0.35);
        let far = multi.is_empty() && *first - from > 3;
        if multi.len() > 5 && sure {
            let mut top = multi.len() - 1;
            while top > 0
                && multi[top - 1] + 1 >= multi[top]
                && self.gaps[multi[top]] == 0
                && self.heads[multi[top - 1]] >= 0.5
                && multi.len() - top < 4
            {
                top -= 1;
            }
            header.retain(|&at| at >= multi[top]);
            return false;
        }
        if multi.len() > 5 || (weak && !multi.is_empty()) || far {
            let wide =
                (from..*first).find(|&at| self.lines[at].run_count() >= 2 && self.is_wide(at, 0.6));
            let Some(wide) =
                wide.filter(|&at| multi.len() > 5 || multi.first().is_none_or(|&m| at <= m))
            else {
                return false;
            };
            *header = self.around(wide, (from, *first), usize::MAX, false);
            let body = header.last().copied().unwrap_or(wide) + 1;
            for at in body..*first {
                let row = self.lines[at].run_count() >= 2;
                self.classes[at] = Some(if row {
                    LineClass::Data
                } else {
                    LineClass::Group
                });
            }
            let row = |at: &usize| self.classes[*at] == Some(LineClass::Data);
            *first = (body..*first).find(row).unwrap_or(*first);
            return true;
        }
        if multi.len() > 1 {
            let wide = multi
                .iter()
                .find(|&&at| self.is_wide(at, 0.75) && self.heads[at] >= 0.45);
            let cut = wide.and_then(|&wide| {
                multi.iter().copied().find(|&at| {
                    let line = &self.lines[at];
                    at > wide
                        && line.starts_first
                        && line.words_over < 0.3
                        && self.heads[at] < 0.4
                        && self.is_wide(at, 0.3)
                        && !line
                            .texts(self.words)
                            .eq(self.lines[at + 1].texts(self.words))
                })
            });
            if let Some(cut) = cut {
                for &at in header.iter().filter(|&&at| at >= cut) {
                    self.classes[at] = Some(LineClass::Data);
                }
                header.retain(|&at| at < cut);
                *first = cut;
            }
        }
        false
    }

    /// A wide line of labels with the lines above and below that belong to it.
    fn around(
        &self,
        wide: usize,
        (from, to): (usize, usize),
        most_below: usize,
        of_words: bool,
    ) -> Vec<usize> {
        let mut header = vec![wide];
        let mut at = wide;
        let above = |line: &Line| !line.starts_first || (of_words && line.run_count() >= 2);
        while at > from && self.gaps[at] == 0 && above(&self.lines[at - 1]) {
            at -= 1;
            header.push(at);
        }
        let mut below = wide + 1;
        while below < to
            && below - wide <= most_below
            && self.gaps[below] == 0
            && fills_open(&self.lines[below], &self.lines[wide])
        {
            header.push(below);
            below += 1;
        }
        header.sort_unstable();
        header
    }

    /// The last row of a table that starts at `first`.
    fn walk_down(&mut self, header: &[usize], first: usize) -> usize {
        let (lines, words) = (self.lines, self.words);
        let heads: BTreeSet<Vec<&str>> = header
            .iter()
            .map(|&at| lines[at].texts(words).collect())
            .collect();
        let ahead = lines.len().min(first + 200);
        let mut fills: Vec<usize> = (first..ahead)
            .filter(|&at| self.values[at])
            .map(|at| lines[at].fill())
            .collect();
        fills.sort_unstable();
        let middle = fills.get(fills.len() / 2).copied().unwrap_or(1);
        self.classes[first] = Some(LineClass::Data);
        let mut last = first;
        let mut waiting: Vec<usize> = Vec::new();
        let mut at = first + 1;
        while at < lines.len() && self.gaps[at] < GAP_ENDS_TABLE {
            let line = &lines[at];
            let values_near = |reach: usize| at + 1..lines.len().min(at + reach);
            if line.starts_first
                && line.run_count() <= 2
                && line
                    .lead(words)
                    .is_some_and(|word| wording::closes_table(&word.text))
                && !values_near(8)
                    .any(|next| self.values[next] && lines[next].fill() * 10 >= middle * 6)
            {
                break;
            }
            let repeats = self.gaps[at] == 0
                && waiting.is_empty()
                && line.run_count() >= 2
                && heads.contains(&line.texts(words).collect::<Vec<&str>>());
            if repeats {
                self.classes[at] = Some(LineClass::Header);
                at += 1;
                continue;
            }
            if self.values[at] {
                for between in waiting.drain(..) {
                    let alone = lines[between].run_count() == 1 && lines[between].starts_first;
                    self.classes[between] = Some(if alone {
                        LineClass::Group
                    } else {
                        LineClass::Data
                    });
                }
                self.classes[at] = Some(LineClass::Data);
                last = at;
                at += 1;
                continue;
            }
            let starts_anew = line.run_count() >= 2
                && self.heads[at] >= 0.6
                && (line.words_over >= 0.5 || line.periods)
                && line.varies
                && values_near(4).any(|next| self.values[next]);
            if starts_anew || self.gaps[at] >= GAP_ENDS_WORDS {
                break;
            }
            waiting.push(at);
            at += 1;
        }
        for at in waiting {
            let line = &lines[at];
            let agrees = line.fill() >= 3 && line.agrees_above.is_some_and(|share| share >= 0.75);
            if at == last + 1
                && line.run_count() >= 2
                && !line.note
                && self.gaps[at] == 0
                && (self.is_wide(at, 0.5) || agrees)
            {
                self.classes[at] = Some(LineClass::Data);
                last = at;
            } else {
                break;
            }
        }
        last
    }

    /// A strip without values: its first wide line heads a table of words, if rows follow.
    fn of_words(&self) -> (Vec<LineClass>, Vec<Found>) {
        let lines = self.lines;
        let all_notes = |titles: usize| -> Vec<LineClass> {
            (0..lines.len())
                .map(|at| {
                    if at < titles {
                        LineClass::Title
                    } else {
                        LineClass::Note
                    }
                })
                .collect()
        };
        let wide = (0..lines.len()).find(|&at| lines[at].run_count() >= 2 && self.is_wide(at, 0.5));
        let Some(wide) = wide.filter(|_| self.width >= 2 && lines.len() >= 2) else {
            return (all_notes(1), Vec::new());
        };
        let mut last = wide;
        while last + 1 < lines.len() && self.gaps[last + 1] < 3 {
            last += 1;
        }
        while last > wide
            && lines[last].run_count() == 1
            && lines[last].starts_first
            && (lines[last].note || self.gaps[last] >= 1 || lines[last].longest > 60)
        {
            last -= 1;
        }
        if last == wide {
            return (all_notes(wide + 1), Vec::new());
        }
        let header = self.around(wide, (0, last), 3, true);
        let body = header.last().copied().unwrap_or(wide) + 1;
        let classes: Vec<LineClass> = (0..lines.len())
            .map(|at| {
                if header.contains(&at) {
                    LineClass::Header
                } else if at < wide {
                    LineClass::Title
                } else if at > last {
                    LineClass::Note
                } else if lines[at].run_count() == 1 && lines[at].fill() > 1 {
                    LineClass::Group
                } else {
                    LineClass::Data
                }
            })
            .collect();
        let Some(first) = (body..=last).find(|&at| classes[at] == LineClass::Data) else {
            return (classes, Vec::new());
        };
        let found = Found {
            header,
            first,
            last,
            by_words: true,
        };
        (classes, vec![found])
    }
}

/// A line that fills what the wide line above it left open.
fn fills_open(line: &Line, wide: &Line) -> bool {
    let open = line
        .spots
        .iter()
        .filter(|spot| wide.at(spot.col).is_none())
        .count();
    !line.starts_first && line.plain == 0 && open * 2 >= line.fill()
}

/// True when a line shows values: enough numbers, or one where the column has numbers.
fn holds_values(line: &Line, words: &[Word]) -> bool {
    if line.run_count() < 2 || line.values == 0 {
        return false;
    }
    let led_by_period = line.lead(words).is_some_and(|word| word.period);
    let cells = line.fill() - usize::from(led_by_period);
    share(line.values, cells.max(1)) >= 0.25
        || line.spots.iter().any(|spot| {
            matches!(spot.kind, CellKind::Number | CellKind::Code)
                && (usual(&line.below, spot.col) == Some(Sort::Number)
                    || usual(&line.above, spot.col) == Some(Sort::Number))
        })
}
