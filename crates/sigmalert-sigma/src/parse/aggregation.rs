//! The aggregation after `|` in the condition of an old rule.

use super::lexer::{ConditionError, Token, Tokens};
use crate::ast::aggregation::{Aggregation, Function, Relation};

/// Parses the aggregation after `|`.
pub(super) fn read(tokens: &mut Tokens<'_>) -> Result<Aggregation, ConditionError> {
    if tokens.eat_word("near") {
        return Ok(Aggregation::Near(tokens.or(0)?));
    }
    let Some((_, function)) = Function::ALL.into_iter().find(|(name, _)| tokens.eat_word(name)) else {
        let mut e = tokens.error("expected count, min, max, avg, sum or near after `|`");
        e.help = Some("an aggregation reads `| count(field) by group > 5`".into());
        return Err(e);
    };
    if !tokens.eat(&Token::Open) {
        return Err(tokens.error(&format!("expected `(` after `{}`", function.name())));
    }
    let field = match tokens.peek() {
        Some(Token::Word(w)) => {
            let w = (*w).to_owned();
            tokens.advance();
            Some(w).filter(|w| w != "*")
        }
        _ => None,
    };
    if !tokens.eat(&Token::Close) {
        return Err(tokens.error("expected `)`"));
    }
    if field.is_none() && function != Function::Count {
        return Err(tokens.error(&format!("`{}` needs a field between the parentheses", function.name())));
    }
    let mut by = Vec::new();
    if tokens.eat_word("by") {
        while let Some(Token::Word(w)) = tokens.peek() {
            by.push((*w).to_owned());
            tokens.advance();
        }
        if by.is_empty() {
            return Err(tokens.error("expected a field after `by`"));
        }
    }
    let relation = match tokens.advance() {
        Some(Token::Sign(s)) => Relation::from_sign(s),
        _ => None,
    };
    let Some(relation) = relation else {
        return Err(tokens.error("expected <, <=, >, >= or == and a number"));
    };
    let value = match tokens.advance() {
        Some(Token::Word(w)) => w.parse::<f64>().ok().filter(|v| v.is_finite()),
        _ => None,
    };
    let Some(value) = value else { return Err(tokens.error("expected a number to compare with")) };
    Ok(Aggregation::Metric { function, field, by, relation, value })
}
