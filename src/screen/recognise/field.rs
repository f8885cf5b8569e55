//! Fields of records: the name that stands right before a value in XML or JSON.
//!
//! Rule that must hold: what has a name of its own is told by that name alone, not by those of its neighbours.

use super::reading::{Reading, is_letter, is_word};

/// Elements that give text a look and no meaning.
const LOOKS: &[&[u8]] = &[
    b"a", b"abbr", b"b", b"body", b"br", b"center", b"code", b"dd", b"div", b"dl", b"dt", b"em",
    b"font", b"h1", b"h2", b"h3", b"h4", b"h5", b"h6", b"html", b"i", b"img", b"label", b"li",
    b"mark", b"ol", b"p", b"pre", b"s", b"section", b"small", b"span", b"strong", b"sub", b"sup",
    b"table", b"tbody", b"td", b"th", b"thead", b"tr", b"tt", b"u", b"ul",
];
/// Names that say nothing: what the value is stands elsewhere.
const EMPTY: &[&[u8]] = &[
    b"value", b"val", b"valeur", b"text", b"texte", b"content", b"contenu", b"data", b"string",
    b"v", b"t",
];
/// Longest name, and longest tag with its attributes.
const LONGEST: usize = 60;
const TAG: usize = 160;

/// Where the name of the field stands whose value begins at a place.
pub(crate) fn key(reading: &Reading, start: usize) -> Option<(usize, usize)> {
    let (from, to) = element(reading, start).or_else(|| member(reading, start))?;
    let name = reading.small(from, to);
    (!EMPTY.contains(&name)).then_some((from, to))
}

/// `<nas>130692544`: the name of the element that opens right before.
fn element(reading: &Reading, start: usize) -> Option<(usize, usize)> {
    let mut at = start;
    while start - at < 8 && matches!(reading.before(at), b' ' | b'\n' | b'\t' | b'"' | b'(') {
        at -= 1;
    }
    if at == 0 || reading.before(at) != b'>' {
        return None;
    }
    let close = at - 1;
    let floor = close.saturating_sub(TAG);
    let tag = reading.slice(floor, close);
    let open = tag
        .iter()
        .rposition(|byte| matches!(byte, b'<' | b'>' | b'\n'))?;
    if tag.get(open) != Some(&b'<') {
        return None;
    }
    let from = floor + open + 1;
    let inside = tag.get(open + 1..)?;
    let length = inside
        .iter()
        .take_while(|byte| is_word(**byte) || matches!(**byte, b'_' | b'-' | b':' | b'.'))
        .count();
    let named = is_letter(*inside.first()?)
        && length <= LONGEST
        && (length == inside.len()
            || (inside.get(length) == Some(&b' ') && inside.contains(&b'=')));
    let to = from + length;
    (named && !LOOKS.contains(&reading.small(from, to))).then_some((from, to))
}

/// `"nas": "130692544"`: the name before the colon.
fn member(reading: &Reading, start: usize) -> Option<(usize, usize)> {
    let mut at = start;
    if matches!(reading.before(at), b'(' | b'+') {
        at -= 1;
    }
    if matches!(reading.before(at), b'"' | b'\'') {
        at -= 1;
    }
    let value = at;
    while value - at < 4 && matches!(reading.before(at), b' ' | b'\t') {
        at -= 1;
    }
    if reading.before(at) != b':' {
        return None;
    }
    at -= 1;
    if reading.before(at) == b' ' {
        at -= 1;
    }
    let quote = reading.before(at);
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let to = at - 1;
    let floor = to.saturating_sub(LONGEST);
    let name = reading.slice(floor, to);
    let open = name
        .iter()
        .rposition(|byte| *byte == quote || *byte == b'\n')?;
    let from = floor + open + 1;
    (name.get(open) == Some(&quote) && from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, value: &str, expected: Option<&str>) {
        let reading = Reading::new(text);
        let start = text.find(value).unwrap();
        let found = key(&reading, start).map(|(from, to)| &text[from..to]);
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn names_of_fields() {
        check("<nas>130692544</nas>", "1306", Some("nas"));
        check("<lot n=\"1\">130692544</lot>", "1306", Some("lot"));
        check("<lot>\n  130692544</lot>", "1306", Some("lot"));
        check("{\"sin\": \"130692544\"}", "1306", Some("sin"));
        check("{'sin':130692544}", "1306", Some("sin"));
        check("{\"tel\": \"(613) 555-0199\"}", "613", Some("tel"));
        check(
            "{\"label\": \"SIN\", \"value\": \"130692544\"}",
            "1306",
            None,
        );
        for text in [
            "<td>130692544</td>",
            "</nas> 130692544",
            "<a b> 130692544",
            "\n> 130692544",
            "SIN: 130692544",
            "a \"quoted\" word: 130692544",
            "130692544",
            ": 130692544",
            "\":130692544",
            ">130692544",
        ] {
            check(text, "1306", None);
        }
    }
}
