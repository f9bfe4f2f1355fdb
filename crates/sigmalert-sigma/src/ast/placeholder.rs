//! Placeholders (specification, `expand`): `%name%` stands for values that the user of the rule knows.

use crate::error::{Error, ErrorKind};
use crate::yaml::{self, Kind};
use std::collections::HashMap;

/// The values of placeholders, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placeholders(HashMap<String, Vec<String>>);

impl Placeholders {
    /// Reads a YAML mapping from names to a value or a list of values. Values are Sigma strings: `*` and `?` are
    /// wildcards in them.
    ///
    /// # Errors
    /// When the text is not such a mapping.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut out = Self::default();
        for document in yaml::parse_all(text, &yaml::Limits::default())? {
            let Some(entries) = document.as_map() else {
                return Err(Error::expected(ErrorKind::Placeholder, "", &document, "a mapping from names to values"));
            };
            for (key, node) in entries {
                let values = match &node.kind {
                    Kind::Seq(items) => items.iter().collect(),
                    _ => vec![node],
                };
                let texts = values
                    .into_iter()
                    .map(|v| {
                        v.text()
                            .map(str::to_owned)
                            .ok_or_else(|| Error::expected(ErrorKind::Placeholder, key.text.as_ref(), v, "text or a number"))
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                if texts.is_empty() {
                    return Err(Error::new(ErrorKind::Placeholder, key.text.as_ref(), node.pos, "the list of values is empty"));
                }
                out.0.insert(key.text.to_string(), texts);
            }
        }
        Ok(out)
    }

    /// Gives a placeholder its values.
    pub fn set(&mut self, name: impl Into<String>, values: Vec<String>) {
        self.0.insert(name.into(), values);
    }

    /// The values of a placeholder.
    pub fn values(&self, name: &str) -> Option<&[String]> {
        self.0.get(name).map(Vec::as_slice).filter(|v| !v.is_empty())
    }

    /// True when no placeholder has values.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A piece of a value.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text, as it is.
    Text(String),
    /// The name of a placeholder.
    Placeholder(String),
}

/// Takes a value apart. `\%` is a plain percent sign, and so is one that begins no `%name%`.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let escaped = plain.ends_with('\\');
        let name = after.find('%').map(|end| &after[..end]).filter(|n| !n.is_empty() && n.chars().all(|c| c.is_alphanumeric() || c == '_'));
        match name {
            Some(name) if !escaped => {
                if !plain.is_empty() {
                    out.push(Piece::Text(std::mem::take(&mut plain)));
                }
                out.push(Piece::Placeholder(name.to_owned()));
                rest = &after[name.len() + 1..];
            }
            _ => {
                if escaped {
                    plain.pop();
                }
                plain.push('%');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() || out.is_empty() {
        out.push(Piece::Text(plain));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs() {
        let text = |t: &str| Piece::Text(t.into());
        let name = |t: &str| Piece::Placeholder(t.into());
        assert_eq!(pieces("%a%"), [name("a")]);
        assert_eq!(pieces(r"x\%a%"), [text("x%a%")]);
        assert_eq!(pieces("50% of %b%!"), [text("50% of "), name("b"), text("!")]);
        assert_eq!(pieces("%%"), [text("%%")]);
        assert_eq!(pieces(""), [text("")]);
        assert_eq!(pieces("%x y%z%"), [text("%x y"), name("z")]);
    }
}
