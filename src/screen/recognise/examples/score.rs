//! Prints what the recognisers find in labelled texts, in the words of `score.py`.
//!
//! `score FOLDER` reads the `.txt` files of a folder; `score -` reads lines `{"file": …, "text": …}`. Each finding is a
//! line `{"file", "type", "class", "confidence", "start", "end"}` with offsets in characters. Without `--all` only what
//! a rule would act on is printed: personal, unknown, and markings that stand. `--time` prints texts per second.

use std::{
    collections::BTreeMap,
    io::{BufRead, Write},
    path::Path,
    time::Instant,
};

use rideau_domain::{Fact, FactDetail, IdentifierClass, MarkingState, SecurityLevel};
use rideau_recognise::{DetectContext, DetectSettings, detect, plain_text_units};

/// One text and its name.
struct Text {
    file: String,
    text: String,
}

/// One finding.
struct Row {
    kind: String,
    class: &'static str,
    confidence: u8,
    start: usize,
    end: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let all = arguments.iter().any(|one| one == "--all");
    let time = arguments.iter().any(|one| one == "--time");
    let input = arguments
        .iter()
        .find(|one| !one.starts_with("--"))
        .map_or("-", String::as_str);
    let texts = if input == "-" {
        from_lines()?
    } else {
        from_folder(Path::new(input))?
    };
    let settings = DetectSettings::default();
    let begin = Instant::now();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for text in &texts {
        for row in rows(&text.text, &settings, all) {
            let line = serde_json::json!({
                "file": text.file, "type": row.kind, "class": row.class,
                "confidence": row.confidence, "start": row.start, "end": row.end,
            });
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    if time {
        let seconds = begin.elapsed().as_secs_f64();
        let bytes: usize = texts.iter().map(|text| text.text.len()).sum();
        eprintln!("{} texts, {bytes} bytes, {seconds:.3} s", texts.len());
    }
    Ok(())
}

fn from_lines() -> Result<Vec<Text>, Box<dyn std::error::Error>> {
    let mut texts = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let value: serde_json::Value = serde_json::from_str(&line?)?;
        let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        texts.push(Text {
            file: field("file"),
            text: field("text"),
        });
    }
    Ok(texts)
}

fn from_folder(folder: &Path) -> Result<Vec<Text>, Box<dyn std::error::Error>> {
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        if Path::new(&file).extension().is_some_and(|e| e == "txt") {
            texts.insert(file, std::fs::read_to_string(entry.path())?);
        }
    }
    Ok(texts
        .into_iter()
        .map(|(file, text)| Text { file, text })
        .collect())
}

fn rows(text: &str, settings: &DetectSettings, all: bool) -> Vec<Row> {
    let (starts, units): (Vec<usize>, Vec<_>) = plain_text_units(text)
        .into_iter()
        .enumerate()
        .map(|(index, (start, mut unit))| {
            unit.place.at = index.to_string();
            (start, unit)
        })
        .unzip();
    let mut rows = Vec::new();
    for fact in detect(&units, &DetectContext::new("", settings)) {
        let Some((kinds, class)) = kinds_of(&fact, all) else {
            continue;
        };
        let Some(span) = fact.place.span else {
            continue;
        };
        let index: usize = fact.place.at.parse().unwrap_or_default();
        let Some(first) = starts.get(index) else {
            continue;
        };
        let (Ok(from), Ok(to)) = (usize::try_from(span.start), usize::try_from(span.end)) else {
            continue;
        };
        let (start, end) = (first + from, first + to);
        let chars = |upto: usize| text.get(..upto).map_or(0, |part| part.chars().count());
        for kind in kinds {
            rows.push(Row {
                kind,
                class,
                confidence: fact.confidence,
                start: chars(start),
                end: chars(end),
            });
        }
    }
    rows
}

/// The scorer's types for a fact, and the class; nothing for what is not printed.
fn kinds_of(fact: &Fact, all: bool) -> Option<(Vec<String>, &'static str)> {
    match &fact.detail {
        FactDetail::Identifier { identifier, class } => {
            let acts = matches!(class, IdentifierClass::Personal | IdentifierClass::Unknown);
            (all || acts).then(|| (vec![kind_of(identifier, &fact.reasons)], class.as_str()))
        }
        FactDetail::Marking {
            level,
            state,
            caveats,
        } => {
            let (class, acts) = match state {
                MarkingState::Standing => ("standing", true),
                MarkingState::WhenCompleted => ("when_completed", false),
                MarkingState::Lifted => ("lifted", false),
            };
            let mut kinds: Vec<String> = caveats
                .iter()
                .map(|caveat| match caveat.as_str() {
                    "third_party" => "MARKING_COMMERCIAL_CONFIDENCE".to_owned(),
                    other => format!("MARKING_{}", other.to_ascii_uppercase()),
                })
                .collect();
            if *level != SecurityLevel::Unclassified {
                kinds.push(format!("MARKING_{}", level.as_str().to_ascii_uppercase()));
            }
            (all || acts).then_some((kinds, class))
        }
        _ => None,
    }
}

/// The scorer's name of an identifier.
fn kind_of(identifier: &str, reasons: &[String]) -> String {
    let has = |word: &str| reasons.iter().any(|reason| reason == word);
    match identifier {
        "sin" => "CA_SIN",
        "uci" => "CA_UCI",
        "application_number" => "CA_IRCC_APP",
        "passport" => "CA_PASSPORT",
        "pr_card" => "CA_PR_CARD",
        "citizenship_certificate" => "CA_CIT_CERT",
        "health_number" if has("quebec") => "CA_HEALTH_QC",
        "health_number" if has("british_columbia") => "CA_HEALTH_BC",
        "health_number" if has("alberta") => "CA_HEALTH_AB",
        "health_number" => "CA_HEALTH_ON",
        "driver_licence" => "CA_DL",
        "pri" => "CA_PRI",
        "bank_account" => "CA_BANK",
        "iban" => "IBAN_CODE",
        "birth_date" => "DATE_OF_BIRTH",
        "person_name" => "PERSON",
        "civic_address" => "ADDRESS",
        other => return other.to_ascii_uppercase(),
    }
    .to_owned()
}
