//! `sigmalert lsp`

use super::ExitStatus;
use crate::lsp::{Settings, run as serve};

/// Serve an editor: findings while a rule is written, fields of the index, completion and fixes
///
/// Speaks the Language Server Protocol on standard input and output. docs/guide/editors.md shows how editors are set up.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Field mapping: `winlogbeat`, `wazuh`, `sigma` or a file; the editor or `.sigmalert.toml` may say it, too
    #[arg(short, long, value_name = "NAME|FILE")]
    mapping: Option<String>,

    /// For editors that name the transport; there is no other
    #[arg(long)]
    stdio: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    serve(Settings { mapping: args.mapping.clone() }).map_err(ExitStatus::Usage)?;
    Ok(ExitStatus::Success)
}
