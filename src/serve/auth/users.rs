//! The token, and the users with their password hashes and roles, reloaded when their files change.

use crate::serve::auth::role::Role;
use sha2::{Digest, Sha256};
use sigmalert_support::read::read_file;
use sigmalert_support::sync::lock;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

/// The digest under which credentials are remembered.
pub(in crate::serve) type Fingerprint = [u8; 32];

/// The number of valid credentials remembered.
const MAX_KNOWN: usize = 4096;
/// How many addresses they came from.
const MAX_ADDRESSES: usize = 64;
/// The highest cost of a hash: each step doubles the time, and 16 takes seconds.
const MAX_COST: u32 = 16;

pub(in crate::serve) fn fingerprint(text: &str) -> Fingerprint {
    Sha256::digest(text.as_bytes()).into()
}

/// An error in the users file or the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AuthError(pub(in crate::serve) String);

/// An authenticated client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct Client {
    pub name: String,
    pub role: Role,
}

impl Client {
    fn token() -> Self {
        Self { name: "token".to_owned(), role: Role::Admin }
    }
}

/// A user in the users file.
#[derive(Clone, PartialEq, Eq)]
struct User {
    hash: String,
    role: Role,
}

/// The sources of users and the token.
#[derive(Debug, Clone, Default)]
pub(in crate::serve) struct CredentialSources {
    pub token: Option<Fingerprint>,
    pub token_file: Option<PathBuf>,
    pub users: Option<PathBuf>,
}

/// A file's inode, length and modification time, to detect changes.
pub(in crate::serve) type FileStamp = Vec<Option<(SystemTime, u64, u64)>>;

impl CredentialSources {
    /// Whether authentication is required; also true if the users file is empty.
    pub fn is_any(&self) -> bool {
        self.token.is_some() || self.token_file.is_some() || self.users.is_some()
    }

    /// How the files look now.
    pub fn look(&self) -> FileStamp {
        let of = |p: &PathBuf| {
            let meta = std::fs::metadata(p).ok()?;
            #[cfg(unix)]
            let inode = std::os::unix::fs::MetadataExt::ino(&meta);
            #[cfg(not(unix))]
            let inode = 0;
            Some((meta.modified().ok()?, meta.len(), inode))
        };
        self.token_file.iter().chain(&self.users).map(of).collect()
    }

    /// Reads the files.
    ///
    /// # Errors
    /// When a file cannot be read or has an invalid line.
    pub fn read(&self) -> Result<UserDirectory, AuthError> {
        let mut out = UserDirectory { token: self.token, ..UserDirectory::default() };
        if let Some(file) = &self.token_file {
            let text = read_file(file, 4096).map_err(|m| AuthError(format!("{} {m}", file.display())))?;
            out.token = Some(token(&text).map_err(|e| AuthError(format!("{}: {e}", file.display())))?);
        }
        if let Some(file) = &self.users {
            out.users = users(file)?;
        }
        Ok(out)
    }
}

/// The fingerprint of a token.
///
/// # Errors
/// When the token is shorter than 16 characters.
pub(in crate::serve) fn token(text: &str) -> Result<Fingerprint, AuthError> {
    let text = text.trim();
    if text.len() < 16 {
        return Err(AuthError("the token has fewer than 16 characters".into()));
    }
    Ok(fingerprint(text))
}

/// The users of a file: `name:hash` or `name:hash:role` a line.
fn users(file: &Path) -> Result<HashMap<String, User>, AuthError> {
    let text = read_file(file, 1 << 20).map_err(|m| AuthError(format!("{} {m}", file.display())))?;
    let mut read: Vec<(String, String, Option<Role>)> = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
        let fault = |what: String| AuthError(format!("{}:{}: {what}", file.display(), i + 1));
        let shape = || fault("is not `name:bcrypt-hash` or `name:bcrypt-hash:role`; `htpasswd -B` writes the first two".into());
        let (name, rest) = line.trim().split_once(':').ok_or_else(shape)?;
        let (hash, role) = rest.split_once(':').map_or((rest, None), |(h, r)| (h, Some(r)));
        let cost = hash.parse::<bcrypt::HashParts>().map_err(|_| shape())?.get_cost();
        if name.is_empty() || hash.len() != 60 {
            return Err(shape());
        }
        if cost > MAX_COST {
            return Err(fault(format!("the bcrypt cost of the hash is {cost}; the maximum is {MAX_COST}, as logins would take too long")));
        }
        let role = role
            .map(|r| Role::named(r.trim()).ok_or_else(|| fault(format!("`{}` is not a role; use viewer, editor or admin", r.trim()))))
            .transpose()?;
        if read.iter().any(|(n, ..)| n == name) {
            return Err(fault(format!("the user `{name}` is listed twice")));
        }
        read.push((name.to_owned(), hash.to_owned(), role));
    }
    // `htpasswd` drops the role when it changes a password: where roles are given, a user without one may do the least.
    let default = if read.iter().any(|(_, _, r)| r.is_some()) { Role::Viewer } else { Role::Admin };
    Ok(read.into_iter().map(|(name, hash, role)| (name, User { hash, role: role.unwrap_or(default) })).collect())
}

/// Credentials that were right.
struct VerifiedLogin {
    who: Client,
    /// The user's hash at that time; none for the token.
    hash: Option<String>,
    addresses: Vec<IpAddr>,
}

/// The token and the users as they were read last.
#[derive(Default)]
pub(in crate::serve) struct UserDirectory {
    token: Option<Fingerprint>,
    users: HashMap<String, User>,
    /// Valid credentials: hashes are slow by design, and pages poll often.
    known: Mutex<HashMap<Fingerprint, VerifiedLogin>>,
    salt: RandomState,
}

impl UserDirectory {
    pub fn count(&self) -> usize {
        self.users.len()
    }

    /// Takes over the credentials that are still right from those before.
    pub fn take_over(&mut self, old: &Self) {
        let mut known = lock(&old.known);
        known.retain(|_, k| match &k.hash {
            Some(hash) => self.users.get(&k.who.name) == Some(&User { hash: hash.clone(), role: k.who.role }),
            None => self.token == old.token,
        });
        self.known = Mutex::new(std::mem::take(&mut *known));
        self.salt = old.salt.clone();
    }

    /// Who these credentials belong to, where they were right before; with `there` from this address.
    pub fn known(&self, credentials: &Fingerprint, address: IpAddr, there: bool) -> Option<Client> {
        let mut known = lock(&self.known);
        let entry = known.get_mut(credentials)?;
        if !entry.addresses.contains(&address) {
            if there {
                return None;
            }
            if entry.addresses.len() < MAX_ADDRESSES {
                entry.addresses.push(address);
            }
        }
        Some(entry.who.clone())
    }

    /// Whether a user logged in from this address before.
    pub fn was_at(&self, name: &str, address: IpAddr) -> bool {
        lock(&self.known).values().any(|k| k.who.name == name && k.addresses.contains(&address))
    }

    fn remember(&self, credentials: Fingerprint, known: VerifiedLogin) {
        let mut all = lock(&self.known);
        if all.len() >= MAX_KNOWN {
            all.clear();
        }
        all.insert(credentials, known);
    }

    /// Whether a text is the token. The comparison is of digests, so that its time says nothing.
    pub fn by_token(&self, text: &str, credentials: Fingerprint, address: IpAddr) -> Option<Client> {
        if self.token != Some(fingerprint(text)) {
            return None;
        }
        self.remember(credentials, VerifiedLogin { who: Client::token(), hash: None, addresses: vec![address] });
        Some(Client::token())
    }

    /// The hash to compare a password with. A name that nobody has gets one of a user's, always the same, so that the time taken
    /// does not tell which names there are. Nothing where there are no users.
    pub fn hash(&self, name: &str) -> Option<String> {
        if let Some(user) = self.users.get(name) {
            return Some(user.hash.clone());
        }
        self.users.iter().min_by_key(|(n, _)| self.salt.hash_one((name, n))).map(|(_, u)| u.hash.clone())
    }

    /// Takes a user whose password matched this hash, unless the file changed meanwhile.
    pub fn by_password(&self, name: &str, hash: &str, credentials: Fingerprint, address: IpAddr) -> Option<Client> {
        let user = self.users.get(name).filter(|u| u.hash == hash)?;
        let who = Client { name: name.to_owned(), role: user.role };
        self.remember(credentials, VerifiedLogin { who: who.clone(), hash: Some(hash.to_owned()), addresses: vec![address] });
        Some(who)
    }
}
