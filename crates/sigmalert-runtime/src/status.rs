//! What a run looks like from outside: read from the writeback indices, where any process may look. And silences, written there.

use super::config::Config;
use super::rules::Files;
use super::runner::{shared, writeback_client};
use super::search::client::Client;
use super::state::Store;
use super::state::layout::Silence;
use super::state::writeback::{Writeback, id_of};
use super::time::{after, before, iso};
use crate::url::in_path;
use jiff::Timestamp;
use serde_json::{Value, json};
use sigmalert_support::sync::lock;
use sigmalert_support::units::DAY;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A rule as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleStatus {
    /// The rule.
    pub name: String,
    /// How often it runs.
    pub run_every: Duration,
    /// Up to when it was run.
    pub endtime: Option<Timestamp>,
    /// How many hits and matches its last run had.
    pub last: Option<(u64, u64)>,
    /// Errors within the last day.
    pub errors: u64,
    /// Until when it is silent.
    pub silenced: Option<Timestamp>,
    /// Alerts that are not sent.
    pub pending: u64,
}

impl RuleStatus {
    /// How far it lags behind.
    pub fn lag(&self, now: Timestamp) -> Option<Duration> {
        self.endtime.map(|e| super::time::between(e, now))
    }
}

/// Everything at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// By name.
    pub rules: Vec<RuleStatus>,
    /// The rule files that cannot run, and why.
    pub broken: Vec<(PathBuf, String)>,
    /// Instances that run rules.
    pub instances: Vec<String>,
    /// The last errors, newest first: when and what.
    pub errors: Vec<(String, String)>,
}

/// Looks at rule files and the writeback indices.
///
/// # Errors
/// When the cluster does not answer. The message says what is wrong.
pub fn status(config: &Config, rules: &[PathBuf]) -> Result<Status, String> {
    status_of(config, &writeback_client(config)?, &files_of(config, rules))
}

/// The rule files; with none named, those of the configuration.
fn files_of(config: &Config, rules: &[PathBuf]) -> Files {
    let paths = if rules.is_empty() { config.rules.clone() } else { rules.to_vec() };
    let mut files = Files::new(paths);
    files.changes(config, &shared(config, false));
    files
}

/// The same of files that were looked at, over a client that is there.
///
/// # Errors
/// When the cluster does not answer. The message says what is wrong.
pub(crate) fn status_of(config: &Config, client: &Arc<Client>, files: &Files) -> Result<Status, String> {
    let index = &config.writeback_index;
    let now = Timestamp::now();
    let search = |suffix: &str, body: Value| -> Result<Value, String> {
        let path = format!("{}/_search?ignore_unavailable=true", in_path(&format!("{index}{suffix}")));
        client.call("POST", &path, Some(&body)).map_err(|e| e.to_string())
    };
    let counts = |answer: &Value| -> HashMap<String, u64> {
        let buckets = answer.pointer("/aggregations/rules/buckets").and_then(Value::as_array).cloned().unwrap_or_default();
        buckets.iter().filter_map(|b| Some((b.get("key")?.as_str()?.to_owned(), b.get("doc_count")?.as_u64()?))).collect()
    };
    // What was written a moment ago counts.
    let all = in_path(&format!("{index},{index}_*"));
    client.call_any("POST", &format!("{all}/_refresh?ignore_unavailable=true"), None).map_err(|e| e.to_string())?;
    let pending = counts(&search(
        "",
        json!({"size": 0, "query": {"bool": {"filter": [{"term": {"alert_sent": false}}, {"range": {"alert_time": {"gte": iso(before(now, config.alert_time_limit))}}}]}},
            "aggs": {"rules": {"terms": {"field": "rule_name", "size": 10_000}}}}),
    )?);
    let errors = search(
        "_error",
        json!({"size": 1000, "sort": [{"@timestamp": {"order": "desc", "unmapped_type": "date"}}], "query": {"range": {"@timestamp": {"gte": iso(before(now, Duration::from_secs(DAY)))}}}}),
    )?;
    let hits = |answer: &Value| -> Vec<Value> {
        answer.pointer("/hits/hits").and_then(Value::as_array).into_iter().flatten().filter_map(|h| h.get("_source").cloned()).collect()
    };
    let mut failures: HashMap<String, u64> = HashMap::new();
    let mut told = Vec::new();
    for e in hits(&errors) {
        if let Some(rule) = e.pointer("/data/rule").and_then(Value::as_str) {
            *failures.entry(rule.to_owned()).or_default() += 1;
        }
        if told.len() < 20 {
            let text = |k: &str| e.get(k).and_then(Value::as_str).unwrap_or_default().to_owned();
            told.push((text("@timestamp"), text("message")));
        }
    }
    let instances = hits(&search("_sigmalert", json!({"size": 1000, "query": {"term": {"kind": "instance"}}}))?);
    let names: Vec<String> = files.rules().map(|r| r.name.clone()).collect();
    let store = Writeback::of(Arc::clone(client), index);
    let known = store.load(&names).map_err(|e| e.to_string())?;
    let keys: Vec<String> = files.rules().flat_map(|r| [format!("{}._silence", r.name), r.realert_key.clone()]).collect();
    let silences = store.silences(&keys).map_err(|e| e.to_string())?;
    let lasts = store.newest(&store.status(), &names, "@timestamp", &["hits", "matches"]).map_err(|e| e.to_string())?;
    let number = |run: &Value, key: &str| run.get(key).and_then(Value::as_u64).unwrap_or(0);
    let mut out = Status { errors: told, ..Status::default() };
    for rule in files.rules() {
        let name = rule.name.clone();
        let whole = silences.get(&format!("{name}._silence")).map(|s| s.until);
        let own = silences.get(&rule.realert_key).map(|s| s.until);
        out.rules.push(RuleStatus {
            run_every: rule.run_every,
            endtime: known.get(&name).and_then(|k| k.endtime),
            last: lasts.get(&name).map(|run| (number(run, "hits"), number(run, "matches"))),
            errors: failures.get(&name).copied().unwrap_or(0),
            silenced: whole.max(own).filter(|u| *u > now),
            pending: pending.get(&name).copied().unwrap_or(0),
            name,
        });
    }
    out.rules.sort_by(|a, b| a.name.cmp(&b.name));
    out.broken = files.broken().map(|b| (b.file.clone(), b.message.clone())).collect();
    out.instances = instances.iter().filter_map(|i| i.get("instance").and_then(Value::as_str).map(str::to_owned)).collect();
    out.instances.sort();
    Ok(out)
}

/// The names that a rule is silenced by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleName {
    /// Its name.
    pub name: String,
    /// Its `realert_key`, which silences of one value go by.
    pub realert_key: String,
}

/// The rules in the rule files, whether or not a cluster answers. `rules` are files or folders; with none given those of the
/// configuration.
pub fn rule_names(config: &Config, rules: &[PathBuf]) -> Vec<RuleName> {
    files_of(config, rules).rules().map(|r| RuleName { name: r.name.clone(), realert_key: r.realert_key.clone() }).collect()
}

/// Silences a rule, or one value of its query key. Returns until when.
///
/// # Errors
/// When the cluster does not take it. The message says what is wrong.
pub fn silence(config: &Config, rule: &str, key: Option<&str>, span: Duration) -> Result<Timestamp, String> {
    let client = writeback_client(config)?;
    let until = after(Timestamp::now(), span);
    let name = match key {
        Some(k) => format!("{rule}.{k}"),
        None => format!("{rule}._silence"),
    };
    let store = Writeback::of(client, &config.writeback_index);
    let id = format!("{}-{:08x}", id_of(&name), super::random() & 0xffff_ffff);
    store.silence(&Silence { id, key: name, until, exponent: 0 }).map_err(|e| e.to_string())?;
    Ok(until)
}

/// Rule files as a server keeps an eye on them: read again only when they change.
#[derive(Debug)]
pub struct RuleFiles(std::sync::Mutex<Files>);

/// What stands in them.
#[derive(Debug)]
pub struct Watched {
    /// The rules that run.
    pub names: Vec<String>,
    /// The files and rules that cannot run.
    pub broken: Vec<super::rules::Broken>,
    /// The rules that run though a lint finds an error in them.
    pub doubts: Vec<super::rules::Doubt>,
}
impl RuleFiles {
    /// Those of a folder.
    pub fn new(folder: &std::path::Path) -> Self {
        Self(std::sync::Mutex::new(Files::new(vec![folder.to_owned()])))
    }

    /// Looks what changed.
    pub fn look(&self, config: &Config) -> Watched {
        let mut files = lock(&self.0);
        files.changes(config, &shared(config, false));
        let mut names: Vec<String> = files.rules().map(|r| r.name.clone()).collect();
        names.sort();
        Watched { names, broken: files.broken().cloned().collect(), doubts: files.doubts().cloned().collect() }
    }

    /// How the rules stand, as of the last look.
    ///
    /// # Errors
    /// When the cluster does not answer. The message says what is wrong.
    pub fn status(&self, config: &Config, cluster: &super::Cluster) -> Result<Status, String> {
        status_of(config, cluster.client(), &lock(&self.0))
    }
}
