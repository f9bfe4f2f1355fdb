//! A condition with what old rules put behind it.

use super::aggregation::Aggregation;
use super::condition::Condition;

/// A condition as a rule has it, with the aggregation after `|`.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedCondition {
    /// The text.
    pub text: String,
    /// The logic.
    pub condition: Condition,
    /// The aggregation of old rules.
    pub aggregation: Option<Aggregation>,
    /// An operator was written in upper or mixed case.
    pub odd_case: bool,
}

impl ParsedCondition {
    pub(crate) fn for_each<'c>(&'c self, f: &mut impl FnMut(&'c Condition)) {
        self.condition.for_each(f);
        if let Some(Aggregation::Near(near)) = &self.aggregation {
            near.for_each(f);
        }
    }
}
