//! Limits on concurrent requests. Others wait in order of arrival; when too many wait, requests are rejected.

use crate::serve::error::ApiError;
use axum::http::StatusCode;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many requests are there at once, those that wait among them: each may hold a body in memory.
const ADMITTED: usize = 512;
/// Concurrent requests that use files.
const FILES: usize = 32;
/// Concurrent requests that query the cluster, which is also the number of connections kept open.
const CLUSTER: usize = 16;
/// Concurrent searches of event files.
const EVENTS: usize = 4;
/// Concurrent rule tests.
const TRIALS: usize = 4;
/// The threads that all of them take, and some for the files of a page.
pub(in crate::serve) const THREADS: usize = FILES + CLUSTER + TRIALS + 32;

/// The resource that a request uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum WorkKind {
    Files,
    Cluster,
    RuleTest,
}

impl WorkKind {
    /// That of a path of the API; whether a test is of the schema only.
    pub fn of(segments: &[String], schema_only: bool) -> Self {
        let first = segments.first().map_or("", String::as_str);
        match (first, segments.get(1).map_or("", String::as_str)) {
            ("test", _) if !schema_only => Self::RuleTest,
            ("search" | "mapping" | "indices" | "metadata" | "silence", _) | ("status", "overview") => Self::Cluster,
            _ => Self::Files,
        }
    }
}

/// The limits on concurrent requests.
#[derive(Debug)]
pub(in crate::serve) struct ConcurrencyLimits {
    admitted: Arc<Semaphore>,
    files: Arc<Semaphore>,
    cluster: Arc<Semaphore>,
    trials: Arc<Semaphore>,
}

impl ConcurrencyLimits {
    /// Those of a server over a cluster, or over events of files, whose searches keep this machine busy and not another.
    pub fn new(events: bool) -> Self {
        let new = |n| Arc::new(Semaphore::new(n));
        let cluster = if events { EVENTS } else { CLUSTER };
        Self { admitted: new(ADMITTED), files: new(FILES), cluster: new(cluster), trials: new(TRIALS) }
    }

    /// Lets a request in.
    ///
    /// # Errors
    /// 503 when too many are in.
    pub fn admit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = Arc::clone(&self.admitted).try_acquire_owned();
        permit.map_err(|_| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many requests are waiting"))
    }

    /// Waits for a request's turn.
    pub async fn wait(&self, work: WorkKind) -> Result<OwnedSemaphorePermit, ApiError> {
        let turns = match work {
            WorkKind::Files => &self.files,
            WorkKind::Cluster => &self.cluster,
            WorkKind::RuleTest => &self.trials,
        };
        let permit = Arc::clone(turns).acquire_owned().await;
        permit.map_err(|_| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "the server is shutting down"))
    }
}
