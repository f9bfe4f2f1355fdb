//! Evaluates rules against files of events, without a server.

mod inventory;
mod outcome;
mod pipeline;
mod rules;

pub use inventory::{FieldState, Inventory, InventoryError, NeededField, needs};
pub use outcome::{RenderedMatch, RuleReasons, ScannedEvent, Totals};
pub use pipeline::{Render, ScanOptions, display_name, run};
pub use rules::{Rules, ScanRule, compile, load_rule_files, load_sigma};

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Semantics {
    /// As Sigma defines it: not case-sensitive, whatever an index does.
    #[default]
    Sigma,
    /// As the query does on an index with the mapping's field types.
    Index,
}
