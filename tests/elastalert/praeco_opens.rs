//! Rule files for Praeco: its page finds what it needs, and what it writes back at a save still means the same.
//!
//! Praeco's side is written here anew, after what its page was seen to do.

use crate::support::cli::Workspace;
use crate::support::convert::{collection, options, samples};
use crate::support::{corpus, elastalert};
use serde_json::Value;
use sigmalert::convert::Style;
use sigmalert::elastalert::praeco::{keeps, plain_text};
use sigmalert::{Converter, Mapping, Options, Query, Target};

/// The query that Praeco makes of a builder tree.
fn compile(group: &Value) -> String {
    let field = |q: &Value| -> String {
        let special = "/+-&|!(){}[]^\"~*?:\\";
        q["selectedOperand"].as_str().unwrap().chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c])).collect()
    };
    let nodes = group["children"].as_array().unwrap().iter().map(|n| {
        let q = &n["query"];
        match n["type"].as_str().unwrap() {
            "query-builder-group" => format!("({})", compile(q)),
            "query-builder-rule" => {
                assert_eq!(q["rule"], q["selectedOperand"]);
                let value = q["value"].as_str().filter(|v| !v.is_empty()).unwrap_or("*");
                match q["selectedOperator"].as_str().unwrap() {
                    "contains" => format!("{}:{value}", field(q)),
                    "does not contain" => format!("NOT {}:{value}", field(q)),
                    "is empty" => format!("NOT {}:*", field(q)),
                    "is not empty" => format!("{}:*", field(q)),
                    other => panic!("{other}"),
                }
            }
            other => panic!("{other}"),
        }
    });
    nodes.collect::<Vec<_>>().join(if group["logicalOperator"] == "all" { " AND " } else { " OR " })
}

fn converter(mapping: &str) -> Converter {
    Converter::new(Mapping::builtin(mapping).unwrap(), Options { style: Style::Praeco, ..options(Target::ElastAlert) })
}

/// What Praeco's page needs is there, and the query is the one it would write itself.
fn check(file: &Value) -> bool {
    if file["type"] == sigmalert::elastalert::EXTENSION_TYPE {
        // Praeco neither lists nor saves what only sigmalert runs.
        assert!(file["import"].is_null(), "{file}");
        return false;
    }
    for key in ["name", "index", "type", "timestamp_field", "timestamp_type", "import", "__praeco_full_path"] {
        assert!(file[key].is_string(), "{key}: {file}");
    }
    assert!(file["alert"].is_array() && file["match_enhancements"].is_array(), "{file}");
    assert!(file["is_enabled"] == true && file["use_strftime_index"] == false, "{file}");
    assert!(file["query_key"].is_null() || file["query_key"].is_array(), "{file}");
    for key in ["realert", "timeframe", "buffer_time"] {
        assert!(file[key].is_null() || file[key].as_object().unwrap().len() == 1, "one unit: {file}");
    }
    assert_eq!(file["filter"].as_array().unwrap().len(), 1, "{file}");
    let query = file["filter"][0]["query"]["query_string"]["query"].as_str().unwrap_or_else(|| panic!("{file}"));
    let Some(builder) = file["__praeco_query_builder"].as_str() else { return false };
    let tree: Value = serde_json::from_str(builder).unwrap();
    assert_eq!(compile(&tree["query"]), query);
    true
}

#[test]
fn of_every_sample() {
    let mut with_tree = 0;
    for (name, text) in samples() {
        let collection = collection(&text);
        for mapping in ["winlogbeat", "wazuh"] {
            for i in 0..collection.documents().len() {
                let Ok(c) = converter(mapping).convert(&collection, i) else { continue };
                let Query::RuleFile(r) = c.query else { panic!("{name}") };
                with_tree += usize::from(check(&r.to_yaml().into()));
            }
        }
    }
    assert!(with_tree > 80, "{with_tree}");
}

#[test]
fn of_the_public_repository() {
    let Some(batch) = corpus::read("of_the_public_repository") else { return };
    let converter = converter("winlogbeat");
    let (mut all, mut with_tree) = (0, 0);
    for i in 0..batch.collection.documents().len() {
        let Ok(c) = converter.convert(&batch.collection, i) else { continue };
        let Query::RuleFile(r) = c.query else { panic!() };
        with_tree += usize::from(check(&r.to_yaml().into()));
        all += 1;
    }
    assert!(with_tree * 10 > all * 9, "{with_tree} of {all} have a tree");
}

/// A save by Praeco: only what it knows, in the order of the names, every text in double quotes.
fn saved(file: &Value) -> String {
    let kind = file["type"].as_str().unwrap();
    let destinations: Vec<&str> = file["alert"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
    let mut entries: Vec<(&String, &Value)> =
        file.as_object().unwrap().iter().filter(|(k, _)| keeps(k, kind, &destinations) && *k != "__praeco_full_path").collect();
    entries.sort_by_key(|(k, _)| *k);
    // JSON is YAML with every text in double quotes.
    entries.iter().map(|(k, v)| format!("{k}: {v}\n")).collect()
}

#[test]
fn what_praeco_saves_still_loads_and_means_the_same() {
    let w = Workspace::new();
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/sigma-samples");
    let run = w.run(&[
        "convert",
        "-m",
        "winlogbeat",
        "-p",
        "slack",
        "-p",
        "telegram",
        "--style",
        "praeco",
        "-o",
        "out/rules/deep",
        "-q",
        samples,
    ]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.matches("error:").count() == 3, "comparisons of fields and parts of times have no query_string: {}", run.stderr);
    let files: Vec<String> = w.files("out/rules/deep").into_iter().filter(|f| f.ends_with(".yaml")).collect();
    let mut queries = Vec::new();
    for f in &files {
        let path = format!("out/rules/deep/{f}");
        let read = |text: &str| -> Value { sigmalert::yaml::parse_all(text, &Default::default()).unwrap()[0].to_value().into() };
        let before = read(&w.read(&path));
        let after = read(&saved(&before));
        // All that the alert hangs on is there still.
        for key in [
            "name",
            "type",
            "index",
            "filter",
            "alert",
            "alert_text",
            "alert_text_args",
            "slack_webhook_url",
            "telegram_room_id",
            "num_events",
            "timeframe",
        ] {
            assert_eq!(before[key], after[key], "{f}: {key}");
        }
        queries.push(after["filter"].clone());
        w.write(&path, saved(&before));
    }
    assert!(files.len() > 40);
    // The bot's token is none of Praeco's business; it stands in the file that rules import.
    assert!(w.read("out/rules/deep/BaseRule.config").contains("telegram_bot_token: '${TELEGRAM_BOT_TOKEN}'"));
    if let Some(loaded) = elastalert::load("what_praeco_saves_still_loads_and_means_the_same", &w.path("out/rules/deep")) {
        assert_eq!(loaded, Ok(files.len()));
    }
}

#[test]
fn the_imported_file_is_the_users() {
    let w = Workspace::new();
    let rule = |w: &Workspace, path: &str| {
        w.write(path, "title: x\nlogsource: {product: windows}\ndetection: {a: {b: c}, condition: a}\n");
    };
    rule(&w, "rules/a/b/c.yml");
    let args = ["convert", "-m", "winlogbeat", "-p", "telegram", "--style", "praeco", "rules", "-o", "out"];
    let run = w.run(&args);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let file = w.read("out/a/b/x.yaml");
    assert!(file.contains("import: \"../../BaseRule.config\"\n__praeco_full_path: a/b/x\n"), "{file}");
    assert!(!file.contains("telegram_bot_token"), "{file}");
    // Secrets that were put there stay, and what is lacking is told.
    w.write("out/BaseRule.config", "telegram_bot_token: \"123:abc\"\n");
    let run = w.run(&[&args[..], &["-p", "thehive", "--prune"]].concat());
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(w.read("out/BaseRule.config"), "telegram_bot_token: \"123:abc\"\n");
    assert!(run.stderr.contains("lacks `hive_connection`"), "{}", run.stderr);
    assert!(!run.stderr.contains("123:abc"));
    // Without shared options there is still something to import.
    let run = w.run(&["convert", "-m", "winlogbeat", "--style", "praeco", "rules", "-o", "plain"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(w.read("plain/BaseRule.config"), "slack_webhook_url: \"\"\n");
}

#[test]
fn what_praeco_would_lose_is_told() {
    let text = samples().into_iter().find(|(n, _)| n == "endswith").unwrap().1;
    let profile = sigmalert::elastalert::Profile::load("thehive").unwrap().with(sigmalert::elastalert::Profile::load("http").unwrap());
    let converter =
        Converter::new(Mapping::builtin("winlogbeat").unwrap(), Options { style: Style::Praeco, profile, ..options(Target::ElastAlert) });
    let c = converter.convert(&collection(&text), 0).unwrap();
    let told: Vec<String> = c.notices.iter().filter(|n| n.kind.name() == "praeco").map(|n| n.field.clone()).collect();
    assert_eq!(told, ["hive_alert_config.pap", "hive_observable_data_mapping", "http_post_payload", "http_post_static_payload"]);
}

#[test]
fn text_survives_the_html_parser() {
    assert_eq!(
        plain_text("a <b> & c &amp; <{0}|link> </x> 1<2 <!-- &#1; & < >"),
        "a < b> & c & amp; <{0}|link> < /x> 1<2 < !-- & #1; & < >"
    );
}

#[test]
fn query_dsl_is_not_for_praeco() {
    let w = Workspace::new();
    w.write("r.yml", "title: x\nlogsource: {product: windows}\ndetection: {a: {b: c}, condition: a}\n");
    let run = w.run(&["convert", "-m", "winlogbeat", "--style", "praeco", "--filter", "dsl", "r.yml"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("Praeco reads query_string only"), "{}", run.stderr);
}

/// What Praeco comes with: texts in BaseRule.config, which it never opens.
#[test]
fn praecos_own_base_rule_is_no_error() {
    let w = Workspace::new();
    w.write(
        "rules/BaseRule.config",
        "slack_webhook_url: \"\"\ntelegram_bot_token: \"\"\nmattermost_webhook_url: \"\"\nrocket_chat_webhook_url: \"\"\n",
    );
    let rule = "name: a\ntype: any\nindex: logs-*\ntimestamp_field: '@timestamp'\nfilter:\n- query: {query_string: {query: 'a:1'}}\nalert: [debug]\nimport: BaseRule.config\n";
    w.write("rules/a.yaml", rule);
    let run = w.run(&["lint-rules", "--style", "praeco", "--deny-warnings", "rules"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    // In the rule itself it is one.
    w.write("rules/a.yaml", format!("{rule}slack_webhook_url: https://example.com\n"));
    let run = w.run(&["lint-rules", "--style", "praeco", "rules"]);
    assert!(run.status == 1 && run.stderr.contains("PR201"), "{}", run.stderr);
}
