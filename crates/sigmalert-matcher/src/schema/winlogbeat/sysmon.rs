//! The pipeline of the Sysmon channel.

use super::{Pipeline, last};
use serde_json::Value;

/// Event id, `event.category`, `event.type`, `event.action`.
const KINDS: [(&str, &str, &str, &str); 26] = [
    ("1", "process", "start", "Process creation"),
    ("2", "file", "change", "File creation time changed"),
    ("3", "network", "start,connection,protocol", "Network connection detected"),
    ("4", "process", "change", "Sysmon service state changed"),
    ("5", "process", "end", "Process terminated"),
    ("6", "driver", "start", "Driver loaded"),
    ("7", "process", "change", "Image loaded"),
    ("8", "process", "change", "CreateRemoteThread detected"),
    ("9", "process", "access", "RawAccessRead detected"),
    ("10", "process", "access", "Process accessed"),
    ("11", "file", "creation", "File created"),
    ("12", "configuration,registry", "change", "Registry object added or deleted"),
    ("13", "configuration,registry", "change", "Registry value set"),
    ("14", "configuration,registry", "change", "Registry object renamed"),
    ("15", "file", "access", "File stream created"),
    ("16", "configuration", "change", "Sysmon config state changed"),
    ("17", "file", "creation", "Pipe Created"),
    ("18", "file", "access", "Pipe Connected"),
    ("22", "network", "connection,protocol,info", "Dns query"),
    ("23", "file", "deletion", "File Delete archived"),
    ("25", "process", "change", "Process Tampering"),
    ("26", "file", "deletion", "File Delete logged"),
    ("27", "file", "creation,denied", "File Block Executable"),
    ("28", "file", "deletion,denied", "File Block Shredding"),
    ("29", "file", "creation", "File Executable Detected"),
    ("255", "", "", "Error report"),
];

/// Names of common DNS status codes, as in the pipeline.
const DNS_STATUS: [(&str, &str); 14] = [
    ("0", "SUCCESS"),
    ("5", "ERROR_ACCESS_DENIED"),
    ("8", "ERROR_NOT_ENOUGH_MEMORY"),
    ("13", "ERROR_INVALID_DATA"),
    ("14", "ERROR_OUTOFMEMORY"),
    ("87", "ERROR_INVALID_PARAMETER"),
    ("123", "ERROR_INVALID_NAME"),
    ("1214", "ERROR_INVALID_NETNAME"),
    ("1460", "ERROR_TIMEOUT"),
    ("4312", "ERROR_OBJECT_NOT_FOUND"),
    ("9002", "DNS_ERROR_RCODE_SERVER_FAILURE"),
    ("9003", "DNS_ERROR_RCODE_NAME_ERROR"),
    ("9501", "DNS_INFO_NO_RECORDS"),
    ("9701", "DNS_ERROR_RECORD_DOES_NOT_EXIST"),
];

const ZERO_GUID: &str = "{00000000-0000-0000-0000-000000000000}";

impl Pipeline<'_> {
    pub(super) fn sysmon(&mut self) {
        let id = self.event.event_id.as_str();
        self.data.retain(|_, v| v.as_str().is_none_or(|t| !t.is_empty() && t != "-" && t != ZERO_GUID));
        if let Some((_, category, kind, action)) = KINDS.iter().find(|(i, ..)| *i == id) {
            self.categorize("sysmon", category, kind, action);
        } else {
            self.document.put("event.module", "sysmon");
        }
        if let Some(time) = self.get("UtcTime").and_then(|t| utc(&t)) {
            self.document.put("@timestamp", time);
            self.take("UtcTime");
        }
        self.document.text("user.id", self.event.user_id.as_deref());
        self.rename("RuleName", "rule.name");
        self.convert("ProcessId", "process.pid");
        self.convert("SourceProcessId", "process.pid");
        self.convert("SourceThreadId", "process.thread.id");
        self.convert("ParentProcessId", "process.parent.pid");
        for name in ["ProcessGuid", "SourceProcessGuid", "SourceProcessGUID"] {
            self.rename(name, "process.entity_id");
        }
        self.rename("ParentProcessGuid", "process.parent.entity_id");
        let image = self.take("Image").or_else(|| self.take("SourceImage"));
        self.process("process", image);
        let parent = self.take("ParentImage");
        self.process("process.parent", parent);
        if let Some(line) = self.take("CommandLine") {
            self.command_line("process", &line);
        }
        if let Some(line) = self.take("ParentCommandLine") {
            self.command_line("process.parent", &line);
        }
        self.rename("CurrentDirectory", "process.working_directory");
        if let Some(user) = self.take("User") {
            self.account(&user);
        }
        self.hashes(id);
        self.binary(id);
        match id {
            "2" | "11" | "15" | "23" | "26" | "27" | "28" | "29" => {
                if let Some(path) = self.take("TargetFilename") {
                    self.file(&path);
                }
            }
            "3" => self.network(),
            "6" | "7" => {
                if let Some(path) = self.take("ImageLoaded") {
                    self.file(&path);
                    if id == "7" {
                        self.document.put("dll.path", path.as_str());
                        self.document.put("dll.name", last(&path));
                    }
                }
                self.copy("Signature", "file.code_signature.subject_name");
                self.copy("SignatureStatus", "file.code_signature.status");
            }
            "9" => {
                if let Some(path) = self.take("Device") {
                    self.file(&path);
                }
            }
            "12" | "13" | "14" => self.registry(),
            "17" | "18" => self.rename("PipeName", "file.name"),
            "20" => {
                let path = self.take("Destination");
                self.process("process", path);
            }
            "22" => self.dns(),
            "25" if self.event.message.is_none() => self.rename("Type", "message"),
            "255" => self.rename("ID", "error.code"),
            _ => {}
        }
        for (name, to) in [("Archived", "sysmon.file.archived"), ("IsExecutable", "sysmon.file.is_executable")] {
            if let Some(v) = self.take(name) {
                self.document.put(to, v.eq_ignore_ascii_case("true"));
            }
        }
    }

    /// Sets a lower-case field for each hash of `MD5=..,SHA256=..`.
    fn hashes(&mut self, id: &str) {
        let Some(text) = self.take("Hashes").or_else(|| self.take("Hash")) else { return };
        let object = match id {
            "1" | "23" | "25" | "26" => "process",
            "6" | "7" | "15" | "29" => "file",
            _ => "",
        };
        for (algorithm, value) in text.split(',').filter_map(|h| h.split_once('=')) {
            let (algorithm, value) = (algorithm.trim().to_lowercase(), value.trim().to_lowercase());
            self.document.add("related.hash", &value);
            match algorithm.as_str() {
                _ if object.is_empty() => {}
                "imphash" => self.document.put(&format!("{object}.pe.imphash"), value),
                _ => self.document.put(&format!("{object}.hash.{algorithm}"), value),
            }
        }
    }

    /// Sets the fields of the version resource of an executable or library.
    fn binary(&mut self, id: &str) {
        let object = match id {
            "1" => "process.pe",
            "7" => "file.pe",
            "255" => {
                self.copy("Description", "process.pe.description");
                return;
            }
            _ => return,
        };
        self.rename("OriginalFileName", &format!("{object}.original_file_name"));
        for (name, to) in [("Company", "company"), ("Description", "description"), ("Product", "product"), ("FileVersion", "file_version")]
        {
            self.copy(name, &format!("{object}.{to}"));
        }
    }

    fn network(&mut self) {
        self.rename("Protocol", "network.transport");
        for (side, to) in [("Source", "source"), ("Destination", "destination")] {
            if let Some(ip) = self.take(&format!("{side}Ip")) {
                self.document.add("related.ip", &ip);
                self.document.put(&format!("{to}.ip"), ip);
            }
            self.convert(&format!("{side}Port"), &format!("{to}.port"));
            self.rename(&format!("{side}Hostname"), &format!("{to}.domain"));
        }
        if let Some(initiated) = self.take("Initiated") {
            self.document.put("network.direction", if initiated.eq_ignore_ascii_case("true") { "egress" } else { "ingress" });
        }
        if let Some(v6) = self.take("SourceIsIpv6") {
            self.document.put("network.type", if v6.eq_ignore_ascii_case("true") { "ipv6" } else { "ipv4" });
        }
        self.take("DestinationIsIpv6");
        for (name, to) in [("SourcePortName", ""), ("DestinationPortName", "network.protocol")] {
            match (self.take(name), to) {
                (Some(v), to) if !to.is_empty() => self.document.put(to, v),
                _ => {}
            }
        }
    }

    fn registry(&mut self) {
        if let Some(path) = self.take("TargetObject") {
            let mut parts = path.split('\\').filter(|p| !p.is_empty());
            if let Some(hive) = parts.next() {
                self.document.put("registry.hive", hive);
            }
            let rest: Vec<&str> = parts.collect();
            if !rest.is_empty() {
                self.document.put("registry.key", rest.join("\\"));
            }
            self.document.put("registry.value", last(&path));
            self.document.put("registry.path", path);
        }
        let Some(details) = self.take("Details") else { return };
        let (kind, value) = registry_data(&details);
        self.document.put("registry.data.type", kind);
        self.document.put("registry.data.strings", Value::Array(vec![value.into()]));
    }

    fn dns(&mut self) {
        self.document.put("network.protocol", "dns");
        self.rename("QueryName", "dns.question.name");
        if let Some(status) = self.take("QueryStatus") {
            let name = DNS_STATUS.iter().find(|(n, _)| *n == status).map_or(status.as_str(), |(_, name)| name);
            self.document.put("sysmon.dns.status", name);
        }
        let Some(results) = self.take("QueryResults") else { return };
        let mut answers = Vec::new();
        for answer in results.split(';').map(str::trim).filter(|a| !a.is_empty()) {
            // `type:  5 name` for results that are not addresses.
            let (kind, data) = match answer.strip_prefix("type:").map(str::trim).and_then(|t| t.split_once(char::is_whitespace)) {
                Some((number, data)) => (record_type(number), data.trim()),
                None => (if answer.contains(':') && !answer.starts_with("::ffff:") { "AAAA" } else { "A" }, answer),
            };
            let data = data.strip_prefix("::ffff:").unwrap_or(data);
            if let Ok(ip) = data.parse::<std::net::IpAddr>() {
                self.document.add("dns.resolved_ip", &ip.to_string());
                self.document.add("related.ip", &ip.to_string());
            }
            answers.push(serde_json::json!({"type": kind, "data": data}));
        }
        if !answers.is_empty() {
            self.document.put("dns.answers", answers);
        }
    }
}

fn record_type(number: &str) -> &'static str {
    match number {
        "1" => "A",
        "2" => "NS",
        "5" => "CNAME",
        "6" => "SOA",
        "12" => "PTR",
        "15" => "MX",
        "16" => "TXT",
        "28" => "AAAA",
        "33" => "SRV",
        _ => "OTHER",
    }
}

/// Converts `2025-11-26 05:11:27.908`, which is in UTC.
fn utc(text: &str) -> Option<String> {
    let b = text.as_bytes();
    let shaped = b.len() >= 19 && b[4] == b'-' && b[7] == b'-' && b[10] == b' ' && b[13] == b':' && b[16] == b':';
    shaped.then(|| format!("{}T{}Z", &text[..10], &text[11..]))
}

/// Returns the type and the text of a registry value.
fn registry_data(details: &str) -> (&'static str, String) {
    let hex = |t: &str| u64::from_str_radix(t.trim().strip_prefix("0x")?, 16).ok();
    if let Some(value) = details.strip_prefix("DWORD (").and_then(|t| t.strip_suffix(')')).and_then(hex) {
        return ("SZ_DWORD", value.to_string());
    }
    if let Some((high, low)) = details.strip_prefix("QWORD (").and_then(|t| t.strip_suffix(')')).and_then(|t| t.split_once('-'))
        && let (Some(h), Some(l)) = (hex(high), hex(low))
    {
        // The pipeline shifts by eight bits, not thirty-two.
        return ("SZ_QWORD", (h << 8).wrapping_add(l).to_string());
    }
    if details == "Binary Data" { ("REG_BINARY", details.to_owned()) } else { ("REG_SZ", details.to_owned()) }
}
