//! What would not survive conversion with a mapping: `SG9`.

pub(in crate::check) mod case;
pub(in crate::check) mod compacted;
pub(in crate::check) mod elastalert;
pub(in crate::check) mod field_unmapped;
pub(in crate::check) mod logsource_unmapped;
pub(in crate::check) mod narrower;
pub(in crate::check) mod needs_dsl;
pub(in crate::check) mod needs_sigmalert;
pub(in crate::check) mod never;
pub(in crate::check) mod praeco;
pub(in crate::check) mod refused;
pub(in crate::check) mod too_large;
pub(in crate::check) mod unlike;
pub(in crate::check) mod wider;

use crate::check::lint::Lint;

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
