//! `check --watch`.

use super::ExitStatus;
use super::diagnostics::Diagnostics;
use notify::{EventKind, RecursiveMode, Watcher};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

/// How long to wait for more changes: editors write in several steps.
const SETTLE: Duration = Duration::from_millis(80);

/// Runs once, and again after every change of YAML or of the configuration below the paths, until it is interrupted.
pub(super) fn watch(paths: &[PathBuf], mut run: impl FnMut() -> Result<ExitStatus, ExitStatus>) -> Result<ExitStatus, ExitStatus> {
    let (send, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        // Read access is not a change.
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
        // Findings do not end the watch; wrong usage does.
        run()?;
        Diagnostics::plain("watching for changes; press Ctrl-C to stop\n");
        if changes.recv().is_err() {
            return Ok(ExitStatus::Success);
        }
        while changes.recv_timeout(SETTLE).is_ok() {}
    }
}
