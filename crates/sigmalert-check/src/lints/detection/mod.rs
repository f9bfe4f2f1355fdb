//! Selections and their values: `SG4`.

pub(crate) mod all_of_one;
pub(crate) mod all_without_contains;
pub(crate) mod base64offset_whole;
pub(crate) mod contradiction;
pub(crate) mod control_character;
pub(crate) mod double_wildcard;
pub(crate) mod escaped_wildcard;
pub(crate) mod field_case;
pub(crate) mod field_has_space;
pub(crate) mod field_unknown;
pub(crate) mod hash_unfit;
pub(crate) mod leading_wildcard;
pub(crate) mod localised_user;
pub(crate) mod map_repeated;
pub(crate) mod missing;
pub(crate) mod modifier_unfit;
pub(crate) mod null_in_list;
pub(crate) mod number_as_text;
pub(crate) mod regex_plain;
pub(crate) mod regex_too_large;
pub(crate) mod regex_unsupported;
pub(crate) mod selection_unfit;
pub(crate) mod single_backslash_share;
pub(crate) mod single_item_list;
pub(crate) mod unused_selection;
pub(crate) mod value_covered;
pub(crate) mod value_repeated;
pub(crate) mod value_unfit;
pub(crate) mod wildcard_only;
pub(crate) mod wildcards_for_modifier;
pub(crate) mod windash_with_all;

use crate::lint::Lint;

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
