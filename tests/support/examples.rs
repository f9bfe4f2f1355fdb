//! The examples of lints, completed to files.
//!
//! An example is the top-level keys by which it differs from a sound rule; `-key` takes one away. A first line that begins
//! with `!` says otherwise: `!whole` the text is the file, `!base` it is the sound rule, `!twice` it differs from a second
//! rule beside the sound one, `!correlation` and `!filter` it differs from one of these over the sound rule, `!crlf`,
//! `!bom`, and `!mapping`, where rules are converted.

use sigmalert::check::{Checker, Config, Input, Report};
use sigmalert::{Converter, Mapping, Options};

const RULE: &str = r"title: Whoami Execution
id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
name: whoami_execution
status: experimental
description: Detects the execution of whoami, which tells an attacker who they are.
references:
    - https://learn.microsoft.com/windows-server/administration/windows-commands/whoami
author: Jo Doe
date: 2024-05-01
tags:
    - attack.discovery
    - attack.t1033
logsource:
    category: process_creation
    product: windows
detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
falsepositives:
    - Administrators
level: low
";

const CORRELATION: &str = r"title: Whoami Many Times
id: 8c1f2a70-6c55-4b8e-9f0e-0a5b1d7c3e21
status: experimental
description: Detects many executions of whoami by one account.
author: Jo Doe
date: 2024-05-01
tags:
    - attack.discovery
    - attack.t1033
correlation:
    type: event_count
    rules:
        - whoami_execution
    group-by:
        - User
    timespan: 5m
    condition:
        gte: 10
falsepositives:
    - Administrators
level: medium
";

const FILTER: &str = r"title: Scanner Accounts
id: 2b9d4c13-77a0-4d1c-8e6f-5a4f0c9e8d7b
description: Leaves the accounts of the scanner out.
author: Jo Doe
date: 2024-05-01
logsource:
    category: process_creation
    product: windows
filter:
    rules:
        - 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
    selection:
        User: scanner
    condition: not selection
";

/// The files of an example, and whether they are converted.
pub struct Example {
    pub files: Vec<(String, String)>,
    pub mapping: bool,
}

/// Completes an example.
pub fn complete(example: &str, file: &str) -> Example {
    let file = if file.is_empty() { "proc_creation_win_whoami.yml" } else { file };
    let (mark, text) = match example.split_once('\n') {
        Some((first, rest)) if first.starts_with('!') => (first, rest),
        _ => ("", example),
    };
    let other =
        RULE.replace("5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d", "c0a9b8d7-1e2f-4a3b-8c4d-5e6f70819200").replace("whoami_execution", "other");
    let with = |base: &str, text: &str| -> String {
        let mut parts = text.split("---\n");
        let first = lay_over(base, parts.next().unwrap_or_default());
        parts.fold(first, |out, p| format!("{out}---\n{}", lay_over(&other, p)))
    };
    let one = |text: String| vec![(file.to_owned(), text)];
    let files = match mark {
        "!base" => one(RULE.to_owned()),
        "!whole" => one(text.strip_suffix("!chomp\n").unwrap_or(text).to_owned()),
        "!crlf" => one(lay_over(RULE, text).replace('\n', "\r\n")),
        "!bom" => one(format!("\u{feff}{}", lay_over(RULE, text))),
        "!twice" => vec![(file.to_owned(), RULE.to_owned()), ("proc_creation_win_other.yml".to_owned(), lay_over(&other, text))],
        "!correlation" => {
            let name = if file.starts_with("proc") { "correlation_whoami.yml" } else { file };
            vec![(name.to_owned(), format!("{RULE}---\n{}", with(CORRELATION, text)))]
        }
        "!filter" => vec![(file.to_owned(), RULE.to_owned()), ("scanner_accounts.yml".to_owned(), with(FILTER, text))],
        _ => one(lay_over(RULE, text)),
    };
    Example { files, mapping: mark == "!mapping" }
}

impl Example {
    /// What all lints say of it, those that are off by default included.
    pub fn check(&self) -> Report {
        let checker = checker();
        let checker = if self.mapping {
            checker.with_converter(Converter::new(Mapping::builtin("winlogbeat").unwrap(), Options::default()))
        } else {
            checker
        };
        let inputs: Vec<Input> = self.files.iter().map(|(p, t)| Input::from_text(p, t)).collect();
        checker.check(&inputs)
    }
}

/// A checker with everything on.
pub fn checker() -> Checker {
    let mut config = Config::default();
    config.severity = sigmalert::check::Severity::Info;
    config.override_selection(&[], &["SG431".to_owned(), "SG140".to_owned()], &[]).unwrap();
    Checker::new(config)
}

/// The keys of a text in place of those of a base; new ones behind the one they stand behind, or at the end.
fn lay_over(base: &str, text: &str) -> String {
    let mut blocks = split(base);
    let removed = |k: &str| text.lines().any(|l| l.strip_prefix('-') == Some(k));
    blocks.retain(|(k, _)| !removed(k));
    for (key, block) in split(text) {
        match blocks.iter_mut().find(|(k, _)| *k == key) {
            Some((_, b)) => *b = block,
            None => {
                let after = ["related", "taxonomy", "modified", "fields"].iter().position(|k| *k == key);
                let before = ["status", "status", "tags", "falsepositives"];
                let at = after.and_then(|i| blocks.iter().position(|(k, _)| k == before[i])).unwrap_or(blocks.len());
                blocks.insert(at, (key, block));
            }
        }
    }
    blocks.into_iter().map(|(_, b)| b).collect()
}

fn split(text: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let key = line.split(':').next().filter(|k| k.starts_with(|c: char| c.is_ascii_alphabetic()) && line.len() > k.len());
        match (key, out.last_mut()) {
            (Some(k), _) => out.push((k.to_owned(), format!("{line}\n"))),
            (None, Some((_, block))) if !line.starts_with('-') => block.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    out
}
