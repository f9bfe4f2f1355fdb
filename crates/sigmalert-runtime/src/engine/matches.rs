//! What becomes of matches: silenced, dropped, gathered, or alerts.

use super::{Engine, Window};
use crate::enhance;
use crate::lookup::{Document, lookup};
use crate::search::{Request, Search};
use crate::state::{Alert, Commit, Silence, Silenced};
use crate::text::python;
use crate::time::{after, before, next_of, parse};
use jiff::Timestamp;
use rustc_hash::FxHasher;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sigmalert_elastalert::RuleType;
use sigmalert_elastalert::rule::Aggregation;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::time::Duration;

impl Engine {
    /// The keys of silences that matches would be under: the rule's own, and each match's.
    pub fn silence_keys(&mut self) -> Vec<String> {
        // Taken out while they are looked at: whole documents are not copied for their keys.
        let docs = std::mem::take(self.kind.matches());
        if docs.is_empty() {
            return Vec::new();
        }
        let mut keys = vec![format!("{}._silence", self.rule.rule.name)];
        for doc in &docs {
            let key = self.silence_key(doc);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        *self.kind.matches() = docs;
        keys
    }

    /// Of a match: `realert_key`, and the value of the query key where there is one.
    fn silence_key(&self, doc: &Document) -> String {
        let rule = &self.rule;
        let value = match (&rule.rule.kind, doc.get("key")) {
            (RuleType::Flatline { .. }, Some(key)) => Some(python::str(key)),
            _ => rule.query_key.as_ref().and_then(|k| lookup(doc, k)).filter(|v| !v.is_null()).map(|v| python::str(&v)),
        };
        match value {
            Some(v) => format!("{}.{v}", rule.rule.realert_key),
            None => rule.rule.realert_key.clone(),
        }
    }

    fn is_silenced(&self, key: &str, found: &HashMap<String, Silenced>, now: Timestamp) -> bool {
        let of = |map: &HashMap<String, Silenced>| map.get(key).is_some_and(|s| now < s.until);
        of(found) || of(&self.silenced)
    }

    /// Until when a key is silent from now on, and how often that was prolonged.
    fn next_alert(&self, key: &str, found: &HashMap<String, Silenced>, now: Timestamp) -> Silenced {
        let realert = self.rule.rule.realert;
        let plain = Silenced { until: after(now, realert), exponent: 0 };
        let last = [found.get(key), self.silenced.get(key)].into_iter().flatten().max_by_key(|s| s.until);
        let (Some(last), Some(longest)) = (last, self.rule.rule.exponential_realert) else { return plain };
        let unit = realert.as_secs_f64().trunc().max(1.0);
        let step = |e: i64| unit * 2f64.powi(i32::try_from(e.clamp(-1, 60)).unwrap_or(60));
        #[expect(clippy::cast_precision_loss, reason = "seconds")]
        let mut diff = now.duration_since(last.until).as_secs() as f64;
        let mut exponent = last.exponent;
        if diff < step(exponent) {
            exponent += 1;
        } else {
            while diff > step(exponent) && exponent > 0 {
                diff -= step(exponent);
                exponent -= 1;
            }
        }
        let wait = Duration::try_from_secs_f64(step(exponent)).unwrap_or(Duration::MAX);
        if wait >= longest {
            Silenced { until: after(now, longest), exponent: exponent - 1 }
        } else {
            Silenced { until: after(now, wait), exponent }
        }
    }

    /// Makes the end of a run of what matched. `found` are the silences of [`Self::silence_keys`].
    pub fn conclude(
        &mut self,
        window: &Window,
        end: Timestamp,
        now: Timestamp,
        taken: Duration,
        found: &HashMap<String, Silenced>,
        search: &dyn Search,
    ) -> Commit {
        let docs = std::mem::take(self.kind.matches());
        let count = docs.len() as u64;
        self.tally.matches = count;
        let (mut alerts, mut silences) = (Vec::new(), Vec::new());
        let whole = format!("{}._silence", self.rule.rule.name);
        self.forget(end.min(now), now);
        for mut doc in docs {
            let id = self.alert_id(&doc);
            doc.insert("num_hits".into(), self.tally.hits.into());
            doc.insert("num_matches".into(), count.into());
            let key = self.silence_key(&doc);
            let match_time = lookup(&doc, &self.rule.rule.timestamp.field).and_then(|v| v.as_str().map(str::to_owned));
            let at = match_time.as_deref().and_then(|t| parse(&t.into())).unwrap_or(end);
            let judged = if self.shared.event_time { at } else { now };
            if self.is_silenced(&whole, found, judged) || self.is_silenced(&key, found, judged) {
                tracing::debug!(rule = self.rule.rule.name, key, "a match is silenced");
                self.tally.silenced += 1;
                continue;
            }
            self.count_top(&mut doc, at, window, search);
            let first = self.rule.options.flag("run_enhancements_first", false);
            let silence = (!self.rule.rule.realert.is_zero()).then(|| self.next_alert(&key, found, judged));
            let mut kept = enhance::run(&self.rule, &mut doc);
            if !kept && !first && !self.shared.compat {
                // A match that is dropped silences nothing.
                continue;
            }
            if let Some(s) = silence {
                self.silenced.insert(key.clone(), s);
                silences.push(Silence { id: format!("{id}-silence"), key, until: s.until, exponent: s.exponent });
            }
            if !kept {
                continue;
            }
            kept = self.rule.rule.aggregation.is_some();
            let (alert_time, aggregate_id, aggregation_key) = if kept { self.gather(&doc, &id, at, now) } else { (now, None, None) };
            self.tally.alerts += 1;
            alerts.push(Alert {
                extra: self.extra(&doc),
                rule: self.rule.rule.name.clone(),
                body: doc,
                alert_time,
                match_time,
                aggregate_id,
                aggregation_key,
                sent: false,
                info: crate::alerters::info(&self.rule),
                exception: None,
                failed: std::collections::BTreeMap::new(),
                delivered: Vec::new(),
                attempts: 0,
                enhanced: true,
                id,
            });
        }
        self.resumed = false;
        self.previous = Some(end);
        let memory = self.memory(end);
        let digest = {
            let mut h = FxHasher::default();
            memory.state.to_string().hash(&mut h);
            memory.seen.iter().for_each(|s| s.0.hash(&mut h));
            memory.open.hash(&mut h);
            h.finish()
        };
        let blank = memory.state.is_null() && memory.seen.is_empty() && memory.open.is_empty();
        let changed = self.written != Some(digest) && !(blank && self.written.is_none() && self.version.is_none());
        self.written = Some(digest);
        let notable = self.tally.hits > 0 || count > 0;
        Commit {
            rule: self.rule.rule.name.clone(),
            endtime: end,
            memory: (changed || notable || !alerts.is_empty() || !silences.is_empty() || self.shared.remember_terms).then_some(memory),
            version: self.version,
            status: self.status(window, end, now, taken),
            notable,
            alerts,
            silences,
        }
    }

    /// The id of an alert: of what it is about, so that a run that is repeated makes the same ones.
    fn alert_id(&self, doc: &Document) -> String {
        let mut hasher = Sha256::new();
        hasher.update(&self.rule.rule.name);
        let text = |key: &str| doc.get(key).map(Value::to_string).unwrap_or_default();
        if doc.contains_key("_id") {
            let at = lookup(doc, &self.rule.rule.timestamp.field).map(|v| v.to_string()).unwrap_or_default();
            let index = if self.shared.by_content { String::new() } else { text("_index") };
            for part in [index, text("_id"), text("new_field"), text("missing_field"), text("key"), at] {
                hasher.update("\0");
                hasher.update(part);
            }
        } else {
            hasher.update("\0");
            hasher.update(serde_json::to_string(doc).unwrap_or_default());
        }
        sigmalert_support::hex::hex(&hasher.finalize()[..20])
    }

    /// The group that a match is gathered under: when it is sent, under which alert, by which key.
    fn gather(&mut self, doc: &Document, id: &str, at: Timestamp, now: Timestamp) -> (Timestamp, Option<String>, Option<String>) {
        let value = |k: &String| lookup(doc, k).filter(|v| !v.is_null()).map(|v| python::str(&v));
        let key = self.rule.aggregation_key.as_ref().and_then(value);
        let compared = if self.rule.options.flag("aggregation_alert_time_compared_with_timestamp_field", false) { at } else { now };
        if let Some((first, time)) = self.open.get(&key).filter(|(_, time)| *time >= compared) {
            return (*time, Some(first.clone()), key);
        }
        let time = match &self.rule.rule.aggregation {
            Some(Aggregation::Schedule(cron)) => next_of(cron, now).unwrap_or_else(|e| {
                tracing::error!(rule = self.rule.rule.name, "aggregation: {e}; the alert is sent at once");
                now
            }),
            Some(Aggregation::Window(span)) if self.rule.options.flag("aggregate_by_match_time", false) => after(at, *span),
            Some(Aggregation::Window(span)) => after(now, *span),
            None => now,
        };
        self.open.insert(key.clone(), (id.to_owned(), time));
        (time, None, key)
    }

    /// What stands beside the match in its document.
    fn extra(&self, doc: &Document) -> Document {
        let mut out = Document::new();
        if self.shared.metadata {
            for key in ["category", "description", "owner", "priority"] {
                out.insert(key.into(), self.rule.options.get(key).cloned().unwrap_or(Value::Null));
            }
        }
        if self.rule.options.flag("include_match_in_root", false) {
            out.extend(doc.iter().filter(|(k, _)| !k.starts_with('_')).map(|(k, v)| (k.clone(), v.clone())));
        }
        out
    }

    /// The most frequent values of `top_count_keys` around a match.
    fn count_top(&self, doc: &mut Document, at: Timestamp, window: &Window, search: &dyn Search) {
        let keys = self.rule.options.texts("top_count_keys");
        if keys.is_empty() {
            return;
        }
        let raw = self.rule.options.flag("raw_count_keys", true);
        let ending = self.rule.options.some_text("string_multi_field_name").unwrap_or_else(|| ".keyword".into());
        let named = |k: &str| if raw && !k.ends_with(&ending) { format!("{k}{ending}") } else { k.to_owned() };
        let span = match (&self.rule.rule.kind, self.rule.rule.timeframe) {
            // Within the span of a flatline there is nothing to count.
            (RuleType::Flatline { .. }, Some(t)) => t.saturating_mul(2),
            (_, Some(t)) => t,
            (_, None) => Duration::from_secs(600),
        };
        let mut filters = Vec::new();
        for key in &self.rule.rule.query_key {
            if let Some(v) = lookup(doc, key).filter(|v| !v.is_null() && !v.is_array() && !v.is_object()) {
                let name = if raw && v.is_string() { named(key) } else { key.clone() };
                filters.push(json!({"term": {name: v.into_owned()}}));
            }
        }
        let size = self.rule.options.count("top_count_number").unwrap_or(5);
        let request = Request {
            rule: &self.rule,
            start: before(at, span),
            end: after(at, Duration::from_secs(600)),
            leaf: None,
            offset: window.offset,
            partial: false,
        };
        for key in keys {
            let name = named(&key);
            let counted = search.top(&request, &name, filters.clone(), size).unwrap_or_else(|e| {
                tracing::warn!(rule = self.rule.rule.name, field = name, "top_count_keys could not be counted: {e}");
                Vec::new()
            });
            let map: Document = counted.into_iter().map(|(v, n)| (python::str(&v), n.into())).collect();
            doc.insert(format!("top_events_{name}"), Value::Object(map));
        }
    }
}
