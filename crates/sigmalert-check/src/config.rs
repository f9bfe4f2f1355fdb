//! `.sigmalert.toml`: which lints run where, and how bad each is.

use super::attack::Attack;
use super::entry::Entry;
use super::lint::{Lint, Severity};
use super::registry;
use super::vocabulary::Vocabulary;
use globset::{Glob, GlobMatcher};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name of the file.
pub const CONFIG_NAME: &str = ".sigmalert.toml";

/// What is looked for, and where.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder that globs are relative to: that of the file.
    pub root: PathBuf,
    /// Lints that run: codes, beginnings of codes, or names. Empty for those that run by default.
    pub select: Vec<String>,
    /// More lints, beside those selected.
    pub extend_select: Vec<String>,
    /// Lints that do not run.
    pub ignore: Vec<String>,
    /// What is milder than this is not told.
    pub severity: Severity,
    /// How many warnings are let pass; nothing for any number.
    pub max_warnings: Option<usize>,
    /// The field mapping that rules are converted with, for what would not survive that.
    pub mapping: Option<String>,
    /// The file of known findings.
    pub baseline: Option<PathBuf>,
    /// Tags, keys and the ATT&CK release that lints accept.
    pub vocabulary: Vocabulary,
    /// Severities that differ from a lint's own, later ones first.
    levels: Vec<(String, Severity)>,
    exclude: Vec<GlobMatcher>,
    paths: Vec<PathSettings>,
}

#[derive(Debug, Clone)]
struct PathSettings {
    glob: GlobMatcher,
    select: Vec<String>,
    ignore: Vec<String>,
    levels: Vec<(String, Severity)>,
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", .path.as_ref().map(|p| format!("{}: ", p.display())).unwrap_or_default())]
pub struct ConfigError {
    /// The file, where it is one.
    pub path: Option<PathBuf>,
    /// What is wrong and what to do.
    pub message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    check: RawCheck,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct RawCheck {
    select: Vec<String>,
    extend_select: Vec<String>,
    ignore: Vec<String>,
    severity: Option<String>,
    max_warnings: Option<usize>,
    mapping: Option<String>,
    baseline: Option<PathBuf>,
    exclude: Vec<String>,
    tag_namespaces: Vec<String>,
    custom_keys: Vec<String>,
    attack: Option<PathBuf>,
    levels: BTreeMap<String, String>,
    paths: BTreeMap<String, RawPath>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct RawPath {
    select: Vec<String>,
    ignore: Vec<String>,
    levels: BTreeMap<String, String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            root: PathBuf::new(),
            select: Vec::new(),
            extend_select: Vec::new(),
            ignore: Vec::new(),
            severity: Severity::Warning,
            max_warnings: None,
            mapping: None,
            baseline: None,
            vocabulary: Vocabulary::default(),
            levels: Vec::new(),
            exclude: Vec::new(),
            paths: Vec::new(),
        }
    }
}

/// A severity by its word.
fn severity(word: &str) -> Result<Severity, String> {
    Severity::ALL.iter().find(|(n, _)| *n == word).map(|(_, s)| *s).ok_or_else(|| format!("`{word}` is none of info, warning and error"))
}

/// A glob below a folder: a name alone matches at any depth.
fn glob(text: &str) -> Result<GlobMatcher, String> {
    let text = text.trim_start_matches("./");
    let deep = if text.contains('/') { text.to_owned() } else { format!("**/{text}") };
    let deep = if deep.ends_with('/') { format!("{deep}**") } else { deep };
    Glob::new(&deep).map(|g| g.compile_matcher()).map_err(|e| format!("`{text}` is no glob: {}", e.kind()))
}

/// Words that name no lint.
fn known(words: &[String]) -> Result<(), String> {
    for w in words {
        if !registry::all().iter().any(|l| l.matches_selector(w)) {
            let near = super::taxonomy::nearest(w, registry::all().iter().flat_map(|l| [l.code, l.name]));
            let hint = near.map_or_else(|| "`sigmalert check --list` shows all".to_owned(), |n| format!("did you mean `{n}`?"));
            return Err(format!("`{w}` is no lint; {hint}"));
        }
    }
    Ok(())
}

fn levels(raw: &BTreeMap<String, String>) -> Result<Vec<(String, Severity)>, String> {
    known(&raw.keys().cloned().collect::<Vec<_>>())?;
    let mut out: Vec<(String, Severity)> = raw.iter().map(|(k, v)| Ok((k.clone(), severity(v)?))).collect::<Result<_, String>>()?;
    // A code goes before the beginning of one.
    out.sort_by_key(|(k, _)| std::cmp::Reverse(k.len()));
    Ok(out)
}

impl Config {
    /// The nearest configuration file at or above a folder.
    pub fn discover(from: &Path) -> Option<PathBuf> {
        let from = std::path::absolute(from).ok()?;
        from.ancestors().map(|f| f.join(CONFIG_NAME)).find(|p| p.is_file())
    }

    /// What the nearest file at or above a folder says; the defaults where there is none.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn nearest(folder: &Path) -> Result<Self, ConfigError> {
        Self::discover(folder).map_or_else(|| Ok(Self::default()), |p| Self::load(&p))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or says something that is not known.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let fail = |message: String| ConfigError { path: Some(path.to_owned()), message };
        let text = sigmalert_support::read::read_file(path, 1 << 20).map_err(fail)?;
        let root = std::path::absolute(path).ok().and_then(|p| p.parent().map(Path::to_owned)).unwrap_or_default();
        Self::from_text(&text, &root).map_err(fail)
    }

    /// Reads a text, with globs and paths relative to a folder.
    ///
    /// # Errors
    /// In words, as [`Config::load`].
    pub fn from_text(text: &str, root: &Path) -> Result<Self, String> {
        let raw: Raw = toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())?;
        let c = raw.check;
        known(&c.select)?;
        known(&c.extend_select)?;
        known(&c.ignore)?;
        let attack = c.attack.map(|p| Self::read_attack(&root.join(p))).transpose()?;
        Ok(Self {
            root: root.to_owned(),
            severity: c.severity.as_deref().map_or(Ok(Severity::Warning), severity)?,
            levels: levels(&c.levels)?,
            exclude: c.exclude.iter().map(|e| glob(e)).collect::<Result<_, _>>()?,
            paths: c
                .paths
                .iter()
                .map(|(g, p)| {
                    known(&p.select)?;
                    known(&p.ignore)?;
                    Ok(PathSettings { glob: glob(g)?, select: p.select.clone(), ignore: p.ignore.clone(), levels: levels(&p.levels)? })
                })
                .collect::<Result<_, String>>()?,
            select: c.select,
            extend_select: c.extend_select,
            ignore: c.ignore,
            max_warnings: c.max_warnings,
            // A file is named from the configuration's folder, a built-in mapping as it is.
            mapping: c.mapping.map(|m| if root.join(&m).is_file() { root.join(m).to_string_lossy().into_owned() } else { m }),
            baseline: c.baseline.map(|p| root.join(p)),
            vocabulary: Vocabulary { tag_namespaces: c.tag_namespaces, custom_keys: c.custom_keys, attack },
        })
    }

    /// Reads a STIX bundle of ATT&CK.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn read_attack(path: &Path) -> Result<Attack, String> {
        let text = sigmalert_support::read::read_file(path, 256 << 20).map_err(|m| format!("{} {m}", path.display()))?;
        Attack::from_stix(&text).map_err(|m| format!("{} {m}", path.display()))
    }

    /// Adds to the selection, as options of the command line do.
    ///
    /// # Errors
    /// When a word names no lint.
    pub fn choose(&mut self, select: &[String], extend: &[String], ignore: &[String]) -> Result<(), ConfigError> {
        for words in [select, extend, ignore] {
            known(words).map_err(|message| ConfigError { path: None, message })?;
        }
        if !select.is_empty() {
            self.select = select.to_vec();
        }
        self.extend_select.extend_from_slice(extend);
        self.ignore.extend_from_slice(ignore);
        Ok(())
    }

    /// A path as globs see it.
    fn relative<'p>(&self, path: &'p Path) -> std::borrow::Cow<'p, Path> {
        if self.root.as_os_str().is_empty() {
            return path.into();
        }
        match std::path::absolute(path) {
            Ok(p) => p.strip_prefix(&self.root).map_or_else(|_| path.into(), |r| r.to_owned().into()),
            Err(_) => path.into(),
        }
    }

    /// Whether a file is left out.
    pub fn excludes(&self, path: &Path) -> bool {
        !self.exclude.is_empty() && {
            let relative = self.relative(path);
            self.exclude.iter().any(|g| g.is_match(relative.as_ref()))
        }
    }

    /// How bad a lint is in general; nothing when it is off.
    fn level(&self, lint: &'static Lint) -> Option<Severity> {
        let chosen = if self.select.is_empty() { lint.default } else { self.select.iter().any(|w| means(lint, w)) };
        if !chosen && !self.extend_select.iter().any(|w| means(lint, w)) || self.ignore.iter().any(|w| lint.matches_selector(w)) {
            return None;
        }
        Some(self.levels.iter().find(|(w, _)| lint.matches_selector(w)).map_or(lint.severity, |(_, s)| *s))
    }

    /// The lints that run in a file, with how bad each is there.
    pub(super) fn lints_for(&self, path: &Path) -> Vec<(&'static Entry, Severity)> {
        let relative = if self.paths.is_empty() { None } else { Some(self.relative(path)) };
        let settings: Vec<&PathSettings> =
            self.paths.iter().filter(|p| relative.as_ref().is_some_and(|r| p.glob.is_match(r.as_ref()))).collect();
        let mut out = Vec::with_capacity(registry::entries().len());
        for entry in registry::entries() {
            let lint = entry.lint;
            let mut level = self.level(lint);
            for s in &settings {
                if s.select.iter().any(|w| means(lint, w)) {
                    level = level.or(Some(lint.severity));
                }
                if s.ignore.iter().any(|w| lint.matches_selector(w)) {
                    level = None;
                }
                if let (Some(l), Some((_, s))) = (&mut level, s.levels.iter().find(|(w, _)| lint.matches_selector(w))) {
                    *l = *s;
                }
            }
            if let Some(l) = level.filter(|l| *l >= self.severity) {
                out.push((entry, l));
            }
        }
        out
    }

    /// Whether files differ in what is looked for in them.
    pub(super) fn is_uniform(&self) -> bool {
        self.paths.is_empty()
    }
}

/// Whether a word of a selection chooses a lint. One that does not run by default must be named.
fn means(lint: &Lint, word: &str) -> bool {
    if lint.default { lint.matches_selector(word) } else { lint.is_named(word) }
}
