//! Aggregations of old rules: the part of a condition after `|` (specification 1.0, "Aggregation expression").

use super::condition::Condition;
use std::fmt;

/// What old rules put behind the condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Aggregation {
    /// `| count() by field > 5` and its like.
    Metric {
        /// What is computed.
        function: Function,
        /// The field it is computed from; nothing for `count()`.
        field: Option<String>,
        /// The fields that make up a group.
        by: Vec<String>,
        /// How the result is compared.
        relation: Relation,
        /// With what.
        value: f64,
    },
    /// `| near b and c`: these must occur within the timeframe too.
    Near(Condition),
}

/// Function of an [`Aggregation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// Number of events, or of distinct values of a field.
    Count,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Mean.
    Avg,
    /// Sum.
    Sum,
}

impl Function {
    pub(crate) const ALL: [(&'static str, Self); 5] =
        [("count", Self::Count), ("min", Self::Min), ("max", Self::Max), ("avg", Self::Avg), ("sum", Self::Sum)];

    /// The name in rules.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, f)| *f == self).map_or("count", |(n, _)| n)
    }
}

/// Comparison of the result of an aggregation or correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `<`, `lt`
    Lt,
    /// `<=`, `lte`
    Lte,
    /// `>`, `gt`
    Gt,
    /// `>=`, `gte`
    Gte,
    /// `==`, `eq`
    Eq,
    /// `neq`; only correlations have it.
    Neq,
}

impl Relation {
    const ALL: [(&'static str, &'static str, Self); 6] = [
        ("<", "lt", Self::Lt),
        ("<=", "lte", Self::Lte),
        (">", "gt", Self::Gt),
        (">=", "gte", Self::Gte),
        ("==", "eq", Self::Eq),
        ("!=", "neq", Self::Neq),
    ];

    /// The sign: `<`, `<=`, `>`, `>=`, `==` or `!=`.
    pub fn sign(self) -> &'static str {
        Self::ALL.iter().find(|(.., r)| *r == self).map_or("==", |(s, ..)| s)
    }

    /// The word: `lt`, `lte`, `gt`, `gte`, `eq` or `neq`.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(.., r)| *r == self).map_or("eq", |(_, w, _)| w)
    }

    /// The relation of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w, _)| *w == word).map(|(.., r)| *r)
    }

    pub(crate) fn from_sign(sign: &str) -> Option<Self> {
        match sign {
            "=" => Some(Self::Eq),
            s => Self::ALL.iter().find(|(x, ..)| *x == s).map(|(.., r)| *r),
        }
    }
}

/// The aggregation as Sigma writes it, without the bar.
impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Near(c) => write!(f, "near {c}"),
            Self::Metric { function, field, by, relation, value } => {
                write!(f, "{}({})", function.name(), field.as_deref().unwrap_or_default())?;
                if !by.is_empty() {
                    write!(f, " by {}", by.join(" "))?;
                }
                write!(f, " {} {value}", relation.sign())
            }
        }
    }
}
