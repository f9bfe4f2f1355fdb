//! Rules as events come: who is interested in each, and every run that is due by their time.

use super::{EmbeddedOptions, EmittedAlert, RunEvent, Summary};
use crate::config::Config;
use crate::engine::Engine;
use crate::lookup::{Document, lookup};
use crate::rule::RunRule;
use crate::rule_types::Event;
use crate::rules::{Broken, Files, tell_doubts};
use crate::search::embedded::Embedded;
use crate::search::hits::finish;
use crate::state::redb::{ReadFile, RedbStore, Rules};
use crate::state::{Alert, Commit, Store};
use crate::time::{after, before, parse, parse_text};
use jiff::Timestamp;
use serde_json::Value;
use sigmalert_elastalert::filter::expression;
use sigmalert_matcher::events::{EventSchema, InputProblem, ReadMark};
use sigmalert_matcher::{Matcher, Scratch};
use sigmalert_query::{Expr, simplify};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// A rule as it runs.
pub(super) struct Running {
    pub(super) rule: Arc<RunRule>,
    pub(super) engine: Engine,
    /// Whether events came since it ran.
    pub(super) dirty: bool,
    /// The end of its last run that is not written yet.
    pub(super) unwritten: Option<Commit>,
    /// Up to when an earlier process ran it: what is older is known.
    pub(super) known: Option<Timestamp>,
    pub(super) hits: u64,
    pub(super) matches: u64,
}

/// Where an event is from.
pub(super) struct Origin<'o> {
    pub(super) source: &'o str,
    /// The line, or the record.
    pub(super) position: u64,
    /// What it is known by; nothing for its place in its source.
    pub(super) id: Option<&'o str>,
    /// The rules that judged it in an earlier run; empty where none did.
    pub(super) judged: &'o [bool],
}

impl<'o> Origin<'o> {
    pub(super) fn of(source: &'o str, position: u64) -> Self {
        Self { source, position, id: None, judged: &[] }
    }

    fn is_judged(&self, rule: usize) -> bool {
        self.judged.get(rule).copied().unwrap_or(false)
    }
}

/// Who is told what happens.
pub(super) type Tell<'t> = Rc<RefCell<&'t mut dyn FnMut(RunEvent) -> bool>>;

impl Running {
    fn new(rule: Arc<RunRule>, engine: Engine) -> Self {
        Self { rule, engine, dirty: false, unwritten: None, known: None, hits: 0, matches: 0 }
    }
}

/// A place of the matcher: a rule, and which of its leaves.
type MatcherSlot = (usize, Option<usize>);

pub(super) struct Replayer<'t> {
    pub(super) rules: Vec<Running>,
    pub(super) places: Vec<MatcherSlot>,
    pub(super) matcher: Matcher,
    pub(super) scratch: Scratch,
    pub(super) search: Embedded,
    pub(super) store: Arc<dyn Store>,
    /// The same, where it is a file that the next run goes on from.
    pub(super) file: Option<Arc<RedbStore>>,
    /// Events come while rules run, and do not come again.
    pub(super) streamed: bool,
    /// Runs over events of a time that the rules are past: each rule begins anew there, and goes on where it was anyway.
    past: Option<Box<Replayer<'t>>>,
    /// Whether this is that.
    is_past: bool,
    pub(super) every: Duration,
    /// Up to when everything ran.
    pub(super) clock: Option<Timestamp>,
    /// The newest event.
    pub(super) newest: Option<Timestamp>,
    pub(super) oldest: Option<Timestamp>,
    pub(super) summary: Summary,
    pub(super) tell: Tell<'t>,
    pub(super) stopped: bool,
    /// Gathered alerts that are open: when each is due.
    pub(super) open: BTreeMap<Timestamp, HashSet<String>>,
    pub(super) fields: Vec<String>,
}

/// The first tick at or after a time: ticks are multiples of the span, so that they are the same in every run.
fn next_tick(at: Timestamp, every: Duration) -> Timestamp {
    let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX).max(1);
    let micros = at.as_microsecond();
    let ticks = micros.div_euclid(every) + i64::from(micros.rem_euclid(every) > 0);
    Timestamp::from_microsecond(ticks.saturating_mul(every)).unwrap_or(Timestamp::MAX)
}

impl<'t> Replayer<'t> {
    /// The rules of options, ready to run.
    pub(super) fn open(config: &Config, options: &EmbeddedOptions, tell: &'t mut dyn FnMut(RunEvent) -> bool) -> Result<Self, String> {
        let mut shared = crate::runner::shared(config, true);
        shared.by_content = options.state.is_some();
        let changes = Files::new(options.rules.clone()).changes(config, &shared);
        let broken = changes.broken.len();
        tell_doubts(&changes.doubts);
        for b in changes.broken {
            tell(RunEvent::Broken(b));
        }
        let store = Arc::new(match &options.state {
            Some(path) => RedbStore::open(path)?,
            None => RedbStore::in_memory()?,
        });
        let mut player = Self::new(changes.rules, config, Arc::clone(&store) as Arc<dyn Store>, Rc::new(RefCell::new(tell)))?;
        player.file = options.state.is_some().then_some(store);
        player.summary.broken = broken;
        Ok(player)
    }

    /// Runs what is left: the last run looks at all that came. Where `nobody` goes on, what is gathered is told at once. `read` is how
    /// far files were read.
    pub(super) fn end(&mut self, nobody: bool, read: &[ReadFile]) -> Result<(), String> {
        if let Some(mut past) = self.past.take() {
            past.stopped |= self.stopped;
            past.end(true, &[])?;
            self.stopped |= past.stopped;
            self.summary.matches += past.summary.matches;
            self.summary.alerts += past.summary.alerts;
            self.summary.late += past.summary.late;
        }
        if let Some(newest) = self.newest.filter(|_| !self.stopped) {
            let mut last = next_tick(newest, self.every);
            if let Some(clock) = self.clock.filter(|c| *c >= last && self.rules.iter().any(|r| r.dirty)) {
                // What came late is looked at by one more.
                last = next_tick(after(clock, Duration::from_micros(1)), self.every);
            }
            self.play(last)?;
            if nobody {
                // There is nobody left to wait for their time.
                self.gathered(Timestamp::MAX)?;
            }
        }
        if self.is_past || (self.stopped && !self.streamed) {
            // Files can be read again: nothing is known of what was not gone through.
            return Ok(());
        }
        self.write_all(if self.stopped { &[] } else { read })
    }

    fn new(rules: Vec<(Arc<RunRule>, Engine)>, config: &Config, store: Arc<dyn Store>, tell: Tell<'t>) -> Result<Self, String> {
        let (mut exprs, mut places, mut running) = (Vec::new(), Vec::new(), Vec::new());
        for (rule, engine) in rules {
            match expressions(&rule) {
                Ok(own) => {
                    let schema = rule.schema();
                    for (leaf, expr) in own {
                        exprs.push((expr, Arc::clone(&schema)));
                        places.push((running.len(), leaf));
                    }
                    running.push(Running::new(rule, engine));
                }
                Err(message) => {
                    (tell.borrow_mut())(RunEvent::Broken(Broken { file: rule.file.clone(), rule: rule.rule.name.clone(), message }));
                }
            }
        }
        Self::over(
            running,
            Matcher::with_schemas(exprs.iter().map(|(e, schema)| (e, Some(&**schema)))),
            places,
            config.run_every,
            store,
            tell,
        )
    }

    fn over(
        running: Vec<Running>,
        matcher: Matcher,
        places: Vec<MatcherSlot>,
        run_every: Duration,
        store: Arc<dyn Store>,
        tell: Tell<'t>,
    ) -> Result<Self, String> {
        let search = Embedded::new(running.iter().map(|r| &*r.rule))?;
        let mut fields: Vec<String> = Vec::new();
        for r in &running {
            if !fields.contains(&r.rule.rule.timestamp.field) {
                fields.push(r.rule.rule.timestamp.field.clone());
            }
        }
        Ok(Self {
            matcher,
            scratch: Scratch::default(),
            summary: Summary { rules: running.len(), ..Summary::default() },
            every: running.iter().map(|r| r.rule.run_every).min().unwrap_or(run_every),
            rules: running,
            places,
            search,
            store,
            file: None,
            streamed: false,
            past: None,
            is_past: false,
            clock: None,
            newest: None,
            oldest: None,
            tell,
            stopped: false,
            open: BTreeMap::new(),
            fields,
        })
    }

    /// The same rules, for events of a time that they are past.
    fn past(&mut self) -> Result<&mut Self, String> {
        if self.past.is_none() {
            let fresh = |r: &Running| Ok(Running::new(Arc::clone(&r.rule), r.engine.fresh()?));
            let running = self.rules.iter().map(fresh).collect::<Result<Vec<_>, String>>()?;
            let none: [Expr; 0] = [];
            let mut past =
                Self::over(running, Matcher::new(&none, None), Vec::new(), self.every, Arc::clone(&self.store), Rc::clone(&self.tell))?;
            past.is_past = true;
            self.past = Some(Box::new(past));
        }
        self.past.as_deref_mut().ok_or_else(|| "the past is not there".to_owned())
    }

    /// How far files were read by earlier runs.
    pub(super) fn marks(&self) -> Result<Vec<(ReadMark, Arc<Rules>)>, String> {
        self.file.as_ref().map_or_else(|| Ok(Vec::new()), |f| f.marks().map_err(|e| e.to_string()))
    }

    /// Runs up to the newest event.
    pub(super) fn play_newest(&mut self) -> Result<(), String> {
        if let Some(past) = &mut self.past
            && let Some(newest) = past.newest
        {
            past.play(newest)?;
            self.stopped |= past.stopped;
        }
        self.newest.map_or(Ok(()), |newest| self.play(newest))
    }

    /// What raw events become for the rules' mapping.
    pub(super) fn event_schema(&self) -> EventSchema {
        let named = self.rules.iter().find_map(|r| r.rule.mapping.as_deref());
        let mapping = named.and_then(|m| sigmalert_convert::mapping::Mapping::load(m).ok());
        mapping.map_or(EventSchema::Winlogbeat, |m| EventSchema::of(m.events()))
    }

    pub(super) fn load(&mut self) -> Result<(), String> {
        let names: Vec<String> = self.rules.iter().map(|r| r.rule.rule.name.clone()).collect();
        let mut known = self.store.load(&names).map_err(|e| e.to_string())?;
        for r in &mut self.rules {
            let own = known.remove(&r.rule.rule.name).unwrap_or_default();
            self.clock = self.clock.max(own.endtime);
            r.known = own.endtime;
            // Of the events' time, whatever the machine's is.
            r.engine.load(own.clone(), own.endtime.unwrap_or_default());
        }
        // What an earlier process found and did not tell.
        let left = self.store.pending(Timestamp::MIN, Timestamp::MAX).map_err(|e| e.to_string())?;
        for alert in left {
            if self.rules.iter().any(|r| r.rule.rule.name == alert.rule && r.rule.rule.aggregation.is_some()) {
                self.open.entry(alert.alert_time).or_default().insert(alert.id);
            } else {
                self.fire(&[alert])?;
            }
        }
        Ok(())
    }

    pub(super) fn problem(&mut self, p: InputProblem) {
        self.summary.unreadable += 1;
        self.stopped |= !(self.tell.borrow_mut())(RunEvent::Problem(p));
    }

    /// Hands an event to the rules that it matches.
    pub(super) fn event(&mut self, text: &[u8], origin: &Origin<'_>, options: &EmbeddedOptions) -> Result<(), String> {
        self.summary.events += 1;
        let found: Vec<usize> = match self.matcher.matches(text, &mut self.scratch) {
            Ok(f) => f.iter().copied().filter(|place| !origin.is_judged(self.places[*place].0)).collect(),
            Err(e) => {
                self.summary.events -= 1;
                let problem = InputProblem { source: origin.source.to_owned(), position: origin.position, message: e.to_string() };
                self.problem(problem);
                return Ok(());
            }
        };
        // Time goes on with every event, whether a rule is interested or not.
        let parsed: Option<Document> = if found.is_empty() { None } else { serde_json::from_slice(text).ok() };
        let at = match &parsed {
            Some(doc) => self.fields.iter().find_map(|f| lookup(doc, f).and_then(|v| parse(&v))),
            None => quick_time(text, &self.fields),
        };
        let at = at.or_else(|| {
            let doc: Document = serde_json::from_slice(text).ok()?;
            self.fields.iter().find_map(|f| lookup(&doc, f).and_then(|v| parse(&v)))
        });
        let Some(at) = at else {
            if !found.is_empty() {
                self.summary.timeless += 1;
                if self.summary.timeless <= 5 {
                    let message = format!("the event has no time in {}: it matches and cannot be counted", self.fields.join(", "));
                    let problem = InputProblem { source: origin.source.to_owned(), position: origin.position, message };
                    (self.tell.borrow_mut())(RunEvent::Problem(problem));
                }
            }
            return Ok(());
        };
        if options.start.is_some_and(|s| at <= s) || options.end.is_some_and(|e| at > e) {
            return Ok(());
        }
        self.passed(at);
        let Some(mut doc) = parsed else { return Ok(()) };
        doc.entry("_index").or_insert_with(|| origin.source.into());
        doc.entry("_id").or_insert_with(|| match origin.id {
            Some(id) => id.into(),
            None => format!("{}:{}", origin.source, origin.position).into(),
        });
        for place in found {
            let (index, leaf) = self.places[place];
            let rule = Arc::clone(&self.rules[index].rule);
            let Some(own) = lookup(&doc, &rule.rule.timestamp.field).and_then(|v| rule.form.parse(&v)) else {
                self.summary.timeless += 1;
                continue;
            };
            let mut own_doc = doc.clone();
            finish(&rule, &mut own_doc, own);
            self.rules[index].hits += 1;
            self.take(index, leaf, Event { at: own, doc: Arc::new(own_doc) })?;
        }
        Ok(())
    }

    fn passed(&mut self, at: Timestamp) {
        self.newest = self.newest.max(Some(at));
        self.oldest = Some(self.oldest.map_or(at, |o| o.min(at)));
    }

    /// Takes what matched a rule. What is older than the rule looks back is judged by itself, as far as the rule's type can.
    fn take(&mut self, index: usize, leaf: Option<usize>, event: Event) -> Result<(), String> {
        let running = &mut self.rules[index];
        if running.engine.endtime().is_none_or(|e| event.at > before(e, running.rule.buffer_time)) {
            running.dirty = true;
            self.search.add(&running.rule.rule.name, leaf, event);
            return Ok(());
        }
        if self.is_past || !running.engine.judges_alone() {
            self.summary.late += 1;
            return Ok(());
        }
        let past = self.past()?;
        past.passed(event.at);
        past.rules[index].hits += 1;
        past.take(index, leaf, event)
    }

    /// Runs every tick up to a time.
    pub(super) fn play(&mut self, until: Timestamp) -> Result<(), String> {
        let Some(oldest) = self.oldest else { return Ok(()) };
        let mut tick = match self.clock {
            Some(c) => next_tick(after(c, Duration::from_micros(1)), self.every),
            None => next_tick(oldest, self.every),
        };
        while tick <= until && !self.stopped {
            let now = tick;
            let ticking = self.rules.iter().any(|r| self.ticks(r));
            for at in 0..self.rules.len() {
                let r = &self.rules[at];
                let wanted = self.ticks(r) || (r.dirty && self.search.next(&r.rule, Timestamp::MIN).is_some_and(|n| n <= now));
                if wanted {
                    self.run_rule(at, now)?;
                }
            }
            self.clock = Some(now);
            self.gathered(now)?;
            tick = after(now, self.every);
            if !ticking {
                // Nothing happens before the next event.
                let next = self.rules.iter().filter(|r| r.dirty).filter_map(|r| self.search.next(&r.rule, now)).min();
                match next {
                    Some(n) => tick = tick.max(next_tick(n, self.every)),
                    None => break,
                }
            }
        }
        // Ticks without events need not be gone through again.
        if !self.stopped && !self.rules.iter().any(|r| self.ticks(r) || r.dirty) {
            let passed = before(next_tick(until, self.every), self.every);
            self.clock = self.clock.max(Some(passed.min(until)));
        }
        Ok(())
    }

    /// Whether a rule is run even where nothing came.
    fn ticks(&self, r: &Running) -> bool {
        r.engine.ticks() && (!self.is_past || (r.engine.judges_alone() && r.hits > 0))
    }

    /// Whether something is to be written.
    pub(super) fn is_unwritten(&self) -> bool {
        self.rules.iter().any(|r| r.unwritten.is_some())
    }

    fn run_rule(&mut self, at: usize, now: Timestamp) -> Result<(), String> {
        // One run goes through so many spans and no more: a gap of months takes several.
        let mut done = self.run_once(at, now)?;
        while let Some(until) = done.filter(|d| *d < before(now, self.rules[at].rule.rule.query_delay) && !self.stopped) {
            done = self.run_once(at, now)?.filter(|d| *d > until);
        }
        Ok(())
    }

    /// Runs a rule; returns up to when it came.
    fn run_once(&mut self, at: usize, now: Timestamp) -> Result<Option<Timestamp>, String> {
        let running = &mut self.rules[at];
        let rule = Arc::clone(&running.rule);
        let end = before(now, rule.rule.query_delay);
        let reach = before(end, rule.buffer_time.max(rule.run_every));
        let from = match running.engine.endtime() {
            // The first run begins with the first event, however long before that is.
            None => Some(self.search.next(&rule, Timestamp::MIN).map_or(reach, |first| before(first, Duration::from_micros(1)).min(reach))),
            // Where nothing was for long, nothing need be gone through: only what came since then.
            Some(previous) if previous < reach && !running.engine.ticks() => {
                let first = self.search.next(&rule, before(previous, rule.buffer_time)).unwrap_or(reach);
                Some(before(first, Duration::from_micros(1)).min(reach))
            }
            Some(_) => None,
        };
        running.dirty = self.search.next(&rule, end).is_some();
        let Some(window) = running.engine.plan(end, from, after(now, Duration::from_micros(1))) else { return Ok(None) };
        running.engine.learn(&self.search, window.start).map_err(|e| e.to_string())?;
        let done = running.engine.search(&self.search, &window).map_err(|e| e.to_string())?;
        let keys = running.engine.silence_keys();
        // Silences of a later time say nothing of the past.
        let silences =
            if keys.is_empty() || self.is_past { HashMap::new() } else { self.store.silences(&keys).map_err(|e| e.to_string())? };
        let mut commit = running.engine.conclude(&window, done, now, Duration::ZERO, &silences, &self.search);
        let matches = running.engine.tally().matches;
        running.matches += matches;
        self.summary.matches += matches;
        let keep = rule.buffer_time.max(rule.rule.timeframe.unwrap_or_default().saturating_mul(2)).max(Duration::from_secs(600));
        self.search.forget(&rule.rule.name, rule.members.len(), before(end, keep + rule.rule.query_delay));
        if self.is_past {
            (commit.memory, commit.silences) = (None, Vec::new());
        } else if commit.alerts.is_empty() && commit.silences.is_empty() {
            // Written with the next that says something, or at the end.
            running.unwritten = Some(commit);
            return Ok(Some(done));
        } else if self.file.is_some() && !self.streamed {
            // What a rule remembers is written together with how far files were read: whoever is killed before that goes through them
            // again, and alerts that are there by then are known by their ids.
            let memory = commit.memory.take();
            running.unwritten = Some(Commit { memory, alerts: Vec::new(), silences: Vec::new(), ..commit.clone() });
        } else {
            running.unwritten = None;
        }
        if commit.alerts.is_empty() && commit.silences.is_empty() {
            return Ok(Some(done));
        }
        let result = self.store.commit(std::slice::from_mut(&mut commit)).pop();
        if let Some(Err(e)) = result {
            return Err(e.to_string());
        }
        for alert in commit.alerts {
            if rule.rule.aggregation.is_some() {
                if alert.aggregate_id.is_none() {
                    self.open.entry(alert.alert_time).or_default().insert(alert.id);
                }
            } else {
                self.fire(&[alert])?;
            }
        }
        Ok(Some(done))
    }

    /// Tells gathered alerts whose time has come.
    fn gathered(&mut self, now: Timestamp) -> Result<(), String> {
        if self.open.first_key_value().is_none_or(|(at, _)| *at > now) {
            return Ok(());
        }
        let due = self.store.pending(Timestamp::MIN, now).map_err(|e| e.to_string())?;
        for first in due {
            let known = self.open.get_mut(&first.alert_time).is_some_and(|ids| ids.remove(&first.id));
            if known {
                let mut all = vec![first];
                all.extend(self.store.members(&all[0].id, usize::MAX).map_err(|e| e.to_string())?);
                self.fire(&all)?;
            }
        }
        self.open.retain(|at, ids| *at > now && !ids.is_empty());
        Ok(())
    }

    /// Tells an alert, and notes that it was told.
    fn fire(&mut self, alerts: &[Alert]) -> Result<(), String> {
        let Some(first) = alerts.first() else { return Ok(()) };
        let Some(rule) = self.rules.iter().find(|r| r.rule.rule.name == first.rule).map(|r| Arc::clone(&r.rule)) else { return Ok(()) };
        let docs: Vec<Document> = alerts.iter().map(|a| a.body.clone()).collect();
        let fired = EmittedAlert {
            rule: first.rule.clone(),
            rule_type: rule.rule.kind.name().to_owned(),
            alert_id: first.id.clone(),
            text: crate::alerters::preview(&rule, &docs, &first.id),
            matches: docs.into_iter().map(Value::Object).collect(),
        };
        self.summary.alerts += 1;
        self.stopped |= !(self.tell.borrow_mut())(RunEvent::Alert(Box::new(fired)));
        if self.stopped {
            return Ok(());
        }
        let sent: Vec<Alert> = alerts.iter().cloned().map(|a| Alert { sent: true, ..a }).collect();
        self.store.update(&sent).map_err(|e| e.to_string())
    }

    /// Writes what rules remember.
    pub(super) fn write_all(&mut self, read: &[ReadFile]) -> Result<(), String> {
        let commits: Vec<Commit> = self.rules.iter_mut().filter_map(|r| r.unwritten.take()).collect();
        let Some(file) = &self.file else { return Ok(()) };
        let names: Vec<String> = self.rules.iter().map(|r| r.rule.rule.name.clone()).collect();
        let oldest = self.rules.iter().filter_map(|r| r.engine.endtime()).min();
        file.finish(&commits, &names, read, oldest).map_err(|e| e.to_string())
    }
}

/// What a rule's events match: of a correlation each of its rules.
fn expressions(rule: &RunRule) -> Result<Vec<(Option<usize>, Expr)>, String> {
    if let Some((pipe, _)) = &rule.pipe {
        return Err(format!("{pipe:?} is carried out by Elasticsearch only"));
    }
    let schema = rule.schema();
    let all = |filters: &[Value]| -> Result<Expr, String> {
        let own = filters.iter().map(|f| expression(f, &schema)).collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())?;
        let expr = simplify(Expr::And(own));
        Ok(if rule.case_insensitive { expr.without_case() } else { expr })
    };
    if let sigmalert_elastalert::RuleType::PercentageMatch { filter, .. } = &rule.rule.kind {
        for f in filter {
            expression(f, &schema).map_err(|e| format!("`match_bucket_filter`: {e}"))?;
        }
    }
    if let sigmalert_elastalert::RuleType::Correlation(spec) = &rule.rule.kind {
        return spec.leaves().iter().enumerate().map(|(at, (_, filter))| Ok((Some(at), all(filter)?))).collect();
    }
    Ok(vec![(None, all(&rule.rule.filter)?)])
}

/// The time of an event that no rule matched, without reading all of it; nothing where it takes more than a look.
fn quick_time(text: &[u8], fields: &[String]) -> Option<Timestamp> {
    for field in fields {
        let key = format!("\"{field}\"");
        let at = memchr::memmem::find(text, key.as_bytes())? + key.len();
        let rest = text.get(at..at + 60.min(text.len() - at))?;
        let rest = std::str::from_utf8(rest).ok()?.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        if let Some(t) = rest.split('"').next().and_then(parse_text) {
            return Some(t);
        }
    }
    None
}
