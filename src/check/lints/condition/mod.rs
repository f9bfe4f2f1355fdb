//! Conditions: `SG5`.

pub(in crate::check) mod aggregation;
pub(in crate::check) mod all_of_keywords;
pub(in crate::check) mod constant;
pub(in crate::check) mod list;
pub(in crate::check) mod matches_all;
pub(in crate::check) mod missing;
pub(in crate::check) mod of_one;
pub(in crate::check) mod of_them;
pub(in crate::check) mod only_excludes;
pub(in crate::check) mod operator_case;
pub(in crate::check) mod them_of_one;
pub(in crate::check) mod timeframe_unused;
pub(in crate::check) mod unfit;

use crate::check::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 13] = [
    &missing::LINT,
    &unfit::LINT,
    &operator_case::LINT,
    &of_one::LINT,
    &them_of_one::LINT,
    &of_them::LINT,
    &all_of_keywords::LINT,
    &aggregation::LINT,
    &timeframe_unused::LINT,
    &list::LINT,
    &constant::LINT,
    &only_excludes::LINT,
    &matches_all::LINT,
];
