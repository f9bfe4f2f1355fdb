//! Logsources and the names of files: `SG3`.

pub(in crate::check) mod case;
pub(in crate::check) mod correlation_file;
pub(in crate::check) mod event_id_in_category;
pub(in crate::check) mod file_name;
pub(in crate::check) mod file_prefix;
pub(in crate::check) mod key_unknown;
pub(in crate::check) mod missing;
pub(in crate::check) mod misspelt;
pub(in crate::check) mod provider_in_category;
pub(in crate::check) mod specific;
pub(in crate::check) mod sysmon_without_event_id;
pub(in crate::check) mod unknown;

use crate::check::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 12] = [
    &missing::LINT,
    &case::LINT,
    &key_unknown::LINT,
    &unknown::LINT,
    &misspelt::LINT,
    &specific::LINT,
    &event_id_in_category::LINT,
    &provider_in_category::LINT,
    &sysmon_without_event_id::LINT,
    &file_name::LINT,
    &file_prefix::LINT,
    &correlation_file::LINT,
];
