//! The API that Praeco talks to: a replacement for elastalert-server that preserves options Praeco would drop, and serves Praeco's page.
//!
//! Rules and templates are files in two folders. With a configuration, the server also answers searches of the cluster's events and
//! the writeback indices, tests rules, and runs the rules in the same process. It listens on loopback only, unless a token or
//! users are configured.

mod app_state;
mod auth;
mod data;
mod error;
mod events;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod page;
mod rules;
mod runs;
mod searches;
mod settings;

pub use auth::login::{Auth, AuthError};
pub use auth::role::Role;
pub use http::server::{Server, StopHandle};
pub use http::tls::Certificate;
pub use settings::Settings;
