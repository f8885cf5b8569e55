//! Conditions: CEL, parsed once, checked against the schema of the facts document, then run.
//!
//! CEL's `&&` and `||` absorb an error when the other side decides. That is not good enough here: a rule that
//! asks for a value nobody knows must reach a person, whatever the rest of the rule says. So each expression
//! knows which optional keys it reads without asking `has()` about them first, and when one of these is absent
//! the expression is an error before it is run. Asking `has(record.date)` anywhere in an expression is the
//! author's way to say that absence is dealt with; what CEL then says stands.
//!
//! Bound on cost: a condition may walk a list of facts, but not one list of facts inside another.
//! Rule that must hold: an expression that passed the check names only what exists.

use std::collections::BTreeSet;

use cel::{Context, ExecutionError, Program, Value};

use super::{
    canonical::write_canonical,
    check::Checker,
    parts::{Parts, parts},
    problem::{Origin, Problems},
    schema::{Field, Type},
};
use crate::{bilingual, domain::Bilingual};

/// A condition that may be run.
#[derive(Debug)]
pub(super) struct Expression {
    program: Program,
    /// Document lists it reads.
    pub(super) lists: BTreeSet<&'static str>,
    /// Optional keys it reads without asking `has()` about them.
    needs: BTreeSet<String>,
    canonical: String,
    /// As its author wrote it.
    text: String,
}

/// Why a condition gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// An optional key is absent.
    Absent(String),
    /// CEL gave up; its own words.
    Cel(String),
}

impl Failure {
    /// For people.
    pub(super) fn message(&self) -> Bilingual {
        match self {
            Self::Absent(path) => bilingual!(
                "The rule needs `{path}`, which is not known for this item. Check the item by hand, or complete its metadata and screen it again.",
                "La règle a besoin de « {path} », qui n’est pas connu pour cet élément. Vérifiez l’élément vous-même, ou complétez ses métadonnées et relancez la vérification."
            ),
            Self::Cel(text) => bilingual!(
                "The rule could not be evaluated ({text}). Check the item by hand and report the rule to its owner.",
                "La règle n’a pas pu être évaluée ({text}). Vérifiez l’élément vous-même et signalez la règle à son responsable."
            ),
        }
    }
}

impl Expression {
    /// Parses and checks a condition. With `fact`, the variable `fact` has these fields.
    pub(super) fn load(
        text: &str,
        origin: &Origin,
        fact: Option<&'static [Field]>,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let before = problems.list.len();
        let program = match Program::compile(text) {
            Ok(program) => program,
            Err(errors) => {
                for error in &errors.errors {
                    let offset = byte_of_position(text, error.pos);
                    let what = &error.msg;
                    problems.at(
                        origin.offset(offset),
                        bilingual!(
                            "This condition is not valid CEL: {what}",
                            "Cette condition n’est pas du CEL valide : {what}"
                        ),
                    );
                }
                if errors.errors.is_empty() {
                    problems.at(
                        origin.offset(0),
                        bilingual!("This condition is empty.", "Cette condition est vide."),
                    );
                }
                return None;
            }
        };
        let mut checker = Checker {
            text,
            origin,
            program: &program,
            problems,
            scope: fact
                .map(|fields| ("fact".to_owned(), Type::Object(fields)))
                .into_iter()
                .collect(),
            depth: 0,
            lists: BTreeSet::new(),
            reads: BTreeSet::new(),
            asked: BTreeSet::new(),
        };
        let result = checker.infer(program.expression());
        if !matches!(result, Type::Bool | Type::Any) {
            let (en, fr) = result.name();
            checker.problem(
                program.expression().id,
                bilingual!(
                    "A condition must be true or false; this one is {en}.",
                    "Une condition doit être vraie ou fausse; celle-ci est {fr}."
                ),
            );
        }
        let needs = checker.reads.difference(&checker.asked).cloned().collect();
        let lists = std::mem::take(&mut checker.lists);
        if problems.list.len() > before {
            return None;
        }
        let mut canonical = String::new();
        write_canonical(program.expression(), &mut canonical);
        Some(Self {
            program,
            lists,
            needs,
            canonical,
            text: text.trim().to_owned(),
        })
    }

    /// The same text for every way of writing the same expression.
    pub(super) fn canonical(&self) -> &str {
        &self.canonical
    }

    /// As its author wrote it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The parts at its top that are false, as its author wrote them; empty when it has no parts.
    pub(super) fn false_parts(&self, context: &Context<'_, '_>) -> Vec<String> {
        let (Parts::All(list) | Parts::Any(list)) = parts(&self.text) else {
            return Vec::new();
        };
        let is_false = |part: &&str| {
            Program::compile(part)
                .is_ok_and(|program| matches!(program.execute(context), Ok(Value::Bool(false))))
        };
        list.into_iter()
            .filter(is_false)
            .map(str::to_owned)
            .collect()
    }

    /// Runs the condition on a document.
    pub(super) fn run(
        &self,
        document: &serde_json::Value,
        context: &Context<'_, '_>,
    ) -> Result<bool, Failure> {
        if let Some(path) = self.needs.iter().find(|path| is_absent(document, path)) {
            return Err(Failure::Absent(path.clone()));
        }
        match self.program.execute(context) {
            Ok(Value::Bool(answer)) => Ok(answer),
            Ok(other) => Err(Failure::Cel(format!("{} instead of bool", other.type_of()))),
            Err(error) => Err(Failure::Cel(describe(&error))),
        }
    }
}

/// CEL's own words, without any value of the document in them: messages go to logs.
fn describe(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("no such key: {key}"),
        ExecutionError::UndeclaredReference(name) => format!("undeclared reference: {name}"),
        ExecutionError::NoSuchOverload(overload) => overload.to_string(),
        ExecutionError::FunctionError { function, message } => format!("{function}: {message}"),
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        ExecutionError::RemainderByZero(_) => "remainder by zero".to_owned(),
        ExecutionError::Overflow(..) => "number too large".to_owned(),
        ExecutionError::ValuesNotComparable(..) => "values cannot be compared".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "no such position in a list".to_owned(),
        _ => "evaluation error".to_owned(),
    }
}

fn is_absent(document: &serde_json::Value, path: &str) -> bool {
    path.split('.')
        .try_fold(document, |value, key| value.get(key))
        .is_none()
}

/// The byte of a line and column (both from 1, columns in bytes) as the parser reports them.
fn byte_of_position(text: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    before.saturating_add(column).min(text.len())
}
