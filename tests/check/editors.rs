//! `sigmalert lsp`, driven as an editor drives it: frames over standard input and output.

use crate::support::cli::Workspace;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// An editor with one server.
struct Editor {
    child: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
    next: i64,
}

impl Editor {
    fn start(workspace: &Workspace, options: &Value) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sigmalert"))
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (send, messages) = channel();
        std::thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if out.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    if line == "\r\n" {
                        break;
                    }
                    if let Some(n) = line.strip_prefix("Content-Length: ") {
                        length = n.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                out.read_exact(&mut body).unwrap();
                if send.send(serde_json::from_slice(&body).unwrap()).is_err() {
                    return;
                }
            }
        });
        let stdin = child.stdin.take().unwrap();
        let mut editor = Self { child, stdin, messages, next: 0 };
        let root = format!("file://{}", workspace.path("").display());
        let folders = json!([{"uri": root.trim_end_matches('/'), "name": "rules"}]);
        let answer = editor.ask("initialize", &json!({"capabilities": {}, "workspaceFolders": folders, "initializationOptions": options}));
        assert_eq!(answer["capabilities"]["hoverProvider"], true, "{answer}");
        editor.note("initialized", &json!({}));
        editor
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = "2.0".into();
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.stdin.flush().unwrap();
    }

    fn note(&mut self, method: &str, params: &Value) {
        self.send(json!({"method": method, "params": params}));
    }

    fn wait(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.messages.recv_timeout(Duration::from_secs(20)).expect("the server answers");
            if wanted(&message) {
                return message;
            }
        }
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(json!({"id": id, "method": method, "params": params}));
        let answer = self.wait(|m| m["id"] == id);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    /// Opens a text; what is found in it.
    fn open(&mut self, uri: &str, text: &str) -> Vec<Value> {
        self.note("textDocument/didOpen", &json!({"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}));
        self.diagnostics(uri)
    }

    fn diagnostics(&self, uri: &str) -> Vec<Value> {
        let told = self.wait(|m| m["method"] == "textDocument/publishDiagnostics" && m["params"]["uri"] == uri);
        told["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn labels(&mut self, uri: &str, line: u32, character: u32) -> Vec<String> {
        let at = json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}});
        let items = self.ask("textDocument/completion", &at);
        items.as_array().unwrap().iter().map(|i| i["label"].as_str().unwrap().to_owned()).collect()
    }

    fn hover(&mut self, uri: &str, line: u32, character: u32) -> String {
        let at = json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}});
        self.ask("textDocument/hover", &at)["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    fn end(mut self) {
        self.ask("shutdown", &Value::Null);
        self.note("exit", &Value::Null);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

const RULE: &str = r"title: Whoami Execution.
id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
status: experimental
description: Detects ünïcödé whoami and who runs it.
author: Jo Doe
date: 2024-05-01
tags:
    - attack.t1033
    - attack.t1086
logsource:
    category: process_creation
    product: windows
detection:
    selection:
        Image|endswith: '\whoami.exe'
        CommandLine|contains|all: 'ü'
    condition: selection
level: low
";

#[test]
fn findings_hover_completion_and_fixes() {
    let w = Workspace::new();
    w.write("rules/whoami.yml", RULE);
    let uri = format!("file://{}", w.path("rules/whoami.yml").display());
    let mut editor = Editor::start(&w, &json!({"mapping": "winlogbeat"}));

    let found = editor.open(&uri, RULE);
    let codes: Vec<&str> = found.iter().map(|d| d["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["SG104", "SG208", "SG412"], "{found:#?}");
    assert_eq!(found[0]["range"], json!({"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 24}}));

    // What a field becomes, the query, a technique.
    let text = editor.hover(&uri, 14, 10);
    assert!(text.contains("`process.executable` (keyword)"), "{text}");
    let text = editor.hover(&uri, 16, 6);
    assert!(text.contains("winlogbeat-*") && text.contains(r"process.executable:*\\whoami.exe"), "{text}");
    let text = editor.hover(&uri, 7, 10);
    assert!(text.contains("https://attack.mitre.org/techniques/T1033/") && text.contains("discovery"), "{text}");

    // Words where they may stand.
    let half =
        RULE.replace("        CommandLine|contains|all: 'ü'\n", "        Com\n        Image|\n").replace("level: low", "level: \nsta");
    editor.note("textDocument/didChange", &json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": half}]}));
    let found = editor.diagnostics(&uri);
    assert_eq!(found[0]["code"], "SG001", "{found:#?}");
    assert!(editor.labels(&uri, 15, 11).contains(&"CommandLine".to_owned()));
    let modifiers = editor.labels(&uri, 16, 14);
    assert!(modifiers.contains(&"endswith".to_owned()) && modifiers.contains(&"base64offset".to_owned()));
    assert!(editor.labels(&uri, 7, 13).contains(&"attack.t1059.001".to_owned()));
    assert_eq!(editor.labels(&uri, 18, 7), ["informational", "low", "medium", "high", "critical"]);
    assert!(editor.labels(&uri, 19, 3).contains(&"status".to_owned()));
    assert!(editor.labels(&uri, 10, 14).contains(&"network_connection".to_owned()));
    assert!(editor.labels(&uri, 17, 15).contains(&"selection".to_owned()));

    // Quick fixes, in UTF-16 behind letters that have two bytes.
    editor.note("textDocument/didChange", &json!({"textDocument": {"uri": uri, "version": 3}, "contentChanges": [{"text": RULE}]}));
    editor.diagnostics(&uri);
    let range = json!({"start": {"line": 15, "character": 0}, "end": {"line": 15, "character": 40}});
    let actions =
        editor.ask("textDocument/codeAction", &json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}}));
    let titles: Vec<&str> = actions.as_array().unwrap().iter().map(|a| a["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Remove `all` (SG412)", "Suppress SG412 on this line", "Fix all"]);
    let edit = &actions[0]["edit"]["changes"][&uri][0];
    assert_eq!(edit["newText"], "CommandLine|contains");
    assert_eq!(edit["range"]["end"], json!({"line": 15, "character": 32}));
    assert_eq!(actions[1]["edit"]["changes"][&uri][0]["range"]["start"], json!({"line": 15, "character": 37}));
    let all = actions[2]["edit"]["changes"][&uri][0]["newText"].as_str().unwrap();
    assert!(
        all.contains("attack.t1059.001") && all.contains("title: Whoami Execution\n") && all.contains("CommandLine|contains: 'ü'"),
        "{all}"
    );
    editor.end();
}

#[test]
fn findings_about_the_pack_come_with_a_save() {
    let w = Workspace::new();
    w.write("one.yml", RULE.replace("Execution.", "Execution"));
    let other = RULE.replace("Execution.", "Execution").replace("whoami.exe", "id.exe");
    w.write("two.yml", &other);
    let uri = format!("file://{}", w.path("two.yml").display());
    let mut editor = Editor::start(&w, &json!({}));
    let found = editor.open(&uri, &other);
    let codes: Vec<&str> = found.iter().map(|d| d["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"SG601") && codes.contains(&"SG602"), "{codes:?}");
    let id = found.iter().find(|d| d["code"] == "SG601").unwrap();
    assert!(id["relatedInformation"][0]["location"]["uri"].as_str().unwrap().ends_with("/one.yml"), "{id}");

    // Mended and saved, they are gone.
    let mended = other.replace("5f0c7d1e", "6f0c7d1e").replace("Whoami Execution", "Id Execution");
    editor.note("textDocument/didChange", &json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": mended}]}));
    editor.diagnostics(&uri);
    editor.note("textDocument/didSave", &json!({"textDocument": {"uri": uri}}));
    let found = editor.diagnostics(&uri);
    assert!(!found.iter().any(|d| d["code"].as_str().unwrap().starts_with("SG6")), "{found:#?}");
    editor.end();
}

#[test]
fn hostile_messages_end_nothing() {
    let w = Workspace::new();
    let mut editor = Editor::start(&w, &json!({"mapping": 5}));
    let uri = "untitled:Untitled-1";
    // A text that is no YAML, one that is none at all, and a place far outside.
    editor.open(uri, "title: [\n");
    editor.note("textDocument/didChange", &json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": ""}]}));
    editor.diagnostics(uri);
    assert_eq!(editor.hover(uri, 900, 900), "");
    editor.labels(uri, 900, 900);
    editor.note("textDocument/didChange", &json!({"nonsense": true}));
    editor.note("no/such", &json!([]));
    editor.send(json!({"id": 77, "method": "no/such", "params": {}}));
    let answer = editor.wait(|m| m["id"] == 77);
    assert_eq!(answer["error"]["code"], -32601);
    editor.end();
}
