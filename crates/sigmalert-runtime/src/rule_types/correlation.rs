//! `sigmalert.correlation`: Sigma's correlations over the events of several rules (`docs/guide/correlations.md`).
//!
//! What more events can only make true is decided as soon as it is true: so many, so many distinct ones, all rules, in this
//! order. What more events can make false again (`lt`, `eq`, a range, `not`, a mean) is decided when the span behind a
//! group's first event is over. After a match the group begins anew.

use super::{Event, Group, Keys, RuleEvaluator, float, saved, whole_or_float};
use crate::lookup::{Document, lookup};
use crate::rule::RunRule;
use crate::text::python;
use crate::time::{after, before, between, iso};
use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sigmalert_elastalert::{CorrelationSpec, CorrelationTrigger, CorrelationType, MemberSource};
use sigmalert_sigma::{Condition, Relation};
use std::sync::Arc;

/// How many events of a match are named in it.
const MAX_RELATED: usize = 100;
/// An event, or a match of a correlation, in a group.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Occurrence {
    #[serde(rename = "t", with = "jiff::fmt::serde::timestamp::microsecond::required")]
    at: Timestamp,
    #[serde(rename = "m")]
    member: usize,
    #[serde(rename = "v", default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<Value>,
    /// What names it.
    #[serde(rename = "r")]
    reference: Value,
    /// The document, of the newest only.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    doc: Option<Arc<Document>>,
}

/// What is remembered of one correlation, and of those in it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    groups: IndexMap<Group, Vec<Occurrence>>,
    inner: Vec<State>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Correlation {
    keys: Keys,
    name: String,
    spec: CorrelationSpec,
    state: State,
    waiting: Vec<(usize, Event)>,
    matches: Vec<Document>,
}

impl Correlation {
    pub fn new(keys: Keys, rule: &RunRule, spec: CorrelationSpec) -> Self {
        Self { keys, name: rule.rule.name.clone(), spec, state: State::default(), waiting: Vec::new(), matches: Vec::new() }
    }

    fn settle(&mut self, up_to: Option<Timestamp>) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_by_key(|(leaf, e)| (e.at, *leaf));
        let mut found = Vec::new();
        for (leaf, event) in waiting {
            feed(&self.spec, &mut self.state, leaf, &event, &mut found);
        }
        if let Some(at) = up_to {
            close(&self.spec, &mut self.state, at, &mut found);
        }
        for f in found {
            let mut doc = f.doc;
            if let (Some(key), [one]) = (&self.keys.query_key, f.group.as_slice())
                && lookup(&doc, key).is_none()
            {
                doc.insert(key.clone(), one.clone());
            } else if let Some(key) = &self.keys.query_key {
                for (name, value) in key.split(',').zip(&f.group) {
                    if lookup(&doc, name).is_none() {
                        doc.insert(name.to_owned(), value.clone());
                    }
                }
                if f.group.len() > 1 {
                    doc.insert(key.clone(), f.group.iter().map(python::str).collect::<Vec<_>>().join(", ").into());
                }
            }
            doc.insert(self.keys.timestamp.clone(), iso(f.at).into());
            if let Some(Value::Object(c)) = doc.get_mut("correlation") {
                c.insert("rule".into(), self.name.as_str().into());
            }
            self.matches.push(doc);
        }
    }
}

impl RuleEvaluator for Correlation {
    fn member_events(&mut self, leaf: usize, events: &[Event]) {
        self.waiting.extend(events.iter().map(|e| (leaf, e.clone())));
    }

    fn collect(&mut self, at: Timestamp) {
        self.settle(Some(at));
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }

    fn save(&self) -> Value {
        saved(&self.state)
    }

    fn restore(&mut self, state: Value) -> Result<(), serde_json::Error> {
        self.state = serde_json::from_value(state)?;
        Ok(())
    }

    fn ticks(&self) -> bool {
        true
    }
}

/// A match of a correlation.
struct CorrelationMatch {
    at: Timestamp,
    group: Vec<Value>,
    doc: Document,
}

/// The values of fields, each the first that the event has. Nothing when one has none.
fn values(doc: &Document, fields: &[Vec<String>]) -> Option<Vec<Value>> {
    let of = |names: &Vec<String>| names.iter().find_map(|n| lookup(doc, n).filter(|v| !v.is_null())).map(std::borrow::Cow::into_owned);
    fields.iter().map(of).collect()
}

/// Takes an event of a leaf through the correlations.
fn feed(spec: &CorrelationSpec, state: &mut State, leaf: usize, event: &Event, out: &mut Vec<CorrelationMatch>) {
    state.inner.resize_with(spec.members.len(), State::default);
    let mut first = 0;
    for (at, member) in spec.members.iter().enumerate() {
        match &member.source {
            MemberSource::Events { .. } => {
                if leaf == first {
                    return add(spec, state, at, event, out);
                }
                first += 1;
            }
            MemberSource::Correlation(inner) => {
                let count = inner.leaves().len();
                if (first..first + count).contains(&leaf) {
                    let mut found = Vec::new();
                    feed(inner, &mut state.inner[at], leaf - first, event, &mut found);
                    for f in found {
                        add(spec, state, at, &Event { at: f.at, doc: Arc::new(f.doc) }, out);
                    }
                    return;
                }
                first += count;
            }
        }
    }
}

fn add(spec: &CorrelationSpec, state: &mut State, member: usize, event: &Event, out: &mut Vec<CorrelationMatch>) {
    let m = &spec.members[member];
    // An event without a field of the group belongs to none.
    let Some(group) = values(&event.doc, &m.group_by) else { return };
    let fields = values(&event.doc, &m.fields);
    if fields.is_none()
        && !matches!(spec.correlation_type, CorrelationType::EventCount | CorrelationType::Temporal | CorrelationType::TemporalOrdered)
    {
        return;
    }
    let key = Value::Array(group).to_string();
    let items = state.groups.entry(key.clone()).or_default();
    let place = items.partition_point(|i| i.at <= event.at);
    if place == items.len()
        && let Some(last) = items.last_mut()
    {
        last.doc = None;
    }
    let doc = (place == items.len()).then(|| Arc::clone(&event.doc));
    let reference = json!({"rule": m.name, "_index": event.doc.get("_index"), "_id": event.doc.get("_id"), "@timestamp": iso(event.at)});
    items.insert(place, Occurrence { at: event.at, member, values: fields.unwrap_or_default(), reference, doc });
    let newest = items.last().map_or(event.at, |i| i.at);
    if spec.is_monotonic() {
        items.retain(|i| between(i.at, newest) < spec.timeframe.duration());
        if let Some(found) = judge(spec, &key, items) {
            state.groups.shift_remove(&key);
            out.push(found);
        }
    } else {
        // The spans before this event are over.
        close_group(spec, &mut state.groups, &key, newest, out);
    }
}

/// Decides what can be decided once time has come this far.
fn close(spec: &CorrelationSpec, state: &mut State, at: Timestamp, out: &mut Vec<CorrelationMatch>) {
    state.inner.resize_with(spec.members.len(), State::default);
    for (i, member) in spec.members.iter().enumerate() {
        if let MemberSource::Correlation(inner) = &member.source {
            let mut found = Vec::new();
            close(inner, &mut state.inner[i], at, &mut found);
            for f in found {
                add(spec, state, i, &Event { at: f.at, doc: Arc::new(f.doc) }, out);
            }
        }
    }
    let keys: Vec<Group> = state.groups.keys().cloned().collect();
    for key in keys {
        if spec.is_monotonic() {
            let old = state.groups.get(&key).and_then(|i| i.last()).is_none_or(|i| i.at <= before(at, spec.timeframe.duration()));
            if old {
                state.groups.shift_remove(&key);
            }
        } else {
            close_group(spec, &mut state.groups, &key, at, out);
        }
    }
}

fn close_group(
    spec: &CorrelationSpec,
    groups: &mut IndexMap<Group, Vec<Occurrence>>,
    key: &str,
    at: Timestamp,
    out: &mut Vec<CorrelationMatch>,
) {
    while let Some(items) = groups.get_mut(key) {
        let Some(first) = items.first().map(|i| i.at) else {
            groups.shift_remove(key);
            return;
        };
        let end = after(first, spec.timeframe.duration());
        if at < end {
            return;
        }
        let rest = items.split_off(items.partition_point(|i| i.at < end));
        let over = std::mem::replace(items, rest);
        if let Some(mut found) = judge(spec, key, &over) {
            // It is known only at the end of the span.
            found.at = end;
            out.push(found);
        }
    }
}

fn judge(spec: &CorrelationSpec, key: &str, items: &[Occurrence]) -> Option<CorrelationMatch> {
    let has = |member: usize| items.iter().any(|i| i.member == member);
    let (holds, value) = match spec.correlation_type {
        CorrelationType::Temporal | CorrelationType::TemporalOrdered => {
            let n = if spec.correlation_type == CorrelationType::TemporalOrdered {
                longest_chain(items)
            } else {
                (0..spec.members.len()).filter(|m| has(*m)).count()
            };
            let value = float(n as u64);
            match &spec.trigger {
                CorrelationTrigger::All => (n == spec.members.len(), value),
                CorrelationTrigger::Bounds(b) => (within(b, value), value),
                CorrelationTrigger::Logic(c) => {
                    let truth = |name: &str| spec.members.iter().position(|m| m.name == name).is_some_and(&has);
                    (
                        holds(&c.condition, &truth) && (spec.correlation_type == CorrelationType::Temporal || n == distinct_members(items)),
                        value,
                    )
                }
            }
        }
        _ => {
            let value = measure(spec.correlation_type, items)?;
            match &spec.trigger {
                CorrelationTrigger::Bounds(b) => (within(b, value), value),
                _ => (true, value),
            }
        }
    };
    if !holds {
        return None;
    }
    let last = items.last()?;
    let mut doc = last.doc.as_ref().map_or_else(|| reference_document(last), |d| (**d).clone());
    let mut counts: IndexMap<&str, u64> = IndexMap::new();
    for m in &spec.members {
        let n = items.iter().filter(|i| spec.members[i.member].name == m.name).count() as u64;
        counts.insert(&m.name, n);
    }
    let (first, end) = (items.first().map_or(last.at, |i| i.at), last.at);
    let told: Vec<String> = counts.iter().map(|(n, c)| format!("{n} ({c})")).collect();
    let summary = format!("{} between {} and {}: {}", spec.correlation_type.name(), iso(first), iso(end), told.join(", "));
    doc.insert(
        "correlation".into(),
        json!({
            "type": spec.correlation_type.name(), "value": whole_or_float(value), "rules": counts, "first": iso(first), "last": iso(end),
            "summary": summary,
        }),
    );
    let skipped = items.len().saturating_sub(MAX_RELATED);
    doc.insert("related_events".into(), items[skipped..].iter().map(|i| i.reference.clone()).collect());
    let group = serde_json::from_str(key).unwrap_or_default();
    Some(CorrelationMatch { at: end, group, doc })
}

fn reference_document(item: &Occurrence) -> Document {
    match &item.reference {
        Value::Object(m) => m.iter().filter(|(k, v)| *k != "rule" && !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect(),
        _ => Document::new(),
    }
}

fn within(bounds: &[(Relation, f64)], value: f64) -> bool {
    bounds.iter().all(|(relation, bound)| match relation {
        Relation::Lt => value < *bound,
        Relation::Lte => value <= *bound,
        Relation::Gt => value > *bound,
        Relation::Gte => value >= *bound,
        #[expect(clippy::float_cmp, reason = "the number that the rule names")]
        Relation::Eq => value == *bound,
        #[expect(clippy::float_cmp, reason = "the number that the rule names")]
        Relation::Neq => value != *bound,
    })
}

fn holds(c: &Condition, truth: &dyn Fn(&str) -> bool) -> bool {
    match c {
        Condition::And(items) => items.iter().all(|i| holds(i, truth)),
        Condition::Or(items) => items.iter().any(|i| holds(i, truth)),
        Condition::Not(item) => !holds(item, truth),
        Condition::Selection(name) => truth(name),
        Condition::Quantified { .. } => false,
    }
}

fn distinct_members(items: &[Occurrence]) -> usize {
    items.iter().map(|i| i.member).collect::<IndexSet<_>>().len()
}

/// How many rules match one after the other in the order of the correlation.
fn longest_chain(items: &[Occurrence]) -> usize {
    // The longest ascending chain: `ends[n]` is the smallest member that a chain of n+1 ends with.
    let mut ends: Vec<usize> = Vec::new();
    for item in items {
        let at = ends.partition_point(|e| *e < item.member);
        if at == ends.len() {
            ends.push(item.member);
        } else {
            ends[at] = item.member;
        }
    }
    ends.len()
}

fn measure(kind: CorrelationType, items: &[Occurrence]) -> Option<f64> {
    if kind == CorrelationType::EventCount {
        return Some(float(items.len() as u64));
    }
    if kind == CorrelationType::ValueCount {
        let distinct: IndexSet<String> = items.iter().map(|i| Value::Array(i.values.clone()).to_string()).collect();
        return Some(float(distinct.len() as u64));
    }
    let mut numbers: Vec<f64> = items
        .iter()
        .filter_map(|i| i.values.first())
        .filter_map(|v| v.as_f64().or_else(|| v.as_str().and_then(|s| s.trim().parse().ok())))
        .collect();
    if numbers.is_empty() {
        return None;
    }
    let n = float(numbers.len() as u64);
    Some(match kind {
        CorrelationType::ValueSum => numbers.iter().sum(),
        CorrelationType::ValueAvg => numbers.iter().sum::<f64>() / n,
        CorrelationType::ValueMin => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        CorrelationType::ValueMax => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        CorrelationType::ValuePercentile(p) => percentile(&mut numbers, p),
        _ => return None,
    })
}

/// A percentile, between the two values beside it where it falls between.
pub(crate) fn percentile(numbers: &mut [f64], p: f64) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let rank = p.clamp(0.0, 100.0) / 100.0 * float(numbers.len() as u64 - 1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    let (low, high) = (rank.floor() as usize, rank.ceil() as usize);
    numbers[low] + (numbers[high] - numbers[low]) * rank.fract()
}
