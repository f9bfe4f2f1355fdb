//! A form of expressions for hashing, independent of their display text.
//!
//! The hash of a rule file is derived from it, so it never changes: a different byte here is a different hash in every file
//! that users have generated. Reword messages in [`super::display`] instead.

use super::pattern::{Case, Pattern};
use super::{End, Expr, FieldRelation, Interval, SearchTerm, Test, regex};
use std::fmt::Write as _;

impl Expr {
    /// Calls `f` with bytes that differ for different expressions, and are the same for the same expression on every machine
    /// and in every version.
    pub fn hash_into(&self, f: &mut impl FnMut(&[u8])) {
        let mut list = |kind: &[u8], items: &[Self]| {
            f(kind);
            items.iter().for_each(|i| i.hash_into(f));
            f(b")");
        };
        match self {
            Self::Const(b) => f(if *b { b"1" } else { b"0" }),
            Self::And(items) => list(b"&(", items),
            Self::Or(items) => list(b"|(", items),
            Self::AtLeast(n, items) => list(format!("{n}(").as_bytes(), items),
            Self::Not(item) => list(b"!(", std::slice::from_ref(item)),
            Self::Test(field, test) => {
                f(field.as_deref().unwrap_or_default().as_bytes());
                f(b"\0");
                f(form(test).as_bytes());
                f(b"\0");
            }
        }
    }
}

fn form(test: &Test) -> String {
    let case = |c: Case| if c == Case::Sensitive { " (cased)" } else { "" };
    match test {
        Test::Exists => "exists".into(),
        Test::Pattern(p) => match p.as_literal() {
            Some(text) => format!("= {}{}", quoted(text), case(p.case)),
            None => format!("like '{p}'{}", case(p.case)),
        },
        Test::Regex(re) => format!("matches /{}/", regex::print(re, &regex::Pcre)),
        Test::Number(i) => interval(i),
        Test::NumericText(i) => format!("{} (as text)", interval(i)),
        Test::Bool(b) => format!("= {b}"),
        Test::Cidr(net) => format!("in {net}"),
        Test::Field(t) => {
            let relation = match t.relation {
                FieldRelation::Equals => "equals",
                FieldRelation::StartsWith => "starts with",
                FieldRelation::EndsWith => "ends with",
                FieldRelation::Contains => "contains",
            };
            format!("{relation} field {}{}", t.other, case(t.case))
        }
        Test::Time(part, c, n) => format!("{} {} {n}", part.name(), c.sign()),
        Test::Period(from, to) => format!("period {from:?} {to:?}"),
        Test::Anywhere(a) => format!("in any field {} {} {}", list(&a.names), a.all_words, term(&a.asked)),
        Test::Phrase(tokens) => format!("has the words {}", quoted(&tokens.join(" "))),
        Test::Token(p) => format!("has a word like '{p}'"),
    }
}

fn interval(i: &Interval) -> String {
    let end = |e: End, open: &str, closed: &str| format!("{}{}", if e.inclusive { closed } else { open }, e.value);
    match (i.as_point(), i.low, i.high) {
        (Some(n), ..) => format!("= {n}"),
        (_, Some(a), None) => end(a, "> ", ">= "),
        (_, None, Some(b)) => end(b, "< ", "<= "),
        (_, Some(a), Some(b)) => format!("in {}, {}{}", end(a, "(", "["), b.value, if b.inclusive { ']' } else { ')' }),
        (_, None, None) => "is a number".into(),
    }
}

fn term(t: &SearchTerm) -> String {
    let pattern = |p: &Pattern| format!("like '{p}'{}", if p.case == Case::Sensitive { " (cased)" } else { "" });
    match t {
        SearchTerm::Exists => "exists".into(),
        SearchTerm::Words(t) => format!("words {}", quoted(t)),
        SearchTerm::Phrase(t) => format!("phrase {}", quoted(t)),
        SearchTerm::Prefix(t) => format!("prefix {}", quoted(t)),
        SearchTerm::Wildcard(p) => pattern(p),
        SearchTerm::Regex(re, flags) => format!("matches /{}/ {flags:?}", regex::print(re, &regex::Pcre)),
        SearchTerm::Range(low, high) => format!("range {low:?} {high:?}"),
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(",")
}

/// Text in quotation marks. `{:?}` would do, but which characters it escapes changes with the compiler's Unicode tables.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            c if c.is_control() => _ = write!(out, "\\u{{{:x}}}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FieldTest, Number, Part};

    fn bytes(e: &Expr) -> String {
        let mut out = Vec::new();
        e.hash_into(&mut |b| out.extend_from_slice(b));
        String::from_utf8(out).unwrap()
    }

    /// The hashes in users' rule files depend on each of these: do not change them.
    #[test]
    fn the_form_never_changes() {
        let literal = |t: &str, case| Test::Pattern(Pattern::literal(t, case));
        let like = Test::Pattern(Pattern::new(vec![Part::Any, Part::Lit("a*".into())], Case::Insensitive));
        let n = |i| Number::parse(i).unwrap();
        let half_open =
            Interval { low: Some(End { value: n("1"), inclusive: true }), high: Some(End { value: n("2.5"), inclusive: false }) };
        let other = FieldTest { other: "g".into(), relation: FieldRelation::EndsWith, case: Case::Insensitive };
        for (test, expected) in [
            (Test::Exists, "f\0exists\0"),
            (literal("a\"b\\\n\u{1}é", Case::Insensitive), "f\0= \"a\\\"b\\\\\\n\\u{1}é\"\0"),
            (literal("A", Case::Sensitive), "f\0= \"A\" (cased)\0"),
            (like, "f\0like '*a\\*'\0"),
            (Test::Regex(regex::parse("^a.c$", regex::Flags::default()).unwrap()), "f\0matches /a.c/\0"),
            (Test::Number(Interval::point(n("4"))), "f\0= 4\0"),
            (Test::Number(half_open), "f\0in [1, 2.5)\0"),
            (Test::Bool(true), "f\0= true\0"),
            (Test::Cidr("10.0.0.0/8".parse().unwrap()), "f\0in 10.0.0.0/8\0"),
            (Test::Field(other), "f\0ends with field g\0"),
            (Test::Phrase(vec!["a".into(), "b".into()]), "f\0has the words \"a b\"\0"),
        ] {
            assert_eq!(bytes(&Expr::test("f", test)), expected);
        }
        let leaf = || Expr::exists("f");
        let tree = Expr::And(vec![Expr::Or(vec![leaf()]), Expr::AtLeast(2, vec![leaf()]), Expr::Not(Box::new(Expr::TRUE))]);
        assert_eq!(bytes(&tree), "&(|(f\0exists\0)2(f\0exists\0)!(1))");
    }
}
