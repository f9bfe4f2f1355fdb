//! The lints, one file each, grouped by what they check.

pub(super) mod condition;
pub(super) mod conversion;
pub(super) mod correlation;
pub(super) mod detection;
pub(super) mod file;
pub(super) mod logsource;
pub(super) mod metadata;
pub(super) mod pack;
pub(super) mod tags;

use super::entry::Entry;

/// The lints by group, in the order of their codes.
pub(super) static GROUPS: [&[Entry]; 9] = [
    &file::ALL,
    &metadata::ALL,
    &tags::ALL,
    &logsource::ALL,
    &detection::ALL,
    &condition::ALL,
    &pack::ALL,
    &correlation::ALL,
    &conversion::ALL,
];
