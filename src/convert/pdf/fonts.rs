//! Fonts: those that come with the program, and those that are handed in.
//!
//! DejaVu Sans (crate `dejavu`, Bitstream Vera licence) is the text font: it covers French, Inuktitut and other
//! Canadian Aboriginal syllabics, Greek, Cyrillic, Arabic, Hebrew, Armenian, Georgian and most symbols. The fonts of
//! `typst-assets` (SIL Open Font License and alike) stand in for mathematics where a document needs them. Rule that must hold: embedded fonts
//! come first, so that a document looks the same on every machine as long as they cover it.

use typst::{
    foundations::Bytes,
    text::{Font, FontBook},
    utils::LazyHash,
};

/// Family of running text.
pub const BODY_FAMILY: &str = "DejaVu Sans";
/// Family of code.
pub const MONO_FAMILY: &str = "DejaVu Sans Mono";

/// A set of fonts; costly to make, cheap to use again.
pub struct Fonts {
    pub(crate) book: LazyHash<FontBook>,
    pub(crate) all: Vec<Font>,
    /// How many of the first fonts are the text font.
    body: usize,
}

/// Which fonts count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Any of them.
    Any,
    /// All styles of the text font, so that marks and letters that combine come from one font.
    Body,
}

impl Fonts {
    /// The fonts for text and code: quick to make, enough for nearly every document.
    pub fn text() -> Self {
        Self::of([])
    }

    /// These, the fonts for mathematics and rarer scripts, then `more` (TrueType, OpenType or collections). What is no
    /// font is left out.
    pub fn all(more: Vec<Vec<u8>>) -> Self {
        let symbols = typst_assets::fonts().map(Bytes::new);
        Self::of(symbols.chain(more.into_iter().map(Bytes::new)))
    }

    fn of(more: impl IntoIterator<Item = Bytes>) -> Self {
        let body = [
            dejavu::sans::regular(),
            dejavu::sans::bold(),
            dejavu::sans::oblique(),
            dejavu::sans::bold_oblique(),
        ];
        let code = [dejavu::sans_mono::regular(), dejavu::sans_mono::bold()];
        let body_fonts = body.len();
        let embedded = body.into_iter().chain(code).map(Bytes::new);
        let fonts: Vec<Font> = embedded.chain(more).flat_map(Font::iter).collect();
        Self {
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            all: fonts,
            body: body_fonts,
        }
    }

    /// Whether the character can be shown. Private use characters never can: PDF/A forbids them.
    pub fn shows(&self, c: char, coverage: Coverage) -> bool {
        if matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}') {
            return false;
        }
        let has = |font: &Font| font.info().coverage.contains(u32::from(c));
        match coverage {
            Coverage::Any => self.all.iter().any(has),
            Coverage::Body => self.all.iter().take(self.body).all(has),
        }
    }
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fonts")
            .field("fonts", &self.all.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_languages_of_the_country_are_covered() {
        for fonts in [Fonts::text(), Fonts::all(vec![b"no font".to_vec()])] {
            let text = "AaÀàÉéŒœŸÿ«»’–— ᐃᓄᒃᑎᑐᑦ ᓀᐦᐃᔭᐍᐏᐣ Ωж ×÷≤≥→☑ مرحبا שלום";
            for c in text.chars() {
                assert!(fonts.shows(c, Coverage::Any), "{c}");
            }
            assert!(fonts.shows('é', Coverage::Body));
            assert!(!fonts.shows('م', Coverage::Body));
            assert!(!fonts.shows('\u{E000}', Coverage::Any));
            assert!(!fonts.shows('日', Coverage::Any));
            for family in [BODY_FAMILY, MONO_FAMILY] {
                // The book knows families in lower case.
                let known = fonts.book.contains_family(&family.to_lowercase());
                assert!(known, "{family}");
            }
        }
    }
}
