//! The log of what runs for long: on standard error, as text or JSON.

use sigmalert_support::line::{one_line, one_line_json};
use std::fmt::{self, Debug};
use std::io::{self, IsTerminal, Write};
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

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
        builder.json().flatten_event(true).with_writer(|| Lines(io::stderr())).try_init()
    } else {
        builder.with_ansi(io::stderr().is_terminal()).fmt_fields(debug_fn(field).delimited(" ")).try_init()
    };
}

/// A field of a line of text. Names and messages hold what strangers wrote: none of it begins a line of its own.
fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let value = format!("{value:?}");
    let value = one_line(&value);
    match (field.name(), writer.has_ansi_escapes()) {
        ("message", _) => writer.write_str(&value),
        (name, true) => write!(writer, "\u{1b}[3m{name}\u{1b}[0m\u{1b}[2m=\u{1b}[0m{value}"),
        (name, false) => write!(writer, "{name}={value}"),
    }
}

/// Lines of JSON, which come whole: what JSON leaves as it is, and a viewer may take for the end of a line, is escaped.
struct Lines(io::Stderr);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = self.0.lock();
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let (line, end) = text.strip_suffix('\n').map_or((text, ""), |l| (l, "\n"));
                out.write_all(format!("{}{end}", one_line_json(line)).as_bytes())?;
            }
            Err(_) => out.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
