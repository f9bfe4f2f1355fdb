//! Graylog: GELF over HTTP or TCP.

use super::http::Http;
use super::{Failed, Message};
use crate::guard::hosts::Host;
use crate::lookup::lookup;
use crate::text::python;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    for doc in m.matches {
        let mut told: Map<String, Value> = Map::new();
        told.insert("Title".into(), m.rule.rule.name.as_str().into());
        for (key, field) in o.map("gelf_payload").into_iter().flatten() {
            told.insert(key.clone(), lookup(doc, &python::str(field)).map_or(Value::Null, std::borrow::Cow::into_owned));
        }
        let host = sigmalert_support::host::hostname().unwrap_or_else(|| "sigmalert".to_owned());
        let message = json!({
            "version": o.text_or("gelf_version", "1.1"), "host": host, "short_message": Value::Object(told).to_string(),
            "level": o.count("gelf_log_level").unwrap_or(5), "_alert_id": m.id,
        });
        if o.text_or("gelf_type", "http") == "tcp" {
            tcp(m, &message)?;
            continue;
        }
        let mut http = Http::of(m, "gelf").verified(!o.flag("gelf_http_ignore_ssl_errors", false));
        for (name, value) in o.map("gelf_http_headers").into_iter().flatten() {
            http = http.header(name, &python::str(value));
        }
        http.post(&o.text_or("gelf_endpoint", ""), &message)?;
    }
    Ok(())
}

fn tcp(m: &Message<'_>, message: &Value) -> Result<(), Failed> {
    let o = m.options;
    let limit = Duration::from_secs(o.count("gelf_timeout").unwrap_or(30));
    let port = o.count("gelf_port").and_then(|p| u16::try_from(p).ok()).ok_or_else(|| Failed::new("gelf_port is missing"))?;
    let host = o.text_or("gelf_host", "");
    if o.some_text("gelf_ca_cert").is_some() {
        return Err(Failed::new("GELF over TCP with TLS is not done here: use gelf_type http"));
    }
    m.rule.reach(Some(Host::new(&host, Some(port))))?;
    let fail = |e: std::io::Error| Failed::new(format!("{host}:{port} cannot be reached: {}", sigmalert_support::read::reason(&e)));
    let address =
        (host.as_str(), port).to_socket_addrs().map_err(fail)?.next().ok_or_else(|| Failed::new(format!("{host} has no address")))?;
    let mut stream = TcpStream::connect_timeout(&address, limit).map_err(fail)?;
    stream.set_write_timeout(Some(limit)).map_err(fail)?;
    // A NUL ends a message.
    stream.write_all(format!("{message}\0").as_bytes()).map_err(fail)
}
