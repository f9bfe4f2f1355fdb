//! Names of indices that are made of dates (`use_strftime_index`).

use crate::rule::RunRule;
use crate::time::strftime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How many names one search may have: beyond, the pattern of all of them is shorter.
const MAX_NAMES: usize = 100;

/// The indices that hold what happened in a time.
pub(crate) fn indices(rule: &RunRule, pattern: &str, start: Timestamp, end: Timestamp) -> String {
    if !rule.rule.use_strftime_index {
        return pattern.to_owned();
    }
    dated(pattern, start, end, rule.options.flag("search_extra_index", false))
}

fn dated(pattern: &str, start: Timestamp, end: Timestamp, extra: bool) -> String {
    let unit = SignedDuration::from_hours(if pattern.contains("%H") { 1 } else { 24 });
    // With an extra index, what was written a unit earlier or later is looked at, too.
    let (mut at, last) =
        if extra { (start.checked_sub(unit).unwrap_or(start), end.checked_add(unit).unwrap_or(end)) } else { (start, end) };
    let mut names: Vec<String> = Vec::new();
    loop {
        let name = strftime(at.min(last), &TimeZone::UTC, pattern);
        if !names.contains(&name) {
            names.push(name);
        }
        if at >= last {
            return names.join(",");
        }
        if names.len() >= MAX_NAMES {
            return wildcard(pattern);
        }
        at = at.checked_add(unit).unwrap_or(last);
    }
}

/// The pattern of all names: what stands from the first `%` to the last is `*`.
fn wildcard(pattern: &str) -> String {
    match (pattern.find('%'), pattern.rfind('%')) {
        (Some(first), Some(last)) => format!("{}*{}", &pattern[..first], pattern.get(last + 2..).unwrap_or_default()),
        _ => pattern.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str, start: &str, end: &str, extra: bool) -> String {
        dated(pattern, start.parse().unwrap(), end.parse().unwrap(), extra)
    }

    #[test]
    fn days_and_hours() {
        assert_eq!(names("l-%Y.%m.%d", "2026-11-24T23:50:00Z", "2026-11-25T00:05:00Z", false), "l-2026.11.24,l-2026.11.25");
        assert_eq!(names("l-%Y.%m.%d", "2026-11-25T00:00:00Z", "2026-11-25T00:30:00Z", false), "l-2026.11.25");
        assert_eq!(names("l-%Y.%m.%d", "2026-11-25T00:00:00Z", "2026-11-25T00:30:00Z", true), "l-2026.11.24,l-2026.11.25,l-2026.11.26");
        assert_eq!(names("l-%Y.%m.%d.%H", "2026-11-25T00:50:00Z", "2026-11-25T01:05:00Z", false), "l-2026.11.25.00,l-2026.11.25.01");
        assert_eq!(names("l-%Y.%m.%d-x", "2020-11-25T00:50:00Z", "2026-11-25T01:05:00Z", false), "l-*-x");
    }
}
