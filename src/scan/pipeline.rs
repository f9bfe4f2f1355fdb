//! A pipeline of threads that evaluates rules against files of events and returns the results in the order of the files.

use super::Rules;
use super::outcome::{RenderedMatch, RuleReasons, ScannedEvent, Totals};
use serde_json::Value;
use sigmalert_matcher::events::{EventBatch, EventDocument, EventSchema, EventSource, InputProblem};
use sigmalert_matcher::{Matcher, Scratch};
use sigmalert_support::sync::lock;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Renders the matches of a document. Runs on the thread that evaluated it.
pub type Render<'a> = dyn Fn(&ScannedEvent, &EventDocument<'_>) -> RenderedMatch + Sync + 'a;

/// The options of a scan.
#[derive(Clone, Copy)]
pub struct ScanOptions<'a> {
    /// The schema that raw Windows events are converted to.
    pub event_schema: EventSchema,
    /// The key that contains the event if documents wrap events. The rest of the document becomes
    /// [`ScannedEvent::context`].
    pub event_key: Option<&'a str>,
    /// Whether matches have reasons.
    pub why: bool,
    /// Whether rules that did not match are reported, with reasons.
    pub why_not: bool,
    /// Renders matches.
    pub render: Option<&'a Render<'a>>,
    /// The number of threads that evaluate rules.
    pub threads: usize,
}

/// A batch on its way to a thread: its number, and the index of its file.
type Job = (usize, usize, EventBatch);
/// The results of a batch.
type BatchResult = (usize, Vec<ScannedEvent>, Vec<InputProblem>, Totals);

/// Evaluates rules against files.
///
/// `report` receives, in the order of the files, each document that matched or for which the options ask for more, and each
/// problem. It returns whether to continue.
pub fn run(
    files: &[PathBuf],
    rules: &Rules,
    matcher: &Matcher,
    options: ScanOptions<'_>,
    report: &mut dyn FnMut(Result<ScannedEvent, InputProblem>) -> bool,
    progress: &(dyn Fn(&Totals) + Sync),
) -> Totals {
    let (to_threads, jobs) = sync_channel::<Job>(options.threads * 2);
    let (to_collector, results) = sync_channel::<BatchResult>(options.threads * 4);
    let jobs = Mutex::new(jobs);
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (jobs, stopped) = (&jobs, &stopped);
        for _ in 0..options.threads {
            let out = to_collector.clone();
            scope.spawn(move || evaluate_batches(files, jobs, &out, rules, matcher, options));
        }
        scope.spawn(move || read_files(files, &to_threads, &to_collector, stopped));
        collect(&results, report, progress, stopped)
    })
}

/// Reads the files one after the other.
fn read_files(files: &[PathBuf], jobs: &SyncSender<Job>, out: &SyncSender<BatchResult>, stopped: &AtomicBool) {
    let mut number = 0;
    for (at, path) in files.iter().enumerate() {
        let mut source = match EventSource::open(path) {
            Ok(s) => s,
            Err(e) => {
                let problem = InputProblem { source: display_name(path), position: 0, message: e.to_string() };
                if out.send((number, vec![], vec![problem], Totals::default())).is_err() {
                    return;
                }
                number += 1;
                continue;
            }
        };
        loop {
            let mut batch = EventBatch::default();
            if !source.read(&mut batch) {
                break;
            }
            if stopped.load(Ordering::Relaxed) || jobs.send((number, at, batch)).is_err() {
                return;
            }
            number += 1;
        }
    }
}

/// Returns the name that is displayed for a file.
pub fn display_name(path: &Path) -> String {
    if path.as_os_str() == "-" { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// Evaluates batches until there are no more.
fn evaluate_batches(
    files: &[PathBuf],
    jobs: &Mutex<Receiver<Job>>,
    out: &SyncSender<BatchResult>,
    rules: &Rules,
    matcher: &Matcher,
    options: ScanOptions<'_>,
) {
    let mut scratch = Scratch::default();
    loop {
        let job = lock(jobs).recv();
        let Ok((number, source, mut batch)) = job else { return };
        let mut scanned = Vec::new();
        let mut problems = std::mem::take(&mut batch.problems);
        // Documents that the reader skipped count, but not problems of the file as a whole.
        let unreadable = problems.iter().filter(|p| p.position > 0).count() as u64;
        let mut totals = Totals { unreadable, ..Totals::default() };
        let name = display_name(&files[source]);
        for item in &batch.events {
            let mut problem = |message: String| problems.push(InputProblem { source: name.clone(), position: item.position, message });
            let (event, context) = match unwrap_event(batch.document(item, options.event_schema), options) {
                Ok(found) => found,
                Err(message) => {
                    totals.unreadable += 1;
                    problem(message);
                    continue;
                }
            };
            match evaluate(&event, rules, matcher, options, &mut scratch) {
                Ok(mut s) => {
                    totals.documents += 1;
                    if let Some(key) = matcher.duplicate_key(&scratch) {
                        problem(format!("the key `{key}` is duplicated; all of its values are matched"));
                    }
                    if !s.matches.is_empty() || !s.misses.is_empty() || context.is_some() {
                        (s.source, s.position, s.context) = (source, item.position, context);
                        if let Some(render) = options.render.filter(|_| !s.matches.is_empty()) {
                            s.rendered = render(&s, &event);
                        }
                        scanned.push(s);
                    }
                }
                Err(message) => {
                    totals.unreadable += 1;
                    problem(message);
                }
            }
        }
        if out.send((number, scanned, problems, totals)).is_err() {
            return;
        }
    }
}

/// Returns the event of a document that wraps one, and the rest of the document.
fn unwrap_event<'d>(document: EventDocument<'d>, options: ScanOptions<'_>) -> Result<(EventDocument<'d>, Option<Value>), String> {
    let Some(key) = options.event_key else { return Ok((document, None)) };
    let mut value = document.clone().into_value().map_err(|e| format!("the document is not valid JSON: {e}"))?;
    // A file may contain both wrapped and plain events.
    let Some(event) = value.get_mut(key).map(Value::take) else { return Ok((document, None)) };
    let event = options.event_schema.of_raw(&event).unwrap_or(event);
    Ok((EventDocument::Value(Cow::Owned(event)), Some(value)))
}

/// Evaluates all rules against one document.
fn evaluate(
    event: &EventDocument<'_>,
    rules: &Rules,
    matcher: &Matcher,
    options: ScanOptions<'_>,
    scratch: &mut Scratch,
) -> Result<ScannedEvent, String> {
    let found = event.matches(matcher, scratch).map_err(|e| e.to_string())?;
    let mut scanned = ScannedEvent::default();
    if found.is_empty() && !options.why_not {
        return Ok(scanned);
    }
    let found = found.to_vec();
    let mut reasons = |rule: usize| event.explain(matcher, rule, &rules.rules[rule].expr, scratch).map(|v| v.reasons).unwrap_or_default();
    if options.why_not {
        for rule in (0..matcher.len()).filter(|r| found.binary_search(r).is_err()) {
            scanned.misses.push(RuleReasons { rule, reasons: reasons(rule) });
        }
    }
    for rule in found {
        scanned.matches.push(RuleReasons { rule, reasons: if options.why { reasons(rule) } else { Vec::new() } });
    }
    Ok(scanned)
}

/// Restores the order of the files.
fn collect(
    results: &Receiver<BatchResult>,
    report: &mut dyn FnMut(Result<ScannedEvent, InputProblem>) -> bool,
    progress: &(dyn Fn(&Totals) + Sync),
    stopped: &AtomicBool,
) -> Totals {
    let mut totals = Totals::default();
    let mut waiting: BTreeMap<usize, BatchResult> = BTreeMap::new();
    let mut next = 0;
    while let Ok(result) = results.recv() {
        waiting.insert(result.0, result);
        while let Some((_, scanned, problems, part)) = waiting.remove(&next) {
            next += 1;
            totals.documents += part.documents;
            totals.unreadable += part.unreadable;
            let mut go_on = true;
            for p in problems {
                go_on &= report(Err(p));
            }
            for s in scanned {
                go_on = go_on && report(Ok(s));
            }
            if !go_on {
                stopped.store(true, Ordering::Relaxed);
            }
            progress(&totals);
        }
    }
    totals
}
