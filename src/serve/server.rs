//! The server itself: listening, limits, the websocket, the page, and the rules that run beside it.

use super::auth::Auth;
use super::error::{ApiError, ok};
use super::guard::admit;
use super::route::{Target, answer, target};
use super::store::Store;
use super::trial::Trial;
use crate::io::reason;
use crate::runtime::{Cluster, Config, RunOptions, Runner, status};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tower_http::services::{ServeDir, ServeFile};

/// How the server is set up.
#[derive(Debug, Default)]
pub struct Settings {
    /// The cluster; nothing for files alone.
    pub config: Option<Config>,
    /// The folder of rules.
    pub rules: PathBuf,
    /// The folder of templates.
    pub templates: PathBuf,
    /// Where it listens: one address, or a second one for the websocket.
    pub listen: Vec<SocketAddr>,
    /// A built Praeco page.
    pub praeco: Option<PathBuf>,
    /// Names beside the loopback's that the server is asked by.
    pub hosts: Vec<String>,
    /// Origins of other pages that may ask.
    pub origins: Vec<String>,
    /// Who may ask.
    pub auth: Auth,
    /// The file of changes.
    pub audit: Option<PathBuf>,
    /// Whether the rules run in this process.
    pub run: bool,
}

/// How large a body may be.
const MAX_BODY: usize = 4 << 20;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);
/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(120);
/// How many requests wait for the cluster at once.
const AT_ONCE: usize = 256;
/// How many rules are tried out at once.
const TRIALS: usize = 4;

/// What requests share.
#[derive(Debug)]
pub(super) struct App {
    pub settings: Settings,
    pub store: Store,
    pub cluster: Option<Cluster>,
    busy: Arc<Semaphore>,
    trials: Arc<Semaphore>,
    runner: Option<Arc<Runner>>,
}

impl App {
    /// Whether a request's `Host` is one of ours.
    pub fn is_own_host(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let name = name.to_ascii_lowercase();
        matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1")
            || self.settings.hosts.iter().any(|h| h.eq_ignore_ascii_case(&name))
            || self.settings.listen.iter().any(|l| l.ip().to_string() == name)
    }

    /// The word that Praeco shows.
    pub fn state(&self) -> &'static str {
        match (&self.runner, &self.cluster) {
            (Some(_), _) => "READY",
            (None, Some(_)) => "IDLE",
            (None, None) => "SETUP",
        }
    }

    /// All that the page at `/` shows.
    pub fn overview(&self) -> Result<Value, ApiError> {
        let config = self.settings.config.as_ref().ok_or_else(ApiError::no_cluster)?;
        let status = status::status(config, std::slice::from_ref(&self.store.rules)).map_err(ApiError::cluster)?;
        Ok(json!({
            "state": self.state(),
            "rules": status.rules.iter().map(|r| json!({
                "name": r.name, "endtime": r.endtime.map(|t| t.to_string()), "hits": r.last.map(|l| l.0), "matches": r.last.map(|l| l.1),
                "errors": r.errors, "silenced": r.silenced.map(|t| t.to_string()), "pending": r.pending,
            })).collect::<Vec<_>>(),
            "broken": status.broken.iter().map(|(f, m)| json!({"file": f.strip_prefix(&self.store.rules).unwrap_or(f).display().to_string(), "message": m})).collect::<Vec<_>>(),
            "instances": status.instances,
            "errors": status.errors.iter().map(|(t, m)| json!({"time": t, "message": m})).collect::<Vec<_>>(),
        }))
    }
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    runtime: tokio::runtime::Runtime,
    listeners: Vec<TcpListener>,
    app: Arc<App>,
    stop: watch::Sender<bool>,
    stopped: watch::Receiver<bool>,
}

/// Ends a [`Server`] from another thread.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>, Option<Arc<Runner>>);

impl Stop {
    /// Has it finish what it is doing and end.
    pub fn stop(&self) {
        _ = self.0.send(true);
        if let Some(r) = &self.1 {
            r.stop();
        }
    }
}

impl Server {
    /// Opens folders and addresses.
    ///
    /// # Errors
    /// In words: an address that others reach with nobody asked who they are, one that is taken, folders that cannot be made.
    pub fn open(settings: Settings) -> Result<Self, String> {
        if let Some(open) = settings.listen.iter().find(|l| !l.ip().is_loopback())
            && !settings.auth.is_on()
        {
            return Err(format!(
                "{open} is reached from other machines, and nobody would be asked who they are: give --token-file or --users, or listen on 127.0.0.1 behind a proxy that asks"
            ));
        }
        if let Some(p) = settings.praeco.as_ref().filter(|p| !p.join("index.html").is_file()) {
            return Err(format!("{} holds no index.html: it is no built Praeco page", p.display()));
        }
        let store = Store::open(&settings.rules, &settings.templates, settings.audit.as_deref())?;
        let cluster = settings.config.as_ref().map(Cluster::of).transpose()?;
        let runner = match (&settings.config, settings.run) {
            (Some(config), true) => {
                // With no rule yet there is nothing to run: a page may save the first one at any time.
                let options = RunOptions { rules: vec![settings.rules.clone()], patient: true, ..RunOptions::default() };
                Some(Arc::new(Runner::new(config.clone(), options)?))
            }
            _ => None,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(AT_ONCE + TRIALS)
            .enable_all()
            .build()
            .map_err(|e| format!("no threads are to be had: {e}"))?;
        let listeners = settings
            .listen
            .iter()
            .map(|a| runtime.block_on(TcpListener::bind(a)).map_err(|e| format!("{a} cannot be listened on: {}", reason(&e))))
            .collect::<Result<Vec<_>, _>>()?;
        let app = Arc::new(App {
            settings,
            store,
            cluster,
            busy: Arc::new(Semaphore::new(AT_ONCE)),
            trials: Arc::new(Semaphore::new(TRIALS)),
            runner,
        });
        let (stop, stopped) = watch::channel(false);
        Ok(Self { runtime, listeners, app, stop, stopped })
    }

    /// Where it listens.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|l| l.local_addr().ok()).collect()
    }

    /// What ends it.
    pub fn stopper(&self) -> Stop {
        Stop(self.stop.clone(), self.app.runner.clone())
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// In words, when a listener breaks.
    pub fn serve(self) -> Result<(), String> {
        let Self { runtime, listeners, app, stop, stopped } = self;
        let runner = app.runner.clone().map(|r| {
            std::thread::spawn(move || {
                if let Err(e) = r.run() {
                    tracing::error!("the rules do not run: {e}");
                }
            })
        });
        let result = runtime.block_on(async {
            let mut tasks = Vec::new();
            for listener in listeners {
                let router =
                    Router::new().fallback(handle).with_state(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
                let mut stopped = stopped.clone();
                tasks.push(tokio::spawn(async move {
                    let ended = async move {
                        _ = stopped.wait_for(|s| *s).await;
                    };
                    axum::serve(listener, router).with_graceful_shutdown(ended).await
                }));
            }
            let mut stopped = stopped.clone();
            let all = async {
                for t in tasks {
                    t.await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
                }
                Ok(())
            };
            // What is still open a while after the stop is cut off.
            let cut = async {
                _ = stopped.wait_for(|s| *s).await;
                tokio::time::sleep(Duration::from_secs(10)).await;
            };
            tokio::select! { r = all => r, () = cut => Ok(()) }
        });
        _ = stop.send(true);
        runtime.shutdown_timeout(Duration::from_secs(2));
        if let Some(r) = &app.runner {
            r.stop();
        }
        if let Some(r) = runner {
            _ = r.join();
        }
        result
    }
}

async fn handle(State(app): State<Arc<App>>, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let mut response = match respond(app, peer, request).await {
        Ok(r) => r,
        Err(e) => e.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

async fn respond(app: Arc<App>, peer: SocketAddr, request: Request) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let upgrade = parts.headers.get(header::UPGRADE).is_some_and(|u| u.as_bytes().eq_ignore_ascii_case(b"websocket"));
    // A password's hash is slow on purpose: other requests go on meanwhile.
    let actor = tokio::task::block_in_place(|| admit(&app, &parts.method, &parts.headers, peer, upgrade))?;
    let path = parts.uri.path().to_owned();
    // Praeco's own routes have the names of the API's paths: who wants a page gets it, and its scripts say `/api`.
    let text = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let wants_page = app.settings.praeco.is_some() && text("accept").contains("text/html") && parts.method == Method::GET;
    let target = match target(&path, upgrade) {
        Target::Api(_) if wants_page && !path.starts_with("/api") => Target::Page,
        other => other,
    };
    match target {
        Target::Socket => {
            let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &())
                .await
                .map_err(|e| ApiError::bad("upgradeInvalid", format!("the websocket is not opened: {e}")))?;
            Ok(upgrade.max_message_size(MAX_BODY).on_upgrade(move |socket| trial(app, socket)))
        }
        // Nothing is asked of the network; the page fails on a list without an entry, and shows none that is older than it.
        Target::Releases => Ok(ok(&json!([{"tag_name": "0.0.0"}]))),
        Target::Page => page(&app, parts, body).await,
        Target::Api(segments) => {
            let read = tokio::time::timeout(BODY_TIME, to_bytes(body, MAX_BODY)).await;
            let body =
                read.map_err(|_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "tooSlow", "the body did not arrive in time"))?.map_err(
                    |_| ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "tooLarge", format!("the body has more than {MAX_BODY} bytes")),
                )?;
            let query = pairs(parts.uri.query().unwrap_or_default());
            let segments: Vec<String> = segments.into_iter().map(str::to_owned).collect();
            let permit = Arc::clone(&app.busy).try_acquire_owned();
            let permit =
                permit.map_err(|_| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many requests wait for an answer"))?;
            let work = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
                answer(&app, &parts.method, &segments, &query, &parts.headers, &body, &actor)
            });
            match tokio::time::timeout(ANSWER_TIME, work).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => {
                    Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "this is a defect of sigmalert; please report it"))
                }
                Err(_) => Err(ApiError::new(StatusCode::GATEWAY_TIMEOUT, "tooSlow", "the cluster did not answer in time")),
            }
        }
    }
}

/// The parts of a query, decoded.
fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |t: &str| percent_encoding::percent_decode_str(&t.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|p| p.split_once('=').map_or_else(|| (decode(p), String::new()), |(k, v)| (decode(k), decode(v))))
        .collect()
}

/// A file of Praeco's page, or `index.html` for its routes; without one, our own page.
async fn page(app: &App, parts: axum::http::request::Parts, body: Body) -> Result<Response, ApiError> {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(super::rules::not_allowed());
    }
    let Some(folder) = &app.settings.praeco else {
        return super::page::file(parts.uri.path())
            .ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "notFound", "there is nothing of that name"));
    };
    let mut files = ServeDir::new(folder).fallback(ServeFile::new(folder.join("index.html")));
    let request = Request::from_parts(parts, body);
    match files.try_call(request).await {
        Ok(response) => Ok(response.into_response()),
        Err(e) => Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", format!("the page cannot be read: {}", reason(&e)))),
    }
}

/// One test over a websocket: a message in, progress and a result out.
async fn trial(app: Arc<App>, mut socket: WebSocket) {
    let first = tokio::time::timeout(BODY_TIME, socket.recv()).await;
    let Ok(Some(Ok(Message::Text(text)))) = first else { return };
    let (tell, mut told) = mpsc::unbounded_channel::<Message>();
    let work = {
        let (app, tell) = (Arc::clone(&app), tell.clone());
        let Ok(permit) = Arc::clone(&app.trials).try_acquire_owned() else {
            _ = socket.send(frame("progress", "too many rules are tried out at once: try again in a moment")).await;
            _ = socket.send(Message::Close(None)).await;
            return;
        };
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
            let trial = Trial::read(&body).map_err(|e| e.message)?;
            let config = app.settings.config.clone().ok_or_else(|| ApiError::no_cluster().message)?;
            // What begins otherwise is taken for an error.
            trial.run(&config, &app.store, &mut |line| {
                _ = tell.send(frame("progress", &format!("INFO:elastalert:{line}")));
            })
        })
    };
    drop(tell);
    tokio::pin!(work);
    let mut told_all = false;
    let result = loop {
        tokio::select! {
            line = told.recv(), if !told_all => match line {
                Some(line) => if socket.send(line).await.is_err() { return },
                None => told_all = true,
            },
            // The page closes the socket to end a test.
            incoming = socket.recv() => match incoming {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            done = &mut work => break done,
        }
    };
    while let Ok(line) = told.try_recv() {
        _ = socket.send(line).await;
    }
    let message = match result {
        // In one frame: the page stops listening after the first.
        Ok(Ok(result)) => frame("result", &result.to_string()),
        Ok(Err(message)) => {
            _ = socket.send(frame("progress", &message)).await;
            frame("result", &message)
        }
        Err(_) => frame("result", "the test broke off: this is a defect of sigmalert"),
    };
    _ = socket.send(message).await;
    _ = socket.send(frame("done", "")).await;
    _ = socket.send(Message::Close(None)).await;
}

/// A message of the websocket.
fn frame(event: &str, data: &str) -> Message {
    Message::Text(json!({"event": event, "data": data}).to_string().into())
}
