//! Events in memory, asked as an index would be: for runs without a server.

use super::{Answer, Failure, Request, Search};
use crate::lookup::lookup;
use crate::rule::{QueryMode, RunRule};
use crate::rule_types::{Event, metric_key, percentile};
use crate::text::python;
use crate::time::iso;
use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sigmalert_elastalert::filter::expression;
use sigmalert_elastalert::rule_type::{MetricType, RuleType};
use sigmalert_matcher::{Matcher, Scratch};
use sigmalert_support::sync::lock;
use std::collections::HashMap;
use std::sync::Mutex;

/// The events of each rule, and of each of its leaves.
type Matched = HashMap<(String, Option<usize>), Vec<Event>>;

/// What matched of each rule and each of its leaves, in the order of time.
#[derive(Debug, Default)]
pub(crate) struct Embedded {
    events: Mutex<Matched>,
    /// What `percentage_match` counts.
    inside: HashMap<String, Matcher>,
}

impl Embedded {
    /// For rules.
    ///
    /// # Errors
    /// When a filter is not understood.
    pub fn new<'r>(rules: impl Iterator<Item = &'r RunRule>) -> Result<Self, String> {
        let mut inside = HashMap::new();
        for rule in rules {
            if let RuleType::PercentageMatch { filter, .. } = &rule.rule.kind {
                let schema = rule.schema();
                let all = filter.iter().map(|f| expression(f, &schema)).collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())?;
                let expr = sigmalert_query::simplify(sigmalert_query::Expr::And(all));
                inside.insert(rule.rule.name.clone(), Matcher::new([&expr], Some(&schema)));
            }
        }
        Ok(Self { events: Mutex::default(), inside })
    }

    /// Takes an event that matched a rule.
    pub fn add(&self, rule: &str, leaf: Option<usize>, event: Event) {
        let mut all = lock(&self.events);
        let list = all.entry((rule.to_owned(), leaf)).or_default();
        let mut at = list.len();
        while at > 0 && list[at - 1].at > event.at {
            at -= 1;
        }
        list.insert(at, event);
    }

    /// Drops what a rule does not ask for again.
    pub fn forget(&self, rule: &str, leaves: usize, before: Timestamp) {
        let mut all = lock(&self.events);
        let keys: Vec<Option<usize>> = if leaves == 0 { vec![None] } else { (0..leaves).map(Some).collect() };
        for leaf in keys {
            if let Some(list) = all.get_mut(&(rule.to_owned(), leaf)) {
                list.drain(..list.partition_point(|e| e.at <= before));
            }
        }
    }

    /// When the next event of a rule after a time is.
    pub fn next(&self, rule: &RunRule, after: Timestamp) -> Option<Timestamp> {
        let leaves: Vec<Option<usize>> = if rule.members.is_empty() { vec![None] } else { (0..rule.members.len()).map(Some).collect() };
        let all = lock(&self.events);
        let of = |leaf| {
            all.get(&(rule.rule.name.clone(), leaf)).and_then(|list| list.get(list.partition_point(|e| e.at <= after)).map(|e| e.at))
        };
        leaves.into_iter().filter_map(of).min()
    }

    fn found(&self, request: &Request<'_>) -> Vec<Event> {
        let all = lock(&self.events);
        let Some(list) = all.get(&(request.rule.rule.name.clone(), request.leaf)) else { return Vec::new() };
        let (from, to) = (list.partition_point(|e| e.at <= request.start), list.partition_point(|e| e.at <= request.end));
        list.get(from..to).unwrap_or_default().to_vec()
    }

    fn aggregate(&self, request: &Request<'_>, events: &[Event], keys: &[String]) -> Value {
        let rule = request.rule;
        if let Some((key, rest)) = keys.split_first() {
            let buckets: Vec<Value> = grouped(events, key)
                .into_iter()
                .map(|(value, own)| {
                    let mut bucket = self.aggregate(request, &own, rest);
                    bucket["key"] = value;
                    bucket["doc_count"] = own.len().into();
                    bucket
                })
                .collect();
            return json!({"bucket_aggs": {"buckets": buckets}});
        }
        let (metric, interval) = match &rule.rule.kind {
            RuleType::MetricAggregation { metric, .. } | RuleType::SpikeAggregation { metric, .. } => {
                (Some(metric), metric.bucket_interval)
            }
            _ => (None, rule.options.span("bucket_interval")),
        };
        let leaf = |events: &[Event]| -> Value {
            let Some(metric) = metric else {
                let matcher = self.inside.get(&rule.rule.name);
                let mut scratch = Scratch::default();
                let holds = |e: &&Event| {
                    let text = serde_json::to_vec(&*e.doc).unwrap_or_default();
                    matcher.is_some_and(|m| m.matches(&text, &mut scratch).is_ok_and(|f| !f.is_empty()))
                };
                let inside = events.iter().filter(holds).count();
                return json!({"percentage_match_aggs": {"buckets": {
                    "match_bucket": {"doc_count": inside}, "_other_": {"doc_count": events.len() - inside},
                }}});
            };
            let name = metric_key(metric);
            let value = measure(metric.kind, &values_of(events, &metric.key));
            match metric.kind {
                MetricType::Percentile(p) => json!({name: {"values": {p.to_string(): value}}}),
                _ => json!({name: {"value": value}}),
            }
        };
        let Some(ms) = interval.and_then(|i| i64::try_from(i.as_millis()).ok()).filter(|i| *i > 0) else { return leaf(events) };
        let offset = request.offset * 1000;
        let mut buckets: IndexMap<i64, Vec<Event>> = IndexMap::new();
        for e in events {
            let at = (e.at.as_millisecond() - offset).div_euclid(ms) * ms + offset;
            buckets.entry(at).or_default().push(e.clone());
        }
        let buckets: Vec<Value> = buckets
            .into_iter()
            .map(|(at, own)| {
                let mut bucket = leaf(&own);
                bucket["key_as_string"] = iso(Timestamp::from_millisecond(at).unwrap_or_default()).into();
                bucket["doc_count"] = own.len().into();
                bucket
            })
            .collect();
        json!({"interval_aggs": {"buckets": buckets}})
    }
}

/// Events by the values of a field, the most first, as an index counts them: a list counts for each of its values.
fn grouped(events: &[Event], field: &str) -> Vec<(Value, Vec<Event>)> {
    let mut out: IndexMap<String, (Value, Vec<Event>)> = IndexMap::new();
    for e in events {
        let Some(value) = lookup(&e.doc, field) else { continue };
        let values: Vec<Value> = match value.into_owned() {
            Value::Array(items) => items,
            v => vec![v],
        };
        for v in values.into_iter().filter(|v| !v.is_null() && !v.is_object()) {
            out.entry(v.to_string()).or_insert_with(|| (v, Vec::new())).1.push(e.clone());
        }
    }
    let mut out: Vec<_> = out.into_values().collect();
    out.sort_by_key(|(_, own)| std::cmp::Reverse(own.len()));
    out
}

/// All values of a field.
fn values_of(events: &[Event], field: &str) -> Vec<Value> {
    events
        .iter()
        .filter_map(|e| lookup(&e.doc, field))
        .flat_map(|v| match v.into_owned() {
            Value::Array(items) => items,
            v => vec![v],
        })
        .filter(|v| !v.is_null())
        .collect()
}

/// A metric of values.
#[expect(clippy::cast_precision_loss, reason = "counts of events")]
pub fn measure(kind: MetricType, values: &[Value]) -> Option<f64> {
    match kind {
        MetricType::ValueCount => return Some(values.len() as f64),
        MetricType::Cardinality => return Some(values.iter().map(Value::to_string).collect::<IndexSet<_>>().len() as f64),
        _ => {}
    }
    let mut numbers: Vec<f64> =
        values.iter().filter_map(|v| v.as_f64().or_else(|| v.as_str().and_then(|s| s.trim().parse().ok()))).collect();
    if kind == MetricType::Sum {
        return Some(numbers.iter().sum());
    }
    if numbers.is_empty() {
        return None;
    }
    let n = numbers.len() as f64;
    Some(match kind {
        MetricType::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        MetricType::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        MetricType::Avg => numbers.iter().sum::<f64>() / n,
        MetricType::Percentile(p) => percentile(&mut numbers, p),
        _ => return None,
    })
}

fn counts(events: &[Event], field: &str, size: u64) -> Vec<(Value, u64)> {
    let most = usize::try_from(size).unwrap_or(usize::MAX);
    grouped(events, field).into_iter().take(most).map(|(v, own)| (v, own.len() as u64)).collect()
}

impl Search for Embedded {
    fn ask(&self, requests: &[Request<'_>]) -> Vec<Result<Answer, Failure>> {
        let one = |request: &Request<'_>| {
            let events = self.found(request);
            let total = events.len() as u64;
            Ok(match request.rule.query_mode() {
                QueryMode::Hits | QueryMode::Members => Answer::Hits { events, total, more: false },
                QueryMode::Count => Answer::Count(total),
                QueryMode::Terms(size) => Answer::Terms(counts(&events, request.rule.query_key.as_deref().unwrap_or_default(), size)),
                QueryMode::Aggregation => {
                    Answer::Aggregation { payload: self.aggregate(request, &events, &request.rule.rule.query_key), hits: total }
                }
            })
        };
        requests.iter().map(one).collect()
    }

    fn pages(&self, request: &Request<'_>, each: &mut dyn FnMut(Vec<Event>)) -> Result<Timestamp, Failure> {
        each(self.found(request));
        Ok(request.end)
    }

    fn values(
        &self,
        _rule: &RunRule,
        _fields: &[String],
        _steps: &[(Timestamp, Timestamp)],
        _each: &mut dyn FnMut(Vec<Value>),
    ) -> Result<(), Failure> {
        // What was before the events is known from the state, or not at all.
        Ok(())
    }

    fn top(&self, request: &Request<'_>, field: &str, filters: Vec<Value>, size: u64) -> Result<Vec<(Value, u64)>, Failure> {
        let terms: Map<String, Value> = filters
            .iter()
            .filter_map(|f| f.get("term").and_then(Value::as_object))
            .flatten()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let mut events = self.found(request);
        events.retain(|e| terms.iter().all(|(k, v)| lookup(&e.doc, k).is_some_and(|own| python::str(&own) == python::str(v))));
        Ok(counts(&events, field, size))
    }
}
