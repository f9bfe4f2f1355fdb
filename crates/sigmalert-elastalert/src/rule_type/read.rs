//! Reading a rule type and its options from a rule file.

use super::{Bound, Counting, DEFAULT_TERMS_SIZE, EXTENSION_TYPE, Metric, MetricType, RuleType, SpikeType};
use crate::correlation::CorrelationSpec;
use crate::option_reader::{OptionReader, OptionResult, RuleError, RuleErrorKind};
use crate::options::{self, Scope};
use crate::span::Span;
use sigmalert_sigma::yaml::Value;
use sigmalert_support::units::DAY;
use std::time::Duration;

impl RuleType {
    /// Returns the names of the options that belong to the type.
    pub(crate) fn option_names(&self) -> Vec<&'static str> {
        let name = options::types().iter().find(|t| **t == self.name()).copied().unwrap_or_default();
        let correlation = matches!(self, Self::Correlation(_)).then_some("correlation");
        options::of(Scope::Type(name)).map(|s| s.name).chain(correlation).collect()
    }

    /// Reads the rule type of a file with its options.
    pub(crate) fn read(t: &OptionReader<'_>) -> OptionResult<Self> {
        let timeframe = || t.span("timeframe").and_then(|s| OptionReader::needed("timeframe", s.map(Span::from)));
        let size = || Ok(t.integer("terms_size")?.and_then(|n| u64::try_from(n).ok()).unwrap_or(DEFAULT_TERMS_SIZE));
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
                return Err(RuleError::new(max, RuleErrorKind::Missing, format!("is missing, and so is `{min}`")));
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
            if texts.is_empty() && !t.is_given(key) { OptionReader::missing(key) } else { Ok(texts) }
        };
        let needed_flag = |key: &str| if t.is_given(key) { t.flag(key, false) } else { OptionReader::missing(key) };
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
        Ok(match t.rule_type() {
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
                    timeframe: t.span("timeframe")?.map(Span::from),
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
            EXTENSION_TYPE => {
                let body = OptionReader::needed("correlation", t.value("correlation")?)?;
                Self::Correlation(Box::new(CorrelationSpec::from_value(body, timeframe()?)?))
            }
            other if other.contains('.') => Self::Custom(other.to_owned()),
            other => {
                return Err(RuleError::new("type", RuleErrorKind::UnknownType, format!("is unknown: there is no rule type `{other}`")));
            }
        })
    }
}
