//! What a rule says of itself: `SG1`.

pub(in crate::check) mod author_missing;
pub(in crate::check) mod date_invalid;
pub(in crate::check) mod date_missing;
pub(in crate::check) mod date_slashes;
pub(in crate::check) mod deprecated_alone;
pub(in crate::check) mod description_link;
pub(in crate::check) mod description_missing;
pub(in crate::check) mod description_short;
pub(in crate::check) mod entry_too_short;
pub(in crate::check) mod falsepositives_banned;
pub(in crate::check) mod falsepositives_case;
pub(in crate::check) mod falsepositives_missing;
pub(in crate::check) mod falsepositives_typo;
pub(in crate::check) mod fields_in_use;
pub(in crate::check) mod id_invalid;
pub(in crate::check) mod id_missing;
pub(in crate::check) mod level_invalid;
pub(in crate::check) mod level_missing;
pub(in crate::check) mod list_repeats;
pub(in crate::check) mod modified_before_date;
pub(in crate::check) mod modified_redundant;
pub(in crate::check) mod modified_without_date;
pub(in crate::check) mod references_branch;
pub(in crate::check) mod references_missing;
pub(in crate::check) mod references_mitre;
pub(in crate::check) mod references_not_a_link;
pub(in crate::check) mod references_repeated;
pub(in crate::check) mod related_id;
pub(in crate::check) mod related_incomplete;
pub(in crate::check) mod related_to_itself;
pub(in crate::check) mod related_type;
pub(in crate::check) mod status_invalid;
pub(in crate::check) mod status_missing;
pub(in crate::check) mod status_out_of_place;
pub(in crate::check) mod status_too_high;
pub(in crate::check) mod taxonomy;
pub(in crate::check) mod text_too_long;
pub(in crate::check) mod title_case;
pub(in crate::check) mod title_ends_with_dot;
pub(in crate::check) mod title_length;
pub(in crate::check) mod title_missing;
pub(in crate::check) mod title_says_detects;

use crate::check::prelude::*;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 42] = [
    &title_missing::LINT,
    &title_length::LINT,
    &title_case::LINT,
    &title_ends_with_dot::LINT,
    &title_says_detects::LINT,
    &id_missing::LINT,
    &id_invalid::LINT,
    &status_missing::LINT,
    &status_invalid::LINT,
    &level_missing::LINT,
    &level_invalid::LINT,
    &description_missing::LINT,
    &description_short::LINT,
    &text_too_long::LINT,
    &description_link::LINT,
    &author_missing::LINT,
    &date_missing::LINT,
    &date_invalid::LINT,
    &modified_before_date::LINT,
    &modified_without_date::LINT,
    &modified_redundant::LINT,
    &references_missing::LINT,
    &references_repeated::LINT,
    &references_mitre::LINT,
    &references_branch::LINT,
    &references_not_a_link::LINT,
    &falsepositives_missing::LINT,
    &falsepositives_banned::LINT,
    &falsepositives_case::LINT,
    &falsepositives_typo::LINT,
    &entry_too_short::LINT,
    &list_repeats::LINT,
    &related_type::LINT,
    &related_id::LINT,
    &related_incomplete::LINT,
    &deprecated_alone::LINT,
    &status_out_of_place::LINT,
    &fields_in_use::LINT,
    &taxonomy::LINT,
    &status_too_high::LINT,
    &related_to_itself::LINT,
    &date_slashes::LINT,
];

/// Tells of each text of a list that stands in it already.
pub(super) fn repeated(d: &Doc<'_>, key: &str, out: &mut Sink<'_>) {
    let mut known = std::collections::HashSet::new();
    for (text, pos) in d.list(key) {
        if !known.insert(text) {
            out.at(pos, format!("`{text}` stands twice")).fix(d.drop_item(pos, "Remove the second"));
        }
    }
}
