//! From configuration to a running program: the one place where connectors, rules and stores are put together.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use rideau_connectors::{
    Source, Target, bucket, catalogue, ckan, content_server, drive,
    options::{FreeTable, KindDoc, OrOff, Place, Problems},
};

use rideau_disclosure::{Profile, Rounding};

use crate::{
    app::{
        App, ClearanceSetup, ConvertSetup, Department, EngineSetup, Policy, Redacting, SourceSetup,
        TargetSetup, TransferSetup, Window,
    },
    bilingual,
    catalog::{BlobStore, Catalog, Location},
    cli::{Out, Said},
    config::{self, Clearance, Database, Gate, GroupBy as GroupByOption, Kinds, Settings},
    domain::{Clock, Consent, GroupBy, watching::WatchPolicy},
    engine::{
        clock::{RandomIds, SystemClock},
        metrics::Metrics,
        schedule::{Missed, Schedule},
    },
    record::source_id,
    sandbox::{Limits, Sandbox},
    screen::{
        facts::DetectSettings,
        rules::{RuleBook, RuleProblem},
    },
    telemetry,
};

/// Kinds of sources: one line each.
const SOURCES: &[KindDoc] = &[
    KindDoc::of::<bucket::BucketOptions>("bucket"),
    KindDoc::of::<content_server::ContentServerOptions>("content_server"),
    KindDoc::of::<drive::DriveOptions>("drive"),
];

/// Kinds of targets: one line each.
const TARGETS: &[KindDoc] = &[
    KindDoc::of::<catalogue::CatalogueOptions>("catalogue"),
    KindDoc::of::<ckan::CkanOptions>("ckan"),
];

/// The rules that the program comes with.
const BUILT_IN_RULES: &[(&str, &str)] = &[
    ("advice.toml", include_str!("../config/rules/advice.toml")),
    (
        "archives-disclosure.toml",
        include_str!("../config/rules/archives-disclosure.toml"),
    ),
    (
        "cabinet-confidence.toml",
        include_str!("../config/rules/cabinet-confidence.toml"),
    ),
    (
        "cabinet-documents.toml",
        include_str!("../config/rules/cabinet-documents.toml"),
    ),
    (
        "clearance.toml",
        include_str!("../config/rules/clearance.toml"),
    ),
    (
        "economic-interests.toml",
        include_str!("../config/rules/economic-interests.toml"),
    ),
    (
        "evidence-act-certificates.toml",
        include_str!("../config/rules/evidence-act-certificates.toml"),
    ),
    (
        "excluded-material.toml",
        include_str!("../config/rules/excluded-material.toml"),
    ),
    (
        "federal-provincial.toml",
        include_str!("../config/rules/federal-provincial.toml"),
    ),
    (
        "formats-not-published.toml",
        include_str!("../config/rules/formats-not-published.toml"),
    ),
    (
        "hidden-content.toml",
        include_str!("../config/rules/hidden-content.toml"),
    ),
    (
        "international-defence.toml",
        include_str!("../config/rules/international-defence.toml"),
    ),
    (
        "law-enforcement.toml",
        include_str!("../config/rules/law-enforcement.toml"),
    ),
    (
        "officers-and-disclosures.toml",
        include_str!("../config/rules/officers-and-disclosures.toml"),
    ),
    (
        "other-governments.toml",
        include_str!("../config/rules/other-governments.toml"),
    ),
    (
        "patent-privilege.toml",
        include_str!("../config/rules/patent-privilege.toml"),
    ),
    (
        "personal-information.toml",
        include_str!("../config/rules/personal-information.toml"),
    ),
    (
        "privacy-act-exceptions.toml",
        include_str!("../config/rules/privacy-act-exceptions.toml"),
    ),
    (
        "publication-soon.toml",
        include_str!("../config/rules/publication-soon.toml"),
    ),
    (
        "records-management.toml",
        include_str!("../config/rules/records-management.toml"),
    ),
    (
        "safety-of-individuals.toml",
        include_str!("../config/rules/safety-of-individuals.toml"),
    ),
    (
        "security-markings.toml",
        include_str!("../config/rules/security-markings.toml"),
    ),
    (
        "sensitivity-labels.toml",
        include_str!("../config/rules/sensitivity-labels.toml"),
    ),
    (
        "small-cells.toml",
        include_str!("../config/rules/small-cells.toml"),
    ),
    (
        "solicitor-client.toml",
        include_str!("../config/rules/solicitor-client.toml"),
    ),
    (
        "statutory-prohibitions.toml",
        include_str!("../config/rules/statutory-prohibitions.toml"),
    ),
    (
        "tests-and-audits.toml",
        include_str!("../config/rules/tests-and-audits.toml"),
    ),
    (
        "third-party.toml",
        include_str!("../config/rules/third-party.toml"),
    ),
    (
        "unreadable.toml",
        include_str!("../config/rules/unreadable.toml"),
    ),
];

/// Kinds of sources and targets that exist.
pub fn kinds() -> Kinds<'static> {
    Kinds {
        sources: SOURCES,
        targets: TARGETS,
    }
}

/// Problems as people read them, with the lines concerned.
pub fn rendered(problems: &Problems, out: &Out) -> String {
    use std::io::IsTerminal;
    config::render(problems, out.lang, std::io::stdout().is_terminal(), 110)
}

/// Reads the configuration; problems are shown and end the program.
///
/// # Errors
/// When anything in it is wrong.
pub fn load(file: &Path, out: &Out) -> anyhow::Result<config::Loaded> {
    Settings::load(file, &kinds()).map_err(|problems| {
        let count = problems.len();
        eprintln!("{}", rendered(&problems, out));
        Said(bilingual!(
            "The configuration {} cannot be used ({count} problems above). `rideau check` shows them again.",
            "La configuration {} est inutilisable ({count} problèmes ci-dessus). `rideau check` les montre de nouveau.",
            file.display()
        ))
        .into()
    })
}

/// The current instant, where no `App` is at hand.
pub fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// The name of the account that gives a command, for the log.
pub fn person() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}

/// The rules of the configuration.
///
/// # Errors
/// Every problem at once.
pub fn rules(files: &[PathBuf]) -> Result<RuleBook, Vec<RuleProblem>> {
    // The first file is the configuration itself.
    let mut texts = Vec::new();
    let mut problems = Vec::new();
    for file in files.iter().skip(1) {
        match std::fs::read_to_string(file) {
            Ok(text) => texts.push((file.clone(), text)),
            Err(error) => problems.push(RuleProblem::unreadable(file, &error)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    RuleBook::load(&texts)
}

/// The rules of the configuration; problems are shown and end the program.
///
/// # Errors
/// When any rule is wrong.
pub fn rules_or_words(files: &[PathBuf], out: &Out) -> anyhow::Result<RuleBook> {
    rules(files).map_err(|problems| {
        for problem in &problems {
            eprintln!("{}", problem.line_text(out.lang));
        }
        Said(bilingual!(
            "The rules cannot be used ({} problems above). `rideau check` shows them again.",
            "Les règles sont inutilisables ({} problèmes ci-dessus). `rideau check` les montre de nouveau.",
            problems.len()
        ))
        .into()
    })
}

/// The rules that the program comes with.
///
/// # Errors
/// Never, unless the program was built from broken rules; the tests load them.
pub fn built_in_rules() -> anyhow::Result<RuleBook> {
    let texts: Vec<(PathBuf, String)> = BUILT_IN_RULES
        .iter()
        .map(|(name, text)| (PathBuf::from("rules").join(name), (*text).to_owned()))
        .collect();
    RuleBook::load(&texts)
        .map_err(|problems| anyhow::anyhow!("{} problems in the built-in rules", problems.len()))
}

/// Name and text of the rules that the program comes with.
pub fn built_in_rule_files() -> &'static [(&'static str, &'static str)] {
    BUILT_IN_RULES
}

/// What detectors are told.
pub fn detect(settings: &Settings) -> DetectSettings {
    let mut detect = DetectSettings::default();
    for (guid, level) in &settings.rules.labels.0 {
        detect.labels.insert(guid.to_string(), *level);
    }
    detect
        .public_domains
        .extend(settings.rules.public.email_domains.iter().cloned());
    detect
}

/// Reads the configuration and opens what it names, for a command that works on the catalog.
///
/// # Errors
/// When the configuration is wrong or a store cannot be opened.
pub async fn open(file: &Path, out: &Out) -> anyhow::Result<App> {
    let loaded = load(file, out)?;
    if let Err(error) = telemetry::init(&config::Log {
        level: config::LogLevel::Warn,
        ..loaded.settings.log.clone()
    }) {
        tracing::debug!(%error, "no logging");
    }
    build(&loaded.settings, &loaded.files).await
}

/// Puts the program together.
///
/// # Errors
/// When a rule, a store or a connector cannot be used.
pub async fn build(settings: &Settings, files: &[PathBuf]) -> anyhow::Result<App> {
    let book = rules(files).map_err(|problems| {
        let first = problems
            .first()
            .map(|problem| problem.line_text(crate::domain::Lang::En))
            .unwrap_or_default();
        Said(bilingual!(
            "The rules cannot be used ({} problems; first: {first}). `rideau check` shows all.",
            "Les règles sont inutilisables ({} problèmes; le premier : {first}). `rideau check` les montre tous.",
            problems.len()
        ))
    })?;
    build_with(settings, book).await
}

/// Puts the program together with given rules.
///
/// # Errors
/// When a store or a connector cannot be used.
pub async fn build_with(settings: &Settings, rules: RuleBook) -> anyhow::Result<App> {
    let data = &settings.data;
    std::fs::create_dir_all(&data.folder).map_err(|error| {
        Said(bilingual!(
            "The data folder {} cannot be made: {error}. Create it, or give the service account the right.",
            "Le dossier de données {} ne peut être créé : {error}. Créez-le, ou donnez le droit au compte de service.",
            data.folder.display()
        ))
    })?;
    let location = match &data.database {
        Database::Sqlite => Location::Sqlite(data.folder.join("catalog.sqlite3")),
        Database::Postgres(url) => Location::Postgres(url.to_string()),
        Database::Reference(secret) => Location::Postgres(secret.reveal()?.expose().to_owned()),
    };
    let scratch = data.folder.join("scratch");
    std::fs::create_dir_all(&scratch)?;
    let blobs = match data.blob_place() {
        Place::Folder(folder) => {
            BlobStore::open(&folder.to_string_lossy(), &data.folder, &scratch)?
        }
        Place::Store(url) => BlobStore::open(url.url().as_str(), &data.folder, &scratch)?,
    };
    let zone = settings.schedule.time_zone.0;
    let mut sources = BTreeMap::new();
    for source in &settings.sources {
        let setup = source_setup(source, zone)?;
        let random = setup
            .disclosure
            .as_ref()
            .is_some_and(|profile| matches!(profile.rounding, Rounding::Random { .. }));
        if random && settings.policy.disclosure_secret.is_none() {
            return Err(Said(bilingual!(
                "The source {} rounds at random, which needs a secret: set `policy.disclosure_secret`.",
                "La source {} arrondit au hasard, ce qui exige un secret : définissez `policy.disclosure_secret`.",
                setup.name
            ))
            .into());
        }
        sources.insert(setup.name.clone(), setup);
    }
    let mut targets = BTreeMap::new();
    for target in &settings.targets {
        let setup = target_setup(target, settings, zone)?;
        targets.insert(setup.name.clone(), setup);
    }
    let workers = match settings.engine.workers {
        0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
        n => n as usize,
    };
    let limits = &settings.sandbox;
    let sandbox = Sandbox::of_this_program(Limits {
        wall_ms: limits.wall_seconds * 1000,
        cpu_s: limits.cpu_seconds,
        memory_bytes: limits.memory_mb * 1024 * 1024,
        output_bytes: limits.output_mb * 1024 * 1024,
        output_files: limits.files,
        ..Limits::default()
    })?
    .require_landlock(limits.require_landlock)
    .idle_workers(workers.min(4));
    Ok(App {
        department: Department {
            organization: settings.department.organization.clone(),
            name: settings.department.name.clone(),
        },
        catalog: Catalog::open(&location).await?,
        location,
        blobs,
        sandbox,
        rules,
        detect: detect(settings),
        sources,
        targets,
        policy: Policy {
            new_releases: consent(settings.policy.new_releases),
            updates: consent(settings.policy.updates),
            withdrawals: consent(settings.policy.withdrawals),
            transfers: consent(settings.policy.transfers),
            redaction: match settings.policy.redaction {
                config::Redacting::Off => Redacting::Off,
                config::Redacting::Review => Redacting::Review,
                config::Redacting::Automatic => Redacting::Automatic,
            },
            two_persons: settings.policy.two_persons,
        },
        convert: ConvertSetup {
            tables: settings
                .convert
                .tables
                .iter()
                .map(|k| k.as_str().to_owned())
                .collect(),
            documents: settings
                .convert
                .documents
                .iter()
                .map(|k| k.as_str().to_owned())
                .collect(),
            quote_formulas: settings.convert.formula_text == config::FormulaText::Quote,
            small_cells_below: settings.policy.small_cells_below,
            disclosure_secret: match &settings.policy.disclosure_secret {
                Some(secret) => secret.reveal()?.expose().to_owned(),
                None => String::new(),
            },
        },
        transfer: TransferSetup {
            folder: match &settings.transfer.folder {
                Place::Folder(folder) => folder.clone(),
                Place::Store(_) => {
                    return Err(Said(bilingual!(
                        "transfer.folder must be a folder: bags in a bucket are not built yet.",
                        "transfer.folder doit être un dossier : les sacs dans un dépôt distant ne sont pas encore constitués."
                    ))
                    .into());
                }
            },
        },
        engine: EngineSetup {
            workers,
            lease_seconds: settings.engine.lease_seconds,
            heartbeat_seconds: settings.engine.heartbeat_seconds,
            attempts: settings.engine.attempts,
            backoff_first_seconds: settings.engine.backoff_seconds.first,
            backoff_most_seconds: settings.engine.backoff_seconds.most,
            grace_seconds: settings.engine.grace_seconds,
            item_limit_bytes: settings.engine.item_limit_mb * 1_000_000,
        },
        zone,
        scratch,
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        metrics: Arc::new(Metrics::default()),
    })
}

/// Removes what an earlier process left in the scratch folder; only under the daemon's lock.
///
/// # Errors
/// When the folder cannot be read.
pub fn empty_scratch(app: &App) -> std::io::Result<()> {
    if app.catalog.dialect() == crate::catalog::Dialect::Postgres {
        // Others may work in the same folder.
        return Ok(());
    }
    for entry in std::fs::read_dir(&app.scratch)? {
        let path = entry?.path();
        if path.is_dir() {
            std::fs::remove_dir_all(path)?;
        } else {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn consent(gate: Gate) -> Consent {
    match gate {
        Gate::Automatic => Consent::Automatic,
        Gate::Review => Consent::Review,
    }
}

fn schedule(cron: &config::Cron, zone: chrono_tz::Tz) -> anyhow::Result<Schedule> {
    Schedule::new(cron.as_str(), zone).map_err(|why| anyhow::anyhow!("{}: {why}", cron.as_str()))
}

/// Rules for small counts: by the name of a profile that comes with the program, or from a file.
///
/// # Errors
/// When there is neither, or the file is no profile.
pub fn disclosure_profile(name: &Path) -> anyhow::Result<Profile> {
    let bare = name
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if let Some(shipped) = rideau_disclosure::profile(&bare).filter(|_| !name.exists()) {
        return Ok(shipped);
    }
    let name = name.display();
    let text = std::fs::read_to_string(name.to_string()).map_err(|error| {
        Said(bilingual!(
            "There is no profile {name}, and no file of that name ({error}). Profiles: ircc, frequency.",
            "Il n’y a ni profil {name}, ni fichier de ce nom ({error}). Profils : ircc, frequency."
        ))
    })?;
    let read: Profile = toml::from_str(&text).map_err(|error| {
        Said(bilingual!(
            "{name} is no profile: {error}",
            "{name} n’est pas un profil : {error}"
        ))
    })?;
    read.check().map_err(|error| Said(error.explain()))?;
    Ok(read)
}

fn source_setup(
    source: &config::SourceSettings,
    zone: chrono_tz::Tz,
) -> anyhow::Result<SourceSetup> {
    let common = &source.common;
    let options = &source.options;
    let connector: Arc<dyn Source> = if let Some(options) = options.get::<drive::DriveOptions>() {
        let drive = drive::DriveSource::new(options.clone());
        Arc::new(drive.walked_by(PathBuf::from("/proc/self/exe")))
    } else if let Some(options) = options.get::<bucket::BucketOptions>() {
        Arc::new(bucket::BucketSource::new(options.clone()))
    } else if let Some(options) = options.get::<content_server::ContentServerOptions>() {
        let made = content_server::ContentServerSource::new(options.clone());
        Arc::new(made.map_err(|error| Said(error.message))?)
    } else {
        anyhow::bail!(
            "source {}: the kind {} has no connector",
            source.name(),
            source.kind
        )
    };
    let disclosure = common
        .disclosure
        .as_deref()
        .map(disclosure_profile)
        .transpose()?;
    Ok(SourceSetup {
        disclosure,
        id: source_id(source.name()),
        name: source.name().to_owned(),
        group_by: match common.group_by {
            GroupByOption::File => GroupBy::File,
            GroupByOption::Folder => GroupBy::Folder,
            GroupByOption::Pair => GroupBy::Pair,
        },
        targets: common.targets.clone(),
        defaults: common.defaults.values.clone(),
        mapping: pointers(&common.mapping),
        facts: pointers(&common.facts),
        clearance: match common.clearance {
            Clearance::None => ClearanceSetup::None,
            Clearance::Required => ClearanceSetup::Required,
        },
        watch: WatchPolicy {
            settle: chrono::Duration::seconds(
                i64::try_from(common.settle_seconds).unwrap_or(i64::MAX / 2000),
            ),
            deletion_scans: common.deletion.scans,
            hold_share: common.deletion.hold_share,
            hold_count: common.deletion.hold_count,
        },
        concurrency: common.concurrency as usize,
        schedule: Some(schedule(&common.schedule, zone)?),
        window: {
            let OrOff(window) = &common.window;
            window
                .as_ref()
                .map(|cron| schedule(cron, zone).map(Window))
                .transpose()?
        },
        missed: match common.missed {
            config::Missed::Once => Missed::Once,
            config::Missed::Skip => Missed::Skip,
        },
        jitter_seconds: common.jitter_seconds,
        enduring: common.enduring,
        connector,
    })
}

/// Names and JSON pointers of a table.
fn pointers(table: &FreeTable) -> BTreeMap<String, String> {
    table
        .values
        .iter()
        .filter_map(|(name, pointer)| Some((name.clone(), pointer.as_str()?.to_owned())))
        .collect()
}

fn target_setup(
    target: &config::TargetSettings,
    settings: &Settings,
    zone: chrono_tz::Tz,
) -> anyhow::Result<TargetSetup> {
    let connector: Arc<dyn Target> =
        if let Some(options) = target.options.get::<catalogue::CatalogueOptions>() {
            {
                let told = options.settings(&settings.department.name).ok_or_else(|| {
                    anyhow::anyhow!("target {}: no folder and no store", target.name())
                })?;
                Arc::new(catalogue::CatalogueTarget::new(&told)?)
            }
        } else if let Some(options) = target.options.get::<ckan::CkanOptions>() {
            Arc::new(ckan::CkanTarget::new(
                options,
                &settings.department.organization,
            )?)
        } else {
            anyhow::bail!(
                "target {}: the kind {} has no connector",
                target.name(),
                target.kind
            )
        };
    let window = target
        .window()
        .map(|cron| schedule(cron, zone).map(Window))
        .transpose()?;
    Ok(TargetSetup {
        name: target.name().to_owned(),
        concurrency: target.common.concurrency as usize,
        window,
        keep_edits: target.common.hand_edits == config::HandEdits::Keep,
        connector,
    })
}
