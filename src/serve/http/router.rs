//! Routing of requests, with or without the prefixes `/api` and `/api-ws`, so that no proxy is needed.

use crate::serve::app_state::App;
use crate::serve::auth::role::Actor;
use crate::serve::data::cluster::Query;
use crate::serve::data::source::Source;
use crate::serve::error::{ApiError, json_response, not_allowed, not_found, ok, text};
use crate::serve::rules::store::EntryKind;
use crate::serve::rules::{convert, endpoints, folder_check};
use crate::serve::runs::overview;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// What a path refers to, without its prefix.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::serve) enum Target<'p> {
    /// The API, by segments.
    Api(Vec<&'p str>),
    /// The websocket of tests.
    Socket,
    /// The list of Praeco's releases, answered without network access.
    Releases,
    /// A file of the page.
    Page,
}

/// The first segments of the API's paths.
const API: [&str; 11] =
    ["rules", "templates", "folders", "silence", "indices", "mapping", "search", "test", "metadata", "status", "config"];

/// Parses a path.
pub(in crate::serve) fn target(path: &str, upgrade: bool) -> Target<'_> {
    let cut = |prefix: &str| path.strip_prefix(prefix).filter(|r| r.is_empty() || r.starts_with('/'));
    // The longer prefixes first.
    if let Some(rest) = cut("/api-ws").or(if upgrade { Some(path) } else { None }) {
        return if rest.trim_end_matches('/') == "/test" { Target::Socket } else { Target::Page };
    }
    if cut("/api-app/releases").is_some() {
        return Target::Releases;
    }
    let segments = |rest: &str| -> Vec<&str> {
        let rest = &path[path.len() - rest.len()..];
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() { Vec::new() } else { rest.split('/').collect() }
    };
    if let Some(rest) = cut("/api") {
        return Target::Api(segments(rest));
    }
    let own = segments(path);
    if own.first().is_some_and(|s| API.contains(s) || *s == "sigma" || *s == "download" || *s == "openapi.json") {
        Target::Api(own)
    } else {
        Target::Page
    }
}

/// Answers an API request. Blocks while the cluster is queried.
pub(in crate::serve) fn answer(
    app: &App,
    method: &Method,
    segments: &[&str],
    query: &[(String, String)],
    headers: &HeaderMap,
    body: &Value,
    actor: &Actor,
) -> Result<Response, ApiError> {
    let get = || if *method == Method::GET || *method == Method::HEAD { Ok(()) } else { Err(not_allowed()) };
    let one = |rest: &[&str]| -> Result<String, ApiError> {
        let [name] = rest else { return Err(not_found()) };
        percent_decode_str(name)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| ApiError::bad("pathInvalid", "the path is not UTF-8"))
    };
    match segments {
        [] => {
            get()?;
            let port = app.settings.listen.first().map_or(0, std::net::SocketAddr::port);
            Ok(ok(
                &json!({"name": "sigmalert", "port": port, "version": env!("CARGO_PKG_VERSION"), "user": actor.user, "role": actor.role.word()}),
            ))
        }
        ["status"] => get().map(|()| ok(&overview::status(app))),
        ["status", "control", action @ ("start" | "stop")] => {
            if !matches!(*method, Method::GET | Method::POST) {
                return Err(not_allowed());
            }
            let done = if *action == "start" { app.control.start() } else { app.control.stop() };
            done.map_err(|m| ApiError::new(StatusCode::CONFLICT, "notControlled", m))?;
            app.store.note(actor, &format!("{action} running"), EntryKind::Rules, "", None);
            Ok(ok(&json!({"success": true, "status": app.source.state(&app.control, app.settings.run).word()})))
        }
        ["status", "errors"] => {
            get()?;
            Ok(ok(&overview::errors(app)))
        }
        ["status", "overview"] => {
            get()?;
            overview::overview(app, query, headers)
        }
        ["config"] => {
            get()?;
            let seconds = app.source.config().map_or((60, 900), |c| (c.run_every.as_secs(), c.buffer_time.as_secs()));
            Ok(ok(&json!({"runEvery": {"seconds": seconds.0}, "bufferTime": {"seconds": seconds.1}})))
        }
        [kind @ ("rules" | "templates"), rest @ ..] => {
            let kind = EntryKind::parse(kind).unwrap_or(EntryKind::Rules);
            endpoints::entries(app, kind, rest, &endpoints::RulesRequest { method, query, headers, body, actor })
        }
        ["folders", rest @ ..] => endpoints::folders(app, method, rest, actor),
        ["silence", rest @ ..] => endpoints::silence(app, method, rest, body, actor),
        ["indices"] => {
            get()?;
            Ok(ok(&app.source.indices(&app.index_allowlist)?))
        }
        ["mapping", rest @ ..] => {
            get()?;
            Ok(ok(&app.source.mapping(&app.index_allowlist, &one(rest)?)?))
        }
        ["search", rest @ ..] => {
            if *method != Method::POST {
                return Err(not_allowed());
            }
            Ok(ok(&app.source.search(&app.index_allowlist, &one(rest)?, body)?))
        }
        ["metadata", rest @ ..] => {
            get()?;
            let kind = one(rest)?;
            let value = |key: &str| query.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
            let number = |key: &str, default: u64| value(key).and_then(|v| v.parse().ok()).unwrap_or(default).min(10_000);
            let q = Query {
                kind: &kind,
                rule: value("rule_name").filter(|r| !r.is_empty()),
                from: number("from", 0),
                size: number("size", 100),
                noagg: value("noagg").is_some_and(|v| v != "0" && v != "false"),
            };
            match app.source.metadata(&q, &app.store.rules) {
                // The page shows what stands under `error.msg` of an answer, and its table of errors needs `hits`.
                Err(e) if e.status == StatusCode::BAD_GATEWAY => Ok(ok(&json!({"error": {"msg": e.message}, "total": 0, "hits": []}))),
                other => other.map(|v| ok(&v)),
            }
        }
        ["test"] => {
            if *method != Method::POST {
                return Err(not_allowed());
            }
            let trial = app.trial(actor, body)?;
            if matches!(app.source, Source::Nothing) && !trial.options.schema_only {
                return Err(ApiError::no_cluster());
            }
            let before = if trial.options.schema_only { folder_check::check(&app.store.rules) } else { Ok(()) };
            // Praeco tests before each save, and reports "saved" whether or not the save succeeds.
            let result = before.and_then(|()| app.source.test(&trial, &app.store, &mut |_| {}, &|| false));
            app.tried(actor, &trial, &result);
            match result {
                Ok(mut result) => {
                    let warnings = app.unfilled(&trial.rule);
                    if !warnings.is_empty() {
                        result["warnings"] = json!(warnings);
                    }
                    Ok(text(result.to_string()))
                }
                // Praeco takes an empty body as "invalid" and anything else as "valid".
                Err(message) => {
                    app.refuse(&trial, &message);
                    Ok(text(""))
                }
            }
        }
        ["download"] => {
            // By POST, too, as servers before elastalert-server had it.
            if *method != Method::POST {
                get()?;
            }
            let kind = query.iter().find(|(k, _)| k == "type").map_or("rules", |(_, v)| v.as_str());
            let kind = EntryKind::parse(kind).ok_or_else(|| ApiError::bad("optionsInvalid", "`type` must be rules or templates"))?;
            let headers = [
                (header::CONTENT_TYPE, "application/gzip".to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.tar.gz\"", kind.name())),
            ];
            Ok((headers, app.store.archive(kind)?).into_response())
        }
        ["sigma", "convert"] => {
            if *method != Method::POST {
                return Err(not_allowed());
            }
            Ok(ok(&convert::convert(&app.store, app.settings.profiles.as_deref(), body, actor)?))
        }
        ["openapi.json"] => get().map(|()| json_response(StatusCode::OK, &crate::serve::http::openapi::description())),
        _ => Err(not_found()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_go_and_the_longer_ones_first() {
        assert_eq!(target("/api", false), Target::Api(vec![]));
        assert_eq!(target("/api/rules/a/b%20c", false), Target::Api(vec!["rules", "a", "b%20c"]));
        assert_eq!(target("/rules", false), Target::Api(vec!["rules"]));
        assert_eq!(target("/api-ws/test", true), Target::Socket);
        assert_eq!(target("/test", true), Target::Socket);
        assert_eq!(target("/api-app/releases", false), Target::Releases);
        assert_eq!(target("/apifoo", false), Target::Page);
        assert_eq!(target("/", false), Target::Page);
        // What lies between two slashes is seen, and refused.
        assert_eq!(target("/api/rules//a", false), Target::Api(vec!["rules", "", "a"]));
    }
}
