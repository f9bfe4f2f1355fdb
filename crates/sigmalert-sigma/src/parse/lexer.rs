//! The tokens of a condition.

use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{map, recognize};
use nom::sequence::preceded;
use nom::{IResult, Parser};
use std::fmt;

/// How many tokens a condition may have.
const MAX_TOKENS: usize = 10_000;

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConditionError {
    /// The message, with the position in the condition.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
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

/// The tokens of a condition, and the position of the parser.
pub(super) struct Tokens<'a> {
    text: &'a str,
    tokens: Vec<(usize, Token<'a>)>,
    next: usize,
    /// A keyword was written in upper or mixed case.
    pub odd_case: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, ConditionError> {
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

    pub(super) fn peek_at(&self, ahead: usize) -> Option<&Token<'a>> {
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
}
