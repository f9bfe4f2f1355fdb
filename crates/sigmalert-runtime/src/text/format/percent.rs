//! Python's `%`.

use super::float::digits;
use super::spec::{bounded, in_base, magnitude, number, padded};
use super::{Unfilled, template_error};
use crate::text::python;
use serde_json::Value;

/// What is to the right of the `%`.
pub(crate) trait Values {
    /// What a conversion such as `%(name)s` stands for.
    fn named(&mut self, name: &str) -> Result<Value, Unfilled>;
    /// What a conversion without a name stands for.
    fn next(&mut self) -> Result<Value, Unfilled>;
    /// Whether everything there was has been used, as Python wants it.
    fn used(&self) -> bool {
        true
    }
    /// Whether a value that its conversion does not suit is written as it is.
    fn lenient(&self) -> bool {
        false
    }
    /// Takes what a conversion became; the text that goes in its place.
    fn filled(&mut self, text: String) -> Result<String, Unfilled> {
        Ok(text)
    }
}

/// One value that is no mapping.
pub(crate) struct Single<'a> {
    value: &'a Value,
    taken: bool,
}

impl<'a> Single<'a> {
    pub fn of(value: &'a Value) -> Self {
        Self { value, taken: false }
    }
}

impl Values for Single<'_> {
    fn named(&mut self, name: &str) -> Result<Value, Unfilled> {
        match self.value {
            Value::Object(map) => map.get(name).cloned().ok_or_else(|| Unfilled::Missing(name.to_owned())),
            _ => Err(template_error(format!("%({name}) has a name, and there is one value without a name"))),
        }
    }

    fn next(&mut self) -> Result<Value, Unfilled> {
        if std::mem::replace(&mut self.taken, true) {
            return Err(template_error("there are more conversions than values"));
        }
        Ok(self.value.clone())
    }

    fn used(&self) -> bool {
        // Python asks only of what has no items.
        self.taken || matches!(self.value, Value::Object(_) | Value::Array(_))
    }
}

/// How a conversion is written: `%[(name)][flags][width][.precision]type`
#[derive(Debug, Default, Clone, Copy)]
struct Conversion {
    left: bool,
    plus: bool,
    blank: bool,
    alternate: bool,
    zeros: bool,
    width: usize,
    precision: Option<usize>,
}

/// Python's `template % values`.
///
/// # Errors
/// The message of the exception that Python raises.
pub(crate) fn percent(template: &str, values: &mut dyn Values) -> Result<String, Unfilled> {
    let incomplete = || template_error("a % at the end says nothing: write %% for the character");
    let mut out = String::with_capacity(template.len());
    let chars: Vec<char> = template.chars().collect();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        at += 1;
        if *c != '%' {
            out.push(*c);
            continue;
        }
        if chars.get(at) == Some(&'%') {
            out.push('%');
            at += 1;
            continue;
        }
        let mut name = None;
        if chars.get(at) == Some(&'(') {
            let end = closing(&chars[at..]).ok_or_else(|| template_error("a %( is not closed"))?;
            name = Some(chars[at + 1..at + end].iter().collect::<String>());
            at += end + 1;
        }
        let mut how = Conversion::default();
        while let Some(flag) = chars.get(at) {
            match flag {
                '-' => how.left = true,
                '+' => how.plus = true,
                ' ' => how.blank = true,
                '#' => how.alternate = true,
                '0' => how.zeros = true,
                _ => break,
            }
            at += 1;
        }
        how.width = bounded(number(&chars, &mut at).unwrap_or(0))?;
        if chars.get(at) == Some(&'.') {
            at += 1;
            how.precision = Some(number(&chars, &mut at).unwrap_or(0));
        }
        if let Some('h' | 'l' | 'L') = chars.get(at) {
            at += 1;
        }
        let kind = *chars.get(at).ok_or_else(incomplete)?;
        at += 1;
        if !"sradiuoxXeEfFgGc".contains(kind) {
            return Err(template_error(format!("%{kind} is not a conversion: write %% for the character")));
        }
        let value = match &name {
            Some(name) => values.named(name)?,
            None => values.next()?,
        };
        let text = match converted(&value, kind, &how) {
            Err(Unfilled::Value(_)) if values.lenient() => converted(&value, 's', &Conversion { precision: None, ..how })?,
            other => other?,
        };
        out.push_str(&values.filled(text)?);
    }
    if values.used() { Ok(out) } else { Err(template_error("the value has no place in the format")) }
}

/// Where the parenthesis that opens the text is closed.
fn closing(chars: &[char]) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in chars.iter().enumerate() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn converted(value: &Value, kind: char, how: &Conversion) -> Result<String, Unfilled> {
    let align = if how.left { '<' } else { '>' };
    let cut = |text: String| text.chars().take(how.precision.unwrap_or(usize::MAX)).collect::<String>();
    let text = match kind {
        's' => cut(python::str(value)),
        'r' => cut(python::repr(value)),
        'a' => cut(python::ascii(value)),
        'c' => character(value)?,
        _ => return of_number(value, kind, how),
    };
    Ok(padded(&text, ' ', align, how.width))
}

fn character(value: &Value) -> Result<String, Unfilled> {
    let c = match value {
        Value::String(text) if text.chars().count() == 1 => text.chars().next(),
        Value::Number(n) => n.as_u64().and_then(|n| u32::try_from(n).ok()).and_then(char::from_u32),
        Value::Bool(b) => char::from_u32(u32::from(*b)),
        _ => None,
    };
    c.map(String::from).ok_or_else(|| Unfilled::Value(format!("%c takes a character, not {}", python::repr(value))))
}

fn of_number(value: &Value, kind: char, how: &Conversion) -> Result<String, Unfilled> {
    let wrong = || Unfilled::Value(format!("%{kind} takes a number, not {}", python::repr(value)));
    how.precision.map(bounded).transpose()?;
    let n = match value {
        Value::Number(n) => n.clone(),
        Value::Bool(b) => u8::from(*b).into(),
        _ => return Err(wrong()),
    };
    let (negative, prefix, digits) = if "eEfFgG".contains(kind) {
        let f = n.as_f64().ok_or_else(wrong)?;
        (f.is_sign_negative(), "", digits(f.abs(), kind, how.precision.unwrap_or(6), how.alternate, false))
    } else {
        let (negative, digits, prefix) = if n.is_f64() {
            if "oxX".contains(kind) {
                return Err(wrong());
            }
            let f = n.as_f64().ok_or_else(wrong)?.trunc();
            (f < 0.0, format!("{:.0}", f.abs()), "")
        } else {
            let (negative, magnitude) = magnitude(&n);
            let (digits, prefix) = in_base(magnitude, kind);
            (negative, digits, prefix)
        };
        let least = how.precision.unwrap_or(0);
        (negative, if how.alternate { prefix } else { "" }, format!("{digits:0>least$}"))
    };
    let sign = match (negative, how.plus, how.blank) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    };
    if how.zeros && !how.left {
        let width = how.width.saturating_sub(sign.len() + prefix.len());
        return Ok(format!("{sign}{prefix}{digits:0>width$}"));
    }
    Ok(padded(&format!("{sign}{prefix}{digits}"), ' ', if how.left { '<' } else { '>' }, how.width))
}
