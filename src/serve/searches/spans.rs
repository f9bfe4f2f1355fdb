//! Times and intervals in searches.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sigmalert_runtime::{parse_time, time_of};
use sigmalert_support::units::{DAY, HOUR, TimeUnit};

/// As many buckets as Elasticsearch makes for one search (`search.max_buckets`).
pub(in crate::serve) const MAX_BUCKETS: usize = 65_535;

/// Parses a bound of a time range: `now-15m`, `2026-01-31T12:00:00Z||+5m`, ISO 8601, milliseconds.
pub(in crate::serve) fn bound(value: &Value, now: Timestamp) -> Option<Timestamp> {
    let Some(text) = value.as_str() else { return time_of(value) };
    // Date math is added to now, or to a date before `||`.
    let (mut at, mut rest) = match (text.strip_prefix("now"), text.split_once("||")) {
        (Some(rest), _) => (now, rest),
        (None, Some((date, rest))) => (parse_time(date).ok()?, rest),
        (None, None) => return parse_time(text).ok(),
    };
    while !rest.is_empty() {
        let sign = match rest.as_bytes()[0] {
            b'+' => 1,
            b'-' => -1,
            // What is rounded (`now/d`) is not understood.
            _ => return None,
        };
        let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        let n: i64 = rest[1..=digits].parse().ok()?;
        let seconds = match &rest[1 + digits..] {
            r if r.starts_with('H') => HOUR,
            r if r.starts_with('M') => 30 * DAY,
            r if r.starts_with('y') => 365 * DAY,
            r => TimeUnit::by_symbol(r.get(..1)?)?.seconds(),
        };
        let seconds = i64::try_from(seconds).ok()?;
        at = at.checked_add(SignedDuration::from_secs(n.checked_mul(seconds)?.checked_mul(sign)?)).ok()?;
        rest = &rest[digits + 2..];
    }
    Some(at)
}

/// A span such as `15m`, or a calendar's such as `day`.
pub(in crate::serve) fn milliseconds(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let n: i64 = if digits == 0 { 1 } else { text[..digits].parse().ok()? };
    let unit = &text[digits..];
    // Elasticsearch's calendar has no milliseconds by name.
    let unit = TimeUnit::by_symbol(unit).or_else(|| TimeUnit::by_singular(unit).filter(|u| u.symbol != "ms"))?;
    n.checked_mul(i64::from(unit.milliseconds)).filter(|m| *m > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bounds() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let at = |v: Value| bound(&v, now).map(|t| t.to_string());
        assert_eq!(at(json!("now-1d")).as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(at(json!("now-15m+30s")).as_deref(), Some("2026-01-01T23:45:30Z"));
        assert_eq!(at(json!("2026-01-01T00:00:00.000Z||+5m")).as_deref(), Some("2026-01-01T00:05:00Z"));
        assert_eq!(at(json!("2026-01-01")).as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(at(json!(1_767_312_000_000_i64)).as_deref(), Some("2026-01-02T00:00:00Z"));
        for bad in ["now-", "now-1", "now-1q", "now-99999999999999999999s", "tomorrow", "now-1é", "||", "x||+1m", "2026-01-01||/d"] {
            assert_eq!(at(json!(bad)), None, "{bad}");
        }
    }
}
