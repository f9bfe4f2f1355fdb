//! SG103: A word of the title is not capitalized.

use crate::prelude::*;

/// A word of the title is not capitalized.
pub(crate) static LINT: Lint = Lint {
    code: "SG103",
    name: "title-case",
    severity: Severity::Info,
    what: "A word of the title is not capitalized.",
    why: r#"SigmaHQ's convention, "Titles": titles are in title case."#,
    bad: "title: Whoami execution
",
    good: "title: Whoami Execution
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

const SMALL: [&str; 28] = [
    "a", "an", "and", "as", "at", "by", "during", "for", "from", "if", "in", "into", "is", "new", "nor", "not", "of", "on", "or", "over",
    "per", "the", "through", "to", "via", "vs", "with", "without",
];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    let Some((title, pos)) = d.text("title") else { return };
    let odd: Vec<&str> = title
        .split(' ')
        .filter(|w| {
            let plain = w.chars().all(|c| c.is_alphabetic() || c == '-') && w.chars().any(char::is_lowercase);
            plain && !w.chars().any(char::is_uppercase) && !SMALL.contains(w)
        })
        .collect();
    if !odd.is_empty() {
        out.at(pos, format!("not capitalized: {}", odd.join(", ")));
    }
}
