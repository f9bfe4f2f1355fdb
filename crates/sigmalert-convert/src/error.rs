//! Why a document was not converted.

use super::Notice;
use sigmalert_elastalert::{ProfileError, RuleTypeError};
use sigmalert_query::lang::PrintError;
use sigmalert_query::lower::LowerError;
use sigmalert_sigma as sigma;

/// Why a document was not converted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The document is invalid, or a placeholder has no values.
    #[error(transparent)]
    Sigma(#[from] sigma::Error),
    /// A field has an index type that does not support the comparison.
    #[error(transparent)]
    Index(#[from] LowerError),
    /// The query language cannot express it, or the index would reject it.
    #[error(transparent)]
    Language(#[from] PrintError),
    /// `ElastAlert` has no rule type for it.
    #[error(transparent)]
    RuleType(#[from] RuleTypeError),
    /// A profile uses a value that the rule does not have.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The target does not support this kind of document.
    #[error("{target} does not support {what}")]
    Target {
        /// The target.
        target: &'static str,
        /// The kind of document.
        what: &'static str,
        /// What to do about it.
        help: &'static str,
    },
    /// The rule counts events, so that no single event matches it.
    #[error("the rule counts events: it cannot be evaluated on single events")]
    Counts,
    /// The conversion is not exact, and `strict` is set.
    #[error("not exact: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Strict(Vec<Notice>),
}

impl ConvertError {
    /// How to fix it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Sigma(e) => e.help.clone(),
            Self::Index(e) => Some(e.help.clone()),
            Self::Language(e) => Some(e.help.clone()),
            Self::RuleType(e) => Some(e.help.clone()),
            Self::Profile(_) => None,
            Self::Target { help, .. } => Some((*help).into()),
            Self::Counts => Some("use sigmalert run".into()),
            Self::Strict(_) => Some("complete the mapping, or omit --strict".into()),
        }
        .filter(|h| !h.is_empty())
    }

    /// The position of the error in the text of the document, where it is known.
    pub fn position(&self) -> Option<sigma::yaml::Pos> {
        match self {
            Self::Sigma(e) if e.pos.is_known() => Some(e.pos),
            _ => None,
        }
    }

    /// The stable code of the error, as in reports.
    pub fn code(&self) -> &'static str {
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
