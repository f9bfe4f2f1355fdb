//! The rule type `sigmalert.correlation`: Sigma correlations for which ElastAlert has no rule type.
//!
//! ElastAlert takes a type with a dot for a Python class and does not start if it cannot import it, so files with such
//! rules have an extension of their own. `docs/guide/correlations.md` describes the options.

mod read;
mod write;

use crate::span::Span;
use sigmalert_sigma::{Condition, CorrelationKind, ParsedCondition, Relation};
use std::sync::Arc;

/// A correlation over the events of several rules.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationSpec {
    /// What is counted or computed.
    pub correlation_type: CorrelationType,
    /// The span in which all events of a match lie.
    pub timeframe: Span,
    /// When it matches.
    pub trigger: CorrelationTrigger,
    /// Its rules, in their order.
    pub members: Vec<CorrelationMember>,
}

/// What a [`CorrelationSpec`] counts or computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CorrelationType {
    /// The number of events.
    EventCount,
    /// The number of distinct values.
    ValueCount,
    /// The sum of the values.
    ValueSum,
    /// The mean of the values.
    ValueAvg,
    /// The smallest value.
    ValueMin,
    /// The largest value.
    ValueMax,
    /// A percentile of the values, from 0 to 100. The median is the 50th.
    ValuePercentile(f64),
    /// Rules that match, in any order.
    Temporal,
    /// Rules that match, in their order.
    TemporalOrdered,
}

/// When a [`CorrelationSpec`] matches.
#[derive(Debug, Clone, PartialEq)]
pub enum CorrelationTrigger {
    /// When all rules matched.
    All,
    /// When the count or the value satisfies all comparisons.
    Bounds(Vec<(Relation, f64)>),
    /// When a condition over the names of the rules is true.
    Logic(ParsedCondition),
}

/// A rule of a [`CorrelationSpec`].
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationMember {
    /// The name in the condition and in alerts.
    pub name: String,
    /// Where its events come from.
    pub source: MemberSource,
    /// For each grouping field, the index fields that can hold it. The first one that an event has is used.
    pub group_by: Vec<Vec<String>>,
    /// The same for the fields that are counted or computed from.
    pub fields: Vec<Vec<String>>,
}

/// Where the events of a [`CorrelationMember`] come from.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberSource {
    /// Events of an index.
    Events {
        /// Index pattern.
        index: String,
        /// The filters that they match. Members with the same filters share them.
        filter: Arc<Vec<serde_json::Value>>,
    },
    /// Matches of another correlation. Members that name the same one share it.
    Correlation(Arc<CorrelationSpec>),
}

impl CorrelationType {
    /// Returns the value of `type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::EventCount => "event_count",
            Self::ValueCount => "value_count",
            Self::ValueSum => "value_sum",
            Self::ValueAvg => "value_avg",
            Self::ValueMin => "value_min",
            Self::ValueMax => "value_max",
            Self::ValuePercentile(_) => "value_percentile",
            Self::Temporal => "temporal",
            Self::TemporalOrdered => "temporal_ordered",
        }
    }

    /// Returns the type of a Sigma correlation. A percentile that is not given is the median.
    pub fn from_sigma(kind: CorrelationKind, percentile: Option<f64>) -> Self {
        match kind {
            CorrelationKind::EventCount => Self::EventCount,
            CorrelationKind::ValueCount => Self::ValueCount,
            CorrelationKind::Temporal => Self::Temporal,
            CorrelationKind::TemporalOrdered => Self::TemporalOrdered,
            CorrelationKind::ValueSum => Self::ValueSum,
            CorrelationKind::ValueAvg => Self::ValueAvg,
            CorrelationKind::ValueMedian => Self::ValuePercentile(50.0),
            CorrelationKind::ValuePercentile => Self::ValuePercentile(percentile.unwrap_or(50.0)),
        }
    }
}

impl CorrelationSpec {
    /// Returns the index and the filters of each member that reads events. The members of an inner correlation come in its
    /// place.
    pub fn leaves(&self) -> Vec<(&str, &[serde_json::Value])> {
        let mut out = Vec::new();
        for m in &self.members {
            match &m.source {
                MemberSource::Events { index, filter } => out.push((index.as_str(), filter.as_slice())),
                MemberSource::Correlation(inner) => out.extend(inner.leaves()),
            }
        }
        out
    }

    /// Returns whether further events can make it true, but never false again.
    pub fn is_monotonic(&self) -> bool {
        let rising = |bounds: &[(Relation, f64)]| bounds.iter().all(|(r, _)| matches!(r, Relation::Gt | Relation::Gte));
        match (&self.trigger, self.correlation_type) {
            (CorrelationTrigger::All, _) => true,
            (CorrelationTrigger::Logic(c), _) => !negates(&c.condition),
            (
                CorrelationTrigger::Bounds(b),
                CorrelationType::EventCount
                | CorrelationType::ValueCount
                | CorrelationType::Temporal
                | CorrelationType::TemporalOrdered
                | CorrelationType::ValueSum
                | CorrelationType::ValueMax,
            ) => rising(b),
            (CorrelationTrigger::Bounds(b), CorrelationType::ValueMin) => b.iter().all(|(r, _)| matches!(r, Relation::Lt | Relation::Lte)),
            (CorrelationTrigger::Bounds(_), CorrelationType::ValueAvg | CorrelationType::ValuePercentile(_)) => false,
        }
    }

    /// Returns the fields of the first rule that the matches are grouped by.
    pub(crate) fn query_key(&self) -> Vec<String> {
        self.members.first().map(|m| m.group_by.iter().filter_map(|names| names.first()).cloned().collect()).unwrap_or_default()
    }
}

fn negates(c: &Condition) -> bool {
    match c {
        Condition::Not(_) => true,
        Condition::And(items) | Condition::Or(items) => items.iter().any(negates),
        Condition::Selection(_) | Condition::Quantified { .. } => false,
    }
}
