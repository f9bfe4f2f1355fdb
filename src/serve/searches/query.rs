//! Queries that clients may send.

use super::{Checked, MAX_DEPTH, Refusal, each, object, plain, plain_option, scalar, scalars};
use serde_json::Value;

/// Queries by field: `{field: value}`, or `{field: {option: value}}`.
const BY_FIELD: [&str; 10] =
    ["match", "match_phrase", "match_phrase_prefix", "match_bool_prefix", "term", "prefix", "wildcard", "regexp", "fuzzy", "range"];
/// Queries that have options with plain values, or lists of them, alone.
const FLAT: [&str; 9] =
    ["match_all", "match_none", "exists", "ids", "query_string", "simple_query_string", "multi_match", "combined_fields", "more_like_this"];
/// Queries by place.
const GEO: [&str; 4] = ["geo_bounding_box", "geo_distance", "geo_polygon", "geo_shape"];
/// What a place is described by. `indexed_shape`, which reads another index, is none of them.
const PLACE: [&str; 19] = [
    "lat",
    "lon",
    "top",
    "left",
    "bottom",
    "right",
    "top_left",
    "bottom_right",
    "top_right",
    "bottom_left",
    "wkt",
    "points",
    "shape",
    "type",
    "coordinates",
    "geometries",
    "radius",
    "orientation",
    "relation",
];
/// What every query may have.
const COMMON: [&str; 2] = ["boost", "_name"];

/// Checks a query.
pub(super) fn query(value: &Value, depth: usize) -> Checked {
    if depth > MAX_DEPTH {
        return Err(Refusal::malformed(format!("queries are nested more than {MAX_DEPTH} levels deep")));
    }
    let kinds = object(value, "a query")?;
    if kinds.len() > 1 {
        return Err(Refusal::malformed("a query has one kind, not several: combine them in a `bool`"));
    }
    kinds.iter().try_for_each(|(kind, spec)| one(kind, spec, depth + 1).map_err(|r| r.under(kind)))
}

fn one(kind: &str, spec: &Value, depth: usize) -> Checked {
    let options = |spec: &Value, queries: &[&str], plain: &[&str]| {
        object(spec, "a query")?.iter().try_for_each(|(key, v)| {
            if queries.contains(&key.as_str()) {
                each(v, |q| query(q, depth)).map_err(|r| r.under(key))
            } else if COMMON.contains(&key.as_str()) {
                plain_option(key, v, &COMMON)
            } else {
                plain_option(key, v, plain)
            }
        })
    };
    match kind {
        "bool" => options(spec, &["must", "filter", "should", "must_not"], &["minimum_should_match", "adjust_pure_negative"]),
        "constant_score" => options(spec, &["filter"], &[]),
        "dis_max" => options(spec, &["queries"], &["tie_breaker"]),
        "boosting" => options(spec, &["positive", "negative"], &["negative_boost"]),
        "nested" => options(spec, &["query"], &["path", "score_mode", "ignore_unmapped"]),
        "terms" => {
            // Values may otherwise be taken from a document of any index (`{field: {index, id, path}}`).
            object(spec, "a query")?.iter().try_for_each(|(field, values)| {
                let told = |_| Refusal::forbidden("only a list of values is allowed here, not the values of another document");
                scalars(values).map_err(told).map_err(|r| r.under(field))
            })
        }
        k if BY_FIELD.contains(&k) => object(spec, "a query")?.iter().try_for_each(|(field, how)| {
            let checked = if how.is_object() { plain(how, &[]) } else { scalar(how) };
            checked.map_err(|r| r.under(field))
        }),
        k if FLAT.contains(&k) => object(spec, "a query")?
            .iter()
            .try_for_each(|(key, v)| if key == "inner_hits" { scalar(v) } else { scalars(v) }.map_err(|r| r.under(key))),
        k if GEO.contains(&k) => object(spec, "a query")?.iter().try_for_each(|(field, v)| place(v, 0).map_err(|r| r.under(field))),
        _ => Err(Refusal::forbidden("queries of this type are not allowed")),
    }
}

/// Points and shapes: numbers and text under the names that places have.
fn place(value: &Value, depth: usize) -> Checked {
    if depth > 10 {
        return Err(Refusal::malformed("the shape is nested too deep"));
    }
    match value {
        Value::Array(items) => items.iter().try_for_each(|v| place(v, depth + 1)),
        Value::Object(o) => o.iter().try_for_each(|(key, v)| {
            let known = PLACE.contains(&key.as_str());
            let checked = if known { place(v, depth + 1) } else { Err(Refusal::forbidden("this option is not allowed")) };
            checked.map_err(|r| r.under(key))
        }),
        _ => Ok(()),
    }
}
