//! `frequency`: so many events within a span.

use super::window::{Entry, Window};
use super::{Event, Group, Keys, RuleEvaluator, all, float, saved};
use crate::lookup::Document;
use crate::time::between;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// See the module. Only times are kept of events, unless the match is to carry them.
#[derive(Debug)]
pub(super) struct Frequency {
    keys: Keys,
    num_events: f64,
    timeframe: Duration,
    attach_related: bool,
    windows: IndexMap<Group, Window>,
    matches: Vec<Document>,
}

impl Frequency {
    pub fn new(keys: Keys, num_events: u64, timeframe: Duration, attach_related: bool) -> Self {
        Self { keys, num_events: float(num_events), timeframe, attach_related, windows: IndexMap::new(), matches: Vec::new() }
    }

    fn add(&mut self, group: &Group, at: Timestamp, amount: f64, doc: &Arc<Document>) {
        let window = self.windows.entry(group.clone()).or_default();
        let newest = window.newest().is_none_or(|n| n <= at);
        // A match is the newest event, which is the one that came just now unless it came late.
        if newest
            && !self.attach_related
            && let Some(last) = window.entries.back_mut()
        {
            last.event = None;
        }
        let event = (self.attach_related || newest).then(|| Arc::clone(doc));
        window.push(Entry { at, amount: Some(amount), event, placeholder: false }, self.timeframe);
        if window.count() < self.num_events {
            return;
        }
        let Some(mut window) = self.windows.shift_remove(group) else { return };
        let last = window.entries.pop_back();
        let doc = last.and_then(|e| e.event).unwrap_or_else(|| Arc::clone(doc));
        let mut found = (*doc).clone();
        if self.attach_related {
            let related = window.entries.iter().filter_map(|e| e.event.as_ref().map(|d| Value::Object((**d).clone()))).collect();
            found.insert("related_events".into(), Value::Array(related));
        }
        self.matches.push(found);
    }
}

impl RuleEvaluator for Frequency {
    fn events(&mut self, events: &[Event]) {
        for e in events {
            self.add(&self.keys.group(&e.doc), e.at, 1.0, &e.doc);
        }
    }

    fn count(&mut self, at: Timestamp, count: u64) {
        let stub = Arc::new(self.keys.stub(at));
        self.add(&all(), at, float(count), &stub);
    }

    fn terms(&mut self, at: Timestamp, buckets: &[(Value, u64)]) {
        for (value, count) in buckets {
            let group = value.to_string();
            let stub = Arc::new(self.keys.stub_of(at, &group));
            self.add(&group, at, float(*count), &stub);
        }
    }

    fn collect(&mut self, at: Timestamp) {
        let span = self.timeframe;
        self.windows.retain(|_, w| w.newest().is_some_and(|n| between(n, at) <= span));
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }

    fn save(&self) -> Value {
        if self.windows.is_empty() { Value::Null } else { saved(&self.windows) }
    }

    fn restore(&mut self, state: Value) -> Result<(), serde_json::Error> {
        self.windows = serde_json::from_value(state)?;
        Ok(())
    }
}
