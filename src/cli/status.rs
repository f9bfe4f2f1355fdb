//! `sigmalert status`

use super::{ExitStatus, elastalert_config, plural, print};
use jiff::Timestamp;
use serde_json::json;
use sigmalert_runtime::status;
use sigmalert_support::units::{DAY, HOUR, MINUTE};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// Show the state of all rules: last run, lag, errors, silences and unsent alerts
///
/// Exit status: 0 when all rules are healthy; 1 when a rule lags by more than three runs, failed within the last day, or cannot
/// be run; 2 when the cluster cannot be reached.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ElastAlert's configuration
    #[arg(long, value_name = "FILE", default_value = "config.yaml")]
    config: PathBuf,

    /// Rule files or folders, in place of the configuration's `rules_folder`
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    rules: Vec<PathBuf>,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text")]
    format: String,
}

/// A duration in its two largest units.
fn short(span: Duration) -> String {
    let s = span.as_secs();
    match s {
        0..MINUTE => format!("{s}s"),
        MINUTE..HOUR => format!("{}m{:02}s", s / MINUTE, s % MINUTE),
        HOUR..DAY => format!("{}h{:02}m", s / HOUR, s / MINUTE % 60),
        _ => format!("{}d{:02}h", s / DAY, s / HOUR % 24),
    }
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let s = status::status(&elastalert_config(&args.config)?, &args.rules).map_err(ExitStatus::Usage)?;
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
        let _ = writeln!(out, "cannot run: {}: {message}", file.display());
    }
    let pending: u64 = s.rules.iter().map(|r| r.pending).sum();
    let _ = writeln!(
        out,
        "{}, {} lagging, {} that cannot run, {} not sent, {}",
        plural(s.rules.len(), "rule"),
        s.rules.iter().filter(|r| lags(r)).count(),
        plural(s.broken.len(), "file"),
        plural(pending, "alert"),
        plural(s.instances.len(), "instance")
    );
    for (time, message) in s.errors.iter().take(5) {
        let line: String = message.lines().next().unwrap_or_default().chars().take(160).collect();
        let _ = writeln!(out, "{time}  {line}");
    }
    print(&out)?;
    Ok(end)
}
