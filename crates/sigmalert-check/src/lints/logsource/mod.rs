//! Logsources and file names: `SG3`.

pub(crate) mod case;
pub(crate) mod correlation_file;
pub(crate) mod event_id_in_category;
pub(crate) mod file_name;
pub(crate) mod file_prefix;
pub(crate) mod key_unknown;
pub(crate) mod missing;
pub(crate) mod prefer_category;
pub(crate) mod provider_in_category;
pub(crate) mod sysmon_without_event_id;
pub(crate) mod typo;
pub(crate) mod unknown;

use crate::entry::Entry;

/// In the order of their codes.
pub(super) static ALL: [Entry; 12] = [
    missing::ENTRY,
    case::ENTRY,
    key_unknown::ENTRY,
    unknown::ENTRY,
    typo::ENTRY,
    prefer_category::ENTRY,
    event_id_in_category::ENTRY,
    provider_in_category::ENTRY,
    sysmon_without_event_id::ENTRY,
    file_name::ENTRY,
    file_prefix::ENTRY,
    correlation_file::ENTRY,
];
