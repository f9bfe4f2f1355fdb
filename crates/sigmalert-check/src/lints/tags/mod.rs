//! Tags: `SG2`.

pub(crate) mod attack_underscore;
pub(crate) mod attack_unknown;
pub(crate) mod attack_withdrawn;
pub(crate) mod car_format;
pub(crate) mod case;
pub(crate) mod characters;
pub(crate) mod cve_format;
pub(crate) mod d3fend_format;
pub(crate) mod detection;
pub(crate) mod duplicate;
pub(crate) mod folder_mismatch;
pub(crate) mod format;
pub(crate) mod missing;
pub(crate) mod namespace;
pub(crate) mod stp_format;
pub(crate) mod technique_without_tactic;
pub(crate) mod tlp;
pub(crate) mod tlp_restricted;

use crate::prelude::*;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 18] = [
    &missing::LINT,
    &format::LINT,
    &case::LINT,
    &characters::LINT,
    &namespace::LINT,
    &duplicate::LINT,
    &attack_unknown::LINT,
    &attack_withdrawn::LINT,
    &attack_underscore::LINT,
    &technique_without_tactic::LINT,
    &cve_format::LINT,
    &car_format::LINT,
    &d3fend_format::LINT,
    &stp_format::LINT,
    &tlp::LINT,
    &tlp_restricted::LINT,
    &detection::LINT,
    &folder_mismatch::LINT,
];

/// Tells of each tag of a namespace but the first, where one is all that makes sense.
fn only_one(d: &Doc<'_>, namespace: &str, out: &mut Sink<'_>) {
    if let [(first, ..), others @ ..] = d.tags(namespace).as_slice() {
        for (tag, _, pos) in others {
            out.at(*pos, format!("`{tag}` beside `{first}`")).help("keep one");
        }
    }
}
