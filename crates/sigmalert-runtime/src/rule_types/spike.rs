//! `spike` and `spike_aggregation`: a span compared with the span before it.

use super::aggregation::{counts, key_text, metric_key, metric_value};
use super::window::{Entry, Window};
use super::{Event, Group, Keys, RuleEvaluator, all, float, saved, whole_or_float};
use crate::lookup::{Document, lookup};
use crate::rule::RunRule;
use crate::time::{after, between};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sigmalert_elastalert::rule_type::{MetricType, RuleType, SpikeType};
use std::sync::Arc;
use std::time::Duration;

/// How many documents a rule keeps whole: a match shows the first event of its span. Beyond that the match shows its id and
/// time only.
const MAX_DOCUMENTS: usize = 10_000;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    Sum,
    Mean,
    Min,
    Max,
}

/// The two spans of a key.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Spans {
    reference: Window,
    current: Window,
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::optional")]
    first: Option<Timestamp>,
    /// After a match: until when a span that is not full says nothing.
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::optional")]
    skip: Option<Timestamp>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    spans: IndexMap<Group, Spans>,
    /// Whether the reference of any key was filled once.
    filled: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Spike {
    keys: Keys,
    height: f64,
    direction: SpikeType,
    timeframe: Duration,
    threshold_ref: f64,
    threshold_cur: f64,
    alert_on_new_data: bool,
    field_value: Option<String>,
    compared: Compared,
    /// Whether what is compared is a number of things.
    whole: bool,
    /// Of `spike_aggregation`: where the answer has the value.
    metric: Option<String>,
    state: State,
    documents: usize,
    matches: Vec<Document>,
}

impl Spike {
    pub fn new(keys: Keys, rule: &RunRule) -> Result<Self, String> {
        let mut out = Self {
            keys,
            height: 1.0,
            direction: SpikeType::Both,
            timeframe: Duration::ZERO,
            threshold_ref: 0.0,
            threshold_cur: 0.0,
            alert_on_new_data: false,
            field_value: None,
            compared: Compared::Sum,
            whole: true,
            metric: None,
            state: State::default(),
            documents: 0,
            matches: Vec::new(),
        };
        match &rule.rule.kind {
            RuleType::Spike { height, direction, timeframe, threshold_ref, threshold_cur, alert_on_new_data, field_value, .. } => {
                (out.height, out.direction, out.timeframe) = (*height, *direction, timeframe.duration());
                (out.threshold_ref, out.threshold_cur, out.alert_on_new_data) = (*threshold_ref, *threshold_cur, *alert_on_new_data);
                out.field_value.clone_from(field_value);
            }
            RuleType::SpikeAggregation { metric, height, direction, timeframe, threshold_ref, threshold_cur, alert_on_new_data } => {
                if metric.bucket_interval.is_some() {
                    return Err("`bucket_interval` makes no sense for a spike: it divides the span that is compared".into());
                }
                (out.height, out.direction, out.timeframe) = (*height, *direction, timeframe.duration());
                (out.threshold_ref, out.threshold_cur, out.alert_on_new_data) = (*threshold_ref, *threshold_cur, *alert_on_new_data);
                out.compared = match metric.kind {
                    MetricType::Avg => Compared::Mean,
                    MetricType::Min => Compared::Min,
                    MetricType::Max => Compared::Max,
                    _ => Compared::Sum,
                };
                out.whole = counts(metric.kind);
                out.metric = Some(metric_key(metric));
            }
            _ => {}
        }
        if out.field_value.is_some() {
            out.compared = Compared::Mean;
            out.whole = false;
        }
        Ok(out)
    }

    fn compared(&self, window: &Window) -> Option<f64> {
        match self.compared {
            Compared::Sum => Some(window.count()),
            Compared::Mean => window.mean(),
            Compared::Min => window.min(),
            Compared::Max => window.max(),
        }
    }

    fn add(&mut self, group: &Group, at: Timestamp, amount: Option<f64>, doc: Option<Arc<Document>>) {
        let span = self.timeframe;
        let placeholder = doc.is_none();
        let event = doc.map(|d| if self.documents < MAX_DOCUMENTS { d } else { Arc::new(self.thin(&d)) });
        let spans = self.state.spans.entry(group.clone()).or_default();
        let first = *spans.first.get_or_insert(at);
        self.documents += usize::from(event.is_some());
        for mut old in spans.current.push(Entry { at, amount, event, placeholder }, span) {
            // Only the newer span is ever shown.
            self.documents -= usize::from(old.event.take().is_some());
            spans.reference.push(old, span);
        }
        if between(first, at) < span.saturating_mul(2) {
            if !self.state.filled || self.keys.query_key.is_none() || !self.alert_on_new_data || spans.skip.is_some_and(|s| at < s) {
                return;
            }
        } else {
            self.state.filled = true;
        }
        let Some(spans) = self.state.spans.get(group) else { return };
        let (reference, current) = (self.compared(&spans.reference), self.compared(&spans.current));
        if !self.is_spike(reference, current) {
            return;
        }
        // The first that is more than a mark of time.
        let shown = spans.current.entries.iter().find(|e| if self.field_value.is_some() { !e.placeholder } else { e.amount != Some(0.0) });
        let shown = shown.or(spans.current.entries.back());
        let (shown_at, event) = shown.map_or((at, None), |e| (e.at, e.event.clone()));
        let mut doc = match event {
            Some(e) => (*e).clone(),
            None if *group == all() => self.keys.stub(shown_at),
            None => self.keys.stub_of(shown_at, group),
        };
        if placeholder && shown_at == at {
            doc.insert("placeholder".into(), true.into());
        }
        let number = |n: Option<f64>| match n {
            Some(n) if self.whole => whole_or_float(n),
            Some(n) => n.into(),
            None => Value::Null,
        };
        doc.insert("spike_count".into(), number(current));
        doc.insert("reference_count".into(), number(reference));
        self.matches.push(doc);
        if let Some(spans) = self.state.spans.get_mut(group) {
            spans.reference = Window::default();
            spans.first = None;
            spans.skip = Some(after(shown_at, span.saturating_mul(2)));
        }
    }

    fn is_spike(&self, reference: Option<f64>, current: Option<f64>) -> bool {
        let (Some(reference), Some(current)) = (reference, current) else { return false };
        if self.field_value.is_none() {
            if current < self.threshold_cur || reference < self.threshold_ref {
                return false;
            }
        } else if reference == 0.0 || current == 0.0 {
            return false;
        }
        let (up, down) = (current >= reference * self.height, current <= reference / self.height);
        match self.direction {
            SpikeType::Up => up,
            SpikeType::Down => down,
            SpikeType::Both => up || down,
        }
    }

    /// A document of which only what names it is kept.
    fn thin(&self, doc: &Document) -> Document {
        let mut out = Document::new();
        let key = self.keys.query_key.as_deref();
        for name in ["_id", "_index", self.keys.timestamp.as_str()].into_iter().chain(key) {
            if let Some(v) = lookup(doc, name) {
                out.insert(name.to_owned(), v.into_owned());
            }
        }
        out
    }

    fn walk(&mut self, at: Timestamp, payload: &Value, path: &mut Vec<String>) {
        let Some(metric) = self.metric.clone() else { return };
        match payload.get("bucket_aggs").and_then(|b| b.get("buckets")).and_then(Value::as_array) {
            Some(buckets) => {
                for bucket in buckets {
                    path.push(bucket.get("key").map(key_text).unwrap_or_default());
                    self.walk(at, bucket, path);
                    path.pop();
                }
            }
            None => {
                let value = metric_value(payload, &metric);
                let (group, doc) = if path.is_empty() {
                    (all(), self.keys.stub(at))
                } else {
                    let group = Value::from(path.join(",")).to_string();
                    let doc = self.keys.stub_of(at, &group);
                    (group, doc)
                };
                self.add(&group, at, value, Some(Arc::new(doc)));
            }
        }
    }
}

impl RuleEvaluator for Spike {
    fn events(&mut self, events: &[Event]) {
        for e in events {
            let mut group = self.keys.group(&e.doc);
            if group == "null" {
                group = "\"other\"".into();
            }
            let amount = match &self.field_value {
                None => Some(1.0),
                Some(field) => lookup(&e.doc, field).and_then(|v| match v.as_ref() {
                    Value::Number(n) => n.as_f64().map(f64::trunc),
                    Value::String(s) => s.trim().parse::<i64>().ok().map(|n| n.to_string().parse().unwrap_or(0.0)),
                    _ => None,
                }),
            };
            if amount.is_some() {
                self.add(&group, e.at, amount, Some(Arc::clone(&e.doc)));
            }
        }
    }

    fn count(&mut self, at: Timestamp, count: u64) {
        let doc = Arc::new(self.keys.stub(at));
        self.add(&all(), at, Some(float(count)), Some(doc));
    }

    fn terms(&mut self, at: Timestamp, buckets: &[(Value, u64)]) {
        for (value, count) in buckets {
            let group = value.to_string();
            let doc = Arc::new(self.keys.stub_of(at, &group));
            self.add(&group, at, Some(float(*count)), Some(doc));
        }
    }

    fn aggregation(&mut self, at: Timestamp, payload: &Value) {
        self.walk(at, payload, &mut Vec::new());
    }

    fn collect(&mut self, at: Timestamp) {
        let groups: Vec<Group> = self.state.spans.keys().cloned().collect();
        for group in groups {
            let Some(spans) = self.state.spans.get(&group) else { continue };
            if group != all() && spans.reference.count() == 0.0 && spans.current.count() == 0.0 {
                self.documents -= spans.current.entries.iter().filter(|e| e.event.is_some()).count();
                self.state.spans.shift_remove(&group);
                continue;
            }
            self.add(&group, at, Some(0.0), None);
        }
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }

    fn save(&self) -> Value {
        if self.state.spans.is_empty() && !self.state.filled { Value::Null } else { saved(&self.state) }
    }

    fn restore(&mut self, state: Value) -> Result<(), serde_json::Error> {
        self.state = serde_json::from_value(state)?;
        self.documents = self.state.spans.values().flat_map(|s| &s.current.entries).filter(|e| e.event.is_some()).count();
        Ok(())
    }

    fn ticks(&self) -> bool {
        true
    }
}
