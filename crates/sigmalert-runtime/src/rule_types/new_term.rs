//! `new_term`: a value that a field did not have before.

use super::{Event, Keys, RuleEvaluator, saved};
use crate::lookup::{Document, lookup};
use crate::text::python::{self, truthy};
use jiff::Timestamp;
use rustc_hash::FxHashSet;
use serde_json::Value;

/// See the module.
#[derive(Debug)]
pub(super) struct NewTerm {
    keys: Keys,
    /// One field each, or several whose values count together.
    fields: Vec<Vec<String>>,
    alert_on_missing: bool,
    /// For each of the fields the values that are known.
    seen: Vec<FxHashSet<String>>,
    matches: Vec<Document>,
}

impl NewTerm {
    pub fn new(keys: Keys, fields: Vec<Vec<String>>, alert_on_missing: bool) -> Self {
        let seen = fields.iter().map(|_| FxHashSet::default()).collect();
        Self { keys, fields, alert_on_missing, seen, matches: Vec::new() }
    }
}

/// A value in the form in which an index groups it: a number and its text are the same.
fn known(values: &[Value]) -> String {
    match values {
        [one] => python::str(one),
        several => Value::Array(several.iter().map(|v| python::str(v).into()).collect()).to_string(),
    }
}

fn name(fields: &[String]) -> Value {
    match fields {
        [one] => one.as_str().into(),
        several => Value::Array(several.iter().map(|f| f.as_str().into()).collect()),
    }
}

/// Every combination of one value of each field: a list stands for each of its values.
fn combinations(values: &[Value]) -> Vec<Vec<Value>> {
    let mut out: Vec<Vec<Value>> = vec![vec![]];
    for v in values {
        let choices: Vec<&Value> = match v {
            Value::Array(items) => items.iter().collect(),
            other => vec![other],
        };
        out = out
            .into_iter()
            .flat_map(|head| choices.iter().map(move |c| head.iter().cloned().chain(std::iter::once((*c).clone())).collect::<Vec<_>>()))
            .take(10_000)
            .collect();
    }
    out
}

impl RuleEvaluator for NewTerm {
    fn events(&mut self, events: &[Event]) {
        for e in events {
            for (fields, seen) in self.fields.iter().zip(&mut self.seen) {
                let values: Option<Vec<Value>> =
                    fields.iter().map(|f| lookup(&e.doc, f).filter(|v| truthy(v)).map(std::borrow::Cow::into_owned)).collect();
                let Some(values) = values else {
                    if self.alert_on_missing {
                        let mut doc = (*e.doc).clone();
                        doc.insert("missing_field".into(), name(fields));
                        self.matches.push(doc);
                    }
                    continue;
                };
                let mut new = false;
                for c in combinations(&values) {
                    new |= seen.insert(known(&c));
                }
                if new {
                    let mut doc = (*e.doc).clone();
                    doc.insert("new_field".into(), name(fields));
                    self.matches.push(doc);
                }
            }
        }
    }

    fn terms(&mut self, at: Timestamp, buckets: &[(Value, u64)]) {
        let (Some(field), Some(seen)) = (self.fields.first(), self.seen.first_mut()) else { return };
        for (value, count) in buckets {
            if *count > 0 && seen.insert(known(std::slice::from_ref(value))) {
                let mut doc = self.keys.stub(at);
                doc.insert(field.first().cloned().unwrap_or_default(), value.clone());
                doc.insert("new_field".into(), name(field));
                self.matches.push(doc);
            }
        }
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }

    fn baseline(&self) -> Option<&[Vec<String>]> {
        Some(&self.fields)
    }

    fn learn(&mut self, field: usize, values: &mut dyn Iterator<Item = Vec<Value>>) {
        if let Some(seen) = self.seen.get_mut(field) {
            seen.extend(values.map(|v| known(&v)));
        }
    }

    fn save(&self) -> Value {
        let sorted = |s: &FxHashSet<String>| {
            let mut all: Vec<&String> = s.iter().collect();
            all.sort_unstable();
            saved(&all)
        };
        Value::Array(self.seen.iter().map(sorted).collect())
    }

    fn restore(&mut self, state: Value) -> Result<(), serde_json::Error> {
        let all: Vec<Vec<String>> = serde_json::from_value(state)?;
        for (seen, old) in self.seen.iter_mut().zip(all) {
            seen.extend(old);
        }
        Ok(())
    }
}
