//! Alerts on their way: every alerter of every alert is tried on its own until it took it.
//!
//! What goes to one receiver goes through one lane, in a thread of its own, so that a receiver that hangs or refuses holds up
//! nobody else. What was taken is written down at once; what was not is tried again after a growing pause, or when the
//! receiver says (`Retry-After`), until `alert_time_limit`.

use super::{Failed, Message, Pipeline, alerter, discover};
use crate::runtime::lock;
use crate::runtime::lookup::Document;
use crate::runtime::metrics::Metrics;
use crate::runtime::rule::RunRule;
use crate::runtime::state::{Alert, Store};
use crate::runtime::time::between;
use jiff::Timestamp;
use rustc_hash::FxHasher;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
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
    rule: Arc<RunRule>,
    alerts: Mutex<Vec<Alert>>,
    matches: Vec<Document>,
    pipeline: Pipeline,
    /// Whether it is written anywhere.
    stored: bool,
}

/// A group to one of its alerters.
struct Job {
    group: Arc<Group>,
    alerter: usize,
    attempts: u32,
    due: Instant,
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
}

impl Lanes {
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
        let delivered = first.delivered.clone();
        let mut matches: Vec<Document> = alerts.iter().map(|a| a.body.clone()).collect();
        discover::add(rule, &mut matches[0]);
        include_parameters(rule, &mut matches);
        let group = Arc::new(Group { rule: Arc::clone(rule), alerts: Mutex::new(alerts), matches, pipeline: Pipeline::default(), stored });
        let count = if self.0.debug { 1 } else { rule.alerters.len() };
        let open: Vec<usize> = (0..count).filter(|at| !delivered.contains(&label(rule, *at))).collect();
        if open.is_empty() {
            drop(lanes);
            self.0.finished(&group);
            return;
        }
        // A ticket of Jira is linked by the others, who wait for its first try.
        let jira_first = !self.0.debug && open.len() > 1 && rule.alerters[open[0]].0 == "jira";
        for at in open.into_iter().take(if jira_first { 1 } else { usize::MAX }) {
            self.0.enqueue(&mut lanes, Job { group: Arc::clone(&group), alerter: at, attempts: 0, due: Instant::now() });
        }
        self.0.wake.notify_all();
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

/// What an alerter of a rule is called in alerts: its name, and its place where there are several of it.
fn label(rule: &RunRule, at: usize) -> String {
    match rule.alerters.get(at) {
        Some((name, _)) if rule.alerters.iter().filter(|(n, _)| n == name).count() > 1 => format!("{name}#{at}"),
        Some((name, _)) => name.clone(),
        None => "debug".into(),
    }
}

/// `include_rule_params_in_matches`
fn include_parameters(rule: &RunRule, matches: &mut [Document]) {
    let names = rule.options.texts("include_rule_params_in_matches");
    let count = if rule.options.flag("include_rule_params_in_first_match_only", false) { 1 } else { matches.len() };
    for doc in matches.iter_mut().take(count) {
        for name in &names {
            doc.insert(format!("rule_param_{name}"), rule.options.get(name).cloned().unwrap_or_default());
        }
    }
}

impl Inner {
    /// The lane of an alerter: all that goes to the same receiver.
    fn lane_of(&self, job: &Job) -> u64 {
        let mut h = FxHasher::default();
        if let Some((name, options)) = job.group.rule.alerters.get(job.alerter).filter(|_| !self.debug) {
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
            lanes = self.wake.wait_timeout(lanes, wait.min(LINGER)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn carry_out(self: &Arc<Self>, key: u64, mut job: Job) {
        let group = Arc::clone(&job.group);
        let rule = &group.rule;
        let first = lock(&group.alerts)[0].clone();
        let (name, result) = {
            let (name, options) = match rule.alerters.get(job.alerter).filter(|_| !self.debug) {
                Some((n, o)) => (n.as_str(), o),
                None => ("debug", &rule.options),
            };
            let message = Message { rule, options, matches: &group.matches, id: &first.id, pipeline: &group.pipeline };
            let sent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| match alerter(name) {
                Some(send) => send(&message),
                None => Err(Failed::new(format!("there is no alerter `{name}`"))),
            }));
            (name.to_owned(), sent.unwrap_or_else(|_| Err(Failed::new("the alerter broke down: this is a defect of sigmalert"))))
        };
        if job.attempts == 0 && name == "jira" {
            // Now the others know the ticket, or that there is none.
            let mut lanes = lock(&self.lanes);
            for at in (0..rule.alerters.len()).filter(|at| *at != job.alerter && !first.delivered.contains(&label(rule, *at))) {
                self.enqueue(&mut lanes, Job { group: Arc::clone(&group), alerter: at, attempts: 0, due: Instant::now() });
            }
        }
        match result {
            Ok(()) => {
                tracing::debug!(rule = rule.rule.name, alerter = name, alert_id = first.id, "alert sent");
                let done = {
                    let mut alerts = lock(&group.alerts);
                    let told = label(rule, job.alerter);
                    alerts.iter_mut().for_each(|a| {
                        a.failed.remove(&told);
                        a.delivered.push(told.clone());
                    });
                    self.debug || (0..rule.alerters.len()).all(|at| alerts[0].delivered.contains(&label(rule, at)))
                };
                self.metrics.sent(&rule.rule.name);
                if done {
                    self.finished(&group);
                } else {
                    self.mark(&group);
                }
            }
            Err(e) => {
                self.metrics.not_sent(&rule.rule.name);
                job.attempts += 1;
                let age = between(first.alert_time, Timestamp::now());
                let given_up = age > self.limit;
                if job.attempts == 1 || given_up {
                    let end = if given_up { "it is given up" } else { "it is tried again" };
                    tracing::error!(rule = rule.rule.name, alerter = name, alert_id = first.id, "an alert was not taken, {end}: {e}");
                    if group.stored {
                        let _ = self.store.error(&serde_json::json!({
                            "message": format!("Error while running alert {name}: {e}"), "traceback": [], "data": {"rule": rule.rule.name},
                            "@timestamp": crate::runtime::time::iso(Timestamp::now()),
                        }));
                    }
                } else {
                    tracing::debug!(rule = rule.rule.name, alerter = name, attempts = job.attempts, "an alert was not taken: {e}");
                }
                {
                    let mut alerts = lock(&group.alerts);
                    let told = label(rule, job.alerter);
                    alerts.iter_mut().for_each(|a| {
                        a.failed.insert(told.clone(), e.message.clone());
                        a.attempts = a.attempts.max(job.attempts);
                    });
                }
                if job.attempts == 1 || given_up {
                    self.mark(&group);
                }
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
        }
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
                marks = self.marked.wait_timeout(marks, Duration::from_secs(1)).unwrap_or_else(PoisonError::into_inner).0;
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
    whole.mul_f64(0.75 + 0.5 * crate::runtime::chance())
}
