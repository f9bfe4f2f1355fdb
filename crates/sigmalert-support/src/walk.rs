//! Walks folders: in the order of names, with links followed and loops reported.

use crate::read::reason;
use std::io;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// The maximum depth of folders.
pub const MAX_DEPTH: usize = 64;

/// A path that cannot be walked.
#[derive(Debug)]
pub struct WalkError {
    /// The path.
    pub path: PathBuf,
    /// What is wrong.
    pub kind: WalkErrorKind,
}

/// What is wrong with a path.
#[derive(Debug)]
#[non_exhaustive]
pub enum WalkErrorKind {
    /// A symbolic link leads back to a folder that contains it.
    Loop(PathBuf),
    /// A folder is at the maximum depth.
    TooDeep,
    /// The path cannot be read.
    Io(io::Error),
}

impl WalkError {
    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        match self.kind {
            WalkErrorKind::Loop(_) => "link-loop",
            WalkErrorKind::TooDeep => "too-deep",
            WalkErrorKind::Io(_) => "unreadable",
        }
    }

    /// Returns whether the path does not exist, as with a dangling link.
    pub fn is_not_found(&self) -> bool {
        matches!(&self.kind, WalkErrorKind::Io(e) if e.kind() == io::ErrorKind::NotFound)
    }

    /// Returns what is wrong, without the path.
    pub fn message(&self) -> String {
        match &self.kind {
            WalkErrorKind::Loop(ancestor) => format!("is a symbolic link loop: it leads back to {}", ancestor.display()),
            WalkErrorKind::TooDeep => format!("is nested more than {MAX_DEPTH} folders deep"),
            WalkErrorKind::Io(e) => format!("cannot be read: {}", reason(e)),
        }
    }
}

/// Returns the files in a folder and its subfolders, and the paths that cannot be walked. `enter` decides by name which files and
/// folders are visited.
pub fn files(folder: &Path, enter: impl Fn(&std::ffi::OsStr) -> bool) -> impl Iterator<Item = Result<PathBuf, WalkError>> {
    files_to_depth(folder, MAX_DEPTH, enter)
}

/// Returns the files directly in a folder, and the paths that cannot be walked.
pub fn files_directly_in(folder: &Path, enter: impl Fn(&std::ffi::OsStr) -> bool) -> impl Iterator<Item = Result<PathBuf, WalkError>> {
    files_to_depth(folder, 1, enter)
}

fn files_to_depth(
    folder: &Path,
    depth: usize,
    enter: impl Fn(&std::ffi::OsStr) -> bool,
) -> impl Iterator<Item = Result<PathBuf, WalkError>> {
    let root = folder.to_owned();
    let is_visited = move |e: &DirEntry| e.depth() == 0 || enter(e.file_name());
    let walker = WalkDir::new(folder).follow_links(true).sort_by_file_name().max_depth(depth);
    walker.into_iter().filter_entry(is_visited).filter_map(move |entry| match entry {
        Ok(e) if e.file_type().is_file() => Some(Ok(e.into_path())),
        Ok(e) if e.depth() == MAX_DEPTH && e.file_type().is_dir() => {
            Some(Err(WalkError { path: e.into_path(), kind: WalkErrorKind::TooDeep }))
        }
        Ok(_) => None,
        Err(e) => {
            let path = e.path().unwrap_or(&root).to_owned();
            let kind = match e.loop_ancestor() {
                Some(ancestor) => WalkErrorKind::Loop(ancestor.to_owned()),
                None => WalkErrorKind::Io(e.into()),
            };
            Some(Err(WalkError { path, kind }))
        }
    })
}

/// Returns whether a name is hidden: it starts with a dot.
pub fn is_hidden(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}
