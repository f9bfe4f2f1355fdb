//! A language server for Sigma: what [`sigmalert_check`] finds while a rule is written, what a field becomes on the index,
//! which words may stand where, and fixes.
//!
//! The protocol is the Language Server Protocol 3.17 over standard input and output.

mod actions;
mod completion;
mod context;
mod convert;
mod hover;
mod server;

pub use server::{Settings, run};
