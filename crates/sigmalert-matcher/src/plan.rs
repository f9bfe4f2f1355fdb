//! The form that expressions are compiled to.

use super::anywhere::AnywhereCheck;
use super::fields::FieldTree;
use super::index::{Coverage, FieldIndex};
use super::predicate::{Check, Storage};
use rustc_hash::FxHashMap;
use sigmalert_query::{FieldName, Test};

/// Compiled expressions.
#[derive(Debug)]
pub(super) struct Plan {
    pub fields: FieldTree,
    pub predicates: Vec<Predicate>,
    /// By field; the last one is for tests on all fields.
    pub indices: Vec<FieldIndex>,
    pub rules: Vec<Node>,
    /// Rules that have to be evaluated for every document.
    pub always: Vec<u32>,
    /// Predicates by their test.
    pub ids: PredicateIds,
}

/// Predicates by field and test. A test has several where it is used with several schemas.
pub(super) type PredicateIds = FxHashMap<(Option<FieldName>, Test), Vec<u32>>;

/// One test on one field.
#[derive(Debug)]
pub(super) struct Predicate {
    /// The field, or the number of fields for tests on all fields.
    pub field: u32,
    pub storage: Storage,
    pub test: PredicateTest,
    pub coverage: Coverage,
    /// The rules that require the predicate.
    pub candidate_rules: Vec<u32>,
}

/// The test of a [`Predicate`].
#[derive(Debug)]
pub(super) enum PredicateTest {
    /// Satisfied by one value.
    Value(Check),
    /// A search in all fields, which several values may satisfy together.
    Anywhere(Box<AnywhereCheck>),
}

/// An expression over predicates.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Const(bool),
    Predicate(u32),
    Not(Box<Node>),
    And(Box<[Node]>),
    Or(Box<[Node]>),
    AtLeast(u32, Box<[Node]>),
}

impl Plan {
    /// Returns the number of the index for tests on all fields.
    pub fn all_fields(&self) -> u32 {
        u32::try_from(self.fields.len()).unwrap_or(u32::MAX)
    }

    /// Returns the predicate of a test.
    pub fn predicate(&self, field: Option<&str>, test: &Test) -> Option<u32> {
        self.ids.get(&(field.map(Into::into), test.clone()))?.first().copied()
    }
}

impl Node {
    /// Returns true for the constant false.
    pub fn is_never(&self) -> bool {
        matches!(self, Self::Const(false))
    }

    /// Calls `f` with every predicate.
    pub fn for_each_predicate(&self, f: &mut impl FnMut(u32)) {
        match self {
            Self::Const(_) => {}
            Self::Predicate(p) => f(*p),
            Self::Not(inner) => inner.for_each_predicate(f),
            Self::And(items) | Self::Or(items) | Self::AtLeast(_, items) => items.iter().for_each(|i| i.for_each_predicate(f)),
        }
    }
}
