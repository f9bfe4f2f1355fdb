//! What `--deny` accepts.

/// Something that makes a command fail, although it is not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// Warnings.
    Warnings,
}

/// The words of the command line.
pub(super) const DENIABLE: &[(&str, Denied)] = &[("warnings", Denied::Warnings)];
