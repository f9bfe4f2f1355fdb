//! The allowlist of indices that pages and rule tests may read.

use crate::serve::error::ApiError;
use axum::http::StatusCode;
use sigmalert_query::schema::glob;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The names that an index expression resolves to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::serve) struct Resolved {
    /// Names that may be read.
    pub names: Vec<String>,
    /// Names that a pattern matches but that may not be read.
    pub refused: Vec<String>,
}

/// See [`IndexAllowlist::cache`].
#[derive(Debug, Default)]
pub(in crate::serve) struct ResolutionCache(pub Mutex<HashMap<String, (Instant, Arc<Resolved>)>>);

/// How long the name of an index, or a list of them, may be.
const MAX_LENGTH: usize = 8_192;

/// Index names and patterns that may be read; if empty, all but dot, hidden and system indices.
#[derive(Debug, Default)]
pub(in crate::serve) struct IndexAllowlist {
    patterns: Vec<String>,
    /// Recently resolved names.
    pub cache: ResolutionCache,
}

/// One name or pattern of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct IndexPart {
    pub text: String,
    /// Whether it takes indices away (`-name`).
    pub excluded: bool,
}

impl IndexPart {
    /// `<logs-{now/d}>`
    pub fn is_math(&self) -> bool {
        self.text.starts_with('<')
    }

    pub fn matches(&self, name: &str) -> bool {
        if self.is_math() { false } else { glob(&self.text, name) }
    }
}

pub(in crate::serve) fn refused(index: &str, what: &str) -> ApiError {
    let index: String = index.chars().take(200).collect();
    ApiError::new(StatusCode::FORBIDDEN, "indexRefused", format!("the index `{index}` is not allowed: {what}"))
}

impl IndexAllowlist {
    /// Allows these names and patterns.
    pub fn new(patterns: Vec<String>) -> Self {
        Self { patterns, cache: ResolutionCache::default() }
    }

    /// Whether all names that a pattern matches may be read: a `*` in it must be covered by a `*`.
    fn covers(&self, part: &str) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|p| glob(p, part))
    }

    /// Whether `--index` has this very name.
    pub fn names(&self, name: &str) -> bool {
        self.patterns.iter().any(|p| p == name)
    }

    /// Whether an index, an alias or a data stream may be read by its name.
    pub fn allows(&self, name: &str) -> bool {
        match stream(name) {
            Some(stream) => !stream.starts_with('.') && self.covers(stream),
            None => !name.starts_with('.') && self.covers(name),
        }
    }

    /// The patterns that lists are made of.
    pub fn all(&self) -> String {
        if self.patterns.is_empty() { "*".to_owned() } else { self.patterns.join(",") }
    }

    /// The parts of an index, a pattern or a list of them, as far as names tell that they may be read.
    ///
    /// # Errors
    /// 403 where one of them may not.
    pub fn parts(&self, index: &str) -> Result<Vec<IndexPart>, ApiError> {
        if index.trim().is_empty() || index.len() > MAX_LENGTH {
            return Err(refused(index, "the name is empty or too long"));
        }
        let mut out = Vec::new();
        for part in index.split(',').map(str::trim) {
            let (text, excluded) = part.strip_prefix('-').map_or((part, false), |p| (p, true));
            if text.is_empty() || text.starts_with(['_', '-', '+']) || (text.starts_with('.') && stream(text).is_none()) {
                return Err(refused(index, "it is a system index"));
            }
            let part = IndexPart { text: text.to_owned(), excluded };
            // `cluster:index` is one of another cluster. In date math there are other signs.
            let inner = if part.is_math() { text.trim_start_matches('<').trim_end_matches('>') } else { text };
            let signs = if part.is_math() { r#"\?#"%<>"# } else { r#"/\?#"|%<>:{}"# };
            if inner.chars().any(|c| c.is_whitespace() || c.is_control() || signs.contains(c)) {
                return Err(refused(index, "it is not a valid index name"));
            }
            // Exclusions only remove names; date math is checked once resolved.
            if !excluded && !part.is_math() && !self.allows(text) {
                return Err(refused(index, "it does not match any --index"));
            }
            out.push(part);
        }
        if out.iter().all(|p| p.excluded) {
            return Err(refused(index, "it contains only exclusions"));
        }
        Ok(out)
    }
}

/// The data stream of one of its backing indices: `.ds-logs-app-2026.01.31-000001`, or without the date.
pub(in crate::serve) fn stream(name: &str) -> Option<&str> {
    let (rest, generation) = name.strip_prefix(".ds-")?.rsplit_once('-')?;
    if generation.len() < 6 || !generation.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let dated = rest.rsplit_once('-').filter(|(_, d)| {
        let b = d.as_bytes();
        b.len() == 10 && b.iter().enumerate().all(|(i, c)| if i == 4 || i == 7 { *c == b'.' } else { c.is_ascii_digit() })
    });
    Some(dated.map_or(rest, |(s, _)| s)).filter(|s| !s.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_what_is_narrower() {
        let reads = IndexAllowlist::new(vec!["winlogbeat-*".into(), "alerts".into()]);
        for good in
            ["winlogbeat-*", "winlogbeat-2026.11.*", "alerts", "alerts,winlogbeat-1", "winlogbeat-*,-winlogbeat-2", "<winlogbeat-{now/d}>"]
        {
            assert!(reads.parts(good).is_ok(), "{good}");
        }
        for bad in [
            "*",
            "win*",
            "alerts,secret",
            "alerts*",
            "*beat-*",
            "other:alerts",
            "-alerts,secret",
            "_all",
            "winlogbeat-*,.kibana",
            "",
            "-winlogbeat-1",
            "winlogbeat-*,",
            ".ds-secret-2026.01.31-000001",
            ".ds-winlogbeat-x",
            "a b",
            "winlogbeat-\nx",
        ] {
            assert!(reads.parts(bad).is_err(), "{bad}");
        }
        assert!(reads.allows("alerts") && !reads.allows("secret") && !reads.allows(".kibana"));
        assert!(reads.allows(".ds-winlogbeat-app-2026.01.31-000001") && !reads.allows(".ds-.secret-000001"));
        assert!(IndexAllowlist::default().parts("anything-*").is_ok());
    }

    #[test]
    fn backing_indices_have_their_streams() {
        assert_eq!(stream(".ds-logs-app-prod-2026.01.31-000001"), Some("logs-app-prod"));
        assert_eq!(stream(".ds-logs-000012"), Some("logs"));
        for other in ["logs-000012", ".ds-logs", ".ds--000001", ".ds-logs-1", ".kibana-000001"] {
            assert_eq!(stream(other), None, "{other}");
        }
    }
}
