//! `sigmalert check` as users run it: report formats, selection and suppression of lints, the baseline, exit status.

use crate::support::cli::{Run, Workspace};
use insta::assert_snapshot;
use serde_json::Value;

const GOOD: &str = r"title: Id Execution
id: 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
status: experimental
description: Detects the execution of id.
author: Jo Doe
date: 2024-05-01
logsource:
    category: process_creation
    product: linux
detection:
    selection:
        Image|endswith: '/id'
    condition: selection
level: low
";

const BAD: &str = r"title: Whoami <Execution> & More.
id: 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
status: experimantal
description: Detects the execution of whoami.
author: Jo Doe
date: 2024-05-01
tags:
    - attack.t1086 # powershell
logsource:
    category: process_creation
    product: windows
detection:
    selection:
        CommandLine|contains:
            - 'whoami'
            - 'whoami /all'
            - 'ünïcödé'
        Imag: '*\whoami.exe'
    unused:
        User: x
    condition: selection
level: low
";

fn pack() -> Workspace {
    let w = Workspace::new();
    w.write("rules/lnx_id.yml", GOOD);
    w.write("rules/sub folder/win_whoami.yml", BAD);
    w.write("rules/docker-compose.yml", "services:\n  web:\n    image: nginx\n");
    w
}

fn check(w: &Workspace, args: &[&str]) -> Run {
    w.run(&[&["check", "rules"], args].concat())
}

#[test]
fn text_for_people() {
    let run = check(&pack(), &[]);
    assert_eq!(run.status, 1);
    assert_snapshot!(run.stdout);
    assert_snapshot!("text_summary", run.stderr);
}

#[test]
fn concise() {
    assert_snapshot!(check(&pack(), &["--format", "concise", "-q"]).stdout);
}

#[test]
fn json() {
    let run = check(&pack(), &["--format", "json", "--select", "SG109,SG601,SG412,SG409"]);
    let value: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&value["errors"], &value["warnings"], &value["files"]), (&2.into(), &1.into(), &3.into()));
    assert_snapshot!(run.stdout.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn github() {
    assert_snapshot!(check(&pack(), &["--format", "github", "-q"]).stdout);
}

#[test]
fn gitlab() {
    let run = check(&pack(), &["--format", "gitlab", "-q", "--select", "SG1"]);
    let prints: std::collections::HashSet<String> =
        serde_json::from_str::<Vec<Value>>(&run.stdout).unwrap().iter().map(|i| i["fingerprint"].to_string()).collect();
    assert_eq!(prints.len(), 2);
    assert_snapshot!(run.stdout);
}

#[test]
fn junit() {
    assert_snapshot!(check(&pack(), &["--format", "junit", "-q", "--select", "SG1,SG4"]).stdout);
}

#[test]
fn checkstyle() {
    assert_snapshot!(check(&pack(), &["--format", "checkstyle", "-q"]).stdout);
}

#[test]
fn sarif_follows_its_schema() {
    let run = check(&pack(), &["--format", "sarif", "--severity", "info"]);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    // The schema lies beside the sources of a crate that the tests depend on.
    let home = std::env::var_os("CARGO_HOME")
        .map_or_else(|| std::path::PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"), Into::into);
    let sources =
        std::fs::read_dir(home.join("registry/src")).unwrap().flatten().flat_map(|r| std::fs::read_dir(r.path()).unwrap().flatten());
    let package = sources.map(|s| s.path()).find(|p| p.file_name().unwrap().to_string_lossy().starts_with("serde-sarif-")).unwrap();
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(package.join("src/schema.json")).unwrap()).unwrap();
    // An expression of it is none in the engine that reads it here.
    for of in ["run", "toolComponent"] {
        schema["definitions"][of]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    // A schema that takes everything would say nothing.
    let mut wrong = log.clone();
    wrong["runs"][0]["results"][0]["level"] = "bad".into();
    assert!(!validator.is_valid(&wrong));

    let result = &log["runs"][0]["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    let text = run.stdout;
    assert!(text.contains("rules/sub%20folder/win_whoami.yml"), "{text}");
    assert!(text.contains("\"fixes\"") && text.contains("\"relatedLocations\""));
}

#[test]
fn what_runs_is_chosen() {
    let w = pack();
    let codes = |args: &[&str]| -> Vec<String> {
        let run = check(&w, &[args, &["--format", "concise", "-q"]].concat());
        run.stdout.lines().map(|l| l.split(['[', ']']).nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&["--select", "SG109,title-ends-with-dot"]), ["SG104", "SG109"]);
    assert_eq!(codes(&["--select", "SG1", "--ignore", "SG109"]), ["SG104"]);
    assert_eq!(codes(&["--select", "SG6"]), ["SG601"]);
    assert_eq!(codes(&["--select", "SG", "--severity", "error"]), ["SG601", "SG109"]);
    assert!(codes(&["--severity", "info"]).contains(&"SG311".to_owned()));
    let run = check(&w, &["--select", "SG99"]);
    assert_eq!(run.status, 2);
    assert_snapshot!(run.stderr, @"sigmalert: `SG99` is not a lint; did you mean `SG909`?");
}

#[test]
fn exit_status_tells_how_it_went() {
    let w = pack();
    assert_eq!(check(&w, &["--select", "SG109"]).status, 1);
    let warnings = ["--select", "SG104,SG208"];
    assert_eq!(check(&w, &warnings).status, 0);
    assert_eq!(check(&w, &[&warnings[..], &["--max-warnings", "2"]].concat()).status, 0);
    let run = check(&w, &[&warnings[..], &["--max-warnings", "1"]].concat());
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("2 warnings, but at most 1 allowed"), "{}", run.stderr);
    assert_eq!(check(&w, &[&warnings[..], &["--strict"]].concat()).status, 1);
    assert_eq!(check(&w, &[&warnings[..], &["--deny", "warnings"]].concat()).status, 1);
    // Nothing to check: a missing path alone, and an empty folder.
    std::fs::create_dir(w.path("empty")).unwrap();
    for path in ["nowhere", "empty"] {
        let run = w.run(&["check", path]);
        assert!(run.status == 2 && run.stderr.contains(path), "{}", run.stderr);
    }
    assert_eq!(w.run(&["check", "nowhere", "rules/lnx_id.yml"]).status, 1);
    assert_eq!(w.run(&["check", "rules", "--mapping", "nowhere"]).status, 2);
    assert_eq!(w.run(&["check", "rules/lnx_id.yml"]).status, 0);
}

#[test]
fn comments_silence_lints() {
    let w = Workspace::new();
    let text = BAD
        .replace("More.", "More. # sigmalert: ignore[SG104]")
        .replace("status: exp", "# The team's own.\n# sigmalert: ignore[status-invalid, SG2]\n\nstatus: exp")
        .replace("        Imag", "        # sigmalert: ignore\n        Imag")
        .replace("level: low", "level: low # sigmalert: ignore[SG111]\n# sigmalert: ignore-file[SG406, SG2]");
    w.write("rules/win_whoami.yml", text);
    let run = check(&w, &["--format", "concise"]);
    assert_snapshot!(run.stdout, @r"
    rules/win_whoami.yml:19:15: warning[SG409] this value is subsumed by `whoami`
    rules/win_whoami.yml:26:12: warning[SG006] the comment suppresses SG111, but there is nothing to suppress
    ");
    assert!(run.stderr.contains("suppressed by comments"), "{}", run.stderr);
}

#[test]
fn configuration_is_found_upwards_and_speaks_of_paths() {
    let w = pack();
    w.write(
        ".sigmalert.toml",
        r#"
[check]
ignore = ["SG208"]
max-warnings = 0
exclude = ["lnx_*.yml"]

[check.levels]
SG4 = "error"
SG409 = "warning"

[check.paths."rules/sub folder/**"]
ignore = ["SG1"]
"#,
    );
    let run = check(&w, &["--format", "concise"]);
    assert_snapshot!(run.stdout, @r"
    rules/sub folder/win_whoami.yml:16:15: warning[SG409] this value is subsumed by `whoami`
    rules/sub folder/win_whoami.yml:18:9: error[SG421] the wildcards mean `endswith`
    rules/sub folder/win_whoami.yml:18:9: error[SG426] events of windows/process_creation/- have no field `Imag`
    rules/sub folder/win_whoami.yml:19:5: error[SG406] the condition does not use `unused`
    ");
    // The same from below, and without it.
    let inner = w.run(&["check", "rules/sub folder/win_whoami.yml", "--format", "concise", "-q"]);
    assert_eq!(inner.stdout, run.stdout);
    assert!(check(&w, &["--no-config", "--format", "concise"]).stdout.contains("SG109"));

    for (text, message) in [
        ("[check]\nignore = [\"SG1O4\"]", "`SG1O4` is not a lint; did you mean `SG104`?"),
        ("[check]\nseverity = \"fatal\"", "`fatal` is not a severity"),
        ("[check]\nignored = []", "unknown field `ignored`"),
        ("[check\n", "TOML parse error"),
        ("[check.paths.\"[\"]\nignore = []", "`[` is not a valid glob"),
    ] {
        w.write(".sigmalert.toml", text);
        let run = check(&w, &[]);
        assert_eq!(run.status, 2);
        assert!(run.stderr.contains(message) && run.stderr.contains(".sigmalert.toml"), "{}", run.stderr);
    }
}

#[test]
fn a_baseline_hides_what_is_known() {
    let w = pack();
    let run = check(&w, &["--write-baseline", "known.json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let run = check(&w, &["--baseline", "known.json"]);
    assert_eq!((run.status, run.stdout.as_str()), (0, ""));
    assert!(run.stderr.contains("7 in the baseline"), "{}", run.stderr);
    // Lines that move are known, a line that is new is not.
    w.write("rules/sub folder/win_whoami.yml", format!("# A comment.\n{}", BAD.replace("level: low", "level: hihg")));
    let run = check(&w, &["--baseline", "known.json", "--format", "concise"]);
    assert_eq!(run.status, 1);
    assert_snapshot!(run.stdout, @"rules/sub folder/win_whoami.yml:23:8: error[SG111] `hihg` is not a level");
}

#[test]
fn what_does_not_survive_conversion() {
    let w = Workspace::new();
    w.write(
        "rules/win_whoami.yml",
        GOOD.replace("/id'", "\\id.exe'\n        GrandParentImage: x\n        ProcessId: abc").replace("linux", "windows"),
    );
    let run = check(&w, &["--mapping", "winlogbeat", "--severity", "info", "--select", "SG9", "--format", "concise"]);
    assert_snapshot!(run.stdout);
    w.write("rules/win_whoami.yml", GOOD.replace("/id'", "$HOME'").replace("linux", "windows"));
    let run = check(&w, &["--mapping", "winlogbeat", "--style", "praeco", "--severity", "info", "--select", "SG9", "--format", "concise"]);
    assert!(run.stdout.contains("SG914"), "{}", run.stdout);
}

#[test]
fn fixes_are_written_or_shown() {
    let w = pack();
    let run = check(&w, &["--fix", "--dry-run"]);
    // Former spellings are accepted.
    assert_eq!(check(&w, &["--fix", "--diff"]).stdout, run.stdout);
    assert_eq!(run.status, 1);
    assert_snapshot!(run.stdout);
    assert_eq!(w.read("rules/sub folder/win_whoami.yml"), BAD);
    let run = check(&w, &["--fix", "--format", "concise"]);
    assert_snapshot!(run.stderr);
    assert!(!run.stdout.contains("SG109") && run.stdout.contains("SG601"), "{}", run.stdout);
    assert!(w.read("rules/sub folder/win_whoami.yml").contains("attack.t1059.001 # powershell"));
    assert_eq!(w.read("rules/lnx_id.yml"), GOOD);
}

#[test]
fn standard_input() {
    let w = Workspace::new();
    let run = w.run_with(&["check", "-", "--stdin-name", "win_whoami.yml", "--format", "concise"], BAD);
    assert!(run.stdout.starts_with("win_whoami.yml:1:8: warning[SG104]"), "{}", run.stdout);
}

#[test]
fn former_names_of_lints_are_accepted() {
    let w = pack();
    let codes = |args: &[&str]| check(&w, &[args, &["--format", "concise"]].concat()).stdout;
    assert!(codes(&["--select", "value-covered"]).contains("[SG409]"));
    assert!(!codes(&["--ignore", "value-covered"]).contains("[SG409]"));
    assert!(check(&w, &["--select", "value-covered", "--format", "json"]).stdout.contains("\"subsumed-value\""));
    w.write(".sigmalert.toml", "[check.levels]\nvalue-covered = \"error\"\n");
    assert!(codes(&[]).contains("error[SG409]"));
    w.write("rules/sub folder/win_whoami.yml", format!("# sigmalert: ignore-file[value-covered]\n{BAD}"));
    assert!(!codes(&[]).contains("[SG409]"));
    assert!(w.run(&["check", "--explain", "value-covered"]).stdout.starts_with("SG409 subsumed-value"));
}

#[test]
fn lints_explain_themselves() {
    let w = Workspace::new();
    assert_snapshot!(w.run(&["check", "--explain", "title-ends-with-dot"]).stdout);
    assert_snapshot!(w.run(&["check", "--explain", "SG110"]).stdout);
    assert_eq!(w.run(&["check", "--explain", "SG999"]).status, 2);
    let list = w.run(&["check", "--list"]).stdout;
    assert_eq!(list.lines().count(), sigmalert::check::all().len());
}

#[test]
fn a_newer_release_of_attack() {
    let w = pack();
    w.write(
        "attack.json",
        r#"{"type": "bundle", "objects": [
            {"type": "x-mitre-collection", "x_mitre_version": "20.0"},
            {"type": "attack-pattern", "id": "a--1", "kill_chain_phases": [{"phase_name": "execution"}],
             "external_references": [{"source_name": "mitre-attack", "external_id": "T1086"}]}]}"#,
    );
    assert!(!check(&w, &["--attack", "attack.json", "--select", "SG2"]).stdout.contains("SG208"));
    w.write("attack.json", "{}");
    let run = check(&w, &["--attack", "attack.json"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("attack.json is not a STIX bundle"), "{}", run.stderr);
}

#[test]
fn hostile_files_are_findings() {
    let w = Workspace::new();
    w.write("rules/latin.yml", b"title: caf\xe9\n");
    w.write("rules/nul.yml", b"title: a\0b\ndetection: x\n");
    w.write("rules/deep.yml", format!("title: {}{}\n", "[".repeat(500), "]".repeat(500)));
    w.write("rules/twice.yml", "title: a\ntitle: b\n");
    w.write("rules/empty.yml", "");
    w.write("rules/long.yml", format!("title: {}\x1b[31m\ndetection: {{a: {{b: c}}, condition: a}}\n", "x".repeat(100_000)));
    let run = check(&w, &["--format", "concise"]);
    assert_eq!(run.status, 1);
    assert!(!run.stdout.contains('\x1b'));
    for (file, code) in [("latin", "SG002"), ("deep", "SG001"), ("twice", "SG001"), ("empty", "SG005"), ("long", "SG102")] {
        assert!(run.stdout.lines().any(|l| l.contains(file) && l.contains(code)), "{file} {code}\n{:.3000}", run.stdout);
    }
    assert!(check(&w, &[]).stdout.len() < 20_000);
}

/// A rule of 0.8 MB is checked in time that grows with its size: each of these took minutes when it grew with the square.
#[test]
fn large_rules_are_checked() {
    let w = Workspace::new();
    let rule = |detection: &str| GOOD.replace("    selection:\n        Image|endswith: '/id'\n    condition: selection\n", detection);
    let list = |n: usize, of: &dyn Fn(usize) -> String| (0..n).map(of).collect::<String>();
    let one_line = list(60_000, &|_| "'/id', ".to_owned());
    w.write("line.yml", rule(&format!("    selection:\n        Image|endswith: [{one_line}]\n    condition: selection\n")));
    let selections = list(12_000, &|i| format!("    selection{i}:\n        Image|endswith: '/id{}'\n", i / 2));
    w.write("selections.yml", rule(&format!("{selections}    condition: 1 of selection*\n")));
    let tags = list(40_000, &|i| format!("    - attack.t{}\n", i / 2));
    w.write("tags.yml", GOOD.replace("logsource:", &format!("tags:\n{tags}logsource:")));
    let comments = list(30_000, &|_| "# sigmalert: ignore[SG408]\n".to_owned());
    w.write("comments.yml", format!("{comments}{GOOD}"));
    for (file, code, findings) in [
        ("line.yml", "SG408", 59_999),
        ("selections.yml", "SG430", 6_000),
        ("tags.yml", "SG206", 20_000),
        ("comments.yml", "SG006", 30_000),
    ] {
        let begin = std::time::Instant::now();
        w.run(&["check", file]);
        let run = w.run(&["check", file, "--format", "concise"]);
        assert_eq!(
            run.stdout.lines().filter(|l| l.contains(code)).count(),
            findings,
            "{file}: {}",
            &run.stdout[..run.stdout.len().min(600)]
        );
        assert!(begin.elapsed() < std::time::Duration::from_secs(60), "{file} took {:?}", begin.elapsed());
    }
}
