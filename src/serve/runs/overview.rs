//! The status of the server and its rules: `/status`, and the data of the page at `/`.
//!
//! Rule files are reloaded only when they change, and cluster answers are cached briefly, as every open page polls.

use crate::serve::app_state::App;
use crate::serve::data::source::Source;
use crate::serve::error::{ApiError, ok};
use crate::serve::rules::folder_check;
use crate::serve::rules::store::{EntryKind, tag};
use crate::serve::runs::overview_cache::{KEEP, OverviewCache};
use crate::serve::runs::runner_control::RunState;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sigmalert_runtime::{Broken, ClusterFailure};
use sigmalert_support::sync::lock;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

impl OverviewCache {
    /// What `lint-rules` finds in rules that run, as `/status/errors` has it.
    pub fn doubts(&self, app: &App) -> Vec<Value> {
        let Some(config) = app.source.config() else { return Vec::new() };
        let files = lock(&self.files);
        files.look(config).doubts.iter().map(|d| {
            let file = relative(&app.store.rules, &d.file);
            json!({"kind": "lint", "rule": d.rule, "file": file, "message": format!("the rule runs, but lint-rules reports an error: {}", d.message)})
        }).collect()
    }

    /// Why the cluster does not answer, where no rules run here that would notice.
    fn away(&self, app: &App) -> Option<String> {
        let Source::Cluster(cluster, _) = &app.source else { return None };
        if app.control.is_running() {
            return None;
        }
        let mut away = lock(&self.away);
        if let Some((_, why)) = away.as_ref().filter(|(at, _)| at.elapsed() < KEEP) {
            return why.clone();
        }
        // A cluster that rejects the request is reachable.
        let why = cluster.call("GET", "", None).err().filter(ClusterFailure::is_away).map(|e| format!("the cluster does not answer: {e}"));
        *away = Some((Instant::now(), why.clone()));
        why
    }

    /// `GET /status/overview`, all of it.
    fn all(&self, app: &App) -> Result<Arc<Value>, ApiError> {
        let mut kept = lock(&self.kept);
        if let Some((_, value)) = kept.as_ref().filter(|(at, _)| at.elapsed() < KEEP) {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(self.made(app)?);
        *kept = Some((Instant::now(), Arc::clone(&value)));
        Ok(value)
    }

    fn made(&self, app: &App) -> Result<Value, ApiError> {
        let rules = &app.store.rules;
        let broken = |list: &mut dyn Iterator<Item = (&Path, &str, &str)>| -> Vec<Value> {
            list.map(|(file, rule, message)| json!({"file": relative(rules, file), "rule": rule, "message": message})).collect()
        };
        let mut out = match &app.source {
            Source::Nothing => return Err(ApiError::no_cluster()),
            Source::Cluster(cluster, config) => {
                let files = lock(&self.files);
                let watched = files.look(config);
                let status = files.status(config, cluster);
                let row = |name: &str| json!({"name": name, "endtime": null, "hits": null, "matches": null, "errors": 0, "silenced": null, "pending": 0});
                let (rows, errors, instances, failed) = match status {
                    Ok(s) => {
                        let rows: Vec<Value> = s.rules.iter().map(|r| json!({
                            "name": r.name, "endtime": r.endtime.map(|t| t.to_string()), "hits": r.last.map(|l| l.0), "matches": r.last.map(|l| l.1),
                            "errors": r.errors, "silenced": r.silenced.map(|t| t.to_string()), "pending": r.pending,
                        })).collect();
                        (rows, s.errors.iter().map(|(t, m)| json!({"time": t, "message": m})).collect(), s.instances, None)
                    }
                    // The files are there anyway.
                    Err(e) => (watched.names.iter().map(|n| row(n)).collect(), Vec::new(), Vec::new(), Some(e)),
                };
                json!({
                    "source": "cluster", "failed": failed, "rules": rows, "instances": instances, "errors": errors,
                    "broken": broken(&mut watched.broken.iter().map(|b: &Broken| (b.file.as_path(), b.rule.as_str(), b.message.as_str()))),
                    "doubts": watched.doubts.len(),
                })
            }
            Source::Events(e, config) => {
                let outcome = e.outcome();
                let at = outcome.at.map(sigmalert_runtime::iso);
                let doubts = lock(&self.files).look(config).doubts.len();
                json!({
                    "source": "events", "failed": outcome.failed.clone(), "doubts": doubts,
                    "rules": outcome.rules.iter().map(|r| json!({
                        "name": r.rule, "endtime": at, "hits": r.hits, "matches": r.matches, "errors": 0, "silenced": null, "pending": 0,
                    })).collect::<Vec<_>>(),
                    "broken": broken(&mut outcome.broken.iter().map(|b| (b.file.as_path(), b.rule.as_str(), b.message.as_str()))),
                    "instances": [], "errors": [],
                })
            }
        };
        let (failed, limited) = app.settings.auth.counts();
        out["logins"] = json!({"failed": failed, "limited": limited});
        let count = |key: &str| out[key].as_array().map_or(0, Vec::len);
        out["counts"] = json!({"rules": count("rules"), "broken": count("broken"), "errors": count("errors")});
        Ok(out)
    }
}

fn relative(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).display().to_string()
}

/// How it stands in elastalert-server's words, and why it does not stand well.
fn standing(app: &App) -> (RunState, Option<String>) {
    let state = app.source.state(&app.control, app.settings.run);
    let mut why: Vec<String> = app.control.failed().or_else(|| app.overview.away(app)).into_iter().collect();
    for kind in [EntryKind::Rules, EntryKind::Templates] {
        why.extend(folder_check::check(app.store.root(kind)).err());
    }
    (state, (!why.is_empty()).then(|| why.join("; ")))
}

/// `GET /status`
pub(in crate::serve) fn status(app: &App) -> Value {
    let (state, reason) = standing(app);
    let mut out = json!({"status": state.word()});
    if let Some(reason) = reason {
        out["reason"] = reason.into();
    }
    out
}

/// `GET /status/overview`: with `from` and `size` a part of the rules, with `If-None-Match` nothing where nothing changed.
pub(in crate::serve) fn overview(app: &App, query: &[(String, String)], headers: &HeaderMap) -> Result<Response, ApiError> {
    let all = app.overview.all(app)?;
    let number = |key: &str| query.iter().find(|(k, _)| k == key).and_then(|(_, v)| v.parse::<usize>().ok());
    let mut value = Value::clone(&all);
    // How it stands now, whatever the cluster said before.
    let (state, reason) = standing(app);
    value["state"] = state.word().into();
    value["running"] = app.control.is_running().into();
    if value["failed"].is_null() {
        value["failed"] = json!(reason);
    }
    value["reason"] = json!(reason);
    if let Some(Value::Array(rules)) = value.get_mut("rules").filter(|_| number("from").is_some() || number("size").is_some()) {
        *rules = rules.drain(..).skip(number("from").unwrap_or(0)).take(number("size").unwrap_or(usize::MAX)).collect();
    }
    let tag = tag(&value.to_string());
    let seen = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let mut response = if seen.is_some_and(|s| s.split(',').any(|t| t.trim().trim_start_matches("W/") == tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ok(&value)
    };
    if let Ok(tag) = tag.parse() {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// `GET /status/errors`: rules that failed their test, warnings of saves, and lint errors in
/// running rules.
pub(in crate::serve) fn errors(app: &App) -> Value {
    let mut out: Vec<Value> = lock(&app.refused).iter().cloned().collect();
    out.extend(app.overview.doubts(app));
    out.into()
}
