//! The log of what runs for long: on standard error, as text or JSON.

use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// How much is logged, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Log every run of every rule
    #[arg(long)]
    verbose: bool,

    /// Log requests to the cluster, too
    #[arg(long)]
    es_debug: bool,

    /// Log as text or as JSON
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text")]
    log_format: String,
}

/// Begins to log. The variable SIGMALERT_LOG says more than the options can.
pub(super) fn start(options: &Options) {
    let level = match (options.es_debug, options.verbose) {
        (true, _) => "info,sigmalert=trace,ureq=debug",
        (false, true) => "info,sigmalert=debug",
        (false, false) => "info",
    };
    let filter = std::env::var("SIGMALERT_LOG").ok().and_then(|f| EnvFilter::try_new(f).ok()).unwrap_or_else(|| EnvFilter::new(level));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    // Another log is there already when the library's user began one: it goes on.
    let _ = if options.log_format == "json" {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(io::stderr().is_terminal()).try_init()
    };
}
