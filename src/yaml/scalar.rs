//! Resolution of plain scalars by the core schema of YAML 1.2 (specification section 10.3.2).

use std::borrow::Cow;

/// A resolved scalar. Numbers and booleans keep the text they were written as.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool, Cow<'a, str>),
    /// A whole number, decimal, `0o17` or `0x1f`, that fits 128 bits.
    Int(i128, Cow<'a, str>),
    /// Any other number.
    Float(f64, Cow<'a, str>),
    /// Text.
    Str(Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    /// Resolves a plain (unquoted) scalar.
    pub(super) fn plain(text: Cow<'a, str>) -> Self {
        // Most scalars of a rule are words: one look at the first byte rules everything else out.
        match text.as_bytes().first() {
            None => return Self::Null,
            Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F') => {}
            Some(_) => return Self::Str(text),
        }
        match text.as_ref() {
            "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" => Self::Bool(true, text),
            "false" | "False" | "FALSE" => Self::Bool(false, text),
            t => {
                if let Some(i) = integer(t) {
                    Self::Int(i, text)
                } else if let Some(f) = float(t) {
                    Self::Float(f, text)
                } else {
                    Self::Str(text)
                }
            }
        }
    }

    /// The text of the scalar as it was written; nothing for null.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Bool(_, t) | Self::Int(_, t) | Self::Float(_, t) | Self::Str(t) => Some(t),
        }
    }

    /// What kind of scalar this is, in words for messages.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(..) => "a boolean",
            Self::Int(..) | Self::Float(..) => "a number",
            Self::Str(_) => "text",
        }
    }
}

fn integer(t: &str) -> Option<i128> {
    if let Some(o) = t.strip_prefix("0o") {
        return (!o.is_empty() && o.bytes().all(|b| (b'0'..=b'7').contains(&b))).then(|| i128::from_str_radix(o, 8).ok())?;
    }
    if let Some(h) = t.strip_prefix("0x") {
        return (!h.is_empty() && h.bytes().all(|b| b.is_ascii_hexdigit())).then(|| i128::from_str_radix(h, 16).ok())?;
    }
    let digits = t.strip_prefix(['-', '+']).unwrap_or(t);
    (!digits.is_empty() && !is_padded(digits) && digits.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse().ok())?
}

/// `007`: YAML 1.1 and 1.2 take it for different numbers, and who writes it means the text.
fn is_padded(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'0', b'0'..=b'9', ..])
}

fn float(t: &str) -> Option<f64> {
    let digits = t.strip_prefix(['-', '+']).unwrap_or(t);
    match digits {
        ".inf" | ".Inf" | ".INF" => return Some(if t.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        ".nan" | ".NaN" | ".NAN" => return (digits.len() == t.len()).then_some(f64::NAN),
        _ => {}
    }
    if is_padded(digits) {
        return None;
    }
    // Rust reads more than YAML does (`inf`, `nan`, `1e`): only digits, one dot and an exponent pass.
    let mut bytes = digits.bytes().peekable();
    let (mut whole, mut part, mut dot) = (0, 0, false);
    while let Some(b) = bytes.next_if(|b| b.is_ascii_digit() || *b == b'.') {
        match b {
            b'.' if dot => return None,
            b'.' => dot = true,
            _ if dot => part += 1,
            _ => whole += 1,
        }
    }
    if whole + part == 0 {
        return None;
    }
    if bytes.next_if(|b| matches!(b, b'e' | b'E')).is_some() {
        bytes.next_if(|b| matches!(b, b'-' | b'+'));
        bytes.peek()?;
        if !bytes.all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    bytes.next().is_none().then(|| t.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(t: &str) -> Scalar<'_> {
        Scalar::plain(t.into())
    }

    #[test]
    fn core_schema() {
        assert_eq!(plain(""), Scalar::Null);
        assert_eq!(plain("~"), Scalar::Null);
        assert_eq!(plain("4688"), Scalar::Int(4688, "4688".into()));
        assert_eq!(plain("-7"), Scalar::Int(-7, "-7".into()));
        assert_eq!(plain("0x1F"), Scalar::Int(31, "0x1F".into()));
        assert_eq!(plain("0o17"), Scalar::Int(15, "0o17".into()));
        assert_eq!(plain("4.0"), Scalar::Float(4.0, "4.0".into()));
        assert_eq!(plain("1e3"), Scalar::Float(1000.0, "1e3".into()));
        assert_eq!(plain(".5"), Scalar::Float(0.5, ".5".into()));
        assert_eq!(plain("True"), Scalar::Bool(true, "True".into()));
        for word in [
            "yes",
            "no",
            "on",
            "off",
            "2024-01-02",
            "1.2.3",
            "1e",
            "inf",
            "nan",
            "-",
            ".",
            "0x",
            "0o9",
            "1_000",
            "+",
            "12:30",
            "5d",
            "007",
            "00.5",
        ] {
            assert_eq!(plain(word), Scalar::Str(word.into()), "{word}");
        }
    }
}
