//! A language server for Sigma: diagnostics of [`sigmalert_check`], mapped fields, completion and fixes.
//!
//! It implements the Language Server Protocol 3.17 over standard input and output.

mod actions;
mod completion;
mod context;
mod convert;
mod hover;
mod server;

pub use server::{Settings, run};
