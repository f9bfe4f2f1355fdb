//! SG312: The file name of a correlation does not start with `correlation_`.

use crate::prelude::*;

/// The file name of a correlation does not start with `correlation_`.
pub(crate) static LINT: Lint = Lint {
    code: "SG312",
    name: "correlation-file",
    severity: Severity::Info,
    what: "The file name of a correlation does not start with `correlation_`.",
    why: "SigmaHQ's convention.",
    bad: "!correlation
",
    good: "!correlation
",
    files: ["whoami_many_times.yml", "correlation_whoami_many_times.yml"],
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Correlation(check) };

fn check(d: &Doc<'_>, _: &Correlation, out: &mut Sink<'_>) {
    let name = d.file.name();
    if !name.starts_with("correlation_") && !name.starts_with('<') {
        out.at(d.at(), format!("the file name {name} does not start with `correlation_`"));
    }
}
