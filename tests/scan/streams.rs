//! `run --events` with `--state` evaluates every event exactly once, whatever happens to the files between runs. Events from a pipe are
//! always new.

use crate::support::cli::{Run, Workspace};
use crate::support::corpus;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

const RULE: &str = "name: r\nindex: i\ntype: any\nfilter: []\nalert: [debug]\nrealert: {minutes: 0}\n";

fn workspace() -> Workspace {
    let w = Workspace::new();
    w.write("rules/r.yaml", RULE);
    w
}

/// Returns an event at a number of seconds past noon.
fn event(n: i64) -> String {
    let at = jiff::Timestamp::from_second(1_767_268_800 + n).unwrap();
    format!("{}\n", json!({"@timestamp": at.to_string(), "n": n, "fill": "x".repeat(100)}))
}

fn events(numbers: impl IntoIterator<Item = i64>) -> String {
    numbers.into_iter().map(event).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Returns the numbers of the events that alerted.
fn numbers(run: &Run) -> Vec<i64> {
    let alert = |l: &str| serde_json::from_str::<Value>(l).unwrap();
    run.stdout.lines().map(alert).map(|a| a["matches"][0]["n"].as_i64().unwrap()).collect()
}

fn over(w: &Workspace, paths: &[&str], stdin: &str) -> Run {
    let mut args = vec!["run", "--rules", "rules", "--state", "s.redb", "--format", "json"];
    paths.iter().for_each(|p| args.extend(["--events", p]));
    w.run_with(&args, stdin)
}

fn fired(w: &Workspace, paths: &[&str], stdin: &str) -> Vec<i64> {
    let run = over(w, paths, stdin);
    assert_eq!(run.status, 0, "{}", run.stderr);
    numbers(&run)
}

#[test]
fn every_event_of_a_pipe_is_new() {
    let w = workspace();
    assert_eq!(fired(&w, &["-"], &events([1, 2, 3])), [1, 2, 3]);
    assert_eq!(fired(&w, &["-"], &events([4, 5, 6])), [4, 5, 6], "other events on the same lines");
    assert_eq!(fired(&w, &["-"], &events([4, 5, 6])), [4, 5, 6], "whoever sends them again means it");
    assert_eq!(fired(&w, &["-"], &events([-90_000, -80_000])), [-90_000, -80_000], "older ones, too");
    assert_eq!(fired(&w, &["-"], &events([7])), [7]);
}

#[test]
fn every_event_of_a_fifo_is_new() {
    let w = workspace();
    assert!(Command::new("mkfifo").arg(w.path("pipe.log")).status().unwrap().success());
    for round in 0..2 {
        let own = w.path("pipe.log");
        let writer = std::thread::spawn(move || std::fs::write(own, events([round * 10 + 1, round * 10 + 2])));
        assert_eq!(fired(&w, &["pipe.log"], ""), [round * 10 + 1, round * 10 + 2]);
        writer.join().unwrap().unwrap();
    }
}

#[test]
fn a_window_goes_on_from_one_pipe_to_the_next() {
    let w = workspace();
    w.write("rules/r.yaml", RULE.replace("type: any", "type: frequency\nnum_events: 4\ntimeframe: {minutes: 5}"));
    assert_eq!(fired(&w, &["-"], &events([1, 2])), [0; 0]);
    assert_eq!(fired(&w, &["-"], &events([11, 12])), [12]);
    // A burst on the day before counts separately.
    assert_eq!(fired(&w, &["-"], &events([-86_404, -86_403, -86_402, -86_401])), [-86_401]);
}

#[test]
fn a_rotated_file_loses_and_repeats_nothing() {
    let w = workspace();
    w.write("log/app.log", events(1..=5));
    assert_eq!(fired(&w, &["log"], ""), [1, 2, 3, 4, 5]);
    assert_eq!(fired(&w, &["log"], ""), [0; 0], "nothing new");
    // Renamed after two more events, with a new file under the old name.
    w.write("log/app.log.1", events(1..=7));
    w.write("log/app.log", events(8..=9));
    assert_eq!(fired(&w, &["log/app.log", "log/app.log.1"], ""), [6, 7, 8, 9]);
    assert_eq!(fired(&w, &["log/app.log", "log/app.log.1"], ""), [0; 0]);
    // Again, with the older one compressed.
    w.write("log/app.log.2.gz", gzip(events(1..=7).as_bytes()));
    std::fs::rename(w.path("log/app.log"), w.path("log/app.log.1")).unwrap();
    w.write("log/app.log", events(10..=10));
    assert_eq!(fired(&w, &["log/app.log", "log/app.log.1", "log/app.log.2.gz"], ""), [10]);
}

#[test]
fn a_copied_and_truncated_file_loses_and_repeats_nothing() {
    for after in [1, 8] {
        let w = workspace();
        w.write("app.log", events(1..=4));
        assert_eq!(fired(&w, &["app.log"], ""), [1, 2, 3, 4]);
        std::fs::copy(w.path("app.log"), w.path("app.log.1")).unwrap();
        // The same file, which begins anew: shorter or longer than it was.
        w.write("app.log", events(5..5 + after));
        assert_eq!(fired(&w, &["app.log", "app.log.1"], ""), (5..5 + after).collect::<Vec<_>>());
        assert_eq!(fired(&w, &["app.log", "app.log.1"], ""), [0; 0]);
    }
}

#[test]
fn a_file_that_grows_is_read_on() {
    let w = workspace();
    let text = events(1..=6);
    // Up to the middle of a line, to its end without the line break, to more lines.
    let whole = events(1..=2).len();
    w.write("app.log", &text[..whole + 20]);
    let run = over(&w, &["app.log"], "");
    assert_eq!((numbers(&run), run.status), (vec![1, 2], 1), "{}", run.stderr);
    assert!(run.stderr.contains("the last line is incomplete"), "{}", run.stderr);
    w.write("app.log", text[..events(1..=3).len()].trim_end());
    assert_eq!(fired(&w, &["app.log"], ""), [3]);
    w.write("app.log", &text);
    assert_eq!(fired(&w, &["app.log"], ""), [4, 5, 6]);
    // The same in an array that is closed later.
    let list = |n: i64| format!("[{}", (1..=n).map(event).collect::<Vec<_>>().join(","));
    w.write("list.json", list(8));
    assert_eq!(numbers(&over(&w, &["list.json"], "")), [1, 2, 3, 4, 5, 6, 7, 8]);
    w.write("list.json", format!("{}]", list(10)));
    assert_eq!(fired(&w, &["list.json"], ""), [9, 10]);
}

#[test]
fn renamed_and_repacked_files_are_the_same() {
    let w = workspace();
    w.write("a.ndjson", events(1..=3));
    assert_eq!(fired(&w, &["a.ndjson"], ""), [1, 2, 3]);
    w.write("b.ndjson.gz", gzip(events(1..=3).as_bytes()));
    assert_eq!(fired(&w, &["b.ndjson.gz"], ""), [0; 0]);
    // Compressed before it was read, and decompressed since.
    w.write("c.ndjson.gz", gzip(events(11..=13).as_bytes()));
    assert_eq!(fired(&w, &["c.ndjson.gz"], ""), [11, 12, 13]);
    w.write("sub/d.log", events(11..=13));
    assert_eq!(fired(&w, &["sub"], ""), [0; 0]);
    // A file and its compressed copy are one.
    w.write("e.log", events(21..=22));
    w.write("e.log.gz", gzip(events(21..=22).as_bytes()));
    assert_eq!(fired(&w, &["e.log", "e.log.gz", "./e.log"], ""), [21, 22]);
}

#[test]
fn files_that_begin_alike_are_two() {
    let w = workspace();
    w.write("rules/r.yaml", RULE.replace("type: any", "type: frequency\nnum_events: 5\ntimeframe: {minutes: 5}"));
    // Five machines start in the same second and log the same text.
    for n in 0..5 {
        w.write(&format!("host{n}.log"), event(1));
    }
    assert_eq!(fired(&w, &["host0.log", "host1.log", "host2.log", "host3.log", "host4.log"], ""), [1]);
    w.write("rules/r.yaml", RULE);
    for n in 0..2 {
        w.write(&format!("host{n}.log"), event(1) + &event(100 + n));
    }
    assert_eq!(fired(&w, &["host0.log", "host1.log"], ""), [100, 101]);
}

#[test]
fn an_older_file_is_read_after_a_newer_one() {
    let w = workspace();
    w.write("today.log", events([90_000, 90_001]));
    assert_eq!(fired(&w, &["today.log"], ""), [90_000, 90_001]);
    w.write("yesterday.log", events([1, 2]));
    assert_eq!(fired(&w, &["today.log", "yesterday.log"], ""), [1, 2]);
    // Events that a rule type cannot evaluate any more are reported.
    w.write("rules/r.yaml", RULE.replace("type: any", "type: spike\nspike_height: 2\nspike_type: up\ntimeframe: {minutes: 5}"));
    assert_eq!(fired(&w, &["today.log"], ""), [0; 0]);
    w.write("before.log", events([-5]));
    let run = over(&w, &["before.log"], "");
    assert!(run.stderr.contains("1 event arrived too late for a rule"), "{}", run.stderr);
}

#[test]
fn a_new_rule_judges_what_older_rules_have_judged() {
    let w = workspace();
    w.write("a.log", events([1, 2, 9_000]));
    assert_eq!(fired(&w, &["a.log"], ""), [1, 2, 9_000]);
    w.write("rules/s.yaml", RULE.replace("name: r", "name: s"));
    let run = over(&w, &["a.log"], "");
    let rules: BTreeSet<String> =
        run.stdout.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["rule"].as_str().unwrap().to_owned()).collect();
    assert_eq!((numbers(&run), rules), (vec![1, 2, 9_000], BTreeSet::from(["s".to_owned()])));
    // A rule that was absent for one run misses only the events of that run.
    std::fs::rename(w.path("rules/r.yaml"), w.path("r.away")).unwrap();
    w.write("a.log", events([1, 2, 9_000, 9_001]));
    assert_eq!(fired(&w, &["a.log"], ""), [9_001]);
    std::fs::rename(w.path("r.away"), w.path("rules/r.yaml")).unwrap();
    let run = over(&w, &["a.log"], "");
    assert_eq!(numbers(&run), [9_001], "{}", run.stdout);
    assert!(run.stdout.contains("\"rule\":\"r\""));
}

#[test]
fn state_of_an_earlier_version_is_taken_up() {
    let w = workspace();
    let mut state = Vec::new();
    flate2::read::GzDecoder::new(&include_bytes!("../support/state-0.1.redb.gz")[..]).read_to_end(&mut state).unwrap();
    w.write("s.redb", state);
    // Version 0.1 had read two lines of app.log, and would take these for the same.
    let line = |n: i64| format!("{}\n", json!({"@timestamp": format!("2026-01-01T00:00:0{n}Z"), "n": n}));
    w.write("app.log", line(3) + &line(4));
    assert_eq!(fired(&w, &["app.log"], ""), [3, 4]);
    assert_eq!(fired(&w, &["app.log"], ""), [0; 0]);
}

#[test]
fn a_reader_that_goes_away_loses_nothing() {
    let w = workspace();
    // More than a pipe holds: otherwise a fast run has ended before its reader goes away.
    let padded = events(1..=50).replace("\"n\":", &format!("\"pad\":\"{}\",\"n\":", "x".repeat(8 << 10)));
    assert!(padded.len() > 400_000);
    w.write("a.log", padded);
    let args = ["run", "--rules", "rules", "--events", "a.log", "--state", "s.redb", "--format", "json"];
    // Killed, or its output closed, after some alerts, repeatedly.
    let mut told = Vec::new();
    for _ in 0..3 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sigmalert"))
            .args(args)
            .current_dir(w.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        told.extend(out.lines().take(7).map(Result::unwrap));
        let _ = child.kill();
        child.wait().unwrap();
    }
    let last = w.run(&args);
    assert_eq!(last.status, 0, "{}", last.stderr);
    told.extend(last.stdout.lines().map(str::to_owned));
    let ids: Vec<(i64, String)> = told
        .iter()
        .map(|l| serde_json::from_str::<Value>(l).unwrap())
        .map(|a| (a["matches"][0]["n"].as_i64().unwrap(), a["alert_id"].as_str().unwrap().to_owned()))
        .collect();
    let distinct: BTreeSet<&(i64, String)> = ids.iter().collect();
    assert_eq!(distinct.iter().map(|(n, _)| *n).collect::<Vec<_>>(), (1..=50).collect::<Vec<_>>(), "each event under one id");
    assert_eq!(w.run(&args).stdout, "");
}

#[test]
fn a_stream_is_judged_while_it_is_open_and_remembered_when_it_is_stopped() {
    let w = workspace();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sigmalert"))
        .args(["run", "--rules", "rules", "--events", "-", "--state", "s.redb", "--format", "json"])
        .current_dir(w.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    // The second event ends the minute of the first. The pipe stays open.
    input.write_all(events([1, 100]).as_bytes()).unwrap();
    let alert: Value = serde_json::from_str(&output.next().unwrap().unwrap()).unwrap();
    assert_eq!(alert["matches"][0]["n"], 1);
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let rest: Vec<Value> = output.map(|l| serde_json::from_str(&l.unwrap()).unwrap()).collect();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!((rest.len(), &rest[0]["matches"][0]["n"]), (1, &json!(100)), "what it brought is judged before it ends");
    drop(input);
    assert_eq!(fired(&w, &["-"], &event(101)), [101]);
}

#[test]
fn records_of_evtx_are_known_by_content() {
    let Some(folder) = corpus::recordings("records_of_evtx_are_known_by_content") else { return };
    let (files, _) = sigmalert::events::discover(&[folder]);
    let evtx = files.iter().find(|f| f.extension().is_some_and(|e| e == "evtx")).unwrap();
    let w = workspace();
    std::fs::copy(evtx, w.path("a.evtx")).unwrap();
    let count = |paths: &[&str]| over(&w, paths, "").stdout.lines().count();
    let all = count(&["a.evtx"]);
    assert!(all > 0);
    assert_eq!(count(&["a.evtx"]), 0);
    std::fs::rename(w.path("a.evtx"), w.path("b.evtx")).unwrap();
    assert_eq!(count(&["b.evtx"]), 0);
    w.write("c.evtx.gz", gzip(&std::fs::read(w.path("b.evtx")).unwrap()));
    assert_eq!(count(&["c.evtx.gz"]), 0);
}

#[test]
fn realert_goes_by_the_time_of_events() {
    let run = |rule: &str, numbers: &[i64]| {
        let w = Workspace::new();
        w.write("r.yaml", format!("{}{rule}", RULE.replace("realert: {minutes: 0}\n", "")));
        w.write("e.ndjson", events(numbers.iter().copied()));
        crate::scan::streams::numbers(&w.run(&["run", "--rules", "r.yaml", "--events", "e.ndjson", "--format", "json"]))
    };
    // Two seconds apart, in two runs of a minute.
    assert_eq!(run("realert: {seconds: 50}\n", &[59, 61]), [59]);
    assert_eq!(run("realert: {seconds: 50}\n", &[0, 1, 60, 61]), [0, 60]);
    // Four minutes apart, in one run.
    assert_eq!(run("realert: {minutes: 1}\nrun_every: {minutes: 5}\n", &[10, 20, 240]), [10, 240]);
}

#[test]
fn numbers_keep_their_last_digit() {
    // Dev-dependencies enable this feature, too: without it here only the released program would round.
    let needs = include_str!("../../Cargo.toml").split_once("[workspace.dependencies]").unwrap().1;
    let json = needs.lines().find(|l| l.starts_with("serde_json =")).unwrap();
    assert!(json.contains("float_roundtrip"), "{json}");
    let w = workspace();
    let numbers = [
        "0.9100000262260437",
        "0.1",
        "1.7976931348623157e308",
        "5e-324",
        "0.30000000000000004",
        "123456789.12345679",
        "18446744073709551615",
    ];
    let line: Vec<String> = numbers.iter().enumerate().map(|(i, n)| format!("\"f{i}\":{n}")).collect();
    w.write("e.ndjson", format!("{{\"@timestamp\":\"2026-01-01T00:00:00Z\",{}}}\n", line.join(",")));
    w.write("rules/r.yaml", format!("{RULE}alert_text: '{{0}}'\nalert_text_args: [f0]\nalert_text_type: alert_text_only\n"));
    let run = w.run(&["run", "--rules", "rules", "--events", "e.ndjson", "--format", "json"]);
    for part in line {
        assert!(run.stdout.contains(&part.replace("e308", "e+308")) || run.stdout.contains(&part), "{part}: {}", run.stdout);
    }
    let run = w.run(&["run", "--rules", "rules", "--events", "e.ndjson"]);
    assert!(run.stdout.contains("\n0.9100000262260437\n"), "{}", run.stdout);
}
