//! What is public stays as it was approved: changes are planned and held, withdrawals are proposed, absence is doubted.

use std::fs;

use serde_json::Value;

use crate::support::{Database, Department, Tree, list, on_both_databases, text};

const FILE: &str = "admissions_en.csv";

/// One published table.
fn published(database: crate::support::Database) -> Department {
    let department = Department::new(database);
    department.table(FILE, 1200);
    department.run_once();
    assert_eq!(department.state(FILE), "published");
    assert!(department.public_holds("1200"));
    department
}

/// Publishes ten tables.
fn ten(database: crate::support::Database) -> Department {
    let department = Department::with(database, |setup| setup.deletion_scans = 2);
    for n in 0..10 {
        department.table(&format!("table-{n}_en.csv"), 1000 + n * 10);
    }
    department.run_once();
    assert!(
        department
            .states()
            .values()
            .all(|state| state == "published")
    );
    department
}

fn plans(department: &Department) -> Vec<Value> {
    list(&department.json(&["release", "plan"])).to_vec()
}

fn kinds_of_changes(plan: &Value) -> Vec<String> {
    list(&plan["plan"]["body"]["releases"][0]["plan"]["changes"])
        .iter()
        .map(|change| match change {
            Value::String(name) => name.clone(),
            other => text(other, "/change"),
        })
        .collect()
}

on_both_databases! {
    fn a_changed_file_is_one_planned_update_and_held(database) {
        let department = published(database);
        let before = Tree::of(&department.path("public"));
        department.table(FILE, 2200);
        department.run_once();

        assert_eq!(department.state(FILE), "review");
        let held = Tree::of(&department.path("public"));
        assert_eq!(held, before, "written: {:?}", held.difference(&before));
        let review = department.review(FILE);
        assert_eq!(review["release"]["proposal"], "update", "{review}");

        // The plan is exactly this update, and says that it is held.
        let shown = department.does(&["release", "plan"]).stdout;
        assert!(shown.contains("HELD"), "{shown}");
        let planned = plans(&department);
        assert_eq!(planned.len(), 1, "{planned:?}");
        assert_eq!(list(&planned[0]["plan"]["body"]["releases"]).len(), 1);
        assert_eq!(list(&planned[0]["held"]).len(), 1);
        let release = text(&planned[0], "/plan/body/releases/0/release");
        let tables = &planned[0]["tables"][&release];
        let table = tables.as_object().unwrap().values().next().unwrap();
        assert_eq!(table["rows_changed"], 2, "{tables}");
        assert_eq!(table["totals"][0]["unusual"], true, "{tables}");
        assert!(shown.contains("rows: 2 → 2 (0 added, 0 removed, 2 changed)"), "{shown}");
        let changes = kinds_of_changes(&planned[0]);
        assert!(!changes.is_empty() && changes.iter().all(|kind| kind != "create_dataset"), "{changes:?}");

        // It cannot be applied before it is approved, not even by its id.
        let id = text(&planned[0], "/plan/id");
        department.rideau(&["release", "apply", &id]).refused("No standing decision");
        assert_eq!(Tree::of(&department.path("public")), before);

        department.approve(FILE, "Ada Sample").ends_with(0);
        assert_eq!(Tree::of(&department.path("public")), before, "approving alone writes nothing");
        department.does(&["release", "apply", &id]);
        assert!(department.public_holds("2200") && !department.public_holds("1200"));
        department.run_once();
        assert_eq!(department.state(FILE), "published");
        let after = Tree::of(&department.path("public"));
        department.run_once();
        assert_eq!(Tree::of(&department.path("public")), after);
    }

    fn an_approved_update_goes_with_the_next_run(database) {
        let department = published(database);
        let release = text(&department.review(FILE), "/release/id");
        let files = |department: &Department| -> Vec<String> {
            Tree::contents(&department.public().join("datasets").join(&release)).into_keys().collect()
        };
        let before = files(&department);
        department.table(FILE, 2200);
        department.run_once();
        department.approve(FILE, "Ada Sample").ends_with(0);
        department.run_once();
        assert_eq!(department.state(FILE), "published");
        assert!(department.public_holds("2200") && !department.public_holds("1200"));
        // The same dataset with the same resources.
        assert_eq!(text(&department.review(FILE), "/release/id"), release);
        assert_eq!(files(&department), before);
        assert_eq!(list(&department.json(&["release", "list"])).len(), 1);
    }

    /// The window is closed while the file changes: when it opens, what was approved is no longer what is there.
    fn an_approval_is_void_when_the_file_changes_after_it(database) {
        let mut department = published(database);
        department.reconfigure(|setup| setup.window = "0 0 0 29 2 *");
        department.table(FILE, 2200);
        department.run_once();
        let plan = text(&plans(&department)[0], "/plan/id");
        department.approve(FILE, "Ada Sample").ends_with(0);
        assert_eq!(department.state(FILE), "approved");
        department.table(FILE, 3300);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        let release = text(&department.review(FILE), "/release/id");
        assert!(department.events(&release).contains(&"decision.voided".to_owned()));

        department.reconfigure(|setup| setup.window = "");
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        department.rideau(&["release", "apply", &plan]).refused("No standing decision");
        assert!(department.public_holds("1200"));
        assert!(!department.public_holds("2200") && !department.public_holds("3300"));
    }

    /// However the next run orders its work: bytes that nobody approved are never public.
    fn unapproved_bytes_are_never_public(database) {
        let department = published(database);
        department.table(FILE, 2200);
        department.run_once();
        department.approve(FILE, "Ada Sample").ends_with(0);
        department.table(FILE, 3300);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        assert!(!department.public_holds("3300"));
    }

    fn a_deleted_file_is_withdrawn_only_when_approved(database) {
        let department = published(database);
        department.table("other_en.csv", 8000);
        department.table("third_en.csv", 9000);
        department.run_once();
        department.remove(FILE);
        department.run_once();

        assert!(department.public_holds("1200"), "withdrawn without a person");
        let waiting = department.json(&["review", "list"]);
        assert_eq!(list(&waiting).len(), 1, "{waiting}");
        assert_eq!(waiting[0]["proposal"], "withdraw");
        let release = text(&waiting[0], "/id");
        department.run_once();
        assert!(department.public_holds("1200"), "withdrawn without a person");

        department.approve(&release, "Ada Sample").ends_with(0);
        department.run_once();
        assert!(!department.public_holds("1200"), "still public after the withdrawal");
        assert!(department.public_holds("8000"), "another dataset is gone as well");
        let end = Tree::of(&department.path("public"));
        department.run_once();
        assert_eq!(Tree::of(&department.path("public")), end);
        // It comes back only by a person's word.
        department.table(FILE, 1200);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        assert!(!department.public_holds("1200"));
    }

    fn a_person_withdraws_at_once(database) {
        let department = published(database);
        department.does(&["release", "withdraw", FILE, "--reason", "a mistake in the figures", "--by", "Ada Sample"]);
        department.run_once();
        assert!(!department.public_holds("1200"));
        assert_ne!(department.state(FILE), "published");
        department.run_once();
        assert!(!department.public_holds("1200"), "it came back by itself");
        department.rideau(&["release", "withdraw", FILE, "--reason", "again"]).refused("nothing to take back");
    }

    /// What is under embargo is approved and stays here until its day; nobody gets it out earlier by hand.
    fn an_embargo_is_kept(database) {
        let department = Department::new(database);
        department.configure(|text| {
            *text = text.replace(
                "date_published = \"2026-01-15\"",
                "date_published = \"2026-01-15\"\nembargo = \"2999-12-31\"",
            );
        });
        department.table(FILE, 1200);
        department.run_once();
        assert_eq!(department.state(FILE), "approved");
        assert!(!department.public_holds("1200"));
        let shown = department.does(&["release", "list"]).stdout;
        assert!(shown.contains("2999-12-31"), "{shown}");
        let plan = text(&department.json(&["release", "plan"]), "/0/plan/id");
        department.rideau(&["release", "apply", &plan]).refused("under embargo");
        assert!(!department.public_holds("1200"));

        // Nonsense is a point of the record; another day is another decision.
        department.does(&["review", "set", FILE, "embargo", "soon", "--by", "Ada Sample"]);
        assert_eq!(department.review(FILE)["record"]["problems"][0]["field"], "embargo");
        department.does(&["review", "set", FILE, "embargo", "2020-01-31", "--by", "Ada Sample"]);
        department.run_once();
        assert_eq!(department.state(FILE), "published");
        assert!(department.public_holds("1200"));
        assert!(!department.public_holds("2020-01-31"), "the embargo is nobody's business");
    }

    /// In an emergency nothing is waited for: no daemon, no window, no second person; and a reason is told.
    fn a_person_withdraws_here_and_now(database) {
        let mut department = published(database);
        department.reconfigure(|setup| {
            setup.two_persons = true;
            setup.window = "0 0 3 29 2 *";
        });
        department.does(&["release", "withdraw", FILE, "--now", "--reason", "names in the notes", "--by", "Ada Sample"]);
        assert!(!department.public_holds("1200"), "at once, without a run");
        assert!(department.public_holds("names in the notes"));
        department.run_once();
        department.run_once();
        assert!(!department.public_holds("1200"), "it came back by itself");
        assert_ne!(department.state(FILE), "published");
        department.rideau(&["release", "withdraw", FILE, "--now", "--reason", "again"]).refused("nothing to take back");
    }

    /// A target that shows nothing is not a target from which it was taken back.
    fn a_target_that_shows_nothing_is_doubted(database) {
        let department = published(database);
        let (there, away) = (department.path("public"), department.path("away"));
        fs::rename(&there, &away).unwrap();
        let said = department.rideau(&["release", "withdraw", FILE, "--now", "--reason", "a mistake"]).ends_with(1);
        assert!(said.stdout.contains("STILL PUBLIC"), "{said:?}");
        department.rideau(&["run", "--once", "--patience", "0"]);
        let published = &department.json(&["release", "list"])[0]["published"][0];
        assert_ne!(published["state"], "withdrawn", "{published}");

        // It is mounted again.
        fs::remove_dir_all(&there).ok();
        fs::rename(&away, &there).unwrap();
        department.does(&["release", "withdraw", FILE, "--now", "--reason", "a mistake"]);
        assert!(!department.public_holds("1200"));

        // Deleted for good: a person says so.
        department.run_once();
        department.approve(FILE, "Ada Sample").ends_with(0);
        department.run_once();
        assert!(department.public_holds("1200"));
        fs::remove_dir_all(&there).unwrap();
        department.does(&["release", "withdraw", FILE, "--now", "--gone", "--reason", "deleted by the web team"]);
        let published = &department.json(&["release", "list"])[0]["published"][0];
        assert_eq!(published["state"], "withdrawn", "{published}");
    }

    /// A correction is an update like any other, and says so to the public.
    fn a_correction_is_told_to_the_public(database) {
        let department = published(database);
        department.does(&["release", "correct", FILE, "--reason", "Row 7 was doubled", "--reason-fr", "La ligne 7 était en double", "--by", "Ada Sample"]);
        assert!(!department.public_holds("Row 7 was doubled"), "public without approval");
        department.approve(FILE, "Ada Sample").ends_with(0);
        department.run_once();
        assert!(department.public_holds("Row 7 was doubled"));
        assert!(department.public_holds("La ligne 7 était en double"));
    }

    /// Both records say so once that is approved; nothing is taken back by itself.
    fn one_release_takes_the_place_of_another(database) {
        let department = published(database);
        department.table("yearly_en.csv", 8000);
        department.run_once();
        department.rideau(&["release", "supersede", FILE, FILE, "--reason", "x"]).refused("its own place");
        department.does(&["release", "supersede", FILE, "yearly_en.csv", "--reason", "one table for all years"]);
        assert!(!department.public_holds("Superseded by"), "public without approval");
        for one in [FILE, "yearly_en.csv"] {
            department.approve(one, "Ada Sample").ends_with(0);
        }
        department.run_once();
        for words in ["Superseded by", "Remplacé par", "Supersedes", "1200"] {
            assert!(department.public_holds(words), "{words}");
        }
    }

    /// An earlier plan of the same release is no longer the plan.
    fn a_newer_plan_takes_the_place_of_an_older(database) {
        let department = published(database);
        department.table(FILE, 2200);
        department.run_once();
        let older = text(&department.json(&["release", "plan", FILE])[0], "/plan/id");
        department.table(FILE, 3300);
        department.run_once();
        let newer = text(&department.json(&["release", "plan", FILE])[0], "/plan/id");
        assert_ne!(older, newer);
        department.approve(FILE, "Ada Sample").ends_with(0);
        department.rideau(&["release", "apply", &older]).refused("Another plan");
        department.does(&["release", "apply", &newer]);
        assert!(department.public_holds("3300"));
    }

    /// Who approves a withdrawal says what the public is told.
    fn an_approved_withdrawal_tells_the_public_why(database) {
        let department = published(database);
        department.table("other_en.csv", 8000);
        department.table("third_en.csv", 9000);
        department.run_once();
        department.remove(FILE);
        department.run_once();
        let release = text(&department.json(&["review", "list"])[0], "/id");
        department.rideau(&["review", "approve", &release, "--reason", "checked", "--by", "Ada Sample", "--public-reason", "Replaced by a yearly table",
            "--public-reason-fr", "Remplacé par un tableau annuel"]).ends_with(0);
        department.run_once();
        assert!(!department.public_holds("1200"));
        assert!(department.public_holds("Replaced by a yearly table"));
        assert!(department.public_holds("Remplacé par un tableau annuel"));
    }

    /// A folder that is not mounted looks empty: no new catalogue begins there.
    fn a_target_that_is_not_mounted_gets_no_new_catalogue(database) {
        let department = published(database);
        let (there, away) = (department.path("public"), department.path("away"));
        fs::rename(&there, &away).unwrap();
        fs::create_dir(&there).unwrap();
        department.table("other_en.csv", 8000);
        department.rideau(&["run", "--once", "--patience", "0"]);
        assert!(!there.join("generations").exists(), "a new catalogue under the mount point");

        fs::remove_dir_all(&there).unwrap();
        fs::rename(&away, &there).unwrap();
        department.run_once();
        assert!(department.public_holds("8000"));
        assert!(department.public_holds("1200"));
    }

    /// The reason reaches the public although the release is looked at again before the target is.
    fn the_reason_of_a_withdrawal_survives_another_look(database) {
        let department = published(database);
        department.does(&["release", "withdraw", FILE, "--reason", "figures were wrong", "--by", "Ada Sample"]);
        department.does(&["review", "set", FILE, "maintainer_email", "open@example.gc.ca", "--by", "Ada Sample"]);
        department.run_once();
        assert!(!department.public_holds("1200"));
        assert!(department.public_holds("figures were wrong"));
    }

    /// A source without its marker is a source that is not there, and keeps what is known of it.
    fn a_source_without_its_marker_loses_nothing(database) {
        let department = ten(database);
        let before = department.end_state();
        fs::remove_file(department.drive().join(".rideau-source")).unwrap();
        for n in 0..10 {
            department.remove(&format!("table-{n}_en.csv"));
        }
        for _ in 0..3 {
            department.rideau(&["run", "--once", "--patience", "0"]).ends_with(0);
        }
        assert_eq!(department.end_state(), before);
        let sources = department.json(&["sources", "list"]);
        assert!(sources[0]["last_error"].is_object(), "the trouble is not shown: {sources}");
    }

    /// The same when the whole folder is gone.
    fn a_source_that_is_gone_loses_nothing(database) {
        let department = ten(database);
        let before = department.end_state();
        fs::rename(department.drive(), department.path("elsewhere")).unwrap();
        for _ in 0..3 {
            department.rideau(&["run", "--once", "--patience", "0"]).ends_with(0);
        }
        assert_eq!(department.end_state(), before);
        fs::rename(department.path("elsewhere"), department.drive()).unwrap();
        department.run_once();
        assert_eq!(department.end_state(), before);
        assert!(department.json(&["sources", "list"])[0]["last_error"].is_null());
    }

    /// Much missing at once is a question, not an answer.
    fn a_mass_absence_is_held_until_confirmed(database) {
        let department = ten(database);
        let before = department.end_state();
        for n in 0..10 {
            department.remove(&format!("table-{n}_en.csv"));
        }
        for _ in 0..4 {
            department.run_once();
        }
        assert_eq!(department.end_state(), before);
        assert_eq!(list(&department.json(&["review", "list"])).len(), 0);
        let status = department.does(&["status"]).stdout;
        assert!(status.contains("HELD"), "{status}");

        department.does(&["sources", "confirm-deletions", "shared-drive", "--by", "Ada Sample"]);
        department.run_once();
        department.run_once();
        assert_eq!(list(&department.json(&["review", "list"])).len(), 10);
        assert!(department.public_holds("1050"), "confirmed is not yet approved");
    }

    /// A file that moves stays the same dataset.
    fn a_moved_file_stays_the_same_dataset(database) {
        let department = published(database);
        let release = text(&department.review(FILE), "/release/id");
        fs::create_dir(department.drive().join("archive")).unwrap();
        fs::rename(
            department.drive().join(FILE),
            department.drive().join("archive").join(FILE),
        ).unwrap();
        department.run_once();
        department.run_once();
        let moved = format!("archive/{FILE}");
        assert_eq!(text(&department.review(&moved), "/release/id"), release);
        assert!(department.public_holds("1200"));
        assert_eq!(department.states().len(), 1);
    }
}

/// One target that is away does not make the other one's work be done again and again.
#[test]
fn a_target_that_is_away_does_not_keep_the_other_busy() {
    let mut department = Department::new(Database::sqlite());
    department.environment("AWAY_TOKEN", "sample");
    department.configure(|text| {
        *text = text
            .replace("targets = [\"catalogue\"]", "targets = [\"catalogue\", \"away\"]")
            .replace(
                "\n[rules]\n",
                "\n[[targets]]\nname = \"away\"\nkind = \"ckan\"\nurl = \"http://127.0.0.1:9/\"\ntoken = { env = \"AWAY_TOKEN\" }\n\n[rules]\n",
            );
    });
    department.table("admissions_en.csv", 1200);
    let first = department.json(&["run", "--once", "--patience", "0"]);
    assert!(first["steps"].as_u64().unwrap() < 15, "{first}");
    assert!(first["failures"].as_u64().unwrap() <= 2, "{first}");
    assert!(department.public_holds("1200"));
    let second = department.json(&["run", "--once", "--patience", "0"]);
    assert!(second["steps"].as_u64().unwrap() < 5, "{second}");
}

/// What was taken back is taken back everywhere, though one target follows later than the other; no policy brings it back.
#[test]
fn a_withdrawal_reaches_a_target_that_is_busy() {
    let department = Department::with(Database::sqlite(), |setup| setup.updates = "automatic");
    department.configure(|text| {
        *text = text
            .replace(
                "targets = [\"catalogue\"]",
                "targets = [\"catalogue\", \"mirror\"]",
            )
            .replace(
                "\n[rules]\n",
                "\n[[targets]]\nname = \"mirror\"\nkind = \"catalogue\"\npath = \"mirror\"\n\n[rules]\n",
            );
    });
    department.table(FILE, 1200);
    department.run_once();
    let states = |department: &Department| -> Vec<String> {
        let releases = department.json(&["release", "list"]);
        list(&releases[0]["published"])
            .iter()
            .map(|published| text(published, "/state"))
            .collect()
    };
    assert_eq!(states(&department), ["published", "published"]);

    // Another process is switching the mirror.
    let busy = fs::File::open(department.path("mirror/lock")).unwrap();
    busy.lock().unwrap();
    department.does(&[
        "release",
        "withdraw",
        FILE,
        "--reason",
        "a mistake",
        "--by",
        "Ada Sample",
    ]);
    department
        .rideau(&["run", "--once", "--patience", "0"])
        .ends_with(0);
    assert!(!department.public_holds("1200"));
    drop(busy);
    department.run_once();
    department.run_once();
    assert_eq!(states(&department), ["withdrawn", "withdrawn"]);
    assert!(!department.public_holds("1200"), "it came back by itself");
}
