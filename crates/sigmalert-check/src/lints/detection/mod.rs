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

use crate::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 31] = [
    &missing::LINT,
    &invalid_selection::LINT,
    &invalid_modifier::LINT,
    &invalid_value::LINT,
    &regex_unsupported::LINT,
    &unused_selection::LINT,
    &single_item_list::LINT,
    &duplicate_value::LINT,
    &subsumed_value::LINT,
    &wildcard_only::LINT,
    &null_in_list::LINT,
    &all_with_single_value::LINT,
    &all_without_contains::LINT,
    &base64offset_without_contains::LINT,
    &windash_with_all::LINT,
    &unnecessary_regex::LINT,
    &regex_too_large::LINT,
    &double_wildcard::LINT,
    &quoted_number::LINT,
    &control_character::LINT,
    &wildcards_for_modifier::LINT,
    &escaped_wildcard::LINT,
    &single_backslash_share::LINT,
    &field_has_space::LINT,
    &field_case::LINT,
    &field_unknown::LINT,
    &localised_user::LINT,
    &invalid_hash::LINT,
    &contradiction::LINT,
    &duplicate_selection::LINT,
    &leading_wildcard::LINT,
];
