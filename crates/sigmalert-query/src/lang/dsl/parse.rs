//! Reading Query DSL: the query types that rules use, each option followed or refused.

use super::script;
use crate::lang::lucene::{self, Options, least, regex};
use crate::lang::{MAX_DEPTH, ParseError};
use crate::typed::{self, FieldSearch, Refusal};
use crate::{Anywhere, Case, Expr, FieldInfo, FieldName, FieldType, Part, Pattern, Re, Schema, SearchTerm, StoredCase, Test};
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

type Read<T = Expr> = Result<T, ParseError>;
type Object = Map<String, Value>;

fn error(message: impl Into<String>) -> ParseError {
    ParseError { message: message.into(), at: 0 }
}

fn fail<T>(message: impl Into<String>) -> Read<T> {
    Err(error(message))
}

/// An error with the place it is from before it.
fn inside(place: &str, mut e: ParseError) -> ParseError {
    e.message = format!("{place}: {}", e.message);
    e
}

/// Text of a scalar.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str().and_then(|s| s.parse().ok()))
}

impl Reader<'_> {
    fn query(&self, query: &Value, depth: usize) -> Read {
        if depth > MAX_DEPTH {
            return fail("the query nests too deep");
        }
        let object = query.as_object().ok_or_else(|| error("a query must be an object"))?;
        let (kind, body) = match object.iter().next() {
            Some(entry) if object.len() == 1 => entry,
            Some(_) => return fail("a query must have one key: its type"),
            None => return fail("a query is empty; `match_all: {}` finds everything"),
        };
        self.typed(kind, body, depth).map_err(|e| inside(kind, e))
    }

    fn typed(&self, kind: &str, body: &Value, depth: usize) -> Read {
        let object = || body.as_object().ok_or_else(|| error("wants an object"));
        match kind {
            "match_all" | "match_none" => only(object()?, &["boost", "_name"]).map(|()| Expr::Const(kind == "match_all")),
            "bool" => self.bool(object()?, depth),
            "constant_score" => {
                only(object()?, &["filter", "boost", "_name"])?;
                self.query(body.get("filter").ok_or_else(|| error("wants a filter"))?, depth + 1)
            }
            "dis_max" => {
                only(object()?, &["queries", "tie_breaker", "boost", "_name"])?;
                let all = self.list(body.get("queries"), "queries", depth)?;
                if all.is_empty() { fail("wants queries") } else { Ok(Expr::any(all)) }
            }
            "boosting" => {
                only(object()?, &["positive", "negative", "negative_boost", "boost", "_name"])?;
                let (Some(positive), Some(negative), Some(_)) = (body.get("positive"), body.get("negative"), body.get("negative_boost"))
                else {
                    return fail("wants `positive`, `negative` and `negative_boost`");
                };
                self.query(negative, depth + 1)?;
                self.query(positive, depth + 1)
            }
            "exists" => {
                only(object()?, &["field", "boost", "_name"])?;
                match body.get("field").and_then(Value::as_str) {
                    None | Some("") => fail("wants a field"),
                    Some("*") => fail("all fields at once are refused by the server: use `match_all`, or name the field"),
                    Some(name) if name.contains('*') => {
                        let search = Anywhere { names: vec![name.to_owned()], asked: SearchTerm::Exists, all_words: false };
                        Ok(Expr::keyword(Test::Anywhere(Box::new(search))))
                    }
                    Some(name) => Ok(Expr::exists(name)),
                }
            }
            "query_string" => {
                let text = body.get("query").and_then(scalar).ok_or_else(|| error("wants a query"))?;
                let options = Options::from_body(object()?).map_err(error)?;
                lucene::parse_with(&text, self.schema, &options)
            }
            "script" => {
                let script = body.get("script").unwrap_or(body);
                let source = script.get("source").and_then(Value::as_str).unwrap_or_default();
                let (field, test) = script::read(source, script.get("params").unwrap_or(&Value::Null))
                    .ok_or_else(|| error("scripts of others cannot be read"))?;
                Ok(Expr::test(field, test))
            }
            "terms" => {
                let (field, list) = one_field(object()?)?;
                let list = list.as_array().ok_or_else(|| error("wants a list of values"))?;
                Ok(Expr::any(list.iter().map(|v| self.term(&field, v, false)).collect::<Read<_>>()?))
            }
            "term" | "wildcard" | "regexp" | "prefix" | "range" | "match_phrase" | "match" => {
                let (field, body) = one_field(object()?)?;
                self.leaf(kind, &field, body).map_err(|e| inside(&field, e))
            }
            _ => fail("this type of query is not evaluated"),
        }
    }

    fn list(&self, body: Option<&Value>, key: &str, depth: usize) -> Read<Vec<Expr>> {
        match body {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(a)) => {
                a.iter().enumerate().map(|(i, q)| self.query(q, depth + 1).map_err(|e| inside(&format!("{key}[{i}]"), e))).collect()
            }
            Some(q) => Ok(vec![self.query(q, depth + 1).map_err(|e| inside(key, e))?]),
        }
    }

    fn bool(&self, object: &Object, depth: usize) -> Read {
        only(
            object,
            &["must", "filter", "should", "must_not", "mustNot", "minimum_should_match", "boost", "adjust_pure_negative", "_name"],
        )?;
        let mut all = self.list(object.get("must"), "must", depth)?;
        all.extend(self.list(object.get("filter"), "filter", depth)?);
        let should = self.list(object.get("should"), "should", depth)?;
        let mut not = self.list(object.get("must_not"), "must_not", depth)?;
        not.extend(self.list(object.get("mustNot"), "mustNot", depth)?);
        let count = object.get("minimum_should_match").filter(|v| !v.is_null());
        let spec = count.map(|v| scalar(v).filter(|s| !v.is_boolean() && least(s, 1).is_some()));
        let spec = spec.map(|s| s.ok_or_else(|| error("`minimum_should_match` wants a count or a percentage"))).transpose()?;
        if all.is_empty() && should.is_empty() {
            // What only excludes finds everything else, whatever the count says.
            if !not.is_empty() && object.get("adjust_pure_negative").and_then(flag) == Some(false) {
                return Ok(Expr::FALSE);
            }
            return Ok(Expr::all(not.into_iter().map(Expr::not).collect()));
        }
        let wanted = spec.and_then(|s| least(&s, should.len())).unwrap_or(0);
        match wanted {
            0 if should.is_empty() || !all.is_empty() => {}
            0 | 1 => all.push(Expr::any(should)),
            n => all.push(Expr::AtLeast(n, should)),
        }
        all.extend(not.into_iter().map(Expr::not));
        Ok(Expr::all(all))
    }

    /// What a search comes to on a field; a clause that nothing is left of is `nothing`.
    fn ask(&self, field: &FieldName, asked: &SearchTerm, lenient: bool) -> Read<Option<Expr>> {
        match typed::meaning(self.schema.field(field), asked) {
            Ok(m) => Ok(m.expr(Some(field), false)),
            Err(Refusal::Server(_)) if lenient => Ok(Some(Expr::FALSE)),
            Err(Refusal::Server(m) | Refusal::Unread(m)) => fail(m),
        }
    }

    fn term(&self, field: &FieldName, value: &Value, insensitive: bool) -> Read {
        let Some(text) = scalar(value) else { return fail("a value is neither text, number nor boolean") };
        let info = self.schema.field(field);
        match &info.kind {
            // A term is compared with single tokens as they lie in the index.
            FieldType::Text(_) if insensitive => {
                let word = Pattern::literal(text.to_ascii_lowercase(), Case::Sensitive);
                Ok(Expr::test(field.clone(), Test::Token(word)))
            }
            FieldType::Text(_) => Ok(Expr::test(field.clone(), Test::Phrase(vec![text]))),
            // An empty value is not found so.
            FieldType::Keyword | FieldType::Wildcard if insensitive && text.is_empty() => Ok(Expr::FALSE),
            FieldType::Keyword | FieldType::Wildcard if insensitive => {
                Ok(Expr::test(field.clone(), caseless(info, &Pattern::literal(text, Case::Sensitive))))
            }
            kind if insensitive => fail(format!("{} fields are not compared with `case_insensitive`", kind.name())),
            _ => self.ask(field, &SearchTerm::Phrase(text), false).map(|e| e.unwrap_or(Expr::FALSE)),
        }
    }

    fn leaf(&self, kind: &str, field: &FieldName, body: &Value) -> Read {
        if kind == "range" {
            return self.range(field, body.as_object().ok_or_else(|| error("wants an object"))?);
        }
        let none = Map::new();
        let options = body.as_object().unwrap_or(&none);
        let (keys, more): (&[&str], &[&str]) = match kind {
            "term" => (&["value", "term"], &["case_insensitive"]),
            "wildcard" => (&["value", "wildcard"], &["case_insensitive", "rewrite"]),
            "prefix" => (&["value"], &["case_insensitive", "rewrite"]),
            "regexp" => (&["value"], &["case_insensitive", "rewrite", "flags", "max_determinized_states"]),
            "match" => (
                &["query"],
                &[
                    "operator",
                    "minimum_should_match",
                    "zero_terms_query",
                    "lenient",
                    "auto_generate_synonyms_phrase_query",
                    "prefix_length",
                    "max_expansions",
                    "fuzzy_transpositions",
                    "fuzzy_rewrite",
                ],
            ),
            _ => (&["query"], &["slop", "zero_terms_query"]),
        };
        let known: Vec<&str> = keys.iter().chain(more).copied().chain(["boost", "_name"]).collect();
        only(options, &known)?;
        let value = match body {
            Value::Object(o) => match keys.iter().filter_map(|k| o.get(*k)).collect::<Vec<_>>().as_slice() {
                [one] => *one,
                [] => return fail(format!("wants `{}`", keys[0])),
                _ => return fail(format!("has both `{}` and `{}`", keys[0], keys[1])),
            },
            v => v,
        };
        let option = |name: &str| options.get(name).filter(|v| !v.is_null());
        let insensitive = match option("case_insensitive") {
            None => false,
            Some(v) => flag(v).ok_or_else(|| error("`case_insensitive` is true or false"))?,
        };
        if kind == "term" {
            return self.term(field, value, insensitive);
        }
        let text = scalar(value).ok_or_else(|| error("wants text"))?;
        let info = &self.schema.field(field).kind;
        match kind {
            "match_phrase" | "match" => self.full_text(kind, field, text, options),
            "regexp" => {
                let flags = match option("flags") {
                    None => regex::ALL,
                    Some(v) => v.as_str().and_then(regex::Flags::named).ok_or_else(|| error("an unknown flag in `flags`"))?,
                };
                self.regexp(field, &text, flags, insensitive)
            }
            "prefix" => self.wildcard(field, &Pattern::literal(text, Case::Sensitive).open_end(), insensitive),
            // Nothing is of this form, not even an empty value.
            _ if text.is_empty() && (info.is_string() || matches!(info, FieldType::Text(_))) => Ok(Expr::FALSE),
            _ => self.wildcard(field, &typed::wildcard(&text, Case::Sensitive), insensitive),
        }
    }

    fn full_text(&self, kind: &str, field: &FieldName, text: String, options: &Object) -> Read {
        let option = |name: &str| options.get(name).filter(|v| !v.is_null());
        let empty = match option("zero_terms_query").map(|v| v.as_str().map(str::to_ascii_lowercase)) {
            None => Expr::FALSE,
            Some(Some(t)) if t == "none" => Expr::FALSE,
            Some(Some(t)) if t == "all" => Expr::TRUE,
            _ => return fail("`zero_terms_query` is none or all"),
        };
        if kind == "match_phrase" {
            let far = option("slop").is_some_and(|s| scalar(s).as_deref() != Some("0"));
            if far && matches!(self.schema.field(field).kind, FieldType::Text(_)) {
                return fail("words so far apart (`slop`) are not evaluated");
            }
            return Ok(self.ask(field, &SearchTerm::Phrase(text), false)?.unwrap_or(empty));
        }
        let lenient = option("lenient").and_then(flag).unwrap_or(false);
        let all = match option("operator").map(|v| v.as_str().map(str::to_ascii_lowercase)) {
            None => false,
            Some(Some(t)) if t == "or" => false,
            Some(Some(t)) if t == "and" => true,
            _ => return fail("`operator` is and or or"),
        };
        let spec = match option("minimum_should_match") {
            None => None,
            Some(v) => Some(scalar(v).filter(|s| least(s, 1).is_some()).ok_or_else(|| error("`minimum_should_match` wants a count"))?),
        };
        let words = match typed::meaning(self.schema.field(field), &SearchTerm::Words(text)) {
            Ok(FieldSearch::Words(words)) => words,
            Ok(m) => return Ok(m.expr(Some(field), false).unwrap_or(empty)),
            Err(Refusal::Server(_)) if lenient => return Ok(Expr::FALSE),
            Err(Refusal::Server(m) | Refusal::Unread(m)) => return fail(m),
        };
        let words: Vec<Expr> = words.into_iter().map(|t| Expr::test(field.clone(), t)).collect();
        Ok(match spec.map(|s| least(&s, words.len()).unwrap_or(1)) {
            Some(_) if all => return fail("`minimum_should_match` with `operator: and` is not evaluated"),
            _ if all => Expr::all(words),
            None | Some(0 | 1) => Expr::any(words),
            Some(n) => Expr::AtLeast(n, words),
        })
    }

    fn wildcard(&self, field: &FieldName, p: &Pattern, insensitive: bool) -> Read {
        let info = self.schema.field(field);
        let test = match &info.kind {
            FieldType::Keyword | FieldType::Wildcard if insensitive => caseless(info, p),
            FieldType::Keyword | FieldType::Wildcard => typed::string(info, p),
            // As it stands, compared with words that lie in the index in lower case.
            FieldType::Text(_) if insensitive => Test::Token(p.map_literals(str::to_ascii_lowercase)),
            FieldType::Text(_) => Test::Token(p.clone()),
            kind => return fail(format!("the server looks for patterns in keyword and text fields only, and this one is {}", kind.name())),
        };
        Ok(Expr::test(field.clone(), test))
    }

    fn regexp(&self, field: &FieldName, text: &str, flags: regex::Flags, insensitive: bool) -> Read {
        let info = self.schema.field(field);
        if !info.kind.is_string() {
            return fail(format!("regular expressions on a {} field are not evaluated", info.kind.name()));
        }
        let lowered = info.case == StoredCase::Lower;
        if lowered && ["\\D", "\\W", "\\S"].iter().any(|c| text.contains(c)) {
            return fail("`\\D`, `\\W` and `\\S` on a field with a lower-case normalizer are not evaluated");
        }
        let text = if lowered { typed::lowered(text) } else { text.to_owned() };
        let read = if insensitive { regex::ascii_caseless(&text, flags) } else { regex::read(&text, flags) };
        let re: Re = read.map_err(|f| match f {
            regex::Fault::Server(e) | regex::Fault::Unread(e) => e,
        })?;
        match typed::string_regex(info, &re) {
            Ok(test) => Ok(Expr::test(field.clone(), test)),
            Err(Refusal::Server(m) | Refusal::Unread(m)) => fail(m),
        }
    }

    fn range(&self, field: &FieldName, object: &Object) -> Read {
        boost(object)?;
        let date = self.schema.field(field).kind == FieldType::Date;
        let (mut low, mut high) = (None, None);
        let (mut from, mut to) = (true, true);
        for (key, value) in object {
            let end = |inclusive: bool| match value {
                Value::Null => Ok(None),
                v => scalar(v).map(|t| Some((t, inclusive))).ok_or_else(|| error(format!("`{key}` wants a value"))),
            };
            let yes = || flag(value).ok_or_else(|| error(format!("`{key}` is true or false")));
            match key.as_str() {
                "gt" => low = end(false)?,
                "gte" => low = end(true)?,
                "lt" => high = end(false)?,
                "lte" => high = end(true)?,
                "from" => low = end(true)?,
                "to" => high = end(true)?,
                "include_lower" => from = yes()?,
                "include_upper" => to = yes()?,
                "boost" | "_name" => {}
                // They are about dates, and say nothing to other types.
                "time_zone" if !date && value.is_string() => {}
                "relation" if value.as_str().is_some_and(|v| ["intersects", "contains", "within"].contains(&&*v.to_ascii_lowercase())) => {}
                other => return fail(format!("`{other}` is not evaluated")),
            }
        }
        let several = |keys: [&str; 3]| keys.iter().filter(|k| object.contains_key(**k)).count() > 1;
        if several(["gt", "gte", "from"]) || several(["lt", "lte", "to"]) {
            return fail("has two bounds on one side");
        }
        if low.is_none() && high.is_none() {
            return Ok(Expr::exists(field.clone()));
        }
        let low = low.map(|(t, inclusive)| (t, inclusive && from));
        let high = high.map(|(t, inclusive)| (t, inclusive && to));
        Ok(self.ask(field, &SearchTerm::Range(low, high), false)?.unwrap_or(Expr::FALSE))
    }
}

/// The test of a pattern in any letter case, as `case_insensitive` has it: letters of ASCII only.
fn caseless(info: &FieldInfo, p: &Pattern) -> Test {
    let beyond = p.literals().any(|t| t.chars().any(|c| !c.is_ascii() && crate::fold::is_cased(c)));
    if info.case != StoredCase::AsIs || !beyond {
        return match typed::string(info, p) {
            Test::Pattern(p) => Test::Pattern(p.with_case(Case::Insensitive)),
            test => test,
        };
    }
    Test::Regex(Re::concat(p.parts().iter().map(|part| match part {
        Part::Any => Re::anything(),
        Part::One => Re::set(crate::regex::CharSet::all()),
        Part::Lit(t) => Re::concat(
            t.chars().map(|c| if c.is_ascii() { Re::text(c.encode_utf8(&mut [0; 4]), Case::Insensitive) } else { Re::Lit(c.into()) }),
        ),
    })))
}

/// Refuses options that are not known, and a boost that is none.
fn only(object: &Object, known: &[&str]) -> Read<()> {
    boost(object)?;
    match object.keys().find(|k| !known.contains(&k.as_str())) {
        Some(key) => fail(format!("`{key}` is not evaluated")),
        None => Ok(()),
    }
}

fn boost(object: &Object) -> Read<()> {
    match object.get("boost") {
        Some(v) if scalar(v).is_none_or(|s| s.trim().parse::<f32>().is_err()) => fail("`boost` is a number"),
        _ => Ok(()),
    }
}

fn one_field(object: &Object) -> Read<(FieldName, &Value)> {
    let mut fields = object.iter().filter(|(k, _)| !matches!(k.as_str(), "boost" | "_name"));
    match (fields.next(), fields.next()) {
        (Some((field, value)), None) => Ok((field.as_str().into(), value)),
        _ => fail("wants one field"),
    }
}
