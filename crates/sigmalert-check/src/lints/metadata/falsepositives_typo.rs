//! SG130: `Unknown`, `Unlikely` or `Legitimate` is misspelled.

use crate::prelude::*;

/// `Unknown`, `Unlikely` or `Legitimate` is misspelled.
pub(crate) static LINT: Lint = Lint {
    code: "SG130",
    name: "falsepositives-typo",
    severity: Severity::Warning,
    what: "`Unknown`, `Unlikely` or `Legitimate` is misspelled.",
    why: "Tools and analysts search for these words.",
    bad: "falsepositives:
    - Unkown
",
    good: "falsepositives:
    - Unknown
",
    fix: Some("corrects the spelling"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

const WORDS: [(&str, &str); 8] = [
    ("unkown", "unknown"),
    ("unknwon", "unknown"),
    ("unknow", "unknown"),
    ("unlikley", "unlikely"),
    ("ligitimate", "legitimate"),
    ("legitim", "legitimate"),
    ("legitimeate", "legitimate"),
    ("legimate", "legitimate"),
];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (text, pos) in d.list("falsepositives") {
        for word in text.split(|c: char| !c.is_alphabetic()) {
            let lower = word.to_lowercase();
            let Some((_, right)) = WORDS.iter().find(|(w, _)| *w == lower) else { continue };
            let right = if word.starts_with(char::is_uppercase) {
                format!("{}{}", right[..1].to_uppercase(), &right[1..])
            } else {
                (*right).to_owned()
            };
            out.at(pos, format!("`{word}` is misspelled")).fix(d.reword(
                pos,
                text,
                &text.replacen(word, &right, 1),
                &format!("Write `{right}`"),
            ));
            break;
        }
    }
}
