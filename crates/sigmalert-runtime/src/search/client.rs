//! Requests to Elasticsearch and OpenSearch: several hosts, TLS, authorization, and errors told apart by what to do about them.

use super::failure::Failure;
use super::gate::{self, Gate};
use super::pinned;
use crate::aws;
use crate::options::Options;
use crate::rule::RunRule;
use base64::Engine as _;
use serde_json::Value;
use sigmalert_support::read::{MAX_PEM, read_bytes};
use sigmalert_support::sync::lock;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};
use ureq::typestate::AgentScope;

/// How large an answer may be.
const MAX_ANSWER: u64 = 512 << 20;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How many characters of an answer a message repeats.
const MAX_REASON: usize = 1024;

/// How a cluster is reached. Equal connections share a client.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Connection {
    hosts: Vec<String>,
    authorization: Option<String>,
    /// Who signs each request for AWS.
    signer: Option<aws::Signer>,
    verify: bool,
    ca: Option<String>,
    cert: Option<(String, String)>,
    timeout: Duration,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl Connection {
    /// The connection that options state (`es_host`, `use_ssl`, `es_api_key`, …).
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn new(options: &Options) -> Result<Self, String> {
        let hosts = Self::hosts(options)?;
        let basic = |user: &str, password: &str| {
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
        };
        let authorization = if let Some(key) = options.some_text("es_api_key") {
            Some(format!("ApiKey {key}"))
        } else if let Some(token) = options.some_text("es_bearer") {
            Some(format!("Bearer {token}"))
        } else if let Some(user) = options.some_text("es_username") {
            let password = options.text("es_password").ok_or("`es_username` is given without `es_password`")?;
            Some(basic(&user, &password))
        } else {
            None
        };
        let signer = match authorization {
            Some(_) => None,
            None => aws::of_connection(options.some_text("aws_region"), options.some_text("profile"), &hosts)?,
        };
        let cert = match (options.some_text("client_cert"), options.some_text("client_key")) {
            (Some(c), Some(k)) => Some((c, k)),
            // One file may hold both.
            (Some(c), None) => Some((c.clone(), c)),
            (None, Some(_)) => return Err("`client_key` is given without `client_cert`".into()),
            (None, None) => None,
        };
        Ok(Self {
            hosts,
            authorization,
            signer,
            verify: options.flag("verify_certs", true),
            ca: options.some_text("ca_certs"),
            cert,
            timeout: Duration::from_secs(options.count("es_conn_timeout").unwrap_or(20).max(1)),
        })
    }
}

impl Connection {
    /// Whether a rule may connect so: to these hosts, with these files.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn admit(&self, rule: &RunRule, option: &str) -> Result<(), String> {
        self.hosts.iter().try_for_each(|h| rule.reach_url(h))?;
        let files = self.ca.iter().chain(self.cert.iter().flat_map(|(c, k)| [c, k]));
        files.map(Path::new).try_for_each(|f| rule.admit(option, f))
    }

    /// The addresses that options state.
    ///
    /// # Errors
    /// When they state none.
    pub fn hosts(options: &Options) -> Result<Vec<String>, String> {
        let port = options.text_or("es_port", "9200");
        let scheme = if options.flag("use_ssl", false) { "https" } else { "http" };
        let prefix = options.text_or("es_url_prefix", "");
        let prefix = prefix.trim_matches('/');
        let mut hosts = options.texts("es_hosts");
        if hosts.is_empty() {
            hosts = vec![options.some_text("es_host").ok_or("`es_host` is missing")?];
        }
        Ok(hosts.iter().map(|h| base(h.trim(), &port, scheme, prefix)).collect())
    }
}

fn base(host: &str, port: &str, scheme: &str, prefix: &str) -> String {
    let (scheme, rest) = host.split_once("://").unwrap_or((scheme, host));
    let rest = rest.trim_end_matches('/');
    let authority = rest.split('/').next().unwrap_or(rest);
    // `[::1]:9200` and `host:9200` have a port; `::1` and `host` have none.
    let has_port = authority.rsplit_once(':').is_some_and(|(h, p)| p.parse::<u16>().is_ok() && (h.ends_with(']') || !h.contains(':')));
    let authority_ported = match has_port {
        true => authority.to_owned(),
        false if authority.contains(':') && !authority.starts_with('[') => format!("[{authority}]:{port}"),
        false => format!("{authority}:{port}"),
    };
    let path = &rest[authority.len()..];
    let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
    format!("{scheme}://{authority_ported}{path}{prefix}")
}

/// An agent that trusts the certificates of a file, those of the web, or any; and shows one of its own where that is given.
pub(crate) fn agent(
    builder: ConfigBuilder<AgentScope>,
    verify: bool,
    ca: Option<&Path>,
    cert: Option<(&Path, &Path)>,
) -> Result<ureq::Agent, String> {
    if let Some(ca) = ca.filter(|_| verify) {
        return pinned::agent(builder.build(), ca, cert);
    }
    Ok(builder.tls_config(tls(verify, cert)?).build().new_agent())
}

fn tls(verify: bool, cert: Option<(&Path, &Path)>) -> Result<TlsConfig, String> {
    let read = |p: &Path| read_bytes(p, MAX_PEM).map_err(|e| format!("{} {e}", p.display()));
    let mut builder = TlsConfig::builder().disable_verification(!verify).root_certs(RootCerts::WebPki);
    if let Some((cert, key)) = cert {
        let chain: Vec<Certificate<'static>> = parse_pem(&read(cert)?)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(c)) => Some(c),
                _ => None,
            })
            .collect();
        let key = PrivateKey::from_pem(&read(key)?).map_err(|e| format!("{}: {e}", key.display()))?;
        builder = builder.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
    }
    Ok(builder.build())
}

/// Says once of each cluster that nobody checks who answers: every rule has a connection of its own at first.
fn warn_unverified(hosts: &[String]) {
    static TOLD: Mutex<Vec<Vec<String>>> = Mutex::new(Vec::new());
    let mut told = lock(&TOLD);
    if !told.iter().any(|t| t == hosts) {
        tracing::warn!(?hosts, "verify_certs is false: who answers is not checked");
        told.push(hosts.to_vec());
    }
}

/// A cluster.
pub(crate) struct Client {
    agent: ureq::Agent,
    connection: Connection,
    /// The host that answered last.
    current: AtomicUsize,
    /// What searches have to pass.
    gate: Option<Arc<dyn Gate>>,
    /// How large an answer may be.
    limit: u64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.connection.fmt(f)
    }
}

impl Client {
    /// A client of a connection. Nothing is sent yet.
    ///
    /// # Errors
    /// When certificates cannot be read.
    pub fn new(connection: Connection) -> Result<Self, String> {
        if !connection.verify && connection.hosts.iter().any(|h| h.starts_with("https:")) {
            warn_unverified(&connection.hosts);
        }
        let cert = connection.cert.as_ref().map(|(c, k)| (Path::new(c), Path::new(k)));
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT.min(connection.timeout)))
            .timeout_global(Some(connection.timeout))
            .max_idle_connections(32)
            .max_idle_connections_per_host(16)
            .user_agent(concat!("sigmalert/", env!("CARGO_PKG_VERSION")));
        let agent = agent(config, connection.verify, connection.ca.as_deref().map(Path::new), cert)?;
        Ok(Self { agent, connection, current: AtomicUsize::new(0), gate: None, limit: MAX_ANSWER })
    }

    /// The same, for searches that have to pass a gate; nothing else is sent.
    #[must_use]
    pub fn through(mut self, gate: Option<Arc<dyn Gate>>) -> Self {
        self.gate = gate;
        self
    }

    /// The hosts, for messages.
    pub fn hosts(&self) -> String {
        self.connection.hosts.join(", ")
    }

    /// Sends a request with a JSON body and reads a JSON answer.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        self.call_any(method, path, body).and_then(accept)
    }

    /// The same, with a status that is no error by itself.
    pub fn call_any(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value), Failure> {
        let passed;
        let path = match &self.gate {
            None => path,
            Some(g) => match gate::path(&**g, path, body)? {
                gate::Verdict::Empty => return Ok((200, gate::nothing())),
                gate::Verdict::Send(p) => {
                    passed = p;
                    &passed
                }
            },
        };
        let body = body.map(Value::to_string);
        self.send(method, path, body.as_deref().map(str::as_bytes), "application/json")
    }

    /// Sends lines of JSON (`_bulk`, `_msearch`).
    pub fn lines(&self, path: &str, body: &[u8]) -> Result<Value, Failure> {
        let send = |body: &[u8]| self.send("POST", path, Some(body), "application/x-ndjson").and_then(accept);
        let Some(gate) = &self.gate else { return send(body) };
        let (body, sent) = gate::lines(&**gate, path, body)?;
        let mut answer = if body.is_empty() { Value::Null } else { send(&body)? };
        Ok(gate::together(&mut answer, &sent))
    }

    /// The same, with smaller answers.
    #[must_use]
    pub fn at_most(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    fn send(&self, method: &str, path: &str, body: Option<&[u8]>, kind: &str) -> Result<(u16, Value), Failure> {
        let hosts = &self.connection.hosts;
        let first = self.current.load(Ordering::Relaxed);
        let mut last = Failure::Away("no host is given".into());
        // Every host once, and the first once more: a kept connection may have been closed on the other side.
        for turn in 0..=hosts.len() {
            let at = (first + turn) % hosts.len();
            match self.send_to(&hosts[at], method, path, body, kind) {
                Ok((status @ 502..=504, answer)) => last = Failure::Refused { status, reason: reason(&answer) },
                Err(e @ Failure::Away(_)) => last = e,
                Ok(answer) => {
                    self.current.store(at, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(e) => return Err(e),
            }
        }
        Err(last)
    }

    fn send_to(&self, host: &str, method: &str, path: &str, body: Option<&[u8]>, kind: &str) -> Result<(u16, Value), Failure> {
        let url = format!("{host}/{}", path.trim_start_matches('/'));
        let mut request = ureq::http::Request::builder().method(method).uri(&url).header("content-type", kind);
        if let Some(a) = &self.connection.authorization {
            request = request.header("authorization", a);
        }
        let signer = self.connection.signer.as_ref();
        // Each try is signed anew: a signature is good for some minutes.
        let signed = signer.map(|s| s.sign(method, &url, &[("content-type", kind)], body.unwrap_or_default())).transpose();
        let signed = signed.map_err(Failure::Unsigned)?;
        for (name, value) in signed.iter().flat_map(|s| &s.headers) {
            request = request.header(name, value);
        }
        let broken = |e: ureq::http::Error| Failure::Broken(format!("{url} cannot be asked: {e}"));
        let answer = match body {
            Some(b) => self.agent.run(request.body(b).map_err(broken)?),
            None => self.agent.run(request.body(()).map_err(broken)?),
        };
        let mut answer = answer.map_err(|e| self.failure(host, &e))?;
        let status = answer.status().as_u16();
        let bytes = answer.body_mut().with_config().limit(self.limit).read_to_vec().map_err(|e| self.failure(host, &e))?;
        if bytes.is_empty() {
            return Ok((status, Value::Null));
        }
        if let (401 | 403, Some(signed), Some(signer)) = (status, &signed, signer) {
            signer.forget();
            let text = signed.told(&String::from_utf8_lossy(&bytes));
            return Ok((status, serde_json::from_str(&text).unwrap_or_else(|_| text.into())));
        }
        match serde_json::from_slice(&bytes) {
            Ok(v) => Ok((status, v)),
            // As nginx and others say it.
            Err(_) if status == 400 && host.starts_with("http:") && String::from_utf8_lossy(&bytes).contains("HTTPS port") => {
                Err(Failure::Away(format!("{host} cannot be asked in clear: it expects TLS; set `use_ssl: true`")))
            }
            Err(_) if status >= 300 => Ok((status, Value::from(String::from_utf8_lossy(&bytes).into_owned()))),
            Err(e) => Err(Failure::Broken(format!("{host} answers what is no JSON ({e}): is it Elasticsearch or OpenSearch?"))),
        }
    }

    fn failure(&self, host: &str, e: &ureq::Error) -> Failure {
        match e {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                Failure::Away(format!("{host} cannot be reached: {e}"))
            }
            ureq::Error::Timeout(_) => Failure::Timeout(self.connection.timeout),
            ureq::Error::BodyExceedsLimit(n) => Failure::TooLarge(format!("{host} answers with more than {n} bytes: lower max_query_size")),
            ureq::Error::Rustls(rustls::Error::InvalidMessage(_)) => {
                Failure::Away(format!("{host} cannot be reached: it does not speak TLS; set `use_ssl: false` if it listens in clear"))
            }
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => {
                Failure::Away(format!("{host} is not trusted: {e}; name its authority, or its own certificate, under ca_certs"))
            }
            ureq::Error::Io(io) if io.get_ref().is_some_and(|i| i.to_string().contains("certificate")) => {
                Failure::Away(format!("{host} is not trusted: {e}; name its authority, or its own certificate, under ca_certs"))
            }
            ureq::Error::Io(io) if host.starts_with("https:") && hung_up(io) => {
                Failure::Away(format!("{host} cannot be reached: {e}; set `use_ssl: false` if it listens in clear"))
            }
            // It took the connection, and hung up or answered something else.
            ureq::Error::Io(io) if host.starts_with("http:") && hung_up(io) => {
                Failure::Away(format!("{host} cannot be reached: {e}; if it listens by TLS, set `use_ssl: true`"))
            }
            ureq::Error::Protocol(_) if host.starts_with("http:") => {
                Failure::Away(format!("{host} answers what is no HTTP: {e}; if it listens by TLS, set `use_ssl: true`"))
            }
            _ => Failure::Away(format!("{host} cannot be reached: {e}")),
        }
    }
}

/// Whether the other side took the connection, and ended it.
fn hung_up(e: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(e.kind(), Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::InvalidData)
}

fn accept((status, answer): (u16, Value)) -> Result<Value, Failure> {
    if status < 300 { Ok(answer) } else { Err(Failure::Refused { status, reason: reason(&answer) }) }
}

/// What an answer says is wrong, in one line.
pub(crate) fn reason(answer: &Value) -> String {
    let error = answer.get("error").unwrap_or(answer);
    let root = error.get("root_cause").and_then(|r| r.get(0));
    let told = |v: &Value| v.get("reason").and_then(Value::as_str).map(str::to_owned);
    let cause = error.get("caused_by").and_then(told);
    let text = root.and_then(told).or_else(|| told(error)).unwrap_or_else(|| match error {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    });
    let text = match cause {
        Some(c) if !text.contains(&c) => format!("{text}: {c}"),
        _ => text,
    };
    match text.char_indices().nth(MAX_REASON) {
        Some((at, _)) => format!("{}... ({} characters removed)", &text[..at], text.chars().count() - MAX_REASON),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn hosts_in_every_form() {
        let of = |h: &str| base(h, "9200", "http", "es");
        assert_eq!(of("a"), "http://a:9200/es");
        assert_eq!(of("a:1"), "http://a:1/es");
        assert_eq!(of("::1"), "http://[::1]:9200/es");
        assert_eq!(of("[::1]:5"), "http://[::1]:5/es");
        assert_eq!(base("https://a:1/p/", "9200", "http", ""), "https://a:1/p");
    }

    #[test]
    fn secrets_are_not_shown() {
        let options = Options(json!({"es_host": "a", "es_username": "u", "es_password": "hunter2"}).as_object().unwrap().clone());
        let c = Connection::new(&options).unwrap();
        assert_eq!(c.authorization.as_deref(), Some("Basic dTpodW50ZXIy"));
        assert!(!format!("{c:?} {options:?}").contains("hunter2"));
    }
}
