//! `sigmalert serve --events`: rules written, tried out and run over files of events, with no cluster at all.

use crate::support::cli::Workspace;
use crate::support::runtime::until;
use crate::support::served::{RULE, Served, trial};
use serde_json::{Value, json};

/// Six events of five minutes, a year ago.
fn events() -> String {
    let event = |minute: u64, user: &str, bytes: u64| json!({"@timestamp": format!("2025-11-20T10:0{minute}:30.000Z"), "user": {"name": user}, "bytes": bytes, "host": {"name": "a"}});
    let all =
        [event(0, "alice", 1), event(1, "bob", 2), event(1, "alice", 3), event(3, "carol", 4), event(4, "alice", 5), event(4, "bob", 6)];
    all.map(|e| format!("{e}\n")).concat()
}

#[test]
fn as_an_index_is() {
    let w = Workspace::new();
    w.write("events.ndjson", events());
    let s = Served::start(&w, &["--events", "events.ndjson"]);
    assert_eq!(s.get("/api/indices").json(), json!(["winlogbeat-events"]));
    let mapping = s.get("/api/mapping/winlogbeat-*").json();
    let properties = &mapping["winlogbeat-events"]["mappings"]["properties"];
    assert_eq!((&properties["@timestamp"]["type"], &properties["user"]["properties"]["name"]["type"]), (&json!("date"), &json!("keyword")));
    let search = |body: Value| s.send("POST", "/api/search/winlogbeat-*", "", &body.to_string());

    // As Praeco's table asks.
    let body = json!({"query": {"bool": {"must": [
        {"query_string": {"query": "user.name:alice AND NOT bytes:3"}},
        {"range": {"@timestamp": {"gte": "2025-11-20T10:00:00Z", "lte": "2025-11-20T11:00:00Z"}}}]}},
        "sort": [{"@timestamp": {"order": "desc"}}], "from": 0, "size": 40});
    let found = search(body).json();
    assert_eq!(found["hits"]["total"], 2);
    assert_eq!((&found["hits"]["hits"][0]["_source"]["bytes"], &found["hits"]["hits"][1]["_source"]["bytes"]), (&json!(5), &json!(1)));
    // Both ends, other orders, and pages.
    let span = |op: &str, at: &str| json!({"query": {"range": {"@timestamp": {op: at}}}, "size": 0});
    for (op, n) in [("gte", 3), ("gt", 2), ("lte", 4), ("lt", 3)] {
        assert_eq!(search(span(op, "2025-11-20T10:03:30Z")).json()["hits"]["total"], n, "{op}");
    }
    let by_user = search(json!({"sort": [{"user.name": {"order": "desc"}}], "from": 1, "size": 2})).json();
    let users: Vec<&Value> = by_user["hits"]["hits"].as_array().unwrap().iter().map(|h| &h["_source"]["user"]["name"]).collect();
    assert_eq!((by_user["hits"]["total"].as_u64(), users), (Some(6), vec![&json!("bob"), &json!("bob")]));

    // As its chart asks: of the last hours, which are the events' own.
    let chart = |aggs: Value| {
        let query =
            json!({"bool": {"must": [{"query_string": {"query": "*"}}, {"range": {"@timestamp": {"gte": "now-5m", "lte": "now"}}}]}});
        search(json!({"query": query, "size": 0, "aggs": aggs}))
    };
    let minutes = json!({"date_histogram": {"field": "@timestamp", "fixed_interval": "1m", "min_doc_count": 0,
        "extended_bounds": {"min": "now-5m", "max": "now"}}, "aggs": {"sum": {"sum": {"field": "bytes"}}}});
    let answer = chart(json!({"by_minute": minutes})).json();
    let buckets = answer["aggregations"]["by_minute"]["buckets"].as_array().unwrap();
    let counts: Vec<u64> = buckets.iter().map(|b| b["doc_count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [0, 1, 2, 0, 1, 2], "{answer}");
    assert_eq!((&buckets[2]["sum"]["value"], buckets[2]["key_as_string"].as_str()), (&json!(5.0), Some("2025-11-20T10:01:00.000Z")));
    // A query whose last event is earlier is shown up to that.
    let query = json!({"bool": {"must": [{"query_string": {"query": "user.name:carol"}}, {"range": {"@timestamp": {"gte": "now-2m", "lte": "now"}}}]}});
    let carol = search(json!({"query": query, "size": 1, "aggs": {"by_minute": minutes}})).json();
    assert_eq!((&carol["hits"]["total"], &carol["hits"]["hits"][0]["_source"]["bytes"]), (&json!(1), &json!(4)), "{carol}");
    let grouped = chart(json!({"group_by_field": {"terms": {"field": "user.name"}, "aggs": {"by_minute": minutes}}})).json();
    let groups = grouped["aggregations"]["group_by_field"]["buckets"].as_array().unwrap();
    let keys: Vec<(&str, u64)> = groups.iter().map(|b| (b["key"].as_str().unwrap(), b["doc_count"].as_u64().unwrap())).collect();
    assert_eq!(keys, [("alice", 3), ("bob", 2), ("carol", 1)]);
    assert_eq!(groups[2]["by_minute"]["buckets"].as_array().unwrap().len(), 6);
    let sources = json!([{"user.name": {"terms": {"field": "user.name"}}}, {"host.name": {"terms": {"field": "host.name"}}}]);
    let composite = chart(json!({"group_by_field": {"composite": {"sources": sources}, "aggs": {"by_minute": minutes}}})).json();
    assert_eq!(composite["aggregations"]["group_by_field"]["buckets"][0]["key"], json!({"user.name": "alice", "host.name": "a"}));
    for (metric, value) in [("avg", 3.5), ("min", 1.0), ("max", 6.0), ("cardinality", 6.0), ("value_count", 6.0)] {
        let answer = search(json!({"size": 0, "aggs": {"m": {metric: {"field": "bytes"}}}})).json();
        assert_eq!(answer["aggregations"]["m"]["value"].as_f64(), Some(value), "{metric}");
    }
    for bad in [
        json!({"query": {"match_all": {}, "term": {"a": 1}}}),
        json!({"aggs": {"a": {"date_histogram": {"field": "@timestamp", "fixed_interval": "0m"}}}}),
        json!({"aggs": {"a": {"date_histogram": {"field": "@timestamp", "fixed_interval": "1ms", "extended_bounds": {"min": 0, "max": 9_999_999_999_999_u64}}}}}),
        json!({"aggs": {"a": {"significant_terms": {"field": "user.name"}}}}),
        json!({"aggs": {"a": 1}}),
    ] {
        assert_eq!(search(bad.clone()).status, 400, "{bad}");
    }
    assert_eq!(search(json!({"query": {"nonsense": {}}})).status, 403);
    assert_eq!(Served::start(&w, &["--events", "events.ndjson", "--no-run"]).get("/status").json()["status"], "IDLE");
    let refused = w.run(&["serve", "--rules", "rules", "--events", "nothing.ndjson"]);
    assert!(refused.status == 2 && refused.stderr.contains("no events"), "{refused:?}");
}

#[test]
fn rules_run_over_them() {
    let w = Workspace::new();
    w.write("events.ndjson", events());
    w.write("rules/broken.yaml", "name: broken\ntype: nonsense\n");
    let s = Served::start(&w, &["--events", "events.ndjson"]);
    let rule = RULE.replace("a:1", "user.name:alice").replace("logs-*", "winlogbeat-*");
    let frames = trial(&s, &rule.replace("BaseRule.config", "../../rules/BaseRule.config"), &jiff::Timestamp::now().to_string());
    let result = frames.iter().find(|f| f["event"] == "result").unwrap_or_else(|| panic!("{frames:?}"));
    let result: Value = serde_json::from_str(result["data"].as_str().unwrap()).unwrap();
    assert_eq!((&result["hits"], &result["writeback"]["elastalert_status"]["matches"]), (&json!(3), &json!(3)), "{result}");

    // Saved, it runs; changed, it runs anew.
    assert_eq!(s.save("/api/rules/whoami", &rule).status, 200);
    let alerts = |n: u64| {
        until(&format!("{n} alerts"), 20, || s.get("/api/metadata/elastalert?rule_name=Whoami").json()["total"] == n);
    };
    alerts(3);
    let rows = s.get("/api/metadata/elastalert?size=1").json();
    assert_eq!(rows["hits"][0]["match_time"], "2025-11-20T10:04:30Z", "{rows}");
    assert_eq!((&rows["hits"][0]["alert_sent"], rows["hits"][0]["alert_info"]["type"].is_string()), (&json!(false), true));
    let every_two = rule.replace("\"any\"", "\"frequency\"").replace("alert:", "num_events: 3\ntimeframe: {minutes: 10}\nalert:");
    assert_eq!(s.save("/api/rules/whoami", &every_two).status, 200);
    alerts(1);
    assert_eq!(s.get("/api/metadata/elastalert_status?rule_name=Whoami").json()["hits"][0]["hits"], 3);
    assert_eq!(s.get("/api/metadata/elastalert_error").json()["hits"][0]["data"]["rule"], "broken");
    let overview = s.get("/status/overview").json();
    assert_eq!((&overview["source"], &overview["rules"][0]["name"]), (&json!("events"), &json!("Whoami")));
    assert_eq!(s.get("/status").json()["status"], "READY");
    assert_eq!(s.send("DELETE", "/api/rules/whoami", "", "").status, 200);
    alerts(0);
}

/// What Praeco's page asks, in its order, from its first look to a rule that is gone again.
#[test]
fn a_client_asks_as_praeco_does() {
    let w = Workspace::new();
    w.write("events.ndjson", events());
    w.write("templates/frequent.yaml", RULE.replace("Whoami", "frequent"));
    let converted = format!(
        "# Made from whoami.yml.\n{}tags: [attack.t1033]\n",
        RULE.replace("a:1", "user.name:alice").replace("logs-*", "winlogbeat-*")
    );
    w.write("rules/windows/whoami.yaml", converted.replace("BaseRule.config", "../BaseRule.config"));
    let s = Served::start(&w, &["--events", "events.ndjson", "--templates", "templates"]);
    let good = |method: &str, path: &str, body: &str| {
        let answer = s.send(method, path, "", body);
        assert_eq!(answer.status, 200, "{method} {path}: {answer:?}");
        answer
    };

    // Its first page.
    assert!(!good("GET", "/api-app/releases", "").json().as_array().unwrap().is_empty());
    assert_eq!(good("GET", "/api", "").json()["name"], "sigmalert");
    until("the first run", 20, || good("GET", "/api/status", "").json()["status"] == "READY");
    assert!(good("GET", "/api/config", "").json()["bufferTime"].is_object());
    assert_eq!(good("GET", "/api/rules?all", "").json(), json!(["BaseRule.config", "windows/", "windows/whoami"]));
    assert_eq!(good("GET", "/api/templates?all", "").json(), json!(["frequent"]));
    until("the alerts", 20, || good("GET", "/api/metadata/elastalert?noagg=1", "").json()["hits"].as_array().is_some_and(|h| h.len() == 3));

    // A rule: its text, its fields, its chart, its logs.
    let text = good("GET", "/api/rules/windows/whoami", "").body;
    assert!(text.contains("user.name:alice"));
    let mapping = good("GET", "/api/mapping/winlogbeat-*", "").json();
    assert!(mapping["winlogbeat-events"]["mappings"]["properties"]["user"].is_object());
    for kind in ["elastalert_status", "elastalert", "silence"] {
        assert!(good("GET", &format!("/api/metadata/{kind}?rule_name=Whoami"), "").json()["hits"].is_array());
    }
    let chart = json!({"query": {"bool": {"must": [{"query_string": {"query": "user.name:alice"}}, {"range": {"@timestamp": {"lte": "now", "gte": "now-500m"}}}]}},
        "size": 0, "aggs": {"by_minute": {"date_histogram": {"field": "@timestamp", "fixed_interval": "5m", "min_doc_count": 0,
        "extended_bounds": {"min": "now-500m", "max": "now"}}, "aggs": {}}}});
    let answer = good("POST", "/api/search/winlogbeat-*", &chart.to_string()).json();
    assert_eq!(answer["aggregations"]["by_minute"]["buckets"].as_array().unwrap().len(), 101, "{answer}");

    // Edited: tried out, looked at, saved as Praeco writes it, which knows neither tags nor comments.
    let sent = RULE.replace("a:1", "user.name:alice OR user.name:bob").replace("logs-*", "winlogbeat-*");
    let here = sent.replace("BaseRule.config", "../../rules/BaseRule.config");
    let frames = trial(&s, &here, &(jiff::Timestamp::now() - std::time::Duration::from_secs(600)).to_string());
    assert!(frames.iter().any(|f| f["event"] == "result" && f["data"].as_str().unwrap().contains("\"matches\":5")), "{frames:?}");
    assert_eq!(frames.last().unwrap()["event"], "done");
    let schema = json!({"rule": here, "options": {"testType": "schemaOnly", "days": 1, "alert": false, "format": "json"}});
    assert!(!good("POST", "/api/test", &schema.to_string()).body.is_empty());
    let save = |id: &str, yaml: &str| good("POST", &format!("/api/rules/{id}"), &json!({"yaml": yaml}).to_string()).json();
    assert_eq!(save("windows/Whoami", &sent.replace("BaseRule", "../BaseRule"))["created"], true);
    let stored = w.read("rules/windows/whoami.yaml");
    assert!(stored.starts_with("# Made from") && stored.contains("tags: [attack.t1033]") && stored.contains("user.name:bob"), "{stored}");

    // A new one in a new folder, from a template: the name is free, then it is not.
    assert!(good("GET", "/api/templates/frequent", "").body.contains("frequent"));
    good("PUT", "/api/folders/rules/by%20hand", "");
    assert_eq!(s.get("/api/rules/by%20hand/New%20one").status, 404);
    save("by%20hand/New%20one", &sent.replace("Whoami", "New one").replace("BaseRule", "../BaseRule"));
    assert!(good("GET", "/api/rules/by%20hand/New%20one", "").body.contains("New one"));
    // One within a minute (`realert`).
    until("its alerts", 20, || good("GET", "/api/metadata/elastalert?rule_name=New+one", "").json()["total"] == 3);

    // Silenced by a button that says `hour`; a second later the page looks whether it is.
    let silenced = good("POST", "/api/silence/by%20hand/New%20one", r#"{"unit": "hour", "duration": 1}"#).body;
    assert!(silenced.starts_with("INFO:elastalert:Success"), "{silenced}");
    let rows = good("GET", "/api/metadata/silence?rule_name=New+one", "").json();
    let until_then: jiff::Timestamp = rows["hits"][0]["until"].as_str().unwrap().parse().unwrap();
    assert!(until_then > jiff::Timestamp::now(), "{rows}");

    // Renamed: written under its new name, and gone under the old one.
    save("by%20hand/Other", &sent.replace("Whoami", "Other").replace("BaseRule", "../BaseRule"));
    good("DELETE", "/api/rules/by%20hand/New%20one", "");
    assert_eq!(
        good("GET", "/api/rules?all", "").json(),
        json!(["BaseRule.config", "by hand/", "by hand/Other", "windows/", "windows/whoami"])
    );
    good("DELETE", "/api/folders/rules/by%20hand", "");
    assert_eq!(s.get("/api/rules/by%20hand/Other").status, 404);
}
