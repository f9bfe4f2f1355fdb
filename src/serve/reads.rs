//! What a page may read of the cluster: which indices, and no search that looks elsewhere or runs code.

use super::error::ApiError;
use crate::query::schema::glob;
use axum::http::StatusCode;
use serde_json::Value;

/// How many hits a search gives at most.
const MAX_HITS: u64 = 10_000;
/// Keys under which a search carries code, or names something kept elsewhere.
const REFUSED: [&str; 9] =
    ["script", "script_fields", "runtime_mappings", "scripted_metric", "script_score", "indexed_shape", "percolate", "pit", "slice"];

/// The indices that may be read, as names and patterns; with none given all but the cluster's own.
#[derive(Debug, Clone, Default)]
pub(super) struct Reads(Vec<String>);

impl Reads {
    /// These and no others.
    pub fn new(patterns: Vec<String>) -> Self {
        Self(patterns)
    }

    /// Whether an index is shown in lists.
    pub fn shows(&self, name: &str) -> bool {
        !name.starts_with('.') && self.covers(name)
    }

    /// Whether all that a name or a pattern stands for may be read: a `*` in it is covered by a `*` only.
    fn covers(&self, part: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|p| glob(p, part))
    }

    /// An index, a pattern or a list of them that may be read.
    ///
    /// # Errors
    /// 403 where one of them may not.
    pub fn index(&self, index: &str) -> Result<String, ApiError> {
        let refuse =
            |what: &str| Err(ApiError::new(StatusCode::FORBIDDEN, "indexRefused", format!("the index `{index}` is refused: {what}")));
        if index.is_empty() || index.len() > 1000 {
            return refuse("it has no name");
        }
        for part in index.split(',') {
            // An exclusion takes away only.
            let (bare, excluded) = part.strip_prefix('-').map_or((part, false), |p| (p, true));
            if bare.is_empty() || bare.starts_with(['.', '_', '-']) {
                return refuse("it belongs to the cluster itself");
            }
            // `cluster:index` is one of another cluster.
            if bare.chars().any(|c| c.is_whitespace() || c.is_control() || r#"/\?#"|%<>:"#.contains(c)) {
                return refuse("no index has such a name");
            }
            if !excluded && !self.covers(bare) {
                return refuse("it is none of those that --index allows");
            }
        }
        Ok(index.to_owned())
    }
}

/// A search that stays within its index and runs no code.
///
/// # Errors
/// 403 or 400 where it does not.
pub(super) fn check_search(body: &Value) -> Result<(), ApiError> {
    if let Some(what) = refused(body, 0) {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "searchRefused", format!("searches with {what} are refused")));
    }
    let number = |key: &str, default: u64| body.get(key).and_then(Value::as_u64).unwrap_or(default);
    if number("size", 10).saturating_add(number("from", 0)) > MAX_HITS {
        return Err(ApiError::bad("searchRefused", "no more than 10,000 hits are given"));
    }
    Ok(())
}

/// What in a search is refused.
fn refused(body: &Value, depth: usize) -> Option<String> {
    if depth > 100 {
        return Some("more than a hundred levels".into());
    }
    match body {
        Value::Object(m) => m.iter().find_map(|(k, v)| {
            if REFUSED.contains(&k.as_str()) {
                return Some(format!("`{k}`"));
            }
            // `terms` and `more_like_this` may take their values from a document of any index.
            let elsewhere = match k.as_str() {
                "terms" => v.as_object().is_some_and(|t| t.values().any(|v| v.get("index").is_some())),
                "like" | "unlike" => v.as_array().map_or(std::slice::from_ref(v), Vec::as_slice).iter().any(|l| l.get("_index").is_some()),
                _ => false,
            };
            if elsewhere { Some(format!("`{k}` of a document of another index")) } else { refused(v, depth + 1) }
        }),
        Value::Array(a) => a.iter().find_map(|v| refused(v, depth + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patterns_cover_what_is_narrower() {
        let reads = Reads::new(vec!["winlogbeat-*".into(), "alerts".into()]);
        for good in ["winlogbeat-*", "winlogbeat-2026.11.*", "alerts", "alerts,winlogbeat-1", "winlogbeat-*,-winlogbeat-2"] {
            assert!(reads.index(good).is_ok(), "{good}");
        }
        for bad in ["*", "win*", "alerts,secret", "alerts*", "*beat-*", "other:alerts", "-alerts,secret", "_all", "winlogbeat-*,.kibana"] {
            assert!(reads.index(bad).is_err(), "{bad}");
        }
        assert!(reads.shows("alerts") && !reads.shows("secret") && !reads.shows(".kibana"));
        assert!(Reads::default().index("anything-*").is_ok());
    }

    #[test]
    fn searches_stay_where_they_are() {
        for good in [
            json!({"query": {"terms": {"index": ["a", "b"]}}}),
            json!({"aggs": {"a": {"terms": {"field": "index"}}}}),
            json!({"query": {"more_like_this": {"like": "text"}}}),
        ] {
            assert!(check_search(&good).is_ok(), "{good}");
        }
        for bad in [
            json!({"query": {"terms": {"user": {"index": "secret", "id": "1", "path": "password"}}}}),
            json!({"query": {"bool": {"must": [{"more_like_this": {"like": [{"_index": "secret", "_id": "1"}]}}]}}}),
            json!({"query": {"geo_shape": {"place": {"indexed_shape": {"index": "secret", "id": "1"}}}}}),
            json!({"pit": {"id": "x"}}),
            json!({"sort": {"_script": {"script": "1"}}}),
            json!({"size": 10_000, "from": 1}),
        ] {
            assert!(check_search(&bad).is_err(), "{bad}");
        }
    }
}
