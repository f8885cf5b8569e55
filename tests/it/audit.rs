//! The audit log is whole, tells an item's whole life, and shows when somebody changed it.

use crate::support::{Department, on_both_databases, text};

const FILE: &str = "admissions_en.csv";

fn department(database: crate::support::Database) -> Department {
    let department = Department::new(database);
    department.table(FILE, 1200);
    department.table("other_en.csv", 8000);
    department.run_once();
    assert!(department.audit_entries() > 10);
    department
}

/// The log is not whole, from this entry on.
fn broken_at(department: &Department, seq: u64) {
    let said = department
        .rideau(&["audit", "verify", "--json"])
        .ends_with(1);
    let answer = said.json();
    assert_eq!(answer["whole"], false, "{answer}");
    assert_eq!(answer["fault"]["seq"], seq, "{answer}");
    let said = department.rideau(&["audit", "verify"]).ends_with(1);
    assert!(said.stdout.contains(&seq.to_string()), "{}", said.stdout);
    let said = department
        .rideau(&["audit", "verify", "--lang", "fr"])
        .ends_with(1);
    assert!(said.stdout.contains("PAS intact"), "{}", said.stdout);
}

on_both_databases! {
    fn the_log_tells_an_items_whole_life(database) {
        let department = department(database);
        let events = department.events(FILE);
        for kind in ["item.seen", "version.fetched", "version.converted", "version.screened", "decision.made", "release.sent"] {
            assert!(events.contains(&kind.to_owned()), "no {kind} in {events:?}");
        }
        department.rideau(&["audit", "show", "nobody"]).ends_with(1);
    }

    fn an_altered_entry_is_found(database) {
        let department = department(database);
        department.database().tamper(&department.path("data"), "UPDATE events SET actor = 'somebody else' WHERE seq = 5");
        broken_at(&department, 5);
    }

    fn an_altered_body_is_found(database) {
        let department = department(database);
        department.database().tamper(&department.path("data"), "UPDATE events SET body = '{}' WHERE seq = 3");
        broken_at(&department, 3);
    }

    fn a_removed_entry_is_found(database) {
        let department = department(database);
        department.database().tamper(&department.path("data"), "DELETE FROM events WHERE seq = 7");
        broken_at(&department, 7);
    }

    fn a_cut_off_end_is_found(database) {
        let department = department(database);
        let last = department.audit_entries();
        department.database().tamper(&department.path("data"), &format!("DELETE FROM events WHERE seq = {last}"));
        let answer = department.rideau(&["audit", "verify", "--json"]).ends_with(1).json();
        assert_eq!(text(&answer, "/fault/what"), "cut_off", "{answer}");
    }
}
