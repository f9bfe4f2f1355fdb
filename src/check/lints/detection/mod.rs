//! Selections and their values: `SG4`.

pub(in crate::check) mod all_of_one;
pub(in crate::check) mod all_without_contains;
pub(in crate::check) mod base64offset_whole;
pub(in crate::check) mod contradiction;
pub(in crate::check) mod control_character;
pub(in crate::check) mod double_wildcard;
pub(in crate::check) mod escaped_wildcard;
pub(in crate::check) mod field_case;
pub(in crate::check) mod field_has_space;
pub(in crate::check) mod field_unknown;
pub(in crate::check) mod hash_unfit;
pub(in crate::check) mod leading_wildcard;
pub(in crate::check) mod localised_user;
pub(in crate::check) mod map_repeated;
pub(in crate::check) mod missing;
pub(in crate::check) mod modifier_unfit;
pub(in crate::check) mod null_in_list;
pub(in crate::check) mod number_as_text;
pub(in crate::check) mod regex_plain;
pub(in crate::check) mod regex_too_large;
pub(in crate::check) mod regex_unsupported;
pub(in crate::check) mod selection_unfit;
pub(in crate::check) mod single_backslash_share;
pub(in crate::check) mod single_item_list;
pub(in crate::check) mod unused_selection;
pub(in crate::check) mod value_covered;
pub(in crate::check) mod value_repeated;
pub(in crate::check) mod value_unfit;
pub(in crate::check) mod wildcard_only;
pub(in crate::check) mod wildcards_for_modifier;
pub(in crate::check) mod windash_with_all;

use crate::check::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 31] = [
    &missing::LINT,
    &selection_unfit::LINT,
    &modifier_unfit::LINT,
    &value_unfit::LINT,
    &regex_unsupported::LINT,
    &unused_selection::LINT,
    &single_item_list::LINT,
    &value_repeated::LINT,
    &value_covered::LINT,
    &wildcard_only::LINT,
    &null_in_list::LINT,
    &all_of_one::LINT,
    &all_without_contains::LINT,
    &base64offset_whole::LINT,
    &windash_with_all::LINT,
    &regex_plain::LINT,
    &regex_too_large::LINT,
    &double_wildcard::LINT,
    &number_as_text::LINT,
    &control_character::LINT,
    &wildcards_for_modifier::LINT,
    &escaped_wildcard::LINT,
    &single_backslash_share::LINT,
    &field_has_space::LINT,
    &field_case::LINT,
    &field_unknown::LINT,
    &localised_user::LINT,
    &hash_unfit::LINT,
    &contradiction::LINT,
    &map_repeated::LINT,
    &leading_wildcard::LINT,
];
