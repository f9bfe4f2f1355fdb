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
//! * [`elastalert`]: ElastAlert rule files;
//! * [`yaml`]: YAML with positions, and a writer that ElastAlert and Praeco read alike.
//!
//! Nothing here prints, keeps global state or panics on input; everything can be shared by threads. The feature
//! `cli` (on by default) adds the command line and, under it, whole folders at a time ([`batch`]); without it the
//! crate is the compiler alone.

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod lsp;
#[cfg(feature = "cli")]
pub mod scan;
#[cfg(feature = "serve")]
pub mod serve;

#[cfg(feature = "check")]
pub use sigmalert_check as check;
#[cfg(feature = "cli")]
pub use sigmalert_convert::batch;
pub use sigmalert_convert::{
    self as convert, ConvertError, Converted, Converter, ConverterBuilder, Mapping, Options, Query, Target, mapping,
};
pub use sigmalert_elastalert as elastalert;
#[cfg(feature = "matcher")]
pub use sigmalert_matcher as matcher;
#[cfg(feature = "event")]
pub use sigmalert_matcher::events;
pub use sigmalert_query::from_sigma::parse;
pub use sigmalert_query::{self as query, lang};
#[cfg(feature = "runtime")]
pub use sigmalert_runtime as runtime;
pub use sigmalert_sigma as sigma;
pub use sigmalert_sigma::yaml;
