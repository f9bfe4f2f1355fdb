//! One rule tried out over the past: what `elastalert-test-rule` does.

use super::config::Config;
use super::engine::Engine;
use super::lookup::{Document, lookup};
use super::rule::RunRule;
use super::rule_types::Event;
use super::rules::Files;
use super::runner::shared;
use super::search::client::{Client, Connection};
use super::search::cluster::Cluster;
use super::search::embedded::Embedded;
use super::search::gate::Gate;
use super::search::hits::finish;
use super::search::{Answer, Request, Search};
use super::state::null::NullStore;
use super::state::{RuleState, Store};
use super::time::before;
use jiff::Timestamp;
use serde_json::{Value, json};
use sigmalert_support::units::DAY;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a rule is tried out.
#[derive(Debug, Clone, Default)]
pub struct TestOptions {
    /// How many days back.
    pub days: Option<u64>,
    /// In place of them.
    pub start: Option<Timestamp>,
    /// Up to when; now otherwise.
    pub end: Option<Timestamp>,
    /// Only whether the file can be run.
    pub schema_only: bool,
    /// Only how many events its query finds.
    pub count_only: bool,
    /// Documents in place of a cluster.
    pub data: Option<Vec<Value>>,
    /// Keep the documents found.
    pub save: bool,
    /// Send the alerts.
    pub alert: bool,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tested {
    /// How many events the query finds.
    pub hits: u64,
    /// Over how many days.
    pub days: f64,
    /// The fields of the first.
    pub terms: Vec<String>,
    /// It.
    pub result: Value,
    /// Matches.
    pub matches: u64,
    /// What the alerts say.
    pub alerts: Vec<String>,
    /// What would have been written: ElastAlert's kind of document, and it.
    pub writeback: Vec<(String, Value)>,
    /// The documents found, where they were to be kept.
    pub documents: Vec<Value>,
    /// What is worth a word.
    pub warnings: Vec<String>,
}

impl Tested {
    /// As `elastalert-test-rule --formatted-output` has it.
    pub fn to_json(&self) -> Value {
        let writeback: BTreeMap<&str, &Value> = self.writeback.iter().map(|(k, v)| (k.as_str(), v)).collect();
        json!({
            "hits": self.hits, "days": self.days, "terms": self.terms, "result": self.result, "results": self.matches, "writeback": writeback,
            "alerts": self.alerts,
        })
    }
}

/// The cluster that is asked. A rule that a client tries out is tried over the server's own.
fn connection(config: &Config, rule: &RunRule) -> Result<Connection, String> {
    if !rule.guard.is_trial() {
        return Connection::new(&rule.options);
    }
    // What else the rule says of the connection, a password or a certificate, is not used.
    if Connection::hosts(&rule.options)? != Connection::hosts(&config.options)? {
        return Err("the rule names another cluster than the server's (`es_host` or what goes with it): it is tried out over the server's only, leave that out".into());
    }
    Connection::new(&config.options)
}

/// Why a file has no rule to run.
fn no_rule(file: &Path) -> String {
    let text = sigmalert_support::read::read_file(file, 16 << 20).unwrap_or_default();
    let documents = sigmalert_sigma::yaml::parse_all(&text, &sigmalert_sigma::yaml::Limits::default()).unwrap_or_default();
    let is_sigma = documents.iter().any(|d| d.get("detection").is_some() || d.get("correlation").is_some());
    let file = file.display();
    if is_sigma {
        format!("{file}: is a Sigma rule, not an ElastAlert rule file; convert it first: sigmalert convert -m winlogbeat {file} -o rules")
    } else {
        format!("{file}: the rule is disabled (`is_enabled: false`), or the file has no `type`")
    }
}

/// Tries a rule file out.
///
/// # Errors
/// When it cannot be run, or the cluster does not answer. The message says what is wrong.
pub fn test(config: &Config, file: &Path, options: &TestOptions) -> Result<Tested, String> {
    test_through(config, file, options, None)
}

/// The same, with a gate that searches have to pass before they are sent.
///
/// # Errors
/// As [`test()`].
pub fn test_through(config: &Config, file: &Path, options: &TestOptions, gate: Option<Arc<dyn Gate>>) -> Result<Tested, String> {
    let shared = shared(config, options.data.is_some());
    let mut changes = Files::new(vec![file.to_owned()]).changes(config, &shared);
    if let Some(b) = changes.broken.pop() {
        return Err(format!("{}: {}", b.file.display(), b.message));
    }
    let Some((rule, mut engine)) = changes.rules.pop() else { return Err(no_rule(file)) };
    let mut out = Tested::default();
    if rule.guard.is_trial() && !rule.guard.programs && super::enhance::runs_program(&rule) {
        out.warnings.push("a trial starts no program: match enhancements by `command` are left out".into());
    }
    if options.schema_only {
        return Ok(out);
    }
    let (search, start, end): (Box<dyn Search>, Timestamp, Timestamp) = match &options.data {
        Some(documents) => {
            let embedded = Embedded::new(std::iter::once(&*rule))?;
            let (mut first, mut last): (Option<Timestamp>, Option<Timestamp>) = (None, None);
            for (at, document) in documents.iter().enumerate() {
                let Some(mut doc) = document.as_object().cloned() else { return Err(format!("document {} is no object", at + 1)) };
                let time = lookup(&doc, &rule.rule.timestamp.field).and_then(|v| rule.form.parse(&v));
                let Some(time) = time else { return Err(format!("document {} has no time in {}", at + 1, rule.rule.timestamp.field)) };
                doc.entry("_id").or_insert_with(|| format!("{at}").into());
                finish(&rule, &mut doc, time);
                first = Some(first.map_or(time, |f| f.min(time)));
                last = last.max(Some(time));
                let event = Event { at: time, doc: Arc::new(doc) };
                if rule.members.is_empty() {
                    embedded.add(&rule.rule.name, None, event);
                } else {
                    // Which rule of a correlation it belongs to, its queries say.
                    return Err("a correlation is tried out with `sigmalert run --events`".into());
                }
            }
            let (Some(first), Some(last)) = (first, last) else { return Err("there are no documents".into()) };
            (Box::new(embedded), before(first, Duration::from_millis(1)), last)
        }
        None => {
            let client = Client::new(connection(config, &rule)?)?.through(gate);
            let end = options.end.unwrap_or_else(Timestamp::now);
            let span = match (options.days, rule.rule.timeframe) {
                (Some(d), _) => Duration::from_secs(d * DAY),
                (None, Some(t)) => t.mul_f64(1.01),
                (None, None) => Duration::from_secs(DAY),
            };
            (Box::new(Cluster::new(Arc::new(client))), options.start.unwrap_or_else(|| before(end, span)), end)
        }
    };
    out.days = super::time::between(start, end).as_secs_f64() / 86_400.0;
    if options.data.is_none() {
        let requests: Vec<Request<'_>> = Engine::requests(&rule, (start, end), 0, false);
        let all: Vec<_> = search.ask(&requests).into_iter().collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        let mut first: Option<Document> = None;
        for answer in all {
            match answer {
                Answer::Hits { events, total, .. } => {
                    out.hits += total;
                    first = first.or_else(|| events.first().map(|e| (*e.doc).clone()));
                    if options.save {
                        out.documents.extend(events.iter().map(|e| Value::Object((*e.doc).clone())));
                    }
                }
                Answer::Count(n) | Answer::Aggregation { hits: n, .. } => out.hits += n,
                Answer::Terms(b) => out.hits += b.iter().map(|(_, n)| n).sum::<u64>(),
            }
        }
        if let Some(doc) = first {
            out.terms = doc.keys().cloned().collect();
            for (option, names) in [
                ("query_key", rule.rule.query_key.clone()),
                ("include", rule.options.texts("include")),
                ("top_count_keys", rule.options.texts("top_count_keys")),
                ("compare_key", rule.options.texts("compare_key")),
            ] {
                for name in names.iter().filter(|n| *n != "*" && lookup(&doc, n).is_none()) {
                    out.warnings.push(format!("`{option}` names {name}, which the first hit does not have"));
                }
            }
            out.result = Value::Object(doc);
        }
    }
    if options.count_only {
        return Ok(out);
    }
    let store = Arc::new(NullStore::default());
    engine.load(RuleState::default(), end);
    let Some(window) = engine.plan(end, Some(start), super::time::after(end, Duration::from_micros(1))) else { return Ok(out) };
    let began = Instant::now();
    engine.learn(&*search, start).map_err(|e| e.to_string())?;
    let done = engine.search(&*search, &window).map_err(|e| e.to_string())?;
    let mut commit = engine.conclude(&window, done, Timestamp::now(), began.elapsed(), &HashMap::new(), &*search);
    out.matches = engine.tally().matches;
    if options.data.is_some() {
        out.hits = engine.tally().hits;
    }
    store.commit(std::slice::from_mut(&mut commit));
    for alert in &commit.alerts {
        out.alerts.push(super::alerters::preview(&rule, std::slice::from_ref(&alert.body), &alert.id));
    }
    out.writeback = store.written().into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    if options.alert && !commit.alerts.is_empty() {
        let delivery = super::alerters::delivery::Delivery::new(store, Arc::default(), config.alert_time_limit, false);
        delivery.rule(&rule);
        for alert in commit.alerts {
            delivery.push(&rule, vec![alert], true);
        }
        if !delivery.drain(Duration::from_secs(60)) {
            out.warnings.push("some alerts were not taken: the log says why".into());
        }
        delivery.stop();
    }
    Ok(out)
}
