//! `metric_aggregation` and `percentage_match`: a number that the index computes, judged by bounds.

use super::{Keys, RuleEvaluator, float, whole_or_float};
use crate::lookup::Document;
use crate::rule::RunRule;
use crate::text::{format, python};
use crate::time::{iso, parse};
use jiff::Timestamp;
use serde_json::{Value, json};
use sigmalert_elastalert::rule_type::{Bound, Metric, MetricType};

/// The name of a metric in answers and matches.
pub(crate) fn metric_key(metric: &Metric) -> String {
    format!("metric_{}_{}", metric.key, metric.kind.name())
}

/// The value of a metric in an answer.
pub(super) fn metric_value(payload: &Value, key: &str) -> Option<f64> {
    let answer = payload.get(key)?;
    match answer.get("values") {
        Some(Value::Object(values)) => values.values().next()?.as_f64(),
        Some(Value::Array(values)) => values.first()?.get("value")?.as_f64(),
        _ => answer.get("value")?.as_f64(),
    }
}

/// Whether a metric counts: then it is a whole number.
pub(super) fn counts(kind: MetricType) -> bool {
    matches!(kind, MetricType::Cardinality | MetricType::ValueCount)
}

/// What a bucket is known by, as text.
pub(super) fn key_text(key: &Value) -> String {
    python::str(key)
}

/// One answer of an aggregation: where its buckets led to.
struct Leaf<'p> {
    at: Timestamp,
    keys: Vec<Value>,
    payload: &'p Value,
}

fn leaves<'p>(at: Timestamp, payload: &'p Value, keys: &mut Vec<Value>, out: &mut Vec<Leaf<'p>>) {
    if let Some(buckets) = payload.get("bucket_aggs").and_then(|b| b.get("buckets")).and_then(Value::as_array) {
        for bucket in buckets {
            keys.push(bucket.get("key").cloned().unwrap_or(Value::Null));
            leaves(at, bucket, keys, out);
            keys.pop();
        }
    } else if let Some(buckets) = payload.get("interval_aggs").and_then(|b| b.get("buckets")).and_then(Value::as_array) {
        for bucket in buckets {
            let start = bucket.get("key_as_string").and_then(parse).or_else(|| bucket.get("key").and_then(parse));
            out.push(Leaf { at: start.unwrap_or(at), keys: keys.clone(), payload: bucket });
        }
    } else {
        out.push(Leaf { at, keys: keys.clone(), payload });
    }
}

/// Puts the values of the query key into a match: nested, as an event would have them.
fn put_keys(doc: &mut Document, keys: &Keys, values: &[Value]) {
    let Some(names) = &keys.query_key else { return };
    let parts: Vec<&str> = names.split(',').collect();
    match (parts.as_slice(), values) {
        ([one], [value]) => nest(doc, one, value.clone()),
        _ => {
            for (name, value) in parts.iter().zip(values) {
                doc.insert((*name).to_owned(), value.clone());
            }
            doc.insert(names.clone(), values.iter().map(key_text).collect::<Vec<_>>().join(",").into());
        }
    }
}

fn nest(doc: &mut Document, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            doc.insert(name.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = doc.entry(head).or_insert_with(|| json!({}));
            if let Value::Object(m) = inner {
                nest(m, rest, value);
            }
        }
    }
}

fn outside(bound: &Bound, value: f64) -> bool {
    bound.max.is_some_and(|max| value > max) || bound.min.is_some_and(|min| value < min)
}

/// `metric_aggregation`
#[derive(Debug)]
pub(super) struct MetricAggregation {
    keys: Keys,
    metric: Metric,
    name: String,
    bound: Bound,
    matches: Vec<Document>,
}

impl MetricAggregation {
    pub fn new(keys: Keys, rule: &RunRule, metric: Metric, bound: Bound) -> Result<Self, String> {
        if let Some(interval) = metric.bucket_interval {
            let (name, whole) =
                if metric.use_run_every_query_size { ("run_every", rule.run_every) } else { ("buffer_time", rule.buffer_time) };
            if interval.is_zero() || !whole.as_millis().is_multiple_of(interval.as_millis().max(1)) {
                return Err(format!("`{name}` is no multiple of `bucket_interval`"));
            }
        }
        let name = metric_key(&metric);
        Ok(Self { keys, metric, name, bound, matches: Vec::new() })
    }
}

impl RuleEvaluator for MetricAggregation {
    fn aggregation(&mut self, at: Timestamp, payload: &Value) {
        let mut found = Vec::new();
        leaves(at, payload, &mut Vec::new(), &mut found);
        for leaf in found {
            let Some(value) = metric_value(leaf.payload, &self.name).filter(|v| outside(&self.bound, *v)) else { continue };
            let value = if counts(self.metric.kind) { whole_or_float(value) } else { value.into() };
            let mut doc = Document::new();
            doc.insert(self.keys.timestamp.clone(), iso(leaf.at).into());
            doc.insert(self.name.clone(), value.clone());
            doc.insert("metric_agg_value".into(), value.clone());
            if let Some(text) = self.metric.format.as_ref().and_then(|f| format::one(f, &value).ok()) {
                doc.insert(format!("{}_formatted", self.name), text.as_str().into());
                doc.insert("metric_agg_value_formatted".into(), text.into());
            }
            put_keys(&mut doc, &self.keys, &leaf.keys);
            self.matches.push(doc);
        }
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }

    fn ticks(&self) -> bool {
        true
    }
}

/// `percentage_match`
#[derive(Debug)]
pub(super) struct Percentage {
    keys: Keys,
    bound: Bound,
    min_denominator: u64,
    format: Option<String>,
    matches: Vec<Document>,
}

impl Percentage {
    pub fn new(keys: Keys, bound: Bound, min_denominator: u64, format: Option<String>) -> Self {
        Self { keys, bound, min_denominator, format, matches: Vec::new() }
    }
}

impl RuleEvaluator for Percentage {
    fn aggregation(&mut self, at: Timestamp, payload: &Value) {
        let mut found = Vec::new();
        leaves(at, payload, &mut Vec::new(), &mut found);
        for leaf in found {
            let Some(buckets) = leaf.payload.get("percentage_match_aggs").and_then(|a| a.get("buckets")) else { continue };
            let count = |name: &str| buckets.get(name).and_then(|b| b.get("doc_count")).and_then(Value::as_u64);
            let (Some(inside), Some(outside_)) = (count("match_bucket"), count("_other_")) else { continue };
            let total = inside + outside_;
            if total == 0 || total < self.min_denominator {
                continue;
            }
            let percentage = float(inside) / float(total) * 100.0;
            if !outside(&self.bound, percentage) {
                continue;
            }
            let mut doc = Document::new();
            doc.insert(self.keys.timestamp.clone(), iso(leaf.at).into());
            doc.insert("percentage".into(), percentage.into());
            doc.insert("denominator".into(), total.into());
            if let Some(text) = self.format.as_ref().and_then(|f| format::one(f, &percentage.into()).ok()) {
                doc.insert("percentage_formatted".into(), text.into());
            }
            put_keys(&mut doc, &self.keys, &leaf.keys);
            self.matches.push(doc);
        }
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }

    fn ticks(&self) -> bool {
        true
    }
}
