//! A folder of outputs: written whole or not at all, only where something changed, and never over a file that
//! somebody else made or edited.

use super::merge::{self, Digests};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sigmalert_sigma::yaml;
use sigmalert_support::hex::hex;
use sigmalert_support::read::read_bytes;
use sigmalert_support::read::reason;
use sigmalert_support::read::slashed;
use sigmalert_support::sync::{lock, unpoisoned};
use sigmalert_support::write::replace;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Where the folder's list of files is kept.
pub const MANIFEST: &str = ".sigmalert.json";

pub use sigmalert_elastalert::BASE_RULE;

/// What is done with a file that stands in the way and that this program did not leave there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// The rule fails.
    Error,
    /// What was edited stays, the rest follows the rule. A file that this program never wrote is in the way.
    #[default]
    Keep,
    /// The file is replaced.
    Overwrite,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileChange {
    /// It is new.
    Created,
    /// It held something else before.
    Updated,
    /// It held the same already and was not touched.
    Unchanged,
    /// It was edited; the edits were kept.
    Kept,
}

/// The list of files that were written to a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    /// Which program wrote it.
    sigmalert: String,
    files: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// The Sigma file, relative to the folder that was converted.
    source: String,
    /// Of the content as it was written.
    sha256: String,
    /// Of each option of a rule file, so that it is seen which of them were edited.
    #[serde(default, skip_serializing_if = "Digests::is_empty")]
    options: Digests,
}

/// A folder of outputs.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    on_conflict: OnConflict,
    before: Manifest,
    now: Mutex<State>,
    /// Whether nothing is written: what would be is worked out anyway.
    dry_run: bool,
    /// Held while files are written: two runs at once would each take the other's files for foreign.
    _lock: Option<File>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, Entry>,
    made: HashSet<PathBuf>,
}

/// What was removed at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Files removed, relative to the folder.
    pub removed: Vec<PathBuf>,
    /// Files that would have been removed but were edited.
    pub edited: Vec<PathBuf>,
}

/// The largest file that is compared with what is to be written. Nothing larger is ours.
const MAX_BYTES: u64 = 64 << 20;

impl Folder {
    /// Opens a folder, and makes it where it is not there.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn open(root: &Path, on_conflict: OnConflict) -> Result<Self, String> {
        fs::create_dir_all(root).map_err(|e| format!("{}: cannot be created: {}", root.display(), reason(&e)))?;
        let lock = lock_folder(root)?;
        Self::read(root, on_conflict, lock, false)
    }

    /// Opens a folder for a dry run: [`Folder::write`], [`Folder::base_rule`] and [`Folder::finish`] report what they would do
    /// and change no file. The folder need not exist.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn dry_run(root: &Path, on_conflict: OnConflict) -> Result<Self, String> {
        Self::read(root, on_conflict, None, true)
    }

    fn read(root: &Path, on_conflict: OnConflict, lock: Option<File>, dry_run: bool) -> Result<Self, String> {
        let path = root.join(MANIFEST);
        let before = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| {
                format!("{}: not a sigmalert manifest ({e}); delete it, and give --on-conflict overwrite once", path.display())
            })?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Manifest::default(),
            Err(e) => return Err(format!("{}: cannot be read: {}", path.display(), reason(&e))),
        };
        Ok(Self { root: root.to_owned(), on_conflict, before, now: Mutex::default(), dry_run, _lock: lock })
    }

    /// Writes one output; `options` are those of a rule file. It can be called by many threads for different files.
    ///
    /// # Errors
    /// In words: what stands in the way.
    pub fn write(&self, relative: &Path, source: &str, content: &str, options: Option<&yaml::Value>) -> Result<FileChange, String> {
        let path = self.root.join(relative);
        let key = slashed(relative);
        let known = self.before.files.get(&key);
        let sha256 = hash(content.as_bytes());
        let digests = options.map(merge::digests).unwrap_or_default();
        let mut content = Cow::Borrowed(content);
        let change = match current(&path) {
            Current::Absent => FileChange::Created,
            Current::Bytes(bytes) if bytes == content.as_bytes() => FileChange::Unchanged,
            Current::Bytes(bytes) if known.is_some_and(|k| k.sha256 == hash(&bytes)) => FileChange::Updated,
            // A run that was cut off, or a list that was lost: the file still says that nobody edited it.
            Current::Bytes(bytes) if options.is_some() && merge::is_untouched(&String::from_utf8_lossy(&bytes)) => FileChange::Updated,
            Current::Bytes(bytes) => match (self.on_conflict, known, options) {
                (OnConflict::Overwrite, ..) => FileChange::Updated,
                (OnConflict::Keep, Some(known), Some(options)) => {
                    let text = String::from_utf8_lossy(&bytes);
                    let merged = merge::merge(&text, &known.options, options)
                        .map_err(|what| format!("{} was edited and {what}; fix it, or give --on-conflict overwrite", path.display()))?;
                    if merged.as_bytes() == bytes {
                        FileChange::Unchanged
                    } else {
                        content = Cow::Owned(merged);
                        FileChange::Kept
                    }
                }
                // Queries have no options to tell apart.
                (OnConflict::Keep, Some(known), None) => {
                    self.note(key, known.clone());
                    return Ok(FileChange::Unchanged);
                }
                (OnConflict::Error, Some(_), _) => {
                    return Err(format!("{} was edited since it was written; give --on-conflict keep or overwrite", path.display()));
                }
                (_, None, _) => {
                    return Err(format!(
                        "{} already exists and was not written by sigmalert; give another folder, or --on-conflict overwrite",
                        path.display()
                    ));
                }
            },
            Current::Other(what) => return Err(format!("{} {what}", path.display())),
        };
        if change != FileChange::Unchanged && !self.dry_run {
            self.make_parent(&path)?;
            replace(&path, content.as_bytes()).map_err(|e| format!("{} cannot be written: {}", path.display(), reason(&e)))?;
        }
        // The list says what the rule alone would be, so that edits are seen the next time, too.
        self.note(key, Entry { source: source.to_owned(), sha256, options: digests });
        Ok(change)
    }

    /// Makes the file of options that Praeco's rules import, where there is none. One that is there is the user's, with
    /// secrets in it: it stays, and the options it lacks are told.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn base_rule(&self, shared: &[(String, yaml::Value)]) -> Result<Vec<String>, String> {
        let path = self.root.join(BASE_RULE);
        let fail = |what: &str, e: &io::Error| format!("{} {what}: {}", path.display(), reason(e));
        match fs::read_to_string(&path) {
            Ok(text) => {
                let documents =
                    yaml::parse_all(&text, &yaml::Limits::default()).map_err(|e| format!("{}:{}: {e}", path.display(), e.pos))?;
                let there = |key: &str| documents.first().is_some_and(|d| d.get(key).is_some());
                Ok(shared.iter().map(|(k, _)| k.clone()).filter(|k| !there(k)).collect())
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound && self.dry_run => Ok(Vec::new()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                // ElastAlert loads no rule that imports an empty file.
                let entries = if shared.is_empty() { vec![("slack_webhook_url".to_owned(), "".into())] } else { shared.to_vec() };
                replace(&path, yaml::emit(&yaml::Value::Map(entries)).as_bytes()).map_err(|e| fail("cannot be written", &e))?;
                Ok(Vec::new())
            }
            Err(e) => Err(fail("cannot be read", &e)),
        }
    }

    fn note(&self, key: String, entry: Entry) {
        lock(&self.now).files.insert(key, entry);
    }

    fn make_parent(&self, path: &Path) -> Result<(), String> {
        let Some(parent) = path.parent() else { return Ok(()) };
        if lock(&self.now).made.contains(parent) {
            return Ok(());
        }
        fs::create_dir_all(parent).map_err(|e| format!("{} cannot be created: {}", parent.display(), reason(&e)))?;
        lock(&self.now).made.insert(parent.to_owned());
        Ok(())
    }

    /// Ends a run: removes, where asked for, the files of earlier runs that this one did not write, and writes
    /// down what is there. `keep` tells of which Sigma files the outputs stay, because the run could not tell
    /// whether their rules are gone.
    ///
    /// # Errors
    /// In words. What was written stays.
    pub fn finish(self, prune: bool, keep: impl Fn(&str) -> bool) -> Result<Pruned, String> {
        let mut files = unpoisoned(self.now.into_inner()).files;
        let mut pruned = Pruned::default();
        let mut problems = Vec::new();
        for (key, entry) in &self.before.files {
            // A list that was tampered with must not lead out of the folder.
            let inside = Path::new(key).components().all(|c| matches!(c, std::path::Component::Normal(_)));
            if files.contains_key(key) || !inside {
                continue;
            }
            let path = self.root.join(key);
            let stays = match current(&path) {
                Current::Absent => false,
                _ if !prune || keep(&entry.source) => true,
                Current::Bytes(b) if hash(&b) == entry.sha256 && self.dry_run => {
                    pruned.removed.push(key.into());
                    false
                }
                Current::Bytes(b) if hash(&b) == entry.sha256 => match fs::remove_file(&path) {
                    Ok(()) => {
                        pruned.removed.push(key.into());
                        remove_empty(&self.root, path.parent());
                        false
                    }
                    Err(e) => {
                        problems.push(format!("{} cannot be removed: {}", path.display(), reason(&e)));
                        true
                    }
                },
                _ => {
                    pruned.edited.push(key.into());
                    true
                }
            };
            if stays {
                files.insert(key.clone(), entry.clone());
            }
        }
        let now = Manifest { sigmalert: env!("CARGO_PKG_VERSION").to_owned(), files };
        if now != self.before && !self.dry_run {
            let path = self.root.join(MANIFEST);
            let mut text = serde_json::to_string_pretty(&now).map_err(|e| e.to_string())?;
            text.push('\n');
            replace(&path, text.as_bytes()).map_err(|e| format!("{} cannot be written: {}", path.display(), reason(&e)))?;
        }
        if problems.is_empty() { Ok(pruned) } else { Err(problems.join("\n")) }
    }
}

/// Locks a folder against other runs. Where the system cannot lock folders, nobody is kept out.
fn lock_folder(root: &Path) -> Result<Option<File>, String> {
    let Ok(folder) = File::open(root) else { return Ok(None) };
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(fs::TryLockError::WouldBlock) => Err(format!("{}: another sigmalert is writing to it; try again later", root.display())),
        Err(fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// Folders that the removal of a file left empty go, too, up to the root.
fn remove_empty(root: &Path, folder: Option<&Path>) {
    let mut folder = folder;
    while let Some(f) = folder.filter(|f| *f != root && f.starts_with(root)) {
        if fs::remove_dir(f).is_err() {
            break;
        }
        folder = f.parent();
    }
}

enum Current {
    Absent,
    Bytes(Vec<u8>),
    Other(String),
}

fn current(path: &Path) -> Current {
    let file = match File::open(path) {
        Ok(f) => f,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Current::Absent,
        Err(e) => return Current::Other(format!("already exists and cannot be read: {}", reason(&e))),
    };
    match file.metadata() {
        Ok(m) if m.is_file() && m.len() <= MAX_BYTES => {
            drop(file);
            match read_bytes(path, MAX_BYTES) {
                Ok(bytes) => Current::Bytes(bytes),
                Err(e) => Current::Other(format!("already exists and {e}")),
            }
        }
        _ => Current::Other("already exists and was not written by sigmalert".into()),
    }
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
