//! `sigmalert upgrade`

use super::diagnostics::Diagnostics;
use super::{ExitStatus, plural, print, rule_files};
use sigmalert_convert::batch::replace;
use sigmalert_elastalert::upgrade::upgrade;
use sigmalert_support::read::{read_file, reason};
use similar::TextDiff;
use std::fmt::Write as _;

/// Upgrade ElastAlert rule files in place: rename outdated alerters and options, correct value types, add what is missing
///
/// Comments and valid options are preserved. Exit status: 0 if all files are up to date afterwards; 1 if some cannot be
/// edited; 2 on wrong usage, or if no input can be read.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    files: rule_files::RuleFiles,

    /// Show a diff of the changes without writing them
    #[arg(short = 'n', long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let found = args.files.find()?;
    let mut failed = !found.errors.is_empty();
    for e in &found.errors {
        Diagnostics::plain(&format!("error: {e}\n"));
    }
    let (mut changed, mut out) = (0, String::new());
    for source in &found.sources {
        let path = source.path.display();
        let mut fail = |what: String| {
            failed = true;
            Diagnostics::plain(&format!("error: {path} {what}\n"));
        };
        let text = match read_file(&source.path, 16 << 20) {
            Ok(t) => t,
            Err(e) => {
                fail(e);
                continue;
            }
        };
        let stem = source.path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let upgraded = match upgrade(&text, &stem, args.files.audience()) {
            Ok(u) => u,
            Err(e) => {
                fail(e);
                continue;
            }
        };
        if upgraded.changes.is_empty() {
            continue;
        }
        changed += 1;
        if args.dry_run {
            let diff = TextDiff::from_lines(&text, &upgraded.text);
            _ = write!(out, "{}", diff.unified_diff().header(&path.to_string(), &path.to_string()));
            continue;
        }
        if let Err(e) = replace(&source.path, upgraded.text.as_bytes()) {
            fail(format!("cannot be written: {}", reason(&e)));
            continue;
        }
        _ = writeln!(out, "{path}");
        for c in &upgraded.changes {
            _ = writeln!(out, "  {c}");
        }
    }
    print(&out)?;
    let what = if args.dry_run { "would change" } else { "changed" };
    Diagnostics::plain(&format!("{changed} of {} {what}\n", plural(found.sources.len(), "file")));
    Ok(if failed { ExitStatus::Failure } else { ExitStatus::Success })
}
