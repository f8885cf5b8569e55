//! Places that rules name are taken out of the copy, so that the rest can go: from the finding to the public folder.

use std::{
    fs,
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
};

use crate::support::{Department, list, on_both_databases, text};

const SHEET: &str = "offices_en.csv";
const NOTE: &str = "note_en.docx";
const ROWS: &str =
    "Office,SIN,Remark\nNorth,130 692 544,closed\nSouth,,SIN 130 692 544 given twice\n";

/// A document whose date of birth stands over three runs, one of them bold.
fn note() -> Vec<u8> {
    let run = |style: &str, text: &str| {
        format!(r#"<w:r>{style}<w:t xml:space="preserve">{text}</w:t></w:r>"#)
    };
    let paragraph = [
        run("", "The applicant was born on Mar"),
        run("<w:rPr><w:b/></w:rPr>", "ch 1, "),
        run("", "1980 and the case is closed."),
    ]
    .concat();
    let document = format!(
        r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p>{}</w:p><w:p>{paragraph}</w:p></w:body></w:document>"#,
        run("", "The office in the north opened the file in winter.")
    );
    let relations = "http://schemas.openxmlformats.org/package/2006/relationships";
    let root = format!(
        r#"<Relationships xmlns="{relations}"><Relationship Id="d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#
    );
    let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", types),
        ("_rels/.rels", root.as_str()),
        ("word/document.xml", document.as_str()),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The treatments of an item's copy, by name.
fn taken_out(department: &Department, path: &str) -> Vec<serde_json::Value> {
    list(&department.review(path)["members"][0]["treatments"])
        .iter()
        .filter(|treatment| text(treatment, "/kind") == "redact_spans")
        .flat_map(|treatment| list(&treatment["detail"]).to_vec())
        .collect()
}

/// Screens what is public of this kind as if it came from elsewhere: nothing may be found.
fn is_clean(department: &Department, extension: &str) {
    let published: Vec<PathBuf> = files(&department.public())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        // The catalogue's own pages name the department and its contacts.
        .filter(|path| {
            !["index.html", "en.html", "fr.html"]
                .iter()
                .any(|page| path.ends_with(page))
        })
        .collect();
    assert!(!published.is_empty(), "no {extension}");
    for path in published {
        let said = department.rideau(&["screen", "--json", "--facts", path.to_str().unwrap()]);
        let all = said.all();
        assert!(!all.contains("personal-information-release"), "{all}");
    }
}

on_both_databases! {
    fn a_sheet_goes_without_its_numbers_once_a_person_has_seen_it(database) {
        let department = Department::new(database);
        department.write(SHEET, ROWS);
        department.run_once();
        // The policy lets clean releases go by themselves; a redacted one waits all the same.
        assert_eq!(department.state(SHEET), "review");
        assert!(!department.public_holds("closed"));
        let removed = taken_out(&department, SHEET);
        assert_eq!(removed.len(), 2, "{removed:?}");
        assert!(removed.iter().all(|one| text(one, "/section") == "19(1)"), "{removed:?}");
        let shown = department.does(&["review", "show", SHEET]).all();
        assert!(shown.contains("personal-information-release]"), "{shown}");
        assert!(!shown.contains("130 692 544") && !shown.contains("130692544"), "{shown}");

        department.approve(SHEET, "Ada Sample").ends_with(0);
        department.run_once();
        assert_eq!(department.state(SHEET), "published");
        for gone in ["130 692 544", "130692544", "692 544"] {
            assert!(!department.public_holds(gone), "{gone}");
        }
        for kept in ["North,[s.19(1)],closed", "South", "given twice"] {
            assert!(department.public_holds(kept), "{kept}");
        }
        is_clean(&department, "csv");
    }

    fn a_document_goes_without_a_date_in_a_sentence(database) {
        let department = Department::new(database);
        department.write(NOTE, note());
        department.run_once();
        assert_eq!(department.state(NOTE), "review");
        assert_eq!(taken_out(&department, NOTE).len(), 1);
        department.approve(NOTE, "Ada Sample").ends_with(0);
        department.run_once();
        assert_eq!(department.state(NOTE), "published");
        for gone in ["March", "ch 1,", "1980 and"] {
            assert!(!department.public_holds(gone), "{gone}");
        }
        assert!(department.public_holds("born on [s.19(1)] and the case is closed."));
        assert!(department.public_holds("in the north"));
        is_clean(&department, "html");
    }

    /// The same input and rules give the same bytes, and nothing is made again when nothing changed.
    fn the_copy_is_made_once(database) {
        let department = Department::new(database);
        department.write(SHEET, ROWS);
        department.run_once();
        let hash = text(&department.review(SHEET), "/release/bundle_hash");
        let asked = |department: &Department| {
            let events = department.events(SHEET);
            events.iter().filter(|kind| *kind == "version.converted").count()
        };
        let conversions = asked(&department);
        department.run_once();
        assert_eq!(asked(&department), conversions);
        assert_eq!(text(&department.review(SHEET), "/release/bundle_hash"), hash);
    }

    fn with_it_turned_off_the_finding_stands(database) {
        let department = Department::new(database);
        department.configure(|text| *text = text.replace("[policy]", "[policy]\nredaction = \"off\""));
        department.write(SHEET, ROWS);
        department.run_once();
        assert_eq!(department.state(SHEET), "review");
        assert!(taken_out(&department, SHEET).is_empty());
        department.approve(SHEET, "Ada Sample").refused("--despite");
    }

    fn the_policy_may_let_redacted_copies_go(database) {
        let department = Department::new(database);
        department.configure(|text| *text = text.replace("[policy]", "[policy]\nredaction = \"automatic\""));
        department.write(SHEET, ROWS);
        department.run_once();
        assert_eq!(department.state(SHEET), "published");
        assert!(!department.public_holds("692 544"));
    }

    /// A name is never changed by a machine: the finding stands, and says what to do.
    fn a_number_in_the_files_name_is_left_to_a_person(database) {
        let department = Department::new(database);
        let name = "SIN 130-692-544 file_en.csv";
        department.write(name, ROWS);
        department.run_once();
        assert_eq!(department.state(name), "review");
        assert!(taken_out(&department, name).is_empty());
        department.approve(name, "Ada Sample").refused("--despite");
    }
}

#[test]
fn files_are_redacted_here_and_now() {
    let department = Department::new(crate::support::Database::sqlite());
    department.write(SHEET, ROWS);
    department.write(NOTE, note());
    let out = department.path("redacted");
    let (sheet, document) = (
        department.drive().join(SHEET),
        department.drive().join(NOTE),
    );
    let said = department.does(&[
        "redact",
        sheet.to_str().unwrap(),
        document.to_str().unwrap(),
        "-o",
        out.to_str().unwrap(),
    ]);
    assert!(said.all().contains("19(1)"), "{}", said.all());
    assert!(!said.all().contains("692 544"), "{}", said.all());
    let made = files(&out);
    assert!(made.len() >= 4, "{made:?}");
    for path in &made {
        let bytes = fs::read(path).unwrap();
        let holds = |needle: &str| {
            bytes
                .windows(needle.len())
                .any(|part| part == needle.as_bytes())
        };
        assert!(!holds("692 544") && !holds("ch 1,"), "{}", path.display());
    }
    // Nothing to take out: the copy is there all the same.
    department.write("plain_en.csv", "Region,Admissions\nNorth,1200\n");
    let plain = department.drive().join("plain_en.csv");
    department.does(&[
        "redact",
        plain.to_str().unwrap(),
        "-o",
        out.to_str().unwrap(),
    ]);
    assert!(out.join("plain_en.csv").is_dir());
}
