//! State in a file, for runs without a cluster (`--state FILE`), or in memory.

use super::{Alert, Commit, CommitError, Known, Memory, Silence, Silenced, Store, Version};
use crate::io::{keep_private, reason};
use crate::runtime::search::Failure;
use jiff::Timestamp;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

const MEMORY: TableDefinition<'_, &str, &str> = TableDefinition::new("memory");
/// Alerts that are not sent.
const ALERTS: TableDefinition<'_, &str, &str> = TableDefinition::new("alerts");
/// Alerts that were sent, by id, with when: the same one is not made again.
const SENT: TableDefinition<'_, &str, &str> = TableDefinition::new("sent");
const SILENCES: TableDefinition<'_, &str, &str> = TableDefinition::new("silences");

/// See the module.
#[derive(Debug)]
pub(crate) struct File {
    database: Database,
}

/// A silence as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    until: Timestamp,
    exponent: i64,
}

fn broken(e: impl std::fmt::Display) -> Failure {
    Failure::Broken(format!("the state cannot be read or written: {e}"))
}

impl File {
    /// State in a file, which is created where there is none.
    ///
    /// # Errors
    /// In words.
    pub fn open(path: &Path) -> Result<Self, String> {
        keep_private(path).map_err(|e| format!("{} cannot be used as state: {}", path.display(), reason(&e)))?;
        let database = Database::create(path).map_err(|e| format!("{} cannot be used as state: {e}", path.display()))?;
        Self::prepare(database).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// State that ends with the process.
    ///
    /// # Errors
    /// In words.
    pub fn in_memory() -> Result<Self, String> {
        let database = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).map_err(|e| e.to_string())?;
        Self::prepare(database).map_err(|e| e.to_string())
    }

    fn prepare(database: Database) -> Result<Self, Failure> {
        let write = database.begin_write().map_err(broken)?;
        for table in [MEMORY, ALERTS, SENT, SILENCES] {
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

impl Store for File {
    fn load(&self, rules: &[String]) -> Result<HashMap<String, Known>, Failure> {
        let found: HashMap<String, Memory> = self.get(MEMORY, rules)?;
        Ok(found.into_iter().map(|(rule, m)| (rule, Known { endtime: m.endtime, memory: Some(m), ours: true, version: None })).collect())
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
