//! What a rule may do on this machine, by who wrote it.
//!
//! `run` and the other commands read rules that the operator wrote: everything is open. `serve` takes rules from clients, and
//! any `.yaml` file of its folder may be one of theirs. What is refused when they save is in [`claims`]; here is what holds
//! while a rule runs: which options an operator's secret goes with (`layers`), which programs are started (`programs`),
//! which hosts are reached (`hosts`) and which files are read (`files`). A trial is stricter than a saved rule: it gets no
//! secrets at all, starts nothing, and reaches only hosts that the operator named.

pub mod claims;
pub(crate) mod files;
pub(crate) mod hosts;
pub(crate) mod layers;
pub(crate) mod programs;
mod rule;

use hosts::Pattern;
use sigmalert_elastalert::load::process_environment;
use std::path::{Path, PathBuf};

/// Whose rules they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The operator's.
    #[default]
    Open,
    /// Those of a folder that clients write to.
    Served,
    /// One that a client tries out; `schema`: only whether it could run.
    Trial { schema: bool },
}

/// Who wrote an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is in config.yaml, or in a file that no client can write.
    Operator,
    /// It is in a rule file that a client may have written.
    Client,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guard {
    pub(crate) mode: Mode,
    /// Whether clients' rules may start programs.
    pub programs: bool,
    /// The hosts that may be reached; none for any.
    pub(crate) hosts: Vec<Pattern>,
    /// The folder that clients' rules may name files of.
    pub assets: Option<PathBuf>,
}

impl Guard {
    /// That of a folder which clients write to.
    ///
    /// # Errors
    /// When a host pattern cannot be read. The message says what is wrong.
    pub fn served(programs: bool, hosts: &[String], assets: Option<&Path>) -> Result<Self, String> {
        Ok(Self {
            mode: Mode::Served,
            programs,
            hosts: hosts.iter().map(|h| h.parse()).collect::<Result<_, _>>()?,
            assets: assets.map(Path::to_owned),
        })
    }

    /// The same for a rule that is tried out.
    #[must_use]
    pub fn trial(&self, schema: bool) -> Self {
        Self { mode: Mode::Trial { schema }, ..self.clone() }
    }

    /// Whether clients may have written rules.
    pub fn is_on(&self) -> bool {
        self.mode != Mode::Open
    }

    /// Whether a rule is tried out.
    pub fn is_trial(&self) -> bool {
        matches!(self.mode, Mode::Trial { .. })
    }

    /// Who wrote a file. Clients write `.yaml` files only.
    pub(crate) fn origin(&self, file: &Path) -> Origin {
        let yaml = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("yaml"));
        if self.is_on() && yaml { Origin::Client } else { Origin::Operator }
    }

    /// The variables that rule files are filled with: none in a trial.
    pub fn environment(&self) -> fn(&str) -> Option<String> {
        if self.is_trial() { |_| None } else { process_environment }
    }
}
