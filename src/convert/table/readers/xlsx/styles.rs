//! Cell styles: what of them carries meaning (number format, bold, indent).

use std::collections::BTreeMap;

use crate::convert::table::error::{Budget, TableError};
use crate::convert::table::model::{CellValue, Style};
use crate::convert::table::number_format::{FormatClass, builtin, classify, typed};
use crate::convert::table::readers::package::Package;
use crate::convert::table::readers::xml::{Step, parse};

/// Styles by the index that cells carry.
#[derive(Debug, Default)]
pub(crate) struct StyleTable {
    pub(crate) styles: Vec<Style>,
}

impl StyleTable {
    /// The class of a style index; general when the index is unknown.
    pub(crate) fn class(&self, index: u32) -> FormatClass {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.styles.get(index))
            .map_or(FormatClass::General, |style| style.class)
    }
}

/// A number under a style; the flag is true when the style asks for a date that does not exist.
pub(crate) fn styled(number: f64, class: FormatClass, date_1904: bool) -> (CellValue, bool) {
    typed(number, class, date_1904)
}

/// Reads the styles part.
pub(crate) fn read(
    package: &mut Package<'_>,
    part: &str,
    budget: &Budget,
) -> Result<StyleTable, TableError> {
    let mut codes: BTreeMap<u32, String> = BTreeMap::new();
    let mut bold_fonts: Vec<bool> = Vec::new();
    let mut table = StyleTable::default();
    let mut path: Vec<String> = Vec::new();
    package.stream(part, |input| {
        parse(input, part, budget.limits.nesting, |step| {
            match step {
                Step::Start(tag) => {
                    let inside = |parent: &str| path.iter().any(|name| name == parent);
                    match tag.name() {
                        "numFmt" if inside("numFmts") && !inside("dxf") => {
                            budget.side(codes.len())?;
                            if let (Some(id), Some(code)) =
                                (tag.number("numFmtId"), tag.get("formatCode"))
                            {
                                codes.insert(id, code);
                            }
                        }
                        "font" if inside("fonts") => {
                            budget.side(bold_fonts.len())?;
                            bold_fonts.push(false);
                        }
                        "b" if inside("fonts") => {
                            if let Some(bold) = bold_fonts.last_mut() {
                                *bold = tag.flag("val").unwrap_or(true);
                            }
                        }
                        "xf" if inside("cellXfs") => {
                            budget.side(table.styles.len())?;
                            let id = tag.number("numFmtId").unwrap_or(0);
                            let code = codes
                                .get(&id)
                                .map_or_else(|| builtin(id).to_owned(), Clone::clone);
                            let font = tag.number("fontId").and_then(|id| usize::try_from(id).ok());
                            table.styles.push(Style {
                                class: classify(&code),
                                number_format: code,
                                bold: font
                                    .and_then(|id| bold_fonts.get(id))
                                    .copied()
                                    .unwrap_or(false),
                                indent: 0,
                            });
                        }
                        "alignment" if inside("cellXfs") => {
                            if let (Some(style), Some(indent)) =
                                (table.styles.last_mut(), tag.number("indent"))
                            {
                                style.indent = u8::try_from(indent).unwrap_or(u8::MAX);
                            }
                        }
                        _ => {}
                    }
                    path.push(tag.name().to_owned());
                }
                Step::End(_) => {
                    path.pop();
                }
                Step::Text(_) => {}
            }
            Ok(())
        })
    })?;
    Ok(table)
}
