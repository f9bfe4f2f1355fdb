//! What of a query every server refuses, whatever the index.

use super::kinds::{BOOL, Body, CLAUSES, COMMON, KINDS, nearest};
use crate::lang::lucene::{self, Options, least, regex};
use serde_json::{Map, Value};
use std::fmt;

/// A step into JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A key of an object.
    Key(String),
    /// A place in a list.
    Index(usize),
}

/// A way into JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(k) if i == 0 => write!(f, "{k}")?,
                Step::Key(k) => write!(f, ".{k}")?,
                Step::Index(n) => write!(f, "[{n}]")?,
            }
        }
        Ok(())
    }
}

/// Something that a server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub path: Path,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// The character of a query's text where it is wrong, counted from 1; 0 where it is about no text.
    pub at: usize,
}

/// Everything that is wrong with a query.
pub fn check(query: &Value) -> Vec<Fault> {
    let mut checker = Checker { path: Path::default(), faults: Vec::new() };
    checker.query(query);
    checker.faults
}

struct Checker {
    path: Path,
    faults: Vec<Fault>,
}

type Object = Map<String, Value>;

fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Array(_) | Value::Object(_))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

impl Checker {
    fn fault(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Fault { path: self.path.clone(), message: message.into(), help: help.into(), at: 0 });
    }

    fn within(&mut self, step: Step, f: impl FnOnce(&mut Self)) {
        // Deeper than any server reads.
        if self.path.0.len() < 200 {
            self.path.0.push(step);
            f(self);
            self.path.0.pop();
        }
    }

    fn under(&mut self, key: &str, f: impl FnOnce(&mut Self)) {
        self.within(Step::Key(key.to_owned()), f);
    }

    fn query(&mut self, query: &Value) {
        let Some(object) = query.as_object() else {
            return self.fault(format!("a query is a mapping, and this is {}", what(query)), "write it as in `term: {field: value}`");
        };
        let mut keys = object.iter();
        let (Some((kind, body)), None) = (keys.next(), keys.next()) else {
            return match object.len() {
                0 => self.fault("a query is empty", "write `match_all: {}` to find everything"),
                n => {
                    let keys: Vec<&str> = object.keys().map(String::as_str).collect();
                    let message = format!("{n} queries stand in one mapping ({}), and the server takes one", keys.join(", "));
                    self.fault(message, "make each an entry of its own in the list of a `bool`");
                }
            };
        };
        self.under(kind, |c| c.kind(kind, body));
    }

    fn kind(&mut self, kind: &str, body: &Value) {
        let Some((_, known)) = KINDS.iter().find(|(k, _)| *k == kind) else {
            let near = nearest(kind, KINDS.iter().map(|(k, _)| *k));
            let help =
                near.map_or_else(|| "see the reference of Query DSL for what there is".to_owned(), |n| format!("did you mean `{n}`?"));
            return self.fault(format!("unknown query type `{kind}`"), help);
        };
        let Some(object) = body.as_object() else {
            return self.fault(format!("`{kind}` takes a mapping, and has {}", what(body)), "write its options below it");
        };
        if matches!(known, Body::Options(_) | Body::Bool | Body::Terms) {
            self.boost(object);
        }
        match known {
            Body::Options(options) => {
                self.known(kind, object, options);
                self.options(kind, object);
            }
            Body::Bool => self.bool(object),
            Body::Field { options, short } => self.field(kind, object, options, *short),
            Body::Range(options) => self.range(object, options),
            Body::Terms => self.terms(object),
            Body::Other(inner) => {
                for key in *inner {
                    if let Some(query) = object.get(*key) {
                        self.under(key, |c| c.query(query));
                    }
                }
            }
        }
    }

    /// Options that a query does not have.
    fn known(&mut self, kind: &str, object: &Object, options: &[&str]) {
        for key in object.keys() {
            if !options.contains(&key.as_str()) && !COMMON.contains(&key.as_str()) {
                let near = nearest(key, options.iter().chain(&COMMON).copied());
                let help = near.map_or_else(
                    || if options.is_empty() { String::new() } else { format!("it has {}", options.join(", ")) },
                    |n| format!("did you mean `{n}`?"),
                );
                self.under(key, |c| c.fault(format!("`{kind}` has no option `{key}`"), help));
            }
        }
    }

    fn boost(&mut self, object: &Object) {
        if let Some(v) = object.get("boost")
            && text(v).is_none_or(|s| v.is_boolean() || s.trim().parse::<f32>().is_err())
        {
            self.under("boost", |c| c.fault(format!("`boost` takes a number, and has {}", what(v)), "write a number, or remove it"));
        }
    }

    fn flag(&mut self, object: &Object, keys: &[&str]) {
        for key in keys {
            if let Some(v) = object.get(*key)
                && !v.is_null()
                && !v.is_boolean()
                && !matches!(v.as_str(), Some("true" | "false"))
            {
                self.under(key, |c| c.fault(format!("`{key}` is true or false, and has {v}"), "write true or false"));
            }
        }
    }

    fn count(&mut self, object: &Object) {
        if let Some(v) = object.get("minimum_should_match").filter(|v| !v.is_null())
            && text(v).is_none_or(|s| v.is_boolean() || least(&s, 1).is_none())
        {
            self.under("minimum_should_match", |c| {
                c.fault(format!("`minimum_should_match` takes a count or a percentage, and has {v}"), "write as in 2, -1 or \"75%\"");
            });
        }
    }

    fn one_of(&mut self, object: &Object, key: &str, choices: &[&str]) {
        let Some(v) = object.get(key).filter(|v| !v.is_null()) else { return };
        let given = v.as_str().map(str::to_ascii_lowercase);
        if given.as_deref().is_none_or(|g| !choices.contains(&g)) {
            let near = given.as_deref().and_then(|g| nearest(g, choices.iter().copied()));
            let help = near.map_or_else(|| format!("it is one of {}", choices.join(", ")), |n| format!("did you mean `{n}`?"));
            self.under(key, |c| c.fault(format!("`{key}` cannot be {v}"), help));
        }
    }

    fn queries(&mut self, key: &str, value: &Value) {
        self.under(key, |c| match value {
            Value::Null => {}
            Value::Object(_) => c.query(value),
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    c.within(Step::Index(i), |c| c.query(item));
                }
            }
            v => c.fault(format!("`{key}` takes queries, and has {}", what(v)), "write a query, or a list of them"),
        });
    }

    fn bool(&mut self, object: &Object) {
        for (key, value) in object {
            if CLAUSES.contains(&key.as_str()) {
                self.queries(key, value);
            } else if !BOOL.contains(&key.as_str()) && !COMMON.contains(&key.as_str()) {
                let near = nearest(key, CLAUSES.iter().chain(&BOOL).copied());
                let help = near.map_or_else(
                    || "it has must, filter, should, must_not and minimum_should_match".into(),
                    |n| format!("did you mean `{n}`?"),
                );
                self.under(key, |c| c.fault(format!("`bool` has no clause `{key}`"), help));
            }
        }
        // Without clauses nobody looks at it.
        let some = |v: &Value| !v.is_null() && v.as_array().is_none_or(|a| !a.is_empty());
        if CLAUSES.iter().any(|c| object.get(*c).is_some_and(some)) {
            self.count(object);
        }
        self.flag(object, &["adjust_pure_negative"]);
    }

    /// The options of queries that have no field in their body.
    fn options(&mut self, kind: &str, object: &Object) {
        let missing = |key: &str| object.get(key).is_none_or(Value::is_null);
        match kind {
            "exists" if object.get("field").and_then(text).is_none_or(|f| f.is_empty()) => {
                self.fault("`exists` requires the name of a field", "write it as in `exists: {field: user.name}`");
            }
            "constant_score" | "boosting" | "dis_max" => {
                let wanted: &[&str] = match kind {
                    "constant_score" => &["filter"],
                    "boosting" => &["positive", "negative", "negative_boost"],
                    _ => &["queries"],
                };
                for key in wanted {
                    match object.get(*key) {
                        None | Some(Value::Null) => self.fault(format!("`{kind}` wants `{key}`"), ""),
                        Some(_) if *key == "negative_boost" => {}
                        Some(v) if *key == "queries" => self.queries(key, v),
                        Some(v) => self.under(key, |c| c.query(v)),
                    }
                }
            }
            "script" if missing("script") => self.fault("`script` requires a `script`", "write it as in `script: {script: {source: ...}}`"),
            "query_string" => self.query_string(object),
            "multi_match" | "simple_query_string" | "wrapper" if object.get("query").is_none_or(|q| !is_scalar(q)) => {
                self.fault(format!("`{kind}` requires a `query`"), "");
            }
            _ => {}
        }
    }

    fn query_string(&mut self, object: &Object) {
        let Some(query) = object.get("query").and_then(text) else {
            return self.fault("`query_string` wants a `query`", "write it as in `query_string: {query: \"field: value\"}`");
        };
        self.flag(
            object,
            &[
                "allow_leading_wildcard",
                "analyze_wildcard",
                "enable_position_increments",
                "escape",
                "lenient",
                "auto_generate_synonyms_phrase_query",
                "fuzzy_transpositions",
            ],
        );
        self.one_of(object, "default_operator", &["and", "or"]);
        self.one_of(object, "type", &["best_fields", "most_fields", "cross_fields", "phrase", "phrase_prefix", "bool_prefix"]);
        if object.get("fields").is_some_and(|f| !f.is_array()) {
            self.under("fields", |c| {
                c.fault("`fields` takes a list of names", "write it as in `fields: [message]`, or use `default_field`");
            });
        }
        if object.get("fields").and_then(Value::as_array).is_some_and(|f| !f.is_empty()) && object.contains_key("default_field") {
            self.under("default_field", |c| c.fault("`default_field` and `fields` exclude each other", "leave one of them out"));
        }
        let flag = |key: &str| object.get(key).and_then(|v| v.as_bool().or_else(|| v.as_str().map(|s| s == "true")));
        let names = object.get("fields").and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter().chain(object.get("default_field"));
        let fields = names.filter_map(Value::as_str).map(str::to_owned).collect();
        let options = Options { escape: flag("escape").unwrap_or(false), lenient: flag("lenient"), fields, ..Options::default() };
        match lucene::check(&query, &options) {
            Ok(true) => self.count(object),
            Ok(false) => {}
            Err(e) => self.under("query", |c| {
                c.faults.push(Fault { path: c.path.clone(), message: e.message, help: String::new(), at: e.at });
            }),
        }
    }

    /// The one field of a body, where there is one.
    fn one_field<'o>(&mut self, kind: &str, object: &'o Object, common: bool) -> Option<(&'o String, &'o Value)> {
        let mut fields = object.iter().filter(|(k, _)| !common || !COMMON.contains(&k.as_str()));
        match (fields.next(), fields.next()) {
            (Some(field), None) => Some(field),
            (None, _) => {
                self.fault(format!("`{kind}` requires a field"), format!("write it as in `{kind}: {{user.name: value}}`"));
                None
            }
            (Some((a, _)), Some((b, _))) => {
                self.fault(
                    format!("`{kind}` takes one field, and has several (`{a}`, `{b}`)"),
                    "make each an entry of its own in a `bool`",
                );
                None
            }
        }
    }

    fn field(&mut self, kind: &str, object: &Object, options: &[&str], short: bool) {
        let common = matches!(kind, "term" | "wildcard" | "prefix" | "regexp" | "fuzzy");
        let Some((name, body)) = self.one_field(kind, object, common) else { return };
        if name.is_empty() && !kind.starts_with("match") {
            return self.fault(format!("`{kind}` requires a field"), "");
        }
        self.under(name, |c| match body {
            Value::Object(own) => {
                c.known(kind, own, options);
                c.boost(own);
                let value =
                    own.get(options[0]).or_else(|| options.get(1).filter(|o| ["term", "wildcard"].contains(o)).and_then(|o| own.get(*o)));
                match value {
                    Some(v) if is_scalar(v) => c.value(kind, v, own),
                    Some(v) => c.under(options[0], |c| {
                        c.fault(format!("`{kind}` compares with one value, and has {}", what(v)), "use `terms` for several");
                    }),
                    None => c.fault(format!("`{kind}` requires a `{}`", options[0]), ""),
                }
                c.flag(
                    own,
                    &["case_insensitive", "lenient", "fuzzy_transpositions", "transpositions", "auto_generate_synonyms_phrase_query"],
                );
                c.one_of(own, "operator", &["and", "or"]);
                c.one_of(own, "zero_terms_query", &["none", "all"]);
            }
            v if short && is_scalar(v) => c.value(kind, v, &Map::new()),
            v => c.fault(format!("`{kind}` compares with one value, and has {}", what(v)), "use `terms` for several"),
        });
    }

    /// The value of a query: only regular expressions can be wrong.
    fn value(&mut self, kind: &str, value: &Value, options: &Object) {
        if kind != "regexp" {
            return;
        }
        let flags = match options.get("flags").filter(|v| !v.is_null()) {
            None => regex::ALL,
            Some(v) => match v.as_str().and_then(regex::Flags::named) {
                Some(f) => f,
                None => {
                    let help = "they are ALL, NONE, INTERSECTION, COMPLEMENT, EMPTY, ANYSTRING, INTERVAL, joined with `|`";
                    return self.under("flags", |c| c.fault(format!("`flags` cannot be {v}"), help));
                }
            },
        };
        if let Some(Err(regex::Fault::Server(e))) = text(value).map(|t| regex::read(&t, flags)) {
            self.faults.push(Fault { path: self.path.clone(), message: e.message, help: String::new(), at: e.at });
        }
    }

    fn range(&mut self, object: &Object, options: &[&str]) {
        let Some((name, body)) = self.one_field("range", object, true) else { return };
        self.under(name, |c| {
            let Some(own) = body.as_object() else {
                return c.fault(format!("`range` takes bounds, and has {}", what(body)), "write them as in `range: {bytes: {gte: 10}}`");
            };
            c.known("range", own, options);
            c.boost(own);
            c.flag(own, &["include_lower", "include_upper"]);
            c.one_of(own, "relation", &["intersects", "contains", "within"]);
            for key in ["gt", "gte", "lt", "lte", "from", "to"] {
                if let Some(v) = own.get(key).filter(|v| v.is_object()) {
                    c.under(key, |c| c.fault(format!("a bound is one value, and this is {}", what(v)), ""));
                }
            }
        });
    }

    fn terms(&mut self, object: &Object) {
        let others: Object = object.iter().filter(|(k, _)| *k != "value_type").map(|(k, v)| (k.clone(), v.clone())).collect();
        let Some((name, body)) = self.one_field("terms", &others, true) else { return };
        self.under(name, |c| match body {
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    if matches!(item, Value::Null | Value::Array(_)) {
                        c.within(Step::Index(i), |c| c.fault(format!("`terms` compares with values, and has {}", what(item)), ""));
                    }
                }
            }
            Value::Object(own) => c.known("terms", own, &["index", "id", "path", "routing", "store", "query"]),
            v => c.fault(
                format!("`terms` takes a list of values, and has {}", what(v)),
                "write it as in `terms: {user.name: [a, b]}`, or use `term`",
            ),
        });
    }
}
