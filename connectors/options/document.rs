//! A file of settings as a tree that knows where everything stands.
//!
//! Leans on the TOML parser for the tree and its ranges. Rule that must hold: all syntax errors that the parser can
//! recover from are reported, and nothing is decoded from a file that has one.

use std::{
    cell::RefCell,
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use rideau_domain::{Bilingual, bilingual};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    field::{Field, FieldDoc},
    problem::{Problems, listed, nearest},
};

/// Larger files are refused: no file of settings is.
const MOST_BYTES: usize = 1 << 20;
/// Syntax errors reported of one file.
const MOST_SYNTAX_ERRORS: usize = 50;
/// Longer lines are refused: no setting is.
const MOST_LINE_BYTES: usize = 16 * 1024;
/// More dots than this in one line outside of quotes would nest tables too deep.
const MOST_DOTS: usize = 200;

/// A text with its name and line starts.
#[derive(PartialEq, Eq)]
pub struct SourceText {
    name: PathBuf,
    text: String,
    lines: Vec<usize>,
}

impl SourceText {
    fn new(name: PathBuf, text: String) -> Self {
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self { name, text, lines }
    }

    /// The file's name, as given.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The text. Not for showing: it may hold secrets. See [`Problems::text_of`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column (in characters), both from 1, of a byte offset.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

/// A parsed file.
#[derive(Clone)]
pub struct Document {
    source: Arc<SourceText>,
    base: PathBuf,
    root: Table,
}

#[derive(Clone)]
pub(super) struct Node {
    span: Range<usize>,
    value: Value,
}

#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    /// Absent when it does not fit 64 bits.
    Integer(Option<i64>),
    Float(f64),
    Boolean(bool),
    Datetime(String),
    List(Vec<Node>),
    Table(Table),
}

/// Keys in the order of the file.
type Table = Vec<(Key, Node)>;

#[derive(Clone)]
pub(super) struct Key {
    name: String,
    span: Range<usize>,
}

impl Document {
    /// Parses a text. `base` is the folder that relative paths start from.
    pub fn parse(
        name: impl Into<PathBuf>,
        base: impl Into<PathBuf>,
        text: impl Into<String>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let text: String = text.into();
        // Editors on Windows put a byte-order mark in front; the parser accepts it, and it stays for the offsets.
        let source = Arc::new(SourceText::new(name.into(), text));
        if let Some((span, message)) = refused(source.text()) {
            problems.add_in(&source, span, String::new(), message);
            return None;
        }
        let (root, errors) = DeTable::parse_recoverable(source.text());
        if errors.is_empty() {
            let root = table(root.into_inner());
            return Some(Self {
                base: base.into(),
                root,
                source,
            });
        }
        // What follows dozens of syntax errors is noise; a hostile file has thousands.
        for error in errors.into_iter().take(MOST_SYNTAX_ERRORS) {
            let span = error.span().unwrap_or(0..0);
            let said = error.message();
            problems.add_in(
                &source,
                span,
                String::new(),
                bilingual!(
                    "This is not valid TOML: {said}.",
                    "Ce n’est pas du TOML valide (message de l’analyseur, en anglais : {said})."
                ),
            );
        }
        None
    }

    /// The text this came from.
    pub fn source(&self) -> &Arc<SourceText> {
        &self.source
    }

    /// The folder that relative paths start from.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// The whole file as a section.
    pub fn root(&self) -> Section<'_> {
        Section::new(self, &self.root, 0..0, String::new())
    }

    /// Finds a setting by its path (`sources[2].schedule`); else the range of the nearest table above it.
    ///
    /// # Errors
    /// The range to point at instead.
    pub fn locate(&self, path: &str) -> Result<Entry<'_>, Range<usize>> {
        let mut span = 0..0;
        let mut found: Option<&Node> = None;
        for step in steps(path) {
            let next = match (&step, found.map(|node| &node.value)) {
                (Step::Key(key), None) => lookup(&self.root, key),
                (Step::Key(key), Some(Value::Table(inner))) => lookup(inner, key),
                (Step::Index(index), Some(Value::List(list))) => list.get(*index),
                _ => None,
            };
            let Some(node) = next else { return Err(span) };
            span = node.span.clone();
            found = Some(node);
        }
        found.map_or(Err(span), |node| {
            Ok(Entry {
                document: self,
                node,
                path: path.to_owned(),
            })
        })
    }
}

/// One value with its place.
#[derive(Clone)]
pub struct Entry<'a> {
    document: &'a Document,
    node: &'a Node,
    path: String,
}

impl<'a> Entry<'a> {
    /// Which setting: `sources[2].schedule`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The file it is in.
    pub fn document(&self) -> &'a Document {
        self.document
    }

    /// Byte range of the value.
    pub fn span(&self) -> Range<usize> {
        self.node.span.clone()
    }

    /// The text, when it is one.
    pub fn text(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, when it is one.
    pub fn boolean(&self) -> Option<bool> {
        match self.node.value {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, when it is one; the inner value is absent when it does not fit 64 bits.
    pub fn integer(&self) -> Option<Option<i64>> {
        match self.node.value {
            Value::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// The number, when it is one, whole or not.
    pub fn number(&self) -> Option<f64> {
        match self.node.value {
            Value::Float(value) => Some(value),
            #[expect(clippy::cast_precision_loss, reason = "limits lie far below 2^53")]
            Value::Integer(Some(value)) => Some(value as f64),
            _ => None,
        }
    }

    /// The elements, when it is a list.
    pub fn items(&self) -> Option<Vec<Entry<'a>>> {
        let Value::List(list) = &self.node.value else {
            return None;
        };
        let entries = list.iter().enumerate().map(|(index, node)| Entry {
            document: self.document,
            node,
            path: format!("{}[{index}]", self.path),
        });
        Some(entries.collect())
    }

    /// The table as a section, when it is one.
    pub fn section(&self) -> Option<Section<'a>> {
        let Value::Table(table) = &self.node.value else {
            return None;
        };
        Some(Section::new(
            self.document,
            table,
            self.node.span.clone(),
            self.path.clone(),
        ))
    }

    /// As JSON; dates become texts. Absent for numbers that JSON cannot hold.
    pub fn json(&self) -> Option<serde_json::Value> {
        json(self.node)
    }

    /// The value as written, for a message; absent for tables, lists, and addresses with a password.
    pub fn printable(&self) -> Option<String> {
        if self
            .path
            .rsplit('.')
            .next()
            .is_some_and(super::mask::telling)
        {
            return None;
        }
        match &self.node.value {
            Value::Text(text) => {
                let address = text.contains('@') && text.contains(['/', ':']);
                (!address).then(|| super::field::quoted(text))
            }
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => self
                .document
                .source
                .text
                .get(self.node.span.clone())
                .map(str::to_owned),
            Value::List(_) | Value::Table(_) => None,
        }
    }

    /// Reports this value as wrong. What is not repeated in the message is hidden in the snippet as well.
    pub fn wrong<'p>(
        &self,
        problems: &'p mut Problems,
        message: Bilingual,
    ) -> &'p mut super::Problem {
        let value = self.printable();
        if value.is_none() && self.items().is_none() {
            problems.mask(self.document, self.span());
        }
        let problem = problems.add(self.document, self.span(), &self.path, message);
        if let Some(value) = value {
            problem.showing(value);
        }
        problem
    }

    /// Reports that something else was expected: `expected` completes "expected …" with its article.
    pub fn wrong_type<'p>(
        &self,
        problems: &'p mut Problems,
        expected: &Bilingual,
    ) -> &'p mut super::Problem {
        let Bilingual { en, fr } = expected;
        let Bilingual {
            en: found_en,
            fr: found_fr,
        } = self.type_name();
        let message = bilingual!(
            "Expected {en}, found {found_en}.",
            "Attendu : {fr} ; trouvé : {found_fr}."
        );
        self.wrong(problems, message)
    }

    fn type_name(&self) -> Bilingual {
        let (en, fr) = match self.node.value {
            Value::Text(_) => ("a text", "un texte"),
            Value::Integer(_) => ("a whole number", "un nombre entier"),
            Value::Float(_) => ("a number", "un nombre"),
            Value::Boolean(_) => ("true or false", "vrai ou faux (true, false)"),
            Value::Datetime(_) => ("a date", "une date"),
            Value::List(_) => ("a list", "une liste"),
            Value::Table(_) => ("a table", "une table"),
        };
        Bilingual::new(en, fr)
    }
}

/// A table with its place. Remembers which keys were asked for, so that [`Section::finish`] can report the others.
#[derive(Clone)]
pub struct Section<'a> {
    document: &'a Document,
    table: &'a Table,
    span: Range<usize>,
    path: String,
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    fn new(document: &'a Document, table: &'a Table, span: Range<usize>, path: String) -> Self {
        Self {
            document,
            table,
            span,
            path,
            known: RefCell::default(),
        }
    }

    /// Which table: `sources[2]`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of a key in it.
    pub fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// The file it is in.
    pub fn document(&self) -> &'a Document {
        self.document
    }

    /// Byte range of the table: its header, or the braces.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The keys, in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.table.iter().map(|(key, _)| key.name.as_str())
    }

    /// Byte range of a key.
    pub fn key_span(&self, name: &str) -> Option<Range<usize>> {
        self.table
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(key, _)| key.span.clone())
    }

    /// The value of a key, without declaring it as known.
    pub fn get(&self, name: &str) -> Option<Entry<'a>> {
        lookup(self.table, name).map(|node| Entry {
            document: self.document,
            node,
            path: self.path_of(name),
        })
    }

    /// All values, in the order of the file.
    pub fn entries(&self) -> Vec<(&'a str, Entry<'a>)> {
        let entries = self.table.iter().map(|(key, node)| {
            let entry = Entry {
                document: self.document,
                node,
                path: self.path_of(&key.name),
            };
            (key.name.as_str(), entry)
        });
        entries.collect()
    }

    /// Declares a key as known and gives its value.
    pub fn take(&self, name: &'static str) -> Option<Entry<'a>> {
        self.known.borrow_mut().push(name);
        self.get(name)
    }

    /// Decodes one documented field; `default` is what an absent key means.
    pub fn field<T: Field>(
        &self,
        doc: &FieldDoc,
        default: Option<T>,
        problems: &mut Problems,
    ) -> Option<T> {
        let Some(entry) = self.take(doc.name) else {
            let Some(mut value) = default.or_else(T::absent) else {
                self.missing(doc.name, doc.example, problems);
                return None;
            };
            value.rebase(self.document.base());
            return Some(value);
        };
        let value = T::decode(&entry, problems)?;
        let Some((bounds, number)) = doc.bounds.zip(value.number()) else {
            return Some(value);
        };
        if bounds.hold(number) {
            return Some(value);
        }
        let (least, most) = (bounds.least, bounds.most);
        entry
            .wrong(
                problems,
                bilingual!(
                    "Out of range: allowed is {least} to {most}.",
                    "Hors limites : permis de {least} à {most}."
                ),
            )
            .suggest(Some(bounds.nearest(number).to_string()));
        None
    }

    /// Reports a key that must be there.
    pub fn missing(&self, name: &str, example: &str, problems: &mut Problems) {
        problems.add(
            self.document,
            self.span.clone(),
            self.path_of(name),
            bilingual!(
                "`{name}` is missing. Example: {name} = {example}",
                "« {name} » manque. Exemple : {name} = {example}"
            ),
        );
    }

    /// Reports every key that nobody asked for, with the nearest one. Its value is hidden in snippets: a misspelt key
    /// may carry a secret.
    pub fn finish(&self, problems: &mut Problems) {
        let known = self.known.borrow();
        for (key, node) in self.table {
            if known.contains(&key.name.as_str()) {
                continue;
            }
            let name = &key.name;
            let free = known
                .iter()
                .copied()
                .filter(|one| lookup(self.table, one).is_none());
            let near = nearest(name, free).or_else(|| nearest(name, known.iter().copied()));
            let mut all: Vec<&str> = known.clone();
            all.sort_unstable();
            all.dedup();
            let allowed = listed(&all);
            let (en, fr) = (allowed.en, allowed.fr);
            problems.mask(self.document, node.span.clone());
            problems
                .add(
                    self.document,
                    key.span.clone(),
                    self.path_of(name),
                    bilingual!(
                        "Unknown key `{name}`. Known here: {en}.",
                        "Clé inconnue « {name} ». Connues ici : {fr}."
                    ),
                )
                .suggest(near);
        }
    }

    /// Hides all values of this table in snippets, but those of `shown`: it could not be understood.
    pub fn hide_but(&self, shown: &str, problems: &mut Problems) {
        for (key, node) in self.table {
            if key.name != shown {
                problems.mask(self.document, node.span.clone());
            }
        }
    }
}

// No `Debug` text of a file or of a part of it shows a value: it could be a secret.

impl fmt::Debug for SourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SourceText").field(&self.name).finish()
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").field(&self.source.name).finish()
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.path).finish()
    }
}

impl fmt::Debug for Section<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Section").field(&self.path).finish()
    }
}

fn refused(text: &str) -> Option<(Range<usize>, Bilingual)> {
    if text.len() > MOST_BYTES {
        return Some((
            0..0,
            bilingual!(
                "The file is larger than 1 MiB: this is not a file of settings.",
                "Le fichier dépasse 1 Mio : ce n’est pas un fichier de paramètres."
            ),
        ));
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut quote = None;
        let mut dots = 0;
        for one in line.chars() {
            match (quote, one) {
                (None, '"' | '\'') => quote = Some(one),
                (Some(open), _) if open == one => quote = None,
                (None, '.') => dots += 1,
                _ => {}
            }
        }
        if line.len() > MOST_LINE_BYTES {
            return Some((
                start..start,
                bilingual!(
                    "This line is longer than 16 KiB: this is not a file of settings.",
                    "Cette ligne dépasse 16 Kio : ce n’est pas un fichier de paramètres."
                ),
            ));
        }
        if dots > MOST_DOTS {
            return Some((
                start..start,
                bilingual!(
                    "This line nests tables too deep.",
                    "Cette ligne imbrique trop de tables."
                ),
            ));
        }
        start += line.len();
    }
    None
}

fn table(parsed: DeTable<'_>) -> Table {
    let mut entries: Table = parsed
        .into_iter()
        .map(|(key, value)| {
            let key = Key {
                span: key.span(),
                name: key.into_inner().into_owned(),
            };
            (key, node(value))
        })
        .collect();
    entries.sort_by_key(|(key, _)| key.span.start);
    entries
}

fn node(parsed: Spanned<DeValue<'_>>) -> Node {
    let span = parsed.span();
    let value = match parsed.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(integer) => {
            Value::Integer(i64::from_str_radix(integer.as_str(), integer.radix()).ok())
        }
        DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Datetime(date) => Value::Datetime(date.to_string()),
        DeValue::Array(list) => Value::List(list.into_iter().map(node).collect()),
        DeValue::Table(inner) => Value::Table(table(inner)),
    };
    Node { span, value }
}

fn json(node: &Node) -> Option<serde_json::Value> {
    Some(match &node.value {
        Value::Text(text) | Value::Datetime(text) => text.as_str().into(),
        Value::Integer(value) => (*value)?.into(),
        Value::Float(value) => serde_json::Number::from_f64(*value)?.into(),
        Value::Boolean(value) => (*value).into(),
        Value::List(list) => list.iter().map(json).collect::<Option<Vec<_>>>()?.into(),
        Value::Table(table) => {
            let mut map = serde_json::Map::new();
            for (key, inner) in table {
                map.insert(key.name.clone(), json(inner)?);
            }
            map.into()
        }
    })
}

fn lookup<'a>(table: &'a Table, name: &str) -> Option<&'a Node> {
    table
        .iter()
        .find(|(key, _)| key.name == name)
        .map(|(_, node)| node)
}

fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || one == '_' || one == '-');
    let key = if bare {
        key.to_owned()
    } else {
        super::field::quoted(key)
    };
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

#[derive(Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// `a."b c"[2].d` as steps; what makes no sense ends in a step that finds nothing.
fn steps(path: &str) -> Vec<Step> {
    let mut found = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            found.push(Step::Index(inner[..end].parse().unwrap_or(usize::MAX)));
            rest = inner.get(end + 1..).unwrap_or_default();
        } else if let Some(inner) = rest.strip_prefix('"') {
            let mut key = String::new();
            let mut escaped = false;
            let mut end = inner.len();
            for (at, one) in inner.char_indices() {
                match one {
                    '\\' if !escaped => escaped = true,
                    '"' if !escaped => {
                        end = at;
                        break;
                    }
                    _ => {
                        escaped = false;
                        key.push(one);
                    }
                }
            }
            found.push(Step::Key(key));
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            found.push(Step::Key(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    found
}
