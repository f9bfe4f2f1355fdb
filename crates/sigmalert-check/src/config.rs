//! `.sigmalert.toml`: which lints run on which files, and their severities.

use super::attack::Attack;
use super::entry::Entry;
use super::lint::{Lint, Severity};
use super::registry;
use super::vocabulary::Vocabulary;
use globset::{Glob, GlobMatcher};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name of the configuration file.
pub const CONFIG_NAME: &str = ".sigmalert.toml";

/// Which lints run on which files.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of the configuration file, which globs are relative to.
    pub root: PathBuf,
    /// Lints that run: codes, prefixes of codes, or names. Empty for the default lints.
    pub select: Vec<String>,
    /// Lints that run in addition.
    pub extend_select: Vec<String>,
    /// Lints that do not run.
    pub ignore: Vec<String>,
    /// The lowest severity that is reported.
    pub severity: Severity,
    /// The number of warnings that are allowed; `None` for any number.
    pub max_warnings: Option<usize>,
    /// The field mapping that rules are converted with, to report what conversion would lose.
    pub mapping: Option<String>,
    /// The baseline file.
    pub baseline: Option<PathBuf>,
    /// Tags, keys and the ATT&CK release that lints accept.
    pub vocabulary: Vocabulary,
    /// Severities that override those of lints, the most specific first.
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

/// An invalid configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", .path.as_ref().map(|p| format!("{}: ", p.display())).unwrap_or_default())]
pub struct ConfigError {
    /// The file, if the configuration was read from one.
    pub path: Option<PathBuf>,
    /// What is wrong.
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

/// Parses a severity.
fn severity(word: &str) -> Result<Severity, String> {
    Severity::ALL
        .iter()
        .find(|(n, _)| *n == word)
        .map(|(_, s)| *s)
        .ok_or_else(|| format!("`{word}` is not a severity: use info, warning or error"))
}

/// Parses a glob. One without a slash matches at any depth.
fn glob(text: &str) -> Result<GlobMatcher, String> {
    let text = text.trim_start_matches("./");
    let deep = if text.contains('/') { text.to_owned() } else { format!("**/{text}") };
    let deep = if deep.ends_with('/') { format!("{deep}**") } else { deep };
    Glob::new(&deep).map(|g| g.compile_matcher()).map_err(|e| format!("`{text}` is not a valid glob: {}", e.kind()))
}

/// Rejects words that select no lint.
fn check_selectors(words: &[String]) -> Result<(), String> {
    for w in words {
        if !registry::all().iter().any(|l| l.matches_selector(w)) {
            let near = super::taxonomy::nearest(w, registry::all().iter().flat_map(|l| [l.code, l.name]));
            let hint = near.map_or_else(|| "`sigmalert check --list` shows all lints".to_owned(), |n| format!("did you mean `{n}`?"));
            return Err(format!("`{w}` is not a lint; {hint}"));
        }
    }
    Ok(())
}

fn levels(raw: &BTreeMap<String, String>) -> Result<Vec<(String, Severity)>, String> {
    check_selectors(&raw.keys().cloned().collect::<Vec<_>>())?;
    let mut out: Vec<(String, Severity)> = raw.iter().map(|(k, v)| Ok((k.clone(), severity(v)?))).collect::<Result<_, String>>()?;
    // A code takes precedence over a prefix.
    out.sort_by_key(|(k, _)| std::cmp::Reverse(k.len()));
    Ok(out)
}

impl ConfigError {
    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        "config"
    }
}

impl Config {
    /// Finds the nearest configuration file at or above a folder.
    pub fn discover(from: &Path) -> Option<PathBuf> {
        let from = std::path::absolute(from).ok()?;
        from.ancestors().map(|f| f.join(CONFIG_NAME)).find(|p| p.is_file())
    }

    /// Loads the nearest configuration file at or above a folder; the default configuration if there is none.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn nearest(folder: &Path) -> Result<Self, ConfigError> {
        Self::discover(folder).map_or_else(|| Ok(Self::default()), |p| Self::load(&p))
    }

    /// Loads a configuration file.
    ///
    /// # Errors
    /// When it cannot be read, is not valid TOML, or has an unknown key, lint or severity.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let fail = |message: String| ConfigError { path: Some(path.to_owned()), message };
        let text = sigmalert_support::read::read_file(path, 1 << 20).map_err(fail)?;
        let root = std::path::absolute(path).ok().and_then(|p| p.parent().map(Path::to_owned)).unwrap_or_default();
        Self::from_text(&text, &root).map_err(|e| fail(e.message))
    }

    /// Parses a configuration, with globs and paths relative to a folder.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_text(text: &str, root: &Path) -> Result<Self, ConfigError> {
        Self::parse(text, root).map_err(|message| ConfigError { path: None, message })
    }

    fn parse(text: &str, root: &Path) -> Result<Self, String> {
        let raw: Raw = toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())?;
        let c = raw.check;
        check_selectors(&c.select)?;
        check_selectors(&c.extend_select)?;
        check_selectors(&c.ignore)?;
        let attack = c.attack.map(|p| Self::read_attack(&root.join(p))).transpose().map_err(|e| e.message)?;
        Ok(Self {
            root: root.to_owned(),
            severity: c.severity.as_deref().map_or(Ok(Severity::Warning), severity)?,
            levels: levels(&c.levels)?,
            exclude: c.exclude.iter().map(|e| glob(e)).collect::<Result<_, _>>()?,
            paths: c
                .paths
                .iter()
                .map(|(g, p)| {
                    check_selectors(&p.select)?;
                    check_selectors(&p.ignore)?;
                    Ok(PathSettings { glob: glob(g)?, select: p.select.clone(), ignore: p.ignore.clone(), levels: levels(&p.levels)? })
                })
                .collect::<Result<_, String>>()?,
            select: c.select,
            extend_select: c.extend_select,
            ignore: c.ignore,
            max_warnings: c.max_warnings,
            // A mapping file is relative to the configuration; other names are built-in mappings.
            mapping: c.mapping.map(|m| if root.join(&m).is_file() { root.join(m).to_string_lossy().into_owned() } else { m }),
            baseline: c.baseline.map(|p| root.join(p)),
            vocabulary: Vocabulary { tag_namespaces: c.tag_namespaces, custom_keys: c.custom_keys, attack },
        })
    }

    /// Reads a STIX bundle of ATT&CK.
    ///
    /// # Errors
    /// When it cannot be read, or is not a STIX bundle of ATT&CK.
    pub fn read_attack(path: &Path) -> Result<Attack, ConfigError> {
        let fail = |m: &dyn std::fmt::Display| ConfigError { path: None, message: format!("{} {m}", path.display()) };
        let text = sigmalert_support::read::read_file(path, 256 << 20).map_err(|m| fail(&m))?;
        Attack::from_stix(&text).map_err(|e| fail(&e))
    }

    /// Applies selections, which take precedence over those of the file.
    ///
    /// # Errors
    /// When a word selects no lint.
    pub fn override_selection(&mut self, select: &[String], extend: &[String], ignore: &[String]) -> Result<(), ConfigError> {
        for words in [select, extend, ignore] {
            check_selectors(words).map_err(|message| ConfigError { path: None, message })?;
        }
        if !select.is_empty() {
            self.select = select.to_vec();
        }
        self.extend_select.extend_from_slice(extend);
        self.ignore.extend_from_slice(ignore);
        Ok(())
    }

    /// Returns a path relative to the folder of the configuration.
    fn relative<'p>(&self, path: &'p Path) -> std::borrow::Cow<'p, Path> {
        if self.root.as_os_str().is_empty() {
            return path.into();
        }
        match std::path::absolute(path) {
            Ok(p) => p.strip_prefix(&self.root).map_or_else(|_| path.into(), |r| r.to_owned().into()),
            Err(_) => path.into(),
        }
    }

    /// Whether a file is excluded.
    pub fn excludes(&self, path: &Path) -> bool {
        !self.exclude.is_empty() && {
            let relative = self.relative(path);
            self.exclude.iter().any(|g| g.is_match(relative.as_ref()))
        }
    }

    /// Returns the severity of a lint, regardless of paths; `None` if it is disabled.
    fn level(&self, lint: &'static Lint) -> Option<Severity> {
        let chosen = if self.select.is_empty() { lint.default } else { self.select.iter().any(|w| selects(lint, w)) };
        if !chosen && !self.extend_select.iter().any(|w| selects(lint, w)) || self.ignore.iter().any(|w| lint.matches_selector(w)) {
            return None;
        }
        Some(self.levels.iter().find(|(w, _)| lint.matches_selector(w)).map_or(lint.severity, |(_, s)| *s))
    }

    /// Returns the lints that run on a file, with their severities.
    pub(super) fn lints_for(&self, path: &Path) -> Vec<(&'static Entry, Severity)> {
        let relative = if self.paths.is_empty() { None } else { Some(self.relative(path)) };
        let settings: Vec<&PathSettings> =
            self.paths.iter().filter(|p| relative.as_ref().is_some_and(|r| p.glob.is_match(r.as_ref()))).collect();
        let mut out = Vec::with_capacity(registry::entries().len());
        for entry in registry::entries() {
            let lint = entry.lint;
            let mut level = self.level(lint);
            for s in &settings {
                if s.select.iter().any(|w| selects(lint, w)) {
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

    /// Whether the same lints run on all files.
    pub(super) fn is_uniform(&self) -> bool {
        self.paths.is_empty()
    }
}

/// Whether a selector selects a lint. One that is off by default must be named in full.
fn selects(lint: &Lint, word: &str) -> bool {
    if lint.default { lint.matches_selector(word) } else { lint.is_named(word) }
}
