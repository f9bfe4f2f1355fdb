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

use crate::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 13] = [
    &missing::LINT,
    &invalid::LINT,
    &operator_case::LINT,
    &of_single_selection::LINT,
    &them_single_selection::LINT,
    &of_them::LINT,
    &all_of_keywords::LINT,
    &aggregation::LINT,
    &timeframe_unused::LINT,
    &list::LINT,
    &constant::LINT,
    &only_excludes::LINT,
    &matches_all::LINT,
];
