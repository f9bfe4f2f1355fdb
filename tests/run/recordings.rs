//! Every rule of the public repository as a rule file, run over the recordings with no server: the alerts are what `scan` finds.

use crate::support::cli::Workspace;
use crate::support::corpus;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn rule_files_alert_on_what_scan_finds() {
    let Some(rules) = corpus::rules("rule_files_alert_on_what_scan_finds") else { return };
    let Some(events) = corpus::recordings("rule_files_alert_on_what_scan_finds") else { return };
    let (rules, events) = (rules.display().to_string(), events.display().to_string());
    let w = Workspace::new();
    let convert = w.run(&["convert", "-m", "winlogbeat", "-o", "out", &rules]);
    // What no rule file can say is told, and is no rule of the run.
    let refused: BTreeSet<&str> =
        convert.stderr.lines().filter_map(|l| l.strip_prefix("error: ")).filter_map(|l| l.split(": ").next()).collect();
    let run = w.run(&["run", "--rules", "out", "--events", &events, "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let scan = w.run(&["scan", &events, "--rules", &rules, "-m", "winlogbeat", "--format", "ndjson"]);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for line in scan.stdout.lines() {
        let hit: Value = serde_json::from_str(line).unwrap();
        if !refused.contains(hit["rule"]["title"].as_str().unwrap()) {
            *found.entry(format!("{}:{}", hit["source"].as_str().unwrap(), hit["position"])).or_default() += 1;
        }
    }
    let mut alerted: BTreeMap<String, usize> = BTreeMap::new();
    for line in run.stdout.lines() {
        let alert: Value = serde_json::from_str(line).unwrap();
        for m in alert["matches"].as_array().unwrap() {
            *alerted.entry(m["_id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    eprintln!("{} events alerted, {} alerts; {} rules are no rule file", alerted.len(), run.stdout.lines().count(), refused.len());
    assert!(found.len() > 150, "{}", found.len());
    assert_eq!(alerted, found);
}
