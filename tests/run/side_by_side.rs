//! The real ElastAlert 2 and sigmalert, over the same OpenSearch, the same rules of all types and the same stream of events: the
//! same alerts.

use crate::support::cli::Workspace;
use crate::support::opensearch::connect;
use crate::support::runtime::{Field, ok};
use crate::support::skip::{Need, skip};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;

/// Fields of a match that depend on how often a program looked, not on what it found.
const COUNTS: [&str; 2] = ["num_hits", "num_matches"];

/// Rules of all types, five of each.
fn rules(index: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut add = |name: &str, body: &str| {
        let text = format!("name: {name}\nindex: {index}\nrealert: {{minutes: 0}}\nalert: [debug]\n{body}\n");
        out.push((format!("rules/{name}.yaml"), text));
    };
    let logon = "filter: [{query: {query_string: {query: 'event_id:4625'}}}]";
    let all = "filter: []";
    for (i, q) in ["event_id:4625", "user:bob AND NOT host:h1", "bytes:[500 TO *]", "user:(eve OR mallory)", "host:h*"].iter().enumerate() {
        add(&format!("any-{i}"), &format!("type: any\nfilter: [{{query: {{query_string: {{query: '{q}'}}}}}}]"));
    }
    for (i, (field, list)) in
        [("user", "[bob, eve]"), ("host", "[h1]"), ("user", "['nobody']"), ("user", "['/e.*/']"), ("host", "[h2, 'h3']")].iter().enumerate()
    {
        add(&format!("blacklist-{i}"), &format!("type: blacklist\ncompare_key: {field}\nblacklist: {list}\n{all}"));
        add(
            &format!("whitelist-{i}"),
            &format!("type: whitelist\ncompare_key: {field}\nwhitelist: {list}\nignore_null: {}\n{logon}", i % 2 == 0),
        );
    }
    for (i, (key, more)) in
        [("host", ""), ("bytes", "timeframe: {minutes: 5}"), ("host", "timeframe: {minutes: 1}"), ("event_id", ""), ("note", "")]
            .iter()
            .enumerate()
    {
        add(
            &format!("change-{i}"),
            &format!("type: change\ncompare_key: {key}\nquery_key: user\nignore_null: {}\n{more}\n{all}", i % 2 == 0),
        );
    }
    for (i, more) in [
        "num_events: 5\ntimeframe: {minutes: 10}",
        "num_events: 4\ntimeframe: {minutes: 10}\nquery_key: user",
        "num_events: 3\ntimeframe: {minutes: 5}\nquery_key: [user, host]",
        "num_events: 4\ntimeframe: {minutes: 10}\nattach_related: true\nquery_key: note",
        "num_events: 12\ntimeframe: {minutes: 30}\nuse_count_query: true",
    ]
    .iter()
    .enumerate()
    {
        add(&format!("frequency-{i}"), &format!("type: frequency\n{more}\n{logon}"));
    }
    for (i, more) in [
        "spike_height: 2\nspike_type: up\ntimeframe: {minutes: 10}",
        "spike_height: 2\nspike_type: both\ntimeframe: {minutes: 5}\nthreshold_ref: 3",
        "spike_height: 1.5\nspike_type: down\ntimeframe: {minutes: 8}\nquery_key: user",
        "spike_height: 2\nspike_type: both\ntimeframe: {minutes: 10}\nfield_value: bytes",
        "spike_height: 3\nspike_type: up\ntimeframe: {minutes: 5}\nquery_key: user\nalert_on_new_data: true",
    ]
    .iter()
    .enumerate()
    {
        add(&format!("spike-{i}"), &format!("type: spike\n{more}\n{all}"));
    }
    for (i, more) in [
        "threshold: 1\ntimeframe: {minutes: 5}",
        "threshold: 8\ntimeframe: {minutes: 10}",
        "threshold: 2\ntimeframe: {minutes: 10}\nquery_key: user",
        "threshold: 2\ntimeframe: {minutes: 10}\nquery_key: user\nforget_keys: true",
        "threshold: 20\ntimeframe: {minutes: 15}\nuse_count_query: true",
    ]
    .iter()
    .enumerate()
    {
        add(&format!("flatline-{i}"), &format!("type: flatline\n{more}\n{logon}"));
    }
    for (i, more) in [
        "fields: [user]",
        "fields: [user, host]",
        "fields: [[user, host]]",
        "fields: [note]\nalert_on_missing_field: true",
        "query_key: host",
    ]
    .iter()
    .enumerate()
    {
        add(&format!("newterm-{i}"), &format!("type: new_term\n{more}\nstart_date: START\nterms_window_size: {{days: 2}}\n{all}"));
    }
    for (i, more) in [
        "cardinality_field: user\nmax_cardinality: 2\ntimeframe: {minutes: 10}",
        "cardinality_field: user\nmin_cardinality: 4\ntimeframe: {minutes: 5}",
        "cardinality_field: host\nmax_cardinality: 1\ntimeframe: {minutes: 10}\nquery_key: user",
        "cardinality_field: bytes\nmax_cardinality: 10\ntimeframe: {minutes: 10}",
        "cardinality_field: note\nmin_cardinality: 2\ntimeframe: {minutes: 10}\nquery_key: host",
    ]
    .iter()
    .enumerate()
    {
        add(&format!("cardinality-{i}"), &format!("type: cardinality\n{more}\n{all}"));
    }
    for (i, more) in [
        "metric_agg_key: bytes\nmetric_agg_type: avg\nmax_threshold: 300",
        "metric_agg_key: bytes\nmetric_agg_type: sum\nmin_threshold: 9000\nquery_key: user",
        "metric_agg_key: user\nmetric_agg_type: cardinality\nmin_threshold: 10\nbucket_interval: {minutes: 5}\nsync_bucket_interval: true",
        "metric_agg_key: bytes\nmetric_agg_type: max\nmax_threshold: 900\nquery_key: host\nmetric_format_string: '{:.2f}'",
        "metric_agg_key: bytes\nmetric_agg_type: percentiles\npercentile_range: 95\nmax_threshold: 100",
    ]
    .iter()
    .enumerate()
    {
        add(&format!("metric-{i}"), &format!("type: metric_aggregation\nbuffer_time: {{minutes: 15}}\n{more}\n{all}"));
    }
    for (i, more) in [
        "metric_agg_key: bytes\nmetric_agg_type: sum\nspike_height: 1.2\nspike_type: both\ntimeframe: {minutes: 15}",
        "metric_agg_key: bytes\nmetric_agg_type: avg\nspike_height: 1.1\nspike_type: both\ntimeframe: {minutes: 15}\nquery_key: user",
        "metric_agg_key: bytes\nmetric_agg_type: max\nspike_height: 1.01\nspike_type: up\ntimeframe: {minutes: 15}",
        "metric_agg_key: user\nmetric_agg_type: value_count\nspike_height: 1.1\nspike_type: down\ntimeframe: {minutes: 15}",
        "metric_agg_key: bytes\nmetric_agg_type: min\nspike_height: 1.1\nspike_type: both\ntimeframe: {minutes: 15}\nquery_key: host",
    ]
    .iter()
    .enumerate()
    {
        add(&format!("spikeagg-{i}"), &format!("type: spike_aggregation\nbuffer_time: {{minutes: 15}}\n{more}\n{all}"));
    }
    for (i, more) in [
        "max_percentage: 30",
        "min_percentage: 60",
        "max_percentage: 20\nquery_key: user",
        "min_percentage: 90\nmin_denominator: 5\nquery_key: host",
        "max_percentage: 40\nmin_percentage: 35\npercentage_format_string: '%.1f'",
    ]
    .iter()
    .enumerate()
    {
        let inside = "match_bucket_filter: [{query_string: {query: 'event_id:4625'}}]";
        add(&format!("percentage-{i}"), &format!("type: percentage_match\nbuffer_time: {{minutes: 15}}\n{inside}\n{more}\n{all}"));
    }
    out
}

/// A stream of events, the same every time.
fn events(start: jiff::Timestamp) -> Vec<Value> {
    let mut seed = 12_345_u64;
    let mut next = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let users = ["bob", "eve", "alice", "mallory", "trent"];
    let mut at = 0;
    let mut out = Vec::new();
    while at < 3600 {
        // Every quarter of an hour is busier or quieter than the one before.
        at += 4 + next(if (at / 900) % 2 == 0 { 60 } else { 15 });
        let time = start.checked_add(jiff::SignedDuration::from_secs(i64::try_from(at).unwrap())).unwrap();
        let mut doc = json!({
            "@timestamp": time.to_string(), "event_id": if next(3) == 0 { 4625 } else { 4624 },
            "user": users[usize::try_from(next(5)).unwrap()], "host": format!("h{}", next(4)), "bytes": next(1000),
        });
        if next(4) == 0 {
            doc["note"] = format!("n{}", next(3)).into();
        }
        out.push(doc);
    }
    out
}

/// A value with the keys of its mappings in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().map(|(k, v)| (k.clone(), self::sorted(v))).collect();
            json!(sorted)
        }
        Value::Array(items) => items.iter().map(self::sorted).collect(),
        other => other.clone(),
    }
}

/// The matches of alerts by rule, without what counts looks.
fn matches(alerts: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for a in alerts {
        let mut body = a["match_body"].as_object().cloned().unwrap_or_default();
        COUNTS.iter().for_each(|c| {
            body.remove(*c);
        });
        body.remove("_type");
        // ElastAlert writes the times of related events in another form than that of the match.
        if let Some(Value::Array(related)) = body.get_mut("related_events") {
            for e in related {
                e["@timestamp"] = e["@timestamp"].as_str().unwrap().replace("+00:00", "Z").into();
            }
        }
        let text = sorted(&Value::Object(body)).to_string();
        out.entry(a["rule_name"].as_str().unwrap().to_owned()).or_default().push(text);
    }
    // ElastAlert alerts again for one and the same match of a count or a bucket, run after run.
    out.values_mut().for_each(|v| {
        v.sort();
        v.dedup();
    });
    out
}

#[test]
fn sixty_rules_of_all_types_alert_alike() {
    let Some(cluster) = connect("sixty_rules_of_all_types_alert_alike") else { return };
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        skip("sixty_rules_of_all_types_alert_alike", Need::ElastAlert);
        return;
    };
    let field = Field::new(&cluster);
    let w = Workspace::new();
    field.create();
    let day: jiff::Timestamp = jiff::Timestamp::now();
    let hour = day.as_second() / 3600 * 3600 - 2 * 3600;
    let start = jiff::Timestamp::from_second(hour).unwrap();
    let stream = events(start);
    field.add(0, &stream);
    let all = rules(&field.events());
    assert_eq!(all.len(), 60);
    for (name, text) in &all {
        w.write(name, text.replace("START", &format!("'{start}'")));
    }
    let at = |minutes: i64| start.checked_add(jiff::SignedDuration::from_mins(minutes)).unwrap().to_string();
    // Every minute at first, then with a gap, then to the end.
    let ends: Vec<String> = (1..=30).chain([50, 60, 75]).map(at).collect();
    w.write("elastalert.yaml", field.config("ea", ""));
    w.write("sigmalert.yaml", field.config("sa", ""));
    // The indices of both have ElastAlert's mappings.
    ok(&w.run(&["create-index", "--config", "elastalert.yaml"]));
    let out = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/elastalert/run_rules.py"))
        .args(["elastalert.yaml", &start.to_string()])
        .args(&ends)
        .current_dir(w.path(""))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(told.contains("60 rules"), "{told}");
    for (i, end) in ends.iter().enumerate() {
        let from = start.to_string();
        let mut args = vec!["run", "--config", "sigmalert.yaml", "--end", end];
        if i == 0 {
            args.extend(["--start", &from]);
        }
        ok(&w.run(&args));
    }
    let (theirs, ours) = (matches(&field.alerts("ea")), matches(&field.alerts("sa")));
    let mut report = String::new();
    let mut different = Vec::new();
    for (name, _) in &all {
        let name = name.trim_start_matches("rules/").trim_end_matches(".yaml");
        let empty = Vec::new();
        let (t, o) = (theirs.get(name).unwrap_or(&empty), ours.get(name).unwrap_or(&empty));
        let same = t == o;
        report.push_str(&format!("{name:14} {:>4} {:>4}{}\n", t.len(), o.len(), if same { "" } else { "  different" }));
        if !same {
            different.push(name.to_owned());
            if let Ok(folder) = std::env::var("SIGMALERT_DIFFERENCES") {
                std::fs::write(format!("{folder}/{name}.theirs"), t.join("\n")).unwrap();
                std::fs::write(format!("{folder}/{name}.ours"), o.join("\n")).unwrap();
            }
        }
    }
    eprintln!("{told}\nrule           ElastAlert sigmalert\n{report}");
    assert_eq!(different, Vec::<String>::new(), "{told}");
}
