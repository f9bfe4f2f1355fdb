//! Upgrade of old rule files: renamed options and alerters, values and filters that are rejected, missing options.
//!
//! Only changed options are rewritten. Everything else keeps its text, including comments and environment variables.

mod alerts;
mod names;
mod values;

pub use alerts::{has_old_template, is_cut, modern_filter};
pub use names::{Gone, alerter_now, gone, gone_alerter};
pub use values::{Mended, mended};

use super::Document;
use super::load::environment::has_variable;
use super::options;
use crate::audience::Audience;
use sigmalert_sigma::yaml::Value;

/// The options of a file during an upgrade.
pub(super) struct Edit {
    entries: Vec<(String, Value)>,
    /// A description of each change.
    changes: Vec<String>,
}

impl Edit {
    fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    /// Sets a value, and records the change if the value differs.
    fn set(&mut self, key: &str, value: Value, change: impl Into<String>) {
        match self.entries.iter_mut().find(|(k, _)| k == key) {
            Some((_, v)) if *v == value => return,
            Some((_, v)) => *v = value,
            None => self.entries.push((key.to_owned(), value)),
        }
        self.changes.push(change.into());
    }

    fn remove(&mut self, key: &str, change: impl Into<String>) {
        let before = self.entries.len();
        self.entries.retain(|(k, _)| k != key);
        if self.entries.len() < before {
            self.changes.push(change.into());
        }
    }

    /// Renames an option, or removes it if the new name exists.
    fn rename(&mut self, from: &str, to: &str) {
        if self.get(to).is_some() {
            self.remove(from, format!("`{from}` is gone: `{to}` says it"));
        } else if let Some((k, _)) = self.entries.iter_mut().find(|(k, _)| k == from) {
            to.clone_into(k);
            self.changes.push(format!("`{from}` is `{to}` by now"));
        }
    }
}

/// An upgraded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgraded {
    /// The new text.
    pub text: String,
    /// A description of each change. Empty if nothing was changed.
    pub changes: Vec<String>,
}

/// Upgrades a rule file. `stem` is its file name without extension, which names a rule without a name.
///
/// # Errors
/// If the file cannot be edited.
pub fn upgrade(text: &str, stem: &str, audience: Audience) -> Result<Upgraded, String> {
    let document = Document::parse(text)?;
    let mut edit = Edit { entries: document.options(), changes: Vec::new() };
    names::apply(&mut edit);
    values::apply(&mut edit);
    alerts::apply(&mut edit, audience);
    if audience.praeco {
        values::for_praeco(&mut edit, stem);
    }
    if edit.changes.is_empty() {
        return Ok(Upgraded { text: text.to_owned(), changes: Vec::new() });
    }
    // Environment variables must still be expanded.
    let entries: Vec<(String, Value)> = edit.entries.into_iter().map(|(k, v)| (k, with_variables(v))).collect();
    let text = document.with_options(&entries);
    // The result must parse to the intended options.
    let again = Document::parse(&text).map_err(|e| format!("cannot be edited: {e}"))?.options();
    let plain = |entries: &[(String, Value)]| -> Vec<(String, serde_json::Value)> {
        let mut out: Vec<_> = entries.iter().map(|(k, v)| (k.clone(), serde_json::Value::from(v.clone()))).collect();
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out
    };
    if plain(&again) != plain(&entries) {
        return Err("cannot be edited option by option; write each option on separate lines".into());
    }
    Ok(Upgraded { text, changes: edit.changes })
}

fn with_variables(value: Value) -> Value {
    match value {
        Value::Str(s) if has_variable(&s) => Value::Environment(s),
        Value::List(items) => Value::List(items.into_iter().map(with_variables).collect()),
        Value::Map(entries) => Value::Map(entries.into_iter().map(|(k, v)| (k, with_variables(v))).collect()),
        other => other,
    }
}

/// The specification of an option in a rule of this type.
fn spec_of(key: &str, kind: &str) -> Option<&'static options::Spec> {
    let of_type = options::named(key).find(|s| matches!(s.scope, options::Scope::Type(t) if t == kind));
    of_type.or_else(|| options::named(key).next())
}
