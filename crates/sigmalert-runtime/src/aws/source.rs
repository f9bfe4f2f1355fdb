//! Whose credentials requests are signed with.

use std::fmt;

/// Whose credentials they are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// Those that options state.
    Keys { id: String, secret: String },
    /// Those of a profile, or of this machine.
    Chain { profile: Option<String> },
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys { .. } => f.write_str("Keys"),
            Self::Chain { profile } => f.debug_struct("Chain").field("profile", profile).finish(),
        }
    }
}
