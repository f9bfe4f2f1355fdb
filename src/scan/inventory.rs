//! Compares the fields that rules use with those of data or of an index.

use super::Rules;
use serde_json::Value;
use sigmalert_matcher::events::{EventBatch, EventInputError, EventSchema, EventSource};
use sigmalert_query::{FieldType, Schema, StoredCase, Test};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The maximum number of documents to read: new fields are rare after that.
const MAX_DOCUMENTS: usize = 100_000;
/// The maximum number of similar names to suggest.
const MAX_NEAREST: usize = 3;

/// The fields of data or of an index.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The index type, and whether the field has a normalizer; nothing for data.
    fields: BTreeMap<String, Option<(String, bool)>>,
}

/// A file of events whose fields cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", .path.display())]
pub struct InventoryError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub error: EventInputError,
}

/// A field that rules use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededField {
    /// The name.
    pub field: String,
    /// The number of rules that use it.
    pub rules: usize,
    /// Whether the field exists.
    pub state: FieldState,
    /// Existing fields with a similar name.
    pub nearest: Vec<String>,
}

/// Whether a field exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldState {
    /// It does not exist.
    Missing,
    /// It exists.
    Present {
        /// The index type.
        kind: Option<String>,
        /// Whether the field is case-sensitive and a rule compares letters.
        case_sensitive: bool,
    },
}

impl Inventory {
    /// Returns the fields of events.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn of_events(files: &[PathBuf], event_schema: EventSchema) -> Result<Self, InventoryError> {
        let mut out = Self::default();
        let mut count = 0;
        for path in files {
            let mut source = EventSource::open(path).map_err(|error| InventoryError { path: path.clone(), error })?;
            let mut batch = EventBatch::default();
            while count < MAX_DOCUMENTS && source.read(&mut batch) {
                for item in &batch.events {
                    count += 1;
                    let Ok(mut value) = batch.document(item, event_schema).into_value() else { continue };
                    // Events of `test --expect`.
                    if value.get("expect").is_some()
                        && let Some(event) = value.get_mut("event").map(Value::take)
                    {
                        value = event;
                    }
                    out.walk("", &value);
                }
            }
        }
        Ok(out)
    }

    fn walk(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(o) => {
                for (key, inner) in o {
                    let full = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                    self.walk(&full, inner);
                }
            }
            Value::Array(items) => items.iter().for_each(|i| self.walk(name, i)),
            Value::Null => {}
            _ => {
                if !self.fields.contains_key(name) {
                    self.fields.insert(name.to_owned(), None);
                }
            }
        }
    }

    /// Returns the fields of an index from the response to `_mapping`.
    pub fn of_index(mappings: &Value) -> Self {
        let mut out = Self::default();
        for index in mappings.as_object().into_iter().flat_map(|o| o.values()) {
            out.properties("", &index["mappings"]["properties"]);
        }
        out
    }

    fn properties(&mut self, name: &str, properties: &Value) {
        for (key, spec) in properties.as_object().into_iter().flatten() {
            let full = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            if let Some(kind) = spec["type"].as_str().filter(|k| !matches!(*k, "object" | "nested")) {
                self.fields.insert(full.clone(), Some((kind.to_owned(), spec["normalizer"].is_string())));
            }
            self.properties(&full, &spec["properties"]);
            self.properties(&full, &spec["fields"]);
        }
    }

    /// Returns true if there are no fields.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    fn nearest(&self, field: &str) -> Vec<String> {
        let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_lowercase();
        let wanted = (field.to_lowercase(), last(field));
        let mut found: Vec<(usize, &String)> = self
            .fields
            .keys()
            .filter_map(|name| {
                let lower = name.to_lowercase();
                let whole = strsim::damerau_levenshtein(&lower, &wanted.0);
                // The same name in another object is similar, too.
                let distance = if last(name) == wanted.1 { whole.min(2) } else { whole };
                (distance <= 2.max(field.len() / 6)).then_some((distance, name))
            })
            .collect();
        found.sort();
        found.into_iter().take(MAX_NEAREST).map(|(_, n)| n.clone()).collect()
    }
}

/// Returns the fields that rules use: missing fields first, then by number of rules.
pub fn needs(rules: &Rules, inventory: &Inventory, schema: &Schema) -> Vec<NeededField> {
    // For each field the number of rules that use it, and whether one compares letters.
    let mut fields: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for rule in &rules.rules {
        let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
        let mut others: BTreeSet<&str> = BTreeSet::new();
        rule.expr.for_each_test(&mut |field, test| {
            if let Some(f) = field {
                let letters = matches!(test, Test::Pattern(p) if p.has_cased_letter());
                *seen.entry(f).or_default() |= letters;
            }
            if let Test::Field(other) = test {
                others.insert(&other.other);
            }
        });
        others.into_iter().for_each(|o| _ = seen.entry(o).or_default());
        for (field, letters) in seen {
            let entry = fields.entry(field).or_default();
            entry.0 += 1;
            entry.1 |= letters;
        }
    }
    let mut out: Vec<NeededField> = fields
        .into_iter()
        .map(|(field, (rules, letters))| {
            let state = match inventory.fields.get(field) {
                None => FieldState::Missing,
                Some(Some((kind, normalized))) => FieldState::Present {
                    kind: Some(kind.clone()),
                    case_sensitive: letters
                        && !normalized
                        && matches!(kind.as_str(), "keyword" | "wildcard" | "constant_keyword" | "flattened"),
                },
                Some(None) => {
                    let info = schema.field(field);
                    let cased = matches!(info.kind, FieldType::Keyword | FieldType::Wildcard) && info.case == StoredCase::AsIs;
                    FieldState::Present { kind: None, case_sensitive: letters && cased }
                }
            };
            let nearest = if state == FieldState::Missing { inventory.nearest(field) } else { Vec::new() };
            NeededField { field: field.to_owned(), rules, state, nearest }
        })
        .collect();
    out.sort_by(|a, b| {
        (b.state == FieldState::Missing, b.rules).cmp(&(a.state == FieldState::Missing, a.rules)).then_with(|| a.field.cmp(&b.field))
    });
    out
}
