//! An expression as KQL.

use super::{is_space, is_special};
use crate::lang::groups::Lists;
use crate::lang::{Language, Limits, MAX_DEPTH, PrintError, expand_at_least};
use crate::{Case, Expr, FieldName, Part, Pattern, Test};
use std::fmt::Write as _;

/// Prints an expression in index meaning.
///
/// # Errors
/// For what KQL has no words for (regular expressions, `?`, comparison of fields, parts of time, letter case)
/// and for what the index would refuse.
pub fn print(expr: &Expr, limits: &Limits) -> Result<String, PrintError> {
    let mut printer = Printer { out: String::new(), limits, clauses: 0 };
    printer.expr(expr, Parent::Top, 0)?;
    if printer.clauses > limits.clauses {
        return Err(error(
            None,
            format!("the query has {} clauses, the index takes {}", printer.clauses, limits.clauses),
            "use Query DSL, where a list of whole values is one clause, or raise indices.query.bool.max_clause_count",
        )
        .too_large());
    }
    Ok(printer.out)
}

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
    PrintError::new(Language::Kql, field, what, help)
}

impl Lists for Printer<'_> {
    const WORDS: [&'static str; 2] = [" and ", " or "];
    const OPEN: &'static str = ": (";

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
        let refuse = |what: &str, help: &str| Err(error(field, what, help));
        match test {
            Test::Exists => self.out.push('*'),
            Test::Pattern(p) | Test::Token(p) => self.pattern(field, p)?,
            Test::Bool(b) => _ = write!(self.out, "{b}"),
            Test::Number(i) => match i.as_point() {
                Some(n) => _ = write!(self.out, "{n}"),
                None => return refuse("a range inside a list of values", "use Lucene or Query DSL"),
            },
            Test::Cidr(net) if net.prefix_len() == net.max_prefix_len() => quoted(&net.addr().to_string(), &mut self.out),
            Test::Cidr(net) => quoted(&net.trunc().to_string(), &mut self.out),
            Test::Phrase(tokens) => quoted(&tokens.join(" "), &mut self.out),
            Test::Regex(_) => return refuse("it has no regular expressions", "use Lucene or Query DSL"),
            Test::NumericText(_) => return refuse("it compares numbers on a field that the index orders as text", "use Query DSL"),
            Test::Field(_) => return refuse("it compares two fields of a document", "use Query DSL, which does it with a script"),
            Test::Period(..) => return refuse("it asks for a span of time", "use Lucene or Query DSL"),
            Test::Anywhere(_) => return refuse("it searches all fields, each as its type compares", "use Lucene or Query DSL"),
            Test::Time(..) => return refuse("it asks for a part of a timestamp", "use Query DSL, which does it with a script"),
        }
        Ok(())
    }
}

impl Printer<'_> {
    fn expr(&mut self, e: &Expr, place: Parent, depth: usize) -> Result<(), PrintError> {
        if depth > MAX_DEPTH {
            return Err(error(None, "the query nests too deep", "simplify the condition"));
        }
        match e {
            Expr::Const(true) => self.out.push_str("*: *"),
            Expr::Const(false) => self.out.push_str("(not *: *)"),
            Expr::And(items) if items.is_empty() => self.expr(&Expr::TRUE, place, depth)?,
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
                        "use Query DSL, which counts matches itself",
                    ));
                }
            },
            // `not` binds tighter than `and` and `or`; only another `not` needs parentheses.
            Expr::Not(item) => {
                self.out.push_str(if place == Parent::Not { "(not " } else { "not " });
                self.expr(item, Parent::Not, depth + 1)?;
                if place == Parent::Not {
                    self.out.push(')');
                }
            }
            Expr::Test(field, test) => self.test(field.as_ref(), test)?,
        }
        Ok(())
    }

    fn field(&mut self, field: Option<&FieldName>) {
        let Some(name) = field else { return };
        if name.contains('*') {
            bare(name, true, &mut self.out);
        } else if name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@' | '#'))
            && !matches!(&**name, "not" | "and" | "or")
        {
            self.out.push_str(name);
        } else {
            quoted(name, &mut self.out);
        }
    }

    fn test(&mut self, field: Option<&FieldName>, test: &Test) -> Result<(), PrintError> {
        if let Test::Number(i) = test
            && i.as_point().is_none()
        {
            self.clauses += 1;
            let (sign, n) = match (i.low, i.high) {
                (Some(e), None) => (if e.inclusive { ">=" } else { ">" }, e.value),
                (None, Some(e)) => (if e.inclusive { "<=" } else { "<" }, e.value),
                _ => return Err(error(field, "a range with two ends that one value must lie in", "use Lucene or Query DSL")),
            };
            self.field(field);
            _ = write!(self.out, " {sign} {n}");
            return Ok(());
        }
        self.field(field);
        if field.is_some() {
            self.out.push_str(": ");
        }
        self.value(field, test)
    }

    fn pattern(&mut self, field: Option<&FieldName>, p: &Pattern) -> Result<(), PrintError> {
        if p.case == Case::Insensitive && p.has_cased_letter() {
            return Err(error(field, "a comparison without regard to letter case", "use --case index, or Query DSL"));
        }
        self.limits.pattern(Language::Kql, field, p)?;
        if let Some(t) = p.as_literal() {
            quoted(t, &mut self.out);
            return Ok(());
        }
        if p.parts().contains(&Part::One) {
            return Err(error(field, "`?` for exactly one character", "use Lucene or Query DSL"));
        }
        // Kibana trims the whole of a bare value, however its blanks are written.
        let edge = |part: Option<&Part>, last: bool| match part {
            Some(Part::Lit(t)) => {
                if last { t.chars().last() } else { t.chars().next() }.is_some_and(|c| c.is_whitespace() || c == '\u{feff}')
            }
            _ => false,
        };
        if edge(p.parts().first(), false) || edge(p.parts().last(), true) {
            return Err(error(field, "a wildcard value that begins or ends in a blank", "use Lucene or Query DSL"));
        }
        for part in p.parts() {
            match part {
                Part::Lit(t) => bare(t, false, &mut self.out),
                _ => self.out.push('*'),
            }
        }
        Ok(())
    }
}

/// A value in quotes.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A piece of a bare value, or a field name in which a `*` stays a wildcard.
fn bare(text: &str, keep_star: bool, out: &mut String) {
    let chars: Vec<char> = text.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '*' if keep_star => out.push('*'),
            // `\n` is a line feed before it is the start of an escaped `not`, so that letter is written by its code.
            'n' | 'N' if begins_keyword(&chars, i) => _ = write!(out, "\\u{:04x}", c as u32),
            c => {
                if is_special(c) || begins_keyword(&chars, i) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
}

/// True when the grammar would read an operator at `i`: `or` and `and` between blanks, `not` before one.
fn begins_keyword(chars: &[char], i: usize) -> bool {
    // Written blanks only: a tab or line feed is written as an escape, which is none. Behind the last character
    // the query may go on with one.
    let blank = |c: Option<&char>| c.is_none_or(|c| is_space(*c) && !matches!(c, '\t' | '\n' | '\r'));
    let word = |w: &str| {
        chars.len() >= i + w.len()
            && chars[i..i + w.len()].iter().map(char::to_ascii_lowercase).eq(w.chars())
            && blank(chars.get(i + w.len()))
    };
    let after_blank = i > 0 && blank(chars.get(i - 1));
    word("not") || (after_blank && (word("or") || word("and")))
}
