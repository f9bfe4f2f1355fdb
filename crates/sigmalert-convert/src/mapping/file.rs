//! The mapping file as it is written: what serde reads, before anything is resolved.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_yaml::Value;

/// A mapping file.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct File {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    /// The mapping this one is laid over: a built-in name, or a path beside this file.
    #[serde(default)]
    pub extends: Option<String>,
    /// The shape that raw Windows events have in this schema.
    #[serde(default)]
    pub events: Option<String>,
    #[serde(flatten)]
    pub common: Common,
    /// Index types by field name; `*` stands for any run of characters.
    #[serde(default)]
    pub types: IndexMap<String, TypeSpec>,
    #[serde(default)]
    pub logsources: Vec<LogsourceSpec>,
    /// Keys that mean nothing. (serde cannot refuse them where it flattens.)
    #[serde(flatten)]
    pub unknown: IndexMap<String, Value>,
}

/// What stands at the top, in a logsource and in a source alike.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Common {
    #[serde(default)]
    pub timestamp: Option<String>,
    #[serde(default)]
    pub index: Option<String>,
    /// Where keyword searches look.
    #[serde(default)]
    pub keyword: Option<Names>,
    /// The name of fields that nothing else names: `{field}`, `{field:lower_first}`.
    #[serde(default)]
    pub default: Option<String>,
    #[serde(default)]
    pub fields: IndexMap<String, FieldSpec>,
}

/// What a logsource becomes.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct LogsourceSpec {
    pub when: LogsourceFilter,
    /// Lucene `query_string` that selects the events.
    #[serde(default)]
    pub condition: Option<String>,
    /// Why the schema has no place for these events.
    #[serde(default)]
    pub unsupported: Option<String>,
    /// Alternatives: events of several kinds that all serve the logsource.
    #[serde(default)]
    pub sources: Vec<SourceSpec>,
    #[serde(flatten)]
    pub common: Common,
    #[serde(flatten)]
    pub unknown: IndexMap<String, Value>,
}

/// Which rules a logsource entry is for: those that name at least this.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogsourceFilter {
    #[serde(default)]
    pub product: Option<String>,
    #[serde(default)]
    pub category: Option<String>,
    #[serde(default)]
    pub service: Option<String>,
}

/// One kind of events.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceSpec {
    pub name: String,
    pub condition: String,
    #[serde(default)]
    pub fields: IndexMap<String, FieldSpec>,
    /// Sigma fields that events of this kind never have.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// One name or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Names {
    One(String),
    Many(Vec<String>),
}

impl Names {
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(n) => std::slice::from_ref(n),
            Self::Many(n) => n,
        }
    }
}

/// The index type of a field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct TypeSpec {
    pub kind: String,
    /// `lower` or `upper`: the letter case in which values are stored.
    pub case: Option<String>,
    /// `json`: values are stored as the inside of a JSON string.
    pub encoding: Option<String>,
    /// Text: `standard`, or the characters besides letters and digits that words may hold.
    pub word_characters: Option<String>,
}

impl TryFrom<Value> for TypeSpec {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(kind) => Ok(Self { kind, ..Self::default() }),
            Value::Mapping(m) => {
                let mut out = Self::default();
                for (key, value) in m {
                    let (Value::String(key), Value::String(value)) = (key, value) else {
                        return Err("a type is a word, or a mapping of words".into());
                    };
                    match key.as_str() {
                        "type" => out.kind = value,
                        "case" => out.case = Some(value),
                        "encoding" => out.encoding = Some(value),
                        "word_characters" => out.word_characters = Some(value),
                        other => {
                            return Err(format!("unknown key `{other}` in a type; the keys are type, case, encoding, word_characters"));
                        }
                    }
                }
                Ok(out)
            }
            _ => Err("a type is a word such as keyword, or a mapping with `type`".into()),
        }
    }
}

/// What a Sigma field becomes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum FieldSpec {
    /// `null`, or `none: reason`.
    None(Option<String>),
    /// A name, or several of which any may hold the value.
    To(Vec<String>),
    /// Names for values that change on the way.
    With(Box<Transformed>),
}

/// A field whose values are not stored as Sigma has them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Transformed {
    pub to: Vec<String>,
    /// Where values go that are no addresses or numbers.
    pub other: Option<String>,
    /// Sigma's value to the stored one.
    pub values: IndexMap<String, String>,
    /// Text that is left out of values.
    pub strip: Option<String>,
    /// `DOMAIN\name`, stored apart.
    pub account: Option<(String, String)>,
    /// `MD5=..,SHA256=..`, stored apart in lower case.
    pub hashes: IndexMap<String, String>,
    /// `DWORD (0x..)`: the data and its type, stored apart.
    pub registry: Option<(String, String)>,
    /// `Key=value` text, stored apart by key.
    pub pairs: IndexMap<String, String>,
}

impl TryFrom<Value> for FieldSpec {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(Self::None(None)),
            Value::String(s) => Ok(Self::To(vec![s])),
            Value::Sequence(_) => names(&value).map(Self::To),
            Value::Mapping(m) => {
                let mut out = Transformed::default();
                for (key, value) in &m {
                    match text(key)?.as_str() {
                        "none" if m.len() == 1 => return Ok(Self::None(Some(text(value)?))),
                        "none" => return Err("`none` cannot be combined; quote a reason with commas".into()),
                        "to" => out.to = names(value)?,
                        "other" => out.other = Some(text(value)?),
                        "values" => out.values = pairs(value)?,
                        "strip" => out.strip = Some(text(value)?),
                        "account" => out.account = Some(two(value, "domain", "name")?),
                        "hashes" => out.hashes = pairs(value)?,
                        "registry" => out.registry = Some(two(value, "data", "type")?),
                        "pairs" => out.pairs = pairs(value)?,
                        other => {
                            return Err(format!(
                                "unknown key `{other}` in a field; the keys are to, other, values, strip, account, hashes, registry, pairs, none"
                            ));
                        }
                    }
                }
                if out.to.is_empty() && out.account.is_none() && out.hashes.is_empty() && out.registry.is_none() {
                    return Err("a field with transforms needs `to`".into());
                }
                Ok(Self::With(Box::new(out)))
            }
            _ => Err("a field becomes a name, a list of names, null, or a mapping with `to`".into()),
        }
    }
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(s) => Ok(s.clone()),
        Value::Number(n) => Ok(n.to_string()),
        Value::Bool(b) => Ok(b.to_string()),
        _ => Err("expected text".into()),
    }
}

fn names(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Sequence(items) if !items.is_empty() => items.iter().map(text).collect(),
        Value::Sequence(_) => Err("the list of names is empty".into()),
        other => Ok(vec![text(other)?]),
    }
}

fn pairs(value: &Value) -> Result<IndexMap<String, String>, String> {
    match value {
        Value::Mapping(m) => m.iter().map(|(k, v)| Ok((text(k)?, text(v)?))).collect(),
        _ => Err("expected a mapping".into()),
    }
}

fn two(value: &Value, first: &str, second: &str) -> Result<(String, String), String> {
    let mut all = pairs(value)?;
    match (all.shift_remove(first), all.shift_remove(second), all.is_empty()) {
        (Some(a), Some(b), true) => Ok((a, b)),
        _ => Err(format!("expected a mapping with `{first}` and `{second}`")),
    }
}

impl File {
    /// This file laid over another: its own statements win, fields and types merge, a logsource with the same
    /// `when` merges, others are added.
    pub(super) fn over(self, base: Self) -> Self {
        let mut logsources = base.logsources;
        for own in self.logsources {
            match logsources.iter_mut().find(|l| l.when == own.when) {
                Some(l) => {
                    l.common = own.common.over(std::mem::take(&mut l.common));
                    if !own.sources.is_empty() {
                        l.sources = own.sources;
                        l.condition = None;
                    }
                    if own.condition.is_some() {
                        l.condition = own.condition;
                        l.sources.clear();
                    }
                    l.unsupported = own.unsupported;
                }
                None => logsources.push(own),
            }
        }
        let mut types = base.types;
        types.extend(self.types);
        Self {
            name: self.name.or(base.name),
            description: self.description.or(base.description),
            extends: None,
            events: self.events.or(base.events),
            common: self.common.over(base.common),
            types,
            logsources,
            unknown: IndexMap::new(),
        }
    }
}

impl Common {
    fn over(self, base: Self) -> Self {
        let mut fields = base.fields;
        fields.extend(self.fields);
        Self {
            timestamp: self.timestamp.or(base.timestamp),
            index: self.index.or(base.index),
            keyword: self.keyword.or(base.keyword),
            default: self.default.or(base.default),
            fields,
        }
    }
}
