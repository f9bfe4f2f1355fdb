//! Writing a [`Re`] in the syntax of some engine.

use super::{CharSet, Re};
use std::fmt::Write as _;

/// What differs between engines.
pub trait Syntax {
    /// Writes one literal character outside a class.
    fn literal(&self, c: char, out: &mut String);
    /// Writes a set of characters: none, or several.
    fn set(&self, set: &CharSet, out: &mut String);
    /// The opening of a group.
    fn group(&self) -> &'static str {
        "("
    }
}

/// The expression in a syntax.
pub fn print(re: &Re, syntax: &impl Syntax) -> String {
    let mut out = String::new();
    write(re, syntax, &mut out);
    out
}

fn write(re: &Re, syntax: &impl Syntax, out: &mut String) {
    match re {
        Re::Lit(t) => t.chars().for_each(|c| syntax.literal(c, out)),
        Re::Set(s) => syntax.set(s, out),
        Re::Concat(items) => {
            for item in items {
                if matches!(item, Re::Alt(_)) { group(item, syntax, out) } else { write(item, syntax, out) }
            }
        }
        Re::Alt(items) => {
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push('|');
                }
                // An empty alternative as `()`: not every engine takes nothing at all.
                if *item == Re::empty() { group(item, syntax, out) } else { write(item, syntax, out) }
            }
        }
        Re::Repeat(item, min, max) => {
            match &**item {
                Re::Set(_) => write(item, syntax, out),
                Re::Lit(t) if t.chars().nth(1).is_none() => write(item, syntax, out),
                item => group(item, syntax, out),
            }
            match (min, max) {
                (0, None) => out.push('*'),
                (1, None) => out.push('+'),
                (0, Some(1)) => out.push('?'),
                (min, None) => _ = write!(out, "{{{min},}}"),
                (min, Some(max)) if min == max => _ = write!(out, "{{{min}}}"),
                (min, Some(max)) => _ = write!(out, "{{{min},{max}}}"),
            }
        }
    }
}

fn group(re: &Re, syntax: &impl Syntax, out: &mut String) {
    out.push_str(syntax.group());
    write(re, syntax, out);
    out.push(')');
}

/// The ranges of a class body, or of its complement behind `^` where that is shorter.
pub fn class_body(set: &CharSet, out: &mut String, mut escape: impl FnMut(char, &mut String)) {
    let complement = set.negated();
    let shorter = if !complement.is_none() && complement.ranges().count() < set.ranges().count().max(2) && set.contains(char::MAX) {
        out.push('^');
        &complement
    } else {
        set
    };
    for (a, b) in shorter.ranges() {
        escape(a, out);
        if a != b {
            if b as u32 - a as u32 > 1 {
                out.push('-');
            }
            escape(b, out);
        }
    }
}

/// The syntax of Rust's `regex` crate.
#[derive(Debug, Clone, Copy)]
pub struct Rust;

impl Syntax for Rust {
    fn literal(&self, c: char, out: &mut String) {
        out.push_str(&regex_syntax::escape(c.encode_utf8(&mut [0; 4])));
    }

    fn set(&self, set: &CharSet, out: &mut String) {
        if set.is_none() {
            return out.push_str(r"[^\x{0}-\x{10FFFF}]");
        }
        out.push('[');
        for (a, b) in set.ranges() {
            _ = write!(out, r"\x{{{:X}}}-\x{{{:X}}}", a as u32, b as u32);
        }
        out.push(']');
    }

    fn group(&self) -> &'static str {
        "(?:"
    }
}

/// PCRE, as a person would write it.
#[derive(Debug, Clone, Copy)]
pub struct Pcre;

impl Syntax for Pcre {
    fn literal(&self, c: char, out: &mut String) {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => _ = write!(out, "\\x{{{:x}}}", c as u32),
            c => {
                if r"\.+*?()|[]{}^$/".contains(c) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }

    fn set(&self, set: &CharSet, out: &mut String) {
        for (name, known) in [
            ("(?s:.)", CharSet::all()),
            (".", CharSet::dot()),
            (r"\d", CharSet::digit()),
            (r"\D", CharSet::digit().negated()),
            (r"\w", CharSet::word()),
            (r"\W", CharSet::word().negated()),
            (r"\s", CharSet::space()),
            (r"\S", CharSet::space().negated()),
        ] {
            if *set == known {
                return out.push_str(name);
            }
        }
        if set.is_none() {
            return out.push_str("(?!)");
        }
        out.push('[');
        class_body(set, out, |c, out| {
            if matches!(c, '\\' | ']' | '[' | '^' | '-') {
                out.push('\\');
                out.push(c);
            } else if c.is_control() || c == char::MAX {
                _ = write!(out, "\\x{{{:x}}}", c as u32);
            } else {
                out.push(c);
            }
        });
        out.push(']');
    }
}
