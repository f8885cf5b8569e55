//! Control words: destinations, definitions, paragraphs, tables, looks.

use super::{
    super::{
        super::{DocumentError, Inline, TextStyle},
        codepage,
        tree::add_note,
    },
    Group, MOST_DEFINITIONS, Paragraph, Reader, Style,
    groups::{Dest, Field, Picture, What},
    names::{character, info, is_looks, is_margin, language},
    story::{CellDef, Kind, RowDef},
};
use crate::domain::Part;

impl Reader<'_> {
    /// A control word. `first` when it may name the destination of its group, `starred` after `\*`.
    pub(super) fn word(
        &mut self,
        word: &str,
        number: Option<i32>,
        first: bool,
        starred: bool,
    ) -> Result<(), DocumentError> {
        match self.group().dest {
            Dest::Skip if first && word == "ud" => self.better_half(),
            Dest::Fonts => self.font(word, number.unwrap_or(0)),
            Dest::Styles => self.style(word, number.unwrap_or(0)),
            Dest::Lists => self.list(word, number.unwrap_or(0)),
            Dest::Info if first => self.info(word),
            Dest::Skip | Dest::Revisers | Dest::Info => {}
            dest => {
                if first && self.destination(word, dest, starred)? {
                    return Ok(());
                }
                if let Some(text) = character(word) {
                    self.put(text);
                } else if dest == Dest::Text {
                    if !self.structure(word, number)? {
                        self.looks(word, number);
                    }
                } else if matches!(word, "par" | "line") {
                    self.put("\n");
                } else {
                    self.picture_word(word, number);
                    self.looks(word, number);
                }
            }
        }
        Ok(())
    }

    /// Of a pair in two encodings, the one in Unicode goes where the pair stands.
    fn better_half(&mut self) {
        let outer = self.groups.len().checked_sub(3);
        let dest = outer
            .and_then(|at| self.groups.get(at))
            .map(|group| group.dest);
        self.group_mut().dest = dest.unwrap_or_default();
    }

    /// True when the word names the destination of its group.
    fn destination(
        &mut self,
        word: &str,
        dest: Dest,
        starred: bool,
    ) -> Result<bool, DocumentError> {
        let visible = dest == Dest::Text;
        if let Some(header) = is_margin(word) {
            self.open_story(if header { Kind::Header } else { Kind::Footer });
            return Ok(true);
        }
        match word {
            "fonttbl" => self.to(Dest::Fonts),
            "stylesheet" => self.to(Dest::Styles),
            "listtable" | "listoverridetable" => self.to(Dest::Lists),
            "revtbl" => self.to(Dest::Revisers),
            "info" => self.to(Dest::Info),
            "pgdsctbl" | "userprops" | "picprop" | "shpinst" | "do" | "background" | "sp" => {
                self.to(Dest::Shape);
            }
            "upr" | "pn" | "nonesttables" | "atnid" | "atnref" | "atntime" | "atndate"
            | "atnparent" | "atnicn" | "atrfstart" | "atrfend" => self.to(Dest::Skip),
            "generator" => self.capture(What::Property("Application")),
            "template" => self.capture(What::Template),
            "propname" => self.capture(What::CustomName),
            "staticval" => self.capture(What::CustomValue),
            "sn" => self.capture(What::ShapeName),
            "sv" => self.capture(What::ShapeValue),
            "listtext" | "pntext" => self.capture(What::Label),
            "bkmkstart" => self.capture(What::Bookmark),
            "atnauthor" => self.capture(What::CommentAuthor),
            "objclass" => self.capture(What::ObjectClass),
            "objdata" => self.capture(What::ObjectData),
            "xe" | "tc" | "tcn" | "rxe" | "txe" | "shprslt" => {
                self.capture(What::Unknown(word.to_owned()));
            }
            "annotation" => self.open_story(Kind::Comment),
            "footnote" if visible => self.footnote()?,
            "shptxt" | "dptxbxtext" => self.open_story(Kind::TextBox),
            "pict" => {
                self.picture = Picture::default();
                let of_shape = self
                    .captures
                    .last()
                    .is_some_and(|capture| capture.what == What::ShapeValue);
                if dest == Dest::Captured && !of_shape {
                    self.to(Dest::Skip);
                } else {
                    self.capture(What::Picture);
                }
            }
            "field" => {
                let depth = self.groups.len();
                self.fields.push(Field::new(depth));
            }
            "fldinst" => self.capture(What::Instruction),
            "fldrslt" if visible => self.open_result(),
            // Groups that only old programs are to pass over.
            "shppict" | "nesttableprops" | "moMath" | "moMathPara" | "fldrslt" => {}
            _ if is_looks(word) || (word.starts_with('m') && word.ends_with("Pr")) => {
                self.to(Dest::Skip);
            }
            _ if starred => self.capture(What::Unknown(word.to_owned())),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn to(&mut self, dest: Dest) {
        self.group_mut().dest = dest;
    }

    fn footnote(&mut self) -> Result<(), DocumentError> {
        let group = self.group();
        if group.hidden || group.deleted {
            // The note goes with the text that refers to it.
            self.capture(What::Unknown("hidden note".to_owned()));
            return Ok(());
        }
        let note = add_note(self.draft)?;
        self.story().line.push(Inline::Note(note));
        self.open_story(Kind::Footnote(note));
        Ok(())
    }

    fn info(&mut self, word: &str) {
        match (info(word), word) {
            (Some(name), _) => self.capture(What::Property(name)),
            (None, "creatim" | "revtim" | "printim" | "buptim") => self.to(Dest::Skip),
            (None, _) => {}
        }
    }

    fn font(&mut self, word: &str, number: i32) {
        match word {
            "f" => self.font_now = number,
            "fcharset" => {
                let page = u32::try_from(number).ok().and_then(codepage::of_charset);
                if let Some(page) = page
                    && self.fonts.len() < MOST_DEFINITIONS
                {
                    self.fonts.insert(self.font_now, page);
                }
            }
            "cpg" => {
                if let Ok(page) = u32::try_from(number)
                    && self.fonts.len() < MOST_DEFINITIONS
                {
                    self.fonts.insert(self.font_now, page);
                }
            }
            _ => {}
        }
    }

    fn style(&mut self, word: &str, number: i32) {
        match word {
            "s" => self.style_number = Some(number),
            // Styles of characters, sections and tables.
            "cs" | "ds" | "ts" => self.style_number = None,
            "outlinelevel" => self.style_now.outline = Some(number),
            "sbasedon" => self.style_now.based_on = Some(number),
            _ => {}
        }
    }

    /// The end of a group within the style sheet or the list of reviewers.
    pub(super) fn end_definition(&mut self, dest: Dest) {
        let text = std::mem::take(&mut self.definition);
        let text = text.trim().trim_end_matches(';').trim();
        if dest == Dest::Revisers {
            if self.revisers.len() < MOST_DEFINITIONS {
                self.revisers.push(text.to_owned());
            }
            return;
        }
        let mut style = std::mem::take(&mut self.style_now);
        text.clone_into(&mut style.name);
        if let Some(number) = self.style_number.replace(0)
            && self.styles.len() < MOST_DEFINITIONS
            && !text.is_empty()
        {
            self.styles.insert(number, style);
        }
    }

    fn list(&mut self, word: &str, number: i32) {
        match word {
            "list" => self.list_levels.clear(),
            "listlevel" if self.list_levels.len() < 9 => self.list_levels.push(255),
            "levelnfc" => {
                if let Some(last) = self.list_levels.last_mut() {
                    *last = number;
                }
            }
            "listid" => {
                self.list_id = number;
                if !self.list_levels.is_empty() && self.lists.len() < MOST_DEFINITIONS {
                    let levels = std::mem::take(&mut self.list_levels);
                    self.lists.entry(number).or_insert(levels);
                }
            }
            "ls" if self.overrides.len() < MOST_DEFINITIONS => {
                self.overrides.insert(number, self.list_id);
            }
            _ => {}
        }
    }

    /// Words that end something, or define a row. True when it was one of them.
    fn structure(&mut self, word: &str, number: Option<i32>) -> Result<bool, DocumentError> {
        let value = number.unwrap_or(0);
        match word {
            "par" | "sect" | "page" | "column" => self.end_paragraph()?,
            "line" | "lbr" => {
                let group = self.group();
                if group.hidden || group.deleted {
                    self.put(" ");
                } else {
                    self.story().line.push(Inline::Break);
                }
            }
            "cell" | "nestcell" => {
                let depth = self.cell_depth(word == "nestcell");
                self.end_paragraph_at(depth)?;
                let story = self.stories.last_mut().expect("the body never closes");
                story.end_cell(depth, self.draft)?;
            }
            "row" | "nestrow" => {
                let depth = self.cell_depth(word == "nestrow");
                let story = self.stories.last_mut().expect("the body never closes");
                story.end_row(depth, &self.row, self.draft)?;
            }
            "trowd" => self.row = RowDef::default(),
            "trleft" => self.row.left = value,
            "trhdr" => self.row.header = true,
            "cellx" => self.row.end_cell(value),
            "clmrg" => self.row.next.merged = true,
            "clvmgf" => self.row.next.below_first = true,
            "clvmrg" => self.row.next.below = true,
            "clcbpat" | "clshdng" => self.row.next.shaded = value > 0,
            "tcelld" => self.row.next = CellDef::default(),
            "objautlink" | "objlink" | "objsub" => {
                let place = self.draft.here(Part::Embedded);
                self.draft.external("linked object", place, "object");
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn cell_depth(&self, nested: bool) -> usize {
        if nested { self.depth().max(2) } else { 1 }
    }

    fn picture_word(&mut self, word: &str, number: Option<i32>) {
        if matches!(word, "piccropl" | "piccropr" | "piccropt" | "piccropb") {
            self.picture.cropped |= number.is_some_and(|crop| crop > 0);
        }
    }

    /// Looks of characters and paragraphs.
    fn looks(&mut self, word: &str, number: Option<i32>) {
        let on = number != Some(0);
        let fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(0).min(16);
        let value = number.unwrap_or(0);
        let small = u8::try_from(value).unwrap_or(0).min(8);
        match word {
            "ansi" => self.default_page = 1252,
            "mac" => self.default_page = 10000,
            "pc" | "pca" => self.default_page = 437,
            "ansicpg" => {
                let page = u32::try_from(value).ok().filter(|page| *page > 0);
                self.default_page = page.unwrap_or(1252);
            }
            "deff" => self.default_font = value,
            _ => {}
        }
        let group: &mut Group = self.group_mut();
        let style = &mut group.style;
        match word {
            "b" => style.strong = on,
            "i" => style.emphasis = on,
            "strike" | "striked" => style.struck = on,
            "super" => (style.sup, style.sub) = (on, false),
            "sub" => (style.sup, style.sub) = (false, on),
            "nosupersub" => (style.sup, style.sub) = (false, false),
            "v" | "spv" => group.hidden = on,
            "deleted" => group.deleted = on,
            "revised" => group.inserted = on,
            "revauth" | "revauthdel" => {
                group.reviser = usize::try_from(value).unwrap_or(0);
            }
            "f" => group.font = number,
            "lang" => group.language = language(value),
            "uc" => group.fallback = Some(fallback),
            "plain" => {
                group.style = TextStyle::default();
                group.hidden = false;
                group.deleted = false;
                group.inserted = false;
                group.font = None;
            }
            "pard" => group.paragraph = Paragraph::default(),
            "s" => group.paragraph.style = value,
            "outlinelevel" => group.paragraph.outline = number,
            "ls" => group.paragraph.list = number,
            "ilvl" => group.paragraph.level = small,
            "intbl" => group.paragraph.in_table = true,
            "itap" => group.paragraph.depth = usize::try_from(value).ok(),
            _ => {}
        }
    }

    /// A style begins: nothing is known of it.
    pub(super) fn begin_definition(&mut self) {
        self.definition.clear();
        self.style_now = Style::default();
        self.style_number = Some(0);
    }
}
