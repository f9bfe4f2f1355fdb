//! What a rule says of itself: `SG1`.

pub(crate) mod author_missing;
pub(crate) mod date_invalid;
pub(crate) mod date_missing;
pub(crate) mod date_slashes;
pub(crate) mod deprecated_fields;
pub(crate) mod deprecated_without_replacement;
pub(crate) mod description_link;
pub(crate) mod description_missing;
pub(crate) mod description_short;
pub(crate) mod duplicate_entry;
pub(crate) mod duplicate_reference;
pub(crate) mod entry_too_short;
pub(crate) mod falsepositives_banned;
pub(crate) mod falsepositives_case;
pub(crate) mod falsepositives_missing;
pub(crate) mod falsepositives_typo;
pub(crate) mod id_invalid;
pub(crate) mod id_missing;
pub(crate) mod level_invalid;
pub(crate) mod level_missing;
pub(crate) mod modified_before_date;
pub(crate) mod modified_redundant;
pub(crate) mod modified_without_date;
pub(crate) mod references_branch;
pub(crate) mod references_missing;
pub(crate) mod references_mitre;
pub(crate) mod references_not_a_link;
pub(crate) mod related_id;
pub(crate) mod related_incomplete;
pub(crate) mod related_to_itself;
pub(crate) mod related_type;
pub(crate) mod status_folder_mismatch;
pub(crate) mod status_invalid;
pub(crate) mod status_missing;
pub(crate) mod status_too_high;
pub(crate) mod taxonomy;
pub(crate) mod text_too_long;
pub(crate) mod title_case;
pub(crate) mod title_ends_with_dot;
pub(crate) mod title_length;
pub(crate) mod title_missing;
pub(crate) mod title_starts_with_detects;

use crate::prelude::*;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 42] = [
    &title_missing::LINT,
    &title_length::LINT,
    &title_case::LINT,
    &title_ends_with_dot::LINT,
    &title_starts_with_detects::LINT,
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
    &duplicate_reference::LINT,
    &references_mitre::LINT,
    &references_branch::LINT,
    &references_not_a_link::LINT,
    &falsepositives_missing::LINT,
    &falsepositives_banned::LINT,
    &falsepositives_case::LINT,
    &falsepositives_typo::LINT,
    &entry_too_short::LINT,
    &duplicate_entry::LINT,
    &related_type::LINT,
    &related_id::LINT,
    &related_incomplete::LINT,
    &deprecated_without_replacement::LINT,
    &status_folder_mismatch::LINT,
    &deprecated_fields::LINT,
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
