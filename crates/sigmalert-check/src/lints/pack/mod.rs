//! Findings that involve several rules of a pack: `SG6`.

pub(crate) mod correlation_too_large;
pub(crate) mod cyclic_reference;
pub(crate) mod duplicate_file_name;
pub(crate) mod duplicate_id;
pub(crate) mod duplicate_logic;
pub(crate) mod duplicate_title;
pub(crate) mod filter_reference_unknown;
pub(crate) mod reference_ambiguous;
pub(crate) mod reference_unknown;
pub(crate) mod related_unknown;

use crate::pack::{PackDocument, Reference};
use crate::prelude::*;

/// In the order of their codes.
pub(super) static ALL: [Entry; 10] = [
    duplicate_id::ENTRY,
    duplicate_title::ENTRY,
    duplicate_logic::ENTRY,
    related_unknown::ENTRY,
    reference_unknown::ENTRY,
    reference_ambiguous::ENTRY,
    cyclic_reference::ENTRY,
    filter_reference_unknown::ENTRY,
    duplicate_file_name::ENTRY,
    correlation_too_large::ENTRY,
];

/// Reports values that must be unique in a pack, compared without regard to case.
fn report_duplicates(p: &Pack, what: &str, help: &str, pick: fn(&PackDocument) -> Option<&Reference>, out: &mut PackSink<'_>) {
    for (first, again) in p.duplicates(|e| pick(e).map(|r| r.key.to_lowercase())) {
        let (Some(a), Some(b)) = (pick(first), pick(again)) else { continue };
        // Documents of one file may share a key.
        if a.span == b.span && first.file == again.file {
            continue;
        }
        if let Some(f) = out.at(again.file, b.span, format!("the {what} duplicates that of {}", p.path(first).display())) {
            f.help(help).relate(p.path(first), a.pos(), "first used here");
        }
    }
}
