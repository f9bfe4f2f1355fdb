//! Who answers is checked; what is asked in EQL and ES|QL goes to where Elasticsearch takes it; several hosts stand in for each
//! other.

use crate::support::cli::Workspace;
use crate::support::runtime::{Receiver, Running, until};
use crate::support::skip::{Need, skip};
use serde_json::json;
use std::process::{Command, Stdio};

/// A cluster that finds one event by EQL, one row by ES|QL, and nothing otherwise.
fn cluster() -> Receiver {
    Receiver::answering(|r, _| {
        let event = json!({"_index": "i", "_id": "e", "_source": {"@timestamp": jiff::Timestamp::now().to_string(), "n": 1}});
        let empty = json!({"took": 1, "timed_out": false, "hits": {"total": {"value": 0}, "hits": []}});
        let answer = match r.path.split('?').next().unwrap() {
            "/i/_eql/search" => json!({"hits": {"total": {"value": 1}, "events": [event]}}),
            "/_query" => json!({"columns": [{"name": "@timestamp"}, {"name": "n"}], "values": [[jiff::Timestamp::now().to_string(), 2]]}),
            "/_msearch" => json!({"responses": r.body.lines().skip(1).step_by(2).map(|_| empty.clone()).collect::<Vec<_>>()}),
            "/_mget" => json!({"docs": []}),
            _ => empty,
        };
        (200, answer.to_string())
    })
}

fn config(hosts: &str, more: &str) -> String {
    format!("run_every: {{minutes: 1}}\nbuffer_time: {{minutes: 15}}\n{hosts}\nwriteback_index: w\nrules_folder: rules\n{more}\n")
}

fn port(receiver: &Receiver) -> &str {
    receiver.url.rsplit_once(':').unwrap().1
}

#[test]
fn eql_and_esql_are_passed_on() {
    let cluster = cluster();
    let w = Workspace::new();
    let rule = |name: &str, filter: &str| {
        format!("name: {name}\nindex: i\ntype: any\nrealert: {{minutes: 0}}\nalert: [debug]\nfilter:\n- {filter}\n- term: {{a: b}}\n")
    };
    w.write("rules/eql.yaml", rule("eql", "eql: 'process where true'"));
    w.write("rules/esql.yaml", rule("esql", "esql: 'from i | limit 5'"));
    w.write("config.yaml", config(&format!("es_host: 127.0.0.1\nes_port: {}", port(&cluster)), "es_api_key: abc"));
    let run = w.run(&["run", "--config", "config.yaml", "--once", "--debug"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let requests = cluster.requests();
    let of = |path: &str| requests.iter().find(|r| r.path.starts_with(path)).unwrap_or_else(|| panic!("{path}: {}", run.stderr));
    for (path, query) in [("/i/_eql/search", "process where true"), ("/_query", "from i | limit 5")] {
        let body = of(path).json();
        assert_eq!(body["query"], query);
        assert_eq!(body["filter"]["bool"]["must"][1], json!({"term": {"a": "b"}}));
        assert!(body["filter"]["bool"]["must"][0]["range"]["@timestamp"]["gt"].is_string());
        assert_eq!(of(path).header("authorization"), Some("ApiKey abc"));
    }
    assert!(run.stderr.contains("Alert for eql") && run.stderr.contains("Alert for esql"), "{}", run.stderr);
}

#[test]
fn a_host_that_is_gone_is_passed_over() {
    let cluster = cluster();
    let w = Workspace::new();
    w.write("rules/eql.yaml", "name: r\nindex: i\ntype: any\nalert: [debug]\nfilter: [{eql: 'any where true'}]\n");
    // Nothing listens at the first.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    w.write("config.yaml", config(&format!("es_hosts: ['127.0.0.1:{gone}', '127.0.0.1:{}']\nes_host: x\nes_port: 1", port(&cluster)), ""));
    let run = w.run(&["run", "--config", "config.yaml", "--once", "--debug"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.contains("Alert for r"), "{}", run.stderr);
    // The environment goes before the file.
    w.write("config.yaml", config("es_host: 192.0.2.1\nes_port: 1", ""));
    let run = w.run_env(&["run", "--config", "config.yaml", "--once", "--debug"], &[("ES_HOST", "127.0.0.1"), ("ES_PORT", port(&cluster))]);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

/// A TLS server with a certificate that it signed itself, which answers everything with an empty object.
const TLS: &str = r#"
import http.server, ssl, sys
class Server(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b'{"i": {"mappings": {"properties": {}}}}'
        self.send_response(200); self.send_header("content-type", "application/json"); self.send_header("content-length", str(len(body)))
        self.end_headers(); self.wfile.write(body)
    do_GET = do_POST = do_PUT = do_DELETE = answer
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Server)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain("cert.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"#;

#[test]
fn certificates_are_checked() {
    let w = Workspace::new();
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        skip("certificates_are_checked", Need::ElastAlert);
        return;
    };
    if !w.certificate("cert.pem", "key.pem") {
        skip("certificates_are_checked", Need::OpenSsl);
        return;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server =
        Command::new(python).args(["-c", TLS, &port.to_string()]).current_dir(w.path("")).stderr(Stdio::null()).spawn().unwrap();
    until("the TLS server listens", 20, || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let run = |more: &str| {
        w.write("config.yaml", config(&format!("es_host: 127.0.0.1\nes_port: {port}\nuse_ssl: true"), more));
        w.run(&["create-index", "--config", "config.yaml"])
    };
    let refused = run("");
    let unchecked = run("verify_certs: false");
    let trusted = run(&format!("ca_certs: {}", w.path("cert.pem").display()));
    let _ = server.kill();
    let _ = server.wait();
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("is not trusted") && refused.stderr.contains("ca_certs"), "{}", refused.stderr);
    assert_eq!(unchecked.status, 0, "{}", unchecked.stderr);
    assert_eq!(trusted.status, 0, "{}", trusted.stderr);
}

/// The TLS server with a certificate, and its port.
struct TlsServer(std::process::Child, u16);

impl TlsServer {
    fn start(w: &Workspace, cert: &str, key: &str) -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let python = std::env::var("ELASTALERT_PYTHON").unwrap_or_else(|_| "python3".into());
        let program = TLS.replace("cert.pem", cert).replace("key.pem", key);
        let child =
            Command::new(python).args(["-c", &program, &port.to_string()]).current_dir(w.path("")).stderr(Stdio::null()).spawn().ok()?;
        until("the TLS server listens", 20, || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Self(child, port))
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Makes a certificate as `openssl req -x509` makes it: it says that it is an authority, and no address stands in it.
pub fn self_signed(w: &Workspace, name: &str, more: &[&str]) -> bool {
    let (cert, key) = (format!("{name}.pem"), format!("{name}.key"));
    let fixed = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=elasticsearch", "-keyout", &key, "-out", &cert];
    let made = Command::new("openssl").args(fixed).args(more).current_dir(w.path("")).stderr(Stdio::null()).status();
    made.is_ok_and(|s| s.success())
}

#[test]
fn a_certificate_that_signed_itself_is_trusted_where_it_is_named() {
    let w = Workspace::new();
    let test = "a_certificate_that_signed_itself_is_trusted_where_it_is_named";
    if !(self_signed(&w, "own", &["-days", "2"]) && self_signed(&w, "other", &["-days", "2"])) {
        skip(test, Need::OpenSsl);
        return;
    }
    let Some(server) = TlsServer::start(&w, "own.pem", "own.key") else {
        skip(test, Need::Python);
        return;
    };
    let run = |port: u16, ssl: bool, ca: &str| {
        let ca = if ca.is_empty() { String::new() } else { format!("ca_certs: {}", w.path(ca).display()) };
        w.write("config.yaml", config(&format!("es_host: 127.0.0.1\nes_port: {port}\nuse_ssl: {ssl}"), &ca));
        w.run(&["create-index", "--config", "config.yaml"])
    };
    let named = run(server.1, true, "own.pem");
    assert_eq!(named.status, 0, "{}", named.stderr);
    // One of the same name and another key is not it; nor is it trusted where nothing is named.
    for ca in ["other.pem", ""] {
        let refused = run(server.1, true, ca);
        assert!(refused.status == 2 && refused.stderr.contains("is not trusted"), "{ca}: {}", refused.stderr);
    }
    // Among others.
    w.write("both.pem", w.read("other.pem") + &w.read("own.pem"));
    assert_eq!(run(server.1, true, "both.pem").status, 0);
    // In clear to a port that speaks TLS, and the other way around.
    let clear = run(server.1, false, "");
    assert!(clear.status == 2 && clear.stderr.contains("use_ssl: true"), "{}", clear.stderr);
    let plain = cluster();
    let ssl = run(port(&plain).parse().unwrap(), true, "own.pem");
    assert!(ssl.status == 2 && ssl.stderr.contains("use_ssl: false"), "{}", ssl.stderr);
    // Past its date it is refused, named or not. Older releases of openssl cannot make such a one.
    if self_signed(&w, "old", &["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"])
        && let Some(server) = TlsServer::start(&w, "old.pem", "old.key")
    {
        let refused = run(server.1, true, "old.pem");
        assert!(refused.status == 2 && refused.stderr.contains("xpired"), "{}", refused.stderr);
    }
}

#[test]
fn what_is_not_checked_is_told_once() {
    let cluster = cluster();
    let w = Workspace::new();
    for i in 0..5 {
        // Connections of their own, to one cluster.
        let rule = format!("name: r{i}\nindex: i\ntype: any\nalert: [debug]\nfilter: [{{term: {{a: b}}}}]\nes_conn_timeout: {}\n", 10 + i);
        w.write(&format!("rules/{i}.yaml"), rule);
    }
    let hosts = format!("es_host: 127.0.0.1\nes_port: {}\nuse_ssl: true", port(&cluster));
    w.write("config.yaml", config(&hosts, "verify_certs: false"));
    let running = Running::start(&w, &["run", "--config", "config.yaml"], &[]);
    until("the rules to be loaded", 20, || running.log().contains("rules loaded"));
    let log = running.log();
    assert_eq!(log.matches("verify_certs is false").count(), 1, "{log}");
}
