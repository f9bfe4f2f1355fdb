//! The rule types: events, counts or aggregations in, matches out. One file a type.
//!
//! A type knows neither clusters nor clocks: time comes with the data, and with [`RuleEvaluator::collect`] when a run ends.
//! What it remembers between runs is [`RuleEvaluator::save`]d, so that a restart goes on where the last run stopped.

mod aggregation;
mod cardinality;
mod change;
mod correlation;
mod flatline;
mod frequency;
mod lists;
mod message;
mod new_term;
mod spike;
mod window;

pub(crate) use aggregation::metric_key;
pub(crate) use correlation::percentile;
pub(crate) use message::message;

use super::lookup::{Document, lookup};
use super::rule::RunRule;
use super::time::iso;
use jiff::Timestamp;
use serde_json::Value;
use sigmalert_elastalert::{RuleType, Span};
use std::sync::Arc;

/// A document with its time.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub at: Timestamp,
    pub doc: Arc<Document>,
}

/// What a rule does with what a query found.
pub(crate) trait RuleEvaluator: Send {
    /// Events of a query, oldest first.
    fn events(&mut self, _events: &[Event]) {}
    /// Events of one rule of a correlation.
    fn member_events(&mut self, _leaf: usize, _events: &[Event]) {}
    /// How many events there were up to a time.
    fn count(&mut self, _at: Timestamp, _count: u64) {}
    /// How many events each value had.
    fn terms(&mut self, _at: Timestamp, _buckets: &[(Value, u64)]) {}
    /// The answer to a query with aggregations.
    fn aggregation(&mut self, _at: Timestamp, _payload: &Value) {}
    /// The query was carried out up to here.
    fn collect(&mut self, _at: Timestamp) {}
    /// What matched and was not fetched yet.
    fn matches(&mut self) -> &mut Vec<Document>;
    /// What is to be remembered; null for nothing.
    fn save(&self) -> Value {
        Value::Null
    }
    /// Takes up what was remembered.
    fn restore(&mut self, _saved: Value) -> Result<(), serde_json::Error> {
        Ok(())
    }
    /// The fields of which old values are to be learnt before the first run.
    fn baseline(&self) -> Option<&[Vec<String>]> {
        None
    }
    /// Old values of one of these fields.
    fn learn(&mut self, _field: usize, _values: &mut dyn Iterator<Item = Vec<Value>>) {}
    /// Whether runs without events can match.
    fn ticks(&self) -> bool {
        false
    }
}

/// The rule type of a rule.
///
/// # Errors
/// When its options contradict each other. The message says what is wrong.
pub(crate) fn build(rule: &RunRule) -> Result<Box<dyn RuleEvaluator>, String> {
    let keys = Keys { timestamp: rule.rule.timestamp.field.clone(), query_key: rule.query_key.clone() };
    Ok(match &rule.rule.kind {
        RuleType::Any => Box::new(lists::Any::default()),
        RuleType::Blacklist { compare_key, blacklist, .. } => Box::new(lists::Blacklist::new(compare_key, blacklist, rule)?),
        RuleType::Whitelist { compare_key, whitelist, ignore_null, .. } => {
            Box::new(lists::Whitelist::new(compare_key, whitelist, *ignore_null, rule)?)
        }
        RuleType::Change { compare_key, ignore_null, timeframe } => {
            Box::new(change::Change::new(keys, compare_key.clone(), *ignore_null, timeframe.map(Span::duration)))
        }
        RuleType::Frequency { num_events, timeframe, attach_related, .. } => {
            Box::new(frequency::Frequency::new(keys, *num_events, timeframe.duration(), *attach_related))
        }
        RuleType::Flatline { threshold, timeframe, forget_keys, .. } => {
            Box::new(flatline::Flatline::new(keys, *threshold, timeframe.duration(), *forget_keys))
        }
        RuleType::Spike { .. } | RuleType::SpikeAggregation { .. } => Box::new(spike::Spike::new(keys, rule)?),
        RuleType::NewTerm { fields, alert_on_missing_field, .. } => {
            Box::new(new_term::NewTerm::new(keys, fields.clone(), *alert_on_missing_field))
        }
        RuleType::Cardinality { field, timeframe, bound } => {
            Box::new(cardinality::Cardinality::new(keys, field.clone(), timeframe.duration(), *bound))
        }
        RuleType::MetricAggregation { metric, bound } => Box::new(aggregation::MetricAggregation::new(keys, rule, metric.clone(), *bound)?),
        RuleType::PercentageMatch { bound, min_denominator, format, .. } => {
            Box::new(aggregation::Percentage::new(keys, *bound, *min_denominator, format.clone()))
        }
        RuleType::Correlation(spec) => Box::new(correlation::Correlation::new(keys, rule, (**spec).clone())),
        RuleType::Custom(name) => return Err(format!("`{name}` is a Python class, which only ElastAlert runs")),
    })
}

/// The fields that every type looks at.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    pub timestamp: String,
    /// Names joined with commas where there are several.
    pub query_key: Option<String>,
}

/// What a group of events is known by: its value as JSON text, so that `1` and `"1"` stay apart.
pub(crate) type Group = String;

impl Keys {
    /// The group of an event: that of its query key, or the one that all belong to.
    pub fn group(&self, doc: &Document) -> Group {
        match &self.query_key {
            None => all(),
            Some(key) => match lookup(doc, key) {
                Some(v) => v.to_string(),
                None => Value::Null.to_string(),
            },
        }
    }

    /// A document with nothing but a time.
    pub fn stub(&self, at: Timestamp) -> Document {
        let mut doc = Document::new();
        doc.insert(self.timestamp.clone(), iso(at).into());
        doc
    }

    /// The same with the value of the query key.
    pub fn stub_of(&self, at: Timestamp, group: &str) -> Document {
        let mut doc = self.stub(at);
        if let Some(key) = &self.query_key {
            doc.insert(key.clone(), value_of(group));
        }
        doc
    }
}

/// The group of a rule without a query key.
pub(crate) fn all() -> Group {
    "\"all\"".into()
}

/// The value that a group is known by.
pub(crate) fn value_of(group: &str) -> Value {
    serde_json::from_str(group).unwrap_or(Value::Null)
}

/// A number as Python has it: whole ones without a point.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
pub(crate) fn whole_or_float(n: f64) -> Value {
    if n.fract() == 0.0 && n.abs() < 9e15 { Value::from(n as i64) } else { Value::from(n) }
}

/// A whole number as one of a float's range. Counts are far below what a float cannot tell apart.
#[expect(clippy::cast_precision_loss, reason = "counts of events")]
pub(crate) fn float(n: u64) -> f64 {
    n as f64
}

/// What serde made of a state that it made itself.
pub(crate) fn saved(state: &impl serde::Serialize) -> Value {
    serde_json::to_value(state).unwrap_or(Value::Null)
}
