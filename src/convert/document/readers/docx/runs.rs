//! Running text: runs, links, fields, and what of it is hidden.

use std::io::{Read, Seek};

use super::{
    NoteKind, Reader, Story,
    body::{bookmark, chosen},
    equations::linear,
    extras::all_text,
    fields::{self, Action, Field, Trace},
    styles::{Align, RunLook},
};
use crate::{
    bilingual,
    convert::{
        document::{Block, ChangeKind, DocumentError, Inline, TextStyle, is_visible},
        xml::Element,
    },
    domain::{Part, TextUnit},
};

/// Bytes of a link target; a longer one is no address, and one target may be used many times.
pub(super) const LONGEST_TARGET: usize = 4096;

/// A piece of a line before links are nested.
#[derive(Debug)]
pub(super) enum Token {
    Piece(Inline),
    Open(String),
    Close,
}

/// What a paragraph holds.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) tokens: Vec<Token>,
    /// Text boxes, which follow the paragraph.
    pub(super) boxes: Vec<Block>,
    pub(super) page_break: bool,
    /// True for an entry of a table of contents.
    pub(super) in_contents: bool,
}

/// Style of the run at hand.
struct Look {
    style: TextStyle,
    language: Option<String>,
    hidden: bool,
}

impl<R: Read + Seek> Reader<R> {
    pub(super) fn inlines(
        &mut self,
        parent: &Element,
        story: &mut Story,
        line: &mut Line,
        style: Option<&str>,
    ) -> Result<(), DocumentError> {
        for element in parent.elements() {
            match element.name() {
                "w:r" => self.run(element, story, line, style)?,
                "w:hyperlink" => match self.hyperlink_target(element) {
                    Some(target) => {
                        line.tokens.push(Token::Open(target));
                        self.inlines(element, story, line, style)?;
                        line.tokens.push(Token::Close);
                    }
                    None => self.inlines(element, story, line, style)?,
                },
                "w:ins" | "w:moveTo" => {
                    self.change(ChangeKind::Insertion, element, story);
                    let outer = std::mem::replace(&mut story.in_change, true);
                    self.inlines(element, story, line, style)?;
                    story.in_change = outer;
                }
                "w:del" | "w:moveFrom" => self.change(ChangeKind::Deletion, element, story),
                "w:sdt" => {
                    if let Some(content) = element.child("w:sdtContent") {
                        self.inlines(content, story, line, style)?;
                    }
                }
                "w:fldSimple" => {
                    let instruction = element.attr("w:instr").unwrap_or("").to_owned();
                    story.fields.push(Field {
                        instruction,
                        ..Field::default()
                    });
                    self.separate(story, line);
                    self.inlines(element, story, line, style)?;
                    self.end_field(story, line);
                }
                "w:smartTag" | "w:customXml" | "w:dir" | "w:bdo" => {
                    self.inlines(element, story, line, style)?;
                }
                "mc:AlternateContent" => {
                    if let Some(branch) = chosen(element) {
                        self.inlines(branch, story, line, style)?;
                    }
                }
                "w:bookmarkStart" => {
                    let anchor = bookmark(element).map(|n| Token::Piece(Inline::Anchor(n)));
                    line.tokens.extend(anchor);
                }
                "m:oMath" | "m:oMathPara" => self.equation(element, story, line),
                "w:subDoc" => self.external("sub-document", element, story),
                _ => {}
            }
        }
        Ok(())
    }

    fn hyperlink_target(&self, element: &Element) -> Option<String> {
        let address = element.attr("r:id").and_then(|id| self.relations.get(id));
        let anchor = element.attr("w:anchor").filter(|a| !a.is_empty());
        let long = |text: &str| text.len() > LONGEST_TARGET;
        if address.is_some_and(|a| long(&a.target)) || anchor.is_some_and(long) {
            return None;
        }
        match (address, anchor) {
            (Some(address), Some(anchor)) => Some(format!("{}#{anchor}", address.target)),
            (Some(address), None) => Some(address.target.clone()),
            (None, Some(anchor)) => Some(format!("#{anchor}")),
            (None, None) => None,
        }
    }

    fn run(
        &mut self,
        run: &Element,
        story: &mut Story,
        line: &mut Line,
        style: Option<&str>,
    ) -> Result<(), DocumentError> {
        let properties = run.child("w:rPr");
        if let Some(change) = properties.and_then(|p| p.child("w:rPrChange")) {
            self.formatting_change(change, story);
        }
        let look = self.look(properties, style);
        self.run_content(run, story, line, &look)
    }

    fn look(&self, properties: Option<&Element>, style: Option<&str>) -> Look {
        let own = properties.map(RunLook::read).unwrap_or_default();
        let run_style = properties.and_then(|p| p.val("w:rStyle"));
        let inherit = |setting: fn(&RunLook) -> Option<bool>| {
            setting(&own)
                .or_else(|| self.styles.run_setting(run_style, style, setting))
                .unwrap_or(false)
        };
        let align = own
            .align
            .or_else(|| self.styles.run_setting(run_style, style, |l| l.align));
        let language = own.language.clone().or_else(|| {
            self.styles
                .run_setting(run_style, style, |l| l.language.clone())
        });
        Look {
            style: TextStyle {
                strong: inherit(|l| l.bold),
                emphasis: inherit(|l| l.italic),
                struck: inherit(|l| l.struck),
                sub: align == Some(Align::Sub),
                sup: align == Some(Align::Sup),
            },
            language,
            hidden: inherit(|l| l.hidden),
        }
    }

    fn run_content(
        &mut self,
        parent: &Element,
        story: &mut Story,
        line: &mut Line,
        look: &Look,
    ) -> Result<(), DocumentError> {
        for element in parent.elements() {
            match element.name() {
                "w:t" => self.text(&element.text(), story, line, look),
                "w:tab" | "w:ptab" => self.text("\t", story, line, look),
                "w:noBreakHyphen" => self.text("\u{2011}", story, line, look),
                "w:softHyphen" => self.text("\u{AD}", story, line, look),
                "w:sym" => {
                    let symbol = self.symbol(element, story);
                    self.text(symbol.encode_utf8(&mut [0; 4]), story, line, look);
                }
                "w:br" | "w:cr" => match element.attr("w:type") {
                    Some("page") => line.page_break = true,
                    Some("column") => {}
                    _ if look.hidden || silent(story) => {}
                    _ => line.tokens.push(Token::Piece(Inline::Break)),
                },
                "w:lastRenderedPageBreak" => line.page_break = true,
                "w:fldChar" => self.field_character(element, story, line, look),
                "w:instrText" => {
                    if let Some(field) = story.fields.iter_mut().rev().find(|f| !f.in_result) {
                        field.instruction.push_str(&element.text());
                    }
                }
                "w:delText" | "w:delInstrText" => {
                    let place = story.place_as(Part::HiddenText);
                    self.hide(&element.text(), place);
                }
                "w:footnoteReference" => {
                    self.note(NoteKind::Footnote, element, story, line, look)?;
                }
                "w:endnoteReference" => self.note(NoteKind::Endnote, element, story, line, look)?,
                "w:drawing" | "w:pict" | "w:object" => {
                    if look.hidden || silent(story) {
                        let place = story.place_as(Part::HiddenText);
                        self.hide(&all_text(element), place);
                    } else {
                        self.drawing(element, story, line)?;
                    }
                }
                "mc:AlternateContent" => {
                    if let Some(branch) = chosen(element) {
                        self.run_content(branch, story, line, look)?;
                    }
                }
                "w:ruby" => {
                    for part in ["w:rubyBase", "w:rt"] {
                        let text = element.child(part).map(all_text).unwrap_or_default();
                        let shown = if part == "w:rt" && !text.is_empty() {
                            format!("({text})")
                        } else {
                            text
                        };
                        self.text(&shown, story, line, look);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str, story: &Story, line: &mut Line, look: &Look) {
        if text.is_empty() {
            return;
        }
        let in_instruction = story.fields.iter().any(|f| !f.in_result);
        if look.hidden || in_instruction {
            let place = story.place_as(Part::HiddenText);
            self.hide(text, place);
            return;
        }
        if silent(story) {
            return;
        }
        if story.published
            && let Some(language) = &look.language
        {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            if letters > 0 {
                *self.weights.entry(language.clone()).or_default() += letters;
            }
        }
        if let Some(Token::Piece(Inline::Text {
            text: last,
            style,
            language,
        })) = line.tokens.last_mut()
            && *style == look.style
            && *language == look.language
        {
            last.push_str(text);
            return;
        }
        line.tokens.push(Token::Piece(Inline::Text {
            text: text.to_owned(),
            style: look.style,
            language: look.language.clone(),
        }));
    }

    /// Characters of symbol fonts, by the common ones in use; others show as unknown, with a warning.
    fn symbol(&mut self, element: &Element, story: &Story) -> char {
        let code = element.attr("w:char");
        let code = code
            .and_then(|c| u32::from_str_radix(c, 16).ok())
            .unwrap_or(0);
        let known = match code {
            0xF0B7 | 0xF0A7 | 0xF06C | 0xF09F => '•',
            0xF0FE | 0xF053 | 0xF078 => '☒',
            0xF052 => '☑',
            0xF0A8 | 0xF06F | 0xF071 | 0xF0A3 => '☐',
            0xF0FC => '✓',
            0xF0FB => '✗',
            0xF0E0 | 0xF0AE => '→',
            0xF0DF => '←',
            0xF04A => '☺',
            0xF0B0 => '°',
            0xF0B1 => '±',
            0xF0A3..=0xF0A5 => '≤',
            0xF0B3 => '≥',
            0xF0B4 => '×',
            0xF06D => 'μ',
            0xF061 => 'α',
            0xF062 => 'β',
            0xF044 => 'Δ',
            0xF0D2 | 0xF0E2 => '®',
            0xF0D3 | 0xF0E3 => '©',
            0xF0D4 | 0xF0E4 => '™',
            0xE000..=0xF8FF => '\u{FFFD}',
            other => char::from_u32(other)
                .filter(|c| !c.is_control())
                .unwrap_or('\u{FFFD}'),
        };
        if known == '\u{FFFD}' {
            self.warn(
                "unknown_symbol",
                bilingual!(
                    "A character of a symbol font has no known equivalent.",
                    "Un caractère d’une police de symboles n’a pas d’équivalent connu."
                ),
                story.place(),
            );
        }
        known
    }

    fn field_character(
        &mut self,
        element: &Element,
        story: &mut Story,
        line: &mut Line,
        look: &Look,
    ) {
        match element.attr("w:fldCharType") {
            Some("begin") => {
                story.fields.push(Field::default());
                let checkbox = element
                    .child("w:ffData")
                    .and_then(|d| d.child("w:checkBox"));
                if let Some(checkbox) = checkbox {
                    let on = checkbox
                        .switch("w:checked")
                        .or_else(|| checkbox.switch("w:default"));
                    let sign = if on == Some(true) { "☒" } else { "☐" };
                    let field = story.fields.pop();
                    self.text(sign, story, line, look);
                    story.fields.extend(field);
                }
            }
            Some("separate") => self.separate(story, line),
            Some("end") => self.end_field(story, line),
            _ => {}
        }
    }

    /// The instruction is complete: decides what becomes of the result.
    fn separate(&mut self, story: &mut Story, line: &mut Line) {
        let in_contents =
            line.in_contents || story.fields.iter().any(|f| f.action == Action::Contents);
        let Some(mut field) = story.fields.pop() else {
            return;
        };
        if !field.in_result {
            field.in_result = true;
            field.action = fields::action(&field.instruction, in_contents);
            if matches!(&field.action, Action::Link(target) if target.len() > LONGEST_TARGET) {
                field.action = Action::Show;
            }
            if let Action::Link(target) = &field.action {
                line.tokens.push(Token::Open(target.clone()));
            }
            if field.action == Action::Refuse {
                self.warn(
                    "dropped_field",
                    bilingual!(
                        "A field that shows the file’s name or place was left out.",
                        "Un champ qui montre le nom ou l’emplacement du fichier a été omis."
                    ),
                    story.place(),
                );
            }
            self.keep_trace(&field.instruction, story);
        }
        story.fields.push(field);
    }

    fn end_field(&mut self, story: &mut Story, line: &mut Line) {
        let Some(field) = story.fields.pop() else {
            return;
        };
        if field.in_result {
            if matches!(field.action, Action::Link(_)) {
                line.tokens.push(Token::Close);
            }
            return;
        }
        self.keep_trace(&field.instruction, story);
        if let Action::Text(text) = fields::action(&field.instruction, false) {
            let style = TextStyle::default();
            let piece = Inline::Text {
                text,
                style,
                language: None,
            };
            line.tokens.push(Token::Piece(piece));
        }
    }

    /// At the end of a paragraph: links break at its end and go on in the next; an instruction that is still
    /// open is given up, so that a damaged field cannot swallow the rest of the document.
    pub(super) fn close_instructions(&mut self, story: &mut Story) {
        if story.fields.iter().all(|f| f.in_result) {
            return;
        }
        let open: Vec<Field> = std::mem::take(&mut story.fields);
        for field in open {
            if field.in_result {
                story.fields.push(field);
            } else {
                self.keep_trace(&field.instruction, story);
                self.warn(
                    "unclosed_field",
                    bilingual!(
                        "A field is not closed. Check the text after it.",
                        "Un champ n’est pas fermé. Vérifiez le texte qui le suit."
                    ),
                    story.place(),
                );
            }
        }
    }

    fn keep_trace(&mut self, instruction: &str, story: &Story) {
        let unit = |part| TextUnit {
            place: story.place_as(part),
            text: instruction.trim().to_owned(),
            labels: vec!["field".into()],
        };
        match fields::trace(instruction) {
            Trace::None => {}
            Trace::Text => self
                .document
                .hidden
                .instructions
                .push(unit(Part::HiddenText)),
            Trace::External => self.document.hidden.external_links.push(unit(Part::Link)),
        }
    }

    fn note(
        &mut self,
        kind: NoteKind,
        element: &Element,
        story: &Story,
        line: &mut Line,
        look: &Look,
    ) -> Result<(), DocumentError> {
        if look.hidden || silent(story) || !story.published {
            return Ok(());
        }
        let key = (kind, element.attr("w:id").unwrap_or("").to_owned());
        let next = self.note_order.len();
        if next as u64 >= self.limits.notes {
            return Err(DocumentError::limit("notes", self.limits.notes));
        }
        let index = *self.notes.entry(key.clone()).or_insert(next);
        if index == next {
            self.note_order.push(key);
        }
        line.tokens.push(Token::Piece(Inline::Note(index)));
        Ok(())
    }

    pub(super) fn equation(&mut self, element: &Element, story: &Story, line: &mut Line) {
        let text = linear(element);
        if text.trim().is_empty() {
            return;
        }
        self.warn(
            "equation_as_text",
            bilingual!(
                "An equation was written as plain text. Check that it reads right.",
                "Une équation a été écrite en texte simple. Vérifiez qu’elle se lit bien."
            ),
            story.place(),
        );
        let style = TextStyle::default();
        let piece = Inline::Text {
            text,
            style,
            language: None,
        };
        line.tokens.push(Token::Piece(piece));
    }

    /// Keeps a reference to another file.
    pub(super) fn external(&mut self, what: &str, element: &Element, story: &Story) {
        let id = element.attr("r:id").or_else(|| element.attr("r:link"));
        let Some(relation) = id.and_then(|id| self.relations.get(id)) else {
            return;
        };
        self.document.hidden.external_links.push(TextUnit {
            place: story.place_as(Part::Link),
            text: relation.target.clone(),
            labels: vec![what.to_owned()],
        });
    }
}

/// True while the result of a dropped field runs.
fn silent(story: &Story) -> bool {
    story
        .fields
        .iter()
        .any(|f| f.in_result && matches!(f.action, Action::Drop | Action::Refuse))
}

/// Nests what stands between the marks of a link; links within links are flattened, the outer one wins.
pub(super) fn nest(tokens: Vec<Token>) -> Vec<Inline> {
    let mut out = Vec::new();
    let mut link: Option<(String, Vec<Inline>)> = None;
    let mut depth = 0_usize;
    for token in tokens {
        match token {
            Token::Piece(inline) => match &mut link {
                Some((_, content)) => content.push(inline),
                None => out.push(inline),
            },
            Token::Open(target) => {
                depth += 1;
                if depth == 1 {
                    link = Some((target, Vec::new()));
                }
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    finish_link(link.take(), &mut out);
                }
            }
        }
    }
    finish_link(link, &mut out);
    out
}

fn finish_link(link: Option<(String, Vec<Inline>)>, out: &mut Vec<Inline>) {
    match link {
        Some((target, content)) if is_visible(&content) => {
            out.push(Inline::Link { target, content });
        }
        Some((_, content)) => out.extend(content),
        None => {}
    }
}
