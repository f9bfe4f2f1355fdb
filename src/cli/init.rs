//! `sigmalert init`

use super::diagnostics::Diagnostics;
use super::{ExitStatus, print};
use sigmalert_check::CONFIG_NAME;
use sigmalert_convert::batch::replace;
use sigmalert_convert::mapping::Mapping;
use sigmalert_support::read::reason;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Begin a pack of rules: a rule to start from, the configuration, the pre-commit hooks and a workflow for CI
///
/// Files that are there already stay as they are. Exit status: 0, or 2 when the folder cannot be written to.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder of the pack; it is made where it does not exist
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,

    /// The field mapping that rules are converted with: `winlogbeat`, `wazuh`, `sigma` or a file
    #[arg(short, long, value_name = "NAME|FILE", default_value = "winlogbeat")]
    mapping: String,
}

const RULE: &str = r"title: Whoami Execution From A Service Account
id: ID
status: experimental
description: |
    Detects the execution of whoami by an account of a service. Attackers run it to learn which account they have come to
    hold; services have no reason to.
references:
    - https://learn.microsoft.com/windows-server/administration/windows-commands/whoami
author: AUTHOR
date: DATE
tags:
    - attack.discovery
    - attack.t1033
logsource:
    category: process_creation
    product: windows
detection:
    selection:
        Image|endswith: '\whoami.exe'
        User|contains: 'svc_'
    condition: selection
falsepositives:
    - Unknown
level: medium
";

const CONFIG: &str = r#"# What `sigmalert check` looks for; docs/guide/checking.md of sigmalert has all of it.
[check]
# What is milder is not told: info, warning or error.
severity = "warning"
max-warnings = 0
# Each rule is converted with this field mapping, and what does not survive that is told.
mapping = "MAPPING"
# ignore = ["SG122"]
# tag-namespaces = ["acme"]

# [check.levels]
# SG603 = "error"

# [check.paths."drafts/**"]
# ignore = ["SG1"]
"#;

const HOOKS: &str = r"# The program that made this file runs the hooks; docs/guide/checking.md of sigmalert shows how pre-commit builds it itself.
repos:
  - repo: local
    hooks:
      - id: sigmalert-fix
        name: mend Sigma rules
        entry: sigmalert check --fix-only
        language: system
        types: [yaml]
        require_serial: true
      - id: sigmalert-check
        name: check Sigma rules
        entry: sigmalert check rules
        language: system
        types: [yaml]
        pass_filenames: false
";

const WORKFLOW: &str = r"name: rules
on: [push, pull_request]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: cargo install --locked sigmalert
      - run: sigmalert check --format github rules
";

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    Mapping::load(&args.mapping).map_err(|e| ExitStatus::Usage(e.to_string()))?;
    let today: String = jiff::Timestamp::now().to_string().chars().take(10).collect();
    let author = std::env::var("USER").ok().filter(|u| !u.is_empty()).unwrap_or_else(|| "Your Name".into());
    let files = [
        (
            "rules/proc_creation_win_whoami_service_account.yml",
            RULE.replace("ID\n", &format!("{}\n", uuid()?)).replace("AUTHOR", &author).replace("DATE", &today),
        ),
        (CONFIG_NAME, CONFIG.replace("MAPPING", &args.mapping.replace('\\', "\\\\").replace('"', "\\\""))),
        (".pre-commit-config.yaml", HOOKS.to_owned()),
        (".github/workflows/rules.yml", WORKFLOW.to_owned()),
    ];
    let mut out = String::new();
    for (name, text) in files {
        let path = args.folder.join(name);
        let fail = |e: std::io::Error| ExitStatus::Usage(format!("{} cannot be written: {}", path.display(), reason(&e)));
        if path.exists() {
            _ = writeln!(out, "kept     {}", path.display());
            continue;
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        replace(&path, text.as_bytes()).map_err(fail)?;
        _ = writeln!(out, "written  {}", path.display());
    }
    print(&out)?;
    Diagnostics::plain(&format!("next: sigmalert check {0} and, in a git repository, pre-commit install\n", args.folder.display()));
    Ok(ExitStatus::Success)
}

/// A random UUID (RFC 9562, version 4).
fn uuid() -> Result<String, ExitStatus> {
    let mut b = [0u8; 16];
    getrandom::fill(&mut b).map_err(|e| ExitStatus::Usage(format!("no random numbers are to be had: {e}")))?;
    b[6] = b[6] & 0x0f | 0x40;
    b[8] = b[8] & 0x3f | 0x80;
    let h = sigmalert_support::hex::hex(&b);
    Ok(format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..]))
}
