//! Praeco's page in a real browser, where a built copy lies at `PRAECO_DIST`: it is served with what its API answers,
//! and driven through chromedriver.

use crate::support::skip::{Need, skip};
use base64::Engine;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The built page and a browser, or `None` with a line that says why the test skips.
pub fn open(test: &str, rules: &Path, fields: &[String]) -> Option<Page> {
    let Some(dist) = std::env::var_os("PRAECO_DIST").map(PathBuf::from) else {
        skip(test, Need::Praeco);
        return None;
    };
    let Some(driver) = Driver::start() else {
        skip(test, Need::Browser);
        return None;
    };
    let server = Server::start(dist, rules.to_owned(), fields);
    Some(Page { server, driver })
}

/// A browser before a server that runs already, or `None` with a line that says why the test skips.
pub fn visit(test: &str, port: u16, size: (u32, u32)) -> Option<Page> {
    let Some(driver) = Driver::start() else {
        skip(test, Need::Browser);
        return None;
    };
    call(&format!("{}/window/rect", driver.session), &json!({"width": size.0, "height": size.1}));
    Some(Page { server: Server { port, saved: Arc::default() }, driver })
}

/// The folder of Praeco's built page, or `None` with a line that says why the test skips.
pub fn dist(test: &str) -> Option<PathBuf> {
    let dist = std::env::var_os("PRAECO_DIST").map(PathBuf::from);
    if dist.is_none() {
        skip(test, Need::Praeco);
    }
    dist
}

/// Holds a page against axe's rules (WCAG 2.2 A and AA, and what is good practice), where `AXE` names `axe.min.js` of axe-core.
pub fn accessible(test: &str, page: &Page) {
    let Some(axe) = std::env::var_os("AXE") else {
        skip(test, Need::Axe);
        return;
    };
    // A page that lets no scripts in takes one from the driver.
    page.run(&std::fs::read_to_string(axe).unwrap());
    page.run("window.found = null; axe.run().then(r => { window.found = r })");
    let found = page.wait("axe", "return window.found && {passes: window.found.passes.length, violations: window.found.violations.map(v => [v.id, v.help, v.nodes.map(n => n.html)])}");
    assert_eq!(found["violations"], json!([]), "{found}");
    assert!(found["passes"].as_u64().unwrap() > 20, "{found}");
}

pub struct Page {
    pub server: Server,
    driver: Driver,
}

/// Answers what Praeco asks.
pub struct Server {
    port: u16,
    saved: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Server {
    fn start(dist: PathBuf, rules: PathBuf, fields: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let saved = Arc::new(Mutex::new(BTreeMap::new()));
        let mapping = mapping(fields);
        let shared = saved.clone();
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (dist, rules, mapping, saved) = (dist.clone(), rules.clone(), mapping.clone(), shared.clone());
                std::thread::spawn(move || answer(stream, &dist, &rules, &mapping, &saved));
            }
        });
        Self { port, saved }
    }

    /// What was saved under each path.
    pub fn saved(&self) -> BTreeMap<String, String> {
        self.saved.lock().unwrap().clone()
    }
}

fn mapping(fields: &[String]) -> Value {
    let mut root = json!({});
    for f in fields {
        let mut at = &mut root;
        let parts: Vec<&str> = f.split('.').collect();
        for (i, p) in parts.iter().enumerate() {
            at = if i + 1 == parts.len() {
                at[*p]["type"] = "keyword".into();
                break;
            } else {
                &mut at[*p]["properties"]
            };
        }
    }
    root["@timestamp"] = json!({"type": "date"});
    json!({"winlogbeat-1": {"mappings": {"properties": root}}})
}

fn answer(mut stream: TcpStream, dist: &Path, rules: &Path, mapping: &Value, saved: &Mutex<BTreeMap<String, String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) == 0 || header.trim().is_empty() {
            break;
        }
        if let Some(n) = header.to_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let path = decoded(path);
    let mut send = |status: &str, kind: &str, body: &[u8]| {
        _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        _ = stream.write_all(body);
    };
    let mut json = |v: &Value| send("200 OK", "application/json", v.to_string().as_bytes());
    match (method.as_str(), path.as_str()) {
        (_, "/api") => json(&json!({"name": "elastalert-server", "port": 3030, "version": "1.8.25"})),
        (_, "/api/status") => json(&json!({"status": "READY"})),
        (_, "/api/config") => json(&json!({"runEvery": {"seconds": 60}, "bufferTime": {"minutes": 1}})),
        (_, "/api/rules") if query.starts_with("all") => json(&tree(rules)),
        (_, "/api-app/releases") => json(&json!([{"tag_name": "1.8.25"}])),
        (_, "/api/templates") => json(&json!([])),
        (_, "/api/indices") => json(&json!(["winlogbeat-1"])),
        (_, "/api/test") => send("200 OK", "text/plain", b"{\"hits\": 0}"),
        (_, p) if p.starts_with("/api/mapping/") => json(mapping),
        (_, p) if p.starts_with("/api/search/") => {
            json(&json!({"hits": {"total": 0, "hits": []}, "aggregations": {"by_minute": {"buckets": []}}}));
        }
        (_, p) if p.starts_with("/api/metadata/") => json(&json!({"total": 0, "hits": []})),
        ("POST", p) if p.starts_with("/api/rules/") => {
            let sent: Value = serde_json::from_slice(&body).unwrap();
            let id = p["/api/rules/".len()..].to_owned();
            let text = sent["yaml"].as_str().unwrap();
            std::fs::write(rules.join(format!("{id}.yaml")), text).unwrap();
            saved.lock().unwrap().insert(id.clone(), text.to_owned());
            json(&json!({"created": true, "id": id}));
        }
        ("GET", p) if p.starts_with("/api/rules/") => match std::fs::read(rules.join(format!("{}.yaml", &p["/api/rules/".len()..]))) {
            Ok(text) => send("200 OK", "text/plain", &text),
            Err(_) => send("404 Not Found", "application/json", br#"{"error":"ruleNotFound"}"#),
        },
        (_, p) if p.starts_with("/api") => send("404 Not Found", "text/plain", b""),
        (_, p) => {
            let file = dist.join(p.trim_start_matches('/'));
            let file = if file.is_file() { file } else { dist.join("index.html") };
            let kind = match file.extension().and_then(|e| e.to_str()) {
                Some("js") => "text/javascript",
                Some("css") => "text/css",
                Some("json") => "application/json",
                Some("html") => "text/html",
                _ => "application/octet-stream",
            };
            send("200 OK", kind, &std::fs::read(file).unwrap());
        }
    }
}

/// All folders and rules, as the server lists them.
fn tree(rules: &Path) -> Value {
    fn walk(at: &Path, root: &Path, out: &mut Vec<String>) {
        for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if path.is_dir() {
                out.push(format!("{name}/"));
                walk(&path, root, out);
            } else if let Some(rule) = name.strip_suffix(".yaml") {
                out.push(rule.to_owned());
            }
        }
    }
    let mut out = Vec::new();
    walk(rules, rules, &mut out);
    json!(out)
}

pub fn decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let (mut out, mut i) = (Vec::new(), 0);
    while i < bytes.len() {
        let hex = (bytes[i] == b'%').then(|| path.get(i + 1..i + 3).and_then(|h| u8::from_str_radix(h, 16).ok())).flatten();
        out.push(hex.unwrap_or(bytes[i]));
        i += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A browser behind chromedriver; both end with the test.
struct Driver {
    process: Child,
    session: String,
    _profile: tempfile::TempDir,
}

impl Drop for Driver {
    fn drop(&mut self) {
        _ = ureq::delete(&self.session).call();
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

impl Driver {
    fn start() -> Option<Self> {
        let mut process =
            Command::new("chromedriver").arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut lines = BufReader::new(process.stdout.take()?).lines();
        let port = lines
            .by_ref()
            .flatten()
            .find_map(|l| l.split("on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok().filter(|p| *p > 0))?;
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().ok()?;
        let args: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1400,2000",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("--user-data-dir={}", profile.path().display())])
        .collect();
        let wanted =
            json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": args}, "goog:loggingPrefs": {"browser": "ALL"}}}});
        let base = format!("http://127.0.0.1:{port}/session");
        let made = call(&base, &wanted);
        let Some(id) = made["value"]["sessionId"].as_str() else {
            _ = process.kill();
            panic!("{made}");
        };
        Some(Self { session: format!("{base}/{id}"), process, _profile: profile })
    }
}

fn call(url: &str, body: &Value) -> Value {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent.post(url).header("content-type", "application/json").send(body.to_string()).unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

impl Page {
    pub fn go(&self, path: &str) {
        call(&format!("{}/url", self.driver.session), &json!({"url": format!("http://127.0.0.1:{}{path}", self.server.port)}));
    }

    /// What a script returns.
    pub fn run(&self, script: &str) -> Value {
        let answer = call(&format!("{}/execute/sync", self.driver.session), &json!({"script": script, "args": []}));
        assert!(answer["value"]["error"].is_null(), "{script}: {answer}");
        answer["value"].clone()
    }

    /// Waits until a script returns something that is true.
    pub fn wait(&self, what: &str, script: &str) -> Value {
        let begin = Instant::now();
        loop {
            let value = self.run(script);
            if !matches!(value, Value::Null | Value::Bool(false)) && value != "" {
                return value;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "waited for {what} in vain; the page says {}\n{}",
                self.run("return document.body.innerText"),
                self.log()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Clicks the visible button of this text.
    pub fn click(&self, text: &str) {
        let script = format!(
            "const b = [...document.querySelectorAll('button')].find(b => b.innerText.trim().startsWith({}) && b.offsetParent); if (!b) return false; b.click(); return true;",
            json!(text)
        );
        self.wait(text, &script);
    }

    /// Clicks the first visible element of a selector whose text begins so.
    pub fn press(&self, selector: &str, text: &str) {
        let script = format!(
            "const e = [...document.querySelectorAll({})].find(e => e.innerText.trim().toLowerCase().startsWith({}.toLowerCase()) && e.getClientRects().length); if (!e) return false; e.click(); return true;",
            json!(selector),
            json!(text)
        );
        self.wait(text, &script);
    }

    /// Clicks the first element of a selector with the mouse, as a hand would.
    pub fn point(&self, selector: &str) {
        let found = call(&format!("{}/element", self.driver.session), &json!({"using": "css selector", "value": selector}));
        let id = found["value"]
            .as_object()
            .and_then(|o| o.values().next())
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{selector}: {found}"));
        let clicked = call(&format!("{}/element/{id}/click", self.driver.session), &json!({}));
        assert!(clicked["value"].is_null(), "{selector}: {clicked}");
    }

    /// Types into the first visible field of a selector that has not been typed into.
    pub fn fill(&self, selector: &str, value: &str) {
        let script = format!(
            "const e = [...document.querySelectorAll({})].find(e => e.getClientRects().length && !e.value); if (!e) return false; \
             e.focus(); Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(e, {}); \
             for (const n of ['input', 'change', 'blur']) e.dispatchEvent(new Event(n, {{bubbles: true}})); return true;",
            json!(selector),
            json!(value)
        );
        self.wait(value, &script);
    }

    /// What the page wrote to the console since the last time: errors.
    pub fn log(&self) -> String {
        let answer = call(&format!("{}/se/log", self.driver.session), &json!({"type": "browser"}));
        let lines = answer["value"].as_array().cloned().unwrap_or_default();
        lines.iter().filter(|l| l["level"] == "SEVERE").map(|l| format!("{}\n", l["message"].as_str().unwrap_or_default())).collect()
    }

    pub fn screenshot(&self, to: &Path) {
        let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
        let text = agent
            .get(format!("{}/screenshot", self.driver.session))
            .call()
            .unwrap()
            .body_mut()
            .with_config()
            .limit(50 << 20)
            .read_to_string();
        let answer: Value = serde_json::from_str(&text.unwrap()).unwrap();
        std::fs::write(to, base64::engine::general_purpose::STANDARD.decode(answer["value"].as_str().unwrap()).unwrap()).unwrap();
    }
}
