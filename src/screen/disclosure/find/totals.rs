//! Which rows or columns are totals of which others, proved by arithmetic.
//!
//! A total stands before or after an unbroken run of its parts, in official tables without exception seen so far. The
//! shortest run that adds up is taken first, so that the inner levels are found before the outer ones. Rule that must
//! hold: a word such as "Total" lowers the evidence asked for, it never stands in for the sum.

/// Longer runs are not tried.
const LONGEST: usize = 400;
/// Sums that must agree when no word says that it is a total.
const EVIDENCE: usize = 3;

/// Words for totals, in lower case, as they begin or end a label.
const TOTAL_WORDS: [&str; 13] = [
    "total",
    "totals",
    "totaux",
    "all",
    "overall",
    "sum",
    "ensemble",
    "tous",
    "toutes",
    "somme",
    "canada",
    "subtotal",
    "sous-total",
];

/// The values of one row (or column): one for every combination of the other dimensions, none where nothing shows.
pub(super) type Line = Vec<Option<i64>>;

/// For each line the line it is a part of.
///
/// `tolerance` is by how much each number may be off (rounded tables); 0 for exact ones.
pub(super) fn parents(lines: &[Line], labels: &[String], tolerance: i64) -> Vec<Option<usize>> {
    let mut parent = vec![None; lines.len()];
    let mut open: Vec<usize> = (0..lines.len()).collect();
    while let Some((total, first, last)) = shortest(lines, labels, &open, tolerance) {
        let parts: Vec<usize> = open[first..=last].to_vec();
        let whole = open[total];
        for &part in &parts {
            parent[part] = Some(whole);
        }
        open.retain(|line| !parts.contains(line));
    }
    parent
}

/// The shortest run of open lines that adds up to the line before or after it, as places in `open`.
fn shortest(
    lines: &[Line],
    labels: &[String],
    open: &[usize],
    tolerance: i64,
) -> Option<(usize, usize, usize)> {
    let mut best: Option<(usize, usize, usize)> = None;
    for total in 0..open.len() {
        let longest = best.map_or(LONGEST, |(_, first, last)| last - first);
        let evidence = if is_total(&labels[open[total]]) {
            1
        } else {
            EVIDENCE
        };
        for after in [true, false] {
            let mut run = Run::new(&lines[open[total]]);
            for length in 1..=longest {
                let place = if after {
                    total.checked_add(length)
                } else {
                    total.checked_sub(length)
                };
                let Some(next) = place.filter(|&place| place < open.len()) else {
                    break;
                };
                run.add(&lines[open[next]]);
                match run.adds_up(tolerance) {
                    None => break,
                    Some(agreeing) if length > 1 && agreeing >= evidence => {
                        best = Some(if after {
                            (total, total + 1, next)
                        } else {
                            (total, next, total - 1)
                        });
                        break;
                    }
                    Some(_) => {}
                }
            }
        }
    }
    best
}

struct Run<'a> {
    total: &'a [Option<i64>],
    sums: Vec<Option<i64>>,
    parts: i64,
    /// Parts that are not all zero.
    filled: usize,
}

impl<'a> Run<'a> {
    fn new(total: &'a [Option<i64>]) -> Self {
        Self {
            total,
            sums: vec![Some(0); total.len()],
            parts: 0,
            filled: 0,
        }
    }

    fn add(&mut self, line: &[Option<i64>]) {
        for (sum, value) in self.sums.iter_mut().zip(line) {
            *sum = match (*sum, *value) {
                (Some(sum), Some(value)) => sum.checked_add(value),
                _ => None,
            };
        }
        self.parts += 1;
        self.filled += usize::from(line.iter().flatten().any(|&value| value != 0));
    }

    /// How many sums agree and say something, 0 as long as one is too small; none when one is too large already.
    fn adds_up(&self, tolerance: i64) -> Option<usize> {
        let room = tolerance * (self.parts + 1);
        let (mut agreeing, mut short) = (0, self.filled < 2);
        for (total, sum) in self.total.iter().zip(&self.sums) {
            if let (Some(total), Some(sum)) = (total, sum) {
                if sum - total > room {
                    return None;
                }
                short |= total - sum > room;
                agreeing += usize::from(*total > room);
            }
        }
        Some(if short { 0 } else { agreeing })
    }
}

fn is_total(label: &str) -> bool {
    let label = label.to_lowercase();
    let words: Vec<&str> = label
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .collect();
    [words.first(), words.last()]
        .into_iter()
        .flatten()
        .any(|word| TOTAL_WORDS.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(&str, &[i64])], expect: &[Option<usize>]) {
        let labels: Vec<String> = rows.iter().map(|(label, _)| (*label).to_owned()).collect();
        let lines: Vec<Line> = rows
            .iter()
            .map(|(_, values)| values.iter().copied().map(Some).collect())
            .collect();
        assert_eq!(parents(&lines, &labels, 0), expect);
    }

    #[test]
    fn totals_stand_before_or_after_their_parts() {
        check(
            &[("Total", &[6, 60]), ("a", &[2, 20]), ("b", &[4, 40])],
            &[None, Some(0), Some(0)],
        );
        check(
            &[("a", &[2, 20]), ("b", &[4, 40]), ("Ensemble", &[6, 60])],
            &[Some(2), Some(2), None],
        );
    }

    #[test]
    fn levels_are_found_from_the_inside() {
        check(
            &[
                ("East", &[5, 50, 7]),
                ("Halifax", &[2, 20, 3]),
                ("Moncton", &[3, 30, 4]),
                ("West", &[9, 90, 8]),
                ("Calgary", &[4, 50, 2]),
                ("Victoria", &[5, 40, 6]),
                ("Canada", &[14, 140, 15]),
            ],
            &[Some(6), Some(0), Some(0), Some(6), Some(3), Some(3), None],
        );
    }

    #[test]
    fn one_sum_without_a_word_proves_nothing() {
        check(
            &[("a", &[5]), ("b", &[2]), ("c", &[3])],
            &[None, None, None],
        );
    }
}
