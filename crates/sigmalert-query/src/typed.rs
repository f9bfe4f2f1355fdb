//! What a search for a value means on a field of some type: the same for all query languages, as an index has it.

use super::date::{self, Read};
use super::regex::CharSet;
use super::{Case, End, Expr, FieldInfo, FieldType, Interval, Number, Part, Pattern, Re, Schema, StoredCase, Test};
use std::net::IpAddr;

/// What is looked for, before it is known in a field of which type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SearchTerm {
    /// Any value.
    Exists,
    /// Bare text: on analyzed text any of its words, or all of them.
    Words(String),
    /// Text in quotes: on analyzed text its words in a row.
    Phrase(String),
    /// The start of a value; on analyzed text its words, the last of them a start.
    Prefix(String),
    /// A text with wildcards.
    Wildcard(Pattern),
    /// A regular expression, and what it says where the index lowers its text first.
    Regex(Re, Re),
    /// From one value to another: the text of each end, and whether it is in.
    Range(Option<(String, bool)>, Option<(String, bool)>),
}

/// A search in all fields of some names, each compared as its type does it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Anywhere {
    /// The names; `*` matches any run of characters.
    pub names: Vec<String>,
    /// What is looked for.
    pub asked: SearchTerm,
    /// Whether all words must be there.
    pub all_words: bool,
}

/// What a search comes to on one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldSearch {
    /// The analyzer leaves nothing of it: the clause counts as not written.
    Nothing,
    /// No value can be it.
    Never,
    /// One test.
    One(Test),
    /// One test for each word.
    Words(Vec<Test>),
}

/// A search that a field does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The server rejects it, unless it is lenient: then it finds nothing.
    Server(String),
    /// The server runs it, and we do not.
    Unread(String),
}

fn server<T>(message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Server(message.into()))
}

fn unread<T>(message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Unread(message.into()))
}

/// What a search means on a field of this type.
///
/// # Errors
/// When the server refuses it, or we cannot carry it out.
pub fn meaning(info: &FieldInfo, asked: &SearchTerm) -> Result<FieldSearch, Refusal> {
    if *asked == SearchTerm::Exists {
        return Ok(FieldSearch::One(Test::Exists));
    }
    match &info.kind {
        FieldType::Keyword | FieldType::Wildcard => on_string(info, asked),
        FieldType::Text(analyzer) => match asked {
            SearchTerm::Words(t) | SearchTerm::Phrase(t) => {
                let mut tokens = analyzer.analyze(t);
                let phrase = matches!(asked, SearchTerm::Phrase(_));
                Ok(match tokens.len() {
                    0 => FieldSearch::Nothing,
                    1 => FieldSearch::One(Test::Phrase(tokens)),
                    _ if phrase => FieldSearch::One(Test::Phrase(tokens)),
                    _ => FieldSearch::Words(tokens.drain(..).map(|t| Test::Phrase(vec![t])).collect()),
                })
            }
            SearchTerm::Wildcard(p) => Ok(FieldSearch::One(Test::Token(lowered_pattern(p)))),
            SearchTerm::Prefix(t) => {
                let mut words: Vec<Test> = analyzer.analyze(t).into_iter().map(|t| Test::Phrase(vec![t])).collect();
                if let Some(Test::Phrase(last)) = words.pop() {
                    words.push(Test::Token(Pattern::literal(last.concat(), Case::Sensitive).open_end()));
                }
                Ok(match words.len() {
                    0 => FieldSearch::Nothing,
                    1 => FieldSearch::One(words.remove(0)),
                    _ => FieldSearch::Words(words),
                })
            }
            SearchTerm::Range(None, None) => Ok(FieldSearch::One(Test::Token(Pattern::new([Part::Any], Case::Sensitive)))),
            SearchTerm::Regex(..) => unread("regular expressions on analyzed text are not evaluated"),
            _ => unread("ranges of analyzed text are not evaluated"),
        },
        // The index holds them as letters of its own, which a regular expression meets.
        FieldType::Boolean if matches!(asked, SearchTerm::Regex(..)) => unread("regular expressions on boolean fields are not evaluated"),
        kind => match asked {
            SearchTerm::Wildcard(_) | SearchTerm::Prefix(_) | SearchTerm::Regex(..) => {
                server(format!("wildcards and regular expressions work on keyword and text fields, and this one is {}", kind.name()))
            }
            SearchTerm::Range(None, None) => Ok(FieldSearch::One(Test::Exists)),
            SearchTerm::Range(low, high) => range(kind, low.as_ref(), high.as_ref()),
            SearchTerm::Words(t) | SearchTerm::Phrase(t) => value(kind, t),
            SearchTerm::Exists => Ok(FieldSearch::One(Test::Exists)),
        },
    }
}

fn on_string(info: &FieldInfo, asked: &SearchTerm) -> Result<FieldSearch, Refusal> {
    Ok(FieldSearch::One(match asked {
        SearchTerm::Words(t) | SearchTerm::Phrase(t) => string(info, &Pattern::literal(t, Case::Sensitive)),
        SearchTerm::Prefix(t) => string(info, &Pattern::literal(t, Case::Sensitive).open_end()),
        SearchTerm::Wildcard(p) => string(info, p),
        SearchTerm::Regex(re, lowered) => string_regex(info, if info.case == StoredCase::Lower { lowered } else { re })?,
        SearchTerm::Range(None, None) | SearchTerm::Exists => Test::Exists,
        SearchTerm::Range(..) => {
            return unread(format!("{} fields compared by the order of their text are not evaluated", info.kind.name()));
        }
    }))
}

/// The test of a pattern on a field of whole values: what is written goes the way that the values go.
pub fn string(info: &FieldInfo, p: &Pattern) -> Test {
    Test::Pattern(match info.case {
        StoredCase::AsIs => p.clone(),
        StoredCase::Lower => lowered_pattern(p).with_case(Case::Insensitive),
        StoredCase::Upper => p.map_literals(str::to_uppercase).with_case(Case::Insensitive),
    })
}

/// The same for a regular expression: of the values only their other case is indexed.
///
/// # Errors
/// Where it cannot be said.
pub fn string_regex(info: &FieldInfo, re: &Re) -> Result<Test, Refusal> {
    match info.case {
        StoredCase::AsIs => Ok(Test::Regex(re.clone())),
        StoredCase::Lower => {
            let upper = CharSet::of([('A', 'Z')]);
            Ok(Test::Regex(re.map_chars(&mut |s| Re::set(s.minus(&upper).case_folded()))))
        }
        StoredCase::Upper => unread("regular expressions on a field that is indexed in capitals are not evaluated"),
    }
}

/// Text in lower case, character by character, as Lucene's filter does it.
pub fn lowered(text: &str) -> String {
    let one = |c: char| {
        let mut lower = c.to_lowercase();
        lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
    };
    text.chars().map(one).collect()
}

fn lowered_pattern(p: &Pattern) -> Pattern {
    p.map_literals(lowered)
}

/// A value of a type that is no text.
fn value(kind: &FieldType, text: &str) -> Result<FieldSearch, Refusal> {
    match kind {
        FieldType::Ip => match network(text) {
            Some(net) => Ok(FieldSearch::One(Test::Cidr(net))),
            None => server(format!("`{text}` is not an address or network")),
        },
        FieldType::Boolean => match text {
            "true" | "false" => Ok(FieldSearch::One(Test::Bool(text == "true"))),
            _ => server(format!("`{text}` is neither `true` nor `false`")),
        },
        FieldType::Date => match date::read(text) {
            Read::Date(first, last) => Ok(FieldSearch::One(Test::Period(Some(first), Some(last)))),
            Read::Unread => unread(unread_date(text)),
            Read::No => server(format!("`{text}` is not a date")),
        },
        _ => {
            let n = number(kind, text)?;
            if *kind == FieldType::Long && n.as_int().is_none() {
                return Ok(FieldSearch::Never);
            }
            Ok(FieldSearch::One(Test::Number(Interval::point(n))))
        }
    }
}

fn unread_date(text: &str) -> String {
    if text.contains("now") {
        format!("`{text}` depends on when the query runs")
    } else {
        format!("`{text}` is a form of date that is not evaluated; write it as 2024-01-31T12:30:00Z")
    }
}

/// A number as the server reads it from text.
fn number(kind: &FieldType, text: &str) -> Result<Number, Refusal> {
    // Java takes blanks around a fraction, and the letter of its type behind it.
    let trimmed = text.trim_matches(|c| c <= ' ');
    let text = match (kind, trimmed.strip_suffix(['f', 'F', 'd', 'D'])) {
        (FieldType::Double, Some(n)) if n.ends_with(|c: char| c.is_ascii_digit() || c == '.') && !n.contains(['x', 'X']) => n,
        (FieldType::Double, _) => trimmed,
        _ => text,
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let exponent_digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let plain = all(whole) && all(part) && !(whole.is_empty() && part.is_empty()) && all(exponent_digits) && !exponent_digits.is_empty();
    if !plain {
        // Java reads more as a fraction: `0x1p3`, `NaN`.
        let java =
            *kind == FieldType::Double && (digits.starts_with("0x") || digits.starts_with("0X") || matches!(digits, "NaN" | "Infinity"));
        return if java {
            unread(format!("`{text}` is a form of number that is not evaluated"))
        } else {
            server(format!("`{text}` is not a number"))
        };
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let part = if part.is_empty() { "0" } else { part };
    let Some(n) = Number::parse(&format!("{sign}{whole}.{part}e{exponent}").replace("e+", "e")).filter(|n| n.as_f64().is_finite()) else {
        return unread(format!("`{text}` is a form of number that is not evaluated"));
    };
    // Whole numbers are read digit by digit: a fraction has no room for all of a long.
    let n = if exponent == "0" && part.bytes().all(|b| b == b'0') { Number::parse(&format!("{sign}{whole}")).unwrap_or(n) } else { n };
    if *kind == FieldType::Long && n.as_int().is_none_or(|i| i64::try_from(i).is_err()) && n.as_f64().abs() > 9.2e18 {
        return server(format!("`{text}` is out of the range of a whole number"));
    }
    Ok(n)
}

type Side<'s> = Option<&'s (String, bool)>;

fn range(kind: &FieldType, low: Side<'_>, high: Side<'_>) -> Result<FieldSearch, Refusal> {
    match kind {
        FieldType::Long | FieldType::Double => {
            let end = |side: Side<'_>| -> Result<Option<End>, Refusal> {
                side.map(|(text, inclusive)| Ok(End { value: number(kind, text)?, inclusive: *inclusive })).transpose()
            };
            Ok(FieldSearch::One(Test::Number(Interval { low: end(low)?, high: end(high)? })))
        }
        FieldType::Date => {
            let read = |text: &str| match date::read(text) {
                Read::Date(first, last) => Ok((first, last)),
                Read::Unread => unread(unread_date(text)),
                Read::No => server(format!("`{text}` is not a date")),
            };
            // What is not in is left out whole: behind its last moment, before its first.
            let low = low.map(|(t, inclusive)| read(t).map(|(first, last)| if *inclusive { first } else { last.saturating_add(1) }));
            let high = high.map(|(t, inclusive)| read(t).map(|(first, last)| if *inclusive { last } else { first.saturating_sub(1) }));
            Ok(FieldSearch::One(Test::Period(low.transpose()?, high.transpose()?)))
        }
        kind => unread(format!("ranges of {} fields are not evaluated", kind.name())),
    }
}

/// Parses an address or network.
fn network(text: &str) -> Option<ipnet::IpNet> {
    text.parse::<IpAddr>().map(Into::into).or_else(|_| text.parse::<ipnet::IpNet>().map(|n| n.trunc())).ok()
}

/// The text of a `wildcard` query: `*` and `?`, and a backslash before what stands for itself.
pub fn wildcard(text: &str, case: Case) -> Pattern {
    let mut p = Pattern::literal("", case);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => p.push(Part::Any),
            '?' => p.push(Part::One),
            '\\' => p.push_char(chars.next().unwrap_or('\\')),
            c => p.push_char(c),
        }
    }
    p
}

impl FieldSearch {
    /// As an expression; nothing where the clause counts as not written.
    pub fn expr(self, field: Option<&super::FieldName>, all_words: bool) -> Option<Expr> {
        let test = |t: Test| Expr::Test(field.cloned(), t);
        Some(match self {
            Self::Nothing => return None,
            Self::Never => Expr::FALSE,
            Self::One(t) => test(t),
            Self::Words(words) if all_words => Expr::all(words.into_iter().map(test).collect()),
            Self::Words(words) => Expr::any(words.into_iter().map(test).collect()),
        })
    }
}

impl Anywhere {
    /// Whether a field is one of those that are searched.
    pub fn is_about(&self, name: &str) -> bool {
        self.names.iter().any(|n| super::schema::glob(n, name))
    }

    /// What it means on a field: the tests of which one must hold, or all. Fields of which nothing is known are text and keyword
    /// at once, as an index makes of text that it meets first.
    ///
    /// # Errors
    /// When a field of this type cannot be searched so by us.
    pub fn on(&self, schema: &Schema, info: Option<&FieldInfo>) -> Result<Vec<FieldSearch>, String> {
        let both = [schema.default_info().clone(), schema.field_or_keyword(None).clone()];
        let infos = info.map_or(&both[..], std::slice::from_ref);
        let mut out = Vec::new();
        for info in infos {
            match meaning(info, &self.asked) {
                Ok(FieldSearch::Nothing | FieldSearch::Never) | Err(Refusal::Server(_)) => {}
                Ok(m) => out.push(m),
                Err(Refusal::Unread(m)) => return Err(m),
            }
        }
        Ok(out)
    }

    /// What Sigma's keywords mean by it: words of any text, in any position.
    pub fn as_keywords(&self) -> Option<Expr> {
        let info = FieldInfo::of(FieldType::Text(super::text::Analyzer::Standard));
        match &self.asked {
            _ if self.names != ["*"] => None,
            SearchTerm::Regex(re, _) => Some(Expr::keyword(Test::Regex(re.clone()))),
            asked => meaning(&info, asked).ok().map(|m| m.expr(None, self.all_words).unwrap_or(Expr::FALSE)),
        }
    }
}
