//! Files of events through the rules, spread over cores, told in the order of the files.

use super::Rules;
use serde_json::Value;
use sigmalert_matcher::events::EventSchema;
use sigmalert_matcher::events::source::{Batch, Problem, Source, document};
use sigmalert_matcher::{Matcher, Reason, Scratch};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Tells of a document's matches, on the thread that matched it, from what was seen and the document's JSON.
pub type Render<'a> = dyn Fn(&ScannedEvent, &[u8]) -> RenderedMatch + Sync + 'a;

/// The matches of a document as they are told.
#[derive(Debug, Clone, Default)]
pub struct RenderedMatch {
    /// For each hit the time of the event and the beginning of its line.
    pub lines: Vec<(String, String)>,
    /// What all lines end with.
    pub tail: String,
}

/// What is wanted of each document.
#[derive(Clone, Copy)]
pub struct ScanOptions<'a> {
    /// What raw Windows events become.
    pub event_schema: EventSchema,
    /// The field inside documents that holds the event itself, of which what stands beside it is told; nothing when
    /// documents are events.
    pub inside: Option<&'a str>,
    /// Whether matches carry why.
    pub why: bool,
    /// Whether rules that did not match are told of, with what they failed at.
    pub why_not: bool,
    /// What the matches of a document are told as; nothing where that is not wanted.
    pub render: Option<&'a Render<'a>>,
    /// How many threads match.
    pub threads: usize,
}

/// A rule that matched a document.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The place of the rule.
    pub rule: usize,
    /// The tests that were enough.
    pub why: Vec<Reason>,
}

/// A rule that did not match a document, though something of it did.
#[derive(Debug, Clone)]
pub struct Miss {
    /// The place of the rule.
    pub rule: usize,
    /// What it failed at.
    pub why: Vec<Reason>,
}

/// What became of one document.
#[derive(Debug, Clone, Default)]
pub struct ScannedEvent {
    /// The place of the file.
    pub source: usize,
    /// The line, the number in the file, or the record.
    pub position: u64,
    /// The rules that matched.
    pub hits: Vec<Hit>,
    /// Those that did not, where that was asked for.
    pub misses: Vec<Miss>,
    /// The matches as they are told, where that was asked for.
    pub told: RenderedMatch,
    /// What stands beside the event, where that was asked for.
    pub around: Option<Value>,
}

/// What a run went through.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Documents matched.
    pub documents: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Documents that could not be read.
    pub unreadable: u64,
}

/// A batch on its way to a thread: its number, and the place of its file.
type Job = (usize, usize, Batch);
/// What a thread made of a batch.
type Done = (usize, Vec<ScannedEvent>, Vec<Problem>, Totals);

/// Runs the rules over files. `tell` is called in the order of the files with each document that a rule matched (or of
/// which something was asked for), and with each problem; it says whether to go on.
pub fn run(
    files: &[PathBuf],
    rules: &Rules,
    matcher: &Matcher,
    asked: ScanOptions<'_>,
    tell: &mut dyn FnMut(Result<ScannedEvent, Problem>) -> bool,
    progress: &(dyn Fn(&Totals) + Sync),
) -> Totals {
    let (to_threads, jobs) = sync_channel::<Job>(asked.threads * 2);
    let (to_collector, results) = sync_channel::<Done>(asked.threads * 4);
    let jobs = Mutex::new(jobs);
    let stopped = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (jobs, stopped) = (&jobs, &stopped);
        for _ in 0..asked.threads {
            let out = to_collector.clone();
            scope.spawn(move || work(files, jobs, &out, rules, matcher, asked));
        }
        scope.spawn(move || read(files, &to_threads, &to_collector, stopped));
        collect(&results, tell, progress, stopped)
    })
}

/// Reads the files, one after the other.
fn read(files: &[PathBuf], jobs: &SyncSender<Job>, out: &SyncSender<Done>, stopped: &std::sync::atomic::AtomicBool) {
    let mut number = 0;
    for (at, path) in files.iter().enumerate() {
        let mut source = match Source::open(path) {
            Ok(s) => s,
            Err(message) => {
                let problem = Problem { source: shown(path), position: 0, message };
                if out.send((number, vec![], vec![problem], Totals::default())).is_err() {
                    return;
                }
                number += 1;
                continue;
            }
        };
        loop {
            let mut batch = Batch::default();
            if !source.read(&mut batch) {
                break;
            }
            if stopped.load(std::sync::atomic::Ordering::Relaxed) || jobs.send((number, at, batch)).is_err() {
                return;
            }
            number += 1;
        }
    }
}

/// A file as it is shown.
pub fn shown(path: &std::path::Path) -> String {
    if path.as_os_str() == "-" { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// One thread that matches.
fn work(files: &[PathBuf], jobs: &Mutex<Receiver<Job>>, out: &SyncSender<Done>, rules: &Rules, matcher: &Matcher, asked: ScanOptions<'_>) {
    let mut scratch = Scratch::default();
    loop {
        let job = jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv();
        let Ok((number, source, batch)) = job else { return };
        let mut seen = Vec::new();
        let mut problems = batch.problems;
        // What the reader passed over counts too, but for what concerns the file as a whole.
        let unreadable = problems.iter().filter(|p| p.position > 0).count() as u64;
        let mut totals = Totals { unreadable, ..Totals::default() };
        let name = shown(&files[source]);
        for item in &batch.items {
            let whole = document(&item.body, &batch.bytes, asked.event_schema);
            let mut problem = |message: String| problems.push(Problem { source: name.clone(), position: item.position, message });
            let (event, around) = match inside(&whole, asked) {
                Ok(found) => found,
                Err(message) => {
                    totals.unreadable += 1;
                    problem(message);
                    continue;
                }
            };
            totals.bytes += event.len() as u64;
            match one(&event, rules, matcher, asked, &mut scratch) {
                Ok(mut s) => {
                    totals.documents += 1;
                    if let Some(key) = matcher.repeated_key(&scratch) {
                        problem(format!("the key `{key}` stands twice; both values count"));
                    }
                    if !s.hits.is_empty() || !s.misses.is_empty() || around.is_some() {
                        (s.source, s.position, s.around) = (source, item.position, around);
                        if let Some(render) = asked.render.filter(|_| !s.hits.is_empty()) {
                            s.told = render(&s, &event);
                        }
                        seen.push(s);
                    }
                }
                Err(message) => {
                    totals.unreadable += 1;
                    problem(message);
                }
            }
        }
        if out.send((number, seen, problems, totals)).is_err() {
            return;
        }
    }
}

/// The event in a document, and what stands beside it.
fn inside<'d>(whole: &'d Cow<'d, [u8]>, asked: ScanOptions<'_>) -> Result<(Cow<'d, [u8]>, Option<Value>), String> {
    let Some(key) = asked.inside else { return Ok((Cow::Borrowed(whole), None)) };
    let mut value: Value = serde_json::from_slice(whole).map_err(|e| format!("the document is not JSON: {e}"))?;
    let Some(event) = value.get_mut(key).map(Value::take) else {
        // Documents of both kinds may stand in one file.
        return Ok((Cow::Borrowed(whole), None));
    };
    let event = asked.event_schema.of_raw(&event).unwrap_or(event);
    Ok((Cow::Owned(event.to_string().into_bytes()), Some(value)))
}

/// One document through all rules.
fn one(event: &[u8], rules: &Rules, matcher: &Matcher, asked: ScanOptions<'_>, scratch: &mut Scratch) -> Result<ScannedEvent, String> {
    let found = matcher.matches(event, scratch).map_err(|e| e.to_string())?.to_vec();
    let mut seen = ScannedEvent::default();
    let mut why = |rule: usize| matcher.explain(rule, &rules.rules[rule].expr, event, scratch).map(|v| v.reasons).unwrap_or_default();
    if asked.why_not {
        for rule in (0..matcher.len()).filter(|r| found.binary_search(r).is_err()) {
            seen.misses.push(Miss { rule, why: why(rule) });
        }
    }
    for rule in found {
        seen.hits.push(Hit { rule, why: if asked.why { why(rule) } else { Vec::new() } });
    }
    Ok(seen)
}

/// Puts what the threads made into the order of the files.
fn collect(
    results: &Receiver<Done>,
    tell: &mut dyn FnMut(Result<ScannedEvent, Problem>) -> bool,
    progress: &(dyn Fn(&Totals) + Sync),
    stopped: &std::sync::atomic::AtomicBool,
) -> Totals {
    let mut totals = Totals::default();
    let mut waiting: BTreeMap<usize, Done> = BTreeMap::new();
    let mut next = 0;
    while let Ok(done) = results.recv() {
        waiting.insert(done.0, done);
        while let Some((_, seen, problems, part)) = waiting.remove(&next) {
            next += 1;
            totals.documents += part.documents;
            totals.bytes += part.bytes;
            totals.unreadable += part.unreadable;
            let mut go_on = true;
            for p in problems {
                go_on &= tell(Err(p));
            }
            for s in seen {
                go_on = go_on && tell(Ok(s));
            }
            if !go_on {
                stopped.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            progress(&totals);
        }
    }
    totals
}
