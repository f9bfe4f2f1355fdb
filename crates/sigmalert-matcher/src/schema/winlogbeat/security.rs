//! The pipeline of the Security channel.

use super::Pipeline;
use crate::schema::document::whole;
use serde_json::Value;

/// Events whose `ProcessName` is moved. In 4656, 4657, 4658, 4661 and 4663 it is kept.
const WITH_PROCESS: [&str; 20] = [
    "4610", "4611", "4624", "4625", "4648", "4670", "4673", "4674", "4688", "4689", "4697", "4703", "4798", "4799", "4904", "4905", "4907",
    "4909", "4912", "4985",
];
/// Events whose address and port are moved.
const WITH_ADDRESS: [&str; 14] =
    ["4624", "4625", "4648", "4649", "4768", "4769", "4770", "4771", "4772", "4773", "5140", "5142", "5144", "5145"];
/// Events whose user is the target account.
const ABOUT_TARGET: [&str; 16] =
    ["4624", "4625", "4634", "4647", "4675", "4768", "4769", "4770", "4771", "4772", "4773", "4776", "4778", "4779", "4800", "4801"];
/// Events whose list of privileges becomes an array.
const WITH_PRIVILEGES: [&str; 6] = ["4672", "4673", "4674", "4741", "4742", "4743"];

/// Event id, `event.category`, `event.type`, `event.action`.
const KINDS: [(&str, &str, &str, &str); 34] = [
    ("1102", "iam", "admin,change", "audit-log-cleared"),
    ("4624", "authentication", "start", "logged-in"),
    ("4625", "authentication", "start", "logon-failed"),
    ("4634", "authentication", "end", "logged-out"),
    ("4647", "authentication", "end", "logged-out"),
    ("4648", "authentication", "start", "logged-in-explicit"),
    ("4657", "configuration", "change", "registry-value-modified"),
    ("4670", "iam,configuration", "admin,change", "permissions-changed"),
    ("4672", "iam", "admin", "logged-in-special"),
    ("4673", "iam", "admin", "privileged-service-called"),
    ("4674", "iam", "admin", "privileged-operation"),
    ("4688", "process", "start", "created-process"),
    ("4689", "process", "end", "exited-process"),
    ("4697", "iam,configuration", "admin,change", "service-installed"),
    ("4698", "iam,configuration", "creation,admin", "scheduled-task-created"),
    ("4699", "iam,configuration", "deletion,admin", "scheduled-task-deleted"),
    ("4700", "iam,configuration", "change,admin", "scheduled-task-enabled"),
    ("4701", "iam,configuration", "change,admin", "scheduled-task-disabled"),
    ("4702", "iam,configuration", "change,admin", "scheduled-task-updated"),
    ("4719", "iam,configuration", "admin,change", "changed-audit-config"),
    ("4720", "iam", "user,creation", "added-user-account"),
    ("4722", "iam", "user,change", "enabled-user-account"),
    ("4724", "iam", "user,change", "reset-password"),
    ("4725", "iam", "user,deletion", "disabled-user-account"),
    ("4726", "iam", "user,deletion", "deleted-user-account"),
    ("4728", "iam", "group,change", "added-member-to-group"),
    ("4732", "iam", "group,change", "added-member-to-group"),
    ("4738", "iam", "user,change", "modified-user-account"),
    ("4740", "iam", "user,change", "locked-out-user-account"),
    ("4768", "authentication", "start", "kerberos-authentication-ticket-requested"),
    ("4769", "authentication", "start", "kerberos-service-ticket-requested"),
    ("4771", "authentication", "start", "kerberos-preauth-failed"),
    ("4776", "authentication", "start", "credential-validated"),
    ("5145", "network,file", "info,access", "network-share-object-access-checked"),
];

const LOGON_TYPES: [(&str, &str); 10] = [
    ("2", "Interactive"),
    ("3", "Network"),
    ("4", "Batch"),
    ("5", "Service"),
    ("7", "Unlock"),
    ("8", "NetworkCleartext"),
    ("9", "NewCredentials"),
    ("10", "RemoteInteractive"),
    ("11", "CachedInteractive"),
    ("0", "System"),
];

impl Pipeline<'_> {
    pub(super) fn security(&mut self) {
        let id = self.event.event_id.as_str();
        match KINDS.iter().find(|(i, ..)| *i == id) {
            Some((_, category, kind, action)) => self.categorize("security", category, kind, action),
            None => self.document.put("event.module", "security"),
        }
        let failed = self.event.keywords.as_deref().is_some_and(|k| k.contains("8010"));
        self.document.put("event.outcome", if failed { "failure" } else { "success" });
        self.accounts(id);
        if id == "4688" {
            self.created_process();
        } else if WITH_PROCESS.contains(&id) {
            let path = self.take("ProcessName");
            self.process("process", path);
            let pid = self.get("ProcessId");
            if let Some(pid) = pid.as_deref().and_then(whole) {
                self.document.put("process.pid", pid);
            }
        }
        if WITH_ADDRESS.contains(&id) {
            self.addresses();
        }
        if matches!(id, "4778" | "4779")
            && let Some(address) = self.get("ClientAddress")
        {
            self.document.put("source.ip", if address == "LOCAL" { "127.0.0.1".to_owned() } else { address });
        }
        if let Some(kind) = self.get("LogonType").and_then(|t| LOGON_TYPES.iter().find(|(n, _)| *n == t)) {
            self.document.put("winlog.logon.type", kind.1);
        }
        self.copy("ServiceName", "service.name");
        if matches!(id, "5140" | "5145") {
            self.copy("RelativeTargetName", "file.name");
        }
        if WITH_PRIVILEGES.contains(&id) {
            self.list("PrivilegeList");
        }
        // Message codes lose their `%%`.
        for name in ["AccessList", "AccessMask"] {
            self.list(name);
        }
    }

    /// Converts a text to an array of its words.
    fn list(&mut self, name: &str) {
        if let Some(text) = self.get(name) {
            let words: Vec<Value> = text.split_whitespace().map(|w| w.trim_start_matches("%%").into()).collect();
            if !words.is_empty() {
                self.data.insert(name.to_owned(), Value::Array(words));
            }
        }
    }

    fn accounts(&mut self, id: &str) {
        let main = if ABOUT_TARGET.contains(&id) { "Target" } else { "Subject" };
        for (suffix, to) in [("UserSid", "user.id"), ("UserName", "user.name"), ("DomainName", "user.domain")] {
            if let Some(v) = self.get(&format!("{main}{suffix}")).filter(|v| v != "-") {
                self.document.put(to, v);
            }
        }
        for side in ["Subject", "Target"] {
            if let Some(name) = self.get(&format!("{side}UserName")).filter(|v| v != "-") {
                self.document.add("related.user", &name);
            }
        }
        let logon = self.get(&format!("{main}LogonId"));
        self.document.text("winlog.logon.id", logon.as_deref());
    }

    fn created_process(&mut self) {
        let path = self.take("NewProcessName");
        self.process("process", path);
        let parent = self.take("ParentProcessName");
        self.process("process.parent", parent);
        let pid = self.take("NewProcessId");
        self.document.number("process.pid", pid.as_deref());
        let parent = self.get("ProcessId");
        self.document.number("process.parent.pid", parent.as_deref());
        if let Some(line) = self.get("CommandLine") {
            self.command_line("process", &line);
        }
        for (suffix, to) in [("UserSid", "user.effective.id"), ("UserName", "user.effective.name"), ("DomainName", "user.effective.domain")]
        {
            if let Some(v) = self.get(&format!("Target{suffix}")).filter(|v| v != "-") {
                self.document.put(to, v);
            }
        }
    }

    fn addresses(&mut self) {
        if let Some(address) = self.get("IpAddress").filter(|a| a != "-") {
            let address = address.strip_prefix("::ffff:").unwrap_or(&address).to_owned();
            self.document.add("related.ip", &address);
            self.document.put("source.ip", address);
            self.take("IpAddress");
        }
        if self.get("IpPort").is_some_and(|p| p != "-") {
            self.convert("IpPort", "source.port");
        }
        if self.get("WorkstationName").is_some_and(|w| w != "-") {
            self.rename("WorkstationName", "source.domain");
        }
    }
}
