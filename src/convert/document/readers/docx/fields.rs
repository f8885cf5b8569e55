//! Fields (ISO/IEC 29500-1, 17.16): which results are content, which are links, which are left out.

/// A field whose end has not come yet.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) instruction: String,
    /// True after the separator: what follows is the result.
    pub(super) in_result: bool,
    pub(super) action: Action,
}

/// What becomes of a field's result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Action {
    /// It is text like any other.
    #[default]
    Show,
    /// It means nothing outside the printed page.
    Drop,
    /// It tells something about the author's computer: left out, with a warning.
    Refuse,
    /// It leads somewhere.
    Link(String),
    /// It is a table of contents.
    Contents,
    /// It has no result; this text is shown.
    Text(String),
}

/// What the instruction itself gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trace {
    /// Nothing that the result does not show.
    None,
    /// Text that nobody sees.
    Text,
    /// Another file or system.
    External,
}

/// What becomes of a field, by its instruction.
pub(super) fn action(instruction: &str, in_contents: bool) -> Action {
    let words = words(instruction);
    let name = words
        .first()
        .map(|w| w.to_ascii_uppercase())
        .unwrap_or_default();
    let switch = |s: &str| words.iter().position(|w| w.eq_ignore_ascii_case(s));
    match name.as_str() {
        "PAGE" | "NUMPAGES" | "SECTION" | "SECTIONPAGES" | "XE" | "TC" | "TA" | "RD"
        | "PRIVATE" | "SET" | "ASK" | "ADVANCE" => Action::Drop,
        "PAGEREF" if in_contents => Action::Drop,
        "FILENAME" | "TEMPLATE" => Action::Refuse,
        "TOC" | "TOA" | "INDEX" => Action::Contents,
        "HYPERLINK" => hyperlink(&words),
        "REF" | "PAGEREF" | "NOTEREF" if switch("\\h").is_some() => match words.get(1) {
            Some(bookmark) => Action::Link(format!("#{bookmark}")),
            None => Action::Show,
        },
        "MACROBUTTON" | "GOTOBUTTON" => Action::Text(words.get(2..).unwrap_or(&[]).join(" ")),
        _ => Action::Show,
    }
}

/// What an instruction gives away.
pub(super) fn trace(instruction: &str) -> Trace {
    let name = words(instruction).first().map(|w| w.to_ascii_uppercase());
    match name.as_deref() {
        Some(
            "INCLUDETEXT" | "INCLUDEPICTURE" | "INCLUDE" | "LINK" | "DDE" | "DDEAUTO" | "IMPORT"
            | "RD" | "DATABASE",
        ) => Trace::External,
        Some(
            "XE" | "TC" | "TA" | "SET" | "ASK" | "FILLIN" | "IF" | "PRIVATE" | "ADDIN" | "QUOTE"
            | "DOCVARIABLE" | "MERGEFIELD" | "COMMENTS" | "MACROBUTTON",
        ) => Trace::Text,
        _ => Trace::None,
    }
}

fn hyperlink(words: &[String]) -> Action {
    let mut address = None;
    let mut inside = None;
    let mut rest = words.iter().skip(1);
    while let Some(word) = rest.next() {
        match word.to_ascii_lowercase().as_str() {
            "\\l" => inside = rest.next(),
            "\\o" | "\\t" => {
                rest.next();
            }
            other if other.starts_with('\\') => {}
            _ => address = address.or(Some(word)),
        }
    }
    match (address, inside) {
        (Some(address), Some(inside)) => Action::Link(format!("{address}#{inside}")),
        (Some(address), None) => Action::Link(address.clone()),
        (None, Some(inside)) => Action::Link(format!("#{inside}")),
        (None, None) => Action::Show,
    }
}

/// The words of an instruction; quotes hold words together.
fn words(instruction: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in instruction.chars() {
        match c {
            '"' | '“' | '”' => {
                if quoted {
                    words.push(std::mem::take(&mut word));
                }
                quoted = !quoted;
            }
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_fields() {
        let check = |instruction, expect| assert_eq!(action(instruction, false), expect);
        let link = |target: &str| Action::Link(target.into());
        check(
            r#" HYPERLINK "https://example.org/a b" "#,
            link("https://example.org/a b"),
        );
        check(r#"HYPERLINK \l "part2" \h"#, link("#part2"));
        check(
            r#"HYPERLINK "https://example.org" \l "x" \o "tip""#,
            link("https://example.org#x"),
        );
        check(r"REF _Ref1 \h", link("#_Ref1"));
        check("REF _Ref1", Action::Show);
        check("PAGE", Action::Drop);
        check(r"FILENAME \p", Action::Refuse);
        check(r#"TOC \o "1-3" \h"#, Action::Contents);
        check(
            "MACROBUTTON NoMacro Click here",
            Action::Text("Click here".into()),
        );
        check("", Action::Show);
        check("\"", Action::Show);
        assert_eq!(action("PAGEREF x \\h", true), Action::Drop);
        assert_eq!(trace(r#"XE "secret""#), Trace::Text);
        assert_eq!(trace(r#"INCLUDETEXT "\\\\server\\x""#), Trace::External);
    }
}
