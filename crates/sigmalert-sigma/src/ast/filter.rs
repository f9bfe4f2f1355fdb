//! Filter documents (specification, "Sigma Filters"): conditions added to rules that others wrote.

use super::detection::Detection;
use super::logsource::Logsource;
use super::rule::{Attributes, Rule};
use crate::yaml::Pos;

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// Title, id and the like.
    pub attributes: Attributes,
    /// The rules whose logsource this covers may be filtered.
    pub logsource: Logsource,
    /// The rules, by id or name; nothing for any.
    pub rules: Option<Vec<String>>,
    /// Selections and condition.
    pub detection: Detection,
    /// Where the document begins.
    pub pos: Pos,
    /// The position of the list of rules.
    pub rules_pos: Pos,
}

impl Filter {
    /// Whether it applies to a rule.
    pub fn applies_to(&self, rule: &Rule) -> bool {
        self.logsource.covers(&rule.logsource)
            && self.rules.as_ref().is_none_or(|names| rule.attributes.keys().any(|k| names.iter().any(|n| n == k)))
    }
}
