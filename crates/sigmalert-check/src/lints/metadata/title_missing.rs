//! SG101: The rule has no title.

use crate::prelude::*;

/// The rule has no title.
pub(crate) static LINT: Lint = Lint {
    code: "SG101",
    name: "title-missing",
    severity: Severity::Error,
    what: "The rule has no title.",
    why: "The title is what analysts see in an alert, and the name of the ElastAlert rule.",
    bad: "-title
",
    good: "title: Whoami Execution
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
