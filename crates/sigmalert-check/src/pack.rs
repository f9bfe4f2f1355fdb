//! The documents of a pack, with what is needed to compare them.

use super::finding::Finding;
use super::lint::{Lint, Severity};
use super::span::Span;
use sigmalert_sigma::yaml::Pos;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The kind of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// A detection rule.
    Rule,
    /// A rule over the matches of others.
    Correlation,
    /// A condition added to others.
    Filter,
}

/// A reference to a document, with its position.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The id or name.
    pub key: String,
    /// The position.
    pub span: Span,
}

/// A document of a pack.
#[derive(Debug)]
pub struct PackDocument {
    /// The index of its file.
    pub file: usize,
    /// Rule, correlation or filter.
    pub kind: DocumentKind,
    /// The position of its title or first key.
    pub at: Span,
    /// The title.
    pub title: Option<Reference>,
    /// The id.
    pub id: Option<Reference>,
    /// The name.
    pub name: Option<String>,
    /// The ids under `related`.
    pub related: Vec<Reference>,
    /// The rules that a correlation or a filter refers to.
    pub rules: Vec<Reference>,
    /// Whether it is deprecated or unsupported: its replacement may have the same logic.
    pub retired: bool,
    /// Logsource and a digest of the logic, which are equal for equivalent rules.
    pub logic: Option<(String, u64)>,
}

/// All documents of a pack.
#[derive(Debug, Default)]
pub struct Pack {
    /// The files.
    pub paths: Vec<PathBuf>,
    /// The documents, by file.
    pub entries: Vec<PackDocument>,
    /// The documents by id and name.
    keys: HashMap<String, Vec<usize>>,
    /// Whether the pack is complete, so that references must resolve.
    pub whole: bool,
}

impl Pack {
    pub(super) fn new(paths: Vec<PathBuf>, entries: Vec<PackDocument>, whole: bool) -> Self {
        let mut keys: HashMap<String, Vec<usize>> = HashMap::new();
        for (i, e) in entries.iter().enumerate() {
            for key in e.id.iter().map(|r| &r.key).chain(&e.name) {
                keys.entry(key.clone()).or_default().push(i);
            }
        }
        Self { paths, entries, keys, whole }
    }

    /// Returns the documents with an id or a name.
    pub fn find(&self, key: &str) -> &[usize] {
        self.keys.get(key).map_or(&[], Vec::as_slice)
    }

    /// Returns the path of a document's file.
    pub fn path(&self, entry: &PackDocument) -> &Path {
        &self.paths[entry.file]
    }

    /// Returns pairs of documents with equal keys: the first, and each later one.
    pub fn duplicates<'p, K: std::hash::Hash + Eq>(
        &'p self,
        key: impl Fn(&'p PackDocument) -> Option<K>,
    ) -> Vec<(&'p PackDocument, &'p PackDocument)> {
        let mut first: HashMap<K, &PackDocument> = HashMap::new();
        let mut out = Vec::new();
        for e in &self.entries {
            let Some(k) = key(e) else { continue };
            match first.get(&k) {
                Some(f) => out.push((*f, e)),
                None => _ = first.insert(k, e),
            }
        }
        out
    }
}

/// Collects the findings of one lint in a pack.
pub struct PackSink<'a> {
    pub(super) lint: &'static Lint,
    /// The severity in each file; `None` if the lint is disabled there.
    pub(super) severity: &'a dyn Fn(usize) -> Option<Severity>,
    pub(super) findings: &'a mut Vec<(usize, Finding)>,
}

impl PackSink<'_> {
    /// Reports a span of a file; `None` if the lint is disabled there.
    pub fn at(&mut self, file: usize, span: Span, message: impl Into<String>) -> Option<&mut Finding> {
        let severity = (self.severity)(file)?;
        self.findings.push((file, Finding::new(self.lint, severity, span, message.into())));
        self.findings.last_mut().map(|(_, f)| f)
    }
}

impl Reference {
    /// Where it begins.
    pub fn pos(&self) -> Pos {
        self.span.start
    }
}
