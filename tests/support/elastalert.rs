//! ElastAlert 2's own loader and alerts, when `tests/support/elastalert/run.sh` made it available.

use crate::support::skip::{Need, skip};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A Python with ElastAlert, or `None` with a line that says why the test skips.
fn python(test: &str, script: &str) -> Option<Command> {
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        skip(test, Need::ElastAlert);
        return None;
    };
    let mut command = Command::new(python);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/elastalert");
    command.arg(format!("{folder}/{script}"));
    // What built-in profiles refer to.
    command.env("JIRA_ACCOUNT_FILE", format!("{folder}/jira-account.yml"));
    Some(command)
}

/// Loads a folder of rule files: how many there were, or what is wrong.
pub fn load(test: &str, folder: &Path) -> Option<Result<usize, String>> {
    load_all(test, &[folder.to_owned()])
}

/// The same for folders that have nothing to do with each other.
pub fn load_all(test: &str, folders: &[PathBuf]) -> Option<Result<usize, String>> {
    let out = python(test, "load.py")?.args(folders).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    let count = text.lines().last().and_then(|l| l.strip_suffix(" loaded")).and_then(|n| n.parse().ok());
    Some(match count {
        Some(n) if out.status.success() => Ok(n),
        _ => Err(text),
    })
}

/// Subject and body of the alert of a rule file for an event.
pub fn alert(test: &str, rule: &Path, event: &serde_json::Value) -> Option<Result<[String; 2], String>> {
    let mut child =
        python(test, "alert.py")?.arg(rule).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(event.to_string().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    Some(serde_json::from_slice(&out.stdout).map_err(|_| String::from_utf8_lossy(&out.stderr).into_owned()))
}

/// How often a rule file matches between two times on a server, by ElastAlert's own run of it.
pub fn matches(w: &super::cli::Workspace, rule: &str, server: &str, [start, end]: [&str; 2]) -> u64 {
    let (host, port) = server.trim_start_matches("http://").split_once(':').unwrap();
    w.write(
        "config.yaml",
        format!(
            "rules_folder: rules\nrun_every: {{minutes: 1}}\nbuffer_time: {{hours: 2}}\nes_host: {host}\nes_port: {port}\n\
             writeback_index: elastalert\nalert_time_limit: {{days: 2}}\n"
        ),
    );
    let python = std::env::var("ELASTALERT_PYTHON").unwrap();
    let out = Command::new(python)
        .args(["-m", "elastalert.test_rule", "--config", "config.yaml", "--start", start, "--end", end, "--formatted-output", rule])
        .current_dir(w.path(""))
        .output()
        .unwrap();
    let (text, errors) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    let json = text.find('{').and_then(|i| serde_json::from_str::<serde_json::Value>(&text[i..]).ok());
    json.and_then(|j| j["writeback"]["elastalert_status"]["matches"].as_u64()).unwrap_or_else(|| panic!("{text}\n{errors}"))
}

/// What arrives at listeners on loopback when ElastAlert's own alerters send the alerts of a rule file: where and what.
pub fn deliver(test: &str, rule: &Path, event: &serde_json::Value) -> Option<Vec<(String, serde_json::Value)>> {
    // ElastAlert sends TheHive's tags in the order of a set.
    let mut child = python(test, "deliver.py")?
        .env("PYTHONHASHSEED", "0")
        .arg(rule)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(event.to_string().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    Some(serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out.stderr))))
}
