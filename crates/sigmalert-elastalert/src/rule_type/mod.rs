//! ElastAlert's rule types, and the one that only sigmalert runs: one model, which is read, written and run.

mod from_sigma;
mod read;
mod write;

pub use from_sigma::{DEFAULT_TIMEFRAME, RuleTypeError, from_aggregation, from_correlation};
pub use write::RuleLogic;
pub(crate) use write::number;

use crate::correlation::CorrelationSpec;
use crate::span::Span;
use std::time::Duration;

/// The rule type that ElastAlert does not have and sigmalert runs: correlations beyond ElastAlert's types.
pub const EXTENSION_TYPE: &str = "sigmalert.correlation";

/// A rule type with its options.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleType {
    /// `any`
    Any,
    /// `blacklist`
    Blacklist {
        /// The fields that are compared.
        compare_key: Vec<String>,
        /// The values that match.
        blacklist: Vec<String>,
        /// Whether the query is limited to these values.
        filter_by_list: bool,
    },
    /// `whitelist`
    Whitelist {
        /// The fields that are compared.
        compare_key: Vec<String>,
        /// The values that do not match.
        whitelist: Vec<String>,
        /// Whether events without the field are ignored.
        ignore_null: bool,
        /// Whether the query excludes these values.
        filter_by_list: bool,
    },
    /// `change`
    Change {
        /// The fields that are watched.
        compare_key: Vec<String>,
        /// Whether events without the fields are ignored.
        ignore_null: bool,
        /// The longest time between the two events of a change.
        timeframe: Option<Span>,
    },
    /// `frequency`
    Frequency {
        /// The number of events that matches.
        num_events: u64,
        /// The span in which they are counted.
        timeframe: Span,
        /// How events are counted.
        counting: Counting,
        /// Whether the match includes the other events.
        attach_related: bool,
    },
    /// `spike`
    Spike {
        /// The factor between the two spans.
        height: f64,
        /// The direction of the spike.
        direction: SpikeType,
        /// The length of each of the two spans.
        timeframe: Span,
        /// The least value of the reference span.
        threshold_ref: f64,
        /// The least value of the current span.
        threshold_cur: f64,
        /// Whether a key without a reference span can match.
        alert_on_new_data: bool,
        /// The field whose values are averaged, instead of counting events.
        field_value: Option<String>,
        /// How events are counted.
        counting: Counting,
    },
    /// `flatline`
    Flatline {
        /// Matches below this number of events.
        threshold: u64,
        /// The span in which they are counted.
        timeframe: Span,
        /// How events are counted.
        counting: Counting,
        /// Whether a key that matched is forgotten.
        forget_keys: bool,
    },
    /// `new_term`
    NewTerm {
        /// Each list is one field, or several that form one value.
        fields: Vec<Vec<String>>,
        /// How far back known values are collected.
        terms_window_size: Duration,
        /// The span of each query for known values.
        window_step_size: Duration,
        /// Whether an event without the field matches.
        alert_on_missing_field: bool,
        /// Whether `.keyword` is appended to the fields.
        use_keyword_postfix: bool,
        /// Whether events or values are queried.
        counting: Counting,
    },
    /// `cardinality`
    Cardinality {
        /// The field whose distinct values are counted.
        field: String,
        /// The span in which they are counted.
        timeframe: Span,
        /// The allowed number of values.
        bound: Bound,
    },
    /// `metric_aggregation`
    MetricAggregation {
        /// The metric.
        metric: Metric,
        /// The allowed range.
        bound: Bound,
    },
    /// `spike_aggregation`
    SpikeAggregation {
        /// The metric.
        metric: Metric,
        /// The factor between the two spans.
        height: f64,
        /// The direction of the spike.
        direction: SpikeType,
        /// The length of each of the two spans.
        timeframe: Span,
        /// The least value of the reference span.
        threshold_ref: f64,
        /// The least value of the current span.
        threshold_cur: f64,
        /// Whether a key without a reference span can match.
        alert_on_new_data: bool,
    },
    /// `percentage_match`
    PercentageMatch {
        /// The filters of the events that are counted.
        filter: Vec<serde_json::Value>,
        /// The allowed range.
        bound: Bound,
        /// The least number of events for which a percentage is computed.
        min_denominator: u64,
        /// The Python format of the percentage.
        format: Option<String>,
    },
    /// `sigmalert.correlation`
    Correlation(Box<CorrelationSpec>),
    /// A Python class, which only ElastAlert can run.
    Custom(String),
}

/// How events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Events are fetched.
    Events,
    /// The index counts them.
    Count,
    /// The index counts them for each of at most this many values of the query key.
    Terms(u64),
}

/// Direction of a spike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpikeType {
    /// An increase.
    Up,
    /// A decrease.
    Down,
    /// Both.
    Both,
}

/// An allowed range. A value outside matches; the limits themselves do not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// Matches above this.
    pub max: Option<f64>,
    /// Matches below this.
    pub min: Option<f64>,
}

/// A metric that the index computes.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The field.
    pub key: String,
    /// The function.
    pub kind: MetricType,
    /// A script that replaces the field.
    pub script: Option<serde_json::Value>,
    /// The least number of events in a group.
    pub min_doc_count: u64,
    /// The greatest number of groups.
    pub terms_size: u64,
    /// The length of the buckets that the span is divided into.
    pub bucket_interval: Option<Duration>,
    /// Whether buckets begin at multiples of their length.
    pub sync_bucket_interval: bool,
    /// Whether each run covers `run_every` instead of `buffer_time`.
    pub use_run_every_query_size: bool,
    /// Whether the spans of two runs may overlap.
    pub allow_buffer_time_overlap: bool,
    /// The Python format of the value.
    pub format: Option<String>,
}

/// The function of a [`Metric`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetricType {
    /// The smallest value.
    Min,
    /// The largest.
    Max,
    /// The mean.
    Avg,
    /// The sum.
    Sum,
    /// The approximate number of distinct values.
    Cardinality,
    /// The number of values.
    ValueCount,
    /// A percentile.
    Percentile(f64),
}

impl SpikeType {
    /// The value of `spike_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Both => "both",
        }
    }
}

impl MetricType {
    /// The value of `metric_agg_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Avg => "avg",
            Self::Sum => "sum",
            Self::Cardinality => "cardinality",
            Self::ValueCount => "value_count",
            Self::Percentile(_) => "percentiles",
        }
    }
}

impl Bound {
    /// Matches above a number.
    pub const fn above(max: f64) -> Self {
        Self { max: Some(max), min: None }
    }

    /// Matches below a number.
    pub const fn below(min: f64) -> Self {
        Self { max: None, min: Some(min) }
    }
}

impl Metric {
    /// A metric of a field, with ElastAlert's defaults.
    pub fn new(key: String, kind: MetricType) -> Self {
        Self {
            key,
            kind,
            script: None,
            min_doc_count: 1,
            terms_size: DEFAULT_TERMS_SIZE,
            bucket_interval: None,
            sync_bucket_interval: false,
            use_run_every_query_size: false,
            allow_buffer_time_overlap: false,
            format: None,
        }
    }
}

/// ElastAlert's default of `terms_size`.
const DEFAULT_TERMS_SIZE: u64 = 50;

impl RuleType {
    /// Returns how events are counted, or `None` for types that always fetch events.
    pub fn counting(&self) -> Option<Counting> {
        match self {
            Self::Frequency { counting, .. }
            | Self::Spike { counting, .. }
            | Self::Flatline { counting, .. }
            | Self::NewTerm { counting, .. } => Some(*counting),
            _ => None,
        }
    }

    /// Returns whether the index counts for each value of the query key.
    pub fn uses_terms(&self) -> bool {
        matches!(self.counting(), Some(Counting::Terms(_)))
    }
}
