//! The daemon: alone on its catalog, stops and reloads when asked, answers operators.

use std::{fs, time::Duration};

use rustix::process::Signal;

use crate::support::{Database, Department, on_both_databases};

/// A department that scans every second and listens on a free port.
fn busy(database: Database) -> Department {
    Department::with(database, |setup| {
        setup.schedule = "* * * * * *";
        setup.listen = "127.0.0.1:0";
    })
}

/// Waits until a state is reached, by asking.
fn until(what: &str, mut reached: impl FnMut() -> bool) {
    for _ in 0..600 {
        if reached() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("never: {what}");
}

on_both_databases! {
    /// From a file on the drive to the public, without anybody; then it stops within its grace time.
    fn it_works_until_asked_to_stop(database) {
        let department = busy(database);
        let daemon = department.daemon();
        daemon.says("rideau runs");
        department.table("admissions_en.csv", 1200);
        until("published", || department.states().values().any(|state| state == "published"));
        assert!(department.public_holds("1200"));
        daemon.signal(Signal::TERM);
        let status = daemon.ends(Duration::from_secs(30));
        assert_eq!(status.code(), Some(0), "{status}");
        department.audit_entries();
    }

    /// Stopped in the middle, it ends well; the next start completes what was begun.
    fn stopped_in_the_middle_it_goes_on_later(database) {
        let department = busy(database);
        for n in 0..40 {
            department.table(&format!("table-{n:02}_en.csv"), 1000 + n * 10);
        }
        let daemon = department.daemon();
        until("begun", || !department.states().is_empty());
        daemon.signal(Signal::TERM);
        let status = daemon.ends(Duration::from_secs(30));
        assert_eq!(status.code(), Some(0), "{status}");
        department.audit_entries();
        department.run_once();
        let states = department.states();
        assert_eq!(states.len(), 40);
        assert!(states.values().all(|state| state == "published"), "{states:?}");
    }

    /// A slip of the pen does not stop the night's work; a right configuration is taken over.
    fn a_reload_takes_only_what_is_right(database) {
        let mut department = busy(database);
        let daemon = department.daemon();
        daemon.says("rideau runs");
        department.configure(|text| *text = text.replace("group_by", "gruop_by"));
        daemon.signal(Signal::HUP);
        daemon.says("not reloaded");
        department.table("admissions_en.csv", 1200);
        // Commands read the configuration as well: the broken one is only for the daemon to see.
        until("published by the old configuration", || department.public_holds("1200"));

        department.reconfigure(|setup| setup.new_releases = "review");
        daemon.signal(Signal::HUP);
        daemon.says("configuration reloaded");
        department.table("second_en.csv", 8000);
        until("held by the new configuration", || {
            department.states().get("second_en.csv").is_some_and(|state| state == "review")
        });
        assert!(!department.public_holds("8000"));
        daemon.signal(Signal::TERM);
        assert_eq!(daemon.ends(Duration::from_secs(30)).code(), Some(0));
    }

    fn operators_get_answers(database) {
        let department = busy(database);
        department.table("admissions_en.csv", 1200);
        let daemon = department.daemon();
        assert_eq!(daemon.get("/livez").0, 200);
        assert_eq!(daemon.get("/readyz").0, 200);
        assert_eq!(daemon.get("/nothing").0, 404);
        until("published", || department.states().values().any(|state| state == "published"));
        let (status, figures) = daemon.get("/metrics");
        assert_eq!(status, 200);
        for name in ["rideau_items", "rideau_step", "rideau_queue", "rideau_source"] {
            assert!(figures.contains(name), "no {name} in {figures}");
        }
        assert!(figures.contains("published") && figures.trim_end().ends_with("# EOF"), "{figures}");
    }

    /// What a reviewer does beside a running daemon takes effect without a restart.
    fn an_approval_beside_the_daemon_takes_effect(database) {
        let mut department = busy(database);
        department.reconfigure(|setup| setup.new_releases = "review");
        department.table("admissions_en.csv", 1200);
        let daemon = department.daemon();
        until("review", || department.states().values().any(|state| state == "review"));
        department.approve("admissions_en.csv", "Ada Sample").ends_with(0);
        until("published", || department.states().values().any(|state| state == "published"));
        daemon.signal(Signal::INT);
        assert_eq!(daemon.ends(Duration::from_secs(30)).code(), Some(0));
    }
}

#[test]
fn a_second_daemon_on_the_same_file_is_refused() {
    let department = busy(Database::sqlite());
    let daemon = department.daemon();
    daemon.says("rideau runs");
    for command in [&["run"][..], &["run", "--once"]] {
        let said = department.rideau(command).ends_with(2);
        assert!(said.stderr.contains("Another rideau"), "{said:?}");
    }
    // The first is not disturbed, and reading beside it is allowed.
    assert_eq!(daemon.get("/readyz").0, 200);
    assert_eq!(department.json(&["status"])["daemon"], true);
    assert!(daemon.kill());
    // The lock of a killed process is no lock.
    department.run_once();
    assert_eq!(department.json(&["status"])["daemon"], false);
}

/// The scratch folder of a killed daemon is emptied at the next start.
#[test]
fn what_a_killed_daemon_left_is_removed() {
    let department = Department::new(Database::sqlite());
    department.run_once();
    let left = department.path("data/scratch/job-left");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("input"), "x").unwrap();
    department.run_once();
    assert!(!left.exists());
}
