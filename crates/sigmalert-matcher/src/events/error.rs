//! Why a source of events cannot be read.

use sigmalert_support::read::reason;
use std::io;

/// A source of events that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventInputError {
    /// The file cannot be read.
    #[error("cannot be read: {}", reason(.0))]
    Read(#[from] io::Error),
    /// The path is a folder.
    #[error("is a folder")]
    Folder,
    /// The file starts like zstd, and is not valid zstd.
    #[error("is not valid zstd: {0}")]
    Zstd(String),
    /// The file starts like EVTX, and is not valid EVTX.
    #[error("is not valid EVTX: {0}")]
    Evtx(String),
    /// A stream of EVTX cannot be copied to a temporary file, which reading it requires.
    #[error("cannot be copied to a temporary file: {}", reason(.0))]
    Spool(#[source] io::Error),
}

impl EventInputError {
    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "unreadable",
            Self::Folder => "folder",
            Self::Zstd(_) => "invalid-zstd",
            Self::Evtx(_) => "invalid-evtx",
            Self::Spool(_) => "spool-failed",
        }
    }
}
