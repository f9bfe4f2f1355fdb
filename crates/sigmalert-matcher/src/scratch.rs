//! The memory that evaluation reuses from one document to the next.

use super::predicate::Value;
use super::sink::ValueKind;

pub(super) const NONE: u32 = u32::MAX;

/// The state of a predicate in the current document.
pub(super) const HOLDS: u32 = 1;
pub(super) const FAILS: u32 = 2;
/// It may hold and has to be tested.
pub(super) const OPEN: u32 = 3;

/// The working memory of one thread, reused for every document.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The number of the document, so that nothing needs to be cleared.
    pub(super) now: u32,
    /// For each predicate the document of its last state and the state: `now << 2 | state`.
    pub(super) states: Vec<u32>,
    /// For each rule the document in which it was last a candidate.
    pub(super) candidates: Vec<u32>,
    pub(super) queue: Vec<u32>,
    pub(super) found: Vec<usize>,
    pub(super) values: Values,
    pub(super) buffer: Vec<u8>,
}

/// The values of a document.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub now: u32,
    /// For each field the document and the index of its last value.
    pub heads: Vec<(u32, u32)>,
    pub list: Vec<Stored>,
    pub text: Vec<u8>,
    pub folded: Vec<u8>,
    /// The fields of values that were stored for tests on all fields.
    pub names: Vec<u8>,
    /// A field whose key was duplicated.
    pub duplicate: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Stored {
    pub kind: ValueKind,
    pub next: u32,
    pub text: (u32, u32),
    pub folded: (u32, u32),
    pub name: (u32, u32),
}

impl Scratch {
    /// Prepares for the next document of a matcher with this many predicates, rules and fields.
    pub(super) fn advance(&mut self, predicates: usize, rules: usize, fields: usize) {
        if self.states.len() != predicates || self.candidates.len() != rules || self.now >= u32::MAX >> 3 {
            self.states = vec![0; predicates];
            self.candidates = vec![0; rules];
            self.values.heads = vec![(0, NONE); fields + 1];
            self.now = 0;
        }
        self.now += 1;
        self.queue.clear();
        let values = &mut self.values;
        values.now = self.now;
        values.list.clear();
        values.text.clear();
        values.folded.clear();
        values.names.clear();
        values.duplicate = None;
    }
}

impl Values {
    /// Iterates over the values of a field.
    pub fn of(&self, field: u32) -> ValuesOf<'_> {
        let next = match self.heads.get(field as usize) {
            Some((now, at)) if *now == self.now => *at,
            _ => NONE,
        };
        ValuesOf { values: self, next }
    }

    fn get(&self, s: Stored) -> Value<'_> {
        Value {
            kind: s.kind,
            text: &self.text[s.text.0 as usize..s.text.1 as usize],
            folded: &self.folded[s.folded.0 as usize..s.folded.1 as usize],
            name: &self.names[s.name.0 as usize..s.name.1 as usize],
        }
    }
}

pub(super) struct ValuesOf<'v> {
    values: &'v Values,
    next: u32,
}

impl<'v> Iterator for ValuesOf<'v> {
    type Item = Value<'v>;

    fn next(&mut self) -> Option<Value<'v>> {
        let stored = *self.values.list.get(self.next as usize)?;
        self.next = stored.next;
        Some(self.values.get(stored))
    }
}
