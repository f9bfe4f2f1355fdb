//! What an attacker brings along: hosts that note everything they are told, files and secrets that must not turn up anywhere,
//! a program that leaves a mark, and a cluster that finds one event whatever it is asked.

use super::cli::Workspace;
use super::runtime::{Receiver, Request};
use serde_json::{Value, json};
use sigmalert::elastalert::options::{self, OptionType, Roles, Scope};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What all secrets, files and variables hold that must not turn up.
pub const CANARY: &str = "canary";

/// A host that answers HTTP, SMTP and STOMP, and keeps what it is sent.
pub struct Host {
    pub ip: &'static str,
    pub port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Host {
    pub fn at(ip: &'static str) -> Self {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let all = Arc::clone(&all);
                std::thread::spawn(move || {
                    let at = {
                        let mut all = all.lock().unwrap();
                        all.push(String::new());
                        all.len() - 1
                    };
                    talk(stream, &mut |text| all.lock().unwrap()[at].push_str(text));
                });
            }
        });
        Self { ip, port, heard }
    }

    pub fn url(&self) -> String {
        format!("http://{}:{}", self.ip, self.port)
    }

    /// What came, one text a connection.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn talk(mut stream: TcpStream, note: &mut dyn FnMut(&str)) {
    _ = stream.set_read_timeout(Some(Duration::from_millis(400)));
    let (mut all, mut bytes, mut silent) = (String::new(), [0; 8_192], 0);
    loop {
        let n = match stream.read(&mut bytes) {
            Ok(0) => return,
            Ok(n) => n,
            Err(_) if all.is_empty() && silent == 0 => {
                // Who waits to be greeted speaks SMTP.
                silent += 1;
                _ = stream.write_all(b"220 here\r\n");
                continue;
            }
            Err(_) if silent < 3 => {
                silent += 1;
                continue;
            }
            Err(_) => return,
        };
        let text = String::from_utf8_lossy(&bytes[..n]).into_owned();
        note(&text);
        all.push_str(&text);
        let answer: &[u8] = if all.starts_with("CONNECT\n") {
            if all.contains("SEND\n") { b"RECEIPT\n\n\0" } else { b"CONNECTED\nversion:1.2\n\n\0" }
        } else if all.starts_with("EHLO") || all.starts_with("HELO") {
            if text.starts_with("DATA") {
                b"354 go on\r\n"
            } else if text.starts_with("EHLO") {
                b"250-here\r\n250 AUTH PLAIN LOGIN\r\n"
            } else {
                b"250 ok\r\n"
            }
        } else if let Some((head, body)) = all.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length:").and_then(|v| v.trim().parse().ok()));
            if body.len() < length.unwrap_or(0) {
                continue;
            }
            all.clear();
            b"HTTP/1.1 200 ok\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
        } else {
            continue;
        };
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

/// A cluster that finds one event, at any time that is asked for, and takes whatever is written.
pub fn cluster(event: Value) -> Receiver {
    Receiver::answering(move |r, before| {
        let path = r.path.split('?').next().unwrap_or_default();
        let lines = || r.body.lines().filter(|l| !l.trim().is_empty());
        let found = |query: &str| {
            let at = query.split("\"lte\":\"").nth(1).and_then(|t| t.split('"').next()).map(str::to_owned);
            let mut doc = event.clone();
            doc["@timestamp"] = at.unwrap_or_else(|| jiff::Timestamp::now().to_string()).into();
            let hit = json!({"_index": "logs-1", "_id": format!("e{before}"), "_source": doc});
            json!({"took": 1, "timed_out": false, "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0}, "status": 200,
                "hits": {"total": {"value": 1, "relation": "eq"}, "hits": [hit]}})
        };
        let answer = if path == "/_msearch" {
            json!({"responses": lines().skip(1).step_by(2).map(found).collect::<Vec<_>>()})
        } else if path == "/_mget" {
            let docs = r.json()["docs"].as_array().cloned().unwrap_or_default();
            json!({"docs": docs.iter().map(|d| json!({"_index": d["_index"], "_id": d["_id"], "found": false})).collect::<Vec<_>>()})
        } else if path == "/_bulk" {
            let item = |l: &str| -> Option<Value> {
                let action: Value = serde_json::from_str(l).ok()?;
                let (kind, of) = action.as_object()?.iter().find(|(k, _)| ["index", "create", "update", "delete"].contains(&k.as_str()))?;
                Some(
                    json!({kind: {"_index": of["_index"], "_id": of["_id"], "status": 201, "result": "created", "_seq_no": 1, "_primary_term": 1}}),
                )
            };
            json!({"errors": false, "items": lines().filter_map(item).collect::<Vec<_>>()})
        } else if path.starts_with("/_resolve") {
            json!({"indices": [{"name": "logs-1", "attributes": ["open"]}], "aliases": [], "data_streams": []})
        } else if path.ends_with("/_mapping") && r.method == "GET" {
            return (404, json!({"error": "no such index", "status": 404}).to_string());
        } else if path.ends_with("/_search") && path.contains("logs") {
            found(&r.body)
        } else {
            json!({"acknowledged": true, "_seq_no": 1, "_primary_term": 1, "result": "created", "timed_out": false,
                "_shards": {"total": 1, "successful": 1, "failed": 0}, "hits": {"total": {"value": 0}, "hits": []}})
        };
        (200, answer.to_string())
    })
}

/// What a request told a cluster, without how its sender is known to it.
pub fn told(r: &Request) -> String {
    format!("{} {} {}", r.method, r.path, r.body)
}

/// Looks for processes that a server started, as long as it lives.
pub struct Children {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<BTreeSet<String>>>,
}

impl Children {
    pub fn of(pid: u32) -> Self {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(BTreeSet::new())));
        let (over, all) = (Arc::clone(&stop), Arc::clone(&seen));
        let parent = format!("PPid:\t{pid}");
        assert!(std::fs::read_dir("/proc").is_ok(), "processes are looked for in /proc");
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
                    let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
                    if status.lines().any(|l| l == parent) {
                        all.lock().unwrap().insert(status.lines().next().unwrap_or_default().to_owned());
                    }
                }
                std::thread::sleep(Duration::from_millis(25));
            }
        });
        Self { stop, seen }
    }

    pub fn seen(&self) -> BTreeSet<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// What a workspace has for an attacker to reach for.
pub struct Bait {
    /// A file outside of every folder that a rule may name files of.
    pub file: String,
    /// A program that leaves a mark.
    pub program: String,
    pub mark: std::path::PathBuf,
    account: String,
}

impl Bait {
    pub fn laid(w: &Workspace) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let absolute = |name: &str| w.path(name).display().to_string();
        w.write("outside/secret.txt", format!("{CANARY}-file-content\n"));
        w.write("outside/account.yaml", format!("user: {CANARY}-account-user\npassword: {CANARY}-account-password\n"));
        let mark = w.path("outside/started");
        w.write("outside/program.sh", format!("#!/bin/sh\necho \"$0 $*\" >> {}\n", mark.display()));
        std::fs::set_permissions(w.path("outside/program.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            file: absolute("outside/secret.txt"),
            program: absolute("outside/program.sh"),
            mark,
            account: absolute("outside/account.yaml"),
        }
    }

    /// Every secret of the option table as an operator sets it, for a receiver of his own.
    pub fn secrets(&self, own: &Host) -> Vec<(String, Value)> {
        let mut out: Vec<(String, Value)> = Vec::new();
        for spec in options::all().iter().filter(|s| s.roles.has(Roles::SECRET) && !out_of_reach(s.name)) {
            let text = format!("{CANARY}-{}", spec.name);
            let value = match spec.name {
                "hive_connection" => json!({"hive_host": format!("http://{}", own.ip), "hive_port": own.port, "hive_apikey": text}),
                "indexer_connection" => {
                    json!({"es_host": own.ip, "es_port": own.port, "es_username": "u", "es_password": text, "indexer_alerts_name": "a"})
                }
                "smtp_auth_file" | "jira_account_file" => self.account.as_str().into(),
                name if name.ends_with("_headers") => json!({"authorization": text}),
                _ if spec.roles.has(Roles::TARGET) => format!("{}/{text}", own.url()).into(),
                _ => text.into(),
            };
            if !out.iter().any(|(n, _)| n == spec.name) {
                out.push((spec.name.to_owned(), value));
            }
        }
        out.push(("soc_own_secret".into(), format!("{CANARY}-of-an-option-nobody-knows").into()));
        out
    }
}

/// Options that would have the operator's own side go elsewhere: certificates, proxies, and clouds that are signed for.
fn out_of_reach(name: &str) -> bool {
    name.ends_with("_proxy")
        || ["client_cert", "client_key", "smtp_key_file", "smtp_cert_file", "aws_region", "profile", "es_bearer"].contains(&name)
        || ["ses_", "sns_", "sqs_"].iter().any(|p| name.starts_with(p))
}

/// Every option with its alerter, or nothing: those of the table, and those that only the runtime has.
pub fn every_option() -> Vec<(String, Scope, Roles)> {
    let mut out: Vec<(String, Scope, Roles)> = options::all().iter().map(|s| (s.name.to_owned(), s.scope, s.roles)).collect();
    for name in options::own_names() {
        for n in options::named_by_runtime(&name) {
            out.push((name.clone(), n.scope, n.roles));
        }
    }
    out
}

/// A value of an option as an attacker gives it.
pub fn attack(name: &str, roles: Roles, bait: &Bait, evil: &Host, leak: &Value) -> Value {
    let kind = options::named(name).next().map_or(OptionType::Any, |s| s.kind.clone());
    if roles.has(Roles::PROGRAM) {
        return if name == "match_enhancements" { json!([{"command": [bait.program, name]}]) } else { json!([bait.program, name]) };
    }
    if roles.has(Roles::FILE) {
        return match name {
            "blacklist" | "whitelist" => json!([format!("!file {}", bait.file)]),
            "email_image_values" => json!([bait.file]),
            "assets_dir" => "/".into(),
            _ => bait.file.as_str().into(),
        };
    }
    if roles.has(Roles::TARGET) {
        return match name {
            "es_hosts" => json!([format!("{}:{}", evil.ip, evil.port)]),
            "use_ssl" | "smtp_ssl" => false.into(),
            "es_url_prefix" => "x".into(),
            "hive_connection" => json!({"hive_host": format!("http://{}", evil.ip), "hive_port": evil.port, "hive_apikey": leak}),
            "indexer_connection" => json!({"es_host": evil.ip, "es_port": evil.port, "indexer_alerts_name": "a", "ca_certs": null}),
            "ms_power_automate_webhook_url_from_field" => "evil_url".into(),
            n if n.ends_with("_port") => evil.port.into(),
            "stomp_hostport" => evil.port.to_string().into(),
            "es_host" | "smtp_host" | "gelf_host" | "stomp_hostname" | "zbx_sender_host" => evil.ip.into(),
            _ if kind == OptionType::ListOfText || kind == OptionType::Texts => json!([format!("{}/{name}", evil.url())]),
            _ => format!("{}/{name}", evil.url()).into(),
        };
    }
    match kind {
        OptionType::Integer | OptionType::Number => 1.into(),
        OptionType::Boolean => true.into(),
        OptionType::ListOfText | OptionType::SomeTexts => json!([leak, "es_password", "soc_own_secret", "slack_webhook_url"]),
        OptionType::ListOfIntegers => json!([1]),
        OptionType::ListOfMappings => json!([{"title": leak, "value": "es_password", "name": leak}]),
        OptionType::List => json!([leak]),
        OptionType::Mapping => json!({"type": leak, "source": leak, "x": "soc_own_secret", "y": "$es_password$", "customFields": []}),
        OptionType::Time | OptionType::TimeOrSchedule => json!({"minutes": 5}),
        OptionType::OneOf(words) => words[0].into(),
        _ => leak.clone(),
    }
}
