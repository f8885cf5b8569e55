//! What each line looks like beside its neighbours.
//!
//! Rule that must hold: the work for a line is bounded by its own cells and those of twenty lines after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::grid::CellKind;
use crate::lines::{Line, Sort, Spot, Word, share, sort_of, usual};
use crate::wording;

/// How many lines before and after are looked through for the usual kind of a column.
const REACH: usize = 12;
/// How many of those count.
const COUNTED: usize = 8;
/// How many lines after are searched for the same text.
const REPEAT: usize = 20;

/// Fills in what each line looks like.
pub(crate) fn look(lines: &mut [Line], words: &[Word], width: usize) {
    let first = lines
        .iter()
        .filter(|line| line.run_count() >= 2)
        .map(Line::first_col)
        .min()
        .unwrap_or(0);
    for index in 0..lines.len() {
        let counts = |line: &&Line| line.run_count() >= 2 || width <= 2;
        let after = &lines[index + 1..lines.len().min(index + 1 + REACH)];
        let after: Vec<&Line> = after.iter().filter(counts).take(COUNTED).collect();
        let before = &lines[index.saturating_sub(REACH)..index];
        let before: Vec<&Line> = before.iter().rev().filter(counts).take(COUNTED).collect();
        let mut line = lines[index].clone();
        line.below = usual_sorts(&after, words);
        line.above = usual_sorts(&before, words);
        line.has_below = !after.is_empty();
        line.starts_first = line.first_col() <= first;
        compare(&mut line, words, &mean_lengths(&after, words));
        let following = &lines[index + 1..lines.len().min(index + 1 + REPEAT)];
        let texts = line.spots.iter().filter(|spot| spot.kind == CellKind::Text);
        let again = texts.clone().filter(|spot| {
            following.iter().any(|other| {
                other
                    .at(spot.col)
                    .is_some_and(|o| words[o.word].text == words[spot.word].text)
            })
        });
        line.repeated = share(again.count(), texts.count());
        lines[index] = line;
    }
}

fn usual_sorts(lines: &[&Line], words: &[Word]) -> Vec<(u32, Sort)> {
    let mut columns: BTreeMap<u32, Vec<(Sort, usize)>> = BTreeMap::new();
    for spot in lines.iter().flat_map(|line| &line.spots) {
        let sort = sort_of(spot, words);
        if sort == Sort::Code {
            continue;
        }
        let counts = columns.entry(spot.col).or_default();
        match counts.iter_mut().find(|(other, _)| *other == sort) {
            Some((_, count)) => *count += 1,
            None => counts.push((sort, 1)),
        }
    }
    columns
        .into_iter()
        .filter_map(|(col, counts)| {
            let all: usize = counts.iter().map(|(_, count)| count).sum();
            // Of equal counts the nearest line's sort wins, so only a larger count replaces.
            let mut best = *counts.first()?;
            for &one in &counts[1..] {
                if one.1 > best.1 {
                    best = one;
                }
            }
            (all * 3 >= lines.len()).then_some((col, best.0))
        })
        .collect()
}

fn mean_lengths(lines: &[&Line], words: &[Word]) -> BTreeMap<u32, f64> {
    let mut columns: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for spot in lines.iter().flat_map(|line| &line.spots) {
        let (sum, count) = columns.entry(spot.col).or_default();
        *sum += words[spot.word].chars;
        *count += 1;
    }
    columns
        .into_iter()
        .filter(|(_, (_, count))| count * 3 >= lines.len())
        .map(|(col, (sum, count))| (col, share(sum, count)))
        .collect()
}

/// Compares a line with the usual sorts around it.
fn compare(line: &mut Line, words: &[Word], lengths: &BTreeMap<u32, f64>) {
    let fill = line.fill();
    let is_day_here = |line: &Line, col: u32| {
        usual(&line.below, col) == Some(Sort::Day) || usual(&line.above, col) == Some(Sort::Day)
    };
    let (mut below, mut below_same, mut over) = (0, 0, 0);
    let (mut above, mut above_same) = (0, 0);
    let (mut differs, mut lengths_seen, mut figures) = (0, 0, 0);
    let (mut labels, mut period_like) = (0, 0);
    let (mut values, mut plain, mut codes) = (0, 0, 0);
    for spot in &line.spots {
        let word = &words[spot.word];
        let sort = sort_of(spot, words);
        if let Some(usual) = usual(&line.below, spot.col) {
            below += 1;
            let year = word.period && spot.kind == CellKind::Number;
            below_same +=
                usize::from(sort == Sort::Code || sort == usual || (usual == Sort::Number && year));
            over += usize::from(match (sort, usual) {
                (Sort::Text | Sort::Day, Sort::Number) | (Sort::Text, Sort::Day) => true,
                (_, Sort::Number) => word.period,
                _ => false,
            });
        }
        if let Some(usual) = usual(&line.above, spot.col) {
            above += 1;
            let number = usual == Sort::Number && spot.kind == CellKind::Number;
            above_same += usize::from(sort == Sort::Code || sort == usual || number);
        }
        if spot.kind == CellKind::Text {
            if let Some(&mean) = lengths.get(&spot.col) {
                lengths_seen += 1;
                let here = share(word.chars, 1);
                differs += usize::from(here > 2.0 * mean + 4.0 || 2.0 * here + 4.0 < mean);
            }
            figures += usize::from(!word.period && word.text.chars().any(char::is_numeric));
        }
        let day_label = spot.kind == CellKind::Date && !is_day_here(line, spot.col);
        labels += usize::from(spot.kind == CellKind::Text || word.period || day_label);
        period_like += usize::from(word.period || day_label);
        if !word.period {
            values += usize::from(matches!(
                spot.kind,
                CellKind::Number | CellKind::Code | CellKind::Date
            ));
            plain += usize::from(match spot.kind {
                CellKind::Number | CellKind::Bool => true,
                CellKind::Date => !day_label,
                _ => false,
            });
        }
        codes += usize::from(spot.kind == CellKind::Code);
    }
    line.agrees_below = (below > 0).then(|| share(below_same, below));
    line.agrees_above = (above > 0).then(|| share(above_same, above));
    line.words_over = share(over, below);
    line.length_differs = share(differs, lengths_seen);
    line.figures = share(figures, fill);
    line.labels = share(labels, fill);
    (line.values, line.plain, line.codes) = (values, plain, codes);
    line.longest = line
        .spots
        .iter()
        .map(|spot| words[spot.word].chars)
        .max()
        .unwrap_or(0);
    let (known, all) = wording::label_words(
        line.runs
            .iter()
            .filter(|spot| spot.kind == CellKind::Text)
            .map(|spot| words[spot.word].text.as_str()),
    );
    line.label_words = share(known, all);
    let bold = line.runs.iter().filter(|spot| words[spot.word].bold);
    line.bold = share(bold.count(), line.run_count());
    line.unit = line
        .runs
        .iter()
        .all(|spot| wording::is_unit(&words[spot.word].text));
    line.note = line
        .lead(words)
        .is_some_and(|word| wording::is_note(&word.text));
    sequences(line, words, period_like);
}

/// Whether the line is a row of periods, of column numbers, of numbers over words.
fn sequences(line: &mut Line, words: &[Word], period_like: usize) {
    let fill = line.fill();
    let rest: &[Spot] = if fill > 1 {
        &line.spots[1..]
    } else {
        &line.spots
    };
    let over: Vec<&Spot> = rest
        .iter()
        .filter(|spot| usual(&line.below, spot.col).is_some())
        .collect();
    let numbers = over.iter().filter(|spot| {
        spot.kind == CellKind::Number && usual(&line.below, spot.col) == Some(Sort::Text)
    });
    let numbers_over = if over.len() >= 3 {
        share(numbers.count(), over.len())
    } else {
        0.0
    };
    let texts: BTreeSet<&str> = rest
        .iter()
        .map(|spot| words[spot.word].text.as_str())
        .collect();
    let varies = texts.len() >= 2 || rest.len() < 2;
    let skip_first = line
        .spots
        .first()
        .is_some_and(|spot| spot.kind == CellKind::Text);
    let values: Option<Vec<f64>> = line
        .runs
        .iter()
        .filter(|spot| !skip_first || spot.col != line.first_col())
        .map(|spot| bare_number(&words[spot.word].text))
        .collect();
    let steps: Option<Vec<f64>> = values
        .as_ref()
        .map(|values| values.windows(2).map(|pair| pair[1] - pair[0]).collect());
    let one = |step: &f64| (step - 1.0).abs() < 1e-9;
    let counts_up = match (&values, &steps) {
        (Some(values), Some(steps)) => {
            values.len() >= 3
                && steps.iter().all(one)
                && [0.0, 1.0, 2.0]
                    .iter()
                    .any(|start| (values[0] - start).abs() < 1e-9)
        }
        _ => false,
    };
    let mut periods =
        period_like >= 2 && period_like * 5 >= rest.len() * 3 && line.plain * 5 <= fill;
    if let Some(steps) = &steps
        && periods
        && !steps.is_empty()
    {
        // Years in a data column jump about; years over columns go one way, or repeat in few steps.
        let up = steps.iter().all(|step| *step > 0.0);
        let down = steps.iter().all(|step| *step < 0.0);
        let mut kinds: Vec<f64> = Vec::new();
        for step in steps {
            if kinds.len() <= 3 && !kinds.iter().any(|kind| (kind - step).abs() < 1e-6) {
                kinds.push(*step);
            }
        }
        periods = up || down || kinds.len() <= 3;
    }
    line.numbers_over = numbers_over;
    line.varies = varies;
    line.counts_up = counts_up;
    line.periods = periods;
}

/// A number written with nothing but figures, brackets and thousands commas.
fn bare_number(text: &str) -> Option<f64> {
    text.trim_matches(['(', ')']).replace(',', "").parse().ok()
}
