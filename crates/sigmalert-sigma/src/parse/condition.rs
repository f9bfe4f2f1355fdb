//! Conditions, and the aggregations of old rules behind `|`.

use super::aggregation;
use super::lexer::{ConditionError, Token, Tokens};
use crate::ast::condition::{Condition, Quantifier, Selector};
use crate::ast::parsed_condition::ParsedCondition;

/// How deep a condition may nest.
const MAX_DEPTH: usize = 64;

impl ParsedCondition {
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
}

impl Tokens<'_> {
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
            return Err(self.error(&format!("the condition is nested more than {MAX_DEPTH} levels deep")));
        }
        match self.peek() {
            Some(Token::Open) => {
                self.advance();
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
                self.advance();
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
        self.advance();
        self.eat_word("of");
        if self.eat_word("them") {
            return Ok(Condition::Quantified { quantity, of: Selector::Them });
        }
        match self.peek() {
            Some(Token::Word(w)) if !w.contains('?') => {
                let of = Selector::Pattern((*w).to_owned());
                self.advance();
                Ok(Condition::Quantified { quantity, of })
            }
            found => {
                let found = found.map_or_else(|| "the end".into(), ToString::to_string);
                Err(self.error(&format!("expected `them` or a name pattern such as `selection*`, found {found}")))
            }
        }
    }
}
