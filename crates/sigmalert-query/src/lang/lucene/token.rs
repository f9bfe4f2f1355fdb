//! The words of `query_string` text, cut as Lucene's classic grammar (`QueryParser.jj`) cuts them: always the longest that fits.

use crate::lang::ParseError;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    And,
    Or,
    Not,
    Plus,
    Minus,
    /// A lone sign with a blank behind it, which is a term.
    BareSign(char),
    Open,
    Close,
    Colon,
    /// `*`
    Star,
    /// A boost: `^2`.
    Boost,
    /// Quoted text, without the quotes.
    Quoted(String),
    /// A term, as it is written.
    Term(String),
    /// A term with a `*` at its end, without it.
    Prefix(String),
    /// A term with wildcards.
    Wild(String),
    /// The text between slashes.
    Regex(String),
    /// `~`, with the text after it.
    Fuzzy(String),
    /// A range: its ends as they are written and whether each was in quotes, and whether each is in.
    Range {
        low: (String, bool),
        high: (String, bool),
        from: bool,
        to: bool,
    },
    End,
}

/// A token with its place, counted in characters from 1.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub at: usize,
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}

/// Whether a character can begin a term, unescaped.
fn starts_term(c: char) -> bool {
    !is_blank(c) && !matches!(c, '+' | '-' | '!' | '(' | ')' | ':' | '^' | '[' | ']' | '"' | '{' | '}' | '~' | '*' | '?' | '\\' | '/')
}

/// Cuts a text into tokens; the last is [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut lexer = Lexer { chars: text.chars().collect(), at: 0 };
    let mut out = Vec::new();
    loop {
        let token = lexer.next()?;
        let end = token.kind == TokenKind::End;
        out.push(token);
        if end {
            return Ok(out);
        }
    }
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
}

impl Lexer {
    fn error<T>(&self, at: usize, message: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { message: message.into(), at: at.min(self.chars.len()) + 1 })
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    fn text(&self, from: usize, to: usize) -> String {
        self.chars[from..to].iter().collect()
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.at > start
    }

    /// Reads a number with a fraction, if there is one.
    fn number(&mut self) -> bool {
        if !self.digits() {
            return false;
        }
        let whole = self.at;
        if self.peek() == Some('.') {
            self.at += 1;
            if !self.digits() {
                self.at = whole;
            }
        }
        true
    }

    fn next(&mut self) -> Result<Token, ParseError> {
        self.blanks();
        let start = self.at;
        let token = |kind| Ok(Token { kind, at: start + 1 });
        let Some(c) = self.peek() else { return token(TokenKind::End) };
        if starts_term(c) || matches!(c, '*' | '?' | '\\') {
            return self.term();
        }
        self.at += 1;
        token(match c {
            '+' | '-' | '!' if self.peek().is_some_and(is_blank) => TokenKind::BareSign(c),
            '+' => TokenKind::Plus,
            '-' => TokenKind::Minus,
            '!' => TokenKind::Not,
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            ':' => TokenKind::Colon,
            '^' => {
                if !self.number() {
                    return self.error(start, "a boost (`^`) wants a number; write `\\^` for the character");
                }
                TokenKind::Boost
            }
            '~' => {
                // What follows without a blank belongs to it, number or not.
                self.number();
                while let Some(c) = self.peek().filter(|c| starts_term(*c) || matches!(c, '+' | '-' | '\\')) {
                    self.at += if c == '\\' { 2 } else { 1 };
                }
                self.at = self.at.min(self.chars.len());
                TokenKind::Fuzzy(self.text(start + 1, self.at))
            }
            '"' => {
                loop {
                    match self.peek() {
                        None => return self.error(start, "a quoted value is not closed; write `\\\"` for the character"),
                        Some('"') => break,
                        Some('\\') => self.at += 2,
                        Some(_) => self.at += 1,
                    }
                }
                self.at += 1;
                TokenKind::Quoted(self.text(start + 1, self.at - 1))
            }
            '/' => self.regex(start)?,
            '[' | '{' => self.range(c == '[')?,
            _ => return self.error(start, format!("`{c}` closes nothing; write `\\{c}` for the character")),
        })
    }

    /// Up to the last slash that can end it: a backslash before a slash hides it, where another one follows.
    fn regex(&mut self, start: usize) -> Result<TokenKind, ParseError> {
        let mut end = None;
        let mut at = self.at;
        while let Some(c) = self.chars.get(at) {
            if *c == '/' {
                end = Some(at);
                if at == self.at || self.chars[at - 1] != '\\' {
                    break;
                }
            }
            at += 1;
        }
        let Some(end) = end else {
            return self.error(start, "a regular expression is not closed; write `\\/` for the character");
        };
        let body = self.text(self.at, end);
        self.at = end + 1;
        Ok(TokenKind::Regex(body))
    }

    fn range(&mut self, from: bool) -> Result<TokenKind, ParseError> {
        let start = self.at - 1;
        let low = self.range_word();
        let between = self.range_word();
        if between != Some(("TO".to_owned(), false)) {
            return self.error(start, "a range wants its ends with `TO` between them, as in `[1 TO 5]`");
        }
        let high = self.range_word();
        self.blanks();
        let (Some(low), Some(high), Some(close @ (']' | '}'))) = (low, high, self.peek()) else {
            return self.error(start, "a range wants its ends with `TO` between them, as in `[1 TO 5]`");
        };
        self.at += 1;
        Ok(TokenKind::Range { low, high, from, to: close == ']' })
    }

    /// An end of a range, or the `TO` between: whether it was in quotes, which are off then.
    fn range_word(&mut self) -> Option<(String, bool)> {
        self.blanks();
        let start = self.at;
        let mut plain = start;
        while self.chars.get(plain).is_some_and(|c| !matches!(c, ' ' | ']' | '}')) {
            plain += 1;
        }
        if self.peek() == Some('"') {
            let mut at = start + 1;
            while self.chars.get(at).is_some_and(|c| *c != '"' || self.chars[at - 1] == '\\') {
                at += 1;
            }
            if at > start + 1 && at < self.chars.len() && at + 1 >= plain {
                self.at = at + 1;
                return Some((self.text(start + 1, at), true));
            }
        }
        self.at = plain;
        (plain > start).then(|| (self.text(start, plain), false))
    }

    fn term(&mut self) -> Result<Token, ParseError> {
        let start = self.at;
        let (mut wild, mut last) = (0, false);
        while let Some(c) = self.peek() {
            last = false;
            match c {
                '\\' if self.at + 1 == self.chars.len() => {
                    return self.error(self.at, "the query ends in a lone backslash; write `\\\\` for the character");
                }
                '\\' => self.at += 1,
                '*' | '?' => {
                    wild += 1;
                    last = c == '*';
                }
                c if starts_term(c) || (self.at > start && matches!(c, '+' | '-')) => {}
                _ => break,
            }
            self.at += 1;
        }
        // What ended the loop by `break` had reset the mark.
        let last = last || (self.at > start && self.chars[self.at - 1] == '*' && !self.is_escaped(start, self.at - 1));
        let text = self.text(start, self.at);
        let kind = match (text.as_str(), wild) {
            ("AND" | "&&", _) => TokenKind::And,
            ("OR" | "||", _) => TokenKind::Or,
            ("NOT", _) => TokenKind::Not,
            ("*", _) => TokenKind::Star,
            (_, 0) => TokenKind::Term(text),
            (t, 1) if last => TokenKind::Prefix(t[..t.len() - 1].to_owned()),
            _ => TokenKind::Wild(text),
        };
        Ok(Token { kind, at: start + 1 })
    }

    /// Whether a character of a term is escaped.
    fn is_escaped(&self, start: usize, at: usize) -> bool {
        self.chars[start..at].iter().rev().take_while(|c| **c == '\\').count() % 2 == 1
    }
}

/// A term without its backslashes; `\u0041` is the character.
pub(super) fn unescape(text: &str, at: usize) -> Result<String, ParseError> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next() {
                Some('u') => {
                    let hex: String = chars.by_ref().take(4).collect();
                    if hex.chars().count() < 4 {
                        return Err(ParseError { message: "`\\u` wants four hexadecimal digits".into(), at });
                    }
                    match hex.chars().all(|c| c.is_ascii_hexdigit()).then(|| u16::from_str_radix(&hex, 16)) {
                        Some(Ok(unit)) => units.push(unit),
                        _ => {
                            return Err(ParseError {
                                message: format!("`\\u{hex}` is not a character: `\\u` wants four hexadecimal digits"),
                                at,
                            });
                        }
                    }
                    continue;
                }
                Some(c) => c,
                None => return Err(ParseError { message: "a value ends in a lone backslash".into(), at }),
            },
            c => c,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16(&units).map_err(|_| ParseError { message: "half a character (a lone surrogate) is not evaluated".into(), at })
}
