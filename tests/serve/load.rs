//! `sigmalert serve`: what a single client asks for, and how slowly it takes it, costs the server little memory and nobody else his turn.

use crate::support::cli::Workspace;
use crate::support::runtime::until;
use crate::support::served::{RULE, Served};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The most memory that a process has had, in MiB.
fn peak(s: &Served) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", s.running.pid())).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
}

#[test]
fn aggregations_over_events_are_counted_before_they_are_made() {
    let w = Workspace::new();
    let many: Vec<u32> = (0..60).collect();
    let line =
        |i: u32| json!({"@timestamp": format!("2026-01-01T00:00:{:02}Z", i % 60), "a": many, "b": many, "c": many, "d": many, "u": i});
    w.write("events.ndjson", (0..100).map(|i| format!("{}\n", line(i))).collect::<String>());
    let s = Served::start(&w, &["--events", "events.ndjson", "--no-run"]);
    let histogram = |own: Value| {
        json!({"date_histogram": {"field": "@timestamp", "fixed_interval": "1s", "min_doc_count": 0,
            "extended_bounds": {"min": "2026-01-01T00:00:00Z", "max": "2026-01-01T16:00:00Z"}}, "aggs": own})
    };
    let source = |f: &str| json!({f: {"terms": {"field": f}}});
    for (what, aggs) in [
        ("nested histograms", histogram(json!({"x": histogram(json!({"x": histogram(json!({}))}))}))),
        ("histograms below terms", json!({"terms": {"field": "u", "size": 100}, "aggs": {"x": histogram(json!({}))}})),
        ("a composite over lists", json!({"composite": {"sources": [source("a"), source("b"), source("c"), source("d")]}})),
        (
            "terms below terms",
            json!({"terms": {"field": "a", "size": 60}, "aggs": {"x": {"terms": {"field": "b", "size": 60}, "aggs": {
            "x": {"terms": {"field": "c", "size": 60}, "aggs": {"x": {"terms": {"field": "d", "size": 60}}}}}}}}),
        ),
    ] {
        let answer = s.send("POST", "/search/logs-*", "", &json!({"size": 0, "aggs": {"x": aggs}}).to_string());
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("too_many_buckets")), "{what}: {}", answer.body.len());
    }
    // One of them alone is answered.
    let one = s.send("POST", "/search/logs-*", "", &json!({"size": 0, "aggs": {"x": histogram(json!({}))}}).to_string());
    assert_eq!(one.json()["aggregations"]["x"]["buckets"].as_array().map(Vec::len), Some(57_601));
    assert!(peak(&s) < 500, "{} MiB", peak(&s));
}

/// A search with an answer of 24 MB, which nobody may read.
fn large(s: &Served) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", s.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
    let body = r#"{"size": 10000}"#;
    let head = format!("POST /search/logs-* HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\n\r\n", s.port, body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    stream
}

/// The status of the answer, and nothing more of it.
fn status(stream: &mut TcpStream) -> u16 {
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    String::from_utf8_lossy(&head[9..12]).parse().unwrap()
}

fn with_large_events() -> (Workspace, Served) {
    let w = Workspace::new();
    let line = |i: u32| json!({"@timestamp": "2026-01-01T00:00:00Z", "i": i, "text": "x".repeat(20_000)});
    w.write("events.ndjson", (0..1_200).map(|i| format!("{}\n", line(i))).collect::<String>());
    let s = Served::start(&w, &["--events", "events.ndjson", "--no-run"]);
    (w, s)
}

#[test]
fn answers_that_nobody_reads_hold_little() {
    let (_w, s) = with_large_events();
    let mut readers: Vec<TcpStream> = (0..10).map(|_| large(&s)).collect();
    let answers: Vec<u16> = readers.iter_mut().map(status).collect();
    // 64 MiB for one address; the others are told to come back. On a busy machine the first are cut off before the last ask.
    assert!(answers.contains(&200) && answers.contains(&503) && answers.iter().all(|a| matches!(a, 200 | 503)), "{answers:?}");
    // Nobody else waits for them, and once they are gone there is room again.
    assert_eq!(s.get("/status").status, 200);
    drop(readers);
    until("room for another answer", 30, || status(&mut large(&s)) == 200);
}

#[test]
fn who_reads_nothing_is_cut_off() {
    let (_w, s) = with_large_events();
    let mut stream = large(&s);
    assert_eq!(status(&mut stream), 200);
    std::thread::sleep(Duration::from_secs(35));
    // What was in the buffers between is still there, and no more.
    let mut rest = Vec::new();
    let end = stream.read_to_end(&mut rest);
    assert!(rest.len() < 24_000_000, "{} bytes, {end:?}", rest.len());
    // Who reads is given all of it.
    let mut stream = large(&s);
    let (mut all, mut some) = (0, [0; 8_192]);
    while all < 24_000_000 {
        let n = stream.read(&mut some).unwrap();
        assert!(n > 0, "{all} bytes");
        all += n;
    }
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let n = u8::try_from(payload.len()).unwrap();
    [&[0, 0, n, kind, flags, 0, 0, 0, stream], payload].concat()
}

#[test]
fn connections_without_requests_are_closed() {
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    let open = |first: &[u8]| {
        let mut stream = TcpStream::connect(("127.0.0.1", s.port)).unwrap();
        stream.write_all(first).unwrap();
        stream
    };
    let name = format!("127.0.0.1:{}", s.port);
    // HTTP/2 in clear: settings, `GET /status` (its path and the authority as literals), then pings that keep no connection open.
    let headers = [&[0x82, 0x86, 0x44, 7][..], b"/status", &[0x41, u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
    let first = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(4, 0, 0, &[]), frame(1, 5, 1, &headers)].concat();
    let http1 = format!("GET /status HTTP/1.1\r\nHost: {name}\r\n\r\n");
    std::thread::scope(|scope| {
        for (what, first, ping) in [
            ("HTTP/2", first.clone(), Vec::new()),
            ("HTTP/2 with pings", first, frame(6, 0, 0, &[0; 8])),
            ("HTTP/1", http1.into_bytes(), Vec::new()),
        ] {
            let mut stream = open(&first);
            scope.spawn(move || {
                stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                let (begin, mut got, mut some) = (Instant::now(), Vec::new(), [0; 4_096]);
                while begin.elapsed() < Duration::from_secs(90) {
                    match stream.read(&mut some) {
                        Ok(0) => break,
                        Ok(n) => got.extend_from_slice(&some[..n]),
                        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => _ = stream.write_all(&ping),
                        Err(_) => break,
                    }
                }
                assert!(begin.elapsed() < Duration::from_secs(85), "{what}: it is still open");
                assert!(String::from_utf8_lossy(&got).contains("SETUP"), "{what}: {got:?}");
            });
        }
    });
}

#[test]
fn messages_of_the_websocket_are_no_larger_than_rules() {
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    let ask = |size: usize| {
        let (mut socket, _) = tungstenite::connect(format!("ws://127.0.0.1:{}/api-ws/test", s.port)).unwrap();
        let rule = format!("{RULE}description: \"{}\"\n", "x".repeat(size));
        let body = json!({"rule": rule, "options": {"testType": "schemaOnly"}}).to_string();
        // The server may close before it has read all of it.
        _ = socket.send(tungstenite::Message::Text(body.into()));
        std::iter::from_fn(|| socket.read().ok()).filter(|m| m.to_string().contains("\"result\"")).count()
    };
    assert_eq!((ask(900_000), ask(3_000_000)), (1, 0));
    assert_eq!(s.get("/status").status, 200);
}
