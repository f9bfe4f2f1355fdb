//! A document of a file.

use super::correlation::Correlation;
use super::filter::Filter;
use super::rule::{Attributes, Rule};
use crate::yaml;

/// A document of Sigma.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// A detection rule.
    Rule(Rule),
    /// A rule over the matches of other rules.
    Correlation(Correlation),
    /// A condition added to other rules.
    Filter(Filter),
}

impl Document {
    /// Title, id, level and the like.
    pub fn attributes(&self) -> &Attributes {
        match self {
            Self::Rule(r) => &r.attributes,
            Self::Correlation(c) => &c.attributes,
            Self::Filter(f) => &f.attributes,
        }
    }

    /// Where the document begins.
    pub fn pos(&self) -> yaml::Pos {
        match self {
            Self::Rule(r) => r.pos,
            Self::Correlation(c) => c.pos,
            Self::Filter(f) => f.pos,
        }
    }
}
