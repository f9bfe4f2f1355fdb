//! What requests share.

use super::control::{Control, RunState};
use super::error::ApiError;
use super::server::Settings;
use super::store::Store;
use crate::runtime::{Cluster, status};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many requests wait for the cluster at once.
pub(super) const AT_ONCE: usize = 256;
/// How many rules are tried out at once.
pub(super) const TRIALS: usize = 4;

/// See the module.
#[derive(Debug)]
pub(super) struct App {
    pub settings: Settings,
    pub store: Store,
    pub cluster: Option<Cluster>,
    pub control: Control,
    pub busy: Arc<Semaphore>,
    pub trials: Arc<Semaphore>,
}

impl App {
    /// Whether a request's `Host` is one of ours.
    pub fn is_own_host(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let name = name.to_ascii_lowercase();
        matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1")
            || self.settings.hosts.iter().any(|h| h.eq_ignore_ascii_case(&name))
            || self.settings.listen.iter().any(|l| l.ip().to_string() == name)
    }

    /// How it stands.
    pub fn state(&self) -> RunState {
        if self.cluster.is_none() { RunState::Setup } else { self.control.state() }
    }

    /// All that the page at `/` shows.
    pub fn overview(&self) -> Result<Value, ApiError> {
        let config = self.settings.config.as_ref().ok_or_else(ApiError::no_cluster)?;
        let status = status::status(config, std::slice::from_ref(&self.store.rules)).map_err(ApiError::cluster)?;
        let file = |f: &std::path::Path| f.strip_prefix(&self.store.rules).unwrap_or(f).display().to_string();
        Ok(json!({
            "state": self.state().word(),
            "failed": self.control.failed(),
            "rules": status.rules.iter().map(|r| json!({
                "name": r.name, "endtime": r.endtime.map(|t| t.to_string()), "hits": r.last.map(|l| l.0), "matches": r.last.map(|l| l.1),
                "errors": r.errors, "silenced": r.silenced.map(|t| t.to_string()), "pending": r.pending,
            })).collect::<Vec<_>>(),
            "broken": status.broken.iter().map(|(f, m)| json!({"file": file(f), "message": m})).collect::<Vec<_>>(),
            "instances": status.instances,
            "errors": status.errors.iter().map(|(t, m)| json!({"time": t, "message": m})).collect::<Vec<_>>(),
        }))
    }
}
