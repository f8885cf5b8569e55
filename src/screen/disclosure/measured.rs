//! Numbers that the documentation may quote, on tables with a known optimum: `cargo test -p rideau-disclosure measured -- --nocapture`.

use serde::Deserialize;

use crate::{
    Earlier, Profile, Table, Verdict,
    properties::{attack, found},
    protect,
    samples::{flat, table, tree},
};

const INSTANCES: &str = include_str!("fixtures/frequency.json");
/// Tables in a set.
const SET: usize = 27;

#[derive(Deserialize)]
struct Instance {
    groups: Vec<Vec<usize>>,
    values: Vec<i64>,
    optimum: usize,
}

fn instances() -> Vec<Instance> {
    serde_json::from_str(INSTANCES).unwrap()
}

fn build(instance: &Instance) -> Table {
    let dimensions: Vec<_> = instance.groups.iter().map(|groups| tree(groups)).collect();
    table(&dimensions, &instance.values)
}

#[test]
fn complementary_cells_stay_near_the_optimum_and_nothing_is_exposed() {
    let all = instances();
    for (number, set) in all.chunks(SET).enumerate() {
        let (mut hidden, mut optimum, mut before, mut small) = (0, 0, 0, 0);
        for instance in set {
            let table = build(instance);
            let profile = Profile::default();
            let result = protect(&table, &profile, b"", &Earlier::default(), &|| false).unwrap();
            assert_eq!(result.verdict, Verdict::Safe);
            assert_eq!(found(&table, &profile, &attack(&table, &result, None)), 0);
            for primary in crate::primary_cells(&table, &profile) {
                if table.cells()[primary.cell].is_single() {
                    let audit = attack(&table, &result, Some(primary.cell));
                    assert_eq!(found(&table, &profile, &audit), 0);
                }
            }
            assert!(result.summary.complementary >= instance.optimum);
            hidden += result.summary.complementary;
            optimum += instance.optimum;
            before += result.summary.exposed_before;
            small += result.summary.primary;
        }
        println!(
            "set {number}: {small} small cells, {before} exposed when hidden alone; {hidden} complementary cells, optimum {optimum}"
        );
        assert!(hidden * 100 <= optimum * 106, "{hidden} of {optimum}");
    }
}

/// A table of about `side` squared cells with few small counts, the same every time.
fn large(groups: usize, size: usize) -> Table {
    let dimension = tree(&vec![size; groups]);
    let inner = groups * size;
    let mut state = 7_i64;
    let values: Vec<i64> = (0..inner * inner)
        .map(|_| {
            state = (state * 16_807) % 2_147_483_647;
            if state % 29 == 0 {
                1 + state / 29 % 5
            } else {
                6 + state / 29 % 70
            }
        })
        .collect();
    table(&[dimension.clone(), dimension], &values)
}

#[test]
fn a_table_of_nine_hundred_cells_is_protected() {
    let table = large(6, 4);
    assert!(table.len() > 900);
    let result = protect(
        &table,
        &Profile::default(),
        b"",
        &Earlier::default(),
        &|| false,
    )
    .unwrap();
    assert_eq!(result.verdict, Verdict::Safe);
}

#[test]
#[ignore = "minutes without optimisation; run with --release -- --ignored"]
fn a_table_of_ten_thousand_cells_is_protected() {
    let table = large(10, 9);
    assert!(table.len() > 10_000);
    let result = protect(
        &table,
        &Profile::default(),
        b"",
        &Earlier::default(),
        &|| false,
    )
    .unwrap();
    assert_eq!(result.verdict, Verdict::Safe);
}

#[test]
fn a_flat_table_without_small_counts_is_left_alone() {
    let table = table(&[flat(2), flat(2)], &[10, 20, 30, 40]);
    let result = protect(
        &table,
        &Profile::default(),
        b"",
        &Earlier::default(),
        &|| false,
    )
    .unwrap();
    assert_eq!(result.summary.complementary, 0);
    assert_eq!(result.verdict, Verdict::Safe);
}
