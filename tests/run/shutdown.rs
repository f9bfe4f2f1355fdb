//! One rule at fault never costs another rule its alerts, and a run with an end comes to it and says what it could not do.

use crate::support::cli::Workspace;
use crate::support::opensearch::connect;
use crate::support::runtime::{Field, Running, until};
use serde_json::{Value, json};

const START: &str = "2026-01-01T00:00:00Z";
const END: &str = "2026-01-01T00:10:00Z";

fn rule(name: &str, index: &str, filter: &str) -> String {
    format!("name: {name}\nindex: {index}\ntype: any\nrealert: {{minutes: 0}}\nalert: [debug]\nfilter: [{filter}]\n")
}

fn event(n: i64) -> Value {
    json!({"@timestamp": format!("2026-01-01T00:05:{n:02}Z"), "kind": "x", "n": n})
}

#[test]
fn a_malformed_filter_fails_its_own_rule_only() {
    let Some(cluster) = connect("a_malformed_filter_fails_its_own_rule_only") else { return };
    for more in [&["--once"][..], &[]] {
        let field = Field::new(&cluster);
        field.create();
        field.add(0, &[event(1)]);
        let w = Workspace::new();
        w.write("config.yaml", field.config("wb", ""));
        for n in 0..50 {
            w.write(&format!("rules/good{n:02}.yaml"), rule(&format!("good {n}"), &field.events(), "{term: {kind: x}}"));
        }
        w.write("rules/bad.yaml", rule("misspelt", &field.events(), "{bool: {shoud: [{term: {kind: x}}]}}"));
        let mut args = vec!["run", "--config", "config.yaml", "--start", START, "--end", END];
        args.extend(more);
        let mut run = Running::start(&w, &args, &[]);
        let status = run.wait(120);
        let log = run.log();
        assert_eq!(status, 1, "{log}");
        assert_eq!(field.alerts("wb").len(), 50, "{log}");
        let told: Vec<&str> = log.lines().filter(|l| l.contains("ERROR") && l.contains("misspelt")).collect();
        assert!(told.iter().any(|l| l.contains("shoud") && l.contains("bad.yaml")), "the rule, its file and the reason: {log}");
        assert!(!log.lines().any(|l| l.contains("ERROR") && l.contains("good ")), "{log}");
    }
}

#[test]
fn a_rule_that_does_not_load_fails_a_run_with_an_end() {
    let Some(cluster) = connect("a_rule_that_does_not_load_fails_a_run_with_an_end") else { return };
    let field = Field::new(&cluster);
    field.create();
    field.add(0, &[event(1)]);
    let w = Workspace::new();
    w.write("config.yaml", field.config("wb", ""));
    w.write("rules/good.yaml", rule("good", &field.events(), "{term: {kind: x}}"));
    w.write("rules/bad.yaml", "name: [\n");
    let mut run = Running::start(&w, &["run", "--config", "config.yaml", "--start", START, "--end", END], &[]);
    assert_eq!(run.wait(60), 1, "{}", run.log());
    assert!(run.log().contains("bad.yaml"), "{}", run.log());
    assert_eq!(field.alerts("wb").len(), 1);
}

/// An index whose only shard is on no node: whoever asks for it gets no answer from it, ever.
fn dead_index(field: &Field<'_>, name: &str) {
    let body = json!({"settings": {"index.routing.allocation.require._name": "no-such-node", "number_of_replicas": 0},
        "mappings": {"properties": {"@timestamp": {"type": "date"}, "kind": {"type": "keyword"}}}});
    let made = field.cluster.send("PUT", &format!("/{name}?wait_for_active_shards=0&timeout=1s"), &body.to_string());
    assert_eq!(made["acknowledged"], true, "{made}");
}

#[test]
fn a_shard_that_never_answers_is_given_up_after_a_limit() {
    let Some(cluster) = connect("a_shard_that_never_answers_is_given_up_after_a_limit") else { return };
    let field = Field::new(&cluster);
    field.create();
    dead_index(&field, &format!("{}-dead", field.name));
    let w = Workspace::new();
    let metrics = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    w.write(
        "config.yaml",
        field
            .config("wb", "incomplete_search_limit: {seconds: 4}")
            .replace("seconds: 60", "seconds: 1")
            .replace("minutes: 15", "minutes: 2"),
    );
    // One over a shard that answers and one that does not; one over the dead shard alone.
    w.write("rules/both.yaml", rule("both", &format!("{0}-events,{0}-dead", field.name), "{term: {kind: x}}"));
    w.write("rules/dead.yaml", rule("dead", &format!("{}-dead", field.name), "{term: {kind: x}}"));
    let mut run = Running::start(&w, &["run", "--config", "config.yaml", "--metrics", &metrics], &[]);
    let now = || jiff::Timestamp::now().to_string();
    field.add(0, &[json!({"@timestamp": now(), "kind": "x", "n": 0})]);
    let given_up = |rule: &str| {
        run.log().lines().filter(|l| l.contains("ERROR") && l.contains("Gave up") && l.contains(&format!("rule=\"{rule}\""))).count()
    };
    until("both rules gave up, more than once", 60, || given_up("both") >= 2 && given_up("dead") >= 2);
    let log = run.log();
    for part in ["what the other shards found is taken", "nothing of it is known", "incomplete_search_limit"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    // What the others found is there, once, and what comes after is found, too.
    field.add(1, &[json!({"@timestamp": now(), "kind": "x", "n": 1})]);
    until("both events alerted", 60, || field.alerts("wb").len() == 2);
    let mut text = ureq::get(format!("http://{metrics}/metrics")).call().unwrap().body_mut().read_to_string().unwrap();
    text.retain(|c| c != '\r');
    let counted = text.lines().find_map(|l| l.strip_prefix("sigmalert_windows_given_up_total ")).unwrap().parse::<f64>().unwrap();
    assert!(counted >= 4.0, "{text}");
    let errors = field.documents(&format!("{}_error", field.writeback("wb")));
    assert!(errors.iter().any(|(_, e)| e["data"]["rule"] == "both" && e["message"].as_str().unwrap().contains("Gave up")), "{errors:?}");
    assert_eq!(run.stop(), 0, "{}", run.log());
}

#[test]
fn shards_that_are_on_no_node_are_missing() {
    let Some(cluster) = connect("shards_that_are_on_no_node_are_missing") else { return };
    let field = Field::new(&cluster);
    field.create();
    dead_index(&field, &format!("{}-dead", field.name));
    field.add(0, &[event(1)]);
    let w = Workspace::new();
    w.write("config.yaml", field.config("wb", ""));
    w.write("rules/both.yaml", rule("both", &format!("{0}-events,{0}-dead", field.name), "{term: {kind: x}}"));
    // OpenSearch lists no failure for such shards, and counts none as failed: only the total tells.
    let mut run = Running::start(&w, &["run", "--config", "config.yaml", "--start", START, "--end", END, "--once"], &[]);
    assert_eq!(run.wait(60), 1, "{}", run.log());
    assert!(run.log().contains("shards did not answer"), "{}", run.log());
}
