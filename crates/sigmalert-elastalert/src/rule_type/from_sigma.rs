//! The rule type of a Sigma aggregation or correlation.

use super::{Bound, Counting, Metric, MetricType, RuleLogic, RuleType};
use sigmalert_sigma::{Aggregation, Correlation, CorrelationCondition, CorrelationKind, Function, Relation, TimeUnit, Timespan};

/// An aggregation or a correlation for which ElastAlert has no rule type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct RuleTypeError {
    /// What is unsupported.
    pub what: String,
    /// How to change the rule, or what to use instead.
    pub help: String,
}

fn error<T>(what: impl Into<String>, help: impl Into<String>) -> Result<T, RuleTypeError> {
    Err(RuleTypeError { what: what.into(), help: help.into() })
}

/// A bound on a number of events or values.
#[derive(Debug, Clone, Copy)]
enum CountBound {
    Above(u64),
    Below(u64),
}

impl From<CountBound> for Bound {
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    fn from(b: CountBound) -> Self {
        match b {
            CountBound::Above(n) => Self::above(n as f64),
            CountBound::Below(n) => Self::below(n as f64),
        }
    }
}

/// The bound on a count that a comparison means.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn whole(relation: Relation, value: f64) -> Result<CountBound, RuleTypeError> {
    if !(-1.0..1e15).contains(&value) {
        return error(format!("a count cannot be compared with {value}"), "give a number of events or values");
    }
    match relation {
        Relation::Gt => Ok(CountBound::Above(value.floor().max(0.0) as u64)),
        Relation::Gte if value >= 1.0 => Ok(CountBound::Above((value.ceil() - 1.0) as u64)),
        Relation::Gte => error(format!("`>= {value}` is always true, even without events"), "use a bound of at least 1"),
        Relation::Lt => Ok(CountBound::Below(value.ceil().max(0.0) as u64)),
        Relation::Lte => Ok(CountBound::Below(value.floor().max(-1.0) as i64 as u64 + 1)),
        Relation::Eq | Relation::Neq => equality(relation),
    }
}

fn equality<T>(relation: Relation) -> Result<T, RuleTypeError> {
    error(
        format!("ElastAlert has no rule type for `{}`: a threshold matches when it is crossed, not when it is met", relation.sign()),
        "use gt, gte, lt or lte; or omit --portable and run the rule with sigmalert",
    )
}

fn metric_bound(relation: Relation, value: f64) -> Result<Bound, RuleTypeError> {
    Ok(match relation {
        Relation::Gt => Bound::above(value),
        // The thresholds themselves do not match: the next number does.
        Relation::Gte => Bound::above(value.next_down()),
        Relation::Lt => Bound::below(value),
        Relation::Lte => Bound::below(value.next_up()),
        Relation::Eq | Relation::Neq => return equality(relation),
    })
}

fn counted(relation: Relation, value: f64, timeframe: Timespan, query_key: Vec<String>) -> Result<RuleLogic, RuleTypeError> {
    let (timeframe, counting) = (timeframe.into(), Counting::Events);
    let rule_type = match whole(relation, value)? {
        CountBound::Above(n) => RuleType::Frequency { num_events: n + 1, timeframe, counting, attach_related: false },
        CountBound::Below(threshold) => RuleType::Flatline { threshold, timeframe, counting, forget_keys: false },
    };
    Ok(RuleLogic { rule_type, query_key, buffer_time: None })
}

fn distinct(field: String, bound: CountBound, timeframe: Timespan, query_key: Vec<String>) -> RuleLogic {
    let rule_type = RuleType::Cardinality { field, timeframe: timeframe.into(), bound: bound.into() };
    RuleLogic { rule_type, query_key, buffer_time: None }
}

fn computed(field: String, kind: MetricType, bound: Bound, timeframe: Timespan, query_key: Vec<String>) -> RuleLogic {
    // The span moves with every run, instead of one span after the other: events on both sides of a border count, too.
    let metric = Metric { allow_buffer_time_overlap: true, ..Metric::new(field, kind) };
    RuleLogic { rule_type: RuleType::MetricAggregation { metric, bound }, query_key, buffer_time: Some(timeframe.into()) }
}

/// The timeframe of an old rule with an aggregation that names none.
pub const DEFAULT_TIMEFRAME: Timespan = Timespan { count: 1, unit: TimeUnit::Hours };

/// Returns the rule type of an aggregation of an old rule. `field_name` maps a Sigma field to the index.
///
/// # Errors
/// If ElastAlert has no rule type for it.
pub fn from_aggregation(
    aggregation: &Aggregation,
    timeframe: Option<Timespan>,
    field_name: &mut dyn FnMut(&str) -> Result<String, RuleTypeError>,
) -> Result<RuleLogic, RuleTypeError> {
    let timeframe = timeframe.unwrap_or(DEFAULT_TIMEFRAME);
    match aggregation {
        Aggregation::Near(_) => error(
            "ElastAlert has no rule type that looks for events near each other (`near`)",
            "omit --portable and run the rule with sigmalert",
        ),
        Aggregation::Metric { function, field, by, relation, value } => {
            let query_key = by.iter().map(|f| field_name(f)).collect::<Result<Vec<_>, _>>()?;
            let mut metric = |field: &str, kind: MetricType| {
                Ok(computed(field_name(field)?, kind, metric_bound(*relation, *value)?, timeframe, query_key.clone()))
            };
            match (function, field) {
                (Function::Count, None) => counted(*relation, *value, timeframe, query_key),
                (Function::Count, Some(f)) => Ok(distinct(field_name(f)?, whole(*relation, *value)?, timeframe, query_key)),
                (Function::Min, Some(f)) => metric(f, MetricType::Min),
                (Function::Max, Some(f)) => metric(f, MetricType::Max),
                (Function::Avg, Some(f)) => metric(f, MetricType::Avg),
                (Function::Sum, Some(f)) => metric(f, MetricType::Sum),
                (function, None) => error(format!("`{}` needs a field", function.name()), "name one between the parentheses"),
            }
        }
    }
}

/// Returns the rule type of a correlation. `field_name` maps a Sigma field, or an alias, to the index.
///
/// # Errors
/// If ElastAlert has no rule type for it.
pub fn from_correlation(
    correlation: &Correlation,
    field_name: &mut dyn FnMut(&str) -> Result<String, RuleTypeError>,
) -> Result<RuleLogic, RuleTypeError> {
    let timeframe = correlation.timespan;
    let (fields, bounds, percentile) = match &correlation.condition {
        CorrelationCondition::Bounds { fields, bounds, percentile }
            if !matches!(correlation.kind, CorrelationKind::Temporal | CorrelationKind::TemporalOrdered) =>
        {
            (fields, bounds, *percentile)
        }
        _ => {
            return error(
                format!("ElastAlert has no rule type for `{}` correlations", correlation.kind.name()),
                "omit --portable and run the rule with sigmalert",
            );
        }
    };
    let &[(relation, value)] = bounds.as_slice() else {
        return error(
            "ElastAlert matches outside a range, not inside it",
            "use one bound, or omit --portable and run the rule with sigmalert",
        );
    };
    let query_key = correlation.group_by.iter().map(|f| field_name(f)).collect::<Result<Vec<_>, _>>()?;
    let mut metric = |kind: MetricType| {
        let field = fields.first().map_or(Ok(String::new()), |f| field_name(f))?;
        Ok(computed(field, kind, metric_bound(relation, value)?, timeframe, query_key.clone()))
    };
    match correlation.kind {
        CorrelationKind::EventCount => counted(relation, value, timeframe, query_key),
        CorrelationKind::ValueCount => match fields.as_slice() {
            [f] => Ok(distinct(field_name(f)?, whole(relation, value)?, timeframe, query_key)),
            _ => error("ElastAlert counts the values of one field", "name one field"),
        },
        CorrelationKind::ValueSum => metric(MetricType::Sum),
        CorrelationKind::ValueAvg => metric(MetricType::Avg),
        CorrelationKind::ValuePercentile => metric(MetricType::Percentile(percentile.unwrap_or(50.0))),
        CorrelationKind::ValueMedian => metric(MetricType::Percentile(50.0)),
        CorrelationKind::Temporal | CorrelationKind::TemporalOrdered => {
            error("temporal correlations have no rule type", "alert on each rule")
        }
    }
}
