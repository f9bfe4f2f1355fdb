//! One rule as it runs: which time it asks for, what it has seen, what it does with matches.
//!
//! A run has three steps, so that rules that fall due together share their requests: [`Engine::plan`] says what to ask,
//! [`Engine::take`] takes the answers, [`Engine::conclude`] makes a [`Commit`] of the matches. Nothing of it is final before the
//! commit is taken ([`Engine::settled`]).

mod matches;
mod window;

pub(crate) use window::Window;

use super::lookup::Document;
use super::rule::{QueryMode, RunRule};
use super::rule_types::{self, Event, RuleEvaluator};
use super::search::{Answer, Failure, Request, Search};
use super::state::{Commit, CommitError, Memory, RuleState, Silenced, Version};
use super::time::{before, iso};
use indexmap::IndexMap;
use jiff::Timestamp;
use rustc_hash::FxHasher;
use serde_json::json;
use sigmalert_support::units::DAY;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// How many documents that were seen are remembered across a restart. Beyond, a restart reads on from where it stopped, as
/// ElastAlert does.
const MAX_SEEN: usize = 50_000;

/// What all rules have in common.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub run_every: Duration,
    pub old_query_limit: Duration,
    /// Metadata of rules in alerts (`add_metadata_alert`).
    pub metadata: bool,
    /// ElastAlert's ways where they lose something.
    pub compat: bool,
    /// Whether what rules learnt of old values is remembered, since no index has it.
    pub remember_terms: bool,
    /// Whether matches are judged by their own time and not by when they are found: over events with no server.
    pub event_time: bool,
    /// Whether ids of events come from their content, wherever that is read.
    pub by_content: bool,
}

/// What a run did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub hits: u64,
    /// Of them seen by an earlier run.
    pub seen: u64,
    pub matches: u64,
    pub silenced: u64,
    pub alerts: u64,
}

/// See the module.
pub(crate) struct Engine {
    pub rule: Arc<RunRule>,
    shared: Shared,
    kind: Box<dyn RuleEvaluator>,
    /// Whether state was loaded.
    loaded: bool,
    /// Whether old values were learnt.
    learnt: bool,
    /// The window was chosen once.
    started: bool,
    /// Nothing before this is asked.
    minimum: Option<Timestamp>,
    /// Up to when it ran.
    previous: Option<Timestamp>,
    /// The run before was in another process, which may have missed what was indexed late.
    resumed: bool,
    seen: IndexMap<u64, i64>,
    /// Open aggregations by key: the first alert's id and when they are sent.
    open: IndexMap<Option<String>, (String, Timestamp)>,
    silenced: HashMap<String, Silenced>,
    version: Option<Version>,
    /// Of the memory written last.
    written: Option<u64>,
    /// A commit that was not taken.
    held: Option<Commit>,
    tally: Tally,
    /// Up to when this run goes.
    target: Timestamp,
    /// What makes what the rule remembers worthless when it changes: its type and options, and what it asks.
    signature: String,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("rule", &self.rule.rule.name).finish_non_exhaustive()
    }
}

impl Engine {
    /// A rule that did not run yet.
    ///
    /// # Errors
    /// When its options contradict each other. The message says what is wrong.
    pub fn new(rule: Arc<RunRule>, shared: Shared) -> Result<Self, String> {
        let kind = rule_types::build(&rule)?;
        let signature = signature(&rule);
        Ok(Self {
            rule,
            shared,
            kind,
            loaded: false,
            learnt: false,
            started: false,
            minimum: None,
            previous: None,
            resumed: false,
            seen: IndexMap::new(),
            open: IndexMap::new(),
            silenced: HashMap::new(),
            version: None,
            written: None,
            held: None,
            tally: Tally::default(),
            target: Timestamp::MIN,
            signature,
        })
    }

    /// Whether its state is to be loaded before it runs.
    pub fn wants_state(&self) -> bool {
        !self.loaded
    }

    /// Whether runs without events can match.
    pub fn ticks(&self) -> bool {
        self.kind.ticks() || self.rule.query_mode() != QueryMode::Hits
    }

    /// Whether it can judge events of an older time by themselves: what it finds in them is so whatever came before and after.
    pub fn judges_alone(&self) -> bool {
        use sigmalert_elastalert::RuleType;
        match self.rule.rule.kind {
            RuleType::Any | RuleType::Blacklist { .. } | RuleType::Whitelist { .. } | RuleType::Correlation(_) => true,
            RuleType::Frequency { .. } | RuleType::Cardinality { .. } => self.rule.query_mode() == QueryMode::Hits && !self.kind.ticks(),
            _ => false,
        }
    }

    /// One of the same rule that has seen nothing.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn fresh(&self) -> Result<Self, String> {
        Self::new(Arc::clone(&self.rule), self.shared.clone())
    }

    /// Up to when it ran.
    pub fn endtime(&self) -> Option<Timestamp> {
        self.previous
    }

    /// Takes up what is known from earlier runs.
    pub fn load(&mut self, known: RuleState, now: Timestamp) {
        self.loaded = true;
        self.version = known.version;
        // What lies too far back is no place to go on from.
        let old = known.endtime.is_some_and(|e| e < before(now, self.shared.old_query_limit));
        if old {
            tracing::info!(rule = self.rule.rule.name, endtime = %known.endtime.unwrap_or_default(), "the last run is too old to go on from");
            return;
        }
        let Some(endtime) = known.endtime else { return };
        self.previous = Some(endtime);
        match known.memory.filter(|m| m.kind == self.signature) {
            Some(memory) => {
                self.started = true;
                // What was read is known by content, and does not come again.
                self.resumed = memory.seen.len() < MAX_SEEN || self.shared.by_content;
                self.minimum = memory.minimum.or(if self.resumed { None } else { Some(endtime) });
                self.seen = memory.seen.into_iter().collect();
                self.open =
                    memory.open.into_iter().filter_map(|(key, id, at)| Some((key, (id, Timestamp::from_microsecond(at).ok()?)))).collect();
                if !memory.state.is_null()
                    && let Err(e) = self.kind.restore(memory.state)
                {
                    tracing::warn!(rule = self.rule.rule.name, "what the rule remembered cannot be read, it begins anew: {e}");
                }
            }
            None if known.ours => {
                self.started = true;
                self.resumed = true;
            }
            // ElastAlert ran it, and remembers no more than where it stopped.
            None if !self.rule.options.flag("scan_entire_timeframe", false) => {
                self.started = true;
                self.minimum = Some(endtime);
            }
            None => {}
        }
    }

    /// The state of the rule before its file was changed.
    pub fn take_over(&mut self, old: &mut Self) {
        self.loaded = old.loaded;
        self.started = old.started;
        self.minimum = old.minimum;
        self.previous = old.previous;
        self.resumed = old.resumed;
        self.seen = std::mem::take(&mut old.seen);
        self.open = std::mem::take(&mut old.open);
        self.silenced = std::mem::take(&mut old.silenced);
        self.version = old.version;
        self.held = old.held.take();
        // ElastAlert begins to count anew at every change; here only a changed detection does.
        if self.signature == old.signature {
            let state = old.kind.save();
            if state.is_null() || self.kind.restore(state).is_ok() {
                self.learnt = old.learnt;
            }
        }
    }

    /// A commit that has still to be taken.
    pub fn held(&self) -> Option<&Commit> {
        self.held.as_ref()
    }

    /// Learns the values that fields had before, once.
    pub fn learn(&mut self, search: &dyn Search, until: Timestamp) -> Result<(), Failure> {
        if self.learnt {
            return Ok(());
        }
        let Some(fields) = self.kind.baseline().map(<[_]>::to_vec) else {
            self.learnt = true;
            return Ok(());
        };
        let sigmalert_elastalert::RuleType::NewTerm { terms_window_size, window_step_size, .. } = self.rule.rule.kind else {
            return Ok(());
        };
        let end = match self.previous {
            // What came since then was judged, and is known.
            Some(p) => super::time::after(p, Duration::from_millis(1)),
            None => self.rule.options.get("start_date").and_then(super::time::parse).unwrap_or(until),
        };
        let steps = window::steps(before(end, terms_window_size), end, window_step_size);
        for (at, names) in fields.iter().enumerate() {
            let mut count = 0u64;
            let kind = &mut self.kind;
            search.values(&self.rule, names, &steps, &mut |values| {
                count += 1;
                kind.learn(at, &mut std::iter::once(values));
            })?;
            tracing::info!(rule = self.rule.rule.name, fields = names.join(","), values = count, "old values learnt");
        }
        self.learnt = true;
        Ok(())
    }

    /// The requests of a span. With `partial`, shards that do not answer are done without.
    pub fn requests(rule: &RunRule, span: (Timestamp, Timestamp), offset: i64, partial: bool) -> Vec<Request<'_>> {
        let request = |leaf| Request { rule, start: span.0, end: span.1, leaf, offset, partial };
        match rule.query_mode() {
            QueryMode::Members => (0..rule.members.len()).map(|leaf| request(Some(leaf))).collect(),
            _ => vec![request(None)],
        }
    }

    /// Takes the answers to the requests of a span. Returns up to when it was searched.
    pub fn take(
        &mut self,
        search: &dyn Search,
        span: (Timestamp, Timestamp),
        answers: Vec<Result<Answer, Failure>>,
        partial: bool,
    ) -> Result<Timestamp, Failure> {
        let rule = Arc::clone(&self.rule);
        let requests = Self::requests(&rule, span, 0, partial);
        let mut until = span.1;
        for (request, answer) in requests.iter().zip(answers) {
            match answer? {
                Answer::Hits { events, total, more } => {
                    self.tally.hits += total;
                    if more {
                        let engine = &mut *self;
                        let end = search.pages(request, &mut |page| engine.add(request.leaf, page))?;
                        until = until.min(end);
                    } else {
                        self.add(request.leaf, events);
                    }
                }
                Answer::Count(n) => {
                    self.tally.hits += n;
                    self.kind.count(span.1, n);
                }
                Answer::Terms(buckets) => {
                    self.tally.hits += buckets.len() as u64;
                    self.kind.terms(span.1, &buckets);
                }
                Answer::Aggregation { payload, hits } => {
                    self.tally.hits += hits;
                    self.kind.aggregation(span.1, &payload);
                }
            }
        }
        if until < span.1 {
            // The next run goes on there, and not at the same first pages again.
            self.minimum = Some(until);
        }
        // The last span of an aggregation is followed by the next at once.
        if self.rule.query_mode() != QueryMode::Aggregation || span.1 < self.target {
            self.kind.collect(until);
        }
        Ok(until)
    }

    /// QueryMode for a window, span by span. Returns up to when it was searched.
    pub fn search(&mut self, search: &dyn Search, window: &Window) -> Result<Timestamp, Failure> {
        let rule = Arc::clone(&self.rule);
        let mut until = window.start;
        for span in &window.spans {
            let answers = search.ask(&Self::requests(&rule, *span, window.offset, false));
            until = self.take(search, *span, answers, false)?;
        }
        Ok(until)
    }

    /// Passes on the events that were not seen.
    fn add(&mut self, leaf: Option<usize>, events: Vec<Event>) {
        let all = events.len() as u64;
        let fresh: Vec<Event> = events
            .into_iter()
            .filter(|e| self.seen.insert(key(leaf, &e.doc, self.shared.by_content), e.at.as_microsecond()).is_none())
            .collect();
        self.tally.seen += all - fresh.len() as u64;
        if fresh.is_empty() {
            return;
        }
        match leaf {
            Some(leaf) => self.kind.member_events(leaf, &fresh),
            None => self.kind.events(&fresh),
        }
    }

    /// What a run did so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The status document of a run, in ElastAlert's layout.
    fn status(&self, window: &Window, end: Timestamp, now: Timestamp, taken: Duration) -> serde_json::Value {
        json!({
            "rule_name": self.rule.rule.name, "endtime": iso(end), "starttime": iso(window.start), "matches": self.tally.matches,
            "hits": self.tally.hits, "@timestamp": iso(now), "time_taken": taken.as_secs_f64(),
        })
    }

    fn memory(&self, endtime: Timestamp) -> Memory {
        let state = if self.kind.baseline().is_some() && !self.shared.remember_terms { serde_json::Value::Null } else { self.kind.save() };
        let skip = self.seen.len().saturating_sub(MAX_SEEN);
        Memory {
            endtime: Some(endtime),
            minimum: self.minimum,
            state,
            seen: self.seen.iter().skip(skip).map(|(k, v)| (*k, *v)).collect(),
            open: self.open.iter().map(|(k, (id, at))| (k.clone(), id.clone(), at.as_microsecond())).collect(),
            kind: self.signature.clone(),
        }
    }

    /// Forgets documents that no run asks for again, and aggregations that were sent.
    fn forget(&mut self, end: Timestamp, now: Timestamp) {
        let reach = self
            .rule
            .buffer_time
            .max(self.rule.rule.timeframe.filter(|_| self.rule.options.flag("scan_entire_timeframe", false)).unwrap_or_default());
        let old = before(end, reach + self.rule.rule.query_delay).as_microsecond();
        // After a gap, older documents than these are asked for once more.
        let reached = self.previous.map_or(old, |p| p.as_microsecond().min(old) - i64::try_from(reach.as_micros()).unwrap_or(0));
        let from = if self.resumed { reached } else { old };
        self.seen.retain(|_, at| *at >= from);
        self.open.retain(|_, (_, at)| *at > now);
        self.silenced.retain(|_, s| s.until > before(now, Duration::from_secs(DAY)));
    }

    /// The commit was taken, or not. Returns whether its alerts are there to be sent.
    pub fn settled(&mut self, commit: Commit, result: Result<Option<Version>, CommitError>) -> bool {
        match result {
            Ok(version) => {
                self.version = version;
                self.held = None;
                true
            }
            Err(CommitError::Unpublished(version, _)) => {
                self.version = version;
                self.held = Some(Commit { memory: None, version, ..commit });
                false
            }
            Err(CommitError::Failed(e)) => {
                tracing::debug!(rule = self.rule.rule.name, "the end of a run is held back: {e}");
                self.held = Some(commit);
                false
            }
            Err(CommitError::Lost) => {
                tracing::info!(rule = self.rule.rule.name, "another instance ran the rule in the meantime: its state is read again");
                self.reset();
                false
            }
        }
    }

    /// Begins anew, with state to be loaded.
    pub fn reset(&mut self) {
        if let Ok(fresh) = Self::new(Arc::clone(&self.rule), self.shared.clone()) {
            *self = fresh;
        }
    }
}

/// See [`Engine::signature`].
fn signature(rule: &RunRule) -> String {
    let mut h = FxHasher::default();
    format!("{:?}{:?}{:?}{:?}", rule.rule.kind, rule.rule.filter, rule.rule.query_key, rule.rule.index).hash(&mut h);
    format!("{:016x}", h.finish())
}

/// What a document is known by.
fn key(leaf: Option<usize>, doc: &Document, by_content: bool) -> u64 {
    let mut h = FxHasher::default();
    leaf.hash(&mut h);
    match doc.get("_id").and_then(serde_json::Value::as_str) {
        Some(id) => {
            id.hash(&mut h);
            if !by_content {
                doc.get("_index").and_then(serde_json::Value::as_str).hash(&mut h);
            }
        }
        None => serde_json::to_string(doc).unwrap_or_default().hash(&mut h),
    }
    h.finish()
}
