//! `sigmalert serve` on a network: what is refused, who is asked who they are, and what many clients at once wait.

use crate::support::cli::Workspace;
use crate::support::runtime::until;
use crate::support::served::{RULE, Served};
use crate::support::skip::{Need, skip};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

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
    let body = json!({"yaml": RULE.replace("Whoami", "Another")}).to_string();
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
    // Nobody runs commands on the server by writing a rule, or by trying one out.
    let command = RULE.replace("Whoami", "Third").replace("\"debug\"", "command").replace("alert:", "command: [touch, owned]\nalert:");
    assert_eq!(s.save("/rules/command", &command).json()["error"], "commandRefused");
    let hidden = "title: x\nlogsource: {product: windows}\ndetection: {a: {b: c}, condition: a}\ncustom:\n  elastalert: {alert: [command], command: [touch, owned]}\n";
    s.send("POST", "/sigma/convert", "", &json!({"rules": hidden}).to_string());
    assert!(!w.read("rules/x.yaml").contains("owned"));
    let trial = json!({"rule": command, "options": {"alert": true}}).to_string();
    assert_eq!(s.send("POST", "/test", "", &trial).json()["error"], "commandRefused");
    assert_eq!(s.save("/templates/command", &command).status, 200);
    let allowed = Served::start(&w, &["--allow-commands"]);
    assert_eq!(allowed.save("/rules/command", &command).status, 200);
    // What an administrator wrote stays.
    assert_eq!(s.save("/rules/command", &command.replace("\"a:1\"", "\"a:2\"")).status, 200);
    assert_eq!(s.save("/rules/command", &command.replace("touch", "rm")).status, 403);

    // A template of an alert that goes on for ever, or looks into the environment.
    let w2 = Workspace::new();
    w2.write("events.ndjson", "{\"@timestamp\": \"2026-01-01T00:00:00Z\", \"a\": \"{{ 7 * 7 }}\\r\\nX-Header: 1\"}\n");
    let over = Served::start_with(&w2, &["--events", "events.ndjson"], &[("HIDDEN", "hunter2")]);
    let say = |text: &str| {
        let rule = RULE
            .replace("a:1", "a:*")
            .replace("alert:", &format!("alert_text_type: alert_text_jinja\nalert_text: {}\nalert:", json!(text)));
        let begin = Instant::now();
        let answer = over.send("POST", "/test", "", &json!({"rule": rule, "options": {}}).to_string());
        assert!(answer.status == 200 && begin.elapsed() < Duration::from_secs(20), "{text}: {answer:?}");
        answer.body
    };
    assert!(say("{{ a }} {{ 1 + 1 }}").contains("{{ 7 * 7 }}") && say("{{ 1 + 1 }}").contains('2'));
    say("{% for i in range(100000) %}{% for j in range(100000) %}{{ i }}{% endfor %}{% endfor %}");
    assert!(!say("$HIDDEN ${HIDDEN}").contains("hunter2") && say("$HIDDEN").contains("(HIDDEN)"));
    assert_eq!(over.get("/status").status, 200);

    // A head that does not end is cut off, and so is one that comes a byte at a time.
    for head in ["GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", "G"] {
        let begin = Instant::now();
        let a = s.raw(head.as_bytes());
        assert!(a.status != 200 && begin.elapsed() < Duration::from_secs(25), "{a:?}");
    }
    assert!(s.raw(format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: {}\r\n\r\n", "x".repeat(1 << 20)).as_bytes()).status != 200);
    // Starting and stopping by GET, as elastalert-server has it, not from a page elsewhere.
    for header in ["User-Agent: Mozilla/5.0\r\n", "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n"] {
        assert_eq!(s.send("GET", "/status/control/stop", header, "").status, 403, "{header}");
    }
    assert_eq!(s.raw(b"\x16\x03\x01nonsense\r\n\r\n").status / 100, 4);
    assert_eq!(s.get("/rules/a").body, RULE);
}

#[test]
fn others_are_asked_who_they_are() {
    let w = Workspace::new();
    let run = w.run(&["serve", "--rules", "rules", "--listen", "0.0.0.0:0"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("without authentication"), "{}", run.stderr);
    assert_eq!(w.run_env(&["serve", "--rules", "rules"], &[("SIGMALERT_TOKEN", "short")]).status, 2);

    let s = Served::start_with(&w, &[], &[("SIGMALERT_TOKEN", "a-token-that-is-long-enough")]);
    let refused = s.get("/rules?all");
    assert_eq!((refused.status, refused.header("www-authenticate").is_some()), (401, true));
    assert_eq!(s.send("GET", "/rules?all", "Authorization: Bearer wrong\r\n", "").status, 401);
    assert_eq!(s.send("GET", "/rules?all", "Authorization: Bearer a-token-that-is-long-enough\r\n", "").status, 200);
    // A browser asks for a name and a password.
    let token = "Authorization: Basic eDphLXRva2VuLXRoYXQtaXMtbG9uZy1lbm91Z2g=\r\n";
    assert_eq!(s.send("GET", "/rules?all", token, "").status, 200);
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
                        let own = RULE.replace("Whoami", &format!("rule {i}"));
                        let good = match (i + out.len()) % 5 {
                            0 => s.save(&format!("/rules/c{i}"), &own).status == 200,
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

/// By TLS, with a certificate that is read anew when it changes.
#[test]
fn certificates_are_renewed() {
    let w = Workspace::new();
    if !w.certificate("cert.pem", "key.pem") {
        skip("certificates_are_renewed", Need::OpenSsl);
        return;
    }
    w.write("rules/a.yaml", RULE);
    w.write("broken.pem", "no certificate");
    let run = w.run(&["serve", "--rules", "rules", "--listen", "127.0.0.1:0", "--tls-cert", "broken.pem", "--tls-key", "key.pem"]);
    assert!(run.status == 2 && run.stderr.contains("broken.pem"), "{run:?}");
    assert_eq!(w.run(&["serve", "--rules", "rules", "--tls-cert", "cert.pem"]).status, 2);
    let s = Served::start(&w, &["--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    let ask = |trusted: &str| -> Result<String, String> {
        let pem = std::fs::read(w.path(trusted)).unwrap();
        let root = ureq::tls::Certificate::from_pem(&pem).unwrap();
        let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::new_with_certs(&[root])).build();
        let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).proxy(None).build().into();
        let mut answer = agent.get(format!("https://localhost:{}/rules/a", s.port)).call().map_err(|e| e.to_string())?;
        answer.body_mut().read_to_string().map_err(|e| e.to_string())
    };
    assert_eq!(ask("cert.pem").as_deref(), Ok(RULE));
    // In clear there is nothing to be had.
    assert_ne!(s.get("/rules/a").status, 200);
    // What cannot be used is told, and the old one stays.
    let old = w.read("cert.pem");
    w.write("cert.pem", "no certificate");
    until("the broken certificate to be told", 20, || s.running.log().contains("the certificate was not reloaded"));
    w.write("old.pem", &old);
    assert!(ask("old.pem").is_ok());
    assert!(w.certificate("new.pem", "new-key.pem"));
    w.write("key.pem", w.read("new-key.pem"));
    w.write("cert.pem", w.read("new.pem"));
    until("the new certificate", 20, || ask("new.pem").is_ok());
    assert!(ask("old.pem").is_err());
}

/// A connection that is held open while others come and go, and a stop meanwhile.
#[test]
fn it_stops_while_somebody_waits() {
    let w = Workspace::new();
    let mut s = Served::start(&w, &[]);
    let mut idle = TcpStream::connect(("127.0.0.1", s.port)).unwrap();
    idle.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    idle.write_all(format!("GET /status HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", s.port).as_bytes()).unwrap();
    let mut some = [0; 512];
    assert!(idle.read(&mut some).unwrap() > 0);
    let begin = Instant::now();
    assert_eq!(s.running.stop(), 0, "{}", s.running.log());
    assert!(begin.elapsed() < Duration::from_secs(15));
}
