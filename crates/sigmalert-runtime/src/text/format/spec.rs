//! Python's format specifications: `>10`, `08.3f`, `,`, `#x`.

use super::float::digits;
use super::{Unfilled, template_error};
use crate::text::python;
use serde_json::{Number, Value};

/// The widest that a value is made.
pub(super) const MAX_WIDTH: usize = 10_000;

/// `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`
#[derive(Debug, Default, Clone, Copy)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    no_negative_zero: bool,
    alternate: bool,
    zeros: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// A value by a specification.
pub(super) fn written(value: &Value, spec: &str) -> Result<String, Unfilled> {
    if spec.is_empty() {
        return Ok(python::str(value));
    }
    match value {
        Value::String(text) => of_text(text, &parse(spec)?),
        Value::Number(n) if n.is_f64() => of_float(n.as_f64().unwrap_or_default(), &parse(spec)?, "float"),
        Value::Number(n) => of_integer(n, &parse(spec)?),
        Value::Bool(b) => of_integer(&Number::from(u8::from(*b)), &parse(spec)?),
        other => Err(Unfilled::Value(format!("`{spec}` is no format for {}", python::repr(other)))),
    }
}

/// A value that its specification does not suit: as text, as wide as asked.
pub(super) fn plain(value: &Value, spec: &str) -> String {
    let text = python::str(value);
    let Ok(spec) = parse(spec) else { return text };
    let text = match (spec.kind, spec.precision) {
        (None | Some('s'), Some(precision)) => text.chars().take(precision).collect(),
        _ => text,
    };
    padded(&text, spec.fill.unwrap_or(' '), spec.align.filter(|a| *a != '=').unwrap_or('<'), spec.width)
}

fn parse(text: &str) -> Result<Spec, Unfilled> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Spec::default();
    let mut at = 0;
    let aligns = |c: Option<&char>| c.copied().filter(|c| "<>=^".contains(*c));
    if let Some(align) = aligns(chars.get(1)) {
        (out.fill, out.align, at) = (Some(chars[0]), Some(align), 2);
    } else if let Some(align) = aligns(chars.first()) {
        (out.align, at) = (Some(align), 1);
    }
    let eat = |at: &mut usize, wanted: &str| {
        let found = chars.get(*at).copied().filter(|c| wanted.contains(*c));
        *at += usize::from(found.is_some());
        found
    };
    out.sign = eat(&mut at, "+- ");
    out.no_negative_zero = eat(&mut at, "z").is_some();
    out.alternate = eat(&mut at, "#").is_some();
    out.zeros = out.fill.is_none() && eat(&mut at, "0").is_some();
    out.width = bounded(number(&chars, &mut at).unwrap_or(0))?;
    out.grouping = eat(&mut at, ",");
    if eat(&mut at, "_").is_some() {
        if out.grouping.is_some() {
            return Err(template_error(format!("`{text}` has both `,` and `_`")));
        }
        out.grouping = Some('_');
    }
    if eat(&mut at, ".").is_some() {
        out.precision = Some(number(&chars, &mut at).ok_or_else(|| template_error(format!("`{text}` has a point without digits")))?);
    }
    match chars.get(at..) {
        None | Some([]) => {}
        Some([kind]) => out.kind = Some(*kind),
        Some(_) => return Err(template_error(format!("`{text}` is no format"))),
    }
    Ok(out)
}

/// The number that stands there, if one does.
pub(super) fn number(chars: &[char], at: &mut usize) -> Option<usize> {
    let start = *at;
    let mut value = 0usize;
    while let Some(digit) = chars.get(*at).and_then(|c| c.to_digit(10)) {
        value = value.saturating_mul(10).saturating_add(digit as usize);
        *at += 1;
    }
    (*at > start).then_some(value)
}

/// Refuses what would fill the memory.
pub(super) fn bounded(width: usize) -> Result<usize, Unfilled> {
    if width > MAX_WIDTH { Err(template_error(format!("a format is wider than {MAX_WIDTH} characters"))) } else { Ok(width) }
}

fn refused(kind: char, of: &str) -> Unfilled {
    Unfilled::Value(format!("`{kind}` is no format for a {of}"))
}

/// Grouping goes with decimal digits; `_` with others, too.
fn grouping(spec: &Spec, kind: char, of: &str) -> Result<(), Unfilled> {
    let Some(separator) = spec.grouping else { return Ok(()) };
    let fits = "defgEFG%".contains(kind) || (separator == '_' && "boxX".contains(kind));
    if fits { Ok(()) } else { Err(Unfilled::Value(format!("`{separator}` does not go with `{kind}` for a {of}"))) }
}

fn of_text(text: &str, spec: &Spec) -> Result<String, Unfilled> {
    let kind = spec.kind.unwrap_or('s');
    grouping(spec, kind, "text")?;
    if kind != 's' {
        return Err(refused(kind, "text"));
    }
    if spec.sign.is_some() || spec.no_negative_zero || spec.alternate || spec.align == Some('=') {
        return Err(Unfilled::Value("a text takes no sign, `z`, `#` or `=` in its format".into()));
    }
    let cut: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
    let fill = spec.fill.unwrap_or(if spec.zeros { '0' } else { ' ' });
    Ok(padded(&cut, fill, spec.align.unwrap_or('<'), spec.width))
}

fn of_integer(n: &Number, spec: &Spec) -> Result<String, Unfilled> {
    let kind = spec.kind.unwrap_or('d');
    if "eEfFgG%".contains(kind) {
        return of_float(n.as_f64().unwrap_or_default(), spec, "number");
    }
    grouping(spec, kind, "whole number")?;
    if !"bcdoxXn".contains(kind) {
        return Err(refused(kind, "whole number"));
    }
    if spec.precision.is_some() || spec.no_negative_zero {
        return Err(Unfilled::Value("a whole number takes no precision and no `z`".into()));
    }
    let (negative, magnitude) = magnitude(n);
    if kind == 'c' {
        if spec.sign.is_some() || spec.alternate {
            return Err(Unfilled::Value("`c` takes no sign and no `#`".into()));
        }
        let c = u32::try_from(magnitude).ok().and_then(char::from_u32).filter(|_| !negative);
        let c = c.ok_or_else(|| Unfilled::Value(format!("{n} is not the number of a character")))?;
        return Ok(assembled(&Parts { sign: "", prefix: "", whole: "", rest: &c.to_string() }, spec, None));
    }
    let (digits, prefix) = in_base(magnitude, kind);
    let group = spec.grouping.map(|s| (s, if "boxX".contains(kind) { 4 } else { 3 }));
    let parts = Parts { sign: sign(negative, spec.sign), prefix: if spec.alternate { prefix } else { "" }, whole: &digits, rest: "" };
    Ok(assembled(&parts, spec, group))
}

/// Whether a whole number is negative, and how large it is.
pub(super) fn magnitude(n: &Number) -> (bool, u64) {
    n.as_u64().map_or_else(|| n.as_i64().map_or((false, 0), |i| (i < 0, i.unsigned_abs())), |u| (false, u))
}

/// Digits in the base of a presentation type, and what says which base it is.
pub(super) fn in_base(magnitude: u64, kind: char) -> (String, &'static str) {
    match kind {
        'b' => (format!("{magnitude:b}"), "0b"),
        'o' => (format!("{magnitude:o}"), "0o"),
        'x' => (format!("{magnitude:x}"), "0x"),
        'X' => (format!("{magnitude:X}"), "0X"),
        _ => (magnitude.to_string(), ""),
    }
}

fn of_float(f: f64, spec: &Spec, of: &str) -> Result<String, Unfilled> {
    if let Some(kind) = spec.kind {
        grouping(spec, kind, of)?;
        if !"eEfFgGn%".contains(kind) {
            return Err(refused(kind, of));
        }
    }
    let (value, percent) = if spec.kind == Some('%') { (f * 100.0, "%") } else { (f, "") };
    let (kind, precision) = match (spec.kind, spec.precision) {
        (None, None) => ('r', 0),
        (None, Some(precision)) => ('g', precision),
        (Some('%'), precision) => ('f', precision.unwrap_or(6)),
        (Some('n'), precision) => ('g', precision.unwrap_or(6)),
        (Some(kind), precision) => (kind, precision.unwrap_or(6)),
    };
    let text = digits(value.abs(), kind, bounded(precision)?, spec.alternate, spec.kind.is_none()) + percent;
    let zero = !text.bytes().take_while(|b| !matches!(b, b'e' | b'E')).any(|b| (b'1'..=b'9').contains(&b));
    let negative = value.is_sign_negative() && !(spec.no_negative_zero && zero);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(end);
    Ok(assembled(&Parts { sign: sign(negative, spec.sign), prefix: "", whole, rest }, spec, spec.grouping.map(|s| (s, 3))))
}

fn sign(negative: bool, wanted: Option<char>) -> &'static str {
    match (negative, wanted) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    }
}

/// A number in parts.
struct Parts<'a> {
    sign: &'a str,
    prefix: &'a str,
    /// The digits that are grouped.
    whole: &'a str,
    rest: &'a str,
}

fn assembled(parts: &Parts<'_>, spec: &Spec, group: Option<(char, usize)>) -> String {
    let align = spec.align.unwrap_or(if spec.zeros { '=' } else { '>' });
    let fill = spec.fill.unwrap_or(if spec.zeros { '0' } else { ' ' });
    let others = parts.sign.len() + parts.prefix.len() + parts.rest.chars().count();
    // Zeros before a number are digits, and grouped like them.
    let least = if fill == '0' && align == '=' { spec.width.saturating_sub(others) } else { 0 };
    let whole = if parts.whole.is_empty() { String::new() } else { grouped(parts.whole, least, group) };
    let Parts { sign, prefix, rest, .. } = *parts;
    if align == '=' {
        let missing = spec.width.saturating_sub(others + whole.len());
        return format!("{sign}{prefix}{}{whole}{rest}", std::iter::repeat_n(fill, missing).collect::<String>());
    }
    padded(&format!("{sign}{prefix}{whole}{rest}"), fill, align, spec.width)
}

/// Digits in groups, with zeros before them until they are so wide.
fn grouped(digits: &str, least: usize, group: Option<(char, usize)>) -> String {
    let Some((separator, size)) = group else { return format!("{digits:0>least$}") };
    let (mut remaining, mut least) = (digits.len(), isize::try_from(least).unwrap_or(isize::MAX));
    let mut groups: Vec<String> = Vec::new();
    loop {
        let wanted = usize::try_from(least).unwrap_or(0).max(remaining).max(1);
        let length = size.min(wanted);
        let taken = remaining.min(length);
        groups.push(format!("{:0>length$}", &digits[remaining - taken..remaining]));
        remaining -= taken;
        least -= isize::try_from(length).unwrap_or(0);
        if remaining == 0 && least <= 0 {
            break;
        }
        least -= 1;
    }
    groups.reverse();
    groups.join(&separator.to_string())
}

/// A text as wide as asked.
pub(super) fn padded(text: &str, fill: char, align: char, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let fill = |n: usize| std::iter::repeat_n(fill, n).collect::<String>();
    match align {
        '<' => format!("{text}{}", fill(missing)),
        '^' => format!("{}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
        _ => format!("{}{text}", fill(missing)),
    }
}
