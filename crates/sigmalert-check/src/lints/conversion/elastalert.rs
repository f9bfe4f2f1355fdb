//! SG913: ElastAlert 2 would reject or misread the converted rule file.

use crate::prelude::*;

/// ElastAlert 2 would reject or misread the converted rule file.
pub(crate) static LINT: Lint = Lint {
    code: "SG913",
    name: "conversion-elastalert",
    severity: Severity::Warning,
    what: "ElastAlert 2 would reject or misread the converted rule file.",
    why: "ElastAlert does not start if it rejects a rule file. The message has the code of `sigmalert lint-rules`.",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
