//! `sigmalert test`

use super::input_problems::ProblemReporter;
use super::reasons::{reason_json, reason_text};
use super::report_format::ReportFormat;
use super::scan_args::{LoadedRules, ScanArgs};
use super::{ExitStatus, plural, print};
use crate::scan::{self, ScanOptions, ScannedEvent, display_name};
use serde_json::{Value, json};
use sigmalert_matcher::Reason;
use sigmalert_matcher::events::discover;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Test rules against events: report which rule matches which event, and why
///
/// Exit status: 0 on success; 1 if an expectation is not met, a rule cannot be evaluated or some input cannot be read; 2 if
/// no rules or no events can be read, or the command line is invalid.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  sigmalert test rule.yml --events Security.evtx
  sigmalert test -m winlogbeat rules --events events.ndjson.gz --format json
  sigmalert test -m winlogbeat rules --expect        NAME.events.ndjson next to each rule
  sigmalert test rule.yml --events sysmon.evtx --why-not")]
pub struct Args {
    /// Sigma rules or ElastAlert rule files; files or folders
    #[arg(value_name = "RULE", required_unless_present = "rules")]
    rule_paths: Vec<PathBuf>,

    /// Rules, instead of RULE
    #[arg(short, long, value_name = "RULE", num_args = 1..)]
    rules: Vec<PathBuf>,

    /// Events: NDJSON, JSON or EVTX, plain or compressed with gzip or zstd; files, folders or `-` for standard input
    #[arg(short, long, value_name = "EVENTS", num_args = 1.., required_unless_present = "expect")]
    events: Vec<PathBuf>,

    #[command(flatten)]
    scan: ScanArgs,

    /// Read events with expected results from `NAME.events.ndjson` next to each `NAME.yml`: one `{"expect":
    /// "match"|"no-match", "event": …}` per line
    #[arg(long, conflicts_with = "events")]
    expect: bool,

    /// Fail if a rule matches no event
    #[arg(long, conflicts_with = "expect")]
    must_match: bool,

    /// Report the first failed test for each event that a rule does not match. Meant for few rules and events
    #[arg(long)]
    why_not: bool,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: ReportFormat,
}

/// The events of one rule.
#[derive(Default)]
struct RuleResult {
    matched: Vec<Event>,
    missed: Vec<Event>,
}

/// An event that a rule matched or missed, and why.
struct Event {
    source: String,
    position: u64,
    why: Vec<Reason>,
}

impl Event {
    fn to_json(&self) -> Value {
        json!({"source": self.source, "position": self.position, "why": self.why.iter().map(reason_json).collect::<Vec<_>>()})
    }
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let rules: Vec<PathBuf> = args.rule_paths.iter().chain(&args.rules).cloned().collect();
    let loaded = args.scan.load(&rules, |_| true)?;
    loaded.report_failures();
    let mut problems = ProblemReporter::default();
    if args.expect {
        return check_expectations(args, &loaded, &mut problems);
    }
    let (files, missing) = discover(&args.events);
    missing.iter().for_each(|p| problems.report(p));
    let mut results: Vec<RuleResult> = std::iter::repeat_with(RuleResult::default).take(loaded.rules.rules.len()).collect();
    let options = options(args, &loaded);
    let mut broken = !missing.is_empty();
    let totals = scan::run(
        &files,
        &loaded.rules,
        &loaded.matcher,
        options,
        &mut |result| {
            match result {
                Ok(scanned) => note(&mut results, &display_name(&files[scanned.source]), scanned),
                Err(p) => {
                    broken |= p.position == 0;
                    problems.report(&p);
                }
            }
            true
        },
        &|_| {},
    );
    problems.finish();
    match args.format {
        ReportFormat::Json => print(&format!("{:#}\n", report(&loaded, &results)))?,
        ReportFormat::Text => print(&table(args, &loaded, &results))?,
    }
    let matched = results.iter().filter(|r| !r.matched.is_empty()).count();
    if args.format == ReportFormat::Text {
        let mut text = format!("{}, {}: {matched} matched", plural(totals.documents, "event"), plural(results.len(), "rule"));
        describe_rest(&mut text, &loaded, totals.unreadable);
        print(&text)?;
    }
    let unmatched = args.must_match && matched < results.len();
    if totals.documents == 0 {
        return Err(ExitStatus::Usage("no events could be read".into()));
    }
    let unread = broken || totals.unreadable > 0;
    Ok(if unread || loaded.failed() > 0 || unmatched { ExitStatus::Failure } else { ExitStatus::Success })
}

fn describe_rest(text: &mut String, loaded: &LoadedRules, unreadable: u64) {
    if loaded.failed() > 0 {
        _ = write!(text, ", {} cannot be evaluated", loaded.failed());
    }
    if !loaded.rules.counting.is_empty() {
        _ = write!(text, ", {} not evaluated because they count events", loaded.rules.counting.len());
    }
    if unreadable > 0 {
        _ = write!(text, "; {} could not be read", plural(unreadable, "document"));
    }
    text.push('\n');
}

fn options<'a>(args: &Args, loaded: &LoadedRules) -> ScanOptions<'a> {
    ScanOptions {
        event_schema: loaded.event_schema,
        event_key: None,
        why: true,
        why_not: args.why_not,
        render: None,
        threads: args.scan.threads(),
    }
}

fn note(results: &mut [RuleResult], source: &str, scanned: ScannedEvent) {
    let event = |why: Vec<Reason>| Event { source: source.to_owned(), position: scanned.position, why };
    for m in scanned.matches {
        results[m.rule].matched.push(event(m.reasons));
    }
    for m in scanned.misses {
        results[m.rule].missed.push(event(m.reasons));
    }
}

fn report(loaded: &LoadedRules, results: &[RuleResult]) -> Value {
    let all = |events: &[Event]| events.iter().map(Event::to_json).collect::<Value>();
    loaded
        .rules
        .rules
        .iter()
        .zip(results)
        .map(|(r, f)| {
            let mut out = json!({
                "rule": {"id": r.id, "title": r.title, "path": r.path.to_string_lossy()},
                "matched": f.matched.len(),
                "events": all(&f.matched),
            });
            if !f.missed.is_empty() {
                out["missed"] = all(&f.missed);
            }
            out
        })
        .collect()
}

/// The maximum number of events that are shown of a rule.
const MAX_SHOWN: usize = 5;

fn table(args: &Args, loaded: &LoadedRules, results: &[RuleResult]) -> String {
    let mut out = String::new();
    for (rule, f) in loaded.rules.rules.iter().zip(results) {
        if f.matched.is_empty() && f.missed.is_empty() {
            continue;
        }
        let matched = f.matched.len();
        _ = writeln!(out, "{} ({}): {}", rule.title, rule.path.display(), plural(matched, "event"));
        lines(&mut out, "", &f.matched);
        lines(&mut out, "not ", &f.missed);
    }
    let silent: Vec<&str> = loaded
        .rules
        .rules
        .iter()
        .zip(results)
        .filter(|(_, f)| f.matched.is_empty() && f.missed.is_empty())
        .map(|(r, _)| r.title.as_str())
        .collect();
    if !silent.is_empty() && (silent.len() <= 20 || args.must_match) {
        _ = writeln!(out, "Rules without a match: {}", silent.join("; "));
    }
    out
}

fn lines(out: &mut String, not: &str, events: &[Event]) {
    for e in events.iter().take(MAX_SHOWN) {
        _ = writeln!(out, "  {not}{}:{}", e.source, e.position);
        for reason in &e.why {
            _ = writeln!(out, "      {}", reason_text(reason));
        }
    }
    if events.len() > MAX_SHOWN {
        _ = writeln!(out, "  {not}{} more", events.len() - MAX_SHOWN);
    }
}

/// Returns the file with the events of a rule.
fn events_of(rule: &Path) -> PathBuf {
    rule.with_extension("events.ndjson")
}

/// Evaluates rules against the events next to them.
fn check_expectations(args: &Args, loaded: &LoadedRules, problems: &mut ProblemReporter) -> Result<ExitStatus, ExitStatus> {
    // The rules of each file.
    let mut by_file: HashMap<&Path, Vec<usize>> = HashMap::new();
    for (i, r) in loaded.rules.rules.iter().enumerate() {
        by_file.entry(&r.path).or_default().push(i);
    }
    let mut files: Vec<(&Path, PathBuf)> = by_file.keys().map(|p| (*p, events_of(p))).filter(|(_, e)| e.is_file()).collect();
    files.sort();
    if files.is_empty() {
        return Err(ExitStatus::Usage("no NAME.events.ndjson found next to any NAME.yml".into()));
    }
    let without = by_file.len() - files.len();
    let events: Vec<PathBuf> = files.iter().map(|(_, e)| e.clone()).collect();
    let options = ScanOptions { event_key: Some("event"), ..options(args, loaded) };
    let (mut right, mut wrong, mut broken) = (0_u64, Vec::new(), false);
    let totals = scan::run(
        &events,
        &loaded.rules,
        &loaded.matcher,
        options,
        &mut |result| {
            let scanned = match result {
                Ok(s) => s,
                Err(p) => {
                    broken |= p.position == 0;
                    problems.report(&p);
                    return true;
                }
            };
            let expect = scanned.context.as_ref().and_then(|a| a["expect"].as_str()).unwrap_or_default().to_owned();
            let must = match expect.as_str() {
                // `case`: only letter case differs, which matters to a case-sensitive index but not to Sigma.
                "match" => true,
                "case" => args.scan.semantics == scan::Semantics::Sigma,
                "no-match" => false,
                _ => {
                    let name = display_name(&events[scanned.source]);
                    wrong.push(format!("{name}:{}: `expect` must be match, no-match or case", scanned.position));
                    return true;
                }
            };
            let rules = &by_file[files[scanned.source].0];
            let hit = scanned.matches.iter().find(|m| rules.contains(&m.rule));
            if hit.is_some() == must || (expect == "case" && hit.is_some()) {
                right += 1;
            } else {
                let why: Vec<String> = hit.map(|m| m.reasons.iter().map(reason_text).collect()).unwrap_or_default();
                let what = if must { "does not match, but must" } else { "matches, but must not" };
                let because = if why.is_empty() { String::new() } else { format!(" ({})", why.join("; ")) };
                let name = display_name(&events[scanned.source]);
                wrong.push(format!("{name}:{}: {}: {what}{because}", scanned.position, loaded.rules.rules[rules[0]].title));
            }
            true
        },
        &|_| {},
    );
    problems.finish();
    match args.format {
        ReportFormat::Json => {
            print(&format!("{:#}\n", json!({"right": right, "wrong": wrong, "files": files.len(), "without_events": without})))?;
        }
        ReportFormat::Text => {
            let mut out: String = wrong.iter().map(|w| format!("{w}\n")).collect();
            _ = write!(out, "{}: {} as expected, {} not", plural(files.len(), "file"), plural(right, "event"), wrong.len());
            if without > 0 {
                _ = write!(out, "; {} without events", plural(without, "file"));
            }
            describe_rest(&mut out, loaded, totals.unreadable);
            print(&out)?;
        }
    }
    Ok(if wrong.is_empty() && !broken && loaded.failed() == 0 && totals.unreadable == 0 {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}
