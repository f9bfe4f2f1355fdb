//! Metadata of rules: `SG1`.

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
pub(super) static ALL: [Entry; 42] = [
    title_missing::ENTRY,
    title_length::ENTRY,
    title_case::ENTRY,
    title_ends_with_dot::ENTRY,
    title_starts_with_detects::ENTRY,
    id_missing::ENTRY,
    id_invalid::ENTRY,
    status_missing::ENTRY,
    status_invalid::ENTRY,
    level_missing::ENTRY,
    level_invalid::ENTRY,
    description_missing::ENTRY,
    description_short::ENTRY,
    text_too_long::ENTRY,
    description_link::ENTRY,
    author_missing::ENTRY,
    date_missing::ENTRY,
    date_invalid::ENTRY,
    modified_before_date::ENTRY,
    modified_without_date::ENTRY,
    modified_redundant::ENTRY,
    references_missing::ENTRY,
    duplicate_reference::ENTRY,
    references_mitre::ENTRY,
    references_branch::ENTRY,
    references_not_a_link::ENTRY,
    falsepositives_missing::ENTRY,
    falsepositives_banned::ENTRY,
    falsepositives_case::ENTRY,
    falsepositives_typo::ENTRY,
    entry_too_short::ENTRY,
    duplicate_entry::ENTRY,
    related_type::ENTRY,
    related_id::ENTRY,
    related_incomplete::ENTRY,
    deprecated_without_replacement::ENTRY,
    status_folder_mismatch::ENTRY,
    deprecated_fields::ENTRY,
    taxonomy::ENTRY,
    status_too_high::ENTRY,
    related_to_itself::ENTRY,
    date_slashes::ENTRY,
];

/// Reports each string of a list that occurs before in it.
pub(super) fn report_duplicates(d: &Doc<'_>, key: &str, out: &mut Sink<'_>) {
    let mut texts = std::collections::HashSet::new();
    for (text, pos) in d.list(key) {
        if !texts.insert(text) {
            out.at(pos, format!("`{text}` is duplicated")).fix(d.drop_item(pos, "Remove the duplicate"));
        }
    }
}
