//! What an index refuses, known beforehand.

use super::{Language, PrintError};
use crate::automaton::{DEFAULT_EFFORT, determinization_cost};
use crate::{FieldName, Part, Pattern, Re};

/// The bounds of the server, as it comes. Where an operator raised one, raise it here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Leaf clauses of one query (`indices.query.bool.max_clause_count`).
    pub clauses: usize,
    /// Characters of one regular expression (`index.max_regex_length`).
    pub regex_length: usize,
    /// Values of one `terms` query (`index.max_terms_count`).
    pub terms: usize,
    /// Work to make one automaton deterministic (ten times `max_determinized_states`).
    pub effort: usize,
    /// Nested levels of one query (`indices.query.bool.max_nested_depth` of Elasticsearch 8).
    pub depth: usize,
    /// Bytes of one term that the index can hold.
    pub term_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { clauses: 1024, regex_length: 1000, terms: 65_536, effort: DEFAULT_EFFORT, depth: 30, term_bytes: 32_766 }
    }
}

impl Limits {
    /// Checks a printed regular expression.
    pub(crate) fn regex(&self, language: Language, field: Option<&FieldName>, re: &Re, printed: &str) -> Result<(), PrintError> {
        // The server counts Java characters, which are UTF-16 units.
        let length = printed.encode_utf16().count();
        if length > self.regex_length {
            return Err(PrintError::new(
                language,
                field,
                format!("the regular expression is {length} characters long, the index takes {}", self.regex_length),
                "shorten it, or raise index.max_regex_length",
            )
            .too_large());
        }
        if !is_easy(re) && determinization_cost(re, self.effort).is_none() {
            return Err(PrintError::new(
                language,
                field,
                "the regular expression needs an automaton larger than the index allows",
                "avoid counted repetitions of wide classes (`.{20}`) behind something unanchored",
            )
            .too_large());
        }
        Ok(())
    }

    /// Checks a wildcard pattern.
    pub(crate) fn pattern(&self, language: Language, field: Option<&FieldName>, p: &Pattern) -> Result<(), PrintError> {
        let bytes: usize = p.literals().map(str::len).sum();
        if bytes > self.term_bytes {
            return Err(PrintError::new(
                language,
                field,
                format!("the value has {bytes} bytes, more than any indexed value ({})", self.term_bytes),
                "shorten the value: no document can match it",
            )
            .too_large());
        }
        // Only `?` behind `*` makes an automaton grow faster than the pattern.
        let open = p.parts().iter().position(|x| *x == Part::Any);
        let ones = open.map_or(0, |at| p.parts()[at..].iter().filter(|x| **x == Part::One).count());
        let long = bytes > 4000;
        if (ones > 3 || long) && p.as_literal().is_none() && determinization_cost(&Re::from_pattern(p), self.effort).is_none() {
            return Err(PrintError::new(
                language,
                field,
                "the pattern needs an automaton larger than the index allows",
                "use fewer `?` behind a `*`, or a shorter value",
            )
            .too_large());
        }
        Ok(())
    }
}

/// True for expressions whose automaton is at most as large as they are: text, letters in two cases and `.*`.
fn is_easy(re: &Re) -> bool {
    let simple = |item: &Re| match item {
        Re::Lit(_) => true,
        Re::Set(s) => s.as_caseless_letter().is_some(),
        item => item.is_anything(),
    };
    match re {
        Re::Concat(items) => items.iter().all(simple),
        item => simple(item),
    }
}
