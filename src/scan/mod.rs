//! Rules over files of events, with no server: who matched what, and why.

mod inventory;
mod rules;
mod run;

pub use inventory::{Inventory, Known, Need, needs};
pub use rules::{HuntRule, Rules, compile, load_rule_files, load_sigma};
pub use run::{Asked, Hit, Miss, Render, Seen, Told, Totals, run, shown};

/// How comparisons are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Meaning {
    /// As Sigma means them: without regard to case, whatever an index does.
    #[default]
    Sigma,
    /// As the query does on an index of the mapping's types.
    Index,
}
