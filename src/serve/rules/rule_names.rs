//! Duplicate rule names: ElastAlert does not start with them, and sigmalert runs only the first rule.

use crate::serve::rules::rule_file::{get, options};
use crate::serve::rules::store::MAX_BYTES;
use sigmalert_sigma::yaml::Value;
use sigmalert_support::read::read_file;
use sigmalert_support::sync::lock;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

/// What a file looked like, and the name of the rule in it, unless it is switched off.
type Named = ((Option<SystemTime>, u64), Option<String>);

/// Names by file; a file is read again when it changes.
#[derive(Debug, Default)]
pub(in crate::serve) struct RuleNames(Mutex<HashMap<PathBuf, Named>>);

/// The name that a rule runs under; nothing where it is switched off.
pub(in crate::serve) fn running_name(text: &str) -> Option<String> {
    let options = options(text).ok()?;
    let off = get(&options, "is_enabled") == Some(&Value::Bool(false));
    get(&options, "name").and_then(Value::as_str).filter(|_| !off).map(str::to_owned)
}

impl RuleNames {
    /// The other files whose rule has a name. `files` are all that there are.
    pub fn holders(&self, name: &str, own: &Path, files: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
        let mut known = lock(&self.0);
        let mut now = HashMap::new();
        let mut out = Vec::new();
        for file in files {
            let Ok(data) = file.metadata() else { continue };
            let look = (data.modified().ok(), data.len());
            let entry = match known.remove(&file) {
                Some(entry) if entry.0 == look => entry,
                _ => (look, read_file(&file, MAX_BYTES).ok().as_deref().and_then(running_name)),
            };
            if file != own && entry.1.as_deref() == Some(name) {
                out.push(file.clone());
            }
            now.insert(file, entry);
        }
        *known = now;
        out
    }
}
