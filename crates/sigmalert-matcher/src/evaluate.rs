//! Looks up the values of a document while it is read, then evaluates the candidate rules.

use super::index::Coverage;
use super::index::Hit;
use super::plan::{Node, Plan, Predicate, PredicateTest};
use super::predicate::{self, Check, Value};
use super::scratch::{FAILS, HOLDS, NONE, OPEN, Scratch, Stored, Values};
use super::sink::{Sink, ValueKind};

/// Looks up the values of a document while it is read.
pub(super) struct Lookup<'m, 's> {
    plan: &'m Plan,
    values: &'s mut Values,
    states: &'s mut [u32],
    candidates: &'s mut [u32],
    queue: &'s mut Vec<u32>,
    now: u32,
}

impl<'m, 's> Lookup<'m, 's> {
    /// Starts with a new document.
    pub fn new(plan: &'m Plan, scratch: &'s mut Scratch) -> Self {
        scratch.advance(plan.predicates.len(), plan.rules.len(), plan.fields.len());
        Self {
            plan,
            values: &mut scratch.values,
            states: &mut scratch.states,
            candidates: &mut scratch.candidates,
            queue: &mut scratch.queue,
            now: scratch.now,
        }
    }

    fn store(&mut self, field: u32, kind: ValueKind, text: &[u8], name: &[u8]) -> (u32, u32) {
        let v = &mut *self.values;
        let offset = |len: usize| u32::try_from(len).unwrap_or(NONE);
        let (start, folded) = (offset(v.text.len()), offset(v.folded.len()));
        v.text.extend_from_slice(text);
        predicate::fold(text, &mut v.folded);
        let span = (folded, offset(v.folded.len()));
        let head = &mut v.heads[field as usize];
        let next = if head.0 == self.now { head.1 } else { NONE };
        *head = (self.now, offset(v.list.len()));
        let named = offset(v.names.len());
        v.names.extend_from_slice(name);
        v.list.push(Stored { kind, next, text: (start, offset(v.text.len())), folded: span, name: (named, offset(v.names.len())) });
        span
    }

    /// Marks the predicates that the index of a field finds for a value.
    fn look_up(&mut self, field: u32, kind: ValueKind, span: (u32, u32)) {
        let index = &self.plan.indices[field as usize];
        let now = self.now;
        let (predicates, states, candidates, queue) = (&self.plan.predicates, &mut *self.states, &mut *self.candidates, &mut *self.queue);
        let mut report = |predicate: u32, hit: Hit| {
            let state = &mut states[predicate as usize];
            let known = *state >> 2 == now;
            if known && (*state & 3 == HOLDS || hit == Hit::Candidate) {
                return;
            }
            *state = now << 2 | if hit == Hit::Definite { HOLDS } else { OPEN };
            if !known {
                for rule in &predicates[predicate as usize].candidate_rules {
                    let queued = &mut candidates[*rule as usize];
                    if *queued != now {
                        *queued = now;
                        queue.push(*rule);
                    }
                }
            }
        };
        index.exists(&mut report);
        if kind == ValueKind::Object {
            return;
        }
        let folded = &self.values.folded[span.0 as usize..span.1 as usize];
        if index.wants_text() {
            index.text(folded, &mut report);
        }
        if index.wants_numbers()
            && folded.first().is_some_and(|b| b.is_ascii_digit() || *b == b'-')
            && let Ok(text) = std::str::from_utf8(folded)
        {
            // Integers without leading zeros are canonical as they are.
            if text.len() < 19 && text.as_bytes()[0] != b'0' && text.bytes().all(|b| b.is_ascii_digit()) {
                index.number(text, &mut report);
            } else if let Some(n) = sigmalert_query::Number::parse(text) {
                index.number(&n.to_string(), &mut report);
            }
        }
    }
}

impl Sink for Lookup<'_, '_> {
    fn value(&mut self, field: u32, kind: ValueKind, text: &[u8], listed: bool) {
        if !listed && self.values.heads[field as usize].0 == self.now {
            self.values.duplicate.get_or_insert(field);
        }
        let span = self.store(field, kind, text, b"");
        self.look_up(field, kind, span);
    }

    fn any(&mut self, kind: ValueKind, text: &[u8], path: &[u8]) {
        let all = self.plan.all_fields();
        let span = self.store(all, kind, text, path);
        self.look_up(all, kind, span);
    }
}

/// The evaluation of rules on a document that was read.
pub(super) struct Evaluation<'m, 's> {
    pub plan: &'m Plan,
    pub states: &'s mut [u32],
    pub values: &'s Values,
}

impl Evaluation<'_, '_> {
    pub fn holds(&mut self, node: &Node) -> bool {
        match node {
            Node::Const(b) => *b,
            Node::Predicate(p) => self.predicate(*p),
            Node::Not(inner) => !self.holds(inner),
            Node::And(items) => items.iter().all(|i| self.holds(i)),
            Node::Or(items) => items.iter().any(|i| self.holds(i)),
            Node::AtLeast(n, items) => {
                let mut left = *n;
                left == 0
                    || items.iter().any(|i| {
                        left -= u32::from(self.holds(i));
                        left == 0
                    })
            }
        }
    }

    pub fn predicate(&mut self, at: u32) -> bool {
        let state = self.states[at as usize];
        let predicate = &self.plan.predicates[at as usize];
        let known = state >> 2 == self.values.now;
        match (known, state & 3) {
            (true, HOLDS) => return true,
            (true, FAILS) => return false,
            (true, _) => {}
            (false, _) if predicate.coverage != Coverage::None => return false,
            (false, _) => {}
        }
        let holds = match &predicate.test {
            PredicateTest::Anywhere(a) => a.holds(self.values.of(predicate.field)),
            PredicateTest::Value(_) => self.values.of(predicate.field).any(|v| self.passes(predicate, v)),
        };
        self.states[at as usize] = self.values.now << 2 | if holds { HOLDS } else { FAILS };
        holds
    }

    /// Returns whether a single value satisfies a predicate.
    pub fn passes(&self, predicate: &Predicate, v: Value<'_>) -> bool {
        match &predicate.test {
            PredicateTest::Anywhere(a) => a.holds(std::iter::once(v)),
            PredicateTest::Value(check) => {
                let other = match check {
                    Check::Field { other, .. } => *other,
                    _ => NONE,
                };
                check.holds(v, &predicate.storage, self.values.of(other))
            }
        }
    }
}
