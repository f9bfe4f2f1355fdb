//! Praeco's own page, in a browser: it opens converted rules, and what it saves is the same rule in the same file, but for
//! what was told before.

use crate::support::cli::Workspace;
use crate::support::praeco::{self, Page};
use serde_json::{Value, json};
use sigmalert::yaml;
use std::collections::BTreeSet;

fn read(text: &str) -> Value {
    yaml::parse_all(text, &yaml::Limits::default()).unwrap_or_else(|e| panic!("{e}: {text}"))[0].to_value().into()
}

/// Converts the samples for Praeco, into the folder that it keeps.
const CONVERT: &[&str] = &[
    "convert",
    "-m",
    "winlogbeat",
    "--style",
    "praeco",
    "-p",
    "slack",
    "-p",
    "email",
    "-p",
    "telegram",
    "-p",
    "jira",
    "-p",
    "kibana",
    "sigma",
    "-o",
    "rules",
];

/// Samples of every rule type and of every shape of query.
const SAMPLES: [&str; 12] = [
    "endswith.yml",
    "contains_all.yml",
    "condition_not.yml",
    "re.yml",
    "cidr.yml",
    "keywords.yml",
    "escaped_backslash.yml",
    "exists_false.yml",
    "correlation_event_count.yml",
    "correlation_value_count.yml",
    "correlation_value_sum.yml",
    "old_aggregation.yml",
];

struct Converted {
    workspace: Workspace,
    /// The paths of the rules, as Praeco has them.
    rules: Vec<String>,
    /// Options that the report said Praeco loses, by path.
    losses: Vec<(String, BTreeSet<String>)>,
}

fn converted() -> Converted {
    let workspace = Workspace::new();
    for s in SAMPLES {
        let text = std::fs::read_to_string(format!("{}/sigma-samples/{s}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        workspace.write(&format!("sigma/a folder/{s}"), text);
    }
    // Names that Praeco's addresses could not carry.
    let odd = "title: 'Odd / name? 100% #1'\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {Image: a}, condition: s}\n";
    workspace.write("sigma/odd.yml", odd);
    let run = workspace.run(&[CONVERT, &["--report", "report.json"]].concat());
    assert_eq!(run.status, 0, "{}", run.stderr);
    let rules: Vec<String> = workspace.files("rules").iter().filter_map(|f| f.strip_suffix(".yaml")).map(str::to_owned).collect();
    let report: Value = serde_json::from_str(&workspace.read("report.json")).unwrap();
    let losses = report["outcomes"].as_array().unwrap_or_else(|| panic!("{report}")).iter().filter_map(|r| {
        let path = r["output"].as_str()?.trim_end_matches(".yaml").to_owned();
        let lost = r["notices"].as_array().into_iter().flatten().filter(|n| n["kind"] == "praeco");
        Some((path, lost.filter_map(|n| n["field"].as_str().map(|f| f.split('.').next().unwrap_or(f).to_owned())).collect()))
    });
    let losses = losses.collect();
    Converted { workspace, rules, losses }
}

/// Every field that a query could name.
fn fields(c: &Converted) -> Vec<String> {
    let mut out = BTreeSet::new();
    let found = regex::Regex::new(r"[a-z_]+(\.[A-Za-z_]+)+").unwrap();
    for rule in &c.rules {
        let text = c.workspace.read(&format!("rules/{rule}.yaml"));
        out.extend(found.find_iter(&text).map(|m| m.as_str().to_owned()));
    }
    out.into_iter().collect()
}

/// What Praeco may change: its defaults come in, what was told goes.
fn same(path: &str, before: &Value, after: &Value, losses: &BTreeSet<String>) {
    // For people and for sigmalert; and Praeco's own path.
    let ours = ["sigmalert", "references", "falsepositives", "tags", "__praeco_full_path"];
    for (key, value) in before.as_object().unwrap() {
        if ours.contains(&key.as_str()) || losses.contains(key) {
            continue;
        }
        let listed = |v: &Value| if v.is_string() { json!([v]) } else { v.clone() };
        let (a, b) = match key.as_str() {
            // One is a list of one to Praeco.
            "email" => (listed(value), listed(&after[key])),
            // Praeco trims texts.
            "alert_text" | "alert_subject" | "description" => {
                (value.as_str().unwrap().trim().into(), after[key].as_str().unwrap_or_default().trim().into())
            }
            // The tree is a text; Praeco writes it in another layout.
            "__praeco_query_builder" => {
                let parse = |v: &Value| v.as_str().map_or(Value::Null, |t| serde_json::from_str(t).unwrap());
                (parse(value), parse(&after[key]))
            }
            _ => (value.clone(), after[key].clone()),
        };
        assert_eq!(a, b, "{path}: {key}");
    }
}

fn encoded(path: &str) -> String {
    path.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[test]
fn opened_edited_and_saved() {
    let c = converted();
    let rules = c.workspace.path("rules");
    let Some(page) = praeco::open("opened_edited_and_saved", &rules, &fields(&c)) else { return };
    for path in &c.rules {
        let before = read(&c.workspace.read(&format!("rules/{path}.yaml")));
        let losses = &c.losses.iter().find(|(p, _)| p == path).unwrap_or_else(|| panic!("{path} in {:?}", c.losses)).1;
        opened(&page, path, &before, losses);
        saved(&page, path, &before, losses);
    }
    let saved: Vec<String> = page.server.saved().into_keys().collect();
    assert_eq!(saved, c.rules, "each in the file it came from");
    // What it saved loads, and a later conversion keeps the edit and makes no second file.
    let before = c.workspace.files("rules");
    let run = c.workspace.run(&["lint-rules", "--style", "praeco", "rules"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let run = c.workspace.run(CONVERT);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(c.workspace.files("rules"), before);
    for path in &c.rules {
        let after = read(&c.workspace.read(&format!("rules/{path}.yaml")));
        assert_eq!(after["is_enabled"], false, "{path}");
        assert!(after["sigmalert"].is_object(), "{path}");
    }
}

/// The rule's page shows the file, as Praeco would write it.
fn opened(page: &Page, path: &str, before: &Value, losses: &BTreeSet<String>) {
    page.go(&format!("/rules/{}", encoded(path)));
    let shown = page.wait("the rule as YAML", "const p = [...document.querySelectorAll('pre')].find(p => p.textContent.includes('is_enabled')); return p ? p.textContent.trim() : false");
    same(path, before, &read(shown.as_str().unwrap()), losses);
    assert_eq!(page.log(), "", "{path}");
}

/// Edited and saved in the editor, then switched off on the rule's page.
fn saved(page: &Page, path: &str, before: &Value, losses: &BTreeSet<String>) {
    let mut expected = before.clone();
    let check = |expected: &Value| {
        let saved = page.server.saved();
        let text = saved.get(path).unwrap_or_else(|| panic!("{path} was not saved: {:?}", saved.keys()));
        same(path, expected, &read(text), losses);
    };
    page.go(&format!("/rule/edit/{}", encoded(path)));
    page.wait("the editor", "return [...document.querySelectorAll('button')].some(b => b.innerText.trim() == 'Save')");
    let store = "document.querySelector('#app').__vue__.$store";
    page.wait("the rule in the form", &format!("return {store}.state.config.alert.configPriority == {}", before["priority"]));
    // What the form does when somebody types another priority.
    page.run(&format!("{store}.commit('config/alert/UPDATE_PRIORITY', 1)"));
    assert_eq!(page.run(&format!("return {store}.state.config.alert.configPriority")), 1);
    page.click("Save");
    page.wait("the rule's page again", "return location.pathname.startsWith('/rules/')");
    expected["priority"] = 1.into();
    check(&expected);
    // Where Praeco goes to after a save it finds no rule in a folder: it forgets to encode the path.
    page.go(&format!("/rules/{}", encoded(path)));
    page.click("Disable...");
    page.wait(
        "the question",
        "const b = document.querySelector('.el-message-box__btns .el-button--primary'); if (!b) return false; b.click(); return true",
    );
    page.wait("the rule to be off", "return [...document.querySelectorAll('.el-tag')].some(t => t.innerText.trim() == 'Disabled')");
    expected["is_enabled"] = false.into();
    check(&expected);
    if let Some(folder) = std::env::var_os("PRAECO_SCREENSHOTS") {
        page.screenshot(&std::path::PathBuf::from(folder).join(format!("{}.png", path.replace('/', "_"))));
    }
}
