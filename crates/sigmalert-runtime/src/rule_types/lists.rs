//! `any`, `blacklist`, `whitelist`: every event is judged on its own.

use super::{Event, RuleEvaluator};
use crate::lookup::{Document, lookup};
use crate::rule::RunRule;
use serde_json::Value;
use std::collections::HashSet;

/// `any`: every event matches.
#[derive(Debug, Default)]
pub(super) struct Any {
    matches: Vec<Document>,
}

impl RuleEvaluator for Any {
    fn events(&mut self, events: &[Event]) {
        self.matches.extend(events.iter().map(|e| (*e.doc).clone()));
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }
}

/// Values that a field is compared with.
#[derive(Debug)]
struct List {
    key: String,
    values: HashSet<String>,
    /// Entries between slashes. The index is asked by them; here they are no values.
    patterns: usize,
}

impl List {
    fn new(option: &str, keys: &[String], entries: &[String], rule: &RunRule) -> Result<Self, String> {
        let key = match keys {
            [one] => one.clone(),
            _ => return Err("`compare_key` of a list names one field".into()),
        };
        let values = rule.list_entries(option, entries)?;
        let patterns = values.iter().filter(|v| v.len() > 1 && v.starts_with('/') && v.ends_with('/')).count();
        Ok(Self { key, values: values.into_iter().collect(), patterns })
    }

    /// The values of an event that are in the list, and those that are not. Nothing where the event has none.
    fn split(&self, doc: &Document) -> Option<(usize, usize)> {
        let value = lookup(doc, &self.key).filter(|v| !v.is_null())?;
        let has = |v: &Value| v.as_str().is_some_and(|s| self.values.contains(s));
        Some(match value.as_ref() {
            // ElastAlert stops such a rule; here each value of the field is looked at.
            Value::Array(items) => {
                let inside = items.iter().filter(|v| has(v)).count();
                (inside, items.len() - inside)
            }
            v if has(v) => (1, 0),
            _ => (0, 1),
        })
    }
}

/// `blacklist`: an event matches that has one of the values.
#[derive(Debug)]
pub(super) struct Blacklist {
    list: List,
    matches: Vec<Document>,
}

impl Blacklist {
    pub fn new(keys: &[String], entries: &[String], rule: &RunRule) -> Result<Self, String> {
        Ok(Self { list: List::new("blacklist", keys, entries, rule)?, matches: Vec::new() })
    }
}

impl RuleEvaluator for Blacklist {
    fn events(&mut self, events: &[Event]) {
        for e in events {
            if self.list.split(&e.doc).is_some_and(|(inside, _)| inside > 0) {
                self.matches.push((*e.doc).clone());
            }
        }
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }
}

/// `whitelist`: an event matches that has another value.
#[derive(Debug)]
pub(super) struct Whitelist {
    list: List,
    ignore_null: bool,
    matches: Vec<Document>,
}

impl Whitelist {
    pub fn new(keys: &[String], entries: &[String], ignore_null: bool, rule: &RunRule) -> Result<Self, String> {
        Ok(Self { list: List::new("whitelist", keys, entries, rule)?, ignore_null, matches: Vec::new() })
    }
}

impl RuleEvaluator for Whitelist {
    fn events(&mut self, events: &[Event]) {
        for e in events {
            let is_match = match self.list.split(&e.doc) {
                None => !self.ignore_null,
                Some((_, outside)) => outside > 0,
            };
            if is_match {
                self.matches.push((*e.doc).clone());
            }
        }
    }

    fn matches(&mut self) -> &mut Vec<Document> {
        &mut self.matches
    }
}

impl Drop for Blacklist {
    fn drop(&mut self) {
        // Entries between slashes widen the query and match nothing: worth a word, once.
        if self.list.patterns > 0 {
            tracing::debug!(patterns = self.list.patterns, "a blacklist had patterns, which match nothing by themselves");
        }
    }
}
