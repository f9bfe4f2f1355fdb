//! What Praeco loses of a rule file when it saves it.

use super::form::{HIVE, destinations, keeps};
use crate::load::environment::has_variable;
use sigmalert_sigma::yaml::Value;

/// A part of an option that Praeco does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LossKind {
    /// The option is dropped.
    Dropped,
    /// Only `schedule` of the option is kept.
    ScheduleOnly,
    /// 0 is treated as not set.
    Zero,
    /// A `$` is written back unescaped.
    Variable,
}

/// A loss, with the option that it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The option; with a dot, a key of it.
    pub option: String,
    /// What is lost.
    pub kind: LossKind,
}

impl LossKind {
    /// Returns a phrase that follows the option's name.
    pub fn message(self) -> &'static str {
        match self {
            Self::Dropped => "is lost when Praeco saves the rule",
            Self::ScheduleOnly => "is kept by Praeco only as a `schedule`",
            Self::Zero => "is 0, which Praeco treats as not set",
            Self::Variable => "contains a `$`, which Praeco writes back unescaped, so that ElastAlert expands it",
        }
    }
}

/// Returns what Praeco loses of a rule file when it saves it.
pub fn losses(entries: &[(String, Value)], rule_type: &str) -> Vec<Loss> {
    let destinations = destinations(entries);
    let mut out = Vec::new();
    let mut lose = |option: &str, kind: LossKind| out.push(Loss { option: option.to_owned(), kind });
    for (key, value) in entries {
        let key = key.as_str();
        if matches!(key, "sigmalert" | "references" | "falsepositives" | "tags") {
            // Documentation, and data for sigmalert: alerts do not depend on them.
            continue;
        }
        if !keeps(key, rule_type, &destinations) {
            lose(key, LossKind::Dropped);
        } else if key == "aggregation" && value.get("schedule").is_none() {
            lose(key, LossKind::ScheduleOnly);
        } else if matches!(value, Value::Int(0)) {
            lose(key, LossKind::Zero);
        } else if let (true, Value::Map(m)) = (key == "hive_alert_config", value) {
            for (inner, _) in m.iter().filter(|(k, _)| !HIVE.contains(&k.as_str())) {
                lose(&format!("{key}.{inner}"), LossKind::Dropped);
            }
        }
        if expands(value) {
            lose(key, LossKind::Variable);
        }
    }
    out
}

/// Returns whether a text contains a variable. An intended variable is not a loss: callers decide.
fn expands(value: &Value) -> bool {
    match value {
        Value::Str(s) => has_variable(s),
        Value::List(items) => items.iter().any(expands),
        Value::Map(entries) => entries.iter().any(|(_, v)| expands(v)),
        _ => false,
    }
}
