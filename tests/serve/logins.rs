//! `sigmalert serve` where many guess passwords: others go on meanwhile, guesses are limited, noted and counted, and files of users
//! and tokens are read again when they change.

use crate::support::cli::Workspace;
use crate::support::runtime::until;
use crate::support::served::{RULE, Served};
use base64::Engine as _;
use std::time::{Duration, Instant};

/// The header of a user and a password.
fn basic(user: &str) -> String {
    format!("Authorization: Basic {}\r\n", base64::engine::general_purpose::STANDARD.encode(user))
}

fn hash(password: &str, cost: u32) -> String {
    bcrypt::hash(password, cost).unwrap()
}

/// A cost at which a hash takes half a second or more on this machine.
fn slow() -> u32 {
    (6..14)
        .find(|cost| {
            let begin = Instant::now();
            hash("x", *cost);
            begin.elapsed() > Duration::from_millis(500)
        })
        .unwrap_or(14)
}

#[test]
fn wrong_passwords_stop_nobody_else() {
    let w = Workspace::new();
    w.write("rules/a.yaml", RULE);
    w.write("users", format!("analyst:{}\nother:{}\n", hash("secret-word", slow()), hash("another-word", slow())));
    let s = Served::start(&w, &["--users", "users", "--trusted-proxy", "127.0.0.1"]);
    let good = basic("analyst:secret-word");
    assert_eq!(s.send("GET", "/rules/a", &good, "").body, RULE);
    std::thread::scope(|scope| {
        let s = &s;
        let guesses: Vec<_> =
            (0..100).map(|i| scope.spawn(move || s.send("GET", "/rules/a", &basic(&format!("analyst:guess-{i}")), "").status)).collect();
        std::thread::sleep(Duration::from_millis(500));
        // One after the other the guesses would take a minute.
        let begin = Instant::now();
        for _ in 0..5 {
            assert_eq!(s.send("GET", "/rules/a", &good, "").body, RULE);
        }
        // Somebody who logs in for the first time, from elsewhere.
        let elsewhere = format!("{}X-Forwarded-For: 203.0.113.7\r\n", basic("other:another-word"));
        assert_eq!(s.send("GET", "/rules/a", &elsewhere, "").status, 200);
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
        let statuses: Vec<u16> = guesses.into_iter().map(|g| g.join().unwrap()).collect();
        assert!(statuses.iter().all(|s| matches!(s, 401 | 429 | 503)), "{statuses:?}");
        assert!(statuses.iter().filter(|s| **s == 401).count() < 20, "{statuses:?}");
    });
}

#[test]
fn guesses_have_to_wait_and_others_do_not() {
    let w = Workspace::new();
    w.write("rules/a.yaml", RULE);
    w.write("users", format!("analyst:{}\n", hash("secret-word", 4)));
    let s = Served::start(&w, &["--users", "users", "--trusted-proxy", "127.0.0.0/8", "--audit", "audit.ndjson"]);
    let from = |address: &str, user: &str| {
        let header = format!("{}X-Forwarded-For: 198.51.100.1, {address}\r\n", basic(user));
        s.send("GET", "/rules/a", &header, "")
    };
    let mut limited = None;
    for i in 0..10 {
        let a = from("203.0.113.1", &format!("analyst:guess-{i}"));
        if a.status == 429 {
            limited = Some(a);
            break;
        }
        assert_eq!(a.status, 401);
    }
    let limited = limited.expect("many guesses are refused");
    assert!(limited.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1, "{limited:?}");
    assert_eq!(limited.json()["error"], "tooManyLogins");
    // Neither does the right password help the guesser, nor does a name that nobody has tell anything else.
    assert_eq!(from("203.0.113.1", "analyst:secret-word").status, 429);
    assert_eq!(from("203.0.113.1", "nobody:x").status, 429);
    // The user is not locked out, and goes on from where he was even if guesses come from there.
    assert_eq!(from("203.0.113.2", "analyst:secret-word").status, 200);
    for i in 0..10 {
        from("203.0.113.2", &format!("analyst:other-guess-{i}"));
    }
    assert_eq!(from("203.0.113.2", "analyst:other").status, 429);
    assert_eq!(from("203.0.113.2", "analyst:secret-word").status, 200);
    // Wrong is wrong the second time, too.
    for _ in 0..3 {
        assert_eq!(from("203.0.113.4", "analyst:always-wrong").status, 401);
    }
    // A client with an old password is refused, and those beside it are not.
    for _ in 0..8 {
        from("203.0.113.3", "analyst:old-password");
    }
    assert_eq!(from("203.0.113.3", "analyst:old-password").status, 429);
    assert_eq!(from("203.0.113.3", "analyst:secret-word").status, 200);
    // Noted and counted.
    let log = s.running.log();
    let line = log.lines().find(|l| l.contains("failed login")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("analyst") && line.contains("203.0.113.1") && !line.contains("guess"), "{line}");
    assert!(w.read("audit.ndjson").lines().any(|l| l.contains("\"failed login\"") && l.contains("203.0.113.1")));
    let over = Workspace::new();
    over.write("events.ndjson", "{\"@timestamp\": \"2026-01-01T00:00:00Z\", \"a\": \"1\"}\n");
    over.write("users", w.read("users"));
    let s = Served::start(&over, &["--users", "users", "--events", "events.ndjson"]);
    assert_eq!(s.send("GET", "/status", &basic("analyst:wrong"), "").status, 401);
    let overview = s.send("GET", "/status/overview", &basic("analyst:secret-word"), "").json();
    assert_eq!(overview["logins"], serde_json::json!({"failed": 1, "limited": 0}));
}

#[test]
fn tokens_are_guessed_as_slowly() {
    let w = Workspace::new();
    w.write("token", "a-token-that-is-long-enough\n");
    let s = Served::start(&w, &["--token-file", "token"]);
    let ask = |token: &str| s.send("GET", "/rules?all", &format!("Authorization: Bearer {token}\r\n"), "").status;
    assert_eq!(ask("a-token-that-is-long-enough"), 200);
    let statuses: Vec<u16> = (0..10).map(|i| ask(&format!("another-token-{i}"))).collect();
    assert_eq!((statuses[0], statuses[9]), (401, 429), "{statuses:?}");
    assert_eq!(ask("a-token-that-is-long-enough"), 200);
    w.write("token", "a-new-token-that-is-long-enough\n");
    until("the old token is refused", 20, || ask("a-token-that-is-long-enough") != 200);
    until("the new token is taken", 30, || ask("a-new-token-that-is-long-enough") == 200);
}

#[test]
fn users_are_read_again_when_their_file_changes() {
    let w = Workspace::new();
    w.write("rules/a.yaml", RULE);
    let line = |name: &str, password: &str| format!("{name}:{}\n", hash(password, 4));
    let (anna, bob) = (line("anna", "first-word"), line("bob", "second-word"));
    w.write("users", format!("{anna}{bob}"));
    let s = Served::start(&w, &["--users", "users"]);
    let ask = |user: &str| s.send("GET", "/rules/a", &basic(user), "").status;
    assert_eq!((ask("anna:first-word"), ask("bob:second-word"), ask("carla:third-word")), (200, 200, 401));
    // Who is removed is out, known password or not; who is new is in.
    w.write("users", format!("{anna}{}", line("carla", "third-word")));
    until("bob is out", 20, || ask("bob:second-word") == 401);
    assert_eq!((ask("anna:first-word"), ask("carla:third-word")), (200, 200));
    // A file that makes no sense is told once, and changes nothing.
    w.write("users", format!("{anna}nonsense\n"));
    until("the broken file is told", 20, || s.running.log().contains("users:2"));
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!((ask("anna:first-word"), ask("carla:third-word")), (200, 200));
    assert_eq!(s.running.log().matches("users:2").count(), 1, "{}", s.running.log());
    // Another password.
    w.write("users", line("anna", "fourth-word"));
    until("the old password is refused", 20, || ask("anna:first-word") == 401);
    assert_eq!((ask("anna:fourth-word"), ask("carla:third-word")), (200, 401));
    // A file without anybody lets nobody in.
    w.write("users", "# nobody\n");
    until("nobody is let in", 20, || ask("anna:fourth-word") != 200);
    for (bad, what) in [
        ("anna:secret\n", "users:1"),
        ("anna:$2y$31$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcdefg\n", "users:1"),
        (&*format!("{}:root\n", anna.trim()), "not a role"),
        (&*format!("{anna}{anna}"), "listed twice"),
    ] {
        w.write("users", bad);
        let run = w.run(&["serve", "--rules", "rules", "--listen", "127.0.0.1:0", "--users", "users"]);
        assert!(run.status == 2 && run.stderr.contains(what), "{bad}: {run:?}");
    }
}
