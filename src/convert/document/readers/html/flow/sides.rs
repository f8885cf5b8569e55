//! Attributes: what they hide, what they name, images.

use super::{
    super::{
        super::{
            super::{Image, Inline},
            draft::squeeze,
            markdown::data_uri,
        },
        css,
    },
    Attributes, Flow,
};
use crate::domain::Part;

impl Flow<'_> {
    pub(super) fn is_hidden(&self, name: &str, attributes: &Attributes) -> bool {
        let get = |name: &str| attributes.get(name).map(String::as_str);
        get("hidden").is_some()
            || get("aria-hidden").is_some_and(|value| value.eq_ignore_ascii_case("true"))
            || (name == "dialog" && get("open").is_none())
            || get("style").is_some_and(css::hides)
            || self.hiding.takes(name, get("class"), get("id"))
            || self.is_white(attributes)
    }

    /// White text where nothing says that the background is another colour.
    pub(super) fn is_white(&self, attributes: &Attributes) -> bool {
        let get = |name: &str| attributes.get(name).map(String::as_str);
        let white = |value: &str| {
            matches!(
                value.trim().to_ascii_lowercase().as_str(),
                "white" | "#fff" | "#ffffff" | "rgb(255,255,255)"
            )
        };
        let style = get("style").unwrap_or("");
        let coloured = style.split(';').any(|declaration| {
            declaration
                .split_once(':')
                .is_some_and(|(n, v)| n.trim().eq_ignore_ascii_case("color") && white(v))
        });
        (coloured || get("color").is_some_and(white))
            && !style.contains("background")
            && get("class").is_none()
            && !self.coloured_around()
    }

    /// True when an element around may have a background of its own.
    pub(super) fn coloured_around(&self) -> bool {
        self.is_open("table")
            || self.open.iter().any(|e| e.name.starts_with("v:"))
            || self.page.coloured
    }

    /// Attributes that carry words or addresses, of elements shown or not.
    pub(super) fn side_matters(&mut self, name: &str, attributes: &Attributes) {
        for (key, value) in attributes {
            if value.trim().is_empty() {
                continue;
            }
            let place = self.draft.here(Part::HiddenText);
            match key.as_str() {
                "title" | "aria-label" | "aria-description" => self.draft.hide(value, place),
                "bgcolor" => self.page.coloured = true,
                "style" => self.page.coloured |= value.contains("background"),
                "background" | "poster" | "action" | "formaction" | "manifest" | "longdesc"
                | "cite" => {
                    self.draft.external(value, place, key);
                }
                "srcset" => self.draft.external(value, place, name),
                "src" | "data" | "code" if !matches!(name, "img" | "input") => {
                    self.draft.external(value, place, name);
                }
                "href" if name != "a" => self.draft.external(value, place, name),
                _ if key.starts_with("on") => {
                    self.draft.document.hidden.macros += 1;
                    self.draft.instruction(value, place, "script");
                }
                _ if key.starts_with("data-") || key == "srcdoc" => {
                    self.draft.instruction(value, place, key);
                }
                _ => {}
            }
        }
        if name == "meta"
            && let (Some(key), Some(value)) = (
                attributes
                    .get("name")
                    .or_else(|| attributes.get("property"))
                    .or_else(|| attributes.get("http-equiv")),
                attributes.get("content"),
            )
        {
            let harmless = matches!(
                key.to_ascii_lowercase().as_str(),
                "viewport"
                    | "content-type"
                    | "generator"
                    | "x-ua-compatible"
                    | "progid"
                    | "originator"
            );
            if !harmless {
                self.draft.property(key, value, true);
            }
        }
    }

    pub(super) fn image(&mut self, attributes: &Attributes, unseen: bool) {
        let get = |name: &str| attributes.get(name).map(String::as_str);
        let source = get("src").unwrap_or("").trim();
        let alt = get("alt").map(squeeze).filter(|alt| !alt.is_empty());
        let tiny = |key: &str| matches!(get(key).map(str::trim), Some("0" | "1" | "0px" | "1px"));
        if unseen || (tiny("width") && tiny("height")) {
            let place = self.draft.here(Part::HiddenText);
            if !source.starts_with("data:") {
                self.draft.external(source, place.clone(), "picture");
            }
            self.draft.hide(&alt.unwrap_or_default(), place);
            return;
        }
        let beside = source
            .get(..4)
            .filter(|scheme| scheme.eq_ignore_ascii_case("cid:"))
            .map(|_| source[4..].trim_matches(['<', '>']).to_owned());
        let bytes = match &beside {
            Some(id) => self.beside.get(id).cloned(),
            None => data_uri(source),
        };
        let inline = match bytes {
            Some(bytes) => {
                let at = self.draft.next_picture();
                let asset = self.draft.keep_image(&bytes, &at);
                if asset.is_some() {
                    self.page.shown.extend(beside);
                }
                Inline::Image(Image {
                    asset,
                    decorative: alt.is_none()
                        && (get("alt").is_some() || get("role") == Some("presentation")),
                    alt,
                    at,
                })
            }
            None => self.draft.linked_image(source, alt),
        };
        self.line.push(inline);
        self.blank = false;
    }
}
