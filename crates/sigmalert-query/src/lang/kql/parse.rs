//! Reading KQL.

use super::{is_space, is_special};
use crate::lang::{MAX_DEPTH, ParseError, values};
use crate::{Case, Comparison, Expr, FieldName, Interval, Number, Part, Pattern, Schema, Test};

/// Reads a query for an index of these types. Comparisons come out as the index runs them.
///
/// # Errors
/// For broken syntax, nested queries, and ranges of anything but numbers.
pub fn parse(text: &str, schema: &Schema) -> Result<Expr, ParseError> {
    let mut p = Parser { chars: text.chars().collect(), at: 0, depth: 0, schema };
    p.spaces();
    if p.at == p.chars.len() {
        return Ok(Expr::TRUE);
    }
    let expr = p.or(None)?;
    p.spaces();
    match p.peek() {
        None => Ok(expr),
        Some(c) => Err(p.error(format!("`{c}` stands where the query should end"))),
    }
}

struct Parser<'s> {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    schema: &'s Schema,
}

/// A value as it was written.
enum Literal {
    Quoted(String),
    Bare(Pattern),
}

impl Parser<'_> {
    fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError { message: message.into(), at: self.at + 1 }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next_if(&mut self, c: char) -> bool {
        let is = self.peek() == Some(c);
        self.at += usize::from(is);
        is
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn word(&self, at: usize, word: &str) -> bool {
        self.chars.len() >= at + word.len() && self.chars[at..at + word.len()].iter().map(char::to_ascii_lowercase).eq(word.chars())
    }

    /// The length of an operator between blanks at this place.
    fn infix(&self, word: &str) -> Option<usize> {
        let mut at = self.at;
        while self.chars.get(at).copied().is_some_and(is_space) {
            at += 1;
        }
        if at == self.at || !self.word(at, word) {
            return None;
        }
        at += word.len();
        let end = at;
        while self.chars.get(at).copied().is_some_and(is_space) {
            at += 1;
        }
        (at > end).then_some(at - self.at)
    }

    fn prefix_not(&self) -> Option<usize> {
        if !self.word(self.at, "not") {
            return None;
        }
        let mut at = self.at + 3;
        while self.chars.get(at).copied().is_some_and(is_space) {
            at += 1;
        }
        (at > self.at + 3).then_some(at - self.at)
    }

    fn at_keyword(&self) -> bool {
        self.infix("or").is_some() || self.infix("and").is_some() || self.prefix_not().is_some()
    }

    /// `values` is the field when this is a list of values behind `field:`.
    fn or(&mut self, values: Option<&FieldName>) -> Result<Expr, ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("the query nests too deep"));
        }
        let mut items = vec![self.and(values)?];
        while let Some(len) = self.infix("or") {
            self.at += len;
            items.push(self.and(values)?);
        }
        self.depth -= 1;
        Ok(Expr::any(items))
    }

    fn and(&mut self, values: Option<&FieldName>) -> Result<Expr, ParseError> {
        let mut items = vec![self.not(values)?];
        while let Some(len) = self.infix("and") {
            self.at += len;
            items.push(self.not(values)?);
        }
        Ok(Expr::all(items))
    }

    fn not(&mut self, values: Option<&FieldName>) -> Result<Expr, ParseError> {
        if let Some(len) = self.prefix_not() {
            self.at += len;
            return Ok(self.sub(values)?.not());
        }
        self.sub(values)
    }

    fn sub(&mut self, values: Option<&FieldName>) -> Result<Expr, ParseError> {
        if self.next_if('(') {
            self.spaces();
            let inner = self.or(values)?;
            self.spaces();
            if !self.next_if(')') {
                return Err(self.error("a parenthesis is not closed"));
            }
            return Ok(inner);
        }
        let literal = self.literal()?;
        if let Some(field) = values {
            return Ok(self.is(Some(field), literal));
        }
        let behind = self.at;
        self.spaces();
        match self.peek() {
            Some(':') => {
                self.at += 1;
                self.spaces();
                if self.peek() == Some('{') {
                    return Err(self.error("nested queries are not supported"));
                }
                let name = Self::name(literal);
                if &*name == "*" {
                    return match self.literal()? {
                        Literal::Bare(p) if p.is_any() => Ok(Expr::TRUE),
                        value => Ok(self.is(None, value)),
                    };
                }
                if self.peek() == Some('(') {
                    self.sub(Some(&name))
                } else {
                    let value = self.literal()?;
                    Ok(self.is(Some(&name), value))
                }
            }
            Some(sign @ ('<' | '>')) => {
                self.at += 1;
                let or_equal = self.next_if('=');
                self.spaces();
                let value = match self.literal()? {
                    Literal::Quoted(t) => t,
                    Literal::Bare(p) => p.as_literal().map(str::to_owned).ok_or_else(|| self.error("a range wants a number"))?,
                };
                let comparison = match (sign, or_equal) {
                    ('<', false) => Comparison::Lt,
                    ('<', true) => Comparison::Lte,
                    (_, false) => Comparison::Gt,
                    (_, true) => Comparison::Gte,
                };
                let name = Self::name(literal);
                let kind = &self.schema.field(&name).kind;
                if !kind.is_number() {
                    return Err(self.error(format!("ranges of {} fields are not supported", kind.name())));
                }
                let n = Number::parse(&value).ok_or_else(|| self.error("a range wants a number"))?;
                Ok(Expr::test(name, Test::Number(Interval::compared(comparison, n))))
            }
            _ => {
                self.at = behind;
                Ok(self.is(None, literal))
            }
        }
    }

    fn name(literal: Literal) -> FieldName {
        match literal {
            Literal::Quoted(t) => t.into(),
            Literal::Bare(p) => p
                .parts()
                .iter()
                .map(|part| match part {
                    Part::Lit(t) => t.as_str(),
                    _ => "*",
                })
                .collect::<String>()
                .into(),
        }
    }

    fn is(&self, field: Option<&FieldName>, literal: Literal) -> Expr {
        match literal {
            Literal::Quoted(text) => values::phrase(self.schema, field, &text),
            Literal::Bare(p) => match p.as_literal() {
                Some(text) => values::words(self.schema, field, text),
                None if field.is_none() && p.is_any() => Expr::TRUE,
                None => values::wildcard(self.schema, field, p),
            },
        }
    }

    fn unicode(&mut self) -> Option<char> {
        let hex: String = self.chars.get(self.at + 1..self.at + 5)?.iter().collect();
        let c = char::from_u32(u32::from_str_radix(&hex, 16).ok()?)?;
        self.at += 5;
        Some(c)
    }

    fn literal(&mut self) -> Result<Literal, ParseError> {
        if self.next_if('"') {
            let mut text = String::new();
            loop {
                match self.peek() {
                    None => return Err(self.error("a quoted value is not closed")),
                    Some('"') => {
                        self.at += 1;
                        return Ok(Literal::Quoted(text));
                    }
                    Some('\\') => {
                        self.at += 1;
                        let c = match self.peek() {
                            Some('t') => '\t',
                            Some('r') => '\r',
                            Some('n') => '\n',
                            Some(c @ ('\\' | '"')) => c,
                            Some('u') => {
                                if let Some(c) = self.unicode() {
                                    text.push(c);
                                } else {
                                    text.push('\\');
                                }
                                continue;
                            }
                            // Any other backslash is itself.
                            _ => {
                                text.push('\\');
                                continue;
                            }
                        };
                        text.push(c);
                        self.at += 1;
                    }
                    Some(c) => {
                        text.push(c);
                        self.at += 1;
                    }
                }
            }
        }
        // Blanks at the ends are trimmed however they were written.
        let mut symbols: Vec<Option<char>> = Vec::new();
        while let Some(c) = self.peek() {
            if c == '\\' {
                self.at += 1;
                match self.peek() {
                    Some('t') => symbols.push(Some('\t')),
                    Some('r') => symbols.push(Some('\r')),
                    Some('n') => symbols.push(Some('\n')),
                    Some('u') => {
                        match self.unicode() {
                            Some(c) => symbols.push(Some(c)),
                            None => return Err(self.error("`\\u` wants four hexadecimal digits")),
                        }
                        continue;
                    }
                    Some(c) if is_special(c) => symbols.push(Some(c)),
                    Some(_) if ["or", "and", "not"].iter().any(|w| self.word(self.at, w)) => {
                        let len = if self.word(self.at, "or") { 2 } else { 3 };
                        symbols.extend(self.chars[self.at..self.at + len].iter().map(|c| Some(*c)));
                        self.at += len;
                        continue;
                    }
                    _ => return Err(self.error("a backslash must stand before a character that needs one")),
                }
                self.at += 1;
            } else if c == '*' {
                symbols.push(None);
                self.at += 1;
            } else if is_special(c) || self.at_keyword() {
                break;
            } else {
                symbols.push(Some(c));
                self.at += 1;
            }
        }
        let blank = |s: &Option<char>| s.is_some_and(|c| c.is_whitespace() || c == '\u{feff}');
        let start = symbols.iter().position(|s| !blank(s)).unwrap_or(symbols.len());
        let end = symbols.iter().rposition(|s| !blank(s)).map_or(start, |i| i + 1);
        if start == end {
            return Err(self.error("a value is missing"));
        }
        let mut pattern = Pattern::literal("", Case::Sensitive);
        for s in &symbols[start..end] {
            match s {
                Some(c) => pattern.push_char(*c),
                None => pattern.push(Part::Any),
            }
        }
        Ok(Literal::Bare(pattern))
    }
}
