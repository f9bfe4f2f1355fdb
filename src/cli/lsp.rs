//! `sigmalert lsp`

use super::ExitStatus;
use crate::lsp::{Settings, run as serve};

/// Run a language server for editors: diagnostics, mapped fields, completion and fixes
///
/// Uses the Language Server Protocol on standard input and output. docs/guide/editors.md shows how to set up editors.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Field mapping: `winlogbeat`, `wazuh`, `sigma` or a file; can also be set by the editor or `.sigmalert.toml`
    #[arg(short, long, value_name = "NAME|FILE")]
    mapping: Option<String>,

    /// Accepted for editors that pass it; standard input and output is the only transport
    #[arg(long)]
    stdio: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    serve(Settings { mapping: args.mapping.clone() }).map_err(ExitStatus::Usage)?;
    Ok(ExitStatus::Success)
}
