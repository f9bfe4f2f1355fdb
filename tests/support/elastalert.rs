//! ElastAlert 2's own loader, when `tests/support/elastalert/run.sh` made it available.

use std::path::Path;
use std::process::Command;

/// Loads a folder of rule files: how many there were, or what is wrong. `None`, with a line that says why, when
/// there is no ElastAlert.
pub fn load(test: &str, folder: &Path) -> Option<Result<usize, String>> {
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        eprintln!("skipped: {test} needs ElastAlert 2 (run it under tests/support/elastalert/run.sh)");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/elastalert/load.py");
    let out = Command::new(python).arg(script).arg(folder).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    let count = text.lines().last().and_then(|l| l.strip_suffix(" loaded")).and_then(|n| n.parse().ok());
    Some(match count {
        Some(n) if out.status.success() => Ok(n),
        _ => Err(text),
    })
}
