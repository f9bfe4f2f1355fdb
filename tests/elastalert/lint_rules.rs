//! `lint-rules` says of any rule file what ElastAlert 2's own loader does with it, and `upgrade` mends it.

use crate::support::cli::Workspace;
use crate::support::elastalert;
use sigmalert::elastalert::Audience;
use sigmalert::elastalert::lint::{Problem, Severity, lint};
use sigmalert::elastalert::load::{Context, load_text};
use sigmalert::elastalert::options::Release;
use sigmalert::elastalert::upgrade::upgrade;
use std::path::Path;

const BASE: &str = "name: n\nindex: logs-*\n";

/// Rule files as people write them, without the name and the index; the first word says what they are.
const CASES: &[(&str, &str)] = &[
    ("any", "type: any\nalert: debug\n"),
    ("alert-list", "type: any\nalert: [debug]\n"),
    ("no-type", "alert: debug\n"),
    ("no-alert", "type: any\n"),
    ("unknown-type", "type: anything\nalert: debug\n"),
    ("unknown-alert", "type: any\nalert: smoke_signal\n"),
    ("old-alert", "type: any\nalert: [http_post]\nhttp_post_url: http://127.0.0.1\n"),
    ("yes", "type: any\nalert: debug\nis_enabled: yes\nuse_strftime_index: off\n"),
    ("quoted-boolean", "type: any\nalert: debug\nuse_strftime_index: 'false'\n"),
    ("frequency", "type: frequency\nalert: debug\nnum_events: 5\ntimeframe: {minutes: 5}\n"),
    ("frequency-octal", "type: frequency\nalert: debug\nnum_events: 010\ntimeframe: {minutes: 1:30}\n"),
    ("frequency-text", "type: frequency\nalert: debug\nnum_events: '5'\ntimeframe: {minutes: 5}\n"),
    ("frequency-fraction", "type: frequency\nalert: debug\nnum_events: 3.5\ntimeframe: {minutes: 5}\n"),
    ("frequency-float", "type: frequency\nalert: debug\nnum_events: 3.0\ntimeframe: {minutes: 0.5}\n"),
    ("frequency-short", "type: frequency\nalert: debug\nnum_events: 3\n"),
    ("unit", "type: frequency\nalert: debug\nnum_events: 3\ntimeframe: {minute: 5}\n"),
    ("unit-text", "type: frequency\nalert: debug\nnum_events: 3\ntimeframe: {minutes: '5'}\n"),
    ("realert-schedule", "type: any\nalert: debug\nrealert: {schedule: '* * * * *'}\n"),
    ("aggregation-schedule", "type: any\nalert: debug\naggregation: {schedule: '* * * * *'}\n"),
    ("terms", "type: frequency\nalert: debug\nnum_events: 3\ntimeframe: {minutes: 5}\nuse_terms_query: true\n"),
    (
        "terms-key",
        "type: frequency\nalert: debug\nnum_events: 3\ntimeframe: {minutes: 5}\nuse_terms_query: true\nquery_key: a\ndoc_type: x\n",
    ),
    ("scan", "type: any\nalert: debug\nscan_entire_timeframe: true\n"),
    ("blacklist", "type: blacklist\nalert: debug\ncompare_key: a\nblacklist: [x]\n"),
    ("blacklist-numbers", "type: blacklist\nalert: debug\ncompare_key: a\nblacklist: [1]\n"),
    ("whitelist-short", "type: whitelist\nalert: debug\ncompare_key: a\nwhitelist: [x]\n"),
    ("change", "type: change\nalert: debug\ncompare_key: [a, b]\nquery_key: c\nignore_null: true\n"),
    ("spike", "type: spike\nalert: debug\nspike_height: 2\nspike_type: up\ntimeframe: {hours: 1}\n"),
    ("spike-word", "type: spike\nalert: debug\nspike_height: 2\nspike_type: sideways\ntimeframe: {hours: 1}\n"),
    ("flatline", "type: flatline\nalert: debug\nthreshold: 1\ntimeframe: {hours: 1}\n"),
    ("new-term", "type: new_term\nalert: debug\nfields: [a, b]\nfilter: [{term: {x: 1}}]\n"),
    ("new-term-bare", "type: new_term\nalert: debug\n"),
    ("cardinality", "type: cardinality\nalert: debug\ncardinality_field: a\nmax_cardinality: 3\ntimeframe: {hours: 1}\n"),
    ("cardinality-bare", "type: cardinality\nalert: debug\ncardinality_field: a\ntimeframe: {hours: 1}\n"),
    (
        "metric",
        "type: metric_aggregation\nalert: debug\nmetric_agg_key: a\nmetric_agg_type: avg\nmax_threshold: 0.5\nbuffer_time: {minutes: 30}\n",
    ),
    ("metric-bare", "type: metric_aggregation\nalert: debug\nmetric_agg_key: a\nmetric_agg_type: avg\n"),
    ("metric-word", "type: metric_aggregation\nalert: debug\nmetric_agg_key: a\nmetric_agg_type: mode\nmax_threshold: 1\n"),
    ("metric-percentiles", "type: metric_aggregation\nalert: debug\nmetric_agg_key: a\nmetric_agg_type: percentiles\nmax_threshold: 1\n"),
    (
        "metric-interval",
        "type: metric_aggregation\nalert: debug\nmetric_agg_key: a\nmetric_agg_type: avg\nmax_threshold: 1\nbuffer_time: {minutes: 10}\nbucket_interval: {minutes: 3}\n",
    ),
    ("percentage", "type: percentage_match\nalert: debug\nmatch_bucket_filter: [{term: {a: 1}}]\nmax_percentage: 5\n"),
    ("percentage-bare", "type: percentage_match\nalert: debug\nmatch_bucket_filter: [{term: {a: 1}}]\n"),
    (
        "spike-aggregation",
        "type: spike_aggregation\nalert: debug\nspike_height: 2\nspike_type: up\ntimeframe: {hours: 1}\nmetric_agg_key: a\nmetric_agg_type: avg\n",
    ),
    ("spike-aggregation-bare", "type: spike_aggregation\nalert: debug\nspike_height: 2\nspike_type: up\ntimeframe: {hours: 1}\n"),
    ("slack", "type: any\nalert: slack\nslack_webhook_url: http://127.0.0.1\nslack_msg_color: warning\n"),
    ("slack-short", "type: any\nalert: slack\n"),
    ("slack-colour", "type: any\nalert: slack\nslack_webhook_url: http://127.0.0.1\nslack_msg_color: red\n"),
    ("slack-inside", "type: any\nalert: [{slack: {slack_webhook_url: 'http://127.0.0.1'}}]\n"),
    ("hive", "type: any\nalert: hivealerter\nhive_connection: {}\nhive_alert_config: {type: a, source: b}\n"),
    ("hive-short", "type: any\nalert: hivealerter\nhive_connection: {}\n"),
    ("teams", "type: any\nalert: ms_teams\nms_teams_webhook_url: http://127.0.0.1\n"),
    ("power-automate", "type: any\nalert: ms_power_automate\nms_power_automate_webhook_url: http://127.0.0.1\n"),
    ("gelf-level", "type: any\nalert: debug\ngelf_log_level: 5\n"),
    ("include-text", "type: any\nalert: debug\ninclude: a\n"),
    ("timestamp", "type: any\nalert: debug\ntimestamp_type: julian\n"),
    ("filter-mapping", "type: any\nalert: debug\nfilter: {term: {a: 1}}\n"),
    ("priority", "type: any\nalert: debug\npriority: high\n"),
    ("unknown-option", "type: any\nalert: debug\nmy_own: [1, 2]\nalert_txt: x\n"),
    ("null", "type: any\nalert: debug\nalert_text:\n"),
    ("text-type", "type: any\nalert: debug\nalert_text_type: default\n"),
    ("empty-columns", "type: any\nalert: debug\nkibana_discover_columns: []\n"),
    ("kibana-span", "type: any\nalert: debug\nkibana_discover_from_timedelta: {schedule: x}\n"),
];

fn problems(text: &str, audience: Audience) -> Vec<Problem> {
    let environment = |name: &str| (name == "SET").then(|| "hidden".to_owned());
    let rule = load_text(Path::new("r.yaml"), text, &Context { environment: &environment, root: None, config: &[] }).unwrap();
    lint(&rule, audience)
}

fn full(body: &str) -> String {
    format!("{BASE}{body}")
}

/// Whether ElastAlert would not load the rule. (What fails when it alerts is beyond the loader, and so is what may stand
/// in config.yaml.)
fn refused(text: &str, release: Release) -> bool {
    problems(text, Audience { release, config: true, ..Audience::default() })
        .iter()
        .any(|p| p.severity == Severity::Error && !matches!(p.code, "EA109" | "EA110"))
}

#[test]
fn as_elastalert_judges_them() {
    let w = Workspace::new();
    for (name, body) in CASES {
        w.write(&format!("rules/{name}.yaml"), full(body).replace("name: n", &format!("name: '{name}'")));
    }
    let Some(verdict) = elastalert::load("as_elastalert_judges_them", &w.path("rules")) else { return };
    let told = verdict.unwrap_err();
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|(name, body)| {
            let theirs = told.contains(&format!("/{name}.yaml: "));
            let ours = refused(&full(body), Release::OLDEST);
            (theirs != ours).then(|| {
                format!("{name}: ElastAlert {}, we {}", if theirs { "refuses" } else { "loads" }, if ours { "refuse" } else { "load" })
            })
        })
        .collect();
    let told: Vec<&str> = told.lines().filter(|l| l.contains("/rules/")).collect();
    assert_eq!(wrong, Vec::<String>::new(), "{told:#?}");
}

#[test]
fn messages_say_where_and_what_to_do() {
    let mut out = String::new();
    for (name, body) in CASES {
        for p in problems(&full(body), Audience::default()) {
            let help = p.help.map(|h| format!("\n      {h}")).unwrap_or_default();
            out.push_str(&format!("{name}:{}: {} {}: {}{help}\n", p.pos, p.severity.name(), p.code, p.message));
        }
    }
    insta::assert_snapshot!("messages", out);
}

#[test]
fn what_fails_when_it_alerts_is_told_before() {
    let mut out = String::new();
    let hive = "type: any\nalert: hivealerter\nhive_connection: {}\n";
    for body in [
        "type: any\nalert: []\n",
        "type: any\nalert: debug\nalert_text: 'of {0} and {1}'\nalert_text_args: [a]\n",
        "type: any\nalert: debug\nalert_text: 'of {0}'\nalert_text_args: [a, b]\n",
        "type: any\nalert: debug\nalert_text: 'a { b'\nalert_text_args: [a]\n",
        "type: any\nalert: debug\nalert_text: 'of {user} and {host}'\nalert_text_kw: {user.name: user}\n",
        "type: any\nalert: debug\nalert_text: 'braces { are plain without arguments'\n",
        "type: any\nalert: debug\nfilter: [{query: {query_string: {query: 'a:$HOME'}}}]\n",
        "type: any\nalert: debug\nfilter: [{and: [{term: {a: 1}}]}, x, {term: {a: 1}, range: {b: {gt: 1}}}]\n",
        "type: new_term\nfields: [a]\nalert: debug\nfilter: [{query: {query_string: {query: 'a:1'}}}]\n",
        &format!(
            "{hive}hive_alert_config: {{source: a, customFields: {{a: b}}, title: '{{match[host]}}'}}\nhive_observable_data_mapping: [{{tlp: 3, ip: src}}]\n"
        ),
        "type: sigmalert.correlation\nalert: debug\n",
        "type: any\nalert: debug\nindex: logs-%Y.%m.%d\n",
        "type: any\nalert: debug\ngenerate_kibana_discover_url: true\n",
        "type: any\nalert: debug\nnum_events: 5\nsmtp_port: ${PORT}\nslack_title: ${SET}\nslack_timeout: ${SET}\n",
    ] {
        out.push_str(&format!("{}\n", body.replace('\n', "; ")));
        let text = if body.contains("index:") { format!("name: n\n{body}") } else { full(body) };
        for p in problems(&text, Audience::default()) {
            assert!(!p.message.contains("hidden"), "{}", p.message);
            out.push_str(&format!("    {}: {} {}: {}\n", p.pos, p.severity.name(), p.code, p.message));
        }
    }
    insta::assert_snapshot!("alerts", out);
}

#[test]
fn praeco_is_asked_too() {
    let mut out = String::new();
    let tree = r#"__praeco_query_builder: "{\"query\":{\"logicalOperator\":\"All\",\"children\":[{\"type\":\"query-builder-rule\",\"query\":{\"rule\":\"a-b\",\"selectedOperator\":\"contains\",\"selectedOperand\":\"a-b\",\"value\":\"1\"}},{\"type\":\"query-builder-rule\",\"query\":{\"rule\":\"c\",\"selectedOperator\":\"less than\",\"value\":\"5\"}}]}}""#;
    for body in [
        "type: any\nalert: debug\nfilter: [{query_string: {query: 'a:1'}}]\n",
        "type: any\nalert: [debug]\ntimestamp_field: t\nfilter: [{query: {query_string: {query: 'a:1'}}}, {term: {b: 1}}]\n",
        "type: percentage_match\nalert: [command]\ncommand: ls\nmatch_bucket_filter: [{term: {a: 1}}]\nmax_percentage: 5\n",
        "type: flatline\nthreshold: 0\ntimeframe: {hours: 1, minutes: 30}\naggregation: {minutes: 5}\nalert: [{slack: {slack_webhook_url: x}}]\nfilter: []\n",
        &format!("type: any\nalert: [debug]\nfilter: [{{query: {{query_string: {{query: 'a\\-b:1 OR c:<5'}}}}}}]\n{tree}\n"),
        &format!("type: any\nalert: [debug]\nfilter: [{{query: {{query_string: {{query: 'a:1'}}}}}}]\n{tree}\n"),
        "type: any\nalert: [debug]\n__praeco_query_builder: {query: {}}\n",
        "type: any\nalert: [debug]\n__praeco_query_builder: '{'\n",
        "type: any\nalert: [slack]\nslack_webhook_url: ${HOOK}\nreferences: [a]\nmy_own: 1\ntimestamp_field: t\nslack_title: \"\\x24HOME\"\nfilter: [{query: {query_string: {query: 'a:1'}}}]\n",
    ] {
        out.push_str(&format!("{}\n", body.replace('\n', "; ")));
        for p in problems(&full(body), Audience { praeco: true, ..Audience::default() }) {
            out.push_str(&format!("    {}: {} {}: {}\n", p.pos, p.severity.name(), p.code, p.message));
        }
    }
    insta::assert_snapshot!("praeco", out);
}

/// What is said to be mended is mended, nothing else changes, and a second time there is nothing to do.
#[test]
fn upgrade_mends_what_it_promises() {
    for praeco in [false, true] {
        let audience = Audience { praeco, ..Audience::default() };
        for (name, body) in CASES {
            let text = full(body);
            let before = problems(&text, audience);
            let upgraded = upgrade(&text, "stem", audience).unwrap_or_else(|e| panic!("{name}: {e}"));
            let after = problems(&upgraded.text, audience);
            let left: Vec<&str> = after.iter().filter(|p| p.fixable).map(|p| p.message.as_str()).collect();
            assert!(left.is_empty(), "{name}: {left:?} in\n{}", upgraded.text);
            assert_eq!(
                upgraded.changes.is_empty(),
                before.iter().all(|p| !p.fixable),
                "{name}: {:?} and {:?}",
                upgraded.changes,
                before.iter().filter(|p| p.fixable).collect::<Vec<_>>()
            );
            let again = upgrade(&upgraded.text, "stem", audience).unwrap();
            assert_eq!((again.text, again.changes), (upgraded.text.clone(), vec![]), "{name}");
            if upgraded.changes.is_empty() {
                assert_eq!(upgraded.text, text);
            }
        }
    }
}

const OLD: &str = r#"# An old rule
name: Old   # the name
type: frequency
index: logs-%Y.%m.%d
num_events: "5"
timeframe: {minute: "5"}
doc_type: x
use_kibana4_dashboard: foo

# filters
filter:
- or:
  - term: {a: 1}
  - not: {missing: {field: b}}
alert: [thehive, http_post]   # to all
http_post_url: ${URL}   # stays
hive_connection: {hive_host: "${HIVE}"}
hive_alert_config:
  title: "{rule[name]} on {match[host]}"
  customFields: {example: {order: 0, string: "x"}}
  tags: ["{match[host]}", a, "${TAG}"]
hive_observable_data_mapping:
- tlp: 3
  ip: "{match[src_ip]}"
alert_text_type: default
realert: {hours: 1, minutes: 30}
# the end
"#;

#[test]
fn old_files_become_new_ones() {
    let w = Workspace::new();
    w.write("rules/old.yaml", OLD);
    w.write("rules/broken.yaml", "a: [\n");
    w.write("rules/flow.yaml", "{name: x, index: y, type: any, alert: http_post, http_post_url: z}\n");
    let dry = w.run(&["upgrade", "--dry-run", "--style", "praeco", "rules"]);
    insta::assert_snapshot!("dry_run", format!("{}\n{}", dry.stdout, dry.stderr));
    assert_eq!((dry.status, w.read("rules/old.yaml")), (1, OLD.to_owned()));
    assert_eq!(w.run(&["upgrade", "rules/old.yaml"]).status, 0);
    insta::assert_snapshot!("upgraded", w.read("rules/old.yaml"));
    // ElastAlert itself takes it now.
    std::fs::remove_file(w.path("rules/broken.yaml")).unwrap();
    std::fs::remove_file(w.path("rules/flow.yaml")).unwrap();
    if let Some(loaded) = elastalert::load("old_files_become_new_ones", &w.path("rules")) {
        assert_eq!(loaded, Ok(1));
    }
}

#[test]
fn of_a_whole_folder() {
    let w = Workspace::new();
    let rule = |name: &str, more: &str| format!("name: {name}\ntype: any\nindex: logs-*\nalert: [slack]\n{more}");
    w.write("rules/a.yaml", rule("Same", "import: ../shared.yaml\n"));
    w.write("rules/b.yaml", rule("Same", "import: base.config\n"));
    w.write("rules/c.yaml", rule("C", "import: base.config\n"));
    w.write("rules/base.config", "slack_webhook_url: x\nrealert: 5\n");
    w.write("shared.yaml", "slack_webhook_url: x\n");
    w.write("config.yaml", "rules_folder: rules\nslack_webhook_url: ${NOT_SET}\n");
    w.write("rules/d.yaml", rule("D", ""));
    w.write("rules/e.yaml", rule("C", "import: base.config\n"));
    let run = w.run(&["lint-rules", "rules"]);
    insta::assert_snapshot!("folder", run.stderr);
    assert_eq!(run.status, 1);
    let json: serde_json::Value = serde_json::from_str(&w.run(&["lint-rules", "--format", "json", "rules"]).stdout).unwrap();
    assert_eq!(json[0]["code"], "EA100");
    assert_eq!(w.run(&["lint-rules", "rules/d.yaml"]).status, 0);
    assert_eq!(w.run(&["lint-rules", "--deny-warnings", "rules/d.yaml"]).status, 1);
    assert_eq!(w.run(&["lint-rules", "--deny-warnings", "--config", "config.yaml", "rules/d.yaml"]).status, 0);
    // Nothing is wrong with what we write ourselves.
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/sigma-samples");
    for style in ["elastalert", "praeco"] {
        let made = w.run(&[
            "convert",
            "-q",
            "-m",
            "winlogbeat",
            "-p",
            "slack",
            "-p",
            "email",
            "--style",
            style,
            "--portable",
            samples,
            "-o",
            style,
        ]);
        assert!(made.status < 2, "{}", made.stderr);
        let run = w.run(&["lint-rules", "--style", style, style]);
        assert_eq!(run.status, 0, "{}", run.stderr);
        // What Praeco would lose is known, and told when it is converted.
        let warnings = run.stderr.matches("warning: ").count() - run.stderr.matches("warning: PR205: ").count();
        assert_eq!(warnings, 0, "{}", run.stderr);
    }
}

/// A rule that loads is typed data. Where an option is at fault, it is one that ElastAlert refuses, too.
#[test]
fn what_loads_is_typed() {
    let mut out = String::new();
    for (name, body) in CASES {
        let text = full(body);
        let context = Context { environment: &|_| None, root: None, config: &[] };
        let typed = sigmalert::elastalert::rule::Rule::new(&load_text(Path::new("r.yaml"), &text, &context).unwrap());
        match typed {
            Ok(rule) => {
                out.push_str(&format!("{name}: {:?}\n", rule.kind));
                if !rule.other.is_empty() {
                    out.push_str(&format!("    other: {:?}\n", rule.other));
                }
            }
            Err(e) => {
                assert!(refused(&text, Release::OLDEST) || *name == "null", "{name}: {e}");
                out.push_str(&format!("{name}: {e}\n"));
            }
        }
    }
    insta::assert_snapshot!("typed", out);
}

/// "0 errors" is said only of queries that a server takes; the place is that of the mistake.
#[test]
fn queries_that_no_server_takes_are_errors_with_their_place() {
    let rule = "\
name: r
type: any
index: logs
alert: [debug]
filter:
  - bool:
      shoud: [{term: {user.name: admin}}]
  - query: {query_string: {query: 'n:-5'}}
  - query_string:
      query: kw:x^y
  - trem: {a: b}
  - term: {a: [b]}
  - bool: {must: [{regexp: {a: 'x|'}}, {term: {a: 1}}]}
  - query_string: {query: 'a', defaultoperator: and}
  - range: {n: {gte: 1, lt: 5}}
";
    let context = Context { environment: &|_| None, root: None, config: &[] };
    let loaded = load_text(Path::new("r.yaml"), rule, &context).unwrap();
    let found: Vec<String> = sigmalert::elastalert::lint::lint(&loaded, Audience::default())
        .into_iter()
        .filter(|p| p.code == "EA110")
        .map(|p| format!("{}: {} ({})", p.pos, p.message, p.help.unwrap_or_default()))
        .collect();
    assert_eq!(
        found,
        [
            "7:7: filter 1: `bool` has no clause `shoud` (did you mean `should`?)",
            "8:38: filter 2: `-` stands where a value should stand; write `\\-` for the character, as in `\\-5` ()",
            "10:18: filter 3: a boost (`^`) wants a number; write `\\^` for the character ()",
            "11:5: filter 4: unknown query type `trem` (did you mean `term`?)",
            "12:12: filter 5: `term` compares with one value, and has a list (use `terms` for several)",
            "13:35: filter 6: in the regular expression: it ends too early; a special character is escaped with a backslash ()",
            "14:32: filter 7: `query_string` has no option `defaultoperator` (did you mean `default_operator`?)",
        ]
    );
}

/// Templates of the old ElastAlert that go into an event, and a text whose places nothing fills.
#[test]
fn nested_templates_are_found_and_become_fields() {
    let w = Workspace::new();
    let rule = "\
name: a   # the name
type: any
index: logs-*
filter:
- query: {query_string: {query: 'a:1'}}
alert:
- thehive   # the team
hive_connection: {hive_host: h, hive_port: 1, hive_apikey: k}
hive_alert_config:
  # about the title
  title: '{match[rule][description]} on {match[host][name]!s} ({rule[name]})'  # nested
  type: external
  source: x
  # about the tags
  tags: ['{match[tags][0]}', fixed]
hive_observable_data_mapping:
# addresses
- ip: '{match[source][ip]}'  # the source
alert_text: 'by {match[user][name]}'
smtp_port: \"25\"   # the old one
";
    w.write("r/a.yaml", rule);
    let found = w.run(&["lint-rules", "r"]);
    assert_eq!(found.status, 1, "{}", found.stderr);
    for told in ["`{match[…]}` and `{rule[…]}` are templates of the original ElastAlert", "`alert_text` has `{match[…]}`"] {
        assert!(found.stderr.contains(told), "{told}: {}", found.stderr);
    }
    assert_eq!(w.run(&["upgrade", "r"]).status, 0);
    let now = w.read("r/a.yaml");
    let read: serde_json::Value = sigmalert::yaml::parse_all(&now, &sigmalert::yaml::Limits::default()).unwrap()[0].to_value().into();
    let hive = &read["hive_alert_config"];
    assert_eq!(hive["title"], "{0} on {1!s} ({2})", "{now}");
    assert_eq!(hive["title_args"], serde_json::json!(["rule.description", "host.name", "name"]));
    assert_eq!(hive["tags"], serde_json::json!(["tags[0]", "fixed"]));
    assert_eq!(read["hive_observable_data_mapping"][0]["ip"], "source.ip");
    assert_eq!((&read["alert_text"], &read["alert_text_args"]), (&"by {0}".into(), &serde_json::json!(["user.name"])));
    for comment in [
        "# the name",
        "# the team",
        "  # about the title",
        "# nested",
        "  # about the tags",
        "# addresses",
        "# the source",
        "# the old one",
    ] {
        assert!(now.contains(comment), "{comment}: {now}");
    }
    let found = w.run(&["lint-rules", "r"]);
    assert_eq!(found.status, 0, "{}", found.stderr);

    // What version 0.1 made of it.
    w.write("r/a.yaml", now.replace("rule.description", "rule][description").replace("source.ip", "source][ip"));
    let found = w.run(&["lint-rules", "r"]);
    assert!(found.status == 1 && found.stderr.contains("`][`"), "{}", found.stderr);
    assert_eq!(w.run(&["upgrade", "r"]).status, 0);
    assert_eq!(w.read("r/a.yaml"), now);

    // A place that nothing fills.
    w.write("r/a.yaml", now.replace("alert_text_args:\n- user.name\n", ""));
    let found = w.run(&["lint-rules", "--deny-warnings", "r"]);
    assert!(found.status == 1 && found.stderr.contains("alerts show `{0}` as it stands"), "{}", found.stderr);
}

/// `*` covers whatever fields there are, so a broken expression on it fails on every index.
#[test]
fn broken_regular_expressions_on_all_fields_are_errors() {
    use sigmalert::lang::dsl::check;
    let ask =
        |query: &str, fields: serde_json::Value| check(&serde_json::json!({"query_string": {"query": query, "fields": fields}})).len();
    assert_eq!(ask("\\*:/a{1/", serde_json::json!(["t"])), 1);
    assert_eq!(ask("k:/a{1/", serde_json::json!(["t"])), 0);
    assert_eq!(check(&serde_json::json!({"query_string": {"query": "\\*:/a{1/"}})).len(), 0);
}
