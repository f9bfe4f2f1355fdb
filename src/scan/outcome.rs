//! The results of a scan.

use serde_json::Value;
use sigmalert_matcher::Reason;

/// The matches of a document, rendered.
#[derive(Debug, Clone, Default)]
pub struct RenderedMatch {
    /// For each match the time of the event and the start of its line.
    pub lines: Vec<(String, String)>,
    /// The end that all lines share.
    pub tail: String,
}

/// A rule that matched a document or did not, with the reasons.
#[derive(Debug, Clone)]
pub struct RuleReasons {
    /// The index of the rule.
    pub rule: usize,
    /// The tests that were sufficient for the match, or the ones that failed.
    pub reasons: Vec<Reason>,
}

/// The results of one document.
#[derive(Debug, Clone, Default)]
pub struct ScannedEvent {
    /// The index of the file.
    pub source: usize,
    /// The line, the number in the file, or the record id.
    pub position: u64,
    /// The rules that matched.
    pub matches: Vec<RuleReasons>,
    /// The rules that did not match, if [`why_not`](super::ScanOptions::why_not) is set.
    pub misses: Vec<RuleReasons>,
    /// The rendered matches, if [`render`](super::ScanOptions::render) is set.
    pub rendered: RenderedMatch,
    /// The document without its event, if [`event_key`](super::ScanOptions::event_key) is set.
    pub context: Option<Value>,
}

/// The totals of a scan.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// The number of documents that were evaluated.
    pub documents: u64,
    /// The number of documents that could not be read.
    pub unreadable: u64,
}
