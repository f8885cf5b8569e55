//! What happens inside the sandbox: one file in, renditions and facts out; and renditions in, facts out.
//!
//! This is the only meeting place of conversion and detection: both work on what one reader read. Rule that must hold:
//! nothing here knows where the file came from.

use std::{fs::File, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    convert,
    domain::{Fact, Format, RenditionFile, RenditionKind, Sha256, TextUnit, Warning},
    sandbox::{Task, WorkerError},
    screen::{
        facts::{DetectContext, DetectSettings, detect},
        phrases::{self, PhraseLists},
    },
};

/// Operation: identify, convert, detect.
pub const EXAMINE: &str = "examine";
/// Operation: detect in renditions, from their own bytes.
pub const RECHECK: &str = "recheck";

/// What `examine` is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExamineRequest {
    /// File name: a hint for the format, and screened itself.
    pub file_name: String,
    /// Hash of the content, for provenance inside the renditions.
    pub sha256: Sha256,
    /// What to make.
    pub convert: convert::Wanted,
    /// What detectors are told.
    pub detect: DetectSettings,
    /// The lists of phrases that stand in the rules.
    pub phrases: PhraseLists,
}

/// What `examine` answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Examination {
    /// What the file is.
    pub format: Format,
    /// What read and converted it, with its version.
    pub converter: String,
    /// What was written to the output folder.
    pub renditions: Vec<RenditionFile>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
    /// What the content says about itself: `title`, `language`, `period`.
    pub document: Value,
    /// What was found.
    pub facts: Vec<Fact>,
    /// True when hidden content was there and was left out of the renditions.
    pub removed_hidden: bool,
    /// What became of tables that could tell who somebody is.
    #[serde(default)]
    pub protected: Vec<convert::table::Treated>,
    /// What was taken out of the renditions, or could not be.
    #[serde(default)]
    pub redacted: convert::Redacted,
}

/// What `recheck` is told: the inputs, in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecheckRequest {
    /// Name and kind of each input.
    pub renditions: Vec<(String, RenditionKind)>,
    /// What detectors are told.
    pub detect: DetectSettings,
    /// The lists of phrases that stand in the rules.
    pub phrases: PhraseLists,
    /// True when the tables in them were protected, and proven safe: what shows of them is meant to show.
    #[serde(default)]
    pub protected: bool,
}

/// What `recheck` answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recheck {
    /// What was found, with the rendition's name before each place.
    pub facts: Vec<Fact>,
}

/// The worker's operations.
///
/// # Errors
/// When a request is not understood, or the file cannot be handled; with the reason.
pub fn work(task: Task) -> Result<Value, WorkerError> {
    match task.operation.as_str() {
        EXAMINE => {
            let request =
                serde_json::from_value(task.request).map_err(|error| bad_request(&error))?;
            answer(&examine(&request, task.input, &task.output_folder)?)
        }
        RECHECK => {
            let request: RecheckRequest =
                serde_json::from_value(task.request).map_err(|error| bad_request(&error))?;
            let inputs = std::iter::once(task.input).chain(task.extra_inputs);
            answer(&recheck(&request, inputs)?)
        }
        _ => Err(WorkerError::refuse(
            "unknown_operation",
            "The worker does not know this operation.",
            "Le processus ne connaît pas cette opération.",
        )),
    }
}

fn answer<T: Serialize>(value: &T) -> Result<Value, WorkerError> {
    serde_json::to_value(value).map_err(|error| bad_request(&error))
}

fn bad_request(error: &serde_json::Error) -> WorkerError {
    WorkerError::machine(
        "bad_request",
        format!("The worker was asked in a way it does not understand: {error}."),
        format!("Le processus a reçu une demande incomprise : {error}."),
    )
}

fn examine(
    request: &ExamineRequest,
    mut input: File,
    output: &Path,
) -> Result<Examination, WorkerError> {
    let converted = convert::convert(
        &mut input,
        &request.file_name,
        request.sha256,
        &request.convert,
        output,
    )?;
    let mut units = converted.units;
    units.push(TextUnit::new(
        crate::domain::Part::FileName,
        "file name",
        request.file_name.clone(),
    ));
    let mut facts = converted.facts;
    if request.convert.units {
        facts.extend(detect(
            &units,
            &DetectContext::new(&request.file_name, &request.detect),
        ));
        facts.extend(phrases::detect(&units, &request.phrases));
    }
    let removed_hidden = facts
        .iter()
        .any(|fact| matches!(fact.detail, crate::domain::FactDetail::Hidden { .. }))
        || units.iter().any(|unit| unit.place.part.is_hidden());
    Ok(Examination {
        format: converted.format,
        converter: converted.converter,
        renditions: converted.renditions,
        warnings: converted.warnings,
        document: converted.document,
        facts,
        removed_hidden,
        protected: converted.protected,
        redacted: converted.redacted,
    })
}

fn recheck(
    request: &RecheckRequest,
    inputs: impl Iterator<Item = File>,
) -> Result<Recheck, WorkerError> {
    let mut facts = Vec::new();
    let mut checked = 0;
    for ((name, kind), mut input) in request.renditions.iter().zip(inputs) {
        let (mut units, mut more) = convert::read_back(*kind, &mut input)?;
        // A rendition's own name leaves as well.
        units.push(TextUnit::new(
            crate::domain::Part::FileName,
            "file name",
            name.clone(),
        ));
        more.extend(detect(&units, &DetectContext::new(name, &request.detect)));
        more.extend(phrases::detect(&units, &request.phrases));
        if request.protected {
            more.retain(|fact| {
                !matches!(fact.detail, crate::domain::FactDetail::SmallCells { .. })
            });
        }
        for fact in &mut more {
            fact.place.at = format!("{name}: {}", fact.place.at);
        }
        facts.extend(more);
        checked += 1;
    }
    if checked < request.renditions.len() {
        return Err(WorkerError::machine(
            "bad_request",
            "The worker was given fewer files than names.",
            "Le processus a reçu moins de fichiers que de noms.",
        ));
    }
    Ok(Recheck { facts })
}
