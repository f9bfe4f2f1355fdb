//! SG310: The file name is not 10 to 90 lower-case letters, digits and underscores followed by `.yml`.

use crate::prelude::*;

/// The file name is not 10 to 90 lower-case letters, digits and underscores followed by `.yml`.
pub(crate) static LINT: Lint = Lint {
    code: "SG310",
    name: "file-name",
    severity: Severity::Info,
    what: "The file name is not 10 to 90 lower-case letters, digits and underscores followed by `.yml`.",
    why: "SigmaHQ's convention; converted rule files are named after it.",
    bad: "level: low
",
    good: "level: low
",
    files: ["Whoami-Execution.yaml", "proc_creation_win_whoami.yml"],
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Text(check) };

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
        out.at(Pos { line: 1, column: 1 }, format!("the file is named {name}"))
            .help("use 10 to 90 lower-case letters, digits and underscores, followed by `.yml`");
    }
}
