//! Rules over files of events, with no server: who matched what, and why.

mod inventory;
mod rules;
mod run;

pub use inventory::{FieldState, Inventory, NeededField, needs};
pub use rules::{HuntRule, Rules, compile, load_rule_files, load_sigma};
pub use run::{Hit, Miss, Render, RenderedMatch, ScanOptions, ScannedEvent, Totals, run, shown};

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Semantics {
    /// As Sigma defines it: not case-sensitive, whatever an index does.
    #[default]
    Sigma,
    /// As the query does on an index with the mapping's field types.
    Index,
}
