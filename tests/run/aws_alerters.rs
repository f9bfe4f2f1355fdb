//! Alerts reach SES, SNS and SQS, signed, with what ElastAlert 2 sends; rules of clients do not get the credentials of the machine.

use crate::support::cli::{Run, Workspace};
use crate::support::opensearch::connect;
use crate::support::runtime::{Field, Receiver, Request, Running, ok, until};
use crate::support::served::Served;
use crate::support::signatures::{SECRET, judge, verified};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An index with one event of now.
fn events(field: &Field<'_>) {
    field.create();
    field.add(0, &[json!({"@timestamp": jiff::Timestamp::now().to_string(), "user": "bob", "text": "line\nother \"quoted\" ☃"})]);
}

/// What a rule that finds the event begins with.
fn any(name: &str, field: &Field<'_>) -> String {
    format!("name: {name}\nindex: {}\ntype: any\nrealert: {{minutes: 0}}\nfilter: [{{term: {{user: bob}}}}]\n", field.events())
}

/// Runs the rules once. The environment has no credentials but those given, and no service that gives some.
fn once(w: &Workspace, environment: &[(&str, &str)]) -> Run {
    let home = w.path("home").display().to_string();
    let mut all = vec![("HOME", home.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")];
    all.extend(environment);
    w.run_env(&["run", "--config", "config.yaml", "--once", "--alone"], &all)
}

fn form(body: &str) -> BTreeMap<String, String> {
    let decoded = |t: &str| {
        let bytes = t.replace('+', " ").into_bytes();
        let (mut out, mut i) = (Vec::new(), 0);
        while i < bytes.len() {
            let hex = (bytes[i] == b'%').then(|| u8::from_str_radix(std::str::from_utf8(&bytes[i + 1..i + 3]).unwrap(), 16).unwrap());
            out.push(hex.unwrap_or(bytes[i]));
            i += if hex.is_some() { 3 } else { 1 };
        }
        String::from_utf8(out).unwrap()
    };
    body.split('&').filter_map(|p| p.split_once('=')).map(|(k, v)| (decoded(k), decoded(v))).collect()
}

/// What a request asks for: a form, or JSON with JSON in it.
fn asked(r: &Request) -> Value {
    match r.header("x-amz-target") {
        Some(target) => {
            let mut body = r.json();
            body["MessageBody"] = serde_json::from_str(body["MessageBody"].as_str().unwrap()).unwrap();
            json!({"target": target, "body": body})
        }
        None => json!(form(&r.body)),
    }
}

#[test]
fn alerts_go_to_ses_sns_and_sqs() {
    let Some(cluster) = connect("alerts_go_to_ses_sns_and_sqs") else { return };
    let field = Field::new(&cluster);
    events(&field);
    let aws = Receiver::new();
    let w = Workspace::new();
    let keys = |p: &str| format!("{p}_aws_access_key_id: AKIDEXAMPLE\n{p}_aws_secret_access_key: {SECRET}\n{p}_aws_region: eu-west-1\n");
    let text = "alert_subject: 'Logon of {0}'\nalert_subject_args: [user]\nalert_text: '{0} & {1}'\nalert_text_args: [user, text]\n";
    let rules = [
        (
            "ses",
            format!(
                "{}ses_email: [a@example.org, b@example.org]\nses_from_addr: soc@example.org\nses_cc: c@example.org\nses_bcc: [d@example.org]\nses_email_reply_to: r@example.org\n{text}",
                keys("ses")
            ),
        ),
        (
            "ses",
            format!(
                "{}ses_email: a@example.org\nses_from_addr: soc@example.org\nses_email_from_field: user\nses_email_add_domain: example.com\nquery_key: user\n",
                keys("ses")
            ),
        ),
        ("sns", format!("{}sns_topic_arn: arn:aws:sns:eu-west-1:1:topic\n{text}", keys("sns"))),
        ("sns", format!("{}sns_topic_arn: arn:aws:sns:eu-west-1:1:topic\n", keys("sns"))),
        ("sqs", format!("{}sqs_queue_url: https://sqs.eu-west-1.amazonaws.com/1/queue\n{text}", keys("sqs"))),
    ];
    for (i, (alerter, options)) in rules.iter().enumerate() {
        let name = format!("r{i}-{alerter}");
        let rule = format!("{}use_local_time: false\nalert: [{alerter}]\n{options}", any(&name, &field));
        w.write(&format!("rules/{name}.yaml"), rule);
    }
    w.write("config.yaml", field.config("wb", ""));
    let run = once(&w, &[("AWS_ENDPOINT_URL", aws.url.as_str())]);
    ok(&run);
    let requests = aws.requests();
    assert_eq!(requests.len(), rules.len(), "{}", run.stderr);
    for r in &requests {
        let scope = verified(r, SECRET).unwrap_or_else(|e| panic!("{e}"));
        let service = if r.header("x-amz-target").is_some() {
            "sqs"
        } else if r.body.contains("SendEmail") {
            "ses"
        } else {
            "sns"
        };
        assert_eq!((scope.key.as_str(), scope.region.as_str(), scope.service.as_str()), ("AKIDEXAMPLE", "eu-west-1", service));
    }
    assert!(!run.stderr.contains(SECRET), "{}", run.stderr);
    let mut ours: Vec<Value> = requests.iter().map(asked).collect();
    let at = ours.iter().position(|v| v["target"] == "AmazonSQS.SendMessage").unwrap();
    let message = ours.remove(at)["body"].clone();
    assert_eq!(message["QueueUrl"], "https://sqs.eu-west-1.amazonaws.com/1/queue");
    assert_eq!(message["MessageBody"]["rule_name"], "r4-sqs");
    assert_eq!(message["MessageBody"]["matches"][0]["user"], "bob");
    assert!(message["MessageBody"]["text"].as_str().unwrap().starts_with("bob & line\nother \"quoted\" ☃\n"));
    // The releases that are tested have no SQS: its request is compared with what the current one sends.
    let matches: serde_json::Map<String, Value> = (rules.iter().enumerate())
        .filter(|(_, (alerter, _))| *alerter != "sqs")
        .map(|(i, (alerter, _))| {
            (w.path(&format!("rules/r{i}-{alerter}.yaml")).display().to_string(), message["MessageBody"]["matches"].clone())
        })
        .collect();
    let matches = Value::Object(matches);
    let theirs = Receiver::new();
    if judge(&requests, &matches, &theirs.url, "alerts_go_to_ses_sns_and_sqs").is_some() {
        let mut expected: Vec<Value> = theirs.requests().iter().map(asked).collect();
        // botocore sends an empty field for a list without entries, which SES takes for none.
        expected.iter_mut().filter_map(Value::as_object_mut).for_each(|fields| fields.retain(|_, v| v != ""));
        let by_text = |v: &Value| v.to_string();
        ours.sort_by_key(by_text);
        expected.sort_by_key(by_text);
        assert_eq!(ours, expected);
    }
}

#[test]
fn what_a_service_refuses_is_told_without_secrets_and_retried() {
    let Some(cluster) = connect("what_a_service_refuses_is_told_without_secrets_and_retried") else { return };
    let field = Field::new(&cluster);
    events(&field);
    let token = "FwoGZXIvYXdzEXAMPLETOKEN";
    // First a refusal that repeats the request, as AWS does, then overloaded.
    let aws = Receiver::answering(move |r, before| match before {
        0 => (403, format!("x-amz-security-token:{}", r.header("x-amz-security-token").unwrap_or_default())),
        1 => (503, "retry-after:1".into()),
        _ => (200, "{}".into()),
    });
    let w = Workspace::new();
    let topic = "alert: [sns]\nsns_topic_arn: 'arn:aws:sns:eu-west-1:1:t.fifo'\nalert_subject: \"a\\nb\"\n";
    w.write("rules/sns.yaml", any("sns", &field) + topic);
    w.write("config.yaml", field.config("wb", ""));
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", token)];
    let home = w.path("home").display().to_string();
    let fixed = [("HOME", home.as_str()), ("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_ENDPOINT_URL_SNS", aws.url.as_str())];
    let mut run = Running::start(&w, &["run", "--config", "config.yaml", "--alone"], &[&fixed, &keys[..]].concat());
    until("the alert is taken", 30, || field.alerts("wb").iter().any(|a| a["alert_sent"] == true));
    assert_eq!(run.stop(), 0, "{}", run.log());
    let log = run.log();
    assert!(log.contains("answers 403: x-amz-security-token:…"), "{log}");
    let errors = format!("{:?}", field.documents(&format!("{}_error", field.writeback("wb"))));
    for text in [&log, &errors] {
        assert!(!text.contains(SECRET) && !text.contains(token), "{text}");
    }
    let requests = aws.requests();
    assert_eq!(requests.len(), 3, "{log}");
    let sent: Vec<_> = requests.iter().map(|r| form(&r.body)).collect();
    for (r, fields) in requests.iter().zip(&sent) {
        assert_eq!(verified(r, SECRET).unwrap().service, "sns");
        // SNS refuses a line break in a subject, and a message to a FIFO topic without a group.
        assert_eq!(fields["Subject"], "a b");
        assert_eq!(fields["MessageGroupId"], "sigmalert");
        assert!(!fields["MessageDeduplicationId"].is_empty());
        assert_eq!(fields, &sent[0], "a retry is the same message");
    }
}

#[test]
fn rules_of_clients_do_not_get_the_credentials_of_the_machine() {
    let Some(cluster) = connect("rules_of_clients_do_not_get_the_credentials_of_the_machine") else { return };
    let environment = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    for keys in [&environment[..], &[]] {
        let field = Field::new(&cluster);
        events(&field);
        let aws = Receiver::new();
        let w = Workspace::new();
        if keys.is_empty() {
            let profile = format!("aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {SECRET}\n");
            w.write("home/.aws/credentials", format!("[default]\n{profile}[other]\n{profile}"));
        }
        w.write("rules/none", "");
        w.write("config.yaml", field.config("wb", "sns_topic_arn: arn:aws:sns:eu-west-1:1:operator\n"));
        let home = w.path("home").display().to_string();
        let fixed = [("HOME", home.as_str()), ("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_ENDPOINT_URL", aws.url.as_str())];
        // Even where rules may reach every host of AWS.
        let args = ["--config", "config.yaml", "--allow-host", "127.0.0.1", "--allow-host", "*.amazonaws.com"];
        let s = Served::start_with(&w, &args, &[&fixed[..], keys].concat());
        let refused = [
            ("own-topic", "alert: [sns]\nsns_topic_arn: arn:aws:sns:eu-west-1:2:client\n"),
            ("own-queue", "alert: [sqs]\nsqs_queue_url: https://sqs.eu-west-1.amazonaws.com/2/client\n"),
            ("own-sender", "alert: [ses]\nses_from_addr: client@example.org\nses_email: client@example.org\n"),
            (
                "own-index",
                "alert: [indexer]\nindexer_connection: {es_host: 127.0.0.1, es_port: 9, indexer_alerts_name: x, aws_region: eu-west-1}\nindexer_alert_config: {user: user}\n",
            ),
            ("own-profile", "alert: [sns]\nsns_aws_profile: other\n"),
        ];
        let own_keys = "alert: [sqs]\nsqs_queue_url: https://sqs.eu-west-1.amazonaws.com/2/client\nsqs_aws_access_key_id: CLIENT\nsqs_aws_secret_access_key: client-secret\n";
        let sent = [("operators-topic", "alert: [sns]\n"), ("own-keys", own_keys)];
        // Nor does a rule choose with which profile the cluster is asked.
        let elsewhere = ("cluster-profile", "alert: [sns]\naws_region: eu-west-1\nprofile: other\n");
        for (name, alert) in refused.iter().chain(&sent).chain([&elsewhere]) {
            let saved = s.save(&format!("/rules/{name}"), &(any(name, &field) + alert));
            assert_eq!(saved.status, 200, "{name}: {saved:?}");
        }
        let is_refused = |log: &str, name: &str| {
            log.lines().any(|l| l.contains(name) && l.contains("the AWS credentials of this machine are not for rules of clients"))
        };
        until("alerts are sent and refused", 30, || {
            let log = s.running.log();
            let profile = log.lines().any(|l| l.contains("cluster-profile") && l.contains("the AWS profiles of this machine are not for"));
            profile && aws.requests().len() >= sent.len() && refused.iter().all(|(name, _)| is_refused(&log, name))
        });
        let log = s.running.log();
        assert!(sent.iter().all(|(name, _)| !is_refused(&log, name)) && !log.contains(SECRET), "{log}");
        assert_eq!(aws.requests().len(), sent.len(), "{log}");
        for r in aws.requests() {
            if r.header("x-amz-target").is_some() {
                assert_eq!(verified(&r, "client-secret").unwrap().key, "CLIENT");
            } else {
                assert_eq!(form(&r.body)["TopicArn"], "arn:aws:sns:eu-west-1:1:operator");
                assert_eq!(verified(&r, SECRET).unwrap().key, "AKIDEXAMPLE");
            }
        }
    }
}
