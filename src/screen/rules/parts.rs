//! The parts of a condition, as its author wrote them: what stands between `&&`, or between `||`, at its top.
//!
//! Only for explanations. Rule that must hold: a condition that cannot be taken apart safely is one part.

/// How the parts are joined.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parts<'t> {
    /// All must hold.
    All(Vec<&'t str>),
    /// One is enough.
    Any(Vec<&'t str>),
    /// It has no parts.
    One,
}

/// Takes a condition apart.
pub(super) fn parts(text: &str) -> Parts<'_> {
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or_default();
    let (mut depth, mut index) = (0_usize, 0_usize);
    let (mut ands, mut ors) = (Vec::new(), Vec::new());
    while index < bytes.len() {
        match at(index) {
            quote @ (b'\'' | b'"') => {
                index = after_quotes(bytes, index, quote);
                continue;
            }
            b'/' if at(index + 1) == b'/' => {
                while index < bytes.len() && at(index) != b'\n' {
                    index += 1;
                }
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'?' if depth == 0 => return Parts::One,
            b'&' if depth == 0 && at(index + 1) == b'&' => {
                ands.push(index);
                index += 1;
            }
            b'|' if depth == 0 && at(index + 1) == b'|' => {
                ors.push(index);
                index += 1;
            }
            _ => {}
        }
        index += 1;
    }
    // `&&` binds closer: beside an `||` the alternatives are the parts.
    match (ors.is_empty(), ands.is_empty()) {
        (false, _) => Parts::Any(split(text, &ors)),
        (true, false) => Parts::All(split(text, &ands)),
        (true, true) => Parts::One,
    }
}

/// The index after a quoted text that begins at `start`.
fn after_quotes(bytes: &[u8], start: usize, quote: u8) -> usize {
    let is = |index: usize| bytes.get(index) == Some(&quote);
    let triple = is(start + 1) && is(start + 2);
    let mut index = start + if triple { 3 } else { 1 };
    while index < bytes.len() {
        if bytes.get(index) == Some(&b'\\') {
            index += 2;
        } else if is(index) && (!triple || (is(index + 1) && is(index + 2))) {
            return index + if triple { 3 } else { 1 };
        } else {
            index += 1;
        }
    }
    index
}

fn split<'t>(text: &'t str, operators: &[usize]) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for &operator in operators {
        parts.push(text.get(start..operator).unwrap_or_default().trim());
        start = operator + 2;
    }
    parts.push(text.get(start..).unwrap_or_default().trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::{Parts, parts};

    fn check(text: &str, joint: &str, expected: &[&str]) {
        let (found, list) = match parts(text) {
            Parts::All(list) => ("all", list),
            Parts::Any(list) => ("any", list),
            Parts::One => ("one", Vec::new()),
        };
        assert_eq!((found, list.as_slice()), (joint, expected), "{text}");
    }

    #[test]
    fn conditions_come_apart_at_their_top() {
        check("a && b.c(x && y) &&  d", "all", &["a", "b.c(x && y)", "d"]);
        check("a && b || c", "any", &["a && b", "c"]);
        check("(a || b) && c", "all", &["(a || b)", "c"]);
        check("a == \"x && y\" && b", "all", &["a == \"x && y\"", "b"]);
        check(r#"a == "\" && " && b"#, "all", &[r#"a == "\" && ""#, "b"]);
        check(
            "a == '''it's && so''' && b",
            "all",
            &["a == '''it's && so'''", "b"],
        );
        check("a ? b && c : d", "one", &[]);
        check("a.exists(x, x && y)", "one", &[]);
        check("", "one", &[]);
        check("\"never closed && ", "one", &[]);
        check("é && ü", "all", &["é", "ü"]);
    }
}
