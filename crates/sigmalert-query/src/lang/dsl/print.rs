//! An expression as Query DSL.

use super::script;
use crate::lang::lucene::{self, regex::Lucene};
use crate::lang::{Language, Limits, MAX_DEPTH, PrintError};
use crate::regex::{self, CharSet};
use crate::{Case, Expr, FieldName, Part, Pattern, Re, Test};
use serde_json::{Map, Value, json};

/// Prints an expression in index meaning as a query: the value of `"query"` in a search body.
///
/// # Errors
/// For what the index would refuse.
pub fn print(expr: &Expr, limits: &Limits) -> Result<Value, PrintError> {
    let mut printer = Printer { limits, clauses: 0 };
    let value = printer.expr(expr, 0)?;
    if printer.clauses > limits.clauses {
        return Err(error(
            None,
            format!("the query has {} clauses, the index takes {}", printer.clauses, limits.clauses),
            "raise indices.query.bool.max_clause_count",
        )
        .too_large());
    }
    Ok(value)
}

struct Printer<'l> {
    limits: &'l Limits,
    clauses: usize,
}

fn error(field: Option<&FieldName>, what: impl Into<String>, help: impl Into<String>) -> PrintError {
    PrintError::new(Language::Dsl, field, what, help)
}

/// `{kind: {field: body}}`.
fn on_field(kind: &str, field: &FieldName, body: Value) -> Value {
    let mut inner = Map::new();
    inner.insert(field.to_string(), body);
    let mut outer = Map::new();
    outer.insert(kind.to_owned(), Value::Object(inner));
    Value::Object(outer)
}

impl Printer<'_> {
    fn expr(&mut self, e: &Expr, depth: usize) -> Result<Value, PrintError> {
        if depth > self.limits.depth.min(MAX_DEPTH) {
            return Err(error(
                None,
                format!("the query nests more than {} levels deep", self.limits.depth),
                "simplify the condition, or raise indices.query.bool.max_nested_depth",
            ));
        }
        Ok(match e {
            Expr::Const(true) => json!({"match_all": {}}),
            Expr::Const(false) => json!({"match_none": {}}),
            Expr::And(items) => {
                let (mut filter, mut must_not) = (Vec::new(), Vec::new());
                for item in items {
                    match item {
                        Expr::Not(inner) => must_not.push(self.expr(inner, depth + 1)?),
                        item => filter.push(self.expr(item, depth + 1)?),
                    }
                }
                let mut body = Map::new();
                if !filter.is_empty() {
                    body.insert("filter".into(), filter.into());
                }
                if !must_not.is_empty() {
                    body.insert("must_not".into(), must_not.into());
                }
                json!({"bool": body})
            }
            Expr::Or(items) => {
                let mut should = self.alternatives(items, depth)?;
                // All of them in one list of values: no `bool` around it.
                if should.len() == 1 && items.len() > 1 {
                    should.remove(0)
                } else {
                    json!({"bool": {"should": should, "minimum_should_match": 1}})
                }
            }
            Expr::AtLeast(n, items) => {
                let should = items.iter().map(|i| self.expr(i, depth + 1)).collect::<Result<Vec<_>, _>>()?;
                json!({"bool": {"should": should, "minimum_should_match": n}})
            }
            Expr::Not(item) => {
                let inner = self.expr(item, depth + 1)?;
                json!({"bool": {"must_not": [inner]}})
            }
            Expr::Test(field, test) => self.test(field.as_ref(), test)?,
        })
    }

    /// The alternatives of an `or`; whole values of one field become one `terms`.
    fn alternatives(&mut self, items: &[Expr], depth: usize) -> Result<Vec<Value>, PrintError> {
        let term = |e: &Expr| match e {
            Expr::Test(Some(f), t) if !f.contains('*') => whole_value(t).map(|v| (f.clone(), v)),
            _ => None,
        };
        let mut out = Vec::new();
        let mut i = 0;
        while i < items.len() {
            let Some((field, value)) = term(&items[i]) else {
                out.push(self.expr(&items[i], depth + 1)?);
                i += 1;
                continue;
            };
            let mut values = vec![value];
            while let Some((f, v)) = items.get(i + values.len()).and_then(term) {
                if f != field {
                    break;
                }
                values.push(v);
            }
            if values.len() == 1 {
                out.push(self.expr(&items[i], depth + 1)?);
                i += 1;
                continue;
            }
            i += values.len();
            for chunk in values.chunks(self.limits.terms.max(1)) {
                self.clauses += 1;
                out.push(on_field("terms", &field, chunk.into()));
            }
        }
        Ok(out)
    }

    fn test(&mut self, field: Option<&FieldName>, test: &Test) -> Result<Value, PrintError> {
        self.clauses += 1;
        // No field, or several by pattern: only `query_string` looks there.
        let Some(field) = field.filter(|f| !f.contains('*') || *test == Test::Exists) else {
            // It has no flag for letter case, so that must be spelled out.
            let spelled = match test {
                Test::Pattern(p) if p.case == Case::Insensitive && p.has_cased_letter() => Test::Regex(Re::from_pattern(p)),
                test => test.clone(),
            };
            let value = lucene::value(field, &spelled, self.limits).map_err(|e| PrintError { language: Language::Dsl, ..e })?;
            return Ok(match field {
                None if matches!(test, Test::Anywhere(a) if a.all_words) => {
                    json!({"query_string": {"query": value, "default_operator": "AND"}})
                }
                None => json!({"query_string": {"query": value}}),
                Some(f) => json!({"query_string": {"query": value, "fields": [&**f]}}),
            });
        };
        if let Some(script) = script::query(field, test) {
            return Ok(script);
        }
        Ok(match test {
            Test::Exists => json!({"exists": {"field": &**field}}),
            Test::Pattern(p) => self.pattern(field, p)?,
            Test::Token(p) => {
                self.limits.pattern(Language::Dsl, Some(field), p)?;
                on_field("wildcard", field, json!({"value": wildcard(p)}))
            }
            Test::Phrase(tokens) => on_field("match_phrase", field, tokens.join(" ").into()),
            Test::Regex(re) => self.regex(field, re)?,
            Test::Bool(_) | Test::Cidr(_) => on_field("term", field, whole_value(test).unwrap_or(Value::Null)),
            Test::Number(i) => match i.as_point() {
                Some(n) => on_field("term", field, n.to_json()),
                None => {
                    let mut range = Map::new();
                    for (end, inclusive, exclusive) in [(i.low, "gte", "gt"), (i.high, "lte", "lt")] {
                        if let Some(e) = end {
                            range.insert(if e.inclusive { inclusive } else { exclusive }.into(), e.value.to_json());
                        }
                    }
                    on_field("range", field, range.into())
                }
            },
            Test::Period(from, to) => {
                let mut range = Map::from_iter([("format".to_owned(), "epoch_millis".into())]);
                for (end, key) in [(from, "gte"), (to, "lte")] {
                    if let Some(ms) = end {
                        range.insert(key.into(), (*ms).into());
                    }
                }
                on_field("range", field, range.into())
            }
            Test::NumericText(_) | Test::Field(_) | Test::Time(..) | Test::Anywhere(_) => json!({"match_none": {}}),
        })
    }

    fn pattern(&mut self, field: &FieldName, p: &Pattern) -> Result<Value, PrintError> {
        self.limits.pattern(Language::Dsl, Some(field), p)?;
        let insensitive = p.case == Case::Insensitive && p.has_cased_letter();
        let (kind, value) = match p.as_literal() {
            Some(text) => ("term", text.to_owned()),
            None => ("wildcard", wildcard(p)),
        };
        Ok(match (kind, insensitive) {
            ("term", false) => on_field("term", field, value.into()),
            (kind, false) => on_field(kind, field, json!({"value": value})),
            (kind, true) => on_field(kind, field, json!({"value": value, "case_insensitive": true})),
        })
    }

    fn regex(&mut self, field: &FieldName, re: &Re) -> Result<Value, PrintError> {
        let syntax = Lucene { slashes: false };
        // Where letter case does not count, the flag says it in half the length.
        let short = re.is_ascii_caseless().then(|| {
            let lower = re.map_chars(&mut |s: &CharSet| match s.as_caseless_letter().filter(char::is_ascii) {
                Some(c) => Re::Lit(c.into()),
                None => Re::set(s.clone()),
            });
            regex::print(&lower, &syntax)
        });
        let plain = regex::print(re, &syntax);
        let (printed, flag) = match short {
            Some(short) if short.len() < plain.len() => (short, true),
            _ => (plain, false),
        };
        self.limits.regex(Language::Dsl, Some(field), re, &printed)?;
        let body = if flag { json!({"value": printed, "case_insensitive": true}) } else { json!({"value": printed}) };
        Ok(on_field("regexp", field, body))
    }
}

/// The value of a test that a `terms` query can hold.
fn whole_value(test: &Test) -> Option<Value> {
    match test {
        Test::Pattern(p) if p.case == Case::Sensitive || !p.has_cased_letter() => p.as_literal().map(Into::into),
        Test::Number(i) => i.as_point().map(crate::Number::to_json),
        Test::Bool(b) => Some((*b).into()),
        Test::Cidr(net) if net.prefix_len() == net.max_prefix_len() => Some(net.addr().to_string().into()),
        Test::Cidr(net) => Some(net.trunc().to_string().into()),
        _ => None,
    }
}

/// The text of a `wildcard` query.
fn wildcard(p: &Pattern) -> String {
    let mut out = String::new();
    for part in p.parts() {
        match part {
            Part::Any => out.push('*'),
            Part::One => out.push('?'),
            Part::Lit(t) => {
                for c in t.chars() {
                    if matches!(c, '*' | '?' | '\\') {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
        }
    }
    out
}
