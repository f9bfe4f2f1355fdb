//! The cluster of a configuration, asked one thing at a time.

use super::config::Config;
use super::search::client::{Client, Connection, reason};
use super::search::failure::Failure;
use serde_json::Value;
use std::sync::Arc;

/// How large an answer may be: it is for a page.
const MAX_ANSWER: u64 = 64 << 20;

/// A cluster.
#[derive(Clone)]
pub struct Cluster(Arc<Client>);

/// Why it did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct ClusterFailure(Failure);

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cluster").field(&self.0.hosts()).finish()
    }
}

impl Cluster {
    /// That of a configuration. It is asked for nothing yet.
    pub fn of(config: &Config) -> Result<Self, String> {
        let client = Client::new(Connection::new(&config.options)?)?;
        Ok(Self(Arc::new(client.at_most(MAX_ANSWER))))
    }

    /// What it is asked with.
    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.0
    }

    /// One request.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, ClusterFailure> {
        self.0.call(method, path, body).map_err(ClusterFailure)
    }

    /// Lines of JSON (`_msearch`).
    pub fn lines(&self, path: &str, body: &[u8]) -> Result<Value, ClusterFailure> {
        self.0.lines(path, body).map_err(ClusterFailure)
    }
}

impl ClusterFailure {
    /// What one search of several was answered with.
    pub fn refused(status: u16, answer: &Value) -> Self {
        Self(Failure::Refused { status, reason: reason(answer) })
    }

    /// Whether no answer came at all, or none that the cluster itself gave.
    pub fn is_away(&self) -> bool {
        self.0.is_away() || matches!(self.0, Failure::Timeout(_))
    }

    /// The status, where it was the cluster that refused.
    pub fn status(&self) -> Option<u16> {
        match self.0 {
            Failure::Refused { status, .. } => Some(status),
            _ => None,
        }
    }
}
