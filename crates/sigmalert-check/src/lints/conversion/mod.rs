//! What conversion with a mapping would lose: `SG9`.

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

use crate::entry::Entry;

/// In the order of their codes.
pub(super) static ALL: [Entry; 14] = [
    failed::ENTRY,
    logsource_unmapped::ENTRY,
    field_unmapped::ENTRY,
    case::ENTRY,
    over_match::ENTRY,
    under_match::ENTRY,
    never_matches::ENTRY,
    format_mismatch::ENTRY,
    needs_dsl::ENTRY,
    needs_sigmalert::ENTRY,
    compacted::ENTRY,
    too_large::ENTRY,
    elastalert::ENTRY,
    praeco::ENTRY,
];
