//! Praeco's page and our own, on `sigmalert serve`, in Chromium.

use crate::support::cli::Workspace;
use crate::support::opensearch;
use crate::support::praeco;
use crate::support::runtime::{Field, until};
use crate::support::served::{RULE, Served};
use serde_json::json;

fn screenshot(page: &praeco::Page, name: &str) {
    if let Some(folder) = std::env::var_os("PRAECO_SCREENSHOTS") {
        page.screenshot(&std::path::PathBuf::from(folder).join(format!("{name}.png")));
    }
}

/// The real page on the real cluster, with nothing else between them.
#[test]
fn praeco_works_on_it() {
    let test = "praeco_works_on_it";
    let (Some(dist), Some(cluster)) = (praeco::dist(test), opensearch::connect(test)) else { return };
    let field = Field::new(&cluster);
    field.create();
    let w = Workspace::new();
    w.write("config.yaml", field.config("w", "").replace("seconds: 60", "seconds: 1"));
    field.add(0, &[json!({"@timestamp": jiff::Timestamp::now().to_string(), "user": "alice"})]);
    let rule =
        RULE.replace("logs-*", &field.events()).replace("a:1", "user:alice").replace("\"BaseRule.config\"", "\"../BaseRule.config\"");
    w.write("rules/from sigma/whoami.yaml", format!("# Made from whoami.yml.\n{rule}tags: [attack.t1033]\npriority: 3\n"));
    let dist = dist.display().to_string();
    let s = Served::start(&w, &["--config", "config.yaml", "--praeco", &dist]);
    let Some(page) = praeco::visit(test, s.port, (1400, 1600)) else { return };
    until("an alert", 30, || s.get("/api/metadata/elastalert?noagg=1").json()["hits"].as_array().is_some_and(|h| !h.is_empty()));

    // The tree, the rule, and its alerts.
    page.go("/");
    page.wait("the overview", "return document.body.innerText.includes('Whoami')");
    assert!(!page.run("return document.body.innerText").as_str().unwrap().contains("Internal error"));
    screenshot(&page, "tree");
    page.go("/rules/from%20sigma%2Fwhoami");
    page.wait("the rule", "return [...document.querySelectorAll('pre')].some(p => p.textContent.includes('user:alice'))");
    page.wait("its events", "return document.body.innerText.includes('alice')");
    screenshot(&page, "rule");

    // Switched off: what Praeco does not know stays.
    page.click("Disable...");
    page.wait(
        "the question",
        "const b = document.querySelector('.el-message-box__btns .el-button--primary'); if (!b) return false; b.click(); return true",
    );
    page.wait("the rule to be off", "return [...document.querySelectorAll('.el-tag')].some(t => t.innerText.trim() == 'Disabled')");
    let file = "rules/from sigma/whoami.yaml";
    until("the rule to be saved", 20, || w.read(file).contains("is_enabled: false"));
    let stored = w.read(file);
    assert!(stored.contains("tags: [attack.t1033]") && stored.starts_with("# Made from whoami.yml.\n"), "{stored}");

    for (path, text) in [("/queries", "Whoami"), ("/silences", "Whoami"), ("/errors", "Errors")] {
        page.go(path);
        page.wait(path, &format!("return document.body.innerText.includes('{text}')"));
        screenshot(&page, path.trim_start_matches('/'));
    }

    // Tried out in the editor, with progress and a result.
    page.go("/rule/edit/from%20sigma%2Fwhoami");
    page.wait("the editor", "return [...document.querySelectorAll('button')].some(b => b.innerText.trim() == 'Save')");
    page.click("Test");
    page.click("Run");
    page.wait("what the test says", "return document.body.innerText.includes('alert triggers over the last')");
    page.run("[...document.querySelectorAll('.el-alert')].at(-1).scrollIntoView()");
    screenshot(&page, "test");

    // Deleted from its page.
    page.go("/rules/from%20sigma%2Fwhoami");
    page.click("Delete...");
    page.wait(
        "the question",
        "const b = document.querySelector('.el-message-box__btns .el-button--primary'); if (!b) return false; b.click(); return true",
    );
    until("the rule to be gone", 20, || !w.path(file).exists());
    assert_eq!(page.log(), "");
}

/// Our own page, on a desk and on a phone.
#[test]
fn our_own_page_works() {
    let test = "our_own_page_works";
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    for (name, size) in [("desk", (1280, 900)), ("phone", (400, 800))] {
        let Some(page) = praeco::visit(test, s.port, size) else { return };
        page.go("/");
        page.wait("the state", "return document.getElementById('state').textContent.includes('without a cluster')");
        let sigma = "title: Who <b>Am</b> I\nlogsource: {product: windows, category: process_creation}\ndetection: {a: {Image|endswith: '\\whoami.exe'}, condition: a}\n";
        page.run(&format!("document.getElementById('sigma').value = {}; document.getElementById('show').click()", json!(sigma)));
        page.wait("the rule file", "return document.getElementById('result').textContent.includes('query_string')");
        // Text stays text.
        assert_eq!(page.run("return document.querySelectorAll('b').length"), 0);
        // Nothing is wider than the screen.
        assert_eq!(page.run("return document.documentElement.scrollWidth <= window.innerWidth"), true, "{name}");
        // Every field has a label, every table a heading.
        let unlabelled = "return [...document.querySelectorAll('input, select, textarea')].filter(e => !e.labels.length).length + [...document.querySelectorAll('section')].filter(e => !document.getElementById(e.getAttribute('aria-labelledby'))).length";
        assert_eq!(page.run(unlabelled), 0);
        screenshot(&page, &format!("own-{name}"));
        let log = page.log();
        let own: Vec<&str> = log.lines().filter(|l| !l.contains("503")).collect();
        assert!(own.is_empty(), "{log}");
    }
}
