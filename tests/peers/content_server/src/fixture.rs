//! The records that a simulator starts with: a small department that was never anywhere.
//!
//! Rule that must hold: every name is invented, and every kind of trouble that the API can make has a node here.

use std::io;

use chrono::TimeDelta;
use serde_json::json;

use crate::{
    category::{Attribute, Definition},
    change::Payload,
    config::{Config, Fixture},
    edit, fixture_files, subtype,
    world::{RecordDetails, Right, World},
};

/// Ids of what the invented department has.
pub mod ids {
    /// The Enterprise volume.
    pub const ENTERPRISE: i64 = 2000;
    /// The folder that everything else is in.
    pub const TOP: i64 = 40_000;
    /// A folder with 40 tables.
    pub const MONTHS: i64 = 40_100;
    /// The first of the 40 tables; the others follow.
    pub const FIRST_MONTH: i64 = 50_001;
    /// A folder with folders in folders.
    pub const POLICIES: i64 = 40_200;
    /// A document with three versions, categories, a classification, a clearance level and a record's details.
    pub const SUMMARY: i64 = 41_001;
    /// A document that is like most.
    pub const STATISTICS: i64 = 41_002;
    /// A document above most clearances.
    pub const SECRET: i64 = 41_003;
    /// A document with a supplemental marking.
    pub const MARKED: i64 = 41_004;
    /// A document that only an administrator may see.
    pub const FORBIDDEN: i64 = 41_005;
    /// A hidden document.
    pub const HIDDEN: i64 = 41_006;
    /// A business workspace.
    pub const WORKSPACE: i64 = 41_007;
    /// A document directly in the business workspace.
    pub const WORKSPACE_DOCUMENT: i64 = 41_008;
    /// A compound document with two parts.
    pub const COMPOUND: i64 = 41_010;
    /// An e-mail.
    pub const EMAIL: i64 = 41_014;
    /// A collection of two documents that are elsewhere.
    pub const COLLECTION: i64 = 41_015;
    /// A shortcut to the folder at the top.
    pub const SHORTCUT: i64 = 41_016;
    /// A link to a web page.
    pub const URL: i64 = 41_017;
    /// A project.
    pub const PROJECT: i64 = 41_018;
    /// A document on hold.
    pub const HELD: i64 = 41_020;
    /// A document that somebody reserved.
    pub const RESERVED: i64 = 41_021;
    /// A folder on hold.
    pub const HELD_FOLDER: i64 = 41_030;
    /// A document in the folder on hold.
    pub const HELD_INSIDE: i64 = 41_031;
    /// A document without a byte.
    pub const EMPTY: i64 = 41_035;
    /// A document of 76,800 bytes.
    pub const LARGE: i64 = 41_040;
    /// A folder with nothing in it.
    pub const EMPTY_FOLDER: i64 = 41_050;
    /// The category of releases.
    pub const RELEASE_CATEGORY: i64 = 16_878;
    /// The category of access.
    pub const ACCESS_CATEGORY: i64 = 17_001;
    /// The classification of open data.
    pub const CLASSIFICATION: i64 = 41_320;
}

const CLASSIFICATIONS_VOLUME: i64 = 2048;
const CATEGORIES_VOLUME: i64 = 2050;

/// A world with the wanted records.
pub(crate) fn build(config: &Config) -> io::Result<World> {
    let mut world = World::new(config);
    // What is there at the start is in the index too.
    world.switches.index_lag_seconds = 0;
    let built = volumes(&mut world).and_then(|()| match &config.fixture {
        Fixture::Empty => Ok(()),
        Fixture::Department => department(&mut world),
        Fixture::Files(folder) => fixture_files::load(&mut world, folder),
    });
    built.map_err(io::Error::other)?;
    world.catch_up_index();
    world.switches.index_lag_seconds = config.switches.index_lag_seconds;
    Ok(world)
}

fn volumes(world: &mut World) -> Result<(), String> {
    node(world, 0, ids::ENTERPRISE, subtype::ENTERPRISE, "Enterprise")?;
    node(
        world,
        0,
        CLASSIFICATIONS_VOLUME,
        198,
        "Classification Volume",
    )?;
    node(
        world,
        0,
        CATEGORIES_VOLUME,
        133,
        "Content Server Categories",
    )?;
    Ok(())
}

fn department(world: &mut World) -> Result<(), String> {
    categories(world)?;
    node(
        world,
        CLASSIFICATIONS_VOLUME,
        ids::CLASSIFICATION,
        199,
        "Open data",
    )?;
    let top = ids::TOP;
    node(
        world,
        ids::ENTERPRISE,
        top,
        0,
        "Données ouvertes – Open Data",
    )?;
    months(world)?;
    policies(world)?;
    summary(world)?;
    document(
        world,
        top,
        ids::STATISTICS,
        "Statistics.csv",
        "year,count\n2024,12\n2025,15\n",
        20,
    )?;
    restricted(world)?;
    workspaces(world)?;
    odd(world)?;
    held(world)
}

fn node(world: &mut World, parent: i64, id: i64, kind: i64, name: &str) -> Result<i64, String> {
    edit::create(world, Some(id), parent, kind, name)
}

/// A document with one version, so many days old.
fn document(
    world: &mut World,
    parent: i64,
    id: i64,
    name: &str,
    text: &str,
    days: i64,
) -> Result<(), String> {
    node(world, parent, id, subtype::DOCUMENT, name)?;
    edit::add_version(world, id, Payload::from(text).bytes(), None)?;
    age(world, id, days);
    Ok(())
}

fn age(world: &mut World, id: i64, days: i64) {
    let time = world.now() - TimeDelta::days(days);
    if let Some(node) = world.nodes.get_mut(&id) {
        node.created = time;
        node.modified = time;
        for version in &mut node.versions {
            version.created = time + TimeDelta::minutes(version.number);
            node.modified = version.created;
        }
    }
}

fn categories(world: &mut World) -> Result<(), String> {
    let release = ids::RELEASE_CATEGORY;
    let access = ids::ACCESS_CATEGORY;
    node(world, CATEGORIES_VOLUME, release, 131, "Open Data Release")?;
    node(world, CATEGORIES_VOLUME, access, 131, "Access")?;
    let definitions = [
        Definition {
            id: release,
            name: "Open Data Release",
            attributes: vec![
                Attribute::new(2, "Release ID", "String"),
                Attribute::new(3, "Release date", "Date"),
                Attribute::new(4, "Keywords", "String").several(),
                Attribute::new(5, "Approved", "Boolean"),
                Attribute::new(6, "Row count", "Integer"),
                Attribute::set(
                    7,
                    "Contacts",
                    vec![
                        Attribute::new(8, "Name", "String"),
                        Attribute::new(9, "Email", "String"),
                    ],
                ),
            ],
        },
        Definition {
            id: access,
            name: "Access",
            attributes: vec![Attribute::new(2, "Access level", "String")],
        },
    ];
    for definition in definitions {
        world.definitions.insert(definition.id, definition);
    }
    Ok(())
}

fn months(world: &mut World) -> Result<(), String> {
    let folder = ids::MONTHS;
    let name = "Permanent residents - Résidents permanents";
    node(world, ids::TOP, folder, 0, name)?;
    for number in 0..40 {
        let (year, month) = (2022 + number / 12, number % 12 + 1);
        let name = format!("Permanent residents {year}-{month:02}.csv");
        let text = format!("province,count\nON,{}\nQC,{}\n", 100 + number, 80 + number);
        document(
            world,
            folder,
            ids::FIRST_MONTH + number,
            &name,
            &text,
            400 - number,
        )?;
    }
    Ok(())
}

fn policies(world: &mut World) -> Result<(), String> {
    node(world, ids::TOP, ids::POLICIES, 0, "Policies")?;
    let mut parent = ids::POLICIES;
    for level in 0..5 {
        let id = 50_061 + level;
        node(world, parent, id, 0, &format!("Level {level}"))?;
        parent = id;
    }
    document(
        world,
        parent,
        50_070,
        "Note at the bottom.txt",
        "Far down.",
        300,
    )?;
    node(
        world,
        ids::POLICIES,
        ids::SHORTCUT,
        subtype::SHORTCUT,
        "Back to the top",
    )?;
    if let Some(shortcut) = world.nodes.get_mut(&ids::SHORTCUT) {
        shortcut.original = Some(ids::TOP);
    }
    Ok(())
}

fn summary(world: &mut World) -> Result<(), String> {
    let id = ids::SUMMARY;
    let name = "Résumé exécutif – été 2025.docx";
    node(world, ids::TOP, id, subtype::DOCUMENT, name)?;
    for text in ["version une", "version deux", "version trois"] {
        edit::add_version(world, id, Payload::from(text).bytes(), None)?;
    }
    age(world, id, 30);
    let recorded = world.now() - TimeDelta::days(30);
    let Some(node) = world.nodes.get_mut(&id) else {
        return Err("the summary is not there".to_owned());
    };
    "What was published in the summer of 2025".clone_into(&mut node.description);
    node.clearance = 10;
    node.rights
        .push(Right::new("custom", Some(1100), &["see", "see_contents"]));
    node.classifications = vec![ids::CLASSIFICATION];
    node.record = Some(RecordDetails {
        classification_id: ids::CLASSIFICATION,
        file_number: "1000-2-1".to_owned(),
        rsi: Some("RDA-98-001".to_owned()),
        status: "ACTIVE".to_owned(),
        official: true,
        essential: "NR".to_owned(),
        recorded,
    });
    let release = node.categories.entry(ids::RELEASE_CATEGORY).or_default();
    for (key, value) in [
        ("16878_2", json!("IRCC-2025-001")),
        ("16878_3", json!("2025-06-30T00:00:00")),
        ("16878_4", json!(["statistics", "immigration"])),
        ("16878_5", json!(true)),
        ("16878_6", json!(42)),
        ("16878_7_1_8", json!("Client A")),
        ("16878_7_1_9", json!("a@example.org")),
        ("16878_7_2_8", json!("Client B")),
    ] {
        release.insert(key.to_owned(), value);
    }
    let access = node.categories.entry(ids::ACCESS_CATEGORY).or_default();
    access.insert("17001_2".to_owned(), json!("Open"));
    Ok(())
}

fn restricted(world: &mut World) -> Result<(), String> {
    let top = ids::TOP;
    document(
        world,
        top,
        ids::SECRET,
        "Secret brief.docx",
        "Not for all.",
        15,
    )?;
    document(
        world,
        top,
        ids::MARKED,
        "For cabinet.docx",
        "Not for all.",
        15,
    )?;
    document(world, top, ids::FORBIDDEN, "Draft.docx", "Not for all.", 15)?;
    document(
        world,
        top,
        ids::HIDDEN,
        "Hidden note.txt",
        "Seldom shown.",
        15,
    )?;
    if let Some(node) = world.nodes.get_mut(&ids::SECRET) {
        node.clearance = 50;
    }
    if let Some(node) = world.nodes.get_mut(&ids::MARKED) {
        node.markings = vec!["CABINET".to_owned()];
    }
    if let Some(node) = world.nodes.get_mut(&ids::FORBIDDEN) {
        node.rights = edit::closed_rights();
    }
    if let Some(node) = world.nodes.get_mut(&ids::HIDDEN) {
        node.hidden = true;
    }
    Ok(())
}

fn workspaces(world: &mut World) -> Result<(), String> {
    let workspace = ids::WORKSPACE;
    let name = "Settlement program - Programme d'établissement";
    node(world, ids::TOP, workspace, subtype::WORKSPACE, name)?;
    let plan = ids::WORKSPACE_DOCUMENT;
    document(world, workspace, plan, "Plan 2026.txt", "The plan.", 12)?;
    node(world, workspace, 41_009, 0, "Working files")?;
    document(world, 41_009, 41_011, "Notes.txt", "Les notes.", 11)?;
    let project = ids::PROJECT;
    node(
        world,
        ids::TOP,
        project,
        subtype::PROJECT,
        "Website renewal",
    )?;
    document(
        world,
        project,
        41_019,
        "Schedule.csv",
        "step,week\nplan,1\n",
        9,
    )
}

fn odd(world: &mut World) -> Result<(), String> {
    let top = ids::TOP;
    let compound = ids::COMPOUND;
    node(
        world,
        top,
        compound,
        subtype::COMPOUND,
        "Annual report 2025",
    )?;
    document(world, compound, 41_013, "Chapter 1.txt", "One.", 8)?;
    document(world, compound, 41_012, "Chapter 2.txt", "Two.", 8)?;
    node(world, top, ids::EMAIL, 749, "Re Open data.eml")?;
    let email = "From: a@example.org\r\nTo: b@example.org\r\nSubject: Open data\r\n\r\nYes.\r\n";
    edit::add_version(world, ids::EMAIL, Payload::from(email).bytes(), None)?;
    node(world, top, ids::COLLECTION, 298, "Picked for release")?;
    node(world, top, ids::URL, subtype::URL, "Open Government")?;
    node(world, top, 41_032, 215, "Questions")?;
    node(world, 41_032, 41_033, 130, "Where is the data?")?;
    node(world, top, 41_034, 411, "Box 12 - Boîte 12")?;
    document(world, top, ids::EMPTY, "Vide.txt", "", 7)?;
    document(
        world,
        top,
        41_037,
        "À propos – About.html",
        "<p>Open data.</p>",
        5,
    )?;
    document(
        world,
        top,
        41_036,
        " Leading space.txt",
        "A name like any.",
        7,
    )?;
    document(world, top, ids::RESERVED, "Being edited.txt", "Wait.", 6)?;
    node(
        world,
        top,
        ids::LARGE,
        subtype::DOCUMENT,
        "Survey - Sondage.pdf",
    )?;
    let noise = Payload::Noise {
        size_bytes: 76_800,
        seed: 7,
    };
    edit::add_version(world, ids::LARGE, noise.bytes(), None)?;
    node(
        world,
        top,
        ids::EMPTY_FOLDER,
        0,
        "Nothing yet - Rien encore",
    )?;
    let now = world.now();
    if let Some(node) = world.nodes.get_mut(&ids::COLLECTION) {
        node.links = vec![ids::SUMMARY, ids::STATISTICS];
    }
    if let Some(node) = world.nodes.get_mut(&ids::URL) {
        node.url = Some("https://open.example.org/".to_owned());
    }
    if let Some(node) = world.nodes.get_mut(&ids::RESERVED) {
        node.reserved_by = Some(1101);
        node.reserved_at = Some(now);
    }
    if let Some(node) = world.nodes.get_mut(&41_013) {
        node.order = 1;
    }
    if let Some(node) = world.nodes.get_mut(&41_012) {
        node.order = 2;
    }
    Ok(())
}

fn held(world: &mut World) -> Result<(), String> {
    let top = ids::TOP;
    document(
        world,
        top,
        ids::HELD,
        "Correspondence.txt",
        "Keep this.",
        60,
    )?;
    node(world, top, ids::HELD_FOLDER, 0, "Requests - Demandes")?;
    let inside = ids::HELD_INSIDE;
    document(
        world,
        ids::HELD_FOLDER,
        inside,
        "Request 7.txt",
        "Keep this too.",
        60,
    )?;
    edit::put_on_hold(world, ids::HELD, "ATIP A-2025-0007")?;
    edit::put_on_hold(world, ids::HELD_FOLDER, "ATIP A-2025-0007")?;
    Ok(())
}
