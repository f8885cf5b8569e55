//! Why there is no PDF.
//!
//! Rule that must hold: no text of the document is in an error; errors are logged.

use typst::diag::SourceDiagnostic;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    /// A character has no glyph where it stands. Replace what [`crate::Fonts::shows`] does not show.
    #[error("a character has no glyph in any font")]
    MissingGlyph,
    /// Lists, tables or quotes stand too deep within each other.
    #[error("the content is nested too deep")]
    Nesting,
    /// An image cannot be decoded.
    #[error("an image cannot be decoded: {why}")]
    Image {
        /// What the decoder says.
        why: String,
    },
    /// The source or an asset name is not what the engine takes, or the standards forbid something in it.
    #[error("the PDF engine refused the document: {why}")]
    Refused {
        /// What it says, without text of the document.
        why: String,
    },
    /// The engine gave up where it must not.
    #[error("the PDF engine failed")]
    Failed,
}

impl PdfError {
    /// Sorts what typst says into the errors above.
    pub(crate) fn of(diagnostics: &[SourceDiagnostic]) -> Self {
        let mut why = Vec::new();
        for diagnostic in diagnostics {
            let message = diagnostic.message.as_str();
            if message.contains("could not be displayed with") {
                return Self::MissingGlyph;
            }
            if message.contains("depth exceeded") || message.contains("nesting") {
                return Self::Nesting;
            }
            if message.contains("decode") && message.contains("image") {
                return Self::Image {
                    why: without_quotes(message),
                };
            }
            why.push(without_quotes(message));
        }
        why.truncate(3);
        Self::Refused {
            why: why.join("; "),
        }
    }
}

/// The message with everything between quotation marks left out: it may be text of the document.
fn without_quotes(message: &str) -> String {
    let mut out = String::new();
    let mut quoted = None;
    for c in message.chars() {
        match quoted {
            Some(mark) if c == mark => {
                out.push('…');
                out.push(c);
                quoted = None;
            }
            Some(_) => {}
            None => {
                out.push(c);
                if matches!(c, '`' | '"') {
                    quoted = Some(c);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_carry_no_text() {
        let check = |message: &str, expect: &str| assert_eq!(without_quotes(message), expect);
        check("unknown variable: x", "unknown variable: x");
        check("the text `secret` is bad", "the text `…` is bad");
        check("open `secret", "open `");
        check("\"a\" and `b`", "\"…\" and `…`");
    }
}
