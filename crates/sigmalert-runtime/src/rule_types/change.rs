//! `change`: a field changed for a key.

use super::{Event, Group, Keys, RuleEvaluator, saved};
use crate::lookup::{Document, lookup};
use crate::text::python::truthy;
use crate::time::between;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// What was seen last of a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LastValues {
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    at: Timestamp,
    values: Vec<Value>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Change {
    keys: Keys,
    compare: Vec<String>,
    ignore_null: bool,
    timeframe: Option<Duration>,
    seen: IndexMap<Group, LastValues>,
    matches: Vec<Document>,
}

impl Change {
    pub fn new(keys: Keys, compare: Vec<String>, ignore_null: bool, timeframe: Option<Duration>) -> Self {
        Self { keys, compare, ignore_null, timeframe, seen: IndexMap::new(), matches: Vec::new() }
    }
}

impl RuleEvaluator for Change {
    fn events(&mut self, events: &[Event]) {
        for e in events {
            let values: Vec<Value> =
                self.compare.iter().map(|f| lookup(&e.doc, f).map_or(Value::Null, std::borrow::Cow::into_owned)).collect();
            // `false` is a value; `0` and the empty text count as none, as with ElastAlert.
            if self.ignore_null && values.iter().any(|v| !v.is_boolean() && !truthy(v)) {
                continue;
            }
            let group = self.keys.group(&e.doc);
            let old = self.seen.insert(group, LastValues { at: e.at, values: values.clone() });
            let Some(old) = old.filter(|o| o.values != values) else { continue };
            if self.timeframe.is_some_and(|t| between(old.at, e.at) > t) {
                continue;
            }
            let mut doc = (*e.doc).clone();
            doc.insert("old_value".into(), old.values.into());
            doc.insert("new_value".into(), values.into());
            self.matches.push(doc);
        }
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }

    fn save(&self) -> Value {
        if self.seen.is_empty() { Value::Null } else { saved(&self.seen) }
    }

    fn restore(&mut self, state: Value) -> Result<(), serde_json::Error> {
        self.seen = serde_json::from_value(state)?;
        Ok(())
    }
}
