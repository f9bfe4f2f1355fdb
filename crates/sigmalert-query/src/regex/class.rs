//! Sets of characters.

use crate::fold;
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
use std::hash::{Hash, Hasher};

/// A set of characters as sorted, disjoint ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharSet(ClassUnicode);

impl CharSet {
    /// The set of these inclusive ranges.
    pub fn of(ranges: impl IntoIterator<Item = (char, char)>) -> Self {
        Self(ClassUnicode::new(ranges.into_iter().map(|(a, b)| ClassUnicodeRange::new(a, b))))
    }

    /// No character.
    pub fn none() -> Self {
        Self(ClassUnicode::empty())
    }

    /// Every character.
    pub fn all() -> Self {
        Self::of([('\0', char::MAX)])
    }

    /// Every character but a line feed: `.` without the `s` flag.
    pub fn dot() -> Self {
        Self::single('\n').negated()
    }

    /// One character.
    pub fn single(c: char) -> Self {
        Self::of([(c, c)])
    }

    /// `\d`: ASCII digits.
    pub fn digit() -> Self {
        Self::of([('0', '9')])
    }

    /// `\w`: ASCII letters, digits and underscore.
    pub fn word() -> Self {
        Self::of([('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')])
    }

    /// `\s`: blank, tab, line feed, vertical tab, form feed, carriage return.
    pub fn space() -> Self {
        Self::of([('\t', '\r'), (' ', ' ')])
    }

    /// The ranges in order.
    pub fn ranges(&self) -> impl Iterator<Item = (char, char)> {
        self.0.iter().map(|r| (r.start(), r.end()))
    }

    /// True when nothing is in it.
    pub fn is_none(&self) -> bool {
        self.0.ranges().is_empty()
    }

    /// True when everything is in it.
    pub fn is_all(&self) -> bool {
        matches!(self.0.ranges(), [r] if r.start() == '\0' && r.end() == char::MAX)
    }

    /// The one character, when there is just one.
    pub fn as_single(&self) -> Option<char> {
        match self.0.ranges() {
            [r] if r.start() == r.end() => Some(r.start()),
            _ => None,
        }
    }

    /// True when `c` is in it.
    pub fn contains(&self, c: char) -> bool {
        let ranges = self.0.ranges();
        let after = ranges.partition_point(|r| r.start() <= c);
        after > 0 && ranges[after - 1].end() >= c
    }

    /// The complement.
    #[must_use]
    pub fn negated(&self) -> Self {
        let mut c = self.0.clone();
        c.negate();
        Self(c)
    }

    /// Both together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut c = self.0.clone();
        c.union(&other.0);
        Self(c)
    }

    /// What both have.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut c = self.0.clone();
        c.intersect(&other.0);
        Self(c)
    }

    /// This without the other.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut c = self.0.clone();
        c.difference(&other.0);
        Self(c)
    }

    /// True when all of it lies in `other`.
    pub fn within(&self, other: &Self) -> bool {
        self.minus(other).is_none()
    }

    /// With the other case of every letter, by the rule of [`fold`]: ASCII and the rest each for themselves.
    #[must_use]
    pub fn case_folded(&self) -> Self {
        if let Some(c) = self.as_single() {
            return Self::of(fold::variants(c).into_iter().map(|v| (v, v)));
        }
        let ascii = Self::of([('\0', '\x7f')]);
        let mut low = self.0.clone();
        low.intersect(&ascii.0);
        let mut high = self.0.clone();
        high.difference(&ascii.0);
        // These fail only without Unicode tables, which are compiled in.
        let _ = low.try_case_fold_simple();
        // A complement of something in ASCII holds all others already.
        if !matches!(high.ranges(), [r] if r.start() == '\u{80}' && r.end() == char::MAX) {
            let _ = high.try_case_fold_simple();
        }
        low.intersect(&ascii.0);
        high.difference(&ascii.0);
        low.union(&high);
        Self(low)
    }

    /// When the set is one letter in all its cases: that letter, in lower case.
    pub fn as_caseless_letter(&self) -> Option<char> {
        let ranges = self.0.ranges();
        if ranges.is_empty() || ranges.len() > 4 || ranges.iter().any(|r| r.end() as u32 - r.start() as u32 > 3) {
            return None;
        }
        let last = ranges.last()?.end();
        let letter = fold::representative(last);
        (fold::is_cased(letter) && *self == Self::of(fold::variants(letter).into_iter().map(|c| (c, c)))).then_some(letter)
    }

    /// How many characters it has.
    pub fn len(&self) -> usize {
        self.ranges()
            .map(|(a, b)| {
                let gap = if (a as u32) < 0xd800 && (b as u32) > 0xdfff { 0x800 } else { 0 };
                (b as u32 - a as u32 + 1 - gap) as usize
            })
            .sum()
    }

    /// Same as [`Self::is_none`].
    pub fn is_empty(&self) -> bool {
        self.is_none()
    }
}

impl Hash for CharSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ranges().for_each(|r| r.hash(state));
    }
}

impl PartialOrd for CharSet {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CharSet {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.ranges().cmp(other.ranges())
    }
}
