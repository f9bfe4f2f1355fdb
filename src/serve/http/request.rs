//! Handling of a request: admission, limits, and dispatch.

use crate::serve::app_state::App;
use crate::serve::auth::admission::{admit, permit};
use crate::serve::error::{ApiError, not_allowed, ok};
use crate::serve::http::compression::{Packable, may_pack};
use crate::serve::http::concurrency::WorkKind;
use crate::serve::http::connection::{BODY_TIME, Busy};
use crate::serve::http::response_budget::using;
use crate::serve::http::router::{Target, answer, target};
use crate::serve::http::websocket::{refuse, trial};
use crate::serve::page::praeco_config;
use axum::body::{Body, to_bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sigmalert_support::read::reason;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tower_http::services::{ServeDir, ServeFile};

/// The maximum size of a request body.
pub(in crate::serve) const MAX_BODY: usize = 4 << 20;
/// How large a message of the websocket may be: a rule of 1 MiB, with every character of it escaped.
const MAX_TRIAL: usize = (2 << 20) + (64 << 10);
/// The time limit of a response.
const ANSWER_TIME: Duration = Duration::from_secs(120);

/// Answers a request.
pub(in crate::serve) async fn handle(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let busy = request.extensions().get::<Arc<Busy>>().cloned();
    let packable = may_pack(&request);
    let mut response = match respond(app, peer, request).await {
        Ok(r) => r,
        Err(e) => e.into_response(),
    };
    if packable && response.status().is_success() {
        response.extensions_mut().insert(Packable);
    }
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    using(response, busy)
}

async fn respond(app: Arc<App>, peer: SocketAddr, request: Request) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let upgrade = parts.headers.get(header::UPGRADE).is_some_and(|u| u.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let actor = admit(&app, &parts, peer, upgrade).await?;
    let path = parts.uri.path().to_owned();
    // Praeco's own routes have the names of the API's paths: who wants a page gets it, and its scripts say `/api`.
    let text = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let wants_page = app.settings.praeco.is_some() && text("accept").contains("text/html") && parts.method == Method::GET;
    let target = match target(&path, upgrade) {
        Target::Api(_) if wants_page && !path.starts_with("/api") => Target::Page,
        other => other,
    };
    match target {
        Target::Socket => {
            let admitted = app.concurrency.admit()?;
            let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &())
                .await
                .map_err(|e| ApiError::bad("upgradeInvalid", format!("the websocket cannot be opened: {e}")))?;
            let upgrade = upgrade.max_frame_size(MAX_TRIAL).max_message_size(MAX_TRIAL);
            // The connection is in use as long as the test runs.
            let busy = parts.extensions.get::<Arc<Busy>>().cloned();
            if let Err(e) = permit(&app, &actor, &Method::POST, &["test"]) {
                return Ok(upgrade.on_upgrade(move |socket| refuse(socket, e.message, admitted)));
            }
            Ok(upgrade.on_upgrade(async move |socket| {
                let _busy = busy;
                trial(app, actor, socket, admitted).await;
            }))
        }
        // Answered offline. The page fails on an empty list, and ignores releases older than itself.
        Target::Releases => Ok(ok(&json!([{"tag_name": "0.0.0"}]))),
        Target::Page => page(&app, parts, body).await,
        Target::Api(segments) => {
            permit(&app, &actor, &parts.method, &segments)?;
            let _admitted = app.concurrency.admit()?;
            let read = tokio::time::timeout(BODY_TIME, to_bytes(body, MAX_BODY)).await;
            let body =
                read.map_err(|_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "tooSlow", "the body did not arrive in time"))?.map_err(
                    |_| ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "tooLarge", format!("the body is larger than {MAX_BODY} bytes")),
                )?;
            let query = pairs(parts.uri.query().unwrap_or_default());
            let segments: Vec<String> = segments.into_iter().map(str::to_owned).collect();
            let body: Value = if body.iter().all(u8::is_ascii_whitespace) {
                Value::Null
            } else {
                serde_json::from_slice(&body).map_err(|e| ApiError::bad("bodyInvalid", format!("the body is not valid JSON: {e}")))?
            };
            let work = WorkKind::of(&segments, body["options"]["testType"] == "schemaOnly");
            let work = async {
                let permit = app.concurrency.wait(work).await?;
                let app = Arc::clone(&app);
                let work = tokio::task::spawn_blocking(move || {
                    let _permit = permit;
                    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
                    answer(&app, &parts.method, &segments, &query, &parts.headers, &body, &actor)
                });
                work.await.unwrap_or_else(|_| {
                    Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "this is a bug in sigmalert; please report it"))
                })
            };
            let answer = tokio::time::timeout(ANSWER_TIME, work)
                .await
                .unwrap_or_else(|_| Err(ApiError::new(StatusCode::GATEWAY_TIMEOUT, "tooSlow", "the cluster did not answer in time")))?;
            app.outbox.hold(peer.ip(), answer).await
        }
    }
}

/// The parts of a query, decoded.
fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |t: &str| percent_encoding::percent_decode_str(&t.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|p| p.split_once('=').map_or_else(|| (decode(p), String::new()), |(k, v)| (decode(k), decode(v))))
        .collect()
}

fn is_html(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"))
}

/// The page's URL: as configured, or as requested.
fn address(app: &App, request: &Parts) -> String {
    if let Some(url) = &app.settings.public_url {
        return url.clone();
    }
    let text = |name: header::HeaderName| request.headers.get(name).and_then(|v| v.to_str().ok());
    let host = text(header::HOST).or_else(|| request.uri.authority().map(Authority::as_str)).unwrap_or("127.0.0.1");
    // A proxy that terminates TLS reports it; the host is the request's.
    let proxied = text(header::HeaderName::from_static("x-forwarded-proto")) == Some("https");
    let scheme = if app.settings.certificate.is_some() || proxied { "https" } else { "http" };
    format!("{scheme}://{host}")
}

/// A file of Praeco's page, or `index.html` for its routes; without one, our own page.
async fn page(app: &App, parts: Parts, body: Body) -> Result<Response, ApiError> {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(not_allowed());
    }
    let Some(folder) = &app.settings.praeco else {
        return crate::serve::page::file(parts.uri.path()).ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "notFound", "not found"));
    };
    if parts.uri.path() == praeco_config::PATH {
        return Ok(praeco_config::answer(folder, &address(app, &parts)));
    }
    // Files with a digest in their name never change.
    let lasts = parts.uri.path().starts_with("/assets/");
    let mut files = ServeDir::new(folder).fallback(ServeFile::new(folder.join("index.html")));
    let request = Request::from_parts(parts, body);
    match files.try_call(request).await {
        Ok(response) => {
            let mut response = response.into_response();
            let fixed = lasts && response.status().is_success() && !is_html(&response);
            let kept = if fixed { "public, max-age=31536000, immutable" } else { "no-cache" };
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
            Ok(response)
        }
        Err(e) => Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", format!("the page cannot be read: {}", reason(&e)))),
    }
}
