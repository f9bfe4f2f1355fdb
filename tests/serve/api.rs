//! `sigmalert serve`: the API that Praeco talks to, by its contract, and rules that run once they are saved.

use crate::support::cli::Workspace;
use crate::support::corpus;
use crate::support::opensearch;
use crate::support::runtime::{Field, Receiver, until};
use crate::support::served::{RULE, Served, trial};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[test]
fn rules_folders_and_templates() {
    let w = Workspace::new();
    w.write("rules/web/eu/burst.yaml", format!("# By hand.\n{RULE}tags: [a]\n"));
    w.write("rules/README.md", "no rule");
    let s = Served::start(&w, &["--audit", "audit.ndjson"]);
    for prefix in ["", "/api"] {
        let tree = s.get(&format!("{prefix}/rules?all"));
        assert_eq!((tree.status, tree.json()), (200, json!(["BaseRule.config", "web/", "web/eu/", "web/eu/burst"])));
        assert_eq!(s.get(&format!("{prefix}/templates?all")).json(), json!([]));
    }
    let root = s.get("/api").json();
    assert_eq!((root["name"].as_str(), root["version"].as_str()), (Some("sigmalert"), Some(env!("CARGO_PKG_VERSION"))));
    assert_eq!(s.get("/api/status").json(), json!({"status": "SETUP"}));
    assert_eq!(s.get("/api/config").json()["runEvery"]["seconds"], 60);
    assert_eq!(s.get("/rules?path=web").json(), json!({"directories": ["eu"], "rules": []}));

    // A missing rule is 404: "the name is free".
    let missing = s.get("/api/rules/new%20rule");
    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.json(),
        json!({"error": "ruleNotFound", "message": "The requested rule with id: 'new rule' couldn't be found.", "statusCode": 404})
    );
    assert_eq!(s.get("/api/templates/x").json()["error"], "templateNotFound");
    // Created in a folder that is not there yet, under its decoded name.
    // A name that another rule has is refused: of two with one name the second would not run.
    let taken = s.save("/api/rules/a/b/new%20rule%20(1)", RULE);
    assert_eq!((taken.status, taken.json()["error"].as_str()), (409, Some("nameTaken")), "{taken:?}");
    assert!(taken.json()["message"].as_str().unwrap().contains("web/eu/burst.yaml") && !w.path("rules/a/b").exists(), "{taken:?}");
    let other = RULE.replace("Whoami", "Second");
    let made = s.save("/api/rules/a/b/new%20rule%20(1)", &other);
    assert_eq!((made.status, made.json()), (200, json!({"created": true, "id": "a/b/new rule (1)"})));
    assert_eq!(w.read("rules/a/b/new rule (1).yaml"), other);
    // Praeco saves by the rule's name what it opened by the file's.
    assert_eq!(s.get("/rules/a/b/Second").body, other);
    assert_eq!(s.save("/rules/a/b/Second", &format!("{other}is_enabled: false\n")).status, 200);
    assert_eq!(w.files("rules/a"), ["b/new rule (1).yaml"]);
    // What elastalert-server stored under an encoded name is found.
    w.write("rules/old%20one.yaml", RULE);
    assert_eq!(s.get("/rules/old%20one").body, RULE);

    // A save keeps what Praeco does not know, and comments.
    let read = s.get("/api/rules/web/eu/burst");
    assert!(read.header("content-type").unwrap().starts_with("text/"));
    assert_eq!(s.save("/api/rules/web/eu/burst", &format!("{RULE}is_enabled: false\n")).status, 200);
    let stored = w.read("rules/web/eu/burst.yaml");
    assert!(stored.starts_with("# By hand.\n") && stored.contains("tags: [a]") && stored.contains("is_enabled: false"), "{stored}");

    // Two editors do not overwrite each other.
    let tag = read.header("etag").unwrap().to_owned();
    let body = json!({"yaml": RULE}).to_string();
    let late = s.send("POST", "/rules/web/eu/burst", &format!("If-Match: {tag}\r\n"), &body);
    assert_eq!((late.status, late.json()["error"].as_str()), (412, Some("changed")));
    let now = s.get("/rules/web/eu/burst").header("etag").unwrap().to_owned();
    assert_eq!(s.send("POST", "/rules/web/eu/burst", &format!("If-Match: {now}\r\n"), &body).status, 200);
    assert_eq!(s.send("POST", "/rules/web/eu/burst", "If-None-Match: *\r\n", &body).status, 412);

    for bad in ["", "{}", r#"{"yaml": ""}"#, r#"{"yaml": "[]"}"#, r#"{"yaml": "a: ["}"#, "no json"] {
        let a = s.send("POST", "/rules/bad", "", bad);
        assert_eq!(a.status, 400, "{bad}: {a:?}");
    }
    assert!(!w.path("rules/bad.yaml").exists());

    let folder = s.send("PUT", "/api/folders/templates/one/two", "", "");
    assert_eq!(folder.json(), json!({"created": true, "type": "templates", "path": "one/two"}));
    assert_eq!(s.get("/templates?all").json(), json!(["one/", "one/two/"]));
    assert_eq!(s.save("/templates/one/t", RULE).status, 200);
    assert_eq!(s.send("DELETE", "/api/folders/rules/a", "", "").json()["deleted"], true);
    assert!(!w.path("rules/a").exists());
    assert_eq!(s.send("DELETE", "/rules/web/eu/burst", "", "").status, 200);
    assert_eq!(s.send("DELETE", "/rules/web/eu/burst", "", "").status, 404);

    // All of it in one archive, but not what holds secrets.
    assert_eq!(s.save("/rules/kept/one", &RULE.replace("Whoami", "Kept")).status, 200);
    let mut archive = ureq::get(format!("http://127.0.0.1:{}/download", s.port)).call().unwrap();
    let bytes = archive.body_mut().read_to_vec().unwrap();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
    let names: Vec<String> = tar.entries().unwrap().map(|e| e.unwrap().path().unwrap().display().to_string()).collect();
    assert_eq!(names, ["rules/kept/one.yaml", "rules/old%20one.yaml"]);

    // What needs a cluster says so, and does not hang.
    for path in ["/indices", "/mapping/logs-*", "/metadata/silence"] {
        assert_eq!((s.get(path).status, s.get(path).json()["error"].as_str()), (503, Some("noCluster")), "{path}");
    }
    let audit = w.read("audit.ndjson");
    let whats: Vec<Value> = audit.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["what"].clone()).collect();
    assert_eq!(whats, ["create", "change", "change", "change", "create folder", "create", "delete folder", "delete", "create"], "{audit}");
}

#[test]
fn the_schema_of_a_rule_is_looked_at_before_it_is_saved() {
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    let test =
        |rule: &str| s.send("POST", "/api/test", "", &json!({"rule": rule, "options": {"testType": "schemaOnly", "days": 1}}).to_string());
    // The import leads to where elastalert-server would keep its tests.
    let good = test(&RULE.replace("\"BaseRule.config\"", "\"../../rules/BaseRule.config\""));
    assert!(good.status == 200 && !good.body.is_empty(), "{good:?}");
    for bad in ["name: x\n", "a: [", &RULE.replace("\"any\"", "\"nonsense\""), &RULE.replace("BaseRule.config", "/etc/passwd")] {
        let a = test(bad);
        assert_eq!((a.status, a.body.as_str()), (200, ""), "{bad}");
    }
    // Why, Praeco does not say; here it is to be had.
    let errors = s.get("/status/errors").json();
    assert_eq!(errors.as_array().unwrap().len(), 4, "{errors}");
    assert!(errors[1]["rule"] == "Whoami" && errors[1]["message"].as_str().unwrap().contains("nonsense"), "{errors}");
    assert_eq!(s.send("POST", "/api/test", "", "{}").json()["error"], "ruleNotSend");
    assert_eq!(s.send("POST", "/api/test", "", r#"{"rule": "a: 1", "options": {"testType": "x"}}"#).json()["error"], "optionsInvalid");
}

#[test]
fn sigma_rules_become_rules_that_praeco_opens() {
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    let sigma = "title: Who Am I\nlogsource: {product: windows, category: process_creation}\ndetection: {a: {Image|endswith: '\\whoami.exe'}, condition: a}\nlevel: high\n---\ntitle: Broken\nlogsource: {product: windows}\ndetection: {a: {b|nonsense: c}, condition: a}\n";
    let ask = |body: Value| s.send("POST", "/api/sigma/convert", "", &body.to_string()).json();
    let shown = ask(json!({"rules": sigma, "dryRun": true}));
    assert_eq!(shown["rules"][0]["written"], false);
    assert!(shown["failures"][0]["message"].as_str().unwrap().contains("nonsense"), "{shown}");
    assert!(w.files("rules").iter().all(|f| !f.contains("Who")));
    let made = ask(json!({"rules": sigma, "folder": "from sigma/windows"}));
    let id = made["rules"][0]["id"].as_str().unwrap();
    assert!(id.starts_with("from sigma/windows/"), "{made}");
    let read = s.get(&format!("/api/rules/{}", id.replace(' ', "%20")));
    assert!(read.body.contains("whoami.exe") && read.body.contains("import: \"../../BaseRule.config\""), "{read:?}");
    // What was made can be run: ElastAlert's loader would find what it imports.
    w.write("events.ndjson", "{\"@timestamp\": \"2026-01-01T00:00:00Z\"}\n");
    let over = Served::start(&w, &["--events", "events.ndjson"]);
    until("the first run", 20, || over.get("/status").json()["status"] == "READY");
    let overview = over.get("/status/overview").json();
    assert!(overview["broken"] == json!([]) && overview["rules"].as_array().unwrap().len() == 1, "{overview}");
    assert!(ask(json!({"rules": sigma, "folder": "from sigma/windows"}))["failures"].to_string().contains("already"));
    // Titles that make odd names of files.
    for (title, name) in [(".NET 100% %2e/x: y", None), ("Task At 00:00", Some("Task At 00:00"))] {
        let made = ask(json!({"rules": sigma.replace("Who Am I", &format!("'{title}'")), "folder": "odd"}));
        let id = made["rules"][0]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        assert!(name.is_none_or(|n| id == format!("odd/{n}")), "{made}");
        let encoded: String = id.split('/').map(|p| format!("/{}", p.bytes().map(|b| format!("%{b:02X}")).collect::<String>())).collect();
        assert_eq!(s.get(&format!("/api/rules{encoded}")).status, 200, "{id}");
    }
    assert_eq!(s.send("POST", "/sigma/convert", "", r#"{"rules": "a", "mapping": "/etc/passwd"}"#).status, 400);
}

#[test]
fn pages_are_served() {
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    let own = s.get("/");
    assert!(own.status == 200 && own.body.contains("Convert a Sigma rule"), "{own:?}");
    assert!(own.header("content-security-policy").unwrap().contains("script-src 'self'"));
    assert_eq!((s.get("/page.js").status, s.get("/nothing").status), (200, 404));
    w.write("dist/index.html", "<title>Praeco</title>");
    w.write("dist/assets/a.js", "1");
    w.write("dist/praeco.config.json", "{}");
    w.write("out.txt", "hunter2");
    let s = Served::start(&w, &["--praeco", "dist"]);
    // The page's routes have the names of the API's: who wants a page gets it.
    assert_eq!(s.get("/rules/web/x").status, 404);
    let page = s.send("GET", "/rules/web/x", "Accept: text/html,application/xhtml+xml\r\n", "");
    assert!(page.status == 200 && page.body.contains("Praeco"), "{page:?}");
    assert_eq!(s.send("GET", "/api/rules/web/x", "Accept: text/html\r\n", "").status, 404);
    for path in ["/", "/rule/web/x", "/errors"] {
        assert!(s.get(path).body.contains("Praeco"), "{path}");
    }
    assert_eq!(
        (s.get("/assets/a.js").body, s.get("/assets/a.js").header("cache-control")),
        ("1".into(), Some("public, max-age=31536000, immutable"))
    );
    assert_eq!(s.get("/").header("cache-control"), Some("no-cache"));
    // Files and lists are packed for those who take it; rules are not, as their length would tell of what is in them.
    w.write("dist/assets/long.js", "1;".repeat(5_000));
    for i in 0..100 {
        w.write(&format!("rules/some folder/rule {i}.yaml"), format!("{RULE}# {}", "x".repeat(2_000)));
    }
    let packed = |path: &str| {
        let encoding = |headers: &str| s.send("GET", path, headers, "").header("content-encoding").map(str::to_owned);
        assert_eq!(encoding(""), None);
        encoding("Accept-Encoding: gzip\r\n")
    };
    assert_eq!((packed("/assets/long.js").as_deref(), packed("/api/rules?all").as_deref()), (Some("gzip"), Some("gzip")));
    assert_eq!((packed("/assets/a.js"), packed("/api/rules/some%20folder/rule%201")), (None, None));
    // Praeco's links lead to where the page is, unless an operator says where that is.
    let url = |s: &Served, headers: &str| s.send("GET", "/praeco.config.json", headers, "").json()["appUrl"].clone();
    assert_eq!(url(&s, ""), format!("http://127.0.0.1:{}", s.port));
    assert_eq!(url(&s, "X-Forwarded-Proto: https\r\nHost: localhost\r\n"), "https://localhost");
    w.write(
        "dist/praeco.config.json",
        "{\"appUrl\": \"http://localhost:8080\", \"errorLoggerUrl\": \"/log\", \"hidePreconfiguredFields\": [\"slackChannel\"]}",
    );
    assert_eq!(url(&s, ""), format!("http://127.0.0.1:{}", s.port));
    assert_eq!(s.get("/praeco.config.json").json()["hidePreconfiguredFields"], json!(["slackChannel"]));
    let public = Served::start(&w, &["--praeco", "dist", "--public-url", "https://siem.example.com/"]);
    assert_eq!(url(&public, ""), "https://siem.example.com");
    w.write("dist/praeco.config.json", "{\"appUrl\": \"https://praeco.example.com\"}");
    assert_eq!((url(&s, ""), url(&public, "")), (json!("https://praeco.example.com"), json!("https://praeco.example.com")));
    assert_eq!(w.run(&["serve", "--rules", "rules", "--public-url", "siem"]).status, 2);
    // A checkout that was not built.
    w.write("praeco/index.html", "<script type=\"module\" src=\"/src/main.js\"></script>");
    w.write("praeco/package.json", "{}");
    let source = w.run(&["serve", "--rules", "rules", "--praeco", "praeco"]);
    assert!(source.status == 2 && source.stderr.contains("npm run build"), "{}", source.stderr);
    w.write("praeco/dist/index.html", "");
    let source = w.run(&["serve", "--rules", "rules", "--praeco", "praeco"]);
    assert!(source.status == 2 && source.stderr.contains("use praeco/dist"), "{}", source.stderr);
    assert!(s.get("/api-app/releases").json()[0]["tag_name"].is_string());
    assert!(!s.get("/assets/..%2f..%2fout.txt").body.contains("hunter2"));
    assert_eq!(w.run(&["serve", "--rules", "rules", "--praeco", "rules"]).status, 2);
}

#[test]
fn each_destination_of_an_alert_says_whether_it_was_sent() {
    let Some(cluster) = opensearch::connect("each_destination_of_an_alert_says_whether_it_was_sent") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    w.write("config.yaml", field.config("w", "").replace("seconds: 60", "seconds: 1"));
    field.add(0, &[json!({"@timestamp": jiff::Timestamp::now().to_string(), "user": "alice"})]);
    let (good, bad) = (Receiver::new(), Receiver::answering(|_, _| (401, "no such token".into())));
    let rule = RULE
        .replace("logs-*", &field.events())
        .replace("a:1", "user:alice")
        .replace("  - \"debug\"", "  - post\n  - telegram\n  - discord");
    let rule = format!(
        "{rule}http_post_url: {}\ntelegram_api_url: {}\ntelegram_bot_token: tok\ntelegram_room_id: '-5'\ndiscord_webhook_url: {}\n",
        good.url,
        bad.url.trim_start_matches("http://"),
        good.url
    );
    w.write("rules/one.yaml", rule);
    let s = Served::start(&w, &["--config", "config.yaml"]);
    let mut row = Value::Null;
    until("an alert that two of three took", 40, || {
        let rows = s.get("/api/metadata/elastalert?noagg=1").json();
        row = rows["hits"][0].clone();
        row["destinations"].as_array().is_some_and(|d| d.len() == 3)
    });
    let of =
        |name: &str| row["destinations"].as_array().unwrap().iter().find(|d| d["name"] == name).unwrap_or_else(|| panic!("{row}")).clone();
    assert_eq!((&of("post")["sent"], &of("discord")["sent"]), (&json!(true), &json!(true)));
    let failed = of("telegram");
    assert!(failed["sent"] == false && !failed["error"].as_str().unwrap().is_empty(), "{row}");
    // What Praeco's table shows: the destination that is not sent, with its own reason.
    assert_eq!((&row["alert_sent"], &row["alert_info"]["type"]), (&json!(false), &json!("telegram")));
    let told = row["alert_exception"].as_str().unwrap();
    assert!(told.starts_with("telegram: ") && told.contains("(sent to ") && told.contains("discord"), "{told}");
}

#[test]
fn it_stops_when_asked() {
    let w = Workspace::new();
    let mut s = Served::start(&w, &[]);
    assert_eq!(s.running.stop(), 0, "{}", s.running.log());
}

#[test]
fn over_a_real_cluster() {
    let Some(cluster) = opensearch::connect("over_a_real_cluster") else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    w.write("config.yaml", field.config("w", "").replace("seconds: 60", "seconds: 1"));
    let s = Served::start(&w, &["--config", "config.yaml"]);
    let now = jiff::Timestamp::now().to_string();
    field.add(0, &[json!({"@timestamp": now, "user": "alice"}), json!({"@timestamp": now, "user": "bob"})]);

    // Metadata of a fresh installation, and fields and events.
    for kind in ["elastalert", "elastalert_status", "silence", "elastalert_error", "past_elastalert"] {
        let a = s.get(&format!("/api/metadata/{kind}")).json();
        assert_eq!((&a["hits"], a.get("error")), (&json!([]), None), "{kind}: {a}");
    }
    let events = field.events();
    assert!(s.get("/api/indices").json().as_array().unwrap().contains(&json!(events)));
    assert_eq!(s.get(&format!("/api/mapping/{events}")).json()[&events]["mappings"]["properties"]["@timestamp"]["type"], "date");
    assert_eq!(s.get("/api/mapping/no-such-index-here").status, 404);
    let search = |index: &str, body: Value| s.send("POST", &format!("/api/search/{index}"), "", &body.to_string());
    let found = search(&events, json!({"query": {"query_string": {"query": "user:alice"}}, "size": 40})).json();
    assert_eq!((&found["hits"]["total"], &found["hits"]["hits"][0]["_source"]["user"]), (&json!(1), &json!("alice")));
    assert_eq!(search(&events, json!({"query": {"match": 1}})).status, 400);
    for index in [".security", "_all", "a,.kibana", "%2e%2e", "a%2f_delete_by_query"] {
        assert_eq!(search(index, json!({})).status, 403, "{index}");
    }
    // Another server, which lets its pages read one index only.
    let narrow = Served::start(&w, &["--config", "config.yaml", "--no-run", "--index", &events]);
    assert_eq!(narrow.get("/indices").json(), json!([&events]));
    assert_eq!(narrow.get(&format!("/mapping/{events}")).status, 200);
    for index in ["*", "sigmalert*", &field.writeback("w")] {
        assert_eq!(narrow.get(&format!("/mapping/{index}")).status, 403, "{index}");
        assert_eq!(narrow.send("POST", &format!("/search/{index}"), "", "{}").status, 403, "{index}");
    }
    assert_eq!(narrow.get("/status").json()["status"], "IDLE");
    assert_eq!(narrow.send("POST", "/status/control/start", "", "").status, 409);
    assert_eq!(search(&events, json!({"query": {"script": {"script": "true"}}})).status, 403);

    // Tried out, saved, and it alerts in the same process.
    let rule = RULE.replace("logs-*", &events).replace("a:1", "user:alice").replace("BaseRule.config", "../../rules/BaseRule.config");
    let start = (jiff::Timestamp::now() - std::time::Duration::from_secs(3600)).to_string();
    let frames = trial(&s, &rule, &start);
    let results: Vec<&Value> = frames.iter().filter(|f| f["event"] == "result").collect();
    assert_eq!(results.len(), 1, "{frames:?}");
    let result: Value = serde_json::from_str(results[0]["data"].as_str().unwrap()).unwrap();
    assert_eq!((&result["hits"], &result["writeback"]["elastalert_status"]["matches"]), (&json!(1), &json!(1)), "{result}");
    for f in frames.iter().filter(|f| f["event"] == "progress") {
        assert!(f["data"].as_str().unwrap().starts_with("INFO:elastalert:"), "{f}");
    }
    let broken = trial(&s, "name: x\n", &start);
    assert!(broken.iter().any(|f| f["event"] == "progress" && !f["data"].as_str().unwrap().starts_with("INFO:elastalert:")), "{broken:?}");

    let rule = rule.replace("../../rules/", "");
    assert_eq!(s.save("/api/rules/whoami", &rule).status, 200);
    until("the alert of a rule that was just saved", 40, || {
        let rows = s.get("/api/metadata/elastalert?noagg=1").json();
        rows["hits"].as_array().is_some_and(|h| h.iter().any(|r| r["rule_name"] == "Whoami" && r["alert_info"]["type"].is_string()))
    });
    until("its status", 20, || {
        s.get("/api/metadata/elastalert_status?rule_name=Whoami").json()["hits"].as_array().is_some_and(|h| !h.is_empty())
    });
    assert_eq!(s.get("/api/metadata/elastalert_status?rule_name=other").json()["hits"], json!([]));
    assert_eq!(s.get("/api/status").json()["status"], "READY");

    // Silenced: the text that Praeco takes for success, and the document at once.
    for unit in ["day", "hours"] {
        assert_eq!(s.send("POST", "/api/silence/whoami", "", &json!({"unit": unit, "duration": 1}).to_string()).status, 200, "{unit}");
    }
    let silenced = s.send("POST", "/api/silence/whoami", "", r#"{"unit": "hour", "duration": 2}"#);
    assert!(silenced.body.starts_with("INFO:elastalert:Success. Whoami._silence will be silenced until"), "{silenced:?}");
    let rows = s.get("/api/metadata/silence?rule_name=Whoami").json();
    assert_eq!(rows["hits"][0]["rule_name"], "Whoami._silence", "{rows}");
    for bad in [r#"{"unit": "years"}"#, r#"{"duration": 0}"#, r#"{"duration": "x"}"#] {
        assert_eq!(s.send("POST", "/api/silence/whoami", "", bad).json()["error"], "optionsInvalid", "{bad}");
    }
    // Stopped and started, by POST and as elastalert-server has it.
    let stopped = s.send("POST", "/api/status/control/stop", "", "");
    assert_eq!((stopped.status, stopped.json()["success"].as_bool()), (200, Some(true)), "{stopped:?}");
    until("the rules to end", 40, || s.get("/status").json()["status"] == "IDLE");
    assert_eq!(s.get("/status/control/start").json()["success"], true);
    assert_eq!(s.get("/status").json()["status"], "READY");
    assert_eq!(s.get("/status/control/nonsense").status, 404);
    let overview = s.get("/status/overview").json();
    assert_eq!(overview["rules"][0]["name"], "Whoami", "{overview}");
}

#[test]
fn a_cluster_that_is_gone_is_told_and_nothing_hangs() {
    let w = Workspace::new();
    w.write(
        "config.yaml",
        "rules_folder: rules\nrun_every: {seconds: 60}\nbuffer_time: {minutes: 15}\nes_host: 127.0.0.1\nes_port: 9\nwriteback_index: gone\n",
    );
    let s = Served::start(&w, &["--config", "config.yaml", "--no-run"]);
    let begin = Instant::now();
    assert_eq!(s.get("/api/indices").status, 502);
    let rows = s.get("/api/metadata/elastalert_error").json();
    assert!(rows["error"]["msg"].is_string() && rows["hits"] == json!([]), "{rows}");
    assert_eq!(s.get("/rules?all").status, 200);
    assert!(begin.elapsed() < Duration::from_secs(60));
}

/// What deploy/ starts, with its folders elsewhere.
#[test]
fn examples_of_deployment_start() {
    let read = |name: &str| std::fs::read_to_string(format!("{}/deploy/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let unit = read("sigmalert.service");
    let compose = read("docker-compose.yml");
    let from_unit = unit.lines().find_map(|l| l.strip_prefix("ExecStart=/usr/local/bin/sigmalert ")).unwrap();
    let from_compose = compose.split_once("command: >-\n").unwrap().1.split_once('#').unwrap().0;
    for command in [from_unit, from_compose] {
        let w = Workspace::new();
        w.write("etc/config.yaml", read("config.yaml").replace("es_host: opensearch", "es_host: 127.0.0.1").replace("9200", "9"));
        w.write("etc/users", format!("analyst:{}\n", bcrypt::hash("secret-word", 4).unwrap()));
        w.write("praeco/index.html", "<title>Praeco</title>");
        let placed = |word: &str| {
            [("/etc/sigmalert", "etc"), ("/usr/share/praeco", "praeco"), ("/var/lib/sigmalert", "var")]
                .iter()
                .fold(word.to_owned(), |t, (from, to)| t.replace(from, &w.path(to).display().to_string()))
        };
        std::fs::create_dir(w.path("var")).unwrap();
        let mut args: Vec<String> = command.split_whitespace().skip(1).map(placed).collect();
        // Where it listens, the test says.
        if let Some(at) = args.iter().position(|a| a == "--listen") {
            args.drain(at..at + 2);
        }
        let s = Served::start(&w, &args.iter().map(String::as_str).collect::<Vec<_>>());
        let login = "Authorization: Basic YW5hbHlzdDpzZWNyZXQtd29yZA==\r\n";
        assert!(s.send("GET", "/", login, "").body.contains("Praeco"));
        assert_eq!(s.send("GET", "/api/rules?all", login, "").json(), json!(["BaseRule.config"]));
    }
}

/// elastalert-server's own `config.json` is enough.
#[test]
fn configurations_of_elastalert_server_are_read() {
    let w = Workspace::new();
    w.write("elastalert/rules/a.yaml", RULE);
    let home = w.path("elastalert").display().to_string();
    let write = |more: Value| {
        let mut all = json!({"appName": "elastalert-server", "elastalertPath": home, "verbose": false, "prometheus_port": 0,
            "rulesPath": {"relative": true, "path": "/rules"}, "templatesPath": {"relative": true, "path": "/rule_templates"}});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        w.write("config.json", all.to_string());
    };
    // With no cluster, with the one that it names, and with the configuration in ElastAlert's folder.
    write(json!({}));
    let args = ["--rules", &format!("{home}/rules"), "--server-config", "config.json", "--no-run"];
    assert_eq!(Served::start(&w, &args).get("/status").json()["status"], "SETUP");
    write(json!({"es_host": "127.0.0.1", "es_port": 9, "es_username": "", "es_ssl": false, "writeback_index": "w"}));
    let s = Served::start(&w, &args);
    assert_eq!(s.get("/status").json()["status"], "IDLE");
    assert_eq!(s.get("/rules?all").json(), json!(["BaseRule.config", "a"]));
    assert!(w.path("elastalert/rule_templates").is_dir());
    assert_eq!(s.get("/indices").status, 502);
    w.write(
        "elastalert/config.yaml",
        "run_every: {seconds: 7}\nbuffer_time: {minutes: 15}\nes_host: 127.0.0.1\nes_port: 9\nwriteback_index: w\n",
    );
    assert_eq!(Served::start(&w, &args).get("/config").json()["runEvery"]["seconds"], 7);
    // What is wrong is named, with its place.
    for (wrong, told) in
        [(json!({"port": "soon"}), "`port` is no port"), (json!({"rulesPath": {"relative": true}}), "`rulesPath` has no `path`")]
    {
        write(wrong);
        let run = w.run(&["serve", "--server-config", "config.json"]);
        assert!(run.status == 2 && run.stderr.contains("config.json:") && run.stderr.contains(told), "{run:?}");
    }
    w.write("config.json", "{\"port\": ");
    assert_eq!(w.run(&["serve", "--server-config", "config.json"]).status, 2);
}

/// Every rule of the public repository, converted, is in the tree and opens, by its path as a browser writes it.
#[test]
fn the_whole_repository_is_opened() {
    let Some(corpus) = corpus::rules("the_whole_repository_is_opened") else { return };
    let w = Workspace::new();
    let run = w.run(&["convert", "-m", "winlogbeat", "--style", "praeco", "-o", "rules", &corpus.display().to_string()]);
    assert!(run.status <= 1, "{run:?}");
    let s = Served::start(&w, &[]);
    let tree = s.get("/api/rules?all").json();
    let rules: Vec<&str> =
        tree.as_array().unwrap().iter().map(|r| r.as_str().unwrap()).filter(|r| !r.ends_with('/') && !r.ends_with(".config")).collect();
    let files = w.files("rules").into_iter().filter(|f| f.ends_with(".yaml")).count();
    assert!(rules.len() == files && files > 2000, "{} of {files}", rules.len());
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&b);
    for rule in rules {
        let path: String = rule.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
        let opened = s.get(&format!("/api/rules/{path}"));
        assert!(opened.status == 200 && opened.body.contains("query_string"), "{rule}: {opened:?}");
    }
}
