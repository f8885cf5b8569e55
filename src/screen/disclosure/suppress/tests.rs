//! Patterns of small tables, by hand.

use super::*;
use crate::{
    samples::{flat, table, tree},
    view::OPEN,
};

fn pattern(table: &Table, below: i64, zeros: bool, singles: bool) -> (Pattern, usize, Verdict) {
    let protected: Vec<usize> = (0..table.len())
        .filter(|&cell| {
            let value = table.value(cell);
            value < below && (zeros || value > 0)
        })
        .collect();
    let single: Vec<usize> = protected
        .iter()
        .copied()
        .filter(|&cell| singles && table.value(cell) == 1)
        .collect();
    let values: Vec<i64> = table.cells().iter().map(|cell| cell.value).collect();
    let task = Task {
        table,
        protected: &protected,
        single: &single,
        width: &vec![1; table.len()],
        cost: &vec![1; table.len()],
        shown: &View {
            low: values.clone(),
            high: values,
        },
        covered: &View {
            low: vec![0; table.len()],
            high: vec![OPEN; table.len()],
        },
        limits: Limits::default(),
    };
    let found = suppress(&task, &|| false);
    let more = found.hidden.iter().filter(|hidden| **hidden).count() - protected.len();
    let audit = task.audit(&found.hidden, &|| false);
    assert_eq!(
        audit.verdict == Verdict::Safe,
        task.confirms(&found.hidden, &audit)
    );
    (found, more, audit.verdict)
}

#[test]
fn one_small_cell_needs_three_more() {
    let table = table(
        &[flat(3), flat(4)],
        &[3, 20, 30, 40, 50, 60, 70, 80, 90, 91, 92, 93],
    );
    let (found, more, verdict) = pattern(&table, 6, false, true);
    assert_eq!((more, verdict, found.optimal), (3, Verdict::Safe, true));
}

#[test]
fn two_singles_in_a_rectangle_need_a_larger_pattern() {
    let values = [1, 1, 30, 40, 50, 60, 70, 80, 90];
    let table = table(&[flat(3), flat(3)], &values);
    let (_, plain, verdict) = pattern(&table, 6, false, false);
    assert_eq!((plain, verdict), (2, Verdict::Safe));
    let (found, more, verdict) = pattern(&table, 6, false, true);
    assert_eq!((more, verdict, found.optimal), (4, Verdict::Safe, true));
}

#[test]
fn zeros_that_are_hidden_get_room_too() {
    let values = [0, 0, 30, 40, 50, 60, 70, 80, 90];
    let table = table(&[flat(3), flat(3)], &values);
    let (_, _, verdict) = pattern(&table, 6, true, true);
    assert_eq!(verdict, Verdict::Safe);
}

#[test]
fn hierarchies_are_protected_through_all_levels() {
    let mut values: Vec<i64> = (0..35).map(|index| 20 + index).collect();
    values[3] = 2;
    values[17] = 4;
    let table = table(&[tree(&[2, 3, 2]), flat(5)], &values);
    let (first, more, verdict) = pattern(&table, 6, false, true);
    assert_eq!(verdict, Verdict::Safe);
    assert!(more <= 6, "{more}");
    let (again, _, _) = pattern(&table, 6, false, true);
    assert_eq!(first.hidden, again.hidden);
}
