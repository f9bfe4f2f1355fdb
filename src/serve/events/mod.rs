//! Event files instead of a cluster: searched like an index, and evaluated against the rules whenever a file changes.
//!
//! All of them are kept in memory, as the text that an index would hold. Time is what they say it is: what is asked for after the
//! last of them is shown from the last hours that have any.

mod aggregate;
mod columns;
mod fields;
mod replay;
mod search;
#[cfg(test)]
mod tests;

pub(super) use replay::{ReplayOutcome, RuleWatch};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sigmalert_convert::Mapping;
use sigmalert_matcher::events::{EventBatch, EventSchema, EventSource, TIME_FIELDS, discover};
use sigmalert_query::Schema;
use sigmalert_runtime::{iso, lookup, time_of};
use sigmalert_support::sync::lock;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How much text is kept.
const MAX_BYTES: u64 = 4 << 30;
/// The number of file problems that are logged.
const TOLD: usize = 20;
/// How many silences are kept.
const MAX_SILENCES: usize = 1_000;

/// An event.
#[derive(Debug)]
struct Event {
    at: Timestamp,
    text: Range<usize>,
    source: u32,
    position: u64,
}

/// Events of files, in memory.
#[derive(Debug)]
pub(super) struct Events {
    text: Vec<u8>,
    /// By time.
    events: Vec<Event>,
    sources: Vec<String>,
    /// The name of the index that they stand for.
    index: String,
    mapping: Value,
    event_schema: EventSchema,
    /// The field types of documents of the schema.
    schema: Schema,
    outcome: Mutex<Arc<ReplayOutcome>>,
    /// ElastAlert's documents of silences, newest first. Nothing is sent of events from files: they are for the pages that show them.
    silences: Mutex<Vec<Value>>,
}

impl Events {
    /// Reads files and folders of events.
    ///
    /// # Errors
    /// When there are none, or more than fit. The message says what is wrong.
    pub fn load(paths: &[PathBuf], event_schema: EventSchema) -> Result<Self, String> {
        let (files, mut problems) = discover(paths);
        let (mut text, mut events, mut sources, mut timeless) = (Vec::new(), Vec::new(), Vec::new(), 0_u64);
        let mut seen = fields::Fields::default();
        for file in &files {
            let mut source = match EventSource::open(file) {
                Ok(s) => s,
                Err(e) => {
                    tracing::warn!("{}: {e}", file.display());
                    continue;
                }
            };
            let name = u32::try_from(sources.len()).map_err(|_| "there are too many event files")?;
            sources.push(source.name().to_owned());
            let mut batch = EventBatch::default();
            while source.read(&mut batch) {
                problems.append(&mut batch.problems);
                for item in &batch.events {
                    let document = batch.document(item, event_schema);
                    let own = document.to_json();
                    let Ok(Value::Object(doc)) = serde_json::from_slice(&own) else { continue };
                    let Some(at) = when(&doc) else {
                        timeless += 1;
                        continue;
                    };
                    seen.add(&doc);
                    let start = text.len();
                    if start as u64 + own.len() as u64 > MAX_BYTES {
                        return Err(format!(
                            "the events exceed {} GiB, the most that is kept in memory: use fewer, or index them",
                            MAX_BYTES >> 30
                        ));
                    }
                    text.extend_from_slice(&own);
                    events.push(Event { at, text: start..text.len(), source: name, position: item.position });
                }
            }
        }
        for p in problems.iter().take(TOLD) {
            tracing::warn!("{}:{}: {}", p.source, p.position, p.message);
        }
        if problems.len() > TOLD {
            tracing::warn!("{} more problems in event files are not listed", problems.len() - TOLD);
        }
        if timeless > 0 {
            tracing::warn!("ignored {timeless} events without a time in {}", TIME_FIELDS.join(", "));
        }
        if events.is_empty() {
            return Err("no events found in the --events paths".into());
        }
        events.sort_by_key(|e| e.at);
        text.shrink_to_fit();
        let index = match event_schema {
            EventSchema::Wazuh => "wazuh-alerts-events",
            EventSchema::Winlogbeat => "winlogbeat-events",
            _ => "events-files",
        };
        tracing::info!(events = events.len(), files = sources.len(), "events read");
        let mapping = seen.mapping();
        let schema = Mapping::builtin(event_schema.name()).map_or_else(|_| Schema::default(), |m| m.schema().clone());
        Ok(Self {
            text,
            events,
            sources,
            index: index.to_owned(),
            mapping,
            event_schema,
            schema,
            outcome: Mutex::default(),
            silences: Mutex::default(),
        })
    }

    fn text(&self, event: &Event) -> &[u8] {
        &self.text[event.text.clone()]
    }

    fn document(&self, event: &Event) -> Map<String, Value> {
        serde_json::from_slice(self.text(event)).unwrap_or_default()
    }

    fn source(&self, event: &Event) -> &str {
        &self.sources[event.source as usize]
    }

    /// The time of the last event.
    fn newest(&self) -> Timestamp {
        self.events.last().map_or(Timestamp::UNIX_EPOCH, |e| e.at)
    }

    /// The name of the index that they stand for.
    pub fn index(&self) -> &str {
        &self.index
    }

    /// Its fields, as Elasticsearch has them.
    pub fn mapping(&self) -> &Value {
        &self.mapping
    }

    /// Silences a rule for a while; until when.
    pub fn silence(&self, name: &str, span: Duration) -> Timestamp {
        let now = Timestamp::now();
        let until = SignedDuration::try_from(span).ok().and_then(|s| now.checked_add(s).ok()).unwrap_or(Timestamp::MAX);
        let document = json!({"exponent": 0, "rule_name": format!("{name}._silence"), "@timestamp": iso(now), "until": iso(until)});
        let mut all = lock(&self.silences);
        all.insert(0, document);
        all.truncate(MAX_SILENCES);
        until
    }

    /// The silences, newest first.
    pub fn silences(&self) -> Vec<Value> {
        lock(&self.silences).clone()
    }

    /// Returns the outcome of the last run of the rules.
    pub fn outcome(&self) -> Arc<ReplayOutcome> {
        Arc::clone(&lock(&self.outcome))
    }
}

fn when(doc: &Map<String, Value>) -> Option<Timestamp> {
    TIME_FIELDS.iter().find_map(|f| lookup(doc, f).and_then(|v| time_of(&v)))
}
