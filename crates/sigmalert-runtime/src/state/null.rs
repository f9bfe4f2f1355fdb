//! State that is read and not written (`--debug`, `--dry-run`, `test-rule`): what would have been written is kept to be shown.

use super::{Alert, Commit, CommitError, RuleState, Silence, Silenced, Store, Version};
use crate::search::Failure;
use jiff::Timestamp;
use serde_json::Value;
use sigmalert_support::sync::lock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// A document that would have been written, with its kind as ElastAlert calls it.
pub(crate) type Written = (&'static str, Value);

/// See the module.
#[derive(Default)]
pub(crate) struct NullStore {
    /// Where it is read from.
    below: Option<Arc<dyn Store>>,
    silences: Mutex<HashMap<String, Silenced>>,
    written: Mutex<Vec<Written>>,
}

impl NullStore {
    /// State that is read there.
    pub fn over(below: Option<Arc<dyn Store>>) -> Self {
        Self { below, ..Self::default() }
    }

    /// What would have been written since this was asked last.
    pub fn written(&self) -> Vec<Written> {
        std::mem::take(&mut *lock(&self.written))
    }

    fn note(&self, kind: &'static str, document: Value) {
        let mut written = lock(&self.written);
        // A run of days shows the first of what it would write.
        if written.len() < 100_000 {
            written.push((kind, document));
        }
    }
}

impl Store for NullStore {
    fn load(&self, rules: &[String]) -> Result<HashMap<String, RuleState>, Failure> {
        self.below.as_ref().map_or_else(|| Ok(HashMap::new()), |b| b.load(rules))
    }

    fn silences(&self, keys: &[String]) -> Result<HashMap<String, Silenced>, Failure> {
        let mut out = self.below.as_ref().map_or_else(|| Ok(HashMap::new()), |b| b.silences(keys))?;
        let own = lock(&self.silences);
        out.extend(keys.iter().filter_map(|k| Some((k.clone(), *own.get(k)?))));
        Ok(out)
    }

    fn commit(&self, commits: &mut [Commit]) -> Vec<Result<Option<Version>, CommitError>> {
        let now = Timestamp::now();
        for c in commits.iter() {
            for s in &c.silences {
                let silenced = Silenced { until: s.until, exponent: s.exponent };
                lock(&self.silences).insert(s.key.clone(), silenced);
                self.note("silence", s.to_document(now));
            }
            c.alerts.iter().for_each(|a| self.note("elastalert", a.to_document(now)));
            self.note("elastalert_status", c.status.clone());
        }
        commits.iter().map(|_| Ok(None)).collect()
    }

    fn update(&self, _alerts: &[Alert]) -> Result<(), Failure> {
        Ok(())
    }

    fn pending(&self, _since: Timestamp, _until: Timestamp) -> Result<Vec<Alert>, Failure> {
        Ok(Vec::new())
    }

    fn members(&self, _id: &str, _limit: usize) -> Result<Vec<Alert>, Failure> {
        Ok(Vec::new())
    }

    fn silence(&self, silence: &Silence) -> Result<(), Failure> {
        self.note("silence", silence.to_document(Timestamp::now()));
        Ok(())
    }

    fn error(&self, document: &Value) -> Result<(), Failure> {
        self.note("elastalert_error", document.clone());
        Ok(())
    }
}
