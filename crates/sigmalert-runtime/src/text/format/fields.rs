//! ElastAlert's `resolve_string`: fields of a match in a text, as `%(field)s` and as `{field}`.
//!
//! First `%` is carried out, then `str.format`. A name that stands for nothing is `<MISSING VALUE>` in `%(name)s` and in `{name}`;
//! in any other form, such as the braces of JSON, it leaves all braces of the text as they are. What a field brings in is not
//! looked at again, where ElastAlert takes the values of events for templates.

use super::percent::{Values, percent};
use super::{Arguments, Piece, Unfilled, pieces, template_error};
use crate::lookup::{Document, lookup};
use crate::text::python;
use serde_json::Value;
use std::collections::HashSet;

/// What stands for a missing field after ElastAlert has seen that it is missing.
const MISSING: &str = "_missing_value";

/// Fields of a document for `%(name)s`, with a mark in place of each value.
struct Fields<'a> {
    document: &'a Document,
    missing: &'a str,
    marks: std::iter::Filter<std::ops::RangeInclusive<char>, Unused<'a>>,
    values: Vec<(char, String)>,
    /// Names that stood for nothing: Python's mapping has them from then on.
    known: HashSet<String>,
}

type Unused<'a> = Box<dyn FnMut(&char) -> bool + 'a>;

impl<'a> Fields<'a> {
    fn of(template: &str, document: &'a Document, missing: &'a str) -> Self {
        let used: HashSet<char> = template.chars().filter(|c| *c >= '\u{100000}').collect();
        let unused: Unused<'a> = Box::new(move |c| !used.contains(c));
        Self { document, missing, marks: ('\u{100000}'..='\u{10FFFD}').filter(unused), values: Vec::new(), known: HashSet::new() }
    }
}

impl Values for Fields<'_> {
    fn named(&mut self, name: &str) -> Result<Value, Unfilled> {
        Ok(field(self.document, name).unwrap_or_else(|| {
            self.known.insert(name.to_owned());
            self.missing.into()
        }))
    }

    fn next(&mut self) -> Result<Value, Unfilled> {
        Err(template_error("a conversion has no name: write %(field)s, or %% for the character"))
    }

    fn lenient(&self) -> bool {
        true
    }

    fn filled(&mut self, text: String) -> Result<String, Unfilled> {
        let mark = self.marks.next().ok_or_else(|| template_error("there are too many conversions"))?;
        self.values.push((mark, text));
        Ok(mark.into())
    }
}

fn field(document: &Document, name: &str) -> Option<Value> {
    lookup(document, name).map(std::borrow::Cow::into_owned)
}

/// A text with fields of a document in it. Braces that cannot be filled stay as they are.
///
/// # Errors
/// When a `%` of the text means nothing.
pub(crate) fn resolved(template: &str, document: &Document, missing: &str) -> Result<String, Unfilled> {
    fill(template, document, missing, false)
}

/// What is wrong with a text, whatever the fields are.
///
/// # Errors
/// The message of the exception that Python raises.
pub(crate) fn check(template: &str) -> Result<(), Unfilled> {
    fill(template, &Document::new(), "", true).map(|_| ())
}

fn fill(template: &str, document: &Document, missing: &str, strict: bool) -> Result<String, Unfilled> {
    let mut fields = Fields::of(template, document, missing);
    let mut text = percent(template, &mut fields)?;
    let (values, known) = (fields.values, fields.known);
    let unmarked = |out: &mut String, text: &str| {
        for c in text.chars() {
            match values.binary_search_by_key(&c, |(mark, _)| *mark) {
                Ok(at) => out.push_str(&values[at].1),
                Err(_) => out.push(c),
            }
        }
    };
    let by_name = |name: &str| if name == MISSING || known.contains(name) { Some(missing.into()) } else { document.get(name).cloned() };
    let whole = |placeholder: &str| beyond(document, placeholder, missing);
    loop {
        let mut out = String::with_capacity(text.len());
        let filled = pieces(&text, &Arguments::Found(&by_name, &whole), Some(missing), &mut |piece| match piece {
            Piece::Literal(literal) => unmarked(&mut out, literal),
            Piece::Filled(value) => out.push_str(&value),
        });
        let missing_here = match filled {
            Ok(()) => return Ok(out),
            Err(e @ Unfilled::Template(_)) if strict => return Err(e),
            Err(Unfilled::Missing(name)) => {
                let mut plain = String::with_capacity(name.len());
                unmarked(&mut plain, &name);
                placeholder(&text, &name, &plain)
            }
            Err(_) => None,
        };
        match missing_here {
            Some(placeholder) => text = text.replace(&placeholder, &format!("{{{MISSING}}}")),
            // JSON, a script: its braces stay.
            None => {
                let mut out = String::with_capacity(text.len());
                unmarked(&mut out, &text);
                return Ok(out);
            }
        }
    }
}

/// The placeholder of a missing name, where the text has it in its plain form: Python looks for it as `repr` writes it.
fn placeholder(text: &str, name: &str, plain: &str) -> Option<String> {
    let quoted = python::repr(&plain.into());
    let placeholder = format!("{{{name}}}");
    (quoted.trim_matches('\'') == plain && text.contains(&placeholder)).then_some(placeholder)
}

/// Placeholders that Python cannot follow, and that are fields anyway: `{user.name}`, and `{match[user.name]}`, which
/// ElastAlert's documentation names and ElastAlert leaves as it stands.
fn beyond(document: &Document, placeholder: &str, missing: &str) -> Option<Value> {
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_.-@[]".contains(c));
    if let Some(keys) = placeholder.strip_prefix("match[").and_then(|k| k.strip_suffix(']')) {
        let name = keys.replace("][", ".");
        return plain(&name).then(|| field(document, &name).unwrap_or_else(|| missing.into()));
    }
    let dotted = placeholder.split('[').next().is_some_and(|head| head.contains('.') && !head.starts_with('.') && !head.ends_with('.'));
    if !dotted || !plain(placeholder) || placeholder.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    // `a.b[c]` is a field of an object, `a.b[0]` an item of a list.
    let name = placeholder.replace("][", ".").replace('[', ".").replace(']', "");
    Some(field(document, placeholder).or_else(|| field(document, &name)).unwrap_or_else(|| missing.into()))
}
