//! All lints, and how to find one.

use super::entry::Entry;
use super::lint::Lint;
use super::lints;
use std::sync::LazyLock;

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| lints::GROUPS.concat());
static ALL: LazyLock<Vec<&'static Lint>> = LazyLock::new(|| ENTRIES.iter().map(|e| e.lint).collect());

/// Returns all lints with their checks, in the order of their codes.
pub(crate) fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// Returns all lints, in the order of their codes.
pub fn all() -> &'static [&'static Lint] {
    &ALL
}

/// Returns the lint with a code, a name or a former name.
pub fn find(code_or_name: &str) -> Option<&'static Lint> {
    all().iter().copied().find(|l| l.is_named(code_or_name))
}
