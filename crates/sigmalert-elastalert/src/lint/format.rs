//! Texts in Python's format syntax and the arguments they refer to.

use std::fmt;

/// An error in Python's format syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatError {
    /// A `{` that is not closed.
    Open,
    /// A `}` alone.
    Close,
    /// `{}` and `{0}` in one text.
    Mixed,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "has an unclosed `{`; write a literal brace as `{{`",
            Self::Close => "has an unmatched `}`; write a literal brace as `}}`",
            Self::Mixed => "mixes `{}` with numbered placeholders such as `{0}`",
        })
    }
}

/// Returns the placeholders of a text: `0` for `{}` and `{0}`, `name` for `{name}`.
///
/// # Errors
/// If Python rejects the text.
pub fn fields(text: &str) -> Result<Vec<String>, FormatError> {
    let mut out = Vec::new();
    let (mut automatic, mut numbered) = (0, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' if chars.peek() == Some(&'{') => _ = chars.next(),
            '}' if chars.peek() == Some(&'}') => _ = chars.next(),
            '}' => return Err(FormatError::Close),
            '{' => {
                let (mut name, mut depth, mut in_name) = (String::new(), 1, true);
                for c in chars.by_ref() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                    in_name &= !matches!(c, ':' | '!' | '.' | '[');
                    if in_name {
                        name.push(c);
                    }
                }
                if depth > 0 {
                    return Err(FormatError::Open);
                }
                if name.is_empty() {
                    name = automatic.to_string();
                    automatic += 1;
                } else if name.bytes().all(|b| b.is_ascii_digit()) {
                    numbered = true;
                }
                if automatic > 0 && numbered {
                    return Err(FormatError::Mixed);
                }
                out.push(name);
            }
            _ => {}
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let of = |t: &str| fields(t).map(|v| v.join(" "));
        assert_eq!(of("a {} b {} {{c}}"), Ok("0 1".into()));
        assert_eq!(of("{0} {2:.3f} {name!r} {1[x]} {3.y} {0:{1}}"), Ok("0 2 name 1 3 0".into()));
        assert_eq!(of("{} {0}"), Err(FormatError::Mixed));
        assert_eq!(of("{"), Err(FormatError::Open));
        assert_eq!(of("a}"), Err(FormatError::Close));
    }
}
