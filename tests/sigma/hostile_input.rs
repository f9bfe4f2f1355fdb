//! Input made to hurt gives a clear error, quickly and in bounded memory, and the rest of the batch is done.

use crate::support::cli::Workspace;
use crate::support::skip::{Need, skip};
use std::time::{Duration, Instant};

const GOOD: &str = "title: Good\nlogsource: {product: windows}\ndetection: {a: {b: c}, condition: a}\n";

fn rule(selection: &str, condition: &str) -> String {
    format!(
        "title: Hostile\nlogsource: {{product: windows, category: process_creation}}\ndetection:\n  a: {selection}\n  condition: {condition}\n"
    )
}

/// Converts the hostile file beside a good one: the error says `expected`, and the good one is there.
fn survives(name: &str, content: impl AsRef<[u8]>, expected: &str) {
    let w = Workspace::new();
    w.write("rules/good.yml", GOOD);
    w.write(&format!("rules/{name}"), content);
    survived(&w, expected);
}

fn survived(w: &Workspace, expected: &str) {
    let begin = Instant::now();
    let run = w.run(&["convert", "-m", "winlogbeat", "rules", "-o", "out"]);
    // Generous: it runs unoptimised here, beside other tests. What would explode takes minutes or all memory.
    assert!(begin.elapsed() < Duration::from_secs(20), "took {:?}", begin.elapsed());
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains(expected), "{}", run.stderr);
    assert!(!run.stderr.contains("internal error") && !run.stderr.contains("panicked"), "{}", run.stderr);
    assert!(w.path("out/good.yaml").exists());
    assert!(run.stderr.len() < 20_000, "{} bytes of errors", run.stderr.len());
}

#[test]
fn alias_bomb() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (this, last) in ('b'..='j').zip('a'..) {
        bomb.push_str(&format!("{this}: &{this} [{}]\n", vec![format!("*{last}"); 10].join(", ")));
    }
    survives("bomb.yml", bomb, "expands to more than 300000 values");
}

#[test]
fn nesting() {
    survives("lists.yml", format!("title: {}{}\n", "[".repeat(10_000), "]".repeat(10_000)), "nest");
    survives("maps.yml", rule(&format!("{}x{}", "{a: ".repeat(10_000), "}".repeat(10_000)), "a"), "nest");
    let mut indented = String::new();
    for depth in 0..10_000 {
        indented.push_str(&" ".repeat(depth));
        indented.push_str("a:\n");
    }
    // More than the limit of bytes already; a tenth of it is deep enough.
    indented.truncate(1_000_000);
    survives("indented.yml", indented, "deep");
}

#[test]
fn large_files() {
    survives("large.yml", "# a comment\n".repeat(9_000_000), "has more than 16777216 bytes");
}

#[test]
fn invalid_utf8() {
    survives("latin1.yml", b"title: caf\xe9\n", "is not UTF-8: byte 0xe9 on line 1");
    survives("utf16.yml", b"\xff\xfet\0i\0t\0l\0e\0", "is not UTF-8");
    survives("binary.yml", [0u8, 159, 146, 150, 255, 0, 1, 2], "is not UTF-8");
}

#[test]
fn parentheses() {
    survives("open.yml", rule("{b: c}", &"(".repeat(100_000)), "detection.condition");
    survives("closed.yml", rule("{b: c}", &format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000))), "detection.condition");
    survives("nots.yml", rule("{b: c}", &format!("{}a", "not ".repeat(100_000))), "detection.condition");
}

#[test]
fn regular_expressions() {
    survives("repeat.yml", rule("{CommandLine|re: '((a{1000}){1000}){1000}'}", "a"), "regular expression");
    survives("wide.yml", rule("{CommandLine|re: '(.*a){20}.{500}b'}", "a"), "regular expression");
    survives(
        "nested.yml",
        rule(&format!("{{CommandLine|re: '{}a{}'}}", "(".repeat(10_000), ")".repeat(10_000)), "a"),
        "regular expression",
    );
    survives("boundaries.yml", rule(&format!("{{CommandLine|re: '{}'}}", "(\\b|a)".repeat(60)), "a"), "regular expression");
    survives("long.yml", rule(&format!("{{CommandLine|re: '{}'}}", "[a-z]x".repeat(50_000)), "a"), "regular expression");
}

#[test]
fn values_that_multiply() {
    // Five to the power of forty values are one regular expression.
    let w = Workspace::new();
    w.write("dashes.yml", rule(&format!("{{CommandLine|windash: '{}'}}", " -a".repeat(40)), "a"));
    let run = w.run(&["convert", "-m", "winlogbeat", "-t", "lucene", "dashes.yml"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stdout.len() < 2000);
    survives("long_value.yml", rule(&format!("{{Image: '{}*'}}", "x".repeat(100_000)), "a"), "more than any indexed value");
}

#[test]
fn combinations() {
    // 20 of 40: too many to write out for query_string; Query DSL counts itself.
    let mut text = String::from("title: Hostile\nlogsource: {product: windows, category: process_creation}\ndetection:\n");
    for i in 0..40 {
        text.push_str(&format!("  s{i}: {{Image: x{i}}}\n"));
    }
    text.push_str("  condition: 20 of s*\n");
    let w = Workspace::new();
    w.write("rules/good.yml", GOOD);
    w.write("rules/combinations.yml", text);
    let run = w.run(&["convert", "-m", "winlogbeat", "rules", "-o", "out"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(w.read("out/combinations.yaml").contains("minimum_should_match: 20"));
}

#[test]
fn correlations_in_circles() {
    let c = |id: &str, of: &str| {
        format!("title: {id}\nid: {id}\ncorrelation: {{type: event_count, rules: [{of}], timespan: 1m, condition: {{gte: 2}}}}\n")
    };
    survives("circle.yml", format!("{}---\n{}---\n{}", c("c1", "c2"), c("c2", "c3"), c("c3", "c1")), "reference cycle");
    survives("own.yml", c("c1", "c1"), "the correlation itself");
}

#[cfg(unix)]
#[test]
fn links_in_circles_and_to_nowhere() {
    let w = Workspace::new();
    w.write("rules/good.yml", GOOD);
    w.write("rules/deep/x.yml", GOOD.replace("Good", "Deep"));
    std::os::unix::fs::symlink(w.path("rules"), w.path("rules/deep/loop")).unwrap();
    survived(&w, "is a symbolic link loop");

    let w = Workspace::new();
    w.write("rules/good.yml", GOOD);
    std::os::unix::fs::symlink("nowhere", w.path("rules/dangling.yml")).unwrap();
    survived(&w, "dangling.yml");
}

#[cfg(unix)]
#[test]
fn unreadable_files() {
    use std::os::unix::fs::PermissionsExt;
    let w = Workspace::new();
    w.write("rules/good.yml", GOOD);
    w.write("rules/secret.yml", GOOD);
    std::fs::set_permissions(w.path("rules/secret.yml"), std::fs::Permissions::from_mode(0o0)).unwrap();
    if std::fs::read(w.path("rules/secret.yml")).is_ok() {
        skip("unreadable_files", Need::System("a user who is not root"));
        return;
    }
    survived(&w, "cannot be read: permission denied");
}

/// A named pipe in a folder must not be waited for.
#[cfg(unix)]
#[test]
fn pipes_in_folders_are_passed_over() {
    let w = Workspace::new();
    w.write("rules/good.yml", GOOD);
    let made = std::process::Command::new("mkfifo").arg(w.path("rules/pipe.yml")).status();
    if !made.is_ok_and(|s| s.success()) {
        skip("pipes_in_folders_are_passed_over", Need::System("mkfifo"));
        return;
    }
    let run = w.run(&["convert", "-m", "winlogbeat", "rules", "-o", "out"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

/// Nothing in a rule reaches the terminal as a control sequence.
#[test]
fn control_characters_do_not_reach_the_terminal() {
    let w = Workspace::new();
    w.write("r.yml", "title: \"evil\\e[2J\\a\"\nlogsource: {product: windows}\ndetection: {a: {\"b|\\e[31mx\": c}, condition: a}\n");
    let run = w.run(&["convert", "-m", "winlogbeat", "-v", "r.yml"]);
    assert_eq!(run.status, 1);
    assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains('\u{7}'), "{:?}", run.stderr);
}

/// An output folder that cannot be written to fails the rules, not the program.
#[cfg(unix)]
#[test]
fn outputs_that_cannot_be_written() {
    let w = Workspace::new();
    w.write("rules/sub/r.yml", GOOD);
    w.write("rules/good.yml", GOOD.replace("Good", "Fine"));
    // A file where a folder is needed.
    w.write("out/sub", "in the way");
    let run = w.run(&["convert", "-m", "winlogbeat", "rules", "-o", "out"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains("out/sub"), "{}", run.stderr);
    assert!(w.path("out/good.yaml").exists());
    assert_eq!(w.read("out/sub"), "in the way");
}

/// Two runs into one folder: the second says so, and the first is not disturbed.
#[cfg(unix)]
#[test]
fn two_runs_at_once() {
    let w = Workspace::new();
    w.write("rules/good.yml", GOOD);
    w.write("out/x", "");
    let folder = std::fs::File::open(w.path("out")).unwrap();
    folder.lock().unwrap();
    let run = w.run(&["convert", "-m", "winlogbeat", "rules", "-o", "out"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("another sigmalert is writing to it"), "{}", run.stderr);
    assert_eq!(w.files("out"), ["x"]);
    folder.unlock().unwrap();
    assert_eq!(w.run(&["convert", "-m", "winlogbeat", "rules", "-o", "out"]).status, 0);
}

/// A disk that fills up: what is there is whole, what is not there is told, and old files stay as they were.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let w = Workspace::new();
    for i in 0..60 {
        w.write(&format!("rules/r{i:02}.yml"), rule(&format!("{{CommandLine|contains: '{}'}}", "x".repeat(4000)), "a"));
    }
    std::fs::create_dir(w.path("out")).unwrap();
    let out = w.path("out");
    let mount = |args: &[&str]| std::process::Command::new(args[0]).args(&args[1..]).arg(&out).output().is_ok_and(|o| o.status.success());
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs"]) {
        skip("a_full_disk", Need::System("the right to mount a file system"));
        return;
    }
    w.write("out/r00.yaml", "name: not ours\n");
    let run = w.run(&["convert", "-m", "winlogbeat", "rules", "-o", "out"]);
    let files = w.files("out");
    let whole = files
        .iter()
        .filter(|f| f.starts_with('r') && *f != "r00.yaml")
        .all(|f| w.read(&format!("out/{f}")).ends_with("case_insensitive: true\n"));
    let kept = w.read("out/r00.yaml");
    assert!(mount(&["umount"]));
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains("no space left on device"), "{}", run.stderr);
    assert!(files.len() > 5 && files.len() < 60, "{files:?}");
    assert!(whole && kept == "name: not ours\n" && files.iter().all(|f| !f.ends_with(".tmp")), "{files:?}");
}

/// A folder that nobody may write to.
#[cfg(unix)]
#[test]
fn a_read_only_folder() {
    use std::os::unix::fs::PermissionsExt;
    let w = Workspace::new();
    w.write("rules/good.yml", GOOD);
    w.write("out/x", "");
    std::fs::set_permissions(w.path("out"), std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(w.path("out/probe"), "").is_ok() {
        skip("a_read_only_folder", Need::System("a user who is not root"));
        return;
    }
    let run = w.run(&["convert", "-m", "winlogbeat", "rules", "-o", "out"]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("permission denied"), "{}", run.stderr);
}

/// A named pipe that nobody writes to, and devices without an end: an error each, and the rest is done.
#[cfg(target_os = "linux")]
#[test]
fn pipes_without_a_writer_and_devices_are_not_waited_for() {
    let w = Workspace::new();
    let made = std::process::Command::new("mkfifo").arg(w.path("pipe")).status();
    assert!(made.is_ok_and(|s| s.success()), "mkfifo");
    w.write("rules/good.yml", GOOD);
    w.write("run/r.yaml", "name: r\ntype: any\nindex: x\nfilter: [{query: {query_string: {query: \"b:c\"}}}]\nalert: [debug]\n");
    w.write("e.ndjson", "{\"b\": \"c\", \"@timestamp\": \"2024-05-06T07:08:09Z\"}\n");
    for (input, told) in [("pipe", "no program has opened the pipe"), ("/dev/zero", "it is a device"), ("/dev/urandom", "it is a device")] {
        let begin = Instant::now();
        let run = w.run(&["convert", "-m", "winlogbeat", "rules", input, "-o", "out"]);
        let largest = run.stderr.contains(told) || run.stderr.contains("has more than 16777216 bytes");
        assert!(run.status == 1 && largest && w.path("out/good.yaml").exists(), "{input}: {}", run.stderr);
        let run = w.run(&["scan", input, "e.ndjson", "--rules", "rules"]);
        assert!(run.status == 1 && run.stderr.contains(told) && run.stdout.contains("Good"), "{input}: {}", run.stderr);
        let run = w.run(&["run", "--rules", "run", "--events", input, "--events", "e.ndjson", "--format", "json"]);
        assert!(run.status != 0 && run.stderr.contains(told), "{input}: {}", run.stderr);
        assert!(begin.elapsed() < Duration::from_secs(120), "{:?}", begin.elapsed());
    }
    let run = w.run(&["scan", "/dev/null", "--rules", "rules"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    // One that is written to is read, whenever its writer comes.
    let (pipe, events) = (w.path("pipe"), w.read("e.ndjson"));
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        std::fs::write(pipe, events)
    });
    let run = w.run(&["scan", "pipe", "--rules", "rules"]);
    assert!(run.status == 0 && run.stdout.contains("Good"), "{}{}", run.stdout, run.stderr);
    writer.join().unwrap().unwrap();
}

/// What holds no document is not read to its end.
#[test]
fn packed_zeros_are_not_read_to_their_end() {
    let w = Workspace::new();
    w.write("rules/good.yml", GOOD);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), 100 << 20), &mut gz).unwrap();
    w.write("e/bomb.json.gz", gz.finish().unwrap());
    w.write("e/z.ndjson", "{\"b\": \"c\"}\n");
    let run = w.run(&["scan", "e", "--rules", "rules"]);
    assert!(run.status == 1 && run.stderr.contains("belong to no document"), "{}", run.stderr);
    assert!(run.stdout.contains("Good"), "{}", run.stdout);
}

/// Files that may grow no larger: the error of a write, and no part of a file is left.
#[cfg(unix)]
#[test]
fn a_limit_on_the_size_of_files() {
    let w = Workspace::new();
    w.write("rules/large.yml", format!("{}description: {}\n", GOOD.replace("Good", "Large"), "x".repeat(9000)));
    w.write("rules/small.yml", GOOD);
    let limited = "ulimit -f 8; exec \"$0\" convert -m winlogbeat rules -o out";
    let out =
        std::process::Command::new("sh").args(["-c", limited, env!("CARGO_BIN_EXE_sigmalert")]).current_dir(w.path("")).output().unwrap();
    let told = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{told}");
    assert!(told.contains("large.yaml") && told.contains("file too large"), "{told}");
    assert!(w.files("out").iter().all(|f| f != "large.yaml" && !f.ends_with(".tmp")), "{:?}", w.files("out"));
    assert!(w.path("out/small.yaml").exists(), "{told}");
}

/// A file that is read-only is not replaced, the others are fixed.
#[cfg(unix)]
#[test]
fn fixes_leave_read_only_files_alone() {
    use std::os::unix::fs::PermissionsExt;
    let w = Workspace::new();
    let text = GOOD.replace("title: Good", "title: Good  ");
    w.write("a.yml", &text);
    w.write("b.yml", &text);
    std::fs::set_permissions(w.path("a.yml"), std::fs::Permissions::from_mode(0o444)).unwrap();
    let run = w.run(&["check", "--fix-only", "a.yml", "b.yml"]);
    assert!(run.status == 1 && run.stderr.contains("a.yml is read-only and was not changed"), "{}", run.stderr);
    assert_eq!(w.read("a.yml"), text);
    assert_eq!(w.read("b.yml"), GOOD);
}
