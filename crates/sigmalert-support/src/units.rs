//! Units of time of fixed length.

/// Seconds of a minute.
pub const MINUTE: u64 = 60;
/// Seconds of an hour.
pub const HOUR: u64 = 60 * MINUTE;
/// Seconds of a day.
pub const DAY: u64 = 24 * HOUR;
/// Seconds of a week.
pub const WEEK: u64 = 7 * DAY;

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeUnit {
    /// As in `15m`.
    pub symbol: &'static str,
    /// As in `1 minute`.
    pub singular: &'static str,
    /// As in `minutes: 15`.
    pub plural: &'static str,
    /// Length in milliseconds.
    pub milliseconds: u32,
}

/// All units, from the shortest to the longest.
pub const UNITS: [TimeUnit; 6] = [
    TimeUnit { symbol: "ms", singular: "millisecond", plural: "milliseconds", milliseconds: 1 },
    TimeUnit { symbol: "s", singular: "second", plural: "seconds", milliseconds: 1_000 },
    TimeUnit { symbol: "m", singular: "minute", plural: "minutes", milliseconds: 60_000 },
    TimeUnit { symbol: "h", singular: "hour", plural: "hours", milliseconds: 3_600_000 },
    TimeUnit { symbol: "d", singular: "day", plural: "days", milliseconds: 86_400_000 },
    TimeUnit { symbol: "w", singular: "week", plural: "weeks", milliseconds: 604_800_000 },
];

impl TimeUnit {
    /// Returns the unit with a symbol.
    pub fn by_symbol(symbol: &str) -> Option<Self> {
        UNITS.into_iter().find(|u| u.symbol == symbol)
    }

    /// Returns the unit with a name in the singular.
    pub fn by_singular(name: &str) -> Option<Self> {
        UNITS.into_iter().find(|u| u.singular == name)
    }

    /// Returns the unit with a name in the plural.
    pub fn by_plural(name: &str) -> Option<Self> {
        UNITS.into_iter().find(|u| u.plural == name)
    }

    /// Length in whole seconds; zero for milliseconds.
    pub fn seconds(self) -> u64 {
        u64::from(self.milliseconds / 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_agree_with_the_constants() {
        let seconds: Vec<u64> = UNITS.iter().map(|u| u.seconds()).collect();
        assert_eq!(seconds, [0, 1, MINUTE, HOUR, DAY, WEEK]);
        assert_eq!(TimeUnit::by_symbol("h"), TimeUnit::by_singular("hour"));
        assert_eq!(TimeUnit::by_symbol("h"), TimeUnit::by_plural("hours"));
        assert_eq!(TimeUnit::by_symbol("hours"), None);
    }
}
