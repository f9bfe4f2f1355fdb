//! What a run came to, in numbers and as JSON.

use super::{FileChange, Outcome, OutcomeResult};
use crate::NoticeKind;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A run in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Documents converted.
    pub converted: usize,
    /// Documents, or whole files, that failed, by the kind of failure.
    pub failed: Vec<(&'static str, usize)>,
    /// Documents skipped, by reason.
    pub skipped: Vec<(&'static str, usize)>,
    /// Converted documents with a notice, by its kind.
    pub notices: Vec<(NoticeKind, usize)>,
    /// Files written because they were new.
    pub created: usize,
    /// Files written because they changed.
    pub updated: usize,
    /// Files that held the same already.
    pub unchanged: usize,
    /// Files that were edited, and kept.
    pub kept: usize,
}

impl Summary {
    /// Counts outcomes.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut out = Self {
            failed: tally(outcomes.iter().filter_map(|o| match &o.result {
                OutcomeResult::Failed(f) => Some(f.kind()),
                _ => None,
            }))
            .into_iter()
            .collect(),
            skipped: tally(outcomes.iter().filter_map(|o| match &o.result {
                OutcomeResult::Skipped(s) => Some(s.reason()),
                _ => None,
            }))
            .into_iter()
            .collect(),
            ..Self::default()
        };
        let mut counts = [0; NoticeKind::ALL.len()];
        for o in outcomes {
            let OutcomeResult::Converted { notices, output, .. } = &o.result else { continue };
            out.converted += 1;
            for (count, (kind, ..)) in counts.iter_mut().zip(NoticeKind::ALL) {
                *count += usize::from(notices.iter().any(|n| n.kind == kind));
            }
            match output {
                Some((_, FileChange::Created)) => out.created += 1,
                Some((_, FileChange::Updated)) => out.updated += 1,
                Some((_, FileChange::Unchanged)) => out.unchanged += 1,
                Some((_, FileChange::Kept)) => out.kept += 1,
                None => {}
            }
        }
        out.notices = NoticeKind::ALL.iter().zip(counts).filter(|(_, n)| *n > 0).map(|((k, ..), n)| (*k, n)).collect();
        out
    }

    /// How many failed.
    pub fn failures(&self) -> usize {
        self.failed.iter().map(|(_, n)| n).sum()
    }

    /// How many were skipped.
    pub fn skips(&self) -> usize {
        self.skipped.iter().map(|(_, n)| n).sum()
    }
}

/// The whole run as JSON: the numbers, and every outcome with its reasons.
pub fn report(outcomes: &[Outcome], target: &str) -> Value {
    let summary = Summary::of(outcomes);
    let counts =
        |items: &[(&'static str, usize)]| -> Map<String, Value> { items.iter().map(|(k, n)| ((*k).to_owned(), json!(n))).collect() };
    let skipped = tally(outcomes.iter().filter_map(|o| match &o.result {
        OutcomeResult::Skipped(s) => Some(s.name()),
        _ => None,
    }));
    json!({
        "sigmalert": env!("CARGO_PKG_VERSION"),
        "target": target,
        "summary": {
            "converted": summary.converted,
            "failed": counts(&summary.failed),
            "skipped": skipped,
            "notices": summary.notices.iter().map(|(k, n)| (k.name().to_owned(), json!(n))).collect::<Map<_, _>>(),
        },
        "outcomes": outcomes.iter().map(outcome).collect::<Vec<_>>(),
    })
}

fn outcome(o: &Outcome) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            out.insert(key.to_owned(), value);
        }
    };
    put("source", o.path.to_string_lossy().into());
    if o.pos.is_known() {
        put("line", o.pos.line.into());
    }
    put("title", o.title.as_deref().into());
    put("id", o.id.as_deref().into());
    put("mapping", o.mapping.as_deref().into());
    match &o.result {
        OutcomeResult::Converted { notices, output, .. } => {
            put("outcome", "converted".into());
            if let Some((path, change)) = output {
                put("output", path.to_string_lossy().into());
                put("change", format!("{change:?}").to_lowercase().into());
            }
            if !notices.is_empty() {
                let notices: Vec<Value> =
                    notices.iter().map(|n| json!({"kind": n.kind.name(), "field": n.field, "message": n.message})).collect();
                put("notices", notices.into());
            }
        }
        OutcomeResult::Failed(f) => {
            put("outcome", "failed".into());
            let mut error = json!({"kind": f.kind(), "message": f.message()});
            if let Some(p) = f.pos() {
                error["line"] = p.line.into();
                error["column"] = p.column.into();
            }
            if let Some(h) = f.help() {
                error["help"] = h.into();
            }
            put("error", error);
        }
        OutcomeResult::Skipped(s) => {
            put("outcome", "skipped".into());
            put("reason", s.name().into());
        }
    }
    Value::Object(out)
}

/// Counts by name, in the order of the names.
fn tally<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut out = BTreeMap::new();
    for w in words {
        *out.entry(w).or_default() += 1;
    }
    out
}
