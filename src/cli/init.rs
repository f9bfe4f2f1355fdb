//! `sigmalert init`

use super::diagnostics::Diagnostics;
use super::{ExitStatus, print};
use sigmalert_check::CONFIG_NAME;
use sigmalert_convert::batch::replace;
use sigmalert_convert::mapping::Mapping;
use sigmalert_support::read::reason;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Create a pack of rules: an example rule, the configuration, pre-commit hooks and a CI workflow
///
/// Existing files are kept. Exit status: 0 on success; 2 on wrong usage, or if the folder cannot be written to.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the pack; created if it does not exist
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,

    /// Field mapping that rules are converted with: `winlogbeat`, `wazuh`, `sigma` or a file
    #[arg(short, long, value_name = "NAME|FILE", default_value = "winlogbeat")]
    mapping: String,
}

const RULE: &str = r"title: Whoami Execution From A Service Account
id: ID
status: experimental
description: |
    Detects the execution of whoami by a service account. Attackers run it to identify the account they have compromised;
    services have no reason to.
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

const CONFIG: &str = r#"# Configuration of `sigmalert check`; see docs/guide/checking.md of sigmalert.
[check]
# The lowest severity to report: info, warning or error.
severity = "warning"
max-warnings = 0
# Each rule is converted with this field mapping, and what conversion would lose is reported.
mapping = "MAPPING"
# ignore = ["SG122"]
# tag-namespaces = ["acme"]

# [check.levels]
# SG603 = "error"

# [check.paths."drafts/**"]
# ignore = ["SG1"]
"#;

const HOOKS: &str = r"# The hooks run the installed sigmalert; docs/guide/checking.md of sigmalert shows how pre-commit can build it instead.
repos:
  - repo: local
    hooks:
      - id: sigmalert-fix
        name: fix Sigma rules
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

const WORKFLOW_NAME: &str = ".github/workflows/rules.yml";

const WORKFLOW: &str = r#"name: rules
on: [push, pull_request]
permissions:
  contents: read
# sigmalert is not published on crates.io. Set this to the URL of a git repository that has its source.
env:
  SIGMALERT_REPOSITORY: ""
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Install sigmalert
        run: |
          if [ -z "$SIGMALERT_REPOSITORY" ]; then
            echo "::error file=.github/workflows/rules.yml::set SIGMALERT_REPOSITORY to the URL of sigmalert's git repository"
            exit 1
          fi
          cargo install --locked --git "$SIGMALERT_REPOSITORY" sigmalert
      - run: sigmalert check --format github rules
"#;

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
        (WORKFLOW_NAME, WORKFLOW.to_owned()),
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
    Diagnostics::plain(&format!(
        "next: sigmalert check {0}\nin a git repository: pre-commit install\non GitHub: set SIGMALERT_REPOSITORY in {1} to the URL of sigmalert's git repository\n",
        args.folder.display(),
        args.folder.join(WORKFLOW_NAME).display()
    ));
    Ok(ExitStatus::Success)
}

/// Returns a random UUID (RFC 9562, version 4).
fn uuid() -> Result<String, ExitStatus> {
    let mut b = [0u8; 16];
    getrandom::fill(&mut b).map_err(|e| ExitStatus::Usage(format!("the system provides no random numbers: {e}")))?;
    b[6] = b[6] & 0x0f | 0x40;
    b[8] = b[8] & 0x3f | 0x80;
    let h = sigmalert_support::hex::hex(&b);
    Ok(format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..]))
}
