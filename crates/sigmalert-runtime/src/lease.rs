//! Several instances that share the rules: each says every other second that it is there, and every rule belongs to the one
//! whose name hashes highest with the rule's. When one falls silent, its rules go to the others within seconds. Should two
//! hold a rule for a moment, the writes of its memory are conditional: the second one's run is void.

use super::search::client::Client;
use super::search::failure::Failure;
use super::time::iso;
use crate::url::in_path;
use jiff::Timestamp;
use rustc_hash::FxHasher;
use serde_json::{Value, json};
use sigmalert_support::sync::unpoisoned;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

/// How often an instance says that it is there.
pub(crate) const BEAT: Duration = Duration::from_secs(2);
/// After so long without a word it is gone.
const GONE: Duration = Duration::from_secs(7);

/// What is known of another instance.
struct LastBeat {
    beat: u64,
    /// By our own clock: those of other machines may be wrong.
    at: Instant,
}

/// See the module.
pub(crate) struct Leases {
    client: Arc<Client>,
    index: String,
    pub me: String,
    others: HashMap<String, LastBeat>,
    beat: u64,
    live: Arc<RwLock<Vec<String>>>,
    /// Since when we are alone with what was there before us.
    began: Instant,
}

/// Which instances share the rules.
#[derive(Clone)]
pub(crate) struct Sharing {
    me: String,
    live: Option<Arc<RwLock<Vec<String>>>>,
}

impl Sharing {
    /// Of one instance alone.
    pub fn alone() -> Self {
        Self { me: String::new(), live: None }
    }

    /// Whether a rule is ours.
    pub fn owns(&self, rule: &str) -> bool {
        let Some(live) = &self.live else { return true };
        let live = unpoisoned(live.read());
        let weight = |instance: &str| {
            let mut h = FxHasher::default();
            instance.hash(&mut h);
            rule.hash(&mut h);
            // Each bit of the hash has to depend on all of the name, or one instance gets more rules than another.
            let mut x = h.finish();
            for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
                x = (x ^ (x >> 33)).wrapping_mul(factor);
            }
            (x ^ (x >> 33), instance.to_owned())
        };
        live.iter().map(|i| weight(i)).max().is_none_or(|(_, best)| best == self.me)
    }
}

impl Leases {
    pub fn new(client: Arc<Client>, index: String, me: String) -> Self {
        let live = Arc::new(RwLock::new(vec![me.clone()]));
        Self { client, index, me, others: HashMap::new(), beat: 0, live, began: Instant::now() }
    }

    /// For those who ask.
    pub fn sharing(&self) -> Sharing {
        Sharing { me: self.me.clone(), live: Some(Arc::clone(&self.live)) }
    }

    fn path(&self, id: &str) -> String {
        format!("{}/_doc/{}", in_path(&self.index), in_path(&format!("instance-{id}")))
    }

    /// Says that we are here, and looks who else is. Returns whether that changed.
    pub fn beat(&mut self) -> Result<bool, Failure> {
        self.beat += 1;
        let own = json!({"kind": "instance", "instance": self.me, "beat": self.beat, "@timestamp": iso(Timestamp::now())});
        self.client.call("PUT", &format!("{}?refresh=true", self.path(&self.me)), Some(&own))?;
        let body = json!({"size": 1000, "query": {"term": {"kind": "instance"}}});
        let answer = self.client.call("POST", &format!("{}/_search", in_path(&self.index)), Some(&body))?;
        let now = Instant::now();
        let mut there = Vec::new();
        for hit in answer.pointer("/hits/hits").and_then(Value::as_array).into_iter().flatten() {
            let source = hit.get("_source");
            let name = source.and_then(|s| s.get("instance")).and_then(Value::as_str).unwrap_or_default().to_owned();
            let beat = source.and_then(|s| s.get("beat")).and_then(Value::as_u64).unwrap_or(0);
            if name == self.me || name.is_empty() {
                continue;
            }
            if is_dead(&name) {
                let _ = self.client.call_any("DELETE", &self.path(&name), None);
                continue;
            }
            let seen = self.others.entry(name.clone()).or_insert(LastBeat { beat, at: now });
            if seen.beat != beat {
                *seen = LastBeat { beat, at: now };
            }
            there.push(name);
        }
        self.others.retain(|n, _| there.contains(n));
        let gone: Vec<String> = self.others.iter().filter(|(_, s)| now.duration_since(s.at) > GONE).map(|(n, _)| n.clone()).collect();
        for name in gone {
            self.others.remove(&name);
            let _ = self.client.call_any("DELETE", &self.path(&name), None);
            if self.began.elapsed() > GONE {
                tracing::warn!(instance = name, "another instance fell silent: its rules are shared out");
            }
        }
        let mut live: Vec<String> = self.others.keys().cloned().chain([self.me.clone()]).collect();
        live.sort();
        let mut shared = unpoisoned(self.live.write());
        let changed = *shared != live;
        if changed {
            tracing::info!(instances = live.len(), "the rules are shared by these instances: {}", live.join(", "));
        }
        *shared = live;
        Ok(changed)
    }

    /// Says that we go.
    pub fn leave(&self) {
        let _ = self.client.call_any("DELETE", &format!("{}?refresh=true", self.path(&self.me)), None);
    }
}

/// A name for an instance: machine, process, and when it began.
pub(crate) fn name() -> String {
    let host = sigmalert_support::host::hostname().unwrap_or_else(|| "host".to_owned());
    format!("{host}:{}:{:08x}", std::process::id(), super::random() & 0xffff_ffff)
}

/// Whether an instance is a process of this machine that is no more.
fn is_dead(name: &str) -> bool {
    let own = self::name();
    let mut parts = name.split(':');
    let (Some(host), Some(pid)) = (parts.next(), parts.next()) else { return false };
    let here = own.split(':').next() == Some(host) && std::path::Path::new("/proc/self").exists();
    here && pid.parse::<u32>().is_ok_and(|p| !std::path::Path::new(&format!("/proc/{p}")).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_shared_evenly_and_few_move() {
        let sharing = |me: &str, all: &[&str]| Sharing {
            me: me.into(),
            live: Some(Arc::new(RwLock::new(all.iter().map(|a| (*a).to_owned()).collect()))),
        };
        let rules: Vec<String> = (0..3000).map(|i| format!("rule {i}")).collect();
        let own = |me: &str, all: &[&str]| rules.iter().filter(|r| sharing(me, all).owns(r)).cloned().collect::<Vec<_>>();
        let three = ["host:10:aaaaaaaa", "host:11:bbbbbbbb", "host:12:cccccccc"];
        let parts: Vec<Vec<String>> = three.iter().map(|i| own(i, &three)).collect();
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 3000, "each rule has one instance");
        assert!(parts.iter().all(|p| (850..1150).contains(&p.len())), "{:?}", parts.iter().map(Vec::len).collect::<Vec<_>>());
        // When one is gone, the others keep what they have.
        let left = own(three[0], &three[..2]);
        assert!(parts[0].iter().all(|r| left.contains(r)));
        assert!(rules.iter().all(|r| Sharing::alone().owns(r)));
    }
}
