//! SG430: Two selections, or two maps in a list, are identical.

use crate::prelude::*;
use std::collections::hash_map;
use std::collections::{HashMap, HashSet};

/// Two selections, or two maps in a list, are identical.
pub(crate) static LINT: Lint = Lint {
    code: "SG430",
    name: "duplicate-selection",
    aliases: &["map-repeated"],
    severity: Severity::Warning,
    what: "Two selections, or two maps in a list, are identical.",
    why: "The second is redundant; often a different value was intended.",
    bad: r"detection:
    selection:
        - Image|endswith: '\whoami.exe'
        - Image|endswith: '\whoami.exe'
    condition: selection
",
    good: r"detection:
    selection:
        - Image|endswith: '\whoami.exe'
        - OriginalFileName: 'whoami.exe'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

/// Returns the content of a selection without its position.
fn text(s: &Selection) -> String {
    let mut out = String::new();
    for item in s.items() {
        out.push_str(&item.key());
        item.values.iter().for_each(|v| {
            out.push('\0');
            out.push_str(v.text().unwrap_or("\u{1}"));
        });
        out.push('\n');
    }
    out
}

fn check(d: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    let keys = d.detection_keys();
    let mut known: HashMap<_, &str> = HashMap::new();
    for (name, s) in &det.selections {
        if let Selection::Any(inner) = s {
            let mut texts = HashSet::new();
            for one in inner {
                if !texts.insert(text(one)) {
                    let pos = one.items().first().map_or(det.condition_pos, |item| item.pos);
                    out.at(pos, "the list contains an identical map");
                }
            }
        }
        match known.entry((std::mem::discriminant(s), text(s))) {
            hash_map::Entry::Occupied(other) => {
                let pos = keys.get(name.as_str()).copied().unwrap_or(det.condition_pos);
                out.at(pos, format!("`{name}` is identical to `{}`", other.get()));
            }
            hash_map::Entry::Vacant(free) => _ = free.insert(name),
        }
    }
}
