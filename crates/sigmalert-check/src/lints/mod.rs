//! The lints: each in a file of its own, by what they look at.

pub(super) mod condition;
pub(super) mod conversion;
pub(super) mod correlation;
pub(super) mod detection;
pub(super) mod file;
pub(super) mod logsource;
pub(super) mod metadata;
pub(super) mod pack;
pub(super) mod tags;

use super::lint::Lint;
use std::sync::LazyLock;

/// All, by code.
pub(super) static ALL: LazyLock<Vec<&'static Lint>> = LazyLock::new(|| {
    let groups: [&[&'static Lint]; 9] = [
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
    groups.concat()
});
