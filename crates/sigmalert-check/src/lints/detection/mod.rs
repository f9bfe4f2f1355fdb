//! Selections and their values: `SG4`.

pub(crate) mod all_with_single_value;
pub(crate) mod all_without_contains;
pub(crate) mod base64offset_without_contains;
pub(crate) mod contradiction;
pub(crate) mod control_character;
pub(crate) mod double_wildcard;
pub(crate) mod duplicate_selection;
pub(crate) mod duplicate_value;
pub(crate) mod escaped_wildcard;
pub(crate) mod field_case;
pub(crate) mod field_has_space;
pub(crate) mod field_unknown;
pub(crate) mod invalid_hash;
pub(crate) mod invalid_modifier;
pub(crate) mod invalid_selection;
pub(crate) mod invalid_value;
pub(crate) mod leading_wildcard;
pub(crate) mod localised_user;
pub(crate) mod missing;
pub(crate) mod null_in_list;
pub(crate) mod quoted_number;
pub(crate) mod regex_too_large;
pub(crate) mod regex_unsupported;
pub(crate) mod single_backslash_share;
pub(crate) mod single_item_list;
pub(crate) mod subsumed_value;
pub(crate) mod unnecessary_regex;
pub(crate) mod unused_selection;
pub(crate) mod wildcard_only;
pub(crate) mod wildcards_for_modifier;
pub(crate) mod windash_with_all;

use crate::entry::Entry;

/// In the order of their codes.
pub(super) static ALL: [Entry; 31] = [
    missing::ENTRY,
    invalid_selection::ENTRY,
    invalid_modifier::ENTRY,
    invalid_value::ENTRY,
    regex_unsupported::ENTRY,
    unused_selection::ENTRY,
    single_item_list::ENTRY,
    duplicate_value::ENTRY,
    subsumed_value::ENTRY,
    wildcard_only::ENTRY,
    null_in_list::ENTRY,
    all_with_single_value::ENTRY,
    all_without_contains::ENTRY,
    base64offset_without_contains::ENTRY,
    windash_with_all::ENTRY,
    unnecessary_regex::ENTRY,
    regex_too_large::ENTRY,
    double_wildcard::ENTRY,
    quoted_number::ENTRY,
    control_character::ENTRY,
    wildcards_for_modifier::ENTRY,
    escaped_wildcard::ENTRY,
    single_backslash_share::ENTRY,
    field_has_space::ENTRY,
    field_case::ENTRY,
    field_unknown::ENTRY,
    localised_user::ENTRY,
    invalid_hash::ENTRY,
    contradiction::ENTRY,
    duplicate_selection::ENTRY,
    leading_wildcard::ENTRY,
];
