//! How converted documents are laid out in files and streams.

use crate::convert::{Converted, Query, Target, saved_objects};
use crate::sigma::{Attributes, Level, Status};
use crate::yaml;
use serde_json::{Map, Value, json};

/// The layout of outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The query alone.
    Text,
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// JSON, one document a line.
    Ndjson,
}

impl Format {
    /// All formats with their names.
    pub const ALL: [(&'static str, Self); 4] = [("text", Self::Text), ("yaml", Self::Yaml), ("json", Self::Json), ("ndjson", Self::Ndjson)];

    /// The format a target is written in when none is asked for.
    pub fn of(target: Target) -> Self {
        match target {
            Target::ElastAlert => Self::Yaml,
            Target::Lucene | Target::Kql | Target::Dsl => Self::Text,
            Target::KibanaNdjson => Self::Ndjson,
        }
    }

    /// Whether a target can be written this way.
    pub fn fits(self, target: Target) -> bool {
        match target {
            Target::ElastAlert => self != Self::Text,
            Target::KibanaNdjson => self == Self::Ndjson,
            Target::Lucene | Target::Kql | Target::Dsl => true,
        }
    }

    /// The ending of file names. Rule files end in `.yaml`: Praeco's server looks for no other.
    pub fn extension(self, target: Target) -> &'static str {
        match self {
            Self::Text if target == Target::Dsl => "json",
            Self::Text => "txt",
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
        }
    }
}

/// A converted document with what is said about it.
#[derive(Debug)]
pub struct Item<'a> {
    /// Of the Sigma document.
    pub attributes: &'a Attributes,
    /// What it became.
    pub converted: &'a Converted,
    /// The Sigma file.
    pub source: String,
}

/// One document as the content of its own file.
pub fn single(item: &Item<'_>, target: Target, format: Format) -> String {
    if target == Target::KibanaNdjson {
        return saved_objects([(item.attributes, item.converted)]);
    }
    match (&item.converted.query, format) {
        (Query::RuleFile(r), Format::Yaml) => r.to_text(),
        (Query::Dsl(q), Format::Text) => format!("{:#}\n", json!({ "query": q })),
        (_, Format::Text) => format!("{}\n", item.converted.query),
        (_, Format::Yaml) => yaml::emit(&record(item).into()),
        (_, Format::Json) => format!("{:#}\n", record(item)),
        (_, Format::Ndjson) => format!("{}\n", record(item)),
    }
}

/// Many documents in one text.
pub fn stream(items: &[Item<'_>], target: Target, format: Format) -> String {
    if target == Target::KibanaNdjson {
        return saved_objects(items.iter().map(|i| (i.attributes, i.converted)));
    }
    match format {
        Format::Json => {
            let records: Vec<Value> = items.iter().map(record).collect();
            format!("{:#}\n", Value::Array(records))
        }
        Format::Ndjson => items.iter().map(|i| single(i, target, format)).collect(),
        Format::Yaml if items.len() > 1 => items.iter().map(|i| format!("---\n{}", single(i, target, format))).collect(),
        // One query alone can be handed on as it is.
        Format::Text if items.len() > 1 => items
            .iter()
            .map(|i| format!("# {}\n{}\n", i.attributes.title.split_whitespace().collect::<Vec<_>>().join(" "), single(i, target, format)))
            .collect(),
        Format::Yaml | Format::Text => items.iter().map(|i| single(i, target, format)).collect(),
    }
}

/// A document as data: rule files as they are, queries with what belongs to them.
fn record(item: &Item<'_>) -> Value {
    let c = item.converted;
    let query = match &c.query {
        Query::RuleFile(r) => return r.to_yaml().into(),
        Query::Text(t) => Value::from(t.as_str()),
        Query::Dsl(v) => v.clone(),
    };
    let a = item.attributes;
    let mut out = Map::new();
    out.insert("title".into(), a.title.as_str().into());
    let words = [
        ("id", a.id.as_deref()),
        ("level", a.level.map(Level::name)),
        ("status", a.status.map(Status::name)),
        ("source", Some(&item.source)),
        ("index", Some(&c.index)),
        ("timestamp_field", Some(&c.timestamp)),
    ];
    for (key, value) in words {
        if let Some(v) = value {
            out.insert(key.into(), v.into());
        }
    }
    if !a.tags.is_empty() {
        out.insert("tags".into(), a.tags.clone().into());
    }
    out.insert("query".into(), query);
    Value::Object(out)
}
