//! Times: parsed from fields, rendered for queries and for messages.

use super::text::expression::Expression;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sigmalert_elastalert::rule::TimestampForm;
use std::time::Duration;

/// A time some span before another; the first there is where that would be none.
pub(crate) fn before(at: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span).ok().and_then(|s| at.checked_sub(s).ok()).unwrap_or(Timestamp::MIN)
}

/// A time some span after another; the last there is where that would be none.
pub(crate) fn after(at: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span).ok().and_then(|s| at.checked_add(s).ok()).unwrap_or(Timestamp::MAX)
}

/// How far the second is behind the first; nothing when it is not.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// ISO 8601 in UTC, as ElastAlert writes it: milliseconds where they are enough, else microseconds, none where there are none.
pub fn iso(at: Timestamp) -> String {
    let t = at.to_zoned_datetime(TimeZone::UTC);
    let micros = t.subsec_nanosecond() / 1000;
    let seconds = t.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    match micros {
        0 => format!("{seconds}Z"),
        m if m % 1000 == 0 => format!("{seconds}.{:03}Z", m / 1000),
        m => format!("{seconds}.{m:06}Z"),
    }
}

/// Reads ISO 8601; without a zone it is UTC. Numbers are milliseconds since 1970, as an index takes them.
pub fn parse(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(s) => parse_text(s.trim()),
        Value::Number(n) => unix(n.as_f64()? / 1000.0),
        // A field of `fields` comes as a list of one.
        Value::Array(items) => items.first().and_then(parse),
        _ => None,
    }
}

/// The same for a text.
pub(crate) fn parse_text(s: &str) -> Option<Timestamp> {
    if let Ok(t) = s.parse::<Timestamp>() {
        return Some(t);
    }
    if let Ok(t) = s.parse::<DateTime>() {
        return t.to_zoned_datetime(TimeZone::UTC).ok().map(|z| z.timestamp());
    }
    if let Ok(d) = s.parse::<Date>() {
        return d.to_zoned_datetime(TimeZone::UTC).ok().map(|z| z.timestamp());
    }
    jiff::fmt::rfc2822::parse(s).ok().map(|z| z.timestamp())
}

/// Seconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "microseconds of any year fit")]
fn unix(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok()
}

/// How a rule's time field holds time.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    form: TimestampForm,
    /// `timestamp_format_expr`
    written: Option<Expression>,
    /// `timestamp_to_datetime_format_expr`
    read: Option<Expression>,
    /// `query_timezone`
    zone: Option<TimeZone>,
}

impl Form {
    pub fn new(form: TimestampForm, written: Option<&str>, read: Option<&str>, zone: Option<&str>) -> Result<Self, String> {
        let zone = match zone.filter(|z| !z.is_empty()) {
            Some(name) => Some(TimeZone::get(name).map_err(|_| format!("`query_timezone` is `{name}`, which is no time zone"))?),
            None => None,
        };
        let of = |e: Option<&str>| e.map(Expression::parse).transpose();
        Ok(Self { form, written: of(written)?, read: of(read)?, zone })
    }

    /// What a range in a query takes.
    pub fn to_query(&self, at: Timestamp) -> Value {
        match &self.form {
            TimestampForm::Iso => match &self.zone {
                Some(zone) if zone.to_offset(at) != jiff::tz::Offset::UTC => {
                    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string().into()
                }
                _ => iso(at).into(),
            },
            TimestampForm::Unix => at.as_second().into(),
            TimestampForm::UnixMs => at.as_millisecond().into(),
            TimestampForm::Custom(format) => {
                let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
                let text = strftime(at, &zone, format);
                match &self.written {
                    Some(e) => e.apply(&text).into(),
                    None => text.into(),
                }
            }
        }
    }

    /// What a field says.
    pub fn parse(&self, value: &Value) -> Option<Timestamp> {
        let number = |v: &Value| v.as_f64().or_else(|| v.as_str().and_then(|s| s.parse().ok()));
        let value = match value {
            Value::Array(items) => items.first()?,
            v => v,
        };
        match &self.form {
            TimestampForm::Iso => parse(value),
            TimestampForm::Unix => unix(number(value)?),
            TimestampForm::UnixMs => unix(number(value)? / 1000.0),
            TimestampForm::Custom(format) => {
                let text = match value {
                    Value::String(s) => s.clone(),
                    v => v.to_string(),
                };
                let text = self.read.as_ref().map_or_else(|| text.clone(), |e| e.apply(&text));
                strptime(&text, format)
            }
        }
    }

    /// How far times of a query are cut: a start that is cut would be asked for again, and an end never reached.
    pub fn cut(&self, at: Timestamp) -> Timestamp {
        let floor = |unit: i64| {
            let micros = at.as_microsecond();
            Timestamp::from_microsecond(micros - micros.rem_euclid(unit)).unwrap_or(at)
        };
        match &self.form {
            TimestampForm::Unix => floor(1_000_000),
            TimestampForm::UnixMs => floor(1000),
            TimestampForm::Custom(f) if !f.contains("%f") => floor(1_000_000),
            _ => at,
        }
    }
}

/// Python's `strftime`.
pub(crate) fn strftime(at: Timestamp, zone: &TimeZone, format: &str) -> String {
    let format = format.replace("%f", "%6f");
    let zoned = at.to_zoned_datetime(zone.clone());
    jiff::fmt::strtime::format(&format, &zoned).unwrap_or_else(|_| iso(at))
}

/// Python's `strptime`; without a zone it is UTC.
fn strptime(text: &str, format: &str) -> Option<Timestamp> {
    let parsed = jiff::fmt::strtime::parse(format, text).ok()?;
    if let Ok(t) = parsed.to_timestamp() {
        return Some(t);
    }
    let civil = parsed.to_datetime().ok().or_else(|| parsed.to_date().ok().map(|d| d.at(0, 0, 0, 0)))?;
    civil.to_zoned_datetime(TimeZone::UTC).ok().map(|z| z.timestamp())
}

/// A time for people, by default `2014-09-26 12:00 UTC`.
pub(crate) fn pretty(at: Timestamp, local: bool, format: Option<&str>) -> String {
    let zone = if local { TimeZone::system() } else { TimeZone::UTC };
    strftime(at, &zone, format.unwrap_or("%Y-%m-%d %H:%M %Z"))
}

/// The next time of a cron line, in UTC.
pub(crate) fn next_of(cron: &str, after: Timestamp) -> Result<Timestamp, String> {
    let parsed = croner::parser::CronParser::builder()
        .seconds(croner::parser::Seconds::Optional)
        .build()
        .parse(cron)
        .map_err(|e| format!("`{cron}` is no cron line: {e}"))?;
    let from = jiff_cron::Timestamp::from_second(after.as_second()).map_err(|e| e.to_string())?.to_zoned(jiff_cron::tz::TimeZone::UTC);
    let next = parsed.find_next_occurrence(&from, false).map_err(|e| format!("`{cron}` never comes: {e}"))?;
    Timestamp::from_second(next.timestamp().as_second()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        parse_text(text).unwrap()
    }

    #[test]
    fn iso_as_elastalert_writes_it() {
        for (given, written) in [
            ("2014-09-26T12:00:00Z", "2014-09-26T12:00:00Z"),
            ("2014-09-26T12:00:00.120+00:00", "2014-09-26T12:00:00.120Z"),
            ("2014-09-26T14:00:00.123456+02:00", "2014-09-26T12:00:00.123456Z"),
            ("2014-09-26 12:00:00", "2014-09-26T12:00:00Z"),
            ("2014-09-26", "2014-09-26T00:00:00Z"),
        ] {
            assert_eq!(iso(at(given)), written);
        }
    }

    #[test]
    fn forms_of_fields() {
        let t = at("2014-09-26T12:00:00.250Z");
        let form = |f| Form::new(f, None, None, None).unwrap();
        assert_eq!(form(TimestampForm::Unix).to_query(t), json!(1_411_732_800));
        assert_eq!(form(TimestampForm::UnixMs).to_query(t), json!(1_411_732_800_250_i64));
        assert_eq!(form(TimestampForm::UnixMs).parse(&json!("1411732800250")), Some(t));
        let custom = form(TimestampForm::Custom("%Y%m%d %H.%M.%S %f".into()));
        assert_eq!(custom.to_query(t), json!("20140926 12.00.00 250000"));
        assert_eq!(custom.parse(&json!("20140926 12.00.00 250000")), Some(t));
        let berlin = Form::new(TimestampForm::Iso, None, None, Some("Europe/Berlin")).unwrap();
        assert_eq!(berlin.to_query(t), json!("2014-09-26T14:00:00.25+02:00"));
        // Either side of the hour that comes twice.
        assert_eq!(berlin.to_query(at("2026-10-25T00:30:00Z")), json!("2026-10-25T02:30:00+02:00"));
        assert_eq!(berlin.to_query(at("2026-10-25T01:30:00Z")), json!("2026-10-25T02:30:00+01:00"));
    }

    #[test]
    fn cron_lines() {
        let next = |c: &str, t: &str| iso(next_of(c, at(t)).unwrap());
        assert_eq!(next("*/5 * * * *", "2026-01-01T00:00:00Z"), "2026-01-01T00:05:00Z");
        assert_eq!(next("0 8 * * mon", "2026-11-25T09:00:00Z"), "2026-11-30T08:00:00Z");
        assert!(next_of("a b c", at("2026-01-01")).is_err());
    }
}
