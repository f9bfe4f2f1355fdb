//! Field mappings: what a Sigma logsource and its fields become in one index schema.
//!
//! A mapping is a YAML file; `docs/reference/mappings.md` describes it. Two are built in, [`Mapping::builtin`] names them.
//! [`Mapping::apply`] takes a rule's expression in Sigma's field names and gives the expression on the index,
//! together with everything the user should know of what happened on the way.

mod apply;
mod coverage;
mod file;
mod target;
mod transform;

pub use apply::{Applied, FieldLocation, Note, NoteKind};
pub use coverage::{Coverage, LogsourceFields};

use file::{Common, File, LogsourceFilter, TypeSpec};
use rustc_hash::{FxHashMap, FxHashSet};
use sigmalert_query::lang::lucene;
use sigmalert_query::text::Analyzer;
use sigmalert_query::{Expr, FieldInfo, FieldName, FieldType, Schema, StoredCase};
use sigmalert_sigma::Logsource;
use sigmalert_support::read::read_file;
use std::path::{Path, PathBuf};
use target::Target;

const BUILTIN: [(&str, &str); 3] = [
    ("winlogbeat", include_str!("../../field-mappings/winlogbeat.yml")),
    ("wazuh", include_str!("../../field-mappings/wazuh.yml")),
    ("sigma", include_str!("../../field-mappings/sigma.yml")),
];
/// What raw Windows events can be shaped to.
const EVENTS: [&str; 3] = ["sigma", "winlogbeat", "wazuh"];

/// How many files may extend each other.
const MAX_EXTENDS: usize = 8;
/// How large a mapping file may be.
const MAX_BYTES: usize = 16 << 20;

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {message}", .file.display())]
pub struct MappingError {
    /// The file, or the name of a built-in mapping.
    pub file: PathBuf,
    /// What is wrong, with line and column where they are known.
    pub message: String,
}

/// A field mapping, ready to be applied. It can be shared by threads.
#[derive(Debug)]
pub struct Mapping {
    name: String,
    description: String,
    timestamp: String,
    index: String,
    events: Option<String>,
    schema: Schema,
    /// Names and name patterns with whether values are stored JSON-escaped, the longest first.
    encodings: Vec<(String, bool)>,
    top: Layer,
    logsources: Vec<Entry>,
}

/// One level of statements about fields.
#[derive(Debug, Default)]
struct Layer {
    fields: FxHashMap<String, Target>,
    default: Option<String>,
    keyword: Option<Vec<FieldName>>,
}

/// A logsource of a mapping.
#[derive(Debug)]
struct Entry {
    when: LogsourceFilter,
    layer: Layer,
    condition: Option<Expr>,
    unsupported: Option<String>,
    index: Option<String>,
    timestamp: Option<String>,
    sources: Vec<Source>,
}

/// One kind of events that serve a logsource.
#[derive(Debug)]
struct Source {
    condition: Expr,
    layer: Layer,
    absent: FxHashSet<String>,
}

impl Mapping {
    /// The names of the built-in mappings.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(n, _)| *n)
    }

    /// The text of a built-in mapping.
    pub fn builtin_text(name: &str) -> Option<&'static str> {
        BUILTIN.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
    }

    /// A built-in mapping.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn builtin(name: &str) -> Result<Self, MappingError> {
        match Self::builtin_text(name) {
            Some(text) => Self::from_text(text, Path::new(name)),
            None => Err(MappingError {
                file: name.into(),
                message: format!("there is no such mapping; {} are built in, anything else is the path of a file", builtin_list()),
            }),
        }
    }

    /// A built-in mapping by name, or one from a file.
    ///
    /// # Errors
    /// When it cannot be read, or says what makes no sense.
    pub fn load(name_or_path: &str) -> Result<Self, MappingError> {
        if Self::builtin_text(name_or_path).is_some() {
            return Self::builtin(name_or_path);
        }
        let path = Path::new(name_or_path);
        let looks_like_path = name_or_path.contains(['/', '\\', '.']);
        if !looks_like_path && !path.exists() {
            return Self::builtin(name_or_path);
        }
        Self::from_text(&read(path)?, path)
    }

    /// A mapping from text; `path` is for messages, and `extends` is looked for beside it.
    ///
    /// # Errors
    /// When it says what makes no sense.
    pub fn from_text(text: &str, path: &Path) -> Result<Self, MappingError> {
        let file = assemble(text, path, 0)?;
        Self::compile(file, path)
    }

    fn compile(file: File, path: &Path) -> Result<Self, MappingError> {
        let fail = |message: String| MappingError { file: path.to_owned(), message };
        let mut schema = Schema::default();
        let mut encodings: Vec<(String, bool)> = Vec::new();
        for (name, spec) in &file.types {
            let info = field_info(spec).map_err(|m| fail(format!("types.{name}: {m}")))?;
            schema.set(name.clone(), info);
            match spec.encoding.as_deref() {
                None => encodings.push((name.clone(), false)),
                Some("json") => encodings.push((name.clone(), true)),
                Some(other) => return Err(fail(format!("types.{name}: unknown encoding `{other}`; the only one is json"))),
            }
        }
        if encodings.iter().all(|(_, json)| !json) {
            encodings.clear();
        }
        encodings.sort_by_key(|(name, _)| std::cmp::Reverse((!name.contains('*'), name.len())));
        let condition = |text: &str, place: &str| -> Result<Expr, MappingError> {
            lucene::parse(text, &schema).map_err(|e| fail(format!("{place}: {e}")))
        };
        let mut logsources = Vec::new();
        for (i, spec) in file.logsources.iter().enumerate() {
            let place = format!("logsources[{i}]");
            let when = &spec.when;
            if when.product.is_none() && when.category.is_none() && when.service.is_none() {
                return Err(fail(format!("{place}.when: is empty; give product, category or service")));
            }
            if spec.condition.is_some() && !spec.sources.is_empty() {
                return Err(fail(format!("{place}: has both a condition and sources; each source has its own condition")));
            }
            let mut sources = Vec::new();
            for s in &spec.sources {
                let place = format!("{place}.sources.{}", s.name);
                let common = Common { fields: s.fields.clone(), ..Common::default() };
                sources.push(Source {
                    condition: condition(&s.condition, &format!("{place}.condition"))?,
                    layer: layer(&common, &place).map_err(&fail)?,
                    absent: s.absent.iter().cloned().collect(),
                });
            }
            logsources.push(Entry {
                when: when.clone(),
                layer: layer(&spec.common, &place).map_err(&fail)?,
                condition: spec.condition.as_deref().map(|c| condition(c, &format!("{place}.condition"))).transpose()?,
                unsupported: spec.unsupported.clone(),
                index: spec.common.index.clone(),
                timestamp: spec.common.timestamp.clone(),
                sources,
            });
        }
        if let Some(other) = file.events.as_deref().filter(|e| !EVENTS.contains(e)) {
            return Err(fail(format!("events: unknown event schema `{other}`; the schemas are {}", EVENTS.join(", "))));
        }
        let stem = || path.file_stem().map_or_else(|| "mapping".into(), |s| s.to_string_lossy().into_owned());
        Ok(Self {
            name: file.name.unwrap_or_else(stem),
            description: file.description.unwrap_or_default(),
            timestamp: file.common.timestamp.clone().unwrap_or_else(|| "@timestamp".into()),
            index: file.common.index.clone().unwrap_or_else(|| "*".into()),
            events: file.events,
            top: layer(&file.common, "").map_err(&fail)?,
            schema,
            encodings,
            logsources,
        })
    }

    /// The name that outputs carry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the mapping is for.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The shape that raw Windows events have in the index: `sigma`, `winlogbeat` or `wazuh`.
    pub fn events(&self) -> Option<&str> {
        self.events.as_deref()
    }

    /// The types of the index's fields.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The logsources it speaks of, as `product/category/service`, and whether it has a place for their events.
    pub fn logsources(&self) -> impl Iterator<Item = (Logsource, bool)> {
        self.logsources.iter().map(|e| {
            let l = Logsource {
                product: e.when.product.clone(),
                category: e.when.category.clone(),
                service: e.when.service.clone(),
                ..Logsource::default()
            };
            (l, e.unsupported.is_none())
        })
    }
}

fn builtin_list() -> String {
    Mapping::builtin_names().collect::<Vec<_>>().join(", ")
}

fn read(path: &Path) -> Result<String, MappingError> {
    read_file(path, MAX_BYTES).map_err(|m| MappingError { file: path.to_owned(), message: format!("{m}; {} are built in", builtin_list()) })
}

fn assemble(text: &str, path: &Path, depth: usize) -> Result<File, MappingError> {
    let fail = |message: String| MappingError { file: path.to_owned(), message };
    let own: File = serde_yaml::from_str(text).map_err(|e| fail(e.to_string()))?;
    let in_logsources = own.logsources.iter().flat_map(|l| l.unknown.keys());
    if let Some(key) = own.unknown.keys().chain(in_logsources).next() {
        return Err(fail(format!(
            "unknown key `{key}`; at the top there are name, description, extends, events, timestamp, index, keyword, default, types, fields, \
             logsources, and in a logsource when, condition, sources, unsupported, timestamp, index, keyword, default, fields"
        )));
    }
    let Some(base) = own.extends.clone() else { return Ok(own) };
    if depth >= MAX_EXTENDS {
        return Err(fail(format!("`extends` goes deeper than {MAX_EXTENDS} files, or in a circle")));
    }
    let base = if let Some(text) = Mapping::builtin_text(&base) {
        assemble(text, Path::new(&base), depth + 1)?
    } else {
        let beside = path.parent().unwrap_or(Path::new("")).join(&base);
        assemble(&read(&beside)?, &beside, depth + 1)?
    };
    Ok(own.over(base))
}

fn layer(common: &Common, place: &str) -> Result<Layer, String> {
    let mut fields = FxHashMap::default();
    for (name, spec) in &common.fields {
        let target = Target::compile(spec).map_err(|m| format!("{place}.fields.{name}: {m}").trim_start_matches('.').to_owned())?;
        fields.insert(name.clone(), target);
    }
    if let Some(template) = &common.default
        && !template.contains("{field}")
        && !template.contains("{field:lower_first}")
    {
        return Err(format!("{place}.default: `{template}` lacks {{field}}").trim_start_matches('.').to_owned());
    }
    Ok(Layer {
        fields,
        default: common.default.clone(),
        keyword: common.keyword.as_ref().map(|k| k.as_slice().iter().map(|n| n.as_str().into()).collect()),
    })
}

fn field_info(spec: &TypeSpec) -> Result<FieldInfo, String> {
    let kind = match spec.kind.as_str() {
        "keyword" | "constant_keyword" | "flattened" | "version" => FieldType::Keyword,
        "wildcard" => FieldType::Wildcard,
        "text" | "match_only_text" => FieldType::Text(match &spec.word_characters {
            Some(c) if c.is_ascii() => Analyzer::Characters(c.clone()),
            Some(_) => return Err("word_characters are ASCII".into()),
            None => Analyzer::Standard,
        }),
        "ip" => FieldType::Ip,
        "long" | "integer" | "short" | "byte" | "unsigned_long" => FieldType::Long,
        "double" | "float" | "half_float" | "scaled_float" => FieldType::Double,
        "boolean" => FieldType::Boolean,
        "date" | "date_nanos" => FieldType::Date,
        other => {
            return Err(format!("there is no type `{other}`; the types are keyword, wildcard, text, ip, long, double, boolean, date"));
        }
    };
    let case = match spec.case.as_deref() {
        None => StoredCase::AsIs,
        Some("lower") => StoredCase::Lower,
        Some("upper") => StoredCase::Upper,
        Some(other) => return Err(format!("there is no case `{other}`; it is lower or upper")),
    };
    Ok(FieldInfo { kind, case })
}
