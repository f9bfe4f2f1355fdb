//! State shared by all requests.

use crate::serve::auth::role::Actor;
use crate::serve::data::index_allowlist::IndexAllowlist;
use crate::serve::data::source::Source;
use crate::serve::error::ApiError;
use crate::serve::http::concurrency::ConcurrencyLimits;
use crate::serve::http::response_budget::ResponseBudget;
use crate::serve::rules::copy_source::RecentReads;
use crate::serve::rules::paths::BASE_RULE;
use crate::serve::rules::rule_file;
use crate::serve::rules::rule_names::RuleNames;
use crate::serve::rules::store::{Store, tag};
use crate::serve::runs::overview_cache::OverviewCache;
use crate::serve::runs::rule_test::RuleTest;
use crate::serve::runs::runner_control::RunnerControl;
use crate::serve::settings::Settings;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use sigmalert_runtime::iso;
use sigmalert_support::sync::lock;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// State shared by all requests.
#[derive(Debug)]
pub(in crate::serve) struct App {
    pub settings: Settings,
    pub store: Store,
    pub source: Source,
    pub index_allowlist: Arc<IndexAllowlist>,
    pub control: RunnerControl,
    pub concurrency: ConcurrencyLimits,
    pub outbox: ResponseBudget,
    pub overview: OverviewCache,
    /// The names of the rules.
    pub names: RuleNames,
    /// What clients read.
    pub recent_reads: RecentReads,
    /// Rules that failed their test, with the reason: Praeco tests before each save, but does not show why it fails.
    pub refused: Mutex<VecDeque<Value>>,
}

/// The maximum number of failed tests kept.
const MAX_REFUSED: usize = 100;

impl App {
    /// Records why a rule cannot be run.
    pub fn refuse(&self, trial: &RuleTest, message: &str) {
        let rule = rule_file::name_of(&trial.rule);
        tracing::info!(rule, "a tested rule cannot be run: {message}");
        let mut all = lock(&self.refused);
        all.push_front(json!({"kind": "refused", "time": iso(Timestamp::now()), "rule": rule, "message": message}));
        all.truncate(MAX_REFUSED);
    }

    /// Returns a warning for each unfilled placeholder in a rule's alert texts.
    pub fn unfilled(&self, rule: &str) -> Vec<String> {
        let base = sigmalert_support::read::read_file(&self.store.rules.join(BASE_RULE), 1 << 20).ok();
        crate::serve::rules::unfilled_fields::unfilled(rule, base.as_deref())
    }

    /// Records a warning about a saved or tested rule.
    pub fn warn(&self, rule: &str, message: &str) {
        let rule = rule_file::name_of(rule);
        tracing::warn!(rule, "{message}");
        let mut all = lock(&self.refused);
        all.retain(|e| !(e["kind"] == "warning" && e["rule"] == json!(rule) && e["message"] == message));
        all.push_front(json!({"kind": "warning", "time": iso(Timestamp::now()), "rule": rule, "message": message}));
        all.truncate(MAX_REFUSED);
    }

    /// Parses a rule test request.
    ///
    /// # Errors
    /// When the request is invalid, or would run a program or send an alert that is not allowed.
    pub fn trial(&self, actor: &Actor, body: &Value) -> Result<RuleTest, ApiError> {
        let mut trial = RuleTest::read(body)?;
        trial.gate = self.source.gate(&self.index_allowlist);
        self.allowed(&trial).inspect_err(|e| self.note_trial(actor, &trial, &json!({"refused": e.message})))?;
        Ok(trial)
    }

    fn allowed(&self, trial: &RuleTest) -> Result<(), ApiError> {
        // A schema test runs nothing.
        if !trial.options.schema_only {
            self.store.check_trial(&trial.rule)?;
        }
        if trial.options.alert && self.settings.allow_hosts.is_empty() {
            let message = "`alert: true` is not allowed: tests send alerts only to hosts allowed with --allow-host";
            return Err(ApiError::new(StatusCode::FORBIDDEN, "alertRefused", message));
        }
        Ok(())
    }

    /// Records a rule test and its outcome in the audit log.
    pub fn tried(&self, actor: &Actor, trial: &RuleTest, result: &Result<Value, String>) {
        let outcome = match result {
            Ok(r) => json!({"hits": r["hits"], "matches": r["results"]}),
            Err(e) => json!({"error": e.chars().take(500).collect::<String>()}),
        };
        self.note_trial(actor, trial, &outcome);
    }

    fn note_trial(&self, actor: &Actor, trial: &RuleTest, outcome: &Value) {
        let kind = if trial.options.schema_only { "schema" } else { "events" };
        let line = json!({
            "id": rule_file::name_of(&trial.rule), "tag": tag(&trial.rule), "test": kind, "alert": trial.options.alert, "outcome": outcome,
        });
        self.store.audit.note(actor, "trial", &line);
    }

    /// Whether a request's `Host` is one of the server's.
    pub fn is_own_host(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let name = name.to_ascii_lowercase();
        matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1")
            || self.settings.hosts.iter().any(|h| h.eq_ignore_ascii_case(&name))
            || self.settings.listen.iter().any(|l| l.ip().to_string() == name)
    }
}
