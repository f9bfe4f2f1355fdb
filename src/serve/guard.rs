//! What is refused before anything is looked at: foreign hosts and pages, and those who do not say who they are.

use super::app::App;
use super::error::ApiError;
use super::store::Actor;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Method, StatusCode, header};
use std::net::SocketAddr;

/// Where a browser says that a request comes from.
const SEC_FETCH_SITE: header::HeaderName = header::HeaderName::from_static("sec-fetch-site");

/// Who asks, where they may.
///
/// # Errors
/// 403 for a host or a page that is not ours, 401 for somebody who is not known.
pub(super) fn admit(app: &App, request: &Parts, peer: SocketAddr, upgrade: bool) -> Result<Actor, ApiError> {
    let headers = &request.headers;
    let refuse = |kind, message: String| Err(ApiError::new(StatusCode::FORBIDDEN, kind, message));
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    // HTTP/2 has the name in the address.
    let host = text(header::HOST).or_else(|| request.uri.authority().map(Authority::as_str)).unwrap_or_default();
    // A page elsewhere may point a name of its own at this address (DNS rebinding): names that are not ours are refused.
    if !app.is_own_host(host) {
        return refuse("hostRefused", format!("`{host}` is no name of this server; --host names those it has"));
    }
    let site = text(SEC_FETCH_SITE);
    let safe = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS) && !upgrade;
    if safe && request.uri.path().contains("/status/control/") {
        // elastalert-server starts and stops by GET, which any page can have a browser send, as an image for one: a browser must
        // say that it is for a page of ours, or for nobody's.
        let browser = site.is_some() || text(header::USER_AGENT).is_some_and(|a| a.starts_with("Mozilla/"));
        if browser && !site.is_some_and(|s| matches!(s, "same-origin" | "none")) {
            return refuse("originRefused", "starting and stopping from other pages is refused; POST does it from this one".into());
        }
    }
    if !safe {
        // A browser says where a request comes from; another program does not, and is not tricked into asking.
        if let Some(origin) = text(header::ORIGIN) {
            let from = origin.split_once("://").map_or(origin, |(_, h)| h);
            if from != host && !app.settings.origins.iter().any(|o| o == origin) {
                return refuse("originRefused", format!("requests from {origin} are refused"));
            }
        }
        if site == Some("cross-site") {
            return refuse("originRefused", "requests from other sites are refused".into());
        }
    }
    let user = if app.settings.auth.is_on() {
        // A browser cannot put a header into a websocket's request, but sends what it knows of the user.
        match app.settings.auth.user(text(header::AUTHORIZATION)) {
            Some(user) => user,
            None => return Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "say who you are: a token or a user is asked for")),
        }
    } else {
        "-".to_owned()
    };
    Ok(Actor { peer: peer.ip().to_string(), user })
}
