//! `test`, `scan` and `fields`: their output and exit status. Events that cannot be read are reported and counted, and do not affect
//! others.

use crate::support::cli::Workspace;
use crate::support::{corpus, opensearch};
use serde_json::{Value, json};
use std::io::Write;

const RULE: &str = r"
title: Whoami
id: 6c0b1d0e-0000-4000-8000-000000000001
status: test
level: high
logsource: {product: windows, category: process_creation}
detection:
    sel:
        Image|endswith: '\whoami.exe'
    all:
        CommandLine|contains: '/all'
    condition: sel and all
";

fn event(image: &str, command: &str) -> String {
    json!({"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "TimeCreated": "2024-05-06T07:08:09Z",
        "Computer": "PC", "Image": image, "CommandLine": command})
    .to_string()
}

fn good() -> String {
    event(r"C:\Windows\System32\WHOAMI.exe", "whoami /ALL")
}

fn workspace() -> Workspace {
    let w = Workspace::new();
    w.write("rules/whoami.yml", RULE);
    w.write("events.ndjson", format!("{}\n{}\n{}\n", event(r"C:\x.exe", "x"), good(), event(r"C:\whoami.exe", "whoami")));
    w
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
}

#[test]
fn a_test_says_which_rule_matched_which_event_and_why() {
    let w = workspace();
    let run = w.run(&["test", "rules", "--events", "events.ndjson", "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let all: Value = serde_json::from_str(&run.stdout).unwrap();
    let [rule] = all.as_array().unwrap().as_slice() else { panic!("{all}") };
    assert_eq!(rule["rule"]["id"], "6c0b1d0e-0000-4000-8000-000000000001");
    assert_eq!(rule["rule"]["title"], "Whoami");
    assert_eq!(rule["rule"]["path"], "rules/whoami.yml");
    assert_eq!(rule["matched"], 1);
    assert_eq!(rule["events"][0]["position"], 2);
    assert!(rule["events"][0]["source"].as_str().unwrap().ends_with("events.ndjson"));
    let why = rule["events"][0]["why"].as_array().unwrap();
    assert!(why.iter().any(|w| w["field"] == "Image" && w["value"] == r"C:\Windows\System32\WHOAMI.exe"), "{why:?}");
    // The first test that a near miss failed.
    let run = w.run(&["test", "rules", "--events", "events.ndjson", "--why-not"]);
    insta::assert_snapshot!("test_why_not", run.stdout);
    // Every rule must match.
    w.write("rules/other.yml", RULE.replace("whoami.exe", "other.exe").replace("0001", "0002").replace("Whoami", "Other"));
    assert_eq!(w.run(&["test", "rules", "--events", "events.ndjson"]).status, 0);
    assert_eq!(w.run(&["test", "rules", "--events", "events.ndjson", "--must-match"]).status, 1);
    assert_eq!(w.run(&["test", "rules", "--events", "absent.ndjson"]).status, 2);
}

#[test]
fn expectations_lie_beside_rules() {
    let w = Workspace::new();
    w.write("r/whoami.yml", RULE);
    let line = |expect: &str, event: &str| format!("{{\"expect\": \"{expect}\", \"event\": {event}}}\n");
    w.write("r/whoami.events.ndjson", line("match", &good()) + &line("no-match", &event("x", "y")));
    let run = w.run(&["test", "r", "--expect"]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    w.write("r/whoami.events.ndjson", line("no-match", &good()) + &line("match", &event("x", "y")));
    let run = w.run(&["test", "r", "--expect"]);
    assert_eq!(run.status, 1);
    insta::assert_snapshot!("expectations_not_met", run.stdout);
}

#[test]
fn a_scan_takes_sigma_rules_and_rule_files() {
    let w = workspace();
    let run = w.run(&["scan", "events.ndjson", "--rules", "rules", "--format", "ndjson"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let found = lines(&run.stdout);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["time"], "2024-05-06T07:08:09Z");
    assert_eq!(found[0]["event"]["CommandLine"], "whoami /ALL");
    assert!(run.stderr.contains("3 events, 1 rule: 1 match"), "{}", run.stderr);
    // Standard input, and levels.
    let run = w.run_with(&["scan", "-", "--rules", "rules", "--format", "ndjson", "-q"], &(good() + "\n"));
    assert_eq!(lines(&run.stdout).len(), 1);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    assert_eq!(w.run(&["scan", "events.ndjson", "--rules", "rules", "--level", "critical"]).stdout, "");
    // ElastAlert rule files, with events as Winlogbeat indexes them.
    let run = w.run(&["convert", "-m", "winlogbeat", "rules", "-o", "out", "-q"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    w.write(
        "wlb.ndjson",
        json!({"@timestamp": "2024-05-06T07:08:09Z", "winlog": {"channel": "Microsoft-Windows-Sysmon/Operational"}, "event": {"code": "1"},
            "process": {"executable": r"C:\Windows\System32\WhoAmI.exe", "command_line": "whoami /all"}})
        .to_string(),
    );
    let run = w.run(&["scan", "wlb.ndjson", "--rules", "out", "-m", "winlogbeat"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stdout.contains("Whoami") && run.stdout.contains("wlb.ndjson:1"), "{}", run.stdout);
}

#[test]
fn a_timeline_is_in_the_order_of_time() {
    let w = workspace();
    let at = |t: &str| good().replace("2024-05-06T07:08:09Z", t);
    w.write("late.ndjson", [at("2024-03-01T00:00:00Z"), at("2024-01-01T00:00:00Z"), at("2024-02-01T00:00:00Z")].join("\n"));
    let run = w.run(&["scan", "late.ndjson", "--rules", "rules", "--format", "timeline", "-q"]);
    let times: Vec<&str> = run.stdout.lines().map(|l| &l[..10]).collect();
    assert_eq!(times, ["2024-01-01", "2024-02-01", "2024-03-01"]);
}

/// Flags and values of earlier versions, and several values of `--events` and `--rules`.
#[test]
fn old_spellings_are_accepted() {
    let w = workspace();
    w.write("more.ndjson", good());
    for args in [
        &["scan", "events.ndjson", "more.ndjson", "--rules", "rules", "-q"][..],
        &["scan", "--events", "events.ndjson", "more.ndjson", "--rules", "rules", "absent.yml", "-q"],
        &["scan", "-e", "events.ndjson", "more.ndjson", "-r", "rules", "--meaning", "sigma", "--format", "table", "-q"],
    ] {
        let run = w.run(args);
        assert_eq!(run.stdout.lines().count(), 2, "{args:?}: {}", run.stderr);
    }
    let new = w.run(&["test", "--rules", "rules", "--events", "events.ndjson", "more.ndjson", "--semantics", "sigma", "--format", "text"]);
    let old = w.run(&["test", "rules", "--events", "events.ndjson", "more.ndjson", "--meaning", "sigma", "--format", "table"]);
    assert_eq!((new.status, &new.stdout), (0, &old.stdout), "{}", new.stderr);
    let fields = w.run(&["fields", "-r", "rules", "-e", "events.ndjson", "more.ndjson", "--format", "table"]);
    assert_eq!(fields.status, 0, "{}", fields.stderr);
    // No input at all is 2; input that is missing beside other input is 1.
    assert_eq!(w.run(&["scan", "absent", "-r", "rules"]).status, 2);
    assert_eq!(w.run(&["scan", "events.ndjson", "-r", "absent.yml"]).status, 2);
    assert_eq!(w.run(&["scan", "absent", "events.ndjson", "-r", "rules"]).status, 1);
    assert_eq!(w.run(&["test", "rules", "absent.yml", "-e", "events.ndjson"]).status, 1);
    assert_eq!(w.run(&["fields", "absent", "-e", "events.ndjson"]).status, 2);
}

fn packed(text: &str) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap()
}

#[test]
fn bad_events_cost_no_good_one() {
    let w = workspace();
    let good = good();
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(1000), "]".repeat(1000));
    let twice = good.replacen('{', "{\"CommandLine\":\"x\",", 1);
    let types = r#"{"Channel":["Microsoft-Windows-Sysmon/Operational"],"EventID":1,"Image":{"a":1},"CommandLine":[1,null,true]}"#;
    w.write("bad/a.ndjson", format!("{good}\nnot JSON\n{deep}\n[1]\n{twice}\n{types}\n{{\"a\":\n\n{good}\n"));
    w.write("bad/b.ndjson", [good.as_bytes(), b"\n{\"Image\":\"\xff\xfe\"}\n", good.as_bytes()].concat());
    let many = format!("{good}\n").repeat(20_000);
    let gz = packed(&many);
    w.write("bad/c.ndjson.gz", &gz[..gz.len() / 2]);
    w.write("bad/d.evtx", [b"ElfFile\0".as_slice(), &[7; 5000]].concat());
    w.write("bad/e.evtx", b"no events at all");
    w.write("bad/f.json", format!("[{good}, {good}"));
    w.write("bad/g.ndjson", "");
    w.write("bad/h.ndjson", format!("{good}\n"));
    let run = w.run(&["scan", "bad", "--rules", "rules", "--format", "ndjson"]);
    let found = lines(&run.stdout);
    let count = |name: &str| found.iter().filter(|f| f["source"].as_str().unwrap().ends_with(name)).count();
    assert_eq!([count("a.ndjson"), count("b.ndjson"), count("f.json"), count("h.ndjson")], [3, 2, 2, 1], "{}", run.stderr);
    assert!(count("c.ndjson.gz") > 1000, "{}", count("c.ndjson.gz"));
    for place in
        ["a.ndjson:2", "a.ndjson:3", "a.ndjson:4", "a.ndjson:5", "a.ndjson:7", "b.ndjson:2", "c.ndjson.gz", "d.evtx", "e.evtx", "f.json"]
    {
        assert!(run.stderr.contains(place), "{place} is not reported\n{}", run.stderr);
    }
    assert!(run.stderr.contains("could not be read"), "{}", run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

/// Events before the end of a truncated file and other files are processed, and the exit status shows that input is missing.
#[test]
fn a_cut_file_costs_what_was_cut_off_and_no_more() {
    let good = good();
    let many = (0..200).map(|i| good.replace("whoami /ALL", &format!("whoami /ALL {i} {}", "x".repeat(i * 7919 % 97)))).collect::<Vec<_>>();
    let gz = packed(&many.join("\n"));
    let list = packed(&format!("[\n{}\n]", many.join(",\n")));
    let pretty = format!("[\n{good},\n{}", &good[..good.len() / 2]);
    for (name, cut) in [
        ("cut.ndjson.gz", &gz[..gz.len() / 2]),
        ("cut.json.gz", &list[..list.len() / 2]),
        // The checksum after the last event.
        ("cut.json.gz", &list[..list.len() - 6]),
        ("cut.json", pretty.as_bytes()),
        ("cut.ndjson", format!("{good}\n{}", &good[..good.len() / 2]).as_bytes()),
    ] {
        let w = workspace();
        w.write(&format!("e/{name}"), cut);
        w.write("e/z.ndjson", format!("{good}\n"));
        let run = w.run(&["scan", "e", "--rules", "rules", "--format", "ndjson"]);
        assert_eq!(run.status, 1, "{name}: {}", run.stderr);
        assert!(run.stderr.contains(&format!("e/{name}:")) && !run.stderr.contains("panicked"), "{name}: {}", run.stderr);
        let found = lines(&run.stdout);
        let of = |n: &str| found.iter().filter(|f| f["source"].as_str().unwrap().ends_with(n)).count();
        assert!(of(name) > 0 && of("z.ndjson") == 1, "{name}: {}", run.stderr);
        let test = w.run(&["test", "rules", "--events", "e"]);
        assert!(test.status == 1 && test.stdout.contains("Whoami"), "{name}: {}{}", test.stdout, test.stderr);
        let rule = "name: w\ntype: any\nindex: x\ntimestamp_field: TimeCreated\nfilter: [{query: {query_string: {query: \"EventID:1\"}}}]\nrealert: {minutes: 0}\nalert: [debug]\n";
        w.write("run/w.yaml", rule);
        let run = w.run(&["run", "--rules", "run", "--events", "e", "--format", "json"]);
        assert_eq!(run.status, 1, "{name}: {}", run.stderr);
        assert!(!run.stderr.contains("panicked") && run.stderr.contains(&format!("e/{name}:")), "{name}: {}", run.stderr);
        assert!(run.stdout.contains("e/z.ndjson") && run.stdout.contains(&format!("e/{name}:1")), "{name}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_left_out() {
    let w = workspace();
    let good = good();
    let mut text = format!("{good}\n{{\"Image\":\"").into_bytes();
    text.resize(text.len() + 100_000_000, b'x');
    text.extend_from_slice(format!("\"}}\n{good}\n").as_bytes());
    w.write("long.ndjson", text);
    let run = w.run(&["scan", "long.ndjson", "--rules", "rules", "--format", "ndjson"]);
    assert_eq!(lines(&run.stdout).len(), 2, "{}", run.stderr);
    assert!(run.stderr.contains("long.ndjson:2"), "{}", run.stderr);
}

#[test]
fn a_cut_recording_gives_what_is_left() {
    let Some(folder) = corpus::recordings("a_cut_recording_gives_what_is_left") else { return };
    let (files, _) = sigmalert::events::discover(&[folder]);
    let evtx = files.iter().find(|f| f.extension().is_some_and(|e| e == "evtx")).unwrap();
    let bytes = std::fs::read(evtx).unwrap();
    let w = workspace();
    w.write(
        "any.yml",
        RULE.replace("sel and all", "ever")
            .replace("    sel:", "    ever:\n        EventID|exists: true\n    sel:")
            .replace(", category: process_creation", ""),
    );
    w.write("cut/a.evtx", &bytes[..bytes.len() - bytes.len() / 4]);
    let mut broken = bytes.clone();
    for b in &mut broken[6000..6400] {
        *b ^= 0x5a;
    }
    w.write("cut/b.evtx", broken);
    w.write("cut/c.ndjson", good());
    let run = w.run(&["scan", "cut", "--rules", "any.yml", "--format", "ndjson"]);
    assert!(run.stdout.contains("c.ndjson") && run.stdout.contains("a.evtx"), "{}\n{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("a.evtx: is truncated") && run.stderr.contains("b.evtx"), "{}", run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

#[test]
fn fields_that_data_lacks_are_named() {
    let w = workspace();
    w.write(
        "sample.ndjson",
        json!({"winlog": {"channel": "c"}, "event": {"code": "1"}, "process": {"executable": "x", "commandline": "y"}}).to_string(),
    );
    let run = w.run(&["fields", "rules", "-m", "winlogbeat", "--against", "sample.ndjson"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!("fields_against_a_sample", run.stdout);
    assert_eq!(w.run(&["fields", "rules", "-m", "winlogbeat", "--against", "sample.ndjson", "--deny-missing"]).status, 1);
}

#[test]
fn fields_that_an_index_lacks_are_named() {
    let Some(cluster) = opensearch::connect("fields_that_an_index_lacks_are_named") else { return };
    let index = cluster.index(
        &json!({
            "winlog": {"properties": {"channel": {"type": "keyword"}}},
            "event": {"properties": {"code": {"type": "keyword"}}},
            "process": {"properties": {"executable": {"type": "keyword"}, "command_lines": {"type": "keyword"}}},
        }),
        &[json!({"event": {"code": "1"}})],
    );
    let w = workspace();
    let against = format!("{}/{}", cluster.url, index.name);
    let run = w.run(&["fields", "rules", "-m", "winlogbeat", "--against", &against, "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let all: Value = serde_json::from_str(&run.stdout).unwrap();
    let text = all.to_string();
    assert!(text.contains("process.command_line\"") && text.contains("process.command_lines"), "{text}");
}
