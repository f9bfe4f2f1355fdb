//! Options of a loaded rule file, read by their types.

use crate::load::Loaded;
use crate::options::{self, milliseconds};
use sigmalert_sigma::yaml::{Pos, Value};
use std::time::Duration;

/// An option that keeps a file from being a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{option}` {what}")]
#[non_exhaustive]
pub struct RuleError {
    /// The option.
    pub option: String,
    /// What kind of error it is.
    pub kind: RuleErrorKind,
    /// What is wrong, as a phrase that follows the option's name.
    pub what: String,
    /// The position of the option's name in the file that has it. Unknown for an option that is missing.
    pub pos: Pos,
}

/// Kinds of [`RuleError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuleErrorKind {
    /// A required option is missing.
    Missing,
    /// The value has a type that the option does not take.
    Type,
    /// The value has the right type and is not valid.
    Invalid,
    /// There is no rule type of this name.
    UnknownType,
}

impl RuleErrorKind {
    /// Returns the stable code of the kind.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "option-missing",
            Self::Type => "option-type",
            Self::Invalid => "option-invalid",
            Self::UnknownType => "unknown-rule-type",
        }
    }
}

impl RuleError {
    pub(crate) fn new(option: impl Into<String>, kind: RuleErrorKind, what: impl Into<String>) -> Self {
        Self { option: option.into(), kind, what: what.into(), pos: Pos::default() }
    }

    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Returns how to fix it.
    pub fn help(&self) -> &'static str {
        match self.kind {
            RuleErrorKind::Missing => "add the option to the rule, to a file that it imports, or to config.yaml",
            RuleErrorKind::Type | RuleErrorKind::Invalid => "see `docs/guide/rule-files.md` for the values that the option takes",
            RuleErrorKind::UnknownType => "`sigmalert lint-rules` lists the rule types and suggests a name",
        }
    }
}

/// Reads options of a loaded file by their types.
pub(crate) struct OptionReader<'r> {
    rule: &'r Loaded,
    rule_type: String,
}

pub(crate) type OptionResult<T> = Result<T, RuleError>;

impl<'r> OptionReader<'r> {
    pub fn new(rule: &'r Loaded) -> Self {
        let rule_type = rule.entry("type").and_then(|e| e.value.as_str()).unwrap_or_default().to_owned();
        Self { rule, rule_type }
    }

    /// The value of `type`; empty if it is missing.
    pub fn rule_type(&self) -> &str {
        &self.rule_type
    }

    /// Whether the rule or its configuration has an option, whatever its value.
    pub fn is_given(&self, key: &str) -> bool {
        self.rule.get(key).is_some()
    }

    /// Returns the value of an option after checking its type. Null is no value.
    pub fn value(&self, key: &str) -> OptionResult<Option<&Value>> {
        let Some(value) = self.rule.get(key).filter(|v| **v != Value::Null) else { return Ok(None) };
        let of_type = options::named(key).find(|s| matches!(s.scope, options::Scope::Type(t) if t == self.rule_type));
        if let Some(spec) = of_type.or_else(|| options::named(key).next()) {
            spec.kind
                .check(value)
                .map_err(|found| RuleError::new(key, RuleErrorKind::Type, format!("takes {}, and has {found}", spec.kind.describe())))?;
        }
        Ok(Some(value))
    }

    pub fn missing<T>(key: &str) -> OptionResult<T> {
        Err(RuleError::new(key, RuleErrorKind::Missing, "is missing"))
    }

    pub fn text(&self, key: &str) -> OptionResult<Option<String>> {
        Ok(self.value(key)?.and_then(Value::as_str).map(str::to_owned))
    }

    pub fn texts(&self, key: &str) -> OptionResult<Vec<String>> {
        Ok(match self.value(key)? {
            Some(Value::List(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(v) => v.as_str().map(str::to_owned).into_iter().collect(),
            None => Vec::new(),
        })
    }

    pub fn flag(&self, key: &str, default: bool) -> OptionResult<bool> {
        Ok(match self.value(key)? {
            Some(Value::Bool(b)) => *b,
            _ => default,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "thresholds are small")]
    pub fn number(&self, key: &str) -> OptionResult<Option<f64>> {
        Ok(match self.value(key)? {
            Some(Value::Int(i)) => Some(*i as f64),
            Some(Value::Float(f)) => Some(*f),
            _ => None,
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "whole by the option's kind")]
    pub fn integer(&self, key: &str) -> OptionResult<Option<i128>> {
        Ok(self.number(key)?.map(|f| f as i128))
    }

    pub fn count(&self, key: &str) -> OptionResult<u64> {
        match self.integer(key)? {
            Some(n) => u64::try_from(n).map_err(|_| RuleError::new(key, RuleErrorKind::Invalid, "is below zero")),
            None => Self::missing(key),
        }
    }

    pub fn span(&self, key: &str) -> OptionResult<Option<Duration>> {
        self.value(key)?.map(|v| span(key, v)).transpose()
    }

    pub fn needed<T>(key: &str, value: Option<T>) -> OptionResult<T> {
        value.map_or_else(|| Self::missing(key), Ok)
    }
}

/// The length of time that the value of an option names.
pub(crate) fn span(key: &str, value: &Value) -> OptionResult<Duration> {
    let bad = |what: &str| RuleError::new(key, RuleErrorKind::Invalid, what);
    let ms = milliseconds(value).ok_or_else(|| bad("is not a duration"))?;
    Duration::try_from_secs_f64(ms / 1000.0).map_err(|_| bad("is not a duration that can be waited for"))
}
