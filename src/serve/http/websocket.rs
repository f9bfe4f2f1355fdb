//! The websocket of tests: a rule in, progress and a result out.

use crate::serve::app_state::App;
use crate::serve::auth::role::Actor;
use crate::serve::http::concurrency::WorkKind;
use crate::serve::http::connection::BODY_TIME;
use axum::extract::ws::{Message, WebSocket};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// One test over a websocket: a message in, progress and a result out.
pub(in crate::serve) async fn trial(app: Arc<App>, actor: Actor, mut socket: WebSocket, _admitted: OwnedSemaphorePermit) {
    // Set when the page closes the socket, which ends a test.
    let gone = Arc::new(AtomicBool::new(false));
    let _leaving = Leaving(Arc::clone(&gone));
    let first = tokio::time::timeout(BODY_TIME, socket.recv()).await;
    let Ok(Some(Ok(Message::Text(text)))) = first else { return };
    let (tell, mut told) = mpsc::unbounded_channel::<Message>();
    let work = {
        let (app, tell) = (Arc::clone(&app), tell.clone());
        // Its turn comes when those before it are done.
        let permit = tokio::select! {
            permit = app.concurrency.wait(WorkKind::RuleTest) => permit,
            () = closed(&mut socket) => return,
        };
        let Ok(permit) = permit else { return };
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
            let trial = app.trial(&actor, &body).map_err(|e| e.message)?;
            // What begins otherwise is taken for an error.
            let mut tell = |line| {
                _ = tell.send(frame("progress", &format!("INFO:elastalert:{line}")));
            };
            let result = app.source.test(&trial, &app.store, &mut tell, &|| gone.load(Ordering::Relaxed));
            app.tried(&actor, &trial, &result);
            if result.is_ok() {
                app.unfilled(&trial.rule).into_iter().for_each(|w| tell(format!("Warning: {w}")));
            }
            result.inspect_err(|m| app.refuse(&trial, m))
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
        Err(_) => frame("result", "the test panicked; this is a bug in sigmalert, please report it"),
    };
    _ = socket.send(message).await;
    _ = socket.send(frame("done", "")).await;
    _ = socket.send(Message::Close(None)).await;
}

/// Says over the websocket why there is no test: a page cannot read the answer to its request for one.
pub(in crate::serve) async fn refuse(mut socket: WebSocket, why: String, _admitted: OwnedSemaphorePermit) {
    // It sends its rule first: what is closed with something unread is cut off.
    _ = tokio::time::timeout(BODY_TIME, socket.recv()).await;
    for message in [frame("progress", &why), frame("result", &why), frame("done", ""), Message::Close(None)] {
        _ = socket.send(message).await;
    }
}

/// Signals that the client no longer waits for the test.
struct Leaving(Arc<AtomicBool>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits until the page closes the socket.
async fn closed(socket: &mut WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Close(_)) {
            return;
        }
    }
}

/// A message of the websocket.
fn frame(event: &str, data: &str) -> Message {
    Message::Text(json!({"event": event, "data": data}).to_string().into())
}
