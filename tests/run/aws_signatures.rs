//! Requests to OpenSearch Service are signed as AWS wants it: signatures are worked out again here and by botocore. No secret is told.

use crate::support::cli::{Run, Workspace};
use crate::support::runtime::{Receiver, Request, Running, until};
use crate::support::signatures::{SECRET, judge, verified};
use serde_json::json;

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

#[test]
fn credentials_come_from_where_the_tools_of_aws_have_them() {
    let given = json!({"AccessKeyId": "FROM", "SecretAccessKey": SECRET, "Token": TOKEN, "Expiration": "2099-01-01T00:00:00Z"}).to_string();
    let sts = format!(
        "<R><C><AccessKeyId>FROM</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></C></R>"
    );
    let aws = Receiver::answering(move |r, _| match r.path.as_str() {
        "/latest/api/token" => (200, "imds-token".into()),
        "/latest/meta-data/iam/security-credentials/" => (200, "my-role".into()),
        "/latest/meta-data/iam/security-credentials/my-role" | "/container" => (200, given.clone()),
        "/" => (200, sts.clone()),
        _ => (404, String::new()),
    });
    let w = Workspace::new();
    w.write("rules/eql.yaml", format!("name: eql\n{ANY}alert: [debug]\n"));
    w.write("home/.aws/credentials", format!("[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = {SECRET}\n[base]\naws_access_key_id = BASE\naws_secret_access_key = base-secret\n"));
    w.write("home/.aws/config", "[default]\nregion = eu-north-1\n[profile ops]\nregion = us-west-2\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = base\nexternal_id = x y\n");
    w.write("token", "web-token\n");
    let none = w.path("none").display().to_string();
    let token = w.path("token").display().to_string();
    let container = format!("{}/container", aws.url);
    let empty = [("AWS_SHARED_CREDENTIALS_FILE", none.as_str()), ("AWS_CONFIG_FILE", none.as_str())];
    let cases = [
        ("aws_region: eu-west-1", vec![], "DEFAULT", "eu-west-1"),
        ("profile: default", vec![("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", SECRET)], "DEFAULT", "eu-north-1"),
        ("profile: ops", vec![("AWS_ENDPOINT_URL", aws.url.as_str())], "FROM", "us-west-2"),
        (
            "aws_region: eu-west-1",
            [
                vec![
                    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.as_str()),
                    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.as_str()),
                ],
                empty.to_vec(),
            ]
            .concat(),
            "FROM",
            "eu-west-1",
        ),
        (
            "aws_region: eu-west-1",
            [
                vec![("AWS_ROLE_ARN", "arn"), ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()), ("AWS_ENDPOINT_URL_STS", aws.url.as_str())],
                empty.to_vec(),
            ]
            .concat(),
            "FROM",
            "eu-west-1",
        ),
        (
            "aws_region: eu-west-1",
            [vec![("AWS_EC2_METADATA_DISABLED", "false"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws.url.as_str())], empty.to_vec()]
                .concat(),
            "FROM",
            "eu-west-1",
        ),
    ];
    for (option, environment, key, region) in cases {
        let cluster = cluster();
        w.write("config.yaml", config(port(&cluster), option));
        let run = once(&w, &environment);
        let requests = cluster.requests();
        assert!(!requests.is_empty(), "{option} {environment:?}: {}", run.stderr);
        for r in &requests {
            let scope = verified(r, SECRET).unwrap_or_else(|e| panic!("{option} {environment:?}: {e}"));
            assert_eq!((scope.key.as_str(), scope.region.as_str()), (key, region), "{option} {environment:?}");
            assert_eq!(r.header("x-amz-security-token"), (key == "FROM").then_some(TOKEN));
        }
        assert!(!run.stderr.contains(SECRET) && !run.stderr.contains(TOKEN));
    }
    let asked = aws.requests();
    let of = |path: &str| asked.iter().find(|r| r.path == path).unwrap();
    assert_eq!(of("/container").header("authorization"), Some("web-token"));
    assert_eq!(of("/latest/meta-data/iam/security-credentials/my-role").header("x-aws-ec2-metadata-token"), Some("imds-token"));
    let roles: Vec<&Request> = asked.iter().filter(|r| r.path == "/").collect();
    let assumed = roles.iter().find(|r| r.body.contains("Action=AssumeRole&")).unwrap();
    assert_eq!(verified(assumed, "base-secret").unwrap().service, "sts");
    assert!(assumed.body.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fops") && assumed.body.contains("ExternalId=x%20y"));
    assert!(roles.iter().any(|r| r.body.contains("WebIdentityToken=web-token")));
}

/// Where credentials are looked for, in the order of the message.
const PLACES: [&str; 5] = [
    "no AWS credentials: neither in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "credentials nor ",
    "config",
    "of a container",
    "the instance",
];

/// A run without any credentials, but for a secret without its key.
fn without_credentials(w: &Workspace, args: &[&str]) -> Running {
    let home = w.path("home").display().to_string();
    let environment = [("HOME", home.as_str()), ("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    Running::start(w, &[&["run", "--config", "config.yaml", "--alone", "--debug"], args].concat(), &environment)
}

#[test]
fn a_run_with_an_end_and_no_credentials_says_where_they_were_looked_for() {
    let cluster = cluster();
    let w = Workspace::new();
    for name in ["a", "b"] {
        w.write(&format!("rules/{name}.yaml"), format!("name: {name}\n{ANY}alert: [debug]\n"));
    }
    w.write("config.yaml", config(port(&cluster), "aws_region: eu-west-1"));
    let mut run = without_credentials(&w, &["--once"]);
    assert_eq!(run.wait(20), 1, "{}", run.log());
    let log = run.log();
    let told: Vec<&str> = log.lines().filter(|l| l.contains("ERROR")).collect();
    assert!(told.len() == 1 && PLACES.iter().all(|p| told[0].contains(p)), "one line, and every place: {log}");
    assert!(!log.contains(SECRET), "{log}");
    assert!(cluster.requests().is_empty());
    // A profile that is named is the only place.
    w.write("config.yaml", config(port(&cluster), "aws_region: eu-west-1\nprofile: nobody"));
    let mut run = without_credentials(&w, &["--once"]);
    assert_eq!(run.wait(20), 1, "{}", run.log());
    assert!(run.log().contains("the profile `nobody` is in neither"), "{}", run.log());
}

#[test]
fn a_run_without_an_end_waits_for_credentials() {
    let cluster = cluster();
    let w = Workspace::new();
    w.write("rules/eql.yaml", format!("name: eql\n{ANY}alert: [debug]\n"));
    w.write("config.yaml", config(port(&cluster), "aws_region: eu-west-1"));
    let mut run = without_credentials(&w, &[]);
    until("it is told", 20, || run.log().contains("cannot be signed"));
    // Some more attempts, none of which is told.
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(cluster.requests().is_empty());
    w.write("home/.aws/credentials", format!("[default]\naws_access_key_id = LATER\naws_secret_access_key = {SECRET}\n"));
    until("requests are signed", 30, || cluster.requests().iter().any(|r| r.path.starts_with("/i/_eql")));
    assert_eq!(verified(&cluster.requests()[0], SECRET).unwrap().key, "LATER");
    assert_eq!(run.stop(), 0, "{}", run.log());
    let log = run.log();
    let told: Vec<&str> = log.lines().filter(|l| l.contains("ERROR")).collect();
    assert!(told.len() == 1 && PLACES.iter().all(|p| told[0].contains(p)), "{log}");
    assert!(log.contains("the cluster answers") && !log.contains(SECRET), "{log}");
}
