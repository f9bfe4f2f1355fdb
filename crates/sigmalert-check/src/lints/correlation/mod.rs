//! Correlations and filters: `SG7`.

pub(crate) mod alias_unknown_rule;
pub(crate) mod duplicate_rule;
pub(crate) mod filter_with_level;
pub(crate) mod group_by_missing;
pub(crate) mod invalid;
pub(crate) mod invalid_filter;

use crate::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 6] = [
    &invalid::LINT,
    &invalid_filter::LINT,
    &group_by_missing::LINT,
    &duplicate_rule::LINT,
    &alias_unknown_rule::LINT,
    &filter_with_level::LINT,
];
