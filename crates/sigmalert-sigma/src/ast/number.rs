//! Numbers as rules write them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A number: whole, or a fraction. `4.0` is the whole number 4.
#[derive(Debug, Clone, Copy)]
pub struct Number(Repr);

#[derive(Debug, Clone, Copy)]
enum Repr {
    Int(i128),
    /// Finite and not whole, or too large for the other form.
    Float(f64),
}

impl Number {
    /// A number from a float; nothing for infinities and not-a-number.
    pub fn from_f64(f: f64) -> Option<Self> {
        if !f.is_finite() {
            return None;
        }
        // 2^100 is far above any whole number that a rule or an index holds, and exact in both forms.
        #[allow(clippy::cast_possible_truncation, reason = "whole and in range by the test before")]
        Some(Self(if f.fract() == 0.0 && f.abs() < 1.2e30 { Repr::Int(f as i128) } else { Repr::Float(f) }))
    }

    /// Reads decimal text such as `42`, `-7`, `4.0` or `1e3`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.bytes().next()?.is_ascii_digit() {
            return None;
        }
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().map(|i| Self(Repr::Int(i)));
        }
        if !digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) {
            return None;
        }
        text.parse().ok().and_then(Self::from_f64)
    }

    /// The whole number, when it is one.
    pub fn as_int(self) -> Option<i128> {
        match self.0 {
            Repr::Int(i) => Some(i),
            Repr::Float(_) => None,
        }
    }

    /// The nearest float.
    pub fn as_f64(self) -> f64 {
        match self.0 {
            #[allow(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
            Repr::Int(i) => i as f64,
            Repr::Float(f) => f,
        }
    }

    /// The number as JSON.
    pub fn to_json(self) -> serde_json::Value {
        match self.0 {
            Repr::Int(i) => {
                i64::try_from(i).map(Into::into).or_else(|_| u64::try_from(i).map(Into::into)).unwrap_or_else(|_| self.as_f64().into())
            }
            Repr::Float(f) => f.into(),
        }
    }
}

impl From<i128> for Number {
    fn from(i: i128) -> Self {
        Self(Repr::Int(i))
    }
}

impl From<i64> for Number {
    fn from(i: i64) -> Self {
        Self(Repr::Int(i.into()))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0, other.0) {
            (Repr::Int(a), Repr::Int(b)) => a.cmp(&b),
            // Neither is NaN, by construction. Equal floats of an Int and a Float differ in the fraction that
            // the float form lost, so they are distinguished by form.
            _ => self.as_f64().total_cmp(&other.as_f64()).then_with(|| self.as_int().is_none().cmp(&other.as_int().is_none())),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Repr::Int(i) => i.hash(state),
            Repr::Float(f) => f.to_bits().hash(state),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Int(i) => write!(f, "{i}"),
            Repr::Float(x) => write!(f, "{x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading() {
        assert_eq!(Number::parse("4.0"), Some(4i64.into()));
        assert_eq!(Number::parse("-1.5").map(Number::as_f64), Some(-1.5));
        assert_eq!(Number::parse("1e3"), Some(1000i64.into()));
        for bad in ["", "-", "abc", "1x", "0x10", "inf", "nan", ".5", "+5", " 5", "1 "] {
            assert_eq!(Number::parse(bad), None, "{bad}");
        }
        assert!(Number::parse("1.5").unwrap() > Number::from(1i64));
        assert_eq!(Number::parse("0.25").unwrap().to_string(), "0.25");
    }
}
