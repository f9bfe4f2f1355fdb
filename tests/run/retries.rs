//! An alert that was not taken is tried again by the rule as it is by then, and says how often it was tried.

use crate::support::cli::Workspace;
use crate::support::opensearch::connect;
use crate::support::runtime::{Field, Receiver, Running, until};
use serde_json::{Value, json};

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// A configuration that runs rules every second.
fn quick(field: &Field<'_>) -> String {
    field.config("wb", "").replace("seconds: 60", "seconds: 1").replace("minutes: 15", "minutes: 2")
}

fn rule(name: &str, index: &str, more: &str) -> String {
    format!(
        "name: {name}\nindex: {index}\ntype: any\nrealert: {{minutes: 0}}\nfilter: [{{term: {{kind: {name}}}}}]\nhttp_post_payload: {{n: n}}\n{more}\n"
    )
}

fn refusing() -> Receiver {
    Receiver::answering(|_, _| (500, "no".into()))
}

fn alert(field: &Field<'_>, rule: &str) -> Value {
    field.alerts("wb").into_iter().find(|a| a["rule_name"] == rule).unwrap_or_default()
}

#[test]
fn a_corrected_address_takes_effect_without_a_restart() {
    let Some(cluster) = connect("a_corrected_address_takes_effect_without_a_restart") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let (wrong, right) = (refusing(), Receiver::new());
    w.write("config.yaml", quick(&field));
    w.write("rules/BaseRule.config", format!("alert: [post]\nhttp_post_url: {}\n", wrong.url));
    w.write("rules/a.yaml", rule("a", &field.events(), "import: BaseRule.config"));
    let mut run = Running::start(&w, &["run", "--config", "config.yaml"], &[]);
    field.add(0, &[json!({"@timestamp": now(), "kind": "a", "n": 7})]);
    until("it was tried three times", 60, || wrong.requests().len() >= 3);
    until("attempts are counted", 10, || alert(&field, "a")["sigmalert"]["attempts"].as_u64() >= Some(3));
    w.write("rules/BaseRule.config", format!("alert: [post]\nhttp_post_url: {}\n# corrected\n", right.url));
    until("the corrected receiver has the alert", 20, || right.requests().len() == 1);
    let before = wrong.requests().len();
    assert_eq!(right.requests()[0].json()["n"], 7);
    assert_eq!(right.requests()[0].header("x-alert-id"), wrong.requests()[0].header("x-alert-id"));
    until("it is written as sent", 10, || alert(&field, "a")["alert_sent"] == true);
    assert_eq!(alert(&field, "a")["sigmalert"]["attempts"], before + 1, "every try is counted");
    assert_eq!(run.stop(), 0, "{}", run.log());
    assert_eq!(wrong.requests().len(), before);
}

#[test]
fn an_alerter_that_was_removed_is_not_tried_again() {
    let Some(cluster) = connect("an_alerter_that_was_removed_is_not_tried_again") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let (wrong, added) = (refusing(), Receiver::new());
    w.write("config.yaml", quick(&field));
    w.write("rules/a.yaml", rule("a", &field.events(), &format!("alert: [post, debug]\nhttp_post_url: {}", wrong.url)));
    let mut run = Running::start(&w, &["run", "--config", "config.yaml"], &[]);
    field.add(0, &[json!({"@timestamp": now(), "kind": "a", "n": 1})]);
    until("it was refused", 30, || !wrong.requests().is_empty());
    // What is added in its place gets the alert.
    w.write("rules/a.yaml", rule("a", &field.events(), &format!("alert: [debug, post2]\nhttp_post2_url: {}", added.url)));
    until("the added alerter has the alert", 20, || added.requests().len() == 1);
    until("it is written as sent", 20, || alert(&field, "a")["alert_sent"] == true);
    let tried = wrong.requests().len();
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert_eq!(wrong.requests().len(), tried);
    assert!(run.log().contains("the alerter was removed from the rule"), "{}", run.log());
    assert_eq!(run.stop(), 0, "{}", run.log());
}

#[test]
fn alerts_of_a_rule_that_is_gone_wait_for_it() {
    let Some(cluster) = connect("alerts_of_a_rule_that_is_gone_wait_for_it") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let (wrong, right) = (refusing(), Receiver::new());
    w.write("config.yaml", quick(&field));
    w.write("rules/a.yaml", rule("a", &field.events(), &format!("alert: [post]\nhttp_post_url: {}", wrong.url)));
    w.write("rules/b.yaml", rule("b", &field.events(), "alert: [debug]"));
    let mut run = Running::start(&w, &["run", "--config", "config.yaml"], &[]);
    field.add(0, &[json!({"@timestamp": now(), "kind": "a", "n": 1})]);
    until("it was refused", 30, || !wrong.requests().is_empty());
    std::fs::remove_file(w.path("rules/a.yaml")).unwrap();
    until("the alert waits", 30, || run.log().contains("its alert is not tried again until the rule is back"));
    let tried = wrong.requests().len();
    assert_eq!(alert(&field, "a")["alert_sent"], false, "it is kept");
    w.write("rules/a.yaml", rule("a", &field.events(), &format!("alert: [post]\nhttp_post_url: {}", right.url)));
    until("the rule is back, and its alert sent", 30, || right.requests().len() == 1);
    assert_eq!(wrong.requests().len(), tried);
    until("it is written as sent", 20, || alert(&field, "a")["alert_sent"] == true);
    assert_eq!(run.stop(), 0, "{}", run.log());
}
