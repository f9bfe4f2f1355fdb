//! SG609: Two files of the pack have the same name.

use crate::prelude::*;

/// Two files of the pack have the same name.
pub(crate) static LINT: Lint = Lint {
    code: "SG609",
    name: "duplicate-file-name",
    aliases: &["file-name-repeated"],
    severity: Severity::Info,
    what: "Two files of the pack have the same name.",
    why: "Tools that copy them to one folder lose one; SigmaHQ rejects it.",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Pack(check) };

fn check(p: &Pack, out: &mut PackSink<'_>) {
    let mut first: std::collections::HashMap<&std::ffi::OsStr, usize> = std::collections::HashMap::new();
    for (i, path) in p.paths.iter().enumerate() {
        let Some(name) = path.file_name() else { continue };
        if let Some(f) = first.get(name).copied() {
            let start = Pos { line: 1, column: 1 };
            out.at(i, crate::span::Span { start, end: start }, format!("{} has the same name", p.paths[f].display()));
        } else {
            first.insert(name, i);
        }
    }
}
