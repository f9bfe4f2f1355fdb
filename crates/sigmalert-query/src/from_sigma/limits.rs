//! Limits far above what real rules need.

/// The most alternatives that one value of an item may expand to.
pub(super) const MAX_ALTERNATIVES: usize = 20_000;
