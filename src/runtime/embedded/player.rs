//! Rules as events come: who is interested in each, and every run that is due by their time.

use super::{EmbeddedOptions, Fired, Happened, Summary};
use crate::event::Shape;
use crate::event::source::Problem;
use crate::matcher::{Matcher, Scratch};
use crate::query::{Expr, simplify};
use crate::runtime::config::Config;
use crate::runtime::engine::Engine;
use crate::runtime::lookup::{Document, lookup};
use crate::runtime::meaning;
use crate::runtime::rule::RunRule;
use crate::runtime::rules::{Broken, Files};
use crate::runtime::ruletype::{CorrelationSpec, Event};
use crate::runtime::search::embedded::Embedded;
use crate::runtime::search::hits::finish;
use crate::runtime::state::redb::File;
use crate::runtime::state::{Alert, Commit, Store};
use crate::runtime::time::{after, before, parse, parse_text};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
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

/// A place of the matcher: a rule, and which of its leaves.
type Place = (usize, Option<usize>);

pub(super) struct Player<'t> {
    pub(super) rules: Vec<Running>,
    pub(super) places: Vec<Place>,
    pub(super) matcher: Matcher,
    pub(super) scratch: Scratch,
    pub(super) search: Embedded,
    pub(super) store: Arc<dyn Store>,
    pub(super) every: Duration,
    /// Up to when everything ran.
    pub(super) clock: Option<Timestamp>,
    /// The newest event.
    pub(super) newest: Option<Timestamp>,
    pub(super) oldest: Option<Timestamp>,
    pub(super) summary: Summary,
    pub(super) tell: &'t mut dyn FnMut(Happened) -> bool,
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

impl<'t> Player<'t> {
    /// The rules of options, ready to run.
    pub(super) fn open(config: &Config, options: &EmbeddedOptions, tell: &'t mut dyn FnMut(Happened) -> bool) -> Result<Self, String> {
        let shared = crate::runtime::runner::shared(config, true);
        let changes = Files::new(options.rules.clone()).changes(config, &shared);
        let broken = changes.broken.len();
        for b in changes.broken {
            tell(Happened::Broken(b));
        }
        let store: Arc<dyn Store> = match &options.state {
            Some(path) => Arc::new(File::open(path)?),
            None => Arc::new(File::in_memory()?),
        };
        let mut player = Self::new(changes.rules, config, store, tell)?;
        player.summary.broken = broken;
        Ok(player)
    }

    /// Runs what is left: the last run looks at all that came. Where `nobody` goes on, what is gathered is told at once.
    pub(super) fn end(&mut self, nobody: bool) -> Result<(), String> {
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
        self.write_all()
    }

    fn new(
        rules: Vec<(Arc<RunRule>, Engine)>,
        config: &Config,
        store: Arc<dyn Store>,
        tell: &'t mut dyn FnMut(Happened) -> bool,
    ) -> Result<Self, String> {
        let (mut exprs, mut places, mut running) = (Vec::new(), Vec::new(), Vec::new());
        for (rule, engine) in rules {
            match expressions(&rule) {
                Ok(own) => {
                    for (leaf, expr) in own {
                        exprs.push(expr);
                        places.push((running.len(), leaf));
                    }
                    running.push(Running { rule, engine, dirty: false, unwritten: None, known: None, hits: 0, matches: 0 });
                }
                Err(message) => {
                    tell(Happened::Broken(Broken { file: rule.file.clone(), message }));
                }
            }
        }
        let search = Embedded::new(running.iter().map(|r| &*r.rule))?;
        let mut fields: Vec<String> = Vec::new();
        for r in &running {
            if !fields.contains(&r.rule.rule.timestamp.field) {
                fields.push(r.rule.rule.timestamp.field.clone());
            }
        }
        Ok(Self {
            matcher: Matcher::new(&exprs, None),
            scratch: Scratch::default(),
            summary: Summary { rules: running.len(), ..Summary::default() },
            every: running.iter().map(|r| r.rule.run_every).min().unwrap_or(config.run_every),
            rules: running,
            places,
            search,
            store,
            clock: None,
            newest: None,
            oldest: None,
            tell,
            stopped: false,
            open: BTreeMap::new(),
            fields,
        })
    }

    /// What raw events become for the rules' mapping.
    pub(super) fn shape(&self) -> Shape {
        let named = self.rules.iter().find_map(|r| r.rule.mapping.as_deref());
        let mapping = named.and_then(|m| crate::mapping::Mapping::load(m).ok());
        mapping.map_or(Shape::Winlogbeat, |m| Shape::of(&m))
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

    pub(super) fn problem(&mut self, p: Problem) {
        self.summary.unreadable += 1;
        self.stopped |= !(self.tell)(Happened::Problem(p));
    }

    /// Hands an event to the rules that it matches.
    pub(super) fn event(&mut self, text: &[u8], source: &str, position: u64, options: &EmbeddedOptions) {
        self.summary.events += 1;
        let found: Vec<usize> = match self.matcher.matches(text, &mut self.scratch) {
            Ok(f) => f.to_vec(),
            Err(e) => {
                self.summary.events -= 1;
                let problem = Problem { source: source.to_owned(), position, message: e.to_string() };
                self.problem(problem);
                return;
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
                    (self.tell)(Happened::Problem(Problem { source: source.to_owned(), position, message }));
                }
            }
            return;
        };
        if options.start.is_some_and(|s| at <= s) || options.end.is_some_and(|e| at > e) {
            return;
        }
        self.newest = self.newest.max(Some(at));
        self.oldest = Some(self.oldest.map_or(at, |o| o.min(at)));
        let Some(mut doc) = parsed else { return };
        doc.entry("_index").or_insert_with(|| source.into());
        doc.entry("_id").or_insert_with(|| format!("{source}:{position}").into());
        for place in found {
            let (index, leaf) = self.places[place];
            let running = &mut self.rules[index];
            let rule = &running.rule;
            let Some(own) = lookup(&doc, &rule.rule.timestamp.field).and_then(|v| rule.form.parse(&v)) else {
                self.summary.timeless += 1;
                continue;
            };
            let late = running.engine.endtime().is_some_and(|e| own <= before(e, rule.buffer_time));
            if late {
                self.summary.late += u64::from(running.known.is_none_or(|k| own > k));
                continue;
            }
            let mut own_doc = doc.clone();
            finish(rule, &mut own_doc, own);
            running.dirty = true;
            running.hits += 1;
            self.search.add(&rule.rule.name, leaf, Event { at: own, doc: Arc::new(own_doc) });
        }
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
            let ticking = self.rules.iter().any(|r| r.engine.ticks());
            for at in 0..self.rules.len() {
                let r = &self.rules[at];
                let wanted = r.engine.ticks() || (r.dirty && self.search.next(&r.rule, Timestamp::MIN).is_some_and(|n| n <= now));
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
        if !self.stopped && !self.rules.iter().any(|r| r.engine.ticks() || r.dirty) {
            let passed = before(next_tick(until, self.every), self.every);
            self.clock = self.clock.max(Some(passed.min(until)));
        }
        Ok(())
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
            None => Some(reach),
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
        let silences = if keys.is_empty() { HashMap::new() } else { self.store.silences(&keys).map_err(|e| e.to_string())? };
        let mut commit = running.engine.conclude(&window, done, now, Duration::ZERO, &silences, &self.search);
        let matches = running.engine.tally().matches;
        running.matches += matches;
        self.summary.matches += matches;
        let keep = rule.buffer_time.max(rule.rule.timeframe.unwrap_or_default().saturating_mul(2)).max(Duration::from_secs(600));
        self.search.forget(&rule.rule.name, rule.members.len(), before(end, keep + rule.rule.query_delay));
        if commit.alerts.is_empty() && commit.silences.is_empty() {
            // Written with the next that says something, or at the end.
            running.unwritten = Some(commit);
            return Ok(Some(done));
        }
        running.unwritten = None;
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
        let fired = Fired {
            rule: first.rule.clone(),
            rule_type: rule.rule.kind.name().to_owned(),
            alert_id: first.id.clone(),
            text: crate::runtime::alert::preview(&rule, &docs, &first.id),
            matches: docs.into_iter().map(Value::Object).collect(),
        };
        self.summary.alerts += 1;
        self.stopped |= !(self.tell)(Happened::Alert(Box::new(fired)));
        if self.stopped {
            return Ok(());
        }
        let sent: Vec<Alert> = alerts.iter().cloned().map(|a| Alert { sent: true, ..a }).collect();
        self.store.update(&sent).map_err(|e| e.to_string())
    }

    fn write_all(&mut self) -> Result<(), String> {
        let mut commits: Vec<Commit> = self.rules.iter_mut().filter_map(|r| r.unwritten.take()).collect();
        match self.store.commit(&mut commits).into_iter().find_map(Result::err) {
            Some(e) => Err(e.to_string()),
            None => Ok(()),
        }
    }
}

/// What a rule's events match: of a correlation each of its rules.
fn expressions(rule: &RunRule) -> Result<Vec<(Option<usize>, Expr)>, String> {
    if let Some((pipe, _)) = &rule.pipe {
        return Err(format!("{pipe:?} is carried out by Elasticsearch only"));
    }
    let schema = meaning::schema(rule.mapping.as_deref());
    let all = |filters: &[Value]| -> Result<Expr, String> {
        let own = filters.iter().map(|f| meaning::expression(f, &schema)).collect::<Result<Vec<_>, _>>()?;
        let expr = simplify(Expr::And(own));
        Ok(if rule.case_insensitive { expr.without_case() } else { expr })
    };
    if let crate::rule::typed::Kind::Correlation(body) = &rule.rule.kind {
        let spec = CorrelationSpec::parse(body, rule.rule.timeframe.unwrap_or_default())?;
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
