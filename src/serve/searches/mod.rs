//! The allowlist of searches: keys, queries and aggregations that clients may send.
//!
//! Anything not on the list is rejected at any depth. Keys are checked in context: a field may be called `script`,
//! a query may not. Values are plain ones wherever a search could otherwise carry code, or take something from another document.

mod aggregation;
mod query;
mod spans;
#[cfg(test)]
mod tests;

pub(super) use spans::{MAX_BUCKETS, bound, milliseconds};

use super::error::ApiError;
use axum::http::StatusCode;
use serde_json::{Map, Value};
use std::fmt;

/// How many hits a search returns at most, counted from the first.
pub(super) const MAX_HITS: u64 = 10_000;
/// How deep queries may be nested.
const MAX_DEPTH: usize = 64;
/// How many levels of a path a message shows.
const TOLD: usize = 12;

/// Why a search is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The keys that lead there, the innermost first.
    at: Vec<String>,
    what: String,
    /// Whether it is well formed but not on the list.
    forbidden: bool,
}

type Checked = Result<(), Refusal>;

impl Refusal {
    fn forbidden(what: impl Into<String>) -> Self {
        Self { at: Vec::new(), what: what.into(), forbidden: true }
    }

    fn malformed(what: impl Into<String>) -> Self {
        Self { at: Vec::new(), what: what.into(), forbidden: false }
    }

    /// The same, seen from one level above.
    fn under(mut self, key: impl fmt::Display) -> Self {
        self.at.push(key.to_string());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outermost = self.at.iter().rev().take(TOLD).map(|k| k.chars().take(100).collect::<String>());
        let at = outermost.collect::<Vec<_>>().join(".");
        if at.is_empty() { f.write_str(&self.what) } else { write!(f, "`{at}`: {}", self.what) }
    }
}

impl From<Refusal> for ApiError {
    fn from(r: Refusal) -> Self {
        let status = if r.forbidden { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
        Self::new(status, "searchRefused", format!("the search is not allowed: {r}"))
    }
}

/// Checks the body of a search.
///
/// # Errors
/// Where it has anything that is not on the list.
pub(super) fn check(body: &Value) -> Checked {
    if body.is_null() {
        return Ok(());
    }
    let (mut from, mut size) = (0, 10);
    for (key, value) in object(body, "a search")? {
        match key.as_str() {
            "query" | "post_filter" => query::query(value, 0),
            "aggs" | "aggregations" => aggregation::all(value),
            "size" => count(value, MAX_HITS).map(|n| size = n),
            "from" => count(value, MAX_HITS).map(|n| from = n),
            "sort" => sort(value),
            "_source" => source(value),
            "fields" | "docvalue_fields" | "stored_fields" => fields(value),
            "highlight" => highlight(value),
            "search_after" => scalars(value),
            "collapse" => plain(value, &["field", "max_concurrent_group_searches"]),
            "timeout" | "track_total_hits" | "track_scores" | "terminate_after" | "min_score" | "version" | "seq_no_primary_term" => {
                scalar(value)
            }
            _ => Err(Refusal::forbidden("searches with this key are not allowed")),
        }
        .map_err(|r| r.under(key))?;
    }
    if from + size > MAX_HITS {
        return Err(Refusal::malformed(format!("`from` and `size` together exceed {MAX_HITS} hits")));
    }
    Ok(())
}

fn object<'v>(value: &'v Value, what: &str) -> Result<&'v Map<String, Value>, Refusal> {
    value.as_object().ok_or_else(|| Refusal::malformed(format!("{what} must be an object")))
}

/// Text, a number, true or false, or nothing: there is no place in it for code.
fn scalar(value: &Value) -> Checked {
    if value.is_object() || value.is_array() {
        return Err(Refusal::forbidden("only a plain value is allowed here"));
    }
    Ok(())
}

/// A plain value, or a list of them.
fn scalars(value: &Value) -> Checked {
    match value {
        Value::Array(items) => items.iter().try_for_each(scalar),
        one => scalar(one),
    }
}

/// An object of plain values, of these keys only; with none given of any.
fn plain(value: &Value, keys: &[&str]) -> Checked {
    for (key, value) in object(value, "this")? {
        let allowed = keys.is_empty() || keys.contains(&key.as_str());
        let checked = if allowed { scalar(value) } else { Err(Refusal::forbidden("this option is not allowed")) };
        checked.map_err(|r| r.under(key))?;
    }
    Ok(())
}

/// A whole number that is not larger.
fn count(value: &Value, most: u64) -> Result<u64, Refusal> {
    match value.as_u64() {
        Some(n) if n <= most => Ok(n),
        _ => Err(Refusal::malformed(format!("must be a whole number from 0 to {most}"))),
    }
}

/// Each of a list, or the one.
fn each(value: &Value, check: impl Fn(&Value) -> Checked) -> Checked {
    match value {
        Value::Array(items) => items.iter().enumerate().try_for_each(|(i, v)| check(v).map_err(|r| r.under(i))),
        one => check(one),
    }
}

/// How hits are sorted: by fields, never by a script.
fn sort(value: &Value) -> Checked {
    const OPTIONS: [&str; 6] = ["order", "mode", "missing", "unmapped_type", "format", "numeric_type"];
    each(value, |one| {
        let Value::Object(fields) = one else { return scalar(one) };
        for (field, how) in fields {
            // `_script` and `_geo_distance` are no fields.
            let special = field.starts_with('_') && !matches!(field.as_str(), "_score" | "_doc" | "_id" | "_index" | "_shard_doc");
            let checked = match how {
                _ if special => Err(Refusal::forbidden("sorting by this is not allowed")),
                Value::Object(options) => {
                    options.iter().try_for_each(|(key, v)| if key == "nested" { nested_sort(v, 0) } else { plain_option(key, v, &OPTIONS) })
                }
                how => scalar(how),
            };
            checked.map_err(|r| r.under(field))?;
        }
        Ok(())
    })
}

fn plain_option(key: &str, value: &Value, allowed: &[&str]) -> Checked {
    let checked = if allowed.contains(&key) { scalar(value) } else { Err(Refusal::forbidden("this option is not allowed")) };
    checked.map_err(|r| r.under(key))
}

fn nested_sort(value: &Value, depth: usize) -> Checked {
    if depth > MAX_DEPTH {
        return Err(Refusal::malformed("it is nested too deep"));
    }
    for (key, v) in object(value, "`nested`")? {
        match key.as_str() {
            "filter" => query::query(v, depth),
            "nested" => nested_sort(v, depth + 1),
            _ => plain_option(key, v, &["path", "max_children"]),
        }?;
    }
    Ok(())
}

/// Which parts of documents are returned.
fn source(value: &Value) -> Checked {
    let Value::Object(o) = value else { return scalars(value) };
    for (key, v) in o {
        let known = matches!(key.as_str(), "includes" | "include" | "excludes" | "exclude");
        let checked = if known { scalars(v) } else { Err(Refusal::forbidden("this option is not allowed")) };
        checked.map_err(|r| r.under(key))?;
    }
    Ok(())
}

/// Fields of documents that are returned, with their format.
fn fields(value: &Value) -> Checked {
    each(value, |one| if one.is_object() { plain(one, &["field", "format", "include_unmapped"]) } else { scalar(one) })
}

fn highlight(value: &Value) -> Checked {
    highlighted(value, true)
}

fn highlighted(value: &Value, outer: bool) -> Checked {
    for (key, v) in object(value, "`highlight`")? {
        match key.as_str() {
            "highlight_query" => query::query(v, 0),
            "fields" if outer => each(v, |named| {
                object(named, "`fields`")?.iter().try_for_each(|(field, own)| highlighted(own, false).map_err(|r| r.under(field)))
            }),
            _ => scalars(v),
        }
        .map_err(|r| r.under(key))?;
    }
    Ok(())
}
