//! Styles, as far as they carry meaning (ISO/IEC 29500-1, 17.7).

use std::collections::HashMap;

use crate::convert::xml::Element;

/// How many styles deep one may build on another; beyond, the chain is a loop.
const CHAIN: usize = 20;

/// A style.
#[derive(Debug, Default)]
pub(super) struct Style {
    based_on: Option<String>,
    /// The name in lower case: `heading 1`, `title`, `list bullet`.
    pub(super) name: String,
    pub(super) outline: Option<u8>,
    /// Numbering: id, and level where given.
    pub(super) numbering: Option<(Option<String>, Option<u8>)>,
    pub(super) run: RunLook,
}

/// Settings of runs.
#[derive(Clone, Debug, Default)]
pub(super) struct RunLook {
    pub(super) bold: Option<bool>,
    pub(super) italic: Option<bool>,
    pub(super) struck: Option<bool>,
    pub(super) hidden: Option<bool>,
    pub(super) align: Option<Align>,
    pub(super) language: Option<String>,
}

/// Vertical alignment of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Base,
    Sub,
    Sup,
}

impl RunLook {
    /// Reads `w:rPr`.
    pub(super) fn read(properties: &Element) -> Self {
        let either = |a, b| properties.switch(a).or_else(|| properties.switch(b));
        let language = properties.child("w:lang").and_then(|lang| {
            let bidi = properties.switch("w:rtl") == Some(true);
            lang.attr(if bidi { "w:bidi" } else { "w:val" })
        });
        Self {
            bold: properties.switch("w:b"),
            italic: properties.switch("w:i"),
            struck: either("w:strike", "w:dstrike"),
            hidden: properties.switch("w:vanish"),
            align: align_of(properties),
            language: language.and_then(language_tag),
        }
    }
}

/// Sub- or superscript, said outright or as small raised text, as LibreOffice writes it (in half points).
fn align_of(properties: &Element) -> Option<Align> {
    let said = properties.val("w:vertAlign").map(|value| match value {
        "subscript" => Align::Sub,
        "superscript" => Align::Sup,
        _ => Align::Base,
    });
    let position = properties.child("w:position");
    let position = position.and_then(|p| p.number::<i32>("w:val"));
    let raised = position.filter(|_| properties.child("w:sz").is_some());
    said.or(match raised {
        Some(..=-3) => Some(Align::Sub),
        Some(3..) => Some(Align::Sup),
        _ => None,
    })
}

/// All styles of a document.
#[derive(Debug, Default)]
pub(super) struct Styles {
    by_id: HashMap<String, Style>,
    default_paragraph: Option<String>,
    defaults: RunLook,
}

impl Styles {
    pub(super) fn read(root: &Element) -> Self {
        let mut styles = Self::default();
        if let Some(run) = root
            .child("w:docDefaults")
            .and_then(|d| d.child("w:rPrDefault"))
            .and_then(|d| d.child("w:rPr"))
        {
            styles.defaults = RunLook::read(run);
        }
        for element in root.elements().filter(|e| e.name() == "w:style") {
            let Some(id) = element.attr("w:styleId") else {
                continue;
            };
            let paragraph = element.child("w:pPr");
            let is_default = matches!(element.attr("w:default"), Some("1" | "true" | "on"));
            if is_default && element.attr("w:type") == Some("paragraph") {
                styles.default_paragraph = Some(id.to_owned());
            }
            let style = Style {
                based_on: element.val("w:basedOn").map(str::to_owned),
                name: element.val("w:name").unwrap_or("").to_lowercase(),
                outline: paragraph
                    .and_then(|p| p.child("w:outlineLvl"))
                    .and_then(|o| o.number("w:val")),
                numbering: paragraph.and_then(|p| p.child("w:numPr")).map(num_pr),
                run: element
                    .child("w:rPr")
                    .map(RunLook::read)
                    .unwrap_or_default(),
            };
            styles.by_id.insert(id.to_owned(), style);
        }
        styles
    }

    /// The id of the style of a paragraph that names one, or none.
    pub(super) fn paragraph_style(&self, named: Option<&str>) -> Option<String> {
        named
            .filter(|id| self.by_id.contains_key(*id))
            .map(str::to_owned)
            .or_else(|| self.default_paragraph.clone())
    }

    /// The first answer along the chain of styles.
    pub(super) fn along<T>(
        &self,
        id: Option<&str>,
        answer: impl Fn(&Style) -> Option<T>,
    ) -> Option<T> {
        let mut id = id;
        for _ in 0..CHAIN {
            let style = self.by_id.get(id?)?;
            if let Some(found) = answer(style) {
                return Some(found);
            }
            id = style.based_on.as_deref();
        }
        None
    }

    /// A setting of a run: the first that says so of run style, paragraph style and document defaults.
    pub(super) fn run_setting<T>(
        &self,
        run_style: Option<&str>,
        paragraph_style: Option<&str>,
        setting: impl Fn(&RunLook) -> Option<T>,
    ) -> Option<T> {
        self.along(run_style, |s| setting(&s.run))
            .or_else(|| self.along(paragraph_style, |s| setting(&s.run)))
            .or_else(|| setting(&self.defaults))
    }

    /// The style's own name, in lower case.
    pub(super) fn name(&self, id: Option<&str>) -> &str {
        id.and_then(|id| self.by_id.get(id))
            .map_or("", |style| &style.name)
    }

    /// The language of the document defaults.
    pub(super) fn language(&self) -> Option<String> {
        self.defaults.language.clone()
    }
}

/// Reads `w:numPr`: id and level.
pub(super) fn num_pr(element: &Element) -> (Option<String>, Option<u8>) {
    let level = element.child("w:ilvl").and_then(|l| l.number("w:val"));
    (element.val("w:numId").map(str::to_owned), level)
}

/// A usable language tag: `fr-CA`; none for `x-none` and nonsense.
fn language_tag(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let primary = parts.next()?.to_ascii_lowercase();
    if !(2..=3).contains(&primary.len()) || !primary.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    let mut out = primary;
    for part in parts.take(3) {
        if !(2..=8).contains(&part.len()) || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
            break;
        }
        out.push('-');
        match part.len() {
            2 => out.push_str(&part.to_ascii_uppercase()),
            4 => {
                out.push_str(&part[..1].to_ascii_uppercase());
                out.push_str(&part[1..].to_ascii_lowercase());
            }
            3 if part.bytes().all(|b| b.is_ascii_digit()) => out.push_str(part),
            _ => {
                out.pop();
                break;
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags() {
        let check = |tag, expect: Option<&str>| {
            assert_eq!(language_tag(tag).as_deref(), expect, "{tag}");
        };
        check("fr-CA", Some("fr-CA"));
        check("EN_us", Some("en-US"));
        check("iu-Cans-CA", Some("iu-Cans-CA"));
        check("x-none", None);
        check("", None);
        check("en-\"><script>", Some("en"));
        check("es-419", Some("es-419"));
        check("es-ES_tradnl", Some("es-ES"));
    }
}
