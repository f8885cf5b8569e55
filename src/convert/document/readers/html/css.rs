//! What style sheets hide: just enough CSS to know which elements a reader does not see.
//!
//! Rule that must hold: a rule that may hide something and is not understood is said, never passed over.

use std::collections::BTreeSet;

/// Bytes of style sheets that are looked at.
const MOST_BYTES: usize = 4 << 20;

/// Selectors that hide, by their kind.
#[derive(Debug, Default)]
pub(super) struct Hiding {
    tags: BTreeSet<String>,
    classes: BTreeSet<String>,
    ids: BTreeSet<String>,
    /// True when a hiding rule has a selector that is more than a name, a class or an id.
    pub(super) unsure: bool,
    read: usize,
}

impl Hiding {
    /// Reads a style sheet. Rules for other media than a plain screen are passed over.
    pub(super) fn read(&mut self, sheet: &str) {
        self.read = self.read.saturating_add(sheet.len());
        if self.read > MOST_BYTES {
            self.unsure = true;
            return;
        }
        let sheet = without_comments(sheet);
        let mut rest = sheet.as_str();
        // How many blocks of other media we are in.
        let mut skipped = 0_usize;
        while let Some(at) = rest.find(['{', '}']) {
            let head = rest[..at].rsplit(';').next().unwrap_or("").trim();
            let closes = rest.as_bytes()[at] == b'}';
            rest = &rest[at + 1..];
            if closes {
                skipped = skipped.saturating_sub(1);
            } else if let Some(rule) = head.strip_prefix('@') {
                let rule = rule.to_ascii_lowercase();
                let plain = matches!(
                    rule.split_whitespace().collect::<Vec<_>>().as_slice(),
                    ["media", "screen" | "all" | "screen,all" | "all,screen"]
                        | ["layer" | "supports", ..]
                );
                if plain {
                    continue;
                }
                skipped += 1;
            } else {
                let end = rest.find('}').unwrap_or(rest.len());
                if skipped == 0 && hides(&rest[..end]) {
                    self.selectors(head);
                }
                rest = rest.get(end + 1..).unwrap_or("");
            }
        }
    }

    fn selectors(&mut self, list: &str) {
        for selector in list.split(',') {
            let selector = selector.trim();
            let name = |text: &str| {
                !text.is_empty()
                    && text
                        .chars()
                        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
            };
            if let Some(class) = selector.strip_prefix('.').filter(|text| name(text)) {
                self.classes.insert(class.to_ascii_lowercase());
            } else if let Some(id) = selector.strip_prefix('#').filter(|text| name(text)) {
                self.ids.insert(id.to_ascii_lowercase());
            } else if name(selector) {
                self.tags.insert(selector.to_ascii_lowercase());
            } else if let Some((tag, class)) = selector.split_once('.')
                && name(tag)
                && name(class)
            {
                // More than it says, and therefore on the safe side.
                self.classes.insert(class.to_ascii_lowercase());
            } else {
                self.unsure = true;
            }
        }
    }

    /// True when a rule hides an element of this name, classes and id.
    pub(super) fn takes(&self, tag: &str, class: Option<&str>, id: Option<&str>) -> bool {
        let known = |set: &BTreeSet<String>, text: &str| {
            !set.is_empty() && set.contains(&text.to_ascii_lowercase())
        };
        self.tags.contains(tag)
            || id.is_some_and(|id| known(&self.ids, id))
            || class.is_some_and(|list| list.split_whitespace().any(|c| known(&self.classes, c)))
    }
}

/// True when declarations make an element invisible.
pub(super) fn hides(declarations: &str) -> bool {
    let mut small = false;
    let mut clipped = false;
    for declaration in declarations.split(';') {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim().to_ascii_lowercase();
        let value = value.trim_end_matches("!important").trim();
        let nought = is_nought(value);
        match (name.as_str(), value) {
            ("display", "none")
            | ("visibility", "hidden" | "collapse")
            | ("mso-hide", "all")
            | ("color", "transparent")
            | ("content-visibility", "hidden") => return true,
            ("opacity" | "font-size" | "font", _) if nought => return true,
            ("height" | "width" | "max-height" | "max-width", _) if nought => small = true,
            ("overflow", "hidden" | "clip") => clipped = true,
            ("clip", value) if value.replace(' ', "").starts_with("rect(0") => return true,
            ("clip-path", value) if value.replace(' ', "") == "inset(50%)" => return true,
            ("text-indent" | "left" | "top" | "right" | "margin-left", value)
                if far_away(value) =>
            {
                return true;
            }
            _ => {}
        }
    }
    small && clipped
}

fn is_nought(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number
        .parse::<f64>()
        .is_ok_and(|number| number.abs() < 0.01)
}

/// Moved off the screen.
fn far_away(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number.parse::<f64>().is_ok_and(|number| number <= -500.0)
}

fn without_comments(sheet: &str) -> String {
    let mut out = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(start) = rest.find("/*") {
        out.push_str(&rest[..start]);
        rest = rest[start + 2..]
            .split_once("*/")
            .map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_that_hide() {
        let check = |style: &str, expect: bool| assert_eq!(hides(style), expect, "{style}");
        check("display:none", true);
        check("color:red; DISPLAY : None !important", true);
        check("display:block", false);
        check("visibility:hidden", true);
        check("font-size:0px", true);
        check("font-size:10px", false);
        check("opacity:0.0", true);
        check("opacity:0.5", false);
        check("max-height:0;overflow:hidden", true);
        check("max-height:0", false);
        check("position:absolute;left:-9999px", true);
        check("left:-2px", false);
        check("mso-hide:all", true);
        check("", false);
    }

    #[test]
    fn style_sheets_name_what_they_hide() {
        let mut hiding = Hiding::default();
        hiding.read(
            "/* .a{display:none} */ @import 'x'; .b, p.c { display : none } #d{visibility:hidden}",
        );
        hiding.read("@media print { .e { display:none } } .f{color:red} @media screen{.g{display:none}} .h{display:none}");
        let takes = |class: &str| hiding.takes("p", Some(class), None);
        assert_eq!(
            ["a", "b", "c", "x B", "e", "f", "g", "h"].map(takes),
            [false, true, true, true, false, false, true, true]
        );
        assert!(hiding.takes("p", None, Some("d")));
        assert!(!hiding.unsure);
        hiding.read("div > p:first-child { display:none }");
        assert!(hiding.unsure);
        hiding.read("}}}{{{ @media { .z{");
    }
}
