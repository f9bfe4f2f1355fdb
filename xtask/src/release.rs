//! What a release needs.

use std::process::Command;

/// The crates of the library, each after those it depends on.
const CRATES: [&str; 9] = [
    "sigmalert-support",
    "sigmalert-sigma",
    "sigmalert-query",
    "sigmalert-elastalert",
    "sigmalert-matcher",
    "sigmalert-convert",
    "sigmalert-check",
    "sigmalert-runtime",
    "sigmalert",
];

/// Packages all crates, and builds each from what its package holds.
///
/// # Errors
/// When a package lacks something.
pub fn package() -> Result<(), String> {
    let mut command = crate::cargo();
    command.args(["package", "--allow-dirty"]);
    for name in CRATES {
        command.args(["-p", name]);
    }
    crate::run(&mut command)
}

/// Compares the public API of each crate with a revision of git.
///
/// # Errors
/// When something that others use is gone, or the tool is not installed.
pub fn semver(args: &[String]) -> Result<(), String> {
    let revision = match args.first() {
        Some(revision) => revision.clone(),
        None => last_tag()?,
    };
    let mut command = crate::cargo();
    command.args(["semver-checks", "--baseline-rev", &revision]);
    for name in CRATES {
        command.args(["-p", name]);
    }
    crate::run(&mut command).map_err(|e| format!("{e} (cargo install cargo-semver-checks)"))
}

fn last_tag() -> Result<String, String> {
    let out = Command::new("git")
        .args(["describe", "--tags", "--abbrev=0"])
        .current_dir(crate::root())
        .output()
        .map_err(|e| format!("git cannot be started: {e}"))?;
    let tag = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    if tag.is_empty() { Err("no tag to compare with: name a revision".into()) } else { Ok(tag) }
}
