//! What a person decides: about exactly what was shown, alone or as one of two, and it lasts.

use crate::support::{Department, list, on_both_databases, text};

const FILE: &str = "admissions_en.csv";

/// One clean table that a person must approve.
fn waiting(database: crate::support::Database, two_persons: bool) -> Department {
    let department = Department::with(database, |setup| {
        setup.new_releases = "review";
        setup.two_persons = two_persons;
    });
    department.table(FILE, 1200);
    department.run_once();
    assert_eq!(department.state(FILE), "review");
    department
}

fn decide(
    department: &Department,
    verdict: &str,
    person: &str,
    extra: &[&str],
) -> crate::support::Said {
    let mut arguments = vec![
        "review",
        verdict,
        FILE,
        "--reason",
        "for a test",
        "--by",
        person,
    ];
    arguments.extend(extra);
    department.rideau(&arguments)
}

on_both_databases! {
    fn two_persons_means_two_different_persons(database) {
        let department = waiting(database, true);
        for _ in 0..2 {
            department.approve(FILE, "Ada Sample").ends_with(0);
            department.run_once();
            assert_eq!(department.state(FILE), "review");
        }
        assert!(!department.public_holds("1200"));
        department.approve(FILE, "Ben Sample").ends_with(0);
        department.run_once();
        assert_eq!(department.state(FILE), "published");
        let who: Vec<String> = list(&department.review(FILE)["decisions"])
            .iter()
            .map(|decision| text(decision, "/by_name"))
            .collect();
        assert!(who.contains(&"Ada Sample".to_owned()) && who.contains(&"Ben Sample".to_owned()));
    }

    /// The first of two approvals does not survive a change between them.
    fn two_persons_approve_the_same_bytes(database) {
        let department = waiting(database, true);
        department.approve(FILE, "Ada Sample").ends_with(0);
        department.table(FILE, 2200);
        department.run_once();
        department.approve(FILE, "Ben Sample").ends_with(0);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        assert!(!department.public_holds("2200"));
    }

    fn an_approval_of_something_else_is_refused(database) {
        let department = waiting(database, false);
        let other = "0".repeat(64);
        decide(&department, "approve", "Ada Sample", &["--bundle", &other]).refused("changed since");
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        let shown = text(&department.review(FILE), "/release/bundle_hash");
        decide(&department, "approve", "Ada Sample", &["--bundle", &shown]).ends_with(0);
        department.run_once();
        assert_eq!(department.state(FILE), "published");
    }

    fn what_is_refused_stays_refused_until_it_changes(database) {
        let department = waiting(database, false);
        decide(&department, "refuse", "Ada Sample", &[]).ends_with(0);
        department.run_once();
        assert_eq!(department.state(FILE), "refused");
        assert!(!department.public_holds("1200"));
        department.table(FILE, 2200);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
    }

    fn what_is_sent_back_waits_for_review(database) {
        let department = waiting(database, false);
        decide(&department, "send-back", "Ada Sample", &[]).ends_with(0);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        department.approve(FILE, "Ada Sample").ends_with(0);
        department.run_once();
        assert_eq!(department.state(FILE), "published");
    }

    fn a_decision_needs_a_reason(database) {
        let department = waiting(database, false);
        department.rideau(&["review", "approve", FILE]).refused("--reason");
        department.rideau(&["review", "approve", "no such file", "--reason", "x"]).refused("no such file");
        assert_eq!(department.state(FILE), "review");
    }

    /// A record that is not complete names all that is missing; a person completes it; that survives every rerun.
    fn a_person_completes_the_record(database) {
        let department = Department::with(database, |setup| setup.complete = false);
        let sidecar = |title: &str| department.write(
            "release.toml",
            format!("[[release]]\nfiles = [\"admissions_en.csv\"]\n{title}"),
        );
        sidecar("");
        department.table(FILE, 1200);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        let problems = department.review(FILE)["record"]["problems"].clone();
        assert!(list(&problems).len() >= 2, "not all problems at once: {problems}");
        department.approve(FILE, "Ada Sample").refused("not complete");

        for (field, value) in [
            ("title_translated.en", "Admissions, as a person says"),
            ("title_translated.fr", "Admissions, comme dit une personne"),
            ("notes_translated.en", "Invented."),
            ("notes_translated.fr", "Inventé."),
            ("date_published", "2026-01-15"),
        ] {
            department.does(&["review", "set", FILE, field, value, "--by", "Ada Sample"]);
        }
        let problems = department.review(FILE)["record"]["problems"].clone();
        assert_eq!(list(&problems).len(), 0, "{problems}");
        department.run_once();
        assert_eq!(department.state(FILE), "published");
        assert!(department.public_holds("as a person says"));

        // Another content, another run, a sidecar that says otherwise: the person's words stay.
        department.table(FILE, 2200);
        sidecar("title.en = \"What the sidecar says\"\ntitle.fr = \"Ce que dit la fiche\"\n");
        department.run_once();
        let record = department.review(FILE)["record"].clone();
        assert_eq!(record["fields"]["title_translated"]["en"], "Admissions, as a person says", "{record}");
    }

    /// A false alarm is dismissed place by place; it stays in the record, and counts again when that is taken back.
    fn a_false_alarm_is_dismissed_and_taken_back(database) {
        let department = Department::new(database);
        department.write(FILE, "Office,Contact,Admissions\nNorth,jane.sample@example.com,1200\nSouth,john.sample@example.com,1700\n");
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        let names: Vec<String> = list(&department.review(FILE)["members"][0]["evidence"])
            .iter()
            .filter(|one| one["subject"] == "original" && one["rule"] == "personal-information-release")
            .map(|one| text(one, "/name"))
            .collect();
        assert_eq!(names.len(), 2, "{names:?}");
        department.rideau(&["review", "dismiss", FILE, &names[0], "--reason", " "]).refused("reason");
        department.rideau(&["review", "dismiss", FILE, "0123456789abcdef", "--reason", "x"]).refused("review show");
        for name in &names {
            assert_eq!(department.state(FILE), "review");
            department.does(&["review", "dismiss", FILE, name, "--reason", "An invented address", "--by", "Ada Sample"]);
        }
        department.run_once();
        assert_eq!(department.state(FILE), "published");
        let findings = department.review(FILE)["members"][0]["findings"].to_string();
        assert!(findings.contains("personal-information-release") && findings.contains("dismissed"), "{findings}");
        let dismissals = department.json(&["review", "dismissals", "list"]);
        assert_eq!(list(&dismissals).len(), 2, "{dismissals}");
        assert!(department.events(FILE).iter().any(|kind| kind == "finding.dismissed"));
        let id = text(&dismissals[0], "/id");
        department.does(&["review", "dismissals", "revoke", &id, "--reason", "It is a real one"]);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        department.rideau(&["review", "dismissals", "revoke", &id, "--reason", "again"]).refused("already");
    }

    /// `--despite` lets a person overrule a finding that asks for removal, by its name, and the log keeps it.
    fn a_finding_is_overruled_only_by_name(database) {
        let department = Department::new(database);
        department.configure(|text| *text = text.replace("[policy]", "[policy]\nredaction = \"off\""));
        department.write(FILE, "Office,Contact,Admissions\nNorth,jane.sample@example.com,1200\nSouth,john.sample@example.com,1700\n");
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        assert!(!department.public_holds("jane.sample"));
        department.approve(FILE, "Ada Sample").refused("--despite");
        let rule = list(&department.review(FILE)["members"][0]["findings"])
            .iter()
            .map(|stored| text(stored, "/rule"))
            .find(|rule| rule.starts_with("personal-information"))
            .expect("a finding of personal information");
        decide(&department, "approve", "Ada Sample", &["--despite", &rule]).ends_with(0);
        department.run_once();
        assert_eq!(department.state(FILE), "published");
        let reasons = department.review(FILE)["decisions"].to_string();
        assert!(reasons.contains(&rule), "{reasons}");
    }
}
