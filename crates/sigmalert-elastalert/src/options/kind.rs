//! Types of option values.

use sigmalert_sigma::yaml::Value;
use sigmalert_support::units::TimeUnit;

/// The types of values in ElastAlert's rule schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OptionType {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A text or a list of texts.
    Texts,
    /// A list of texts.
    ListOfText,
    /// A list of texts that is not empty.
    SomeTexts,
    /// A list of whole numbers.
    ListOfIntegers,
    /// A list of mappings.
    ListOfMappings,
    /// A list.
    List,
    /// A mapping.
    Mapping,
    /// A text or a mapping.
    TextOrMapping,
    /// `true`, `false` or text.
    BooleanOrText,
    /// A mapping of time units to numbers, such as `minutes: 5`.
    Time,
    /// The same, or `schedule` with a cron expression.
    TimeOrSchedule,
    /// One of these texts or numbers.
    OneOf(Vec<&'static str>),
    /// Anything.
    Any,
    /// No value: the schema contradicts itself.
    Nothing,
}

impl OptionType {
    /// Parses a word of the table. Returns `None` for a word that it does not know.
    pub(super) fn parse(word: &'static str) -> Option<Self> {
        Some(match word {
            "text" => Self::Text,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "texts" => Self::Texts,
            "list-of-text" => Self::ListOfText,
            "some-texts" => Self::SomeTexts,
            "list-of-integers" => Self::ListOfIntegers,
            "list-of-mappings" => Self::ListOfMappings,
            "list" => Self::List,
            "mapping" => Self::Mapping,
            "text-or-mapping" => Self::TextOrMapping,
            "boolean-or-text" => Self::BooleanOrText,
            "time" | "time-span" => Self::Time,
            "time-or-schedule" => Self::TimeOrSchedule,
            "any" => Self::Any,
            "nothing" => Self::Nothing,
            other => Self::OneOf(other.strip_prefix("one-of:")?.split('|').collect()),
        })
    }

    /// Returns whether it is a duration.
    pub fn is_time(&self) -> bool {
        matches!(self, Self::Time | Self::TimeOrSchedule)
    }

    /// Returns a description of the valid values.
    pub fn describe(&self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Integer => "a whole number".into(),
            Self::Number => "a number".into(),
            Self::Boolean => "true or false".into(),
            Self::Texts => "text or a list of texts".into(),
            Self::ListOfText => "a list of texts".into(),
            Self::SomeTexts => "a list of texts, at least one".into(),
            Self::ListOfIntegers => "a list of whole numbers".into(),
            Self::ListOfMappings => "a list of mappings".into(),
            Self::List => "a list".into(),
            Self::Mapping => "a mapping".into(),
            Self::TextOrMapping => "text or a mapping".into(),
            Self::BooleanOrText => "true, false or text".into(),
            Self::Time => "a time such as `minutes: 5`".into(),
            Self::TimeOrSchedule => "a time such as `minutes: 5`, or `schedule` with a cron line".into(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Any => "anything".into(),
            Self::Nothing => "nothing, because its schema contradicts itself".into(),
        }
    }

    /// Checks a value.
    ///
    /// # Errors
    /// A description of the value's type, without the value, which may be a secret.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        let all = |items: &Value, of: fn(&Value) -> bool| match items {
            Value::List(items) => items.iter().find(|i| !of(i)).map_or(Ok(()), |i| Err(format!("a list with {}", describe(i)))),
            other => Err(describe(other).to_owned()),
        };
        let fits = match self {
            Self::Text => is_text(value),
            Self::Integer => is_integer(value),
            Self::Number => is_number(value),
            Self::Boolean => matches!(value, Value::Bool(_)),
            Self::Texts => return if is_text(value) { Ok(()) } else { all(value, is_text) },
            Self::ListOfText => return all(value, is_text),
            Self::SomeTexts if matches!(value, Value::List(l) if l.is_empty()) => return Err("an empty list".into()),
            Self::SomeTexts => return all(value, is_text),
            Self::ListOfIntegers => return all(value, is_integer),
            Self::ListOfMappings => return all(value, is_mapping),
            Self::List => matches!(value, Value::List(_)),
            Self::Mapping => is_mapping(value),
            Self::TextOrMapping => is_text(value) || is_mapping(value),
            Self::BooleanOrText => is_text(value) || matches!(value, Value::Bool(_)),
            Self::Time => return time(value, false),
            Self::TimeOrSchedule => return time(value, true),
            Self::OneOf(words) => {
                let text = match value {
                    Value::Str(s) | Value::Environment(s) => s.clone(),
                    Value::Int(i) => i.to_string(),
                    _ => return Err(describe(value).into()),
                };
                return if words.contains(&text.as_str()) { Ok(()) } else { Err("another word".into()) };
            }
            Self::Any => true,
            Self::Nothing => false,
        };
        if fits { Ok(()) } else { Err(describe(value).into()) }
    }
}

fn is_text(v: &Value) -> bool {
    v.as_str().is_some()
}

fn is_mapping(v: &Value) -> bool {
    matches!(v, Value::Map(_))
}

/// The schema accepts `5.0` as a whole number.
fn is_integer(v: &Value) -> bool {
    match v {
        Value::Int(_) => true,
        Value::Float(f) => f.fract() == 0.0,
        _ => false,
    }
}

fn is_number(v: &Value) -> bool {
    matches!(v, Value::Int(_) | Value::Float(_))
}

/// Returns the type of a value.
pub fn describe(v: &Value) -> &'static str {
    match v {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Str(_) | Value::Environment(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    }
}

fn time(value: &Value, schedule: bool) -> Result<(), String> {
    let Value::Map(entries) = value else { return Err(describe(value).into()) };
    for (unit, count) in entries {
        if schedule && unit == "schedule" {
            if !is_text(count) {
                return Err(format!("`schedule` with {}", describe(count)));
            }
        } else if TimeUnit::by_plural(unit).is_none() {
            return Err(format!("the unit `{unit}`; the units are weeks, days, hours, minutes, seconds and milliseconds"));
        } else if !is_number(count) {
            return Err(format!("`{unit}` with {}", describe(count)));
        }
    }
    Ok(())
}

/// Returns the milliseconds of a mapping of time units to numbers.
#[expect(clippy::cast_precision_loss, reason = "whole numbers of units are small")]
pub fn milliseconds(value: &Value) -> Option<f64> {
    let Value::Map(entries) = value else { return None };
    let mut sum = 0.0;
    for (unit, count) in entries {
        let each = f64::from(TimeUnit::by_plural(unit)?.milliseconds);
        sum += each
            * match count {
                Value::Int(i) => *i as f64,
                Value::Float(f) => *f,
                _ => return None,
            };
    }
    Some(sum)
}
