//! A match as `sigmalert scan` tells it.

use super::scan::Format;
use crate::scan::{HuntRule, RenderedMatch, ScannedEvent};
use serde_json::{Value, json};
use sigmalert_matcher::Picker;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Where events have their time, but for the field that the mapping or the rule names.
const TIMES: [&str; 4] = ["@timestamp", "TimeCreated", "UtcTime", "timestamp"];

/// What tells an analyst most of an event, whatever schema it has.
const DETAILS: [&[&str]; 4] = [
    &["winlog.computer_name", "Computer", "data.win.system.computer", "host.name"],
    &["user.name", "User", "data.win.eventdata.user", "SubjectUserName", "winlog.event_data.SubjectUserName"],
    &["process.executable", "Image", "data.win.eventdata.image", "NewProcessName", "ServiceName"],
    &[
        "process.command_line",
        "CommandLine",
        "data.win.eventdata.commandLine",
        "registry.path",
        "TargetObject",
        "data.win.eventdata.targetObject",
        "file.path",
        "TargetFilename",
        "data.win.eventdata.targetFilename",
        "ScriptBlockText",
        "powershell.file.script_block_text",
        "message",
    ],
];

/// How much of a detail a line has.
const MAX_DETAIL: usize = 200;

/// Makes the lines of matches.
pub(super) struct MatchRenderer<'r> {
    format: Format,
    rules: &'r [HuntRule],
    /// The rules as JSON, for [`Format::Ndjson`].
    json: Vec<String>,
    /// The fields of time that rules name, each once, then [`TIMES`], then what [`DETAILS`] names.
    picker: Picker,
    /// For each rule the place of its field of time.
    times: Vec<usize>,
    named: usize,
}

impl<'r> MatchRenderer<'r> {
    pub fn new(format: Format, rules: &'r [HuntRule]) -> Self {
        let mut names: Vec<&str> = Vec::new();
        let times = rules
            .iter()
            .map(|r| {
                names.iter().position(|n| *n == r.timestamp).unwrap_or_else(|| {
                    names.push(&r.timestamp);
                    names.len() - 1
                })
            })
            .collect();
        let named = names.len();
        names.extend(TIMES);
        let mut json = Vec::new();
        if format == Format::Ndjson {
            json.extend(rules.iter().map(|r| {
                json!({"id": r.id, "title": r.title, "level": r.level, "tags": r.tags, "path": r.path.to_string_lossy()}).to_string()
            }));
        } else {
            names.extend(DETAILS.iter().copied().flatten());
        }
        Self { format, rules, json, picker: Picker::new(names), times, named }
    }

    /// The lines of an event's matches.
    pub fn tell(&self, seen: &ScannedEvent, source: &str, event: &[u8]) -> RenderedMatch {
        let picked = self.picker.pick(event);
        let first = |from: usize, count: usize| (from..from + count).find_map(|at| self.picker.get(&picked, at));
        let otherwise = first(self.named, TIMES.len());
        let time = |rule: usize| self.picker.get(&picked, self.times[rule]).or(otherwise).unwrap_or("-");
        let lines = |line: &dyn Fn(usize) -> String| seen.hits.iter().map(|h| (time(h.rule).to_owned(), line(h.rule))).collect();
        if self.format == Format::Ndjson {
            let source = Value::from(source).to_string();
            let line = |rule: usize| {
                let time = Value::from(time(rule)).to_string();
                format!("{{\"rule\":{},\"source\":{source},\"position\":{},\"time\":{time},\"event\":", self.json[rule], seen.position)
            };
            return RenderedMatch { lines: lines(&line), tail: one_line(event) + "}" };
        }
        let mut tail = format!("  [{source}:{}]", seen.position);
        let mut at = self.named + TIMES.len();
        for names in DETAILS {
            if let Some(text) = first(at, names.len()) {
                let short: String = text.chars().take(MAX_DETAIL).collect();
                _ = write!(tail, "  {}", super::hunting::plain(&short));
            }
            at += names.len();
        }
        let line = |rule: usize| {
            let r = &self.rules[rule];
            format!("{}  {:<13}  {}", time(rule), r.level.unwrap_or("-"), r.title)
        };
        RenderedMatch { lines: lines(&line), tail }
    }
}

/// JSON on one line: line breaks in it stand between its parts.
fn one_line(event: &[u8]) -> String {
    let text = std::str::from_utf8(event).map_or_else(|_| String::from_utf8_lossy(event), Cow::Borrowed);
    if memchr::memchr2(b'\n', b'\r', event).is_some() { text.replace(['\n', '\r'], " ") } else { text.into_owned() }
}
