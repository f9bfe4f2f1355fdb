//! Writing the option `correlation`.

use super::{CorrelationMember, CorrelationSpec, CorrelationTrigger, CorrelationType, MemberSource};
use crate::rule_type::number;
use sigmalert_sigma::yaml::Value;

impl CorrelationSpec {
    /// Returns the value of the option `correlation`. Its timeframe is the option `timeframe` of the rule.
    pub fn to_value(&self) -> Value {
        self.body(false)
    }

    fn body(&self, with_timeframe: bool) -> Value {
        let mut out: Vec<(String, Value)> = Vec::new();
        let mut put = |key: &str, value: Value| out.push((key.to_owned(), value));
        put("type", self.correlation_type.name().into());
        if with_timeframe {
            put("timeframe", self.timeframe.to_value());
        }
        match &self.trigger {
            CorrelationTrigger::All => {}
            CorrelationTrigger::Logic(condition) => put("condition", condition.text.as_str().into()),
            CorrelationTrigger::Bounds(bounds) => {
                put("condition", Value::Map(bounds.iter().map(|(r, n)| (r.word().to_owned(), number(*n))).collect()));
            }
        }
        if let CorrelationType::ValuePercentile(p) = self.correlation_type {
            put("percentile", number(p));
        }
        put("rules", Value::List(self.members.iter().map(CorrelationMember::body).collect()));
        Value::Map(out)
    }
}

impl CorrelationMember {
    fn body(&self) -> Value {
        let mut out: Vec<(String, Value)> = vec![("name".into(), self.name.as_str().into())];
        match &self.source {
            MemberSource::Events { index, filter } => {
                out.push(("index".into(), index.as_str().into()));
                out.push(("filter".into(), Value::List(filter.iter().map(|f| f.clone().into()).collect())));
            }
            MemberSource::Correlation(inner) => out.push(("correlation".into(), inner.body(true))),
        }
        if !self.group_by.is_empty() {
            out.push(("group_by".into(), field_names(&self.group_by)));
        }
        if !self.fields.is_empty() {
            out.push(("fields".into(), field_names(&self.fields)));
        }
        Value::Map(out)
    }
}

/// Fields, each as a name, or as a list where several index fields can hold it.
fn field_names(fields: &[Vec<String>]) -> Value {
    Value::List(
        fields
            .iter()
            .map(|names| match names.as_slice() {
                [one] => one.as_str().into(),
                several => Value::List(several.iter().map(|n| n.as_str().into()).collect()),
            })
            .collect(),
    )
}
