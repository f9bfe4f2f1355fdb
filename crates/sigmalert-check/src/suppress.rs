//! Suppression comments: a trailing `# sigmalert: ignore[SG104]` suppresses its own line, a standalone one the next line that is
//! neither blank nor a comment, `# sigmalert: ignore-file[SG104]` the whole file; without brackets they suppress all lints.

use super::file::File;
use super::finding::Finding;
use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;

/// A suppression comment.
#[derive(Debug)]
pub(super) struct Suppression {
    /// Codes, prefixes of codes, or names; empty for all lints.
    pub words: Vec<String>,
    /// The line it applies to; `None` for the whole file.
    line: Option<usize>,
    /// The bytes of the comment.
    pub range: Range<usize>,
    /// Whether it suppressed a finding.
    pub used: Cell<bool>,
}

/// The start of a suppression comment.
const MARK: &str = "sigmalert: ignore";

/// Reads the suppression comments of a file.
pub(super) fn read(file: &File<'_>) -> Vec<Suppression> {
    // Most files have no such comment.
    if !file.text.contains(MARK) {
        return Vec::new();
    }
    // For each line, the next line that is neither blank nor a comment.
    let mut next = vec![None; file.line_count() + 2];
    for line in (1..=file.line_count()).rev() {
        let text = file.line(line).trim();
        next[line] = if text.is_empty() || text.starts_with('#') { next[line + 1] } else { Some(line) };
    }
    let mut out = Vec::new();
    for line in 1..=file.line_count() {
        let text = file.line(line);
        let Some(at) = text.find(MARK) else { continue };
        let before = text[..at].trim_end();
        let Some(before) = before.strip_suffix('#') else { continue };
        if !before.is_empty() && !before.ends_with([' ', '\t']) {
            continue;
        }
        let mut rest = &text[at + MARK.len()..];
        let whole = rest.strip_prefix("-file").map(|r| rest = r).is_some();
        let words = match rest.trim_start().strip_prefix('[').and_then(|r| r.split_once(']')) {
            Some((list, _)) => list.split(',').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect(),
            None if rest.is_empty() || rest.starts_with([' ', ':', ',']) => Vec::new(),
            None => continue,
        };
        let about = if whole {
            None
        } else if before.trim().is_empty() {
            Some(next[line + 1].unwrap_or(line))
        } else {
            Some(line)
        };
        let start = file.line_range(line).start;
        out.push(Suppression { words, line: about, range: start + before.len()..start + text.trim_end().len(), used: Cell::new(false) });
    }
    out
}

/// The comments of a file by the line they apply to.
pub(super) struct Suppressions<'s>(HashMap<Option<usize>, Vec<&'s Suppression>>);

impl<'s> Suppressions<'s> {
    pub fn new(all: &'s [Suppression]) -> Self {
        let mut by_line: HashMap<Option<usize>, Vec<&Suppression>> = HashMap::new();
        for s in all {
            by_line.entry(s.line).or_default().push(s);
        }
        Self(by_line)
    }

    /// Whether one of them suppresses a finding. Each that does is marked as used.
    pub fn suppress(&self, finding: &Finding) -> bool {
        let mut suppressed = false;
        for line in [None, Some(finding.span.start.line as usize)] {
            for s in self.0.get(&line).into_iter().flatten() {
                if s.words.is_empty() || s.words.iter().any(|w| finding.lint.matches_selector(w)) {
                    s.used.set(true);
                    suppressed = true;
                }
            }
        }
        suppressed
    }
}
