//! Killed at any instant and started again, it ends as if nothing had happened.

use std::time::Duration;

use crate::support::{Daemon, Database, Department, Random, Tree, on_both_databases};

/// Items on the drive: documents and tables in two formats, in equal parts.
const ITEMS: u32 = 200;

/// Kills: in turn at a step boundary, where the program kills itself, and at an instant that has nothing to do with steps.
const KILLS: u64 = 210;

fn department(database: Database) -> Department {
    let department = Department::with(database, |setup| {
        setup.enduring = true;
        setup.transfers = "automatic";
        // The figures in the fixtures are not what this is about.
        setup.small_cells_below = 0;
    });
    // A claim lost to a kill counts as a try; so many kills are no file's fault.
    department.configure(|text| *text = text.replace("[engine]", "[engine]\nattempts = 100"));
    for n in 0..ITEMS {
        let folder = format!("folder {}", n % 7);
        match n % 3 {
            0 => department.fixture(
                "document/structure.docx",
                &format!("{folder}/note {n:03}_en.docx"),
            ),
            1 => department.fixture("table/types.ods", &format!("{folder}/table {n:03}_en.ods")),
            _ => department.table(&format!("{folder}/table {n:03}_en.csv"), 1000 + 5 * n),
        }
    }
    department
}

on_both_databases! {
    fn killed_more_than_two_hundred_times_it_ends_as_if_never(database) {
        let undisturbed = department(database.another());
        undisturbed.run_once();
        let expected = undisturbed.end_state();
        assert_eq!(expected.items.len(), ITEMS as usize);

        let mut killed = department(database);
        let mut random = Random::new(20_261_124);
        let mut kills = 0;
        for n in 0..2 * KILLS {
            if kills >= KILLS {
                break;
            }
            if n % 2 == 0 {
                // The first boundary, the second, … in turn, so that each kind of step is cut at both ends.
                killed.environment("RIDEAU_KILL_AT", &(1 + (n / 2) % 17).to_string());
                let said = killed.rideau(&["run", "--once", "--patience", "20"]);
                assert!(said.code == -1 || said.code == 0, "{}", said.all());
                kills += u64::from(said.code == -1);
            } else {
                killed.environment("RIDEAU_KILL_AT", "");
                let daemon = Daemon::start(killed.command(&["run", "--once", "--patience", "20"]));
                std::thread::sleep(Duration::from_millis(random.between(1, 250)));
                kills += u64::from(daemon.kill());
            }
        }
        assert!(kills >= 200, "only {kills} kills before everything was done");
        killed.environment("RIDEAU_KILL_AT", "");
        killed.run_once();

        assert_eq!(killed.end_state(), expected);
        killed.does(&["audit", "verify"]);
        for leftover in [".building-", "making-"] {
            assert!(Tree::named(&killed.path(""), leftover).is_empty(), "{leftover}");
        }
        // Nothing is left to do, and nothing is done twice.
        let before = Tree::of(&killed.path("public"));
        killed.run_once();
        let written = before.difference(&Tree::of(&killed.path("public")));
        assert!(written.is_empty(), "{written:?}");
    }
}
