//! Checking a condition against the schema, before it is ever run.
//!
//! Walks CEL's syntax tree (macros such as `exists` arrive there as comprehensions), infers types, and notes every
//! name that does not exist, every value that cannot be, and which lists and optional keys are read. Rule that
//! must hold: what cannot be typed is refused or typed `Any`; a name is never taken on trust.

use std::collections::BTreeSet;

use cel::{
    Program,
    common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators},
};

use super::{
    functions,
    problem::{Origin, Problems},
    schema::{DOCUMENT, Field, Type},
};
use crate::{bilingual, domain::Bilingual};

/// Walks an expression, infers types, and notes what it reads.
pub(super) struct Checker<'a, 'p> {
    pub(super) text: &'a str,
    pub(super) origin: &'a Origin,
    pub(super) program: &'a Program,
    pub(super) problems: &'a mut Problems<'p>,
    pub(super) scope: Vec<(String, Type)>,
    /// How many lists of facts are being walked.
    pub(super) depth: usize,
    pub(super) lists: BTreeSet<&'static str>,
    pub(super) reads: BTreeSet<String>,
    pub(super) asked: BTreeSet<String>,
}

impl Checker<'_, '_> {
    pub(super) fn infer(&mut self, node: &IdedExpr) -> Type {
        match &node.expr {
            Expr::Literal(literal) => literal_type(literal),
            Expr::Ident(name) => self.ident(node.id, name),
            Expr::Select(select) => {
                let operand = self.infer(&select.operand);
                // has(a.b) is a node of the parser's making, placed at the call; the field follows its operand.
                let (anchor, further) = match (&select.operand.expr, select.test) {
                    (Expr::Ident(name), true) => (select.operand.id, name.len() + 1),
                    (Expr::Select(inner), true) => (select.operand.id, inner.field.len() + 2),
                    _ => (node.id, 1),
                };
                let found = self.field(anchor, further, &operand, &select.field);
                if let Some(field) = found
                    && field.optional
                    && let Some(path) = path_of(&select.operand, &select.field)
                {
                    if select.test {
                        self.asked.insert(path);
                    } else {
                        self.reads.insert(path);
                    }
                }
                if select.test {
                    return Type::Bool;
                }
                found.map_or(Type::Any, |field| field.field_type.to_type())
            }
            Expr::List(list) => {
                let mut element = Type::Any;
                for item in &list.elements {
                    let next = self.infer(item);
                    if element == Type::Any {
                        element = next;
                    } else if !comparable(&element, &next) {
                        self.mismatch(item.id, &element, &next);
                    }
                }
                Type::List(Box::new(element))
            }
            Expr::Call(call) => self.call(node, call),
            Expr::Comprehension(comprehension) => self.comprehension(node.id, comprehension),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                self.problem(
                    node.id,
                    bilingual!(
                        "This construct is not available in rules.",
                        "Cette construction n’est pas offerte dans les règles."
                    ),
                );
                Type::Any
            }
        }
    }

    fn ident(&mut self, id: u64, name: &str) -> Type {
        if let Some((_, known)) = self.scope.iter().rev().find(|(bound, _)| bound == name) {
            return known.clone();
        }
        if let Some(field) = DOCUMENT.iter().find(|field| field.name == name) {
            let kind = field.field_type.to_type();
            if matches!(field.field_type, super::schema::FieldType::Objects(_)) {
                self.lists.insert(field.name);
            }
            return kind;
        }
        let mut allowed: Vec<String> = DOCUMENT.iter().map(|field| field.name.to_owned()).collect();
        allowed.extend(
            self.scope
                .iter()
                .map(|(name, _)| name.clone())
                .filter(|name| !name.starts_with('@')),
        );
        self.wrong(
            id,
            0,
            name,
            &allowed.iter().map(String::as_str).collect::<Vec<_>>(),
            &bilingual!(
                "There is no `{name}` in the facts document.",
                "Il n’y a pas de « {name} » dans le document des faits."
            ),
        );
        Type::Any
    }

    fn field(
        &mut self,
        id: u64,
        further: usize,
        operand: &Type,
        name: &str,
    ) -> Option<&'static Field> {
        match operand {
            Type::Object(fields) => {
                if let Some(field) = fields.iter().find(|field| field.name == name) {
                    return Some(field);
                }
                let allowed: Vec<&str> = fields.iter().map(|field| field.name).collect();
                self.wrong(
                    id,
                    further,
                    name,
                    &allowed,
                    &bilingual!(
                        "There is no field `{name}` here.",
                        "Il n’y a pas de champ « {name} » ici."
                    ),
                );
            }
            Type::Any => {}
            other => {
                let (en, fr) = other.name();
                self.problem(
                    id,
                    bilingual!(
                        "`{name}` is asked of {en}, which has no fields. For a list, use exists(), all(), filter() or size().",
                        "« {name} » est demandé à {fr}, qui n’a pas de champs. Pour une liste, utilisez exists(), all(), filter() ou size()."
                    ),
                );
            }
        }
        None
    }

    fn call(&mut self, node: &IdedExpr, call: &CallExpr) -> Type {
        let mut kinds: Vec<Type> = Vec::new();
        let arguments: Vec<&IdedExpr> = call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect();
        for argument in &arguments {
            kinds.push(self.infer(argument));
        }
        let member = call.target.is_some();
        match (call.func_name.as_str(), kinds.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [_, _])
            | (operators::LOGICAL_NOT | operators::NOT_STRICTLY_FALSE, [_]) => {
                for (argument, kind) in arguments.iter().zip(&kinds) {
                    self.expect(argument.id, kind, &Type::Bool);
                }
                Type::Bool
            }
            (operators::CONDITIONAL, [test, yes, no]) => {
                self.expect(arguments[0].id, test, &Type::Bool);
                if !comparable(yes, no) {
                    self.mismatch(arguments[2].id, yes, no);
                }
                if contains_any(yes) {
                    no.clone()
                } else {
                    yes.clone()
                }
            }
            (
                operators::EQUALS
                | operators::NOT_EQUALS
                | operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                [left, right],
            ) => {
                let ordered = !matches!(
                    call.func_name.as_str(),
                    operators::EQUALS | operators::NOT_EQUALS
                );
                self.comparison(&arguments, left, right, ordered);
                Type::Bool
            }
            (operators::IN, [element, list]) => {
                match list {
                    Type::List(inner) => {
                        self.literals_in(arguments[1], element);
                        self.words(arguments[0], inner);
                        if !comparable(element, inner) {
                            self.mismatch(arguments[0].id, inner, element);
                        }
                    }
                    Type::Any => {}
                    other => self.expect(arguments[1].id, other, &Type::List(Box::new(Type::Any))),
                }
                Type::Bool
            }
            (operators::ADD, [left, right]) => {
                if !comparable(left, right) {
                    self.mismatch(node.id, left, right);
                }
                if contains_any(left) {
                    right.clone()
                } else {
                    left.clone()
                }
            }
            (
                operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE | operators::MODULO,
                [left, right],
            ) => {
                for (argument, kind) in arguments.iter().zip([left, right]) {
                    if *kind != Type::Double {
                        self.expect(argument.id, kind, &Type::Int);
                    }
                }
                left.clone()
            }
            (operators::NEGATE, [kind]) => kind.clone(),
            (operators::INDEX, [list, position]) => {
                self.expect(arguments[1].id, position, &Type::Int);
                match list {
                    Type::List(inner) => (**inner).clone(),
                    Type::Any => Type::Any,
                    other => {
                        self.expect(arguments[0].id, other, &Type::List(Box::new(Type::Any)));
                        Type::Any
                    }
                }
            }
            ("size", [kind]) => {
                if !matches!(
                    kind,
                    Type::List(_) | Type::Text | Type::Word(_) | Type::Tag | Type::Any
                ) {
                    self.expect(arguments[0].id, kind, &Type::List(Box::new(Type::Any)));
                }
                Type::Int
            }
            ("startsWith" | "endsWith" | "contains", [text, other]) if member => {
                self.expect(arguments[0].id, text, &Type::Text);
                self.expect(arguments[1].id, other, &Type::Text);
                Type::Bool
            }
            (functions::YEARS_AFTER, [date, years]) if !member => {
                self.date(arguments[0], date);
                self.expect(arguments[1].id, years, &Type::Int);
                Type::Date
            }
            (functions::AGE_YEARS, [from, to]) if !member => {
                self.date(arguments[0], from);
                self.date(arguments[1], to);
                Type::Int
            }
            (name, _) => {
                self.unknown_function(node.id, name, call);
                Type::Any
            }
        }
    }

    fn unknown_function(&mut self, id: u64, name: &str, call: &CallExpr) {
        const KNOWN: &[&str] = &[
            "size",
            "startsWith",
            "endsWith",
            "contains",
            functions::YEARS_AFTER,
            functions::AGE_YEARS,
            "has",
            "exists",
            "all",
            "exists_one",
            "map",
            "filter",
        ];
        let given = call.args.len();
        if KNOWN.contains(&name) {
            self.problem(
                id,
                bilingual!(
                    "`{name}` is not used this way ({given} values given).",
                    "« {name} » ne s’emploie pas ainsi ({given} valeurs données)."
                ),
            );
            return;
        }
        self.wrong(
            id,
            0,
            name,
            KNOWN,
            &bilingual!(
                "There is no function `{name}`.",
                "Il n’y a pas de fonction « {name} »."
            ),
        );
    }

    fn comprehension(&mut self, id: u64, comprehension: &ComprehensionExpr) -> Type {
        let range = self.infer(&comprehension.iter_range);
        let element = match range {
            Type::List(inner) => *inner,
            Type::Any => Type::Any,
            other => {
                self.expect(
                    comprehension.iter_range.id,
                    &other,
                    &Type::List(Box::new(Type::Any)),
                );
                Type::Any
            }
        };
        // Caveats of one marking are few; lists of objects are lists of facts.
        let over_facts = matches!(element, Type::Object(_) | Type::Any);
        if over_facts && self.depth > 0 {
            self.problem(
                id,
                bilingual!(
                    "A list of facts may not be walked inside another one: that takes too long on large files. Use two rules.",
                    "On ne peut pas parcourir une liste de faits à l’intérieur d’une autre : ce serait trop long pour de gros fichiers. Écrivez deux règles."
                ),
            );
        }
        let accumulated = self.infer(&comprehension.accu_init);
        let bound = self.scope.len();
        self.scope.push((comprehension.iter_var.clone(), element));
        if let Some(second) = &comprehension.iter_var2 {
            self.scope.push((second.clone(), Type::Any));
        }
        self.scope
            .push((comprehension.accu_var.clone(), accumulated));
        self.depth += usize::from(over_facts);
        self.infer(&comprehension.loop_cond);
        let step = self.infer(&comprehension.loop_step);
        self.depth -= usize::from(over_facts);
        if let Some(accumulated) = self.scope.last_mut() {
            accumulated.1 = step;
        }
        let result = self.infer(&comprehension.result);
        self.scope.truncate(bound);
        result
    }

    fn comparison(&mut self, arguments: &[&IdedExpr], left: &Type, right: &Type, ordered: bool) {
        match (left, right) {
            (Type::Date, Type::Text) => self.date(arguments[1], right),
            (Type::Text, Type::Date) => self.date(arguments[0], left),
            (Type::Word(_), Type::Word(_)) if !ordered => {}
            (Type::Word(_), _) | (_, Type::Word(_)) if ordered => self.problem(
                arguments[0].id,
                bilingual!(
                    "Words have no order. Use == or `in`; for levels, compare `rank`.",
                    "Les mots n’ont pas d’ordre. Utilisez == ou « in »; pour les niveaux, comparez « rank »."
                ),
            ),
            (Type::Word(_) | Type::Tag, Type::Text) => self.words(arguments[1], left),
            (Type::Text, Type::Word(_) | Type::Tag) => self.words(arguments[0], right),
            _ if comparable(left, right) => {}
            _ => self.mismatch(arguments[1].id, left, right),
        }
    }

    /// A literal compared with a closed list of words must be one of them; one compared with a tag must be the name of
    /// a list of phrases, which is known once all files are read.
    fn words(&mut self, node: &IdedExpr, kind: &Type) {
        if *kind == Type::Tag {
            if let Some(text) = literal_text(node) {
                let offset = self.offset(node.id, 1);
                self.problems.tag(offset, text);
            }
            return;
        }
        let Type::Word(words) = kind else { return };
        if let Some(text) = literal_text(node)
            && !words.contains(&text)
        {
            let owned = text.to_owned();
            self.wrong(
                node.id,
                1,
                &owned,
                words,
                &bilingual!(
                    "`{owned}` is not a known value here.",
                    "« {owned} » n’est pas une valeur connue ici."
                ),
            );
        }
    }

    fn literals_in(&mut self, list: &IdedExpr, element: &Type) {
        if let Expr::List(list) = &list.expr {
            for item in &list.elements {
                self.words(item, element);
            }
        }
    }

    /// A date, or text that is one.
    fn date(&mut self, node: &IdedExpr, kind: &Type) {
        if let Some(text) = literal_text(node) {
            if functions::parse_day(text).is_err() {
                let text = text.to_owned();
                self.problem(
                    node.id,
                    bilingual!(
                        "`{text}` is not a date (YYYY-MM-DD).",
                        "« {text} » n’est pas une date (AAAA-MM-JJ)."
                    ),
                );
            }
            return;
        }
        self.expect(node.id, kind, &Type::Date);
    }

    fn expect(&mut self, id: u64, kind: &Type, wanted: &Type) {
        if !comparable(kind, wanted) {
            self.mismatch(id, wanted, kind);
        }
    }

    fn mismatch(&mut self, id: u64, wanted: &Type, got: &Type) {
        let (wanted_en, wanted_fr) = wanted.name();
        let (got_en, got_fr) = got.name();
        self.problem(
            id,
            bilingual!(
                "Expected {wanted_en}, found {got_en}.",
                "Attendu : {wanted_fr}; trouvé : {got_fr}."
            ),
        );
    }

    pub(super) fn problem(&mut self, id: u64, message: Bilingual) {
        let offset = self.offset(id, 0);
        self.problems.at(offset, message);
    }

    fn wrong(
        &mut self,
        id: u64,
        further: usize,
        value: &str,
        allowed: &[&str],
        message: &Bilingual,
    ) {
        let offset = self.offset(id, further);
        self.problems
            .wrong(offset, value, allowed.iter().copied(), message);
    }

    /// The offset in the file of a node (the parser counts in bytes), some bytes further.
    fn offset(&self, id: u64, further: usize) -> usize {
        let start = self
            .program
            .source_info()
            .offset_for(id)
            .map_or(0, |(start, _)| start as usize);
        self.origin.offset((start + further).min(self.text.len()))
    }
}

/// `a.b` of a select on a plain identifier path of the document.
fn path_of(operand: &IdedExpr, field: &str) -> Option<String> {
    match &operand.expr {
        Expr::Ident(name) => Some(format!("{name}.{field}")),
        Expr::Select(select) if !select.test => {
            path_of(&select.operand, &select.field).map(|path| format!("{path}.{field}"))
        }
        _ => None,
    }
}

fn literal_text(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn literal_type(literal: &LiteralValue) -> Type {
    match literal {
        LiteralValue::Boolean(_) => Type::Bool,
        LiteralValue::Int(_) | LiteralValue::UInt(_) => Type::Int,
        LiteralValue::Double(_) => Type::Double,
        LiteralValue::String(_) => Type::Text,
        LiteralValue::Bytes(_) | LiteralValue::Null => Type::Object(&[]),
    }
}

fn contains_any(kind: &Type) -> bool {
    match kind {
        Type::Any => true,
        Type::List(inner) => contains_any(inner),
        _ => false,
    }
}

fn comparable(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Any, _)
        | (_, Type::Any)
        | (Type::Text | Type::Word(_) | Type::Tag, Type::Text | Type::Word(_) | Type::Tag)
        | (Type::Int | Type::Double, Type::Int | Type::Double) => true,
        (Type::List(left), Type::List(right)) => comparable(left, right),
        _ => left == right,
    }
}
