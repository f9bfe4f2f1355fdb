//! `str()`, `repr()` and `json.dumps` of values, and of spans of time.

use regex::Regex;
use serde_json::Value;
use sigmalert_support::units::{DAY, HOUR, MINUTE};
use std::fmt::Write;
use std::sync::LazyLock;
use std::time::Duration;

/// Python's `str(value)`.
pub(crate) fn str(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        other => repr(other),
    }
}

/// Python's `repr(value)`.
pub(crate) fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(n) => match n.as_f64() {
            Some(f) if n.is_f64() => float(f),
            _ => n.to_string(),
        },
        Value::String(s) => quoted(s),
        Value::Array(items) => format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            format!("{{{}}}", map.iter().map(|(k, v)| format!("{}: {}", quoted(k), repr(v))).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A float: the shortest digits, with `.0` behind whole numbers and an exponent of two digits at least.
pub(crate) fn float(f: f64) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if f != 0.0 && !(1e-4..1e16).contains(&f.abs()) {
        let text = format!("{f:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |d| ('-', d));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    let text = f.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// A text in quotes, the single ones unless only those stand in it.
fn quoted(s: &str) -> String {
    let quote = if s.contains('\'') && !s.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(s.len() + 2);
    out.push(quote);
    for c in s.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if !printable(c) => escape(c, &mut out),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// Python's `ascii(value)`.
pub(crate) fn ascii(value: &Value) -> String {
    let mut out = String::new();
    repr(value).chars().for_each(|c| if c.is_ascii() { out.push(c) } else { escape(c, &mut out) });
    out
}

fn escape(c: char, out: &mut String) {
    let n = u32::from(c);
    let _ = match n {
        0..0x100 => write!(out, "\\x{n:02x}"),
        0x100..0x1_0000 => write!(out, "\\u{n:04x}"),
        _ => write!(out, "\\U{n:08x}"),
    };
}

/// `str.isprintable` of a character: no control or format character, no space but the one, nothing unassigned.
fn printable(c: char) -> bool {
    static OTHERS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{C}\p{Z}]$").ok());
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    OTHERS.as_ref().is_none_or(|others| !others.is_match(c.encode_utf8(&mut [0; 4])))
}

/// Whether Python takes the value for true.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(a) => !a.is_empty(),
        Value::Object(o) => !o.is_empty(),
    }
}

/// `json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False)`.
pub(crate) fn pretty_json(value: &Value) -> String {
    let mut out = String::new();
    pretty_into(value, 0, &mut out);
    out
}

fn pretty_into(value: &Value, depth: usize, out: &mut String) {
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth * 4));
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                pretty_into(item, depth + 1, out);
            }
            line(out, depth);
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(k, _)| *k);
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(": ");
                pretty_into(item, depth + 1, out);
            }
            line(out, depth);
            out.push('}');
        }
        Value::Number(n) if n.is_f64() => out.push_str(&repr(value)),
        other => out.push_str(&other.to_string()),
    }
}

/// `str(timedelta)`: `0:05:00`, `1 day, 0:00:00`.
pub(crate) fn timedelta(span: Duration) -> String {
    let (days, rest) = (span.as_secs() / DAY, span.as_secs() % DAY);
    let mut out = match days {
        0 => String::new(),
        1 => "1 day, ".into(),
        n => format!("{n} days, "),
    };
    let _ = write!(out, "{}:{:02}:{:02}", rest / HOUR, rest / MINUTE % 60, rest % MINUTE);
    if span.subsec_micros() > 0 {
        let _ = write!(out, ".{:06}", span.subsec_micros());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_as_python_writes_them() {
        let cases = [
            (json!(null), "None"),
            (json!(true), "True"),
            (json!(1), "1"),
            (json!(1.0), "1.0"),
            (json!(1e16), "1e+16"),
            (json!(0.00001), "1e-05"),
            (json!(0.1), "0.1"),
            (json!("a'b"), "a'b"),
            (json!(["a'b", 1, {"k": null}]), "[\"a'b\", 1, {'k': None}]"),
            (json!(["a\n\u{1}☃"]), "['a\\n\\x01☃']"),
        ];
        for (value, text) in cases {
            assert_eq!(str(&value), text);
        }
        assert_eq!(timedelta(Duration::from_secs(300)), "0:05:00");
        assert_eq!(timedelta(Duration::from_millis(90_061_500)), "1 day, 1:01:01.500000");
        assert_eq!(pretty_json(&json!({"b": [1, {}], "a": 1.0})), "{\n    \"a\": 1.0,\n    \"b\": [\n        1,\n        {}\n    ]\n}");
    }
}
