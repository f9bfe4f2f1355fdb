//! Writing a rule type with its options.

use super::{Bound, Counting, DEFAULT_TERMS_SIZE, EXTENSION_TYPE, Metric, MetricType, RuleType};
use crate::correlation::CorrelationSpec;
use crate::span::Span;
use sigmalert_sigma::yaml::Value;
use std::time::Duration;

/// A rule type together with the options of all rules that decide what it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleLogic {
    /// The type with its own options.
    pub rule_type: RuleType,
    /// The fields by whose values events are counted separately (`query_key`).
    pub query_key: Vec<String>,
    /// The span that each run covers (`buffer_time`), if the type depends on it.
    pub buffer_time: Option<Span>,
}

impl From<RuleType> for RuleLogic {
    fn from(rule_type: RuleType) -> Self {
        Self { rule_type, query_key: Vec::new(), buffer_time: None }
    }
}

impl From<CorrelationSpec> for RuleLogic {
    fn from(spec: CorrelationSpec) -> Self {
        Self { query_key: spec.query_key(), rule_type: RuleType::Correlation(Box::new(spec)), buffer_time: None }
    }
}

/// Options in the order in which they are written.
type OptionList = Vec<(&'static str, Value)>;

impl RuleLogic {
    /// Returns the name under `type`.
    pub fn name(&self) -> &str {
        self.rule_type.name()
    }

    /// Returns how long further matches are suppressed (`realert`).
    ///
    /// ElastAlert's default of one minute would drop every other match of that minute. Types that match once for what they
    /// find drop none. The others match at every run, or at every further event, while the same condition holds: one alert
    /// for each span is enough.
    pub fn realert(&self) -> Value {
        let span = match &self.rule_type {
            RuleType::Flatline { timeframe, .. } | RuleType::Cardinality { timeframe, .. } => Some(*timeframe),
            RuleType::MetricAggregation { .. } => self.buffer_time,
            _ => None,
        };
        span.map_or_else(|| Value::Map(vec![("minutes".into(), Value::Int(0))]), Span::to_value)
    }

    /// Returns the options under their ElastAlert names. Options that have their default value are left out.
    pub fn options(&self) -> OptionList {
        let mut out = OptionList::new();
        if let RuleType::Correlation(spec) = &self.rule_type {
            out.push(("timeframe", spec.timeframe.to_value()));
            self.put_query_key(&mut out);
            out.push(("correlation", spec.to_value()));
            return out;
        }
        self.rule_type.put_options(self.buffer_time, &mut out);
        self.put_query_key(&mut out);
        out
    }

    fn put_query_key(&self, out: &mut OptionList) {
        if !self.query_key.is_empty() {
            // A list even for one: Praeco writes it back so.
            out.push(("query_key", texts(&self.query_key)));
        }
    }
}

impl RuleType {
    /// Returns the name under `type`.
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

    fn put_options(&self, buffer_time: Option<Span>, out: &mut OptionList) {
        let mut window = buffer_time.map(|span| ("buffer_time", span.to_value()));
        match self {
            Self::Any | Self::Correlation(_) | Self::Custom(_) => {}
            Self::Blacklist { compare_key, blacklist, filter_by_list } => {
                out.push(("compare_key", texts(compare_key)));
                out.push(("blacklist", texts(blacklist)));
                put_flag(out, "filter_by_list", *filter_by_list, true);
            }
            Self::Whitelist { compare_key, whitelist, ignore_null, filter_by_list } => {
                out.push(("compare_key", texts(compare_key)));
                out.push(("whitelist", texts(whitelist)));
                out.push(("ignore_null", (*ignore_null).into()));
                put_flag(out, "filter_by_list", *filter_by_list, true);
            }
            Self::Change { compare_key, ignore_null, timeframe } => {
                out.push(("compare_key", texts(compare_key)));
                out.push(("ignore_null", (*ignore_null).into()));
                out.extend(timeframe.map(|t| ("timeframe", t.to_value())));
            }
            Self::Frequency { num_events, timeframe, counting, attach_related } => {
                out.push(("num_events", (*num_events).into()));
                out.push(("timeframe", timeframe.to_value()));
                put_counting(out, *counting);
                put_flag(out, "attach_related", *attach_related, false);
            }
            Self::Spike { height, direction, timeframe, threshold_ref, threshold_cur, alert_on_new_data, field_value, counting } => {
                out.push(("spike_height", number(*height)));
                out.push(("spike_type", direction.name().into()));
                out.push(("timeframe", timeframe.to_value()));
                put_thresholds(out, *threshold_ref, *threshold_cur);
                put_flag(out, "alert_on_new_data", *alert_on_new_data, false);
                out.extend(field_value.iter().map(|f| ("field_value", f.as_str().into())));
                put_counting(out, *counting);
            }
            Self::Flatline { threshold, timeframe, counting, forget_keys } => {
                out.push(("threshold", (*threshold).into()));
                out.push(("timeframe", timeframe.to_value()));
                put_counting(out, *counting);
                put_flag(out, "forget_keys", *forget_keys, false);
            }
            Self::NewTerm { fields, terms_window_size, window_step_size, alert_on_missing_field, use_keyword_postfix, counting } => {
                let fields = fields.iter().map(|names| if let [one] = names.as_slice() { one.as_str().into() } else { texts(names) });
                out.push(("fields", Value::List(fields.collect())));
                out.push(("terms_window_size", Span::from(*terms_window_size).to_value()));
                out.push(("window_step_size", Span::from(*window_step_size).to_value()));
                put_flag(out, "alert_on_missing_field", *alert_on_missing_field, false);
                put_flag(out, "use_keyword_postfix", *use_keyword_postfix, true);
                put_counting(out, *counting);
            }
            Self::Cardinality { field, timeframe, bound } => {
                out.push(("cardinality_field", field.as_str().into()));
                put_bound(out, *bound, "max_cardinality", "min_cardinality");
                out.push(("timeframe", timeframe.to_value()));
            }
            Self::MetricAggregation { metric, bound } => {
                put_metric(out, metric);
                put_bound(out, *bound, "max_threshold", "min_threshold");
                out.extend(window.take());
                put_metric_window(out, metric);
            }
            Self::SpikeAggregation { metric, height, direction, timeframe, threshold_ref, threshold_cur, alert_on_new_data } => {
                put_metric(out, metric);
                out.push(("spike_height", number(*height)));
                out.push(("spike_type", direction.name().into()));
                out.push(("timeframe", timeframe.to_value()));
                put_thresholds(out, *threshold_ref, *threshold_cur);
                put_flag(out, "alert_on_new_data", *alert_on_new_data, false);
                put_metric_window(out, metric);
            }
            Self::PercentageMatch { filter, bound, min_denominator, format } => {
                out.push(("match_bucket_filter", Value::List(filter.iter().map(|f| f.clone().into()).collect())));
                put_bound(out, *bound, "max_percentage", "min_percentage");
                if *min_denominator > 0 {
                    out.push(("min_denominator", (*min_denominator).into()));
                }
                out.extend(format.iter().map(|f| ("percentage_format_string", f.as_str().into())));
            }
        }
        out.extend(window);
    }
}

fn texts(items: &[String]) -> Value {
    Value::List(items.iter().map(|i| i.as_str().into()).collect())
}

fn put_flag(out: &mut OptionList, key: &'static str, value: bool, default: bool) {
    if value != default {
        out.push((key, value.into()));
    }
}

fn put_counting(out: &mut OptionList, counting: Counting) {
    match counting {
        Counting::Events => {}
        Counting::Count => out.push(("use_count_query", true.into())),
        Counting::Terms(size) => {
            out.push(("use_terms_query", true.into()));
            if size != DEFAULT_TERMS_SIZE {
                out.push(("terms_size", size.into()));
            }
        }
    }
}

fn put_thresholds(out: &mut OptionList, reference: f64, current: f64) {
    for (key, value) in [("threshold_ref", reference), ("threshold_cur", current)] {
        if value != 0.0 {
            out.push((key, number(value)));
        }
    }
}

fn put_bound(out: &mut OptionList, bound: Bound, max: &'static str, min: &'static str) {
    out.extend(bound.max.map(|n| (max, number(n))));
    out.extend(bound.min.map(|n| (min, number(n))));
}

fn put_metric(out: &mut OptionList, metric: &Metric) {
    out.push(("metric_agg_key", metric.key.as_str().into()));
    out.push(("metric_agg_type", metric.kind.name().into()));
    if let MetricType::Percentile(p) = metric.kind {
        out.push(("percentile_range", number(p)));
    }
    out.extend(metric.script.iter().map(|s| ("metric_agg_script", s.clone().into())));
    out.extend(metric.format.iter().map(|f| ("metric_format_string", f.as_str().into())));
    if metric.min_doc_count != 1 {
        out.push(("min_doc_count", metric.min_doc_count.into()));
    }
    if metric.terms_size != DEFAULT_TERMS_SIZE {
        out.push(("terms_size", metric.terms_size.into()));
    }
}

/// The options that decide which span a run of a metric covers.
fn put_metric_window(out: &mut OptionList, metric: &Metric) {
    let interval = metric.bucket_interval.map(|i: Duration| ("bucket_interval", Span::from(i).to_value()));
    out.extend(interval);
    put_flag(out, "sync_bucket_interval", metric.sync_bucket_interval, false);
    put_flag(out, "use_run_every_query_size", metric.use_run_every_query_size, false);
    put_flag(out, "allow_buffer_time_overlap", metric.allow_buffer_time_overlap, false);
}

/// A number as YAML; an integer if it is whole.
#[expect(clippy::cast_possible_truncation, reason = "whole by the test before")]
pub(crate) fn number(f: f64) -> Value {
    if f.fract() == 0.0 && f.abs() < 1e15 { Value::Int(f as i128) } else { Value::Float(f) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Context, load_text};
    use crate::rule::Rule;
    use sigmalert_sigma::yaml;

    /// What is written reads back as the same, for every rule type.
    #[test]
    fn every_type_reads_back() {
        for text in [
            "type: any",
            "type: blacklist\ncompare_key: [a]\nblacklist: [x, y]\nfilter_by_list: false",
            "type: whitelist\ncompare_key: [a, b]\nwhitelist: [x]\nignore_null: true",
            "type: change\nquery_key: [u]\ncompare_key: [a]\nignore_null: false\ntimeframe: {days: 1}",
            "type: frequency\nnum_events: 5\ntimeframe: {minutes: 90}\nuse_terms_query: true\nterms_size: 7\nquery_key: [a]",
            "type: spike\nspike_height: 2.5\nspike_type: both\ntimeframe: {hours: 1}\nthreshold_cur: 3\nfield_value: f",
            "type: flatline\nthreshold: 1\ntimeframe: {seconds: 30}\nuse_count_query: true\nforget_keys: true",
            "type: new_term\nfields: [a, [b, c]]\nterms_window_size: {days: 3}\nuse_keyword_postfix: false",
            "type: cardinality\ncardinality_field: f\nmin_cardinality: 2\ntimeframe: {weeks: 1}",
            "type: metric_aggregation\nmetric_agg_key: f\nmetric_agg_type: percentiles\npercentile_range: 95\nmax_threshold: 1.5\nbuffer_time: {hours: 2}\nallow_buffer_time_overlap: true\nbucket_interval: {minutes: 5}",
            "type: spike_aggregation\nmetric_agg_key: f\nmetric_agg_type: avg\nspike_height: 2\nspike_type: up\ntimeframe: {hours: 1}",
            "type: percentage_match\nmatch_bucket_filter: [{term: {a: b}}]\nmax_percentage: 90\nmin_denominator: 10",
            "type: sigmalert.correlation\ntimeframe: {minutes: 5}\nquery_key: [u]\ncorrelation:\n  type: value_percentile\n  percentile: 95\n  condition: {gt: 5, lte: 9.5}\n  rules:\n  - {name: a, index: i, filter: [{term: {x: y}}], group_by: [u], fields: [[f, g]]}\n  - name: b\n    correlation: {type: temporal_ordered, timeframe: {hours: 1}, condition: c and not d, rules: [{name: c, index: i, filter: []}]}\n    group_by: [[u, v]]",
        ] {
            let read = |text: &str| {
                let text = format!("name: x\nindex: i\nalert: [debug]\n{text}\n");
                let context = Context { environment: &|_| None, root: None, config: &[] };
                Rule::new(&load_text(std::path::Path::new("x.yaml"), &text, &context).unwrap()).unwrap_or_else(|e| panic!("{text}: {e}"))
            };
            let rule = read(text);
            let logic = RuleLogic {
                rule_type: rule.kind.clone(),
                query_key: rule.query_key.clone(),
                buffer_time: rule.buffer_time.map(Span::from),
            };
            let mut options = vec![("type".to_owned(), Value::from(logic.name()))];
            options.extend(logic.options().into_iter().map(|(k, v)| (k.to_owned(), v)));
            let again = read(&yaml::emit(&Value::Map(options)));
            assert_eq!((&again.kind, &again.query_key, again.buffer_time), (&rule.kind, &rule.query_key, rule.buffer_time), "{text}");
        }
    }
}
