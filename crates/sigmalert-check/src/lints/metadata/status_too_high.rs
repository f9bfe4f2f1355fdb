//! SG140: A rule less than 60 days old is already `test` or `stable`.

use super::date_invalid::day;
use crate::prelude::*;

/// A rule less than 60 days old is already `test` or `stable`.
pub(crate) static LINT: Lint = Lint {
    code: "SG140",
    name: "status-too-high",
    severity: Severity::Info,
    default: false,
    what: "A rule less than 60 days old is already `test` or `stable`.",
    why: r#"SigmaHQ's convention, "Status": new rules start as `experimental`. Off by default, because the result depends on the date."#,
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    let (Some((status, pos)), Some((date, _))) = (d.text("status"), d.text("date")) else { return };
    if !["test", "stable"].contains(&status) || d.entry("regression_tests_path").is_some() {
        return;
    }
    let Some((y, m, day)) = day(date) else { return };
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |t| t.as_secs());
    let today = i64::try_from(seconds / 86_400).unwrap_or_default();
    let age = today - days_since_1970(i64::from(y), i64::from(m), i64::from(day));
    if (0..=60).contains(&age) {
        out.at(pos, format!("the rule is {age} days old, but already `{status}`"));
    }
}

/// Days of the Gregorian calendar, counted from the start of March so that the leap day comes last.
fn days_since_1970(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}
