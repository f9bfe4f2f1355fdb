//! The rule types with their options.

use super::{OptionReader, OptionResult, TypedError};
use crate::EXTENSION_TYPE;
use crate::options::{self, Scope};
use sigmalert_sigma::yaml::Value;
use sigmalert_support::units::DAY;
use std::time::Duration;

/// A rule type with its options.
#[derive(Debug, Clone, PartialEq)]
pub enum TypedRuleType {
    /// `any`
    Any,
    /// `blacklist`
    Blacklist {
        /// The fields compared.
        compare_key: Vec<String>,
        /// Values that match.
        blacklist: Vec<String>,
        /// Whether the index is asked for these values only.
        filter_by_list: bool,
    },
    /// `whitelist`
    Whitelist {
        /// The fields compared.
        compare_key: Vec<String>,
        /// Values that do not match.
        whitelist: Vec<String>,
        /// Whether events without the field do not match.
        ignore_null: bool,
        /// Whether the index is asked for other values only.
        filter_by_list: bool,
    },
    /// `change`
    Change {
        /// The fields watched.
        compare_key: Vec<String>,
        /// Whether events without them are passed over.
        ignore_null: bool,
        /// How far apart a change may lie.
        timeframe: Option<Duration>,
    },
    /// `frequency`
    Frequency {
        /// So many.
        num_events: u64,
        /// Within this.
        timeframe: Duration,
        /// How they are counted.
        counting: Counting,
        /// Whether the match carries the other events.
        attach_related: bool,
    },
    /// `spike`
    Spike {
        /// How many times as much.
        height: f64,
        /// In which direction.
        direction: SpikeType,
        /// Compared with the span before of the same length.
        timeframe: Duration,
        /// Below this the span before does not count.
        threshold_ref: f64,
        /// Below this the span does not count.
        threshold_cur: f64,
        /// Whether a value that is new matches.
        alert_on_new_data: bool,
        /// Whose values are averaged, in place of counting.
        field_value: Option<String>,
        /// How events are counted.
        counting: Counting,
    },
    /// `flatline`
    Flatline {
        /// Fewer than this.
        threshold: u64,
        /// Within this.
        timeframe: Duration,
        /// How they are counted.
        counting: Counting,
        /// Whether a key matches once only.
        forget_keys: bool,
    },
    /// `new_term`
    NewTerm {
        /// Each list is one field, or several together.
        fields: Vec<Vec<String>>,
        /// How far back known values are looked for.
        terms_window_size: Duration,
        /// In steps of this.
        window_step_size: Duration,
        /// Whether an event without the field matches.
        alert_on_missing_field: bool,
        /// Whether `.keyword` is put behind the fields.
        use_keyword_postfix: bool,
        /// Whether values are asked for in place of events.
        counting: Counting,
    },
    /// `cardinality`
    Cardinality {
        /// Whose values.
        field: String,
        /// Within this.
        timeframe: Duration,
        /// How many are too many or too few.
        bound: Bound,
    },
    /// `metric_aggregation`
    MetricAggregation {
        /// What is computed.
        metric: Metric,
        /// What is too much or too little.
        bound: Bound,
    },
    /// `spike_aggregation`
    SpikeAggregation {
        /// What is computed.
        metric: Metric,
        /// How many times as much.
        height: f64,
        /// In which direction.
        direction: SpikeType,
        /// Compared with the span before of the same length.
        timeframe: Duration,
        /// Below this the span before does not count.
        threshold_ref: f64,
        /// Below this the span does not count.
        threshold_cur: f64,
        /// Whether a value that is new matches.
        alert_on_new_data: bool,
    },
    /// `percentage_match`
    PercentageMatch {
        /// What is counted among all.
        filter: Vec<serde_json::Value>,
        /// What is too much or too little.
        bound: Bound,
        /// Fewer events than this say nothing.
        min_denominator: u64,
        /// How the percentage is written.
        format: Option<String>,
    },
    /// `sigmalert.correlation`, as its option `correlation` has it.
    Correlation(serde_json::Value),
    /// A Python class, which only ElastAlert runs.
    Custom(String),
}

/// How events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Each is read.
    Events,
    /// The index counts.
    Count,
    /// The index counts for each of so many values of the query key.
    Terms(u64),
}

/// Direction of a spike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpikeType {
    /// More.
    Up,
    /// Less.
    Down,
    /// Either.
    Both,
}

/// What is outside matches: above the one, below the other.
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
    /// Of which field.
    pub key: String,
    /// Which.
    pub kind: MetricType,
    /// A script in place of the field.
    pub script: Option<serde_json::Value>,
    /// Groups with fewer events than this do not count.
    pub min_doc_count: u64,
    /// How many groups are looked at.
    pub terms_size: u64,
    /// The span is computed in pieces of this.
    pub bucket_interval: Option<Duration>,
    /// Whether pieces begin at multiples of their length.
    pub sync_bucket_interval: bool,
    /// Whether each run looks back over `run_every` in place of `buffer_time`.
    pub use_run_every_query_size: bool,
    /// Whether the spans of two runs overlap.
    pub allow_buffer_time_overlap: bool,
    /// How the value is written.
    pub format: Option<String>,
}

/// See [`Metric`].
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
    /// The number of distinct values, nearly.
    Cardinality,
    /// The number of values.
    ValueCount,
    /// A percentile.
    Percentile(f64),
}

impl TypedRuleType {
    /// The name under `type`.
    pub fn name(&self) -> &str {
        match self {
            Self::Any => "any",
            Self::Blacklist { .. } => "blacklist",
            Self::Whitelist { .. } => "whitelist",
            Self::Change { .. } => "change",
            Self::Frequency { .. } => "frequency",
            Self::Spike { .. } => "spike",
            Self::Flatline { .. } => "flatline",
            Self::NewTerm { .. } => "new_term",
            Self::Cardinality { .. } => "cardinality",
            Self::MetricAggregation { .. } => "metric_aggregation",
            Self::SpikeAggregation { .. } => "spike_aggregation",
            Self::PercentageMatch { .. } => "percentage_match",
            Self::Correlation(_) => EXTENSION_TYPE,
            Self::Custom(name) => name,
        }
    }

    /// How events are counted; nothing for types that always look at events.
    pub fn counting(&self) -> Option<Counting> {
        match self {
            Self::Frequency { counting, .. }
            | Self::Spike { counting, .. }
            | Self::Flatline { counting, .. }
            | Self::NewTerm { counting, .. } => Some(*counting),
            _ => None,
        }
    }

    /// Whether the index counts for each value of the query key.
    pub fn uses_terms(&self) -> bool {
        matches!(self.counting(), Some(Counting::Terms(_)))
    }

    /// The options of the type.
    pub(super) fn options(&self) -> Vec<&'static str> {
        let name = options::types().iter().find(|t| **t == self.name()).copied().unwrap_or_default();
        let correlation = matches!(self, Self::Correlation(_)).then_some("correlation");
        options::of(Scope::Type(name)).map(|s| s.name).chain(correlation).collect()
    }

    pub(super) fn take(t: &OptionReader<'_>) -> OptionResult<Self> {
        let timeframe = || t.span("timeframe").and_then(|s| OptionReader::needed("timeframe", s));
        let size = || Ok(t.integer("terms_size")?.and_then(|n| u64::try_from(n).ok()).unwrap_or(50));
        let counting = || -> OptionResult<Counting> {
            Ok(match (t.flag("use_terms_query", false)?, t.flag("use_count_query", false)?) {
                (true, _) => Counting::Terms(size()?),
                (false, true) => Counting::Count,
                (false, false) => Counting::Events,
            })
        };
        let bound = |max: &str, min: &str| -> OptionResult<Bound> {
            let bound = Bound { max: t.number(max)?, min: t.number(min)? };
            if bound.max.or(bound.min).is_none() {
                return Err(TypedError { option: max.into(), what: format!("is missing, and so is `{min}`") });
            }
            Ok(bound)
        };
        let direction = || -> OptionResult<SpikeType> {
            Ok(match t.text("spike_type")?.as_deref() {
                Some("up") => SpikeType::Up,
                Some("down") => SpikeType::Down,
                Some(_) => SpikeType::Both,
                None => return OptionReader::missing("spike_type"),
            })
        };
        let height = || t.number("spike_height").and_then(|h| OptionReader::needed("spike_height", h));
        let some = |key: &str| -> OptionResult<Vec<String>> {
            let texts = t.texts(key)?;
            if texts.is_empty() && t.rule.get(key).is_none() { OptionReader::missing(key) } else { Ok(texts) }
        };
        let needed_flag = |key: &str| if t.rule.get(key).is_some() { t.flag(key, false) } else { OptionReader::missing(key) };
        let count_or = |key: &str, default: u64| Ok(t.integer(key)?.and_then(|n| u64::try_from(n).ok()).unwrap_or(default));
        let metric = || -> OptionResult<Metric> {
            let kind = match t.text("metric_agg_type")?.as_deref() {
                Some("min") => MetricType::Min,
                Some("max") => MetricType::Max,
                Some("avg") => MetricType::Avg,
                Some("sum") => MetricType::Sum,
                Some("cardinality") => MetricType::Cardinality,
                Some("value_count") => MetricType::ValueCount,
                Some(_) => MetricType::Percentile(OptionReader::needed("percentile_range", t.number("percentile_range")?)?),
                None => return OptionReader::missing("metric_agg_type"),
            };
            Ok(Metric {
                key: OptionReader::needed("metric_agg_key", t.text("metric_agg_key")?)?,
                kind,
                script: t.value("metric_agg_script")?.cloned().map(Into::into),
                min_doc_count: count_or("min_doc_count", 1)?,
                terms_size: size()?,
                bucket_interval: t.span("bucket_interval")?,
                sync_bucket_interval: t.flag("sync_bucket_interval", false)?,
                use_run_every_query_size: t.flag("use_run_every_query_size", false)?,
                allow_buffer_time_overlap: t.flag("allow_buffer_time_overlap", false)?,
                format: t.text("metric_format_string")?,
            })
        };
        Ok(match t.kind.as_str() {
            "" => return OptionReader::missing("type"),
            "any" => Self::Any,
            "blacklist" => Self::Blacklist {
                compare_key: some("compare_key")?,
                blacklist: some("blacklist")?,
                filter_by_list: t.flag("filter_by_list", true)?,
            },
            "whitelist" => Self::Whitelist {
                compare_key: some("compare_key")?,
                whitelist: some("whitelist")?,
                ignore_null: needed_flag("ignore_null")?,
                filter_by_list: t.flag("filter_by_list", true)?,
            },
            "change" => {
                some("query_key")?;
                Self::Change {
                    compare_key: some("compare_key")?,
                    ignore_null: needed_flag("ignore_null")?,
                    timeframe: t.span("timeframe")?,
                }
            }
            "frequency" => Self::Frequency {
                num_events: t.count("num_events")?,
                timeframe: timeframe()?,
                counting: counting()?,
                attach_related: t.flag("attach_related", false)?,
            },
            "spike" => Self::Spike {
                height: height()?,
                direction: direction()?,
                timeframe: timeframe()?,
                threshold_ref: t.number("threshold_ref")?.unwrap_or(0.0),
                threshold_cur: t.number("threshold_cur")?.unwrap_or(0.0),
                alert_on_new_data: t.flag("alert_on_new_data", false)?,
                field_value: t.text("field_value")?,
                counting: counting()?,
            },
            "flatline" => Self::Flatline {
                threshold: t.count("threshold")?,
                timeframe: timeframe()?,
                counting: counting()?,
                forget_keys: t.flag("forget_keys", false)?,
            },
            "new_term" => {
                let fields = match t.value("fields")? {
                    Some(Value::List(items)) => items
                        .iter()
                        .map(|i| match i {
                            Value::List(parts) => parts.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                            v => v.as_str().map(str::to_owned).into_iter().collect(),
                        })
                        .collect(),
                    Some(v) => vec![v.as_str().map(str::to_owned).into_iter().collect()],
                    None => match t.texts("query_key")? {
                        keys if keys.is_empty() => return OptionReader::missing("fields"),
                        keys => vec![keys],
                    },
                };
                Self::NewTerm {
                    fields,
                    terms_window_size: t.span("terms_window_size")?.unwrap_or(Duration::from_secs(30 * DAY)),
                    window_step_size: t.span("window_step_size")?.unwrap_or(Duration::from_secs(DAY)),
                    alert_on_missing_field: t.flag("alert_on_missing_field", false)?,
                    use_keyword_postfix: t.flag("use_keyword_postfix", true)?,
                    counting: counting()?,
                }
            }
            "cardinality" => Self::Cardinality {
                field: OptionReader::needed("cardinality_field", t.text("cardinality_field")?)?,
                timeframe: timeframe()?,
                bound: bound("max_cardinality", "min_cardinality")?,
            },
            "metric_aggregation" => Self::MetricAggregation { metric: metric()?, bound: bound("max_threshold", "min_threshold")? },
            "spike_aggregation" => Self::SpikeAggregation {
                metric: metric()?,
                height: height()?,
                direction: direction()?,
                timeframe: timeframe()?,
                threshold_ref: t.number("threshold_ref")?.unwrap_or(0.0),
                threshold_cur: t.number("threshold_cur")?.unwrap_or(0.0),
                alert_on_new_data: t.flag("alert_on_new_data", false)?,
            },
            "percentage_match" => Self::PercentageMatch {
                filter: match OptionReader::needed("match_bucket_filter", t.value("match_bucket_filter")?)? {
                    Value::List(items) => items.iter().map(|f| f.clone().into()).collect(),
                    _ => Vec::new(),
                },
                bound: bound("max_percentage", "min_percentage")?,
                min_denominator: count_or("min_denominator", 0)?,
                format: t.text("percentage_format_string")?,
            },
            EXTENSION_TYPE => Self::Correlation(OptionReader::needed("correlation", t.value("correlation")?)?.clone().into()),
            other if other.contains('.') => Self::Custom(other.to_owned()),
            other => return Err(TypedError { option: "type".into(), what: format!("has no meaning: there is no `{other}`") }),
        })
    }
}
