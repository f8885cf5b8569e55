//! The whole file: sections, sources and targets, read and checked together.
//!
//! Leans on [`sections`](super::sections) and on the kinds that the caller knows. Rule that must hold: a value of type
//! [`Settings`] has passed every check that needs no network.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rideau_connectors::options::{
    AnyOptions, Document, Entry, Field, KindDoc, Options, OrOff, Place, Problems, Section, Shape,
    decode_kind,
};
use rideau_domain::bilingual;
use serde_json::{Map, Value};

use super::{
    Convert, Cron, Data, Department, Engine, Log, Policy, Rules, Sandbox, Schedule, SourceCommon,
    TargetCommon, Transfer, Web, checks, files,
};

/// Kinds of sources and targets that exist.
#[derive(Clone, Copy, Debug)]
pub struct Kinds<'a> {
    /// Kinds of sources.
    pub sources: &'a [KindDoc],
    /// Kinds of targets.
    pub targets: &'a [KindDoc],
}

/// Everything that is configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose records these are.
    pub department: Department,
    /// Where rideau keeps what it knows.
    pub data: Data,
    /// What all schedules share.
    pub schedule: Schedule,
    /// How work is claimed and tried again.
    pub engine: Engine,
    /// Limits of the child process that reads one file.
    pub sandbox: Sandbox,
    /// Logs.
    pub log: Log,
    /// Pages, health and metrics.
    pub web: Web,
    /// Watched places, in the order of the file.
    pub sources: Vec<SourceSettings>,
    /// Where releases become public, in the order of the file.
    pub targets: Vec<TargetSettings>,
    /// Access restriction rules.
    pub rules: Rules,
    /// What may go without a person.
    pub policy: Policy,
    /// Which renditions are made.
    pub convert: Convert,
    /// Handing over to the archives.
    pub transfer: Transfer,
}

/// One source.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// The kind: `drive`.
    pub kind: &'static str,
    /// What all kinds share.
    pub common: SourceCommon,
    /// What this kind has; see `AnyOptions::get`.
    pub options: Arc<dyn AnyOptions>,
}

impl SourceSettings {
    /// The source's name.
    pub fn name(&self) -> &str {
        self.common.name.as_str()
    }
}

/// One target.
#[derive(Clone, Debug)]
pub struct TargetSettings {
    /// The kind: `ckan`.
    pub kind: &'static str,
    /// What all kinds share.
    pub common: TargetCommon,
    /// What this kind has; see `AnyOptions::get`.
    pub options: Arc<dyn AnyOptions>,
}

impl TargetSettings {
    /// The target's name.
    pub fn name(&self) -> &str {
        self.common.name.as_str()
    }

    /// The times at which plans may be applied; absent means any time.
    pub fn window(&self) -> Option<&Cron> {
        let OrOff(window) = &self.common.window;
        window.as_ref()
    }
}

/// Settings that can be used, and what a person should look at.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// What should be looked at.
    pub warnings: Problems,
    /// The files they come from: this one, then the files of rules, sorted.
    pub files: Vec<PathBuf>,
    /// The file as read, for problems found later (a record field that the portal does not know).
    pub document: Document,
}

impl Settings {
    /// Reads a file, decodes and checks it, and finds the files of rules. Relative paths start from the file's folder.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn load(path: &Path, kinds: &Kinds<'_>) -> Result<Loaded, Problems> {
        let text = files::read(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let base = files::absolute(folder);
        let (mut loaded, mut problems) = match Self::from_toml_str(&text, path, &base, kinds) {
            Ok(mut loaded) => {
                let warnings = std::mem::take(&mut loaded.warnings);
                (loaded, warnings)
            }
            Err(problems) => return Err(problems),
        };
        let rules = files::rules(&loaded.settings.rules, &loaded.document, &mut problems);
        problems.sort();
        if problems.has_errors() {
            return Err(problems);
        }
        loaded.files.extend(rules);
        loaded.warnings = problems;
        Ok(loaded)
    }

    /// Decodes and checks a text that may be in no file; looks at no other file. `name` is what problems call it, `base`
    /// is where relative paths start from.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn from_toml_str(
        text: &str,
        name: &Path,
        base: &Path,
        kinds: &Kinds<'_>,
    ) -> Result<Loaded, Problems> {
        let mut problems = Problems::default();
        let Some(document) = Document::parse(name, base, text, &mut problems) else {
            problems.sort();
            return Err(problems);
        };
        let settings = Self::decode(&document, kinds, &mut problems);
        if let Some(settings) = &settings {
            checks::whole(settings, kinds, &document, &mut problems);
        }
        problems.sort();
        match settings {
            Some(settings) if !problems.has_errors() => Ok(Loaded {
                settings,
                warnings: problems,
                files: vec![name.to_owned()],
                document,
            }),
            _ => Err(problems),
        }
    }

    /// The settings in force, as JSON: defaults filled in, paths whole, secrets as their mask.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        map.insert("department".into(), Options::to_json(&self.department));
        map.insert("data".into(), Options::to_json(&self.data));
        map.insert("schedule".into(), Options::to_json(&self.schedule));
        map.insert("engine".into(), Options::to_json(&self.engine));
        map.insert("sandbox".into(), Options::to_json(&self.sandbox));
        map.insert("log".into(), Options::to_json(&self.log));
        map.insert("web".into(), Options::to_json(&self.web));
        let sources = self
            .sources
            .iter()
            .map(|one| merged(one.kind, Options::to_json(&one.common), one.options.json()));
        map.insert("sources".into(), sources.collect());
        let targets = self
            .targets
            .iter()
            .map(|one| merged(one.kind, Options::to_json(&one.common), one.options.json()));
        map.insert("targets".into(), targets.collect());
        map.insert("rules".into(), Options::to_json(&self.rules));
        map.insert("policy".into(), Options::to_json(&self.policy));
        map.insert("convert".into(), Options::to_json(&self.convert));
        map.insert("transfer".into(), Options::to_json(&self.transfer));
        map.into()
    }

    fn decode(document: &Document, kinds: &Kinds<'_>, problems: &mut Problems) -> Option<Self> {
        let root = document.root();
        let department = part(&root, "department", problems);
        let data = part(&root, "data", problems);
        let schedule = part(&root, "schedule", problems);
        let engine = part(&root, "engine", problems);
        let sandbox = part(&root, "sandbox", problems);
        let log = part(&root, "log", problems);
        let web = part(&root, "web", problems);
        let sources = several::<SourceCommon>(&root, "sources", kinds.sources, problems);
        let targets = several::<TargetCommon>(&root, "targets", kinds.targets, problems);
        let rules = part(&root, "rules", problems);
        let policy = part(&root, "policy", problems);
        let convert = part(&root, "convert", problems);
        let transfer = part(&root, "transfer", problems);
        root.finish(problems);
        checks::names(&root, problems);
        Some(Self {
            department: department?,
            data: data?,
            schedule: schedule?,
            engine: engine?,
            sandbox: sandbox?,
            log: log?,
            web: web?,
            sources: sources?
                .into_iter()
                .map(|(kind, common, options)| SourceSettings {
                    kind,
                    common,
                    options,
                })
                .collect(),
            targets: targets?
                .into_iter()
                .map(|(kind, common, options)| TargetSettings {
                    kind,
                    common,
                    options,
                })
                .collect(),
            rules: rules?,
            policy: policy?,
            convert: convert?,
            transfer: transfer?,
        })
    }
}

impl Data {
    /// Where contents are kept, with a relative folder taken from the data folder.
    pub fn blob_place(&self) -> Place {
        match &self.blobs.0 {
            Place::Folder(path) => Place::Folder(self.folder.join(path)),
            Place::Store(url) => Place::Store(url.clone()),
        }
    }
}

/// A folder that starts from the data folder, or the address of a store. See [`Data::blob_place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InData(Place);

impl InData {
    /// A folder in the data folder.
    pub(super) fn folder(name: &str) -> Self {
        Self(Place::Folder(PathBuf::from(name)))
    }
}

impl Field for InData {
    fn shape() -> Shape {
        Place::shape()
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let place = Place::decode(entry, problems)?;
        // Decoding took the path from the file's folder; here it stays as written.
        Some(Self(match (place, entry.text()) {
            (Place::Folder(_), Some(text)) => Place::Folder(PathBuf::from(text)),
            (place, _) => place,
        }))
    }

    fn to_json(&self) -> Value {
        self.0.to_json()
    }
}

fn part<T: Field + Options>(
    root: &Section<'_>,
    name: &'static str,
    problems: &mut Problems,
) -> Option<T> {
    if let Some(entry) = root.take(name) {
        return <T as Field>::decode(&entry, problems);
    }
    let Some(mut value) = T::absent() else {
        problems.add(
            root.document(),
            root.span(),
            name,
            bilingual!(
                "The section [{name}] is missing.",
                "La section [{name}] manque."
            ),
        );
        return None;
    };
    value.rebase(root.document().base());
    Some(value)
}

type Decoded<C> = (&'static str, C, Arc<dyn AnyOptions>);

fn several<C: Options>(
    root: &Section<'_>,
    name: &'static str,
    kinds: &[KindDoc],
    problems: &mut Problems,
) -> Option<Vec<Decoded<C>>> {
    let Some(entry) = root.take(name) else {
        return Some(Vec::new());
    };
    let Some(items) = entry.items() else {
        entry
            .wrong_type(
                problems,
                &bilingual!("a list of tables", "une liste de tables"),
            )
            .suggest(Some(format!("[[{name}]]")));
        return None;
    };
    // No early end: every item is looked at.
    let decoded: Vec<Option<Decoded<C>>> = items
        .iter()
        .map(|item| one::<C>(item, kinds, problems))
        .collect();
    decoded.into_iter().collect()
}

fn one<C: Options>(
    item: &Entry<'_>,
    kinds: &[KindDoc],
    problems: &mut Problems,
) -> Option<Decoded<C>> {
    let section = item.table(problems)?;
    let common = C::decode(&section, problems);
    let (kind, options) = decode_kind(&section, kinds, problems)?;
    section.finish(problems);
    Some((kind.kind, common?, options?))
}

fn merged(kind: &str, common: Value, options: Value) -> Value {
    let mut map = Map::new();
    map.insert("kind".into(), kind.into());
    for value in [common, options] {
        if let Value::Object(inner) = value {
            map.extend(inner);
        }
    }
    map.into()
}

/// The fields of type path, with their values.
pub(super) fn folders(
    kind: &str,
    options: &dyn AnyOptions,
    kinds: &[KindDoc],
) -> Vec<(&'static str, PathBuf)> {
    let values = options.json();
    let Some(doc) = kinds.iter().find(|one| one.kind == kind) else {
        return Vec::new();
    };
    (doc.describe)()
        .iter()
        .filter(|field| matches!((field.shape)(), Shape::Path))
        .filter_map(|field| Some((field.name, PathBuf::from(values.get(field.name)?.as_str()?))))
        .collect()
}
