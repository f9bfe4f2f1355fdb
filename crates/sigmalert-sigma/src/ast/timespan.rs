//! Spans of time as Sigma writes them (`timeframe`, `timespan`): `15s`, `30m`, `12h`, `7d`, `2w`, `1M`, `1y`.

use sigmalert_support::units::{DAY, HOUR, MINUTE, WEEK};
use std::fmt;

/// Seconds of a mean Gregorian year.
const YEAR: u64 = 31_556_952;

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timespan {
    /// How many units.
    pub count: u64,
    /// Of which unit.
    pub unit: TimeUnit,
}

/// Unit of a [`Timespan`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// `s`
    Seconds,
    /// `m`
    Minutes,
    /// `h`
    Hours,
    /// `d`
    Days,
    /// `w`
    Weeks,
    /// `M`, a twelfth of a mean Gregorian year.
    Months,
    /// `y`, a mean Gregorian year.
    Years,
}

impl TimeUnit {
    const ALL: [(char, Self, u64); 7] = [
        ('s', Self::Seconds, 1),
        ('m', Self::Minutes, MINUTE),
        ('h', Self::Hours, HOUR),
        ('d', Self::Days, DAY),
        ('w', Self::Weeks, WEEK),
        ('M', Self::Months, YEAR / 12),
        ('y', Self::Years, YEAR),
    ];

    fn row(self) -> (char, Self, u64) {
        Self::ALL.into_iter().find(|(_, u, _)| *u == self).unwrap_or(Self::ALL[0])
    }
}

impl Timespan {
    /// Reads a span; nothing when it is none, or is longer than a century.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let unit = text.chars().last()?;
        let (_, unit, seconds) = TimeUnit::ALL.into_iter().find(|(c, ..)| *c == unit)?;
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let count: u64 = digits.parse().ok()?;
        (count > 0 && count.checked_mul(seconds)? <= 100 * YEAR).then_some(Self { count, unit })
    }

    /// Its length.
    pub fn seconds(self) -> u64 {
        self.count * self.unit.row().2
    }
}

impl fmt::Display for Timespan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.row().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_not_months() {
        assert_eq!(Timespan::parse("30m").map(Timespan::seconds), Some(1800));
        assert_eq!(Timespan::parse("1M").map(Timespan::seconds), Some(2_629_746));
        for bad in ["", "5", "m", "-5m", "5 m", "1.5h", "5x", "0s", "99999999999999999999d", "200y", "٣m"] {
            assert_eq!(Timespan::parse(bad), None, "{bad}");
        }
    }
}
