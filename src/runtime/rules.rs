//! The rule files of a run: found, loaded, and watched for changes.

use super::alert;
use super::config::Config;
use super::engine::{Engine, Shared};
use super::enhance;
use super::rule::RunRule;
use crate::io::reason;
use crate::rule::load::{Context, load};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use walkdir::WalkDir;

/// A file that is no rule that can run, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// What is wrong.
    pub message: String,
}

/// How a file looked when it was read last: it is read again when that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    files: Vec<(PathBuf, Option<SystemTime>, u64)>,
}

fn look(files: &[PathBuf]) -> Look {
    let of = |f: &PathBuf| {
        let data = std::fs::metadata(f).ok();
        (f.clone(), data.as_ref().and_then(|d| d.modified().ok()), data.map_or(0, |d| d.len()))
    };
    Look { files: files.iter().map(of).collect() }
}

/// What became of a file.
#[derive(Debug)]
enum Known {
    Rule {
        name: String,
        digest: String,
    },
    /// `is_enabled: false`
    Off,
    Broken,
}

/// What changed in the files since they were looked at last.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Rules that are new, or were changed.
    pub rules: Vec<(Arc<RunRule>, Engine)>,
    /// Names of rules that are gone.
    pub gone: Vec<String>,
    pub broken: Vec<Broken>,
}

/// How the last reading of a file ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reload {
    pub good: bool,
    /// When it ended well last.
    pub success: Option<Timestamp>,
}

/// How all files stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loaded {
    /// Rules that run: also those whose file was broken since.
    pub rules: usize,
    /// Files that cannot be run as they are now, and folders that cannot be read.
    pub broken: usize,
    pub files: BTreeMap<PathBuf, Reload>,
    /// When all of them could be run last.
    pub success: Option<Timestamp>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Files {
    paths: Vec<PathBuf>,
    known: BTreeMap<PathBuf, (Look, Known)>,
    reloads: BTreeMap<PathBuf, Reload>,
    /// What of the folders could not be read.
    unreadable: usize,
    success: Option<Timestamp>,
}

/// Whether a file of a folder is a rule: ElastAlert's endings, and ours.
fn is_rule(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "sigmalert")
}

impl Files {
    /// Files, or folders of them.
    pub fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths, known: BTreeMap::new(), reloads: BTreeMap::new(), unreadable: 0, success: None }
    }

    /// How all files stand.
    pub fn loaded(&self) -> Loaded {
        Loaded {
            rules: self.known.values().filter(|(_, k)| matches!(k, Known::Rule { .. })).count(),
            broken: self.broken(),
            files: self.reloads.clone(),
            success: self.success,
        }
    }

    fn broken(&self) -> usize {
        self.unreadable + self.reloads.values().filter(|r| !r.good).count()
    }

    fn ended(&mut self, file: &Path, good: bool) {
        let reload = self.reloads.entry(file.to_owned()).or_insert(Reload { good, success: None });
        reload.good = good;
        if good {
            reload.success = Some(Timestamp::now());
        }
    }

    /// A rule that was read cannot be run after all.
    pub fn failed(&mut self, file: &Path) {
        self.ended(file, false);
    }

    fn find(&self, config: &Config, broken: &mut Vec<Broken>) -> Vec<PathBuf> {
        let deep = config.options.flag("scan_subdirectories", true);
        let mut out = Vec::new();
        for path in &self.paths {
            if path.is_file() {
                out.push(path.clone());
                continue;
            }
            for entry in WalkDir::new(path).follow_links(true).sort_by_file_name().max_depth(if deep { 64 } else { 1 }) {
                match entry {
                    // Kubernetes keeps old versions in folders that begin so.
                    Ok(e) if e.path().components().any(|c| c.as_os_str().to_string_lossy().starts_with("..") && c.as_os_str() != "..") => {}
                    Ok(e) if e.file_type().is_file() && is_rule(e.path()) => out.push(e.into_path()),
                    Ok(_) => {}
                    Err(e) => {
                        let message = e.io_error().map_or_else(|| e.to_string(), reason);
                        broken.push(Broken { file: e.path().unwrap_or(path).to_owned(), message });
                    }
                }
            }
        }
        out.dedup();
        out
    }

    /// The folder that imports of a file may not leave.
    fn root<'f>(&'f self, file: &'f Path) -> Option<&'f Path> {
        self.paths.iter().find(|p| p.is_dir() && file.starts_with(p)).map(PathBuf::as_path)
    }

    /// What changed.
    pub fn changes(&mut self, config: &Config, shared: &Shared) -> Changes {
        let mut out = Changes::default();
        let broken = self.broken();
        let found = self.find(config, &mut out.broken);
        self.unreadable = out.broken.len();
        let mut changed = self.success.is_none();
        let there: HashSet<&PathBuf> = found.iter().collect();
        let gone: Vec<PathBuf> = self.known.keys().filter(|f| !there.contains(f)).cloned().collect();
        for file in gone {
            changed = true;
            self.reloads.remove(&file);
            if let Some((_, Known::Rule { name, .. })) = self.known.remove(&file) {
                out.gone.push(name);
            }
        }
        let mut names: HashMap<String, PathBuf> = HashMap::new();
        for (file, (_, known)) in &self.known {
            if let Known::Rule { name, .. } = known {
                names.insert(name.clone(), file.clone());
            }
        }
        for file in found {
            if let Some((old, _)) = self.known.get(&file)
                && *old == look(&old.files.iter().map(|f| f.0.clone()).collect::<Vec<_>>())
            {
                continue;
            }
            let before = match self.known.get(&file) {
                Some((_, Known::Rule { name, digest })) => Some((name.clone(), digest.clone())),
                _ => None,
            };
            let taken = |name: &str| names.get(name).is_some_and(|f| *f != file);
            let (files, result) = read(&file, self.root(&file), config, shared, &taken);
            changed = true;
            self.ended(&file, result.is_ok());
            let known = match result {
                Ok(Some((rule, engine))) => {
                    let (name, digest) = (rule.rule.name.clone(), rule.digest.clone());
                    // The same text, written anew.
                    if before.as_ref() != Some(&(name.clone(), digest.clone())) {
                        if let Some((old, _)) = before.filter(|(old, _)| *old != name) {
                            out.gone.push(old);
                        }
                        out.rules.push((rule, engine));
                    }
                    names.insert(name.clone(), file.clone());
                    Known::Rule { name, digest }
                }
                Ok(None) => {
                    out.gone.extend(before.map(|b| b.0));
                    Known::Off
                }
                Err(message) => {
                    out.broken.push(Broken { file: file.clone(), message });
                    match before {
                        // The rule that was there goes on until the file is right again.
                        Some((name, digest)) => Known::Rule { name, digest },
                        None => Known::Broken,
                    }
                }
            };
            self.known.insert(file, (look(&files), known));
        }
        if self.broken() == 0 && (changed || broken > 0) {
            self.success = Some(Timestamp::now());
        }
        // A name that moved to another file is not gone.
        let now: HashSet<String> = out.rules.iter().map(|(r, _)| r.rule.name.clone()).collect();
        out.gone.retain(|g| !now.contains(g));
        out
    }
}

type Ready = Option<(Arc<RunRule>, Engine)>;

fn read(
    file: &Path,
    root: Option<&Path>,
    config: &Config,
    shared: &Shared,
    taken: &dyn Fn(&str) -> bool,
) -> (Vec<PathBuf>, Result<Ready, String>) {
    let environment = config.guard.environment();
    let context = Context { environment: &environment, root, config: &config.entries };
    let loaded = match load(file, &context) {
        Ok(l) => l,
        Err(e) => {
            return (
                vec![file.to_owned()],
                Err(if e.file == file {
                    format!("{}{}", if e.pos.is_known() { format!("{}: ", e.pos) } else { String::new() }, e.message)
                } else {
                    e.to_string()
                }),
            );
        }
    };
    let files = loaded.files.clone();
    // What only Praeco's rules import is no rule.
    if loaded.entry("type").is_none() && loaded.entry("name").is_none() && loaded.entry("filter").is_none() {
        return (files, Ok(None));
    }
    let made = || -> Result<Ready, String> {
        let rule = RunRule::new(&loaded, config)?;
        if !rule.rule.enabled {
            return Ok(None);
        }
        if taken(&rule.rule.name) {
            return Err(format!("another file has a rule of the name `{}`", rule.rule.name));
        }
        alert::check(&rule)?;
        enhance::check(&rule)?;
        let rule = Arc::new(rule);
        let engine = Engine::new(Arc::clone(&rule), shared.clone())?;
        Ok(Some((rule, engine)))
    };
    (files, made())
}
