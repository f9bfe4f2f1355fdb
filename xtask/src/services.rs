//! The real servers and programs that tests need. Each script under `tests/support/` makes one of them available to a command.

use std::path::PathBuf;
use std::process::Command;

/// The scripts in the order in which each starts the next, and the command at the end.
fn with(scripts: &[&str], command: &[&str]) -> Command {
    let script = |name: &str| -> PathBuf { crate::root().join("tests/support").join(name).join("run.sh") };
    let mut all = scripts.iter().map(|s| script(s));
    let first = all.next().unwrap_or_default();
    let mut out = Command::new(first);
    out.args(all).args(command);
    out
}

fn node(args: &[String]) -> (&'static str, &[String]) {
    match args.split_first() {
        Some((first, rest)) if first == "--elasticsearch" => ("elasticsearch", rest),
        _ => ("opensearch", args),
    }
}

/// All tests, with what they need beside them.
///
/// # Errors
/// When a server does not start, or a test fails.
pub fn test(args: &[String]) -> Result<(), String> {
    let (node, args) = node(args);
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    crate::run(with(&["elastalert", node, "axe", "yaml"], &[&cargo, "test"]).args(args))
}

/// A cluster for as long as a command runs, or until Ctrl-C.
///
/// # Errors
/// When it does not start, or the command fails.
pub fn cluster(args: &[String]) -> Result<(), String> {
    let (node, args) = node(args);
    match args.split_first() {
        Some((dashes, command)) if dashes == "--" && !command.is_empty() => crate::run(with(&[node], &[]).args(command)),
        None => {
            let wait = "echo \"export OPENSEARCH_URL=$OPENSEARCH_URL\"; echo 'Ctrl-C stops it.' >&2; exec sleep infinity";
            crate::run(&mut with(&[node], &["sh", "-c", wait]))
        }
        Some((other, _)) => Err(format!("unexpected `{other}`: write `cargo xtask cluster -- COMMAND`")),
    }
}
