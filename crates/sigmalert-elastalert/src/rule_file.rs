//! A rule file as it is written.

use crate::praeco;
use crate::rule_type::RuleLogic;
use serde_json::json;
use sha2::{Digest, Sha256};
use sigmalert_sigma::yaml::{self, Value};
use sigmalert_sigma::{Attributes, Level};
use sigmalert_support::hex::hex;
use std::collections::BTreeMap;

/// A complete rule file, which ElastAlert 2 loads and Praeco opens.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleFile {
    /// Unique among all rules that one ElastAlert loads.
    pub name: String,
    /// The description of the Sigma rule.
    pub description: String,
    /// Index patterns, separated by commas.
    pub index: String,
    /// What it counts: the rule type and its options.
    pub logic: RuleLogic,
    /// The field with the time of an event.
    pub timestamp_field: String,
    /// The query that events must match.
    pub filter: Filter,
    /// 1 is the most urgent.
    pub priority: u8,
    /// Attributes of the Sigma rule.
    pub sigma: Attributes,
    /// Where the rule comes from. Written as the `sigmalert:` block.
    pub origin: Origin,
    /// Options of a profile. They override the defaults.
    pub options: Vec<(String, Value)>,
    /// Options for Praeco's editor, if the file is for Praeco.
    pub praeco: Option<PraecoFields>,
}

/// Options for Praeco's editor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PraecoFields {
    /// The rule's path below the rules folder, with `/` and without the file extension.
    pub path: String,
    /// The tree of the query builder, if it can express the query.
    pub query_builder: Option<String>,
}

/// The one filter of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// A `query_string` query in Lucene syntax.
    QueryString(String),
    /// A Query DSL body.
    Dsl(serde_json::Value),
}

impl Filter {
    /// Returns the value of `filter`.
    pub fn to_yaml(&self) -> Value {
        Value::List(vec![self.clone().into_entry().into()])
    }

    /// Returns the one entry of `filter` as Query DSL.
    pub fn into_entry(self) -> serde_json::Value {
        match self {
            // The only form that both ElastAlert unwraps and Praeco reads.
            Self::QueryString(q) => json!({"query": {"query_string": {"query": q}}}),
            Self::Dsl(body) => body,
        }
    }
}

/// Where a rule file comes from. Written as its `sigmalert:` block, which ElastAlert ignores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The file of the Sigma rule, relative to the converted folder.
    pub source: Option<String>,
    /// Name of the mapping.
    pub mapping: String,
    /// SHA-256 of the detection. Changes of title, description and the like do not change it.
    pub hash: String,
}

/// Returns a digest of options that does not depend on their order or their YAML form.
///
/// A rule file contains the digest of its options (`written` in its `sigmalert:` block), which shows whether it was edited.
pub fn digest<'v>(options: impl Iterator<Item = &'v (String, Value)>) -> String {
    let mut hasher = Sha256::new();
    // The order is no part of the meaning.
    let sorted: BTreeMap<&str, serde_json::Value> = options.map(|(k, v)| (k.as_str(), v.clone().into())).collect();
    for (key, value) in sorted {
        hasher.update(format!("{key}\0{value}\0"));
    }
    hex(&hasher.finalize()[..8])
}

/// Returns the priority for a level, from 1 (the most urgent) to 5.
pub fn priority(level: Option<Level>) -> u8 {
    match level {
        Some(Level::Critical) => 1,
        Some(Level::High) => 2,
        Some(Level::Medium) | None => 3,
        Some(Level::Low) => 4,
        Some(Level::Informational) => 5,
    }
}

impl RuleFile {
    /// Returns the file as a YAML tree.
    pub fn to_yaml(&self) -> Value {
        let mut out: Vec<(String, Value)> = Vec::new();
        let mut put = |key: &str, value: Value| out.push((key.to_owned(), value));
        put("name", self.name.as_str().into());
        if !self.description.is_empty() {
            put("description", self.description.as_str().into());
        }
        put("is_enabled", true.into());
        put("index", self.index.as_str().into());
        put("use_strftime_index", false.into());
        put("timestamp_field", self.timestamp_field.as_str().into());
        put("timestamp_type", "iso".into());
        put("type", self.logic.name().into());
        for (key, value) in self.logic.options() {
            put(key, value);
        }
        put("filter", self.filter.to_yaml());
        put("realert", self.logic.realert());
        put("priority", Value::Int(self.priority.into()));
        put("alert", Value::List(vec!["debug".into()]));
        put("match_enhancements", Value::List(vec![]));
        let s = &self.sigma;
        let list = |items: &[String]| Value::List(items.iter().map(|i| i.as_str().into()).collect());
        for (key, items) in [("references", &s.references), ("falsepositives", &s.falsepositives), ("tags", &s.tags)] {
            if !items.is_empty() {
                put(key, list(items));
            }
        }
        for (key, value) in &self.options {
            match out.iter_mut().find(|(k, _)| k == key) {
                Some((_, v)) => *v = value.clone(),
                None => out.push((key.clone(), value.clone())),
            }
        }
        if let Some(p) = &self.praeco {
            out.push(("import".into(), praeco::import(p.path.matches('/').count()).into()));
            out.push(("__praeco_full_path".into(), p.path.as_str().into()));
            if let Some(tree) = &p.query_builder {
                out.push(("__praeco_query_builder".into(), tree.as_str().into()));
            }
            for (key, value) in &mut out {
                if praeco::LISTS.contains(&key.as_str()) && value.as_str().is_some() {
                    *value = Value::List(vec![value.clone()]);
                }
                if let (true, Value::Str(text)) = (matches!(key.as_str(), "alert_text" | "alert_subject"), value) {
                    *text = praeco::plain_text(text);
                }
            }
        }
        let mut block: Vec<(String, Value)> = Vec::new();
        let mut note = |key: &str, value: Option<&str>| {
            if let Some(v) = value {
                block.push((key.to_owned(), v.into()));
            }
        };
        note("version", Some(env!("CARGO_PKG_VERSION")));
        note("rule_id", s.id.as_deref());
        note("title", Some(&s.title));
        note("source", self.origin.source.as_deref());
        note("mapping", Some(&self.origin.mapping));
        note("level", s.level.map(Level::name));
        note("status", s.status.map(sigmalert_sigma::Status::name));
        note("author", s.author.as_deref());
        note("date", s.date.as_deref());
        note("modified", s.modified.as_deref());
        note("hash", Some(&self.origin.hash));
        let written = digest(out.iter());
        note("written", Some(&written));
        block.push(("case_insensitive".into(), true.into()));
        out.push(("sigmalert".to_owned(), Value::Map(block)));
        Value::Map(out)
    }

    /// Returns the file as text.
    pub fn to_text(&self) -> String {
        yaml::emit(&self.to_yaml())
    }
}
