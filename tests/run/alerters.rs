//! What sigmalert's alerters send to receivers on loopback is what ElastAlert 2's own send, but for what is listed here; mail goes
//! through a real server.

use crate::support::cli::Workspace;
use crate::support::opensearch::connect;
use crate::support::runtime::{Field, MailServer, Receiver, ok};
use crate::support::skip::{Need, skip};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

/// Keys that only one of the two sends, or that are another every time.
const OWN: &[&str] =
    &["alias", "sourceRef", "date", "Id", "entity_id", "alert_source_ref", "_alert_id", "host", "createTime", "alert_source_event_time"];

/// Alerters with their options. `URL` is the receiver with the rule's name as path.
fn alerters() -> Vec<(&'static str, String)> {
    let text = "alert_subject: 'Logon of {0} on {1}'\nalert_subject_args: [user.name, nothing]\nalert_text: |\n  {0} from {1}\nalert_text_args: [user.name, ip]\n";
    let table = "aggregation: {seconds: 1}\nsummary_table_fields: [user.name, {path: ip, header: Address}]\nsummary_prefix: before\nsummary_suffix: after\n";
    let plain_table = "aggregation: {seconds: 1}\nsummary_table_fields: [user.name, ip]\nsummary_prefix: before\nsummary_suffix: after\n";
    let _ = table;
    vec![
        ("slack", "slack_webhook_url: URL".into()),
        (
            "slack",
            format!(
                "slack_webhook_url: [URL, URL/2]\nslack_channel_override: ['#a', '#b']\nslack_username_override: u\nslack_emoji_override: ':x:'\n\
                 slack_msg_color: good\nslack_parse_override: full\nslack_text_string: t\nslack_title: tt\nslack_title_link: 'http://l'\n\
                 slack_footer: f\nslack_footer_icon: 'http://i'\nslack_image_url: 'http://im'\nslack_thumb_url: 'http://th'\n\
                 slack_author_name: an\nslack_author_link: 'http://al'\nslack_author_icon: 'http://ai'\nslack_msg_pretext: p\n\
                 slack_alert_fields: [{{title: User, value: user.name, short: true}}]\n{text}"
            ),
        ),
        ("slack", format!("slack_webhook_url: URL\nslack_icon_url_override: 'http://i'\n{plain_table}")),
        ("slack", "slack_webhook_url: URL\nalert_text_type: aggregation_summary_only\naggregation: {seconds: 1}\nsummary_table_fields: [ip]\nsummary_table_type: markdown".into()),
        ("mattermost", format!("mattermost_webhook_url: URL\nmattermost_msg_fields: [{{title: U, args: [user.name, nothing], value: '{{0}}/{{1}}', short: false}}]\nmattermost_channel_override: c\n{text}")),
        ("mattermost", "mattermost_webhook_url: URL\nalert_text_type: alert_text_only\nalert_text: only\nmattermost_icon_url_override: 'http://i'\nmattermost_msg_pretext: p".into()),
        ("rocketchat", format!("rocket_chat_webhook_url: URL\nrocket_chat_alert_fields: [{{title: U, value: user.name, short: true}}]\n{text}")),
        ("telegram", "telegram_api_url: URL\ntelegram_bot_token: tok\ntelegram_room_id: '-5'".into()),
        ("telegram", "telegram_api_url: URL\ntelegram_bot_token: tok\ntelegram_room_id: r\ntelegram_parse_mode: html\ntelegram_thread_id: 7\nalert_text: hi\nalert_text_type: alert_text_only".into()),
        ("post", "http_post_url: URL".into()),
        ("post", "http_post_url: [URL, URL/2]\nhttp_post_payload: {who: user.name, none: nothing}\nhttp_post_static_payload: {k: v}".into()),
        ("post2", "http_post2_url: URL\nhttp_post2_payload: {who: '{{ user.name }}', deep: {'x{{ ip }}': '{{ _data[''@timestamp''] }}'}}\nhttp_post2_raw_fields: {raw: user}\nhttp_post2_headers: {x-h: '{{ ip }}'}".into()),
        (
            "hivealerter",
            "hive_connection: {hive_host: HOST, hive_port: PORT, hive_apikey: k}\nhive_alert_config:\n  type: t\n  source: s\n  severity: 2\n  tags: [a, user.name]\n  \
             title: 'T {0}'\n  title_args: [user.name]\n  customFields: [{name: n, type: string, value: ip}]\n\
             hive_observable_data_mapping: [{ip: ip, tlp: 3, message: m, tags: [x]}, {other: nothing}, {hostname: user.name}]"
                .into(),
        ),
        ("discord", "discord_webhook_url: URL\ndiscord_embed_footer: f\ndiscord_embed_icon_url: 'http://i'".into()),
        ("opsgenie", "opsgenie_key: k\nopsgenie_addr: URL\nopsgenie_recipients: ['{u}']\nopsgenie_recipients_args: {u: user.name}\nopsgenie_teams: [t]\nopsgenie_tags: [x]\nopsgenie_priority: P2\nopsgenie_details: {a: b, c: {field: ip}}\nopsgenie_subject: 'S {0}'\nopsgenie_subject_args: [ip]".into()),
        ("opsgenie", "opsgenie_key: k\nopsgenie_addr: URL\nquery_key: ip".into()),
        ("alertmanager", "alertmanager_hosts: [URL]\nalertmanager_api_version: v2\nalertmanager_labels: {a: x}\nalertmanager_annotations: {b: y}\nalertmanager_fields: {u: user.name}".into()),
        ("gitter", "gitter_webhook_url: URL\ngitter_msg_level: info".into()),
        ("googlechat", "googlechat_webhook_url: URL".into()),
        ("servicenow", "username: u\npassword: p\nservicenow_rest_url: URL\nshort_description: s\ncomments: c\nassignment_group: a\ncategory: c\nsubcategory: s\ncmdb_ci: c\ncaller_id: i\nservicenow_impact: 3".into()),
        ("alerta", "alerta_api_url: URL\nalerta_api_key: k\nalerta_event: 'E %(user.name)s'\nalerta_text: 'T {ip}'\nalerta_attributes_keys: [a]\nalerta_attributes_values: ['%(ip)s']\nalerta_service: [s]\nalerta_tags: [t]".into()),
        ("datadog", format!("datadog_api_key: a\ndatadog_app_key: b\ndatadog_api_url: URL\n{text}")),
        ("pagertree", "pagertree_integration_url: URL".into()),
        // Where a rule says nothing of the texts.
        ("post", "http_post_url: URL\nalert_text_type: alert_text_jinja\nalert_text: 'x'".into()),
        ("googlechat", "googlechat_webhook_url: URL\nalert_text_type: alert_text_jinja\nalert_text: 'A {{ user.name }} {{ _data[\"ip\"] }} {{ nothing }} {{ n + 1 }} {{ flag }}'\nalert_subject: '{{ ip }}'".into()),
        ("googlechat", "googlechat_webhook_url: URL\nalert_text: 'kw {a} {b}'\nalert_text_kw: {user.name: a, nothing: b}".into()),
        ("googlechat", "googlechat_webhook_url: URL\nalert_text_type: exclude_fields\ntop_count_keys: [user.name]\nalert_missing_value: none".into()),
        ("googlechat", format!("googlechat_webhook_url: URL\nsummary_table_type: html\n{plain_table}")),
    ]
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut out: BTreeMap<String, Value> =
                map.iter().filter(|(k, _)| !OWN.contains(&k.as_str())).map(|(k, v)| (k.clone(), sorted(v))).collect();
            // A set there, in no order.
            if let Some(Value::Array(tags)) = out.get_mut("tags") {
                tags.sort_by_key(ToString::to_string);
            }
            json!(out)
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[test]
fn the_same_requests() {
    let Some(cluster) = connect("the_same_requests") else { return };
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        skip("the_same_requests", Need::ElastAlert);
        return;
    };
    let field = Field::new(&cluster);
    field.create();
    let now = jiff::Timestamp::now().to_string();
    field.add(0, &[json!({"@timestamp": now, "user": {"name": "bob"}, "ip": "192.0.2.7", "n": 3, "f": 1.5, "flag": true, "list": [{"b": null}, {"b": ["x", "y"]}], "text": "line\nother \"quoted\" ☃"})]);
    let w = Workspace::new();
    let receiver = Receiver::new();
    let (host, port) = receiver.url.rsplit_once(':').unwrap();
    let mut names = Vec::new();
    for (i, (alerter, options)) in alerters().into_iter().enumerate() {
        let name = format!("r{i}-{alerter}");
        let options = options.replace("URL", &format!("{}/{name}", receiver.url)).replace("HOST", host).replace("PORT", port);
        w.write(
            &format!("rules/{name}.yaml"),
            format!("name: {name}\nindex: {}\ntype: any\nfilter: []\nuse_local_time: false\nrealert: {{minutes: 0}}\nalert: [{alerter}]\n{options}\n", field.events()),
        );
        names.push(name);
    }
    w.write("config.yaml", field.config("wb", ""));
    ok(&w.run(&["run", "--config", "config.yaml", "--once"]));
    // Gathered ones wait for their time, and are sent by the next process.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let run = w.run(&["run", "--config", "config.yaml", "--once"]);
    ok(&run);
    let alerts = field.alerts("wb");
    assert_eq!(alerts.len(), names.len(), "{}", run.stderr);
    let bodies: Map<String, Value> =
        alerts.iter().map(|a| (format!("rules/{}.yaml", a["rule_name"].as_str().unwrap()), json!([a["match_body"]]))).collect();
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/elastalert/send.py"))
        .current_dir(w.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(Value::Object(bodies).to_string().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let theirs: BTreeMap<String, Value> = serde_json::from_slice(&out.stdout).unwrap();
    let ours = receiver.requests();
    let mut different = Vec::new();
    let mut compared = 0;
    for name in &names {
        let place = |url: &str| url.split("://").last().unwrap().split_once('/').map_or(String::new(), |(_, p)| format!("/{p}"));
        let own: Vec<_> =
            ours.iter().filter(|r| r.path.contains(&format!("/{name}")) || (name.contains("hive") && r.path == "/api/alert")).collect();
        let Some(Value::Array(expected)) = theirs.get(&format!("rules/{name}.yaml")) else {
            different.push(format!("{name}: ElastAlert says {:?}", theirs.get(&format!("rules/{name}.yaml"))));
            continue;
        };
        compared += 1;
        if own.len() != expected.len() {
            different.push(format!("{name}: {} requests, ElastAlert makes {}", own.len(), expected.len()));
            continue;
        }
        for (o, t) in own.iter().zip(expected) {
            let body = match &t[1] {
                Value::String(s) => serde_json::from_str(s).unwrap_or_else(|_| t[1].clone()),
                v => v.clone(),
            };
            // ElastAlert puts https before what it calls an API's host.
            let url = t[0].as_str().unwrap().replace("https://http://", "http://");
            // The address of Datadog is an option of newer releases.
            if place(&url) != o.path && !name.contains("datadog") {
                different.push(format!("{name}: to {} and not {}", o.path, place(&url)));
            }
            let (ours, theirs) = (sorted(&o.json()), sorted(&body));
            if ours != theirs {
                different.push(format!("{name}:\n ours   {ours}\n theirs {theirs}"));
            }
            assert!(o.header("x-alert-id").is_some(), "{name}");
        }
    }
    eprintln!("{compared} rules, {} requests compared", ours.len());
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Rules whose alerts are a command of words with fields in them; a `\x1f` follows each word.
#[test]
fn commands_get_the_same_words() {
    let Some(cluster) = connect("commands_get_the_same_words") else { return };
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        skip("commands_get_the_same_words", Need::ElastAlert);
        return;
    };
    let field = Field::new(&cluster);
    field.create();
    let now = jiff::Timestamp::now().to_string();
    field.add(0, &[json!({"@timestamp": now, "user": {"name": "bob", "roles": ["admin", "dev"]}, "ip": "192.0.2.7", "n": 3, "f": 1.5, "flag": true, "none": null, "list": ["x", "y"], "text": "line\nother \"quoted\" ☃"})]);
    let w = Workspace::new();
    let rules: [&[&str]; 4] = [
        &["{\"text\": \"%(user.name)s\"}", "{\"text\": \"%(nothing)s\", \"n\": %(n)d}", "{\"embeds\": [{\"title\": \"%(ip)s\"}]}"],
        &["{list[0]}", "{user[roles][1]}", "{{x}}", "{{{n}}}", "%%(n)s", "100%%", "{none}", "%(none)s", "{flag}", "{list}"],
        &["{nothing}", "{nothing} {n}", "{nothing:>5}", "{user[nothing]}", "{f:.2f}|{n:>5}|{ip!r}", "%(f).2f|%(n)5d|%(ip)r", "%(user)s"],
        &["--user", "%(user.name)s", "{text!r}", "{user[name]:*^9}", "[{n:04d}]", "{_id}", "plain words"],
    ];
    w.write("words.sh", "#!/bin/sh\nout=$1; shift\nprintf '%s\\037' \"$@\" > \"$out.part\" && mv \"$out.part\" \"$out\"\n");
    let script = w.path("words.sh").display().to_string();
    for (i, words) in rules.iter().enumerate() {
        let command: Vec<String> = ["/bin/sh".into(), script.clone(), w.path(&format!("words{i}")).display().to_string()]
            .into_iter()
            .chain(words.iter().map(|t| (*t).to_owned()))
            .collect();
        w.write(
            &format!("rules/c{i}.yaml"),
            format!(
                "name: c{i}\nindex: {}\ntype: any\nfilter: []\nrealert: {{minutes: 0}}\nalert: [command]\npipe_match_json: true\ncommand: {}\n",
                field.events(),
                json!(command)
            ),
        );
    }
    w.write("config.yaml", field.config("wb", ""));
    ok(&w.run(&["run", "--config", "config.yaml", "--once"]));
    let alerts = field.alerts("wb");
    assert_eq!(alerts.len(), rules.len());
    let bodies: Map<String, Value> =
        alerts.iter().map(|a| (format!("rules/{}.yaml", a["rule_name"].as_str().unwrap()), json!([a["match_body"]]))).collect();
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/elastalert/send.py"))
        .current_dir(w.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(Value::Object(bodies).to_string().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let theirs: BTreeMap<String, Value> = serde_json::from_slice(&out.stdout).unwrap();
    for (i, words) in rules.iter().enumerate() {
        let ours: Vec<String> = w.read(&format!("words{i}")).split_terminator('\u{1f}').map(str::to_owned).collect();
        let sent = &theirs[&format!("rules/c{i}.yaml")];
        let expected: Vec<&str> =
            sent[0][1].as_array().unwrap_or_else(|| panic!("{sent}"))[3..].iter().map(|v| v.as_str().unwrap()).collect();
        assert_eq!(ours, expected, "{words:?}");
    }
}

#[test]
fn mail_arrives() {
    let Some(cluster) = connect("mail_arrives") else { return };
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        skip("mail_arrives", Need::ElastAlert);
        return;
    };
    let field = Field::new(&cluster);
    field.create();
    let now = jiff::Timestamp::now().to_string();
    field.add(0, &[json!({"@timestamp": now, "who": "bob", "evil": "x\r\nBcc: thief@example.org\r\n\r\n<script>", "to": "carol"})]);
    let w = Workspace::new();
    let server = MailServer::start(&python);
    let base = format!(
        "index: {}\ntype: any\nfilter: []\nrealert: {{minutes: 0}}\nalert: [email]\nsmtp_host: 127.0.0.1\nsmtp_port: {}\nfrom_addr: alerts@example.org\n",
        field.events(),
        server.port
    );
    w.write("rules/plain.yaml", format!("name: plain\n{base}email: [soc@example.org, boss@example.org]\ncc: cc@example.org\nbcc: [bcc@example.org]\nalert_subject: 'S {{0}}'\nalert_subject_args: [evil]\n"));
    w.write("rules/html.yaml", format!("name: html\n{base}email: soc@example.org\nemail_format: html\nemail_from_field: to\nemail_add_domain: example.com\nalert_text: '<b>{{0}}</b>'\nalert_text_args: [evil]\nalert_text_type: alert_text_only\n"));
    w.write("config.yaml", field.config("wb", ""));
    ok(&w.run(&["run", "--config", "config.yaml", "--once"]));
    let arrived = server.stop();
    assert_eq!(arrived.matches("MESSAGE FOLLOWS").count(), 2, "{arrived}");
    assert!(arrived.contains("To: soc@example.org, boss@example.org") && arrived.contains("Cc: cc@example.org"), "{arrived}");
    for message in arrived.split("MESSAGE FOLLOWS ----------").skip(1) {
        let headers = message.trim_start().split("\n\n").next().unwrap();
        assert!(!headers.lines().any(|l| l.starts_with("Bcc")), "an event ends no header: {headers}");
    }
    assert!(arrived.contains("To: carol@example.com"), "{arrived}");
    assert!(arrived.contains("&lt;script&gt;</b>"), "{arrived}");
    assert_eq!(arrived.matches("X-Alert-Id: ").count(), 2);
}
