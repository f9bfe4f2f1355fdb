//! Changes of a text, and the fixes made of them.

use std::ops::Range;

/// A change of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub range: Range<usize>,
    /// The replacement.
    pub text: String,
}

impl Edit {
    /// Replaces a range of bytes with a text.
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }

    /// Deletes a range of bytes.
    pub fn delete(range: Range<usize>) -> Self {
        Self { range, text: String::new() }
    }
}

/// A fix for a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The title that an editor shows.
    pub title: String,
    /// The edits, which do not overlap.
    pub edits: Vec<Edit>,
    /// Whether the detection is rewritten without changing what it matches.
    pub rewrites: bool,
    /// Whether the fix changes what the rule matches, to what was evidently intended.
    pub changes: bool,
}

impl Fix {
    /// Creates a fix that does not touch the detection.
    pub fn new(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), edits, rewrites: false, changes: false }
    }

    /// Marks the fix as one that rewrites the detection without changing what it matches.
    #[must_use]
    pub fn rewriting(self) -> Self {
        Self { rewrites: true, ..self }
    }

    /// Marks the fix as one that changes what the rule matches.
    #[must_use]
    pub fn changing(self) -> Self {
        Self { changes: true, ..self }
    }
}
