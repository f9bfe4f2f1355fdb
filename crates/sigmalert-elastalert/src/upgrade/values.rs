//! Values that the schema rejects, and missing options.

use super::{Edit, spec_of};
use crate::options::{OptionType, Spec, milliseconds};
use crate::praeco;
use sigmalert_sigma::yaml::{self, Dialect, Limits, Scalar, Value};
use sigmalert_support::units::UNITS;

/// The fix of an option with an invalid value.
#[derive(Debug, Clone, PartialEq)]
pub enum Mended {
    /// The option is removed: its value means the same as no value.
    Removed,
    /// The option gets this value.
    Value(Value),
}

/// Returns the fix of an option, or `None` if the intended value is unclear.
pub fn mended(spec: &Spec, value: &Value) -> Option<Mended> {
    let says_nothing = match (&spec.kind, value) {
        (OptionType::OneOf(_), Value::Str(s)) => s.is_empty() || s == "default",
        (OptionType::SomeTexts, Value::List(items)) => items.is_empty(),
        (_, Value::Null) => !spec.required,
        (OptionType::Nothing, _) => true,
        _ => false,
    };
    if says_nothing { Some(Mended::Removed) } else { coerced(&spec.kind, value).map(Mended::Value) }
}

/// Converts a value to the type that an option takes, if that is unambiguous: `"5"` is 5, `"yes"` is true, text is a list
/// of one.
fn coerced(kind: &OptionType, value: &Value) -> Option<Value> {
    let out = match (kind, value) {
        // ElastAlert's YAML reader decides what a text is without its quotes.
        (OptionType::Integer | OptionType::Number | OptionType::Boolean, Value::Str(s)) => plain(s)?,
        (OptionType::Text, Value::Int(i)) => Value::Str(i.to_string()),
        (OptionType::Text, Value::List(items)) => {
            let texts: Vec<&str> = items.iter().map(Value::as_str).collect::<Option<_>>()?;
            (!texts.is_empty()).then(|| Value::Str(texts.join(",")))?
        }
        (OptionType::OneOf(_), Value::Str(s)) => Value::Str(s.to_lowercase()),
        (OptionType::Texts, Value::Int(i)) => Value::Str(i.to_string()),
        (OptionType::ListOfText | OptionType::List, Value::Str(_) | Value::Environment(_)) => Value::List(vec![value.clone()]),
        (OptionType::ListOfText | OptionType::Texts, Value::List(items)) => Value::List(
            items
                .iter()
                .map(|i| match i {
                    Value::Int(n) => Some(Value::Str(n.to_string())),
                    v if v.as_str().is_some() => Some(v.clone()),
                    _ => None,
                })
                .collect::<Option<_>>()?,
        ),
        (OptionType::ListOfMappings, Value::Map(_)) => Value::List(vec![value.clone()]),
        (OptionType::Time | OptionType::TimeOrSchedule, Value::Map(entries)) => Value::Map(
            entries
                .iter()
                .map(|(unit, count)| {
                    let unit = if unit.ends_with('s') || unit == "schedule" { unit.clone() } else { format!("{unit}s") };
                    let count = match count {
                        Value::Str(s) if unit != "schedule" => plain(s)?,
                        other => other.clone(),
                    };
                    Some((unit, count))
                })
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    };
    kind.check(&out).is_ok().then_some(out)
}

/// The scalar that a text is without quotes.
fn plain(text: &str) -> Option<Value> {
    let documents = yaml::parse_as(text, &Limits::default(), Dialect::Yaml11).ok()?;
    match documents.as_slice() {
        [one] if matches!(one.as_scalar(), Some(Scalar::Bool(..) | Scalar::Int(..) | Scalar::Float(..))) => Some(one.to_value()),
        _ => None,
    }
}

pub(super) fn apply(edit: &mut Edit) {
    let kind = edit.text("type").unwrap_or_default().to_owned();
    for (key, value) in edit.entries.clone() {
        let Some(spec) = spec_of(&key, &kind).filter(|s| s.kind.check(&value).is_err()) else { continue };
        match mended(spec, &value) {
            Some(Mended::Removed) => edit.remove(&key, format!("`{key}` was removed: it had no effect")),
            Some(Mended::Value(v)) => edit.set(&key, v, format!("`{key}` is {}", spec.kind.describe())),
            None => {}
        }
    }
    let empty = matches!(edit.get("alert"), Some(Value::List(items)) if items.is_empty());
    if edit.get("import").is_none() && (edit.get("alert").is_none() || empty) {
        edit.set("alert", Value::List(vec!["debug".into()]), "`alert` was added: debug writes to ElastAlert's log");
    }
    let dated = edit.text("index").is_some_and(|i| ["%Y", "%m", "%d"].iter().any(|t| i.contains(t)));
    if dated && edit.get("use_strftime_index").is_none_or(|v| *v == Value::Bool(false)) {
        edit.set("use_strftime_index", true.into(), "`use_strftime_index` was added, which expands the date in the index");
    }
}

/// Adds and rewrites what Praeco's editor needs.
pub(super) fn for_praeco(edit: &mut Edit, stem: &str) {
    if edit.get("name").is_none() {
        edit.set("name", stem.into(), "`name` was added");
    }
    if edit.get("timestamp_field").is_none() {
        edit.set("timestamp_field", "@timestamp".into(), "`timestamp_field` was added");
    }
    if let Some(alert) = edit.get("alert").filter(|v| v.as_str().is_some()).cloned() {
        edit.set("alert", Value::List(vec![alert]), "`alert` is a list");
    }
    for key in praeco::LISTS.into_iter().filter(|k| *k != "command") {
        if let Some(value) = edit.get(key).filter(|v| v.as_str().is_some()).cloned() {
            edit.set(key, Value::List(vec![value]), format!("`{key}` is a list"));
        }
    }
    if let Some(command) = edit.text("command").map(str::to_owned) {
        let words: Vec<Value> = command.split_whitespace().map(Value::from).collect();
        // A list has no shell syntax: a command that needs a shell is not split.
        if !command.contains(['"', '\'', '|', ';', '&', '<', '>', '`', '\\']) {
            edit.set("command", Value::List(words), "`command` is a list");
        }
    }
    for (key, value) in edit.entries.clone() {
        let Value::Map(units) = &value else { continue };
        if units.len() > 1
            && spec_of(&key, "").is_some_and(|s| s.kind.is_time())
            && let Some(ms) = milliseconds(&value)
        {
            edit.set(&key, one_unit(ms), format!("`{key}` has one unit"));
        }
    }
    let new_term = edit.text("type") == Some("new_term");
    if let Some(Value::List(mut items)) = edit.get("filter").cloned()
        && let Some(first) = items.first_mut()
        && !new_term
        && first.get("query_string").is_some()
        && first.get("query").is_none()
    {
        *first = Value::Map(vec![("query".into(), first.clone())]);
        edit.set("filter", Value::List(items), "the filter was rewritten in the form that Praeco reads");
    }
    if let Some(tree) = edit.text("__praeco_query_builder") {
        let there = match edit.get("filter") {
            Some(Value::List(items)) => items.first().and_then(|f| {
                let q = f.get("query").unwrap_or(f);
                q.get("query_string")?.get("query")?.as_str().map(str::to_owned)
            }),
            _ => None,
        };
        if let Ok(Some(query)) = praeco::compile_tree(tree)
            && there.as_ref() != Some(&query)
        {
            edit.remove("__praeco_query_builder", "the query builder's tree was removed: it differed from the filter");
        }
    }
}

/// A duration in the largest unit with a whole number.
#[expect(clippy::cast_possible_truncation, reason = "whole by the test before")]
fn one_unit(ms: f64) -> Value {
    // In days where weeks would do as well: so people write it.
    for unit in UNITS.iter().rev().filter(|u| !matches!(u.symbol, "w" | "ms")) {
        let each = f64::from(unit.milliseconds);
        if (ms / each).fract() == 0.0 {
            return Value::Map(vec![(unit.plural.into(), Value::Int((ms / each) as i128))]);
        }
    }
    Value::Map(vec![("milliseconds".into(), Value::Float(ms))])
}
