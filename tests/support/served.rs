//! `sigmalert serve` as a process, asked over plain sockets.

use super::cli::Workspace;
use super::runtime::{Running, until};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A server with its address.
pub struct Served {
    pub running: Running,
    pub port: u16,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|l| l.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v))
    }
}

impl Served {
    pub fn start(w: &Workspace, args: &[&str]) -> Self {
        Self::start_with(w, args, &[])
    }

    pub fn start_with(w: &Workspace, args: &[&str], env: &[(&str, &str)]) -> Self {
        let rules: &[&str] = if args.contains(&"--rules") { &[] } else { &["--rules", "rules"] };
        let running = Running::start(w, &[&["serve", "--listen", "127.0.0.1:0"], rules, args].concat(), env);
        let mut port = 0;
        until("the server listens", 20, || {
            let log = running.log();
            let at = log.find("://127.0.0.1:").filter(|_| log.contains("listening on"));
            port = at.and_then(|i| log[i + 13..].lines().next().and_then(|p| p.trim().parse().ok())).unwrap_or(0);
            port > 0
        });
        Self { running, port }
    }

    /// A request as bytes on the wire: nothing is made better on the way.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // A server may answer, and close, before it has read everything.
        _ = stream.write_all(request);
        let mut bytes = Vec::new();
        _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_owned(), body: unchunked(head, body) }
    }

    pub fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let host = if headers.to_lowercase().contains("host:") { String::new() } else { format!("Host: 127.0.0.1:{}\r\n", self.port) };
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()) };
        self.raw(format!("{method} {path} HTTP/1.1\r\n{host}{headers}{length}Connection: close\r\n\r\n{body}").as_bytes())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "")
    }

    pub fn save(&self, path: &str, yaml: &str) -> Answer {
        self.send("POST", path, "", &json!({"yaml": yaml}).to_string())
    }
}

fn unchunked(head: &str, body: &str) -> String {
    if !head.to_lowercase().contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut out, mut rest) = (String::new(), body);
    while let Some((size, more)) = rest.split_once("\r\n") {
        let n = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        // What is packed is no text.
        if n == 0 || !more.is_char_boundary(n) {
            break;
        }
        out.push_str(&more[..n]);
        rest = more[n..].trim_start_matches("\r\n");
    }
    out
}

/// A rule as Praeco writes it.
pub const RULE: &str = "name: \"Whoami\"\ntype: \"any\"\nindex: \"logs-*\"\ntimestamp_field: \"@timestamp\"\nfilter:\n  - query:\n      query_string:\n        query: \"a:1\"\nalert:\n  - \"debug\"\nimport: \"BaseRule.config\"\n";

/// One test over the websocket: the frames.
pub fn trial(s: &Served, rule: &str, start: &str) -> Vec<Value> {
    let (mut socket, _) = tungstenite::connect(format!("ws://127.0.0.1:{}/api-ws/test", s.port)).unwrap();
    let options = json!({"testType": "all", "start": start, "end": "NOW", "format": "json", "maxResults": 1, "alert": false});
    socket.send(tungstenite::Message::Text(json!({"rule": rule, "options": options}).to_string().into())).unwrap();
    let mut frames = Vec::new();
    while let Ok(message) = socket.read() {
        if let tungstenite::Message::Text(t) = message {
            frames.push(serde_json::from_str(&t).unwrap());
        }
    }
    frames
}
