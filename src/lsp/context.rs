//! The text that a request is about.

use sigmalert_check::{Checker, Finding, Input};
use std::path::Path;

/// An open text, and the checker for it.
pub(super) struct Context<'a> {
    pub path: &'a Path,
    pub text: &'a str,
    pub checker: &'a Checker,
}

impl Context<'_> {
    /// Returns the findings of the text by itself.
    pub fn findings(&self) -> Vec<Finding> {
        if self.checker.config().excludes(self.path) {
            return Vec::new();
        }
        let report = self.checker.check(&[Input::from_text(self.path, self.text)]);
        report.files.into_iter().flat_map(|f| f.findings).collect()
    }
}
