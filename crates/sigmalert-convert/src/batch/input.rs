//! Finding the Sigma files that a batch is about, and reading them within bounds.

use sigmalert_support::read::{open_input, read_text, reason, slashed};
use sigmalert_support::walk;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// One file of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As it is shown: the path as the user gave it, and what was found below it.
    pub path: PathBuf,
    /// Relative to the folder the user gave; outputs lie at the same place.
    pub relative: PathBuf,
    /// The text, where it is not in a file.
    pub text: Option<String>,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", path.display())]
pub struct InputError {
    /// Where.
    pub path: PathBuf,
    /// What is wrong.
    pub message: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Discovered {
    /// Files, in a stable order.
    pub sources: Vec<Source>,
    /// Paths that could not be looked at. The others are not affected.
    pub errors: Vec<InputError>,
}

/// MemberSource the files behind paths: a file whatever it is called, in a folder all `*.yml` and `*.yaml` outside of
/// hidden files and folders. Symbolic links are followed, circles of them reported.
pub fn discover(paths: &[PathBuf]) -> Discovered {
    find(paths, is_yaml)
}

/// The ending of rule files that only this program runs: ElastAlert, which reads `.yaml` and `.yml`, would not start.
pub const EXTENSION_ENDING: &str = "sigmalert";

/// The same for ElastAlert's rule files, with those that only this program runs.
pub fn discover_rule_files(paths: &[PathBuf]) -> Discovered {
    find(paths, |p| is_yaml(p) || p.extension().is_some_and(|e| e == EXTENSION_ENDING))
}

fn find(paths: &[PathBuf], wanted: fn(&Path) -> bool) -> Discovered {
    let mut found = Discovered::default();
    let mut seen: HashSet<PathBuf> = HashSet::new();
    for path in paths {
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => walk(path, wanted, &mut found, &mut seen),
            Ok(_) => {
                if seen.insert(path.clone()) {
                    let relative = path.file_name().map_or_else(|| path.clone(), PathBuf::from);
                    found.sources.push(Source { path: path.clone(), relative, text: None });
                }
            }
            Err(e) => found.errors.push(InputError { path: path.clone(), message: format!("cannot be read: {}", reason(&e)) }),
        }
    }
    found
}

fn walk(folder: &Path, wanted: fn(&Path) -> bool, found: &mut Discovered, seen: &mut HashSet<PathBuf>) {
    for file in walk::files(folder, |name| !walk::is_hidden(name)) {
        match file {
            Ok(path) if wanted(&path) => {
                if seen.insert(path.clone()) {
                    let relative = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                    found.sources.push(Source { path, relative, text: None });
                }
            }
            Ok(_) => {}
            // A dangling link with another ending is irrelevant.
            Err(e) if e.is_not_found() && !wanted(&e.path) => {}
            Err(e) => found.errors.push(InputError { message: e.message(), path: e.path }),
        }
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("yml") || e.eq_ignore_ascii_case("yaml"))
}

impl Source {
    /// A source from a text, such as standard input.
    pub fn from_text(name: &str, text: String) -> Self {
        Self { path: name.into(), relative: name.trim_matches(['<', '>']).into(), text: Some(text) }
    }

    /// The relative path as outputs and reports name it.
    pub fn name(&self) -> String {
        slashed(&self.relative)
    }

    /// The same with its text kept, so that it is read from the disk once; as it was when it cannot be read.
    #[must_use]
    pub fn kept(mut self, limit: usize) -> Self {
        self.text = self.read(limit).ok();
        self
    }

    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, is larger than `limit` bytes or is not UTF-8.
    pub fn read(&self, limit: usize) -> Result<String, InputError> {
        let fail = |message: String| InputError { path: self.path.clone(), message };
        if let Some(text) = &self.text {
            return Ok(text.clone());
        }
        let io = |e: io::Error| fail(format!("cannot be read: {}", reason(&e)));
        let file = open_input(&self.path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        read_text(file, size, limit).map_err(fail)
    }
}
