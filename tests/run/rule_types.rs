//! The rule types, over events with no server: the numbers that ElastAlert's own tests state.

use crate::support::cli::Workspace;
use serde_json::{Value, json};

/// A time some seconds after noon.
fn at(seconds: i64) -> String {
    let noon: jiff::Timestamp = "2014-09-26T12:00:00Z".parse().unwrap();
    noon.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap().to_string()
}

fn event(seconds: i64, more: &Value) -> Value {
    let mut e = json!({"@timestamp": at(seconds)});
    for (k, v) in more.as_object().unwrap() {
        e[k] = v.clone();
    }
    e
}

/// The matches of a rule over events.
fn fired(rule: &str, events: &[Value]) -> Vec<Value> {
    let w = Workspace::new();
    w.write(
        "rule.yaml",
        format!("name: r\nindex: i\nfilter: []\nalert: [debug]\nrealert: {{minutes: 0}}\nuse_local_time: false\n{rule}\n"),
    );
    w.write("events.ndjson", events.iter().map(|e| format!("{e}\n")).collect::<String>());
    let run = w.run(&["run", "--rules", "rule.yaml", "--events", "events.ndjson", "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    run.stdout.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["matches"][0].clone()).collect()
}

/// One event a second.
fn every_second(n: i64) -> Vec<Value> {
    (0..n).map(|i| event(i, &json!({"user": format!("u{}", i % 2)}))).collect()
}

#[test]
fn frequency() {
    let count = |more: &str, events: &[Value]| fired(&format!("type: frequency\ntimeframe: {{hours: 1}}\n{more}"), events).len();
    assert_eq!(count("num_events: 59", &every_second(60)), 1);
    assert_eq!(count("num_events: 60", &every_second(60)), 1);
    assert_eq!(count("num_events: 61", &every_second(60)), 0);
    // The window is emptied by a match: 2nd and 4th of five.
    assert_eq!(count("num_events: 2", &every_second(5)), 2);
    // Events without the key are counted together.
    assert_eq!(count("num_events: 5\nquery_key: nobody", &every_second(5)), 1);
    assert_eq!(count("num_events: 3\nquery_key: user", &every_second(6)), 2);
    // An event exactly as old as the span is out.
    let span = |seconds| [event(0, &json!({})), event(seconds, &json!({}))];
    assert_eq!(count("num_events: 2", &span(3600)), 0);
    assert_eq!(count("num_events: 2", &span(3599)), 1);
    // Counted by the index, for each of a user's values.
    assert_eq!(count("num_events: 30\nuse_terms_query: true\nquery_key: user", &every_second(60)), 2);
}

#[test]
fn any_and_lists() {
    let events: Vec<Value> =
        ["good", "bad", "also good", "really bad"].iter().map(|t| event(0, &json!({"term": t}))).chain([event(0, &json!({}))]).collect();
    let terms = |rule: &str, events: &[Value]| -> Vec<String> { fired(rule, events).iter().map(|m| m["term"].to_string()).collect() };
    assert_eq!(fired("type: any", &events).len(), 5);
    assert_eq!(terms("type: blacklist\ncompare_key: term\nblacklist: [bad, really bad]", &events), ["\"bad\"", "\"really bad\""]);
    let white = "type: whitelist\ncompare_key: term\nwhitelist: [good, also good]\nignore_null: ";
    assert_eq!(terms(&format!("{white}true"), &events), ["\"bad\"", "\"really bad\""]);
    assert_eq!(terms(&format!("{white}false"), &events).len(), 3);
    // Exact: of a text, in its case. Of several values each counts.
    let odd: Vec<Value> = [json!(1), json!("1"), json!("X"), json!(["a", "x"])].iter().map(|t| event(0, &json!({"term": t}))).collect();
    assert_eq!(terms("type: blacklist\ncompare_key: term\nblacklist: ['1', x]", &odd), ["\"1\"", "[\"a\",\"x\"]"]);
}

#[test]
fn change() {
    let rule = "type: change\ncompare_key: [term, second_term]\nquery_key: username\nignore_null: true";
    let mut events: Vec<Value> = (0..8).map(|i| event(i, &json!({"username": "q", "term": "good", "second_term": "yes"}))).collect();
    events.push(event(8, &json!({"username": "q"})));
    events.push(event(9, &json!({"username": "q", "term": "bad", "second_term": "no"})));
    let found = fired(rule, &events);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["old_value"], json!(["good", "yes"]));
    assert_eq!(found[0]["new_value"], json!(["bad", "no"]));
    // Within a span since the event before.
    let two = |gap| [event(0, &json!({"username": "q", "term": 1})), event(gap, &json!({"username": "q", "term": 2}))];
    let timed = "type: change\ncompare_key: term\nquery_key: username\nignore_null: false\ntimeframe: {seconds: 10}";
    assert_eq!((fired(timed, &two(10)).len(), fired(timed, &two(11)).len()), (1, 0));
}

#[test]
fn spike() {
    let rule = |more: &str| format!("type: spike\ntimeframe: {{seconds: 10}}\nspike_height: 2\n{more}\nrun_every: {{seconds: 1}}");
    let many = |counts: &[(i64, usize)]| -> Vec<Value> {
        counts.iter().flat_map(|(t, n)| (0..*n).map(|i| event(*t, &json!({"n": i}))).collect::<Vec<_>>()).collect()
    };
    let up = many(&[(0, 10), (10, 10), (20, 20)]);
    assert_eq!(fired(&rule("spike_type: up\nthreshold_ref: 10"), &up).len(), 1);
    assert_eq!(fired(&rule("spike_type: up\nthreshold_ref: 11"), &up).len(), 0);
    assert_eq!(fired(&rule("spike_type: up\nthreshold_cur: 30"), &up).len(), 0);
    assert_eq!(fired(&rule("spike_type: down\nthreshold_ref: 10"), &many(&[(0, 10), (10, 10), (20, 10), (40, 1)])).len(), 1);
}

#[test]
fn flatline() {
    let rule = |more: &str| format!("type: flatline\nthreshold: 1\ntimeframe: {{minutes: 30}}\n{more}");
    // It goes on matching, run after run, while nothing comes.
    let events = [event(0, &json!({"user": "a"})), event(3600 * 2, &json!({"user": "b"}))];
    let found = fired(&rule(""), &events);
    assert_eq!(found[0], json!({"@timestamp": at(1800), "key": "all", "count": 0, "threshold": 1, "num_hits": 0, "num_matches": 1}));
    assert_eq!(found.len(), 90, "every minute until the next event comes");
    // A key that was never seen is not missed; one that is forgotten matches once.
    let found = fired(&rule("query_key: user\nforget_keys: true"), &events);
    assert_eq!(found.iter().map(|m| m["key"].clone()).collect::<Vec<_>>(), [json!("a")]);
}

#[test]
fn cardinality() {
    let users = |from: i64, list: &[&str]| -> Vec<Value> {
        list.iter().enumerate().map(|(i, u)| event(from + i64::try_from(i).unwrap(), &json!({"user": u, "d": {"ip": u}}))).collect()
    };
    let rule = "type: cardinality\ncardinality_field: user\nmax_cardinality: 4\ntimeframe: {minutes: 10}";
    let mut events = users(0, &["a", "b", "c", "d", "a"]);
    assert_eq!(fired(rule, &events).len(), 0);
    events.extend(users(10, &["e"]));
    assert_eq!(fired(rule, &events).len(), 1);
    events.extend(users(900 + 10, &["f", "g", "h"]));
    assert_eq!(fired(rule, &events).len(), 1);
    // It is not reset: each further value matches.
    let two = "type: cardinality\ncardinality_field: d.ip\nmax_cardinality: 2\ntimeframe: {minutes: 10}";
    assert_eq!(fired(two, &users(0, &["v0", "v1", "v2", "v3"])).len(), 2);
}

#[test]
fn new_term() {
    let rule = "type: new_term\nfields: [a, b]";
    let events = [
        event(0, &json!({"a": "key1", "b": "key2"})),
        event(1, &json!({"a": "key1", "b": "key3"})),
        event(2, &json!({"a": "key1", "b": "key3"})),
    ];
    let found = fired(rule, &events);
    assert_eq!(found.iter().map(|m| m["new_field"].clone()).collect::<Vec<_>>(), [json!("a"), json!("b"), json!("b")]);
    let pairs = fired("type: new_term\nfields: [[a, b]]", &events);
    assert_eq!(pairs.len(), 2);
    assert_eq!(fired("type: new_term\nfields: [c]\nalert_on_missing_field: true", &events).len(), 3);
    // Each value of a list is one.
    let lists = [event(0, &json!({"a": ["x", "y"]})), event(1, &json!({"a": "y"})), event(2, &json!({"a": ["y", "z"]}))];
    assert_eq!(fired("type: new_term\nfields: [a]", &lists).len(), 2);
}

#[test]
fn metrics_and_percentages() {
    let values = |list: &[f64]| -> Vec<Value> { list.iter().map(|v| event(1, &json!({"cpu": v}))).collect() };
    let rule = "type: metric_aggregation\nmetric_agg_key: cpu\nmetric_agg_type: avg\nmin_threshold: 0.1\nmax_threshold: 0.8\nbuffer_time: {minutes: 1}";
    for (value, count) in [(0.5, 0), (0.1, 0), (0.79, 0), (0.05, 1), (0.95, 1)] {
        assert_eq!(fired(rule, &values(&[value])).len(), count, "{value}");
    }
    let formatted = fired(&format!("{rule}\nmetric_format_string: '{{:.2%}}'"), &values(&[0.966_666_667]));
    assert_eq!(formatted[0]["metric_cpu_avg_formatted"], "96.67%");
    let share = "type: percentage_match\nmatch_bucket_filter: [{term: {kind: x}}]\nmax_percentage: 20\nbuffer_time: {minutes: 1}";
    let mixed: Vec<Value> = (0..10).map(|i| event(1, &json!({"kind": if i < 3 { "x" } else { "y" }}))).collect();
    let found = fired(share, &mixed);
    assert_eq!((found[0]["percentage"].clone(), found[0]["denominator"].clone()), (json!(30.0), json!(10)));
    assert_eq!(fired(&format!("{share}\nmin_denominator: 11"), &mixed).len(), 0);
}

#[test]
fn correlations() {
    let member = |name: &str| format!("  - {{name: {name}, index: i, filter: [{{term: {{kind: {name}}}}}], group_by: [user]}}\n");
    let rule = |kind: &str, more: &str| {
        format!(
            "type: sigmalert.correlation\ntimeframe: {{minutes: 10}}\nquery_key: [user]\ncorrelation:\n  type: {kind}\n{more}  rules:\n{}{}",
            member("a"),
            member("b")
        )
    };
    let events =
        |list: &[(i64, &str, &str)]| -> Vec<Value> { list.iter().map(|(t, k, u)| event(*t, &json!({"kind": k, "user": u}))).collect() };
    let in_order = events(&[(0, "a", "bob"), (60, "b", "bob"), (0, "a", "eve")]);
    let turned = events(&[(0, "b", "bob"), (60, "a", "bob"), (0, "a", "eve"), (900, "b", "eve")]);
    let found = fired(&rule("temporal", ""), &in_order);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["user"], "bob");
    assert_eq!(found[0]["correlation"]["rules"], json!({"a": 1, "b": 1}));
    assert_eq!(fired(&rule("temporal", ""), &turned).len(), 1);
    assert_eq!(fired(&rule("temporal_ordered", ""), &in_order).len(), 1);
    assert_eq!(fired(&rule("temporal_ordered", ""), &turned).len(), 0);
    assert_eq!(fired(&rule("temporal", "  condition: a and not b\n"), &turned).len(), 1, "eve's, known when the span is over");
    // Exactly so many, which is known when the span is over.
    let counted = |n: usize| {
        fired(
            &rule("event_count", &format!("  condition: {{eq: {n}}}\n")),
            &events(&[(0, "a", "bob"), (1, "a", "bob"), (2, "b", "bob"), (1200, "a", "eve")]),
        )
        .len()
    };
    assert_eq!((counted(2), counted(3)), (0, 1));
}

#[test]
fn silences_and_aggregations() {
    let w = Workspace::new();
    let run = |rule: &str, events: &[Value]| -> Vec<Value> {
        w.write("rule.yaml", format!("name: r\nindex: i\ntype: any\nfilter: []\nalert: [debug]\n{rule}\n"));
        w.write("events.ndjson", events.iter().map(|e| format!("{e}\n")).collect::<String>());
        let run = w.run(&["run", "--rules", "rule.yaml", "--events", "events.ndjson", "--format", "json"]);
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    };
    let minutes = |list: &[i64]| -> Vec<Value> {
        list.iter().map(|m| event(m * 60 + 1, &json!({"user": if m % 2 == 0 { "a" } else { "b" }}))).collect()
    };
    assert_eq!(run("realert: {minutes: 5}", &minutes(&[0, 1, 2, 3, 4, 5, 6, 7])).len(), 2);
    assert_eq!(run("realert: {minutes: 5}\nquery_key: user", &minutes(&[0, 1, 2, 3, 4, 5, 6, 7])).len(), 4);
    // The pause doubles while matches go on.
    assert_eq!(run("realert: {minutes: 1}\nexponential_realert: {hours: 1}", &minutes(&(0..32).collect::<Vec<_>>())).len(), 6);
    let gathered = run("aggregation: {minutes: 10}", &minutes(&[0, 1, 2, 30]));
    assert_eq!(gathered.iter().map(|a| a["matches"].as_array().unwrap().len()).collect::<Vec<_>>(), [3, 1]);
    let by_key = run("aggregation: {minutes: 10}\naggregation_key: user", &minutes(&[0, 1, 2, 30]));
    assert_eq!(by_key.len(), 3);
    let cron = run("aggregation: {schedule: '*/5 * * * *'}", &minutes(&[0, 1, 2, 7]));
    assert_eq!(cron.iter().map(|a| a["matches"].as_array().unwrap().len()).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn events_in_any_order_and_broken_ones() {
    let w = Workspace::new();
    w.write(
        "rule.yaml",
        "name: r\nindex: i\ntype: frequency\nnum_events: 3\ntimeframe: {minutes: 5}\nfilter: []\nalert: [debug]\nrealert: {minutes: 0}\n",
    );
    let lines = [event(20, &json!({})), event(0, &json!({})), event(10, &json!({}))];
    let mut text: String = lines.iter().map(|e| format!("{e}\n")).collect();
    text.push_str("{\"broken\": \n[1]\n{\"@timestamp\": \"never\"}\n");
    w.write("events.ndjson", &text);
    let run = w.run(&["run", "--rules", "rule.yaml", "--events", "events.ndjson", "--format", "json", "--state", "s.redb"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains("\"@timestamp\":\"2014-09-26T12:00:20Z\""));
    for part in ["events.ndjson:4", "events.ndjson:5", "no time in @timestamp", "events without a time"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    // The same file again: nothing is told twice.
    let again = w.run(&["run", "--rules", "rule.yaml", "--events", "events.ndjson", "--format", "json", "--state", "s.redb"]);
    assert_eq!(again.stdout, "");
    // More of it: the window goes on.
    w.write(
        "more.ndjson",
        [event(40, &json!({})), event(50, &json!({})), event(60, &json!({}))].iter().map(|e| format!("{e}\n")).collect::<String>(),
    );
    let more = w.run(&["run", "--rules", "rule.yaml", "--events", "more.ndjson", "--format", "json", "--state", "s.redb"]);
    assert_eq!(more.stdout.lines().count(), 1, "{}{}", more.stdout, more.stderr);
}

#[test]
fn gaps_of_years_hide_nothing() {
    let year = 365 * 86_400;
    let events: Vec<Value> = (0..4).map(|i| event(i * year, &json!({"n": i}))).collect();
    assert_eq!(fired("type: any", &events).len(), 4);
    assert_eq!(fired("type: frequency\nnum_events: 2\ntimeframe: {minutes: 5}", &events).len(), 0);
}
