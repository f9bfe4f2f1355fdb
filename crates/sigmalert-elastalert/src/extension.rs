//! The rule type `sigmalert.correlation`: what Sigma's correlations say and no rule type of ElastAlert does.
//!
//! ElastAlert takes a type with a dot for a Python class and does not start with one it does not find; so files with such
//! rules have an ending of their own. `docs/guide/correlations.md` describes the options.

use super::kind::duration;
use super::{Filter, RuleType};
use sigmalert_sigma::yaml::Value;
use sigmalert_sigma::{Relation, Timespan};
use std::sync::Arc;

/// A correlation: what is counted over the events of its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationSpec {
    /// Sigma's type, such as `temporal_ordered`; of old rules also `value_min` and `value_max`.
    pub kind: &'static str,
    /// Within this.
    pub timeframe: Timespan,
    /// When it matches.
    pub condition: CorrelationTrigger,
    /// The rules it is over, in their order.
    pub members: Vec<Member>,
}

/// When an [`CorrelationSpec`] matches.
#[derive(Debug, Clone, PartialEq)]
pub enum CorrelationTrigger {
    /// When all rules matched.
    All,
    /// When the count or value is within these bounds.
    Bounds {
        /// One or two comparisons.
        bounds: Vec<(Relation, f64)>,
        /// Which percentile.
        percentile: Option<f64>,
    },
    /// A condition over the names of the rules.
    Logic(String),
}

/// A rule under an [`CorrelationSpec`].
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// By which the condition and the alert call it.
    pub name: String,
    /// What it finds.
    pub finds: MemberSource,
    /// For each field that groups, the fields of the index of which the first that an event has is taken.
    pub group_by: Vec<Vec<String>>,
    /// The same for the fields that are counted or computed from.
    pub fields: Vec<Vec<String>>,
}

/// What a [`Member`] finds.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberSource {
    /// Events of an index.
    Events {
        /// Index pattern.
        index: String,
        /// What they match; members that find the same share it.
        filter: Arc<Filter>,
    },
    /// Matches of another correlation; members that name the same share it.
    Correlation(Arc<CorrelationSpec>),
}

/// A field with its other names: the name where it has one.
fn names(fields: &[Vec<String>]) -> Value {
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

impl CorrelationSpec {
    /// The options of a rule file.
    pub fn options(&self) -> Vec<(&'static str, Value)> {
        let mut out = vec![("timeframe", duration(self.timeframe))];
        let first = |m: &Member| -> Vec<Value> { m.group_by.iter().filter_map(|n| n.first()).map(|n| n.as_str().into()).collect() };
        let key = self.members.first().map(first).unwrap_or_default();
        if !key.is_empty() {
            out.push(("query_key", Value::List(key)));
        }
        out.push(("correlation", self.body(false)));
        out
    }

    fn body(&self, with_timeframe: bool) -> Value {
        let mut out: Vec<(String, Value)> = Vec::new();
        let mut put = |key: &str, value: Value| out.push((key.to_owned(), value));
        put("type", self.kind.into());
        if with_timeframe {
            put("timeframe", duration(self.timeframe));
        }
        match &self.condition {
            CorrelationTrigger::All => {}
            CorrelationTrigger::Logic(text) => put("condition", text.as_str().into()),
            CorrelationTrigger::Bounds { bounds, percentile } => {
                put("condition", Value::Map(bounds.iter().map(|(r, n)| (r.word().to_owned(), super::kind::number(*n))).collect()));
                if let Some(p) = percentile {
                    put("percentile", super::kind::number(*p));
                }
            }
        }
        put("rules", Value::List(self.members.iter().map(Member::body).collect()));
        Value::Map(out)
    }
}

impl Member {
    fn body(&self) -> Value {
        let mut out: Vec<(String, Value)> = vec![("name".into(), self.name.as_str().into())];
        match &self.finds {
            MemberSource::Events { index, filter } => {
                out.push(("index".into(), index.as_str().into()));
                out.push(("filter".into(), filter.to_yaml()));
            }
            MemberSource::Correlation(inner) => out.push(("correlation".into(), inner.body(true))),
        }
        if !self.group_by.is_empty() {
            out.push(("group_by".into(), names(&self.group_by)));
        }
        if !self.fields.is_empty() {
            out.push(("fields".into(), names(&self.fields)));
        }
        Value::Map(out)
    }
}

impl From<CorrelationSpec> for RuleType {
    fn from(e: CorrelationSpec) -> Self {
        Self::Correlation(Box::new(e))
    }
}
