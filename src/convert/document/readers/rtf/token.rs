//! Tokens of RTF (Rich Text Format Specification 1.9.1, “RTF Syntax”).
//!
//! Rule that must hold: every byte belongs to one token, and no length that the file claims leads past its end.

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// `\word12`
    Word(&'a str, Option<i32>),
    /// `\~`
    Symbol(u8),
    /// `\'e9`
    Hex(u8),
    /// Bytes of text, without line ends.
    Text(&'a [u8]),
    /// The bytes of `\bin`.
    Binary(&'a [u8]),
}

/// Cuts RTF into tokens.
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Letters of a control word, and digits of its number.
const LONGEST: usize = 32;

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// What is not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn control(&mut self) -> Token<'a> {
        let Some(first) = self.peek() else {
            return Token::Text(b"\\");
        };
        if !first.is_ascii_alphabetic() {
            self.at += 1;
            if first == b'\'' {
                let digits = self.bytes.get(self.at..self.at + 2);
                let value = digits
                    .and_then(|two| std::str::from_utf8(two).ok())
                    .and_then(|two| u8::from_str_radix(two, 16).ok());
                if let Some(value) = value {
                    self.at += 2;
                    return Token::Hex(value);
                }
            }
            return Token::Symbol(first);
        }
        let start = self.at;
        while self.at - start < LONGEST && self.peek().is_some_and(|b| b.is_ascii_alphabetic()) {
            self.at += 1;
        }
        let word = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or("");
        let number = self.number();
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        if word == "bin" {
            let length = number.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
            let end = self.at.saturating_add(length).min(self.bytes.len());
            let binary = &self.bytes[self.at..end];
            self.at = end;
            return Token::Binary(binary);
        }
        Token::Word(word, number)
    }

    fn number(&mut self) -> Option<i32> {
        let start = self.at;
        let mut end = start;
        if self.bytes.get(end) == Some(&b'-') {
            end += 1;
        }
        let digits = end;
        while end - digits < LONGEST && self.bytes.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
        if end == digits {
            return None;
        }
        self.at = end;
        let text = std::str::from_utf8(&self.bytes[start..end]).ok()?;
        // A number too large for its place means as much as the largest.
        let number: i64 = text.parse().unwrap_or(i64::from(i32::MAX));
        Some(i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX }))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'{' => return Some(Token::Open),
                b'}' => return Some(Token::Close),
                b'\\' => return Some(self.control()),
                b'\r' | b'\n' => {}
                _ => {
                    let start = self.at - 1;
                    while self
                        .peek()
                        .is_some_and(|b| !matches!(b, b'{' | b'}' | b'\\' | b'\r' | b'\n'))
                    {
                        self.at += 1;
                    }
                    return Some(Token::Text(&self.bytes[start..self.at]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let tokens: Vec<Token<'_>> =
            Tokens::new(b"{\\b0 a\r\nb\\'e9\\~\\u-3 ?\\bin3 }{}x\\'zz\\").collect();
        assert_eq!(
            tokens,
            [
                Token::Open,
                Token::Word("b", Some(0)),
                Token::Text(b"a"),
                Token::Text(b"b"),
                Token::Hex(0xE9),
                Token::Symbol(b'~'),
                Token::Word("u", Some(-3)),
                Token::Text(b"?"),
                Token::Binary(b"}{}"),
                Token::Text(b"x"),
                Token::Symbol(b'\''),
                Token::Text(b"zz"),
                Token::Text(b"\\"),
            ]
        );
    }

    #[test]
    fn claimed_lengths_end_with_the_file() {
        let tokens: Vec<Token<'_>> = Tokens::new(b"\\bin2147483647 abc").collect();
        assert_eq!(tokens, [Token::Binary(b"abc")]);
        let tokens: Vec<Token<'_>> = Tokens::new(b"\\bin-5 a").collect();
        assert_eq!(tokens, [Token::Binary(b""), Token::Text(b"a")]);
        let tokens: Vec<Token<'_>> = Tokens::new(b"\\fs99999999999999999999").collect();
        assert_eq!(tokens, [Token::Word("fs", Some(i32::MAX))]);
    }
}
