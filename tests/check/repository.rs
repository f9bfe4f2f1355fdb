//! `sigmalert check` over the rules of the public repository: what it finds there, and no false alarm among errors.
//! `docs/evidence/check-on-the-repository.md` argues the findings.

use crate::support::cli::{Run, Workspace};
use crate::support::corpus;
use insta::assert_snapshot;
use std::collections::BTreeSet;

fn check(test: &str, args: &[&str]) -> Option<Run> {
    let folder = corpus::rules(test)?;
    let folder = folder.canonicalize().unwrap().display().to_string();
    Some(Workspace::new().run(&[&["check", &folder, "--no-config"], args].concat()))
}

/// Code, file and line of each.
fn places(run: &Run) -> String {
    let cut = |l: &str| {
        let (at, rest) = l.split_once(": ").unwrap();
        let mut parts = at.rsplitn(3, ':');
        let (_, line) = (parts.next(), parts.next().unwrap());
        let file = parts.next().unwrap().rsplit('/').next().unwrap().to_owned();
        format!("{} {file}:{line}\n", rest.split(['[', ']']).nth(1).unwrap())
    };
    run.stdout.lines().map(cut).collect()
}

#[test]
fn no_rule_has_an_error() {
    let Some(run) = check("no_rule_has_an_error", &["--severity", "error", "--format", "concise"]) else { return };
    assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{}", run.stderr);
}

#[test]
fn findings_by_lint() {
    let Some(run) = check("findings_by_lint", &["--severity", "info", "--statistics"]) else { return };
    assert_snapshot!(run.stdout);
    assert_snapshot!("summary", run.stderr);
}

/// The errors that a mapping brings: each of them is a search that the index refuses or cannot carry out.
#[test]
fn errors_of_conversion() {
    for mapping in ["winlogbeat", "wazuh"] {
        let args = ["--severity", "error", "--format", "concise", "-m", mapping];
        let Some(run) = check("errors_of_conversion", &args) else { return };
        assert_snapshot!(format!("errors_{mapping}"), places(&run));
        // All of them are argued.
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/evidence/check-on-the-repository.md")).unwrap();
        for line in places(&run).lines() {
            let (code, place) = line.split_once(' ').unwrap();
            let file = place.split(':').next().unwrap();
            assert!(page.lines().any(|l| l.contains(file) && l.contains(code)), "{line} is not argued");
        }
    }
}

/// Every lint that `docs/evidence/lints-compared.md` names is there, and every one of ours that others have is named.
#[test]
fn the_comparison_names_lints() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/evidence/lints-compared.md")).unwrap();
    let known: BTreeSet<&str> = sigmalert::check::all().iter().map(|l| l.code).collect();
    let mut named = BTreeSet::new();
    for (i, _) in page.match_indices("SG") {
        let code: String = page[i..].chars().take(5).collect();
        if code[2..].bytes().all(|b| b.is_ascii_digit()) && code.len() == 5 {
            assert!(known.contains(code.as_str()), "{code}");
            named.insert(code);
        }
    }
    assert!(named.len() > 90, "{}", named.len());
}
