//! Python's `str.format` and `%`, as far as ElastAlert's options use them.

use super::python;
use serde_json::{Map, Value};

/// What a template names.
pub(crate) enum Arguments<'a> {
    /// `{}` and `{0}`
    Positional(&'a [Value]),
    /// `{name}`
    Named(&'a Map<String, Value>),
}

/// Python's `template.format(…)`.
///
/// # Errors
/// What Python raises, in words.
pub(crate) fn format(template: &str, arguments: &Arguments<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            out.push_str(&tail[..1]);
            rest = &tail[2..];
            continue;
        }
        if tail.starts_with('}') {
            return Err("a single } stands in the text: write }}".into());
        }
        let end = closing(tail).ok_or("a single { stands in the text: write {{")?;
        out.push_str(&field(&tail[1..end], arguments, &mut next)?);
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the brace that opens the text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (i, b) in text.bytes().enumerate() {
        match b {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

fn field(text: &str, arguments: &Arguments<'_>, next: &mut usize) -> Result<String, String> {
    let (head, spec) = match text.find(':') {
        Some(at) if !text[..at].contains('[') || text[..at].contains(']') => (&text[..at], &text[at + 1..]),
        _ => (text, ""),
    };
    let (name, conversion) = match head.rsplit_once('!') {
        Some((name, c @ ("r" | "s" | "a"))) => (name, c),
        _ => (head, ""),
    };
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let first = &name[..end];
    let mut value = match arguments {
        Arguments::Positional(values) => {
            let index = if first.is_empty() {
                *next += 1;
                *next - 1
            } else {
                first.parse().map_err(|_| format!("{{{first}}} names nothing: the arguments are numbered"))?
            };
            values.get(index).ok_or_else(|| format!("{{{index}}} names nothing: there are {} arguments", values.len()))?
        }
        Arguments::Named(map) => map.get(first).ok_or_else(|| format!("{{{first}}} names nothing"))?,
    };
    let mut path = &name[end..];
    while !path.is_empty() {
        let (key, rest) = if let Some(p) = path.strip_prefix('[') {
            let close = p.find(']').ok_or("a [ in a placeholder is not closed")?;
            (&p[..close], &p[close + 1..])
        } else {
            let p = path.strip_prefix('.').ok_or("a placeholder cannot be read")?;
            let stop = p.find(['.', '[']).unwrap_or(p.len());
            (&p[..stop], &p[stop..])
        };
        let found = match value {
            Value::Object(m) => m.get(key),
            Value::Array(a) => key.parse::<usize>().ok().and_then(|i| a.get(i)),
            _ => None,
        };
        value = found.ok_or_else(|| format!("{{{name}}}: there is no `{key}`"))?;
        path = rest;
    }
    if conversion == "r" || conversion == "a" {
        return spec_text(&python::repr(value), spec);
    }
    if spec.is_empty() || conversion == "s" {
        return spec_text(&python::str(value), spec);
    }
    match value {
        Value::Number(n) => spec_number(n, spec),
        v => spec_text(&python::str(v), spec),
    }
}

/// `[[fill]align][sign][#][0][width][,][.precision][type]`
#[derive(Debug, Default, Clone, Copy)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    width: usize,
    grouping: bool,
    precision: Option<usize>,
    kind: Option<char>,
}

fn parse_spec(spec: &str) -> Result<Spec, String> {
    let mut out = Spec::default();
    let chars: Vec<char> = spec.chars().collect();
    let mut i = 0;
    if chars.len() > 1 && "<>^=".contains(chars[1]) {
        out.fill = Some(chars[0]);
        out.align = Some(chars[1]);
        i = 2;
    } else if chars.first().is_some_and(|c| "<>^=".contains(*c)) {
        out.align = Some(chars[0]);
        i = 1;
    }
    if let Some(c @ ('+' | '-' | ' ')) = chars.get(i) {
        out.sign = Some(*c);
        i += 1;
    }
    if chars.get(i) == Some(&'#') {
        i += 1;
    }
    if chars.get(i) == Some(&'0') {
        out.fill = out.fill.or(Some('0'));
        out.align = out.align.or(Some('='));
        i += 1;
    }
    let number = |i: &mut usize| {
        let start = *i;
        while chars.get(*i).is_some_and(char::is_ascii_digit) {
            *i += 1;
        }
        chars[start..*i].iter().collect::<String>().parse::<usize>().ok()
    };
    out.width = number(&mut i).unwrap_or(0).min(10_000);
    if let Some(',' | '_') = chars.get(i) {
        out.grouping = true;
        i += 1;
    }
    if chars.get(i) == Some(&'.') {
        i += 1;
        out.precision = Some(number(&mut i).ok_or("the format has a point without digits")?.min(10_000));
    }
    if let Some(c) = chars.get(i) {
        out.kind = Some(*c);
        i += 1;
    }
    if i < chars.len() { Err(format!("`{spec}` is no format")) } else { Ok(out) }
}

fn pad(text: &str, spec: &Spec, default: char) -> String {
    let missing = spec.width.saturating_sub(text.chars().count());
    let fill = |n: usize| std::iter::repeat_n(spec.fill.unwrap_or(' '), n).collect::<String>();
    match spec.align.unwrap_or(default) {
        '<' => format!("{text}{}", fill(missing)),
        '^' => format!("{}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
        '=' => {
            let digits = text.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
            format!("{}{}{}", &text[..digits], fill(missing), &text[digits..])
        }
        _ => format!("{}{text}", fill(missing)),
    }
}

fn spec_text(text: &str, spec: &str) -> Result<String, String> {
    if spec.is_empty() {
        return Ok(text.to_owned());
    }
    let spec = parse_spec(spec)?;
    if !matches!(spec.kind, None | Some('s')) {
        return Err(format!("a text cannot be formatted as `{}`", spec.kind.unwrap_or_default()));
    }
    let cut: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
    Ok(pad(&cut, &spec, '<'))
}

fn spec_number(n: &serde_json::Number, spec: &str) -> Result<String, String> {
    let spec = parse_spec(spec)?;
    let f = n.as_f64().unwrap_or(f64::NAN);
    let integer = !n.is_f64();
    let precision = spec.precision.unwrap_or(6);
    let magnitude = f.abs();
    let digits = match spec.kind {
        None if integer => n.to_string().trim_start_matches('-').to_owned(),
        None => match spec.precision {
            Some(p) => general(magnitude, p),
            None => python::float(magnitude),
        },
        Some('d') if integer => n.to_string().trim_start_matches('-').to_owned(),
        #[expect(clippy::cast_possible_truncation, reason = "Python's % cuts likewise")]
        Some('d' | 'i') => (f.trunc() as i128).abs().to_string(),
        Some('f' | 'F') => format!("{magnitude:.precision$}"),
        Some('%') => format!("{:.precision$}%", magnitude * 100.0),
        Some('e' | 'E') => {
            let text = format!("{magnitude:.precision$e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let (sign, d) = exponent.strip_prefix('-').map_or(('+', exponent), |d| ('-', d));
            format!("{mantissa}e{sign}{d:0>2}")
        }
        Some('g' | 'G' | 'n') => general(magnitude, precision),
        Some('x') if integer => format!("{:x}", n.as_i64().unwrap_or_default().unsigned_abs()),
        Some('X') if integer => format!("{:X}", n.as_i64().unwrap_or_default().unsigned_abs()),
        Some('o') if integer => format!("{:o}", n.as_i64().unwrap_or_default().unsigned_abs()),
        Some('b') if integer => format!("{:b}", n.as_i64().unwrap_or_default().unsigned_abs()),
        Some(k) => return Err(format!("a number cannot be formatted as `{k}`")),
    };
    let digits = if spec.grouping { grouped(&digits) } else { digits };
    let sign = match (f.is_sign_negative() && f != 0.0, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    };
    Ok(pad(&format!("{sign}{digits}"), &spec, '>'))
}

/// `%g`: so many digits that count, an exponent where the number is far from one.
fn general(f: f64, precision: usize) -> String {
    let precision = precision.max(1);
    if f == 0.0 {
        return "0".into();
    }
    #[expect(clippy::cast_possible_truncation, reason = "an exponent of a float has three digits")]
    let exponent = f.log10().floor() as i32;
    let limit = i32::try_from(precision).unwrap_or(i32::MAX);
    let strip = |t: String| if t.contains('.') { t.trim_end_matches('0').trim_end_matches('.').to_owned() } else { t };
    if exponent < -4 || exponent >= limit {
        let text = format!("{f:.*e}", precision - 1);
        let (mantissa, e) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, d) = e.strip_prefix('-').map_or(('+', e), |d| ('-', d));
        return format!("{}e{sign}{d:0>2}", strip(mantissa.to_owned()));
    }
    strip(format!("{f:.*}", usize::try_from(limit - 1 - exponent).unwrap_or(0)))
}

fn grouped(digits: &str) -> String {
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let mut out = String::new();
    for (i, c) in digits[..end].chars().enumerate() {
        if i > 0 && (end - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out + &digits[end..]
}

/// `format_string` of ElastAlert: `{…}` is formatted by `str.format`, everything else by `%`.
///
/// # Errors
/// What Python raises, in words.
pub(crate) fn one(template: &str, value: &Value) -> Result<String, String> {
    if template.starts_with('{') {
        return format(template, &Arguments::Positional(std::slice::from_ref(value)));
    }
    percent(template, &mut |_| Ok(value.clone()))
}

/// Python's `template % …`, where `value` says what a name stands for; nothing is a place without a name.
///
/// # Errors
/// What Python raises, in words.
pub(crate) fn percent(template: &str, value: &mut dyn FnMut(Option<&str>) -> Result<Value, String>) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(r) = rest.strip_prefix('%') {
            out.push('%');
            rest = r;
            continue;
        }
        let mut name = None;
        if let Some(r) = rest.strip_prefix('(') {
            let end = r.find(')').ok_or("a %( is not closed")?;
            name = Some(&r[..end]);
            rest = &r[end + 1..];
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).ok_or("a % stands alone: write %%")?;
        let (spec, kind) = (&rest[..end], rest.as_bytes()[end] as char);
        rest = &rest[end + 1..];
        let v = value(name)?;
        let spec = spec.replace('-', "<");
        out.push_str(&match kind {
            's' => spec_text(&python::str(&v), &spec)?,
            'r' => spec_text(&python::repr(&v), &spec)?,
            k => match &v {
                Value::Number(n) => spec_number(n, &format!("{spec}{k}"))?,
                other => return Err(format!("%{k} takes a number, and has {}", python::repr(other))),
            },
        });
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn formats_as_python() {
        let args = [json!("a"), json!(0.966_666_667), json!({"k": [1, 2]}), json!(1_234_567)];
        let f = |t: &str| format(t, &Arguments::Positional(&args));
        assert_eq!(f("{} {} {{x}}").unwrap(), "a 0.966666667 {x}");
        assert_eq!(f("{1:.2%} {1:8.3f}|{0:>3}|{0:*^5}").unwrap(), "96.67%    0.967|  a|**a**");
        assert_eq!(f("{2[k][1]} {0!r} {3:,} {3:e} {1:g}").unwrap(), "2 'a' 1,234,567 1.234567e+06 0.966667");
        assert!(f("{7}").is_err() && f("{").is_err() && f("}").is_err() && f("{name}").is_err());
        assert_eq!(one("%.2f", &args[1]).unwrap(), "0.97");
        assert_eq!(one("{:.2%}", &args[1]).unwrap(), "96.67%");
        assert_eq!(percent("%(a)s 100%%", &mut |n| Ok(json!(n))).unwrap(), "a 100%");
        assert!(percent("100%", &mut |_| Ok(json!(1))).is_err());
    }
}
