//! What goes wrong in a run loses no alert and repeats none but under the same id: kills at any moment, a cluster that goes and
//! comes back, receivers that refuse or hang, rules and documents that are broken.

use crate::support::cli::Workspace;
use crate::support::opensearch::connect;
use crate::support::runtime::{Field, Receiver, Running, Wire, until};
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

#[test]
fn a_cluster_that_goes_and_comes_back_loses_nothing() {
    let Some(cluster) = connect("a_cluster_that_goes_and_comes_back_loses_nothing") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let receiver = Receiver::new();
    let wire = Wire::to(&cluster.url);
    let port = cluster.url.rsplit_once(':').unwrap().1;
    w.write("config.yaml", quick(&field, "").replace(&format!("es_port: {port}"), &format!("es_port: {}", wire.port)));
    w.write("rules/any.yaml", post_rule("every", &field.events(), &receiver.url, "type: any\nfilter: [{term: {kind: x}}]"));
    w.write(
        "rules/two.yaml",
        post_rule(
            "two",
            &field.events(),
            &receiver.url,
            "type: frequency\nnum_events: 2\ntimeframe: {hours: 1}\nfilter: [{term: {kind: x}}]",
        ),
    );
    let mut run = Running::start(&w, &["run", "--config", "config.yaml"], &[]);
    until("it runs", 20, || run.log().contains("the cluster answers") || run.log().contains("rules loaded"));
    let mut count = 0;
    for round in 0..6 {
        wire.set(round % 2 == 0);
        for _ in 0..5 {
            field.add(count, &[json!({"@timestamp": now(), "kind": "x", "n": count})]);
            count += 1;
            std::thread::sleep(Duration::from_millis(250));
        }
    }
    wire.set(true);
    until("all alerts arrived", 60, || arrived(&receiver, "every").len() == count && arrived(&receiver, "two").len() == count / 2);
    std::thread::sleep(Duration::from_secs(2));
    let (every, two) = (arrived(&receiver, "every"), arrived(&receiver, "two"));
    assert_eq!((every.len(), two.len()), (count, count / 2));
    assert!(every.values().chain(two.values()).all(|(_, ids)| ids.len() == 1), "{every:?}");
    let log = run.log();
    let (gone, back) = (log.matches("the cluster does not answer").count(), log.matches("the cluster answers").count());
    eprintln!(
        "cut 3 times in {count} events: {} and {} alerts, said {gone} times that it is away and {back} times that it is back",
        every.len(),
        two.len()
    );
    assert!((1..=3).contains(&gone) && back >= 1, "one line when it goes, one when it comes:\n{log}");
    assert_eq!(run.stop(), 0, "{log}");
}

#[test]
fn a_full_disk_delays_no_alert() {
    let Some(cluster) = connect("a_full_disk_delays_no_alert") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let receiver = Receiver::new();
    w.write("config.yaml", quick(&field, ""));
    w.write("rules/any.yaml", post_rule("every", &field.events(), &receiver.url, "type: any\nfilter: [{term: {kind: x}}]"));
    let mut run = Running::start(&w, &["run", "--config", "config.yaml", "--alone"], &[]);
    field.add(0, &[json!({"@timestamp": now(), "kind": "x", "n": 0})]);
    until("it runs", 20, || arrived(&receiver, "every").len() == 1);
    // What a cluster does to indices when its disk is full.
    let block = |on: bool| {
        let body = json!({"index.blocks.read_only_allow_delete": if on { json!(true) } else { Value::Null }});
        for index in [field.writeback("wb"), format!("{}_*", field.writeback("wb"))] {
            cluster.send("PUT", &format!("/{index}/_settings"), &body.to_string());
        }
    };
    block(true);
    field.add(1, &[json!({"@timestamp": now(), "kind": "x", "n": 1})]);
    until("the alert comes anyway", 20, || arrived(&receiver, "every").len() == 2);
    std::thread::sleep(Duration::from_secs(3));
    block(false);
    field.add(2, &[json!({"@timestamp": now(), "kind": "x", "n": 2})]);
    until("it goes on", 30, || arrived(&receiver, "every").len() == 3);
    until("all are written as sent", 30, || {
        let alerts = field.alerts("wb");
        alerts.len() == 3 && alerts.iter().all(|a| a["alert_sent"] == true)
    });
    assert!(arrived(&receiver, "every").values().all(|(n, _)| *n == 1), "none came twice: {:?}", arrived(&receiver, "every"));
    assert_eq!(run.stop(), 0, "{}", run.log());
}

#[test]
fn secrets_stay_secret_and_events_are_only_text() {
    let Some(cluster) = connect("secrets_stay_secret_and_events_are_only_text") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let receiver = Receiver::answering(|r, _| if r.path.contains("refuse") { (403, "no".into()) } else { (200, "{}".into()) });
    w.write("config.yaml", quick(&field, "es_username: admin\nes_password: hunter2-es\n"));
    let evil = "<!channel> @all {{ 7*7 }} {0} %(x)s $(touch pwned) `touch pwned`; touch pwned\r\nX-Evil: 1";
    field.add(0, &[json!({"@timestamp": now(), "n": 1, "evil": evil, "key": "k\" OR *:* OR \""})]);
    let base =
        format!("index: {}\ntype: any\nfilter: []\nrealert: {{minutes: 0}}\nquery_key: key\ntop_count_keys: [evil]\n", field.events());
    w.write(
        "rules/slack.yaml",
        format!(
            "name: slack\n{base}alert: [slack]\nslack_webhook_url: {}/hunter2-slack\nalert_subject: '{{0}}'\nalert_subject_args: [evil]\n",
            receiver.url
        ),
    );
    w.write(
        "rules/refused.yaml",
        format!(
            "name: refused\n{base}alert: [telegram]\ntelegram_api_url: {}/refuse\ntelegram_bot_token: hunter2-bot\ntelegram_room_id: r\n",
            receiver.url
        ),
    );
    w.write(
        "rules/post2.yaml",
        format!("name: post2\n{base}alert: [post2]\nhttp_post2_url: {}/post2\nhttp_post2_payload: {{text: '{{{{ evil }}}}', secret: '{{{{ es_password }}}}'}}\nhttp_post2_headers: {{x-text: '{{{{ evil }}}}'}}\n", receiver.url),
    );
    w.write(
        "rules/command.yaml",
        format!("name: command\n{base}alert: [command]\ncommand: [/bin/sh, -c, 'printf %%s \"$1\" > said', sh, '%(evil)s']\n"),
    );
    w.write("rules/shell.yaml", format!("name: shell\n{base}alert: [command]\ncommand: 'echo %(evil)s > said2'\n"));
    let mut run = Running::start(&w, &["run", "--config", "config.yaml", "--es-debug"], &[]);
    until("everyone was told", 20, || {
        let paths: BTreeSet<String> = receiver.requests().iter().map(|r| r.path.clone()).collect();
        paths.len() >= 3 && w.path("said").exists()
    });
    std::thread::sleep(Duration::from_secs(1));
    let requests = receiver.requests();
    let of = |part: &str| requests.iter().find(|r| r.path.contains(part)).unwrap().clone();
    let slack = of("slack").body;
    assert!(slack.contains("&lt;!channel&gt;") && !slack.contains("<!channel>"), "{slack}");
    let post2 = of("post2");
    assert_eq!(post2.json()["text"], evil, "a template is evaluated once");
    assert_eq!(post2.json()["secret"], "", "templates of post2 see the match only");
    assert_eq!(post2.header("x-evil"), None);
    assert_eq!(w.read("said"), evil, "the argument arrives as it is");
    assert!(!w.path("pwned").exists());
    let log = run.log();
    assert!(log.contains("none is started; write a list"), "a command that takes a shell is refused: {log}");
    let index = field.writeback("wb");
    let written: String = [String::new(), "_status".into(), "_error".into(), "_sigmalert".into()]
        .iter()
        .flat_map(|s| field.documents(&format!("{index}{s}")))
        .map(|(_, d)| d.to_string())
        .collect();
    assert!(written.contains("refused") && log.contains("refused"));
    for (place, text) in [("the log", &log), ("the writeback indices", &written)] {
        assert!(!text.contains("hunter2"), "a secret in {place}: {}", text.lines().find(|l| l.contains("hunter2")).unwrap_or_default());
    }
    run.kill();
}

#[test]
fn more_events_than_pages_hold() {
    let Some(cluster) = connect("more_events_than_pages_hold") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    let receiver = Receiver::new();
    w.write("config.yaml", quick(&field, ""));
    let rule = |more: &str| {
        post_rule("r", &field.events(), &receiver.url, &format!("type: any\nfilter: [{{term: {{kind: x}}}}]\nmax_query_size: 10\n{more}"))
    };
    let time = |ago: i64| jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_secs(ago)).unwrap().to_string();
    let events: Vec<Value> = (0..95).map(|n| json!({"@timestamp": time(100 - n), "kind": "x", "n": n})).collect();
    field.add(0, &events);
    // All pages in one run.
    w.write("rules/r.yaml", rule(""));
    let dry = w.run(&["run", "--config", "config.yaml", "--once", "--dry-run"]);
    assert_eq!(dry.stderr.matches("an alert would be sent").count(), 95, "{}", dry.stderr);
    assert!(receiver.requests().is_empty());
    // So few that one run does not reach the end: the next goes on.
    w.write("rules/r.yaml", rule("max_scrolling_count: 3"));
    let mut run = Running::start(&w, &["run", "--config", "config.yaml", "--alone"], &[]);
    until("all came, run after run", 30, || arrived(&receiver, "r").len() == 95);
    assert!(run.log().contains("more pages than max_scrolling_count"), "{}", run.log());
    assert_eq!(run.stop(), 0, "{}", run.log());
    assert!(arrived(&receiver, "r").values().all(|(n, _)| *n == 1));
}

#[test]
fn metrics_are_served() {
    let Some(cluster) = connect("metrics_are_served") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    w.write("config.yaml", quick(&field, ""));
    w.write("rules/r.yaml", format!("name: a \"rule\"\nindex: {}\ntype: any\nfilter: []\nalert: [debug]\n", field.events()));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut run = Running::start(&w, &["run", "--config", "config.yaml", "--metrics", &address, "--log-format", "json"], &[]);
    field.add(0, &[json!({"@timestamp": now(), "n": 1})]);
    let mut text = String::new();
    until("the metrics count", 20, || {
        text = ureq::get(format!("http://{address}/metrics"))
            .call()
            .ok()
            .and_then(|mut r| r.body_mut().read_to_string().ok())
            .unwrap_or_default();
        text.contains("elastalert_alerts_sent_total{rule_name=\"a \\\"rule\\\"\"} 1")
    });
    for line in [
        "elastalert_hits_total{rule_name=\"a \\\"rule\\\"\"}",
        "elastalert_errors_total 0",
        "sigmalert_rules 1",
        "sigmalert_skipped_runs_total 0",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(run.stop(), 0, "{}", run.log());
    assert!(run.log().lines().all(|l| serde_json::from_str::<Value>(l).is_ok()), "{}", run.log());
}
