//! What a client sends to `sigmalert serve` runs no program, reads no file, uses no secret and reaches no host that the operator
//! did not allow. Each hole that was found by name, and then every option in every position: tried out and saved.

use crate::support::cli::Workspace;
use crate::support::hostile::{Bait, CANARY, Children, Host, attack, cluster, every_option, told};
use crate::support::runtime::{Receiver, until};
use crate::support::served::{Answer, RULE, Served, trial};
use serde_json::{Map, Value, json};
use sigmalert::elastalert::options::{Roles, Scope, roles};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A variable of the server's environment.
const VARIABLE: (&str, &str) = ("HIDDEN_VARIABLE", "canary-of-the-environment");

/// Whether something of the server's turns up in a text, also in Base64.
fn leaks(text: &str) -> bool {
    use base64::Engine as _;
    let decoded = |word: &str| {
        let word = word.trim_end_matches('=');
        let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
        // A word may begin before what was encoded.
        word.is_ascii()
            && (0..4.min(word.len())).any(|at| engine.decode(&word[at..]).is_ok_and(|b| String::from_utf8_lossy(&b).contains(CANARY)))
    };
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    text.contains(CANARY) || text.split(|c| !base64(c)).filter(|w| w.len() >= 8).any(decoded)
}

fn config(cluster: &Receiver, more: &[(String, Value)]) -> String {
    let port = cluster.url.rsplit_once(':').unwrap().1;
    let mut all = vec![
        ("run_every".to_owned(), json!({"minutes": 5})),
        ("buffer_time".into(), json!({"minutes": 15})),
        ("writeback_index".into(), "w".into()),
        ("es_host".into(), "127.0.0.1".into()),
        ("es_port".into(), port.parse::<u16>().unwrap().into()),
    ];
    all.extend(more.iter().cloned());
    lines(&all)
}

fn lines(options: &[(String, Value)]) -> String {
    options.iter().map(|(k, v)| format!("{}: {v}\n", json!(k))).collect()
}

/// Ten minutes ago: one window of a run.
fn recent() -> String {
    (jiff::Timestamp::now() - Duration::from_secs(600)).to_string()
}

fn test(s: &Served, rule: &str, options: &Value) -> Answer {
    let mut options = options.clone();
    if options["start"].is_null() {
        options["start"] = recent().into();
    }
    s.send("POST", "/test", "", &json!({"rule": rule, "options": options}).to_string())
}

fn event() -> Value {
    json!({"a": "1", "user": "bob"})
}

#[test]
fn programs_do_not_start() {
    let (w, cluster) = (Workspace::new(), cluster(event()));
    let bait = Bait::laid(&w);
    w.write("config.yaml", config(&cluster, &[]));
    let enhanced = |rule: &str| format!("{rule}match_enhancements: [{{command: [{}, x]}}]\n", json!(bait.program));
    w.write("rules/old.yaml", enhanced(RULE));
    let s = Served::start(&w, &["--config", "config.yaml", "--no-run"]);
    let children = Children::of(s.running.pid());
    let refused = test(&s, &enhanced(RULE), &json!({}));
    assert_eq!((refused.status, refused.json()["error"].as_str()), (403, Some("commandRefused")));
    assert!(trial(&s, &enhanced(RULE), &recent()).iter().any(|f| f["data"].as_str().unwrap_or("").contains("--allow-commands")));
    assert_eq!(s.save("/rules/new", &enhanced(RULE)).json()["error"], "commandRefused");
    let merged = format!("{RULE}<<: {{match_enhancements: [{{command: [{}]}}]}}\n", json!(bait.program));
    assert_eq!(s.save("/rules/merged", &merged).json()["error"], "commandRefused");
    // What an administrator wrote stays, and its form can be looked at.
    assert_eq!(s.save("/rules/old", &enhanced(RULE).replace("a:1", "a:2")).status, 200);
    assert_eq!(s.save("/rules/old", &enhanced(RULE).replace(", x]", ", y]")).status, 403);
    assert!(test(&s, &enhanced(RULE), &json!({"testType": "schemaOnly"})).body.contains("hits"));
    // The operator's own, for all rules, is not started by a test.
    w.write("rules/BaseRule.config", format!("match_enhancements: [{{command: [{}]}}]\n", json!(bait.program)));
    let answer = test(&s, RULE, &json!({}));
    assert!(answer.status == 200 && answer.json()["results"] != 0, "{answer:?}");
    assert!(trial(&s, RULE, &recent()).iter().any(|f| f["data"].as_str().unwrap_or("").contains("starts no program")));
    assert!(!bait.mark.exists() && children.seen().is_empty(), "{:?}", children.seen());
    // With leave they do.
    let allowed = Served::start(&w, &["--config", "config.yaml", "--no-run", "--allow-commands"]);
    assert_eq!(test(&allowed, &enhanced(RULE), &json!({})).status, 200);
    assert!(bait.mark.exists());
}

#[test]
fn tests_show_no_secret() {
    let (w, cluster, own) = (Workspace::new(), cluster(event()), Host::at("127.0.0.1"));
    let secrets = Bait::laid(&w).secrets(&own);
    let names: Vec<&str> = secrets.iter().map(|(n, _)| n.as_str()).collect();
    assert!(names.len() > 60, "{}", names.len());
    let (config_has, base_has) = secrets.split_at(secrets.len() / 2);
    w.write("config.yaml", config(&cluster, config_has));
    w.write("rules/BaseRule.config", lines(base_has));
    let s = Served::start_with(&w, &["--config", "config.yaml", "--no-run"], &[VARIABLE]);
    let own_rule = |more: &str| RULE.replace("alert:\n  - \"debug\"\n", more);
    let rules = [
        "alert: [{debug: {leak: $es_password$}}]\nalert_text: '{0}'\nalert_text_args: [leak]\n".to_owned(),
        format!("alert: [debug]\nalert_text: '{}'\nalert_text_args: {}\n", "{} ".repeat(names.len()), json!(names)),
        "alert: [debug]\nalert_text_type: alert_text_jinja\nalert_text: '{{ _data }}'\n".to_owned(),
        "alert: [debug]\njinja_root_name: all\nalert_text_type: alert_text_jinja\nalert_text: '{{ all|tojson }} {{ slack_webhook_url }}'\n"
            .to_owned(),
        format!("alert: [debug]\ninclude_rule_params_in_matches: {}\n", json!(names)),
        "alert: [slack, telegram, post]\ntelegram_room_id: a\nhttp_post_payload: {a: $http_post_headers$}\n".to_owned(),
        "alert: [debug]\nalert_text: '$HIDDEN_VARIABLE ${HIDDEN_VARIABLE} $${HIDDEN_VARIABLE}'\n".to_owned(),
        "alert: [debug]\nalert_subject: $es_password$\nalert_text: $telegram_bot_token$\n".to_owned(),
    ];
    for more in rules {
        let answer = test(&s, &own_rule(&more), &json!({}));
        assert!(answer.body.contains("\"alerts\":[\""), "{more}: {answer:?}\n{}", s.get("/status/errors").body);
        assert!(!leaks(&answer.body), "{more}: {answer:?}");
    }
    assert!(!leaks(&s.running.log()) && !leaks(&s.get("/status/errors").body));
}

#[test]
fn tests_ask_only_the_servers_own_cluster() {
    let (w, cluster, evil) = (Workspace::new(), cluster(event()), Host::at("127.0.0.2"));
    let es = [("es_username".into(), "canary-u".into()), ("es_password".into(), "canary-p".into())];
    let post = [("http_post_headers".into(), json!({"authorization": "canary"})), ("http_post_url".into(), "http://127.0.0.1:1/".into())];
    w.write("config.yaml", config(&cluster, &[es.to_vec(), post.to_vec()].concat()));
    let s = Served::start(&w, &["--config", "config.yaml", "--no-run"]);
    for more in [
        format!("es_host: {}\nes_port: {}\n", evil.ip, evil.port),
        format!("es_hosts: [\"{}:{}\"]\n", evil.ip, evil.port),
        format!("<<: {{es_host: {}, es_port: {}}}\n", evil.ip, evil.port),
        format!("es_port: {}\n", evil.port),
    ] {
        let answer = test(&s, &format!("{RULE}{more}"), &json!({}));
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{more}");
        assert!(s.get("/status/errors").body.contains("another cluster"), "{more}");
    }
    // Nothing is sent, unless the operator says where to; and then without what is his.
    let post = RULE.replace("\"debug\"", "post").replace("import:", &format!("http_post_url: \"{}\"\nimport:", evil.url()));
    assert_eq!(test(&s, &post, &json!({"alert": true})).json()["error"], "alertRefused");
    let elsewhere = Served::start(&w, &["--config", "config.yaml", "--no-run", "--allow-host", "127.0.0.3"]);
    assert_eq!(test(&elsewhere, &post, &json!({"alert": true})).status, 200);
    assert_eq!(evil.heard(), Vec::<String>::new());
    let there = Served::start(&w, &["--config", "config.yaml", "--no-run", "--allow-host", "127.0.0.2"]);
    assert_eq!(test(&there, &post, &json!({"alert": true})).status, 200);
    let heard = evil.heard();
    assert!(heard.len() == 1 && heard[0].contains("bob") && !leaks(&heard[0]), "{heard:?}");
}

#[test]
fn secrets_of_saved_rules_stay_with_their_host() {
    let (w, cluster, own, evil) = (Workspace::new(), cluster(event()), Host::at("127.0.0.1"), Host::at("127.0.0.2"));
    w.write("config.yaml", config(&cluster, &[("es_username".into(), "canary-u".into()), ("es_password".into(), "canary-p".into())]));
    w.write("rules/BaseRule.config", format!("http_post_url: {}/own\nhttp_post_headers: {{authorization: canary}}\n", own.url()));
    let post = |url: &str| RULE.replace("\"debug\"", "post").replace("import:", &format!("http_post_url: {url}\nimport:"));
    // One that lies there: it runs, without what goes elsewhere.
    w.write("rules/there.yaml", post(&evil.url()).replace("Whoami", "There"));
    let s = Served::start(&w, &["--config", "config.yaml"]);
    assert_eq!(s.save("/rules/elsewhere", &post(&evil.url())).json()["error"], "secretRefused");
    let moved = format!("{RULE}es_host: {}\nes_port: {}\n", evil.ip, evil.port);
    assert_eq!(s.save("/rules/moved", &moved).json()["error"], "secretRefused");
    assert_eq!(s.save("/rules/variable", &RULE.replace("a:1", "a:$HOME")).json()["error"], "secretRefused");
    assert_eq!(s.save("/rules/same", &post(&format!("{}/other", own.url())).replace("Whoami", "Same")).status, 200);
    // A file that another one imports is a client's as well.
    assert_eq!(s.save("/rules/part", &format!("http_post_url: {}\n", evil.url())).status, 200);
    let imports = post("x").replace("http_post_url: x\n", "").replace("\"BaseRule.config\"", "[BaseRule.config, part.yaml]");
    assert_eq!(s.save("/rules/imports", &imports.replace("Whoami", "Imports")).json()["error"], "secretRefused");
    until("alerts at both", 40, || own.heard().iter().any(|h| h.contains("/other")) && evil.heard().iter().any(|h| h.contains("bob")));
    assert!(own.heard().iter().any(|h| h.contains("authorization: canary")), "{:?}", own.heard());
    assert!(evil.heard().iter().all(|h| !leaks(h)), "{:?}", evil.heard());
    assert!(s.running.log().contains("`http_post_headers` of the configuration is not sent"), "{}", s.running.log());
    // Hosts can be limited.
    let limited = Served::start(&w, &["--config", "config.yaml", "--no-run", "--allow-host", "127.0.0.1"]);
    let own_headers = post(&evil.url()) + "http_post_headers: {a: b}\n";
    assert_eq!(limited.save("/rules/own", &own_headers).json()["error"], "hostRefused");
    assert_eq!(s.save("/rules/own", &own_headers).status, 200);
}

#[test]
fn no_file_is_mailed_out() {
    let (w, cluster, evil) = (Workspace::new(), cluster(event()), Host::at("127.0.0.2"));
    let bait = Bait::laid(&w);
    w.write("assets/logo.png", "a-picture");
    std::os::unix::fs::symlink(&bait.file, w.path("assets/link.png")).unwrap();
    w.write("config.yaml", config(&cluster, &[]));
    let mail = |image: &str, more: &str| {
        let mail = format!(
            "email: a@example.com\nfrom_addr: b@example.com\nemail_format: html\nsmtp_host: {}\nsmtp_port: {}\nemail_image_keys: [a]\nemail_image_values: [{}]\n{more}import:",
            evil.ip,
            evil.port,
            json!(image)
        );
        RULE.replace("\"debug\"", "email").replace("import:", &mail).replace("Whoami", &image.replace(['/', '.'], "-"))
    };
    // With no folder named there are no files.
    let none = Served::start(&w, &["--config", "config.yaml", "--no-run"]);
    for image in [bait.file.as_str(), "logo.png"] {
        assert_eq!(none.save("/rules/m", &mail(image, "")).json()["error"], "fileRefused", "{image}");
    }
    let s = Served::start(&w, &["--config", "config.yaml", "--assets", "assets"]);
    for image in [bait.file.as_str(), "link.png", "../outside/secret.txt", "../rules/BaseRule.config"] {
        assert_eq!(s.save("/rules/m", &mail(image, "")).json()["error"], "fileRefused", "{image}");
    }
    assert_eq!(
        s.save("/rules/m", &mail("secret.txt", &format!("assets_dir: {}\n", w.path("outside").display()))).json()["error"],
        "fileRefused"
    );
    for more in [
        format!("jinja_template_path: {}\n", bait.file),
        "jinja_template_path: BaseRule.config\n".into(),
        format!("slack_ca_certs: {}\n", bait.file),
        format!("smtp_auth_file: {}\n", bait.file),
        format!("datadog_ca_certs: {}\n", bait.file),
    ] {
        assert_eq!(s.save("/rules/other", &format!("{RULE}{more}")).json()["error"], "fileRefused", "{more}");
    }
    // A template is not shown by a test either.
    let template = format!("{RULE}alert_text_type: alert_text_jinja\njinja_template_path: {}\n", bait.file);
    assert!(!leaks(&test(&s, &template, &json!({})).body));
    assert_eq!(s.save("/rules/logo", &mail("logo.png", "")).status, 200);
    until("a mail with its picture", 40, || evil.heard().iter().any(|h| h.contains("YS1waWN0dXJl") || h.contains("a-picture")));
    assert!(evil.heard().iter().all(|h| !leaks(h)), "{:?}", evil.heard());
}

/// Options that say when or what a rule counts: each in a rule of its own, since others would not run beside it.
const ALONE: [&str; 27] = [
    "timestamp_field",
    "timestamp_type",
    "timestamp_format",
    "timestamp_format_expr",
    "timestamp_to_datetime_format_expr",
    "query_timezone",
    "limit_execution",
    "run_every",
    "buffer_time",
    "aggregation",
    "query_delay",
    "use_strftime_index",
    "scan_entire_timeframe",
    "query_key",
    "aggregation_key",
    "use_count_query",
    "use_terms_query",
    "_source_enabled",
    "search_extra_index",
    "include",
    "exponential_realert",
    "compare_key",
    "es_send_get_body_as",
    "custom_pretty_ts_format",
    "timeframe",
    "alert_text_type",
    "jinja_root_name",
];
/// Options that make the rule what it is.
const BASE: [&str; 8] = ["name", "type", "index", "alert", "filter", "import", "is_enabled", "realert"];
/// Positions of options in what is sent.
const POSITIONS: [&str; 7] = ["top", "alerter", "alerter mapping", "merge", "anchor", "escaped", "import"];

type Attack = Vec<(String, Value)>;

/// A rule with an attack in a position; for an import the file that is imported, too.
fn rule(name: &str, alerter: &str, attack: &Attack, position: &str, names: &[String]) -> (String, Option<String>) {
    let mut attack = attack.clone();
    let mut top: Attack = vec![
        ("name".into(), name.into()),
        ("type".into(), "any".into()),
        ("index".into(), "logs-*".into()),
        ("realert".into(), json!({"minutes": 0})),
        ("filter".into(), json!([{"query": {"query_string": {"query": "a:1"}}}])),
    ];
    for list in ["blacklist", "whitelist"] {
        if attack.iter().any(|(k, _)| k == list) {
            top[1].1 = list.into();
            top.extend([("compare_key".into(), "a".into()), ("ignore_null".into(), true.into())]);
        }
    }
    let shown: Attack = if ["anchor", "import"].contains(&position) {
        vec![
            ("alert_text_type".into(), "alert_text_jinja".into()),
            ("alert_text".into(), "{{ _data }} {{ es_password }} {{ soc_own_secret }} {{ slack_webhook_url }} {{ leak }}".into()),
        ]
    } else {
        let all: Vec<&str> = names.iter().map(String::as_str).chain(["leak", "leak_list"]).collect();
        vec![
            ("alert_text".into(), "{} ".repeat(all.len()).into()),
            ("alert_text_args".into(), json!(all)),
            ("include_rule_params_in_matches".into(), json!(all)),
        ]
    };
    // What is asked for by name is there already.
    attack.retain(|(k, _)| !shown.iter().any(|(s, _)| s == k) || ["jinja_template_path"].contains(&k.as_str()));
    attack.extend([("leak".into(), "$es_password$".into()), ("leak_list".into(), json!(["$soc_own_secret$", "$smtp_auth_file$"]))]);
    top.extend(shown);
    let map = |a: &Attack| Value::Object(a.iter().cloned().collect::<Map<_, _>>());
    let mut imported = None;
    let mut import = json!("BaseRule.config");
    let mut raw = String::new();
    let mut alert = json!([alerter]);
    match position {
        "alerter" => alert = json!([{alerter: map(&attack)}]),
        "alerter mapping" => alert = json!({alerter: map(&attack)}),
        "merge" => raw = format!("<<: {}\n", map(&attack)),
        "anchor" => raw = format!("x_anchor: &x {}\n<<: *x\n", map(&attack)),
        "escaped" => {
            raw = attack.iter().map(|(k, v)| format!("\"\\x{:02x}{}\": {v}\n", k.as_bytes()[0], &k[1..])).collect();
        }
        "import" => {
            imported = Some(lines(&attack));
            import = json!([format!("part {name}.yaml"), "BaseRule.config"]);
        }
        _ => top.extend(attack),
    }
    top.extend([("alert".into(), alert), ("import".into(), import)]);
    (lines(&top) + &raw, imported)
}

/// All attacks: for each alerter, or none, all of its options at once; and what names a file or a program, or would keep the others
/// from being run, one by one beside those.
fn attacks(bait: &Bait, evil: &Host, leak: &Value) -> Vec<(String, Attack)> {
    let mut out = Vec::new();
    let mut by_alerter: BTreeMap<&str, Vec<(String, Roles)>> = BTreeMap::new();
    let all = every_option();
    for (name, scope, roles) in &all {
        let alerter = if let Scope::Alert(a) = scope { a } else { "debug" };
        if !BASE.contains(&name.as_str()) {
            by_alerter.entry(alerter).or_default().push((name.clone(), *roles));
        }
    }
    let mut covered = 0;
    for (alerter, options) in by_alerter {
        let single =
            |(name, roles): &&(String, Roles)| roles.has(Roles::FILE) || roles.has(Roles::PROGRAM) || ALONE.contains(&name.as_str());
        let value = |(name, roles): &(String, Roles)| {
            let value = match name.as_str() {
                "email" | "cc" | "bcc" | "from_addr" | "email_reply_to" => "a@example.com".into(),
                "email_format" => "html".into(),
                "email_image_keys" => json!(["a"]),
                // A query that no event would match says nothing.
                "email_add_domain" => "example.com".into(),
                _ => attack(name, *roles, bait, evil, leak),
            };
            (name.clone(), value)
        };
        // Those that lead to another cluster, one by one as well: a test with one of them ends there.
        let moves = |(name, roles): &&(String, Roles)| alerter == "debug" && (roles.has(Roles::TARGET) || name.starts_with("es_"));
        let mut together: Attack = Vec::new();
        for o in options.iter().filter(|o| !single(o) && !moves(o)) {
            if !together.iter().any(|(k, _)| *k == o.0) {
                together.push(value(o));
            }
        }
        covered += together.len();
        out.push((alerter.to_owned(), together.clone()));
        for o in options.iter().filter(|o| single(o) || moves(o)) {
            covered += 1;
            let mut own = together.clone();
            own.push(value(o));
            out.push((alerter.to_owned(), own));
        }
        let cluster: Attack = options.iter().filter(moves).map(value).collect();
        if !cluster.is_empty() {
            out.push((alerter.to_owned(), cluster));
        }
    }
    assert!(covered > 620, "{covered} options of {}", all.len());
    out
}

/// Servers whose operator's secrets are in one place or the other, and what an attacker may reach.
struct Field {
    w: Workspace,
    cluster: Receiver,
    own: Host,
    evil: Host,
    bait: Bait,
    names: Vec<String>,
}

impl Field {
    fn new(in_config: bool) -> Self {
        let (w, own, evil) = (Workspace::new(), Host::at("127.0.0.1"), Host::at("127.0.0.2"));
        let cluster = cluster(json!({"a": "1", "user": "bob", "evil_url": format!("{}/field", evil.url())}));
        let bait = Bait::laid(&w);
        let secrets = bait.secrets(&own);
        let names = secrets.iter().map(|(n, _)| n.clone()).collect();
        let es = |(name, _): &&(String, Value)| name.starts_with("es_");
        let (es, others): (Vec<_>, Vec<_>) = secrets.iter().partition(es);
        let owned = |l: Vec<&(String, Value)>| l.into_iter().cloned().collect::<Vec<_>>();
        let (es, others) = (owned(es), owned(others));
        w.write("config.yaml", config(&cluster, &if in_config { [es, others.clone()].concat() } else { es }));
        w.write("rules/BaseRule.config", if in_config { "owner: us\n".to_owned() } else { lines(&others) });
        Self { w, cluster, own, evil, bait, names }
    }

    /// Nothing got out, and nothing was started.
    fn check(&self, s: &Served, children: &Children) {
        assert!(!self.bait.mark.exists(), "{}", self.w.read("outside/started"));
        assert!(children.seen().is_empty(), "{:?}", children.seen());
        assert!(!leaks(&s.running.log()), "{}", s.running.log().lines().filter(|l| leaks(l)).take(5).collect::<Vec<_>>().join("\n"));
        assert!(!leaks(&s.get("/status/errors").body));
        for r in self.cluster.requests() {
            assert!(!leaks(&told(&r)), "{}", told(&r));
        }
        for heard in self.evil.heard() {
            assert!(!leaks(&heard), "{heard}");
        }
        // What the operator's own receiver is told of each service is that service's.
        for heard in self.own.heard() {
            for other in ["canary-es_", "canary-of", "canary-file", "canary-hive_connection\\", "canary-account"] {
                let body = heard.split_once("\r\n\r\n").map_or("", |(_, b)| b);
                assert!(!body.contains(other), "{other}: {heard}");
            }
        }
    }
}

fn leak(saved: bool) -> Value {
    if saved {
        "{{ _data }} %(es_password)s {es_password} $es_password$".into()
    } else {
        "$HIDDEN_VARIABLE {{ _data }} ${HIDDEN_VARIABLE} %(es_password)s".into()
    }
}

/// Every option in every position, tried out.
#[test]
fn every_option_in_every_position_is_harmless_in_a_test() {
    for in_config in [true, false] {
        let field = Field::new(in_config);
        let mut args = vec!["--config", "config.yaml", "--no-run"];
        if !in_config {
            args.extend(["--allow-host", "127.0.0.9"]);
        }
        let s = Served::start_with(&field.w, &args, &[VARIABLE]);
        let children = Children::of(s.running.pid());
        let all = attacks(&field.bait, &field.evil, &leak(false));
        let start = recent();
        let next = std::sync::atomic::AtomicUsize::new(0);
        let (tried, shown) = (std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let Some((alerter, attack)) = all.get(at / 6) else { return };
                        let position = POSITIONS[at % 6];
                        // The second time every other one, each option in three positions.
                        if !in_config && (at + at / 6) % 2 == 1 {
                            continue;
                        }
                        let (text, _) = rule(&format!("rule {at}"), alerter, attack, position, &field.names);
                        // Without leave to send anything that is refused at once: it is asked for where there is some.
                        let answer = test(&s, &text, &json!({"start": start, "alert": !in_config}));
                        assert!(!leaks(&answer.body), "{position}: {text}\n{answer:?}");
                        tried.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        if answer.status == 200 && answer.body.contains("\"alerts\":[\"") {
                            shown.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        let (tried, shown) = (tried.into_inner(), shown.into_inner());
        eprintln!("{tried} tests, {shown} with an alert");
        assert!(shown * 2 > tried, "{shown} of {tried} came to an alert: {}", s.get("/status/errors").body);
        field.check(&s, &children);
        assert_eq!(field.evil.heard(), Vec::<String>::new());
    }
}

/// Every option in every position, saved and run.
#[test]
fn every_option_in_every_position_is_harmless_in_a_saved_rule() {
    let field = Field::new(false);
    let s = Served::start_with(&field.w, &["--config", "config.yaml"], &[VARIABLE]);
    let children = Children::of(s.running.pid());
    let (mut saved, mut refused) = (0, BTreeMap::new());
    let mut save = |id: &str, text: &str| {
        let answer = s.save(&format!("/rules/{id}"), text);
        assert!(!leaks(&answer.body), "{text}: {answer:?}");
        if answer.status == 200 {
            saved += 1;
        } else {
            *refused.entry(answer.json()["error"].as_str().unwrap_or_default().to_owned()).or_insert(0) += 1;
        }
    };
    for (at, (alerter, attack)) in attacks(&field.bait, &field.evil, &leak(true)).into_iter().enumerate() {
        // Their addresses lie outside of this machine.
        if ["ses", "sns", "sqs", "tencent_sms"].contains(&alerter.as_str()) {
            continue;
        }
        for (i, position) in POSITIONS.into_iter().enumerate() {
            // Of what is saved each goes through one position twice over; all of them would run for minutes.
            let is_refused = attack.iter().any(|(k, _)| k == "command" || k == "match_enhancements");
            if !is_refused && (at + i) % 3 != 0 {
                continue;
            }
            // With secrets of his own an attacker may send where he likes; without, the operator's would go there.
            let bare =
                |(k, _): &&(String, Value)| (at + i) % 2 == 0 || !roles(k).is_some_and(|r| r.has(Roles::SECRET) && !r.has(Roles::TARGET));
            let attack: Attack = attack.iter().filter(bare).cloned().collect();
            let name = format!("r{at}x{i}");
            let (text, imported) = rule(&name, &alerter, &attack, position, &field.names);
            if let Some(part) = imported {
                save(&format!("part%20{name}"), &part);
            }
            save(&name, &text);
        }
        let custom: Map<String, Value> = attack.into_iter().collect();
        if at % 5 == 0 {
            let sigma = json!({"title": format!("sigma {at}"), "logsource": {"product": "windows"}, "detection": {"a": {"b": "c"}, "condition": "a"},
                "custom": {"elastalert": custom}, "elastalert": custom, "alert": ["command"]});
            let answer = s.send("POST", "/sigma/convert", "", &json!({"rules": sigma.to_string(), "overwrite": true}).to_string());
            assert!(!leaks(&answer.body), "{answer:?}");
        }
    }
    eprintln!("{saved} saved; refused: {refused:?}");
    assert!(
        saved > 100 && refused["commandRefused"] > 10 && refused["fileRefused"] > 50 && refused["secretRefused"] > 10,
        "{saved} {refused:?}"
    );
    let (mut count, mut since) = (0, Instant::now());
    until("the rules to have run", 90, || {
        let now = field.evil.heard().len();
        if now != count {
            (count, since) = (now, Instant::now());
        }
        count > 20 && since.elapsed() > Duration::from_secs(4)
    });
    eprintln!("{count} connections to the attacker's host");
    field.check(&s, &children);
}
