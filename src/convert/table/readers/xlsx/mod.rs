//! Excel workbooks in XML: `.xlsx`, `.xlsm` and their templates, strict and transitional.
//!
//! Our own reader, part by part: workbook, styles, shared strings, then each sheet with what belongs to it. Leans on
//! ECMA-376 part 1 (SpreadsheetML) and part 2 (packages). Rule that must hold: a part that cannot be read is either an
//! error (cells) or a warning `unreadable_part` (side matters), never nothing.

mod rows;
mod sheet;
mod side;
mod strings;
mod styles;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ReadSeek;
use super::package::Package;
use super::xml::{Step, parse};
use crate::bilingual;
use crate::convert::table::error::{Budget, TableError};
use crate::convert::table::model::{
    DefinedName, Sheet, SheetKind, Visibility, Workbook, parse_area,
};
use crate::domain::{Part, Place};

pub(crate) use sheet::{iso_value, warn_odd_date};
pub(crate) use side::{core_properties, count_hidden_parts, header_footer_text, package_texts};
pub(crate) use strings::unescape;
pub(crate) use styles::StyleTable;

/// Reads a package whose main part is a workbook in XML.
pub(crate) fn read(input: &mut dyn ReadSeek, budget: &mut Budget) -> Result<Workbook, TableError> {
    let mut package = Package::open(input, budget.limits.inflated_bytes)?;
    let main = main_part(&mut package)?;
    let relations = relations(&mut package, &main, budget)?;
    let mut workbook = Workbook::default();
    let listed = read_workbook(&mut package, &main, &mut workbook, budget)?;
    budget.sheets(listed.len())?;

    let part_of = |kind: &str| {
        relations
            .values()
            .find(|relation| relation.kind == kind)
            .map(|relation| relation.target.clone())
    };
    let styles = match part_of("styles") {
        Some(part) => styles::read(&mut package, &part, budget)?,
        None => StyleTable::default(),
    };
    let shared = match part_of("sharedStrings") {
        Some(part) => strings::read(&mut package, &part, budget)?,
        None => Vec::new(),
    };
    let persons = side::persons(&mut package, budget)?;
    workbook.styles.clone_from(&styles.styles);

    for entry in listed {
        let mut sheet = Sheet {
            name: entry.name,
            visibility: entry.visibility,
            ..Sheet::default()
        };
        let relation = relations.get(&entry.relation).ok_or_else(|| {
            TableError::corrupt(
                &main,
                "a sheet refers to a relationship that does not exist",
            )
        })?;
        sheet.kind = match relation.kind.as_str() {
            "chartsheet" => SheetKind::Chart,
            "dialogsheet" => SheetKind::Dialog,
            "xlMacrosheet" | "xlIntlMacrosheet" => SheetKind::Macro,
            _ => SheetKind::Worksheet,
        };
        let context = sheet::Context {
            shared: &shared,
            styles: &styles,
            date_1904: workbook.date_system_1904,
        };
        let found = sheet::read(
            &mut package,
            &relation.target,
            &context,
            &mut sheet,
            &mut workbook,
            budget,
        )?;
        side::read(
            &mut package,
            &relation.target,
            found,
            &persons,
            &mut sheet,
            &mut workbook,
            budget,
        )?;
        workbook.sheets.push(sheet);
    }
    place_print_areas(&mut workbook);
    core_properties(&mut package, &mut workbook, budget)?;
    count_hidden_parts(&package, &mut workbook);
    package_texts(&mut package, &mut workbook, budget)?;
    Ok(workbook)
}

/// A relationship of a part.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    /// Last segment of its type: `worksheet`, the same in strict and transitional files.
    pub(crate) kind: String,
    /// Full part name, or the target as written when external.
    pub(crate) target: String,
    /// True when it leads out of the package.
    pub(crate) external: bool,
}

/// The relationships of a part, by id; empty when it has none.
pub(crate) fn relations(
    package: &mut Package<'_>,
    part: &str,
    budget: &Budget,
) -> Result<BTreeMap<String, Relation>, TableError> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let name = if folder.is_empty() {
        format!("_rels/{file}.rels")
    } else {
        format!("{folder}/_rels/{file}.rels")
    };
    let mut found = BTreeMap::new();
    package.stream(&name, |input| {
        parse(input, &name, budget.limits.nesting, |step| {
            if let Step::Start(tag) = step
                && tag.name() == "Relationship"
            {
                budget.side(found.len())?;
                let external = tag.get("TargetMode").is_some_and(|mode| mode == "External");
                let target = tag.get("Target").unwrap_or_default();
                let kind = tag.get("Type").unwrap_or_default();
                found.insert(
                    tag.get("Id").unwrap_or_default(),
                    Relation {
                        kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                        target: if external {
                            target
                        } else {
                            resolve(folder, &target)
                        },
                        external,
                    },
                );
            }
            Ok(())
        })
    })?;
    Ok(found)
}

/// A target relative to a folder, as a full part name.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// The part that the package names as its main document.
pub(crate) fn main_part(package: &mut Package<'_>) -> Result<String, TableError> {
    let name = "_rels/.rels";
    let mut main = None;
    package.stream(name, |input| {
        parse(input, name, 32, |step| {
            if let Step::Start(tag) = step
                && tag.name() == "Relationship"
                && tag
                    .get("Type")
                    .is_some_and(|kind| kind.ends_with("/officeDocument"))
            {
                main = tag.get("Target").map(|target| resolve("", &target));
            }
            Ok(())
        })
    })?;
    main.or_else(|| {
        ["xl/workbook.xml", "xl/workbook.bin"]
            .into_iter()
            .find(|name| package.has(name))
            .map(str::to_owned)
    })
    .ok_or_else(|| TableError::corrupt(name, "the package names no workbook"))
}

struct Listed {
    name: String,
    visibility: Visibility,
    relation: String,
}

fn read_workbook(
    package: &mut Package<'_>,
    part: &str,
    workbook: &mut Workbook,
    budget: &Budget,
) -> Result<Vec<Listed>, TableError> {
    let mut listed = Vec::new();
    let mut name: Option<DefinedName> = None;
    let nesting = budget.limits.nesting;
    package
        .stream(part, |input| {
            parse(input, part, nesting, |step| {
                match step {
                    Step::Start(tag) => match tag.name() {
                        "workbookPr" => {
                            workbook.date_system_1904 = tag.flag("date1904").unwrap_or(false);
                        }
                        "sheet" => {
                            budget.sheets(listed.len())?;
                            listed.push(Listed {
                                name: unescape(&tag.get("name").unwrap_or_default()),
                                visibility: match tag.get("state").as_deref() {
                                    Some("hidden") => Visibility::Hidden,
                                    Some("veryHidden") => Visibility::VeryHidden,
                                    _ => Visibility::Visible,
                                },
                                relation: tag.get("id").unwrap_or_default(),
                            });
                        }
                        "definedName" => {
                            budget.side(workbook.defined_names.len())?;
                            let local = tag
                                .number("localSheetId")
                                .map(|index| format!("#{index}#"))
                                .unwrap_or_default();
                            name = Some(DefinedName {
                                name: format!("{local}{}", tag.get("name").unwrap_or_default()),
                                formula: String::new(),
                                hidden: tag.flag("hidden").unwrap_or(false),
                            });
                        }
                        _ => {}
                    },
                    Step::Text(text) => {
                        if let Some(name) = &mut name {
                            name.formula.push_str(text);
                        }
                    }
                    Step::End("definedName") => workbook.defined_names.extend(name.take()),
                    Step::End(_) => {}
                }
                Ok(())
            })
        })?
        .ok_or_else(|| TableError::corrupt(part, "the part is missing"))?;
    Ok(listed)
}

/// Gives print areas to their sheets and takes the sheet index out of local names.
fn place_print_areas(workbook: &mut Workbook) {
    for defined in &mut workbook.defined_names {
        let Some((index, name)) = defined
            .name
            .strip_prefix('#')
            .and_then(|rest| rest.split_once('#'))
        else {
            continue;
        };
        let sheet = index
            .parse::<usize>()
            .ok()
            .and_then(|index| workbook.sheets.get_mut(index));
        if let Some(sheet) = sheet
            && name == "_xlnm.Print_Area"
        {
            sheet.print_areas.extend(
                defined
                    .formula
                    .split(',')
                    .filter_map(|area| parse_area(area.rsplit('!').next()?)),
            );
        }
        defined.name = name.to_owned();
    }
}

/// Notes that a side part could not be read.
pub(crate) fn warn_unreadable(workbook: &mut Workbook, part: &str) {
    workbook.warn(
        "unreadable_part",
        bilingual!(
            "A part of the file could not be read ({part}). A person must look at it.",
            "Une partie du fichier n'a pas pu être lue ({part}). Une personne doit l'examiner."
        ),
        Place::new(Part::Package, part),
    );
}

/// Shared text of cells.
pub(crate) type SharedStrings = Vec<Arc<str>>;

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn targets_resolve_against_their_folder() {
        for (folder, target, part) in [
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "/xl/styles.xml", "xl/styles.xml"),
            ("xl/worksheets", "../comments1.xml", "xl/comments1.xml"),
            ("xl", "../../../etc/passwd", "etc/passwd"),
            ("", "xl\\workbook.xml", "xl/workbook.xml"),
        ] {
            assert_eq!(resolve(folder, target), part);
        }
    }
}
