//! All rules of a pack together: `SG6`.

pub(in crate::check) mod file_name_repeated;
pub(in crate::check) mod filter_reference_unknown;
pub(in crate::check) mod id_repeated;
pub(in crate::check) mod logic_repeated;
pub(in crate::check) mod reference_ambiguous;
pub(in crate::check) mod reference_circle;
pub(in crate::check) mod reference_unknown;
pub(in crate::check) mod related_unknown;
pub(in crate::check) mod title_repeated;

use crate::check::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 9] = [
    &id_repeated::LINT,
    &title_repeated::LINT,
    &logic_repeated::LINT,
    &related_unknown::LINT,
    &reference_unknown::LINT,
    &reference_ambiguous::LINT,
    &reference_circle::LINT,
    &filter_reference_unknown::LINT,
    &file_name_repeated::LINT,
];
