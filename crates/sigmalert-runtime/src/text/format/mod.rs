//! Python's `str.format`: which values a template names, and where they go. `spec` says how one value is written, `percent` is
//! Python's `%`, `fields` the way ElastAlert joins both for commands.

pub(crate) mod fields;
mod float;
pub(crate) mod percent;
mod spec;
#[cfg(test)]
mod tests;

use super::python;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Why a template is not filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfilled {
    /// The template is wrong, whatever the values are.
    #[error("{0}")]
    Template(String),
    /// Python's `KeyError`: a name stands for nothing.
    #[error("{{{0}}} refers to nothing")]
    Missing(String),
    /// The value at hand cannot be written that way.
    #[error("{0}")]
    Value(String),
    /// A place without a name, where values have names.
    #[error("{{}} and {{0}} refer to nothing here: write {{field}}, or {{{{ for the character")]
    Nameless,
}

/// MemberSource a value.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<Value>;

/// What a template names.
#[derive(Clone, Copy)]
pub(crate) enum Arguments<'a> {
    /// `{}` and `{0}`
    Positional(&'a [Value]),
    /// `{name}`
    Named(&'a Map<String, Value>),
    /// `{name}`. The first function knows names, the second one whole placeholders, such as `user.name`, that Python cannot follow.
    Found(Lookup<'a>, Lookup<'a>),
}

/// A part of a filled template.
pub(crate) enum Piece<'a> {
    /// As it stands in the template.
    Literal(&'a str),
    /// What a placeholder stands for.
    Filled(String),
}

/// Python's `template.format(…)`.
///
/// # Errors
/// The message of the exception that Python raises.
pub(crate) fn format(template: &str, arguments: &Arguments<'_>) -> Result<String, Unfilled> {
    joined(template, arguments, None)
}

/// The same for alerts: where Python raises because of the value at hand, the value is written as it is, and `missing` stands for
/// a part that the value does not have. An event does not keep an alert from being sent.
///
/// # Errors
/// When the template is wrong, whatever the values are.
pub(crate) fn format_any(template: &str, arguments: &Arguments<'_>, missing: &str) -> Result<String, Unfilled> {
    joined(template, arguments, Some(missing))
}

fn joined(template: &str, arguments: &Arguments<'_>, missing: Option<&str>) -> Result<String, Unfilled> {
    let mut out = String::with_capacity(template.len());
    pieces(template, arguments, missing, &mut |piece| match piece {
        Piece::Literal(text) => out.push_str(text),
        Piece::Filled(text) => out.push_str(&text),
    })?;
    Ok(out)
}

/// Hands out the parts of a filled template, in order.
///
/// # Errors
/// As [`format()`], or [`format_any`] where `missing` is given.
pub(crate) fn pieces(
    template: &str,
    arguments: &Arguments<'_>,
    missing: Option<&str>,
    sink: &mut dyn FnMut(Piece<'_>),
) -> Result<(), Unfilled> {
    Filler { arguments: *arguments, numbering: Numbering::Open, missing }.template(template, 2, sink)
}

/// How places are counted: Python does not let a template mix `{}` and `{0}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbering {
    Open,
    Automatic(usize),
    Manual,
}

struct Filler<'a> {
    arguments: Arguments<'a>,
    numbering: Numbering,
    missing: Option<&'a str>,
}

/// A placeholder's parts: `{name!conversion:spec}`.
struct Markup<'a> {
    name: &'a str,
    conversion: Option<char>,
    spec: &'a str,
}

impl<'a> Filler<'a> {
    fn template(&mut self, template: &str, depth: u8, sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unfilled> {
        if depth == 0 {
            return Err(template_error("a format has placeholders inside placeholders of its own"));
        }
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            sink(Piece::Literal(&rest[..at]));
            let tail = &rest[at..];
            if tail.starts_with("{{") || tail.starts_with("}}") {
                sink(Piece::Literal(&tail[..1]));
                rest = &tail[2..];
                continue;
            }
            if tail.starts_with('}') {
                return Err(template_error("a single } stands in the text: write }}"));
            }
            let (markup, after) = read(&tail[1..])?;
            sink(Piece::Filled(self.placeholder(&markup, depth)?));
            rest = after;
        }
        sink(Piece::Literal(rest));
        Ok(())
    }

    fn placeholder(&mut self, markup: &Markup<'_>, depth: u8) -> Result<String, Unfilled> {
        let value = match (self.value(markup.name), self.missing) {
            (Err(Unfilled::Value(_)), Some(missing)) => Cow::Owned(missing.into()),
            (other, _) => other?,
        };
        let value = match markup.conversion {
            None => value,
            Some('s') => Cow::Owned(python::str(&value).into()),
            Some('r') => Cow::Owned(python::repr(&value).into()),
            Some('a') => Cow::Owned(python::ascii(&value).into()),
            Some(c) => return Err(template_error(format!("!{c} is not a conversion: those are !r, !s and !a"))),
        };
        let mut expanded = String::new();
        let spec = if markup.spec.contains('{') {
            self.template(markup.spec, depth - 1, &mut |piece| match piece {
                Piece::Literal(text) => expanded.push_str(text),
                Piece::Filled(text) => expanded.push_str(&text),
            })?;
            &expanded
        } else {
            markup.spec
        };
        match spec::written(&value, spec) {
            Err(Unfilled::Value(_)) if self.missing.is_some() => Ok(spec::plain(&value, spec)),
            other => other,
        }
    }

    /// What a placeholder's name stands for.
    fn value(&mut self, name: &str) -> Result<Cow<'a, Value>, Unfilled> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, path) = name.split_at(end);
        let index = self.numbered(first)?;
        if let Arguments::Found(by_name, whole) = self.arguments {
            if index.is_some() {
                return Err(Unfilled::Nameless);
            }
            let found = by_name(first).ok_or_else(|| Unfilled::Missing(first.to_owned()));
            return found.and_then(|value| follow(Cow::Owned(value), path)).or_else(|e| match e {
                Unfilled::Template(_) => Err(e),
                e => whole(name).map(Cow::Owned).ok_or(e),
            });
        }
        let value = match (self.arguments, index) {
            (Arguments::Positional(values), Some(index)) => values.get(index).ok_or_else(|| {
                template_error(format!("{{{index}}} refers to nothing: there are {} arguments, and the first is {{0}}", values.len()))
            }),
            (Arguments::Named(_), Some(index)) => Err(template_error(format!("{{{index}}} refers to nothing: the arguments have names"))),
            (Arguments::Named(map), None) => map.get(first).ok_or_else(|| Unfilled::Missing(first.to_owned())),
            (_, _) => Err(Unfilled::Missing(first.to_owned())),
        };
        let found = follow(Cow::Borrowed(value?), path);
        match found {
            // A key that the event does not have.
            Err(Unfilled::Missing(key)) => Err(if self.missing.is_some() { Unfilled::Value(key) } else { Unfilled::Missing(key) }),
            other => other,
        }
    }

    /// The place that a name means, where it is a number or nothing.
    fn numbered(&mut self, first: &str) -> Result<Option<usize>, Unfilled> {
        let index = integer(first)?;
        match (self.numbering, first.is_empty(), index) {
            (Numbering::Manual, true, _) | (Numbering::Automatic(_), false, Some(_)) => {
                Err(template_error("`{}` and numbered places such as `{0}` are mixed"))
            }
            (numbering, true, _) => {
                let next = if let Numbering::Automatic(next) = numbering { next } else { 0 };
                self.numbering = Numbering::Automatic(next + 1);
                Ok(Some(next))
            }
            (_, false, Some(index)) => {
                self.numbering = Numbering::Manual;
                Ok(Some(index))
            }
            (_, false, None) => Ok(None),
        }
    }
}

/// What stands behind an opening brace, and what behind the closing one.
fn read(text: &str) -> Result<(Markup<'_>, &str), Unfilled> {
    let open = || template_error("a { in the text is not closed: write {{ for the character");
    let mut end = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, b)) = bytes.next() {
        match b {
            b'{' => return Err(template_error("a { stands in the name of a placeholder")),
            // Whatever stands in brackets is a key.
            b'[' => _ = bytes.find(|(_, b)| *b == b']'),
            b'}' | b':' | b'!' => {
                end = Some(at);
                break;
            }
            _ => {}
        }
    }
    let end = end.ok_or_else(open)?;
    let (name, rest) = text.split_at(end);
    if let Some(after) = rest.strip_prefix('}') {
        return Ok((Markup { name, conversion: None, spec: "" }, after));
    }
    let (conversion, spec) = if let Some(rest) = rest.strip_prefix('!') {
        let c = rest.chars().next().ok_or_else(open)?;
        let rest = &rest[c.len_utf8()..];
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((Markup { name, conversion: Some(c), spec: "" }, after));
        }
        match rest.strip_prefix(':') {
            Some(spec) => (Some(c), spec),
            None if rest.is_empty() => return Err(open()),
            None => return Err(template_error(format!("behind the conversion !{c} stands neither `:` nor }}"))),
        }
    } else {
        (None, &rest[1..])
    };
    let mut depth = 1usize;
    for (at, b) in spec.bytes().enumerate() {
        match b {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Ok((Markup { name, conversion, spec: &spec[..at] }, &spec[at + 1..])),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    Err(open())
}

/// Goes down into a value: `.key`, `[key]`, `[0]`.
fn follow<'v>(mut value: Cow<'v, Value>, path: &str) -> Result<Cow<'v, Value>, Unfilled> {
    let mut rest = path;
    while !rest.is_empty() {
        let (key, attribute, after) = if let Some(inner) = rest.strip_prefix('[') {
            let close = inner.find(']').ok_or_else(|| template_error("a [ in a placeholder is not closed"))?;
            (&inner[..close], false, &inner[close + 1..])
        } else if let Some(inner) = rest.strip_prefix('.') {
            let stop = inner.find(['.', '[']).unwrap_or(inner.len());
            (&inner[..stop], true, &inner[stop..])
        } else {
            return Err(template_error("behind ] in a placeholder stands neither `.` nor ["));
        };
        if key.is_empty() {
            return Err(template_error("a part of a placeholder is empty"));
        }
        value = match value {
            Cow::Borrowed(v) => part(v, key, attribute)?,
            Cow::Owned(v) => Cow::Owned(part(&v, key, attribute)?.into_owned()),
        };
        rest = after;
    }
    Ok(value)
}

/// One step down. What Python calls an attribute is a key here: values of events have no attributes.
fn part<'v>(value: &'v Value, key: &str, attribute: bool) -> Result<Cow<'v, Value>, Unfilled> {
    let index = if attribute { None } else { integer(key)? };
    let found = match (value, index) {
        (Value::Object(map), None) => map.get(key).map(Cow::Borrowed),
        (Value::Array(items), Some(index)) => items.get(index).map(Cow::Borrowed),
        (Value::String(text), Some(index)) => text.chars().nth(index).map(|c| Cow::Owned(c.to_string().into())),
        _ => None,
    };
    found.ok_or_else(|| match value {
        // Python's KeyError, which ElastAlert looks at.
        Value::Object(_) if !attribute => Unfilled::Missing(index.map_or_else(|| key.to_owned(), |i| i.to_string())),
        other => Unfilled::Value(format!("{} has no part `{key}`", python::repr(other))),
    })
}

/// A text of digits alone.
fn integer(text: &str) -> Result<Option<usize>, Unfilled> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| template_error(format!("`{text}` is too large a number")))
}

fn template_error(message: impl Into<String>) -> Unfilled {
    Unfilled::Template(message.into())
}

/// `format_string` of ElastAlert: `{…}` is formatted by `str.format`, everything else by `%`.
///
/// # Errors
/// The message of the exception that Python raises.
pub(crate) fn one(template: &str, value: &Value) -> Result<String, Unfilled> {
    if template.starts_with('{') {
        return format(template, &Arguments::Positional(std::slice::from_ref(value)));
    }
    percent::percent(template, &mut percent::Single::of(value))
}
