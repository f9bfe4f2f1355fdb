//! `flatline`: fewer events than there should be within a span.

use super::window::{Entry, Window};
use super::{Event, Group, Keys, RuleEvaluator, all, float, saved, value_of, whole_or_float};
use crate::lookup::Document;
use crate::time::{before, between};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// What is known of a key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct KeyWindow {
    window: Window,
    /// Since when the key is watched.
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::optional")]
    first: Option<Timestamp>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Flatline {
    keys: Keys,
    threshold: u64,
    timeframe: Duration,
    forget_keys: bool,
    seen: IndexMap<Group, KeyWindow>,
    matches: Vec<Document>,
}

impl Flatline {
    pub fn new(keys: Keys, threshold: u64, timeframe: Duration, forget_keys: bool) -> Self {
        Self { keys, threshold, timeframe, forget_keys, seen: IndexMap::new(), matches: Vec::new() }
    }

    fn add(&mut self, group: &Group, at: Timestamp, amount: f64, doc: Option<Arc<Document>>) {
        let seen = self.seen.entry(group.clone()).or_default();
        // A match is the newest event: older ones need no document.
        if seen.window.newest().is_none_or(|n| n <= at)
            && let Some(last) = seen.window.entries.back_mut()
        {
            last.event = None;
        }
        seen.window.push(Entry { at, amount: Some(amount), event: doc, placeholder: false }, self.timeframe);
    }

    fn check(&mut self, group: &Group) {
        let Some(seen) = self.seen.get_mut(group) else { return };
        let (Some(newest), Some(oldest)) = (seen.window.newest(), seen.window.entries.front().map(|e| e.at)) else { return };
        let first = *seen.first.get_or_insert(newest);
        if between(first, newest) < self.timeframe {
            return;
        }
        let count = seen.window.count();
        if count >= float(self.threshold) {
            return;
        }
        let event = seen.window.entries.back().and_then(|e| e.event.clone());
        let mut doc = event.map_or_else(|| self.keys.stub(newest), |e| (*e).clone());
        doc.insert("key".into(), value_of(group));
        doc.insert("count".into(), whole_or_float(count));
        doc.insert("threshold".into(), self.threshold.into());
        self.matches.push(doc);
        if self.forget_keys {
            self.seen.shift_remove(group);
        } else {
            // It goes on matching while the key stays silent.
            seen.first = Some(oldest.min(before(newest, self.timeframe)));
        }
    }
}

impl RuleEvaluator for Flatline {
    fn events(&mut self, events: &[Event]) {
        let mut last = None;
        for e in events {
            let group = self.keys.group(&e.doc);
            self.add(&group, e.at, 1.0, Some(Arc::clone(&e.doc)));
            last = Some(group);
        }
        // Before a batch is whole a window may look emptier than it is.
        if let Some(group) = last {
            self.check(&group);
        }
    }

    fn count(&mut self, at: Timestamp, count: u64) {
        self.add(&all(), at, float(count), None);
        self.check(&all());
    }

    fn terms(&mut self, at: Timestamp, buckets: &[(Value, u64)]) {
        for (value, count) in buckets {
            let group = value.to_string();
            self.add(&group, at, float(*count), None);
            self.check(&group);
        }
    }

    fn collect(&mut self, at: Timestamp) {
        let mut groups: Vec<Group> = self.seen.keys().cloned().collect();
        if groups.is_empty() && self.keys.query_key.is_none() {
            groups.push(all());
        }
        for group in groups {
            self.add(&group, at, 0.0, None);
            if let Some(seen) = self.seen.get_mut(&group) {
                seen.first.get_or_insert(at);
            }
            self.check(&group);
        }
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }

    fn save(&self) -> Value {
        saved(&self.seen)
    }

    fn restore(&mut self, state: Value) -> Result<(), serde_json::Error> {
        self.seen = serde_json::from_value(state)?;
        Ok(())
    }

    fn ticks(&self) -> bool {
        true
    }
}
