//! Rules over files or a stream of events, with no server: time is what the events say it is.
//!
//! Every rule runs whenever `run_every` of the events' time has gone by, over what it matched, as it would over an index;
//! a rule for which nothing can have changed is left out.

use super::config::Config;
use super::engine::Engine;
use super::lookup::{Document, lookup};
use super::meaning;
use super::rule::RunRule;
use super::rules::{Broken, Files};
use super::ruletype::Event;
use super::search::embedded::Embedded;
use super::search::hits::finish;
use super::state::redb::File;
use super::state::{Alert, Commit, Store};
use super::time::{after, before};
use crate::event::Shape;
use crate::event::source::{Batch, Problem, Source, discover, document};
use crate::matcher::{Matcher, Scratch};
use crate::query::{Expr, simplify};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What to run over what.
#[derive(Debug, Clone, Default)]
pub struct EmbeddedOptions {
    /// Rule files, or folders of them.
    pub rules: Vec<PathBuf>,
    /// Files of events, folders of them, or `-` for standard input.
    pub events: Vec<PathBuf>,
    /// Where state is kept; nothing to begin anew.
    pub state: Option<PathBuf>,
    /// What raw Windows events become; nothing for what the rules' mapping says.
    pub shape: Option<Shape>,
    /// Events before this are passed over.
    pub start: Option<Timestamp>,
    /// Events after this are passed over.
    pub end: Option<Timestamp>,
}

/// An alert of such a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Fired {
    /// The rule.
    pub rule: String,
    /// Its type.
    pub rule_type: String,
    /// The same whenever the same events are read.
    pub alert_id: String,
    /// The matches: more than one where they were gathered.
    pub matches: Vec<Value>,
    /// What the alert says.
    pub text: String,
}

impl Fired {
    /// As JSON.
    pub fn to_json(&self) -> Value {
        json!({"rule": self.rule, "rule_type": self.rule_type, "alert_id": self.alert_id, "matches": self.matches})
    }
}

/// What happens in a run.
#[derive(Debug)]
pub enum Happened {
    /// A rule file cannot be run.
    Broken(Broken),
    /// Something of the events cannot be read.
    Problem(Problem),
    /// An alert.
    Alert(Box<Fired>),
}

/// What a run went through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rules that ran.
    pub rules: usize,
    /// Rule files that cannot be run.
    pub broken: usize,
    /// Events read.
    pub events: u64,
    /// Those that could not be read.
    pub unreadable: u64,
    /// Those without a time.
    pub timeless: u64,
    /// Those that came too late for a rule: older than its `buffer_time` allows.
    pub late: u64,
    /// Matches.
    pub matches: u64,
    /// Alerts.
    pub alerts: u64,
}

/// A rule as it runs.
struct Running {
    rule: Arc<RunRule>,
    engine: Engine,
    /// Whether events came since it ran.
    dirty: bool,
    /// The end of its last run that is not written yet.
    unwritten: Option<Commit>,
    /// Up to when an earlier process ran it: what is older is known.
    known: Option<Timestamp>,
    hits: u64,
    matches: u64,
}

/// A place of the matcher: a rule, and which of its leaves.
type Place = (usize, Option<usize>);

struct Player<'t> {
    rules: Vec<Running>,
    places: Vec<Place>,
    matcher: Matcher,
    scratch: Scratch,
    search: Embedded,
    store: Arc<dyn Store>,
    every: Duration,
    /// Up to when everything ran.
    clock: Option<Timestamp>,
    /// The newest event.
    newest: Option<Timestamp>,
    oldest: Option<Timestamp>,
    summary: Summary,
    tell: &'t mut dyn FnMut(Happened) -> bool,
    stopped: bool,
    /// Gathered alerts that are open: when each is due.
    open: BTreeMap<Timestamp, HashSet<String>>,
    fields: Vec<String>,
}

/// Runs rules over events. `tell` says whether to go on.
///
/// # Errors
/// When there are no rules or no events, or the state cannot be used, in words.
pub fn run(config: &Config, options: &EmbeddedOptions, tell: &mut dyn FnMut(Happened) -> bool) -> Result<Summary, String> {
    let mut player = Player::open(config, options, tell)?;
    if player.rules.is_empty() {
        return Err("there is no rule that can be run".into());
    }
    let shape = options.shape.unwrap_or_else(|| player.shape());
    player.load()?;
    let (files, problems) = discover(&options.events);
    for p in problems {
        player.problem(p);
    }
    if files.is_empty() {
        return Err("there are no events in what was given".into());
    }
    let streamed = files.iter().any(|f| f.as_os_str() == "-");
    for file in &files {
        let mut source = match Source::open(file) {
            Ok(s) => s,
            Err(message) => {
                player.problem(Problem { source: file.display().to_string(), position: 0, message });
                continue;
            }
        };
        let name = source.name().to_owned();
        let mut batch = Batch::default();
        while !player.stopped && source.read(&mut batch) {
            for p in std::mem::take(&mut batch.problems) {
                player.problem(p);
            }
            for item in &batch.items {
                let text = document(&item.body, &batch.bytes, shape);
                player.event(&text, &name, item.position, options);
            }
            if streamed && let Some(newest) = player.newest {
                player.play(newest)?;
            }
        }
    }
    player.end(options.state.is_none())?;
    Ok(player.summary)
}

/// What a rule came to in [`replay`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The rule.
    pub rule: String,
    /// How many events its query found.
    pub hits: u64,
    /// How many matches it made of them.
    pub matches: u64,
}

/// Runs rules over documents that were read before, each with where it is from. No rules are no error. Returns what each rule
/// came to.
///
/// # Errors
/// When a run breaks off, in words.
pub fn replay<'d>(
    config: &Config,
    options: &EmbeddedOptions,
    documents: impl Iterator<Item = (&'d [u8], &'d str, u64)>,
    tell: &mut dyn FnMut(Happened) -> bool,
) -> Result<Vec<Replayed>, String> {
    let mut player = Player::open(config, options, tell)?;
    if !player.rules.is_empty() {
        for (text, source, position) in documents {
            player.event(text, source, position, options);
        }
        player.end(true)?;
    }
    Ok(player.rules.iter().map(|r| Replayed { rule: r.rule.rule.name.clone(), hits: r.hits, matches: r.matches }).collect())
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
    fn open(config: &Config, options: &EmbeddedOptions, tell: &'t mut dyn FnMut(Happened) -> bool) -> Result<Self, String> {
        let shared = super::runner::shared(config, true);
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
    fn end(&mut self, nobody: bool) -> Result<(), String> {
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
    fn shape(&self) -> Shape {
        let named = self.rules.iter().find_map(|r| r.rule.mapping.as_deref());
        let mapping = named.and_then(|m| crate::mapping::Mapping::load(m).ok());
        mapping.map_or(Shape::Winlogbeat, |m| Shape::of(&m))
    }

    fn load(&mut self) -> Result<(), String> {
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

    fn problem(&mut self, p: Problem) {
        self.summary.unreadable += 1;
        self.stopped |= !(self.tell)(Happened::Problem(p));
    }

    /// Hands an event to the rules that it matches.
    fn event(&mut self, text: &[u8], source: &str, position: u64, options: &EmbeddedOptions) {
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
            Some(doc) => self.fields.iter().find_map(|f| lookup(doc, f).and_then(|v| super::time::parse(&v))),
            None => quick_time(text, &self.fields),
        };
        let at = at.or_else(|| {
            let doc: Document = serde_json::from_slice(text).ok()?;
            self.fields.iter().find_map(|f| lookup(&doc, f).and_then(|v| super::time::parse(&v)))
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
    fn play(&mut self, until: Timestamp) -> Result<(), String> {
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
            text: super::alert::preview(&rule, &docs, &first.id),
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
        let spec = super::ruletype::CorrelationSpec::parse(body, rule.rule.timeframe.unwrap_or_default())?;
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
        if let Some(t) = rest.split('"').next().and_then(super::time::parse_text) {
            return Some(t);
        }
    }
    None
}
