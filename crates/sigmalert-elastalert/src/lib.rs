//! The ElastAlert 2 rule file: what it holds, and how it is written.

mod document;
mod extension;
mod facts;
pub mod filter;
mod kind;
pub mod lint;
pub mod load;
mod names;
pub mod options;
pub mod praeco;
mod profile;
pub mod typed;
pub mod upgrade;

pub use document::Document;
pub use extension::{CorrelationSpec, CorrelationTrigger, Member, MemberSource};
pub use facts::{Destination, Field, TemplateContext, kind_of, usual_fields};
pub use kind::{Comparison, DEFAULT_TIMEFRAME, RuleType, TypeError, from_aggregation, from_correlation};
pub use names::{one_line, unique_names};
pub use profile::{Profile, ProfileError};

use serde_json::json;
use sha2::{Digest, Sha256};
use sigmalert_sigma::yaml::{self, Value};
use sigmalert_sigma::{Attributes, Level};
use sigmalert_support::hex::hex;
use std::collections::BTreeMap;

/// The rule type that ElastAlert does not have and sigmalert runs: correlations beyond ElastAlert's types.
pub const EXTENSION_TYPE: &str = "sigmalert.correlation";

/// A rule file, complete: ElastAlert 2 loads it and Praeco opens it as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleFile {
    /// Unique among all rules that one ElastAlert loads.
    pub name: String,
    /// What it detects.
    pub description: String,
    /// Index pattern; several divided by commas.
    pub index: String,
    /// Rule type and its options.
    pub kind: RuleType,
    /// The field that holds the time of an event.
    pub timestamp_field: String,
    /// What events must match.
    pub filter: Filter,
    /// 1 is the most urgent.
    pub priority: u8,
    /// Title, id and the like of the Sigma rule.
    pub sigma: Attributes,
    /// Where the rule came from, for the `sigmalert:` block.
    pub origin: Origin,
    /// Options that a profile gave: they go before what is said here by default.
    pub options: Vec<(String, Value)>,
    /// What Praeco's page needs, where the file is for Praeco.
    pub praeco: Option<Praeco>,
}

/// What Praeco's page needs in a rule file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Praeco {
    /// The rule's path below the rules folder, divided by `/`, without an ending.
    pub path: String,
    /// The tree of the query builder, where the query fits its grammar.
    pub query_builder: Option<String>,
}

/// The one filter of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// `query_string`
    QueryString(String),
    /// A Query DSL body.
    Dsl(serde_json::Value),
}

impl Filter {
    /// The list under `filter`.
    pub fn to_yaml(&self) -> Value {
        match self {
            // The one form that ElastAlert unwraps and Praeco reads.
            Self::QueryString(q) => json!([{"query": {"query_string": {"query": q}}}]).into(),
            Self::Dsl(body) => Value::List(vec![body.clone().into()]),
        }
    }
}

/// Where a rule file came from. Written as its `sigmalert:` block, which ElastAlert ignores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The file of the Sigma rule, relative to the folder that was converted.
    pub source: Option<String>,
    /// Name of the mapping.
    pub mapping: String,
    /// SHA-256 of what the rule asks, independent of its prose; changes when the detection changes.
    pub hash: String,
}

/// Digest of options by their meaning, whatever form they are written in. A rule file carries that of its options
/// (`written` in its `sigmalert:` block), so that it tells by itself whether it was edited.
pub fn digest<'v>(options: impl Iterator<Item = &'v (String, Value)>) -> String {
    let mut hasher = Sha256::new();
    // The order is no part of the meaning.
    let sorted: BTreeMap<&str, serde_json::Value> = options.map(|(k, v)| (k.as_str(), v.clone().into())).collect();
    for (key, value) in sorted {
        hasher.update(format!("{key}\0{value}\0"));
    }
    hex(&hasher.finalize()[..8])
}

/// Priority by level: ElastAlert and Praeco take 1 for the most urgent.
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
    /// The file as a YAML tree, keys in the order a person reads them.
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
        put("type", self.kind.name().into());
        for (key, value) in self.kind.options() {
            put(key, value);
        }
        put("filter", self.filter.to_yaml());
        put("realert", self.kind.realert());
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

    /// The file as text.
    pub fn to_text(&self) -> String {
        yaml::emit(&self.to_yaml())
    }
}
