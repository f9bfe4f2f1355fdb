//! `sigmalert test`

use super::hunting::{FORMATS, Format, Hunting, Loaded, Problems, reason_json, reason_text};
use super::{ExitStatus, one_of, print};
use crate::scan::{self, ScanOptions, ScannedEvent, shown};
use serde_json::{Value, json};
use sigmalert_matcher::Reason;
use sigmalert_matcher::events::source;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Test rules on events: which rule matched which event, and why
///
/// Exit status: 0 when all is as expected; 1 when it is not, a rule cannot run, or some file or event could not be read; 2
/// when the command makes no sense.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  sigmalert test rule.yml --events Security.evtx
  sigmalert test -m winlogbeat rules --events events.ndjson.gz --format json
  sigmalert test -m winlogbeat rules --expect        events beside each rule say whether it must match
  sigmalert test rule.yml --events sysmon.evtx --why-not")]
pub struct Args {
    /// Sigma rules, or ElastAlert's rule files; files or folders
    #[arg(required = true, value_name = "RULE")]
    rules: Vec<PathBuf>,

    /// Events: NDJSON, JSON or EVTX, plain or packed by gzip or zstd; files, folders or `-`
    #[arg(short, long, value_name = "FILE", num_args = 1.., required_unless_present = "expect")]
    events: Vec<PathBuf>,

    #[command(flatten)]
    hunting: Hunting,

    /// Take events from `NAME.events.ndjson` beside each `NAME.yml`, with what is expected of each: `{\"expect\":
    /// \"match\"|\"no-match\", \"event\": …}`
    #[arg(long, conflicts_with = "events")]
    expect: bool,

    /// Fail when a rule matched no event
    #[arg(long, conflicts_with = "expect")]
    must_match: bool,

    /// For events that a rule did not match: the first test that failed. For few rules and events
    #[arg(long)]
    why_not: bool,

    /// Output
    #[arg(long, value_name = "FORMAT", value_parser = one_of(FORMATS), default_value = "table")]
    format: Format,
}

/// What was seen of one rule.
#[derive(Default)]
struct RuleResult {
    events: Vec<Event>,
    missed: Vec<Event>,
}

/// An event that a rule matched, or did not, and why.
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
    let loaded = args.hunting.load(&args.rules, |_| true)?;
    loaded.tell_failures();
    let mut problems = Problems::default();
    if args.expect {
        return expected(args, &loaded, &mut problems);
    }
    let (files, unreadable) = source::discover(&args.events);
    unreadable.iter().for_each(|p| problems.tell(p));
    let mut found: Vec<RuleResult> = std::iter::repeat_with(RuleResult::default).take(loaded.rules.rules.len()).collect();
    let asked = asked(args, &loaded);
    let mut broken = !unreadable.is_empty();
    let totals = scan::run(
        &files,
        &loaded.rules,
        &loaded.matcher,
        asked,
        &mut |told| {
            match told {
                Ok(seen) => note(&mut found, &shown(&files[seen.source]), seen),
                Err(p) => {
                    broken |= p.position == 0;
                    problems.tell(&p);
                }
            }
            true
        },
        &|_| {},
    );
    problems.finish();
    match args.format {
        Format::Json => print(&format!("{:#}\n", report(&loaded, &found)))?,
        Format::Table => print(&table(args, &loaded, &found))?,
    }
    let matched = found.iter().filter(|f| !f.events.is_empty()).count();
    if args.format == Format::Table {
        let mut text = format!("{} events, {} rules: {matched} matched", totals.documents, found.len());
        describe_rest(&mut text, &loaded, totals.unreadable);
        print(&text)?;
    }
    let unmatched = args.must_match && matched < found.len();
    let nothing = totals.documents == 0;
    if nothing {
        return Err(ExitStatus::Usage("no event could be read".into()));
    }
    let unread = broken || totals.unreadable > 0;
    Ok(if unread || loaded.failed() > 0 || unmatched { ExitStatus::Failure } else { ExitStatus::Success })
}

fn describe_rest(text: &mut String, loaded: &Loaded, unreadable: u64) {
    if loaded.failed() > 0 {
        _ = write!(text, ", {} cannot run", loaded.failed());
    }
    if !loaded.rules.counting.is_empty() {
        _ = write!(text, ", {} count events and were not tried", loaded.rules.counting.len());
    }
    if unreadable > 0 {
        _ = write!(text, "; {unreadable} documents could not be read");
    }
    text.push('\n');
}

fn asked<'a>(args: &Args, loaded: &Loaded) -> ScanOptions<'a> {
    ScanOptions {
        event_schema: loaded.event_schema,
        inside: None,
        why: true,
        why_not: args.why_not,
        render: None,
        threads: args.hunting.threads(),
    }
}

fn note(found: &mut [RuleResult], source: &str, seen: ScannedEvent) {
    let event = |why: Vec<Reason>| Event { source: source.to_owned(), position: seen.position, why };
    for h in seen.hits {
        found[h.rule].events.push(event(h.why));
    }
    for m in seen.misses {
        found[m.rule].missed.push(event(m.why));
    }
}

fn report(loaded: &Loaded, found: &[RuleResult]) -> Value {
    let all = |events: &[Event]| events.iter().map(Event::to_json).collect::<Value>();
    loaded
        .rules
        .rules
        .iter()
        .zip(found)
        .map(|(r, f)| {
            let mut out = json!({
                "rule": {"id": r.id, "title": r.title, "path": r.path.to_string_lossy()},
                "matched": f.events.len(),
                "events": all(&f.events),
            });
            if !f.missed.is_empty() {
                out["missed"] = all(&f.missed);
            }
            out
        })
        .collect()
}

/// How many events of a rule are shown.
const MAX_SHOWN: usize = 5;

fn table(args: &Args, loaded: &Loaded, found: &[RuleResult]) -> String {
    let mut out = String::new();
    for (rule, f) in loaded.rules.rules.iter().zip(found) {
        if f.events.is_empty() && f.missed.is_empty() {
            continue;
        }
        let matched = f.events.len();
        _ = writeln!(out, "{} ({}): {matched} event{}", rule.title, rule.path.display(), if matched == 1 { "" } else { "s" });
        lines(&mut out, "", &f.events);
        lines(&mut out, "not ", &f.missed);
    }
    let silent: Vec<&str> = loaded
        .rules
        .rules
        .iter()
        .zip(found)
        .filter(|(_, f)| f.events.is_empty() && f.missed.is_empty())
        .map(|(r, _)| r.title.as_str())
        .collect();
    if !silent.is_empty() && (silent.len() <= 20 || args.must_match) {
        _ = writeln!(out, "Without a match: {}", silent.join("; "));
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

/// The events that lie beside a rule.
fn beside(rule: &Path) -> PathBuf {
    rule.with_extension("events.ndjson")
}

/// Rules on the events beside them.
fn expected(args: &Args, loaded: &Loaded, problems: &mut Problems) -> Result<ExitStatus, ExitStatus> {
    // The rules of each file, and whether there are events for them.
    let mut by_file: HashMap<&Path, Vec<usize>> = HashMap::new();
    for (i, r) in loaded.rules.rules.iter().enumerate() {
        by_file.entry(&r.path).or_default().push(i);
    }
    let mut files: Vec<(&Path, PathBuf)> = by_file.keys().map(|p| (*p, beside(p))).filter(|(_, e)| e.is_file()).collect();
    files.sort();
    if files.is_empty() {
        return Err(ExitStatus::Usage("there is no NAME.events.ndjson beside any NAME.yml".into()));
    }
    let without = by_file.len() - files.len();
    let events: Vec<PathBuf> = files.iter().map(|(_, e)| e.clone()).collect();
    let asked = ScanOptions { inside: Some("event"), ..asked(args, loaded) };
    let (mut right, mut wrong, mut broken) = (0, Vec::new(), false);
    let totals = scan::run(
        &events,
        &loaded.rules,
        &loaded.matcher,
        asked,
        &mut |told| {
            let seen = match told {
                Ok(s) => s,
                Err(p) => {
                    broken |= p.position == 0;
                    problems.tell(&p);
                    return true;
                }
            };
            let expect = seen.around.as_ref().and_then(|a| a["expect"].as_str()).unwrap_or_default().to_owned();
            let must = match expect.as_str() {
                // `case`: letter case differs, which an index may mind and Sigma does not.
                "match" => true,
                "case" => args.hunting.semantics == scan::Semantics::Sigma,
                "no-match" => false,
                _ => {
                    let name = shown(&events[seen.source]);
                    wrong.push(format!("{name}:{}: `expect` is none of match, no-match and case", seen.position));
                    return true;
                }
            };
            let rules = &by_file[files[seen.source].0];
            let hit = seen.hits.iter().find(|h| rules.contains(&h.rule));
            if hit.is_some() == must || (expect == "case" && hit.is_some()) {
                right += 1;
            } else {
                let why: Vec<String> = hit.map(|h| h.why.iter().map(reason_text).collect()).unwrap_or_default();
                let what = if must { "does not match, and must" } else { "matches, and must not" };
                let because = if why.is_empty() { String::new() } else { format!(" ({})", why.join("; ")) };
                let name = shown(&events[seen.source]);
                wrong.push(format!("{name}:{}: {}: {what}{because}", seen.position, loaded.rules.rules[rules[0]].title));
            }
            true
        },
        &|_| {},
    );
    problems.finish();
    match args.format {
        Format::Json => {
            print(&format!("{:#}\n", json!({"right": right, "wrong": wrong, "files": files.len(), "without_events": without})))?;
        }
        Format::Table => {
            let mut out: String = wrong.iter().map(|w| format!("{w}\n")).collect();
            _ = write!(out, "{} files: {right} events as expected, {} not", files.len(), wrong.len());
            if without > 0 {
                _ = write!(out, "; {without} files have no events");
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
