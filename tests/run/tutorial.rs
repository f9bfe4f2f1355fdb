//! The commands of `docs/guide/tutorial.md`, taken from the page: a local account is created, and every destination gets an alert.

use crate::support::cli::Workspace;
use crate::support::opensearch::connect;
use crate::support::runtime::{Field, MailServer, Receiver, ok};
use crate::support::skip::{Need, skip};
use serde_json::{Value, json};
use sigmalert::events::EventSchema;

/// The words of the page's only command that begins with `sigmalert SUBCOMMAND`.
fn command(page: &str, subcommand: &str) -> Vec<String> {
    let start = format!("$ sigmalert {subcommand} ");
    let lines: Vec<&str> = page.lines().filter(|l| l.starts_with(&start)).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    // Text in quotes is every second piece.
    let pieces = lines[0].trim_start_matches("$ sigmalert ").split('"').enumerate();
    let words = |(i, p): (usize, &str)| match i % 2 {
        0 => p.split_whitespace().map(str::to_owned).collect(),
        _ => vec![p.to_owned()],
    };
    pieces.flat_map(words).collect()
}

#[test]
fn a_new_local_user_is_told_of() {
    let Some(cluster) = connect("a_new_local_user_is_told_of") else { return };
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        skip("a_new_local_user_is_told_of", Need::ElastAlert);
        return;
    };
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/guide/tutorial.md")).unwrap();
    let w = Workspace::new();
    for file in ["sigma-samples/new_local_user.yml", "sigma-samples/new_local_user.events.ndjson"] {
        w.write(file, std::fs::read(root.join(file)).unwrap());
    }
    let run_page = |subcommand: &str, environment: &[(&str, &str)]| {
        let words = command(&page, subcommand);
        let run = w.run_env(&words.iter().map(String::as_str).collect::<Vec<_>>(), environment);
        ok(&run);
        run
    };
    let field = Field::new(&cluster);
    // Both shippers' documents, as of now.
    let raw = json!({"Event": {
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing"}}, "EventID": 4720, "Channel": "Security",
            "Computer": "PC-7.corp.example", "EventRecordID": 77, "TimeCreated": {"#attributes": {"SystemTime": "2024-03-05T10:20:30.000Z"}},
        },
        "EventData": {
            "TargetUserName": "backdoor", "TargetDomainName": "PC-7", "TargetSid": "S-1-5-21-1-2-3-1001",
            "SubjectUserName": "bob", "SubjectDomainName": "CORP", "SubjectUserSid": "S-1-5-21-1-2-3-500", "SamAccountName": "backdoor",
        },
    }});
    let now = jiff::Timestamp::now().to_string();
    let shaped = |event_schema: EventSchema| {
        let mut doc = event_schema.of_raw(&raw).unwrap_or_else(|| raw.clone());
        doc["@timestamp"] = now.as_str().into();
        doc["timestamp"] = now.as_str().into();
        doc
    };
    for (name, event_schema) in [("winlogbeat", EventSchema::Winlogbeat), ("wazuh-alerts", EventSchema::Wazuh)] {
        let index = format!("{name}-4.x-{}", field.name);
        let mapping = json!({"mappings": {"dynamic_templates": [{"t": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}],
            "properties": {"@timestamp": {"type": "date"}, "timestamp": {"type": "date"}}}});
        cluster.send("PUT", &format!("/{index}"), &mapping.to_string());
        cluster.send("PUT", &format!("/{index}/_doc/1?refresh=true"), &shaped(event_schema).to_string());
    }
    let tested = run_page("test", &[]);
    let shown = page.lines().skip_while(|l| !l.starts_with("$ sigmalert test ")).nth(1).unwrap();
    assert_eq!(tested.stdout.lines().chain(tested.stderr.lines()).collect::<Vec<_>>(), [shown]);
    run_page("convert", &[]);
    // Only this test's indices.
    for mapping in ["winlogbeat", "wazuh"] {
        for file in w.files(&format!("rules/{mapping}")).into_iter().filter(|f| f.ends_with(".yaml")) {
            let path = format!("rules/{mapping}/{file}");
            let text = w.read(&path);
            let index = text.lines().find(|l| l.starts_with("index:")).unwrap().to_owned();
            w.write(&path, text.replace(&index, &format!("index: '*-4.x-{}'", field.name)));
        }
    }
    let receiver = Receiver::answering(|r, _| match (r.method.as_str(), r.path.as_str()) {
        ("GET", p) if p.starts_with("/rest/api/2/priority") => {
            (200, json!([{"id": "1"}, {"id": "2"}, {"id": "3"}, {"id": "4"}, {"id": "5"}]).to_string())
        }
        ("GET", p) if p.starts_with("/rest/api/2/search") => (200, json!({"issues": []}).to_string()),
        ("POST", "/rest/api/2/issue") => (201, json!({"id": "1", "key": "SOC-1"}).to_string()),
        _ => (200, "{}".into()),
    });
    let mail = MailServer::start(&python);
    let port = mail.port;
    w.write("account.yaml", "user: soc\npassword: secret\n");
    w.write(
        "config.yaml",
        field.config(
            "wb",
            &format!("smtp_host: 127.0.0.1\nsmtp_port: {port}\nfrom_addr: alerts@example.org\ntelegram_api_url: {}\n", receiver.url),
        ),
    );
    let (host, hive_port) = receiver.url.rsplit_once(':').unwrap();
    let account = w.path("account.yaml").display().to_string();
    let slack = format!("{}/slack", receiver.url);
    let environment = [
        ("SLACK_WEBHOOK_URL", slack.as_str()),
        ("ALERT_EMAIL", "soc@example.org"),
        ("TELEGRAM_BOT_TOKEN", "token"),
        ("TELEGRAM_ROOM_ID", "-42"),
        ("JIRA_SERVER", &receiver.url),
        ("JIRA_PROJECT", "SOC"),
        ("JIRA_ACCOUNT_FILE", &account),
        ("HIVE_HOST", host),
        ("HIVE_PORT", hive_port),
        ("HIVE_APIKEY", "key"),
    ];
    let tried = run_page("test-rule", &environment);
    assert!(tried.stdout.starts_with("Got 1 hits") && tried.stdout.contains("1 matches, 1 alerts"), "{}", tried.stdout);
    assert!(receiver.requests().is_empty(), "trying a rule out sends nothing");
    let run = run_page("run", &environment);
    let requests = receiver.requests();
    let to = |path: &str| requests.iter().filter(|r| r.method == "POST" && r.path == path).collect::<Vec<_>>();
    assert_eq!(to("/slack").len(), 2, "{}", run.stderr);
    assert_eq!(to("/bottoken/sendMessage").len(), 2);
    assert_eq!(to("/bottoken/sendMessage")[0].json()["chat_id"], "-42");
    let issue = &to("/rest/api/2/issue")[0];
    assert_eq!(issue.header("authorization"), Some("Basic c29jOnNlY3JldA=="));
    assert_eq!(issue.json()["fields"]["project"]["key"], "SOC");
    let hive = to("/api/alert");
    assert_eq!(hive.len(), 2);
    for alert in hive {
        // What TheHive's schema of an alert requires, with its types.
        let body = alert.json();
        assert_eq!(alert.header("authorization"), Some("Bearer key"));
        for key in ["title", "description", "type", "source", "sourceRef"] {
            assert!(body[key].as_str().is_some_and(|s| !s.is_empty()), "{key}: {body}");
        }
        assert!(body["date"].is_i64() && (1..=4).contains(&body["severity"].as_i64().unwrap()), "{body}");
        let observables = body["artifacts"].as_array().unwrap();
        assert!(
            !observables.is_empty()
                && observables.iter().all(|o| o["dataType"].is_string() && o["data"].is_string() && o["tags"].is_array()),
            "{body}"
        );
    }
    let status = w.run_env(&["status", "--config", "config.yaml", "--format", "json"], &environment);
    let told: Value = serde_json::from_str(&status.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", status.stdout, status.stderr));
    assert_eq!(told["rules"].as_array().unwrap().len(), 2);
    assert!(
        told["rules"][0]["matches"] == 1 && told["rules"][0]["pending"] == 0,
        "{told} {:?} {}",
        field.alerts("wb").iter().map(|a| a["sigmalert"].to_string()).collect::<Vec<_>>(),
        run.stderr
    );
    run_page("status", &environment);
    run_page("silence", &environment);
    let mails = mail.stop();
    assert!(mails.contains("To: soc@example.org") && mails.contains("From: alerts@example.org"), "{mails}");
    for name in ["winlogbeat", "wazuh-alerts"] {
        cluster.send("DELETE", &format!("/{name}-4.x-{}", field.name), "");
    }
}
