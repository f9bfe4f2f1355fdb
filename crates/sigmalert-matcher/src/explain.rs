//! Explains why an expression matches a document or not.

use super::evaluate::Evaluation;
use super::matcher::Matcher;
use super::scratch::Scratch;
use super::sink::DocumentError;
use sigmalert_query::Expr;

/// The result of an expression for a document, with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the expression matches.
    pub holds: bool,
    /// If it matches, the tests that were sufficient, with the values that satisfied them. If not, the first failed test of
    /// each alternative.
    pub reasons: Vec<Reason>,
}

/// A test that decided the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The field; nothing for a test on all fields.
    pub field: Option<String>,
    /// The test as text.
    pub test: String,
    /// Whether the test is negated.
    pub negated: bool,
    /// The value that satisfied the test. If none did, a value of the field.
    pub value: Option<String>,
}

/// The maximum length of a value in characters.
const MAX_SHOWN: usize = 300;
/// The maximum number of reasons.
const MAX_REASONS: usize = 20;

impl Matcher {
    /// Explains why the expression at an index matches a document or not. `expr` is that expression.
    ///
    /// # Errors
    /// As for [`Self::matches`].
    pub fn explain(&self, rule: usize, expr: &Expr, document: &[u8], scratch: &mut Scratch) -> Result<Verdict, DocumentError> {
        self.read(document, scratch)?;
        Ok(self.verdict(rule, expr, scratch))
    }

    /// Explains the expression for the document that was read last.
    pub(super) fn verdict(&self, rule: usize, expr: &Expr, scratch: &mut Scratch) -> Verdict {
        let Scratch { states, values, .. } = scratch;
        let mut evaluation = Evaluation { plan: &self.plan, states, values };
        let holds = evaluation.holds(&self.plan.rules[rule]);
        let mut reasons = Vec::new();
        // The compiled expression is reordered, so the original is walked.
        evaluation.walk(expr, holds, false, &mut reasons);
        reasons.truncate(MAX_REASONS);
        Verdict { holds, reasons }
    }
}

impl Evaluation<'_, '_> {
    /// Returns whether a part of the expression holds.
    fn part(&mut self, e: &Expr) -> bool {
        match e {
            Expr::Const(b) => *b,
            Expr::And(items) => items.iter().all(|i| self.part(i)),
            Expr::Or(items) => items.iter().any(|i| self.part(i)),
            Expr::Not(item) => !self.part(item),
            Expr::AtLeast(n, items) => items.iter().filter(|i| self.part(i)).count() >= *n as usize,
            Expr::Test(field, test) => self.plan.predicate(field.as_deref(), test).is_some_and(|p| self.predicate(p)),
        }
    }

    /// Collects the reasons why a part has the result `wanted`.
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
                let predicate = self.plan.predicate(field.as_deref(), test);
                let value = predicate.and_then(|p| self.value(p, wanted));
                out.push(Reason { field: field.as_deref().map(str::to_owned), test: test.to_string(), negated, value });
            }
        }
    }

    /// Returns a value that satisfied a predicate, or one that did not.
    fn value(&self, at: u32, passed: bool) -> Option<String> {
        let predicate = &self.plan.predicates[at as usize];
        let found = self.values.of(predicate.field).find(|v| self.passes(predicate, *v) == passed)?;
        let text = String::from_utf8_lossy(found.text).into_owned();
        Some(match text.char_indices().nth(MAX_SHOWN) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        })
    }
}
