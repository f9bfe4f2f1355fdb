//! What goes wrong in a run loses no alert and repeats none but under the same id: kills at any moment, a cluster that goes and
//! comes back, receivers that refuse or hang, rules and documents that are broken.

use crate::support::cli::Workspace;
use crate::support::opensearch::connect;
use crate::support::runtime::{Field, Receiver, Running, until};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// A configuration that runs rules every second.
fn quick(field: &Field<'_>, more: &str) -> String {
    field.config("wb", more).replace("seconds: 60", "seconds: 1").replace("minutes: 15", "minutes: 2")
}

fn post_rule(name: &str, index: &str, url: &str, more: &str) -> String {
    format!(
        "name: {name}\nindex: {index}\nrealert: {{minutes: 0}}\nalert: [post]\nhttp_post_url: {url}\n\
         http_post_payload: {{n: n, key: key}}\nhttp_post_static_payload: {{rule: {name}}}\n{more}\n"
    )
}

/// How often each number arrived, and under how many ids.
fn arrived(receiver: &Receiver, rule: &str) -> BTreeMap<i64, (usize, BTreeSet<String>)> {
    let mut out: BTreeMap<i64, (usize, BTreeSet<String>)> = BTreeMap::new();
    for r in receiver.requests().iter().filter(|r| r.json()["rule"] == rule) {
        let entry = out.entry(r.json()["n"].as_i64().unwrap_or(-1)).or_default();
        entry.0 += 1;
        entry.1.insert(r.header("x-alert-id").unwrap().to_owned());
    }
    out
}

#[test]
fn a_hundred_kills_lose_nothing() {
    let Some(cluster) = connect("a_hundred_kills_lose_nothing") else { return };
    let kills = std::env::var("SIGMALERT_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let receiver = Receiver::new();
    w.write("config.yaml", quick(&field, ""));
    w.write("rules/any.yaml", post_rule("every", &field.events(), &receiver.url, "type: any\nfilter: [{term: {kind: x}}]"));
    // Every fifth event of the stream is the fifth of its window.
    w.write(
        "rules/five.yaml",
        post_rule(
            "five",
            &field.events(),
            &receiver.url,
            "type: frequency\nnum_events: 5\ntimeframe: {hours: 1}\nquery_key: key\nfilter: [{term: {kind: x}}]",
        ),
    );
    let mut seed = 7_u64;
    let mut next = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let mut count = 0;
    for round in 0..kills {
        let mut run = Running::start(&w, &["run", "--config", "config.yaml", "--alone"], &[]);
        let batch: Vec<Value> =
            (0..5).map(|i| json!({"@timestamp": now(), "kind": "x", "n": count + i, "key": format!("k{}", (count + i) / 50)})).collect();
        field.add(usize::try_from(count).unwrap(), &batch);
        count += 5;
        std::thread::sleep(Duration::from_millis(30 + next(if round % 4 == 0 { 900 } else { 300 })));
        run.kill();
    }
    // The last one comes to its end.
    let mut run = Running::start(&w, &["run", "--config", "config.yaml", "--alone"], &[]);
    let whole = usize::try_from(count).unwrap();
    let expected_five = whole / 5;
    until("all alerts arrived", 60, || arrived(&receiver, "every").len() >= whole && arrived(&receiver, "five").len() >= expected_five);
    std::thread::sleep(Duration::from_secs(2));
    run.stop();
    let (every, five) = (arrived(&receiver, "every"), arrived(&receiver, "five"));
    let repeated = |m: &BTreeMap<i64, (usize, BTreeSet<String>)>| m.values().map(|(n, _)| n - 1).sum::<usize>();
    eprintln!(
        "{kills} kills, {count} events: {} and {} alerts expected, {} and {} arrived, {} and {} of them more than once",
        whole,
        expected_five,
        every.len(),
        five.len(),
        repeated(&every),
        repeated(&five)
    );
    assert_eq!(every.len(), whole, "an alert is lost");
    assert_eq!(five.len(), expected_five, "an alert of a window is lost or one too many");
    assert!(five.keys().all(|n| n % 5 == 4), "a window was counted otherwise: {five:?}");
    assert!(every.values().chain(five.values()).all(|(_, ids)| ids.len() == 1), "a repeated alert has another id");
    let pending = field.alerts("wb").iter().filter(|a| a["alert_sent"] == false).count();
    assert_eq!(pending, 0, "all are written as sent");
}

#[test]
fn receivers_that_fail_hold_up_nobody() {
    let Some(cluster) = connect("receivers_that_fail_hold_up_nobody") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let good = Receiver::new();
    let hanging = Receiver::answering(|_, _| (0, String::new()));
    let failing = Receiver::answering(|_, before| if before < 2 { (500, "no".into()) } else { (200, "{}".into()) });
    let busy = Receiver::answering(|_, before| if before == 0 { (429, "retry-after:3".into()) } else { (200, "{}".into()) });
    w.write("config.yaml", quick(&field, ""));
    let rule = |name: &str, urls: &[&str]| {
        let alerts: Vec<String> = urls.iter().map(|u| format!("- post: {{http_post_url: {u}}}")).collect();
        format!(
            "name: {name}\nindex: {}\nrealert: {{minutes: 0}}\ntype: any\nfilter: []\nhttp_post_payload: {{n: n}}\n\
             http_post_static_payload: {{rule: {name}}}\nalert:\n{}\n",
            field.events(),
            alerts.join("\n")
        )
    };
    w.write("rules/hanging.yaml", rule("hanging", &[&hanging.url, &good.url]));
    w.write("rules/failing.yaml", rule("failing", &[&failing.url]));
    w.write("rules/busy.yaml", rule("busy", &[&busy.url]));
    w.write("rules/good.yaml", rule("good", &[&good.url]));
    let mut run = Running::start(&w, &["run", "--config", "config.yaml"], &[]);
    field.add(0, &[json!({"@timestamp": now(), "n": 1})]);
    let began = Instant::now();
    let count = |r: &Receiver, rule: &str| r.requests().iter().filter(|q| q.json()["rule"] == rule).count();
    until("the good receivers were told", 15, || count(&good, "good") == 1 && count(&good, "hanging") == 1);
    until("the failing one took it at its third try", 30, || count(&failing, "failing") == 3);
    until("the busy one was asked again", 15, || count(&busy, "busy") == 2);
    assert!(began.elapsed() >= Duration::from_secs(3), "Retry-After is obeyed");
    until("what was taken is written", 15, || {
        let sent: BTreeSet<String> =
            field.alerts("wb").iter().filter(|a| a["alert_sent"] == true).map(|a| a["rule_name"].as_str().unwrap().to_owned()).collect();
        sent.len() == 3
    });
    let open = field.alerts("wb").into_iter().find(|a| a["rule_name"] == "hanging").unwrap();
    assert_eq!(open["alert_sent"], false);
    assert_eq!(open["sigmalert"]["delivered"], json!(["post#1"]), "the other alerter is not told again");
    run.kill();
    // Another process goes on with what is not sent, and with nothing else.
    let mut run = Running::start(&w, &["run", "--config", "config.yaml"], &[]);
    until("the hanging receiver is tried again", 20, || count(&hanging, "hanging") >= 2);
    assert_eq!((count(&good, "good"), count(&good, "hanging"), count(&failing, "failing")), (1, 1, 3));
    run.kill();
}

#[test]
fn broken_rules_and_documents_stop_nothing() {
    let Some(cluster) = connect("broken_rules_and_documents_stop_nothing") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let receiver = Receiver::new();
    w.write("config.yaml", quick(&field, ""));
    let good = post_rule("good", &field.events(), &receiver.url, "type: any\nfilter: [{term: {kind: x}}]");
    w.write("rules/good.yaml", &good);
    w.write("rules/yaml.yaml", "name: [\n");
    w.write("rules/type.yaml", post_rule("type", &field.events(), &receiver.url, "type: nothing"));
    w.write(
        "rules/query.yaml",
        post_rule("query", &field.events(), &receiver.url, "type: any\nfilter: [{query_string: {query: 'a AND ('}}]"),
    );
    w.write("rules/twin.yaml", &good);
    let mut run = Running::start(&w, &["run", "--config", "config.yaml"], &[]);
    field.add(
        0,
        &[
            json!({"@timestamp": now(), "kind": ["x", null, "z"], "n": 1, "deep": {"list": [{"of": [null]}, {}]}}),
            json!({"@timestamp": now(), "kind": "x", "n": [2, 2, 7], "a.b": {"c": 1}, "a": {"b": {"d": "☃\u{1}"}}}),
            json!({"@timestamp": now(), "kind": "x", "n": 3}),
        ],
    );
    until("the good rule's alerts arrived", 15, || receiver.requests().len() == 3);
    let log = run.log();
    for part in ["yaml.yaml", "type.yaml", "twin.yaml", "another file has a rule of the name `good`"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    until("the broken query is reported", 15, || {
        field.documents(&format!("{}_error", field.writeback("wb"))).iter().any(|(_, e)| e["data"]["rule"] == "query")
    });
    // A file that breaks while it runs leaves the rule as it was; one that is mended or new is taken up.
    w.write("rules/good.yaml", "name: [\n");
    w.write("rules/type.yaml", post_rule("mended", &field.events(), &receiver.url, "type: any\nfilter: [{term: {kind: y}}]"));
    until("the mended rule runs", 20, || run.log().contains("the rule is new rule=\"mended\""));
    field.add(3, &[json!({"@timestamp": now(), "kind": "x", "n": 4}), json!({"@timestamp": now(), "kind": "y", "n": 5})]);
    until("old and new rules run", 15, || receiver.requests().len() >= 5);
    std::fs::remove_file(w.path("rules/type.yaml")).unwrap();
    until("a rule goes with its file", 20, || run.log().contains("the rule is gone rule=\"mended\""));
    assert_eq!(run.stop(), 0, "{}", run.log());
    assert_eq!(receiver.requests().len(), 5);
}

#[test]
fn instances_share_the_rules() {
    let Some(cluster) = connect("instances_share_the_rules") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let receiver = Receiver::new();
    w.write("config.yaml", quick(&field, ""));
    let rules = 20;
    for i in 0..rules {
        w.write(
            &format!("rules/r{i}.yaml"),
            post_rule(&format!("r{i}"), &field.events(), &receiver.url, "type: any\nfilter: [{term: {kind: x}}]"),
        );
    }
    let mut first = Running::start(&w, &["run", "--config", "config.yaml"], &[]);
    let mut second = Running::start(&w, &["run", "--config", "config.yaml"], &[]);
    until("both know each other", 20, || [&first, &second].iter().all(|r| r.log().contains("instances=2")));
    field.add(0, &[json!({"@timestamp": now(), "kind": "x", "n": 1})]);
    until("every rule alerted", 20, || receiver.requests().len() >= rules);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(receiver.requests().len(), rules, "none twice");
    let of = |pid: u32| {
        let own = format!(":{pid}:");
        field
            .documents(&format!("{}_sigmalert", field.writeback("wb")))
            .iter()
            .filter(|(_, d)| d["kind"] == "rule" && d["instance"].as_str().unwrap().contains(&own))
            .count()
    };
    let (a, b) = (of(first.pid()), of(second.pid()));
    assert!(a > 2 && b > 2 && a + b == rules, "{a} + {b}");
    first.kill();
    let began = Instant::now();
    field.add(1, &[json!({"@timestamp": now(), "kind": "x", "n": 2})]);
    until("the other took over", 20, || receiver.requests().len() >= 2 * rules);
    eprintln!("20 rules by two instances: {a} and {b}; after a kill all ran again within {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(second.stop(), 0, "{}", second.log());
    assert_eq!(receiver.requests().len(), 2 * rules);
}
