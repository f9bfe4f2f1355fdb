//! Authentication by token, or by users with hashed passwords. Few threads compute hashes, one at a time per address;
//! credentials that were valid before skip the queue.

use crate::serve::auth::login_limits::{LoginKey, LoginLimits};
pub use crate::serve::auth::users::AuthError;
use crate::serve::auth::users::{Client, CredentialSources, Fingerprint, UserDirectory, fingerprint, token};
use base64::Engine as _;
use sigmalert_support::sync::{lock, unpoisoned};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many addresses wait for a hash at once.
const QUEUE: usize = 64;
/// How many requests of one address wait.
const QUEUE_OF_ONE: usize = 64;
/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Authentication: the token and the users.
pub struct Auth {
    sources: CredentialSources,
    people: RwLock<Arc<UserDirectory>>,
    limits: LoginLimits,
    /// A permit for each thread that computes hashes.
    hashing: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// The turn of each address that waits.
    turns: Mutex<HashMap<LoginKey, Arc<Semaphore>>>,
    failed: AtomicU64,
    limited: AtomicU64,
}

impl Default for Auth {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            sources: CredentialSources::default(),
            people: RwLock::default(),
            limits: LoginLimits::default(),
            hashing: Arc::new(Semaphore::new((cores / 2).clamp(1, 2))),
            queue: Arc::new(Semaphore::new(QUEUE)),
            turns: Mutex::default(),
            failed: AtomicU64::new(0),
            limited: AtomicU64::new(0),
        }
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("on", &self.is_on()).field("users", &self.people().count()).finish_non_exhaustive()
    }
}

/// Why authentication failed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::serve) enum AuthFailure {
    /// No credentials, or malformed ones.
    Nobody,
    /// Wrong user, password or token.
    Wrong(String),
    /// Too many failed attempts; retry after this time.
    Limited(String, Duration),
    /// Too many logins are waiting.
    Busy,
}

/// The credentials in an `Authorization` header.
struct Credentials {
    print: Fingerprint,
    /// None for a bearer token.
    name: Option<String>,
    secret: String,
}

impl Credentials {
    fn read(header: &str) -> Option<Self> {
        let (scheme, value) = header.split_once(' ')?;
        let value = value.trim();
        if value.len() > 1024 {
            return None;
        }
        let print = fingerprint(value);
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self { print, name: None, secret: value.to_owned() });
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = base64::engine::general_purpose::STANDARD.decode(value).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (name, password) = decoded.split_once(':')?;
        Some(Self { print, name: Some(name.to_owned()), secret: password.to_owned() })
    }

    fn user(&self) -> String {
        self.name.clone().unwrap_or_else(|| "token".to_owned())
    }
}

impl Auth {
    /// Adds a token.
    ///
    /// # Errors
    /// When the token is shorter than 16 characters.
    pub fn with_token(mut self, text: &str) -> Result<Self, AuthError> {
        self.sources.token = Some(token(text)?);
        self.read()
    }

    /// Adds the token in a file, reloaded when the file changes.
    ///
    /// # Errors
    /// When the file cannot be read, or the token is shorter than 16 characters.
    pub fn with_token_file(mut self, file: &Path) -> Result<Self, AuthError> {
        self.sources.token_file = Some(file.to_owned());
        self.read()
    }

    /// Adds the users of a file with lines `name:$2y$...`, as `htpasswd -B` writes them, or `name:$2y$...:role`. Reloaded when it
    /// changes.
    ///
    /// # Errors
    /// When the file cannot be read or has an invalid line.
    pub fn with_users(mut self, file: &Path) -> Result<Self, AuthError> {
        self.sources.users = Some(file.to_owned());
        self.read()
    }

    fn read(mut self) -> Result<Self, AuthError> {
        self.people = RwLock::new(Arc::new(self.sources.read()?));
        Ok(self)
    }

    /// Whether authentication is required.
    pub fn is_on(&self) -> bool {
        self.sources.is_any()
    }

    /// Returns the number of failed logins, and of those rejected by rate limits.
    pub(in crate::serve) fn counts(&self) -> (u64, u64) {
        (self.failed.load(Ordering::Relaxed), self.limited.load(Ordering::Relaxed))
    }

    fn people(&self) -> Arc<UserDirectory> {
        Arc::clone(&*unpoisoned(self.people.read()))
    }

    /// Reloads the files whenever they change, for as long as it is polled. An invalid file is reported once, and the previous
    /// users stay valid.
    pub(in crate::serve) async fn watch(&self, each_time: &(dyn Fn() + Sync)) {
        let mut seen = self.sources.look();
        loop {
            tokio::time::sleep(LOOK).await;
            each_time();
            let now = self.sources.look();
            if now == seen {
                continue;
            }
            seen = now;
            match self.sources.read() {
                Ok(mut people) => {
                    let count = people.count();
                    let mut current = unpoisoned(self.people.write());
                    people.take_over(&current);
                    *current = Arc::new(people);
                    drop(current);
                    self.limits.forget_credentials();
                    tracing::info!(users = count, "users and token reloaded");
                }
                Err(e) => tracing::error!("users and token were not reloaded: {e}"),
            }
        }
    }

    /// Authenticates a client by its `Authorization` header.
    ///
    /// # Errors
    /// Why not.
    pub(in crate::serve) async fn login(&self, header: Option<&str>, address: IpAddr) -> Result<Client, AuthFailure> {
        let credentials = header.and_then(Credentials::read).ok_or(AuthFailure::Nobody)?;
        let result = self.check(&credentials, address).await;
        match &result {
            Err(AuthFailure::Wrong(_)) => _ = self.failed.fetch_add(1, Ordering::Relaxed),
            Err(AuthFailure::Limited(..) | AuthFailure::Busy) => _ = self.limited.fetch_add(1, Ordering::Relaxed),
            _ => {}
        }
        result
    }

    async fn check(&self, credentials: &Credentials, address: IpAddr) -> Result<Client, AuthFailure> {
        if let Some(who) = self.at_once(credentials, address)? {
            return Ok(who);
        }
        let people = self.people();
        if let Some(who) = people.by_token(&credentials.secret, credentials.print, address) {
            return Ok(who);
        }
        let Some(name) = credentials.name.as_deref().filter(|_| people.count() > 0) else {
            return Err(self.wrong(credentials, address));
        };
        // One attempt of an address at a time: what the one before it found out counts for the next.
        let _turn = self.turn(address).await?;
        if let Some(who) = self.at_once(credentials, address)? {
            return Ok(who);
        }
        let _queued = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| AuthFailure::Busy)?;
        let permit = Arc::clone(&self.hashing).acquire_owned().await.map_err(|_| AuthFailure::Busy)?;
        let Some(hash) = self.people().hash(name) else { return Err(self.wrong(credentials, address)) };
        // Counted before the result is known, so that hanging up does not avoid the limit.
        let (now, keys) = (Instant::now(), [LoginKey::address(address), LoginKey::User(fingerprint(name))]);
        keys.iter().for_each(|k| self.limits.failed(*k, now));
        let (password, own) = (credentials.secret.clone(), hash.clone());
        let verified = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            bcrypt::verify(password, &own).unwrap_or(false)
        });
        let right = verified.await.unwrap_or(false);
        // The users as they are now: the file may have changed meanwhile.
        let who = if right { self.people().by_password(name, &hash, credentials.print, address) } else { None };
        if who.is_some() {
            keys.iter().for_each(|k| self.limits.forgive(*k));
        } else {
            self.limits.failed(LoginKey::Credentials(credentials.print), now);
        }
        who.ok_or_else(|| AuthFailure::Wrong(credentials.user()))
    }

    /// Decides without a hash if possible: remembered credentials, or a rate limit.
    fn at_once(&self, credentials: &Credentials, address: IpAddr) -> Result<Option<Client>, AuthFailure> {
        let now = Instant::now();
        let people = self.people();
        let blocked = self.limits.wait(LoginKey::address(address), now);
        // Where many attempts failed, credentials are good only if they were before, from there: else they could be guessed as
        // fast as they can be looked up.
        if let Some(who) = people.known(&credentials.print, address, blocked.is_some()) {
            return Ok(Some(who));
        }
        let own = LoginKey::Credentials(credentials.print);
        let user = credentials.name.as_deref().filter(|n| !people.was_at(n, address)).map(|n| LoginKey::User(fingerprint(n)));
        let waits = [self.limits.wait(own, now), blocked, user.and_then(|u| self.limits.wait(u, now))];
        if let Some(wait) = waits.into_iter().flatten().max() {
            return Err(AuthFailure::Limited(credentials.user(), wait));
        }
        if self.limits.failed_before(own, now) {
            self.limits.failed(own, now);
            return Err(AuthFailure::Wrong(credentials.user()));
        }
        Ok(None)
    }

    /// Notes that credentials were wrong.
    fn wrong(&self, credentials: &Credentials, address: IpAddr) -> AuthFailure {
        let now = Instant::now();
        self.limits.failed(LoginKey::Credentials(credentials.print), now);
        self.limits.failed(LoginKey::address(address), now);
        if let Some(name) = &credentials.name {
            self.limits.failed(LoginKey::User(fingerprint(name)), now);
        }
        AuthFailure::Wrong(credentials.user())
    }

    async fn turn(&self, address: IpAddr) -> Result<OwnedSemaphorePermit, AuthFailure> {
        let turn = {
            let mut turns = lock(&self.turns);
            if turns.len() >= QUEUE {
                turns.retain(|_, t| Arc::strong_count(t) > 1);
            }
            let turn = turns.entry(LoginKey::address(address)).or_insert_with(|| Arc::new(Semaphore::new(1)));
            if Arc::strong_count(turn) > QUEUE_OF_ONE {
                return Err(AuthFailure::Busy);
            }
            Arc::clone(turn)
        };
        turn.acquire_owned().await.map_err(|_| AuthFailure::Busy)
    }
}
