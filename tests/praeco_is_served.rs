//! `sigmalert serve`: the API that Praeco talks to, by its contract; what is refused; and rules that run once they are saved.

use crate::support::cli::Workspace;
use crate::support::opensearch;
use crate::support::praeco;
use crate::support::runtime::{Field, Running, until};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A server with its address.
struct Served {
    running: Running,
    port: u16,
}

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|l| l.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v))
    }
}

impl Served {
    fn start(w: &Workspace, args: &[&str]) -> Self {
        Self::start_with(w, args, &[])
    }

    fn start_with(w: &Workspace, args: &[&str], env: &[(&str, &str)]) -> Self {
        let running = Running::start(w, &[&["serve", "--rules", "rules", "--listen", "127.0.0.1:0"], args].concat(), env);
        let mut port = 0;
        until("the server listens", 20, || {
            let log = running.log();
            let at = log.find("listening on http://127.0.0.1:");
            port = at.and_then(|i| log[i + 30..].lines().next().and_then(|p| p.trim().parse().ok())).unwrap_or(0);
            port > 0
        });
        Self { running, port }
    }

    /// A request as bytes on the wire: nothing is made better on the way.
    fn raw(&self, request: &[u8]) -> Answer {
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

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let host = if headers.to_lowercase().contains("host:") { String::new() } else { format!("Host: 127.0.0.1:{}\r\n", self.port) };
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()) };
        self.raw(format!("{method} {path} HTTP/1.1\r\n{host}{headers}{length}Connection: close\r\n\r\n{body}").as_bytes())
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "")
    }

    fn save(&self, path: &str, yaml: &str) -> Answer {
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
        if n == 0 || more.len() < n {
            break;
        }
        out.push_str(&more[..n]);
        rest = more[n..].trim_start_matches("\r\n");
    }
    out
}

const RULE: &str = "name: \"Whoami\"\ntype: \"any\"\nindex: \"logs-*\"\ntimestamp_field: \"@timestamp\"\nfilter:\n  - query:\n      query_string:\n        query: \"a:1\"\nalert:\n  - \"debug\"\nimport: \"BaseRule.config\"\n";

#[test]
fn rules_folders_and_templates() {
    let w = Workspace::new();
    w.write("rules/web/eu/burst.yaml", format!("# By hand.\n{RULE}tags: [a]\n"));
    w.write("rules/README.md", "no rule");
    let s = Served::start(&w, &["--audit", "audit.ndjson"]);
    for prefix in ["", "/api"] {
        let tree = s.get(&format!("{prefix}/rules?all"));
        assert_eq!((tree.status, tree.json()), (200, json!(["BaseRule.config", "web/", "web/eu/", "web/eu/burst"])));
        assert_eq!(s.get(&format!("{prefix}/templates?all")).json(), json!([]));
    }
    let root = s.get("/api").json();
    assert_eq!((root["name"].as_str(), root["version"].as_str()), (Some("sigmalert"), Some(env!("CARGO_PKG_VERSION"))));
    assert_eq!(s.get("/api/status").json(), json!({"status": "SETUP"}));
    assert_eq!(s.get("/api/config").json()["runEvery"]["seconds"], 60);
    assert_eq!(s.get("/rules?path=web").json(), json!({"directories": ["eu"], "rules": []}));

    // A missing rule is 404: "the name is free".
    let missing = s.get("/api/rules/new%20rule");
    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.json(),
        json!({"error": "ruleNotFound", "message": "The requested rule with id: 'new rule' couldn't be found.", "statusCode": 404})
    );
    assert_eq!(s.get("/api/templates/x").json()["error"], "templateNotFound");
    // Created in a folder that is not there yet, under its decoded name.
    let made = s.save("/api/rules/a/b/new%20rule%20(1)", RULE);
    assert_eq!((made.status, made.json()), (200, json!({"created": true, "id": "a/b/new rule (1)"})));
    assert_eq!(w.read("rules/a/b/new rule (1).yaml"), RULE);
    // Praeco saves by the rule's name what it opened by the file's.
    assert_eq!(s.get("/rules/a/b/Whoami").body, RULE);
    assert_eq!(s.save("/rules/a/b/Whoami", &format!("{RULE}is_enabled: false\n")).status, 200);
    assert_eq!(w.files("rules/a"), ["b/new rule (1).yaml"]);
    // What elastalert-server stored under an encoded name is found.
    w.write("rules/old%20one.yaml", RULE);
    assert_eq!(s.get("/rules/old%20one").body, RULE);

    // A save keeps what Praeco does not know, and comments.
    let read = s.get("/api/rules/web/eu/burst");
    assert!(read.header("content-type").unwrap().starts_with("text/"));
    assert_eq!(s.save("/api/rules/web/eu/burst", &format!("{RULE}is_enabled: false\n")).status, 200);
    let stored = w.read("rules/web/eu/burst.yaml");
    assert!(stored.starts_with("# By hand.\n") && stored.contains("tags: [a]") && stored.contains("is_enabled: false"), "{stored}");

    // Two editors do not overwrite each other.
    let tag = read.header("etag").unwrap().to_owned();
    let body = json!({"yaml": RULE}).to_string();
    let late = s.send("POST", "/rules/web/eu/burst", &format!("If-Match: {tag}\r\n"), &body);
    assert_eq!((late.status, late.json()["error"].as_str()), (412, Some("changed")));
    let now = s.get("/rules/web/eu/burst").header("etag").unwrap().to_owned();
    assert_eq!(s.send("POST", "/rules/web/eu/burst", &format!("If-Match: {now}\r\n"), &body).status, 200);
    assert_eq!(s.send("POST", "/rules/web/eu/burst", "If-None-Match: *\r\n", &body).status, 412);

    for bad in ["", "{}", r#"{"yaml": ""}"#, r#"{"yaml": "[]"}"#, r#"{"yaml": "a: ["}"#, "no json"] {
        let a = s.send("POST", "/rules/bad", "", bad);
        assert_eq!(a.status, 400, "{bad}: {a:?}");
    }
    assert!(!w.path("rules/bad.yaml").exists());

    let folder = s.send("PUT", "/api/folders/templates/one/two", "", "");
    assert_eq!(folder.json(), json!({"created": true, "type": "templates", "path": "one/two"}));
    assert_eq!(s.get("/templates?all").json(), json!(["one/", "one/two/"]));
    assert_eq!(s.save("/templates/one/t", RULE).status, 200);
    assert_eq!(s.send("DELETE", "/api/folders/rules/a", "", "").json()["deleted"], true);
    assert!(!w.path("rules/a").exists());
    assert_eq!(s.send("DELETE", "/rules/web/eu/burst", "", "").status, 200);
    assert_eq!(s.send("DELETE", "/rules/web/eu/burst", "", "").status, 404);

    // All of it in one archive, but not what holds secrets.
    assert_eq!(s.save("/rules/kept/one", RULE).status, 200);
    let mut archive = ureq::get(format!("http://127.0.0.1:{}/download", s.port)).call().unwrap();
    let bytes = archive.body_mut().read_to_vec().unwrap();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
    let names: Vec<String> = tar.entries().unwrap().map(|e| e.unwrap().path().unwrap().display().to_string()).collect();
    assert_eq!(names, ["rules/kept/one.yaml", "rules/old%20one.yaml"]);

    // What needs a cluster says so, and does not hang.
    for path in ["/indices", "/mapping/logs-*", "/metadata/silence"] {
        assert_eq!((s.get(path).status, s.get(path).json()["error"].as_str()), (503, Some("noCluster")), "{path}");
    }
    let audit = w.read("audit.ndjson");
    let whats: Vec<Value> = audit.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["what"].clone()).collect();
    assert_eq!(whats, ["create", "change", "change", "change", "create folder", "create", "delete folder", "delete", "create"], "{audit}");
}

#[test]
fn the_schema_of_a_rule_is_looked_at_before_it_is_saved() {
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    let test =
        |rule: &str| s.send("POST", "/api/test", "", &json!({"rule": rule, "options": {"testType": "schemaOnly", "days": 1}}).to_string());
    // The import leads to where elastalert-server would keep its tests.
    let good = test(&RULE.replace("\"BaseRule.config\"", "\"../../rules/BaseRule.config\""));
    assert!(good.status == 200 && !good.body.is_empty(), "{good:?}");
    for bad in ["name: x\n", "a: [", &RULE.replace("\"any\"", "\"nonsense\""), &RULE.replace("BaseRule.config", "/etc/passwd")] {
        let a = test(bad);
        assert_eq!((a.status, a.body.as_str()), (200, ""), "{bad}");
    }
    assert_eq!(s.send("POST", "/api/test", "", "{}").json()["error"], "ruleNotSend");
    assert_eq!(s.send("POST", "/api/test", "", r#"{"rule": "a: 1", "options": {"testType": "x"}}"#).json()["error"], "optionsInvalid");
}

#[test]
fn sigma_rules_become_rules_that_praeco_opens() {
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    let sigma = "title: Who Am I\nlogsource: {product: windows, category: process_creation}\ndetection: {a: {Image|endswith: '\\whoami.exe'}, condition: a}\nlevel: high\n---\ntitle: Broken\nlogsource: {product: windows}\ndetection: {a: {b|nonsense: c}, condition: a}\n";
    let ask = |body: Value| s.send("POST", "/api/sigma/convert", "", &body.to_string()).json();
    let shown = ask(json!({"rules": sigma, "dryRun": true}));
    assert_eq!(shown["rules"][0]["written"], false);
    assert!(shown["failures"][0]["message"].as_str().unwrap().contains("nonsense"), "{shown}");
    assert!(w.files("rules").iter().all(|f| !f.contains("Who")));
    let made = ask(json!({"rules": sigma, "folder": "from sigma/windows"}));
    let id = made["rules"][0]["id"].as_str().unwrap();
    assert!(id.starts_with("from sigma/windows/"), "{made}");
    let read = s.get(&format!("/api/rules/{}", id.replace(' ', "%20")));
    assert!(read.body.contains("whoami.exe") && read.body.contains("BaseRule.config"), "{read:?}");
    assert!(ask(json!({"rules": sigma, "folder": "from sigma/windows"}))["failures"].to_string().contains("already"));
    assert_eq!(s.send("POST", "/sigma/convert", "", r#"{"rules": "a", "mapping": "/etc/passwd"}"#).status, 400);
}

#[test]
fn attacks_are_refused() {
    let w = Workspace::new();
    w.write("rules/a.yaml", RULE);
    w.write("secret.yaml", "password: hunter2\n");
    std::os::unix::fs::symlink(w.path("secret.yaml"), w.path("rules/link.yaml")).unwrap();
    std::os::unix::fs::symlink(w.path(""), w.path("rules/up")).unwrap();
    let s = Served::start(&w, &[]);
    for path in [
        "/rules/../secret",
        "/rules/%2e%2e/secret",
        "/rules/..%2fsecret",
        "/rules/%2e%2e%2fsecret",
        "/rules/..%5csecret",
        "/rules/a/../../secret",
        "/rules//etc/passwd",
        "/rules/%00",
        "/rules/a%00",
        "/rules/.hidden",
        "/rules/%252e%252e/secret",
        "/rules/link",
        "/rules/up/secret",
        "/api/rules/./a",
        "/rules/a%0d%0aSet-Cookie:%20x",
        "/templates/..%2f..%2fsecret",
        "/rules/%ff%fe",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let body = if method == "POST" { json!({"yaml": RULE}).to_string() } else { String::new() };
            let a = s.send(method, path, "", &body);
            assert!((400..500).contains(&a.status), "{method} {path}: {a:?}");
            assert!(!a.body.contains("hunter2") && a.header("set-cookie").is_none(), "{method} {path}: {a:?}");
        }
    }
    assert_eq!(s.send("PUT", "/folders/rules/..%2fout", "", "").status, 400);
    assert_eq!(s.send("DELETE", "/folders/rules/up", "", "").status, 403);
    assert_eq!(s.send("DELETE", "/folders/rules/", "", "").status, 400);
    assert_eq!(w.read("secret.yaml"), "password: hunter2\n");

    // Other names and pages.
    let rebound = s.send("GET", "/rules?all", "Host: evil.example.com\r\n", "");
    assert_eq!((rebound.status, rebound.json()["error"].as_str()), (403, Some("hostRefused")));
    let body = json!({"yaml": RULE}).to_string();
    for header in ["Origin: https://evil.example.com\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        assert_eq!(s.send("POST", "/rules/x", header, &body).status, 403, "{header}");
    }
    let own = format!("Origin: http://127.0.0.1:{}\r\nSec-Fetch-Site: same-origin\r\n", s.port);
    assert_eq!(s.send("POST", "/rules/x", &own, &body).status, 200);
    let socket = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://evil.example.com\r\n";
    assert_eq!(s.send("GET", "/api-ws/test", socket, "").status, 403);
    assert!(s.get("/rules?all").header("access-control-allow-origin").is_none());

    // Too much, and too slow.
    let huge = format!("{{\"yaml\": \"{}\"}}", "x".repeat(6 << 20));
    assert_eq!(s.send("POST", "/rules/huge", "", &huge).status, 413);
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    assert_eq!(s.save("/rules/bomb", bomb).status, 400);
    let begin = Instant::now();
    let slow = s.raw(format!("POST /rules/slow HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 100\r\n\r\n{{", s.port).as_bytes());
    assert!(slow.status == 408 && begin.elapsed() < Duration::from_secs(25), "{slow:?}");
    assert_eq!(s.raw(b"\x16\x03\x01nonsense\r\n\r\n").status / 100, 4);
    assert_eq!(s.get("/rules/a").body, RULE);
}

#[test]
fn others_are_asked_who_they_are() {
    let w = Workspace::new();
    let run = w.run(&["serve", "--rules", "rules", "--listen", "0.0.0.0:0"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("nobody would be asked who they are"), "{}", run.stderr);
    assert_eq!(w.run_env(&["serve", "--rules", "rules"], &[("SIGMALERT_TOKEN", "short")]).status, 2);

    let s = Served::start_with(&w, &[], &[("SIGMALERT_TOKEN", "a-token-that-is-long-enough")]);
    let refused = s.get("/rules?all");
    assert_eq!((refused.status, refused.header("www-authenticate").is_some()), (401, true));
    assert_eq!(s.send("GET", "/rules?all", "Authorization: Bearer wrong\r\n", "").status, 401);
    assert_eq!(s.send("GET", "/rules?all", "Authorization: Bearer a-token-that-is-long-enough\r\n", "").status, 200);
    assert!(!s.running.log().contains("long-enough"));

    // `htpasswd -nbB analyst secret-word`
    w.write("users", format!("analyst:{}\n", bcrypt::hash("secret-word", 4).unwrap()));
    let s = Served::start(&w, &["--users", "users"]);
    let basic = |user: &str| {
        use base64::Engine as _;
        format!("Authorization: Basic {}\r\n", base64::engine::general_purpose::STANDARD.encode(user))
    };
    assert_eq!(s.send("GET", "/rules?all", &basic("analyst:secret-word"), "").status, 200);
    assert_eq!(s.send("GET", "/rules?all", &basic("analyst:wrong"), "").status, 401);
    assert_eq!(s.send("GET", "/rules?all", &basic("nobody:secret-word"), "").status, 401);
}

#[test]
fn pages_are_served() {
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    let own = s.get("/");
    assert!(own.status == 200 && own.body.contains("Convert a Sigma rule"), "{own:?}");
    assert!(own.header("content-security-policy").unwrap().contains("script-src 'self'"));
    assert_eq!((s.get("/page.js").status, s.get("/nothing").status), (200, 404));
    w.write("dist/index.html", "<title>Praeco</title>");
    w.write("dist/assets/a.js", "1");
    w.write("dist/praeco.config.json", "{}");
    w.write("out.txt", "hunter2");
    let s = Served::start(&w, &["--praeco", "dist"]);
    // The page's routes have the names of the API's: who wants a page gets it.
    assert_eq!(s.get("/rules/web/x").status, 404);
    let page = s.send("GET", "/rules/web/x", "Accept: text/html,application/xhtml+xml\r\n", "");
    assert!(page.status == 200 && page.body.contains("Praeco"), "{page:?}");
    assert_eq!(s.send("GET", "/api/rules/web/x", "Accept: text/html\r\n", "").status, 404);
    for path in ["/", "/rule/web/x", "/errors"] {
        assert!(s.get(path).body.contains("Praeco"), "{path}");
    }
    assert_eq!((s.get("/assets/a.js").body, s.get("/praeco.config.json").body), ("1".into(), "{}".into()));
    assert!(s.get("/api-app/releases").json()[0]["tag_name"].is_string());
    assert!(!s.get("/assets/..%2f..%2fout.txt").body.contains("hunter2"));
    assert_eq!(w.run(&["serve", "--rules", "rules", "--praeco", "rules"]).status, 2);
}

#[test]
fn it_stops_when_asked() {
    let w = Workspace::new();
    let mut s = Served::start(&w, &[]);
    assert_eq!(s.running.stop(), 0, "{}", s.running.log());
}

/// 200 clients, each with a connection a request: for three seconds, or as long as SERVE_SECONDS says.
#[test]
fn many_clients_at_once() {
    let w = Workspace::new();
    w.write("rules/a.yaml", RULE);
    let s = Served::start(&w, &[]);
    let seconds = std::env::var("SERVE_SECONDS").ok().and_then(|t| t.parse().ok()).unwrap_or(3);
    let end = Instant::now() + Duration::from_secs(seconds);
    let results: Vec<(bool, Duration)> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..200)
            .map(|i| {
                let s = &s;
                scope.spawn(move || {
                    let mut out = Vec::new();
                    while Instant::now() < end {
                        let begin = Instant::now();
                        let good = match (i + out.len()) % 5 {
                            0 => s.save(&format!("/rules/c{i}"), RULE).status == 200,
                            1 => s.get("/api/rules?all").status == 200,
                            _ => s.get("/api/rules/a").body == RULE,
                        };
                        out.push((good, begin.elapsed()));
                    }
                    out
                })
            })
            .collect();
        clients.into_iter().flat_map(|c| c.join().unwrap()).collect()
    });
    let mut times: Vec<Duration> = results.iter().map(|r| r.1).collect();
    times.sort();
    let failed = results.iter().filter(|r| !r.0).count();
    eprintln!(
        "{} requests in {seconds} s, {failed} failed; median {:?}, 99th percentile {:?}",
        times.len(),
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
    assert_eq!(failed, 0);
}

/// One test over the websocket: the frames.
fn trial(s: &Served, rule: &str, start: &str) -> Vec<Value> {
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

#[test]
fn over_a_real_cluster() {
    let Some(cluster) = opensearch::connect("over_a_real_cluster") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    w.write("config.yaml", field.config("w", "").replace("seconds: 60", "seconds: 1"));
    let s = Served::start(&w, &["--config", "config.yaml"]);
    let now = jiff::Timestamp::now().to_string();
    field.add(0, &[json!({"@timestamp": now, "user": "alice"}), json!({"@timestamp": now, "user": "bob"})]);

    // Metadata of a fresh installation, and fields and events.
    for kind in ["elastalert", "elastalert_status", "silence", "elastalert_error", "past_elastalert"] {
        let a = s.get(&format!("/api/metadata/{kind}")).json();
        assert_eq!((&a["hits"], a.get("error")), (&json!([]), None), "{kind}: {a}");
    }
    let events = field.events();
    assert!(s.get("/api/indices").json().as_array().unwrap().contains(&json!(events)));
    assert_eq!(s.get(&format!("/api/mapping/{events}")).json()[&events]["mappings"]["properties"]["@timestamp"]["type"], "date");
    assert_eq!(s.get("/api/mapping/no-such-index-here").status, 404);
    let search = |index: &str, body: Value| s.send("POST", &format!("/api/search/{index}"), "", &body.to_string());
    let found = search(&events, json!({"query": {"query_string": {"query": "user:alice"}}, "size": 40})).json();
    assert_eq!((&found["hits"]["total"], &found["hits"]["hits"][0]["_source"]["user"]), (&json!(1), &json!("alice")));
    assert_eq!(search(&events, json!({"query": {"nonsense": {}}})).status, 400);
    for index in [".security", "_all", "a,.kibana", "%2e%2e", "a%2f_delete_by_query"] {
        assert_eq!(search(index, json!({})).status, 403, "{index}");
    }
    assert_eq!(search(&events, json!({"query": {"script": {"script": "true"}}})).status, 403);

    // Tried out, saved, and it alerts in the same process.
    let rule = RULE.replace("logs-*", &events).replace("a:1", "user:alice").replace("BaseRule.config", "../../rules/BaseRule.config");
    let start = (jiff::Timestamp::now() - std::time::Duration::from_secs(3600)).to_string();
    let frames = trial(&s, &rule, &start);
    let results: Vec<&Value> = frames.iter().filter(|f| f["event"] == "result").collect();
    assert_eq!(results.len(), 1, "{frames:?}");
    let result: Value = serde_json::from_str(results[0]["data"].as_str().unwrap()).unwrap();
    assert_eq!((&result["hits"], &result["writeback"]["elastalert_status"]["matches"]), (&json!(1), &json!(1)), "{result}");
    for f in frames.iter().filter(|f| f["event"] == "progress") {
        assert!(f["data"].as_str().unwrap().starts_with("INFO:elastalert:"), "{f}");
    }
    let broken = trial(&s, "name: x\n", &start);
    assert!(broken.iter().any(|f| f["event"] == "progress" && !f["data"].as_str().unwrap().starts_with("INFO:elastalert:")), "{broken:?}");

    let rule = rule.replace("../../rules/", "");
    assert_eq!(s.save("/api/rules/whoami", &rule).status, 200);
    until("the alert of a rule that was just saved", 40, || {
        let rows = s.get("/api/metadata/elastalert?noagg=1").json();
        rows["hits"].as_array().is_some_and(|h| h.iter().any(|r| r["rule_name"] == "Whoami" && r["alert_info"]["type"].is_string()))
    });
    until("its status", 20, || {
        s.get("/api/metadata/elastalert_status?rule_name=Whoami").json()["hits"].as_array().is_some_and(|h| !h.is_empty())
    });
    assert_eq!(s.get("/api/metadata/elastalert_status?rule_name=other").json()["hits"], json!([]));
    assert_eq!(s.get("/api/status").json()["status"], "READY");

    // Silenced: the text that Praeco takes for success, and the document at once.
    let silenced = s.send("POST", "/api/silence/whoami", "", r#"{"unit": "hours", "duration": 2}"#);
    assert!(silenced.body.starts_with("INFO:elastalert:Success. Whoami._silence will be silenced until"), "{silenced:?}");
    let rows = s.get("/api/metadata/silence?rule_name=Whoami").json();
    assert_eq!(rows["hits"][0]["rule_name"], "Whoami._silence", "{rows}");
    for bad in [r#"{"unit": "years"}"#, r#"{"duration": 0}"#, r#"{"duration": "x"}"#] {
        assert_eq!(s.send("POST", "/api/silence/whoami", "", bad).json()["error"], "optionsInvalid", "{bad}");
    }
    let overview = s.get("/status/overview").json();
    assert_eq!(overview["rules"][0]["name"], "Whoami", "{overview}");
}

fn screenshot(page: &praeco::Page, name: &str) {
    if let Some(folder) = std::env::var_os("PRAECO_SCREENSHOTS") {
        page.screenshot(&std::path::PathBuf::from(folder).join(format!("{name}.png")));
    }
}

/// The real page on the real cluster, with nothing else between them.
#[test]
fn praeco_works_on_it() {
    let test = "praeco_works_on_it";
    let (Some(dist), Some(cluster)) = (praeco::dist(test), opensearch::connect(test)) else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    w.write("config.yaml", field.config("w", "").replace("seconds: 60", "seconds: 1"));
    field.add(0, &[json!({"@timestamp": jiff::Timestamp::now().to_string(), "user": "alice"})]);
    let rule =
        RULE.replace("logs-*", &field.events()).replace("a:1", "user:alice").replace("\"BaseRule.config\"", "\"../BaseRule.config\"");
    w.write("rules/from sigma/whoami.yaml", format!("# Made from whoami.yml.\n{rule}tags: [attack.t1033]\npriority: 3\n"));
    let dist = dist.display().to_string();
    let s = Served::start(&w, &["--config", "config.yaml", "--praeco", &dist]);
    let Some(page) = praeco::visit(test, s.port, (1400, 1600)) else { return };
    until("an alert", 30, || s.get("/api/metadata/elastalert?noagg=1").json()["hits"].as_array().is_some_and(|h| !h.is_empty()));

    // The tree, the rule, and its alerts.
    page.go("/");
    page.wait("the overview", "return document.body.innerText.includes('Whoami')");
    assert!(!page.run("return document.body.innerText").as_str().unwrap().contains("Internal error"));
    screenshot(&page, "tree");
    page.go("/rules/from%20sigma%2Fwhoami");
    page.wait("the rule", "return [...document.querySelectorAll('pre')].some(p => p.textContent.includes('user:alice'))");
    page.wait("its events", "return document.body.innerText.includes('alice')");
    screenshot(&page, "rule");

    // Switched off: what Praeco does not know stays.
    page.click("Disable...");
    page.wait(
        "the question",
        "const b = document.querySelector('.el-message-box__btns .el-button--primary'); if (!b) return false; b.click(); return true",
    );
    page.wait("the rule to be off", "return [...document.querySelectorAll('.el-tag')].some(t => t.innerText.trim() == 'Disabled')");
    let file = "rules/from sigma/whoami.yaml";
    until("the rule to be saved", 20, || w.read(file).contains("is_enabled: false"));
    let stored = w.read(file);
    assert!(stored.contains("tags: [attack.t1033]") && stored.starts_with("# Made from whoami.yml.\n"), "{stored}");

    for (path, text) in [("/queries", "Whoami"), ("/silences", "Whoami"), ("/errors", "Errors")] {
        page.go(path);
        page.wait(path, &format!("return document.body.innerText.includes('{text}')"));
        screenshot(&page, path.trim_start_matches('/'));
    }

    // Tried out in the editor, with progress and a result.
    page.go("/rule/edit/from%20sigma%2Fwhoami");
    page.wait("the editor", "return [...document.querySelectorAll('button')].some(b => b.innerText.trim() == 'Save')");
    page.click("Test");
    page.click("Run");
    page.wait("what the test says", "return document.body.innerText.includes('alert triggers over the last')");
    page.run("[...document.querySelectorAll('.el-alert')].at(-1).scrollIntoView()");
    screenshot(&page, "test");

    // Deleted from its page.
    page.go("/rules/from%20sigma%2Fwhoami");
    page.click("Delete...");
    page.wait(
        "the question",
        "const b = document.querySelector('.el-message-box__btns .el-button--primary'); if (!b) return false; b.click(); return true",
    );
    until("the rule to be gone", 20, || !w.path(file).exists());
    assert_eq!(page.log(), "");
}

/// Our own page, on a desk and on a phone.
#[test]
fn our_own_page_works() {
    let test = "our_own_page_works";
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    for (name, size) in [("desk", (1280, 900)), ("phone", (400, 800))] {
        let Some(page) = praeco::visit(test, s.port, size) else { return };
        page.go("/");
        page.wait("the state", "return document.getElementById('state').textContent.includes('without a cluster')");
        let sigma = "title: Who <b>Am</b> I\nlogsource: {product: windows, category: process_creation}\ndetection: {a: {Image|endswith: '\\whoami.exe'}, condition: a}\n";
        page.run(&format!("document.getElementById('sigma').value = {}; document.getElementById('show').click()", json!(sigma)));
        page.wait("the rule file", "return document.getElementById('result').textContent.includes('query_string')");
        // Text stays text.
        assert_eq!(page.run("return document.querySelectorAll('b').length"), 0);
        // Nothing is wider than the screen.
        assert_eq!(page.run("return document.documentElement.scrollWidth <= window.innerWidth"), true, "{name}");
        // Every field has a label, every table a heading.
        let unlabelled = "return [...document.querySelectorAll('input, select, textarea')].filter(e => !e.labels.length).length + [...document.querySelectorAll('section')].filter(e => !document.getElementById(e.getAttribute('aria-labelledby'))).length";
        assert_eq!(page.run(unlabelled), 0);
        screenshot(&page, &format!("own-{name}"));
        let log = page.log();
        let own: Vec<&str> = log.lines().filter(|l| !l.contains("503")).collect();
        assert!(own.is_empty(), "{log}");
    }
}

#[test]
fn a_cluster_that_is_gone_is_told_and_nothing_hangs() {
    let w = Workspace::new();
    w.write(
        "config.yaml",
        "rules_folder: rules\nrun_every: {seconds: 60}\nbuffer_time: {minutes: 15}\nes_host: 127.0.0.1\nes_port: 9\nwriteback_index: gone\n",
    );
    let s = Served::start(&w, &["--config", "config.yaml", "--no-run"]);
    let begin = Instant::now();
    assert_eq!(s.get("/api/indices").status, 502);
    let rows = s.get("/api/metadata/elastalert_error").json();
    assert!(rows["error"]["msg"].is_string() && rows["hits"] == json!([]), "{rows}");
    assert_eq!(s.get("/rules?all").status, 200);
    assert!(begin.elapsed() < Duration::from_secs(60));
}
