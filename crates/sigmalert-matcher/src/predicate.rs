//! Evaluates one test on one value of a field.

use super::sink::ValueKind;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sigmalert_query::text::Analyzer;
use sigmalert_query::{Case, Comparison, FieldRelation, FieldType, Interval, Number, Part, Pattern, Re, Test, TimePart, date, fold};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::OnceLock;

/// How an index stores the values of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Storage {
    /// Whole values: keywords, and every field in Sigma's semantics.
    Whole,
    /// Numbers.
    Number,
    /// Addresses.
    Address,
    /// Booleans.
    Bool,
    /// Times.
    Time,
    /// Tokens.
    Tokens(Analyzer),
}

impl From<&FieldType> for Storage {
    fn from(kind: &FieldType) -> Self {
        match kind {
            FieldType::Keyword | FieldType::Wildcard => Self::Whole,
            FieldType::Long | FieldType::Double => Self::Number,
            FieldType::Ip => Self::Address,
            FieldType::Boolean => Self::Bool,
            FieldType::Date => Self::Time,
            FieldType::Text(a) => Self::Tokens(a.clone()),
        }
    }
}

/// A test, prepared for evaluation.
#[derive(Debug)]
pub(super) enum Check {
    Exists,
    Pattern(PatternCheck),
    Regex(Box<RegexCheck>),
    Number(Interval),
    /// Decimal text without an exponent, as a script in the index parses it.
    NumericText(Interval),
    Bool(bool),
    Cidr(ipnet::IpNet),
    Field {
        other: u32,
        relation: FieldRelation,
        case: Case,
    },
    Time(TimePart, Comparison, i64),
    Period(Option<i64>, Option<i64>),
    /// A test on all fields, which no single value satisfies: see [`super::anywhere`].
    Anywhere,
    Phrase(Vec<String>, Analyzer),
    Token(Pattern, Analyzer),
}

/// A pattern, split into literals.
#[derive(Debug)]
pub(super) struct PatternCheck {
    pattern: Pattern,
    /// The literals in order, folded unless the pattern is case-sensitive; nothing for patterns with `?`.
    literals: Option<Vec<Vec<u8>>>,
    open_start: bool,
    open_end: bool,
}

/// A regular expression, compiled on first use.
#[derive(Debug)]
pub(super) struct RegexCheck {
    re: Re,
    compiled: OnceLock<Option<regex::Regex>>,
}

/// A value of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'v> {
    pub kind: ValueKind,
    pub text: &'v [u8],
    /// The text with case folded.
    pub folded: &'v [u8],
    /// The name of its field, for tests on all fields.
    pub name: &'v [u8],
}

/// Appends a text with its case folded.
pub(super) fn fold(text: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(text);
    if text.is_ascii() {
        out[start..].make_ascii_lowercase();
        return;
    }
    out.truncate(start);
    for c in as_text(text).chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase() as u8);
        } else {
            out.extend_from_slice(fold::representative(c).encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// Returns the bytes of a value as text. Documents that are not valid UTF-8 never get here.
pub(super) fn as_text(text: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed)
}

pub(super) fn folded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    fold(text.as_bytes(), &mut out);
    out
}

impl PatternCheck {
    pub fn new(pattern: &Pattern) -> Self {
        let parts = pattern.parts();
        let bytes = |t: &str| match pattern.case {
            Case::Sensitive => t.as_bytes().to_vec(),
            Case::Insensitive => folded(t),
        };
        let literals = (!parts.contains(&Part::One)).then(|| pattern.literals().map(bytes).collect());
        Self {
            literals,
            open_start: parts.first() == Some(&Part::Any),
            open_end: parts.last() == Some(&Part::Any),
            pattern: pattern.clone(),
        }
    }

    fn holds(&self, v: Value<'_>) -> bool {
        let text = match self.pattern.case {
            Case::Sensitive => v.text,
            Case::Insensitive => v.folded,
        };
        let Some(literals) = &self.literals else {
            return self.pattern.matches(&as_text(v.text));
        };
        // Matching greedily from the left is correct for fixed literals.
        let mut rest = text;
        let mut literals = literals.as_slice();
        if !self.open_start {
            let Some((first, more)) = literals.split_first() else { return text.is_empty() };
            let Some(tail) = rest.strip_prefix(first.as_slice()) else { return false };
            if more.is_empty() && !self.open_end {
                return tail.is_empty();
            }
            (rest, literals) = (tail, more);
        }
        if !self.open_end {
            let Some((last, more)) = literals.split_last() else { return false };
            let Some(head) = rest.strip_suffix(last.as_slice()) else { return false };
            (rest, literals) = (head, more);
        }
        for literal in literals {
            match memchr::memmem::find(rest, literal) {
                Some(at) => rest = &rest[at + literal.len()..],
                None => return false,
            }
        }
        true
    }
}

impl RegexCheck {
    fn holds(&self, v: Value<'_>) -> bool {
        let regex = self.compiled.get_or_init(|| {
            // An expression that is too large here is rejected for the index, too.
            regex::RegexBuilder::new(&self.re.to_rust()).size_limit(64 << 20).build().ok()
        });
        regex.as_ref().is_some_and(|r| r.is_match(&as_text(v.text)))
    }
}

impl Check {
    pub fn new(test: &Test, storage: &Storage, field: &mut dyn FnMut(&str) -> u32) -> Self {
        let analyzer = || match storage {
            Storage::Tokens(a) => a.clone(),
            _ => Analyzer::Standard,
        };
        match test {
            Test::Exists => Self::Exists,
            Test::Pattern(p) => Self::Pattern(PatternCheck::new(p)),
            Test::Regex(re) => Self::Regex(Box::new(RegexCheck { re: re.clone(), compiled: OnceLock::new() })),
            Test::Number(i) => Self::Number(*i),
            Test::NumericText(i) => Self::NumericText(*i),
            Test::Bool(b) => Self::Bool(*b),
            Test::Cidr(net) => Self::Cidr(*net),
            Test::Field(f) => Self::Field { other: field(&f.other), relation: f.relation, case: f.case },
            Test::Time(part, comparison, n) => Self::Time(*part, *comparison, *n),
            Test::Period(from, to) => Self::Period(*from, *to),
            Test::Anywhere(_) => Self::Anywhere,
            Test::Phrase(words) => Self::Phrase(words.clone(), analyzer()),
            Test::Token(p) => Self::Token(p.clone(), analyzer()),
        }
    }

    /// Returns whether a value satisfies the test. `others` are the values of the other field of a comparison.
    pub fn holds<'v>(&self, v: Value<'v>, storage: &Storage, mut others: impl Iterator<Item = Value<'v>>) -> bool {
        if v.kind == ValueKind::Object {
            return matches!(self, Self::Exists);
        }
        let text = || as_text(v.text);
        match self {
            Self::Exists => true,
            Self::Pattern(p) if *storage == Storage::Time => time_pattern(&p.pattern, &text()),
            Self::Pattern(p) => p.holds(v),
            Self::Regex(r) => r.holds(v),
            Self::Number(i) => number(v).is_some_and(|n| i.contains(n)),
            Self::NumericText(i) => decimal(&text()).is_some_and(|n| i.contains(n)),
            Self::Bool(b) => v.folded == if *b { &b"true"[..] } else { b"false" },
            Self::Cidr(net) => text().parse::<IpAddr>().is_ok_and(|ip| net.contains(&ip)),
            Self::Field { relation, case, .. } => others.any(|o| {
                let (a, b) = match case {
                    Case::Sensitive => (v.text, o.text),
                    Case::Insensitive => (v.folded, o.folded),
                };
                match relation {
                    FieldRelation::Equals => a == b,
                    FieldRelation::StartsWith => a.starts_with(b),
                    FieldRelation::EndsWith => a.ends_with(b),
                    FieldRelation::Contains => memchr::memmem::find(a, b).is_some(),
                }
            }),
            Self::Time(part, comparison, n) => timestamp(v).map(|t| time_part(t, *part)).is_some_and(|p| comparison.holds(p.cmp(n))),
            Self::Period(from, to) => moment(v).is_some_and(|ms| from.is_none_or(|f| ms >= f) && to.is_none_or(|t| ms <= t)),
            Self::Anywhere => false,
            Self::Phrase(words, analyzer) => {
                let tokens = analyzer.analyze(&text());
                tokens.windows(words.len()).any(|w| w == words.as_slice())
            }
            Self::Token(pattern, analyzer) => analyzer.analyze(&text()).iter().any(|t| pattern.matches(t)),
        }
    }
}

/// Returns a value as a number, if it is one or its text is one.
pub(super) fn number(v: Value<'_>) -> Option<Number> {
    match v.kind {
        ValueKind::Bool | ValueKind::Object => None,
        ValueKind::Number | ValueKind::Text => Number::parse(std::str::from_utf8(v.text).ok()?),
    }
}

/// Parses `-?digits(.digits)?`.
fn decimal(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !all(whole) || !all(part) {
        return None;
    }
    // `Number::parse` takes leading zeros for text; a script takes them for digits.
    let (sign, whole) = (if text.starts_with('-') { "-" } else { "" }, whole.trim_start_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Number::parse(&format!("{sign}{whole}.{part}"))
}

/// Returns a date in milliseconds since 1970, as an index stores it.
fn moment(v: Value<'_>) -> Option<i64> {
    if v.kind == ValueKind::Text
        && let date::Read::Date(first, _) = date::read(&as_text(v.text))
    {
        return Some(first);
    }
    timestamp(v).map(Timestamp::as_millisecond)
}

/// Returns an instant: ISO 8601, or a number in milliseconds since 1970 as an index reads it.
fn timestamp(v: Value<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(v.text).ok()?.trim();
    if v.kind == ValueKind::Number {
        return Timestamp::from_millisecond(text.parse().ok()?).ok();
    }
    let iso: Cow<'_, str> = match text.len() {
        10 => format!("{text}T00:00:00Z").into(),
        _ if text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-'])) => text.into(),
        // Without a time zone it is UTC.
        _ => format!("{text}Z").into(),
    };
    iso.parse().ok()
}

fn time_part(t: Timestamp, part: TimePart) -> i64 {
    let z = TimeZone::UTC.to_datetime(t);
    match part {
        TimePart::Minute => z.minute().into(),
        TimePart::Hour => z.hour().into(),
        TimePart::Day => z.day().into(),
        TimePart::Week => z.date().iso_week_date().week().into(),
        TimePart::Month => z.month().into(),
        TimePart::Year => z.year().into(),
    }
}

/// Compares a date field with a date as text: with the whole day, minute or second that it names.
fn time_pattern(p: &Pattern, text: &str) -> bool {
    p.as_literal().is_some_and(|t| text.starts_with(t.trim_end_matches('Z')))
}
