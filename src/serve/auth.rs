//! Who may ask: a token, or users with hashed passwords.

use crate::io::read_file;
use crate::runtime::lock;
use base64::Engine as _;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

/// Who may ask.
#[derive(Default)]
pub struct Auth {
    /// The digest of the token, so that a comparison takes the same time for every wrong one.
    token: Option<[u8; 32]>,
    /// Users with bcrypt hashes.
    users: HashMap<String, String>,
    /// Digests of credentials that were right: a hash is slow on purpose, and a page asks often.
    known: Mutex<HashMap<[u8; 32], String>>,
    /// Who has it computes a hash.
    turn: Mutex<()>,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("token", &self.token.is_some()).field("users", &self.users.len()).finish_non_exhaustive()
    }
}

/// Why users or a token cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AuthError(String);

impl Auth {
    /// With this token.
    ///
    /// # Errors
    /// When it is too short to be safe.
    pub fn with_token(mut self, token: &str) -> Result<Self, AuthError> {
        let token = token.trim();
        if token.len() < 16 {
            return Err(AuthError("the token has fewer than 16 characters".into()));
        }
        self.token = Some(Sha256::digest(token.as_bytes()).into());
        Ok(self)
    }

    /// With the users of a file, as `htpasswd -B` writes it: `name:$2y$...` a line.
    ///
    /// # Errors
    /// When it cannot be read, or a line is none.
    pub fn with_users(mut self, file: &Path) -> Result<Self, AuthError> {
        let text = read_file(file, 1 << 20).map_err(|m| AuthError(format!("{} {m}", file.display())))?;
        for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
            let fault = || AuthError(format!("{}:{}: is no `name:bcrypt-hash`; `htpasswd -B` writes them", file.display(), i + 1));
            let (name, hash) = line.trim().split_once(':').ok_or_else(fault)?;
            if !hash.starts_with("$2") || hash.len() != 60 {
                return Err(fault());
            }
            self.users.insert(name.to_owned(), hash.to_owned());
        }
        Ok(self)
    }

    /// Whether anybody is asked who they are.
    pub fn is_on(&self) -> bool {
        self.token.is_some() || !self.users.is_empty()
    }

    /// Who the header names; nothing when that is nobody.
    pub(super) fn user(&self, header: Option<&str>) -> Option<String> {
        let header = header?;
        let (scheme, value) = header.split_once(' ')?;
        let value = value.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            let digest: [u8; 32] = Sha256::digest(value.as_bytes()).into();
            return (self.token == Some(digest)).then(|| "token".to_owned());
        }
        if !scheme.eq_ignore_ascii_case("basic") || value.len() > 1024 {
            return None;
        }
        let digest: [u8; 32] = Sha256::digest(value.as_bytes()).into();
        let known = || lock(&self.known);
        if let Some(user) = known().get(&digest) {
            return Some(user.clone());
        }
        let decoded = base64::engine::general_purpose::STANDARD.decode(value).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (name, password) = decoded.split_once(':')?;
        // A browser asks for a name and a password: the token will do for one.
        if self.token == Some(Sha256::digest(password.as_bytes()).into()) {
            return Some("token".to_owned());
        }
        // A name that nobody has takes as long as one that somebody has, and guesses take turns.
        let hash = self.users.get(name);
        let any = hash.or_else(|| self.users.values().next())?;
        let right = {
            let _turn = lock(&self.turn);
            bcrypt::verify(password, any).unwrap_or(false)
        };
        if !right || hash.is_none() {
            return None;
        }
        known().insert(digest, name.to_owned());
        Some(name.to_owned())
    }
}
