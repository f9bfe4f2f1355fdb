//! `sigmalert completions` and `sigmalert man`

use super::{ExitStatus, print};
use clap::CommandFactory;
use sigmalert_convert::batch::replace;
use sigmalert_support::read::reason;
use std::path::PathBuf;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

/// Print the manual page, or write one for each subcommand to a folder
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The folder
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(super) fn completions(args: &Completions) -> Result<ExitStatus, ExitStatus> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::Args::command(), "sigmalert", &mut text);
    print(&String::from_utf8_lossy(&text))?;
    Ok(ExitStatus::Success)
}

pub(super) fn man(args: &Man) -> Result<ExitStatus, ExitStatus> {
    let mut command = super::Args::command();
    command.build();
    let page = |c: clap::Command| -> Result<Vec<u8>, ExitStatus> {
        let mut text = Vec::new();
        clap_mangen::Man::new(c).render(&mut text)?;
        Ok(text)
    };
    let Some(folder) = &args.output else {
        print(&String::from_utf8_lossy(&page(command)?))?;
        return Ok(ExitStatus::Success);
    };
    let fail = |e: std::io::Error| ExitStatus::Usage(format!("{}: cannot be written: {}", folder.display(), reason(&e)));
    std::fs::create_dir_all(folder).map_err(fail)?;
    let parts: Vec<clap::Command> = command.get_subcommands().filter(|c| c.get_name() != "help").cloned().collect();
    for c in std::iter::once(command).chain(parts) {
        let name = c.get_display_name().unwrap_or(c.get_name()).replace(' ', "-");
        replace(&folder.join(format!("{name}.1")), &page(c.display_name(name))?).map_err(fail)?;
    }
    Ok(ExitStatus::Success)
}
