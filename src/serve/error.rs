//! Errors in elastalert-server's format: `{"error", "message", "statusCode"}`.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct ApiError {
    pub status: StatusCode,
    /// The error code; elastalert-server's where it has one.
    pub kind: &'static str,
    pub message: String,
    /// Seconds until the request may be retried.
    pub retry_after: Option<u64>,
}

impl ApiError {
    pub fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), retry_after: None }
    }

    pub fn bad(kind: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, kind, message)
    }

    /// Creates an error with a `Retry-After` header.
    pub fn later(status: StatusCode, kind: &'static str, message: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(status, kind, message) }
    }

    /// The cluster is unreachable or rejects the request.
    pub fn cluster(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "elasticsearch", message)
    }

    /// The server was started without a cluster.
    pub fn no_cluster() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "noCluster", "this server was started without a cluster; start it with --config")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"error": self.kind, "message": self.message, "statusCode": self.status.as_u16()});
        let mut response = json_response(self.status, &body);
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Basic realm=\"sigmalert\""));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A JSON response.
pub(in crate::serve) fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}

/// A JSON response with status 200.
pub(in crate::serve) fn ok(body: &Value) -> Response {
    json_response(StatusCode::OK, body)
}

/// A plain-text response.
pub(in crate::serve) fn text(body: impl Into<String>) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body.into()).into_response()
}

/// 404: no such path.
pub(in crate::serve) fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "notFound", "not found")
}

/// 405: the path does not take this method.
pub(in crate::serve) fn not_allowed() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "methodNotAllowed", "the path does not support this method")
}
