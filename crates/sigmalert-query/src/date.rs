//! Dates as an index reads them: `strict_date_optional_time||epoch_millis`, the format of a `date` field that names none.

use jiff::civil::date;

/// What a text says as a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// The first and the last millisecond (since 1970) that it stands for: what is left out is filled up from below and
    /// from above.
    Date(i64, i64),
    /// Something that an index may read, and this reader does not: date math, years beyond four digits.
    Unread,
    /// No date.
    No,
}

/// Reads a date.
pub fn read(text: &str) -> Read {
    if text.is_empty() {
        return Read::No;
    }
    if let Some((first, last)) = iso(text) {
        return Read::Date(first, last);
    }
    if text != "-" && text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit()) {
        // Four digits are a year, which was tried before.
        return text.parse().map_or(Read::Unread, |ms| Read::Date(ms, ms));
    }
    // Milliseconds may have a fraction, which the index drops.
    if let Some((whole, part)) = text.split_once('.')
        && !part.is_empty()
        && part.bytes().all(|b| b.is_ascii_digit())
        && whole.strip_prefix('-').unwrap_or(whole).bytes().all(|b| b.is_ascii_digit())
        && let Ok(ms) = whole.parse()
    {
        return Read::Date(ms, ms);
    }
    // Date math, years with a sign, and times in a form of their own.
    let signed = text.starts_with(['-', '+']) && text[1..].starts_with(|c: char| c.is_ascii_digit());
    let time = text.len() > 10 && text.is_char_boundary(10) && text[10..].starts_with('T') && iso(&text[..10]).is_some();
    if text.starts_with("now") || text.contains("||") || signed || time { Read::Unread } else { Read::No }
}

/// `yyyy[-MM[-dd['T'HH[:mm[:ss[.SSS]]][zone]]]]`
fn iso(text: &str) -> Option<(i64, i64)> {
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    let month = part(&mut rest, "-").ok()?;
    let day = if month.is_some() { part(&mut rest, "-").ok()? } else { None };
    let (mut hour, mut minute, mut second, mut millis) = (None, None, None, None);
    let mut zone = 0;
    if day.is_some() && rest.starts_with('T') {
        hour = part(&mut rest, "T").ok()?;
        minute = part(&mut rest, ":").ok()?;
        second = if minute.is_some() { part(&mut rest, ":").ok()? } else { None };
        if second.is_some() && rest.starts_with(['.', ',']) {
            let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 || digits > 9 {
                return None;
            }
            millis = format!("{:0<3}", &rest[1..=digits])[..3].parse().ok();
            rest = &rest[1 + digits..];
        }
        zone = offset(&mut rest)?;
    }
    if !rest.is_empty() {
        return None;
    }
    let at = |month: i64, day: i64, hour: i64, minute: i64, second: i64, millis: i64| -> Option<i64> {
        let small = |n: i64| i8::try_from(n).ok();
        let day = date(year.try_into().ok()?, 1, 1).with().month(small(month)?).day(small(day)?).build().ok()?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let midnight = jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?.as_millisecond();
        Some(midnight + ((hour * 60 + minute - zone) * 60 + second) * 1000 + millis)
    };
    let (month, day) = (month.unwrap_or(1), day.unwrap_or(1));
    let first = at(month, day, hour.unwrap_or(0), minute.unwrap_or(0), second.unwrap_or(0), millis.unwrap_or(0))?;
    // A month or a day that is missing stays the first one, as the server has it.
    let last = at(month, day, hour.unwrap_or(23), minute.unwrap_or(59), second.unwrap_or(59), millis.unwrap_or(999))?;
    Some((first, last))
}

/// So many digits.
fn number(rest: &mut &str, count: usize) -> Option<i64> {
    let digits = rest.get(..count).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    *rest = &rest[count..];
    digits.parse().ok()
}

/// What is in another form.
struct NoDate;

/// Two digits behind a sign, where it is there.
fn part(rest: &mut &str, sign: &str) -> Result<Option<i64>, NoDate> {
    match rest.strip_prefix(sign) {
        None => Ok(None),
        Some(more) => {
            *rest = more;
            number(rest, 2).map(Some).ok_or(NoDate)
        }
    }
}

/// The minutes that a zone lies before UTC: `Z`, `+01`, `+0100`, `+01:00`, or nothing.
fn offset(rest: &mut &str) -> Option<i64> {
    if let Some(more) = rest.strip_prefix('Z') {
        *rest = more;
        return Some(0);
    }
    let sign = match rest.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        _ => return Some(0),
    };
    *rest = &rest[1..];
    let hours = number(rest, 2)?;
    *rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = if rest.is_empty() { 0 } else { number(rest, 2)? };
    (hours <= 18 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measured on `OpenSearch` 2.19.1 and Elasticsearch 7.10.2.
    #[test]
    fn missing_parts_are_filled_up() {
        let day = 1_704_153_600_000; // 2024-01-02
        assert_eq!(read("2024-01-02"), Read::Date(day, day + 86_400_000 - 1));
        assert_eq!(read("2024-01-02T03"), Read::Date(day + 3 * 3_600_000, day + 4 * 3_600_000 - 1));
        assert_eq!(read("2024-01-02T03:04:05Z"), Read::Date(day + 11_045_000, day + 11_045_999));
        assert_eq!(read("2024-01-02T03:04:05.5+01:00"), Read::Date(day + 7_445_500, day + 7_445_500));
        assert_eq!(read("2024-01"), Read::Date(day - 86_400_000, day - 1));
        assert_eq!(read("2024"), Read::Date(day - 86_400_000, day - 1));
        assert_eq!(read("1704153600000"), Read::Date(day, day));
        assert_eq!(read("1.5"), Read::Date(1, 1));
        for no in ["", "-", "abc", "x2024", "2024-1-2", "2024-01-02 03:04", "2024-13-01", "10.0.0.1"] {
            assert_eq!(read(no), Read::No, "{no}");
        }
        for unread in ["now", "now-1d", "2024-01-02||+1d", "2024-01-02T", "+12024-01-01"] {
            assert_eq!(read(unread), Read::Unread, "{unread}");
        }
    }
}
