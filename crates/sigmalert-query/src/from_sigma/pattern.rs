//! Wildcards and backslashes in Sigma's values.

use crate::{Case, Part, Pattern};

/// Reads a Sigma string (specification, "Escaping"): `*` is any run, `?` any one character; a backslash before
/// `*`, `?` or a backslash makes that character plain; any other backslash is itself.
pub fn pattern(text: &str, case: Case) -> Pattern {
    if !text.contains(['*', '?', '\\']) {
        return Pattern::literal(text, case);
    }
    let mut parts = Vec::new();
    let mut literal = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => literal.push(chars.next_if(|n| matches!(n, '*' | '?' | '\\')).unwrap_or('\\')),
            '*' | '?' => {
                parts.push(Part::Lit(std::mem::take(&mut literal)));
                parts.push(if c == '*' { Part::Any } else { Part::One });
            }
            c => literal.push(c),
        }
    }
    parts.push(Part::Lit(literal));
    Pattern::new(parts, case)
}
