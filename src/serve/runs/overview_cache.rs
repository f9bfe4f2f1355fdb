//! What the status pages remember between requests.

use serde_json::Value;
use sigmalert_runtime::RuleFiles;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long an answer is kept.
pub(in crate::serve) const KEEP: Duration = Duration::from_secs(2);

/// Rule files and cluster answers, kept between requests for the status.
#[derive(Debug)]
pub(in crate::serve) struct OverviewCache {
    pub files: Mutex<RuleFiles>,
    pub kept: Mutex<Option<(Instant, Arc<Value>)>>,
    /// Why the cluster does not answer, as it was a moment ago: for servers where no run notices it.
    pub away: Mutex<Option<(Instant, Option<String>)>>,
}

impl OverviewCache {
    pub fn new(rules: &Path) -> Self {
        Self { files: Mutex::new(RuleFiles::new(rules)), kept: Mutex::default(), away: Mutex::default() }
    }
}
