//! `sigmalert scan`

use super::input_problems::ProblemReporter;
use super::match_output::{MatchFormat, MatchRenderer};
use super::scan_args::{LoadedRules, ScanArgs};
use super::{ExitStatus, plural};
use crate::scan::{self, ScanOptions, ScannedEvent, Totals, display_name};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sigmalert_convert::batch::Levels;
use sigmalert_matcher::events::{EventDocument, InputProblem, discover};
use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Scan files of events with Sigma rules or ElastAlert rule files
///
/// Exit status: 0 on success, whether or not events matched; 1 if a rule cannot be evaluated or some input cannot be read;
/// 2 if no rules or no events can be read, or the command line is invalid.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  sigmalert scan C/Windows/System32/winevt/Logs --rules sigma/rules/windows
  sigmalert scan -m winlogbeat winlogbeat-*.ndjson.gz --rules rules --level high+ --format timeline
  zcat events.gz | sigmalert scan - --rules out --format ndjson")]
pub struct Args {
    /// Events: NDJSON, JSON or EVTX, plain or compressed with gzip or zstd; files, folders or `-` for standard input
    #[arg(value_name = "EVENTS", required_unless_present = "events")]
    event_paths: Vec<PathBuf>,

    /// Events, instead of EVENTS
    #[arg(short, long, value_name = "EVENTS", num_args = 1..)]
    events: Vec<PathBuf>,

    /// Sigma rules or ElastAlert rule files; files or folders
    #[arg(short, long, required = true, value_name = "RULE", num_args = 1..)]
    rules: Vec<PathBuf>,

    #[command(flatten)]
    scan: ScanArgs,

    /// Only rules with these levels; `high+` selects high and above
    #[arg(long, value_delimiter = ',', value_name = "LEVEL")]
    level: Vec<Levels>,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: MatchFormat,

    /// Stop after this many matches
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// Print only matches
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let begin = Instant::now();
    let loaded = args.scan.load(&args.rules, |r| {
        let level = r.level.and_then(sigmalert_sigma::Level::parse);
        args.level.is_empty() || args.level.iter().any(|l| l.includes(level))
    })?;
    let loading = begin.elapsed();
    if !args.quiet {
        loaded.report_failures();
    }
    let paths: Vec<PathBuf> = args.event_paths.iter().chain(&args.events).cloned().collect();
    let (files, missing) = discover(&paths);
    let mut problems = ProblemReporter::default();
    missing.iter().for_each(|p| problems.report(p));
    if files.is_empty() {
        return Err(ExitStatus::Usage("no files of events found".into()));
    }
    let renderer = MatchRenderer::new(args.format, &loaded.rules.rules);
    let render = |s: &ScannedEvent, event: &EventDocument<'_>| renderer.render(s, &display_name(&files[s.source]), event);
    let options = ScanOptions {
        event_schema: loaded.event_schema,
        event_key: None,
        why: false,
        why_not: false,
        render: Some(&render),
        threads: args.scan.threads(),
    };
    let bar = progress(args.quiet);
    let begin = Instant::now();
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut written: io::Result<()> = Ok(());
    let mut matches = 0;
    let mut timeline: Vec<(String, String)> = Vec::new();
    let mut broken = !missing.is_empty();
    let mut report = |result: Result<ScannedEvent, InputProblem>| -> bool {
        let scanned = match result {
            Ok(s) => s,
            Err(p) => {
                broken |= p.position == 0;
                bar.suspend(|| problems.report(&p));
                return true;
            }
        };
        for (time, mut line) in scanned.rendered.lines {
            if args.limit.is_some_and(|l| matches >= l) {
                return false;
            }
            matches += 1;
            if args.format == MatchFormat::Timeline {
                line.push_str(&scanned.rendered.tail);
                timeline.push((time, line));
            } else {
                written = writeln!(out, "{line}{}", scanned.rendered.tail);
                if written.is_err() {
                    return false;
                }
            }
        }
        true
    };
    let totals = scan::run(&files, &loaded.rules, &loaded.matcher, options, &mut report, &|t| {
        bar.set_message(format!("{} events, {:.0} per second", t.documents, per_second(t, begin.elapsed())));
        bar.tick();
    });
    bar.finish_and_clear();
    timeline.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, line) in &timeline {
        if written.is_ok() {
            written = writeln!(out, "{line}");
        }
    }
    written.and_then(|()| out.flush())?;
    drop(out);
    problems.finish();
    if !args.quiet {
        super::diagnostics::Diagnostics::plain(&summary(&loaded, &totals, matches, begin.elapsed(), loading));
    }
    Ok(if broken || totals.unreadable > 0 || loaded.failed() > 0 { ExitStatus::Failure } else { ExitStatus::Success })
}

fn progress(quiet: bool) -> ProgressBar {
    let target = if quiet || !io::stderr().is_terminal() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(8) };
    ProgressBar::with_draw_target(None, target)
        .with_style(ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

#[expect(clippy::cast_precision_loss, reason = "an approximate rate is enough")]
fn per_second(t: &Totals, elapsed: Duration) -> f64 {
    t.documents as f64 / elapsed.as_secs_f64().max(0.001)
}

fn summary(loaded: &LoadedRules, totals: &Totals, matches: u64, elapsed: Duration, loading: Duration) -> String {
    let mut out = format!(
        "{}, {}: {} in {:.2} s ({:.0} events per second, {:.2} s to load the rules)",
        plural(totals.documents, "event"),
        plural(loaded.rules.rules.len(), "rule"),
        plural(matches, "match"),
        elapsed.as_secs_f64(),
        per_second(totals, elapsed),
        loading.as_secs_f64()
    );
    if loaded.failed() > 0 {
        _ = write!(out, "; {} cannot be evaluated", plural(loaded.failed(), "rule"));
    }
    if !loaded.rules.counting.is_empty() {
        _ = write!(out, "; {} not evaluated because they count events", plural(loaded.rules.counting.len(), "rule"));
    }
    if totals.unreadable > 0 {
        _ = write!(out, "; {} could not be read", plural(totals.unreadable, "document"));
    }
    out.push('\n');
    out
}
