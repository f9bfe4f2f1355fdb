//! `sigmalert run`

use super::{ExitStatus, logging, on_stop, plural, print};
use clap::builder::PossibleValue;
use jiff::Timestamp;
use sigmalert_matcher::events::EventSchema;
use sigmalert_runtime::embedded::{self, EmbeddedOptions, RunEvent};
use sigmalert_runtime::{Config, RunOptions, Runner, parse_time};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Run ElastAlert rule files: over a cluster, or over files of events without a server
///
/// With --config it replaces ElastAlert: it reads the same configuration and rule files, and keeps its state in the same indices.
/// With --events it runs the rules over files or a stream of events, and writes their alerts to standard output.
/// Exit status: 0 when it was stopped or reached its end; 1 when an alert was not sent, a rule file cannot be run, or an event
/// could not be read; 2 when it cannot run at all.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// ElastAlert's configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Rule files or folders, in place of the configuration's `rules_folder`
    #[arg(short, long, alias = "rule", value_name = "PATH", num_args = 1..)]
    rules: Vec<PathBuf>,

    /// Event files, folders of them, or - for standard input (NDJSON, JSON, EVTX; plain, gzip- or zstd-compressed)
    #[arg(short, long, value_name = "PATH", num_args = 1.., conflicts_with = "config")]
    events: Vec<PathBuf>,

    /// State file of a run over events, so that the next run continues where this one ended
    #[arg(long, value_name = "FILE", requires = "events")]
    state: Option<PathBuf>,

    /// Schema of raw Windows events [default: that of the rules' mapping]
    #[arg(long, alias = "shape", value_name = "NAME", value_parser = super::one_of(&EventSchema::ALL), requires = "events")]
    event_schema: Option<EventSchema>,

    /// Output format of alerts
    #[arg(long, value_name = "FORMAT", value_parser = clap::builder::PossibleValuesParser::new([PossibleValue::new("text"), PossibleValue::new("ndjson").alias("json")]), default_value = "text", requires = "events")]
    format: String,

    /// Start of the first run of each rule: a time, or NOW
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    start: Option<Timestamp>,

    /// Run up to this time and exit: a time, or NOW
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    end: Option<Timestamp>,

    /// Run every rule once and exit
    #[arg(long)]
    once: bool,

    /// Write alerts to the log only, and nothing to the cluster
    #[arg(long)]
    debug: bool,

    /// Write nothing and send nothing; log what would be sent
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Do not reload rule files that change
    #[arg(long)]
    pin_rules: bool,

    /// Do not share the rules with other instances
    #[arg(long, alias = "alone")]
    standalone: bool,

    /// Reproduce ElastAlert's behavior where sigmalert differs (see "Differences from ElastAlert" in the documentation)
    #[arg(long)]
    elastalert_compat: bool,

    /// Serve Prometheus metrics at this address, such as 127.0.0.1:9099
    #[arg(long, value_name = "ADDR")]
    metrics: Option<String>,

    #[command(flatten)]
    log: logging::Options,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    logging::start(&args.log);
    match &args.config {
        Some(path) => over_cluster(args, path),
        None if !args.events.is_empty() => over_events(args),
        None => {
            Err(ExitStatus::Usage("give --config FILE to run over a cluster, or --rules and --events to run over files of events".into()))
        }
    }
}

fn over_cluster(args: &Args, path: &std::path::Path) -> Result<ExitStatus, ExitStatus> {
    let mut config = Config::load(path).map_err(|e| ExitStatus::Usage(e.to_string()))?;
    config.compat = args.elastalert_compat;
    let options = RunOptions {
        rules: args.rules.clone(),
        start: args.start,
        end: args.end,
        once: args.once,
        debug: args.debug,
        dry_run: args.dry_run,
        pin_rules: args.pin_rules,
        standalone: args.standalone,
        patient: false,
        metrics: args.metrics.clone(),
    };
    let runner = Arc::new(Runner::new(config, options).map_err(ExitStatus::Usage)?);
    let own = Arc::clone(&runner);
    on_stop(move || own.stop())?;
    match runner.run() {
        Ok(true) => Ok(ExitStatus::Success),
        Ok(false) => Ok(ExitStatus::Failure),
        Err(e) => Err(ExitStatus::Usage(e)),
    }
}

fn over_events(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let mut config = Config::embedded();
    config.compat = args.elastalert_compat;
    if args.rules.is_empty() {
        return Err(ExitStatus::Usage("--rules is missing: name rule files, or folders of them".into()));
    }
    let options = EmbeddedOptions {
        rules: args.rules.clone(),
        events: args.events.clone(),
        state: args.state.clone(),
        event_schema: args.event_schema,
        start: args.start,
        end: args.end,
        ..EmbeddedOptions::default()
    };
    let stop = Arc::clone(&options.stop);
    on_stop(move || stop.store(true, std::sync::atomic::Ordering::Relaxed))?;
    let json = matches!(args.format.as_str(), "ndjson" | "json");
    let mut out = io::stdout().lock();
    let mut failed = false;
    let mut closed = None;
    let result = embedded::run(&config, &options, &mut |happened| match happened {
        RunEvent::Broken(b) => {
            failed = true;
            tracing::error!("{}: {}", b.file.display(), b.message);
            true
        }
        RunEvent::Problem(p) => {
            failed = true;
            tracing::warn!("{}:{}: {}", p.source, p.position, p.message);
            true
        }
        RunEvent::Alert(alert) => {
            let text =
                if json { format!("{}\n", alert.to_json()) } else { format!("{}  {}\n{}\n", alert.rule, alert.alert_id, alert.text) };
            match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                Ok(()) => true,
                Err(e) => {
                    closed = Some(e);
                    false
                }
            }
        }
    });
    drop(out);
    if let Some(e) = closed {
        return Err(e.into());
    }
    let s = result.map_err(ExitStatus::Usage)?;
    let mut summary = format!(
        "{}, {}: {}, {}",
        plural(s.rules, "rule"),
        plural(s.events, "event"),
        plural(s.matches, "match"),
        plural(s.alerts, "alert")
    );
    for (count, what) in [
        (s.known, "events evaluated by an earlier run"),
        (s.broken as u64, "rule files that cannot run"),
        (s.unreadable, "events that could not be read"),
        (s.timeless, "events without a time"),
        (s.late, "events that arrived too late"),
    ] {
        if count > 0 {
            summary.push_str(&format!("; {count} {what}"));
        }
    }
    if s.late > 0 {
        tracing::warn!(
            "{} arrived too late for a rule: older than its buffer_time, and its type needs the events before it",
            plural(s.late, "event")
        );
    }
    if json {
        tracing::info!("{summary}");
    } else {
        print(&format!("{summary}\n"))?;
    }
    Ok(if failed { ExitStatus::Failure } else { ExitStatus::Success })
}
