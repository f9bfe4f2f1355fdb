//! Logsources and the names of files: `SG3`.

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

use crate::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 12] = [
    &missing::LINT,
    &case::LINT,
    &key_unknown::LINT,
    &unknown::LINT,
    &typo::LINT,
    &prefer_category::LINT,
    &event_id_in_category::LINT,
    &provider_in_category::LINT,
    &sysmon_without_event_id::LINT,
    &file_name::LINT,
    &file_prefix::LINT,
    &correlation_file::LINT,
];
