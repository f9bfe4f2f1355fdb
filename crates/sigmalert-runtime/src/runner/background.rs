//! What goes on beside the rules: files watched, instances heard, alerts that are due sent, errors told.

use super::{Due, PENDING, RELOAD, Runner, Slot};
use crate::alerters::delivery::pause;
use crate::lease::BEAT;
use crate::rule::RunRule;
use crate::search::Failure;
use crate::state::Alert;
use crate::time::before;
use crate::time::iso;
use jiff::Timestamp;
use sigmalert_support::sync::{lock, unpoisoned};
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

impl Runner {
    /// An error that an operator should know: logged, written, told.
    pub(super) fn report(&self, rule: Option<&str>, message: &str) {
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
    pub(super) fn notify(&self, rule: Option<&str>, message: &str) {
        let o = &self.config.options;
        let mut alerters = o.list("notify_alert");
        if o.get("notify_email").is_some() {
            alerters.push(serde_json::json!({"email": {"email": o.get("notify_email"), "alert_subject": "ElastAlert notification"}}));
        }
        if alerters.is_empty() {
            return;
        }
        let text = serde_json::json!({"name": "sigmalert", "type": "any", "index": "none", "alert": alerters}).to_string();
        let context = sigmalert_elastalert::load::Context { environment: &|_| None, root: None, config: &self.config.entries };
        let made = sigmalert_elastalert::load::load_text(std::path::Path::new("notify.config"), &text, &context)
            .map_err(|e| e.to_string())
            .and_then(|loaded| RunRule::new(&loaded, &self.config));
        let now = Timestamp::now();
        match made {
            Ok(rule_) => {
                let body = serde_json::json!({"@timestamp": iso(now), "timestamp": iso(now), "message": message, "rule": rule});
                let body = body.as_object().cloned().unwrap_or_default();
                let alert = Alert {
                    id: format!("error-{:016x}", crate::random()),
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
                    failed: std::collections::BTreeMap::new(),
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
    pub(super) fn watch(&self) {
        while !self.is_stopped() {
            self.sleep(self.config.run_every.min(RELOAD));
            if !self.is_stopped() {
                self.reload(false);
            }
        }
    }

    /// Says that this instance is there.
    pub(super) fn share(&self) {
        while !self.is_stopped() {
            self.sleep(BEAT);
            let result = match lock(&self.leases).as_mut() {
                Some(l) => l.beat(),
                None => return,
            };
            match result {
                Ok(true) => {
                    // Rules that are ours now run at once.
                    let slots: Vec<Arc<Slot>> = unpoisoned(self.slots.read()).values().cloned().collect();
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
    pub(super) fn send_pending(&self) {
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
                wait = wait.min(crate::time::between(Timestamp::now(), next) + Duration::from_millis(20));
            }
            if tries > 0 {
                wait = wait.max(pause(tries).min(PENDING));
            }
            self.sleep(wait);
        }
    }

    pub(super) fn pending_once(&self) -> Result<(), Failure> {
        let now = Timestamp::now();
        {
            let mut next = lock(&self.next_alert);
            if next.is_some_and(|n| n <= now) {
                *next = None;
            }
        }
        let limit = usize::try_from(self.config.options.count("max_aggregation").unwrap_or(10_000)).unwrap_or(10_000);
        for alert in self.store.pending(before(now, self.config.alert_time_limit), now)? {
            let slot = unpoisoned(self.slots.read()).get(&alert.rule).cloned();
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
}
