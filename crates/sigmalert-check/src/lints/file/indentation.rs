//! SG015: A level is not indented by four spaces.

use crate::prelude::*;

/// A level is not indented by four spaces.
pub(crate) static LINT: Lint = Lint {
    code: "SG015",
    name: "indentation",
    severity: Severity::Info,
    what: "A level is not indented by four spaces.",
    why: r#"SigmaHQ's convention, "Indentation": it keeps rules consistent."#,
    bad: "logsource:
  category: process_creation
  product: windows
",
    good: "logsource:
    category: process_creation
    product: windows
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    fn walk(node: &Node<'_>, above: u32, out: &mut Sink<'_>) -> bool {
        let Kind::Map(entries) = &node.kind else { return true };
        entries.iter().all(|(key, value)| match value.as_map().and_then(|m| m.first()) {
            Some((first, _)) if first.pos.line > key.pos.line && key.pos.column == above && first.pos.column != above + 4 => {
                out.at(first.pos, format!("indented by {} spaces instead of 4", i64::from(first.pos.column) - i64::from(above)));
                false
            }
            Some((first, _)) if first.pos.line > key.pos.line => walk(value, first.pos.column, out),
            _ => true,
        })
    }
    // One finding per document suffices.
    walk(d.node, d.node.pos.column, out);
}
