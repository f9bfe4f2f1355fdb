//! The HTTP server: listeners, TLS, connections, limits, routing and the websocket.

pub(super) mod compression;
pub(super) mod concurrency;
pub(super) mod connection;
pub(super) mod openapi;
pub(super) mod request;
pub(super) mod response_budget;
pub(super) mod router;
pub(super) mod server;
pub(super) mod tls;
pub(super) mod websocket;
