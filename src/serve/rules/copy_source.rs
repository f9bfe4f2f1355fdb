//! Finds the stored rule that a new one was copied from: Praeco renames, moves and duplicates by creating a rule from its form,
//! without naming the original.
//!
//! The original is the rule that this client read last and that equals the new one in all form fields except name and path.
//! After a restart no reads are known; then it is any such rule, provided that all of them have the same options to preserve.

use crate::serve::auth::role::Actor;
use crate::serve::rules::paths::{BASE_RULE, Id};
use crate::serve::rules::praeco_form;
use crate::serve::rules::preserve::carried;
use crate::serve::rules::rule_file::{self, get, options};
use crate::serve::rules::store::{EntryKind, Store};
use sigmalert_elastalert::{Document, praeco};
use sigmalert_sigma::yaml::{Dialect, Value};
use sigmalert_support::sync::lock;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;

/// How many reads are remembered, of all clients.
const MAX_SEEN: usize = 4_096;
/// What Praeco's form writes into every rule.
const ALWAYS: [&str; 4] = ["import", "is_enabled", "match_enhancements", "use_strftime_index"];

/// Rules recently read by clients, newest first.
#[derive(Debug, Default)]
pub(in crate::serve) struct RecentReads(Mutex<VecDeque<(String, EntryKind, String)>>);

fn client(actor: &Actor) -> String {
    format!("{} {}", actor.user, actor.peer)
}

impl RecentReads {
    /// A client read a rule or a template.
    pub fn note(&self, actor: &Actor, kind: EntryKind, id: &Id) {
        let entry = (client(actor), kind, id.name());
        let mut seen = lock(&self.0);
        seen.retain(|e| *e != entry);
        seen.push_front(entry);
        seen.truncate(MAX_SEEN);
    }

    fn of(&self, actor: &Actor, kind: EntryKind) -> Vec<String> {
        let client = client(actor);
        lock(&self.0).iter().filter(|(c, k, _)| *c == client && *k == kind).map(|(.., id)| id.clone()).collect()
    }
}

/// Whether a text is one that Praeco's form makes, and no rule file from elsewhere.
fn is_of_the_form(sent: &[(String, Value)]) -> bool {
    ALWAYS.iter().all(|k| get(sent, k).is_some()) && sent.iter().all(|(k, _)| praeco::knows(k))
}

/// The rule that a new one was copied from.
pub(in crate::serve) struct Origin {
    /// Its text, with its imports as they are found from the new place.
    pub text: String,
    pub file: PathBuf,
    /// Its text as it is stored.
    pub stored: String,
}

/// Finds the rule that a new one was copied from.
pub(in crate::serve) fn of_new(store: &Store, seen: &RecentReads, kind: EntryKind, id: &Id, sent: &str, actor: &Actor) -> Option<Origin> {
    let new = options(sent).ok().filter(|n| is_of_the_form(n))?;
    let candidate = |name: &str| -> Option<Origin> {
        let from = Id::named(name).ok()?;
        let text = store.read(kind, &from).ok()?.text;
        let old = options(&text).ok()?;
        praeco_form::is_copy(&old, &new).then(|| Origin {
            file: store.locate(kind, &from),
            text: moved(text.clone(), &from, id),
            stored: text,
        })
    };
    if let Some(origin) = seen.of(actor, kind).iter().find_map(|name| candidate(name)) {
        return Some(origin);
    }
    let all = store.all(kind);
    let found: Vec<Origin> = all.iter().filter(|n| !n.ends_with('/') && *n != BASE_RULE).filter_map(|n| candidate(n)).collect();
    let adds = |origin: &Origin| {
        carried(Some(&origin.text), sent).ok().and_then(|t| options(&t).ok()).map(|mut o| {
            o.sort_by(|a, b| a.0.cmp(&b.0));
            o
        })
    };
    let first = adds(found.first()?);
    if found.iter().skip(1).all(|t| adds(t) == first) {
        return found.into_iter().next();
    }
    tracing::warn!(
        rule = rule_file::name_of(sent),
        "{} rules look the same in Praeco's form, so the copied rule is ambiguous; options unknown to the form were not preserved",
        found.len()
    );
    None
}

/// A rule moved to another folder: relative imports still reach the same files.
fn moved(text: String, from: &Id, to: &Id) -> String {
    let folder = |id: &Id| -> Vec<String> {
        let name = id.name();
        name.rsplit_once('/').map(|(f, _)| f.split('/').map(str::to_owned).collect()).unwrap_or_default()
    };
    let (from, to) = (folder(from), folder(to));
    if from == to {
        return text;
    }
    let Ok(document) = Document::parse_as(&text, Dialect::Yaml12) else { return text };
    let mut all = document.options();
    let Some((_, import)) = all.iter_mut().find(|(k, _)| k == "import") else { return text };
    let there = |path: &str| -> Value {
        if path.starts_with('/') || path.contains("://") {
            return path.into();
        }
        // Where it leads, from the root; what lies above the root stays above.
        let mut at = from.clone();
        let mut above = 0;
        for part in path.split('/').filter(|p| !p.is_empty() && *p != ".") {
            match part {
                ".." if at.is_empty() => above += 1,
                ".." => _ = at.pop(),
                name => at.push(name.to_owned()),
            }
        }
        let shared = if above > 0 { 0 } else { at.iter().zip(&to).take_while(|(a, b)| a == b).count() };
        let mut parts = vec![".."; to.len() - shared + above];
        parts.extend(at[shared..].iter().map(String::as_str));
        parts.join("/").as_str().into()
    };
    *import = match &*import {
        Value::List(items) => Value::List(items.iter().map(|i| i.as_str().map_or_else(|| i.clone(), there)).collect()),
        other => other.as_str().map_or_else(|| other.clone(), there),
    };
    document.with_options(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_lead_to_the_same_files_from_another_folder() {
        let of = |import: &str, from: &str, to: &str| {
            let text = moved(format!("name: x\nimport: {import}\n"), &Id::named(from).unwrap(), &Id::named(to).unwrap());
            options(&text).unwrap().into_iter().find(|(k, _)| k == "import").unwrap().1
        };
        assert_eq!(of("../BaseRule.config", "a/x", "x"), "BaseRule.config".into());
        assert_eq!(of("shared.config", "a/x", "a/b/x"), "../shared.config".into());
        assert_eq!(of("../c/s.config", "a/b/x", "a/x"), "c/s.config".into());
        assert_eq!(of("../../out.config", "a/x", "b/c/x"), "../../../out.config".into());
        assert_eq!(of("/etc/s.config", "a/x", "x"), "/etc/s.config".into());
        assert_eq!(of("[s.config, BaseRule.config]", "x", "a/x"), Value::List(vec!["../s.config".into(), "../BaseRule.config".into()]));
    }
}
