//! What would not survive conversion with a mapping: `SG9`.

pub(crate) mod case;
pub(crate) mod compacted;
pub(crate) mod elastalert;
pub(crate) mod failed;
pub(crate) mod field_unmapped;
pub(crate) mod format_mismatch;
pub(crate) mod logsource_unmapped;
pub(crate) mod needs_dsl;
pub(crate) mod needs_sigmalert;
pub(crate) mod never_matches;
pub(crate) mod over_match;
pub(crate) mod praeco;
pub(crate) mod too_large;
pub(crate) mod under_match;

use crate::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 14] = [
    &failed::LINT,
    &logsource_unmapped::LINT,
    &field_unmapped::LINT,
    &case::LINT,
    &over_match::LINT,
    &under_match::LINT,
    &never_matches::LINT,
    &format_mismatch::LINT,
    &needs_dsl::LINT,
    &needs_sigmalert::LINT,
    &compacted::LINT,
    &too_large::LINT,
    &elastalert::LINT,
    &praeco::LINT,
];
