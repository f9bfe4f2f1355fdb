//! The fields that data or an index has, beside those that rules need.

use super::Rules;
use serde_json::Value;
use sigmalert_matcher::events::EventSchema;
use sigmalert_matcher::events::source::document;
use sigmalert_matcher::events::source::{Batch, Source};
use sigmalert_query::{FieldType, Schema, StoredCase, Test};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// How many documents are looked at: fields repeat soon.
const MAX_DOCUMENTS: usize = 100_000;
/// How many near names are told.
const MAX_NEAREST: usize = 3;

/// The fields there are, with what is known of each.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The type in the index, and whether a normalizer folds its case; nothing for data.
    fields: BTreeMap<String, Option<(String, bool)>>,
}

/// A field that rules need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededField {
    /// Its name.
    pub field: String,
    /// How many rules ask for it.
    pub rules: usize,
    /// Whether it is there.
    pub known: FieldState,
    /// Fields that are there, of nearly this name.
    pub nearest: Vec<String>,
}

/// See [`NeededField`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldState {
    /// It is not there.
    Missing,
    /// It is.
    There {
        /// Its type in the index.
        kind: Option<String>,
        /// Whether comparisons mind letter case there, and a rule compares letters.
        minds_case: bool,
    },
}

impl Inventory {
    /// The fields of documents.
    ///
    /// # Errors
    /// In words, when a file cannot be read.
    pub fn of_events(files: &[PathBuf], event_schema: EventSchema) -> Result<Self, String> {
        let mut out = Self::default();
        let mut count = 0;
        for path in files {
            let mut source = Source::open(path).map_err(|m| format!("{}: {m}", path.display()))?;
            let mut batch = Batch::default();
            while count < MAX_DOCUMENTS && source.read(&mut batch) {
                for item in &batch.items {
                    count += 1;
                    let text = document(&item.body, &batch.bytes, event_schema);
                    let Ok(mut value) = serde_json::from_slice::<Value>(&text) else { continue };
                    // Samples with what is expected of them.
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

    /// The fields of an index, from the answer to `_mapping`.
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

    /// True when there is no field.
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
                // The same name in another object is near, too.
                let distance = if last(name) == wanted.1 { whole.min(2) } else { whole };
                (distance <= 2.max(field.len() / 6)).then_some((distance, name))
            })
            .collect();
        found.sort();
        found.into_iter().take(MAX_NEAREST).map(|(_, n)| n.clone()).collect()
    }
}

/// The fields that rules need, the most needed first.
pub fn needs(rules: &Rules, inventory: &Inventory, schema: &Schema) -> Vec<NeededField> {
    // For each field how many rules ask for it, and whether one compares letters.
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
            let known = match inventory.fields.get(field) {
                None => FieldState::Missing,
                Some(Some((kind, normalized))) => FieldState::There {
                    kind: Some(kind.clone()),
                    minds_case: letters
                        && !normalized
                        && matches!(kind.as_str(), "keyword" | "wildcard" | "constant_keyword" | "flattened"),
                },
                Some(None) => {
                    let info = schema.field(field);
                    let cased = matches!(info.kind, FieldType::Keyword | FieldType::Wildcard) && info.case == StoredCase::AsIs;
                    FieldState::There { kind: None, minds_case: letters && cased }
                }
            };
            let nearest = if known == FieldState::Missing { inventory.nearest(field) } else { Vec::new() };
            NeededField { field: field.to_owned(), rules, known, nearest }
        })
        .collect();
    out.sort_by(|a, b| {
        (b.known == FieldState::Missing, b.rules).cmp(&(a.known == FieldState::Missing, a.rules)).then_with(|| a.field.cmp(&b.field))
    });
    out
}
