//! String patterns: literal text with `*` (any run, also empty) and `?` (exactly one character).

use super::fold;
use std::fmt;

/// Whether letter case counts in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Case {
    /// `A` equals `a`: Sigma's default.
    Insensitive,
    /// `A` differs from `a`: the `cased` modifier, and what a keyword field of an index does.
    Sensitive,
}

/// A piece of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// This text.
    Lit(String),
    /// Any run of characters, also none: `*`.
    Any,
    /// Exactly one character: `?`.
    One,
}

/// A comparison with a whole string value.
///
/// Always in normal form, so that equal patterns are equal values: no empty literal, no two literals side by
/// side, and in a run of wildcards all `?` come first, followed by at most one `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern {
    parts: Vec<Part>,
    /// Whether letter case counts.
    pub case: Case,
}

impl Pattern {
    /// A pattern of these parts, brought to normal form.
    pub fn new(parts: impl IntoIterator<Item = Part>, case: Case) -> Self {
        let mut pattern = Self { parts: Vec::new(), case };
        parts.into_iter().for_each(|p| pattern.push(p));
        pattern
    }

    /// A pattern without wildcards.
    pub fn literal(text: impl Into<String>, case: Case) -> Self {
        let text = text.into();
        Self { parts: if text.is_empty() { vec![] } else { vec![Part::Lit(text)] }, case }
    }

    /// The pattern `*text*`.
    pub fn containing(text: impl Into<String>, case: Case) -> Self {
        Self::literal(text, case).open_start().open_end()
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Appends a part.
    pub fn push(&mut self, part: Part) {
        match (part, self.parts.last_mut()) {
            (Part::Lit(t), _) if t.is_empty() => {}
            (Part::Lit(t), Some(Part::Lit(last))) => last.push_str(&t),
            (Part::Any, Some(Part::Any)) => {}
            (Part::One, Some(Part::Any)) => {
                let at = self.parts.len() - 1;
                self.parts.insert(at, Part::One);
            }
            (part, _) => self.parts.push(part),
        }
    }

    /// Appends a character of literal text.
    pub fn push_char(&mut self, c: char) {
        if let Some(Part::Lit(last)) = self.parts.last_mut() {
            last.push(c);
        } else {
            self.parts.push(Part::Lit(c.into()));
        }
    }

    /// The pattern with a `*` before it.
    #[must_use]
    pub fn open_start(mut self) -> Self {
        // `*` goes behind the `?` of a leading run.
        let at = self.parts.iter().take_while(|p| **p == Part::One).count();
        if self.parts.get(at) != Some(&Part::Any) {
            self.parts.insert(at, Part::Any);
        }
        self
    }

    /// The pattern with a `*` after it.
    #[must_use]
    pub fn open_end(mut self) -> Self {
        self.push(Part::Any);
        self
    }

    /// The pattern with the other case rule.
    #[must_use]
    pub fn with_case(mut self, case: Case) -> Self {
        self.case = case;
        self
    }

    /// The text when there are no wildcards.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Lit(t)] => Some(t),
            _ => None,
        }
    }

    /// True for `*`: every string value.
    pub fn is_any(&self) -> bool {
        self.parts == [Part::Any]
    }

    /// True when a letter with another case occurs in it.
    pub fn has_cased_letter(&self) -> bool {
        self.literals().any(|t| t.chars().any(fold::is_cased))
    }

    /// The literal pieces in order.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|p| match p {
            Part::Lit(t) => Some(t.as_str()),
            _ => None,
        })
    }

    /// The pattern with every literal piece rewritten.
    #[must_use]
    pub fn map_literals(&self, mut f: impl FnMut(&str) -> String) -> Self {
        Self::new(
            self.parts.iter().map(|p| match p {
                Part::Lit(t) => Part::Lit(f(t)),
                other => other.clone(),
            }),
            self.case,
        )
    }

    /// True when the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        let chars: Vec<char> = match self.case {
            Case::Sensitive => text.chars().collect(),
            Case::Insensitive => text.chars().map(fold::representative).collect(),
        };
        let pattern: Vec<Symbol> = self.symbols();
        // Greedy with one point to come back to: linear for what rules hold, quadratic at worst.
        let (mut t, mut p) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        while t < chars.len() {
            match pattern.get(p) {
                Some(Symbol::Any) => {
                    back = Some((p + 1, t));
                    p += 1;
                    continue;
                }
                Some(Symbol::One) => {
                    t += 1;
                    p += 1;
                    continue;
                }
                Some(Symbol::Char(c)) if *c == chars[t] => {
                    t += 1;
                    p += 1;
                    continue;
                }
                _ => {}
            }
            let Some((bp, bt)) = back else { return false };
            p = bp;
            t = bt + 1;
            back = Some((bp, bt + 1));
        }
        pattern[p..].iter().all(|s| *s == Symbol::Any)
    }

    fn symbols(&self) -> Vec<Symbol> {
        let mut out = Vec::new();
        for part in &self.parts {
            match part {
                Part::Any => out.push(Symbol::Any),
                Part::One => out.push(Symbol::One),
                Part::Lit(t) if self.case == Case::Sensitive => out.extend(t.chars().map(Symbol::Char)),
                Part::Lit(t) => out.extend(t.chars().map(|c| Symbol::Char(fold::representative(c)))),
            }
        }
        out
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Any,
    One,
    Char(char),
}

/// The pattern as Sigma writes it, wildcards bare and their look-alikes escaped.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.parts.iter().enumerate() {
            match part {
                Part::Any => f.write_str("*")?,
                Part::One => f.write_str("?")?,
                Part::Lit(t) => {
                    let followed_by_wildcard = self.parts.get(i + 1).is_some();
                    f.write_str(&escape(t, followed_by_wildcard))?;
                }
            }
        }
        Ok(())
    }
}

/// Escapes literal text by Sigma's rules (specification, "Escaping"), with as few backslashes as will do.
/// `before_wildcard` says that a `*` or `?` follows, which a trailing backslash must not swallow.
fn escape(text: &str, before_wildcard: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => {
                // One backslash says itself unless what follows would pair with it.
                let pairs = match chars.peek() {
                    Some('*' | '?' | '\\') => true,
                    Some(_) => false,
                    None => before_wildcard,
                };
                out.push_str(if pairs { "\\\\" } else { "\\" });
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_form() {
        let p = Pattern::new(
            [Part::Any, Part::One, Part::Any, Part::Lit(String::new()), Part::Lit("a".into()), Part::Lit("b".into())],
            Case::Sensitive,
        );
        assert_eq!(p.parts(), [Part::One, Part::Any, Part::Lit("ab".into())]);
        assert_eq!(p.clone().open_start(), p);
        assert_eq!(Pattern::literal("", Case::Sensitive).open_start().open_end().parts(), [Part::Any]);
    }

    #[test]
    fn matching() {
        let p = |s: &[Part]| Pattern::new(s.to_vec(), Case::Insensitive);
        assert!(p(&[Part::Any, Part::Lit("ab".into()), Part::Any, Part::Lit("b".into())]).matches("xABab"));
        assert!(!p(&[Part::Lit("a".into())]).matches("ab"));
        assert!(p(&[Part::One, Part::Any]).matches("x"));
        assert!(!p(&[Part::One, Part::Any]).matches(""));
        assert!(p(&[]).matches(""));
    }
}
