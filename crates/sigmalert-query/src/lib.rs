//! The expression in the middle: what every front end builds and every back end prints or runs.
//!
//! An [`Expr`] is logic over [`Test`]s on named fields. Its meaning is fixed here and nowhere else:
//!
//! * A field holds no, one or several values. A test holds when **any** value passes it; [`Test::Exists`] and
//!   its negation look at the whole field. Null, an empty list and a missing field are the same: no value.
//! * A [`Test::Pattern`] compares with a whole string value. A number or boolean in the data counts as the
//!   text it prints as.
//! * [`Test::Number`] compares numerically; a string value that reads as a decimal number counts as one.
//! * [`Test::Regex`] is a language of whole values (see [`regex`]).
//! * A test without a field is a keyword search: some string value anywhere in the document passes it.
//! * [`Test::Phrase`] and [`Test::Token`] test the tokens of an analyzed text field. Only the lowering to
//!   an index ([`lower`]) makes them.
//!
//! Two kinds of expression have the same shape. *Sigma's meaning* is what the front end makes: comparisons
//! without regard to case, on fields whose index type does not matter. *Index meaning* is what [`lower`] makes
//! of it for one [`schema`]: only tests that a field of that type evaluates exactly.

pub mod automaton;
pub mod date;
mod display;
pub mod fold;
pub mod from_sigma;
pub mod lang;
pub mod lower;
mod pattern;
pub mod regex;
pub mod schema;
mod simplify;
mod stable_hash;
pub mod text;
pub mod typed;

pub use pattern::{Case, Part, Pattern};
pub use regex::Re;
pub use schema::{FieldInfo, FieldType, Schema, StoredCase};
pub use sigmalert_sigma::{Comparison, Number, TimePart};
pub use simplify::simplify;
pub use typed::{Anywhere, SearchTerm};

use ipnet::IpNet;
use std::sync::Arc;

/// The name of a field, shared by all its tests.
pub type FieldName = Arc<str>;

/// A condition on a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expr {
    /// Always or never.
    Const(bool),
    /// All of them. Empty: always.
    And(Vec<Expr>),
    /// One of them at least. Empty: never.
    Or(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// At least this many of them.
    AtLeast(u32, Vec<Expr>),
    /// A test on a field, or on the whole document when there is no field.
    Test(Option<FieldName>, Test),
}

/// A test on a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Test {
    /// The field has a value.
    Exists,
    /// The whole string matches the pattern.
    Pattern(Pattern),
    /// The whole string is a word of the language.
    Regex(Re),
    /// The number lies in the interval.
    Number(Interval),
    /// The text of the value reads as a decimal number in the interval. Only [`lower`] makes it, for numbers
    /// compared on fields that hold text.
    NumericText(Interval),
    /// The boolean is this one.
    Bool(bool),
    /// The address lies in the network.
    Cidr(IpNet),
    /// The value has this relation to a value of another field.
    Field(FieldTest),
    /// This part of the timestamp, in UTC, compares to the number this way.
    Time(TimePart, Comparison, i64),
    /// The timestamp lies between these milliseconds since 1970, both in. Only the readers of query languages make it.
    Period(Option<i64>, Option<i64>),
    /// Some field, of those with such a name, passes a search that means on each what its type makes of it. Only the readers
    /// of query languages make it.
    Anywhere(Box<Anywhere>),
    /// These tokens follow each other in the analyzed text.
    Phrase(Vec<String>),
    /// One token of the analyzed text matches the pattern.
    Token(Pattern),
}

/// An interval of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval {
    /// The lower end.
    pub low: Option<End>,
    /// The upper end.
    pub high: Option<End>,
}

/// One end of an [`Interval`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct End {
    /// Where it ends.
    pub value: Number,
    /// Whether the value itself is in.
    pub inclusive: bool,
}

impl Interval {
    /// Just this number.
    pub fn point(n: Number) -> Self {
        Self::between(n, n)
    }

    /// From one number to another, both in.
    pub fn between(low: Number, high: Number) -> Self {
        let end = |value| Some(End { value, inclusive: true });
        Self { low: end(low), high: end(high) }
    }

    /// All numbers that compare to `n` this way.
    pub fn compared(comparison: Comparison, n: Number) -> Self {
        let end = |inclusive| Some(End { value: n, inclusive });
        match comparison {
            Comparison::Eq => Self::point(n),
            Comparison::Lt => Self { low: None, high: end(false) },
            Comparison::Lte => Self { low: None, high: end(true) },
            Comparison::Gt => Self { low: end(false), high: None },
            Comparison::Gte => Self { low: end(true), high: None },
        }
    }

    /// The number, when it is just one.
    pub fn as_point(&self) -> Option<Number> {
        match (self.low, self.high) {
            (Some(a), Some(b)) if a == b && a.inclusive => Some(a.value),
            _ => None,
        }
    }

    /// True when `n` lies in it.
    pub fn contains(&self, n: Number) -> bool {
        let above = |e: End| n > e.value || (e.inclusive && n == e.value);
        let below = |e: End| n < e.value || (e.inclusive && n == e.value);
        self.low.is_none_or(above) && self.high.is_none_or(below)
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.as_point(), self.low, self.high) {
            (Some(n), ..) => write!(f, "= {n}"),
            (_, Some(a), None) => write!(f, "{} {}", if a.inclusive { ">=" } else { ">" }, a.value),
            (_, None, Some(b)) => write!(f, "{} {}", if b.inclusive { "<=" } else { "<" }, b.value),
            (_, Some(a), Some(b)) => {
                write!(f, "in {}{}, {}{}", if a.inclusive { '[' } else { '(' }, a.value, b.value, if b.inclusive { ']' } else { ')' })
            }
            (_, None, None) => f.write_str("is a number"),
        }
    }
}

/// Comparison with another field of the same document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldTest {
    /// The other field.
    pub other: FieldName,
    /// How the two must relate.
    pub relation: FieldRelation,
    /// Whether letter case counts.
    pub case: Case,
}

/// How the value of one field relates to that of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldRelation {
    /// They are the same.
    Equals,
    /// It begins with the other.
    StartsWith,
    /// It ends with the other.
    EndsWith,
    /// The other occurs in it.
    Contains,
}

impl Expr {
    /// Always true.
    pub const TRUE: Self = Self::Const(true);
    /// Always false.
    pub const FALSE: Self = Self::Const(false);

    /// A test on a field.
    pub fn test(field: impl Into<FieldName>, test: Test) -> Self {
        Self::Test(Some(field.into()), test)
    }

    /// A keyword search.
    pub fn keyword(test: Test) -> Self {
        Self::Test(None, test)
    }

    /// The field has a value.
    pub fn exists(field: impl Into<FieldName>) -> Self {
        Self::test(field, Test::Exists)
    }

    /// The negation, without a double one.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "the field's own term, and `!` would hide a structural change")]
    pub fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            Self::Const(b) => Self::Const(!b),
            other => Self::Not(Box::new(other)),
        }
    }

    /// All of them; a single one is itself.
    pub fn all(mut items: Vec<Self>) -> Self {
        if items.len() == 1 { items.remove(0) } else { Self::And(items) }
    }

    /// One of them; a single one is itself.
    pub fn any(mut items: Vec<Self>) -> Self {
        if items.len() == 1 { items.remove(0) } else { Self::Or(items) }
    }

    /// Calls `f` with every test, in order.
    pub fn for_each_test<'a>(&'a self, f: &mut impl FnMut(Option<&'a FieldName>, &'a Test)) {
        match self {
            Self::Const(_) => {}
            Self::And(items) | Self::Or(items) | Self::AtLeast(_, items) => items.iter().for_each(|i| i.for_each_test(f)),
            Self::Not(item) => item.for_each_test(f),
            Self::Test(field, test) => f(field.as_ref(), test),
        }
    }

    /// The expression with every test replaced by what `f` says.
    ///
    /// # Errors
    /// The first that `f` gives.
    pub fn try_map_tests<E>(&self, f: &mut impl FnMut(Option<&FieldName>, &Test) -> Result<Self, E>) -> Result<Self, E> {
        Ok(match self {
            Self::Const(b) => Self::Const(*b),
            Self::And(items) => Self::And(items.iter().map(|i| i.try_map_tests(f)).collect::<Result<_, _>>()?),
            Self::Or(items) => Self::Or(items.iter().map(|i| i.try_map_tests(f)).collect::<Result<_, _>>()?),
            Self::AtLeast(n, items) => Self::AtLeast(*n, items.iter().map(|i| i.try_map_tests(f)).collect::<Result<_, _>>()?),
            Self::Not(item) => Self::Not(Box::new(item.try_map_tests(f)?)),
            Self::Test(field, test) => f(field.as_ref(), test)?,
        })
    }

    /// How many tests it has.
    pub fn len(&self) -> usize {
        let mut n = 0;
        self.for_each_test(&mut |_, _| n += 1);
        n
    }

    /// True when it has no test at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Expr {
    /// The expression with every comparison case-insensitive.
    #[must_use]
    pub fn without_case(&self) -> Self {
        let mapped: Result<Self, std::convert::Infallible> = self.try_map_tests(&mut |field, test| {
            let test = match test {
                Test::Pattern(p) => Test::Pattern(p.clone().with_case(Case::Insensitive)),
                Test::Anywhere(a) => match a.as_keywords() {
                    Some(e) => return Ok(e),
                    None => test.clone(),
                },
                other => other.clone(),
            };
            Ok(Self::Test(field.cloned(), test))
        });
        match mapped {
            Ok(e) => e,
            Err(never) => match never {},
        }
    }
}
