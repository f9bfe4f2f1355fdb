//! Numbers of a run, in Prometheus' form: by ElastAlert's names where it has them.

use super::rules::Loaded;
use jiff::Timestamp;
use sigmalert_support::sync::lock;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

#[derive(Debug, Default, Clone)]
struct OfRule {
    runs: u64,
    hits: u64,
    matches: u64,
    seconds: f64,
    sent: u64,
    not_sent: u64,
    silenced: u64,
}

#[derive(Debug, Default)]
struct Numbers {
    rules: BTreeMap<String, OfRule>,
    errors: u64,
    skipped: u64,
    late: f64,
    loaded: Loaded,
    away: bool,
    waiting: usize,
    requests: u64,
    given_up: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<Numbers>);

impl Metrics {
    fn lock(&self) -> MutexGuard<'_, Numbers> {
        lock(&self.0)
    }

    pub fn ran(&self, rule: &str, tally: &super::engine::Tally, taken: Duration) {
        let mut n = self.lock();
        let r = n.rules.entry(rule.to_owned()).or_default();
        r.runs += 1;
        r.hits += tally.hits;
        r.matches += tally.matches;
        r.silenced += tally.silenced;
        r.seconds += taken.as_secs_f64();
    }

    pub fn sent(&self, rule: &str) {
        self.lock().rules.entry(rule.to_owned()).or_default().sent += 1;
    }

    pub fn not_sent(&self, rule: &str) {
        self.lock().rules.entry(rule.to_owned()).or_default().not_sent += 1;
    }

    pub fn error(&self) {
        self.lock().errors += 1;
    }

    /// How late a run began, and how many were left out before it.
    pub fn started(&self, late: Duration, skipped: u64) {
        let mut n = self.lock();
        n.skipped += skipped;
        n.late = late.as_secs_f64();
    }

    pub fn rules(&self, loaded: Loaded) {
        self.lock().loaded = loaded;
    }

    pub fn state(&self, away: bool, waiting: usize) {
        let mut n = self.lock();
        (n.away, n.waiting) = (away, waiting);
    }

    pub fn request(&self) {
        self.lock().requests += 1;
    }

    /// A window was given up: some shard did not answer within `incomplete_search_limit`.
    pub fn gave_up(&self) {
        self.lock().given_up += 1;
    }

    /// Runs, and those left out, of all rules.
    pub fn totals(&self) -> (u64, u64) {
        let n = self.lock();
        (n.rules.values().map(|r| r.runs).sum(), n.skipped)
    }

    /// A rule is gone.
    pub fn forget(&self, rule: &str) {
        self.lock().rules.remove(rule);
    }

    /// The text of `/metrics`.
    pub fn text(&self) -> String {
        type Of = fn(&OfRule) -> f64;
        let n = self.lock();
        let mut out = String::new();
        #[expect(clippy::cast_precision_loss, reason = "counters")]
        let families: [(&str, &str, Of); 7] = [
            ("elastalert_scrapes", "Number of scrapes for rule", |r| r.runs as f64),
            ("elastalert_hits", "Number of hits for rule", |r| r.hits as f64),
            ("elastalert_matches", "Number of matches for rule", |r| r.matches as f64),
            ("elastalert_time_taken", "Time taken to evaluate rule", |r| r.seconds),
            ("elastalert_alerts_sent", "Number of alerts sent for rule", |r| r.sent as f64),
            ("elastalert_alerts_not_sent", "Number of alerts not sent", |r| r.not_sent as f64),
            ("elastalert_alerts_silenced", "Number of silenced alerts", |r| r.silenced as f64),
        ];
        for (name, help, of) in families {
            let _ = writeln!(out, "# HELP {name}_total {help}\n# TYPE {name}_total counter");
            for (rule, numbers) in &n.rules {
                let _ = writeln!(out, "{name}_total{{rule_name=\"{}\"}} {}", label(rule), of(numbers));
            }
        }
        files(&mut out, &n.loaded);
        let mut one = |name: &str, kind: &str, help: &str, value: f64| {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        };
        #[expect(clippy::cast_precision_loss, reason = "counters")]
        for (name, kind, help, value) in [
            ("elastalert_errors_total", "counter", "Number of errors for rule", n.errors as f64),
            ("sigmalert_skipped_runs_total", "counter", "Runs left out because a rule fell behind by more than one", n.skipped as f64),
            ("sigmalert_run_delay_seconds", "gauge", "How late the last run began", n.late),
            ("sigmalert_rules", "gauge", "Rules that run, also those whose file was broken since", n.loaded.rules as f64),
            ("sigmalert_broken_rules", "gauge", "Rule files that cannot be run as they are now", n.loaded.broken as f64),
            ("sigmalert_cluster_away", "gauge", "1 while the cluster does not answer", f64::from(u8::from(n.away))),
            ("sigmalert_alerts_waiting", "gauge", "Alerts on their way to an alerter", n.waiting as f64),
            ("sigmalert_search_requests_total", "counter", "Requests that searched for several rules at once", n.requests as f64),
            (
                "sigmalert_windows_given_up_total",
                "counter",
                "Windows that were given up because a shard did not answer within incomplete_search_limit",
                n.given_up as f64,
            ),
        ] {
            one(name, kind, help, value);
        }
        out
    }
}

/// A label's value.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// How the rule files were read last, as Prometheus tells it of its own configuration.
fn files(out: &mut String, loaded: &Loaded) {
    let seconds = |t: Timestamp| t.as_duration().as_secs_f64();
    let good = u8::from(loaded.broken == 0);
    let name = "sigmalert_config_last_reload";
    let _ = writeln!(
        out,
        "# HELP {name}_successful 1 where all rule files could be run when they were read last\n# TYPE {name}_successful gauge\n{name}_successful {good}"
    );
    let _ = writeln!(
        out,
        "# HELP {name}_success_timestamp_seconds When all rule files could be run last\n# TYPE {name}_success_timestamp_seconds gauge\n{name}_success_timestamp_seconds {}",
        loaded.success.map_or(0.0, seconds)
    );
    let name = "sigmalert_rule_file_last_reload";
    let _ =
        writeln!(out, "# HELP {name}_successful 1 where the rule file could be run when it was read last\n# TYPE {name}_successful gauge");
    for (file, r) in &loaded.files {
        let _ = writeln!(out, "{name}_successful{{file=\"{}\"}} {}", label(&file.to_string_lossy()), u8::from(r.good));
    }
    let _ = writeln!(
        out,
        "# HELP {name}_success_timestamp_seconds When the rule file could be run last\n# TYPE {name}_success_timestamp_seconds gauge"
    );
    for (file, r) in &loaded.files {
        let _ = writeln!(
            out,
            "{name}_success_timestamp_seconds{{file=\"{}\"}} {}",
            label(&file.to_string_lossy()),
            r.success.map_or(0.0, seconds)
        );
    }
}
