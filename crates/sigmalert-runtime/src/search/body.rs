//! Bodies of searches, as ElastAlert sends them.

use super::Request;
use crate::rule::{QueryMode, RunRule};
use crate::rule_types::metric_key;
use serde_json::{Map, Value, json};
use sigmalert_elastalert::rule_type::{Metric, MetricType, RuleType};
use sigmalert_support::units::{DAY, HOUR, MINUTE};
use std::time::Duration;

/// What happened after a time, up to another, and matches all filters.
pub(crate) fn query(request: &Request<'_>, filters: &[Value], more: &[Value]) -> Value {
    let rule = request.rule;
    let range = json!({"range": {&rule.rule.timestamp.field: {
        "gt": rule.form.to_query(request.start), "lte": rule.form.to_query(request.end),
    }}});
    let must: Vec<Value> = std::iter::once(range).chain(filters.iter().cloned()).chain(more.iter().cloned()).collect();
    json!({"bool": {"filter": {"bool": {"must": must}}}})
}

/// The body of a request.
pub(crate) fn search(request: &Request<'_>, filters: &[Value]) -> Value {
    let rule = request.rule;
    let query = query(request, filters, &[]);
    match rule.query_mode() {
        QueryMode::Hits | QueryMode::Members => hits(rule, &query),
        QueryMode::Count => json!({"query": query, "size": 0, "track_total_hits": true}),
        QueryMode::Terms(size) => terms(&query, rule.query_key.as_deref().unwrap_or_default(), size, min_doc_count(rule)),
        QueryMode::Aggregation => aggregation(request, &query),
    }
}

/// How many documents a page has.
pub(crate) fn page_size(rule: &RunRule) -> u64 {
    rule.options.count("max_query_size").unwrap_or(10_000).clamp(1, 10_000)
}

fn hits(rule: &RunRule, query: &Value) -> Value {
    let mut body = json!({
        "query": query, "sort": [{&rule.rule.timestamp.field: {"order": "asc"}}], "size": page_size(rule), "track_total_hits": true,
    });
    let includes = rule.includes();
    if !rule.options.flag("_source_enabled", true) {
        body["stored_fields"] = includes.unwrap_or_else(|| vec!["*".into()]).into();
    } else if let Some(fields) = includes {
        body["_source"] = json!({"includes": fields});
    }
    let fields = rule.options.list("include_fields");
    if !fields.is_empty() {
        body["fields"] = fields.into();
    }
    body
}

fn min_doc_count(rule: &RunRule) -> u64 {
    rule.options.count("min_doc_count").unwrap_or(1)
}

/// How many documents each value of a field has.
pub(crate) fn terms(query: &Value, field: &str, size: u64, min_doc_count: u64) -> Value {
    json!({"query": query, "size": 0, "track_total_hits": true,
        "aggs": {"counts": {"terms": {"field": field, "size": size, "min_doc_count": min_doc_count}}}})
}

fn aggregation(request: &Request<'_>, query: &Value) -> Value {
    let rule = request.rule;
    let (mut element, metric) = match &rule.rule.kind {
        RuleType::MetricAggregation { metric, .. } | RuleType::SpikeAggregation { metric, .. } => (metric_element(metric), Some(metric)),
        RuleType::PercentageMatch { filter, .. } => (
            json!({"percentage_match_aggs": {"filters": {"other_bucket": true, "filters": {"match_bucket": {"bool": {"must": filter}}}}}}),
            None,
        ),
        _ => (json!({}), None),
    };
    let interval = metric.map_or_else(|| rule.options.span("bucket_interval"), |m| m.bucket_interval);
    if let Some(interval) = interval {
        let mut histogram = json!({"field": rule.rule.timestamp.field, "fixed_interval": fixed_interval(interval)});
        if request.offset > 0 {
            histogram["offset"] = format!("+{}s", request.offset).into();
        }
        element = json!({"interval_aggs": {"date_histogram": histogram, "aggs": element}});
    }
    let size = rule.options.count("terms_size").unwrap_or(50);
    for key in rule.rule.query_key.iter().rev() {
        element = json!({"bucket_aggs": {
            "terms": {"field": key, "size": size, "min_doc_count": min_doc_count(rule)}, "aggs": element,
        }});
    }
    json!({"query": query, "size": 0, "track_total_hits": true, "aggs": element})
}

fn metric_element(metric: &Metric) -> Value {
    let name = metric_key(metric);
    let kind = metric.kind.name();
    let mut inner: Map<String, Value> = match &metric.script {
        // A mapping is the whole aggregation, as ElastAlert takes it.
        Some(Value::Object(script)) => script.clone(),
        Some(script) => Map::from_iter([("script".to_owned(), script.clone())]),
        _ => Map::from_iter([("field".to_owned(), metric.key.as_str().into())]),
    };
    if let MetricType::Percentile(p) = metric.kind {
        inner.entry("percents").or_insert_with(|| json!([p]));
    }
    json!({name: {kind: inner}})
}

fn fixed_interval(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 => format!("{}ms", span.as_millis().max(1)),
        s if s % DAY == 0 => format!("{}d", s / DAY),
        s if s % HOUR == 0 => format!("{}h", s / HOUR),
        s if s % MINUTE == 0 => format!("{}m", s / MINUTE),
        s => format!("{s}s"),
    }
}
