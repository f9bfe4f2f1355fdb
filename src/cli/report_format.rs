//! The formats of reports.

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ReportFormat {
    /// Text to read
    #[value(alias = "table")]
    Text,
    /// One JSON document
    Json,
}
