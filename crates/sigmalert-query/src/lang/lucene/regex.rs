//! Lucene's regular expressions: whole values, no anchors, no flags, no classes by name but `\d`, `\w`, `\s`.
//!
//! All optional operators are on in `query_string` and in a `regexp` query, so `"`, `#`, `@`, `&`, `<`, `>` and
//! `~` are escaped. There is no escape for a line feed: it is literal.

use crate::lang::ParseError;
use crate::regex::{CharSet, Re, Syntax};

/// Lucene's syntax as written between slashes in `query_string`, or alone in a `regexp` query.
#[derive(Debug, Clone, Copy)]
pub struct Lucene {
    /// Whether `/` ends the expression and is escaped.
    pub slashes: bool,
}

/// Whether an index as it comes runs an expression.
///
/// # Errors
/// Which of its bounds the expression goes beyond.
pub fn within(re: &Re, limits: &crate::lang::Limits) -> Result<(), crate::lang::PrintError> {
    let printed = crate::regex::print(re, &Lucene { slashes: false });
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
        crate::regex::class_body(set, out, |c, out| {
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
    let mut printed = crate::regex::print(re, &Lucene { slashes: true });
    // A backslash before the closing slash would hide it: say it as a class.
    if printed.ends_with("\\\\") {
        printed.truncate(printed.len() - 2);
        printed.push_str("[\\\\]");
    }
    printed
}

/// The optional operators that are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags {
    /// `&`
    pub intersection: bool,
    /// `~`
    pub complement: bool,
    /// `#`: nothing at all.
    pub empty: bool,
    /// `@`: any text.
    pub any_string: bool,
    /// `<1-9>`
    pub interval: bool,
}

/// All of them, as `query_string` has it.
pub const ALL: Flags = Flags { intersection: true, complement: true, empty: true, any_string: true, interval: true };

impl Flags {
    /// The `flags` of a `regexp` query.
    pub fn named(text: &str) -> Option<Self> {
        let mut out = Self { intersection: false, complement: false, empty: false, any_string: false, interval: false };
        if text.is_empty() {
            return Some(ALL);
        }
        for name in text.split('|') {
            match name.to_ascii_uppercase().as_str() {
                "ALL" => out = ALL,
                "NONE" => {}
                "INTERSECTION" => out.intersection = true,
                "COMPLEMENT" => out.complement = true,
                "EMPTY" => out.empty = true,
                "ANYSTRING" => out.any_string = true,
                "INTERVAL" => out.interval = true,
                _ => return None,
            }
        }
        Some(out)
    }
}

/// Why an expression is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The server refuses it.
    Server(ParseError),
    /// Servers run it, perhaps each in another way, and we do not.
    Unread(ParseError),
}

/// Reads an expression in Lucene's syntax, all operators on.
///
/// # Errors
/// For broken syntax, and for the complement, intersection and interval operators.
pub fn parse(text: &str) -> Result<Re, ParseError> {
    read(text, ALL).map_err(|f| match f {
        Fault::Server(e) | Fault::Unread(e) => e,
    })
}

/// Reads an expression as Lucene's `RegExp` does, character by character: an operator in an impossible position is literal.
///
/// # Errors
/// See [`Fault`].
pub fn read(text: &str, flags: Flags) -> Result<Re, Fault> {
    if text.is_empty() {
        return Ok(Re::empty());
    }
    let mut parser = Parser { chars: text.chars().collect(), at: 0, depth: 0, flags };
    let re = parser.alternatives()?;
    if parser.at < parser.chars.len() {
        return parser.fail("a closing parenthesis without an opening one");
    }
    Ok(re)
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    flags: Flags,
}

impl Parser {
    fn error(&self, message: &str) -> ParseError {
        ParseError { message: format!("in the regular expression: {message}"), at: self.at + 1 }
    }

    fn fail<T>(&self, message: &str) -> Result<T, Fault> {
        Err(Fault::Server(self.error(message)))
    }

    fn unread<T>(&self, message: &str) -> Result<T, Fault> {
        Err(Fault::Unread(self.error(message)))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next_if(&mut self, c: char) -> bool {
        let is = self.peek() == Some(c);
        self.at += usize::from(is);
        is
    }

    fn take(&mut self) -> Result<char, Fault> {
        let Some(c) = self.peek() else { return self.fail("it ends too early; a special character is escaped with a backslash") };
        self.at += 1;
        Ok(c)
    }

    fn alternatives(&mut self) -> Result<Re, Fault> {
        self.depth += 1;
        if self.depth > crate::lang::MAX_DEPTH {
            return self.unread("nested too deep");
        }
        let mut items = vec![self.intersection()?];
        while self.next_if('|') {
            items.push(self.intersection()?);
        }
        self.depth -= 1;
        Ok(Re::alt(items))
    }

    fn intersection(&mut self) -> Result<Re, Fault> {
        let re = self.sequence()?;
        if self.flags.intersection && self.next_if('&') {
            // What follows may be broken.
            self.intersection()?;
            return self.unread("the intersection operator `&` is not evaluated; write `\\&` for the character");
        }
        Ok(re)
    }

    fn sequence(&mut self) -> Result<Re, Fault> {
        let mut items = vec![self.repeated()?];
        while self.peek().is_some_and(|c| !(matches!(c, ')' | '|') || c == '&' && self.flags.intersection)) {
            items.push(self.repeated()?);
        }
        Ok(Re::concat(items))
    }

    fn repeated(&mut self) -> Result<Re, Fault> {
        let mut item = self.complement()?;
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

    fn counts(&mut self) -> Result<(u32, Option<u32>), Fault> {
        let number = |p: &mut Self| -> Result<Option<u32>, Fault> {
            let start = p.at;
            while p.peek().is_some_and(|c| c.is_ascii_digit()) {
                p.at += 1;
            }
            if p.at == start {
                return Ok(None);
            }
            let digits: String = p.chars[start..p.at].iter().collect();
            digits.parse().map(Some).or_else(|_| p.unread("a repetition of so many"))
        };
        let Some(min) = number(self)? else { return self.fail("a repetition wants a number") };
        let max = if self.next_if(',') { number(self)? } else { Some(min) };
        if !self.next_if('}') {
            return self.fail("a repetition is not closed");
        }
        if max.is_some_and(|m| m < min) {
            return self.fail("a repetition runs backwards");
        }
        Ok((min, max))
    }

    fn complement(&mut self) -> Result<Re, Fault> {
        if self.flags.complement && self.next_if('~') {
            self.complement()?;
            return self.unread("the complement operator `~` is not evaluated; write `\\~` for the character");
        }
        if self.next_if('[') { self.class() } else { self.simple() }
    }

    fn simple(&mut self) -> Result<Re, Fault> {
        let start = self.at;
        let c = self.take()?;
        Ok(match c {
            '.' => Re::set(CharSet::all()),
            '@' if self.flags.any_string => Re::anything(),
            '#' if self.flags.empty => Re::nothing(),
            '"' => {
                while self.peek().is_some_and(|c| c != '"') {
                    self.at += 1;
                }
                let text: String = self.chars[start + 1..self.at].iter().collect();
                if !self.next_if('"') {
                    return self.fail("a quoted string is not closed");
                }
                Re::Lit(text)
            }
            '(' => {
                if self.next_if(')') {
                    return Ok(Re::empty());
                }
                let inner = self.alternatives()?;
                if !self.next_if(')') {
                    return self.fail("a parenthesis is not closed");
                }
                inner
            }
            '<' if self.flags.interval => {
                return self.unread("numeric intervals `<1-9>` are not evaluated; write `\\<` for the character");
            }
            '\\' => match self.escape()? {
                Ok(c) => Re::Lit(c.into()),
                Err(set) => Re::set(set),
            },
            c => Re::Lit(c.into()),
        })
    }

    /// The character behind a backslash, or the set it names.
    fn escape(&mut self) -> Result<Result<char, CharSet>, Fault> {
        let c = self.take()?;
        Ok(match c {
            'd' => Err(CharSet::digit()),
            'D' => Err(CharSet::digit().negated()),
            'w' => Err(CharSet::word()),
            'W' => Err(CharSet::word().negated()),
            's' => Err(CharSet::of([('\t', '\n'), ('\r', '\r'), (' ', ' ')])),
            'S' => Err(CharSet::of([('\t', '\n'), ('\r', '\r'), (' ', ' ')]).negated()),
            // A letter to older releases, an error to newer ones.
            c if c.is_ascii_alphabetic() => {
                return self.unread(&format!("`\\{c}` is not understood alike by all releases of the server; write `{c}` for the letter"));
            }
            c => Ok(c),
        })
    }

    /// Behind `[`. The first character is one, whatever it is: `[]x]` has two.
    fn class(&mut self) -> Result<Re, Fault> {
        let negated = self.next_if('^');
        let mut set = CharSet::none();
        loop {
            let low = match self.take()? {
                '\\' => match self.escape()? {
                    Ok(c) => c,
                    Err(named) => {
                        set = set.union(&named);
                        if self.peek().is_none_or(|c| c == ']') {
                            break;
                        }
                        continue;
                    }
                },
                c => c,
            };
            let high = if self.next_if('-') {
                let c = self.take()?;
                if c == '\\' { self.take()? } else { c }
            } else {
                low
            };
            if high < low {
                return self.fail("a range in brackets runs backwards; a `-` that stands for itself is escaped (`\\-`)");
            }
            set = set.union(&CharSet::of([(low, high)]));
            if self.peek().is_none_or(|c| c == ']') {
                break;
            }
        }
        if !self.next_if(']') {
            return self.fail("a character class is not closed; a `-` that stands for itself is escaped (`\\-`)");
        }
        Ok(Re::set(if negated { set.negated() } else { set }))
    }
}

/// What `case_insensitive` makes of an expression: letters of ASCII in both cases, but not those that only a range names.
pub(in crate::lang) fn ascii_caseless(text: &str, flags: Flags) -> Result<Re, Fault> {
    let re = read(text, flags)?;
    let mut ranged = false;
    let mut plain = re.map_chars(&mut |s: &CharSet| match s.as_single() {
        Some(c) if c.is_ascii_alphabetic() => {
            Re::set(CharSet::of([(c.to_ascii_uppercase(), c.to_ascii_uppercase()), (c.to_ascii_lowercase(), c.to_ascii_lowercase())]))
        }
        Some(c) => Re::Lit(c.into()),
        None => {
            ranged |= ('a'..='z').any(|c| s.contains(c) != s.contains(c.to_ascii_uppercase()));
            Re::set(s.clone())
        }
    });
    if ranged {
        plain = Re::nothing();
    }
    if plain == Re::nothing() && ranged {
        let message = "in the regular expression: a character class that tells letters by case, with `case_insensitive`, is not evaluated";
        return Err(Fault::Unread(ParseError { message: message.into(), at: 1 }));
    }
    Ok(plain)
}
