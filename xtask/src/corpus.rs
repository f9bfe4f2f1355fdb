//! The public Sigma rules and recordings, for the tests that convert, check and match all of them.

use std::path::PathBuf;
use std::process::Command;

const REPOSITORY: &str = "https://github.com/SigmaHQ/sigma";
/// The revision of 2026-08-05, which docs/evidence was measured on.
const REVISION: &str = "8eaafff1f2845a696050e05e72ba1140ee190698";

/// Puts them where tests look.
///
/// # Errors
/// When git fails.
pub fn fetch(args: &[String]) -> Result<(), String> {
    let shared = crate::root().join("../shared/corpus/rules");
    if args.is_empty() && shared.is_dir() {
        println!("{} is there already, and tests take it", shared.display());
        return Ok(());
    }
    let folder = args.first().map_or_else(|| crate::root().join("target/corpus"), PathBuf::from);
    if !folder.join(".git").is_dir() {
        crate::run(Command::new("git").args(["init", "--quiet"]).arg(&folder))?;
    }
    let git = |args: &[&str]| crate::run(Command::new("git").arg("-C").arg(&folder).args(args));
    let source = std::env::var("SIGMA_REPOSITORY").unwrap_or_else(|_| REPOSITORY.to_owned());
    git(&["fetch", "--quiet", "--depth", "1", &source, REVISION])?;
    git(&["-c", "advice.detachedHead=false", "checkout", "--quiet", "FETCH_HEAD"])?;
    // Tests know the recordings by the shorter name.
    let (from, to) = (folder.join("regression_data"), folder.join("regression"));
    if from.is_dir() && !to.exists() {
        std::fs::rename(&from, &to).map_err(|e| format!("{}: {e}", to.display()))?;
    }
    println!("{REPOSITORY} at {REVISION} is in {}", folder.display());
    Ok(())
}
