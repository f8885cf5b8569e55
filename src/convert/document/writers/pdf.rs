//! Tagged PDF (PDF/UA-1 and PDF/A-2a) through the crate `rideau-pdf`.
//!
//! Rule that must hold: what the engine cannot do costs the PDF or a picture in it and is told; it never costs the
//! other renditions.

use std::{collections::BTreeSet, sync::OnceLock};

use rideau_pdf::{Asset, BODY_FAMILY, Coverage, Date, Fonts, Input, PdfError, check_image, render};

use super::typst::{self, Engine};
use crate::{
    bilingual,
    convert::document::Content,
    domain::{Bilingual, Part, Place, Warning},
};

/// Pixels of one image, and of all images of a document: each is decoded, at up to four bytes a pixel, and stays
/// in memory until the PDF is written. The sandbox gives one gibibyte in all.
const IMAGE_PIXELS: u64 = 50_000_000;
const ALL_PIXELS: u64 = 80_000_000;

/// Estimated memory beyond which no PDF is made; some three hundred pages of tables or six hundred of text.
const MEMORY_BYTES: u64 = 600_000_000;

/// What the program calls itself in the file. Without its version: a new version alone makes no new file.
const CREATOR: &str = "rideau";

/// A PDF, or why there is none, in the warnings.
pub(super) struct Pdf {
    /// The bytes.
    pub(super) bytes: Option<Vec<u8>>,
    /// What its reader should know.
    pub(super) warnings: Vec<Warning>,
}

/// Writes a document as PDF.
pub(super) fn write(content: &Content, (year, month, day): (u16, u8, u8)) -> Pdf {
    let images = images(content);
    // Rarer fonts are made when a document needs them. Marks that combine may come from a font that lacks their base:
    // then fewer characters are trusted, and at last those of Latin-1 alone.
    let steps: [(FontSet, Option<Coverage>); 4] = [
        (text_fonts, Some(Coverage::Any)),
        (all_fonts, Some(Coverage::Any)),
        (all_fonts, Some(Coverage::Body)),
        (text_fonts, None),
    ];
    let mut plain = false;
    let mut last = PdfError::Failed;
    let mut warnings = Vec::new();
    for (step, (fonts, coverage)) in steps.into_iter().enumerate() {
        let fonts = fonts();
        let shows = |c: char| match coverage {
            Some(coverage) => fonts.shows(c, coverage),
            None => matches!(c, ' '..='~' | '\u{A0}'..='\u{FF}'),
        };
        let engine = Engine {
            shows: &shows,
            images: &images,
            family: BODY_FAMILY,
            plain,
        };
        let markup = typst::write(content, &engine);
        warnings = markup.warnings;
        if markup.cost_bytes > MEMORY_BYTES {
            warnings.push(warning("pdf_too_large", large_words()));
            return Pdf {
                bytes: None,
                warnings,
            };
        }
        if step == 0 && warnings.iter().any(|w| w.code == "missing_glyphs") {
            continue;
        }
        let assets = markup.assets.iter().filter_map(|index| {
            let asset = content.assets.get(*index)?;
            Some(Asset {
                name: &asset.name,
                bytes: &asset.bytes,
            })
        });
        let input = Input {
            source: markup.source,
            assets: assets.collect(),
            date: Date {
                year: i32::from(year),
                month,
                day,
            },
            creator: CREATOR,
        };
        match render(input, fonts) {
            Ok(bytes) => {
                if plain {
                    warnings.push(warning("pdf_without_links", plain_words()));
                }
                return Pdf {
                    bytes: Some(bytes),
                    warnings,
                };
            }
            Err(error @ PdfError::MissingGlyph) => last = error,
            // The standards forbid some combinations of links, notes and artifacts.
            Err(error @ PdfError::Refused { .. }) if !plain => {
                last = error;
                plain = true;
            }
            Err(error) => {
                last = error;
                break;
            }
        }
    }
    warnings.push(warning("pdf_not_made", failed_words(&last)));
    Pdf {
        bytes: None,
        warnings,
    }
}

/// Gives fonts, which are made once.
type FontSet = fn() -> &'static Fonts;

fn text_fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(Fonts::text)
}

fn all_fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| Fonts::all(Vec::new()))
}

/// The images that can go in: small enough by their header, whole, and not too many.
fn images(content: &Content) -> BTreeSet<usize> {
    let mut left = ALL_PIXELS;
    let mut usable = BTreeSet::new();
    for (index, asset) in content.assets.iter().enumerate() {
        let pixels = u64::from(asset.width) * u64::from(asset.height);
        if pixels == 0 || pixels > IMAGE_PIXELS || pixels > left {
            continue;
        }
        if check_image(&asset.bytes).is_ok() {
            left -= pixels;
            usable.insert(index);
        }
    }
    usable
}

fn warning(code: &str, message: Bilingual) -> Warning {
    Warning {
        code: code.to_owned(),
        message,
        place: Place::new(Part::Body, "document"),
    }
}

fn large_words() -> Bilingual {
    bilingual!(
        "The document is too large for a PDF within the limits of the program. The other formats hold all of it.",
        "Le document est trop volumineux pour un PDF dans les limites du programme. Les autres formats le contiennent en entier."
    )
}

fn plain_words() -> Bilingual {
    bilingual!(
        "The links of the PDF are plain text, and its notes stand at the end: the standards forbid what the document combines.",
        "Les liens du PDF sont du texte et ses notes se trouvent à la fin : les normes interdisent ce que le document combine."
    )
}

fn failed_words(error: &PdfError) -> Bilingual {
    bilingual!(
        "No PDF was made: {error}. The other formats hold the document; report this to those who look after the program.",
        "Aucun PDF n’a été produit ({error}). Les autres formats contiennent le document; signalez-le à qui s’occupe du programme."
    )
}
