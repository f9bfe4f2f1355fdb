//! A disk that is full, when a state file is created or later, spoils nothing: once there is room, runs go on.

use crate::support::cli::Workspace;
use crate::support::skip::{Need, skip};
use serde_json::{Value, json};
use std::process::{Command, Output};

fn workspace() -> Workspace {
    let w = Workspace::new();
    w.write("r.yaml", "name: r\nindex: i\ntype: any\nfilter: []\nalert: [debug]\nrealert: {minutes: 0}\n");
    w
}

fn event(n: i64) -> String {
    format!("{}\n", json!({"@timestamp": format!("2026-01-01T00:{:02}:{:02}Z", n / 60, n % 60), "n": n}))
}

/// Runs it where no file may become larger than so many kilobytes, as on a full disk: writes beyond that fail, or with `kill`
/// end the process.
fn limited(w: &Workspace, kilobytes: u64, kill: bool) -> Output {
    let ignore = if kill { "" } else { "trap '' XFSZ; " };
    let line =
        format!("{ignore}ulimit -f {}; exec \"$0\" run --rules r.yaml --events e.ndjson --state s.redb --format json", kilobytes * 2);
    // In units of 512 bytes, as POSIX has it: bash counts otherwise unless it is told.
    Command::new("sh").args(["-c", &line, env!("CARGO_BIN_EXE_sigmalert")]).current_dir(w.path("")).output().unwrap()
}

fn numbers(out: &str) -> Vec<i64> {
    out.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["matches"][0]["n"].as_i64().unwrap()).collect()
}

#[test]
fn the_first_start_on_a_full_disk() {
    for kill in [false, true] {
        for kilobytes in [0, 4, 12, 40, 100] {
            let w = workspace();
            w.write("e.ndjson", event(1) + &event(2));
            let first = limited(&w, kilobytes, kill);
            assert!(!first.status.success(), "{kilobytes} KB are too few: {}", String::from_utf8_lossy(&first.stderr));
            let run = w.run(&["run", "--rules", "r.yaml", "--events", "e.ndjson", "--state", "s.redb", "--format", "json"]);
            assert_eq!(run.status, 0, "{kilobytes} KB, kill {kill}: {}", run.stderr);
            let all: Vec<i64> = numbers(&String::from_utf8_lossy(&first.stdout)).into_iter().chain(numbers(&run.stdout)).collect();
            assert!(all.contains(&1) && all.contains(&2), "{kilobytes} KB, kill {kill}: {all:?}");
        }
    }
}

#[test]
fn a_disk_that_is_full_to_the_last_byte() {
    let w = workspace();
    w.write("e.ndjson", event(1) + &event(2));
    std::fs::create_dir(w.path("disk")).unwrap();
    // A small disk that only this process sees.
    let script = "mount -t tmpfs -o size=1m tmpfs disk || exit 77\n\
        dd if=/dev/zero of=disk/fill bs=4096 count=$1 2>/dev/null\n\
        run() { \"$0\" run --rules r.yaml --events e.ndjson --state disk/s.redb --format json; }\n\
        run >first 2>&1; echo $? >status\n\
        rm disk/fill\n\
        run >second 2>errors; echo $? >>status\n";
    for blocks in ["256", "255", "252", "248"] {
        let run = |args: &[&str]| {
            Command::new("unshare")
                .args(args)
                .args(["sh", "-c", script, env!("CARGO_BIN_EXE_sigmalert"), blocks])
                .current_dir(w.path(""))
                .status()
                .ok()
                .and_then(|s| s.code())
        };
        if run(&["-m"]) != Some(0) && run(&["-rm"]) != Some(0) {
            skip("a_disk_that_is_full_to_the_last_byte", Need::System("the right to mount a file system"));
            return;
        }
        assert_eq!(w.read("status"), "2\n0\n", "{blocks}: {}{}", w.read("first"), w.read("errors"));
        assert!(w.read("first").contains("No space left"), "{blocks}: {}", w.read("first"));
        assert_eq!(numbers(&w.read("second")), [1, 2], "{blocks}");
    }
}

#[test]
fn a_state_that_an_earlier_version_left_unfinished() {
    let w = workspace();
    w.write("e.ndjson", event(1));
    for unfinished in [vec![], vec![0; 4096], vec![0; 200_000]] {
        w.write("s.redb", unfinished);
        let run = w.run(&["run", "--rules", "r.yaml", "--events", "e.ndjson", "--state", "s.redb", "--format", "json"]);
        assert_eq!((run.status, numbers(&run.stdout)), (0, vec![1]), "{}", run.stderr);
    }
    // What is something else is nobody's to replace.
    w.write("s.redb", "important notes");
    let run = w.run(&["run", "--rules", "r.yaml", "--events", "e.ndjson", "--state", "s.redb", "--format", "json"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert_eq!(w.read("s.redb"), "important notes");
}

#[test]
fn a_disk_that_fills_up_later() {
    let w = workspace();
    w.write("e.ndjson", event(1));
    let args = ["run", "--rules", "r.yaml", "--events", "e.ndjson", "--state", "s.redb", "--format", "json"];
    assert_eq!(numbers(&w.run(&args).stdout), [1]);
    let size = std::fs::metadata(w.path("s.redb")).unwrap().len();
    // More than fits: alerts are written before they are told.
    let long = |n: i64| event(n).replace('{', &format!("{{\"fill\":\"{}\",", "x".repeat(2000)));
    w.write("e.ndjson", event(1) + &(2..2000).map(long).collect::<String>());
    let full = limited(&w, size / 1024, false);
    assert!(!full.status.success());
    assert!(String::from_utf8_lossy(&full.stderr).contains("state"), "{}", String::from_utf8_lossy(&full.stderr));
    let run = w.run(&args);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let mut all: Vec<i64> = numbers(&String::from_utf8_lossy(&full.stdout)).into_iter().chain(numbers(&run.stdout)).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all, (2..2000).collect::<Vec<_>>());
    assert_eq!(w.run(&args).stdout, "");
}
