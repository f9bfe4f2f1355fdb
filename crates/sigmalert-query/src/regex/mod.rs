//! Regular expressions, as the languages they describe.
//!
//! A [`Re`] says which *whole* values match. The front end ([`parse`]) turns the search that a Sigma `re`
//! value asks for into that form: `.*` where it is not anchored, anchors and word boundaries worked out,
//! flags folded into the character sets. So every back end prints a plain regular language, and Lucene,
//! which has neither anchors nor flags nor look-around, says the same as PCRE.

mod assert;
mod class;
mod pcre;
mod print;

pub use class::CharSet;
pub use pcre::{RegexError, RegexErrorKind, parse};
pub use print::{Pcre, Rust, Syntax, class_body, print};
pub use sigmalert_sigma::RegexFlags as Flags;

use super::pattern::{Case, Part, Pattern};

/// A regular language over characters.
///
/// Built by the constructors below, which keep it in normal form, so that the same expression has one shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Re {
    /// This text; empty for the empty word.
    Lit(String),
    /// One character of a set that has none or several; `Set(none)` matches nothing at all.
    Set(CharSet),
    /// One after the other; at least two, none of them a `Concat`, no two literals in a row.
    Concat(Vec<Re>),
    /// One of them; at least two, none of them an `Alt`.
    Alt(Vec<Re>),
    /// So many times: at least, and at most where there is a bound.
    Repeat(Box<Re>, u32, Option<u32>),
}

impl Re {
    /// The empty word.
    pub fn empty() -> Self {
        Self::Lit(String::new())
    }

    /// Nothing: no word matches.
    pub fn nothing() -> Self {
        Self::Set(CharSet::none())
    }

    /// Any text at all, line feeds included.
    pub fn anything() -> Self {
        Self::Repeat(Box::new(Self::Set(CharSet::all())), 0, None)
    }

    /// One character of a set.
    pub fn set(set: CharSet) -> Self {
        match set.as_single() {
            Some(c) => Self::Lit(c.into()),
            None => Self::Set(set),
        }
    }

    /// Text, in the case given or in any.
    pub fn text(text: &str, case: Case) -> Self {
        match case {
            Case::Sensitive => Self::Lit(text.into()),
            Case::Insensitive => Self::concat(text.chars().map(|c| Self::set(CharSet::single(c).case_folded()))),
        }
    }

    /// One after the other.
    pub fn concat(items: impl IntoIterator<Item = Self>) -> Self {
        let mut out: Vec<Self> = Vec::new();
        let mut pending: Vec<Self> = items.into_iter().collect();
        pending.reverse();
        while let Some(item) = pending.pop() {
            match item {
                Self::Concat(inner) => pending.extend(inner.into_iter().rev()),
                Self::Lit(t) if t.is_empty() => {}
                Self::Set(s) if s.is_none() => return Self::nothing(),
                Self::Lit(t) => match out.last_mut() {
                    Some(Self::Lit(last)) => last.push_str(&t),
                    _ => out.push(Self::Lit(t)),
                },
                // `.*.*` is `.*`.
                item if item.is_anything() && out.last().is_some_and(Self::is_anything) => {}
                item => out.push(item),
            }
        }
        match out.len() {
            0 => Self::empty(),
            1 => out.remove(0),
            _ => Self::Concat(out),
        }
    }

    /// One of them. Single characters are joined to a set; the order of the rest is kept.
    pub fn alt(items: impl IntoIterator<Item = Self>) -> Self {
        let mut out: Vec<Self> = Vec::new();
        let mut seen: std::collections::HashSet<Self> = std::collections::HashSet::new();
        let mut chars: Option<(usize, CharSet)> = None;
        let mut pending: Vec<Self> = items.into_iter().collect();
        pending.reverse();
        while let Some(item) = pending.pop() {
            let set = match item {
                Self::Alt(inner) => {
                    pending.extend(inner.into_iter().rev());
                    continue;
                }
                Self::Set(s) => s,
                Self::Lit(ref t) if t.chars().nth(1).is_none() && !t.is_empty() => {
                    t.chars().next().map_or_else(CharSet::none, CharSet::single)
                }
                item => {
                    if seen.insert(item.clone()) {
                        out.push(item);
                    }
                    continue;
                }
            };
            if set.is_none() {
                continue;
            }
            match &mut chars {
                Some((_, known)) => *known = known.union(&set),
                None => {
                    chars = Some((out.len(), set));
                    out.push(Self::empty());
                }
            }
        }
        if let Some((at, set)) = chars {
            out[at] = Self::set(set);
        }
        match out.len() {
            0 => Self::nothing(),
            1 => out.remove(0),
            _ => Self::Alt(out),
        }
    }

    /// So many times.
    pub fn repeat(item: Self, min: u32, max: Option<u32>) -> Self {
        if max == Some(0) || item == Self::empty() {
            return Self::empty();
        }
        if item == Self::nothing() {
            return if min == 0 { Self::empty() } else { item };
        }
        match (item, min, max) {
            (item, 1, Some(1)) => item,
            // (x*)*, (x+)*, (x*)+ and (x?)* are all x*.
            (Self::Repeat(inner, 0 | 1, None), 0, None)
            | (Self::Repeat(inner, 0, None), 1, None)
            | (Self::Repeat(inner, 0, Some(1)), 0 | 1, None) => Self::repeat(*inner, 0, None),
            (item, min, max) => Self::Repeat(Box::new(item), min, max),
        }
    }

    /// True for any text at all.
    pub fn is_anything(&self) -> bool {
        matches!(self, Self::Repeat(inner, 0, None) if matches!(&**inner, Self::Set(s) if s.is_all()))
    }

    /// True when the empty word matches.
    pub fn is_nullable(&self) -> bool {
        match self {
            Self::Lit(t) => t.is_empty(),
            Self::Set(_) => false,
            Self::Concat(items) => items.iter().all(Self::is_nullable),
            Self::Alt(items) => items.iter().any(Self::is_nullable),
            Self::Repeat(item, min, _) => *min == 0 || item.is_nullable(),
        }
    }

    /// The pattern that says the same, where one does: literal text, `.` for any character and `.*`.
    pub fn to_pattern(&self) -> Option<Pattern> {
        let mut pattern = Pattern::literal("", Case::Sensitive);
        let items = match self {
            Self::Concat(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in items {
            match item {
                Self::Lit(t) => pattern.push(Part::Lit(t.clone())),
                Self::Set(s) if s.is_all() => pattern.push(Part::One),
                item if item.is_anything() => pattern.push(Part::Any),
                _ => return None,
            }
        }
        Some(pattern)
    }

    /// The expression of a pattern.
    pub fn from_pattern(pattern: &Pattern) -> Self {
        Self::concat(pattern.parts().iter().map(|p| match p {
            Part::Lit(t) => Self::text(t, pattern.case),
            Part::Any => Self::anything(),
            Part::One => Self::Set(CharSet::all()),
        }))
    }

    /// True when swapping the case of ASCII letters never changes whether a value matches: then an index can
    /// run it with its `case_insensitive` flag.
    pub fn is_ascii_caseless(&self) -> bool {
        match self {
            Self::Lit(t) => t.chars().all(|c| !c.is_ascii_alphabetic()),
            Self::Set(s) => ('a'..='z').all(|c| s.contains(c) == s.contains(c.to_ascii_uppercase())),
            Self::Concat(items) | Self::Alt(items) => items.iter().all(Self::is_ascii_caseless),
            Self::Repeat(item, ..) => item.is_ascii_caseless(),
        }
    }

    /// The expression with every set and every character rewritten; `f` gets a set and says what stands for
    /// one character of it.
    #[must_use]
    pub fn map_chars(&self, f: &mut impl FnMut(&CharSet) -> Self) -> Self {
        match self {
            Self::Lit(t) => Self::concat(t.chars().map(|c| f(&CharSet::single(c)))),
            Self::Set(s) => f(s),
            Self::Concat(items) => Self::concat(items.iter().map(|i| i.map_chars(f)).collect::<Vec<_>>()),
            Self::Alt(items) => Self::alt(items.iter().map(|i| i.map_chars(f)).collect::<Vec<_>>()),
            Self::Repeat(item, min, max) => Self::repeat(item.map_chars(f), *min, *max),
        }
    }

    /// The same language in the syntax of Rust's `regex` crate, anchored at both ends.
    pub fn to_rust(&self) -> String {
        format!(r"\A(?:{})\z", print(self, &Rust))
    }
}
