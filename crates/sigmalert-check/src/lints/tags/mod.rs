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
pub(super) static ALL: [Entry; 18] = [
    missing::ENTRY,
    format::ENTRY,
    case::ENTRY,
    characters::ENTRY,
    namespace::ENTRY,
    duplicate::ENTRY,
    attack_unknown::ENTRY,
    attack_withdrawn::ENTRY,
    attack_underscore::ENTRY,
    technique_without_tactic::ENTRY,
    cve_format::ENTRY,
    car_format::ENTRY,
    d3fend_format::ENTRY,
    stp_format::ENTRY,
    tlp::ENTRY,
    tlp_restricted::ENTRY,
    detection::ENTRY,
    folder_mismatch::ENTRY,
];

/// Reports each tag of a namespace after the first, for namespaces of which a rule has one tag at most.
fn only_one(d: &Doc<'_>, namespace: &str, out: &mut Sink<'_>) {
    if let [(first, ..), others @ ..] = d.tags(namespace).as_slice() {
        for (tag, _, pos) in others {
            out.at(*pos, format!("`{tag}` conflicts with `{first}`")).help("keep one of them");
        }
    }
}
