//! What is wrong is told where somebody looks: in the log, in `/status` and `/status/errors`, and before Praeco says "saved".

use crate::support::cli::Workspace;
use crate::support::opensearch;
use crate::support::runtime::{Field, Receiver, Wire, until};
use crate::support::served::{RULE, Served, trial};
use crate::support::skip::{Need, skip};
use serde_json::json;

const SCHEMA: &str = "{\"testType\": \"schemaOnly\", \"days\": 1}";

/// What Praeco asks before a save.
fn schema(s: &Served, rule: &str) -> String {
    let body = json!({"rule": rule, "options": serde_json::from_str::<serde_json::Value>(SCHEMA).unwrap()});
    s.send("POST", "/api/test", "", &body.to_string()).body
}

#[test]
fn a_folder_that_takes_no_files() {
    // No user may make a file there.
    let folder = "/sys/kernel/mm";
    if !std::path::Path::new(folder).is_dir() {
        skip("a_folder_that_takes_no_files", Need::System("a folder that no file can be made in"));
        return;
    }
    let w = Workspace::new();
    let s = Served::start(&w, &["--rules", folder, "--templates", "templates"]);
    assert!(s.running.log().contains("/sys/kernel/mm is not writable"), "{}", s.running.log());
    let status = s.get("/api/status").json();
    assert!(status["reason"].as_str().unwrap().contains("/sys/kernel/mm is not writable"), "{status}");
    // The question before the save is answered with "invalid", and why is to be had.
    let rule = RULE.replace("import: \"BaseRule.config\"\n", "");
    assert_eq!(schema(&s, &rule), "");
    let errors = s.get("/status/errors").json();
    assert!(errors[0]["rule"] == "Whoami" && errors[0]["message"].as_str().unwrap().contains("is not writable"), "{errors}");
    assert_eq!(s.save("/api/rules/new", &rule).status, 403);
    until("the failed write is logged", 10, || s.running.log().contains("a rule cannot be written"));

    let good = Served::start(&w, &[]);
    assert!(good.running.log().contains("rules did not exist and was created"), "{}", good.running.log());
    assert!(good.get("/status").json().get("reason").is_none() && !schema(&good, &rule).is_empty());
    assert!(w.files("rules").iter().all(|f| f == "BaseRule.config"), "{:?}", w.files("rules"));
}

#[test]
fn places_in_a_text_that_nothing_fills() {
    let w = Workspace::new();
    w.write("events.ndjson", "{\"@timestamp\": \"2026-01-01T00:00:00Z\", \"a\": 1}\n");
    let s = Served::start(&w, &["--events", "events.ndjson", "--no-run"]);
    let rule = format!("{RULE}alert_text: \"by {{0}} on {{1}}\"\n");
    let frames = trial(&s, &rule, "2025-12-31T00:00:00Z");
    let said = |frames: &[serde_json::Value]| {
        frames.iter().any(|f| {
            f["event"] == "progress"
                && f["data"].as_str().unwrap().starts_with("INFO:elastalert:Warning: alerts will show the placeholder `{0}`")
        })
    };
    assert!(said(&frames), "{frames:?}");
    let saved = s.save("/rules/Whoami", &rule);
    assert!(saved.status == 200 && saved.json()["warnings"][0].as_str().unwrap().contains("`alert_text_args`"), "{saved:?}");
    let errors = s.get("/status/errors").json();
    assert!(
        errors[0]["kind"] == "warning" && errors[0]["rule"] == "Whoami" && errors[0]["message"].as_str().unwrap().contains("`{0}`"),
        "{errors}"
    );
    assert!(s.running.log().contains("alerts will show the placeholder `{0}`"), "{}", s.running.log());
    let filled = format!("{rule}alert_text_args: [a, b]\n");
    assert!(!said(&trial(&s, &filled, "2025-12-31T00:00:00Z")));
    assert!(s.save("/rules/Whoami", &filled).json().get("warnings").is_none());
}

#[test]
fn rules_that_run_though_lint_rules_refuses_them() {
    let w = Workspace::new();
    w.write("events.ndjson", "{\"@timestamp\": \"2026-01-01T00:00:00Z\", \"a\": 1}\n");
    w.write("rules/BaseRule.config", "slack_webhook_url: ''\n");
    w.write("rules/a.yaml", format!("{RULE}alert_text: \"by {{match[user][name]}}\"\n"));
    assert_eq!(w.run(&["lint-rules", "rules"]).status, 1);
    let s = Served::start(&w, &["--events", "events.ndjson"]);
    until("the first run", 20, || s.get("/status").json()["status"] == "READY");
    let log = s.running.log();
    assert_eq!(log.matches("the rule runs, though lint-rules finds an error in it").count(), 1, "{log}");
    let errors = s.get("/status/errors").json();
    assert!(errors[0]["kind"] == "lint" && errors[0]["rule"] == "Whoami" && errors[0]["file"] == "a.yaml", "{errors}");
    assert_eq!(s.get("/status/overview").json()["doubts"], 1);
    // What cannot be run at all has its rule's name.
    w.write("rules/b.yaml", RULE.replace("Whoami", "Broken one").replace("\"any\"", "\"nonsense\""));
    until("the broken rule", 20, || {
        let rows = s.get("/api/metadata/elastalert_error").json();
        rows["hits"][0]["data"]["rule"] == "Broken one" && rows["hits"][0]["message"].as_str().unwrap().starts_with("b.yaml: ")
    });
}

#[test]
fn the_overview_is_read_in_parts_and_only_when_it_changed() {
    let w = Workspace::new();
    w.write("events.ndjson", "{\"@timestamp\": \"2026-01-01T00:00:00Z\", \"a\": 1}\n");
    for i in 0..5 {
        w.write(&format!("rules/{i}.yaml"), RULE.replace("Whoami", &format!("rule {i}")));
    }
    let s = Served::start(&w, &["--events", "events.ndjson"]);
    until("the first run", 20, || s.get("/status/overview").json()["counts"]["rules"] == 5);
    let part = s.get("/status/overview?from=1&size=2").json();
    assert_eq!(
        (&part["counts"]["rules"], part["rules"].as_array().map(Vec::len), &part["rules"][0]["name"]),
        (&json!(5), Some(2), &json!("rule 1"))
    );
    let all = s.get("/api/status/overview");
    let tag = all.header("etag").unwrap().to_owned();
    let again = s.send("GET", "/api/status/overview", &format!("If-None-Match: {tag}\r\n"), "");
    assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(tag.as_str())));
    w.write("rules/5.yaml", RULE.replace("Whoami", "rule 5"));
    until("the new rule", 20, || s.send("GET", "/api/status/overview", &format!("If-None-Match: {tag}\r\n"), "").status == 200);
}

#[test]
fn a_cluster_that_is_away_and_many_rules_at_once() {
    let test = "a_cluster_that_is_away_and_many_rules_at_once";
    let Some(cluster) = opensearch::connect(test) else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let wire = Wire::to(&cluster.url);
    w.write("config.yaml", wired(&field.config("w", ""), &wire));
    let s = Served::start(&w, &["--config", "config.yaml"]);
    until("the rules to be ready", 30, || s.get("/status").json() == json!({"status": "READY"}));
    for i in 0..30 {
        w.write(&format!("rules/{i}.yaml"), RULE.replace("Whoami", &format!("rule {i}")).replace("logs-*", &field.events()));
    }
    until("all of them", 30, || s.get("/status/overview").json()["counts"]["rules"] == 30 && s.running.log().contains("30 rules are new"));
    assert!(!s.running.log().contains("the rule is new"), "{}", s.running.log());
    w.write("rules/0.yaml", RULE.replace("Whoami", "rule 0") + "is_enabled: false\n");
    until("it to be switched off", 30, || s.running.log().contains("the rule is disabled"));
    assert!(!s.running.log().contains("the rule is gone"), "{}", s.running.log());

    wire.set(false);
    until("it to be seen that the cluster is away", 60, || {
        let status = s.get("/status").json();
        status["status"] == "ERROR" && status["reason"].as_str().is_some_and(|r| r.starts_with("the cluster does not answer"))
    });
    // What the cluster said is kept for a moment.
    until("the overview without the cluster", 20, || {
        let overview = s.get("/status/overview").json();
        overview["state"] == "ERROR" && overview["running"] == true && overview["counts"]["rules"] == 29
    });
    wire.set(true);
    until("the rules to be ready again", 60, || s.get("/status").json() == json!({"status": "READY"}));
}

#[test]
fn a_server_without_a_run_says_that_the_cluster_is_away() {
    let w = Workspace::new();
    let cluster = Receiver::answering(|_, _| (200, json!({"version": {"number": "8.15.0"}}).to_string()));
    let port = cluster.url.rsplit_once(':').unwrap().1.to_owned();
    let config = |port: &str| {
        format!("es_host: 127.0.0.1\nes_port: {port}\nwriteback_index: wb\nrun_every: {{minutes: 1}}\nbuffer_time: {{minutes: 5}}\n")
    };
    w.write("config.yaml", config(&port));
    let s = Served::start(&w, &["--config", "config.yaml", "--no-run"]);
    assert_eq!(s.get("/status").json(), json!({"status": "IDLE"}));
    drop(s);
    // Nothing listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    w.write("config.yaml", config(&free.to_string()));
    let s = Served::start(&w, &["--config", "config.yaml", "--no-run"]);
    let status = s.get("/status").json();
    assert_eq!(status["status"], "IDLE");
    assert!(status["reason"].as_str().is_some_and(|r| r.starts_with("the cluster does not answer: ")), "{status}");
}

/// A configuration that reaches its cluster over a wire.
fn wired(config: &str, wire: &Wire) -> String {
    let port = wire.port;
    let config: Vec<String> = config
        .lines()
        .map(|l| if l.starts_with("es_port:") { format!("es_port: {port}") } else { l.replace("seconds: 60", "seconds: 1") })
        .collect();
    config.join("\n") + "\n"
}
