//! What outlives a run: where each rule stopped, what it remembers, alerts with how far they came, silences, errors.
//!
//! A run ends with one [`Commit`]. It is taken as a whole: what the rule remembers, its alerts and its silences are
//! written in one document (or one transaction) first, and put where ElastAlert has them afterwards. So a process
//! that is killed at any moment either has not run, and runs again over the same events, or has run, and its alerts are
//! there to be sent. An alert's id comes from what it is about, so that the same one is never written twice.

pub(crate) mod layout;
pub(crate) mod memory;
pub(crate) mod null;
pub(crate) mod redb;
pub(crate) mod setup;
pub(crate) mod writeback;

pub(crate) use layout::{Alert, Silence};
pub(crate) use memory::Memory;

use super::search::Failure;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::HashMap;

/// Which write of a rule's memory was seen last: a later one means that another instance runs the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub seq_no: u64,
    pub primary_term: u64,
}

/// What is known of a rule from earlier runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuleState {
    /// Up to when it ran.
    pub endtime: Option<Timestamp>,
    pub memory: Option<Memory>,
    /// Whether sigmalert ran it: then no memory means that there was nothing to remember.
    pub ours: bool,
    pub version: Option<Version>,
}

/// The end of a run.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub rule: String,
    pub endtime: Timestamp,
    /// What the rule remembers, where that changed.
    pub memory: Option<Memory>,
    pub version: Option<Version>,
    /// The document of `_status`.
    pub status: Value,
    /// Whether the run found anything: then its status stays, else the next one takes its place.
    pub notable: bool,
    pub alerts: Vec<Alert>,
    pub silences: Vec<Silence>,
}

/// Why a run's end was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CommitError {
    /// It can be tried again.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// What the rule remembers is written; its alerts and silences are not yet where they belong. They are to be committed again
    /// without the memory.
    #[error("{1}")]
    Unpublished(Option<Version>, Failure),
    /// Another instance ran the rule: what this one found is void.
    #[error("another instance runs the rule")]
    Lost,
}

/// A silence as it was found: until when, and how often it was prolonged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Silenced {
    pub until: Timestamp,
    pub exponent: i64,
}

/// Where state is kept.
pub(crate) trait Store: Send + Sync {
    /// What is known of rules.
    fn load(&self, rules: &[String]) -> Result<HashMap<String, RuleState>, Failure>;
    /// The silences of keys.
    fn silences(&self, keys: &[String]) -> Result<HashMap<String, Silenced>, Failure>;
    /// Takes the ends of runs. Alerts that are there already are taken out of them: they were made before.
    fn commit(&self, commits: &mut [Commit]) -> Vec<Result<Option<Version>, CommitError>>;
    /// Writes how far alerts came.
    fn update(&self, alerts: &[Alert]) -> Result<(), Failure>;
    /// The alerts that are due and not sent, oldest first; of aggregations their first.
    fn pending(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Alert>, Failure>;
    /// The alerts that are gathered under another.
    fn members(&self, id: &str, limit: usize) -> Result<Vec<Alert>, Failure>;
    /// Writes a silence.
    fn silence(&self, silence: &Silence) -> Result<(), Failure>;
    /// Writes an error.
    fn error(&self, document: &Value) -> Result<(), Failure>;
}
