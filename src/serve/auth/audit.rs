//! The audit log: who did what, from which address. Each entry is a log line and, if a file is configured, a line of JSON in it.

use crate::serve::auth::role::Actor;
use serde_json::{Map, Value, json};
use sigmalert_support::line::one_line_json;
use sigmalert_support::read::reason;
use sigmalert_support::sync::lock;
use sigmalert_support::write::private;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The number of failed logins logged individually within [`WINDOW`]; the rest are counted.
const LINES: u64 = 20;
const WINDOW: Duration = Duration::from_secs(60);
/// The length at which unknown user names are truncated.
const MAX_NAME: usize = 100;

/// The failed logins within a window.
#[derive(Debug)]
struct Logins {
    since: Instant,
    noted: u64,
    left_out: u64,
}

/// The audit log.
#[derive(Debug)]
pub(in crate::serve) struct Audit {
    file: Option<Mutex<File>>,
    logins: Mutex<Logins>,
}

impl Audit {
    /// Opens the file for appending. A new file is readable only by its owner.
    ///
    /// # Errors
    /// When the file cannot be opened for writing.
    pub fn open(path: Option<&Path>) -> Result<Self, String> {
        let open = |p: &Path| {
            let file = private().append(true).open(p);
            file.map(Mutex::new).map_err(|e| format!("{} cannot be written: {}", p.display(), reason(&e)))
        };
        if let Some(p) = path {
            warn_of_readers(p);
        }
        let logins = Logins { since: Instant::now(), noted: 0, left_out: 0 };
        Ok(Self { file: path.map(open).transpose()?, logins: Mutex::new(logins) })
    }

    /// Records an action. `more` is an object of details.
    pub fn note(&self, actor: &Actor, what: &str, more: &Value) {
        tracing::info!(user = actor.user, peer = actor.peer, details = %more, "{what}");
        let Some(file) = &self.file else { return };
        let mut line = Map::new();
        line.insert("time".into(), json!(jiff::Timestamp::now().to_string()));
        line.insert("user".into(), json!(actor.user));
        line.insert("peer".into(), json!(actor.peer));
        line.insert("what".into(), json!(what));
        line.extend(more.as_object().cloned().unwrap_or_default());
        let line = Value::Object(line).to_string();
        if let Err(e) = lock(file).write_all(format!("{}\n", one_line_json(&line)).as_bytes()) {
            tracing::error!("the audit log cannot be written: {}", reason(&e));
        }
    }

    /// Records a failed login: one entry each, or a count if there are many.
    pub fn login_failed(&self, user: &str, peer: &str, why: &str) {
        self.summary();
        {
            let mut logins = lock(&self.logins);
            if logins.noted >= LINES {
                logins.left_out += 1;
                return;
            }
            if logins.noted == 0 {
                logins.since = Instant::now();
            }
            logins.noted += 1;
        }
        let user = user.chars().take(MAX_NAME).collect();
        self.note(&Actor::nobody(user, peer.to_owned()), "failed login", &json!({"why": why}));
    }

    /// Records the number of failed logins without an entry, once a minute.
    pub fn summary(&self) {
        let left_out = {
            let mut logins = lock(&self.logins);
            if logins.noted == 0 || logins.since.elapsed() < WINDOW {
                return;
            }
            logins.noted = 0;
            std::mem::take(&mut logins.left_out)
        };
        if left_out > 0 {
            tracing::warn!("{left_out} more logins failed within a minute");
            self.note(&Actor::nobody("-".into(), "-".into()), "more failed logins", &json!({"count": left_out}));
        }
    }
}

/// Warns if an existing file is world-readable, as earlier versions created it.
fn warn_of_readers(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o004 != 0) {
            tracing::warn!("{} is readable by every user of this machine: chmod 600 (or 640) it", path.display());
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_forge_no_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit");
        let audit = Audit::open(Some(&path)).unwrap();
        let name = "x\n{\"user\":\"admin\"}\u{2028}\u{85}\u{1b}[2K";
        for _ in 0..100 {
            audit.login_failed(name, "192.0.2.1", "wrong");
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // Some have lines of their own, the others are counted.
        assert_eq!(text.lines().count(), 20);
        assert!(!text.contains(['\u{2028}', '\u{85}', '\u{1b}']));
        for line in text.lines() {
            assert_eq!(serde_json::from_str::<Value>(line).unwrap()["user"], name);
        }
        lock(&audit.logins).since = Instant::now().checked_sub(WINDOW).unwrap();
        audit.summary();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().last().unwrap().contains("\"count\":80"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
