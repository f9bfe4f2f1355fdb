//! SG312: The name of a correlation's file does not begin with `correlation_`.

use crate::prelude::*;

/// The name of a correlation's file does not begin with `correlation_`.
pub(crate) static LINT: Lint = Lint {
    code: "SG312",
    name: "correlation-file",
    severity: Severity::Info,
    what: "The name of a correlation's file does not begin with `correlation_`.",
    why: "SigmaHQ's convention.",
    bad: "!correlation
",
    good: "!correlation
",
    files: ["whoami_many_times.yml", "correlation_whoami_many_times.yml"],
    check: Check::Correlation(check),
    ..BASE
};

fn check(d: &Doc<'_>, _: &Correlation, out: &mut Sink<'_>) {
    let name = d.file.name();
    if !name.starts_with("correlation_") && !name.starts_with('<') {
        out.at(d.at(), format!("the name {name} does not begin with `correlation_`"));
    }
}
