//! Notes, sources, units and totals by the words they use, in English and French.
//!
//! Rule that must hold: every judgement looks at one text only; a word counts whole.

/// Words that column labels are made of, in lower case.
const LABEL_WORDS: &str = "name|nom|date|code|id|type|description|number|no|nombre|total|year|année|annee|\
    years|region|région|country|pays|province|territory|sex|gender|sexe|age|âge|\
    category|catégorie|unit|units|unité|value|valeur|count|status|state|city|county|\
    address|title|rank|percent|pct|rate|period|month|mois|quarter|trimestre|male|\
    female|hommes|femmes|men|women|average|amount|price|first|last|phone|email|\
    notes|comments|class|group|item|code(s)|area|population|all|both|change|min|max|\
    low|high|open|close|start|end|school|district|agency|program|source|indicator|\
    titre|statut|ville|adresse|taux|montant|prix|source(s)|programme";

/// True when the next character, if any, ends a word.
fn ends_word(rest: &str) -> bool {
    !rest
        .chars()
        .next()
        .is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// True when a text reads as a note rather than a label: `Note:`, `* …`, `1/ …`, `Source …`, `Veuillez …`.
pub(crate) fn is_note(text: &str) -> bool {
    /// Whole words.
    const WORDS: &str = "note|notes|nota|remarque|remarques|footnote|footnotes|source|sources|\
            n.b|nb|n.b.|s.v.p|include|includes|excludes";
    /// Beginnings.
    const STARTS: &str = "*|†|‡|§|—|©|please|veuillez|for more|for further|pour plus|pour de plus|\
            pour obtenir|email|e-mail|contact|prepared by|last updated|updated|\
            disclaimer|caution|abbreviation|legend|légende|symbol|copyright|http:|\
            https:|this |these |data source|data are|data is|ce |ces |cette |\
            les données|based on|x |-- |... |.. ";
    let lower = text.trim_start().to_lowercase();
    if STARTS.split('|').any(|start| lower.starts_with(start))
        || WORDS
            .split('|')
            .any(|word| lower.strip_prefix(word).is_some_and(ends_word))
    {
        return true;
    }
    let chars: Vec<char> = lower.chars().take(8).collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let space = |index: usize| usize::from(at(index).is_whitespace());
    // `1/ text`, `(2) text`, `12] text`
    let open = usize::from(at(0) == '(');
    let figures = (open..open + 2)
        .take_while(|&index| at(index).is_ascii_digit())
        .count();
    if figures > 0 {
        let mark = open + figures + space(open + figures);
        let next = mark + 1 + space(mark + 1);
        if "/)]".contains(at(mark))
            && (next < chars.len() || space(mark + 1) == 1)
            && !at(next).is_ascii_digit()
        {
            return true;
        }
    }
    let letter = at(open).is_ascii_lowercase();
    (letter && "/)".contains(at(open + 1)) && at(open + 2).is_whitespace())
        || (at(0).is_ascii_lowercase() && at(1) == ':' && at(2).is_whitespace())
        || ("-$%+".contains(at(0)) && at(1 + space(1)) == '=')
        || ("-–".contains(at(0)) && at(1).is_whitespace() && at(2).is_ascii_lowercase())
}

/// True when a line that starts with this text closes a table: `Notes`, `Source:`, `* …`.
pub(crate) fn closes_table(text: &str) -> bool {
    if text.starts_with(['*', '†', '‡']) {
        return true;
    }
    let lower = text.to_lowercase();
    let mut rest = lower.as_str();
    for _ in 0..2 {
        rest = rest
            .strip_prefix(|c: char| !c.is_alphanumeric())
            .unwrap_or(rest);
    }
    ["note", "source", "remarque", "footnote"]
        .iter()
        .any(|word| {
            rest.strip_prefix(word)
                .is_some_and(|tail| ends_word(tail.strip_prefix('s').unwrap_or(tail)))
        })
}

/// True for a note that names where the data come from.
pub(crate) fn is_source(text: &str) -> bool {
    let lower = text.to_lowercase();
    let start = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
    let start = start.strip_prefix("data ").unwrap_or(start);
    start
        .strip_prefix("source")
        .is_some_and(|tail| ends_word(tail.strip_prefix('s').unwrap_or(tail)))
}

/// True when a text reads as a unit: `$`, `(in thousands)`, `tonnes`, `$/kg`, `per cent`.
pub(crate) fn is_unit(text: &str) -> bool {
    const WORDS: &str = "thousand|thousands|million|millions|millier|milliers|billion|billions|\
            percent|per cent|number|nombre|dollar|dollars|ton|tons|tonne|tonnes|kg|\
            ha|acre|acres|bushel|bushels|cwt|unit|units|unité|unités|person|persons|\
            personnes|pct|kč|eur|euro|euros|usd|cad|lb|lbs|gallon|gallons|mw|gwh|\
            kwh|km|year|years|day|days|hour|hours|index|milliard|milliards|\
            pourcentage|pour cent|jours|heures|ans|litres|indice|cents";
    let lower = text.to_lowercase();
    let count = lower.chars().count();
    if lower.starts_with('(') && lower.ends_with(')') && (3..=42).contains(&count) {
        return true;
    }
    let plain = lower.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let mark = lower[..lower.len() - plain.len()]
        .chars()
        .position(|c| "$€£%‰#°".contains(c));
    if mark.is_some_and(|at| count - at - 1 <= 24) {
        return true;
    }
    if plain.starts_with(|c: char| c.is_ascii_digit())
        && plain
            .chars()
            .all(|c| c.is_ascii_digit() || ",. ".contains(c))
    {
        return true;
    }
    let named = plain
        .strip_prefix("in ")
        .or_else(|| plain.strip_prefix("en "))
        .unwrap_or(plain);
    if WORDS.split('|').any(|word| {
        named
            .strip_prefix(word)
            .is_some_and(|tail| ends_word(tail) && tail.chars().count() <= 24)
    }) {
        return true;
    }
    let sides: Vec<&str> = plain.split('/').collect();
    let side = |text: &str| {
        (1..=20).contains(&text.chars().count())
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || "_$%,. ".contains(c))
    };
    matches!(sides.as_slice(), [left, right] if side(left) && side(right))
}

/// True when a label says that its numbers are made from others: a total, a sum.
pub(crate) fn is_total(text: &str) -> bool {
    const WORDS: &str = "total|totals|totaux|subtotal|subtotals|all|both|overall|sum|ensemble|\
            tous|toutes|insgesamt";
    text.chars().count() <= 80
        && text
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| WORDS.split('|').any(|known| known == word))
}

/// True when a label says nothing but "total".
pub(crate) fn is_plain_total(text: &str) -> bool {
    const WORDS: &str = "total|totals|totaux|grand|général|overall|ensemble|sum";
    let lower = text.to_lowercase();
    let mut words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .peekable();
    words.peek().is_some() && words.all(|word| WORDS.split('|').any(|known| known == word))
}

/// Share of words in the labels of a line that column labels are made of.
pub(crate) fn label_words<'a>(texts: impl Iterator<Item = &'a str>) -> (usize, usize) {
    let (mut known, mut all) = (0, 0);
    for text in texts {
        let lower = text.to_lowercase();
        for word in lower.split(|c: char| !c.is_alphanumeric() && c != '_') {
            if !word.is_empty() {
                all += 1;
                known += usize::from(LABEL_WORDS.split('|').any(|label| label == word));
            }
        }
    }
    (known, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_units_and_totals() {
        for text in [
            "Notes:",
            "* Estimate",
            "1/ Simple average",
            "(a) first",
            "Source: Statistics",
            "a: b",
            "Veuillez noter",
            "— Please note",
            "2) text",
            "Data are rounded",
            "% = share",
        ] {
            assert!(is_note(text), "{text}");
        }
        for text in [
            "Notebook", "Canada", "10-14", "12", "Sex", "Alberta", "a", "(",
        ] {
            assert!(!is_note(text), "{text}");
        }
        for text in [
            "$",
            "(in thousands)",
            "tonnes",
            "$/kg",
            "per cent",
            "1 000",
            "% change",
        ] {
            assert!(is_unit(text), "{text}");
        }
        for text in ["Canada", "Total", "Number of persons who moved here lately"] {
            assert!(!is_unit(text), "{text}");
        }
        assert!(is_total("Nunavut - Total") && is_total("Sous-total") && !is_total("Totally"));
        assert!(is_plain_total("Total") && is_plain_total("Grand total"));
        assert!(!is_plain_total("Q1 Total") && !is_plain_total(""));
        assert!(closes_table("Notes:") && closes_table("Source : x") && !closes_table("Noted"));
        assert!(is_source("Source: IRCC") && is_source("Sources : x") && !is_source("Resource"));
    }
}
