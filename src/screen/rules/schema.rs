//! The facts document, as types: the only place that says which names a rule may use.
//!
//! Every path of every expression is checked against this when rule files are loaded. Rule that must hold: what
//! `document.rs` writes and what stands here are the same; a test compares them.

/// The type of a value in the facts document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A number with decimals.
    Double,
    /// Free text.
    Text,
    /// Text out of a closed list.
    Word(&'static [&'static str]),
    /// The name of a list of phrases that a rule file holds.
    Tag,
    /// A day, written `YYYY-MM-DD`.
    Date,
    /// A list.
    List(Box<Type>),
    /// An object with known fields.
    Object(&'static [Field]),
    /// Not known (the element of an empty list).
    Any,
}

impl Type {
    /// The name for messages, in English and French.
    pub(super) fn name(&self) -> (&'static str, &'static str) {
        match self {
            Self::Bool => ("true or false", "vrai ou faux"),
            Self::Int => ("a whole number", "un nombre entier"),
            Self::Double => ("a number", "un nombre"),
            Self::Text | Self::Word(_) | Self::Tag => ("text", "du texte"),
            Self::Date => ("a date", "une date"),
            Self::List(_) => ("a list", "une liste"),
            Self::Object(_) => ("an object", "un objet"),
            Self::Any => ("any value", "une valeur quelconque"),
        }
    }
}

/// The type of a field, in a form that can stand in a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// See [`Type::Bool`].
    Bool,
    /// See [`Type::Int`].
    Int,
    /// See [`Type::Text`].
    Text,
    /// See [`Type::Word`].
    Word(&'static [&'static str]),
    /// See [`Type::Tag`].
    Tag,
    /// See [`Type::Date`].
    Date,
    /// A list of words.
    Words(&'static [&'static str]),
    /// A list of objects.
    Objects(&'static [Field]),
    /// An object.
    Object(&'static [Field]),
}

impl FieldType {
    /// The same as a [`Type`].
    pub fn to_type(self) -> Type {
        match self {
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Text => Type::Text,
            Self::Word(words) => Type::Word(words),
            Self::Tag => Type::Tag,
            Self::Date => Type::Date,
            Self::Words(words) => Type::List(Box::new(Type::Word(words))),
            Self::Objects(fields) => Type::List(Box::new(Type::Object(fields))),
            Self::Object(fields) => Type::Object(fields),
        }
    }
}

/// A field of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in expressions.
    pub name: &'static str,
    /// Its type.
    pub field_type: FieldType,
    /// True when the key may be absent because nobody knows the value. A rule that needs it then goes to a person.
    pub optional: bool,
    /// What it means, for the reference page.
    pub help: &'static str,
}

const fn field(name: &'static str, field_type: FieldType, help: &'static str) -> Field {
    Field {
        name,
        field_type,
        optional: false,
        help,
    }
}

const fn optional(name: &'static str, field_type: FieldType, help: &'static str) -> Field {
    Field {
        name,
        field_type,
        optional: true,
        help,
    }
}

/// Names of the security levels, in rising order.
pub const LEVELS: &[&str] = &[
    "unclassified",
    "protected_a",
    "protected_b",
    "protected_c",
    "confidential",
    "secret",
    "top_secret",
];
/// Levels of a clearance: `none` when the source has no clearances at all.
pub const CLEARANCES: &[&str] = &[
    "none",
    "unclassified",
    "protected_a",
    "protected_b",
    "protected_c",
    "confidential",
    "secret",
    "top_secret",
];
/// Whether a marking stands.
pub const STATES: &[&str] = &["standing", "when_completed", "lifted"];
/// Caveats the detectors know.
pub const CAVEATS: &[&str] = &[
    "canadian_eyes_only",
    "cabinet_confidence",
    "solicitor_client",
    "third_party",
];
/// Whose an identifier is.
pub const CLASSES: &[&str] = &["personal", "business", "public", "unknown"];
/// Identifiers the detectors know.
pub const IDENTIFIERS: &[&str] = crate::screen::facts::IDENTIFIERS;
/// Ways in which content hides.
pub const CHANNELS: &[&str] = &[
    "sheet",
    "rows",
    "columns",
    "comments",
    "tracked_changes",
    "hidden_text",
    "properties",
    "embedded",
    "macros",
    "external_links",
    "data_caches",
    "custom_xml",
    "notes",
    "attachments",
];
/// How a phrase stands.
pub const POSITIONS: &[&str] = &["front", "alone", "text"];
/// Families of formats.
pub const FAMILIES: &[&str] = &["table", "document", "unsupported", "unknown"];
/// Kinds of places.
pub const PARTS: &[&str] = &[
    "body",
    "title",
    "first_page",
    "header",
    "footer",
    "watermark",
    "note",
    "text_box",
    "alt_text",
    "table_cell",
    "cell",
    "sheet_name",
    "formula",
    "link",
    "comment",
    "tracked_insertion",
    "tracked_deletion",
    "hidden_text",
    "hidden_sheet",
    "hidden_row",
    "hidden_column",
    "speaker_notes",
    "embedded",
    "property",
    "label",
    "file_name",
    "native",
    "package",
];

const PART: Field = field(
    "part",
    FieldType::Word(PARTS),
    "The kind of place where it stands.",
);
const HIDDEN: Field = field(
    "hidden",
    FieldType::Bool,
    "True when a person who opens the file does not see it.",
);
const CONFIDENCE: Field = field(
    "confidence",
    FieldType::Int,
    "How sure the detector is, 0 to 100.",
);
const COUNT: Field = field("count", FieldType::Int, "How many.");

/// The facts document.
pub const DOCUMENT: &[Field] = &[
    field("item", FieldType::Object(ITEM), "The item itself."),
    field(
        "format",
        FieldType::Object(FORMAT),
        "What it is, by its bytes.",
    ),
    field(
        "clearance",
        FieldType::Object(CLEARANCE),
        "The clearance that the source system gives.",
    ),
    field(
        "record",
        FieldType::Object(RECORD),
        "Metadata of the record.",
    ),
    field(
        "attributes",
        FieldType::Objects(ATTRIBUTE),
        "Attributes of the source's own metadata, by the names of `sources.facts`.",
    ),
    field(
        "markings",
        FieldType::Objects(MARKING),
        "Security markings and sensitivity labels.",
    ),
    field(
        "identifiers",
        FieldType::Objects(IDENTIFIER),
        "Identifiers and other information about someone.",
    ),
    field(
        "tags",
        FieldType::Objects(TAG),
        "Phrases out of the lists that stand in the rule files.",
    ),
    field(
        "hidden",
        FieldType::Objects(HIDDEN_CONTENT),
        "Content that hides.",
    ),
    field(
        "unreadable",
        FieldType::Objects(UNREADABLE),
        "Parts that could not be checked.",
    ),
    field(
        "small_cells",
        FieldType::Objects(SMALL_CELLS),
        "Tables that show small numbers of people.",
    ),
    field(
        "disclosure",
        FieldType::Objects(DISCLOSURE),
        "Tables that could tell who somebody is, and how they stand.",
    ),
    field(
        "conversion",
        FieldType::Objects(CONVERSION),
        "What the converter could not carry over.",
    ),
    field("now", FieldType::Date, "The day of the evaluation (UTC)."),
];

const ITEM: &[Field] = &[
    field("name", FieldType::Text, "File name."),
    field("path", FieldType::Text, "Path within the source."),
    field("source", FieldType::Text, "Name of the source."),
    field("size_bytes", FieldType::Int, "Size in bytes."),
    optional(
        "modified",
        FieldType::Date,
        "Day of the last change, as the source gives it.",
    ),
];

const FORMAT: &[Field] = &[
    field(
        "name",
        FieldType::Text,
        "Short name of the format: `xlsx`; `unknown` when not recognised.",
    ),
    field(
        "family",
        FieldType::Word(FAMILIES),
        "Which reader takes it.",
    ),
    field(
        "known",
        FieldType::Bool,
        "True when the format was recognised.",
    ),
    field(
        "encrypted",
        FieldType::Bool,
        "True when a password is needed.",
    ),
    field(
        "extension_mismatch",
        FieldType::Bool,
        "True when the file's extension says something else.",
    ),
];

const CLEARANCE: &[Field] = &[
    optional(
        "known",
        FieldType::Bool,
        "False when the source should give a clearance and did not, or gave one that is not mapped.",
    ),
    optional(
        "level",
        FieldType::Word(CLEARANCES),
        "The level; `none` when the source has no clearances.",
    ),
    optional(
        "rank",
        FieldType::Int,
        "The level as a number: 0 none or unclassified, 1 to 3 Protected A to C, 4 to 6 Confidential to Top Secret.",
    ),
];

const RECORD: &[Field] = &[
    optional(
        "date",
        FieldType::Date,
        "Date of the record, from which periods in law are counted.",
    ),
    optional(
        "decision_date",
        FieldType::Date,
        "Date of the decision that the record led to, where the source gives one.",
    ),
    optional(
        "holds",
        FieldType::Int,
        "Holds in force in the records system; 0 where the source has none.",
    ),
    optional(
        "supplemental_markings",
        FieldType::Int,
        "Supplemental markings in the records system; 0 where the source has none.",
    ),
];

const ATTRIBUTE: &[Field] = &[
    field(
        "name",
        FieldType::Text,
        "The name that `sources.facts` gives it.",
    ),
    field("value", FieldType::Text, "Its value; empty when not known."),
    field(
        "known",
        FieldType::Bool,
        "False when it is not filled in, or could not be read.",
    ),
];

const MARKING: &[Field] = &[
    field(
        "level",
        FieldType::Word(LEVELS),
        "The level; `unclassified` for a caveat that stands alone.",
    ),
    field("rank", FieldType::Int, "The level as a number, 0 to 6."),
    field("state", FieldType::Word(STATES), "Whether it stands."),
    field(
        "caveats",
        FieldType::Words(CAVEATS),
        "Caveats found with it.",
    ),
    PART,
    HIDDEN,
    CONFIDENCE,
];

const IDENTIFIER: &[Field] = &[
    field(
        "identifier",
        FieldType::Word(IDENTIFIERS),
        "Which identifier.",
    ),
    field("class", FieldType::Word(CLASSES), "Whose it is."),
    PART,
    HIDDEN,
    CONFIDENCE,
];

const TAG: &[Field] = &[
    field(
        "tag",
        FieldType::Tag,
        "The list: the name after `phrases.` in a rule file.",
    ),
    field(
        "position",
        FieldType::Word(POSITIONS),
        "How it stands: `front` (margin, title, name), `alone` (head of a short line), `text`.",
    ),
    PART,
    HIDDEN,
    CONFIDENCE,
];

const HIDDEN_CONTENT: &[Field] = &[
    field("channel", FieldType::Word(CHANNELS), "How it hides."),
    COUNT,
];

const UNREADABLE: &[Field] = &[
    field(
        "code",
        FieldType::Text,
        "Why: `encrypted`, `corrupt`, `unsupported`, `limit`, `unknown_label` …",
    ),
    PART,
];

const SMALL_CELLS: &[Field] = &[
    COUNT,
    field(
        "threshold",
        FieldType::Int,
        "The number below which a cell counts as small.",
    ),
];

const DISCLOSURE: &[Field] = &[
    field(
        "tabulated",
        FieldType::Word(&["counts", "persons"]),
        "What the table lists: counts of people, or one person a row.",
    ),
    field(
        "verdict",
        FieldType::Word(&["safe", "exposed", "not_proven", "not_understood"]),
        "How it stands: safe by proof, exposed, not proven, or not understood.",
    ),
    field(
        "hidden",
        FieldType::Int,
        "Cells that do not show, to protect people.",
    ),
];

const CONVERSION: &[Field] = &[
    field("code", FieldType::Text, "A stable word: `dropped_image` …"),
    COUNT,
];

/// The fields of an element of one of the document's lists, or nothing when there is no such list.
pub fn list_fields(name: &str) -> Option<&'static [Field]> {
    DOCUMENT.iter().find_map(|field| match field.field_type {
        FieldType::Objects(fields) if field.name == name => Some(fields),
        _ => None,
    })
}

/// The names of the document's lists of facts.
pub fn lists() -> impl Iterator<Item = &'static str> {
    DOCUMENT
        .iter()
        .filter(|field| matches!(field.field_type, FieldType::Objects(_)))
        .map(|field| field.name)
}
