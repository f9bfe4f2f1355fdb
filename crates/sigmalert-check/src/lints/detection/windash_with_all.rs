//! SG415: `windash` stands beside `all`.

use crate::prelude::*;

/// `windash` stands beside `all`.
pub(crate) static LINT: Lint = Lint {
    code: "SG415",
    name: "windash-with-all",
    severity: Severity::Info,
    what: "`windash` stands beside `all`.",
    why: "sigmalert reads each value in any of its forms, as is meant; pySigma asks for all forms of all values at once, which never match.",
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
    check: Check::Item(check),
    ..BASE
};

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.modifiers.contains(&Modifier::Windash) && item.modifiers.contains(&Modifier::All) {
        out.at(item.pos, "other tools read `windash` with `all` so that it never matches")
            .help("make a selection of each value, and ask for all of them");
    }
}
