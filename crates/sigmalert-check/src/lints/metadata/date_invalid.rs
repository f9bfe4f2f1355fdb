//! SG118: `date` or `modified` is not a valid date.

use crate::prelude::*;

/// `date` or `modified` is not a valid date.
pub(crate) static LINT: Lint = Lint {
    code: "SG118",
    name: "date-invalid",
    severity: Severity::Error,
    what: "`date` or `modified` is not a valid date.",
    why: "The specification's schema and sigma-cli reject the rule.",
    bad: "date: 2024-02-30
",
    good: "date: 2024-05-01
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

/// Parses a date into year, month and day.
pub(crate) fn day(text: &str) -> Option<(u16, u8, u8)> {
    let bytes = text.as_bytes();
    let digits = |r: std::ops::Range<usize>| text.get(r).filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
    if text.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (y, m, d): (u16, u8, u8) = (digits(0..4)?.parse().ok()?, digits(5..7)?.parse().ok()?, digits(8..10)?.parse().ok()?);
    let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let days = match m {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days).contains(&d).then_some((y, m, d))
}

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for key in ["date", "modified"] {
        if let Some((text, pos)) = d.text(key)
            && day(&text.replace('/', "-")).is_none()
        {
            out.at(pos, format!("`{key}: {text}` is not a valid date")).help("write it as YYYY-MM-DD, such as 2024-05-01");
        }
    }
}
