//! Runs of digits, and numbers made of neighbouring runs.
//!
//! Rule that must hold: a number is read from at most twenty digits, so that the work on each run is bounded.

use super::reading::{Reading, is_word};

/// Most digits a number has.
pub(crate) const MAX_DIGITS: usize = 20;

/// What stands between two runs of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// One to three spaces.
    Space,
    /// A hyphen or underscore, with spaces or without.
    Dash,
    /// A full stop.
    Dot,
    /// A line end, with what marks quoted mail.
    Wrap,
    /// A slash.
    Slash,
    /// Borders of the boxes of a form.
    Box,
    /// Anything else: not one number.
    Apart,
}

/// A run of digits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What stands before the next run.
    pub(crate) gap: Gap,
}

impl Run {
    fn len(&self) -> usize {
        self.end - self.start
    }
}

/// A number made of runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Index behind its last run.
    pub(crate) next: usize,
    digits: [u8; MAX_DIGITS],
    count: usize,
    lens: [usize; MAX_DIGITS],
    gaps: [Gap; MAX_DIGITS],
    runs: usize,
    /// True when one more single digit follows in the same manner.
    more: bool,
}

impl Number {
    /// The digits, as numbers.
    pub(crate) fn digits(&self) -> &[u8] {
        self.digits.get(..self.count).unwrap_or_default()
    }

    /// How long each run is.
    pub(crate) fn shape(&self) -> &[usize] {
        self.lens.get(..self.runs).unwrap_or_default()
    }

    /// What stands between the runs.
    pub(crate) fn gaps(&self) -> &[Gap] {
        self.gaps
            .get(..self.runs.saturating_sub(1))
            .unwrap_or_default()
    }

    /// True when all gaps are alike, line wraps aside.
    pub(crate) fn is_even(&self) -> bool {
        let mut seen = None;
        self.gaps()
            .iter()
            .filter(|gap| **gap != Gap::Wrap)
            .all(|gap| {
                let same = seen.is_none_or(|before| before == *gap);
                seen = Some(*gap);
                same
            })
    }

    /// True when each digit stands by itself, as in boxes or scanned text.
    pub(crate) fn is_spelled(&self) -> bool {
        self.runs > 2 && !self.more && self.shape().iter().all(|len| *len == 1)
    }

    /// True when the gaps are those of one number: no slashes, and boxes only around single digits.
    pub(crate) fn is_plain(&self) -> bool {
        let boxes = self.is_spelled();
        self.gaps().iter().all(|gap| match gap {
            Gap::Space | Gap::Dash | Gap::Dot | Gap::Wrap => true,
            Gap::Box => boxes,
            Gap::Slash | Gap::Apart => false,
        })
    }

    /// True when it has one of the shapes, or is written digit by digit.
    pub(crate) fn has_shape(&self, shapes: &[&[usize]]) -> bool {
        self.is_spelled() || shapes.contains(&self.shape())
    }

    /// True when it has one of the shapes once the ends of lines within it are taken away.
    pub(crate) fn has_wrapped_shape(&self, shapes: &[&[usize]]) -> bool {
        if !self.gaps().contains(&Gap::Wrap) {
            return false;
        }
        let mut joined: Vec<usize> = Vec::with_capacity(self.runs);
        let mut wrapped = false;
        for (len, gap) in self.shape().iter().zip(self.gaps.iter()) {
            match joined.last_mut() {
                Some(last) if wrapped => *last += len,
                _ => joined.push(*len),
            }
            wrapped = *gap == Gap::Wrap;
        }
        shapes.contains(&joined.as_slice())
    }

    /// The last `count` digits, for masks.
    pub(crate) fn tail(&self, count: usize) -> String {
        let digits = self.digits();
        digits
            .get(digits.len().saturating_sub(count)..)
            .unwrap_or_default()
            .iter()
            .map(|digit| char::from(b'0' + digit))
            .collect()
    }
}

/// The runs of digits of a text.
pub(crate) struct Numbers {
    pub(crate) runs: Vec<Run>,
}

impl Numbers {
    /// Finds the runs in one pass.
    pub(crate) fn new(reading: &Reading) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        let mut start = None;
        for (at, byte) in reading.cased.iter().enumerate() {
            if byte.is_ascii_digit() {
                if start.is_none() {
                    if let Some(last) = runs.last_mut() {
                        last.gap = gap(reading, last.end, at);
                    }
                    start = Some(at);
                }
            } else if let Some(start) = start.take() {
                runs.push(Run {
                    start,
                    end: at,
                    gap: Gap::Apart,
                });
            }
        }
        if let Some(start) = start {
            runs.push(Run {
                start,
                end: reading.len(),
                gap: Gap::Apart,
            });
        }
        Self { runs }
    }

    /// The number of so many digits that begins with a run and ends with one; nothing when runs do not add up to it.
    pub(crate) fn of_length(
        &self,
        reading: &Reading,
        first: usize,
        total: usize,
    ) -> Option<Number> {
        self.collect(first, |count, _| count >= total)
            .filter(|number| number.count == total)
            .map(|number| filled(reading, number))
    }

    /// The number made of so many runs.
    pub(crate) fn of_runs(&self, reading: &Reading, first: usize, count: usize) -> Option<Number> {
        self.collect(first, |_, runs| runs >= count)
            .filter(|number| number.runs == count)
            .map(|number| filled(reading, number))
    }

    fn collect(&self, first: usize, enough: impl Fn(usize, usize) -> bool) -> Option<Number> {
        let head = self.runs.get(first)?;
        let mut number = Number {
            start: head.start,
            end: head.end,
            next: first,
            digits: [0; MAX_DIGITS],
            count: 0,
            lens: [0; MAX_DIGITS],
            gaps: [Gap::Apart; MAX_DIGITS],
            runs: 0,
            more: false,
        };
        for run in self.runs.get(first..)?.iter().take(MAX_DIGITS) {
            if number.count + run.len() > MAX_DIGITS {
                return None;
            }
            *number.lens.get_mut(number.runs)? = run.len();
            *number.gaps.get_mut(number.runs)? = run.gap;
            number.runs += 1;
            number.count += run.len();
            number.end = run.end;
            number.next += 1;
            if enough(number.count, number.runs) {
                let next = self.runs.get(number.next);
                number.more = matches!(run.gap, Gap::Space | Gap::Box | Gap::Dash)
                    && next.is_some_and(|next| next.len() == 1);
                return Some(number);
            }
            if run.gap == Gap::Apart {
                return None;
            }
        }
        None
    }
}

/// The same number with its digits filled in from the text.
fn filled(reading: &Reading, mut number: Number) -> Number {
    let bytes = reading.slice(number.start, number.end).iter();
    let digits = bytes.filter(|byte| byte.is_ascii_digit());
    for (slot, byte) in number.digits.iter_mut().zip(digits) {
        *slot = byte - b'0';
    }
    number
}

fn gap(reading: &Reading, start: usize, end: usize) -> Gap {
    let between = reading.slice(start, end);
    if between.len() > 8 {
        return Gap::Apart;
    }
    if between.contains(&b'\n') {
        let lines = between.split(|byte| *byte == b'\n').count() - 1;
        let plain = between
            .iter()
            .all(|byte| matches!(byte, b'\n' | b' ' | b'>' | b'-' | b'='));
        return if plain && lines == 1 {
            Gap::Wrap
        } else {
            Gap::Apart
        };
    }
    if between.iter().all(|byte| *byte == b' ') {
        return if between.len() <= 3 {
            Gap::Space
        } else {
            Gap::Apart
        };
    }
    // `(613) 555`, `1 (613)`: the area code in brackets; `0x1F` is what is left of the marks of a cheque.
    let brackets = between
        .iter()
        .all(|byte| matches!(byte, b'(' | b')' | b' ' | b'-'));
    if brackets && between.len() <= 3 && between.iter().any(|byte| matches!(byte, b'(' | b')')) {
        return Gap::Space;
    }
    if between.iter().all(|byte| matches!(byte, 0x1F | b' ')) {
        return Gap::Dash;
    }
    let mut marks = between.iter().filter(|byte| **byte != b' ');
    match (marks.next(), marks.next(), marks.next()) {
        (Some(b'-' | b'_'), None, _) if between.len() <= 3 => Gap::Dash,
        (Some(b'.'), None, _) if between.len() == 1 => Gap::Dot,
        (Some(b'/'), None, _) if between.len() <= 3 => Gap::Slash,
        (Some(b'|'), None, _) | (Some(b']'), Some(b'['), None) => Gap::Box,
        _ => Gap::Apart,
    }
}

/// True when a number is not the middle of a longer number, word, decimal or amount.
pub(crate) fn stands_alone(reading: &Reading, start: usize, end: usize) -> bool {
    let before = reading.before(start);
    let earlier = reading.before(start.saturating_sub(1));
    let after = reading.byte(end);
    let later = reading.byte(end + 1);
    let joins = |byte: u8| matches!(byte, b'.' | b'-');
    !(is_word(before)
        || before == b'$'
        || (joins(before) && start > 1 && earlier.is_ascii_digit())
        || is_word(after)
        || after == b'%'
        || is_amount(reading, end)
        || (joins(after) && later.is_ascii_digit()))
}

/// `574 999 264 $`, "512 000 000 people": what stands behind a number makes it a quantity.
fn is_amount(reading: &Reading, end: usize) -> bool {
    const UNITS: [&[u8]; 11] = [
        b"dollars",
        b"people",
        b"personnes",
        b"persons",
        b"habitants",
        b"residents",
        b"bytes",
        b"octets",
        b"euros",
        b"times",
        b"fois",
    ];
    let Some(rest) = reading.small(end, end + 14).strip_prefix(b" ") else {
        return false;
    };
    if let [b'$' | b'%', more @ ..] = rest {
        return !more.first().is_some_and(u8::is_ascii_digit);
    }
    UNITS.iter().any(|unit| {
        rest.strip_prefix(*unit)
            .is_some_and(|more| !more.first().is_some_and(|byte| is_word(*byte)))
    })
}

/// Luhn's check.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(
            |(position, digit)| match (position % 2, u32::from(*digit)) {
                (0, digit) => digit,
                (_, digit) if digit > 4 => digit * 2 - 9,
                (_, digit) => digit * 2,
            },
        )
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}
