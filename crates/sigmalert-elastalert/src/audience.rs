//! What rule files must work with.

use crate::options::Release;

/// The programs that rule files must work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Audience {
    /// The release of ElastAlert 2.
    pub release: Release,
    /// Whether Praeco opens and saves the files.
    pub praeco: bool,
    /// Whether the global configuration is known, so that options it lacks are known to be missing.
    pub config: bool,
}
