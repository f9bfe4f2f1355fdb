//! Looking again whenever a file changes.

use super::ExitStatus;
use super::diagnostics::Diagnostics;
use notify::{EventKind, RecursiveMode, Watcher};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

/// How long it waits for more changes, since editors write in several steps.
const SETTLE: Duration = Duration::from_millis(80);

/// Runs at once and after every change of YAML or the configuration below the paths, until it is interrupted.
pub(super) fn watch(paths: &[PathBuf], mut run: impl FnMut() -> Result<ExitStatus, ExitStatus>) -> Result<ExitStatus, ExitStatus> {
    let (send, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        // Reading a file changes nothing.
        let ours = !matches!(event.kind, EventKind::Access(_))
            && event.paths.iter().any(|p| {
                let name = p.file_name().unwrap_or_default().to_string_lossy();
                !name.starts_with(".sigmalert-") && p.extension().is_some_and(|e| e == "yml" || e == "yaml" || e == "toml")
            });
        if ours {
            _ = send.send(());
        }
    })
    .map_err(|e| ExitStatus::Usage(format!("cannot watch files: {e}")))?;
    for path in paths {
        watcher
            .watch(path, RecursiveMode::Recursive)
            .map_err(|e| ExitStatus::Usage(format!("{} cannot be watched: {e}", path.display())))?;
    }
    loop {
        // What is wrong with the rules does not end the watch; what is wrong with the command does at the start.
        run()?;
        Diagnostics::plain("watching; Ctrl-C ends it\n");
        if changes.recv().is_err() {
            return Ok(ExitStatus::Success);
        }
        while changes.recv_timeout(SETTLE).is_ok() {}
    }
}
