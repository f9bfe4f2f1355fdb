//! Rules and templates as files: listed, read, written atomically, each change noted in the audit log.

use crate::serve::auth::audit::Audit;
use crate::serve::auth::role::Actor;
use crate::serve::error::ApiError;
use crate::serve::rules::folder_check;
use crate::serve::rules::paths::{BASE_RULE, Id, inside};
use crate::serve::rules::vetting::{PreviousRule, Vetting};
use axum::http::StatusCode;
use serde_json::json;
use sha2::{Digest, Sha256};
use sigmalert_support::hex::hex;
use sigmalert_support::read::{read_file, reason, slashed};
use sigmalert_support::sync::lock;
use sigmalert_support::write::replace;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use walkdir::WalkDir;

/// How large a rule may be.
pub(in crate::serve) const MAX_BYTES: usize = 1 << 20;
/// The maximum number of entries listed.
const MAX_ENTRIES: usize = 100_000;
/// Rules, or templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum EntryKind {
    Rules,
    Templates,
}

impl EntryKind {
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "rules" => Some(Self::Rules),
            "templates" => Some(Self::Templates),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        if self == Self::Rules { "rules" } else { "templates" }
    }

    fn error(self, rules: &'static str, templates: &'static str) -> &'static str {
        if self == Self::Rules { rules } else { templates }
    }
}

/// Two folders of files.
#[derive(Debug)]
pub(in crate::serve) struct Store {
    pub rules: PathBuf,
    pub templates: PathBuf,
    pub audit: Audit,
    /// What rules are looked at for before they are written.
    vetting: Vetting,
    /// Serializes changes: a save reads the stored file before it writes.
    changes: Mutex<()>,
}

/// The stored rule that a new one is a copy of.
#[derive(Debug)]
pub(in crate::serve) struct Original {
    pub path: PathBuf,
    pub text: String,
}

/// A text with the tag by which a client says which one it saw.
#[derive(Debug, Clone)]
pub(in crate::serve) struct Stored {
    pub text: String,
    pub tag: String,
}

/// What a client says of the text it means to replace.
#[derive(Debug, Clone, Default)]
pub(in crate::serve) struct Expected {
    pub if_match: Option<Tags>,
    pub if_none_match: Option<Tags>,
}

impl Expected {
    /// Checks the preconditions against the stored text (RFC 9110, 13.1.1 and 13.1.2).
    ///
    /// # Errors
    /// 412 if a precondition fails.
    fn check(&self, old: Option<&Stored>) -> Result<(), ApiError> {
        let refuse = |message: &str| Err(ApiError::new(StatusCode::PRECONDITION_FAILED, "changed", message));
        let tag = old.map(|o| o.tag.as_str());
        if self.if_match.as_ref().is_some_and(|t| !t.hold(tag, false)) {
            return refuse("the rule was changed since it was read");
        }
        if self.if_none_match.as_ref().is_some_and(|t| t.hold(tag, true)) {
            return refuse("the name already exists");
        }
        Ok(())
    }
}

/// The entity tags of `If-Match` and `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) enum Tags {
    Any,
    Some(Vec<String>),
}

impl Tags {
    /// Reads a header. A comma in a tag would cut it: ours have none.
    pub fn parse(header: &str) -> Self {
        if header.trim() == "*" { Self::Any } else { Self::Some(header.split(',').map(|t| t.trim().to_owned()).collect()) }
    }

    /// Whether the stored text's tag is among them. Weak tags (`W/"..."`) match only if `weak` is set.
    fn hold(&self, tag: Option<&str>, weak: bool) -> bool {
        let Some(tag) = tag else { return false };
        match self {
            Self::Any => true,
            Self::Some(tags) => tags.iter().any(|t| t.strip_prefix("W/").filter(|_| weak).unwrap_or(t) == tag),
        }
    }
}

impl Store {
    /// Creates missing folders, and the file that all rules import.
    ///
    /// # Errors
    /// When a folder cannot be created.
    pub fn open(rules: &Path, templates: &Path, audit: Option<&Path>, vetting: Vetting) -> Result<Self, String> {
        for folder in [rules, templates] {
            if !folder.exists() {
                tracing::warn!("{} did not exist and was created: it contains no rules", folder.display());
            }
            fs::create_dir_all(folder).map_err(|e| format!("{} cannot be created: {}", folder.display(), reason(&e)))?;
        }
        let base = rules.join(BASE_RULE);
        if !base.exists() {
            // A rule that imports an empty file does not load.
            if let Err(e) = replace(&base, b"slack_webhook_url: \"\"\n") {
                tracing::warn!("{} cannot be created, so rules that import it do not load: {}", base.display(), reason(&e));
            }
        }
        for folder in [rules, templates] {
            if let Err(e) = folder_check::check(folder) {
                tracing::error!("{e}: rules are listed and run, but cannot be saved");
            }
        }
        let audit = Audit::open(audit)?;
        Ok(Self { rules: rules.to_owned(), templates: templates.to_owned(), audit, vetting, changes: Mutex::default() })
    }

    /// Checks that a rule to test runs no program.
    ///
    /// # Errors
    /// 403 if it does not hold.
    pub fn check_trial(&self, text: &str) -> Result<(), ApiError> {
        self.vetting.check_trial(text)
    }

    pub fn root(&self, kind: EntryKind) -> &Path {
        if kind == EntryKind::Rules { &self.rules } else { &self.templates }
    }

    /// Every folder, with a slash behind it, and every rule, without its ending.
    pub fn all(&self, kind: EntryKind) -> Vec<String> {
        let root = self.root(kind);
        let mut out = Vec::new();
        let hidden = |e: &walkdir::DirEntry| e.file_name().as_encoded_bytes().first() == Some(&b'.');
        let walker = WalkDir::new(root).min_depth(1).max_depth(32).sort_by_file_name().into_iter();
        for entry in walker.filter_entry(|e| !hidden(e)).flatten().take(MAX_ENTRIES) {
            let Ok(relative) = entry.path().strip_prefix(root) else { continue };
            let name = slashed(relative);
            if entry.file_type().is_dir() {
                out.push(format!("{name}/"));
            } else if name == BASE_RULE {
                out.push(name);
            } else if let Some(rule) = name.strip_suffix(".yaml") {
                out.push(rule.to_owned());
            }
        }
        out
    }

    /// The files of all rules.
    pub fn files(&self, kind: EntryKind) -> impl Iterator<Item = PathBuf> {
        let root = self.root(kind).to_owned();
        let rules = self.all(kind).into_iter().filter(|n| !n.ends_with('/') && n != BASE_RULE);
        rules.map(move |n| root.join(format!("{n}.yaml")))
    }

    /// The folders and rules directly in a folder.
    pub fn listing(&self, kind: EntryKind, folder: Option<&Id>) -> Result<(Vec<String>, Vec<String>), ApiError> {
        let prefix = folder.map(|f| format!("{}/", f.name())).unwrap_or_default();
        let root = folder.map_or_else(|| self.root(kind).to_owned(), |f| f.folder(self.root(kind)));
        if !root.is_dir() {
            let error = kind.error("rulesFolderNotFound", "templatesFolderNotFound");
            return Err(ApiError::new(StatusCode::NOT_FOUND, error, format!("there is no folder `{prefix}`")));
        }
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for name in self.all(kind) {
            let Some(rest) = name.strip_prefix(&prefix) else { continue };
            match rest.strip_suffix('/') {
                Some(f) if !f.contains('/') && !f.is_empty() => folders.push(f.to_owned()),
                None if !rest.is_empty() && !rest.contains('/') && rest != BASE_RULE => files.push(rest.to_owned()),
                _ => {}
            }
        }
        Ok((folders, files))
    }

    /// All rules in one archive (tar, gzip). What they import is left out: it holds secrets.
    pub fn archive(&self, kind: EntryKind) -> Result<Vec<u8>, ApiError> {
        let failed = |e: &io::Error| {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "archive", format!("cannot create the archive: {}", reason(e)))
        };
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default()));
        for name in self.all(kind) {
            if name == BASE_RULE || name.ends_with('/') {
                continue;
            }
            let path = self.root(kind).join(format!("{name}.yaml"));
            if inside(self.root(kind), &path).is_err() {
                continue;
            }
            let Ok(text) = read_file(&path, MAX_BYTES) else { continue };
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, format!("{}/{name}.yaml", kind.name()), text.as_bytes()).map_err(|e| failed(&e))?;
        }
        tar.into_inner().and_then(flate2::write::GzEncoder::finish).map_err(|e| failed(&e))
    }

    fn missing(kind: EntryKind, id: &Id) -> ApiError {
        let what = kind.error("rule", "template");
        let message = format!("The requested {what} with id: '{}' couldn't be found.", id.name());
        ApiError::new(StatusCode::NOT_FOUND, kind.error("ruleNotFound", "templateNotFound"), message)
    }

    /// The file of a rule. Praeco opens a rule by its file's name and saves it by the rule's own: where no file is called
    /// so, it is the one beside it that holds the rule of that name.
    pub fn locate(&self, kind: EntryKind, id: &Id) -> PathBuf {
        let path = id.file(self.root(kind));
        if kind == EntryKind::Templates || path.symlink_metadata().is_ok() {
            return path;
        }
        let Some(folder) = path.parent() else { return path };
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
        let mut named = entries.filter(|p| p.extension().is_some_and(|e| e == "yaml")).take(MAX_ENTRIES).filter(|p| {
            inside(self.root(kind), p).is_ok()
                // Reading YAML takes its time, and most files do not even hold the word.
                && read_file(p, MAX_BYTES)
                    .is_ok_and(|t| t.contains(id.last()) && crate::serve::rules::rule_file::name_of(&t).as_deref() == Some(id.last()))
        });
        match (named.next(), named.next()) {
            (Some(one), None) => one,
            _ => path,
        }
    }

    /// A text as it is stored.
    pub fn read(&self, kind: EntryKind, id: &Id) -> Result<Stored, ApiError> {
        self.read_at(kind, id, &self.locate(kind, id))
    }

    fn read_at(&self, kind: EntryKind, id: &Id, path: &Path) -> Result<Stored, ApiError> {
        if path.symlink_metadata().is_err() {
            return Err(Self::missing(kind, id));
        }
        inside(self.root(kind), path)?;
        let text = read_file(path, MAX_BYTES).map_err(|m| {
            ApiError::new(StatusCode::FORBIDDEN, kind.error("ruleNotReadable", "templateNotReadable"), format!("`{}` {m}", id.name()))
        })?;
        let tag = tag(&text);
        Ok(Stored { text, tag })
    }

    /// Writes a text: what `change` makes of the one that is there, and the rule that it is a copy of, if it is one. `fits` looks at a
    /// rule that may be written, with the one that it replaces and the file of the one it is a copy of.
    pub fn write(
        &self,
        kind: EntryKind,
        id: &Id,
        expected: &Expected,
        actor: &Actor,
        change: impl FnOnce(Option<&str>) -> Result<(String, Option<Original>), ApiError>,
        fits: impl FnOnce(Option<&str>, &str, Option<&Path>) -> Result<(), ApiError>,
    ) -> Result<String, ApiError> {
        let _one = lock(&self.changes);
        let path = self.locate(kind, id);
        let old = match self.read_at(kind, id, &path) {
            Ok(s) => Some(s),
            Err(e) if e.status == StatusCode::NOT_FOUND => None,
            Err(e) => return Err(e),
        };
        expected.check(old.as_ref())?;
        inside(self.root(kind), &path)?;
        let (text, original) = change(old.as_ref().map(|o| o.text.as_str()))?;
        if kind == EntryKind::Rules {
            let copied = original.as_ref().map(|o| PreviousRule { path: &o.path, text: &o.text });
            let before = old.as_ref().map(|o| PreviousRule { path: &path, text: &o.text }).or(copied);
            self.vetting.check(&path, before, &text)?;
            fits(old.as_ref().map(|o| o.text.as_str()), &text, original.as_ref().map(|o| o.path.as_path()))?;
        }
        if text.len() > MAX_BYTES {
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "tooLarge", format!("the rule is larger than {MAX_BYTES} bytes")));
        }
        let unwritable = |e: io::Error| {
            let error = kind.error("ruleNotWritable", "templateNotWritable");
            tracing::error!(id = id.name(), "a {} cannot be written: {}", kind.error("rule", "template"), reason(&e));
            ApiError::new(StatusCode::FORBIDDEN, error, format!("`{}` cannot be written: {}", id.name(), reason(&e)))
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        replace(&path, text.as_bytes()).map_err(unwritable)?;
        let tag = tag(&text);
        self.note(actor, if old.is_some() { "change" } else { "create" }, kind, &id.name(), Some(&tag));
        Ok(tag)
    }

    /// Removes a rule.
    pub fn delete(&self, kind: EntryKind, id: &Id, expected: &Expected, actor: &Actor) -> Result<(), ApiError> {
        let _one = lock(&self.changes);
        let path = self.locate(kind, id);
        let stored = self.read_at(kind, id, &path)?;
        expected.check(Some(&stored))?;
        fs::remove_file(&path).map_err(|e| {
            let error = kind.error("ruleNotWritable", "templateNotWritable");
            ApiError::new(StatusCode::FORBIDDEN, error, format!("`{}` cannot be removed: {}", id.name(), reason(&e)))
        })?;
        self.note(actor, "delete", kind, &id.name(), Some(&stored.tag));
        Ok(())
    }

    /// Makes a folder, with those above it.
    pub fn create_folder(&self, kind: EntryKind, id: &Id, actor: &Actor) -> Result<(), ApiError> {
        let path = id.folder(self.root(kind));
        inside(self.root(kind), &path)?;
        let error = kind.error("rulesRootFolderNotCreatable", "templatesRootFolderNotCreatable");
        fs::create_dir_all(&path)
            .map_err(|e| ApiError::new(StatusCode::FORBIDDEN, error, format!("`{}` cannot be created: {}", id.name(), reason(&e))))?;
        self.note(actor, "create folder", kind, &id.name(), None);
        Ok(())
    }

    /// Removes a folder with all that is in it.
    pub fn delete_folder(&self, kind: EntryKind, id: &Id, actor: &Actor) -> Result<(), ApiError> {
        let _one = lock(&self.changes);
        let path = id.folder(self.root(kind));
        let error = kind.error("rulesFolderNotFound", "templatesFolderNotFound");
        if !path.is_dir() {
            return Err(ApiError::new(StatusCode::NOT_FOUND, error, format!("there is no folder `{}`", id.name())));
        }
        inside(self.root(kind), &path)?;
        // A link is not followed: what it leads to is not in the folder.
        if path.symlink_metadata().is_ok_and(|m| m.file_type().is_symlink()) {
            return Err(ApiError::new(StatusCode::FORBIDDEN, "pathInvalid", "the folder is a symlink"));
        }
        fs::remove_dir_all(&path)
            .map_err(|e| ApiError::new(StatusCode::FORBIDDEN, error, format!("`{}` cannot be removed: {}", id.name(), reason(&e))))?;
        self.note(actor, "delete folder", kind, &id.name(), None);
        Ok(())
    }

    /// One line of the audit log.
    pub fn note(&self, actor: &Actor, what: &str, kind: EntryKind, id: &str, tag: Option<&str>) {
        self.audit.note(actor, what, &json!({"kind": kind.name(), "id": id, "tag": tag}));
    }
}

/// A tag of a text (RFC 9110, "ETag").
pub(in crate::serve) fn tag(text: &str) -> String {
    format!("\"{}\"", hex(&Sha256::digest(text.as_bytes())[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_as_the_standard_says() {
        let stored = Stored { text: String::new(), tag: "\"a\"".into() };
        let if_match = |header: &str, old| Expected { if_match: Some(Tags::parse(header)), if_none_match: None }.check(old).is_ok();
        let if_none = |header: &str, old| Expected { if_match: None, if_none_match: Some(Tags::parse(header)) }.check(old).is_ok();
        for (header, good) in
            [("*", true), (" * ", true), ("\"a\"", true), ("\"b\", \"a\"", true), ("\"b\"", false), ("W/\"a\"", false), ("", false)]
        {
            assert_eq!(if_match(header, Some(&stored)), good, "{header}");
            assert!(!if_match(header, None), "{header}");
        }
        for (header, good) in [("*", false), ("\"a\"", false), ("\"b\", W/\"a\"", false), ("\"b\"", true)] {
            assert_eq!(if_none(header, Some(&stored)), good, "{header}");
            assert!(if_none(header, None), "{header}");
        }
    }
}
