//! Tables of counts: protected by the rules of their source, proven, and only then let go by themselves.

use std::{fmt::Write as _, fs};

use crate::support::{Department, list, on_both_databases, text};

const FILE: &str = "admissions_en.csv";

/// One count of three people: with it hidden alone, every total gives it away.
const COUNTS: &str =
    "Region,Women,Men,Total\nNorth,3,40,43\nSouth,20,31,51\nEast,52,64,116\nTotal,75,135,210\n";

fn table(department: &Department, content: &str) {
    fs::write(department.path("drive").join(FILE), content).unwrap();
    department.run_once();
}

/// The published CSV, line by line.
fn published(department: &Department) -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    let mut folders = vec![department.path("public")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "csv") {
                found.insert(fs::read_to_string(path).unwrap());
            }
        }
    }
    assert_eq!(found.len(), 1, "{found:?}");
    found.first().unwrap().lines().map(str::to_owned).collect()
}

on_both_databases! {
    fn small_counts_are_hidden_with_company_and_go_out(database) {
        let department = Department::with(database, |setup| setup.disclosure = "frequency");
        table(&department, COUNTS);
        assert_eq!(department.state(FILE), "published");

        let lines = published(&department);
        assert!(lines[0].ends_with("status / statut"), "{lines:?}");
        let north: Vec<&str> = lines[1].split(',').collect();
        assert_eq!(north[1], "--", "{lines:?}");
        // Alone it would be 43 - 40, and 75 - 52 - 20.
        let hidden = lines.iter().flat_map(|line| line.split(',')).filter(|field| *field == "--").count();
        assert!(hidden >= 4, "{lines:?}");
        assert!(!lines.iter().any(|line| line.split(',').any(|field| field == "3")), "{lines:?}");
        // What was shown and is not touched is as it was counted.
        assert!(lines.iter().any(|line| line.contains("210")), "{lines:?}");
    }

    fn without_rules_a_person_decides(database) {
        let department = Department::new(database);
        table(&department, COUNTS);
        assert_eq!(department.state(FILE), "review");
    }

    fn what_somebody_hid_too_little_of_is_held(database) {
        let department = Department::with(database, |setup| setup.disclosure = "frequency");
        table(&department, &COUNTS.replace("North,3,", "North,--,"));
        assert_eq!(department.state(FILE), "review");
        let review = department.review(FILE);
        let rules: Vec<String> = list(&review["members"])
            .iter()
            .flat_map(|member| list(&member["findings"]).to_vec())
            .map(|finding| text(&finding, "/rule"))
            .collect();
        assert!(rules.iter().any(|rule| rule == "tables-not-safe-release"), "{review}");
    }

    fn a_list_of_persons_is_blocked(database) {
        let department = Department::with(database, |setup| setup.disclosure = "frequency");
        let mut rows = String::from("Age,Gender,Province,Decision\n");
        for n in 0..24 {
            writeln!(rows, "{},{},Province {},approved", 20 + n, ["F", "M"][n % 2], n % 7).unwrap();
        }
        table(&department, &rows);
        assert_eq!(department.state(FILE), "blocked");
    }
}
