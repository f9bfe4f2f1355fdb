//! Lengths of time, with the unit they are written in.

use crate::options::milliseconds;
use sigmalert_sigma::yaml::Value;
use sigmalert_sigma::{TimeUnit, Timespan};
use sigmalert_support::units::{DAY, HOUR, MINUTE, WEEK};
use std::fmt;
use std::time::Duration;

/// A length of time that remembers its unit, so that `60m` in a Sigma rule is `minutes: 60` in its rule file.
///
/// Two spans are equal if they are equally long.
#[derive(Clone, Copy)]
pub struct Span {
    duration: Duration,
    unit: Option<TimeUnit>,
}

impl Span {
    /// Returns its length.
    pub fn duration(self) -> Duration {
        self.duration
    }

    /// Returns the option that ElastAlert and Praeco read: one unit with its count. Months and years become days, rounded up.
    pub fn to_value(self) -> Value {
        let seconds = self.duration.as_secs();
        let count = |unit: &str, each: u64| Value::Map(vec![(unit.to_owned(), seconds.div_ceil(each).into())]);
        match self.unit {
            Some(TimeUnit::Seconds) => count("seconds", 1),
            Some(TimeUnit::Minutes) => count("minutes", MINUTE),
            Some(TimeUnit::Hours) => count("hours", HOUR),
            Some(TimeUnit::Days | TimeUnit::Months | TimeUnit::Years) => count("days", DAY),
            Some(TimeUnit::Weeks) => count("weeks", WEEK),
            None if self.duration.subsec_nanos() > 0 => {
                Value::Map(vec![("milliseconds".to_owned(), Value::Float(self.duration.as_secs_f64() * 1000.0))])
            }
            None => {
                let (unit, each) = [("days", DAY), ("hours", HOUR), ("minutes", MINUTE)]
                    .into_iter()
                    .find(|(_, each)| seconds > 0 && seconds.is_multiple_of(*each))
                    .unwrap_or(("seconds", 1));
                count(unit, each)
            }
        }
    }

    /// Parses the value of an option. Returns `None` if it is not a mapping of units to numbers, or not a positive length.
    pub fn from_value(value: &Value) -> Option<Self> {
        Duration::try_from_secs_f64(milliseconds(value)? / 1000.0).ok().map(Self::from)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.duration.fmt(f)
    }
}

impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        self.duration == other.duration
    }
}

impl Eq for Span {}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self { duration, unit: None }
    }
}

impl From<Timespan> for Span {
    fn from(t: Timespan) -> Self {
        Self { duration: Duration::from_secs(t.seconds()), unit: Some(t.unit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_kept() {
        let written = |count, unit| serde_json::Value::from(Span::from(Timespan { count, unit }).to_value()).to_string();
        assert_eq!(written(90, TimeUnit::Minutes), r#"{"minutes":90}"#);
        assert_eq!(written(60, TimeUnit::Minutes), r#"{"minutes":60}"#);
        assert_eq!(written(2, TimeUnit::Weeks), r#"{"weeks":2}"#);
        assert_eq!(written(1, TimeUnit::Months), r#"{"days":31}"#);
        assert_eq!(written(0, TimeUnit::Hours), r#"{"hours":0}"#);
        for seconds in [0, 1, 60, 90, 3_600, 86_400] {
            let span = Span::from(Duration::from_secs(seconds));
            assert_eq!(Span::from_value(&span.to_value()), Some(span));
        }
    }
}
