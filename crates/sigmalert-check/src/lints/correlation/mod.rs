//! Correlations and filters: `SG7`.

pub(crate) mod alias_unknown_rule;
pub(crate) mod duplicate_rule;
pub(crate) mod filter_with_level;
pub(crate) mod group_by_missing;
pub(crate) mod invalid;
pub(crate) mod invalid_filter;

use crate::entry::Entry;

/// In the order of their codes.
pub(super) static ALL: [Entry; 6] = [
    invalid::ENTRY,
    invalid_filter::ENTRY,
    group_by_missing::ENTRY,
    duplicate_rule::ENTRY,
    alias_unknown_rule::ENTRY,
    filter_with_level::ENTRY,
];
