//! SG405: A regular expression uses look-around, a back-reference or recursion.

use crate::prelude::*;

/// A regular expression uses look-around, a back-reference or recursion.
pub(crate) static LINT: Lint = Lint {
    code: "SG405",
    name: "regex-unsupported",
    severity: Severity::Error,
    what: "A regular expression uses look-around, a back-reference or recursion.",
    why: "No index can run it: Lucene supports regular languages only. Sigma's expressions are PCRE without these.",
    bad: "detection:
    selection:
        CommandLine|re: 'whoami(?! /all)'
    condition: selection
",
    good: "detection:
    selection:
        CommandLine|re: 'whoami'
    filter_main_all:
        CommandLine|contains: 'whoami /all'
    condition: selection and not 1 of filter_main_*
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
