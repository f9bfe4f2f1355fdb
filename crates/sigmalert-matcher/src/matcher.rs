//! The public interface: compile expressions, match documents.

use super::compile::compile;
use super::evaluate::{Evaluation, Lookup};
use super::json::JsonReader;
use super::plan::Plan;
use super::scratch::{NONE, Scratch};
use super::sink::{DocumentError, DocumentErrorKind};
use sigmalert_query::{Expr, Schema};

/// The maximum size of a document in bytes: offsets have 32 bits.
pub(super) const MAX_DOCUMENT: usize = NONE as usize / 4;

/// Compiled expressions. A matcher can be shared between threads; each needs a [`Scratch`] of its own.
#[derive(Debug)]
pub struct Matcher {
    pub(super) plan: Plan,
}

impl Matcher {
    /// Compiles expressions: with a schema for the field types of an index, without one with Sigma's semantics.
    pub fn new<'e>(rules: impl IntoIterator<Item = &'e Expr>, schema: Option<&Schema>) -> Self {
        Self::with_schemas(rules.into_iter().map(|r| (r, schema)))
    }

    /// Compiles expressions that each have their own schema.
    pub fn with_schemas<'e>(rules: impl IntoIterator<Item = (&'e Expr, Option<&'e Schema>)>) -> Self {
        Self { plan: compile(rules.into_iter().collect()) }
    }

    /// Returns the number of expressions.
    pub fn len(&self) -> usize {
        self.plan.rules.len()
    }

    /// Returns true if there are no expressions.
    pub fn is_empty(&self) -> bool {
        self.plan.rules.is_empty()
    }

    /// Returns the indices of the expressions that match a JSON document, in ascending order.
    ///
    /// # Errors
    /// If the document is not a JSON object in UTF-8, is larger than 1 GiB or is nested more than 128 levels deep.
    pub fn matches<'s>(&self, document: &[u8], scratch: &'s mut Scratch) -> Result<&'s [usize], DocumentError> {
        self.read(document, scratch)?;
        Ok(self.evaluate(scratch))
    }

    /// Returns a field of the last document whose key was duplicated. All of its values count.
    pub fn duplicate_key(&self, scratch: &Scratch) -> Option<&str> {
        scratch.values.duplicate.map(|f| self.plan.fields.name(f))
    }

    /// Reads a document: collects its values and looks them up.
    pub(super) fn read(&self, document: &[u8], scratch: &mut Scratch) -> Result<(), DocumentError> {
        if document.len() >= MAX_DOCUMENT {
            return Err(DocumentError::new(DocumentErrorKind::TooLarge));
        }
        if !document.is_ascii()
            && let Err(e) = std::str::from_utf8(document)
        {
            return Err(DocumentError::at(DocumentErrorKind::InvalidUtf8, e.valid_up_to()));
        }
        let mut buffer = std::mem::take(&mut scratch.buffer);
        let result = JsonReader::read(document, &self.plan.fields, &mut buffer, &mut Lookup::new(&self.plan, scratch));
        scratch.buffer = buffer;
        result
    }

    /// Evaluates the candidates of the document that was read last.
    pub(super) fn evaluate<'s>(&self, scratch: &'s mut Scratch) -> &'s [usize] {
        let Scratch { states, queue, found, values, .. } = scratch;
        let mut evaluation = Evaluation { plan: &self.plan, states, values };
        found.clear();
        for rule in self.plan.always.iter().chain(queue.iter()) {
            if evaluation.holds(&self.plan.rules[*rule as usize]) {
                found.push(*rule as usize);
            }
        }
        found.sort_unstable();
        found
    }
}
