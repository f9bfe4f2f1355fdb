//! `sigmalert serve`: what a client may search is what `--index` says, whatever the search, the rule or the cluster's names are.

use crate::support::cli::Workspace;
use crate::support::opensearch::{self, Cluster};
use crate::support::served::{RULE, Served, trial};
use crate::support::skip::{Need, skip};
use serde_json::{Value, json};

/// Names of one run, so that two do not meet, and their removal.
struct Names<'c> {
    cluster: &'c Cluster,
    prefix: String,
}

impl Names<'_> {
    fn of(&self, name: &str) -> String {
        match name.strip_prefix('.') {
            Some(rest) => format!(".{}-{rest}", self.prefix),
            None => format!("{}-{name}", self.prefix),
        }
    }

    fn make(&self, name: &str, settings: &Value, who: &str) {
        let index = self.of(name);
        let made = self.cluster.send("PUT", &format!("/{index}"), &settings.to_string());
        assert_eq!(made["acknowledged"], true, "{made}");
        let at = jiff::Timestamp::now().to_string();
        let doc = json!({"@timestamp": at, "user": who, "password": "hunter2"});
        self.cluster.send("PUT", &format!("/{index}/_doc/1?refresh=true"), &doc.to_string());
    }
}

impl Drop for Names<'_> {
    fn drop(&mut self) {
        let all = ["logs-a", "logs-b", "secret", ".dot-secret", "logs-hidden"].map(|n| self.of(n)).join(",");
        self.cluster.send("DELETE", &format!("/{all}?ignore_unavailable=true"), "");
        self.cluster.send("DELETE", &format!("/_data_stream/{}", self.of("logs-stream")), "");
        self.cluster.send("DELETE", &format!("/_index_template/{}", self.prefix), "");
    }
}

fn indices<'c>(cluster: &'c Cluster, of: &str) -> Names<'c> {
    let n = Names { cluster, prefix: format!("within{}-{of}", std::process::id()) };
    let alias = |name: &str| n.of(name);
    n.make("logs-a", &json!({"aliases": {alias("all"): {}, alias("logs-both"): {}}}), "a");
    n.make("logs-b", &json!({"aliases": {alias("all"): {}}}), "b");
    n.make("secret", &json!({"aliases": {alias("logs-leads-out"): {}}}), "root");
    n.make(".dot-secret", &json!({"aliases": {alias("logs-to-dot"): {}, alias("logs-both"): {}}}), "root");
    n.make("logs-hidden", &json!({"settings": {"index": {"hidden": true}}}), "root");
    n
}

fn config(w: &Workspace, cluster: &Cluster) {
    let (host, port) = cluster.url.trim_start_matches("http://").split_once(':').unwrap();
    w.write(
        "config.yaml",
        format!("es_host: {host}\nes_port: {port}\nwriteback_index: within_status\nrules_folder: rules\nrun_every: {{minutes: 5}}\nbuffer_time: {{hours: 1}}\n"),
    );
}

fn users(answer: &Value) -> Vec<&str> {
    let mut all: Vec<&str> = answer["hits"]["hits"].as_array().unwrap().iter().map(|h| h["_source"]["user"].as_str().unwrap()).collect();
    all.sort_unstable();
    all
}

#[test]
fn names_are_resolved_before_a_search_reads_them() {
    let Some(cluster) = opensearch::connect("names_are_resolved_before_a_search_reads_them") else { return };
    let n = indices(&cluster, "names");
    let w = Workspace::new();
    config(&w, &cluster);
    let open = Served::start(&w, &["--config", "config.yaml", "--no-run"]);
    let logs = n.of("logs-*");
    let narrow = Served::start(&w, &["--config", "config.yaml", "--no-run", "--index", &logs]);
    let search = |s: &Served, index: &str| s.send("POST", &format!("/search/{index}"), "", r#"{"size": 100}"#);

    // Patterns reach neither what is hidden nor what belongs to the cluster, nor, with --index, what an alias leads out to.
    for pattern in ["*", "*secret", "*-secret", "*dot*"] {
        let pattern = format!("*{}{pattern}", n.prefix);
        let answer = search(&open, &pattern);
        assert_eq!(answer.status, 200, "{pattern}: {answer:?}");
        let reached: Vec<Value> = answer.json()["hits"]["hits"].as_array().unwrap().iter().map(|h| h["_index"].clone()).collect();
        assert!(!reached.contains(&json!(n.of(".dot-secret"))) && !reached.contains(&json!(n.of("logs-hidden"))), "{pattern}: {reached:?}");
    }
    assert_eq!(users(&search(&narrow, &logs).json()), ["a", "b"]);
    assert_eq!(users(&search(&open, &n.of("all")).json()), ["a", "b"]);
    assert_eq!(users(&search(&narrow, &format!("{logs},-{}", n.of("logs-b"))).json()), ["a"]);
    // Named, they are refused.
    for name in ["logs-to-dot", "logs-both", "logs-hidden", ".dot-secret"] {
        assert_eq!(search(&open, &n.of(name)).json()["error"], "indexRefused", "{name}");
        assert_eq!(search(&open, &format!("{},{}", n.of("logs-a"), n.of(name))).status, 403, "{name}");
    }
    for name in ["logs-leads-out", "logs-to-dot", "secret", "*", "all", "logs-hidden"] {
        assert_eq!(search(&narrow, &n.of(name)).json()["error"], "indexRefused", "{name}");
        assert_eq!(narrow.get(&format!("/mapping/{}", n.of(name))).status, 403, "{name}");
    }
    for name in ["-x,*", "*,-logs-a", "%3Csecret-%7Bnow%2Fd%7D%3E,*", "other:*", "_all", "*:*", "-*"] {
        assert_eq!(search(&narrow, name).status, 403, "{name}");
    }
    // Date math is allowed where what it stands for is.
    let math = search(&narrow, &format!("%3C{}%3E", n.of("logs-a")));
    assert_eq!(users(&math.json()), ["a"]);
    assert_eq!(search(&narrow, &format!("%3C{}%3E", n.of("secret"))).status, 403);
    // Nothing is not everything.
    for name in ["logs-none", "logs-none*"] {
        assert_eq!(search(&narrow, &n.of(name)).json()["hits"]["total"], 0, "{name}");
        assert_eq!(narrow.get(&format!("/mapping/{}", n.of(name))).status, 404, "{name}");
    }
    let shown = narrow.get("/indices").json();
    assert_eq!(shown, json!([n.of("logs-a"), n.of("logs-b")]));
    let all = open.get("/indices").json().to_string();
    assert!(
        all.contains(&n.of("all")) && !all.contains("dot-secret") && !all.contains("logs-hidden") && !all.contains("logs-both"),
        "{all}"
    );
    let fields = narrow.get(&format!("/mapping/{logs}")).json();
    assert_eq!(fields.as_object().unwrap().len(), 2, "{fields}");

    // An alias that the operator names is what it stands for.
    let by_alias = Served::start(&w, &["--config", "config.yaml", "--no-run", "--index", &n.of("all")]);
    assert_eq!(users(&search(&by_alias, &n.of("all")).json()), ["a", "b"]);
    assert_eq!(search(&by_alias, &n.of("logs-a")).status, 403);
}

#[test]
fn data_streams_are_searched_and_their_backing_indices_with_them() {
    let Some(cluster) = opensearch::connect("data_streams_are_searched_and_their_backing_indices_with_them") else { return };
    let n = Names { cluster: &cluster, prefix: format!("streams{}", std::process::id()) };
    let stream = n.of("logs-stream");
    let template = json!({"index_patterns": [stream], "data_stream": {}, "priority": 500});
    if cluster.send("PUT", &format!("/_index_template/{}", n.prefix), &template.to_string())["acknowledged"] != true {
        skip("data_streams_are_searched_and_their_backing_indices_with_them", Need::DataStreams);
        return;
    }
    let doc = json!({"@timestamp": jiff::Timestamp::now().to_string(), "user": "a"});
    cluster.send("POST", &format!("/{stream}/_doc?refresh=true"), &doc.to_string());
    let w = Workspace::new();
    config(&w, &cluster);
    let narrow = Served::start(&w, &["--config", "config.yaml", "--no-run", "--index", &n.of("logs-*")]);
    let search = |index: &str| narrow.send("POST", &format!("/search/{index}"), "", "{}");
    assert_eq!(users(&search(&stream).json()), ["a"]);
    assert_eq!(users(&search(&n.of("logs-*")).json()), ["a"]);
    assert_eq!(narrow.get("/indices").json(), json!([stream]));
    let backing = cluster.send("GET", &format!("/_data_stream/{stream}"), "");
    let backing = backing["data_streams"][0]["indices"][0]["index_name"].as_str().unwrap().to_owned();
    assert_eq!(users(&search(&backing).json()), ["a"]);
    let other = Served::start(&w, &["--config", "config.yaml", "--no-run", "--index", "other-*"]);
    assert_eq!(other.send("POST", &format!("/search/{backing}"), "", "{}").status, 403);
}

#[test]
fn trials_search_what_pages_may() {
    let Some(cluster) = opensearch::connect("trials_search_what_pages_may") else { return };
    let n = indices(&cluster, "trials");
    let w = Workspace::new();
    config(&w, &cluster);
    let logs = n.of("logs-*");
    let narrow = Served::start(&w, &["--config", "config.yaml", "--no-run", "--index", &logs]);
    let start = (jiff::Timestamp::now() - std::time::Duration::from_secs(3600)).to_string();
    let rule = |index: &str| RULE.replace("logs-*", index).replace("a:1", "*:*");
    // Over HTTP and the websocket; what is refused says so, and shows nothing.
    let over_http = |rule: &str| {
        let body = json!({"rule": rule, "options": {"start": start, "alert": false}});
        narrow.send("POST", "/test", "", &body.to_string())
    };
    let good = over_http(&rule(&logs));
    assert_eq!(good.json()["hits"], 2, "{good:?}");
    let secret = n.of("secret");
    let filter = |dsl: &str| rule(&logs).replace("  - query:\n      query_string:\n        query: \"*:*\"\n", &format!("  - {dsl}\n"));
    let lookup = format!("{{terms: {{user: {{index: {secret}, id: \"1\", path: user}}}}}}");
    let metric = rule(&logs).replace(
        "\"any\"",
        "metric_aggregation\nmetric_agg_type: avg\nmetric_agg_key: n\nmax_threshold: 1\nmetric_agg_script: {script: {source: \"1\"}}",
    );
    let daily = rule(&format!("{}-%Y.%m.%d", n.of("secret"))) + "use_strftime_index: true\n";
    let member =
        |name: &str, index: &str| format!("  - {{name: {name}, index: {index}, filter: [{{match_all: {{}}}}], group_by: [user]}}\n");
    let correlation = |second: &str| {
        format!(
            "name: c\ntype: sigmalert.correlation\nindex: {logs}\nalert: debug\ntimeframe: {{minutes: 10}}\nquery_key: [user]\ncorrelation:\n  type: temporal\n  rules:\n{}{}",
            member("one", &logs),
            member("two", second)
        )
    };
    let good = over_http(&correlation(&n.of("logs-a")));
    assert!(!good.body.is_empty(), "{good:?} {}", narrow.get("/status/errors").body);
    for (what, bad) in [
        ("another index", rule(&secret)),
        ("a pattern", rule(&n.of("*"))),
        ("all", rule("_all")),
        ("a list", rule(&format!("{},{secret}", n.of("logs-a")))),
        ("an alias that leads out", rule(&n.of("logs-leads-out"))),
        ("a hidden one", rule(&n.of("logs-hidden"))),
        ("one made of dates", daily),
        ("date math", rule(&format!("<{secret}>"))),
        ("a lookup", filter(&lookup)),
        ("a wrapper", filter("{wrapper: {query: eyJtYXRjaF9hbGwiOiB7fX0=}}")),
        ("a script", filter("{script: {script: {source: \"true\"}}}")),
        ("a script in terms_set", filter("{terms_set: {user: {terms: [a], minimum_should_match_script: {source: \"1\"}}}}")),
        ("a script of a metric", metric),
        ("ES|QL", rule(&logs).replace("  - query:\n      query_string:\n        query: \"*:*\"\n", &format!("  - esql: FROM {secret}\n"))),
        ("a rule of a correlation", correlation(&secret)),
    ] {
        let answer = over_http(&bad);
        assert!(answer.status == 200 && answer.body.is_empty(), "{what}: {answer:?}");
        let frames = trial(&narrow, &bad, &start);
        let text = json!(frames).to_string();
        assert!(!text.contains("hunter2") && !text.contains("root") && !text.contains("\\\"hits\\\""), "{what}: {text}");
    }
    let told = narrow.get("/status/errors").json().to_string();
    assert!(told.contains("--index") && told.contains("wrapper") && told.contains("ES|QL"), "{told}");
}

#[test]
fn saved_rules_search_what_pages_may() {
    let w = Workspace::new();
    let rule = |index: &str| RULE.replace("logs-*", index);
    let by_hand = |index: &str| rule(index).replace("Whoami", "By hand");
    w.write("rules/by-hand.yaml", by_hand("secret"));
    let s = Served::start(&w, &["--index", "logs-*"]);
    let save = |name: &str, rule: &str| {
        let answer = s.save(&format!("/rules/{name}"), rule);
        (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(save("good", &rule("logs-%Y.%m.%d, logs-x*")), (200, String::new()));
    for bad in ["secret", "*", "logs-a,.kibana", "_all", "<secret-{now/d}>", "other:logs-a"] {
        assert_eq!(save("bad", &rule(bad)), (403, "indexRefused".to_owned()), "{bad}");
    }
    let wrapped = RULE.replace("      query_string:\n        query: \"a:1\"\n", "      wrapper:\n        query: e30=\n");
    assert_eq!(save("bad", &wrapped), (403, "searchRefused".to_owned()));
    // What is no rule by itself may be imported by one.
    assert_eq!(save("part", "index: secret\n"), (403, "indexRefused".to_owned()));
    // What an administrator put there stays, and is changed in other ways.
    assert_eq!(save("by-hand", &by_hand("secret").replace("a:1", "a:2")), (200, String::new()));
    assert_eq!(save("by-hand", &by_hand("secret2")), (403, "indexRefused".to_owned()));
    assert!(!w.path("rules/bad.yaml").exists() && !w.path("rules/part.yaml").exists());
    // Templates run nowhere.
    assert_eq!(s.save("/templates/t", &rule("secret")).status, 200);
}
