//! Correlation documents (specification, "Sigma Correlation Rules").

use super::aggregation::Relation;
use super::parsed_condition::ParsedCondition;
use super::rule::Attributes;
use super::timespan::Timespan;
use crate::yaml::Pos;

/// A rule over the matches of other rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlation {
    /// Title, id, level and the like.
    pub attributes: Attributes,
    /// What is counted.
    pub kind: CorrelationKind,
    /// The rules it refers to, by id or name.
    pub rules: Vec<String>,
    /// The fields that make up a group; none for one group of all.
    pub group_by: Vec<String>,
    /// Within which span.
    pub timespan: Timespan,
    /// Names for fields that differ between the rules.
    pub aliases: Vec<Alias>,
    /// When it matches.
    pub condition: CorrelationCondition,
    /// Whether the rules it refers to alert on their own, too.
    pub generate: bool,
    /// Where the document begins.
    pub pos: Pos,
    /// The position of the list of rules.
    pub rules_pos: Pos,
}

/// What a correlation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CorrelationKind {
    /// Events of a group.
    EventCount,
    /// Distinct values of a field.
    ValueCount,
    /// Rules that matched, in any order.
    Temporal,
    /// Rules that matched, in their order.
    TemporalOrdered,
    /// The sum of a field.
    ValueSum,
    /// The mean of a field.
    ValueAvg,
    /// A percentile of a field.
    ValuePercentile,
    /// The median of a field.
    ValueMedian,
}

impl CorrelationKind {
    pub(crate) const ALL: [(&'static str, Self); 8] = [
        ("event_count", Self::EventCount),
        ("value_count", Self::ValueCount),
        ("temporal", Self::Temporal),
        ("temporal_ordered", Self::TemporalOrdered),
        ("value_sum", Self::ValueSum),
        ("value_avg", Self::ValueAvg),
        ("value_percentile", Self::ValuePercentile),
        ("value_median", Self::ValueMedian),
    ];

    /// The name in rules.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, k)| *k == self).map_or("", |(n, _)| n)
    }

    pub(crate) fn is_temporal(self) -> bool {
        matches!(self, Self::Temporal | Self::TemporalOrdered)
    }

    pub(crate) fn needs_field(self) -> bool {
        !self.is_temporal() && self != Self::EventCount
    }
}

/// A field that has another name in each rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The name to use in `group-by`.
    pub name: String,
    /// The field of each rule.
    pub fields: Vec<(String, String)>,
}

/// When a correlation matches.
#[derive(Debug, Clone, PartialEq)]
pub enum CorrelationCondition {
    /// All rules of a temporal correlation.
    All,
    /// The count or value is within these bounds.
    Bounds {
        /// The fields counted or computed from.
        fields: Vec<String>,
        /// One or two comparisons, all of which must hold.
        bounds: Vec<(Relation, f64)>,
        /// Which percentile.
        percentile: Option<f64>,
    },
    /// A condition over the names of the rules.
    Logic(ParsedCondition),
}
