//! Bags as the archives get them: built from hostile input, read by our own check and by bagit-python.
//!
//! `RIDEAU_TEST_PYTHON` names a Python that has `bagit` (and `lxml` for the schemas); then its checks must run and
//! pass. Without the variable `python3` is tried, and its checks are left out with a note when `bagit` is missing.
//! `RIDEAU_TEST_SCHEMAS` names a folder with `premis.xsd` 3.0, `mets.xsd` 1.12.1 and `xlink.xsd` of the Library of
//! Congress; the import in them must point to the local `xlink.xsd`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rideau::{
    domain::{
        Basis, BasisKind, Bilingual, DecidedBy, Decision, DecisionId, DecisionKind, Effect,
        Finding, Format, FormatFamily, Parts, ReleaseId, RenditionKind, RuleSet, Sha256, Verdict,
    },
    transfer::{
        BagError, BagEvent, BagFinding, BagInput, BagItem, BagRendition, FindingSubject,
        Identification, build, verify,
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

/// A folder with blobs and one for bags.
struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        fs::create_dir(root.path().join("blobs")).unwrap();
        fs::create_dir(root.path().join("bags")).unwrap();
        Self { root }
    }

    fn bags(&self) -> PathBuf {
        self.root.path().join("bags")
    }

    fn blob(&self, bytes: &[u8]) -> PathBuf {
        let path = self
            .root
            .path()
            .join("blobs")
            .join(Sha256::of(bytes).to_string());
        fs::write(&path, bytes).unwrap();
        path
    }

    fn item(&self, native_id: &str, path: &str, bytes: &[u8]) -> BagItem {
        BagItem {
            native_id: native_id.to_owned(),
            path: path.to_owned(),
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            version: 1,
            sha256: Sha256::of(bytes),
            size_bytes: bytes.len() as u64,
            format: Format {
                name: "xlsx".to_owned(),
                pronom: Some("fmt/214".to_owned()),
                media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                    .to_owned(),
                family: FormatFamily::Table,
                encrypted: false,
                extension_mismatch: false,
            },
            identified_by: Some(Identification::Container),
            modified: Some("2025-11-03T14:05:06.700Z".parse().unwrap()),
            native: json!({"owner": "records", "z": 1, "a": [1, 2]}),
            original: self.blob(bytes),
            renditions: Vec::new(),
            fact_counts: BTreeMap::from([("marking".to_owned(), 2)]),
            findings: Vec::new(),
            treatments: json!([]),
            events: Vec::new(),
        }
    }

    fn rendition(&self, name: &str, kind: RenditionKind, bytes: &[u8]) -> BagRendition {
        BagRendition {
            name: name.to_owned(),
            kind,
            sha256: Sha256::of(bytes),
            size_bytes: bytes.len() as u64,
            path: self.blob(bytes),
            media_type: "text/csv".to_owned(),
            converter: "table/1".to_owned(),
            released: true,
        }
    }

    /// A bag with everything in it.
    fn rich(&self) -> BagInput {
        let mut one = self.item(
            "doc-17",
            "Reports/2025/Été & hiver <1>.xlsx",
            b"workbook one",
        );
        one.renditions = vec![
            self.rendition("table-2.csv", RenditionKind::Csv, b"c,d\n3,4\n"),
            self.rendition("table-1.csv", RenditionKind::Csv, b"a,b\n1,2\n"),
        ];
        one.findings = vec![
            finding(
                "transfer-pii",
                Effect::Restrict,
                "19(1)",
                BasisKind::Mandatory,
                Some("2050-01-01"),
            ),
            finding(
                "transfer-advice",
                Effect::Review,
                "21(1)(a)",
                BasisKind::Discretionary,
                None,
            ),
            finding(
                "old-advice",
                Effect::Expire,
                "21(1)(b)",
                BasisKind::Discretionary,
                Some("2020-01-01"),
            ),
        ];
        one.findings.push(BagFinding {
            stands: false,
            ..finding(
                "lifted",
                Effect::Block,
                "15(1)",
                BasisKind::Discretionary,
                None,
            )
        });
        one.treatments = json!([{"kind": "remove_hidden", "detail": {"sheet": 1}}, {"kind": "redact_spans", "detail": {}}]);
        one.events = [
            "version.fetched",
            "version.converted",
            "version.screened",
            "item.touched",
        ]
        .iter()
        .zip(1_u128..)
        .map(|(kind, n)| BagEvent {
            id: Uuid::from_u128(n),
            at: "2026-01-02T03:04:05Z".parse().unwrap(),
            kind: (*kind).to_owned(),
            actor: "daemon".to_owned(),
            body: json!({"n": n.to_string()}),
        })
        .collect();
        let mut two = self.item("doc-18", "Reports/2025/notes.docx", b"document two");
        two.findings = vec![finding(
            "dept-rule",
            Effect::Restrict,
            "4.2",
            BasisKind::Policy,
            None,
        )];
        two.identified_by = None;
        let decision = |kind, verdict, n| Decision {
            id: DecisionId(Uuid::from_u128(n)),
            release: ReleaseId(Uuid::from_u128(7)),
            kind,
            bound_hash: Sha256::of(b"bundle"),
            verdict,
            by: DecidedBy::Person,
            by_name: "a.reviewer".to_owned(),
            reason: "Enduring value & complete".to_owned(),
            at: "2026-01-05T10:00:00Z".parse().unwrap(),
        };
        BagInput {
            bag_name: "transfer-2026-001".to_owned(),
            bag_id: Uuid::from_u128(42),
            release: ReleaseId(Uuid::from_u128(7)),
            created_for: "2026-01-05".parse().unwrap(),
            software_version: "0.1.0".to_owned(),
            organization: Bilingual::new("Department of Samples", "Ministère des Échantillons"),
            source_name: "shared-drive".to_owned(),
            title: Bilingual::new("Sample report", "Rapport « exemple »"),
            record: json!({
                "title_translated": {"en": "Sample report", "fr": "Rapport"},
                "notes_translated": {"fr": "Ce que c’est", "en": "What it is", "9 bad code": "x"},
                "keywords": {"en": ["a", "b"], "fr": ["c"]}, "subject": ["persons"],
                "date_published": "2026-01-02", "license_id": "ca-ogl-lgo", "language": ["en", "fr"],
            })
            .as_object()
            .cloned()
            .unwrap(),
            group: "Reports/2025".to_owned(),
            bundle_hash: Sha256::of(b"bundle"),
            items: vec![one, two],
            decisions: vec![
                decision(DecisionKind::Release, Verdict::Approve, 100),
                decision(DecisionKind::Transfer, Verdict::Approve, 101),
            ],
        }
    }
}

fn finding(
    rule: &str,
    effect: Effect,
    section: &str,
    kind: BasisKind,
    opens: Option<&str>,
) -> BagFinding {
    BagFinding {
        subject: FindingSubject::Original,
        stands: true,
        dismissed: Vec::new(),
        finding: Finding {
            rule: rule.to_owned(),
            rule_version: 1,
            set: RuleSet::Transfer,
            effect,
            basis: Basis {
                act: if kind == BasisKind::Policy {
                    "Departmental standard"
                } else {
                    "ATIA"
                }
                .to_owned(),
                section: section.to_owned(),
                kind,
                test: None,
            },
            text: Bilingual::new(format!("Because of {rule}"), format!("À cause de {rule}")),
            parts: Parts::Whole,
            evidence: vec![0],
            opening_date: opens.map(|day| day.parse().unwrap()),
            treatments: Vec::new(),
            error: None,
        },
    }
}

/// Every file of a folder, with its bytes.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The texts of all elements of a name.
fn values(xml: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    xml.split(&open)
        .skip(1)
        .map(|rest| rest.split(&close).next().unwrap().to_owned())
        .collect()
}

fn attributes(xml: &str, name: &str) -> Vec<String> {
    xml.split(&format!(" {name}=\""))
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

/// A Python with `bagit`, if there is one; insists when the variable names it.
fn python() -> Option<String> {
    let named = std::env::var("RIDEAU_TEST_PYTHON").ok();
    let python = named.clone().unwrap_or_else(|| "python3".to_owned());
    let works = Command::new(&python)
        .args(["-c", "import bagit"])
        .output()
        .is_ok_and(|output| output.status.success());
    assert!(works || named.is_none(), "{python} has no module `bagit`");
    if !works {
        eprintln!("left out: no Python with `bagit`; set RIDEAU_TEST_PYTHON");
    }
    works.then_some(python)
}

/// Both validators agree on the bag.
fn assert_valid(folder: &Path) {
    let report = verify(folder).unwrap();
    assert!(report.is_valid(), "{:#?}", report.problems);
    assert!(report.unlisted_tag_files.is_empty());
    bagit_python(folder, true);
}

fn bagit_python(folder: &Path, valid: bool) {
    let Some(python) = python() else { return };
    let output = Command::new(python)
        .args(["-m", "bagit", "--validate"])
        .arg(folder)
        .output()
        .unwrap();
    assert_eq!(
        output.status.success(),
        valid,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_bag_is_valid_and_complete() {
    let place = Place::new();
    let bag = build(&place.rich(), &place.bags()).unwrap();
    assert_valid(&bag.folder);
    assert_eq!(
        (bag.files, bag.payload_oxum.as_str(), bag.existed),
        (4, "40.4", false)
    );
    assert_eq!(
        text(&bag.folder, "bagit.txt"),
        "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    );
    assert_eq!(
        text(&bag.folder, "bag-info.txt"),
        "Source-Organization: Department of Samples\n\
         Source-Organization: Ministère des Échantillons\n\
         External-Description: Sample report\n\
         External-Description: Rapport « exemple »\n\
         External-Identifier: urn:uuid:00000000-0000-0000-0000-00000000002a\n\
         Internal-Sender-Identifier: urn:uuid:00000000-0000-0000-0000-000000000007\n\
         Internal-Sender-Description: shared-drive\n\
         Bag-Group-Identifier: Reports/2025\n\
         Bagging-Date: 2026-01-05\n\
         Payload-Oxum: 40.4\n\
         Bag-Software-Agent: rideau 0.1.0\n"
    );
    let names: Vec<_> = tree(&bag.folder).into_keys().collect();
    assert_eq!(
        names,
        [
            "bag-info.txt",
            "bagit.txt",
            "data/originals/Reports/2025/notes.docx",
            "data/originals/Reports/2025/Été & hiver _1_.xlsx",
            "data/renditions/0001/table-1.csv",
            "data/renditions/0001/table-2.csv",
            "manifest-sha256.txt",
            "manifest-sha512.txt",
            "metadata/dc.xml",
            "metadata/decisions.json",
            "metadata/droid.csv",
            "metadata/findings.json",
            "metadata/mets.xml",
            "metadata/native/0001.json",
            "metadata/native/0002.json",
            "metadata/premis.xml",
            "metadata/record.json",
            "tagmanifest-sha256.txt",
            "tagmanifest-sha512.txt",
        ]
    );
    let native: Value =
        serde_json::from_str(&text(&bag.folder, "metadata/native/0001.json")).unwrap();
    assert_eq!(native["path"], "Reports/2025/Été & hiver <1>.xlsx");
    let left: Vec<_> = fs::read_dir(place.bags())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["transfer-2026-001"]);
}

#[test]
fn every_link_in_the_metadata_leads_somewhere() {
    let place = Place::new();
    let bag = build(&place.rich(), &place.bags()).unwrap();
    let premis = text(&bag.folder, "metadata/premis.xml");
    let set = |element: &str| {
        values(&premis, element)
            .into_iter()
            .collect::<BTreeSet<_>>()
    };
    let objects = set("objectIdentifierValue");
    for (links, targets) in [
        ("linkingObjectIdentifierValue", &objects),
        ("relatedObjectIdentifierValue", &objects),
        ("linkingEventIdentifierValue", &set("eventIdentifierValue")),
        ("relatedEventIdentifierValue", &set("eventIdentifierValue")),
        ("linkingAgentIdentifierValue", &set("agentIdentifierValue")),
        (
            "linkingRightsStatementIdentifierValue",
            &set("rightsStatementIdentifierValue"),
        ),
    ] {
        let links = set(links);
        assert!(!links.is_empty());
        assert!(links.is_subset(targets), "{:?}", links.difference(targets));
    }
    let events = values(&premis, "eventIdentifierValue");
    assert_eq!(
        events.len(),
        set("eventIdentifierValue").len(),
        "an event stands twice"
    );

    let mets = text(&bag.folder, "metadata/mets.xml");
    let ids: BTreeSet<_> = attributes(&mets, "ID").into_iter().collect();
    for name in ["FILEID", "ADMID", "DMDID"] {
        for link in attributes(&mets, name)
            .iter()
            .flat_map(|list| list.split(' '))
        {
            assert!(ids.contains(link), "{name} {link}");
        }
    }
    let marks = attributes(&premis, "xmlID");
    for pointer in attributes(&mets, "XPTR") {
        let id = pointer
            .strip_prefix("xpointer(id('")
            .unwrap()
            .strip_suffix("'))")
            .unwrap();
        assert!(marks.iter().any(|mark| mark == id), "{pointer}");
    }
    let metadata = bag.folder.join("metadata");
    for href in attributes(&mets, "xlink:href") {
        let mut bytes = Vec::new();
        let mut rest = href.as_str();
        while let Some(at) = rest.find('%') {
            bytes.extend_from_slice(&rest.as_bytes()[..at]);
            bytes.push(u8::from_str_radix(&rest[at + 1..at + 3], 16).unwrap());
            rest = &rest[at + 3..];
        }
        bytes.extend_from_slice(rest.as_bytes());
        assert!(
            metadata.join(String::from_utf8(bytes).unwrap()).is_file(),
            "{href}"
        );
    }
}

#[test]
fn every_standing_ground_has_its_own_rights_statement() {
    let place = Place::new();
    let mut input = place.rich();
    let mut other = finding(
        "release-only",
        Effect::Block,
        "20(1)",
        BasisKind::Mandatory,
        None,
    );
    other.finding.set = RuleSet::Release;
    input.items[0].findings.push(other);
    // The same ground on a second item is the same statement about two files.
    let shared = input.items[0].findings[0].clone();
    input.items[1].findings.push(shared);
    let bag = build(&input, &place.bags()).unwrap();
    let premis = text(&bag.folder, "metadata/premis.xml");
    let statements: Vec<_> = values(&premis, "rightsStatement");
    assert_eq!(statements.len(), 5);
    let of = |needle: &str| {
        let found: Vec<_> = statements
            .iter()
            .filter(|text| text.contains(needle))
            .collect();
        assert_eq!(found.len(), 1, "{needle}");
        found[0]
    };
    let pii = of("s. 19(1) / Loi sur l’accès à l’information, L.R.C. (1985), ch. A-1, art. 19(1)<");
    assert!(pii.contains("<restriction>Disallow<"));
    assert!(pii.contains("<startDate>2026-01-05<") && pii.contains("<endDate>2050-01-01<"));
    assert_eq!(values(pii, "linkingObjectIdentifierValue").len(), 2);
    assert!(of("21(1)a)<").contains("<restriction>Conditional<"));
    let lapsed = of("21(1)b)<");
    assert!(lapsed.contains("<restriction>Allow<") && !lapsed.contains("termOfRestriction"));
    assert!(of("Departmental standard 4.2").contains("<otherRightsBasis>Policy<"));
    let licence = of("<licenseTerms>");
    assert_eq!(values(licence, "linkingObjectIdentifierValue").len(), 2);
    let findings: Value =
        serde_json::from_str(&text(&bag.folder, "metadata/findings.json")).unwrap();
    assert_eq!(
        findings[0]["findings"].as_array().unwrap().len(),
        5,
        "lifted and release findings are kept too"
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (Place::new(), Place::new());
    let first = build(&one.rich(), &one.bags()).unwrap();
    let mut shuffled = two.rich();
    shuffled.items.reverse();
    shuffled.items[1].renditions.reverse();
    let second = build(&shuffled, &two.bags()).unwrap();
    assert_eq!(tree(&first.folder), tree(&second.folder));
    assert_eq!(first.tag_manifest_sha512, second.tag_manifest_sha512);
    let mut other = one.rich();
    other.created_for = "2026-01-06".parse().unwrap();
    let other = build(&other, &two.root.path().join("blobs")).unwrap();
    assert_ne!(first.tag_manifest_sha512, other.tag_manifest_sha512);
}

#[test]
fn a_finished_bag_is_accepted_once_and_for_all() {
    let place = Place::new();
    let input = place.rich();
    let first = build(&input, &place.bags()).unwrap();
    let before = tree(&first.folder);
    let again = build(&input, &place.bags()).unwrap();
    assert!(again.existed);
    assert_eq!(
        (&again.tag_manifest_sha512, &again.payload_oxum, again.files),
        (&first.tag_manifest_sha512, &first.payload_oxum, first.files)
    );
    assert_eq!(tree(&first.folder), before);

    let mut other = place.rich();
    other.title.en.push('!');
    assert!(matches!(
        build(&other, &place.bags()),
        Err(BagError::BagExists { .. })
    ));
    assert_eq!(tree(&first.folder), before);

    fs::write(
        first.folder.join("data/originals/Reports/2025/notes.docx"),
        b"DOCUMENT two",
    )
    .unwrap();
    assert!(matches!(
        build(&input, &place.bags()),
        Err(BagError::ExistingBroken { problems: 2, .. })
    ));

    // Whatever else stands under the name is not touched.
    for make in [
        |path: &Path| fs::write(path, b"x").unwrap(),
        |path: &Path| fs::create_dir(path).unwrap(),
    ] {
        let place = Place::new();
        let path = place.bags().join("transfer-2026-001");
        make(&path);
        assert!(matches!(
            build(&place.rich(), &place.bags()),
            Err(BagError::BagExists { .. })
        ));
        assert!(path.exists());
    }
}

#[test]
fn what_a_killed_run_left_is_removed() {
    let place = Place::new();
    let input = place.rich();
    let leftover = place.bags().join(format!(".building-{}", input.bag_id));
    fs::create_dir_all(leftover.join("data/originals/Reports")).unwrap();
    fs::write(leftover.join("data/originals/half"), b"ha").unwrap();
    fs::write(leftover.join("bagit.txt"), b"").unwrap();
    let foreign = place.bags().join(".building-another");
    fs::create_dir(&foreign).unwrap();
    let bag = build(&input, &place.bags()).unwrap();
    assert_valid(&bag.folder);
    assert!(!leftover.exists());
    assert!(foreign.exists(), "another bag's work is not ours");
    assert!(!bag.folder.join("data/originals/half").exists());
}

/// A bag with enough files that a kill lands in the middle.
fn wide(place: &Place) -> BagInput {
    let mut input = place.rich();
    for i in 0..150_u32 {
        let bytes = i.to_le_bytes().repeat(2000);
        input.items.push(place.item(
            &format!("many-{i}"),
            &format!("many/{}/{i}.bin", i % 7),
            &bytes,
        ));
    }
    input
}

/// Run as a child by the test below; does nothing otherwise.
#[test]
fn builds_until_it_is_killed() {
    if let Some(bags) = std::env::var_os("RIDEAU_TEST_KILLED_BAGS") {
        build(&wide(&Place::new()), Path::new(&bags)).unwrap();
    }
}

#[test]
fn a_kill_at_any_instant_leaves_no_half_bag() {
    let place = Place::new();
    let input = wide(&place);
    let undisturbed = Place::new();
    let whole = build(&input, &undisturbed.bags()).unwrap();
    let building = place.bags().join(format!(".building-{}", input.bag_id));
    let final_name = place.bags().join(&input.bag_name);
    let many = building.join("data/originals/many");
    let entries = |folder: &Path| fs::read_dir(folder).map_or(0, Iterator::count);
    let mut cut_short = 0;
    for round in 0..24_usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "transfer::builds_until_it_is_killed"])
            .env("RIDEAU_TEST_KILLED_BAGS", place.bags())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Kill once the work has come as far as this round wants: some files, the metadata, or the very end.
        let far_enough = || match round % 4 {
            0 => building.join("data").is_dir(),
            1 => entries(&many.join("3")) > round / 2,
            2 => building.join("metadata").is_dir(),
            _ => building.join("tagmanifest-sha256.txt").is_file(),
        };
        while !far_enough() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if final_name.exists() {
            assert_eq!(tree(&final_name), tree(&whole.folder), "round {round}");
            fs::remove_dir_all(&final_name).unwrap();
        } else {
            cut_short += 1;
        }
    }
    assert!(cut_short >= 12, "only {cut_short} kills came in time");
    let bag = build(&input, &place.bags()).unwrap();
    assert_valid(&bag.folder);
    assert_eq!(bag.tag_manifest_sha512, whole.tag_manifest_sha512);
    assert_eq!(fs::read_dir(place.bags()).unwrap().count(), 1);
}

#[test]
fn a_damaged_blob_stops_the_bag() {
    let check = |damage: &dyn Fn(&Path)| {
        let place = Place::new();
        let input = place.rich();
        damage(&input.items[0].renditions[0].path);
        let error = build(&input, &place.bags()).unwrap_err();
        assert_eq!(fs::read_dir(place.bags()).unwrap().count(), 0, "{error}");
        assert!(!error.is_temporary());
        assert!(!error.words().fr.is_empty());
        error
    };
    let flipped = check(&|path| fs::write(path, b"c,d\n3,5\n").unwrap());
    assert!(
        matches!(&flipped, BagError::Damaged { file, .. } if file == "data/renditions/0001/table-2.csv"),
        "{flipped}"
    );
    assert!(matches!(
        check(&|path| fs::write(path, b"c,d").unwrap()),
        BagError::Damaged { found_size: 3, .. }
    ));
    assert!(matches!(
        check(&|path| fs::write(path, b"c,d\n3,4\n\n").unwrap()),
        BagError::Damaged { .. }
    ));
    assert!(matches!(
        check(&|path| fs::remove_file(path).unwrap()),
        BagError::Io { .. }
    ));
}

#[test]
fn nothing_leaves_without_an_approval_that_holds() {
    let check = |change: &dyn Fn(&mut BagInput)| {
        let place = Place::new();
        let mut input = place.rich();
        change(&mut input);
        let error = build(&input, &place.bags()).unwrap_err();
        assert_eq!(fs::read_dir(place.bags()).unwrap().count(), 0);
        error
    };
    let refused = |change: &dyn Fn(&mut BagInput)| {
        assert!(matches!(check(change), BagError::NotApproved { .. }));
    };
    refused(&|input| input.decisions.clear());
    refused(&|input| input.decisions.truncate(1));
    refused(&|input| input.bundle_hash = Sha256::of(b"changed since"));
    refused(&|input| input.decisions[1].verdict = Verdict::Refuse);
    refused(&|input| {
        let mut later = input.decisions[1].clone();
        later.verdict = Verdict::SendBack;
        input.decisions.push(later);
    });
    assert!(matches!(
        check(&|input| input.items.clear()),
        BagError::Empty
    ));
    assert!(matches!(
        check(&|input| input.items[1].native_id = "doc-17".to_owned()),
        BagError::DuplicateItem { .. }
    ));
    for name in [
        "",
        ".",
        "..",
        "a/b",
        ".hidden",
        "CON",
        "a ",
        "a\nb",
        &"x".repeat(200),
    ] {
        assert!(
            matches!(
                check(&|input| input.bag_name = name.to_owned()),
                BagError::BagName { .. }
            ),
            "{name:?}"
        );
    }
}

#[test]
fn hostile_names_give_a_valid_bag() {
    let place = Place::new();
    let mut input = place.rich();
    let long = "n".repeat(300);
    let deep = format!("{}deep.csv", "folder/".repeat(200));
    let names = [
        "été.csv",
        "e\u{301}te\u{301}.csv",
        "ÉTÉ.csv",
        "a\r\nb.csv",
        "a\nb.csv",
        "a%0Ab.csv",
        "100%.csv",
        "../../../etc/passwd",
        "/etc/shadow",
        "..",
        ".",
        "",
        "CON",
        "con.csv",
        "d/NUL/x.csv",
        "dots.",
        "dots..",
        "dots ",
        " lead",
        "tab\tname",
        "nul\0name",
        "bell\u{7}",
        "sep\u{2028}name",
        "next\u{85}line",
        "rtl\u{202E}vsc.exe",
        "back\\slash",
        "c:\\x",
        "~root",
        "-rf",
        "=cmd()|x",
        "quote\"'name",
        "]]>",
        "<x>&amp;",
        "*?",
        "\u{fffe}",
        "x/y",
        "x",
        "X/Y",
        "metadata",
        "bagit.txt",
        "界界.csv",
        &long,
        &deep,
        "x/y",
    ];
    input.items = names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let mut item = place.item(&format!("id-{i:03}"), name, format!("bytes {i}").as_bytes());
            item.native = json!({"comment": name});
            item.renditions = ["../x.csv", "a\nb", "A\nB", "CON"]
                .iter()
                .map(|name| {
                    place.rendition(name, RenditionKind::Csv, format!("{i}{name}").as_bytes())
                })
                .collect();
            item
        })
        .collect();
    input.title = Bilingual::new("Line\r\nPayload-Oxum: 0.0", "\u{1}<&>\"'");
    input.group = "a\nb: c".to_owned();
    input.decisions[1].reason = "because \u{0} <b>".to_owned();
    input.record.insert(
        "notes_translated".to_owned(),
        json!({"en": "\u{b}]]>", "fr": null}),
    );
    let bag = build(&input, &place.bags()).unwrap();
    assert_valid(&bag.folder);
    assert_eq!(bag.files, names.len() as u64 * 5);
    let mut folded = BTreeSet::new();
    for (name, _) in tree(&bag.folder) {
        assert!(name.len() <= 240, "{name}");
        assert!(
            !name.contains(['\n', '\r', '%', '\\', ':', '\u{2028}']),
            "{name:?}"
        );
        assert!(folded.insert(name.to_lowercase()), "{name} has a twin");
    }
    assert_eq!(
        text(&bag.folder, "bag-info.txt")
            .matches("\nPayload-Oxum:")
            .count(),
        1
    );
    // The exact names survive in the metadata.
    for (i, name) in names.iter().enumerate() {
        let native: Value = serde_json::from_str(&text(
            &bag.folder,
            &format!("metadata/native/{:04}.json", i + 1),
        ))
        .unwrap();
        assert_eq!(native["path"], *name);
        let bytes = fs::read(bag.folder.join(native["bag_path"].as_str().unwrap())).unwrap();
        assert_eq!(bytes, format!("bytes {i}").as_bytes());
    }
    let droid = text(&bag.folder, "metadata/droid.csv");
    assert!(
        droid
            .lines()
            .all(|line| line.matches("\",\"").count() == 17),
        "one row per line"
    );
    schemas(&bag.folder);
}

#[test]
fn changes_to_a_bag_are_found() {
    let place = Place::new();
    let bag = build(&place.rich(), &place.bags()).unwrap();
    let original = "data/originals/Reports/2025/notes.docx";
    let manifest = text(&bag.folder, "manifest-sha512.txt");
    let codes = || -> BTreeSet<_> {
        verify(&bag.folder)
            .unwrap()
            .problems
            .into_iter()
            .map(|problem| problem.code)
            .collect()
    };
    let check = |file: &str, change: Option<&[u8]>, expect: &[&str]| {
        let path = bag.folder.join(file);
        let before = fs::read(&path).ok();
        match change {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        assert_eq!(codes().into_iter().collect::<Vec<_>>(), expect, "{file}");
        bagit_python(&bag.folder, false);
        match before {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    };
    check(original, Some(b"document TWO"), &["digest"]);
    check(original, Some(b"shorter"), &["digest", "oxum"]);
    check(original, None, &["missing", "oxum"]);
    check("data/extra", Some(b""), &["oxum", "unlisted"]);
    check("metadata/premis.xml", Some(b"<premis/>"), &["digest"]);
    check("metadata/dc.xml", None, &["missing"]);
    check("bagit.txt", None, &["missing"]);
    check(
        "manifest-sha512.txt",
        Some(format!("{manifest}{}  data/../../etc/passwd\n", "0".repeat(128)).as_bytes()),
        &["digest", "malformed"],
    );
    let report = verify(&bag.folder).unwrap();
    assert!(report.is_valid());
    fs::write(bag.folder.join("note.txt"), b"x").unwrap();
    let report = verify(&bag.folder).unwrap();
    assert!(report.is_valid());
    assert_eq!(report.unlisted_tag_files, ["note.txt"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/passwd", bag.folder.join("data/link")).unwrap();
        assert!(codes().contains("link"));
    }
    assert!(matches!(
        verify(&place.bags().join("nowhere")),
        Err(BagError::Io { .. })
    ));
}

#[test]
fn metadata_is_valid_by_the_schemas() {
    let place = Place::new();
    let bag = build(&place.rich(), &place.bags()).unwrap();
    schemas(&bag.folder);
}

/// Checks PREMIS and METS against their schemas, and all three files for being well formed.
fn schemas(folder: &Path) {
    for name in ["premis.xml", "mets.xml", "dc.xml"] {
        let xml = text(folder, &format!("metadata/{name}"));
        let mut reader = quick_xml::Reader::from_str(&xml);
        while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    }
    let (Ok(schemas), Some(python)) = (std::env::var("RIDEAU_TEST_SCHEMAS"), python()) else {
        eprintln!("left out: schemas; set RIDEAU_TEST_SCHEMAS and RIDEAU_TEST_PYTHON");
        return;
    };
    let script = "import sys\nfrom lxml import etree\nfor n in ('premis', 'mets'):\n  \
                  etree.XMLSchema(etree.parse(f'{sys.argv[1]}/{n}.xsd')).assertValid(etree.parse(f'{sys.argv[2]}/metadata/{n}.xml'))\n\
                  etree.parse(f'{sys.argv[2]}/metadata/dc.xml')";
    let output = Command::new(python)
        .args(["-c", script, &schemas])
        .arg(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
