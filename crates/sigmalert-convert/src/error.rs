//! Why a document was not converted.

use super::Notice;
use sigmalert_elastalert::{ProfileError, TypeError};
use sigmalert_query::lang::PrintError;
use sigmalert_query::lower::LowerError;
use sigmalert_sigma as sigma;

/// Why a document was not converted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The document itself is at fault, or the placeholders it needs are missing.
    #[error(transparent)]
    Sigma(#[from] sigma::Error),
    /// A field is indexed in a way that cannot be compared as the rule asks.
    #[error(transparent)]
    Index(#[from] LowerError),
    /// The query language cannot say it, or the index would refuse it.
    #[error(transparent)]
    Language(#[from] PrintError),
    /// `ElastAlert` has no rule type for it.
    #[error(transparent)]
    RuleType(#[from] TypeError),
    /// A profile asks for what the rule does not have.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The target has no form for this kind of document.
    #[error("{target} has no form for {what}")]
    Target {
        /// The target.
        target: &'static str,
        /// The kind of document.
        what: &'static str,
        /// What to do about it.
        help: &'static str,
    },
    /// The rule counts events, and one event at a time says nothing of that.
    #[error("the rule counts events, which takes a run over time")]
    Counts,
    /// It could be converted, but not exactly, and `strict` was asked for.
    #[error("not exact: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Strict(Vec<Notice>),
}

impl ConvertError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Sigma(e) => e.help.clone(),
            Self::Index(e) => Some(e.help.clone()),
            Self::Language(e) => Some(e.help.clone()),
            Self::RuleType(e) => Some(e.help.clone()),
            Self::Profile(_) => None,
            Self::Target { help, .. } => Some((*help).into()),
            Self::Counts => Some("run it with sigmalert run".into()),
            Self::Strict(_) => Some("complete the mapping, or leave --strict out".into()),
        }
        .filter(|h| !h.is_empty())
    }

    /// A word that groups errors in a summary.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sigma(e) => e.kind.name(),
            Self::Index(_) => "index type",
            Self::Language(_) => "query language",
            Self::RuleType(_) => "rule type",
            Self::Profile(_) => "profile",
            Self::Target { .. } => "target",
            Self::Counts => "counts",
            Self::Strict(_) => "strict",
        }
    }
}
