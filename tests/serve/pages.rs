//! Praeco's page and our own, on `sigmalert serve`, in Chromium.

use crate::support::cli::Workspace;
use crate::support::opensearch;
use crate::support::praeco;
use crate::support::runtime::{Field, Receiver, until};
use crate::support::served::{RULE, Served};
use serde_json::json;

fn screenshot(page: &praeco::Page, name: &str) {
    if let Some(folder) = std::env::var_os("PRAECO_SCREENSHOTS") {
        page.screenshot(&std::path::PathBuf::from(folder).join(format!("{name}.png")));
    }
}

/// Says yes to the page's question.
fn confirm(page: &praeco::Page) {
    page.wait(
        "the question",
        "const b = document.querySelector('.el-message-box__btns .el-button--primary'); if (!b) return false; b.click(); return true",
    );
}

/// Opens the converted rule in the editor.
fn edit(page: &praeco::Page) {
    page.go("/rule/edit/from%20sigma%2FWhoami");
    page.wait("the editor", "return [...document.querySelectorAll('button')].some(b => b.innerText.trim() == 'Save')");
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
    let other = RULE.replace("logs-*", &field.events());
    w.write("rules/quiet.yaml", other.replace("Whoami", "Quiet").replace("a:1", "user:nobody"));
    let dist = dist.display().to_string();
    let s = Served::start(&w, &["--config", "config.yaml", "--praeco", &dist]);
    // A Sigma rule, converted into a folder, as it comes; then with a comment and an option that Praeco does not know.
    let index = format!("winlogbeat-{}", field.events());
    let logon = json!({"@timestamp": jiff::Timestamp::now().to_string(), "winlog": {"channel": "Security"}, "event": {"code": "4625"}});
    cluster.send("POST", &format!("/{index}/_doc?refresh=true"), &logon.to_string());
    let sigma = "title: Whoami\nlogsource: {product: windows, service: security}\ndetection: {a: {EventID: 4625}, condition: a}\nlevel: high\ntags: [attack.t1033]\n";
    let made = s.send("POST", "/sigma/convert", "", &json!({"rules": sigma, "folder": "from sigma"}).to_string());
    assert_eq!(made.json()["rules"][0]["id"], "from sigma/Whoami", "{made:?}");
    let file = "rules/from sigma/Whoami.yaml";
    w.write(file, format!("# Looked at by an analyst.\n{}owner_note: mine\n", w.read(file)));
    let Some(page) = praeco::visit(test, s.port, (1400, 1600)) else { return };
    until("an alert", 30, || s.get("/api/metadata/elastalert?noagg=1").json()["hits"].as_array().is_some_and(|h| !h.is_empty()));

    // The tree, the rule, and its alerts.
    page.go("/");
    page.wait("the overview", "return document.body.innerText.includes('Whoami')");
    assert!(!page.run("return document.body.innerText").as_str().unwrap().contains("Internal error"));
    screenshot(&page, "tree");
    page.go("/rules/from%20sigma%2FWhoami");
    page.wait("the rule", "return [...document.querySelectorAll('pre')].some(p => p.textContent.includes('event.code:4625'))");
    page.wait(
        "its chart",
        "return [...document.querySelectorAll('canvas')].some(c => c.width && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter(b => b).length > 5000)",
    );
    screenshot(&page, "rule");

    // Switched off: what Praeco does not know stays.
    page.click("Disable...");
    confirm(&page);
    page.wait("the rule to be off", "return [...document.querySelectorAll('.el-tag')].some(t => t.innerText.trim() == 'Disabled')");
    until("the rule to be saved", 20, || w.read(file).contains("is_enabled: false"));
    let stored = w.read(file);
    let kept = ["# Looked at by an analyst.\n", "owner_note: mine", "sigmalert:\n", "hash: ", "event.code:4625"];
    for part in kept {
        assert!(stored.contains(part), "{part}: {stored}");
    }
    assert!(!stored.contains("edited: true"), "{stored}");

    for (path, text) in [("/queries", "Whoami"), ("/errors", "Errors")] {
        page.go(path);
        page.wait(path, &format!("return document.body.innerText.includes('{text}')"));
        screenshot(&page, path.trim_start_matches('/'));
    }

    // Tried out in the editor, with progress and a result.
    edit(&page);
    page.click("Test");
    page.click("Run");
    page.wait("what the test says", "return document.body.innerText.includes('alert triggers over the last')");
    page.run("[...document.querySelectorAll('.el-alert')].at(-1).scrollIntoView()");
    screenshot(&page, "test");

    // Edited and saved, with nothing lost.
    edit(&page);
    page.wait(
        "the rule to be read",
        "return [...document.querySelectorAll('.pop-trigger')].some(p => p.innerText.includes('event.code:4625'))",
    );
    let more = "const b = [...document.querySelectorAll('.el-input-number__increase')].find(b => b.offsetParent); if (!b) return false; b.id = 'more'; return true";
    page.wait("its form", more);
    page.point("#more");
    page.wait(
        "a longer time before it alerts again",
        "return document.querySelector('#more').parentElement.querySelector('input').value == 1",
    );
    page.click("Save");
    until("the edit to be saved", 20, || w.read(file).contains("minutes: 1"));
    let stored = w.read(file);
    for part in kept.iter().chain(&["is_enabled: false", "priority: "]) {
        assert!(stored.contains(part), "{part}: {stored}");
    }

    // A rule made with the query builder, which runs and alerts as soon as it is saved.
    let hook = Receiver::new();
    page.go("/rule/add/");
    page.fill(".el-input__inner", "Made by hand");
    page.fill(".el-input__inner", &field.events());
    page.wait(
        "the fields of the index",
        "const shown = e => e.getClientRects().length; \
         const item = [...document.querySelectorAll('.el-select-dropdown__item')].find(e => shown(e) && e.textContent.includes('@timestamp')); \
         if (item) { item.click(); return true; } \
         const select = [...document.querySelectorAll('.el-select .el-input__inner')].filter(shown).at(-1); \
         if (![...document.querySelectorAll('.el-select-dropdown')].some(shown)) select.click(); return false;",
    );
    page.press(".pop-trigger", "unfiltered");
    page.press(".pop-trigger", "new filter");
    page.wait(
        "the query builder",
        "const s = document.querySelector('.vqb-group .rule-actions select'); if (!s || !s.getClientRects().length) return false; s.selectedIndex = [...s.options].findIndex(o => o.text.trim() == 'user'); if (s.selectedIndex < 0) return false; s.dispatchEvent(new Event('change')); return true",
    );
    page.press(".vqb-group button", "Add filter");
    page.fill(".vqb-rule input", "alice");
    page.wait("what it finds", "return document.body.innerText.includes('user:alice')");
    screenshot(&page, "builder");
    page.press("button", "Close");
    page.press("label.el-checkbox", "HTTP POST");
    page.press(".el-tabs__item", "HTTP POST");
    page.press(".pop-trigger", "httpPostUrls");
    page.press("button", "Add HttpPostUrl");
    page.fill("input[placeholder=HttpPostUrls]", &hook.url);
    page.press("button", "Save");
    until("the new rule to be saved", 20, || w.path("rules/Made by hand.yaml").exists());
    let made = w.read("rules/Made by hand.yaml");
    assert!(made.contains("query: \"user:alice\"") && made.contains("__praeco_query_builder"), "{made}");
    until("its alert", 40, || hook.requests().iter().any(|r| r.json()["user"] == "alice"));

    // Silenced from its page; the button's unit is `hour`.
    page.go("/rules/quiet");
    page.wait("its page", "return document.body.innerText.includes('user:nobody')");
    page.press("button", "Silence");
    page.press("button", "1 hour");
    page.wait("the silence to be told", "return document.body.innerText.includes('Rule silenced until')");
    screenshot(&page, "silenced");
    let silences = s.get("/api/metadata/silence?rule_name=Quiet").json();
    assert_eq!(silences["hits"][0]["rule_name"], "Quiet._silence", "{silences}");

    page.go("/silences");
    page.wait("the table of silences", "return document.body.innerText.includes('Quiet')");
    screenshot(&page, "silences");

    // Deleted from its page.
    page.go("/rules/from%20sigma%2FWhoami");
    page.click("Delete...");
    confirm(&page);
    until("the rule to be gone", 20, || !w.path(file).exists());
    let log = page.log();
    // Praeco asks whether the name is free.
    let others: Vec<&str> = log.lines().filter(|l| !l.contains("Made%20by%20hand") && !l.is_empty()).collect();
    cluster.send("DELETE", &format!("/{index}"), "");
    assert!(others.is_empty(), "{log}");
}

/// Renamed, moved and duplicated on the real page, which creates a new rule for that and deletes the old one.
#[test]
fn praeco_renames_moves_and_duplicates_without_a_loss() {
    let test = "praeco_renames_moves_and_duplicates_without_a_loss";
    let Some(dist) = praeco::dist(test) else { return };
    let w = Workspace::new();
    let unknown = "tags: [attack.t1033]\nreferences: [\"https://example.com\"]\nfalsepositives: [admins]\nhive_observable_data_mapping:\n- ip: source.ip\nsigmalert:\n  rule: abc\n";
    let form = "hive_alert_config: {title: t, type: external, source: s, pap: 3, severity: 1}\nslack_webhook_url: [\"https://example.com/x\"]\nslack_attach_kibana_discover_url: true\nrealert: {minutes: 5}\npriority: 1\n";
    let text = format!("# By hand.\n{}{form}{unknown}", RULE.replace("  - \"debug\"\n", "  - \"slack\"\n  - \"hivealerter\"\n"));
    w.write("rules/Whoami.yaml", &text);
    w.write("rules/web/other.yaml", RULE.replace("Whoami", "other").replace("a:1", "a:2"));
    w.write("events.ndjson", "{\"@timestamp\": \"2026-01-01T00:00:00Z\", \"a\": 1}\n");
    let s = Served::start(&w, &["--events", "events.ndjson", "--no-run", "--praeco", &dist.display().to_string()]);
    let Some(page) = praeco::visit(test, s.port, (1400, 1600)) else { return };
    let kept = |file: &str| {
        let stored = w.read(file);
        for part in [
            "# By hand.",
            "tags: [attack.t1033]",
            "references: ",
            "falsepositives: ",
            "- ip: source.ip",
            "sigmalert:\n  rule: abc",
            "pap: 3",
            "slack_attach_kibana_discover_url: true",
        ] {
            assert!(stored.contains(part), "{part}: {stored}");
        }
    };
    let store = "document.querySelector('#app').__vue__.$store";
    // What the page's menu does: with its own form, as it was filled from the rule.
    let act = |path: &str, act: &str, arguments: &str, file: &str| {
        page.go(&format!("/rules/{path}"));
        page.wait("the rule in the form", &format!("return {store}.state.config.settings.name && [...document.querySelectorAll('pre')].some(p => p.textContent.includes('is_enabled'))"));
        page.run(&format!("const config = {store}.getters['config/config'](); {store}.dispatch('configs/{act}', {arguments})"));
        until(file, 20, || w.path(file).exists());
    };
    act("Whoami", "renameConfig", "{config, type: 'rules', newName: 'Who is it'}", "rules/Who is it.yaml");
    until("the old one to be gone", 20, || !w.path("rules/Whoami.yaml").exists());
    kept("rules/Who is it.yaml");
    act("Who%20is%20it", "moveConfig", "{oldConfig: config, newPath: 'web/', type: 'rules'}", "rules/web/Who is it.yaml");
    until("the old one to be gone", 20, || !w.path("rules/Who is it.yaml").exists());
    kept("rules/web/Who is it.yaml");
    assert!(
        w.read("rules/web/Who is it.yaml").contains("import: ../BaseRule.config")
            || w.read("rules/web/Who is it.yaml").contains("import: \"../BaseRule.config\"")
    );
    act("web%2FWho%20is%20it", "duplicateConfig", "{config, type: 'rules'}", "rules/web/Who is it (1).yaml");
    kept("rules/web/Who is it (1).yaml");
    kept("rules/web/Who is it.yaml");
}

/// Our own page, on a desk and on a phone: with a cluster, events, or neither.
#[test]
fn our_own_page_works() {
    let test = "our_own_page_works";
    let w = Workspace::new();
    let event = |user: &str| json!({"@timestamp": "2026-01-01T00:00:00Z", "process": {"executable": "C:\\whoami.exe"}, "winlog": {"channel": "Security"}, "event": {"code": "4688"}, "user": {"name": user}});
    w.write("events.ndjson", format!("{}\n{}\n", event("<i>alice</i>"), event("bob")));
    let rule = RULE.replace("a:1", "user.name:bob").replace("logs-*", "winlogbeat-*");
    let broken = "name: broken <b>rule</b>\ntype: nonsense\n";
    let folders = [("alone", vec!["--rules", "alone"]), ("events", vec!["--rules", "events", "--events", "events.ndjson"])];
    for (folder, args) in folders {
        w.write(&format!("{folder}/one.yaml"), &rule);
        w.write(&format!("{folder}/broken.yaml"), broken);
        let s = Served::start(&w, &args);
        for (name, size) in [("desk", (1280, 900)), ("phone", (400, 800))] {
            let Some(page) = praeco::visit(test, s.port, size) else { return };
            page.go("/");
            if folder == "alone" {
                page.wait("the state", "return document.getElementById('state').textContent.includes('without a cluster')");
            } else {
                page.wait("the rules", "return document.getElementById('rules').textContent.includes('Whoami')");
                page.wait("its alert", "return document.getElementById('alerts').textContent.includes('Whoami')");
                page.wait("the broken rule", "return document.getElementById('errors').textContent.includes('broken.yaml')");
            }
            let sigma = "title: Who <b>Am</b> I\nlogsource: {product: windows, category: process_creation}\ndetection: {a: {Image|endswith: '\\whoami.exe'}, condition: a}\n";
            page.run(&format!("document.getElementById('sigma').value = {}; document.getElementById('show').click()", json!(sigma)));
            page.wait("the query", "return document.getElementById('query').textContent.includes('process.executable')");
            page.wait("the rule file", "return document.getElementById('result').textContent.includes('query_string')");
            page.run("document.getElementById('try').click()");
            if folder == "alone" {
                page.wait("that there is no cluster", "return document.getElementById('told').textContent.includes('without a cluster')");
            } else {
                page.wait("the matches", "return document.getElementById('count').textContent.includes('2 hits, 2 matches')");
                page.wait("what the alerts say", "return document.getElementById('matches').textContent.includes('<i>alice</i>')");
            }
            // Text stays text.
            assert_eq!(page.run("return document.querySelectorAll('main b, main i').length"), 0);
            // Nothing is wider than the screen.
            assert_eq!(page.run("return document.documentElement.scrollWidth <= window.innerWidth"), true, "{name}");
            page.run("scrollTo(0, 0)");
            screenshot(&page, &format!("own-{folder}-{name}"));
            praeco::accessible(test, &page);
            let log = page.log();
            let own: Vec<&str> = log.lines().filter(|l| !l.contains("503")).collect();
            assert!(own.is_empty(), "{log}");
            // A mistake is told where it is.
            page.run("document.getElementById('sigma').value = 'title: x\\nlogsource: {product: windows}\\ndetection: {a: {b|nonsense: c}, condition: a}'; document.getElementById('show').click()");
            page.wait("what is wrong", "return document.getElementById('told').textContent.includes('nonsense')");
        }
    }
}
