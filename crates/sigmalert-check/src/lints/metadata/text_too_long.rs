//! SG114: A name or taxonomy is longer than 256 characters, or a description longer than 65,535.

use crate::prelude::*;

/// A name or taxonomy is longer than 256 characters, or a description longer than 65,535.
pub(crate) static LINT: Lint = Lint {
    code: "SG114",
    name: "text-too-long",
    severity: Severity::Warning,
    what: "A name or taxonomy is longer than 256 characters, or a description longer than 65,535.",
    why: "The specification's schema rejects the rule.",
    bad: "name: a_name_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_to_the_end
",
    good: "name: whoami_execution
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (key, most) in [("name", 256), ("taxonomy", 256), ("title", 256), ("description", 65_535)] {
        if let Some((text, pos)) = d.text(key) {
            let length = text.chars().count();
            if length > most {
                out.at(pos, format!("`{key}` has {length} characters, the specification allows {most}"));
            }
        }
    }
}
