//! Requests of alerters: TLS, proxies, authorization, and what an answer says of trying again.

use super::{Failed, Message};
use crate::aws::Signer;
use crate::rule::RunRule;
use crate::search::client;
use crate::url::{quote, redacted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sigmalert_support::sync::lock;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

/// How much of an answer is read.
const MAX_ANSWER: u64 = 16 << 20;
/// How much of an answer a message repeats.
const MAX_TOLD: usize = 300;

/// How receivers are reached.
#[derive(Debug, Clone)]
pub(crate) struct Http<'m> {
    rule: &'m RunRule,
    ca_option: String,
    verify: bool,
    ca: Option<PathBuf>,
    proxy: Option<String>,
    timeout: Duration,
    headers: Vec<(String, String)>,
}

/// What an agent depends on.
type AgentKey = (bool, Option<PathBuf>, Option<String>, Duration);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub body: Value,
}

impl<'m> Http<'m> {
    /// Requests of an alerter whose options begin with a prefix: `…_proxy`, `…_ca_certs`, `…_ignore_ssl_errors`, `…_timeout`.
    pub fn of(m: &Message<'m>, prefix: &str) -> Self {
        let option = |name: &str| format!("{prefix}_{name}");
        let ca = match m.options.get(&option("ca_certs")) {
            Some(Value::String(path)) => Some(m.rule.asset(path).unwrap_or_else(|| path.into())),
            _ => None,
        };
        let mut out = Self {
            rule: m.rule,
            ca_option: option("ca_certs"),
            verify: !m.options.flag(&option("ignore_ssl_errors"), false),
            ca,
            proxy: m.options.some_text(&option("proxy")),
            timeout: Duration::from_secs(m.options.count(&option("timeout")).unwrap_or(10).clamp(1, 600)),
            headers: vec![("x-alert-id".into(), m.id.to_owned())],
        };
        let login = m.options.some_text(&option("proxy_login"));
        let pass = m.options.text(&option("proxy_pass")).or_else(|| m.options.text(&option("proxy_password")));
        if let (Some(proxy), Some(login)) = (&mut out.proxy, login) {
            let (scheme, rest) = proxy.split_once("://").unwrap_or(("http", proxy));
            *proxy = format!("{scheme}://{login}:{}@{rest}", pass.unwrap_or_default());
        }
        out
    }

    /// Whether certificates are checked.
    pub fn verified(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Through a proxy, where one is given.
    pub fn through(mut self, proxy: Option<String>) -> Self {
        self.proxy = proxy.filter(|p| !p.is_empty());
        self
    }

    /// With a header. Line breaks end no header early.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let clean = value.replace(['\r', '\n', '\0'], " ");
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), clean));
        self
    }

    /// With a user and password.
    pub fn basic(self, user: &str, password: &str) -> Self {
        let token = STANDARD.encode(format!("{user}:{password}"));
        self.header("authorization", &format!("Basic {token}"))
    }

    fn agent(&self) -> Result<ureq::Agent, Failed> {
        // Connections are kept open from one alert to the next.
        static AGENTS: LazyLock<Mutex<HashMap<AgentKey, ureq::Agent>>> = LazyLock::new(Mutex::default);
        let mut agents = lock(&AGENTS);
        let key = (self.verify, self.ca.clone(), self.proxy.clone(), self.timeout);
        if let Some(a) = agents.get(&key) {
            return Ok(a.clone());
        }
        let proxy = match &self.proxy {
            Some(p) => Some(ureq::Proxy::new(p).map_err(|_| Failed::new("the proxy is no address"))?),
            None => None,
        };
        let builder = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(proxy)
            .timeout_global(Some(self.timeout))
            .max_idle_age(Duration::from_secs(30))
            .user_agent(concat!("sigmalert/", env!("CARGO_PKG_VERSION")));
        let agent = client::agent(builder, self.verify, self.ca.as_deref(), None)?;
        agents.insert(key, agent.clone());
        Ok(agent)
    }

    /// Sends a request; any answer is one.
    pub fn send(&self, method: &str, url: &str, kind: &str, body: &[u8]) -> Result<(Answer, Option<Duration>), Failed> {
        let url_told = redacted(url);
        let fail = |e: String| Failed::new(format!("{url_told} cannot be reached: {}", e.replace(url, &url_told)));
        let mut request = ureq::http::Request::builder().method(method).uri(url).header("content-type", kind);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        self.rule.reach_url(url)?;
        if let Some(ca) = &self.ca {
            self.rule.admit(&self.ca_option, ca)?;
        }
        if let Some(proxy) = &self.proxy {
            self.rule.reach_url(proxy)?;
        }
        let agent = self.agent()?;
        let answer = match method {
            "GET" | "DELETE" => agent.run(request.body(()).map_err(|e| fail(e.to_string()))?),
            _ => agent.run(request.body(body).map_err(|e| fail(e.to_string()))?),
        };
        let mut answer = answer.map_err(|e| fail(e.to_string()))?;
        let after = answer.headers().get("retry-after").and_then(|v| v.to_str().ok()).and_then(retry_after);
        let status = answer.status().as_u16();
        let bytes = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().unwrap_or_default();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into());
        Ok((Answer { status, body }, after))
    }

    /// Posts what is signed for AWS; `headers` are signed, too.
    pub fn signed(self, signer: &Signer, url: &str, kind: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<(), Failed> {
        // Who may not be reached needs no signature.
        self.rule.reach_url(url)?;
        let all: Vec<(&str, &str)> = [("content-type", kind)].into_iter().chain(headers.iter().copied()).collect();
        let signed = signer.sign("POST", url, &all, body)?;
        let mut http = headers.iter().fold(self, |http, (name, value)| http.header(name, value));
        http = signed.headers.iter().fold(http, |http, (name, value)| http.header(name, value));
        let (answer, after) = http.send("POST", url, kind, body)?;
        if matches!(answer.status, 400 | 401 | 403) {
            signer.forget();
        }
        accept(url, answer, after).map(|_| ()).map_err(|e| Failed { message: signed.told(&e.message), ..e })
    }

    /// Sends a request that has to be answered with success.
    pub fn ask(&self, method: &str, url: &str, body: Option<&Value>) -> Result<Answer, Failed> {
        let text = body.map(Value::to_string).unwrap_or_default();
        let (answer, after) = self.send(method, url, "application/json", text.as_bytes())?;
        accept(url, answer, after)
    }

    /// Posts JSON.
    pub fn post(&self, url: &str, body: &Value) -> Result<Answer, Failed> {
        self.ask("POST", url, Some(body))
    }

    /// Posts a form.
    pub fn form(&self, url: &str, fields: &[(&str, &str)]) -> Result<Answer, Failed> {
        let body: Vec<String> = fields.iter().map(|(k, v)| format!("{}={}", quote(k), quote(v))).collect();
        let (answer, after) = self.send("POST", url, "application/x-www-form-urlencoded", body.join("&").as_bytes())?;
        accept(url, answer, after)
    }
}

fn accept(url: &str, answer: Answer, after: Option<Duration>) -> Result<Answer, Failed> {
    if answer.status < 400 {
        return Ok(answer);
    }
    let told = match &answer.body {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    };
    let told: String = told.chars().take(MAX_TOLD).collect();
    // Telegram says it in its answer, too.
    let inside = answer.body.pointer("/parameters/retry_after").or_else(|| answer.body.get("retry_after")).and_then(Value::as_f64);
    let after = after.or_else(|| inside.and_then(|s| Duration::try_from_secs_f64(s).ok()));
    Err(Failed { message: format!("{} answers {}: {}", redacted(url), answer.status, told.trim()), after })
}

/// `Retry-After`: seconds, or a date.
fn retry_after(value: &str) -> Option<Duration> {
    if let Ok(s) = value.trim().parse::<u64>() {
        return Some(Duration::from_secs(s.min(86_400)));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(crate::time::between(jiff::Timestamp::now(), at))
}
