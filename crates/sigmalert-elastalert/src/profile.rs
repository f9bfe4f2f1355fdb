//! Profiles: partial rule files with placeholders, which configure alerting.
//!
//! A profile is YAML with [minijinja](https://docs.rs/minijinja) placeholders in its texts. A text that is a single
//! placeholder becomes its value: a list, a number, a mapping. A text without placeholders is written unchanged, so that
//! ElastAlert expands `${NAME}` in it. Values of placeholders are never expanded.

use crate::template_context::TemplateContext;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use sigmalert_sigma::yaml::{self, Kind, Node, Pos, Scalar, Value};
use sigmalert_support::read::read_file;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

macro_rules! builtin {
    ($($name:literal),*) => { [$(($name, include_str!(concat!("../profiles/", $name, ".yml")))),*] };
}

const BUILTIN: [(&str, &str); 10] =
    builtin!["debug", "slack", "mattermost", "email", "telegram", "jira", "http", "thehive", "kibana", "opensearch"];
/// The largest profile.
const MAX_BYTES: usize = 1 << 20;

/// An error in a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{}: {message}", .file.display(), if .pos.is_known() { ":" } else { "" }, if .pos.is_known() { .pos.to_string() } else { String::new() })]
pub struct ProfileError {
    /// The file, or the name of a built-in profile.
    pub file: PathBuf,
    /// The position in the file.
    pub pos: Pos,
    /// What is wrong.
    pub message: String,
}

/// One profile, or several merged ones. It can be shared between threads.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    entries: Vec<(String, Template)>,
}

/// A value with placeholders.
#[derive(Debug, Clone)]
enum Template {
    Fixed(Value),
    List(Vec<Template>),
    Map(Vec<(String, Template)>),
    Text(Arc<Text>),
}

#[derive(Debug)]
struct Text {
    file: PathBuf,
    pos: Pos,
    environment: Environment<'static>,
    /// The expression, if the text is a single one: its value keeps its type.
    whole: Option<String>,
}

/// The name of the template in its environment.
const TEXT: &str = "text";

impl Profile {
    /// Returns the names of the built-in profiles.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(n, _)| *n)
    }

    /// Returns the text of a built-in profile.
    pub fn builtin_text(name: &str) -> Option<&'static str> {
        BUILTIN.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
    }

    /// Loads a built-in profile by name, or one from a file.
    ///
    /// # Errors
    /// If it cannot be read, is not a mapping, or has an invalid placeholder.
    pub fn load(name_or_path: &str) -> Result<Self, ProfileError> {
        let path = Path::new(name_or_path);
        if let Some(text) = Self::builtin_text(name_or_path) {
            return Self::from_text(text, path);
        }
        let fail = |message: String| ProfileError { file: path.to_owned(), pos: Pos::default(), message };
        let known = || Self::builtin_names().collect::<Vec<_>>().join(", ");
        let text = read_file(path, MAX_BYTES).map_err(|m| fail(format!("{m}; {} are built in", known())))?;
        Self::from_text(&text, path)
    }

    /// Parses a profile. `path` is used in messages.
    ///
    /// # Errors
    /// If it is not a mapping, sets an option that comes from the Sigma rule, or has an invalid placeholder.
    pub fn from_text(text: &str, path: &Path) -> Result<Self, ProfileError> {
        let fail = |pos: Pos, message: String| ProfileError { file: path.to_owned(), pos, message };
        let documents = yaml::parse_all(text, &yaml::Limits::default()).map_err(|e| fail(e.pos, e.message))?;
        let [document] = documents.as_slice() else {
            return Err(fail(Pos::default(), "must contain exactly one YAML document".into()));
        };
        let Some(entries) = document.as_map() else {
            return Err(fail(document.pos, format!("expected a mapping of rule options, found {}", document.describe())));
        };
        let mut out = Self::default();
        for (key, node) in entries {
            if OURS.contains(&key.text.as_ref()) {
                return Err(fail(key.pos, format!("`{}` is set from the Sigma rule; a profile cannot set it", key.text)));
            }
            out.entries.push((key.text.to_string(), template(node, path)?));
        }
        // An undefined placeholder is an error of the profile, not of the first rule.
        out.render(&TemplateContext::sample().to_value())?;
        Ok(out)
    }

    /// Merges another profile into this one. Its options take precedence.
    #[must_use]
    pub fn with(mut self, over: Self) -> Self {
        for (key, value) in over.entries {
            match self.entries.iter_mut().find(|(k, _)| *k == key) {
                // The alerters of both profiles are used.
                Some((k, Template::List(mine))) if k == "alert" => match value {
                    Template::List(theirs) => mine.extend(theirs),
                    other => mine.push(other),
                },
                Some((_, mine)) => *mine = value,
                None => self.entries.push((key, value)),
            }
        }
        self
    }

    /// Returns the options that are the same for every rule.
    pub fn shared(&self) -> impl Iterator<Item = (&str, Value)> {
        self.entries.iter().filter_map(|(k, t)| t.fixed().map(|v| (k.as_str(), v)))
    }

    /// Returns whether it has no options.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Renders the options for one rule. Options whose placeholders are empty are omitted.
    ///
    /// # Errors
    /// If a placeholder is undefined.
    pub fn render(&self, context: &minijinja::Value) -> Result<Vec<(String, Value)>, ProfileError> {
        let mut out = Vec::with_capacity(self.entries.len());
        for (key, t) in &self.entries {
            if let Some(v) = t.render(context)? {
                out.push((key.clone(), v));
            }
        }
        let mut seen = BTreeSet::new();
        for (key, value) in &mut out {
            if let (true, Value::List(items)) = (key == "alert", value) {
                items.retain(|i| seen.insert(yaml::emit(i)));
            }
        }
        Ok(out)
    }
}

/// Options that only the Sigma rule sets.
const OURS: [&str; 6] = ["name", "type", "filter", "sigmalert", "timestamp_field", "timestamp_type"];

fn template(node: &Node<'_>, file: &Path) -> Result<Template, ProfileError> {
    Ok(match &node.kind {
        Kind::Seq(items) => Template::List(items.iter().map(|i| template(i, file)).collect::<Result<_, _>>()?),
        Kind::Map(entries) => {
            Template::Map(entries.iter().map(|(k, v)| Ok((k.text.to_string(), template(v, file)?))).collect::<Result<_, _>>()?)
        }
        Kind::Scalar(Scalar::Str(s)) if s.contains("{{") || s.contains("{%") || s.contains("{#") => {
            Template::Text(Arc::new(Text::new(s, node.pos, file)?))
        }
        Kind::Scalar(Scalar::Str(s)) if s.contains('$') => Template::Fixed(Value::Environment(s.to_string())),
        Kind::Scalar(_) => Template::Fixed(node.to_value()),
    })
}

impl Text {
    fn new(text: &str, pos: Pos, file: &Path) -> Result<Self, ProfileError> {
        let fail = |e: minijinja::Error| ProfileError { file: file.to_owned(), pos, message: reason(&e) };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // Bounds endless loops.
        environment.set_fuel(Some(100_000));
        environment.add_template_owned(TEXT, text.to_owned()).map_err(fail)?;
        let inner = text.trim().strip_prefix("{{").and_then(|t| t.strip_suffix("}}")).filter(|t| !t.contains("{{") && !t.contains("}}"));
        if let Some(inner) = inner {
            environment.compile_expression(inner).map_err(fail)?;
        }
        let whole = inner.map(str::to_owned);
        Ok(Self { file: file.to_owned(), pos, environment, whole })
    }

    fn render(&self, context: &minijinja::Value) -> Result<Value, ProfileError> {
        let fail = |e: minijinja::Error| ProfileError { file: self.file.clone(), pos: self.pos, message: reason(&e) };
        if let Some(expression) = &self.whole {
            let value = self.environment.compile_expression(expression).and_then(|e| e.eval(context)).map_err(fail)?;
            if value.is_undefined() {
                return Err(ProfileError {
                    file: self.file.clone(),
                    pos: self.pos,
                    message: format!("there is no `{}`; docs/guide/profiles.md lists the placeholders", expression.trim()),
                });
            }
            let json = serde_json::to_value(&value).unwrap_or_default();
            return Ok(json.into());
        }
        self.environment.get_template(TEXT).and_then(|t| t.render(context)).map(Value::Str).map_err(fail)
    }
}

fn reason(e: &minijinja::Error) -> String {
    match e.detail() {
        Some(d) => format!("{}: {d}", e.kind()),
        None if e.kind() == ErrorKind::UndefinedError => format!("{}; docs/guide/profiles.md lists the placeholders", e.kind()),
        None => e.kind().to_string(),
    }
}

impl Template {
    /// The value, if it has no placeholder.
    fn fixed(&self) -> Option<Value> {
        match self {
            Self::Fixed(v) => Some(v.clone()),
            Self::List(items) => items.iter().map(Self::fixed).collect::<Option<_>>().map(Value::List),
            Self::Map(entries) => entries.iter().map(|(k, t)| t.fixed().map(|v| (k.clone(), v))).collect::<Option<_>>().map(Value::Map),
            Self::Text(_) => None,
        }
    }

    /// The rendered value, unless it is empty.
    fn render(&self, context: &minijinja::Value) -> Result<Option<Value>, ProfileError> {
        Ok(Some(match self {
            Self::Fixed(v) => v.clone(),
            Self::List(items) => {
                Value::List(items.iter().map(|i| i.render(context)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
            }
            Self::Map(entries) => {
                let mut out = Vec::with_capacity(entries.len());
                for (k, t) in entries {
                    if let Some(v) = t.render(context)? {
                        out.push((k.clone(), v));
                    }
                }
                Value::Map(out)
            }
            Self::Text(t) => match t.render(context)? {
                Value::Null => return Ok(None),
                Value::Str(s) if s.is_empty() => return Ok(None),
                Value::List(l) if l.is_empty() => return Ok(None),
                Value::Map(m) if m.is_empty() => return Ok(None),
                v => v,
            },
        }))
    }
}
