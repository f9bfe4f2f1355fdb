//! Rules, templates and folders over HTTP.

use crate::serve::app_state::App;
use crate::serve::auth::role::Actor;
use crate::serve::error::{ApiError, not_allowed, ok};
use crate::serve::rules::copy_source;
use crate::serve::rules::paths::Id;
use crate::serve::rules::preserve;
use crate::serve::rules::rule_file;
use crate::serve::rules::rule_names::running_name;
use crate::serve::rules::store::{EntryKind, Expected, Original, Tags};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sigmalert_support::units::TimeUnit;
use std::path::Path;
use std::time::Duration;

/// What a client says of the text it saw.
fn expected(headers: &HeaderMap) -> Expected {
    // Several headers of a name are one list.
    let tags = |name: header::HeaderName| {
        let all: Vec<&str> = headers.get_all(name).iter().map(|v| v.to_str().unwrap_or_default()).collect();
        (!all.is_empty()).then(|| Tags::parse(&all.join(",")))
    };
    Expected { if_match: tags(header::IF_MATCH), if_none_match: tags(header::IF_NONE_MATCH) }
}

/// A request to the rules endpoints, without its path.
pub(in crate::serve) struct RulesRequest<'a> {
    pub method: &'a Method,
    pub query: &'a [(String, String)],
    pub headers: &'a HeaderMap,
    pub body: &'a Value,
    pub actor: &'a Actor,
}

/// `/rules...` and `/templates...`.
pub(in crate::serve) fn entries(app: &App, kind: EntryKind, segments: &[&str], asked: &RulesRequest<'_>) -> Result<Response, ApiError> {
    let RulesRequest { method, query, headers, body, actor } = *asked;
    let store = &app.store;
    if segments.is_empty() {
        if *method != Method::GET {
            return Err(not_allowed());
        }
        if query.iter().any(|(k, _)| k == "all") {
            return Ok(ok(&json!(store.all(kind))));
        }
        let path = query.iter().find(|(k, _)| k == "path").map(|(_, v)| v.trim_matches('/')).unwrap_or_default();
        let folder = if path.is_empty() { None } else { Some(Id::named(path)?) };
        let (folders, files) = store.listing(kind, folder.as_ref())?;
        return Ok(ok(&json!({"directories": folders, kind.name(): files})));
    }
    let id = Id::parse(segments)?;
    match *method {
        Method::GET | Method::HEAD => {
            let stored = store.read(kind, &id)?;
            app.recent_reads.note(actor, kind, &id);
            let tag = [(header::ETAG, stored.tag), (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned())];
            Ok((StatusCode::OK, tag, preserve::presented(&stored.text)).into_response())
        }
        Method::POST => {
            let sent = body["yaml"].as_str().filter(|y| !y.trim().is_empty());
            let sent = sent.ok_or_else(|| ApiError::bad("bodyNotSend", "no rule was sent under `yaml`"))?;
            let change = |old: Option<&str>| {
                // A new one may be a rule that is renamed, moved or duplicated.
                let origin = if old.is_none() { copy_source::of_new(store, &app.recent_reads, kind, &id, sent, actor) } else { None };
                let text = preserve::carried(old.or(origin.as_ref().map(|o| o.text.as_str())), sent)
                    .map_err(|m| ApiError::bad("ruleInvalid", format!("the rule {m}")))?;
                Ok((text, origin.map(|o| Original { path: o.file, text: o.stored })))
            };
            let tag = store.write(kind, &id, &expected(headers), actor, change, |old, text, origin| free(app, &id, old, text, origin))?;
            let mut told = json!({"created": true, "id": id.name()});
            let warnings = if kind == EntryKind::Rules { app.unfilled(sent) } else { Vec::new() };
            if !warnings.is_empty() {
                warnings.iter().for_each(|w| app.warn(sent, w));
                told["warnings"] = json!(warnings);
            }
            let mut response = ok(&told);
            if let Ok(value) = tag.parse() {
                response.headers_mut().insert(header::ETAG, value);
            }
            Ok(response)
        }
        Method::DELETE => {
            store.delete(kind, &id, &expected(headers), actor)?;
            Ok(ok(&json!({"deleted": true, "id": id.name()})))
        }
        _ => Err(not_allowed()),
    }
}

/// Checks that no other rule has the name, since only one of them would run. A moved rule briefly exists twice, until
/// Praeco deletes the original.
fn free(app: &App, id: &Id, old: Option<&str>, text: &str, origin: Option<&Path>) -> Result<(), ApiError> {
    let Some(name) = running_name(text).filter(|n| old.and_then(running_name).as_ref() != Some(n)) else { return Ok(()) };
    let own = app.store.locate(EntryKind::Rules, id);
    let holders = app.names.holders(&name, &own, app.store.files(EntryKind::Rules));
    let Some(other) = holders.iter().find(|h| Some(h.as_path()) != origin) else { return Ok(()) };
    let other = other.strip_prefix(&app.store.rules).unwrap_or(other).display();
    let message =
        format!("the name `{name}` is already used by {other}, and only one of two rules with the same name runs: choose another name");
    Err(ApiError::new(StatusCode::CONFLICT, "nameTaken", message))
}

/// `/folders/{rules or templates}/...`.
pub(in crate::serve) fn folders(app: &App, method: &Method, segments: &[&str], actor: &Actor) -> Result<Response, ApiError> {
    let kind = segments.first().and_then(|s| EntryKind::parse(s));
    let kind =
        kind.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "folderTypeNotFound", "the folder type must be rules or templates"))?;
    let id = Id::parse(&segments[1..])?;
    let told = |what: &str| ok(&json!({what: true, "type": kind.name(), "path": id.name()}));
    match *method {
        Method::PUT => app.store.create_folder(kind, &id, actor).map(|()| told("created")),
        Method::DELETE => app.store.delete_folder(kind, &id, actor).map(|()| told("deleted")),
        _ => Err(not_allowed()),
    }
}

/// `/silence/{rule}`: the text that Praeco takes for success.
pub(in crate::serve) fn silence(app: &App, method: &Method, segments: &[&str], body: &Value, actor: &Actor) -> Result<Response, ApiError> {
    if *method != Method::POST {
        return Err(not_allowed());
    }
    let id = Id::parse(segments)?;
    if body.is_null() {
        return Err(ApiError::bad("bodyNotSend", "no body was sent"));
    }
    // Praeco's own buttons say `hour` and `day`.
    let unit = body["unit"].as_str().unwrap_or("minutes");
    let seconds = TimeUnit::by_plural(unit)
        .or_else(|| TimeUnit::by_singular(unit))
        .map(TimeUnit::seconds)
        .filter(|s| *s > 0)
        .ok_or_else(|| ApiError::bad("optionsInvalid", format!("`{unit}` is not a unit of time")))?;
    let duration = match &body["duration"] {
        Value::Null => 1,
        d => d
            .as_u64()
            .filter(|d| (1..=100_000).contains(d))
            .ok_or_else(|| ApiError::bad("optionsInvalid", "`duration` must be a positive number"))?,
    };
    let stored = app.store.read(EntryKind::Rules, &id)?;
    let name = rule_file::name_of(&stored.text).unwrap_or_else(|| id.name());
    let until = app.source.silence(&name, Duration::from_secs(seconds * duration))?;
    app.store.note(actor, "silence", EntryKind::Rules, &id.name(), None);
    Ok(crate::serve::error::text(format!("INFO:elastalert:Success. {name}._silence will be silenced until {until}\n")))
}
