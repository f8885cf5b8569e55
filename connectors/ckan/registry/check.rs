//! The registry's verdict on a record, field by field.

use chrono::NaiveDate;
use rideau_domain::{Bilingual, bilingual};
use serde_json::Value;

use super::{
    canonical::day,
    schema::{Field, Kind, Registry, registry},
};
use crate::{FieldProblem, Fields, ResourceDesired, options::nearest};

/// Lists up to this length are told in full.
const TOLD: usize = 8;

pub(super) fn validate(
    fields: &Fields,
    resources: &[ResourceDesired],
    today: NaiveDate,
) -> Vec<FieldProblem> {
    let registry = registry();
    let mut problems = Vec::new();
    let kind = fields.get("type").cloned().unwrap_or(Value::Null);
    let named = kind.as_str().and_then(|name| registry.record_type(name));
    if named.is_none() {
        let known = registry.type_names().collect::<Vec<_>>().join(", ");
        problems.push(FieldProblem {
            field: "type".to_owned(),
            code: if absent(&kind) {
                "missing"
            } else {
                "not_allowed"
            }
            .to_owned(),
            message: bilingual!(
                "Kind of record: say one of {known}.",
                "Genre d’enregistrement : indiquez l’un de ceux-ci : {known}."
            ),
        });
    }
    // Without a type the rest is still checked, as open data.
    let Some(record) = named.or_else(|| registry.record_type("dataset")) else {
        return problems;
    };
    let ready = match fields.get("ready_to_publish") {
        None => true,
        Some(value) => match value.as_str() {
            Some("true") => true,
            Some("false") => false,
            _ => {
                problems.push(FieldProblem {
                    field: "ready_to_publish".to_owned(),
                    code: "not_allowed".to_owned(),
                    message: bilingual!(
                        "Ready to publish: say true or false.",
                        "Prêt à publier : indiquez true ou false."
                    ),
                });
                true
            }
        },
    };
    let mut check = Check {
        registry,
        alternates: &record.alternates,
        ready,
        today,
        problems,
    };
    check.entry(&record.fields, fields, "", None);
    check.unknown(
        &record.fields,
        fields,
        "",
        &["type", "ready_to_publish", "source_id", "correction"],
    );
    for (index, resource) in resources.iter().enumerate() {
        let prefix = format!("resources[{index}].");
        check.entry(
            &registry.resource,
            &resource.fields,
            &prefix,
            Some(&resource.file_name),
        );
        check.unknown(&registry.resource, &resource.fields, &prefix, &[]);
        check.elsewhere(&kind, resource, &prefix);
        check.resource(resource, &prefix);
    }
    check.problems
}

struct Check<'a> {
    registry: &'static Registry,
    alternates: &'a std::collections::BTreeMap<String, Vec<String>>,
    ready: bool,
    today: NaiveDate,
    problems: Vec<FieldProblem>,
}

/// Where a problem is, and how a person calls it.
struct Place {
    field: String,
    label: Bilingual,
}

impl Check<'_> {
    fn entry(&mut self, known: &[Field], fields: &Fields, prefix: &str, file: Option<&str>) {
        for field in known {
            let place = Place {
                field: format!("{prefix}{}", field.name),
                label: self.place_label(&field.name, file),
            };
            let listed = matches!(field.kind, Kind::Choices | Kind::Languages);
            match fields.get(&field.name) {
                Some(value) if !absent(value) => self.value(field, &place, value),
                // The portal takes "nothing" for most fields, but not for lists of choices.
                Some(Value::Null) if listed && !field.required => {
                    self.value(field, &place, &Value::Null);
                }
                _ if field.required => self.missing(field, &place),
                _ => {}
            }
        }
    }

    fn place_label(&self, name: &str, file: Option<&str>) -> Bilingual {
        let label = self.registry.label(name);
        match file {
            Some(file) => Bilingual::new(
                format!("{} ({file})", label.en),
                format!("{} ({file})", label.fr),
            ),
            None => label,
        }
    }

    fn unknown(&mut self, known: &[Field], fields: &Fields, prefix: &str, own: &[&str]) {
        for name in fields.keys() {
            if own.contains(&name.as_str()) || known.iter().any(|f| f.name == *name) {
                continue;
            }
            let guess = nearest(name, known.iter().map(|f| f.name.as_str()));
            let (en, fr) = guess.map_or_else(Default::default, |guess| {
                (
                    format!(" Did you mean {guess}?"),
                    format!(" Vouliez-vous dire {guess} ?"),
                )
            });
            self.problems.push(FieldProblem {
                field: format!("{prefix}{name}"),
                code: "unknown".to_owned(),
                message: bilingual!(
                    "The portal has no field “{name}” for this kind of record, or sets it itself: take it out.{en}",
                    "Le portail n’a pas de champ « {name} » pour ce genre d’enregistrement, ou le remplit lui-même : retirez-le.{fr}"
                ),
            });
        }
    }

    /// Fields that resources have, but not those of this kind of record: the portal would drop them.
    fn elsewhere(&mut self, kind: &Value, resource: &ResourceDesired, prefix: &str) {
        for field in &self.registry.resource {
            let known = field.only.is_empty() || field.only.iter().any(|one| kind == one.as_str());
            if known || !resource.fields.contains_key(&field.name) {
                continue;
            }
            let place = Place {
                field: format!("{prefix}{}", field.name),
                label: self.place_label(&field.name, Some(&resource.file_name)),
            };
            let Bilingual { en, fr } = &place.label;
            self.add(&place, "unknown", bilingual!(
                "{en}: resources of this kind of record have no such field; take it out.",
                "{fr} : les ressources de ce genre d’enregistrement n’ont pas ce champ ; retirez-le."
            ));
        }
    }

    fn resource(&mut self, resource: &ResourceDesired, prefix: &str) {
        let name = &resource.file_name;
        if !resource.fields.contains_key("format") {
            // The portal guesses from the file's name, and wrongly for some; we always say it.
            self.problems.push(FieldProblem {
                field: format!("{prefix}format"),
                code: "missing".to_owned(),
                message: bilingual!(
                    "Format ({name}): say which one; the portal would guess.",
                    "Format ({name}) : indiquez lequel ; le portail devinerait."
                ),
            });
        }
        if name.to_lowercase().ends_with(".exe") {
            self.problems.push(FieldProblem {
                field: format!("{prefix}upload"),
                code: "not_allowed".to_owned(),
                message: bilingual!(
                    "{name}: the portal takes no programs.",
                    "{name} : le portail n’accepte pas de programmes."
                ),
            });
        }
    }

    fn missing(&mut self, field: &Field, place: &Place) {
        if matches!(field.kind, Kind::Bilingual | Kind::Keywords) {
            self.missing_language(place, "en");
            self.missing_language(place, "fr");
            return;
        }
        let Bilingual { en, fr } = &place.label;
        let (more_en, more_fr) = match field.kind {
            Kind::Choice | Kind::Choices | Kind::Languages => {
                let told = self.told(field);
                (
                    format!(" Choose: {}.", told.en),
                    format!(" Choisissez : {}.", told.fr),
                )
            }
            _ => Default::default(),
        };
        self.add(
            place,
            "missing",
            bilingual!("{en}: missing.{more_en}", "{fr} : manque.{more_fr}"),
        );
    }

    fn missing_language(&mut self, place: &Place, language: &str) {
        let Bilingual { en, fr } = &place.label;
        let message = if language == "en" {
            bilingual!(
                "{en}: the English text is missing.",
                "{fr} : le texte anglais manque."
            )
        } else {
            bilingual!(
                "{en}: the French text is missing.",
                "{fr} : le texte français manque."
            )
        };
        self.problems.push(FieldProblem {
            field: format!("{}-{language}", place.field),
            code: "missing".to_owned(),
            message,
        });
    }

    fn value(&mut self, field: &Field, place: &Place, value: &Value) {
        match field.kind {
            Kind::Text => {
                if !(value.is_string() || value.is_number()) {
                    self.wrong_type(place, &bilingual!("a text", "un texte"));
                }
            }
            Kind::Organization => {
                if !value.is_string() {
                    self.wrong_type(
                        place,
                        &bilingual!("the organization’s name", "le nom de l’organisation"),
                    );
                }
            }
            Kind::Bilingual => self.bilingual(field, place, value),
            Kind::Keywords => self.keywords(field, place, value),
            Kind::Day | Kind::PastDay => self.day(field, place, value),
            Kind::Choice => self.choice(field, place, value),
            Kind::Choices | Kind::Languages => self.choices(field, place, value),
            Kind::Email => self.email(place, value),
            Kind::Geojson => {
                let shape = match value {
                    Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
                    other => other.clone(),
                };
                if !is_geometry(&shape) {
                    self.wrong_type(
                        place,
                        &bilingual!(
                            "a GeoJSON geometry, for example {{\"type\": \"Point\", \"coordinates\": [-75.7, 45.4]}}",
                            "une géométrie GeoJSON, par exemple {{\"type\": \"Point\", \"coordinates\": [-75.7, 45.4]}}"
                        ),
                    );
                }
            }
            Kind::Group => self.group(field, place, value),
        }
    }

    fn languages<'v>(
        &mut self,
        place: &Place,
        value: &'v Value,
    ) -> Option<std::borrow::Cow<'v, serde_json::Map<String, Value>>> {
        let object = match value {
            Value::Object(object) => Some(std::borrow::Cow::Borrowed(object)),
            Value::String(text) => match serde_json::from_str(text) {
                Ok(Value::Object(object)) => Some(std::borrow::Cow::Owned(object)),
                _ => None,
            },
            _ => None,
        };
        if object.is_none() {
            self.wrong_type(
                place,
                &bilingual!(
                    "a text for `en` and one for `fr`",
                    "un texte pour `en` et un pour `fr`"
                ),
            );
        }
        let Bilingual { en, fr } = &place.label;
        for language in object.iter().flat_map(|object| object.keys()) {
            if !is_language(language) {
                self.add(
                    place,
                    "wrong_type",
                    bilingual!(
                        "{en}: “{language}” is no language code; use en and fr (en-t-fr and fr-t-en for machine translation).",
                        "{fr} : « {language} » n’est pas un code de langue ; utilisez en et fr (en-t-fr et fr-t-en pour la traduction automatique)."
                    ),
                );
            }
        }
        object
    }

    /// The required languages that no entry gives, itself or by a stand-in.
    fn required_languages(&mut self, field: &Field, place: &Place, given: impl Fn(&str) -> bool) {
        if !field.required {
            return;
        }
        for language in ["en", "fr"] {
            let stand_ins = self
                .alternates
                .get(language)
                .map(Vec::as_slice)
                .unwrap_or_default();
            if !given(language) && !stand_ins.iter().any(|one| given(one)) {
                self.missing_language(place, language);
            }
        }
    }

    fn bilingual(&mut self, field: &Field, place: &Place, value: &Value) {
        let Some(object) = self.languages(place, value) else {
            return;
        };
        for (language, text) in object.iter() {
            if !text.is_string() && !text.is_null() {
                let part = Place {
                    field: format!("{}-{language}", place.field),
                    label: place.label.clone(),
                };
                self.wrong_type(&part, &bilingual!("a text", "un texte"));
            }
        }
        self.required_languages(field, place, |language| {
            object.get(language).is_some_and(|v| !absent(v))
        });
    }

    fn keywords(&mut self, field: &Field, place: &Place, value: &Value) {
        if value.is_string() {
            self.wrong_type(
                place,
                &bilingual!(
                    "a list of words for `en` and one for `fr`",
                    "une liste de mots pour `en` et une pour `fr`"
                ),
            );
            return;
        }
        let Some(object) = self.languages(place, value) else {
            return;
        };
        for (language, words) in object.iter() {
            let part = Place {
                field: format!("{}-{language}", place.field),
                label: place.label.clone(),
            };
            let Value::Array(words) = words else {
                if !words.is_null() {
                    self.wrong_type(&part, &bilingual!("a list of words", "une liste de mots"));
                }
                continue;
            };
            for word in words {
                match word.as_str() {
                    Some(word) => self.keyword(&part, word.trim()),
                    None => {
                        self.wrong_type(&part, &bilingual!("a list of words", "une liste de mots"));
                    }
                }
            }
        }
        self.required_languages(field, place, |language| {
            object.get(language).is_some_and(|v| !absent(v))
        });
    }

    fn keyword(&mut self, place: &Place, word: &str) {
        let Bilingual { en, fr } = &place.label;
        let length = word.chars().count();
        if length < 2 {
            self.add(
                place,
                "too_short",
                bilingual!(
                    "{en}: “{word}” is too short; a keyword has at least 2 characters.",
                    "{fr} : « {word} » est trop court ; un mot-clé a au moins 2 caractères."
                ),
            );
        } else if length > 140 {
            let shown: String = word.chars().take(40).collect();
            self.add(
                place,
                "too_long",
                bilingual!(
                    "{en}: “{shown}…” is too long; a keyword has at most 140 characters.",
                    "{fr} : « {shown}… » est trop long ; un mot-clé a au plus 140 caractères."
                ),
            );
        }
        if word.contains("  ") || word.chars().any(refused_in_keyword) {
            self.add(place, "not_allowed", bilingual!(
                "{en}: “{}” holds two spaces in a row, or a character that cannot be seen (such as a no-break space). Type it again with plain spaces.",
                "{fr} : « {} » contient deux espaces de suite, ou un caractère invisible (comme une espace insécable). Écrivez-le de nouveau avec des espaces simples.",
                word.escape_debug()
            ));
        }
    }

    fn day(&mut self, field: &Field, place: &Place, value: &Value) {
        let Bilingual { en, fr } = &place.label;
        let Some(found) = value.as_str().and_then(day) else {
            self.add(
                place,
                "wrong_type",
                bilingual!(
                    "{en}: write the day as 2026-01-31.",
                    "{fr} : écrivez le jour ainsi : 2026-01-31."
                ),
            );
            return;
        };
        let date = found
            .get(..10)
            .and_then(|date| date.parse::<NaiveDate>().ok());
        if field.kind == Kind::PastDay && self.ready && date.is_some_and(|date| date > self.today) {
            self.add(place, "in_future", bilingual!(
                "{en}: {found} lies in the future; the portal refuses that for a record that is ready to publish.",
                "{fr} : {found} est dans le futur ; le portail le refuse pour un enregistrement prêt à publier."
            ));
        }
    }

    fn choice(&mut self, field: &Field, place: &Place, value: &Value) {
        match value.as_str() {
            Some(text) if self.registry.allowed(field).contains(&text) => {}
            Some(text) => self.not_allowed(field, place, text),
            None => self.not_allowed(field, place, &value.to_string()),
        }
    }

    fn choices(&mut self, field: &Field, place: &Place, value: &Value) {
        let written: Vec<&Value> = match value {
            Value::String(_) => vec![value],
            Value::Array(list) => list.iter().collect(),
            _ => {
                self.wrong_type(
                    place,
                    &bilingual!("a list of values", "une liste de valeurs"),
                );
                return;
            }
        };
        for one in &written {
            self.choice(field, place, one);
        }
        if field.kind == Kind::Languages && written.len() > 1 && written.iter().any(|v| *v == "zxx")
        {
            let Bilingual { en, fr } = &place.label;
            self.add(place, "not_allowed", bilingual!(
                "{en}: “no linguistic content” (zxx) cannot stand beside other languages.",
                "{fr} : « aucun contenu linguistique » (zxx) ne peut accompagner d’autres langues."
            ));
        }
    }

    fn not_allowed(&mut self, field: &Field, place: &Place, written: &str) {
        let Bilingual { en, fr } = &place.label;
        let allowed = self.registry.allowed(field);
        let meant = self
            .registry
            .by_label(field, written)
            .or_else(|| nearest(written, allowed.iter().copied()));
        let hint = if let Some(meant) = meant {
            let label = self.registry.value_label(field, meant);
            if label.en == meant {
                bilingual!("Did you mean {meant}?", "Vouliez-vous dire {meant} ?")
            } else {
                let Bilingual { en, fr } = label;
                bilingual!(
                    "Did you mean {meant} ({en})?",
                    "Vouliez-vous dire {meant} ({fr}) ?"
                )
            }
        } else {
            let told = self.told(field);
            Bilingual::new(
                format!("Allowed: {}.", told.en),
                format!("Permis : {}.", told.fr),
            )
        };
        let shown: String = written.chars().take(60).collect();
        self.add(
            place,
            "not_allowed",
            Bilingual::new(
                format!("{en}: “{shown}” is not on the portal’s list. {}", hint.en),
                format!(
                    "{fr} : « {shown} » n’est pas dans la liste du portail. {}",
                    hint.fr
                ),
            ),
        );
    }

    /// The values with their labels; long lists are cut.
    fn told(&self, field: &Field) -> Bilingual {
        let allowed = self.registry.allowed(field);
        let list = |pick: fn(&Bilingual) -> &str, more: &str| {
            let mut told: Vec<String> = allowed
                .iter()
                .take(TOLD)
                .map(|value| {
                    let label = self.registry.value_label(field, value);
                    if pick(&label) == *value {
                        (*value).to_owned()
                    } else {
                        format!("{value} ({})", pick(&label))
                    }
                })
                .collect();
            if allowed.len() > TOLD {
                told.push(more.to_owned());
            }
            told.join(", ")
        };
        Bilingual::new(
            list(
                |l| &l.en,
                &format!("and {} more", allowed.len().saturating_sub(TOLD)),
            ),
            list(
                |l| &l.fr,
                &format!("et {} autres", allowed.len().saturating_sub(TOLD)),
            ),
        )
    }

    fn email(&mut self, place: &Place, value: &Value) {
        if !value.as_str().is_some_and(|text| is_email(text.trim())) {
            let Bilingual { en, fr } = &place.label;
            self.add(place, "wrong_type", bilingual!(
                "{en}: this is no e-mail address that the portal takes (plain letters, one @).",
                "{fr} : ce n’est pas une adresse de courriel que le portail accepte (lettres sans accent, un seul @)."
            ));
        }
    }

    fn group(&mut self, field: &Field, place: &Place, value: &Value) {
        let Value::Array(entries) = value else {
            self.wrong_type(
                place,
                &bilingual!("a list of entries", "une liste d’entrées"),
            );
            return;
        };
        for (index, entry) in entries.iter().enumerate() {
            let Value::Object(entry) = entry else {
                self.wrong_type(
                    place,
                    &bilingual!(
                        "a list of entries with fields",
                        "une liste d’entrées avec des champs"
                    ),
                );
                continue;
            };
            let fields: Fields = entry.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            let prefix = format!("{}[{index}].", place.field);
            self.entry(&field.fields, &fields, &prefix, None);
            self.unknown(&field.fields, &fields, &prefix, &[]);
        }
    }

    fn wrong_type(&mut self, place: &Place, expected: &Bilingual) {
        let Bilingual { en, fr } = &place.label;
        self.add(
            place,
            "wrong_type",
            Bilingual::new(
                format!("{en}: expected {}.", expected.en),
                format!("{fr} : attendu {}.", expected.fr),
            ),
        );
    }

    fn add(&mut self, place: &Place, code: &str, message: Bilingual) {
        self.problems.push(FieldProblem {
            field: place.field.clone(),
            code: code.to_owned(),
            message,
        });
    }
}

fn absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// `en`, `fr-t-en`, `zh-Hant`: lower-case letters, then groups of letters and digits.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=8).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let local_ok = !local.is_empty()
        && local
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b));
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    local_ok && domain.split('.').all(label_ok)
}

fn is_geometry(shape: &Value) -> bool {
    const KINDS: [&str; 6] = [
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
    ];
    let kind = shape
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let coordinates = shape.get("coordinates").unwrap_or(&Value::Null);
    if !KINDS.contains(&kind) || !is_numbers(coordinates) {
        return false;
    }
    if kind != "Polygon" {
        return true;
    }
    coordinates.as_array().is_some_and(|rings| {
        rings.iter().all(|ring| {
            ring.as_array()
                .is_some_and(|points| points.len() >= 4 && points.first() == points.last())
        })
    })
}

fn is_numbers(value: &Value) -> bool {
    // JSON texts are parsed with a depth limit, so this ends.
    match value {
        Value::Number(_) => true,
        Value::Array(list) => list.iter().all(is_numbers),
        _ => false,
    }
}

/// Control, format and private characters, and separators other than the space: Unicode categories C and Z.
fn refused_in_keyword(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
            | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn good() -> Value {
        json!({
            "type": "dataset", "collection": "primary", "owner_org": "cic",
            "title_translated": {"en": "T", "fr": "T"}, "notes_translated": {"en": "N", "fr": "N"},
            "keywords": {"en": ["immigration"], "fr": ["immigration"]}, "subject": ["persons"],
            "frequency": "P1M", "date_published": "2026-01-02", "jurisdiction": "federal",
            "license_id": "ca-ogl-lgo", "restrictions": "unrestricted",
            "imso_approval": "true", "ready_to_publish": "true",
        })
    }

    fn fields(changes: &Value) -> Fields {
        let mut whole = good();
        for (name, value) in changes.as_object().unwrap() {
            whole[name] = value.clone();
        }
        whole
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    }

    fn check(changes: &Value, expected: &[&str]) {
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let found = validate(&fields(changes), &[], today);
        let told: Vec<String> = found
            .iter()
            .map(|p| format!("{} {}", p.field, p.code))
            .collect();
        assert_eq!(told, expected, "{changes}");
        for problem in found {
            assert_ne!(problem.message.en, problem.message.fr);
        }
    }

    #[test]
    fn languages() {
        check(&json!({}), &[]);
        check(
            &json!({"title_translated": {"en": "T"}}),
            &["title_translated-fr missing"],
        );
        check(
            &json!({"title_translated": null}),
            &["title_translated-en missing", "title_translated-fr missing"],
        );
        check(
            &json!({"title_translated": {"en": "T", "fr": "  "}}),
            &["title_translated-fr missing"],
        );
        check(
            &json!({"title_translated": {"en": "T", "fr-t-en": "T"}}),
            &[],
        );
        check(
            &json!({"title_translated": {"en": "T", "fr-t-en": "T"}, "type": "info"}),
            &["title_translated-fr missing"],
        );
        check(
            &json!({"title_translated": "T"}),
            &["title_translated wrong_type"],
        );
        check(
            &json!({"title_translated": {"en": 1, "fr": "T"}}),
            &["title_translated-en wrong_type"],
        );
        check(
            &json!({"title_translated": {"EN": "T", "en": "T", "fr": "T"}}),
            &["title_translated wrong_type"],
        );
    }

    #[test]
    fn keywords() {
        check(
            &json!({"keywords": {"en": ["a"], "fr": ["bb"]}}),
            &["keywords-en too_short"],
        );
        check(
            &json!({"keywords": {"en": ["a  b"], "fr": ["a\u{a0}b"]}}),
            &["keywords-en not_allowed", "keywords-fr not_allowed"],
        );
        check(
            &json!({"keywords": {"en": [], "fr": ["bb"]}}),
            &["keywords-en missing"],
        );
        check(
            &json!({"keywords": {"en": "ab", "fr": ["bb"]}}),
            &["keywords-en wrong_type"],
        );
        check(
            &json!({"keywords": {"en": ["x".repeat(141)], "fr": ["bb"]}}),
            &["keywords-en too_long"],
        );
        check(&json!({"keywords": "ab"}), &["keywords wrong_type"]);
    }

    #[test]
    fn values() {
        check(&json!({"frequency": "monthly"}), &["frequency not_allowed"]);
        check(&json!({"frequency": 1}), &["frequency not_allowed"]);
        check(
            &json!({"subject": ["nope", "persons"]}),
            &["subject not_allowed"],
        );
        check(&json!({"subject": []}), &["subject missing"]);
        check(
            &json!({"imso_approval": true}),
            &["imso_approval not_allowed"],
        );
        check(&json!({"type": "prop"}), &["type not_allowed"]);
        check(
            &json!({"foo": 1, "time_period_coverage_star": "2026-01-01"}),
            &["foo unknown", "time_period_coverage_star unknown"],
        );
        check(
            &json!({"maintainer_email": "a b@c"}),
            &["maintainer_email wrong_type"],
        );
        check(
            &json!({"maintainer_email": "é@c.ca"}),
            &["maintainer_email wrong_type"],
        );
        check(
            &json!({"relationship": [{"related_relationship": "supersedes"}]}),
            &[
                "relationship[0].related_type missing",
                "relationship[0].related_url-en missing",
                "relationship[0].related_url-fr missing",
            ],
        );
        check(
            &json!({"spatial": "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1],[0,0]]]}"}),
            &["spatial wrong_type"],
        );
    }

    #[test]
    fn days() {
        check(&json!({"date_published": "2026-11-24"}), &[]);
        check(
            &json!({"date_published": "2026-11-25"}),
            &["date_published in_future"],
        );
        check(
            &json!({"date_published": "2026-11-25", "ready_to_publish": "false"}),
            &[],
        );
        check(
            &json!({"date_published": "2026-02-30"}),
            &["date_published wrong_type"],
        );
        check(&json!({"time_period_coverage_end": "2099-01-01"}), &[]);
    }

    #[test]
    fn labels_help() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let found = validate(&fields(&json!({"frequency": "Mensuelle"})), &[], today);
        assert!(found[0].message.en.contains("P1M"), "{}", found[0].message);
        let found = validate(&fields(&json!({"jurisdiction": "zzz"})), &[], today);
        assert!(
            found[0].message.fr.contains("Fédérale"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn resources() {
        let one = |fields: Value| ResourceDesired {
            id: Uuid::nil(),
            fields: fields
                .as_object()
                .unwrap()
                .iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            file_name: "a.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            size_bytes: 1,
            sha256: String::new(),
        };
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let bad = [
            one(
                json!({"name_translated": {"en": "a", "fr": "b"}, "resource_type": "dataset", "language": ["zxx", "en"], "format": " CSV"}),
            ),
            one(json!({})),
        ];
        let told: Vec<String> = validate(&fields(&json!({})), &bad, today)
            .iter()
            .map(|p| format!("{} {}", p.field, p.code))
            .collect();
        assert_eq!(
            told,
            [
                "resources[0].format not_allowed",
                "resources[0].language not_allowed",
                "resources[1].name_translated-en missing",
                "resources[1].name_translated-fr missing",
                "resources[1].resource_type missing",
                "resources[1].language missing",
                "resources[1].format missing",
            ]
        );
    }
}
