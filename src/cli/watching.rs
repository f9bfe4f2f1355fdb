//! `sigmalert create-index`, `sigmalert status`, `sigmalert silence`

use super::{ExitStatus, print};
use jiff::Timestamp;
use serde_json::json;
use sigmalert_runtime::{Config, create_indices, parse_span, status};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// Create the writeback indices, or complete those that are there
#[derive(Debug, clap::Args)]
pub(super) struct CreateIndex {
    /// ElastAlert's configuration
    #[arg(long, value_name = "FILE", default_value = "config.yaml")]
    config: PathBuf,

    /// Make indices anew whose fields have the wrong types, with their documents
    #[arg(long)]
    migrate: bool,
}

fn config(path: &std::path::Path) -> Result<Config, ExitStatus> {
    Config::load(path).map_err(|e| ExitStatus::Usage(e.to_string()))
}

pub(super) fn create_index(args: &CreateIndex) -> Result<ExitStatus, ExitStatus> {
    let done = create_indices(&config(&args.config)?, args.migrate).map_err(ExitStatus::Usage)?;
    let mut out = String::new();
    let mut wrong = false;
    for (name, what) in done {
        wrong |= what.starts_with("is not");
        let _ = writeln!(out, "{name}: {what}");
    }
    print(&out)?;
    Ok(if wrong { ExitStatus::Failure } else { ExitStatus::Success })
}

/// Show how rules stand: last run, lag, errors, silences, alerts that are not sent
///
/// Exit status: 0 when all is well, 1 when a rule lags by more than three runs, failed within a day, or cannot be run.
#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// ElastAlert's configuration
    #[arg(long, value_name = "FILE", default_value = "config.yaml")]
    config: PathBuf,

    /// Rule files or folders, in place of the configuration's `rules_folder`
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,

    /// text or json
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text")]
    format: String,
}

/// A span in the two units that say most.
fn short(span: Duration) -> String {
    let s = span.as_secs();
    match s {
        0..60 => format!("{s}s"),
        60..3600 => format!("{}m{:02}s", s / 60, s % 60),
        3600..86_400 => format!("{}h{:02}m", s / 3600, s / 60 % 60),
        _ => format!("{}d{:02}h", s / 86_400, s / 3600 % 24),
    }
}

pub(super) fn show_status(args: &Status) -> Result<ExitStatus, ExitStatus> {
    let s = status::status(&config(&args.config)?, &args.rules).map_err(ExitStatus::Usage)?;
    let now = Timestamp::now();
    let lags = |r: &status::RuleStatus| r.lag(now).is_none_or(|l| l > r.run_every * 3 + Duration::from_secs(30));
    let ill = s.rules.iter().any(|r| lags(r) || r.errors > 0) || !s.broken.is_empty();
    let end = if ill { ExitStatus::Failure } else { ExitStatus::Success };
    if args.format == "json" {
        let rules: Vec<_> = s
            .rules
            .iter()
            .map(|r| {
                json!({"rule": r.name, "run_every": r.run_every.as_secs_f64(), "endtime": r.endtime.map(|t| t.to_string()), "lag": r.lag(now).map(|l| l.as_secs_f64()),
                    "hits": r.last.map(|l| l.0), "matches": r.last.map(|l| l.1), "errors": r.errors, "silenced": r.silenced.map(|t| t.to_string()), "pending": r.pending})
            })
            .collect();
        let broken: Vec<_> = s.broken.iter().map(|(f, m)| json!({"file": f, "message": m})).collect();
        let errors: Vec<_> = s.errors.iter().map(|(t, m)| json!({"@timestamp": t, "message": m})).collect();
        print(&format!("{}\n", json!({"rules": rules, "broken": broken, "instances": s.instances, "errors": errors})))?;
        return Ok(end);
    }
    let mut out = String::new();
    let width = s.rules.iter().map(|r| r.name.chars().count()).max().unwrap_or(4).min(60);
    let _ = writeln!(
        out,
        "{:width$}  {:>8}  {:>8}  {:>7}  {:>6}  {:>7}  silenced until",
        "rule", "lag", "hits", "matches", "errors", "pending"
    );
    for r in &s.rules {
        let name: String = r.name.chars().take(width).collect();
        let lag = r.lag(now).map_or_else(|| "never".into(), short);
        let (hits, matches) = r.last.map_or_else(|| ("-".into(), "-".into()), |(h, m)| (h.to_string(), m.to_string()));
        let until = r.silenced.map_or_else(|| "-".into(), |t| t.strftime("%Y-%m-%d %H:%M UTC").to_string());
        let _ = writeln!(out, "{name:width$}  {lag:>8}  {hits:>8}  {matches:>7}  {:>6}  {:>7}  {until}", r.errors, r.pending);
    }
    for (file, message) in &s.broken {
        let _ = writeln!(out, "cannot be run: {}: {message}", file.display());
    }
    let pending: u64 = s.rules.iter().map(|r| r.pending).sum();
    let _ = writeln!(
        out,
        "{} rules, {} lag, {} files that cannot be run, {pending} alerts not sent, {} instances",
        s.rules.len(),
        s.rules.iter().filter(|r| lags(r)).count(),
        s.broken.len(),
        s.instances.len()
    );
    for (time, message) in s.errors.iter().take(5) {
        let line: String = message.lines().next().unwrap_or_default().chars().take(160).collect();
        let _ = writeln!(out, "{time}  {line}");
    }
    print(&out)?;
    Ok(end)
}

/// Silence a rule for some time
#[derive(Debug, clap::Args)]
pub(super) struct Silence {
    /// The rule's name; with --key its `realert_key`, which is its name unless it says otherwise
    #[arg(value_name = "RULE")]
    rule: String,

    /// For how long, such as 2h or 1d
    #[arg(long = "for", value_name = "SPAN", value_parser = parse_span)]
    span: Duration,

    /// Only this value of the rule's query key
    #[arg(long, value_name = "VALUE")]
    key: Option<String>,

    /// ElastAlert's configuration
    #[arg(long, value_name = "FILE", default_value = "config.yaml")]
    config: PathBuf,
}

pub(super) fn silence(args: &Silence) -> Result<ExitStatus, ExitStatus> {
    let until = status::silence(&config(&args.config)?, &args.rule, args.key.as_deref(), args.span).map_err(ExitStatus::Usage)?;
    print(&format!("{} is silenced until {}\n", args.rule, until.strftime("%Y-%m-%d %H:%M:%S UTC")))?;
    Ok(ExitStatus::Success)
}
