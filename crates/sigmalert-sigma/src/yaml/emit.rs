//! YAML out: the same meaning to every reader of the files we write.
//!
//! Three programs read them: `ElastAlert` 2 (`PyYAML`, YAML 1.1, *after* environment variables were expanded
//! in the raw text), Praeco (js-yaml, YAML 1.2) and ourselves. So a string is written plain only where no
//! reader could take it for anything else, and a `$` that the shell-like expansion would touch is written
//! as `\x24` in double quotes, the only form that survives it.

use std::fmt::Write as _;

/// A document to be written. Mappings keep their order.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(String),
    /// Text in which `$NAME` and `${NAME}` are the environment's, as ElastAlert expands them.
    Environment(String),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The value under `key` of a mapping.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(m) => m.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The text, when this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(s) | Self::Environment(s) => Some(s),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::Str(s.to_owned())
    }
}

impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::Str(s)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i128> for Value {
    fn from(i: i128) -> Self {
        Self::Int(i)
    }
}

impl From<u64> for Value {
    fn from(i: u64) -> Self {
        Self::Int(i.into())
    }
}

impl From<Value> for serde_json::Value {
    fn from(v: Value) -> Self {
        match v {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(b),
            Value::Int(i) => {
                i64::try_from(i).map_or_else(|_| u64::try_from(i).map_or_else(|_| Self::from(i.to_string()), Self::from), Self::from)
            }
            Value::Float(f) => Self::from(f),
            Value::Str(s) | Value::Environment(s) => Self::String(s),
            Value::List(items) => items.into_iter().map(Self::from).collect(),
            Value::Map(entries) => Self::Object(entries.into_iter().map(|(k, v)| (k, Self::from(v))).collect()),
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(v: serde_json::Value) -> Self {
        match v {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(b) => Self::Bool(b),
            serde_json::Value::Number(n) => n.as_i128().map_or_else(|| Self::Float(n.as_f64().unwrap_or(f64::NAN)), Self::Int),
            serde_json::Value::String(s) => Self::Str(s),
            serde_json::Value::Array(a) => Self::List(a.into_iter().map(Into::into).collect()),
            serde_json::Value::Object(o) => Self::Map(o.into_iter().map(|(k, v)| (k, v.into())).collect()),
        }
    }
}

/// Writes a document, ending in a line end.
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

/// Appends a document to `out`, ending in a line end.
fn write(out: &mut String, value: &Value) {
    match value {
        Value::Map(m) if !m.is_empty() => map(out, m, 0, false),
        Value::List(l) if !l.is_empty() => list(out, l, 0),
        v => {
            // A line of a block could be taken for the end of the document where it has no indentation.
            scalar(out, v, 1);
            out.push('\n');
        }
    }
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn map(out: &mut String, entries: &[(String, Value)], depth: usize, mut inline_first: bool) {
    for (key, value) in entries {
        if !std::mem::take(&mut inline_first) {
            indent(out, depth);
        }
        let explicit = write_key(out, key, depth);
        out.push(':');
        match value {
            Value::Map(m) if !m.is_empty() => {
                out.push('\n');
                map(out, m, depth + 1, false);
            }
            Value::List(l) if !l.is_empty() => {
                out.push('\n');
                list(out, l, if explicit { depth + 1 } else { depth });
            }
            v => {
                out.push(' ');
                scalar(out, v, depth + 1);
                out.push('\n');
            }
        }
    }
}

/// How many characters a key has at most for readers to find the colon behind it (YAML 1.2.2, section 7.4.2, has 1,024).
const IMPLICIT_KEY: usize = 1_000;

/// Writes a key up to where its colon stands. One that is too long for that is marked by `?`, and its colon stands on a
/// line of its own; true for such a key.
fn write_key(out: &mut String, key: &str, depth: usize) -> bool {
    let start = out.len();
    if is_plain(key) {
        out.push_str(key);
    } else {
        quoted(out, key);
    }
    let explicit = out.len() - start > IMPLICIT_KEY && out[start..].chars().count() > IMPLICIT_KEY;
    if explicit {
        out.insert_str(start, "? ");
        out.push('\n');
        indent(out, depth);
    }
    explicit
}

/// Lists stand at the indentation of their key, as `PyYAML` writes them.
fn list(out: &mut String, items: &[Value], depth: usize) {
    for item in items {
        indent(out, depth);
        out.push_str("- ");
        match item {
            Value::Map(m) if !m.is_empty() => map(out, m, depth + 1, true),
            Value::List(l) if !l.is_empty() => {
                let mut nested = String::new();
                list(&mut nested, l, depth + 1);
                out.push_str(nested.trim_start_matches(' '));
            }
            v => {
                scalar(out, v, depth + 1);
                out.push('\n');
            }
        }
    }
}

/// Writes a scalar or an empty collection. `depth` is the indentation a block scalar gets.
fn scalar(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(i) => _ = write!(out, "{i}"),
        Value::Float(f) => float(out, *f),
        Value::Str(s) if is_plain(s) => out.push_str(s),
        Value::Str(s) if is_block(s) => block(out, s, depth),
        Value::Str(s) => quoted(out, s),
        // In single quotes what the environment holds needs no escapes, but for a quote.
        Value::Environment(s) if s.chars().all(is_printable) => _ = write!(out, "'{}'", s.replace('\'', "''")),
        Value::Environment(s) => quoted(out, s),
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
    }
}

fn float(out: &mut String, f: f64) {
    if f.is_nan() {
        out.push_str(".nan");
    } else if f.is_infinite() {
        out.push_str(if f > 0.0 { ".inf" } else { "-.inf" });
    } else {
        // `{:?}` always has a dot or an exponent with one digit before it; YAML 1.1 wants the dot.
        let text = format!("{f:?}");
        match text.split_once('e') {
            Some((m, e)) if !m.contains('.') => _ = write!(out, "{m}.0e{}{e}", if e.starts_with('-') { "" } else { "+" }),
            Some((m, e)) => _ = write!(out, "{m}e{}{e}", if e.starts_with('-') { "" } else { "+" }),
            None => out.push_str(&text),
        }
    }
}

/// True when every reader takes the bare text for this very string.
fn is_plain(s: &str) -> bool {
    let Some(first) = s.chars().next() else { return false };
    if !(first.is_alphabetic() || first == '_' || first == '/') || s.ends_with([' ', ':']) {
        return false;
    }
    // Words that are booleans or null to YAML 1.1 or 1.2.
    if s.len() <= 5 {
        let lower = s.to_ascii_lowercase();
        if matches!(lower.as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null") {
            return false;
        }
    }
    let mut previous = ' ';
    for c in s.chars() {
        let fine = match c {
            ':' => true,
            '#' => previous != ' ',
            ' ' => previous != ':',
            '$' | '"' | '`' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
            c => c.is_ascii_graphic() || c.is_alphanumeric(),
        };
        if !fine {
            return false;
        }
        previous = c;
    }
    true
}

/// True when a literal block shows the text better than quotes and is read back the same.
fn is_block(s: &str) -> bool {
    s.contains('\n')
        && !s.starts_with(['\n', ' ', '\t'])
        && !s.contains('$')
        && s.lines().all(|l| !l.ends_with([' ', '\t']))
        && s.chars().all(|c| c == '\n' || c == '\t' || is_printable(c))
}

fn block(out: &mut String, s: &str, depth: usize) {
    let body = s.trim_end_matches('\n');
    out.push_str(match s.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    for line in s.strip_suffix('\n').unwrap_or(s).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(out, depth);
            out.push_str(line);
        }
    }
}

/// What YAML 1.1 readers accept raw (`PyYAML` refuses the rest), less the line ends other than `\n`.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

fn quoted(out: &mut String, s: &str) {
    out.push('"');
    let mut chars = s.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Python's expandvars replaces `$name` and `${name}`; a `$` before anything else stays.
            '$' if chars.peek().is_some_and(|n| n.is_ascii_alphanumeric() || matches!(n, '_' | '{')) => out.push_str("\\x24"),
            c if is_printable(c) => out.push(c),
            c if (c as u32) < 0x100 => _ = write!(out, "\\x{:02x}", c as u32),
            c if (c as u32) < 0x1_0000 => _ = write!(out, "\\u{:04x}", c as u32),
            c => _ = write!(out, "\\U{:08x}", c as u32),
        }
    }
    out.push('"');
}
