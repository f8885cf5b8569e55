//! What holds for every table, against an attacker that shares no code with the search: it sees what is published,
//! nothing else.

use proptest::prelude::*;

use crate::{
    Cost, Dimension, Earlier, Limits, Profile, Protected, PublishedAudit, PublishedCell, Rounding,
    Shown, Table, Verdict, Zeros, audit_published, protect,
    samples::{flat, leaves_of, table, tree},
};

fn dimension() -> impl Strategy<Value = Dimension> {
    prop_oneof![
        (2_usize..5).prop_map(flat),
        prop::collection::vec(1_usize..4, 2..4).prop_map(|groups| tree(&groups)),
    ]
}

fn dimensions() -> impl Strategy<Value = Vec<Dimension>> {
    prop_oneof![
        3 => prop::collection::vec(dimension(), 2),
        1 => prop::collection::vec((2_usize..4).prop_map(flat), 3),
    ]
}

/// Counts as they are: many small ones, some zeros, a few large.
fn count() -> impl Strategy<Value = i64> {
    prop_oneof![1 => Just(0_i64), 3 => 1_i64..8, 4 => 8_i64..60, 1 => 60_i64..2_000]
}

fn any_table() -> impl Strategy<Value = Table> {
    dimensions().prop_flat_map(|dimensions| {
        let inner: usize = dimensions
            .iter()
            .map(|dimension| leaves_of(dimension).len())
            .product();
        prop::collection::vec(count(), inner).prop_map(move |values| table(&dimensions, &values))
    })
}

fn profile(zeros: bool, cost: Cost) -> Profile {
    Profile {
        zeros: if zeros { Zeros::Hidden } else { Zeros::Shown },
        cost,
        limits: Limits {
            exact_steps: 20_000,
            exact_rounds: 40,
            improvements: 6,
            unknowns: 1_000,
        },
        ..Profile::default()
    }
}

fn run(table: &Table, profile: &Profile) -> Protected {
    protect(table, profile, b"secret", &Earlier::default(), &|| false).unwrap()
}

/// Attacks what is published; `known` adds the true value of one cell.
pub(crate) fn attack(table: &Table, result: &Protected, known: Option<usize>) -> PublishedAudit {
    let cells: Vec<PublishedCell> = result
        .cells
        .iter()
        .enumerate()
        .map(|(index, cell)| match cell.shown {
            Shown::Number(number) => published(&cell.key, Some(number)),
            Shown::Hidden if known == Some(index) => published(&cell.key, Some(table.value(index))),
            Shown::Hidden => published(&cell.key, None),
        })
        .collect();
    let exact = Profile::default();
    audit_published(&cells, table.relations(), &exact, &|| false).unwrap()
}

fn published(key: &str, value: Option<i64>) -> PublishedCell {
    PublishedCell {
        key: key.to_owned(),
        low: value.unwrap_or(0),
        high: value,
        hidden: value.is_none(),
    }
}

/// Protected cells that the attacker finds. Cells hidden for others' sake may be found; they are not small.
pub(crate) fn found(table: &Table, profile: &Profile, audit: &PublishedAudit) -> usize {
    let small = |cell: usize| {
        crate::primary_cells(table, profile)
            .iter()
            .any(|primary| primary.cell == cell)
    };
    audit.found.iter().filter(|found| small(found.cell)).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_passes_cannot_be_undone(table in any_table(), zeros: bool) {
        let profile = profile(zeros, Cost::Count);
        let result = run(&table, &profile);
        if result.verdict == Verdict::Safe {
            let audit = attack(&table, &result, None);
            prop_assert!(!audit.contradiction);
            prop_assert_eq!(found(&table, &profile, &audit), 0);
            let singles = crate::primary_cells(&table, &profile)
                .into_iter()
                .map(|primary| primary.cell)
                .filter(|&cell| table.cells()[cell].is_single());
            for single in singles {
                let audit = attack(&table, &result, Some(single));
                prop_assert_eq!(found(&table, &profile, &audit), 0);
            }
        }
    }

    #[test]
    fn shown_numbers_are_never_altered_silently(table in any_table(), base in 1_i64..8) {
        let rounding = if base == 1 { Rounding::None } else { Rounding::Random { base } };
        let profile = Profile { rounding, ..profile(false, Cost::Sum) };
        let result = run(&table, &profile);
        for (index, cell) in result.cells.iter().enumerate() {
            if let Shown::Number(number) = cell.shown {
                let value = table.value(index);
                prop_assert!((number - value).abs() < base);
                prop_assert_eq!(number % base, 0);
                prop_assert_eq!(cell.status == crate::Status::AsCounted, base == 1);
                prop_assert!(value == 0 || value >= profile.minimum_frequency);
            }
        }
    }

    #[test]
    fn the_same_table_gets_the_same_result(table in any_table()) {
        let profile = profile(false, Cost::Spread);
        prop_assert_eq!(run(&table, &profile), run(&table, &profile));
    }

    #[test]
    fn hiding_only_the_small_cells_is_seen_through(table in any_table()) {
        let naive = Profile { complementary: false, singles: false, ..profile(false, Cost::Count) };
        let result = run(&table, &naive);
        let audit = attack(&table, &result, None);
        // What arithmetic finds, the attacker finds.
        prop_assert!(audit.exact >= result.summary.exposed_before);
        if result.summary.exposed_before > 0 {
            prop_assert_eq!(result.verdict, Verdict::NotProven);
        }
    }

    #[test]
    fn most_tables_pass(tables in prop::collection::vec(any_table(), 12)) {
        let safe = tables
            .iter()
            .filter(|table| run(table, &profile(false, Cost::Count)).verdict == Verdict::Safe)
            .count();
        prop_assert!(safe >= 6, "{}", safe);
    }
}
