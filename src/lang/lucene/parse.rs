//! Reading `query_string` text, with the meaning the server gives it for fields of these types.
//!
//! The classic grammar is no tidy boolean language: clauses are required, prohibited or optional, `AND`
//! changes the clause before it, words without an operator between them are one text, and a condition made of
//! exclusions alone means "everything but". All of that is followed here. What an [`Expr`] cannot hold (fuzzy
//! and proximity searches, ranges of text and dates) is an error.

use super::regex;
use crate::lang::{MAX_DEPTH, ParseError, values};
use crate::query::{Case, End, Expr, FieldName, FieldType, Interval, Number, Part, Pattern, Schema, Test};

/// Reads a query for an index of these types. Comparisons come out as the index runs them.
///
/// # Errors
/// For broken syntax and for searches that an expression cannot hold.
pub fn parse(text: &str, schema: &Schema) -> Result<Expr, ParseError> {
    let mut parser = Parser { chars: text.chars().collect(), at: 0, depth: 0, schema };
    parser.blanks();
    if parser.at == parser.chars.len() {
        // `query_string` with nothing in it finds nothing.
        return Ok(Expr::FALSE);
    }
    let expr = parser.query(None)?;
    match parser.peek() {
        None => Ok(expr),
        Some(c) => Err(parser.error(format!("`{c}` stands where a clause should begin"))),
    }
}

struct Parser<'s> {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    schema: &'s Schema,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Occur {
    Must,
    Should,
    MustNot,
}

/// A term as it was written.
struct Term {
    text: String,
    /// The parts when it has wildcards.
    pattern: Option<Pattern>,
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}

/// Characters that end a term unless escaped.
fn ends_term(c: char) -> bool {
    is_blank(c) || matches!(c, '!' | '(' | ')' | ':' | '^' | '[' | ']' | '"' | '{' | '}' | '~' | '/')
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

    fn blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    /// An operator word, or its sign.
    fn operator(&mut self, word: &str, sign: &str) -> bool {
        let rest = &self.chars[self.at..];
        for (text, is_word) in [(word, true), (sign, false)] {
            let len = text.chars().count();
            if rest.len() >= len && rest.iter().take(len).copied().eq(text.chars()) {
                // A longer term that only begins so is a term; a sign in front of a term is part of it, too.
                let next = rest.get(len);
                let whole = next.is_none_or(|c| ends_term(*c) || (!is_word && word == "NOT"));
                if whole {
                    self.at += len;
                    return true;
                }
            }
        }
        false
    }

    fn query(&mut self, field: Option<&FieldName>) -> Result<Expr, ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("the query nests too deep"));
        }
        let mut clauses: Vec<(Occur, Expr)> = Vec::new();
        loop {
            self.blanks();
            let Some(c) = self.peek() else { break };
            if c == ')' {
                break;
            }
            let mut and = false;
            if !clauses.is_empty() {
                and = self.operator("AND", "&&");
                if !and {
                    self.operator("OR", "||");
                }
                self.blanks();
            }
            let mut occur = Occur::Should;
            if self.operator("NOT", "!") || (self.peek() == Some('-') && self.next_if('-')) {
                occur = Occur::MustNot;
            } else if self.next_if('+') {
                occur = Occur::Must;
            }
            self.blanks();
            let expr = self.clause(field)?;
            // "AND" asks for the clause before it as well, unless that one is excluded.
            if and
                && let Some((previous, _)) = clauses.last_mut()
                && *previous == Occur::Should
            {
                *previous = Occur::Must;
            }
            if and && occur == Occur::Should {
                occur = Occur::Must;
            }
            clauses.push((occur, expr));
        }
        self.depth -= 1;
        if clauses.is_empty() {
            return Err(self.error("a clause is missing"));
        }
        Ok(combine(clauses))
    }

    fn clause(&mut self, outer: Option<&FieldName>) -> Result<Expr, ParseError> {
        // A field name is a term, or `*`, with a colon behind it.
        let start = self.at;
        let mut own: Option<FieldName> = None;
        if self.peek() == Some('*') && self.chars.get(self.at + 1) == Some(&':') {
            self.at += 2;
            self.blanks();
            if self.peek() == Some('*') {
                self.at += 1;
                return Ok(Expr::TRUE);
            }
        } else if self.peek().is_some_and(|c| !ends_term(c) && !matches!(c, '*' | '?')) {
            let name = self.term()?;
            if name.pattern.is_none() && self.next_if(':') {
                self.blanks();
                own = Some(name.text.into());
            } else {
                self.at = start;
            }
        }
        if own.as_deref() == Some("_exists_") {
            let name = self.term()?;
            return match name.pattern {
                None => Ok(Expr::exists(name.text)),
                // Any field at all: every document has one.
                Some(p) if p.is_any() => Ok(Expr::TRUE),
                Some(_) => Err(self.error("`_exists_` with a wildcard in the name of the field is not supported")),
            };
        }
        let field = own.as_ref().or(outer).filter(|f| &***f != "*");
        let expr = match self.peek() {
            None => return Err(self.error("a value is missing")),
            Some('(') => {
                self.at += 1;
                let inner = self.query(field)?;
                if !self.next_if(')') {
                    return Err(self.error("a parenthesis is not closed"));
                }
                inner
            }
            Some('"') => {
                let text = self.quoted()?;
                if self.peek() == Some('~') {
                    return Err(self.error("proximity searches are not supported"));
                }
                values::phrase(self.schema, field, &text)
            }
            Some('/') => {
                self.at += 1;
                let start = self.at;
                loop {
                    match self.peek() {
                        None => return Err(self.error("a regular expression is not closed")),
                        Some('\\') => self.at += 2,
                        Some('/') => break,
                        Some(_) => self.at += 1,
                    }
                }
                let body: String = self.chars[start..self.at.min(self.chars.len())].iter().collect();
                self.at += 1;
                let re = regex::parse(&body).map_err(|e| ParseError { at: start + e.at, ..e })?;
                match &self.schema.field_or_keyword(field.map(|f| &**f)).kind {
                    FieldType::Keyword | FieldType::Wildcard => Expr::Test(field.cloned(), Test::Regex(re)),
                    FieldType::Text(_) => return Err(self.error("regular expressions on analysed text are not supported")),
                    _ => Expr::FALSE,
                }
            }
            Some('[' | '{') => self.range(field)?,
            Some(_) => self.bare(field)?,
        };
        if self.next_if('^') {
            // A boost: matters for scores only.
            while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
                self.at += 1;
            }
        }
        Ok(expr)
    }

    /// A term, or several with nothing but blanks between them, which are one text.
    fn bare(&mut self, field: Option<&FieldName>) -> Result<Expr, ParseError> {
        let term = self.term()?;
        if self.peek() == Some('~') {
            return Err(self.error("fuzzy searches are not supported"));
        }
        if let Some(pattern) = term.pattern {
            return Ok(values::wildcard(self.schema, field, pattern));
        }
        let mut text = term.text;
        if field.is_some() {
            for (sign, comparison) in [(">=", ">="), ("<=", "<="), (">", ">"), ("<", "<")] {
                if let Some(bound) = text.strip_prefix(sign) {
                    // The quotes of `field:>"5"` are a clause of their own to the server; nobody means that.
                    return self.compared(field, comparison, bound);
                }
            }
        }
        // Further words, each without a field of its own.
        loop {
            let before = self.at;
            self.blanks();
            let starts = self.peek().is_some_and(|c| !ends_term(c) && !matches!(c, '+' | '-' | '*' | '?'));
            if self.at == before || !starts || self.peeks_operator() {
                self.at = before;
                break;
            }
            let next = self.term()?;
            if next.pattern.is_some() || matches!(self.peek(), Some(':' | '~' | '^')) {
                self.at = before;
                break;
            }
            text.push(' ');
            text.push_str(&next.text);
        }
        Ok(values::words(self.schema, field, &text))
    }

    fn peeks_operator(&mut self) -> bool {
        let at = self.at;
        let is = self.operator("AND", "&&") || self.operator("OR", "||") || self.operator("NOT", "!");
        self.at = at;
        is
    }

    fn term(&mut self) -> Result<Term, ParseError> {
        let start = self.at;
        let mut text = String::new();
        let mut pattern = Pattern::literal("", Case::Sensitive);
        let mut wild = false;
        while let Some(c) = self.peek() {
            match c {
                '\\' => {
                    self.at += 1;
                    let Some(escaped) = self.peek() else { return Err(self.error("the query ends in a lone backslash")) };
                    self.at += 1;
                    let code = (escaped == 'u')
                        .then(|| self.chars.get(self.at..self.at + 4))
                        .flatten()
                        .and_then(|hex| u32::from_str_radix(&hex.iter().collect::<String>(), 16).ok())
                        .and_then(char::from_u32);
                    match code {
                        Some(c) => {
                            self.at += 4;
                            text.push(c);
                            pattern.push_char(c);
                        }
                        None => {
                            text.push(escaped);
                            pattern.push_char(escaped);
                        }
                    }
                }
                '*' | '?' => {
                    wild = true;
                    pattern.push(if c == '*' { Part::Any } else { Part::One });
                    self.at += 1;
                }
                c if ends_term(c) => break,
                c => {
                    text.push(c);
                    pattern.push_char(c);
                    self.at += 1;
                }
            }
        }
        if self.at == start {
            return Err(self.error("a value is missing"));
        }
        Ok(Term { text, pattern: wild.then_some(pattern) })
    }

    fn quoted(&mut self) -> Result<String, ParseError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(self.error("a quoted value is not closed")),
                Some('"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => {
                    self.at += 1;
                    let Some(c) = self.peek() else { return Err(self.error("the query ends in a lone backslash")) };
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

    fn compared(&self, field: Option<&FieldName>, sign: &str, bound: &str) -> Result<Expr, ParseError> {
        use crate::query::Comparison as C;
        let comparison = match sign {
            ">=" => C::Gte,
            "<=" => C::Lte,
            ">" => C::Gt,
            _ => C::Lt,
        };
        let kind = &self.schema.field_or_keyword(field.map(|f| &**f)).kind;
        match (kind.is_number(), Number::parse(bound)) {
            (true, Some(n)) => Ok(Expr::Test(field.cloned(), Test::Number(Interval::compared(comparison, n)))),
            (true, None) => Ok(Expr::FALSE),
            (false, _) => Err(self.error(format!("comparing {} fields by order is not supported", kind.name()))),
        }
    }

    fn range(&mut self, field: Option<&FieldName>) -> Result<Expr, ParseError> {
        let low_inclusive = self.peek() == Some('[');
        self.at += 1;
        let end = |p: &mut Self| -> Result<String, ParseError> {
            p.blanks();
            if p.peek() == Some('"') {
                return p.quoted();
            }
            let start = p.at;
            while p.peek().is_some_and(|c| !is_blank(c) && c != ']' && c != '}') {
                p.at += 1;
            }
            Ok(p.chars[start..p.at].iter().collect::<String>().replace('\\', ""))
        };
        let low = end(self)?;
        self.blanks();
        if !(self.operator("TO", "TO")) {
            return Err(self.error("a range wants `TO` between its ends"));
        }
        let high = end(self)?;
        self.blanks();
        let high_inclusive = match self.peek() {
            Some(']') => true,
            Some('}') => false,
            _ => return Err(self.error("a range is not closed")),
        };
        self.at += 1;
        let kind = &self.schema.field_or_keyword(field.map(|f| &**f)).kind;
        if low == "*" && high == "*" {
            return Ok(Expr::Test(field.cloned(), Test::Exists));
        }
        if !kind.is_number() {
            return Err(self.error(format!("ranges of {} fields are not supported", kind.name())));
        }
        let side = |text: &str, inclusive: bool| -> Result<Option<End>, ParseError> {
            if text == "*" {
                return Ok(None);
            }
            Number::parse(text).map(|value| Some(End { value, inclusive })).ok_or_else(|| self.error("the end of a range is no number"))
        };
        let interval = Interval { low: side(&low, low_inclusive)?, high: side(&high, high_inclusive)? };
        Ok(Expr::Test(field.cloned(), Test::Number(interval)))
    }
}

/// What clauses of a boolean query mean together.
fn combine(clauses: Vec<(Occur, Expr)>) -> Expr {
    let (mut must, mut should) = (Vec::new(), Vec::new());
    let required = clauses.iter().any(|(o, _)| *o == Occur::Must);
    for (occur, expr) in clauses {
        match occur {
            Occur::Must => must.push(expr),
            Occur::MustNot => must.push(expr.not()),
            // Beside a required clause an optional one only counts for the score.
            Occur::Should if required => {}
            Occur::Should => should.push(expr),
        }
    }
    if !should.is_empty() {
        must.insert(0, Expr::any(should));
    }
    Expr::all(must)
}
