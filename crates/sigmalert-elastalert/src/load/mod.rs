//! Loading of rule files as ElastAlert does: environment variables, imports and the global configuration.

pub mod environment;

use sigmalert_sigma::yaml::{self, Dialect, Limits, Pos, Value};
use sigmalert_support::read::{read_file, reason};
use std::path::{Path, PathBuf};

/// The largest rule file.
const MAX_BYTES: usize = 16 << 20;
/// The most files that one rule may consist of.
const MAX_IMPORTS: usize = 256;

/// The environment in which a rule is loaded.
pub struct Context<'c> {
    /// Looks up environment variables.
    pub environment: &'c (dyn Fn(&str) -> Option<String> + Sync),
    /// The folder that imports must stay in. `None` allows any.
    pub root: Option<&'c Path>,
    /// The global configuration (`config.yaml`), whose keys are defaults of every rule.
    pub config: &'c [(String, Value)],
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the environment nor the configuration: both contain secrets.
        f.debug_struct("Context").field("root", &self.root).finish_non_exhaustive()
    }
}

/// Returns a variable of the process.
pub fn process_environment(name: &str) -> Option<String> {
    // The token of `serve` must not reach a rule.
    std::env::var(name).ok().filter(|_| name != "SIGMALERT_TOKEN")
}

/// An error while loading a rule file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{}: {message}", .file.display(), if .pos.is_known() { ":" } else { "" }, if .pos.is_known() { .pos.to_string() } else { String::new() })]
pub struct LoadError {
    /// The file with the error: the rule's own, or one that it imports.
    pub file: PathBuf,
    /// The position in the file.
    pub pos: Pos,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
}

/// One option of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name.
    pub key: String,
    /// Its value, with environment variables expanded.
    pub value: Value,
    /// Its file, as an index into [`Loaded::files`].
    pub file: usize,
    /// The position of its name in the file.
    pub pos: Pos,
}

/// A rule file with its imports.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The rule's own file, then those it imports.
    pub files: Vec<PathBuf>,
    /// The options: the rule's own in their order, then those that imports add.
    pub entries: Vec<Entry>,
    /// Options of imports that the rule or another import overrides.
    pub shadowed: Vec<Entry>,
    /// The global configuration.
    pub config: Vec<(String, Value)>,
    /// The text of the rule's own file, before environment variables are expanded.
    pub source: String,
}

impl Loaded {
    /// Returns the rule's own file.
    pub fn file(&self) -> &Path {
        &self.files[0]
    }

    /// Returns an option of the rule or its imports.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key == key)
    }

    /// Returns the value of an option from the rule, or else from the configuration.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|e| &e.value).or_else(|| self.config.iter().find(|(k, _)| k == key).map(|(_, v)| v))
    }

    /// Returns the value of an option that is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    /// Returns the name: the option `name`, or the path without its extension.
    pub fn name(&self) -> String {
        match self.text("name") {
            Some(n) => n.to_owned(),
            None => self.file().with_extension("").display().to_string(),
        }
    }

    /// Returns the alerters under `alert` with the options that each overrides.
    pub fn alerters(&self) -> Vec<(&str, &[(String, Value)])> {
        // ElastAlert applies the schema before the configuration, so `alert` of the configuration does not count.
        match self.entry("alert").map(|e| &e.value) {
            Some(Value::List(items)) => items.iter().filter_map(alerter).collect(),
            Some(v) => alerter(v).into_iter().collect(),
            None => Vec::new(),
        }
    }
}

/// An alerter: its name, or a mapping from its name to options.
fn alerter(v: &Value) -> Option<(&str, &[(String, Value)])> {
    match v {
        Value::Map(m) => m.first().map(|(name, over)| match over {
            Value::Map(o) => (name.as_str(), o.as_slice()),
            _ => (name.as_str(), &[][..]),
        }),
        v => v.as_str().map(|name| (name, &[][..])),
    }
}

/// An import that is still to be loaded.
struct Import {
    at: PathBuf,
    /// The files that led to it.
    above: Vec<PathBuf>,
    /// The file and position of the import.
    from: Option<(PathBuf, Pos)>,
}

/// The options of one file with their positions.
struct FileOptions {
    entries: Vec<(String, Pos, Value)>,
}

/// Loads a rule file and its imports.
///
/// # Errors
/// If a file cannot be read or is not a mapping, or imports are cyclic or leave the folder.
pub fn load(path: &Path, context: &Context<'_>) -> Result<Loaded, LoadError> {
    load_text(path, &read(path)?, context)
}

/// Loads a rule from a text as if it were the file `path`.
///
/// # Errors
/// As [`load`].
pub fn load_text(path: &Path, text: &str, context: &Context<'_>) -> Result<Loaded, LoadError> {
    let mut loaded = Loaded { files: vec![], entries: vec![], shadowed: vec![], config: context.config.to_vec(), source: text.to_owned() };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    // The last import is loaded first, so that it takes precedence.
    let mut stack = vec![Import { at: path.to_owned(), above: vec![], from: None }];
    let mut own = Some(text.to_owned());
    while let Some(Import { at, mut above, from }) = stack.pop() {
        let fail = |message: String, help: &str| {
            let (file, pos) = from.clone().unwrap_or_else(|| (at.clone(), Pos::default()));
            Err(LoadError { file, pos, message, help: Some(help.to_owned()) })
        };
        if above.contains(&at) {
            return fail(format!("imports are cyclic: they lead back to {}", at.display()), "remove one of the imports");
        }
        if loaded.files.len() >= MAX_IMPORTS {
            return fail(format!("more than {MAX_IMPORTS} files are imported"), "put shared options into one file");
        }
        let text = match own.take() {
            Some(t) => t,
            None => match inside(&at, context.root).and_then(|()| read(&at).map_err(|e| e.message)) {
                Ok(t) => t,
                Err(m) => {
                    return fail(format!("imports {}, which {m}", at.display()), "ElastAlert resolves imports relative to the rule file");
                }
            },
        };
        let options = parse(&at, &text, context)?;
        let file = loaded.files.len();
        loaded.files.push(at.clone());
        above.push(at.clone());
        for (key, pos, value) in options.entries {
            if key == "import" {
                let paths: Vec<&str> = match &value {
                    Value::List(items) => items.iter().filter_map(Value::as_str).collect(),
                    v => v.as_str().into_iter().collect(),
                };
                stack.extend(paths.into_iter().map(|p| Import { at: folder.join(p), above: above.clone(), from: Some((at.clone(), pos)) }));
            }
            match loaded.entries.iter_mut().find(|e| e.key == key) {
                None => loaded.entries.push(Entry { key, value, file, pos }),
                // Filters are concatenated; other options of the rule take precedence over imports.
                Some(e) if key == "filter" => {
                    if let (Value::List(own), Value::List(mut imported)) = (&mut e.value, value) {
                        imported.append(own);
                        *own = imported;
                    }
                }
                Some(_) => loaded.shadowed.push(Entry { key, value, file, pos }),
            }
        }
    }
    Ok(loaded)
}

/// Loads the global configuration.
///
/// # Errors
/// If it cannot be read or is not a mapping.
pub fn load_config(path: &Path, environment: &(dyn Fn(&str) -> Option<String> + Sync)) -> Result<Vec<(String, Value)>, LoadError> {
    let context = Context { environment, root: None, config: &[] };
    let options = parse(path, &read(path)?, &context)?;
    Ok(options.entries.into_iter().map(|(k, _, v)| (k, v)).collect())
}

/// Checks that a file is in the folder, with links resolved.
fn inside(path: &Path, root: Option<&Path>) -> Result<(), String> {
    let Some(root) = root else { return Ok(()) };
    let real = |p: &Path| p.canonicalize().map_err(|e| format!("cannot be read: {}", reason(&e)));
    if real(path)?.starts_with(real(root)?) { Ok(()) } else { Err(format!("lies outside of {}", root.display())) }
}

fn read(path: &Path) -> Result<String, LoadError> {
    read_file(path, MAX_BYTES).map_err(|message| LoadError { file: path.to_owned(), pos: Pos::default(), message, help: None })
}

fn parse(path: &Path, text: &str, context: &Context<'_>) -> Result<FileOptions, LoadError> {
    let fail = |pos: Pos, message: String, help: Option<String>| LoadError { file: path.to_owned(), pos, message, help };
    let limits = Limits::default();
    let expanded = environment::expand(text, context.environment);
    let documents = yaml::parse_as(&expanded, &limits, Dialect::Yaml11).map_err(|e| fail(e.pos, e.message, e.help))?;
    let [document] = documents.as_slice() else {
        let message = if documents.is_empty() { "is empty" } else { "holds several documents" };
        return Err(fail(Pos::default(), message.into(), Some("a rule file is one mapping of options".into())));
    };
    let Some(entries) = document.as_map() else {
        return Err(fail(document.pos, format!("holds {}, not a mapping of options", document.describe()), None));
    };
    // Expanded variables may have moved lines: positions are those of the file on disk.
    let raw = if matches!(expanded, std::borrow::Cow::Owned(_)) { yaml::parse_as(text, &limits, Dialect::Yaml11).ok() } else { None };
    let place = |key: &str, pos: Pos| match raw.as_deref() {
        Some([document]) => document.as_map().and_then(|m| m.iter().find(|(k, _)| k.text == key)).map_or(pos, |(k, _)| k.pos),
        _ => pos,
    };
    let entries = entries.iter().map(|(k, v)| (k.text.to_string(), place(&k.text, k.pos), v.to_value())).collect();
    Ok(FileOptions { entries })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    fn context<'c>(root: &'c Path, config: &'c [(String, Value)]) -> Context<'c> {
        Context { environment: &|name| (name == "SECRET").then(|| "s3cret\n second".to_owned()), root: Some(root), config }
    }

    #[test]
    fn imports_as_elastalert_follows_them() {
        let dir = folder(&[
            ("a/rule.yaml", "name: own\nimport: [one.yaml, two.yaml]\nfilter: [{own: 1}]\nx: own\n"),
            ("a/one.yaml", "x: one\ny: one\nz: one\nfilter: [{one: 1}]\n"),
            // Relative to the rule, not to the file that imports it.
            ("a/two.yaml", "y: two\nimport: three.yaml\nfilter: [{two: 1}]\n"),
            ("a/three.yaml", "y: three\nw: three\n"),
        ]);
        let config = [("name".to_owned(), Value::from("config")), ("owner".to_owned(), Value::from("us"))];
        let rule = load(&dir.path().join("a/rule.yaml"), &context(dir.path(), &config)).unwrap();
        let of = |key: &str| rule.text(key).unwrap().to_owned();
        assert_eq!([of("name"), of("x"), of("y"), of("z"), of("w"), of("owner")], ["own", "own", "two", "one", "three", "us"]);
        let filter = serde_json::Value::from(rule.get("filter").unwrap().clone());
        assert_eq!(filter, serde_json::json!([{"one": 1}, {"two": 1}, {"own": 1}]));
        assert_eq!(rule.files.len(), 4);
    }

    #[test]
    fn mistakes_name_the_file_that_imports() {
        let dir = folder(&[
            ("in/circle.yaml", "import: circle2.yaml\n"),
            ("in/circle2.yaml", "# first\nimport: circle.yaml\n"),
            ("in/out.yaml", "import: ../secret.yaml\n"),
            ("secret.yaml", "a: 1\n"),
            ("in/missing.yaml", "import: nowhere.yaml\n"),
            ("in/list.yaml", "- a\n"),
            ("in/two.yaml", "a: 1\n---\nb: 1\n"),
            ("in/empty.yaml", "# nothing\n"),
        ]);
        let root = dir.path().join("in");
        let fails = |name: &str| {
            let e = load(&root.join(name), &context(&root, &[])).unwrap_err();
            e.to_string().replace(&dir.path().display().to_string(), "")
        };
        assert_eq!(fails("circle.yaml"), "/in/circle2.yaml:2:1: imports are cyclic: they lead back to /in/circle.yaml");
        assert_eq!(fails("out.yaml"), "/in/out.yaml:1:1: imports /in/../secret.yaml, which lies outside of /in");
        assert!(fails("missing.yaml").contains("which cannot be read: "), "{}", fails("missing.yaml"));
        assert_eq!(fails("list.yaml"), "/in/list.yaml:1:1: holds a list, not a mapping of options");
        assert_eq!(fails("two.yaml"), "/in/two.yaml: holds several documents");
        assert_eq!(fails("empty.yaml"), "/in/empty.yaml: is empty");
    }

    #[test]
    fn the_environment_moves_no_place() {
        let dir = folder(&[("r.yaml", "a: \"${SECRET}\"\nis_enabled: no\n")]);
        let rule = load(&dir.path().join("r.yaml"), &context(dir.path(), &[])).unwrap();
        assert_eq!(rule.text("a"), Some("s3cret second"));
        assert_eq!(rule.entry("is_enabled").map(|e| (e.pos.line, &e.value)), Some((2, &Value::Bool(false))));
    }
}
