//! Resolves index names on the cluster to indices, aliases and data streams, each of which must be allowed.
//!
//! Searches are sent with the allowed names, so a pattern never reads other indices.

use crate::serve::data::index_allowlist::{IndexAllowlist, IndexPart, Resolved, refused, stream};
use crate::serve::error::ApiError;
use serde_json::Value;
use sigmalert_runtime::{Cluster, ClusterFailure, in_path};
use sigmalert_support::sync::lock;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long an answer of the cluster is cached.
const FRESH: Duration = Duration::from_secs(3);
/// How many answers are kept.
const KEPT: usize = 64;
/// How long a part of a path may be: servers take lines of 4 KiB.
pub(in crate::serve) const MAX_PATH: usize = 3_000;

/// What an index may be read by.
enum IndexEntry<'f> {
    /// A name with the data stream that it belongs to.
    Index(&'f str, Option<&'f str>, bool),
    Alias(&'f str, Vec<&'f str>),
    Stream(&'f str),
}

impl IndexEntry<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Index(name, ..) | Self::Alias(name, _) | Self::Stream(name) => name,
        }
    }

    fn is_allowed(&self, reads: &IndexAllowlist) -> bool {
        match self {
            Self::Index(name, None, hidden) => reads.allows(name) && (!hidden || reads.names(name)),
            Self::Index(_, Some(of), _) => reads.allows(of),
            // An alias named in --index allows its targets; a pattern allows only names that it matches.
            Self::Alias(name, targets) if reads.names(name) => targets.iter().all(|t| !t.starts_with('.') || stream(t).is_some()),
            Self::Alias(name, targets) => reads.allows(name) && targets.iter().all(|t| reads.allows(t)),
            Self::Stream(name) => reads.allows(name),
        }
    }
}

/// Resolves an index, a pattern or a list of them to allowed names.
///
/// # Errors
/// 403 if an index that is named explicitly may not be read.
pub(in crate::serve) fn resolve(cluster: &Cluster, reads: &IndexAllowlist, index: &str) -> Result<Arc<Resolved>, ApiError> {
    let parts = reads.parts(index)?;
    cached(reads, index, || ask(cluster, reads, index, &parts))
}

/// Returns all names that may be read.
pub(in crate::serve) fn list(cluster: &Cluster, reads: &IndexAllowlist) -> Result<Arc<Resolved>, ApiError> {
    let all = reads.all();
    let parts: Vec<IndexPart> = all.split(',').map(|t| IndexPart { text: t.to_owned(), excluded: false }).collect();
    cached(reads, "", || ask(cluster, reads, &all, &parts))
}

fn cached(reads: &IndexAllowlist, key: &str, make: impl FnOnce() -> Result<Resolved, ApiError>) -> Result<Arc<Resolved>, ApiError> {
    if let Some((at, known)) = lock(&reads.cache.0).get(key)
        && at.elapsed() < FRESH
    {
        return Ok(Arc::clone(known));
    }
    let made = Arc::new(make()?);
    let mut kept = lock(&reads.cache.0);
    if kept.len() >= KEPT {
        kept.retain(|_, (at, _)| at.elapsed() < FRESH);
        if kept.len() >= KEPT {
            kept.clear();
        }
    }
    kept.insert(key.to_owned(), (Instant::now(), Arc::clone(&made)));
    Ok(made)
}

fn ask(cluster: &Cluster, reads: &IndexAllowlist, index: &str, parts: &[IndexPart]) -> Result<Resolved, ApiError> {
    let (mut names, mut others) = (BTreeSet::new(), BTreeSet::new());
    let wanted: Vec<&IndexPart> = parts.iter().filter(|p| !p.excluded).collect();
    let excluded = |name: &str| parts.iter().any(|p| p.excluded && p.matches(name));
    for chunk in in_paths(wanted.iter().map(|p| p.text.as_str())) {
        let answer = answered(cluster, &chunk)?;
        for found in found(&answer, &wanted) {
            let name = found.name();
            if excluded(name) || matches!(&found, IndexEntry::Alias(_, targets) if targets.iter().any(|t| excluded(t))) {
                others.insert(name.to_owned());
            } else if found.is_allowed(reads) {
                names.insert(name.to_owned());
            } else if wanted.iter().any(|p| p.text == name) || wanted.iter().all(|p| p.is_math()) {
                return Err(refused(index, "it resolves to a hidden or system index, or to one that --index does not allow"));
            } else {
                others.insert(name.to_owned());
            }
        }
    }
    Ok(Resolved { names: names.into_iter().collect(), refused: others.into_iter().collect() })
}

/// Lists of names that each fit into a path.
pub(in crate::serve) fn in_paths<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names.map(in_path) {
        match out.last_mut() {
            Some(last) if last.len() + name.len() < MAX_PATH => {
                last.push(',');
                last.push_str(&name);
            }
            _ => out.push(name),
        }
    }
    out
}

/// What the cluster says, in either form.
enum Answer {
    Resolved(Value),
    /// Of a release before 7.9, or for a user who may not ask otherwise: concrete indices with their aliases.
    Aliases(Value),
}

fn answered(cluster: &Cluster, names: &str) -> Result<Answer, ApiError> {
    match cluster.call("GET", &format!("_resolve/index/{names}"), None) {
        Ok(answer) => return Ok(Answer::Resolved(answer)),
        Err(e) if e.status().is_some_and(|s| (400..500).contains(&s) && s != 429) => {}
        Err(e) => return Err(failed(&e)),
    }
    match cluster.call("GET", &format!("{names}/_alias?ignore_unavailable=true&expand_wildcards=open"), None) {
        Ok(answer) => Ok(Answer::Aliases(answer)),
        Err(e) if e.status() == Some(404) => Ok(Answer::Aliases(Value::Null)),
        Err(e) => Err(failed(&e)),
    }
}

fn failed(e: &ClusterFailure) -> ApiError {
    match e.status() {
        Some(401 | 403) => {
            ApiError::cluster(format!("{e}: index names are resolved before they are read; grant the cluster user `view_index_metadata`"))
        }
        _ => ApiError::cluster(e.to_string()),
    }
}

fn found<'a>(answer: &'a Answer, wanted: &[&IndexPart]) -> Vec<IndexEntry<'a>> {
    match answer {
        Answer::Resolved(v) => resolved(v),
        Answer::Aliases(v) => aliased(v, wanted),
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(s)) => vec![s],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn resolved(answer: &Value) -> Vec<IndexEntry<'_>> {
    let items = |key: &str| {
        let list = answer.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(|i| Some((i.get("name")?.as_str()?, i)))
    };
    let hidden = |i: &Value| texts(i.get("attributes")).iter().any(|a| matches!(*a, "hidden" | "system"));
    let indices = items("indices").map(|(n, i)| IndexEntry::Index(n, i.get("data_stream").and_then(Value::as_str), hidden(i)));
    let aliases = items("aliases").map(|(n, i)| IndexEntry::Alias(n, texts(i.get("indices"))));
    indices.chain(aliases).chain(items("data_streams").map(|(n, _)| IndexEntry::Stream(n))).collect()
}

/// The same of concrete indices with their aliases: those that a part matches by name, and the aliases that one does.
fn aliased<'a>(answer: &'a Value, wanted: &[&IndexPart]) -> Vec<IndexEntry<'a>> {
    let mut aliases: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut out = Vec::new();
    // Date math resolves to a concrete name.
    let matched = |name: &str| wanted.iter().any(|p| p.matches(name) || p.is_math());
    for (name, info) in answer.as_object().into_iter().flatten() {
        if matched(name) {
            out.push(IndexEntry::Index(name, None, false));
        } else if let Some(of) = stream(name).filter(|s| matched(s)) {
            out.push(IndexEntry::Stream(of));
        }
        for alias in info.get("aliases").and_then(Value::as_object).into_iter().flatten().map(|(a, _)| a.as_str()) {
            if matched(alias) {
                aliases.entry(alias).or_default().push(name);
            }
        }
    }
    out.extend(aliases.into_iter().map(|(alias, targets)| IndexEntry::Alias(alias, targets)));
    out
}
