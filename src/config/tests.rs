//! Tries to break the promises of this module: every problem, exact places, no secret, nothing undocumented.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rideau_connectors::{
    bucket::BucketOptions,
    catalogue::CatalogueOptions,
    ckan::CkanOptions,
    content_server::ContentServerOptions,
    drive::DriveOptions,
    options::{Document, FieldDoc, KindDoc, Options, Problems, Severity, Shape, toml_text},
};
use rideau_domain::Lang;
use serde_json::Value;

use super::{
    Kinds, Loaded, Settings, SourceCommon, TargetCommon, reference, render, schema, schema::parts,
    schema_text,
};

const SOURCES: &[KindDoc] = &[
    KindDoc::of::<BucketOptions>("bucket"),
    KindDoc::of::<ContentServerOptions>("content_server"),
    KindDoc::of::<DriveOptions>("drive"),
];
const TARGETS: &[KindDoc] = &[
    KindDoc::of::<CatalogueOptions>("catalogue"),
    KindDoc::of::<CkanOptions>("ckan"),
];
const KINDS: Kinds<'static> = Kinds {
    sources: SOURCES,
    targets: TARGETS,
};

/// The least that loads. Its lines count: tests add below.
const LEAST: &str = "\
[department]
organization = \"cic\"
name = { en = \"A\", fr = \"B\" }
[data]
folder = \"data\"
";

const TOKEN: &str = "s3cr3t-t0ken-value";

fn load(text: &str) -> Result<Loaded, Problems> {
    Settings::from_toml_str(
        text,
        Path::new("rideau.toml"),
        Path::new("/etc/rideau"),
        &KINDS,
    )
}

/// All errors as `line:column path [value] → suggestion`.
fn errors(text: &str) -> Vec<String> {
    match load(text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .filter(|one| one.severity == Severity::Error)
            .map(|one| {
                let mut line = format!("{}:{} {}", one.line, one.column, one.path);
                if let Some(value) = &one.value {
                    line = format!("{line} [{value}]");
                }
                if let Some(nearest) = &one.suggestion {
                    line = format!("{line} → {nearest}");
                }
                line
            })
            .collect(),
    }
}

/// `LEAST` followed by `more`: expects exactly these errors; line 1 is the first line of `more`.
fn check(more: &str, expect: &[&str]) {
    let lines = LEAST.lines().count();
    let moved: Vec<String> = errors(&format!("{LEAST}{more}"))
        .into_iter()
        .map(|error| {
            let (line, rest) = error.split_once(':').expect("a line number");
            let line: usize = line.parse().expect("a number");
            format!("{}:{rest}", line.saturating_sub(lines))
        })
        .collect();
    assert_eq!(moved, expect, "{more}");
}

/// A source and a target with one more line each can be checked.
fn check_source(line: &str, expect: &[&str]) {
    check(&format!("{line}\n").replace('~', "\n"), expect);
}

#[test]
fn the_least_loads_with_defaults() {
    let loaded = load(LEAST).expect("valid");
    let settings = loaded.settings;
    assert_eq!(settings.data.folder, PathBuf::from("/etc/rideau/data"));
    assert_eq!(
        settings.rules.files,
        [PathBuf::from("/etc/rideau/rules/*.toml")]
    );
    assert_eq!(settings.engine.lease_seconds, 60);
    assert_eq!(settings.schedule.time_zone.0.name(), "America/Toronto");
    let json = settings.to_json();
    assert_eq!(json["transfer"]["folder"], "/etc/rideau/transfer");
    assert_eq!(json["data"]["blobs"], "blobs");
    assert_eq!(loaded.files, [PathBuf::from("rideau.toml")]);
}

#[test]
fn an_empty_file_names_what_is_missing() {
    assert_eq!(errors(""), ["1:1 data", "1:1 department"]);
}

#[test]
fn the_example_loads_and_shows_every_key() {
    let text = include_str!("../../config/rideau.toml");
    let loaded = match load(text) {
        Ok(loaded) => loaded,
        Err(problems) => panic!("{problems}"),
    };
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    for (place, field) in all_fields() {
        let name = field.name;
        let shown = text.lines().any(|line| {
            let line = line.trim_start_matches(['#', ' ']);
            line.contains(&format!("{name} ="))
                || line.contains(&format!("{name}."))
                || line.contains(&format!(".{name}]"))
        }) || text.contains(&format!("# or: {name} ="));
        assert!(shown, "{place}.{name} is not in config/rideau.toml");
    }
}

#[test]
fn wrong_values_have_their_place_and_the_nearest_allowed_one() {
    check(
        "[engine]\nworkers = \"4\"",
        &["2:11 engine.workers [\"4\"] → 4"],
    );
    check("[engine]\nattempts = 0", &["2:12 engine.attempts [0] → 1"]);
    check(
        "[engine]\nattempts = -1",
        &["2:12 engine.attempts [-1] → 0"],
    );
    check(
        "[engine]\nattempts = 99999999999999999999",
        &["2:12 engine.attempts [99999999999999999999] → 4294967295"],
    );
    check(
        "[log]\nlevel = \"wran\"",
        &["2:9 log.level [\"wran\"] → warn"],
    );
    check("[log]\nformat = 3", &["2:10 log.format [3]"]);
    check(
        "[sandbox]\nrequire_landlock = \"yes\"",
        &["2:20 sandbox.require_landlock [\"yes\"] → true"],
    );
    check(
        "[schedule]\ntime_zone = \"Toronto\"",
        &["2:13 schedule.time_zone [\"Toronto\"] → America/Toronto"],
    );
    check(
        "[schedule]\ntime_zone = \"America/Torronto\"",
        &["2:13 schedule.time_zone [\"America/Torronto\"] → America/Toronto"],
    );
    check(
        "[web]\nlisten = \"localhost:80\"",
        &["2:10 web.listen [\"localhost:80\"] → 127.0.0.1:80"],
    );
    check(
        "[log]\notlp = \"htps://x/\"",
        &["2:8 log.otlp [\"htps://x/\"] → https://x/"],
    );
    check(
        "[transfer]\nfolder = \"s4://x/y\"",
        &["2:10 transfer.folder [\"s4://x/y\"] → s3://x/y"],
    );
    check(
        "[convert]\ntables = \"csv\"",
        &["2:10 convert.tables [\"csv\"] → [\"csv\"]"],
    );
    check(
        "[convert]\ntables = [\"csv\", \"parket\", \"csv\"]",
        &[
            "2:18 convert.tables[1] [\"parket\"] → parquet",
            "2:28 convert.tables[2] [\"csv\"]",
        ],
    );
    check(
        "[rules.public]\nemail_domains = [\"@a.gc.ca\"]",
        &["2:18 rules.public.email_domains[0] [\"@a.gc.ca\"] → a.gc.ca"],
    );
    check(
        "[rules.labels]\n\"abc\" = \"protected_d\"",
        &[
            "2:1 rules.labels.abc",
            "2:9 rules.labels.abc [\"protected_d\"] → protected_a",
        ],
    );
}

#[test]
fn columns_count_characters() {
    check(
        "[transfer.bag_info]\naddress = \"é😀\" # ç\ncontact_name = 3",
        &["3:16 transfer.bag_info.contact_name [3] → \"3\""],
    );
    check(
        "[engine]\nbackoff_seconds = { \"first\" = 5, most = \"é\" }",
        &["2:41 engine.backoff_seconds.most [\"é\"]"],
    );
}

#[test]
fn unknown_keys_name_the_nearest() {
    check(
        "[engine]\nlease_second = 60",
        &["2:1 engine.lease_second → lease_seconds"],
    );
    check("[engin]\n", &["1:2 engin → engine"]);
    check("[engine]\nzzz = 60", &["2:1 engine.zzz"]);
    check(
        "[engine.backoff_seconds]\nfrist = 60",
        &["2:1 engine.backoff_seconds.frist → first"],
    );
}

#[test]
fn sections_that_are_no_tables() {
    check("[[engine]]\n", &["1:1 engine"]);
    check("[sources]\nname = \"x\"", &["1:1 sources → [[sources]]"]);
    check_source(
        "[[targets]]~kind = 3",
        &["1:1 targets[0].name", "2:8 targets[0].kind [3]"],
    );
}

#[test]
fn kinds() {
    check_source(
        "[[sources]]~name = \"a\"~kind = \"drvie\"~path = \"/x\"",
        &["3:8 sources[0].kind [\"drvie\"] → drive"],
    );
    check_source(
        "[[sources]]~name = \"a\"~path = \"/x\"",
        &["1:1 sources[0].kind"],
    );
    check_source(
        "[[sources]]~name = \"a\"~kind = \"drive\"",
        &["1:1 sources[0].path"],
    );
    check_source(
        "[[sources]]~name = \"a\"~kind = \"drive\"~path = \"/x\"~follow_mounts = true",
        &["5:1 sources[0].follow_mounts → cross_mounts"],
    );
    check_source(
        "[[targets]]~name = \"a\"~kind = \"catalogue\"~base_url = \"https://a.ca/\"",
        &["1:1 targets[0].path"],
    );
    check_source(
        "[[targets]]~name = \"a\"~kind = \"catalogue\"~base_url = \"https://a.ca/\"~path = \"p\"~url = \"s3://b/c\"",
        &["6:1 targets[0].url"],
    );
    check_source(
        "[[targets]]~name = \"a\"~kind = \"ckan\"~url = \"http://a.ca/\"~token = { env = \"T\" }",
        &["4:7 targets[0].url [\"http://a.ca/\"] → https://a.ca/"],
    );
}

#[test]
fn cross_checks() {
    check(
        "[engine]\nlease_seconds = 30",
        &["2:17 engine.lease_seconds [30] → 31"],
    );
    check(
        "[engine]\nheartbeat_seconds = 30",
        &["1:1 engine.lease_seconds → 61"],
    );
    check(
        "[engine.backoff_seconds]\nfirst = 10\nmost = 5",
        &["3:8 engine.backoff_seconds.most [5] → 10"],
    );
    let source = "[[sources]]~name = \"a\"~kind = \"drive\"~path = \"/x\"";
    check_source(
        &format!("{source}~targets = [\"b\"]"),
        &["5:12 sources[0].targets[0] [\"b\"]"],
    );
    check_source(
        &format!(
            "{source}~targets = [\"portl\"]~[[targets]]~name = \"portal\"~kind = \"catalogue\"~base_url = \"https://a.ca/\"~path = \"p\""
        ),
        &["5:12 sources[0].targets[0] [\"portl\"] → portal"],
    );
    check_source(
        &format!("{source}~{source}"),
        &["6:8 sources[1].name [\"a\"] → a-2"],
    );
    check_source(
        "[[sources]]~name = \"Été à Québec\"~kind = \"drive\"~path = \"/x\"",
        &["2:8 sources[0].name [\"Été à Québec\"] → ete-a-quebec"],
    );
    check_source(
        &format!("{source}~schedule = \"*/5 * * * *\""),
        &["5:12 sources[0].schedule [\"*/5 * * * *\"] → 0 */5 * * * *"],
    );
    check_source(
        &format!("{source}~schedule = \"0 99 * * * *\""),
        &["5:12 sources[0].schedule [\"0 99 * * * *\"]"],
    );
}

#[test]
fn what_is_written_never_lies_in_a_source() {
    let source = "[[sources]]~name = \"a\"~kind = \"drive\"~path = ";
    let inside = errors(&format!("{LEAST}{source}\"/etc\"~").replace('~', "\n"));
    assert_eq!(
        inside,
        [
            "1:1 transfer.folder",
            "4:1 data.blobs",
            "5:10 data.folder [\"data\"]",
        ]
    );
    check_source(
        &format!("{source}\"/etc/rideau/../rideau/data/in\""),
        &["4:8 sources[0].path [\"/etc/rideau/../rideau/data/in\"]"],
    );
    check_source(&format!("{source}\"/etc/rideau/data-in\""), &[]);
}

#[test]
fn many_problems_come_at_once_in_order() {
    check(
        "[engine]\nworkers = \"x\"\nlease = 3\n[log]\nlevel = \"loud\"\n[[sources]]\nkind = \"drive\"\nmissed = \"never\"\n",
        &[
            "2:11 engine.workers [\"x\"]",
            "3:1 engine.lease → lease_seconds",
            "5:9 log.level [\"loud\"]",
            "6:1 sources[0].name",
            "6:1 sources[0].path",
            "8:10 sources[0].missed [\"never\"]",
        ],
    );
}

#[test]
fn syntax_errors_come_all_at_once() {
    let found = errors("[a\nb = = 1\nc = \"x\n[d]\ne = 1\ne = 2\n");
    assert!(found.len() >= 3, "{found:?}");
    assert!(found.iter().any(|one| one.starts_with("6:1")), "{found:?}");
    assert_eq!(errors(&format!("{}x = 1", "a.".repeat(5000))), ["1:1 "]);
    assert_eq!(errors(&"#".repeat(2 << 20)), ["1:1 "]);
}

#[test]
fn line_ends_and_marks_of_other_systems() {
    assert!(load(&LEAST.replace('\n', "\r\n")).is_ok());
    assert!(load(&format!("\u{feff}{LEAST}")).is_ok());
    let windows = format!("{LEAST}[log]\nlevel = \"x\"\n").replace('\n', "\r\n");
    assert_eq!(errors(&windows), ["7:9 log.level [\"x\"]"]);
}

#[test]
fn no_text_panics() {
    let whole = include_str!("../../config/rideau.toml");
    let cuts = whole.char_indices().map(|(at, _)| at).step_by(97);
    let broken = cuts.flat_map(|at| {
        let (before, after) = whole.split_at(at);
        let without: String = after.chars().skip(1).collect();
        [
            before.to_owned(),
            format!("{before}{without}"),
            format!("{before}\"{after}"),
            format!("{before}é{after}"),
        ]
    });
    let deep = ["[", "{a=", "[[a.", "a.", "\"", "'''", "\0", "\r", "="]
        .map(|one| format!("x = {}", one.repeat(4_000)));
    for text in broken.chain(deep) {
        if let Err(problems) = load(&text) {
            assert!(!problems.is_empty());
            assert!(!render(&problems, Lang::Fr, false, 80).is_empty());
        }
    }
}

/// Every way a token gets into a file by mistake: no output of any kind repeats it.
#[test]
fn secrets_are_in_no_output() {
    let target = |line: &str| {
        format!(
            "{LEAST}[[targets]]\nname = \"t\"\nkind = \"ckan\"\nurl = \"https://a.ca/\"\n{line}\n"
        )
    };
    let texts = [
        target(&format!("token = \"{TOKEN}\"")),
        target(&format!("token = '''\n{TOKEN}'''")),
        target(&format!("token = [\"{TOKEN}\"]")),
        target(&format!("token = {{ env = \"{TOKEN}\" }}")),
        target(&format!("token = {{ value = \"{TOKEN}\" }}")),
        target(&format!("token = {{ env = \"A\", file = \"{TOKEN}\" }}")),
        target(&format!("tokn = \"{TOKEN}\"")),
        target(&format!("zzz = \"{TOKEN}\"")),
        target(&format!("token = \"{TOKEN}")),
        target(&format!("token = \"{TOKEN}\"\ntoken = \"{TOKEN}\"")),
        target(&format!("token = {TOKEN}")),
        target(&format!("organization = {{ token = \"{TOKEN}\" }}")),
        target(&format!("token.env.x = \"{TOKEN}\"")),
        target(&format!("zz.yy.x = \"{TOKEN}\"")),
        target(&format!("token.file.x = \"{TOKEN}\"")),
        target(&format!("timeout_seconds.file = \"{TOKEN}\"")),
        target(&format!("[targets.token.env]\nx = \"{TOKEN}\"")),
        target(&format!("\"token\" = \"{TOKEN}\"")),
        target("token = { env = \"X\" }").replace("https://", &format!("https://me:{TOKEN}@")),
        target("token = { env = \"X\" }").replace("https://a.ca", &format!("htt:/{TOKEN}@a b")),
        format!("{LEAST}targets = [{{ kind = \"ckn\", token = \"{TOKEN}\" }}]"),
        format!("targets = [{{ kind = \"ckn\", token = \"{TOKEN}\" }}]\n{LEAST}"),
        format!("targets = [{{ kind = 3, zz = \"{TOKEN}\" }}]\n{LEAST}"),
        format!(
            "targets = [{{ kind = \"ckan\", url = 1, token = {{ env = 3 }}, pwd = \"{TOKEN}\" }}]\n{LEAST}"
        ),
        format!("{LEAST}database = \"postgres://me:{TOKEN}@host/db\""),
        format!("{LEAST}database = \"postgres://host/db?password={TOKEN}\""),
        format!("{LEAST}database = \"postgers://me:{TOKEN}@host/db\""),
        format!("{LEAST}database = \"postgres://me:{TOKEN}@ho st:x/db\""),
        format!("{LEAST}database = \"postgres://me:{TOKEN}@host/db"),
        format!("{LEAST}blobs = \"s3://me:{TOKEN}@bucket/db\""),
        format!("{LEAST}blobs = \"s4://me:{TOKEN}@bucket/db\""),
        format!("{LEAST}[log]\notlp = \"me:{TOKEN}@bucket/db\""),
        format!("{LEAST}[web]\nlisten = \"http://me:{TOKEN}@bucket/db\""),
        format!("{LEAST}[rules]\nfiles = \"http://me:{TOKEN}@bucket/db\""),
    ];
    for text in texts {
        let problems = load(&text).expect_err(&text);
        let outputs = [
            problems.to_string(),
            format!("{:?}", problems.iter().collect::<Vec<_>>()),
            serde_json::to_string(&problems).expect("JSON"),
            render(&problems, Lang::En, false, 200),
            render(&problems, Lang::Fr, true, 60),
            format!("{problems:?}"),
        ];
        for output in outputs {
            assert!(!output.contains(TOKEN), "{text}\n---\n{output}");
            assert!(!output.contains("s3cr3t"), "{text}\n---\n{output}");
        }
    }
    // Right references: what is loaded shows no value either, and names no variable in Debug.
    let loaded = load(&target("token = { env = \"PATH\" }")).expect("valid");
    let shown = format!("{loaded:?} {}", loaded.settings.to_json());
    assert!(shown.contains("•••") && !shown.contains("PATH"), "{shown}");
}

#[test]
fn secrets_are_read_when_needed() {
    use rideau_connectors::options::Secret;
    let secret = Secret::env("T");
    let found = secret.reveal_from(|name| (name == "T").then(|| "abc\n".into()));
    let revealed = found.expect("it is set");
    assert_eq!(revealed.expose(), "abc");
    assert_eq!(format!("{revealed:?} {secret:?}"), "••• •••");
    assert_eq!(
        secret.reveal_from(|_| None).expect_err("not set").code,
        "secret_missing"
    );
    let empty = secret.reveal_from(|_| Some("\n".into()));
    assert_eq!(empty.expect_err("empty").code, "secret_missing");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t");
    let gone = Secret::file(&file).reveal();
    assert_eq!(gone.expect_err("no file").code, "secret_unreadable");
    fs::write(&file, "xyz\r\n").expect("written");
    assert_eq!(Secret::file(&file).reveal().expect("there").expose(), "xyz");
}

#[test]
fn loading_finds_the_rules() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rideau.toml");
    assert_eq!(Settings::load(&file, &KINDS).expect_err("no file").len(), 1);
    fs::write(&file, LEAST).expect("written");
    let problems = Settings::load(&file, &KINDS).expect_err("no rules");
    assert!(
        problems.to_string().contains("rules.files[0]"),
        "{problems}"
    );
    fs::create_dir(folder.path().join("rules")).expect("made");
    for name in ["b.toml", "a.toml", "c.txt"] {
        fs::write(folder.path().join("rules").join(name), "").expect("written");
    }
    let loaded = Settings::load(&file, &KINDS).expect("valid");
    let names: Vec<_> = loaded
        .files
        .iter()
        .filter_map(|one| one.file_name())
        .collect();
    assert_eq!(names, ["rideau.toml", "a.toml", "b.toml"]);
    fs::write(&file, [0x5b, 0xff]).expect("written");
    assert!(Settings::load(&file, &KINDS).is_err());
}

#[test]
fn later_problems_find_their_place() {
    let text = format!(
        "{LEAST}[[sources]]\nname = \"a\"\nkind = \"drive\"\npath = \"/x\"\n[sources.defaults]\nsubject = [\"persons\", \"sbject\"]\n"
    );
    let loaded = load(&text).expect("valid");
    let defaults = &loaded.settings.sources[0].common.defaults;
    let mut problems = Problems::default();
    let message = rideau_domain::bilingual!("Unknown subject.", "Sujet inconnu.");
    problems.add_at(&loaded.document, &defaults.path_of("subject[1]"), message);
    let one = problems.iter().next().expect("one");
    assert_eq!(
        (one.line, one.column, one.value.as_deref()),
        (11, 23, Some("\"sbject\""))
    );
    assert!(
        loaded.settings.sources[0]
            .options
            .get::<DriveOptions>()
            .is_some()
    );
}

#[test]
fn pictures_and_json() {
    let text = format!(
        "{LEAST}[log]\nlevel = \"wran\"\n[[targets]]\nname = \"t\"\nkind = \"ckan\"\nurl = \"https://a.ca/\"\ntoken = \"{TOKEN}\"\n"
    );
    let problems = load(&text).expect_err("wrong");
    let page = format!(
        "{}\n{}\n{}",
        render(&problems, Lang::En, false, 100),
        render(&problems, Lang::Fr, false, 100),
        serde_json::to_string_pretty(&problems).expect("JSON"),
    );
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("pictures_and_json", page);
    });
}

/// Every declared field, with where it stands.
fn all_fields() -> Vec<(String, FieldDoc)> {
    let mut all = Vec::new();
    for part in parts() {
        gather(part.name, part.fields, &mut all);
    }
    gather("sources", SourceCommon::describe(), &mut all);
    gather("targets", TargetCommon::describe(), &mut all);
    for kind in SOURCES {
        gather("sources", (kind.describe)(), &mut all);
    }
    for kind in TARGETS {
        gather("targets", (kind.describe)(), &mut all);
    }
    all
}

fn gather(place: &str, fields: &[FieldDoc], all: &mut Vec<(String, FieldDoc)>) {
    for field in fields {
        all.push((place.to_owned(), *field));
        if let Shape::Table(inner) = (field.shape)() {
            gather(&format!("{place}.{}", field.name), inner, all);
        }
    }
}

/// A file in which every key of one kind has its example, or its default.
fn full(kind: &KindDoc, list: &str, value: impl Fn(&FieldDoc) -> Option<String>) -> String {
    let mut text = String::new();
    let line = |text: &mut String, field: &FieldDoc| {
        if let Some(value) = value(field) {
            *text = format!("{text}{} = {value}\n", field.name);
        }
    };
    for part in parts() {
        text = format!("{text}[{}]\n", part.name);
        for field in part.fields {
            line(&mut text, field);
        }
    }
    let common = if list == "sources" {
        SourceCommon::describe()
    } else {
        TargetCommon::describe()
    };
    text = format!("{text}[[{list}]]\nkind = \"{}\"\n", kind.kind);
    for field in common.iter().chain((kind.describe)()) {
        // One of two that exclude each other, and a name that nothing declares here.
        if (kind.kind, field.name) != ("catalogue", "url") && field.name != "targets" {
            line(&mut text, field);
        }
    }
    text
}

#[test]
fn every_example_and_default_is_accepted_by_decoder_and_schema() {
    let schema = schema(&KINDS);
    let lists = [("sources", SOURCES), ("targets", TARGETS)];
    for (list, kind) in lists
        .iter()
        .flat_map(|(list, kinds)| kinds.iter().map(move |kind| (list, kind)))
    {
        let examples = full(kind, list, |field| Some(field.example.to_owned()));
        let defaults = full(kind, list, |field| match (field.default)() {
            Some(default) => Some(toml_text(&default)),
            // Required together with others: by `path` or `url`, by the way to log in.
            None if (field.required)() || ["path", "user", "password"].contains(&field.name) => {
                Some(field.example.to_owned())
            }
            None => None,
        });
        for text in [examples, defaults] {
            if let Err(problems) = load(&text) {
                panic!("{text}\n---\n{problems}");
            }
            let json = as_json(&text);
            assert_eq!(refusal(&schema, &json, ""), None, "{text}");
        }
    }
    for (place, field) in all_fields() {
        assert!(field.english().ends_with('.'), "{place}.{}", field.name);
        assert!(field.fr.ends_with('.'), "{place}.{}", field.name);
    }
}

#[test]
fn the_schema_accepts_the_example_and_refuses_what_is_wrong() {
    let schema = schema(&KINDS);
    let good = include_str!("../../config/rideau.toml");
    assert_eq!(refusal(&schema, &as_json(good), ""), None);
    for (from, to) in [
        ("workers = 0", "workers = \"0\""),
        ("workers = 0", "wokers = 0"),
        ("workers = 0", "workers = 5000"),
        ("kind = \"drive\"", "kind = \"drvie\""),
        ("missed = \"once\"", "missed = \"twice\""),
        ("token = { env = \"RIDEAU_CKAN_TOKEN\" }", "token = \"abc\""),
        ("organization = \"cic\"   ", "organisation = \"cic\"   "),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(refusal(&schema, &as_json(&bad), "").is_some(), "{to}");
        assert!(load(&bad).is_err(), "{to}");
    }
}

fn as_json(text: &str) -> Value {
    let mut problems = Problems::default();
    let document = Document::parse("x", "", text, &mut problems).expect("valid TOML");
    let entries = document.root().entries();
    entries
        .into_iter()
        .map(|(key, entry)| (key.to_owned(), entry.json().expect("JSON")))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The part of JSON Schema that the generated schema uses; patterns are left to editors.
fn refusal(schema: &Value, value: &Value, path: &str) -> Option<String> {
    let fail = |why: &str| Some(format!("{path}: {why}"));
    if let Some(word) = schema.get("type").and_then(Value::as_str) {
        let fits = match word {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            _ => panic!("unknown type {word}"),
        };
        if !fits {
            return fail(word);
        }
    }
    if let Some(list) = schema.get("enum").and_then(Value::as_array)
        && !list.contains(value)
    {
        return fail("enum");
    }
    if schema.get("const").is_some_and(|one| one != value) {
        return fail("const");
    }
    for (word, below) in [("minimum", true), ("maximum", false)] {
        if let Some((limit, number)) = schema.get(word).and_then(Value::as_f64).zip(value.as_f64())
            && if below {
                number < limit
            } else {
                number > limit
            }
        {
            return fail(word);
        }
    }
    if let Some(each) = schema.get("oneOf").and_then(Value::as_array) {
        let fitting = each
            .iter()
            .filter(|one| refusal(one, value, path).is_none())
            .count();
        if fitting != 1 {
            let why: Vec<_> = each
                .iter()
                .filter_map(|one| refusal(one, value, path))
                .collect();
            return fail(&format!("oneOf {fitting} {why:?}"));
        }
    }
    if let Some(each) = schema.get("anyOf").and_then(Value::as_array)
        && each.iter().all(|one| refusal(one, value, path).is_some())
    {
        return fail("anyOf");
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (index, item) in list.iter().enumerate() {
            if let Some(why) = refusal(items, item, &format!("{path}[{index}]")) {
                return Some(why);
            }
        }
    }
    let map = value.as_object()?;
    let properties = schema.get("properties").and_then(Value::as_object);
    for name in schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if !map.contains_key(name.as_str().expect("a name")) {
            return fail(&format!("required {name}"));
        }
    }
    for (key, inner) in map {
        let path = format!("{path}.{key}");
        let declared = properties
            .and_then(|all| all.get(key))
            .or(schema.get("additionalProperties"));
        match declared {
            Some(Value::Bool(false)) => return Some(format!("{path}: additional")),
            Some(one) => {
                if let Some(why) = refusal(one, inner, &path) {
                    return Some(why);
                }
            }
            None => {}
        }
    }
    None
}

/// Generated files are committed. To write them anew: `RIDEAU_WRITE=1 cargo test generated_files`.
#[test]
fn generated_files_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, text) in [
        ("config/rideau.schema.json", schema_text(&KINDS)),
        ("docs/configuration.md", reference(&KINDS, Lang::En)),
        ("docs/configuration.fr.md", reference(&KINDS, Lang::Fr)),
    ] {
        let file = root.join(name);
        if std::env::var_os("RIDEAU_WRITE").is_some() {
            fs::write(&file, &text).expect("written");
        }
        let committed = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == text,
            "{name} is out of date: run `RIDEAU_WRITE=1 cargo test generated_files`"
        );
    }
}
