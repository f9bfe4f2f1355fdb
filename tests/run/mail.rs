//! Mail goes to a server that the certificates of `smtp_ca_certs` vouch for, and to no other: neither the login nor the message.

use crate::run::tls::self_signed;
use crate::support::cli::Workspace;
use crate::support::opensearch;
use crate::support::runtime::{Field, until};
use crate::support::skip::{Need, skip};
use serde_json::json;
use std::process::{Child, Command, Stdio};

/// A mail server that writes down every line it is sent: TLS from the start, by STARTTLS, or not at all.
const SMTP: &str = r#"
import socket, ssl, sys, threading
port, mode, cert, key, log = int(sys.argv[1]), *sys.argv[2:6]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
def serve(c):
    tls = mode == "ssl"
    try:
        if tls: c = context.wrap_socket(c, server_side=True)
        f = c.makefile("rwb")
        def say(t): f.write(t + b"\r\n"); f.flush()
        say(b"220 mail")
        data = False
        while line := f.readline():
            with open(log, "ab") as l: l.write(line)
            word = line.strip().upper()
            if data:
                if word == b".": data = False; say(b"250 kept")
            elif word.startswith(b"EHLO"):
                if mode == "starttls" and not tls: say(b"250-STARTTLS")
                say(b"250-8BITMIME"); say(b"250 AUTH PLAIN LOGIN")
            elif word == b"STARTTLS":
                say(b"220 go on"); c = context.wrap_socket(c, server_side=True); f = c.makefile("rwb"); tls = True
            elif word.startswith(b"AUTH"): say(b"235 welcome")
            elif word == b"DATA": data = True; say(b"354 go on")
            elif word == b"QUIT": say(b"221 bye"); break
            else: say(b"250 ok")
    except Exception: pass
    finally: c.close()
s = socket.create_server(("127.0.0.1", port))
while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
"#;

struct Mail(Child, u16);

impl Mail {
    fn start(w: &Workspace, mode: &str, name: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let python = std::env::var("ELASTALERT_PYTHON").unwrap_or_else(|_| "python3".into());
        let args = ["-c", SMTP, &port.to_string(), mode, &format!("{name}.pem"), &format!("{name}.key"), "mail.log"];
        let child = Command::new(python).args(args).current_dir(w.path("")).stderr(Stdio::null()).spawn().unwrap();
        until("the mail server listens", 20, || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self(child, port)
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn only_a_server_that_the_named_certificates_vouch_for_gets_login_and_mail() {
    let test = "only_a_server_that_the_named_certificates_vouch_for_gets_login_and_mail";
    let Some(cluster) = opensearch::connect(test) else { return };
    let w = Workspace::new();
    let days = ["-days", "2"];
    if !(self_signed(&w, "own", &days) && self_signed(&w, "other", &days)) {
        skip(test, Need::OpenSsl);
        return;
    }
    // Signed by an authority: for this address, and for another.
    for (name, address) in [("here", "IP:127.0.0.1"), ("there", "IP:127.0.0.9")] {
        let address = format!("subjectAltName={address}");
        let by = ["-days", "2", "-CA", "own.pem", "-CAkey", "own.key", "-addext", &address, "-addext", "basicConstraints=CA:FALSE"];
        assert!(self_signed(&w, name, &by), "openssl signs {name}");
    }
    let past = self_signed(&w, "past", &["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"]);
    let field = Field::new(&cluster);
    field.create();
    field.add(0, &[json!({"@timestamp": jiff::Timestamp::now().to_string(), "who": "bob"})]);
    w.write("rules/auth.account", "user: soc\npassword: canary\n");
    let mut runs = 0;
    let mut send = |mode: &str, server: &str, trusted: &str| {
        runs += 1;
        std::fs::remove_file(w.path("mail.log")).ok();
        let server = Mail::start(&w, mode, server);
        w.write(
            "rules/mail.yaml",
            format!(
                "name: mail\nindex: {}\ntype: any\nfilter: []\nrealert: {{minutes: 0}}\nalert: [email]\nsmtp_host: 127.0.0.1\nsmtp_port: {}\n\
                 smtp_ssl: {}\nfrom_addr: a@example.org\nemail: b@example.org\nsmtp_auth_file: auth.account\nsmtp_ca_certs: {}\n",
                field.events(),
                server.1,
                mode == "ssl",
                w.path(trusted).display()
            ),
        );
        w.write("config.yaml", field.config(&format!("wb{runs}"), ""));
        let run = w.run(&["run", "--config", "config.yaml", "--once"]);
        (run.status, run.stderr, std::fs::read_to_string(w.path("mail.log")).unwrap_or_default())
    };
    for mode in ["ssl", "starttls"] {
        for server in ["own", "here"] {
            let (status, stderr, log) = send(mode, server, "own.pem");
            assert_eq!(status, 0, "{mode} {server}: {stderr}");
            assert!(log.contains("AUTH PLAIN") && log.contains("bob"), "{mode} {server}: {log}");
        }
    }
    let mut bad =
        vec![("ssl", "own", "other.pem"), ("starttls", "own", "other.pem"), ("ssl", "there", "own.pem"), ("clear", "own", "own.pem")];
    bad.extend(past.then_some(("ssl", "past", "past.pem")));
    for (mode, server, trusted) in bad {
        let (status, stderr, log) = send(mode, server, trusted);
        let case = format!("{mode} {server} {trusted}");
        assert_eq!(status, 1, "{case}: {stderr}");
        assert!(stderr.contains("smtp_ca_certs"), "{case}: {stderr}");
        assert!(log.contains("EHLO"), "{case}: it was reached");
        for word in ["AUTH", "MAIL", "RCPT", "DATA", "canary", "bob"] {
            assert!(!log.contains(word), "{case}: {log}");
        }
    }
}
