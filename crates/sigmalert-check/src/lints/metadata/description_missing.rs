//! SG112: The rule has no description.

use crate::prelude::*;

/// The rule has no description.
pub(crate) static LINT: Lint = Lint {
    code: "SG112",
    name: "description-missing",
    severity: Severity::Warning,
    what: "The rule has no description.",
    why: "Whoever handles the alert must know what it means.",
    bad: "-description
",
    good: "description: Detects the execution of whoami.
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.says("description") && !d.is_filter() {
        out.at(d.at(), "there is no `description`").help("say what the rule detects, and why that matters");
    }
}
