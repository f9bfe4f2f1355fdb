//! Conditions (specification, "Condition"): `not`, `and`, `or`, parentheses, `1 of x*`, `all of them`.

use std::fmt;

/// Logic over selections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// One of them at least.
    Or(Vec<Condition>),
    /// All of them.
    And(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// This selection.
    Selection(String),
    /// So many of these selections.
    Quantified {
        /// How many.
        quantity: Quantifier,
        /// Of which.
        of: Selector,
    },
}

/// How many selections must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `all of`
    All,
    /// `1 of`, `any of`, `N of`
    AtLeast(u32),
}

/// Which selections a quantity counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// `them`: all but those whose name begins with `_`.
    Them,
    /// Those whose name matches; `*` matches any run of characters.
    Pattern(String),
}

impl Selector {
    /// Whether a selection of this name is selected. Names that begin with `_` are selected only by patterns that do.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Them => !name.starts_with('_'),
            Self::Pattern(p) => (p.starts_with('_') || !name.starts_with('_')) && glob(p, name),
        }
    }

    /// Whether it is a pattern, or all.
    pub fn has_wildcard(&self) -> bool {
        match self {
            Self::Them => true,
            Self::Pattern(p) => p.contains('*'),
        }
    }
}

fn glob(pattern: &str, name: &str) -> bool {
    if pattern.contains('*') { crate::wildcard::matches(pattern, name) } else { pattern == name }
}

impl Condition {
    /// Calls `f` with this and every part of it.
    pub fn for_each<'c>(&'c self, f: &mut impl FnMut(&'c Condition)) {
        f(self);
        match self {
            Self::Or(items) | Self::And(items) => items.iter().for_each(|i| i.for_each(f)),
            Self::Not(item) => item.for_each(f),
            Self::Selection(_) | Self::Quantified { .. } => {}
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Them => "them",
            Self::Pattern(p) => p,
        })
    }
}

impl fmt::Display for Quantifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::AtLeast(n) => write!(f, "{n}"),
        }
    }
}

/// The condition as Sigma writes it.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Condition], word: &str| {
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    write!(f, " {word} ")?;
                }
                match item {
                    Condition::Or(_) => write!(f, "({item})")?,
                    Condition::And(_) if word == "and" => write!(f, "({item})")?,
                    _ => write!(f, "{item}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Or(items) => list(f, items, "or"),
            Self::And(items) => list(f, items, "and"),
            Self::Not(item) if matches!(**item, Self::Or(_) | Self::And(_)) => write!(f, "not ({item})"),
            Self::Not(item) => write!(f, "not {item}"),
            Self::Selection(name) => f.write_str(name),
            Self::Quantified { quantity, of } => write!(f, "{quantity} of {of}"),
        }
    }
}
