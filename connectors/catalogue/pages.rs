//! Pages, feed and sitemap: pure functions from holdings to files.
//!
//! Leans on askama, which escapes whatever a template shows. Rule that must hold: no clock and no place enters; dates come
//! from records.

use askama::Template;
use chrono::NaiveDate;
use rideau_domain::Lang;
use uuid::Uuid;

use super::{
    jsonld,
    names::segment,
    preview::Preview,
    record::{Record, clean, clean_line, code},
    settings::Site,
    state::{Holding, file_names},
    words::{self, Words},
};
use crate::DatasetDesired;

/// Datasets on one page of the list.
const PAGE: usize = 100;
/// Entries in a feed.
const FEED: usize = 100;
/// Addresses in one sitemap; the protocol allows 50 000.
const SITEMAP: usize = 40_000;
const LANGS: [Lang; 2] = [Lang::En, Lang::Fr];
const STYLE: &[u8] = include_bytes!("templates/catalogue.css");

/// A file to be written: its path with `/`, and its bytes.
pub(super) type File = (String, Vec<u8>);

/// The generated files of one dataset, relative to its folder.
pub(super) fn dataset_files(site: &Site, holding: &Holding) -> Vec<File> {
    match holding {
        Holding::Published { dataset, previews } => {
            let record = Record(&dataset.fields);
            let title = |lang| record.text("title_translated", lang);
            let (en, fr) = (title(Lang::En), title(Lang::Fr));
            let mut files = vec![
                (
                    "dataset.jsonld".to_owned(),
                    jsonld::dataset_document(site, dataset),
                ),
                (
                    "datapackage.json".to_owned(),
                    jsonld::data_package(site, dataset),
                ),
                file(
                    "index.html",
                    &Door {
                        root: "../../",
                        hidden: false,
                        en_lang: en.as_ref().map_or("", |text| text.lang_on(Lang::En)),
                        fr_lang: fr.as_ref().map_or("fr", |text| text.lang),
                        en: en.map_or_else(|| dataset.id.to_string(), |text| text.text),
                        fr: fr.map_or_else(|| dataset.id.to_string(), |text| text.text),
                    },
                ),
            ];
            for lang in LANGS {
                let page = dataset_page(site, dataset, previews, lang);
                files.push(file(&format!("{}.html", code(lang)), &page));
            }
            files
        }
        Holding::Withdrawn { id, reason, .. } => {
            let mut files = vec![file(
                "index.html",
                &Door {
                    root: "../../",
                    hidden: true,
                    en: words::words(Lang::En).withdrawn.to_owned(),
                    fr: words::words(Lang::Fr).withdrawn.to_owned(),
                    en_lang: "",
                    fr_lang: "fr",
                },
            )];
            for lang in LANGS {
                let w = words::words(lang);
                let mut shell = Shell::new(site, lang, "../../", w.withdrawn);
                shell.hidden = true;
                shell.other(site, &format!("datasets/{id}/"), "");
                files.push(file(
                    &format!("{}.html", code(lang)),
                    &WithdrawnPage {
                        shell,
                        w,
                        reason: clean(reason.get(lang)),
                        id: *id,
                    },
                ));
            }
            files
        }
    }
}

/// The files that tell of all datasets, relative to the root, in the order in which they may be seen: what is last
/// makes the rest known.
pub(super) fn index_files(site: &Site, holdings: &[Holding]) -> Vec<File> {
    let published: Vec<&DatasetDesired> = holdings
        .iter()
        .filter_map(|holding| match holding {
            Holding::Published { dataset, .. } => Some(dataset),
            Holding::Withdrawn { .. } => None,
        })
        .collect();
    let mut files = vec![("assets/catalogue.css".to_owned(), STYLE.to_vec())];
    for lang in LANGS {
        list_pages(site, &published, lang, &mut files);
    }
    files.push(file(
        "index.html",
        &Door {
            root: "",
            hidden: false,
            en: site.title.en.clone(),
            fr: site.title.fr.clone(),
            en_lang: "",
            fr_lang: "fr",
        },
    ));
    if let Some(base) = &site.base_url {
        sitemaps(base, &published, &mut files);
        for lang in LANGS {
            files.push(feed(site, base, holdings, lang));
        }
    }
    files.push((
        "catalog.jsonld".to_owned(),
        jsonld::catalog_document(site, published.into_iter()),
    ));
    files
}

/// What all pages share.
struct Shell {
    lang: &'static str,
    other_lang: &'static str,
    title: String,
    description: String,
    hidden: bool,
    root: &'static str,
    canonical: Option<String>,
    alternate: Option<String>,
    other_href: String,
    site: String,
    owner: String,
    feed: bool,
}

impl Shell {
    fn new(site: &Site, lang: Lang, root: &'static str, title: &str) -> Self {
        Self {
            lang: code(lang),
            other_lang: code(other(lang)),
            title: format!("{title} – {}", site.title.get(lang)),
            description: String::new(),
            hidden: false,
            root,
            canonical: None,
            alternate: None,
            other_href: String::new(),
            site: site.title.get(lang).to_owned(),
            owner: site.organization.get(lang).to_owned(),
            feed: site.base_url.is_some(),
        }
    }

    /// Points to itself and to its twin: both are `folder` + language + `suffix` + `.html`.
    fn other(&mut self, site: &Site, folder: &str, suffix: &str) {
        self.other_href = format!("{}{suffix}.html", self.other_lang);
        self.canonical = site.address(&format!("{folder}{}{suffix}.html", self.lang));
        self.alternate = site.address(&format!("{folder}{}", self.other_href));
    }
}

fn other(lang: Lang) -> Lang {
    match lang {
        Lang::En => Lang::Fr,
        Lang::Fr => Lang::En,
    }
}

#[derive(Template)]
#[template(path = "door.html")]
struct Door {
    root: &'static str,
    hidden: bool,
    en: String,
    fr: String,
    en_lang: &'static str,
    fr_lang: &'static str,
}

#[derive(Template)]
#[template(path = "withdrawn.html")]
struct WithdrawnPage {
    shell: Shell,
    w: &'static Words,
    reason: String,
    id: Uuid,
}

#[derive(Template)]
#[template(path = "dataset.html")]
struct DatasetPage {
    shell: Shell,
    w: &'static Words,
    schema_org: String,
    title: String,
    title_lang: &'static str,
    notes: Vec<String>,
    notes_lang: &'static str,
    machine: bool,
    files: Vec<FileRow>,
    previews: Vec<PreviewTable>,
    lines: Vec<Line>,
}

struct FileRow {
    name: String,
    lang: &'static str,
    description: String,
    format: String,
    size: String,
    languages: String,
    href: String,
    file: String,
    sha256: String,
}

struct PreviewTable {
    name: String,
    lang: &'static str,
    content_lang: String,
    file: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    more: bool,
}

struct Line {
    label: &'static str,
    values: Vec<Shown>,
}

#[derive(Default)]
struct Shown {
    text: String,
    lang: &'static str,
    day: Option<String>,
    href: Option<String>,
}

impl Shown {
    fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    fn day(day: NaiveDate) -> Self {
        Self {
            day: Some(day.to_string()),
            ..Self::default()
        }
    }

    fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: Some(href.into()),
            ..Self::default()
        }
    }
}

fn dataset_page(
    site: &Site,
    dataset: &DatasetDesired,
    previews: &std::collections::BTreeMap<Uuid, Preview>,
    lang: Lang,
) -> DatasetPage {
    let w = words::words(lang);
    let record = Record(&dataset.fields);
    let title = record.text("title_translated", lang);
    let notes = record.text("notes_translated", lang);
    let machine = [&title, &notes]
        .into_iter()
        .flatten()
        .any(super::record::Text::machine);
    let title_lang = title.as_ref().map_or("", |text| text.lang_on(lang));
    let notes_lang = notes.as_ref().map_or("", |text| text.lang_on(lang));
    let title = title.map_or_else(|| dataset.id.to_string(), |text| clean_line(&text.text));
    let notes = notes.map(|text| text.text).unwrap_or_default();
    let mut shell = Shell::new(site, lang, "../../", &title);
    shell.description = shortened(&notes, 300);
    shell.other(site, &format!("datasets/{}/", dataset.id), "");
    let names = file_names(dataset);
    let mut files = Vec::new();
    let mut tables = Vec::new();
    for (resource, file) in dataset.resources.iter().zip(names) {
        let fields = Record(&resource.fields);
        let name = fields.text("name_translated", lang);
        let name_lang = name.as_ref().map_or("", |text| text.lang_on(lang));
        let name = name.map_or_else(|| file.clone(), |text| clean_line(&text.text));
        let languages = fields.words("language");
        if let Some(preview) = previews.get(&resource.id) {
            tables.push(PreviewTable {
                name: name.clone(),
                lang: name_lang,
                content_lang: match languages.as_slice() {
                    [one] if one != code(lang) && (one == "en" || one == "fr") => one.clone(),
                    _ => String::new(),
                },
                file: file.clone(),
                header: preview.header.clone(),
                rows: preview.rows.clone(),
                more: preview.narrowed || preview.shortened,
            });
        }
        files.push(FileRow {
            name,
            lang: name_lang,
            description: fields
                .own_text("description_translated", lang)
                .map(|text| text.text)
                .unwrap_or_default(),
            format: fields
                .word("format")
                .unwrap_or_else(|| extension(&file).to_uppercase()),
            size: words::size(resource.size_bytes, lang),
            languages: languages
                .iter()
                .map(|one| words::language(one).get(lang).to_owned())
                .collect::<Vec<_>>()
                .join(", "),
            href: segment(&file),
            sha256: resource.sha256.clone(),
            file,
        });
    }
    DatasetPage {
        shell,
        w,
        schema_org: jsonld::schema_org(site, dataset, lang),
        title,
        title_lang,
        notes: paragraphs(&notes),
        notes_lang,
        machine,
        files,
        previews: tables,
        lines: about(site, dataset, record, lang),
    }
}

/// The list of facts about a dataset.
fn about(site: &Site, dataset: &DatasetDesired, record: Record<'_>, lang: Lang) -> Vec<Line> {
    let w = words::words(lang);
    let mut lines = Vec::new();
    let mut put = |label: &'static str, values: Vec<Shown>| {
        if !values.is_empty() {
            lines.push(Line { label, values });
        }
    };
    let publisher = jsonld::publisher_name(site, Some(record));
    put(w.publisher, vec![Shown::text(publisher.get(lang))]);
    put(
        w.licence,
        record
            .word("license_id")
            .map(|id| match words::licence(&id) {
                (name, Some(address)) => Shown::link(name.get(lang), address.get(lang)),
                (name, None) => Shown::text(name.get(lang)),
            })
            .into_iter()
            .collect(),
    );
    let mut contact = Vec::new();
    if let Some(email) = record.email("maintainer_email") {
        contact.push(Shown::link(email.clone(), format!("mailto:{email}")));
    }
    if let Some(address) = record.web_address("maintainer_contact_form", lang) {
        contact.push(Shown::link(w.contact_form, address));
    }
    put(w.contact, contact);
    let day = |field: &str| record.day(field).map(Shown::day).into_iter().collect();
    put(w.published, day("date_published"));
    put(w.modified, day("date_modified"));
    put(
        w.correction,
        record
            .text("correction", lang)
            .map(|text| Shown {
                lang: text.lang_on(lang),
                text: clean_line(&text.text),
                ..Shown::default()
            })
            .into_iter()
            .collect(),
    );
    for (relation, label) in [
        ("supersedes", w.supersedes),
        ("superseded_by", w.superseded_by),
    ] {
        let links = record.related(relation, lang);
        put(
            label,
            links
                .into_iter()
                .map(|address| Shown::link(address.clone(), address))
                .collect(),
        );
    }
    let (start, end) = (
        record.day("time_period_coverage_start"),
        record.day("time_period_coverage_end"),
    );
    put(
        w.period,
        match (start, end) {
            (Some(start), Some(end)) => {
                vec![Shown::text(format!("{start} {} {end}", w.period_to))]
            }
            (Some(one), None) | (None, Some(one)) => vec![Shown::day(one)],
            (None, None) => Vec::new(),
        },
    );
    put(
        w.frequency,
        record
            .word("frequency")
            .map(|value| Shown::text(words::frequency(&value).get(lang)))
            .into_iter()
            .collect(),
    );
    put(
        w.subject,
        record
            .words("subject")
            .iter()
            .map(|value| Shown::text(words::subject(value).get(lang)))
            .collect(),
    );
    put(
        w.keywords,
        record
            .words_in("keywords", lang)
            .into_iter()
            .map(Shown::text)
            .collect(),
    );
    put(w.identifier, vec![Shown::text(dataset.id.to_string())]);
    put(
        w.metadata,
        vec![
            Shown::link("DCAT 3 (JSON-LD)", "dataset.jsonld"),
            Shown::link("Data Package (JSON)", "datapackage.json"),
        ],
    );
    lines
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    shell: Shell,
    w: &'static Words,
    heading: String,
    count: String,
    entries: Vec<ListEntry>,
    pages: Vec<PageLink>,
}

#[derive(Clone)]
struct ListEntry {
    id: Uuid,
    title: String,
    lang: &'static str,
    summary: String,
    summary_lang: &'static str,
    day: Option<String>,
    formats: Vec<String>,
}

struct PageLink {
    number: usize,
    href: String,
    here: bool,
}

fn list_pages(site: &Site, published: &[&DatasetDesired], lang: Lang, files: &mut Vec<File>) {
    let w = words::words(lang);
    let mut entries: Vec<ListEntry> = published
        .iter()
        .map(|dataset| list_entry(dataset, lang))
        .collect();
    entries.sort_by_cached_key(|entry| (sort_key(&entry.title), entry.id));
    let count = match (lang, entries.len()) {
        (Lang::En, 1) => "1 dataset".to_owned(),
        (Lang::En, n) => format!("{n} datasets"),
        (Lang::Fr, n @ 0..=1) => format!("{n} jeu de données"),
        (Lang::Fr, n) => format!("{n} jeux de données"),
    };
    let total = entries.len().div_ceil(PAGE).max(1);
    let suffix = |number: usize| match number {
        1 => String::new(),
        number => format!("-{number}"),
    };
    for number in 1..=total {
        let heading = if number == 1 {
            w.datasets.to_owned()
        } else {
            format!("{} – {} {number}", w.datasets, w.page.to_lowercase())
        };
        let mut shell = Shell::new(site, lang, "", &heading);
        shell.other(site, "", &suffix(number));
        let page = ListPage {
            shell,
            w,
            heading,
            count: count.clone(),
            entries: entries
                .iter()
                .skip((number - 1) * PAGE)
                .take(PAGE)
                .cloned()
                .collect(),
            pages: (1..=total)
                .map(|one| PageLink {
                    number: one,
                    href: format!("{}{}.html", code(lang), suffix(one)),
                    here: one == number,
                })
                .collect(),
        };
        files.push(file(
            &format!("{}{}.html", code(lang), suffix(number)),
            &page,
        ));
    }
}

fn list_entry(dataset: &DatasetDesired, lang: Lang) -> ListEntry {
    let record = Record(&dataset.fields);
    let title = record.text("title_translated", lang);
    let notes = record.text("notes_translated", lang);
    let mut formats: Vec<String> = dataset
        .resources
        .iter()
        .filter_map(|resource| Record(&resource.fields).word("format"))
        .collect();
    formats.sort();
    formats.dedup();
    ListEntry {
        id: dataset.id,
        lang: title.as_ref().map_or("", |text| text.lang_on(lang)),
        title: title.map_or_else(|| dataset.id.to_string(), |text| clean_line(&text.text)),
        summary_lang: notes.as_ref().map_or("", |text| text.lang_on(lang)),
        summary: notes
            .map(|text| shortened(&text.text, 300))
            .unwrap_or_default(),
        day: record.last_day().map(|day| day.to_string()),
        formats,
    }
}

#[derive(Template)]
#[template(path = "feed.xml")]
struct Feed<'a> {
    lang: &'static str,
    base: &'a str,
    title: &'a str,
    owner: &'a str,
    updated: String,
    entries: Vec<FeedEntry>,
}

struct FeedEntry {
    id: Uuid,
    title: String,
    lang: &'static str,
    day: String,
    summary: String,
    summary_lang: &'static str,
}

/// The latest changes (Atom, RFC 4287). A withdrawal keeps its record's last day.
fn feed(site: &Site, base: &str, holdings: &[Holding], lang: Lang) -> File {
    let w = words::words(lang);
    let mut entries: Vec<FeedEntry> = holdings
        .iter()
        .filter_map(|holding| match holding {
            Holding::Published { dataset, .. } => {
                let entry = list_entry(dataset, lang);
                let (summary, summary_lang) = match Record(&dataset.fields).text("correction", lang)
                {
                    Some(text) => (
                        match lang {
                            Lang::En => format!("{}: {}", w.correction, clean_line(&text.text)),
                            Lang::Fr => format!("{} : {}", w.correction, clean_line(&text.text)),
                        },
                        text.lang_on(lang),
                    ),
                    None => (entry.summary, entry.summary_lang),
                };
                Some(FeedEntry {
                    id: entry.id,
                    title: entry.title,
                    lang: entry.lang,
                    day: entry.day?,
                    summary,
                    summary_lang,
                })
            }
            Holding::Withdrawn {
                id,
                reason,
                last_day,
            } => Some(FeedEntry {
                id: *id,
                title: w.withdrawn.to_owned(),
                lang: "",
                day: last_day.clone()?,
                summary: clean_line(reason.get(lang)),
                summary_lang: "",
            }),
        })
        .collect();
    entries.sort_by(|a, b| b.day.cmp(&a.day).then(a.id.cmp(&b.id)));
    entries.truncate(FEED);
    let updated = entries
        .first()
        .map_or_else(|| "1970-01-01".to_owned(), |entry| entry.day.clone());
    file(
        &format!("feed-{}.xml", code(lang)),
        &Feed {
            lang: code(lang),
            base,
            title: site.title.get(lang),
            owner: site.organization.get(lang),
            updated,
            entries,
        },
    )
}

#[derive(Template)]
#[template(path = "sitemap.xml")]
struct Sitemap<'a> {
    entries: &'a [SitemapEntry],
}

struct SitemapEntry {
    loc: String,
    en: String,
    fr: String,
    day: Option<String>,
}

#[derive(Template)]
#[template(path = "sitemaps.xml")]
struct Sitemaps {
    locs: Vec<String>,
}

/// <https://www.sitemaps.org/protocol.html>
fn sitemaps(base: &str, published: &[&DatasetDesired], files: &mut Vec<File>) {
    let entry = |path: &str, loc: Lang, day: Option<NaiveDate>| SitemapEntry {
        loc: format!("{base}{path}{}.html", code(loc)),
        en: format!("{base}{path}en.html"),
        fr: format!("{base}{path}fr.html"),
        day: day.map(|day| day.to_string()),
    };
    let latest = published
        .iter()
        .filter_map(|dataset| Record(&dataset.fields).last_day())
        .max();
    let mut entries: Vec<SitemapEntry> = LANGS.map(|lang| entry("", lang, latest)).into();
    for dataset in published {
        let day = Record(&dataset.fields).last_day();
        let path = format!("datasets/{}/", dataset.id);
        entries.extend(LANGS.map(|lang| entry(&path, lang, day)));
    }
    if entries.len() <= SITEMAP {
        files.push(file("sitemap.xml", &Sitemap { entries: &entries }));
        return;
    }
    let mut locs = Vec::new();
    for (index, part) in entries.chunks(SITEMAP).enumerate() {
        let name = format!("sitemap-{}.xml", index + 1);
        files.push(file(&name, &Sitemap { entries: part }));
        locs.push(format!("{base}{name}"));
    }
    files.push(file("sitemap.xml", &Sitemaps { locs }));
}

fn file(path: &str, template: &impl Template) -> File {
    let text = template
        .render()
        .expect("a template of strings and numbers renders");
    (path.to_owned(), text.into_bytes())
}

fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(str::to_owned)
        .collect()
}

/// One line of at most so many characters, cut at a word where there is one.
fn shortened(text: &str, most: usize) -> String {
    let line = clean_line(text);
    let Some((end, _)) = line.char_indices().nth(most) else {
        return line;
    };
    let cut = &line[..end];
    let cut = cut.rsplit_once(' ').map_or(cut, |(before, _)| before);
    format!("{cut}…")
}

/// Titles sort without case and accents.
fn sort_key(title: &str) -> String {
    use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
    title
        .nfkd()
        .filter(|&c| !is_combining_mark(c))
        .flat_map(char::to_lowercase)
        .collect()
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}
