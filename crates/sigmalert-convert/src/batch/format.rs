//! How converted documents are laid out in files and streams.

use crate::{Converted, Query, Target, index_pattern, saved_search};
use serde_json::{Map, Value, json};
use sigmalert_elastalert::one_line;
use sigmalert_sigma::yaml;
use sigmalert_sigma::{Attributes, Level, Status};
use std::fmt::Write as _;

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

/// A document laid out, and what a stream needs to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The title of the Sigma document.
    pub title: String,
    /// The index pattern.
    pub index: String,
    /// The field that holds the time of an event.
    pub timestamp: String,
    /// The document, ending in a line end.
    pub text: String,
    /// The options of a rule file.
    pub options: Option<yaml::Value>,
}

impl Rendered {
    /// Lays out a document; `source` is its Sigma file.
    pub fn new(attributes: &Attributes, converted: &Converted, source: &str, target: Target, format: Format) -> Self {
        let record = || record(attributes, converted, source);
        let mut options = None;
        let text = match (&converted.query, format) {
            _ if target == Target::KibanaNdjson => format!("{}\n", saved_search(attributes, converted)),
            (Query::RuleFile(r), Format::Yaml) => yaml::emit(options.insert(r.to_yaml())),
            (Query::Dsl(q), Format::Text) => format!("{:#}\n", json!({ "query": q })),
            (_, Format::Text) => format!("{}\n", converted.query),
            (_, Format::Yaml) => yaml::emit(&record().into()),
            (_, Format::Json) => format!("{:#}\n", record()),
            (_, Format::Ndjson) => format!("{}\n", record()),
        };
        let title = one_line(&attributes.title);
        Self { title, index: converted.index.clone(), timestamp: converted.timestamp.clone(), text, options }
    }
}

/// Documents as the content of one file: the only document of its own file, or all of a stream.
pub fn layout(pieces: &[&Rendered], target: Target, format: Format) -> String {
    let mut out = String::with_capacity(pieces.iter().map(|p| p.text.len() + p.title.len() + 4).sum());
    if target == Target::KibanaNdjson {
        // Saved searches refer to index patterns, which an import must bring along.
        let mut seen: Vec<&str> = Vec::new();
        for p in pieces {
            if !seen.contains(&p.index.as_str()) {
                seen.push(&p.index);
                _ = writeln!(out, "{}", index_pattern(&p.index, &p.timestamp));
            }
        }
    }
    let several = pieces.len() > 1;
    for (i, p) in pieces.iter().enumerate() {
        match format {
            Format::Yaml if several => out.push_str("---\n"),
            // One query alone can be handed on as it is.
            Format::Text if several => _ = writeln!(out, "# {}", p.title),
            _ => {}
        }
        out.push_str(&p.text);
        match format {
            Format::Text if several => out.push('\n'),
            Format::Json if several && i + 1 < pieces.len() => {
                out.pop();
                out.push_str(",\n");
            }
            _ => {}
        }
    }
    out
}

/// A stream of documents; as JSON it is a list, also of one or none.
pub fn stream(pieces: &[&Rendered], target: Target, format: Format) -> String {
    let body = layout(pieces, target, format);
    if format == Format::Json { format!("[\n{body}]\n") } else { body }
}

/// A document as data: rule files as they are, queries with what belongs to them.
fn record(a: &Attributes, c: &Converted, source: &str) -> Value {
    let query = match &c.query {
        Query::RuleFile(r) => return r.to_yaml().into(),
        Query::Text(t) => Value::from(t.as_str()),
        Query::Dsl(v) => v.clone(),
    };
    let mut out = Map::new();
    out.insert("title".into(), a.title.as_str().into());
    let words = [
        ("id", a.id.as_deref()),
        ("level", a.level.map(Level::name)),
        ("status", a.status.map(Status::name)),
        ("source", Some(source)),
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
