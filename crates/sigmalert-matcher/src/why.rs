//! Why an expression holds for a document, or what it failed at.

use super::{DocumentError, Matcher, Node, Run, Scratch};
use sigmalert_query::{Expr, Test};

/// What an expression says of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it holds.
    pub holds: bool,
    /// Where it holds: the tests that were enough, with the values that passed them. Where it does not: the first test
    /// of each alternative that failed.
    pub reasons: Vec<Reason>,
}

/// One test, and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The field; nothing for a test on all values.
    pub field: Option<String>,
    /// The test in words.
    pub test: String,
    /// Whether the test had to fail: it stands inside a negation.
    pub negated: bool,
    /// The value that passed the test; where none did, what was there.
    pub value: Option<String>,
}

/// The longest value that is shown.
const MAX_SHOWN: usize = 300;
/// How many reasons are given at most.
const MAX_REASONS: usize = 20;

impl Matcher {
    /// Hit why the expression at a place holds for a document or not. `expr` is that expression.
    ///
    /// # Errors
    /// When the document is no JSON object.
    pub fn explain(&self, rule: usize, expr: &Expr, document: &[u8], scratch: &mut Scratch) -> Result<Verdict, DocumentError> {
        self.read(document, scratch)?;
        let Scratch { states, values, .. } = scratch;
        let mut run = Run { matcher: self, states, values };
        // The compiled expression is in another order: the one as it was written is walked.
        let holds = run.holds(&self.rules[rule]);
        let mut reasons = Vec::new();
        run.walk(expr, holds, false, &mut reasons);
        reasons.truncate(MAX_REASONS);
        Ok(Verdict { holds, reasons })
    }
}

impl Run<'_, '_> {
    /// Whether a part of the expression holds.
    fn part(&mut self, e: &Expr) -> bool {
        match e {
            Expr::Const(b) => *b,
            Expr::And(items) => items.iter().all(|i| self.part(i)),
            Expr::Or(items) => items.iter().any(|i| self.part(i)),
            Expr::Not(item) => !self.part(item),
            Expr::AtLeast(n, items) => items.iter().filter(|i| self.part(i)).count() >= *n as usize,
            Expr::Test(field, test) => self.find(field.as_deref(), test).is_some_and(|p| self.predicate(p)),
        }
    }

    /// The predicate of a test.
    fn find(&self, field: Option<&str>, test: &Test) -> Option<u32> {
        self.matcher.known(field, test)
    }

    /// Collects what made a part hold, or fail, as `wanted` says. It does.
    fn walk(&mut self, e: &Expr, wanted: bool, negated: bool, out: &mut Vec<Reason>) {
        if out.len() >= MAX_REASONS {
            return;
        }
        match (e, wanted) {
            (Expr::Const(_), _) => {}
            (Expr::Not(item), _) => self.walk(item, !wanted, !negated, out),
            (Expr::And(items), true) | (Expr::Or(items), false) => items.iter().for_each(|i| self.walk(i, wanted, negated, out)),
            (Expr::And(items), false) | (Expr::Or(items), true) => {
                if let Some(i) = items.iter().find(|i| self.part(i) == wanted) {
                    self.walk(i, wanted, negated, out);
                }
            }
            (Expr::AtLeast(_, items), _) => {
                let decisive: Vec<&Expr> = items.iter().filter(|i| self.part(i) == wanted).collect();
                decisive.into_iter().for_each(|i| self.walk(i, wanted, negated, out));
            }
            (Expr::Test(field, test), _) => {
                let predicate = self.find(field.as_deref(), test);
                let value = predicate.and_then(|p| self.value(p, wanted));
                out.push(Reason { field: field.as_deref().map(str::to_owned), test: test.to_string(), negated, value });
            }
        }
    }

    /// The value that passed, or one that did not.
    fn value(&self, at: u32, passed: bool) -> Option<String> {
        let predicate = &self.matcher.predicates[at as usize];
        let found = self.values.of(predicate.field).find(|v| self.passes(predicate, *v) == passed)?;
        let text = String::from_utf8_lossy(found.text).into_owned();
        Some(match text.char_indices().nth(MAX_SHOWN) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        })
    }
}

impl Node {
    /// True for what never holds.
    pub(super) fn is_never(&self) -> bool {
        matches!(self, Self::Const(false))
    }
}
