//! All rules of a pack together: `SG6`.

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

use crate::pack::{Entry, Reference};
use crate::prelude::*;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 10] = [
    &duplicate_id::LINT,
    &duplicate_title::LINT,
    &duplicate_logic::LINT,
    &related_unknown::LINT,
    &reference_unknown::LINT,
    &reference_ambiguous::LINT,
    &cyclic_reference::LINT,
    &filter_reference_unknown::LINT,
    &duplicate_file_name::LINT,
    &correlation_too_large::LINT,
];

/// Tells of what several documents have and only one may; letter case does not count.
fn repeated(p: &Pack, what: &str, help: &str, pick: fn(&Entry) -> Option<&Reference>, out: &mut PackSink<'_>) {
    for (first, again) in p.repeated(|e| pick(e).map(|r| r.key.to_lowercase())) {
        let (Some(a), Some(b)) = (pick(first), pick(again)) else { continue };
        // The documents of one file that share keys have it from one place.
        if a.span == b.span && first.file == again.file {
            continue;
        }
        if let Some(f) = out.at(again.file, b.span, format!("the {what} is that of {}, too", p.path(first).display())) {
            f.help(help).note(p.path(first), a.pos(), "first here");
        }
    }
}
