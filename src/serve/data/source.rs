//! The source of events and alerts: a cluster, event files, or none.

use crate::serve::data::cluster::{self, Query};
use crate::serve::data::index_allowlist::IndexAllowlist;
use crate::serve::data::rule_scope::Limits;
use crate::serve::error::ApiError;
use crate::serve::events::Events;
use crate::serve::rules::store::Store;
use crate::serve::runs::rule_test::RuleTest;
use crate::serve::runs::runner_control::{RunState, RunnerControl};
use crate::serve::searches;
use jiff::Timestamp;
use serde_json::{Value, json};
use sigmalert_runtime::{Broken, Cluster, Config, Gate, iso, status};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The source of events and alerts.
#[derive(Debug)]
pub(in crate::serve) enum Source {
    /// None: rule files only.
    Nothing,
    /// A cluster.
    Cluster(Cluster, Config),
    /// Events of files.
    Events(Box<Events>, Config),
}

impl Source {
    /// The configuration, where there is one.
    pub fn config(&self) -> Option<&Config> {
        match self {
            Self::Nothing => None,
            Self::Cluster(_, c) | Self::Events(_, c) => Some(c),
        }
    }

    /// `POST /search/{index}`.
    pub fn search(&self, reads: &IndexAllowlist, index: &str, body: &Value) -> Result<Value, ApiError> {
        reads.parts(index)?;
        searches::check(body)?;
        match self {
            Self::Nothing => Err(ApiError::no_cluster()),
            Self::Cluster(c, _) => cluster::search(c, reads, index, body),
            Self::Events(e, _) => e.search(body),
        }
    }

    /// The check that searches of a rule test must pass: they may read only what pages may.
    pub fn gate(&self, reads: &Arc<IndexAllowlist>) -> Option<Arc<dyn Gate>> {
        match self {
            Self::Cluster(c, _) => Some(Arc::new(Limits { cluster: c.clone(), reads: Arc::clone(reads) })),
            Self::Nothing | Self::Events(..) => None,
        }
    }

    /// `GET /mapping/{index}`.
    pub fn mapping(&self, reads: &IndexAllowlist, index: &str) -> Result<Value, ApiError> {
        reads.parts(index)?;
        match self {
            Self::Nothing => Err(ApiError::no_cluster()),
            Self::Cluster(c, _) => cluster::mapping(c, reads, index),
            Self::Events(e, _) => Ok(json!({e.index(): {"mappings": e.mapping()}})),
        }
    }

    /// `GET /indices`.
    pub fn indices(&self, reads: &IndexAllowlist) -> Result<Value, ApiError> {
        match self {
            Self::Nothing => Err(ApiError::no_cluster()),
            Self::Cluster(c, _) => cluster::indices(c, reads),
            Self::Events(e, _) => Ok(json!([e.index()])),
        }
    }

    /// `GET /metadata/{kind}`.
    pub fn metadata(&self, q: &Query<'_>, rules: &Path) -> Result<Value, ApiError> {
        match self {
            Self::Nothing => Err(ApiError::no_cluster()),
            Self::Cluster(c, config) => cluster::metadata(c, &config.writeback_index, q),
            Self::Events(e, _) => {
                let outcome = e.outcome();
                let at = outcome.at.map(iso);
                let rows: Vec<Value> = match q.kind {
                    "elastalert" => outcome.alerts.clone(),
                    "elastalert_status" => {
                        let row = |r: &sigmalert_runtime::embedded::Replayed| {
                            json!({"rule_name": r.rule, "starttime": at, "endtime": at, "@timestamp": at, "hits": r.hits, "matches": r.matches,
                                "time_taken": outcome.took.as_secs_f64() / f64::from(u32::try_from(outcome.rules.len()).unwrap_or(1).max(1))})
                        };
                        outcome.rules.iter().map(row).collect()
                    }
                    "elastalert_error" => {
                        let file = |f: &Path| f.strip_prefix(rules).unwrap_or(f).display().to_string();
                        let row = |b: &Broken| json!({"message": format!("{}: {}", file(&b.file), b.message), "@timestamp": at, "data": {"rule": b.rule}});
                        outcome.broken.iter().map(row).collect()
                    }
                    "silence" => e.silences(),
                    "past_elastalert" => Vec::new(),
                    other => return Err(cluster::no_metadata(other)),
                };
                let wanted = |r: &&Value| {
                    q.kind == "elastalert_error"
                        || q.rule.is_none_or(|name| {
                            r["rule_name"].as_str().is_some_and(|own| own == name || own.strip_suffix("._silence") == Some(name))
                        })
                };
                let rows: Vec<&Value> = rows.iter().filter(wanted).collect();
                let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
                let page: Vec<&Value> = rows.iter().skip(number(q.from)).take(number(q.size)).copied().collect();
                Ok(json!({"total": rows.len(), "max_score": null, "hits": page}))
            }
        }
    }

    /// Silences a rule and returns until when.
    pub fn silence(&self, name: &str, span: Duration) -> Result<Timestamp, ApiError> {
        match self {
            Self::Nothing => Err(ApiError::no_cluster()),
            Self::Cluster(_, config) => status::silence(config, name, None, span).map_err(ApiError::cluster),
            Self::Events(e, _) => Ok(e.silence(name, span)),
        }
    }

    /// Tests a rule. `tell` receives progress messages; over event files the test ends when the client is `gone`.
    ///
    /// # Errors
    /// Why the rule cannot be run.
    pub fn test(&self, trial: &RuleTest, store: &Store, tell: &mut dyn FnMut(String), gone: &dyn Fn() -> bool) -> Result<Value, String> {
        match self {
            Self::Events(e, config) if !trial.options.schema_only => trial.over_events(e, config, store, tell, gone),
            // A schema is looked at without a cluster.
            Self::Nothing if trial.options.schema_only => trial.run(&Config::embedded(), store, tell),
            Self::Nothing => Err(ApiError::no_cluster().message),
            Self::Cluster(_, config) | Self::Events(_, config) => trial.run(config, store, tell),
        }
    }

    /// Returns the state of the rules.
    pub fn state(&self, control: &RunnerControl, run: bool) -> RunState {
        match self {
            Self::Nothing => RunState::Setup,
            Self::Cluster(..) => control.state(),
            Self::Events(..) if !run => RunState::Idle,
            Self::Events(e, _) if e.outcome().at.is_none() => RunState::FirstRun,
            Self::Events(..) => RunState::Ready,
        }
    }
}
