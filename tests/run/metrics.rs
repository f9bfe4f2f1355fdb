//! `sigmalert run --metrics`: what Prometheus reads, whoever else is connected.

use crate::support::cli::Workspace;
use crate::support::runtime::{Receiver, Running, until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A run over a cluster that finds nothing, with its metrics.
struct Run {
    running: Running,
    address: String,
    _cluster: Receiver,
}

fn start(w: &Workspace) -> Run {
    let cluster = Receiver::answering(|r, _| {
        let body = if r.path.contains("_msearch") {
            "{\"responses\":[{\"status\":200,\"took\":1,\"timed_out\":false,\"_shards\":{\"total\":1,\"successful\":1,\"failed\":0},\"hits\":{\"total\":{\"value\":0,\"relation\":\"eq\"},\"hits\":[]}}]}"
        } else {
            "{\"version\":{\"number\":\"2.19.0\",\"distribution\":\"opensearch\"},\"hits\":{\"total\":{\"value\":0},\"hits\":[]},\"docs\":[]}"
        };
        (200, body.into())
    });
    let (host, port) = cluster.url.trim_start_matches("http://").split_once(':').unwrap();
    w.write(
        "config.yaml",
        format!("rules_folder: rules\nrun_every: {{seconds: 1}}\nbuffer_time: {{minutes: 15}}\nes_host: {host}\nes_port: {port}\nwriteback_index: x\n"),
    );
    let running = Running::start(w, &["run", "--config", "config.yaml", "--dry-run", "--metrics", "127.0.0.1:0"], &[]);
    let mut address = String::new();
    until("the metrics are served", 20, || {
        let log = running.log();
        let at = log.find("metrics are served at http://").map(|i| i + 29);
        address = at.and_then(|i| log[i..].split('/').next()).map(str::to_owned).unwrap_or_default();
        !address.is_empty()
    });
    Run { running, address, _cluster: cluster }
}

impl Run {
    fn ask(&self, path: &str) -> String {
        let Ok(mut stream) = TcpStream::connect(&self.address) else { return String::new() };
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        _ = stream.read_to_string(&mut text);
        text
    }

    fn has(&self, line: &str) -> bool {
        self.ask("/metrics").lines().any(|l| l == line)
    }
}

const RULE: &str = "name: one\ntype: any\nindex: logs\nfilter: []\nalert: [debug]\n";

#[test]
fn slow_connections_stop_no_scrape() {
    let w = Workspace::new();
    w.write("rules/one.yaml", RULE);
    let mut run = start(&w);
    // Some say nothing, some do not come to an end, some do not read.
    let held: Vec<TcpStream> = (0..60)
        .map(|i| {
            let mut s = TcpStream::connect(&run.address).unwrap();
            let text = ["", "GET /metrics HTTP/1.1\r\nX-Slow: ", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"][i % 3];
            s.write_all(text.as_bytes()).unwrap();
            s
        })
        .collect();
    for _ in 0..5 {
        let text = run.ask("/metrics");
        assert!(text.starts_with("HTTP/1.1 200") && text.contains("sigmalert_rules 1"), "{text:?}");
        assert!(text.contains("content-type: text/plain; version=0.0.4"), "{text}");
    }
    assert!(run.ask("/other").starts_with("HTTP/1.1 404"));
    // It ends in spite of them.
    assert_eq!(run.running.stop(), 0, "{}", run.running.log());
    drop(held);
}

#[test]
fn a_file_that_breaks_is_counted_and_named() {
    let w = Workspace::new();
    w.write("rules/one.yaml", RULE);
    w.write("rules/two \"2\".yaml", RULE.replace("one", "two"));
    let run = start(&w);
    let success = "sigmalert_config_last_reload_successful";
    until("all is well", 20, || run.has("sigmalert_broken_rules 0") && run.has(&format!("{success} 1")));
    let time = || {
        let text = run.ask("/metrics");
        let line = text.lines().find_map(|l| l.strip_prefix("sigmalert_config_last_reload_success_timestamp_seconds ")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{text}")).parse::<f64>().unwrap()
    };
    let before = time();
    assert!(before > 1.7e9, "{before}");
    // The rule goes on as it was, and the file is broken.
    w.write("rules/two \"2\".yaml", "name: two\ntype: nonsense\n");
    until("the file is counted", 30, || run.has("sigmalert_broken_rules 1"));
    assert!(run.has("sigmalert_rules 2") && run.has(&format!("{success} 0")));
    assert!(run.has("sigmalert_rule_file_last_reload_successful{file=\"rules/one.yaml\"} 1"), "{}", run.ask("/metrics"));
    assert!(run.has("sigmalert_rule_file_last_reload_successful{file=\"rules/two \\\"2\\\".yaml\"} 0"), "{}", run.ask("/metrics"));
    assert!((time() - before).abs() < f64::EPSILON, "the last success is the one before");
    w.write("rules/new.yaml", "name: new\ntype: nonsense\n");
    until("both are counted", 30, || run.has("sigmalert_broken_rules 2"));
    // Repaired, and removed.
    w.write("rules/two \"2\".yaml", RULE.replace("one", "two").replace("logs", "other"));
    std::fs::remove_file(w.path("rules/new.yaml")).unwrap();
    until("all is well again", 30, || run.has("sigmalert_broken_rules 0") && run.has(&format!("{success} 1")));
    assert!(time() > before);
    assert!(!run.ask("/metrics").contains("new.yaml"));
}
