//! SG015: A level is indented by another number of spaces than four.

use crate::prelude::*;

/// A level is indented by another number of spaces than four.
pub(crate) static LINT: Lint = Lint {
    code: "SG015",
    name: "indentation",
    severity: Severity::Info,
    what: "A level is indented by another number of spaces than four.",
    why: r#"SigmaHQ's convention, "Indentation": it keeps rules alike."#,
    bad: "logsource:
  category: process_creation
  product: windows
",
    good: "logsource:
    category: process_creation
    product: windows
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    fn walk(node: &Node<'_>, above: u32, out: &mut Sink<'_>) -> bool {
        let Kind::Map(entries) = &node.kind else { return true };
        entries.iter().all(|(key, value)| match value.as_map().and_then(|m| m.first()) {
            Some((first, _)) if first.pos.line > key.pos.line && key.pos.column == above && first.pos.column != above + 4 => {
                out.at(first.pos, format!("indented by {} spaces, not by 4", i64::from(first.pos.column) - i64::from(above)));
                false
            }
            Some((first, _)) if first.pos.line > key.pos.line => walk(value, first.pos.column, out),
            _ => true,
        })
    }
    // The first place says enough.
    walk(d.node, d.node.pos.column, out);
}
