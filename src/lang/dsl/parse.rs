//! Reading Query DSL: the query types that rules use.

use super::script;
use crate::lang::lucene::{self, regex};
use crate::lang::{MAX_DEPTH, ParseError, values};
use crate::query::{Case, End, Expr, FieldName, FieldType, Interval, Number, Part, Pattern, Re, Schema, Test};
use serde_json::{Map, Value};

/// Reads a query, with or without `{"query": …}` around it.
///
/// # Errors
/// For query types and options that an expression cannot hold; the message names where in the JSON.
pub fn parse(query: &Value, schema: &Schema) -> Result<Expr, ParseError> {
    let inner = match query {
        Value::Object(o) if o.len() == 1 => o.get("query").filter(|q| q.is_object()).unwrap_or(query),
        _ => query,
    };
    Reader { schema }.query(inner, 0)
}

struct Reader<'s> {
    schema: &'s Schema,
}

fn error(message: impl Into<String>) -> ParseError {
    ParseError { message: message.into(), at: 0 }
}

impl Reader<'_> {
    fn query(&self, query: &Value, depth: usize) -> Result<Expr, ParseError> {
        if depth > MAX_DEPTH {
            return Err(error("the query nests too deep"));
        }
        let object = query.as_object().ok_or_else(|| error("a query must be an object"))?;
        let (kind, body) = match object.iter().next() {
            Some(entry) if object.len() == 1 => entry,
            Some(_) => return Err(error("a query must have one key: its type")),
            None => return Ok(Expr::TRUE),
        };
        match kind.as_str() {
            "match_all" => Ok(Expr::TRUE),
            "match_none" => Ok(Expr::FALSE),
            "bool" => self.bool(body, depth),
            "constant_score" => self.query(body.get("filter").ok_or_else(|| error("constant_score wants a filter"))?, depth + 1),
            "exists" => {
                let field = body.get("field").and_then(Value::as_str).ok_or_else(|| error("exists wants a field"))?;
                Ok(Expr::exists(field))
            }
            "query_string" => self.query_string(body),
            "script" => {
                let script = body.get("script").unwrap_or(body);
                let source = script.get("source").and_then(Value::as_str).unwrap_or_default();
                let (field, test) = script::read(source, script.get("params").unwrap_or(&Value::Null))
                    .ok_or_else(|| error("scripts of others cannot be read"))?;
                Ok(Expr::test(field, test))
            }
            "terms" => {
                let (field, list) = one_field(body, "terms")?;
                let list = list.as_array().ok_or_else(|| error("terms wants a list of values"))?;
                Ok(Expr::any(list.iter().map(|v| self.term(&field, v, false)).collect::<Result<_, _>>()?))
            }
            "term" | "wildcard" | "regexp" | "prefix" | "range" | "match_phrase" | "match" => {
                let (field, body) = one_field(body, kind)?;
                self.leaf(kind, &field, body)
            }
            other => Err(error(format!("the query type `{other}` is not supported"))),
        }
    }

    fn list(&self, body: Option<&Value>, depth: usize) -> Result<Vec<Expr>, ParseError> {
        match body {
            None => Ok(Vec::new()),
            Some(Value::Array(a)) => a.iter().map(|q| self.query(q, depth + 1)).collect(),
            Some(q) => Ok(vec![self.query(q, depth + 1)?]),
        }
    }

    fn bool(&self, body: &Value, depth: usize) -> Result<Expr, ParseError> {
        let object = body.as_object().ok_or_else(|| error("bool wants an object"))?;
        for key in object.keys() {
            if !matches!(
                key.as_str(),
                "must" | "filter" | "should" | "must_not" | "minimum_should_match" | "boost" | "adjust_pure_negative" | "_name"
            ) {
                return Err(error(format!("bool has no option `{key}` that is supported")));
            }
        }
        let mut all = self.list(object.get("must"), depth)?;
        all.extend(self.list(object.get("filter"), depth)?);
        let should = self.list(object.get("should"), depth)?;
        let least = match object.get("minimum_should_match") {
            None => u32::from(all.is_empty() && !should.is_empty()),
            Some(Value::Number(n)) => {
                n.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or_else(|| error("minimum_should_match wants a count"))?
            }
            Some(Value::String(s)) => s.parse().map_err(|_| error("minimum_should_match wants a count"))?,
            Some(_) => return Err(error("minimum_should_match wants a count")),
        };
        match least {
            0 => {}
            1 => all.push(Expr::any(should)),
            n => all.push(Expr::AtLeast(n, should)),
        }
        all.extend(self.list(object.get("must_not"), depth)?.into_iter().map(Expr::not));
        Ok(Expr::all(all))
    }

    fn query_string(&self, body: &Value) -> Result<Expr, ParseError> {
        let text = body.get("query").and_then(Value::as_str).ok_or_else(|| error("query_string wants a query"))?;
        let mut field = None;
        for (key, value) in body.as_object().into_iter().flatten() {
            match key.as_str() {
                "query" | "boost" => {}
                "analyze_wildcard" | "lenient" | "allow_leading_wildcard" if value.as_bool().is_some() => {}
                "default_operator" if value.as_str().is_some_and(|v| v.eq_ignore_ascii_case("or")) => {}
                "default_field" => field = value.as_str().filter(|f| *f != "*").map(str::to_owned),
                "fields" if value.as_array().is_some_and(|a| a.len() == 1) => {
                    field = value[0].as_str().map(str::to_owned);
                }
                other => return Err(error(format!("query_string with `{other}` is not supported"))),
            }
        }
        let expr = lucene::parse(text, self.schema)?;
        let Some(field) = field else { return Ok(expr) };
        // Bare values were read as keyword searches: they look in that field.
        let name: FieldName = field.into();
        expr.try_map_tests(&mut |f, t| Ok(Expr::Test(Some(f.unwrap_or(&name).clone()), t.clone())))
    }

    fn term(&self, field: &FieldName, value: &Value, insensitive: bool) -> Result<Expr, ParseError> {
        let info = self.schema.field(field);
        let text = match value {
            Value::String(s) => s.clone(),
            Value::Number(n) => n.to_string(),
            Value::Bool(b) => b.to_string(),
            _ => return Err(error(format!("`{field}` is compared with a value that is neither text, number nor boolean"))),
        };
        if matches!(info.kind, FieldType::Text(_)) {
            // A term is compared with single tokens as they lie in the index.
            return Ok(Expr::test(field.clone(), Test::Phrase(vec![text])));
        }
        Ok(match values::exact_test(info, &text) {
            Some(Test::Pattern(p)) if insensitive => Expr::test(field.clone(), Test::Pattern(p.with_case(Case::Insensitive))),
            Some(test) => Expr::test(field.clone(), test),
            None => Expr::FALSE,
        })
    }

    fn leaf(&self, kind: &str, field: &FieldName, body: &Value) -> Result<Expr, ParseError> {
        if kind == "range" {
            return self.range(field, body);
        }
        let options: &Map<String, Value> = match body {
            Value::Object(o) => o,
            _ => &Map::new(),
        };
        let insensitive = options.get("case_insensitive").and_then(Value::as_bool).unwrap_or(false);
        let value = match body {
            Value::Object(o) => ["value", "wildcard", "query", "prefix"]
                .iter()
                .find_map(|k| o.get(*k))
                .ok_or_else(|| error(format!("{kind} wants a value")))?,
            v => v,
        };
        for key in options.keys() {
            let known = matches!(
                key.as_str(),
                "value" | "wildcard" | "query" | "prefix" | "case_insensitive" | "boost" | "rewrite" | "_name" | "max_determinized_states"
            ) || (key == "flags" && options[key] == "ALL")
                || (key == "slop" && options[key] == 0);
            if !known {
                return Err(error(format!("{kind} with `{key}` is not supported")));
            }
        }
        if kind == "term" {
            return self.term(field, value, insensitive);
        }
        let text = match value {
            Value::String(s) => s.clone(),
            Value::Number(n) => n.to_string(),
            Value::Bool(b) => b.to_string(),
            _ => return Err(error(format!("{kind} on `{field}` wants text"))),
        };
        let case = if insensitive { Case::Insensitive } else { Case::Sensitive };
        match kind {
            "match_phrase" => Ok(values::phrase(self.schema, Some(field), &text)),
            "match" => Ok(values::words(self.schema, Some(field), &text)),
            "prefix" => Ok(values::wildcard(self.schema, Some(field), Pattern::literal(text, case).open_end())),
            "wildcard" => {
                let mut p = Pattern::literal("", case);
                let mut chars = text.chars();
                while let Some(c) = chars.next() {
                    match c {
                        '*' => p.push(Part::Any),
                        '?' => p.push(Part::One),
                        '\\' => p.push_char(chars.next().unwrap_or('\\')),
                        c => p.push_char(c),
                    }
                }
                Ok(values::wildcard(self.schema, Some(field), p))
            }
            _ => {
                if !self.schema.field(field).kind.is_string() {
                    return Err(error(format!("a regular expression on `{field}`, which is no keyword, is not supported")));
                }
                let mut re = regex::parse(&text)?;
                if insensitive {
                    re = re.map_chars(&mut |s| Re::set(s.case_folded()));
                }
                Ok(Expr::test(field.clone(), Test::Regex(re)))
            }
        }
    }

    fn range(&self, field: &FieldName, body: &Value) -> Result<Expr, ParseError> {
        let object = body.as_object().ok_or_else(|| error("range wants an object"))?;
        if !self.schema.field(field).kind.is_number() {
            return Err(error(format!("a range of `{field}`, which is no number, is not supported")));
        }
        let mut i = Interval { low: None, high: None };
        for (key, value) in object {
            let number = || match value {
                Value::Number(n) => Number::parse(&n.to_string()),
                Value::String(s) => Number::parse(s),
                _ => None,
            };
            let end = |inclusive| {
                number()
                    .map(|value| End { value, inclusive })
                    .ok_or_else(|| error(format!("the range of `{field}` has an end that is no number")))
            };
            match key.as_str() {
                "gt" => i.low = Some(end(false)?),
                "gte" => i.low = Some(end(true)?),
                "lt" => i.high = Some(end(false)?),
                "lte" => i.high = Some(end(true)?),
                "boost" | "_name" => {}
                other => return Err(error(format!("range with `{other}` is not supported"))),
            }
        }
        Ok(Expr::test(field.clone(), Test::Number(i)))
    }
}

fn one_field<'v>(body: &'v Value, kind: &str) -> Result<(FieldName, &'v Value), ParseError> {
    let object = body.as_object().ok_or_else(|| error(format!("{kind} wants a field")))?;
    let mut fields = object.iter().filter(|(k, _)| !matches!(k.as_str(), "boost" | "_name"));
    match (fields.next(), fields.next()) {
        (Some((field, value)), None) => Ok((field.as_str().into(), value)),
        _ => Err(error(format!("{kind} wants one field"))),
    }
}
