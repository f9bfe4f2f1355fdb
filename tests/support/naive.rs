//! A plain evaluator of expressions, written from the specification: slow, obvious, and sharing nothing with
//! the crate but the types. What an index or the compiled matcher finds is compared with it.
//!
//! * Sigma specification, "String Wildcard", "Escaping", modifiers: whole values, `*` any run, `?` one character,
//!   case-insensitive unless said otherwise.
//! * A field with several values passes a test when one value does.

use serde_json::Value;
use sigmalert::query::{Case, Expr, FieldRelation, Part, Pattern, Test, TimePart};

/// Whether the document passes.
pub fn holds(e: &Expr, doc: &Value) -> bool {
    match e {
        Expr::Const(b) => *b,
        Expr::And(items) => items.iter().all(|i| holds(i, doc)),
        Expr::Or(items) => items.iter().any(|i| holds(i, doc)),
        Expr::Not(item) => !holds(item, doc),
        Expr::AtLeast(n, items) => items.iter().filter(|i| holds(i, doc)).count() >= *n as usize,
        Expr::Test(Some(field), Test::Exists) => !values(doc, field).is_empty(),
        Expr::Test(Some(field), test) => values(doc, field).iter().any(|v| passes(test, v, doc)),
        Expr::Test(None, test) => all_values(doc).iter().any(|v| passes(test, v, doc)),
    }
}

/// The values of a field; null and empty lists are none.
fn values<'d>(doc: &'d Value, field: &str) -> Vec<&'d Value> {
    let found = doc.get(field).or_else(|| doc.pointer(&format!("/{}", field.replace('.', "/"))));
    match found {
        None | Some(Value::Null) => vec![],
        Some(Value::Array(a)) => a.iter().filter(|v| !v.is_null()).collect(),
        Some(v) => vec![v],
    }
}

fn all_values(doc: &Value) -> Vec<&Value> {
    match doc {
        Value::Object(o) => o.values().flat_map(all_values).collect(),
        Value::Array(a) => a.iter().flat_map(all_values).collect(),
        Value::Null => vec![],
        v => vec![v],
    }
}

fn text(v: &Value) -> String {
    match v {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

fn number(v: &Value) -> Option<f64> {
    match v {
        Value::Number(n) => n.as_f64(),
        Value::String(s) => {
            let plain = regex::Regex::new(r"^-?[0-9]+(\.[0-9]+)?$").unwrap();
            plain.is_match(s).then(|| s.parse().unwrap())
        }
        _ => None,
    }
}

fn passes(test: &Test, v: &Value, doc: &Value) -> bool {
    match test {
        Test::Exists => true,
        Test::Pattern(p) => like(p, &text(v)),
        Test::Regex(re) => regex::Regex::new(&re.to_rust()).unwrap().is_match(&text(v)),
        Test::Number(i) | Test::NumericText(i) => number(v).is_some_and(|n| {
            let low = i.low.is_none_or(|e| n > e.value.as_f64() || (e.inclusive && n == e.value.as_f64()));
            let high = i.high.is_none_or(|e| n < e.value.as_f64() || (e.inclusive && n == e.value.as_f64()));
            low && high
        }),
        Test::Bool(b) => text(v).eq_ignore_ascii_case(&b.to_string()),
        Test::Cidr(net) => text(v).parse::<std::net::IpAddr>().is_ok_and(|ip| net.contains(&ip)),
        Test::Field(t) => values(doc, &t.other).iter().any(|o| {
            let (mut a, mut b) = (text(v), text(o));
            if t.case == Case::Insensitive {
                a = a.to_lowercase();
                b = b.to_lowercase();
            }
            match t.relation {
                FieldRelation::Equals => a == b,
                FieldRelation::StartsWith => a.starts_with(&b),
                FieldRelation::EndsWith => a.ends_with(&b),
                FieldRelation::Contains => a.contains(&b),
            }
        }),
        Test::Time(part, comparison, n) => time_part(&text(v), *part).is_some_and(|p| comparison.holds(p.cmp(n))),
        Test::Phrase(_) | Test::Token(_) | Test::Period(..) | Test::Anywhere(_) => panic!("the evaluator speaks of whole values"),
    }
}

/// Parts of `2024-01-02T03:04:05Z`.
fn time_part(t: &str, part: TimePart) -> Option<i64> {
    let n = |r: std::ops::Range<usize>| t.get(r)?.parse::<i64>().ok();
    let (y, m, d) = (n(0..4)?, n(5..7)?, n(8..10)?);
    Some(match part {
        TimePart::Year => y,
        TimePart::Month => m,
        TimePart::Day => d,
        TimePart::Hour => n(11..13)?,
        TimePart::Minute => n(14..16)?,
        TimePart::Week => {
            // ISO 8601: the week of a day is that of its Thursday.
            let days = |y: i64, m: i64, d: i64| {
                let (y, m) = if m <= 2 { (y - 1, m + 12) } else { (y, m) };
                365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + d - 1
            };
            let day = days(y, m, d);
            // 0001-01-01 was a Monday.
            let weekday = (day - days(1, 1, 1)).rem_euclid(7);
            let thursday = day - weekday + 3;
            let year = if thursday < days(y, 1, 1) {
                y - 1
            } else if thursday >= days(y + 1, 1, 1) {
                y + 1
            } else {
                y
            };
            (thursday - days(year, 1, 1)) / 7 + 1
        }
    })
}

/// Pattern matching by its definition.
pub fn like(p: &Pattern, value: &str) -> bool {
    enum S {
        Any,
        One,
        Char(char),
    }
    let mut symbols = Vec::new();
    for part in p.parts() {
        match part {
            Part::Any => symbols.push(S::Any),
            Part::One => symbols.push(S::One),
            Part::Lit(t) => symbols.extend(t.chars().map(S::Char)),
        }
    }
    let same = |a: char, b: char| {
        a == b
            || (p.case == Case::Insensitive
                && if a.is_ascii() || b.is_ascii() { a.eq_ignore_ascii_case(&b) } else { a.to_lowercase().eq(b.to_lowercase()) })
    };
    let chars: Vec<char> = value.chars().collect();
    // reach[j]: the symbols so far match the first j characters.
    let mut reach = vec![false; chars.len() + 1];
    reach[0] = true;
    for s in symbols {
        let mut next = vec![false; chars.len() + 1];
        for j in 0..=chars.len() {
            next[j] = match &s {
                S::Any => reach[..=j].contains(&true),
                S::One => j > 0 && reach[j - 1],
                S::Char(c) => j > 0 && reach[j - 1] && same(*c, chars[j - 1]),
            };
        }
        reach = next;
    }
    reach[chars.len()]
}
