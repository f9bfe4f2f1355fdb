//! `check --fix`: it is idempotent, preserves comments, and does not change what a rule matches.

use crate::support::corpus;
use crate::support::examples::{checker, complete};
use sigmalert::check::{all, fix_text};
use sigmalert::query::{Expr, simplify};
use sigmalert::sigma::{Document, Placeholders};
use std::path::Path;

/// What the rules of a text ask.
fn meaning(text: &str) -> Vec<Option<Expr>> {
    let parsed = sigmalert::parse(text, &Default::default());
    parsed
        .map(|p| p.documents)
        .unwrap_or_default()
        .iter()
        .map(|d| match d {
            Ok(Document::Rule(r)) => Expr::from_rule(r, &Placeholders::default()).ok().map(simplify),
            _ => None,
        })
        .collect()
}

/// The comments of a text, each without what stands before it.
fn comments(text: &str) -> Vec<String> {
    let of = |line: &str| {
        let line = line.strip_suffix(" #").map_or_else(|| line.to_owned(), |l| format!("{l} # "));
        let own = line.trim_start().strip_prefix('#').or_else(|| line.split_once(" # ").map(|(_, c)| c));
        own.map(|c| c.trim().to_owned())
    };
    text.lines().filter_map(of).collect()
}

#[test]
fn failing_examples_pass_once_mended() {
    let checker = checker();
    for l in all().iter().filter(|l| l.fix.is_some() && l.code != "SG006") {
        for (path, text) in complete(l.bad, l.files[0]).files {
            let path = Path::new(&path);
            let found = |t: &str| checker.check_text(path, t).findings.iter().filter(|f| f.lint.code == l.code).count();
            if found(&text) == 0 {
                continue;
            }
            let fixed = fix_text(&checker, path, &text);
            assert!(fixed.applied.contains_key(l.code), "{} was not fixed:\n{}", l.code, fixed.text);
            assert_eq!(found(&fixed.text), 0, "{} is still found:\n{}", l.code, fixed.text);
            assert_eq!(fix_text(&checker, path, &fixed.text).text, fixed.text, "{}", l.code);
        }
    }
}

#[test]
fn an_unused_comment_goes_and_the_rest_of_the_line_stays() {
    let text = "title: Whoami # sigmalert: ignore[SG104]\nlogsource: {product: windows}\ndetection: {a: {User: x}, condition: a}\n";
    let fixed = fix_text(&checker(), Path::new("whoami_one.yml"), text);
    assert_eq!(fixed.text, text.replace(" # sigmalert: ignore[SG104]", ""));
}

/// Lints whose point is to find another way to say the same, or to ask what was meant.
const OTHER_WORDS: [&str; 3] = ["SG408", "SG409", "SG425"];

#[test]
fn rules_of_the_repository_keep_their_meaning() {
    let Some(folder) = corpus::rules("rules_of_the_repository_keep_their_meaning") else { return };
    let checker = checker();
    let (mut changed, mut applied) = (0, std::collections::BTreeMap::<&str, usize>::new());
    for source in sigmalert::batch::discover(&[folder]).sources {
        let text = source.read(1 << 24).unwrap();
        let fixed = fix_text(&checker, &source.path, &text);
        if fixed.text == text {
            continue;
        }
        changed += 1;
        let path = source.path.display();
        assert_eq!(fix_text(&checker, &source.path, &fixed.text).text, fixed.text, "{path}: twice is not once");
        assert_eq!(comments(&fixed.text), comments(&text), "{path}: comments");
        if !fixed.applied.keys().any(|k| OTHER_WORDS.contains(k)) {
            assert_eq!(meaning(&fixed.text), meaning(&text), "{path}");
        }
        fixed.applied.iter().for_each(|(k, n)| *applied.entry(k).or_default() += n);
    }
    eprintln!("{changed} files fixed: {applied:?}");
    assert!(changed > 50, "{changed}");
}

/// Every kind of damage in one file: line by line, with comments everywhere.
#[test]
fn layout_and_comments_stay() {
    let text = "\
# The head of the file.
Title: 'Whoami: Execution.' # the title
id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
status: experimantal
date: 2024/05/01
tags: # the tags
  - attack.discovery
  - attack.T1086 # powershell
  - attack.discovery
logsource: {product: Windows, catagory: process_creation}
detection:
    selection: # first
        Image|endswith:
            # comment
            - '\\whoami.exe'   # the program
            - '\\WHOAMI.EXE'
        CommandLine|contains|all: \"who's\"
        User: '*'
    filter: {Image: '*\\system32\\*'}
    condition: selection AND NOT filter
    timeframe: 5m
level: \"hihg\"
";
    let checker = checker();
    let fixed = fix_text(&checker, Path::new("whoami_execution.yml"), text);
    insta::assert_snapshot!(fixed.text);
    assert_eq!(comments(&fixed.text), comments(text));
    assert_eq!(fix_text(&checker, Path::new("whoami_execution.yml"), &fixed.text).text, fixed.text);
}

/// Damage as editors and merges do it: lines gone, doubled, cut, indented, with stray signs.
fn damage(text: &str, steps: &[(u8, usize, usize)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for &(kind, at, n) in steps {
        if lines.is_empty() {
            break;
        }
        let i = at % lines.len();
        let line = &mut lines[i];
        let cut = line.char_indices().nth(n % (line.chars().count() + 1)).map_or(line.len(), |(b, _)| b);
        match kind {
            0 => _ = lines.remove(i),
            1 => {
                let copy = lines[i].clone();
                lines.insert(i, copy);
            }
            2 => line.truncate(cut),
            3 => line.insert_str(0, &" ".repeat(n % 5)),
            4 => line.insert(cut, ['\'', '"', '[', '{', '#', ':', '|', '*', '\\', '\u{e9}', '\t', '&'][n % 12]),
            5 => *line = line.to_uppercase(),
            6 => line.push_str(["  ", " # sigmalert: ignore", " # a comment", ".", "\r"][n % 5]),
            _ => lines.swap(i, 0),
        }
    }
    lines.join("\n")
}

mod generated {
    use super::*;
    use proptest::prelude::*;

    fn samples() -> Vec<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sigma-samples");
        let found = sigmalert::batch::discover(&[folder.into()]).sources;
        found.iter().map(|s| s.read(1 << 20).unwrap()).collect()
    }

    proptest! {
        #![proptest_config(crate::support::seed::config(400))]

        #[test]
        fn damaged_rules_are_checked_and_mended(
            which in any::<usize>(),
            steps in prop::collection::vec((0u8..8, any::<usize>(), any::<usize>()), 0..8),
        ) {
            let samples = samples();
            let text = damage(&samples[which % samples.len()], &steps);
            let checker = checker();
            let path = Path::new("damaged_rule.yml");
            let report = checker.check_text(path, &text);
            for f in &report.findings {
                let lines = u32::try_from(text.split('\n').count()).unwrap();
                prop_assert!(f.span.start <= f.span.end && f.span.end.line <= lines, "{:?}", f);
            }
            let fixed = fix_text(&checker, path, &text);
            let twice = fix_text(&checker, path, &fixed.text);
            prop_assert_eq!(&twice.text, &fixed.text);
            // Comments that suppress nothing are removed.
            let keep = |t: &str| comments(t).iter().filter(|c| !c.contains("sigmalert:")).count();
            prop_assert!(keep(&fixed.text) >= keep(&text) || sigmalert::parse(&text, &Default::default()).is_err(), "{}\n---\n{}", text, fixed.text);
            let changing = ["SG303", "SG408", "SG409", "SG425", "SG509"];
            if !fixed.applied.keys().any(|k| changing.contains(k)) {
                let (old, new) = (meaning(&text), meaning(&fixed.text));
                for (o, n) in old.iter().zip(&new) {
                    prop_assert!(o.is_none() || o == n, "{}\n---\n{}", text, fixed.text);
                }
            }
        }
    }
}
