//! SG913: ElastAlert 2 would refuse or misread the rule file that results.

use crate::prelude::*;

/// ElastAlert 2 would refuse or misread the rule file that results.
pub(crate) static LINT: Lint = Lint {
    code: "SG913",
    name: "conversion-elastalert",
    severity: Severity::Warning,
    what: "ElastAlert 2 would refuse or misread the rule file that results.",
    why: "ElastAlert does not start with a rule file that it refuses. The message has the code of `sigmalert lint-rules`.",
    check: Check::Conversion,
    ..BASE
};
