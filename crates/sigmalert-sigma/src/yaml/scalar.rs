//! Resolution of plain scalars: by the core schema of YAML 1.2 (specification section 10.3.2), and by YAML 1.1 as
//! PyYAML does it.

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

    /// Resolves a plain scalar as PyYAML does, which ElastAlert reads its files with: `yes` and `off` are booleans,
    /// `010` is eight, `1:30` is ninety, `1_000` a thousand.
    pub(super) fn plain_yaml11(text: Cow<'a, str>) -> Self {
        match text.as_ref() {
            "" | "~" | "null" | "Null" | "NULL" => return Self::Null,
            "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => return Self::Bool(true, text),
            "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => return Self::Bool(false, text),
            _ => {}
        }
        if !matches!(text.as_bytes().first(), Some(b'0'..=b'9' | b'-' | b'+' | b'.')) {
            return Self::Str(text);
        }
        if let Some(i) = integer11(&text) {
            Self::Int(i, text)
        } else if let Some(f) = float11(&text) {
            Self::Float(f, text)
        } else {
            Self::Str(text)
        }
    }

    /// The text of the scalar as it was written; nothing for null.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Bool(_, t) | Self::Int(_, t) | Self::Float(_, t) | Self::Str(t) => Some(t),
        }
    }

    /// Describes the kind of scalar, for messages.
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

/// The sign, and the rest without the underscores that YAML 1.1 allows between digits.
fn unsigned11(t: &str) -> (bool, String) {
    let (negative, digits) = match t.as_bytes().first() {
        Some(b'-') => (true, &t[1..]),
        Some(b'+') => (false, &t[1..]),
        _ => (false, t),
    };
    (negative, if digits.starts_with('_') { String::new() } else { digits.replace('_', "") })
}

fn integer11(t: &str) -> Option<i128> {
    let (negative, digits) = unsigned11(t);
    let radix = |rest: &str, radix: u32| (!rest.starts_with(['+', '-'])).then(|| i128::from_str_radix(rest, radix).ok()).flatten();
    let value = if let Some(b) = digits.strip_prefix("0b") {
        radix(b, 2)?
    } else if let Some(x) = digits.strip_prefix("0x") {
        radix(x, 16)?
    } else if digits.len() > 1 && digits.starts_with('0') {
        radix(&digits[1..], 8)?
    } else if digits.contains(':') {
        sexagesimal(&digits)?
    } else {
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())??
    };
    Some(if negative { -value } else { value })
}

/// `1:30`: groups to the base of sixty.
fn sexagesimal(digits: &str) -> Option<i128> {
    let mut groups = digits.split(':');
    let first = groups.next()?;
    if first.starts_with('0') || first.is_empty() || !first.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut value: i128 = first.parse().ok()?;
    for g in groups {
        let n: i128 = (matches!(g.len(), 1 | 2) && g.bytes().all(|b| b.is_ascii_digit())).then(|| g.parse().ok())??;
        if n > 59 {
            return None;
        }
        value = value.checked_mul(60)?.checked_add(n)?;
    }
    Some(value)
}

fn float11(t: &str) -> Option<f64> {
    let (_, digits) = unsigned11(t);
    match digits.as_str() {
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN" => return float(t),
        _ => {}
    }
    // A dot is a must, and the exponent has a sign: `1e3` is text to PyYAML.
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits.as_str(), None),
    };
    let (whole, part) = mantissa.split_once('.')?;
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    if exponent.is_some_and(|e| !e.starts_with(['+', '-']) || e.len() < 2 || !all_digits(&e[1..])) {
        return None;
    }
    t.replace('_', "").parse().ok()
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

    /// Measured with PyYAML 6.
    #[test]
    fn as_pyyaml_does() {
        let p = |t: &'static str| Scalar::plain_yaml11(t.into());
        for (t, i) in [("12", 12), ("-1_000", -1000), ("010", 8), ("0x1f", 31), ("0b11", 3), ("1:30", 90), ("190:20:30", 685_230), ("0", 0)]
        {
            assert_eq!(p(t), Scalar::Int(i, t.into()), "{t}");
        }
        for (t, f) in [("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("1.5e+3", 1500.0), ("-1_0.5", -10.5)] {
            assert_eq!(p(t), Scalar::Float(f, t.into()), "{t}");
        }
        for t in ["yes", "On", "TRUE"] {
            assert_eq!(p(t), Scalar::Bool(true, t.into()));
        }
        for t in ["1e3", "1.5e3", "08", "09", "0o17", "+", "-", ".", "_1", "1:99", "y", "n", "=", "2024-01-02"] {
            assert_eq!(p(t), Scalar::Str(t.into()), "{t}");
        }
    }
}
