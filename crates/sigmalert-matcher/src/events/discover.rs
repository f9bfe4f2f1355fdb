//! Finds the files of events below paths.

use super::batch::InputProblem;
use sigmalert_support::read::reason;
use sigmalert_support::walk;
use std::path::{Path, PathBuf};

/// Returns the files of events at paths, and the paths that cannot be read.
///
/// A file is taken whatever its name; in folders, only files whose names end like those of event files.
pub fn discover(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<InputProblem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let problem = |path: &Path, message: String| InputProblem { source: path.display().to_string(), position: 0, message };
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(path.clone());
            continue;
        }
        match std::fs::metadata(path) {
            Ok(m) if m.is_dir() => {
                for file in walk::files(path, |_| true) {
                    match file {
                        Ok(file) if is_events(&file) => found.push(file),
                        Ok(_) => {}
                        Err(e) => problems.push(problem(&e.path, e.message())),
                    }
                }
            }
            Ok(_) => found.push(path.clone()),
            Err(e) => problems.push(problem(path, format!("cannot be read: {}", reason(&e)))),
        }
    }
    (found, problems)
}

/// Returns whether a file in a folder is taken for a file of events.
fn is_events(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    [".evtx", ".ndjson", ".jsonl", ".json", ".log"].iter().any(|e| name.ends_with(e))
}
