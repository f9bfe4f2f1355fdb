//! `cardinality`: too many or too few distinct values within a span.

use super::{Event, Group, Keys, RuleEvaluator, all, float, saved};
use crate::lookup::{Document, lookup};
use crate::time::between;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sigmalert_elastalert::rule_type::Bound;
use std::time::Duration;

/// A time, as it is kept.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct StoredTime(#[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")] Timestamp);

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// For each group the values with the time each was seen last.
    values: IndexMap<Group, IndexMap<String, StoredTime>>,
    first: IndexMap<Group, StoredTime>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Cardinality {
    keys: Keys,
    field: String,
    timeframe: Duration,
    bound: Bound,
    state: State,
    matches: Vec<Document>,
}

impl Cardinality {
    pub fn new(keys: Keys, field: String, timeframe: Duration, bound: Bound) -> Self {
        Self { keys, field, timeframe, bound, state: State::default(), matches: Vec::new() }
    }

    fn outside(&self, group: &Group, at: Timestamp) -> bool {
        let n = float(self.state.values.get(group).map_or(0, |v| v.len() as u64));
        let elapsed = self.state.first.get(group).is_some_and(|f| between(f.0, at) > self.timeframe);
        self.bound.max.is_some_and(|max| n > max) || (elapsed && self.bound.min.is_some_and(|min| n < min))
    }

    fn drop_old(&mut self, group: &Group, at: Timestamp) {
        let span = self.timeframe;
        if let Some(values) = self.state.values.get_mut(group) {
            values.retain(|_, seen| between(seen.0, at) <= span);
        }
    }
}

impl RuleEvaluator for Cardinality {
    fn events(&mut self, events: &[Event]) {
        for e in events {
            let group = self.keys.group(&e.doc);
            self.state.first.entry(group.clone()).or_insert(StoredTime(e.at));
            let value = lookup(&e.doc, &self.field).filter(|v| !v.is_null()).map(|v| v.to_string());
            let values = self.state.values.entry(group.clone()).or_default();
            let Some(value) = value else { continue };
            // A late event makes no value older than it is.
            let seen = values.entry(value).or_insert(StoredTime(e.at));
            seen.0 = seen.0.max(e.at);
            if self.outside(&group, e.at) {
                // Old values of all groups go first, and with a lower bound each group is judged by what is left.
                self.collect(e.at);
                if self.outside(&group, e.at) {
                    self.state.first.shift_remove(&group);
                    self.matches.push((*e.doc).clone());
                }
            }
        }
    }

    fn collect(&mut self, at: Timestamp) {
        let groups: Vec<Group> = self.state.values.keys().cloned().collect();
        for group in groups {
            self.drop_old(&group, at);
            if self.bound.min.is_some() {
                if self.outside(&group, at) {
                    self.state.first.shift_remove(&group);
                    let doc = if group == all() { self.keys.stub(at) } else { self.keys.stub_of(at, &group) };
                    self.matches.push(doc);
                }
            } else if self.state.values.get(&group).is_some_and(IndexMap::is_empty) {
                self.state.values.shift_remove(&group);
                self.state.first.shift_remove(&group);
            }
        }
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }

    fn save(&self) -> Value {
        if self.state.values.is_empty() { Value::Null } else { saved(&self.state) }
    }

    fn restore(&mut self, state: Value) -> Result<(), serde_json::Error> {
        self.state = serde_json::from_value(state)?;
        Ok(())
    }

    fn ticks(&self) -> bool {
        self.bound.min.is_some()
    }
}
