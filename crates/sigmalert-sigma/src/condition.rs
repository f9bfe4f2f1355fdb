//! Conditions (specification, "Condition"): `not`, `and`, `or`, parentheses, `1 of x*`, `all of them`, and the
//! aggregations of old rules behind `|`.

use super::aggregation::{self, Aggregation};
use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{map, recognize};
use nom::sequence::preceded;
use nom::{IResult, Parser};
use std::fmt;

/// Logic over selections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// One of them at least.
    Or(Vec<Condition>),
    /// All of them.
    And(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// This selection.
    Selection(String),
    /// So many of these selections.
    Quantified {
        /// How many.
        quantity: Quantifier,
        /// Selector which.
        of: Selector,
    },
}

/// How many selections must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `all of`
    All,
    /// `1 of`, `any of`, `N of`
    AtLeast(u32),
}

/// Which selections a quantity counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// `them`: all but those whose name begins with `_`.
    Them,
    /// Those of matching name; `*` stands for any run of characters.
    Pattern(String),
}

impl Selector {
    /// Whether a selection of this name is meant. Names that begin with `_` are meant only by patterns that do.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Them => !name.starts_with('_'),
            Self::Pattern(p) => (p.starts_with('_') || !name.starts_with('_')) && glob(p, name),
        }
    }

    /// Whether it is a pattern, or all.
    pub fn has_wildcard(&self) -> bool {
        match self {
            Self::Them => true,
            Self::Pattern(p) => p.contains('*'),
        }
    }
}

fn glob(pattern: &str, name: &str) -> bool {
    if pattern.contains('*') { crate::wildcard::matches(pattern, name) } else { pattern == name }
}

/// A condition as a rule has it, with what stands behind `|`.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The text.
    pub text: String,
    /// The logic.
    pub condition: Condition,
    /// The aggregation of old rules.
    pub aggregation: Option<Aggregation>,
    /// An operator was written in upper or mixed case.
    pub odd_case: bool,
}

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConditionError {
    /// In words, with the character where.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// How deep a condition may nest.
const MAX_DEPTH: usize = 64;
/// How many words and signs a condition may have.
const MAX_TOKENS: usize = 10_000;

impl Parsed {
    /// Reads a condition.
    ///
    /// # Errors
    /// With the place and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let mut parser = Tokens::new(text)?;
        let condition = parser.or(0)?;
        let aggregation = if parser.eat(&Token::Pipe) { Some(aggregation::read(&mut parser)?) } else { None };
        if let Some(at) = parser.peek() {
            let found = at.to_string();
            return Err(parser.error(&format!("expected `and`, `or` or the end, found {found}")));
        }
        Ok(Self { text: text.to_owned(), condition, aggregation, odd_case: parser.odd_case })
    }

    pub(super) fn for_each<'c>(&'c self, f: &mut impl FnMut(&'c Condition)) {
        self.condition.for_each(f);
        if let Some(Aggregation::Near(near)) = &self.aggregation {
            near.for_each(f);
        }
    }
}

impl Condition {
    /// Calls `f` with this and every part of it.
    pub fn for_each<'c>(&'c self, f: &mut impl FnMut(&'c Condition)) {
        f(self);
        match self {
            Self::Or(items) | Self::And(items) => items.iter().for_each(|i| i.for_each(f)),
            Self::Not(item) => item.for_each(f),
            Self::Selection(_) | Self::Quantified { .. } => {}
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    Pipe,
    /// `<`, `<=`, `>`, `>=`, `==`, `=`
    Sign(&'a str),
    Word(&'a str),
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Open => "(",
            Self::Close => ")",
            Self::Pipe => "|",
            Self::Sign(s) | Self::Word(s) => s,
        };
        write!(f, "`{}`", text.chars().take(40).collect::<String>())
    }
}

fn token(input: &str) -> IResult<&str, Token<'_>> {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '*' | '?');
    preceded(
        // Old rules put commas between the fields behind `by`.
        take_while(|c: char| c.is_whitespace() || c == ','),
        alt((
            map(take_while1(word), Token::Word),
            map(char('('), |_| Token::Open),
            map(char(')'), |_| Token::Close),
            map(char('|'), |_| Token::Pipe),
            map(recognize((one_of("<>="), take_while(|c| c == '='))), Token::Sign),
        )),
    )
    .parse(input)
}

/// The words and signs of a condition, and where reading stands.
pub(super) struct Tokens<'a> {
    text: &'a str,
    tokens: Vec<(usize, Token<'a>)>,
    next: usize,
    odd_case: bool,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Result<Self, ConditionError> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while !rest.trim_start().is_empty() {
            let at = text.len() - rest.trim_start().len();
            match token(rest) {
                Ok((after, t)) => {
                    tokens.push((at, t));
                    rest = after;
                }
                Err(_) => {
                    let c = text[at..].chars().next().unwrap_or(' ');
                    return Err(ConditionError {
                        message: format!("unexpected character {c:?} at character {}", text[..at].chars().count() + 1),
                        help: Some("a condition has names of selections, and, or, not, parentheses, `1 of x*` and `all of them`".into()),
                    });
                }
            }
            if tokens.len() > MAX_TOKENS {
                return Err(ConditionError { message: format!("the condition has more than {MAX_TOKENS} words and signs"), help: None });
            }
        }
        if tokens.is_empty() {
            return Err(ConditionError {
                message: "the condition is empty".into(),
                help: Some("name the selections that must hold".into()),
            });
        }
        Ok(Self { text, tokens, next: 0, odd_case: false })
    }

    pub(super) fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.next).map(|(_, t)| t)
    }

    fn peek_at(&self, ahead: usize) -> Option<&Token<'a>> {
        self.tokens.get(self.next + ahead).map(|(_, t)| t)
    }

    pub(super) fn advance(&mut self) -> Option<Token<'a>> {
        let t = self.peek().cloned();
        self.next += usize::from(t.is_some());
        t
    }

    pub(super) fn eat(&mut self, token: &Token<'_>) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    /// Takes this keyword, in any case.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let Some(Token::Word(w)) = self.peek() else { return false };
        if !w.eq_ignore_ascii_case(word) {
            return false;
        }
        self.odd_case |= *w != word;
        self.next += 1;
        true
    }

    pub(super) fn error(&self, message: &str) -> ConditionError {
        let at = self.tokens.get(self.next).map_or(self.text.len(), |(at, _)| *at);
        ConditionError { message: format!("{message} (character {} of the condition)", self.text[..at].chars().count() + 1), help: None }
    }

    pub(super) fn or(&mut self, depth: usize) -> Result<Condition, ConditionError> {
        let mut items = vec![self.and(depth)?];
        while self.eat_word("or") {
            items.push(self.and(depth)?);
        }
        Ok(if items.len() == 1 { items.remove(0) } else { Condition::Or(items) })
    }

    fn and(&mut self, depth: usize) -> Result<Condition, ConditionError> {
        let mut items = vec![self.not(depth)?];
        while self.eat_word("and") {
            items.push(self.not(depth)?);
        }
        Ok(if items.len() == 1 { items.remove(0) } else { Condition::And(items) })
    }

    fn not(&mut self, depth: usize) -> Result<Condition, ConditionError> {
        // A run of `not` is counted, not nested.
        let mut negative = false;
        let mut any = false;
        while self.eat_word("not") {
            negative = !negative;
            any = true;
        }
        let item = self.primary(depth)?;
        Ok(match (any, negative) {
            (_, true) => Condition::Not(Box::new(item)),
            _ => item,
        })
    }

    fn primary(&mut self, depth: usize) -> Result<Condition, ConditionError> {
        if depth >= MAX_DEPTH {
            return Err(self.error(&format!("the condition nests more than {MAX_DEPTH} deep")));
        }
        match self.peek() {
            Some(Token::Open) => {
                self.next += 1;
                let inner = self.or(depth + 1)?;
                if !self.eat(&Token::Close) {
                    let found = self.peek().map_or_else(|| "the end".into(), ToString::to_string);
                    return Err(self.error(&format!("expected `)`, found {found}")));
                }
                Ok(inner)
            }
            Some(Token::Word(w)) => {
                let w = *w;
                if matches!(self.peek_at(1), Some(Token::Word(of)) if of.eq_ignore_ascii_case("of")) {
                    return self.quantified(w);
                }
                if ["and", "or", "of", "them"].iter().any(|k| w.eq_ignore_ascii_case(k)) {
                    return Err(self.error(&format!("expected the name of a selection, found `{w}`")));
                }
                if w.contains(['*', '?']) {
                    let mut e = self.error(&format!("`{w}` has a wildcard"));
                    e.help = Some(format!("write `1 of {w}` or `all of {w}`"));
                    return Err(e);
                }
                self.next += 1;
                Ok(Condition::Selection(w.to_owned()))
            }
            Some(t) => Err(self.error(&format!("expected the name of a selection, found {t}"))),
            None => Err(self.error("expected the name of a selection, found the end")),
        }
    }

    fn quantified(&mut self, count: &str) -> Result<Condition, ConditionError> {
        let quantity = if count.eq_ignore_ascii_case("all") {
            Quantifier::All
        } else if count.eq_ignore_ascii_case("any") {
            Quantifier::AtLeast(1)
        } else {
            match count.parse::<u32>() {
                Ok(n) if n > 0 && count.bytes().all(|b| b.is_ascii_digit()) => Quantifier::AtLeast(n),
                _ => return Err(self.error(&format!("expected `1`, `any`, `all` or a count before `of`, found `{count}`"))),
            }
        };
        self.odd_case |= count.bytes().any(|b| b.is_ascii_uppercase());
        self.next += 1;
        self.eat_word("of");
        if self.eat_word("them") {
            return Ok(Condition::Quantified { quantity, of: Selector::Them });
        }
        match self.peek() {
            Some(Token::Word(w)) if !w.contains('?') => {
                let of = Selector::Pattern((*w).to_owned());
                self.next += 1;
                Ok(Condition::Quantified { quantity, of })
            }
            found => {
                let found = found.map_or_else(|| "the end".into(), ToString::to_string);
                Err(self.error(&format!("expected `them` or a name pattern such as `selection*`, found {found}")))
            }
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Them => "them",
            Self::Pattern(p) => p,
        })
    }
}

impl fmt::Display for Quantifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::AtLeast(n) => write!(f, "{n}"),
        }
    }
}

/// The condition as Sigma writes it.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Condition], word: &str| {
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    write!(f, " {word} ")?;
                }
                match item {
                    Condition::Or(_) => write!(f, "({item})")?,
                    Condition::And(_) if word == "and" => write!(f, "({item})")?,
                    _ => write!(f, "{item}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Or(items) => list(f, items, "or"),
            Self::And(items) => list(f, items, "and"),
            Self::Not(item) if matches!(**item, Self::Or(_) | Self::And(_)) => write!(f, "not ({item})"),
            Self::Not(item) => write!(f, "not {item}"),
            Self::Selection(name) => f.write_str(name),
            Self::Quantified { quantity, of } => write!(f, "{quantity} of {of}"),
        }
    }
}
