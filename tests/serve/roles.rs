//! What each role of `sigmalert serve` may do, and what is noted of it.

use crate::support::cli::Workspace;
use crate::support::runtime::until;
use crate::support::served::{RULE, Served};
use base64::Engine as _;
use serde_json::{Value, json};

const ROLES: [&str; 3] = ["viewer", "editor", "admin"];

/// A server over files of events, with a user of each role, whose password is the role's name.
fn server(w: &Workspace, args: &[&str]) -> Served {
    w.write("rules/a.yaml", RULE);
    w.write("events.ndjson", "{\"@timestamp\": \"2026-01-01T00:00:00Z\", \"a\": \"1\"}\n");
    let users = ROLES.map(|r| format!("{r}:{}:{r}\n", bcrypt::hash(r, 4).unwrap())).concat();
    // As `htpasswd` leaves it when it changes a password.
    w.write("users", format!("{users}changed:{}\n", bcrypt::hash("changed", 4).unwrap()));
    Served::start(w, &[&["--users", "users", "--events", "events.ndjson", "--audit", "audit.ndjson"], args].concat())
}

fn basic(role: &str) -> String {
    format!("Authorization: Basic {}\r\n", base64::engine::general_purpose::STANDARD.encode(format!("{role}:{role}")))
}

/// Every path and method that the server describes, as every role: refused below the role that it takes, and not above.
#[test]
fn every_path_takes_its_role() {
    let w = Workspace::new();
    let s = server(&w, &[]);
    let described = s.send("GET", "/openapi.json", &basic("viewer"), "").json();
    let rank = |role: &str| ROLES.iter().position(|r| *r == role).unwrap();
    let mut seen = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let needed = operation["x-role"].as_str().unwrap_or_else(|| panic!("{method} {path} names no role"));
            seen.push(format!("{needed} {method} {path}"));
            let concrete = path
                .replace("{action}", "stop")
                .replace("/folders/{path}", "/folders/rules/x")
                .replace("{path}", "x")
                .replace("{kind}", "silence")
                .replace("{index}", "logs-*");
            for role in ROLES {
                let body = if method == "post" { "{\"dryRun\": true}" } else { "" };
                let a = s.send(&method.to_uppercase(), &format!("/api{concrete}"), &basic(role), body);
                let refused = a.status == 403 && a.json()["error"] == "roleRefused";
                assert_eq!(refused, rank(role) < rank(needed), "{method} {path} as {role}: {a:?}");
                assert!(a.status != 401 && (!refused || a.body.contains(needed)), "{a:?}");
            }
        }
    }
    for must in [
        "editor post /rules/{path}",
        "editor delete /rules/{path}",
        "editor post /templates/{path}",
        "editor post /test",
        "editor post /silence/{path}",
        "admin delete /folders/{path}",
        "admin post /status/control/{action}",
        "viewer post /search/{index}",
    ] {
        assert!(seen.iter().any(|s| s == must), "{must} is not among {seen:?}");
    }
}

#[test]
fn a_viewer_neither_saves_nor_tries_out() {
    let w = Workspace::new();
    let s = server(&w, &[]);
    let sigma = "title: New\nlogsource: {product: windows}\ndetection: {a: {b: c}, condition: a}\n";
    let convert =
        |role: &str, dry: bool| s.send("POST", "/sigma/convert", &basic(role), &json!({"rules": sigma, "dryRun": dry}).to_string());
    for role in ["viewer", "changed"] {
        let saved = s.send("POST", "/rules/new", &basic(role), &json!({"yaml": RULE}).to_string());
        assert_eq!(saved.status, 403);
        assert!(saved.json()["message"].as_str().unwrap().contains("saving requires the role editor"), "{saved:?}");
        assert_eq!((convert(role, true).status, convert(role, false).status), (200, 403));
    }
    assert_eq!(w.files("rules"), ["BaseRule.config", "a.yaml"]);
    assert_eq!(s.send("GET", "/rules/a", &basic("viewer"), "").body, RULE);
    assert_eq!(convert("editor", false).status, 200);
    let root = s.send("GET", "/api", &basic("editor"), "").json();
    assert_eq!((&root["user"], &root["role"]), (&json!("editor"), &json!("editor")));

    // The websocket obeys, and says why.
    let socket = |role: &str| {
        use tungstenite::client::IntoClientRequest as _;
        let mut request = format!("ws://127.0.0.1:{}/api-ws/test", s.port).into_client_request().unwrap();
        let value = basic(role).trim().trim_start_matches("Authorization: ").parse().unwrap();
        request.headers_mut().insert("Authorization", value);
        let (mut socket, _) = tungstenite::connect(request).unwrap();
        let rule = json!({"rule": RULE, "options": {"testType": "all", "days": 1, "alert": false}});
        _ = socket.send(tungstenite::Message::Text(rule.to_string().into()));
        let mut frames = String::new();
        while let Ok(message) = socket.read() {
            if let tungstenite::Message::Text(t) = message {
                frames.push_str(&t);
            }
        }
        frames
    };
    let refused = socket("viewer");
    assert!(
        refused.contains("testing a rule requires the role editor") && refused.contains("\"done\"") && !refused.contains("writeback"),
        "{refused}"
    );
    assert!(socket("editor").contains("writeback"));

    // A role that changes counts at once, for those who are known, too.
    w.write("users", w.read("users").replace(":viewer", ":editor"));
    until("the viewer is an editor", 20, || {
        let other = RULE.replace("Whoami", "Other");
        s.send("POST", "/rules/new", &basic("viewer"), &json!({"yaml": other}).to_string()).status == 200
    });
}

#[test]
fn files_without_roles_stay_as_they_were() {
    let w = Workspace::new();
    w.write("users", format!("# who may\nanna:{}\n", bcrypt::hash("anna", 4).unwrap()));
    let s = Served::start(&w, &["--users", "users"]);
    assert_eq!(s.send("PUT", "/folders/rules/x", &basic("anna"), "").status, 200);
    assert_eq!(s.send("DELETE", "/folders/rules/x", &basic("anna"), "").status, 200);
    assert_eq!(s.send("GET", "/api", &basic("anna"), "").json()["role"], "admin");
}

/// Trials, conversions, failed logins and what was refused are in the audit file, each in one line that nobody else forges.
#[test]
fn trials_leave_a_line_and_names_forge_none() {
    for format in ["text", "json"] {
        let w = Workspace::new();
        let s = server(&w, &["--log-format", format]);
        let forged = "x\nFORGED 2026 INFO\u{2028}FORGED\u{85}FORGED\r\u{1b}[2KFORGED";
        let rule = RULE.replace("\"Whoami\"", &json!(forged).to_string());
        let trial = |rule: &str, role: &str| {
            s.send("POST", "/test", &basic(role), &json!({"rule": rule, "options": {"testType": "all", "days": 1}}).to_string())
        };
        assert_eq!(trial(&rule, "editor").status, 200);
        assert_eq!(trial(&rule.replace("\"any\"", &json!(forged).to_string()), "editor").status, 200);
        assert_eq!(trial(&rule, "viewer").status, 403);
        assert_eq!(
            s.send("POST", "/sigma/convert", &basic("editor"), &json!({"rules": "title: [", "dryRun": true}).to_string()).status,
            400
        );
        let sigma = "title: New\nlogsource: {product: windows}\ndetection: {a: {b: c}, condition: a}\n";
        assert_eq!(s.send("POST", "/sigma/convert", &basic("editor"), &json!({"rules": sigma, "dryRun": true}).to_string()).status, 200);
        let login = base64::engine::general_purpose::STANDARD.encode(format!("{forged}:x"));
        assert_eq!(s.send("GET", "/rules", &format!("Authorization: Basic {login}\r\n"), "").status, 401);

        let audit = w.read("audit.ndjson");
        let lines: Vec<Value> = audit.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect();
        let whats: Vec<&str> = lines.iter().map(|l| l["what"].as_str().unwrap()).collect();
        assert_eq!(whats, ["trial", "trial", "refused", "convert", "failed login"], "{audit}");
        let (good, bad) = (&lines[0], &lines[1]);
        assert_eq!(
            (&good["user"], &good["peer"], &good["id"], &good["alert"]),
            (&json!("editor"), &json!("127.0.0.1"), &json!(forged), &json!(false))
        );
        assert!(good["tag"].as_str().is_some_and(|t| t.len() > 16) && good["outcome"]["hits"].is_number(), "{good}");
        assert!(bad["outcome"]["error"].is_string() && bad["tag"] != good["tag"], "{bad}");
        assert_eq!(lines[4]["user"], forged);
        assert!(!audit.contains(['\u{2028}', '\u{85}', '\u{1b}', '\r']), "{audit:?}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(w.path("audit.ndjson")).unwrap().permissions().mode() & 0o777, 0o600);
        }

        let log = s.running.log();
        assert!(log.contains("FORGED"), "{log}");
        for line in log.split(['\n', '\r', '\u{2028}', '\u{85}']) {
            assert!(!line.starts_with("FORGED") && !line.contains('\u{1b}'), "{format}: {line:?} in\n{log}");
        }
    }
}

/// A profile is a built-in one, or one of the folder that the operator names: never a file of where the server was started.
#[test]
fn profiles_come_from_where_they_may() {
    let w = Workspace::new();
    w.write("leak", "alert: [debug]\nalert_text: out of the working directory\n");
    w.write("leak.yml", "alert: [debug]\nalert_text: out of the working directory\n");
    w.write("profiles/own.yml", "alert: [debug]\nalert_text: as the operator has {{ name }}\n");
    let sigma = "title: New\nlogsource: {product: windows}\ndetection: {a: {b: c}, condition: a}\n";
    let convert = |s: &Served, profile: &str| {
        s.send("POST", "/sigma/convert", "", &json!({"rules": sigma, "dryRun": true, "profiles": [profile]}).to_string())
    };
    let s = Served::start(&w, &[]);
    assert_eq!(convert(&s, "debug").status, 200);
    for bad in ["leak", "own", "", "../leak", "profiles/own"] {
        let a = convert(&s, bad);
        assert!(a.status == 400 && !a.body.contains("working directory"), "{bad}: {a:?}");
    }
    let s = Served::start(&w, &["--profiles", "profiles"]);
    assert!(convert(&s, "own").body.contains("as the operator has New"));
    assert_eq!((convert(&s, "debug").status, convert(&s, "leak").status), (200, 400));
}

/// State and audit hold what alerts say: nobody else on the machine reads them.
#[cfg(unix)]
#[test]
fn state_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let w = Workspace::new();
    w.write("r.yaml", RULE.replace("import: \"BaseRule.config\"\n", ""));
    w.write("events.ndjson", "{\"@timestamp\": \"2026-01-01T00:00:00Z\", \"a\": \"1\"}\n");
    let mode = || std::fs::metadata(w.path("state")).unwrap().permissions().mode() & 0o777;
    let run = || assert_eq!(w.run(&["run", "--rules", "r.yaml", "--events", "events.ndjson", "--state", "state"]).status, 0);
    run();
    assert_eq!(mode(), 0o600);
    // As earlier versions left it.
    std::fs::set_permissions(w.path("state"), std::fs::Permissions::from_mode(0o644)).unwrap();
    run();
    assert_eq!(mode(), 0o600);
}

#[test]
fn preconditions_mean_the_same_to_every_method() {
    let w = Workspace::new();
    let s = Served::start(&w, &[]);
    let body = json!({"yaml": RULE}).to_string();
    let save = |header: &str| s.send("POST", "/rules/a", header, &body).status;
    let delete = |header: &str| s.send("DELETE", "/rules/a", header, "").status;
    assert_eq!(save("If-Match: *\r\n"), 412);
    assert_eq!(save("If-None-Match: *\r\n"), 200);
    let tag = s.get("/rules/a").header("etag").unwrap().to_owned();
    for bad in ["If-Match: \"x\"\r\n".to_owned(), format!("If-Match: W/{tag}\r\n"), format!("If-None-Match: \"x\", W/{tag}\r\n")] {
        assert_eq!((save(&bad), delete(&bad)), (412, 412), "{bad}");
    }
    for good in ["If-Match: *\r\n".to_owned(), format!("If-Match: \"x\", {tag}\r\n"), format!("If-Match: \"x\"\r\nIf-Match: {tag}\r\n")] {
        assert_eq!((save(&good), delete(&good)), (200, 200), "{good}");
        // There is nothing to delete, with or without a condition.
        assert_eq!(delete(&good), 404);
        assert_eq!(save(""), 200);
    }
}
