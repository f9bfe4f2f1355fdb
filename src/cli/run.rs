//! `sigmalert run`

use super::{ExitStatus, logging, on_stop, print};
use jiff::Timestamp;
use sigmalert_matcher::events::EventSchema;
use sigmalert_runtime::embedded::{self, EmbeddedOptions, RunEvent};
use sigmalert_runtime::{Config, RunOptions, Runner, parse_time};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Run rules: over a cluster in ElastAlert's place, or over events with no server
///
/// With --config it takes ElastAlert's place: it reads the same configuration and rule files, and keeps its state in the same
/// indices. With --events it runs rules over files or a stream of events, and writes their alerts to standard output.
/// Exit status: 0 when it was stopped or came to its end, 1 when some alert was not sent or some event could not be read,
/// 2 when it cannot run.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// ElastAlert's configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Rule files or folders, in place of the configuration's `rules_folder`
    #[arg(long, alias = "rule", value_name = "PATH")]
    rules: Vec<PathBuf>,

    /// Events: files, folders, or - for standard input (NDJSON, JSON, EVTX; plain, gzip or zstd)
    #[arg(long, value_name = "PATH", conflicts_with = "config")]
    events: Vec<PathBuf>,

    /// Where a run over events keeps its state, so that the next goes on
    #[arg(long, value_name = "FILE", requires = "events")]
    state: Option<PathBuf>,

    /// What raw Windows events become; left out: what the rules' mapping says
    #[arg(long, alias = "shape", value_name = "NAME", value_parser = super::one_of(&EventSchema::ALL), requires = "events")]
    event_schema: Option<EventSchema>,

    /// How alerts are written to standard output
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text", requires = "events")]
    format: String,

    /// Where the first run of each rule begins: a time, or NOW
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    start: Option<Timestamp>,

    /// Run up to here, and end: a time, or NOW
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    end: Option<Timestamp>,

    /// Run every rule once, and end
    #[arg(long)]
    once: bool,

    /// Write alerts to the log only, and nothing to the cluster
    #[arg(long)]
    debug: bool,

    /// Write nothing and send nothing: say what would be sent
    #[arg(long)]
    dry_run: bool,

    /// Do not look at the rule files again
    #[arg(long)]
    pin_rules: bool,

    /// Do not share the rules with other instances
    #[arg(long)]
    alone: bool,

    /// Behave as ElastAlert does where sigmalert knows better (see docs/differences-from-elastalert.md)
    #[arg(long)]
    elastalert_compat: bool,

    /// Serve Prometheus metrics, such as at 127.0.0.1:9099
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
        None => Err(ExitStatus::Usage("give --config FILE to run over a cluster, or --rules and --events to run over events".into())),
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
        alone: args.alone,
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
        return Err(ExitStatus::Usage("give --rules: rule files, or folders of them".into()));
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
    let json = args.format == "json";
    let mut out = io::stdout().lock();
    let mut failed = false;
    let mut closed = None;
    let summary = embedded::run(&config, &options, &mut |happened| match happened {
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
    let s = summary.map_err(ExitStatus::Usage)?;
    let mut told = format!("{} rules, {} events: {} matches, {} alerts", s.rules, s.events, s.matches, s.alerts);
    for (count, what) in [
        (s.known, "events that an earlier run judged"),
        (s.broken as u64, "rule files that cannot be run"),
        (s.unreadable, "events that could not be read"),
        (s.timeless, "events without a time"),
        (s.late, "events that came too late"),
    ] {
        if count > 0 {
            told.push_str(&format!("; {count} {what}"));
        }
    }
    if s.late > 0 {
        tracing::warn!(
            "{} events came too late for a rule: older than its buffer_time, and its type cannot judge them by themselves",
            s.late
        );
    }
    if json {
        tracing::info!("{told}");
    } else {
        print(&format!("{told}\n"))?;
    }
    Ok(if failed { ExitStatus::Failure } else { ExitStatus::Success })
}
