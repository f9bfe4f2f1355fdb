//! SG212: A `car` tag is not `car.YYYY-MM-NNN`.

use crate::prelude::*;

/// A `car` tag is not `car.YYYY-MM-NNN`.
pub(crate) static LINT: Lint = Lint {
    code: "SG212",
    name: "tag-car-format",
    severity: Severity::Warning,
    what: "A `car` tag is not `car.YYYY-MM-NNN`.",
    why: "The specification's form; tools make links of it.",
    bad: "tags:
    - car.4-1
",
    good: "tags:
    - car.2016-04-005
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("car") {
        let shape: String = name.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        if shape != "0000-00-000" {
            out.at(pos, format!("`{tag}` is no analytic of CAR")).help("write it such as `car.2016-04-005`");
        }
    }
}
