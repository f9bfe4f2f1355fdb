//! Aggregations that clients may ask for.

use super::{Checked, MAX_BUCKETS, Refusal, bound, count, each, fields, milliseconds, object, plain, query, scalar, scalars, sort, source};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// How deep aggregations may be nested.
const MAX_LEVELS: usize = 10;
/// How many there may be in one search.
const MAX_AGGREGATIONS: usize = 100;
/// How many ranges, filters or sources one may have.
const MAX_PARTS: usize = 1_000;
/// How many hits each bucket may return.
const MAX_TOP_HITS: u64 = 100;
/// How exact percentiles may be: it is paid for in memory.
const MAX_COMPRESSION: f64 = 10_000.0;

/// The kinds, with the options that each may have. Pipelines with a script are none of them.
const KINDS: [(&str, &[&str]); 46] = [
    (
        "terms",
        &[
            "field",
            "size",
            "shard_size",
            "min_doc_count",
            "shard_min_doc_count",
            "order",
            "include",
            "exclude",
            "missing",
            "show_term_doc_count_error",
            "collect_mode",
            "execution_hint",
            "value_type",
            "format",
        ],
    ),
    ("rare_terms", &["field", "max_doc_count", "precision", "include", "exclude", "missing"]),
    (
        "multi_terms",
        &["terms", "size", "shard_size", "min_doc_count", "shard_min_doc_count", "order", "show_term_doc_count_error", "collect_mode"],
    ),
    (
        "significant_terms",
        &[
            "field",
            "size",
            "shard_size",
            "min_doc_count",
            "shard_min_doc_count",
            "include",
            "exclude",
            "background_filter",
            "execution_hint",
            "jlh",
            "mutual_information",
            "chi_square",
            "gnd",
            "percentage",
        ],
    ),
    (
        "significant_text",
        &[
            "field",
            "size",
            "shard_size",
            "min_doc_count",
            "shard_min_doc_count",
            "include",
            "exclude",
            "background_filter",
            "filter_duplicate_text",
            "source_fields",
            "jlh",
            "gnd",
            "percentage",
        ],
    ),
    (
        "date_histogram",
        &[
            "field",
            "fixed_interval",
            "calendar_interval",
            "interval",
            "format",
            "time_zone",
            "offset",
            "min_doc_count",
            "extended_bounds",
            "hard_bounds",
            "keyed",
            "missing",
            "order",
        ],
    ),
    ("auto_date_histogram", &["field", "buckets", "format", "time_zone", "minimum_interval", "missing"]),
    ("histogram", &["field", "interval", "offset", "min_doc_count", "extended_bounds", "hard_bounds", "keyed", "missing", "order"]),
    ("range", &["field", "ranges", "keyed", "missing"]),
    ("date_range", &["field", "ranges", "keyed", "missing", "format", "time_zone"]),
    ("ip_range", &["field", "ranges", "keyed"]),
    ("composite", &["sources", "size", "after"]),
    ("missing", &["field"]),
    ("nested", &["path"]),
    ("reverse_nested", &["path"]),
    ("sampler", &["shard_size"]),
    ("geohash_grid", &["field", "precision", "size", "shard_size"]),
    ("geotile_grid", &["field", "precision", "size", "shard_size"]),
    ("geo_bounds", &["field", "wrap_longitude"]),
    ("geo_centroid", &["field"]),
    ("avg", &["field", "missing", "format"]),
    ("sum", &["field", "missing", "format"]),
    ("min", &["field", "missing", "format"]),
    ("max", &["field", "missing", "format"]),
    ("value_count", &["field", "missing", "format"]),
    ("stats", &["field", "missing", "format"]),
    ("extended_stats", &["field", "missing", "format", "sigma"]),
    ("string_stats", &["field", "missing", "show_distribution"]),
    ("cardinality", &["field", "missing", "precision_threshold", "execution_hint"]),
    ("percentiles", &["field", "missing", "format", "percents", "keyed", "tdigest", "hdr"]),
    ("percentile_ranks", &["field", "missing", "format", "values", "keyed", "tdigest", "hdr"]),
    ("median_absolute_deviation", &["field", "missing", "format", "compression"]),
    ("weighted_avg", &["value", "weight", "format"]),
    (
        "top_hits",
        &[
            "size",
            "from",
            "sort",
            "_source",
            "fields",
            "docvalue_fields",
            "stored_fields",
            "track_scores",
            "version",
            "seq_no_primary_term",
        ],
    ),
    ("avg_bucket", &["buckets_path", "gap_policy", "format"]),
    ("sum_bucket", &["buckets_path", "gap_policy", "format"]),
    ("min_bucket", &["buckets_path", "gap_policy", "format"]),
    ("max_bucket", &["buckets_path", "gap_policy", "format"]),
    ("stats_bucket", &["buckets_path", "gap_policy", "format"]),
    ("extended_stats_bucket", &["buckets_path", "gap_policy", "format", "sigma"]),
    ("percentiles_bucket", &["buckets_path", "gap_policy", "format", "percents", "keyed"]),
    ("cumulative_sum", &["buckets_path", "format"]),
    ("cumulative_cardinality", &["buckets_path", "format"]),
    ("derivative", &["buckets_path", "gap_policy", "format", "unit"]),
    ("serial_diff", &["buckets_path", "gap_policy", "format", "lag"]),
    ("bucket_sort", &["sort", "from", "size", "gap_policy"]),
];

/// Checks aggregations with all below them.
pub(super) fn all(value: &Value) -> Checked {
    level(value, 0, &mut 0)
}

fn level(value: &Value, depth: usize, total: &mut usize) -> Checked {
    if depth >= MAX_LEVELS {
        return Err(Refusal::malformed(format!("aggregations are nested more than {MAX_LEVELS} levels deep")));
    }
    for (name, agg) in object(value, "this")? {
        *total += 1;
        if *total > MAX_AGGREGATIONS {
            return Err(Refusal::malformed(format!("there are more than {MAX_AGGREGATIONS} aggregations")));
        }
        one(agg, depth, total).map_err(|r| r.under(name))?;
    }
    Ok(())
}

fn one(agg: &Value, depth: usize, total: &mut usize) -> Checked {
    let mut kinds = 0;
    for (key, spec) in object(agg, "an aggregation")? {
        match key.as_str() {
            "aggs" | "aggregations" => level(spec, depth + 1, total),
            "meta" => plain(spec, &[]),
            kind => {
                kinds += 1;
                if kinds > 1 {
                    return Err(Refusal::malformed("an aggregation must have exactly one type"));
                }
                of_kind(kind, spec)
            }
        }
        .map_err(|r| r.under(key))?;
    }
    Ok(())
}

fn of_kind(kind: &str, spec: &Value) -> Checked {
    match kind {
        "filter" => return query::query(spec, 0),
        "filters" => return filters(spec),
        _ => {}
    }
    let Some((_, allowed)) = KINDS.iter().find(|(k, _)| *k == kind) else {
        return Err(Refusal::forbidden("aggregations of this type are not allowed"));
    };
    let spec = object(spec, "an aggregation")?;
    for (key, v) in spec {
        let checked =
            if allowed.contains(&key.as_str()) { option(kind, key, v) } else { Err(Refusal::forbidden("this option is not allowed")) };
        checked.map_err(|r| r.under(key))?;
    }
    if let "histogram" | "date_histogram" = kind {
        return buckets(kind, spec);
    }
    Ok(())
}

fn option(kind: &str, key: &str, value: &Value) -> Checked {
    let most = MAX_BUCKETS as u64;
    match key {
        "size" | "from" if kind == "top_hits" => count(value, MAX_TOP_HITS).map(drop),
        "size" | "shard_size" | "from" | "buckets" => count(value, most).map(drop),
        "sort" => sort(value),
        "_source" => source(value),
        "fields" | "docvalue_fields" | "stored_fields" => fields(value),
        "order" => each(value, |o| if o.is_object() { plain(o, &[]) } else { scalar(o) }),
        "include" | "exclude" if value.is_object() => plain(value, &["partition", "num_partitions"]),
        "include" | "exclude" | "source_fields" => scalars(value),
        "ranges" => parts(value, |r| plain(r, &["from", "to", "key", "mask"])),
        "extended_bounds" | "hard_bounds" => plain(value, &["min", "max"]),
        "percents" | "values" => parts(value, scalar),
        "tdigest" => object(value, "this")?.iter().try_for_each(|(k, v)| if k == "compression" { compression(v) } else { scalar(v) }),
        "compression" => compression(value),
        "hdr" => plain(value, &["number_of_significant_value_digits"]),
        "jlh" | "mutual_information" | "chi_square" | "gnd" | "percentage" => {
            plain(value, &["include_negatives", "background_is_superset"])
        }
        "value" | "weight" => plain(value, &["field", "missing"]),
        "background_filter" => query::query(value, 0),
        "terms" => parts(value, |t| plain(t, &["field", "missing"])),
        "after" => plain(value, &[]),
        "sources" => parts(value, composite_source),
        "buckets_path" => {
            if value.is_object() {
                plain(value, &[])
            } else {
                scalars(value)
            }
        }
        _ => scalar(value),
    }
}

/// A list of not too many.
fn parts(value: &Value, check: impl Fn(&Value) -> Checked) -> Checked {
    if value.as_array().is_some_and(|a| a.len() > MAX_PARTS) {
        return Err(Refusal::malformed(format!("there are more than {MAX_PARTS} items")));
    }
    each(value, check)
}

fn compression(value: &Value) -> Checked {
    match value.as_f64() {
        Some(n) if (0.0..=MAX_COMPRESSION).contains(&n) => Ok(()),
        _ => Err(Refusal::malformed(format!("must be a number from 0 to {MAX_COMPRESSION}"))),
    }
}

fn filters(spec: &Value) -> Checked {
    for (key, v) in object(spec, "an aggregation")? {
        let too_many = v.as_array().map(Vec::len).or(v.as_object().map(Map::len)).is_some_and(|n| n > MAX_PARTS);
        let checked = match (key.as_str(), v) {
            ("filters", _) if too_many => Err(Refusal::malformed(format!("there are more than {MAX_PARTS} items"))),
            ("filters", Value::Object(named)) => named.iter().try_for_each(|(name, q)| query::query(q, 0).map_err(|r| r.under(name))),
            ("filters", list) => each(list, |q| query::query(q, 0)),
            ("other_bucket" | "other_bucket_key" | "keyed", v) => scalar(v),
            _ => Err(Refusal::forbidden("this option is not allowed")),
        };
        checked.map_err(|r| r.under(key))?;
    }
    Ok(())
}

/// `{name: {terms: {field: …}}}`
fn composite_source(source: &Value) -> Checked {
    const OPTIONS: [&str; 11] = [
        "field",
        "order",
        "missing_bucket",
        "missing_order",
        "interval",
        "fixed_interval",
        "calendar_interval",
        "format",
        "time_zone",
        "offset",
        "value_type",
    ];
    for (name, how) in object(source, "a source")? {
        for (kind, spec) in object(how, "a source")? {
            let known = matches!(kind.as_str(), "terms" | "histogram" | "date_histogram");
            let checked = if known { plain(spec, &OPTIONS) } else { Err(Refusal::forbidden("sources of this kind are not allowed")) };
            checked.map_err(|r| r.under(kind).under(name))?;
        }
    }
    Ok(())
}

/// The number of buckets that a histogram's bounds request, if known: a cluster that fills them may run out of memory.
fn buckets(kind: &str, spec: &Map<String, Value>) -> Checked {
    let Some(bounds) = spec.get("extended_bounds") else { return Ok(()) };
    let asked = if kind == "histogram" {
        let number = |v: Option<&Value>| v.and_then(Value::as_f64);
        match (number(bounds.get("min")), number(bounds.get("max")), number(spec.get("interval"))) {
            (Some(min), Some(max), Some(step)) if step > 0.0 => Some((max - min) / step),
            _ => None,
        }
    } else {
        let now = Timestamp::now();
        let end = |key: &str| bounds.get(key).and_then(|v| bound(v, now)).map(Timestamp::as_millisecond);
        let step = ["fixed_interval", "calendar_interval", "interval"].iter().find_map(|k| spec.get(*k)?.as_str()).and_then(milliseconds);
        match (end("min"), end("max"), step) {
            #[expect(clippy::cast_precision_loss, reason = "an estimate is enough")]
            (Some(min), Some(max), Some(step)) => Some((max - min) as f64 / step as f64),
            _ => None,
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "the limit is small")]
    let most = MAX_BUCKETS as f64;
    match asked {
        Some(n) if n > most => {
            Err(Refusal::malformed(format!("too_many_buckets: `extended_bounds` asks for more than {MAX_BUCKETS} buckets")))
        }
        _ => Ok(()),
    }
}
