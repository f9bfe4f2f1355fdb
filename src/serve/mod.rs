//! The API that Praeco talks to: what elastalert-server does, without its losses, and Praeco's page beside it.
//!
//! Rules and templates are files below two folders; a save carries over what Praeco's form does not know. With a
//! configuration the cluster's events, the writeback indices and tests of rules are served, and the rules run in the same
//! process. Loopback only, unless there is somebody to ask: another address takes a token or users.

mod app;
mod appconfig;
mod audit;
mod auth;
mod cluster;
mod concurrency;
mod connection;
mod control;
mod convert;
mod error;
mod events;
mod form;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod handle;
mod index_allowlist;
mod limits;
mod names;
mod openapi;
mod origin;
mod outbox;
mod overview;
mod packing;
mod page;
mod paths;
mod preserve;
mod resolve;
mod role;
mod route;
mod rule_test;
mod rules;
mod searches;
mod server;
mod socket;
mod source;
mod store;
mod tls;
mod unfilled;
mod users;
mod vetting;
mod within;
mod writable;

pub use auth::{Auth, AuthError};
pub use role::Role;
pub use server::{Server, Settings, Stop};
pub use tls::Certificate;
