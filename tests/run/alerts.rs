//! Alerts as they arrive: sent by ElastAlert's own alerters to listeners on loopback. `docs/guide/alerts.md` shows them.

use crate::support::cli::Workspace;
use crate::support::elastalert;
use serde_json::{Value, json};

fn event() -> Value {
    json!({
        "@timestamp": "2024-03-05T10:20:30.000Z",
        "event": {"code": "1", "provider": "Microsoft-Windows-Sysmon"},
        "winlog": {"channel": "Microsoft-Windows-Sysmon/Operational", "computer_name": "PC-7"},
        "user": {"name": "bob", "domain": "CORP"},
        "process": {
            "executable": "C:\\Windows\\System32\\whoami.exe",
            "command_line": "whoami /all",
            "parent": {"executable": "C:\\Windows\\System32\\cmd.exe"},
        },
        "num_hits": 1,
        "num_matches": 1,
    })
}

/// What is another every time.
fn steady(text: &str) -> String {
    let text = regex::Regex::new(r#""(date|sourceRef)": ("[^"]*"|[0-9]+)"#).unwrap().replace_all(text, "\"$1\": \"…\"").into_owned();
    regex::Regex::new(r"127\.0\.0\.1:[0-9]+").unwrap().replace_all(&text, "127.0.0.1").into_owned()
}

#[test]
fn as_the_page_shows_them() {
    let w = Workspace::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/sigma-samples/endswith.yml");
    let profiles = ["-p", "slack", "-p", "email", "-p", "thehive", "-p", "http", "-p", "mattermost", "-p", "kibana"];
    let run = w.run(&[&["convert", "-q", "-m", "winlogbeat", "-o", "out", sample], &profiles[..]].concat());
    assert_eq!(run.status, 0, "{}", run.stderr);
    let Some(arrived) = elastalert::deliver("as_the_page_shows_them", &w.path("out/endswith.yaml"), &event()) else { return };
    let places: Vec<&str> = arrived.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["POST /slack", "mail to soc@example.org", "POST /api/alert", "POST /http", "POST /mattermost"]);
    let mut page = String::from(
        "# Alerts as they arrive\n\nThe rule *Whoami Execution* of `sigma-samples/`, converted with `-p slack -p email -p thehive -p http -p mattermost -p \
         kibana` and sent by\nElastAlert 2 for one event. (A test sends them and compares this page; `…` stands for what is another every time.)\n",
    );
    let titles = ["Slack", "E-mail", "TheHive", "HTTP", "Mattermost"];
    for ((place, what), title) in arrived.iter().zip(titles) {
        let (kind, body) = match what {
            Value::String(text) => ("", text.clone()),
            other => ("json", format!("{other:#}")),
        };
        page.push_str(&format!("\n## {title}\n\n`{place}`\n\n```{kind}\n{}\n```\n", steady(body.trim_end())));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guide/alerts.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|v| v == "always") {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "docs/guide/alerts.md is made with INSTA_UPDATE=always");
}
