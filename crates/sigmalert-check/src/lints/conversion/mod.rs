//! What would not survive conversion with a mapping: `SG9`.

pub(crate) mod case;
pub(crate) mod compacted;
pub(crate) mod elastalert;
pub(crate) mod field_unmapped;
pub(crate) mod logsource_unmapped;
pub(crate) mod narrower;
pub(crate) mod needs_dsl;
pub(crate) mod needs_sigmalert;
pub(crate) mod never;
pub(crate) mod praeco;
pub(crate) mod refused;
pub(crate) mod too_large;
pub(crate) mod unlike;
pub(crate) mod wider;

use crate::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 14] = [
    &refused::LINT,
    &logsource_unmapped::LINT,
    &field_unmapped::LINT,
    &case::LINT,
    &wider::LINT,
    &narrower::LINT,
    &never::LINT,
    &unlike::LINT,
    &needs_dsl::LINT,
    &needs_sigmalert::LINT,
    &compacted::LINT,
    &too_large::LINT,
    &elastalert::LINT,
    &praeco::LINT,
];
