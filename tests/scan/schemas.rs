//! Raw Windows events are converted to the documents that Winlogbeat and Wazuh index: names, types, splits, removals. Snapshots show
//! whole documents; assertions cover what rules depend on.

use serde_json::{Value, json};
use sigmalert::events::{EventSchema, WindowsEvent};

/// Returns a raw event as the `evtx` crate parses it.
fn raw(provider: &str, channel: &str, id: u32, data: &Value) -> WindowsEvent {
    WindowsEvent::from_json(&json!({"Event": {
        "System": {
            "Provider": {"#attributes": {"Name": provider, "Guid": "5770385F-C22A-43E0-BF4C-06F5698FFBD9"}},
            "EventID": id, "Version": 5, "Level": 4, "Task": id, "Opcode": 0, "Keywords": "0x8000000000000000",
            "TimeCreated": {"#attributes": {"SystemTime": "2024-05-06T07:08:09.123456Z"}},
            "EventRecordID": 4711, "Execution": {"#attributes": {"ProcessID": 100, "ThreadID": 200}},
            "Channel": channel, "Computer": "PC-7.corp.example",
        },
        "EventData": data,
    }}))
    .expect("it is a raw event")
}

fn both(name: &str, event: &WindowsEvent) -> (Value, Value) {
    let (w, z) = (EventSchema::Winlogbeat.document(event), EventSchema::Wazuh.document(event));
    insta::assert_snapshot!(name, format!("winlogbeat\n{w:#}\n\nwazuh\n{z:#}"));
    (w, z)
}

const SYSMON: (&str, &str) = ("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational");

#[test]
fn a_process_of_sysmon() {
    let e = raw(
        SYSMON.0,
        SYSMON.1,
        1,
        &json!({
            "RuleName": "-", "UtcTime": "2024-05-06 07:08:09.120", "ProcessGuid": "{A}", "ProcessId": 4242,
            "Image": r"C:\Windows\System32\whoami.exe", "FileVersion": "10.0", "Description": "whoami", "Product": "Windows",
            "Company": "Microsoft Corporation", "OriginalFileName": "whoami.exe", "CommandLine": "whoami  \"/all\" x",
            "CurrentDirectory": r"C:\", "User": r"CORP\bob", "LogonGuid": "{B}", "LogonId": "0x3e7", "TerminalSessionId": 1,
            "IntegrityLevel": "High", "Hashes": "MD5=AA11,SHA256=BB22,IMPHASH=CC33", "ParentProcessGuid": "{C}", "ParentProcessId": 4000,
            "ParentImage": r"C:\Windows\System32\cmd.exe", "ParentCommandLine": "cmd.exe /c", "ParentUser": r"CORP\bob",
        }),
    );
    let (w, z) = both("sysmon_1", &e);
    assert_eq!(w["event"]["code"], "1");
    assert_eq!(w["process"]["pid"], 4242);
    assert_eq!(w["process"]["hash"]["sha256"], "bb22");
    assert_eq!(w["process"]["pe"]["imphash"], "cc33");
    assert_eq!((&w["user"]["domain"], &w["user"]["name"]), (&json!("CORP"), &json!("bob")));
    assert_eq!(w["process"]["parent"]["executable"], r"C:\Windows\System32\cmd.exe");
    let data = &z["data"]["win"]["eventdata"];
    assert_eq!(data["image"], r"C:\\Windows\\System32\\whoami.exe", "Wazuh keeps JSON's escapes");
    assert_eq!(z["data"]["win"]["system"]["eventID"], "1");
    assert_eq!(data["processId"], "4242", "all is text");
}

#[test]
fn a_process_of_the_security_log() {
    let e = raw(
        "Microsoft-Windows-Security-Auditing",
        "Security",
        4688,
        &json!({
            "SubjectUserSid": "S-1-5-18", "SubjectUserName": "bob", "SubjectDomainName": "CORP", "SubjectLogonId": "0x3e7",
            "NewProcessId": "0x10e8", "NewProcessName": r"C:\Windows\System32\whoami.exe", "TokenElevationType": "%%1936",
            "ProcessId": "0xfa0", "CommandLine": "whoami /all", "TargetUserSid": "S-1-0-0", "TargetUserName": "-", "TargetDomainName": "-",
            "TargetLogonId": "0x0", "ParentProcessName": r"C:\Windows\System32\cmd.exe", "MandatoryLabel": "S-1-16-12288",
        }),
    );
    let (w, _) = both("security_4688", &e);
    assert_eq!(w["process"]["pid"], 0x10e8);
    assert_eq!(w["process"]["executable"], r"C:\Windows\System32\whoami.exe");
    assert_eq!(w["process"]["parent"]["executable"], r"C:\Windows\System32\cmd.exe");
    assert_eq!(w["process"]["command_line"], "whoami /all");
}

#[test]
fn a_logon() {
    let e = raw(
        "Microsoft-Windows-Security-Auditing",
        "Security",
        4624,
        &json!({
            "SubjectUserSid": "S-1-5-18", "SubjectUserName": "PC-7$", "SubjectDomainName": "CORP", "SubjectLogonId": "0x3e7",
            "TargetUserSid": "S-1-5-21-1", "TargetUserName": "bob", "TargetDomainName": "CORP", "TargetLogonId": "0x4711", "LogonType": "3",
            "LogonProcessName": "NtLmSsp ", "AuthenticationPackageName": "NTLM", "WorkstationName": "PC-8", "IpAddress": "10.0.0.8",
            "IpPort": "50000", "ProcessId": "0x0", "ProcessName": "-", "ElevatedToken": "%%1842",
        }),
    );
    let (w, _) = both("security_4624", &e);
    assert_eq!(w["source"]["ip"], "10.0.0.8");
    assert_eq!(w["source"]["port"], 50000);
    assert_eq!(w["user"]["name"], "bob");
}

#[test]
fn a_registry_value() {
    let e = raw(
        SYSMON.0,
        SYSMON.1,
        13,
        &json!({"RuleName": "-", "EventType": "SetValue", "UtcTime": "2024-05-06 07:08:09.120", "ProcessGuid": "{A}", "ProcessId": 1,
            "Image": r"C:\r.exe", "TargetObject": r"HKLM\SOFTWARE\X\Run\Y", "Details": "DWORD (0x00000001)", "User": r"CORP\bob"}),
    );
    let (w, z) = both("sysmon_13", &e);
    assert_eq!(w["registry"]["path"], r"HKLM\SOFTWARE\X\Run\Y");
    assert_eq!(w["registry"]["data"]["type"], "SZ_DWORD");
    assert_eq!(w["registry"]["data"]["strings"], json!(["1"]));
    assert_eq!(z["data"]["win"]["eventdata"]["details"], "DWORD (0x00000001)");
}

#[test]
fn a_script_block_of_powershell() {
    let e = raw(
        "Microsoft-Windows-PowerShell",
        "Microsoft-Windows-PowerShell/Operational",
        4104,
        &json!({"MessageNumber": 1, "MessageTotal": 1, "ScriptBlockText": "Get-Process\n\"a\\b\"", "ScriptBlockId": "id", "Path": r"C:\a.ps1"}),
    );
    let (w, _) = both("powershell_4104", &e);
    assert_eq!(w["powershell"]["file"]["script_block_text"], "Get-Process\n\"a\\b\"");
    assert_eq!(w["file"]["path"], r"C:\a.ps1");
    assert_eq!(w["winlog"]["event_data"]["ScriptBlockText"], Value::Null, "the pipeline moves it");
}
