//! Maps request paths to files, which are always inside their folder.

use crate::serve::error::ApiError;
use axum::http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::path::{Path, PathBuf};

pub(in crate::serve) use sigmalert_elastalert::BASE_RULE;

/// The path of a rule, template or folder: segments, percent-decoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct Id {
    segments: Vec<String>,
    /// As the client wrote them: elastalert-server keeps rules under such names.
    encoded: Vec<String>,
}

fn refused(what: &str) -> ApiError {
    ApiError::bad("pathInvalid", format!("the path is invalid: {what}"))
}

impl Id {
    /// Reads the segments behind a prefix, percent-encoded as they are.
    ///
    /// # Errors
    /// For anything that could escape the folder: `.` and `..`, empty segments, separators and NUL characters.
    pub fn parse(segments: &[&str]) -> Result<Self, ApiError> {
        let decode = |s: &&str| match percent_decode_str(s).decode_utf8() {
            Ok(text) => Ok(text.into_owned()),
            Err(_) => Err(refused("it is not UTF-8")),
        };
        let decoded = segments.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        Self::of(decoded, segments.iter().map(|s| (*s).to_owned()).collect())
    }

    /// The same of a name with slashes, as answers give it.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn named(name: &str) -> Result<Self, ApiError> {
        let encode = |s: &str| utf8_percent_encode(s, NON_ALPHANUMERIC).to_string();
        Self::of(name.split('/').map(str::to_owned).collect(), name.split('/').map(encode).collect())
    }

    fn of(segments: Vec<String>, encoded: Vec<String>) -> Result<Self, ApiError> {
        if segments.iter().all(String::is_empty) {
            return Err(refused("it is empty"));
        }
        if segments.len() > 32 {
            return Err(refused("it is more than 32 folders deep"));
        }
        for text in &segments {
            if text.is_empty() {
                return Err(refused("it has an empty segment"));
            }
            if text == "." || text == ".." {
                return Err(refused("`.` and `..` are not allowed"));
            }
            // Somebody behind may decode once more.
            let lower = text.to_lowercase();
            if ["%2e", "%2f", "%5c", "%00"].iter().any(|e| lower.contains(e)) {
                return Err(refused("it is percent-encoded twice"));
            }
            // On Windows a colon names a drive, or another stream of the file.
            let colon = cfg!(windows) && text.contains(':');
            if colon || text.contains(['/', '\\']) || text.chars().any(char::is_control) {
                return Err(refused("a name contains a separator or a control character"));
            }
            if text.starts_with('.') || text.len() > 240 {
                return Err(refused("a name starts with a dot or is longer than 240 bytes"));
            }
        }
        Ok(Self { segments, encoded })
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

    /// The file of this name below a root, under the decoded name or else the encoded one.
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

/// Checks that a path is inside a root once symlinks are resolved.
///
/// # Errors
/// When it does not, or cannot be looked at.
pub(in crate::serve) fn inside(root: &Path, path: &Path) -> Result<(), ApiError> {
    let refuse = |what: &str| ApiError::new(StatusCode::FORBIDDEN, "pathInvalid", format!("the path is invalid: {what}"));
    let root = root.canonicalize().map_err(|_| refuse("the folder does not exist"))?;
    let mut existing = path;
    // A link that leads nowhere exists, too.
    while existing.symlink_metadata().is_err() {
        existing = existing.parent().ok_or_else(|| refuse("it does not exist"))?;
    }
    let real = existing.canonicalize().map_err(|_| refuse("it contains a dangling symlink"))?;
    if real.starts_with(&root) { Ok(()) } else { Err(refuse("a symlink points outside the folder")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    use std::path::Component;

    /// Pieces that lead elsewhere, or that readers of paths take for each other, among harmless ones.
    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => prop::sample::select(vec![
                "..", ".", "/", "\\", "%2e", "%2E", "%2f", "%5c", "%5C", "%00", "%25", "%252e", "%252f", "%c0%af", "%c0%ae", "%e0%80%af", "%ff", "%",
                "%2", "%zz", "\u{ff0e}", "\u{2215}", "\u{202e}", "~", "C:", "link", "up", "a", "b.yaml", "%20", "+", ";", "?", "#", "//", "\r\n",
            ]).prop_map(str::to_owned),
            1 => "\\PC{0,4}",
            1 => any::<u8>().prop_map(|b| format!("%{b:02x}")),
            1 => Just("x".repeat(300)),
        ]
    }

    fn paths() -> impl Strategy<Value = String> {
        prop::collection::vec(piece(), 0..12).prop_map(|p| p.concat())
    }

    /// The twin of the fuzz target of HTTP ids: whatever the path, it is refused or lies below its folder, links followed.
    #[test]
    fn no_path_leaves_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("rules");
        std::fs::create_dir_all(root.join("a")).unwrap();
        std::fs::write(folder.path().join("secret.yaml"), "secret").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path(), root.join("up")).unwrap();
            std::os::unix::fs::symlink(folder.path().join("secret.yaml"), root.join("link.yaml")).unwrap();
        }
        let real_root = root.canonicalize().unwrap();
        let mut runner = TestRunner::new(Config { cases: 3000, failure_persistence: None, ..Config::default() });
        let result = runner.run(&paths(), |path| {
            let segments: Vec<&str> = path.split('/').collect();
            let named = percent_decode_str(&path).decode_utf8_lossy().into_owned();
            for id in [Id::parse(&segments), Id::named(&path), Id::named(&named)].into_iter().flatten() {
                for place in [id.file(&root), id.folder(&root)] {
                    prop_assert!(place.starts_with(&root), "{}", place.display());
                    let relative = place.strip_prefix(&root).unwrap();
                    prop_assert!(relative.components().all(|c| matches!(c, Component::Normal(_))), "{}", place.display());
                    if inside(&root, &place).is_ok() && place.exists() {
                        let real = place.canonicalize().unwrap();
                        prop_assert!(real.starts_with(&real_root), "{} is {}", place.display(), real.display());
                    }
                }
                prop_assert!(!id.name().chars().any(char::is_control));
            }
            Ok(())
        });
        result.unwrap();
    }
}
