//! What a lint reports.

use super::edit::Fix;
use super::lint::{Lint, Severity};
use super::span::Span;
use sigmalert_sigma::yaml::Pos;
use std::path::PathBuf;

/// Another position that is related to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedPosition {
    /// The file.
    pub path: PathBuf,
    /// The position in it.
    pub pos: Pos,
    /// How it is related.
    pub message: String,
}

/// A problem that a lint reports.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The lint.
    pub lint: &'static Lint,
    /// The severity, as configured for the file.
    pub severity: Severity,
    /// The position.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
    /// An automatic fix.
    pub fix: Option<Fix>,
    /// Related positions.
    pub related: Vec<RelatedPosition>,
}

impl Finding {
    pub(super) fn new(lint: &'static Lint, severity: Severity, span: Span, message: String) -> Self {
        Self { lint, severity, span, message, help: None, fix: None, related: Vec::new() }
    }

    /// Sets the help text; an empty one is ignored.
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into()).filter(|h| !h.is_empty());
        self
    }

    /// Sets the automatic fix, if there is one.
    pub(super) fn fix(&mut self, fix: impl Into<Option<Fix>>) -> &mut Self {
        self.fix = fix.into();
        self
    }

    /// Adds a related position.
    pub(super) fn relate(&mut self, path: impl Into<PathBuf>, pos: Pos, message: impl Into<String>) -> &mut Self {
        self.related.push(RelatedPosition { path: path.into(), pos, message: message.into() });
        self
    }
}
