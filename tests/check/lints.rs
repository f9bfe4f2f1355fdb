//! Each lint reports its failing example and accepts its passing one; `docs/reference/lints.md` shows both.

use crate::support::examples::complete;
use sigmalert::check::{Lint, Severity, all};
use std::collections::HashSet;
use std::fmt::Write as _;

/// Those whose example is no text.
const WITHOUT: [&str; 8] = ["SG002", "SG140", "SG609", "SG906", "SG908", "SG911", "SG913", "SG914"];

fn finds(lint: &Lint, example: &str, file: &str) -> (bool, Vec<String>) {
    let report = complete(example, file).check();
    let told: Vec<String> =
        report.findings().map(|f| format!("{}[{}] {}: {}", f.lint.code, f.severity.name(), f.span.start, f.message)).collect();
    (report.findings().any(|f| f.lint.code == lint.code), told)
}

#[test]
fn codes_and_names_are_unique_and_in_order() {
    let (mut codes, mut names) = (HashSet::new(), HashSet::new());
    for l in all() {
        assert!(codes.insert(l.code) && names.insert(l.name), "{} {}", l.code, l.name);
        assert!(l.what.ends_with('.') && l.why.ends_with('.'), "{}", l.code);
    }
}

#[test]
fn failing_examples_fail_and_passing_ones_pass() {
    let mut faults = String::new();
    for l in all() {
        if l.bad.is_empty() {
            assert!(WITHOUT.contains(&l.code), "{} has no example", l.code);
            continue;
        }
        let (found, told) = finds(l, l.bad, l.files[0]);
        if !found {
            _ = writeln!(faults, "{} does not find its failing example; found {told:#?}", l.code);
        }
        let (found, told) = finds(l, l.good, l.files[1]);
        if found {
            _ = writeln!(faults, "{} finds its passing example; found {told:#?}", l.code);
        }
        // A passing example must not have errors of other lints.
        if told.iter().any(|t| t.contains("[error]")) {
            _ = writeln!(faults, "the passing example of {} has errors: {told:#?}", l.code);
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn the_documentation_shows_them() {
    let mut page = String::from(
        "# Lints of `sigmalert check`\n\nGenerated from the lints by `INSTA_UPDATE=always cargo test --test all -- the_documentation_shows_them`. \
         Each example lists only the keys that differ from a valid rule. [Checking rules](../guide/checking.md) describes how to \
         select lints, [Lints compared](../evidence/lints-compared.md) compares them with those of other \
         tools.\n\n| code | name | severity | fix | reports |\n| --- | --- | --- | --- | --- |\n",
    );
    for l in all() {
        let fix = if l.fix.is_some() { "yes" } else { "" };
        let severity = if l.default { l.severity.name().to_owned() } else { format!("{}, off by default", l.severity.name()) };
        _ = writeln!(page, "| [{}](#{}) | {} | {severity} | {fix} | {} |", l.code, l.anchor(), l.name, l.what);
    }
    for l in all() {
        _ = write!(page, "\n## {} {}\n\n*{}*. {} {}\n", l.code, l.name, l.severity.name(), l.what, l.why);
        if let Some(fix) = l.fix {
            _ = writeln!(page, "\n`--fix` {fix}.");
        }
        if !l.bad.is_empty() {
            _ = write!(page, "\nFails:\n\n```yaml\n{}```\n\nPasses:\n\n```yaml\n{}```\n", l.bad_example(), l.good_example());
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/lints.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|v| v == "always") {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "docs/reference/lints.md is generated with INSTA_UPDATE=always");
}

#[test]
fn severities_are_ordered() {
    assert!(Severity::Info < Severity::Warning && Severity::Warning < Severity::Error);
}
