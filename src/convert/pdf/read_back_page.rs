//! The text that a page shows, by the marks that tie it to the structure.

use std::collections::{BTreeMap, HashMap};

use hayro_syntax::{
    content::{TypedIter, ops::TypedInstruction},
    object::{self, Dict, Object, Stream},
    page::{Page, Resources},
};

use crate::read_back::{ReadError, text_string, utf16};

/// Forms within forms.
const FORMS: usize = 8;
/// Lines are apart by more than this, in points; raised and lowered text by less.
const LINE: f64 = 5.0;

/// Texts of pages.
#[derive(Default)]
pub(crate) struct Pieces {
    /// By page and mark.
    pub(crate) marked: BTreeMap<(usize, i32), String>,
    /// Outside of the structure, by page.
    pub(crate) loose: BTreeMap<usize, String>,
}

/// Reads the text of a page.
pub(crate) fn read_page(
    page: &Page<'_>,
    number: usize,
    pieces: &mut Pieces,
) -> Result<(), ReadError> {
    let mut reader = Reader {
        number,
        pieces,
        marks: Vec::new(),
        line: f64::MIN,
    };
    reader.content(&mut page.typed_operations(), page.resources(), IDENTITY, 0)
}

/// A mark around content.
struct Mark {
    id: Option<i32>,
    /// The text is given; glyphs within do not count.
    replaced: bool,
}

struct Reader<'p> {
    number: usize,
    pieces: &'p mut Pieces,
    marks: Vec<Mark>,
    /// Height of the line before.
    line: f64,
}

type Matrix = [f64; 6];
const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

fn multiply(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

impl Reader<'_> {
    fn content(
        &mut self,
        operations: &mut TypedIter<'_>,
        resources: &Resources<'_>,
        start: Matrix,
        depth: usize,
    ) -> Result<(), ReadError> {
        let mut fonts: HashMap<Vec<u8>, Characters> = HashMap::new();
        let mut font: Vec<u8> = Vec::new();
        let (mut page, mut saved) = (start, Vec::new());
        let mut text = IDENTITY;
        while let Some(operation) = operations.next() {
            match operation {
                TypedInstruction::SaveState(_) => saved.push(page),
                TypedInstruction::RestoreState(_) => page = saved.pop().unwrap_or(start),
                TypedInstruction::Transform(t) => {
                    let matrix = [t.0, t.1, t.2, t.3, t.4, t.5].map(|n| n.as_f64());
                    page = multiply(matrix, page);
                }
                TypedInstruction::BeginText(_) => text = IDENTITY,
                TypedInstruction::SetTextMatrix(t) => {
                    text = [t.0, t.1, t.2, t.3, t.4, t.5].map(|n| n.as_f64());
                }
                TypedInstruction::NextLine(t) => {
                    text = multiply([1.0, 0.0, 0.0, 1.0, t.0.as_f64(), t.1.as_f64()], text);
                }
                TypedInstruction::NextLineAndSetLeading(t) => {
                    text = multiply([1.0, 0.0, 0.0, 1.0, t.0.as_f64(), t.1.as_f64()], text);
                }
                TypedInstruction::NextLineUsingLeading(_) => self.line = f64::MIN,
                TypedInstruction::TextFont(f) => {
                    font = f.0.to_vec();
                    if !fonts.contains_key(&font) {
                        let dict = resources.get_font(f.0).ok_or(ReadError::Invalid)?;
                        fonts.insert(font.clone(), Characters::of(&dict)?);
                    }
                }
                TypedInstruction::ShowText(t) => {
                    self.show(t.0.as_bytes(), fonts.get(&font), multiply(text, page))?;
                }
                TypedInstruction::NextLineAndShowText(t) => {
                    self.line = f64::MIN;
                    self.show(t.0.as_bytes(), fonts.get(&font), multiply(text, page))?;
                }
                TypedInstruction::ShowTextWithParameters(t) => {
                    self.line = f64::MIN;
                    self.show(t.2.as_bytes(), fonts.get(&font), multiply(text, page))?;
                }
                TypedInstruction::ShowTexts(t) => {
                    let mut run = Vec::new();
                    for piece in t.0.iter::<Object<'_>>() {
                        if let Object::String(piece) = piece {
                            run.extend_from_slice(piece.as_bytes());
                        }
                    }
                    self.show(&run, fonts.get(&font), multiply(text, page))?;
                }
                TypedInstruction::BeginMarkedContent(_) => self.marks.push(Mark {
                    id: None,
                    replaced: false,
                }),
                TypedInstruction::BeginMarkedContentWithProperties(m) => match m.1 {
                    Object::Dict(dict) => self.begin(Some(dict)),
                    Object::Name(name) => {
                        let dict = resources.properties.get::<Dict<'_>>(&**name);
                        self.begin(dict.as_ref());
                    }
                    _ => self.begin(None),
                },
                TypedInstruction::EndMarkedContent(_) => {
                    self.marks.pop();
                }
                TypedInstruction::XObject(x) => {
                    if let Some(form) = resources.get_x_object(x.0) {
                        self.form(&form, resources, page, depth)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn form<'a>(
        &mut self,
        form: &Stream<'a>,
        resources: &Resources<'a>,
        page: Matrix,
        depth: usize,
    ) -> Result<(), ReadError> {
        let dict = form.dict();
        let is_form = dict
            .get::<object::Name<'_>>("Subtype")
            .is_some_and(|kind| *kind == *b"Form");
        if !is_form {
            return Ok(());
        }
        if depth >= FORMS {
            return Err(ReadError::Invalid);
        }
        let data = form.decoded().map_err(|_| ReadError::Invalid)?;
        let own = dict.get::<Dict<'a>>("Resources").unwrap_or_default();
        let resources = Resources::from_parent(own, resources.clone());
        self.content(&mut TypedIter::new(&data), &resources, page, depth + 1)
    }

    fn begin(&mut self, dict: Option<&Dict<'_>>) {
        let id = dict.and_then(|dict| dict.get::<i32>("MCID"));
        let given = dict.and_then(|dict| dict.get::<object::String<'_>>("ActualText"));
        let replaced = self.marks.last().is_some_and(|mark| mark.replaced);
        let text = given
            .as_ref()
            .filter(|_| !replaced)
            .map(|text| text_string(text.as_bytes()));
        self.marks.push(Mark {
            id,
            replaced: replaced || given.is_some(),
        });
        if let Some(text) = text {
            self.push(&text);
        }
    }

    fn show(
        &mut self,
        bytes: &[u8],
        font: Option<&Characters>,
        at: Matrix,
    ) -> Result<(), ReadError> {
        if self.marks.last().is_some_and(|mark| mark.replaced) {
            return Ok(());
        }
        let text = font.ok_or(ReadError::Unmapped)?.decode(bytes)?;
        if (at[5] - self.line).abs() > LINE {
            // A line ends where a space could stand.
            self.push(" ");
            self.line = at[5];
        }
        self.push(&text);
        Ok(())
    }

    fn push(&mut self, text: &str) {
        let id = self.marks.iter().rev().find_map(|mark| mark.id);
        let piece = match id {
            Some(id) => self.pieces.marked.entry((self.number, id)).or_default(),
            None => self.pieces.loose.entry(self.number).or_default(),
        };
        piece.push_str(text);
    }
}

/// Which characters the codes of a font stand for (its `ToUnicode` map: ISO 32000-1, 9.10.3).
struct Characters {
    /// Bytes of a code.
    width: usize,
    map: HashMap<u32, String>,
}

impl Characters {
    fn of(font: &Dict<'_>) -> Result<Self, ReadError> {
        let stream = font
            .get::<Stream<'_>>("ToUnicode")
            .ok_or(ReadError::Unmapped)?;
        let data = stream.decoded().map_err(|_| ReadError::Invalid)?;
        Ok(Self::parse(&String::from_utf8_lossy(&data)))
    }

    fn parse(text: &str) -> Self {
        let mut characters = Self {
            width: 1,
            map: HashMap::new(),
        };
        let mut numbers: Vec<Vec<u8>> = Vec::new();
        let mut list: Option<Vec<Vec<u8>>> = None;
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| !c.is_whitespace()) {
            rest = &rest[at..];
            let end = match rest.as_bytes()[0] {
                b'<' if !rest.starts_with("<<") => rest.find('>').map_or(rest.len(), |at| at + 1),
                b'[' | b']' => 1,
                _ => rest
                    .char_indices()
                    .skip(1)
                    .find(|(_, c)| c.is_whitespace() || matches!(c, '<' | '[' | ']'))
                    .map_or(rest.len(), |(at, _)| at),
            };
            let (token, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            rest = after;
            match token {
                "begincodespacerange" | "beginbfchar" | "beginbfrange" => numbers.clear(),
                "[" => list = Some(Vec::new()),
                "]" => {
                    characters.range_of_list(&numbers, list.take().unwrap_or_default());
                    numbers.clear();
                }
                "endcodespacerange" => {
                    characters.width = numbers.first().map_or(1, Vec::len).clamp(1, 4);
                }
                "endbfchar" => {
                    for pair in numbers.chunks_exact(2) {
                        characters.map.insert(number(&pair[0]), utf16(&pair[1]));
                    }
                    numbers.clear();
                }
                "endbfrange" => {
                    for range in numbers.chunks_exact(3) {
                        characters.range(range);
                    }
                    numbers.clear();
                }
                token => {
                    if let Some(hex) = token.strip_prefix('<').and_then(|t| t.strip_suffix('>')) {
                        match &mut list {
                            Some(list) => list.push(bytes_of(hex)),
                            None => numbers.push(bytes_of(hex)),
                        }
                    }
                }
            }
        }
        characters
    }

    fn range(&mut self, range: &[Vec<u8>]) {
        let (first, last) = (number(&range[0]), number(&range[1]));
        let start = utf16(&range[2]);
        let Some(base) = start.chars().next_back() else {
            return;
        };
        let head = &start[..start.len() - base.len_utf8()];
        for code in first..=last.min(first.saturating_add(0xFFFF)) {
            if let Some(c) = char::from_u32(u32::from(base) + (code - first)) {
                self.map.insert(code, format!("{head}{c}"));
            }
        }
    }

    /// A range with its texts one by one; ranges before it are complete.
    fn range_of_list(&mut self, numbers: &[Vec<u8>], texts: Vec<Vec<u8>>) {
        let Some(split) = numbers.len().checked_sub(2) else {
            return;
        };
        for range in numbers[..split].chunks_exact(3) {
            self.range(range);
        }
        let first = number(&numbers[split]);
        for (code, text) in (first..).zip(texts) {
            self.map.insert(code, utf16(&text));
        }
    }

    fn decode(&self, bytes: &[u8]) -> Result<String, ReadError> {
        let mut glyphs = Vec::new();
        for code in bytes.chunks(self.width) {
            let known = self.map.get(&number(code)).ok_or(ReadError::Unmapped)?;
            glyphs.push(known.as_str());
        }
        // Glyphs stand from left to right, whichever way they are read.
        if glyphs.iter().any(|text| text.contains(reads_leftwards)) {
            glyphs.reverse();
        }
        Ok(glyphs.concat())
    }
}

fn reads_leftwards(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{1E800}'..='\u{1EFFF}')
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number: u32, byte| (number << 8) | u32::from(*byte))
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|c| c.to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4) | pair.get(1).copied().unwrap_or(0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_read() {
        let map = Characters::parse(
            "/CMapName /x def 1 begincodespacerange <0000> <ffff> endcodespacerange\n\
             2 beginbfchar <0001> <0041> <0002> <00660069> endbfchar\n\
             2 beginbfrange <0010> <0012> <0061> <0020> <0021> [<0078> <0079>] endbfrange",
        );
        let check = |bytes: &[u8], expect: &str| assert_eq!(map.decode(bytes).unwrap(), expect);
        check(&[0, 1, 0, 2], "Afi");
        check(&[0, 0x10, 0, 0x12], "ac");
        check(&[0, 0x20, 0, 0x21], "xy");
        assert!(map.decode(&[0, 9]).is_err());
        assert!(Characters::parse("<").map.is_empty());
        assert!(Characters::parse("[ ] é<41").map.is_empty());
    }
}
