//! Lucene's regular expressions: whole values, no anchors, no flags, no classes by name but `\d`, `\w`, `\s`.
//!
//! All optional operators are on in `query_string` and in a `regexp` query, so `"`, `#`, `@`, `&`, `<`, `>` and
//! `~` are escaped. There is no escape for a line feed: it stands for itself.

use crate::lang::ParseError;
use crate::query::regex::{CharSet, Re, Syntax};

/// Lucene's syntax as it stands between slashes in `query_string`, or alone in a `regexp` query.
#[derive(Debug, Clone, Copy)]
pub struct Lucene {
    /// Whether `/` ends the expression and is escaped.
    pub slashes: bool,
}

/// Whether an index as it comes runs an expression.
///
/// # Errors
/// Which of its bounds the expression goes beyond.
#[cfg(feature = "check")]
pub(crate) fn within(re: &Re, limits: &crate::lang::Limits) -> Result<(), crate::lang::PrintError> {
    let printed = crate::query::regex::print(re, &Lucene { slashes: false });
    limits.regex(crate::lang::Language::Lucene, None, re, &printed)
}

impl Lucene {
    fn escaped(self, c: char, out: &mut String) {
        if matches!(c, '.' | '?' | '+' | '*' | '|' | '{' | '}' | '[' | ']' | '(' | ')' | '"' | '\\' | '#' | '@' | '&' | '<' | '>' | '~')
            || (c == '/' && self.slashes)
        {
            out.push('\\');
        }
        out.push(c);
    }
}

impl Syntax for Lucene {
    fn literal(&self, c: char, out: &mut String) {
        self.escaped(c, out);
    }

    fn set(&self, set: &CharSet, out: &mut String) {
        if set.is_none() {
            // The empty language.
            return out.push('#');
        }
        if set.is_all() {
            return out.push('.');
        }
        out.push('[');
        crate::query::regex::class_body(set, out, |c, out| {
            if matches!(c, '\\' | '[' | ']' | '^' | '-' | '"') || (c == '/' && self.slashes) {
                out.push('\\');
            }
            out.push(c);
        });
        out.push(']');
    }
}

/// Prints for a place between slashes.
pub(super) fn between_slashes(re: &Re) -> String {
    let mut printed = crate::query::regex::print(re, &Lucene { slashes: true });
    // A backslash before the closing slash would hide it: say it as a class.
    if printed.ends_with("\\\\") {
        printed.truncate(printed.len() - 2);
        printed.push_str("[\\\\]");
    }
    printed
}

/// Reads an expression in Lucene's syntax.
///
/// # Errors
/// For broken syntax, and for the complement, intersection and interval operators.
pub fn parse(text: &str) -> Result<Re, ParseError> {
    let mut parser = Parser { chars: text.chars().collect(), at: 0, depth: 0 };
    let re = parser.alternatives()?;
    if parser.at < parser.chars.len() {
        return Err(parser.error("a closing parenthesis without an opening one"));
    }
    Ok(re)
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn error(&self, message: &str) -> ParseError {
        ParseError { message: format!("in the regular expression: {message}"), at: self.at + 1 }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next_if(&mut self, c: char) -> bool {
        let is = self.peek() == Some(c);
        self.at += usize::from(is);
        is
    }

    fn alternatives(&mut self) -> Result<Re, ParseError> {
        self.depth += 1;
        if self.depth > crate::lang::MAX_DEPTH {
            return Err(self.error("nested too deep"));
        }
        let mut items = vec![self.sequence()?];
        while self.next_if('|') {
            items.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(Re::alt(items))
    }

    fn sequence(&mut self) -> Result<Re, ParseError> {
        let mut items = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                '|' | ')' => break,
                '&' => return Err(self.error("the intersection operator `&` is not supported")),
                _ => items.push(self.repeated()?),
            }
        }
        Ok(Re::concat(items))
    }

    fn repeated(&mut self) -> Result<Re, ParseError> {
        let mut item = self.item()?;
        while let Some(c) = self.peek() {
            let (min, max) = match c {
                '*' => (0, None),
                '+' => (1, None),
                '?' => (0, Some(1)),
                '{' => {
                    self.at += 1;
                    let (min, max) = self.counts()?;
                    item = Re::repeat(item, min, max);
                    continue;
                }
                _ => break,
            };
            self.at += 1;
            item = Re::repeat(item, min, max);
        }
        Ok(item)
    }

    fn counts(&mut self) -> Result<(u32, Option<u32>), ParseError> {
        let number = |p: &mut Self| -> Result<u32, ParseError> {
            let start = p.at;
            while p.peek().is_some_and(|c| c.is_ascii_digit()) {
                p.at += 1;
            }
            p.chars[start..p.at].iter().collect::<String>().parse().map_err(|_| p.error("a repetition wants a number"))
        };
        let min = number(self)?;
        let max = if self.next_if(',') { if self.peek() == Some('}') { None } else { Some(number(self)?) } } else { Some(min) };
        if !self.next_if('}') {
            return Err(self.error("a repetition is not closed"));
        }
        Ok((min, max))
    }

    fn item(&mut self) -> Result<Re, ParseError> {
        let Some(c) = self.peek() else { return Err(self.error("it ends too early")) };
        self.at += 1;
        Ok(match c {
            '(' => {
                if self.next_if(')') {
                    return Ok(Re::empty());
                }
                let inner = self.alternatives()?;
                if !self.next_if(')') {
                    return Err(self.error("a parenthesis is not closed"));
                }
                inner
            }
            '.' => Re::set(CharSet::all()),
            '@' => Re::anything(),
            '#' => Re::nothing(),
            '[' => self.class()?,
            '"' => {
                let start = self.at;
                while self.peek().is_some_and(|c| c != '"') {
                    self.at += 1;
                }
                let text: String = self.chars[start..self.at].iter().collect();
                if !self.next_if('"') {
                    return Err(self.error("a quoted string is not closed"));
                }
                Re::Lit(text)
            }
            '~' => return Err(self.error("the complement operator `~` is not supported")),
            '<' => return Err(self.error("numeric intervals `<1-9>` are not supported")),
            '*' | '+' | '?' | '{' => return Err(self.error("a repetition of nothing")),
            '\\' => match self.escape()? {
                Ok(c) => Re::Lit(c.into()),
                Err(set) => Re::set(set),
            },
            c => Re::Lit(c.into()),
        })
    }

    /// The character behind a backslash, or the set it names.
    fn escape(&mut self) -> Result<Result<char, CharSet>, ParseError> {
        let Some(c) = self.peek() else { return Err(self.error("it ends in a lone backslash")) };
        self.at += 1;
        Ok(match c {
            'd' => Err(CharSet::digit()),
            'D' => Err(CharSet::digit().negated()),
            'w' => Err(CharSet::word()),
            'W' => Err(CharSet::word().negated()),
            's' => Err(CharSet::of([('\t', '\n'), ('\r', '\r'), (' ', ' ')])),
            'S' => Err(CharSet::of([('\t', '\n'), ('\r', '\r'), (' ', ' ')]).negated()),
            c => Ok(c),
        })
    }

    fn class(&mut self) -> Result<Re, ParseError> {
        let negated = self.next_if('^');
        let mut set = CharSet::none();
        let one = |p: &mut Self| -> Result<Result<char, CharSet>, ParseError> {
            let Some(c) = p.peek() else { return Err(p.error("a character class is not closed")) };
            p.at += 1;
            if c == '\\' { p.escape() } else { Ok(Ok(c)) }
        };
        while !self.next_if(']') {
            match one(self)? {
                Err(named) => set = set.union(&named),
                Ok(low) => {
                    let range = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
                    let high = if range {
                        self.at += 1;
                        match one(self)? {
                            Ok(high) => high,
                            Err(_) => return Err(self.error("a range must end in a character")),
                        }
                    } else {
                        low
                    };
                    if high < low {
                        return Err(self.error("a range runs backwards"));
                    }
                    set = set.union(&CharSet::of([(low, high)]));
                }
            }
        }
        Ok(Re::set(if negated { set.negated() } else { set }))
    }
}
