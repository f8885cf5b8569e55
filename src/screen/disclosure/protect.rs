//! The whole way of one table: rules, pattern, rounding, attack, verdict.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Audit, DisclosureError, Primary, Profile, Reason, Stop, Summary, Table, Verdict, Zeros,
    elimination::Elimination,
    primary_cells, report, round,
    suppress::{Pattern, Task, suppress},
    view::{OPEN, View},
};

/// What readers can know from earlier releases: exact values by the key of the cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// The values that showed.
    pub values: BTreeMap<String, i64>,
}

/// A number to publish, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// This number.
    Number(i64),
    /// The mark.
    Hidden,
}

/// What was done to a cell; published beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The number is the one counted.
    AsCounted,
    /// The number was rounded by the rule, even where it happens to be the one counted.
    Rounded,
    /// Hidden. Whether for its own sake or for another's is not said: that would help to undo it.
    Hidden,
}

/// A cell as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownCell {
    /// What it counts.
    pub key: String,
    /// What shows.
    pub shown: Shown,
    /// What was done to it.
    pub status: Status,
}

/// A protected table with its record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protected {
    /// The cells, in the order of the table.
    pub cells: Vec<ShownCell>,
    /// The gate: only `safe` may go out without a person.
    pub verdict: Verdict,
    /// The proof. Internal: it holds differences from true values.
    pub audit: Audit,
    /// Before and after, in numbers that may be shown.
    pub summary: Summary,
}

/// Protects a table. The verdict says whether the result may go out.
///
/// `secret` seeds random rounding: the same in all runs, and not public. `earlier` is what already showed.
pub fn protect(
    table: &Table,
    profile: &Profile,
    secret: &[u8],
    earlier: &Earlier,
    stop: Stop<'_>,
) -> Result<Protected, DisclosureError> {
    profile.check()?;
    let primary = primary_cells(table, profile);
    let known: Vec<bool> = table
        .cells()
        .iter()
        .map(|cell| earlier.values.get(&cell.key) == Some(&cell.value))
        .collect();
    let protected: Vec<usize> = primary
        .iter()
        .map(|primary| primary.cell)
        .filter(|&cell| !known[cell])
        .collect();
    let single: Vec<usize> = protected
        .iter()
        .copied()
        .filter(|&cell| profile.singles && table.cells()[cell].is_single())
        .collect();
    let numbers = round::numbers(table, profile.rounding, secret);
    let complete = numbers.is_some();
    let numbers = numbers.unwrap_or_else(|| table.cells().iter().map(|cell| cell.value).collect());
    let shown = shown_view(table, profile, &numbers, &known);
    let covered = covered_view(table, profile, &primary, &known);
    let width: Vec<i64> = table
        .cells()
        .iter()
        .map(|cell| {
            let share = i128::from(cell.value) * i128::from(profile.width_percent) / 100;
            profile.width.max(i64::try_from(share).unwrap_or(i64::MAX))
        })
        .collect();
    let cost: Vec<i64> = table
        .cells()
        .iter()
        .map(|cell| profile.cost.of(cell.value))
        .collect();
    let task = Task {
        table,
        protected: &protected,
        single: &single,
        width: &width,
        cost: &cost,
        shown: &shown,
        covered: &covered,
        limits: profile.limits,
    };
    let mut alone = vec![false; table.len()];
    for cell in &primary {
        alone[cell.cell] = true;
    }
    let naive = Elimination::new(table, &alone, false).exposures(&protected, &single);
    let pattern = if profile.complementary {
        suppress(&task, stop)
    } else {
        Pattern {
            hidden: alone.clone(),
            optimal: false,
        }
    };
    let mut hidden = pattern.hidden;
    for cell in &primary {
        hidden[cell.cell] = true;
    }
    let audit = task.audit(&hidden, stop);
    let already_out = primary.len() - protected.len();
    let safe = complete && already_out == 0 && task.confirms(&hidden, &audit);
    let verdict = if safe {
        Verdict::Safe
    } else {
        Verdict::NotProven
    };
    let cells: Vec<ShownCell> = (0..table.len())
        .map(|cell| show(table, profile, cell, hidden[cell], numbers[cell]))
        .collect();
    let mut exposed_before: Vec<usize> = naive.iter().map(|exposure| exposure.cell).collect();
    exposed_before.sort_unstable();
    exposed_before.dedup();
    let summary = Summary {
        profile: profile.name.clone(),
        cells: table.len(),
        relations: table.relations().len(),
        primary: primary.len(),
        zeros: primary
            .iter()
            .filter(|primary| primary.reason == Reason::Zero)
            .count(),
        singles: single.len(),
        exposed_before: exposed_before.len(),
        complementary: hidden.iter().filter(|hidden| **hidden).count() - primary.len(),
        fewest: pattern.optimal && safe,
        rounding_base: profile.rounding.base(),
        rounded_together: complete,
        already_out,
        attacks: audit.asked,
        open: audit.open.len(),
        hidden_share_permille: report::share(table, &hidden),
        verdict,
    };
    Ok(Protected {
        cells,
        verdict,
        audit,
        summary,
    })
}

fn show(table: &Table, profile: &Profile, cell: usize, hidden: bool, number: i64) -> ShownCell {
    let (shown, status) = if hidden {
        (Shown::Hidden, Status::Hidden)
    } else if profile.rounding.base() > 1 {
        (Shown::Number(number), Status::Rounded)
    } else {
        (Shown::Number(number), Status::AsCounted)
    };
    ShownCell {
        key: table.cells()[cell].key.clone(),
        shown,
        status,
    }
}

/// What readers know of the cells that show.
fn shown_view(table: &Table, profile: &Profile, numbers: &[i64], known: &[bool]) -> View {
    let mut view = View {
        low: Vec::with_capacity(table.len()),
        high: Vec::with_capacity(table.len()),
    };
    for (index, cell) in table.cells().iter().enumerate() {
        let (low, high) = if known[index] || profile.rounding.base() == 1 {
            (cell.value, cell.value)
        } else {
            let (low, high) = round::behind(numbers[index], profile, cell.contributors.is_none());
            // A small cell that shows at no time may lie outside; the true value is always possible.
            (low.min(cell.value), high.max(cell.value))
        };
        view.low.push(low);
        view.high.push(high);
    }
    view
}

/// What readers know of the cells that do not show.
fn covered_view(table: &Table, profile: &Profile, primary: &[Primary], known: &[bool]) -> View {
    let mut view = View {
        low: vec![0; table.len()],
        high: vec![OPEN; table.len()],
    };
    if profile.marks_differ || !profile.complementary {
        // Readers see, or know, which cells are hidden for being small.
        let zeros = profile.zeros == Zeros::Shown;
        for (cell, low) in view.low.iter_mut().enumerate() {
            let counts = table.cells()[cell].contributors.is_none();
            if !zeros && counts {
                *low = profile.minimum_frequency.min(table.value(cell));
            }
        }
        for small in primary {
            if matches!(small.reason, Reason::Small | Reason::Zero)
                && table.cells()[small.cell].contributors.is_none()
            {
                view.low[small.cell] = i64::from(zeros);
                view.high[small.cell] = profile.minimum_frequency - 1;
            }
        }
    }
    for (cell, &known) in known.iter().enumerate() {
        if known {
            view.low[cell] = table.value(cell);
            view.high[cell] = table.value(cell);
        }
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Rounding, profile,
        samples::{flat, table},
    };

    const VALUES: [i64; 9] = [3, 20, 30, 40, 52, 60, 71, 80, 93];

    fn run(profile: &Profile, earlier: &Earlier) -> Protected {
        let table = table(&[flat(3), flat(3)], &VALUES);
        protect(&table, profile, b"secret", earlier, &|| false).unwrap()
    }

    #[test]
    fn a_table_is_protected_and_numbers_stay() {
        let result = run(&Profile::default(), &Earlier::default());
        assert_eq!(result.verdict, Verdict::Safe);
        let summary = &result.summary;
        assert_eq!((summary.primary, summary.complementary), (1, 3));
        assert_eq!(summary.exposed_before, 1);
        assert_eq!(result, run(&Profile::default(), &Earlier::default()));
        let grand = &result.cells[0];
        assert_eq!(grand.shown, Shown::Number(VALUES.iter().sum()));
        assert_eq!(grand.status, Status::AsCounted);
    }

    #[test]
    fn without_complementary_cells_a_person_is_asked() {
        let naive = Profile {
            complementary: false,
            ..Profile::default()
        };
        let result = run(&naive, &Earlier::default());
        assert_eq!(result.verdict, Verdict::NotProven);
        assert_eq!(result.summary.complementary, 0);
    }

    #[test]
    fn what_was_published_before_cannot_be_taken_back() {
        let table = table(&[flat(3), flat(3)], &VALUES);
        let earlier = Earlier {
            values: BTreeMap::from([(table.cells()[5].key.clone(), 3)]),
        };
        let result = run(&Profile::default(), &earlier);
        assert_eq!(result.summary.already_out, 1);
        assert_eq!(result.verdict, Verdict::NotProven);
    }

    #[test]
    fn the_department_profile_rounds_and_hides() {
        let result = run(&profile("ircc").unwrap(), &Earlier::default());
        for cell in &result.cells {
            match cell.shown {
                Shown::Number(number) => {
                    assert_eq!((number % 5, cell.status), (0, Status::Rounded));
                }
                Shown::Hidden => assert_eq!(cell.status, Status::Hidden),
            }
        }
        assert_eq!(result.verdict, Verdict::Safe);
    }

    #[test]
    fn marks_that_differ_narrow_the_interval() {
        let told = Profile {
            marks_differ: true,
            width: 5,
            ..Profile::default()
        };
        // 1 to 5: five values, four apart. A width of 5 cannot be had.
        assert_eq!(run(&told, &Earlier::default()).verdict, Verdict::NotProven);
    }

    #[test]
    fn controlled_rounding_keeps_totals() {
        let adds = Profile {
            rounding: Rounding::Controlled { base: 5 },
            complementary: false,
            minimum_frequency: 0,
            ..Profile::default()
        };
        let result = run(&adds, &Earlier::default());
        assert_eq!(result.verdict, Verdict::Safe);
        assert!(result.summary.rounded_together);
    }
}
