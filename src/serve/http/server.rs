//! The server: startup, listening and graceful shutdown.

use crate::serve::app_state::App;
use crate::serve::data::index_allowlist::IndexAllowlist;
use crate::serve::data::source::Source;
use crate::serve::events::{Events, RuleWatch};
use crate::serve::http::compression;
use crate::serve::http::concurrency::{ConcurrencyLimits, THREADS};
use crate::serve::http::connection::ConnectionAcceptor;
use crate::serve::http::request::handle;
use crate::serve::http::response_budget::ResponseBudget;
use crate::serve::http::tls::Certificate;
use crate::serve::rules::copy_source::RecentReads;
use crate::serve::rules::rule_names::RuleNames;
use crate::serve::rules::store::Store;
use crate::serve::rules::vetting::Vetting;
use crate::serve::runs::overview_cache::OverviewCache;
use crate::serve::runs::runner_control::RunnerControl;
use crate::serve::settings::Settings;
use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use sigmalert_runtime::guard::Guard;
use sigmalert_runtime::{Cluster, Config};
use sigmalert_support::read::reason;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a client may take to send its first request, or the head of a later one.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// How large the head of a request may be, and what is kept for one answer in a connection.
const MAX_HEAD: usize = 128 << 10;
/// How many requests one HTTP/2 connection may have at once, and how much they may send before it is read.
const STREAMS: u32 = 64;
const WINDOW: u32 = 1 << 20;
/// How long in-flight requests may take after shutdown begins.
const GRACE: Duration = Duration::from_secs(10);

/// A server bound to its addresses.
#[derive(Debug)]
pub struct Server {
    runtime: tokio::runtime::Runtime,
    listeners: Vec<TcpListener>,
    tls: Option<(Certificate, Tls)>,
    app: Arc<App>,
    handle: Handle<SocketAddr>,
}

/// What TLS connections are made with.
struct Tls(RustlsConfig);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

/// A handle that stops a [`Server`] from another thread.
#[derive(Debug, Clone)]
pub struct StopHandle(Handle<SocketAddr>, Arc<App>);

impl StopHandle {
    /// Finishes in-flight requests, then stops the server.
    pub fn stop(&self) {
        self.0.graceful_shutdown(Some(GRACE));
        self.1.control.close();
    }
}

/// Whether a folder is a checkout of Praeco: its `index.html` loads what a build turns into a page.
fn is_source(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join("index.html")).unwrap_or_default();
    text.contains("src=\"/src/") || (folder.join("package.json").is_file() && !folder.join("assets").is_dir())
}

/// Where the built page is.
fn hint(folder: &Path) -> String {
    let built = folder.join("dist");
    if built.join("index.html").is_file() {
        format!("; use {}", built.display())
    } else if folder.join("package.json").is_file() {
        format!("; run `npm install` and `npm run build` there, then use {}", built.display())
    } else {
        String::new()
    }
}

impl Server {
    /// Opens the folders and binds the addresses.
    ///
    /// # Errors
    /// When an address is reachable from other machines without authentication or is in use, a folder cannot be created, or the
    /// certificate is invalid. The message is for the operator.
    pub fn open(settings: Settings) -> Result<Self, String> {
        if let Some(open) = settings.listen.iter().find(|l| !l.ip().is_loopback()) {
            if !settings.auth.is_on() {
                return Err(format!(
                    "{open} is reachable from other machines without authentication: add --token-file or --users, or listen on 127.0.0.1 behind an authenticating proxy"
                ));
            }
            if settings.certificate.is_none() {
                tracing::warn!(
                    "{open} is reachable from other machines without TLS, so passwords and tokens are sent in plain text: add --tls-cert and --tls-key"
                );
            }
        }
        if let Some(p) = settings.praeco.as_ref().filter(|p| !p.join("index.html").is_file()) {
            return Err(format!("{} contains no index.html: it is not a built Praeco page{}", p.display(), hint(p)));
        }
        if let Some(p) = settings.praeco.as_ref().filter(|p| is_source(p)) {
            return Err(format!("{} is Praeco's source code, not a built page{}", p.display(), hint(p)));
        }
        if let Some(p) = settings.assets.as_ref().filter(|p| !p.is_dir()) {
            return Err(format!("{} is not a folder: --assets must be the folder of files that rules may use", p.display()));
        }
        let guard = Guard::served(settings.commands, &settings.allow_hosts, settings.assets.as_deref())?;
        let config = settings.config.as_ref().map(|c| c.guarded(guard.clone()));
        let entries = config.as_ref().map(|c| c.entries.clone()).unwrap_or_default();
        let index_allowlist = Arc::new(IndexAllowlist::new(settings.indices.clone()));
        let vetting =
            Vetting { guard: guard.clone(), rules: settings.rules.clone(), config: entries, index_allowlist: Arc::clone(&index_allowlist) };
        let store = Store::open(&settings.rules, &settings.templates, settings.audit.as_deref(), vetting)?;
        let source = match (config, settings.events.is_empty()) {
            (None, true) => Source::Nothing,
            (Some(config), true) => Source::Cluster(Cluster::of(&config)?, config),
            (config, false) => Source::Events(
                Box::new(Events::load(&settings.events, settings.event_schema)?),
                config.unwrap_or_else(|| Config::embedded().guarded(guard)),
            ),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(THREADS)
            .enable_all()
            .build()
            .map_err(|e| format!("cannot start threads: {e}"))?;
        let tls = match &settings.certificate {
            Some(c) => Some((c.clone(), Tls(runtime.block_on(c.load())?))),
            None => None,
        };
        let listen = |a: &SocketAddr| TcpListener::bind(a).map_err(|e| format!("cannot listen on {a}: {}", reason(&e)));
        let listeners = settings.listen.iter().map(listen).collect::<Result<Vec<_>, _>>()?;
        let control =
            RunnerControl::new(source.config().filter(|_| settings.run && matches!(source, Source::Cluster(..))).cloned(), &settings.rules);
        let concurrency = ConcurrencyLimits::new(matches!(source, Source::Events(..)));
        let overview = OverviewCache::new(&settings.rules);
        let app = Arc::new(App {
            settings,
            store,
            source,
            index_allowlist,
            control,
            concurrency,
            outbox: ResponseBudget::default(),
            overview,
            names: RuleNames::default(),
            recent_reads: RecentReads::default(),
            refused: Mutex::default(),
        });
        Ok(Self { runtime, listeners, tls, app, handle: Handle::new() })
    }

    /// Returns the URLs that the server listens on.
    pub fn addresses(&self) -> Vec<String> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.listeners.iter().filter_map(|l| Some(format!("{scheme}://{}", l.local_addr().ok()?))).collect()
    }

    /// Returns a handle that stops the server.
    pub fn stopper(&self) -> StopHandle {
        StopHandle(self.handle.clone(), Arc::clone(&self.app))
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// When a listener fails or the rules cannot be run. The message is for the operator.
    pub fn serve(self) -> Result<(), String> {
        let Self { runtime, listeners, tls, app, handle: ended } = self;
        let over = Arc::new(AtomicBool::new(false));
        let watch = app.settings.run.then(|| run_rules(&app, &over)).transpose()?.flatten();
        let door = ConnectionAcceptor::default();
        let result = runtime.block_on(async {
            let mut tasks = Vec::new();
            for listener in listeners {
                let router = Router::new()
                    .fallback(handle)
                    .layer(compression::layer())
                    .with_state(Arc::clone(&app))
                    .into_make_service_with_connect_info::<SocketAddr>();
                let mut server = axum_server::from_tcp(listener)
                    .map_err(|e| e.to_string())?
                    .handle(Handle::with_control(ended.control()))
                    .first_request_timeout(HEAD_TIME);
                server.http_builder().http1().header_read_timeout(HEAD_TIME).max_buf_size(MAX_HEAD);
                server
                    .http_builder()
                    .http2()
                    .max_concurrent_streams(STREAMS)
                    .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
                    .initial_stream_window_size(WINDOW)
                    .initial_connection_window_size(WINDOW)
                    .max_send_buf_size(MAX_HEAD);
                let door = door.clone();
                let server = server.map(|_| door);
                tasks.push(match &tls {
                    Some((_, Tls(config))) => {
                        let config = config.clone();
                        let server = server.map(|a| axum_server::tls_rustls::RustlsAcceptor::new(config).acceptor(a));
                        tokio::spawn(server.serve(router))
                    }
                    None => tokio::spawn(server.serve(router)),
                });
            }
            if let Some((certificate, Tls(config))) = tls {
                tokio::spawn(certificate.watch(config));
            }
            if app.settings.auth.is_on() {
                let own = Arc::clone(&app);
                tokio::spawn(async move { own.settings.auth.watch(&|| own.store.audit.summary()).await });
            }
            for t in tasks {
                t.await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
            }
            Ok(())
        });
        app.control.close();
        runtime.shutdown_timeout(Duration::from_secs(2));
        app.control.join();
        over.store(true, Ordering::Relaxed);
        if let Some(w) = watch {
            _ = w.join();
        }
        result
    }
}

/// Starts the rules; those over event files run in a thread of their own.
fn run_rules(app: &Arc<App>, over: &Arc<AtomicBool>) -> Result<Option<JoinHandle<()>>, String> {
    if !matches!(app.source, Source::Events(..)) {
        return app.control.start().map(|()| None);
    }
    let (app, over) = (Arc::clone(app), Arc::clone(over));
    Ok(Some(std::thread::spawn(move || {
        if let Source::Events(events, config) = &app.source {
            RuleWatch { events, config, rules: &app.store.rules }.run(&|| over.load(Ordering::Relaxed));
        }
    })))
}
