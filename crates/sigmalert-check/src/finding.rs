//! What a lint found, and how it can be mended.

use super::lint::{Lint, Severity};
use sigmalert_sigma::yaml::Pos;
use std::ops::Range;
use std::path::PathBuf;

/// From a place to another; the end is not part of it. Columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// Where it begins.
    pub start: Pos,
    /// The place behind its last character.
    pub end: Pos,
}

/// A change of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What takes their place.
    pub text: String,
}

impl Edit {
    /// This text for those bytes.
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }

    /// Nothing for those bytes.
    pub fn delete(range: Range<usize>) -> Self {
        Self { range, text: String::new() }
    }
}

/// How a finding is mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an editor offers it.
    pub title: String,
    /// The changes; they do not overlap.
    pub edits: Vec<Edit>,
    /// Whether what the rule asks of an event is written differently afterwards, though it finds the same.
    pub rewrites: bool,
    /// Whether the rule asks something else afterwards, which is what it meant to ask.
    pub changes: bool,
}

impl Fix {
    /// A fix that leaves the detection as it is.
    pub fn new(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), edits, rewrites: false, changes: false }
    }

    /// The same, for one that says the same in other words.
    #[must_use]
    pub fn rewriting(self) -> Self {
        Self { rewrites: true, ..self }
    }

    /// The same, for one that makes the rule ask what it meant to ask.
    #[must_use]
    pub fn changing(self) -> Self {
        Self { changes: true, ..self }
    }
}

/// Another place that has to do with a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The file.
    pub path: PathBuf,
    /// Where in it.
    pub pos: Pos,
    /// What is there.
    pub message: String,
}

/// Something that a lint found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The lint.
    pub lint: &'static Lint,
    /// How bad it is here.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The change that mends it.
    pub fix: Option<Fix>,
    /// Other places.
    pub notes: Vec<Note>,
}

impl Finding {
    pub(super) fn new(lint: &'static Lint, severity: Severity, span: Span, message: String) -> Self {
        Self { lint, severity, span, message, help: None, fix: None, notes: Vec::new() }
    }

    /// Says what to do.
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into()).filter(|h| !h.is_empty());
        self
    }

    /// Says how it is mended, where that is known.
    pub(super) fn fix(&mut self, fix: impl Into<Option<Fix>>) -> &mut Self {
        self.fix = fix.into();
        self
    }

    /// Names another place.
    pub(super) fn note(&mut self, path: impl Into<PathBuf>, pos: Pos, message: impl Into<String>) -> &mut Self {
        self.notes.push(Note { path: path.into(), pos, message: message.into() });
        self
    }
}
