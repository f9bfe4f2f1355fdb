//! An expression as a person reads it: one line where it fits, otherwise a tree.

use super::{Expr, FieldRelation, SearchTerm, Test, pattern::Case};
use std::fmt::{self, Write as _};

/// Lines longer than this are broken up.
const WIDTH: usize = 110;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        tree(&mut out, self, 0);
        f.write_str(&out)
    }
}

fn tree(out: &mut String, e: &Expr, depth: usize) {
    let mut line = String::new();
    flat(&mut line, e, false);
    if line.chars().count() + 2 * depth <= WIDTH {
        out.push_str(&line);
        return;
    }
    let (head, items): (String, &[Expr]) = match e {
        Expr::And(items) => ("all of:".into(), items),
        Expr::Or(items) => ("any of:".into(), items),
        Expr::AtLeast(n, items) => (format!("at least {n} of:"), items),
        Expr::Not(item) => {
            out.push_str("not ");
            return tree(out, item, depth);
        }
        _ => return out.push_str(&line),
    };
    out.push_str(&head);
    for item in items {
        out.push('\n');
        (0..=depth).for_each(|_| out.push_str("  "));
        out.push_str("- ");
        tree(out, item, depth + 1);
    }
}

fn flat(out: &mut String, e: &Expr, nested: bool) {
    let mut list = |items: &[Expr], word: &str| {
        if nested {
            out.push('(');
        }
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                _ = write!(out, " {word} ");
            }
            flat(out, item, true);
        }
        if nested {
            out.push(')');
        }
    };
    match e {
        Expr::Const(true) => out.push_str("always"),
        Expr::Const(false) => out.push_str("never"),
        Expr::And(items) if items.is_empty() => out.push_str("always"),
        Expr::Or(items) if items.is_empty() => out.push_str("never"),
        Expr::And(items) => list(items, "and"),
        Expr::Or(items) => list(items, "or"),
        Expr::AtLeast(n, items) => {
            _ = write!(out, "at least {n} of (");
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                flat(out, item, false);
            }
            out.push(')');
        }
        Expr::Not(item) => {
            out.push_str("not ");
            flat(out, item, true);
        }
        Expr::Test(field, test) => {
            out.push_str(field.as_deref().unwrap_or("<keyword>"));
            out.push(' ');
            _ = write!(out, "{test}");
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let case = |c: Case| if c == Case::Sensitive { " (cased)" } else { "" };
        match self {
            Self::Exists => f.write_str("exists"),
            Self::Pattern(p) if p.as_literal().is_some() => write!(f, "= {:?}{}", p.as_literal().unwrap_or_default(), case(p.case)),
            Self::Pattern(p) => write!(f, "like '{p}'{}", case(p.case)),
            Self::Regex(re) => write!(f, "matches /{re}/"),
            Self::Number(i) => write!(f, "{i}"),
            Self::NumericText(i) => write!(f, "{i} (as text)"),
            Self::Bool(b) => write!(f, "= {b}"),
            Self::Cidr(net) => write!(f, "in {net}"),
            Self::Field(t) => {
                let relation = match t.relation {
                    FieldRelation::Equals => "equals",
                    FieldRelation::StartsWith => "starts with",
                    FieldRelation::EndsWith => "ends with",
                    FieldRelation::Contains => "contains",
                };
                write!(f, "{relation} field {}{}", t.other, case(t.case))
            }
            Self::Time(part, c, n) => write!(f, "{} {} {n}", part.name(), c.sign()),
            Self::Period(from, to) => {
                let at = |ms: &i64| jiff::Timestamp::from_millisecond(*ms).map_or_else(|_| format!("{ms} ms"), |t| t.to_string());
                match (from.as_ref().map(at), to.as_ref().map(at)) {
                    (Some(a), Some(b)) => write!(f, "from {a} to {b}"),
                    (Some(a), None) => write!(f, "from {a}"),
                    (None, Some(b)) => write!(f, "to {b}"),
                    (None, None) => f.write_str("exists"),
                }
            }
            Self::Anywhere(a) => {
                match a.names.as_slice() {
                    [all] if all == "*" => f.write_str("in any field")?,
                    names => write!(f, "in any field {}", names.join(", "))?,
                }
                match &a.asked {
                    SearchTerm::Exists => f.write_str(" exists"),
                    SearchTerm::Words(t) => write!(f, " {} of {t:?}", if a.all_words { "all" } else { "any" }),
                    SearchTerm::Phrase(t) => write!(f, " {t:?}"),
                    SearchTerm::Prefix(t) => write!(f, " begins with {t:?}"),
                    SearchTerm::Wildcard(p) => write!(f, " like '{p}'"),
                    SearchTerm::Regex(re, _) => write!(f, " matches /{re}/"),
                    SearchTerm::Range(low, high) => write!(f, " from {low:?} to {high:?}"),
                }
            }
            Self::Phrase(tokens) => write!(f, "has the words {:?}", tokens.join(" ")),
            Self::Token(p) => write!(f, "has a word like '{p}'"),
        }
    }
}

/// In PCRE's syntax, for the whole value.
impl fmt::Display for super::Re {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::regex::print(self, &super::regex::Pcre))
    }
}
