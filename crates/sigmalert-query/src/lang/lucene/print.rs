//! An expression as Lucene `query_string`.

use super::escape;
use super::regex::between_slashes;
use crate::lang::groups::Lists;
use crate::lang::{Language, Limits, MAX_DEPTH, PrintError, expand_at_least};
use crate::{Anywhere, Case, End, Expr, FieldName, Part, Pattern, SearchTerm, Test};
use std::fmt::Write as _;

/// Prints an expression in index meaning.
///
/// # Errors
/// For comparisons of two fields and parts of time, which only Query DSL can say, for comparisons without
/// regard to case that were not lowered, and for what the index would refuse.
pub fn print(expr: &Expr, limits: &Limits) -> Result<String, PrintError> {
    let mut printer = Printer { out: String::new(), limits, clauses: 0 };
    printer.expr(expr, Parent::Top, 0)?;
    printer.check_clauses()?;
    Ok(printer.out)
}

/// Prints the value of a test alone, as it follows `field:`.
pub(crate) fn value(field: Option<&FieldName>, test: &Test, limits: &Limits) -> Result<String, PrintError> {
    let mut printer = Printer { out: String::new(), limits, clauses: 0 };
    printer.value(field, test)?;
    Ok(printer.out)
}

/// The context of an expression, which decides about parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    Top,
    And,
    Or,
    Not,
}

struct Printer<'l> {
    out: String,
    limits: &'l Limits,
    clauses: usize,
}

fn error(field: Option<&FieldName>, what: impl Into<String>, help: impl Into<String>) -> PrintError {
    PrintError::new(Language::Lucene, field, what, help)
}

impl Lists for Printer<'_> {
    const WORDS: [&'static str; 2] = [" AND ", " OR "];
    const OPEN: &'static str = "(";

    fn out(&mut self) -> &mut String {
        &mut self.out
    }

    fn item(&mut self, e: &Expr, all: bool, depth: usize) -> Result<(), PrintError> {
        self.expr(e, if all { Parent::And } else { Parent::Or }, depth)
    }

    fn group_field(&mut self, field: Option<&FieldName>) {
        self.field(field);
    }

    fn value(&mut self, field: Option<&FieldName>, test: &Test) -> Result<(), PrintError> {
        self.clauses += 1;
        match test {
            Test::Exists => self.out.push('*'),
            Test::Pattern(p) | Test::Token(p) => self.pattern(field, p)?,
            Test::Regex(re) => {
                let printed = between_slashes(re);
                self.limits.regex(Language::Lucene, field, re, &printed)?;
                _ = write!(self.out, "/{printed}/");
            }
            Test::Number(i) => match (i.as_point(), i.low, i.high) {
                (Some(n), ..) => self.number(&n.to_string()),
                (_, Some(e), None) => _ = write!(self.out, "{}{}", if e.inclusive { ">=" } else { ">" }, e.value),
                (_, None, Some(e)) => _ = write!(self.out, "{}{}", if e.inclusive { "<=" } else { "<" }, e.value),
                (_, Some(a), Some(b)) => self.range(a, b),
                (_, None, None) => self.out.push('*'),
            },
            Test::Bool(b) => _ = write!(self.out, "{b}"),
            Test::Cidr(net) if net.prefix_len() == net.max_prefix_len() => self.number(&net.addr().to_string()),
            Test::Cidr(net) => escape::quoted(&net.trunc().to_string(), &mut self.out),
            Test::Period(from, to) => {
                let end = |ms: &Option<i64>| match ms {
                    None => "*".to_owned(),
                    Some(ms) => jiff::Timestamp::from_millisecond(*ms).map_or_else(|_| ms.to_string(), |t| format!("{t:.3}")),
                };
                _ = write!(self.out, "[{} TO {}]", end(from), end(to));
            }
            Test::Anywhere(a) => self.anywhere(a)?,
            Test::Phrase(tokens) => match tokens.as_slice() {
                [token] if escape::is_bare(token) => self.out.push_str(token),
                tokens => escape::quoted(&tokens.join(" "), &mut self.out),
            },
            Test::NumericText(_) => {
                return Err(error(
                    field,
                    "it compares numbers on a field that the index orders as text",
                    "index the field as a number, or use Query DSL (--to dsl, --filter dsl), which does it with a script",
                ));
            }
            Test::Field(_) => {
                return Err(error(
                    field,
                    "it compares two fields of a document",
                    "use Query DSL (--to dsl, --filter dsl), which does it with a script",
                ));
            }
            Test::Time(part, ..) => {
                return Err(error(
                    field,
                    format!("it asks for the {} of a timestamp", part.name()),
                    "use Query DSL (--to dsl, --filter dsl), which does it with a script",
                ));
            }
        }
        Ok(())
    }
}

impl Printer<'_> {
    fn check_clauses(&self) -> Result<(), PrintError> {
        if self.clauses > self.limits.clauses {
            return Err(error(
                None,
                format!("the query has {} clauses, the index takes {}", self.clauses, self.limits.clauses),
                "use Query DSL (--to dsl, --filter dsl), where a list of whole values is one clause, or raise indices.query.bool.max_clause_count",
            ).too_large());
        }
        Ok(())
    }

    fn expr(&mut self, e: &Expr, place: Parent, depth: usize) -> Result<(), PrintError> {
        if depth > MAX_DEPTH {
            return Err(error(None, "the query nests too deep", "simplify the condition"));
        }
        match e {
            Expr::Const(true) => self.out.push_str("*:*"),
            Expr::Const(false) if place == Parent::Top || place == Parent::And => self.out.push_str("NOT *:*"),
            Expr::Const(false) => self.out.push_str("(NOT *:*)"),
            Expr::And(items) if items.is_empty() => self.out.push_str("*:*"),
            Expr::Or(items) if items.is_empty() => self.expr(&Expr::FALSE, place, depth)?,
            Expr::And(items) | Expr::Or(items) if items.len() == 1 => self.expr(&items[0], place, depth)?,
            Expr::And(items) => self.list(items, true, place == Parent::Top, depth)?,
            Expr::Or(items) => self.list(items, false, place == Parent::Top, depth)?,
            Expr::AtLeast(n, items) => match expand_at_least(*n, items, 256) {
                Some(e) => self.expr(&e, place, depth)?,
                None => {
                    return Err(error(
                        None,
                        format!("`{n} of` {} alternatives", items.len()),
                        "use Query DSL (--to dsl, --filter dsl), which counts matches itself",
                    ));
                }
            },
            // A lone negation inside an `or` would be read as a condition on all of it, so it gets parentheses.
            Expr::Not(item) if place == Parent::Or || place == Parent::Not => {
                self.out.push_str("(NOT ");
                self.expr(item, Parent::Not, depth + 1)?;
                self.out.push(')');
            }
            Expr::Not(item) => {
                self.out.push_str("NOT ");
                self.expr(item, Parent::Not, depth + 1)?;
            }
            Expr::Test(field, test) => self.test(field.as_ref(), test)?,
        }
        Ok(())
    }

    fn field(&mut self, field: Option<&FieldName>) {
        if let Some(f) = field {
            escape::field(f, &mut self.out);
            self.out.push(':');
        }
    }

    fn test(&mut self, field: Option<&FieldName>, test: &Test) -> Result<(), PrintError> {
        self.field(field);
        self.value(field, test)
    }

    /// A search in several fields, as it was written.
    fn anywhere(&mut self, a: &Anywhere) -> Result<(), PrintError> {
        let refuse = |what: &str| Err(error(None, what, "use Query DSL"));
        let several = a.names.len() > 1;
        if several {
            self.out.push('(');
        }
        for (i, name) in a.names.iter().enumerate() {
            if i > 0 {
                self.out.push_str(" OR ");
            }
            if a.asked == SearchTerm::Exists {
                self.out.push_str("_exists_:");
                escape::field(name, &mut self.out);
                continue;
            }
            if name != "*" {
                self.field(Some(&name.as_str().into()));
            }
            match &a.asked {
                SearchTerm::Words(t) if t.starts_with(['<', '>']) || t.is_empty() => {
                    return refuse("a value that would be read as a comparison");
                }
                SearchTerm::Words(t) => {
                    if matches!(t.as_str(), "AND" | "OR" | "NOT") {
                        self.out.push('\\');
                    }
                    escape::term(t, true, &mut self.out);
                }
                SearchTerm::Phrase(t) => escape::quoted(t, &mut self.out),
                SearchTerm::Wildcard(p) if p.parts() == [Part::Any] => return refuse("any value, in one field of several"),
                SearchTerm::Wildcard(p) => self.pattern(None, p)?,
                SearchTerm::Regex(re, _) => {
                    let printed = between_slashes(re);
                    self.limits.regex(Language::Lucene, None, re, &printed)?;
                    _ = write!(self.out, "/{printed}/");
                }
                SearchTerm::Range(..) | SearchTerm::Prefix(_) | SearchTerm::Exists => return refuse("a range in several fields"),
            }
        }
        if several {
            self.out.push(')');
        }
        Ok(())
    }

    /// A number or address: bare, unless its sign or colons would be read as something else.
    fn number(&mut self, text: &str) {
        if escape::is_bare(text) { self.out.push_str(text) } else { escape::quoted(text, &mut self.out) }
    }

    fn range(&mut self, low: End, high: End) {
        _ = write!(
            self.out,
            "{}{} TO {}{}",
            if low.inclusive { '[' } else { '{' },
            low.value,
            high.value,
            if high.inclusive { ']' } else { '}' }
        );
    }

    fn pattern(&mut self, field: Option<&FieldName>, p: &Pattern) -> Result<(), PrintError> {
        if p.case == Case::Insensitive && p.has_cased_letter() {
            return Err(error(field, "a comparison without regard to letter case", "use --case index, --case regex or --filter dsl"));
        }
        self.limits.pattern(Language::Lucene, field, p)?;
        match p.as_literal() {
            Some(t) if escape::is_bare(t) => self.out.push_str(t),
            Some(t) => escape::quoted(t, &mut self.out),
            None => {
                for (i, part) in p.parts().iter().enumerate() {
                    match part {
                        Part::Any => self.out.push('*'),
                        Part::One => self.out.push('?'),
                        Part::Lit(t) => escape::term(t, i == 0, &mut self.out),
                    }
                }
            }
        }
        Ok(())
    }
}
