//! SG101: The rule has no title.

use crate::prelude::*;

/// The rule has no title.
pub(crate) static LINT: Lint = Lint {
    code: "SG101",
    name: "title-missing",
    severity: Severity::Error,
    what: "The rule has no title.",
    why: "The title is what an analyst sees of an alert, and the name of the rule file that ElastAlert loads.",
    bad: "-title
",
    good: "title: Whoami Execution
",
    ..BASE
};
