//! Rule types, and how Sigma's aggregations and correlations become one.

use super::{CorrelationSpec, EXTENSION_TYPE};
use sigmalert_sigma::yaml::Value;
use sigmalert_sigma::{Aggregation, Correlation, CorrelationCondition, CorrelationKind, Function, Relation, TimeUnit, Timespan};

/// A rule type of ElastAlert 2 with its options.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleType {
    /// `any`: every event.
    Any,
    /// `frequency`: so many events within a span.
    Frequency {
        /// Matches at this count (`num_events`).
        num_events: u64,
        /// Within this.
        timeframe: Timespan,
        /// Counted apart for each value of these.
        query_key: Vec<String>,
    },
    /// `flatline`: fewer events than this within a span.
    Flatline {
        /// Matches below this count.
        threshold: u64,
        /// Within this.
        timeframe: Timespan,
        /// Counted apart for each value of these.
        query_key: Vec<String>,
    },
    /// `cardinality`: too many or too few distinct values within a span.
    Cardinality {
        /// Whose values (`cardinality_field`).
        field: String,
        /// The bound; `Above` is `max_cardinality`, `Below` is `min_cardinality`.
        bound: Comparison<u64>,
        /// Within this.
        timeframe: Timespan,
        /// Counted apart for each value of these.
        query_key: Vec<String>,
    },
    /// `metric_aggregation`: a metric too high or too low.
    MetricAggregation {
        /// Whose values (`metric_agg_key`).
        field: String,
        /// `min`, `max`, `avg`, `sum` or `percentiles`.
        metric: &'static str,
        /// Which percentile (`percentile_range`).
        percentile: Option<f64>,
        /// The bound; `Above` is `max_threshold`, `Below` is `min_threshold`.
        bound: Comparison<f64>,
        /// The span that is aggregated (`buffer_time`).
        timeframe: Timespan,
        /// Computed apart for each value of these.
        query_key: Vec<String>,
    },
    /// `sigmalert.correlation`: what no type of ElastAlert says.
    Correlation(Box<CorrelationSpec>),
}

/// A bound as ElastAlert has them: the value itself is outside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Comparison<T> {
    /// Matches above this.
    Above(T),
    /// Matches below this.
    Below(T),
}

/// Why no rule type says what a rule asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct TypeError {
    /// What cannot be said.
    pub what: String,
    /// The nearest way out.
    pub help: String,
}

fn error<T>(what: impl Into<String>, help: impl Into<String>) -> Result<T, TypeError> {
    Err(TypeError { what: what.into(), help: help.into() })
}

impl RuleType {
    /// The name under `type`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Frequency { .. } => "frequency",
            Self::Flatline { .. } => "flatline",
            Self::Cardinality { .. } => "cardinality",
            Self::MetricAggregation { .. } => "metric_aggregation",
            Self::Correlation(_) => EXTENSION_TYPE,
        }
    }

    /// How long further matches are held back (`realert`). ElastAlert's default of one minute would drop every other match
    /// of that minute: none is dropped of a type that matches once for what it finds. The others match at every run, or at
    /// every further event, while one and the same thing goes on: of that one alert for each span is enough.
    pub fn realert(&self) -> Value {
        match self {
            Self::Any | Self::Frequency { .. } | Self::Correlation(_) => Value::Map(vec![("minutes".into(), Value::Int(0))]),
            Self::Flatline { timeframe, .. } | Self::Cardinality { timeframe, .. } | Self::MetricAggregation { timeframe, .. } => {
                duration(*timeframe)
            }
        }
    }

    /// The options under their ElastAlert names.
    pub fn options(&self) -> Vec<(&'static str, Value)> {
        let mut out = Vec::new();
        let int = |n: &u64| Value::from(*n);
        let keys = match self {
            Self::Any => return out,
            Self::Correlation(e) => return e.options(),
            Self::Frequency { num_events, timeframe, query_key } => {
                out.push(("num_events", int(num_events)));
                out.push(("timeframe", duration(*timeframe)));
                query_key
            }
            Self::Flatline { threshold, timeframe, query_key } => {
                out.push(("threshold", int(threshold)));
                out.push(("timeframe", duration(*timeframe)));
                query_key
            }
            Self::Cardinality { field, bound, timeframe, query_key } => {
                out.push(("cardinality_field", field.as_str().into()));
                out.push(match bound {
                    Comparison::Above(n) => ("max_cardinality", int(n)),
                    Comparison::Below(n) => ("min_cardinality", int(n)),
                });
                out.push(("timeframe", duration(*timeframe)));
                query_key
            }
            Self::MetricAggregation { field, metric, percentile, bound, timeframe, query_key } => {
                out.push(("metric_agg_key", field.as_str().into()));
                out.push(("metric_agg_type", (*metric).into()));
                if let Some(p) = percentile {
                    out.push(("percentile_range", number(*p)));
                }
                out.push(match bound {
                    Comparison::Above(n) => ("max_threshold", number(*n)),
                    Comparison::Below(n) => ("min_threshold", number(*n)),
                });
                out.push(("buffer_time", duration(*timeframe)));
                // A span that moves with every run, not one span after the other: what lies across their border counts too.
                out.push(("allow_buffer_time_overlap", true.into()));
                query_key
            }
        };
        if !keys.is_empty() {
            // A list even for one: Praeco writes it back so.
            out.push(("query_key", Value::List(keys.iter().map(|k| k.as_str().into()).collect())));
        }
        out
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole by the test before")]
pub(super) fn number(f: f64) -> Value {
    if f.fract() == 0.0 && f.abs() < 1e15 { Value::Int(f as i128) } else { Value::Float(f) }
}

/// One unit, as ElastAlert and Praeco read durations. Months and years become days, rounded up.
pub(super) fn duration(t: Timespan) -> Value {
    let (unit, count) = match t.unit {
        TimeUnit::Seconds => ("seconds", t.count),
        TimeUnit::Minutes => ("minutes", t.count),
        TimeUnit::Hours => ("hours", t.count),
        TimeUnit::Days => ("days", t.count),
        TimeUnit::Weeks => ("weeks", t.count),
        TimeUnit::Months | TimeUnit::Years => ("days", t.seconds().div_ceil(sigmalert_support::units::DAY)),
    };
    Value::Map(vec![(unit.into(), count.into())])
}

/// A whole bound: above or below, the value itself outside.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn whole(relation: Relation, value: f64) -> Result<Comparison<u64>, TypeError> {
    if !(-1.0..1e15).contains(&value) {
        return error(format!("a count cannot be compared with {value}"), "give a number of events or values");
    }
    match relation {
        Relation::Gt => Ok(Comparison::Above(value.floor().max(0.0) as u64)),
        Relation::Gte if value >= 1.0 => Ok(Comparison::Above((value.ceil() - 1.0) as u64)),
        Relation::Gte => error(format!("`>= {value}` holds always, also for no event at all"), "give a bound of 1 at least"),
        Relation::Lt => Ok(Comparison::Below(value.ceil().max(0.0) as u64)),
        Relation::Lte => Ok(Comparison::Below(value.floor().max(-1.0) as i64 as u64 + 1)),
        Relation::Eq | Relation::Neq => equality(relation),
    }
}

fn equality<T>(relation: Relation) -> Result<T, TypeError> {
    error(
        format!("ElastAlert has no rule type for `{}`: its thresholds are crossed, not met", relation.sign()),
        "use gt, gte, lt or lte; or leave --portable out, and run the rule with sigmalert",
    )
}

fn metric_bound(relation: Relation, value: f64) -> Result<Comparison<f64>, TypeError> {
    Ok(match relation {
        Relation::Gt => Comparison::Above(value),
        // The thresholds themselves do not match: the next number does.
        Relation::Gte => Comparison::Above(value.next_down()),
        Relation::Lt => Comparison::Below(value),
        Relation::Lte => Comparison::Below(value.next_up()),
        Relation::Eq | Relation::Neq => return equality(relation),
    })
}

fn counted(relation: Relation, value: f64, timeframe: Timespan, query_key: Vec<String>) -> Result<RuleType, TypeError> {
    Ok(match whole(relation, value)? {
        Comparison::Above(n) => RuleType::Frequency { num_events: n + 1, timeframe, query_key },
        Comparison::Below(threshold) => RuleType::Flatline { threshold, timeframe, query_key },
    })
}

/// How far back old rules look that name no timeframe.
pub const DEFAULT_TIMEFRAME: Timespan = Timespan { count: 1, unit: TimeUnit::Hours };

/// The rule type of an aggregation of the old style. `field_name` maps a Sigma field to the index.
///
/// # Errors
/// When no rule type says it.
pub fn from_aggregation(
    aggregation: &Aggregation,
    timeframe: Option<Timespan>,
    field_name: &mut dyn FnMut(&str) -> Result<String, TypeError>,
) -> Result<RuleType, TypeError> {
    let timeframe = timeframe.unwrap_or(DEFAULT_TIMEFRAME);
    match aggregation {
        Aggregation::Near(_) => error(
            "ElastAlert has no rule type that looks for events near each other (`near`)",
            "leave --portable out, and run the rule with sigmalert",
        ),
        Aggregation::Metric { function, field, by, relation, value } => {
            let query_key = by.iter().map(|f| field_name(f)).collect::<Result<Vec<_>, _>>()?;
            match (function, field) {
                (Function::Count, None) => counted(*relation, *value, timeframe, query_key),
                (Function::Count, Some(f)) => {
                    Ok(RuleType::Cardinality { field: field_name(f)?, bound: whole(*relation, *value)?, timeframe, query_key })
                }
                (function, Some(f)) => Ok(RuleType::MetricAggregation {
                    field: field_name(f)?,
                    metric: function.name(),
                    percentile: None,
                    bound: metric_bound(*relation, *value)?,
                    timeframe,
                    query_key,
                }),
                (function, None) => error(format!("`{}` needs a field", function.name()), "name one between the parentheses"),
            }
        }
    }
}

/// The rule type of a correlation. `field_name` maps a Sigma field, or an alias, to the index.
///
/// # Errors
/// When no rule type says it.
pub fn from_correlation(
    correlation: &Correlation,
    field_name: &mut dyn FnMut(&str) -> Result<String, TypeError>,
) -> Result<RuleType, TypeError> {
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
                "leave --portable out, and run the rule with sigmalert",
            );
        }
    };
    let &[(relation, value)] = bounds.as_slice() else {
        return error(
            "ElastAlert matches outside of a range, not inside one",
            "give one bound; or leave --portable out, and run the rule with sigmalert",
        );
    };
    let query_key = correlation.group_by.iter().map(|f| field_name(f)).collect::<Result<Vec<_>, _>>()?;
    let mut metric = |metric: &'static str, percentile: Option<f64>| {
        let field = fields.first().map_or(Ok(String::new()), |f| field_name(f))?;
        Ok(RuleType::MetricAggregation {
            field,
            metric,
            percentile,
            bound: metric_bound(relation, value)?,
            timeframe,
            query_key: query_key.clone(),
        })
    };
    match correlation.kind {
        CorrelationKind::EventCount => counted(relation, value, timeframe, query_key),
        CorrelationKind::ValueCount => match fields.as_slice() {
            [f] => Ok(RuleType::Cardinality { field: field_name(f)?, bound: whole(relation, value)?, timeframe, query_key }),
            _ => error("ElastAlert counts the values of one field", "name one field"),
        },
        CorrelationKind::ValueSum => metric("sum", None),
        CorrelationKind::ValueAvg => metric("avg", None),
        CorrelationKind::ValuePercentile => metric("percentiles", percentile),
        CorrelationKind::ValueMedian => metric("percentiles", Some(50.0)),
        CorrelationKind::Temporal | CorrelationKind::TemporalOrdered => {
            error("temporal correlations have no rule type", "alert on each rule")
        }
    }
}
