//! `praeco.config.json`: the URL of Praeco's page, which its links in alerts (`slack_title_link`) use.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use sigmalert_support::read::read_file;
use std::path::Path;

/// The path that the page requests.
pub(in crate::serve) const PATH: &str = "/praeco.config.json";
/// What Praeco comes with: the page on a developer's own machine.
const BUILT_IN: &str = "http://localhost:8080";

/// The page's own file, with our address where it has none or the one that Praeco comes with. An address that an operator put there
/// stays.
pub(in crate::serve) fn answer(page: &Path, address: &str) -> Response {
    let stored = read_file(&page.join(PATH.trim_start_matches('/')), 1 << 20).ok();
    let stored = stored.and_then(|t| serde_json::from_str::<Map<String, Value>>(&t).ok());
    let mut config = stored.unwrap_or_else(|| {
        let default = [("errorLoggerUrl".to_owned(), json!("")), ("hidePreconfiguredFields".to_owned(), json!([]))];
        default.into_iter().collect()
    });
    let given = config.get("appUrl").and_then(Value::as_str).map(|u| u.trim_end_matches('/'));
    if given.is_none_or(|u| u.is_empty() || u == BUILT_IN) {
        config.insert("appUrl".into(), address.trim_end_matches('/').into());
    }
    let headers = [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (StatusCode::OK, headers, Value::Object(config).to_string()).into_response()
}
