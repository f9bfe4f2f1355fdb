//! From the path of a request to a file, which never lies outside its folder.

use super::error::ApiError;
use axum::http::StatusCode;
use percent_encoding::percent_decode_str;
use std::path::{Path, PathBuf};

/// The name of a rule, a template or a folder: segments, decoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Id {
    segments: Vec<String>,
    /// As the client wrote them: elastalert-server keeps rules under such names.
    encoded: Vec<String>,
}

impl Id {
    /// Reads the segments behind a prefix.
    ///
    /// # Errors
    /// For anything that could lead elsewhere: `.` and `..`, nothing between two slashes, a separator or a NUL inside.
    pub fn parse(segments: &[&str]) -> Result<Self, ApiError> {
        let bad = |what: &str| Err(ApiError::bad("pathInvalid", format!("the path is refused: {what}")));
        if segments.is_empty() || segments.iter().all(|s| s.is_empty()) {
            return bad("it names nothing");
        }
        if segments.len() > 32 {
            return bad("it is more than 32 folders deep");
        }
        let mut decoded = Vec::with_capacity(segments.len());
        for s in segments {
            let Ok(text) = percent_decode_str(s).decode_utf8() else { return bad("it is not UTF-8") };
            if text.is_empty() {
                return bad("there is nothing between two slashes");
            }
            if text == "." || text == ".." {
                return bad("`.` and `..` lead elsewhere");
            }
            // Somebody behind may decode once more.
            let lower = text.to_lowercase();
            if ["%2e", "%2f", "%5c", "%00"].iter().any(|e| lower.contains(e)) {
                return bad("it is encoded twice");
            }
            if text.contains(['/', '\\', ':']) || text.chars().any(char::is_control) {
                return bad("a name holds a separator or a control character");
            }
            if text.starts_with('.') || text.len() > 200 {
                return bad("a name begins with a dot, or is longer than 200 bytes");
            }
            decoded.push(text.into_owned());
        }
        Ok(Self { segments: decoded, encoded: segments.iter().map(|s| (*s).to_owned()).collect() })
    }

    /// The name as answers give it.
    pub fn name(&self) -> String {
        self.segments.join("/")
    }

    /// The name without its folders.
    pub fn last(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }

    /// The folder of this name below a root.
    pub fn folder(&self, root: &Path) -> PathBuf {
        self.segments.iter().fold(root.to_owned(), |p, s| p.join(s))
    }

    /// The file of this name below a root: what is there under the decoded name, or else under the encoded one.
    pub fn file(&self, root: &Path) -> PathBuf {
        let of = |segments: &[String]| {
            let (last, folders) = segments.split_last().map_or(("", &[][..]), |(l, f)| (l.as_str(), f));
            folders.iter().fold(root.to_owned(), |p, s| p.join(s)).join(format!("{last}.yaml"))
        };
        let decoded = of(&self.segments);
        if !decoded.exists() && self.encoded != self.segments {
            let encoded = of(&self.encoded);
            if encoded.exists() {
                return encoded;
            }
        }
        decoded
    }
}

/// Makes sure that a path, or what of it exists, lies below a root once all links are followed.
///
/// # Errors
/// When it does not, or cannot be looked at.
pub(super) fn inside(root: &Path, path: &Path) -> Result<(), ApiError> {
    let refuse = |what: &str| ApiError::new(StatusCode::FORBIDDEN, "pathInvalid", format!("the path is refused: {what}"));
    let root = root.canonicalize().map_err(|_| refuse("the folder is not there"))?;
    let mut existing = path;
    // A link that leads nowhere exists, too.
    while existing.symlink_metadata().is_err() {
        existing = existing.parent().ok_or_else(|| refuse("it leads nowhere"))?;
    }
    let real = existing.canonicalize().map_err(|_| refuse("a link in it leads nowhere"))?;
    if real.starts_with(&root) { Ok(()) } else { Err(refuse("a link in it leads out of the folder")) }
}
