//! `sigmalert create-index`

use super::{ExitStatus, elastalert_config, print};
use sigmalert_runtime::{IndexOutcome, create_indices};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Create the writeback indices, or add the fields that existing ones lack
///
/// Exit status: 0 on success, 1 when an index has fields of the wrong type, 2 when the cluster cannot be reached.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ElastAlert's configuration
    #[arg(long, value_name = "FILE", default_value = "config.yaml")]
    config: PathBuf,

    /// Recreate indices whose fields have the wrong type, keeping their documents
    #[arg(long)]
    migrate: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let outcomes = create_indices(&elastalert_config(&args.config)?, args.migrate).map_err(ExitStatus::Usage)?;
    let mut out = String::new();
    for (name, outcome) in &outcomes {
        let _ = writeln!(out, "{name}: {outcome}");
    }
    print(&out)?;
    let wrong = outcomes.iter().any(|(_, o)| matches!(o, IndexOutcome::WrongTypes(_)));
    Ok(if wrong { ExitStatus::Failure } else { ExitStatus::Success })
}
