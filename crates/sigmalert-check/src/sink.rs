//! Where a check reports its findings in one file.

use super::file::File;
use super::finding::Finding;
use super::lint::{Lint, Severity};
use super::span::Span;
use sigmalert_sigma::yaml::Pos;

/// Collects the findings of one lint in one file.
pub struct Sink<'a> {
    pub(super) lint: &'static Lint,
    pub(super) severity: Severity,
    pub(super) file: &'a File<'a>,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Sink<'_> {
    /// Reports the word, quotation or key that starts at a position.
    pub fn at(&mut self, pos: Pos, message: impl Into<String>) -> &mut Finding {
        let span = self.file.span(pos);
        self.spanning(span, message)
    }

    /// Reports a range of bytes.
    pub fn over(&mut self, range: std::ops::Range<usize>, message: impl Into<String>) -> &mut Finding {
        let span = Span { start: self.file.pos_at(range.start), end: self.file.pos_at(range.end) };
        self.spanning(span, message)
    }

    fn spanning(&mut self, span: Span, message: impl Into<String>) -> &mut Finding {
        self.findings.push(Finding::new(self.lint, self.severity, span, message.into()));
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }
}
