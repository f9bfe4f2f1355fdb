//! The numbers of a run over HTTP, where Prometheus reads them.
//!
//! Whoever connects may be slow or say nothing: each connection is a task of its own, and others are answered meanwhile.

use super::metrics::Metrics;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum_server::Handle;
use sigmalert_support::read::reason;
use sigmalert_support::sync::lock;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a client may take to send a request.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a text is given to all who ask: slow readers share it.
const FRESH: Duration = Duration::from_millis(500);

/// Serves until it is stopped.
#[derive(Debug)]
pub(crate) struct Scrape {
    handle: Handle<SocketAddr>,
    thread: JoinHandle<()>,
}

struct Shown {
    metrics: Arc<Metrics>,
    last: Mutex<Option<(Instant, Bytes)>>,
}

impl Shown {
    fn text(&self) -> Bytes {
        let mut last = lock(&self.last);
        match &*last {
            Some((at, text)) if at.elapsed() < FRESH => text.clone(),
            _ => {
                let text = Bytes::from(self.metrics.text());
                *last = Some((Instant::now(), text.clone()));
                text
            }
        }
    }
}

impl Scrape {
    /// Listens at an address.
    ///
    /// # Errors
    /// In words, when that cannot be done.
    pub fn start(address: &str, metrics: Arc<Metrics>) -> Result<Self, String> {
        let failed = |e: &std::io::Error| format!("metrics cannot be served at {address}: {}", reason(e));
        let listener = TcpListener::bind(address).map_err(|e| failed(&e))?;
        if let Ok(at) = listener.local_addr() {
            tracing::info!("metrics are served at http://{at}/metrics");
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| failed(&e))?;
        let handle = Handle::new();
        let own = handle.clone();
        let thread = std::thread::spawn(move || {
            let shown = Arc::new(Shown { metrics, last: Mutex::default() });
            let router = Router::new().fallback(answer).with_state(shown).into_make_service();
            let served = runtime.block_on(async {
                let mut server = axum_server::from_tcp(listener)?.handle(own).first_request_timeout(HEAD_TIME);
                server.http_builder().http1().header_read_timeout(HEAD_TIME);
                server.serve(router).await
            });
            if let Err(e) = served {
                tracing::error!("metrics are no longer served: {}", reason(&e));
            }
        });
        Ok(Self { handle, thread })
    }

    /// Ends it.
    pub fn stop(self) {
        self.handle.shutdown();
        _ = self.thread.join();
    }
}

async fn answer(State(shown): State<Arc<Shown>>, method: Method, uri: Uri) -> Response {
    let text = |status: StatusCode, body: &'static str| (status, body).into_response();
    match (method, uri.path()) {
        (Method::GET | Method::HEAD, "/metrics" | "/") => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], shown.text()).into_response()
        }
        (_, "/metrics" | "/") => text(StatusCode::METHOD_NOT_ALLOWED, "metrics are read by GET\n"),
        _ => text(StatusCode::NOT_FOUND, "metrics are at /metrics\n"),
    }
}
