//! `sigmalert mappings`

use super::{ExitStatus, print};
use sigmalert_convert::batch::{Batch, discover};
use sigmalert_convert::mapping::{Coverage, Mapping};
use sigmalert_sigma::yaml::Limits;
use std::fmt::Write as _;
use std::path::PathBuf;

/// List the built-in field mappings, or print one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mapping to print: a built-in name, or a file to check
    #[arg(value_name = "NAME|FILE")]
    name: Option<String>,

    /// The logsources it knows, in place of its text
    #[arg(long, requires = "name")]
    logsources: bool,

    /// How much of these Sigma rules it has a place for, in place of its text; files or folders
    #[arg(long, requires = "name", conflicts_with = "logsources", value_name = "RULE", num_args = 1..)]
    coverage: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let load = |name: &str| Mapping::load(name).map_err(|e| ExitStatus::Usage(e.to_string()));
    let mut out = String::new();
    match &args.name {
        None => {
            for name in Mapping::builtin_names() {
                _ = writeln!(out, "{name:12} {}", load(name)?.description());
            }
        }
        Some(name) if args.logsources => {
            for (logsource, served) in load(name)?.logsources() {
                _ = writeln!(out, "{logsource}{}", if served { "" } else { "  (no place for its events)" });
            }
        }
        Some(name) if !args.coverage.is_empty() => {
            let batch = Batch::read(discover(&args.coverage), &Limits::default());
            out.push_str(&Coverage::of(&load(name)?, batch.collection.documents()).to_markdown());
        }
        Some(name) => {
            load(name)?;
            match Mapping::builtin_text(name) {
                Some(text) => out.push_str(text),
                None => out.push_str(&std::fs::read_to_string(name).map_err(|e| ExitStatus::Usage(format!("{name}: {e}")))?),
            }
        }
    }
    print(&out)?;
    Ok(ExitStatus::Success)
}
