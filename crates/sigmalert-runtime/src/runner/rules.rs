//! The rules of a run as their files change: taken up, replaced, dropped.

use super::{Due, Runner, Slot};
use crate::config::VARIABLES;
use crate::engine::Engine;
use crate::rule::RunRule;
use crate::rules::{Broken, NAMED, tell_doubts};
use crate::search::Search;
use crate::search::client::Client;
use crate::search::client::Connection;
use crate::search::cluster::Cluster;
use sigmalert_support::sync::{lock, unpoisoned};
use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

/// One line a rule, or one line for many.
fn tell(names: &[String], one: &str, many: &str) {
    if names.len() > NAMED {
        tracing::info!(first = names[0], "{} rules {many}", names.len());
    } else {
        names.iter().for_each(|rule| tracing::info!(rule, "the rule {one}"));
    }
}

impl Runner {
    /// Takes up what changed in the rule files.
    pub(super) fn reload(&self, first: bool) -> Vec<Broken> {
        let changes = lock(&self.files).changes(&self.config, &self.shared);
        for b in &changes.broken {
            tracing::error!(file = %b.file.display(), rule = b.rule, "the rule cannot be run: {}", b.message);
            if !first {
                self.report(Some(&b.rule), &format!("Could not load rule {}: {}", b.file.display(), b.message));
            }
        }
        tell_doubts(&changes.doubts);
        for name in changes.gone.iter().chain(&changes.off) {
            unpoisoned(self.slots.write()).remove(name);
            self.delivery.gone(name);
            self.metrics.forget(name);
        }
        tell(&changes.gone, "is gone", "are gone");
        tell(&changes.off, "is disabled", "are disabled");
        if !first {
            let slots = unpoisoned(self.slots.read());
            let names = changes.rules.iter().map(|(r, _)| r.rule.name.clone());
            let (changed, new): (Vec<String>, Vec<String>) = names.partition(|n| slots.contains_key(n));
            drop(slots);
            tell(&new, "is new", "are new");
            tell(&changed, "was changed", "were changed");
        }
        let count = changes.rules.len();
        let spread = self.spread(count);
        for (at, (rule, engine)) in changes.rules.into_iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a share of a span")]
            let delay = if first { spread.mul_f64(at as f64 / count as f64) } else { Duration::ZERO };
            let file = rule.file.clone();
            if let Err(e) = self.take_up(rule, engine, delay) {
                lock(&self.files).failed(&file);
                tracing::error!("the rule cannot be run: {e}");
            }
        }
        self.metrics.rules(lock(&self.files).loaded());
        changes.broken
    }

    /// Over how long the first runs are spread.
    pub(super) fn spread(&self, count: usize) -> Duration {
        if self.is_bounded() {
            return Duration::ZERO;
        }
        let each = Duration::from_millis(10);
        each.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX)).min(self.config.run_every.mul_f64(0.8))
    }

    pub(super) fn take_up(&self, rule: Arc<RunRule>, mut engine: Engine, delay: Duration) -> Result<(), String> {
        let name = rule.rule.name.clone();
        let (cluster, search) = self.search_of(&rule).map_err(|e| format!("{}: {e}", rule.file.display()))?;
        let old = unpoisoned(self.slots.read()).get(&name).cloned();
        let ran = old.as_ref().is_some_and(|o| o.ran.load(Ordering::Relaxed));
        if let Some(old) = old {
            // It may be running just now.
            engine.take_over(&mut lock(&old.engine));
        }
        self.delivery.rule(&rule);
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
            incomplete: Mutex::default(),
        };
        unpoisoned(self.slots.write()).insert(name.clone(), Arc::new(slot));
        lock(&self.queue).push(Reverse(Due { at: Instant::now() + delay, name, generation }));
        self.wake.notify_all();
        Ok(())
    }

    /// The cluster of a rule. Rules with the same connection share it.
    pub(super) fn search_of(&self, rule: &RunRule) -> Result<(usize, Arc<dyn Search>), String> {
        let mut options = crate::options::Options::clone(&rule.options);
        // The environment goes before what rule files say of the connection, too.
        for (variable, key) in VARIABLES.into_iter().filter(|(_, key)| *key != "use_ssl") {
            if std::env::var(variable).is_ok_and(|v| !v.is_empty())
                && let Some(v) = self.config.options.get(key)
            {
                options.0.insert(key.into(), v.clone());
            }
        }
        let connection = Connection::new(&options)?;
        // A profile may do more than the one that the operator chose for this cluster.
        if rule.guard.is_on() && rule.by_clients.contains("profile") && self.config.options.get("profile") != options.get("profile") {
            return Err(
                "`profile` of the rule: the AWS profiles of this machine are not for rules of clients; set it in the configuration".into(),
            );
        }
        // The operator's own cluster needs no leave.
        if rule.guard.is_on() && Connection::hosts(&self.config.options)? != Connection::hosts(&options)? {
            connection.admit(rule, "ca_certs")?;
        }
        let mut clusters = lock(&self.clusters);
        if let Some(at) = clusters.iter().position(|(c, _)| *c == connection) {
            return Ok((at, Arc::clone(&clusters[at].1)));
        }
        let search: Arc<dyn Search> = Arc::new(Cluster::new(Arc::new(Client::new(connection.clone())?)));
        clusters.push((connection, Arc::clone(&search)));
        Ok((clusters.len() - 1, search))
    }
}
