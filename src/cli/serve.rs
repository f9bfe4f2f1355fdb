//! `sigmalert serve`

use super::server_config::ServerConfig;
use super::{ExitStatus, logging, on_stop};
use crate::serve::{Auth, Certificate, Server, Settings};
use sigmalert_matcher::events::EventSchema;
use sigmalert_runtime::Config;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Serve the Praeco API and page, and run the rules in the same process
///
/// Replaces elastalert-server. Without --config it serves only rules and folders; requests that need a cluster fail. Exit
/// status: 0 when stopped, 2 when it cannot start.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  sigmalert serve --config config.yaml --rules rules --templates rule_templates --praeco praeco/dist
  sigmalert serve --rules rules                       rule files only, without a cluster
  sigmalert serve --rules rules --events recordings/  event files instead of a cluster
  sigmalert serve --server-config config.json         with elastalert-server's configuration
  SIGMALERT_TOKEN=... sigmalert serve --config config.yaml --listen 0.0.0.0:3030 --host siem.example.com --tls-cert cert.pem --tls-key key.pem

Listens on 127.0.0.1 by default; other addresses require a token or users. See docs/guide/serving.md.")]
pub struct Args {
    /// ElastAlert's configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// elastalert-server's configuration (`config.json`): defaults for ports, folders and the cluster
    #[arg(long, value_name = "FILE")]
    server_config: Option<PathBuf>,

    /// Files or folders of events (NDJSON or EVTX, optionally compressed) to serve instead of a cluster; raw Windows events are converted to --event-schema
    #[arg(long, value_name = "PATH", num_args = 1..)]
    events: Vec<PathBuf>,

    /// Schema that raw Windows events are converted to
    #[arg(long, alias = "shape", value_name = "NAME", default_value = "winlogbeat", value_parser = ["winlogbeat", "wazuh", "sigma"], requires = "events")]
    event_schema: String,

    /// Index name or pattern that pages and rule tests may search; repeatable. Default: all but dot, hidden and system indices
    #[arg(long = "index", value_name = "PATTERN")]
    indices: Vec<String>,

    /// Folder of rules. Default: the configuration's `rules_folder`
    #[arg(long, value_name = "FOLDER")]
    rules: Option<PathBuf>,

    /// Folder of templates
    #[arg(long, value_name = "FOLDER")]
    templates: Option<PathBuf>,

    /// Address to listen on, for HTTP and the websocket. Default: 127.0.0.1:3030
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// Second address, for setups with a separate websocket port
    #[arg(long, value_name = "ADDRESS")]
    ws_listen: Option<SocketAddr>,

    /// Folder of a built Praeco page to serve
    #[arg(long, value_name = "FOLDER")]
    praeco: Option<PathBuf>,

    /// URL of Praeco's page for users, such as `https://siem.example.com`, used by links in alerts. Default: the
    /// URL of the request
    #[arg(long, value_name = "URL", value_parser = web_address)]
    public_url: Option<String>,

    /// Host name that requests may use, in addition to loopback's; repeatable
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,

    /// Origin of another page that may call the API, such as `https://siem.example.com`; repeatable
    #[arg(long, value_name = "ORIGIN")]
    origin: Vec<String>,

    /// Serve over TLS with this certificate chain (PEM), reloaded when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// File with the bearer token that clients must send, reloaded when it changes; alternatively, set SIGMALERT_TOKEN
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// File of users as written by `htpasswd -B`, reloaded when it changes
    ///
    /// A line may end in a role: `name:hash:viewer`, `:editor` or `:admin`. Viewers read, editors also save and test rules,
    /// admins also start and stop them and delete folders. In a file without roles every user is an admin; if any line has
    /// a role, users without one are viewers.
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,

    /// Proxy whose X-Forwarded-For header is trusted: an address or a network; repeatable
    ///
    /// Failed logins are limited by address; without this option, all clients behind a proxy share the proxy's limit.
    #[arg(long, value_name = "ADDRESS", value_parser = network)]
    trusted_proxy: Vec<ipnet::IpNet>,

    /// Folder of profiles (NAME.yml) for /sigma/convert, in addition to the built-in ones
    #[arg(long, value_name = "FOLDER")]
    profiles: Option<PathBuf>,

    /// Append every change to an audit log, one JSON object per line
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,

    /// Accept rules that run programs on this machine (`alert: command`, `match_enhancements: [{command: ...}]`) over the network
    #[arg(long)]
    allow_commands: bool,

    /// Host that rules may connect to: `hooks.slack.com`, `*.example.com`, `10.0.0.5:8080`; repeatable. Hosts in
    /// config.yaml and BaseRule.config are always allowed. Default: saved rules may connect to any host, tests send nothing
    #[arg(long = "allow-host", value_name = "PATTERN")]
    allow_hosts: Vec<String>,

    /// Folder of files that rules saved over the network may use: email images, lists, templates, certificates
    #[arg(long, value_name = "FOLDER")]
    assets: Option<PathBuf>,

    /// Serve only; do not run the rules
    #[arg(long)]
    no_run: bool,

    #[command(flatten)]
    log: logging::Options,
}

/// Parses an address or a network.
fn network(text: &str) -> Result<ipnet::IpNet, String> {
    let address = || text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| "is not an address such as 192.0.2.1 or a network such as 192.0.2.0/24".to_owned())
}

fn web_address(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest.map(|r| r.trim_end_matches('/')) {
        Some(r) if !r.is_empty() && !r.contains(char::is_whitespace) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("is not a URL such as https://siem.example.com".into()),
    }
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    logging::start(&args.log);
    let config = args.config.as_deref().map(Config::load).transpose().map_err(|e| ExitStatus::Usage(e.to_string()))?;
    let with_cluster = config.is_none() && args.events.is_empty();
    let other = args.server_config.as_deref().map(|p| ServerConfig::read(p, with_cluster)).transpose()?.unwrap_or_default();
    let config = config.or(other.config);
    let rules = args.rules.clone().or(other.rules).or_else(|| config.as_ref().and_then(|c| c.rules.first().cloned()));
    let rules = rules.ok_or_else(|| ExitStatus::Usage("no rules folder: use --rules, or --config with `rules_folder`".into()))?;
    let beside = rules.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).join("rule_templates");
    let loopback = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    let listen = args.listen.unwrap_or_else(|| loopback(other.port.unwrap_or(3030)));
    let mut auth = Auth::default();
    if let Some(file) = &args.token_file {
        auth = auth.with_token_file(file).map_err(|e| ExitStatus::Usage(e.to_string()))?;
    } else if let Some(token) = std::env::var("SIGMALERT_TOKEN").ok().filter(|t| !t.is_empty()) {
        auth = auth.with_token(&token).map_err(|e| ExitStatus::Usage(e.to_string()))?;
    }
    if let Some(users) = &args.users {
        auth = auth.with_users(users).map_err(|e| ExitStatus::Usage(e.to_string()))?;
    }
    let settings = Settings {
        run: (config.is_some() || !args.events.is_empty()) && !args.no_run,
        events: args.events.clone(),
        event_schema: EventSchema::named(&args.event_schema).unwrap_or(EventSchema::Winlogbeat),
        indices: args.indices.clone(),
        config,
        templates: args.templates.clone().or(other.templates).unwrap_or(beside),
        rules,
        listen: std::iter::once(listen).chain(args.ws_listen.or_else(|| other.ws_port.map(loopback))).collect(),
        certificate: args.tls_cert.clone().zip(args.tls_key.clone()).map(|(chain, key)| Certificate { chain, key }),
        praeco: args.praeco.clone(),
        public_url: args.public_url.clone(),
        hosts: args.host.clone(),
        origins: args.origin.clone(),
        auth,
        proxies: args.trusted_proxy.clone(),
        profiles: args.profiles.clone(),
        audit: args.audit.clone(),
        commands: args.allow_commands,
        allow_hosts: args.allow_hosts.clone(),
        assets: args.assets.clone(),
    };
    let server = Server::open(settings).map_err(ExitStatus::Usage)?;
    let stop = server.stopper();
    on_stop(move || stop.stop())?;
    for address in server.addresses() {
        _ = writeln!(std::io::stderr(), "listening on {address}");
    }
    server.serve().map_err(ExitStatus::Usage)?;
    Ok(ExitStatus::Success)
}
