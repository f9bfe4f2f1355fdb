//! A few hundred bytes of rules never become gigabytes: what documents make of each other is shared, and what is too
//! much is refused with its place. Everything here runs in 3 GB of address space.
#![cfg(target_os = "linux")]

use crate::support::cli::Workspace;
use crate::support::served::Served;
use serde_json::json;
use std::process::Command;

const BASE: &str = "title: r\nname: c0\nlogsource: {product: windows}\ndetection: {s: {a: x}, condition: s}\n";

fn correlation(name: &str, rules: &[&str]) -> String {
    format!(
        "---\ntitle: {name}\nname: {name}\ncorrelation:\n  type: temporal\n  rules: [{}]\n  group-by: [u]\n  timespan: 5m\n",
        rules.join(", ")
    )
}

/// Correlations that name each other so often.
fn bomb(times: usize, levels: usize) -> String {
    let of = |i: usize| correlation(&format!("c{i}"), &vec![format!("c{}", i - 1).as_str(); times]);
    format!("{BASE}{}", (1..=levels).map(of).collect::<String>())
}

/// The program, with its address space bounded: status and all it wrote.
fn bounded(w: &Workspace, args: &[&str]) -> (i32, String) {
    let out = Command::new("sh")
        .args(["-c", "ulimit -v 3000000; exec timeout 120 \"$0\" \"$@\"", env!("CARGO_BIN_EXE_sigmalert")])
        .args(args)
        .current_dir(w.path(""))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(!text.contains("panicked") && !text.contains("internal error") && !text.contains("memory allocation"), "{args:?}: {text}");
    (out.status.code().unwrap_or(-1), text)
}

#[test]
fn correlations_that_name_each_other_are_refused_wherever_rules_are_read() {
    let w = Workspace::new();
    w.write("bomb.yml", bomb(10, 7));
    w.write("one.ndjson", "{\"a\": \"x\"}\n");
    // The lowest that is too large, and the file, line and column of its rules.
    for (args, status, told) in [
        (
            &["convert", "-m", "winlogbeat", "bomb.yml", "-o", "out"][..],
            1,
            "c4: correlation.rules: written out, the correlation is over more than 5000 rules",
        ),
        (&["convert", "-m", "winlogbeat", "bomb.yml", "-o", "out"], 1, "bomb.yml:34:10"),
        (&["check", "bomb.yml"], 1, "error[SG610]"),
        (&["check", "bomb.yml"], 1, "bomb.yml:34:10"),
        (&["check", "-m", "winlogbeat", "bomb.yml"], 1, "error[SG610]"),
        (&["explain", "-m", "winlogbeat", "bomb.yml"], 1, "none: line 34, column 10: correlation.rules: written out"),
        (&["show", "bomb.yml"], 0, "name: c7"),
        (&["test", "bomb.yml", "--events", "one.ndjson"], 0, "1 matched"),
        (&["scan", "one.ndjson", "--rules", "bomb.yml"], 0, "1 match"),
    ] {
        let (got, text) = bounded(&w, args);
        assert!(got == status && text.contains(told), "{args:?}: {got}\n{text}");
    }
}

#[test]
fn a_server_refuses_correlations_that_name_each_other() {
    let w = Workspace::new();
    std::fs::create_dir(w.path("rules")).unwrap();
    let s = Served::start(&w, &[]);
    let answer = s.send("POST", "/api/sigma/convert", "", &json!({"rules": bomb(10, 7), "dryRun": true}).to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
    let failures = answer.json()["failures"].clone();
    assert!(failures.to_string().contains("written out, the correlation is over more than 5000 rules"), "{failures}");
}

/// Twelve correlations, each over all before it, have 2,048 rules when they are written out, and one rule between them.
#[test]
fn packs_with_shared_parts_are_converted() {
    let w = Workspace::new();
    let mut text = BASE.to_owned();
    for i in 1..=11 {
        let names: Vec<String> = (0..i).map(|j| format!("c{j}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).chain(["c0"]).collect();
        text.push_str(&correlation(&format!("c{i}"), &names));
    }
    w.write("shared.yml", text);
    let (status, told) = bounded(&w, &["convert", "-m", "winlogbeat", "shared.yml", "-o", "out"]);
    assert_eq!(status, 0, "{told}");
    let written = w.read(&format!("out/{}", w.files("out").iter().find(|f| f.ends_with("sigmalert")).unwrap()));
    assert_eq!(written.matches("name: c0\n").count(), 2048, "{}", written.len());
}

#[test]
fn correlations_are_nested_sixteen_deep_and_no_deeper() {
    let w = Workspace::new();
    w.write(
        "deep.yml",
        format!("{}{}", bomb(2, 1), (2..=16).map(|i| correlation(&format!("c{i}"), &[&format!("c{}", i - 1), "c0"])).collect::<String>()),
    );
    let (status, told) = bounded(&w, &["convert", "-m", "winlogbeat", "deep.yml", "-o", "out"]);
    assert_eq!(status, 0, "{told}");
    w.write("deep.yml", w.read("deep.yml") + &correlation("c17", &["c16", "c0"]));
    let (status, told) = bounded(&w, &["convert", "-m", "winlogbeat", "deep.yml", "-o", "out"]);
    assert!(status == 1 && told.contains("more than 16 correlations that stand above each other"), "{told}");
    assert!(bounded(&w, &["check", "deep.yml"]).1.contains("nested more than 16 levels deep"));
}

/// A rule that is named a hundred thousand times is converted once.
#[test]
fn a_rule_that_is_named_again_costs_nothing() {
    let w = Workspace::new();
    let values: String = (0..500).map(|i| format!("x{i}, ")).collect();
    let text = format!("{}{}", BASE.replace("a: x", &format!("a: [{values}]")), correlation("c1", &vec!["c0"; 100_000]));
    w.write("again.yml", &text);
    let (status, told) = bounded(&w, &["convert", "-m", "winlogbeat", "again.yml", "-o", "out"]);
    assert!(status == 1 && told.contains("have more than 8 MiB") && told.contains("again.yml:10:10"), "{told}");
    // ElastAlert counts the same events whatever they are called.
    w.write("again.yml", text.replace("type: temporal\n", "type: event_count\n  condition: {gte: 5}\n"));
    let (status, told) = bounded(&w, &["convert", "-m", "winlogbeat", "again.yml", "-o", "out"]);
    assert_eq!(status, 0, "{told}");
}

#[test]
fn many_rules_are_not_grouped_by_many_fields() {
    let w = Workspace::new();
    let fields: String = (0..50_000).map(|i| format!("g{i}, ")).collect();
    let text = format!("{BASE}{}", correlation("c1", &vec!["c0"; 50_000]).replace("[u]", &format!("[{fields}]")));
    w.write("groups.yml", text);
    let (status, told) = bounded(&w, &["convert", "-m", "winlogbeat", "groups.yml", "-o", "out"]);
    assert!(status == 1 && told.contains("50000 rules are grouped by 50000 fields"), "{told}");
}

/// Every filter speaks of every rule, and a correlation is over all of them: the product is refused before it is made.
#[test]
fn filters_times_rules_are_bounded() {
    let w = Workspace::new();
    let rules: String = (0..1500).map(|i| BASE.replace("c0", &format!("n{i}")) + "---\n").collect();
    let filters: String = (0..1500)
        .map(|i| format!("---\ntitle: f{i}\nlogsource: {{product: windows}}\nfilter: {{rules: any, s: {{a: y{i}}}, condition: not s}}\n"))
        .collect();
    let names: Vec<String> = (0..1500).map(|i| format!("n{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    w.write(
        "filters.yml",
        format!(
            "{rules}{}{filters}",
            correlation("c1", &names).trim_start_matches("---\n").replace("type: temporal\n", "type: event_count\n  condition: {gte: 5}\n")
        ),
    );
    let (status, told) = bounded(&w, &["convert", "-m", "winlogbeat", "filters.yml", "-o", "out", "-q"]);
    assert!(status == 1 && told.contains("have more than 500000 conditions") && told.contains("filters.yml:"), "{told}");
}

/// A list of conditions that each name all selections, and modifiers that each make three values of one.
#[test]
fn conditions_times_selections_are_bounded() {
    let w = Workspace::new();
    let selections: String = (0..500).map(|i| format!("  s{i}: {{a: x{i}}}\n")).collect();
    let head = "title: r\nlogsource: {product: windows}\ndetection:\n";
    w.write("list.yml", format!("{head}{selections}  condition: [{}]\n", vec!["1 of s*"; 3000].join(", ")));
    w.write("long.yml", format!("{head}  s: {{a: {}}}\n  condition: {}\n", "x".repeat(1_000_000), vec!["s"; 4000].join(" or ")));
    for name in ["list.yml", "long.yml"] {
        let (status, told) = bounded(&w, &["convert", "-m", "winlogbeat", name, "-o", "out"]);
        assert!(status == 1 && told.contains("have more than 1000000 comparisons") && told.contains(&format!("{name}:")), "{told}");
        let (status, told) = bounded(&w, &["check", name]);
        assert!(status == 1 && told.contains("have more than 1000000 comparisons"), "{told}");
    }
    w.write("thrice.yml", format!("{head}  s: {{\"a{}|contains\": abcdef}}\n  condition: s\n", "|base64offset".repeat(14)));
    let (status, told) = bounded(&w, &["convert", "-m", "winlogbeat", "thrice.yml", "-o", "out"]);
    assert!(status == 1 && told.contains("thrice.yml:"), "{told}");
}
