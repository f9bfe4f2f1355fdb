//! Reports errors of the YAML and Sigma parsers as findings.

use super::file::File;
use super::finding::Finding;
use super::lint::{Lint, Severity};
use super::lints::{condition, correlation, detection, file, logsource, metadata, pack};
use super::sink::Sink;
use sigmalert_sigma::{Error, ErrorKind};

/// Returns the lint for an error.
fn lint_of(e: &Error) -> &'static Lint {
    match (e.kind, e.path.as_str()) {
        (ErrorKind::Yaml, _) => &file::not_yaml::LINT,
        (ErrorKind::Attribute, "" | "action") => &file::not_a_rule::LINT,
        (ErrorKind::Attribute, "title") => &metadata::title_missing::LINT,
        (ErrorKind::Attribute, "logsource") => &logsource::missing::LINT,
        (ErrorKind::Attribute, "related") => &metadata::related_incomplete::LINT,
        (ErrorKind::Attribute, _) => &file::invalid_attribute::LINT,
        (ErrorKind::Detection, "detection") => &detection::missing::LINT,
        (ErrorKind::Detection, _) => &detection::invalid_selection::LINT,
        (ErrorKind::Modifier, _) => &detection::invalid_modifier::LINT,
        (ErrorKind::UnsupportedRegex, _) => &detection::regex_unsupported::LINT,
        (ErrorKind::Value | ErrorKind::Placeholder, _) => &detection::invalid_value::LINT,
        (ErrorKind::MissingCondition, _) => &condition::missing::LINT,
        (ErrorKind::Condition, _) => &condition::invalid::LINT,
        (ErrorKind::Correlation, _) => &correlation::invalid::LINT,
        (ErrorKind::Filter, _) => &correlation::invalid_filter::LINT,
        (ErrorKind::Reference, _) => &pack::reference_unknown::LINT,
        (ErrorKind::Size, path) if path.starts_with("correlation") => &pack::correlation_too_large::LINT,
        // A document that is too large as a whole, and kinds added later.
        (_, _) => &condition::invalid::LINT,
    }
}

/// Reports an error.
pub(super) fn report(e: &Error, severity: &mut dyn FnMut(&'static Lint) -> Option<Severity>, file: &File<'_>, findings: &mut Vec<Finding>) {
    let lint = lint_of(e);
    let Some(severity) = severity(lint) else { return };
    Sink { lint, severity, file, findings }.at(e.pos, e.to_string()).help(e.help.clone().unwrap_or_default());
}
