//! Rate limits on failed logins, by address, by user and by credentials.
//!
//! Each key has some free failures, then delays that double; one failure expires per minute. The same wrong credentials count
//! once per address, so a client with an old password does not lock out others behind its address.

use crate::serve::auth::users::Fingerprint;
use sigmalert_support::sync::lock;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The key that failures are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::serve) enum LoginKey {
    Address(IpAddr),
    User(Fingerprint),
    Credentials(Fingerprint),
}

impl LoginKey {
    /// An address; for IPv6 its /64 network, which belongs to one customer.
    pub fn address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(a) => (a.to_bits() & !u128::from(u64::MAX)).to_be_bytes().into(),
            v4 @ IpAddr::V4(_) => v4,
        })
    }

    /// How many failures are free. One address cannot use up what a user has.
    fn free(self) -> f64 {
        match self {
            Self::Address(_) | Self::Credentials(_) => 5.0,
            Self::User(_) => 30.0,
        }
    }

    /// The longest wait.
    fn longest(self) -> f64 {
        match self {
            Self::Address(_) | Self::Credentials(_) => 300.0,
            Self::User(_) => 60.0,
        }
    }
}

/// How many of them are kept. One that is refused adds none.
const MAX_ENTRIES: usize = 20_000;
/// After how long a failure is forgiven.
const FORGIVEN: f64 = 60.0;

#[derive(Debug, Clone, Copy)]
struct Entry {
    failures: f64,
    at: Instant,
}

impl Entry {
    fn left(&self, now: Instant) -> f64 {
        (self.failures - now.saturating_duration_since(self.at).as_secs_f64() / FORGIVEN).max(0.0)
    }
}

/// Failed logins by key.
#[derive(Debug, Default)]
pub(in crate::serve) struct LoginLimits(Mutex<HashMap<LoginKey, Entry>>);

impl LoginLimits {
    /// How long the next attempt has to wait; nothing where it may be made now.
    pub fn wait(&self, key: LoginKey, now: Instant) -> Option<Duration> {
        let all = lock(&self.0);
        let entry = all.get(&key)?;
        let over = entry.failures.ceil() - key.free();
        if over < 0.0 {
            return None;
        }
        let wait = Duration::from_secs_f64(over.min(20.0).exp2().min(key.longest()));
        wait.checked_sub(now.saturating_duration_since(entry.at)).filter(|d| !d.is_zero())
    }

    /// Whether it failed lately.
    pub fn failed_before(&self, key: LoginKey, now: Instant) -> bool {
        lock(&self.0).get(&key).is_some_and(|e| e.left(now) > 0.0)
    }

    /// Counts a failure.
    pub fn failed(&self, key: LoginKey, now: Instant) {
        let mut all = lock(&self.0);
        if all.len() >= MAX_ENTRIES && !all.contains_key(&key) {
            all.retain(|_, e| e.left(now) > 0.0);
            if all.len() >= MAX_ENTRIES {
                // The older half goes.
                let mut times: Vec<Instant> = all.values().map(|e| e.at).collect();
                let middle = times.len() / 2;
                let middle = *times.select_nth_unstable(middle).1;
                all.retain(|_, e| e.at > middle);
            }
        }
        let entry = all.entry(key).or_insert(Entry { failures: 0.0, at: now });
        *entry = Entry { failures: entry.left(now) + 1.0, at: now };
    }

    /// Takes one failure back: it was none.
    pub fn forgive(&self, key: LoginKey) {
        if let Some(e) = lock(&self.0).get_mut(&key) {
            e.failures = (e.failures - 1.0).max(0.0);
        }
    }

    /// Forgets which credentials were wrong: the users changed.
    pub fn forget_credentials(&self) {
        lock(&self.0).retain(|k, _| !matches!(k, LoginKey::Credentials(_)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_forgiven() {
        let (limits, start) = (LoginLimits::default(), Instant::now());
        let key = LoginKey::address("192.0.2.1".parse().unwrap());
        for n in 1..=4 {
            limits.failed(key, start);
            assert_eq!(limits.wait(key, start), None, "{n}");
        }
        for wait in [1, 2, 4, 8] {
            limits.failed(key, start);
            assert_eq!(limits.wait(key, start), Some(Duration::from_secs(wait)));
        }
        assert_eq!(limits.wait(key, start + Duration::from_secs(9)), None);
        for _ in 0..100 {
            limits.failed(key, start);
        }
        assert_eq!(limits.wait(key, start), Some(Duration::from_secs(300)));
        assert!(!limits.failed_before(key, start + Duration::from_secs(7000)));
    }

    #[test]
    fn one_address_cannot_use_up_what_a_user_has() {
        let (limits, start) = (LoginLimits::default(), Instant::now());
        let (address, user) = (LoginKey::address("192.0.2.1".parse().unwrap()), LoginKey::User([1; 32]));
        // Retries as soon as allowed, for a day.
        let mut now = start;
        while now < start + Duration::from_secs(86_400) {
            now += limits.wait(address, now).unwrap_or_default();
            limits.failed(address, now);
            limits.failed(user, now);
            assert_eq!(limits.wait(user, now), None);
        }
    }

    #[test]
    fn the_table_stays_small() {
        let (limits, start) = (LoginLimits::default(), Instant::now());
        for n in 0..60_000_u32 {
            limits.failed(LoginKey::address(IpAddr::from(n.to_be_bytes())), start + Duration::from_millis(n.into()));
        }
        assert!(lock(&limits.0).len() <= MAX_ENTRIES);
        // The newest are there.
        assert!(limits.failed_before(LoginKey::address(IpAddr::from(59_999_u32.to_be_bytes())), start + Duration::from_secs(60)));
        assert_eq!(LoginKey::address("2001:db8::1".parse().unwrap()), LoginKey::address("2001:db8::2".parse().unwrap()));
        assert_eq!(LoginKey::address("::ffff:192.0.2.1".parse().unwrap()), LoginKey::address("192.0.2.1".parse().unwrap()));
    }
}
