//! Equations (ISO/IEC 29500-1, 22.1) as one line of text.

use crate::convert::{document::append, xml::Element};

/// An equation as a person would type it: `(a+b)/(2)`, `x^(2)`, `√(y)`.
pub(super) fn linear(element: &Element) -> String {
    let mut out = String::new();
    push(element, &mut out);
    out
}

fn push(element: &Element, out: &mut String) {
    let part = |name: &str| element.child(name).map(linear).unwrap_or_default();
    match element.name() {
        "m:t" | "w:t" => out.push_str(&element.text()),
        "m:f" => append(out, format_args!("({})/({})", part("m:num"), part("m:den"))),
        "m:sSup" => append(out, format_args!("{}^({})", part("m:e"), part("m:sup"))),
        "m:sSub" => append(out, format_args!("{}_({})", part("m:e"), part("m:sub"))),
        "m:sSubSup" => {
            let (e, sub, sup) = (part("m:e"), part("m:sub"), part("m:sup"));
            append(out, format_args!("{e}_({sub})^({sup})"));
        }
        "m:rad" => {
            let degree = part("m:deg");
            let root = if degree.is_empty() {
                "√".into()
            } else {
                format!("root({degree})")
            };
            append(out, format_args!("{root}({})", part("m:e")));
        }
        "m:d" => {
            let sign = |name: &str, default: &str| {
                let properties = element.child("m:dPr");
                let sign = properties
                    .and_then(|p| p.child(name))
                    .and_then(|s| s.attr("m:val"));
                sign.unwrap_or(default).to_owned()
            };
            let inner: Vec<_> = element.elements().filter(|e| e.name() == "m:e").collect();
            let inner: Vec<_> = inner.into_iter().map(linear).collect();
            out.push_str(&sign("m:begChr", "("));
            out.push_str(&inner.join(&sign("m:sepChr", "|")));
            out.push_str(&sign("m:endChr", ")"));
        }
        "m:nary" => {
            let properties = element.child("m:naryPr");
            let sign = properties
                .and_then(|p| p.child("m:chr"))
                .and_then(|c| c.attr("m:val"));
            out.push_str(sign.unwrap_or("∫"));
            for (name, mark) in [("m:sub", '_'), ("m:sup", '^')] {
                let text = part(name);
                if !text.is_empty() {
                    append(out, format_args!("{mark}({text})"));
                }
            }
            append(out, format_args!(" {}", part("m:e")));
        }
        "m:mr" => {
            let cells: Vec<_> = element.elements().map(linear).collect();
            append(out, format_args!("[{}]", cells.join(", ")));
        }
        "w:del" | "w:moveFrom" | "w:rPr" => {}
        _ => element.elements().for_each(|e| push(e, out)),
    }
}
