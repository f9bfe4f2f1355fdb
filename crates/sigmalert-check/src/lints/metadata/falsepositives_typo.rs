//! SG130: `Unknown`, `Unlikely` or `Legitimate` is misspelt.

use crate::prelude::*;

/// `Unknown`, `Unlikely` or `Legitimate` is misspelt.
pub(crate) static LINT: Lint = Lint {
    code: "SG130",
    name: "falsepositives-typo",
    severity: Severity::Warning,
    what: "`Unknown`, `Unlikely` or `Legitimate` is misspelt.",
    why: "Tools and people search for these words.",
    bad: "falsepositives:
    - Unkown
",
    good: "falsepositives:
    - Unknown
",
    fix: Some("spells it right"),
    check: Check::Document(check),
    ..BASE
};

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
            out.at(pos, format!("`{word}` is misspelt")).fix(d.reword(
                pos,
                text,
                &text.replacen(word, &right, 1),
                &format!("Write `{right}`"),
            ));
            break;
        }
    }
}
