//! Tagged PDF: typst source and named images in, the bytes of a PDF/UA-1 and PDF/A-2a file out.
//!
//! Everything heavy that this needs is compiled here and nowhere else. Leans on typst for layout and export and on
//! `hayro-syntax` for reading back. Rule that must hold: the same input gives the same bytes, and nothing but
//! the input is read: no file, no package, no clock, no font of the machine unless it was handed in.

mod error;
mod fonts;
mod images;
mod read_back;
mod read_back_page;
mod render;

pub use error::PdfError;
pub use fonts::{BODY_FAMILY, Coverage, Fonts, MONO_FAMILY};
pub use images::check_image;
pub use read_back::{PdfText, PdfTextKind, ReadError, texts};
pub use render::{Asset, Date, Input, render};
