//! Any search over events: it ends with an answer or an error, and within its bounds.

use super::*;
use crate::serve::searches::{MAX_BUCKETS, MAX_HITS, check};
use proptest::prelude::*;
use std::sync::LazyLock;

static EVENTS: LazyLock<Events> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("events.ndjson");
    let line = |i: u32| {
        let many: Vec<u32> = (0..40).map(|n| n * i).collect();
        json!({"@timestamp": format!("2026-01-01T00:{:02}:00Z", i % 60), "a": many, "b": many, "c": {"d": format!("x{}", i % 7)}, "n": f64::from(i) / 3.0})
    };
    std::fs::write(&file, (0..60).map(|i| format!("{}\n", line(i))).collect::<String>()).unwrap();
    Events::load(&[file], EventSchema::Sigma).unwrap()
});

fn buckets(v: &Value) -> usize {
    match v {
        Value::Object(m) => m.iter().map(|(k, v)| if k == "buckets" { v.as_array().map_or(0, Vec::len) } else { 0 } + buckets(v)).sum(),
        Value::Array(a) => a.iter().map(buckets).sum(),
        _ => 0,
    }
}

fn word() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "query",
        "aggs",
        "aggregations",
        "size",
        "from",
        "sort",
        "bool",
        "must",
        "must_not",
        "should",
        "filter",
        "term",
        "terms",
        "range",
        "match",
        "query_string",
        "wildcard",
        "regexp",
        "exists",
        "field",
        "date_histogram",
        "fixed_interval",
        "extended_bounds",
        "hard_bounds",
        "min",
        "max",
        "min_doc_count",
        "composite",
        "sources",
        "cardinality",
        "avg",
        "order",
        "@timestamp",
        "a",
        "b",
        "c.d",
        "n",
        "gte",
        "lt",
        "now-1d",
        "now||",
        "1ms",
        "5m",
        "2026-01-01T00:10:00Z",
        "desc",
        "value",
        "script",
        "x*",
        "(",
        "/[/",
        "é",
    ])
    .prop_map(str::to_owned)
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        word().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_u32..100).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(8, 60, 5, |inner| {
        prop_oneof![
            3 => proptest::collection::vec((word(), inner.clone()), 0..5).prop_map(|m| Value::Object(m.into_iter().collect())),
            1 => proptest::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

/// Aggregations that make many buckets.
fn aggregations() -> impl Strategy<Value = Value> {
    let field = proptest::sample::select(vec!["a", "b", "c.d", "n", "@timestamp", "none"]);
    let time =
        proptest::sample::select(vec![json!("now-1d"), json!("now"), json!(0), json!(i64::MAX), json!(i64::MIN), json!("2026-01-01")]);
    let leaf = prop_oneof![
        field.clone().prop_map(|f| json!({"cardinality": {"field": f}})),
        (field.clone(), any::<u64>()).prop_map(|(f, n)| json!({"terms": {"field": f, "size": n}})),
        proptest::collection::vec(field, 0..5).prop_map(|f| {
            let sources: Vec<Value> = f.iter().enumerate().map(|(i, f)| json!({i.to_string(): {"terms": {"field": f}}})).collect();
            json!({"composite": {"size": 65_535, "sources": sources}})
        }),
        (time.clone(), time, proptest::sample::select(vec!["1ms", "1s", "1m", "1d", "9223372036854775807ms", "0s"]), 0_u8..3).prop_map(|(min, max, step, n)| {
            json!({"date_histogram": {"field": "@timestamp", "fixed_interval": step, "min_doc_count": n, "extended_bounds": {"min": min, "max": max}}})
        }),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        (inner.clone(), inner).prop_map(|(mut outer, own)| {
            outer["aggs"] = json!({"own": own});
            outer
        })
    })
}

fn within_bounds(body: &Value) -> Result<(), TestCaseError> {
    // As over the network: searches not on the allowlist are not run.
    if check(body).is_ok()
        && let Ok(answer) = EVENTS.search(body)
    {
        prop_assert!(buckets(&answer) <= MAX_BUCKETS);
        prop_assert!(answer["hits"]["hits"].as_array().unwrap().len() as u64 <= MAX_HITS);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_body_is_answered_or_refused(query in any_json(), body in any_json()) {
        within_bounds(&body)?;
        within_bounds(&json!({"query": query, "sort": body}))?;
        // Without the list, too: it is not what keeps the process alive.
        _ = EVENTS.search(&json!({"query": query}));
        _ = EVENTS.search(&json!({"size": 0, "aggs": body}));
    }

    #[test]
    fn any_aggregation_is_bounded(a in aggregations(), b in aggregations()) {
        let body = json!({"size": 0, "aggs": {"a": a, "b": b}});
        within_bounds(&body)?;
        if let Ok(answer) = EVENTS.search(&body) {
            prop_assert!(buckets(&answer) <= MAX_BUCKETS);
        }
    }
}

#[test]
fn combinations_of_lists_are_counted_before_they_are_made() {
    let sources =
        |n: usize| (0..n).map(|i| json!({i.to_string(): {"terms": {"field": if i % 2 == 0 { "a" } else { "b" }}}})).collect::<Vec<_>>();
    let ask = |n| EVENTS.search(&json!({"size": 0, "aggs": {"all": {"composite": {"size": 65_535, "sources": sources(n)}}}}));
    assert_eq!(ask(5).unwrap_err().kind, "too_many_buckets");
    assert!(ask(1).unwrap()["aggregations"]["all"]["buckets"].as_array().unwrap().len() > 100);
}
