//! The program's behaviour towards files: what it writes, what it leaves alone, and how it ends.

use crate::support::cli::Workspace;
use serde_json::Value;

fn rule(title: &str, level: &str, image: &str) -> String {
    format!(
        "title: {title}\nstatus: test\nlevel: {level}\ntags: [attack.execution, attack.t1059.001]\nlogsource: {{product: windows, category: process_creation}}\n\
         detection:\n    selection:\n        Image|endswith: '\\{image}'\n    condition: selection\n"
    )
}

fn workspace() -> Workspace {
    let w = Workspace::new();
    w.write("rules/a.yml", rule("First", "low", "a.exe"));
    w.write("rules/deep/er/b.yaml", rule("Second", "high", "b.exe"));
    w.write("rules/deep/c.yml", rule("Third", "critical", "c.exe"));
    w.write("rules/notes.txt", "no rule");
    w.write("rules/.hidden/d.yml", rule("Hidden", "low", "d.exe"));
    w
}

const CONVERT: [&str; 6] = ["convert", "-m", "winlogbeat", "rules", "-o", "out"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    CONVERT.iter().chain(more).copied().collect()
}

#[test]
fn outputs_lie_where_the_rules_do() {
    let w = workspace();
    let run = w.run(&CONVERT);
    assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    assert_eq!(w.files("out"), [".sigmalert.json", "a.yaml", "deep/c.yaml", "deep/er/b.yaml"]);
    assert!(w.read("out/deep/er/b.yaml").contains("source: deep/er/b.yaml"));
}

#[test]
fn nothing_is_written_twice() {
    let w = workspace();
    w.run(&CONVERT);
    let times =
        || -> Vec<_> { w.files("out").iter().map(|f| std::fs::metadata(w.path("out").join(f)).unwrap().modified().unwrap()).collect() };
    let before = times();
    std::thread::sleep(std::time::Duration::from_millis(20));
    let run = w.run(&CONVERT);
    assert!(run.stderr.contains("out: 0 new, 0 changed, 3 unchanged"), "{}", run.stderr);
    assert_eq!(times(), before);
    w.write("rules/a.yml", rule("First", "low", "changed.exe"));
    let run = w.run(&CONVERT);
    assert!(run.stderr.contains("out: 0 new, 1 changed, 2 unchanged"), "{}", run.stderr);
    assert!(w.read("out/a.yaml").contains("changed.exe"));
}

#[test]
fn a_dry_run_writes_nothing() {
    let w = workspace();
    let run = w.run(&with(&["-n"]));
    assert_eq!((run.status, run.stdout.as_str()), (0, "create  a.yaml\ncreate  deep/c.yaml\ncreate  deep/er/b.yaml\n"), "{}", run.stderr);
    assert!(run.stderr.contains("dry run, nothing was written: out: 3 new, 0 changed, 0 unchanged"), "{}", run.stderr);
    assert!(!w.path("out").exists());
    w.run(&CONVERT);
    let list = w.read("out/.sigmalert.json");
    w.write("rules/a.yml", rule("First", "low", "changed.exe"));
    std::fs::remove_file(w.path("rules/deep/c.yml")).unwrap();
    let run = w.run(&with(&["--dry-run", "--prune"]));
    assert_eq!(run.stdout, "change  a.yaml\nremove  deep/c.yaml\n", "{}", run.stderr);
    assert_eq!(w.files("out"), [".sigmalert.json", "a.yaml", "deep/c.yaml", "deep/er/b.yaml"]);
    assert_eq!(w.read("out/.sigmalert.json"), list);
    assert!(!w.read("out/a.yaml").contains("changed.exe"));
}

#[cfg(unix)]
#[test]
fn new_files_can_be_read_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let w = workspace();
    w.run(&CONVERT);
    let mode = std::fs::metadata(w.path("out/a.yaml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o600, 0o600);
    // What the umask leaves, which is that of a file written next to it.
    w.write("other", "");
    assert_eq!(mode, std::fs::metadata(w.path("other")).unwrap().permissions().mode());
}

#[test]
fn prune_removes_what_it_made_and_nothing_else() {
    let w = workspace();
    w.run(&CONVERT);
    w.write("out/mine.yaml", "name: mine\n");
    std::fs::remove_file(w.path("rules/deep/er/b.yaml")).unwrap();
    std::fs::remove_file(w.path("rules/a.yml")).unwrap();
    let run = w.run(&CONVERT);
    assert!(w.files("out").contains(&"a.yaml".to_owned()), "nothing is removed unasked: {}", run.stderr);
    // Edited since: somebody wants it.
    w.write("out/a.yaml", "name: edited\n");
    let run = w.run(&with(&["--prune"]));
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(w.files("out"), [".sigmalert.json", "a.yaml", "deep/c.yaml", "mine.yaml"]);
    assert!(run.stderr.contains("a.yaml was edited and is kept"), "{}", run.stderr);
    assert!(!w.path("out/deep/er").exists(), "empty folders go, too");
}

#[test]
fn prune_keeps_the_output_of_a_rule_that_fails_now() {
    let w = workspace();
    w.run(&CONVERT);
    w.write("rules/a.yml", "title: [broken\n");
    let run = w.run(&with(&["--prune"]));
    assert_eq!(run.status, 1);
    assert!(w.files("out").contains(&"a.yaml".to_owned()), "{}", run.stderr);
    // Nobody knows what a folder held that cannot be looked into.
    let run = w.run(&["convert", "-m", "winlogbeat", "rules/deep", "no-such-folder", "-o", "out", "--prune"]);
    assert_eq!(run.status, 1);
    assert!(w.files("out").contains(&"deep/c.yaml".to_owned()), "{}", run.stderr);
}

#[test]
fn a_list_of_files_that_was_tampered_with_leads_nowhere() {
    let w = workspace();
    w.run(&CONVERT);
    w.write("victim.yaml", "");
    let list = w.read("out/.sigmalert.json");
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    w.write(
        "out/.sigmalert.json",
        list.replacen("\"files\": {", &format!("\"files\": {{\"../victim.yaml\": {{\"source\": \"x\", \"sha256\": \"{empty}\"}},"), 1),
    );
    let run = w.run(&with(&["--prune"]));
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(w.path("victim.yaml").exists());
}

#[test]
fn foreign_files_are_not_overwritten() {
    let w = workspace();
    w.write("out/a.yaml", "name: foreign\n");
    for more in [&[][..], &["--on-conflict", "keep"], &["--on-conflict", "error"]] {
        let run = w.run(&with(more));
        assert_eq!(run.status, 1);
        assert!(run.stderr.contains("was not written by sigmalert"), "{}", run.stderr);
        assert_eq!(w.read("out/a.yaml"), "name: foreign\n");
        assert!(w.files("out").contains(&"deep/c.yaml".to_owned()), "the others are written");
    }
    assert_eq!(w.run(&with(&["--on-conflict", "overwrite"])).status, 0);
    assert!(w.read("out/a.yaml").contains("name: First"));
}

/// A run that was cut off leaves no list, and a checkout may lack it: the files themselves say that they are ours.
#[test]
fn the_list_of_files_may_get_lost() {
    let w = workspace();
    w.run(&CONVERT);
    std::fs::remove_file(w.path("out/.sigmalert.json")).unwrap();
    w.write("rules/a.yml", rule("First", "critical", "other.exe"));
    let edited = w.read("out/deep/c.yaml").replace("- debug", "- slack");
    w.write("out/deep/c.yaml", &edited);
    w.write("rules/deep/c.yml", rule("Third", "low", "c.exe"));
    let run = w.run(&CONVERT);
    assert!(w.read("out/a.yaml").contains("other.exe"), "{}", run.stderr);
    assert_eq!(run.status, 1, "what was edited cannot be told from what was not");
    assert_eq!(w.read("out/deep/c.yaml"), edited);
}

#[test]
fn edits_are_kept_and_the_rest_follows() {
    let w = workspace();
    w.run(&CONVERT);
    let edited =
        w.read("out/a.yaml").replace("- debug", "- slack  # to the team").replace("priority: 4\n", "") + "slack_webhook_url: ${HOOK}\n";
    w.write("out/a.yaml", &edited);
    // Nothing new: nothing to do.
    let run = w.run(&CONVERT);
    assert!(run.status == 0 && run.stderr.contains("0 new, 0 changed, 3 unchanged"), "{}", run.stderr);
    // The rule changes.
    w.write("rules/a.yml", rule("First", "critical", "other.exe"));
    let run = w.run(&CONVERT);
    assert!(run.status == 0 && run.stderr.contains("2 unchanged, 1 with edits kept"), "{}", run.stderr);
    let file = w.read("out/a.yaml");
    assert!(file.contains("- slack  # to the team") && file.contains("slack_webhook_url: ${HOOK}\n"), "{file}");
    assert!(file.contains("other.exe") && !file.contains("priority"), "{file}");
    // Again and again.
    assert!(w.run(&CONVERT).stderr.contains("3 unchanged"));
    assert_eq!(w.read("out/a.yaml"), file);
    // As it would be without the edits, or not at all.
    let run = w.run(&with(&["--on-conflict", "error"]));
    assert!(run.status == 1 && run.stderr.contains("was edited since it was written"), "{}", run.stderr);
    assert_eq!(w.run(&with(&["--on-conflict", "overwrite"])).status, 0);
    assert!(w.read("out/a.yaml").contains("- debug") && w.read("out/a.yaml").contains("priority: 1"));
    // Broken by an edit: told, and left alone.
    w.write("out/a.yaml", "name: [broken\n");
    let run = w.run(&CONVERT);
    assert!(run.status == 1 && run.stderr.contains("was edited and is not valid YAML"), "{}", run.stderr);
    assert_eq!(w.read("out/a.yaml"), "name: [broken\n");
}

#[test]
fn one_bad_rule_does_not_stop_the_others() {
    let w = workspace();
    w.write("rules/bad.yml", rule("Bad", "low", "x").replace("endswith", "endwith"));
    w.write("rules/worse.yml", b"title: \xff\xfe\n");
    let run = w.run(&with(&["--report", "report.json"]));
    assert_eq!(run.status, 1);
    assert_eq!(w.files("out").len(), 4);
    let report: Value = serde_json::from_str(&w.read("report.json")).unwrap();
    assert_eq!(report["summary"]["converted"], 3);
    assert_eq!(report["summary"]["failed"], serde_json::json!({"input": 1, "modifier": 1}));
    let outcomes = report["outcomes"].as_array().unwrap();
    let bad = outcomes.iter().find(|o| o["source"] == "rules/bad.yml").unwrap();
    assert_eq!(bad["outcome"], "failed");
    assert_eq!((&bad["error"]["line"], &bad["error"]["column"]), (&8.into(), &9.into()));
    assert_eq!(bad["error"]["help"], "did you mean `endswith`?");
    assert!(outcomes.iter().all(|o| o["outcome"] != "converted" || o["output"].is_string()));
}

#[test]
fn fail_fast_stops() {
    let w = workspace();
    w.write("rules/bad.yml", rule("Bad", "low", "x").replace("endswith", "endwith"));
    let run = w.run(&with(&["--fail-fast"]));
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("not tried after the first failure"), "{}", run.stderr);
    assert_eq!(w.files("out").len(), 1, "only the list of files: {:?}", w.files("out"));
}

#[test]
fn rules_are_selected_by_their_attributes() {
    let w = workspace();
    let titles = |args: &[&str]| -> Vec<String> {
        let mut all = vec!["convert", "-m", "winlogbeat", "rules", "-t", "lucene", "--format", "ndjson"];
        all.extend(args);
        let run = w.run(&all);
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.stdout.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles(&[]), ["First", "Third", "Second"]);
    assert_eq!(titles(&["--level", "low"]), ["First"]);
    assert_eq!(titles(&["--level", "high+"]), ["Third", "Second"]);
    assert_eq!(titles(&["--level", "low,critical"]), ["First", "Third"]);
    assert_eq!(titles(&["--tag", "attack.t1059*", "--level", "high"]), ["Second"]);
    assert_eq!(titles(&["--tag", "attack.t1003"]), Vec::<String>::new());
    assert_eq!(titles(&["--status", "test"]).len(), 3);
    assert_eq!(titles(&["--status", "stable"]).len(), 0);
    assert_eq!(titles(&["--logsource", "windows/process_creation"]).len(), 3);
    assert_eq!(titles(&["--logsource", "product=linux"]).len(), 0);
    assert_eq!(titles(&["--id", "11111111-1111-4111-8111-111111111111"]).len(), 0);
}

#[test]
fn standard_input_and_output() {
    let w = Workspace::new();
    let run = w.run_with(&["convert", "-m", "winlogbeat", "-t", "lucene", "-q", "-"], &rule("From a pipe", "low", "pipe.exe"));
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.ends_with("process.executable:*\\\\pipe.exe\n"), "{}", run.stdout);
    let run = w.run_with(&["show", "--expr", "-"], &rule("From a pipe", "low", "pipe.exe"));
    assert_eq!(run.stdout, "Image like '*\\pipe.exe'\n");
}

#[test]
fn several_rules_in_one_stream() {
    let w = workspace();
    let run = |args: &[&str]| {
        let mut all = vec!["convert", "-m", "winlogbeat", "-q", "rules"];
        all.extend(args);
        let run = w.run(&all);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        run.stdout
    };
    let text = run(&["-t", "lucene"]);
    assert_eq!(text.lines().filter(|l| l.starts_with("# ")).collect::<Vec<_>>(), ["# First", "# Third", "# Second"]);
    let json: Value = serde_json::from_str(&run(&["-t", "dsl", "--format", "json"])).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 3);
    assert!(json[0]["query"]["bool"].is_object());
    let kibana = run(&["-t", "kibana-ndjson"]);
    let objects: Vec<Value> = kibana.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(objects.iter().map(|o| o["type"].as_str().unwrap()).collect::<Vec<_>>(), ["index-pattern", "search", "search", "search"]);
    assert_eq!(objects[1]["references"][0]["id"], objects[0]["id"]);
    assert_eq!(run(&["-t", "elastalert"]).matches("---\n").count(), 3);
    // A file in place of standard output.
    assert_eq!(run(&["-t", "lucene", "-o", "all.txt"]), "");
    assert_eq!(w.read("all.txt"), text);
}

#[test]
fn several_mappings_lie_side_by_side() {
    let w = workspace();
    let run = w.run(&with(&["-m", "wazuh"]));
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(w.files("out").len(), 7);
    assert!(w.read("out/wazuh/a.yaml").contains("name: First [wazuh]"));
    assert!(w.read("out/winlogbeat/a.yaml").contains("name: First [winlogbeat]"));
}

#[test]
fn names_are_unique_and_so_are_files() {
    let w = Workspace::new();
    w.write("one/same.yml", rule("Same", "low", "a.exe"));
    w.write("two/same.yml", rule("Same", "low", "b.exe"));
    w.write("two/many.yml", format!("{}---\n{}", rule("Same", "low", "c.exe"), rule("Other", "low", "d.exe")));
    let run = w.run(&["convert", "-m", "winlogbeat", "one", "two", "-o", "out"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(w.files("out"), [".sigmalert.json", "many-2.yaml", "many.yaml", "same-2.yaml", "same.yaml"]);
    let mut names: Vec<String> =
        w.files("out")[1..].iter().map(|f| w.read(&format!("out/{f}")).lines().next().unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["name: \"Same #1\"", "name: \"Same #2\"", "name: \"Same #3\"", "name: Other"]);
}

#[test]
fn placeholders_come_from_a_file() {
    let w = Workspace::new();
    w.write("r.yml", rule("P", "low", "a.exe").replace("    condition", "        User|expand: '%admins%'\n    condition"));
    w.write("p.yml", "admins: [root, 'adm*']\n");
    let run = w.run(&["convert", "-m", "winlogbeat", "-t", "lucene", "-q", "--placeholders", "p.yml", "r.yml"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stdout.contains("root") && run.stdout.contains("adm*"), "{}", run.stdout);
}

#[test]
fn filters_and_parts_of_correlations_are_accounted_for() {
    let w = Workspace::new();
    for name in ["filter", "correlation_event_count"] {
        let text = std::fs::read_to_string(format!("{}/sigma-samples/{name}.yml", env!("CARGO_MANIFEST_DIR"))).unwrap();
        w.write(&format!("rules/{name}.yml"), text);
    }
    let run = w.run(&CONVERT);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.contains("2 rules converted, 0 failed, 2 skipped"), "{}", run.stderr);
    assert!(w.read("out/filter.yaml").contains("AND NOT winlog.computer_name:ADM-*"), "{}", w.read("out/filter.yaml"));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let w = workspace();
    let text = |jobs: &str| w.run(&["convert", "-m", "winlogbeat", "rules", "-t", "dsl", "-q", "-j", jobs]).stdout;
    assert_eq!(text("1"), text("7"));
}

#[test]
fn mappings_completions_and_manual() {
    let w = Workspace::new();
    let list = w.run(&["mappings"]);
    assert!(list.stdout.starts_with("winlogbeat") && list.stdout.contains("\nwazuh"), "{}", list.stdout);
    let text = w.run(&["mappings", "wazuh"]).stdout;
    w.write("copy.yml", &text);
    assert_eq!(w.run(&["mappings", "copy.yml"]).stdout, text);
    assert!(w.run(&["mappings", "winlogbeat", "--logsources"]).stdout.contains("windows/process_creation/-"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(w.run(&["completions", shell]).stdout.contains("sigmalert"), "{shell}");
    }
    assert!(w.run(&["man"]).stdout.contains(".TH sigmalert"));
    assert_eq!(w.run(&["man", "-o", "man"]).status, 0);
    assert!(w.files("man").contains(&"sigmalert-convert.1".to_owned()), "{:?}", w.files("man"));
}

#[test]
fn explain_tells_every_step() {
    let w = Workspace::new();
    w.write(
        "r.yml",
        rule("Explained", "high", "a.exe").replace(
            "    condition",
            "        User|re: 'a[bc]+d'\n        GrandParentImage: x\n        CommandLine|fieldref: Image\n    condition",
        ),
    );
    let run = w.run(&["explain", "-m", "winlogbeat", "-p", "slack", "--style", "praeco", "r.yml"]);
    assert_eq!(run.status, 1, "the rule compares fields, which Praeco cannot show: {}", run.stderr);
    let text = run.stdout;
    let run = w.run(&["explain", "-m", "wazuh", "-p", "slack", "r.yml"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!(format!("{text}\n====\n\n{}", run.stdout));
    assert_eq!(w.run(&["explain", "-m", "winlogbeat", "missing.yml"]).status, 1);
    assert_eq!(w.run(&["explain", "-m", "nothing", "r.yml"]).status, 2);
}

#[test]
fn show_prints_a_rule_of_the_same_meaning() {
    let w = Workspace::new();
    w.write("r.yml", rule("Shown", "low", "a.exe"));
    let yaml = w.run(&["show", "--yaml", "r.yml"]).stdout;
    w.write("again.yml", &yaml);
    assert_eq!(w.run(&["show", "again.yml"]).stdout, yaml);
    assert_eq!(w.run(&["show", "--expr", "again.yml"]).stdout, w.run(&["show", "--expr", "r.yml"]).stdout);
    assert!(w.run(&["show", "--ast", "r.yml"]).stdout.contains("EndsWith"));
}
