//! State in the cluster: ElastAlert's writeback indices, and one of our own (`<writeback_index>_sigmalert`) for what rules
//! remember and which instances run.

use super::{Alert, Commit, CommitError, Memory, RuleState, Silence, Silenced, Store, Version};
use crate::search::client::{Client, reason};
use crate::search::failure::Failure;
use crate::search::lines::write_line;
use crate::time::{before, iso, parse};
use crate::url::in_path;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How many documents come in one answer.
const PAGE: usize = 1000;
/// How many bytes go in one request, about.
const BULK_BYTES: usize = 8 << 20;

/// See the module.
#[derive(Debug)]
pub(crate) struct Writeback {
    pub client: Arc<Client>,
    pub index: String,
    /// Who writes.
    pub instance: String,
    /// How long an alert is tried, and a forgotten commit taken up.
    pub alert_time_limit: Duration,
    /// Every run leaves a status of its own, as with ElastAlert.
    pub every_status: bool,
}

/// The id of what belongs to a rule: names may be long, and hold anything.
pub(crate) fn id_of(rule: &str) -> String {
    sigmalert_support::hex::hex(&Sha256::digest(rule)[..20])
}

/// One write of a bulk.
struct Op {
    action: Value,
    document: Value,
}

impl Writeback {
    /// The indices of a configuration, for who looks at them and runs no rules.
    pub fn of(client: Arc<Client>, index: &str) -> Self {
        Self { client, index: index.to_owned(), instance: String::new(), alert_time_limit: Duration::ZERO, every_status: false }
    }

    pub fn status(&self) -> String {
        format!("{}_status", self.index)
    }

    fn silence_index(&self) -> String {
        format!("{}_silence", self.index)
    }

    /// The index of our own.
    pub fn own(&self) -> String {
        format!("{}_sigmalert", self.index)
    }

    /// Sends writes; the answers in their order.
    fn bulk(&self, ops: &[Op]) -> Vec<Result<Value, Failure>> {
        let mut out = Vec::with_capacity(ops.len());
        let mut lines = Vec::new();
        let mut count = 0;
        let flush = |lines: &mut Vec<u8>, count: &mut usize, out: &mut Vec<Result<Value, Failure>>| {
            if *count == 0 {
                return;
            }
            match self.client.lines("_bulk", lines) {
                Err(e) => out.extend((0..*count).map(|_| Err(e.clone()))),
                Ok(mut answer) => {
                    let items = match answer.get_mut("items").map(Value::take) {
                        Some(Value::Array(a)) => a,
                        _ => vec![],
                    };
                    let mut items = items.into_iter();
                    for _ in 0..*count {
                        // An item is a mapping from its action to its answer.
                        let item = items.next().and_then(|i| i.as_object().and_then(|m| m.values().next().cloned()));
                        out.push(match item {
                            None => Err(Failure::Broken("the cluster left a write without an answer".into())),
                            Some(i) => match i.get("status").and_then(Value::as_u64).unwrap_or(500) {
                                s if s < 300 => Ok(i),
                                s => Err(Failure::Refused { status: u16::try_from(s).unwrap_or(500), reason: reason(&i) }),
                            },
                        });
                    }
                }
            }
            lines.clear();
            *count = 0;
        };
        for op in ops {
            write_line(&mut lines, &op.action);
            write_line(&mut lines, &op.document);
            count += 1;
            if lines.len() > BULK_BYTES {
                flush(&mut lines, &mut count, &mut out);
            }
        }
        flush(&mut lines, &mut count, &mut out);
        out
    }

    fn search(&self, index: &str, body: &Value) -> Result<Vec<(String, Value)>, Failure> {
        let path = format!("{}/_search?ignore_unavailable=true", in_path(index));
        let mut answer = self.client.call("POST", &path, Some(body))?;
        let hits = match answer.get_mut("hits").and_then(|h| h.get_mut("hits")).map(Value::take) {
            Some(Value::Array(h)) => h,
            _ => vec![],
        };
        Ok(hits
            .into_iter()
            .filter_map(|mut h| Some((h.get("_id")?.as_str()?.to_owned(), h.get_mut("_source").map(Value::take)?)))
            .collect())
    }

    /// Of each name the document that is last by a field.
    pub fn newest(&self, index: &str, names: &[String], by: &str, fields: &[&str]) -> Result<HashMap<String, Value>, Failure> {
        let mut out = HashMap::new();
        let path = format!("{}/_search?ignore_unavailable=true", in_path(index));
        for chunk in names.chunks(PAGE) {
            let body = json!({
                "size": 0, "query": {"terms": {"rule_name": chunk}},
                "aggs": {"names": {"terms": {"field": "rule_name", "size": chunk.len()}, "aggs": {"last": {
                    "top_hits": {"size": 1, "sort": [{by: {"order": "desc"}}], "_source": fields},
                }}}},
            });
            let answer = self.client.call("POST", &path, Some(&body))?;
            for b in answer.pointer("/aggregations/names/buckets").and_then(Value::as_array).into_iter().flatten() {
                if let (Some(name), Some(source)) = (b.get("key").and_then(Value::as_str), b.pointer("/last/hits/hits/0/_source")) {
                    out.insert(name.to_owned(), source.clone());
                }
            }
        }
        Ok(out)
    }

    /// What a commit writes where ElastAlert has it.
    fn published(&self, alerts: &[Alert], silences: &[Silence], now: Timestamp) -> Vec<Op> {
        let mut ops = Vec::new();
        for a in alerts {
            // Created, not replaced: one that is there may have been sent.
            ops.push(Op { action: json!({"create": {"_index": self.index, "_id": a.id}}), document: a.to_document(now) });
        }
        for s in silences {
            ops.push(Op { action: json!({"index": {"_index": self.silence_index(), "_id": s.id}}), document: s.to_document(now) });
        }
        ops
    }

    /// Sends what is to be published. A document that does not fit the index, since a field of it has another type there, is
    /// written without all that nobody looks up.
    fn publish(&self, ops: &[Op]) -> Vec<Result<Value, Failure>> {
        let mut answers = self.bulk(ops);
        let misfits: Vec<usize> =
            (0..answers.len()).filter(|at| matches!(answers[*at], Err(Failure::Refused { status: 400, .. }))).collect();
        if misfits.is_empty() {
            return answers;
        }
        let plain: Vec<Op> = misfits.iter().map(|at| Op { action: ops[*at].action.clone(), document: plain(&ops[*at].document) }).collect();
        for (at, answer) in misfits.into_iter().zip(self.bulk(&plain)) {
            answers[at] = answer;
        }
        answers
    }

    /// Whether a write that came too late is one of ours, whose answer was lost.
    fn own_write(&self, c: &Commit) -> Result<Option<Version>, CommitError> {
        let path = format!("{}/_doc/{}", in_path(&self.own()), id_of(&c.rule));
        let found = self.client.call("GET", &path, None)?;
        let of = |key: &str| found.get("_source").and_then(|s| s.get(key)).and_then(Value::as_str);
        if of("instance") != Some(self.instance.as_str()) || of("endtime") != Some(iso(c.endtime).as_str()) {
            return Err(CommitError::Lost);
        }
        Ok(version(&found))
    }

    fn memory_document(&self, c: &Commit, memory: &Memory, now: Timestamp) -> Value {
        let outbox = json!({"alerts": c.alerts, "silences": c.silences});
        json!({
            "kind": "rule", "rule_name": c.rule, "endtime": iso(c.endtime), "@timestamp": iso(now), "instance": self.instance,
            "memory": memory.pack(), "outbox": if c.alerts.is_empty() && c.silences.is_empty() { Value::Null } else { outbox.to_string().into() },
        })
    }
}

/// A document with nothing but the fields that the index was made for.
fn plain(document: &Value) -> Value {
    const KNOWN: [&str; 14] = [
        "rule_name",
        "alert_time",
        "alert_sent",
        "@timestamp",
        "aggregate_id",
        "match_body",
        "sigmalert",
        "endtime",
        "starttime",
        "matches",
        "hits",
        "time_taken",
        "until",
        "exponent",
    ];
    let known = |(k, v): (&String, &Value)| KNOWN.contains(&k.as_str()).then(|| (k.clone(), v.clone()));
    Value::Object(document.as_object().into_iter().flatten().filter_map(known).collect())
}

/// Which write of a document an answer is about.
fn version(answer: &Value) -> Option<Version> {
    let number = |key: &str| answer.get(key).and_then(Value::as_u64);
    Some(Version { seq_no: number("_seq_no")?, primary_term: number("_primary_term")? })
}

/// Whether a write is done: it was now, or it was before.
fn done(answer: &Result<Value, Failure>) -> Result<(), Failure> {
    match answer {
        Ok(_) | Err(Failure::Refused { status: 409, .. }) => Ok(()),
        Err(e) => Err(e.clone()),
    }
}

impl Store for Writeback {
    fn load(&self, rules: &[String]) -> Result<HashMap<String, RuleState>, Failure> {
        let mut out: HashMap<String, RuleState> = HashMap::new();
        let now = Timestamp::now();
        for chunk in rules.chunks(PAGE) {
            let mut docs: Vec<Value> = Vec::new();
            for rule in chunk {
                docs.push(json!({"_index": self.own(), "_id": id_of(rule)}));
                docs.push(json!({"_index": self.status(), "_id": id_of(rule)}));
            }
            let answer = self.client.call("POST", "_mget", Some(&json!({"docs": docs})))?;
            let found = answer.get("docs").and_then(Value::as_array).cloned().unwrap_or_default();
            let mut outbox = Vec::new();
            for (rule, pair) in chunk.iter().zip(found.chunks(2)) {
                let known = out.entry(rule.clone()).or_default();
                let source =
                    |d: Option<&Value>| d.filter(|d| d.get("found") == Some(&Value::Bool(true))).and_then(|d| d.get("_source").cloned());
                if let Some(own) = source(pair.first()) {
                    known.endtime = own.get("endtime").and_then(parse);
                    known.memory = own.get("memory").and_then(Value::as_str).and_then(Memory::unpack);
                    known.version = version(&pair[0]);
                    let fresh = own.get("@timestamp").and_then(parse).is_some_and(|t| t > before(now, self.alert_time_limit));
                    if let Some(text) = own.get("outbox").and_then(Value::as_str).filter(|_| fresh) {
                        // What a run left to be published when it was stopped.
                        let left: Value = serde_json::from_str(text).unwrap_or_default();
                        let alerts: Vec<Alert> =
                            left.get("alerts").cloned().and_then(|a| serde_json::from_value(a).ok()).unwrap_or_default();
                        let silences: Vec<Silence> =
                            left.get("silences").cloned().and_then(|a| serde_json::from_value(a).ok()).unwrap_or_default();
                        outbox.extend(self.published(&alerts, &silences, now));
                    }
                }
                let status = source(pair.get(1)).and_then(|s| s.get("endtime").and_then(parse));
                known.ours = known.memory.is_some() || status.is_some();
                known.endtime = known.endtime.max(status);
            }
            for answer in self.publish(&outbox) {
                // What an index refuses for good keeps no rule from running.
                if let Err(e) = done(&answer) {
                    if e.is_busy() {
                        return Err(e);
                    }
                    tracing::error!("an alert or a silence of an earlier run cannot be written: {e}");
                }
            }
            // Rules that only ElastAlert ran so far.
            let unknown: Vec<String> = chunk.iter().filter(|r| out.get(*r).is_none_or(|k| k.endtime.is_none())).cloned().collect();
            // In an index that ElastAlert did not create names are text, and cannot be grouped: then rules begin anew.
            let found = match self.newest(&self.status(), &unknown, "@timestamp", &["endtime"]) {
                Err(e @ Failure::Refused { status: 400, .. }) => {
                    tracing::warn!("earlier runs are not found, create-index mends it: {e}");
                    continue;
                }
                other => other?,
            };
            for (name, status) in found {
                if let Some(end) = status.get("endtime").and_then(parse) {
                    out.entry(name).or_default().endtime = Some(end);
                }
            }
        }
        Ok(out)
    }

    fn silences(&self, keys: &[String]) -> Result<HashMap<String, Silenced>, Failure> {
        // Of each key the one that lasts longest. A silence that is over still says how often it was prolonged.
        let found = self.newest(&self.silence_index(), keys, "until", &["until", "exponent"])?;
        let silenced = |(key, silence): (String, Value)| {
            let until = silence.get("until").and_then(parse)?;
            Some((key, Silenced { until, exponent: silence.get("exponent").and_then(Value::as_i64).unwrap_or(0) }))
        };
        Ok(found.into_iter().filter_map(silenced).collect())
    }

    fn commit(&self, commits: &mut [Commit]) -> Vec<Result<Option<Version>, CommitError>> {
        let now = Timestamp::now();
        let mut out: Vec<Result<Option<Version>, CommitError>> = commits.iter().map(|c| Ok(c.version)).collect();
        for c in commits.iter_mut() {
            let mut seen = std::collections::HashSet::new();
            c.alerts.retain(|a| seen.insert(a.id.clone()));
        }
        let mut first = Vec::new();
        let mut of = Vec::new();
        for (at, c) in commits.iter().enumerate() {
            let Some(memory) = &c.memory else { continue };
            let id = id_of(&c.rule);
            let action = match c.version {
                Some(v) => json!({"index": {"_index": self.own(), "_id": id, "if_seq_no": v.seq_no, "if_primary_term": v.primary_term}}),
                None => json!({"create": {"_index": self.own(), "_id": id}}),
            };
            first.push(Op { action, document: self.memory_document(c, memory, now) });
            of.push(at);
        }
        for (at, answer) in of.into_iter().zip(self.bulk(&first)) {
            out[at] = match answer {
                Ok(item) => Ok(version(&item)),
                Err(Failure::Refused { status: 409, .. }) => self.own_write(&commits[at]),
                Err(e) => Err(e.into()),
            };
        }
        let mut second = Vec::new();
        let mut of = Vec::new();
        let mut alerts = Vec::new();
        for (at, c) in commits.iter().enumerate().filter(|(at, _)| out[*at].is_ok()).collect::<Vec<_>>() {
            let before = second.len();
            alerts.extend(c.alerts.iter().enumerate().map(|(i, _)| (before + i, at, i)));
            second.extend(self.published(&c.alerts, &c.silences, now));
            let mut status = json!({"_index": self.status()});
            if !(c.notable || self.every_status) {
                status["_id"] = id_of(&c.rule).into();
            }
            second.push(Op { action: json!({"index": status}), document: c.status.clone() });
            of.extend(std::iter::repeat_n(at, second.len() - before));
        }
        let answers = self.publish(&second);
        for (op, at, i) in alerts.into_iter().rev() {
            // It is there: an earlier run made it, and sends it unless it has. A write of ours whose answer was lost is sent as one
            // that is due.
            if matches!(answers.get(op), Some(Err(Failure::Refused { status: 409, .. }))) {
                commits[at].alerts.remove(i);
            }
        }
        for (at, answer) in of.into_iter().zip(answers) {
            // The memory is written and has all of it: what is not published now is when the rule is loaded next.
            if let Err(e) = done(&answer)
                && out[at].is_ok()
            {
                tracing::warn!(rule = commits[at].rule, "a run's alerts, silences or status could not be written, and will be: {e}");
                if !commits[at].alerts.is_empty() || !commits[at].silences.is_empty() {
                    let version = out[at].clone().unwrap_or_default();
                    out[at] = Err(CommitError::Unpublished(version, e));
                }
            }
        }
        out
    }

    fn update(&self, alerts: &[Alert]) -> Result<(), Failure> {
        let now = Timestamp::now();
        let ops: Vec<Op> = alerts
            .iter()
            .map(|a| Op { action: json!({"index": {"_index": self.index, "_id": a.id}}), document: a.to_document(now) })
            .collect();
        for answer in self.publish(&ops) {
            // What the index refuses for good is not tried again for ever.
            if let Err(e) = answer {
                if e.is_busy() || !matches!(e, Failure::Refused { status: 400..=404, .. }) {
                    return Err(e);
                }
                tracing::error!("it cannot be written that an alert was sent: {e}");
            }
        }
        Ok(())
    }

    fn pending(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Alert>, Failure> {
        let path = format!("{}/_refresh?ignore_unavailable=true", in_path(&self.index));
        self.client.call_any("POST", &path, None)?;
        let body = json!({
            "size": PAGE, "sort": [{"alert_time": {"order": "asc", "unmapped_type": "date"}}],
            "query": {"bool": {
                "filter": [{"term": {"alert_sent": false}}, {"range": {"alert_time": {"gte": iso(since), "lte": iso(until)}}}],
                "must_not": [{"exists": {"field": "aggregate_id"}}],
            }},
        });
        let found = self.search(&self.index, &body)?;
        Ok(found.iter().filter_map(|(id, d)| Alert::from_document(id, d)).collect())
    }

    fn members(&self, id: &str, limit: usize) -> Result<Vec<Alert>, Failure> {
        let body = json!({
            "size": limit.min(10_000), "sort": [{"@timestamp": {"order": "asc", "unmapped_type": "date"}}],
            "query": {"bool": {"filter": [{"term": {"aggregate_id": id}}, {"term": {"alert_sent": false}}]}},
        });
        let found = self.search(&self.index, &body)?;
        Ok(found.iter().filter_map(|(id, d)| Alert::from_document(id, d)).collect())
    }

    fn silence(&self, silence: &Silence) -> Result<(), Failure> {
        let path = format!("{}/_doc/{}?refresh=true", in_path(&self.silence_index()), silence.id);
        self.client.call("PUT", &path, Some(&silence.to_document(Timestamp::now()))).map(|_| ())
    }

    fn error(&self, document: &Value) -> Result<(), Failure> {
        let path = format!("{}_error/_doc", in_path(&self.index));
        self.client.call("POST", &path, Some(document)).map(|_| ())
    }
}
