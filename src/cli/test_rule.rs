//! `sigmalert test-rule`

use super::{ExitStatus, logging, print};
use jiff::Timestamp;
use serde_json::Value;
use sigmalert_runtime::tester::{TestOptions, test};
use sigmalert_runtime::{Config, parse_time};
use sigmalert_support::read::read_file;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Try a rule file out over the past: what it finds, what matches, what its alerts say
///
/// What `elastalert-test-rule` does. Exit status: 0 when it ran, 1 when the rule cannot be run, 2 when the query failed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A rule file
    #[arg(value_name = "RULE")]
    rule: PathBuf,

    /// ElastAlert's configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// How many days to look back; left out: one, or the rule's timeframe
    #[arg(long, value_name = "N")]
    days: Option<u64>,

    /// Where to begin: a time
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "days")]
    start: Option<Timestamp>,

    /// Where to end: a time, or NOW
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    end: Option<Timestamp>,

    /// Only see whether the file can be run
    #[arg(long)]
    schema_only: bool,

    /// Only count what the query finds
    #[arg(long)]
    count_only: bool,

    /// Write one JSON object
    #[arg(long)]
    formatted_output: bool,

    /// Documents to run over in place of a cluster: a JSON list. The rule's filter is not applied to them
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,

    /// Keep the documents found
    #[arg(long, value_name = "FILE")]
    save_json: Option<PathBuf>,

    /// Send the alerts
    #[arg(long)]
    alert: bool,

    #[command(flatten)]
    log: logging::Options,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    logging::start(&args.log);
    let config = match (&args.config, args.data.is_some() || args.schema_only) {
        (Some(path), _) => Config::load(path).map_err(|e| ExitStatus::Usage(e.to_string()))?,
        (None, false) if std::path::Path::new("config.yaml").exists() => {
            Config::load(std::path::Path::new("config.yaml")).map_err(|e| ExitStatus::Usage(e.to_string()))?
        }
        (None, _) => Config::embedded(),
    };
    let data = match &args.data {
        None => None,
        Some(path) => {
            let text = read_file(path, 256 << 20).map_err(|m| ExitStatus::Usage(format!("{} {m}", path.display())))?;
            let value: Value = serde_json::from_str(&text).map_err(|e| ExitStatus::Usage(format!("{}: {e}", path.display())))?;
            Some(match value {
                Value::Array(items) => items,
                one => vec![one],
            })
        }
    };
    let options = TestOptions {
        days: args.days,
        start: args.start,
        end: args.end,
        schema_only: args.schema_only,
        count_only: args.count_only,
        data,
        save: args.save_json.is_some(),
        alert: args.alert,
    };
    let tested = match test(&config, &args.rule, &options) {
        Ok(t) => t,
        Err(e) if e.starts_with(&args.rule.display().to_string()) => {
            super::diagnostics::Diagnostics::plain(&format!("error: {e}\n"));
            return Ok(ExitStatus::Failure);
        }
        Err(e) => return Err(ExitStatus::Usage(e)),
    };
    for w in &tested.warnings {
        super::diagnostics::Diagnostics::plain(&format!("warning: {w}\n"));
    }
    if let Some(path) = &args.save_json {
        let text = serde_json::to_string_pretty(&tested.documents).map_err(|e| ExitStatus::Usage(e.to_string()))?;
        sigmalert_convert::batch::replace(path, text.as_bytes()).map_err(|e| ExitStatus::Usage(format!("{}: {e}", path.display())))?;
    }
    if args.schema_only {
        return Ok(ExitStatus::Success);
    }
    if args.formatted_output {
        print(&format!("{}\n", tested.to_json()))?;
        return Ok(ExitStatus::Success);
    }
    let mut out = String::new();
    let _ = writeln!(out, "Got {} hits from the last {:.2} day(s)", tested.hits, tested.days);
    if !tested.terms.is_empty() {
        let _ = writeln!(out, "\nAvailable terms in first hit:");
        tested.terms.iter().for_each(|t| {
            let _ = writeln!(out, "\t{t}");
        });
    }
    if !args.count_only {
        let _ = writeln!(out, "\n{} matches, {} alerts", tested.matches, tested.alerts.len());
        for alert in tested.alerts.iter().take(20) {
            let _ = writeln!(out, "\n{}", alert.trim_end());
        }
        let _ = writeln!(out, "\nWould have written the following documents to the writeback index:\n");
        for (kind, document) in &tested.writeback {
            let _ = writeln!(out, "{kind} - {document}");
        }
    }
    print(&out)?;
    Ok(ExitStatus::Success)
}
