//! `sigmalert scan`

use super::hunting::{Hunting, Loaded, Problems};
use super::match_output::MatchRenderer;
use super::{ExitStatus, one_of};
use crate::scan::{self, ScanOptions, ScannedEvent, Totals, shown};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sigmalert_convert::batch::Levels;
use sigmalert_matcher::events::source;
use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Table,
    Ndjson,
    Timeline,
}

const FORMATS: &[(&str, Format)] = &[("table", Format::Table), ("ndjson", Format::Ndjson), ("timeline", Format::Timeline)];

/// Hunt through files of events with Sigma rules or ElastAlert's rule files
///
/// Exit status: 0 also when something was found; 1 when a rule cannot run, or some file or event could not be read; 2 when
/// the command makes no sense.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  sigmalert scan C/Windows/System32/winevt/Logs --rules sigma/rules/windows
  sigmalert scan -m winlogbeat winlogbeat-*.ndjson.gz --rules rules --level high+ --format timeline
  zcat events.gz | sigmalert scan - --rules out --format ndjson")]
pub struct Args {
    /// Events: NDJSON, JSON or EVTX, plain or packed by gzip or zstd; files, folders or `-`
    #[arg(required = true, value_name = "EVENTS")]
    events: Vec<PathBuf>,

    /// Sigma rules, or ElastAlert's rule files; files or folders
    #[arg(short, long, required = true, value_name = "RULE", num_args = 1..)]
    rules: Vec<PathBuf>,

    #[command(flatten)]
    hunting: Hunting,

    /// Only rules of these levels; `high+` for high and above
    #[arg(long, value_delimiter = ',', value_name = "LEVEL")]
    level: Vec<Levels>,

    /// Output: a line for each match, a JSON object with the event for each, or lines in the order of time
    #[arg(long, value_name = "FORMAT", value_parser = one_of(FORMATS), default_value = "table")]
    format: Format,

    /// ExitStatus after so many matches
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// Tell of nothing but matches
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let begin = Instant::now();
    let loaded = args.hunting.load(&args.rules, |r| {
        let level = r.level.and_then(sigmalert_sigma::Level::parse);
        args.level.is_empty() || args.level.iter().any(|l| l.includes(level))
    })?;
    let loading = begin.elapsed();
    if !args.quiet {
        loaded.tell_failures();
    }
    let (files, unreadable) = source::discover(&args.events);
    let mut problems = Problems::default();
    unreadable.iter().for_each(|p| problems.tell(p));
    if files.is_empty() {
        return Err(ExitStatus::Usage("there are no events in what was given".into()));
    }
    let teller = MatchRenderer::new(args.format, &loaded.rules.rules);
    let render = |seen: &ScannedEvent, event: &[u8]| teller.tell(seen, &shown(&files[seen.source]), event);
    let asked = ScanOptions {
        event_schema: loaded.event_schema,
        inside: None,
        why: false,
        why_not: false,
        render: Some(&render),
        threads: args.hunting.threads(),
    };
    let bar = progress(args.quiet);
    let begin = Instant::now();
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut written: io::Result<()> = Ok(());
    let mut matches = 0;
    let mut timeline: Vec<(String, String)> = Vec::new();
    let mut broken = !unreadable.is_empty();
    let mut tell = |told: Result<ScannedEvent, source::Problem>| -> bool {
        let seen = match told {
            Ok(s) => s,
            Err(p) => {
                broken |= p.position == 0;
                bar.suspend(|| problems.tell(&p));
                return true;
            }
        };
        for (time, mut line) in seen.told.lines {
            if args.limit.is_some_and(|l| matches >= l) {
                return false;
            }
            matches += 1;
            if args.format == Format::Timeline {
                line.push_str(&seen.told.tail);
                timeline.push((time, line));
            } else {
                written = writeln!(out, "{line}{}", seen.told.tail);
                if written.is_err() {
                    return false;
                }
            }
        }
        true
    };
    let totals = scan::run(&files, &loaded.rules, &loaded.matcher, asked, &mut tell, &|t| {
        bar.set_message(format!("{} events, {:.0} a second", t.documents, per_second(t, begin.elapsed())));
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

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn per_second(t: &Totals, elapsed: Duration) -> f64 {
    t.documents as f64 / elapsed.as_secs_f64().max(0.001)
}

fn summary(loaded: &Loaded, totals: &Totals, matches: u64, elapsed: Duration, loading: Duration) -> String {
    let mut out = format!(
        "{} events, {} rules: {matches} matches in {:.2} s ({:.0} events a second, loading {:.2} s)",
        totals.documents,
        loaded.rules.rules.len(),
        elapsed.as_secs_f64(),
        per_second(totals, elapsed),
        loading.as_secs_f64()
    );
    if loaded.failed() > 0 {
        _ = write!(out, "; {} rules cannot run", loaded.failed());
    }
    if !loaded.rules.counting.is_empty() {
        _ = write!(out, "; {} rules count events and were not tried", loaded.rules.counting.len());
    }
    if totals.unreadable > 0 {
        _ = write!(out, "; {} documents could not be read", totals.unreadable);
    }
    out.push('\n');
    out
}
