//! SG102: The title has more than 120 characters.

use crate::prelude::*;

/// The title has more than 120 characters.
pub(crate) static LINT: Lint = Lint {
    code: "SG102",
    name: "title-length",
    severity: Severity::Warning,
    what: "The title has more than 120 characters.",
    why: "The specification allows 256; SigmaHQ allows 120, which fits an email subject and a ticket title.",
    bad: "title: Execution of the Whoami Program by Somebody Who Wants to Know Which Account They Have Come to Hold After They Got Into the System
",
    good: "title: Whoami Execution
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((title, pos)) = d.text("title") {
        let length = title.chars().count();
        if length > 120 {
            out.at(pos, format!("the title has {length} characters, {} too many", length - 120));
        }
    }
}
