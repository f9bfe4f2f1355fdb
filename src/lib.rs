//! sigmalert compiles [Sigma](https://sigmahq.io) detection rules into exact queries for Elasticsearch and
//! `OpenSearch` and into complete rule files for ElastAlert 2 and Praeco.
//!
//! Most programs want [`Converter`]: it takes documents of a [`sigma::Collection`] through a [`Mapping`] to a
//! query or a rule file. The layers under it can be used on their own:
//!
//! * [`sigma`]: text to rules, correlations and filters;
//! * [`query`]: the expression in the middle, its simplifier, and its lowering to the types of an index;
//! * [`mapping`]: logsources and fields to one schema;
//! * [`lang`]: Lucene `query_string`, KQL and Query DSL, each printed and parsed;
//! * [`rule`]: ElastAlert rule files;
//! * [`yaml`]: YAML with positions, and a writer that ElastAlert and Praeco read alike.
//!
//! Nothing here prints, keeps global state or panics on input; everything can be shared by threads. The feature
//! `cli` (on by default) adds the command line and, under it, whole folders at a time ([`batch`]); without it the
//! crate is the compiler alone.

#[cfg(feature = "cli")]
pub mod batch;
#[cfg(feature = "check")]
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod convert;
#[cfg(feature = "event")]
pub mod event;
mod hex;
#[cfg(feature = "cli")]
pub mod hunt;
mod io;
pub mod lang;
#[cfg(any(feature = "cli", feature = "serve"))]
mod line;
#[cfg(feature = "cli")]
pub mod lsp;
pub mod mapping;
#[cfg(feature = "matcher")]
pub mod matcher;
pub mod query;
pub mod rule;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "serve")]
pub mod serve;
pub mod sigma;
pub mod yaml;

pub use convert::{ConvertError, Converted, Converter, Options, Query, Target};
pub use mapping::Mapping;
