//! Zabbix: the sender's protocol.

use super::{Failed, Message};
use crate::guard::hosts::Host;
use crate::lookup::lookup;
use crate::text::python;
use crate::time::parse;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let mut items = Vec::new();
    for doc in m.matches {
        let host = o.text_or("zbx_host", "");
        let host = if o.flag("zbx_host_from_field", false) {
            lookup(doc, &host)
                .map(|v| python::str(&v))
                .ok_or_else(|| Failed::new(format!("the match has no field {host} that names the host")))?
        } else {
            host
        };
        let at = lookup(doc, &m.rule.rule.timestamp.field).and_then(|v| parse(&v)).map_or(0, jiff::Timestamp::as_second);
        items.push(json!({"host": host, "key": o.text_or("zbx_key", ""), "value": "1", "clock": at}));
    }
    let body = json!({"request": "sender data", "data": items}).to_string();
    let server = o.text_or("zbx_sender_host", "localhost");
    let port = o.count("zbx_sender_port").and_then(|p| u16::try_from(p).ok()).unwrap_or(10051);
    m.rule.reach(Some(Host::new(&server, Some(port))))?;
    let fail = |e: std::io::Error| Failed::new(format!("{server}:{port} cannot be reached: {}", sigmalert_support::read::reason(&e)));
    let address =
        (server.as_str(), port).to_socket_addrs().map_err(fail)?.next().ok_or_else(|| Failed::new(format!("{server} has no address")))?;
    let limit = Duration::from_secs(10);
    let mut stream = TcpStream::connect_timeout(&address, limit).map_err(fail)?;
    stream.set_read_timeout(Some(limit)).and_then(|()| stream.set_write_timeout(Some(limit))).map_err(fail)?;
    let mut packet = b"ZBXD\x01".to_vec();
    packet.extend((body.len() as u64).to_le_bytes());
    packet.extend(body.as_bytes());
    stream.write_all(&packet).map_err(fail)?;
    let mut answer = Vec::new();
    stream.take(1 << 20).read_to_end(&mut answer).map_err(fail)?;
    let told: Value = answer.get(13..).and_then(|b| serde_json::from_slice(b).ok()).unwrap_or_default();
    let info = told.get("info").and_then(Value::as_str).unwrap_or_default();
    if told.get("response").and_then(Value::as_str) != Some("success") || !info.contains("failed: 0") {
        return Err(Failed::new(format!("Zabbix does not take the value, is there such a host and item? {info}")));
    }
    Ok(())
}
