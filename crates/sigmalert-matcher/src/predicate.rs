//! One test on the values of a field, carried out on one value.

use super::anywhere::AnywhereCheck;
use super::json::ValueType;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sigmalert_query::text::Analyzer;
use sigmalert_query::{Case, Comparison, FieldRelation, FieldType, Interval, Number, Part, Pattern, Re, Test, TimePart, date, fold};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::OnceLock;

/// How the index holds the values of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Representation {
    /// Whole values, whatever they are: Sigma's own meaning, and keywords.
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

impl From<&FieldType> for Representation {
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

/// A test, ready to be carried out.
#[derive(Debug)]
pub(super) enum Check {
    Exists,
    Pattern(PatternCheck),
    Regex(Box<RegexCheck>),
    Number(Interval),
    /// Decimal text without an exponent, as a script on the index reads it.
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
    Anywhere(Box<AnywhereCheck>),
    Phrase(Vec<String>, Analyzer),
    Token(Pattern, Analyzer),
}

/// A pattern cut into pieces of bytes.
#[derive(Debug)]
pub(super) struct PatternCheck {
    pattern: Pattern,
    /// The pieces in order, folded where case does not count; nothing for patterns with `?`.
    pieces: Option<Vec<Vec<u8>>>,
    open_start: bool,
    open_end: bool,
}

/// A regular expression, compiled when it is needed first.
#[derive(Debug)]
pub(super) struct RegexCheck {
    re: Re,
    compiled: OnceLock<Option<regex::Regex>>,
}

/// A value in the forms that tests ask for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'v> {
    pub shape: ValueType,
    pub text: &'v [u8],
    /// The same with every letter in the form that stands for all its cases.
    pub folded: &'v [u8],
    /// Its field, for tests that look at all.
    pub name: &'v [u8],
}

/// Text with every letter in the form that stands for all its cases.
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

/// The bytes of a value as text. Documents that are no UTF-8 are not matched.
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
        let pieces = (!parts.contains(&Part::One)).then(|| pattern.literals().map(bytes).collect());
        Self { pieces, open_start: parts.first() == Some(&Part::Any), open_end: parts.last() == Some(&Part::Any), pattern: pattern.clone() }
    }

    fn holds(&self, v: Value<'_>) -> bool {
        let text = match self.pattern.case {
            Case::Sensitive => v.text,
            Case::Insensitive => v.folded,
        };
        let Some(pieces) = &self.pieces else {
            return self.pattern.matches(&as_text(v.text));
        };
        // Greedy from the left is enough where pieces are fixed text.
        let mut rest = text;
        let mut pieces = pieces.as_slice();
        if !self.open_start {
            let Some((first, more)) = pieces.split_first() else { return text.is_empty() };
            let Some(tail) = rest.strip_prefix(first.as_slice()) else { return false };
            if more.is_empty() && !self.open_end {
                return tail.is_empty();
            }
            (rest, pieces) = (tail, more);
        }
        if !self.open_end {
            let Some((last, more)) = pieces.split_last() else { return false };
            let Some(head) = rest.strip_suffix(last.as_slice()) else { return false };
            (rest, pieces) = (head, more);
        }
        for piece in pieces {
            match memchr::memmem::find(rest, piece) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        true
    }
}

impl RegexCheck {
    fn holds(&self, v: Value<'_>) -> bool {
        let regex = self.compiled.get_or_init(|| {
            // What is too large here was refused for the index, too.
            regex::RegexBuilder::new(&self.re.to_rust()).size_limit(64 << 20).build().ok()
        });
        regex.as_ref().is_some_and(|r| r.is_match(&as_text(v.text)))
    }
}

impl Check {
    pub fn new(test: &Test, held: &Representation, field: &mut dyn FnMut(&str) -> u32) -> Self {
        let analyzer = || match held {
            Representation::Tokens(a) => a.clone(),
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
            // Without a schema there are texts and keywords.
            Test::Anywhere(a) => Self::Anywhere(Box::new(AnywhereCheck::new(a, None))),
            Test::Phrase(words) => Self::Phrase(words.clone(), analyzer()),
            Test::Token(p) => Self::Token(p.clone(), analyzer()),
        }
    }

    /// Whether a value passes. `others` are the values of the other field, where the test compares with one.
    pub fn holds<'v>(&self, v: Value<'v>, held: &Representation, mut others: impl Iterator<Item = Value<'v>>) -> bool {
        if v.shape == ValueType::Object {
            return matches!(self, Self::Exists);
        }
        let text = || as_text(v.text);
        match self {
            Self::Exists => true,
            Self::Pattern(p) if *held == Representation::Time => time_pattern(&p.pattern, &text()),
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
            Self::Anywhere(a) => a.holds(std::iter::once(v)),
            Self::Phrase(words, analyzer) => {
                let tokens = analyzer.analyze(&text());
                tokens.windows(words.len()).any(|w| w == words.as_slice())
            }
            Self::Token(pattern, analyzer) => analyzer.analyze(&text()).iter().any(|t| pattern.matches(t)),
        }
    }
}

/// The number that a value is, or that its text is.
pub(super) fn number(v: Value<'_>) -> Option<Number> {
    match v.shape {
        ValueType::Bool | ValueType::Object => None,
        ValueType::Number | ValueType::Text => Number::parse(std::str::from_utf8(v.text).ok()?),
    }
}

/// `-?digits(.digits)?`
fn decimal(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !all(whole) || !all(part) {
        return None;
    }
    // Leading zeros are text to rules, and digits to a script.
    let (sign, whole) = (if text.starts_with('-') { "-" } else { "" }, whole.trim_start_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Number::parse(&format!("{sign}{whole}.{part}"))
}

/// The millisecond of a date, as an index holds it.
fn moment(v: Value<'_>) -> Option<i64> {
    if v.shape == ValueType::Text
        && let date::Read::Date(first, _) = date::read(&as_text(v.text))
    {
        return Some(first);
    }
    timestamp(v).map(Timestamp::as_millisecond)
}

/// A point in time: ISO 8601, or milliseconds since 1970 as an index takes numbers.
fn timestamp(v: Value<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(v.text).ok()?.trim();
    if v.shape == ValueType::Number {
        return Timestamp::from_millisecond(text.parse().ok()?).ok();
    }
    let iso: Cow<'_, str> = match text.len() {
        10 => format!("{text}T00:00:00Z").into(),
        _ if text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-'])) => text.into(),
        // Without a zone it is UTC.
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

/// A date compared with a field of times: all of the day, minute or second that it names.
fn time_pattern(p: &Pattern, text: &str) -> bool {
    p.as_literal().is_some_and(|t| text.starts_with(t.trim_end_matches('Z')))
}
