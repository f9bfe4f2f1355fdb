//! Either program can take over from the other: both read what the other left in the writeback indices.

use crate::support::cli::Workspace;
use crate::support::opensearch::connect;
use crate::support::runtime::{Field, Receiver, ok};
use crate::support::skip::{Need, skip};
use serde_json::{Value, json};
use std::process::Command;

fn python(script: &str, w: &Workspace, args: &[&str]) -> Option<String> {
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        skip("state_is_shared_with_elastalert", Need::ElastAlert);
        return None;
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/elastalert");
    let out = Command::new(python).arg(format!("{folder}/{script}")).args(args).current_dir(w.path("")).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Some(String::from_utf8_lossy(&out.stdout).into_owned())
}

fn rule(field: &Field<'_>, name: &str, more: &str) -> String {
    format!("name: {name}\nindex: {}\ntype: any\nfilter: []\n{more}\n", field.events())
}

#[test]
fn elastalert_goes_on_where_sigmalert_stopped() {
    let Some(cluster) = connect("elastalert_goes_on_where_sigmalert_stopped") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let refusing = Receiver::answering(|_, _| (500, "no".into()));
    w.write("config.yaml", field.config("wb", ""));
    w.write("rules/told.yaml", rule(&field, "told", "realert: {hours: 1}\nalert: [debug]"));
    w.write(
        "rules/failed.yaml",
        rule(&field, "failed", &format!("realert: {{minutes: 0}}\nalert: [post]\nhttp_post_url: {}", refusing.url)),
    );
    w.write(
        "rules/quiet.yaml",
        rule(&field, "quiet", "realert: {minutes: 0}\nalert: [debug]").replace("filter: []", "filter: [{term: {kind: never}}]"),
    );
    field.add(0, &[json!({"@timestamp": jiff::Timestamp::now().to_string(), "kind": "x"})]);
    let run = w.run(&["run", "--config", "config.yaml", "--once"]);
    assert_eq!(run.status, 1, "an alert was not taken: {}", run.stderr);
    ok(&w.run(&["silence", "quiet", "--for", "1h", "--config", "config.yaml"]));
    let index = field.writeback("wb");
    cluster.send("POST", &format!("/{index},{index}_*/_refresh"), "");
    let Some(seen) = python("state.py", &w, &["config.yaml"]) else { return };
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen["pending"], json!(["failed"]), "{seen}");
    for (name, silenced) in [("told", true), ("failed", false), ("quiet", true)] {
        assert_eq!(seen["rules"][name]["silenced"], silenced, "{name}: {seen}");
        assert!(seen["rules"][name]["start"].is_string(), "{name}: {seen}");
    }
}

#[test]
fn sigmalert_goes_on_where_elastalert_stopped() {
    let Some(cluster) = connect("sigmalert_goes_on_where_elastalert_stopped") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let receiver = Receiver::answering(|_, before| if before == 0 { (500, "no".into()) } else { (200, "{}".into()) });
    w.write("config.yaml", field.config("wb", ""));
    let post = |name: &str, more: &str| {
        rule(
            &field,
            name,
            &format!("alert: [post]\nhttp_post_url: {}/{name}\nhttp_post_static_payload: {{rule: {name}}}\n{more}", receiver.url),
        )
    };
    w.write("rules/failed.yaml", post("failed", "realert: {minutes: 0}"));
    w.write("rules/held.yaml", post("held", "realert: {hours: 1}"));
    ok(&w.run(&["create-index", "--config", "config.yaml"]));
    let time = |ago: i64| jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_secs(ago)).unwrap().to_string();
    field.add(0, &[json!({"@timestamp": time(120), "n": 1})]);
    // ElastAlert's first alert is refused; the rule `held` alerts once and is silent for an hour.
    if python("run_rules.py", &w, &["config.yaml", &time(300), &time(60)]).is_none() {
        return;
    }
    let index = field.writeback("wb");
    cluster.send("POST", &format!("/{index},{index}_*/_refresh"), "");
    let before = receiver.requests().len();
    assert_eq!(before, 2);
    field.add(1, &[json!({"@timestamp": time(10), "n": 2})]);
    // The pending one is sent, and what is new; what ElastAlert told is not told again.
    ok(&w.run(&["run", "--config", "config.yaml", "--once"]));
    let run = w.run(&["run", "--config", "config.yaml", "--once"]);
    ok(&run);
    let told: Vec<(String, i64)> = receiver.requests()[before..]
        .iter()
        .map(|r| (r.json()["rule"].as_str().unwrap().to_owned(), r.json()["n"].as_i64().unwrap()))
        .collect();
    let mut sorted = told.clone();
    sorted.sort();
    assert_eq!(sorted, [("failed".to_owned(), 1), ("failed".to_owned(), 2)], "{}", run.stderr);
    assert!(field.alerts("wb").iter().all(|a| a["alert_sent"] == true), "{:?}", field.alerts("wb"));
}

#[test]
fn indices_with_wrong_types_are_mended() {
    let Some(cluster) = connect("indices_with_wrong_types_are_mended") else { return };
    let field = Field::new(&cluster);
    let w = Workspace::new();
    w.write("config.yaml", field.config("wb", ""));
    let index = field.writeback("wb");
    // What a cluster makes of them when a program writes before they are created.
    for i in 0..3 {
        let doc = json!({"rule_name": format!("rule {i}"), "endtime": "2026-01-01T00:00:00Z", "@timestamp": "2026-01-01T00:00:00Z", "matches": i});
        cluster.send("PUT", &format!("/{index}_status/_doc/{i}?refresh=true"), &doc.to_string());
    }
    let first = w.run(&["create-index", "--config", "config.yaml"]);
    assert_eq!(first.status, 1);
    assert!(
        first.stdout.contains(&format!("{index}_status: has fields of the wrong type (rule_name is text, not keyword)")),
        "{}",
        first.stdout
    );
    let mended = w.run(&["create-index", "--migrate", "--config", "config.yaml"]);
    ok(&mended);
    assert!(mended.stdout.contains(&format!("{index}_status: recreated with its 3 documents")), "{}", mended.stdout);
    assert_eq!(field.documents(&format!("{index}_status")).len(), 3);
    let again = w.run(&["create-index", "--config", "config.yaml"]);
    ok(&again);
    assert_eq!(again.stdout.matches("unchanged").count(), 6, "{}", again.stdout);
}
