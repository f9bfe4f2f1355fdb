//! The files and streams of a run: what of them earlier runs have read, and what is new.
//!
//! A file is known by its content, up to where it was read: renamed or compressed it is the same file, and a new one under its name is
//! not. A stream has no places, and all that it brings is new.

use super::EmbeddedOptions;
use super::replayer::{Origin, Replayer};
use crate::state::redb::{ReadFile, Rules};
use sigmalert_matcher::events::{BatchedEvent, Digest, EventBatch, EventSchema, EventSource, InputProblem, ReadMark, discover};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// How often a stream that brings nothing is looked at, to see whether the run is to end.
const LOOK: Duration = Duration::from_millis(200);
/// How often it is written what rules over a stream remember.
const WRITE: Duration = Duration::from_secs(5);

/// One source while its events are handed on.
struct Reading {
    event_schema: EventSchema,
    name: String,
    /// Of its events, where they are known by nothing else: none where they are known by their place in the file's name.
    prefix: Option<String>,
    /// Up to where each rule judged it in an earlier run.
    judged_to: Vec<u64>,
    /// Beside another file of the run that begins just so: which of those it is.
    copy: usize,
}

/// Hands all events on. Returns how far each file was read.
pub(super) fn read(player: &mut Replayer<'_>, options: &EmbeddedOptions) -> Result<Vec<ReadFile>, String> {
    let event_schema = options.event_schema.unwrap_or_else(|| player.event_schema());
    let (mut files, problems) = discover(&options.events);
    for p in problems {
        player.problem(p);
    }
    if files.is_empty() {
        return Err("there are no events in what was given".into());
    }
    // Streams go last: they end when somebody ends them.
    files.sort_by_key(|f| f.as_os_str() == "-" || !f.is_file());
    let earlier = player.marks()?;
    let marks: Vec<ReadMark> = earlier.iter().map(|(m, _)| m.clone()).collect();
    let run = crate::random();
    let mut beginnings = Beginnings::default();
    let mut out = Vec::new();
    for (number, file) in files.iter().enumerate() {
        if player.stopped || options.stop.load(Ordering::Relaxed) {
            break;
        }
        let problem = |message: String| InputProblem { source: file.display().to_string(), position: 0, message };
        let tracked = options.state.is_some();
        let opened = if tracked { EventSource::resume(file, &marks) } else { EventSource::open(file).map(|s| (s, Vec::new())) };
        let (source, begins) = match opened {
            Ok(o) => o,
            Err(e) => {
                player.problem(problem(e.to_string()));
                continue;
            }
        };
        let began: Vec<(ReadMark, Arc<Rules>)> = begins.into_iter().filter_map(|at| earlier.get(at).cloned()).collect();
        let judged_to = player
            .rules
            .iter()
            .map(|r| began.iter().filter(|(_, of)| of.names.contains(&r.rule.rule.name)).map(|(m, _)| m.end).max().unwrap_or(0))
            .collect();
        let prefix = (tracked && source.is_live()).then(|| format!("{run:016x}-{number}"));
        let mut reading = Reading { event_schema, name: source.name().to_owned(), prefix, judged_to, copy: 0 };
        if source.is_live() {
            player.streamed = true;
            follow(player, source, &mut reading, options)?;
            continue;
        }
        let mark = whole(player, source, &mut reading, file, &mut beginnings, options)?;
        let reached = began.iter().map(|(m, _)| m.end).max().unwrap_or(0);
        if mark.as_ref().map_or(0, |m| m.end) < reached {
            player.problem(problem("was cut while it was read: what stands in it now is read by the next run".into()));
            out.push(ReadFile::default());
        } else {
            out.push(ReadFile { mark, began });
        }
    }
    Ok(out)
}

/// Reads a file to its end. Returns how far it was read.
fn whole(
    player: &mut Replayer<'_>,
    mut source: EventSource,
    reading: &mut Reading,
    file: &Path,
    beginnings: &mut Beginnings,
    options: &EmbeddedOptions,
) -> Result<Option<ReadMark>, String> {
    let mut batch = EventBatch::default();
    let mut first = reading.judged_to.iter().all(|to| *to == 0);
    while !player.stopped && source.read(&mut batch) {
        if let Some(digest) = batch.events.first().and_then(|i| i.key).map(|k| k.digest).filter(|_| first) {
            reading.copy = beginnings.add(digest, file);
        }
        first &= batch.events.is_empty();
        hand_on(player, &mut batch, reading, options)?;
        player.stopped |= options.stop.load(Ordering::Relaxed);
    }
    Ok(source.mark())
}

/// Reads a stream as it comes.
fn follow(player: &mut Replayer<'_>, mut source: EventSource, reading: &mut Reading, options: &EmbeddedOptions) -> Result<(), String> {
    let (give, take) = sync_channel(1);
    std::thread::spawn(move || {
        loop {
            let mut batch = EventBatch::default();
            if !source.read(&mut batch) || give.send(batch).is_err() {
                return;
            }
        }
    });
    let mut written = Instant::now();
    while !player.stopped && !options.stop.load(Ordering::Relaxed) {
        match take.recv_timeout(LOOK) {
            Ok(mut batch) => {
                hand_on(player, &mut batch, reading, options)?;
                player.play_newest()?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if written.elapsed() >= WRITE {
            if player.is_unwritten() {
                player.write_all(&[])?;
            }
            written = Instant::now();
        }
    }
    Ok(())
}

fn hand_on(player: &mut Replayer<'_>, batch: &mut EventBatch, reading: &Reading, options: &EmbeddedOptions) -> Result<(), String> {
    for p in std::mem::take(&mut batch.problems) {
        player.problem(p);
    }
    for item in &batch.events {
        let judged: Vec<bool> = match item.key {
            Some(k) if reading.judged_to.iter().any(|to| *to > 0) => reading.judged_to.iter().map(|to| k.end <= *to).collect(),
            _ => Vec::new(),
        };
        if !judged.is_empty() && judged.iter().all(|j| *j) {
            player.summary.known += 1;
            continue;
        }
        let id = reading.id(item);
        let origin = Origin { source: &reading.name, position: item.position, id: id.as_deref(), judged: &judged };
        player.event(&batch.document(item, reading.event_schema).to_json(), &origin, options)?;
    }
    Ok(())
}

impl Reading {
    /// What an event is known by; nothing for its place under the name of its source.
    fn id(&self, item: &BatchedEvent) -> Option<String> {
        match (&item.key, &self.prefix) {
            (Some(k), _) if self.copy == 0 => Some(sigmalert_support::hex::hex(&k.digest)),
            (Some(k), _) => Some(format!("{}#{}", sigmalert_support::hex::hex(&k.digest), self.copy)),
            (None, Some(prefix)) => Some(format!("{prefix}-{}", item.position)),
            (None, None) => None,
        }
    }
}

/// The new files of a run by how they begin. Two files that begin with the same event are two, and each counts, unless they are one: the
/// same file twice, or a file beside its compressed copy.
#[derive(Default)]
struct Beginnings(HashMap<Digest, Vec<PathBuf>>);

impl Beginnings {
    /// Adds a file. Returns which of those with its beginning it is.
    fn add(&mut self, first: Digest, file: &Path) -> usize {
        let plain = |p: &Path| match p.extension().and_then(|e| e.to_str()) {
            Some("gz" | "zst") => p.with_extension(""),
            _ => p.to_owned(),
        };
        let own = plain(&file.canonicalize().unwrap_or_else(|_| file.to_owned()));
        let known = self.0.entry(first).or_default();
        known.iter().position(|k| *k == own).unwrap_or_else(|| {
            known.push(own);
            known.len() - 1
        })
    }
}
