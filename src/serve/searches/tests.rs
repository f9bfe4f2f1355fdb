use super::*;
use proptest::prelude::*;
use serde_json::json;

fn refused(body: &Value) -> String {
    match check(body) {
        Ok(()) => panic!("allowed: {body}"),
        Err(r) => r.to_string(),
    }
}

#[test]
fn what_pages_and_rule_files_ask_is_allowed() {
    let chart = json!({"date_histogram": {"field": "@timestamp", "fixed_interval": "5m", "min_doc_count": 0, "extended_bounds": {"min": "now-500m", "max": "now"}},
        "aggs": {"sum": {"sum": {"field": "bytes"}}}});
    for good in [
        // Praeco's table, sample and charts.
        json!({"query": {"bool": {"must": [{"query_string": {"query": "a:1"}}, {"range": {"@timestamp": {"lte": "now", "gte": "now-1h"}}}]}},
            "sort": [{"@timestamp": {"order": "desc"}}], "from": 40, "size": 40}),
        json!({"size": 0, "aggs": {"by_minute": chart}}),
        json!({"size": 0, "aggs": {"group_by_field": {"terms": {"field": "user.name"}, "aggs": {"by_minute": chart}}}}),
        json!({"size": 0, "aggs": {"group_by_field": {"composite": {"sources": [{"a": {"terms": {"field": "a"}}}, {"b": {"terms": {"field": "b"}}}]}, "aggs": {"by_minute": chart}}}}),
        json!({"size": 0, "aggs": {"by_minute": {"date_histogram": {"field": "t", "fixed_interval": "1m"}, "aggs": {}}}}),
        // Searches that rule tests send.
        json!({"query": {"bool": {"filter": {"bool": {"must": [{"range": {"@timestamp": {"gt": "a", "lte": "b"}}}, {"query_string": {"query": "*"}}]}}}},
            "sort": [{"@timestamp": {"order": "asc"}}], "size": 10_000, "track_total_hits": true, "_source": {"includes": ["a"]}, "fields": [{"field": "a", "format": "b"}]}),
        json!({"query": {"match_all": {}}, "size": 0, "aggs": {"bucket_aggs": {"terms": {"field": "k", "size": 50, "min_doc_count": 1}, "aggs": {
            "interval_aggs": {"date_histogram": {"field": "t", "fixed_interval": "1h", "offset": "+5s"}, "aggs": {"metric": {"percentiles": {"field": "a", "percents": [95]}}}}}}}}),
        json!({"size": 0, "aggs": {"percentage_match_aggs": {"filters": {"other_bucket": true, "filters": {"match_bucket": {"bool": {"must": [{"term": {"a": 1}}]}}}}}}}),
        json!({"size": 0, "aggs": {"values": {"composite": {"size": 10_000, "sources": [{"0": {"terms": {"field": "a.keyword"}}}], "after": {"0": "x"}}}}}),
        // Fields may be called as they like, and so may aggregations.
        json!({"query": {"terms": {"index": ["a", "b"], "boost": 2}}}),
        json!({"query": {"bool": {"must_not": [{"term": {"script": "rm"}}, {"match": {"wrapper": {"query": "x", "operator": "and"}}}, {"exists": {"field": "percolate"}}]}}}),
        json!({"sort": [{"script": "asc"}, "_doc", {"_score": {"order": "desc"}}, {"a": {"nested": {"path": "a", "filter": {"term": {"b": 1}}}}}]}),
        json!({"aggs": {"script": {"terms": {"field": "script"}}, "wrapper": {"avg": {"field": "runtime_mappings"}}}}),
        // Query DSL of rule files.
        json!({"query": {"bool": {"should": [{"wildcard": {"a": {"value": "*x*", "case_insensitive": true}}}, {"regexp": {"a": {"value": "x.*", "flags": "ALL"}}},
            {"prefix": {"a": "b"}}, {"fuzzy": {"a": {"value": "b"}}}, {"ids": {"values": ["1"]}}, {"match_phrase": {"a": "b c"}},
            {"multi_match": {"query": "a", "fields": ["b", "c^2"]}}, {"simple_query_string": {"query": "a"}}, {"nested": {"path": "p", "query": {"match_all": {}}}},
            {"constant_score": {"filter": {"match_none": {}}}}, {"dis_max": {"queries": [{"term": {"a": 1}}]}}, {"more_like_this": {"fields": ["a"], "like": "text"}}], "minimum_should_match": 1}}}),
        json!({"query": {"geo_shape": {"place": {"shape": {"type": "envelope", "coordinates": [[1, 2], [3, 4]]}, "relation": "within"}}}}),
        json!({"query": {"geo_distance": {"distance": "1km", "place": {"lat": 1, "lon": 2}}}}),
        json!({"highlight": {"fields": {"script": {"highlight_query": {"term": {"a": 1}}, "number_of_fragments": 1}}, "pre_tags": ["<b>"]}}),
        json!({"aggs": {"top": {"top_hits": {"size": 3, "sort": [{"a": "asc"}], "_source": ["a"]}}, "ranges": {"range": {"field": "a", "ranges": [{"to": 1}]}}}}),
        json!({}),
        Value::Null,
    ] {
        assert_eq!(check(&good), Ok(()), "{good}");
    }
}

/// Queries that run code, or read what is elsewhere.
fn bad_queries() -> Vec<Value> {
    let script = json!({"source": "canary"});
    vec![
        json!({"script": {"script": script}}),
        json!({"wrapper": {"query": "eyJzY3JpcHQiOiAiY2FuYXJ5In0="}}),
        json!({"terms_set": {"a": {"terms": ["canary"], "minimum_should_match_script": script}}}),
        json!({"terms": {"a": {"index": "canary", "id": "1", "path": "password"}}}),
        json!({"terms": {"a": [{"index": "canary"}]}}),
        json!({"function_score": {"query": {"match_all": {}}, "script_score": {"script": script}}}),
        json!({"script_score": {"query": {"match_all": {}}, "script": script}}),
        json!({"percolate": {"field": "q", "index": "canary", "id": "1"}}),
        json!({"more_like_this": {"like": [{"_index": "canary", "_id": "1"}]}}),
        json!({"more_like_this": {"like": {"_index": "canary", "_id": "1"}}}),
        json!({"geo_shape": {"place": {"indexed_shape": {"index": "canary", "id": "1"}}}}),
        json!({"shape": {"place": {"indexed_shape": {"index": "canary", "id": "1"}}}}),
        json!({"has_child": {"type": "c", "query": {"match_all": {}}, "inner_hits": {"script_fields": {"canary": {"script": script}}}}}),
        json!({"nested": {"path": "a", "query": {"match_all": {}}, "inner_hits": {"script_fields": {"canary": {"script": script}}}}}),
        json!({"intervals": {"a": {"match": {"query": "canary", "filter": {"script": script}}}}}),
        json!({"term": {"a": {"value": script}}}),
        json!({"match": {"a": {"query": [script]}}}),
        json!({"query_string": {"query": script}}),
        json!({"template": {"query": "canary"}}),
        json!({"pinned": {"ids": ["canary"], "organic": {"match_all": {}}}}),
        json!({"knn": {"a": {"vector": [1], "k": "canary"}}}),
        json!({"bool": {"must": [{"match_all": {}}], "canary": [{"script": script}]}}),
    ]
}

fn bad_aggregations() -> Vec<Value> {
    let script = json!({"source": "canary"});
    vec![
        json!({"scripted_metric": {"map_script": script}}),
        json!({"terms": {"script": script}}),
        json!({"avg": {"field": "a", "script": script}}),
        json!({"bucket_script": {"buckets_path": {"a": "b"}, "script": script}}),
        json!({"bucket_selector": {"buckets_path": {"a": "b"}, "script": script}}),
        json!({"moving_fn": {"buckets_path": "a", "window": 1, "script": "canary"}}),
        json!({"top_hits": {"script_fields": {"canary": {"script": script}}}}),
        json!({"top_hits": {"sort": [{"_script": {"type": "number", "script": script}}]}}),
        json!({"significant_terms": {"field": "a", "script_heuristic": {"script": script}}}),
        json!({"composite": {"sources": [{"a": {"terms": {"script": script}}}]}}),
        json!({"weighted_avg": {"value": {"script": script}, "weight": {"field": "a"}}}),
        json!({"multi_terms": {"terms": [{"field": "a", "script": script}]}}),
        json!({"top_metrics": {"metrics": {"field": "canary"}}}),
        json!({"inference": {"model_id": "canary"}}),
        json!({"avg": {"field": "a"}, "meta": {"a": {"canary": 1}}}),
    ]
}

/// What stands beside the query.
fn bad_keys() -> Vec<(&'static str, Value)> {
    let script = json!({"source": "canary"});
    vec![
        ("script_fields", json!({"a": {"script": script}})),
        ("runtime_mappings", json!({"a": {"type": "long", "script": script}})),
        ("derived", json!({"a": {"type": "long", "script": script}})),
        ("pit", json!({"id": "canary"})),
        ("slice", json!({"id": 0, "max": "canary"})),
        ("suggest", json!({"a": {"phrase": {"collate": {"query": {"source": "canary"}}}}})),
        ("rescore", json!({"query": {"rescore_query": {"script": script}}})),
        ("knn", json!({"field": "canary"})),
        ("retriever", json!({"standard": {"query": {"script": script}}})),
        ("ext", json!({"canary": 1})),
        ("indices_boost", json!([{"canary": 1}])),
        ("sort", json!({"_script": {"type": "number", "script": script}})),
        ("sort", json!([{"a": {"nested": {"path": "a", "filter": {"script": script}}}}])),
        ("collapse", json!({"field": "a", "inner_hits": {"script_fields": {"canary": {"script": script}}}})),
        ("highlight", json!({"fields": {"a": {"highlight_query": {"script": script}}}})),
        ("_source", json!({"canary": 1})),
        ("search_pipeline", json!({"request_processors": [{"script": script}]})),
        ("post_filter", json!({"script": script})),
    ]
}

#[test]
fn nothing_else_is() {
    for bad in bad_queries() {
        refused(&json!({"query": bad}));
        refused(&json!({"query": {"bool": {"filter": {"constant_score": {"filter": {"dis_max": {"queries": [bad]}}}}}}}));
        refused(&json!({"aggs": {"a": {"filter": bad}}}));
        refused(&json!({"aggs": {"a": {"filters": {"filters": [bad]}}}}));
        refused(&json!({"aggs": {"a": {"significant_terms": {"field": "a", "background_filter": bad}}}}));
        refused(&json!({"sort": {"a": {"nested": {"filter": bad}}}}));
    }
    for bad in bad_aggregations() {
        refused(&json!({"aggs": {"a": bad}}));
        refused(&json!({"aggregations": {"a": {"terms": {"field": "a"}, "aggregations": {"b": bad}}}}));
    }
    for (key, bad) in bad_keys() {
        refused(&json!({key: bad}));
    }
    assert_eq!(
        refused(&json!({"query": {"bool": {"must": [{"match_all": {}}, {"wrapper": {"query": "e30="}}]}}})),
        "`query.bool.must.1.wrapper`: queries of this type are not allowed"
    );
}

#[test]
fn sizes_are_bounded() {
    let mut deep = json!({"match_all": {}});
    let mut aggs = json!({"avg": {"field": "a"}});
    for _ in 0..80 {
        deep = json!({"bool": {"must": [deep]}});
    }
    for _ in 0..12 {
        aggs = json!({"terms": {"field": "a"}, "aggs": {"a": aggs}});
    }
    let many: Map<String, Value> = (0..101).map(|i| (format!("a{i}"), json!({"avg": {"field": "a"}}))).collect();
    for bad in [
        json!({"size": 10_001}),
        json!({"size": 10_000, "from": 1}),
        json!({"size": "10000000"}),
        json!({"size": -1}),
        json!({"query": deep}),
        json!({"aggs": {"a": aggs}}),
        json!({"aggs": many}),
        json!({"aggs": {"a": {"terms": {"field": "a", "size": 2_147_483_647}}}}),
        json!({"aggs": {"a": {"top_hits": {"size": 10_000}}}}),
        json!({"aggs": {"a": {"percentiles": {"field": "a", "tdigest": {"compression": 1e12}}}}}),
        json!({"aggs": {"a": {"date_histogram": {"field": "t", "fixed_interval": "1s", "extended_bounds": {"min": "now-1d", "max": "now"}}}}}),
        json!({"aggs": {"a": {"histogram": {"field": "n", "interval": 1e-9, "extended_bounds": {"min": 0, "max": 1}}}}}),
        json!({"query": {"match_all": {}, "term": {"a": 1}}}),
        json!({"query": []}),
        json!([]),
        json!("x"),
    ] {
        assert!(check(&bad).is_err(), "{bad}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i32>().prop_map(Value::from),
        "[a-z_]{1,8}".prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null)
    ]
}

/// Queries built from allowed parts, sometimes with a forbidden one at a random position.
fn queries() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => ("[a-z.]{1,6}", value()).prop_map(|(f, v)| json!({"term": {f: v}})),
        2 => ("(script|index|wrapper)", value()).prop_map(|(f, v)| json!({"match": {f: {"query": v}}})),
        2 => "[a-z:* ]{0,10}".prop_map(|q| json!({"query_string": {"query": q}})),
        1 => proptest::collection::vec(value(), 0..4).prop_map(|v| json!({"terms": {"a": v}})),
        1 => proptest::sample::select(bad_queries()),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            (proptest::sample::select(vec!["must", "filter", "should", "must_not"]), proptest::collection::vec(inner.clone(), 1..4))
                .prop_map(|(k, q)| json!({"bool": {k: q}})),
            inner.clone().prop_map(|q| json!({"constant_score": {"filter": q}})),
            inner.clone().prop_map(|q| json!({"nested": {"path": "a", "query": q}})),
            (inner.clone(), inner).prop_map(|(a, b)| json!({"boosting": {"positive": a, "negative": b, "negative_boost": 0.5}})),
        ]
    })
}

fn aggregations() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => Just(json!({"avg": {"field": "script"}})),
        2 => queries().prop_map(|q| json!({"filter": q})),
        1 => proptest::sample::select(bad_aggregations()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        ("[a-z]{1,4}", inner, proptest::sample::select(vec!["aggs", "aggregations"]))
            .prop_map(|(name, a, key)| json!({"terms": {"field": "a"}, key: {name: a}}))
    })
}

/// Whether a canary of a bad piece is anywhere in it: good pieces have none.
fn has_canary(v: &Value) -> bool {
    v.to_string().contains("canary") || v.to_string().contains("eyJzY3JpcHQi")
}

proptest! {
    #[test]
    fn no_bad_piece_gets_through(
        q in queries(),
        a in aggregations(),
        more in proptest::option::weighted(0.2, proptest::sample::select(bad_keys())),
    ) {
        let mut body = json!({"query": q, "aggs": {"a": a}, "size": 1});
        if let Some((key, v)) = more {
            body[key] = v;
        }
        prop_assert_eq!(check(&body).is_err(), has_canary(&body), "{}", body);
    }
}
