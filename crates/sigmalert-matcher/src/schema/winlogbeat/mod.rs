//! Windows events as Winlogbeat 8 indexes them, after its ingest pipelines.
//!
//! Sources: `winlogbeat/sys/winevent` (the event before the pipelines) and `x-pack/winlogbeat/module/*/ingest` (what the
//! pipelines move, copy, convert and delete). Only four channels have a pipeline; all others keep their raw names.

mod powershell;
mod security;
mod sysmon;

use super::document::Document;
use super::windows_event::{WindowsEvent, braced, is_guid};
use serde_json::{Map, Value};

/// Audit bits of `Keywords` with their rendered names.
const KEYWORDS: [(u64, &str); 2] = [(0x0020_0000_0000_0000, "Audit Success"), (0x0010_0000_0000_0000, "Audit Failure")];

/// An event in a pipeline: the document, and the rest of `winlog.event_data`.
struct Pipeline<'e> {
    event: &'e WindowsEvent,
    document: Document,
    data: Map<String, Value>,
}

/// Returns the document of an event.
pub(super) fn document(e: &WindowsEvent) -> Value {
    let mut p = Pipeline { event: e, document: Document::default(), data: Map::new() };
    p.common();
    match (e.channel.as_str(), e.provider.as_str()) {
        ("Microsoft-Windows-Sysmon/Operational", _) => p.sysmon(),
        ("Security", "Microsoft-Windows-Security-Auditing" | "Microsoft-Windows-Eventlog") => p.security(),
        ("Microsoft-Windows-PowerShell/Operational", _) => p.powershell_operational(),
        ("Windows PowerShell", _) => p.windows_powershell(),
        _ => {}
    }
    for (name, value) in std::mem::take(&mut p.data) {
        p.document.put_in("winlog.event_data", &name, value);
    }
    p.document.finish()
}

impl Pipeline<'_> {
    /// Sets the fields that Winlogbeat writes for every event.
    fn common(&mut self) {
        let e = self.event;
        let d = &mut self.document;
        d.put("@timestamp", e.time.as_str());
        d.text("event.created", Some(&e.time));
        d.put("event.kind", "event");
        d.text("event.code", Some(&e.event_id));
        d.text("event.provider", Some(&e.provider));
        d.text("host.name", Some(&e.computer));
        d.text("message", e.message.as_deref());
        let level = match e.level.as_deref() {
            Some("1") => "critical",
            Some("2") => "error",
            Some("3") => "warning",
            Some("5") => "verbose",
            _ => "information",
        };
        d.put("log.level", level);
        d.text("winlog.channel", Some(&e.channel));
        d.text("winlog.computer_name", Some(&e.computer));
        d.text("winlog.event_id", Some(&e.event_id));
        d.text("winlog.provider_name", Some(&e.provider));
        d.text("winlog.provider_guid", e.provider_guid.as_deref());
        d.text("winlog.record_id", e.record_id.as_deref());
        d.number("winlog.version", e.version.as_deref());
        d.number("winlog.process.pid", e.process_id.as_deref());
        d.number("winlog.process.thread.id", e.thread_id.as_deref());
        d.text("winlog.activity_id", e.activity_id.as_deref());
        d.text("winlog.user.identifier", e.user_id.as_deref());
        let bits = e.keywords.as_deref().and_then(|k| u64::from_str_radix(k.trim_start_matches("0x"), 16).ok()).unwrap_or(0);
        for (bit, name) in KEYWORDS {
            if bits & bit != 0 {
                d.add("winlog.keywords", name);
            }
        }
        let mut position = 0;
        for (name, value) in &e.data {
            let name = match name {
                Some(n) => n.clone(),
                // Unnamed values are numbered from 1.
                None => {
                    position += 1;
                    format!("param{position}")
                }
            };
            if !value.is_empty() {
                let value = if is_guid(value) { braced(value) } else { value.replace("\r\n", "\n") };
                self.data.insert(name, value.into());
            }
        }
        if let Some((element, values)) = &e.user_data {
            self.document.put_in("winlog.user_data", "xml_name", element.as_str());
            for (name, value) in values.iter().filter(|(_, v)| !v.is_empty()) {
                self.document.put_in("winlog.user_data", name, value.as_str());
            }
        }
    }

    /// Returns a value that no step has removed.
    fn get(&self, name: &str) -> Option<String> {
        self.data.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    /// Removes a value.
    fn take(&mut self, name: &str) -> Option<String> {
        match self.data.shift_remove(name) {
            Some(Value::String(s)) => Some(s),
            _ => None,
        }
    }

    /// Moves a value.
    fn rename(&mut self, from: &str, to: &str) {
        if let Some(v) = self.take(from) {
            self.document.put(to, v);
        }
    }

    /// Copies a value.
    fn copy(&mut self, from: &str, to: &str) {
        if let Some(v) = self.get(from) {
            self.document.put(to, v);
        }
    }

    /// Moves a value and converts it to a number.
    fn convert(&mut self, from: &str, to: &str) {
        let value = self.take(from);
        self.document.number(to, value.as_deref());
    }

    /// Sets the ECS categorization fields.
    fn categorize(&mut self, module: &str, category: &str, kind: &str, action: &str) {
        self.document.put("event.module", module);
        for (name, value) in [("event.category", category), ("event.type", kind)] {
            value.split(',').filter(|v| !v.is_empty()).for_each(|v| self.document.add(name, v));
        }
        self.document.text("event.action", Some(action));
    }

    /// Sets the path and the name of an executable.
    fn process(&mut self, object: &str, path: Option<String>) {
        if let Some(path) = path.filter(|p| !p.is_empty() && p != "-") {
            self.document.put(&format!("{object}.name"), last(&path));
            self.document.put(&format!("{object}.executable"), path);
        }
    }

    /// Sets a command line and its arguments.
    fn command_line(&mut self, object: &str, line: &str) {
        let args = arguments(line);
        if !args.is_empty() {
            self.document.put(&format!("{object}.args_count"), args.len());
            self.document.put(&format!("{object}.args"), args);
        }
        self.document.put(&format!("{object}.command_line"), line);
    }

    /// Sets the path of a file and its parts.
    fn file(&mut self, path: &str) {
        let name = last(path);
        self.document.put("file.path", path);
        self.document.put("file.name", name);
        if let Some((folder, _)) = path.rsplit_once('\\') {
            self.document.put("file.directory", folder);
        }
        if let Some((_, extension)) = name.rsplit_once('.').filter(|(_, e)| !e.is_empty()) {
            self.document.put("file.extension", extension);
        }
    }

    /// Sets domain and name of `DOMAIN\name`. Ignores anything else.
    fn account(&mut self, account: &str) {
        let parts: Vec<&str> = account.split('\\').collect();
        if let [domain, name] = parts.as_slice() {
            self.document.put("user.domain", *domain);
            self.document.put("user.name", *name);
            self.document.add("related.user", name);
        }
    }
}

/// Returns the text after the last backslash.
fn last(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or(path)
}

/// Splits a command line at whitespace outside of quotation marks, which are kept.
fn arguments(line: &str) -> Vec<String> {
    let (mut out, mut current, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                current.push(c);
            }
            c if c.is_whitespace() && !quoted => {
                if !current.is_empty() {
                    out.push(std::mem::take(&mut current));
                }
            }
            c => current.push(c),
        }
    }
    if !current.is_empty() {
        out.push(current);
    }
    out
}
