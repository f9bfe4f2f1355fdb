//! What a rule type says of a match in an alert: ElastAlert's sentences.

use super::metric_key;
use crate::lookup::{Document, lookup};
use crate::rule::RunRule;
use crate::text::{format, python};
use crate::time::{before, parse, pretty};
use serde_json::Value;
use sigmalert_elastalert::RuleType;
use std::time::Duration;

/// The sentence of a match; empty for types that have none to say.
pub(crate) fn message(rule: &RunRule, doc: &Document) -> String {
    let at = lookup(doc, &rule.rule.timestamp.field).and_then(|v| parse(&v));
    let time = |ago: Duration| at.map_or_else(String::new, |t| rule.pretty(before(t, ago)));
    let value = |key: &str| doc.get(key).cloned().unwrap_or(Value::Null);
    let number = |key: &str| value(key).as_f64().unwrap_or(0.0);
    let option = |key: &str| rule.options.get(key).map_or_else(|| "None".to_owned(), python::str);
    match &rule.rule.kind {
        RuleType::Frequency { num_events, timeframe, .. } => {
            format!("At least {num_events} events occurred between {} and {}\n\n", time(timeframe.duration()), time(Duration::ZERO))
        }
        RuleType::Spike { timeframe, field_value: None, .. } => format!(
            "An abnormal number ({}) of events occurred around {}.\nPreceding that time, there were only {} events within {}\n\n",
            number("spike_count").trunc(),
            time(Duration::ZERO),
            number("reference_count").trunc(),
            python::timedelta(timeframe.duration())
        ),
        RuleType::Spike { timeframe, field_value: Some(field), .. } => format!(
            "An abnormal average value ({:.2}) of field '{field}' occurred around {}.\nPreceding that time, the field had an average \
             value of ({:.2}) within {}\n\n",
            number("spike_count"),
            time(Duration::ZERO),
            number("reference_count"),
            python::timedelta(timeframe.duration())
        ),
        RuleType::SpikeAggregation { metric, timeframe, .. } => {
            let kind = metric.kind.name();
            let round = |key: &str| python::float((number(key) * 100.0).round() / 100.0);
            format!(
                "An abnormal {kind} of {key} ({}) occurred around {}.\nPreceding that time, there was a {kind} of {key} of ({}) within {}\n\n",
                round("spike_count"),
                time(Duration::ZERO),
                round("reference_count"),
                python::timedelta(timeframe.duration()),
                key = metric.key,
            )
        }
        RuleType::Flatline { threshold, timeframe, .. } => format!(
            "An abnormally low number of events occurred around {end}.\nBetween {} and {end}, there were less than {threshold} events.\n\n",
            time(timeframe.duration()),
            end = time(Duration::ZERO),
        ),
        RuleType::Cardinality { field, timeframe, bound } => {
            let head = match (bound.max, bound.min) {
                (Some(max), _) => format!("A maximum of {}", max.trunc()),
                (None, min) => format!("Less than {}", min.unwrap_or(0.0).trunc()),
            };
            format!(
                "{head} unique {field}(s) occurred since last alert or between {} and {}\n\n",
                time(timeframe.duration()),
                time(Duration::ZERO)
            )
        }
        RuleType::MetricAggregation { metric, .. } => {
            let v = value(&metric_key(metric));
            let text = metric.format.as_ref().and_then(|f| format::one(f, &v).ok()).unwrap_or_else(|| python::str(&v));
            let (min, max) = (option("min_threshold"), option("max_threshold"));
            format!("Threshold violation, {}:{} {text} (min: {min} max : {max}) \n\n", metric.kind.name(), metric.key)
        }
        RuleType::PercentageMatch { format: template, .. } => {
            let v = value("percentage");
            let text = template.as_ref().and_then(|f| format::one(f, &v).ok()).unwrap_or_else(|| python::str(&v));
            let (min, max) = (option("min_percentage"), option("max_percentage"));
            format!("Percentage violation, value: {text} (min: {min} max : {max}) of {} items\n\n", python::str(&value("denominator")))
        }
        RuleType::Correlation(_) => {
            doc.get("correlation").and_then(|c| c.get("summary")).map(|s| python::str(s) + "\n\n").unwrap_or_default()
        }
        RuleType::Any
        | RuleType::Blacklist { .. }
        | RuleType::Whitelist { .. }
        | RuleType::Change { .. }
        | RuleType::NewTerm { .. }
        | RuleType::Custom(_) => String::new(),
    }
}

impl RunRule {
    /// A time as the rule's alerts write it.
    pub fn pretty(&self, at: jiff::Timestamp) -> String {
        pretty(at, self.options.flag("use_local_time", true), self.options.text("custom_pretty_ts_format").as_deref())
    }
}
