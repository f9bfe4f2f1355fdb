//! SG212: A `car` tag is not of the form `car.YYYY-MM-NNN`.

use crate::prelude::*;

/// A `car` tag is not of the form `car.YYYY-MM-NNN`.
pub(crate) static LINT: Lint = Lint {
    code: "SG212",
    name: "tag-car-format",
    severity: Severity::Warning,
    what: "A `car` tag is not of the form `car.YYYY-MM-NNN`.",
    why: "The specification requires this form; tools build links from it.",
    bad: "tags:
    - car.4-1
",
    good: "tags:
    - car.2016-04-005
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("car") {
        let shape: String = name.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        if shape != "0000-00-000" {
            out.at(pos, format!("`{tag}` is not a CAR analytic")).help("use a form such as `car.2016-04-005`");
        }
    }
}
