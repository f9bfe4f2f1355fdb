//! The server's configuration.

use crate::serve::auth::login::Auth;
use crate::serve::http::tls::Certificate;
use ipnet::IpNet;
use sigmalert_matcher::events::EventSchema;
use sigmalert_runtime::Config;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The configuration of a [`Server`](super::Server).
#[derive(Debug, Default)]
pub struct Settings {
    /// The cluster and how rules run; `None` serves files only.
    pub config: Option<Config>,
    /// Files and folders of events to serve instead of a cluster.
    pub events: Vec<PathBuf>,
    /// The schema that raw Windows events are converted to.
    pub event_schema: EventSchema,
    /// Index names and patterns that clients may read; empty allows all but dot, hidden and system indices.
    pub indices: Vec<String>,
    /// The folder of rules.
    pub rules: PathBuf,
    /// The folder of templates.
    pub templates: PathBuf,
    /// The addresses to listen on: one, or a second one for the websocket.
    pub listen: Vec<SocketAddr>,
    /// The TLS certificate; `None` serves plain HTTP.
    pub certificate: Option<Certificate>,
    /// The folder of a built Praeco page.
    pub praeco: Option<PathBuf>,
    /// The URL under which users reach the page, if it differs from the request's.
    pub public_url: Option<String>,
    /// Host names that requests may use, in addition to loopback's.
    pub hosts: Vec<String>,
    /// Origins of other pages that may call the API.
    pub origins: Vec<String>,
    /// Tokens and users; without either, every client is an admin.
    pub auth: Auth,
    /// Proxies whose `X-Forwarded-For` header names the client.
    pub proxies: Vec<IpNet>,
    /// A folder of conversion profiles, in addition to the built-in ones.
    pub profiles: Option<PathBuf>,
    /// The audit log file.
    pub audit: Option<PathBuf>,
    /// Whether clients may save rules that run commands.
    pub commands: bool,
    /// Hosts and host patterns that rules may connect to; if empty, saved rules may connect to any host and tests to none.
    pub allow_hosts: Vec<String>,
    /// The folder of files that rules saved by clients may use.
    pub assets: Option<PathBuf>,
    /// Whether to run the rules in this process.
    pub run: bool,
}
