//! What the recogniser promises, on small sheets.

use crate::samples::{admissions, grid, merge};
use crate::{Area, Declared, PeriodKind, RowOrder, Status, recognise, tidy};

/// Header rows, first and last data row of each table.
fn check(rows: &[&str], expect: &[(&[u32], u32, u32)]) {
    let layout = recognise(&grid(rows));
    let found: Vec<(&[u32], u32, u32)> = layout
        .regions
        .iter()
        .map(|region| {
            (
                region.header_rows.as_slice(),
                region.data_first,
                region.data_last,
            )
        })
        .collect();
    assert_eq!(found, expect, "{rows:?}");
}

#[test]
fn a_plain_table() {
    check(
        &["Region|Count", "North|5", "South|--", "East|7"],
        &[(&[0], 1, 3)],
    );
    check(
        &["Name|Town", "Ann|Moose Jaw", "Bob|Iqaluit", "Cy|Gander"],
        &[(&[0], 1, 3)],
    );
}

#[test]
fn titles_notes_and_sources_are_no_rows() {
    let sheet = grid(&[
        "Table 1. Permits by region",
        "(in thousands)",
        "",
        "Region|2019|2020|2021",
        "North|5|6|7",
        "South|15|16|--",
        "East|25|26|27",
        "",
        "Note: -- means hidden.",
        "Source: sample data",
    ]);
    let layout = recognise(&sheet);
    let region = &layout.regions[0];
    assert_eq!(region.header_rows, [3]);
    assert_eq!((region.data_first, region.data_last), (4, 6));
    assert_eq!(region.titles[0].text, "Table 1. Permits by region");
    assert_eq!(region.units[0].text, "(in thousands)");
    assert_eq!(region.notes[0].text, "Note: -- means hidden.");
    assert_eq!(region.sources[0].text, "Source: sample data");
    assert!(region.confidence >= 80, "{:?}", region.reasons);
}

#[test]
fn tables_on_one_sheet_come_apart() {
    check(
        &[
            "Region|Men|Women",
            "North|5|6",
            "South|7|8",
            "East|9|10",
            "",
            "Age|Men|Women",
            "0 to 14|1|2",
            "15 to 64|3|4",
            "65 and over|5|6",
        ],
        &[(&[0], 1, 3), (&[5], 6, 8)],
    );
    check(
        &[
            "Region|Count|||Age|Count",
            "North|5|||0 to 14|1",
            "South|7|||15 to 64|2",
            "East|9|||65 and over|3",
            "West|4||||",
            "Centre|4||||",
        ],
        &[(&[0], 1, 5), (&[0], 1, 3)],
    );
}

#[test]
fn hostile_sheets_give_no_table_and_no_panic() {
    check(&[], &[]);
    check(&["a"], &[]);
    check(&["|||||x"], &[]);
    let mut far = grid(&["a|1", "b|2"]);
    for cell in &mut far.cells {
        cell.row = u32::MAX - cell.row;
        cell.col = u32::MAX - cell.col;
    }
    let _layout = recognise(&far);
    let merged = merge(grid(&["a|b", "1|2", "3|4"]), (0, 0), (u32::MAX, u32::MAX));
    let _layout = recognise(&merged);
}

#[test]
fn header_trees_follow_merges() {
    let layout = recognise(&admissions());
    assert_eq!(layout.regions.len(), 1);
    let region = &layout.regions[0];
    assert_eq!(region.header_rows, [2, 3, 4]);
    assert_eq!((region.data_first, region.data_last), (5, 13));
    assert_eq!(region.stub_cols, [0, 1, 2]);
    let path = |col: u32| {
        let column = region.columns.iter().find(|column| column.col == col);
        column.unwrap().path.join(" / ")
    };
    assert_eq!(path(3), "2015 / Q1 / Jan");
    assert_eq!(path(6), "2015 / Q1 / Q1 Total");
    assert_eq!(path(7), "2015 / 2015 Total");
}

#[test]
fn labels_hold_to_the_right_where_no_merge_says_how_far() {
    let layout = recognise(&grid(&[
        "Region|2019||2020|",
        "|Men|Women|Men|Women",
        "North|15|16|17|18",
        "South|25|26|27|28",
    ]));
    let region = &layout.regions[0];
    assert_eq!(region.header_rows, [0, 1]);
    let paths: Vec<String> = region.columns.iter().map(|c| c.path.join("/")).collect();
    assert_eq!(
        paths,
        ["Region", "2019/Men", "2019/Women", "2020/Men", "2020/Women"]
    );
}

#[test]
fn parents_after_their_children_are_told_by_sums() {
    let layout = recognise(&admissions());
    let region = &layout.regions[0];
    assert_eq!(region.row_order, RowOrder::ParentLast);
    let path = |row: u32| {
        let label = region.rows.iter().find(|label| label.row == row);
        label.unwrap().path.join(" / ")
    };
    assert_eq!(path(5), "Nunavut / Economic / Skilled worker");
    assert_eq!(path(8), "Nunavut / Family - Total");
    assert_eq!(path(10), "Yukon / Economic / Skilled worker");
    assert_eq!(path(13), "Total");
    let proved: Vec<u32> = region
        .derived_rows
        .iter()
        .filter(|one| one.proved)
        .map(|one| one.at)
        .collect();
    assert_eq!(proved, [7, 9, 11, 12, 13]);
    let sums: Vec<(u32, bool)> = region
        .derived_cols
        .iter()
        .map(|one| (one.at, one.proved))
        .collect();
    assert_eq!(sums, [(6, true), (7, true)]);
}

#[test]
fn a_wrong_total_is_not_proved() {
    let layout = recognise(&grid(&[
        "Region|2019|2020",
        "North|151|262",
        "South|351|462",
        "Total|900|999",
    ]));
    let region = &layout.regions[0];
    assert_eq!(region.derived_rows.len(), 1);
    assert!(!region.derived_rows[0].proved);
}

#[test]
fn indents_put_rows_under_one_another() {
    let layout = recognise(&grid(&[
        "Region|2019|2020",
        "Canada|300|330",
        "  East|100|110",
        "  West|200|220",
    ]));
    let region = &layout.regions[0];
    assert_eq!(region.row_order, RowOrder::ParentFirst);
    assert_eq!(region.rows[1].path, ["Canada", "East"]);
    assert_eq!(region.derived_rows[0].parts, [2, 3]);
    assert!(region.derived_rows[0].proved);
}

#[test]
fn tidy_records_have_periods_and_codes() {
    let sheet = admissions();
    let layout = recognise(&sheet);
    let tidy = tidy(&sheet, &layout.regions[0]);
    assert!(tidy.has_periods && !tidy.already_tidy);
    assert_eq!(tidy.dimensions.len(), 3);
    let at = |row: u32, col: u32| {
        let record = tidy.records.iter().find(|record| record.cell == (row, col));
        record.unwrap()
    };
    let hidden = at(6, 3);
    assert_eq!(hidden.status, Some(Status::Suppressed));
    assert_eq!(hidden.value, None);
    assert_eq!(hidden.period.unwrap().to_string(), "2015-01");
    assert!(!hidden.total);
    let quarter = at(5, 6);
    assert_eq!(quarter.period.unwrap().kind(), PeriodKind::Quarter);
    assert!(quarter.total);
    assert_eq!(at(13, 7).value, Some(1205.0));
    assert_eq!(
        at(5, 3).labels,
        ["Nunavut", "Economic", "Skilled worker"].map(|label| Some(label.to_owned()))
    );
}

#[test]
fn a_table_of_variables_is_tidy_already() {
    let sheet = grid(&["Name|Height|Weight", "a|5|6.5", "b|7|8.5", "c|9|9.5"]);
    let layout = recognise(&sheet);
    assert!(tidy(&sheet, &layout.regions[0]).already_tidy);
}

#[test]
fn a_declared_table_is_taken_at_its_word() {
    let mut sheet = grid(&["2019|2020", "5|6", "7|8"]);
    sheet.declared.push(Declared {
        area: Area {
            first_row: 0,
            first_col: 0,
            last_row: 2,
            last_col: 1,
        },
        header_rows: 1,
        totals_rows: 0,
    });
    let layout = recognise(&sheet);
    assert_eq!(layout.regions[0].header_rows, [0]);
    assert_eq!(layout.regions[0].data_first, 1);
}
