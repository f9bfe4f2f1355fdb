//! SG415: `windash` is combined with `all`.

use crate::prelude::*;

/// `windash` is combined with `all`.
pub(crate) static LINT: Lint = Lint {
    code: "SG415",
    name: "windash-with-all",
    severity: Severity::Info,
    what: "`windash` is combined with `all`.",
    why: "sigmalert matches any dash variant of each value, as intended; pySigma requires all variants of all values, which never match.",
    bad: "detection:
    selection:
        CommandLine|contains|windash|all:
            - ' -a'
            - ' -b'
    condition: selection
",
    good: "detection:
    selection_a:
        CommandLine|contains|windash: ' -a'
    selection_b:
        CommandLine|contains|windash: ' -b'
    condition: all of selection_*
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.modifiers.contains(&Modifier::Windash) && item.modifiers.contains(&Modifier::All) {
        out.at(item.pos, "in other tools `windash` with `all` never matches")
            .help("write a selection for each value, and combine them with `all of`");
    }
}
