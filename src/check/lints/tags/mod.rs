//! Tags: `SG2`.

pub(in crate::check) mod attack_underscore;
pub(in crate::check) mod attack_unknown;
pub(in crate::check) mod attack_withdrawn;
pub(in crate::check) mod car_format;
pub(in crate::check) mod case;
pub(in crate::check) mod characters;
pub(in crate::check) mod cve_format;
pub(in crate::check) mod d3fend_format;
pub(in crate::check) mod detection;
pub(in crate::check) mod detection_of_folder;
pub(in crate::check) mod format;
pub(in crate::check) mod missing;
pub(in crate::check) mod namespace;
pub(in crate::check) mod repeated;
pub(in crate::check) mod stp_format;
pub(in crate::check) mod technique_without_tactic;
pub(in crate::check) mod tlp;
pub(in crate::check) mod tlp_closed;

use crate::check::prelude::*;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 18] = [
    &missing::LINT,
    &format::LINT,
    &case::LINT,
    &characters::LINT,
    &namespace::LINT,
    &repeated::LINT,
    &attack_unknown::LINT,
    &attack_withdrawn::LINT,
    &attack_underscore::LINT,
    &technique_without_tactic::LINT,
    &cve_format::LINT,
    &car_format::LINT,
    &d3fend_format::LINT,
    &stp_format::LINT,
    &tlp::LINT,
    &tlp_closed::LINT,
    &detection::LINT,
    &detection_of_folder::LINT,
];

/// Tells of each tag of a namespace but the first, where one is all that makes sense.
fn only_one(d: &Doc<'_>, namespace: &str, out: &mut Sink<'_>) {
    if let [(first, ..), others @ ..] = d.tags(namespace).as_slice() {
        for (tag, _, pos) in others {
            out.at(*pos, format!("`{tag}` beside `{first}`")).help("keep one");
        }
    }
}
