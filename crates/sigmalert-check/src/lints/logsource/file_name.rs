//! SG310: The name of the file is not 10 to 90 small letters, digits and underscores, and `.yml`.

use crate::prelude::*;

/// The name of the file is not 10 to 90 small letters, digits and underscores, and `.yml`.
pub(crate) static LINT: Lint = Lint {
    code: "SG310",
    name: "file-name",
    severity: Severity::Info,
    what: "The name of the file is not 10 to 90 small letters, digits and underscores, and `.yml`.",
    why: "SigmaHQ's convention; a rule file is named after it.",
    bad: "level: low
",
    good: "level: low
",
    files: ["Whoami-Execution.yaml", "proc_creation_win_whoami.yml"],
    check: Check::Text(check),
    ..BASE
};

fn check(f: &File<'_>, out: &mut Sink<'_>) {
    let name = f.name();
    if name.starts_with('<') {
        return;
    }
    let stem = name.strip_suffix(".yml");
    let fits = stem.is_some_and(|s| {
        (10..=90).contains(&s.len()) && s.contains('_') && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    });
    if !fits {
        out.at(Pos { line: 1, column: 1 }, format!("the file is called {name}"))
            .help("10 to 90 small letters, digits and underscores, and `.yml`");
    }
}
