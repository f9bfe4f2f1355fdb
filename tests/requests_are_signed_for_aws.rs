//! Requests to OpenSearch Service are signed as AWS wants it: signatures are worked out again here and by botocore. No secret is told.

use crate::support::cli::{Run, Workspace};
use crate::support::runtime::{Receiver, Request};
use crate::support::signatures::verified;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDA==";
const TIME: &str = "2024-01-02T03:04:05Z";

/// A cluster that finds one event by EQL, and nothing otherwise.
fn cluster() -> Receiver {
    Receiver::answering(|r, _| {
        let event = json!({"_index": "i", "_id": "e", "_source": {"@timestamp": TIME, "user": "bob", "text": "line\nother \"quoted\" ☃"}});
        let empty = json!({"took": 1, "timed_out": false, "hits": {"total": {"value": 0}, "hits": []}});
        let answer = match r.path.split('?').next().unwrap() {
            "/i/_eql/search" => json!({"hits": {"total": {"value": 1}, "events": [event]}}),
            "/_msearch" => json!({"responses": r.body.lines().skip(1).step_by(2).map(|_| empty.clone()).collect::<Vec<_>>()}),
            "/_mget" => json!({"docs": []}),
            _ => empty,
        };
        (200, answer.to_string())
    })
}

fn port(receiver: &Receiver) -> &str {
    receiver.url.rsplit_once(':').unwrap().1
}

fn config(port: &str, more: &str) -> String {
    format!(
        "run_every: {{minutes: 1}}\nbuffer_time: {{minutes: 15}}\nes_host: 127.0.0.1\nes_port: {port}\nwriteback_index: w\nrules_folder: rules\n{more}\n"
    )
}

/// Runs a rule once. The environment has no credentials but those given, and no service that gives some.
fn once(w: &Workspace, environment: &[(&str, &str)]) -> Run {
    let home = w.path("home").display().to_string();
    let mut all = vec![("HOME", home.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")];
    all.extend(environment);
    w.run_env(&["run", "--config", "config.yaml", "--once", "--alone", "--debug"], &all)
}

const ANY: &str = "index: i\ntype: any\nrealert: {minutes: 0}\nfilter: [{eql: 'any where true'}]\n";

#[test]
fn every_request_to_the_cluster_is_signed() {
    let cluster = cluster();
    let w = Workspace::new();
    w.write("rules/eql.yaml", format!("name: eql\n{ANY}alert: [debug]\n"));
    w.write(
        "rules/frequency.yaml",
        "name: f\nindex: 'logs-*,x'\ntype: frequency\nnum_events: 2\ntimeframe: {minutes: 5}\nalert: [debug]\nfilter: [{term: {a: b}}]\n",
    );
    w.write("config.yaml", config(port(&cluster), "aws_region: eu-west-1"));
    let run = once(&w, &[("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", TOKEN)]);
    let requests = cluster.requests();
    assert!(requests.iter().any(|r| r.path.starts_with("/_msearch")), "{}", run.stderr);
    assert!(requests.iter().any(|r| r.path.starts_with("/i/_eql")) && requests.len() > 4, "{}", run.stderr);
    for r in &requests {
        let scope = verified(r, SECRET).unwrap_or_else(|e| panic!("{} {}: {e}", r.method, r.path));
        assert_eq!((scope.key.as_str(), scope.region.as_str(), scope.service.as_str()), ("AKIDEXAMPLE", "eu-west-1", "es"));
        for name in ["host", "content-type", "x-amz-date", "x-amz-security-token"] {
            assert!(scope.headers.iter().any(|h| h == name), "{name} is not signed");
        }
        assert_eq!(r.header("x-amz-security-token"), Some(TOKEN));
    }
    assert!(!run.stderr.contains(SECRET) && !run.stderr.contains(TOKEN));
    judge(&requests, &json!({}), "", "every_request_to_the_cluster_is_signed");
}

#[test]
fn a_user_or_a_key_takes_precedence_over_signing() {
    let cluster = cluster();
    let w = Workspace::new();
    w.write("rules/eql.yaml", format!("name: eql\n{ANY}alert: [debug]\n"));
    w.write("config.yaml", config(port(&cluster), "aws_region: eu-west-1\nes_username: u\nes_password: p"));
    once(&w, &[]);
    assert!(cluster.requests().iter().all(|r| r.header("authorization") == Some("Basic dTpw")));
    // What is set for other programs has nothing signed for this machine.
    let other = self::cluster();
    w.write("config.yaml", config(port(&other), ""));
    once(&w, &[("AWS_DEFAULT_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s")]);
    assert!(!other.requests().is_empty() && other.requests().iter().all(|r| r.header("authorization").is_none()));
}

#[test]
fn what_is_told_of_a_refused_signature_holds_no_secret() {
    // AWS repeats the request in what it says of it, the token included.
    let cluster = Receiver::answering(|r, _| {
        let told = format!(
            "The Canonical String for this request should have been\n'x-amz-security-token:{}'",
            r.header("x-amz-security-token").unwrap_or_default()
        );
        (403, json!({"message": told}).to_string())
    });
    let w = Workspace::new();
    w.write("rules/eql.yaml", format!("name: eql\n{ANY}alert: [debug]\n"));
    w.write("config.yaml", config(port(&cluster), "aws_region: eu-west-1"));
    let run = once(&w, &[("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", TOKEN)]);
    assert!(cluster.requests().iter().all(|r| r.header("x-amz-security-token") == Some(TOKEN)) && !cluster.requests().is_empty());
    assert!(run.stderr.contains("Canonical String") && !run.stderr.contains(TOKEN) && !run.stderr.contains(SECRET), "{}", run.stderr);
}

/// Has botocore judge requests, and ElastAlert send the alerts of rules to an endpoint. Nothing where there is no ElastAlert.
fn judge(requests: &[Request], rules: &Value, endpoint: &str, test: &str) -> Option<()> {
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        eprintln!("{test}: not judged by botocore too, which tests/support/elastalert/run.sh would have");
        return None;
    };
    let requests: Vec<Value> =
        requests.iter().map(|r| json!({"method": r.method, "path": r.path, "headers": r.headers, "body": r.body})).collect();
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/elastalert/signed.py"))
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let given = json!({"requests": requests, "key": "AKIDEXAMPLE", "secret": SECRET, "rules": rules});
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let wrong: Vec<String> = serde_json::from_slice(&out.stdout).unwrap();
    assert!(wrong.is_empty(), "{wrong:?}");
    Some(())
}
