//! Runs over the real cluster, and what they left in the writeback indices.

use super::cli::{Run, Workspace};
use super::opensearch::Cluster;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Indices of one test, deleted when it ends.
pub struct Field<'c> {
    pub cluster: &'c Cluster,
    pub name: String,
}

impl Drop for Field<'_> {
    fn drop(&mut self) {
        self.cluster.send("DELETE", &format!("/{}*?ignore_unavailable=true", self.name), "");
    }
}

impl<'c> Field<'c> {
    pub fn new(cluster: &'c Cluster) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        Self { cluster, name: format!("r{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)) }
    }

    /// The index of events.
    pub fn events(&self) -> String {
        format!("{}-events", self.name)
    }

    /// The writeback index of a program.
    pub fn writeback(&self, of: &str) -> String {
        format!("{}-{of}", self.name)
    }

    /// A configuration over this cluster.
    pub fn config(&self, of: &str, more: &str) -> String {
        let (host, port) = self.cluster.url.trim_start_matches("http://").split_once(':').unwrap();
        format!(
            "rules_folder: rules\nrun_every: {{seconds: 60}}\nbuffer_time: {{minutes: 15}}\nes_host: {host}\nes_port: {port}\n\
             writeback_index: {}\nalert_time_limit: {{days: 2}}\n{more}",
            self.writeback(of)
        )
    }

    /// Creates the index of events: texts are keywords, times are dates.
    pub fn create(&self) {
        let mappings = json!({"mappings": {
            "dynamic_templates": [{"texts": {"match_mapping_type": "string", "mapping": {"type": "keyword", "fields": {"keyword": {"type": "keyword"}}}}}],
            "properties": {"@timestamp": {"type": "date"}},
        }});
        let made = self.cluster.send("PUT", &format!("/{}", self.events()), &mappings.to_string());
        assert_eq!(made["acknowledged"], true, "{made}");
    }

    /// Indexes events; ids are `e0`, `e1`, … from `first` on.
    pub fn add(&self, first: usize, events: &[Value]) {
        let mut bulk = String::new();
        for (i, e) in events.iter().enumerate() {
            bulk.push_str(&format!("{}\n{e}\n", json!({"index": {"_id": format!("e{}", first + i)}})));
        }
        let done = self.cluster.send("POST", &format!("/{}/_bulk?refresh=true", self.events()), &bulk);
        assert_eq!(done["errors"], false, "{done}");
    }

    /// All documents of an index, with their ids, oldest first.
    pub fn documents(&self, index: &str) -> Vec<(String, Value)> {
        self.cluster.send("POST", &format!("/{index}/_refresh?ignore_unavailable=true"), "");
        let body = json!({"size": 10_000, "sort": [{"@timestamp": {"order": "asc", "unmapped_type": "date"}}]});
        let answer = self.cluster.send("POST", &format!("/{index}/_search?ignore_unavailable=true"), &body.to_string());
        let hits = answer["hits"]["hits"].as_array().cloned().unwrap_or_default();
        hits.into_iter().map(|h| (h["_id"].as_str().unwrap_or_default().to_owned(), h["_source"].clone())).collect()
    }

    /// The alerts that a program wrote.
    pub fn alerts(&self, of: &str) -> Vec<Value> {
        self.documents(&self.writeback(of)).into_iter().map(|(_, d)| d).collect()
    }
}

/// The program while it runs.
pub struct Running {
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Running {
    pub fn start(w: &Workspace, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sigmalert"));
        command.args(args).current_dir(w.path("")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.envs(env.iter().copied());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (own, stderr) = (Arc::clone(&log), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut log = own.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        Self { child, log }
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops it as an operator does.
    pub fn stop(&mut self) -> i32 {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.wait(40)
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self, seconds: u64) -> i32 {
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                // The rest of the log is on its way.
                std::thread::sleep(Duration::from_millis(100));
                return status.code().unwrap_or(-1);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.kill();
        panic!("it did not end:\n{}", self.log());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until something is so.
pub fn until(what: &str, seconds: u64, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("not within {seconds} s: {what}");
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

type Answer = dyn Fn(&Request, usize) -> (u16, String) + Send + Sync;

/// A real HTTP receiver on loopback.
pub struct Receiver {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Receiver {
    /// One that takes everything.
    pub fn new() -> Self {
        Self::answering(|_, _| (200, "{}".into()))
    }

    /// One that answers as it is told: by the request and how many came before it. The status 0 hangs.
    pub fn answering(answer: impl Fn(&Request, usize) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let own = Arc::clone(&requests);
        let answer: Arc<Answer> = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (own, answer) = (Arc::clone(&own), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &own, &*answer));
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, requests: &Mutex<Vec<Request>>, answer: &Answer) {
    let mut out = stream.try_clone().unwrap();
    let mut input = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut parts = line.split_whitespace();
        let (method, path) = (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            if input.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                break;
            }
            if let Some((n, v)) = line.trim_end().split_once(':') {
                headers.push((n.to_lowercase(), v.trim().to_owned()));
            }
        }
        let length = headers.iter().find(|(n, _)| n == "content-length").and_then(|(_, v)| v.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        if input.read_exact(&mut body).is_err() {
            return;
        }
        let request = Request { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() };
        let (status, text) = {
            let mut all = requests.lock().unwrap();
            let before = all.len();
            all.push(request.clone());
            answer(&request, before)
        };
        if status == 0 {
            std::thread::sleep(Duration::from_secs(60));
            return;
        }
        let more = text.strip_prefix("retry-after:").map(|s| format!("retry-after: {s}\r\n")).unwrap_or_default();
        // In one piece: pieces wait for each other.
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{more}content-length: {}\r\n\r\n{text}", text.len());
        let _ = out.write_all(answer.as_bytes());
    }
}

/// A way to the cluster that can be cut.
pub struct Wire {
    pub port: u16,
    open: Arc<std::sync::atomic::AtomicBool>,
}

impl Wire {
    pub fn to(url: &str) -> Self {
        let target = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let open = Arc::new(std::sync::atomic::AtomicBool::new(true));
        let own = Arc::clone(&open);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if !own.load(Ordering::Relaxed) {
                    continue;
                }
                let Ok(there) = TcpStream::connect(&target) else { continue };
                for (from, to) in [(stream.try_clone().unwrap(), there.try_clone().unwrap()), (there, stream)] {
                    let own = Arc::clone(&own);
                    std::thread::spawn(move || pump(from, to, &own));
                }
            }
        });
        Self { port, open }
    }

    /// Cuts it, open connections too, or mends it.
    pub fn set(&self, open: bool) {
        self.open.store(open, Ordering::Relaxed);
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, open: &std::sync::atomic::AtomicBool) {
    let _ = from.set_read_timeout(Some(Duration::from_millis(50)));
    let mut bytes = vec![0; 65_536];
    while open.load(Ordering::Relaxed) {
        match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(n) => {
                if to.write_all(&bytes[..n]).is_err() {
                    break;
                }
            }
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
    let _ = from.shutdown(std::net::Shutdown::Both);
}

/// A real mail server on loopback: what arrived is on its standard output when it is stopped.
pub struct MailServer {
    child: Child,
    pub port: u16,
}

impl MailServer {
    pub fn start(python: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(python)
            .args(["-u", "-m", "aiosmtpd", "-n", "-l", &format!("127.0.0.1:{port}"), "-c", "aiosmtpd.handlers.Debugging", "stdout"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("the mail server listens", 20, || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { child, port }
    }

    pub fn stop(mut self) -> String {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        std::thread::sleep(Duration::from_millis(300));
        let _ = self.child.kill();
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let _ = self.child.wait();
        out
    }
}

/// A run that has to end well.
pub fn ok(run: &Run) {
    assert_eq!(run.status, 0, "{}\n{}", run.stdout, run.stderr);
}
