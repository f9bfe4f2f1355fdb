//! Checks before a request is handled: its host, its origin, its credentials and its role.

use crate::serve::app_state::App;
use crate::serve::auth::login::AuthFailure;
use crate::serve::auth::role::{self, Actor, Role};
use crate::serve::auth::users::Client;
use crate::serve::error::ApiError;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, header};
use ipnet::IpNet;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

/// The header in which browsers report where a request comes from.
const SEC_FETCH_SITE: header::HeaderName = header::HeaderName::from_static("sec-fetch-site");

/// The header in which proxies report the client's address.
const FORWARDED: &str = "x-forwarded-for";

/// Authenticates the client of a request from an allowed host and origin.
///
/// # Errors
/// 403 for another host or origin, 401 for missing or wrong credentials, 429 after too many failed logins.
pub(in crate::serve) async fn admit(app: &App, request: &Parts, peer: SocketAddr, upgrade: bool) -> Result<Actor, ApiError> {
    let headers = &request.headers;
    let refuse = |kind, message: String| Err(ApiError::new(StatusCode::FORBIDDEN, kind, message));
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    // HTTP/2 has the name in the address.
    let host = text(header::HOST).or_else(|| request.uri.authority().map(Authority::as_str)).unwrap_or_default();
    // A page elsewhere may point a name of its own at this address (DNS rebinding): names that are not ours are refused.
    if !app.is_own_host(host) {
        return refuse("hostRefused", format!("`{host}` is not a host name of this server; allow it with --host"));
    }
    let site = text(SEC_FETCH_SITE);
    let safe = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS) && !upgrade;
    if safe && request.uri.path().contains("/status/control/") {
        // elastalert-server starts and stops by GET, which any page can make a browser send, for example as an image: a browser must
        // report that the request comes from our own page, or from no page.
        let browser = site.is_some() || text(header::USER_AGENT).is_some_and(|a| a.starts_with("Mozilla/"));
        if browser && !site.is_some_and(|s| matches!(s, "same-origin" | "none")) {
            return refuse("originRefused", "starting and stopping rules from other pages is not allowed; use POST from this page".into());
        }
    }
    if !safe {
        // A browser says where a request comes from; another program does not, and is not tricked into asking.
        if let Some(origin) = text(header::ORIGIN) {
            let from = origin.split_once("://").map_or(origin, |(_, h)| h);
            if from != host && !app.settings.origins.iter().any(|o| o == origin) {
                return refuse("originRefused", format!("requests from {origin} are not allowed; allow the origin with --origin"));
            }
        }
        if site == Some("cross-site") {
            return refuse("originRefused", "requests from other sites are not allowed".into());
        }
    }
    let address = client(peer.ip().to_canonical(), headers, &app.settings.proxies);
    let peer = address.to_string();
    if !app.settings.auth.is_on() {
        return Ok(Actor { peer, user: "-".to_owned(), role: Role::Admin });
    }
    // A browser cannot put a header into a websocket's request, but sends what it knows of the user.
    match app.settings.auth.login(text(header::AUTHORIZATION), address).await {
        Ok(Client { name, role }) => Ok(Actor { peer, user: name, role }),
        Err(refused) => Err(explain(app, &peer, refused)),
    }
}

/// The error for a failed authentication, which is also logged.
fn explain(app: &App, peer: &str, refused: AuthFailure) -> ApiError {
    let unknown = |message: &str| ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message);
    match refused {
        AuthFailure::Nobody => unknown("authentication is required: send a token, or a user and password"),
        AuthFailure::Wrong(user) => {
            app.store.audit.login_failed(&user, peer, "wrong user, password or token");
            unknown("wrong user, password or token")
        }
        AuthFailure::Limited(user, wait) => {
            app.store.audit.login_failed(&user, peer, "too many failed logins");
            let seconds = wait.as_secs() + 1;
            let message = format!("too many failed logins: try again in {seconds} s");
            ApiError::later(StatusCode::TOO_MANY_REQUESTS, "tooManyLogins", message, seconds)
        }
        AuthFailure::Busy => ApiError::later(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many logins are waiting: try again", 2),
    }
}

/// The client's address: the peer's, or the one that a trusted proxy reports.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let trusted = |address: &IpAddr| proxies.iter().any(|p| p.contains(address));
    if !headers.contains_key(FORWARDED) {
        return peer;
    }
    if !trusted(&peer) {
        static TOLD: Once = Once::new();
        if proxies.is_empty() {
            TOLD.call_once(|| {
                tracing::warn!(
                    "requests come through a proxy ({peer}), so login limits apply to all of its clients together: add --trusted-proxy {peer}"
                );
            });
        }
        return peer;
    }
    // Each proxy appends its client's address: take the last one that is not a trusted proxy.
    let all: Vec<&str> = headers.get_all(FORWARDED).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
    let mut last = peer;
    for part in all.iter().rev() {
        let Ok(address) = part.trim().parse::<IpAddr>() else { return last };
        last = address.to_canonical();
        if !trusted(&last) {
            return last;
        }
    }
    last
}

/// Checks that the client's role permits the request, and logs a refusal.
///
/// # Errors
/// 403; 404 and 405 for unknown paths and methods.
pub(in crate::serve) fn permit(app: &App, actor: &Actor, method: &Method, segments: &[&str]) -> Result<(), ApiError> {
    role::permit(actor, method, segments).inspect_err(|e| {
        if e.status == StatusCode::FORBIDDEN {
            app.store.audit.note(
                actor,
                "refused",
                &json!({"method": method.as_str(), "path": format!("/{}", segments.join("/")), "why": e.message}),
            );
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_from_proxies_that_are_trusted() {
        let from = |peer: &str, forwarded: &[&str], proxies: &[&str]| {
            let mut headers = HeaderMap::new();
            for f in forwarded {
                headers.append(FORWARDED, f.parse().unwrap());
            }
            let proxies: Vec<IpNet> = proxies.iter().map(|p| p.parse().unwrap()).collect();
            client(peer.parse().unwrap(), &headers, &proxies).to_string()
        };
        assert_eq!(from("192.0.2.9", &["203.0.113.1"], &[]), "192.0.2.9");
        assert_eq!(from("192.0.2.9", &["203.0.113.1"], &["192.0.2.8/32"]), "192.0.2.9");
        assert_eq!(from("192.0.2.9", &["203.0.113.1"], &["192.0.2.9/32"]), "203.0.113.1");
        // What the client itself wrote is of no account.
        assert_eq!(from("192.0.2.9", &["1.1.1.1, 203.0.113.1", "192.0.2.8"], &["192.0.2.0/24"]), "203.0.113.1");
        assert_eq!(from("192.0.2.9", &["nonsense"], &["192.0.2.0/24"]), "192.0.2.9");
        assert_eq!(from("192.0.2.9", &[], &["192.0.2.0/24"]), "192.0.2.9");
    }
}
