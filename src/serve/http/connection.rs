//! Connection limits: their number, idle time, and how long a client may stop reading.
//!
//! HTTP/1 already limits the time for request heads; HTTP/2 does not limit connections without requests, and neither detects a
//! client that does not read.

use axum::http::Request;
use axum_server::accept::Accept;
use sigmalert_support::sync::lock;
use std::future::{Future, Ready, ready};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

/// How long a body may take to arrive.
pub(in crate::serve) const BODY_TIME: Duration = Duration::from_secs(15);

/// How long a connection may be idle.
const IDLE: Duration = Duration::from_secs(30);
/// How long a client may stop reading a response.
const STALLED: Duration = Duration::from_secs(20);
/// The maximum number of connections.
const MAX_CONNECTIONS: usize = 2_048;

/// Accepts connections.
#[derive(Debug, Clone)]
pub(in crate::serve) struct ConnectionAcceptor(Arc<Semaphore>);

impl Default for ConnectionAcceptor {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_CONNECTIONS)))
    }
}

impl<S> Accept<TcpStream, S> for ConnectionAcceptor {
    type Stream = Watched;
    type Service = Marking<S>;
    type Future = Ready<io::Result<(Watched, Marking<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else {
            return ready(Err(io::Error::other("too many connections")));
        };
        let used = Arc::new(Used { requests: AtomicUsize::new(0), last: Mutex::new(Instant::now()) });
        let idle = Box::pin(sleep_until(Instant::now() + IDLE));
        let stream = Watched { stream, used: Arc::clone(&used), idle, stalled: None, _permit: permit };
        ready(Ok((stream, Marking { service, used })))
    }
}

/// What a connection is used for.
#[derive(Debug)]
struct Used {
    requests: AtomicUsize,
    /// When the last request ended.
    last: Mutex<Instant>,
}

/// A request that is being answered: the connection is in use as long as it is kept.
#[derive(Debug)]
pub(in crate::serve) struct Busy(Arc<Used>);

impl Busy {
    fn new(used: &Arc<Used>) -> Self {
        used.requests.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(used))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        *lock(&self.0.last) = Instant::now();
        self.0.requests.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Passes a connection to its request handlers as an `Arc<Busy>` extension.
#[derive(Debug, Clone)]
pub(in crate::serve) struct Marking<S> {
    service: S,
    used: Arc<Used>,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Marking<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(Arc::new(Busy::new(&self.used)));
        self.service.call(request)
    }
}

/// A connection that is closed when it is idle, or when its client takes nothing.
#[derive(Debug)]
pub(in crate::serve) struct Watched {
    stream: TcpStream,
    used: Arc<Used>,
    idle: Pin<Box<Sleep>>,
    stalled: Option<Pin<Box<Sleep>>>,
    _permit: OwnedSemaphorePermit,
}

impl Watched {
    /// Whether it has been idle for too long; if not, it is looked at again when it may be.
    fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        while self.idle.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let until = if self.used.requests.load(Ordering::SeqCst) > 0 { now + IDLE } else { *lock(&self.used.last) + IDLE };
            if until <= now {
                return true;
            }
            self.idle.as_mut().reset(until);
        }
        false
    }

    /// What came of a write, or an error where nothing was taken for too long.
    fn written(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if done.is_ready() {
            self.stalled = None;
            return done;
        }
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + STALLED)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read the response"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_pending() && self.is_idle(cx) {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the connection is idle")));
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.written(cx, done)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.written(cx, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
