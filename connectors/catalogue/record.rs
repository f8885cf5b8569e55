//! A record's fields as the renderers want them.
//!
//! Fields are JSON that came from people, documents and mappings. Rule that must hold: whatever shape a field has, reading
//! it gives clean text or nothing; no text leaves here with control characters or direction overrides in it.

use chrono::NaiveDate;
use rideau_domain::Lang;
use serde_json::Value;

use crate::Fields;

/// A text and the language it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    /// BCP 47; machine translation is `fr-t-en` or `en-t-fr` (RFC 6497).
    pub(super) lang: &'static str,
}

impl Text {
    /// True when a machine translated it.
    pub(super) fn machine(&self) -> bool {
        self.lang.contains("-t-")
    }

    /// The `lang` attribute wanted on a page in this language; empty when the page's own is right.
    pub(super) fn lang_on(&self, page: Lang) -> &'static str {
        if self.lang == code(page) {
            ""
        } else {
            self.lang
        }
    }
}

/// `en` or `fr`.
pub(super) fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Fr => "fr",
    }
}

/// Reads fields.
#[derive(Clone, Copy)]
pub(super) struct Record<'a>(pub(super) &'a Fields);

impl Record<'_> {
    /// A text that the record has in this language itself, by a person or a machine.
    pub(super) fn own_text(self, field: &str, lang: Lang) -> Option<Text> {
        let codes: [&'static str; 2] = match lang {
            Lang::En => ["en", "en-t-fr"],
            Lang::Fr => ["fr", "fr-t-en"],
        };
        let value = self.0.get(field);
        codes.into_iter().find_map(|lang| {
            let text = match value {
                Some(Value::Object(map)) => map.get(lang).and_then(Value::as_str).map(clean),
                _ => self
                    .0
                    .get(&format!("{field}-{lang}"))
                    .and_then(Value::as_str)
                    .map(clean),
            }?;
            (!text.is_empty()).then_some(Text { text, lang })
        })
    }

    /// A text in this language, else in the other.
    pub(super) fn text(self, field: &str, lang: Lang) -> Option<Text> {
        let other = match lang {
            Lang::En => Lang::Fr,
            Lang::Fr => Lang::En,
        };
        self.own_text(field, lang)
            .or_else(|| self.own_text(field, other))
    }

    /// A single value.
    pub(super) fn word(self, field: &str) -> Option<String> {
        let text = clean_line(self.0.get(field)?.as_str()?);
        (!text.is_empty()).then_some(text)
    }

    /// Several values; a single one is a list of one.
    pub(super) fn words(self, field: &str) -> Vec<String> {
        self.0.get(field).map(texts).unwrap_or_default()
    }

    /// Several values per language.
    pub(super) fn words_in(self, field: &str, lang: Lang) -> Vec<String> {
        let codes = match lang {
            Lang::En => ["en", "en-t-fr"],
            Lang::Fr => ["fr", "fr-t-en"],
        };
        let Some(Value::Object(map)) = self.0.get(field) else {
            return Vec::new();
        };
        codes
            .iter()
            .filter_map(|code| map.get(*code))
            .map(texts)
            .find(|words| !words.is_empty())
            .unwrap_or_default()
    }

    /// A day. A time after it, as CKAN adds one, is ignored.
    pub(super) fn day(self, field: &str) -> Option<NaiveDate> {
        let text = self.word(field)?;
        NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()
    }

    /// An address that a reader may be sent to.
    pub(super) fn web_address(self, field: &str, lang: Lang) -> Option<String> {
        let text = self.text(field, lang)?.text;
        let url = url::Url::parse(text.trim()).ok()?;
        matches!(url.scheme(), "http" | "https").then(|| url.to_string())
    }

    /// The addresses of related records, by how they are related.
    pub(super) fn related(self, relation: &str, lang: Lang) -> Vec<String> {
        let known = self.0.get("relationship").and_then(Value::as_array);
        known
            .into_iter()
            .flatten()
            .filter(|one| one.get("related_relationship").and_then(Value::as_str) == Some(relation))
            .filter_map(|one| {
                let fields: Fields = one
                    .as_object()?
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                Record(&fields).web_address("related_url", lang)
            })
            .collect()
    }

    /// An e-mail address of a harmless shape.
    pub(super) fn email(self, field: &str) -> Option<String> {
        let text = self.word(field)?;
        let (local, host) = text.split_once('@')?;
        let plain = |part: &str, more: &[char]| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
        };
        (plain(local, &['.', '-', '_', '+']) && plain(host, &['.', '-'])).then_some(text)
    }

    /// The day of the last change that the record tells of.
    pub(super) fn last_day(self) -> Option<NaiveDate> {
        self.day("date_modified").max(self.day("date_published"))
    }
}

fn texts(value: &Value) -> Vec<String> {
    let one = |value: &Value| {
        value
            .as_str()
            .map(clean_line)
            .filter(|text| !text.is_empty())
    };
    match value {
        Value::Array(values) => values.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect(),
    }
}

/// Text without what a page, a feed or a reader's eye can be fooled by: control characters (except line ends), direction
/// overrides and isolates, and code points that are no characters. Line ends become `\n`.
pub(super) fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = text
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(|&c| {
            let code = u32::from(c);
            let control = c.is_control() && c != '\n';
            let direction = matches!(code, 0x200e..=0x200f | 0x202a..=0x202e | 0x2066..=0x2069);
            let none = matches!(code, 0xfdd0..=0xfdef) || code & 0xfffe == 0xfffe;
            let private = matches!(code, 0xe000..=0xf8ff | 0xf_0000..);
            !(control || direction || none || private)
        })
        .collect();
    kept.trim().to_owned()
}

/// Clean text on one line.
pub(super) fn clean_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn texts_in_every_shape() {
        let fields = fields(json!({
            "a": {"en": "E", "fr": "F"}, "b": {"fr-t-en": "M"}, "c-en": "flat", "d": 7, "e": {"en": " \u{0} "}, "f": ["x", 1, " y "],
            "g": {"en": ["k", ""], "fr": "seul"}, "h": null,
        }));
        let record = Record(&fields);
        assert_eq!(record.text("a", Lang::Fr).unwrap().text, "F");
        let machine = record.text("b", Lang::En).unwrap();
        assert!(machine.machine() && machine.lang_on(Lang::Fr) == "fr-t-en");
        assert_eq!(record.own_text("b", Lang::En), None);
        assert_eq!(record.text("c", Lang::En).unwrap().text, "flat");
        for field in ["d", "e", "h", "nothing"] {
            assert_eq!(record.text(field, Lang::En), None, "{field}");
        }
        assert_eq!(record.words("f"), ["x", "y"]);
        assert_eq!(record.words_in("g", Lang::En), ["k"]);
        assert_eq!(record.words_in("g", Lang::Fr), ["seul"]);
    }

    #[test]
    fn related_records_are_web_addresses() {
        let fields = fields(json!({"relationship": [
            {"related_relationship": "supersedes", "related_url": {"en": "https://a.example/", "fr": "https://b.example/"}},
            {"related_relationship": "supersedes", "related_url": {"en": "javascript:alert(1)"}},
            {"related_relationship": "other", "related_url": {"en": "https://c.example/"}}, 7, null]}));
        let record = Record(&fields);
        assert_eq!(
            record.related("supersedes", Lang::Fr),
            ["https://b.example/"]
        );
        assert_eq!(
            record.related("supersedes", Lang::En),
            ["https://a.example/"]
        );
        assert!(record.related("superseded_by", Lang::En).is_empty());
    }

    #[test]
    fn hostile_values() {
        let fields = fields(json!({
            "m1": "a@b.ca", "m2": "a@b.ca?bcc=x", "m3": "\"<x>\"@b", "m4": "a b@c",
            "u": {"en": "javascript:alert(1)", "fr": "https://x.example/a b\"c"},
            "d1": "2026-01-02 00:00:00", "d2": "2026-13-01", "d3": "é".repeat(9), "t": "a\u{202e}b\u{7}c\u{fffe}",
        }));
        let record = Record(&fields);
        assert_eq!(record.email("m1").as_deref(), Some("a@b.ca"));
        for field in ["m2", "m3", "m4"] {
            assert_eq!(record.email(field), None, "{field}");
        }
        assert_eq!(record.web_address("u", Lang::En), None);
        assert_eq!(
            record.web_address("u", Lang::Fr).as_deref(),
            Some("https://x.example/a%20b%22c")
        );
        assert_eq!(record.day("d1"), NaiveDate::from_ymd_opt(2026, 1, 2));
        assert_eq!(record.day("d2"), None);
        assert_eq!(record.day("d3"), None);
        assert_eq!(record.word("t").as_deref(), Some("abc"));
    }
}
