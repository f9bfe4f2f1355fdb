//! All rules over a cluster: when each falls due, which run together, what becomes of what they find.

use super::alert::delivery::{Delivery, pause};
use super::config::Config;
use super::engine::{Engine, Shared, Window};
use super::lease::{BEAT, Leases, Sharing};
use super::metrics::Metrics;
use super::rule::RunRule;
use super::rules::{Broken, Files};
use super::search::client::{Client, Connection};
use super::search::cluster::Cluster;
use super::search::{Failure, Search};
use super::state::nowhere::Nowhere;
use super::state::writeback::Writeback;
use super::state::{Alert, Commit, Known, Store, setup};
use super::time::{before, iso, pretty};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How many rules share a request.
const BATCH: usize = 50;
/// Rules that fall due within this run together.
const HORIZON: Duration = Duration::from_millis(200);
/// A rule whose search took longer runs by itself.
const SLOW: Duration = Duration::from_secs(3);
/// How often rule files are looked at, at least.
const RELOAD: Duration = Duration::from_secs(5);
/// How often alerts that are due are looked for, at least.
const PENDING: Duration = Duration::from_secs(10);
/// How long a stop waits for alerts that are being sent.
const FLUSH: Duration = Duration::from_secs(20);

/// How a run differs from what the configuration says.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Rule files or folders, in place of `rules_folder`.
    pub rules: Vec<PathBuf>,
    /// Where the first run begins.
    pub start: Option<Timestamp>,
    /// Up to when; then the run ends.
    pub end: Option<Timestamp>,
    /// Every rule once; then the run ends.
    pub once: bool,
    /// Alerts to the log only, and nothing is written.
    pub debug: bool,
    /// Nothing is written, and nothing sent.
    pub dry_run: bool,
    /// Rule files are not looked at again.
    pub pin_rules: bool,
    /// Rules are not shared with other instances.
    pub alone: bool,
    /// Where to serve metrics.
    pub metrics: Option<String>,
}

/// A rule and when it runs.
struct Slot {
    name: String,
    rule: Arc<RunRule>,
    engine: Mutex<Engine>,
    search: Arc<dyn Search>,
    /// Rules of one cluster run together.
    cluster: usize,
    generation: u64,
    alone: AtomicBool,
    failures: AtomicU64,
    ran: AtomicBool,
    /// Whether it was counted among those that ran, where a run is to end.
    counted: AtomicBool,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    name: String,
    generation: u64,
}

/// See the module.
pub struct Runner {
    config: Config,
    options: RunOptions,
    shared: Shared,
    files: Mutex<Files>,
    slots: RwLock<HashMap<String, Arc<Slot>>>,
    queue: Mutex<BinaryHeap<Reverse<Due>>>,
    wake: Condvar,
    store: Arc<dyn Store>,
    client: Arc<Client>,
    clusters: Mutex<Vec<(Connection, Arc<dyn Search>)>>,
    delivery: Delivery,
    metrics: Arc<Metrics>,
    sharing: Sharing,
    leases: Mutex<Option<Leases>>,
    stop: AtomicBool,
    away: AtomicBool,
    generations: AtomicU64,
    /// Rules that did not run yet, where a run is to end.
    left: AtomicUsize,
    /// When the next gathered alert is due.
    next_alert: Mutex<Option<Timestamp>>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("config", &self.config).field("options", &self.options).finish_non_exhaustive()
    }
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The client of the writeback indices.
pub(crate) fn writeback_client(config: &Config) -> Result<Arc<Client>, String> {
    Ok(Arc::new(Client::new(Connection::new(&config.options)?)?))
}

/// Creates the writeback indices, or completes them. Returns for each what was done, in words.
///
/// # Errors
/// When the cluster does not answer or refuses.
pub fn create_indices(config: &Config, migrate: bool) -> Result<Vec<(String, String)>, String> {
    let mut options = config.options.clone();
    // Moving documents takes its time.
    options.0.insert("es_conn_timeout".into(), 3600.into());
    let client = Client::new(Connection::new(&options)?)?;
    let done = setup::create(&client, &config.writeback_index, migrate).map_err(|e| e.to_string())?;
    Ok(done
        .into_iter()
        .map(|(name, done)| {
            let told = match done {
                setup::Done::Created => "created".to_owned(),
                setup::Done::Kept => "is there already".to_owned(),
                setup::Done::Completed => "completed".to_owned(),
                setup::Done::Migrated(n) => format!("made anew, with its {n} documents"),
                setup::Done::Wrong(what) => format!("is not as it should be ({what}): --migrate makes it anew with its documents"),
            };
            (name, told)
        })
        .collect())
}

/// What rules share of a configuration.
pub(crate) fn shared(config: &Config, remember_terms: bool) -> Shared {
    Shared {
        run_every: config.run_every,
        old_query_limit: config.old_query_limit,
        metadata: config.options.flag("add_metadata_alert", false),
        compat: config.compat,
        remember_terms,
    }
}

impl Runner {
    /// Gets everything ready: the cluster is asked for nothing yet.
    ///
    /// # Errors
    /// When the configuration names no cluster or no rules, in words.
    pub fn new(config: Config, options: RunOptions) -> Result<Self, String> {
        let client = writeback_client(&config)?;
        let instance = super::lease::name();
        let writeback: Arc<dyn Store> = Arc::new(Writeback {
            client: Arc::clone(&client),
            index: config.writeback_index.clone(),
            instance: instance.clone(),
            alert_time_limit: config.alert_time_limit,
            every_status: config.compat,
        });
        let quiet = options.debug || options.dry_run;
        let store: Arc<dyn Store> = if quiet { Arc::new(Nowhere::over(Some(writeback))) } else { writeback };
        let metrics = Arc::new(Metrics::default());
        let delivery = Delivery::new(Arc::clone(&store), Arc::clone(&metrics), config.alert_time_limit, options.debug || options.dry_run);
        let leases = (!quiet && !options.alone && !options.once && options.end.is_none())
            .then(|| Leases::new(Arc::clone(&client), format!("{}_sigmalert", config.writeback_index), instance));
        let rules = if options.rules.is_empty() { config.rules.clone() } else { options.rules.clone() };
        if rules.is_empty() {
            return Err("no rules are named: set `rules_folder`, or give --rules".into());
        }
        if let Some(missing) = rules.iter().find(|r| !r.exists()) {
            return Err(format!("{} is not there", missing.display()));
        }
        Ok(Self {
            shared: shared(&config, false),
            files: Mutex::new(Files::new(rules)),
            slots: RwLock::default(),
            queue: Mutex::default(),
            wake: Condvar::new(),
            store,
            client,
            clusters: Mutex::default(),
            delivery,
            metrics,
            sharing: leases.as_ref().map_or_else(Sharing::alone, Leases::sharing),
            leases: Mutex::new(leases),
            stop: AtomicBool::new(false),
            away: AtomicBool::new(false),
            generations: AtomicU64::new(0),
            left: AtomicUsize::new(0),
            next_alert: Mutex::default(),
            config,
            options,
        })
    }

    /// Runs until [`Self::stop`], or to the end that the options name. Returns whether all alerts were sent.
    ///
    /// # Errors
    /// When no rule can be run, in words.
    pub fn run(&self) -> Result<bool, String> {
        let broken = self.reload(true);
        let count = self.slots.read().unwrap_or_else(PoisonError::into_inner).len();
        if count == 0 {
            let why: Vec<String> = broken.iter().take(5).map(|b| format!("\n{}: {}", b.file.display(), b.message)).collect();
            return Err(format!("there is no rule that can be run{}", why.concat()));
        }
        self.left.store(count, Ordering::Relaxed);
        tracing::info!(rules = count, broken = broken.len(), hosts = self.client.hosts(), "rules loaded");
        let metrics = self.options.metrics.as_deref().map(|a| serve_metrics(a, Arc::clone(&self.metrics))).transpose()?;
        self.prepare();
        std::thread::scope(|scope| {
            let threads = self.config.threads.min(count.div_ceil(BATCH).max(2));
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.work())).collect();
            scope.spawn(|| self.send_pending());
            if !self.options.pin_rules && !self.options.once && self.options.end.is_none() {
                scope.spawn(|| self.watch());
            }
            if lock(&self.leases).is_some() {
                scope.spawn(|| self.share());
            }
            for worker in workers {
                let _ = worker.join();
            }
            self.stop();
        });
        let all = self.delivery.drain(FLUSH);
        if let Some(l) = lock(&self.leases).as_ref() {
            l.leave();
        }
        self.delivery.stop();
        if let Some(m) = metrics {
            m.unblock();
        }
        let (runs, skipped) = self.metrics.totals();
        tracing::info!(runs, skipped, "stopped");
        Ok(all)
    }

    /// Has the run end once what is being done is done.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wake.notify_all();
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits, unless the run ends.
    fn sleep(&self, span: Duration) {
        let end = Instant::now() + span;
        while !self.is_stopped() && Instant::now() < end {
            std::thread::sleep((end - Instant::now()).min(Duration::from_millis(50)));
        }
    }

    /// Waits for the cluster, and has the writeback indices there.
    fn prepare(&self) {
        let mut tries = 0;
        while !self.is_stopped() {
            let result = if self.options.debug || self.options.dry_run {
                self.client.call("GET", "", None).map(|_| std::collections::BTreeMap::default())
            } else {
                setup::create(&self.client, &self.config.writeback_index, false)
            };
            match result {
                Ok(done) => {
                    for (name, done) in done {
                        if let setup::Done::Wrong(what) = done {
                            tracing::warn!(
                                index = name,
                                "the writeback index is not as it should be ({what}): `sigmalert create-index --migrate` mends it"
                            );
                        }
                    }
                    self.seen(true, "");
                    if let Some(l) = lock(&self.leases).as_mut()
                        && let Err(e) = l.beat()
                    {
                        tracing::warn!("other instances cannot be looked for: {e}");
                    }
                    return;
                }
                Err(e) => {
                    if !e.is_busy() {
                        tracing::error!("the writeback indices cannot be created: {e}");
                        return;
                    }
                    self.seen(false, &e.to_string());
                    tries += 1;
                    self.sleep(pause(tries).min(Duration::from_secs(30)));
                }
            }
        }
    }

    /// Notes whether the cluster answers: a line in the log when that changes.
    fn seen(&self, there: bool, why: &str) {
        if self.away.swap(!there, Ordering::Relaxed) == there {
            if there {
                tracing::info!("the cluster answers");
            } else {
                tracing::error!("the cluster does not answer, and is tried again: {why}");
            }
        }
        self.metrics.state(!there, self.delivery.waiting());
    }

    /// Takes up what changed in the rule files.
    fn reload(&self, first: bool) -> Vec<Broken> {
        let changes = lock(&self.files).changes(&self.config, &self.shared);
        for b in &changes.broken {
            tracing::error!(file = %b.file.display(), "the rule cannot be run: {}", b.message);
            if !first {
                self.report(None, &format!("Could not load rule {}: {}", b.file.display(), b.message));
            }
        }
        for name in changes.gone {
            self.slots.write().unwrap_or_else(PoisonError::into_inner).remove(&name);
            self.metrics.forget(&name);
            tracing::info!(rule = name, "the rule is gone");
        }
        let count = changes.rules.len();
        let spread = self.spread(count);
        for (at, (rule, engine)) in changes.rules.into_iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a share of a span")]
            let delay = if first { spread.mul_f64(at as f64 / count as f64) } else { Duration::ZERO };
            if let Err(e) = self.take_up(rule, engine, delay, first) {
                tracing::error!("the rule cannot be run: {e}");
            }
        }
        let (loaded, broken) = lock(&self.files).counts();
        self.metrics.rules(loaded, broken);
        changes.broken
    }

    /// Over how long the first runs are spread.
    fn spread(&self, count: usize) -> Duration {
        if self.options.once || self.options.end.is_some() {
            return Duration::ZERO;
        }
        let each = Duration::from_millis(10);
        each.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX)).min(self.config.run_every.mul_f64(0.8))
    }

    fn take_up(&self, rule: Arc<RunRule>, mut engine: Engine, delay: Duration, first: bool) -> Result<(), String> {
        let name = rule.rule.name.clone();
        let (cluster, search) = self.search_of(&rule).map_err(|e| format!("{}: {e}", rule.file.display()))?;
        let old = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        let ran = old.as_ref().is_some_and(|o| o.ran.load(Ordering::Relaxed));
        if let Some(old) = old {
            // It may be running just now.
            engine.take_over(&mut lock(&old.engine));
            tracing::info!(rule = name, "the rule was changed");
        } else if !first {
            tracing::info!(rule = name, "the rule is new");
        }
        let generation = self.generations.fetch_add(1, Ordering::Relaxed);
        let slot = Slot {
            name: name.clone(),
            rule,
            engine: Mutex::new(engine),
            search,
            cluster,
            generation,
            alone: AtomicBool::new(false),
            failures: AtomicU64::new(0),
            ran: AtomicBool::new(ran),
            counted: AtomicBool::new(false),
        };
        self.slots.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), Arc::new(slot));
        lock(&self.queue).push(Reverse(Due { at: Instant::now() + delay, name, generation }));
        self.wake.notify_all();
        Ok(())
    }

    /// The cluster of a rule. Rules with the same connection share it.
    fn search_of(&self, rule: &RunRule) -> Result<(usize, Arc<dyn Search>), String> {
        let mut options = super::options::Options::clone(&rule.options);
        // The environment goes before what rule files say of the connection, too.
        for key in ["es_host", "es_hosts", "es_port", "es_username", "es_password", "es_api_key", "es_bearer", "es_url_prefix"] {
            let variable = key.to_uppercase();
            if std::env::var(&variable).is_ok_and(|v| !v.is_empty())
                && let Some(v) = self.config.options.get(key)
            {
                options.0.insert(key.into(), v.clone());
            }
        }
        let connection = Connection::new(&options)?;
        let mut clusters = lock(&self.clusters);
        if let Some(at) = clusters.iter().position(|(c, _)| *c == connection) {
            return Ok((at, Arc::clone(&clusters[at].1)));
        }
        let search: Arc<dyn Search> = Arc::new(Cluster::new(Arc::new(Client::new(connection.clone())?)));
        clusters.push((connection, Arc::clone(&search)));
        Ok((clusters.len() - 1, search))
    }

    /// An error that an operator should know: logged, written, told.
    fn report(&self, rule: Option<&str>, message: &str) {
        self.metrics.error();
        let document = serde_json::json!({
            "message": message, "traceback": [], "data": {"rule": rule}, "@timestamp": iso(Timestamp::now()),
        });
        if let Err(e) = self.store.error(&document) {
            tracing::debug!("an error could not be written: {e}");
        }
        self.notify(rule, message);
    }

    /// `notify_email` and `notify_alert`: the operator's own alerters are told of errors.
    fn notify(&self, rule: Option<&str>, message: &str) {
        let o = &self.config.options;
        let mut alerters = o.list("notify_alert");
        if o.get("notify_email").is_some() {
            alerters.push(serde_json::json!({"email": {"email": o.get("notify_email"), "alert_subject": "ElastAlert notification"}}));
        }
        if alerters.is_empty() {
            return;
        }
        let text = serde_json::json!({"name": "sigmalert", "type": "any", "index": "none", "alert": alerters}).to_string();
        let context = crate::rule::load::Context { environment: &|_| None, root: None, config: &self.config.entries };
        let made = crate::rule::load::load_text(std::path::Path::new("notify.yaml"), &text, &context)
            .map_err(|e| e.to_string())
            .and_then(|loaded| RunRule::new(&loaded, &self.config));
        let now = Timestamp::now();
        match made {
            Ok(rule_) => {
                let body = serde_json::json!({"@timestamp": iso(now), "timestamp": iso(now), "message": message, "rule": rule});
                let body = body.as_object().cloned().unwrap_or_default();
                let alert = Alert {
                    id: format!("error-{:016x}", super::random()),
                    rule: "sigmalert".into(),
                    body,
                    alert_time: now,
                    match_time: None,
                    aggregate_id: None,
                    aggregation_key: None,
                    sent: false,
                    info: serde_json::Value::Null,
                    extra: serde_json::Map::new(),
                    exception: None,
                    delivered: Vec::new(),
                    attempts: 0,
                    enhanced: true,
                };
                self.delivery.push(&Arc::new(rule_), vec![alert], false);
            }
            Err(e) => tracing::error!("nobody can be told of errors: {e}"),
        }
    }

    /// Looks at the rule files again and again.
    fn watch(&self) {
        while !self.is_stopped() {
            self.sleep(self.config.run_every.min(RELOAD));
            if !self.is_stopped() {
                self.reload(false);
            }
        }
    }

    /// Says that this instance is there.
    fn share(&self) {
        while !self.is_stopped() {
            self.sleep(BEAT);
            let result = match lock(&self.leases).as_mut() {
                Some(l) => l.beat(),
                None => return,
            };
            match result {
                Ok(true) => {
                    // Rules that are ours now run at once.
                    let slots: Vec<Arc<Slot>> = self.slots.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
                    let mut queue = lock(&self.queue);
                    for slot in slots.iter().filter(|s| self.sharing.owns(&s.name)) {
                        let fresh = slot.engine.try_lock().is_ok_and(|e| e.wants_state());
                        if fresh && !queue.iter().any(|d| d.0.name == slot.name && d.0.at <= Instant::now() + BEAT) {
                            queue.retain(|d| d.0.name != slot.name);
                            queue.push(Reverse(Due { at: Instant::now(), name: slot.name.clone(), generation: slot.generation }));
                        }
                    }
                    self.wake.notify_all();
                }
                Ok(false) => {}
                Err(e) => tracing::debug!("this instance could not say that it is there: {e}"),
            }
        }
    }

    /// Sends alerts that are due: of earlier processes, and gathered ones.
    fn send_pending(&self) {
        let mut tries = 0;
        while !self.is_stopped() {
            match self.pending_once() {
                Ok(()) => tries = 0,
                Err(e) => {
                    tries += 1;
                    tracing::debug!("alerts that are due could not be looked for: {e}");
                }
            }
            let mut wait = self.config.run_every.min(PENDING);
            if let Some(next) = *lock(&self.next_alert) {
                wait = wait.min(super::time::between(Timestamp::now(), next) + Duration::from_millis(20));
            }
            if tries > 0 {
                wait = wait.max(pause(tries).min(PENDING));
            }
            self.sleep(wait);
        }
    }

    fn pending_once(&self) -> Result<(), Failure> {
        let now = Timestamp::now();
        {
            let mut next = lock(&self.next_alert);
            if next.is_some_and(|n| n <= now) {
                *next = None;
            }
        }
        let limit = usize::try_from(self.config.options.count("max_aggregation").unwrap_or(10_000)).unwrap_or(10_000);
        for alert in self.store.pending(before(now, self.config.alert_time_limit), now)? {
            let slot = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(&alert.rule).cloned();
            let Some(slot) = slot.filter(|s| self.sharing.owns(&s.name)) else { continue };
            if self.delivery.has(&alert.id) {
                continue;
            }
            let mut alerts = vec![alert];
            alerts.extend(self.store.members(&alerts[0].id, limit)?);
            self.delivery.push(&slot.rule, alerts, true);
        }
        Ok(())
    }

    /// One thread's work: batches of rules that are due, one after the other.
    fn work(&self) {
        while let Some(batch) = self.next_batch() {
            let names: Vec<String> = batch.iter().map(|(s, _)| s.name.clone()).collect();
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.run_batch(&batch)));
            if caught.is_err() {
                // A defect of ours. The others go on, and these, too, at their next time.
                self.report(None, &format!("running {} broke down: this is a defect of sigmalert", names.join(", ")));
                for name in names {
                    if let Some(slot) = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned() {
                        lock(&slot.engine).reset();
                        self.schedule(&slot, Instant::now() + slot.rule.run_every);
                    }
                }
            }
        }
    }

    fn next_batch(&self) -> Option<Vec<(Arc<Slot>, Instant)>> {
        let mut queue = lock(&self.queue);
        loop {
            if self.is_stopped() {
                return None;
            }
            let now = Instant::now();
            let Some(first) = queue.peek().map(|d| d.0.at) else {
                queue = self.wake.wait_timeout(queue, Duration::from_millis(500)).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            };
            if first > now {
                queue =
                    self.wake.wait_timeout(queue, (first - now).min(Duration::from_millis(500))).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let mut batch: Vec<(Arc<Slot>, Instant)> = Vec::new();
            let mut back = Vec::new();
            let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
            while batch.len() < BATCH && queue.peek().is_some_and(|d| d.0.at <= now + HORIZON) {
                let Some(Reverse(due)) = queue.pop() else { break };
                let Some(slot) = slots.get(&due.name).filter(|s| s.generation == due.generation) else { continue };
                let alone = slot.alone.load(Ordering::Relaxed);
                let fits = batch.first().is_none_or(|(f, _)| f.cluster == slot.cluster && !alone);
                if !fits {
                    back.push(Reverse(due));
                    if back.len() > BATCH {
                        break;
                    }
                    continue;
                }
                batch.push((Arc::clone(slot), due.at));
                if alone {
                    break;
                }
            }
            drop(slots);
            queue.extend(back);
            if !batch.is_empty() {
                return Some(batch);
            }
        }
    }

    fn schedule(&self, slot: &Slot, at: Instant) {
        lock(&self.queue).push(Reverse(Due { at, name: slot.name.clone(), generation: slot.generation }));
        self.wake.notify_one();
    }

    /// Runs rules that are due.
    fn run_batch(&self, batch: &[(Arc<Slot>, Instant)]) {
        let began = Instant::now();
        let mut runs: Vec<Run<'_>> = batch
            .iter()
            .map(|(slot, due)| Run {
                slot,
                due: *due,
                engine: lock(&slot.engine),
                window: None,
                end: Timestamp::MIN,
                pause: None,
                failed: None,
            })
            .collect();
        runs.retain_mut(|run| {
            let ours = self.sharing.owns(&run.slot.name);
            if !ours {
                if !run.engine.wants_state() {
                    run.engine.reset();
                }
                self.schedule(run.slot, run.due.max(began) + run.slot.rule.run_every);
            }
            ours
        });
        self.load(&mut runs);
        self.commit_held(&mut runs);
        self.plan(&mut runs);
        self.ask(&mut runs);
        self.conclude(&mut runs, began);
        for run in runs {
            self.after(run, began);
        }
    }

    fn load(&self, runs: &mut [Run<'_>]) {
        let fresh: Vec<String> = runs.iter().filter(|r| r.engine.wants_state()).map(|r| r.slot.name.clone()).collect();
        if fresh.is_empty() {
            return;
        }
        match self.store.load(&fresh) {
            Ok(mut known) => {
                for run in runs.iter_mut().filter(|r| r.engine.wants_state()) {
                    run.engine.load(known.remove(&run.slot.name).unwrap_or_else(Known::default), Timestamp::now());
                }
            }
            Err(e) => runs.iter_mut().filter(|r| r.engine.wants_state()).for_each(|r| r.failed = Some(e.clone())),
        }
    }

    /// Ends of earlier runs that could not be written go first.
    fn commit_held(&self, runs: &mut [Run<'_>]) {
        let held: Vec<usize> = (0..runs.len()).filter(|at| runs[*at].failed.is_none() && runs[*at].engine.held().is_some()).collect();
        if held.is_empty() {
            return;
        }
        let mut commits: Vec<Commit> = held
            .iter()
            .filter_map(|at| runs[*at].engine.held().cloned())
            .map(|mut c| {
                c.alerts = c.alerts.iter().map(|a| self.delivery.latest(a)).collect();
                c
            })
            .collect();
        let results = self.store.commit(&mut commits);
        for ((at, commit), result) in held.into_iter().zip(commits).zip(results) {
            let failed = result.as_ref().err().map(ToString::to_string);
            let alerts = commit.alerts.clone();
            if runs[at].engine.settled(commit, result) {
                self.deliver(runs[at].slot, alerts);
            } else if let Some(e) = failed {
                runs[at].failed = Some(Failure::Away(e));
            }
        }
    }

    fn plan(&self, runs: &mut [Run<'_>]) {
        for run in runs.iter_mut().filter(|r| r.failed.is_none()) {
            let now = Timestamp::now();
            let rule = &run.slot.rule;
            let end = self.options.end.unwrap_or_else(|| before(now, rule.rule.query_delay));
            let ran = run.slot.ran.load(Ordering::Relaxed);
            run.pause = run.engine.limited(end);
            if run.pause.is_some() && !ran {
                continue;
            }
            let from = if ran { None } else { self.options.start };
            run.end = end;
            run.window = run.engine.plan(end, from, now);
            if let Some(window) = &run.window {
                let start = window.start;
                if let Err(e) = run.engine.learn(&*run.slot.search, start) {
                    run.failed = Some(e);
                }
            }
        }
    }

    /// Asks the cluster, span by span, for all rules at once.
    fn ask(&self, runs: &mut [Run<'_>]) {
        let mut round = 0;
        loop {
            let open: Vec<usize> = (0..runs.len())
                .filter(|at| runs[*at].failed.is_none() && runs[*at].window.as_ref().is_some_and(|w| w.spans.len() > round))
                .collect();
            if open.is_empty() || (round > 0 && self.is_stopped()) {
                // A stop between spans: what was searched so far is the end of the run.
                for run in runs.iter_mut() {
                    if let Some(w) = run.window.as_mut().filter(|w| w.spans.len() > round) {
                        w.spans.truncate(round);
                        run.end = w.spans.last().map_or(w.start, |s| s.1);
                    }
                }
                return;
            }
            let rules: Vec<Arc<RunRule>> = open.iter().map(|at| Arc::clone(&runs[*at].slot.rule)).collect();
            let mut requests = Vec::new();
            let mut counts = Vec::new();
            for (at, rule) in open.iter().zip(&rules) {
                if let Some(w) = &runs[*at].window {
                    let own = Engine::requests(rule, w.spans[round], w.offset);
                    counts.push(own.len());
                    requests.extend(own);
                }
            }
            let asked = Instant::now();
            let mut answers = runs[open[0]].slot.search.ask(&requests).into_iter();
            self.metrics.request();
            let slow = asked.elapsed() > SLOW;
            for (at, count) in open.into_iter().zip(counts) {
                let own: Vec<_> = answers.by_ref().take(count).collect();
                let run = &mut runs[at];
                // Which of them was slow shows when each runs by itself.
                run.slot.alone.store(slow || own.iter().any(|a| matches!(a, Err(Failure::Timeout(_)))), Ordering::Relaxed);
                let Some(w) = &mut run.window else { continue };
                match run.engine.take(&*run.slot.search, w.spans[round], own) {
                    Ok(until) => {
                        run.end = until;
                        if until < w.spans[round].1 {
                            w.spans.truncate(round + 1);
                        }
                    }
                    Err(e) => run.failed = Some(e),
                }
            }
            round += 1;
        }
    }

    fn conclude(&self, runs: &mut [Run<'_>], began: Instant) {
        let now = Timestamp::now();
        let mut keys: Vec<String> = Vec::new();
        let done: Vec<usize> = (0..runs.len()).filter(|at| runs[*at].failed.is_none() && runs[*at].window.is_some()).collect();
        for at in &done {
            keys.extend(runs[*at].engine.silence_keys());
        }
        keys.sort();
        keys.dedup();
        let silences = if keys.is_empty() { Ok(HashMap::new()) } else { self.store.silences(&keys) };
        let silences = match silences {
            Ok(s) => s,
            Err(e) => {
                // Who is silenced is not known: matches wait for the next run.
                done.iter().for_each(|at| runs[*at].failed = Some(e.clone()));
                return;
            }
        };
        let mut commits = Vec::new();
        for at in &done {
            let run = &mut runs[*at];
            if let Some(window) = run.window.clone() {
                let end = run.end;
                commits.push(run.engine.conclude(&window, end, now, began.elapsed(), &silences, &*run.slot.search));
            }
        }
        let results = self.store.commit(&mut commits);
        for ((at, commit), result) in done.into_iter().zip(commits).zip(results) {
            let run = &mut runs[at];
            let lost = matches!(result, Err(super::state::CommitError::Lost));
            let refused = matches!(&result, Err(super::state::CommitError::Failed(e)) if !e.is_away());
            self.ran(run, began.elapsed());
            let alerts = commit.alerts.clone();
            if run.engine.settled(commit, result) || (refused && !lost) {
                // Where the writeback indices take no writes, an alert in time is better than none.
                self.deliver(run.slot, alerts);
            }
        }
    }

    fn ran(&self, run: &Run<'_>, taken: Duration) {
        let tally = run.engine.tally();
        self.metrics.ran(&run.slot.name, tally, taken);
        let rule = &run.slot.rule;
        let start = run.window.as_ref().map_or(run.end, |w| w.start);
        let local = rule.options.flag("use_local_time", true);
        let format = self.config.options.text("custom_pretty_ts_format");
        let text = |t| pretty(t, local, format.as_deref());
        tracing::debug!(
            "Ran {} from {} to {}: {} query hits ({} already seen), {} matches, {} alerts sent",
            run.slot.name,
            text(start),
            text(run.end),
            tally.hits,
            tally.seen,
            tally.matches,
            tally.alerts
        );
        if tally.matches > 0 {
            tracing::info!(
                rule = run.slot.name,
                hits = tally.hits,
                matches = tally.matches,
                silenced = tally.silenced,
                alerts = tally.alerts,
                "matches"
            );
        }
    }

    /// Sends alerts that are due; gathered ones wait for their time.
    fn deliver(&self, slot: &Slot, alerts: Vec<Alert>) {
        for alert in alerts {
            if slot.rule.rule.aggregation.is_some() {
                let mut next = lock(&self.next_alert);
                *next = Some(next.map_or(alert.alert_time, |n| n.min(alert.alert_time)));
            } else if !self.options.dry_run {
                self.delivery.push(&slot.rule, vec![alert], true);
            } else {
                tracing::info!(rule = slot.name, alert_id = alert.id, "an alert would be sent: {}", serde_json::Value::Object(alert.body));
            }
        }
    }

    fn after(&self, mut run: Run<'_>, began: Instant) {
        let slot = run.slot;
        let every = slot.rule.run_every;
        if let Some(e) = run.failed.take() {
            let failures = slot.failures.fetch_add(1, Ordering::Relaxed) + 1;
            let away = e.is_away();
            if away {
                self.seen(false, &e.to_string());
            } else if failures == 1 || failures.is_multiple_of(60) {
                tracing::error!(rule = slot.name, "the rule could not be run, and will be again: {e}");
                self.report(Some(&slot.name), &format!("Error running query: {e}"));
            }
            run.engine.failed(&e);
            drop(run.engine);
            if self.options.once && !away {
                self.one_less(slot);
                return;
            }
            let tries = u32::try_from(failures).unwrap_or(u32::MAX);
            self.schedule(slot, Instant::now() + pause(tries).min(every.max(Duration::from_secs(1))));
            return;
        }
        slot.failures.store(0, Ordering::Relaxed);
        if run.window.is_some() {
            self.seen(true, "");
        }
        slot.ran.store(true, Ordering::Relaxed);
        if (self.options.once || self.options.end.is_some()) && run.engine.held().is_none() {
            self.one_less(slot);
            return;
        }
        let mut next = run.due + every;
        let now = Instant::now();
        let mut skipped = 0;
        while next + every < now {
            next += every;
            skipped += 1;
        }
        if run.engine.held().is_some() {
            next = now + pause(1).min(every);
        }
        self.metrics.started(began.saturating_duration_since(run.due), skipped);
        if let Some(at) = run.pause {
            if slot.rule.options.flag("limit_execution_coverage", false) {
                run.engine.skip_to(at);
            }
            next = now + super::time::between(Timestamp::now(), at);
            tracing::info!(rule = slot.name, until = %at, "the rule pauses until its next time of execution");
        }
        drop(run.engine);
        self.schedule(slot, next);
    }

    fn one_less(&self, slot: &Slot) {
        if slot.counted.swap(true, Ordering::Relaxed) {
            return;
        }
        if self.left.fetch_sub(1, Ordering::Relaxed) <= 1 {
            self.stop();
        }
    }
}

/// A rule while it runs.
struct Run<'s> {
    slot: &'s Slot,
    due: Instant,
    engine: MutexGuard<'s, Engine>,
    window: Option<Window>,
    /// Up to when it was searched.
    end: Timestamp,
    /// When it may run again, by its `limit_execution`.
    pause: Option<Timestamp>,
    failed: Option<Failure>,
}

/// Serves the metrics.
pub(crate) fn serve_metrics(address: &str, metrics: Arc<Metrics>) -> Result<Arc<tiny_http::Server>, String> {
    let server = tiny_http::Server::http(address).map_err(|e| format!("metrics cannot be served at {address}: {e}"))?;
    let server = Arc::new(server);
    let own = Arc::clone(&server);
    std::thread::spawn(move || {
        for request in own.incoming_requests() {
            let text = tiny_http::Header::from_bytes("content-type", "text/plain; version=0.0.4; charset=utf-8");
            let mut response = match request.url() {
                "/metrics" | "/" => tiny_http::Response::from_string(metrics.text()),
                _ => tiny_http::Response::from_string("metrics are at /metrics\n").with_status_code(404),
            };
            if let Ok(h) = text {
                response.add_header(h);
            }
            let _ = request.respond(response);
        }
    });
    Ok(server)
}
