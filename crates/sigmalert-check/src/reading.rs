//! What the readers of YAML and Sigma refuse, as findings.

use super::file::File;
use super::finding::Finding;
use super::lint::{Lint, Severity, Sink};
use super::lints::{condition, correlation, detection, file, logsource, metadata, pack};
use sigmalert_sigma::{Error, ErrorKind};

/// The lint that an error is told by.
fn lint_of(e: &Error) -> &'static Lint {
    match (e.kind, e.path.as_str()) {
        (ErrorKind::Yaml, _) => &file::not_yaml::LINT,
        (ErrorKind::Attribute, "" | "action") => &file::not_a_rule::LINT,
        (ErrorKind::Attribute, "title") => &metadata::title_missing::LINT,
        (ErrorKind::Attribute, "logsource") => &logsource::missing::LINT,
        (ErrorKind::Attribute, "related") => &metadata::related_incomplete::LINT,
        (ErrorKind::Attribute, _) => &file::attribute_unfit::LINT,
        (ErrorKind::Detection, "detection") => &detection::missing::LINT,
        (ErrorKind::Detection, _) => &detection::selection_unfit::LINT,
        (ErrorKind::Modifier, _) => &detection::modifier_unfit::LINT,
        // The reader of expressions says which of PCRE's constructs an index cannot run.
        (ErrorKind::Value | ErrorKind::Placeholder, _)
            if e.message.contains("look-") || e.message.contains("back-reference") || e.message.contains("recursion") =>
        {
            &detection::regex_unsupported::LINT
        }
        (ErrorKind::Value | ErrorKind::Placeholder, _) => &detection::value_unfit::LINT,
        (ErrorKind::Condition, _) if e.message.contains("is missing") => &condition::missing::LINT,
        (ErrorKind::Condition, _) => &condition::unfit::LINT,
        (ErrorKind::Correlation, _) => &correlation::unfit::LINT,
        (ErrorKind::Filter, _) => &correlation::filter_unfit::LINT,
        (ErrorKind::Reference, _) => &pack::reference_unknown::LINT,
        (ErrorKind::Size, path) if path.starts_with("correlation") => &pack::correlation_too_large::LINT,
        // Kinds to come, and a document as a whole that is too large.
        (_, _) => &condition::unfit::LINT,
    }
}

/// Tells of an error.
pub(super) fn report(e: &Error, severity: &mut dyn FnMut(&'static Lint) -> Option<Severity>, file: &File<'_>, findings: &mut Vec<Finding>) {
    let lint = lint_of(e);
    let Some(severity) = severity(lint) else { return };
    Sink { lint, severity, file, findings }.at(e.pos, e.to_string()).help(e.help.clone().unwrap_or_default());
}
