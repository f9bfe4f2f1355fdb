//! Correlations at their bounds, by what the real ElastAlert 2 fires on the real index: at the count and not below it,
//! within the timespan and not beyond it, for each group apart.

use crate::support::cli::Workspace;
use crate::support::convert::{collection, options, samples};
use crate::support::elastalert;
use crate::support::opensearch::{self, Cluster};
use crate::support::skip::{Need, skip};
use serde_json::{Value, json};
use sigmalert::{Converter, Mapping, Options, Target};

/// A failed logon so many milliseconds after ten o'clock.
fn event(code: u32, at: u64, user: &str, address: &str) -> Value {
    let (minutes, seconds) = (at / 60_000, at / 1000 % 60);
    json!({
        "@timestamp": format!("2024-03-05T10:{minutes:02}:{seconds:02}.{:03}Z", at % 1000),
        "winlog": {"channel": "Security", "event_data": {"TargetUserName": user}},
        "event": {"code": code.to_string()},
        "source": {"ip": address},
    })
}

/// How often the sample's correlation matches on these events.
fn matches(cluster: &Cluster, sample: &str, events: &[Value]) -> u64 {
    let keyword = json!({"type": "keyword"});
    let properties = json!({
        "@timestamp": {"type": "date"},
        "winlog": {"properties": {"channel": keyword, "event_data": {"properties": {"TargetUserName": keyword}}}},
        "event": {"properties": {"code": keyword}},
        "source": {"properties": {"ip": {"type": "ip"}}},
    });
    let index = cluster.index(&properties, events);
    let (_, text) = samples().into_iter().find(|(n, _)| n == sample).unwrap();
    let collection = collection(&text);
    let converter =
        Converter::new(Mapping::builtin("winlogbeat").unwrap(), Options { index: Some(index.name.clone()), ..options(Target::ElastAlert) });
    let w = Workspace::new();
    w.write("rules/r.yaml", converter.convert(&collection, collection.documents().len() - 1).unwrap().query.to_string());
    elastalert::matches(&w, "rules/r.yaml", &cluster.url, ["2024-03-05T09:59:00Z", "2024-03-05T10:59:00Z"])
}

fn servers(test: &str) -> Option<Cluster> {
    if std::env::var_os("ELASTALERT_PYTHON").is_none() {
        skip(test, Need::ElastAlert);
        return None;
    }
    opensearch::connect(test)
}

/// `gte: 15` of one user from one address within five minutes.
#[test]
fn events_of_a_group() {
    let Some(cluster) = servers("events_of_a_group") else { return };
    let run = |events: Vec<Value>| matches(&cluster, "correlation_event_count", &events);
    let burst =
        |n: u64, step: u64, user: &str, address: &str| -> Vec<Value> { (0..n).map(|i| event(4625, i * step, user, address)).collect() };

    assert_eq!(run(burst(14, 1000, "bob", "10.0.0.1")), 0, "one too few");
    assert_eq!(run(burst(15, 1000, "bob", "10.0.0.1")), 1, "just enough");
    assert_eq!(run(burst(30, 1000, "bob", "10.0.0.1")), 2, "twice enough");
    // Fifteen over two users, or over two addresses, are no fifteen of a group.
    assert_eq!(run([burst(14, 1000, "bob", "10.0.0.1"), burst(1, 1000, "eve", "10.0.0.1")].concat()), 0, "two users");
    assert_eq!(run([burst(14, 1000, "bob", "10.0.0.1"), burst(1, 1000, "bob", "10.0.0.2")].concat()), 0, "two addresses");
    assert_eq!(run([burst(15, 1000, "bob", "10.0.0.1"), burst(15, 1000, "eve", "10.0.0.1")].concat()), 2, "each group for itself");
    // The last of fifteen a moment before the timespan ends, and just as it ends.
    let edge = |last: u64| [burst(14, 1000, "bob", "10.0.0.1"), vec![event(4625, last, "bob", "10.0.0.1")]].concat();
    assert_eq!(run(edge(299_999)), 1, "within");
    assert_eq!(run(edge(300_000)), 0, "the first is a whole timespan old");
    // Other events do not count.
    assert_eq!(run([burst(14, 1000, "bob", "10.0.0.1"), vec![event(4624, 20_000, "bob", "10.0.0.1")]].concat()), 0, "another event");
}

/// `gt: 10` different users from one address within an hour.
#[test]
fn values_of_a_group() {
    let Some(cluster) = servers("values_of_a_group") else { return };
    let run = |events: Vec<Value>| matches(&cluster, "correlation_value_count", &events);
    let spray = |n: u64, address: &str| -> Vec<Value> { (0..n).map(|i| event(4771, i * 1000, &format!("user{i}"), address)).collect() };

    assert_eq!(run(spray(10, "10.0.0.1")), 0, "at the bound");
    assert_eq!(run(spray(11, "10.0.0.1")), 1, "above it");
    assert_eq!(run([spray(10, "10.0.0.1"), spray(10, "10.0.0.1")].concat()), 0, "the same again");
    assert_eq!(run([spray(10, "10.0.0.1"), spray(11, "10.0.0.2")].concat()), 1, "each address for itself");
}

/// The sample's bound.
const BOUND: u64 = 524_288_000;

/// More bytes than that to one host within a day.
#[test]
fn sums_of_a_group() {
    let Some(cluster) = servers("sums_of_a_group") else { return };
    let keyword = json!({"type": "keyword"});
    let properties = json!({
        "@timestamp": {"type": "date"},
        "event": {"properties": {"category": keyword}},
        "http": {"properties": {"request": {"properties": {"bytes": {"type": "long"}, "method": keyword}}}},
        "url": {"properties": {"original": keyword, "domain": keyword}},
    });
    let upload = |hour: u64, host: &str, bytes: u64| {
        json!({
            "@timestamp": format!("2024-03-{:02}T{:02}:30:00Z", 5 + hour / 24, hour % 24),
            "event": {"category": "network"},
            "http": {"request": {"bytes": bytes, "method": "POST"}},
            "url": {"original": format!("http://{host}/"), "domain": host},
        })
    };
    let run = |events: Vec<Value>| {
        let index = cluster.index(&properties, &events);
        let (_, text) = samples().into_iter().find(|(n, _)| n == "correlation_value_sum").unwrap();
        let options = Options { index: Some(index.name.clone()), ..options(Target::ElastAlert) };
        let collection = collection(&text);
        let converter = Converter::new(Mapping::builtin("winlogbeat").unwrap(), options);
        let w = Workspace::new();
        w.write("rules/r.yaml", converter.convert(&collection, collection.documents().len() - 1).unwrap().query.to_string());
        elastalert::matches(&w, "rules/r.yaml", &cluster.url, ["2024-03-05T00:00:00Z", "2024-03-06T00:00:00Z"])
    };
    assert_eq!(run(vec![upload(1, "a.example", BOUND / 2), upload(9, "a.example", BOUND / 2)]), 0, "at the bound");
    assert_eq!(run(vec![upload(1, "a.example", BOUND / 2), upload(9, "a.example", BOUND / 2 + 1)]), 1, "above it");
    assert_eq!(run(vec![upload(1, "a.example", BOUND), upload(9, "b.example", BOUND)]), 0, "two hosts");
    assert_eq!(run(vec![upload(1, "a.example", BOUND + 1), upload(9, "b.example", BOUND + 1)]), 2, "each host for itself");
}
