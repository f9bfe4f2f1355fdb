//! All rules over a cluster: when each falls due, which run together, what becomes of what they find.

mod background;
mod batch;
mod rules;

use crate::alerters::delivery::{Delivery, pause};
use crate::config::Config;
use crate::engine::{Engine, Shared};
use crate::lease::{Leases, Sharing};
use crate::metrics::Metrics;
use crate::rule::RunRule;
use crate::rules::Files;
use crate::scrape::Scrape;
use crate::search::Search;
use crate::search::client::{Client, Connection};
use crate::search::failure::Failure;
use crate::state::Store;
use crate::state::null::NullStore;
use crate::state::setup::{self, IndexOutcome};
use crate::state::writeback::Writeback;
use jiff::Timestamp;
use sigmalert_support::sync::{lock, unpoisoned};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::time::{Duration, Instant};

/// How many rules share a request.
const BATCH: usize = 50;
/// Rules that fall due within this run together.
const HORIZON: Duration = Duration::from_millis(200);
/// A rule whose search took longer runs by itself.
const SLOW: Duration = Duration::from_secs(3);
/// How often a rule of a run that is to end is tried while the cluster answers with errors.
const MAX_FAILURES: u64 = 5;
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
    pub standalone: bool,
    /// Goes on where no rule can be run: one may come.
    pub patient: bool,
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
    /// Since when some shard does not answer.
    incomplete: Mutex<Option<Instant>>,
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
    /// Why the cluster does not answer.
    away_why: Mutex<String>,
    generations: AtomicU64,
    /// Rules that did not run yet, where a run is to end.
    left: AtomicUsize,
    /// Rules that could not be run, or not over all shards, where a run is to end.
    failed: AtomicUsize,
    /// When the next gathered alert is due.
    next_alert: Mutex<Option<Timestamp>>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("config", &self.config).field("options", &self.options).finish_non_exhaustive()
    }
}

/// The client of the writeback indices.
pub(crate) fn writeback_client(config: &Config) -> Result<Arc<Client>, String> {
    Ok(Arc::new(Client::new(Connection::new(&config.options)?)?))
}

/// Creates the writeback indices, or completes them. Returns for each what was done.
///
/// # Errors
/// When the cluster does not answer or refuses.
pub fn create_indices(config: &Config, migrate: bool) -> Result<Vec<(String, IndexOutcome)>, String> {
    let mut options = config.options.clone();
    // Moving documents takes its time.
    options.0.insert("es_conn_timeout".into(), 3600.into());
    let client = Client::new(Connection::new(&options)?)?;
    Ok(setup::create(&client, &config.writeback_index, migrate).map_err(|e| e.to_string())?.into_iter().collect())
}

/// What rules share of a configuration.
pub(crate) fn shared(config: &Config, remember_terms: bool) -> Shared {
    Shared {
        run_every: config.run_every,
        old_query_limit: config.old_query_limit,
        metadata: config.options.flag("add_metadata_alert", false),
        compat: config.compat,
        remember_terms,
        event_time: remember_terms,
        by_content: false,
    }
}

impl Runner {
    /// Gets everything ready: the cluster is asked for nothing yet.
    ///
    /// # Errors
    /// When the configuration names no cluster or no rules. The message says what is wrong.
    pub fn new(config: Config, options: RunOptions) -> Result<Self, String> {
        let client = writeback_client(&config)?;
        let instance = crate::lease::name();
        let writeback: Arc<dyn Store> = Arc::new(Writeback {
            client: Arc::clone(&client),
            index: config.writeback_index.clone(),
            instance: instance.clone(),
            alert_time_limit: config.alert_time_limit,
            every_status: config.compat,
        });
        let quiet = options.debug || options.dry_run;
        let store: Arc<dyn Store> = if quiet { Arc::new(NullStore::over(Some(writeback))) } else { writeback };
        let metrics = Arc::new(Metrics::default());
        let delivery = Delivery::new(Arc::clone(&store), Arc::clone(&metrics), config.alert_time_limit, options.debug || options.dry_run);
        let leases = (!quiet && !options.standalone && !options.once && options.end.is_none())
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
            away_why: Mutex::default(),
            generations: AtomicU64::new(0),
            left: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            next_alert: Mutex::default(),
            config,
            options,
        })
    }

    /// Runs until [`Self::stop`], or to the end that the options name. Returns whether all alerts were sent and, where the run has an
    /// end, every rule was run.
    ///
    /// # Errors
    /// When no rule can be run. The message says what is wrong.
    pub fn run(&self) -> Result<bool, String> {
        let broken = self.reload(true);
        let count = unpoisoned(self.slots.read()).len();
        if count == 0 && !self.options.patient {
            let why: Vec<String> = broken.iter().take(5).map(|b| format!("\n{}: {}", b.file.display(), b.message)).collect();
            return Err(format!("there is no rule that can be run{}", why.concat()));
        }
        self.left.store(count, Ordering::Relaxed);
        tracing::info!(rules = count, broken = broken.len(), hosts = self.client.hosts(), "rules loaded");
        let metrics = self.options.metrics.as_deref().map(|a| Scrape::start(a, Arc::clone(&self.metrics))).transpose()?;
        if !self.prepare() {
            self.delivery.stop();
            if let Some(m) = metrics {
                m.stop();
            }
            return Ok(false);
        }
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
            m.stop();
        }
        let (runs, skipped) = self.metrics.totals();
        tracing::info!(runs, skipped, "stopped");
        let failed = self.failed.load(Ordering::Relaxed);
        if failed > 0 {
            tracing::error!("{failed} of {count} rules could not be run over all of the time: each is named above");
        }
        Ok(all && failed == 0 && (broken.is_empty() || !self.is_bounded()))
    }

    /// Has the run end once what is being done is done.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wake.notify_all();
    }

    /// Whether the run has an end of its own.
    fn is_bounded(&self) -> bool {
        self.options.once || self.options.end.is_some()
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

    /// Waits for the cluster, and has the writeback indices there. Returns whether the rules can be run.
    fn prepare(&self) -> bool {
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
                        if let IndexOutcome::WrongTypes(what) = done {
                            tracing::warn!(
                                index = name,
                                "the writeback index is not as it should be ({what}): `sigmalert create-index --migrate` mends it"
                            );
                        }
                    }
                    self.seen(None);
                    if let Some(l) = lock(&self.leases).as_mut()
                        && let Err(e) = l.beat()
                    {
                        tracing::warn!("other instances cannot be looked for: {e}");
                    }
                    return true;
                }
                Err(e) => {
                    if !e.is_busy() {
                        tracing::error!("the writeback indices cannot be created: {e}");
                        return true;
                    }
                    tries += 1;
                    if self.gives_up_unsigned(&e, tries.into()) {
                        tracing::error!("{}", trouble(&e));
                        return false;
                    }
                    self.seen(Some(&e));
                    self.sleep(pause(tries).min(Duration::from_secs(30)));
                }
            }
        }
        true
    }

    /// Whether a run that is to end does so because its requests cannot be signed: at once where every rule runs once, after some
    /// tries where a long run would lose what it did so far.
    fn gives_up_unsigned(&self, e: &Failure, tries: u64) -> bool {
        e.is_unsigned() && (self.options.once || (self.options.end.is_some() && tries >= MAX_FAILURES))
    }

    /// Why the cluster does not answer; nothing while it does.
    pub fn away(&self) -> Option<String> {
        self.away.load(Ordering::Relaxed).then(|| lock(&self.away_why).clone())
    }

    /// Notes whether the cluster answers, or why not: a line in the log when that changes.
    fn seen(&self, failure: Option<&Failure>) {
        let there = failure.is_none();
        let why = failure.map(trouble).unwrap_or_default();
        if !there {
            why.clone_into(&mut lock(&self.away_why));
        }
        if self.away.swap(!there, Ordering::Relaxed) == there {
            if there {
                tracing::info!("the cluster answers");
            } else {
                tracing::error!("{why}; retrying");
            }
        }
        self.metrics.state(!there, self.delivery.waiting());
    }
}

/// Why the cluster is not asked, or does not answer.
fn trouble(e: &Failure) -> String {
    let what = if e.is_unsigned() { "requests to the cluster cannot be signed" } else { "the cluster does not answer" };
    format!("{what}: {e}")
}
