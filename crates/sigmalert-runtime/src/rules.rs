//! The rule files of a run: found, loaded, and watched for changes.

use super::alerters;
use super::config::Config;
use super::engine::{Engine, Shared};
use super::enhance;
use super::rule::RunRule;
use jiff::Timestamp;
use sigmalert_elastalert::Audience;
use sigmalert_elastalert::lint::{Severity, lint};
use sigmalert_elastalert::load::{Context, Loaded as RuleFile, load};
use sigmalert_support::walk;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A file that is no rule that can run, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// The rule, as far as that is known.
    pub rule: String,
    /// What is wrong.
    pub message: String,
}

impl Broken {
    fn new(file: &Path, rule: Option<String>, message: String) -> Self {
        let stem = || file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        Self { file: file.to_owned(), rule: rule.unwrap_or_else(stem), message }
    }
}

/// A rule that runs, though `lint-rules` finds errors in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    pub file: PathBuf,
    pub rule: String,
    pub message: String,
}

/// How a file looked when it was read last: it is read again when that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileStamp {
    files: Vec<(PathBuf, Option<SystemTime>, u64)>,
}

/// What is known of a rule that runs, without running it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub name: String,
    pub run_every: Duration,
    pub realert_key: String,
    digest: String,
}

/// What became of a file.
#[derive(Debug)]
enum FileOutcome {
    Rule(Standing),
    /// `is_enabled: false`, or a file that rules import.
    Off,
    Broken,
}

/// A file, as it was read last.
#[derive(Debug)]
struct Entry {
    look: FileStamp,
    known: FileOutcome,
    /// Why its text cannot be run: the rule that was there before goes on.
    broken: Option<Broken>,
    /// Its name is another file's: it is read again until that file is gone.
    clash: bool,
    doubts: Vec<Doubt>,
}

/// What changed in the files since they were looked at last.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Rules that are new, or were changed.
    pub rules: Vec<(Arc<RunRule>, Engine)>,
    /// Names of rules whose file is gone.
    pub gone: Vec<String>,
    /// Names of rules that were switched off.
    pub off: Vec<String>,
    pub broken: Vec<Broken>,
    /// What `lint-rules` finds in what is new or changed.
    pub doubts: Vec<Doubt>,
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
    known: BTreeMap<PathBuf, Entry>,
    reloads: BTreeMap<PathBuf, Reload>,
    /// What of the folders could not be read.
    unreadable: usize,
    success: Option<Timestamp>,
}

/// How many rules are named one by one in the log.
pub(crate) const NAMED: usize = 10;

/// What `lint-rules` would say of rules that run anyway.
pub(crate) fn tell_doubts(doubts: &[Doubt]) {
    for d in doubts.iter().take(NAMED) {
        tracing::warn!(rule = d.rule, file = %d.file.display(), "the rule runs, though lint-rules finds an error in it: {}", d.message);
    }
    if doubts.len() > NAMED {
        tracing::warn!("{} more errors in rules that run: see `sigmalert lint-rules`", doubts.len() - NAMED);
    }
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
        Loaded { rules: self.rules().count(), broken: self.broken_count(), files: self.reloads.clone(), success: self.success }
    }

    fn broken_count(&self) -> usize {
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

    /// The rules that run.
    pub fn rules(&self) -> impl Iterator<Item = &Standing> {
        self.known.values().filter_map(|e| if let FileOutcome::Rule(s) = &e.known { Some(s) } else { None })
    }

    /// The files that cannot be run as they stand.
    pub fn broken(&self) -> impl Iterator<Item = &Broken> {
        self.known.values().filter_map(|e| e.broken.as_ref())
    }

    /// The rules that run though `lint-rules` finds errors in them.
    pub fn doubts(&self) -> impl Iterator<Item = &Doubt> {
        self.known.values().flat_map(|e| &e.doubts)
    }

    fn find(&self, config: &Config, broken: &mut Vec<Broken>) -> Vec<PathBuf> {
        let deep = config.options.flag("scan_subdirectories", true);
        let mut out = Vec::new();
        for path in &self.paths {
            if path.is_file() {
                out.push(path.clone());
                continue;
            }
            let files: Vec<_> =
                if deep { walk::files(path, |_| true).collect() } else { walk::files_directly_in(path, |_| true).collect() };
            for file in files {
                match file {
                    // Kubernetes keeps old versions in folders whose names start with two dots.
                    Ok(f) if f.components().any(|c| c.as_os_str().to_string_lossy().starts_with("..") && c.as_os_str() != "..") => {}
                    Ok(f) if is_rule(&f) => out.push(f),
                    Ok(_) => {}
                    Err(e) => broken.push(Broken::new(&e.path, None, e.message())),
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
        let broken = self.broken_count();
        let found = self.find(config, &mut out.broken);
        self.unreadable = out.broken.len();
        let mut changed = self.success.is_none();
        let there: HashSet<&PathBuf> = found.iter().collect();
        let gone: Vec<PathBuf> = self.known.keys().filter(|f| !there.contains(f)).cloned().collect();
        for file in gone {
            changed = true;
            self.reloads.remove(&file);
            if let Some(Entry { known: FileOutcome::Rule(s), .. }) = self.known.remove(&file) {
                out.gone.push(s.name);
            }
        }
        let mut names: HashMap<String, PathBuf> = HashMap::new();
        for (file, entry) in &self.known {
            if let FileOutcome::Rule(s) = &entry.known {
                names.insert(s.name.clone(), file.clone());
            }
        }
        let mut looks = Looks::default();
        for file in found {
            let old = self.known.get(&file);
            if old.is_some_and(|e| !e.clash && looks.same(&e.look)) {
                continue;
            }
            let before = match old {
                Some(Entry { known: FileOutcome::Rule(s), .. }) => Some(s.clone()),
                _ => None,
            };
            let told = old.and_then(|e| e.broken.clone());
            let taken = |name: &str| names.get(name).filter(|f| **f != file).cloned();
            let read = read(&file, self.root(&file), config, shared, &taken);
            changed = true;
            self.ended(&file, read.result.is_ok());
            let mut entry =
                Entry { look: looks.of(&read.files), known: FileOutcome::Off, broken: None, clash: read.clash, doubts: read.doubts };
            match read.result {
                Ok(Ready::Runs(rule, engine)) => {
                    let standing = Standing {
                        name: rule.rule.name.clone(),
                        run_every: rule.run_every,
                        realert_key: rule.rule.realert_key.clone(),
                        digest: rule.digest.clone(),
                    };
                    // The same text, written anew.
                    if before.as_ref() != Some(&standing) {
                        if let Some(old) = before.filter(|old| old.name != standing.name) {
                            out.gone.push(old.name);
                        }
                        out.rules.push((rule, *engine));
                        out.doubts.extend(entry.doubts.iter().cloned());
                    }
                    names.insert(standing.name.clone(), file.clone());
                    entry.known = FileOutcome::Rule(standing);
                }
                Ok(Ready::Off) => {
                    entry.doubts.clear();
                    out.off.extend(before.map(|b| b.name));
                }
                Err(message) => {
                    entry.doubts.clear();
                    let broken = Broken::new(&file, read.name, message);
                    if told.as_ref() != Some(&broken) || !entry.clash {
                        out.broken.push(broken.clone());
                    }
                    entry.broken = Some(broken);
                    // The rule that was there goes on until the file is right again.
                    entry.known = before.map_or(FileOutcome::Broken, FileOutcome::Rule);
                }
            }
            self.known.insert(file, entry);
        }
        if self.broken_count() == 0 && (changed || broken > 0) {
            self.success = Some(Timestamp::now());
        }
        // A name that moved to another file is not gone.
        let now: HashSet<String> = out.rules.iter().map(|(r, _)| r.rule.name.clone()).collect();
        out.gone.retain(|g| !now.contains(g));
        out.off.retain(|g| !now.contains(g));
        out
    }
}

/// How files look now; each is looked at once, however many rules import it.
#[derive(Default)]
struct Looks(HashMap<PathBuf, (Option<SystemTime>, u64)>);

impl Looks {
    fn at(&mut self, file: &Path) -> (Option<SystemTime>, u64) {
        if let Some(seen) = self.0.get(file) {
            return *seen;
        }
        let data = std::fs::metadata(file).ok();
        let now = (data.as_ref().and_then(|d| d.modified().ok()), data.map_or(0, |d| d.len()));
        self.0.insert(file.to_owned(), now);
        now
    }

    fn of(&mut self, files: &[PathBuf]) -> FileStamp {
        let of = |f: &PathBuf| {
            let (changed, size) = self.at(f);
            (f.clone(), changed, size)
        };
        FileStamp { files: files.iter().map(of).collect() }
    }

    fn same(&mut self, look: &FileStamp) -> bool {
        look.files.iter().all(|(file, changed, size)| self.at(file) == (*changed, *size))
    }
}

enum Ready {
    Runs(Arc<RunRule>, Box<Engine>),
    Off,
}

struct Read {
    /// The file, and what it imports.
    files: Vec<PathBuf>,
    name: Option<String>,
    clash: bool,
    doubts: Vec<Doubt>,
    result: Result<Ready, String>,
}

fn read(file: &Path, root: Option<&Path>, config: &Config, shared: &Shared, taken: &dyn Fn(&str) -> Option<PathBuf>) -> Read {
    let environment = config.guard.environment();
    let context = Context { environment: &environment, root, config: &config.entries };
    let loaded = match load(file, &context) {
        Ok(l) => l,
        Err(e) => {
            let message = if e.file == file {
                format!("{}{}", if e.pos.is_known() { format!("{}: ", e.pos) } else { String::new() }, e.message)
            } else {
                e.to_string()
            };
            return Read { files: vec![file.to_owned()], name: written_name(file), clash: false, doubts: Vec::new(), result: Err(message) };
        }
    };
    let mut out = Read { files: loaded.files.clone(), name: None, clash: false, doubts: Vec::new(), result: Ok(Ready::Off) };
    // What only Praeco's rules import is no rule.
    if loaded.entry("type").is_none() && loaded.entry("name").is_none() && loaded.entry("filter").is_none() {
        return out;
    }
    out.name = Some(loaded.name());
    out.result = made(&loaded, config, shared, taken, &mut out.clash);
    if matches!(out.result, Ok(Ready::Runs(..))) {
        let name = loaded.name();
        let audience = Audience { config: true, ..Audience::default() };
        let errors = lint(&loaded, audience).into_iter().filter(|p| p.severity == Severity::Error);
        out.doubts =
            errors.map(|p| Doubt { file: p.file, rule: name.clone(), message: format!("{}: {}: {}", p.pos, p.code, p.message) }).collect();
    }
    out
}

/// A loaded file as a rule that runs. Notes whether its name is another file's.
fn made(
    loaded: &RuleFile,
    config: &Config,
    shared: &Shared,
    taken: &dyn Fn(&str) -> Option<PathBuf>,
    clash: &mut bool,
) -> Result<Ready, String> {
    let rule = RunRule::new(loaded, config)?;
    if !rule.rule.enabled {
        return Ok(Ready::Off);
    }
    if let Some(other) = taken(&rule.rule.name) {
        *clash = true;
        return Err(format!("another file has a rule of the name `{}`: {}", rule.rule.name, other.display()));
    }
    alerters::check(&rule)?;
    enhance::check(&rule)?;
    let rule = Arc::new(rule);
    let engine = Engine::new(Arc::clone(&rule), shared.clone())?;
    Ok(Ready::Runs(rule, Box::new(engine)))
}

/// The name that a file gives its rule, where it cannot be read as YAML.
fn written_name(file: &Path) -> Option<String> {
    let text = sigmalert_support::read::read_file(file, 1 << 20).ok()?;
    let name = text.lines().find_map(|l| l.strip_prefix("name:"))?.trim().trim_matches(['\'', '"']);
    (name.starts_with(char::is_alphanumeric)).then(|| name.chars().take(200).collect())
}
