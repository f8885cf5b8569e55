//! The Data Inventory in the columns of the registry's template (version 3, `tables/inventory.yaml` of the portal).
//!
//! The portal accepts wrong choices and empty mandatory values without a word, so everything is checked here first.
//! Rule that must hold: a row with a problem is never among those for uploading, and all problems of all rows are told at
//! once.
//!
//! Texts are exported as they are. A title that begins with `=`, `+`, `-` or `@` is kept: the portal takes the columns
//! as text, and a guard would falsify the title. Open the CSV in a spreadsheet by importing its columns as text.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rideau_connectors::Fields;
use serde::Serialize;

use crate::{
    bilingual,
    domain::{Bilingual, ReleaseState},
};

/// The columns, in the order of the template.
pub const INVENTORY_COLUMNS: [&str; 17] = [
    "ref_number",
    "title_en",
    "title_fr",
    "description_en",
    "description_fr",
    "publisher_en",
    "publisher_fr",
    "date_published",
    "language",
    "size",
    "eligible_for_release",
    "program_alignment_architecture_en",
    "program_alignment_architecture_fr",
    "date_released",
    "portal_url_en",
    "portal_url_fr",
    "user_votes",
];

/// The values that the template allows for `language`.
const LANGUAGES: [&str; 6] = ["en", "fr", "en+fr", "iu", "zxx", "other"];

/// One line of the inventory: a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryRow {
    /// The key: the release's id, or a number that the department gives.
    pub ref_number: String,
    /// Title.
    pub title: Bilingual,
    /// What it is.
    pub description: Bilingual,
    /// Name of the publisher at the time, where it differs from today's; may be empty.
    pub publisher: Bilingual,
    /// Day of issuance.
    pub date_published: Option<NaiveDate>,
    /// `en`, `fr`, `en+fr`, `iu`, `zxx` or `other`; see [`language_code`].
    pub language: String,
    /// Size of the resources together, in bytes; an estimate will do.
    pub size_bytes: Option<u64>,
    /// Where the release stands; decides the eligibility, see [`eligible`].
    pub state: ReleaseState,
    /// True when a security marking stands on one of its items.
    pub marked: bool,
    /// Program in the Program Alignment Architecture.
    pub program_alignment: Bilingual,
    /// Day on which it came onto the portal; needed once it is public.
    pub date_released: Option<NaiveDate>,
    /// Its pages on the portal; needed once it is public.
    pub portal_url: Bilingual,
    /// Votes, as the portal counts them. The portal sets them; it ignores what is uploaded.
    pub user_votes: Option<u32>,
}

/// Is all of the content eligible for release? (`Y` or `N`; the template knows no third answer.)
///
/// `N` when a rule blocks it, a person refused it, it was taken back, or a marking stands. Also `N` while nobody can say:
/// when it waits for a review or is still on its way. A wrong `N` is corrected by the next export; a wrong `Y` is a
/// promise to the public.
pub fn eligible(state: ReleaseState, marked: bool) -> bool {
    !marked && matches!(state, ReleaseState::Approved | ReleaseState::Published)
}

/// The template's code for a set of languages (`en`, `fr`, `iu`, `zxx`, or any other BCP 47 code). Marks of machine
/// translation (`en-t-fr`) and regions are left out. Empty when nothing is known, which the check then reports.
pub fn language_code<'a>(languages: impl IntoIterator<Item = &'a str>) -> &'static str {
    let known: BTreeSet<String> = languages
        .into_iter()
        .filter_map(|code| code.split(['-', '_']).next())
        .filter(|code| !code.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let list: Vec<&str> = known.iter().map(String::as_str).collect();
    match list.as_slice() {
        [] => "",
        ["en"] => "en",
        ["fr"] => "fr",
        ["en", "fr"] => "en+fr",
        ["iu"] => "iu",
        ["zxx"] => "zxx",
        _ => "other",
    }
}

/// One thing that keeps a row from being exported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct InventoryProblem {
    /// The row.
    pub ref_number: String,
    /// The column.
    pub column: &'static str,
    /// What is wrong and what to do.
    pub message: Bilingual,
}

/// Rows that may be uploaded, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    rows: Vec<InventoryRow>,
}

impl Inventory {
    /// Checks all rows.
    ///
    /// # Errors
    /// All problems of all rows, by row and column, when there is any.
    pub fn new(rows: Vec<InventoryRow>) -> Result<Self, Vec<InventoryProblem>> {
        let (inventory, problems) = Self::partial(rows);
        if problems.is_empty() {
            Ok(inventory)
        } else {
            Err(problems)
        }
    }

    /// All rows as they are, complete or not: for the department's own eyes. The registry would refuse some of them.
    pub fn everything(mut rows: Vec<InventoryRow>) -> Self {
        rows.sort_by(|a, b| a.ref_number.cmp(&b.ref_number));
        Self { rows }
    }

    /// The rows that are right, and the problems of the others, which are left out.
    pub fn partial(mut rows: Vec<InventoryRow>) -> (Self, Vec<InventoryProblem>) {
        rows.sort_by(|a, b| (&a.ref_number, &a.title).cmp(&(&b.ref_number, &b.title)));
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for row in &rows {
            *times.entry(row.ref_number.clone()).or_default() += 1;
        }
        let mut problems = Vec::new();
        rows.retain(|row| {
            let before = problems.len();
            Check {
                row,
                problems: &mut problems,
            }
            .run(times.get(&row.ref_number).copied().unwrap_or(1));
            problems.len() == before
        });
        problems.sort();
        problems.dedup();
        (Self { rows }, problems)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows as CSV: UTF-8 without a byte-order mark, CRLF (RFC 4180), header first.
    ///
    /// # Errors
    /// When the writer fails, which memory does not.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::WriterBuilder::new()
            .has_headers(false)
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        writer.write_record(INVENTORY_COLUMNS)?;
        for row in &self.rows {
            writer.serialize(Line::of(row))?;
        }
        writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))
    }

    /// The rows for a target's own table, by column. Without the votes: these the portal sets.
    ///
    /// # Errors
    /// When the writer fails, which memory does not.
    pub fn table_rows(&self) -> Result<Vec<Fields>, serde_json::Error> {
        self.rows
            .iter()
            .map(|row| {
                let mut row: Fields = serde_json::from_value(serde_json::to_value(Line::of(row))?)?;
                row.remove("user_votes");
                Ok(row)
            })
            .collect()
    }

    /// The rows as a JSON array for `datastore_upsert`: missing dates and votes are `null`, size is a number.
    ///
    /// # Errors
    /// When the writer fails, which memory does not.
    pub fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let lines: Vec<Line<'_>> = self.rows.iter().map(Line::of).collect();
        let mut bytes = serde_json::to_vec_pretty(&lines)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// One row as it is exported; the fields stand in the order of the template.
#[derive(Serialize)]
struct Line<'a> {
    ref_number: &'a str,
    title_en: &'a str,
    title_fr: &'a str,
    description_en: &'a str,
    description_fr: &'a str,
    publisher_en: &'a str,
    publisher_fr: &'a str,
    date_published: Option<NaiveDate>,
    language: &'a str,
    size: Option<u64>,
    eligible_for_release: &'static str,
    program_alignment_architecture_en: &'a str,
    program_alignment_architecture_fr: &'a str,
    date_released: Option<NaiveDate>,
    portal_url_en: &'a str,
    portal_url_fr: &'a str,
    user_votes: Option<u32>,
}

impl<'a> Line<'a> {
    fn of(row: &'a InventoryRow) -> Self {
        Self {
            ref_number: &row.ref_number,
            title_en: &row.title.en,
            title_fr: &row.title.fr,
            description_en: &row.description.en,
            description_fr: &row.description.fr,
            publisher_en: &row.publisher.en,
            publisher_fr: &row.publisher.fr,
            date_published: row.date_published,
            language: &row.language,
            size: row.size_bytes,
            eligible_for_release: if eligible(row.state, row.marked) {
                "Y"
            } else {
                "N"
            },
            program_alignment_architecture_en: &row.program_alignment.en,
            program_alignment_architecture_fr: &row.program_alignment.fr,
            date_released: row.date_released,
            portal_url_en: &row.portal_url.en,
            portal_url_fr: &row.portal_url.fr,
            user_votes: row.user_votes,
        }
    }
}

struct Check<'a> {
    row: &'a InventoryRow,
    problems: &'a mut Vec<InventoryProblem>,
}

impl Check<'_> {
    fn run(mut self, times: usize) {
        let row = self.row;
        if times > 1 {
            self.say(
                "ref_number",
                bilingual!(
                    "This number is used {times} times. Give every release its own.",
                    "Ce numéro est utilisé {times} fois. Donnez à chaque publication le sien."
                ),
            );
        }
        self.needed("ref_number", &row.ref_number);
        self.both(["title_en", "title_fr"], &row.title);
        self.both(["description_en", "description_fr"], &row.description);
        let program = [
            "program_alignment_architecture_en",
            "program_alignment_architecture_fr",
        ];
        self.both(program, &row.program_alignment);
        if row.date_published.is_none() {
            self.missing("date_published");
        }
        self.language();
        match row.size_bytes {
            None => self.missing("size"),
            Some(size) if i64::try_from(size).is_err() => self.say(
                "size",
                bilingual!(
                    "{size} bytes is more than the portal can hold.",
                    "{size} octets dépassent ce que le portail peut contenir."
                ),
            ),
            Some(_) => {}
        }
        self.portal();
        self.unstorable();
    }

    fn say(&mut self, column: &'static str, message: Bilingual) {
        self.problems.push(InventoryProblem {
            ref_number: self.row.ref_number.clone(),
            column,
            message,
        });
    }

    fn missing(&mut self, column: &'static str) {
        self.say(
            column,
            Bilingual::new(
                "A value is needed. Complete the record of this release.",
                "Une valeur est requise. Complétez la notice de cette publication.",
            ),
        );
    }

    fn needed(&mut self, column: &'static str, value: &str) {
        if value.trim().is_empty() {
            self.missing(column);
        }
    }

    fn both(&mut self, columns: [&'static str; 2], words: &Bilingual) {
        self.needed(columns[0], &words.en);
        self.needed(columns[1], &words.fr);
    }

    fn language(&mut self) {
        let language = &self.row.language;
        if language.trim().is_empty() {
            self.missing("language");
        } else if !LANGUAGES.contains(&language.as_str()) {
            let list = LANGUAGES.join(", ");
            self.say(
                "language",
                bilingual!(
                    "“{language}” is not one of: {list}.",
                    "« {language} » n’est pas l’une des valeurs : {list}."
                ),
            );
        }
    }

    /// What is public has a day and an address; an address is one of the web.
    fn portal(&mut self) {
        let row = self.row;
        let public = row.state == ReleaseState::Published;
        if public && row.date_released.is_none() {
            self.missing("date_released");
        }
        for (column, url, other) in [
            ("portal_url_en", &row.portal_url.en, &row.portal_url.fr),
            ("portal_url_fr", &row.portal_url.fr, &row.portal_url.en),
        ] {
            if url.is_empty() {
                if public || !other.is_empty() {
                    self.missing(column);
                }
            } else if !url.starts_with("https://") && !url.starts_with("http://") {
                self.say(
                    column,
                    bilingual!(
                        "“{url}” is no web address.",
                        "« {url} » n’est pas une adresse Web."
                    ),
                );
            }
        }
    }

    /// The portal's database cannot hold a NUL; a key with a line break cannot be looked up by a person.
    fn unstorable(&mut self) {
        let row = self.row;
        for (column, text) in [
            ("ref_number", &row.ref_number),
            ("title_en", &row.title.en),
            ("title_fr", &row.title.fr),
            ("description_en", &row.description.en),
            ("description_fr", &row.description.fr),
            ("publisher_en", &row.publisher.en),
            ("publisher_fr", &row.publisher.fr),
            (
                "program_alignment_architecture_en",
                &row.program_alignment.en,
            ),
            (
                "program_alignment_architecture_fr",
                &row.program_alignment.fr,
            ),
            ("portal_url_en", &row.portal_url.en),
            ("portal_url_fr", &row.portal_url.fr),
        ] {
            let forbidden = |c: char| {
                let allowed = column.starts_with("description") && matches!(c, '\n' | '\r' | '\t');
                c.is_control() && !allowed
            };
            if text.contains(forbidden) {
                self.say(
                    column,
                    Bilingual::new(
                        "The text holds line breaks or control characters. Remove them.",
                        "Le texte contient des sauts de ligne ou des caractères de contrôle. Retirez-les.",
                    ),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: &str) -> InventoryRow {
        InventoryRow {
            ref_number: number.to_owned(),
            title: Bilingual::new("Permits, 2025", "Permis \"2025\""),
            description: Bilingual::new("Counts\nby year", "Nombre par année"),
            publisher: Bilingual::default(),
            date_published: NaiveDate::from_ymd_opt(2025, 4, 1),
            language: "en+fr".to_owned(),
            size_bytes: Some(1200),
            state: ReleaseState::Published,
            marked: false,
            program_alignment: Bilingual::new("Program", "Programme"),
            date_released: NaiveDate::from_ymd_opt(2025, 4, 2),
            portal_url: Bilingual::new("https://example.org/en", "https://example.org/fr"),
            user_votes: None,
        }
    }

    #[test]
    fn rows_for_a_table_leave_the_votes_to_the_portal() {
        let mut one = row("a");
        one.user_votes = Some(3);
        one.date_released = None;
        let (inventory, _) = Inventory::partial(vec![InventoryRow {
            state: ReleaseState::Approved,
            ..one
        }]);
        let rows = inventory.table_rows().unwrap();
        let columns: Vec<&str> = rows[0].keys().map(String::as_str).collect();
        let mut expect: Vec<&str> = INVENTORY_COLUMNS
            .into_iter()
            .filter(|column| *column != "user_votes")
            .collect();
        expect.sort_unstable();
        assert_eq!(columns, expect);
        assert_eq!(rows[0]["date_published"], "2025-04-01");
        assert_eq!(rows[0]["size"], 1200);
        assert!(rows[0]["date_released"].is_null());
    }

    #[test]
    fn rows_come_out_in_the_template_s_columns_and_in_order() {
        let mut waiting = row("OD-10");
        waiting.state = ReleaseState::Review;
        waiting.date_released = None;
        waiting.portal_url = Bilingual::default();
        waiting.title.en = "=1+1".to_owned();
        let one = Inventory::new(vec![row("OD-2"), waiting.clone()]).unwrap();
        let csv = String::from_utf8(one.csv().unwrap()).unwrap();
        assert_eq!(
            csv,
            "ref_number,title_en,title_fr,description_en,description_fr,publisher_en,publisher_fr,date_published,language,\
             size,eligible_for_release,program_alignment_architecture_en,program_alignment_architecture_fr,date_released,\
             portal_url_en,portal_url_fr,user_votes\r\n\
             OD-10,=1+1,\"Permis \"\"2025\"\"\",\"Counts\nby year\",Nombre par année,,,2025-04-01,en+fr,1200,N,Program,Programme,,,,\r\n\
             OD-2,\"Permits, 2025\",\"Permis \"\"2025\"\"\",\"Counts\nby year\",Nombre par année,,,2025-04-01,en+fr,1200,Y,Program,\
             Programme,2025-04-02,https://example.org/en,https://example.org/fr,\r\n"
        );
        let json: serde_json::Value = serde_json::from_slice(&one.json().unwrap()).unwrap();
        assert_eq!(json[0]["eligible_for_release"], "N");
        assert_eq!(json[0]["date_released"], serde_json::Value::Null);
        assert_eq!(json[1]["size"], 1200);
        assert_eq!(json[1].as_object().unwrap().len(), INVENTORY_COLUMNS.len());
        let other = Inventory::new(vec![waiting, row("OD-2")]).unwrap();
        assert_eq!(other.csv().unwrap(), one.csv().unwrap());
        assert_eq!(other.json().unwrap(), one.json().unwrap());
        assert!(
            Inventory::new(vec![])
                .unwrap()
                .csv()
                .unwrap()
                .starts_with(b"ref_number,")
        );
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let check = |change: &dyn Fn(&mut InventoryRow), columns: &[&str]| {
            let mut wrong = row("A");
            change(&mut wrong);
            let told: Vec<_> = Inventory::new(vec![wrong, row("B")])
                .err()
                .unwrap_or_default()
                .into_iter()
                .map(|problem| {
                    assert!(
                        !problem.message.en.is_empty() && problem.message.en != problem.message.fr
                    );
                    problem.column
                })
                .collect();
            assert_eq!(told, columns);
        };
        check(&|_| {}, &[]);
        check(&|row| row.language = "english".to_owned(), &["language"]);
        check(&|row| row.language = "EN".to_owned(), &["language"]);
        check(
            &|row| row.title.fr = " \n".to_owned(),
            &["title_fr", "title_fr"],
        );
        check(&|row| row.size_bytes = None, &["size"]);
        check(&|row| row.size_bytes = Some(u64::MAX), &["size"]);
        check(&|row| row.date_released = None, &["date_released"]);
        check(&|row| row.portal_url.fr.clear(), &["portal_url_fr"]);
        check(
            &|row| row.portal_url.fr = "javascript:x".to_owned(),
            &["portal_url_fr"],
        );
        check(&|row| row.title.en.push('\0'), &["title_en"]);
        check(&|row| row.ref_number = "B".to_owned(), &["ref_number"]);
        check(
            &|row| {
                row.state = ReleaseState::Blocked;
                row.date_released = None;
                row.portal_url = Bilingual::default();
                row.description = Bilingual::default();
                row.program_alignment.en.clear();
                row.date_published = None;
                row.language.clear();
            },
            &[
                "date_published",
                "description_en",
                "description_fr",
                "language",
                "program_alignment_architecture_en",
            ],
        );
    }

    #[test]
    fn rows_without_problems_can_go_alone() {
        let mut wrong = row("A");
        wrong.language.clear();
        let (inventory, problems) = Inventory::partial(vec![wrong, row("B"), row("C"), row("C")]);
        assert_eq!(inventory.len(), 1);
        assert_eq!(problems.len(), 2);
        assert!(
            problems
                .iter()
                .any(|problem| problem.ref_number == "C" && problem.column == "ref_number")
        );
    }

    #[test]
    fn only_what_was_decided_is_eligible() {
        for state in ReleaseState::ALL {
            let expect = matches!(state, ReleaseState::Approved | ReleaseState::Published);
            assert_eq!(eligible(*state, false), expect, "{state}");
            assert!(!eligible(*state, true), "{state}");
        }
    }

    #[test]
    fn languages_become_the_template_s_codes() {
        let check = |list: &[&str], expect| {
            assert_eq!(language_code(list.iter().copied()), expect, "{list:?}");
        };
        check(&[], "");
        check(&[""], "");
        check(&["en"], "en");
        check(&["fr", "en", "fr"], "en+fr");
        check(&["en-CA", "fr-t-en"], "en+fr");
        check(&["iu"], "iu");
        check(&["zxx"], "zxx");
        check(&["de"], "other");
        check(&["en", "iu"], "other");
    }
}
