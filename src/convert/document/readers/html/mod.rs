//! Web pages and HTML bodies of messages.
//!
//! Leans on `html5gum` for tokens; elements are kept on a stack of bounded depth, so nothing recurses. Rule that must hold:
//! what a browser would not show is hidden content, scripts and styles are never carried over, nothing is loaded.

mod css;
mod elements;
mod flow;

use std::{collections::BTreeMap, io::Read};

use html5gum::{DefaultEmitter, Token, Tokenizer};

use super::{
    super::{Block, Document, DocumentError, ReadOptions},
    draft::{Beside, Draft},
    text::{decode, undecodable, whole},
};
use flow::Flow;

/// Reads an HTML file. The encoding is that of its byte-order mark, what it declares, UTF-8 when it is valid, else a guess.
///
/// # Errors
/// [`DocumentError`] when the file cannot be read or is beyond the limits.
pub(super) fn read_html(
    input: &mut impl Read,
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let bytes = whole(input, options.limits.part_bytes)?;
    let mut draft = Draft::new(options.limits);
    let text = text_of(&bytes, &mut draft);
    let page = read_page(&text, &mut draft, &Beside::new())?;
    Ok(draft.finish(page.blocks, page.language, page.title.as_deref()))
}

/// What a page holds.
#[derive(Default)]
pub(super) struct Page {
    pub(super) blocks: Vec<Block>,
    pub(super) language: Option<String>,
    pub(super) title: Option<String>,
    /// Content ids of the images that it shows.
    pub(super) shown: Vec<String>,
    /// True once something has a background of its own.
    coloured: bool,
}

/// Reads HTML text; images that it names by content id come from beside it.
pub(super) fn read_page(
    text: &str,
    draft: &mut Draft,
    beside: &Beside,
) -> Result<Page, DocumentError> {
    let mut emitter = DefaultEmitter::<()>::default();
    emitter.naively_switch_states(true);
    let mut flow = Flow::new(draft, beside);
    for token in Tokenizer::new_with_emitter(text, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = lossy(&tag.name);
                let attributes: BTreeMap<String, String> = tag
                    .attributes
                    .iter()
                    .map(|(name, value)| (lossy(name), lossy(value)))
                    .collect();
                flow.start(&name, &attributes, tag.self_closing)?;
            }
            Token::EndTag(tag) => flow.end(&lossy(&tag.name))?,
            Token::String(text) => flow.text(&lossy(&text)),
            Token::Comment(text) => flow.comment(&lossy(&text)),
            Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    flow.finish()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The text of an HTML file.
fn text_of(bytes: &[u8], draft: &mut Draft) -> String {
    let marked = encoding_rs::Encoding::for_bom(bytes).is_some();
    if !marked
        && std::str::from_utf8(bytes).is_err()
        && let Some(encoding) = declared(bytes)
    {
        let (text, _, bad) = encoding.decode(bytes);
        if bad {
            undecodable(draft, encoding.name());
        }
        return text.into_owned();
    }
    decode(bytes, draft)
}

/// The encoding that the first bytes declare (HTML, 13.2.3.2), loosely.
fn declared(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..1024.min(bytes.len()))?).to_ascii_lowercase();
    let at = head.find("charset=").map(|at| at + 8);
    let at = at.or_else(|| head.find("encoding=").map(|at| at + 9))?;
    let name = head[at..].trim_start_matches(['"', '\'', ' ']);
    let end =
        name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')));
    encoding_rs::Encoding::for_label(&name.as_bytes()[..end.unwrap_or(name.len())])
}

#[cfg(test)]
mod tests;
