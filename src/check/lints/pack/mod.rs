//! All rules of a pack together: `SG6`.

pub(in crate::check) mod correlation_too_large;
pub(in crate::check) mod file_name_repeated;
pub(in crate::check) mod filter_reference_unknown;
pub(in crate::check) mod id_repeated;
pub(in crate::check) mod logic_repeated;
pub(in crate::check) mod reference_ambiguous;
pub(in crate::check) mod reference_circle;
pub(in crate::check) mod reference_unknown;
pub(in crate::check) mod related_unknown;
pub(in crate::check) mod title_repeated;

use crate::check::pack::{Entry, Reference};
use crate::check::prelude::*;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 10] = [
    &id_repeated::LINT,
    &title_repeated::LINT,
    &logic_repeated::LINT,
    &related_unknown::LINT,
    &reference_unknown::LINT,
    &reference_ambiguous::LINT,
    &reference_circle::LINT,
    &filter_reference_unknown::LINT,
    &file_name_repeated::LINT,
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
