//! Renders the matches of `sigmalert scan`.

use super::reasons::escape_control;
use crate::scan::{RenderedMatch, ScanRule, ScannedEvent};
use serde_json::{Value, json};
use sigmalert_matcher::Picker;
use sigmalert_matcher::events::{EventDocument, TIME_FIELDS};
use std::fmt::Write as _;

/// The format of matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum MatchFormat {
    /// One line per match
    #[value(alias = "table")]
    Text,
    /// One JSON object per match, with the event
    Ndjson,
    /// One line per match, sorted by the time of the event
    Timeline,
}

/// The fields that identify an event to an analyst, in any schema.
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

/// The maximum length of a detail in characters.
const MAX_DETAIL: usize = 200;

/// Renders matches.
pub(super) struct MatchRenderer<'r> {
    format: MatchFormat,
    rules: &'r [ScanRule],
    /// The rules as JSON, for [`MatchFormat::Ndjson`].
    json: Vec<String>,
    /// The distinct timestamp fields of the rules, then [`TIME_FIELDS`], then [`DETAILS`].
    picker: Picker,
    /// For each rule the index of its timestamp field.
    timestamps: Vec<usize>,
    timestamp_fields: usize,
}

impl<'r> MatchRenderer<'r> {
    pub fn new(format: MatchFormat, rules: &'r [ScanRule]) -> Self {
        let mut names: Vec<&str> = Vec::new();
        let timestamps = rules
            .iter()
            .map(|r| {
                names.iter().position(|n| *n == r.timestamp).unwrap_or_else(|| {
                    names.push(&r.timestamp);
                    names.len() - 1
                })
            })
            .collect();
        let timestamp_fields = names.len();
        names.extend(TIME_FIELDS);
        let mut json = Vec::new();
        if format == MatchFormat::Ndjson {
            json.extend(rules.iter().map(|r| {
                json!({"id": r.id, "title": r.title, "level": r.level, "tags": r.tags, "path": r.path.to_string_lossy()}).to_string()
            }));
        } else {
            names.extend(DETAILS.iter().copied().flatten());
        }
        Self { format, rules, json, picker: Picker::new(names), timestamps, timestamp_fields }
    }

    /// Renders the matches of an event.
    pub fn render(&self, scanned: &ScannedEvent, source: &str, event: &EventDocument<'_>) -> RenderedMatch {
        let picked = event.pick(&self.picker);
        let first = |from: usize, count: usize| (from..from + count).find_map(|at| self.picker.get(&picked, at));
        let otherwise = first(self.timestamp_fields, TIME_FIELDS.len());
        let time = |rule: usize| self.picker.get(&picked, self.timestamps[rule]).or(otherwise).unwrap_or("-");
        let lines = |line: &dyn Fn(usize) -> String| scanned.matches.iter().map(|m| (time(m.rule).to_owned(), line(m.rule))).collect();
        if self.format == MatchFormat::Ndjson {
            let source = Value::from(source).to_string();
            let line = |rule: usize| {
                let time = Value::from(time(rule)).to_string();
                format!("{{\"rule\":{},\"source\":{source},\"position\":{},\"time\":{time},\"event\":", self.json[rule], scanned.position)
            };
            return RenderedMatch { lines: lines(&line), tail: one_line(&event.to_json()) + "}" };
        }
        let mut tail = format!("  [{source}:{}]", scanned.position);
        let mut at = self.timestamp_fields + TIME_FIELDS.len();
        for names in DETAILS {
            if let Some(text) = first(at, names.len()) {
                let short: String = text.chars().take(MAX_DETAIL).collect();
                _ = write!(tail, "  {}", escape_control(&short));
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

/// Returns JSON on one line. Line breaks in valid JSON are whitespace.
fn one_line(event: &[u8]) -> String {
    let text = String::from_utf8_lossy(event);
    if memchr::memchr2(b'\n', b'\r', event).is_some() { text.replace(['\n', '\r'], " ") } else { text.into_owned() }
}
