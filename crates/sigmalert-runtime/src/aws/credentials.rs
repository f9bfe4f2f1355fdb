//! Where credentials come from, in the order of the AWS SDKs: the environment, a profile of the shared files, a web identity, the
//! container, the instance. They are asked for again before they run out.

use super::environment::variable;
use super::source::Source;
use super::{profiles, remote};
use aws_credential_types::Credentials;
use sigmalert_support::sync::lock;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime};

/// How long before they run out credentials are asked for again.
const BEFORE: Duration = Duration::from_secs(300);
/// How long credentials without an end are kept: files change.
const KEPT: Duration = Duration::from_secs(300);
/// How long it is remembered that there are none, so that no request waits for a service that is not there.
const NONE_KEPT: Duration = Duration::from_secs(5);

struct CachedCredentials {
    result: Result<Credentials, String>,
    until: Instant,
}

/// One cell a source: who waits for one source keeps nobody from another.
type Cell = Arc<Mutex<Option<CachedCredentials>>>;

static HELD: LazyLock<Mutex<HashMap<Option<String>, Cell>>> = LazyLock::new(Mutex::default);

fn cell(profile: Option<&String>) -> Cell {
    let mut all = lock(&HELD);
    Arc::clone(all.entry(profile.cloned()).or_default())
}

impl Source {
    /// The credentials as they are now.
    ///
    /// # Errors
    /// When there are none, with where they were looked for.
    pub fn credentials(&self) -> Result<Credentials, String> {
        let profile = match self {
            Self::Keys { id, secret } => return Ok(Credentials::new(id, secret, None, None, "options")),
            Self::Chain { profile } => profile.as_ref(),
        };
        let cell = cell(profile);
        let mut held = lock(&cell);
        if let Some(h) = held.as_ref().filter(|h| h.until > Instant::now()) {
            return h.result.clone();
        }
        let result = found(profile.map(String::as_str));
        let kept = match &result {
            Err(_) => NONE_KEPT,
            Ok(c) => c.expiry().map_or(KEPT, |end| end.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(BEFORE)),
        };
        *held = Some(CachedCredentials { result: result.clone(), until: Instant::now() + kept });
        result
    }

    /// Has them read again at the next request.
    pub fn forget(&self) {
        if let Self::Chain { profile } = self {
            *lock(&cell(profile.as_ref())) = None;
        }
    }

    /// The region that goes with a profile.
    pub fn region(&self) -> Option<String> {
        let Self::Chain { profile } = self else { return None };
        variable("AWS_DEFAULT_REGION").or_else(|| profiles::Profiles::read().region(&profiles::name(profile.as_deref())))
    }
}

fn found(profile: Option<&str>) -> Result<Credentials, String> {
    // A profile that is asked for by name takes precedence over the environment.
    if profile.is_none()
        && let (Some(id), Some(secret)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"))
    {
        return Ok(Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "environment"));
    }
    let name = profiles::name(profile);
    let files = profiles::Profiles::read();
    if let Some(c) = files.credentials(&name)? {
        return Ok(c);
    }
    if profile.is_some() {
        return Err(format!("no AWS credentials: the profile `{name}` is in neither {}", files.places()));
    }
    if let Some(c) = remote::web_identity(files.region(&profiles::name(None)))? {
        return Ok(c);
    }
    if let Some(c) = remote::container()? {
        return Ok(c);
    }
    remote::instance().map_err(|e| {
        format!(
            "no AWS credentials: neither in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor in {}, nor of a container, nor of the instance ({e})",
            files.places()
        )
    })
}
