//! Data that clients may read: the cluster, the indices they may name, and what rules may search.

pub(super) mod cluster;
pub(super) mod index_allowlist;
pub(super) mod index_resolution;
pub(super) mod rule_scope;
pub(super) mod source;
