//! The pipelines of the two PowerShell channels.

use super::Pipeline;
use serde_json::json;

/// Names in `ContextInfo` and in classic events, with their target fields.
const DETAILS: [(&str, &str); 17] = [
    ("Host Application", "command_line"),
    ("HostApplication", "command_line"),
    ("Host Name", "process.title"),
    ("HostName", "process.title"),
    ("HostId", "process.entity_id"),
    ("Host ID", "process.entity_id"),
    ("HostVersion", "powershell.process.executable_version"),
    ("Host Version", "powershell.process.executable_version"),
    ("EngineVersion", "powershell.engine.version"),
    ("Engine Version", "powershell.engine.version"),
    ("RunspaceId", "powershell.runspace_id"),
    ("Runspace ID", "powershell.runspace_id"),
    ("PipelineId", "powershell.pipeline_id"),
    ("Pipeline ID", "powershell.pipeline_id"),
    ("Command Name", "powershell.command.name"),
    ("Command Type", "powershell.command.type"),
    ("Command Path", "powershell.command.path"),
];

impl Pipeline<'_> {
    pub(super) fn powershell_operational(&mut self) {
        self.categorize("powershell", "process", "info", "");
        match self.event.event_id.as_str() {
            "4104" => {
                self.rename("ScriptBlockText", "powershell.file.script_block_text");
                self.rename("ScriptBlockId", "powershell.file.script_block_id");
                self.convert("MessageNumber", "powershell.sequence");
                self.convert("MessageTotal", "powershell.total");
                if let Some(path) = self.take("Path") {
                    self.file(&path);
                }
            }
            "4103" => {
                if let Some(payload) = self.take("Payload") {
                    let details: Vec<_> = payload.lines().filter_map(invocation).collect();
                    if !details.is_empty() {
                        self.document.put("powershell.command.invocation_details", details);
                    }
                }
                if let Some(context) = self.take("ContextInfo") {
                    self.details(&context);
                }
            }
            "4105" | "4106" => {
                self.rename("ScriptBlockId", "powershell.file.script_block_id");
                self.rename("RunspaceId", "powershell.runspace_id");
            }
            _ => {}
        }
    }

    pub(super) fn windows_powershell(&mut self) {
        self.categorize("powershell", "process", "info", "");
        // The last of the three unnamed values contains the details.
        let values: Vec<String> = ["param1", "param2", "param3"].iter().filter_map(|n| self.take(n)).collect();
        if let Some(details) = values.last() {
            self.details(details);
        }
        match self.event.event_id.as_str() {
            "600" => {
                if let Some(name) = values.first() {
                    self.document.put("powershell.provider.name", name.as_str());
                }
                self.document.text("powershell.provider.new_state", values.get(1).map(String::as_str));
            }
            "400" | "403" => {
                self.document.text("powershell.engine.new_state", values.first().map(String::as_str));
                self.document.text("powershell.engine.previous_state", values.get(1).map(String::as_str));
            }
            "800" => self.document.text("powershell.command.value", values.first().map(String::as_str)),
            _ => {}
        }
    }

    /// Sets the fields of lines of the form `name=value` or `name = value`.
    fn details(&mut self, text: &str) {
        for (name, value) in text.lines().filter_map(|l| l.split_once('=')) {
            let (name, value) = (name.trim(), value.trim());
            if value.is_empty() {
                continue;
            }
            match name {
                "User" => self.account(value),
                "Script Name" | "ScriptName" => self.file(value),
                "CommandLine" => self.document.put("powershell.command.value", value),
                "NewEngineState" => self.document.put("powershell.engine.new_state", value),
                "PreviousEngineState" => self.document.put("powershell.engine.previous_state", value),
                "ProviderName" => self.document.put("powershell.provider.name", value),
                _ => match DETAILS.iter().find(|(n, _)| *n == name) {
                    Some((_, "command_line")) => self.command_line("process", value),
                    Some((_, to)) => self.document.put(to, value),
                    None => {}
                },
            }
        }
    }
}

/// Parses `CommandInvocation(Out-Null): "Out-Null"` and `ParameterBinding(Out-Null): name="InputObject"; value="..."`.
fn invocation(line: &str) -> Option<serde_json::Value> {
    let (head, rest) = line.trim().split_once("): ")?;
    let (kind, command) = head.split_once('(')?;
    let unquoted = |t: &str| t.trim().trim_matches('"').to_owned();
    Some(match rest.strip_prefix("name=").and_then(|r| r.split_once("; value=")) {
        Some((name, value)) => json!({"type": kind, "related_command": command, "name": unquoted(name), "value": unquoted(value)}),
        None => json!({"type": kind, "related_command": command, "value": unquoted(rest)}),
    })
}
