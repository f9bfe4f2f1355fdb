//! Trials and saved rules within the limits that pages have: the same indices, the same searches.

use super::reads::Reads;
use super::resolve::resolve;
use super::searches;
use crate::runtime::{Cluster, Gate, Passed};
use serde_json::Value;
use std::sync::Arc;

/// What searches of a trial have to pass.
#[derive(Debug)]
pub(super) struct Limits {
    pub cluster: Cluster,
    pub reads: Arc<Reads>,
}

impl Gate for Limits {
    fn pass(&self, index: &str, body: &Value) -> Result<Passed, String> {
        searches::check(body).map_err(|r| format!("the rule's search is refused: {r}"))?;
        let resolved = resolve(&self.cluster, &self.reads, index).map_err(|e| e.message)?;
        let pattern = index.split(',').map(str::trim).map(str::to_owned).chain(resolved.refused.iter().map(|r| format!("-{r}")));
        Ok(Passed { names: resolved.names.clone(), pattern: pattern.collect::<Vec<_>>().join(",") })
    }
}
