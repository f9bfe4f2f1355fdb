//! STOMP: a message to a broker.

use super::text::as_is;
use super::{Failed, Message};
use crate::guard::hosts::Host;
use crate::lookup::lookup;
use crate::text::python;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How large an answer of the broker may be.
const MAX_FRAME: u64 = 1 << 20;

/// A header's value: what would end it is written otherwise.
fn header(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\r', "\\r").replace('\n', "\\n").replace(':', "\\c").replace('\0', "")
}

fn frame(stream: &mut BufReader<TcpStream>) -> Result<String, Failed> {
    let mut bytes = Vec::new();
    stream
        .take(MAX_FRAME)
        .read_until(0, &mut bytes)
        .map_err(|e| Failed::new(format!("the broker does not answer: {}", sigmalert_support::read::reason(&e))))?;
    let text = String::from_utf8_lossy(&bytes).trim_start_matches(['\r', '\n']).trim_end_matches('\0').to_owned();
    if text.starts_with("ERROR") || text.is_empty() {
        return Err(Failed::new(format!("the broker refuses: {}", text.lines().take(4).collect::<Vec<_>>().join(" "))));
    }
    Ok(text)
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let at = |doc| lookup(doc, &m.rule.rule.timestamp.field).map(|v| python::str(&v)).unwrap_or_default();
    let key = |doc| m.rule.query_key.as_ref().and_then(|k| lookup(doc, k)).map(|v| python::str(&v));
    let alerts: Vec<String> = m
        .matches
        .iter()
        .map(|doc| match key(doc) {
            Some(k) => format!("Alert for {}, {k} at {}:", m.rule.rule.name, at(doc)),
            None => format!("Rule {} generated an alert at {}:", m.rule.rule.name, at(doc)),
        })
        .collect();
    let last = m.matches.last().map(|doc| key(doc).unwrap_or_else(|| at(doc)));
    let body = m.body(as_is)?;
    let message = json!({
        "match": last, "alerts": alerts, "rule": m.rule.rule.name, "rule_file": m.rule.file.display().to_string(), "matching": body,
        "alertDate": jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S").to_string(), "body": body, "matches": m.matches, "alert_id": m.id,
    })
    .to_string();
    let (host, port) = (o.text_or("stomp_hostname", "localhost"), o.count("stomp_hostport").unwrap_or(61613));
    let fail = |e: std::io::Error| Failed::new(format!("{host}:{port} cannot be reached: {}", sigmalert_support::read::reason(&e)));
    let port = u16::try_from(port).map_err(|_| Failed::new("stomp_hostport is no port"))?;
    m.rule.reach(Some(Host::new(&host, Some(port))))?;
    let address =
        (host.as_str(), port).to_socket_addrs().map_err(fail)?.next().ok_or_else(|| Failed::new(format!("{host} has no address")))?;
    let limit = Duration::from_secs(10);
    let mut out = TcpStream::connect_timeout(&address, limit).map_err(fail)?;
    out.set_read_timeout(Some(limit)).and_then(|()| out.set_write_timeout(Some(limit))).map_err(fail)?;
    let mut input = BufReader::new(out.try_clone().map_err(fail)?);
    let (login, passcode) = (header(&o.text_or("stomp_login", "admin")), header(&o.text_or("stomp_password", "admin")));
    let connect = format!("CONNECT\naccept-version:1.1,1.2\nhost:{}\nlogin:{login}\npasscode:{passcode}\n\n\0", header(&host));
    out.write_all(connect.as_bytes()).map_err(fail)?;
    frame(&mut input)?;
    let destination = header(&o.text_or("stomp_destination", "/queue/ALERT"));
    let sent = format!(
        "SEND\ndestination:{destination}\ncontent-type:application/json\ncontent-length:{}\nreceipt:{}\n\n{message}\0",
        message.len(),
        m.id
    );
    out.write_all(sent.as_bytes()).map_err(fail)?;
    // Only a receipt says that the broker has it.
    frame(&mut input)?;
    let _ = out.write_all(b"DISCONNECT\n\n\0");
    Ok(())
}
