//! Dates written out in words: "the third of March nineteen eighty-four", « trois mars mil neuf cent quatre-vingt-quatre ».
//!
//! Rule that must hold: day, month and year all stand there; two of the three are no date.

use super::{
    birth::month,
    reading::{Reading, is_word},
};

/// Numbers below a hundred, as the words that make them up.
const NUMBERS: &[&[u8]] = &[
    b"one",
    b"two",
    b"three",
    b"four",
    b"five",
    b"six",
    b"seven",
    b"eight",
    b"nine",
    b"ten",
    b"eleven",
    b"twelve",
    b"thirteen",
    b"fourteen",
    b"fifteen",
    b"sixteen",
    b"seventeen",
    b"eighteen",
    b"nineteen",
    b"twenty",
    b"thirty",
    b"forty",
    b"fifty",
    b"sixty",
    b"seventy",
    b"eighty",
    b"ninety",
    b"oh",
    b"un",
    b"une",
    b"deux",
    b"trois",
    b"quatre",
    b"cinq",
    b"sept",
    b"huit",
    b"neuf",
    b"dix",
    b"onze",
    b"douze",
    b"treize",
    b"quatorze",
    b"quinze",
    b"seize",
    b"vingt",
    b"vingts",
    b"trente",
    b"quarante",
    b"cinquante",
    b"soixante",
    b"septante",
    b"nonante",
];
/// Days as ordinals.
const ORDINALS: &[&[u8]] = &[
    b"first",
    b"second",
    b"third",
    b"fourth",
    b"fifth",
    b"sixth",
    b"seventh",
    b"eighth",
    b"ninth",
    b"tenth",
    b"eleventh",
    b"twelfth",
    b"thirteenth",
    b"fourteenth",
    b"fifteenth",
    b"sixteenth",
    b"seventeenth",
    b"eighteenth",
    b"nineteenth",
    b"twentieth",
    b"thirtieth",
    b"premier",
    b"1er",
];
/// Words between the parts, which count for nothing.
const SMALL: &[&[u8]] = &[
    b"of", b"de", b"the", b"day", b"and", b"et", b"in", b"an", b"l", b"year",
];

/// A word with its place.
#[derive(Clone, Copy)]
struct Token<'r> {
    start: usize,
    end: usize,
    word: &'r [u8],
}

/// Where dates in words begin and end.
pub(crate) fn dates(reading: &Reading) -> Vec<(usize, usize)> {
    let tokens = tokens(reading);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if month(token.word).is_none() {
            continue;
        }
        let before = day_before(&tokens, at);
        let mut next = skip(&tokens, at + 1);
        let mut day = before;
        if day.is_none() {
            // "March third, nineteen …"
            let end = day_after(&tokens, next);
            if end > next {
                day = Some(at);
                next = skip(&tokens, end);
            }
        }
        let Some(first) = day.and_then(|day| tokens.get(day)) else {
            continue;
        };
        let end = year(&tokens, next);
        if let Some(last) = end.checked_sub(1).and_then(|last| tokens.get(last))
            && end > next
        {
            found.push((first.start, last.end));
        }
    }
    found
}

fn tokens(reading: &Reading) -> Vec<Token<'_>> {
    let text = &reading.lower;
    let mut tokens = Vec::new();
    let mut start = None;
    for at in 0..=text.len() {
        let inside = text.get(at).is_some_and(|byte| is_word(*byte));
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                tokens.push(Token {
                    start: from,
                    end: at,
                    word: text.get(from..at).unwrap_or_default(),
                });
                start = None;
            }
            _ => {}
        }
    }
    tokens
}

fn is_number(word: &[u8]) -> bool {
    NUMBERS.contains(&word)
}

/// The index behind small words.
fn skip(tokens: &[Token<'_>], from: usize) -> usize {
    let small = tokens
        .iter()
        .skip(from)
        .take(3)
        .take_while(|token| SMALL.contains(&token.word));
    from + small.count()
}

/// The first token of a day before a month, its article included.
fn day_before(tokens: &[Token<'_>], month: usize) -> Option<usize> {
    let mut at = month;
    while at > 0
        && month - at < 2
        && tokens
            .get(at - 1)
            .is_some_and(|one| SMALL.contains(&one.word))
    {
        at -= 1;
    }
    let last = tokens.get(at.checked_sub(1)?)?.word;
    if !(is_number(last) || ORDINALS.contains(&last)) {
        return None;
    }
    at -= 1;
    while at > 0 && month - at < 6 && tokens.get(at - 1).is_some_and(|one| is_number(one.word)) {
        at -= 1;
    }
    let article = at > 0
        && tokens
            .get(at - 1)
            .is_some_and(|one| matches!(one.word, b"the" | b"le"));
    Some(if article { at - 1 } else { at })
}

/// The index behind a day after a month: "twenty-third", or digits.
fn day_after(tokens: &[Token<'_>], from: usize) -> usize {
    let Some(first) = tokens.get(from) else {
        return from;
    };
    if ORDINALS.contains(&first.word)
        || (first.word.len() <= 2 && first.word.iter().all(u8::is_ascii_digit))
    {
        return from + 1;
    }
    let tens = matches!(first.word, b"twenty" | b"thirty");
    let ordinal = tokens
        .get(from + 1)
        .is_some_and(|one| ORDINALS.contains(&one.word));
    if tens && ordinal { from + 2 } else { from }
}

/// The index behind a year; where it begins when there is none.
fn year(tokens: &[Token<'_>], from: usize) -> usize {
    let word = |at: usize| tokens.get(at).map_or(b"".as_slice(), |one| one.word);
    let head = match (word(from), word(from + 1), word(from + 2)) {
        (b"mil" | b"mille" | b"dix", b"huit" | b"neuf", b"cent" | b"cents") => 3,
        (b"eighteen" | b"nineteen", b"hundred", _)
        | (b"two", b"thousand", _)
        | (b"deux", b"mille", _) => 2,
        (b"eighteen" | b"nineteen", next, _) if is_number(next) => 1,
        (
            b"twenty",
            b"ten" | b"eleven" | b"twelve" | b"thirteen" | b"fourteen" | b"fifteen" | b"sixteen"
            | b"seventeen" | b"eighteen" | b"nineteen" | b"twenty",
            _,
        ) => 1,
        _ => return from,
    };
    let mut at = from + head;
    let mut count = 0;
    while count < 5
        && (is_number(word(at)) || (matches!(word(at), b"and" | b"et") && is_number(word(at + 1))))
    {
        at += 1;
        count += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let reading = Reading::new(text);
        let found = dates(&reading);
        let found = found.first().map(|&(start, end)| {
            let (start, end) = reading.original(start, end);
            &text[start..end]
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn dates_in_words() {
        for text in [
            "le trois mars mil neuf cent quatre-vingt-quatre",
            "premier août deux mille un",
            "the third of March nineteen eighty-four",
            "the twenty-first day of May, two thousand and six",
            "March third, nineteen hundred and fifty",
            "June 3, nineteen oh five",
        ] {
            check(text, Some(text));
        }
        check(
            "née le dix mai mil neuf cent vingt à Lévis",
            Some("le dix mai mil neuf cent vingt"),
        );
        for text in [
            "three March winds",
            "March nineteen",
            "in May nineteen people came",
            "two may follow",
            "",
        ] {
            check(text, None);
        }
    }
}
