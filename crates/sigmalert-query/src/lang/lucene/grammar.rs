//! Lucene's classic grammar, clause by clause as its parser has it.
//!
//! It is no tidy boolean language: clauses are required, prohibited or optional, `AND` changes the clause before it, words with
//! nothing but blanks between them are one text where no field stands before the first, and a clause that the analyzer leaves
//! nothing of counts as not written.

use super::token::{Token, TokenKind, tokens, unescape};
use crate::Expr;
use crate::lang::{MAX_DEPTH, ParseError};

/// Whether a clause must hold, may, or must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occur {
    Must,
    Should,
    MustNot,
}

/// A query as the server builds it.
#[derive(Debug, Clone)]
pub(super) enum Query {
    /// Nothing is left of it.
    Nothing,
    Leaf(Expr),
    Bool(Vec<(Occur, Query)>),
    /// With a boost: the same, but no list of clauses any more.
    Boosted(Box<Query>),
}

/// The field that a clause is about; nothing for a list of default fields.
pub(super) type Scope<'s> = Option<&'s str>;

/// What clauses mean, for one schema.
pub(super) trait Leaves {
    /// A term or several, without backslashes.
    fn words(&self, scope: Scope<'_>, text: String, at: usize) -> Result<Query, ParseError>;
    /// Quoted text, and how far apart its words may be, where given.
    fn quoted(&self, scope: Scope<'_>, text: String, slop: Option<&str>, at: usize) -> Result<Query, ParseError>;
    /// `*`
    fn any(&self, scope: Scope<'_>, at: usize) -> Result<Query, ParseError>;
    /// A term with a `*` behind it, without backslashes.
    fn prefix(&self, scope: Scope<'_>, text: String, at: usize) -> Result<Query, ParseError>;
    /// A term with wildcards, as it is written.
    fn wild(&self, scope: Scope<'_>, text: &str, at: usize) -> Result<Query, ParseError>;
    /// The text between slashes.
    fn regex(&self, scope: Scope<'_>, body: &str, at: usize) -> Result<Query, ParseError>;
    /// A term with `~`.
    fn fuzzy(&self, scope: Scope<'_>, text: String, distance: &str, at: usize) -> Result<Query, ParseError>;
    /// A range; an end that is open is nothing.
    fn range(&self, scope: Scope<'_>, low: Option<(String, bool)>, high: Option<(String, bool)>, at: usize) -> Result<Query, ParseError>;
}

/// Reads a text. `and` says that clauses without an operator must all hold.
pub(super) fn parse(text: &str, scope: Scope<'_>, and: bool, leaves: &dyn Leaves) -> Result<Query, ParseError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, and, leaves };
    let query = parser.query(scope)?;
    match parser.peek() {
        TokenKind::End => Ok(query),
        _ => Err(parser.unexpected("where a clause should begin")),
    }
}

struct Parser<'l> {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    and: bool,
    leaves: &'l dyn Leaves,
}

impl Parser<'_> {
    fn peek(&self) -> &TokenKind {
        self.ahead(0)
    }

    fn ahead(&self, n: usize) -> &TokenKind {
        self.tokens.get(self.at + n).map_or(&TokenKind::End, |t| &t.kind)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |t| t.at)
    }

    fn take(&mut self) -> TokenKind {
        let kind = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len());
        kind
    }

    fn next_if(&mut self, kind: &TokenKind) -> bool {
        let is = self.peek() == kind;
        self.at += usize::from(is);
        is
    }

    fn unexpected(&self, place: &str) -> ParseError {
        let (what, escape) = match self.peek() {
            TokenKind::And => ("the operator `AND`", "put it in quotes to search for the word"),
            TokenKind::Or => ("the operator `OR`", "put it in quotes to search for the word"),
            TokenKind::Not => ("the operator `NOT` or `!`", "put it in quotes to search for the text"),
            TokenKind::Plus => ("`+`", "write `\\+` for the character"),
            TokenKind::Minus => ("`-`", "write `\\-` for the character, as in `\\-5`"),
            TokenKind::Close => ("`)`", "write `\\)` for the character"),
            TokenKind::Colon => ("`:`", "write `\\:` for the character"),
            TokenKind::Boost => ("`^`", "write `\\^` for the character"),
            TokenKind::Fuzzy(_) => ("`~`", "write `\\~` for the character"),
            TokenKind::End => return ParseError { message: format!("the query ends {place}"), at: self.place() },
            _ => ("something", "put it in quotes"),
        };
        ParseError { message: format!("{what} stands {place}; {escape}"), at: self.place() }
    }

    /// How many terms from here on are one text: at least two, or none.
    fn run(&self) -> usize {
        let is_term = |n: usize| matches!(self.ahead(n), TokenKind::Term(_));
        let goes_on = |n: usize| {
            is_term(n)
                && !matches!(
                    self.ahead(n + 1),
                    TokenKind::Colon | TokenKind::Star | TokenKind::Fuzzy(_) | TokenKind::Boost | TokenKind::And | TokenKind::Or
                )
        };
        if !is_term(0) || !goes_on(1) {
            return 0;
        }
        let mut n = 2;
        while goes_on(n) {
            n += 1;
        }
        n
    }

    fn query(&mut self, scope: Scope<'_>) -> Result<Query, ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ParseError { message: "the query nests too deep".into(), at: self.place() });
        }
        let mut clauses: Vec<(Occur, Query)> = Vec::new();
        let mut first = None;
        let mut begun = false;
        while !begun || !matches!(self.peek(), TokenKind::End | TokenKind::Close) {
            let run = self.run();
            if run > 0 {
                let query = self.several(scope, run)?;
                if !begun {
                    first = Some(query.clone());
                }
                self.add_several(&mut clauses, query);
            } else {
                let joined = match self.peek() {
                    TokenKind::And if begun => Some(true),
                    TokenKind::Or if begun => Some(false),
                    _ => None,
                };
                self.at += usize::from(joined.is_some());
                let sign = match self.peek() {
                    TokenKind::Plus => Some(true),
                    TokenKind::Minus | TokenKind::Not => Some(false),
                    _ => None,
                };
                self.at += usize::from(sign.is_some());
                let query = self.clause(scope)?;
                if !begun && sign.is_none() {
                    first = Some(query.clone());
                }
                self.add(&mut clauses, joined, sign, query);
            }
            begun = true;
        }
        self.depth -= 1;
        Ok(match (clauses.len(), first) {
            (1, Some(first)) if !matches!(first, Query::Nothing) => first,
            (0, _) => Query::Nothing,
            _ => Query::Bool(clauses),
        })
    }

    /// Terms with nothing between them.
    fn several(&mut self, scope: Scope<'_>, run: usize) -> Result<Query, ParseError> {
        let at = self.place();
        let mut words = Vec::with_capacity(run);
        for _ in 0..run {
            let at = self.place();
            if let TokenKind::Term(t) = self.take() {
                words.push(unescape(&t, at)?);
            }
        }
        self.leaves.words(scope, words.join(" "), at)
    }

    fn add_several(&self, clauses: &mut Vec<(Occur, Query)>, query: Query) {
        match query {
            Query::Nothing => {}
            Query::Bool(words) => clauses.extend(words),
            query => clauses.push((if self.and { Occur::Must } else { Occur::Should }, query)),
        }
    }

    /// Adds a clause. `joined` is true behind `AND`, false behind `OR`; `sign` true behind `+`, false behind `-` and `NOT`.
    fn add(&self, clauses: &mut Vec<(Occur, Query)>, joined: Option<bool>, sign: Option<bool>, query: Query) {
        if let Some((previous, _)) = clauses.last_mut().filter(|(o, _)| *o != Occur::MustNot) {
            match joined {
                Some(true) => *previous = Occur::Must,
                Some(false) if self.and => *previous = Occur::Should,
                _ => {}
            }
        }
        if matches!(query, Query::Nothing) {
            return;
        }
        let required = if self.and { joined != Some(false) } else { sign == Some(true) || joined == Some(true) };
        let occur = match sign {
            Some(false) => Occur::MustNot,
            _ if required => Occur::Must,
            _ => Occur::Should,
        };
        clauses.push((occur, query));
    }

    fn clause(&mut self, outer: Scope<'_>) -> Result<Query, ParseError> {
        let mut own = None;
        if *self.ahead(1) == TokenKind::Colon {
            let at = self.place();
            match self.peek() {
                TokenKind::Term(t) => own = Some(unescape(t, at)?),
                TokenKind::Star => own = Some("*".to_owned()),
                _ => {}
            }
            self.at += if own.is_some() { 2 } else { 0 };
        }
        let scope = own.as_deref().or(outer);
        if !self.next_if(&TokenKind::Open) {
            return self.term(scope);
        }
        let inner = self.query(scope)?;
        if !self.next_if(&TokenKind::Close) {
            return Err(match self.peek() {
                TokenKind::End => ParseError { message: "a parenthesis is not closed".into(), at: self.place() },
                _ => self.unexpected("where a clause should begin"),
            });
        }
        Ok(if self.next_if(&TokenKind::Boost) { boosted(inner) } else { inner })
    }

    fn term(&mut self, scope: Scope<'_>) -> Result<Query, ParseError> {
        let at = self.place();
        if !matches!(
            self.peek(),
            TokenKind::Term(_)
                | TokenKind::Star
                | TokenKind::Prefix(_)
                | TokenKind::Wild(_)
                | TokenKind::Regex(_)
                | TokenKind::BareSign(_)
                | TokenKind::Range { .. }
                | TokenKind::Quoted(_)
        ) {
            return Err(self.unexpected("where a value should stand"));
        }
        let kind = self.take();
        let mut boost = self.next_if(&TokenKind::Boost);
        let mut fuzzy = None;
        if !matches!(kind, TokenKind::Range { .. })
            && let TokenKind::Fuzzy(distance) = self.peek()
        {
            fuzzy = Some(distance.clone());
            self.at += 1;
            boost = boost || self.next_if(&TokenKind::Boost);
        }
        let query = match (kind, fuzzy) {
            (TokenKind::Star, _) => self.leaves.any(scope, at)?,
            (TokenKind::Prefix(t), _) => self.leaves.prefix(scope, unescape(&t, at)?, at)?,
            (TokenKind::Wild(t), _) => {
                // The parser takes the backslashes off before it looks what the term is.
                unescape(&t, at)?;
                self.leaves.wild(scope, &t, at)?
            }
            (TokenKind::Regex(t), _) => {
                unescape(&format!("{t}/"), at)?;
                self.leaves.regex(scope, &t, at)?
            }
            (TokenKind::Term(t), Some(distance)) => self.leaves.fuzzy(scope, unescape(&t, at)?, &distance, at)?,
            (TokenKind::BareSign(c), Some(distance)) => self.leaves.fuzzy(scope, c.into(), &distance, at)?,
            (TokenKind::Term(t), None) => self.leaves.words(scope, unescape(&t, at)?, at)?,
            (TokenKind::BareSign(c), None) => self.leaves.words(scope, c.into(), at)?,
            (TokenKind::Quoted(t), slop) => self.leaves.quoted(scope, unescape(&t, at)?, slop.as_deref(), at)?,
            (TokenKind::Range { low, high, from, to }, _) => {
                let end = |(text, quoted): (String, bool), inclusive: bool| -> Result<Option<(String, bool)>, ParseError> {
                    if !quoted && text == "*" {
                        return Ok(None);
                    }
                    // The server takes a `*` in quotes, or escaped, for an open end as well.
                    Ok(Some((unescape(&text, at)?, inclusive)).filter(|(t, _)| t != "*"))
                };
                self.leaves.range(scope, end(low, from)?, end(high, to)?, at)?
            }
            _ => return Err(self.unexpected("where a value should stand")),
        };
        Ok(if boost { boosted(query) } else { query })
    }
}

fn boosted(query: Query) -> Query {
    match query {
        Query::Nothing => Query::Nothing,
        query => Query::Boosted(Box::new(query)),
    }
}

impl Query {
    /// Whether it is a list of clauses.
    pub(super) fn is_bool(&self) -> bool {
        match self {
            Self::Bool(_) => true,
            Self::Boosted(inner) => inner.is_bool(),
            Self::Nothing | Self::Leaf(_) => false,
        }
    }

    /// As an expression; nothing where nothing is left of it. `least` says how many of the optional clauses must hold, of so many.
    pub(super) fn expr(self, least: &dyn Fn(usize) -> Option<u32>) -> Option<Expr> {
        match self {
            Self::Nothing => None,
            Self::Leaf(e) => Some(e),
            Self::Boosted(inner) => inner.expr(least),
            Self::Bool(clauses) => Some(combine(clauses, least)),
        }
    }
}

/// What clauses of a boolean query mean together.
fn combine(clauses: Vec<(Occur, Query)>, least: &dyn Fn(usize) -> Option<u32>) -> Expr {
    let (mut must, mut should) = (Vec::new(), Vec::new());
    let required = clauses.iter().any(|(o, _)| *o == Occur::Must);
    for (occur, query) in clauses {
        let Some(expr) = query.expr(&|_| None) else { continue };
        match occur {
            Occur::Must => must.push(expr),
            Occur::MustNot => must.push(expr.not()),
            Occur::Should => should.push(expr),
        }
    }
    match least(should.len()).filter(|n| *n > 0) {
        Some(1) => must.insert(0, Expr::any(should)),
        Some(n) => must.insert(0, Expr::AtLeast(n, should)),
        // Beside a required clause an optional one only counts for the score.
        None if required || should.is_empty() => {}
        None => must.insert(0, Expr::any(should)),
    }
    Expr::all(must)
}
