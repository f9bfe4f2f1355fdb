//! Conditions: `SG5`.

pub(crate) mod aggregation;
pub(crate) mod all_of_keywords;
pub(crate) mod constant;
pub(crate) mod invalid;
pub(crate) mod list;
pub(crate) mod matches_all;
pub(crate) mod missing;
pub(crate) mod of_single_selection;
pub(crate) mod of_them;
pub(crate) mod only_excludes;
pub(crate) mod operator_case;
pub(crate) mod them_single_selection;
pub(crate) mod timeframe_unused;

use crate::entry::Entry;

/// In the order of their codes.
pub(super) static ALL: [Entry; 13] = [
    missing::ENTRY,
    invalid::ENTRY,
    operator_case::ENTRY,
    of_single_selection::ENTRY,
    them_single_selection::ENTRY,
    of_them::ENTRY,
    all_of_keywords::ENTRY,
    aggregation::ENTRY,
    timeframe_unused::ENTRY,
    list::ENTRY,
    constant::ENTRY,
    only_excludes::ENTRY,
    matches_all::ENTRY,
];
