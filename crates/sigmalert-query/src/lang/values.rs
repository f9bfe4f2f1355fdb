//! What a value written in a query means for a field of some type: the same for all languages.

use crate::{Case, Expr, FieldInfo, FieldName, FieldType, Interval, Number, Pattern, Schema, Test};
use std::net::IpAddr;

/// The test that a whole value means on a field of this type; nothing when no value of the type can be it.
/// (On analyzed text the caller cuts tokens first.)
pub(super) fn exact_test(info: &FieldInfo, text: &str) -> Option<Test> {
    match &info.kind {
        FieldType::Keyword | FieldType::Wildcard | FieldType::Date | FieldType::Text(_) => {
            Some(Test::Pattern(Pattern::literal(text, Case::Sensitive)))
        }
        FieldType::Ip => network(text).map(Test::Cidr),
        FieldType::Long => Number::parse(text).filter(|n| n.as_int().is_some()).map(|n| Test::Number(Interval::point(n))),
        FieldType::Double => Number::parse(text).map(|n| Test::Number(Interval::point(n))),
        FieldType::Boolean => match text {
            "true" => Some(Test::Bool(true)),
            "false" => Some(Test::Bool(false)),
            _ => None,
        },
    }
}

fn info<'s>(schema: &'s Schema, field: Option<&FieldName>) -> &'s FieldInfo {
    schema.field_or_keyword(field.map(|f| &**f))
}

/// A value in quotes: the whole value, or on analyzed text its tokens in a row.
pub(super) fn phrase(schema: &Schema, field: Option<&FieldName>, text: &str) -> Expr {
    if let FieldType::Text(analyzer) = &info(schema, field).kind {
        let tokens = analyzer.analyze(text);
        return if tokens.is_empty() { Expr::FALSE } else { Expr::Test(field.cloned(), Test::Phrase(tokens)) };
    }
    exact_test(info(schema, field), text).map_or(Expr::FALSE, |t| Expr::Test(field.cloned(), t))
}

/// Bare words: the whole value, or on analyzed text any of its tokens.
pub(super) fn words(schema: &Schema, field: Option<&FieldName>, text: &str) -> Expr {
    if let FieldType::Text(analyzer) = &info(schema, field).kind {
        let tokens = analyzer.analyze(text);
        return Expr::any(tokens.into_iter().map(|t| Expr::Test(field.cloned(), Test::Phrase(vec![t]))).collect());
    }
    phrase(schema, field, text)
}

/// A value with wildcards. Types that have none find nothing.
pub(super) fn wildcard(schema: &Schema, field: Option<&FieldName>, pattern: Pattern) -> Expr {
    let test = match &info(schema, field).kind {
        _ if pattern.is_any() => Test::Exists,
        FieldType::Keyword | FieldType::Wildcard => Test::Pattern(pattern),
        FieldType::Text(_) => Test::Token(pattern.map_literals(str::to_lowercase)),
        _ => return Expr::FALSE,
    };
    Expr::Test(field.cloned(), test)
}

/// Parses an address or network.
fn network(text: &str) -> Option<ipnet::IpNet> {
    text.parse::<IpAddr>().map(Into::into).or_else(|_| text.parse::<ipnet::IpNet>().map(|n| n.trunc())).ok()
}
