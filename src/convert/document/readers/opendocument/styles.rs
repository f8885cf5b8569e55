//! Styles of OpenDocument (1.3 part 3, chapter 16): what they say about meaning, language and being seen.
//!
//! Rule that must hold: a style that hides its text is found however long its chain of parents, within a bound.

use std::{collections::HashMap, rc::Rc};

use super::numbers::ListStyle;
use crate::convert::{document::TextStyle, xml::Element};

/// Parents that are followed.
const LONGEST_CHAIN: usize = 32;

/// What the properties of one style say; nothing where they are silent.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    strong: Option<bool>,
    emphasis: Option<bool>,
    sub: Option<bool>,
    sup: Option<bool>,
    struck: Option<bool>,
    /// True when the text is not displayed.
    pub(super) hidden: Option<bool>,
    /// A BCP 47 tag.
    pub(super) language: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Style {
    parent: Option<String>,
    look: Look,
    list: Option<String>,
    shaded: bool,
    cropped: bool,
    invisible: bool,
}

/// The styles that hold in one part: the common ones and those of the part.
#[derive(Clone, Debug, Default)]
pub(super) struct Styles {
    /// By family and name.
    by_family: HashMap<String, HashMap<String, Style>>,
    defaults: HashMap<String, Look>,
    lists: HashMap<String, Rc<ListStyle>>,
    /// Numbers of headings.
    pub(super) outline: Rc<ListStyle>,
}

impl Look {
    fn read(style: &Element) -> Self {
        let Some(text) = style.child("style:text-properties") else {
            return Self::default();
        };
        let mut look = Self {
            strong: text
                .attr("fo:font-weight")
                .map(|weight| weight == "bold" || weight.parse().is_ok_and(|w: u32| w >= 600)),
            emphasis: text
                .attr("fo:font-style")
                .map(|style| matches!(style, "italic" | "oblique")),
            struck: text
                .attr("style:text-line-through-style")
                .map(|style| style != "none"),
            hidden: text.attr("text:display").map(|display| display != "true"),
            language: language(text),
            ..Self::default()
        };
        if let Some(position) = text.attr("style:text-position") {
            let first = position.split_whitespace().next().unwrap_or("");
            look.sub = Some(first == "sub" || first.starts_with('-'));
            let raised = first
                .trim_end_matches('%')
                .parse()
                .is_ok_and(|p: f64| p > 0.0);
            look.sup = Some(first == "super" || raised);
        }
        look
    }

    /// This look over another one.
    pub(super) fn over(&self, below: &Self) -> Self {
        Self {
            strong: self.strong.or(below.strong),
            emphasis: self.emphasis.or(below.emphasis),
            sub: self.sub.or(below.sub),
            sup: self.sup.or(below.sup),
            struck: self.struck.or(below.struck),
            hidden: self.hidden.or(below.hidden),
            language: self.language.clone().or_else(|| below.language.clone()),
        }
    }

    pub(super) fn style(&self) -> TextStyle {
        TextStyle {
            strong: self.strong == Some(true),
            emphasis: self.emphasis == Some(true),
            sub: self.sub == Some(true),
            sup: self.sup == Some(true),
            struck: self.struck == Some(true),
        }
    }
}

/// `fo:language` and `fo:country` as a tag; `none` and `zxx` name no language.
fn language(text: &Element) -> Option<String> {
    let language = text.attr("fo:language")?;
    let sound = |part: &str, longest: usize| {
        (2..=longest).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if !sound(language, 3) || language == "zxx" {
        return None;
    }
    let country = text.attr("fo:country").filter(|country| sound(country, 3));
    Some(match country {
        Some(country) => format!("{language}-{country}"),
        None => language.to_owned(),
    })
}

impl Style {
    fn read(element: &Element) -> Self {
        let graphic = element.child("style:graphic-properties");
        let cell = element.child("style:table-cell-properties");
        let slide = element.child("style:drawing-page-properties");
        let background = cell.and_then(|cell| cell.attr("fo:background-color"));
        Self {
            parent: element.attr("style:parent-style-name").map(str::to_owned),
            look: Look::read(element),
            list: element.attr("style:list-style-name").map(str::to_owned),
            shaded: background
                .is_some_and(|colour| !matches!(colour, "transparent" | "#ffffff" | "#FFFFFF")),
            cropped: graphic
                .and_then(|graphic| graphic.attr("fo:clip"))
                .is_some_and(is_cropped),
            invisible: slide.and_then(|slide| slide.attr("presentation:visibility"))
                == Some("hidden"),
        }
    }
}

/// `rect(0.5cm, 0cm, 0cm, 0cm)` cuts something away where a length is above zero.
fn is_cropped(clip: &str) -> bool {
    let Some(sides) = clip.strip_prefix("rect(") else {
        return false;
    };
    sides
        .split([',', ' ', ')'])
        .filter(|side| !side.trim_start().starts_with('-'))
        .any(|side| side.bytes().any(|b| (b'1'..=b'9').contains(&b)))
}

impl Styles {
    /// Adds the styles of `office:styles` or `office:automatic-styles`.
    pub(super) fn add(&mut self, styles: &Element) {
        for element in styles.elements() {
            let family = element.attr("style:family").unwrap_or("").to_owned();
            let name = element.attr("style:name").unwrap_or("").to_owned();
            match element.name() {
                "style:style" => {
                    let family = self.by_family.entry(family).or_default();
                    family.insert(name, Style::read(element));
                }
                "style:default-style" => {
                    self.defaults.insert(family, Look::read(element));
                }
                "text:list-style" => {
                    self.lists.insert(name, Rc::new(ListStyle::read(element)));
                }
                "text:outline-style" => self.outline = Rc::new(ListStyle::read(element)),
                _ => {}
            }
        }
    }

    /// A style and its parents, nearest first.
    fn chain<'a>(
        &'a self,
        family: &'a str,
        name: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a str, &'a Style)> {
        let mut next = name;
        std::iter::from_fn(move || {
            let name = next?;
            let style = self.by_family.get(family)?.get(name)?;
            next = style.parent.as_deref();
            Some((name, style))
        })
        .take(LONGEST_CHAIN)
    }

    /// The look that a style gives, its parents included.
    pub(super) fn look(&self, family: &str, name: Option<&str>) -> Look {
        self.chain(family, name)
            .fold(Look::default(), |look, (_, style)| look.over(&style.look))
    }

    /// The look of a family where no style says otherwise.
    pub(super) fn default_look(&self, family: &str) -> Look {
        self.defaults.get(family).cloned().unwrap_or_default()
    }

    /// The names of a style and its parents as people see them, lower case, nearest first.
    pub(super) fn names(&self, family: &str, name: Option<&str>) -> Vec<String> {
        let mut names: Vec<String> = self
            .chain(family, name)
            .map(|(name, _)| shown(name))
            .collect();
        if names.is_empty() {
            names.extend(name.map(shown));
        }
        names
    }

    pub(super) fn list(&self, name: &str) -> Rc<ListStyle> {
        self.lists.get(name).cloned().unwrap_or_default()
    }

    /// The list style that a paragraph style brings.
    pub(super) fn list_of_paragraph(&self, name: Option<&str>) -> Option<String> {
        self.chain("paragraph", name)
            .find_map(|(_, style)| style.list.clone())
            .filter(|list| !list.is_empty())
    }

    pub(super) fn shaded(&self, cell_style: Option<&str>) -> bool {
        self.chain("table-cell", cell_style)
            .any(|(_, style)| style.shaded)
    }

    pub(super) fn cropped(&self, graphic_style: Option<&str>) -> bool {
        self.chain("graphic", graphic_style)
            .chain(self.chain("presentation", graphic_style))
            .any(|(_, style)| style.cropped)
    }

    /// True when a slide of this style is not shown.
    pub(super) fn invisible(&self, page_style: Option<&str>) -> bool {
        self.chain("drawing-page", page_style)
            .any(|(_, style)| style.invisible)
    }
}

/// A style name as people see it: `Heading_20_1` is `heading 1`.
fn shown(name: &str) -> String {
    name.replace("_20_", " ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::xml::parse;

    fn styles(inner: &str) -> Styles {
        let xml = format!(
            r#"<office:styles xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
            xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
            xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
            xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0">{inner}</office:styles>"#
        );
        let mut styles = Styles::default();
        styles.add(&parse(xml.as_bytes(), 1000, 50).unwrap());
        styles
    }

    #[test]
    fn parents_are_followed_and_circles_end() {
        let styles = styles(
            r#"<style:style style:name="A" style:family="text" style:parent-style-name="B"/>
            <style:style style:name="B" style:family="text" style:parent-style-name="A">
            <style:text-properties text:display="none" fo:font-weight="700" fo:language="fr" fo:country="CA"/></style:style>"#,
        );
        let look = styles.look("text", Some("A"));
        assert_eq!(look.hidden, Some(true));
        assert_eq!(look.language.as_deref(), Some("fr-CA"));
        assert!(look.style().strong);
        assert_eq!(styles.look("paragraph", Some("A")).hidden, None);
    }

    #[test]
    fn cropped_means_that_something_is_cut() {
        let check = |clip, expect| assert_eq!(is_cropped(clip), expect, "{clip}");
        check("rect(0cm, 0cm, 0cm, 0cm)", false);
        check("rect(0.5cm, 0cm, 0cm, 0cm)", true);
        check("rect(-1cm 0cm 0cm 0cm)", false);
        check("auto", false);
    }
}
