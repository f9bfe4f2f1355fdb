//! Reading the option `correlation`.

use super::{CorrelationMember, CorrelationSpec, CorrelationTrigger, CorrelationType, MemberSource};
use crate::option_reader::{OptionResult, RuleError, RuleErrorKind};
use crate::span::Span;
use sigmalert_sigma::yaml::Value;
use sigmalert_sigma::{ParsedCondition, Relation};
use std::sync::Arc;

/// How deeply correlations may be nested.
const MAX_DEPTH: usize = 16;

impl CorrelationSpec {
    /// Parses the value of the option `correlation`. `timeframe` is the rule's.
    ///
    /// # Errors
    /// If a key is missing or has a value that it does not take, or correlations are nested too deeply.
    pub fn from_value(body: &Value, timeframe: Span) -> Result<Self, RuleError> {
        read(body, timeframe, 0)
    }
}

fn invalid<T>(option: &str, what: impl Into<String>) -> OptionResult<T> {
    Err(RuleError::new(option, RuleErrorKind::Invalid, what))
}

fn missing<T>(option: &str) -> OptionResult<T> {
    Err(RuleError::new(option, RuleErrorKind::Missing, "is missing"))
}

fn read(body: &Value, timeframe: Span, depth: usize) -> OptionResult<CorrelationSpec> {
    if depth > MAX_DEPTH {
        return invalid("correlation", format!("is nested more than {MAX_DEPTH} deep"));
    }
    let correlation_type = correlation_type(body)?;
    let trigger = trigger(body.get("condition"))?;
    let timeframe = body.get("timeframe").and_then(Span::from_value).unwrap_or(timeframe);
    let Some(Value::List(rules)) = body.get("rules") else { return missing("correlation.rules") };
    if rules.is_empty() {
        return invalid("correlation.rules", "names no rule");
    }
    let members = rules.iter().map(|rule| member(rule, timeframe, depth)).collect::<OptionResult<_>>()?;
    Ok(CorrelationSpec { correlation_type, timeframe, trigger, members })
}

fn correlation_type(body: &Value) -> OptionResult<CorrelationType> {
    let Some(name) = body.get("type").and_then(Value::as_str) else { return missing("correlation.type") };
    Ok(match name {
        "event_count" => CorrelationType::EventCount,
        "value_count" => CorrelationType::ValueCount,
        "value_sum" => CorrelationType::ValueSum,
        "value_avg" => CorrelationType::ValueAvg,
        "value_min" => CorrelationType::ValueMin,
        "value_max" => CorrelationType::ValueMax,
        "value_median" => CorrelationType::ValuePercentile(50.0),
        "value_percentile" => match body.get("percentile").and_then(as_number) {
            Some(p) => CorrelationType::ValuePercentile(p),
            None => return missing("correlation.percentile"),
        },
        "temporal" => CorrelationType::Temporal,
        "temporal_ordered" => CorrelationType::TemporalOrdered,
        other => return invalid("correlation.type", format!("is unknown: there is no correlation type `{other}`")),
    })
}

fn trigger(condition: Option<&Value>) -> OptionResult<CorrelationTrigger> {
    const OPTION: &str = "correlation.condition";
    Ok(match condition {
        None | Some(Value::Null) => CorrelationTrigger::All,
        Some(Value::Str(text) | Value::Environment(text)) => match ParsedCondition::parse(text) {
            Ok(condition) => CorrelationTrigger::Logic(condition),
            Err(e) => return invalid(OPTION, format!("cannot be parsed: {e}")),
        },
        Some(Value::Map(entries)) => {
            let mut bounds = Vec::with_capacity(entries.len());
            for (word, value) in entries {
                let Some(relation) = Relation::from_word(word) else { return invalid(OPTION, format!("has no comparison `{word}`")) };
                let Some(number) = as_number(value) else { return invalid(OPTION, "compares with numbers only") };
                bounds.push((relation, number));
            }
            CorrelationTrigger::Bounds(bounds)
        }
        Some(_) => return invalid(OPTION, "must be a mapping or text"),
    })
}

fn member(rule: &Value, timeframe: Span, depth: usize) -> OptionResult<CorrelationMember> {
    let source = match rule.get("correlation") {
        Some(inner) => MemberSource::Correlation(Arc::new(read(inner, timeframe, depth + 1)?)),
        None => MemberSource::Events {
            index: rule.get("index").and_then(Value::as_str).unwrap_or_default().to_owned(),
            filter: Arc::new(match rule.get("filter") {
                Some(Value::List(items)) => items.iter().map(|f| f.clone().into()).collect(),
                _ => Vec::new(),
            }),
        },
    };
    Ok(CorrelationMember {
        name: rule.get("name").map(as_text).unwrap_or_default(),
        source,
        group_by: field_names(rule.get("group_by")),
        fields: field_names(rule.get("fields")),
    })
}

fn field_names(value: Option<&Value>) -> Vec<Vec<String>> {
    let Some(Value::List(items)) = value else { return Vec::new() };
    let names = |item: &Value| match item {
        Value::List(several) => several.iter().map(as_text).collect(),
        one => vec![as_text(one)],
    };
    items.iter().map(names).collect()
}

#[expect(clippy::cast_precision_loss, reason = "thresholds are small")]
fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(i) => Some(*i as f64),
        Value::Float(f) => Some(*f),
        _ => None,
    }
}

/// A scalar as ElastAlert's Python prints it.
fn as_text(value: &Value) -> String {
    match value {
        Value::Str(s) | Value::Environment(s) => s.clone(),
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(i) => i.to_string(),
        Value::Float(f) => format!("{f:?}"),
        other => serde_json::Value::from(other.clone()).to_string(),
    }
}
