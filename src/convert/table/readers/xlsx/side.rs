//! What belongs to a workbook beside its cells: comments, links, declared tables, properties, drawings, caches.

use std::collections::BTreeMap;

use super::sheet::Found;
use super::strings::unescape;
use super::{relations, warn_unreadable};
use crate::convert::table::error::{Budget, TableError};
use crate::convert::table::model::{
    Comment, ListObject, Property, Sheet, SheetLink, SheetText, Workbook, parse_area, parse_cell,
};
use crate::convert::table::readers::package::Package;
use crate::convert::table::readers::xml::{Step, parse};
use crate::domain::Part;

/// People who wrote threaded comments, by id.
pub(crate) type Persons = BTreeMap<String, String>;

/// Reads the comments, links and declared tables of a sheet through its relationships.
pub(crate) fn read(
    package: &mut Package<'_>,
    part: &str,
    found: Found,
    persons: &Persons,
    sheet: &mut Sheet,
    workbook: &mut Workbook,
    budget: &mut Budget,
) -> Result<(), TableError> {
    let relations = relations(package, part, budget)?;
    for (cell, id, location) in found.links {
        let outside = relations
            .get(&id)
            .map(|relation| relation.target.clone())
            .unwrap_or_default();
        let target = if location.is_empty() {
            outside
        } else {
            format!("{outside}#{location}")
        };
        sheet.links.push(SheetLink { cell, target });
    }
    for relation in relations.values().filter(|relation| !relation.external) {
        let outcome = match relation.kind.as_str() {
            "comments" => comments(package, &relation.target, sheet, budget),
            "threadedComment" => threads(package, &relation.target, persons, sheet, budget),
            "table" => list(package, &relation.target, sheet, budget),
            _ => Ok(()),
        };
        tolerate(outcome, workbook, &relation.target)?;
    }
    sheet.comments.sort_by_key(|comment| comment.cell);
    Ok(())
}

/// A damaged side part is a warning; everything else stays an error.
fn tolerate(
    outcome: Result<(), TableError>,
    workbook: &mut Workbook,
    part: &str,
) -> Result<(), TableError> {
    match outcome {
        Err(TableError::Corrupt { .. }) => {
            warn_unreadable(workbook, part);
            Ok(())
        }
        other => other,
    }
}

fn comments(
    package: &mut Package<'_>,
    part: &str,
    sheet: &mut Sheet,
    budget: &mut Budget,
) -> Result<(), TableError> {
    let mut authors: Vec<String> = Vec::new();
    let mut open: Option<Comment> = None;
    let (mut in_author, mut in_text, mut phonetic) = (false, false, false);
    let nesting = budget.limits.nesting;
    package.stream(part, |input| {
        parse(input, part, nesting, |step| {
            match step {
                Step::Start(tag) => match tag.name() {
                    "author" => {
                        budget.side(authors.len())?;
                        authors.push(String::new());
                        in_author = true;
                    }
                    "comment" => {
                        budget.side(sheet.comments.len())?;
                        let author = tag
                            .number("authorId")
                            .and_then(|id| usize::try_from(id).ok())
                            .and_then(|id| authors.get(id).cloned());
                        open = Some(Comment {
                            cell: tag.get("ref").as_deref().and_then(parse_cell),
                            author: author.unwrap_or_default(),
                            text: String::new(),
                        });
                    }
                    "rPh" => phonetic = true,
                    "t" => in_text = !phonetic,
                    _ => {}
                },
                Step::Text(more) => {
                    budget.text(more.len())?;
                    if in_author {
                        if let Some(author) = authors.last_mut() {
                            author.push_str(more);
                        }
                    } else if in_text && let Some(comment) = &mut open {
                        comment.text.push_str(more);
                    }
                }
                Step::End(name) => match name {
                    "author" => in_author = false,
                    "rPh" => phonetic = false,
                    "t" => in_text = false,
                    "comment" => {
                        if let Some(mut comment) = open.take() {
                            comment.text = unescape(&comment.text);
                            sheet.comments.push(comment);
                        }
                    }
                    _ => {}
                },
            }
            Ok(())
        })
    })?;
    Ok(())
}

fn threads(
    package: &mut Package<'_>,
    part: &str,
    persons: &Persons,
    sheet: &mut Sheet,
    budget: &mut Budget,
) -> Result<(), TableError> {
    let mut open: Option<Comment> = None;
    let mut in_text = false;
    let nesting = budget.limits.nesting;
    package.stream(part, |input| {
        parse(input, part, nesting, |step| {
            match step {
                Step::Start(tag) => match tag.name() {
                    "threadedComment" => {
                        budget.side(sheet.comments.len())?;
                        let person = tag.get("personId").unwrap_or_default();
                        open = Some(Comment {
                            cell: tag.get("ref").as_deref().and_then(parse_cell),
                            author: persons.get(&person).cloned().unwrap_or_default(),
                            text: String::new(),
                        });
                    }
                    "text" => in_text = true,
                    _ => {}
                },
                Step::Text(more) if in_text => {
                    budget.text(more.len())?;
                    if let Some(comment) = &mut open {
                        comment.text.push_str(more);
                    }
                }
                Step::End("text") => in_text = false,
                Step::End("threadedComment") => sheet.comments.extend(open.take()),
                Step::Text(_) | Step::End(_) => {}
            }
            Ok(())
        })
    })?;
    Ok(())
}

/// Reads who wrote threaded comments; name and account, since either may identify.
pub(crate) fn persons(package: &mut Package<'_>, budget: &Budget) -> Result<Persons, TableError> {
    let mut persons = Persons::new();
    for part in parts(package, "xl/persons/") {
        package.stream(&part, |input| {
            parse(input, &part, budget.limits.nesting, |step| {
                if let Step::Start(tag) = step
                    && tag.name() == "person"
                {
                    budget.side(persons.len())?;
                    let name = tag.get("displayName").unwrap_or_default();
                    let account = tag.get("userId").unwrap_or_default();
                    let who = if account.is_empty() || account == name {
                        name
                    } else {
                        format!("{name} <{account}>")
                    };
                    persons.insert(tag.get("id").unwrap_or_default(), who);
                }
                Ok(())
            })
        })?;
    }
    Ok(persons)
}

fn list(
    package: &mut Package<'_>,
    part: &str,
    sheet: &mut Sheet,
    budget: &Budget,
) -> Result<(), TableError> {
    package.stream(part, |input| {
        parse(input, part, budget.limits.nesting, |step| {
            if let Step::Start(tag) = step
                && tag.name() == "table"
                && let Some(area) = tag.get("ref").as_deref().and_then(parse_area)
            {
                budget.side(sheet.lists.len())?;
                sheet.lists.push(ListObject {
                    name: tag
                        .get("displayName")
                        .or_else(|| tag.get("name"))
                        .unwrap_or_default(),
                    area,
                    header_rows: tag.number("headerRowCount").unwrap_or(1),
                    totals_rows: tag.number("totalsRowCount").unwrap_or(0),
                });
            }
            Ok(())
        })
    })?;
    Ok(())
}

/// Reads core, extended and custom properties; empty ones are left out.
pub(crate) fn core_properties(
    package: &mut Package<'_>,
    workbook: &mut Workbook,
    budget: &Budget,
) -> Result<(), TableError> {
    for part in [
        "docProps/core.xml",
        "docProps/app.xml",
        "docProps/custom.xml",
    ] {
        let custom = part.ends_with("custom.xml");
        let mut path: Vec<String> = Vec::new();
        let mut name = String::new();
        let mut value = String::new();
        let mut found = Vec::new();
        let outcome = package.stream(part, |input| {
            parse(input, part, budget.limits.nesting, |step| {
                match step {
                    Step::Start(tag) => {
                        if path.len() == 1 {
                            name = if custom {
                                tag.get("name").unwrap_or_default()
                            } else {
                                tag.name().to_owned()
                            };
                            value.clear();
                        } else if !value.is_empty() && !value.ends_with(' ') {
                            value.push(' ');
                        }
                        path.push(tag.name().to_owned());
                    }
                    Step::Text(more) if path.len() > 1 => value.push_str(more),
                    Step::Text(_) => {}
                    Step::End(_) => {
                        path.pop();
                        if path.len() == 1 && !value.trim().is_empty() {
                            budget.side(found.len())?;
                            found.push(Property {
                                name: name.clone(),
                                value: unescape(value.trim()),
                                custom,
                            });
                        }
                    }
                }
                Ok(())
            })
        });
        tolerate(outcome.map(|_| ()), workbook, part)?;
        workbook.properties.append(&mut found);
    }
    Ok(())
}

/// Counts the parts that hide content or cannot be carried over.
pub(crate) fn count_hidden_parts(package: &Package<'_>, workbook: &mut Workbook) {
    let counts = &mut workbook.hidden_parts;
    for name in package.names() {
        let starts = |prefix: &str| name.starts_with(prefix);
        if starts("xl/embeddings/") {
            counts.embedded += 1;
        } else if starts("xl/vbaproject") || starts("xl/macrosheets/sheet") {
            counts.macros += 1;
        } else if starts("xl/externallinks/externallink") {
            counts.external_links += 1;
        } else if starts("xl/pivotcache/pivotcachedefinition")
            || starts("xl/connections.")
            || starts("xl/querytables/querytable")
            || starts("xl/model/")
        {
            counts.data_caches += 1;
        } else if starts("customxml/item") && !starts("customxml/itemprops") {
            counts.custom_xml += 1;
        } else if starts("xl/revisions/revisionlog") {
            counts.tracked_changes += 1;
        } else if starts("xl/media/") {
            counts.images += 1;
        } else if starts("xl/charts/chart") {
            counts.charts += 1;
        }
    }
}

/// Collects text of drawings, charts, caches, connections, custom XML and change logs for the screening.
pub(crate) fn package_texts(
    package: &mut Package<'_>,
    workbook: &mut Workbook,
    budget: &mut Budget,
) -> Result<(), TableError> {
    let kinds: [(&str, Part); 9] = [
        ("xl/drawings/drawing", Part::TextBox),
        ("xl/charts/", Part::TextBox),
        ("xl/diagrams/data", Part::TextBox),
        ("xl/externallinks/externallink", Part::HiddenText),
        ("xl/pivotcache/", Part::HiddenText),
        ("xl/connections.", Part::Formula),
        ("xl/querytables/", Part::Formula),
        ("customxml/item", Part::HiddenText),
        ("xl/revisions/", Part::TrackedDeletion),
    ];
    for (prefix, kind) in kinds {
        for part in parts(package, prefix) {
            let mut texts: Vec<SheetText> = Vec::new();
            let nesting = budget.limits.nesting;
            let mut open = String::new();
            // Depth of DrawingML paragraphs; the runs of one belong together.
            let mut paragraphs = 0_u32;
            let outcome = package.stream(&part, |input| {
                parse(input, &part, nesting, |step| {
                    match step {
                        Step::Start(tag) => {
                            if tag.name() == "p" {
                                paragraphs = paragraphs.saturating_add(1);
                            }
                            if paragraphs == 0 {
                                flush(&mut open, &mut texts, kind, &part, budget)?;
                            }
                            let mut values: Vec<String> = Vec::new();
                            tag.each(|name, _| {
                                if matches!(
                                    name,
                                    "v" | "descr"
                                        | "title"
                                        | "name"
                                        | "command"
                                        | "connection"
                                        | "sourceFile"
                                        | "description"
                                        | "userName"
                                        | "u"
                                ) {
                                    values.extend(tag.get(name));
                                }
                            });
                            for mut value in values {
                                flush(&mut value, &mut texts, kind, &part, budget)?;
                            }
                        }
                        Step::Text(more) => {
                            budget.text(more.len())?;
                            open.push_str(more);
                        }
                        Step::End(name) => {
                            if name == "p" {
                                paragraphs = paragraphs.saturating_sub(1);
                            }
                            if paragraphs == 0 {
                                flush(&mut open, &mut texts, kind, &part, budget)?;
                            }
                        }
                    }
                    Ok(())
                })
            });
            tolerate(outcome.map(|_| ()), workbook, &part)?;
            workbook.package_texts.append(&mut texts);
        }
    }
    Ok(())
}

fn flush(
    open: &mut String,
    texts: &mut Vec<SheetText>,
    part: Part,
    at: &str,
    budget: &Budget,
) -> Result<(), TableError> {
    if !open.trim().is_empty() {
        budget.side(texts.len())?;
        texts.push(SheetText {
            part,
            at: at.to_owned(),
            text: open.trim().to_owned(),
        });
    }
    open.clear();
    Ok(())
}

/// XML parts whose lower-case name starts with a prefix, relationships left out.
fn parts(package: &Package<'_>, prefix: &str) -> Vec<String> {
    package
        .names()
        .filter(|name| name.starts_with(prefix) && !name.contains("/_rels/"))
        .filter(|name| {
            name.rsplit_once('.')
                .is_some_and(|(_, extension)| extension == "xml")
        })
        .map(str::to_owned)
        .collect()
}

/// A print header without its codes: sections, fonts, sizes, colours, page numbers.
pub(crate) fn header_footer_text(raw: &str) -> String {
    let raw = unescape(raw);
    let mut out = String::new();
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '&' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('&') => out.push('&'),
            Some('L' | 'C' | 'R') if !out.is_empty() && !out.ends_with('\n') => out.push('\n'),
            Some('"') => {
                for quoted in chars.by_ref() {
                    if quoted == '"' {
                        break;
                    }
                }
            }
            Some('K') => {
                for _ in 0..6 {
                    if chars.peek().is_some_and(char::is_ascii_hexdigit) {
                        chars.next();
                    }
                }
            }
            Some(digit) if digit.is_ascii_digit() => {
                while chars.peek().is_some_and(char::is_ascii_digit) {
                    chars.next();
                }
            }
            _ => {}
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::header_footer_text;

    #[test]
    fn header_codes_are_taken_out() {
        for (raw, text) in [
            (
                "&L&\"Arial,Bold\"&12PROTECTED B&RPage &P of &N",
                "PROTECTED B\nPage  of",
            ),
            ("&CR&&D &KFF0000red", "R&D red"),
            ("&", ""),
            ("&\"", ""),
        ] {
            assert_eq!(header_footer_text(raw), text, "{raw}");
        }
    }
}
