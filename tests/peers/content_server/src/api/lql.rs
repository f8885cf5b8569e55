//! The little of the search language that clients use.
//!
//! Regions with `:` or a comparison, `[qlregion "…"]`, `qlrange "a~b"`, words, `AND`, `OR`, `NOT`, `AND-NOT`, parentheses. Rule that must
//! hold: dates are whole days; there is no telling of hours.

use crate::world::Indexed;

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Query {
    All(Vec<Query>),
    Any(Vec<Query>),
    Not(Box<Query>),
    /// A word or phrase, in the name or the text; in lower case.
    Word(String),
    /// A region, a comparison (`=`, `!=`, `<`, `<=`, `>`, `>=`, `~` for a range) and a value.
    Region(String, &'static str, String),
}

impl Query {
    /// Whether an entry fits; `day` is its date as `YYYYMMDD`.
    pub(super) fn fits(&self, entry: &Indexed, day: &str) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.fits(entry, day)),
            Self::Any(all) => all.iter().any(|one| one.fits(entry, day)),
            Self::Not(one) => !one.fits(entry, day),
            Self::Word(word) => {
                entry.name.to_lowercase().contains(word) || entry.text.contains(word)
            }
            Self::Region(region, how, value) => region_fits(entry, day, region, how, value),
        }
    }
}

fn region_fits(entry: &Indexed, day: &str, region: &str, how: &str, value: &str) -> bool {
    match region.to_lowercase().as_str() {
        "otname" => {
            let name = entry.name.to_lowercase();
            let value = value.to_lowercase();
            match value.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name.contains(&value),
            }
        }
        "otlocation" => value
            .parse()
            .is_ok_and(|place: i64| entry.location.contains(&place)),
        "otsubtype" => compared(&format!("{:06}", entry.kind), how, &padded(value)),
        "otmodifydate" | "otobjectdate" | "otfiledate" => compared(day, how, value),
        "otmimetype" => entry.mime_type.as_deref() == Some(value),
        _ => false,
    }
}

fn padded(value: &str) -> String {
    format!("{:06}", value.parse::<i64>().unwrap_or(-1))
}

fn compared(left: &str, how: &str, right: &str) -> bool {
    match how {
        "!=" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        "~" => right.split_once('~').is_some_and(|(low, high)| {
            (low.is_empty() || left >= low) && (high.is_empty() || left <= high)
        }),
        _ => left == right,
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Colon,
    Compare(&'static str),
    Quoted(String),
    Bare(String),
    Region(String),
}

/// Reads a query.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Err("nothing to look for".to_owned());
    }
    let mut reader = Reader { tokens, next: 0 };
    let query = reader.any()?;
    if reader.next < reader.tokens.len() {
        return Err("unexpected end of expression".to_owned());
    }
    Ok(query)
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let letters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        let following = letters.get(at + 1).copied();
        match letter {
            '(' => found.push(Token::Open),
            ')' => found.push(Token::Close),
            ':' => found.push(Token::Colon),
            '=' => found.push(Token::Compare("=")),
            '!' | '<' | '>' => {
                let with_equals = following == Some('=');
                found.push(Token::Compare(match (letter, with_equals) {
                    ('!', _) => "!=",
                    ('<', true) => "<=",
                    ('<', false) => "<",
                    (_, true) => ">=",
                    (_, false) => ">",
                }));
                if with_equals {
                    at += 1;
                }
            }
            '"' | '\'' => {
                let (quoted, end) = until(&letters, at + 1, letter)?;
                found.push(Token::Quoted(quoted));
                at = end;
            }
            '[' => {
                let (inner, end) = until(&letters, at + 1, ']')?;
                let name = inner.trim();
                let name = name
                    .strip_prefix("qlregion")
                    .or_else(|| name.strip_prefix("QLREGION"))
                    .unwrap_or(name);
                let name = name.trim().trim_matches('"').to_owned();
                found.push(Token::Region(name));
                at = end;
            }
            space if space.is_whitespace() => {}
            _ => {
                let start = at;
                while at < letters.len()
                    && !letters[at].is_whitespace()
                    && !"():=<>![]\"'".contains(letters[at])
                {
                    at += 1;
                }
                found.push(Token::Bare(letters[start..at].iter().collect()));
                continue;
            }
        }
        at += 1;
    }
    Ok(found)
}

/// The text up to the closing sign, and where that is. A backslash takes the next letter as it is.
fn until(letters: &[char], from: usize, close: char) -> Result<(String, usize), String> {
    let mut text = String::new();
    let mut at = from;
    while let Some(letter) = letters.get(at) {
        if *letter == close {
            return Ok((text, at));
        }
        if *letter == '\\'
            && let Some(next) = letters.get(at + 1)
        {
            text.push(*next);
            at += 2;
            continue;
        }
        text.push(*letter);
        at += 1;
    }
    Err(format!("no closing {close}"))
}

struct Reader {
    tokens: Vec<Token>,
    next: usize,
}

impl Reader {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).cloned()
    }

    fn take_word(&mut self, word: &str) -> bool {
        let there =
            matches!(self.peek(), Some(Token::Bare(text)) if text.eq_ignore_ascii_case(word));
        if there {
            self.next += 1;
        }
        there
    }

    fn any(&mut self) -> Result<Query, String> {
        let mut all = vec![self.all()?];
        while self.take_word("or") {
            all.push(self.all()?);
        }
        Ok(if all.len() == 1 {
            all.remove(0)
        } else {
            Query::Any(all)
        })
    }

    fn all(&mut self) -> Result<Query, String> {
        let mut all = vec![self.single()?];
        loop {
            if self.take_word("and-not") {
                all.push(Query::Not(Box::new(self.single()?)));
                continue;
            }
            let and = self.take_word("and");
            let more = match self.peek() {
                None | Some(Token::Close) => false,
                Some(Token::Bare(word)) => !word.eq_ignore_ascii_case("or"),
                Some(_) => true,
            };
            if !more {
                if and {
                    return Err("nothing after AND".to_owned());
                }
                break;
            }
            all.push(self.single()?);
        }
        Ok(if all.len() == 1 {
            all.remove(0)
        } else {
            Query::All(all)
        })
    }

    fn single(&mut self) -> Result<Query, String> {
        if self.take_word("not") {
            return Ok(Query::Not(Box::new(self.single()?)));
        }
        let token = self.peek().ok_or("unexpected end of expression")?;
        self.next += 1;
        match token {
            Token::Open => {
                let inner = self.any()?;
                if self.peek() != Some(Token::Close) {
                    return Err("no closing parenthesis".to_owned());
                }
                self.next += 1;
                Ok(inner)
            }
            Token::Quoted(text) => Ok(Query::Word(text.to_lowercase())),
            Token::Region(name) => self.region(name),
            Token::Bare(name) => match self.peek() {
                Some(Token::Colon | Token::Compare(_)) => self.region(name),
                _ => Ok(Query::Word(name.to_lowercase())),
            },
            Token::Close | Token::Colon | Token::Compare(_) => {
                Err("unexpected sign in expression".to_owned())
            }
        }
    }

    /// What comes after the name of a region: `:`, a comparison, `qlrange`, a value; values in parentheses are alternatives.
    fn region(&mut self, name: String) -> Result<Query, String> {
        let mut how = "=";
        while let Some(token) = self.peek() {
            match token {
                Token::Colon => {}
                Token::Compare(sign) => how = sign,
                Token::Bare(word) if word.eq_ignore_ascii_case("qlrange") => how = "~",
                _ => break,
            }
            self.next += 1;
        }
        match self.peek() {
            Some(Token::Quoted(value) | Token::Bare(value)) => {
                self.next += 1;
                Ok(Query::Region(name, how, value))
            }
            _ => Err(format!("no value for {name}")),
        }
    }
}
