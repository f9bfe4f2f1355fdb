//! Evaluates the rules against the events: all rules whenever a file changes, or a single rule to test it.

use super::Events;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sigmalert_runtime::embedded::{EmbeddedOptions, EmittedAlert, Replayed, RunEvent, replay};
use sigmalert_runtime::tester::TestOptions;
use sigmalert_runtime::{Broken, Config, iso};
use sigmalert_support::sync::lock;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use walkdir::WalkDir;

/// How often the rules are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How many alerts are kept.
const MAX_ALERTS: usize = 10_000;

/// The outcome of a run of the rules.
#[derive(Debug, Default)]
pub(in crate::serve) struct ReplayOutcome {
    /// When they ran; nothing before the first time.
    pub at: Option<Timestamp>,
    /// How long that took.
    pub took: Duration,
    /// What each came to.
    pub rules: Vec<Replayed>,
    /// Rule files that cannot be run, and why.
    pub broken: Vec<Broken>,
    /// ElastAlert's documents of alerts, newest first.
    pub alerts: Vec<Value>,
    /// Why there is no more.
    pub failed: Option<String>,
}

/// What is known of files without reading them.
type FileStamps = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Runs the rules whenever one changes.
pub(in crate::serve) struct RuleWatch<'w> {
    pub events: &'w Events,
    pub config: &'w Config,
    pub rules: &'w Path,
}

impl RuleWatch<'_> {
    /// Runs until stopped.
    pub fn run(&self, stopped: &dyn Fn() -> bool) {
        let mut seen: Option<FileStamps> = None;
        while !stopped() {
            let now = files(self.rules);
            if seen.as_ref() != Some(&now) {
                seen = Some(now);
                let outcome = self.events.run_rules(self.config, self.rules, stopped);
                tracing::info!(
                    rules = outcome.rules.len(), broken = outcome.broken.len(), alerts = outcome.alerts.len(), took = ?outcome.took,
                    "evaluated the rules against the events"
                );
                *lock(&self.events.outcome) = Arc::new(outcome);
            }
            let end = Instant::now() + LOOK;
            while !stopped() && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

fn files(folder: &Path) -> FileStamps {
    let known = |e: walkdir::DirEntry| {
        let m = e.metadata().ok()?;
        Some((e.into_path(), (m.modified().ok(), m.len())))
    };
    WalkDir::new(folder).into_iter().flatten().filter(|e| e.file_type().is_file()).filter_map(known).collect()
}

impl Events {
    fn documents(&self) -> impl Iterator<Item = (&[u8], &str, u64)> {
        self.events.iter().map(|e| (self.text(e), self.source(e), e.position))
    }

    fn run_rules(&self, config: &Config, rules: &Path, stopped: &dyn Fn() -> bool) -> ReplayOutcome {
        let began = Instant::now();
        let mut out = ReplayOutcome { at: Some(Timestamp::now()), ..ReplayOutcome::default() };
        let options =
            EmbeddedOptions { rules: vec![rules.to_owned()], event_schema: Some(self.event_schema), ..EmbeddedOptions::default() };
        let (mut broken, mut alerts, mut made) = (Vec::new(), Vec::new(), 0);
        let result = replay(config, &options, self.documents(), &mut |happened| {
            match happened {
                RunEvent::Broken(b) => broken.push(b),
                RunEvent::Alert(fired) => {
                    let rows = rows(*fired);
                    made += rows.len();
                    alerts.extend(rows);
                    if alerts.len() >= 2 * MAX_ALERTS {
                        newest(&mut alerts);
                    }
                }
                RunEvent::Problem(p) => tracing::debug!("{}:{}: {}", p.source, p.position, p.message),
            }
            !stopped()
        });
        match result {
            Ok(rules) => out.rules = rules,
            Err(e) => out.failed = Some(e),
        }
        newest(&mut alerts);
        if made > alerts.len() {
            tracing::warn!("{made} alerts were generated; keeping the last {}", alerts.len());
        }
        out.alerts = alerts;
        out.broken = broken;
        out.took = began.elapsed();
        out
    }

    /// Tests a rule file, with the output of `elastalert-test-rule --formatted-output`.
    ///
    /// # Errors
    /// Why the rule cannot be run.
    pub fn test(&self, config: &Config, file: &Path, options: &TestOptions, gone: &dyn Fn() -> bool) -> Result<Value, String> {
        let began = Instant::now();
        let now = Timestamp::now();
        let start = options.start.or_else(|| {
            let days = i64::try_from(options.days?).ok()?;
            options.end.unwrap_or(now).checked_sub(SignedDuration::from_secs(days.checked_mul(86_400)?)).ok()
        });
        // No event can match a time range after the last event: use all events.
        let (start, end) = if start.is_some_and(|s| s > self.newest()) { (None, None) } else { (start, options.end) };
        let own = EmbeddedOptions {
            rules: vec![file.to_owned()],
            event_schema: Some(self.event_schema),
            start,
            end,
            ..EmbeddedOptions::default()
        };
        let (mut broken, mut fired) = (None, Vec::new());
        let documents = self.documents().take_while(|_| !gone());
        let rules = replay(config, &own, documents, &mut |happened| {
            match happened {
                RunEvent::Broken(b) => broken = Some(b.message),
                RunEvent::Alert(f) => fired.push(*f),
                RunEvent::Problem(_) => {}
            }
            !gone()
        })?;
        if let Some(message) = broken {
            return Err(message);
        }
        let Some(rule) = rules.first() else { return Err("the rule is disabled".into()) };
        let first = fired.first().and_then(|f| f.matches.first()).cloned().unwrap_or_else(|| json!({}));
        let terms: Vec<&String> = first.as_object().into_iter().flat_map(serde_json::Map::keys).collect();
        let begin = own.start.or_else(|| self.events.first().map(|e| e.at)).unwrap_or(Timestamp::UNIX_EPOCH);
        let end = own.end.unwrap_or_else(|| self.newest());
        let seconds = end.duration_since(begin).as_secs_f64();
        Ok(json!({
            "hits": rule.hits, "days": seconds / 86_400.0, "terms": terms, "result": first, "results": rule.matches,
            "writeback": {"elastalert_status": {
                "rule_name": rule.rule, "starttime": iso(begin), "endtime": iso(end), "hits": rule.hits, "matches": rule.matches,
                "time_taken": began.elapsed().as_secs_f64(), "@timestamp": iso(now),
            }},
            "alerts": fired.iter().map(|f| f.text.as_str()).collect::<Vec<_>>(),
        }))
    }
}

/// Keeps the newest alerts, newest first.
fn newest(alerts: &mut Vec<Value>) {
    alerts.sort_by(|a, b| b["alert_time"].as_str().cmp(&a["alert_time"].as_str()));
    alerts.truncate(MAX_ALERTS);
}

/// An alert as ElastAlert's documents: one a match. Nothing was sent.
fn rows(fired: EmittedAlert) -> Vec<Value> {
    let EmittedAlert { rule, alert_id, matches, .. } = fired;
    let row = |body: Value| {
        let at = body.as_object().and_then(super::when).map(iso);
        json!({
            "rule_name": rule, "alert_time": at, "match_time": at, "@timestamp": at, "alert_sent": false, "alert_id": alert_id,
            "alert_info": {"type": "events"}, "match_body": body,
        })
    };
    matches.into_iter().map(row).collect()
}
