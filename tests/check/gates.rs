//! Rules on their way into a repository: pre-commit, `sigmalert init`, the GitHub Action, and `--watch`.

use crate::support::cli::Workspace;
use crate::support::runtime::until;
use crate::support::skip::{Need, skip};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const RULE: &str = r"title: Whoami Execution.
id: 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
status: experimental
description: Detects the execution of whoami.
author: Jo Doe
date: 2024-05-01
logsource:
    category: process_creation
    product: windows
detection:
    selection:
        Image|endswith: '\whoami.exe' # the program
    condition: selection
level: low
";

/// A command in a folder, with the program on its path and nothing of the user's git.
fn command(folder: &Path, program: &str, args: &[&str]) -> Command {
    let bin = Path::new(env!("CARGO_BIN_EXE_sigmalert")).parent().unwrap();
    let mut c = Command::new(program);
    c.args(args)
        .current_dir(folder)
        .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()))
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("PRE_COMMIT_HOME", folder.join(".git/pre-commit-home"))
        .envs([
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_NAME", "a"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ]);
    c
}

fn run(folder: &Path, program: &str, args: &[&str]) -> (bool, String) {
    let Output { status, stdout, stderr } = command(folder, program, args).output().unwrap();
    (status.success(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

fn good(folder: &Path, program: &str, args: &[&str]) -> String {
    let (ok, text) = run(folder, program, args);
    assert!(ok, "{program} {args:?}\n{text}");
    text
}

/// The Python that has pre-commit.
fn python(test: &str) -> Option<String> {
    let python = std::env::var("ELASTALERT_PYTHON").ok();
    if python.is_none() {
        skip(test, Need::PreCommit);
    }
    python
}

#[test]
fn pre_commit_keeps_bad_rules_out() {
    let Some(python) = python("pre_commit_keeps_bad_rules_out") else { return };
    // The project's own hooks, from a repository as pre-commit clones it.
    let hooks = Workspace::new();
    hooks.write(".pre-commit-hooks.yaml", std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml")).unwrap());
    good(&hooks.path(""), "git", &["init", "-q", "-b", "main"]);
    good(&hooks.path(""), "git", &["add", "-A"]);
    good(&hooks.path(""), "git", &["commit", "-qm", "hooks"]);
    let rev = good(&hooks.path(""), "git", &["rev-parse", "HEAD"]);

    let w = Workspace::new();
    let pack = w.path("");
    good(&pack, "git", &["init", "-q", "-b", "main"]);
    // As built on the user's machine; the program at hand stands in for that here.
    let hook = |id: &str| format!("      - {{id: {id}, language: system}}\n");
    w.write(
        ".pre-commit-config.yaml",
        format!(
            "repos:\n  - repo: {}\n    rev: {}    hooks:\n{}{}{}",
            hooks.path("").display(),
            rev,
            hook("sigmalert-fix"),
            hook("sigmalert-check"),
            hook("sigmalert-convert")
        ),
    );
    w.write("rules/whoami.yml", RULE);
    w.write("rules/whoami_too.yml", RULE.replace("Whoami Execution.", "Who Else").replace("whoami.exe", "id.exe"));
    good(&pack, &python, &["-m", "pre_commit", "install"]);
    good(&pack, "git", &["add", "-A"]);

    // The title is fixed, the duplicate id is reported, nothing is committed.
    let (ok, text) = run(&pack, "git", &["commit", "-m", "rules"]);
    assert!(!ok && text.contains("files were modified by this hook"), "{text}");
    assert!(text.contains("SG601") && !text.contains("SG104]"), "{text}");
    assert!(w.read("rules/whoami.yml").starts_with("title: Whoami Execution\n") && w.read("rules/whoami.yml").contains("# the program"));
    assert!(!run(&pack, "git", &["rev-parse", "HEAD"]).0);

    // Fixed by hand; the rule files that the hook wrote are committed, too.
    w.write("rules/whoami_too.yml", w.read("rules/whoami_too.yml").replace("1c0fd2e5", "2c0fd2e5"));
    good(&pack, "git", &["add", "-A"]);
    run(&pack, "git", &["commit", "-m", "rules"]);
    good(&pack, "git", &["add", "-A"]);
    let (ok, text) = run(&pack, "git", &["commit", "-m", "rules"]);
    assert!(ok, "{text}");
    let committed = good(&pack, "git", &["ls-files"]);
    assert!(committed.contains("elastalert/whoami.yaml"), "{committed}");
}

#[test]
fn a_new_pack_is_sound_from_the_start() {
    let w = Workspace::new();
    let run_init = w.run(&["init", "pack", "--mapping", "wazuh"]);
    assert_eq!(run_init.status, 0, "{}", run_init.stderr);
    insta::assert_snapshot!(run_init.stdout);
    let check = w.run(&["check", "pack", "--severity", "info"]);
    assert_eq!((check.status, check.stdout.contains("[SG1"), check.stdout.contains("error")), (0, false, false), "{}", check.stdout);
    // What is there stays.
    w.write("pack/.sigmalert.toml", "[check]\nignore = [\"SG106\"]\n");
    let again = w.run(&["init", "pack"]);
    assert!(again.stdout.contains("kept     pack/.sigmalert.toml"), "{}", again.stdout);
    assert!(w.read("pack/.sigmalert.toml").contains("SG106"));
    assert_eq!(w.run(&["init", "other", "--mapping", "nowhere"]).status, 2);

    let Some(python) = python("a_new_pack_is_sound_from_the_start") else { return };
    let pack = w.path("pack");
    good(&pack, "git", &["init", "-q", "-b", "main"]);
    good(&pack, "git", &["add", "-A"]);
    let text = good(&pack, &python, &["-m", "pre_commit", "run", "--all-files"]);
    assert_eq!(text.matches("Passed").count(), 2, "{text}");
}

/// The last step of the action, with what it is given as GitHub gives it.
#[test]
fn the_action_annotates_lines() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/action.yml")).unwrap();
    let action: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    let script = steps.last().unwrap()["run"].as_str().unwrap();
    let w = Workspace::new();
    w.write("rules/whoami.yml", RULE);
    w.write("more/whoami.yml", RULE);
    let check = |args: &str, output: &str| {
        let mut c = command(&w.path(""), "bash", &["-e", "-o", "pipefail", "-c", script]);
        c.envs([
            ("PATHS", "rules more"),
            ("ARGS", args),
            ("FORMAT", if output.is_empty() { "github" } else { "sarif" }),
            ("OUTPUT", output),
        ]);
        let out = c.output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap())
    };
    let (status, text) = check("", "");
    assert_eq!(status, Some(1));
    assert!(text.starts_with("::error file=more/whoami.yml,line=2") || text.contains("\n::error file=more/whoami.yml,line=2"), "{text}");
    let (status, _) = check("--ignore SG6", "report.sarif");
    assert_eq!(status, Some(0));
    assert!(w.read("report.sarif").contains("SG104"));
    // What is given is data.
    let (_, text) = check("$(touch gone)", "");
    assert!(!w.path("gone").exists(), "{text}");
}

#[test]
fn watching_looks_again() {
    let w = Workspace::new();
    w.write("rules/whoami.yml", RULE);
    let mut child = command(&w.path(""), env!("CARGO_BIN_EXE_sigmalert"), &["check", "rules", "--watch", "--format", "concise"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let seen = Arc::new(Mutex::new(String::new()));
    let (mut out, sink) = (child.stdout.take().unwrap(), seen.clone());
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = out.read(&mut buffer) {
            sink.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
    });
    let count = |what: &str| seen.lock().unwrap().matches(what).count();
    let _stop = Stop(child);
    until("the first look", 20, || count("SG104") == 1);
    // The watch may begin a moment after the first look.
    std::thread::sleep(Duration::from_millis(300));
    w.write("rules/new.yml", RULE.replace("level: low", "level: loud").replace("1c0f", "2c0f").replace("Whoami", "Who"));
    until("a look at the new file", 20, || count("SG111") >= 1);
}

/// Ends a program with the test.
struct Stop(Child);

impl Drop for Stop {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
