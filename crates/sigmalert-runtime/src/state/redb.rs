//! State in a file, for runs without a cluster (`--state FILE`), or in memory.

use super::{Alert, Commit, CommitError, Memory, RuleState, Silence, Silenced, Store, Version};
use crate::search::Failure;
use jiff::Timestamp;
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sigmalert_matcher::events::{ReadMark, digest};
use sigmalert_support::read::reason;
use sigmalert_support::units::DAY;
use sigmalert_support::write::keep_private;
use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const MEMORY: TableDefinition<'_, &str, &str> = TableDefinition::new("memory");
/// Alerts that are not sent.
const ALERTS: TableDefinition<'_, &str, &str> = TableDefinition::new("alerts");
/// Alerts that were sent, by id, with when: the same one is not made again.
const SENT: TableDefinition<'_, &str, &str> = TableDefinition::new("sent");
const SILENCES: TableDefinition<'_, &str, &str> = TableDefinition::new("silences");
/// How far files were read: by mark and set of rules, with the run that saw it last.
const MARKS: TableDefinition<'_, &str, u64> = TableDefinition::new("marks");
/// The rules that ran together, by the digest of their names.
const SETS: TableDefinition<'_, &str, &str> = TableDefinition::new("sets");
/// Numbers about the whole: `run` counts the runs that came to their end.
const COUNTS: TableDefinition<'_, &str, u64> = TableDefinition::new("counts");

/// How many marks are kept, those that were seen last.
const MAX_MARKS: usize = 10_000;
/// How many sets of rules are kept.
const MAX_SETS: usize = 32;
/// How many ids of alerts that were sent are kept, those of the newest.
const MAX_SENT: usize = 100_000;
/// How long after its end a silence is kept, for `exponential_realert`.
const KEEP_SILENCES: Duration = Duration::from_secs(7 * DAY);

/// See the module.
#[derive(Debug)]
pub(crate) struct RedbStore {
    database: Database,
}

/// A silence as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    until: Timestamp,
    exponent: i64,
}

/// Rules that ran together.
#[derive(Debug)]
pub(crate) struct Rules {
    id: String,
    pub names: HashSet<String>,
}

/// How far a file was read.
#[derive(Debug, Default)]
pub(crate) struct ReadFile {
    pub mark: Option<ReadMark>,
    /// The marks of earlier runs that it began with.
    pub began: Vec<(ReadMark, Arc<Rules>)>,
}

fn broken(e: impl std::fmt::Display) -> Failure {
    Failure::Broken(format!("the state cannot be read or written: {e}"))
}

impl RedbStore {
    /// State in a file, which is created where there is none: in whole or not at all, so that a disk that is full at that moment leaves
    /// nothing that the next start could not use.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn open(path: &Path) -> Result<Self, String> {
        let unusable = |e: &dyn std::fmt::Display| format!("{} cannot be used as state: {e}", path.display());
        if Self::is_blank(path).map_err(|e| unusable(&reason(&e)))? {
            // Where it is a link, what it leads to is replaced.
            let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            Self::create(&target).map_err(|e| unusable(&e))?;
        }
        keep_private(path).map_err(|e| unusable(&reason(&e)))?;
        let database = Database::create(path).map_err(|e| unusable(&e))?;
        Self::prepare(database).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// Whether there is no state in a file yet: it is not there, or was left behind unfinished. A database has its first bytes written
    /// last.
    fn is_blank(path: &Path) -> std::io::Result<bool> {
        let mut head = Vec::new();
        match std::fs::File::open(path) {
            Ok(file) if file.metadata()?.is_file() => file.take(16).read_to_end(&mut head)?,
            // A device or a pipe is refused by the database.
            Ok(_) => return Ok(false),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            Err(e) => return Err(e),
        };
        let blank = head.iter().all(|b| *b == 0);
        if blank && !head.is_empty() {
            tracing::warn!(file = %path.display(), "the state file was never finished, as happens when the disk is full: it is created anew");
        }
        Ok(blank)
    }

    /// Makes an empty state beside the file, and puts it in its place once it is whole.
    fn create(path: &Path) -> Result<(), String> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let own = |e: std::io::Error| reason(&e);
        let fresh = tempfile::Builder::new().prefix(".sigmalert-state-").tempfile_in(folder).map_err(own)?.into_temp_path();
        let database = Database::create(&fresh).map_err(|e| e.to_string())?;
        Self::prepare(database).map_err(|e| e.to_string())?;
        if path.exists() {
            std::fs::remove_file(path).map_err(own)?;
        }
        match fresh.persist_noclobber(path) {
            // Another process was faster: its state is the one.
            Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            other => other.map_err(|e| reason(&e.error)),
        }
    }

    /// State that ends with the process.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn in_memory() -> Result<Self, String> {
        let database = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).map_err(|e| e.to_string())?;
        Self::prepare(database).map_err(|e| e.to_string())
    }

    fn prepare(database: Database) -> Result<Self, Failure> {
        let write = database.begin_write().map_err(broken)?;
        for table in [MEMORY, ALERTS, SENT, SILENCES, SETS] {
            write.open_table(table).map_err(broken)?;
        }
        for table in [MARKS, COUNTS] {
            write.open_table(table).map_err(broken)?;
        }
        write.commit().map_err(broken)?;
        Ok(Self { database })
    }

    fn get<T: for<'d> Deserialize<'d>>(
        &self,
        table: TableDefinition<'_, &str, &str>,
        keys: &[String],
    ) -> Result<HashMap<String, T>, Failure> {
        let read = self.database.begin_read().map_err(broken)?;
        let table = read.open_table(table).map_err(broken)?;
        let mut out = HashMap::new();
        for key in keys {
            if let Some(text) = table.get(key.as_str()).map_err(broken)?
                && let Ok(value) = serde_json::from_str(text.value())
            {
                out.insert(key.clone(), value);
            }
        }
        Ok(out)
    }

    fn alerts(&self, wanted: &dyn Fn(&Alert) -> bool) -> Result<Vec<Alert>, Failure> {
        let read = self.database.begin_read().map_err(broken)?;
        let table = read.open_table(ALERTS).map_err(broken)?;
        let mut out = Vec::new();
        for entry in table.iter().map_err(broken)? {
            let (_, text) = entry.map_err(broken)?;
            if let Ok(alert) = serde_json::from_str::<Alert>(text.value())
                && wanted(&alert)
            {
                out.push(alert);
            }
        }
        out.sort_by_key(|a| a.alert_time);
        Ok(out)
    }

    /// How far files were read by earlier runs, and for which rules.
    pub fn marks(&self) -> Result<Vec<(ReadMark, Arc<Rules>)>, Failure> {
        let read = self.database.begin_read().map_err(broken)?;
        let mut sets: HashMap<String, Arc<Rules>> = HashMap::new();
        for entry in read.open_table(SETS).map_err(broken)?.iter().map_err(broken)? {
            let (id, names) = entry.map_err(broken)?;
            if let Ok(names) = serde_json::from_str::<HashSet<String>>(names.value()) {
                sets.insert(id.value().to_owned(), Arc::new(Rules { id: id.value().to_owned(), names }));
            }
        }
        let mut out = Vec::new();
        for entry in read.open_table(MARKS).map_err(broken)?.iter().map_err(broken)? {
            let (key, _) = entry.map_err(broken)?;
            if let Some((mark, set)) = key.value().split_once('/')
                && let (Some(mark), Some(set)) = (ReadMark::parse(mark), sets.get(set))
            {
                out.push((mark, Arc::clone(set)));
            }
        }
        Ok(out)
    }

    /// The end of a run over files: what its rules remember and how far it read, as one. `before` is when the
    /// oldest of the rules stopped.
    pub fn finish(&self, commits: &[Commit], rules: &[String], read: &[ReadFile], before: Option<Timestamp>) -> Result<(), Failure> {
        let mut sorted = rules.to_vec();
        sorted.sort();
        let set = sigmalert_support::hex::hex(&digest(sorted.join("\0").as_bytes()));
        let names: HashSet<&String> = sorted.iter().collect();
        self.write(&|write| {
            for c in commits {
                if let Some(memory) = &c.memory {
                    put(write, MEMORY, &c.rule, memory)?;
                }
            }
            let mut counts = write.open_table(COUNTS).map_err(broken)?;
            let run = counts.get("run").map_err(broken)?.map_or(0, |n| n.value()) + 1;
            counts.insert("run", run).map_err(broken)?;
            let mut marks = write.open_table(MARKS).map_err(broken)?;
            for file in read {
                for (mark, of) in &file.began {
                    let key = format!("{}/{}", mark.to_text(), of.id);
                    if of.names.iter().all(|n| names.contains(n)) {
                        marks.remove(key.as_str()).map_err(broken)?;
                    } else {
                        // Rules that did not run this time go on from there.
                        marks.insert(key.as_str(), run).map_err(broken)?;
                    }
                }
            }
            // Of two files with the same beginning, each puts down its own.
            for mark in read.iter().filter_map(|file| file.mark.as_ref()) {
                marks.insert(format!("{}/{set}", mark.to_text()).as_str(), run).map_err(broken)?;
            }
            if !read.is_empty() {
                let text = serde_json::to_string(&sorted).map_err(broken)?;
                write.open_table(SETS).map_err(broken)?.insert(set.as_str(), text.as_str()).map_err(broken)?;
            }
            trim_marks(write, &mut marks)?;
            trim(write, before)
        })
    }

    fn write(&self, change: &dyn Fn(&redb::WriteTransaction) -> Result<(), Failure>) -> Result<(), Failure> {
        let write = self.database.begin_write().map_err(broken)?;
        change(&write)?;
        write.commit().map_err(broken)
    }
}

fn put(write: &redb::WriteTransaction, table: TableDefinition<'_, &str, &str>, key: &str, value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(broken)?;
    write.open_table(table).map_err(broken)?.insert(key, text.as_str()).map_err(broken)?;
    Ok(())
}

/// Drops the marks that no run saw for longest, and the sets that no mark is of.
fn trim_marks(write: &redb::WriteTransaction, marks: &mut redb::Table<'_, &'static str, u64>) -> Result<(), Failure> {
    let mut all: Vec<(u64, String)> = Vec::new();
    for entry in marks.iter().map_err(broken)? {
        let (key, run) = entry.map_err(broken)?;
        all.push((run.value(), key.value().to_owned()));
    }
    all.sort_by(|a, b| b.cmp(a));
    let mut kept: HashSet<String> = HashSet::new();
    for (at, (_, key)) in all.iter().enumerate() {
        let set = key.split_once('/').map_or("", |(_, set)| set);
        if at < MAX_MARKS && (kept.contains(set) || kept.len() < MAX_SETS) {
            kept.insert(set.to_owned());
        } else {
            marks.remove(key.as_str()).map_err(broken)?;
        }
    }
    write.open_table(SETS).map_err(broken)?.retain(|id, _| kept.contains(id)).map_err(broken)
}

/// Drops what no run asks for again: ids of alerts that were sent long ago, silences that are over.
fn trim(write: &redb::WriteTransaction, before: Option<Timestamp>) -> Result<(), Failure> {
    let mut sent = write.open_table(SENT).map_err(broken)?;
    let count = usize::try_from(sent.len().map_err(broken)?).unwrap_or(usize::MAX);
    if count > MAX_SENT {
        let mut times: Vec<i64> = Vec::with_capacity(count);
        for entry in sent.iter().map_err(broken)? {
            times.push(entry.map_err(broken)?.1.value().parse().unwrap_or(0));
        }
        times.sort_unstable();
        let oldest = times[count - MAX_SENT];
        sent.retain(|_, at| at.parse::<i64>().is_ok_and(|at| at >= oldest)).map_err(broken)?;
    }
    let Some(end) = before.map(|b| crate::time::before(b, KEEP_SILENCES)) else { return Ok(()) };
    let over = |text: &str| serde_json::from_str::<Kept>(text).is_ok_and(|k| k.until < end);
    write.open_table(SILENCES).map_err(broken)?.retain(|_, text| !over(text)).map_err(broken)
}

impl Store for RedbStore {
    fn load(&self, rules: &[String]) -> Result<HashMap<String, RuleState>, Failure> {
        let found: HashMap<String, Memory> = self.get(MEMORY, rules)?;
        Ok(found
            .into_iter()
            .map(|(rule, m)| (rule, RuleState { endtime: m.endtime, memory: Some(m), ours: true, version: None }))
            .collect())
    }

    fn silences(&self, keys: &[String]) -> Result<HashMap<String, Silenced>, Failure> {
        let found: HashMap<String, Kept> = self.get(SILENCES, keys)?;
        Ok(found.into_iter().map(|(key, k)| (key, Silenced { until: k.until, exponent: k.exponent })).collect())
    }

    fn commit(&self, commits: &mut [Commit]) -> Vec<Result<Option<Version>, CommitError>> {
        for c in commits.iter_mut().filter(|c| !c.alerts.is_empty()) {
            let ids: Vec<String> = c.alerts.iter().map(|a| a.id.clone()).collect();
            let known = self.get::<Value>(SENT, &ids).and_then(|mut sent| {
                sent.extend(self.get::<Value>(ALERTS, &ids)?);
                Ok(sent)
            });
            match known {
                Ok(known) => {
                    let mut seen = std::collections::HashSet::new();
                    c.alerts.retain(|a| !known.contains_key(&a.id) && seen.insert(a.id.clone()));
                }
                Err(e) => return commits.iter().map(|_| Err(CommitError::Failed(e.clone()))).collect(),
            }
        }
        let written = self.write(&|write| {
            for c in commits.iter() {
                if let Some(memory) = &c.memory {
                    put(write, MEMORY, &c.rule, memory)?;
                }
                for a in &c.alerts {
                    put(write, ALERTS, &a.id, a)?;
                }
                for s in &c.silences {
                    put(write, SILENCES, &s.key, &Kept { until: s.until, exponent: s.exponent })?;
                }
            }
            Ok(())
        });
        commits.iter().map(|_| written.clone().map(|()| None).map_err(CommitError::Failed)).collect()
    }

    fn update(&self, alerts: &[Alert]) -> Result<(), Failure> {
        self.write(&|write| {
            for a in alerts {
                if a.sent {
                    write.open_table(ALERTS).map_err(broken)?.remove(a.id.as_str()).map_err(broken)?;
                    put(write, SENT, &a.id, &a.alert_time.as_second())?;
                } else {
                    put(write, ALERTS, &a.id, a)?;
                }
            }
            Ok(())
        })
    }

    fn pending(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Alert>, Failure> {
        self.alerts(&|a| !a.sent && a.aggregate_id.is_none() && (since..=until).contains(&a.alert_time))
    }

    fn members(&self, id: &str, limit: usize) -> Result<Vec<Alert>, Failure> {
        let mut out = self.alerts(&|a| !a.sent && a.aggregate_id.as_deref() == Some(id))?;
        out.truncate(limit);
        Ok(out)
    }

    fn silence(&self, silence: &Silence) -> Result<(), Failure> {
        self.write(&|write| put(write, SILENCES, &silence.key, &Kept { until: silence.until, exponent: silence.exponent }))
    }

    fn error(&self, _document: &Value) -> Result<(), Failure> {
        // Errors of a run without a cluster are on its screen.
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sigmalert_matcher::events::{Digest, MarkUnit};

    fn mark(n: u64) -> ReadMark {
        ReadMark { unit: MarkUnit::Bytes, end: n + 1, digest: digest(&n.to_be_bytes()), head: Digest::default() }
    }

    #[test]
    fn what_is_remembered_of_files_has_a_bound() {
        let file = RedbStore::in_memory().unwrap();
        let read: Vec<ReadFile> = (0..10_050).map(|n| ReadFile { mark: Some(mark(n)), began: Vec::new() }).collect();
        file.finish(&[], &["a".into()], &read, None).unwrap();
        assert_eq!(file.marks().unwrap().len(), MAX_MARKS);
        // Runs with other rules each time: the newest sets stay.
        for n in 0..40 {
            let one = [ReadFile { mark: Some(mark(20_000)), began: Vec::new() }];
            file.finish(&[], &[format!("rule {n}")], &one, None).unwrap();
        }
        let marks = file.marks().unwrap();
        let sets: HashSet<&str> = marks.iter().map(|(_, of)| of.id.as_str()).collect();
        assert_eq!(sets.len(), MAX_SETS);
        assert!(marks.iter().any(|(_, of)| of.names.contains("rule 39")));
        assert!(!marks.iter().any(|(_, of)| of.names.contains("rule 0")));
    }

    #[test]
    fn a_file_that_grew_has_one_mark() {
        let file = RedbStore::in_memory().unwrap();
        let rules = ["a".to_owned(), "b".to_owned()];
        file.finish(&[], &rules, &[ReadFile { mark: Some(mark(1)), began: Vec::new() }], None).unwrap();
        let began = file.marks().unwrap();
        file.finish(&[], &rules, &[ReadFile { mark: Some(mark(2)), began }], None).unwrap();
        let began = file.marks().unwrap();
        assert_eq!(began.iter().map(|(m, _)| m.end).collect::<Vec<_>>(), [3]);
        // A run with fewer rules goes on for those, and keeps the place of the others.
        file.finish(&[], &rules[..1], &[ReadFile { mark: Some(mark(3)), began }], None).unwrap();
        let mut ends: Vec<(u64, usize)> = file.marks().unwrap().iter().map(|(m, of)| (m.end, of.names.len())).collect();
        ends.sort_unstable();
        assert_eq!(ends, [(3, 2), (4, 1)]);
    }
}
