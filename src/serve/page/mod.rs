//! The built-in page, served without Praeco: rule status, recent alerts and errors, and a Sigma converter.

pub(super) mod praeco_config;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const FILES: [(&str, &str, &str); 3] = [
    ("/", "text/html; charset=utf-8", include_str!("index.html")),
    ("/page.css", "text/css; charset=utf-8", include_str!("page.css")),
    ("/page.js", "text/javascript; charset=utf-8", include_str!("page.js")),
];

/// Nothing is loaded from elsewhere, and no text of a rule can become a script.
const POLICY: &str = "default-src 'none'; img-src data:; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// A file of the page.
pub(in crate::serve) fn file(path: &str) -> Option<Response> {
    let (_, kind, text) = FILES.iter().find(|(p, ..)| *p == path)?;
    let headers = [(header::CONTENT_TYPE, *kind), (header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-cache")];
    Some((StatusCode::OK, headers, *text).into_response())
}
