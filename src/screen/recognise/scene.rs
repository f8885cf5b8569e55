//! The surroundings of a place in a text: labels near it, its column and row, what its unit is called.
//!
//! Rule that must hold: a label does not reach over the end of a sentence, past another number, or out of its cell
//! or field.

use super::{
    field,
    layout::{Cell, Layout, within},
    reading::{Reading, is_letter, is_word},
    topics::{Hit, Topic},
};

/// How far a label reaches.
const REACH: usize = 140;
/// How many words may stand between a label and its value.
const WORDS: usize = 12;

/// What speaks for a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Support {
    /// A label before it in the same line, sentence or cell.
    Near,
    /// The header of its column.
    Column,
    /// The label of its row.
    Row,
    /// A label behind it: `130 692 544 (SIN)`.
    Behind,
    /// The text unit before it is a label.
    Previous,
    /// The name of the sheet.
    Sheet,
    /// Something says that it is another thing.
    Against,
    /// Nothing is known.
    None,
}

impl Support {
    /// True when something speaks for it.
    pub(crate) fn holds(self) -> bool {
        !matches!(self, Self::Against | Self::None)
    }

    /// The word for evidence.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Near | Self::Behind => "label",
            Self::Column => "column",
            Self::Row => "row",
            Self::Previous => "previous_text",
            Self::Sheet => "sheet",
            Self::Against => "other_label",
            Self::None => "form",
        }
    }
}

/// What surrounds the unit itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outer {
    /// What its labels say: column header, row label, name of a property.
    pub(crate) labels: Vec<Topic>,
    /// True when it has labels at all.
    pub(crate) labelled: bool,
    /// What the unit before it says, when that is a label.
    pub(crate) previous: Vec<Topic>,
    /// What the name of its sheet says.
    pub(crate) sheet: Vec<Topic>,
    /// True when the text is one cell.
    pub(crate) is_cell: bool,
}

/// A unit as recognisers see it.
pub(crate) struct Scene<'u> {
    pub(crate) reading: &'u Reading,
    pub(crate) hits: &'u [Hit],
    pub(crate) layout: &'u Layout,
    pub(crate) outer: &'u Outer,
    /// Where addresses of public domains stand.
    pub(crate) public: &'u [usize],
}

impl Scene<'_> {
    /// What speaks for one of some topics at a place.
    pub(crate) fn support(&self, wanted: &[Topic], start: usize, end: usize) -> Support {
        if self.behind(wanted, end) {
            return Support::Behind;
        }
        if let Some(cell) = self.layout.cell(start) {
            return self.in_cell(cell, wanted, start);
        }
        let near = self.near(wanted, start.saturating_sub(REACH), start);
        if let Some(found) = near {
            return found;
        }
        let counts = self.outer.labels.contains(&Topic::Count);
        if !counts && self.outer.labels.iter().any(|topic| wanted.contains(topic)) {
            return Support::Column;
        }
        if self.outer.labels.iter().any(|topic| blocks(*topic, wanted)) {
            return Support::Against;
        }
        // The unit before counts for what stands first in this one.
        let ahead = self.reading.slice(start.saturating_sub(24), start);
        let first = start <= 24 && !ahead.iter().any(|byte| is_letter(*byte));
        if first
            && !self.outer.labelled
            && self
                .outer
                .previous
                .iter()
                .any(|topic| wanted.contains(topic))
        {
            return Support::Previous;
        }
        if self.outer.is_cell && self.outer.sheet.iter().any(|topic| wanted.contains(topic)) {
            return Support::Sheet;
        }
        Support::None
    }

    fn in_cell(&self, cell: &Cell, wanted: &[Topic], start: usize) -> Support {
        if let Some(found) = self.near(wanted, cell.start, start) {
            return found;
        }
        let column = self.layout.column(cell);
        let counts = column.contains(&Topic::Count);
        if !counts && column.iter().any(|topic| wanted.contains(topic)) {
            return Support::Column;
        }
        if counts || column.iter().any(|topic| blocks(*topic, wanted)) {
            return Support::Against;
        }
        let mut label = within(self.hits, cell.row_start, cell.first_end).take(8);
        if cell.start > cell.row_start && label.any(|hit| wanted.contains(&hit.topic)) {
            return Support::Row;
        }
        if self.layout.is_known(cell) {
            return Support::None;
        }
        self.near(wanted, start.saturating_sub(REACH), start)
            .unwrap_or(Support::None)
    }

    /// A label before a place and not before `floor`.
    fn near(&self, wanted: &[Topic], floor: usize, start: usize) -> Option<Support> {
        if let Some((from, to)) = field::key(self.reading, start) {
            return Some(self.by_key(wanted, from, to));
        }
        let floor = floor.max(start.saturating_sub(REACH));
        let index = self.hits.partition_point(|hit| hit.start < start);
        let most = if wanted.first() == Some(&Topic::Birth) {
            3
        } else {
            4
        };
        let mut other: Option<(usize, Topic)> = None;
        let mut counted = false;
        for (at, hit) in self.hits.get(..index)?.iter().enumerate().rev().take(8) {
            if hit.start < floor {
                break;
            }
            if hit.end > start {
                continue;
            }
            if let Some((edge, topic)) = other {
                // `SIN / UCI: …`: labels that adjoin share what follows.
                let adjoins = hit.end <= edge && self.adjoin(hit.end, edge, topic);
                if adjoins && wanted.contains(&hit.topic) {
                    return Some(Support::Near);
                }
                if !adjoins {
                    break;
                }
                other = Some((hit.start, hit.topic));
                continue;
            }
            if !self.connected(hit.end, start, most) {
                break;
            }
            if wanted.contains(&hit.topic) {
                if self.is_taken(hit, start) {
                    break;
                }
                return Some(if counted || self.is_counted(at) {
                    Support::Against
                } else {
                    Support::Near
                });
            }
            counted |= hit.topic == Topic::Count;
            // A short word such as "form", "visa" or "call" names only what stands right behind it.
            let reach = match (hit.end - hit.start <= 9, hit.topic) {
                (true, _) => 6,
                (false, Topic::Other) => 24,
                (false, _) => REACH,
            };
            if blocks(hit.topic, wanted) && start - hit.end <= reach {
                other = Some((hit.start, hit.topic));
            }
        }
        other.map(|_| Support::Against)
    }

    /// What the name of a field says of its value; the last word of a name is its head: `sin_hash` is a hash.
    fn by_key(&self, wanted: &[Topic], from: usize, to: usize) -> Support {
        let mut found = Support::None;
        for hit in within(self.hits, from, to).take(8) {
            if wanted.contains(&hit.topic) {
                found = Support::Near;
            } else if matches!(hit.topic, Topic::Other | Topic::Count)
                || (found == Support::None && blocks(hit.topic, wanted))
            {
                found = Support::Against;
            }
        }
        found
    }

    /// True when the place is the value of a named field, or in a cell of a table with a header.
    pub(crate) fn has_own_label(&self, start: usize) -> bool {
        self.layout
            .cell(start)
            .is_some_and(|cell| self.layout.is_known(cell))
            || field::key(self.reading, start).is_some()
    }

    /// True when the column or the field of a place speaks of a topic.
    pub(crate) fn own_label_says(&self, topic: Topic, start: usize) -> bool {
        if let Some((from, to)) = field::key(self.reading, start) {
            return within(self.hits, from, to).any(|hit| hit.topic == topic);
        }
        self.layout
            .cell(start)
            .is_some_and(|cell| self.layout.column(cell).contains(&topic))
    }

    /// Whether a place in a table or record of clients is that of a client (true) or of an officer (false); nothing when
    /// its column or field does not say.
    pub(crate) fn is_of_client(&self, start: usize) -> Option<bool> {
        if !self.has_own_label(start) {
            return None;
        }
        if self.own_label_says(Topic::Relation, start) {
            return Some(true);
        }
        if self.own_label_says(Topic::Position, start) || self.own_label_says(Topic::Office, start)
        {
            return Some(false);
        }
        let field = field::key(self.reading, start).is_some();
        (field || self.layout.speaks_of(Topic::Relation)).then_some(true)
    }

    /// True when the last word before a place that says whose it is speaks of a client, not of an officer.
    pub(crate) fn follows_client(&self, start: usize) -> bool {
        let index = self.hits.partition_point(|hit| hit.start < start);
        let before = self.hits.get(..index).unwrap_or_default();
        before
            .iter()
            .rev()
            .take(16)
            .take_while(|hit| hit.start + 130 >= start)
            .find(|hit| matches!(hit.topic, Topic::Relation | Topic::Position))
            .is_some_and(|hit| hit.topic == Topic::Relation)
    }

    /// True for a label that belongs to a number before it: `130 692 544 (SIN) / …`, "367 280 211 NAS, dont …".
    fn is_taken(&self, hit: &Hit, start: usize) -> bool {
        let ahead = self.reading.slice(hit.start.saturating_sub(20), hit.start);
        let mut digits = 0;
        let mut bracket = false;
        for byte in ahead.iter().rev() {
            match byte {
                b'0'..=b'9' => digits += 1,
                b'(' | b'[' if digits == 0 => bracket = true,
                b' ' | b'-' | b'.' | b'\n' => {}
                _ => break,
            }
        }
        if digits < 5 {
            return false;
        }
        let between = self.reading.small(hit.end, start);
        let words = between
            .split(|byte| !is_word(*byte))
            .filter(|word| !word.is_empty());
        bracket || (words.count() >= 3 && !matches!(between.first(), Some(b':' | b'=' | b'#')))
    }

    /// True for the phrase in "number of SINs": what follows is a count.
    fn is_counted(&self, at: usize) -> bool {
        let (Some(hit), Some(before)) = (
            self.hits.get(at),
            at.checked_sub(1).and_then(|at| self.hits.get(at)),
        ) else {
            return false;
        };
        before.topic == Topic::Count && hit.start <= before.end + 6
    }

    /// True when a label reaches from its end to a value, with no more than some digits between.
    fn connected(&self, from: usize, to: usize, most: usize) -> bool {
        let between = self.reading.slice(from, to);
        let mut digits = 0;
        let mut words = 0;
        let mut inside = false;
        let mut tag = false;
        for (at, byte) in between.iter().enumerate() {
            let next = between.get(at + 1).copied().unwrap_or_default();
            match *byte {
                b'<' if next == b'/' || is_letter(next) => tag = true,
                b'>' if tag => tag = false,
                _ if tag => continue,
                b'.' | b'!' | b'?' | b'\n' if next == b' ' || next == b'\n' => {
                    let rest = between.get(at + 1..).unwrap_or_default();
                    let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n'));
                    let lines = blank.clone().filter(|byte| **byte == b'\n').count();
                    let then = rest.get(blank.count()).copied().unwrap_or_default();
                    if *byte == b'\n' && lines > 0 {
                        return false;
                    }
                    if *byte != b'\n' && then.is_ascii_uppercase() && at > 2 {
                        return false;
                    }
                }
                byte if byte.is_ascii_digit() => digits += 1,
                _ => {}
            }
            // A line end after a value: the next line has its own label.
            if *byte == b'\n' && words > 0 && at < 40 && next.is_ascii_uppercase() {
                return false;
            }
            let word = is_word(*byte);
            words += usize::from(word && !inside);
            inside = word;
        }
        digits <= most && words <= WORDS
    }

    /// True when only separators and small words stand between two labels: `SIN / UCI`, "SIN of the account holder".
    ///
    /// Before a word such as "lot" or "index" only a slash or "of" joins: a "SIN index" is an index.
    fn adjoin(&self, from: usize, to: usize, topic: Topic) -> bool {
        const SMALL: [&[u8]; 24] = [
            b"", b"and", b"et", b"or", b"ou", b"no", b"n", b"of", b"the", b"for", b"on", b"in",
            b"your", b"his", b"her", b"s", b"de", b"du", b"des", b"la", b"le", b"l", b"d", b"pour",
        ];
        const LINKS: [&[u8]; 7] = [b"of", b"for", b"on", b"de", b"du", b"des", b"pour"];
        let between = self.reading.small(from, to);
        if between.len() > 16
            || between
                .iter()
                .any(|byte| matches!(byte, b')' | b']' | b'<' | b'>' | b';' | b'}'))
        {
            return false;
        }
        let mut words = between.split(|byte| !is_word(*byte));
        let strict = topic == Topic::Other;
        let linked = between.contains(&b'/') || words.clone().any(|word| LINKS.contains(&word));
        (linked || !strict) && words.all(|word| SMALL.contains(&word))
    }

    /// A label behind a value, in brackets or as "is her SIN".
    fn behind(&self, wanted: &[Topic], end: usize) -> bool {
        let index = self.hits.partition_point(|hit| hit.start < end);
        let Some(hit) = self.hits.get(index) else {
            return false;
        };
        if !wanted.contains(&hit.topic) || hit.start > end + 30 {
            return false;
        }
        let between = self.reading.small(end, hit.start);
        if between.contains(&b'\n') || self.reading.slice(end, hit.start).contains(&b'\n') {
            return false;
        }
        let bracket = between.len() <= 4
            && between.iter().any(|byte| matches!(byte, b'(' | b'['))
            && between.iter().all(|byte| !is_word(*byte));
        // "… is her SIN", "… and that it is her SIN", "… qui est son NAS".
        let mut words = between
            .split(|byte| !is_word(*byte))
            .filter(|word| !word.is_empty())
            .skip_while(|word| {
                matches!(
                    *word,
                    b"and"
                        | b"that"
                        | b"it"
                        | b"this"
                        | b"which"
                        | b"et"
                        | b"que"
                        | b"qui"
                        | b"c"
                        | b"ce"
                )
            });
        let says = matches!(
            words.next(),
            Some(b"is" | b"was" | b"est" | b"etait" | b"as" | b"comme")
        ) && words.all(|word| {
            matches!(
                word,
                b"my"
                    | b"his"
                    | b"her"
                    | b"your"
                    | b"the"
                    | b"their"
                    | b"mon"
                    | b"son"
                    | b"votre"
                    | b"le"
                    | b"l"
                    | b"notre"
                    | b"a"
                    | b"un"
            )
        });
        bracket || says
    }

    /// True when a phrase of a topic begins within some bytes before a place or ends within some after it.
    pub(crate) fn around(
        &self,
        topic: Topic,
        start: usize,
        end: usize,
        ahead: usize,
        after: usize,
    ) -> bool {
        within(
            self.hits,
            start.saturating_sub(ahead),
            end.saturating_add(after),
        )
        .any(|hit| hit.topic == topic)
    }

    /// True when the value is one of an example: "sample SIN", "e.g. 130 …".
    pub(crate) fn is_sample(&self, start: usize, end: usize) -> bool {
        let from = start.saturating_sub(48);
        within(self.hits, from, start)
            .any(|hit| hit.topic == Topic::Sample && self.connected(hit.end, start, 4))
            || self.is_called_sample(end)
    }

    /// "… is an example", "… (specimen)", "… est l'exemple du guide" behind a value.
    fn is_called_sample(&self, end: usize) -> bool {
        within(self.hits, end, end + 32)
            .take(2)
            .filter(|hit| hit.topic == Topic::Sample)
            .any(|hit| {
                let between = self.reading.small(end, hit.start);
                let bracket = between.len() <= 3 && between.contains(&b'(');
                let mut words = between
                    .split(|byte| !is_word(*byte))
                    .filter(|word| !word.is_empty());
                let says = matches!(words.next(), Some(b"is" | b"est"))
                    && words.all(|word| {
                        matches!(
                            word,
                            b"a" | b"an"
                                | b"the"
                                | b"only"
                                | b"just"
                                | b"un"
                                | b"une"
                                | b"l"
                                | b"le"
                                | b"la"
                        )
                    });
                bracket || (says && between.len() <= 20)
            })
    }

    /// True when a public servant is named here: the surname stands in an address of a public domain close by, or a position
    /// and such an address do.
    pub(crate) fn is_official(&self, start: usize, end: usize, surname: &[u8]) -> bool {
        let from = self.public.partition_point(|at| *at + 200 < start);
        let mut close = self
            .public
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|at| **at < end + 320)
            .peekable();
        let any = close.peek().is_some();
        match self.is_of_client(start) {
            Some(true) => return false,
            Some(false) if any => return true,
            _ => {}
        }
        let named = surname.len() >= 2
            && close.take(8).any(|at| {
                self.reading
                    .small(at.saturating_sub(64), *at)
                    .windows(surname.len())
                    .any(|piece| piece == surname)
            });
        named || (any && self.around(Topic::Position, start, end, 60, 120))
    }

    /// True when an address of a public domain and a position stand close by: a signature block.
    pub(crate) fn in_signature(&self, start: usize, end: usize) -> bool {
        self.is_of_client(start) != Some(true)
            && self.near_public(start, end)
            && self.around(Topic::Position, start, end, 260, 120)
    }

    /// True when an address of a public domain stands close by.
    pub(crate) fn near_public(&self, start: usize, end: usize) -> bool {
        if self.is_of_client(start) == Some(true) {
            return false;
        }
        let from = self.public.partition_point(|at| *at + 160 < start);
        self.public.get(from).is_some_and(|at| *at < end + 200)
    }
}

/// True when a label of one topic says that a value is not of the wanted ones.
///
/// Values with letters are not taken for plain numbers, so their labels block only each other.
fn blocks(topic: Topic, wanted: &[Topic]) -> bool {
    if wanted.contains(&topic) {
        return false;
    }
    let lettered = |topic: Topic| {
        matches!(
            topic,
            Topic::Application
                | Topic::Passport
                | Topic::PrCard
                | Topic::Citizenship
                | Topic::Licence
                | Topic::Quebec
        )
    };
    let first = wanted.first().copied().unwrap_or(Topic::Other);
    match topic {
        Topic::Date => first == Topic::Birth,
        _ if first == Topic::Birth => false,
        // A telephone number beside a postal code says nothing about it.
        _ if matches!(first, Topic::Postal | Topic::Address | Topic::Ip) => topic == Topic::Other,
        Topic::Other => true,
        Topic::Name | Topic::Address | Topic::Email | Topic::Postal | Topic::Birth | Topic::Ip => {
            false
        }
        other => other.claims() && lettered(other) == lettered(first),
    }
}
