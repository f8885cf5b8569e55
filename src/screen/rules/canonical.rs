//! One text for all ways of writing the same expression, to be hashed.
//!
//! Rule that must hold: two expressions with the same text are the same expression.

use std::fmt::Write as _;

use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue};

/// An expression in prefix form: independent of spaces, comments and brackets.
pub(super) fn write_canonical(node: &IdedExpr, out: &mut String) {
    match &node.expr {
        Expr::Unspecified => out.push('?'),
        Expr::Ident(name) => push(out, "i", name),
        Expr::Literal(literal) => match literal {
            LiteralValue::Boolean(value) => push(out, "b", &value.inner().to_string()),
            LiteralValue::Bytes(value) => push(out, "x", &hex::encode(value.inner())),
            LiteralValue::Double(value) => push(out, "d", &value.inner().to_string()),
            LiteralValue::Int(value) => push(out, "n", &value.inner().to_string()),
            LiteralValue::Null => out.push('0'),
            LiteralValue::String(value) => push(out, "s", value.inner()),
            LiteralValue::UInt(value) => push(out, "u", &value.inner().to_string()),
        },
        Expr::Select(select) => {
            push(out, if select.test { "has" } else { "." }, &select.field);
            write_canonical(&select.operand, out);
        }
        Expr::List(list) => group(out, "list", list.elements.iter()),
        Expr::Call(call) => {
            push(
                out,
                if call.target.is_some() {
                    "member"
                } else {
                    "call"
                },
                &call.func_name,
            );
            group(
                out,
                "of",
                call.target.as_deref().into_iter().chain(&call.args),
            );
        }
        Expr::Comprehension(comprehension) => {
            push(out, "for", &comprehension.iter_var);
            push(out, "into", &comprehension.accu_var);
            group(
                out,
                "do",
                [
                    &comprehension.iter_range,
                    &comprehension.accu_init,
                    &comprehension.loop_cond,
                    &comprehension.loop_step,
                    &comprehension.result,
                ]
                .into_iter(),
            );
        }
        Expr::Map(map) => entries(out, "map", &map.entries),
        Expr::Struct(object) => entries(out, &object.type_name, &object.entries),
    }
}

fn entries(out: &mut String, name: &str, entries: &[IdedEntryExpr]) {
    push(out, "entries", name);
    for entry in entries {
        match &entry.expr {
            EntryExpr::StructField(field) => {
                push(out, "field", &field.field);
                write_canonical(&field.value, out);
            }
            EntryExpr::MapEntry(entry) => {
                group(out, "entry", [&entry.key, &entry.value].into_iter());
            }
        }
    }
}

/// A tag and a text whose length is written, so that no two expressions run together to the same form.
fn push(out: &mut String, tag: &str, text: &str) {
    write!(out, "{tag}:{}:{text} ", text.len()).expect("writing to a String does not fail");
}

fn group<'n>(out: &mut String, tag: &str, nodes: impl Iterator<Item = &'n IdedExpr>) {
    out.push_str(tag);
    out.push('(');
    for node in nodes {
        write_canonical(node, out);
    }
    out.push(')');
}
