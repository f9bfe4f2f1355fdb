//! The options that rule types require, and contradictions between options.

use super::Report;
use crate::EXTENSION_TYPE;
use crate::options::{self, Release, Scope, milliseconds};
use sigmalert_sigma::yaml::Value;

pub(super) fn check(r: &mut Report<'_>) {
    let Some(kind) = r.rule.entry("type").and_then(|e| e.value.as_str()).map(str::to_owned) else { return };
    if kind == EXTENSION_TYPE {
        r.warning(
            "EA117",
            "type",
            "ElastAlert does not have this rule type, and does not start with this file in its rules folder",
            "run it with sigmalert, or convert with --portable",
        );
        return;
    }
    if !options::types().contains(&kind.as_str()) {
        if kind.contains('.') {
            r.warning(
                "EA103",
                "type",
                format!("`{kind}` is a Python class, which ElastAlert must be able to import and sigmalert cannot run"),
                "",
            );
        } else {
            let help = match options::nearest(&kind, options::types().iter().copied()) {
                Some(t) => format!("did you mean `{t}`?"),
                None => format!("the types are {}", options::types().join(", ")),
            };
            r.error("EA103", "type", format!("there is no rule type `{kind}`"), help);
        }
        return;
    }
    for spec in options::of(Scope::Type(options::types().iter().find(|t| **t == kind).copied().unwrap_or_default())) {
        if spec.required && !r.has(spec.name) {
            r.error(
                "EA104",
                "type",
                format!("a rule of type `{kind}` needs `{}`", spec.name),
                format!("it takes {}", spec.kind.describe()),
            );
        }
    }
    let one_of: &[&str] = match kind.as_str() {
        "cardinality" => &["max_cardinality", "min_cardinality"],
        "metric_aggregation" => &["max_threshold", "min_threshold"],
        "percentage_match" => &["max_percentage", "min_percentage"],
        "new_term" => &["fields", "query_key"],
        _ => &[],
    };
    if !one_of.is_empty() && !one_of.iter().any(|k| r.has(k)) {
        r.error("EA104", "type", format!("a rule of type `{kind}` needs `{}` or `{}`", one_of[0], one_of[1]), "");
    }
    if kind == "spike_aggregation" && !r.has("metric_agg_type") {
        r.error("EA104", "type", "a rule of type `spike_aggregation` needs `metric_agg_type`", "");
    }
    if r.rule.text("metric_agg_type") == Some("percentiles") && !r.has("percentile_range") {
        r.error("EA104", "metric_agg_type", "percentiles need `percentile_range`", "give the percentile, such as 95");
    }
    contradictions(r, &kind);
}

fn contradictions(r: &mut Report<'_>, kind: &str) {
    let on = |r: &Report<'_>, key: &str| r.rule.get(key) == Some(&Value::Bool(true));
    if on(r, "use_terms_query") && !r.has("query_key") && kind != "new_term" {
        r.error("EA107", "use_terms_query", "`use_terms_query` needs `query_key`", "add the field whose values are counted");
    }
    if on(r, "scan_entire_timeframe") && !r.has("timeframe") {
        r.error("EA107", "scan_entire_timeframe", "`scan_entire_timeframe` needs `timeframe`", "");
    }
    let interval = r.rule.get("bucket_interval").and_then(milliseconds);
    if kind == "spike_aggregation" && interval.is_some() {
        r.error("EA107", "bucket_interval", "`bucket_interval` cannot be used with spike_aggregation", "leave it out");
    }
    if let Some(interval) = interval.filter(|i| *i > 0.0) {
        let whole = if on(r, "use_run_every_query_size") { "run_every" } else { "buffer_time" };
        if let Some(span) = r.rule.get(whole).and_then(milliseconds)
            && (span / interval).fract() != 0.0
        {
            r.error(
                "EA107",
                "bucket_interval",
                format!("`{whole}` is not a multiple of `bucket_interval`"),
                "choose an interval that divides it",
            );
        }
    }
    let index = r.rule.text("index").unwrap_or_default().to_owned();
    if on(r, "use_strftime_index") {
        for (token, meant) in [("%y", "%Y"), ("%M", "%m"), ("%D", "%d")] {
            if index.contains(token) {
                r.warning(
                    "EA107",
                    "index",
                    format!("`{token}` in the index is probably a mistake"),
                    format!("`{meant}` is the usual token in index names"),
                );
            }
        }
    } else if index.contains("%Y") || index.contains("%m") || index.contains("%d") {
        r.warning(
            "EA107",
            "index",
            "the index contains date tokens that are not expanded",
            "set `use_strftime_index: true` to expand them",
        )
        .fixable = true;
    }
    if index.trim().is_empty() && r.rule.entry("index").is_some_and(|e| e.value.as_str().is_some()) {
        r.error("EA107", "index", "`index` is empty", "name the index pattern");
    }
    if kind == "metric_aggregation" || kind == "percentage_match" || kind == "spike_aggregation" {
        for key in ["use_count_query", "use_terms_query"] {
            if on(r, key) {
                r.warning("EA107", key, format!("`{key}` cannot be used with `{kind}`, which queries an aggregation"), "leave it out");
            }
        }
    }
    for (app, url, pattern) in [
        ("generate_kibana_discover_url", "kibana_discover_app_url", "kibana_discover_index_pattern_id"),
        ("generate_opensearch_discover_url", "opensearch_discover_app_url", "opensearch_discover_index_pattern_id"),
    ] {
        if on(r, app) {
            let version = app.replace("generate_", "").replace("_url", "_version");
            // Since 2.26 the version is optional.
            let version = Some(version.as_str()).filter(|_| r.audience.release < Release(26));
            let missing: Vec<&str> = [url, pattern].into_iter().chain(version).filter(|k| !r.has(k)).collect();
            if !missing.is_empty() {
                r.warning("EA116", app, format!("no link is generated without `{}`", missing.join("`, `")), "");
            }
        }
    }
}
