//! Alerts on their way: every alerter of every alert is tried on its own until it took it.
//!
//! What goes to one receiver goes through one lane, in a thread of its own, so that a receiver that hangs or refuses holds up
//! nobody else. What was taken is written down at once; what was not is tried again after a growing pause, or when the
//! receiver says (`Retry-After`), until `alert_time_limit`.
//!
//! A retry goes by the rule as it is by then: a corrected address takes effect at once, an alerter that was added gets the alert,
//! one that was removed does not. While the rule is gone its alerts wait where they are written.

use super::{Failed, Message, Pipeline, alerter, discover};
use crate::lookup::Document;
use crate::metrics::Metrics;
use crate::rule::RunRule;
use crate::state::{Alert, Store};
use crate::time::between;
use jiff::Timestamp;
use rustc_hash::FxHasher;
use sigmalert_support::sync::{lock, unpoisoned};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// The first pause after a failure, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// How many jobs wait in memory; more stay where they are written, until there is room.
const MAX_JOBS: usize = 20_000;
/// How many alerts that were sent are remembered.
const MAX_RECENT: usize = 2_000;
/// How long a lane without jobs keeps its thread.
const LINGER: Duration = Duration::from_secs(5);

/// One alert to all its alerters: the first match, and those gathered under it.
struct Group {
    sent_by: Mutex<SentBy>,
    alerts: Mutex<Vec<Alert>>,
    pipeline: Pipeline,
    /// Whether it is written anywhere.
    stored: bool,
    /// How often it was tried by earlier processes.
    tried: u32,
}

/// What a group is sent by: the rule as it is now, and what it makes of the matches.
#[derive(Clone)]
struct SentBy {
    rule: Arc<RunRule>,
    matches: Arc<Vec<Document>>,
    /// The alerters that it was given to.
    labels: Vec<String>,
}

impl SentBy {
    fn new(rule: &Arc<RunRule>, alerts: &[Alert], labels: Vec<String>) -> Self {
        let mut matches: Vec<Document> = alerts.iter().map(|a| a.body.clone()).collect();
        if let Some(first) = matches.first_mut() {
            discover::add(rule, first);
        }
        include_parameters(rule, &mut matches);
        Self { rule: Arc::clone(rule), matches: Arc::new(matches), labels }
    }
}

impl Group {
    fn sent_by(&self) -> SentBy {
        lock(&self.sent_by).clone()
    }

    fn delivered(&self) -> Vec<String> {
        lock(&self.alerts).first().map(|a| a.delivered.clone()).unwrap_or_default()
    }

    /// Whether every alerter of a rule took it.
    fn is_done(&self, rule: &RunRule, debug: bool) -> bool {
        let delivered = self.delivered();
        (0..count(rule, debug)).all(|at| delivered.contains(&label(rule, at, debug)))
    }
}

/// A group to one of its alerters.
struct Job {
    group: Arc<Group>,
    /// See [`label`].
    alerter: String,
    attempts: u32,
    due: Instant,
}

impl Job {
    fn first(group: &Arc<Group>, alerter: String) -> Self {
        Self { group: Arc::clone(group), alerter, attempts: 0, due: Instant::now() }
    }
}

#[derive(Default)]
struct Lane {
    jobs: Vec<Job>,
    /// Whether its thread is there.
    running: bool,
    /// The receiver asked for a pause.
    paused: Option<Instant>,
}

#[derive(Default)]
struct Lanes {
    lanes: HashMap<u64, Lane>,
    jobs: usize,
    /// How many are being carried out.
    active: usize,
    /// The first alerts of groups that are on their way.
    flight: HashSet<String>,
    /// Alerts that were done lately: whoever read them before that does not send them again.
    recent: VecDeque<String>,
    /// Rules as they are now.
    rules: HashMap<String, Arc<RunRule>>,
}

impl Lanes {
    fn drop_group(&mut self, group: &Arc<Group>) {
        for lane in self.lanes.values_mut() {
            let before = lane.jobs.len();
            lane.jobs.retain(|j| !Arc::ptr_eq(&j.group, group));
            self.jobs -= before - lane.jobs.len();
        }
    }

    fn landed(&mut self, id: &str) {
        self.flight.remove(id);
        self.recent.push_back(id.to_owned());
        if self.recent.len() > MAX_RECENT {
            self.recent.pop_front();
        }
    }
}

struct Inner {
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
    limit: Duration,
    /// Everything goes to the log only.
    debug: bool,
    lanes: Mutex<Lanes>,
    wake: Condvar,
    /// What is to be written of alerts.
    marks: Mutex<Vec<Alert>>,
    marked: Condvar,
    /// Alerts that were sent before they could be written.
    unsaved: Mutex<HashMap<String, Alert>>,
    stop: AtomicBool,
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Delivery(Arc<Inner>);

impl Delivery {
    pub fn new(store: Arc<dyn Store>, metrics: Arc<Metrics>, limit: Duration, debug: bool) -> Self {
        let inner = Arc::new(Inner {
            store,
            metrics,
            limit,
            debug,
            lanes: Mutex::default(),
            wake: Condvar::new(),
            marks: Mutex::default(),
            marked: Condvar::new(),
            unsaved: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let own = Arc::clone(&inner);
        std::thread::spawn(move || own.write_marks());
        Self(inner)
    }

    /// Sends an alert: its first match, and those gathered under it. Does nothing where it is on its way already, or too many are.
    pub fn push(&self, rule: &Arc<RunRule>, alerts: Vec<Alert>, stored: bool) {
        let Some(first) = alerts.first() else { return };
        let mut lanes = lock(&self.0.lanes);
        if lanes.jobs >= MAX_JOBS && stored || lanes.recent.contains(&first.id) || !lanes.flight.insert(first.id.clone()) {
            return;
        }
        let (delivered, tried) = (first.delivered.clone(), first.attempts);
        let debug = self.0.debug;
        let open: Vec<String> =
            (0..count(rule, debug)).map(|at| label(rule, at, debug)).filter(|label| !delivered.contains(label)).collect();
        // A ticket of Jira is linked by the others, who wait for its first try.
        let jira_first = !debug && open.len() > 1 && open[0] == "jira";
        let given: Vec<String> = open.into_iter().take(if jira_first { 1 } else { usize::MAX }).collect();
        let sent_by = Mutex::new(SentBy::new(rule, &alerts, given.clone()));
        let group = Arc::new(Group { sent_by, alerts: Mutex::new(alerts), pipeline: Pipeline::default(), stored, tried });
        if given.is_empty() {
            drop(lanes);
            self.0.finished(&group);
            return;
        }
        for alerter in given {
            self.0.enqueue(&mut lanes, Job::first(&group, alerter));
        }
        self.0.wake.notify_all();
    }

    /// A rule is new or was changed: what is still to be sent of its alerts is tried at once, by the rule as it is now.
    pub fn rule(&self, rule: &Arc<RunRule>) {
        let name = &rule.rule.name;
        let mut lanes = lock(&self.0.lanes);
        if lanes.rules.insert(name.clone(), Arc::clone(rule)).is_none() {
            return;
        }
        let now = Instant::now();
        for lane in lanes.lanes.values_mut() {
            let mut touched = false;
            for job in lane.jobs.iter_mut().filter(|j| j.group.stored && lock(&j.group.sent_by).rule.rule.name == *name) {
                job.due = now;
                touched = true;
            }
            if touched {
                lane.paused = None;
            }
        }
        self.0.wake.notify_all();
    }

    /// A rule is gone: what is still to be sent of its alerts waits until it is back.
    pub fn gone(&self, name: &str) {
        lock(&self.0.lanes).rules.remove(name);
    }

    /// Whether an alert is on its way.
    pub fn has(&self, id: &str) -> bool {
        lock(&self.0.lanes).flight.contains(id)
    }

    /// An alert as it stands now, where it was sent before it could be written.
    pub fn latest(&self, alert: &Alert) -> Alert {
        lock(&self.0.unsaved).get(&alert.id).cloned().unwrap_or_else(|| alert.clone())
    }

    /// How many jobs wait.
    pub fn waiting(&self) -> usize {
        lock(&self.0.lanes).jobs
    }

    /// Waits until everything that can be sent was, and is written; at most so long. Returns whether that is so.
    pub fn drain(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        loop {
            let trying = {
                let lanes = lock(&self.0.lanes);
                // What failed and waits for its next try is written, and will be sent by the next process.
                lanes.lanes.values().any(|l| l.jobs.iter().any(|j| j.attempts == 0)) || lanes.active > 0
            };
            if !trying && lock(&self.0.marks).is_empty() {
                return lock(&self.0.lanes).flight.is_empty();
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends all threads.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
        self.0.wake.notify_all();
        self.0.marked.notify_all();
    }
}

/// How many alerters a rule has.
fn count(rule: &RunRule, debug: bool) -> usize {
    if debug { 1 } else { rule.alerters.len() }
}

/// What an alerter of a rule is called in alerts: its name, and its place where there are several of it.
fn label(rule: &RunRule, at: usize, debug: bool) -> String {
    match rule.alerters.get(at).filter(|_| !debug) {
        Some((name, _)) if rule.alerters.iter().filter(|(n, _)| n == name).count() > 1 => format!("{name}#{at}"),
        Some((name, _)) => name.clone(),
        None => "debug".into(),
    }
}

/// The place of an alerter by its label; nothing where the rule has it no more.
fn place(rule: &RunRule, alerter: &str, debug: bool) -> Option<usize> {
    (0..count(rule, debug)).find(|at| label(rule, *at, debug) == alerter)
}

/// `include_rule_params_in_matches`
fn include_parameters(rule: &RunRule, matches: &mut [Document]) {
    let names = rule.options.texts("include_rule_params_in_matches");
    let count = if rule.options.flag("include_rule_params_in_first_match_only", false) { 1 } else { matches.len() };
    for doc in matches.iter_mut().take(count) {
        for name in names.iter().filter(|n| !rule.hides(n)) {
            doc.insert(format!("rule_param_{name}"), rule.options.get(name).cloned().unwrap_or_default());
        }
    }
}

impl Inner {
    /// The lane of an alerter: all that goes to the same receiver.
    fn lane_of(&self, job: &Job) -> u64 {
        let mut h = FxHasher::default();
        let rule = Arc::clone(&lock(&job.group.sent_by).rule);
        let at = place(&rule, &job.alerter, self.debug);
        if let Some((name, options)) = at.and_then(|at| rule.alerters.get(at)).filter(|_| !self.debug) {
            name.hash(&mut h);
            let prefix = name.trim_start_matches("http_");
            for (key, value) in &options.0 {
                let own = key.starts_with(prefix)
                    || key.starts_with("http_post")
                    || key.starts_with("smtp")
                    || key.starts_with("hive")
                    || key == "command";
                if own
                    && ["url", "host", "server", "room", "channel", "connection", "hosts", "smtp_port", "command"]
                        .iter()
                        .any(|w| key.contains(w))
                {
                    value.to_string().hash(&mut h);
                }
            }
        }
        h.finish()
    }

    fn enqueue(self: &Arc<Self>, lanes: &mut Lanes, job: Job) {
        let key = self.lane_of(&job);
        lanes.jobs += 1;
        let lane = lanes.lanes.entry(key).or_default();
        lane.jobs.push(job);
        self.wake.notify_all();
        if !lane.running {
            lane.running = true;
            let own = Arc::clone(self);
            std::thread::spawn(move || own.run_lane(key));
        }
    }

    fn run_lane(self: &Arc<Self>, key: u64) {
        let mut idle = Instant::now();
        let mut lanes = lock(&self.lanes);
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let now = Instant::now();
            let Some(lane) = lanes.lanes.get_mut(&key) else { return };
            let paused = lane.paused.filter(|p| *p > now);
            lane.paused = paused;
            let next = lane.jobs.iter().enumerate().min_by_key(|(_, j)| j.due).map(|(at, j)| (at, j.due));
            let wait = match (next, paused) {
                (None, _) if now.duration_since(idle) > LINGER => {
                    lanes.lanes.remove(&key);
                    return;
                }
                (None, _) => LINGER,
                (Some(_), Some(until)) => until - now,
                (Some((_, due)), None) if due > now => due - now,
                (Some((at, _)), None) => {
                    let job = lane.jobs.swap_remove(at);
                    lanes.jobs -= 1;
                    lanes.active += 1;
                    drop(lanes);
                    self.carry_out(key, job);
                    idle = Instant::now();
                    lanes = lock(&self.lanes);
                    lanes.active -= 1;
                    continue;
                }
            };
            lanes = unpoisoned(self.wake.wait_timeout(lanes, wait.min(LINGER))).0;
        }
    }

    /// Has a retry go by the rule as it is now. Nothing where the job is done with, or goes on in another lane.
    fn renewed(self: &Arc<Self>, key: u64, job: Job) -> Option<Job> {
        let group = Arc::clone(&job.group);
        if job.attempts == 0 || !group.stored || self.debug {
            return Some(job);
        }
        let mut lanes = lock(&self.lanes);
        let old = Arc::clone(&lock(&group.sent_by).rule);
        let Some(now) = lanes.rules.get(&old.rule.name).cloned() else {
            let first = lock(&group.alerts)[0].clone();
            let unsaved = lock(&self.unsaved).contains_key(&first.id) || lock(&self.marks).iter().any(|a| a.id == first.id);
            if unsaved {
                // It is written nowhere that it waits for the rule: it is sent by the rule as it was.
                return Some(job);
            }
            tracing::warn!(
                rule = old.rule.name,
                alerter = job.alerter,
                alert_id = first.id,
                "the rule is gone: its alert is not tried again until the rule is back, within alert_time_limit"
            );
            // Whoever reads it again once the rule is back starts with all alerters that did not take it.
            lanes.drop_group(&group);
            lanes.flight.remove(&first.id);
            return None;
        };
        if !Arc::ptr_eq(&now, &old) {
            let (delivered, labels) = (group.delivered(), lock(&group.sent_by).labels.clone());
            let all: Vec<String> = (0..count(&now, false)).map(|at| label(&now, at, false)).collect();
            let added: Vec<String> = all.iter().filter(|l| !delivered.contains(l) && !labels.contains(l)).cloned().collect();
            let alerts = lock(&group.alerts).clone();
            *lock(&group.sent_by) = SentBy::new(&now, &alerts, labels.into_iter().chain(added.clone()).collect());
            for alerter in added {
                self.enqueue(&mut lanes, Job::first(&group, alerter));
            }
            tracing::info!(
                rule = now.rule.name,
                alert_id = alerts[0].id,
                "the rule was changed: its alert is tried again by the rule as it is now"
            );
        }
        if place(&now, &job.alerter, false).is_none() {
            tracing::warn!(rule = now.rule.name, alerter = job.alerter, "the alerter was removed from the rule: it is not tried again");
            drop(lanes);
            lock(&group.alerts).iter_mut().for_each(|a| {
                a.failed.remove(&job.alerter);
            });
            if group.is_done(&now, false) {
                self.finished(&group);
            }
            return None;
        }
        if self.lane_of(&job) != key {
            self.enqueue(&mut lanes, job);
            return None;
        }
        Some(job)
    }

    fn carry_out(self: &Arc<Self>, key: u64, job: Job) {
        let Some(mut job) = self.renewed(key, job) else { return };
        let group = Arc::clone(&job.group);
        let SentBy { rule, matches, .. } = group.sent_by();
        let first = lock(&group.alerts)[0].clone();
        let at = place(&rule, &job.alerter, self.debug);
        let (name, result) = {
            let (name, options) = match at.and_then(|at| rule.alerters.get(at)).filter(|_| !self.debug) {
                Some((n, o)) => (n.as_str(), o),
                None => ("debug", &rule.options),
            };
            let message = Message { rule: &rule, options, matches: &matches, id: &first.id, pipeline: &group.pipeline };
            let sent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| match alerter(name) {
                Some(send) => send(&message),
                None => Err(Failed::new(format!("there is no alerter `{name}`"))),
            }));
            (name.to_owned(), sent.unwrap_or_else(|_| Err(Failed::new("the alerter broke down: this is a defect of sigmalert"))))
        };
        if job.attempts == 0 && name == "jira" {
            // Now the others know the ticket, or that there is none.
            let mut lanes = lock(&self.lanes);
            let mut sent_by = lock(&group.sent_by);
            let others: Vec<String> = (0..count(&rule, self.debug))
                .map(|at| label(&rule, at, self.debug))
                .filter(|l| !sent_by.labels.contains(l) && !first.delivered.contains(l))
                .collect();
            sent_by.labels.extend(others.iter().cloned());
            drop(sent_by);
            for alerter in others {
                self.enqueue(&mut lanes, Job::first(&group, alerter));
            }
        }
        job.attempts += 1;
        lock(&group.alerts).iter_mut().for_each(|a| a.attempts = a.attempts.max(group.tried.saturating_add(job.attempts)));
        match result {
            Ok(()) => {
                tracing::debug!(rule = rule.rule.name, alerter = name, alert_id = first.id, "alert sent");
                lock(&group.alerts).iter_mut().for_each(|a| {
                    a.failed.remove(&job.alerter);
                    a.delivered.push(job.alerter.clone());
                });
                self.metrics.sent(&rule.rule.name);
                if self.debug || group.is_done(&rule, false) {
                    self.finished(&group);
                } else {
                    self.mark(&group);
                }
            }
            Err(e) => self.refused(key, job, &rule, &name, &e),
        }
    }

    /// An alerter did not take an alert: it is tried again, until `alert_time_limit`.
    fn refused(self: &Arc<Self>, key: u64, mut job: Job, rule: &RunRule, name: &str, e: &Failed) {
        let group = Arc::clone(&job.group);
        let first = lock(&group.alerts)[0].clone();
        self.metrics.not_sent(&rule.rule.name);
        let age = between(first.alert_time, Timestamp::now());
        let given_up = age > self.limit;
        if job.attempts == 1 || given_up {
            let end = if given_up { "it is given up" } else { "it is tried again" };
            tracing::error!(rule = rule.rule.name, alerter = name, alert_id = first.id, "an alert was not taken, {end}: {e}");
            if group.stored {
                let _ = self.store.error(&serde_json::json!({
                    "message": format!("Error while running alert {name}: {e}"), "traceback": [], "data": {"rule": rule.rule.name},
                    "@timestamp": crate::time::iso(Timestamp::now()),
                }));
            }
        } else {
            tracing::debug!(rule = rule.rule.name, alerter = name, attempts = job.attempts, "an alert was not taken: {e}");
        }
        lock(&group.alerts).iter_mut().for_each(|a| {
            a.failed.insert(job.alerter.clone(), e.message.clone());
        });
        self.mark(&group);
        let mut lanes = lock(&self.lanes);
        if given_up {
            lanes.flight.remove(&first.id);
            return;
        }
        if let Some(after) = e.after {
            let until = Instant::now() + after.min(LONGEST_PAUSE * 6);
            lanes.lanes.entry(key).or_default().paused = Some(until);
            job.due = until;
        } else {
            job.due = Instant::now() + pause(job.attempts);
        }
        self.enqueue(&mut lanes, job);
    }

    /// All alerters took it.
    fn finished(&self, group: &Group) {
        lock(&group.alerts).iter_mut().for_each(|a| a.sent = true);
        self.mark(group);
    }

    /// Has it written how far an alert came.
    fn mark(&self, group: &Group) {
        if !group.stored || self.debug {
            let mut lanes = lock(&self.lanes);
            lock(&group.alerts).iter().filter(|a| a.sent).for_each(|a| {
                lanes.landed(&a.id);
            });
            return;
        }
        lock(&self.marks).extend(lock(&group.alerts).iter().cloned());
        self.marked.notify_one();
    }

    fn write_marks(&self) {
        loop {
            let mut marks = lock(&self.marks);
            while marks.is_empty() {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                marks = unpoisoned(self.marked.wait_timeout(marks, Duration::from_secs(1))).0;
            }
            // They stay in sight until they are written.
            let batch: Vec<Alert> = marks.clone();
            drop(marks);
            match self.store.update(&batch) {
                Ok(()) => {
                    let mut lanes = lock(&self.lanes);
                    let mut unsaved = lock(&self.unsaved);
                    for a in &batch {
                        unsaved.remove(&a.id);
                        if a.sent {
                            lanes.landed(&a.id);
                        }
                    }
                    lock(&self.marks).drain(..batch.len());
                }
                Err(e) => {
                    tracing::debug!("it could not be written which alerts were sent, and will be: {e}");
                    lock(&self.unsaved).extend(batch.into_iter().map(|a| (a.id.clone(), a)));
                    if self.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    std::thread::sleep(Duration::from_secs(1));
                }
            }
        }
    }
}

/// The pause after so many failures: twice as long each time, and never quite the same.
pub(crate) fn pause(attempts: u32) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(2u32.saturating_pow(attempts.saturating_sub(1).min(16))).min(LONGEST_PAUSE);
    whole.mul_f64(0.75 + 0.5 * crate::chance())
}
