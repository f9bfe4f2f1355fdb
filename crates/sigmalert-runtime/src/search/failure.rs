//! Why a cluster gives no answer.

use std::time::Duration;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// No host answers: it may come back.
    #[error("{0}")]
    Away(String),
    /// The request cannot be signed, so it is not sent: credentials may come, or come back.
    #[error("{0}")]
    Unsigned(String),
    /// It took too long.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The cluster refuses.
    #[error("the cluster answers {status}: {reason}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it says.
        reason: String,
    },
    /// Not all shards answered: what the others found is not the whole.
    #[error("{0}")]
    Incomplete(String),
    /// The answer has more bytes than are read.
    #[error("{0}")]
    TooLarge(String),
    /// Part of the answer is missing, or it is none.
    #[error("{0}")]
    Broken(String),
}

impl Failure {
    /// Whether the cluster is not there, in whole, rather than displeased with one request.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Unsigned(_) | Self::Refused { status: 502..=504, .. })
    }

    /// Whether no request can be sent for want of a signature. Waiting seldom helps: a run that is to end gives up.
    pub fn is_unsigned(&self) -> bool {
        matches!(self, Self::Unsigned(_))
    }

    /// Whether one search of a request may be at fault for the whole of it, so that the others are asked without it.
    pub fn is_of_one(&self) -> bool {
        matches!(self, Self::Refused { status: 400 | 413 | 422 | 500, .. } | Self::TooLarge(_))
    }

    /// Whether asking the same again brings the same answer, until somebody corrects the rule or what it may read.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused { status: 400..=499, .. }) && !self.is_busy()
    }

    /// Whether some shard did not answer, or not in time.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Self::Incomplete(_) | Self::Timeout(_))
    }

    /// Whether it is too busy for now.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Timeout(_) | Self::Refused { status: 408 | 429, .. }) || self.is_away()
    }
}
