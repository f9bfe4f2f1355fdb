//! Tasks of development: `cargo xtask <task>`.

mod corpus;
mod docs;
mod release;
mod services;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
Tasks of development

Usage: cargo xtask <task>

  test [--elasticsearch] [ARGS]    all tests, with the real servers; ARGS go to `cargo test`
  cluster [--elasticsearch] [-- COMMAND]
                                   start OpenSearch on loopback, until Ctrl-C or the end of COMMAND,
                                   which finds its address in OPENSEARCH_URL
  corpus [FOLDER]                  fetch the public Sigma rules and recordings at the pinned revision
                                   into target/corpus, where tests look, unless they are there
  docs                             check the links of all pages, and build the book and the API documentation
  package                          package every crate and build each from its package
  semver [REVISION]                compare the public API with a revision (the last tag), with cargo-semver-checks
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = args.split_first().map_or(("", &[][..]), |(t, rest)| (t.as_str(), rest));
    let done = match task {
        "test" => services::test(rest),
        "cluster" => services::cluster(rest),
        "corpus" => corpus::fetch(rest),
        "docs" => docs::build(),
        "package" => release::package(),
        "semver" => release::semver(rest),
        "" | "help" | "-h" | "--help" => {
            print!("{USAGE}");
            Ok(())
        }
        other => Err(format!("`{other}` is not a task\n\n{USAGE}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// Runs a command in the folder of the workspace.
///
/// # Errors
/// When it cannot be started, or fails.
fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.current_dir(root()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(e) => Err(format!("{name} cannot be started: {e}")),
    }
}

/// The Cargo that runs this task.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
