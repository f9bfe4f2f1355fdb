//! Limits on the memory held by responses that clients have not read yet.

use crate::serve::error::ApiError;
use crate::serve::http::connection::Busy;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::StatusCode;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use sigmalert_support::sync::lock;
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

const KIB: usize = 1 << 10;
/// Responses up to this size are not counted, so small ones never wait for large ones.
const SMALL: usize = 64 * KIB;
/// The memory limit of all responses, and of those to one address.
const ALL: usize = 256 * KIB * KIB;
const EACH: usize = 64 * KIB * KIB;
/// How long an answer waits for others to be taken.
const WAIT: Duration = Duration::from_secs(10);
/// How long an answer may take to be taken, and how much more for its size: 64 KiB a second.
const TAKEN: Duration = Duration::from_secs(30);
const PER_SECOND: usize = 64 * KIB;
/// How much is handed on at once.
const PIECE: usize = 64 * KIB;

/// The memory budget of unread responses.
#[derive(Debug)]
pub(in crate::serve) struct ResponseBudget {
    room: Arc<Semaphore>,
    each: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Default for ResponseBudget {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(ALL / KIB)), each: Arc::default() }
    }
}

/// What one address holds of the whole.
#[derive(Debug)]
struct Share {
    each: Arc<Mutex<HashMap<IpAddr, usize>>>,
    peer: IpAddr,
    size: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut each = lock(&self.each);
        if let Some(held) = each.get_mut(&self.peer) {
            *held = held.saturating_sub(self.size);
            if *held == 0 {
                each.remove(&self.peer);
            }
        }
    }
}

fn busy(message: &str) -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
}

impl ResponseBudget {
    fn share(&self, peer: IpAddr, size: usize) -> Result<Share, ApiError> {
        let mut each = lock(&self.each);
        let held = each.entry(peer).or_default();
        if *held > 0 && *held + size > EACH {
            return Err(busy("unread responses to this address use too much memory: read them, or request less at a time"));
        }
        *held += size;
        Ok(Share { each: Arc::clone(&self.each), peer, size })
    }

    /// An answer that is counted until it is taken. One that is taken too slowly is dropped.
    ///
    /// # Errors
    /// 503 when too much is on its way.
    pub async fn hold(&self, peer: IpAddr, response: Response) -> Result<Response, ApiError> {
        let (parts, body) = response.into_parts();
        if body.size_hint().upper().is_some_and(|n| n <= SMALL as u64) {
            return Ok(Response::from_parts(parts, body));
        }
        let bytes = to_bytes(body, ALL).await.map_err(|_| {
            ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "tooLarge",
                format!("the response is larger than {} MiB: request less", ALL >> 20),
            )
        })?;
        let share = self.share(peer, bytes.len())?;
        let permits = u32::try_from(bytes.len() / KIB).unwrap_or(u32::MAX);
        let room = tokio::time::timeout(WAIT, Arc::clone(&self.room).acquire_many_owned(permits)).await;
        let Ok(Ok(room)) = room else { return Err(busy("unread responses use too much memory: try again later")) };
        let size = bytes.len();
        let kept = Arc::new(Mutex::new(Some(Kept { bytes, _room: room, _share: share })));
        let limit = TAKEN + Duration::from_secs((size / PER_SECOND) as u64);
        let own = Arc::clone(&kept);
        let timer = tokio::spawn(async move {
            tokio::time::sleep(limit).await;
            if lock(&own).take().is_some() {
                tracing::info!(%peer, size, "the client read a response too slowly; it was dropped");
            }
        });
        Ok(Response::from_parts(parts, Body::new(HeldBody { kept, at: 0, size, timer })))
    }
}

#[derive(Debug)]
struct Kept {
    bytes: Bytes,
    _room: OwnedSemaphorePermit,
    _share: Share,
}

/// A body that is handed on piece by piece. The pieces are copies: what waits in a connection does not keep the whole.
#[derive(Debug)]
struct HeldBody {
    kept: Arc<Mutex<Option<Kept>>>,
    at: usize,
    size: usize,
    timer: JoinHandle<()>,
}

impl Drop for HeldBody {
    fn drop(&mut self) {
        self.timer.abort();
    }
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.at >= self.size {
            return Poll::Ready(None);
        }
        let end = self.size.min(self.at + PIECE);
        let mut kept = lock(&self.kept);
        let Some(piece) = kept.as_ref().map(|k| Bytes::copy_from_slice(&k.bytes[self.at..end])) else {
            return Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the client read the response too slowly"))));
        };
        if end == self.size {
            *kept = None;
        }
        drop(kept);
        self.at = end;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.at >= self.size
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((self.size - self.at) as u64)
    }
}

/// A body whose connection is in use until it is sent.
#[derive(Debug)]
struct Using {
    body: Body,
    _busy: Option<Arc<Busy>>,
}

/// Keeps a connection in use until an answer is sent.
pub(in crate::serve) fn using(response: Response, busy: Option<Arc<Busy>>) -> Response {
    response.map(|body| Body::new(Using { body, _busy: busy }))
}

impl HttpBody for Using {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
