//! The files to check.

use sigmalert_sigma::yaml::Limits;
use sigmalert_support::read::read_file;
use std::path::PathBuf;

/// A file to check.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The path, as findings show it.
    pub path: PathBuf,
    /// The text; `None` to read it from the path.
    pub text: Option<String>,
}

impl Input {
    /// Creates an input of a text, reported under a path.
    pub fn from_text(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: Some(text.into()) }
    }

    /// Returns the text.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, limits: &Limits) -> Result<String, InputError> {
        self.text.clone().map_or_else(|| read_file(&self.path, limits.bytes).map_err(|message| InputError { message }), Ok)
    }
}

/// A file that cannot be read, is too large or is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InputError {
    /// What is wrong, such as `is not UTF-8`.
    pub message: String,
}
